//! The log: one line on standard error for each event.

use std::io::Write;

pub(crate) use record::Level;
use record::{Format, Layout};
use serde_json::Value;

use crate::cli::LogFormat;

/// Where log lines go: standard error, in the form that suits what stands behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    format: Format,
}

impl Log {
    /// A log in `format`. Under systemd the journal keeps the time, and the priority goes in front as it expects it.
    pub(crate) fn new(format: LogFormat) -> Log {
        let layout = match format {
            LogFormat::Text => Layout::Text,
            LogFormat::Json => Layout::Json,
        };
        Log { format: Format { layout, journal: std::env::var_os("JOURNAL_STREAM").is_some() } }
    }

    /// Writes one line; see [`Format::line`].
    pub(crate) fn write(&self, unix_seconds: u64, level: Level, message: &str, fields: &Value) {
        let line = self.format.line(unix_seconds, level, message, fields);
        // A log that cannot be written must not stop the service.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}
