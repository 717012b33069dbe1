//! `causeway doctor explain`: what a number, a message or a line of a log means.

use std::fmt::Write;

use diagnose::{Cause, Code, Context, Language, Texts, examine};
use ingest::Settings;
use observe::Timeline;
use serde_json::{Value, json};

use super::paper::Paper;
use super::{NOT_ENOUGH, locale, text};
use crate::cli::doctor::Explain;
use crate::exit::Failure;

/// What a text is.
enum Meaning {
    Code(Code),
    Cause(Cause),
}

pub(super) fn run(options: &Explain) -> Result<(), Failure> {
    let asked = options.words.join(" ");
    let (meanings, spoken) = meanings(&asked);
    let texts = Texts::new(options.lang.or(spoken).unwrap_or_else(locale));
    if options.json {
        let list: Vec<Value> = meanings.iter().map(|meaning| as_json(meaning, &texts)).collect();
        crate::print(&format!("{:#}\n", json!({ "asked": asked, "meanings": list })))?;
    } else {
        let mut out = String::new();
        for meaning in &meanings {
            if !out.is_empty() {
                out.push('\n');
            }
            as_text(meaning, &texts, Paper::of_output(), &mut out);
        }
        if meanings.is_empty() {
            out = texts.with("explain-unknown", &[("asked", &asked)]).unwrap_or_default();
            out.push('\n');
        }
        crate::print(&out)?;
    }
    if meanings.is_empty() { Err(Failure::explained(NOT_ENOUGH)) } else { Ok(()) }
}

/// What the text means, and the language in which it was recognised.
fn meanings(asked: &str) -> (Vec<Meaning>, Option<Language>) {
    if let Some(cause) = Cause::of_id(asked.trim()) {
        return (vec![Meaning::Cause(cause)], None);
    }
    // Somebody's log says more than a number that happens to stand in it.
    let number = asked.trim().len() <= 12;
    let recognised = Code::recognise(asked);
    let in_log =
        if number || recognised.iter().any(|found| found.language.is_some()) { Vec::new() } else { from_log(asked) };
    if !in_log.is_empty() {
        return (in_log.into_iter().map(Meaning::Cause).collect(), None);
    }
    let best = recognised.first().map_or(0.0, |found| found.likeness);
    let spoken = recognised.first().and_then(|found| found.language).and_then(Language::from_tag);
    let near = recognised.into_iter().filter(|found| found.likeness >= best - 0.05);
    (near.map(|found| Meaning::Code(found.code)).collect(), spoken)
}

/// The causes that a line of a log states.
fn from_log(asked: &str) -> Vec<Cause> {
    let mut timeline = Timeline::new();
    let settings = Settings::default();
    if ingest::read("text", asked.as_bytes(), &settings, &mut timeline, &mut |_| {}).is_err() {
        return Vec::new();
    }
    let found = examine(&timeline, Context::default()).findings;
    found.iter().map(|finding| finding.cause).filter(|cause| *cause != Cause::NoneHealthy).take(3).collect()
}

/// Causes of a code: those that are known, the most likely first.
fn causes(code: Code) -> Vec<Cause> {
    let listed = code.info().map(|info| info.causes).unwrap_or_default();
    if !listed.is_empty() {
        return listed;
    }
    match code {
        Code::Ras(ras) => Cause::ALL.iter().copied().filter(|cause| cause.ras().contains(&ras)).collect(),
        Code::Ike(_) => Vec::new(),
    }
}

fn as_text(meaning: &Meaning, texts: &Texts, paper: Paper, out: &mut String) {
    match meaning {
        Meaning::Code(code) => {
            let Some(info) = code.info() else { return };
            let number = code.number().to_string();
            let _ = writeln!(out, "{number} {}", info.symbol);
            let _ = writeln!(out, "  {}", info.text);
            if let Some(own) = texts.code(*code) {
                let _ = writeln!(out, "  {own}");
            }
            if let Some(stage) = info.stage {
                let _ = writeln!(
                    out,
                    "  {}",
                    texts.with("explain-stage", &[("stage", &texts.stage(stage))]).unwrap_or_default()
                );
            }
            let causes = causes(*code);
            if causes.is_empty() {
                return;
            }
            let _ = writeln!(out, "\n{}", texts.get("explain-causes").unwrap_or_default());
            for (index, cause) in causes.iter().enumerate() {
                out.push('\n');
                text::advice(index, *cause, None, None, texts, paper, out);
            }
        }
        Meaning::Cause(cause) => text::advice(0, *cause, None, None, texts, paper, out),
    }
}

fn as_json(meaning: &Meaning, texts: &Texts) -> Value {
    match meaning {
        Meaning::Code(code) => {
            let info = code.info();
            let causes: Vec<Value> =
                causes(*code).into_iter().map(|cause| super::report::advice(cause, texts)).collect();
            json!({
                "code": code.number(),
                "symbol": info.as_ref().map(|info| info.symbol),
                "text": info.as_ref().map(|info| info.text),
                "stage": info.as_ref().and_then(|info| info.stage),
                "meaning": texts.code(*code),
                "causes": causes,
            })
        }
        Meaning::Cause(cause) => json!({ "causes": [super::report::advice(*cause, texts)] }),
    }
}
