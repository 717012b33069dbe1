//! What was found, in the words of the texts: each answer has its message.

use diagnose::{Texts, Verdict};
use ike::proposal::Phase1Suite;
use observe::network::Icmp;
use probe::{
    AddressAnswer, AggressiveAnswer, CallAnswer, Chosen, ClearAnswer, ControlAnswer, EncryptionAnswer, Finding,
    IkeAnswer, LinkAnswer, LinkEnd, LogOnAnswer, NatAnswer, Notices, Step, Surveyed, V2Answer,
};
use userspace::Failure as Broken;
use userspace::failure::{Local, Refusal, Unreachable};
use wire::ppp::{AuthProtocol, Mppe};
use wire::pptp::ErrorCode;

use super::super::phrases::say;
use super::journal::Told;
use super::methods;

/// A step in words.
pub(super) fn told(texts: &Texts, step: &Step) -> Told {
    let (name, key, values) = words(texts, &step.finding);
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Told::timed(texts, name, &key, step.began, step.ended, &values)
}

/// What a finding warns of although it works: the words are `probe-warning-ID`.
pub(super) fn warnings(finding: &Finding) -> Vec<&'static str> {
    match finding {
        Finding::Aggressive { answer: AggressiveAnswer::Exposed, .. } => vec!["aggressive"],
        Finding::Clear { answer: ClearAnswer::Accepted { .. } } => vec!["clear"],
        Finding::Survey(found) if found.accepted.iter().any(is_weak) => vec!["weak"],
        Finding::Pptp { answer: ControlAnswer::Up(_) } => vec!["pptp"],
        Finding::PptpMethods { methods, .. } if methods.offered().contains(&AuthProtocol::Pap) => vec!["pptp-pap"],
        _ => Vec::new(),
    }
}

/// Whether well-funded attackers can break it.
fn is_weak(suite: &Phase1Suite) -> bool {
    crate::dial::offers::price(suite).is_some() || suite.hash == crypto::HashAlg::Md5
}

type Words = (&'static str, String, Vec<(&'static str, String)>);

