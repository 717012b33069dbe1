use observe::ike::{CertificateProblem, Exchange, Fact, KeyFlaw, Message, Phase, Sent, Suite};

use super::{Teller, Words};
use crate::Texts;

pub(super) fn words<'a>(teller: &Teller<'_>, fact: &'a Fact) -> Words<'a> {
    let who = |id, party| Words::new(id).with("who", teller.who(party));
    match fact {
        Fact::Message(message) => {
            let id = if message.repeated { "ike-message-again" } else { "ike-message" };
            who(id, message.from).with("message", sent_message(teller.texts, message))
        }
        Fact::Offered { phase, from, suites } => {
            who("ike-offered", *from).with("phase", number(*phase)).with("suites", names(teller, suites))
        }
        Fact::Accepts { phase, at, suites } => {
            who("ike-accepts", *at).with("phase", number(*phase)).with("suites", names(teller, suites))
        }
        Fact::Chosen { phase, suite } => {
            Words::new("ike-chosen").with("phase", number(*phase)).with("suite", name(suite))
        }
        Fact::NoCommonSuite { phase, at } => who("ike-no-common-suite", *at).with("phase", number(*phase)),
        Fact::SuiteUnsupported { at, name } => who("ike-suite-unsupported", *at).with("name", name.clone()),
        Fact::Notify { from, kind, .. } => who("ike-notify", *from).with("kind", kind.to_string()),
        Fact::Vendor { from, name } => who("ike-vendor", *from).with("name", name.clone()),
        Fact::Nat { forced: true, .. } => Words::new("ike-nat-forced"),
        Fact::Nat { client, server, .. } => Words::new(nat(*client, *server)),
        Fact::Repeated { by, message } => who("ike-repeated", *by).with("message", exchange(teller.texts, *message)),
        Fact::GaveUp { by, after: None } => who("ike-gave-up", *by),
        Fact::GaveUp { by, after: Some(after) } => {
            who("ike-gave-up-after", *by).with("message", exchange(teller.texts, *after))
        }
        Fact::Stood { client, server, seconds, .. } => Words::new("ike-stood")
            .with("client", last(teller, *client))
            .with("server", last(teller, *server))
            .with("seconds", *seconds),
        Fact::HalfOpenExpired { at } => who("ike-half-open-expired", *at),
        Fact::Undecryptable { at } => who("ike-undecryptable", *at),
        Fact::HashWrong { at } => who("ike-hash-wrong", *at),
        Fact::NoSharedKey { at } => who("ike-no-shared-key", *at),
        Fact::KeyCharacters { at, flaw } => who(
            match flaw {
                KeyFlaw::QuotationMarks => "ike-key-quotation-marks",
                KeyFlaw::NotAscii => "ike-key-not-ascii",
                KeyFlaw::Blanks => "ike-key-blanks",
                KeyFlaw::Marks => "ike-key-marks",
            },
            *at,
        ),
        Fact::NoConnection { at, asked } => who("ike-no-connection", *at).said(asked),
        Fact::ModeRefused { at, mode } => who("ike-mode-refused", *at).said(mode),
        Fact::VersionRefused { at, asked } => who("ike-version-refused", *at).with("version", *asked),
        Fact::Identity { of, identity } => who("ike-identity", *of).with("identity", identity.clone()),
        Fact::IdentityRefused { at, expected, got } => match (expected, got) {
            (Some(expected), Some(got)) => {
                who("ike-identity-refused-both", *at).with("expected", expected.clone()).with("got", got.clone())
            }
            (Some(expected), None) => who("ike-identity-refused-expected", *at).with("expected", expected.clone()),
            (None, Some(got)) => who("ike-identity-refused-got", *at).with("got", got.clone()),
            (None, None) => who("ike-identity-refused", *at),
        },
        Fact::Phase1Up { .. } => Words::new("ike-phase1-up"),
        Fact::SelectorsRefused { at, asked: None } => who("ike-selectors-refused", *at),
        Fact::SelectorsRefused { at, asked: Some(asked) } => {
            who("ike-selectors-refused-asked", *at).with("asked", asked.clone())
        }
        Fact::PfsRefused { at } => who("ike-pfs-refused", *at),
        Fact::Phase2Up { encapsulated, .. } => Words::new(match encapsulated {
            None => "ike-phase2-up",
            Some(true) => "ike-phase2-up-udp",
            Some(false) => "ike-phase2-up-raw",
        }),
        Fact::Certificate { at, problem, .. } => who(certificate(*problem), *at),
        Fact::Deleted { by, phase, .. } => who("ike-deleted", *by).with("phase", number(*phase)),
        Fact::PeerDead { at } => who("ike-peer-dead", *at),
        Fact::Displaced { at } => who("ike-displaced", *at),
        Fact::MessageIdReused { at } => who("ike-message-id-reused", *at),
        Fact::MappingChanged { from: Some(from), to: Some(to) } => {
            Words::new("ike-mapping-changed-to").with("from", from.to_string()).with("to", to.to_string())
        }
        Fact::MappingChanged { .. } => Words::new("ike-mapping-changed"),
        Fact::RekeyFailed { at } => who("ike-rekey-failed", *at),
        Fact::Limited { at } => who("ike-limited", *at),
        Fact::KernelRefused { at, said } => who("ike-kernel-refused", *at).said(said),
        Fact::NetworkError { at, closed: true } => who("ike-network-closed", *at),
        Fact::NetworkError { at, closed: false } => who("ike-network-error", *at),
        Fact::ServiceStopped { at } => who("ike-service-stopped", *at),
    }
}

