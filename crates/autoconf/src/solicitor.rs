//! The host's side of router discovery: a prefix and an address out of it (RFC 4861 §6.3, RFC 4862).

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::time::Duration;

use clock::{Backoff, Timestamp};
use wire::ip::{Advertised, AdvertisedPrefix, router_solicitation};

/// Waits for an advertisement; three solicitations, as RFC 4861 §10 has it, but sooner than on a shared link.
const WAITS: Backoff = Backoff::new(Duration::from_secs(1), 200, Duration::from_secs(4), 3);

/// What a host has of IPv6 on its link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ipv6Host {
    /// Its address out of the router's prefix.
    pub address: Ipv6Addr,
    /// Its link-local address, from IPv6CP.
    pub link_local: Ipv6Addr,
    /// Whether the router leads to everywhere.
    pub default_route: bool,
    /// Name servers.
    pub dns: Vec<Ipv6Addr>,
}

/// Asks the router of a point-to-point link for a prefix, and keeps to what it says.
///
/// Feed it with [`Solicitor::handle_packet`] and [`Solicitor::handle_timeout`], then poll [`Solicitor::poll_transmit`] and
/// [`Solicitor::poll_change`] until they return `None`, then [`Solicitor::poll_timeout`].
#[derive(Debug)]
pub struct Solicitor {
    link_local: Ipv6Addr,
    waits: Backoff,
    /// When to ask, or to ask again.
    ask: Option<Timestamp>,
    prefix: Option<Ipv6Addr>,
    /// When the prefix has lived; none for never.
    prefix_ends: Option<Timestamp>,
    default_route: bool,
    /// When the router stops to be a default router.
    route_ends: Option<Timestamp>,
    dns: Vec<Ipv6Addr>,
    /// What the owner knows.
    told: Option<Ipv6Host>,
    transmits: VecDeque<Vec<u8>>,
    changes: VecDeque<Option<Box<Ipv6Host>>>,
}

impl Solicitor {
    /// Asks, for the host with this interface identifier, which IPv6CP has agreed on.
    pub fn begin(now: Timestamp, interface: u64) -> Solicitor {
        let mut solicitor = Solicitor {
            link_local: Ipv6Addr::from_bits((0xfe80 << 112) | u128::from(interface)),
            waits: WAITS,
            ask: Some(now),
            prefix: None,
            prefix_ends: None,
            default_route: false,
            route_ends: None,
            dns: Vec::new(),
            told: None,
            transmits: VecDeque::new(),
            changes: VecDeque::new(),
        };
        solicitor.handle_timeout(now);
        solicitor
    }

    /// Takes an IPv6 packet that came out of the link. What is no advertisement of a router on it counts for nothing.
    pub fn handle_packet(&mut self, now: Timestamp, packet: &[u8]) {
        let Ok(Some(advertised)) = Advertised::parse(packet) else { return };
        let route = Duration::from_secs(advertised.router_lifetime.into());
        self.default_route = !route.is_zero();
        self.route_ends = self.default_route.then_some(now + route);
        self.dns = advertised.name_servers.into_iter().filter(|&server| is_host(server)).collect();
        // A prefix of which the router says no more keeps its lifetime.
        let current = |prefix: &&AdvertisedPrefix| Some(network(prefix.prefix)) == self.prefix;
        let prefixes = advertised.prefixes;
        if let Some(prefix) = prefixes.iter().find(current).or_else(|| prefixes.iter().find(|prefix| is_usable(prefix)))
        {
            let usable = is_usable(prefix);
            self.prefix = usable.then_some(network(prefix.prefix));
            let forever = prefix.valid == u32::MAX;
            self.prefix_ends = (usable && !forever).then(|| now + Duration::from_secs(prefix.valid.into()));
        }
        // Long before the first of the two ends it is asked again, if the router has not spoken by then.
        let first = [self.prefix_ends, self.route_ends].into_iter().flatten().min();
        self.waits = WAITS;
        self.ask = first.map(|end| now + end.since(now) * 3 / 4);
        self.settle();
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.ask.is_some_and(|ask| ask <= now) {
            self.ask = self.waits.advance().map(|wait| {
                self.transmits.push_back(router_solicitation(self.link_local));
                now + wait
            });
        }
        if self.route_ends.take_if(|end| *end <= now).is_some() {
            self.default_route = false;
        }
        if self.prefix_ends.take_if(|end| *end <= now).is_some() {
            self.prefix = None;
        }
        self.settle();
    }

