//! `causeway doctor`: says why a connection fails, whoever made the server and the client.

mod chronicle;
mod compare;
mod explain;
mod html;
mod mistake;
pub(crate) mod paper;
mod phrases;
mod picture;
mod probe;
mod question;
mod read;
pub(crate) mod report;
mod story;
pub(crate) mod text;

use std::path::Path;

use diagnose::{Context, Diagnosis, Language, Ras, Scope, Texts};
use jiff::tz::TimeZone;
use observe::{Fact, Time, Timeline, reported};
use serde_json::{Map, Value};

use crate::cli::doctor::{self as options, Command, Common, Doctor};
use crate::exit::Failure;
use paper::Paper;
use phrases::Clockwork;

/// Exit status for evidence that does not suffice.
const NOT_ENOUGH: u8 = 3;

pub(crate) fn run(options: &Doctor) -> Result<(), Failure> {
    match &options.command {
        Command::Read(options) => read::run(options),
        Command::Compare(options) => compare::run(options),
        Command::Explain(options) => explain::run(options),
        Command::Probe(options) => probe::run(options),
    }
}

/// The language of the locale; English for one that is not spoken.
pub(crate) fn locale() -> Language {
    // The first one that is set counts, whether or not its language is spoken (POSIX, 8.2).
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.and_then(|value| Language::from_tag(&value)).unwrap_or(Language::English)
}

/// What the person says beside the evidence; who is affected is asked where there is somebody to ask.
fn context(common: &Common, timeline: &Timeline) -> Result<Context, Failure> {
    let scope = common.scope.map(|scope| match scope {
        options::Scope::User => Scope::OneUser,
        options::Scope::Site => Scope::OneSite,
        options::Scope::Everyone => Scope::Everyone,
    });
    let told =
        timeline.observations().iter().any(|seen| matches!(seen.fact, Fact::Reported(reported::Fact::Affects(_))));
    let asks = scope.is_none() && !told && !common.json && common.html.is_none();
    let scope = if asks { question::scope(&texts(common))? } else { scope };
    Ok(Context { scope, ras: common.error.map(Ras) })
}

fn texts(common: &Common) -> Texts {
    Texts::new(common.lang.unwrap_or_else(locale))
}

/// Says what was found, as the person wants it, and with which status the program ends.
fn conclude(timeline: &Timeline, diagnosis: &Diagnosis, common: &Common) -> Result<(), Failure> {
    publish(timeline, diagnosis, common, Map::new())?;
    match (diagnosis.healthy, diagnosis.enough) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::explained(1)),
        (false, false) => Err(Failure::explained(NOT_ENOUGH)),
    }
}

/// Says what was found, as the person wants it; `further` goes into the JSON, too.
fn publish(
    timeline: &Timeline,
    diagnosis: &Diagnosis,
    common: &Common,
    further: Map<String, Value>,
) -> Result<(), Failure> {
    let texts = texts(common);
    let page_instead = common.html.as_deref() == Some(Path::new("-"));
    if page_instead && common.json {
        return Err(mistake::usage(&texts, "error-two-outputs", &[]));
    }
    if let Some(file) = &common.html {
        let now = Time(jiff::Timestamp::now().as_microsecond());
        let page = html::page(timeline, diagnosis, &texts, now, TimeZone::system());
        if page_instead {
            crate::print(&page)?;
        } else {
            let named = file.display().to_string();
            std::fs::write(file, page)
                .map_err(|error| mistake::local(&texts, "error-cannot-write", &[("file", &named)], &error))?;
        }
    }
    if common.json {
        let mut report = report::json(timeline, diagnosis, &texts);
        if common.timeline {
            report["timeline"] = chronicle::json(timeline, diagnosis, &texts);
        }
        report.as_object_mut().into_iter().for_each(|report| report.extend(further.clone()));
        crate::print(&format!("{report:#}\n"))?;
    } else if !page_instead {
        let paper = Paper::of_output();
        let mut text = text::render(timeline, diagnosis, &texts, paper);
        if common.timeline {
            let clock = Clockwork::new(timeline, TimeZone::system());
            text.push('\n');
            text.push_str(&chronicle::render(timeline, diagnosis, &texts, &clock, paper));
        }
        crate::print(&text)?;
    }
    Ok(())
}
