//! How an event is drawn and named. Messages have their protocol's names; everything else speaks for itself.

use diagnose::Texts;
use observe::{Fact, Observation, Party, Role, Side, esp, ike, l2tp, ppp, pptp, radius};
use wire::l2tp::MessageType;

use super::{Lane, Shape};

/// Characters of a source's own words; all of them stand with the evidence.
const WIDTH: usize = 90;

/// A message, or something that was noticed.
pub(super) fn shape(seen: &Observation) -> Shape {
    match sender(&seen.fact).and_then(|party| seen.role(party)) {
        Some(from) => Shape::Arrow { from },
        None => Shape::Note { lane: lane(seen) },
    }
}

/// Whoever sent a message, if it is one.
fn sender(fact: &Fact) -> Option<Party> {
    match fact {
        Fact::Ike(ike::Fact::Message(message)) => Some(message.from),
        Fact::Ike(ike::Fact::Notify { from, .. })
        | Fact::Esp(esp::Fact::Traffic { from, .. })
        | Fact::L2tp(l2tp::Fact::Message { from, .. } | l2tp::Fact::Refused { by: from, .. })
        | Fact::Pptp(pptp::Fact::Message { from, .. } | pptp::Fact::Gre { from, .. })
        | Fact::Ppp(ppp::Fact::Packet { from, .. } | ppp::Fact::Terminated { by: from, .. }) => Some(*from),
        _ => None,
    }
}

fn lane(seen: &Observation) -> Lane {
    let of = |role| match role {
        Role::Client => Lane::Client,
        Role::Server => Lane::Server,
    };
    if let Some(role) = noticed(&seen.fact).and_then(|party| seen.role(party)).or(seen.side.role()) {
        return of(role);
    }
    if seen.side == Side::Authenticator || matches!(seen.fact, Fact::Radius(_)) { Lane::Server } else { Lane::Path }
}

/// Whoever noticed it, where that is not whoever wrote it down.
fn noticed(fact: &Fact) -> Option<Party> {
    match fact {
        Fact::Ike(
            ike::Fact::NoCommonSuite { at, .. }
            | ike::Fact::Undecryptable { at }
            | ike::Fact::HashWrong { at }
            | ike::Fact::NoSharedKey { at }
            | ike::Fact::NoConnection { at, .. }
            | ike::Fact::IdentityRefused { at, .. }
            | ike::Fact::SelectorsRefused { at, .. }
            | ike::Fact::PfsRefused { at }
            | ike::Fact::PeerDead { at }
            | ike::Fact::HalfOpenExpired { at }
            | ike::Fact::GaveUp { by: at, .. },
        )
        | Fact::Esp(esp::Fact::IntegrityFailed { at, .. } | esp::Fact::UnknownSpi { at, .. })
        | Fact::L2tp(l2tp::Fact::Unanswered { by: at, .. } | l2tp::Fact::NotProtected { at })
        | Fact::Ppp(
            ppp::Fact::Unanswered { at, .. }
            | ppp::Fact::AuthenticationFailed { at, .. }
            | ppp::Fact::AuthenticationDeclined { by: at, .. }
            | ppp::Fact::NoCommonAuthentication { at }
            | ppp::Fact::PeerDead { at }
            | ppp::Fact::HungUp { at }
            | ppp::Fact::NoAddress { at, .. },
        ) => Some(*at),
        _ => None,
    }
}

/// Whether whoever sent it waits for something.
pub(super) fn wants_answer(fact: &Fact) -> bool {
    match fact {
        Fact::Ike(ike::Fact::Message(message)) => {
            !matches!(message.exchange, ike::Exchange::Informational | ike::Exchange::Other)
        }
        Fact::L2tp(l2tp::Fact::Message { kind, .. }) => !matches!(*kind, MessageType::CDN | MessageType::STOP_CCN),
        Fact::Ppp(ppp::Fact::Packet { protocol, code, .. }) => match protocol {
            ppp::Protocol::Chap | ppp::Protocol::Eap => *code <= 2,
            _ => matches!(code, 1 | 5 | 9),
        },
        Fact::Pptp(pptp::Fact::Message { kind, .. }) => matches!(kind, 1 | 5 | 7),
        Fact::Esp(esp::Fact::Traffic { .. }) | Fact::Pptp(pptp::Fact::Gre { .. }) => true,
        _ => false,
    }
}

