//! The PPTP server of Linux distributions.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::guest::{Guest, Task};
use crate::lab::{Lab, Net};
use crate::linux::Dial;
use crate::prerequisites;

/// Longer than anything that the script does.
const STEP: Duration = Duration::from_secs(60);

/// A guest with pptpd and pppd as server.
pub struct PptpServer {
    guest: Guest,
}

impl PptpServer {
    /// Whether this machine has one. If not, that is said, and with `CAUSEWAY_INTEROP=require` it is an error.
    ///
    /// # Errors
    /// When it is required and missing.
    pub fn exists() -> Result<bool> {
        match prerequisites::has("pptpd", "pptpd") {
            Ok(()) => Ok(true),
            Err(why) => prerequisites::skip(&why).map(|()| false),
        }
    }

    /// Boots a server on a segment. It serves the account of `dial` with its options for pppd, is 10.98.0.1 in its tunnels and
    /// gives addresses from 10.98.0.10.
    ///
    /// # Errors
    /// When the guest does not boot or its programs do not start.
    pub fn boot(lab: &Lab, net: &Net, address: &str, dial: &Dial) -> Result<PptpServer> {
        let server = PptpServer { guest: Guest::boot(lab, net, address)? };
        server.serve(dial)?;
        Ok(server)
    }

    /// Starts anew, with another account or other options for pppd; without an option that requires one, clients have to
    /// authenticate with MS-CHAPv2.
    ///
    /// # Errors
    /// When its programs do not start.
    pub fn serve(&self, dial: &Dial) -> Result<()> {
        let task = dial.environment(Task::script("linux-pptp-server", &["start"]));
        let task = task.env("POOL", "10.98.0.10-50").env("TUNNEL_ADDRESS", "10.98.0.1");
        let outcome = self.guest.run(&task, STEP)?;
        match outcome.status {
            0 => Ok(()),
            status => Err(Error::new(format!("the server does not start: {status}\n{}", outcome.lines.join("\n")))),
        }
    }

    /// Ends its programs without a word; the guest stays.
    ///
    /// # Errors
    /// When the guest fails.
    pub fn stop(&self) -> Result<()> {
        self.guest.run(&Task::script("linux-pptp-server", &["stop"]), STEP).map(drop)
    }

    /// What its programs wrote since they were started last.
    ///
    /// # Errors
    /// When the guest fails.
    pub fn logs(&self) -> Result<Vec<String>> {
        self.guest.run(&Task::script("linux-pptp-server", &["logs"]), STEP).map(|outcome| outcome.lines)
    }

    /// The guest, for anything else.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }
}
