//! What a failed dial means to the one who dialled: its cause, and the number that Windows would show.
//!
//! The same failures as a server's, seen from the other end: where a server concludes what its client did, a dialer concludes
//! what the server or the path did. Every `match` names each variant.

use access::Failure;
use access::datapath::Encapsulation;
use ike::KeySuspicion;
use wire::isakmp::NotifyType;
use wire::l2tp::{CallResult, ErrorCode, StopResult};
use wire::ppp::{Protocol, RasError};

use crate::{Cause, Ras, Verdict};

/// What kept a dial from beginning, or cut it short from outside the protocols.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Obstacle {
    /// The server's name has no address.
    NameUnknown,
    /// This host has no route to the server.
    NoRoute,
    /// A router or the server itself said by ICMP that nothing gets through.
    Unreachable,
    /// A port that is needed here belongs to another program.
    PortBusy,
    /// The address that the server assigned cannot be configured here.
    UnusableAddress,
    /// Authentication was reached, and there is no password.
    NoPassword,
    /// This host has another address towards the server than when the connection was made.
    Moved,
}

impl Verdict {
    /// The verdict about a failed dial, as the dialer saw it. A connection that was up and ended has one, too.
    pub fn of_dial(failure: &Failure) -> Verdict {
        match failure {
            Failure::Ike { stage, failure, peer } => ike(*stage, failure, peer),
            Failure::NoTunnel(no_tunnel) => match (no_tunnel.heard, no_tunnel.encapsulation) {
                // IKE got through, and nothing of what bare ESP was to bring.
                (false, Encapsulation::Raw) => verdict(Cause::NetEspBlocked, 809),
                // ESP takes the way on which IKE has just succeeded.
                (false, Encapsulation::Udp) | (true, _) => verdict(Cause::L2tpNoAnswer, 809),
            },
            Failure::L2tp { stage, failure } => l2tp(*stage, failure),
            Failure::Unprotected { stage, failure } => unprotected(*stage, failure),
            Failure::Cut { stage, refusal } => cut(*stage, refusal),
            Failure::Ppp { stage, failure, .. } => ppp(*stage, failure),
            Failure::PeerGone { reason } => match reason {
                ike::CloseReason::DeletedByPeer => verdict(Cause::IkePeerDead, 629),
                ike::CloseReason::Command => verdict(Cause::NoneHealthy, 631),
                ike::CloseReason::Expired | ike::CloseReason::Replaced => verdict(Cause::IkeRekeyFailed, 829),
                ike::CloseReason::PeerDead => verdict(Cause::IkePeerDead, 829),
            },
            Failure::HungUp => verdict(Cause::NoneHealthy, 631),
        }
    }

    /// The verdict about a dial that met an obstacle outside the protocols.
    pub const fn of_obstacle(obstacle: Obstacle) -> Verdict {
        match obstacle {
            Obstacle::NameUnknown => verdict(Cause::NetDnsFailure, 868),
            Obstacle::NoRoute => verdict(Cause::NetNoInternet, 769),
            Obstacle::Unreachable => verdict(Cause::NetServerUnreachable, 809),
            Obstacle::PortBusy => verdict(Cause::NetPortBusy, 633),
            Obstacle::UnusableAddress => verdict(Cause::NcpAddressConflict, 716),
            Obstacle::Moved => verdict(Cause::NetNatMappingLost, 829),
            Obstacle::NoPassword => verdict(Cause::AuthBadCredentials, 631),
        }
    }

    /// The verdict about a dial whose strategies failed one after another, and the attempt that explains it. When every one of
    /// several has failed the number is 800, as Windows has it, and the attempt is the one that came furthest. A failure that
    /// no other strategy could change ended the order, and keeps its number. `None` when nothing was attempted.
    pub fn of_order(attempts: &[Verdict]) -> Option<(usize, Verdict)> {
        let last = attempts.len().checked_sub(1)?;
        let own = *attempts.last()?;
        if last == 0 || own.cause.defeats_every_strategy() {
            return Some((last, own));
        }
        let furthest = attempts.iter().enumerate().rev().max_by_key(|(_, attempt)| reach(attempt.cause.layer()));
        furthest.map(|(index, attempt)| (index, verdict(attempt.cause, 800)))
    }
}

/// How far a connection came that failed in a layer.
const fn reach(layer: Layer) -> u8 {
    match layer {
        Layer::None | Layer::Host => 0,
        Layer::Reachability => 1,
        Layer::Ipsec => 2,
        Layer::Tunnel => 3,
        Layer::Authentication | Layer::Ppp | Layer::Policy => 4,
    }
}

