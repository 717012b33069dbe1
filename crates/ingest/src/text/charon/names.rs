//! Names that strongSwan gives to messages, suites and notifies.

use observe::ike::{Exchange, Phase, Suite};
use wire::isakmp::NotifyType;

/// What a line about a message says: "ID_PROT request 0 [ SA V V ]".
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Parsed<'a> {
    pub(super) exchange: Exchange,
    pub(super) response: bool,
    pub(super) id: u32,
    pub(super) payloads: &'a str,
}

impl Parsed<'_> {
    /// Whether the sender of this message began phase 1; `None` where either end may send it.
    pub(super) fn by_initiator(&self) -> Option<bool> {
        match self.exchange {
            Exchange::MainMode(_) | Exchange::AggressiveMode(_) | Exchange::SaInit { .. } | Exchange::Auth { .. } => {
                Some(!self.response)
            }
            _ => None,
        }
    }

    /// Whether the payloads are protected by the IKE SA.
    pub(super) fn protected(&self) -> bool {
        self.has("HASH") || matches!(self.exchange, Exchange::Auth { .. } | Exchange::Later { .. })
    }

    /// Whether a payload is in it.
    pub(super) fn has(&self, payload: &str) -> bool {
        self.payloads.split(' ').any(|here| here == payload)
    }

    /// The notifies in it.
    pub(super) fn notifies(&self) -> impl Iterator<Item = NotifyType> + '_ {
        let inside =
            |payload: &str| payload.strip_prefix("N(").and_then(|name| name.strip_suffix(')').map(str::to_owned));
        self.payloads.split(' ').filter_map(inside).filter_map(|name| notify(&name))
    }
}

/// Reads "ID_PROT request 0 [ SA V V ]".
pub(super) fn message(text: &str) -> Option<Parsed<'_>> {
    let (head, payloads) = text.split_once('[')?;
    let payloads = payloads.split(']').next().unwrap_or_default().trim();
    let mut words = head.split_whitespace();
    let (exchange, kind) = (words.next()?, words.next()?);
    let id = words.next().and_then(|id| id.parse().ok()).unwrap_or(0);
    let response = match kind {
        "request" => false,
        "response" => true,
        _ => return None,
    };
    let first = payloads.split(' ').find(|payload| *payload != "HASH").unwrap_or_default();
    let exchange = match exchange {
        "ID_PROT" => match (first, response) {
            ("SA", false) => Exchange::MainMode(1),
            ("SA", true) => Exchange::MainMode(2),
            ("KE", false) => Exchange::MainMode(3),
            ("KE", true) => Exchange::MainMode(4),
            ("ID", false) => Exchange::MainMode(5),
            ("ID", true) => Exchange::MainMode(6),
            _ => Exchange::Other,
        },
        "AGGRESSIVE" => match (first, response) {
            ("SA", false) => Exchange::AggressiveMode(1),
            (_, true) => Exchange::AggressiveMode(2),
            (_, false) => Exchange::AggressiveMode(3),
        },
        "QUICK_MODE" => match (first, response) {
            ("SA", false) => Exchange::QuickMode(1),
            ("SA", true) => Exchange::QuickMode(2),
            ("", false) => Exchange::QuickMode(3),
            ("", true) => Exchange::QuickMode(4),
            _ => Exchange::QuickMode(0),
        },
        "INFORMATIONAL_V1" => Exchange::Informational,
        "TRANSACTION" => Exchange::Transaction,
        "IKE_SA_INIT" => Exchange::SaInit { response },
        "IKE_AUTH" => Exchange::Auth { response },
        "CREATE_CHILD_SA" | "INFORMATIONAL" => Exchange::Later { response },
        _ => Exchange::Other,
    };
    Some(Parsed { exchange, response, id, payloads })
}

