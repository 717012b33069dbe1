//! What a typed failure means: its cause in the catalogue and the error that a Windows client shows.
//!
//! Every `match` here names each variant, so that a new way to fail has to be given a meaning before it compiles.

use access::datapath::Encapsulation;
use access::server::End;
use access::{Failure, NoTunnel};
use ike::KeySuspicion;
use wire::ppp::RasError;

use crate::{Cause, Ras};

/// The meaning of a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Its cause.
    pub cause: Cause,
    /// The error number that a Windows client shows for it.
    pub ras: Option<Ras>,
}

impl Verdict {
    /// The verdict about a failed attempt, as a server saw it.
    pub fn of(failure: &Failure) -> Verdict {
        match failure {
            Failure::Ike { stage, failure, peer } => Verdict::usual(ike_cause(*stage, failure, peer)),
            Failure::NoTunnel(no_tunnel) => Verdict::usual(no_tunnel_cause(no_tunnel)),
            Failure::L2tp { failure, .. } | Failure::Unprotected { failure, .. } => Verdict::usual(l2tp_cause(failure)),
            Failure::Cut { .. } => Verdict::usual(Cause::L2tpRefused),
            Failure::Ppp { stage, failure, denied } => {
                Verdict::with(ppp_cause(*stage, failure, *denied), failure.ras())
            }
            Failure::PeerGone { .. } => Verdict::usual(Cause::IkePeerDead),
            Failure::HungUp => Verdict { cause: Cause::NoneHealthy, ras: None },
        }
    }

    /// The verdict about the end of a connection that was up; `None` when somebody simply hung up.
    pub fn of_end(end: &End) -> Option<Verdict> {
        match end {
            End::Ppp { failure } => match failure {
                ppp::Failure::Refused(ppp::Refused::Terminated { .. }) | ppp::Failure::Local(ppp::Local::Closed(_)) => {
                    None
                }
                _ => Some(Verdict::with(ppp_cause(ppp::Stage::Up, failure, None), failure.ras())),
            },
            End::L2tp { failure } => match failure {
                l2tp::Failure::Refused(_) | l2tp::Failure::Closed(_) => None,
                l2tp::Failure::Silence { .. } | l2tp::Failure::PeerGone(_) => Some(Verdict::usual(Cause::IkePeerDead)),
                other => Some(Verdict::usual(l2tp_cause(other))),
            },
        }
    }

    fn usual(cause: Cause) -> Verdict {
        Verdict { cause, ras: cause.ras().first().copied() }
    }

    /// The layer's own number where the catalogue knows it for this cause, else the usual one.
    fn with(cause: Cause, own: RasError) -> Verdict {
        let own = Ras(own.0);
        if cause.ras().contains(&own) { Verdict { cause, ras: Some(own) } } else { Verdict::usual(cause) }
    }
}

fn ike_cause(stage: ike::Stage, failure: &ike::Failure, peer: &ike::PeerKnown) -> Cause {
    if failure.key_suspicion(stage) >= KeySuspicion::Likely {
        return Cause::IkePskMismatch;
    }
    match failure {
        ike::Failure::Undecryptable => Cause::IkePskMismatch,
        ike::Failure::Malformed(_) | ike::Failure::Misbehaved(_) => Cause::IkePeerIncompatible,
        ike::Failure::Incompatible(incompatible) => match incompatible {
            ike::Incompatible::Phase1(_) | ike::Incompatible::Phase1Answer(_) => Cause::IkeNoProposalPhase1,
            ike::Incompatible::Child(mismatch) => {
                let group = |refused: &ike::proposal::Refused<_>| refused.reason == ike::proposal::Reason::Group;
                let pfs = !mismatch.offered.is_empty() && mismatch.offered.iter().all(group);
                if pfs { Cause::IkePfsMismatch } else { Cause::IkeNoProposalPhase2 }
            }
            ike::Incompatible::ChildAnswer(_) => Cause::IkeNoProposalPhase2,
            ike::Incompatible::Selectors(_) => Cause::IkeSelectorMismatch,
        },
        ike::Failure::Refused { notify, .. } => match *notify {
            wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN if stage >= ike::Stage::Phase2Proposal => {
                Cause::IkeNoProposalPhase2
            }
            wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN => Cause::IkeNoProposalPhase1,
            wire::isakmp::NotifyType::INVALID_ID_INFORMATION if stage >= ike::Stage::Phase2Proposal => {
                Cause::IkeSelectorMismatch
            }
            _ => Cause::IkePeerIncompatible,
        },
        ike::Failure::Silence { .. } => silence_cause(stage, peer),
        ike::Failure::Denied(denial) => match denial {
            ike::Denial::NoPreSharedKey => Cause::IkePskMissing,
            ike::Denial::PeerIdentity { .. } => Cause::IkeIdentityMismatch,
            ike::Denial::TooManyChildren { .. } => Cause::TunnelPortsExhausted,
        },
        ike::Failure::Local(fault) => match fault {
            ike::LocalFault::Evicted | ike::LocalFault::Full | ike::LocalFault::Overloaded => Cause::TunnelServerFull,
            ike::LocalFault::Closed => Cause::HostServerNotRunning,
            ike::LocalFault::IkeSaGone => Cause::IkePeerDead,
        },
    }
}

