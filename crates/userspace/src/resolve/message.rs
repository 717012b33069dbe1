//! Questions and answers of the domain name system (RFC 1035 §4), as far as addresses need them.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use wire::{Layer, Malformed, Problem, Reader};

use crate::failure::Rcode;

/// Type of a host address (RFC 1035 §3.2.2).
const TYPE_A: u16 = 1;

/// Type of an alias.
const TYPE_CNAME: u16 = 5;

/// The Internet class (RFC 1035 §3.2.4).
const CLASS_IN: u16 = 1;

/// Longest name on the wire, with its length octets and the root (RFC 1035 §2.3.4).
const MAX_NAME: usize = 255;

/// Most records of an answer that are looked at.
const MAX_RECORDS: u16 = 64;

/// Most addresses that are taken from an answer.
const MAX_ADDRESSES: usize = 16;

/// Longest chain of aliases that is followed.
const MAX_ALIASES: usize = 16;

/// A domain name as it stands on the wire, in lower case, since names differ by more than case (RFC 4343).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

/// Text that is not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadName;

impl Name {
    /// Reads a name as people write it, with or without the dot at its end.
    ///
    /// # Errors
    /// [`BadName`] for an empty label, one above 63 octets, a name above 255 octets on the wire, and characters other than
    /// letters, digits, hyphen and underscore: names of other scripts come encoded (RFC 5890).
    pub fn from_text(text: &str) -> Result<Name, BadName> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let mut octets = Vec::with_capacity(text.len() + 2);
        for label in text.split('.') {
            let fits = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
            if label.is_empty() || label.len() > 63 || !label.bytes().all(fits) {
                return Err(BadName);
            }
            octets.push(label.len() as u8);
            octets.extend(label.bytes().map(|octet| octet.to_ascii_lowercase()));
        }
        octets.push(0);
        if octets.len() > MAX_NAME { Err(BadName) } else { Ok(Name(octets)) }
    }

    /// Reads the name at `reader`, following pointers into `message` (RFC 1035 §4.1.4).
    fn read<'a>(reader: &mut Reader<'a>, message: &'a [u8]) -> Result<Name, Malformed> {
        let mut octets = Vec::new();
        let mut jumped: Option<Reader<'a>> = None;
        // A pointer must lead backwards from the last one, which is what makes following them end.
        let mut limit = reader.offset();
        loop {
            let source = jumped.as_mut().unwrap_or(reader);
            let length = source.u8("name")?;
            match length {
                0 => break,
                1..=63 => {
                    octets.push(length);
                    let label = source.bytes("label", length.into())?;
                    octets.extend(label.iter().map(u8::to_ascii_lowercase));
                    if octets.len() >= MAX_NAME {
                        let problem = Problem::BadLength { got: octets.len() + 1, min: 1, max: MAX_NAME };
                        return Err(source.error("name", problem));
                    }
                }
                0xc0..=0xff => {
                    let target = usize::from(length & 0x3f) << 8 | usize::from(source.u8("name pointer")?);
                    let bad = source.error("name pointer", Problem::BadValue { got: target as u64 });
                    let Some(earlier) = message.get(target..limit).filter(|_| target < limit) else { return Err(bad) };
                    limit = target;
                    jumped = Some(Reader::new(Layer::Udp, earlier));
                }
                64..=0xbf => return Err(source.error("name", Problem::BadValue { got: length.into() })),
            }
        }
        octets.push(0);
        Ok(Name(octets))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        while let Some((&length, tail)) = rest.split_first().filter(|&(&length, _)| length != 0) {
            let (label, tail) = tail.split_at(tail.len().min(length.into()));
            write!(f, "{}.", label.escape_ascii())?;
            rest = tail;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The question for the addresses of `name`, with recursion desired.
pub(super) fn question(id: u16, name: &Name) -> Vec<u8> {
    let mut message = Vec::with_capacity(12 + name.0.len() + 4);
    message.extend(id.to_be_bytes());
    message.extend([0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    message.extend(&name.0);
    message.extend(TYPE_A.to_be_bytes());
    message.extend(CLASS_IN.to_be_bytes());
    message
}

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) id: u16,
    /// The name that was asked for.
    pub(super) name: Name,
    pub(super) outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// At least one address, and how long they hold.
    Addresses { addresses: Vec<Ipv4Addr>, ttl: Duration },
    /// The name exists and has none.
    NoAddress,
    /// The server did not answer the question. An answer cut short before the first address counts as its failure.
    Code(Rcode),
}

impl Answer {
    pub(super) fn parse(message: &[u8]) -> Result<Answer, Malformed> {
        let mut reader = Reader::new(Layer::Udp, message);
        let id = reader.u16("identifier")?;
        let flags = reader.u16("flags")?;
        // A response to a standard query (RFC 1035 §4.1.1).
        if flags & 0xf800 != 0x8000 {
            return Err(reader.error("flags", Problem::BadValue { got: flags.into() }));
        }
        let truncated = flags & 0x0200 != 0;
        let code = Rcode((flags & 0x000f) as u8);
        let questions = reader.u16("number of questions")?;
        if questions != 1 {
            return Err(reader.error("number of questions", Problem::BadValue { got: questions.into() }));
        }
        let records = reader.u16("number of answers")?.min(MAX_RECORDS);
        reader.u32("numbers of other records")?;
        let name = Name::read(&mut reader, message)?;
        for expected in [TYPE_A, CLASS_IN] {
            let got = reader.u16("type and class of the question")?;
            if got != expected {
                return Err(reader.error("type and class of the question", Problem::BadValue { got: got.into() }));
            }
        }
        if code != Rcode::NO_ERROR {
            return Ok(Answer { id, name, outcome: Outcome::Code(code) });
        }
        let found = read_records(&mut reader, message, records);
        let found =
            if truncated { found.unwrap_or_else(|(_, partial)| partial) } else { found.map_err(|(bad, _)| bad)? };
        let outcome = match found.follow(&name) {
            Some((addresses, ttl)) => Outcome::Addresses { addresses, ttl },
            None if truncated => Outcome::Code(Rcode::SERVER_FAILURE),
            None => Outcome::NoAddress,
        };
        Ok(Answer { id, name, outcome })
    }
}

#[derive(Default)]
struct Records {
    addresses: Vec<(Name, Ipv4Addr, u32)>,
    aliases: Vec<(Name, Name, u32)>,
}

/// Reads the answer section; with the error comes what stood before it.
fn read_records<'a>(reader: &mut Reader<'a>, message: &'a [u8], count: u16) -> Result<Records, (Malformed, Records)> {
    let mut records = Records::default();
    for _ in 0..count {
        if let Err(bad) = read_record(reader, message, &mut records) {
            return Err((bad, records));
        }
    }
    Ok(records)
}

