//! What keeps a tunnel and the network around this host apart: the packet filter, and the exceptions from a full tunnel.

use std::net::IpAddr;

use net::netlink::{InterfaceAddress, Link, Netlink, Prefix, Route};
use net::nft::{Neighbours, Nft, NftError, Seal, Shield};

use super::host::MARK;

/// The shield around the tunnel's device, and in a full tunnel the routes to the neighbours that are excepted from it. Dropping it
/// removes the shield; the routes are for [`Guard::release`].
pub(super) struct Guard {
    /// None when the kernel has no nf_tables, or refuses.
    nft: Option<Nft>,
    /// What stands now.
    shield: Shield,
    device: u32,
    /// How much of a full tunnel there is.
    scope: Scope,
    /// Routes to the neighbours.
    beside: Vec<Route>,
}

/// What a tunnel is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Some networks; everything else goes its own way.
    Some,
    /// Everything, by the routes in this table.
    All { table: u32, lan: Lan },
}

/// Whether a full tunnel leaves the networks alone that this host is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lan {
    /// It does not.
    Closed,
    /// It does, but for what overlaps these networks, which were named as being inside.
    Open { but: Vec<Prefix> },
}

impl Guard {
    /// Nothing is guarded yet.
    pub(super) fn new(device: u32, name: &str) -> Guard {
        let shield = Shield { device: name.to_owned(), addresses: Vec::new(), seal: None };
        Guard { nft: None, shield, device, scope: Scope::Some, beside: Vec::new() }
    }

    /// Closes a full tunnel: from now on nothing else leaves.
    pub(super) fn seal(&mut self, netlink: &mut Netlink, table: u32, lan: Lan) -> Result<(), NftError> {
        self.scope = Scope::All { table, lan };
        self.shield.seal = Some(Seal { unless_mark: MARK, neighbours: Vec::new() });
        let neighbours = self.neighbours(netlink);
        self.shield.seal = Some(Seal { unless_mark: MARK, neighbours });
        self.install()
    }

    /// From now on these addresses are reached through the tunnel only.
    pub(super) fn protect(&mut self, addresses: Vec<IpAddr>) -> Result<(), NftError> {
        if self.nft.is_some() && self.shield.addresses == addresses {
            return Ok(());
        }
        self.shield.addresses = addresses;
        self.install()
    }

    /// Looks who the neighbours are now: a laptop moves.
    pub(super) fn follow(&mut self, netlink: &mut Netlink) {
        if !matches!(self.scope, Scope::All { lan: Lan::Open { .. }, .. }) {
            return;
        }
        let neighbours = self.neighbours(netlink);
        let Some(seal) = &mut self.shield.seal else { return };
        if seal.neighbours != neighbours {
            seal.neighbours = neighbours;
            // What was told at the beginning holds.
            let _ = self.install();
        }
    }

    /// The networks beside the tunnel, for people.
    pub(super) fn open_to(&self) -> Vec<String> {
        let seal = self.shield.seal.iter();
        seal.flat_map(|seal| &seal.neighbours)
            .map(|neighbours| format!("{} ({})", neighbours.network, neighbours.interface))
            .collect()
    }

    /// Removes the routes.
    pub(super) fn release(&mut self, netlink: &mut Netlink) {
        for route in self.beside.drain(..) {
            let _ = netlink.remove_route(&route);
        }
        if let Some(mut nft) = self.nft.take() {
            let _ = nft.remove_shield(&self.shield.device);
        }
    }

    fn install(&mut self) -> Result<(), NftError> {
        let nft = match &mut self.nft {
            Some(nft) => nft,
            slot => slot.insert(Nft::open()?),
        };
        let made = nft.shield(&self.shield);
        if made.is_err() {
            self.nft = None;
        }
        made
    }

    /// Finds the neighbours and sees to the routes to them.
    fn neighbours(&mut self, netlink: &mut Netlink) -> Vec<Neighbours> {
        let Scope::All { table, lan: Lan::Open { but } } = &self.scope else { return Vec::new() };
        // Without an answer it stays as it is: the network is in motion, and the next look is near.
        let (Ok(links), Ok(addresses)) = (netlink.links(), netlink.addresses()) else {
            return self.shield.seal.iter().flat_map(|seal| seal.neighbours.clone()).collect();
        };
        let attached = attached(&links, &addresses, self.device, but);
        let routes: Vec<_> = attached.iter().map(|attached| attached.route(*table)).collect();
        for old in self.beside.extract_if(.., |old| !routes.contains(old)) {
            let _ = netlink.remove_route(&old);
        }
        for route in routes {
            if !self.beside.contains(&route) && netlink.add_route(&route).is_ok() {
                self.beside.push(route);
            }
        }
        attached.into_iter().map(|attached| attached.neighbours).collect()
    }
}

