//! Captures, logs and exports, recognised by their content and read into observations.
//!
//! [`read`] takes one piece of evidence; what it is follows from its first octets, never from its name. Whatever a file holds,
//! reading it ends, needs memory that does not grow with it, and yields what could be understood: what could not is said in the
//! source's [`trouble`](observe::Source::trouble).

mod bundle;
mod capture;
mod keys;
mod kind;
mod sink;
mod text;
mod windows;

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use observe::{SourceId, Time, Timeline, Trouble};

use bundle::Budget;
pub use keys::{KeyTrouble, Keys};
pub use kind::Kind;
pub use sink::Sink;
pub use windows::{RegistryData, RegistryValue, registry_values};

/// What a reader may know beside the file.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The present, for logs whose lines name no year: a line is never from the future.
    pub now: Option<Time>,
    /// Difference of the logs' local time from UTC, in seconds, east positive, where a log does not say.
    pub utc_offset: i32,
    /// Keys with which captures are opened.
    pub keys: Keys,
}

/// What a file compressed with gzip begins with (RFC 1952 §2.3.1); what is in it is read as if it were not.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Octets of a file from which its kind is told.
const BEGINNING: u64 = 64 << 10;

/// Reads one piece of evidence into `timeline` and returns its source; the members of a bundle are sources of their own, behind
/// it. `progress` is told how many octets have been read, now
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
    piece(name, &mut input, settings, timeline, &mut Budget::default(), progress)
}

/// Reads one piece of evidence, which may be a member of a bundle.
fn piece(
    name: &str,
    input: &mut dyn Read,
    settings: &Settings,
    timeline: &mut Timeline,
    budget: &mut Budget,
    progress: &mut dyn FnMut(u64),
) -> io::Result<SourceId> {
    let mut beginning = Vec::new();
    let mut input: Box<dyn Read + '_> = Box::new(input);
    read_beginning(&mut input, &mut beginning)?;
    let mut damaged = false;
    if beginning.starts_with(&GZIP) {
        let packed = io::Cursor::new(std::mem::take(&mut beginning)).chain(input);
        input = Box::new(budget.bound(MultiGzDecoder::new(packed)));
        if read_beginning(&mut input, &mut beginning).is_err() {
            damaged = true;
            input = Box::new(io::empty());
        }
    }
    let kind = Kind::of(&beginning);
    let mut input = io::Cursor::new(beginning).chain(input);
    if matches!(kind, Kind::Zip | Kind::Tar) {
        return bundle::read(name, &mut input, kind, settings, timeline, budget, progress);
    }
    let mut sink = Sink::new(timeline, name, kind.source());
    let id = sink.id();
    if damaged {
        sink.trouble(Trouble::CompressedDamaged);
    }
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
        Kind::Trace => capture::trace::read(input, &mut sink, progress)?,
        Kind::About => bundle::about::read(input, &mut sink)?,
        Kind::Text => text::read(input, settings, &mut sink, progress)?,
        Kind::Zip | Kind::Tar | Kind::Unknown => sink.trouble(Trouble::NoEvidence),
    }
    Ok(id)
}

fn read_beginning(input: &mut impl Read, beginning: &mut Vec<u8>) -> io::Result<()> {
    input.by_ref().take(BEGINNING).read_to_end(beginning)?;
    Ok(())
}
