//! Joining TCP segments that come out of tunnels into few large TUN writes.

use wire::ip::{IPV4_HEADER_LEN, IpView, TcpFlags, TcpView, protocol, pseudo_header};
use wire::virtio::{Gso, VnetHeader};

use super::segment::finish_ipv4_checksum;

/// Flows that may be open at once; one more closes the oldest.
const FLOWS: usize = 16;

/// The largest packet that a TUN write takes.
const MAX_PACKET: usize = 65_535;

/// Collects consecutive segments of a TCP flow until something ends the run, then hands them on as one packet that the kernel
/// need not look at one by one.
///
/// Packets of one flow keep their order. Every checksum is verified before a packet is joined to another, because the kernel is
/// told to trust and recompute the joint one.
#[derive(Debug, Default)]
pub(super) struct Coalescer {
    open: Vec<Flow>,
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Flow {
    packet: Vec<u8>,
    ip_header_len: usize,
    headers: usize,
    size: usize,
    segments: usize,
    next_sequence: u32,
}

/// A TCP segment that may be joined to others.
struct Candidate<'a> {
    ip: IpView,
    tcp: TcpView,
    packet: &'a [u8],
    headers: usize,
    checksum_valid: bool,
}

impl Coalescer {
    /// Takes a packet that left a tunnel. `write` receives what is ready, in order.
    pub(super) fn push(&mut self, packet: &[u8], write: &mut dyn FnMut(VnetHeader, &[u8])) {
        let Some(candidate) = Candidate::new(packet) else {
            write(VnetHeader::default(), packet);
            return;
        };
        if let Some(index) = self.open.iter().position(|flow| flow.is_of(&candidate)) {
            if candidate.joinable() && self.open[index].accepts(&candidate) {
                if self.open[index].append(&candidate) {
                    self.close(index, write);
                }
                return;
            }
            self.close(index, write);
        }
        if !candidate.joinable() || candidate.tcp.flags.any(TcpFlags::PSH) {
            write(VnetHeader::default(), packet);
            return;
        }
        if self.open.len() == FLOWS {
            self.close(0, write);
        }
        let buffer = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(MAX_PACKET));
        self.open.push(Flow::new(buffer, &candidate));
    }

    /// Hands on everything that is held back. To be called at the end of every batch.
    pub(super) fn flush(&mut self, write: &mut dyn FnMut(VnetHeader, &[u8])) {
        while !self.open.is_empty() {
            self.close(0, write);
        }
    }

    fn close(&mut self, index: usize, write: &mut dyn FnMut(VnetHeader, &[u8])) {
        let mut flow = self.open.remove(index);
        let offload = flow.finish();
        write(offload, &flow.packet);
        flow.packet.clear();
        self.spare.push(flow.packet);
    }
}

impl<'a> Candidate<'a> {
    fn new(packet: &'a [u8]) -> Option<Candidate<'a>> {
        let ip = IpView::parse(packet).ok()?;
        let packet = &packet[..ip.total_len];
        let plain_header = !ip.source.is_ipv4() || ip.header_len == IPV4_HEADER_LEN;
        if ip.protocol != protocol::TCP || ip.fragment || !plain_header {
            return None;
        }
        let segment = &packet[ip.header_len..];
        let tcp = TcpView::parse(segment).ok()?;
        let sum = pseudo_header(ip.source, ip.destination, protocol::TCP, segment.len()).over(segment);
        let headers = ip.header_len + tcp.header_len;
        Some(Candidate { ip, tcp, packet, headers, checksum_valid: sum.is_valid() })
    }

    fn payload(&self) -> &'a [u8] {
        &self.packet[self.headers..]
    }

    /// Data with nothing but ACK and perhaps PSH: anything else means something at its own place in the stream.
    fn joinable(&self) -> bool {
        let flags = self.tcp.flags.0 & !TcpFlags::PSH;
        self.checksum_valid && flags == TcpFlags::ACK && !self.payload().is_empty()
    }
}

impl Flow {
    fn new(mut packet: Vec<u8>, first: &Candidate<'_>) -> Flow {
        packet.extend_from_slice(first.packet);
        let size = first.payload().len();
        Flow {
            packet,
            ip_header_len: first.ip.header_len,
            headers: first.headers,
            size,
            segments: 1,
            next_sequence: first.tcp.sequence.wrapping_add(size as u32),
        }
    }

    /// Same addresses and ports.
    fn is_of(&self, candidate: &Candidate<'_>) -> bool {
        let addresses = if self.ip_header_len == IPV4_HEADER_LEN { 12..20 } else { 8..40 };
        let ports = self.ip_header_len..self.ip_header_len + 4;
        candidate.ip.header_len == self.ip_header_len
            && candidate.packet[addresses.clone()] == self.packet[addresses]
            && candidate.packet[ports.clone()] == self.packet[ports]
    }

    /// Whether the candidate continues the run and differs from it in nothing that a joint header could not express.
    fn accepts(&self, candidate: &Candidate<'_>) -> bool {
        let same = |range: std::ops::Range<usize>| candidate.packet[range.clone()] == self.packet[range];
        let tcp = self.ip_header_len;
        // Type of service and time to live, don't fragment; for IPv6 traffic class, flow label and hop limit.
        let ip_alike = if tcp == IPV4_HEADER_LEN { same(1..2) && same(6..9) } else { same(0..4) && same(7..8) };
        candidate.headers == self.headers
            && candidate.tcp.sequence == self.next_sequence
            && candidate.payload().len() <= self.size
            && self.packet.len() + candidate.payload().len() <= MAX_PACKET
            && ip_alike
            && same(tcp + 8..tcp + 12)
            && same(tcp + 14..tcp + 16)
            && same(tcp + TcpView::MIN_LEN..self.headers)
    }

    /// Adds the segment; returns whether the run ends with it.
    fn append(&mut self, candidate: &Candidate<'_>) -> bool {
        let payload = candidate.payload();
        self.packet.extend_from_slice(payload);
        self.segments += 1;
        self.next_sequence = self.next_sequence.wrapping_add(payload.len() as u32);
        let push = candidate.tcp.flags.0 & TcpFlags::PSH;
        self.packet[self.ip_header_len + TcpView::FLAGS] |= push;
        push != 0 || payload.len() < self.size
    }

    /// Sets lengths and the partial checksum of the joint packet; a single segment stays as it came.
    fn finish(&mut self) -> VnetHeader {
        if self.segments == 1 {
            return VnetHeader::default();
        }
        let total = self.packet.len();
        let v4 = self.ip_header_len == IPV4_HEADER_LEN;
        if v4 {
            self.packet[2..4].copy_from_slice(&(total as u16).to_be_bytes());
            finish_ipv4_checksum(&mut self.packet[..IPV4_HEADER_LEN]);
        } else {
            self.packet[4..6].copy_from_slice(&((total - self.ip_header_len) as u16).to_be_bytes());
        }
        let at = self.ip_header_len + TcpView::CHECKSUM;
        if let Ok(ip) = IpView::parse(&self.packet) {
            let pseudo = pseudo_header(ip.source, ip.destination, protocol::TCP, total - self.ip_header_len);
            self.packet[at..at + 2].copy_from_slice(&pseudo.fold().to_be_bytes());
        }
        VnetHeader {
            gso: Some(if v4 { Gso::TcpV4 } else { Gso::TcpV6 }),
            hdr_len: self.headers as u16,
            gso_size: self.size as u16,
            csum_start: self.ip_header_len as u16,
            csum_offset: TcpView::CHECKSUM as u16,
            needs_csum: true,
        }
    }
}
