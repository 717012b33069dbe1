use std::fmt;
use std::time::Duration;

use crate::datapath::Encapsulation;

/// Why a connection attempt failed: the failure of the layer that failed, with what this layer knows beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// IKE failed.
    Ike {
        /// How far it had come.
        stage: ike::Stage,
        /// Why.
        failure: ike::Failure,
        /// What is known of the peer.
        peer: Box<ike::PeerKnown>,
    },
    /// IPsec is up, and no L2TP message came through it.
    NoTunnel(NoTunnel),
    /// L2TP failed.
    L2tp {
        /// How far it had come.
        stage: l2tp::Stage,
        /// Why.
        failure: l2tp::Failure,
    },
    /// L2TP without IPsec failed, which only a dialer tries, and only when it is told to.
    Unprotected {
        /// How far it had come.
        stage: l2tp::Stage,
        /// Why.
        failure: l2tp::Failure,
    },
    /// The server ended the call, or its tunnel, while the link in it was being negotiated: without a word of PPP about why.
    Cut {
        /// How far the link had come.
        stage: ppp::Stage,
        /// What it said instead.
        refusal: l2tp::Refusal,
    },
    /// PPP failed.
    Ppp {
        /// How far it had come.
        stage: ppp::Stage,
        /// Why.
        failure: ppp::Failure,
        /// What the accounts said, where they were asked.
        denied: Option<policy::Denied>,
    },
    /// The peer ended its associations, or is dead, under a dialled connection.
    PeerGone {
        /// Why the last association ended.
        reason: ike::CloseReason,
    },
    /// The connection, or the attempt at it, was ended at this end by command.
    HungUp,
}

/// IPsec without L2TP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoTunnel {
    /// How ESP was to travel.
    pub encapsulation: Encapsulation,
    /// Whether any authentic ESP packet came: if so, the path is good and the peer sends something else.
    pub heard: bool,
    /// Whether the peer gave up, rather than our patience.
    pub peer_left: bool,
    /// Time since the associations were made.
    pub waited: Duration,
}

/// How far a connection is, in the words of the log and of the doctor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Stage {
    /// IKE phase 1.
    IkePhase1,
    /// IKE phase 2, quick mode.
    IkePhase2,
    /// IPsec is up, no L2TP yet.
    Esp,
    /// L2TP control connection.
    L2tpTunnel,
    /// L2TP call.
    L2tpCall,
    /// PPP link control.
    PppLcp,
    /// PPP authentication.
    PppAuthentication,
    /// PPP network protocols.
    PppNetwork,
    /// IP passes.
    Up,
}

impl Stage {
    /// The stage as it stands in logs and JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Stage::IkePhase1 => "ike.phase1",
            Stage::IkePhase2 => "ike.phase2",
            Stage::Esp => "esp",
            Stage::L2tpTunnel => "l2tp.tunnel",
            Stage::L2tpCall => "l2tp.call",
            Stage::PppLcp => "ppp.lcp",
            Stage::PppAuthentication => "ppp.auth",
            Stage::PppNetwork => "ppp.network",
            Stage::Up => "up",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Failure {
    /// The stage at which it arose.
    pub fn stage(&self) -> Stage {
        match self {
            Failure::Ike { stage, .. } => match stage {
                ike::Stage::Phase1Proposal | ike::Stage::Phase1KeyExchange | ike::Stage::Phase1Authentication => {
                    Stage::IkePhase1
                }
                ike::Stage::Phase2Proposal | ike::Stage::Phase2Confirmation => Stage::IkePhase2,
            },
            Failure::NoTunnel(_) => Stage::Esp,
            Failure::L2tp { stage, .. } | Failure::Unprotected { stage, .. } => match stage {
                l2tp::Stage::Tunnel => Stage::L2tpTunnel,
                l2tp::Stage::Call => Stage::L2tpCall,
                l2tp::Stage::Up => Stage::Up,
            },
            Failure::Ppp { stage, .. } | Failure::Cut { stage, .. } => ppp_stage(*stage),
            Failure::PeerGone { .. } => Stage::Esp,
            Failure::HungUp => Stage::Up,
        }
    }
}

/// The stage of a PPP session.
pub(crate) const fn ppp_stage(stage: ppp::Stage) -> Stage {
    match stage {
        ppp::Stage::Lcp => Stage::PppLcp,
        ppp::Stage::Authentication => Stage::PppAuthentication,
        ppp::Stage::Network => Stage::PppNetwork,
        ppp::Stage::Up => Stage::Up,
    }
}
