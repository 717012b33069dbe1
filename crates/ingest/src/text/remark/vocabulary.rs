//! The phrases by which people bring subjects up, from the tables in `data/remarks`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use observe::remark::Topic;

use super::pattern::{Anchor, Pattern, Span};
use super::sense;
use super::sentence::{Word, is_wide};

/// What a phrase names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Subject {
    /// A subject.
    Topic(Topic),
    /// A message whose error number is known.
    Ras(u32),
    /// The same of IPsec.
    Ike(u32),
}

const TABLES: [&str; 6] = [
    include_str!("../../../data/remarks/path.tsv"),
    include_str!("../../../data/remarks/ipsec.tsv"),
    include_str!("../../../data/remarks/tunnel.tsv"),
    include_str!("../../../data/remarks/logon.tsv"),
    include_str!("../../../data/remarks/traffic.tsv"),
    include_str!("../../../data/remarks/host.tsv"),
];

const NAMES: &str = include_str!("../../../data/remarks/names.tsv");

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::read);

/// All phrases.
struct Vocabulary {
    phrases: Vec<(Subject, Pattern)>,
    by_word: HashMap<String, Vec<usize>>,
    wide: Vec<usize>,
    always: Vec<usize>,
}

impl Vocabulary {
    fn read() -> Vocabulary {
        let names: HashMap<&str, Vec<&str>> =
            rows(NAMES).map(|(name, words)| (name, words.split('|').collect())).collect();
        let mut vocabulary =
            Vocabulary { phrases: Vec::new(), by_word: HashMap::new(), wide: Vec::new(), always: Vec::new() };
        for (subject, phrase) in TABLES.iter().flat_map(|table| rows(table)) {
            let Some(subject) = subject_of(subject) else { continue };
            let index = vocabulary.phrases.len();
            let pattern = Pattern::parse(phrase, &names);
            match pattern.anchor() {
                Anchor::Words(words) => {
                    for word in words {
                        vocabulary.by_word.entry(word.to_owned()).or_default().push(index);
                    }
                }
                Anchor::Wide => vocabulary.wide.push(index),
                Anchor::Any => vocabulary.always.push(index),
            }
            vocabulary.phrases.push((subject, pattern));
        }
        vocabulary
    }
}

/// Lines of a table: two fields with a tab between them.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

fn subject_of(name: &str) -> Option<Subject> {
    if let Some(code) = name.strip_prefix("ras.") {
        return code.parse().ok().map(Subject::Ras);
    }
    if let Some(code) = name.strip_prefix("ike.") {
        return code.parse().ok().map(Subject::Ike);
    }
    Topic::of_id(name).map(Subject::Topic)
}

/// The longer phrase says more, and one with a "not" in it says what the "not" is about.
fn worth(words: &[Word], span: Span) -> (bool, usize) {
    (sense::is_not(words, span), span.to - span.from)
}

/// The subjects of a sentence, each with the phrase that says most.
pub(super) fn subjects(words: &[Word]) -> Vec<(Subject, Span)> {
    let vocabulary = &*VOCABULARY;
    let mut tried: HashSet<usize> = HashSet::new();
    let mut found: Vec<(Subject, Span)> = Vec::new();
    let by_word = words.iter().filter_map(|word| vocabulary.by_word.get(&word.text)).flatten();
    let wide = words.iter().any(|word| word.text.contains(is_wide));
    let wide = vocabulary.wide.iter().filter(|_| wide);
    for index in by_word.chain(wide).chain(&vocabulary.always) {
        if !tried.insert(*index) {
            continue;
        }
        let Some((subject, pattern)) = vocabulary.phrases.get(*index) else { continue };
        let Some(span) = pattern.find(words) else { continue };
        match found.iter_mut().find(|(known, _)| known == subject) {
            Some((_, known)) if worth(words, span) > worth(words, *known) => *known = span,
            Some(_) => {}
            None => found.push((*subject, span)),
        }
    }
    found.sort_by_key(|(_, span)| span.from);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_subject_and_every_subject_has_a_row() {
        let mut spoken_of = HashSet::new();
        for (subject, phrase) in TABLES.iter().flat_map(|table| rows(table)) {
            let known = subject_of(subject);
            assert!(known.is_some(), "{subject} is no subject: {phrase}");
            spoken_of.extend(known);
        }
        for topic in Topic::ALL {
            assert!(spoken_of.contains(&Subject::Topic(*topic)), "no phrase names {topic}");
        }
    }

    #[test]
    fn names_in_phrases_are_defined() {
        let names: HashSet<&str> = rows(NAMES).map(|(name, _)| name).collect();
        for (_, phrase) in TABLES.iter().flat_map(|table| rows(table)) {
            for word in phrase.split([' ', '|', '!']).filter_map(|word| word.strip_prefix('@')) {
                assert!(names.contains(word), "@{word} in {phrase}");
            }
        }
    }
}
