use super::{Attribute, Attributes, Avps, MessageType, Unhide, VENDOR_IETF};
use crate::{Layer, Malformed, Problem, Reader};

/// Octets of the header of every control message: flags, length, tunnel, session, Ns, Nr.
pub const CONTROL_HEADER_LEN: usize = 12;

/// Octets of the longest header that [`DataLayout`] writes.
pub const DATA_HEADER_MAX_LEN: usize = 12;

// The first two octets (RFC 2661 §3.1).
const TYPE: u16 = 0x8000;
const LENGTH: u16 = 0x4000;
const SEQUENCE: u16 = 0x0800;
const OFFSET: u16 = 0x0200;
const PRIORITY: u16 = 0x0100;
const VERSION_MASK: u16 = 0x000f;
const VERSION: u16 = 2;
const CONTROL: u16 = TYPE | LENGTH | SEQUENCE | VERSION;

/// Whether a UDP payload claims to be a control message: the T bit, nothing more.
pub fn is_control(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first & 0x80 != 0)
}

/// The numbers of reliable delivery, or of sequenced data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sequence {
    /// Number of this message.
    pub ns: u16,
    /// Number of the next message that its sender expects; without meaning in data messages.
    pub nr: u16,
}

/// The view of any L2TPv2 header: everything that RFC 2661 §3.1 defines.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    /// The first two octets as they stand.
    pub flags: u16,
    /// Length of the whole message in octets, if the L bit is set.
    pub length: Option<u16>,
    /// The tunnel, by the id that the receiver assigned.
    pub tunnel: u16,
    /// The session, by the id that the receiver assigned.
    pub session: u16,
    /// Sequence numbers, if the S bit is set.
    pub sequence: Option<Sequence>,
    /// Octets of padding that were skipped, if the O bit is set.
    pub offset_size: Option<u16>,
    /// What follows the header, up to the length that the header names; offsets count from the start of the message.
    pub payload: Reader<'a>,
    /// Octets after the end that the length field names.
    pub trailing: usize,
}

impl<'a> Header<'a> {
    /// Reads a header of version 2. The length field may be shorter than the datagram, never longer.
    #[inline]
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::L2tp, datagram);
        let start = reader.clone();
        let flags = reader.u16("flags and version")?;
        if flags & VERSION_MASK != VERSION {
            return Err(start.error("version", Problem::BadValue { got: u64::from(flags & VERSION_MASK) }));
        }
        let mut trailing = 0;
        let mut length = None;
        if flags & LENGTH != 0 {
            let at = reader.clone();
            let value = reader.u16("length")?;
            let bad = |min| Problem::BadLength { got: usize::from(value), min, max: datagram.len() };
            let Some(message) = datagram.get(..usize::from(value)) else {
                return Err(at.error("length", bad(8)));
            };
            // The header goes on inside the length it names.
            let mut shorter = Reader::new(Layer::L2tp, message);
            if shorter.u32("length").is_err() {
                return Err(at.error("length", bad(8)));
            }
            reader = shorter;
            trailing = datagram.len() - message.len();
            length = Some(value);
        }
        let tunnel = reader.u16("tunnel id")?;
        let session = reader.u16("session id")?;
        let mut sequence = None;
        if flags & SEQUENCE != 0 {
            sequence = Some(Sequence { ns: reader.u16("Ns")?, nr: reader.u16("Nr")? });
        }
        let mut offset_size = None;
        if flags & OFFSET != 0 {
            let size = reader.u16("offset size")?;
            reader.split("offset pad", usize::from(size))?;
            offset_size = Some(size);
        }
        Ok(Header { flags, length, tunnel, session, sequence, offset_size, payload: reader, trailing })
    }

    /// Whether the T bit is set.
    pub const fn is_control(&self) -> bool {
        self.flags & TYPE != 0
    }

    /// Whether the P bit is set.
    pub const fn has_priority(&self) -> bool {
        self.flags & PRIORITY != 0
    }

    /// The bits that RFC 2661 reserves. A receiver ignores them; Windows does not.
    pub const fn reserved(&self) -> u16 {
        self.flags & !(TYPE | LENGTH | SEQUENCE | OFFSET | PRIORITY | VERSION_MASK)
    }
}

/// A control message whose header is sound: the tunnel it is for, its numbers and its AVPs, unread.
#[derive(Clone, Debug)]
pub struct Control<'a> {
    /// Our tunnel id, or zero in an SCCRQ.
    pub tunnel: u16,
    /// Our session id, or zero when the message concerns the tunnel or the sender does not know our id.
    pub session: u16,
    /// Its numbers.
    pub sequence: Sequence,
    /// The type, or `None` for a body of zero length, which is an acknowledgement.
    pub kind: Option<MessageType>,
    /// The M bit of the type: an unknown type with this bit ends the tunnel.
    pub kind_is_mandatory: bool,
    avps: Avps<'a>,
}

