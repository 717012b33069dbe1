//! L2TP and PPTP.

use observe::{Fact, Observation, Role, Side, host, l2tp, ppp, pptp, reported};

use wire::l2tp::{CallResult, ErrorCode, MessageType, StopResult};

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;
use crate::dial::refused_with;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for seen in picture.all() {
        match &seen.fact {
            Fact::L2tp(fact) => l2tp_stated(seen, fact, picture, claims),
            Fact::Pptp(fact) => pptp_stated(seen, fact, picture, claims),
            _ => {}
        }
    }
    gre(picture, claims);
    hung_up_on(picture, claims);
}

fn l2tp_stated(seen: &Observation, fact: &l2tp::Fact, picture: &Picture<'_>, claims: &mut Claims) {
    match fact {
        l2tp::Fact::Refused { text, .. } if text.to_ascii_lowercase().contains("challenge authentication") => {
            claims.stated(Cause::L2tpTunnelAuthFailed, 0.85, seen);
        }
        l2tp::Fact::Refused { by, tunnel, result, error, text } => {
            if seen.role(*by) == Some(Role::Client) {
                client_left(seen, *tunnel, *result, *error, claims);
            }
            if seen.role(*by) == Some(Role::Client)
                || picture.up().is_some_and(|up| up.place.source == seen.place.source)
            {
                // The client hangs up for reasons of its own, and anybody ends what was up.
                return;
            }
            if !*tunnel && CallResult(*result) == CallResult::LOST_CARRIER && hung_up(seen, picture) {
                // Its PPP is over because the client's is.
                return;
            }
            if text.to_ascii_lowercase().contains("no available ip") {
                claims.stated(Cause::NcpAddressPoolExhausted, 0.85, seen);
                return;
            }
            match refused_with(*tunnel, *result, *error, text).cause {
                Cause::L2tpRefused => claims.stated(Cause::L2tpRefused, 0.45, seen),
                cause => claims.stated(cause, 0.75, seen),
            };
        }
        l2tp::Fact::Unanswered { established: true, .. } if called(picture) => {
            claims.inferred(Cause::IkePeerDead, 0.35, [seen]);
        }
        l2tp::Fact::AuthenticationFailed { .. } => {
            claims.stated(Cause::L2tpTunnelAuthFailed, 0.85, seen);
        }
        l2tp::Fact::NotProtected { .. } => {
            claims.stated(Cause::L2tpNotProtected, 0.85, seen);
        }
        l2tp::Fact::Exhausted { addresses, .. } => {
            let cause = if *addresses { Cause::NcpAddressPoolExhausted } else { Cause::TunnelPortsExhausted };
            claims.stated(cause, 0.88, seen).at(cause, Some(Role::Server));
        }
        l2tp::Fact::Incompatible { said, .. } => {
            // Who has a call lives with what he complains about, and where answers are lost, repetitions come out of order.
            let lives = picture.all().any(|other| {
                other.place.source == seen.place.source
                    && match &other.fact {
                        Fact::L2tp(l2tp::Fact::CallUp | l2tp::Fact::Unanswered { .. }) => true,
                        Fact::L2tp(l2tp::Fact::Message { repeated, .. }) => *repeated,
                        _ => false,
                    }
            });
            let order = said.contains("bad control packet") || said.contains("out of order");
            let weight = if lives {
                0.08
            } else if order {
                0.3
            } else {
                0.5
            };
            claims.stated(Cause::L2tpPeerIncompatible, weight, seen);
        }
        l2tp::Fact::PppExited { at, status: Some(status) } => exit(seen, seen.role(*at), *status, claims),
        _ => {}
    }
}

/// Whether the client ended its link in the same source.
fn hung_up(seen: &Observation, picture: &Picture<'_>) -> bool {
    picture.ppp().any(|(other, fact)| {
        let same = other.place.source == seen.place.source;
        same && matches!(fact, ppp::Fact::Terminated { by, .. } if other.role(*by) == Some(Role::Client))
    })
}

/// Whether the tunnel came to carry a call. A log that does not name calls is believed.
fn called(picture: &Picture<'_>) -> bool {
    let wire = |seen: &Observation| seen.side == Side::Wire;
    !picture.all().any(|seen| wire(seen) && matches!(seen.fact, Fact::L2tp(l2tp::Fact::TunnelUp)))
        || picture.all().any(|seen| wire(seen) && matches!(seen.fact, Fact::L2tp(l2tp::Fact::CallUp)))
}

