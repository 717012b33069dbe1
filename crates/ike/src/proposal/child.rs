use crypto::dh::Group;
use wire::isakmp::{
    Attribute, AuthAlgorithm, ChildAttribute, EncapsulationMode, EspTransform, GroupNumber, LifeType, Proposal,
    ProtocolId, SaPayload, Transform, TransformId,
};

use super::{Attributes, Life, Mismatch, Reason, Refused, group, group_number};

/// Cipher of an ESP SA.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChildCipher {
    /// AES-CBC with a key of 128, 192 or 256 bits (RFC 3602).
    AesCbc128,
    /// See [`ChildCipher::AesCbc128`].
    AesCbc192,
    /// See [`ChildCipher::AesCbc128`].
    AesCbc256,
    /// AES-GCM with a 16-octet tag and a key of 128, 192 or 256 bits (RFC 4106).
    AesGcm128,
    /// See [`ChildCipher::AesGcm128`].
    AesGcm192,
    /// See [`ChildCipher::AesGcm128`].
    AesGcm256,
    /// 3DES-CBC (RFC 2451).
    TripleDes,
}

impl ChildCipher {
    /// Length of the encryption key in octets.
    pub const fn key_len(self) -> usize {
        match self {
            ChildCipher::AesCbc128 | ChildCipher::AesGcm128 => 16,
            ChildCipher::AesCbc192 | ChildCipher::AesGcm192 | ChildCipher::TripleDes => 24,
            ChildCipher::AesCbc256 | ChildCipher::AesGcm256 => 32,
        }
    }

    /// Length of the salt that follows the key in the key material (RFC 4106 §8.1), in octets.
    pub const fn salt_len(self) -> usize {
        if self.is_gcm() { 4 } else { 0 }
    }

    /// Whether the cipher authenticates too.
    pub const fn is_gcm(self) -> bool {
        matches!(self, ChildCipher::AesGcm128 | ChildCipher::AesGcm192 | ChildCipher::AesGcm256)
    }
}

/// Integrity algorithm of an ESP SA. The name ends in the bits of the transmitted tag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChildAuth {
    /// RFC 2404.
    HmacSha1_96,
    /// RFC 4868. Some old kernels transmit 96 bits instead.
    HmacSha256_128,
    /// RFC 4868.
    HmacSha384_192,
    /// RFC 4868.
    HmacSha512_256,
}

impl ChildAuth {
    /// Length of the key in octets.
    pub const fn key_len(self) -> usize {
        match self {
            ChildAuth::HmacSha1_96 => 20,
            ChildAuth::HmacSha256_128 => 32,
            ChildAuth::HmacSha384_192 => 48,
            ChildAuth::HmacSha512_256 => 64,
        }
    }
}

/// What an ESP SA runs with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChildSuite {
    /// Cipher.
    pub cipher: ChildCipher,
    /// Integrity; `None` exactly when the cipher is AES-GCM.
    pub auth: Option<ChildAuth>,
}

/// What travels in the ESP packets, and in what they travel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Transport mode, IP protocol 50.
    Transport,
    /// Transport mode in UDP (RFC 3948).
    UdpTransport,
}

/// What the NAT between the peers asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encapsulation {
    /// No NAT: IP protocol 50.
    None,
    /// A NAT: in UDP. The flag says that the drafts' number for the mode is in use instead of RFC 3947's.
    Udp {
        /// See the variant.
        draft: bool,
    },
}

/// What is acceptable in phase 2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildPolicy {
    /// Ciphers.
    pub ciphers: Vec<ChildCipher>,
    /// Integrity algorithms.
    pub auths: Vec<ChildAuth>,
    /// Groups with which the peer may ask for perfect forward secrecy.
    pub pfs_groups: Vec<Group>,
}