/// A notify by its short or its long name; those of no consequence are left out.
pub(in crate::text) fn notify(name: &str) -> Option<NotifyType> {
    Some(match name {
        "NO_PROP" | "NO_PROPOSAL_CHOSEN" => NotifyType::NO_PROPOSAL_CHOSEN,
        "PLD_MAL" | "PAYLOAD_MALFORMED" => NotifyType::PAYLOAD_MALFORMED,
        "INVAL_KE" | "INVALID_KE_PAYLOAD" => NotifyType::INVALID_KEY_INFORMATION,
        "INVAL_ID" | "INVALID_ID_INFORMATION" => NotifyType::INVALID_ID_INFORMATION,
        "INVAL_CERTEN" | "INVALID_CERT_ENCODING" => NotifyType::INVALID_CERT_ENCODING,
        "INVAL_CERT" | "INVALID_CERTIFICATE" => NotifyType::INVALID_CERTIFICATE,
        "CERT_UNSUP" | "CERT_TYPE_UNSUPPORTED" => NotifyType::CERT_TYPE_UNSUPPORTED,
        "INVAL_CA" | "INVALID_CERT_AUTHORITY" => NotifyType::INVALID_CERT_AUTHORITY,
        "INVAL_HASH" | "INVALID_HASH_INFORMATION" => NotifyType::INVALID_HASH_INFORMATION,
        "AUTH_FAILED" | "AUTHENTICATION_FAILED" => NotifyType::AUTHENTICATION_FAILED,
        "INVAL_SIG" | "INVALID_SIGNATURE" => NotifyType::INVALID_SIGNATURE,
        "ATTR_UNSUP" | "ATTRIBUTES_NOT_SUPPORTED" => NotifyType::ATTRIBUTES_NOT_SUPPORTED,
        "INVAL_SPI" | "INVALID_SPI" => NotifyType::INVALID_SPI,
        "INVAL_MID" | "INVALID_MESSAGE_ID" => NotifyType::INVALID_MESSAGE_ID,
        "INVAL_SYN" | "INVALID_SYNTAX" => NotifyType(7),
        "INVAL_IKE_SPI" | "INVALID_IKE_SPI" => NotifyType::INVALID_COOKIE,
        "INVAL_MAJOR" | "INVALID_MAJOR_VERSION" => NotifyType::INVALID_MAJOR_VERSION,
        "TS_UNACCEPT" | "TS_UNACCEPTABLE" => NotifyType(38),
        "INT_ADDR_FAIL" | "INTERNAL_ADDRESS_FAILURE" => NotifyType(36),
        "FAIL_CP_REQ" | "FAILED_CP_REQUIRED" => NotifyType(37),
        "NO_ADD_SAS" | "NO_ADDITIONAL_SAS" => NotifyType(35),
        "TEMP_FAIL" | "TEMPORARY_FAILURE" => NotifyType(43),
        "NO_CHILD_SA" | "CHILD_SA_NOT_FOUND" => NotifyType(44),
        "INITIAL_CONTACT" => NotifyType::INITIAL_CONTACT,
        "DPD" | "DPD_R_U_THERE" => NotifyType::R_U_THERE,
        "DPD_ACK" | "DPD_R_U_THERE_ACK" => NotifyType::R_U_THERE_ACK,
        "MS_STATUS" | "MS_NOTIFY_STATUS" => NotifyType::MS_STATUS,
        _ => return None,
    })
}

/// Suites of a list; more are not of use to anybody.
const SUITES: usize = 64;

