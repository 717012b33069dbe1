//! Suites of SA payloads in the names that observations have.

use observe::ike::Suite;
use wire::isakmp::{
    AuthAlgorithm, AuthMethod, ChildAttribute, EncapsulationMode, Encryption, EspTransform, GroupNumber, HashNumber,
    Phase1Attribute, ProtocolId, SaPayload, Transform,
};
use wire::{Malformed, Reader};

/// Suites of one offer that are told.
const MOST: usize = 64;

/// The suites of phase 1 in an SA payload.
pub(super) fn phase1(sa: &SaPayload) -> Vec<Suite> {
    let transforms = sa.proposals.iter().flat_map(|proposal| &proposal.transforms);
    transforms.take(MOST).map(phase1_suite).collect()
}

fn value(transform: &Transform, class: u16) -> Option<u16> {
    let attribute = transform.attributes.iter().find(|attribute| attribute.class == class)?;
    u16::try_from(attribute.number()?).ok()
}

fn phase1_suite(transform: &Transform) -> Suite {
    let bits = value(transform, Phase1Attribute::KEY_LENGTH.0);
    let cipher = value(transform, Phase1Attribute::ENCRYPTION.0).map(|number| match Encryption(number) {
        Encryption::DES_CBC => "des".to_owned(),
        Encryption::TRIPLE_DES_CBC => "3des".to_owned(),
        Encryption::AES_CBC => with_bits("aes-cbc", Some(bits.unwrap_or(128))),
        Encryption::BLOWFISH_CBC => with_bits("blowfish-cbc", bits),
        Encryption::CAST_CBC => with_bits("cast-cbc", bits),
        Encryption::CAMELLIA_CBC => with_bits("camellia-cbc", Some(bits.unwrap_or(128))),
        other => format!("cipher-{}", other.0),
    });
    let integrity = value(transform, Phase1Attribute::HASH.0).map(|number| match HashNumber(number) {
        HashNumber::MD5 => "md5".to_owned(),
        HashNumber::SHA1 => "sha1".to_owned(),
        HashNumber::SHA2_256 => "sha2-256".to_owned(),
        HashNumber::SHA2_384 => "sha2-384".to_owned(),
        HashNumber::SHA2_512 => "sha2-512".to_owned(),
        other => format!("hash-{}", other.0),
    });
    let authentication =
        value(transform, Phase1Attribute::AUTHENTICATION_METHOD.0).map(|number| match AuthMethod(number) {
            AuthMethod::PRE_SHARED_KEY => "psk".to_owned(),
            AuthMethod::DSS_SIGNATURE => "dss".to_owned(),
            AuthMethod::RSA_SIGNATURE => "rsa".to_owned(),
            AuthMethod::RSA_ENCRYPTION | AuthMethod::REVISED_RSA_ENCRYPTION => "rsa-encryption".to_owned(),
            AuthMethod::ECDSA_256 => "ecdsa-256".to_owned(),
            AuthMethod::ECDSA_384 => "ecdsa-384".to_owned(),
            AuthMethod::ECDSA_521 => "ecdsa-521".to_owned(),
            AuthMethod::HYBRID_RSA => "hybrid-rsa".to_owned(),
            AuthMethod::XAUTH_PRE_SHARED_KEY => "xauth-psk".to_owned(),
            AuthMethod::XAUTH_RSA => "xauth-rsa".to_owned(),
            other => format!("method-{}", other.0),
        });
    Suite {
        cipher: cipher.unwrap_or_default(),
        integrity: integrity.unwrap_or_default(),
        group: value(transform, Phase1Attribute::GROUP_DESCRIPTION.0).map(group).unwrap_or_default(),
        authentication: authentication.unwrap_or_default(),
    }
}

/// Whether a suite's authentication is by certificate.
pub(super) fn by_certificate(suite: &Suite) -> Option<bool> {
    match suite.authentication.as_str() {
        "" => None,
        "psk" | "xauth-psk" => Some(false),
        _ => Some(true),
    }
}

