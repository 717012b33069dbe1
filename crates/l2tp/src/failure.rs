use std::borrow::Cow;
use std::time::Duration;

use wire::Malformed;
use wire::l2tp::{
    AvpProblem, CallEnded, CallResult, ErrorCode, MessageType, PppDisconnectCause, ResultCode, StopResult,
};

/// How far a tunnel or call has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// The control connection is being set up.
    Tunnel,
    /// The control connection is up, the call is being set up.
    Call,
    /// The tunnel or the call is up.
    Up,
}

/// Why a tunnel or a call ended, or never began: who is to blame, and with what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The peer sent what is not L2TP.
    Malformed(Malformed),
    /// The peer sent a message that is not allowed now.
    Misbehaved {
        /// What would have been allowed.
        expected: Expected,
        /// What came.
        got: MessageType,
    },
    /// There is no common ground.
    Incompatible(Mismatch),
    /// The peer said no, or hung up.
    Refused(Refusal),
    /// The peer did not answer.
    Silence {
        /// What was being attempted.
        stage: Stage,
        /// How often the last message was sent; zero if the peer acknowledged everything and did not go on.
        attempts: u32,
        /// Since the first of these transmissions, or since the stage began.
        elapsed: Duration,
    },
    /// Our limits or roles forbid it.
    Denied(Denial),
    /// The tunnel secret could not be proved.
    TunnelAuthentication(AuthenticationFault),
    /// The peer's own request for the tunnel won over ours (RFC 2661 §4.4.3, Tie Breaker).
    TieLost,
    /// There is nobody left to speak with; nothing was sent.
    PeerGone(Gone),
    /// We ended it.
    Closed(Closed),
    /// We could not.
    Local(LocalFault),
}

/// What a tunnel or call was waiting for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expected {
    /// SCCRP.
    TunnelReply,
    /// SCCCN.
    TunnelConnected,
    /// ICRP.
    CallReply,
    /// ICCN.
    CallConnected,
    /// A message about a call, or one that ends the tunnel.
    CallMessage,
    /// A session id that no other call of the tunnel has.
    UnusedSessionId,
    /// A message that a call which is up may still have: CDN, WEN, SLI.
    CallUp,
}

/// Both sides' positions where they cannot meet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mismatch {
    /// The peer speaks another protocol version.
    ProtocolVersion {
        /// The peer's, version in the high octet and revision in the low one.
        theirs: u16,
        /// Ours.
        ours: u16,
    },
    /// The peer insists on an AVP that we do not know, or hides one that we cannot open.
    UnknownAvp {
        /// Whose attribute it is.
        vendor: u16,
        /// The attribute.
        attribute: u16,
    },
    /// The peer insists on a message that we do not know.
    UnknownMessage(MessageType),
}

/// The peer's own reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It sent StopCCN.
    Tunnel {
        /// The result, if it gave one.
        result: Option<StopResult>,
        /// The error code, if it gave one.
        error: Option<ErrorCode>,
        /// Its text: escape before it is shown.
        message: String,
    },
    /// It sent CDN.
    Call {
        /// The result, if it gave one.
        result: Option<CallResult>,
        /// The error code, if it gave one.
        error: Option<ErrorCode>,
        /// Its text: escape before it is shown.
        message: String,
        /// Why PPP ended (RFC 3145), if it told.
        ppp_cause: Option<PppDisconnectCause>,
    },
}

/// What we do not allow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Denial {
    /// The peer has as many tunnels as one may have.
    TunnelsPerPeer(usize),
    /// There are as many tunnels as there may be.
    Tunnels(usize),
    /// The tunnel has as many calls as one may have.
    SessionsPerTunnel(usize),
    /// The peer calls us in a tunnel that we opened to call it.
    IncomingCall,
    /// The peer asks us to dial for it.
    OutgoingCall,
}

/// What was wrong with tunnel authentication (RFC 2661 §5.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuthenticationFault {
    /// The peer demands a proof, and we have no secret.
    NoSecret,
    /// We demand a proof, and the peer gave none.
    Missing,
    /// The peer's proof is of another secret.
    Wrong,
}

