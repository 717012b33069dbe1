use std::net::IpAddr;

use observe::{esp, l2tp, pptp, radius};

use super::{Teller, Words};

pub(super) fn esp<'a>(teller: &Teller<'_>, fact: &'a esp::Fact) -> Words<'a> {
    let who = |id, party| Words::new(id).with("who", teller.who(party));
    let named = |spi: u32| format!("{spi:#010x}");
    match fact {
        esp::Fact::Traffic { from, spi, packets, octets, encapsulated, .. } => {
            let id = if *encapsulated { "esp-traffic-udp" } else { "esp-traffic" };
            who(id, *from).with("packets", *packets).with("octets", *octets).with("spi", named(*spi))
        }
        esp::Fact::Tag { from, spi, octets, .. } => {
            who("esp-tag", *from).with("octets", *octets).with("spi", named(*spi))
        }
        esp::Fact::Unheard { from, packets, .. } => who("esp-unheard", *from).with("packets", *packets),
        esp::Fact::UnknownSpi { at, spi } => who("esp-unknown-spi", *at).with("spi", named(*spi)),
        esp::Fact::IntegrityFailed { at, packets, other_truncation } => {
            let id = if *other_truncation { "esp-integrity-failed-truncation" } else { "esp-integrity-failed" };
            who(id, *at).with("packets", *packets)
        }
        esp::Fact::Replayed { at, packets } => who("esp-replayed", *at).with("packets", *packets),
        esp::Fact::NotMatching { at, said } => who("esp-not-matching", *at).said(said),
        esp::Fact::Association(association) => {
            let id = match association.carried {
                Some(carried) if carried.packets == 0 => "esp-association-unused",
                Some(_) => "esp-association-used",
                None => "esp-association",
            };
            Words::new(id)
                .with("source", association.source.to_string())
                .with("destination", association.destination.to_string())
                .with("spi", named(association.spi))
                .with("packets", association.carried.map_or(0, |carried| carried.packets))
        }
        esp::Fact::Policy(policy) => {
            Words::new(if policy.protects { "esp-policy-protects" } else { "esp-policy-passes" })
                .with("source", end(policy.source, policy.source_port))
                .with("destination", end(policy.destination, policy.destination_port))
        }
        esp::Fact::NoPolicies => Words::new("esp-no-policies"),
        esp::Fact::CameUnprotected { packets } => Words::new("esp-came-unprotected").with("packets", *packets),
    }
}

/// One end of a policy as it is written: `192.0.2.1/32:1701`.
fn end((network, prefix): (IpAddr, u8), port: Option<u16>) -> String {
    let port = port.map_or_else(|| "*".to_owned(), |port| port.to_string());
    match network {
        IpAddr::V4(network) => format!("{network}/{prefix}:{port}"),
        IpAddr::V6(network) => format!("[{network}/{prefix}]:{port}"),
    }
}

pub(super) fn l2tp<'a>(teller: &Teller<'_>, fact: &'a l2tp::Fact) -> Words<'a> {
    let who = |id, party| Words::new(id).with("who", teller.who(party));
    match fact {
        l2tp::Fact::Message { from, kind, repeated, clear } => {
            let id = match (repeated, clear) {
                (_, true) => "l2tp-message-clear",
                (true, false) => "l2tp-message-again",
                (false, false) => "l2tp-message",
            };
            who(id, *from).with("kind", kind.to_string())
        }
        l2tp::Fact::TunnelUp => Words::new("l2tp-tunnel-up"),
        l2tp::Fact::CallUp => Words::new("l2tp-call-up"),
        l2tp::Fact::Refused { by, tunnel, result, error, text } => {
            let id = if *tunnel { "l2tp-refused-tunnel" } else { "l2tp-refused-call" };
            who(id, *by).with("result", *result).with("error", *error).said(text)
        }
        l2tp::Fact::Unanswered { by, last: Some((kind, times)), .. } => {
            who("l2tp-unanswered-message", *by).with("kind", kind.to_string()).with("times", *times)
        }
        l2tp::Fact::Unanswered { by, established: true, .. } => who("l2tp-unanswered-established", *by),
        l2tp::Fact::Unanswered { by, established: false, .. } => who("l2tp-unanswered", *by),
        l2tp::Fact::AuthenticationFailed { at } => who("l2tp-authentication-failed", *at),
        l2tp::Fact::NotProtected { at } => who("l2tp-not-protected", *at),
        l2tp::Fact::Exhausted { at, addresses } => {
            who(if *addresses { "l2tp-exhausted-addresses" } else { "l2tp-exhausted-ports" }, *at)
        }
        l2tp::Fact::Incompatible { at, said } => who("l2tp-incompatible", *at).said(said),
        l2tp::Fact::PppExited { at, status: None } => who("l2tp-ppp-exited", *at),
        l2tp::Fact::PppExited { at, status: Some(status) } => {
            who("l2tp-ppp-exited-status", *at).with("status", *status)
        }
    }
}

