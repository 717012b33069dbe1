//! PPTP (RFC 2637): the messages of its control connection, and the header of its GRE packets.

mod code;
mod gre;
mod message;

pub use code::{CallResult, ControlResult, DisconnectResult, ErrorCode, MessageType, StopReason};
pub use gre::{GRE_PROTOCOL, Gre};
pub use message::{
    CallAnswer, CallDisconnect, CallRequest, LinkInfo, MAX_MESSAGE, Message, StartReply, StartRequest, frame,
};

/// TCP port of the control connection (RFC 2637 §3.1.3).
pub const PORT: u16 = 1723;