/// The part of a connection that a cause lies in, as exit statuses tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layer {
    /// Name, route, firewall, or nobody there.
    Reachability,
    /// IKE and ESP.
    Ipsec,
    /// L2TP or PPTP.
    Tunnel,
    /// User, password, method.
    Authentication,
    /// PPP, encryption, addresses.
    Ppp,
    /// Policies and limits of the server.
    Policy,
    /// The machine itself.
    Host,
    /// Nothing is wrong.
    None,
}

impl Cause {
    /// Whether another tunnel protocol would fail alike: the name, the route, the account. Trying a wrong password by one
    /// protocol after another only locks the account.
    pub const fn defeats_every_strategy(self) -> bool {
        matches!(
            self,
            Cause::NetDnsFailure
                | Cause::NetNoInternet
                | Cause::AuthBadCredentials
                | Cause::AuthAccountLocked
                | Cause::AuthAccountDisabled
                | Cause::AuthAccountExpired
                | Cause::AuthPasswordExpired
                | Cause::AuthLogonHours
                | Cause::AuthNoDialinPermission
                | Cause::NoneHealthy
        )
    }

    /// Whether the same dial could end otherwise later. A wrong password stays wrong, and locks the account; a server that
    /// cannot ask about it may be able to in a minute.
    pub fn may_pass(self) -> bool {
        match self {
            Cause::AuthRadiusNoAnswer
            | Cause::AuthRadiusSecretMismatch
            | Cause::AuthRadiusUnknownClient
            | Cause::AuthRadiusMessageAuthenticator => true,
            other => other.layer() != Layer::Authentication,
        }
    }

    /// The part of a connection that the cause lies in.
    pub fn layer(self) -> Layer {
        match self {
            Cause::TunnelPortsExhausted
            | Cause::TunnelServerFull
            | Cause::AuthLogonHours
            | Cause::AuthNoDialinPermission
            | Cause::AuthNoPolicyMatch
            | Cause::AuthPolicyConstraint => Layer::Policy,
            Cause::PppNoCommonAuth => Layer::Authentication,
            Cause::HostServerNotRunning => Layer::Reachability,
            Cause::NetPortBusy => Layer::Host,
            other => match other.id().split_once('.').map_or("", |(layer, _)| layer) {
                "net" | "route" => Layer::Reachability,
                "ike" | "esp" => Layer::Ipsec,
                "l2tp" | "pptp" | "tunnel" => Layer::Tunnel,
                "auth" => Layer::Authentication,
                "ppp" | "ccp" | "ncp" => Layer::Ppp,
                "none" => Layer::None,
                _ => Layer::Host,
            },
        }
    }
}

const fn verdict(cause: Cause, ras: u32) -> Verdict {
    Verdict { cause, ras: Some(Ras(ras)) }
}

