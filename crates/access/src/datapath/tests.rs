//! Segmentation and joining as pure functions; the whole way of a packet is driven in `tests/` of this crate.

use proptest::prelude::*;
use wire::ip::{Checksum, IpView, TcpFlags, TcpView, protocol, pseudo_header};
use wire::virtio::{Gso, VnetHeader};

use super::coalesce::Coalescer;
use super::segment::Segments;

/// A TCP packet as the kernel hands it over: partial checksum, any size.
fn tcp_packet(payload: usize, sequence: u32, flags: u8) -> Vec<u8> {
    let total = (40 + payload) as u16;
    let mut packet = vec![0x45, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0x12, 0x34, 0x40, 0, 64, protocol::TCP, 0, 0, 10, 0, 0, 2, 192, 0, 2, 1]);
    let checksum = Checksum::default().over(&packet).finish();
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend([0xc0, 1, 0, 80]);
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 7, 0x50, flags, 0x20, 0]);
    let pseudo = pseudo_header([10, 0, 0, 2].into(), [192, 0, 2, 1].into(), protocol::TCP, 20 + payload);
    packet.extend(pseudo.fold().to_be_bytes());
    packet.extend([0, 0]);
    packet.extend((0..payload).map(|index| (index * 7) as u8));
    packet
}

fn offload(gso: impl Into<Option<Gso>>, gso_size: u16) -> VnetHeader {
    let csum_offset = TcpView::CHECKSUM as u16;
    VnetHeader { gso: gso.into(), hdr_len: 40, gso_size, csum_start: 20, csum_offset, needs_csum: true }
}

fn cut(header: VnetHeader, packet: &[u8]) -> Vec<Vec<u8>> {
    let segments = Segments::new(header, packet).unwrap();
    let one = |index| {
        let mut out = vec![0; segments.len(index)];
        segments.write(index, &mut out);
        out
    };
    (0..segments.count()).map(one).collect()
}

fn join(packets: &[Vec<u8>]) -> Vec<(VnetHeader, Vec<u8>)> {
    let mut coalescer = Coalescer::default();
    let mut written = Vec::new();
    let mut write = |header: VnetHeader, packet: &[u8]| written.push((header, packet.to_vec()));
    for packet in packets {
        coalescer.push(packet, &mut write);
    }
    coalescer.flush(&mut write);
    written
}

fn assert_valid(packet: &[u8]) {
    let ip = IpView::parse(packet).unwrap();
    assert_eq!(ip.total_len, packet.len());
    assert!(Checksum::default().over(&packet[..ip.header_len]).is_valid(), "IPv4 header checksum");
    let segment = &packet[ip.header_len..];
    let sum = pseudo_header(ip.source, ip.destination, ip.protocol, segment.len()).over(segment);
    assert!(sum.is_valid(), "TCP checksum");
}

#[test]
fn a_large_read_becomes_valid_segments_that_carry_on_where_the_last_one_ended() {
    let packet = tcp_packet(3000, u32::MAX - 100, TcpFlags::ACK | TcpFlags::PSH);
    let segments = cut(offload(Gso::TcpV4, 1360), &packet);
    assert_eq!(segments.iter().map(Vec::len).collect::<Vec<_>>(), [1400, 1400, 320]);
    segments.iter().for_each(|segment| assert_valid(segment));
    let second = TcpView::parse(&segments[1][20..]).unwrap();
    assert_eq!(second.sequence, (u32::MAX - 100).wrapping_add(1360));
    let pushes = segments.iter().map(|segment| segment[33] & TcpFlags::PSH != 0);
    assert_eq!(pushes.collect::<Vec<_>>(), [false, false, true], "only the last segment carries PSH");
}

#[test]
fn a_small_packet_only_gets_its_checksum_completed() {
    let packet = tcp_packet(10, 5, TcpFlags::ACK);
    let segments = cut(offload(None, 0), &packet);
    assert_eq!(segments.len(), 1);
    assert_valid(&segments[0]);
}

