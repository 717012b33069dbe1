//! Error codes as people meet them, and what is published about each.

use crate::{Cause, Language, Ras};

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

    /// The text under which Windows shows it in a language, where that is known.
    pub fn message(self, language: Language) -> Option<&'static str> {
        let (.., text) = quoted().find(|(code, tag, _)| *code == self && *tag == language.tag())?;
        Some(text)
    }
}

/// The tables, as published.
const RAS: &str = include_str!("../data/ras.tsv");
const IKE: &str = include_str!("../data/ike.tsv");
const MESSAGES: &str = include_str!("../data/messages.tsv");

/// The messages that people quote, with their language.
fn quoted() -> impl Iterator<Item = (Code, &'static str, &'static str)> {
    MESSAGES.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let code = Code::of_number(fields.next()?.parse().ok()?)?;
        Some((code, fields.next()?, fields.next()?))
    })
}

/// All texts: of the messages people quote, and of the code tables themselves.
pub(crate) fn messages() -> impl Iterator<Item = (Code, &'static str, &'static str)> {
    let official = RAS.lines().chain(IKE.lines()).filter_map(|line| {
        let mut fields = line.split('\t');
        let code = Code::of_number(fields.next()?.parse().ok()?)?;
        Some((code, "en", fields.nth(1)?))
    });
    quoted().chain(official)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn windows_own_words_are_known_in_the_languages_of_the_doctor() {
        for (language, start) in [
            (Language::Chinese, "L2TP 连接尝试失败"),
            (Language::Japanese, "リモート"),
            (Language::Portuguese, "A tentativa"),
        ] {
            let code = Code::of_number(789).unwrap();
            assert!(code.message(language).unwrap().starts_with(start), "{:?}", code.message(language));
        }
    }
}
