//! Exports of Windows: event logs, registry, cmdlets.

mod chars;
mod events;
mod listing;
mod registry;
mod service;
mod when;

use std::io::{self, Read};

use events::methods;

pub(crate) use chars::Chars;
pub use registry::{RegistryData, RegistryValue, registry_values};

use crate::{Kind, Settings, Sink};

/// A date of Windows in UTC.
pub(crate) fn time(text: &str) -> Option<observe::Time> {
    when::parse(text, 0)
}

/// Reads an export.
pub(crate) fn read(
    input: impl Read,
    kind: Kind,
    settings: &Settings,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    match kind {
        Kind::Registry => registry::read(input, sink, progress),
        Kind::Listing => listing::read(input, settings, sink, progress),
        Kind::Json => listing::json(input, settings, sink),
        _ => events::read(input, kind, settings, sink, progress),
    }
}

/// Tells which export a text is from its beginning.
pub(crate) fn recognise(beginning: &[u8]) -> Option<Kind> {
    let text = chars::beginning(beginning, 16 << 10);
    let head = text.trim_start();
    let begins = |word: &str| head.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if begins("Windows Registry Editor")
        || begins("REGEDIT4")
        || begins("HKEY_")
        || begins("[HKEY_")
        || begins("[-HKEY_")
    {
        Some(Kind::Registry)
    } else if begins("<") {
        let event = ["<Event>", "<Event ", "<Events>", "<Events "].iter().any(|element| head.contains(element));
        event.then_some(Kind::EventXml)
    } else if events::is_text(head) {
        Some(Kind::EventText)
    } else if events::is_fields(head) {
        Some(Kind::EventCsv)
    } else if begins("{") || begins("[{") || begins("[\r") || begins("[\n") || begins("[ ") {
        listing::is_json(head).then_some(Kind::Json)
    } else if crate::capture::trace::recognise(&text) {
        Some(Kind::Trace)
    } else {
        listing::recognise(head).then_some(Kind::Listing)
    }
}
