//! Sentences as words.

/// A word of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    /// The word in lower case; a run of letters of a script without blanks is one.
    pub(super) text: String,
    /// The line on which it stands.
    pub(super) line: u64,
}

/// What becomes of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// A word.
    Word(String),
    /// A sentence ends here; with a colon, when what follows belongs to it.
    End {
        /// By a colon.
        colon: bool,
    },
}

/// Words that say nothing where a phrase is looked for.
const ARTICLES: [&str; 10] = ["the", "a", "an", "my", "our", "his", "her", "their", "your", "its"];

/// The longest word that is kept, in octets.
const LONGEST: usize = 80;

/// Takes a line apart.
pub(super) fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut word = String::new();
    let mut letters = line.chars().map(plain).peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let inside =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '\'' | '%' | '@' | '/');
        let begins = letter.is_alphanumeric() || matches!(letter, '/' | '%' | '.' | '@' | '_');
        let kept = inside(letter) && (!word.is_empty() || begins);
        // A path keeps its strokes, and so does "17/1701"; elsewhere a stroke stands between two words.
        let in_path = word.is_empty() || word.starts_with('/');
        let in_number = word.ends_with(|last: char| last.is_ascii_digit())
            && next.is_some_and(|next| next.is_ascii_digit() || next == '%');
        let stroke = letter == '/' && !in_path && !in_number;
        let wide =
            word.chars().next_back().is_some_and(|last| is_wide(last) != is_wide(letter) && last.is_alphanumeric());
        if kept && !stroke && !(wide && letter.is_alphanumeric()) && word.len() < LONGEST {
            word.push(letter);
            continue;
        }
        close(&mut word, &mut pieces);
        match letter {
            '!' | '?' | '\u{3002}' | ';' => pieces.push(Piece::End { colon: false }),
            ':' if next.is_none_or(char::is_whitespace) => pieces.push(Piece::End { colon: true }),
            '\\' => pieces.push(Piece::Word("\\".to_owned())),
            letter if letter.is_alphanumeric() => word.push(letter),
            _ => {}
        }
    }
    close(&mut word, &mut pieces);
    pieces
}

/// Ends a word. A full stop behind it ends the sentence, too, unless it is part of an abbreviation or a number.
fn close(word: &mut String, pieces: &mut Vec<Piece>) {
    if word.is_empty() {
        return;
    }
    let stop = word.ends_with('.');
    let kept = word.trim_matches(['.', '-', '\'', '_']).to_lowercase();
    let kept = if kept == "/" { "" } else { &kept };
    if !kept.is_empty() && !ARTICLES.contains(&kept) {
        pieces.push(Piece::Word(kept.to_owned()));
    }
    if stop && !matches!(kept, "e.g" | "i.e" | "etc" | "vs" | "no" | "incl") {
        pieces.push(Piece::End { colon: false });
    }
    word.clear();
}

/// Letters that editors put in the place of plain ones.
fn plain(letter: char) -> char {
    match letter {
        '\u{2018}' | '\u{2019}' | '\u{b4}' => '\'',
        '\u{2010}'..='\u{2014}' => '-',
        '\u{ff01}' => '!',
        '\u{ff1f}' => '?',
        '\u{ff1a}' => ':',
        '\u{ff1b}' => ';',
        '\u{a0}' | '\u{3000}' => ' ',
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' | '\u{ff10}'..='\u{ff19}' => {
            char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter)
        }
        letter => letter,
    }
}

/// Whether a letter belongs to a script that is written without blanks.
pub(super) fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        pieces(line)
            .into_iter()
            .map(|piece| match piece {
                Piece::Word(word) => word,
                Piece::End { colon } => if colon { ":" } else { "." }.to_owned(),
            })
            .collect()
    }

    #[test]
    fn words_keep_what_belongs_to_names_of_settings_files_and_versions() {
        assert_eq!(
            words("Set sha2-truncbug=no in /etc/ipsec.conf."),
            ["set", "sha2-truncbug", "no", "in", "/etc/ipsec.conf", "."]
        );
        assert_eq!(words("leftprotoport=17/1701, L2TP/IPsec"), ["leftprotoport", "17/1701", "l2tp", "ipsec"]);
        assert_eq!(words("iptables -t nat --set-mss 1350"), ["iptables", "t", "nat", "set-mss", "1350"]);
        assert_eq!(words("CORP\\anna don’t"), ["corp", "\\", "anna", "don't"]);
        assert_eq!(words("TLS 1.0 was off! Why?"), ["tls", "1.0", "was", "off", ".", "why", "."]);
    }

    #[test]
    fn scripts_without_blanks_are_taken_apart_at_punctuation_and_at_other_scripts() {
        assert_eq!(words("用了注册表809，重启。"), ["用了注册表", "809", "重启", "."]);
        assert_eq!(words("解决方法："), ["解决方法", ":"]);
    }
}
