//! Who is asked for names during a connection: systemd-resolved is told where it answers this host, else /etc/resolv.conf is
//! replaced.

use std::fs;
use std::net::IpAddr;

use net::netlink::Prefix;
use net::resolved::{LinkNames, Resolved};

use super::guard::is_private;
use super::resolv::Resolv;

/// What was changed.
#[derive(Debug)]
pub(super) enum Resolver {
    /// The name servers of a link, in systemd-resolved. They go with the link.
    Link(u32),
    /// The file.
    File(Resolv),
}

impl Resolver {
    /// Whether it can leave some names where they are.
    pub(super) fn splits(&self) -> bool {
        matches!(self, Resolver::Link(_))
    }

    /// Lets names be asked as `names` say, for the link of this number. Returns what may be wrong although it works; an error says
    /// why it does not.
    pub(super) fn set(
        slot: &mut Option<Resolver>,
        interface: u32,
        names: &LinkNames,
        file: impl FnOnce() -> Resolv,
    ) -> Result<Vec<String>, String> {
        let mut warnings = Vec::new();
        if !matches!(slot, Some(Resolver::File(_)))
            && asks_resolved(&fs::read_to_string(RESOLV_CONF).unwrap_or_default())
        {
            match Resolved::connect().and_then(|mut resolved| resolved.set_link(interface, names)) {
                Ok(()) => {
                    *slot = Some(Resolver::Link(interface));
                    return Ok(warnings);
                }
                Err(error) => warnings.push(format!("systemd-resolved does not take the name servers: {error}")),
            }
        }
        let mut resolv = match slot.take() {
            Some(Resolver::File(resolv)) => resolv,
            Some(Resolver::Link(_)) | None => file(),
        };
        let replaced = resolv.replace(&names.servers, &names.domains);
        *slot = Some(Resolver::File(resolv));
        replaced.map_err(|error| format!("cannot replace {RESOLV_CONF}: {error}"))?;
        Ok(warnings)
    }

    /// Puts back what was.
    pub(super) fn release(self) {
        match self {
            // The device takes it along anyway; this only makes old answers forgotten.
            Resolver::Link(interface) => drop(Resolved::connect().and_then(|mut bus| bus.revert_link(interface))),
            Resolver::File(mut resolv) => drop(resolv.restore()),
        }
    }
}

/// Whether names are asked of somebody in the network around, as far as this host's configuration tells.
pub(super) fn asks_around() -> bool {
    let text = fs::read_to_string(RESOLV_CONF).unwrap_or_default();
    servers(&text).any(|server| STUBS.contains(&server) || is_private(&Prefix::host(server)))
}

/// Whether programs on this host ask systemd-resolved: at its own address, and not the servers that it would ask.
fn asks_resolved(resolv_conf: &str) -> bool {
    servers(resolv_conf).any(|server| STUBS.contains(&server))
}

fn servers(resolv_conf: &str) -> impl Iterator<Item = IpAddr> {
    let servers = resolv_conf.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    servers.filter_map(|rest| rest.split_whitespace().next()?.parse().ok())
}

pub(super) const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Where systemd-resolved answers: for programs, and as a plain proxy.
const STUBS: [IpAddr; 2] =
    [IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 53)), IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 54))];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_resolved_is_known_by_its_address() {
        assert!(asks_resolved("# comment\nnameserver 127.0.0.53\noptions edns0 trust-ad\n"));
        assert!(asks_resolved("search a.example\nnameserver\t127.0.0.54 # proxy\n"));
        assert!(!asks_resolved("nameserver 192.168.1.1\n# nameserver 127.0.0.53\n"));
        assert!(!asks_resolved(""));
    }
}
