//! Packets that the tunnel has joined, so that there are fewer to look at.

use std::borrow::Cow;

use wire::ip::{Checksum, IpView};
use wire::virtio::{Gso, VnetHeader};
use wire::{Layer, Malformed, Problem};

/// The packet with its transport checksum, which is left to us for joint ones. A joint TCP segment is taken whole: it is a
/// correct, if large, segment, and one look at it does for all that it stands for.
///
/// # Errors
/// When the packet is no IP packet, when the offload header does not fit it, and for joint UDP datagrams, which the tunnel does
/// not join.
pub(super) fn completed(offload: VnetHeader, packet: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let malformed = |field, got: u16| {
        let problem = Problem::BadValue { got: got.into() };
        Malformed { layer: Layer::Ip, field, offset: 0, problem }
    };
    match offload.gso {
        None | Some(Gso::TcpV4 | Gso::TcpV6) => {}
        Some(Gso::Udp) => return Err(malformed("joint UDP datagrams", offload.gso_size)),
    }
    if !offload.needs_csum {
        return Ok(Cow::Borrowed(packet));
    }
    let total_len = IpView::parse(packet)?.total_len;
    let mut whole = packet.get(..total_len).unwrap_or_default().to_vec();
    let start = usize::from(offload.csum_start);
    let at = start + usize::from(offload.csum_offset);
    let sum = whole.get(start..).map(|summed| Checksum::default().over(summed).finish());
    let (Some(sum), Some(field)) = (sum, whole.get_mut(at..at + 2)) else {
        return Err(malformed("place of the checksum", offload.csum_start));
    };
    field.copy_from_slice(&sum.to_be_bytes());
    Ok(Cow::Owned(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr};
    use wire::ip::pseudo_header;

    /// A segment of three octets with the sum of its pseudo-header in the place of its checksum.
    fn partial() -> Vec<u8> {
        let (from, to) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
        let mut packet = vec![0x45, 0, 0, 43, 0, 0, 0, 0, 64, 6, 0, 0];
        packet.extend(from.octets());
        packet.extend(to.octets());
        packet.extend([0, 7, 0xc3, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 1, 0, 0, 0, 0, 0, b'a', b'b', b'c']);
        let sum = pseudo_header(IpAddr::from(from), IpAddr::from(to), 6, 23).fold();
        packet[36..38].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    const OFFLOAD: VnetHeader = VnetHeader {
        gso: Some(Gso::TcpV4),
        hdr_len: 40,
        gso_size: 2,
        csum_start: 20,
        csum_offset: 16,
        needs_csum: true,
    };

    #[test]
    fn the_checksum_of_a_joint_segment_is_completed_without_what_is_behind_the_packet() {
        let mut packet = partial();
        packet.extend([9; 5]);
        let whole = completed(OFFLOAD, &packet).unwrap();
        assert_eq!(whole.len(), 43);
        let pseudo = pseudo_header([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), 6, 23);
        assert!(pseudo.over(&whole[20..]).is_valid());
    }

    #[test]
    fn a_packet_that_is_whole_is_not_touched() {
        assert!(matches!(completed(VnetHeader::default(), &[1, 2, 3]), Ok(Cow::Borrowed(&[1, 2, 3]))));
    }

    proptest! {
        #[test]
        fn no_offload_header_panics(csum_start: u16, csum_offset: u16, len in 0usize..60) {
            let packet = partial();
            let packet = packet.get(..len).unwrap_or(&packet);
            let _ = completed(VnetHeader { csum_start, csum_offset, ..OFFLOAD }, packet);
        }
    }
}
