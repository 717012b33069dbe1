//! Whole UDP datagrams in IPv4 packets, as this process itself sends and reads them inside a tunnel.

use std::net::{IpAddr, SocketAddrV4};

use super::{Checksum, IPV4_HEADER_LEN, IpView, UDP_HEADER_LEN, UdpView, protocol, pseudo_header};

/// A UDP datagram with its addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Datagram<'a> {
    /// Where it comes from.
    pub source: SocketAddrV4,
    /// Where it goes.
    pub destination: SocketAddrV4,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// Reads an IPv4 packet that holds a whole UDP datagram whose checksum, if it has one, is right; `None` for any other.
    pub fn parse(packet: &'a [u8]) -> Option<Datagram<'a>> {
        let ip = IpView::parse(packet).ok().filter(|ip| ip.protocol == protocol::UDP && !ip.fragment)?;
        let (IpAddr::V4(source), IpAddr::V4(destination)) = (ip.source, ip.destination) else { return None };
        let body = packet.get(ip.header_len..ip.total_len)?;
        let udp = UdpView::parse(body).ok()?;
        let body = body.get(..UDP_HEADER_LEN + udp.payload_len)?;
        let has_checksum = body.get(6..8).is_some_and(|checksum| checksum != [0, 0]);
        let sum = pseudo_header(ip.source, ip.destination, protocol::UDP, body.len()).over(body);
        if has_checksum && !sum.is_valid() {
            return None;
        }
        Some(Datagram {
            source: SocketAddrV4::new(source, udp.source),
            destination: SocketAddrV4::new(destination, udp.destination),
            payload: body.get(UDP_HEADER_LEN..)?,
        })
    }

    /// The IPv4 packet, which may not be fragmented; its payload is at most what a packet can hold, 65507 octets.
    pub fn to_packet(self) -> Vec<u8> {
        let udp_len = UDP_HEADER_LEN + self.payload.len();
        let total = u16::try_from(IPV4_HEADER_LEN + udp_len).unwrap_or(u16::MAX);
        let mut packet = vec![0x45, 0];
        packet.extend(total.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, protocol::UDP, 0, 0]);
        packet.extend(self.source.ip().octets());
        packet.extend(self.destination.ip().octets());
        let checksum = Checksum::default().over(&packet).finish();
        packet[10..12].copy_from_slice(&checksum.to_be_bytes());
        let (source, destination) = (self.source.port(), self.destination.port());
        packet.extend(UdpView { source, destination, payload_len: self.payload.len() }.to_bytes());
        packet.extend(self.payload);
        let (source, destination) = ((*self.source.ip()).into(), (*self.destination.ip()).into());
        let sum = pseudo_header(source, destination, protocol::UDP, udp_len);
        let checksum = match sum.over(packet.get(IPV4_HEADER_LEN..).unwrap_or_default()).finish() {
            // Zero would say that there is none (RFC 768).
            0 => u16::MAX,
            checksum => checksum,
        };
        packet[IPV4_HEADER_LEN + 6..IPV4_HEADER_LEN + 8].copy_from_slice(&checksum.to_be_bytes());
        packet
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn datagram(payload: &[u8]) -> Datagram<'_> {
        let (source, destination) = ("10.99.0.2:68".parse().unwrap(), "255.255.255.255:67".parse().unwrap());
        Datagram { source, destination, payload }
    }

    #[test]
    fn a_datagram_whose_checksum_is_wrong_or_that_is_a_fragment_is_none() {
        let good = datagram(b"hello").to_packet();
        assert_eq!(Datagram::parse(&good), Some(datagram(b"hello")));
        let altered = |at: usize, octet| {
            let mut packet = good.clone();
            packet[at] = octet;
            Datagram::parse(&packet).is_some()
        };
        assert!(!altered(29, b'x') && !altered(6, 0x20));
        let mut without = good.clone();
        without[26..28].fill(0);
        assert!(Datagram::parse(&without).is_some(), "a checksum may be left out");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let packet = datagram(&payload).to_packet();
            prop_assert_eq!(Datagram::parse(&packet), Some(datagram(&payload)));
        }

        #[test]
        fn no_bytes_panic_it(packet in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Datagram::parse(&packet);
        }
    }
}