/// The peer stopped answering. Where it stopped says which way is closed.
fn silence_cause(stage: ike::Stage, peer: &ike::PeerKnown) -> Cause {
    let nat = peer.nat.is_some_and(|nat| nat.detected());
    let server_behind_nat = peer.nat.is_some_and(|nat| nat.local && !nat.hidden);
    let windows = matches!(peer.announced.software(), ike::Software::Windows { .. });
    match stage {
        ike::Stage::Phase1Proposal => Cause::NetUdp500Blocked,
        // A Windows client learns from message 4 that the server is behind a NAT, and falls silent.
        ike::Stage::Phase1Authentication if windows && server_behind_nat && !peer.heard_nat_t => {
            Cause::IkeServerBehindNatRefused
        }
        ike::Stage::Phase1KeyExchange | ike::Stage::Phase1Authentication if nat => Cause::NetUdp4500Blocked,
        ike::Stage::Phase1KeyExchange => Cause::NetUdp500Blocked,
        ike::Stage::Phase1Authentication => Cause::IkePskMismatch,
        ike::Stage::Phase2Proposal => Cause::IkeIdentityMismatch,
        ike::Stage::Phase2Confirmation if nat => Cause::NetUdp4500Blocked,
        ike::Stage::Phase2Confirmation => Cause::NetUdp500Blocked,
    }
}

fn no_tunnel_cause(no_tunnel: &NoTunnel) -> Cause {
    match (no_tunnel.heard, no_tunnel.encapsulation) {
        // Authentic packets came, and none of them was L2TP: the path is good.
        (true, _) => Cause::EspNotMatching,
        (false, Encapsulation::Raw) => Cause::NetEspBlocked,
        // IKE passes port 4500, so ESP would: the client sends nothing into its association.
        (false, Encapsulation::Udp) => Cause::EspNotMatching,
    }
}

fn l2tp_cause(failure: &l2tp::Failure) -> Cause {
    match failure {
        l2tp::Failure::Malformed(_)
        | l2tp::Failure::Misbehaved { .. }
        | l2tp::Failure::Incompatible(_)
        | l2tp::Failure::TieLost => Cause::L2tpPeerIncompatible,
        l2tp::Failure::Refused(_) => Cause::L2tpRefused,
        l2tp::Failure::Silence { stage: l2tp::Stage::Tunnel, attempts, .. } if *attempts > 0 => Cause::NetEspBlocked,
        l2tp::Failure::Silence { stage: l2tp::Stage::Up, .. } => Cause::IkePeerDead,
        l2tp::Failure::Silence { .. } => Cause::L2tpPeerIncompatible,
        l2tp::Failure::Denied(denial) => match denial {
            l2tp::Denial::TunnelsPerPeer(_) | l2tp::Denial::SessionsPerTunnel(_) => Cause::TunnelPortsExhausted,
            l2tp::Denial::Tunnels(_) => Cause::TunnelServerFull,
            l2tp::Denial::IncomingCall | l2tp::Denial::OutgoingCall => Cause::L2tpRefused,
        },
        l2tp::Failure::TunnelAuthentication(_) => Cause::L2tpTunnelAuthFailed,
        l2tp::Failure::PeerGone(_) => Cause::IkePeerDead,
        l2tp::Failure::Closed(closed) => match closed {
            // A tunnel in which the client never made a call.
            l2tp::Closed::Empty => Cause::L2tpPeerIncompatible,
            l2tp::Closed::Call(_) | l2tp::Closed::Tunnel(_) => Cause::HostServerNotRunning,
        },
        l2tp::Failure::Local(_) => Cause::TunnelServerFull,
    }
}

