//! The audit of IKE in the Security log (4650 to 4655, 4976, 4977, 5049, 5451 to 5453).

use std::net::SocketAddr;

use observe::ike::{CertificateProblem, Exchange, Fact, Phase};
use observe::{About, Party, reported};

use super::super::{Event, happened};
use super::{Found, address};

pub(super) fn of(event: &Event) -> Found {
    let fields = Fields(event);
    let peer = fields.get(&["remoteaddress", "remote address", "remoteipaddress"]).and_then(address);
    let attempt =
        fields.get(&["mainmodesaid", "mmsaid", "main mode sa id"]).filter(|id| *id != "0").map(|id| format!("mm {id}"));
    let peer = peer.map(|address| SocketAddr::new(address, 0));
    let mut about = About { peer, attempt, ..About::default() };
    match fields.role() {
        Some(true) => about.server = peer,
        Some(false) => about.client = peer,
        None => {}
    }
    let mut facts = vec![happened("Security", event.id)];
    match event.id {
        4650 | 4651 => facts.push(Fact::Phase1Up { certificate: Some(event.id == 4651) }.into()),
        4652 | 4653 => facts.extend(failed(&fields, Phase::One)),
        4654 => facts.extend(failed(&fields, Phase::Two)),
        4655 => facts.push(Fact::Deleted { by: Party::Here, phase: Phase::One, traffic: None }.into()),
        5451 => {
            let transport =
                fields.get(&["mode"]).map(|mode| mode == "%%8212" || mode.eq_ignore_ascii_case("transport"));
            facts.push(Fact::Phase2Up { encapsulated: None, transport, suite: None, spis: None }.into());
        }
        5049 | 5452 => facts.push(Fact::Deleted { by: Party::Here, phase: Phase::Two, traffic: None }.into()),
        5453 => facts.push(Fact::ServiceStopped { at: Party::Here }.into()),
        _ => {}
    }
    Found { side: None, about, facts }
}

/// What a failed negotiation says: the code, who found it, and how far it had come.
fn failed(fields: &Fields<'_>, phase: Phase) -> Vec<observe::Fact> {
    let reason = fields.get(&["failurereason", "failure reason"]).unwrap_or_default();
    let at = match fields.get(&["failurepoint", "failure point"]).map(str::to_lowercase).as_deref() {
        Some("%%8200" | "remote computer" | "peer") => Party::There,
        _ => Party::Here,
    };
    let Some(code) = number(reason) else { return Vec::new() };
    let after = fields.state(phase);
    let certificate = |of, problem| Some(Fact::Certificate { at, of, problem });
    let fact = match code {
        13805 | 13813..=13815 => Some(Fact::GaveUp { by: Party::Here, after }),
        13802 | 13865 | 13868 | 13871..=13874 => Some(Fact::NoCommonSuite { phase, at }),
        13806 | 13820 => certificate(Some(at), CertificateProblem::Missing),
        13847 => certificate(None, CertificateProblem::Missing),
        13817 | 13848 => certificate(None, CertificateProblem::Revoked),
        13818 | 13819 => certificate(None, CertificateProblem::Usage),
        13826 | 13875 => certificate(None, CertificateProblem::Signature),
        13887 => certificate(None, CertificateProblem::Untrusted),
        13825 | 13850 => Some(Fact::NoConnection { at, asked: String::new() }),
        13843 | 13867 => Some(Fact::Undecryptable { at }),
        13869 => Some(Fact::IdentityRefused { at, expected: None, got: None }),
        13870 => Some(Fact::HashWrong { at }),
        13858 | 13894 => Some(Fact::SelectorsRefused { at, asked: None }),
        13882 | 13884 | 13903 => Some(Fact::Limited { at }),
        13886 => Some(Fact::PeerDead { at }),
        _ => None,
    };
    let mut facts: Vec<observe::Fact> = vec![reported::Fact::Ike { code }.into()];
    facts.extend(fact.map(observe::Fact::from));
    facts
}

/// The fields of an audit: data by name, or labels of the English sentence.
struct Fields<'a>(&'a Event);

