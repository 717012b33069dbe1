//! The remote access server: session table and data path over the protocol engines.
//!
//! This is the one place that knows the stack. [`datapath`] moves packets, [`stack`] joins the engines, [`server`] and
//! [`client`] decide. Nothing here does IO: an [`Output`] takes what is to be sent.

pub mod client;
pub mod datapath;
mod failure;
mod keys;
mod output;
mod redial;
pub mod server;
pub mod stack;

pub use failure::{Failure, NoTunnel, Stage};
pub use keys::Keys;
pub use output::Output;
pub use redial::Redial;

/// UDP port of L2TP (RFC 2661 §8.1).
pub const L2TP_PORT: u16 = 1701;

/// The largest packet that fits into a tunnel without outer fragments on an ordinary path, with every suite and a NAT.
pub const DEFAULT_MTU: u16 = 1400;
