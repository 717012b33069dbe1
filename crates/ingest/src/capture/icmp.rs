//! ICMP errors: who refused what.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use observe::network::{Fact, Icmp};
use observe::{About, pptp, radius};
use wire::ip::protocol;

use super::inner;
use super::ip::{self, Ip};
use super::note::{Ends, Note, party};

/// Kinds of errors that are remembered, and how often one is told.
const MOST: usize = 4096;
const MOST_TOLD: u32 = 16;

/// The errors that were told.
#[derive(Default)]
pub(super) struct Errors {
    told: HashMap<(IpAddr, IpAddr, Icmp, u8, Option<u16>), u32>,
}

impl Errors {
    /// Takes an ICMP or ICMPv6 message; `false` when it is no error.
    pub(super) fn message(
        &mut self,
        note: &mut Note<'_, '_>,
        ends: &Ends,
        payload: &mut inner::Tracker,
        outer: &Ip<'_>,
    ) -> bool {
        let [kind, code, _, _, a, b, c, d, quoted @ ..] = outer.payload else { return false };
        let icmp = match outer.source {
            IpAddr::V4(_) => error_v4(*kind, *code, u16::from_be_bytes([*c, *d])),
            IpAddr::V6(_) => error_v6(*kind, *code, u32::from_be_bytes([*a, *b, *c, *d])),
        };
        let Some(icmp) = icmp else { return false };
        let Some(inner) = ip::parse(quoted) else { return true };
        if matches!(icmp, Icmp::TooBig(_)) && matches!(inner.protocol, protocol::ICMP | protocol::ICMPV6) {
            payload.too_big(&inner);
        }
        let port = match (inner.protocol, inner.payload) {
            (protocol::UDP | protocol::TCP, [high, low, to_high, to_low, ..]) => {
                Some((u16::from_be_bytes([*high, *low]), u16::from_be_bytes([*to_high, *to_low])))
            }
            _ => None,
        };
        let destination_port = port.map(|(_, to)| to);
        let key = (inner.source, inner.destination, icmp, inner.protocol, destination_port);
        if self.told.len() >= MOST && !self.told.contains_key(&key) {
            return true;
        }
        let told = self.told.entry(key).or_insert(0);
        *told += 1;
        if *told > MOST_TOLD {
            return true;
        }
        let source = SocketAddr::new(inner.source, port.map_or(0, |(from, _)| from));
        let destination = SocketAddr::new(inner.destination, destination_port.unwrap_or(0));
        let role = ends.role(source, destination);
        let about = match role {
            Some(role) => ends.about(source, destination, role),
            None => About { client: Some(source), server: Some(destination), ..About::default() },
        };
        let what = match (inner.protocol, destination_port) {
            (protocol::UDP, Some(port)) => format!("UDP port {port}"),
            (protocol::TCP, Some(port)) => format!("TCP port {port}"),
            (number, _) => format!("protocol {number}"),
        };
        let text = format!("{}: {} for {what} of {}", outer.source, describe(icmp), inner.destination);
        let fact =
            Fact::Icmp { kind: icmp, from: Some(outer.source), port: destination_port, protocol: inner.protocol };
        note.push(&about, &text, fact);
        match (inner.protocol, destination_port, role) {
            (protocol::UDP, Some(port), _) if super::radius::is_port(port) && icmp == Icmp::PortUnreachable => {
                note.push(&about, &text, radius::Fact::PortClosed);
            }
            (47, _, Some(role)) => note.push(&about, &text, pptp::Fact::GreRefused { at: party(role) }),
            _ => {}
        }
        true
    }
}

/// RFC 792 and RFC 1812 §5.2.7.1.
fn error_v4(kind: u8, code: u8, mtu: u16) -> Option<Icmp> {
    Some(match (kind, code) {
        (3, 2) => Icmp::ProtocolUnreachable,
        (3, 3) => Icmp::PortUnreachable,
        (3, 4) => Icmp::TooBig(mtu),
        (3, 9 | 10 | 13) => Icmp::Prohibited,
        (3, _) => Icmp::Unreachable,
        (11, 0) => Icmp::TimeExceeded,
        _ => return None,
    })
}

/// RFC 4443 §3.
fn error_v6(kind: u8, code: u8, parameter: u32) -> Option<Icmp> {
    Some(match (kind, code) {
        (1, 1 | 5 | 6) => Icmp::Prohibited,
        (1, 4) => Icmp::PortUnreachable,
        (1, _) => Icmp::Unreachable,
        (2, _) => Icmp::TooBig(u16::try_from(parameter).unwrap_or(u16::MAX)),
        (3, 0) => Icmp::TimeExceeded,
        (4, 1) => Icmp::ProtocolUnreachable,
        _ => return None,
    })
}

fn describe(icmp: Icmp) -> String {
    match icmp {
        Icmp::PortUnreachable => "port unreachable".to_owned(),
        Icmp::ProtocolUnreachable => "protocol unreachable".to_owned(),
        Icmp::Unreachable => "unreachable".to_owned(),
        Icmp::Prohibited => "prohibited by a firewall".to_owned(),
        Icmp::TooBig(mtu) => format!("too big, {mtu} octets would pass"),
        Icmp::TimeExceeded => "time exceeded".to_owned(),
    }
}
