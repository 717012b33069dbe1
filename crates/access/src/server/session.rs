//! The record of one connection over all layers.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use clock::Timestamp;
use ike::Phase1Summary;
use policy::Prefix64;
use wire::ppp::Identification;

use crate::Stage;
use crate::datapath::{Encapsulation, LinkId, PeerId, Traffic};

/// The name of a session, from the first message of its attempt to its end. Never used twice by one server process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

impl std::str::FromStr for SessionId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<SessionId, Self::Err> {
        text.strip_prefix('s').unwrap_or(text).parse().map(SessionId)
    }
}

/// One connection, or one attempt at it, as far as it is known.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Where the client is: its address and port as they arrive here.
    pub remote: SocketAddr,
    /// Our address that it came to.
    pub local: SocketAddr,
    /// How far it is.
    pub stage: Stage,
    /// When its first message came.
    pub started: Timestamp,
    /// When IP could pass.
    pub up: Option<Timestamp>,
    /// What IKE agreed on, and what is known of the client.
    pub phase1: Option<Box<Phase1Summary>>,
    /// The transforms of ESP and how it travels.
    pub esp: Option<(esp::Suite, Encapsulation)>,
    /// What the client says about itself in L2TP.
    pub l2tp: Option<l2tp::PeerIdentity>,
    /// What the client says about itself in LCP: version and computer name of Windows.
    pub identification: Vec<Identification>,
    /// The user, as the client sent the name; proved only once `authenticated` is set.
    pub user: Option<String>,
    /// How the user proved who it is.
    pub authenticated: Option<crate::server::AuthMethod>,
    /// The address assigned.
    pub address: Option<Ipv4Addr>,
    /// The IPv6 prefix assigned.
    pub prefix: Option<Prefix64>,
    /// The GUID by which Windows ties the call to its own log.
    pub correlation_id: Option<[u8; 16]>,
    /// Octets and packets of the inner traffic. Current in what [`crate::server::Endpoint::sessions`] returns.
    pub traffic: Traffic,
    pub(super) peer: Option<PeerId>,
    pub(super) link: Option<LinkId>,
    pub(super) denied: Option<policy::Denied>,
    /// Why PPP ended, until the call has ended too.
    pub(super) closing: Option<ppp::Failure>,
    /// When the associations were made, for the patience with L2TP.
    pub(super) child_up: Option<Timestamp>,
}

impl Session {
    pub(super) fn new(id: SessionId, now: Timestamp, path: ike::Path) -> Session {
        Session {
            id,
            remote: path.remote,
            local: path.local,
            stage: Stage::IkePhase1,
            started: now,
            up: None,
            phase1: None,
            esp: None,
            l2tp: None,
            identification: Vec::new(),
            user: None,
            authenticated: None,
            address: None,
            prefix: None,
            correlation_id: None,
            traffic: Traffic::default(),
            peer: None,
            link: None,
            denied: None,
            closing: None,
            child_up: None,
        }
    }

    /// A further tunnel or call of a peer whose first one had this record.
    pub(super) fn another(&self, id: SessionId, now: Timestamp) -> Session {
        Session {
            id,
            stage: Stage::L2tpTunnel,
            started: now,
            up: None,
            user: None,
            authenticated: None,
            address: None,
            prefix: None,
            correlation_id: None,
            identification: Vec::new(),
            traffic: Traffic::default(),
            link: None,
            denied: None,
            closing: None,
            ..self.clone()
        }
    }
}
