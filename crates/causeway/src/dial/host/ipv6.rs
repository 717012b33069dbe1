//! IPv6 inside the tunnel, as far as the server gives it.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use autoconf::Ipv6Host;
use net::netlink::{InterfaceAddress, Prefix, Route};
use net::raw::Family;

use super::{Host, Unusable, kernel, rule};
use crate::dial::settings::Settings;
use crate::exit::Failure;

impl Host {
    /// Sets up what the server gives of IPv6, in place of what it gave before; nothing when it gives nothing. Returns what may be
    /// wrong although it works.
    pub(crate) fn set_ipv6(
        &mut self,
        settings: &Settings,
        server: IpAddr,
        host: Option<&Ipv6Host>,
    ) -> Result<Vec<String>, Unusable> {
        let mut warnings = Vec::new();
        let host = host.filter(|host| {
            let own = Prefix::new(host.address.into(), 64).is_none_or(|prefix| !prefix.contains(server));
            if !own {
                warnings.push(format!(
                    "the server gives IPv6 addresses of the network that it is in, {server}; they are not used"
                ));
            }
            own
        });
        let wanted = host.map(|host| {
            let address = |address: Ipv6Addr, prefix_len| InterfaceAddress {
                interface: self.index,
                address: address.into(),
                prefix_len,
                peer: None,
            };
            [address(host.link_local, 64), address(host.address, 128)]
        });
        let wanted: Vec<_> = wanted.into_iter().flatten().collect();
        for old in self.addresses6.extract_if(.., |old| !wanted.contains(old)) {
            let _ = self.netlink.remove_address(&old);
        }
        for address in wanted {
            if self.addresses6.contains(&address) {
                continue;
            }
            if let Err(error) = self.netlink.add_address(&address) {
                // Many hosts have IPv6 switched off; IPv4 is as good without.
                warnings.push(format!("the server gives an IPv6 address, and this host does not take it: {error}"));
                self.lead_ipv6(settings, None)?;
                return Ok(warnings);
            }
            self.addresses6.push(address);
        }
        self.lead_ipv6(settings, host)?;
        if let Err(error) = self.protect() {
            warnings
                .push(format!("packets to the tunnel's addresses are taken from the network outside, too: {error}"));
        }
        self.dns6 = host.map(|host| host.dns.clone()).unwrap_or_default();
        self.update_name_servers(settings, server, &mut warnings)?;
        Ok(warnings)
    }

    /// Routes, with the address that packets get. In a full tunnel everything that does not lead inside ends here.
    fn lead_ipv6(&mut self, settings: &Settings, host: Option<&Ipv6Host>) -> Result<(), Unusable> {
        self.source6 = host.map(|host| host.address);
        if settings.full_tunnel {
            let wanted = host
                .filter(|host| host.default_route)
                .map(|host| Route { source: Some(host.address.into()), ..self.everything(Family::V6) });
            if let Some(old) = self.default6.take_if(|old| Some(*old) != wanted) {
                let _ = self.netlink.remove_route(&old);
            }
            if let Some(route) = wanted.filter(|_| self.default6.is_none()) {
                let _ = self.netlink.add_route(&route).map_err(kernel("lead IPv6 into the tunnel"))?;
                self.default6 = Some(route);
            }
            return Ok(());
        }
        for &destination in settings.routes.iter().filter(|route| route.address().is_ipv6()) {
            let _ = self.lead_inside(destination)?;
        }
        Ok(())
    }

    /// From now on no IPv6 leaves this host: it ends, and programs are told, unless a better route leads into the tunnel. Returns
    /// what may be wrong although it works.
    pub(super) fn close_ipv6(&mut self) -> Result<Option<String>, Failure> {
        if !Path::new("/proc/sys/net/ipv6").exists() {
            return Ok(None);
        }
        let everything = self.everything(Family::V6);
        let nowhere = Route { table: everything.table, ..Route::to_nowhere(everything.destination) };
        let rule = rule(Family::V6, everything.table);
        match self.netlink.add_route(&nowhere).and_then(|_| self.netlink.add_rule(&rule)) {
            Ok(_) => {
                self.nowhere6 = Some(nowhere);
                self.rules.push(rule);
                Ok(None)
            }
            // Where no address reaches further than the link there is nothing that could leave.
            Err(error) => match self.netlink.addresses() {
                Ok(addresses) if !addresses.iter().any(|address| is_global(address.address)) => {
                    Ok(Some(format!("IPv6 is not led into the tunnel; this host has no IPv6 address now: {error}")))
                }
                _ => Err(Failure::local(format!("cannot keep IPv6 from leaving beside the tunnel: {error}"))),
            },
        }
    }
}

fn is_global(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if !address.is_loopback() && !address.is_unicast_link_local())
}
