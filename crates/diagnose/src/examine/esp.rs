//! ESP: associations are up, and what passes through them.

use observe::{Fact, Observation, Role, Side, esp, ike, l2tp};
use wire::l2tp::MessageType;

use super::associations;
use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for seen in picture.all() {
        let Fact::Esp(fact) = &seen.fact else { continue };
        match fact {
            esp::Fact::IntegrityFailed { other_truncation: true, .. } => {
                claims.stated(Cause::EspSha2Truncation, 0.85, seen);
            }
            esp::Fact::IntegrityFailed { .. } => {
                claims.stated(Cause::EspSha2Truncation, 0.35, seen);
            }
            esp::Fact::NotMatching { at, .. } => {
                claims.stated(Cause::EspNotMatching, 0.7, seen).at(Cause::EspNotMatching, seen.role(*at));
            }
            esp::Fact::UnknownSpi { .. } => {
                claims.inferred(Cause::IkePeerDead, 0.3, [seen]);
            }
            // Not only PPP is silent, but whatever comes by the association.
            esp::Fact::Unheard { .. } if picture.up().is_some() => {
                let control = picture
                    .first(|other| matches!(other.fact, Fact::L2tp(l2tp::Fact::Unanswered { established: true, .. })));
                // Traffic may go one way for long.
                let weight = if control.is_some() { 0.6 } else { 0.25 };
                claims.inferred(Cause::IkePeerDead, weight, [seen].into_iter().chain(control));
            }
            // A kernel counts from its start, and not only what is in question.
            esp::Fact::CameUnprotected { .. } if picture.up().is_none() => {
                claims.inferred(Cause::EspNotMatching, 0.35, [seen]);
            }
            esp::Fact::Traffic { .. }
            | esp::Fact::CameUnprotected { .. }
            | esp::Fact::Unheard { .. }
            | esp::Fact::Tag { .. }
            | esp::Fact::Replayed { .. }
            | esp::Fact::Association(_)
            | esp::Fact::Policy(_)
            | esp::Fact::NoPolicies => {}
        }
    }
    tags(picture, claims);
    unanswered(picture, claims);
}

/// The two ends cut the integrity tag differently, or one cuts it otherwise than the suite says (RFC 4868 §2.6).
fn tags(picture: &Picture<'_>, claims: &mut Claims) {
    let tag = |wanted: u8, least: u32| {
        picture.first(move |seen| match &seen.fact {
            Fact::Esp(esp::Fact::Tag { octets, lengths, .. }) => *octets == wanted && *lengths >= least,
            _ => false,
        })
    };
    let sha2 = picture.first(|seen| match &seen.fact {
        Fact::Ike(ike::Fact::Chosen { phase: ike::Phase::Two, suite }) => suite.integrity == "sha2-256",
        Fact::Ike(ike::Fact::Phase2Up { suite: Some(suite), .. }) => suite.integrity == "sha2-256",
        _ => false,
    });
    let both = [tag(12, 1).zip(sha2), tag(12, 2).zip(tag(16, 2))];
    if let Some((short, other)) = both.into_iter().flatten().next() {
        claims.inferred(Cause::EspSha2Truncation, 0.8, [short, other]);
    }
}