    /// The next IPv6 packet for the link.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmits.pop_front()
    }

    /// What the host has now, after a change; the inner `None` says that it has nothing any more.
    pub fn poll_change(&mut self) -> Option<Option<Box<Ipv6Host>>> {
        self.changes.pop_front()
    }

    /// When [`Solicitor::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        [self.ask, self.prefix_ends, self.route_ends].into_iter().flatten().min()
    }

    fn settle(&mut self) {
        let interface = self.link_local.to_bits() & u128::from(u64::MAX);
        let host = self.prefix.map(|prefix| Ipv6Host {
            address: Ipv6Addr::from_bits(prefix.to_bits() | interface),
            link_local: self.link_local,
            default_route: self.default_route,
            dns: self.dns.clone(),
        });
        if host != self.told {
            self.told.clone_from(&host);
            self.changes.push_back(host.map(Box::new));
        }
    }
}

/// Whether a host makes an address of this prefix (RFC 4862 §5.5.3): a /64 of addresses that hosts elsewhere can answer to.
fn is_usable(prefix: &AdvertisedPrefix) -> bool {
    prefix.autonomous && prefix.len == 64 && prefix.valid != 0 && is_host(network(prefix.prefix))
}

fn network(prefix: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(prefix.to_bits() >> 64 << 64)
}

/// Global or unique local: neither multicast nor link-local, nor ::/16, where loopback and IPv4 in disguise lie.
fn is_host(address: Ipv6Addr) -> bool {
    !address.is_multicast() && !address.is_unicast_link_local() && address.segments()[0] != 0
}

#[cfg(test)]
mod tests {
    use wire::ip::{RouterAdvertisement, is_router_solicitation};

    use super::*;

    const PREFIX: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x99, 0, 1, 0, 0, 0, 0);

    fn advertisement(prefix: Ipv6Addr, router_lifetime: u16, prefix_lifetime: u32) -> Vec<u8> {
        let router = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
        RouterAdvertisement { router, prefix, router_lifetime, prefix_lifetime, mtu: 1400 }.to_packet()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_host_makes_its_address_of_prefix_and_interface_identifier() {
        let mut solicitor = Solicitor::begin(at(0), 0x1234);
        assert!(is_router_solicitation(&solicitor.poll_transmit().unwrap()));
        solicitor.handle_packet(at(0), &advertisement(PREFIX, 1800, 7200));
        let host = solicitor.poll_change().unwrap().unwrap();
        assert_eq!(host.address.to_string(), "fd00:99:0:1::1234");
        assert_eq!((host.link_local.to_string(), host.default_route), ("fe80::1234".to_owned(), true));
        solicitor.handle_packet(at(10), &advertisement(PREFIX, 1800, 7200));
        assert_eq!(solicitor.poll_change(), None, "nothing has changed");
    }

    #[test]
    fn silence_ends_the_questions_and_an_advertisement_is_welcome_later() {
        let mut solicitor = Solicitor::begin(at(0), 1);
        let mut questions = 0;
        while let Some(due) = solicitor.poll_timeout() {
            questions += usize::from(solicitor.poll_transmit().is_some());
            solicitor.handle_timeout(due);
        }
        assert_eq!(questions, 3);
        solicitor.handle_packet(at(100), &advertisement(PREFIX, 1800, 7200));
        assert!(solicitor.poll_change().unwrap().is_some());
    }

    #[test]
    fn what_is_not_renewed_ends_after_it_was_asked_for_again() {
        let mut solicitor = Solicitor::begin(at(0), 1);
        solicitor.poll_transmit();
        solicitor.handle_packet(at(0), &advertisement(PREFIX, 100, 200));
        solicitor.poll_change();
        assert_eq!(solicitor.poll_timeout(), Some(at(75)));
        solicitor.handle_timeout(at(75));
        assert!(solicitor.poll_transmit().is_some());
        let mut changes = Vec::new();
        while let Some(due) = solicitor.poll_timeout() {
            solicitor.handle_timeout(due);
            changes.extend(solicitor.poll_change());
        }
        assert_eq!(changes.len(), 2);
        assert!(changes[0].as_ref().is_some_and(|host| !host.default_route), "the router first");
        assert_eq!(changes[1], None);
    }

    #[test]
    fn a_router_takes_back_what_it_gave() {
        let mut solicitor = Solicitor::begin(at(0), 1);
        solicitor.handle_packet(at(0), &advertisement(PREFIX, 1800, 7200));
        solicitor.handle_packet(at(1), &advertisement(PREFIX, 1800, 0));
        assert!(solicitor.poll_change().unwrap().is_some());
        assert_eq!(solicitor.poll_change(), Some(None));
    }

    #[test]
    fn no_address_is_made_of_what_no_host_has() {
        for prefix in ["fe80::", "ff02::", "::", "::ffff:0:0"] {
            let mut solicitor = Solicitor::begin(at(0), 1);
            solicitor.handle_packet(at(0), &advertisement(prefix.parse().unwrap(), 1800, 7200));
            assert_eq!(solicitor.poll_change(), None, "{prefix}");
        }
    }
}
