//! `nslookup` of Windows and Linux, `dig`, `host` and `resolvectl query`: names that do not exist.

use observe::network::Fact;
use observe::{About, SourceKind};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{after, between};

/// Reads what programs say that look names up.
#[derive(Default)]
pub(crate) struct Lookup {
    /// `dig` has said that the name does not exist, and has yet to say which.
    missing: bool,
}

impl Reader for Lookup {
    fn kind(&self) -> SourceKind {
        SourceKind::Ping
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if text.starts_with(";; ->>HEADER<<-") {
            self.missing = text.contains("status: NXDOMAIN");
            return true;
        }
        let name = if let Some(question) = text.strip_prefix(';').filter(|rest| !rest.starts_with([';', ' '])) {
            if !std::mem::take(&mut self.missing) {
                return false;
            }
            question.split_whitespace().next()
        } else {
            unknown(text)
        };
        let Some(name) = name else { return false };
        out.say(About::default(), Fact::NameUnknown { name: name.trim_end_matches('.').to_owned() });
        true
    }
}

/// The name of which a line says that it does not exist.
pub(crate) fn unknown(text: &str) -> Option<&str> {
    if text.ends_with(": NXDOMAIN") {
        return between(text, "server can't find ", ": NXDOMAIN");
    }
    // "*** dns.example can't find vpn.example: Non-existent domain": the end is English everywhere, the name comes last or, in
    // Japanese, behind the server.
    if let Some(said) = text.strip_prefix("*** ").and_then(|rest| rest.strip_suffix(": Non-existent domain")) {
        return said.split_whitespace().skip(1).filter(|word| word.contains('.') && word.is_ascii()).last();
    }
    if text.starts_with("Host ") && text.contains(" not found: 3(NXDOMAIN)") {
        return between(text, "Host ", " not found");
    }
    let (name, rest) = text.split_once(": resolve call failed: ")?;
    (rest.contains("not found") || after(rest, "does not exist").is_some()).then_some(name)
}
