//! `causeway doctor read`: evidence from files.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use diagnose::examine;
use ingest::{Keys, Settings};
use observe::{Time, Timeline};
use zeroize::Zeroize;

use crate::cli::doctor::Read;
use crate::exit::Failure;

/// Files of a directory that are taken; more are a mistake of the person.
const MOST_FILES: usize = 1000;

/// A file from which size on its progress is shown.
const LARGE: u64 = 16 << 20;

pub(super) fn run(options: &Read) -> Result<(), Failure> {
    let files = files(&options.files)?;
    let now = jiff::Timestamp::now();
    let offset = now.to_zoned(jiff::tz::TimeZone::system()).offset().seconds();
    let keys = keys(&options.keys)?;
    let settings = Settings { now: Some(Time(now.as_microsecond())), utc_offset: offset, keys };
    let mut timeline = Timeline::new();
    for file in &files {
        read(file, &settings, &mut timeline)?;
    }
    let diagnosis = examine(&timeline, super::context(&options.common));
    super::conclude(&timeline, &diagnosis, &options.common)
}

/// The keys of all files that were named for it.
fn keys(named: &[PathBuf]) -> Result<Keys, Failure> {
    let mut text = String::new();
    for path in named {
        let failed = |error| Failure::configuration(format!("cannot read {}: {error}", path.display()));
        text.push_str(&fs::read_to_string(path).map_err(failed)?);
        text.push('\n');
    }
    let keys = Keys::parse(&text);
    text.zeroize();
    for trouble in keys.trouble() {
        anstream::eprintln!("keys: {trouble}");
    }
    if keys.is_empty() && !named.is_empty() {
        return Err(Failure::configuration("there is no key in the files that --keys names".to_owned()));
    }
    Ok(keys)
}

fn read(file: &Path, settings: &Settings, timeline: &mut Timeline) -> Result<(), Failure> {
    let failed = |error| Failure::configuration(format!("cannot read {}: {error}", file.display()));
    let input = File::open(file).map_err(failed)?;
    let size = input.metadata().map_or(0, |metadata| metadata.len());
    let shown = size >= LARGE && std::io::stderr().is_terminal();
    let mut told = u64::MAX;
    let mut progress = |octets: u64| {
        // More is read than the file has where it is compressed.
        let percent = (octets.saturating_mul(100) / size.max(1)).min(100);
        if shown && percent != told {
            told = percent;
            anstream::eprint!("\r{}: {percent} %", file.display());
        }
    };
    ingest::read(&file.to_string_lossy(), input, settings, timeline, &mut progress).map_err(failed)?;
    if shown {
        anstream::eprintln!("\r{}: read  ", file.display());
    }
    Ok(())
}

/// The files that are meant: a directory stands for what is directly in it.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        let failed = |error| Failure::configuration(format!("cannot read {}: {error}", path.display()));
        if !fs::metadata(path).map_err(failed)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path().is_file() {
                inside.push(entry.path());
            }
        }
        inside.sort();
        files.extend(inside);
    }
    if files.len() > MOST_FILES {
        return Err(Failure::configuration(format!("{} files are too many; name those of the failure", files.len())));
    }
    Ok(files)
}