fn words(texts: &Texts, finding: &Finding) -> Words {
    match finding {
        Finding::Echo { sent, received, fastest } => {
            let key = if *received > 0 { "echo-answered" } else { "echo-silence" };
            let ms = fastest.map_or(0.0, |fastest| fastest.as_secs_f64() * 1000.0);
            let values =
                vec![("sent", sent.to_string()), ("received", received.to_string()), ("ms", format!("{ms:.1}"))];
            ("echo", key.into(), values)
        }
        Finding::Main { nat_t, offered, sent, answer } => {
            let (name, port) = if *nat_t { ("ike-4500", "4500") } else { ("ike-500", "500") };
            let mut values = vec![
                ("port", port.to_owned()),
                ("sent", sent.to_string()),
                ("count", offered.len().to_string()),
                ("offered", list(offered)),
            ];
            let key = ike(texts, answer, &mut values);
            let key = if *nat_t && key == "silence" { "ike-4500-silence".to_owned() } else { format!("ike-{key}") };
            (name, key, values)
        }
        Finding::Nat { answer } => {
            let mut values = Vec::new();
            let key = match answer {
                NatAnswer::Found { here: false, there: false } => "nat-none",
                NatAnswer::Found { here: true, there: false } => "nat-here",
                NatAnswer::Found { here: false, there: true } => "nat-there",
                NatAnswer::Found { here: true, there: true } => "nat-both",
                NatAnswer::Unsupported => "nat-unsupported",
                NatAnswer::Notify(kind) => {
                    values.push(("notify", kind.to_string()));
                    "nat-notify"
                }
                NatAnswer::Silence => "nat-silence",
            };
            ("nat", key.into(), values)
        }
        Finding::Version2 { answer } => {
            let mut values = Vec::new();
            let key = match answer {
                V2Answer::Speaks => "ikev2-speaks",
                V2Answer::NoProposal => "ikev2-no-proposal",
                V2Answer::Refused => "ikev2-refused",
                V2Answer::Notify(kind) => {
                    values.push(("notify", kind.to_string()));
                    "ikev2-notify"
                }
                V2Answer::Icmp(kind) => {
                    values.push(("icmp", texts.icmp(*kind)));
                    "ikev2-icmp"
                }
                V2Answer::Silence => "ikev2-silence",
            };
            ("ikev2", key.into(), values)
        }
        Finding::Survey(found) => survey(found),
        Finding::Aggressive { suite, answer } => {
            let mut values = vec![("suite", suite.to_string())];
            let key = match answer {
                AggressiveAnswer::Exposed => "aggressive-exposed",
                AggressiveAnswer::Refused(notify) => {
                    values.push(("notify", notify.to_string()));
                    "aggressive-refused"
                }
                AggressiveAnswer::Silence => "aggressive-silence",
            };
            ("aggressive", key.into(), values)
        }
        Finding::Clear { answer } => {
            let mut values = Vec::new();
            let key = match answer {
                ClearAnswer::Accepted { host, vendor } => {
                    values.extend([("host", host.clone()), ("vendor", vendor.clone())]);
                    "l2tp-clear-accepted"
                }
                ClearAnswer::Refused { result } => {
                    values.push(("result", result.to_string()));
                    "l2tp-clear-refused"
                }
                ClearAnswer::Other => "l2tp-clear-other",
                ClearAnswer::Icmp(kind) => {
                    values.push(("icmp", texts.icmp(*kind)));
                    "l2tp-clear-icmp"
                }
                ClearAnswer::Silence => "l2tp-clear-silence",
            };
            ("l2tp-clear", key.into(), values)
        }
        Finding::Pptp { answer } => pptp(answer),
        Finding::PptpCall { answer } => {
            let mut values = Vec::new();
            let key = match answer {
                CallAnswer::Gre => "pptp-call-gre",
                CallAnswer::NoGre => "pptp-call-no-gre",
                CallAnswer::OneWay { received } => {
                    values.push(("received", received.to_string()));
                    "pptp-call-one-way"
                }
                CallAnswer::Icmp(kind, from) => {
                    let from = from.map_or_else(|| "?".to_owned(), |from| from.to_string());
                    values.extend([("icmp", texts.icmp(*kind)), ("from", from)]);
                    "pptp-call-icmp"
                }
                CallAnswer::Cut => "pptp-call-cut",
                CallAnswer::Refused(result, error) => {
                    let said = match *error {
                        ErrorCode::NONE => result.to_string(),
                        error => format!("{result}, {error}"),
                    };
                    values.push(("result", said));
                    "pptp-call-refused"
                }
                CallAnswer::Silence => "pptp-call-silence",
                CallAnswer::NotTried => "pptp-call-not-tried",
            };
            ("pptp-call", key.into(), values)
        }
        Finding::PptpLink { demanded, answer } => {
            let names = demanded.iter().copied().map(methods::name).collect::<Vec<_>>().join(", ");
            let values = vec![("methods", names)];
            match answer {
                LinkAnswer::Up if demanded.is_empty() => ("pptp-link", "pptp-link-open".into(), values),
                LinkAnswer::Up => ("pptp-link", "pptp-link-up".into(), values),
                LinkAnswer::Failed(end) => ended(texts, "pptp-link", "pptp-link-failed", end, values),
            }
        }
        Finding::PptpLogOn { answer } => match answer {
            LogOnAnswer::Unasked => ("pptp-log-on", "pptp-log-on-unasked".into(), Vec::new()),
            LogOnAnswer::Accepted(None) => ("pptp-log-on", "pptp-log-on-none".into(), Vec::new()),
            LogOnAnswer::Accepted(Some(method)) => {
                ("pptp-log-on", "pptp-log-on-up".into(), vec![("method", methods::name(method.auth_protocol()))])
            }
            LogOnAnswer::Failed(end) => ended(texts, "pptp-log-on", "log-on-failed", end, Vec::new()),
        },
        Finding::PptpEncryption { mppe, answer } => {
            let key = match (answer, mppe) {
                (EncryptionAnswer::Required, _) => "pptp-encryption-required",
                (EncryptionAnswer::NotRequired, Some(_)) => "pptp-encryption-offered",
                (EncryptionAnswer::NotRequired, None) => "pptp-encryption-none",
            };
            let said = mppe.as_ref().map_or_else(|| "?".to_owned(), Mppe::to_string);
            ("pptp-encryption", key.into(), vec![("mppe", said)])
        }
        Finding::PptpAddress { answer: AddressAnswer::Up(ipv4) } => {
            let dns = ipv4.name_servers().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let dns = if dns.is_empty() { "-".to_owned() } else { dns };
            let values = vec![("address", ipv4.local.to_string()), ("peer", ipv4.remote.to_string()), ("dns", dns)];
            ("pptp-address", "pptp-address-up".into(), values)
        }
        Finding::PptpMethods { calls, methods } => {
            let key = match methods::key(methods) {
                key @ ("none" | "pap") => format!("pptp-methods-{key}"),
                key => format!("methods-{key}"),
            };
            ("pptp-methods", key, methods::values(*calls, methods))
        }
        Finding::PptpAddress { answer: AddressAnswer::Failed(end) } => {
            ended(texts, "pptp-address", "call-failed", end, Vec::new())
        }
    }
}

