//! A virtual network in virtual time: hosts, links that lose and reorder, NAT, capture files.
//!
//! A [`Network`] knows nothing of VPNs. A test sends packets for its hosts, advances time to [`Network::next_event`] and takes
//! what arrives. Every run with the same seed and the same calls is the same run.
//!
//! ```
//! use clock::Timestamp;
//! use sim::{Link, Network, Packet};
//!
//! let mut network = Network::new(1);
//! let client = network.add_host(Network::INTERNET, &["198.51.100.7".parse()?], Link::default());
//! let server = network.add_host(Network::INTERNET, &["203.0.113.1".parse()?], Link::default());
//! network.tap(server);
//! let packet = Packet::udp("198.51.100.7:500".parse()?, "203.0.113.1:500".parse()?, b"hello");
//! network.send(Timestamp::ZERO, client, packet.clone());
//! let arrived = loop {
//!     // Not every event is an arrival at a host: packets cross lines and NAT boxes on their way.
//!     let now = network.next_event().expect("the packet is on its way");
//!     if let Some(arrived) = network.poll(now) {
//!         break arrived;
//!     }
//! };
//! assert_eq!(arrived, (server, packet));
//! assert_eq!(network.capture(server).expect("it is tapped").len(), 1);
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

mod capture;
mod dice;
mod firewall;
mod link;
mod nat;
mod network;
mod packet;

#[cfg(test)]
mod tests;

pub use capture::Capture;
pub use firewall::{Direction, Rule};
pub use link::{Link, Oversize};
pub use nat::{EspHandling, Filtering, Mapping, NatConfig};
pub use network::{DropReason, Network, NodeId, SegmentId};
pub use packet::{Packet, Protocol, Unreachable};
