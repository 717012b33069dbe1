//! The header that stands before every packet of a TUN device with offloads (`struct virtio_net_hdr`, VIRTIO 1.2 §5.1.6).

use crate::{Layer, Malformed, Problem, Reader};

/// Octets of the header, in the form without the number of merged buffers that TUN devices use by default.
pub const VNET_HEADER_LEN: usize = 10;

const NEEDS_CHECKSUM: u8 = 1;

/// What a packet will be cut into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Gso {
    /// One packet as it is.
    #[default]
    None,
    /// TCP segments over IPv4.
    TcpV4,
    /// TCP segments over IPv6.
    TcpV6,
    /// UDP datagrams (Linux 6.2 and later).
    Udp,
}

/// Where a transport checksum is still to be put: it covers everything from `start`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartialChecksum {
    /// Start of the transport header.
    pub start: u16,
    /// Offset of the checksum field from `start`. The field holds the sum of the pseudo-header.
    pub offset: u16,
}

/// Offload information of one packet; integers are in the machine's own order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VnetHeader {
    /// Kind of segmentation.
    pub gso: Gso,
    /// Octets of all headers together; a hint only.
    pub header_len: u16,
    /// Payload octets of each segment.
    pub gso_size: u16,
    /// The checksum that is to be completed, if one is.
    pub checksum: Option<PartialChecksum>,
}

impl VnetHeader {
    /// Reads the header before a packet.
    pub fn parse(bytes: &[u8]) -> Result<VnetHeader, Malformed> {
        let mut reader = Reader::new(Layer::Ip, bytes);
        let flags = reader.u8("virtio flags")?;
        let gso_type = reader.error("virtio GSO type", Problem::Missing);
        // The top bit marks segments with congestion window reduced; TCP flags carry it anyway.
        let gso = match reader.u8("virtio GSO type")? & 0x7f {
            0 => Gso::None,
            1 => Gso::TcpV4,
            4 => Gso::TcpV6,
            5 => Gso::Udp,
            other => return Err(Malformed { problem: Problem::BadValue { got: other.into() }, ..gso_type }),
        };
        let mut native = |field| reader.array(field).map(u16::from_ne_bytes);
        let header_len = native("virtio header length")?;
        let gso_size = native("virtio GSO size")?;
        let (start, offset) = (native("virtio checksum start")?, native("virtio checksum offset")?);
        let checksum = (flags & NEEDS_CHECKSUM != 0).then_some(PartialChecksum { start, offset });
        Ok(VnetHeader { gso, header_len, gso_size, checksum })
    }

    /// The header's octets.
    pub fn to_bytes(self) -> [u8; VNET_HEADER_LEN] {
        let mut bytes = [0; VNET_HEADER_LEN];
        bytes[1] = match self.gso {
            Gso::None => 0,
            Gso::TcpV4 => 1,
            Gso::TcpV6 => 4,
            Gso::Udp => 5,
        };
        bytes[2..4].copy_from_slice(&self.header_len.to_ne_bytes());
        bytes[4..6].copy_from_slice(&self.gso_size.to_ne_bytes());
        if let Some(PartialChecksum { start, offset }) = self.checksum {
            bytes[0] = NEEDS_CHECKSUM;
            bytes[6..8].copy_from_slice(&start.to_ne_bytes());
            bytes[8..10].copy_from_slice(&offset.to_ne_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_survives_a_round_trip_and_unknown_kinds_are_named() {
        let checksum = Some(PartialChecksum { start: 20, offset: 16 });
        let header = VnetHeader { gso: Gso::TcpV4, header_len: 40, gso_size: 1360, checksum };
        assert_eq!(VnetHeader::parse(&header.to_bytes()), Ok(header));
        assert_eq!(VnetHeader::parse(&VnetHeader::default().to_bytes()), Ok(VnetHeader::default()));
        let mut bytes = header.to_bytes();
        bytes[1] = 3;
        assert_eq!(VnetHeader::parse(&bytes).unwrap_err().problem, Problem::BadValue { got: 3 });
    }
}
