//! The Network Policy Server: its events 6272 to 6279, those of its service in the System log, and its text logs IN*.log in every
//! form.

use std::net::SocketAddr;

use observe::{About, Fact, Side, Spot, Time, ppp, radius, reported};

use super::meaning::Found;
use super::{Entry, Event, Log, happened};

/// An event of the Security log.
pub(super) fn event(event: &Event) -> Found {
    let label = |name: &str| {
        let lines = event.message.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(label, _)| label.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next_back()
    };
    let get = |name: &str, shown: &str| {
        event.named(name).or_else(|| label(shown)).filter(|value| !matches!(*value, "" | "-"))
    };
    let request = Request {
        user: get("fullyqualifiedsubjectusername", "Fully Qualified Account Name")
            .or_else(|| get("subjectusername", "Account Name")),
        client: get("callingstationid", "Calling Station Identifier"),
        method: get("authenticationtype", "Authentication Type"),
        reason: get("reasoncode", "Reason Code")
            .and_then(|code| code.parse().ok())
            .or_else(|| reason_line(&event.message)),
        kind: match event.id {
            6272 | 6278 => Some(2),
            6273 | 6274 | 6276 => Some(3),
            _ => None,
        },
    };
    let mut facts = vec![happened("Security", event.id)];
    facts.extend(request.facts());
    Found { side: Some(Side::Authenticator), about: request.about(), facts }
}

/// An event of the service in the System log, of NPS or of IAS before it (Windows 2000 to 2003).
pub(super) fn service(event: &Event) -> Found {
    let words = event.words();
    let lower = words.to_lowercase();
    let mut found = Found { side: Some(Side::Authenticator), ..Found::default() };
    let fact: Option<Fact> = match event.id {
        1 | 2 => {
            let get = |name: &str| {
                let lines = words.lines().filter_map(|line| line.split_once(" = "));
                let value = lines.filter(|(label, _)| label.trim() == name).map(|(_, value)| value.trim()).next();
                value.filter(|value| !value.starts_with('<'))
            };
            let request = Request {
                user: get("Fully-Qualified-User-Name"),
                client: get("Calling-Station-Identifier"),
                method: get("Authentication-Type"),
                reason: get("Reason-Code").and_then(|code| code.parse().ok()),
                kind: Some(if event.id == 1 { 2 } else { 3 }),
            };
            found.about = request.about();
            found.facts = request.facts();
            None
        }
        13 => Some(radius::Fact::UnknownClient.into()),
        // The requests without the attribute, refused since the attack on it (KB5040268), and before where a client had to send it.
        4418 | 4419 => Some(radius::Fact::MessageAuthenticatorMissing.into()),
        _ if lower.contains("without a message") && lower.contains("authenticator") => {
            Some(radius::Fact::MessageAuthenticatorMissing.into())
        }
        14 | 18 => Some(radius::Fact::SecretMismatch.into()),
        _ => None,
    };
    found.facts.extend(fact);
    if !found.facts.is_empty() {
        found.facts.insert(0, happened("NPS", event.id));
    }
    found
}

/// In a sentence of any language, the reason's code is the last number that stands alone behind a colon.
fn reason_line(message: &str) -> Option<u32> {
    let values = message.lines().rev().filter_map(|line| line.rsplit_once([':', '：']));
    values.filter_map(|(_, value)| value.trim().parse().ok()).next()
}

/// A request of a log in DTS form: elements by their names in lower case.
pub(super) fn request(values: &[(String, String)], number: u64, log: &mut Log<'_, '_>) {
    let get = |name: &str| values.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str());
    let at = get("timestamp").and_then(|text| date(text, log));
    let request = Request {
        user: get("fully-qualifed-user-name").or_else(|| get("sam-account-name")).or_else(|| get("user-name")),
        client: get("calling-station-id").or_else(|| get("tunnel-client-endpt")),
        method: get("authentication-type"),
        reason: get("reason-code").and_then(|code| code.parse().ok()),
        kind: get("packet-type").and_then(|kind| kind.parse().ok()),
    };
    take(&request, at, number, values.iter().map(|(_, value)| value.as_str()), log);
}

/// A line of a log in the form for databases: fields by their places.
pub(super) fn database(fields: &[String], number: u64, log: &mut Log<'_, '_>) {
    let get = |at: usize| fields.get(at).map(String::as_str).filter(|value| !value.is_empty());
    let request = Request {
        user: get(6).or_else(|| get(5)),
        client: get(8),
        method: get(23),
        reason: get(25).and_then(|code| code.parse().ok()),
        kind: get(4).and_then(|kind| kind.parse().ok()),
    };
    let at = get(2).zip(get(3)).and_then(|(day, time)| date(&format!("{day} {time}"), log));
    take(&request, at, number, fields.iter().map(String::as_str), log);
}

