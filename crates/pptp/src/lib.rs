//! PPTP (RFC 2637), without IO: the control connection in TCP, and the enhanced GRE that carries the PPP frames of its call.
//!
//! [`Client`] is the calling end (the PNS of an outgoing call): one control connection with one call, as the clients in people's
//! machines have it. What the ends have in common stands apart from it: the stream of control messages, the channel of GRE
//! packets with its numbers, acknowledgements and window, and the failures.

mod channel;
mod client;
mod config;
mod counters;
mod event;
mod failure;
mod stream;

pub use client::Client;
pub use config::{ChannelConfig, Config};
pub use counters::{Counters, DropReason};
pub use event::{CallInfo, Event, Peer, Transmit};
pub use failure::{Failure, Local, Misbehaved, Refused, Silence, Stage};

#[cfg(test)]
mod tests;