/// A client leaves for reasons of its own, of which two are the server's (RFC 2661 §4.4.2).
fn client_left(seen: &Observation, tunnel: bool, result: u16, error: u16, claims: &mut Claims) {
    if !tunnel {
        return;
    }
    if StopResult(result) == StopResult::NOT_AUTHORIZED {
        claims.stated(Cause::L2tpTunnelAuthFailed, 0.7, seen);
    } else if ErrorCode(error) == ErrorCode::UNKNOWN_MANDATORY_AVP {
        claims.stated(Cause::L2tpPeerIncompatible, 0.65, seen).at(Cause::L2tpPeerIncompatible, Some(Role::Server));
    }
}

/// What the status of pppd says (its manual, EXIT STATUS), when nothing of its own log is there.
pub(super) fn exit(seen: &Observation, at: Option<Role>, status: u8, claims: &mut Claims) {
    match status {
        2 => claims.stated(Cause::HostConfigurationError, 0.6, seen).at(Cause::HostConfigurationError, at),
        4 => {
            claims.stated(Cause::HostDevPppMissing, 0.4, seen).at(Cause::HostDevPppMissing, at);
            claims.stated(Cause::HostKernelModuleMissing, 0.4, seen).at(Cause::HostKernelModuleMissing, at)
        }
        // It could not even begin, and its own log would say why.
        1 => {
            claims.inferred(Cause::HostConfigurationError, 0.3, [seen]).at(Cause::HostConfigurationError, at);
            claims.inferred(Cause::HostDevPppMissing, 0.25, [seen]).at(Cause::HostDevPppMissing, at)
        }
        11 | 19 => {
            claims.inferred(Cause::AuthBadCredentials, 0.5, [seen]);
            claims.inferred(Cause::PppNoCommonAuth, 0.25, [seen])
        }
        15 => claims.inferred(Cause::PppPeerDead, 0.5, [seen]),
        17 => claims.stated(Cause::PppLoopback, 0.7, seen),
        _ => return,
    };
}

fn pptp_stated(seen: &Observation, fact: &pptp::Fact, picture: &Picture<'_>, claims: &mut Claims) {
    match fact {
        // Who answers for another tunnel type runs, and has this one switched off.
        pptp::Fact::ConnectionRefused if picture.answers_ike(false) => {
            claims.inferred(Cause::TunnelProtocolDisabled, 0.75, [seen]);
            claims.stated(Cause::HostServerNotRunning, 0.3, seen);
        }
        pptp::Fact::ConnectionRefused => {
            claims.stated(Cause::HostServerNotRunning, 0.8, seen);
            claims.inferred(Cause::NetTcp1723Blocked, 0.2, [seen]);
        }
        pptp::Fact::ConnectionTimedOut => {
            claims.stated(Cause::NetTcp1723Blocked, 0.75, seen);
            claims.inferred(Cause::NetServerUnreachable, 0.25, [seen]);
        }
        pptp::Fact::NoReply => {
            if let Some(other) = other_call(seen, picture) {
                claims.inferred(Cause::TunnelPortsExhausted, 0.5, [seen, other]);
                claims.inferred(Cause::NetTcp1723Blocked, 0.15, [seen]);
                return;
            }
            claims.inferred(Cause::HostServerNotRunning, 0.4, [seen]);
            claims.inferred(Cause::NetPortBusy, 0.35, [seen]);
            claims.inferred(Cause::NetTcp1723Blocked, 0.2, [seen]);
        }
        pptp::Fact::Refused { by, result: 0 } if seen.role(*by) == Some(Role::Server) => {
            // It closes without an answer.
            let other = other_call(seen, picture);
            let cause = if other.is_some() { Cause::TunnelPortsExhausted } else { Cause::PptpRefused };
            claims.inferred(cause, 0.5, [seen].into_iter().chain(other));
        }
        pptp::Fact::Refused { by, result } if seen.role(*by) != Some(Role::Client) => {
            // RFC 2637 §2.2, §2.8: 4 is "busy" or "not permitted", 5 and 6 are lack of facilities.
            let cause = if matches!(result, 4..=6) { Cause::TunnelPortsExhausted } else { Cause::PptpRefused };
            claims.stated(cause, 0.55, seen);
        }
        pptp::Fact::GreRefused { .. } => {
            claims.stated(Cause::NetGreBlocked, 0.8, seen);
        }
        pptp::Fact::NoGre { .. } => {
            claims.stated(Cause::NetGreBlocked, if cut(picture).is_some() { 0.25 } else { 0.7 }, seen);
        }
        pptp::Fact::PortBusy { at } => {
            claims.stated(Cause::NetPortBusy, 0.85, seen).at(Cause::NetPortBusy, seen.role(*at));
        }
        _ => {}
    }
}