/// A line of a log in IAS form: six fields, then pairs of an attribute's number and its value.
pub(super) fn pairs(fields: &[String], number: u64, log: &mut Log<'_, '_>) {
    let get = |wanted: &str| {
        let pairs = fields.get(6..).unwrap_or_default().chunks_exact(2);
        pairs
            .filter_map(|pair| pair.first().zip(pair.get(1)))
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.as_str())
    };
    let field = |at: usize| fields.get(at).map(String::as_str).filter(|value| !value.is_empty());
    let request = Request {
        user: field(1).or_else(|| get("4130")),
        client: get("31").or_else(|| get("66")),
        method: get("4127"),
        reason: get("4142").and_then(|code| code.parse().ok()),
        kind: get("4136").and_then(|kind| kind.parse().ok()),
    };
    let at = field(2).zip(field(3)).and_then(|(day, time)| date(&format!("{day} {time}"), log));
    take(&request, at, number, fields.iter().map(String::as_str), log);
}

/// The logs write month, day, year in local time, whatever the machine's language.
fn date(text: &str, log: &Log<'_, '_>) -> Option<Time> {
    let (day, time) = text.trim().split_once(' ')?;
    let parts: Vec<&str> = day.split('/').collect();
    let [month, day, year] = parts.as_slice() else { return log.local(text) };
    log.local(&format!("{year}-{month}-{day} {time}"))
}

fn take<'a>(
    request: &Request<'_>,
    at: Option<Time>,
    number: u64,
    words: impl Iterator<Item = &'a str>,
    log: &mut Log<'_, '_>,
) {
    log.events += 1;
    log.authenticator = true;
    let facts = request.facts();
    if facts.is_empty() {
        return;
    }
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let text = format!("NPS: {}", words.join(","));
    log.entry(Entry { at, record: number, spot: Spot::Line(number), text, about: request.about(), facts });
}

/// What NPS says about a request of a NAS.
struct Request<'a> {
    user: Option<&'a str>,
    client: Option<&'a str>,
    method: Option<&'a str>,
    reason: Option<u32>,
    /// The kind of packet: 1 request, 2 accept, 3 reject, 4 accounting request, 11 challenge.
    kind: Option<u8>,
}

impl Request<'_> {
    fn about(&self) -> About {
        let client =
            self.client.and_then(|client| client.trim().parse().ok()).map(|address| SocketAddr::new(address, 0));
        About { client, user: self.user.map(str::to_owned), ..About::default() }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        let Some(kind) = self.kind else { return facts };
        if matches!(kind, 1 | 4) {
            facts.push(radius::Fact::Request { code: kind, server: None, repeated: false }.into());
            return facts;
        }
        let reason = self.reason.filter(|_| kind == 3);
        if let Some(code) = reason {
            facts.push(reported::Fact::NpsReason { code }.into());
        }
        facts.push(radius::Fact::Answer { code: kind, reason: reason.and_then(meaning), error: None }.into());
        if let (3, Some(method)) = (kind, self.method.and_then(method)) {
            let reason = reason.and_then(meaning);
            let at = observe::Party::Server;
            facts.push(ppp::Fact::AuthenticationFailed { at, method: Some(method), code: None, reason }.into());
        }
        facts
    }
}

/// An authentication type, by its number or its name.
fn method(text: &str) -> Option<ppp::Method> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "1" | "pap" => ppp::Method::Pap,
        "2" | "chap" | "md5-chap" => ppp::Method::Chap,
        "3" | "ms-chap" | "ms-chapv1" | "ms-chap v1" => ppp::Method::MsChapV1,
        "4" | "ms-chapv2" | "ms-chap v2" => ppp::Method::MsChapV2,
        "5" | "11" | "eap" | "peap" => ppp::Method::Eap(None),
        _ => return None,
    })
}

/// What a reason code says of the account, where it says something of it.
fn meaning(code: u32) -> Option<ppp::Reason> {
    Some(match code {
        // 9 is an extension, such as that for a second factor, which dropped the request.
        1 | 4..=6 | 9 | 80 | 96 | 113..=119 | 261 => ppp::Reason::Backend,
        7 => ppp::Reason::UserFormat,
        8 => ppp::Reason::UnknownUser,
        16 => ppp::Reason::WrongPassword,
        19 => ppp::Reason::NoUsablePassword,
        18 | 20 | 66 => ppp::Reason::MethodDisabled,
        33 => ppp::Reason::PasswordExpired,
        34 => ppp::Reason::Disabled,
        35 => ppp::Reason::Expired,
        36 | 64 => ppp::Reason::Locked,
        37 | 68 => ppp::Reason::LogonHours,
        48 | 49 => ppp::Reason::NoPolicy,
        65 => ppp::Reason::NoDialin,
        // 21 is an extension that refused.
        21 | 32 | 38 | 67 | 69 | 70 | 71 => ppp::Reason::Constraint,
        _ => return None,
    })
}