pub(super) fn pptp<'a>(teller: &Teller<'_>, fact: &'a pptp::Fact) -> Words<'a> {
    let who = |id, party| Words::new(id).with("who", teller.who(party));
    match fact {
        pptp::Fact::Connected => Words::new("pptp-connected"),
        pptp::Fact::ConnectionRefused => Words::new("pptp-connection-refused"),
        pptp::Fact::ConnectionTimedOut => Words::new("pptp-connection-timed-out"),
        pptp::Fact::NoReply => Words::new("pptp-no-reply"),
        pptp::Fact::Message { from, kind, result, .. } => {
            let kind = wire::pptp::MessageType(*kind).to_string();
            match result {
                Some(result) => who("pptp-message-result", *from).with("kind", kind).with("result", *result),
                None => who("pptp-message", *from).with("kind", kind),
            }
        }
        pptp::Fact::TunnelUp => Words::new("pptp-tunnel-up"),
        pptp::Fact::CallUp => Words::new("pptp-call-up"),
        pptp::Fact::Refused { by, result } => who("pptp-refused", *by).with("result", *result),
        pptp::Fact::Gre { from, packets, octets } => {
            who("pptp-gre", *from).with("packets", *packets).with("octets", *octets)
        }
        pptp::Fact::NoGre { at } => who("pptp-no-gre", *at),
        pptp::Fact::GreRefused { at } => who("pptp-gre-refused", *at),
        pptp::Fact::Closed { by } => who("pptp-closed", *by),
        pptp::Fact::PortBusy { at } => who("pptp-port-busy", *at),
    }
}

pub(super) fn radius<'a>(teller: &Teller<'_>, fact: &'a radius::Fact) -> Words<'a> {
    match fact {
        radius::Fact::Request { code, server, repeated } => {
            let request = Words::new(match (server, repeated) {
                (None, false) => "radius-request",
                (None, true) => "radius-request-again",
                (Some(_), false) => "radius-request-to",
                (Some(_), true) => "radius-request-to-again",
            });
            let request = request.with("kind", packet(*code));
            match server {
                Some(server) => request.with("server", server.to_string()),
                None => request,
            }
        }
        radius::Fact::Answer { code, reason: Some(reason), .. } => Words::new("radius-answer-reason")
            .with("kind", packet(*code))
            .with("reason", teller.say(super::ppp::reason(*reason))),
        radius::Fact::Answer { code, error: Some(error), .. } => {
            Words::new("radius-answer-error").with("kind", packet(*code)).with("error", *error)
        }
        radius::Fact::Answer { code, .. } => Words::new("radius-answer").with("kind", packet(*code)),
        radius::Fact::Unanswered { server: None } => Words::new("radius-unanswered"),
        radius::Fact::Unanswered { server: Some(server) } => {
            Words::new("radius-unanswered-from").with("server", server.clone())
        }
        radius::Fact::NotAsked { said } => Words::new("radius-not-asked").said(said),
        radius::Fact::UnknownClient => Words::new("radius-unknown-client"),
        radius::Fact::SecretMismatch => Words::new("radius-secret-mismatch"),
        radius::Fact::MessageAuthenticatorMissing => Words::new("radius-message-authenticator-missing"),
        radius::Fact::Listening => Words::new("radius-listening"),
        radius::Fact::PortClosed => Words::new("radius-port-closed"),
    }
}

fn packet(code: u8) -> String {
    radius::packet(code).map_or_else(|| code.to_string(), str::to_owned)
}
