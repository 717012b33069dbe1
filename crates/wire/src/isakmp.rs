//! ISAKMP and IKEv1 (RFC 2407, 2408, 2409): the header, the chain of payloads and what is inside them.
//!
//! Two levels. [`Header`] and [`Chain`] show every message that has the outer form, whatever the payload types; they also
//! read the header of IKEv2 and AuthIP messages, so that those can be named and refused. The types in the other modules are
//! the meaning of one payload body ([`SaPayload`], [`Identity`], [`Notify`] ...) and can be emitted again.

mod chain;
mod code;
mod fragment;
mod header;
mod id;
mod notify;
mod sa;
mod status;
mod vendor;

pub use chain::{Chain, ChainBuilder, MAX_PAYLOADS, RawPayload};
pub use code::{
    AuthAlgorithm, AuthMethod, CertEncoding, ChildAttribute, Doi, EncapsulationMode, Encryption, EspTransform,
    ExchangeType, GroupNumber, HashNumber, IdType, LifeType, NotifyType, PayloadType, Phase1Attribute, ProtocolId,
    TransformId,
};
pub use fragment::Fragment;
pub use header::{Cookie, Cookies, Flags, HEADER_LEN, Header, message};
pub use id::Identity;
pub use notify::{Delete, Notify};
pub use sa::{Attribute, AttributeValue, MAX_PROPOSALS, MAX_TRANSFORMS, Proposal, SaPayload, Transform};
pub use status::WindowsStatus;
pub use vendor::{VendorId, VendorKind};

#[cfg(test)]
mod tests;