fn ppp_cause(stage: ppp::Stage, failure: &ppp::Failure, denied: Option<policy::Denied>) -> Cause {
    // A client that may try again and leaves instead leaves because of what it was told.
    let left = matches!(failure, ppp::Failure::Refused(_) | ppp::Failure::Silence(_));
    if let (ppp::Stage::Authentication, true, Some(denied)) = (stage, left, denied) {
        return denied_cause(denied);
    }
    match failure {
        ppp::Failure::Malformed(_) => Cause::PppPeerIncompatible,
        ppp::Failure::Misbehaved(misbehaved) => match misbehaved {
            ppp::Misbehaved::Loopback { .. } => Cause::PppLoopback,
            ppp::Misbehaved::WrongAuthenticatorResponse => Cause::AuthBadCredentials,
            ppp::Misbehaved::Renegotiates { .. } => Cause::PppPeerIncompatible,
        },
        ppp::Failure::Incompatible(incompatible) => match incompatible {
            ppp::Incompatible::NoCommonAuth { .. } => Cause::PppNoCommonAuth,
            ppp::Incompatible::NotConverged { .. } => Cause::PppPeerIncompatible,
            ppp::Incompatible::NoNetworkProtocol { .. } => Cause::NcpNoneAgreed,
        },
        ppp::Failure::Refused(refused) => match refused {
            ppp::Refused::Authentication { ras, .. } => code_cause(*ras),
            ppp::Refused::Terminated { ras: Some(ras), .. } if *ras != RasError::NONE => code_cause(*ras),
            ppp::Refused::Terminated { .. } => match stage {
                ppp::Stage::Lcp => Cause::PppNoCommonAuth,
                // It left when it saw our answer: to it, the password that we proved is not the right one.
                ppp::Stage::Authentication => Cause::AuthBadCredentials,
                ppp::Stage::Network | ppp::Stage::Up => Cause::NcpNoneAgreed,
            },
            ppp::Refused::Unsupported { .. } => Cause::PppPeerIncompatible,
            ppp::Refused::NoAddress => Cause::NcpNoAddress,
        },
        ppp::Failure::Silence(silence) => match silence.stage {
            ppp::Stage::Lcp | ppp::Stage::Authentication => Cause::PppLcpTimeout,
            ppp::Stage::Network => Cause::NcpNoneAgreed,
            ppp::Stage::Up => Cause::PppPeerDead,
        },
        ppp::Failure::Denied(ppp::Denied::Authentication { ras, .. }) => {
            denied.map_or_else(|| code_cause(*ras), denied_cause)
        }
        ppp::Failure::Denied(ppp::Denied::UnauthenticatedServer) => Cause::PppNoCommonAuth,
        ppp::Failure::Local(local) => match local {
            ppp::Local::Closed(_) => Cause::HostServerNotRunning,
            ppp::Local::LowerLayerDown => Cause::IkePeerDead,
            ppp::Local::NoAddress(ppp::NoAddress::Exhausted) => Cause::NcpAddressPoolExhausted,
            ppp::Local::NoAddress(ppp::NoAddress::Other) => Cause::NcpNoAddress,
            ppp::Local::NoAnswer { question, .. } => match question {
                ppp::QuestionKind::Verify => Cause::AuthRadiusNoAnswer,
                ppp::QuestionKind::Address => Cause::NcpNoAddress,
                ppp::QuestionKind::Credentials => Cause::AuthBadCredentials,
            },
            ppp::Local::Misanswered(_) | ppp::Local::Configuration => Cause::HostConfigurationError,
        },
    }
}

