//! Event logs as text: `wevtutil qe /f:text`, and lists of `Get-WinEvent` and `Get-EventLog`. Labels are in the machine's
//! language; what stands behind them tells what they are.

use std::io::{self, Read};

use super::{Event, Log};
use crate::windows::chars::Chars;
use crate::windows::when;

/// Reads the blocks of lines.
pub(super) fn read(input: impl Read, log: &mut Log<'_, '_>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut chars = Chars::new(input)?;
    let mut block = Block::default();
    let mut numbered = false;
    while let Some(line) = chars.line()? {
        let line = line.to_owned();
        let number = chars.number();
        let begins = if begins(&line) {
            numbered = true;
            true
        } else {
            // Lists of cmdlets have no heading; their first property begins the block.
            !numbered && block.complete() && starts_list(&line)
        };
        if begins {
            block.end(log);
            block = Block { line: number, ..Block::default() };
        }
        block.line(&line);
        if number.is_multiple_of(4096) {
            progress(chars.octets());
        }
    }
    block.end(log);
    Ok(())
}

/// Whether this is such a text.
pub(in crate::windows) fn recognise(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return false };
    begins(first)
        || (starts_list(first)
            && text.contains("Message")
            && (text.contains("ProviderName") || text.contains("Source")))
}

/// `Event[0]` or `Event[0]:`, with its word in any language.
fn begins(line: &str) -> bool {
    let line = line.trim_end().trim_end_matches([':', '：']).trim_end();
    let Some((word, number)) = line.strip_suffix(']').and_then(|line| line.rsplit_once('[')) else { return false };
    !word.is_empty()
        && word.chars().count() < 20
        && !word.contains(char::is_whitespace)
        && number.parse::<u64>().is_ok()
}

fn starts_list(line: &str) -> bool {
    let label = line.split_once(':').map_or("", |(label, _)| label.trim_end());
    matches!(label, "TimeCreated" | "Index" | "EventID" | "Message" | "ProviderName") && line.contains(" :")
}

/// One event, line by line.
#[derive(Default)]
struct Block {
    line: u64,
    fields: Vec<(String, String)>,
    message: String,
    described: bool,
}

impl Block {
    fn complete(&self) -> bool {
        self.fields.len() >= 3 && !self.message.is_empty()
    }

    fn line(&mut self, line: &str) {
        let (label, value) = line.split_once([':', '：']).unwrap_or((line, ""));
        let label = label.trim();
        if self.described {
            if self.message.len() < Event::MOST {
                self.message.push_str(line.trim());
                self.message.push('\n');
            }
        } else if matches!(
            label,
            "Description" | "Message" | "描述" | "説明" | "Descrição" | "說明" | "Beschreibung" | "Descripción"
        ) {
            self.described = true;
            self.message = value.trim().to_owned();
            if !self.message.is_empty() {
                self.message.push('\n');
            }
        } else if self.fields.len() < 32 && !label.is_empty() {
            self.fields.push((label.to_owned(), value.trim().to_owned()));
        }
    }

    fn end(&mut self, log: &mut Log<'_, '_>) {
        let find = |names: &[&str]| {
            let named = |(label, _): &&(String, String)| names.iter().any(|name| label.eq_ignore_ascii_case(name));
            self.fields.iter().find(named).map(|(_, value)| value.as_str())
        };
        // Without a known label: the first number of four or five digits, as record numbers are not printed.
        let id = find(&[
            "Event ID",
            "Id",
            "EventID",
            "InstanceId",
            "事件 ID",
            "イベント ID",
            "ID do Evento",
            "Identificação do Evento",
        ])
        .or_else(|| {
            self.fields
                .iter()
                .map(|(_, value)| value.as_str())
                .find(|value| (4..=5).contains(&value.len()) && digits(value))
        });
        let Some(id) = id.and_then(|id| id.parse().ok()) else { return };
        let provider =
            find(&["Source", "ProviderName", "来源", "來源", "ソース", "Origem", "Fonte", "Quelle", "Origen"])
                .or_else(|| KNOWN.iter().find(|name| self.fields.iter().any(|(_, value)| value == *name)).copied());
        let at = self.fields.iter().find_map(|(_, value)| log.local(value).filter(|_| when::parse(value, 0).is_some()));
        let event = Event {
            provider: provider.unwrap_or_default().to_owned(),
            id,
            at,
            line: self.line,
            message: self.message.trim().to_owned(),
            ..Event::default()
        };
        log.event(&event);
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}

/// Sources that are told by their names where the label in front of them is not known.
const KNOWN: &[&str] =
    &["RasClient", "RemoteAccess", "RasMan", "Service Control Manager", "Microsoft-Windows-Security-Auditing"];
