//! Error codes as people meet them: by number, or by the text on the screen in their language.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::{Cause, Ras};

/// A code that Windows shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Code {
    /// Remote access, 600 to 999.
    Ras(Ras),
    /// IPsec, 13000 to 13999.
    Ike(u32),
}

/// What is published about a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// The name in Microsoft's headers, without `ERROR_`.
    pub symbol: &'static str,
    /// Microsoft's text.
    pub text: &'static str,
    /// The stage at which it arises, where it is known; [`Texts::stage`](crate::Texts::stage) has its words.
    pub stage: Option<&'static str>,
    /// What is behind it, in the order of likelihood.
    pub causes: Vec<Cause>,
}

/// A code that a text names or resembles.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Recognised {
    /// The code.
    pub code: Code,
    /// How alike the texts are, up to 1; 1 for a number.
    pub likeness: f32,
    /// The language of the text that it resembles (BCP 47); `None` for a number.
    pub language: Option<&'static str>,
}

/// Texts that are less alike than this are not the same message.
const ALIKE: f32 = 0.62;

/// Characters of a text that are looked at; more is no error message.
const LONGEST: usize = 2000;

impl Code {
    /// The number.
    pub const fn number(self) -> u32 {
        match self {
            Code::Ras(ras) => ras.0,
            Code::Ike(code) => code,
        }
    }

    /// A number, if it is one of a code that is published.
    pub fn of_number(number: u32) -> Option<Code> {
        let code = match number {
            600..=999 => Code::Ras(Ras(number)),
            13_000..=13_999 => Code::Ike(number),
            _ => return None,
        };
        code.info().map(|info| info.code)
    }

    /// What is published about it.
    pub fn info(self) -> Option<CodeInfo> {
        let number = self.number();
        let table = if matches!(self, Code::Ras(_)) { RAS } else { IKE };
        let line =
            table.lines().find(|line| line.split('\t').next().and_then(|code| code.parse().ok()) == Some(number))?;
        let mut fields = line.split('\t').skip(1);
        let (symbol, text) = (fields.next()?, fields.next()?);
        let stage = if matches!(self, Code::Ras(_)) { fields.next().filter(|stage| *stage != "-") } else { None };
        let causes = fields.next().unwrap_or_default().split(',').filter_map(Cause::of_id).collect();
        Some(CodeInfo { code: self, symbol, text, stage, causes })
    }

    /// Every code that is published.
    pub fn all() -> impl Iterator<Item = Code> {
        let number = |line: &str| line.split('\t').next().and_then(|code| code.parse().ok());
        RAS.lines().chain(IKE.lines()).filter_map(number).filter_map(Code::of_number)
    }

    /// The codes that a text names, or whose message in any language it resembles; the best first.
    pub fn recognise(text: &str) -> Vec<Recognised> {
        let named: Vec<Recognised> = numbers(text)
            .filter_map(Code::of_number)
            .map(|code| Recognised { code, likeness: 1.0, language: None })
            .collect();
        if !named.is_empty() {
            return named;
        }
        let wanted = Shape::of(text);
        let mut found: HashMap<Code, Recognised> = HashMap::new();
        for (code, language, shape) in SHAPES.iter() {
            let (code, language) = (*code, *language);
            let likeness = wanted.likeness(shape);
            let better = found.get(&code).is_none_or(|known| known.likeness < likeness);
            if likeness >= ALIKE && better {
                found.insert(code, Recognised { code, likeness, language: Some(language) });
            }
        }
        let mut found: Vec<Recognised> = found.into_values().collect();
        found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.code.cmp(&b.code)));
        found.truncate(5);
        found
    }
}

/// The tables, as published.
const RAS: &str = include_str!("../data/ras.tsv");
const IKE: &str = include_str!("../data/ike.tsv");
const MESSAGES: &str = include_str!("../data/messages.tsv");

/// The shapes of all texts.
static SHAPES: LazyLock<Vec<(Code, &str, Shape)>> =
    LazyLock::new(|| messages().map(|(code, language, text)| (code, language, Shape::of(text))).collect());

/// All texts: of the messages people quote, and of the code tables themselves.
fn messages() -> impl Iterator<Item = (Code, &'static str, &'static str)> {
    let quoted = MESSAGES.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let code = Code::of_number(fields.next()?.parse().ok()?)?;
        Some((code, fields.next()?, fields.next()?))
    });
    let official = RAS.lines().chain(IKE.lines()).filter_map(|line| {
        let mut fields = line.split('\t');
        let code = Code::of_number(fields.next()?.parse().ok()?)?;
        Some((code, "en", fields.nth(1)?))
    });
    quoted.chain(official)
}