/// Who has a call at the same time shows that the server runs, and that it is his port.
fn other_call<'a>(seen: &Observation, picture: &Picture<'a>) -> Option<&'a Observation> {
    picture.everybody().find(|other| {
        let another = (other.place.source, &other.about.attempt) != (seen.place.source, &seen.about.attempt);
        another && matches!(other.fact, Fact::Pptp(pptp::Fact::CallUp))
    })
}

/// A call of L2TP that the server ends as soon as it has taken it: what carries PPP there did not even begin.
fn hung_up_on(picture: &Picture<'_>, claims: &mut Claims) {
    let mut call: Option<&Observation> = None;
    // In a capture the result of the end can be read, and says what it says.
    for seen in picture.all().filter(|seen| !matches!(seen.side, Side::Server | Side::Wire)) {
        match &seen.fact {
            Fact::L2tp(l2tp::Fact::CallUp) => call = Some(seen),
            Fact::L2tp(l2tp::Fact::Message { from, kind, .. }) if *kind == MessageType::CDN => {
                let since = call.and_then(|call| call.at).zip(seen.at).map(|(up, end)| end.since(up));
                let server = seen.role(*from) == Some(Role::Server);
                if let (true, Some(call)) = (server && since.is_some_and(|since| (0..SOON).contains(&since)), call) {
                    begun_in_vain(call, seen, claims);
                }
                call = None;
            }
            Fact::Ppp(ppp::Fact::HungUp { .. } | ppp::Fact::Up { .. }) => {}
            // It has at least begun.
            Fact::Ppp(ppp::Fact::Packet { from, .. }) if seen.role(*from) != Some(Role::Server) => {}
            Fact::Ppp(_) => call = None,
            _ => {}
        }
    }
}

/// What carries PPP at the server ended before it said anything.
fn begun_in_vain(call: &Observation, end: &Observation, claims: &mut Claims) {
    claims
        .inferred(Cause::HostConfigurationError, 0.5, [call, end])
        .at(Cause::HostConfigurationError, Some(Role::Server));
    claims.inferred(Cause::HostDevPppMissing, 0.3, [call, end]).at(Cause::HostDevPppMissing, Some(Role::Server));
    claims.inferred(Cause::HostKernelModuleMissing, 0.25, [call, end]);
}

/// The call is up, and GRE passes in one direction or none.
fn gre(picture: &Picture<'_>, claims: &mut Claims) {
    let Some(call) = picture.first(|seen| matches!(seen.fact, Fact::Pptp(pptp::Fact::CallUp))) else { return };
    if picture.up().is_some() {
        return;
    }
    // Who has sent PPP has begun, and says in it why it ends.
    if let Some(end) = cut(picture).filter(|_| !picture.any_ppp(Role::Server)) {
        begun_in_vain(call, end, claims);
        return;
    }
    let passed = |role| {
        picture.all().find(|seen| match &seen.fact {
            Fact::Pptp(pptp::Fact::Gre { from, packets, .. }) => *packets > 0 && seen.role(*from) == Some(role),
            Fact::Ppp(ppp::Fact::Packet { from, .. }) => {
                // What one has sent need not have passed.
                seen.role(*from) == Some(role) && seen.side.role() != Some(role)
            }
            _ => false,
        })
    };
    let unanswered = picture
        .first(|seen| matches!(seen.fact, Fact::Ppp(ppp::Fact::Unanswered { protocol: ppp::Protocol::Lcp, .. })));
    let captured = picture.all().any(|seen| seen.side == Side::Wire && matches!(seen.fact, Fact::Pptp(_)));
    match (passed(Role::Client), passed(Role::Server)) {
        (Some(_), Some(_)) => one_way(picture, claims),
        (None, None) if captured || unanswered.is_some() => {
            let weight = if captured { 0.75 } else { 0.55 };
            claims.inferred(Cause::NetGreBlocked, weight, [call].into_iter().chain(unanswered));
        }
        (None, None) => {
            if let Some(end) = idle(call, picture) {
                claims.inferred(Cause::NetGreBlocked, 0.5, [call, end]);
                claims.inferred(Cause::PppLcpTimeout, 0.2, [call, end]);
            }
        }
        // A log of one end does not show what reached the other.
        (Some(one), None) | (None, Some(one)) if captured || unanswered.is_some() => {
            let weight = if captured { 0.6 } else { 0.5 };
            claims.inferred(Cause::NetGreBlocked, weight, [call, one].into_iter().chain(unanswered));
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
}

/// A log in which pppd begins, says nothing of its link, and ends with the call only when somebody was tired of waiting.
fn idle<'a>(call: &Observation, picture: &Picture<'a>) -> Option<&'a Observation> {
    let here = |seen: &&Observation| seen.place.source == call.place.source;
    let begun = picture.all().filter(here).any(|seen| {
        seen.at >= call.at && matches!(&seen.fact, Fact::Host(host::Fact::Started { program }) if program == "pppd")
    });
    let spoken = picture.all().filter(here).any(|seen| match &seen.fact {
        Fact::Ppp(fact) => !matches!(fact, ppp::Fact::HungUp { .. }),
        _ => false,
    });
    let end = picture.all().filter(here).find(|seen| {
        let since = call.at.zip(seen.at).map(|(up, end)| end.since(up));
        let over =
            matches!(seen.fact, Fact::Ppp(ppp::Fact::HungUp { .. }) | Fact::Reported(reported::Fact::Disconnected));
        over && since.is_some_and(|since| since >= PATIENCE)
    });
    end.filter(|_| begun && !spoken)
}

