//! `causeway doctor compare`: two files that should be the same, or were.

mod keys;
mod registry;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use diagnose::Texts;
use serde_json::{Value, json};

use super::mistake;
use super::paper::Paper;
use super::phrases::say;
use crate::cli::doctor::Compare;
use crate::exit::Failure;
use keys::{Aspect, Comparison, Encoding, Key, Oddity, Shape, Which};
use registry::Changes;

/// More octets are no pre-shared key.
const MOST_KEY: usize = 4096;

/// Exit status for a difference.
const DIFFERENT: u8 = 1;

pub(super) fn run(options: &Compare) -> Result<(), Failure> {
    let texts = Texts::new(options.lang.unwrap_or_else(super::locale));
    let contents = [beginning(&options.one, &texts)?, beginning(&options.other, &texts)?];
    match contents.each_ref().map(|octets| ingest::Kind::of(octets) == ingest::Kind::Registry) {
        [true, true] => registry(options, &texts),
        [false, false] => keys(options, contents, &texts),
        _ => Err(mistake::usage(&texts, "compare-two-kinds", &[])),
    }
}

/// The beginning of a file: all of it, if it may be a key.
fn beginning(path: &Path, texts: &Texts) -> Result<Vec<u8>, Failure> {
    let failed = |error| mistake::unreadable(texts, &path.display().to_string(), &error);
    // It does not grow, so that no copy of a key stays behind.
    let mut octets = Vec::with_capacity(MOST_KEY + 64);
    let most = MOST_KEY as u64;
    File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut octets)).map_err(failed)?;
    Ok(octets)
}

fn registry(options: &Compare, texts: &Texts) -> Result<(), Failure> {
    let changes = Changes::between(&options.one, &options.other, options.side).map_err(|(which, error)| {
        let path = if which == 0 { &options.one } else { &options.other };
        mistake::unreadable(texts, &path.display().to_string(), &error)
    })?;
    crate::print(&if options.json { changes.json(texts) } else { changes.text(texts, Paper::of_output()) })?;
    if changes.is_empty() { Ok(()) } else { Err(Failure::explained(DIFFERENT)) }
}

fn keys(options: &Compare, contents: [Vec<u8>; 2], texts: &Texts) -> Result<(), Failure> {
    let names = [&options.one, &options.other].map(|path| path.display().to_string());
    let [one, other] = contents.map(Key::new);
    for (key, name) in [(&one, &names[0]), (&other, &names[1])] {
        if key.is_empty() {
            return Err(mistake::usage(texts, "error-secret-empty", &[("name", name)]));
        }
        if key.octets() > MOST_KEY {
            return Err(mistake::usage(texts, "compare-not-comparable", &[("file", name)]));
        }
    }
    let comparison = one.compare(&other);
    let told = Told { texts, names: &names, keys: [&one, &other] };
    let report = if options.json { told.json(&comparison) } else { told.text(&comparison, Paper::of_output()) };
    crate::print(&report)?;
    if comparison == Comparison::Same { Ok(()) } else { Err(Failure::explained(DIFFERENT)) }
}

/// A comparison of keys, in words.
struct Told<'a> {
    texts: &'a Texts,
    names: &'a [String; 2],
    keys: [&'a Key; 2],
}

