//! Remarks: what people say of a failure in sentences, commands and lines of configuration that they paste.
//!
//! Lines are joined to sentences; a phrase of the vocabulary in a sentence brings up a subject; what the sentence and its
//! neighbours say about success and failure gives the sense.

mod pattern;
mod sense;
mod sentence;
mod vocabulary;
mod voice;

use observe::remark::{Fact, Stance, Topic};
use observe::{About, reported};

use super::reader::Out;
use sense::Sense;
use sentence::{Piece, Word};
use vocabulary::Subject;

/// Remarks of one text that are kept.
const MOST: usize = 256;

/// Words of one sentence that are looked at; more is no sentence.
const LONGEST: usize = 160;

/// A line of fewer letters is not continued by the next one.
const WRAPPED: usize = 58;

/// Lines in which somebody may speak; nobody writes more, and a long text without a person in it costs nothing behind them.
const LINES: u32 = 4000;

/// Lines of a note whose subject is clear to those who write it. A longer text that never names what fails is about something else.
const NOTE: u32 = 24;

/// Lines over which "that fixed it" reaches.
const REACH: u64 = 8;

/// Lines over which "I still get the error" reaches back to what was tried.
const REACH_OF_TRIALS: u64 = 14;

/// What is said in a text, sentence by sentence.
#[derive(Default)]
pub(super) struct Remarks {
    words: Vec<Word>,
    lines: Vec<(u64, String)>,
    last: u64,
    /// The last line that was taken for an unknown one of a program.
    stray: u64,
    found: Vec<Remark>,
    /// Up to this line, what stands there was announced as the repair.
    repair_until: u64,
    /// Up to this line, what stands there was announced as tried.
    trials_until: u64,
    /// Sentences until now.
    sentence: usize,
    /// Somebody speaks here: it is no file of a program.
    voice: bool,
    /// Remote access is named in so many words.
    named: bool,
    /// Lines until now.
    lines_read: u32,
}

/// A subject with its place.
struct Remark {
    said: Said,
    line: u64,
    text: String,
    sentence: usize,
    tried: bool,
    /// It stands in a command, which somebody gave.
    command: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Said {
    Topic(Topic, Stance),
    Ras(u32),
    Ike(u32),
}

impl Remarks {
    /// Reads a line. True when something in it is spoken of that the doctor knows.
    ///
    /// Directly behind a line of a program stands another one, which only no reader knows, unless it is plainly a sentence.
    pub(super) fn line(&mut self, number: u64, line: &str, behind_log: bool) -> bool {
        if (behind_log || self.stray + 1 == number && number > 1)
            && !voice::is_sentence(line)
            && !line.trim().is_empty()
        {
            self.stray = number;
            self.end(false, false);
            self.last = number;
            return false;
        }
        let text = line.trim_start_matches([' ', '\t', '>', '*', '-', '•', '$', '#', '|', '+']).trim_end();
        if number != self.last + 1 || text.is_empty() {
            self.end(false, false);
        }
        self.last = number;
        self.lines_read = self.lines_read.saturating_add(1);
        if self.lines_read > LINES {
            return false;
        }
        if text.is_empty() {
            self.trials_until = 0;
            return false;
        }
        self.voice |= voice::speaks(line);
        let mut own: Vec<Word> = Vec::new();
        self.lines.push((number, line.trim().to_owned()));
        for piece in sentence::pieces(text) {
            match piece {
                Piece::Word(text) => {
                    self.named = self.named || voice::names(&text);
                    let word = Word { text, line: number };
                    own.push(word.clone());
                    self.words.push(word);
                    if self.words.len() >= LONGEST {
                        self.end(false, false);
                        self.lines.push((number, line.trim().to_owned()));
                    }
                }
                Piece::End { colon } => {
                    self.end(colon, false);
                    self.lines.push((number, line.trim().to_owned()));
                }
            }
        }
        let asks = text.ends_with(['?', '\u{ff1f}']);
        if text.chars().count() < WRAPPED {
            self.end(text.ends_with(':'), asks);
        }
        (self.voice || voice::commands(line)) && !vocabulary::subjects(&own).is_empty()
    }

    /// Says what was found.
    pub(super) fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.end(false, false);
        if self.lines_read > NOTE && !self.named {
            self.found.clear();
        }
        let voice = self.voice;
        for remark in self.found.drain(..).filter(|remark| voice || remark.command) {
            let about = About::default();
            match remark.said {
                Said::Topic(topic, stance) => {
                    out.say_of(None, remark.line, &remark.text, about, Fact { topic, stance })
                }
                Said::Ras(code) => out.say_of(None, remark.line, &remark.text, about, reported::Fact::Ras { code }),
                Said::Ike(code) => out.say_of(None, remark.line, &remark.text, about, reported::Fact::Ike { code }),
            }
        }
        *self = Remarks::default();
    }

