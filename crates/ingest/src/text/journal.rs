//! Entries of systemd's journal as JSON, one in a line (`journalctl -o json`).

use observe::Time;
use serde_json::Value;

use super::prefix::Prefix;

/// What an entry says.
#[derive(Debug)]
pub(crate) struct Entry {
    at: Option<Time>,
    program: Option<String>,
    pid: Option<u32>,
    message: String,
}

/// Reads a line as an entry.
pub(crate) fn entry(line: &str) -> Option<Entry> {
    let line = line.trim();
    if !line.starts_with('{') || !line.contains("\"MESSAGE\"") {
        return None;
    }
    let fields: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let message = match fields.get("MESSAGE")? {
        Value::String(message) => message.clone(),
        // What is not UTF-8 stands there octet by octet.
        Value::Array(octets) => {
            let octets: Vec<u8> = octets.iter().filter_map(|octet| u8::try_from(octet.as_u64()?).ok()).collect();
            String::from_utf8_lossy(&octets).into_owned()
        }
        _ => return None,
    };
    let time = text("_SOURCE_REALTIME_TIMESTAMP").or_else(|| text("__REALTIME_TIMESTAMP"));
    Some(Entry {
        at: time.and_then(|time| time.parse().ok()).map(Time),
        program: text("SYSLOG_IDENTIFIER").or_else(|| text("_COMM")).map(str::to_owned),
        pid: text("SYSLOG_PID").or_else(|| text("_PID")).and_then(|pid| pid.parse().ok()),
        message,
    })
}

impl Entry {
    /// The entry as a line without its prefix.
    pub(crate) fn prefix(&self) -> Prefix<'_> {
        Prefix { at: self.at, host: None, program: self.program.as_deref(), pid: self.pid, rest: &self.message }
    }
}