/// Whether somebody says that nothing came.
pub(super) fn is_silence(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Ike(ike::Fact::GaveUp { .. } | ike::Fact::HalfOpenExpired { .. } | ike::Fact::PeerDead { .. })
            | Fact::L2tp(l2tp::Fact::Unanswered { .. })
            | Fact::Ppp(
                ppp::Fact::Unanswered { .. } | ppp::Fact::AuthenticationTimedOut { .. } | ppp::Fact::PeerDead { .. }
            )
            | Fact::Pptp(pptp::Fact::NoReply | pptp::Fact::NoGre { .. } | pptp::Fact::ConnectionTimedOut)
    )
}

/// What a message is called in words for people: protocols name most of them, and languages some.
pub(super) fn message(seen: &Observation, texts: &Texts) -> String {
    match &seen.fact {
        Fact::Ike(ike::Fact::Message(message)) => {
            let port = if message.port_4500 { " (UDP 4500)" } else { "" };
            format!("{}{port}", texts.exchange(message.exchange))
        }
        _ => name(seen),
    }
}

/// What it is called, the same in every language: by this sources agree on an event.
pub(super) fn name(seen: &Observation) -> String {
    match &seen.fact {
        Fact::Ike(ike::Fact::Message(message)) => {
            let port = if message.port_4500 { " (UDP 4500)" } else { "" };
            format!("{}{port}", exchange(message.exchange))
        }
        Fact::Ike(ike::Fact::Notify { kind, .. }) => kind.to_string(),
        Fact::Esp(esp::Fact::Traffic { packets, octets, encapsulated, .. }) => {
            let around = if *encapsulated { " (UDP 4500)" } else { "" };
            format!("ESP{around} ×{packets}, {octets} B")
        }
        Fact::L2tp(l2tp::Fact::Message { kind, .. }) => kind.to_string(),
        Fact::L2tp(l2tp::Fact::Refused { tunnel, result, error, text, .. }) => {
            let name = if *tunnel { "StopCCN" } else { "CDN" };
            with_text(name, &format!("{result}/{error} {text}"))
        }
        Fact::Pptp(pptp::Fact::Message { kind, result, .. }) => {
            let result = result.map(|result| format!(" {result}")).unwrap_or_default();
            pptp_message(*kind).map_or_else(|| format!("PPTP {kind}{result}"), |name| format!("{name}{result}"))
        }
        Fact::Pptp(pptp::Fact::Gre { packets, octets, .. }) => format!("GRE ×{packets}, {octets} B"),
        Fact::Ppp(ppp::Fact::Packet { protocol, code, .. }) => protocol.packet(*code),
        Fact::Ppp(ppp::Fact::Terminated { text, .. }) => with_text("LCP Terminate-Request", text),
        Fact::Radius(radius::Fact::Request { code, .. } | radius::Fact::Answer { code, .. }) => {
            radius::packet(*code).map_or_else(|| format!("RADIUS {code}"), |name| format!("RADIUS {name}"))
        }
        _ => short(without_stamp(&seen.place.text)),
    }
}

/// A line of a log without the time and the machine, which stand elsewhere.
fn without_stamp(text: &str) -> &str {
    let text = text.trim_start();
    let numeric = |word: &str| word.bytes().next().is_some_and(|first| first.is_ascii_digit());
    let mut words = text.splitn(5, ' ').filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // `May 12 13:22:05 host` (RFC 3164 §4.1.2), and `2026-05-12T13:22:05+02:00 host` (RFC 5424 §6.2.3).
    let skipped = if first.len() == 3 && numeric(second) && words.next().is_some_and(|time| time.contains(':')) {
        4
    } else if first.len() >= 19 && numeric(first) && first.contains('T') && first.contains(':') {
        2
    } else {
        return text;
    };
    let mut rest = text;
    for _ in 0..skipped {
        let Some((_, tail)) = rest.split_once(' ') else { return text };
        rest = tail.trim_start();
    }
    rest
}