    /// A sentence is over.
    fn end(&mut self, colon: bool, asks: bool) {
        let words = std::mem::take(&mut self.words);
        let lines = std::mem::take(&mut self.lines);
        let Some((first, last)) = words.first().zip(words.last()) else { return };
        self.sentence += 1;
        let sense = Sense::of(&words, asks);
        let subjects = vocabulary::subjects(&words);
        let topics =
            subjects.iter().any(|(subject, _)| matches!(subject, Subject::Topic(topic) if !topic.is_context()));
        let announced = first.line <= self.repair_until;
        let trial = first.line <= self.trials_until;
        for (subject, span) in &subjects {
            let at = words.get(span.from).map_or(first.line, |word| word.line);
            let text = lines.iter().find(|(line, _)| *line == at).map_or(String::new(), |(_, text)| text.clone());
            let said = match subject {
                Subject::Ras(code) => Said::Ras(*code),
                Subject::Ike(code) => Said::Ike(*code),
                Subject::Topic(topic) => {
                    let denied = !is_symptom(*topic) && sense::denied(&words, *span)
                        || is_circumstance(*topic) && sense::absent(&words, *span)
                        || is_state(*topic) && sense::is_not(&words, *span);
                    Said::Topic(*topic, stance(denied, sense, announced, trial))
                }
            };
            self.keep(said, at, text, sense.tries || trial);
        }
        self.reach(sense, colon, topics, &words, last.line);
    }

    /// What a sentence about the effect means for its neighbours.
    fn reach(&mut self, sense: Sense, colon: bool, topics: bool, words: &[Word], line: u64) {
        let own = self.sentence;
        if sense.in_vain && !sense.mends {
            for remark in self.found.iter_mut().filter(|remark| remark.sentence != own) {
                let near = remark.sentence + 1 == own && !topics && Sense::is_verdict(words);
                let listed = remark.tried && remark.line + REACH_OF_TRIALS >= line;
                if let Said::Topic(topic, stance) = &mut remark.said
                    && (near || listed)
                    && *stance != Stance::Mended
                    && !topic.is_context()
                {
                    *stance = Stance::Denied;
                }
            }
        }
        if colon && sense.tries && !sense.mends {
            self.trials_until = line + REACH;
        } else if sense.mends && !sense.in_vain && !topics && Sense::is_verdict(words) {
            let reach = |remark: &Remark| remark.line + REACH >= line && remark.sentence != own;
            let any = self.found.iter().any(reach);
            if colon || !any {
                self.repair_until = line + REACH;
            }
            for remark in self.found.iter_mut().filter(|remark| !colon && reach(remark)) {
                if let Said::Topic(topic, stance @ (Stance::Stated | Stance::Supposed)) = &mut remark.said
                    && !topic.is_context()
                {
                    *stance = Stance::Mended;
                }
            }
        } else if sense.mends && colon {
            self.repair_until = line + REACH;
        } else if sense.mends && !sense.in_vain && sense::points_back(words) {
            for remark in self.found.iter_mut().filter(|remark| remark.sentence + 1 == own) {
                if let Said::Topic(topic, stance @ Stance::Stated) = &mut remark.said
                    && !topic.is_context()
                {
                    *stance = Stance::Mended;
                }
            }
        }
    }

    fn keep(&mut self, said: Said, line: u64, text: String, tried: bool) {
        let known = self.found.iter().any(|known| known.said == said && known.line == line);
        if !known && self.found.len() < MOST {
            let command = voice::commands(&text);
            self.found.push(Remark { said, line, text, sentence: self.sentence, tried, command });
        }
    }
}

/// In which sense a sentence brings something up.
fn stance(denied: bool, sense: Sense, announced: bool, trial: bool) -> Stance {
    let mended = sense.mends && !sense.in_vain;
    if denied && !(mended && sense.tries) || sense.tries && sense.in_vain && !sense.mends {
        Stance::Denied
    } else if announced || mended && !sense.supposes {
        Stance::Mended
    } else if sense.supposes || sense.tries || trial {
        Stance::Supposed
    } else {
        Stance::Stated
    }
}

/// Whether a topic is a state in which something is, and whose phrases have no "not" of their own.
fn is_state(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::AccountLocked
            | Topic::AccountDisabled
            | Topic::AccountExpired
            | Topic::PasswordExpired
            | Topic::PasswordWrong
            | Topic::CertificateExpired
    )
}

/// Whether a topic is something that is there or is not: that there is none denies it. There being no setting is another matter.
fn is_circumstance(topic: Topic) -> bool {
    matches!(topic, Topic::ServerBehindNat | Topic::SameNat | Topic::FilterRule | Topic::WindowsUpdate)
}

/// Whether a topic is how the failure shows itself: that something else is fine is part of it and denies nothing.
fn is_symptom(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::LargeOnesHang
            | Topic::WorksElsewhere
            | Topic::OnlyIkev2Fails
            | Topic::OnlyWindowsFails
            | Topic::OnlyAndroidFails
            | Topic::OnlyAppleFails
            | Topic::OneAtATime
            | Topic::DropsAfterAWhile
            | Topic::NoTraffic
            | Topic::SinceUpgrade
    )
}

#[cfg(test)]
mod tests;
