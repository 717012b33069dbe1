//! The L2TP/IPsec stack of Linux distributions, as client and as server.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::guest::{Guest, Outcome, Task};
use crate::lab::{Lab, Net};
use crate::report::Report;

/// Longer than the script's own limits on an otherwise idle machine add up to.
const CONNECT: Duration = Duration::from_secs(180);

/// Longer than any other thing the scripts do.
const STEP: Duration = Duration::from_secs(60);

/// What a client needs for a connection, and how it should make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The server.
    pub server: Ipv4Addr,
    /// The pre-shared key.
    pub psk: String,
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// Phase-1 proposals in strongSwan's spelling, for example `aes256-sha384-ecp384`; `None` for a usual one.
    pub ike: Option<String>,
    /// ESP proposals in strongSwan's spelling; `None` for a usual one.
    pub esp: Option<String>,
    /// Further options for pppd.
    pub ppp_options: Vec<String>,
    /// Uses UDP encapsulation without a NAT on the way.
    pub force_nat_t: bool,
}

/// What became of a connection attempt, as the client's programs report it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// 0 connected, 11 IPsec failed, 12 L2TP, 13 authentication, 14 PPP or addresses, 20 the guest itself.
    pub status: i32,
    /// The stages it came through.
    pub reports: Vec<Report>,
    /// Everything it printed; after a failure that is the log of the program that failed.
    pub lines: Vec<String>,
}

/// A guest with strongSwan, xl2tpd and pppd as client.
pub struct LinuxClient {
    guest: Guest,
}

/// A guest with strongSwan, xl2tpd and pppd as server.
pub struct LinuxServer {
    guest: Guest,
}

impl Dial {
    /// A connection to this server with the usual options.
    pub fn to(server: Ipv4Addr, psk: &str, user: &str, password: &str) -> Dial {
        Dial {
            server,
            psk: psk.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            ike: None,
            esp: None,
            ppp_options: Vec::new(),
            force_nat_t: false,
        }
    }

    /// The same with other proposals.
    #[must_use]
    pub fn proposing(mut self, ike: &str, esp: &str) -> Dial {
        self.ike = Some(ike.to_owned());
        self.esp = Some(esp.to_owned());
        self
    }

    /// What client and server take from the environment alike.
    pub(crate) fn environment(&self, mut task: Task) -> Task {
        task = task
            .env("PSK", &*self.psk)
            .env("VPN_USER", &*self.user)
            .env("VPN_PASSWORD", &*self.password)
            .env("PPP_OPTIONS", self.ppp_options.join("\n"));
        for (name, value) in [("IKE", &self.ike), ("ESP", &self.esp)] {
            if let Some(value) = value {
                task = task.env(name, &**value);
            }
        }
        task
    }
}

impl LinuxClient {
    /// Boots a client on a segment.
    ///
    /// # Errors
    /// When the guest does not boot.
    pub fn boot(lab: &Lab, net: &Net, address: &str) -> Result<LinuxClient> {
        Guest::boot(lab, net, address).map(|guest| LinuxClient { guest })
    }

    /// Makes a connection. An earlier one is gone without a word to its server.
    ///
    /// # Errors
    /// When the guest fails; a refused connection is an [`Attempt`].
    pub fn dial(&self, dial: &Dial) -> Result<Attempt> {
        let force = if dial.force_nat_t { "yes" } else { "no" };
        let task = dial.environment(Task::script("linux-client", &["connect"]));
        let task = task.env("SERVER", dial.server.to_string()).env("FORCE_NAT_T", force);
        self.guest.run(&task, CONNECT).map(Attempt::from)
    }

    /// Makes a connection that must come about.
    ///
    /// # Errors
    /// When it does not.
    pub fn connect(&self, dial: &Dial) -> Result<Attempt> {
        let attempt = self.dial(dial)?;
        match attempt.status {
            0 => Ok(attempt),
            status => Err(Error::new(format!("not connected: {status}\n{}", attempt.lines.join("\n")))),
        }
    }

    /// Sends five echoes through the tunnel and returns the percentage that was lost.
    ///
    /// # Errors
    /// When the guest fails.
    pub fn ping_loss(&self, to: Ipv4Addr) -> Result<u32> {
        let report = self.step("ping", &["ping", &to.to_string()])?;
        let loss = report.field("loss").and_then(|loss| loss.parse().ok());
        loss.ok_or_else(|| Error::new(format!("ping reports no loss: {report:?}")))
    }

