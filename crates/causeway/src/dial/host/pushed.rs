//! What of the server's word about its network is set up on this host.

use std::net::{IpAddr, Ipv4Addr};

use autoconf::{Ipv4Net, Learned};
use net::netlink::{self, Change, Prefix, Route};
use ppp::Ipv4Settings;

use super::{Host, Unusable, kernel};
use crate::dial::settings::Settings;

/// What was done with it.
#[derive(Debug, Default)]
pub(crate) struct Pushed {
    /// Routes that lead into the tunnel now because the server named them.
    pub(crate) routes: Vec<Prefix>,
    /// Routes that it named and that do not, with the reason.
    pub(crate) refused: Vec<(String, String)>,
    /// What may be wrong although it works.
    pub(crate) warnings: Vec<String>,
}

/// A route of this host of fewer bits is as good as a default route.
const SPECIFIC: u8 = 8;

impl Host {
    /// Sets up the routes that the server named, in place of those that it named before, and its name servers. A route takes only
    /// what would leave by the default route: whatever this host has a route for already stays where it is.
    pub(crate) fn push(
        &mut self,
        settings: &Settings,
        server: IpAddr,
        outside: &netlink::Path,
        learned: &Learned,
    ) -> Result<Pushed, Unusable> {
        let mut pushed = Pushed::default();
        // Into a full tunnel everything leads anyway.
        if settings.pushed_routes && !settings.full_tunnel {
            let refused = learned.refused.iter().map(|(net, reason)| (net.to_string(), reason.to_string()));
            pushed.refused.extend(refused);
            let wanted = self.choose(settings, server, &learned.routes, &mut pushed)?;
            self.replace_pushed(settings, server, outside, wanted, &mut pushed)?;
        }
        if settings.dns {
            let domains = learned.domain.iter().chain(&learned.search);
            self.domains = domains.filter_map(|domain| domain.parse().ok()).collect();
        }
        self.learned = learned.clone();
        self.update_name_servers(settings, server, &mut pushed.warnings)?;
        Ok(pushed)
    }

    /// The routes that may be taken on this host.
    fn choose(
        &mut self,
        settings: &Settings,
        server: IpAddr,
        nets: &[Ipv4Net],
        pushed: &mut Pushed,
    ) -> Result<Vec<Prefix>, Unusable> {
        let foreign = self.netlink.foreign_routes().map_err(kernel("read the routes of this host"))?;
        let mut wanted = Vec::new();
        for net in nets {
            let Some(prefix) = Prefix::new(net.network().into(), net.prefix_len()) else { continue };
            if settings.routes.contains(&prefix) {
                continue;
            }
            let owner = foreign.iter().find(|route| takes(route, prefix, self.index));
            if prefix == Prefix::host(server) {
                pushed.refused.push((net.to_string(), "it is the server itself".to_owned()));
            } else if let Some(owner) = owner {
                let reason = format!("this host has a route to {} already", owner.destination);
                pushed.refused.push((net.to_string(), reason));
            } else {
                wanted.push(prefix);
            }
        }
        Ok(wanted)
    }

    fn replace_pushed(
        &mut self,
        settings: &Settings,
        server: IpAddr,
        outside: &netlink::Path,
        wanted: Vec<Prefix>,
        pushed: &mut Pushed,
    ) -> Result<(), Unusable> {
        let stays = |route: &Route| settings.routes.contains(&route.destination) || wanted.contains(&route.destination);
        for old in self.inside.extract_if(.., |route| !stays(route)) {
            let _ = self.netlink.remove_route(&old);
        }
        if wanted.iter().any(|prefix| prefix.contains(server)) {
            self.keep_outside(server, outside).map_err(kernel("keep the way to the server outside the tunnel"))?;
        }
        self.pushed = wanted;
        for destination in self.pushed.clone() {
            match self.lead_inside(destination)? {
                Change::Made => pushed.routes.push(destination),
                Change::AlreadySo => {
                    pushed.refused.push((destination.to_string(), "this host has a route there already".to_owned()));
                }
            }
        }
        Ok(())
    }
}

/// Whether a route of this host has a say about all of `prefix`.
fn takes(route: &Route, prefix: Prefix, ours: u32) -> bool {
    let wide = route.destination.prefix_len() <= prefix.prefix_len();
    route.interface != Some(ours)
        && route.destination.prefix_len() >= SPECIFIC
        && wide
        && route.destination.contains(prefix.address())
}

/// The name servers of the address assignment, then those that were pushed besides.
pub(crate) fn name_servers(ipv4: &Ipv4Settings, learned: &Learned) -> Vec<Ipv4Addr> {
    let mut servers: Vec<_> = ipv4.name_servers().into_iter().filter(|&server| super::assignable(server)).collect();
    for &server in &learned.dns {
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pushed_route_takes_only_what_would_leave_by_the_default_route() {
        let net = |text: &str| {
            let (address, len) = text.split_once('/').unwrap();
            Prefix::new(address.parse().unwrap(), len.parse().unwrap()).unwrap()
        };
        let owned = |host: &str, pushed: &str| takes(&Route::on_link(net(host), 2), net(pushed), 7);
        assert!(owned("192.168.1.0/24", "192.168.1.0/24") && owned("192.168.1.0/24", "192.168.1.1/32"));
        assert!(!owned("192.168.1.0/24", "192.168.0.0/16"), "the host's own is more specific and stays");
        assert!(!owned("0.0.0.0/0", "10.0.0.0/8") && !owned("0.0.0.0/1", "10.0.0.0/8"));
        assert!(!owned("192.168.1.0/24", "10.0.0.0/8"));
        assert!(!takes(&Route::on_link(net("10.0.0.0/8"), 7), net("10.0.0.0/8"), 7), "our own of a former connection");
    }
}
