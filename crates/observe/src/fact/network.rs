//! What can be seen of the path, before, under and through a tunnel.

use std::net::{IpAddr, Ipv4Addr};

use crate::Party;

/// A fact of the path.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A name does not resolve.
    NameUnknown {
        /// The name.
        name: String,
    },
    /// A name resolves to these.
    NameResolved {
        /// The name.
        name: String,
        /// Its addresses.
        addresses: Vec<IpAddr>,
    },
    /// There is no route to the server.
    NoRoute {
        /// Where to.
        to: Option<IpAddr>,
    },
    /// A datagram was refused by ICMP.
    Icmp {
        /// What it says.
        kind: Icmp,
        /// Who said it.
        from: Option<IpAddr>,
        /// The destination port of the refused packet: 500, 4500, 1701, 1723; `None` for other protocols.
        port: Option<u16>,
        /// The protocol number of the refused packet.
        protocol: u8,
    },
    /// Whatever was sent to an address, nothing came back: no answer and no error, at any port.
    Silent {
        /// The address.
        to: IpAddr,
    },
    /// Nothing came back from one UDP port, while another one of the same host answered.
    PortSilent {
        /// The port: 500, 4500.
        port: u16,
    },
    /// Through a tunnel that is up, nothing came back from an address behind the server.
    Unreached {
        /// The address.
        to: IpAddr,
    },
    /// The result of pinging an address.
    Ping {
        /// Which.
        to: IpAddr,
        /// Octets of payload.
        size: u16,
        /// Requests.
        sent: u32,
        /// Replies.
        received: u32,
        /// Whether a router or the host itself said that the packet is too big.
        too_big: bool,
    },
    /// On the way to a private address, an address of the Internet answered: no router before it knows the way.
    Astray {
        /// Where the packet was to go.
        to: IpAddr,
        /// Who answered.
        by: IpAddr,
    },
    /// IP packets between an address of the tunnel's clients and a host behind the server, seen behind the server.
    Inner {
        /// The client's address in the tunnel.
        client: IpAddr,
        /// The host.
        host: IpAddr,
        /// Packets towards the host.
        requests: u64,
        /// Packets towards the client.
        replies: u64,
        /// Whether replies go to another link-layer address than requests come from: the host sends them elsewhere.
        elsewhere: bool,
    },
    /// Full-size packets vanish, or are repeated without end, where small ones pass.
    LargeVanish {
        /// The largest size that passed, in octets.
        passed: u32,
        /// The smallest size that did not.
        vanished: u32,
    },
    /// Fragments of IP datagrams come incomplete.
    FragmentsLost {
        /// Who sent them.
        from: Party,
    },
    /// A route of a machine.
    Route {
        /// Its destination.
        destination: (IpAddr, u8),
        /// The next hop.
        gateway: Option<IpAddr>,
        /// The interface.
        interface: String,
        /// Whether the interface is a VPN's.
        tunnel: bool,
        /// The metric, where it is shown.
        metric: Option<u32>,
    },
    /// The route that a packet to this address would take.
    RouteTo {
        /// The address.
        to: IpAddr,
        /// The interface.
        interface: String,
        /// Whether the interface is a VPN's.
        tunnel: bool,
    },
    /// An address of a machine.
    Address {
        /// The interface.
        interface: String,
        /// Whether the interface is a VPN's.
        tunnel: bool,
        /// The address.
        address: IpAddr,
        /// The other end, on a point-to-point interface.
        peer: Option<IpAddr>,
    },
    /// A name does not resolve through the tunnel.
    TunnelDnsFailed {
        /// The name server.
        server: Option<Ipv4Addr>,
    },
    /// An answer to DHCP, or its lack, behind the server or in the tunnel.
    DhcpUnanswered,
    /// Another machine has the address that this one was given.
    AddressConflict {
        /// The address, where it is told.
        address: Option<IpAddr>,
    },
}

/// What an ICMP error says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Icmp {
    /// The port is closed.
    PortUnreachable,
    /// The protocol is not there.
    ProtocolUnreachable,
    /// Host or network cannot be reached.
    Unreachable,
    /// A firewall says no.
    Prohibited,
    /// The packet is too big, with the largest size that would pass.
    TooBig(u16),
    /// It went round in circles.
    TimeExceeded,
}
