//! L2TPv2 (RFC 2661) control connections and calls, as LAC and LNS, without IO.
//!
//! [`Engine`] holds all tunnels of one worker and plays both roles: it answers tunnels (the LNS of a server) and opens them
//! (the LAC of a dialer). Data messages never pass through it; [`Event::CallUp`] tells the data plane the ids.

mod authentication;
mod call;
mod channel;
mod config;
mod drops;
mod engine;
mod event;
mod failure;
mod ids;
mod refusals;
mod tunnel;

pub use config::{Config, Worker};
pub use drops::{DropReason, Drops};
pub use engine::Engine;
pub use event::{Event, Origin, PeerIdentity, SessionId, SessionInfo, TunnelId, TunnelInfo};
pub use failure::{
    AuthenticationFault, CallEnd, Closed, Denial, Expected, Failure, Gone, LocalFault, Mismatch, Refusal, Stage,
    TunnelEnd,
};

#[cfg(test)]
mod tests;