fn ike(stage: ike::Stage, failure: &ike::Failure, peer: &ike::PeerKnown) -> Verdict {
    if failure.key_suspicion(stage) >= KeySuspicion::Likely {
        return verdict(Cause::IkePskMismatch, 789);
    }
    let phase2 = stage >= ike::Stage::Phase2Proposal;
    match failure {
        ike::Failure::Undecryptable => verdict(Cause::IkePskMismatch, 789),
        ike::Failure::Malformed(_) => verdict(Cause::IkePeerIncompatible, 789),
        ike::Failure::Misbehaved(misbehaviour) => match misbehaviour {
            ike::Misbehaviour::KeyExchange { .. } | ike::Misbehaviour::Hash | ike::Misbehaviour::Answer { .. } => {
                verdict(Cause::IkePeerIncompatible, 789)
            }
        },
        ike::Failure::Incompatible(incompatible) => match incompatible {
            ike::Incompatible::Phase1(_) | ike::Incompatible::Phase1Answer(_) => {
                verdict(Cause::IkeNoProposalPhase1, 788)
            }
            ike::Incompatible::Child(_) | ike::Incompatible::ChildAnswer(_) => verdict(Cause::IkeNoProposalPhase2, 788),
            ike::Incompatible::Selectors(_) => verdict(Cause::IkeSelectorMismatch, 789),
        },
        ike::Failure::Refused { notify, authenticated, .. } => match *notify {
            NotifyType::NO_PROPOSAL_CHOSEN | NotifyType::ATTRIBUTES_NOT_SUPPORTED | NotifyType::BAD_PROPOSAL_SYNTAX
                if phase2 =>
            {
                verdict(Cause::IkeNoProposalPhase2, 788)
            }
            NotifyType::NO_PROPOSAL_CHOSEN | NotifyType::ATTRIBUTES_NOT_SUPPORTED | NotifyType::BAD_PROPOSAL_SYNTAX => {
                verdict(Cause::IkeNoProposalPhase1, 788)
            }
            NotifyType::INVALID_ID_INFORMATION if phase2 => verdict(Cause::IkeSelectorMismatch, 789),
            NotifyType::INVALID_ID_INFORMATION => verdict(Cause::IkeIdentityMismatch, 787),
            // Before it has seen any proof, a server that speaks of authentication has no key for us.
            NotifyType::AUTHENTICATION_FAILED if !phase2 && !authenticated => verdict(Cause::IkePskMissing, 789),
            // What only the right key could make readable is no complaint about the key.
            NotifyType::AUTHENTICATION_FAILED if !phase2 => verdict(Cause::IkeIdentityMismatch, 787),
            NotifyType::INVALID_EXCHANGE_TYPE | NotifyType::UNSUPPORTED_EXCHANGE_TYPE => {
                verdict(Cause::IkeModeRefused, 789)
            }
            NotifyType::INVALID_MAJOR_VERSION | NotifyType::INVALID_MINOR_VERSION => {
                verdict(Cause::IkeVersionMismatch, 789)
            }
            _ => verdict(Cause::IkePeerIncompatible, 789),
        },
        ike::Failure::Silence { encapsulated, .. } => ike_silence(stage, *encapsulated, peer),
        ike::Failure::Denied(denial) => match denial {
            ike::Denial::NoPreSharedKey => verdict(Cause::IkePskMissing, 791),
            ike::Denial::PeerIdentity { .. } => verdict(Cause::IkeIdentityMismatch, 787),
            ike::Denial::TooManyChildren { .. } => verdict(Cause::IkePeerIncompatible, 789),
        },
        ike::Failure::Local(fault) => match fault {
            // The first three are a responder's, which a dialer is not.
            ike::LocalFault::Evicted
            | ike::LocalFault::Full
            | ike::LocalFault::Overloaded
            | ike::LocalFault::Closed => verdict(Cause::NoneHealthy, 631),
            // Main mode succeeded, and the server withdrew it while quick mode was under way.
            ike::LocalFault::IkeSaGone => verdict(Cause::IkeIdentityMismatch, 789),
        },
    }
}

/// Where the server stopped answering.
fn ike_silence(stage: ike::Stage, encapsulated: bool, peer: &ike::PeerKnown) -> Verdict {
    match stage {
        ike::Stage::Phase1Proposal => verdict(Cause::NetUdp500Blocked, 809),
        // It answered on this port before: not the path, but what we said, is what it does not like.
        ike::Stage::Phase1KeyExchange => verdict(Cause::IkePeerIncompatible, 792),
        // The first message on another port, and a NAT that has to pass it: as long as nothing ever came by that port, it may
        // be closed.
        ike::Stage::Phase1Authentication if encapsulated && !peer.heard_nat_t && behind_nat(peer) => {
            verdict(Cause::NetUdp4500Blocked, 809)
        }
        // The path is proven, or has no NAT in it. Servers that cannot decrypt message 5 often say nothing.
        ike::Stage::Phase1Authentication => verdict(Cause::IkePskMismatch, 789),
        ike::Stage::Phase2Proposal | ike::Stage::Phase2Confirmation => {
            let server_behind_nat = peer.nat.is_some_and(|nat| nat.remote);
            let cause = if server_behind_nat { Cause::IkeSelectorMismatch } else { Cause::IkeIdentityMismatch };
            verdict(cause, 789)
        }
    }
}

/// Whether a NAT stands in the way, or may: without NAT detection there is no knowing.
fn behind_nat(peer: &ike::PeerKnown) -> bool {
    peer.nat.is_none_or(|nat| nat.local || nat.remote)
}