impl<'a> Control<'a> {
    /// Reads the header and the Message Type AVP, which must be the first one (RFC 2661 §4.4.1).
    ///
    /// T, L and S must be set, O and P must not, and the length must be that of the datagram. Reserved bits are ignored.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let header = Header::parse(datagram)?;
        let needed = TYPE | LENGTH | SEQUENCE;
        let at = |field, offset, problem| Malformed { layer: Layer::L2tp, field, offset, problem };
        let sequence = match header.sequence {
            Some(sequence) if header.flags & needed == needed && header.flags & (OFFSET | PRIORITY) == 0 => sequence,
            _ => return Err(at("flags and version", 0, Problem::BadValue { got: u64::from(header.flags) })),
        };
        if header.trailing != 0 {
            return Err(at("length", datagram.len() - header.trailing, Problem::Trailing { extra: header.trailing }));
        }
        let mut avps = Avps::new(header.payload);
        let mut kind = None;
        let mut kind_is_mandatory = false;
        if let Some(first) = avps.next() {
            let first = first?;
            if first.vendor != VENDOR_IETF || first.attribute != Attribute::MESSAGE_TYPE.0 || first.hidden {
                return Err(first.error("Message Type", Problem::Missing));
            }
            kind = Some(MessageType(first.u16()?));
            kind_is_mandatory = first.mandatory;
        }
        Ok(Control { tunnel: header.tunnel, session: header.session, sequence, kind, kind_is_mandatory, avps })
    }

    /// The AVPs after the Message Type, as they stand.
    pub fn avps(&self) -> Avps<'a> {
        self.avps.clone()
    }

    /// Reads the AVPs after the Message Type; `unhide` opens hidden ones.
    pub fn attributes(&self, unhide: &dyn Unhide) -> Attributes {
        Attributes::read(self.avps.clone(), unhide)
    }
}

/// The acknowledgement without a message: a control header with nothing behind it (RFC 2661 §5.8).
pub fn zero_length_body(tunnel: u16, session: u16, sequence: Sequence) -> Vec<u8> {
    let mut message = control_header(tunnel, session);
    set_sequence(&mut message, sequence);
    finish_control(&mut message);
    message
}

/// Writes `sequence` into a finished control message. Every transmission carries the newest Nr, also a repeated one.
pub fn set_sequence(message: &mut [u8], sequence: Sequence) {
    if let Some(field) = message.get_mut(8..CONTROL_HEADER_LEN) {
        field[..2].copy_from_slice(&sequence.ns.to_be_bytes());
        field[2..].copy_from_slice(&sequence.nr.to_be_bytes());
    }
}

/// The header of a control message with its length and numbers still zero.
pub(super) fn control_header(tunnel: u16, session: u16) -> Vec<u8> {
    let mut header = Vec::with_capacity(64);
    header.extend(CONTROL.to_be_bytes());
    header.extend([0; 2]);
    header.extend(tunnel.to_be_bytes());
    header.extend(session.to_be_bytes());
    header.extend([0; 4]);
    header
}

/// Puts the length into a control message that [`control_header`] began.
pub(super) fn finish_control(message: &mut [u8]) {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    if let Some(field) = message.get_mut(2..4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// The header of a data message, and where its payload lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataHeader {
    /// Our tunnel id.
    pub tunnel: u16,
    /// Our session id.
    pub session: u16,
    /// Number of this message, if the sender numbers them.
    pub ns: Option<u16>,
    /// Where the payload begins, in octets from the start of the message.
    pub payload_offset: usize,
    /// Where the payload ends: the length field if there is one, else the end of the datagram.
    pub payload_end: usize,
}

/// Reads the header of a data message, which is everything that the data plane needs to know of L2TP. Allocates nothing.
///
/// Priority and reserved bits are ignored (RFC 2661 §3.1), an offset pad is skipped, octets after the length are left out.
#[inline]
pub fn data_header(datagram: &[u8]) -> Result<DataHeader, Malformed> {
    let header = Header::parse(datagram)?;
    if header.is_control() {
        let problem = Problem::BadValue { got: u64::from(header.flags) };
        return Err(Malformed { layer: Layer::L2tp, field: "type", offset: 0, problem });
    }
    Ok(DataHeader {
        tunnel: header.tunnel,
        session: header.session,
        ns: header.sequence.map(|sequence| sequence.ns),
        payload_offset: header.payload.offset(),
        payload_end: datagram.len() - header.trailing,
    })
}

/// The header that one session puts before its data: fixed for its life, apart from the length and the number.
///
/// Never carries O, P or reserved bits, for which Windows discards a packet ([MS-L2TPIE] 3.1.5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataLayout {
    /// The peer's tunnel id.
    pub tunnel: u16,
    /// The peer's session id.
    pub session: u16,
    /// Whether the length field stands in the header.
    pub with_length: bool,
    /// Whether messages are numbered.
    pub sequenced: bool,
}

impl DataLayout {
    /// Octets of the header.
    pub const fn len(&self) -> usize {
        6 + if self.with_length { 2 } else { 0 } + if self.sequenced { 4 } else { 0 }
    }

