use std::fmt;
use std::net::SocketAddr;

use crate::{Fact, Place};

/// One thing that was seen.
#[derive(Clone, PartialEq, Debug)]
pub struct Observation {
    /// When, by the clock of the source; `None` when the source does not say.
    pub at: Option<Time>,
    /// Where in the evidence it stands.
    pub place: Place,
    /// Who saw it.
    pub side: Side,
    /// Whom it is about, as far as the source says.
    pub about: About,
    /// What.
    pub fact: Fact,
}

impl Observation {
    /// Which end `party` is. Unknown when it is told from a side and the side is not known.
    pub fn role(&self, party: Party) -> Option<Role> {
        party.seen_from(self.side)
    }
}

/// A moment by the clock of a source, in microseconds since 1970-01-01 00:00 UTC. Clocks of different sources may differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(pub i64);

impl Time {
    /// Microseconds from `earlier` to `self`; negative when it is later.
    pub const fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment by a clock that is ahead by `offset` microseconds.
    pub const fn shifted(self, offset: i64) -> Time {
        Time(self.0.saturating_add(offset))
    }
}

/// One of the two ends of the connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Who dials: IKE initiator, LAC, the PPP end that is authenticated.
    Client,
    /// Who is dialled.
    Server,
}

impl Role {
    /// The other one.
    pub const fn other(self) -> Role {
        match self {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Client => "client",
            Role::Server => "server",
        })
    }
}

/// From where it was seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// The client's machine: its log, its registry, its screen.
    Client,
    /// The server's machine.
    Server,
    /// Somewhere on the way: a capture. What is seen there was sent, and need not have arrived.
    Wire,
    /// A probe of ours, which is the client.
    Probe,
    /// A machine beside the server that it asks: RADIUS.
    Authenticator,
    /// It is not known whose it is.
    Unknown,
}

impl Side {
    /// The end that this side is, if it is one.
    pub const fn role(self) -> Option<Role> {
        match self {
            Side::Client | Side::Probe => Some(Role::Client),
            Side::Server => Some(Role::Server),
            Side::Wire | Side::Authenticator | Side::Unknown => None,
        }
    }
}

/// An end, named absolutely or from where the observer stands. Logs know "here" and "there" before it is known whose they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Party {
    /// The observer.
    Here,
    /// The observer's peer.
    There,
    /// The client.
    Client,
    /// The server.
    Server,
}

impl Party {
    /// Which end this is when `side` says it.
    pub const fn seen_from(self, side: Side) -> Option<Role> {
        match (self, side.role()) {
            (Party::Client, _) => Some(Role::Client),
            (Party::Server, _) => Some(Role::Server),
            (Party::Here, role) => role,
            (Party::There, Some(role)) => Some(role.other()),
            (Party::There, None) => None,
        }
    }
}

impl From<Role> for Party {
    fn from(role: Role) -> Party {
        match role {
            Role::Client => Party::Client,
            Role::Server => Party::Server,
        }
    }
}

/// Whom an observation is about. What the source does not say is `None`; attempts are told apart by what is there.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct About {
    /// The client's outer address and port, port 0 when it is not said.
    pub client: Option<SocketAddr>,
    /// The server's outer address and port, port 0 when it is not said.
    pub server: Option<SocketAddr>,
    /// The peer of the observer, where it is not known which end the observer is.
    pub peer: Option<SocketAddr>,
    /// The user, as written.
    pub user: Option<String>,
    /// What holds one attempt together in this source: a correlation GUID, a process id, a connection name, IKE cookies.
    pub attempt: Option<String>,
}