impl ChildPolicy {
    /// AES in CBC and GCM mode, HMAC with SHA-1 and SHA-2.
    pub fn standard() -> Self {
        ChildPolicy {
            ciphers: vec![
                ChildCipher::AesCbc128,
                ChildCipher::AesCbc192,
                ChildCipher::AesCbc256,
                ChildCipher::AesGcm128,
                ChildCipher::AesGcm192,
                ChildCipher::AesGcm256,
            ],
            auths: vec![
                ChildAuth::HmacSha1_96,
                ChildAuth::HmacSha256_128,
                ChildAuth::HmacSha384_192,
                ChildAuth::HmacSha512_256,
            ],
            pfs_groups: vec![Group::Modp2048, Group::Modp3072, Group::Modp4096, Group::Ecp256, Group::Ecp384],
        }
    }

    /// [`ChildPolicy::standard`] with 3DES, and MODP1024 and MODP1536 for perfect forward secrecy (RouterOS asks for the
    /// first by default).
    pub fn legacy() -> Self {
        let mut policy = ChildPolicy::standard();
        policy.ciphers.push(ChildCipher::TripleDes);
        policy.pfs_groups.extend([Group::Modp1024, Group::Modp1536]);
        policy
    }
}

/// One ESP transform as it was offered; `None` where the attribute is absent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OfferedChild {
    /// Protocol.
    pub protocol: ProtocolId,
    /// Transform; meaningful for ESP.
    pub transform: EspTransform,
    /// Key length in bits.
    pub key_length: Option<u16>,
    /// Integrity algorithm.
    pub auth: Option<AuthAlgorithm>,
    /// Encapsulation mode.
    pub mode: Option<EncapsulationMode>,
    /// Group.
    pub group: Option<GroupNumber>,
}

/// The ESP transform that was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildChoice {
    /// What it means.
    pub suite: ChildSuite,
    /// Transport, plain or in UDP.
    pub mode: Mode,
    /// Group for perfect forward secrecy.
    pub group: Option<Group>,
    /// Lifetime.
    pub life: Life,
    /// The peer's SPI, which our packets carry.
    pub spi: u32,
    /// The proposal with this transform alone, unchanged.
    pub proposal: Proposal,
}

/// Chooses from an initiator's phase 2 offer: the first acceptable transform, AES before 3DES. `key_exchange` says whether
/// the message carries a key exchange payload.
pub fn select_child(
    offer: &SaPayload,
    policy: &ChildPolicy,
    encapsulation: Encapsulation,
    key_exchange: bool,
) -> Result<ChildChoice, Mismatch<OfferedChild, ChildPolicy>> {
    let mut refused = Vec::new();
    let mut second_choice = None;
    for proposal in &offer.proposals {
        let bundled = offer.proposals.iter().filter(|other| other.number == proposal.number);
        // Equal proposals under one number are a known mistake; different protocols under one number belong together.
        let bundled = bundled.clone().any(|other| other.protocol != proposal.protocol);
        for transform in &proposal.transforms {
            let choice = if bundled { Err(Reason::Bundle) } else { read(proposal, transform, encapsulation) };
            let choice = choice.and_then(|choice| accept(choice, policy, key_exchange));
            match choice {
                Ok(choice) if choice.suite.cipher != ChildCipher::TripleDes => return Ok(choice),
                Ok(choice) => drop(second_choice.get_or_insert(choice)),
                Err(reason) => refused.push(Refused { transform: offered(proposal, transform), reason }),
            }
        }
    }
    second_choice.ok_or_else(|| Mismatch { offered: refused, accepted: policy.clone() })
}

/// What we offer in phase 2, in order of preference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildOffer {
    /// The suites.
    pub suites: Vec<ChildSuite>,
    /// Group for perfect forward secrecy.
    pub pfs: Option<Group>,
    /// Lifetime in seconds.
    pub life_seconds: u32,
    /// Lifetime in kilobytes of traffic.
    pub life_kilobytes: Option<u32>,
}

impl ChildOffer {
    /// AES with SHA-1 and SHA-2, one hour, no perfect forward secrecy: what every L2TP/IPsec server takes.
    pub fn standard() -> Self {
        let suite = |cipher, auth| ChildSuite { cipher, auth: Some(auth) };
        let suites = vec![
            suite(ChildCipher::AesCbc256, ChildAuth::HmacSha256_128),
            suite(ChildCipher::AesCbc256, ChildAuth::HmacSha1_96),
            suite(ChildCipher::AesCbc128, ChildAuth::HmacSha1_96),
        ];
        ChildOffer { suites, pfs: None, life_seconds: 3600, life_kilobytes: None }
    }

