//! What text is written on: its width, and how a line is broken or cut there.

use std::io::IsTerminal;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Narrower than this, breaking lines makes them worse to read.
const NARROWEST: usize = 40;

/// What a report is written on; without anything it is a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Paper {
    /// The width of a terminal.
    columns: Option<usize>,
    colours: bool,
}

impl Paper {
    /// Standard output.
    pub(crate) fn of_output() -> Paper {
        Paper::of(std::io::stdout().is_terminal())
    }

    /// Standard error.
    pub(crate) fn of_errors() -> Paper {
        Paper::of(std::io::stderr().is_terminal())
    }

    fn of(terminal: bool) -> Paper {
        let columns = terminal_size::terminal_size().filter(|_| terminal);
        // Whether they are shown is decided where it is printed.
        Paper { columns: columns.map(|(width, _)| usize::from(width.0).max(NARROWEST)), colours: true }
    }

    pub(super) const fn has_colours(self) -> bool {
        self.colours
    }

    /// Appends `text` behind `first`, further lines behind `hanging` blanks. Control characters become blanks.
    pub(super) fn write(self, first: &str, hanging: usize, text: &str, out: &mut String) {
        out.push_str(first);
        let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        let Some(columns) = self.columns else {
            out.push_str(&text);
            out.push('\n');
            return;
        };
        let mut room = columns.saturating_sub(first.width());
        let mut rest = text.as_str();
        while rest.width() > room {
            let (line, tail) = break_line(rest, room);
            out.push_str(line.trim_end());
            out.push('\n');
            out.push_str(&" ".repeat(hanging));
            rest = tail.trim_start();
            room = columns.saturating_sub(hanging).max(NARROWEST / 2);
        }
        out.push_str(rest);
        out.push('\n');
    }
}

/// The part of `text` that fits, and what follows: after a blank or beside a wide character, else in the middle of a word.
fn break_line(text: &str, room: usize) -> (&str, &str) {
    let mut width = 0;
    let mut good = None;
    let mut before = None;
    for (at, char) in text.char_indices() {
        let wide = char.width().unwrap_or(0);
        let after_blank = before == Some(' ');
        let beside_wide = at > 0 && (wide == 2 || before.and_then(UnicodeWidthChar::width) == Some(2));
        let used = width - usize::from(after_blank);
        if (after_blank || beside_wide && !clings(char)) && used <= room {
            good = Some(at);
        }
        if width + wide > room && char != ' ' {
            // A line holds at least one character, or there would be no end.
            let at = good.unwrap_or(at.max(text.chars().next().map_or(0, char::len_utf8)));
            return text.split_at(at);
        }
        width += wide;
        before = Some(char);
    }
    (text, "")
}

/// Whether a line does not begin with it.
fn clings(char: char) -> bool {
    "、。，．：；！？）」』】》〉〕”’%)]},.:;!?…ー々".contains(char)
}

/// `text` without what is beyond so many columns.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut width = 0;
    let mut cut: String = text
        .chars()
        .take_while(|char| {
            width += char.width().unwrap_or(0);
            width < columns
        })
        .collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: usize, text: &str) -> Vec<String> {
        let mut out = String::new();
        Paper { columns: Some(columns), colours: false }.write("1. ", 3, text, &mut out);
        out.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_is_broken_between_words_and_hangs() {
        let lines = written(40, "the client and the server do not have the same pre-shared key");
        assert_eq!(lines, ["1. the client and the server do not have", "   the same pre-shared key"]);
    }

    #[test]
    fn wide_characters_count_double_and_break_anywhere_but_before_punctuation() {
        let text = "事前共有鍵が一致しません。両方の端で同じ鍵を入力し直してください。";
        let lines = written(40, text);
        assert!(lines.iter().all(|line| line.width() <= 40), "{lines:?}");
        assert!(lines.iter().all(|line| !line.trim_start().starts_with('。')), "{lines:?}");
        let joined: String = lines.iter().map(|line| line.get(3..).unwrap()).collect();
        assert_eq!(joined, text);
    }

    #[test]
    fn a_word_longer_than_the_line_is_broken_and_it_ends() {
        let lines = written(40, &"x".repeat(100));
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(!written(40, &"\u{200d}あ".repeat(50)).is_empty());
    }

    #[test]
    fn without_a_terminal_a_line_is_a_line() {
        let mut out = String::new();
        Paper::default().write("- ", 2, &"word ".repeat(100), &mut out);
        assert_eq!(out.lines().count(), 1);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut out = String::new();
        Paper::default().write("", 0, "a\u{1b}[31mb\u{7}", &mut out);
        assert_eq!(out, "a [31mb \n");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("鍵鍵鍵", 5), "鍵鍵…");
        assert_eq!(cut("abc", 3), "abc");
    }
}
