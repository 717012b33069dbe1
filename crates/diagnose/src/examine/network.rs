//! The path: before the tunnel, and through it.

use std::net::IpAddr;

use observe::{Layer, Observation, Side, network};

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for (seen, fact) in picture.network() {
        stated(seen, fact, picture, claims);
    }
    pings(picture, claims);
    loops(picture, claims);
    overlap(picture, claims);
    unrouted(picture, claims);
}

/// A client's table of routes in which none leads out.
fn unrouted(picture: &Picture<'_>, claims: &mut Claims) {
    if picture.up().is_some() || picture.answers_ike(false) {
        return;
    }
    let routes = || {
        picture.network().filter(|(seen, fact)| {
            seen.side == Side::Client && matches!(fact, network::Fact::Route { destination: (IpAddr::V4(_), _), .. })
        })
    };
    let out = routes().any(|(_, fact)| match fact {
        network::Fact::Route { destination: (_, len), gateway, .. } => *len <= 1 || gateway.is_some(),
        _ => false,
    });
    if let (false, Some((seen, _))) = (out, routes().next()) {
        claims.inferred(Cause::NetNoInternet, 0.5, [seen]);
    }
}

/// The client was given an address that lies in the network at which it sits: its own machines and those of the tunnel are not
/// to be told apart.
fn overlap(picture: &Picture<'_>, claims: &mut Claims) {
    let given = picture.network().filter_map(|(seen, fact)| match fact {
        network::Fact::Address { tunnel: true, address: IpAddr::V4(address), .. }
            if seen.side != Side::Server && !address.is_link_local() =>
        {
            Some((seen, IpAddr::V4(*address)))
        }
        _ => None,
    });
    for (seen, address) in given {
        let own = picture.network().find(|(other, fact)| match fact {
            network::Fact::Route { destination: (network, len @ 8..=31), gateway: None, tunnel: false, .. } => {
                other.side == seen.side && covers(*network, *len, address)
            }
            _ => false,
        });
        if let Some((own, _)) = own {
            claims.inferred(Cause::NcpAddressConflict, 0.65, [seen, own]);
        }
    }
}

fn stated(seen: &Observation, fact: &network::Fact, picture: &Picture<'_>, claims: &mut Claims) {
    match fact {
        network::Fact::NameUnknown { name } => unknown_name(seen, name, picture, claims),
        network::Fact::NoRoute { .. } => {
            claims.stated(Cause::NetNoInternet, 0.8, seen);
        }
        network::Fact::Icmp { kind, port, protocol, .. } => icmp(seen, *kind, *port, *protocol, picture, claims),
        network::Fact::Silent { .. } => {
            claims.stated(Cause::NetServerUnreachable, 0.6, seen);
        }
        // At a client it says only that the address is not routed into the tunnel.
        network::Fact::Astray { to, .. } if seen.side != Side::Client => {
            let given = picture.network().any(|(_, fact)| match fact {
                network::Fact::Address { tunnel: true, address, peer, .. } => address == to || *peer == Some(*to),
                network::Fact::Inner { client, .. } => client == to,
                _ => false,
            });
            claims.inferred(Cause::RouteNoReturnRoute, if given { 0.75 } else { 0.4 }, [seen]);
        }
        network::Fact::Unreached { .. } => {
            claims.inferred(Cause::RouteNoReturnRoute, 0.35, [seen]);
            claims.inferred(Cause::RouteForwardingOff, 0.35, [seen]);
            claims.inferred(Cause::RouteFilterDrop, 0.3, [seen]);
        }
        // Some servers take a first message at port 500 only, so this alone is weak.
        network::Fact::PortSilent { port: 4500 } if picture.up().is_none() => {
            claims.inferred(Cause::NetUdp4500Blocked, 0.45, [seen]);
        }
        network::Fact::PortSilent { port: 500 } if picture.up().is_none() => {
            claims.stated(Cause::NetUdp500Blocked, 0.7, seen);
        }
        network::Fact::PortSilent { port: 1723 } if picture.up().is_none() => {
            claims.inferred(Cause::NetTcp1723Blocked, 0.5, [seen]);
            claims.inferred(Cause::HostServerNotRunning, 0.35, [seen]);
        }
        network::Fact::Inner { requests, replies, elsewhere, .. } => {
            if *elsewhere {
                claims.stated(Cause::RouteNoReturnRoute, 0.88, seen);
            } else if *requests > 0 && *replies == 0 {
                claims.inferred(Cause::RouteNoReturnRoute, 0.55, [seen]);
                claims.inferred(Cause::RouteFilterDrop, 0.35, [seen]);
            }
        }
        network::Fact::LargeVanish { .. } => {
            claims.stated(Cause::NetMtuBlackhole, 0.75, seen);
        }
        network::Fact::FragmentsLost { .. } => {
            claims.stated(Cause::NetFragmentsDropped, 0.7, seen);
        }
        network::Fact::Address { address: IpAddr::V4(address), tunnel: true, .. } if address.is_link_local() => {
            claims.stated(Cause::NcpApipa, 0.85, seen);
        }
        network::Fact::AddressConflict { .. } => {
            claims.stated(Cause::NcpAddressConflict, 0.85, seen);
        }
        network::Fact::TunnelDnsFailed { .. } => {
            claims.stated(Cause::RouteDns, 0.7, seen);
        }
        // Who has an address from PPP only asks what else there is, which few servers answer.
        network::Fact::DhcpUnanswered if picture.up().is_none() => {
            claims.inferred(Cause::NcpApipa, 0.3, [seen]);
        }
        _ => {}
    }
}

