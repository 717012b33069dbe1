//! What protects a call that was made, in words: which transforms were agreed on, and what they are worth.

use clock::Timestamp;
use crypto::HashAlg;
use crypto::cbc::CbcAlg;
use crypto::dh::Group;
use diagnose::Texts;
use esp::Mac;
use ike::proposal::Phase1Suite;
use observe::ike::{Fact, Phase, Suite};
use serde_json::{Value, json};

use access::datapath::Encapsulation;

use super::call::Protected;
use super::journal::{Journal, Told};

/// What agreed algorithms are worth: broken by who can pay for it, out of date, or neither.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Judgement {
    weak: Vec<&'static str>,
    aging: Vec<&'static str>,
}

/// Says and notes it.
pub(super) fn tell(texts: &Texts, journal: &mut Journal, at: Timestamp, protected: Protected) {
    let Protected { ike, esp, compression } = protected;
    let judgement = judge(&ike, esp.map(|(suite, _)| suite));
    let udp = matches!(esp, Some((_, Encapsulation::Udp)));
    let esp_text = esp.map(|(suite, _)| suite.to_string());
    let word = |id: &str| texts.get(id).unwrap_or_default();
    let ppp = word(match compression {
        None => "probe-ppp-nothing",
        Some(false) => "probe-ppp-compression",
        Some(true) => "probe-ppp-encryption",
    });
    let (weak, aging) = (judgement.weak.join(", "), judgement.aging.join(", "));
    let ike_text = ike.to_string();
    let values = [
        ("ike", ike_text.as_str()),
        ("esp", esp_text.as_deref().unwrap_or("-")),
        ("way", if udp { "UDP 4500" } else { "IP 50" }),
        ("ppp", &ppp),
        ("weak", &weak),
        ("aging", &aging),
    ];
    let key = match (weak.is_empty(), aging.is_empty()) {
        (false, _) => "encryption-weak",
        (true, false) => "encryption-aging",
        (true, true) => "encryption-strong",
    };
    let step = journal.tell(Told::timed(texts, "encryption", key, at, at, &values));
    if !weak.is_empty() {
        journal.warn("agreed", texts);
    }
    journal.observe(step, Fact::Chosen { phase: Phase::One, suite: split(&ike_text) }.into());
    if let Some(esp) = &esp_text {
        journal.observe(step, Fact::Chosen { phase: Phase::Two, suite: split(esp) }.into());
    }
    let ppp = match compression {
        None => Value::Null,
        Some(false) => json!("compression"),
        Some(true) => json!("encryption"),
    };
    let report = json!({ "ike": ike_text, "esp": esp_text, "udp": udp, "ppp": ppp, "weak": judgement.weak,
        "aging": judgement.aging });
    journal.further.insert("encryption".into(), report);
}

/// SHA-1 and MD5 hold inside HMAC; MD5 is counted as weak because nobody vouches for it any more.
fn judge(ike: &Phase1Suite, esp: Option<esp::Suite>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut weak = |is: bool, name: &'static str| {
        if is && !judgement.weak.contains(&name) {
            judgement.weak.push(name);
        }
    };
    weak(ike.cipher == CbcAlg::TripleDes, "3des-cbc");
    weak(ike.hash == HashAlg::Md5, "md5");
    weak(ike.group == Group::Modp1024, "modp1024");
    weak(ike.group == Group::Modp1536, "modp1536");
    let mac = match esp {
        Some(esp::Suite::Cbc(cipher, mac)) => {
            weak(cipher == CbcAlg::TripleDes, "3des-cbc");
            Some(mac)
        }
        Some(esp::Suite::Gcm { .. }) | None => None,
    };
    if ike.hash == HashAlg::Sha1 || mac == Some(Mac::HmacSha1_96) {
        judgement.aging.push("sha1");
    }
    judgement
}

/// Cipher, integrity and group, as far as the name of a suite has them.
fn split(name: &str) -> Suite {
    let mut words = name.split(' ').map(str::to_owned);
    let mut next = || words.next().unwrap_or_default();
    let (cipher, integrity, group) = (next(), next(), next());
    // As logs of others call it: `sha2-256` and not `hmac-sha2-256-128`.
    let integrity = integrity
        .strip_prefix("hmac-")
        .and_then(|mac| mac.rsplit_once('-'))
        .map_or(integrity.clone(), |(mac, _)| mac.to_owned());
    Suite { cipher, integrity, group, ..Suite::default() }
}

#[cfg(test)]
mod tests {
    use wire::isakmp::AuthMethod;

    use super::*;

    fn suite(cipher: CbcAlg, hash: HashAlg, group: Group) -> Phase1Suite {
        Phase1Suite { cipher, hash, group, method: AuthMethod::PRE_SHARED_KEY }
    }

    #[test]
    fn only_what_was_agreed_on_is_judged() {
        let strong = suite(CbcAlg::Aes256, HashAlg::Sha256, Group::Ecp256);
        assert_eq!(judge(&strong, Some(esp::Suite::Gcm { key_len: 32 })), Judgement::default());
        let aging = judge(&strong, Some(esp::Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha1_96)));
        assert_eq!(aging, Judgement { weak: vec![], aging: vec!["sha1"] });
        let old = suite(CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024);
        let weak = judge(&old, Some(esp::Suite::Cbc(CbcAlg::TripleDes, Mac::HmacSha1_96)));
        assert_eq!(weak, Judgement { weak: vec!["3des-cbc", "modp1024"], aging: vec!["sha1"] });
    }

    #[test]
    fn a_suite_is_named_as_others_name_it() {
        let named = split(&esp::Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha256_128).to_string());
        assert_eq!((named.cipher.as_str(), named.integrity.as_str()), ("aes-256-cbc", "sha2-256"));
        let named = split(&suite(CbcAlg::Aes128, HashAlg::Sha1, Group::Modp2048).to_string());
        assert_eq!((named.integrity.as_str(), named.group.as_str()), ("sha1", "modp2048"));
        assert_eq!(split(&esp::Suite::Gcm { key_len: 32 }.to_string()).integrity, "");
    }
}
