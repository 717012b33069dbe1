//! Lines of a text whose encoding and length nobody promises.

use std::io::{self, Read};

/// Octets of a line that are read; the rest of a longer one is passed over.
pub(crate) const LONGEST: usize = 64 << 10;

/// Hands out the lines of an input, without their ends. UTF-16 is told by its byte order mark; what is neither that nor UTF-8 is
/// read as Latin-1.
pub(crate) struct Lines<R> {
    input: R,
    buffer: Box<[u8]>,
    filled: usize,
    used: usize,
    encoding: Option<Encoding>,
    octets: u64,
    raw: Vec<u8>,
    text: String,
    cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    /// One octet at a time: ASCII, UTF-8, Latin-1.
    Octets,
    /// UTF-16, the less significant octet first.
    Utf16Le,
    /// UTF-16, the more significant octet first.
    Utf16Be,
}

impl<R: Read> Lines<R> {
    /// The lines of `input`.
    pub(crate) fn new(input: R) -> Lines<R> {
        Lines {
            input,
            buffer: vec![0; 64 << 10].into_boxed_slice(),
            filled: 0,
            used: 0,
            encoding: None,
            octets: 0,
            raw: Vec::new(),
            text: String::new(),
            cut: false,
        }
    }

    /// Octets that were read so far.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether the end of a line was cut off since this was last asked.
    pub(crate) fn cut(&mut self) -> bool {
        std::mem::take(&mut self.cut)
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<&str>> {
        self.raw.clear();
        let mut any = false;
        loop {
            if self.used == self.filled && !self.fill()? {
                break;
            }
            any = true;
            let encoding = self.encoding.unwrap_or(Encoding::Octets);
            let ready = self.buffer.get(self.used..self.filled).unwrap_or_default();
            let (end, ended) = match find_end(ready, encoding, self.raw.len()) {
                Some(end) => (end, true),
                None => (ready.len(), false),
            };
            let line = ready.get(..end).unwrap_or_default();
            let room = LONGEST.saturating_sub(self.raw.len());
            self.raw.extend_from_slice(line.get(..line.len().min(room)).unwrap_or_default());
            self.cut |= line.len() > room;
            self.used += end;
            if ended {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.decode();
        Ok(Some(&self.text))
    }

    /// Reads on; false at the end of the input.
    fn fill(&mut self) -> io::Result<bool> {
        self.used = 0;
        self.filled = 0;
        while self.filled < self.buffer.len() {
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => break,
                Ok(read) => self.filled = (self.filled + read).min(self.buffer.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.octets += self.filled as u64;
        if self.encoding.is_none() {
            let (encoding, mark) = match self.buffer.get(..self.filled).unwrap_or_default() {
                [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
                [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
                [0xef, 0xbb, 0xbf, ..] => (Encoding::Octets, 3),
                _ => (Encoding::Octets, 0),
            };
            self.encoding = Some(encoding);
            self.used = mark;
        }
        Ok(self.used < self.filled)
    }

    fn decode(&mut self) {
        self.text.clear();
        match self.encoding.unwrap_or(Encoding::Octets) {
            Encoding::Octets => match std::str::from_utf8(&self.raw) {
                Ok(text) => self.text.push_str(text),
                // A character that was cut in two at the end is no reason to take the line for another encoding.
                Err(error) if error.error_len().is_none() => {
                    self.text
                        .push_str(&String::from_utf8_lossy(self.raw.get(..error.valid_up_to()).unwrap_or_default()));
                }
                Err(_) => self.text.extend(self.raw.iter().map(|octet| char::from(*octet))),
            },
            encoding => {
                let units = self.raw.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(|pair| {
                    if encoding == Encoding::Utf16Le { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
                });
                self.text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
        }
        let kept = self.text.trim_end_matches(['\n', '\r', '\0']).len();
        self.text.truncate(kept);
    }
}

/// Where the line ends, behind its end mark. `before` octets of it came with the last buffer: units of UTF-16 may be torn.
fn find_end(ready: &[u8], encoding: Encoding, before: usize) -> Option<usize> {
    match encoding {
        Encoding::Octets => ready.iter().position(|octet| *octet == b'\n').map(|at| at + 1),
        Encoding::Utf16Le | Encoding::Utf16Be => {
            // Buffers and lines are whole units, except at the end of a torn input.
            let skip = before % 2;
            let mark = if encoding == Encoding::Utf16Le { [b'\n', 0] } else { [0, b'\n'] };
            let units = ready.get(skip..).unwrap_or_default().chunks_exact(2);
            units.into_iter().position(|unit| unit == mark).map(|at| skip + at * 2 + 2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line.to_owned());
        }
        all
    }

    #[test]
    fn lines_end_with_line_feed_with_or_without_carriage_return_and_the_last_one_need_not() {
        assert_eq!(lines(b"one\r\n\ntwo\nthree"), ["one", "", "two", "three"]);
        assert_eq!(lines(b""), Vec::<String>::new());
    }

    #[test]
    fn utf_16_of_both_orders_is_read_by_its_mark() {
        let le: Vec<u8> =
            [0xfeff, u16::from(b'a'), 0xe9, 13, 10, u16::from(b'b')].iter().flat_map(|u| u.to_le_bytes()).collect();
        let be: Vec<u8> =
            [0xfeff, u16::from(b'a'), 0xe9, 13, 10, u16::from(b'b')].iter().flat_map(|u| u.to_be_bytes()).collect();
        assert_eq!(lines(&le), ["aé", "b"]);
        assert_eq!(lines(&be), ["aé", "b"]);
    }

    #[test]
    fn what_is_not_utf_8_is_read_as_latin_1_line_by_line() {
        assert_eq!(lines(b"\xef\xbb\xbfsch\xc3\xb6n\nsch\xf6n\n"), ["schön", "schön"]);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_is_whole() {
        let mut input = vec![b'x'; 3 * LONGEST];
        input.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(input.as_slice());
        assert_eq!(lines.next().unwrap().map(str::len), Some(LONGEST));
        assert!(lines.cut());
        assert_eq!(lines.next().unwrap(), Some("next"));
        assert!(!lines.cut());
    }
}
