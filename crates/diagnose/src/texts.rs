//! What is said to people, in their language.
//!
//! The words stand in `locales/LANGUAGE/*.ftl` (Project Fluent); English has every message, the others may lack some, and then the
//! English one is said. Commands are the same in every language and stand in [`Remedy`].

mod language;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

use crate::remedy::{self, Remedy};
use crate::{Cause, FixAt, Ras};

pub use language::Language;

/// The words of one language.
pub struct Texts {
    language: Language,
    /// The language's own words, then English.
    bundles: Vec<FluentBundle<FluentResource>>,
}

/// What is to be known about a cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// The cause in a sentence.
    pub summary: String,
    /// What it means, and how it comes about.
    pub meaning: String,
    /// What would settle whether it is this one.
    pub settle: Option<String>,
    /// What mends it, the safest first.
    pub fixes: Vec<Fix>,
}

/// One way to mend a cause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What to do, and where.
    pub what: String,
    /// Commands, one on each line: first what keeps the present state, then what changes it.
    pub commands: &'static [&'static str],
    /// Commands that take it back.
    pub undo: &'static [&'static str],
    /// What it costs in security, if anything.
    pub price: Option<String>,
}

impl Texts {
    /// The words of `language`.
    pub fn new(language: Language) -> Texts {
        let mut languages = vec![language];
        if language != Language::English {
            languages.push(Language::English);
        }
        Texts { language, bundles: languages.into_iter().map(bundle).collect() }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A message, or one of its attributes as `message.attribute`. `None` when no language has it.
    pub fn get(&self, id: &str) -> Option<String> {
        self.format(id, None)
    }

    /// A message with values in it.
    pub fn with(&self, id: &str, values: &[(&str, &str)]) -> Option<String> {
        let mut args = FluentArgs::new();
        for &(name, value) in values {
            args.set(name, FluentValue::from(value));
        }
        self.format(id, Some(&args))
    }

    fn format(&self, id: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        let (message, attribute) =
            id.split_once('.').map_or((id, None), |(message, attribute)| (message, Some(attribute)));
        self.bundles.iter().find_map(|bundle| {
            let message = bundle.get_message(message)?;
            let pattern = match attribute {
                Some(attribute) => message.get_attribute(attribute)?.value(),
                None => message.value()?,
            };
            // A value that is missing shows as its name; that is a mistake of ours, and no reason to say nothing.
            Some(bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
        })
    }

    /// What is to be known about a cause.
    pub fn advice(&self, cause: Cause) -> Advice {
        let id = message_id(cause.id());
        Advice {
            summary: self.get(&id).unwrap_or_else(|| cause.id().to_owned()),
            meaning: self.get(&format!("{id}.meaning")).unwrap_or_default(),
            settle: self.get(&format!("{id}.settle")),
            fixes: remedy::of(cause).iter().filter_map(|remedy| self.fix(remedy)).collect(),
        }
    }

    fn fix(&self, remedy: &'static Remedy) -> Option<Fix> {
        let id = format!("fix-{}", remedy.id);
        Some(Fix {
            what: self.get(&id)?,
            commands: remedy.commands,
            undo: remedy.undo,
            price: self.get(&format!("{id}.price")),
        })
    }

    /// Who has to change something.
    pub fn fix_at(&self, fix_at: FixAt) -> String {
        self.get(&format!("at-{}", message_id(fix_at.id()))).unwrap_or_else(|| fix_at.id().to_owned())
    }

    /// A Windows error in a sentence.
    pub fn ras(&self, ras: Ras) -> Option<String> {
        self.get(&format!("ras-{ras}")).or_else(|| ras.text().map(str::to_owned))
    }
}

/// Identifiers of Fluent hold no dots and no blanks.
fn message_id(id: &str) -> String {
    id.replace(['.', ' '], "-")
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new(vec![language.identifier()]);
    // Marks around values would show as boxes on some terminals.
    bundle.set_use_isolating(false);
    for text in language.resources() {
        let resource = match FluentResource::try_new((*text).to_owned()) {
            // What can be understood of a file with a mistake is better than nothing; a test finds the mistake.
            Ok(resource) | Err((resource, _)) => resource,
        };
        let _ = bundle.add_resource(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_files_have_no_mistakes() {
        for language in Language::ALL {
            let mut bundle = FluentBundle::new(vec![language.identifier()]);
            for text in language.resources() {
                let resource = FluentResource::try_new((*text).to_owned());
                let resource = resource.unwrap_or_else(|(_, errors)| panic!("{language:?}: {errors:?}"));
                bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{language:?}: {errors:?}"));
            }
        }
    }

    #[test]
    fn every_cause_is_explained_and_every_remedy_described_in_every_language() {
        for language in Language::ALL {
            let only = Texts { language: *language, bundles: vec![bundle(*language)] };
            for cause in Cause::ALL {
                let id = message_id(cause.id());
                assert!(only.get(&id).is_some(), "{language:?} has no {id}");
                assert!(only.get(&format!("{id}.meaning")).is_some(), "{language:?} has no {id}.meaning");
                for remedy in remedy::of(*cause) {
                    assert!(only.get(&format!("fix-{}", remedy.id)).is_some(), "{language:?} has no fix-{}", remedy.id);
                }
                assert!(only.get(&format!("at-{}", message_id(cause.fix_at().id()))).is_some(), "{language:?} {cause}");
            }
        }
    }

    #[test]
    fn what_changes_a_registry_or_a_firewall_keeps_the_old_state_and_can_be_taken_back() {
        let mut seen = BTreeSet::new();
        for remedy in Cause::ALL.iter().flat_map(|cause| remedy::of(*cause)) {
            if !seen.insert(remedy.id) {
                continue;
            }
            let changes = |command: &&str| command.starts_with("reg add") || command.starts_with("reg delete");
            if remedy.commands.iter().any(changes) {
                assert!(remedy.commands.first().is_some_and(|first| first.starts_with("reg export")), "{}", remedy.id);
                assert!(!remedy.undo.is_empty(), "{}", remedy.id);
            }
            if remedy.weakens {
                let texts = Texts::new(Language::English);
                assert!(texts.get(&format!("fix-{}.price", remedy.id)).is_some(), "{} says no price", remedy.id);
            }
        }
    }
}
