//! What events mean.

mod audit;
mod machine;
mod ras_client;
mod remote_access;

use std::net::IpAddr;

use observe::{About, Fact, Side, reported};

pub(in crate::windows) use ras_client::methods;

use super::{Event, nps};

/// What an event says.
#[derive(Default)]
pub(super) struct Found {
    /// Whose log writes such events.
    pub(super) side: Option<Side>,
    /// Whom it is about.
    pub(super) about: About,
    /// What it says; empty when it is of no interest.
    pub(super) facts: Vec<Fact>,
}

/// Tells what an event means. Events of other programs give nothing.
pub(super) fn of(event: &Event) -> Found {
    let provider = event.provider.to_ascii_lowercase();
    match (provider.as_str(), event.id) {
        (_, 20220..=20227) if provider.is_empty() || provider.contains("rasclient") => ras_client::of(event),
        ("remoteaccess" | "rasman" | "microsoft-windows-rras" | "microsoft-windows-remoteaccess", _) => {
            remote_access::of(event)
        }
        ("nps" | "ias" | "microsoft-windows-nps", _) => nps::service(event),
        (_, 6272..=6279) => nps::event(event),
        (_, 4650..=4655 | 4976 | 4977 | 5049 | 5451..=5453) => audit::of(event),
        _ => machine::of(event, &provider),
    }
}

/// The identifier `{8-4-4-4-12}` that joins the events of one attempt.
fn guid(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('{') {
        let start = from + at;
        if let Some(candidate) = text.get(start..start + 38) {
            let shaped = candidate.bytes().enumerate().all(|(at, octet)| match at {
                0 => octet == b'{',
                37 => octet == b'}',
                9 | 14 | 19 | 24 => octet == b'-',
                _ => octet.is_ascii_hexdigit(),
            });
            // The identifier of the routing domain is all zeros on a server with one.
            if shaped && candidate.bytes().any(|octet| octet.is_ascii_hexdigit() && octet != b'0') {
                return Some(candidate);
            }
        }
        from = start + 1;
    }
    None
}

/// The data without the identifiers in front of them.
fn said(event: &Event) -> Vec<&str> {
    let values = event.data.iter().map(|(_, value)| value.as_str());
    values.skip_while(|value| value.is_empty() || (value.starts_with('{') && value.ends_with('}'))).collect()
}

/// `Key = Value` of the settings that some events print, line by line or in one line.
fn setting<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(&key.to_ascii_lowercase())?;
    let behind = text.get(at + key.len()..)?.trim_start().strip_prefix('=')?;
    let value = behind.lines().next()?.trim();
    // In one line, the next key ends it: what stands before the last word before the next equals sign.
    let value = match value.split_once(" = ") {
        Some((head, _)) => head.rsplit_once(' ').map_or("", |(value, _)| value).trim(),
        None => value,
    };
    Some(value)
}

/// The last number in a sentence.
fn last_number(text: &str) -> Option<u32> {
    let end = text.rfind(|char: char| char.is_ascii_digit())? + 1;
    let head = text.get(..end)?;
    let start = head
        .rfind(|char: char| !char.is_ascii_digit())
        .map_or(0, |at| at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
    head.get(start..)?.parse().ok()
}

/// The first address in a text.
fn address(text: &str) -> Option<IpAddr> {
    text.split(|char: char| !(char.is_ascii_hexdigit() || matches!(char, '.' | ':')))
        .map(|word| word.trim_matches('.'))
        .find_map(|word| word.parse().ok().or_else(|| word.trim_end_matches(':').parse().ok()))
}

/// What stands between two words of a sentence.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let start = text.find(before)? + before.len();
    let rest = text.get(start..)?;
    rest.get(..rest.find(behind)?).map(str::trim).filter(|value| !value.is_empty())
}

/// The fact of an error code, whichever of Windows' ranges it is from.
fn code(code: u32) -> Option<Fact> {
    match code {
        600..=999 => Some(reported::Fact::Ras { code }.into()),
        13_800..=13_999 => Some(reported::Fact::Ike { code }.into()),
        _ => None,
    }
}

/// RAS codes of sentences that name the reason without its code, by words that only they have.
const SENTENCES: &[(&str, u32)] = &[
    ("user name and password combination", 691),
    ("user name or password", 691),
    ("authentication method used by the server", 812),
    ("policy configured on your ras/vpn server", 812),
    ("not permitted to log on at this time", 646),
    ("not permitted to logon at this time", 646),
    ("account is disabled", 647),
    ("account has been disabled", 647),
    ("password has expired", 648),
    ("password for this account has expired", 648),
    ("does not have remote access permission", 649),
    ("does not have permission to dial in", 649),
    ("dial-in permission", 649),
    ("account has expired", 708),
    ("did not respond in a timely manner", 718),
    ("negotiation timed out", 718),
    ("no ppp control protocols", 720),
    ("did not converge", 732),
    ("control protocol was rejected", 733),
    ("link control protocol was terminated", 734),
    ("link control protocol terminated", 734),
    ("does not support the required data encryption", 741),
    ("requires data encryption", 742),
    ("required encryption", 742),
    ("address pool", 738),
];

/// The RAS code of a sentence.
fn sentence(text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    SENTENCES.iter().find(|(words, _)| text.contains(words)).map(|(_, code)| *code)
}