/// The ESP suites of phase 2 in an SA payload.
pub(super) fn phase2(sa: &SaPayload) -> Vec<Suite> {
    let proposals = sa.proposals.iter().filter(|proposal| proposal.protocol == ProtocolId::ESP);
    proposals.flat_map(|proposal| &proposal.transforms).take(MOST).map(phase2_suite).collect()
}

/// Whether the first transform of phase 2 is for transport mode.
pub(super) fn transport(sa: &SaPayload) -> Option<bool> {
    let transform = sa.proposals.iter().flat_map(|proposal| &proposal.transforms).next()?;
    match EncapsulationMode(value(transform, ChildAttribute::ENCAPSULATION_MODE.0)?) {
        EncapsulationMode::TRANSPORT | EncapsulationMode::UDP_TRANSPORT | EncapsulationMode::UDP_TRANSPORT_DRAFT => {
            Some(true)
        }
        EncapsulationMode::TUNNEL | EncapsulationMode::UDP_TUNNEL | EncapsulationMode::UDP_TUNNEL_DRAFT => Some(false),
        _ => None,
    }
}

fn phase2_suite(transform: &Transform) -> Suite {
    let bits = value(transform, ChildAttribute::KEY_LENGTH.0);
    let aead = |name, bits: Option<u16>| with_bits(name, Some(bits.unwrap_or(128)));
    let cipher = match EspTransform(transform.id.0) {
        EspTransform::DES | EspTransform::DES_IV64 => "des".to_owned(),
        EspTransform::TRIPLE_DES => "3des".to_owned(),
        EspTransform::NULL => "null".to_owned(),
        EspTransform::BLOWFISH => with_bits("blowfish-cbc", bits),
        EspTransform::CAST => with_bits("cast-cbc", bits),
        EspTransform::AES_CBC => aead("aes-cbc", bits),
        EspTransform::AES_CTR => aead("aes-ctr", bits),
        EspTransform::AES_CCM_8 => aead("aes-ccm-8", bits),
        EspTransform::AES_CCM_12 => aead("aes-ccm-12", bits),
        EspTransform::AES_CCM_16 => aead("aes-ccm-16", bits),
        EspTransform::AES_GCM_8 => aead("aes-gcm-8", bits),
        EspTransform::AES_GCM_12 => aead("aes-gcm-12", bits),
        EspTransform::AES_GCM_16 => aead("aes-gcm-16", bits),
        EspTransform::CAMELLIA => aead("camellia-cbc", bits),
        other => format!("transform-{}", other.0),
    };
    let integrity =
        value(transform, ChildAttribute::AUTHENTICATION_ALGORITHM.0).map(|number| match AuthAlgorithm(number) {
            AuthAlgorithm::HMAC_MD5 => "md5".to_owned(),
            AuthAlgorithm::HMAC_SHA1 => "sha1".to_owned(),
            AuthAlgorithm::HMAC_SHA2_256 => "sha2-256".to_owned(),
            AuthAlgorithm::HMAC_SHA2_384 => "sha2-384".to_owned(),
            AuthAlgorithm::HMAC_SHA2_512 => "sha2-512".to_owned(),
            AuthAlgorithm::AES_XCBC_MAC => "aes-xcbc".to_owned(),
            other => format!("integrity-{}", other.0),
        });
    Suite {
        cipher,
        integrity: integrity.unwrap_or_default(),
        group: value(transform, ChildAttribute::GROUP_DESCRIPTION.0).map(group).unwrap_or_default(),
        authentication: String::new(),
    }
}

fn with_bits(name: &str, bits: Option<u16>) -> String {
    bits.map_or_else(|| name.to_owned(), |bits| format!("{name}-{bits}"))
}

fn group(number: u16) -> String {
    match GroupNumber(number) {
        GroupNumber::MODP768 => "modp768",
        GroupNumber::MODP1024 => "modp1024",
        GroupNumber::MODP1536 => "modp1536",
        GroupNumber::MODP2048 => "modp2048",
        GroupNumber::MODP3072 => "modp3072",
        GroupNumber::MODP4096 => "modp4096",
        GroupNumber::MODP6144 => "modp6144",
        GroupNumber::MODP8192 => "modp8192",
        GroupNumber::ECP256 => "ecp256",
        GroupNumber::ECP384 => "ecp384",
        GroupNumber::ECP521 => "ecp521",
        GroupNumber::MODP1024_160 => "modp1024s160",
        GroupNumber::MODP2048_224 => "modp2048s224",
        GroupNumber::MODP2048_256 => "modp2048s256",
        GroupNumber::CURVE25519 => "curve25519",
        other => return format!("group-{}", other.0),
    }
    .to_owned()
}

