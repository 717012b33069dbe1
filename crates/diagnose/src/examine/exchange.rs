//! What follows from the messages of L2TP and PPP that a capture shows: who spoke last, and who did not go on.

use std::collections::HashMap;

use observe::{Fact, Observation, Role, Side, SourceId, ike, l2tp, ppp};
use wire::isakmp::NotifyType;
use wire::l2tp::{CallResult, MessageType};

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    lost(picture, claims);
    if picture.up().is_some() {
        return;
    }
    tunnel(picture, claims);
    link(picture, claims);
}

/// What was captured, in the order in which it passed.
fn captured<'a>(picture: &Picture<'a>) -> impl Iterator<Item = &'a Observation> {
    picture.all().filter(|seen| seen.side == Side::Wire)
}

/// How a connection stands while a capture is gone through.
#[derive(Default)]
struct Connection {
    /// The server has said something of L2TP.
    begun: bool,
    parted: bool,
    /// Questions of dead peer detection since the last answer.
    asked: u32,
}

/// A connection that was up, or nearly: who deleted it, and who was not heard any more. Several clients of one address are each
/// asked for themselves.
fn lost(picture: &Picture<'_>, claims: &mut Claims) {
    let mut connections: HashMap<(SourceId, Option<&str>), Connection> = HashMap::new();
    for seen in captured(picture) {
        let name = (seen.place.source, seen.about.attempt.as_deref());
        let connection = connections.entry(name).or_default();
        match &seen.fact {
            Fact::L2tp(l2tp::Fact::Message { from, kind, .. }) => {
                connection.begun |= seen.role(*from) == Some(Role::Server);
                connection.parted |= matches!(*kind, MessageType::STOP_CCN | MessageType::CDN);
            }
            Fact::Ppp(ppp::Fact::Terminated { .. }) => connection.parted = true,
            Fact::Ike(ike::Fact::Deleted { by, phase: ike::Phase::Two, .. })
                if connection.begun && !connection.parted && seen.role(*by) == Some(Role::Server) =>
            {
                claims.inferred(Cause::IkePeerDead, 0.45, [seen]);
            }
            Fact::Ike(ike::Fact::Notify { kind: NotifyType::R_U_THERE, .. }) => {
                connection.asked += 1;
                if connection.asked == UNHEARD && connection.begun {
                    claims.inferred(Cause::IkePeerDead, 0.6, [seen]);
                }
            }
            Fact::Ike(ike::Fact::Notify { kind: NotifyType::R_U_THERE_ACK, .. }) => connection.asked = 0,
            _ => {}
        }
    }
}

/// The tunnel or the call does not come.
fn tunnel(picture: &Picture<'_>, claims: &mut Claims) {
    let mut asked: Option<&Observation> = None;
    // The server's answer, which it repeats because it does not arrive.
    let mut unheard = None;
    for seen in captured(picture) {
        match &seen.fact {
            Fact::L2tp(l2tp::Fact::Message { from, kind, repeated, .. }) => {
                let server = seen.role(*from) == Some(Role::Server);
                match *kind {
                    MessageType::SCCRP if server && *repeated => unheard = Some(seen),
                    MessageType::SCCCN => unheard = None,
                    _ => {}
                }
                match *kind {
                    MessageType::SCCRQ | MessageType::ICRQ if !server => asked = Some(seen),
                    // HELLO and the like keep a tunnel, and answer nothing.
                    MessageType::SCCRP | MessageType::ICRP | MessageType::STOP_CCN | MessageType::CDN if server => {
                        asked = None;
                    }
                    _ => {}
                }
            }
            Fact::Ike(ike::Fact::Deleted { by, .. }) if seen.role(*by) == Some(Role::Server) => asked = None,
            Fact::L2tp(l2tp::Fact::CallUp) | Fact::Ppp(_) => asked = None,
            _ => {}
        }
    }
    // Whether anything comes back at all is a question of ESP.
    let heard = captured(picture).any(|seen| match &seen.fact {
        Fact::Esp(observe::esp::Fact::Traffic { from, packets, .. }) => {
            *packets > 0 && seen.role(*from) == Some(Role::Server)
        }
        _ => false,
    });
    if let Some(seen) = unheard {
        claims.inferred(Cause::NetEspBlocked, 0.6, [seen]);
    }
    if let Some(seen) = asked.filter(|_| heard) {
        claims.inferred(Cause::L2tpNoAnswer, 0.6, [seen]);
    }
}

