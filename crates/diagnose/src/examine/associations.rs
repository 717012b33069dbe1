//! What a machine's kernel says of IPsec: which packets it protects, with which associations, and what these carried.

use std::net::IpAddr;

use observe::esp::{Association, Direction, Policy};
use observe::{Fact, Observation, Party, Role, esp, host, l2tp, network};

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

/// The port of L2TP.
const L2TP: u16 = 1701;

/// Programs of L2TP, as listings of sockets and logs name them.
const DAEMONS: &[&str] = &["xl2tpd", "l2tpd", "openl2tpd", "go-l2tp"];

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    shared_address(picture, claims);
    // What a connection came up through is not beside the point.
    if picture.up().is_none() {
        other_port(picture, claims);
        uncovered(picture, claims);
        unused(picture, claims);
    }
}

/// Associations of kernels.
pub(super) fn all<'a, 'p>(
    picture: &'p Picture<'a>,
) -> impl Iterator<Item = (&'a Observation, &'a Association)> + use<'a, 'p> {
    picture.all().filter_map(|seen| match &seen.fact {
        Fact::Esp(esp::Fact::Association(association)) => Some((seen, association)),
        _ => None,
    })
}

/// Policies of the machine that said `by`, or of any.
fn policies<'a, 'p>(
    picture: &'p Picture<'a>,
    by: &'p Observation,
) -> impl Iterator<Item = (&'a Observation, &'a Policy)> + use<'a, 'p> {
    picture.all().filter(move |seen| same_machine(seen, by)).filter_map(|seen| match &seen.fact {
        Fact::Esp(esp::Fact::Policy(policy)) => Some((seen, policy)),
        _ => None,
    })
}

/// Who sends by an association, as far as can be told: whoever counts, or whose address it is.
pub(super) fn sender(picture: &Picture<'_>, seen: &Observation, association: &Association) -> Option<Party> {
    let own = |address: IpAddr| {
        picture.all().filter(|other| same_machine(other, seen)).any(|other| match &other.fact {
            Fact::Network(network::Fact::Address { address: own, .. }) => *own == address,
            Fact::Esp(esp::Fact::Policy(policy)) => match policy.direction {
                Direction::Out => policy.source == host_of(address),
                Direction::In => policy.destination == host_of(address),
                Direction::Forward => false,
            },
            _ => false,
        })
    };
    association.from.or_else(|| match (own(association.source), own(association.destination)) {
        (true, false) => Some(Party::Here),
        (false, true) => Some(Party::There),
        _ => None,
    })
}

/// Several associations go to different ports of one address: several clients behind one NAT. One policy for all of them leads
/// to the newest association, whoever the packet is for.
fn shared_address(picture: &Picture<'_>, claims: &mut Claims) {
    let outbound = |seen: &Observation, association: &Association| {
        seen.side.role() != Some(Role::Client)
            && association.mark.is_none()
            && sender(picture, seen, association) == Some(Party::Here)
    };
    for (first, one) in all(picture).filter(|(seen, one)| outbound(seen, one)) {
        let second = all(picture).find(|(seen, other)| {
            same_machine(seen, first)
                && outbound(seen, other)
                && other.destination == one.destination
                && matches!((one.ports, other.ports), (Some((_, one)), Some((_, other))) if one != other)
        });
        let Some((second, _)) = second else { continue };
        let mut ways: Vec<(Option<u16>, Option<u32>)> = policies(picture, first)
            .filter(|(_, policy)| policy.direction == Direction::Out && covers(policy.destination, one.destination))
            .map(|(_, policy)| (policy.destination_port, policy.mark))
            .collect();
        ways.sort_unstable();
        ways.dedup();
        // Two ports of theirs, or two marks, tell them apart.
        match ways.len() {
            0 => claims.inferred(Cause::IkeSameNatCollision, 0.4, [first, second]),
            1 => claims.inferred(Cause::IkeSameNatCollision, 0.8, [first, second]),
            _ => continue,
        }
        .at(Cause::IkeSameNatCollision, Some(Role::Server));
        return;
    }
}

