//! PPP (RFC 1661) and its authentication and network protocols, both ends, without IO.
//!
//! A [`Session`] is one link. It takes and gives whole frames of the control protocols; datagrams never come here, they are
//! framed by the data plane as [`Framing`] says. One automaton and one option negotiator serve LCP, IPCP and IPv6CP, which
//! are lists of options; each authentication protocol is a machine of its own for either side.

mod auth;
mod automaton;
mod config;
mod event;
mod failure;
mod ipcp;
mod ipv6cp;
mod lcp;
mod negotiation;
mod output;
mod session;
mod text;

pub use config::{ClientConfig, CloseReason, Credentials, Method, ServerConfig, Timing};
pub use event::{
    Answer, Ask, AskId, Credential, Event, Framing, Ipv4Lease, Ipv4Settings, Ipv6Settings, NoAddress, Question,
    QuestionKind, Refusal, Reply,
};
pub use failure::{Denied, Failure, Incompatible, Local, Misbehaved, ProtocolEnd, Refused, Silence, Stage};
pub use session::{Discards, Session};