fn read_record<'a>(reader: &mut Reader<'a>, message: &'a [u8], records: &mut Records) -> Result<(), Malformed> {
    let name = Name::read(reader, message)?;
    let kind = reader.u16("type")?;
    let class = reader.u16("class")?;
    let ttl = reader.u32("time to live")?;
    let length = reader.u16("length of data")?;
    let mut data = reader.split("data", length.into())?;
    match (class, kind) {
        (CLASS_IN, TYPE_A) => {
            let address = Ipv4Addr::from(data.u32("address")?);
            data.finish("address")?;
            records.addresses.push((name, address, ttl));
        }
        (CLASS_IN, TYPE_CNAME) => records.aliases.push((name, Name::read(&mut data, message)?, ttl)),
        _ => {}
    }
    Ok(())
}

impl Records {
    /// The addresses of `name`, through its aliases, in whatever order the records stand.
    fn follow(&self, name: &Name) -> Option<(Vec<Ipv4Addr>, Duration)> {
        let mut name = name;
        let mut ttl = u32::MAX;
        for _ in 0..MAX_ALIASES {
            let own = || self.addresses.iter().filter(|(owner, ..)| owner == name);
            if own().next().is_some() {
                let ttl = own().map(|&(.., ttl)| ttl).fold(ttl, u32::min);
                let addresses = own().map(|&(_, address, _)| address).take(MAX_ADDRESSES).collect();
                return Some((addresses, Duration::from_secs(ttl.into())));
            }
            let (_, target, alias_ttl) = self.aliases.iter().find(|(owner, ..)| owner == name)?;
            name = target;
            ttl = ttl.min(*alias_ttl);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An answer with an alias, both compressed: www.example.com is a.example.com is 192.0.2.7.
    const ALIASED: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0\
        \x03www\x07Example\x03com\0\0\x01\0\x01\
        \xc0\x0c\0\x05\0\x01\0\0\x0e\x10\0\x04\x01a\xc0\x10\
        \xc0\x2d\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x07";

    #[test]
    fn an_alias_leads_to_its_address_through_compressed_names() {
        let answer = Answer::parse(ALIASED).unwrap();
        assert_eq!(answer.name, Name::from_text("WWW.example.com.").unwrap());
        let ttl = Duration::from_secs(60);
        assert_eq!(answer.outcome, Outcome::Addresses { addresses: vec![Ipv4Addr::new(192, 0, 2, 7)], ttl });
    }

    #[test]
    fn a_pointer_to_itself_or_forwards_is_refused() {
        for target in [0x0c, 0x10, 0x3f] {
            let mut message = b"\x12\x34\x81\x80\0\x01\0\0\0\0\0\0".to_vec();
            message.extend([0xc0, target, 0, 1, 0, 1]);
            assert_eq!(Answer::parse(&message).unwrap_err().field, "name pointer");
        }
    }

    #[test]
    fn aliases_that_lead_in_a_circle_have_no_address() {
        let mut message = b"\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0\x01a\0\0\x01\0\x01".to_vec();
        message.extend(b"\x01a\0\0\x05\0\x01\0\0\0\x09\0\x03\x01b\0");
        message.extend(b"\x01b\0\0\x05\0\x01\0\0\0\x09\0\x02\xc0\x0c");
        assert_eq!(Answer::parse(&message).unwrap().outcome, Outcome::NoAddress);
    }

    #[test]
    fn names_that_cannot_stand_on_the_wire_are_refused() {
        let long_label = "a".repeat(64);
        let long_name = ["abcdefg"; 33].join(".");
        for text in ["", ".", "a..b", "a b", "ex\u{e4}mple", "a/b", &long_label, &long_name] {
            assert_eq!(Name::from_text(text), Err(BadName), "{text}");
        }
        assert_eq!(Name::from_text("Host_1.example").unwrap().to_string(), "host_1.example.");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_parser(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Answer::parse(&data);
        }

        #[test]
        fn no_damage_to_an_answer_panics_the_parser(at in 0..ALIASED.len(), octet: u8, cut in 0..ALIASED.len()) {
            let mut message = ALIASED.to_vec();
            message[at] = octet;
            let _ = Answer::parse(&message);
            let _ = Answer::parse(&message[..cut]);
        }
    }
}