    /// The SA payload of quick mode message 1. Every suite is a proposal of its own, as Windows does it.
    pub fn to_payload(&self, spi: u32, encapsulation: Encapsulation) -> SaPayload {
        let proposals = (1..).zip(&self.suites).map(|(number, suite)| Proposal {
            number,
            protocol: ProtocolId::ESP,
            spi: spi.to_be_bytes().to_vec(),
            transforms: vec![self.transform(suite, encapsulation)],
        });
        SaPayload::ipsec(proposals.collect())
    }

    fn transform(&self, suite: &ChildSuite, encapsulation: Encapsulation) -> Transform {
        let id = match suite.cipher {
            ChildCipher::AesCbc128 | ChildCipher::AesCbc192 | ChildCipher::AesCbc256 => EspTransform::AES_CBC,
            ChildCipher::AesGcm128 | ChildCipher::AesGcm192 | ChildCipher::AesGcm256 => EspTransform::AES_GCM_16,
            ChildCipher::TripleDes => EspTransform::TRIPLE_DES,
        };
        let mode = match encapsulation {
            Encapsulation::None => EncapsulationMode::TRANSPORT,
            Encapsulation::Udp { draft: false } => EncapsulationMode::UDP_TRANSPORT,
            Encapsulation::Udp { draft: true } => EncapsulationMode::UDP_TRANSPORT_DRAFT,
        };
        let mut attributes = vec![
            Attribute::short(ChildAttribute::LIFE_TYPE.0, LifeType::SECONDS.0),
            Attribute::long(ChildAttribute::LIFE_DURATION.0, self.life_seconds),
        ];
        if let Some(kilobytes) = self.life_kilobytes {
            attributes.push(Attribute::short(ChildAttribute::LIFE_TYPE.0, LifeType::KILOBYTES.0));
            attributes.push(Attribute::long(ChildAttribute::LIFE_DURATION.0, kilobytes));
        }
        if let Some(group) = self.pfs {
            attributes.push(Attribute::short(ChildAttribute::GROUP_DESCRIPTION.0, group_number(group).0));
        }
        attributes.push(Attribute::short(ChildAttribute::ENCAPSULATION_MODE.0, mode.0));
        if let Some(auth) = suite.auth {
            attributes.push(Attribute::short(ChildAttribute::AUTHENTICATION_ALGORITHM.0, auth_number(auth).0));
        }
        if suite.cipher != ChildCipher::TripleDes {
            let bits = u16::try_from(suite.cipher.key_len() * 8).expect("keys have at most 256 bits");
            attributes.push(Attribute::short(ChildAttribute::KEY_LENGTH.0, bits));
        }
        Transform { number: 1, id: TransformId(id.0), attributes }
    }
}

/// What a responder chose from our offer.
pub fn check_child(
    answer: &SaPayload,
    offer: &ChildOffer,
    encapsulation: Encapsulation,
) -> Result<ChildChoice, Refused<OfferedChild>> {
    let mut transforms = answer
        .proposals
        .iter()
        .flat_map(|proposal| proposal.transforms.iter().map(move |transform| (proposal, transform)));
    let (Some((proposal, transform)), None) = (transforms.next(), transforms.next()) else {
        let transform = OfferedChild {
            protocol: ProtocolId(0),
            transform: EspTransform(0),
            key_length: None,
            auth: None,
            mode: None,
            group: None,
        };
        return Err(Refused { transform, reason: Reason::NotOffered });
    };
    let refuse = |reason| Refused { transform: offered(proposal, transform), reason };
    let choice = read(proposal, transform, encapsulation).map_err(refuse)?;
    if choice.group != offer.pfs {
        return Err(refuse(Reason::Group));
    }
    if offer.suites.contains(&choice.suite) { Ok(choice) } else { Err(refuse(Reason::NotOffered)) }
}

