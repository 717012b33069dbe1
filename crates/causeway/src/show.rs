//! What the running server answered, as tables for people or as JSON for programs.

use std::fmt::Write;

use serde_json::Value;

use crate::cli::{Ask, Pool, Session};
use crate::control::{self, Disconnect, Question};
use crate::exit::Failure;

/// `causeway status`.
pub(crate) fn status(ask: &Ask) -> Result<String, Failure> {
    let answer = control::ask(ask.socket.as_deref(), &Question::Status)?;
    if ask.json {
        return Ok(json_text(&answer));
    }
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    row("version", field(&answer, "version"));
    row("up", duration(&answer["uptime_seconds"]));
    row("listening", list(&answer["listen"]));
    row("sessions", format!("{} up, {} connecting", field(&answer, "sessions"), field(&answer, "connecting")));
    let pool = &answer["pool"];
    row("addresses", format!("{} of {} in use ({})", field(pool, "in_use"), field(pool, "size"), field(pool, "range")));
    row("accepts", list(&answer["accepts"]));
    row("offload", list(&answer["offload"]));
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        row("warning", plain(warning));
    }
    let dropped: Vec<_> = answer["dropped"].as_object().into_iter().flatten().collect();
    let dropped = dropped.iter().map(|(reason, count)| format!("{reason} {count}")).collect::<Vec<_>>().join(", ");
    row("dropped", if dropped.is_empty() { "nothing".into() } else { dropped });
    Ok(text)
}

/// `causeway session`.
pub(crate) fn session(command: &Session) -> Result<String, Failure> {
    match command {
        Session::List(ask) => {
            let answer = control::ask(ask.socket.as_deref(), &Question::Sessions)?;
            if ask.json {
                return Ok(json_text(&answer));
            }
            let columns = ["SESSION", "USER", "ADDRESS", "PEER", "STAGE", "FOR", "IN", "OUT", "IPSEC"];
            let rows = answer["sessions"].as_array().into_iter().flatten().map(|session| {
                vec![
                    field(session, "session"),
                    field(session, "user"),
                    field(session, "address"),
                    field(session, "peer"),
                    field(session, "stage"),
                    duration(&session["seconds"]),
                    octets(&session["octets_in"]),
                    octets(&session["octets_out"]),
                    format!("{} {}", field(session, "esp"), field(session, "encapsulation")),
                ]
            });
            Ok(table(&columns, rows))
        }
        Session::Failed(ask) => {
            let answer = control::ask(ask.socket.as_deref(), &Question::Failed)?;
            if ask.json {
                return Ok(json_text(&answer));
            }
            let columns = ["SESSION", "USER", "PEER", "STAGE", "CAUSE", "RAS", "AT"];
            let rows = answer["failed"].as_array().into_iter().flatten().map(|failed| {
                let at = failed["unix_seconds"].as_i64().and_then(|at| jiff::Timestamp::from_second(at).ok());
                vec![
                    field(failed, "session"),
                    field(failed, "user"),
                    field(failed, "peer"),
                    field(failed, "stage"),
                    field(failed, "cause"),
                    field(failed, "ras"),
                    at.map(|at| at.to_string()).unwrap_or_default(),
                ]
            });
            Ok(table(&columns, rows))
        }
        Session::Explain { id, lang, ask } => {
            let language = lang.unwrap_or_else(crate::doctor::locale);
            let answer = control::ask(ask.socket.as_deref(), &Question::Explain(id.clone(), language))?;
            if ask.json {
                return Ok(json_text(&answer["report"]));
            }
            // The server made the lines; whatever else it might hold does not reach the terminal.
            Ok(answer["text"]
                .as_str()
                .unwrap_or_default()
                .lines()
                .map(|line| format!("{}\n", plain(&line.into())))
                .collect())
        }
        Session::Show { id, ask } => {
            let answer = control::ask(ask.socket.as_deref(), &Question::Session(id.clone()))?;
            if ask.json {
                return Ok(json_text(&answer));
            }
            let mut text = String::new();
            for (name, value) in answer["session"].as_object().into_iter().flatten() {
                let _ = writeln!(text, "{:<22} {}", name.replace('_', " "), plain(value));
            }
            Ok(text)
        }
        Session::Disconnect { id, all, ask } => {
            let which = if *all { Disconnect::All } else { Disconnect::Named(id.clone()) };
            let answer = control::ask(ask.socket.as_deref(), &Question::Disconnect(which))?;
            if ask.json {
                return Ok(json_text(&answer));
            }
            Ok(format!("ended: {}\n", list(&answer["ended"])))
        }
    }
}

/// `causeway pool show`.
pub(crate) fn pool(Pool::Show(ask): &Pool) -> Result<String, Failure> {
    let answer = control::ask(ask.socket.as_deref(), &Question::Pool)?;
    if ask.json {
        return Ok(json_text(&answer));
    }
    let mut text =
        format!("{}: {} of {} in use\n", field(&answer, "range"), field(&answer, "in_use"), field(&answer, "size"));
    let leases = answer["leases"].as_array().into_iter().flatten();
    let rows = leases.map(|lease| vec![field(lease, "address"), field(lease, "user"), field(lease, "session")]);
    text += &table(&["ADDRESS", "USER", "SESSION"], rows);
    Ok(text)
}

/// Columns as wide as they need to be, two blanks apart.
fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|&column| column.to_owned()).collect()];
    lines.extend(rows);
    let width = |column: usize| lines.iter().map(|line: &Vec<String>| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<_> = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

fn json_text(value: &Value) -> String {
    format!("{value:#}\n")
}

fn field(value: &Value, name: &str) -> String {
    plain(&value[name])
}

/// A value as a person reads it. What peers sent may hold control characters: they are shown, not obeyed.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) => {
            text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
        }
        Value::Array(_) => list(value),
        other => other.to_string(),
    }
}

fn list(value: &Value) -> String {
    let items: Vec<_> = value.as_array().into_iter().flatten().map(plain).collect();
    if items.is_empty() { "-".into() } else { items.join(", ") }
}

fn duration(value: &Value) -> String {
    let Some(seconds) = value.as_u64() else { return "-".into() };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
        (0, _, _) => format!("{hours}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

fn octets(value: &Value) -> String {
    let Some(octets) = value.as_u64() else { return "-".into() };
    let mut scaled = octets as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if scaled < 1024.0 {
            return if unit == "B" { format!("{octets} B") } else { format!("{scaled:.1} {unit}") };
        }
        scaled /= 1024.0;
    }
    format!("{scaled:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_aligned_and_control_characters_do_not_reach_the_terminal() {
        let user = plain(&json!("eve\u{1b}[2J"));
        let text = table(&["USER", "PEER"], [vec![user, "192.0.2.1".into()]].into_iter());
        assert_eq!(text, "USER          PEER\neve\\u{1b}[2J  192.0.2.1\n");
    }

    #[test]
    fn figures_have_units() {
        assert_eq!(octets(&json!(1023)), "1023 B");
        assert_eq!(octets(&json!(1536)), "1.5 KiB");
        assert_eq!(duration(&json!(59)), "59s");
        assert_eq!(duration(&json!(3661)), "1h01m");
        assert_eq!(duration(&json!(90_000)), "1d01h");
    }
}
