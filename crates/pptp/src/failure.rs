use std::time::Duration;

use wire::Malformed;
use wire::pptp::{CallResult, ControlResult, DisconnectResult, ErrorCode, MessageType, StopReason};

use crate::event::Peer;

/// How far a control connection is, or was when it failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Our first message is not answered yet.
    Start,
    /// The control connection is up, and there is no call.
    Connected,
    /// The call is requested.
    Call,
    /// The call is up.
    Up,
}

/// Why a control connection ended, split by who is to blame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// What came is no message of PPTP: the stream cannot be read on.
    Malformed(Malformed),
    /// The peer did what the protocol forbids.
    Misbehaved(Misbehaved),
    /// The peer speaks another version only.
    Incompatible {
        /// Ours: version in the high octet, revision in the low one.
        ours: u16,
        /// The peer's.
        theirs: u16,
    },
    /// The peer said no.
    Refused(Refused),
    /// The peer did not answer.
    Silence(Silence),
    /// The peer closed the control connection without a word.
    PeerGone,
    /// Something on our side.
    Local(Local),
}

/// What the protocol forbids and the peer did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Misbehaved {
    /// An answer to what was not asked, or not yet.
    Unexpected {
        /// What can come now; `None` when nothing is awaited.
        expected: Option<MessageType>,
        /// What came.
        got: MessageType,
    },
    /// It answered the request for a call of another id.
    OtherCall {
        /// Ours.
        expected: u16,
        /// What it answered.
        got: u16,
    },
}

/// How the peer said no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// To the control connection (RFC 2637 §2.2).
    Start {
        /// The result.
        result: ControlResult,
        /// More about a general error.
        error: ErrorCode,
        /// Who says so.
        peer: Peer,
    },
    /// To the call (RFC 2637 §2.8).
    Call {
        /// The result.
        result: CallResult,
        /// More about a general error.
        error: ErrorCode,
        /// More about a result, by ITU Q.931.
        cause: u16,
    },
    /// It ended the call (RFC 2637 §2.13).
    Disconnected {
        /// The result. Windows sends 0, which means nothing.
        result: DisconnectResult,
        /// More about a general error.
        error: ErrorCode,
        /// More about a result, by ITU Q.931.
        cause: u16,
    },
    /// It ended the control connection (RFC 2637 §2.3).
    Stopped {
        /// Why.
        reason: StopReason,
    },
}

/// What the peer did not answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Silence {
    /// Where we were.
    pub stage: Stage,
    /// How often we asked: TCP repeats for us, so it is once.
    pub attempts: u32,
    /// For how long.
    pub elapsed: Duration,
}

/// What stood in the way on our side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Local {
    /// It was ended by command.
    Closed,
}
