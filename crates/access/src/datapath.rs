//! The way of a packet, socket to TUN and back.
//!
//! In: [`DataPath::receive`] classifies by SPI, opens a batch, checks the inner ports, hands control messages up as [`Punt`]s
//! and data to the coalescer. Out: [`DataPath::transmit`] finds the session of a packet's destination, cuts the packet into a
//! train, which [`DataPath::flush`] seals and sends. One worker owns all of this; there are no locks.
//!
//! What strangers send ends as a counted [`Dropped`], never as an error, and a bad packet never stops its batch.

mod admission;
mod coalesce;
mod counters;
mod inbound;
mod links;
mod outbound;
mod segment;

#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use counters::{Dropped, Drops};
pub use links::{ChildLink, Encapsulation, Ipv6Link, Link, LinkId, PeerId, Traffic};
pub use segment::Segments;

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use clock::Timestamp;
use policy::Prefix64;

use coalesce::Coalescer;
use links::{Inbound, Peer};
use outbound::Trainer;

/// A control message that the data path hands up. What it says is authentic as far as its association is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Punt {
    /// An L2TP control message that came in through an association of `peer`.
    L2tp {
        /// Whose association it was.
        peer: PeerId,
        /// The UDP payload.
        message: Vec<u8>,
    },
    /// A client asks for its IPv6 prefix.
    RouterSolicitation {
        /// The call it came in on.
        link: LinkId,
    },
    /// A server advertises itself as a router.
    RouterAdvertisement {
        /// The call it came in on.
        link: LinkId,
        /// The IPv6 packet.
        packet: Vec<u8>,
    },
    /// An IP packet of DHCP: a client's question, or a server's answer.
    Dhcp {
        /// The call it came in on.
        link: LinkId,
        /// The packet.
        packet: Vec<u8>,
    },
    /// A PPP frame that is not data.
    Ppp {
        /// The call it came in on.
        link: LinkId,
        /// The frame, from its address field or protocol on.
        frame: Vec<u8>,
    },
}

/// A peer that an authentic ESP packet showed at another address or port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Who.
    pub peer: PeerId,
    /// The association that the packet came in on.
    pub spi: u32,
    /// Where it came from.
    pub path: ike::Path,
}

/// A sign of life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alive {
    /// From the association with this SPI of ours.
    Association(u32),
    /// An IP packet of this call.
    Call(LinkId),
}

/// How often a sign of life is passed on: often enough for the timers that it holds off.
const ALIVE_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// Associations, calls and counters of one worker.
#[derive(Default)]
pub struct DataPath {
    inbound: HashMap<u32, Inbound>,
    peers: HashMap<PeerId, Peer>,
    links: HashMap<LinkId, Link>,
    calls: HashMap<(u16, u16), LinkId>,
    by_address: HashMap<Ipv4Addr, LinkId>,
    by_prefix: HashMap<Prefix64, LinkId>,
    next_link: u64,
    admission: Admission,
    /// Whether clients' DHCP questions are handed up.
    informs: bool,
    drops: Drops,
    punts: Vec<Punt>,
    moved: Vec<Moved>,
    alive: Vec<Alive>,
    coalescer: Coalescer,
    trainer: Trainer,
    opened: Vec<Result<esp::Opened, esp::Drop>>,
    packets: Vec<Range<usize>>,
}

impl DataPath {
    /// An empty data path for clients whose addresses lie where `admission` says.
    pub fn new(admission: Admission) -> DataPath {
        DataPath { admission, ..DataPath::default() }
    }

    /// Whether clients' questions by DHCP are handed up from now on. Otherwise they are packets like any other. What a server that
    /// we dialled sends from a DHCP server's port always is.
    pub fn set_informs(&mut self, informs: bool) {
        self.informs = informs;
    }

    /// Whether there are control messages or moved peers to take.
    pub fn has_news(&self) -> bool {
        !self.punts.is_empty() || !self.moved.is_empty() || !self.alive.is_empty()
    }

    /// Takes the control messages that arrived since the last call.
    pub fn take_punts(&mut self) -> Vec<Punt> {
        std::mem::take(&mut self.punts)
    }

    /// Takes the peers whose address or port changed, as their authentic packets showed (RFC 3948 §3.1.2, NAT rebinding).
    pub fn take_moved(&mut self) -> Vec<Moved> {
        std::mem::take(&mut self.moved)
    }

    /// Takes the signs of life since the last call; from each association and each call at most one every few seconds.
    pub fn take_alive(&mut self) -> Vec<Alive> {
        std::mem::take(&mut self.alive)
    }

    /// A packet was dropped before it came here.
    pub(crate) fn count_drop(&mut self, reason: Dropped) {
        self.drops.count(reason);
    }

    /// Packets dropped so far, by reason.
    pub fn drops(&self) -> &Drops {
        &self.drops
    }

    /// How much is installed: receiving associations, peers with a way out, calls.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.inbound.len(), self.peers.len(), self.links.len())
    }

    /// When the last authentic packet of `peer` came in.
    pub fn last_heard(&self, peer: PeerId) -> Option<Timestamp> {
        self.peers.get(&peer)?.last_heard
    }
}
