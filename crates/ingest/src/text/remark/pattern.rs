//! Phrases by which a subject is recognised.
//!
//! A pattern is parts with ` & ` between them, all of which a sentence must have; a part that begins with `!` it must not have. A
//! part is words one behind the other, `..` standing for up to five words in between. A word is alternatives with `|` between
//! them, each the whole word, its beginning (`drop*`) or something in it (`*modp*`). Of a script without blanks a piece in a run of
//! letters suffices.

use std::collections::HashMap;

use super::sentence::{Word, is_wide};

/// Words that `..` stands for, at most.
const GAP: usize = 5;

/// A pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    needs: Vec<Vec<Step>>,
    without: Vec<Vec<Step>>,
}

/// One word of a part.
#[derive(Debug)]
struct Step {
    /// Words that may stand before it.
    gap: usize,
    terms: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Whole(String),
    Stem(String),
    Inside(String),
}

/// Where a pattern stands in a sentence: the first word, and the one behind the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Pattern {
    /// Reads a pattern. `names` are alternatives that have a name, which is written `@name`.
    pub(super) fn parse(text: &str, names: &HashMap<&str, Vec<&str>>) -> Pattern {
        let (mut needs, mut without) = (Vec::new(), Vec::new());
        for part in text.split(" & ") {
            match part.trim().strip_prefix('!') {
                Some(part) => without.push(steps(part, names)),
                None => needs.push(steps(part.trim(), names)),
            }
        }
        Pattern { needs, without }
    }

    /// Where it stands, if the sentence has it.
    pub(super) fn find(&self, words: &[Word]) -> Option<Span> {
        if self.without.iter().any(|part| stands(part, words).is_some()) {
            return None;
        }
        let mut whole: Option<Span> = None;
        for part in &self.needs {
            let span = stands(part, words)?;
            whole =
                Some(whole.map_or(span, |whole| Span { from: whole.from.min(span.from), to: whole.to.max(span.to) }));
        }
        whole
    }

    /// The words one of which a sentence with this pattern has.
    pub(super) fn anchor(&self) -> Anchor<'_> {
        let steps = || self.needs.iter().flatten().map(|step| &step.terms);
        if steps()
            .any(|terms| terms.iter().all(|term| matches!(term, Term::Inside(inside) if inside.contains(is_wide))))
        {
            return Anchor::Wide;
        }
        let whole = steps()
            .filter(|terms| terms.iter().all(|term| matches!(term, Term::Whole(_))))
            .min_by_key(|terms| terms.len());
        match whole {
            Some(terms) => Anchor::Words(
                terms
                    .iter()
                    .filter_map(|term| if let Term::Whole(word) = term { Some(word.as_str()) } else { None })
                    .collect(),
            ),
            None => Anchor::Any,
        }
    }
}

/// What a sentence must have for a pattern to be worth looking for.
pub(super) enum Anchor<'a> {
    /// One of these words.
    Words(Vec<&'a str>),
    /// Letters of a script without blanks.
    Wide,
    /// It cannot be told.
    Any,
}

fn steps(part: &str, names: &HashMap<&str, Vec<&str>>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut gap = 0;
    for word in part.split_whitespace() {
        if word == ".." {
            gap = GAP;
            continue;
        }
        let mut terms = Vec::new();
        for alternative in word.split('|') {
            match alternative.strip_prefix('@').and_then(|name| names.get(name)) {
                Some(named) => terms.extend(named.iter().map(|word| Term::parse(word))),
                None => terms.push(Term::parse(alternative)),
            }
        }
        steps.push(Step { gap, terms });
        gap = 0;
    }
    steps
}

impl Term {
    fn parse(word: &str) -> Term {
        if let Some(inside) = word.strip_prefix('*').and_then(|word| word.strip_suffix('*')) {
            return Term::Inside(inside.to_owned());
        }
        if word.contains(is_wide) {
            return Term::Inside(word.trim_matches('*').to_owned());
        }
        match word.strip_suffix('*') {
            Some(stem) => Term::Stem(stem.to_owned()),
            None => Term::Whole(word.to_owned()),
        }
    }

    fn is(&self, word: &str) -> bool {
        match self {
            Term::Whole(whole) => word == whole,
            Term::Stem(stem) => word.starts_with(stem.as_str()),
            Term::Inside(inside) => word.contains(inside.as_str()),
        }
    }
}

/// The first place at which a part stands.
fn stands(part: &[Step], words: &[Word]) -> Option<Span> {
    let (first, rest) = part.split_first()?;
    (0..words.len()).find_map(|from| {
        let begins = words.get(from).is_some_and(|word| first.is(word));
        begins.then(|| follows(rest, words, from + 1)).flatten().map(|to| Span { from, to })
    })
}

/// Where the rest of a part ends that begins at `at`.
fn follows(part: &[Step], words: &[Word], at: usize) -> Option<usize> {
    let Some((first, rest)) = part.split_first() else { return Some(at) };
    (at..=at + first.gap).find_map(|at| {
        let fits = words.get(at).is_some_and(|word| first.is(word));
        fits.then(|| follows(rest, words, at + 1)).flatten()
    })
}

impl Step {
    fn is(&self, word: &Word) -> bool {
        self.terms.iter().any(|term| term.is(&word.text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sentence::{Piece, pieces};
    use super::*;

    fn find(pattern: &str, sentence: &str) -> Option<(usize, usize)> {
        let words: Vec<Word> = pieces(sentence)
            .into_iter()
            .filter_map(|piece| if let Piece::Word(text) = piece { Some(Word { text, line: 1 }) } else { None })
            .collect();
        let names = HashMap::from([("no", vec!["not", "cannot"])]);
        Pattern::parse(pattern, &names).find(&words).map(|span| (span.from, span.to))
    }

    #[test]
    fn words_stand_one_behind_the_other_or_with_a_gap() {
        assert_eq!(find("port 500", "open UDP port 500 there"), Some((2, 4)));
        assert_eq!(find("open 500", "open UDP port 500 there"), None);
        assert_eq!(find("open .. 500", "open UDP port 500 there"), Some((0, 4)));
    }

    #[test]
    fn every_part_is_needed_and_none_of_the_excluded_may_be_there() {
        assert_eq!(find("nat & second|two", "two PCs behind a NAT"), Some((0, 4)));
        assert_eq!(find("nat & second|two", "one PC behind a NAT"), None);
        assert_eq!(find("4500 & !500", "ports 500 and 4500"), None);
    }

    #[test]
    fn a_word_may_be_a_stem_a_piece_or_a_name_for_several() {
        assert_eq!(find("drop*", "it is dropped"), Some((2, 3)));
        assert_eq!(find("*modp1024*", "aes128-sha1-modp1024"), Some((0, 1)));
        assert_eq!(find("@no .. reach", "we can not yet reach it"), Some((2, 5)));
        assert_eq!(find("注册表|レジストリ", "我修改了注册表 重启"), Some((0, 1)));
    }
}