/// A dialer, a daemon and a probe speak of the server's name. A capture shows whatever the machine looked up.
fn unknown_name(seen: &Observation, name: &str, picture: &Picture<'_>, claims: &mut Claims) {
    if seen.side != Side::Wire {
        claims.stated(Cause::NetDnsFailure, 0.85, seen);
        return;
    }
    let reverse = name.trim_end_matches('.').to_ascii_lowercase().ends_with(".arpa");
    let attempted = picture.all().any(|seen| matches!(seen.fact.layer(), Layer::Ike | Layer::Pptp | Layer::L2tp));
    if !reverse && !attempted {
        claims.inferred(Cause::NetDnsFailure, 0.5, [seen]);
    }
}

fn icmp(
    seen: &Observation,
    kind: network::Icmp,
    port: Option<u16>,
    protocol: u8,
    picture: &Picture<'_>,
    claims: &mut Claims,
) {
    match (kind, port, protocol) {
        // An answer outweighs an error that an earlier attempt has left behind.
        (network::Icmp::PortUnreachable, Some(500 | 4500), _) if picture.answers_ike(port == Some(4500)) => {}
        (network::Icmp::PortUnreachable, Some(500), _) if picture.up().is_none() => {
            claims.stated(Cause::HostServerNotRunning, 0.8, seen);
        }
        (network::Icmp::PortUnreachable, Some(4500), _) if !super::ike::phase2_up(picture) => {
            claims.stated(Cause::NetUdp4500Blocked, 0.6, seen);
        }
        (network::Icmp::PortUnreachable, Some(1812 | 1813 | 1645 | 1646), _) => {
            claims.stated(Cause::AuthRadiusNoAnswer, 0.85, seen);
        }
        (network::Icmp::Prohibited | network::Icmp::ProtocolUnreachable, _, 47) => {
            claims.stated(Cause::NetGreBlocked, 0.8, seen);
        }
        (network::Icmp::Prohibited | network::Icmp::ProtocolUnreachable, _, 50) => {
            claims.stated(Cause::NetEspBlocked, 0.8, seen);
        }
        (network::Icmp::Prohibited, Some(500), _) => {
            claims.stated(Cause::NetUdp500Blocked, 0.8, seen);
        }
        (network::Icmp::Prohibited, Some(4500), _) => {
            claims.stated(Cause::NetUdp4500Blocked, 0.8, seen);
        }
        (network::Icmp::Prohibited, Some(1723), _) => {
            claims.stated(Cause::NetTcp1723Blocked, 0.8, seen);
        }
        (network::Icmp::Unreachable, Some(500 | 4500 | 1723 | 1701), _) if picture.up().is_none() => {
            claims.stated(Cause::NetServerUnreachable, 0.7, seen);
        }
        _ => {}
    }
}

