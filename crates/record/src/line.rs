use serde_json::Value;

/// How much attention a line wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A session changed its state.
    Info,
    /// Somebody has to look at it.
    Warning,
    /// Something does not work.
    Error,
}

/// How the fields of a line stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A sentence, then the fields as JSON.
    Text,
    /// One JSON object.
    Json,
}

/// How lines look.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// How the fields stand.
    pub layout: Layout,
    /// Whether the journal takes the lines: it keeps the time, and wants the priority in front.
    pub journal: bool,
}

impl Format {
    /// One line with its end. `fields` is an object; control characters in it are escaped, so that nobody can forge a line.
    pub fn line(self, unix_seconds: u64, level: Level, message: &str, fields: &Value) -> String {
        let time = i64::try_from(unix_seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let time = time.map(|time| time.to_string()).unwrap_or_default();
        let (priority, word) = match level {
            Level::Info => (6, "info"),
            Level::Warning => (4, "warning"),
            Level::Error => (3, "error"),
        };
        match (self.layout, self.journal) {
            (Layout::Json, journal) => {
                let mut object = serde_json::json!({ "level": word, "message": message });
                if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
                    if !journal {
                        object.insert("time".into(), time.into());
                    }
                    object.extend(fields.clone());
                }
                format!("{object}\n")
            }
            (Layout::Text, true) => format!("<{priority}>{message} {fields}\n"),
            (Layout::Text, false) => format!("{time} {word} {message} {fields}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_sent_cannot_begin_a_line_of_its_own() {
        let fields = serde_json::json!({ "user": "eve\n2026 info session up {}\u{1b}[2J" });
        for layout in [Layout::Text, Layout::Json] {
            let line = Format { layout, journal: false }.line(0, Level::Info, "failed", &fields);
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(!line.contains('\u{1b}'), "{line}");
        }
    }

    #[test]
    fn a_json_line_is_one_object_with_the_fields_of_the_event() {
        let fields = serde_json::json!({ "session": "7", "cause": "ike.psk_mismatch" });
        let format = Format { layout: Layout::Json, journal: false };
        let value: Value = serde_json::from_str(&format.line(86_400, Level::Warning, "failed", &fields)).unwrap();
        assert_eq!(value["cause"], "ike.psk_mismatch");
        assert_eq!(value["time"], "1970-01-02T00:00:00Z");
    }
}
