//! Event logs as text: `wevtutil qe /f:text`, lists of `Get-WinEvent` and `Get-EventLog`, and what the Event Viewer puts on the
//! clipboard. Labels are in the machine's language; what stands behind them tells what they are.

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

/// Labels with which an event begins that was copied from the Event Viewer: of Windows Vista and later, and of the one before.
const COPIED: &[&str] = &[
    "Log Name",
    "日志名称",
    "ログの名前",
    "Nome do Log",
    "Nome do Registo",
    "Nome do Registro",
    "記錄檔名稱",
    "Protokollname",
    "Nombre de registro",
    "Nom du journal",
    "Event Type",
    "事件类型",
    "イベントの種類",
    "Tipo de Evento",
    "事件類型",
];

/// `Event[0]` or `Event[0]:`, with its word in any language, or the first label of a copied event.
fn begins(line: &str) -> bool {
    if let Some((label, value)) = line.split_once([':', '：'])
        && !value.trim().is_empty()
        && COPIED.iter().any(|copied| label.trim_end().eq_ignore_ascii_case(copied))
    {
        return true;
    }
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
    /// What follows is the same event once more, as XML.
    over: bool,
}

impl Block {
    fn complete(&self) -> bool {
        self.fields.len() >= 3 && !self.message.is_empty()
    }

    fn line(&mut self, line: &str) {
        let (label, value) = line.split_once([':', '：']).unwrap_or((line, ""));
        let label = label.trim();
        if self.over {
            return;
        }
        if self.described {
            if line.trim_start().starts_with("<Event ") {
                self.over = true;
                // The heading of the XML.
                let end = self.message.trim_end().rfind('\n').unwrap_or(0);
                self.message.truncate(end);
            } else if self.message.len() < Event::MOST {
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
            "Identificação do evento",
            "事件識別碼",
        ])
        .or_else(|| {
            self.fields
                .iter()
                .map(|(_, value)| value.as_str())
                .find(|value| (4..=5).contains(&value.len()) && digits(value))
        });
        let Some(id) = id.and_then(|id| id.parse().ok()) else { return };
        let provider = find(&[
            "Source",
            "Event Source",
            "ProviderName",
            "来源",
            "事件来源",
            "來源",
            "ソース",
            "イベント ソース",
            "Origem",
            "Origem do Evento",
            "Fonte",
            "Fonte do Evento",
            "Quelle",
            "Origen",
        ])
        .or_else(|| KNOWN.iter().find(|name| self.fields.iter().any(|(_, value)| value == *name)).copied());
        let day = self.fields.iter().map(|(_, value)| value.as_str()).find(|value| when::parse(value, 0).is_some());
        let at = day.and_then(|day| {
            // Windows 2000 to 2003 write the time of day under a label of its own.
            let apart = || find(&["Time", "时间", "時刻", "時間", "Hora"]).filter(|time| time.contains(':'));
            let time = if day.contains(':') { None } else { apart() };
            log.local(&time.map_or_else(|| day.to_owned(), |time| format!("{day} {time}")))
        });
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
