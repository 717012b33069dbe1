//! The text of a configuration file and the mistakes found in it.

use std::fmt;
use std::ops::Range;

/// One mistake: where it stands, what was expected, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// Everything that is wrong with one file, ready to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistakes {
    file: String,
    text: String,
    list: Vec<Mistake>,
}

impl Mistakes {
    pub(crate) fn new(file: &str, text: &str) -> Mistakes {
        Mistakes { file: file.to_owned(), text: text.to_owned(), list: Vec::new() }
    }

    pub(crate) fn add(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.list.push(Mistake { span, message: message.into(), help });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The mistakes as JSON values, for `check-config --json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let one = |mistake: &Mistake| {
            let (line, column) = position(&self.text, mistake.span.start);
            serde_json::json!({
                "file": self.file, "line": line, "column": column,
                "message": mistake.message, "help": mistake.help,
            })
        };
        self.list.iter().map(one).collect()
    }
}

/// Line and column, both from 1, of the octet at `offset`; columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.list {
            let (line, column) = position(&self.text, mistake.span.start);
            writeln!(f, "{}:{line}:{column}: {}", self.file, mistake.message)?;
            if let Some(source) = self.text.lines().nth(line - 1) {
                let margin = line.to_string().len();
                let width = self
                    .text
                    .get(mistake.span.clone())
                    .map_or(1, |text| text.lines().next().unwrap_or("").chars().count());
                writeln!(f, "{:margin$} |", "")?;
                writeln!(f, "{line} | {source}")?;
                writeln!(f, "{:margin$} | {:>2$}{3}", "", "", column - 1, "^".repeat(width.max(1)))?;
            }
            if let Some(help) = &mistake.help {
                writeln!(f, "  help: {help}")?;
            }
        }
        Ok(())
    }
}