/// Numbers in a text that may be codes: decimal, as HRESULT (0x8007…), or that as a negative decimal.
fn numbers(text: &str) -> impl Iterator<Item = u32> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-')).filter_map(|word| {
        if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            return u32::from_str_radix(hex, 16).ok().map(win32);
        }
        if let Ok(number) = word.parse::<u32>() {
            return Some(if number > 0xffff { win32(number) } else { number });
        }
        // "错误789" and "VPN-789" have no blank before the number.
        let digits = word.trim_start_matches(|character: char| !character.is_ascii_digit());
        if word.starts_with('-') && !digits.is_empty() {
            return word.parse::<i32>().ok().map(|number| win32(number.cast_unsigned()));
        }
        digits.parse().ok()
    })
}

/// The Win32 code in an HRESULT of that facility (\[MS-ERREF\] 2.1).
const fn win32(hresult: u32) -> u32 {
    if hresult >> 16 == 0x8007 { hresult & 0xffff } else { hresult }
}

/// A text reduced to the pairs of letters in it, which works for languages without blanks, too.
struct Shape {
    pairs: HashMap<(char, char), u32>,
    count: u32,
}

impl Shape {
    fn of(text: &str) -> Shape {
        let letters: Vec<char> = text
            .chars()
            .take(LONGEST)
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .map(|character| match character {
                // Full-width forms of ASCII.
                '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
                _ => character,
            })
            .collect();
        let mut pairs = HashMap::new();
        for pair in letters.windows(2) {
            if let [first, second] = pair {
                *pairs.entry((*first, *second)).or_default() += 1;
            }
        }
        Shape { pairs, count: u32::try_from(letters.len().saturating_sub(1)).unwrap_or(u32::MAX) }
    }

    /// The share of pairs in common; a message that stands whole in a longer text counts nearly as much.
    #[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
    fn likeness(&self, message: &Shape) -> f32 {
        if self.count == 0 || message.count == 0 {
            return 0.0;
        }
        let common: u32 = message
            .pairs
            .iter()
            .map(|(pair, count)| self.pairs.get(pair).map_or(0, |other| (*other).min(*count)))
            .sum();
        let dice = 2.0 * common as f32 / (self.count + message.count) as f32;
        let contained = if message.count >= 10 { 0.9 * common as f32 / message.count as f32 } else { 0.0 };
        // Nearly all letters of a short message occur in any long text.
        let contained = if contained > 0.8 && self.count < message.count * 8 { contained } else { 0.0 };
        dice.max(contained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(text: &str) -> Option<u32> {
        Code::recognise(text).first().map(|found| found.code.number())
    }

    #[test]
    fn every_published_code_has_a_symbol_and_known_causes() {
        let mut count = 0;
        for code in Code::all() {
            let info = code.info().unwrap();
            assert!(!info.symbol.is_empty(), "{code:?}");
            count += 1;
        }
        assert_eq!(count, 480);
        for line in RAS.lines().chain(IKE.lines()).filter(|line| !line.starts_with('#')) {
            let causes = line.rsplit('\t').next().unwrap();
            for id in causes.split(',').filter(|id| *id != "-") {
                assert!(Cause::of_id(id).is_some(), "{id} in {line}");
            }
        }
    }

    #[test]
    fn numbers_are_recognised_in_every_form_in_which_people_paste_them() {
        for text in ["789", "Error 789", "错误789", "错误 789：L2TP", "エラー789", "0x80070315", "-2147024107", "(789)"]
        {
            assert_eq!(best(text), Some(789), "{text}");
        }
        assert_eq!(best("13801: IKE authentication credentials are unacceptable"), Some(13801));
        assert_eq!(best("port 1701"), None);
    }

    #[test]
    fn every_known_text_leads_to_a_code_with_the_same_text() {
        let long = messages().filter(|(.., message)| message.chars().count() >= 12);
        // Every tenth: all of them take a minute without optimisation.
        for (code, _, message) in long.step_by(10) {
            let found = Code::recognise(message);
            let same = found.iter().any(|found| {
                found.code == code || messages().any(|(other, _, text)| other == found.code && text == message)
            });
            assert!(same, "{code:?} {message}: {found:?}");
        }
    }

    #[test]
    fn a_text_that_is_quoted_inexactly_is_recognised_and_small_talk_is_not() {
        let english = "l2tp connection attempt failed because the security layer encountered a processing error during \
            initial negotiations with the remote computer";
        assert_eq!(best(english), Some(789));
        assert_eq!(best("L2TP 连接尝试失败，因为安全层在初始化与远程计算机的协商时遇到了一个处理错误"), Some(789));
        assert_eq!(best("it does not work since yesterday"), None);
        assert_eq!(best(""), None);
    }
}
