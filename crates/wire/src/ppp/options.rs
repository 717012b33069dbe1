use crate::reader::{Layer, Malformed, Problem, Reader};

/// One configuration option (RFC 1661 §6): its type and its data without the two octets of type and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opt<'a> {
    /// The option's type; its meaning depends on the protocol.
    pub kind: u8,
    /// The option's data.
    pub value: &'a [u8],
}

/// The options of a Configure-Request, -Ack, -Nak or -Reject, in their order.
///
/// Yields at most one error, as its last item.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    reader: Reader<'a>,
}

impl<'a> Options<'a> {
    /// Reads the data of a Configure packet.
    pub const fn new(data: &'a [u8]) -> Self {
        Options { reader: Reader::new(Layer::Ppp, data) }
    }

    fn read(&mut self) -> Result<Opt<'a>, Malformed> {
        let kind = self.reader.u8("option type")?;
        let at_length = self.reader.clone();
        let length = usize::from(self.reader.u8("option length")?);
        let Some(value_len) = length.checked_sub(2).filter(|&len| len <= self.reader.remaining()) else {
            let max = 2 + self.reader.remaining();
            return Err(at_length.error("option length", Problem::BadLength { got: length, min: 2, max }));
        };
        Ok(Opt { kind, value: self.reader.split("option", value_len)?.rest() })
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<Opt<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.reader.rest();
        }
        Some(item)
    }
}

/// Appends an option. Data beyond 253 octets cannot be expressed and is cut.
pub fn push_option(out: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let value = &value[..value.len().min(usize::from(u8::MAX) - 2)];
    out.push(kind);
    out.push(u8::try_from(value.len() + 2).unwrap_or(u8::MAX));
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_option_shorter_than_its_header_ends_the_list() {
        let mut options = Options::new(&[7, 2, 5, 0, 8, 2]);
        assert_eq!(options.next(), Some(Ok(Opt { kind: 7, value: &[] })));
        let error = options.next().unwrap().unwrap_err();
        assert_eq!((error.field, error.offset), ("option length", 3));
        assert_eq!(options.next(), None);
    }

    #[test]
    fn an_option_may_not_reach_beyond_the_packet() {
        assert!(Options::new(&[1, 5, 0, 0]).next().unwrap().is_err());
        assert!(Options::new(&[1]).next().unwrap().is_err());
    }

    proptest! {
        #[test]
        fn every_list_ends(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Options::new(&data).count() <= data.len() / 2 + 1);
        }

        #[test]
        fn options_read_back(list in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..20)), 0..9)) {
            let mut data = Vec::new();
            for (kind, value) in &list {
                push_option(&mut data, *kind, value);
            }
            let read: Vec<_> = Options::new(&data).map(|option| option.unwrap()).collect();
            let wanted: Vec<_> = list.iter().map(|(kind, value)| Opt { kind: *kind, value }).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
