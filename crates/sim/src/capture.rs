use std::net::IpAddr;

use clock::Timestamp;
use wire::ip::{Checksum, UDP_HEADER_LEN, UdpView, protocol, pseudo_header};

use crate::{Packet, Unreachable};

/// Packets that a capture keeps; later ones are counted, not kept.
const LIMIT: usize = 100_000;

/// LINKTYPE_RAW: each packet begins with its IP header.
const LINKTYPE_RAW: u32 = 101;

/// Octets that a packet may have in the file.
const SNAP_LEN: usize = 65_535;

/// What passed a tap, as a file that every analyser reads.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    packets: Vec<Recorded>,
    omitted: usize,
}

/// A packet that passed.
#[derive(Clone, Debug)]
struct Recorded {
    at: Timestamp,
    packet: Packet,
    /// What the line takes at once: a longer packet is in fragments.
    mtu: u16,
    /// Only the first of its fragments came.
    first_only: bool,
}

impl Capture {
    /// A packet passed a line with this MTU.
    pub(crate) fn record(&mut self, at: Timestamp, packet: &Packet, mtu: u16) {
        self.keep(Recorded { at, packet: packet.clone(), mtu, first_only: false });
    }

    /// The first fragment of a packet came, and nothing else of it.
    pub(crate) fn record_first(&mut self, at: Timestamp, packet: &Packet, mtu: u16) {
        self.keep(Recorded { at, packet: packet.clone(), mtu, first_only: true });
    }

    fn keep(&mut self, recorded: Recorded) {
        if self.packets.len() < LIMIT {
            self.packets.push(recorded);
        } else {
            self.omitted += 1;
        }
    }

    /// Packets that were recorded.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets that passed after the capture was full.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// The packets that passed whole, or in all of their fragments, with the time at which they did.
    pub fn packets(&self) -> impl Iterator<Item = (Timestamp, &Packet)> {
        let whole = self.packets.iter().filter(|recorded| !recorded.first_only);
        whole.map(|recorded| (recorded.at, &recorded.packet))
    }

    /// A classic pcap file with nanosecond times; virtual time zero is the epoch.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        file.extend(0xa1b2_3c4d_u32.to_be_bytes());
        file.extend([0, 2, 0, 4]);
        file.extend([0; 8]);
        file.extend((SNAP_LEN as u32).to_be_bytes());
        file.extend(LINKTYPE_RAW.to_be_bytes());
        for (index, Recorded { at, packet, mtu, first_only }) in self.packets.iter().enumerate() {
            let whole = ip_packet(packet, index as u16);
            let fragments = fragments(whole, (*mtu).into());
            let passed = if *first_only { 1 } else { fragments.len() };
            for octets in fragments.iter().take(passed) {
                let kept = octets.get(..SNAP_LEN).unwrap_or(octets);
                let nanos = at.as_nanos();
                file.extend(((nanos / 1_000_000_000) as u32).to_be_bytes());
                file.extend(((nanos % 1_000_000_000) as u32).to_be_bytes());
                file.extend((kept.len() as u32).to_be_bytes());
                file.extend((octets.len() as u32).to_be_bytes());
                file.extend(kept);
            }
        }
        file
    }
}

/// The packet with its IP header; `id` is the IPv4 identification.
fn ip_packet(packet: &Packet, id: u16) -> Vec<u8> {
    let (src, dst) = (packet.source(), packet.destination());
    let (number, body) = match packet {
        Packet::Udp { src, dst, payload } => (protocol::UDP, udp(src.ip(), dst.ip(), src.port(), dst.port(), payload)),
        Packet::Esp { payload, .. } => (protocol::ESP, payload.clone()),
        Packet::Unreachable { src, dst, reason, original } => {
            let number = if dst.is_ipv4() { protocol::ICMP } else { protocol::ICMPV6 };
            (number, icmp(*src, *dst, *reason, original))
        }
    };
    let mut octets = ip_header(src, dst, number, body.len(), id);
    octets.extend(body);
    octets
}