    /// A header is never empty.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Writes the header for `payload_len` octets to the start of `buffer` and returns its length, or `None` when `buffer` is
    /// shorter than [`DataLayout::len`] or the message too long for its length field. `ns` counts in a sequenced layout only.
    #[inline]
    pub fn write(&self, buffer: &mut [u8], payload_len: usize, ns: u16) -> Option<usize> {
        let mut flags = VERSION;
        let mut words = [0_u16; DATA_HEADER_MAX_LEN / 2];
        let mut count = 1;
        let mut push = |word| {
            words[count] = word;
            count += 1;
        };
        if self.with_length {
            flags |= LENGTH;
            push(u16::try_from(self.len().checked_add(payload_len)?).ok()?);
        }
        push(self.tunnel);
        push(self.session);
        if self.sequenced {
            flags |= SEQUENCE;
            push(ns);
            push(0);
        }
        words[0] = flags;
        let header = buffer.get_mut(..self.len())?;
        for (field, word) in header.chunks_exact_mut(2).zip(words) {
            field.copy_from_slice(&word.to_be_bytes());
        }
        Some(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_data_header_is_read_with_every_combination_of_optional_fields() {
        let plain = [0, 2, 0, 7, 0, 9, 0xff, 3];
        let header = DataHeader { tunnel: 7, session: 9, ns: None, payload_offset: 6, payload_end: 8 };
        assert_eq!(data_header(&plain), Ok(header));

        let everything = [0x4b, 2, 0, 18, 0, 7, 0, 9, 0, 5, 0, 0, 0, 1, 0xee, 0xff, 3, 0, 0xdd];
        let header = DataHeader { tunnel: 7, session: 9, ns: Some(5), payload_offset: 15, payload_end: 18 };
        assert_eq!(data_header(&everything), Ok(header));
    }

    #[test]
    fn a_length_beyond_the_datagram_or_inside_the_header_is_refused() {
        let long = data_header(&[0x40, 2, 0, 9, 0, 7, 0, 9]).unwrap_err();
        assert_eq!(long.to_string(), "L2TP length at offset 2: length 9 is not within 8 to 8");
        assert!(data_header(&[0x40, 2, 0, 3, 0, 7, 0, 9]).is_err());
        assert!(data_header(&[0x40, 2, 0, 7, 0, 7, 0, 9]).is_err());
    }

    #[test]
    fn other_versions_and_control_messages_are_not_data() {
        assert_eq!(data_header(&[0, 3, 0, 7, 0, 9]).unwrap_err().field, "version");
        assert_eq!(data_header(&[0, 1, 0, 7, 0, 9]).unwrap_err().field, "version");
        assert_eq!(data_header(&zero_length_body(7, 0, Sequence { ns: 1, nr: 1 })).unwrap_err().field, "type");
    }

    #[test]
    fn a_control_header_has_exactly_the_bits_that_strict_peers_demand() {
        let message = zero_length_body(0x1234, 0, Sequence { ns: 1, nr: 2 });
        assert_eq!(message, [0xc8, 0x02, 0, 12, 0x12, 0x34, 0, 0, 0, 1, 0, 2]);
        let control = Control::parse(&message).unwrap();
        assert_eq!((control.kind, control.tunnel, control.sequence.nr), (None, 0x1234, 2));
    }

    #[test]
    fn a_control_message_needs_its_bits_and_its_whole_length() {
        let good = zero_length_body(1, 0, Sequence { ns: 0, nr: 0 });
        for flags in [0x8802_u16, 0xc002, 0xca02, 0xc902, 0x4802] {
            let mut message = good.clone();
            message[..2].copy_from_slice(&flags.to_be_bytes());
            message.extend([0; 4]);
            message[3] = 16;
            assert!(Control::parse(&message).is_err(), "{flags:#x}");
        }
        let mut trailing = good;
        trailing.push(0);
        assert_eq!(Control::parse(&trailing).unwrap_err().problem, Problem::Trailing { extra: 1 });
    }

    proptest! {
        #[test]
        fn no_datagram_makes_the_header_readers_panic(datagram in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(header) = data_header(&datagram) {
                prop_assert!(header.payload_offset <= header.payload_end && header.payload_end <= datagram.len());
            }
            let _ = Control::parse(&datagram);
        }

        #[test]
        fn a_written_data_header_reads_back(
            tunnel: u16, session: u16, with_length: bool, sequenced: bool, ns: u16, payload_len in 0_usize..2000
        ) {
            let layout = DataLayout { tunnel, session, with_length, sequenced };
            let mut buffer = vec![0; DATA_HEADER_MAX_LEN];
            let len = layout.write(&mut buffer, payload_len, ns).unwrap();
            buffer.resize(len + payload_len, 0);
            let expected = DataHeader {
                tunnel,
                session,
                ns: sequenced.then_some(ns),
                payload_offset: len,
                payload_end: len + payload_len,
            };
            prop_assert_eq!(data_header(&buffer), Ok(expected));
        }
    }
}