/// How a link ended, in the words for any failure of PPP, or that the call was ended under it.
fn ended(
    texts: &Texts,
    name: &'static str,
    key: &str,
    end: &LinkEnd,
    mut values: Vec<(&'static str, String)>,
) -> Words {
    match end {
        LinkEnd::Ppp { stage, failure } => {
            let failure = access::Failure::Ppp { stage: *stage, failure: failure.clone(), denied: None };
            let ras = Verdict::of_dial(&failure).ras;
            let text = ras.and_then(|ras| texts.ras(ras)).unwrap_or_default();
            let ras = ras.map(|ras| ras.to_string()).unwrap_or_default();
            values.extend([("ras", ras), ("text", text), ("detail", record::dial::detail(&failure).to_string())]);
            (name, key.into(), values)
        }
        LinkEnd::Cut => (name, "pptp-cut".into(), values),
    }
}

fn ike(texts: &Texts, answer: &IkeAnswer, values: &mut Vec<(&'static str, String)>) -> &'static str {
    match answer {
        IkeAnswer::Chosen(chosen) => {
            values.extend(describe(chosen));
            match (chosen.vendors.is_empty(), probe::software(&chosen.software)) {
                (_, Some(product)) => {
                    values.push(("product", product));
                    "chosen-product"
                }
                (true, None) => "chosen",
                (false, None) => "chosen-vendors",
            }
        }
        IkeAnswer::Notify(kind) => {
            values.push(("notify", kind.to_string()));
            if *kind == wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN { "no-proposal" } else { "notify" }
        }
        IkeAnswer::Version(_) => "version",
        IkeAnswer::Unusable(said) => {
            values.push(("said", said.clone()));
            "unusable"
        }
        IkeAnswer::Icmp(kind, from) => {
            let from = from.map_or_else(|| "?".to_owned(), |from| from.to_string());
            values.extend([("icmp", texts.icmp(*kind)), ("from", from)]);
            if *kind == Icmp::PortUnreachable { "closed" } else { "icmp" }
        }
        IkeAnswer::Silence => "silence",
    }
}

fn describe(chosen: &Chosen) -> [(&'static str, String); 2] {
    let suite = chosen.suite.map_or_else(|| "?".to_owned(), |suite| suite.to_string());
    [("suite", suite), ("vendors", chosen.vendors.join(", "))]
}

fn survey(found: &Surveyed) -> Words {
    let tried = found.accepted.len() + found.refused.len() + found.silent.len();
    let values = vec![
        ("tried", tried.to_string()),
        ("accepted", list(&found.accepted)),
        ("refused", found.refused.len().to_string()),
        ("silent", list(&found.silent)),
        ("untried", found.untried.len().to_string()),
    ];
    let key = match (found.accepted.is_empty(), found.limited, found.silent.is_empty()) {
        (_, true, _) => "transforms-limited",
        (true, ..) if !found.untried.is_empty() => "transforms-stopped",
        (true, ..) => "transforms-none",
        (false, _, true) => "transforms-accepted",
        (false, _, false) => "transforms-accepted-silent",
    };
    ("transforms", key.into(), values)
}

fn pptp(answer: &ControlAnswer) -> Words {
    let about = |notices: &Notices| {
        vec![
            ("vendor", notices.vendor.clone()),
            ("host", notices.host.clone()),
            ("firmware", notices.firmware.to_string()),
        ]
    };
    let (key, values) = match answer {
        ControlAnswer::Up(notices) => ("pptp-up", about(notices)),
        ControlAnswer::Refused { result, notices } => {
            let mut values = about(notices);
            values.push(("result", result.to_string()));
            ("pptp-refused", values)
        }
        ControlAnswer::NotPptp => ("pptp-not-pptp", Vec::new()),
        ControlAnswer::Mute => ("pptp-mute", Vec::new()),
        ControlAnswer::Closed => ("pptp-closed", Vec::new()),
        ControlAnswer::Unreachable => ("pptp-unreachable", Vec::new()),
        ControlAnswer::Silence => ("pptp-silence", Vec::new()),
    };
    ("pptp", key.into(), values)
}

fn list(suites: &[Phase1Suite]) -> String {
    if suites.is_empty() {
        return "-".to_owned();
    }
    suites.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Why the operating system's resolver gives no address; it says so in English only (`gai_strerror`).
pub(super) fn resolver(texts: &Texts, reason: &str) -> String {
    let said = |words: &str| reason.contains(words);
    if said("Name or service not known") || said("No address associated") || said("Name does not resolve") {
        say(texts, "resolver-unknown", &[])
    } else if said("Temporary failure") || said("Try again") {
        say(texts, "resolver-no-answer", &[])
    } else {
        reason.to_owned()
    }
}

/// Why something behind the server was not reached.
pub(super) fn broken(texts: &Texts, failure: &Broken) -> String {
    let id = match failure {
        Broken::Refused(Refusal::Reset) => "inner-reset",
        Broken::Refused(Refusal::Broken) => "inner-broken",
        Broken::Refused(Refusal::NoSuchName) => "inner-no-such-name",
        Broken::Refused(Refusal::NoAddress) => "inner-no-address",
        Broken::Refused(Refusal::NameServer(code)) => {
            return say(texts, "inner-name-server", &[("code", &code.0.to_string())]);
        }
        Broken::Refused(Refusal::Unreachable(code)) => {
            return texts.icmp(match *code {
                Unreachable::PORT => Icmp::PortUnreachable,
                Unreachable::PROTOCOL => Icmp::ProtocolUnreachable,
                Unreachable::NETWORK_PROHIBITED | Unreachable::HOST_PROHIBITED | Unreachable::PROHIBITED => {
                    Icmp::Prohibited
                }
                _ => Icmp::Unreachable,
            });
        }
        Broken::Silence { elapsed, .. } => {
            return say(texts, "inner-silence", &[("seconds", &format!("{:.1}", elapsed.as_secs_f32()))]);
        }
        Broken::Local(Local::NoNameServer) => "inner-no-name-server",
        Broken::Local(Local::NoTunnel) => "inner-no-tunnel",
        // Nothing of it can happen to a probe's own questions.
        Broken::Malformed(_) | Broken::Denied(_) | Broken::Local(_) => return failure.to_string(),
    };
    say(texts, id, &[])
}

#[cfg(test)]
mod tests {
    use diagnose::Language;

    use super::*;

    #[test]
    fn why_there_is_no_answer_is_said_in_the_readers_language() {
        let failures = [
            Broken::Refused(Refusal::Reset),
            Broken::Refused(Refusal::Broken),
            Broken::Refused(Refusal::NoSuchName),
            Broken::Refused(Refusal::NoAddress),
            Broken::Refused(Refusal::NameServer(userspace::failure::Rcode::SERVER_FAILURE)),
            Broken::Refused(Refusal::Unreachable(Unreachable::HOST_PROHIBITED)),
            Broken::Silence { stage: userspace::failure::Stage::Connect, elapsed: std::time::Duration::from_secs(2) },
            Broken::Local(Local::NoNameServer),
            Broken::Local(Local::NoTunnel),
        ];
        for language in [Language::Chinese, Language::Japanese] {
            let texts = Texts::new(language);
            let reasons = ["Name or service not known", "Temporary failure in name resolution"];
            let said = failures.iter().map(|failure| broken(&texts, failure));
            for said in said.chain(reasons.map(|reason| resolver(&texts, reason))) {
                assert!(said.chars().any(|letter| u32::from(letter) >= 0x3040), "{language:?}: {said}");
            }
        }
        assert_eq!(resolver(&Texts::new(Language::Japanese), "10 s"), "10 s");
    }
}
