//! The server under test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::lab::{Host, run};
use crate::linux::Dial;
use crate::process::{Ended, Native};

/// How long the server may take until it accepts connections.
const READY: Duration = Duration::from_secs(30);

/// `causeway serve` in a host of the laboratory.
pub struct Causeway {
    native: Native,
    state: PathBuf,
}

/// How the server is to be started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Further arguments of `serve --quick`.
    pub arguments: Vec<String>,
    /// A configuration to serve instead of `--quick`. Its `server.socket` has to be `"control.sock"`.
    pub config: Option<String>,
}

impl Causeway {
    /// Starts a server which knows the account of `dial`, in the host's state directory: a second start finds what the first left.
    ///
    /// # Errors
    /// When there is no program or it does not become ready; the error holds what it printed.
    pub fn serve(host: &Host, dial: &Dial, start: &Start) -> Result<Causeway> {
        let state = host.scratch().join("state");
        let mut arguments = vec!["serve".to_owned()];
        match &start.config {
            None => {
                arguments.extend(["--quick", "--pool", "10.99.0.0/24", "--state"].map(String::from));
                arguments.push(state.display().to_string());
            }
            Some(text) => {
                std::fs::create_dir_all(&state).map_err(Error::while_doing(state.display()))?;
                let path = state.join("causeway.toml");
                std::fs::write(&path, text).map_err(Error::while_doing(path.display()))?;
                arguments.extend(["--config".to_owned(), path.display().to_string()]);
            }
        }
        arguments.extend_from_slice(&start.arguments);
        let account =
            [("CAUSEWAY_PSK", &*dial.psk), ("CAUSEWAY_USER", &*dial.user), ("CAUSEWAY_PASSWORD", &*dial.password)];
        let native = Native::start(host, program()?, &arguments, &account)?;
        native.expect_line("ready", READY)?;
        Ok(Causeway { native, state })
    }

    /// Every failed attempt that the server has given its verdict about.
    pub fn verdicts(&self) -> Vec<Value> {
        self.native.lines().all().iter().filter_map(|line| verdict(line)).collect()
    }

    /// Waits until there are this many verdicts, and returns them.
    ///
    /// # Errors
    /// When they do not come within this time.
    pub fn expect_verdicts(&self, count: usize, within: Duration) -> Result<Vec<Value>> {
        let lines = self.native.lines().wait_for_count(within, count, |line| verdict(line).is_some());
        if lines.len() < count {
            return Err(Error::new(format!("{} verdicts instead of {count}:\n{}", lines.len(), self.log())));
        }
        Ok(lines.iter().filter_map(|line| verdict(line)).collect())
    }

    /// Waits for a line of its log with this sentence, for example `session down`, and returns the line's fields.
    ///
    /// # Errors
    /// When it does not come within this time.
    pub fn expect_event(&self, sentence: &str, within: Duration) -> Result<Value> {
        let line = self.native.expect_line(&format!(" {sentence} {{"), within)?;
        fields(&line).ok_or_else(|| Error::new(format!("no JSON fields: {line}")))
    }

    /// The fields of every line of its log with this sentence.
    pub fn events(&self, sentence: &str) -> Vec<Value> {
        let words = format!(" {sentence} {{");
        self.native.lines().all().iter().filter(|line| line.contains(&words)).filter_map(|line| fields(line)).collect()
    }

    /// The sessions that `causeway session list --json` shows.
    ///
    /// # Errors
    /// When the command fails or prints no list.
    pub fn sessions(&self, host: &Host) -> Result<Vec<Value>> {
        match self.ask(host, &["session", "list"])? {
            Value::Array(sessions) => Ok(sessions),
            Value::Object(mut object) => match object.remove("sessions") {
                Some(Value::Array(sessions)) => Ok(sessions),
                _ => Err(Error::new(format!("no list of sessions in {object:?}"))),
            },
            other => Err(Error::new(format!("no list of sessions: {other}"))),
        }
    }

    /// What a command prints that asks the running server, with `--json`.
    ///
    /// # Errors
    /// When the command fails or prints no JSON.
    pub fn ask(&self, host: &Host, arguments: &[&str]) -> Result<Value> {
        let mut command = host.command(program()?);
        command.args(arguments).arg("--json").arg("--socket").arg(self.state.join("control.sock"));
        let printed = run(&mut command)?;
        serde_json::from_str(&printed).map_err(Error::while_doing(format_args!("{arguments:?} printed {printed:?}")))
    }

    /// Everything it printed.
    pub fn log(&self) -> String {
        self.native.lines().all().join("\n")
    }

    /// The program.
    pub fn native(&self) -> &Native {
        &self.native
    }

    /// Ends it with SIGTERM.
    ///
    /// # Errors
    /// When it does not end within 15 seconds.
    pub fn terminate(&self) -> Result<Ended> {
        self.native.terminate(Duration::from_secs(15))
    }
}

/// The `causeway` program: `CAUSEWAY_BIN`, or else built now.
pub(crate) fn program() -> Result<&'static PathBuf> {
    static PROGRAM: OnceLock<Result<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(find_program).as_ref().map_err(Clone::clone)
}

fn find_program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CAUSEWAY_BIN") {
        return std::path::absolute(&path).map_err(Error::while_doing("CAUSEWAY_BIN"));
    }
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--package", "causeway", "--message-format", "json-render-diagnostics"]);
    let messages = run(build.current_dir(env!("CARGO_MANIFEST_DIR")))?;
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == "causeway").then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    };
    messages.lines().find_map(executable).ok_or_else(|| Error::new("the build made no program named causeway"))
}

/// The JSON object of a line, when it tells why an attempt or a session failed.
fn verdict(line: &str) -> Option<Value> {
    fields(line).filter(|fields| fields.get("cause").is_some_and(Value::is_string))
}

/// The JSON object at the end of a log line.
fn fields(line: &str) -> Option<Value> {
    serde_json::from_str(line.get(line.find('{')?..)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_a_line_with_a_cause() {
        let line =
            r#"{"session":null,"peer":"10.77.0.10:500","stage":"ike.phase1","cause":"ike.psk_mismatch","ras":789}"#;
        assert_eq!(verdict(line).unwrap()["cause"], "ike.psk_mismatch");
        assert_eq!(verdict(r#"{"session":"1","stage":"ppp","user":"anna"}"#), None);
        assert_eq!(verdict("ready"), None);
    }
}
