use observe::network::{Fact, Icmp};

use super::{Teller, Words};

pub(super) fn words<'a>(teller: &Teller<'_>, fact: &'a Fact) -> Words<'a> {
    match fact {
        Fact::NameUnknown { name } => Words::new("network-name-unknown").with("name", name.clone()),
        Fact::NameResolved { name, addresses } => {
            Words::new("network-name-resolved").with("name", name.clone()).with("addresses", teller.list(addresses))
        }
        Fact::NoRoute { to: None } => Words::new("network-no-route"),
        Fact::NoRoute { to: Some(to) } => Words::new("network-no-route-to").with("to", to.to_string()),
        Fact::Icmp { kind, from, port, protocol } => {
            let words = Words::new(match (from, port) {
                (Some(_), Some(_)) => "network-icmp-from-port",
                (Some(_), None) => "network-icmp-from",
                (None, Some(_)) => "network-icmp-port",
                (None, None) => "network-icmp",
            });
            let words = words.with("kind", teller.say(icmp(*kind)));
            let words = match from {
                Some(from) => words.with("from", from.to_string()),
                None => words,
            };
            match port {
                Some(port) => words.with("port", *port),
                None => words.with("protocol", *protocol),
            }
        }
        Fact::Silent { to } => Words::new("network-silent").with("to", to.to_string()),
        Fact::PortSilent { port } => Words::new("network-port-silent").with("port", *port),
        Fact::Astray { to, by } => Words::new("network-astray").with("to", to.to_string()).with("by", by.to_string()),
        Fact::Unreached { to } => Words::new("network-unreached").with("to", to.to_string()),
        Fact::Ping { to, size, sent, received, too_big } => {
            let id = if *too_big { "network-ping-too-big" } else { "network-ping" };
            Words::new(id)
                .with("to", to.to_string())
                .with("size", *size)
                .with("sent", *sent)
                .with("received", *received)
        }
        Fact::Inner { client, host, requests, replies, elsewhere } => {
            let id = if *elsewhere { "network-inner-elsewhere" } else { "network-inner" };
            Words::new(id)
                .with("client", client.to_string())
                .with("host", host.to_string())
                .with("requests", *requests)
                .with("replies", *replies)
        }
        Fact::LargeVanish { passed, vanished } => {
            Words::new("network-large-vanish").with("passed", *passed).with("vanished", *vanished)
        }
        Fact::FragmentsLost { from } => Words::new("network-fragments-lost").with("who", teller.who(*from)),
        Fact::Route { destination: (network, length), gateway, interface, .. } => {
            let to = format!("{network}/{length}");
            match gateway {
                Some(gateway) => Words::new("network-route-gateway")
                    .with("to", to)
                    .with("gateway", gateway.to_string())
                    .with("interface", interface.clone()),
                None => Words::new("network-route").with("to", to).with("interface", interface.clone()),
            }
        }
        Fact::RouteTo { to, interface, .. } => {
            Words::new("network-route").with("to", to.to_string()).with("interface", interface.clone())
        }
        Fact::Address { interface, address, .. } => {
            Words::new("network-address").with("interface", interface.clone()).with("address", address.to_string())
        }
        Fact::TunnelDnsFailed { server: None } => Words::new("network-tunnel-dns-failed"),
        Fact::TunnelDnsFailed { server: Some(server) } => {
            Words::new("network-tunnel-dns-failed-at").with("server", server.to_string())
        }
        Fact::DhcpUnanswered => Words::new("network-dhcp-unanswered"),
        Fact::AddressConflict { address: None } => Words::new("network-address-conflict"),
        Fact::AddressConflict { address: Some(address) } => {
            Words::new("network-address-conflict-of").with("address", address.to_string())
        }
    }
}

/// The message that says what an ICMP error says.
pub(super) const fn icmp(kind: Icmp) -> &'static str {
    match kind {
        Icmp::PortUnreachable => "icmp-port-unreachable",
        Icmp::ProtocolUnreachable => "icmp-protocol-unreachable",
        Icmp::Unreachable => "icmp-unreachable",
        Icmp::Prohibited => "icmp-prohibited",
        Icmp::TooBig(_) => "icmp-too-big",
        Icmp::TimeExceeded => "icmp-time-exceeded",
    }
}
