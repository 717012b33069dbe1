use crate::{Layer, Malformed, Problem, Reader};

/// The protocol type of PPTP's GRE packets: PPP (RFC 2637 §4.1).
pub const GRE_PROTOCOL: u16 = 0x880b;

const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

/// A GRE packet of PPTP (RFC 2637 §4.1): version 1, with a key of payload length and call id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gre<'a> {
    /// The receiver's call id.
    pub call: u16,
    /// The number of this packet; there is one if there is a payload.
    pub sequence: Option<u32>,
    /// The highest number that has come from the other side.
    pub acknowledgement: Option<u32>,
    /// A PPP frame, empty in a packet that only acknowledges.
    pub payload: &'a [u8],
}

impl<'a> Gre<'a> {
    /// Reads a packet. What follows the payload is padding.
    pub fn parse(packet: &'a [u8]) -> Result<Gre<'a>, Malformed> {
        let mut reader = Reader::new(Layer::Gre, packet);
        let at_flags = reader.clone();
        let flags = reader.u16("flags")?;
        // Checksum, routing, strict source route and recursion are zero, the key is present (RFC 2637 §4.1).
        if flags & VERSION != 1 || flags & !(KEY | SEQUENCE | ACKNOWLEDGEMENT | VERSION) != 0 || flags & KEY == 0 {
            return Err(at_flags.error("flags", Problem::BadValue { got: flags.into() }));
        }
        let at_protocol = reader.clone();
        let protocol = reader.u16("protocol type")?;
        if protocol != GRE_PROTOCOL {
            return Err(at_protocol.error("protocol type", Problem::BadValue { got: protocol.into() }));
        }
        let length = usize::from(reader.u16("payload length")?);
        let call = reader.u16("call ID")?;
        let sequence = if flags & SEQUENCE != 0 { Some(reader.u32("sequence number")?) } else { None };
        let acknowledgement =
            if flags & ACKNOWLEDGEMENT != 0 { Some(reader.u32("acknowledgement number")?) } else { None };
        // Without a number there is no payload, whatever the length says.
        let length = if sequence.is_some() { length } else { 0 };
        let payload = reader.split("payload", length)?.rest();
        Ok(Gre { call, sequence, acknowledgement, payload })
    }

    /// The packet. The payload has at most 65535 octets.
    pub fn emit(&self) -> Vec<u8> {
        let mut flags = KEY | 1;
        flags |= if self.sequence.is_some() { SEQUENCE } else { 0 };
        flags |= if self.acknowledgement.is_some() { ACKNOWLEDGEMENT } else { 0 };
        let length = u16::try_from(self.payload.len()).expect("a frame fits into an IP packet");
        let mut out = Vec::with_capacity(16 + self.payload.len());
        for word in [flags, GRE_PROTOCOL, length, self.call] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        for number in [self.sequence, self.acknowledgement].into_iter().flatten() {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(self.payload);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_of_windows_is_read_and_written_alike() {
        // Flags 0x3001, as Windows sends its first Configure-Request.
        let packet = b"\x30\x01\x88\x0b\x00\x04\x4a\xf1\x00\x00\x00\x00\xff\x03\xc0\x21";
        let gre = Gre::parse(packet).unwrap();
        assert_eq!((gre.call, gre.sequence, gre.acknowledgement), (0x4af1, Some(0), None));
        assert_eq!(gre.payload, b"\xff\x03\xc0\x21");
        assert_eq!(gre.emit(), packet);
    }

    #[test]
    fn an_acknowledgement_alone_has_no_payload() {
        let gre = Gre { call: 7, sequence: None, acknowledgement: Some(3), payload: &[] };
        assert_eq!(gre.emit(), b"\x20\x81\x88\x0b\x00\x00\x00\x07\x00\x00\x00\x03");
        assert_eq!(Gre::parse(&gre.emit()), Ok(gre));
    }

    #[test]
    fn gre_of_others_is_refused() {
        assert!(Gre::parse(b"\x00\x00\x08\x00\x45\x00\x00\x00").is_err());
        assert!(Gre::parse(b"\x30\x01\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00").is_err());
        assert!(Gre::parse(b"\x30\x01\x88\x0b\x00\x09\x00\x00\x00\x00\x00\x00\xff").is_err());
    }

    proptest! {
        #[test]
        fn no_octets_make_reading_panic_and_what_is_read_comes_back(
            packet in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            if let Ok(gre) = Gre::parse(&packet) {
                let again = gre.emit();
                prop_assert_eq!(Gre::parse(&again), Ok(gre));
            }
        }
    }
}
