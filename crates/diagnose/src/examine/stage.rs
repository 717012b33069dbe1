//! How far an attempt came.

use observe::{Fact, Party, Side, esp, ike, l2tp, network, ppp, pptp, reported};

use super::picture::Picture;

/// A stage, in the order of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    Name,
    Route,
    PptpControl,
    PptpCall,
    IkePhase1,
    IkePhase2,
    Esp,
    L2tpTunnel,
    L2tpCall,
    PppLcp,
    PppAuthentication,
    PppNetwork,
    Up,
}

impl Stage {
    /// All of them, in the order of an attempt.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Stage] = &[
        Stage::Name,
        Stage::Route,
        Stage::PptpControl,
        Stage::PptpCall,
        Stage::IkePhase1,
        Stage::IkePhase2,
        Stage::Esp,
        Stage::L2tpTunnel,
        Stage::L2tpCall,
        Stage::PppLcp,
        Stage::PppAuthentication,
        Stage::PppNetwork,
        Stage::Up,
    ];

    /// The stage as it stands in logs and JSON.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Stage::Name => "net.name",
            Stage::Route => "net.route",
            Stage::PptpControl => "pptp.control",
            Stage::PptpCall => "pptp.call",
            Stage::IkePhase1 => access::Stage::IkePhase1.id(),
            Stage::IkePhase2 => access::Stage::IkePhase2.id(),
            Stage::Esp => access::Stage::Esp.id(),
            Stage::L2tpTunnel => access::Stage::L2tpTunnel.id(),
            Stage::L2tpCall => access::Stage::L2tpCall.id(),
            Stage::PppLcp => access::Stage::PppLcp.id(),
            Stage::PppAuthentication => access::Stage::PppAuthentication.id(),
            Stage::PppNetwork => access::Stage::PppNetwork.id(),
            Stage::Up => access::Stage::Up.id(),
        }
    }
}

/// The last stage that anybody saw begin.
pub(super) fn reached(picture: &Picture<'_>) -> Option<Stage> {
    let stages = || picture.all().filter_map(|seen| of(&seen.fact));
    match stages().max() {
        // Clients begin with L2TP before IPsec is there, and their own system holds it back.
        Some(Stage::L2tpTunnel) if stages().any(|stage| stage == Stage::IkePhase1 || stage == Stage::IkePhase2) => {
            stages().filter(|stage| *stage < Stage::L2tpTunnel || protected(picture)).max()
        }
        reached => reached,
    }
}

/// Whether L2TP can have left the client's machine under IPsec, or came to the server.
fn protected(picture: &Picture<'_>) -> bool {
    super::ike::phase2_up(picture)
        || picture.all().any(|seen| match &seen.fact {
            Fact::L2tp(l2tp::Fact::Message { from, .. }) => seen.side != Side::Client || *from == Party::There,
            _ => false,
        })
}

fn of(fact: &Fact) -> Option<Stage> {
    match fact {
        Fact::Network(network::Fact::NameUnknown { .. }) => Some(Stage::Name),
        Fact::Network(network::Fact::NoRoute { .. }) => Some(Stage::Route),
        Fact::Pptp(pptp::Fact::CallUp | pptp::Fact::Gre { .. } | pptp::Fact::NoGre { .. }) => Some(Stage::PptpCall),
        Fact::Pptp(_) => Some(Stage::PptpControl),
        Fact::Ike(ike::Fact::Phase2Up { .. }) => Some(Stage::Esp),
        Fact::Ike(ike::Fact::Phase1Up { .. } | ike::Fact::SelectorsRefused { .. } | ike::Fact::PfsRefused { .. }) => {
            Some(Stage::IkePhase2)
        }
        Fact::Ike(ike::Fact::NoCommonSuite { phase: ike::Phase::Two, .. }) => Some(Stage::IkePhase2),
        Fact::Ike(ike::Fact::Message(message)) => match message.exchange {
            ike::Exchange::QuickMode(_) => Some(Stage::IkePhase2),
            _ => Some(Stage::IkePhase1),
        },
        Fact::Ike(ike::Fact::Vendor { .. } | ike::Fact::Accepts { .. } | ike::Fact::KeyCharacters { .. }) => None,
        Fact::Ike(_) => Some(Stage::IkePhase1),
        Fact::Esp(esp::Fact::Traffic { .. } | esp::Fact::Association(_)) => Some(Stage::Esp),
        Fact::L2tp(l2tp::Fact::CallUp) => Some(Stage::PppLcp),
        Fact::L2tp(l2tp::Fact::TunnelUp) => Some(Stage::L2tpCall),
        Fact::L2tp(l2tp::Fact::Message { .. } | l2tp::Fact::Unanswered { established: false, .. }) => {
            Some(Stage::L2tpTunnel)
        }
        Fact::Ppp(fact) => match fact {
            ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp | ppp::Protocol::Ipv6cp, .. }
            | ppp::Fact::Up { .. } => Some(Stage::Up),
            ppp::Fact::Packet { protocol, .. } => match protocol {
                ppp::Protocol::Ipcp | ppp::Protocol::Ipv6cp | ppp::Protocol::Ccp => Some(Stage::PppNetwork),
                ppp::Protocol::Chap | ppp::Protocol::Pap | ppp::Protocol::Eap => Some(Stage::PppAuthentication),
                _ => Some(Stage::PppLcp),
            },
            ppp::Fact::LinkUp | ppp::Fact::AuthenticationFailed { .. } | ppp::Fact::AuthenticationTimedOut { .. } => {
                Some(Stage::PppAuthentication)
            }
            ppp::Fact::Authenticated { .. } | ppp::Fact::NoAddress { .. } | ppp::Fact::NoNetworkProtocol { .. } => {
                Some(Stage::PppNetwork)
            }
            ppp::Fact::KernelMissing { .. } | ppp::Fact::Exited { .. } => None,
            _ => Some(Stage::PppLcp),
        },
        Fact::Reported(reported::Fact::Connected) => Some(Stage::Up),
        Fact::Reported(reported::Fact::Ike { .. }) => Some(Stage::IkePhase1),
        Fact::Reported(reported::Fact::Ras { code }) => of_code(*code),
        // The dialer's own landmarks: 20223 is written when the tunnel is up, 20224 before PPP begins.
        Fact::Reported(reported::Fact::Event { provider, id: 20223 | 20224 }) if provider == "RasClient" => {
            Some(Stage::PppLcp)
        }
        _ => None,
    }
}

/// The stage at which a code arises, where it arises at one only.
fn of_code(code: u32) -> Option<Stage> {
    match code {
        868 => Some(Stage::Name),
        806 => Some(Stage::PptpCall),
        766 | 786..=793 | 835 => Some(Stage::IkePhase1),
        718 | 721 | 734 => Some(Stage::PppLcp),
        646..=649 | 691 | 708 | 709 | 812 | 919 => Some(Stage::PppAuthentication),
        716 | 717 | 720 | 731..=733 | 735 | 736 | 738 | 741 | 742 => Some(Stage::PppNetwork),
        _ => None,
    }
}
