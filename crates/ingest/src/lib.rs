//! Captures, logs and exports, recognised by their content and read into observations.
//!
//! [`read`] takes one piece of evidence; what it is follows from its first octets, never from its name. Whatever a file holds,
//! reading it ends, needs memory that does not grow with it, and yields what could be understood: what could not is said in the
//! source's [`trouble`](observe::Source::trouble).

mod capture;
mod kind;
mod sink;
mod text;
mod windows;

use std::io::{self, Read};

use observe::{SourceId, Time, Timeline};

pub use kind::Kind;
pub use sink::Sink;

/// What a reader may know beside the file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The present, for logs whose lines name no year: a line is never from the future.
    pub now: Option<Time>,
    /// Difference of the logs' local time from UTC, in seconds, east positive, where a log does not say.
    pub utc_offset: i32,
}

/// Octets of a file from which its kind is told.
const BEGINNING: u64 = 64 << 10;

/// Reads one piece of evidence into `timeline` and returns its source. `progress` is told how many octets have been read, now
/// and then.
///
/// # Errors
/// When `input` cannot be read; what came before is in the timeline.
pub fn read(
    name: &str,
    mut input: impl Read,
    settings: &Settings,
    timeline: &mut Timeline,
    progress: &mut dyn FnMut(u64),
) -> io::Result<SourceId> {
    let mut beginning = Vec::new();
    input.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
    let kind = Kind::of(&beginning);
    let input = io::Cursor::new(beginning).chain(input);
    let mut sink = Sink::new(timeline, name, kind.source());
    let id = sink.id();
    match kind {
        Kind::Pcap | Kind::Pcapng => capture::read(input, kind, settings, &mut sink, progress)?,
        Kind::Evtx
        | Kind::EventXml
        | Kind::EventCsv
        | Kind::EventText
        | Kind::Registry
        | Kind::Json
        | Kind::Listing => {
            windows::read(input, kind, settings, &mut sink, progress)?;
        }
        Kind::Text => text::read(input, settings, &mut sink, progress)?,
        Kind::Unknown => sink.trouble("neither a capture nor an event log nor text"),
    }
    Ok(id)
}
