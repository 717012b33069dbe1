use super::{Doi, ProtocolId, TransformId};
use crate::{Malformed, Problem, Reader};

/// Proposals in one SA payload that are accepted.
pub const MAX_PROPOSALS: usize = 32;
/// Transforms in one SA payload, over all its proposals, that are accepted. Windows sends 5, Apple up to 14, Android 16.
pub const MAX_TRANSFORMS: usize = 64;
const MAX_ATTRIBUTES: usize = 16;
const SIT_IDENTITY_ONLY: u32 = 1;
const PROPOSAL: u8 = 2;
const TRANSFORM: u8 = 3;

/// The body of an SA payload (RFC 2408 §3.4, RFC 2407 §4.6.1): what one side offers or chose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaPayload {
    /// Domain of interpretation.
    pub doi: Doi,
    /// The situation; 1 is SIT_IDENTITY_ONLY, the only one in use.
    pub situation: u32,
    /// The proposals, in the sender's order of preference.
    pub proposals: Vec<Proposal>,
}

/// A proposal (RFC 2408 §3.5). Proposals with the same number belong together: all or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Proposal number.
    pub number: u8,
    /// The protocol the transforms are for.
    pub protocol: ProtocolId,
    /// The sender's SPI: empty or the cookie in phase 1, four octets for ESP.
    pub spi: Vec<u8>,
    /// The transforms, in the sender's order of preference.
    pub transforms: Vec<Transform>,
}

/// A transform (RFC 2408 §3.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transform {
    /// Transform number.
    pub number: u8,
    /// The transform's identifier within the proposal's protocol.
    pub id: TransformId,
    /// The attributes, in the order sent.
    pub attributes: Vec<Attribute>,
}

/// A data attribute (RFC 2408 §3.3). Its class depends on the protocol: [`super::Phase1Attribute`] or
/// [`super::ChildAttribute`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// The class, without the format bit.
    pub class: u16,
    /// The value.
    pub value: AttributeValue,
}

/// The two forms of an attribute's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeValue {
    /// Two octets in the header itself.
    Short(u16),
    /// Any number of octets after the header.
    Long(Vec<u8>),
}

impl SaPayload {
    /// An SA payload of the IPsec DOI with the identity-only situation.
    pub const fn ipsec(proposals: Vec<Proposal>) -> Self {
        SaPayload { doi: Doi::IPSEC, situation: SIT_IDENTITY_ONLY, proposals }
    }

    /// Reads a body. Another DOI or situation has another layout and is refused here.
    pub fn parse(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let at_doi = reader.clone();
        // DOI 0 is the generic ISAKMP DOI, which some peers put into phase 1; its situation has no defined layout.
        let doi = Doi(reader.u32("DOI")?);
        if doi != Doi::IPSEC {
            return Err(at_doi.error("DOI", Problem::BadValue { got: doi.0.into() }));
        }
        let at_situation = reader.clone();
        let situation = reader.u32("situation")?;
        if situation != SIT_IDENTITY_ONLY {
            return Err(at_situation.error("situation", Problem::BadValue { got: situation.into() }));
        }
        let mut proposals = Vec::new();
        let mut transforms_left = MAX_TRANSFORMS;
        let mut more = true;
        while more {
            if proposals.len() == MAX_PROPOSALS {
                return Err(reader.error("proposal", Problem::TooMany { limit: MAX_PROPOSALS }));
            }
            let (follows, body) = substructure(&mut reader, "proposal", PROPOSAL)?;
            proposals.push(Proposal::parse(body, &mut transforms_left)?);
            more = follows;
        }
        reader.finish("SA payload")?;
        Ok(SaPayload { doi, situation, proposals })
    }

    /// The body.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.doi.0.to_be_bytes());
        out.extend_from_slice(&self.situation.to_be_bytes());
        for (index, proposal) in self.proposals.iter().enumerate() {
            let body = proposal.emit();
            push_substructure(&mut out, PROPOSAL, index + 1 < self.proposals.len(), &body);
        }
        out
    }
}

impl Proposal {
    fn parse(mut reader: Reader<'_>, transforms_left: &mut usize) -> Result<Self, Malformed> {
        let number = reader.u8("proposal number")?;
        let protocol = ProtocolId(reader.u8("protocol ID")?);
        let spi_size = usize::from(reader.u8("SPI size")?);
        let count = usize::from(reader.u8("number of transforms")?);
        let spi = reader.split("SPI", spi_size)?.rest().to_vec();
        let mut transforms = Vec::new();
        while !reader.is_empty() {
            if *transforms_left == 0 {
                return Err(reader.error("transform", Problem::TooMany { limit: MAX_TRANSFORMS }));
            }
            *transforms_left -= 1;
            let (follows, body) = substructure(&mut reader, "transform", TRANSFORM)?;
            transforms.push(Transform::parse(body)?);
            if !follows {
                break;
            }
        }
        reader.finish("proposal")?;
        if transforms.len() != count {
            let problem = Problem::BadLength { got: count, min: transforms.len(), max: transforms.len() };
            return Err(reader.error("number of transforms", problem));
        }
        Ok(Proposal { number, protocol, spi, transforms })
    }