fn accept(choice: ChildChoice, policy: &ChildPolicy, key_exchange: bool) -> Result<ChildChoice, Reason> {
    if !policy.ciphers.contains(&choice.suite.cipher) {
        Err(Reason::Encryption)
    } else if choice.suite.auth.is_some_and(|auth| !policy.auths.contains(&auth)) {
        Err(Reason::Integrity)
    } else if choice.group.is_some() != key_exchange
        || choice.group.is_some_and(|group| !policy.pfs_groups.contains(&group))
    {
        Err(Reason::Group)
    } else {
        Ok(choice)
    }
}

fn offered(proposal: &Proposal, transform: &Transform) -> OfferedChild {
    let value = |class: ChildAttribute| {
        let attribute = transform.attributes.iter().find(|attribute| attribute.class == class.0)?;
        u16::try_from(attribute.number()?).ok()
    };
    OfferedChild {
        protocol: proposal.protocol,
        transform: EspTransform(transform.id.0),
        key_length: value(ChildAttribute::KEY_LENGTH),
        auth: value(ChildAttribute::AUTHENTICATION_ALGORITHM).map(AuthAlgorithm),
        mode: value(ChildAttribute::ENCAPSULATION_MODE).map(EncapsulationMode),
        group: value(ChildAttribute::GROUP_DESCRIPTION).map(GroupNumber),
    }
}

fn read(proposal: &Proposal, transform: &Transform, encapsulation: Encapsulation) -> Result<ChildChoice, Reason> {
    if proposal.protocol != ProtocolId::ESP {
        return Err(Reason::Protocol);
    }
    // SPIs up to 255 are reserved (RFC 4303 §2.1).
    let spi = <[u8; 4]>::try_from(proposal.spi.as_slice()).map_or(0, u32::from_be_bytes);
    if spi < 256 {
        return Err(Reason::Spi);
    }
    let known = [
        ChildAttribute::GROUP_DESCRIPTION,
        ChildAttribute::ENCAPSULATION_MODE,
        ChildAttribute::AUTHENTICATION_ALGORITHM,
        ChildAttribute::KEY_LENGTH,
    ];
    let attributes = Attributes::collect(
        &transform.attributes,
        ChildAttribute::LIFE_TYPE.0,
        ChildAttribute::LIFE_DURATION.0,
        &known.map(|class| class.0),
    )?;
    let key_length = attributes.get(ChildAttribute::KEY_LENGTH.0);
    let missing_length = Reason::MissingAttribute(ChildAttribute::KEY_LENGTH.0);
    let cipher = match (EspTransform(transform.id.0), key_length) {
        (EspTransform::AES_CBC, Some(128)) => ChildCipher::AesCbc128,
        (EspTransform::AES_CBC, Some(192)) => ChildCipher::AesCbc192,
        (EspTransform::AES_CBC, Some(256)) => ChildCipher::AesCbc256,
        (EspTransform::AES_GCM_16, Some(128)) => ChildCipher::AesGcm128,
        (EspTransform::AES_GCM_16, Some(192)) => ChildCipher::AesGcm192,
        (EspTransform::AES_GCM_16, Some(256)) => ChildCipher::AesGcm256,
        (EspTransform::AES_CBC | EspTransform::AES_GCM_16, Some(_)) => return Err(Reason::KeyLength),
        (EspTransform::AES_CBC | EspTransform::AES_GCM_16, None) => return Err(missing_length),
        (EspTransform::TRIPLE_DES, None) => ChildCipher::TripleDes,
        (EspTransform::TRIPLE_DES, Some(_)) => return Err(Reason::KeyLength),
        _ => return Err(Reason::Encryption),
    };
    let auth = match attributes.get(ChildAttribute::AUTHENTICATION_ALGORITHM.0).map(AuthAlgorithm) {
        None if cipher.is_gcm() => None,
        // ESP without integrity protection is never acceptable.
        None => return Err(Reason::MissingAttribute(ChildAttribute::AUTHENTICATION_ALGORITHM.0)),
        Some(_) if cipher.is_gcm() => return Err(Reason::Integrity),
        Some(AuthAlgorithm::HMAC_SHA1) => Some(ChildAuth::HmacSha1_96),
        Some(AuthAlgorithm::HMAC_SHA2_256) => Some(ChildAuth::HmacSha256_128),
        Some(AuthAlgorithm::HMAC_SHA2_384) => Some(ChildAuth::HmacSha384_192),
        Some(AuthAlgorithm::HMAC_SHA2_512) => Some(ChildAuth::HmacSha512_256),
        Some(_) => return Err(Reason::Integrity),
    };
    let mode = EncapsulationMode(attributes.require(ChildAttribute::ENCAPSULATION_MODE.0)?);
    let mode = match (encapsulation, mode) {
        (Encapsulation::None, EncapsulationMode::TRANSPORT) => Mode::Transport,
        // Which of the two numbers it is tells nothing more than the vendor IDs did; some peers mix them.
        (Encapsulation::Udp { .. }, EncapsulationMode::UDP_TRANSPORT | EncapsulationMode::UDP_TRANSPORT_DRAFT) => {
            Mode::UdpTransport
        }
        _ => return Err(Reason::Encapsulation),
    };
    let number = attributes.get(ChildAttribute::GROUP_DESCRIPTION.0).map(GroupNumber);
    let group = number.map(|number| group(number).ok_or(Reason::Group)).transpose()?;
    let proposal = Proposal { transforms: vec![transform.clone()], ..proposal.clone() };
    Ok(ChildChoice { suite: ChildSuite { cipher, auth }, mode, group, life: attributes.life, spi, proposal })
}

