//! What people write: codes in their sentences, and files of keys that they paste.

use observe::ike::{Fact, KeyFlaw};
use observe::{About, Party, SourceKind, Time, reported};

use super::reader::{Line, Out, Reader};
use super::remark::Remarks;
use super::words;

/// Reads what no program's reader took.
#[derive(Default)]
pub(crate) struct Prose {
    remarks: Remarks,
    /// What may be the error of `rasdial`, which a later line confirms.
    rasdial: Option<Maybe>,
}

/// A line with a code, in whatever language.
struct Maybe {
    code: u32,
    at: Option<Time>,
    line: u64,
    text: String,
}

impl Reader for Prose {
    fn kind(&self) -> SourceKind {
        SourceKind::Words
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if let Some(key) = shared_key(text) {
            if let Some(flaw) = unusual(key) {
                out.say(About::default(), Fact::KeyCharacters { at: Party::Here, flaw });
            }
            return true;
        }
        if text.contains("netcfg.chm") && self.confirmed(out) {
            return true;
        }
        let mut any = false;
        if let Some((before, code)) = dialled(text).filter(|_| !text.contains("rror")) {
            if ERROR_WORDS.iter().any(|word| before.to_lowercase().contains(word)) {
                out.say(About::default(), reported::Fact::Ras { code });
                return true;
            }
            self.rasdial = Some(Maybe { code, at: out.at(), line: out.number(), text: out.shown().to_owned() });
        }
        for code in codes(text) {
            any = true;
            match code {
                600..=999 => out.say(About::default(), reported::Fact::Ras { code }),
                _ => out.say(About::default(), reported::Fact::Ike { code }),
            }
        }
        // A line with a time or a process id is a log's, whoever wrote it.
        if line.at.is_none() && line.program.is_none() {
            any |= self.remarks.line(out.number(), line.whole, out.behind_log());
        }
        any
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.remarks.finish(out);
    }
}

impl Prose {
    /// Lines between the error of `rasdial` and the name of its help file.
    const NEAR: u64 = 8;

    /// `rasdial` names its help file behind an error: what looked like a code is one. Whether there was one.
    fn confirmed(&mut self, out: &mut Out<'_, '_>) -> bool {
        let Some(maybe) = self.rasdial.take().filter(|maybe| out.number() - maybe.line <= Self::NEAR) else {
            return false;
        };
        out.say_of(maybe.at, maybe.line, &maybe.text, About::default(), reported::Fact::Ras { code: maybe.code });
        true
    }
}

/// What an error is called in front of its code, where that is not "error".
const ERROR_WORDS: [&str; 9] = ["erro", "fehler", "erreur", "fel", "ошибка", "错误", "錯誤", "エラー", "오류"];

/// "Erro de Acesso Remoto 868 - sentence", as `rasdial` prints it in every language: what stands in front, and the code.
fn dialled(text: &str) -> Option<(&str, u32)> {
    let (head, _) = text.split_once(" - ")?;
    let (before, code) = head.split_at_checked(head.len().checked_sub(3)?)?;
    let code = code.parse().ok().filter(|code| (600..=999).contains(code))?;
    let words = before.len() <= 120 && !before.is_empty() && !before.bytes().any(|octet| octet.is_ascii_digit());
    words.then_some((before, code))
}

/// The key in a line of ipsec.secrets: `selectors : PSK "key"`.
fn shared_key(text: &str) -> Option<&str> {
    if text.starts_with('#') {
        return None;
    }
    let (before, rest) = text.split_once(": PSK ")?;
    // A sentence has more words in front than a line has selectors.
    (before.split_whitespace().count() <= 6).then(|| rest.trim())
}

/// What is unusual about a key, or about the marks around it.
fn unusual(quoted: &str) -> Option<KeyFlaw> {
    let typographic =
        |char: char| matches!(char, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2032}' | '\u{2033}');
    // An editor or a converter may have left the character's number in place of the character.
    let escaped = ["u2018", "u2019", "u201c", "u201d"].iter().any(|mark| quoted.to_ascii_lowercase().contains(mark));
    if quoted.contains(typographic) || escaped {
        return Some(KeyFlaw::QuotationMarks);
    }
    let key = words::quoted(quoted, '"').or_else(|| words::quoted(quoted, '\'')).unwrap_or(quoted);
    if !key.is_ascii() {
        Some(KeyFlaw::NotAscii)
    } else if key.trim() != key {
        Some(KeyFlaw::Blanks)
    } else if key.contains(['"', '\'', '\\']) {
        Some(KeyFlaw::Marks)
    } else {
        None
    }
}

/// Codes of RAS and of IPsec that a sentence names as errors.
fn codes(text: &str) -> Vec<u32> {
    if !text.contains("rror") && !text.contains("RROR") {
        return Vec::new();
    }
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, _) in lower.match_indices("error").take(8) {
        let rest = lower.get(at + 5..).unwrap_or_default();
        let rest = ["s", " code", " number", " no.", ":", " returned on failure", " is", " =", " #", "#"]
            .iter()
            .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
        let rest = rest.trim_start_matches([' ', ':', '(', '#']);
        let Some(code) = words::number(rest).and_then(|code| u32::try_from(code).ok()) else { continue };
        let ended = rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).chars().next();
        if ended.is_some_and(|next| next.is_alphanumeric()) {
            continue;
        }
        if matches!(code, 600..=999 | 13800..=13999) && !found.contains(&code) {
            found.push(code);
        }
    }
    found
}