fn l2tp(stage: l2tp::Stage, failure: &l2tp::Failure) -> Verdict {
    match failure {
        l2tp::Failure::Malformed(_)
        | l2tp::Failure::Misbehaved { .. }
        | l2tp::Failure::Incompatible(_)
        | l2tp::Failure::TieLost => verdict(Cause::L2tpPeerIncompatible, 629),
        l2tp::Failure::Refused(refusal) if stage < l2tp::Stage::Up => refused(refusal),
        // It was up, and the server hung up.
        l2tp::Failure::Refused(_) => verdict(Cause::NoneHealthy, 629),
        l2tp::Failure::Silence { stage, .. } => match stage {
            l2tp::Stage::Tunnel => verdict(Cause::L2tpNoAnswer, 809),
            l2tp::Stage::Call => verdict(Cause::L2tpNoAnswer, 678),
            l2tp::Stage::Up => verdict(Cause::IkePeerDead, 829),
        },
        l2tp::Failure::Denied(denial) => match denial {
            l2tp::Denial::TunnelsPerPeer(_)
            | l2tp::Denial::Tunnels(_)
            | l2tp::Denial::SessionsPerTunnel(_)
            | l2tp::Denial::IncomingCall
            | l2tp::Denial::OutgoingCall => verdict(Cause::L2tpPeerIncompatible, 629),
        },
        l2tp::Failure::TunnelAuthentication(_) => verdict(Cause::L2tpTunnelAuthFailed, 629),
        l2tp::Failure::PeerGone(_) => verdict(Cause::IkePeerDead, if stage < l2tp::Stage::Up { 809 } else { 829 }),
        l2tp::Failure::Closed(_) => verdict(Cause::NoneHealthy, 631),
        l2tp::Failure::Local(_) => verdict(Cause::NetPortBusy, 633),
    }
}

/// L2TP without IPsec. A server that wants IPsec does not answer it, and looks no different from one that is not there.
fn unprotected(stage: l2tp::Stage, failure: &l2tp::Failure) -> Verdict {
    match failure {
        l2tp::Failure::Silence { stage: l2tp::Stage::Tunnel, .. } => verdict(Cause::L2tpNotProtected, 809),
        l2tp::Failure::Silence { stage: l2tp::Stage::Up, .. } => verdict(Cause::PppPeerDead, 829),
        other => l2tp(stage, other),
    }
}

/// What the server said with StopCCN or CDN.
fn refused(refusal: &l2tp::Refusal) -> Verdict {
    match refusal {
        l2tp::Refusal::Tunnel { result, error, message } => {
            refused_with(true, result.map_or(0, |code| code.0), error.map_or(0, |code| code.0), message)
        }
        l2tp::Refusal::Call { result, error, message, .. } => {
            refused_with(false, result.map_or(0, |code| code.0), error.map_or(0, |code| code.0), message)
        }
    }
}

/// What the codes of a StopCCN (`tunnel`) or CDN mean (RFC 2661 §4.4.2); 0 stands for none.
pub(crate) fn refused_with(tunnel: bool, result: u16, error: u16, message: &str) -> Verdict {
    let error = ErrorCode(error);
    if tunnel {
        match (StopResult(result), error) {
            (StopResult::NOT_AUTHORIZED, _) => verdict(Cause::L2tpTunnelAuthFailed, 629),
            (StopResult::BAD_VERSION | StopResult::FSM_ERROR, _) => verdict(Cause::L2tpPeerIncompatible, 629),
            (_, ErrorCode::NO_RESOURCES) => verdict(Cause::TunnelServerFull, 678),
            (StopResult::SHUTTING_DOWN, _) => verdict(Cause::HostServerNotRunning, 678),
            _ => verdict(Cause::L2tpRefused, 678),
        }
    } else {
        match (CallResult(result), error) {
            // xl2tpd has addresses before it has PPP, and no code for having none.
            (_, ErrorCode::NO_RESOURCES) if message.contains("IP address") => {
                verdict(Cause::NcpAddressPoolExhausted, 717)
            }
            (CallResult::BUSY, _) => verdict(Cause::TunnelPortsExhausted, 676),
            (CallResult::TEMPORARY_LACK | CallResult::PERMANENT_LACK, _) | (_, ErrorCode::NO_RESOURCES) => {
                verdict(Cause::TunnelPortsExhausted, 678)
            }
            _ => verdict(Cause::L2tpRefused, 678),
        }
    }
}

/// The server ended the call instead of saying what it thinks of the link.
fn cut(stage: ppp::Stage, refusal: &l2tp::Refusal) -> Verdict {
    match (stage, refusal) {
        // So do access concentrators that have asked RADIUS, where others answer with the failure of PAP or CHAP.
        (ppp::Stage::Authentication, l2tp::Refusal::Call { result: Some(CallResult::ADMINISTRATIVE), .. }) => {
            verdict(Cause::AuthBadCredentials, 691)
        }
        _ => match refused(refusal) {
            Verdict { cause: Cause::L2tpRefused, .. } => verdict(Cause::L2tpRefused, 628),
            named => named,
        },
    }
}