fn auth_number(auth: ChildAuth) -> AuthAlgorithm {
    match auth {
        ChildAuth::HmacSha1_96 => AuthAlgorithm::HMAC_SHA1,
        ChildAuth::HmacSha256_128 => AuthAlgorithm::HMAC_SHA2_256,
        ChildAuth::HmacSha384_192 => AuthAlgorithm::HMAC_SHA2_384,
        ChildAuth::HmacSha512_256 => AuthAlgorithm::HMAC_SHA2_512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(suites: &[(ChildCipher, Option<ChildAuth>)], pfs: Option<Group>) -> SaPayload {
        let suites = suites.iter().map(|&(cipher, auth)| ChildSuite { cipher, auth }).collect();
        let offer = ChildOffer { suites, pfs, life_seconds: 3600, life_kilobytes: Some(250_000) };
        offer.to_payload(0x1000_0001, Encapsulation::None)
    }

    const SHA1: Option<ChildAuth> = Some(ChildAuth::HmacSha1_96);

    fn reason(offer: &SaPayload) -> Reason {
        select_child(offer, &ChildPolicy::standard(), Encapsulation::None, false).unwrap_err().offered[0].reason
    }

    #[test]
    fn both_lifetimes_of_windows_are_read() {
        let offer = offer(&[(ChildCipher::AesCbc256, SHA1)], None);
        let choice = select_child(&offer, &ChildPolicy::standard(), Encapsulation::None, false).unwrap();
        assert_eq!(choice.life, Life { seconds: Some(3600), kilobytes: Some(250_000) });
        assert_eq!((choice.spi, choice.mode, choice.group), (0x1000_0001, Mode::Transport, None));
    }

    #[test]
    fn des_null_and_gmac_are_passed_over_and_3des_comes_last() {
        let mut offer = offer(
            &[
                (ChildCipher::AesCbc128, SHA1),
                (ChildCipher::AesCbc128, SHA1),
                (ChildCipher::AesCbc128, SHA1),
                (ChildCipher::TripleDes, SHA1),
                (ChildCipher::AesGcm128, None),
            ],
            None,
        );
        for (proposal, id) in offer.proposals.iter_mut().zip([2, 11, 23]) {
            proposal.transforms[0].id = TransformId(id);
        }
        let choice = select_child(&offer, &ChildPolicy::legacy(), Encapsulation::None, false).unwrap();
        assert_eq!(choice.suite, ChildSuite { cipher: ChildCipher::AesGcm128, auth: None });
        offer.proposals.truncate(4);
        let choice = select_child(&offer, &ChildPolicy::legacy(), Encapsulation::None, false).unwrap();
        assert_eq!(choice.suite.cipher, ChildCipher::TripleDes);
        offer.proposals.truncate(3);
        assert_eq!(reason(&offer), Reason::Encryption);
    }

    #[test]
    fn hostile_transforms_are_refused() {
        let changed = |change: &dyn Fn(&mut Proposal)| {
            let mut offer = offer(&[(ChildCipher::AesCbc128, SHA1)], None);
            change(&mut offer.proposals[0]);
            reason(&offer)
        };
        let attribute = |proposal: &mut Proposal, class: ChildAttribute, value: u16| {
            let attributes = &mut proposal.transforms[0].attributes;
            attributes.retain(|attribute| attribute.class != class.0);
            attributes.push(Attribute::short(class.0, value));
        };
        assert_eq!(changed(&|p| attribute(p, ChildAttribute::KEY_LENGTH, 0)), Reason::KeyLength);
        assert_eq!(changed(&|p| attribute(p, ChildAttribute::KEY_LENGTH, 448)), Reason::KeyLength);
        assert_eq!(changed(&|p| attribute(p, ChildAttribute::AUTHENTICATION_ALGORITHM, 1)), Reason::Integrity);
        assert_eq!(changed(&|p| attribute(p, ChildAttribute::ENCAPSULATION_MODE, 1)), Reason::Encapsulation);
        assert_eq!(changed(&|p| attribute(p, ChildAttribute::ENCAPSULATION_MODE, 4)), Reason::Encapsulation);
        assert_eq!(
            changed(&|p| attribute(p, ChildAttribute::EXTENDED_SEQUENCE_NUMBER, 1)),
            Reason::UnknownAttribute(11)
        );
        assert_eq!(changed(&|p| p.spi = vec![0, 0, 0, 255]), Reason::Spi);
        assert_eq!(changed(&|p| p.spi = vec![1; 16]), Reason::Spi);
        assert_eq!(changed(&|p| p.protocol = ProtocolId::AH), Reason::Protocol);
        assert_eq!(
            changed(&|p| {
                let again = p.transforms[0].attributes[5].clone();
                p.transforms[0].attributes.push(again);
            }),
            Reason::RepeatedAttribute(5)
        );
    }

    #[test]
    fn ah_and_esp_under_one_number_are_a_bundle() {
        let mut offer = offer(&[(ChildCipher::AesCbc128, SHA1), (ChildCipher::AesCbc128, SHA1)], None);
        offer.proposals[1].number = 1;
        assert!(select_child(&offer, &ChildPolicy::standard(), Encapsulation::None, false).is_ok());
        offer.proposals[1].protocol = ProtocolId::AH;
        assert_eq!(reason(&offer), Reason::Bundle);
    }

    #[test]
    fn a_group_needs_a_key_exchange_payload_and_the_reverse() {
        let policy = ChildPolicy::standard();
        let with = offer(&[(ChildCipher::AesCbc128, SHA1)], Some(Group::Modp2048));
        let without = offer(&[(ChildCipher::AesCbc128, SHA1)], None);
        let legacy = offer(&[(ChildCipher::AesCbc128, SHA1)], Some(Group::Modp1024));
        let select = |offer, key_exchange| select_child(offer, &policy, Encapsulation::None, key_exchange);
        assert_eq!(select(&with, true).unwrap().group, Some(Group::Modp2048));
        for result in [select(&with, false), select(&without, true), select(&legacy, true)] {
            assert_eq!(result.unwrap_err().offered[0].reason, Reason::Group);
        }
    }

    #[test]
    fn with_a_nat_only_udp_encapsulation_is_acceptable() {
        let udp = Encapsulation::Udp { draft: true };
        let ours = ChildOffer::standard();
        let policy = ChildPolicy::standard();
        assert!(select_child(&ours.to_payload(256, Encapsulation::None), &policy, udp, false).is_err());
        let choice = select_child(&ours.to_payload(256, udp), &policy, udp, false).unwrap();
        assert_eq!(choice.mode, Mode::UdpTransport);
        let answer = SaPayload::ipsec(vec![choice.proposal.clone()]);
        assert_eq!(check_child(&answer, &ours, udp), Ok(choice));
        assert!(check_child(&answer, &ours, Encapsulation::None).is_err());
    }
}
