//! The formats: views over bytes, meaningful representations, code points.
//!
//! Every parser reads through [`reader::Reader`], which names the layer, the field and the offset of what is wrong, and which
//! cannot yield an item without consuming at least one octet. Nothing here allocates more than a small multiple of its input.

#[macro_use]
mod code_point;

pub mod dhcp;
pub mod esp;
pub mod ip;
pub mod isakmp;
pub mod l2tp;
pub mod ppp;
pub mod pptp;
pub mod reader;
pub mod virtio;

pub use reader::{Layer, Malformed, Problem, Reader};
