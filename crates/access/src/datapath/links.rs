//! What the data path knows of associations, peers and calls, and the commands that set it up.

use std::net::{Ipv4Addr, Ipv6Addr};

use clock::Timestamp;
use esp::{InboundSa, Keys, OutboundSa, Suite, UnusableKeys};
use ike::{IkeSaId, Path};
use policy::Prefix64;
use rand_core::CryptoRng;
use wire::l2tp::DataLayout;

use super::DataPath;

/// One client host, as its IPsec associations show it. Survives rekeying and a change of its outer address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PeerId(pub u64);

/// One L2TP call in the data path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u64);

/// How ESP travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encapsulation {
    /// As IP protocol 50.
    Raw,
    /// In UDP on port 4500 (RFC 3948).
    Udp,
}

/// One pair of associations as quick mode made it, ready to be installed.
#[derive(Clone, Debug)]
pub struct ChildLink {
    /// The IKE SA under which it was made.
    pub ike_sa: IkeSaId,
    /// Keys of what we receive.
    pub inbound: Keys,
    /// Keys of what we send.
    pub outbound: Keys,
    /// How it travels.
    pub encapsulation: Encapsulation,
    /// Between which addresses and outer ports.
    pub path: Path,
    /// Our inner UDP port; 1701.
    pub local_port: u16,
    /// The peer's inner UDP port, or zero when any is allowed (macOS uses an ephemeral one).
    pub remote_port: u16,
}

/// Octets and packets, both ways, of the inner IP packets of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Octets from the client.
    pub octets_in: u64,
    /// Octets to the client.
    pub octets_out: u64,
    /// Packets from the client.
    pub packets_in: u64,
    /// Packets to the client.
    pub packets_out: u64,
}

/// The receiving half of an association with what it is bound to.
pub(super) struct Inbound {
    pub(super) ike_sa: IkeSaId,
    pub(super) sa: InboundSa,
    pub(super) peer: PeerId,
    pub(super) encapsulation: Encapsulation,
    pub(super) local_port: u16,
    pub(super) remote_port: u16,
    /// The highest sequence number of an authentic packet.
    pub(super) newest: u32,
}

/// A peer's way out.
pub(super) struct Peer {
    /// Ways out, newest last.
    pub(super) outbound: Vec<Outbound>,
    pub(super) path: Path,
    pub(super) last_heard: Option<Timestamp>,
    /// When its last sign of life was passed on.
    pub(super) told_alive: Option<Timestamp>,
}

/// A way out.
pub(super) struct Outbound {
    /// The SPI of the receiving half; zero, which no association has, without IPsec.
    pub(super) pair: u32,
    pub(super) protection: Protection,
}

/// What becomes of a datagram on its way out.
#[expect(clippy::large_enum_variant, reason = "one for each peer, mostly the large one, and used for every packet")]
pub(super) enum Protection {
    /// It is sealed by an association.
    Esp(Association),
    /// Nothing: the datagram is the packet.
    None,
}

/// The sending half of an association.
pub(super) struct Association {
    pub(super) ike_sa: IkeSaId,
    pub(super) sa: OutboundSa,
    pub(super) encapsulation: Encapsulation,
    pub(super) local_port: u16,
    pub(super) remote_port: u16,
}

impl Outbound {
    pub(super) fn association(&self) -> Option<&Association> {
        match &self.protection {
            Protection::Esp(association) => Some(association),
            Protection::None => None,
        }
    }
}

/// IPv6 on a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ipv6Link {
    /// Our link-local address.
    pub local: Ipv6Addr,
    /// The peer's link-local address.
    pub remote: Ipv6Addr,
    /// The prefix out of which the client makes its addresses.
    pub prefix: Option<Prefix64>,
}

/// One L2TP call with its PPP framing.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose associations it uses.
    pub peer: PeerId,
    /// Whether we called: then the peer is the way to everywhere, and only the destination of what it sends is ours. Else it
    /// is a client, and only the source of what it sends is its own.
    pub dialled: bool,
    /// Tunnel and session id that we chose.
    pub local: (u16, u16),
    /// The L2TP header of what we send: the peer's ids, and whether it asked for sequence numbers.
    pub layout: DataLayout,
    /// The IKE SA under whose associations the client's last message came. What is for the client goes back there as long as
    /// there are any: who only claims to be the client again does not get it.
    pub via: Option<IkeSaId>,
    /// The next sequence number.
    pub next_ns: u16,
    /// The peer takes frames without address and control field.
    pub compress_address: bool,
    /// The peer takes one-octet protocol fields.
    pub compress_protocol: bool,
    /// The largest IP packet that the peer takes, for the MSS clamp.
    pub mtu: u16,
    /// The address assigned to the client, ours or the peer's, once IPCP is up.
    pub ipv4: Option<Ipv4Addr>,
    /// What IPv6CP agreed on, once it is up.
    pub ipv6: Option<Ipv6Link>,
    /// Counters.
    pub traffic: Traffic,
    /// When its last sign of life was passed on.
    pub told_alive: Option<Timestamp>,
}

impl Peer {
    /// The newest way out, of those under `via` if there are any.
    pub(super) fn way(&self, via: Option<IkeSaId>) -> Option<&Outbound> {
        let made_under = |outbound: &&Outbound, via| outbound.association().is_some_and(|esp| esp.ike_sa == via);
        let under = |via| self.outbound.iter().rev().find(|outbound| made_under(outbound, via));
        via.and_then(under).or(self.outbound.last())
    }
}

