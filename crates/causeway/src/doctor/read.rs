//! `causeway doctor read`: evidence from files.

use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use diagnose::{Texts, examine};
use ingest::{KeyTrouble, Keys, Settings};
use observe::{Side, Source, SourceId, SourceKind, Time, Timeline, Trouble};
use zeroize::Zeroize;

use super::mistake;
use super::phrases::say;
use crate::cli::doctor::{self as cli, Read};
use crate::exit::Failure;

/// Files of a directory that are taken; more are a mistake of the person.
const MOST_FILES: usize = 1000;

/// A file from which size on its progress is shown.
const LARGE: u64 = 16 << 20;

pub(super) fn run(options: &Read) -> Result<(), Failure> {
    let texts = super::texts(&options.common);
    let mut timeline = Timeline::new();
    let pieces = pieces(&options.files, &texts, &mut timeline)?;
    if let Some(page) = &options.common.html {
        let evidence = pieces.iter().any(|piece| matches!(piece, Piece::File(path) if is_same(path, page)));
        if evidence {
            return Err(mistake::usage(&texts, "error-page-is-evidence", &[("file", &page.display().to_string())]));
        }
    }
    let now = jiff::Timestamp::now();
    let offset = now.to_zoned(jiff::tz::TimeZone::system()).offset().seconds();
    let keys = keys(&options.keys, &texts)?;
    let settings = Settings { now: Some(Time(now.as_microsecond())), utc_offset: offset, keys };
    let mut any = false;
    for piece in &pieces {
        match read(piece, &settings, &texts, &mut timeline) {
            Ok(()) => any = true,
            Err(error) => unreadable(&piece.name(&texts), &error, &texts, &mut timeline),
        }
    }
    if !any {
        let said = timeline.sources().iter().flat_map(|source| {
            source
                .trouble
                .iter()
                .map(|trouble| texts.labelled_name(&source.name, &texts.trouble(trouble)))
                .collect::<Vec<_>>()
        });
        return Err(Failure::configuration(said.collect::<Vec<_>>().join("\n")));
    }
    if let Some(side) = options.side {
        take_for(side, &mut timeline);
    }
    timeline.align();
    let context = super::context(&options.common, &timeline)?;
    super::conclude(&timeline, &examine(&timeline, context), &options.common)
}

/// Gives the sources that do not say whose they are to this side.
pub(super) fn take_for(side: cli::Side, timeline: &mut Timeline) {
    let side = match side {
        cli::Side::Client => Side::Client,
        cli::Side::Server => Side::Server,
    };
    let unknown = timeline.sources().iter().zip(0..).filter(|(source, _)| source.side == Side::Unknown);
    let unknown: Vec<SourceId> = unknown.map(|(_, index)| SourceId(index)).collect();
    for id in unknown {
        timeline.set_side(id, side);
    }
}

/// Whether two paths are one file that is there.
fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// What is read.
enum Piece {
    File(PathBuf),
    Input,
}

impl Piece {
    fn name(&self, texts: &Texts) -> String {
        match self {
            Piece::File(path) => path.display().to_string(),
            Piece::Input => say(texts, "standard-input", &[]),
        }
    }
}

/// One file that cannot be read is no reason to say nothing about the others; it stands in the report.
fn unreadable(name: &str, error: &io::Error, texts: &Texts, timeline: &mut Timeline) {
    let said = Trouble::Unreadable { error: mistake::system(texts, error) };
    // What could be read before the error is a source already.
    let known = timeline.sources().iter().position(|source| &*source.name == name);
    if let Some(id) = known.and_then(|index| u32::try_from(index).ok())
        && let Some(source) = timeline.source_mut(SourceId(id))
    {
        source.trouble.push(said);
        return;
    }
    timeline.add_source(Source {
        name: name.into(),
        kind: SourceKind::Unknown,
        side: Side::Unknown,
        product: None,
        trouble: vec![said],
        span: None,
    });
}

/// The keys of all files that were named for it.
fn keys(named: &[PathBuf], texts: &Texts) -> Result<Keys, Failure> {
    let mut text = String::new();
    for path in named {
        let failed = |error| mistake::unreadable(texts, &path.display().to_string(), &error);
        text.push_str(&fs::read_to_string(path).map_err(failed)?);
        text.push('\n');
    }
    let keys = Keys::parse(&text);
    text.zeroize();
    for trouble in keys.trouble() {
        anstream::eprintln!("{}", say(texts, "keys-trouble", &[("trouble", &unusable(*trouble, texts))]));
    }
    if keys.is_empty() && !named.is_empty() {
        return Err(mistake::usage(texts, "error-no-keys", &[]));
    }
    Ok(keys)
}

/// Why a key cannot be used.
fn unusable(trouble: KeyTrouble, texts: &Texts) -> String {
    let (id, spi) = match trouble {
        KeyTrouble::Many => ("key-many", 0),
        KeyTrouble::Cookie => ("key-cookie", 0),
        KeyTrouble::Fields => ("key-fields", 0),
        KeyTrouble::Hexadecimal => ("key-hexadecimal", 0),
        KeyTrouble::Algorithm { spi } => ("key-algorithm", spi),
        KeyTrouble::Length { spi } => ("key-length", spi),
    };
    say(texts, id, &[("spi", &format!("{spi:#010x}"))])
}

fn read(piece: &Piece, settings: &Settings, texts: &Texts, timeline: &mut Timeline) -> io::Result<()> {
    let (mut input, size): (Box<dyn io::Read>, u64) = match piece {
        Piece::File(path) => {
            let file = File::open(path)?;
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            (Box::new(file), size)
        }
        Piece::Input => (Box::new(io::stdin().lock()), 0),
    };
    let name = piece.name(texts);
    let shown = size >= LARGE && io::stderr().is_terminal();
    let mut told = u64::MAX;
    let mut progress = |octets: u64| {
        // More is read than the file has where it is compressed.
        let percent = (octets.saturating_mul(100) / size.max(1)).min(100);
        if shown && percent != told {
            told = percent;
            let values = [("file", name.as_str()), ("percent", &percent.to_string())];
            anstream::eprint!("\r{}", say(texts, "progress-reading", &values));
        }
    };
    ingest::read(&name, &mut input, settings, timeline, &mut progress)?;
    if shown {
        anstream::eprintln!("\r{}  ", say(texts, "progress-read", &[("file", &name)]));
    }
    Ok(())
}

/// What is meant: a directory stands for the files directly in it, `-` for standard input.
fn pieces(named: &[PathBuf], texts: &Texts, timeline: &mut Timeline) -> Result<Vec<Piece>, Failure> {
    let mut pieces = Vec::new();
    for path in named {
        if path.as_os_str() == "-" {
            pieces.push(Piece::Input);
            continue;
        }
        match files(path, texts) {
            Ok(files) => pieces.extend(files.into_iter().map(Piece::File)),
            Err(error) => unreadable(&path.display().to_string(), &error, texts, timeline),
        }
    }
    if pieces.len() > MOST_FILES {
        return Err(mistake::usage(texts, "error-too-many-files", &[("count", &pieces.len().to_string())]));
    }
    Ok(pieces)
}

fn files(path: &Path, texts: &Texts) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut inside = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        if entry.is_file() {
            inside.push(entry);
        }
    }
    inside.sort();
    if inside.is_empty() {
        return Err(io::Error::other(say(texts, "io-no-file-inside", &[])));
    }
    Ok(inside)
}
