//! A NAT box by its behaviours in the words of RFC 4787.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clock::Timestamp;

use crate::Packet;
use crate::dice::Dice;

/// How a NAT box behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NatConfig {
    /// Which outer port a new destination gets.
    pub mapping: Mapping,
    /// Who may answer to a mapping.
    pub filtering: Filtering,
    /// Life of a mapping without a packet from inside; RFC 4787 wants at least two minutes, many boxes have less.
    pub timeout: Duration,
    /// Whether the outer port is the inner one where it is free. IKE depends on it more than it should.
    pub preserve_ports: bool,
    /// What becomes of bare ESP.
    pub esp: EspHandling,
}

/// Which outer port a new destination gets (RFC 4787 §4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mapping {
    /// The same for all destinations.
    EndpointIndependent,
    /// A new one for each destination and port.
    AddressAndPortDependent,
}

/// Who may answer to a mapping (RFC 4787 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filtering {
    /// Everybody.
    EndpointIndependent,
    /// Addresses that the inner host has sent to.
    AddressDependent,
    /// Addresses and ports that the inner host has sent to.
    AddressAndPortDependent,
}

/// What a NAT box does with ESP, which has no ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EspHandling {
    /// It is dropped.
    Drop,
    /// "IPsec passthrough": what comes from a server goes to the inner host that last sent to it.
    Passthrough,
}

/// The usual home router: endpoint-independent mapping, strict filtering, preserved ports, no ESP.
impl Default for NatConfig {
    fn default() -> Self {
        NatConfig {
            mapping: Mapping::EndpointIndependent,
            filtering: Filtering::AddressAndPortDependent,
            timeout: Duration::from_secs(120),
            preserve_ports: true,
            esp: EspHandling::Drop,
        }
    }
}

/// The state of a NAT box.
#[derive(Clone, Debug)]
pub(crate) struct Nat {
    pub(crate) config: NatConfig,
    address: IpAddr,
    /// By inner end and, if mappings depend on it, destination.
    ports: HashMap<(SocketAddr, Option<SocketAddr>), u16>,
    entries: HashMap<u16, Entry>,
    /// The inner host that last sent ESP to a server.
    esp: HashMap<IpAddr, (IpAddr, Timestamp)>,
}

#[derive(Clone, Debug)]
struct Entry {
    inner: SocketAddr,
    key: (SocketAddr, Option<SocketAddr>),
    expires: Timestamp,
    /// Where the inner host has sent to.
    contacted: Vec<SocketAddr>,
}

impl Nat {
    pub(crate) fn new(config: NatConfig, address: IpAddr) -> Self {
        Nat { config, address, ports: HashMap::new(), entries: HashMap::new(), esp: HashMap::new() }
    }

    /// Forgets every mapping, as after a restart; the next packets from inside get other ports.
    pub(crate) fn forget(&mut self, address: IpAddr) {
        *self = Nat::new(self.config, address);
    }

    /// The outer port of an inner end, if it has a mapping.
    pub(crate) fn outer_port(&self, now: Timestamp, inner: SocketAddr) -> Option<u16> {
        let live = |(port, entry): (&u16, &Entry)| (entry.inner == inner && entry.expires > now).then_some(*port);
        self.entries.iter().filter_map(live).min()
    }

    /// Translates a packet from inside, or drops it.
    pub(crate) fn outbound(&mut self, now: Timestamp, dice: &mut Dice, packet: Packet) -> Option<Packet> {
        match packet {
            Packet::Udp { src, dst, payload } => {
                let port = self.map(now, dice, src, dst)?;
                Some(Packet::Udp { src: SocketAddr::new(self.address, port), dst, payload })
            }
            Packet::Esp { src, dst, payload } => match self.config.esp {
                EspHandling::Drop => None,
                EspHandling::Passthrough => {
                    self.esp.insert(dst, (src, now + self.config.timeout));
                    Some(Packet::Esp { src: self.address, dst, payload })
                }
            },
            // An inner host reports on a packet that came in through a mapping: its address as the world knows it.
            Packet::Unreachable { dst, reason, original, .. } => {
                let original = match *original {
                    Packet::Udp { src, dst, payload } => {
                        let port = self.outer_port(now, dst)?;
                        Packet::Udp { src, dst: SocketAddr::new(self.address, port), payload }
                    }
                    Packet::Esp { src, payload, .. } => Packet::Esp { src, dst: self.address, payload },
                    Packet::Unreachable { .. } => return None,
                };
                Some(Packet::Unreachable { src: self.address, dst, reason, original: Box::new(original) })
            }
        }
    }

    /// Translates a packet from outside, or drops it.
    pub(crate) fn inbound(&mut self, now: Timestamp, packet: Packet) -> Option<Packet> {
        match packet {
            Packet::Udp { src, dst, payload } => {
                let entry = self.entries.get(&dst.port()).filter(|entry| entry.expires > now)?;
                let allowed = match self.config.filtering {
                    Filtering::EndpointIndependent => true,
                    Filtering::AddressDependent => entry.contacted.iter().any(|known| known.ip() == src.ip()),
                    Filtering::AddressAndPortDependent => entry.contacted.contains(&src),
                };
                allowed.then_some(Packet::Udp { src, dst: entry.inner, payload })
            }
            Packet::Esp { src, payload, .. } => {
                let &(inner, _) = self.esp.get(&src).filter(|(_, expires)| *expires > now)?;
                Some(Packet::Esp { src, dst: inner, payload })
            }
            Packet::Unreachable { src, reason, original, .. } => {
                let original = match *original {
                    Packet::Udp { src, dst, payload } => {
                        let entry = self.entries.get(&src.port()).filter(|entry| entry.expires > now)?;
                        Packet::Udp { src: entry.inner, dst, payload }
                    }
                    Packet::Esp { dst, payload, .. } => Packet::Esp { src: self.esp.get(&dst)?.0, dst, payload },
                    Packet::Unreachable { .. } => return None,
                };
                let dst = original.source();
                Some(Packet::Unreachable { src, dst, reason, original: Box::new(original) })
            }
        }
    }

    /// The outer port for a packet from `inner` to `remote`, which keeps its mapping alive (RFC 4787 §4.3).
    fn map(&mut self, now: Timestamp, dice: &mut Dice, inner: SocketAddr, remote: SocketAddr) -> Option<u16> {
        let key = match self.config.mapping {
            Mapping::EndpointIndependent => (inner, None),
            Mapping::AddressAndPortDependent => (inner, Some(remote)),
        };
        self.expire(now);
        let port = match self.ports.get(&key) {
            Some(&port) => port,
            None => self.allocate(dice, inner.port())?,
        };
        self.ports.insert(key, port);
        let expires = now + self.config.timeout;
        let entry = self.entries.entry(port).or_insert(Entry { inner, key, expires, contacted: Vec::new() });
        entry.expires = expires;
        if !entry.contacted.contains(&remote) {
            entry.contacted.push(remote);
        }
        Some(port)
    }

    fn expire(&mut self, now: Timestamp) {
        let ports = &mut self.ports;
        self.entries.retain(|_, entry| {
            let live = entry.expires > now;
            if !live {
                ports.remove(&entry.key);
            }
            live
        });
    }

    fn allocate(&self, dice: &mut Dice, inner: u16) -> Option<u16> {
        let free = |port: &u16| !self.entries.contains_key(port);
        if self.config.preserve_ports && free(&inner) {
            return Some(inner);
        }
        let range = u64::from(u16::MAX) - 1023;
        let start = dice.below(range);
        (0..range).map(|step| 1024 + ((start + step) % range) as u16).find(free)
    }
}
