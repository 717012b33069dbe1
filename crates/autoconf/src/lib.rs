//! What a host learns of the network behind a point-to-point link, once the link has given it an address.
//!
//! Over IPv6 a client asks for router advertisements: [`Solicitor`].
//!
//! Over IPv4 a client asks with DHCPINFORM (RFC 2131 §3.4): [`Inquiry`] is its side, [`Offer`] the server's. What comes back is
//! judged ([`Learned`]) before anybody acts on it. Nothing here does IO: whole IP packets go in and out.

mod failure;
mod inquiry;
mod judgement;
mod offer;
mod solicitor;

pub use failure::Failure;
pub use inquiry::{Inquiry, InquiryEvent, is_reply};
pub use judgement::{Ipv4Net, Learned, MAX_ROUTES, Reason, fault};
pub use offer::{Offer, is_request};
pub use solicitor::{Ipv6Host, Solicitor};
