//! `sc query`, `sc queryex`, `sc qc`, and the table of `Get-Service`.

use observe::host::{Fact, Start};

use super::Said;
use crate::windows::service;

#[derive(Default)]
pub(super) struct Services {
    /// The service that the last heading named: its short name when it is one of interest.
    current: Option<Option<String>>,
    /// The table of `Get-Service` goes on.
    table: bool,
}

impl Services {
    pub(super) fn line(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        if line.trim().is_empty() {
            self.table = false;
            return false;
        }
        self.of_table(number, line, said) || self.of_sc(number, line, said)
    }

    fn of_table(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        let mut words = line.split_whitespace();
        let first = (words.next(), words.next());
        if first == (Some("Status"), Some("Name")) {
            self.table = true;
            return true;
        }
        if !self.table {
            return false;
        }
        let running = match first.0 {
            Some("Running") => true,
            Some("Stopped") => false,
            other => return other.is_some_and(|word| word.starts_with("---")),
        };
        if let Some(name) = first.1.and_then(service::short) {
            said.push(Said::new(number, line, Fact::Service { name, running: Some(running), start: None }));
        }
        true
    }

    fn of_sc(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        let Some((label, value)) = line.split_once([':', '：']) else { return false };
        let value = value.trim();
        if !line.starts_with(char::is_whitespace) {
            // SERVICE_NAME, or its translation: one word in capitals with an underscore.
            let heading = label.contains('_') && !label.contains(char::is_lowercase) && !label.trim().contains(' ');
            if !heading {
                return false;
            }
            // The second heading is the name that is shown.
            let short = service::short(value);
            if label.starts_with("SERVICE") || short.is_some() || self.current.is_none() {
                self.current = Some(short);
            }
            return true;
        }
        let Some(current) = &self.current else { return false };
        let mut words = value.split_whitespace();
        let (Some(code), Some(word)) = (words.next(), words.next()) else { return false };
        if code.parse::<u8>().is_err() {
            return false;
        }
        let (running, start) = match word {
            "RUNNING" | "STOP_PENDING" => (Some(true), None),
            "STOPPED" | "START_PENDING" => (Some(false), None),
            "BOOT_START" | "SYSTEM_START" | "AUTO_START" => (None, Some(Start::Automatic)),
            "DEMAND_START" => (None, Some(Start::Demand)),
            "DISABLED" => (None, Some(Start::Disabled)),
            word if matches!(code, "1" | "4") => match service::state(word) {
                Some(running) => (Some(running), None),
                None => return true,
            },
            _ => return true,
        };
        if let Some(name) = current.clone() {
            let text = format!("{name}: {}", line.trim());
            said.push(Said::new(number, &text, Fact::Service { name, running, start }));
        }
        true
    }
}
