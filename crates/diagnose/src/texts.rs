//! What is said to people, in their language.
//!
//! The words stand in `locales/LANGUAGE/*.ftl` (Project Fluent). Every language has every message, which tests demand. Commands are
//! the same in every language and stand in [`Remedy`].

mod facts;
mod language;
mod trouble;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

use crate::remedy::{self, Remedy};
use crate::{Cause, Code, FixAt, Ras};

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

    /// A stage of an attempt, or a place where codes arise, in words and with its identifier.
    pub fn stage(&self, id: &str) -> String {
        let words = self.get(&format!("stage-{}", message_id(id)));
        words.map_or_else(|| id.to_owned(), |words| format!("{words} [{id}]"))
    }

    /// Several things side by side, with the comma of the language.
    pub fn list(&self, items: &[String]) -> String {
        items.join(match self.language {
            Language::Chinese | Language::Japanese => "、",
            Language::English | Language::Portuguese => ", ",
        })
    }

    /// Several sentences one after the other.
    pub fn sentences(&self, sentences: &[String]) -> String {
        sentences.join(match self.language {
            Language::Chinese | Language::Japanese => "；",
            Language::English | Language::Portuguese => "; ",
        })
    }

    /// A name with what is said of it.
    pub fn labelled_name(&self, name: &str, said: &str) -> String {
        self.with("labelled", &[("name", name), ("said", said)]).unwrap_or_else(|| said.to_owned())
    }

    /// A label with what it is about behind it; a wide colon needs no blank.
    pub fn labelled(&self, label: &str, said: &str) -> String {
        let blank = if label.ends_with('：') { "" } else { " " };
        format!("{label}{blank}{said}")
    }

    /// Our own words about a code.
    pub fn code(&self, code: Code) -> Option<String> {
        match code {
            Code::Ras(ras) => self.get(&format!("ras-{ras}")),
            Code::Ike(code) => self.get(&format!("ipsec-{code}")),
        }
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
    use std::collections::{BTreeMap, BTreeSet};

    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

    use super::*;
    use crate::examine::Stage;

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
    fn every_language_has_the_messages_attributes_and_values_of_english_and_no_others() {
        let english = content(Language::English);
        for language in Language::ALL {
            let other = content(*language);
            let lacking: Vec<_> = english.iter().filter(|(id, values)| other.get(*id) != Some(values)).collect();
            assert!(lacking.is_empty(), "{language:?} lacks, or has with other values: {lacking:?}");
            let more: Vec<_> = other.keys().filter(|id| !english.contains_key(*id)).collect();
            assert!(more.is_empty(), "English lacks what {language:?} has: {more:?}");
        }
    }

    #[test]
    fn a_text_in_a_language_without_spaces_uses_its_own_punctuation() {
        for language in [Language::Chinese, Language::Japanese] {
            for (id, text) in said(language) {
                let own = text.chars().any(|character| u32::from(character) >= 0x3000);
                // "SSTP (HTTPS)" is the same everywhere.
                assert!(own || text.split(' ').count() <= 2, "{language:?} {id} is not translated: {text}");
                let letters: Vec<char> = text.chars().collect();
                for pair in letters.windows(2) {
                    let [before, mark] = pair else { continue };
                    // Japanese Windows has the half-width colon, too.
                    let wrong = matches!(mark, ',' | ';' | '?' | '!') || *mark == ':' && language == Language::Chinese;
                    let halfwidth = wrong && u32::from(*before) >= 0x3040;
                    assert!(!halfwidth, "{language:?} {id}: {text}");
                }
            }
        }
    }

    #[test]
    fn every_stage_that_a_code_or_a_finding_names_has_words_in_every_language() {
        let stages: BTreeSet<&str> = Code::all()
            .filter_map(|code| code.info()?.stage)
            .chain(Stage::ALL.iter().map(|stage| stage.id()))
            .collect();
        assert!(stages.contains("ike.phase1") && stages.contains("up"));
        for language in Language::ALL {
            let only = Texts { language: *language, bundles: vec![bundle(*language)] };
            for stage in &stages {
                assert_ne!(only.stage(stage), **stage, "{language:?}");
            }
        }
    }

    #[test]
    fn every_code_has_words_of_our_own_in_every_language() {
        for language in Language::ALL {
            let only = Texts { language: *language, bundles: vec![bundle(*language)] };
            let lacking: Vec<Code> = Code::all().filter(|code| only.code(*code).is_none()).collect();
            assert!(lacking.is_empty(), "{language:?} says nothing about {lacking:?}");
        }
    }

    /// What is said in a language, by identifier.
    fn said(language: Language) -> Vec<(String, String)> {
        let texts = Texts { language, bundles: vec![bundle(language)] };
        content(language).into_keys().map(|id| (id.clone(), texts.get(&id).unwrap_or_default())).collect()
    }

    /// The identifiers of messages and attributes, and the values that each takes.
    fn content(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut content = BTreeMap::new();
        for text in language.resources() {
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, _)| resource);
            for entry in resource.entries() {
                let Entry::Message(message) = entry else { continue };
                let id = message.id.name;
                if let Some(pattern) = &message.value {
                    content.insert(id.to_owned(), values(pattern));
                }
                for attribute in &message.attributes {
                    content.insert(format!("{id}.{}", attribute.id.name), values(&attribute.value));
                }
            }
        }
        content
    }

    /// The values that a pattern takes, in its variants, too.
    fn values(pattern: &Pattern<&str>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for element in &pattern.elements {
            let PatternElement::Placeable { expression } = element else { continue };
            match expression {
                Expression::Inline(InlineExpression::VariableReference { id }) => _ = names.insert(id.name.to_owned()),
                Expression::Select { selector: InlineExpression::VariableReference { id }, variants } => {
                    names.insert(id.name.to_owned());
                    names.extend(variants.iter().flat_map(|variant| values(&variant.value)));
                }
                other => panic!("a value is a variable: {other:?}"),
            }
        }
        names
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
            // Importing what was exported does not take away a value that was not there before.
            for added in remedy.commands.iter().filter_map(|command| command.strip_prefix("reg add ")) {
                let value = added.split(" /t ").next().unwrap();
                let taken =
                    |command: &&str| command.strip_prefix("reg delete ").is_some_and(|rest| rest.starts_with(value));
                assert!(remedy.undo.iter().any(taken), "{} leaves {value} behind", remedy.id);
            }
            let resets = |command: &&str| command.contains(" reset") || command.starts_with("netcfg");
            if remedy.commands.iter().any(resets) {
                assert!(remedy.commands.first().is_some_and(|first| first.contains("-before")), "{}", remedy.id);
                assert!(!remedy.undo.is_empty(), "{}", remedy.id);
            }
            if remedy.weakens {
                let texts = Texts::new(Language::English);
                assert!(texts.get(&format!("fix-{}.price", remedy.id)).is_some(), "{} says no price", remedy.id);
            }
        }
    }
}
