//! systemd-resolved: the name servers and domains of one link (`org.freedesktop.resolve1(5)`).

use std::net::IpAddr;

pub use crate::dbus::BusError;

use crate::dbus::{Body, Bus, Method};
use crate::netlink::{address_octets, family};

/// A connection to systemd-resolved.
#[derive(Debug)]
pub struct Resolved {
    bus: Bus,
}

/// Which names are asked of whom, for one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkNames {
    /// The name servers behind the link, in the order they are to be asked.
    pub servers: Vec<IpAddr>,
    /// Domains whose names are asked of them; they complete names without a dot, too.
    pub domains: Vec<String>,
    /// All other names are asked of them as well, and of no other link's.
    pub everything: bool,
}

impl Resolved {
    /// Connects to the system bus. Whether systemd-resolved is there shows when it is told something.
    pub fn connect() -> Result<Resolved, BusError> {
        Ok(Resolved { bus: Bus::system()? })
    }

    /// Sets the link's name servers and domains; all of it, or an error and nothing. It takes root: systemd-resolved does not look
    /// at capabilities. What is set goes with the link.
    pub fn set_link(&mut self, interface: u32, names: &LinkNames) -> Result<(), BusError> {
        let set = self.set(interface, names);
        if set.is_err() {
            let _ = self.revert_link(interface);
        }
        set
    }

    /// Takes back what was set for the link.
    pub fn revert_link(&mut self, interface: u32) -> Result<(), BusError> {
        self.call("RevertLink", "i", Body::default().number(interface))?;
        self.forget_answers();
        Ok(())
    }

    fn set(&mut self, interface: u32, names: &LinkNames) -> Result<(), BusError> {
        let mut servers = Body::default();
        servers.number(interface).structures(&names.servers, |body, &server| {
            body.number(family(server).into()).octets(&address_octets(server));
        });
        self.call("SetLinkDNS", "ia(iay)", &servers)?;
        let all = names.everything.then_some((".", true));
        let mut domains = Body::default();
        domains.number(interface).structures(
            all.into_iter().chain(names.domains.iter().map(|domain| (domain.as_str(), false))),
            |body, (domain, only_route)| {
                body.string(domain).boolean(only_route);
            },
        );
        self.call("SetLinkDomains", "ia(sb)", &domains)?;
        match self.call("SetLinkDefaultRoute", "ib", Body::default().number(interface).boolean(names.everything)) {
            // Before systemd 240 the domains alone decided.
            Err(BusError::Refused { name, .. }) if name == UNKNOWN_METHOD => {}
            result => result?,
        }
        // Nobody is here to be asked by these, and they would tell the server's network what is looked for.
        for method in ["SetLinkLLMNR", "SetLinkMulticastDNS"] {
            self.call(method, "is", Body::default().number(interface).string("no"))?;
        }
        self.forget_answers();
        Ok(())
    }

    /// What other servers said about a name, often that there is none, is not what these say. If it fails, the answers grow old
    /// by themselves.
    fn forget_answers(&mut self) {
        let _ = self.call("FlushCaches", "", &Body::default());
    }

    fn call(&mut self, name: &str, signature: &str, body: &Body) -> Result<(), BusError> {
        let method = Method { service: SERVICE, object: "/org/freedesktop/resolve1", interface: MANAGER, name };
        self.bus.call(method, signature, body)
    }
}

const SERVICE: &str = "org.freedesktop.resolve1";
const MANAGER: &str = "org.freedesktop.resolve1.Manager";
const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";