    fn emit(&self) -> Vec<u8> {
        let octet = |value: usize| u8::try_from(value).expect("proposals are built by us and stay small");
        let mut out = vec![self.number, self.protocol.0, octet(self.spi.len()), octet(self.transforms.len())];
        out.extend_from_slice(&self.spi);
        for (index, transform) in self.transforms.iter().enumerate() {
            push_substructure(&mut out, TRANSFORM, index + 1 < self.transforms.len(), &transform.emit());
        }
        out
    }
}

impl Transform {
    fn parse(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let number = reader.u8("transform number")?;
        let id = TransformId(reader.u8("transform ID")?);
        reader.u16("reserved")?;
        let mut attributes = Vec::new();
        while !reader.is_empty() {
            if attributes.len() == MAX_ATTRIBUTES {
                return Err(reader.error("attribute", Problem::TooMany { limit: MAX_ATTRIBUTES }));
            }
            attributes.push(Attribute::parse(&mut reader)?);
        }
        Ok(Transform { number, id, attributes })
    }

    fn emit(&self) -> Vec<u8> {
        let mut out = vec![self.number, self.id.0, 0, 0];
        for attribute in &self.attributes {
            attribute.emit(&mut out);
        }
        out
    }
}

impl Attribute {
    const SHORT: u16 = 0x8000;

    /// An attribute in the short form.
    pub const fn short(class: u16, value: u16) -> Self {
        Attribute { class, value: AttributeValue::Short(value) }
    }

    /// An attribute in the long form with a four-octet number, as Windows sends lifetimes.
    pub fn long(class: u16, value: u32) -> Self {
        Attribute { class, value: AttributeValue::Long(value.to_be_bytes().to_vec()) }
    }

    /// The value as a number, if it has one to eight octets.
    pub fn number(&self) -> Option<u64> {
        match &self.value {
            AttributeValue::Short(value) => Some((*value).into()),
            AttributeValue::Long(octets) if (1..=8).contains(&octets.len()) => {
                Some(octets.iter().fold(0, |number, &octet| number << 8 | u64::from(octet)))
            }
            AttributeValue::Long(_) => None,
        }
    }

    fn parse(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let class = reader.u16("attribute type")?;
        if class & Attribute::SHORT != 0 {
            return Ok(Attribute::short(class & !Attribute::SHORT, reader.u16("attribute value")?));
        }
        let length = usize::from(reader.u16("attribute length")?);
        let value = reader.split("attribute value", length)?.rest().to_vec();
        Ok(Attribute { class, value: AttributeValue::Long(value) })
    }

    fn emit(&self, out: &mut Vec<u8>) {
        match &self.value {
            AttributeValue::Short(value) => {
                out.extend_from_slice(&(self.class | Attribute::SHORT).to_be_bytes());
                out.extend_from_slice(&value.to_be_bytes());
            }
            AttributeValue::Long(octets) => {
                out.extend_from_slice(&(self.class & !Attribute::SHORT).to_be_bytes());
                let length = u16::try_from(octets.len()).expect("attributes come from a message or from us");
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(octets);
            }
        }
    }
}

/// Reads the generic header of a proposal or transform: whether another of its kind follows, and its body.
fn substructure<'a>(
    reader: &mut Reader<'a>,
    field: &'static str,
    same_kind: u8,
) -> Result<(bool, Reader<'a>), Malformed> {
    let start = reader.clone();
    let next = reader.u8(field)?;
    reader.u8("reserved")?;
    let length = usize::from(reader.u16(field)?);
    if next != 0 && next != same_kind {
        return Err(start.error(field, Problem::BadValue { got: next.into() }));
    }
    let Some(body_len) = length.checked_sub(4) else {
        return Err(start.error(field, Problem::BadLength { got: length, min: 4, max: start.remaining() }));
    };
    Ok((next == same_kind, reader.split(field, body_len)?))
}

fn push_substructure(out: &mut Vec<u8>, kind: u8, follows: bool, body: &[u8]) {
    let length = u16::try_from(body.len() + 4).expect("proposals are built by us and stay small");
    out.extend_from_slice(&[if follows { kind } else { 0 }, 0]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(body);
}
