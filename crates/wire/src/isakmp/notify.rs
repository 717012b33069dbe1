use super::{Doi, NotifyType, ProtocolId};
use crate::{Malformed, Problem, Reader};

const MAX_DELETED: usize = 64;

/// The body of a notification payload (RFC 2408 §3.14).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notify {
    /// Domain of interpretation.
    pub doi: Doi,
    /// The protocol the notification is about.
    pub protocol: ProtocolId,
    /// The SA it is about: both cookies, an ESP SPI, or nothing.
    pub spi: Vec<u8>,
    /// What is notified.
    pub kind: NotifyType,
    /// Data of the notification.
    pub data: Vec<u8>,
}

impl Notify {
    /// A notification about an IKE SA without SPI and data: the shortest form.
    pub const fn isakmp(kind: NotifyType) -> Self {
        Notify { doi: Doi::IPSEC, protocol: ProtocolId::ISAKMP, spi: Vec::new(), kind, data: Vec::new() }
    }

    /// Reads a body.
    pub fn parse(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let doi = Doi(reader.u32("DOI")?);
        let protocol = ProtocolId(reader.u8("protocol ID")?);
        let spi_size = usize::from(reader.u8("SPI size")?);
        let kind = NotifyType(reader.u16("notify message type")?);
        let spi = reader.split("SPI", spi_size)?.rest().to_vec();
        Ok(Notify { doi, protocol, spi, kind, data: reader.rest().to_vec() })
    }

    /// The body. The SPI has at most 255 octets.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = self.doi.0.to_be_bytes().to_vec();
        let spi_size = u8::try_from(self.spi.len()).expect("an SPI has at most 16 octets");
        out.extend_from_slice(&[self.protocol.0, spi_size]);
        out.extend_from_slice(&self.kind.0.to_be_bytes());
        out.extend_from_slice(&self.spi);
        out.extend_from_slice(&self.data);
        out
    }
}

/// The body of a delete payload (RFC 2408 §3.15).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delete {
    /// Domain of interpretation.
    pub doi: Doi,
    /// The protocol of the deleted SAs.
    pub protocol: ProtocolId,
    /// The sender's inbound SPIs, or for IKE SAs both cookies; all of one size.
    pub spis: Vec<Vec<u8>>,
}

impl Delete {
    /// Reads a body.
    pub fn parse(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let doi = Doi(reader.u32("DOI")?);
        let protocol = ProtocolId(reader.u8("protocol ID")?);
        let spi_size = usize::from(reader.u8("SPI size")?);
        let count = usize::from(reader.u16("number of SPIs")?);
        if count > MAX_DELETED {
            return Err(reader.error("number of SPIs", Problem::TooMany { limit: MAX_DELETED }));
        }
        if spi_size == 0 && count > 0 {
            return Err(reader.error("SPI size", Problem::BadLength { got: 0, min: 1, max: 16 }));
        }
        let spis = (0..count).map(|_| Ok(reader.bytes("SPI", spi_size)?.to_vec())).collect::<Result<_, Malformed>>()?;
        reader.finish("delete payload")?;
        Ok(Delete { doi, protocol, spis })
    }

    /// The body.
    pub fn emit(&self) -> Vec<u8> {
        let spi_size = self.spis.first().map_or(0, Vec::len);
        let mut out = self.doi.0.to_be_bytes().to_vec();
        out.extend_from_slice(&[self.protocol.0, u8::try_from(spi_size).expect("an SPI has at most 16 octets")]);
        let count = u16::try_from(self.spis.len()).expect("few SAs are deleted at once");
        out.extend_from_slice(&count.to_be_bytes());
        self.spis.iter().for_each(|spi| out.extend_from_slice(spi));
        out
    }
}
