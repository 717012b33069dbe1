//! `route print`.

use std::net::{IpAddr, Ipv4Addr};

use observe::network::Fact;

use super::Said;
use super::addresses::Addresses;

#[derive(Default)]
pub(super) struct Routes {
    routes: Vec<Route>,
}

struct Route {
    line: u64,
    text: String,
    to: Ipv4Addr,
    len: u8,
    gateway: Option<Ipv4Addr>,
    interface: Ipv4Addr,
    metric: Option<u32>,
}

impl Routes {
    /// Routes that are kept.
    const MOST: usize = 4096;

    /// `0.0.0.0  0.0.0.0  192.0.2.1  192.0.2.5  25`; the gateway may be words of any language.
    pub(super) fn line(&mut self, number: u64, line: &str) -> bool {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [to, mask, gateway @ .., interface, metric] = words.as_slice() else { return false };
        let address = |word: &&str| word.parse::<Ipv4Addr>().ok();
        let (Some(to), Some(mask), Some(interface)) = (address(to), address(mask), address(interface)) else {
            return false;
        };
        let (Ok(metric), false) = (metric.parse(), gateway.is_empty()) else { return false };
        let len = u32::from(mask).leading_ones();
        if u32::from(mask).count_ones() != len {
            return false;
        }
        if self.routes.len() < Self::MOST {
            let len = u8::try_from(len).unwrap_or(32);
            let gateway = gateway.first().and_then(address).filter(|gateway| *gateway != interface);
            let text = line.trim().to_owned();
            self.routes.push(Route { line: number, text, to, len, gateway, interface, metric: Some(metric) });
        }
        true
    }

    pub(super) fn end(&mut self, addresses: &Addresses, said: &mut Vec<Said>) {
        let routes = std::mem::take(&mut self.routes);
        // An address of a network card has a network on its link; that of a PPP link has itself only.
        let networked = |interface: Ipv4Addr| {
            routes.iter().any(|route| {
                route.interface == interface
                    && route.gateway.is_none()
                    && (1..32).contains(&route.len)
                    && !route.to.is_multicast()
                    && covers(route.to, route.len, interface)
            })
        };
        let alone = |interface: Ipv4Addr| {
            routes.iter().any(|route| route.interface == interface && route.to == interface && route.len == 32)
        };
        for route in &routes {
            let tunnel = addresses.tunnels.contains(&IpAddr::V4(route.interface))
                || (alone(route.interface) && !networked(route.interface) && !route.interface.is_loopback());
            let fact = Fact::Route {
                destination: (route.to.into(), route.len),
                gateway: route.gateway.map(IpAddr::from),
                interface: route.interface.to_string(),
                tunnel,
                metric: route.metric,
            };
            said.push(Said::new(route.line, &route.text, fact));
        }
    }
}

fn covers(network: Ipv4Addr, len: u8, address: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(len.min(32))).unwrap_or(0);
    u32::from(network) & mask == u32::from(address) & mask
}