fn with_text(name: &str, text: &str) -> String {
    if text.trim().is_empty() { name.to_owned() } else { short(&format!("{name}: {text}")) }
}

/// A sentence, with as much of a source's words in it as makes a line or two.
pub(super) fn sentence(text: &str) -> String {
    cut(text, 2 * WIDTH)
}

fn short(text: &str) -> String {
    cut(text, WIDTH)
}

fn cut(text: &str, width: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn exchange(exchange: ike::Exchange) -> String {
    let direction = |response| if response { "response" } else { "request" };
    match exchange {
        ike::Exchange::MainMode(number) => format!("main mode {number}"),
        ike::Exchange::AggressiveMode(number) => format!("aggressive mode {number}"),
        ike::Exchange::QuickMode(0) => "quick mode".to_owned(),
        ike::Exchange::QuickMode(number) => format!("quick mode {number}"),
        ike::Exchange::Informational => "informational".to_owned(),
        ike::Exchange::Transaction => "transaction".to_owned(),
        ike::Exchange::SaInit { response } => format!("IKE_SA_INIT {}", direction(response)),
        ike::Exchange::Auth { response } => format!("IKE_AUTH {}", direction(response)),
        ike::Exchange::Later { response } => format!("IKEv2 {}", direction(response)),
        ike::Exchange::Other => "IKE".to_owned(),
    }
}

/// A label without the number or the text that only some sources give with it.
pub(super) fn bare(label: &str) -> &str {
    let label = label.split_once(": ").map_or(label, |(name, _)| name);
    match label.rsplit_once(' ') {
        Some((name, result)) if is_pptp(name) && result.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => label,
    }
}

fn is_pptp(name: &str) -> bool {
    (1..=15).any(|kind| pptp_message(kind) == Some(name))
}

/// Whether with it a layer is there that carries the next one.
pub(super) fn carries(fact: &Fact) -> bool {
    match fact {
        Fact::Ike(ike::Fact::Message(message)) => matches!(message.exchange, ike::Exchange::QuickMode(_)),
        Fact::Pptp(pptp::Fact::Message { kind, .. }) => *kind == 8,
        Fact::Ike(ike::Fact::Phase2Up { .. }) | Fact::Pptp(pptp::Fact::CallUp) | Fact::L2tp(l2tp::Fact::CallUp) => true,
        _ => false,
    }
}

/// Whether with it a server has what it asks an authenticator with.
pub(super) fn has_credentials(fact: &Fact) -> bool {
    match fact {
        Fact::Ppp(ppp::Fact::Packet { protocol: ppp::Protocol::Pap, code, .. }) => *code == 1,
        Fact::Ppp(ppp::Fact::Packet { protocol: ppp::Protocol::Chap | ppp::Protocol::Eap, code, .. }) => *code == 2,
        _ => false,
    }
}

pub(super) fn is_radius_packet(fact: &Fact) -> bool {
    matches!(fact, Fact::Radius(radius::Fact::Request { .. } | radius::Fact::Answer { .. }))
}

/// RFC 2637 §2.
fn pptp_message(kind: u16) -> Option<&'static str> {
    Some(match kind {
        1 => "Start-Control-Connection-Request",
        2 => "Start-Control-Connection-Reply",
        3 => "Stop-Control-Connection-Request",
        4 => "Stop-Control-Connection-Reply",
        5 => "Echo-Request",
        6 => "Echo-Reply",
        7 => "Outgoing-Call-Request",
        8 => "Outgoing-Call-Reply",
        12 => "Call-Clear-Request",
        13 => "Call-Disconnect-Notify",
        14 => "WAN-Error-Notify",
        15 => "Set-Link-Info",
        _ => return None,
    })
}
