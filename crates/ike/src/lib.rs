//! IKEv1 (RFC 2407-2409, 3947, 3706) as initiator and responder, without IO: main mode with pre-shared keys, quick mode in
//! transport mode, NAT traversal, dead peer detection.
//!
//! [`Engine`] is the machine. [`proposal`] holds the decisions, as pure functions.
//!
//! What it never does: answer aggressive mode, keep state for IKEv2 or AuthIP, repeat an answer without being asked, act on a
//! message under an IKE SA before its HASH is verified, end child SAs because their IKE SA ended.

#[cfg(test)]
mod capture_tests;
mod children;
pub mod config;
mod context;
mod dpd;
mod engine;
mod envelope;
mod established;
mod event;
mod failure;
#[cfg(test)]
mod hostile_tests;
mod ike_sa;
mod keymat;
mod main_mode;
mod nat;
mod path;
pub mod proposal;
mod quick_mode;
mod reassembly;
mod repeat;
mod selector;
mod strangers;
mod vendor;

pub use config::Config;
pub use engine::{Counts, Engine, Initiate};
pub use event::{
    ChildId, ChildKeys, CloseReason, DirectionKeys, Event, Failed, IkeSaId, NatOa, PeerKnown, Phase1Keys,
    Phase1Summary, Role, Selectors,
};
pub use failure::{
    Denial, Drop, Drops, Failure, Incompatible, KeySuspicion, LocalFault, Misbehaviour, SelectorMismatch, Stage,
};
pub use nat::{Nat, NatVariant};
pub use path::{Path, Transmit};
pub use quick_mode::ChildRequest;
pub use vendor::{Announced, Software};