fn ppp(stage: ppp::Stage, failure: &ppp::Failure) -> Verdict {
    match failure {
        ppp::Failure::Malformed(_) => verdict(Cause::PppPeerIncompatible, 722),
        ppp::Failure::Misbehaved(misbehaved) => match misbehaved {
            ppp::Misbehaved::Loopback { .. } => verdict(Cause::PppLoopback, 737),
            ppp::Misbehaved::WrongAuthenticatorResponse => verdict(Cause::AuthBadCredentials, 778),
            ppp::Misbehaved::Renegotiates { .. } => verdict(Cause::PppPeerIncompatible, 732),
        },
        ppp::Failure::Incompatible(incompatible) => match incompatible {
            ppp::Incompatible::NoCommonAuth { .. } => verdict(Cause::PppNoCommonAuth, 919),
            ppp::Incompatible::NotConverged { .. } => verdict(Cause::PppPeerIncompatible, 732),
            ppp::Incompatible::NoNetworkProtocol { ends } => no_network(ends),
        },
        ppp::Failure::Refused(refused) => match refused {
            ppp::Refused::Authentication { ras: RasError::NONE, .. } => verdict(Cause::AuthBadCredentials, 691),
            ppp::Refused::Authentication { ras, .. } => server_says(*ras, Cause::AuthBadCredentials),
            ppp::Refused::Terminated { ras: Some(ras), .. } if *ras != RasError::NONE => {
                server_says(*ras, terminated(stage).cause)
            }
            ppp::Refused::Terminated { .. } => terminated(stage),
            ppp::Refused::Unsupported { .. } => verdict(Cause::PppPeerIncompatible, 733),
            ppp::Refused::NoAddress => verdict(Cause::NcpNoAddress, 738),
        },
        ppp::Failure::Silence(silence) => match silence.stage {
            ppp::Stage::Lcp => verdict(Cause::PppLcpTimeout, 721),
            // It said who it wants to know about, or it did not.
            ppp::Stage::Authentication if silence.attempts == 0 => verdict(Cause::PppLcpTimeout, 718),
            ppp::Stage::Authentication => verdict(Cause::AuthRadiusNoAnswer, 718),
            ppp::Stage::Network => verdict(Cause::NcpNoneAgreed, 720),
            ppp::Stage::Up => verdict(Cause::PppPeerDead, 829),
        },
        ppp::Failure::Denied(denied) => match denied {
            ppp::Denied::Authentication { ras, .. } => server_says(*ras, Cause::AuthBadCredentials),
            ppp::Denied::UnauthenticatedServer => verdict(Cause::PppNoCommonAuth, 919),
        },
        ppp::Failure::Local(local) => match local {
            ppp::Local::Closed(_) => verdict(Cause::NoneHealthy, 631),
            ppp::Local::LowerLayerDown => verdict(Cause::IkePeerDead, 829),
            ppp::Local::NoAddress(_) => verdict(Cause::NcpNoAddress, 738),
            ppp::Local::NoAnswer { question, .. } => match question {
                ppp::QuestionKind::Credentials | ppp::QuestionKind::Verify => verdict(Cause::AuthBadCredentials, 691),
                ppp::QuestionKind::Address => verdict(Cause::NcpNoAddress, 738),
            },
            ppp::Local::Misanswered(_) | ppp::Local::Configuration => verdict(Cause::HostConfigurationError, 645),
        },
    }
}

/// No network protocol came up; how IPCP ended says why.
fn no_network(ends: &[(Protocol, ppp::ProtocolEnd)]) -> Verdict {
    let ipcp = ends.iter().find(|(protocol, _)| *protocol == Protocol::IPCP).map(|(_, end)| end);
    match ipcp {
        Some(ppp::ProtocolEnd::Rejected) => verdict(Cause::NcpNoneAgreed, 733),
        Some(ppp::ProtocolEnd::Terminated { ras: Some(ras), .. }) if *ras != RasError::NONE => {
            server_says(*ras, Cause::NcpNoneAgreed)
        }
        Some(ppp::ProtocolEnd::Terminated { .. }) => verdict(Cause::NcpNoneAgreed, 736),
        Some(ppp::ProtocolEnd::NotConverged { .. }) => verdict(Cause::PppPeerIncompatible, 732),
        Some(ppp::ProtocolEnd::Unfinished | ppp::ProtocolEnd::Silent { .. } | ppp::ProtocolEnd::Closed) | None => {
            verdict(Cause::NcpNoneAgreed, 720)
        }
    }
}

/// The server named the error itself: that number, and the cause behind it; `otherwise` behind a number that says nothing here.
fn server_says(ras: RasError, otherwise: Cause) -> Verdict {
    verdict(named_cause(ras).unwrap_or(otherwise), ras.0)
}