impl DataPath {
    /// Installs a pair of associations for `peer`; what is sent to it uses the newest pair.
    ///
    /// # Errors
    /// When the key lengths are not those of the suite.
    pub fn install_child(
        &mut self,
        peer: PeerId,
        child: &ChildLink,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), UnusableKeys> {
        let ChildLink { ike_sa, encapsulation, local_port, remote_port, path, .. } = *child;
        // A train is laid out for the association it will be sealed by.
        debug_assert!(self.trainer.is_empty(), "a batch is flushed before associations change");
        let pair = child.inbound.spi;
        let inbound = InboundSa::new(&child.inbound)?;
        let outbound = OutboundSa::new(&child.outbound, rng)?;
        self.inbound
            .insert(pair, Inbound { ike_sa, sa: inbound, peer, encapsulation, local_port, remote_port, newest: 0 });
        let entry =
            self.peers.entry(peer).or_insert(Peer { outbound: Vec::new(), path, last_heard: None, told_alive: None });
        entry.path = path;
        // Where the selectors leave the port open, the one in use is known already when a rekey is over.
        let known = entry.outbound.last().and_then(Outbound::association).map_or(0, |last| last.remote_port);
        let remote_port = if remote_port == 0 { known } else { remote_port };
        let association = Association { ike_sa, sa: outbound, encapsulation, local_port, remote_port };
        entry.outbound.push(Outbound { pair, protection: Protection::Esp(association) });
        Ok(())
    }

    /// Adds a peer that is reached at `path` without IPsec. [`DataPath::receive_unprotected`] is the way in.
    pub(crate) fn add_unprotected(&mut self, peer: PeerId, path: Path) {
        let outbound = vec![Outbound { pair: 0, protection: Protection::None }];
        self.peers.insert(peer, Peer { outbound, path, last_heard: None, told_alive: None });
    }

    /// Removes the pair whose receiving half has `spi`; returns whether `peer` has another one left.
    pub fn remove_child(&mut self, peer: PeerId, spi: u32) -> bool {
        self.inbound.remove(&spi);
        let Some(entry) = self.peers.get_mut(&peer) else { return false };
        entry.outbound.retain(|outbound| outbound.pair != spi);
        !entry.outbound.is_empty()
    }

    /// Forgets a peer and everything bound to it; returns its calls.
    pub fn remove_peer(&mut self, peer: PeerId) -> Vec<LinkId> {
        self.peers.remove(&peer);
        self.inbound.retain(|_, inbound| inbound.peer != peer);
        let links: Vec<_> = self.links.iter().filter(|(_, link)| link.peer == peer).map(|(&id, _)| id).collect();
        for &link in &links {
            self.remove_link(link);
        }
        links
    }

    /// Sends to `peer` along `path` from now on.
    pub fn move_peer(&mut self, peer: PeerId, path: Path) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.path = path;
        }
    }

    /// The transforms in use towards `peer`, and how they travel.
    pub fn suite(&self, peer: PeerId) -> Option<(Suite, Encapsulation)> {
        let newest = self.peers.get(&peer)?.outbound.last()?.association()?;
        Some((newest.sa.suite(), newest.encapsulation))
    }

    /// The path to `peer`.
    pub fn path(&self, peer: PeerId) -> Option<Path> {
        Some(self.peers.get(&peer)?.path)
    }

    /// Adds a call.
    pub fn add_link(&mut self, link: Link) -> LinkId {
        let id = LinkId(self.next_link);
        self.next_link += 1;
        self.calls.insert(link.local, id);
        self.links.insert(id, link);
        id
    }

    /// The state of a call.
    pub fn link(&self, id: LinkId) -> Option<&Link> {
        self.links.get(&id)
    }

    /// Sets how frames to the client may be framed, and the largest IP packet it takes.
    pub fn set_framing(&mut self, id: LinkId, compress_address: bool, compress_protocol: bool, mtu: u16) {
        if let Some(link) = self.links.get_mut(&id) {
            (link.compress_address, link.compress_protocol, link.mtu) = (compress_address, compress_protocol, mtu);
        }
    }

    /// Opens a call for IPv4 with the client at `address`, or closes it again.
    pub fn set_ipv4(&mut self, id: LinkId, address: Option<Ipv4Addr>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if let Some(old) = std::mem::replace(&mut link.ipv4, address)
            && self.by_address.get(&old) == Some(&id)
        {
            self.by_address.remove(&old);
        }
        if let Some(address) = address {
            self.by_address.insert(address, id);
        }
    }

    /// Opens a call for IPv6, or closes it again.
    pub fn set_ipv6(&mut self, id: LinkId, ipv6: Option<Ipv6Link>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let old = std::mem::replace(&mut link.ipv6, ipv6).and_then(|old| old.prefix);
        if let Some(old) = old
            && self.by_prefix.get(&old) == Some(&id)
        {
            self.by_prefix.remove(&old);
        }
        if let Some(prefix) = ipv6.and_then(|ipv6| ipv6.prefix) {
            self.by_prefix.insert(prefix, id);
        }
    }

    /// Gives the client of a call that is open for IPv6 its prefix, or takes it back.
    pub fn set_prefix(&mut self, id: LinkId, prefix: Option<Prefix64>) {
        let ipv6 = self.links.get(&id).and_then(|link| link.ipv6);
        self.set_ipv6(id, ipv6.map(|ipv6| Ipv6Link { prefix, ..ipv6 }));
    }

    /// Removes a call; returns its last state.
    pub fn remove_link(&mut self, id: LinkId) -> Option<Link> {
        self.set_ipv4(id, None);
        self.set_ipv6(id, None);
        let link = self.links.remove(&id)?;
        if self.calls.get(&link.local) == Some(&id) {
            self.calls.remove(&link.local);
        }
        Some(link)
    }
}
