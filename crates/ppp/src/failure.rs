use std::time::Duration;

use wire::Malformed;
use wire::ppp::{AuthProtocol, Protocol, RasError, TerminateReason};

use crate::config::CloseReason;
use crate::event::{NoAddress, QuestionKind};
use crate::text::printable;

/// How far a session is, or was when it failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// LCP is being negotiated.
    Lcp,
    /// LCP is open, the user is not authenticated.
    Authentication,
    /// Authenticated, no network protocol is up.
    Network,
    /// At least one network protocol is up.
    Up,
}

/// Why a session ended, split by who is to blame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The peer's authentication packets are not what they should be.
    Malformed(Malformed),
    /// The peer did what the protocol forbids.
    Misbehaved(Misbehaved),
    /// The peer and we have nothing in common.
    Incompatible(Incompatible),
    /// The peer said no.
    Refused(Refused),
    /// The peer did not answer.
    Silence(Silence),
    /// Our side said no.
    Denied(Denied),
    /// Something on our side stood in the way, or asked for the end.
    Local(Local),
}

/// What the protocol forbids and the peer did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Misbehaved {
    /// What we send comes back to us (RFC 1661 §6.4).
    Loopback {
        /// How often our own magic number came back.
        seen: u32,
    },
    /// The server does not know the password it asked for (RFC 2759 §8.8), or says Success in EAP without having proved
    /// that it does.
    WrongAuthenticatorResponse,
    /// LCP began anew again and again without a network protocol coming up.
    Renegotiates {
        /// How often it began anew.
        times: u32,
    },
}

/// What the peer and we could not agree on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incompatible {
    /// No way to authenticate suits both.
    NoCommonAuth {
        /// What we offered or would accept, best first.
        ours: Vec<AuthProtocol>,
        /// What the peer asked for; empty when it refused without naming anything.
        theirs: Vec<AuthProtocol>,
    },
    /// Both repeated what the other does not accept.
    NotConverged {
        /// The protocol whose options did not converge.
        protocol: Protocol,
        /// Rounds of Nak and Reject.
        rounds: u32,
    },
    /// No network protocol came up, or none is left.
    NoNetworkProtocol {
        /// How each of them ended.
        ends: Vec<(Protocol, ProtocolEnd)>,
    },
}

/// How the peer said no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It did not accept our credentials.
    Authentication {
        /// The reason it gave; [`RasError::AUTHENTICATION_FAILURE`] where the method has no reasons.
        ras: RasError,
        /// Text for the user; may be empty.
        message: String,
    },
    /// It ended the link with a Terminate-Request.
    Terminated {
        /// The Windows error code, when it sent one; [`RasError::NONE`] is a normal end.
        ras: Option<RasError>,
        /// Text it sent instead; may be empty.
        message: String,
    },
    /// It does not know a protocol or code without which there is no session.
    Unsupported {
        /// The protocol.
        protocol: Protocol,
    },
    /// The server assigned no address.
    NoAddress,
}

/// What the peer did not answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Silence {
    /// Where the session was.
    pub stage: Stage,
    /// How often we asked.
    pub attempts: u32,
    /// For how long.
    pub elapsed: Duration,
}

/// How our policy said no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Denied {
    /// The user may not come in.
    Authentication {
        /// The name as the peer sent it; octets that are not UTF-8 are replaced.
        user: String,
        /// The reason that the peer was given.
        ras: RasError,
    },
    /// The server did not ask for authentication, and so proves nothing itself.
    UnauthenticatedServer,
}

/// What stood in the way on our side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Local {
    /// The session was ended by command.
    Closed(CloseReason),
    /// The lower layer went away.
    LowerLayerDown,
    /// There was no address for the user.
    NoAddress(NoAddress),
    /// A question was not answered in time.
    NoAnswer {
        /// What was asked.
        question: QuestionKind,
        /// How long we waited.
        waited: Duration,
    },
    /// An answer did not fit its question.
    Misanswered(QuestionKind),
    /// The configuration permits no way to authenticate, or its credentials do not fit the method.
    Configuration,
}

