//! Event logs with fields in lines: CSV and tab-separated text of the Event Viewer, `Export-Csv`, and the text logs of NPS.

use observe::Trouble;
use std::io::{self, Read};

use super::{Event, Log, nps};
use crate::windows::chars::Chars;
use crate::windows::when;

/// Reads the records.
pub(super) fn read(input: impl Read, log: &mut Log<'_, '_>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut chars = Chars::new(input)?;
    let mut records = Records::default();
    let mut columns = Columns::default();
    let mut count = 0u64;
    while let Some(fields) = records.next(&mut chars)? {
        count += 1;
        let line = records.begun;
        match form(&fields) {
            Form::Database => nps::database(&fields, line, log),
            Form::Pairs => nps::pairs(&fields, line, log),
            Form::Other if count == 1 && Columns::named(&fields).is_some() => {
                columns = Columns::named(&fields).unwrap_or_default();
            }
            Form::Other => match columns.event(&fields, log) {
                Some(mut event) => {
                    event.line = line;
                    log.event(&event);
                }
                None if count > 1 && fields.len() > 1 => log.trouble(Trouble::LinesNoEvents),
                None => {}
            },
        }
        if count.is_multiple_of(1024) {
            progress(chars.octets());
        }
    }
    Ok(())
}

/// Whether these lines are a log with fields.
pub(in crate::windows) fn recognise(text: &str) -> bool {
    let mut chars = match Chars::new(text.as_bytes()) {
        Ok(chars) => chars,
        Err(_) => return false,
    };
    let mut records = Records::default();
    let Ok(Some(first)) = records.next(&mut chars) else { return false };
    let second = records.next(&mut chars).ok().flatten();
    !matches!(form(&first), Form::Other)
        || Columns::named(&first).is_some()
        || second.is_some_and(|fields| Columns::default().places(&fields).is_some())
}

enum Form {
    Database,
    Pairs,
    Other,
}

fn form(fields: &[String]) -> Form {
    let get = |at: usize| fields.get(at).map_or("", String::as_str);
    let service = |at| matches!(get(at), "IAS" | "RAS");
    if service(1) && fields.len() > 20 && get(4).bytes().all(|octet| octet.is_ascii_digit()) {
        Form::Database
    } else if service(4) && fields.len() > 7 && get(6).bytes().all(|octet| octet.is_ascii_digit()) {
        Form::Pairs
    } else {
        Form::Other
    }
}

/// Where the parts of an event stand, when the header says it in words that are known.
#[derive(Default)]
struct Columns {
    known: Option<Places>,
}

#[derive(Clone, Copy)]
struct Places {
    time: usize,
    source: usize,
    id: usize,
    record: Option<usize>,
    message: usize,
}

impl Columns {
    /// The header that `Export-Csv` and `ConvertTo-Csv` write: names of properties, in English everywhere.
    fn named(fields: &[String]) -> Option<Columns> {
        let find =
            |names: &[&str]| fields.iter().position(|field| names.iter().any(|name| field.eq_ignore_ascii_case(name)));
        let places = Places {
            time: find(&["TimeCreated", "TimeGenerated", "TimeWritten"])?,
            source: find(&["ProviderName", "Source"])?,
            id: find(&["Id", "EventID", "InstanceId"])?,
            record: find(&["RecordId", "Index"]),
            message: find(&["Message"])?,
        };
        Some(Columns { known: Some(places) })
    }

    /// Where the parts stand in a line of the Event Viewer: level, date, source, number, category, text. The header is in the
    /// machine's language, so the line itself must tell.
    fn places(&self, fields: &[String]) -> Option<Places> {
        if let Some(places) = self.known {
            return Some(places);
        }
        let time = fields.iter().take(4).position(|field| when::parse(field, 0).is_some())?;
        let number = |at: usize| fields.get(at).is_some_and(|field| field.parse::<u16>().is_ok());
        let id = (time + 1..(time + 4).min(fields.len())).find(|at| number(*at))?;
        let source = if id > time + 1 { id - 1 } else { id + 1 };
        let message = fields.len().checked_sub(1).filter(|last| *last > id)?;
        Some(Places { time, source, id, record: None, message })
    }

    fn event(&self, fields: &[String], log: &Log<'_, '_>) -> Option<Event> {
        let places = self.places(fields)?;
        let get = |at: usize| fields.get(at).map_or("", String::as_str);
        Some(Event {
            provider: get(places.source).to_owned(),
            id: get(places.id).parse().ok()?,
            at: log.local(get(places.time)),
            record: places.record.and_then(|at| get(at).parse().ok()),
            message: get(places.message).trim().to_owned(),
            ..Event::default()
        })
    }
}

/// Records of fields: lines, unless a field in quotation marks goes on in the next.
#[derive(Default)]
struct Records {
    /// The line where the last record began.
    begun: u64,
}

impl Records {
    const FIELDS: usize = 128;

    fn next<R: Read>(&mut self, chars: &mut Chars<R>) -> io::Result<Option<Vec<String>>> {
        let Some(first) = chars.line()? else { return Ok(None) };
        let separator =
            if first.contains('\t') && first.matches('\t').count() >= first.matches(',').count() { '\t' } else { ',' };
        let mut text = first.to_owned();
        self.begun = chars.number();
        // An odd number of quotation marks: the field is still open.
        let mut marks = text.matches('"').count();
        while !marks.is_multiple_of(2) && text.len() < Event::MOST {
            let Some(next) = chars.line()? else { break };
            marks += next.matches('"').count();
            text.push('\n');
            text.push_str(next);
        }
        let mut fields = vec![String::new()];
        let mut quoted = false;
        let mut letters = text.chars().peekable();
        while let Some(char) = letters.next() {
            match char {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    if let Some(field) = fields.last_mut() {
                        field.push('"');
                    }
                }
                '"' => quoted = !quoted,
                char if char == separator && !quoted && fields.len() < Self::FIELDS => fields.push(String::new()),
                char => {
                    if let Some(field) = fields.last_mut() {
                        field.push(char);
                    }
                }
            }
        }
        Ok(Some(fields))
    }
}
