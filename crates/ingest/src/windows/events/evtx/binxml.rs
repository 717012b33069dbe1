//! Binary XML, as text. All offsets are from the beginning of the chunk, where names and templates are shared.

use std::fmt::Write;

use crate::windows::events::Event;

/// A chunk of a log.
pub(super) struct Chunk<'a>(pub(super) &'a [u8]);

/// Tokens of one record; more are a loop.
const TOKENS: u32 = 20_000;
/// Templates in templates.
const DEPTH: u8 = 8;
/// Values of a template.
const VALUES: usize = 512;

/// A value for a place in a template.
#[derive(Clone, Copy)]
struct Value {
    kind: u8,
    at: usize,
    len: usize,
}

/// The text, as far as it is written.
#[derive(Default)]
struct Text {
    out: String,
    tokens: u32,
}

impl Chunk<'_> {
    /// The XML of a record's octets.
    pub(super) fn xml(&self, from: usize, to: usize) -> Option<String> {
        let mut text = Text::default();
        self.fragment(from, to, &[], DEPTH, false, &mut text)?;
        Some(text.out)
    }

    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        self.0.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        self.0.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&self, at: usize) -> Option<u64> {
        self.0.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn u8(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    /// The elements from `at` to `end`. In a template, elements carry the number of what they depend on.
    fn fragment(
        &self,
        mut at: usize,
        end: usize,
        values: &[Value],
        depth: u8,
        template: bool,
        text: &mut Text,
    ) -> Option<()> {
        let mut open = Vec::new();
        let mut attribute = false;
        while at < end {
            text.tokens += 1;
            if text.tokens > TOKENS || text.out.len() > Event::MOST {
                return None;
            }
            let token = self.u8(at)?;
            at += 1;
            // A value belongs to the attribute before it; anything else ends that.
            if attribute && matches!(token & 0x3f, 1..=4 | 6) {
                text.out.push('"');
                attribute = false;
            }
            match token {
                0x00 => break,
                0x0f => at += 3,
                0x01 | 0x41 => {
                    at += if template { 6 } else { 4 };
                    let name = self.name(&mut at)?;
                    at += if token == 0x41 { 4 } else { 0 };
                    text.out.push('<');
                    text.out.push_str(&name);
                    if open.len() >= 64 {
                        return None;
                    }
                    open.push(name);
                }
                0x02 => text.out.push('>'),
                0x03 => {
                    text.out.push_str("/>");
                    open.pop()?;
                }
                0x04 => {
                    let name = open.pop()?;
                    write!(text.out, "</{name}>").ok()?;
                }
                0x05 | 0x45 => {
                    let kind = self.u8(at)?;
                    let len = usize::from(self.u16(at + 1)?) * 2;
                    if kind != 1 {
                        return None;
                    }
                    self.value(Value { kind, at: at + 3, len }, depth, text)?;
                    at += 3 + len;
                }
                0x06 | 0x46 => {
                    let name = self.name(&mut at)?;
                    write!(text.out, " {name}=\"").ok()?;
                    attribute = true;
                }
                0x07 | 0x47 => {
                    let len = usize::from(self.u16(at)?) * 2;
                    self.value(Value { kind: 1, at: at + 2, len }, depth, text)?;
                    at += 2 + len;
                }
                0x08 | 0x48 => {
                    escape(char::from_u32(self.u16(at)?.into()).unwrap_or(char::REPLACEMENT_CHARACTER), text);
                    at += 2;
                }
                0x09 | 0x49 => {
                    let name = self.name(&mut at)?;
                    write!(text.out, "&{name};").ok()?;
                }
                0x0a => {
                    self.name(&mut at)?;
                }
                0x0b => at += 2 + usize::from(self.u16(at)?) * 2,
                0x0c => at = self.instance(at, depth, text)?,
                0x0d | 0x0e => {
                    if let Some(value) = values.get(usize::from(self.u16(at)?)) {
                        self.value(*value, depth, text)?;
                    }
                    at += 3;
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// A template with its values; gives what follows it.
    fn instance(&self, at: usize, depth: u8, text: &mut Text) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let definition = usize::try_from(self.u32(at + 5)?).ok()?;
        let mut at = at + 9;
        let size = usize::try_from(self.u32(definition.checked_add(20)?)?).ok()?;
        let body = definition + 24;
        if definition == at {
            at = body.checked_add(size)?;
        }
        let count = usize::try_from(self.u32(at)?).ok().filter(|count| *count <= VALUES)?;
        at += 4;
        let mut place = at.checked_add(count * 4)?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            let len = usize::from(self.u16(at + index * 4)?);
            let kind = self.u8(at + index * 4 + 2)?;
            values.push(Value { kind, at: place, len });
            place += len;
        }
        self.fragment(body, body.checked_add(size)?, &values, depth, true, text)?;
        Some(place)
    }

    /// A name: where it stands for the first time in a chunk, it follows its own offset.
    fn name(&self, at: &mut usize) -> Option<String> {
        let offset = usize::try_from(self.u32(*at)?).ok()?;
        *at += 4;
        let len = usize::from(self.u16(offset.checked_add(6)?)?);
        if offset == *at {
            *at += 10 + len * 2;
        }
        let name = self.utf16(offset + 8, len.min(256) * 2)?;
        Some(name.chars().filter(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | ':')).collect())
    }

    fn utf16(&self, at: usize, len: usize) -> Option<String> {
        let octets = self.0.get(at..at.checked_add(len)?)?;
        let units = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        Some(char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }

    /// A value as text.
    fn value(&self, value: Value, depth: u8, text: &mut Text) -> Option<()> {
        let Value { kind, at, len } = value;
        if len == 0 {
            return Some(());
        }
        let octets = self.0.get(at..at.checked_add(len)?)?;
        let number = || octets.iter().take(8).rev().fold(0u64, |sum, octet| sum << 8 | u64::from(*octet));
        let shown = match kind {
            0x01 => self.utf16(at, len)?,
            0x02 => octets.iter().map(|octet| char::from(*octet)).collect(),
            0x03 | 0x05 | 0x07 | 0x09 => signed(number(), len).to_string(),
            0x04 | 0x06 | 0x08 | 0x0a | 0x10 => number().to_string(),
            0x0d => (number() != 0).to_string(),
            0x0e => octets.iter().map(|octet| format!("{octet:02X}")).collect(),
            0x0f => guid(octets)?,
            0x11 => super::filetime(number()).map(iso).unwrap_or_default(),
            0x14 | 0x15 => format!("0x{:x}", number()),
            0x21 => {
                return self.fragment(at, at + len, &[], depth.checked_sub(1)?, false, text);
            }
            // Several texts, each with its end.
            0x81 => self.utf16(at, len)?.replace('\0', "\n"),
            0x13 => "S-1".to_owned(),
            _ => String::new(),
        };
        shown.chars().take(Event::MOST).for_each(|char| escape(char, text));
        Some(())
    }
}

fn escape(char: char, text: &mut Text) {
    match char {
        '<' => text.out.push_str("&lt;"),
        '>' => text.out.push_str("&gt;"),
        '&' => text.out.push_str("&amp;"),
        '"' => text.out.push_str("&quot;"),
        '\0' => {}
        char => text.out.push(char),
    }
}

fn signed(number: u64, len: usize) -> i64 {
    let unused = 64u32.saturating_sub(u32::try_from(len.min(8)).unwrap_or(8) * 8).min(63);
    number.wrapping_shl(unused).cast_signed() >> unused
}

fn guid(octets: &[u8]) -> Option<String> {
    let first = u32::from_le_bytes(octets.get(..4)?.try_into().ok()?);
    let second = u16::from_le_bytes(octets.get(4..6)?.try_into().ok()?);
    let third = u16::from_le_bytes(octets.get(6..8)?.try_into().ok()?);
    let tail = |range: std::ops::Range<usize>| -> Option<String> {
        Some(octets.get(range)?.iter().map(|octet| format!("{octet:02X}")).collect())
    };
    Some(format!("{{{first:08X}-{second:04X}-{third:04X}-{}-{}}}", tail(8..10)?, tail(10..16)?))
}

/// A moment as exports write it.
fn iso(at: observe::Time) -> String {
    let days = at.0.div_euclid(86_400_000_000);
    let micros = at.0.rem_euclid(86_400_000_000);
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let of_month = in_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let seconds = micros / 1_000_000;
    format!(
        "{:04}-{month:02}-{of_month:02}T{:02}:{:02}:{:02}.{:06}Z",
        era * 400 + year + carry,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % 1_000_000
    )
}
