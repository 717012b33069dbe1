//! The chain of payloads of IKEv1 and IKEv2, as far as it can be read.

use wire::isakmp::{HEADER_LEN, MAX_PAYLOADS, PayloadType};
use wire::{Layer, Malformed, Problem, Reader};

/// The payloads that are whole.
pub(super) struct Payloads<'a> {
    pub list: Vec<(PayloadType, Reader<'a>)>,
    /// What is wrong behind them.
    pub problem: Option<Malformed>,
}

impl<'a> Payloads<'a> {
    /// Reads the chain of `message`, header and all, whose first payload is of type `first`. A chain that ends early is not
    /// thrown away: what stands before the end was said.
    pub(super) fn read(message: &'a [u8], first: PayloadType) -> Payloads<'a> {
        let mut payloads = Payloads { list: Vec::new(), problem: None };
        let mut reader = Reader::new(Layer::Isakmp, message);
        if let Err(problem) = reader.bytes("header", HEADER_LEN) {
            payloads.problem = Some(problem);
            return payloads;
        }
        let mut kind = first;
        while kind != PayloadType::NONE {
            match payloads.one(&mut reader, kind) {
                // The payload in which an encrypted one lies is the last in clear (RFC 7296 §3.14, RFC 7383 §2.5).
                Ok(_) if matches!(kind.0, 46 | 53) => break,
                Ok(next) => kind = next,
                Err(problem) => {
                    payloads.problem = Some(problem);
                    break;
                }
            }
        }
        payloads
    }

    fn one(&mut self, reader: &mut Reader<'a>, kind: PayloadType) -> Result<PayloadType, Malformed> {
        if self.list.len() == MAX_PAYLOADS {
            return Err(reader.error("payload", Problem::TooMany { limit: MAX_PAYLOADS }));
        }
        let next = PayloadType(reader.u8("next payload")?);
        reader.u8("reserved")?;
        let at_length = reader.clone();
        let length = usize::from(reader.u16("payload length")?);
        let Some(body) = length.checked_sub(4) else {
            let problem = Problem::BadLength { got: length, min: 4, max: reader.remaining() + 4 };
            return Err(at_length.error("payload length", problem));
        };
        self.list.push((kind, reader.split("payload body", body)?));
        Ok(next)
    }

    /// The first payload of a type.
    pub(super) fn first(&self, kind: PayloadType) -> Option<Reader<'a>> {
        self.of(kind).next()
    }

    /// The payloads of a type.
    pub(super) fn of(&self, kind: PayloadType) -> impl Iterator<Item = Reader<'a>> {
        self.list.iter().filter(move |(of, _)| *of == kind).map(|(_, reader)| reader.clone())
    }

    /// Whether one of a type is there.
    pub(super) fn has(&self, kind: PayloadType) -> bool {
        self.list.iter().any(|(of, _)| *of == kind)
    }
}