/// The policy protects what leaves from one port, and L2TP leaves from another.
fn other_port(picture: &Picture<'_>, claims: &mut Claims) {
    for seen in picture.all() {
        let Fact::Esp(esp::Fact::Policy(policy)) = &seen.fact else { continue };
        let Some(fixed) = policy.source_port.filter(|_| is_l2tp(policy) && policy.direction == Direction::Out) else {
            continue;
        };
        let sockets = || {
            picture.all().filter(|other| same_machine(other, seen)).filter_map(|other| match &other.fact {
                Fact::Host(host::Fact::Listening { tcp: false, address, owner: Some(owner) })
                    if DAEMONS.contains(&owner.as_str()) =>
                {
                    Some((other, address.port()))
                }
                _ => None,
            })
        };
        if sockets().any(|(_, port)| port == fixed) {
            continue;
        }
        if let Some((socket, _)) = sockets().find(|(_, port)| *port != 0) {
            claims.inferred(Cause::EspNotMatching, 0.85, [seen, socket]).at(Cause::EspNotMatching, seen.side.role());
            return;
        }
    }
}

/// There is an association, and no policy leads to it.
fn uncovered(picture: &Picture<'_>, claims: &mut Claims) {
    for (seen, association) in all(picture) {
        let none =
            picture.first(|other| same_machine(other, seen) && matches!(other.fact, Fact::Esp(esp::Fact::NoPolicies)));
        if let Some(none) = none {
            claims.inferred(Cause::EspNotMatching, 0.7, [seen, none]).at(Cause::EspNotMatching, seen.side.role());
            return;
        }
        let Some((listed, _)) = policies(picture, seen).next() else { continue };
        let Association { source, destination, .. } = association;
        let leads = policies(picture, seen).any(|(_, policy)| {
            let ways = [(*source, *destination), (*destination, *source)];
            policy.protects
                && ways.into_iter().any(|(from, to)| {
                    policy.ends == Some((from, to)) || covers(policy.source, from) && covers(policy.destination, to)
                })
        });
        if !leads {
            claims.inferred(Cause::EspNotMatching, 0.6, [seen, listed]).at(Cause::EspNotMatching, seen.side.role());
            return;
        }
    }
}

/// L2TP was sent, and the association that should have carried it carried nothing.
fn unused(picture: &Picture<'_>, claims: &mut Claims) {
    let gave_up = picture.all().find(|seen| match &seen.fact {
        Fact::L2tp(l2tp::Fact::Unanswered { by, established: false, .. }) => {
            seen.role(*by) == Some(Role::Client) || (*by == Party::Here && seen.side.role().is_none())
        }
        _ => false,
    });
    let Some(gave_up) = gave_up else { return };
    if let Some(seen) = unsent(picture, gave_up) {
        claims.inferred(Cause::EspNotMatching, 0.7, [seen, gave_up]).at(Cause::EspNotMatching, seen.side.role());
    }
}

/// An association of the machine that said `by` to send with, where none of them carried anything.
pub(super) fn unsent<'a>(picture: &Picture<'a>, by: &Observation) -> Option<&'a Observation> {
    let mut outbound = all(picture).filter(|(seen, association)| {
        same_machine(seen, by) && sender(picture, seen, association) == Some(Party::Here)
    });
    let empty = |association: &Association| association.carried.is_some_and(|carried| carried.packets == 0);
    let (first, association) = outbound.next()?;
    (empty(association) && outbound.all(|(_, association)| empty(association))).then_some(first)
}

/// Whether a policy is about L2TP, and about it alone.
fn is_l2tp(policy: &Policy) -> bool {
    policy.protects
        && matches!(policy.protocol.as_deref(), Some("udp" | "17"))
        && (policy.source_port == Some(L2TP) || policy.destination_port == Some(L2TP))
}

/// Whether two things were said by one machine: a kernel does not say which end it is.
fn same_machine(one: &Observation, other: &Observation) -> bool {
    one.side == other.side
}

fn host_of(address: IpAddr) -> (IpAddr, u8) {
    (address, if address.is_ipv4() { 32 } else { 128 })
}

fn covers((network, length): (IpAddr, u8), address: IpAddr) -> bool {
    super::network::covers(network, length, address)
}