    /// Megabits per second that an iperf3 server at this address receives through the tunnel.
    ///
    /// # Errors
    /// When the transfer fails.
    pub fn iperf(&self, to: Ipv4Addr) -> Result<f64> {
        let report = self.step("iperf", &["iperf", &to.to_string()])?;
        let figure = report.field("mbits").and_then(|figure| figure.parse().ok());
        figure.ok_or_else(|| Error::new(format!("iperf3 reports no figure: {report:?}")))
    }

    /// Ends the connection the way a user does.
    ///
    /// # Errors
    /// When the guest fails.
    pub fn disconnect(&self) -> Result<()> {
        self.guest.run(&Task::script("linux-client", &["disconnect"]), STEP).map(drop)
    }

    /// What its programs wrote since the last attempt began.
    ///
    /// # Errors
    /// When the guest fails.
    pub fn logs(&self) -> Result<Vec<String>> {
        self.guest.run(&Task::script("linux-client", &["logs"]), STEP).map(|outcome| outcome.lines)
    }

    /// The guest, for anything else.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }

    fn step(&self, stage: &str, arguments: &[&str]) -> Result<Report> {
        let attempt = Attempt::from(self.guest.run(&Task::script("linux-client", arguments), STEP)?);
        let report = attempt.stage(stage).cloned();
        report.ok_or_else(|| Error::new(format!("no report about {stage}:\n{}", attempt.lines.join("\n"))))
    }
}

impl LinuxServer {
    /// Boots a server on a segment. It serves the account of `dial`, is 10.99.0.1 in its tunnels and gives addresses from 10.99.0.10.
    ///
    /// # Errors
    /// When the guest does not boot or its programs do not start.
    pub fn boot(lab: &Lab, net: &Net, address: &str, dial: &Dial) -> Result<LinuxServer> {
        let server = LinuxServer { guest: Guest::boot(lab, net, address)? };
        server.serve(dial)?;
        Ok(server)
    }

    /// Starts anew, with another account, other proposals or other options for pppd; what was connected is gone without a word.
    /// Without an option that requires one, clients have to authenticate with MS-CHAPv2.
    ///
    /// # Errors
    /// When its programs do not start.
    pub fn serve(&self, dial: &Dial) -> Result<()> {
        self.serve_from(dial, "10.99.0.10-10.99.0.50")
    }

    /// The same with these addresses for clients: the first and the last.
    ///
    /// # Errors
    /// When its programs do not start.
    pub fn serve_from(&self, dial: &Dial, pool: &str) -> Result<()> {
        let task = dial.environment(Task::script("linux-server", &["start"]));
        let task = task.env("POOL", pool).env("TUNNEL_ADDRESS", "10.99.0.1");
        let outcome = self.guest.run(&task, CONNECT)?;
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
        self.guest.run(&Task::script("linux-server", &["stop"]), STEP).map(drop)
    }

    /// What its programs wrote since they were started last.
    ///
    /// # Errors
    /// When the guest fails.
    pub fn logs(&self) -> Result<Vec<String>> {
        self.guest.run(&Task::script("linux-server", &["logs"]), STEP).map(|outcome| outcome.lines)
    }

    /// The guest, for anything else.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }
}

impl Attempt {
    /// The report of a stage.
    pub fn stage(&self, stage: &str) -> Option<&Report> {
        self.reports.iter().find(|report| report.stage() == stage)
    }

    /// The client's address in the tunnel.
    ///
    /// # Errors
    /// When it has none.
    pub fn address(&self) -> Result<Ipv4Addr> {
        let address = self.stage("ppp").and_then(|report| report.field("local"));
        address
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| Error::new(format!("no address in the tunnel:\n{}", self.lines.join("\n"))))
    }

    /// True when one of the lines has these words.
    pub fn says(&self, words: &str) -> bool {
        self.lines.iter().any(|line| line.contains(words))
    }
}

impl From<Outcome> for Attempt {
    fn from(outcome: Outcome) -> Attempt {
        let reports = outcome.lines.iter().filter_map(|line| Report::read(line)).collect();
        Attempt { status: outcome.status, reports, lines: outcome.lines }
    }
}
