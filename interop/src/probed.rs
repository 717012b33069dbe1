//! The doctor's probe under test.

use serde_json::Value;

use crate::causeway::program;
use crate::error::{Error, Result};
use crate::lab::Host;
use crate::linux::Dial;

/// A probe that has ended.
#[derive(Clone, Debug)]
pub struct Probed {
    /// Its exit status.
    pub status: Option<i32>,
    /// Its report.
    pub report: Value,
}

impl Probed {
    /// Runs `causeway doctor probe` for L2TP against the server of `dial`, with its key, user and password.
    ///
    /// # Errors
    /// When there is no program, or it prints no report.
    pub fn ask(host: &Host, dial: &Dial, arguments: &[&str]) -> Result<Probed> {
        let secrets = [("CAUSEWAY_PSK", &*dial.psk), ("CAUSEWAY_PASSWORD", &*dial.password)];
        Probed::run(host, dial, &[&["--protocol", "l2tp", "--user", &dial.user], arguments].concat(), &secrets)
    }

    /// The same for PPTP: with the user and the password.
    ///
    /// # Errors
    /// When there is no program, or it prints no report.
    pub fn ask_pptp(host: &Host, dial: &Dial, arguments: &[&str]) -> Result<Probed> {
        let secrets = [("CAUSEWAY_PASSWORD", &*dial.password)];
        Probed::run(host, dial, &[&["--protocol", "pptp", "--user", &dial.user], arguments].concat(), &secrets)
    }

    /// The same for PPTP, without a user.
    ///
    /// # Errors
    /// When there is no program, or it prints no report.
    pub fn look_at_pptp(host: &Host, dial: &Dial) -> Result<Probed> {
        Probed::run(host, dial, &["--protocol", "pptp"], &[])
    }

    fn run(host: &Host, dial: &Dial, arguments: &[&str], secrets: &[(&str, &str)]) -> Result<Probed> {
        let mut command = host.command(program()?);
        command.args(["doctor", "probe", &dial.server.to_string(), "--json", "--lang", "en"]);
        command.args(arguments).env_remove("CAUSEWAY_PSK").env_remove("CAUSEWAY_PASSWORD");
        let output = command.envs(secrets.iter().copied()).output().map_err(Error::while_doing("doctor probe"))?;
        let report = serde_json::from_slice(&output.stdout);
        let report = report.map_err(|error| Error::new(format!("{error}: {output:?}")))?;
        Ok(Probed { status: output.status.code(), report })
    }

    /// What came back in a step; empty if there was no such step.
    pub fn got(&self, step: &str) -> &str {
        let steps = self.report["steps"].as_array().map_or(&[][..], Vec::as_slice);
        steps.iter().find(|told| told["step"] == step).and_then(|told| told["got"].as_str()).unwrap_or_default()
    }

    /// The most likely cause.
    pub fn cause(&self) -> &str {
        self.causes().first().copied().unwrap_or_default()
    }

    /// All causes, the most likely first.
    pub fn causes(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().map_or(&[][..], Vec::as_slice);
        findings.iter().filter_map(|finding| finding["cause"].as_str()).collect()
    }
}
