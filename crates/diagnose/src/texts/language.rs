use unic_langid::{LanguageIdentifier, langid};

/// A language that the program speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Language {
    /// English.
    English,
    /// Chinese, simplified.
    Chinese,
    /// Japanese.
    Japanese,
    /// Portuguese of Brazil.
    Portuguese,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Language] =
        &[Language::English, Language::Chinese, Language::Japanese, Language::Portuguese];

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-CN",
            Language::Japanese => "ja",
            Language::Portuguese => "pt-BR",
        }
    }

    /// From a tag or a locale: `ja`, `pt_BR.UTF-8`, `zh-Hans-CN`. `None` for a language that it does not speak.
    pub fn from_tag(tag: &str) -> Option<Language> {
        let language = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" | "c" | "posix" => Some(Language::English),
            "zh" => Some(Language::Chinese),
            "ja" => Some(Language::Japanese),
            "pt" => Some(Language::Portuguese),
            _ => None,
        }
    }

    /// The language in which a text is written, as far as it can be told.
    pub fn of_text(text: &str) -> Option<Language> {
        crate::recognise::language_of(text)
    }

    pub(super) fn identifier(self) -> LanguageIdentifier {
        match self {
            Language::English => langid!("en"),
            Language::Chinese => langid!("zh-CN"),
            Language::Japanese => langid!("ja"),
            Language::Portuguese => langid!("pt-BR"),
        }
    }

    /// The files with its words.
    pub(super) const fn resources(self) -> &'static [&'static str] {
        match self {
            Language::English => &[
                include_str!("../../locales/en/causes.ftl"),
                include_str!("../../locales/en/fixes.ftl"),
                include_str!("../../locales/en/codes.ftl"),
                include_str!("../../locales/en/codes-ras.ftl"),
                include_str!("../../locales/en/codes-ipsec.ftl"),
                include_str!("../../locales/en/report.ftl"),
                include_str!("../../locales/en/probe.ftl"),
                include_str!("../../locales/en/facts.ftl"),
                include_str!("../../locales/en/commands.ftl"),
                include_str!("../../locales/en/trouble.ftl"),
            ],
            Language::Chinese => &[
                include_str!("../../locales/zh-CN/causes.ftl"),
                include_str!("../../locales/zh-CN/fixes.ftl"),
                include_str!("../../locales/zh-CN/codes.ftl"),
                include_str!("../../locales/zh-CN/codes-ras.ftl"),
                include_str!("../../locales/zh-CN/codes-ipsec.ftl"),
                include_str!("../../locales/zh-CN/report.ftl"),
                include_str!("../../locales/zh-CN/probe.ftl"),
                include_str!("../../locales/zh-CN/facts.ftl"),
                include_str!("../../locales/zh-CN/commands.ftl"),
                include_str!("../../locales/zh-CN/trouble.ftl"),
            ],
            Language::Japanese => &[
                include_str!("../../locales/ja/causes.ftl"),
                include_str!("../../locales/ja/fixes.ftl"),
                include_str!("../../locales/ja/codes.ftl"),
                include_str!("../../locales/ja/codes-ras.ftl"),
                include_str!("../../locales/ja/codes-ipsec.ftl"),
                include_str!("../../locales/ja/report.ftl"),
                include_str!("../../locales/ja/probe.ftl"),
                include_str!("../../locales/ja/facts.ftl"),
                include_str!("../../locales/ja/commands.ftl"),
                include_str!("../../locales/ja/trouble.ftl"),
            ],
            Language::Portuguese => &[
                include_str!("../../locales/pt-BR/causes.ftl"),
                include_str!("../../locales/pt-BR/fixes.ftl"),
                include_str!("../../locales/pt-BR/codes.ftl"),
                include_str!("../../locales/pt-BR/codes-ras.ftl"),
                include_str!("../../locales/pt-BR/codes-ipsec.ftl"),
                include_str!("../../locales/pt-BR/report.ftl"),
                include_str!("../../locales/pt-BR/probe.ftl"),
                include_str!("../../locales/pt-BR/facts.ftl"),
                include_str!("../../locales/pt-BR/commands.ftl"),
                include_str!("../../locales/pt-BR/trouble.ftl"),
            ],
        }
    }
}
