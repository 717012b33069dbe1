//! The TUN device against the kernel's own TCP and UDP: the test plays the host at the far end of the tunnel.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::io::{IoSlice, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use common::{address, in_namespace, until_some, wait_readable};
use net::batch::RecvBatch;
use net::host::Journal;
use net::netlink::{Change, LinkSettings, Netlink};
use net::nft::{Masquerade, Nft};
use net::raw::Family;
use net::tun::{Coalescing, Gso, TunDrop, TunQueue, VnetHeader};
use net::udp::{SegmentOffload, UdpOptions, UdpSocket};

const NEAR: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
const FAR: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A TUN device that is up, has `near` as its address and a prefix of 24 bits.
fn tunnel(name: &str, near: Ipv4Addr) -> TunQueue {
    let tun = TunQueue::create(name, false).unwrap();
    let mut netlink = Netlink::open().unwrap();
    let index = netlink.link(tun.name()).unwrap().unwrap().index;
    netlink.set_link(index, LinkSettings { up: Some(true), mtu: Some(1400), txqueuelen: Some(1000) }).unwrap();
    assert_eq!(netlink.add_address(&address(index, &near.to_string(), 24)).unwrap(), Change::Made);
    tun
}

/// Reads until a packet of protocol `protocol` comes (the kernel also sends router solicitations and the like).
fn read(tun: &TunQueue, protocol: u8) -> (VnetHeader, Vec<u8>) {
    let mut buffer = vec![0; 1 << 16];
    until_some(|| {
        let Some((header, len)) = tun.read(&mut buffer).unwrap() else {
            wait_readable(tun);
            return None;
        };
        let packet = buffer[..len].to_vec();
        (packet[0] >> 4 == 4 && packet[9] == protocol).then_some((header, packet))
    })
}

/// An IPv4 packet whose transport checksum holds the sum of the pseudo-header, and the header that says so.
fn packet(src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, transport: &[u8]) -> (VnetHeader, Vec<u8>) {
    let csum_offset = if protocol == TCP { 16 } else { 6 };
    let len = (20 + transport.len()) as u16;
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0];
    packet[2..4].copy_from_slice(&len.to_be_bytes());
    packet.extend(src.octets());
    packet.extend(dst.octets());
    let header_sum = !sum(&packet);
    packet[10..12].copy_from_slice(&header_sum.to_be_bytes());
    packet.extend(transport);
    let mut pseudo = packet[12..20].to_vec();
    pseudo.extend([0, protocol]);
    pseudo.extend((transport.len() as u16).to_be_bytes());
    let at = 20 + usize::from(csum_offset);
    packet[at..at + 2].copy_from_slice(&sum(&pseudo).to_be_bytes());
    let header = VnetHeader { needs_csum: true, csum_start: 20, csum_offset, ..VnetHeader::default() };
    (header, packet)
}

