//! Event logs of Windows, in every form in which they are exported.

mod csv;
mod evtx;
mod meaning;
mod nps;
mod text;
mod xml;

use std::io::{self, Read};
use std::mem;

use observe::{About, Fact, Side, Spot, Time, Trouble, reported};

pub(super) use meaning::methods;

use super::when;
use crate::{Kind, Settings, Sink};

/// Reads an event log.
pub(super) fn read(
    input: impl Read,
    kind: Kind,
    settings: &Settings,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut log = Log::new(settings, sink);
    let result = match kind {
        Kind::Evtx => evtx::read(input, &mut log, progress),
        Kind::EventXml => xml::read(input, &mut log, progress),
        Kind::EventText => text::read(input, &mut log, progress),
        _ => csv::read(input, &mut log, progress),
    };
    log.end();
    result
}

/// Whether a text is an event log with labels.
pub(super) fn is_text(text: &str) -> bool {
    text::recognise(text)
}

/// Whether a text is an event log, or a log of NPS, with fields in lines.
pub(super) fn is_fields(text: &str) -> bool {
    csv::recognise(text)
}

/// One event, whatever form it came in.
#[derive(Clone, Default, Debug)]
struct Event {
    /// Its source ("RasClient").
    provider: String,
    /// Its number.
    id: u32,
    /// When.
    at: Option<Time>,
    /// Its number in the log.
    record: Option<u64>,
    /// The line where it stands, when it has no number.
    line: u64,
    /// Its data, in order; names are in lower case and may be empty.
    data: Vec<(String, String)>,
    /// Its data in octets.
    binary: Vec<u8>,
    /// The sentence, where the export has it, in the language of its machine.
    message: String,
}

impl Event {
    /// Octets of one event that are kept.
    const MOST: usize = 64 << 10;
    /// Data of one event that are kept.
    const DATA: usize = 128;

    /// Adds a datum, as far as there is room.
    fn add(&mut self, name: &str, value: &str) {
        if self.data.len() < Self::DATA {
            self.data.push((name.to_lowercase(), value.trim().to_owned()));
        }
    }

    /// The datum of a name.
    fn named(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str())
    }

    /// The values of its data in order, and what stands in the sentence when there are none.
    fn words(&self) -> String {
        if self.data.is_empty() || !self.message.is_empty() {
            return self.message.clone();
        }
        let values: Vec<&str> = self.data.iter().map(|(_, value)| value.as_str()).collect();
        values.join("\n")
    }
}

/// What an event says, before it is in its place in time.
struct Entry {
    at: Option<Time>,
    record: u64,
    spot: Spot,
    text: String,
    about: About,
    facts: Vec<Fact>,
}

/// Puts events into the order in which they happened: many exports begin with the last.
struct Log<'a, 'b> {
    settings: &'a Settings,
    sink: &'a mut Sink<'b>,
    entries: Vec<Entry>,
    events: u64,
    client: bool,
    server: bool,
    authenticator: bool,
}

impl<'a, 'b> Log<'a, 'b> {
    /// Entries that are put into order at once.
    const MOST: usize = 50_000;

    fn new(settings: &'a Settings, sink: &'a mut Sink<'b>) -> Log<'a, 'b> {
        let entries = Vec::new();
        Log { settings, sink, entries, events: 0, client: false, server: false, authenticator: false }
    }

    /// Takes an event.
    fn event(&mut self, event: &Event) {
        self.events += 1;
        let found = meaning::of(event);
        self.client |= found.side == Some(Side::Client);
        self.server |= found.side == Some(Side::Server);
        self.authenticator |= found.side == Some(Side::Authenticator);
        if found.facts.is_empty() {
            return;
        }
        let words: Vec<&str> = match (event.message.is_empty(), event.data.as_slice()) {
            (true, data) => data.iter().map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()).collect(),
            (false, _) => event.message.split_whitespace().collect(),
        };
        let spot = event.record.map_or(Spot::Line(event.line), Spot::Record);
        let text = format!("{} {}: {}", event.provider, event.id, words.join(" ")).replace(['\r', '\n', '\t'], " ");
        let record = event.record.unwrap_or(event.line);
        self.entry(Entry { at: event.at, record, spot, text, about: found.about, facts: found.facts });
    }

    fn entry(&mut self, entry: Entry) {
        if self.entries.len() >= Self::MOST {
            self.flush();
        }
        self.entries.push(entry);
    }

    fn trouble(&mut self, what: Trouble) {
        self.sink.trouble(what);
    }

    /// A local time of the machine, as an instant.
    fn local(&self, text: &str) -> Option<Time> {
        when::parse(text, self.settings.utc_offset)
    }

    fn flush(&mut self) {
        let mut entries = mem::take(&mut self.entries);
        entries.sort_by_key(|entry| (entry.at, entry.record));
        for entry in entries {
            for fact in entry.facts {
                self.sink.push(entry.at, entry.spot, &entry.text, entry.about.clone(), fact);
            }
        }
    }

    fn end(mut self) {
        self.flush();
        match (self.client, self.server, self.authenticator) {
            (true, false, _) => self.sink.set_side(Side::Client),
            (false, true, _) => self.sink.set_side(Side::Server),
            (false, false, true) => self.sink.set_side(Side::Authenticator),
            _ => {}
        }
        if self.events == 0 {
            self.trouble(Trouble::NoEvent);
        }
    }
}

/// The event itself, as a fact.
fn happened(provider: &str, id: u32) -> Fact {
    reported::Fact::Event { provider: provider.to_owned(), id }.into()
}

#[cfg(test)]
mod tests;