/// The first L2TP message goes through the associations, and nothing comes back.
fn unanswered(picture: &Picture<'_>, claims: &mut Claims) {
    if answered(picture) {
        return;
    }
    let up = picture.ike().find(|(_, fact)| matches!(fact, ike::Fact::Phase2Up { .. })).map(|(seen, _)| seen);
    let from = |role| picture.all().filter(|seen| sent(picture, seen, role)).last();
    let (client, server) = (from(Role::Client), from(Role::Server));
    let gave_up =
        picture.first(|seen| matches!(seen.fact, Fact::L2tp(l2tp::Fact::Unanswered { established: false, .. })));
    let asked = picture.first(|seen| request(seen).is_some()).or(gave_up);
    let closed = super::ike::port_closed(picture, 1701);
    // What an earlier association brought says nothing of the port that was found closed after it.
    let server = server.filter(|server| !closed.is_some_and(|closed| closed.at.is_some() && server.at < closed.at));
    // Whoever sends ESP is not the one whose port an earlier attempt found closed.
    if let (Some(closed), None) = (closed, server) {
        claims.stated(Cause::L2tpNoAnswer, if up.is_some() || client.is_some() { 0.85 } else { 0.3 }, closed);
        return;
    }
    if let Some(clear) = picture.all().filter(|seen| request(seen) == Some(true)).last() {
        outside(picture, clear, up, claims);
        return;
    }
    let captured = picture.all().any(|seen| seen.side == Side::Wire);
    let encapsulated =
        picture.ike().any(|(_, fact)| matches!(fact, ike::Fact::Phase2Up { encapsulated: Some(true), .. }));
    // The server has the request, and the client does not get its answer.
    let heard = picture.all().filter(|seen| seen.side == Side::Server && request(seen).is_some()).last();
    if let Some(heard) = heard {
        let evidence = || [heard].into_iter().chain(gave_up);
        let blocked = if encapsulated { Cause::NetUdp4500Blocked } else { Cause::NetEspBlocked };
        let unsent = associations::unsent(picture, heard);
        // Its answers did not even enter the association.
        claims.inferred(Cause::EspNotMatching, if unsent.is_some() { 0.7 } else { 0.25 }, evidence().chain(unsent));
        if unsent.is_none() {
            claims.inferred(blocked, 0.6, evidence());
        }
        return;
    }
    match (client, server) {
        // The server's kernel opened what came, so nothing is in the way: its answers take another, or there are none.
        (Some(client), None) if client.side == Side::Server => {
            claims.inferred(Cause::L2tpNoAnswer, 0.65, [client].into_iter().chain(asked));
            claims.inferred(Cause::EspNotMatching, 0.25, [client].into_iter().chain(asked));
        }
        // It goes, and nothing comes back.
        (Some(client), None) => {
            // What lies in UDP passes where IKE does.
            let (silent, blocked) = if raw(client) { (0.4, 0.5) } else { (0.6, 0.3) };
            claims.inferred(Cause::L2tpNoAnswer, silent, [client].into_iter().chain(asked));
            claims.inferred(Cause::NetEspBlocked, blocked, [client].into_iter().chain(asked));
        }
        // IKE was captured, ESP was not: it does not come this far.
        (None, None) if captured && up.is_some() => {
            let weight = if encapsulated { 0.3 } else { 0.75 };
            claims.inferred(Cause::NetEspBlocked, weight, up.into_iter().chain(asked));
            claims.inferred(Cause::L2tpNoAnswer, 0.2, up.into_iter().chain(asked));
        }
        (None, None) => {
            let Some(asked) = asked else { return };
            // Nothing left the client where IPsec never came up.
            if up.is_none() && picture.ike().any(|(_, fact)| matches!(fact, ike::Fact::GaveUp { .. })) {
                return;
            }
            // xl2tpd alone says no more than that nothing came back; most often IPsec is up, and nobody is behind it.
            let weight = if up.is_some() { 0.5 } else { 0.4 };
            claims.inferred(Cause::L2tpNoAnswer, weight, up.into_iter().chain([asked]));
            claims.inferred(Cause::NetEspBlocked, if encapsulated { 0.1 } else { 0.3 }, up.into_iter().chain([asked]));
        }
        // Whoever has moved sends from elsewhere.
        (None, Some(_)) if picture.everybody().any(|seen| moved(seen, picture)) => {}
        (None, Some(server)) => {
            claims.inferred(Cause::NetEspBlocked, 0.5, [server]);
        }
        (Some(_), Some(_)) => {}
    }
}

/// Whether this is the first message of L2TP, and if so, whether it is outside IPsec.
fn request(seen: &Observation) -> Option<bool> {
    match &seen.fact {
        Fact::L2tp(l2tp::Fact::Message { kind, clear, .. }) if *kind == MessageType::SCCRQ => Some(*clear),
        _ => None,
    }
}

/// L2TP without IPsec, and no answer.
fn outside(picture: &Picture<'_>, clear: &Observation, up: Option<&Observation>, claims: &mut Claims) {
    if up.is_some() {
        claims.inferred(Cause::EspNotMatching, 0.75, [clear].into_iter().chain(up));
        return;
    }
    // Where IKE is tried and fails, that is the cause; some clients then send in the clear what nobody takes.
    let tried = picture.ike().next().is_some();
    claims.inferred(Cause::L2tpNotProtected, if tried { 0.2 } else { 0.65 }, [clear]);
    claims.inferred(Cause::L2tpNoAnswer, if tried { 0.1 } else { 0.3 }, [clear]);
}

/// Whether a client that the picture is about went to another address.
fn moved(seen: &Observation, picture: &Picture<'_>) -> bool {
    let Fact::Ike(ike::Fact::MappingChanged { from: Some(from), .. }) = &seen.fact else { return false };
    picture.all().any(|other| other.about.client.is_some_and(|client| client.ip() == from.ip()))
}

/// Whether this is ESP right above IP.
fn raw(seen: &Observation) -> bool {
    match &seen.fact {
        Fact::Esp(esp::Fact::Traffic { encapsulated, .. }) => !encapsulated,
        Fact::Esp(esp::Fact::Association(association)) => association.ports.is_none(),
        _ => false,
    }
}

fn sent(picture: &Picture<'_>, seen: &Observation, role: Role) -> bool {
    match &seen.fact {
        Fact::Esp(esp::Fact::Traffic { from, packets, .. }) => *packets > 0 && seen.role(*from) == Some(role),
        Fact::Esp(esp::Fact::Association(association)) => {
            association.carried.is_some_and(|carried| carried.packets > 0)
                && associations::sender(picture, seen, association).and_then(|from| seen.role(from)) == Some(role)
        }
        _ => false,
    }
}

/// Whether anything of L2TP or PPP came from the server.
fn answered(picture: &Picture<'_>) -> bool {
    picture.any_ppp(Role::Server)
        || picture.all().any(|seen| match &seen.fact {
            Fact::L2tp(l2tp::Fact::TunnelUp | l2tp::Fact::CallUp) => true,
            Fact::L2tp(l2tp::Fact::Refused { by, .. }) => seen.role(*by) != Some(Role::Client),
            Fact::L2tp(l2tp::Fact::Message { from, .. }) => seen.role(*from) == Some(Role::Server),
            Fact::Ppp(_) => true,
            _ => false,
        })
}