/// Microseconds after which ends give up asking for a link.
const PATIENCE: i64 = 20_000_000;

/// The server ends the call so soon that nothing can have been waited for: what carries PPP there did not even begin.
fn cut<'a>(picture: &Picture<'a>) -> Option<&'a Observation> {
    let mut call: Option<&Observation> = None;
    for seen in picture.all() {
        let Fact::Pptp(fact) = &seen.fact else { continue };
        let ends = match fact {
            pptp::Fact::CallUp => {
                call = Some(seen);
                false
            }
            pptp::Fact::Closed { by } => seen.role(*by) == Some(Role::Server),
            pptp::Fact::Message { from, kind: CALL_DISCONNECT_NOTIFY, .. } => seen.role(*from) == Some(Role::Server),
            _ => false,
        };
        let parted = match fact {
            pptp::Fact::Message { from, kind: CALL_CLEAR_REQUEST, .. } => seen.role(*from) == Some(Role::Client),
            pptp::Fact::Closed { by } => seen.role(*by) == Some(Role::Client),
            _ => false,
        };
        if parted {
            return None;
        }
        let since = call.and_then(|call| call.at).zip(seen.at).map(|(up, end)| end.since(up));
        if ends && since.is_some_and(|since| (0..SOON).contains(&since)) {
            return Some(seen);
        }
    }
    None
}

/// Microseconds in which no end gives up waiting for the other.
const SOON: i64 = 5_000_000;

/// RFC 2637 §2.12 and §2.13.
const CALL_CLEAR_REQUEST: u16 = 12;
const CALL_DISCONNECT_NOTIFY: u16 = 13;

/// Both ends send, and one of them hears nothing: it asks again and again for what the other has long granted.
fn one_way(picture: &Picture<'_>, claims: &mut Claims) {
    let sent = |role, wanted: u8| {
        picture.ppp().filter(move |(seen, fact)| match fact {
            ppp::Fact::Packet { from, protocol: ppp::Protocol::Lcp, code, .. } => {
                *code == wanted && seen.role(*from) == Some(role)
            }
            _ => false,
        })
    };
    for deaf in [Role::Client, Role::Server] {
        let asked = sent(deaf, CONFIGURE_REQUEST).count();
        let granted = sent(deaf.other(), CONFIGURE_ACK).count();
        let answers = sent(deaf, CONFIGURE_ACK).count();
        let last = sent(deaf, CONFIGURE_REQUEST).last();
        if let (true, Some((seen, _))) = (asked >= 4 && granted >= 3 && answers == 0, last) {
            claims.inferred(Cause::NetGreBlocked, 0.75, [seen]);
        }
    }
}

/// Codes of LCP (RFC 1661 §5).
const CONFIGURE_REQUEST: u8 = 1;
const CONFIGURE_ACK: u8 = 2;
