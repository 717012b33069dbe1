//! Secrets in lines: passwords, keys, and hashes from which a password can be guessed.

use std::borrow::Cow;

/// Words behind which a secret stands, in lower case. A sign of assignment or a blank follows, then the secret.
const WORDS: [&str; 22] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "user-password",
    "cleartext-password",
    "chap-password",
    "nt-password",
    "lm-password",
    "nt-hash",
    "secret",
    "shared-secret",
    "ipsec-secret",
    "psk",
    "pre-shared-key",
    "preshared-key",
    "sharedkey",
    "presharedkey",
    "causeway_psk",
    "causeway_password",
    "mschap-response",
    "nt-response",
];

/// The line without its secrets.
pub(crate) fn hide(line: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(line);
    for word in WORDS {
        let mut from = 0;
        while let Some(at) = find_word(&shown, word, from) {
            let value = at + word.len();
            match value_span(&shown, value) {
                Some((start, end)) => {
                    let text = shown.to_mut();
                    text.replace_range(start..end, "***");
                    from = start + 3;
                }
                None => from = value,
            }
        }
    }
    // FreeRADIUS logs "[user/password]" when it is told to.
    if shown.contains("] (from client ")
        && let Some(start) = shown.find("[").filter(|_| shown.contains("Login ") || shown.contains("Invalid user"))
        && let Some(at) = shown.find(": [").map(|at| at + 3).or(Some(start + 1))
        && let Some(end) = shown.get(at..).and_then(|rest| rest.find("] (from client ")).map(|end| at + end)
        && let Some(slash) = shown.get(at..end).and_then(|inside| inside.find('/')).map(|slash| at + slash + 1)
        && shown.get(slash..end).is_some_and(|inside| !inside.starts_with("<via"))
    {
        shown.to_mut().replace_range(slash..end, "***");
    }
    // Answers to challenges: with the challenge a few lines above, the password can be guessed from them.
    for word in ["[CHAP Response ", "MS-CHAP2-Response = ", "MS-CHAP-Response = ", "CHAP-Password = "] {
        if let Some(at) = shown.find(word) {
            let start = at + word.len();
            hide_hex(&mut shown, start);
        }
    }
    shown
}

/// The place of `word` from octet `from` on, whatever its case, where it is a word of its own.
fn find_word(line: &str, word: &str, from: usize) -> Option<usize> {
    let octets = line.as_bytes();
    let wanted = word.as_bytes();
    let first = wanted.first()?.to_ascii_lowercase();
    let mut at = from;
    while at + wanted.len() <= octets.len() {
        let here = octets.get(at..at + wanted.len())?;
        if here.first().is_some_and(|octet| octet.to_ascii_lowercase() == first) && here.eq_ignore_ascii_case(wanted) {
            let before = at.checked_sub(1).and_then(|before| octets.get(before));
            if before.is_none_or(|before| !before.is_ascii_alphanumeric()) {
                return Some(at);
            }
        }
        at += 1;
    }
    None
}

/// Where the secret behind a word stands: after `=` or `:`, or in quotes.
fn value_span(line: &str, from: usize) -> Option<(usize, usize)> {
    let rest = line.get(from..)?;
    // The word may be the end of a quoted key, as in JSON.
    let unquoted = rest.strip_prefix('"').unwrap_or(rest);
    let trimmed = unquoted.trim_start_matches(' ');
    let (assigned, value) = match trimmed.strip_prefix(":=").or_else(|| trimmed.strip_prefix(['=', ':'])) {
        Some(value) => (true, value.trim_start_matches(' ')),
        None => (false, trimmed),
    };
    let start = line.len() - value.len();
    let quote = value.chars().next()?;
    let close = match quote {
        '"' | '\'' => Some(quote),
        '\u{201c}' | '\u{201d}' => Some('\u{201d}'),
        _ => None,
    };
    if let Some(close) = close {
        let inside = value.get(quote.len_utf8()..)?;
        let mut escaped = false;
        let end = inside
            .char_indices()
            .find(|(_, char)| {
                let ends = *char == close && !escaped;
                escaped = *char == '\\' && !escaped;
                ends
            })
            .map_or(inside.len(), |(end, _)| end);
        let start = start + quote.len_utf8();
        return (end > 0).then_some((start, start + end));
    }
    // Behind no sign and without quotes it is prose: "password expired". Shown as hidden by the program itself, it stays.
    if !assigned || value.starts_with(['<', '*']) || trimmed.starts_with(": ") {
        return None;
    }
    let end = value.find([' ', ',', ';', ')', '>', ']', '}']).unwrap_or(value.len());
    (end > 0).then_some((start, start + end))
}

/// Replaces the first run of 16 or more hexadecimal digits behind `from`.
fn hide_hex(line: &mut Cow<'_, str>, from: usize) {
    let octets = line.as_bytes();
    let mut start = from;
    let mut at = from;
    while at <= octets.len() {
        match octets.get(at) {
            Some(octet) if octet.is_ascii_hexdigit() => {}
            _ => {
                if at - start >= 16 {
                    line.to_mut().replace_range(start..at, "***");
                    return;
                }
                start = at + 1;
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_keys_are_hidden_in_every_form() {
        for (line, shown) in [
            (
                r#"sent [PAP AuthReq id=0x1 user="eve" password="x y"]"#,
                r#"sent [PAP AuthReq id=0x1 user="eve" password="***"]"#,
            ),
            (r#"(0)   User-Password = "geheim""#, r#"(0)   User-Password = "***""#),
            (r#"%any %any : PSK "abc""#, r#"%any %any : PSK "***""#),
            ("%any : PSK “abc”", "%any : PSK “***”"),
            ("add name=l2tp ipsec-secret=abc user=eve", "add name=l2tp ipsec-secret=*** user=eve"),
            (r#"eve Cleartext-Password := "abc""#, r#"eve Cleartext-Password := "***""#),
            (r#"{"psk":"abc","x":1}"#, r#"{"psk":"***","x":1}"#),
        ] {
            assert_eq!(hide(line), shown);
        }
    }

    #[test]
    fn responses_from_which_a_password_can_be_guessed_are_hidden() {
        let line = "rcvd [CHAP Response id=0x1 <00112233445566778899aabbccddeeff>, name = \"eve\"]";
        assert_eq!(hide(line), "rcvd [CHAP Response id=0x1 <***>, name = \"eve\"]");
    }

    #[test]
    fn prose_about_passwords_stays() {
        for line in [
            "E=648 Password expired",
            r#"sent [PAP AuthReq id=0x1 user="eve" password=<hidden>]"#,
            "probable authentication failure (mismatch of preshared secrets?): malformed",
            "loading secrets from '/etc/ipsec.secrets'",
            "no shared key found for 'a' - 'b'",
        ] {
            assert_eq!(hide(line), line);
        }
    }
}