/// Which end is behind a NAT.
const fn nat(client: Option<bool>, server: Option<bool>) -> &'static str {
    match (client, server) {
        (Some(true), Some(true)) => "ike-nat-both",
        (Some(true), _) => "ike-nat-client",
        (_, Some(true)) => "ike-nat-server",
        (Some(false), Some(false)) => "ike-nat-none",
        (Some(false), None) => "ike-nat-not-client",
        (None, Some(false)) => "ike-nat-not-server",
        (None, None) => "ike-nat-unknown",
    }
}

const fn certificate(problem: CertificateProblem) -> &'static str {
    match problem {
        CertificateProblem::Missing => "ike-certificate-missing",
        CertificateProblem::Untrusted => "ike-certificate-untrusted",
        CertificateProblem::Name => "ike-certificate-name",
        CertificateProblem::Usage => "ike-certificate-usage",
        CertificateProblem::Expired => "ike-certificate-expired",
        CertificateProblem::Revoked => "ike-certificate-revoked",
        CertificateProblem::Signature => "ike-certificate-signature",
    }
}

const fn number(phase: Phase) -> u8 {
    match phase {
        Phase::One => 1,
        Phase::Two => 2,
    }
}

fn name(suite: &Suite) -> String {
    let parts = [&suite.cipher, &suite.integrity, &suite.group, &suite.authentication];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn names(teller: &Teller<'_>, suites: &[Suite]) -> String {
    teller.list(suites.iter().map(name))
}

fn last(teller: &Teller<'_>, sent: Option<Sent>) -> String {
    let Some(sent) = sent else { return teller.say("sent-nothing") };
    let (message, times) = (exchange(teller.texts, sent.exchange), sent.times.to_string());
    teller.texts.with("sent-times", &[("message", &message), ("times", &times)]).unwrap_or(message)
}

/// A message with the port that it goes to, where that is not the usual one.
fn sent_message(texts: &Texts, message: &Message) -> String {
    let port = if message.port_4500 { " (UDP 4500)" } else { "" };
    format!("{}{port}", exchange(texts, message.exchange))
}

/// A message by its name.
pub(super) fn exchange(texts: &Texts, exchange: Exchange) -> String {
    let say = |id: &str| texts.get(id).unwrap_or_else(|| id.to_owned());
    let numbered = |id: &str, number: u8| texts.with(id, &[("number", &number.to_string())]).unwrap_or_default();
    let way = |name: &str, response| {
        let id = if response { "exchange-response" } else { "exchange-request" };
        texts.with(id, &[("name", name)]).unwrap_or_else(|| name.to_owned())
    };
    match exchange {
        Exchange::MainMode(number) => numbered("exchange-main-mode", number),
        Exchange::AggressiveMode(number) => numbered("exchange-aggressive-mode", number),
        Exchange::QuickMode(0) => say("exchange-quick-mode-some"),
        Exchange::QuickMode(number) => numbered("exchange-quick-mode", number),
        Exchange::Informational => say("exchange-informational"),
        Exchange::Transaction => say("exchange-transaction"),
        Exchange::SaInit { response } => way("IKE_SA_INIT", response),
        Exchange::Auth { response } => way("IKE_AUTH", response),
        Exchange::Later { response } => way("IKEv2", response),
        Exchange::Other => say("exchange-other"),
    }
}