impl<'a> Fields<'a> {
    /// The value of the first of these names.
    fn get(&self, names: &[&str]) -> Option<&'a str> {
        names
            .iter()
            .find_map(|name| self.0.named(name).or_else(|| self.labelled(name)))
            .filter(|value| !value.is_empty())
    }

    /// `Failure Reason:   Policy match error`. Addresses stand under headings.
    fn labelled(&self, name: &str) -> Option<&'a str> {
        let (heading, name) = match name {
            "remote address" => ("Remote Endpoint", "network address"),
            name => ("", name),
        };
        let from = self.0.message.find(heading)?;
        let lines = self.0.message.get(from..)?.lines();
        lines
            .filter_map(|line| line.split_once(':'))
            .find_map(|(label, value)| label.trim().eq_ignore_ascii_case(name).then_some(value.trim()))
    }

    /// Whether this machine began.
    fn role(&self) -> Option<bool> {
        match self.get(&["role"])? {
            "%%8205" => Some(true),
            "%%8206" => Some(false),
            text if text.eq_ignore_ascii_case("initiator") => Some(true),
            text if text.eq_ignore_ascii_case("responder") => Some(false),
            _ => None,
        }
    }

    /// The message that was sent last.
    fn state(&self, phase: Phase) -> Option<Exchange> {
        let state = self.get(&["state"])?.to_lowercase();
        let step = match state.as_str() {
            "%%8202" | "%%8208" => 0,
            "%%8203" => 1,
            "%%8204" | "%%8209" => 2,
            text if text.contains("first") => 0,
            text if text.contains("second") => 1,
            text if text.contains("third") || text.contains("final") => 2,
            _ => return None,
        };
        let answer = u8::from(self.role() == Some(false));
        Some(match phase {
            Phase::One => Exchange::MainMode(step * 2 + 1 + answer),
            Phase::Two => Exchange::QuickMode(if step == 0 { 1 + answer } else { 3 }),
        })
    }
}

/// The IPsec code of a reason: a number, a reference to a message, or the message.
fn number(reason: &str) -> Option<u32> {
    let digits: String = reason.trim().trim_start_matches('%').chars().take_while(char::is_ascii_digit).collect();
    if let Ok(code @ 13_800..=13_999) = digits.parse() {
        return Some(code);
    }
    let reason = reason.trim().to_lowercase();
    REASONS.iter().find(|(words, _)| reason.contains(words)).map(|(_, code)| *code)
}

/// Words of the messages, each found in one of them only.
const REASONS: &[(&str, u32)] = &[
    ("credentials are unacceptable", 13801),
    ("security attributes are unacceptable", 13802),
    ("general processing error", 13804),
    ("negotiation timed out", 13805),
    ("failed to find valid machine certificate", 13806),
    ("deleted by peer before", 13807),
    ("sa deleted before", 13808),
    ("no response from peer", 13813),
    ("negotiation took too long", 13815),
    ("revocation check of peer", 13848),
    ("revocation check failed", 13817),
    ("invalid certificate key usage", 13818),
    ("invalid certificate type", 13819),
    ("does not have a private key", 13820),
    ("failure in diffie-hellman", 13822),
    ("invalid header", 13824),
    ("no policy configured", 13825),
    ("failed to verify signature", 13826),
    ("invalid payload received", 13843),
    ("invalid cookie received", 13846),
    ("failed to send valid machine certificate", 13847),
    ("no available main mode ike policy", 13850),
    ("given filter is invalid", 13858),
    ("diffie-hellman failure", 13864),
    ("invalid diffie-hellman group", 13865),
    ("error decrypting payload", 13867),
    ("policy match error", 13868),
    ("unsupported id", 13869),
    ("hash verification failed", 13870),
    ("invalid hash algorithm", 13871),
    ("invalid encryption algorithm", 13873),
    ("invalid authentication algorithm", 13874),
    ("invalid certificate signature", 13875),
    ("cannot handle version of ike", 13880),
    ("max number of established", 13882),
    ("maximum quick mode limit", 13884),
    ("peer stopped responding", 13886),
    ("chain to a trusted root", 13887),
    ("unexpected message id", 13888),
    ("invalid authentication offers", 13889),
];
