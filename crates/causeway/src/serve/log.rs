//! Log lines: one for each event, with the fields of the event as JSON.

use std::io::Write;

use serde_json::Value;

use crate::cli::LogFormat;

/// How much attention a line wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// A session changed its state.
    Info,
    /// Somebody has to look at it.
    Warning,
    /// Something does not work.
    Error,
}

/// Where log lines go: standard error, in the form that suits what stands behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    format: LogFormat,
    journal: bool,
}

impl Log {
    /// A log in `format`. Under systemd the journal keeps the time, and the priority goes in front as it expects it.
    pub(crate) fn new(format: LogFormat) -> Log {
        Log { format, journal: std::env::var_os("JOURNAL_STREAM").is_some() }
    }

    /// Writes one line. `fields` is an object; control characters in it are escaped, so that nobody can forge a line.
    pub(crate) fn write(&self, unix_seconds: u64, level: Level, message: &str, fields: &Value) {
        let line = self.line(unix_seconds, level, message, fields);
        // A log that cannot be written must not stop the service.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn line(&self, unix_seconds: u64, level: Level, message: &str, fields: &Value) -> String {
        let time = i64::try_from(unix_seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let time = time.map(|time| time.to_string()).unwrap_or_default();
        let (priority, word) = match level {
            Level::Info => (6, "info"),
            Level::Warning => (4, "warning"),
            Level::Error => (3, "error"),
        };
        match (self.format, self.journal) {
            (LogFormat::Json, journal) => {
                let mut object = serde_json::json!({ "level": word, "message": message });
                if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
                    if !journal {
                        object.insert("time".into(), time.into());
                    }
                    object.extend(fields.clone());
                }
                format!("{object}\n")
            }
            (LogFormat::Text, true) => format!("<{priority}>{message} {fields}\n"),
            (LogFormat::Text, false) => format!("{time} {word} {message} {fields}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_sent_cannot_begin_a_line_of_its_own() {
        let fields = serde_json::json!({ "user": "eve\n2026 info session up {}\u{1b}[2J" });
        for format in [LogFormat::Text, LogFormat::Json] {
            let line = Log { format, journal: false }.line(0, Level::Info, "failed", &fields);
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(!line.contains('\u{1b}'), "{line}");
        }
    }

    #[test]
    fn a_json_line_is_one_object_with_the_fields_of_the_event() {
        let fields = serde_json::json!({ "session": "7", "cause": "ike.psk_mismatch" });
        let line = Log { format: LogFormat::Json, journal: false }.line(86_400, Level::Warning, "failed", &fields);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["cause"], "ike.psk_mismatch");
        assert_eq!(value["time"], "1970-01-02T00:00:00Z");
    }
}
