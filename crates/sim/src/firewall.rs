use crate::{Packet, Protocol};

/// A packet's way through a node's link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// From the node.
    Out,
    /// To the node.
    In,
}

/// What a firewall on a node's link discards without a word. A field of `None` fits every packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rule {
    /// The way.
    pub direction: Option<Direction>,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// The destination port.
    pub port: Option<u16>,
}

impl Rule {
    /// Discards everything.
    pub const ALL: Rule = Rule { direction: None, protocol: None, port: None };

    /// Discards bare ESP.
    pub const ESP: Rule = Rule { direction: None, protocol: Some(Protocol::Esp), port: None };

    /// Discards UDP to `port`.
    pub const fn udp(port: u16) -> Rule {
        Rule { direction: None, protocol: Some(Protocol::Udp), port: Some(port) }
    }

    /// The same, one way only.
    #[must_use]
    pub const fn only(self, direction: Direction) -> Rule {
        Rule { direction: Some(direction), ..self }
    }

    pub(crate) fn discards(&self, direction: Direction, packet: &Packet) -> bool {
        self.direction.is_none_or(|this| this == direction)
            && self.protocol.is_none_or(|this| this == packet.protocol())
            && self.port.is_none_or(|this| packet.ports().is_some_and(|(_, destination)| destination == this))
    }
}
