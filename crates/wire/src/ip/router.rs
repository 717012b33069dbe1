//! Router advertisements (RFC 4861 §4.2), by which a PPP peer learns its IPv6 prefix: IPv6CP agrees on interface identifiers only.

use std::net::Ipv6Addr;

use super::{IPV6_HEADER_LEN, IpView, protocol, pseudo_header};

/// ICMPv6 type of a router solicitation.
const SOLICITATION: u8 = 133;

/// ICMPv6 type of a router advertisement.
const ADVERTISEMENT: u8 = 134;

/// All nodes on the link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// What a router says to a host on a point-to-point link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouterAdvertisement {
    /// The router's link-local address.
    pub router: Ipv6Addr,
    /// The /64 out of which the host makes its addresses (RFC 4862).
    pub prefix: Ipv6Addr,
    /// For how long the router is a default router, in seconds; zero takes it back.
    pub router_lifetime: u16,
    /// For how long addresses of the prefix may be used, in seconds.
    pub prefix_lifetime: u32,
    /// The largest packet on the link, in octets.
    pub mtu: u32,
}

impl RouterAdvertisement {
    /// The advertisement as an IPv6 packet to all nodes.
    pub fn to_packet(self) -> Vec<u8> {
        let mut body = vec![ADVERTISEMENT, 0, 0, 0, 64, 0];
        body.extend(self.router_lifetime.to_be_bytes());
        body.extend([0; 8]);
        // Prefix information: on-link is left out, because nothing else is on the link; addresses are made from it.
        body.extend([3, 4, 64, 0x40]);
        body.extend(self.prefix_lifetime.to_be_bytes());
        body.extend(self.prefix_lifetime.to_be_bytes());
        body.extend([0; 4]);
        body.extend(self.prefix.octets());
        body.extend([5, 1, 0, 0]);
        body.extend(self.mtu.to_be_bytes());
        let sum = pseudo_header(self.router.into(), ALL_NODES.into(), protocol::ICMPV6, body.len());
        let checksum = sum.over(&body).finish();
        body[2..4].copy_from_slice(&checksum.to_be_bytes());
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((body.len() as u16).to_be_bytes());
        // Hop limit 255 shows the host that no router forwarded it (RFC 4861 §6.1.2).
        packet.extend([protocol::ICMPV6, 255]);
        packet.extend(self.router.octets());
        packet.extend(ALL_NODES.octets());
        packet.extend(body);
        packet
    }
}

/// Whether an IPv6 packet asks for a router advertisement (RFC 4861 §4.1, §6.1.1).
pub fn is_router_solicitation(packet: &[u8]) -> bool {
    let Ok(ip) = IpView::parse(packet) else { return false };
    let message = packet.get(IPV6_HEADER_LEN..ip.total_len).unwrap_or_default();
    ip.source.is_ipv6()
        && ip.protocol == protocol::ICMPV6
        && packet.get(7) == Some(&255)
        && matches!(message, [SOLICITATION, 0, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advertisement_is_a_valid_packet_with_the_prefix_in_it() {
        let advertisement = RouterAdvertisement {
            router: "fe80::1".parse().unwrap(),
            prefix: "fd00:99:0:1::".parse().unwrap(),
            router_lifetime: 1800,
            prefix_lifetime: 86_400,
            mtu: 1400,
        };
        let packet = advertisement.to_packet();
        let ip = IpView::parse(&packet).unwrap();
        assert_eq!((ip.protocol, ip.total_len), (protocol::ICMPV6, packet.len()));
        let body = &packet[IPV6_HEADER_LEN..];
        assert!(pseudo_header(ip.source, ip.destination, protocol::ICMPV6, body.len()).over(body).is_valid());
        assert_eq!(body[32..48], advertisement.prefix.octets());
    }

    #[test]
    fn a_solicitation_is_recognised_by_type_and_hop_limit() {
        let mut packet = vec![0x60, 0, 0, 0, 0, 8, protocol::ICMPV6, 255];
        packet.extend([0; 32]);
        packet.extend([SOLICITATION, 0, 0, 0, 0, 0, 0, 0]);
        assert!(is_router_solicitation(&packet));
        packet[7] = 254;
        assert!(!is_router_solicitation(&packet), "it came over a router");
        assert!(!is_router_solicitation(&packet[..20]));
    }
}
