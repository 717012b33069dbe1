//! Reading a table key by key, so that what nobody asked for is known in the end.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::Mistakes;

/// A table of the file while it is being read. Every key that is not asked for is a mistake.
pub(crate) struct Table<'t, 'i> {
    name: String,
    span: Range<usize>,
    entries: Option<&'t DeTable<'i>>,
    asked: Vec<&'static str>,
}

/// A value together with where it stands.
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

impl<'t, 'i> Table<'t, 'i> {
    /// The table at the top of the file.
    pub(crate) fn root(table: &'t Spanned<DeTable<'i>>) -> Self {
        Table { name: String::new(), span: table.span(), entries: Some(table.get_ref()), asked: Vec::new() }
    }

    /// Where the table stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The table under `key`; an empty one if there is none.
    pub(crate) fn table(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Table<'t, 'i> {
        let name = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        let mut table = Table { name, span: self.span.clone(), entries: None, asked: Vec::new() };
        if let Some(value) = self.get(key) {
            table.span = value.span();
            match value.get_ref() {
                DeValue::Table(entries) => table.entries = Some(entries),
                other => wrong_type(key, "a table", value.span(), other, mistakes),
            }
        }
        table
    }

    /// The tables of the array of tables under `key`.
    pub(crate) fn tables(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Vec<Table<'t, 'i>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            wrong_type(key, "an array of tables", value.span(), value.get_ref(), mistakes);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(entries) => tables.push(Table {
                    name: key.to_owned(),
                    span: item.span(),
                    entries: Some(entries),
                    asked: Vec::new(),
                }),
                other => wrong_type(key, "a table", item.span(), other, mistakes),
            }
        }
        tables
    }

    /// The text under `key`.
    pub(crate) fn text(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Located<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Located { value: text.to_string(), span: value.span() }),
            other => {
                wrong_type(key, "a string", value.span(), other, mistakes);
                None
            }
        }
    }

    /// The text under `key`, read by `T`'s own parser.
    pub(crate) fn parsed<T>(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Located<T>>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text(key, mistakes)?;
        match text.value.parse() {
            Ok(value) => Some(Located { value, span: text.span }),
            Err(error) => {
                mistakes.add(text.span, format!("`{key}`: {error}"), None);
                None
            }
        }
    }

    /// The array of texts under `key`, each read by `T`'s own parser.
    pub(crate) fn list<T>(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<Vec<Located<T>>>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let value = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            wrong_type(key, "an array of strings", value.span(), value.get_ref(), mistakes);
            return None;
        };
        let mut list = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => match text.parse() {
                    Ok(value) => list.push(Located { value, span: item.span() }),
                    Err(error) => mistakes.add(item.span(), format!("`{key}`: {error}"), None),
                },
                other => wrong_type(key, "a string", item.span(), other, mistakes),
            }
        }
        Some(list)
    }

    /// The truth value under `key`.
    pub(crate) fn flag(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<bool> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            other => {
                wrong_type(key, "true or false", value.span(), other, mistakes);
                None
            }
        }
    }

    /// The whole number under `key`, which has to lie in `range`.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
        mistakes: &mut Mistakes,
    ) -> Option<u64> {
        let value = self.get(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            wrong_type(key, "a whole number", value.span(), value.get_ref(), mistakes);
            return None;
        };
        match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let message = format!("`{key}` has to lie between {} and {}", range.start(), range.end());
                mistakes.add(value.span(), message, None);
                None
            }
        }
    }

    /// The number of seconds under `key`.
    pub(crate) fn seconds(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
        mistakes: &mut Mistakes,
    ) -> Option<Duration> {
        self.number(key, range, mistakes).map(Duration::from_secs)
    }

    /// Where the value under a key stands that has been asked for; `None` if there is none.
    pub(crate) fn place(&self, key: &str) -> Option<Range<usize>> {
        Some(self.entries?.get(key)?.span())
    }

    /// Reports every key that was not asked for, with the nearest one that was.
    pub(crate) fn finish(self, mistakes: &mut Mistakes) {
        let Some(entries) = self.entries else { return };
        for key in entries.keys() {
            let name = key.get_ref().as_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let nearest = self.asked.iter().max_by_key(|known| (strsim::jaro_winkler(name, known) * 1000.0) as u32);
            let help = match nearest {
                // Guides for old servers have it.
                _ if matches!(name, "ipx" | "ipxcp" | "netbeui" | "appletalk") => {
                    "the server carries IPv4 and IPv6 only, and Windows has had no other protocol since Vista: remove the key".to_owned()
                }
                Some(known) if strsim::jaro_winkler(name, known) > 0.75 => format!("did you mean `{known}`?"),
                _ => format!("known keys: {}", self.asked.join(", ")),
            };
            mistakes.add(key.span(), format!("unknown key `{name}`{place}"), Some(help));
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.asked.push(key);
        self.entries?.get(key)
    }
}

fn wrong_type(key: &str, expected: &str, span: Range<usize>, got: &DeValue<'_>, mistakes: &mut Mistakes) {
    mistakes.add(span, format!("`{key}` has to be {expected}, and this is {}", article(got.type_str())), None);
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}