impl Told<'_> {
    fn text(&self, comparison: &Comparison, paper: Paper) -> String {
        let mut out = String::new();
        for (key, name) in self.keys.iter().zip(self.names) {
            let (characters, octets) = (key.characters().to_string(), key.octets().to_string());
            let encoding = self.say(encoding(key.encoding), &[]);
            let values =
                [("file", name.as_str()), ("characters", &characters), ("octets", &octets), ("encoding", &encoding)];
            paper.write("", 2, &self.say("compare-key", &values), &mut out);
        }
        out.push('\n');
        paper.write("", 0, &self.say(verdict(comparison), &[]), &mut out);
        for (_, said) in self.differences(comparison) {
            paper.write("- ", 2, &said, &mut out);
        }
        let hazards = self.hazards();
        if !hazards.is_empty() {
            out.push('\n');
        }
        for id in hazards {
            paper.write("", 0, &self.say(id, &[]), &mut out);
        }
        out
    }

    fn json(&self, comparison: &Comparison) -> String {
        let file = |(key, name): (&&Key, &String)| {
            let encoding = encoding(key.encoding).trim_start_matches("compare-encoding-");
            json!({ "file": name, "characters": key.characters(), "octets": key.octets(), "encoding": encoding })
        };
        let files: Vec<Value> = self.keys.iter().zip(self.names).map(file).collect();
        let differences: Vec<Value> =
            self.differences(comparison).into_iter().map(|(id, text)| json!({ "id": id, "text": text })).collect();
        let report = json!({ "compared": "keys", "same": *comparison == Comparison::Same,
                             "summary": self.say(verdict(comparison), &[]), "files": files, "differences": differences });
        format!("{report:#}\n")
    }

    /// What each difference is, by its id and in words.
    fn differences(&self, comparison: &Comparison) -> Vec<(&'static str, String)> {
        match comparison {
            Comparison::Same => Vec::new(),
            Comparison::Alike(oddities) => oddities.iter().map(|oddity| self.oddity(oddity)).collect(),
            Comparison::Different(shape) => vec![self.shape(shape)],
        }
    }

    fn oddity(&self, oddity: &Oddity) -> (&'static str, String) {
        let id = match oddity.aspect {
            Aspect::Encoding => "encoding",
            Aspect::LineBreak => "line-break",
            Aspect::Blanks => "blanks",
            Aspect::Quoted => "quoted",
            Aspect::Invisible => "invisible",
            Aspect::Typographic => "typographic",
            Aspect::Width => "width",
            Aspect::Case => "case",
            Aspect::LookAlike => "look-alike",
        };
        let positions = self.positions(&oddity.positions);
        (id, self.say(&format!("compare-{id}"), &[("file", &self.file(oddity.which)), ("positions", &positions)]))
    }

    fn shape(&self, shape: &Shape) -> (&'static str, String) {
        let (id, which, at, count) = match shape {
            Shape::Cut { shorter, at } => ("cut", *shorter, *at, 0),
            Shape::Beheaded { shorter, missing } => ("beheaded", *shorter, 0, *missing),
            Shape::Missing { shorter, at, count } => ("missing", *shorter, *at, *count),
            Shape::Swapped { at } => ("swapped", Which::Both, *at, 0),
            Shape::Unlike { alike } => ("unlike", Which::Both, *alike, 0),
            Shape::Characters { positions } => {
                let positions = self.positions(positions);
                return ("characters", self.say("compare-characters", &[("positions", &positions)]));
            }
        };
        let values = [("file", self.file(which)), ("at", at.to_string()), ("count", count.to_string())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        (id, self.say(&format!("compare-{id}"), &values))
    }

    /// What clients are known to get wrong about such keys, even where they are the same.
    fn hazards(&self) -> Vec<&'static str> {
        let any = |of: fn(&Key) -> bool| self.keys.iter().any(|key| of(key));
        let ascii = any(Key::is_beyond_ascii).then_some("probe-warning-key-ascii");
        let quotes = any(Key::has_hazards).then_some("probe-warning-key-quotes");
        ascii.into_iter().chain(quotes).collect()
    }

    fn file(&self, which: Which) -> String {
        match which {
            Which::First => self.names[0].clone(),
            Which::Second => self.names[1].clone(),
            Which::Both => self.texts.list(self.names),
        }
    }

    fn positions(&self, positions: &[usize]) -> String {
        let shown: Vec<String> = positions.iter().take(keys::MOST_POSITIONS).map(usize::to_string).collect();
        let more = if positions.len() > keys::MOST_POSITIONS { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    }

    fn say(&self, id: &str, values: &[(&str, &str)]) -> String {
        say(self.texts, id, values)
    }
}

const fn verdict(comparison: &Comparison) -> &'static str {
    match comparison {
        Comparison::Same => "compare-same",
        Comparison::Alike(_) => "compare-alike",
        Comparison::Different(_) => "compare-different",
    }
}

const fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Ascii => "compare-encoding-ascii",
        Encoding::Utf8 => "compare-encoding-utf8",
        Encoding::Utf8Marked => "compare-encoding-utf8-mark",
        Encoding::Utf16 => "compare-encoding-utf16",
        Encoding::Other => "compare-encoding-other",
    }
}