#[test]
fn offload_headers_that_lie_are_refused() {
    let packet = tcp_packet(100, 5, TcpFlags::ACK);
    assert!(Segments::new(offload(Gso::TcpV4, 0), &packet).is_err());
    assert!(Segments::new(offload(Gso::Udp, 100), &packet).is_err());
    assert!(Segments::new(offload(Gso::TcpV4, 100), &packet[..30]).is_err());
}

#[test]
fn consecutive_segments_leave_as_one_packet_and_an_odd_one_does_not_overtake_them() {
    let mut packets = cut(offload(Gso::TcpV4, 1000), &tcp_packet(5000, 1, TcpFlags::ACK));
    packets.extend(cut(offload(None, 0), &tcp_packet(0, 5001, TcpFlags::ACK | TcpFlags::FIN)));
    let written = join(&packets);
    assert_eq!(written.iter().map(|(_, packet)| packet.len()).collect::<Vec<_>>(), [5040, 40]);
    assert_eq!(written[0].0, offload(Gso::TcpV4, 1000));
    assert_eq!(written[1].0, VnetHeader::default());
    let again = cut(written[0].0, &written[0].1);
    again.iter().for_each(|segment| assert_valid(segment));
}

#[test]
fn a_damaged_segment_is_passed_on_alone() {
    let mut packets = cut(offload(Gso::TcpV4, 1000), &tcp_packet(3000, 1, TcpFlags::ACK));
    packets[1][500] ^= 1;
    let written = join(&packets);
    assert_eq!(written.len(), 3, "the kernel must see the damage, not a fresh checksum over it");
    assert_eq!(written[1].1, packets[1]);
}

#[test]
fn two_flows_are_joined_side_by_side() {
    let one = cut(offload(Gso::TcpV4, 500), &tcp_packet(1500, 1, TcpFlags::ACK));
    let other: Vec<_> = one
        .iter()
        .map(|segment| {
            let mut segment = segment.clone();
            // Another port and a checksum that follows it.
            segment[21] ^= 2;
            let sum = u16::from_be_bytes([segment[36], segment[37]]);
            let (old, new) = (0xc001u16, 0xc003u16);
            let mended = Checksum::start(!sum).add_u16(!old).add_u16(new).finish();
            segment[36..38].copy_from_slice(&mended.to_be_bytes());
            segment
        })
        .collect();
    let mixed: Vec<_> = one.into_iter().zip(other).flat_map(|(a, b)| [a, b]).collect();
    mixed.iter().for_each(|segment| assert_valid(segment));
    assert_eq!(join(&mixed).iter().map(|(_, packet)| packet.len()).collect::<Vec<_>>(), [1540, 1540]);
}

proptest! {
    #[test]
    fn what_was_cut_can_be_joined_and_cut_again_to_the_same_packets(payload in 1usize..20_000, size in 1usize..3000) {
        let packet = tcp_packet(payload, 77, TcpFlags::ACK);
        let first = cut(offload(Gso::TcpV4, size as u16), &packet);
        let again: Vec<_> = join(&first).into_iter().flat_map(|(header, joint)| match header.gso {
            None => vec![joint],
            _ => cut(header, &joint),
        }).collect();
        prop_assert_eq!(first, again);
    }

    #[test]
    fn no_bytes_panic_the_segmenter_or_the_coalescer(
        data in proptest::collection::vec(any::<u8>(), 0..200),
        size in any::<u16>(),
        gso in 0..4,
        start in any::<u16>(),
        plausible in any::<bool>(),
    ) {
        let mut data = data;
        if plausible && data.len() > 40 {
            (data[0], data[9], data[6], data[7]) = (0x45, protocol::TCP, 0, 0);
            let len = data.len() as u16;
            data[2..4].copy_from_slice(&len.to_be_bytes());
        }
        let gso = [None, Some(Gso::TcpV4), Some(Gso::TcpV6), Some(Gso::Udp)][gso as usize];
        let header = VnetHeader { gso, hdr_len: 0, gso_size: size, csum_start: start, csum_offset: 16, needs_csum: true };
        if let Ok(segments) = Segments::new(header, &data) {
            for index in 0..segments.count() {
                let mut out = vec![0; segments.len(index)];
                segments.write(index, &mut out);
            }
        }
        join(&[data.clone(), data]);
    }
}
