//! Routes: `ip route`, `ip route get`, `route -n`, `netstat -rn`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use observe::network::Fact;
use observe::{About, SourceKind, Time};

use super::is_tunnel;
use crate::text::reader::{Line, Out, Reader};
use crate::text::words;

/// Reads routing tables of Linux and macOS.
#[derive(Default)]
pub(crate) struct Routes {
    /// A host route that may be the answer of `ip route get`: the next line tells.
    pending: Option<Pending>,
    /// Whether the heading of `route -n` or `netstat -rn` stands above.
    table: bool,
}

struct Pending {
    at: Option<Time>,
    line: u64,
    text: String,
    route: Route,
}

/// A route, as far as its line says.
struct Route {
    destination: (IpAddr, u8),
    gateway: Option<IpAddr>,
    interface: String,
    metric: Option<u32>,
}

impl Route {
    fn fact(self) -> Fact {
        let Route { destination, gateway, interface, metric } = self;
        let tunnel = is_tunnel(&interface);
        Fact::Route { destination, gateway, interface, tunnel, metric }
    }
}

impl Reader for Routes {
    fn kind(&self) -> SourceKind {
        SourceKind::Routes
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if let Some(Pending { at, line, text: shown, route }) = self.pending.take() {
            let fact = if text.starts_with("cache") {
                let tunnel = is_tunnel(&route.interface);
                Fact::RouteTo { to: route.destination.0, interface: route.interface, tunnel }
            } else {
                route.fact()
            };
            out.say_of(at, line, &shown, About::default(), fact);
            if text.starts_with("cache") {
                return true;
            }
        }
        if text.starts_with("cache") && (text == "cache" || text.contains("expires") || text.contains("mtu ")) {
            return true;
        }
        if text.starts_with("RTNETLINK answers: Network is unreachable") {
            out.say(About::default(), Fact::NoRoute { to: None });
            return true;
        }
        if text.starts_with("Kernel IP routing table")
            || text.starts_with("Routing tables")
            || text.starts_with("Destination ") && text.contains("Gateway")
        {
            self.table = true;
            return true;
        }
        if self.table {
            match row(text) {
                Some(route) => {
                    out.say(About::default(), route.fact());
                    return true;
                }
                None => self.table = text.starts_with("Internet") || text.is_empty(),
            }
        }
        let Some(route) = entry(text) else { return false };
        let host = route.destination.1 == if route.destination.0.is_ipv4() { 32 } else { 128 };
        let plain =
            text.contains(" src ") && !text.contains(" proto ") && !text.contains(" scope ") && !text.contains('/');
        if host && plain && text.contains(" uid ") {
            let tunnel = is_tunnel(&route.interface);
            out.say(About::default(), Fact::RouteTo { to: route.destination.0, interface: route.interface, tunnel });
        } else if host && plain {
            self.pending = Some(Pending { at: out.at(), line: out.number(), text: out.shown().to_owned(), route });
        } else {
            out.say(About::default(), route.fact());
        }
        true
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        if let Some(Pending { at, line, text, route }) = self.pending.take() {
            out.say_of(at, line, &text, About::default(), route.fact());
        }
    }
}

/// "default via 192.0.2.1 dev eth0 proto dhcp metric 100", "10.0.0.0/24 dev ppp0 scope link".
fn entry(text: &str) -> Option<Route> {
    if !text.contains(" dev ") {
        return None;
    }
    let mut words = text.split_whitespace().peekable();
    if matches!(words.peek(), Some(&("unicast" | "local" | "broadcast" | "multicast" | "anycast"))) {
        let kind = words.next();
        if kind != Some("unicast") {
            // Of the table `local`: every address has some.
            return None;
        }
    }
    let destination = words.next()?;
    let mut gateway = None;
    let mut interface = None;
    let mut metric = None;
    let mut from_gateway = None;
    while let Some(word) = words.next() {
        match word {
            "via" => {
                let mut next = words.next()?;
                if matches!(next, "inet" | "inet6") {
                    next = words.next()?;
                }
                gateway = words::ip(next);
                from_gateway = gateway;
            }
            "dev" => interface = words.next().map(str::to_owned),
            "metric" => metric = words.next().and_then(|metric| metric.parse().ok()),
            "src" | "proto" | "scope" | "mtu" | "advmss" | "uid" | "table" | "pref" | "expires" | "hoplimit"
            | "from" | "initcwnd" | "mark" | "weight" => {
                words.next();
            }
            "linkdown" | "onlink" | "dead" | "pervasive" | "cache" | "offload" | "nexthop" => {}
            _ => return None,
        }
    }
    let destination = match destination {
        "default" => match from_gateway {
            Some(IpAddr::V6(_)) => (IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
            _ => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        },
        other => prefix(other)?,
    };
    Some(Route { destination, gateway, interface: interface?, metric })
}

/// "10.0.0.0/24" or an address.
fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (words::ip(address)?, Some(length.parse().ok()?)),
        None => (words::ip(text)?, None),
    };
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(whole);
    (length <= whole).then_some((address, length))
}

/// A row of `route -n` or `netstat -rn`.
fn row(text: &str) -> Option<Route> {
    let columns: Vec<&str> = text.split_whitespace().take(10).collect();
    let destination = match *columns.first()? {
        "default" => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        other => prefix(other)?,
    };
    let gateway = columns.get(1).and_then(|gateway| words::ip(gateway)).filter(|gateway| !gateway.is_unspecified());
    // Linux prints the mask third, macOS the flags.
    if let Some(IpAddr::V4(mask)) = columns.get(2).and_then(|mask| words::ip(mask)) {
        let length = u8::try_from(u32::from(mask).leading_ones()).unwrap_or(32);
        let metric = columns.get(4).and_then(|metric| metric.parse().ok());
        let interface = (*columns.get(7)?).to_owned();
        return Some(Route { destination: (destination.0, length), gateway, interface, metric });
    }
    let flags = columns.get(2)?;
    if !flags.starts_with('U') {
        return None;
    }
    let interface =
        columns.iter().skip(3).find(|column| column.starts_with(|first: char| first.is_ascii_alphabetic()))?;
    Some(Route { destination, gateway, interface: (*interface).to_owned(), metric: None })
}
