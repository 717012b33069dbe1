//! The blocks of pcapng (draft-ietf-opsawg-pcapng).

use std::io::Read;

use observe::{Broken, Time};

use super::file::{Found, MOST, Stop, Window, number};

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// Interfaces of one section that are remembered.
const MOST_INTERFACES: usize = 4096;

/// Where the reading of the sections stands.
#[derive(Default)]
pub(super) struct Sections {
    little: bool,
    began: bool,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy)]
struct Interface {
    link: u32,
    snap: usize,
    resolution: Resolution,
    /// Seconds to add.
    offset: i64,
}

/// What one unit of a time stamp is.
#[derive(Clone, Copy)]
enum Resolution {
    /// So many units are a microsecond.
    Finer(u64),
    /// A unit is so many microseconds.
    Coarser(u64),
    /// A unit is the second divided by two, so many times.
    Binary(u32),
}

impl Resolution {
    const MICROSECONDS: Resolution = Resolution::Finer(1);

    fn of(octet: u8) -> Resolution {
        let exponent = u32::from(octet & 0x7f);
        if octet & 0x80 != 0 {
            Resolution::Binary(exponent.min(64))
        } else if exponent >= 6 {
            Resolution::Finer(10u64.checked_pow(exponent - 6).unwrap_or(u64::MAX))
        } else {
            Resolution::Coarser(10u64.pow(6 - exponent))
        }
    }

    fn microseconds(self, units: u64) -> i64 {
        let microseconds = match self {
            Resolution::Finer(1) => units,
            Resolution::Finer(divisor) => units / divisor,
            Resolution::Coarser(factor) => units.saturating_mul(factor),
            Resolution::Binary(exponent) => {
                u64::try_from((u128::from(units) * 1_000_000) >> exponent).unwrap_or(u64::MAX)
            }
        };
        i64::try_from(microseconds).unwrap_or(i64::MAX)
    }
}

impl Sections {
    /// Goes through the blocks up to the next packet.
    pub(super) fn packet<R: Read>(&mut self, input: &mut Window<R>) -> Result<Option<Found>, Stop> {
        loop {
            if !input.fill(12)? {
                return if input.is_empty() { Ok(None) } else { Err(Stop::Broken(Broken::Cut)) };
            }
            let [a, b, c, d, e, f, g, h, i, j, k, l] = *input.peek(12) else { return Ok(None) };
            if number([a, b, c, d], true) == SECTION_HEADER {
                self.little = match [i, j, k, l] {
                    [0x4d, 0x3c, 0x2b, 0x1a] => true,
                    [0x1a, 0x2b, 0x3c, 0x4d] => false,
                    _ => return Err(Stop::Broken(Broken::Damaged)),
                };
                self.began = true;
                self.interfaces.clear();
            }
            if !self.began {
                return Err(Stop::Broken(Broken::Damaged));
            }
            let kind = number([a, b, c, d], self.little);
            let length = number([e, f, g, h], self.little);
            // Type, length and length again; a length that is not a multiple of four is padded by some writers.
            if length < 12 {
                return Err(Stop::Broken(Broken::Damaged));
            }
            let length = u64::from(length).next_multiple_of(4);
            let wanted = matches!(kind, INTERFACE | OLD_PACKET | SIMPLE_PACKET | ENHANCED_PACKET);
            if !wanted {
                if !input.pass(length)? {
                    return Err(Stop::Broken(Broken::Cut));
                }
                continue;
            }
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > MOST {
                return Err(Stop::Broken(Broken::Damaged));
            }
            let Some((start, end)) = input.skip(length)? else { return Err(Stop::Broken(Broken::Cut)) };
            let (start, end) = (start + 8, end - 4);
            let body = input.taken(start, end);
            match kind {
                INTERFACE => self.interface(body),
                _ => {
                    let found = match kind {
                        SIMPLE_PACKET => self.simple(body),
                        _ => self.enhanced(body, kind == OLD_PACKET),
                    };
                    let found = found.ok_or(Stop::Broken(Broken::Damaged))?;
                    return Ok(Some(Found { start: start + found.start, end: start + found.end, ..found }));
                }
            }
        }
    }

    fn interface(&mut self, body: &[u8]) {
        let [a, b, _, _, e, f, g, h, options @ ..] = body else { return };
        let link = u32::from(self.half([*a, *b]));
        let snap = match number([*e, *f, *g, *h], self.little) {
            0 => usize::MAX,
            snap => usize::try_from(snap).unwrap_or(usize::MAX),
        };
        let mut interface = Interface { link, snap, resolution: Resolution::MICROSECONDS, offset: 0 };
        let mut options = options;
        while let [a, b, c, d, rest @ ..] = options {
            let (code, length) = (self.half([*a, *b]), usize::from(self.half([*c, *d])));
            let Some(value) = rest.get(..length) else { break };
            match (code, value) {
                (0, _) => break,
                (IF_TSRESOL, [octet]) => interface.resolution = Resolution::of(*octet),
                (IF_TSOFFSET, value) => {
                    if let Ok(octets) = <[u8; 8]>::try_from(value) {
                        interface.offset =
                            if self.little { i64::from_le_bytes(octets) } else { i64::from_be_bytes(octets) };
                    }
                }
                _ => {}
            }
            options = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        if self.interfaces.len() < MOST_INTERFACES {
            self.interfaces.push(interface);
        }
    }

    /// An Enhanced Packet Block, or its predecessor whose interface number has two octets.
    fn enhanced(&self, body: &[u8], old: bool) -> Option<Found> {
        let field = |at: usize| {
            let octets = body.get(at..at + 4)?.try_into().ok()?;
            Some(number(octets, self.little))
        };
        let interface = if old { u32::from(self.half([*body.first()?, *body.get(1)?])) } else { field(0)? };
        let interface = self.interfaces.get(usize::try_from(interface).ok()?)?;
        let units = u64::from(field(4)?) << 32 | u64::from(field(8)?);
        let kept = usize::try_from(field(12)?).ok()?;
        let original = usize::try_from(field(16)?).ok()?.max(kept);
        let end = 20usize.checked_add(kept).filter(|end| *end <= body.len())?;
        let seconds = interface.offset.saturating_mul(1_000_000);
        let at = Time(interface.resolution.microseconds(units).saturating_add(seconds));
        Some(Found { at: Some(at), link: interface.link, start: 20, end, original })
    }

    /// A Simple Packet Block: of the first interface, without a time.
    fn simple(&self, body: &[u8]) -> Option<Found> {
        let interface = self.interfaces.first()?;
        let original = usize::try_from(number(body.get(..4)?.try_into().ok()?, self.little)).ok()?;
        let kept = original.min(interface.snap).min(body.len() - 4);
        Some(Found { at: None, link: interface.link, start: 4, end: 4 + kept, original: original.max(kept) })
    }

    fn half(&self, octets: [u8; 2]) -> u16 {
        if self.little { u16::from_le_bytes(octets) } else { u16::from_be_bytes(octets) }
    }
}
