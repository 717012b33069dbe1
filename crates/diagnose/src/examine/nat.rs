//! NAT boxes: those that change a mapping, those that hide several clients, and those that an end cannot pass.

use std::collections::HashMap;
use std::net::IpAddr;

use observe::{Fact, Observation, Role, Side, SourceId, esp, ike, l2tp, ppp};

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    mapping(picture, claims);
    collision(picture, claims);
    half_deaf(picture, claims);
    untraversed(picture, claims);
}

/// A NAT gives a client another port: while the server goes on sending to the old one, or again and again.
fn mapping(picture: &Picture<'_>, claims: &mut Claims) {
    let mut moves: HashMap<(SourceId, Option<&str>), Vec<&Observation>> = HashMap::new();
    for (seen, fact) in picture.ike() {
        let ike::Fact::MappingChanged { from: Some(from), to: Some(to) } = fact else { continue };
        let left = picture.all().find(|other| match &other.fact {
            Fact::Esp(esp::Fact::Unheard { from: sender, .. }) => {
                other.place.source == seen.place.source
                    && seen.role(*sender) == Some(Role::Server)
                    && other.about.client == Some(*from)
            }
            _ => false,
        });
        // Who was only late to notice sends to the new one in the end.
        let followed = picture.all().any(|other| match &other.fact {
            Fact::Esp(esp::Fact::Traffic { from: sender, packets, .. }) => {
                other.place.source == seen.place.source
                    && seen.role(*sender) == Some(Role::Server)
                    && other.about.client == Some(*to)
                    && *packets > 0
            }
            _ => false,
        });
        if let Some(left) = left.filter(|_| !followed) {
            claims.inferred(Cause::NetNatMappingLost, 0.8, [seen, left]);
            return;
        }
        // Whoever goes from one network to another has another address as well.
        if from.ip() == to.ip() && from != to {
            let negotiation = (seen.place.source, seen.about.attempt.as_deref());
            let known = moves.entry(negotiation).or_default();
            known.push(seen);
            if known.len() >= RESTLESS {
                claims.inferred(Cause::NetNatMappingLost, 0.6, known.iter().copied());
                return;
            }
        }
    }
    for (seen, _) in picture.ike().filter(|(_, fact)| matches!(fact, ike::Fact::MappingChanged { .. })) {
        claims.inferred(Cause::NetNatMappingLost, 0.2, [seen]);
    }
}

/// Changes of a client's port that are more than a router that was restarted.
const RESTLESS: usize = 3;

/// Two clients behind one NAT are connected, and then one of them hears no more: the server takes them for one.
fn collision(picture: &Picture<'_>, claims: &mut Claims) {
    // By source: the associations of each address, with the identity and the port of whoever made them.
    let mut known: Vec<(SourceId, IpAddr, Option<&str>, u16)> = Vec::new();
    let mut identities: HashMap<(SourceId, &str), &str> = HashMap::new();
    let mut second: Option<&Observation> = None;
    // The port and the observation of the newest client at an address.
    let mut newest: HashMap<(SourceId, IpAddr), (u16, &Observation)> = HashMap::new();
    for seen in picture.all() {
        let source = seen.place.source;
        let attempt = seen.about.attempt.as_deref().unwrap_or_default();
        match &seen.fact {
            Fact::Ike(ike::Fact::Identity { of, identity }) if seen.role(*of) != Some(Role::Server) => {
                identities.insert((source, attempt), identity);
            }
            Fact::Ike(ike::Fact::Phase2Up { .. }) if seen.side != Side::Client => {
                let Some(client) = seen.about.client.or(seen.about.peer) else { continue };
                let identity = identities.get(&(source, attempt)).copied();
                let other = known.iter().any(|(known, address, name, port)| {
                    *known == source
                        && *address == client.ip()
                        && match (name, identity) {
                            (Some(name), Some(identity)) => *name != identity,
                            _ => *port != client.port(),
                        }
                });
                if other && picture.nat().0 == Some(true) {
                    second.get_or_insert(seen);
                }
                if known.len() < 64 {
                    known.push((source, client.ip(), identity, client.port()));
                }
                newest.insert((source, client.ip()), (client.port(), seen));
            }
            // Who connected last from there is heard, who was connected before is not any more.
            Fact::Esp(esp::Fact::Unheard { from, since, .. }) if seen.role(*from) == Some(Role::Client) => {
                let Some(client) = seen.about.client else { continue };
                let Some((port, second)) = newest.get(&(source, client.ip())) else { continue };
                let before = second.at.is_some_and(|at| (-SLACK..PATIENCE).contains(&since.since(at)));
                let other = client.port() != 0 && *port != client.port();
                if other && before && !unheard(picture, source, client.ip(), *port) {
                    claims.inferred(Cause::IkeSameNatCollision, 0.8, [*second, seen]);
                    return;
                }
            }
            fact if gone(fact) => {
                if let Some(second) = second {
                    claims.inferred(Cause::IkeSameNatCollision, 0.8, [second, seen]);
                    return;
                }
            }
            _ => {}
        }
    }
}

