//! IPsec ESP (RFC 4303): sealing and opening batches of packets of one association.
//!
//! An association is one direction. [`OutboundSa::seal`] turns a train of payloads that already lie in the transmit buffer into
//! ESP packets in place; [`InboundSa::open`] turns received packets into payloads in place. Nothing is allocated for a packet.
//! These are the only two functions of the project that touch an ESP payload.

mod inbound;
mod outbound;
mod replay;
mod suite;

pub use inbound::{Drop, InboundSa, Opened};
pub use outbound::{Exhausted, OutboundSa, Train};
pub use replay::ReplayWindow;
pub use suite::{Keys, Layout, Mac, Suite, UnusableKeys};
