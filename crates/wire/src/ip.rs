//! The IP, UDP and TCP headers of packets inside a tunnel, as far as a gateway has to know them.

mod checksum;
mod datagram;
mod mss;
mod router;
mod tcp;

pub use checksum::{Checksum, pseudo_header};
pub use datagram::Datagram;
pub use mss::clamp_mss;
pub use router::{
    Advertised, AdvertisedPrefix, RouterAdvertisement, is_router_advertisement, is_router_solicitation,
    router_solicitation,
};
pub use tcp::{TcpFlags, TcpView};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Layer, Malformed, Problem, Reader};

/// IP protocol numbers that matter here.
pub mod protocol {
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// ESP.
    pub const ESP: u8 = 50;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
}

/// Octets of a UDP header.
pub const UDP_HEADER_LEN: usize = 8;

/// Octets of an IPv4 header without options.
pub const IPV4_HEADER_LEN: usize = 20;

/// Octets of an IPv6 header.
pub const IPV6_HEADER_LEN: usize = 40;

/// What the data path needs of an inner packet's IP header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpView {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Protocol of the payload; for IPv6 the first next header.
    pub protocol: u8,
    /// Octets of the IP header.
    pub header_len: usize,
    /// Octets of the whole packet as the header states them.
    pub total_len: usize,
    /// Whether this is a fragment (IPv4 only).
    pub fragment: bool,
}

impl IpView {
    /// Reads the header of an IPv4 or IPv6 packet and checks its lengths against `packet`. Octets behind the packet's own
    /// length are link padding and allowed.
    pub fn parse(packet: &[u8]) -> Result<IpView, Malformed> {
        let reader = Reader::new(Layer::Ip, packet);
        match packet.first().map(|first| first >> 4) {
            Some(4) => Self::parse_v4(reader, packet.len()),
            Some(6) => Self::parse_v6(reader, packet.len()),
            Some(version) => Err(reader.error("version", Problem::BadValue { got: version.into() })),
            None => Err(reader.error("version", Problem::Truncated { need: 1, have: 0 })),
        }
    }

    fn parse_v4(mut reader: Reader<'_>, available: usize) -> Result<IpView, Malformed> {
        let header_len = usize::from(reader.u8("version and header length")? & 0x0f) * 4;
        if header_len < IPV4_HEADER_LEN || header_len > available {
            let problem = Problem::BadLength { got: header_len, min: IPV4_HEADER_LEN, max: available };
            return Err(reader.error("header length", problem));
        }
        reader.u8("type of service")?;
        let total_len = usize::from(reader.u16("total length")?);
        if total_len < header_len || total_len > available {
            let problem = Problem::BadLength { got: total_len, min: header_len, max: available };
            return Err(reader.error("total length", problem));
        }
        reader.u16("identification")?;
        let fragment = reader.u16("fragment offset")? & 0x3fff != 0;
        reader.u8("time to live")?;
        let protocol = reader.u8("protocol")?;
        reader.u16("header checksum")?;
        let source = Ipv4Addr::from(reader.u32("source address")?).into();
        let destination = Ipv4Addr::from(reader.u32("destination address")?).into();
        Ok(IpView { source, destination, protocol, header_len, total_len, fragment })
    }

    fn parse_v6(mut reader: Reader<'_>, available: usize) -> Result<IpView, Malformed> {
        reader.u32("version and flow label")?;
        let total_len = usize::from(reader.u16("payload length")?) + IPV6_HEADER_LEN;
        if total_len > available {
            let problem = Problem::BadLength { got: total_len, min: IPV6_HEADER_LEN, max: available };
            return Err(reader.error("payload length", problem));
        }
        let protocol = reader.u8("next header")?;
        reader.u8("hop limit")?;
        let source = Ipv6Addr::from(reader.array::<16>("source address")?).into();
        let destination = Ipv6Addr::from(reader.array::<16>("destination address")?).into();
        Ok(IpView { source, destination, protocol, header_len: IPV6_HEADER_LEN, total_len, fragment: false })
    }
}

/// A UDP header inside a tunnel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UdpView {
    /// Source port.
    pub source: u16,
    /// Destination port.
    pub destination: u16,
    /// Octets of the payload as the header states them.
    pub payload_len: usize,
}

impl UdpView {
    /// Reads the UDP header at the start of `datagram` and checks its length. The checksum is not looked at: in transport
    /// mode through a NAT it does not match, and the ESP authentication has already covered the datagram (RFC 3948 §3.1.2).
    pub fn parse(datagram: &[u8]) -> Result<UdpView, Malformed> {
        let mut reader = Reader::new(Layer::Udp, datagram);
        let source = reader.u16("source port")?;
        let destination = reader.u16("destination port")?;
        let length = usize::from(reader.u16("length")?);
        if length < UDP_HEADER_LEN || length > datagram.len() {
            let problem = Problem::BadLength { got: length, min: UDP_HEADER_LEN, max: datagram.len() };
            return Err(reader.error("length", problem));
        }
        reader.u16("checksum")?;
        Ok(UdpView { source, destination, payload_len: length - UDP_HEADER_LEN })
    }

    /// The header's octets, with checksum zero, which over IPv4 means "none" (RFC 768).
    pub fn to_bytes(self) -> [u8; UDP_HEADER_LEN] {
        let length = u16::try_from(self.payload_len + UDP_HEADER_LEN).unwrap_or(u16::MAX);
        let mut bytes = [0; UDP_HEADER_LEN];
        bytes[..2].copy_from_slice(&self.source.to_be_bytes());
        bytes[2..4].copy_from_slice(&self.destination.to_be_bytes());
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ECHO: [u8; 28] = [
        0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, // IPv4
        8, 0, 0xf7, 0xfd, 0, 1, 0, 1, // ICMP echo
    ];

    #[test]
    fn an_ipv4_packet_shows_its_addresses() {
        let view = IpView::parse(&ECHO).unwrap();
        assert_eq!(view.source, IpAddr::from([10, 0, 0, 2]));
        assert_eq!((view.protocol, view.header_len, view.total_len), (protocol::ICMP, 20, 28));
    }

    #[test]
    fn a_packet_shorter_than_it_claims_is_refused_and_link_padding_is_not() {
        assert_eq!(IpView::parse(&ECHO[..27]).unwrap_err().field, "total length");
        let mut padded = ECHO.to_vec();
        padded.extend([0; 6]);
        assert_eq!(IpView::parse(&padded).unwrap().total_len, 28);
    }

    #[test]
    fn a_udp_length_beyond_the_datagram_is_refused() {
        let datagram = [6, 0xa5, 6, 0xa5, 0, 9, 0, 0];
        assert_eq!(UdpView::parse(&datagram).unwrap_err().field, "length");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_inner_parsers(mut data in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = UdpView::parse(&data);
            if let Ok(view) = IpView::parse(&data) {
                prop_assert!(view.header_len <= view.total_len && view.total_len <= data.len());
                let _ = TcpView::parse(&data[view.header_len..view.total_len]);
            }
            clamp_mss(&mut data, 1300);
        }
    }
}
