use super::{Cookies, ExchangeType, Flags, HEADER_LEN, Header, PayloadType};
use crate::{Layer, Malformed, Problem, Reader};

/// Payloads in one message that are looked at; a message with more is malformed.
pub const MAX_PAYLOADS: usize = 64;

const GENERIC_HEADER_LEN: usize = 4;

/// One payload as it stands in the chain.
#[derive(Clone, Debug)]
pub struct RawPayload<'a> {
    /// Its type, taken from the payload or header before it.
    pub kind: PayloadType,
    /// The reserved octet of the generic header; should be zero.
    pub reserved: u8,
    /// Offset of its generic header from the start of the message.
    pub offset: usize,
    /// What follows the generic header.
    pub body: &'a [u8],
    reader: Reader<'a>,
}

impl<'a> RawPayload<'a> {
    /// A reader over the body, whose offsets count from the start of the message.
    pub fn reader(&self) -> Reader<'a> {
        self.reader.clone()
    }
}

/// The payloads of one message (RFC 2408 §3.2).
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    payloads: Vec<RawPayload<'a>>,
    message: &'a [u8],
    end: usize,
}

impl<'a> Chain<'a> {
    /// Reads the chain of `message`, which begins with its header and has nothing encrypted (any more). The header's length
    /// field is not looked at. Octets after the last payload are padding: see [`Chain::trailing`].
    pub fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::Isakmp, message);
        let mut kind = Header::parse(message)?.next_payload;
        reader.bytes("header", HEADER_LEN)?;
        let mut payloads = Vec::new();
        while kind != PayloadType::NONE {
            if payloads.len() == MAX_PAYLOADS {
                return Err(reader.error("payload", Problem::TooMany { limit: MAX_PAYLOADS }));
            }
            let offset = reader.offset();
            let next = PayloadType(reader.u8("next payload")?);
            let reserved = reader.u8("reserved")?;
            let at_length = reader.clone();
            let length = usize::from(reader.u16("payload length")?);
            let Some(body_len) = length.checked_sub(GENERIC_HEADER_LEN) else {
                let max = reader.remaining() + GENERIC_HEADER_LEN;
                let problem = Problem::BadLength { got: length, min: GENERIC_HEADER_LEN, max };
                return Err(at_length.error("payload length", problem));
            };
            let reader = reader.split("payload body", body_len)?;
            payloads.push(RawPayload { kind, reserved, offset, body: reader.clone().rest(), reader });
            kind = next;
        }
        Ok(Chain { payloads, message, end: reader.offset() })
    }

    /// All payloads, in order.
    pub fn payloads(&self) -> &[RawPayload<'a>] {
        &self.payloads
    }

    /// The payloads of one type, in order.
    pub fn of(&self, kind: PayloadType) -> impl Iterator<Item = &RawPayload<'a>> {
        self.payloads.iter().filter(move |payload| payload.kind == kind)
    }

    /// The only payload of one type, which must stand exactly once; `field` names it in the error.
    pub fn exactly_one(&self, kind: PayloadType, field: &'static str) -> Result<&RawPayload<'a>, Malformed> {
        self.at_most_one(kind, field)?.ok_or(Malformed {
            layer: Layer::Isakmp,
            field,
            offset: HEADER_LEN,
            problem: Problem::Missing,
        })
    }

    /// The only payload of one type, if it is there; `field` names it in the error.
    pub fn at_most_one(&self, kind: PayloadType, field: &'static str) -> Result<Option<&RawPayload<'a>>, Malformed> {
        let mut found = self.of(kind);
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(second) => {
                Err(Malformed { layer: Layer::Isakmp, field, offset: second.offset, problem: Problem::Repeated })
            }
        }
    }

    /// The octets of the chain after the first payload: what HASH(1) and its relatives cover (RFC 2409 §5.5). Padding is
    /// not part of it.
    pub fn after_first(&self) -> &'a [u8] {
        let start = self.payloads.get(1).map_or(self.end, |second| second.offset);
        self.message.get(start..self.end).unwrap_or_default()
    }

    /// Octets that follow the last payload.
    pub fn trailing(&self) -> &'a [u8] {
        self.message.get(self.end..).unwrap_or_default()
    }
}

/// Puts a chain of payloads together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainBuilder {
    first: PayloadType,
    octets: Vec<u8>,
    last: Option<usize>,
}

impl Default for ChainBuilder {
    fn default() -> Self {
        ChainBuilder::new()
    }
}

impl ChainBuilder {
    /// An empty chain.
    pub const fn new() -> Self {
        ChainBuilder { first: PayloadType::NONE, octets: Vec::new(), last: None }
    }

    /// Appends a payload. `body` holds at most 65531 octets.
    pub fn push(&mut self, kind: PayloadType, body: &[u8]) -> &mut Self {
        match self.last.and_then(|at| self.octets.get_mut(at)) {
            Some(next_payload) => *next_payload = kind.0,
            None => self.first = kind,
        }
        self.last = Some(self.octets.len());
        self.octets.extend_from_slice(&generic_header(PayloadType::NONE, body.len()));
        self.octets.extend_from_slice(body);
        self
    }

    /// Puts a payload before all others.
    pub fn prepend(&mut self, kind: PayloadType, body: &[u8]) -> &mut Self {
        let mut octets = generic_header(self.first, body.len()).to_vec();
        octets.extend_from_slice(body);
        self.last = Some(self.last.map_or(0, |at| at + octets.len()));
        octets.extend_from_slice(&self.octets);
        self.octets = octets;
        self.first = kind;
        self
    }

    /// The type of the first payload, for the header.
    pub fn first(&self) -> PayloadType {
        self.first
    }

    /// The octets of the chain.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// An IKEv1 message in clear with this chain.
    pub fn clear(&self, cookies: Cookies, exchange: ExchangeType, message_id: u32) -> Vec<u8> {
        let header = Header {
            cookies,
            next_payload: self.first,
            version: Header::VERSION_1,
            exchange,
            flags: Flags::default(),
            message_id,
            length: 0,
        };
        header.emit(&self.octets)
    }

    /// The octets of the chain, to be padded and encrypted.
    pub fn into_octets(self) -> Vec<u8> {
        self.octets
    }
}

fn generic_header(next: PayloadType, body_len: usize) -> [u8; GENERIC_HEADER_LEN] {
    let length = u16::try_from(GENERIC_HEADER_LEN + body_len).expect("payload bodies are built by us and stay small");
    let [high, low] = length.to_be_bytes();
    [next.0, 0, high, low]
}