/// The ones' complement sum (RFC 1071), not complemented.
fn sum(octets: &[u8]) -> u16 {
    let mut sum: u32 =
        octets.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

fn udp(src: u16, dst: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(src.to_be_bytes());
    datagram.extend(dst.to_be_bytes());
    datagram.extend(((8 + payload.len()) as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

fn be16(packet: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([packet[at], packet[at + 1]])
}

fn be32(packet: &[u8], at: usize) -> u32 {
    u32::from(be16(packet, at)) << 16 | u32::from(be16(packet, at + 2))
}

fn write(tun: &TunQueue, header: &VnetHeader, packet: &[u8]) {
    // In pieces, as a data plane writes headers and payloads from different places.
    let (head, tail) = packet.split_at(packet.len().min(30));
    tun.write(header, &[IoSlice::new(head), IoSlice::new(tail)]).unwrap();
}

const TCP: u8 = 6;
const UDP: u8 = 17;

/// The far end of one TCP connection, which acknowledges nothing by itself.
struct FarTcp {
    near_port: u16,
    next: u32,
    expected: u32,
}

impl FarTcp {
    const PORT: u16 = 7000;

    /// Answers the connection request that the kernel has sent.
    fn accept(tun: &TunQueue) -> FarTcp {
        let (_, syn) = read(tun, TCP);
        assert_eq!((be16(&syn, 22), syn[33]), (Self::PORT, 2), "not a SYN");
        let mut far = FarTcp { near_port: be16(&syn, 20), next: 1, expected: be32(&syn, 24).wrapping_add(1) };
        // MSS 1360.
        let (header, packet) = far.segment(0x12, &[2, 4, 0x05, 0x50], &[]);
        write(tun, &header, &packet);
        far.next += 1;
        far
    }

    fn segment(&self, flags: u8, options: &[u8], payload: &[u8]) -> (VnetHeader, Vec<u8>) {
        let mut segment = Vec::new();
        segment.extend(Self::PORT.to_be_bytes());
        segment.extend(self.near_port.to_be_bytes());
        segment.extend(self.next.to_be_bytes());
        segment.extend(self.expected.to_be_bytes());
        segment.extend([((20 + options.len()) / 4 * 16) as u8, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(options);
        segment.extend(payload);
        packet(FAR, NEAR, TCP, &segment)
    }
}

#[test]
fn one_read_yields_many_tcp_segments() {
    in_namespace(|| {
        let tun = tunnel("cw%d", NEAR);
        assert!(tun.offload().tcp);
        let near = std::thread::spawn(|| {
            let mut stream = TcpStream::connect((FAR, FarTcp::PORT)).unwrap();
            stream.write_all(&pattern(12_000)).unwrap();
            stream
        });
        let far = FarTcp::accept(&tun);
        let mut stream = vec![];
        let mut largest = 0;
        while stream.len() < 12_000 {
            let (header, packet) = read(&tun, TCP);
            let payload = &packet[20 + usize::from(packet[32] >> 4) * 4..];
            if payload.is_empty() {
                continue;
            }
            assert_eq!(be32(&packet, 24), far.expected.wrapping_add(stream.len() as u32));
            if payload.len() > 1360 {
                assert_eq!((header.gso, header.gso_size), (Some(Gso::TcpV4), 1360));
            }
            assert!(header.needs_csum);
            assert_eq!((header.csum_start, header.csum_offset), (20, 16));
            largest = largest.max(payload.len());
            stream.extend_from_slice(payload);
        }
        assert_eq!(stream, pattern(12_000));
        // The slower the handshake was, the smaller the kernel's trains are; two segments are its least.
        assert!(largest >= 2 * 1360, "largest read: {largest} octets");
        near.join().unwrap();
    });
}

#[test]
fn one_write_delivers_many_tcp_segments() {
    in_namespace(|| {
        let tun = tunnel("cw%d", NEAR);
        let near = std::thread::spawn(|| {
            let mut stream = TcpStream::connect((FAR, FarTcp::PORT)).unwrap();
            let mut received = vec![0; 5000];
            stream.read_exact(&mut received).unwrap();
            received
        });
        let far = FarTcp::accept(&tun);
        let (header, packet) = far.segment(0x18, &[], &pattern(5000));
        let merged = VnetHeader { gso: Some(Gso::TcpV4), hdr_len: 40, gso_size: 1000, ..header };
        write(&tun, &merged, &packet);
        assert_eq!(near.join().unwrap(), pattern(5000));
        assert_eq!(tun.coalescing(), Coalescing { tcp: true, udp: tun.offload().udp });
    });
}

#[test]
fn a_udp_train_is_read_as_one_packet() {
    in_namespace(|| {
        let tun = tunnel("cw%d", NEAR);
        if !tun.offload().udp {
            println!("skipped: needs Linux 6.2 for UDP segmentation by the device");
            return;
        }
        let options = UdpOptions { gso: SegmentOffload::On, ..UdpOptions::default() };
        let socket = UdpSocket::bind(SocketAddr::new(NEAR.into(), 0), &options).unwrap();
        let data = pattern(8 * 1200 + 77);
        socket.send_segments(ANY, SocketAddr::new(FAR.into(), 4500), &data, 1200).unwrap();
        let (header, packet) = read(&tun, UDP);
        assert_eq!((header.gso, header.gso_size), (Some(Gso::Udp), 1200));
        assert_eq!((header.csum_start, header.csum_offset), (20, 6));
        assert_eq!(&packet[28..], data);
    });
}

#[test]
fn a_udp_train_is_written_as_one_packet() {
    in_namespace(|| {
        let tun = tunnel("cw%d", NEAR);
        if !tun.coalescing().udp {
            println!("skipped: needs Linux 6.2 for UDP segmentation by the device");
            return;
        }
        let socket = UdpSocket::bind(SocketAddr::new(NEAR.into(), 0), &UdpOptions::default()).unwrap();
        let data = pattern(3 * 1000 + 5);
        let (header, packet) = packet(FAR, NEAR, UDP, &udp(4500, socket.local_addr().port(), &data));
        write(&tun, &VnetHeader { gso: Some(Gso::Udp), hdr_len: 28, gso_size: 1000, ..header }, &packet);
        let mut got = Vec::new();
        while got.len() < data.len() {
            wait_readable(&socket);
            let each = |received: net::batch::Received<'_>| {
                assert_eq!(received.segment, 1000.min(received.data.len()));
                got.extend_from_slice(received.data);
            };
            socket.recv_batch(&mut RecvBatch::new(8), each).unwrap();
        }
        assert_eq!(got, data);
    });
}

#[test]
fn a_refused_merged_write_ends_merging_and_nothing_else() {
    in_namespace(|| {
        let tun = tunnel("cw%d", NEAR);
        let before = tun.coalescing();
        let socket = UdpSocket::bind(SocketAddr::new(NEAR.into(), 0), &UdpOptions::default()).unwrap();
        let (header, packet) = packet(FAR, NEAR, UDP, &udp(4500, socket.local_addr().port(), b"whole"));
        // The kernel refuses a header that reaches beyond the packet, with the same error as an offload it does not do.
        let broken = VnetHeader { gso: Some(Gso::TcpV4), gso_size: 1000, hdr_len: u16::MAX, ..header };
        assert_eq!(tun.write(&broken, &[IoSlice::new(&packet)]), Err(TunDrop::CoalescingRefused));
        assert_eq!(tun.coalescing(), Coalescing { tcp: false, ..before });
        write(&tun, &header, &packet);
        wait_readable(&socket);
    });
}

#[test]
fn what_is_no_packet_is_dropped_by_its_reason() {
    in_namespace(|| {
        let tun = tunnel("cw%d", NEAR);
        let whole = VnetHeader::default();
        assert_eq!(tun.write(&whole, &[IoSlice::new(b"\x20 is neither four nor six")]), Err(TunDrop::NotIp));
        let pieces = vec![IoSlice::new(b""); TunQueue::MAX_PIECES + 1];
        assert_eq!(tun.write(&whole, &pieces), Err(TunDrop::TooManyPieces));
        let mut netlink = Netlink::open().unwrap();
        let index = netlink.link(tun.name()).unwrap().unwrap().index;
        netlink.set_link(index, LinkSettings { up: Some(false), ..LinkSettings::default() }).unwrap();
        let (header, packet) = packet(FAR, NEAR, UDP, &udp(1, 2, b""));
        assert_eq!(tun.write(&header, &[IoSlice::new(&packet)]), Err(TunDrop::Down));
    });
}

#[test]
fn a_device_has_several_queues_only_when_asked() {
    in_namespace(|| {
        let single = TunQueue::create("one%d", false).unwrap();
        assert!(single.another().is_err());
        let first = TunQueue::create("many%d", true).unwrap();
        let second = first.another().unwrap();
        assert_eq!(second.name(), first.name());
        drop(first);
        assert!(Netlink::open().unwrap().link(second.name()).unwrap().is_some());
    });
}

#[test]
fn a_client_goes_out_under_the_hosts_address_and_gets_its_answers() {
    in_namespace(|| {
        let outside_address = Ipv4Addr::new(192, 0, 2, 1);
        let web = Ipv4Addr::new(192, 0, 2, 80);
        let inside = tunnel("cw0", NEAR);
        let outside = tunnel("out0", outside_address);
        let record = std::env::temp_dir().join(format!("causeway-masquerade-{}", std::process::id()));
        let mut journal = Journal::open(&record).unwrap();
        journal.enable_ipv4_forwarding().unwrap();
        let sources = vec![net::netlink::Prefix::new(NEAR.into(), 24).unwrap()];
        let mut nft = Nft::open().unwrap();
        nft.install(Family::V4, &Masquerade { sources, inside: "cw0".to_owned() }).unwrap();

        let (header, question) = packet(FAR, web, UDP, &udp(5000, 53, b"question"));
        write(&inside, &header, &question);
        let (_, forwarded) = read(&outside, UDP);
        assert_eq!(&forwarded[12..16], outside_address.octets());
        assert_eq!(&forwarded[28..], b"question");

        let (header, answer) = packet(web, outside_address, UDP, &udp(53, be16(&forwarded, 20), b"answer"));
        write(&outside, &header, &answer);
        let (_, returned) = read(&inside, UDP);
        assert_eq!((&returned[16..20], be16(&returned, 22)), (&FAR.octets()[..], 5000));
        assert_eq!(&returned[28..], b"answer");

        // From one client to another, addresses stay.
        let (header, packet) = packet(FAR, Ipv4Addr::new(10, 9, 0, 3), UDP, &udp(5000, 5001, b"neighbour"));
        write(&inside, &header, &packet);
        let (_, turned) = read(&inside, UDP);
        assert_eq!(&turned[12..16], FAR.octets());
        journal.restore().unwrap();
    });
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8).collect()
}
