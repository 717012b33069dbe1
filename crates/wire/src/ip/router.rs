//! Router advertisements (RFC 4861 §4.2), by which a PPP peer learns its IPv6 prefix: IPv6CP agrees on interface identifiers only.

use std::net::{IpAddr, Ipv6Addr};

use super::{IPV6_HEADER_LEN, IpView, protocol, pseudo_header};
use crate::{Layer, Malformed, Problem, Reader};

/// ICMPv6 type of a router solicitation.
const SOLICITATION: u8 = 133;

/// ICMPv6 type of a router advertisement.
const ADVERTISEMENT: u8 = 134;

/// All nodes on the link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// All routers on the link.
const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// Option of a prefix (RFC 4861 §4.6.2).
const PREFIX: u8 = 3;

/// Option of the MTU (RFC 4861 §4.6.4).
const MTU: u8 = 5;

/// Option of name servers (RFC 8106 §5.1).
const NAME_SERVERS: u8 = 25;

/// Items of a kind that are read from one advertisement.
const ITEMS_MAX: usize = 16;

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
        icmp_packet(self.router, ALL_NODES, body)
    }
}

/// A prefix in an advertisement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdvertisedPrefix {
    /// Its first address, perhaps with bits behind it.
    pub prefix: Ipv6Addr,
    /// Leading bits.
    pub len: u8,
    /// Hosts may make addresses of it.
    pub autonomous: bool,
    /// For how long such addresses may be used, in seconds; `u32::MAX` is forever.
    pub valid: u32,
}

/// An advertisement as any router on a link may send it, as far as a host on a point-to-point link has to know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advertised {
    /// The router's link-local address.
    pub router: Ipv6Addr,
    /// For how long it is a default router, in seconds; zero when it is none.
    pub router_lifetime: u16,
    /// Its prefixes.
    pub prefixes: Vec<AdvertisedPrefix>,
    /// Name servers; one whose lifetime is zero is left out.
    pub name_servers: Vec<Ipv6Addr>,
    /// The largest packet on the link, in octets.
    pub mtu: Option<u32>,
}

impl Advertised {
    /// Reads an IPv6 packet; `None` when it is no advertisement, or one that a host has to ignore because it did not come from a
    /// router on the link or is damaged (RFC 4861 §6.1.2).
    ///
    /// # Errors
    /// An option of no length, or one that is cut short.
    pub fn parse(packet: &[u8]) -> Result<Option<Advertised>, Malformed> {
        let Some((router, body)) = advertisement(packet) else { return Ok(None) };
        let mut reader = Reader::new(Layer::Icmpv6, body);
        reader.bytes("type, code, checksum, hop limit, flags", 6)?;
        let router_lifetime = reader.u16("router lifetime")?;
        reader.u64("timers")?;
        let (prefixes, name_servers) = (Vec::new(), Vec::new());
        let mut advertised = Advertised { router, router_lifetime, prefixes, name_servers, mtu: None };
        while !reader.is_empty() {
            let kind = reader.u8("option type")?;
            let len = usize::from(reader.u8("option length")?) * 8;
            let Some(len) = len.checked_sub(2) else {
                return Err(reader.error("option length", Problem::BadLength { got: 0, min: 1, max: 255 }));
            };
            advertised.take_option(kind, reader.split("option", len)?)?;
        }
        Ok(Some(advertised))
    }