/// The cause behind a Windows error number that a peer sent, or that we sent it.
fn code_cause(ras: RasError) -> Cause {
    match ras {
        RasError::RESTRICTED_LOGON_HOURS => Cause::AuthLogonHours,
        RasError::ACCOUNT_DISABLED => Cause::AuthAccountDisabled,
        RasError::PASSWORD_EXPIRED => Cause::AuthPasswordExpired,
        RasError::NO_DIALIN_PERMISSION => Cause::AuthNoDialinPermission,
        RasError::AUTHENTICATION_FAILURE => Cause::AuthBadCredentials,
        RasError::PPP_NO_ADDRESS_ASSIGNED | RasError::NO_IP_ADDRESSES => Cause::NcpNoAddress,
        RasError::PPP_NO_PROTOCOLS_CONFIGURED => Cause::NcpNoneAgreed,
        RasError::PPP_LCP_TERMINATED => Cause::PppNoCommonAuth,
        _ => Cause::PppPeerIncompatible,
    }
}

fn denied_cause(denied: policy::Denied) -> Cause {
    match denied {
        policy::Denied::UnknownUser | policy::Denied::WrongPassword => Cause::AuthBadCredentials,
        policy::Denied::Disabled => Cause::AuthAccountDisabled,
        policy::Denied::Expired => Cause::AuthAccountExpired,
        policy::Denied::LogonHours => Cause::AuthLogonHours,
        policy::Denied::Locked => Cause::AuthAccountLocked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(denied: policy::Denied) -> Verdict {
        let failure = ppp::Failure::Denied(ppp::Denied::Authentication {
            user: "anna".into(),
            ras: RasError(denied.ras().into()),
        });
        Verdict::of(&Failure::Ppp { stage: ppp::Stage::Authentication, failure, denied: Some(denied) })
    }

    #[test]
    fn a_refused_user_has_the_cause_of_the_refusal_and_the_code_that_was_sent() {
        let wrong = Verdict { cause: Cause::AuthBadCredentials, ras: Some(Ras(691)) };
        assert_eq!(denied(policy::Denied::WrongPassword), wrong);
        assert_eq!(denied(policy::Denied::UnknownUser), wrong);
        assert_eq!(
            denied(policy::Denied::Disabled),
            Verdict { cause: Cause::AuthAccountDisabled, ras: Some(Ras(647)) }
        );
        assert_eq!(denied(policy::Denied::LogonHours), Verdict { cause: Cause::AuthLogonHours, ras: Some(Ras(646)) });
        // On the wire these look like a wrong password; the log says what they are.
        assert_eq!(denied(policy::Denied::Locked), Verdict { cause: Cause::AuthAccountLocked, ..wrong });
        assert_eq!(denied(policy::Denied::Expired), Verdict { cause: Cause::AuthAccountExpired, ..wrong });
    }

    #[test]
    fn a_client_that_leaves_after_a_refusal_leaves_because_of_it() {
        let refused = ppp::Refused::Terminated { ras: None, message: String::new() };
        let left = |denied| {
            let failure = ppp::Failure::Refused(refused.clone());
            Verdict::of(&Failure::Ppp { stage: ppp::Stage::Authentication, failure, denied }).cause
        };
        assert_eq!(left(Some(policy::Denied::Locked)), Cause::AuthAccountLocked);
        assert_eq!(left(None), Cause::AuthBadCredentials);
    }

    #[test]
    fn an_undecryptable_fifth_message_means_different_keys() {
        let failure = Failure::Ike {
            stage: ike::Stage::Phase1Authentication,
            failure: ike::Failure::Undecryptable,
            peer: Box::default(),
        };
        assert_eq!(Verdict::of(&failure), Verdict { cause: Cause::IkePskMismatch, ras: Some(Ras(789)) });
    }
}
