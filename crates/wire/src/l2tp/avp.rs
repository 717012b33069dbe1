use super::header::{control_header, finish_control};
use super::{Attribute, MessageType, VENDOR_IETF};
use crate::{Layer, Malformed, Problem, Reader};

const MANDATORY: u16 = 0x8000;
const HIDDEN: u16 = 0x4000;
const RESERVED: u16 = 0x3c00;
const LENGTH_MASK: u16 = 0x03ff;
const HEADER_LEN: usize = 6;

/// Octets of the longest value that the ten bits of an AVP's length allow.
const VALUE_MAX_LEN: usize = LENGTH_MASK as usize - HEADER_LEN;

/// The view of one AVP (RFC 2661 §4.1).
#[derive(Clone, Debug)]
pub struct Avp<'a> {
    /// The M bit: a receiver that does not know the attribute ends the call or the tunnel.
    pub mandatory: bool,
    /// The H bit: the value is encrypted (RFC 2661 §4.3).
    pub hidden: bool,
    /// The reserved bits; an AVP with one of them set counts as unknown.
    pub reserved: u16,
    /// Whose attribute it is.
    pub vendor: u16,
    /// The attribute's number among those of its vendor.
    pub attribute: u16,
    /// Offset of the value from the start of the message.
    pub offset: usize,
    /// The value as it stands.
    pub value: &'a [u8],
}

impl Avp<'_> {
    /// An error in this AVP's value.
    pub fn error(&self, field: &'static str, problem: Problem) -> Malformed {
        Malformed { layer: Layer::L2tp, field, offset: self.offset, problem }
    }

    /// The value, which must be two octets.
    pub fn u16(&self) -> Result<u16, Malformed> {
        self.fixed().map(u16::from_be_bytes)
    }

    /// The value, which must be four octets.
    pub fn u32(&self) -> Result<u32, Malformed> {
        self.fixed().map(u32::from_be_bytes)
    }

    /// The value, which must be exactly `N` octets.
    pub fn fixed<const N: usize>(&self) -> Result<[u8; N], Malformed> {
        let problem = Problem::BadLength { got: self.value.len(), min: N, max: N };
        self.value.try_into().map_err(|_| self.error(self.field(), problem))
    }

    /// The value, which must not be empty.
    pub fn text(&self) -> Result<Vec<u8>, Malformed> {
        if self.value.is_empty() {
            return Err(self.error(self.field(), Problem::BadLength { got: 0, min: 1, max: VALUE_MAX_LEN }));
        }
        Ok(self.value.to_vec())
    }

    /// The attribute's name for errors.
    pub(super) fn field(&self) -> &'static str {
        match self.vendor {
            VENDOR_IETF => Attribute(self.attribute).name().unwrap_or("AVP"),
            _ => "vendor AVP",
        }
    }
}

/// The AVPs of a control message in their order. After an error, nothing more.
#[derive(Clone, Debug)]
pub struct Avps<'a> {
    reader: Reader<'a>,
}

impl<'a> Avps<'a> {
    pub(super) fn new(reader: Reader<'a>) -> Self {
        Avps { reader }
    }

    fn read(&mut self) -> Result<Avp<'a>, Malformed> {
        let at = self.reader.clone();
        let first = self.reader.u16("AVP length")?;
        let length = usize::from(first & LENGTH_MASK);
        let Some(value_len) = length.checked_sub(HEADER_LEN) else {
            return Err(
                at.error("AVP length", Problem::BadLength { got: length, min: HEADER_LEN, max: LENGTH_MASK.into() })
            );
        };
        let vendor = self.reader.u16("AVP vendor id")?;
        let attribute = self.reader.u16("AVP attribute type")?;
        let mut value = self.reader.split("AVP value", value_len)?;
        Ok(Avp {
            mandatory: first & MANDATORY != 0,
            hidden: first & HIDDEN != 0,
            reserved: first & RESERVED,
            vendor,
            attribute,
            offset: value.offset(),
            value: value.rest(),
        })
    }
}

impl<'a> Iterator for Avps<'a> {
    type Item = Result<Avp<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let result = self.read();
        if result.is_err() {
            self.reader.rest();
        }
        Some(result)
    }
}

