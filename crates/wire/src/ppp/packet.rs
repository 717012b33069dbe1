use crate::reader::{Layer, Malformed, Problem, Reader};

crate::code_points! {
    /// Codes of the control protocols LCP, IPCP, IPv6CP and CCP (RFC 1661 §5, RFC 1570 §2, RFC 1962 §3).
    pub struct Code(u8) {
        CONFIGURE_REQUEST = 1 => "Configure-Request",
        CONFIGURE_ACK = 2 => "Configure-Ack",
        CONFIGURE_NAK = 3 => "Configure-Nak",
        CONFIGURE_REJECT = 4 => "Configure-Reject",
        TERMINATE_REQUEST = 5 => "Terminate-Request",
        TERMINATE_ACK = 6 => "Terminate-Ack",
        CODE_REJECT = 7 => "Code-Reject",
        PROTOCOL_REJECT = 8 => "Protocol-Reject",
        ECHO_REQUEST = 9 => "Echo-Request",
        ECHO_REPLY = 10 => "Echo-Reply",
        DISCARD_REQUEST = 11 => "Discard-Request",
        IDENTIFICATION = 12 => "Identification",
        TIME_REMAINING = 13 => "Time-Remaining",
        RESET_REQUEST = 14 => "Reset-Request",
        RESET_ACK = 15 => "Reset-Ack",
    }
}

/// A packet of a control or authentication protocol: code, identifier, length, data (RFC 1661 §5).
///
/// The octets beyond Length are padding (RFC 1661 §5) and not part of `data`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// The code; its meaning depends on the protocol.
    pub code: u8,
    /// Matches requests and replies.
    pub id: u8,
    /// What follows the header, without padding.
    pub data: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Octets of code, identifier and length.
    pub const HEADER_LEN: usize = 4;

    /// Reads the information field of a frame.
    ///
    /// # Errors
    /// The header is cut short, or Length is smaller than the header or larger than what is there.
    pub fn parse(information: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::Ppp, information);
        let code = reader.u8("code")?;
        let id = reader.u8("identifier")?;
        let at_length = reader.clone();
        let length = usize::from(reader.u16("length")?);
        let data = length.checked_sub(Self::HEADER_LEN).and_then(|data_len| reader.rest().get(..data_len)).ok_or_else(
            || {
                let (min, max) = (Self::HEADER_LEN, information.len());
                at_length.error("length", Problem::BadLength { got: length, min, max })
            },
        )?;
        Ok(Packet { code, id, data })
    }

    /// The packet's octets. Data beyond 65 531 octets cannot be expressed and is cut.
    pub fn encode(&self) -> Vec<u8> {
        let data = &self.data[..self.data.len().min(usize::from(u16::MAX) - Self::HEADER_LEN)];
        let length = u16::try_from(data.len() + Self::HEADER_LEN).unwrap_or(u16::MAX);
        [&[self.code, self.id][..], &length.to_be_bytes(), data].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padding_after_the_length_is_ignored() {
        let packet = Packet::parse(&[9, 7, 0, 6, 1, 2, 0, 0, 0]).unwrap();
        assert_eq!(packet, Packet { code: 9, id: 7, data: &[1, 2] });
    }

    #[test]
    fn a_length_outside_the_packet_is_malformed() {
        for bytes in [&[1, 1, 0, 3][..], &[1, 1, 0, 0], &[1, 1, 0, 5], &[1, 1, 0xFF, 0xFF, 0]] {
            let error = Packet::parse(bytes).unwrap_err();
            assert_eq!((error.field, error.offset), ("length", 2), "{bytes:02x?}");
        }
        assert_eq!(Packet::parse(&[1, 1, 0]).unwrap_err().field, "length");
    }

    proptest! {
        #[test]
        fn a_packet_reads_back(code in any::<u8>(), id in any::<u8>(), data in proptest::collection::vec(any::<u8>(), 0..99)) {
            let packet = Packet { code, id, data: &data };
            let bytes = packet.encode();
            prop_assert_eq!(Packet::parse(&bytes), Ok(packet));
        }
    }
}
