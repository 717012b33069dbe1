//! L2TPv2 (RFC 2661): headers of control and data messages, AVPs, and the control messages as typed values.
//!
//! A control message is read in three steps, because each step fails for a different audience: [`Control::parse`] finds the
//! tunnel it belongs to (garbage is dropped without a reply), [`Control::attributes`] reads the AVPs (what cannot be
//! understood there ends the tunnel or the call), and [`Message::from_attributes`] asks for the AVPs that its type requires.

mod attributes;
mod avp;
mod code;
mod header;
mod message;

pub use attributes::{Attributes, AvpProblem, NoSecret, PppDisconnectCause, ResultCode, Unhide};
pub use avp::{Avp, AvpWriter, Avps};
pub use code::{
    Attribute, CallResult, DisconnectCode, ErrorCode, MessageType, ProxyAuthenType, StopResult, VENDOR_IETF,
    VENDOR_MICROSOFT,
};
pub use header::{
    CONTROL_HEADER_LEN, Control, DATA_HEADER_MAX_LEN, DataHeader, DataLayout, Header, Sequence, data_header,
    is_control, set_sequence, zero_length_body,
};
pub use message::{
    CallAnswered, CallConnected, CallEnded, CallRequest, Message, StartControl, TunnelConnected, TunnelStopped,
};
