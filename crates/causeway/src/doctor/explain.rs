//! `causeway doctor explain`: what a number, a message or a line of a log means.

use std::fmt::Write;

use diagnose::{
    Cause, ClientMessage, Code, CodeInfo, Context, Language, Message, Recognised, Subject, Texts, examine, named,
    recognise,
};
use ingest::Settings;
use observe::Timeline;
use serde_json::{Value, json};

use super::paper::Paper;
use super::{NOT_ENOUGH, locale, text};
use crate::cli::doctor::Explain;
use crate::exit::Failure;

/// What a text is.
enum Meaning {
    /// A code, and the message under which the person met it.
    Code(Code, Option<Message>),
    /// A message of a client that shows no number.
    Client(&'static ClientMessage),
    /// A cause, by its name or as a log states it.
    Cause(Cause),
}

/// So much alike, a text is that message, and no line of a log that only has the words in common.
const THE_MESSAGE: f32 = 0.85;

pub(super) fn run(options: &Explain) -> Result<(), Failure> {
    let asked = options.words.join(" ");
    let (meanings, spoken) = meanings(&asked);
    let texts = Texts::new(options.lang.or(spoken).unwrap_or_else(locale));
    if options.json {
        let list: Vec<Value> = meanings.iter().map(|meaning| as_json(meaning, &texts)).collect();
        crate::print(&format!("{:#}\n", json!({ "asked": asked, "meanings": list })))?;
    } else {
        let mut out = String::new();
        for (index, meaning) in meanings.iter().enumerate() {
            if !out.is_empty() {
                out.push('\n');
            }
            as_text(index, meaning, &texts, Paper::of_output(), &mut out);
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
    if let Some(cause) = named(asked) {
        return (vec![Meaning::Cause(cause)], None);
    }
    let recognised = recognise(asked);
    // Somebody's log says more than a number that happens to stand in it.
    let number = asked.trim().chars().count() <= 12;
    let message = recognised.iter().any(|found| found.message.is_some() && found.likeness >= THE_MESSAGE);
    let in_log = if number || message { Vec::new() } else { from_log(asked) };
    if !in_log.is_empty() {
        return (in_log.into_iter().map(Meaning::Cause).collect(), None);
    }
    let best = recognised.first();
    let spoken = best.and_then(|found| Language::from_tag(found.message?.language));
    let spoken = spoken.or_else(|| best.and_then(|_| Language::of_text(asked)));
    let least = best.map_or(0.0, |found| found.likeness) - 0.05;
    let near = recognised.into_iter().filter(|found| found.likeness >= least);
    let meaning = |found: Recognised| match found.subject {
        Subject::Code(code) => Meaning::Code(code, found.message),
        Subject::Client(message) => Meaning::Client(message),
    };
    (near.map(meaning).collect(), spoken)
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

fn as_text(index: usize, meaning: &Meaning, texts: &Texts, paper: Paper, out: &mut String) {
    match meaning {
        Meaning::Code(code, met) => {
            let Some(info) = code.info() else { return };
            let number = code.number().to_string();
            let _ = writeln!(out, "{number} {}", info.symbol);
            if let Some(shown) = shown(&info, *met, texts) {
                let _ = writeln!(out, "  {shown}");
            }
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
            all_causes(&Subject::Code(*code).causes(), texts, paper, out);
        }
        Meaning::Client(message) => {
            let _ = writeln!(out, "{}", message.product);
            let _ = writeln!(out, "  {}", message.text);
            all_causes(&message.causes, texts, paper, out);
        }
        Meaning::Cause(cause) => text::advice(index, *cause, None, None, texts, paper, out),
    }
}

fn all_causes(causes: &[Cause], texts: &Texts, paper: Paper, out: &mut String) {
    if causes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", texts.get("explain-causes").unwrap_or_default());
    for (index, cause) in causes.iter().enumerate() {
        out.push('\n');
        text::advice(index, *cause, None, None, texts, paper, out);
    }
}

/// The text under which Windows shows the code: as the person met it, else in the language of the answer. The English one stands in
/// where nothing else is known.
fn shown(info: &CodeInfo, met: Option<Message>, texts: &Texts) -> Option<&'static str> {
    let language = texts.language();
    let met = met.filter(|met| Language::from_tag(met.language) == Some(language)).map(|met| met.text);
    if language == Language::English {
        return Some(met.unwrap_or(info.text));
    }
    let english = texts.code(info.code).is_none().then_some(info.text);
    met.or_else(|| info.code.message(language)).or(english)
}

fn as_json(meaning: &Meaning, texts: &Texts) -> Value {
    match meaning {
        Meaning::Code(code, met) => {
            let info = code.info();
            let causes: Vec<Value> =
                Subject::Code(*code).causes().into_iter().map(|cause| super::report::advice(cause, texts)).collect();
            json!({
                "code": code.number(),
                "symbol": info.as_ref().map(|info| info.symbol),
                "text": info.as_ref().map(|info| info.text),
                "shown": info.as_ref().and_then(|info| shown(info, *met, texts)),
                "stage": info.as_ref().and_then(|info| info.stage),
                "meaning": texts.code(*code),
                "causes": causes,
            })
        }
        Meaning::Client(message) => {
            let causes: Vec<Value> = message.causes.iter().map(|cause| super::report::advice(*cause, texts)).collect();
            json!({ "product": message.product, "text": message.text, "causes": causes })
        }
        Meaning::Cause(cause) => json!({ "causes": [super::report::advice(*cause, texts)] }),
    }
}