/// The cause behind a number that an end of a link names to the other; `None` behind one that says nothing there.
pub(crate) fn named_cause(ras: RasError) -> Option<Cause> {
    /// Numbers that Windows servers have and their clients' protocols do not name.
    const ACCOUNT_EXPIRED: RasError = RasError(708);
    const AUTH_SERVER_TIMEOUT: RasError = RasError(930);
    const MAX_CLIENT_LIMIT: RasError = RasError(935);
    const USER_LIMIT: RasError = RasError(937);
    const NO_RADIUS_SERVERS: RasError = RasError(938);
    const INVALID_RADIUS_RESPONSE: RasError = RasError(939);
    const HOURS_RESTRICTION: RasError = RasError(940);
    const PORT_TYPE_RESTRICTION: RasError = RasError(941);
    const PROTOCOL_RESTRICTION: RasError = RasError(942);
    let cause = match ras {
        RasError::RESTRICTED_LOGON_HOURS | HOURS_RESTRICTION => Cause::AuthLogonHours,
        RasError::ACCOUNT_DISABLED => Cause::AuthAccountDisabled,
        ACCOUNT_EXPIRED => Cause::AuthAccountExpired,
        RasError::PASSWORD_EXPIRED | RasError::CHANGING_PASSWORD => Cause::AuthPasswordExpired,
        RasError::NO_DIALIN_PERMISSION => Cause::AuthNoDialinPermission,
        RasError::AUTHENTICATION_FAILURE => Cause::AuthBadCredentials,
        RasError::UNABLE_TO_AUTHENTICATE_SERVER => Cause::AuthBadCredentials,
        RasError::SERVER_POLICY | PORT_TYPE_RESTRICTION | PROTOCOL_RESTRICTION => Cause::AuthPolicyConstraint,
        AUTH_SERVER_TIMEOUT | NO_RADIUS_SERVERS => Cause::AuthRadiusNoAnswer,
        INVALID_RADIUS_RESPONSE => Cause::AuthRadiusSecretMismatch,
        MAX_CLIENT_LIMIT | USER_LIMIT => Cause::TunnelServerFull,
        RasError::NO_IP_ADDRESSES => Cause::NcpAddressPoolExhausted,
        RasError::PPP_NO_ADDRESS_ASSIGNED => Cause::NcpNoAddress,
        RasError::PPP_NO_PROTOCOLS_CONFIGURED | RasError::PPP_CP_REJECTED | RasError::PPP_NCP_TERMINATED => {
            Cause::NcpNoneAgreed
        }
        RasError::PPP_LCP_TERMINATED => Cause::PppNoCommonAuth,
        RasError::PPP_LOOPBACK_DETECTED => Cause::PppLoopback,
        RasError::PPP_NO_RESPONSE | RasError::PPP_TIMEOUT => Cause::PppLcpTimeout,
        RasError::PPP_INVALID_PACKET | RasError::PPP_NOT_CONVERGING => Cause::PppPeerIncompatible,
        RasError::LINK_FAILURE => Cause::PppPeerDead,
        RasError::IDLE_TIMEOUT | RasError::REMOTE_DISCONNECTION | RasError::USER_DISCONNECTION => Cause::NoneHealthy,
        _ => return None,
    };
    Some(cause)
}

