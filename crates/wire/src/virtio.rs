//! The header before every packet of a TUN device with `IFF_VNET_HDR`: `struct virtio_net_hdr` (VIRTIO 1.2 section 5.1.6), ten
//! octets in the byte order of the host.

use std::fmt;

/// What is left to do with a packet that is read, or what the kernel shall do with one that is written.
///
/// The default is a whole packet with correct checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct VnetHeader {
    /// The packet stands for several, to be cut.
    pub gso: Option<Gso>,
    /// Octets of the headers that each of the cut packets begins with. When read: a hint, at least up to the transport checksum.
    pub hdr_len: u16,
    /// Octets of payload in each of the cut packets but the last. Not zero when `gso` is set.
    pub gso_size: u16,
    /// Where to begin summing, from the beginning of the packet.
    pub csum_start: u16,
    /// Where the checksum goes, from `csum_start`.
    pub csum_offset: u16,
    /// The transport checksum field holds the sum of the pseudo-header only; the sum from `csum_start` on is to be stored there.
    pub needs_csum: bool,
}

/// The kind of a packet that stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gso {
    /// TCP over IPv4.
    TcpV4,
    /// TCP over IPv6.
    TcpV6,
    /// UDP datagrams over either.
    Udp,
}

/// A header that makes no sense for its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadVnetHeader {
    /// A kind of segmentation that we never announced.
    UnknownGso(u8),
    /// A packet that stands for several, without their size or the place of their checksum.
    IncompleteGso,
    /// Header length or checksum lie outside the packet.
    OutsidePacket,
}

impl fmt::Display for BadVnetHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadVnetHeader::UnknownGso(kind) => write!(f, "packet of unknown segmentation type {kind:#x}"),
            BadVnetHeader::IncompleteGso => f.write_str("packet to be segmented without segment size or checksum"),
            BadVnetHeader::OutsidePacket => f.write_str("header or checksum position outside the packet"),
        }
    }
}

impl std::error::Error for BadVnetHeader {}

impl VnetHeader {
    /// Octets of the header.
    pub const LEN: usize = 10;

    /// Reads the header of a packet of `packet_len` octets. Afterwards header length and checksum field lie inside the packet.
    pub fn parse(octets: &[u8; Self::LEN], packet_len: usize) -> Result<VnetHeader, BadVnetHeader> {
        let &[flags, kind, h0, h1, s0, s1, c0, c1, o0, o1] = octets;
        // ECN in a TCP flow does not change how it is cut: CWR stands in the first segment, which every cutter must see to.
        let gso = match kind & !GSO_ECN {
            GSO_NONE => None,
            GSO_TCPV4 => Some(Gso::TcpV4),
            GSO_TCPV6 => Some(Gso::TcpV6),
            GSO_UDP_L4 => Some(Gso::Udp),
            _ => return Err(BadVnetHeader::UnknownGso(kind)),
        };
        let header = VnetHeader {
            gso,
            hdr_len: u16::from_ne_bytes([h0, h1]),
            gso_size: u16::from_ne_bytes([s0, s1]),
            csum_start: u16::from_ne_bytes([c0, c1]),
            csum_offset: u16::from_ne_bytes([o0, o1]),
            needs_csum: flags & NEEDS_CSUM != 0,
        };
        if gso.is_some() && (header.gso_size == 0 || !header.needs_csum) {
            return Err(BadVnetHeader::IncompleteGso);
        }
        let checksum_end = usize::from(header.csum_start) + usize::from(header.csum_offset) + 2;
        let outside = (header.needs_csum && checksum_end > packet_len)
            || (gso.is_some() && usize::from(header.hdr_len) > packet_len);
        if outside { Err(BadVnetHeader::OutsidePacket) } else { Ok(header) }
    }

    /// The header's octets.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let flags = if self.needs_csum { NEEDS_CSUM } else { 0 };
        let kind = match self.gso {
            None => GSO_NONE,
            Some(Gso::TcpV4) => GSO_TCPV4,
            Some(Gso::TcpV6) => GSO_TCPV6,
            Some(Gso::Udp) => GSO_UDP_L4,
        };
        let [h0, h1] = self.hdr_len.to_ne_bytes();
        let [s0, s1] = self.gso_size.to_ne_bytes();
        let [c0, c1] = self.csum_start.to_ne_bytes();
        let [o0, o1] = self.csum_offset.to_ne_bytes();
        [flags, kind, h0, h1, s0, s1, c0, c1, o0, o1]
    }
}

const NEEDS_CSUM: u8 = 1;
const GSO_NONE: u8 = 0;
const GSO_TCPV4: u8 = 1;
const GSO_TCPV6: u8 = 4;
const GSO_UDP_L4: u8 = 5;
const GSO_ECN: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_reads_back() {
        for gso in [Gso::TcpV4, Gso::TcpV6, Gso::Udp] {
            let header = VnetHeader {
                gso: Some(gso),
                hdr_len: 52,
                gso_size: 1360,
                csum_start: 20,
                csum_offset: 16,
                needs_csum: true,
            };
            assert_eq!(VnetHeader::parse(&header.encode(), 40_000), Ok(header));
        }
        assert_eq!(VnetHeader::default().encode(), [0; 10]);
    }

    #[test]
    fn segments_without_size_are_refused() {
        let header = VnetHeader { gso: Some(Gso::TcpV4), needs_csum: true, ..VnetHeader::default() };
        assert_eq!(VnetHeader::parse(&header.encode(), 1500), Err(BadVnetHeader::IncompleteGso));
    }

    proptest! {
        #[test]
        fn an_accepted_header_points_inside_its_packet(octets: [u8; 10], len in 0_usize..70_000) {
            if let Ok(header) = VnetHeader::parse(&octets, len) {
                if header.needs_csum {
                    prop_assert!(usize::from(header.csum_start) + usize::from(header.csum_offset) + 2 <= len);
                }
                if header.gso.is_some() {
                    prop_assert!(header.gso_size > 0 && usize::from(header.hdr_len) <= len);
                }
            }
        }
    }
}
