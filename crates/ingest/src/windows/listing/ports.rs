//! Ports that were tried from outside: `portqry`, and `Test-NetConnection` by its object.

use observe::network::{Fact as Network, Icmp};
use observe::{Fact, pptp, radius};

use super::Said;

/// Ports that a tunnel has for itself.
const IKE: [u16; 2] = [500, 4500];
const PPTP: u16 = 1723;

/// A line of `portqry`: `TCP port 1723 (pptp service): FILTERED`.
pub(super) fn portqry(number: u64, line: &str, said: &mut Vec<Said>) -> bool {
    let line = line.trim();
    let (tcp, rest) = match (line.strip_prefix("TCP port "), line.strip_prefix("UDP port ")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return false,
    };
    let Some((port, state)) = rest.split_once(" (").and_then(|(port, rest)| Some((port, rest.split_once("): ")?.1)))
    else {
        return false;
    };
    let Ok(port) = port.parse::<u16>() else { return false };
    let fact: Option<Fact> = match (tcp, port, state.trim()) {
        (true, PPTP, "LISTENING") => Some(pptp::Fact::Connected.into()),
        (true, PPTP, "FILTERED") => Some(pptp::Fact::ConnectionTimedOut.into()),
        (true, PPTP, "NOT LISTENING") => Some(pptp::Fact::ConnectionRefused.into()),
        (false, port, "NOT LISTENING") if IKE.contains(&port) => {
            let (kind, protocol) = (Icmp::PortUnreachable, 17);
            Some(Network::Icmp { kind, from: None, port: Some(port), protocol }.into())
        }
        // RADIUS, which a server asks.
        (false, 1812 | 1645, "NOT LISTENING") => Some(radius::Fact::PortClosed.into()),
        // A service that wants a message of its own, as IKE and L2TP inside IPsec do, looks filtered.
        _ => None,
    };
    said.extend(fact.map(|fact| Said::new(number, line, fact)));
    true
}

/// What `Test-NetConnection` found out about a port. It does not tell a refusal from silence.
pub(super) fn tested(port: &str, succeeded: &str) -> Option<Fact> {
    if port.trim() != "1723" {
        return None;
    }
    match succeeded.trim().to_ascii_lowercase().as_str() {
        "true" => Some(pptp::Fact::Connected.into()),
        "false" => Some(Network::PortSilent { port: PPTP }.into()),
        _ => None,
    }
}