/// Pings of the client: which sizes pass, and how far they get.
fn pings(picture: &Picture<'_>, claims: &mut Claims) {
    let pings: Vec<(&Observation, IpAddr, u16, bool, bool)> = picture
        .network()
        .filter_map(|(seen, fact)| match fact {
            network::Fact::Ping { to, size, sent, received, too_big } if *sent > 0 => {
                Some((seen, *to, *size, *received > 0, *too_big))
            }
            _ => None,
        })
        .collect();
    for &(small, to, size, passes, _) in &pings {
        // What the host itself refuses to send does not vanish.
        let large = pings
            .iter()
            .find(|&&(_, other, larger, passed, too_big)| other == to && larger > size && !passed && !too_big);
        if let (true, Some(&(large, ..))) = (passes, large) {
            claims.inferred(Cause::NetMtuBlackhole, 0.85, [small, large]);
        }
    }
    let gateway = pings.iter().find(|ping| ping.3 && is_tunnel_peer(picture, ping.1));
    let lost = pings.iter().find(|ping| !ping.3 && !pings.iter().any(|other| other.1 == ping.1 && other.3));
    if let (Some(&(near, gateway, ..)), Some(&(far, to, ..))) = (gateway, lost)
        && to != gateway
    {
        claims.inferred(Cause::RouteNoReturnRoute, 0.35, [near, far]);
        claims.inferred(Cause::RouteForwardingOff, 0.35, [near, far]);
        claims.inferred(Cause::RouteFilterDrop, 0.25, [near, far]);
    }
}

/// Whether this is the other end of a tunnel. Where no interface is shown, the address that answers is taken for it.
fn is_tunnel_peer(picture: &Picture<'_>, address: IpAddr) -> bool {
    let mut shown = false;
    for (_, fact) in picture.network() {
        if let network::Fact::Address { tunnel: true, peer: Some(peer), .. } = fact {
            shown = true;
            if *peer == address {
                return true;
            }
        }
    }
    !shown
}

/// The way to the server leads into the tunnel.
fn loops(picture: &Picture<'_>, claims: &mut Claims) {
    let servers: Vec<IpAddr> = picture.all().filter_map(|seen| seen.about.server).map(|server| server.ip()).collect();
    let inner = |address: IpAddr| {
        picture.network().any(|(_, fact)| match fact {
            network::Fact::Address { tunnel: true, address: own, peer, .. } => {
                *own == address || *peer == Some(address)
            }
            _ => false,
        })
    };
    for (seen, fact) in picture.network() {
        if let network::Fact::RouteTo { to, tunnel: true, .. } = fact
            && (servers.contains(to) || (servers.is_empty() && !inner(*to)))
        {
            claims.stated(Cause::RouteLoop, if servers.contains(to) { 0.92 } else { 0.7 }, seen);
        }
    }
    let routes = || {
        picture.network().filter_map(|(seen, fact)| match fact {
            network::Fact::Route { destination, tunnel, gateway, .. } if seen.side != Side::Server => {
                Some((seen, *destination, *tunnel, gateway.is_some()))
            }
            _ => None,
        })
    };
    let default = routes().find(|&(_, (network, len), tunnel, _)| tunnel && len <= 1 && network.is_ipv4());
    let Some((default, ..)) = default else { return };
    // Every address beyond the own network needs a route of its own around the tunnel, or a second default.
    let around = routes().any(|(_, (network, len), tunnel, gateway)| {
        !tunnel
            && network.is_ipv4()
            && if servers.is_empty() { gateway } else { servers.iter().any(|server| covers(network, len, *server)) }
            && (len > 1 || gateway)
    });
    if !around {
        claims.inferred(Cause::RouteLoop, 0.7, [default]);
    }
}

pub(super) fn covers(network: IpAddr, len: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(len.min(32))).unwrap_or(0);
            u32::from(network) & mask == u32::from(address) & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(len.min(128))).unwrap_or(0);
            u128::from(network) & mask == u128::from(address) & mask
        }
        _ => false,
    }
}