/// Writes one control message, AVP by AVP.
#[derive(Debug)]
pub struct AvpWriter {
    message: Vec<u8>,
}

impl AvpWriter {
    /// Begins a message of type `kind` for the peer's `tunnel` and `session`, with both sequence numbers zero.
    pub fn new(tunnel: u16, session: u16, kind: MessageType) -> Self {
        AvpWriter { message: control_header(tunnel, session) }.mandatory(Attribute::MESSAGE_TYPE, &kind.0.to_be_bytes())
    }

    /// Appends an AVP of the IETF with the M bit. A value is cut at 1017 octets, the most that its length field can tell.
    #[must_use]
    pub fn mandatory(self, attribute: Attribute, value: &[u8]) -> Self {
        self.avp(MANDATORY, VENDOR_IETF, attribute.0, value)
    }

    /// Appends an AVP of the IETF without the M bit, cut like [`AvpWriter::mandatory`].
    #[must_use]
    pub fn optional(self, attribute: Attribute, value: &[u8]) -> Self {
        self.avp(0, VENDOR_IETF, attribute.0, value)
    }

    /// Appends an AVP of another vendor, without the M bit.
    #[must_use]
    pub fn vendor(self, vendor: u16, attribute: u16, value: &[u8]) -> Self {
        self.avp(0, vendor, attribute, value)
    }

    /// Appends an AVP whose value the caller has encrypted (RFC 2661 §4.3).
    #[must_use]
    pub fn hidden(self, attribute: Attribute, encrypted: &[u8]) -> Self {
        self.avp(MANDATORY | HIDDEN, VENDOR_IETF, attribute.0, encrypted)
    }

    /// The message.
    pub fn finish(mut self) -> Vec<u8> {
        finish_control(&mut self.message);
        self.message
    }

    fn avp(mut self, flags: u16, vendor: u16, attribute: u16, value: &[u8]) -> Self {
        let value = value.get(..VALUE_MAX_LEN).unwrap_or(value);
        let length = u16::try_from(HEADER_LEN + value.len()).unwrap_or(LENGTH_MASK);
        self.message.extend((flags | length).to_be_bytes());
        self.message.extend(vendor.to_be_bytes());
        self.message.extend(attribute.to_be_bytes());
        self.message.extend(value);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn avps(bytes: &[u8]) -> Vec<Result<Avp<'_>, Malformed>> {
        Avps::new(Reader::new(Layer::L2tp, bytes)).collect()
    }

    #[test]
    fn every_length_below_the_header_is_refused_and_ends_the_list() {
        for length in 0..6 {
            let list = [0x80, length, 0, 0, 0, 7, 0x80, 6, 0, 0, 0, 7];
            let read = avps(&list);
            assert_eq!(read.len(), 1);
            assert_eq!(read[0].as_ref().unwrap_err().field, "AVP length");
        }
    }

    #[test]
    fn a_value_beyond_the_message_is_refused() {
        let read = avps(&[0x80, 6, 0, 0, 0, 7, 0x80, 9, 0, 0, 0, 8, 1, 2]);
        assert!(read[0].is_ok());
        let error = read[1].as_ref().unwrap_err();
        assert_eq!((error.offset, error.problem), (12, Problem::Truncated { need: 3, have: 2 }));
    }

    #[test]
    fn bits_and_ids_survive() {
        let read = avps(&[0xfc, 7, 0x01, 0x37, 0, 1, 0xaa]);
        let avp = read[0].as_ref().unwrap();
        assert!(avp.mandatory && avp.hidden);
        assert_eq!((avp.reserved, avp.vendor, avp.attribute, avp.value), (RESERVED, 311, 1, &[0xaa][..]));
    }

    #[test]
    fn a_value_longer_than_its_length_field_is_cut() {
        let message = AvpWriter::new(1, 2, MessageType::SCCRQ).mandatory(Attribute::HOST_NAME, &[b'x'; 5000]).finish();
        let list: Vec<_> = Avps::new(Reader::new(Layer::L2tp, &message[12..])).collect::<Result<_, _>>().unwrap();
        assert_eq!(list[1].value.len(), 1017);
    }
}
