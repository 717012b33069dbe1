use std::io::{self, BufRead, BufReader, Read};

/// A text of Windows, character by character and line by line: UTF-16 of either order, UTF-8, or a code page whose other half
/// than ASCII is taken octet by octet, which leaves numbers, addresses and structure as they are.
pub(crate) struct Chars<R: Read> {
    input: BufReader<R>,
    encoding: Encoding,
    line: String,
    lines: u64,
    octets: u64,
    peeked: Option<char>,
    back: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Octets,
    Utf16 { big: bool },
}

impl<R: Read> Chars<R> {
    /// Characters of a line that are kept; the rest of a longer one is passed over.
    pub(crate) const LINE: usize = 64 << 10;

    pub(crate) fn new(input: R) -> io::Result<Chars<R>> {
        let mut input = BufReader::with_capacity(32 << 10, input);
        let (encoding, mark) = Encoding::of(input.fill_buf()?);
        input.consume(mark);
        let octets = u64::try_from(mark).unwrap_or_default();
        Ok(Chars { input, encoding, line: String::new(), lines: 0, octets, peeked: None, back: Vec::new() })
    }

    /// Octets that were read.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// The number of the line that [`Chars::line`] gave last, counted from 1.
    pub(crate) fn number(&self) -> u64 {
        self.lines
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> io::Result<Option<&str>> {
        self.line.clear();
        let mut any = false;
        while let Some(char) = self.char()? {
            any = true;
            match char {
                '\n' => break,
                // CR LF, or CR CR LF as cmd writes into files; a lone CR ends a line, too.
                '\r' if !matches!(self.peek()?, Some('\n' | '\r')) => break,
                // A text cut out of UTF-16 has zeros.
                '\r' | '\0' => {}
                _ if self.line.len() < Self::LINE => self.line.push(char),
                _ => {}
            }
        }
        if !any {
            return Ok(None);
        }
        self.lines += 1;
        Ok(Some(&self.line))
    }

    /// The next character, without taking it.
    fn peek(&mut self) -> io::Result<Option<char>> {
        if self.peeked.is_none() {
            self.peeked = self.decode()?;
        }
        Ok(self.peeked)
    }

    /// The next character.
    pub(crate) fn char(&mut self) -> io::Result<Option<char>> {
        match self.peeked.take() {
            Some(char) => Ok(Some(char)),
            None => self.decode(),
        }
    }

    fn decode(&mut self) -> io::Result<Option<char>> {
        match self.encoding {
            Encoding::Octets => self.utf8(),
            Encoding::Utf16 { big } => self.utf16(big),
        }
    }

    fn octet(&mut self) -> io::Result<Option<u8>> {
        if let Some(octet) = self.back.pop() {
            return Ok(Some(octet));
        }
        let Some(octet) = self.input.fill_buf()?.first().copied() else { return Ok(None) };
        self.input.consume(1);
        self.octets += 1;
        Ok(Some(octet))
    }

    fn utf8(&mut self) -> io::Result<Option<char>> {
        let Some(first) = self.octet()? else { return Ok(None) };
        let more = match first {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => return Ok(Some(char::from(first))),
        };
        let mut octets = [first, 0, 0, 0];
        let mut len = 1;
        while len <= more {
            let Some(octet) = self.octet()? else { break };
            if let Some(place) = octets.get_mut(len) {
                *place = octet;
            }
            len += 1;
            if octet & 0xc0 != 0x80 {
                break;
            }
        }
        let read = octets.get(..len).unwrap_or_default();
        if let Some(char) = std::str::from_utf8(read).ok().and_then(|text| text.chars().next()) {
            return Ok(Some(char));
        }
        // No UTF-8: the octet stands for itself, and those behind it are looked at again.
        self.back.extend(read.iter().skip(1).rev());
        Ok(Some(char::from(first)))
    }

    fn unit(&mut self, big: bool) -> io::Result<Option<u16>> {
        let (Some(first), Some(second)) = (self.octet()?, self.octet()?) else { return Ok(None) };
        Ok(Some(if big { u16::from_be_bytes([first, second]) } else { u16::from_le_bytes([first, second]) }))
    }

    fn utf16(&mut self, big: bool) -> io::Result<Option<char>> {
        let Some(unit) = self.unit(big)? else { return Ok(None) };
        if !(0xd800..0xdc00).contains(&unit) {
            return Ok(Some(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        let Some(low) = self.unit(big)? else { return Ok(Some(char::REPLACEMENT_CHARACTER)) };
        let char = char::decode_utf16([unit, low]).next().and_then(Result::ok);
        Ok(Some(char.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

impl Encoding {
    /// The encoding, and the length of the mark that says so.
    fn of(beginning: &[u8]) -> (Encoding, usize) {
        match beginning {
            [0xff, 0xfe, ..] => (Encoding::Utf16 { big: false }, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16 { big: true }, 2),
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Octets, 3),
            [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (Encoding::Utf16 { big: false }, 0),
            [0, first, 0, second, ..] if *first != 0 && *second != 0 => (Encoding::Utf16 { big: true }, 0),
            _ => (Encoding::Octets, 0),
        }
    }
}

/// The beginning of a text, decoded; empty when it is none.
pub(crate) fn beginning(octets: &[u8], most: usize) -> String {
    let mut text = String::new();
    let Ok(mut chars) = Chars::new(octets) else { return text };
    while let Ok(Some(char)) = chars.char() {
        if text.len() >= most || char == '\0' {
            break;
        }
        text.push(char);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(octets: &[u8]) -> Vec<String> {
        let mut chars = Chars::new(octets).unwrap();
        let mut lines = Vec::new();
        while let Some(line) = chars.line().unwrap() {
            lines.push(line.to_owned());
        }
        lines
    }

    fn utf16(text: &str, mark: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mut octets = mark.to_vec();
        octets.extend(text.encode_utf16().flat_map(unit));
        octets
    }

    #[test]
    fn the_same_text_comes_out_of_every_encoding() {
        let text = "Estado: 4\r\n服务 𝒳\nlast";
        let expected = ["Estado: 4", "服务 𝒳", "last"];
        assert_eq!(lines(text.as_bytes()), expected);
        assert_eq!(lines(format!("\u{feff}{text}").as_bytes()), expected);
        assert_eq!(lines(&utf16(text, &[0xff, 0xfe], u16::to_le_bytes)), expected);
        assert_eq!(lines(&utf16(text, &[0xfe, 0xff], u16::to_be_bytes)), expected);
        assert_eq!(lines(&utf16(text, &[], u16::to_le_bytes)), expected);
    }

    #[test]
    fn a_code_page_leaves_numbers_and_structure() {
        assert_eq!(lines(b"\xb7\xfe\xce\xf1 : 4 RUNNING\r\r\nx"), ["·þÎñ : 4 RUNNING", "x"]);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_begins_where_it_does() {
        let mut octets = vec![b'a'; 200_000];
        octets.extend(b"\nnext");
        let lines = lines(&octets);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [65_536, 4]);
    }
}
