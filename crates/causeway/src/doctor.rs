//! `causeway doctor`: says why a connection fails, whoever made the server and the client.

mod explain;
mod read;
pub(crate) mod report;
pub(crate) mod text;

use diagnose::{Context, Diagnosis, Language, Ras, Scope, Texts};
use observe::Timeline;

use crate::cli::doctor::{self as options, Command, Common, Doctor};
use crate::exit::Failure;

/// Exit status for evidence that does not suffice.
const NOT_ENOUGH: u8 = 3;

pub(crate) fn run(options: &Doctor) -> Result<(), Failure> {
    match &options.command {
        Command::Read(options) => read::run(options),
        Command::Explain(options) => explain::run(options),
    }
}

/// The language of the locale; English for one that is not spoken.
pub(crate) fn locale() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Language::from_tag(&value)
    });
    set.unwrap_or(Language::English)
}

fn context(common: &Common) -> Context {
    let scope = common.scope.map(|scope| match scope {
        options::Scope::User => Scope::OneUser,
        options::Scope::Site => Scope::OneSite,
        options::Scope::Everyone => Scope::Everyone,
    });
    Context { scope, ras: common.error.map(Ras) }
}

/// Says what was found, as the person wants it, and with which status the program ends.
fn conclude(timeline: &Timeline, diagnosis: &Diagnosis, common: &Common) -> Result<(), Failure> {
    let texts = Texts::new(common.lang.unwrap_or_else(locale));
    if common.json {
        crate::print(&format!("{:#}\n", report::json(timeline, diagnosis, &texts)))?;
    } else {
        crate::print(&text::render(timeline, diagnosis, &texts))?;
    }
    match (diagnosis.healthy, diagnosis.enough) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::explained(1)),
        (false, false) => Err(Failure::explained(NOT_ENOUGH)),
    }
}
