use std::fmt;

use super::{ExchangeType, PayloadType};
use crate::{Layer, Malformed, Problem, Reader};

/// Length of the ISAKMP header in octets.
pub const HEADER_LEN: usize = 28;

/// The eight octets by which one side names an IKE SA (RFC 2408 §2.5.3); IKEv2 calls it SPI.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cookie(pub [u8; 8]);

impl Cookie {
    /// The responder's cookie in the first message.
    pub const ZERO: Cookie = Cookie([0; 8]);

    /// Whether all octets are zero, which no side may choose.
    pub fn is_zero(self) -> bool {
        self == Cookie::ZERO
    }
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Both cookies: the name of an IKE SA.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cookies {
    /// CKY-I.
    pub initiator: Cookie,
    /// CKY-R; zero in the first message.
    pub responder: Cookie,
}

/// The flags octet (RFC 2408 §3.1). IKEv2 uses other bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// Everything after the header is encrypted.
    pub const ENCRYPTION: Flags = Flags(0x01);
    /// The sender wants the SA used only after a CONNECTED notification.
    pub const COMMIT: Flags = Flags(0x02);
    /// Authenticated, not encrypted: used by key recovery only.
    pub const AUTHENTICATION_ONLY: Flags = Flags(0x04);

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The ISAKMP header (RFC 2408 §3.1). IKEv2 messages have the same layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// The name of the IKE SA.
    pub cookies: Cookies,
    /// Type of the first payload.
    pub next_payload: PayloadType,
    /// Major version in the high, minor version in the low four bits.
    pub version: u8,
    /// Exchange type.
    pub exchange: ExchangeType,
    /// Flags.
    pub flags: Flags,
    /// Zero in phase 1.
    pub message_id: u32,
    /// Length of the whole message in octets, as the sender states it.
    pub length: u32,
}

impl Header {
    /// Version 1.0.
    pub const VERSION_1: u8 = 0x10;

    /// Reads the header at the start of `data`; the length field is returned as it stands.
    pub fn parse(data: &[u8]) -> Result<Header, Malformed> {
        let mut reader = Reader::new(Layer::Isakmp, data);
        Ok(Header {
            cookies: Cookies {
                initiator: Cookie(reader.array("initiator cookie")?),
                responder: Cookie(reader.array("responder cookie")?),
            },
            next_payload: PayloadType(reader.u8("next payload")?),
            version: reader.u8("version")?,
            exchange: ExchangeType(reader.u8("exchange type")?),
            flags: Flags(reader.u8("flags")?),
            message_id: reader.u32("message ID")?,
            length: reader.u32("length")?,
        })
    }

    /// Major version: 1 is ISAKMP and IKEv1 (also AuthIP), 2 is IKEv2.
    pub const fn major_version(&self) -> u8 {
        self.version >> 4
    }

    /// The message: this header with the right length, then `body`.
    pub fn emit(&self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LEN + body.len());
        out.extend_from_slice(&self.cookies.initiator.0);
        out.extend_from_slice(&self.cookies.responder.0);
        out.extend_from_slice(&[self.next_payload.0, self.version, self.exchange.0, self.flags.0]);
        out.extend_from_slice(&self.message_id.to_be_bytes());
        let length = u32::try_from(HEADER_LEN + body.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(body);
        out
    }
}

/// Header and body of the message in a datagram. The length field must lie within the datagram; what follows the message is
/// left out, because some peers pad the datagram.
pub fn message(datagram: &[u8]) -> Result<(Header, &[u8]), Malformed> {
    let header = Header::parse(datagram)?;
    let length = usize::try_from(header.length).unwrap_or(usize::MAX);
    let body = datagram.get(..length).and_then(|whole| whole.get(HEADER_LEN..));
    body.map(|body| (header, body)).ok_or(Malformed {
        layer: Layer::Isakmp,
        field: "length",
        offset: 24,
        problem: Problem::BadLength { got: length, min: HEADER_LEN, max: datagram.len() },
    })
}
