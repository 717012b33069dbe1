//! The client under test.

use std::time::Duration;

use serde_json::Value;

use crate::causeway::program;
use crate::error::{Error, Result};
use crate::lab::Host;
use crate::linux::Dial;
use crate::process::{Ended, Native};

/// Longer than the dialer's own limits add up to.
const DECIDED: Duration = Duration::from_secs(90);

/// Longer than it waits for a server that does not answer to its goodbye.
const HANG_UP: Duration = Duration::from_secs(20);

/// `causeway dial` in a host of the laboratory.
pub struct Dialer {
    native: Native,
}

/// A dial that came to nothing.
#[derive(Clone, Debug)]
pub struct Failed {
    /// How the program ended.
    pub ended: Ended,
    /// The event that tells why: `ras`, `cause`, `stage` and `detail`.
    pub event: Value,
    /// Everything it printed.
    pub log: String,
}

impl Dialer {
    /// Starts to dial with server, key, user and password of `dial`, and further arguments of the command.
    ///
    /// # Errors
    /// When there is no program.
    pub fn dial(host: &Host, dial: &Dial, arguments: &[&str]) -> Result<Dialer> {
        let server = dial.server.to_string();
        let usual = ["dial", "--json", "--server", &server, "--user", &dial.user];
        let secrets = [("CAUSEWAY_PSK", &*dial.psk), ("CAUSEWAY_PASSWORD", &*dial.password)];
        Native::start(host, program()?, &[&usual, arguments].concat(), &secrets).map(|native| Dialer { native })
    }

    /// Waits for the event that says that IP passes, and returns it.
    ///
    /// # Errors
    /// When the connection does not come about; the error holds what the program printed.
    pub fn connected(&self) -> Result<Value> {
        let decided = |line: &str| event(line).is_some_and(|event| is(&event, "connected") || is(&event, "failed"));
        let line = self.native.lines().wait_for(DECIDED, decided);
        let event = line.as_deref().and_then(event).filter(|event| is(event, "connected"));
        event.ok_or_else(|| Error::new(format!("not connected:\n{}", self.log())))
    }

    /// Waits for the end of a dial that must come to nothing.
    ///
    /// # Errors
    /// When it connects, does not end, or does not say why.
    pub fn failed(&self) -> Result<Failed> {
        let connected = |line: &str| event(line).is_some_and(|event| is(&event, "connected"));
        if self.native.lines().wait_for(DECIDED, connected).is_some() {
            return Err(Error::new(format!("connected:\n{}", self.log())));
        }
        let ended = self.native.wait(HANG_UP)?;
        let event = self.events().into_iter().find(|event| is(event, "failed"));
        let event = event.ok_or_else(|| Error::new(format!("{ended} without a reason:\n{}", self.log())))?;
        Ok(Failed { ended, event, log: self.log() })
    }

    /// Hangs up with SIGTERM, as a service manager does, and waits for the end.
    ///
    /// # Errors
    /// When it does not end.
    pub fn hang_up(&self) -> Result<Ended> {
        self.native.terminate(HANG_UP)
    }

    /// The events it has told so far.
    pub fn events(&self) -> Vec<Value> {
        self.native.lines().all().iter().filter_map(|line| event(line)).collect()
    }

    /// Everything it printed.
    pub fn log(&self) -> String {
        self.native.lines().all().join("\n")
    }

    /// The program.
    pub fn native(&self) -> &Native {
        &self.native
    }
}

/// The event of a line on standard output; the lines for people are between them.
fn event(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}

fn is(event: &Value, kind: &str) -> bool {
    event["event"] == kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_from_the_lines_for_people() {
        assert!(is(&event(r#"{"event":"failed","ras":789}"#).unwrap(), "failed"));
        assert_eq!(event("RAS error 789: the L2TP connection attempt failed"), None);
        assert_eq!(event("789"), None);
    }
}
