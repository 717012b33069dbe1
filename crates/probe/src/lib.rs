//! Live probes of a VPN server, without IO: what is sent next, what an answer means, and what was seen as observations.
//!
//! [`Probe`] is the machine. It asks what every client asks before anybody has logged on: IKE on both its ports, L2TP outside
//! IPsec, PPTP. It sends few packets, well formed, and never faster than ten each second; what it begins at the server it ends
//! there, as far as the protocols have words for that. In a PPTP call somebody can log on; a log-on over L2TP/IPsec is for
//! `access::client::Dialer`.

mod attempt;
mod clear;
mod config;
mod echo;
mod engine;
mod facts;
mod isakmp;
mod link;
mod methods;
mod pptp;
mod step;
#[cfg(test)]
mod tests;

pub use config::{Config, LogOn, Survey};
pub use engine::{Probe, Tcp, Transmit};
pub use facts::{observations, software};
pub use methods::{InquiryEnd, Methods, method};
pub use step::{
    AddressAnswer, AggressiveAnswer, CallAnswer, Chosen, ClearAnswer, ControlAnswer, EncryptionAnswer, Finding,
    IkeAnswer, LinkAnswer, LinkEnd, LogOnAnswer, NatAnswer, Notices, Outcome, Step, Surveyed, V2Answer,
};

/// Our end of what goes to one UDP port of the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Socket {
    /// Port 500.
    Ike,
    /// Port 4500.
    NatT,
    /// Port 1701.
    Clear,
}

impl Socket {
    /// The server's port.
    pub const fn port(self) -> u16 {
        match self {
            Socket::Ike => 500,
            Socket::NatT => 4500,
            Socket::Clear => 1701,
        }
    }
}