/// What it means at `stage` that the server ends the link without a number: the usual cause, and the number.
const fn terminated(stage: ppp::Stage) -> Verdict {
    match stage {
        ppp::Stage::Lcp => verdict(Cause::PppNoCommonAuth, 734),
        ppp::Stage::Authentication => verdict(Cause::PppNoCommonAuth, 628),
        ppp::Stage::Network => verdict(Cause::NcpNoneAgreed, 736),
        ppp::Stage::Up => verdict(Cause::NoneHealthy, 629),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn silence(stage: ike::Stage, encapsulated: bool) -> Verdict {
        let failure = ike::Failure::Silence { attempts: 5, elapsed: Duration::from_secs(30), encapsulated };
        Verdict::of_dial(&Failure::Ike { stage, failure, peer: Box::default() })
    }

    #[test]
    fn where_the_server_falls_silent_decides_between_the_path_and_the_key() {
        assert_eq!(silence(ike::Stage::Phase1Proposal, false), verdict(Cause::NetUdp500Blocked, 809));
        assert_eq!(silence(ike::Stage::Phase1Authentication, false), verdict(Cause::IkePskMismatch, 789));
        assert_eq!(silence(ike::Stage::Phase1Authentication, true), verdict(Cause::NetUdp4500Blocked, 809));
    }

    #[test]
    fn silence_means_something_else_without_ipsec() {
        let silence = |stage| l2tp::Failure::Silence { stage, attempts: 8, elapsed: Duration::from_secs(30) };
        let bare = |stage| Verdict::of_dial(&Failure::Unprotected { stage, failure: silence(stage) });
        assert_eq!(bare(l2tp::Stage::Tunnel), verdict(Cause::L2tpNotProtected, 809));
        assert_eq!(bare(l2tp::Stage::Call), verdict(Cause::L2tpNoAnswer, 678));
        assert_eq!(bare(l2tp::Stage::Up), verdict(Cause::PppPeerDead, 829));
        let inside = Failure::L2tp { stage: l2tp::Stage::Tunnel, failure: silence(l2tp::Stage::Tunnel) };
        assert_eq!(Verdict::of_dial(&inside), verdict(Cause::L2tpNoAnswer, 809));
    }

    #[test]
    fn a_refusal_that_only_the_right_key_makes_readable_is_not_about_the_key() {
        let refused = |authenticated| {
            let notify = NotifyType::AUTHENTICATION_FAILED;
            let failure = ike::Failure::Refused { notify, data: Vec::new(), authenticated };
            Verdict::of_dial(&Failure::Ike { stage: ike::Stage::Phase1Authentication, failure, peer: Box::default() })
        };
        assert_eq!(refused(false), verdict(Cause::IkePskMismatch, 789));
        assert_eq!(refused(true), verdict(Cause::IkeIdentityMismatch, 787));
    }

    #[test]
    fn a_number_of_the_server_that_nobody_knows_is_quoted_with_the_cause_of_its_stage() {
        let says = |stage, refused| {
            Verdict::of_dial(&Failure::Ppp { stage, failure: ppp::Failure::Refused(refused), denied: None })
        };
        let ended = |ras| ppp::Refused::Terminated { ras: Some(RasError(ras)), message: String::new() };
        let denied = |ras| ppp::Refused::Authentication { ras: RasError(ras), message: String::new() };
        assert_eq!(says(ppp::Stage::Up, ended(4711)), verdict(Cause::NoneHealthy, 4711));
        assert_eq!(says(ppp::Stage::Lcp, ended(4711)), verdict(Cause::PppNoCommonAuth, 4711));
        assert_eq!(says(ppp::Stage::Authentication, denied(4711)), verdict(Cause::AuthBadCredentials, 4711));
        assert_eq!(says(ppp::Stage::Authentication, denied(0)), verdict(Cause::AuthBadCredentials, 691));
    }

    #[test]
    fn silence_on_port_4500_is_the_key_where_that_port_is_known_to_be_open_or_no_nat_has_to_pass_it() {
        let silence = |heard_nat_t, nat| {
            let failure = ike::Failure::Silence { attempts: 5, elapsed: Duration::from_secs(30), encapsulated: true };
            let peer = Box::new(ike::PeerKnown { heard_nat_t, nat: Some(nat), ..ike::PeerKnown::default() });
            Verdict::of_dial(&Failure::Ike { stage: ike::Stage::Phase1Authentication, failure, peer })
        };
        let (key, port) = (verdict(Cause::IkePskMismatch, 789), verdict(Cause::NetUdp4500Blocked, 809));
        let nat = ike::Nat { local: true, ..ike::Nat::default() };
        assert_eq!(silence(false, nat), port);
        assert_eq!(silence(true, nat), key);
        assert_eq!(silence(false, ike::Nat { remote: true, ..ike::Nat::default() }), port);
        assert_eq!(silence(false, ike::Nat { forced: true, ..ike::Nat::default() }), key);
    }

    #[test]
    fn the_servers_own_code_is_shown() {
        for (code, cause) in [
            (691, Cause::AuthBadCredentials),
            (646, Cause::AuthLogonHours),
            (647, Cause::AuthAccountDisabled),
            (648, Cause::AuthPasswordExpired),
            (649, Cause::AuthNoDialinPermission),
            (738, Cause::NcpNoAddress),
        ] {
            let failure =
                ppp::Failure::Refused(ppp::Refused::Authentication { ras: RasError(code), message: String::new() });
            let failure = Failure::Ppp { stage: ppp::Stage::Authentication, failure, denied: None };
            assert_eq!(Verdict::of_dial(&failure), verdict(cause, code));
        }
    }

    #[test]
    fn no_proposal_and_no_common_authentication_have_numbers_of_their_own() {
        let refused =
            ike::Failure::Refused { notify: NotifyType::NO_PROPOSAL_CHOSEN, data: Vec::new(), authenticated: false };
        let failure = Failure::Ike { stage: ike::Stage::Phase1Proposal, failure: refused, peer: Box::default() };
        assert_eq!(Verdict::of_dial(&failure), verdict(Cause::IkeNoProposalPhase1, 788));
        let none = ppp::Incompatible::NoCommonAuth { ours: Vec::new(), theirs: Vec::new() };
        let failure = Failure::Ppp { stage: ppp::Stage::Lcp, failure: ppp::Failure::Incompatible(none), denied: None };
        assert_eq!(Verdict::of_dial(&failure), verdict(Cause::PppNoCommonAuth, 919));
    }

    #[test]
    fn a_full_server_is_told_from_one_that_refuses() {
        let call = |result| {
            let refusal = l2tp::Refusal::Call { result, error: None, message: String::new(), ppp_cause: None };
            Verdict::of_dial(&Failure::L2tp { stage: l2tp::Stage::Call, failure: l2tp::Failure::Refused(refusal) })
        };
        assert_eq!(call(Some(CallResult::BUSY)), verdict(Cause::TunnelPortsExhausted, 676));
        assert_eq!(call(None), verdict(Cause::L2tpRefused, 678));
    }

    #[test]
    fn a_cause_lies_in_the_layer_of_its_name_unless_a_policy_or_a_limit_is_behind_it() {
        assert_eq!(Cause::IkePskMismatch.layer(), Layer::Ipsec);
        assert_eq!(Cause::AuthBadCredentials.layer(), Layer::Authentication);
        assert_eq!(Cause::AuthLogonHours.layer(), Layer::Policy);
        assert_eq!(Cause::TunnelServerFull.layer(), Layer::Policy);
        assert_eq!(Cause::NoneHealthy.layer(), Layer::None);
        assert_eq!(Cause::HostConfigurationError.layer(), Layer::Host);
    }

    #[test]
    fn a_refused_user_does_not_try_again_and_a_server_whose_accounts_are_away_is_tried_again() {
        for cause in [Cause::AuthBadCredentials, Cause::AuthAccountDisabled, Cause::PppNoCommonAuth] {
            assert!(!cause.may_pass(), "{cause}");
        }
        for cause in [Cause::AuthRadiusNoAnswer, Cause::NetUdp500Blocked, Cause::NcpAddressPoolExhausted] {
            assert!(cause.may_pass(), "{cause}");
        }
    }

    #[test]
    fn when_every_strategy_has_failed_the_number_is_800_and_the_cause_is_that_of_the_one_that_came_furthest() {
        let (silent, differs) = (verdict(Cause::NetUdp500Blocked, 809), verdict(Cause::IkePskMismatch, 789));
        assert_eq!(Verdict::of_order(&[]), None);
        assert_eq!(Verdict::of_order(&[silent]), Some((0, silent)));
        assert_eq!(Verdict::of_order(&[silent, differs]), Some((1, verdict(Cause::IkePskMismatch, 800))));
        assert_eq!(Verdict::of_order(&[differs, silent]), Some((0, verdict(Cause::IkePskMismatch, 800))));
        assert_eq!(Verdict::of_order(&[silent, silent]), Some((0, verdict(Cause::NetUdp500Blocked, 800))));
    }

    #[test]
    fn what_no_other_strategy_can_change_keeps_its_number() {
        let silent = verdict(Cause::NetUdp500Blocked, 809);
        for (cause, ras) in [
            (Cause::NetDnsFailure, 868),
            (Cause::NetNoInternet, 769),
            (Cause::AuthBadCredentials, 691),
            (Cause::AuthLogonHours, 646),
            (Cause::AuthAccountDisabled, 647),
            (Cause::AuthPasswordExpired, 648),
            (Cause::AuthNoDialinPermission, 649),
            (Cause::NoneHealthy, 631),
        ] {
            assert_eq!(Verdict::of_order(&[silent, verdict(cause, ras)]), Some((1, verdict(cause, ras))));
        }
    }

    #[test]
    fn every_number_that_a_dial_can_show_has_a_sentence() {
        let obstacles = [
            Obstacle::NameUnknown,
            Obstacle::NoRoute,
            Obstacle::Unreachable,
            Obstacle::PortBusy,
            Obstacle::UnusableAddress,
            Obstacle::NoPassword,
            Obstacle::Moved,
        ];
        for obstacle in obstacles {
            assert!(Verdict::of_obstacle(obstacle).ras.is_some_and(|ras| ras.text().is_some()), "{obstacle:?}");
        }
    }
}
