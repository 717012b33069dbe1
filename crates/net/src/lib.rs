//! Sockets with segmentation offload, TUN, netlink: the only crate with system calls.
//!
//! Everything here is synchronous and non-blocking: a worker waits in one [`poll::Poller`] and then drains its own sockets and
//! its own TUN queue in batches. Nothing is shared between threads; what a second thread needs, it opens or clones for itself.
//!
//! Linux only. No program is ever started: links, addresses, routes and nf_tables are spoken to over netlink, systemd-resolved over
//! D-Bus.

#![allow(unsafe_code)]

pub mod batch;
pub mod clock;
pub mod control;
mod dbus;
pub mod host;
pub mod netlink;
pub mod nft;
pub mod ping;
pub mod poll;
pub mod process;
pub mod raw;
pub mod resolved;
pub mod terminal;
pub mod tun;
pub mod udp;

mod sys;
