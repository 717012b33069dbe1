use crate::failure::{Failure, Stage};

/// Something to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transmit {
    /// Octets of the control connection.
    Stream(Vec<u8>),
    /// A GRE packet, without its IP header.
    Gre(Vec<u8>),
    /// Close the control connection, after everything that was to be sent in it.
    Close,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The control connection is up; a call can be placed.
    Connected(Peer),
    /// The call is up; PPP frames may flow.
    CallUp(CallInfo),
    /// It is over: exactly once, and the last event.
    Ended {
        /// How far it had come.
        stage: Stage,
        /// Why.
        failure: Failure,
    },
}

/// What a peer says of itself. Nothing of it is proved, and its texts can hold any character.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peer {
    /// Its name.
    pub host_name: String,
    /// Its product.
    pub vendor: String,
    /// The product's version.
    pub firmware: u16,
}

/// A call that is up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallInfo {
    /// Our id of the call, which is in the packets to us.
    pub own_call: u16,
    /// The peer's id of it, which is in the packets from us; some peers use zero.
    pub peer_call: u16,
    /// Bits per second, as the server says.
    pub speed: u32,
    /// Packets that the peer buffers.
    pub window: u16,
}