/// How far a link came.
#[derive(Default)]
struct Progress<'a> {
    up: bool,
    demanded: bool,
    /// Packets of the protocol of authentication.
    server: Option<&'a Observation>,
    client: Option<&'a Observation>,
    client_repeats: bool,
    decided: bool,
    accepted: bool,
    ipcp: bool,
    declined: Option<&'a Observation>,
}

/// The link, logging on, or addresses do not come to an end.
fn link(picture: &Picture<'_>, claims: &mut Claims) {
    let mut progress = Progress::default();
    for seen in captured(picture) {
        match &seen.fact {
            Fact::L2tp(l2tp::Fact::Refused { by, tunnel: false, result, .. })
                if seen.role(*by) == Some(Role::Server) && progress.up && !progress.decided =>
            {
                // So do access concentrators that have asked RADIUS, where others answer with a failure.
                if CallResult(*result) == CallResult::ADMINISTRATIVE {
                    claims.inferred(Cause::AuthBadCredentials, 0.5, [seen]);
                }
                return;
            }
            Fact::Ppp(fact) if step(seen, fact, &mut progress, claims) => return,
            _ => {}
        }
    }
    if let Progress { client: Some(client), decided: false, .. } = progress {
        claims.inferred(Cause::AuthRadiusNoAnswer, if progress.client_repeats { 0.75 } else { 0.4 }, [client]);
    }
}

/// Takes the next fact; whether what follows it says nothing any more.
fn step<'a>(seen: &'a Observation, fact: &ppp::Fact, progress: &mut Progress<'a>, claims: &mut Claims) -> bool {
    match fact {
        ppp::Fact::LinkUp => progress.up = true,
        ppp::Fact::AuthenticationDemanded { .. } => progress.demanded = true,
        ppp::Fact::AuthenticationDeclined { .. } => progress.declined = Some(seen),
        ppp::Fact::Packet { from, protocol, code, repeated } => {
            let server = seen.role(*from) == Some(Role::Server);
            match protocol {
                ppp::Protocol::Pap | ppp::Protocol::Chap | ppp::Protocol::Eap if server => progress.server = Some(seen),
                ppp::Protocol::Pap | ppp::Protocol::Chap | ppp::Protocol::Eap => {
                    progress.client = Some(seen);
                    progress.client_repeats |= *repeated;
                }
                ppp::Protocol::Ipcp => {
                    progress.ipcp = true;
                    if server && *code == TERMINATE_REQUEST {
                        claims.inferred(Cause::NcpNoneAgreed, 0.6, [seen]);
                    }
                }
                _ => {}
            }
        }
        ppp::Fact::Authenticated { .. } => (progress.decided, progress.accepted) = (true, true),
        ppp::Fact::AuthenticationFailed { .. } => progress.decided = true,
        ppp::Fact::Terminated { by, code: None, .. } if seen.role(*by) == Some(Role::Server) => {
            if progress.accepted {
                claims.inferred(Cause::NcpNoneAgreed, 0.5, [seen]);
            } else if !progress.decided {
                claims.inferred(Cause::PppNoCommonAuth, 0.5, [seen].into_iter().chain(progress.declined));
            }
            return true;
        }
        // A number says it better, except that waiting has several reasons.
        ppp::Fact::Terminated { by, code, .. } => {
            let waited = *code == Some(PPP_TIMEOUT) && seen.role(*by) == Some(Role::Client);
            return !(waited && progress.client.is_some());
        }
        _ => {}
    }
    false
}

/// Questions of dead peer detection that nobody answers, after which nobody is there.
const UNHEARD: u32 = 3;
/// RFC 1661 §5.5.
const TERMINATE_REQUEST: u8 = 5;
/// "Timed out waiting for a valid response from the remote PPP peer."
const PPP_TIMEOUT: u32 = 718;
