use std::net::{IpAddr, SocketAddr};

use wire::ip::{IPV4_HEADER_LEN, IPV6_HEADER_LEN, UDP_HEADER_LEN};

/// What travels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Packet {
    /// A UDP datagram.
    Udp {
        /// Sender.
        src: SocketAddr,
        /// Receiver.
        dst: SocketAddr,
        /// What follows the UDP header.
        payload: Vec<u8>,
    },
    /// A bare ESP packet.
    Esp {
        /// Sender.
        src: IpAddr,
        /// Receiver.
        dst: IpAddr,
        /// What follows the IP header.
        payload: Vec<u8>,
    },
    /// An ICMP destination unreachable message.
    Unreachable {
        /// Who reports.
        src: IpAddr,
        /// The sender of the packet that did not arrive.
        dst: IpAddr,
        /// Why it did not.
        reason: Unreachable,
        /// The packet that did not arrive, as its sender sent it.
        original: Box<Packet>,
    },
}

/// Why a packet did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreachable {
    /// There is no such host.
    Host,
    /// Nobody listens there.
    Port,
    /// It was longer than this many octets, the most that the next link carries.
    TooBig {
        /// The MTU.
        mtu: u16,
    },
}

/// The protocol above IP.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Protocol {
    /// UDP.
    Udp,
    /// ESP.
    Esp,
    /// ICMP or ICMPv6.
    Icmp,
}

impl Packet {
    /// A UDP datagram.
    pub fn udp(src: SocketAddr, dst: SocketAddr, payload: &[u8]) -> Self {
        Packet::Udp { src, dst, payload: payload.to_vec() }
    }

    /// A bare ESP packet.
    pub fn esp(src: IpAddr, dst: IpAddr, payload: &[u8]) -> Self {
        Packet::Esp { src, dst, payload: payload.to_vec() }
    }

    /// Its sender's address.
    pub fn source(&self) -> IpAddr {
        match self {
            Packet::Udp { src, .. } => src.ip(),
            Packet::Esp { src, .. } | Packet::Unreachable { src, .. } => *src,
        }
    }

    /// Its receiver's address.
    pub fn destination(&self) -> IpAddr {
        match self {
            Packet::Udp { dst, .. } => dst.ip(),
            Packet::Esp { dst, .. } | Packet::Unreachable { dst, .. } => *dst,
        }
    }

    /// Its protocol.
    pub fn protocol(&self) -> Protocol {
        match self {
            Packet::Udp { .. } => Protocol::Udp,
            Packet::Esp { .. } => Protocol::Esp,
            Packet::Unreachable { .. } => Protocol::Icmp,
        }
    }

    /// Its source and destination port, if it has ports.
    pub fn ports(&self) -> Option<(u16, u16)> {
        match self {
            Packet::Udp { src, dst, .. } => Some((src.port(), dst.port())),
            Packet::Esp { .. } | Packet::Unreachable { .. } => None,
        }
    }

    /// Its octets with the IP header.
    pub fn ip_len(&self) -> usize {
        let header = if self.destination().is_ipv4() { IPV4_HEADER_LEN } else { IPV6_HEADER_LEN };
        header
            + match self {
                Packet::Udp { payload, .. } => UDP_HEADER_LEN + payload.len(),
                Packet::Esp { payload, .. } => payload.len(),
                Packet::Unreachable { .. } => 8 + header + 8,
            }
    }

    pub(crate) fn payload_mut(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Packet::Udp { payload, .. } | Packet::Esp { payload, .. } => Some(payload),
            Packet::Unreachable { .. } => None,
        }
    }
}
