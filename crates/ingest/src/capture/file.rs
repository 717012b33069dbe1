//! The files: classic pcap (both byte orders, microseconds and nanoseconds) and pcapng, read as a stream.

use std::io::{self, Read};

use observe::{Broken, Time, Trouble};

use super::pcapng;
use crate::Kind;

/// The largest packet or block that is looked at, in octets. The analysers of the field write at most 256 KiB.
pub(super) const MOST: usize = 1 << 20;

const CHUNK: usize = 1 << 18;

/// One packet of a capture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// Its number in the file, from 1.
    pub frame: u64,
    /// When it was captured, if the file says so.
    pub at: Option<Time>,
    /// The link type that its first octets have (the registry of tcpdump.org).
    pub link: u32,
    /// What was kept of it.
    pub data: &'a [u8],
    /// Octets that it had on the wire.
    pub original: usize,
}

/// The packets of a file, one after the other, in memory that does not grow with it.
pub(super) struct Packets<R> {
    input: Window<R>,
    format: Format,
    frame: u64,
    trouble: Option<Trouble>,
}

enum Format {
    /// The header is not read yet.
    Pcap,
    Classic(Classic),
    Pcapng(pcapng::Sections),
    Over,
}

#[derive(Clone, Copy)]
struct Classic {
    little: bool,
    nanoseconds: bool,
    link: u32,
}

/// What a step through the file gives: where the packet's octets lie in the window.
pub(super) struct Found {
    pub at: Option<Time>,
    pub link: u32,
    pub start: usize,
    pub end: usize,
    pub original: usize,
}

impl<R: Read> Packets<R> {
    pub(super) fn new(input: R, kind: Kind) -> Packets<R> {
        let format = if kind == Kind::Pcapng { Format::Pcapng(pcapng::Sections::default()) } else { Format::Pcap };
        Packets { input: Window::new(input), format, frame: 0, trouble: None }
    }

    /// Octets of the file that were read.
    pub(super) fn octets(&self) -> u64 {
        self.input.read
    }

    /// What kept the file from being read to its end.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// The next packet; `None` at the end, or where nothing more can be understood.
    pub(super) fn next(&mut self) -> io::Result<Option<Packet<'_>>> {
        let found = match self.step() {
            Ok(found) => found,
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Broken(why)) => {
                self.trouble = Some(Trouble::CaptureBroken { why, after: self.frame });
                self.format = Format::Over;
                None
            }
        };
        let Some(found) = found else { return Ok(None) };
        self.frame += 1;
        let data = self.input.taken(found.start, found.end);
        Ok(Some(Packet { frame: self.frame, at: found.at, link: found.link, data, original: found.original }))
    }

    fn step(&mut self) -> Result<Option<Found>, Stop> {
        if matches!(self.format, Format::Pcap) {
            self.format = Format::Classic(classic_header(&mut self.input)?);
        }
        match &mut self.format {
            Format::Classic(classic) => classic.record(&mut self.input),
            Format::Pcapng(sections) => sections.packet(&mut self.input),
            Format::Pcap | Format::Over => Ok(None),
        }
    }
}

/// Why reading ended early.
pub(super) enum Stop {
    Io(io::Error),
    Broken(Broken),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            // What a damaged compressed file gives.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Stop::Broken(Broken::Compressed)
            }
            _ => Stop::Io(error),
        }
    }
}

fn classic_header<R: Read>(input: &mut Window<R>) -> Result<Classic, Stop> {
    let Some(header) = input.take::<24>()? else { return Err(Stop::Broken(Broken::Cut)) };
    let [a, b, c, d, ..] = header;
    let (little, nanoseconds) = match [a, b, c, d] {
        [0xa1, 0xb2, 0xc3, 0xd4] => (false, false),
        [0xa1, 0xb2, 0x3c, 0x4d] => (false, true),
        [0xd4, 0xc3, 0xb2, 0xa1] => (true, false),
        [0x4d, 0x3c, 0xb2, 0xa1] => (true, true),
        _ => return Err(Stop::Broken(Broken::Variant)),
    };
    let link = [header[20], header[21], header[22], header[23]];
    // The upper bits say whether a frame check sequence follows each packet, which nothing here needs.
    let link = number(link, little) & 0x03ff_ffff;
    Ok(Classic { little, nanoseconds, link })
}

impl Classic {
    fn record<R: Read>(self, input: &mut Window<R>) -> Result<Option<Found>, Stop> {
        let Some(header) = input.take::<16>()? else {
            return if input.is_empty() { Ok(None) } else { Err(Stop::Broken(Broken::Cut)) };
        };
        let field = |at: usize| number([header[at], header[at + 1], header[at + 2], header[at + 3]], self.little);
        let (seconds, fraction, kept, original) = (field(0), field(4), field(8), field(12));
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        if kept > MOST {
            return Err(Stop::Broken(Broken::Damaged));
        }
        let fraction = if self.nanoseconds { fraction / 1000 } else { fraction };
        let at = Time(i64::from(seconds) * 1_000_000 + i64::from(fraction));
        let Some((start, end)) = input.skip(kept)? else { return Err(Stop::Broken(Broken::Cut)) };
        let original = usize::try_from(original).unwrap_or(usize::MAX).max(kept);
        Ok(Some(Found { at: Some(at), link: self.link, start, end, original }))
    }
}

pub(super) fn number(octets: [u8; 4], little: bool) -> u32 {
    if little { u32::from_le_bytes(octets) } else { u32::from_be_bytes(octets) }
}

/// A part of the input in memory.
pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    read: u64,
}

impl<R: Read> Window<R> {
    fn new(input: R) -> Window<R> {
        Window { input, buffer: vec![0; CHUNK], start: 0, end: 0, read: 0 }
    }

    /// Brings at least `need` octets into memory; `false` when the input ends before.
    pub(super) fn fill(&mut self, need: usize) -> io::Result<bool> {
        if self.end - self.start >= need {
            return Ok(true);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < need {
            self.buffer.resize(need.next_multiple_of(CHUNK), 0);
        }
        while self.end < need {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(octets) => {
                    self.end += octets;
                    self.read += octets as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Whether nothing is left in memory, after [`Window::fill`] said that the input ended.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The next octets, without taking them.
    pub(super) fn peek(&self, length: usize) -> &[u8] {
        self.buffer[self.start..self.end].get(..length).unwrap_or_default()
    }

    /// Takes a header of fixed size.
    pub(super) fn take<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        if !self.fill(N)? {
            return Ok(None);
        }
        let mut header = [0; N];
        header.copy_from_slice(&self.buffer[self.start..self.start + N]);
        self.start += N;
        Ok(Some(header))
    }

    /// Takes octets that stay in memory until the next call; their place in it.
    pub(super) fn skip(&mut self, length: usize) -> io::Result<Option<(usize, usize)>> {
        if !self.fill(length)? {
            return Ok(None);
        }
        let start = self.start;
        self.start += length;
        Ok(Some((start, self.start)))
    }

    /// Passes over octets, however many.
    pub(super) fn pass(&mut self, length: u64) -> io::Result<bool> {
        let mut left = length;
        while left > 0 {
            if !self.fill(1)? {
                return Ok(false);
            }
            let step = usize::try_from(left).unwrap_or(usize::MAX).min(self.end - self.start);
            self.start += step;
            left -= step as u64;
        }
        Ok(true)
    }

    /// Octets that [`Window::skip`] told the place of.
    pub(super) fn taken(&self, start: usize, end: usize) -> &[u8] {
        self.buffer.get(start..end).unwrap_or_default()
    }
}
