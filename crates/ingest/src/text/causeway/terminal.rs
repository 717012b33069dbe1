//! What `causeway dial` prints for a person: one line for each stage, and a cause with its explanation.

use observe::{About, Role, reported};

use crate::text::reader::Out;
use crate::text::words;

/// What the dialer prints, line by line.
#[derive(Default)]
pub(super) struct Terminal {
    /// Lines of an explanation that still belong to the cause before them.
    explained: u8,
    /// Whether any line of it was the dialer's for sure.
    known: bool,
}

impl Terminal {
    /// Lines behind a cause: its details as JSON, and what is advised.
    const EXPLANATION: u8 = 2;

    /// Takes a line of the dialer that is the `dials`th. Whether it is one.
    pub(super) fn line(&mut self, text: &str, dials: u32, out: &mut Out<'_, '_>) -> bool {
        let about = About { attempt: Some(format!("dial {dials}")), ..About::default() };
        let explained = self.explained;
        self.explained = explained.saturating_sub(1);
        if let Some((cause, stage)) = text.strip_prefix("cause ").and_then(|rest| rest.split_once(", at stage ")) {
            let id =
                |text: &str| text.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'_'));
            if !id(cause) || !id(stage) {
                return false;
            }
            out.say(about, reported::Fact::Verdict { cause: cause.to_owned(), stage: stage.to_owned() });
            self.explained = Self::EXPLANATION;
        } else if let Some(code) = code(text).filter(|_| self.known) {
            out.say(about, reported::Fact::Ras { code });
        } else if text.starts_with("connected: address ") && text.contains(", server ") {
            out.say(about, reported::Fact::Connected);
        } else if text.starts_with("disconnected: ") && text.contains(" octets received, ") {
            out.say(about, reported::Fact::Disconnected);
        } else if !is_progress(text) {
            return match explained {
                Self::EXPLANATION => text.starts_with('{'),
                0 => false,
                _ => true,
            };
        }
        self.known = true;
        out.is(Role::Client, 5);
        out.product("Causeway");
        true
    }
}

/// "RAS error 789: what it means".
fn code(text: &str) -> Option<u32> {
    let (number, _) = text.strip_prefix("RAS error ")?.split_once(": ")?;
    u32::try_from(words::number(number)?).ok()
}

/// "0.014 ike.phase2   words": seconds, stage, and what is done.
fn is_progress(text: &str) -> bool {
    let mut parts = text.split_whitespace();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let clock =
        |word: &str| word.split_once('.').is_some_and(|(whole, rest)| digits(whole) && rest.len() == 3 && digits(rest));
    let stage = |word: &str| {
        let layer = |layer: &str| matches!(layer, "net" | "ike" | "l2tp" | "pptp" | "ppp");
        matches!(word, "up" | "pushed" | "esp") || word.split_once('.').is_some_and(|(name, _)| layer(name))
    };
    parts.next().is_some_and(clock) && parts.next().is_some_and(stage)
}
