//! ESP headers (RFC 4303) and what shares UDP port 4500 with them (RFC 3948).

use crate::{Layer, Malformed, Reader};

/// Octets of the ESP header: SPI and sequence number.
pub const HEADER_LEN: usize = 8;

/// Octets of the trailer behind the padding: pad length and next header.
pub const TRAILER_LEN: usize = 2;

/// Octets of the non-ESP marker before an IKE message on UDP 4500 (RFC 3948 §2.2).
pub const NON_ESP_MARKER: [u8; 4] = [0; 4];

/// The clear part of an ESP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EspHeader {
    /// Security parameters index: names the association on its receiving side.
    pub spi: u32,
    /// Sequence number, low 32 bits.
    pub sequence: u32,
}

impl EspHeader {
    /// Reads the header at the start of `packet`.
    pub fn parse(packet: &[u8]) -> Result<EspHeader, Malformed> {
        let mut reader = Reader::new(Layer::Esp, packet);
        Ok(EspHeader { spi: reader.u32("SPI")?, sequence: reader.u32("sequence number")? })
    }

    /// The header's octets.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&self.spi.to_be_bytes());
        bytes[4..].copy_from_slice(&self.sequence.to_be_bytes());
        bytes
    }
}

/// What a datagram on UDP port 4500 is (RFC 3948 §2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encapsulated {
    /// A NAT keepalive: one octet 0xFF.
    Keepalive,
    /// An IKE message that begins at `offset`.
    Ike {
        /// Octets before the message: one non-ESP marker, or two (some iOS versions repeat it).
        offset: usize,
    },
    /// An ESP packet.
    Esp,
    /// Too short to be any of them.
    Runt,
}

impl Encapsulated {
    /// Classifies the payload of a UDP datagram on port 4500.
    pub fn classify(datagram: &[u8]) -> Encapsulated {
        match datagram {
            [0xff] => Encapsulated::Keepalive,
            [0, 0, 0, 0, 0, 0, 0, 0, _, ..] => Encapsulated::Ike { offset: 8 },
            [0, 0, 0, 0, _, ..] => Encapsulated::Ike { offset: 4 },
            _ if datagram.len() <= HEADER_LEN => Encapsulated::Runt,
            _ => Encapsulated::Esp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_4500_tells_ike_esp_and_keepalive_apart() {
        assert_eq!(Encapsulated::classify(&[0xff]), Encapsulated::Keepalive);
        assert_eq!(Encapsulated::classify(&[]), Encapsulated::Runt);
        assert_eq!(Encapsulated::classify(&[0, 0, 0, 0]), Encapsulated::Runt);
        assert_eq!(Encapsulated::classify(&[0, 0, 0, 0, 9, 9]), Encapsulated::Ike { offset: 4 });
        assert_eq!(Encapsulated::classify(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), Encapsulated::Ike { offset: 8 });
        assert_eq!(Encapsulated::classify(&[0, 0, 1, 0, 0, 0, 0, 1, 7]), Encapsulated::Esp);
    }

    #[test]
    fn the_header_survives_a_round_trip() {
        let header = EspHeader { spi: 0x1234_5678, sequence: 9 };
        assert_eq!(EspHeader::parse(&header.to_bytes()), Ok(header));
        assert_eq!(EspHeader::parse(&[1, 2, 3]).unwrap_err().field, "SPI");
    }
}