/// Reads "IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048, IKE:...". A proposal that leaves a choice (IKEv2) makes one suite
/// of each choice.
pub(super) fn proposals(text: &str) -> Option<(Phase, Vec<Suite>)> {
    let mut phase = None;
    let mut suites = Vec::new();
    for proposal in text.split(", ") {
        let (protocol, transforms) = proposal.trim().split_once(':')?;
        phase = phase.or(match protocol {
            "IKE" => Some(Phase::One),
            "ESP" | "AH" => Some(Phase::Two),
            _ => None,
        });
        let (mut ciphers, mut integrities, mut prfs, mut groups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for transform in transforms.split('/') {
            match classify(transform) {
                Some(Transform::Cipher(name)) => ciphers.push(name),
                Some(Transform::Integrity(name)) => integrities.push(name),
                Some(Transform::Prf(name)) => prfs.push(name),
                Some(Transform::Group(name)) => groups.push(name),
                None => {}
            }
        }
        // A cipher that protects integrity itself leaves the hash of the key derivation.
        let hashes = if integrities.is_empty() && protocol == "IKE" { prfs } else { integrities };
        let or_none = |names: Vec<String>| if names.is_empty() { vec![String::new()] } else { names };
        let (hashes, groups) = (or_none(hashes), or_none(groups));
        for cipher in or_none(ciphers) {
            for integrity in &hashes {
                for group in &groups {
                    if suites.len() < SUITES {
                        let (cipher, integrity, group) = (cipher.clone(), integrity.clone(), group.clone());
                        suites.push(Suite { cipher, integrity, group, authentication: String::new() });
                    }
                }
            }
        }
    }
    Some((phase?, suites))
}

enum Transform {
    Cipher(String),
    Integrity(String),
    Prf(String),
    Group(String),
}

fn classify(name: &str) -> Option<Transform> {
    let name = name.trim();
    if let Some(prf) = name.strip_prefix("PRF_") {
        return Some(Transform::Prf(hash(prf.strip_prefix("HMAC_").unwrap_or(prf))));
    }
    if let Some(integrity) = name.strip_prefix("HMAC_") {
        return Some(Transform::Integrity(hash(integrity)));
    }
    if name.starts_with("AES_XCBC") || name.starts_with("AES_CMAC") {
        return Some(Transform::Integrity(name.to_lowercase().replace('_', "-")));
    }
    for (prefix, short) in [("MODP_", "modp"), ("ECP_", "ecp"), ("CURVE_", "curve")] {
        if let Some(bits) = name.strip_prefix(prefix) {
            // MODP_1024_160 has a subgroup, ECP_256_BP a curve of its own.
            return Some(Transform::Group(format!("{short}{}", bits.to_lowercase().replace('_', "-"))));
        }
    }
    if matches!(name, "NO_EXT_SEQ" | "EXT_SEQ" | "NONE" | "" | "(no transforms)") || name.starts_with("KE") {
        return None;
    }
    let cipher = match name {
        "3DES_CBC" => "3des".to_owned(),
        "DES_CBC" | "DES" => "des".to_owned(),
        "NULL" => "null".to_owned(),
        other => other.to_lowercase().replace('_', "-"),
    };
    Some(Transform::Cipher(cipher))
}

/// "SHA2_256_128" to "sha2-256": how much of it is sent follows from the hash, except where it does not.
fn hash(name: &str) -> String {
    match name {
        "SHA1" | "SHA1_96" | "SHA1_160" => "sha1".to_owned(),
        "MD5" | "MD5_96" | "MD5_128" => "md5".to_owned(),
        "SHA2_256" | "SHA2_256_128" => "sha2-256".to_owned(),
        "SHA2_384" | "SHA2_384_192" => "sha2-384".to_owned(),
        "SHA2_512" | "SHA2_512_256" => "sha2-512".to_owned(),
        other => other.to_lowercase().replace('_', "-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(cipher: &str, integrity: &str, group: &str) -> Suite {
        let [cipher, integrity, group] = [cipher, integrity, group].map(str::to_owned);
        Suite { cipher, integrity, group, authentication: String::new() }
    }

    #[test]
    fn proposals_become_suites_in_the_fields_names() {
        let text = "IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/ECP_384, IKE:3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024";
        let expected = vec![suite("aes-cbc-256", "sha2-256", "ecp384"), suite("3des", "sha1", "modp1024")];
        assert_eq!(proposals(text), Some((Phase::One, expected)));
        let expected = vec![suite("aes-gcm-16-256", "", "modp2048")];
        assert_eq!(proposals("ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ"), Some((Phase::Two, expected)));
        assert_eq!(proposals("nothing of the kind"), None);
    }

    #[test]
    fn a_choice_in_a_proposal_makes_a_suite_of_each() {
        let (_, suites) = proposals("ESP:AES_CBC_128/AES_CBC_256/HMAC_SHA1_96/HMAC_MD5_96/NO_EXT_SEQ").unwrap();
        assert_eq!(suites.len(), 4);
        assert_eq!(suites[3], suite("aes-cbc-256", "md5", ""));
    }

    #[test]
    fn payloads_tell_which_message_of_main_and_quick_mode_it_is() {
        for (text, exchange) in [
            ("ID_PROT request 0 [ SA V V ]", Exchange::MainMode(1)),
            ("ID_PROT response 0 [ KE No NAT-D NAT-D ]", Exchange::MainMode(4)),
            ("ID_PROT request 0 [ ID HASH N(INITIAL_CONTACT) ]", Exchange::MainMode(5)),
            ("QUICK_MODE request 7 [ HASH SA No ID ID ]", Exchange::QuickMode(1)),
            ("QUICK_MODE request 7 [ HASH ]", Exchange::QuickMode(3)),
            ("IKE_AUTH response 1 [ N(AUTH_FAILED) ]", Exchange::Auth { response: true }),
        ] {
            assert_eq!(message(text).map(|parsed| parsed.exchange), Some(exchange), "{text}");
        }
        let parsed = message("INFORMATIONAL_V1 request 7 [ HASH N(NO_PROP) ]").unwrap();
        assert_eq!(parsed.notifies().collect::<Vec<_>>(), [NotifyType::NO_PROPOSAL_CHOSEN]);
        assert!(parsed.protected());
    }
}