/// The suites of an IKEv2 SA payload (RFC 7296 §3.3). A proposal there lists the choices for each part; every combination is a
/// suite.
///
/// # Errors
/// The payload is not what RFC 7296 says; `suites` has what stands before that.
pub(super) fn version2(mut reader: Reader<'_>, suites: &mut Vec<Suite>) -> Result<(), Malformed> {
    while !reader.is_empty() {
        let last = reader.u8("last substructure")? == 0;
        reader.u8("reserved")?;
        let length = usize::from(reader.u16("proposal length")?);
        let mut proposal = reader.split("proposal", length.saturating_sub(4))?;
        proposal.u8("proposal number")?;
        proposal.u8("protocol ID")?;
        let spi = usize::from(proposal.u8("SPI size")?);
        proposal.u8("number of transforms")?;
        proposal.split("SPI", spi)?;
        let mut parts: [Vec<String>; 3] = Default::default();
        while !proposal.is_empty() {
            let last = proposal.u8("last substructure")? == 0;
            proposal.u8("reserved")?;
            let length = usize::from(proposal.u16("transform length")?);
            let mut transform = proposal.split("transform", length.saturating_sub(4))?;
            let kind = transform.u8("transform type")?;
            transform.u8("reserved")?;
            let id = transform.u16("transform ID")?;
            let mut bits = None;
            while transform.remaining() >= 4 {
                let class = transform.u16("attribute type")?;
                let number = transform.u16("attribute value")?;
                match class {
                    0x800e => bits = Some(number),
                    0x8000.. => {}
                    _ => _ = transform.split("attribute", usize::from(number))?,
                }
            }
            match kind {
                1 => parts[0].push(cipher2(id, bits)),
                3 if id != 0 => parts[1].push(integrity2(id)),
                4 if id != 0 => parts[2].push(group(id)),
                _ => {}
            }
            if last {
                break;
            }
        }
        combine(&parts, suites);
        if last {
            break;
        }
    }
    Ok(())
}

fn combine([ciphers, integrities, groups]: &[Vec<String>; 3], suites: &mut Vec<Suite>) {
    fn or_none(list: &[String]) -> Vec<String> {
        if list.is_empty() { vec![String::new()] } else { list.to_vec() }
    }
    for cipher in ciphers {
        for integrity in or_none(integrities) {
            for group in or_none(groups) {
                if suites.len() == MOST {
                    return;
                }
                let cipher = cipher.clone();
                suites.push(Suite { cipher, integrity: integrity.clone(), group, authentication: String::new() });
            }
        }
    }
}

fn cipher2(id: u16, bits: Option<u16>) -> String {
    let name = match id {
        2 => return "des".to_owned(),
        3 => return "3des".to_owned(),
        11 => return "null".to_owned(),
        12 => "aes-cbc",
        13 => "aes-ctr",
        14 => "aes-ccm-8",
        15 => "aes-ccm-12",
        16 => "aes-ccm-16",
        18 => "aes-gcm-8",
        19 => "aes-gcm-12",
        20 => "aes-gcm-16",
        23 => "camellia-cbc",
        28 => "chacha20-poly1305",
        other => return format!("cipher-{other}"),
    };
    with_bits(name, bits)
}

fn integrity2(id: u16) -> String {
    match id {
        1 => "md5",
        2 => "sha1",
        5 => "aes-xcbc",
        8 => "aes-cmac",
        12 => "sha2-256",
        13 => "sha2-384",
        14 => "sha2-512",
        other => return format!("integrity-{other}"),
    }
    .to_owned()
}

/// A suite in one word.
pub(super) fn name(suite: &Suite) -> String {
    let parts = [&suite.cipher, &suite.integrity, &suite.group, &suite.authentication];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("/")
}