    fn take_option(&mut self, kind: u8, mut option: Reader<'_>) -> Result<(), Malformed> {
        match kind {
            PREFIX if self.prefixes.len() < ITEMS_MAX => {
                let len = option.u8("prefix length")?;
                let autonomous = option.u8("flags")? & 0x40 != 0;
                let valid = option.u32("valid lifetime")?;
                option.u64("preferred lifetime")?;
                let prefix = option.array::<16>("prefix")?.into();
                self.prefixes.push(AdvertisedPrefix { prefix, len, autonomous, valid });
            }
            MTU => {
                option.u16("reserved")?;
                self.mtu = Some(option.u32("mtu")?);
            }
            NAME_SERVERS => {
                option.u16("reserved")?;
                let alive = option.u32("lifetime")? != 0;
                while !option.is_empty() {
                    let server = option.array::<16>("name server")?.into();
                    if alive && self.name_servers.len() < ITEMS_MAX {
                        self.name_servers.push(server);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether an IPv6 packet is a router advertisement that a host may believe.
pub fn is_router_advertisement(packet: &[u8]) -> bool {
    advertisement(packet).is_some()
}

/// A router solicitation of the host with this link-local address, as an IPv6 packet to all routers.
pub fn router_solicitation(host: Ipv6Addr) -> Vec<u8> {
    // Without the option of a link-layer address: there is none.
    icmp_packet(host, ALL_ROUTERS, vec![SOLICITATION, 0, 0, 0, 0, 0, 0, 0])
}

/// The sender and the ICMPv6 message of a valid advertisement.
fn advertisement(packet: &[u8]) -> Option<(Ipv6Addr, &[u8])> {
    let ip = IpView::parse(packet).ok().filter(|ip| ip.protocol == protocol::ICMPV6)?;
    let (IpAddr::V6(source), IpAddr::V6(_)) = (ip.source, ip.destination) else { return None };
    let message = packet.get(IPV6_HEADER_LEN..ip.total_len)?;
    let on_link = packet.get(7) == Some(&255) && source.is_unicast_link_local();
    let is_one = matches!(message, [ADVERTISEMENT, 0, ..]) && message.len() >= 16;
    let sound = || pseudo_header(ip.source, ip.destination, protocol::ICMPV6, message.len()).over(message).is_valid();
    (on_link && is_one && sound()).then_some((source, message))
}

/// An ICMPv6 message, whose checksum is still missing, as a packet. Hop limit 255 shows that no router forwarded it
/// (RFC 4861 §6.1.1, §6.1.2).
fn icmp_packet(source: Ipv6Addr, destination: Ipv6Addr, mut body: Vec<u8>) -> Vec<u8> {
    let sum = pseudo_header(source.into(), destination.into(), protocol::ICMPV6, body.len());
    let checksum = sum.over(&body).finish();
    body[2..4].copy_from_slice(&checksum.to_be_bytes());
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((body.len() as u16).to_be_bytes());
    packet.extend([protocol::ICMPV6, 255]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(body);
    packet
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
    fn an_advertisement_is_read_as_it_was_written() {
        let (router, prefix) = ("fe80::1".parse().unwrap(), "fd00:99:0:1::".parse().unwrap());
        let written = RouterAdvertisement { router, prefix, router_lifetime: 1800, prefix_lifetime: 86_400, mtu: 1400 };
        let packet = written.to_packet();
        let read = Advertised::parse(&packet).unwrap().unwrap();
        let prefix = AdvertisedPrefix { prefix, len: 64, autonomous: true, valid: 86_400 };
        assert_eq!((read.router, read.router_lifetime, read.mtu), (router, 1800, Some(1400)));
        assert_eq!((read.prefixes, read.name_servers), (vec![prefix], Vec::new()));
        for (at, octet) in [(7, 254), (8, 0xfd), (40, 133), (41, 1), (44, 1)] {
            let mut other = packet.clone();
            other[at] = octet;
            assert_eq!(Advertised::parse(&other), Ok(None), "octet {at}");
        }
    }

    #[test]
    fn name_servers_are_read_and_an_option_without_length_is_refused() {
        let with = |options: &[u8]| {
            let body = [&[ADVERTISEMENT, 0, 0, 0, 64, 0, 0, 0][..], &[0; 8], options].concat();
            Advertised::parse(&icmp_packet("fe80::1".parse().unwrap(), ALL_NODES, body))
        };
        let server: Ipv6Addr = "fd00::53".parse().unwrap();
        let option = |lifetime: u8| [&[NAME_SERVERS, 3, 0, 0, 0, 0, 0, lifetime][..], &server.octets()].concat();
        assert_eq!(with(&option(60)).unwrap().unwrap().name_servers, [server]);
        assert!(with(&option(0)).unwrap().unwrap().name_servers.is_empty());
        assert_eq!(with(&[200, 0, 0, 0, 0, 0, 0, 0]).unwrap_err().field, "option length");
        assert_eq!(with(&[PREFIX, 4, 64, 0x40]).unwrap_err().field, "option");
    }

    #[test]
    fn our_solicitation_is_one() {
        let packet = router_solicitation("fe80::2".parse().unwrap());
        assert!(is_router_solicitation(&packet));
        let ip = IpView::parse(&packet).unwrap();
        let body = &packet[IPV6_HEADER_LEN..];
        assert!(pseudo_header(ip.source, ip.destination, protocol::ICMPV6, body.len()).over(body).is_valid());
    }

    proptest::proptest! {
        #[test]
        fn no_options_panic_the_parser(options in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let body = [&[ADVERTISEMENT, 0, 0, 0, 64, 0, 0, 0][..], &[0; 8], &options].concat();
            let _ = Advertised::parse(&icmp_packet("fe80::1".parse().unwrap(), ALL_NODES, body));
        }
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
