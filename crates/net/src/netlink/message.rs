//! Netlink messages: a header, a structure of fixed size, attributes. Numbers are in the byte order of the host.

/// Length of `struct nlmsghdr`.
const HEADER: usize = 16;
/// Length of `struct nlattr`.
const ATTRIBUTE: usize = 4;
/// An attribute that holds attributes.
const NESTED: u16 = 1 << 15;
/// The bits of an attribute's type that are flags.
const KIND_FLAGS: u16 = 0b11 << 14;

/// Messages that are sent together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    octets: Vec<u8>,
}

impl Batch {
    /// Appends a message whose fixed structure and attributes `body` writes.
    pub(crate) fn message(&mut self, kind: u16, flags: i32, sequence: u32, body: impl FnOnce(&mut Message<'_>)) {
        let start = self.octets.len();
        self.octets.extend([0; 4]);
        self.octets.extend(kind.to_ne_bytes());
        self.octets.extend((flags as u16).to_ne_bytes());
        self.octets.extend(sequence.to_ne_bytes());
        self.octets.extend([0; 4]);
        body(&mut Message { octets: &mut self.octets });
        let len = u32::try_from(self.octets.len() - start).expect("our messages are a few hundred octets");
        self.octets[start..start + 4].copy_from_slice(&len.to_ne_bytes());
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }
}

/// A message that is being written.
pub(crate) struct Message<'a> {
    octets: &'a mut Vec<u8>,
}

impl Message<'_> {
    /// The structure of fixed size that the message begins with.
    pub(crate) fn fixed(&mut self, octets: &[u8]) -> &mut Self {
        self.octets.extend(octets);
        self.pad();
        self
    }

    pub(crate) fn attribute(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let len = u16::try_from(ATTRIBUTE + value.len()).expect("our attributes are names, addresses and numbers");
        self.octets.extend(len.to_ne_bytes());
        self.octets.extend(kind.to_ne_bytes());
        self.fixed(value)
    }

    /// An attribute with a number in the byte order of the host, as rtnetlink has them.
    pub(crate) fn number(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// An attribute with a number in network byte order, as nf_tables has them.
    pub(crate) fn number_be(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attribute(kind, &value.to_be_bytes())
    }

    /// An attribute with a string and the zero that ends it.
    pub(crate) fn string(&mut self, kind: u16, value: &str) -> &mut Self {
        let mut octets = value.as_bytes().to_vec();
        octets.push(0);
        self.attribute(kind, &octets)
    }

    /// An attribute that holds those that `body` writes.
    pub(crate) fn nested(&mut self, kind: u16, body: impl FnOnce(&mut Message<'_>)) -> &mut Self {
        let start = self.octets.len();
        self.attribute(kind | NESTED, &[]);
        body(&mut Message { octets: self.octets });
        let len = u16::try_from(self.octets.len() - start).expect("our attributes are names, addresses and numbers");
        self.octets[start..start + 2].copy_from_slice(&len.to_ne_bytes());
        self
    }

    fn pad(&mut self) {
        self.octets.resize(self.octets.len().next_multiple_of(4), 0);
    }
}

/// A message that was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    pub(crate) kind: u16,
    pub(crate) flags: i32,
    pub(crate) sequence: u32,
    pub(crate) body: &'a [u8],
}

/// The messages in `octets`; one that is cut short ends them.
pub(super) fn replies(octets: &[u8]) -> impl Iterator<Item = Reply<'_>> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let len = usize::try_from(u32::from_ne_bytes(*rest.first_chunk()?)).ok()?;
        let kind = u16::from_ne_bytes(*rest.get(4..)?.first_chunk()?);
        let flags = u16::from_ne_bytes(*rest.get(6..)?.first_chunk()?).into();
        let sequence = u32::from_ne_bytes(*rest.get(8..)?.first_chunk()?);
        // A length below the header's would stand still.
        let body = rest.get(HEADER..len)?;
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(Reply { kind, flags, sequence, body })
    })
}

/// The attributes in `octets`, by kind without flags; one that is cut short ends them.
pub(crate) fn attributes(octets: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?) & !KIND_FLAGS;
        let value = rest.get(ATTRIBUTE..len)?;
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_and_attributes_read_back() {
        let mut batch = Batch::default();
        batch.message(16, 5, 7, |message| {
            message.fixed(&[1, 2, 3, 4]).string(3, "tun0").nested(9, |message| {
                message.number(1, 1400);
            });
        });
        batch.message(17, 0, 8, |_| {});
        let read: Vec<_> = replies(batch.octets()).collect();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].kind, read[0].flags, read[0].sequence), (16, 5, 7));
        assert_eq!((read[1].kind, read[1].sequence, read[1].body), (17, 8, &[][..]));
        let parts: Vec<_> = attributes(&read[0].body[4..]).collect();
        assert_eq!(parts[0], (3, &b"tun0\0"[..]));
        assert_eq!(parts[1].0, 9);
        assert_eq!(attributes(parts[1].1).collect::<Vec<_>>(), [(1, &1400_u32.to_ne_bytes()[..])]);
    }

    proptest! {
        #[test]
        fn reading_any_octets_ends(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(replies(&octets).count() <= octets.len() / HEADER);
            prop_assert!(attributes(&octets).count() <= octets.len() / ATTRIBUTE);
        }
    }
}