/// How one control protocol ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProtocolEnd {
    /// It has not ended: it was still being negotiated.
    Unfinished,
    /// The peer did not answer.
    Silent {
        /// Configure-Requests that we sent.
        attempts: u32,
        /// From the first of them to giving up.
        elapsed: Duration,
    },
    /// The peer sent a Terminate-Request.
    Terminated {
        /// The Windows error code, when it sent one.
        ras: Option<RasError>,
        /// Text it sent instead; may be empty.
        message: String,
    },
    /// The peer does not know the protocol or one of its codes.
    Rejected,
    /// Both repeated what the other does not accept.
    NotConverged {
        /// Rounds of Nak and Reject.
        rounds: u32,
    },
    /// We ended it.
    Closed,
}

impl ProtocolEnd {
    /// The end by a Terminate-Request with this data.
    pub(crate) fn terminated(data: &[u8]) -> Self {
        match TerminateReason::parse(data) {
            Some(reason) => ProtocolEnd::Terminated { ras: Some(reason.ras), message: String::new() },
            None => ProtocolEnd::Terminated { ras: None, message: printable(data) },
        }
    }
}

impl Failure {
    /// The Windows error for it: what our Terminate-Request says, and what a Windows user sees.
    pub fn ras(&self) -> RasError {
        match self {
            Failure::Malformed(_) => RasError::PPP_INVALID_PACKET,
            Failure::Misbehaved(Misbehaved::Loopback { .. }) => RasError::PPP_LOOPBACK_DETECTED,
            Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse) => RasError::UNABLE_TO_AUTHENTICATE_SERVER,
            Failure::Misbehaved(Misbehaved::Renegotiates { .. }) => RasError::PPP_NOT_CONVERGING,
            Failure::Incompatible(Incompatible::NoCommonAuth { .. }) => RasError::PPP_LCP_TERMINATED,
            Failure::Incompatible(Incompatible::NotConverged { .. }) => RasError::PPP_NOT_CONVERGING,
            Failure::Incompatible(Incompatible::NoNetworkProtocol { .. }) => RasError::PPP_NO_PROTOCOLS_CONFIGURED,
            Failure::Refused(Refused::Authentication { ras, .. }) => *ras,
            Failure::Refused(Refused::Terminated { ras, .. }) => ras.unwrap_or(RasError::PPP_REMOTE_TERMINATED),
            Failure::Refused(Refused::Unsupported { .. }) => RasError::PPP_CP_REJECTED,
            Failure::Refused(Refused::NoAddress) => RasError::PPP_NO_ADDRESS_ASSIGNED,
            Failure::Silence(Silence { stage: Stage::Lcp, .. }) => RasError::PPP_NO_RESPONSE,
            Failure::Silence(Silence { stage: Stage::Authentication | Stage::Network, .. }) => RasError::PPP_TIMEOUT,
            Failure::Silence(Silence { stage: Stage::Up, .. }) => RasError::LINK_FAILURE,
            Failure::Denied(Denied::Authentication { ras, .. }) => *ras,
            Failure::Denied(Denied::UnauthenticatedServer) => RasError::PPP_LCP_TERMINATED,
            Failure::Local(Local::Closed(reason)) => reason.ras(),
            Failure::Local(Local::LowerLayerDown) => RasError::LINK_FAILURE,
            Failure::Local(Local::NoAddress(NoAddress::Exhausted | NoAddress::Other)) => {
                RasError::PPP_NO_ADDRESS_ASSIGNED
            }
            Failure::Local(Local::NoAnswer { .. } | Local::Misanswered(_)) => RasError::PPP_TIMEOUT,
            Failure::Local(Local::Configuration) => RasError::PPP_LCP_TERMINATED,
        }
    }
}