/// Microseconds by which an end may fall silent before it is seen that another one has taken its place.
const SLACK: i64 = 30_000_000;

/// Microseconds for which an end may have nothing to say, and so not know that it is not heard any more.
const PATIENCE: i64 = 180_000_000;

/// Whether the client at this address and port is not heard by the server any more.
fn unheard(picture: &Picture<'_>, source: SourceId, address: IpAddr, port: u16) -> bool {
    picture.all().any(|seen| {
        seen.place.source == source
            && seen.about.client.is_some_and(|client| (client.ip(), client.port()) == (address, port))
            && matches!(seen.fact, Fact::Esp(esp::Fact::Unheard { from, .. }) if seen.role(from) == Some(Role::Client))
    })
}

/// Whether somebody is not heard any more.
fn gone(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Ike(ike::Fact::PeerDead { .. })
            | Fact::L2tp(l2tp::Fact::Unanswered { .. })
            | Fact::Ppp(
                ppp::Fact::PeerDead { .. } | ppp::Fact::Unanswered { .. } | ppp::Fact::AuthenticationTimedOut { .. }
            )
    )
}

/// Behind a NAT, ESP falls silent under a connection that was up, and IKE does not: the server lives, and what it sends goes to
/// another port or another client.
fn half_deaf(picture: &Picture<'_>, claims: &mut Claims) {
    if picture.up().is_none() || picture.nat().0 != Some(true) {
        return;
    }
    for seen in picture.all() {
        let Fact::Esp(esp::Fact::Unheard { from, since, .. }) = &seen.fact else { continue };
        let lives = picture.ike().find(|(other, fact)| match fact {
            ike::Fact::Message(message) => {
                other.place.source == seen.place.source
                    && other.role(message.from) == Some(Role::Server)
                    && other.at.is_some_and(|at| at.since(*since) > SLACK)
            }
            _ => false,
        });
        if let (Some(Role::Client), Some((lives, _))) = (seen.role(*from), lives) {
            claims.inferred(Cause::IkeSameNatCollision, 0.35, [seen, lives]);
            claims.inferred(Cause::NetNatMappingLost, 0.3, [seen, lives]);
            return;
        }
    }
}

/// The addresses show a NAT, and the ends have come behind the messages in which they would have said so.
fn untraversed(picture: &Picture<'_>, claims: &mut Claims) {
    let traversed = picture.ike().any(|(_, fact)| match fact {
        ike::Fact::Nat { .. } => true,
        ike::Fact::Message(message) => message.port_4500,
        ike::Fact::Phase2Up { encapsulated, .. } => *encapsulated == Some(true),
        _ => false,
    });
    let passes = picture.all().any(|seen| match &seen.fact {
        Fact::Esp(esp::Fact::Traffic { from, packets, .. }) => *packets > 1 && seen.role(*from) == Some(Role::Server),
        _ => false,
    });
    if traversed || passes || picture.up().is_some() {
        return;
    }
    let past = |(_, fact): &(_, &ike::Fact)| match fact {
        ike::Fact::Message(message) => matches!(message.exchange, ike::Exchange::MainMode(4..=6)),
        _ => false,
    };
    let Some((exchanged, _)) = picture.ike().find(past) else { return };
    // What the client calls itself, or the address from which it sends, is not of the Internet, on which the server is.
    let shown = picture.ike().find(|(seen, fact)| match fact {
        ike::Fact::Identity { of, identity } if seen.role(*of) == Some(Role::Client) => {
            let from = seen.about.client.or(seen.about.peer).map(|client| client.ip());
            identity.parse().is_ok_and(is_private) && from.is_some_and(|from| !is_private(from))
        }
        ike::Fact::Message(_) if seen.side == Side::Wire => match (seen.about.client, seen.about.server) {
            (Some(client), Some(server)) => is_private(client.ip()) && !is_private(server.ip()),
            _ => false,
        },
        _ => false,
    });
    let Some((shown, _)) = shown else { return };
    // Vendor IDs that a capture shows are all that there are.
    let offers = |role| {
        picture.ike().filter(move |(seen, _)| seen.side == Side::Wire).fold(None, |known, (seen, fact)| match fact {
            ike::Fact::Vendor { from, name } if seen.role(*from) == Some(role) => {
                Some(known == Some(true) || name.contains("3947") || name.to_lowercase().contains("nat-t"))
            }
            _ => known,
        })
    };
    let lacking = [Role::Server, Role::Client].into_iter().find(|role| offers(*role) == Some(false));
    let weight = if lacking.is_some() { 0.75 } else { 0.5 };
    claims.inferred(Cause::IkeNatTUnsupported, weight, [shown, exchanged]).at(Cause::IkeNatTUnsupported, lacking);
}

/// Whether an address is not reached from the Internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            // RFC 1918, and the providers' own (RFC 6598).
            address.is_private() || address.octets()[0] == 100 && (64..128).contains(&address.octets()[1])
        }
        IpAddr::V6(_) => false,
    }
}
