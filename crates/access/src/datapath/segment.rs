//! Cutting what one TUN read gave into packets of wire size.

use wire::ip::{Checksum, IPV4_HEADER_LEN, IpView, TcpFlags, TcpView, UDP_HEADER_LEN, protocol, pseudo_header};
use wire::virtio::{Gso, VnetHeader};
use wire::{Layer, Malformed, Problem};

/// The packets that one TUN read stands for. The kernel leaves segmentation and checksums to the reader of the device; here
/// both are done while the packets are copied to where they will be sealed.
#[derive(Debug)]
pub struct Segments<'a> {
    packet: &'a [u8],
    ip: IpView,
    /// Octets of all headers that every segment repeats.
    headers: usize,
    /// Payload octets of every segment but the last.
    size: usize,
    cut: Cut,
}

#[derive(Debug)]
enum Cut {
    /// Sent as it is; the checksum at the second offset is to be completed from the first one on.
    Whole(Option<(usize, usize)>),
    Tcp,
    Udp,
}

impl<'a> Segments<'a> {
    /// Looks at a packet as it was read together with its offload header.
    ///
    /// # Errors
    /// When the packet is not IP, or its headers do not fit what the offload header claims.
    pub fn new(offload: VnetHeader, packet: &'a [u8]) -> Result<Segments<'a>, Malformed> {
        let ip = IpView::parse(packet)?;
        let packet = &packet[..ip.total_len];
        let start = usize::from(offload.csum_start);
        let partial = offload.needs_csum.then(|| (start, start + usize::from(offload.csum_offset)));
        let whole = Segments { packet, ip, headers: 0, size: packet.len(), cut: Cut::Whole(partial) };
        let transport = &packet[ip.header_len..];
        let (cut, header_len, expected) = match offload.gso {
            None => return Ok(whole),
            Some(Gso::TcpV4 | Gso::TcpV6) => (Cut::Tcp, TcpView::parse(transport)?.header_len, protocol::TCP),
            Some(Gso::Udp) => (Cut::Udp, UDP_HEADER_LEN, protocol::UDP),
        };
        let headers = ip.header_len + header_len;
        let wrong = |field, got: usize| Malformed {
            layer: Layer::Ip,
            field,
            offset: 0,
            problem: Problem::BadValue { got: got as u64 },
        };
        if ip.protocol != expected || headers > packet.len() {
            return Err(wrong("protocol of a segmented packet", ip.protocol.into()));
        }
        match usize::from(offload.gso_size) {
            0 => Err(wrong("segment size", 0)),
            size => Ok(Segments { headers, size, cut, ..whole }),
        }
    }

    /// The IP header of all segments.
    pub fn ip(&self) -> &IpView {
        &self.ip
    }

    /// Number of packets; at least one.
    pub fn count(&self) -> usize {
        match self.cut {
            Cut::Whole(_) => 1,
            Cut::Tcp | Cut::Udp => (self.packet.len() - self.headers).div_ceil(self.size).max(1),
        }
    }

    /// Octets of packet number `index`.
    pub fn len(&self, index: usize) -> usize {
        self.headers + self.payload(index).len()
    }

    /// Writes packet number `index` to `out`, which has exactly its length, with lengths, sequence number and checksums set.
    pub fn write(&self, index: usize, out: &mut [u8]) {
        let payload = self.payload(index);
        out[..self.headers].copy_from_slice(&self.packet[..self.headers]);
        out[self.headers..].copy_from_slice(payload);
        match self.cut {
            Cut::Whole(None) => {}
            Cut::Whole(Some((start, at))) => complete_checksum(out, start, at),
            Cut::Tcp => {
                self.finish_ip(index, out);
                self.finish_tcp(index, &mut out[self.ip.header_len..]);
            }
            Cut::Udp => {
                self.finish_ip(index, out);
                self.finish_udp(&mut out[self.ip.header_len..]);
            }
        }
    }

    fn payload(&self, index: usize) -> &'a [u8] {
        let payload = &self.packet[self.headers..];
        let start = (index * self.size).min(payload.len());
        &payload[start..(start + self.size).min(payload.len())]
    }

    fn finish_ip(&self, index: usize, packet: &mut [u8]) {
        let total = packet.len();
        if !self.ip.source.is_ipv4() {
            packet[4..6].copy_from_slice(&((total - self.ip.header_len) as u16).to_be_bytes());
            return;
        }
        packet[2..4].copy_from_slice(&(total as u16).to_be_bytes());
        let identification = u16::from_be_bytes([packet[4], packet[5]]).wrapping_add(index as u16);
        packet[4..6].copy_from_slice(&identification.to_be_bytes());
        finish_ipv4_checksum(&mut packet[..self.ip.header_len]);
    }

    fn finish_tcp(&self, index: usize, segment: &mut [u8]) {
        let at = TcpView::SEQUENCE..TcpView::SEQUENCE + 4;
        let first = u32::from_be_bytes([segment[4], segment[5], segment[6], segment[7]]);
        let sequence = first.wrapping_add((index * self.size) as u32);
        segment[at].copy_from_slice(&sequence.to_be_bytes());
        if index + 1 != self.count() {
            segment[TcpView::FLAGS] &= !(TcpFlags::FIN | TcpFlags::PSH);
        }
        if index != 0 {
            segment[TcpView::FLAGS] &= !TcpFlags::CWR;
        }
        self.finish_transport(segment, TcpView::CHECKSUM);
    }

    fn finish_udp(&self, datagram: &mut [u8]) {
        let length = (datagram.len() as u16).to_be_bytes();
        datagram[4..6].copy_from_slice(&length);
        self.finish_transport(datagram, 6);
    }

    fn finish_transport(&self, transport: &mut [u8], at: usize) {
        transport[at..at + 2].fill(0);
        let pseudo = pseudo_header(self.ip.source, self.ip.destination, self.ip.protocol, transport.len());
        let checksum = match (pseudo.over(transport).finish(), self.ip.protocol) {
            // A UDP checksum of zero would say that there is none (RFC 768).
            (0, protocol::UDP) => 0xffff,
            (checksum, _) => checksum,
        };
        transport[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
    }
}

/// Sets the header checksum of an IPv4 header.
pub(crate) fn finish_ipv4_checksum(header: &mut [u8]) {
    debug_assert!(header.len() >= IPV4_HEADER_LEN);
    header[10..12].fill(0);
    let checksum = Checksum::default().over(header).finish();
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
}

/// Completes a checksum whose field holds the sum of the pseudo-header.
fn complete_checksum(packet: &mut [u8], start: usize, at: usize) {
    if at + 2 > packet.len() {
        return;
    }
    let checksum = match Checksum::default().over(&packet[start..]).finish() {
        0 => 0xffff,
        checksum => checksum,
    };
    packet[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
}