/// The IPv4 packet in fragments that the line takes (RFC 791 §3.2). Those of IPv6 are left as they are.
fn fragments(whole: Vec<u8>, mtu: usize) -> Vec<Vec<u8>> {
    const HEADER: usize = 20;
    let room = mtu.saturating_sub(HEADER) & !7;
    if whole.len() <= mtu || whole.len() > usize::from(u16::MAX) || whole[0] >> 4 != 4 || room == 0 {
        return vec![whole];
    }
    let (header, body) = whole.split_at(HEADER);
    let last = (body.len() - 1) / room;
    let fragment = |(index, part): (usize, &[u8])| {
        let mut octets = header.to_vec();
        let more = if index < last { 0x2000 } else { 0 };
        octets[2..4].copy_from_slice(&length(HEADER + part.len()).to_be_bytes());
        octets[6..8].copy_from_slice(&(more | length(index * room / 8)).to_be_bytes());
        octets[10..12].fill(0);
        let checksum = Checksum::default().over(&octets).finish();
        octets[10..12].copy_from_slice(&checksum.to_be_bytes());
        octets.extend(part);
        octets
    };
    body.chunks(room).enumerate().map(fragment).collect()
}

fn ip_header(src: IpAddr, dst: IpAddr, number: u8, body: usize, id: u16) -> Vec<u8> {
    let mut header = Vec::new();
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            header.extend([0x45, 0]);
            header.extend(length(20 + body).to_be_bytes());
            header.extend(id.to_be_bytes());
            header.extend([0, 0, 64, number, 0, 0]);
            header.extend(src.octets());
            header.extend(dst.octets());
            let checksum = Checksum::default().over(&header).finish();
            header[10..12].copy_from_slice(&checksum.to_be_bytes());
        }
        (src, dst) => {
            header.extend([0x60, 0, 0, 0]);
            header.extend(length(body).to_be_bytes());
            header.extend([number, 64]);
            for address in [src, dst] {
                header.extend(match address {
                    IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                    IpAddr::V6(address) => address.octets(),
                });
            }
        }
    }
    header
}

fn udp(src: IpAddr, dst: IpAddr, source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = UdpView { source, destination, payload_len: payload.len() }.to_bytes().to_vec();
    datagram.extend(payload);
    let sum = pseudo_header(src, dst, protocol::UDP, UDP_HEADER_LEN + payload.len()).over(&datagram);
    // Zero would mean that there is none (RFC 768).
    let checksum = match sum.finish() {
        0 => 0xffff,
        checksum => checksum,
    };
    datagram[6..8].copy_from_slice(&checksum.to_be_bytes());
    datagram
}

/// Destination unreachable with the header and the first octets of the original (RFC 792, RFC 4443 §3).
fn icmp(src: IpAddr, dst: IpAddr, reason: Unreachable, original: &Packet) -> Vec<u8> {
    let v4 = dst.is_ipv4();
    let (kind, code, mtu) = match (reason, v4) {
        (Unreachable::Host, true) => (3, 1, 0),
        (Unreachable::Port, true) => (3, 3, 0),
        (Unreachable::TooBig { mtu }, true) => (3, 4, mtu),
        (Unreachable::Host, false) => (1, 3, 0),
        (Unreachable::Port, false) => (1, 4, 0),
        (Unreachable::TooBig { mtu }, false) => (2, 0, mtu),
    };
    let mut message = vec![kind, code, 0, 0, 0, 0];
    message.extend(mtu.to_be_bytes());
    let mut original = ip_packet(original, 0);
    original.truncate(if v4 { 28 } else { 48 });
    message.extend(original);
    let sum = if v4 { Checksum::default() } else { pseudo_header(src, dst, protocol::ICMPV6, message.len()) };
    let checksum = sum.over(&message).finish();
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}

fn length(octets: usize) -> u16 {
    u16::try_from(octets).unwrap_or(u16::MAX)
}