/// A network that this host is attached to, and its own address there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attached {
    neighbours: Neighbours,
    interface: u32,
    address: IpAddr,
}

impl Attached {
    fn route(&self, table: u32) -> Route {
        let source = Some(self.address).filter(IpAddr::is_ipv4);
        Route { table, source, ..Route::on_link(self.neighbours.network, self.interface) }
    }
}

/// The private networks that this host has an address in. By addresses and not by routes: an access point that hands out routes,
/// or calls a public network its own, gains nothing (CVE-2024-3661, CVE-2023-36672).
fn attached(links: &[Link], addresses: &[InterfaceAddress], tunnel: u32, but: &[Prefix]) -> Vec<Attached> {
    let mut all: Vec<Attached> = Vec::new();
    for address in addresses.iter().filter(|address| address.interface != tunnel && address.peer.is_none()) {
        let Some(link) = links.iter().find(|link| link.index == address.interface && link.up && link.name != "lo")
        else {
            continue;
        };
        let Some(network) = Prefix::new(address.address, address.prefix_len) else { continue };
        let alone = network == Prefix::host(address.address);
        let known = all.iter().any(|known| known.neighbours.network == network);
        if !alone && !known && is_private(&network) && !but.iter().any(|inside| overlap(inside, &network)) {
            let neighbours = Neighbours { network, interface: link.name.clone() };
            all.push(Attached { neighbours, interface: link.index, address: address.address });
        }
    }
    all
}

/// Whether all of a network is private: RFC 1918 §3, RFC 3927 §2.1, RFC 4193 §3.1. Link-local IPv6 needs no route: whoever uses it
/// names the interface.
pub(super) fn is_private(network: &Prefix) -> bool {
    let lies_in = |first: IpAddr, len| {
        network.prefix_len() >= len && Prefix::new(network.address(), len) == Prefix::new(first, len)
    };
    let private: [(IpAddr, u8); 5] = [
        ([10, 0, 0, 0].into(), 8),
        ([172, 16, 0, 0].into(), 12),
        ([192, 168, 0, 0].into(), 16),
        ([169, 254, 0, 0].into(), 16),
        ([0xfc00, 0, 0, 0, 0, 0, 0, 0].into(), 7),
    ];
    private.into_iter().any(|(first, len)| lies_in(first, len))
}

fn overlap(a: &Prefix, b: &Prefix) -> bool {
    let len = a.prefix_len().min(b.prefix_len());
    a.address().is_ipv4() == b.address().is_ipv4() && Prefix::new(a.address(), len) == Prefix::new(b.address(), len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        let (address, len) = text.split_once('/').unwrap();
        Prefix::new(address.parse().unwrap(), len.parse().unwrap()).unwrap()
    }

    #[test]
    fn only_networks_that_are_private_as_a_whole_count_as_local() {
        for network in
            ["10.0.0.0/8", "10.1.2.0/24", "172.16.0.0/12", "192.168.178.0/24", "169.254.0.0/16", "fd00:1::/64"]
        {
            assert!(is_private(&prefix(network)), "{network}");
        }
        for network in ["0.0.0.0/0", "8.0.0.0/6", "172.16.0.0/11", "192.168.0.0/15", "100.64.0.0/10", "198.51.100.0/24"]
        {
            assert!(!is_private(&prefix(network)), "{network}");
        }
        for network in ["::/0", "2001:db8::/64", "fe80::/64", "f800::/5"] {
            assert!(!is_private(&prefix(network)), "{network}");
        }
    }

    #[test]
    fn a_public_network_and_one_that_was_named_as_inside_are_no_neighbours() {
        let link = |index, name: &str| Link { index, name: name.to_owned(), up: true, mtu: 1500, txqueuelen: 1000 };
        let links = [link(1, "lo"), link(2, "wlan0"), link(3, "causeway0")];
        let address = |interface, text: &str, prefix_len| InterfaceAddress {
            interface,
            address: text.parse().unwrap(),
            prefix_len,
            peer: None,
        };
        let addresses = [
            address(1, "127.0.0.1", 8),
            address(2, "192.168.1.7", 24),
            address(2, "198.51.100.7", 16),
            address(2, "10.1.0.7", 16),
            address(2, "10.2.0.7", 32),
            address(3, "172.16.0.7", 24),
        ];
        let names = |but: &[Prefix]| {
            let attached = attached(&links, &addresses, 3, but);
            attached.iter().map(|attached| attached.neighbours.network.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["192.168.1.0/24", "10.1.0.0/16"]);
        assert_eq!(names(&[prefix("10.0.0.0/8")]), ["192.168.1.0/24"]);
        assert_eq!(names(&[prefix("10.1.7.0/24")]), ["192.168.1.0/24"]);
    }
}