/// How the peer vanished.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Gone {
    /// Its IPsec association ended.
    Association,
    /// It began anew with the same tunnel id.
    Restarted,
}

/// What we ended, with what we told the peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// The call.
    Call(CallEnd),
    /// The tunnel.
    Tunnel(TunnelEnd),
    /// The tunnel, because it had no call.
    Empty,
}

/// What we lack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LocalFault {
    /// Every tunnel id of this worker is taken.
    TunnelIds,
    /// Every session id of this worker is taken in the tunnel.
    SessionIds,
    /// The peer makes us say more than it acknowledges.
    Backlog,
}

/// A StopCCN of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TunnelEnd {
    /// The result.
    pub result: StopResult,
    /// The error code, which counts with [`StopResult::ERROR`].
    pub error: ErrorCode,
    /// Text for people at the peer.
    pub message: Cow<'static, str>,
}

impl TunnelEnd {
    /// The tunnel is not needed any more.
    pub const GENERAL: TunnelEnd = TunnelEnd::new(StopResult::GENERAL, ErrorCode::NONE, "");

    /// We are shutting down.
    pub const SHUTTING_DOWN: TunnelEnd = TunnelEnd::new(StopResult::SHUTTING_DOWN, ErrorCode::NONE, "");

    /// An end with these codes.
    pub const fn new(result: StopResult, error: ErrorCode, message: &'static str) -> Self {
        TunnelEnd { result, error, message: Cow::Borrowed(message) }
    }

    pub(crate) fn result_code(&self) -> ResultCode {
        ResultCode { result: self.result.0, error: Some(self.error), message: self.message.as_bytes().to_vec() }
    }
}

/// A CDN of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallEnd {
    /// The result.
    pub result: CallResult,
    /// The error code, which counts with [`CallResult::ERROR`].
    pub error: ErrorCode,
    /// Text for people at the peer.
    pub message: Cow<'static, str>,
    /// Why PPP ended (RFC 3145).
    pub ppp_cause: Option<PppDisconnectCause>,
}

impl CallEnd {
    /// Somebody hung up.
    pub const ADMINISTRATIVE: CallEnd = CallEnd::new(CallResult::ADMINISTRATIVE, ErrorCode::NONE, "");

    /// The line is lost: PPP got no answer any more.
    pub const LOST_CARRIER: CallEnd = CallEnd::new(CallResult::LOST_CARRIER, ErrorCode::NONE, "");

    /// An end with these codes.
    pub const fn new(result: CallResult, error: ErrorCode, message: &'static str) -> Self {
        CallEnd { result, error, message: Cow::Borrowed(message), ppp_cause: None }
    }

    /// The same with the cause that PPP had.
    #[must_use]
    pub fn with_ppp_cause(self, cause: PppDisconnectCause) -> Self {
        CallEnd { ppp_cause: Some(cause), ..self }
    }

    pub(crate) fn message(&self, assigned_session: u16) -> CallEnded {
        let message = self.message.as_bytes().to_vec();
        CallEnded {
            assigned_session: Some(assigned_session),
            result: Some(ResultCode { result: self.result.0, error: Some(self.error), message }),
            ppp_cause: self.ppp_cause.clone(),
        }
    }
}

