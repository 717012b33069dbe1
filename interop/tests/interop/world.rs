//! What the tests have in common: a server on a public segment, and a network behind it that knows nothing of the tunnel.

use std::net::Ipv4Addr;
use std::time::Duration;

use interop::{Causeway, Dial, Host, Lab, Net, Result, Start};
use serde_json::Value;

/// The server's public address.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The server's address in the tunnels.
pub(crate) const TUNNEL: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);
/// A host behind the server. It has no route to the tunnels: it answers only what the server has translated.
pub(crate) const INSIDE: Ipv4Addr = Ipv4Addr::new(172, 20, 0, 10);

/// Longer than any step of the server takes on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The networks around a server.
pub(crate) struct World {
    pub(crate) public: Net,
    pub(crate) server: Host,
    pub(crate) inside: Host,
    // Last: everything above is in it.
    pub(crate) lab: Lab,
}

impl World {
    /// `None` where this machine cannot have a laboratory.
    pub(crate) fn new(guests: usize) -> Result<Option<World>> {
        let Some(lab) = Lab::new(guests)? else { return Ok(None) };
        let public = lab.net("public", "10.77.0.254/24")?;
        let server = lab.host("server", &public, "10.77.0.1/24")?;
        let office = lab.net("office", "172.20.0.254/24")?;
        lab.attach(&server, &office, "eth1", "172.20.0.1/24")?;
        let inside = lab.host("inside", &office, "172.20.0.10/24")?;
        Ok(Some(World { public, server, inside, lab }))
    }

    /// `causeway serve --quick` with the usual account.
    pub(crate) fn serve(&self) -> Result<Causeway> {
        Causeway::serve(&self.server, &account(), &Start::default())
    }

    /// The configuration of `--quick` in a file, with these lines for `[ipsec]` and `[ppp]`.
    pub(crate) fn serve_with(&self, ipsec: &str, ppp: &str) -> Result<Causeway> {
        self.serve_configured(ipsec, "", ppp)
    }

    /// The same with lines for `[network]`, too.
    pub(crate) fn serve_configured(&self, ipsec: &str, network: &str, ppp: &str) -> Result<Causeway> {
        let dial = account();
        let config = format!(
            "[server]\nstate = \".\"\nsocket = \"control.sock\"\n[ipsec]\npsk = \"{}\"\n{ipsec}\n\
             [network]\npool = \"10.99.0.0/24\"\n{network}\n[ppp]\n{ppp}\n[[user]]\nname = \"{}\"\npassword = \"{}\"\n",
            dial.psk, dial.user, dial.password
        );
        Causeway::serve(&self.server, &dial, &Start { config: Some(config), ..Start::default() })
    }
}

/// What a client needs who belongs here.
pub(crate) fn account() -> Dial {
    Dial::to(SERVER, "correct-horse-battery-staple", "anna", "secret 1")
}

/// The text of a field of a log line or of a session.
pub(crate) fn text<'v>(fields: &'v Value, name: &str) -> &'v str {
    fields[name].as_str().unwrap_or_default()
}
