use std::net::SocketAddr;

use ike::proposal::Phase1Offer;
use ppp::{Credentials, Method};

/// What is probed, and as whom.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our address and port towards the server's port 500; the address tells whether a NAT stands before us.
    pub local: SocketAddr,
    /// Our address and port towards the server's port 4500.
    pub local_nat_t: SocketAddr,
    /// The server's address, with port 500.
    pub server: SocketAddr,
    /// What main mode offers: the list of the client that is played.
    pub offer: Phase1Offer,
    /// The vendor IDs of its first message.
    pub vendor_ids: Vec<Vec<u8>>,
    /// Whether echo requests can be sent.
    pub echo: bool,
    /// Whether L2TP/IPsec is probed.
    pub l2tp: bool,
    /// Whether PPTP is.
    pub pptp: bool,
    /// Whether GRE can be sent and received, so that a PPTP call can be tried.
    pub gre: bool,
    /// Who logs on in it, and how; without it the call ends where the server wants to know.
    pub log_on: Option<LogOn>,
    /// Whether further PPTP calls find out which ways to authenticate the server takes.
    pub methods: bool,
    /// Which transforms are tried one by one.
    pub survey: Survey,
}

/// A user who logs on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogOn {
    /// Name and password. They are sent once.
    pub credentials: Credentials,
    /// How the user may prove who he is, best first.
    pub methods: Vec<Method>,
}

/// Which transforms of phase 1 are tried one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Survey {
    /// None.
    None,
    /// The eight that the clients in people's machines live by.
    Short,
    /// Forty-eight: what servers of the last twenty years accept.
    Full,
}