impl Failure {
    /// The StopCCN that tells the peer of this failure of the tunnel, or `None` when there is nothing to tell: it told us, it
    /// does not answer, or it is gone.
    pub fn tunnel_end(&self) -> Option<TunnelEnd> {
        let error = |code, message| TunnelEnd::new(StopResult::ERROR, code, message);
        Some(match self {
            Failure::Malformed(malformed) => error(error_code(malformed), malformed.field),
            Failure::Misbehaved { expected: Expected::UnusedSessionId, .. } => {
                error(ErrorCode::BAD_SESSION, "session id is in use")
            }
            Failure::Misbehaved { .. } => TunnelEnd::new(StopResult::FSM_ERROR, ErrorCode::NONE, "unexpected message"),
            Failure::Incompatible(Mismatch::ProtocolVersion { ours, .. }) => {
                // With this result the error code holds the version that we speak (RFC 2661 §4.4.2).
                TunnelEnd::new(StopResult::BAD_VERSION, ErrorCode(*ours), "")
            }
            Failure::Incompatible(Mismatch::UnknownAvp { .. }) => {
                error(ErrorCode::UNKNOWN_MANDATORY_AVP, "unknown mandatory AVP")
            }
            Failure::Incompatible(Mismatch::UnknownMessage(_)) => {
                error(ErrorCode::UNKNOWN_MANDATORY_AVP, "unknown message type")
            }
            Failure::Denied(_) => error(ErrorCode::NO_RESOURCES, "tunnel limit"),
            Failure::Local(_) => error(ErrorCode::NO_RESOURCES, ""),
            Failure::TunnelAuthentication(_) => {
                TunnelEnd::new(StopResult::NOT_AUTHORIZED, ErrorCode::NONE, "tunnel authentication failed")
            }
            // The peer acknowledged everything so far, so it may hear this too.
            Failure::Silence { attempts: 0, .. } => TunnelEnd::new(StopResult::GENERAL, ErrorCode::NONE, "timeout"),
            Failure::Closed(Closed::Tunnel(end)) => end.clone(),
            Failure::Closed(Closed::Empty | Closed::Call(_)) => TunnelEnd::GENERAL,
            Failure::Refused(_) | Failure::Silence { .. } | Failure::PeerGone(_) | Failure::TieLost => return None,
        })
    }

    /// The CDN that tells the peer of this failure of a call, or `None` when there is nothing to tell.
    pub fn call_end(&self) -> Option<CallEnd> {
        let error = |code, message| CallEnd::new(CallResult::ERROR, code, message);
        Some(match self {
            Failure::Malformed(malformed) => error(error_code(malformed), malformed.field),
            Failure::Misbehaved { .. } => error(ErrorCode::BAD_SESSION, "unexpected message"),
            Failure::Incompatible(Mismatch::ProtocolVersion { .. }) => error(ErrorCode::BAD_VALUE, ""),
            Failure::Incompatible(Mismatch::UnknownAvp { .. } | Mismatch::UnknownMessage(_)) => {
                error(ErrorCode::UNKNOWN_MANDATORY_AVP, "unknown mandatory AVP")
            }
            Failure::Denied(Denial::SessionsPerTunnel(_)) => error(ErrorCode::NO_RESOURCES, "session limit"),
            Failure::Denied(Denial::IncomingCall | Denial::OutgoingCall) => {
                error(ErrorCode::VENDOR, "calls are not accepted in this direction")
            }
            Failure::Denied(Denial::TunnelsPerPeer(_) | Denial::Tunnels(_)) | Failure::Local(_) => {
                error(ErrorCode::NO_RESOURCES, "")
            }
            Failure::TunnelAuthentication(_) => CallEnd::ADMINISTRATIVE,
            Failure::Silence { .. } => CallEnd::new(CallResult::TIMEOUT, ErrorCode::NONE, ""),
            Failure::Closed(Closed::Call(end)) => end.clone(),
            Failure::Closed(Closed::Tunnel(_) | Closed::Empty) => CallEnd::ADMINISTRATIVE,
            Failure::Refused(_) | Failure::PeerGone(_) | Failure::TieLost => return None,
        })
    }
}

impl From<AvpProblem> for Failure {
    fn from(problem: AvpProblem) -> Self {
        match problem {
            AvpProblem::Malformed(malformed) => Failure::Malformed(malformed),
            AvpProblem::UnknownMandatory { vendor, attribute } => {
                Failure::Incompatible(Mismatch::UnknownAvp { vendor, attribute })
            }
        }
    }
}

fn error_code(malformed: &Malformed) -> ErrorCode {
    use wire::Problem;
    match malformed.problem {
        Problem::Truncated { .. } | Problem::Trailing { .. } | Problem::BadLength { .. } => ErrorCode::BAD_LENGTH,
        Problem::BadValue { .. } | Problem::Missing | Problem::Repeated => ErrorCode::BAD_VALUE,
        Problem::TooMany { .. } => ErrorCode::NO_RESOURCES,
    }
}
