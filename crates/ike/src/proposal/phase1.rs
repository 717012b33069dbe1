use crypto::HashAlg;
use crypto::cbc::CbcAlg;
use crypto::dh::Group;
use wire::isakmp::{
    Attribute, AuthMethod, Encryption, GroupNumber, HashNumber, LifeType, Phase1Attribute, Proposal, ProtocolId,
    SaPayload, Transform, TransformId,
};

use super::{Attributes, Life, Mismatch, Reason, Refused, group, group_number};

/// What phase 1 runs with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Phase1Suite {
    /// Cipher of the IKE messages.
    pub cipher: CbcAlg,
    /// Hash; its HMAC is the pseudo-random function.
    pub hash: HashAlg,
    /// Diffie-Hellman group.
    pub group: Group,
    /// How the peers authenticate.
    pub method: AuthMethod,
}

/// What is acceptable in phase 1. The order within the lists does not matter: the initiator's does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phase1Policy {
    /// Ciphers.
    pub ciphers: Vec<CbcAlg>,
    /// Hashes.
    pub hashes: Vec<HashAlg>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Authentication methods.
    pub methods: Vec<AuthMethod>,
}

impl Phase1Policy {
    /// AES; SHA-1 as PRF and SHA-2; MODP from 2048 bits and the NIST curves; pre-shared keys.
    pub fn standard() -> Self {
        Phase1Policy {
            ciphers: vec![CbcAlg::Aes128, CbcAlg::Aes192, CbcAlg::Aes256],
            hashes: vec![HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512],
            groups: vec![Group::Modp2048, Group::Modp3072, Group::Modp4096, Group::Ecp256, Group::Ecp384],
            methods: vec![AuthMethod::PRE_SHARED_KEY],
        }
    }

    /// [`Phase1Policy::standard`] and what old clients need: MODP1024 (Android to 11), MODP1536, 3DES (XP).
    pub fn legacy() -> Self {
        let mut policy = Phase1Policy::standard();
        policy.ciphers.push(CbcAlg::TripleDes);
        policy.groups.extend([Group::Modp1024, Group::Modp1536]);
        policy
    }

    fn accepts(&self, suite: &Phase1Suite) -> Result<(), Reason> {
        if !self.methods.contains(&suite.method) {
            Err(Reason::Method)
        } else if !self.ciphers.contains(&suite.cipher) {
            Err(Reason::Encryption)
        } else if !self.hashes.contains(&suite.hash) {
            Err(Reason::Hash)
        } else if !self.groups.contains(&suite.group) {
            Err(Reason::Group)
        } else {
            Ok(())
        }
    }
}

/// One transform as it was offered; `None` where the attribute is absent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OfferedPhase1 {
    /// Encryption algorithm.
    pub encryption: Option<Encryption>,
    /// Key length in bits.
    pub key_length: Option<u16>,
    /// Hash algorithm.
    pub hash: Option<HashNumber>,
    /// Group.
    pub group: Option<GroupNumber>,
    /// Authentication method.
    pub method: Option<AuthMethod>,
}

/// The transform that was chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// What it means.
    pub suite: Phase1Suite,
    /// The offered lifetime.
    pub life: Life,
    /// The SA payload of the answer: the one proposal with the one transform, unchanged.
    pub answer: SaPayload,
}

/// Chooses from an initiator's offer: the first acceptable transform, AES before 3DES.
pub fn select(offer: &SaPayload, policy: &Phase1Policy) -> Result<Chosen, Mismatch<OfferedPhase1, Phase1Policy>> {
    let mut refused = Vec::new();
    let mut second_choice = None;
    for (proposal, transform) in pairs(offer) {
        match read(proposal, transform).and_then(|read| policy.accepts(&read.0).map(|()| read)) {
            Ok((suite, life)) => {
                let answer = Proposal { transforms: vec![transform.clone()], ..proposal.clone() };
                let chosen = Chosen { suite, life, answer: SaPayload::ipsec(vec![answer]) };
                if suite.cipher != CbcAlg::TripleDes {
                    return Ok(chosen);
                }
                second_choice.get_or_insert(chosen);
            }
            Err(reason) => refused.push(Refused { transform: offered(transform), reason }),
        }
    }
    second_choice.ok_or_else(|| Mismatch { offered: refused, accepted: policy.clone() })
}

/// What we offer as initiator, in order of preference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phase1Offer {
    /// The suites.
    pub suites: Vec<Phase1Suite>,
    /// Lifetime in seconds.
    pub life_seconds: u32,
}

impl Phase1Offer {
    /// AES-256 and AES-128 over the standard groups with pre-shared keys, 8 hours: strong and found in every server.
    pub fn standard() -> Self {
        let suite = |cipher, hash, group| Phase1Suite { cipher, hash, group, method: AuthMethod::PRE_SHARED_KEY };
        let suites = vec![
            suite(CbcAlg::Aes256, HashAlg::Sha256, Group::Ecp256),
            suite(CbcAlg::Aes256, HashAlg::Sha256, Group::Modp2048),
            suite(CbcAlg::Aes256, HashAlg::Sha1, Group::Ecp384),
            suite(CbcAlg::Aes256, HashAlg::Sha1, Group::Modp2048),
            suite(CbcAlg::Aes128, HashAlg::Sha1, Group::Modp2048),
        ];
        Phase1Offer { suites, life_seconds: 28_800 }
    }

    /// The SA payload of main mode message 1.
    pub fn to_payload(&self) -> SaPayload {
        let transforms = (1..).zip(&self.suites).map(|(number, suite)| {
            let mut attributes =
                vec![Attribute::short(Phase1Attribute::ENCRYPTION.0, encryption_number(suite.cipher).0)];
            if suite.cipher != CbcAlg::TripleDes {
                attributes.push(Attribute::short(Phase1Attribute::KEY_LENGTH.0, key_bits(suite.cipher)));
            }
            attributes.extend([
                Attribute::short(Phase1Attribute::HASH.0, hash_number(suite.hash).0),
                Attribute::short(Phase1Attribute::GROUP_DESCRIPTION.0, group_number(suite.group).0),
                Attribute::short(Phase1Attribute::AUTHENTICATION_METHOD.0, suite.method.0),
                Attribute::short(Phase1Attribute::LIFE_TYPE.0, LifeType::SECONDS.0),
                Attribute::long(Phase1Attribute::LIFE_DURATION.0, self.life_seconds),
            ]);
            Transform { number, id: TransformId::KEY_IKE, attributes }
        });
        let transforms = transforms.collect();
        SaPayload::ipsec(vec![Proposal { number: 1, protocol: ProtocolId::ISAKMP, spi: Vec::new(), transforms }])
    }
}

/// What a responder chose from our offer. An answer must be one transform that we offered (RFC 2408 §4.2).
pub fn check(answer: &SaPayload, offer: &Phase1Offer) -> Result<(Phase1Suite, Life), Refused<OfferedPhase1>> {
    let none = OfferedPhase1 { encryption: None, key_length: None, hash: None, group: None, method: None };
    let mut transforms = pairs(answer);
    let (Some((proposal, transform)), None) = (transforms.next(), transforms.next()) else {
        return Err(Refused { transform: none, reason: Reason::NotOffered });
    };
    let refuse = |reason| Refused { transform: offered(transform), reason };
    let (suite, life) = read(proposal, transform).map_err(refuse)?;
    if offer.suites.contains(&suite) { Ok((suite, life)) } else { Err(refuse(Reason::NotOffered)) }
}

fn pairs(sa: &SaPayload) -> impl Iterator<Item = (&Proposal, &Transform)> {
    sa.proposals.iter().flat_map(|proposal| proposal.transforms.iter().map(move |transform| (proposal, transform)))
}

fn offered(transform: &Transform) -> OfferedPhase1 {
    let value = |class: Phase1Attribute| {
        let attribute = transform.attributes.iter().find(|attribute| attribute.class == class.0)?;
        u16::try_from(attribute.number()?).ok()
    };
    OfferedPhase1 {
        encryption: value(Phase1Attribute::ENCRYPTION).map(Encryption),
        key_length: value(Phase1Attribute::KEY_LENGTH),
        hash: value(Phase1Attribute::HASH).map(HashNumber),
        group: value(Phase1Attribute::GROUP_DESCRIPTION).map(GroupNumber),
        method: value(Phase1Attribute::AUTHENTICATION_METHOD).map(AuthMethod),
    }
}

fn read(proposal: &Proposal, transform: &Transform) -> Result<(Phase1Suite, Life), Reason> {
    if proposal.protocol != ProtocolId::ISAKMP {
        return Err(Reason::Protocol);
    }
    if transform.id != TransformId::KEY_IKE {
        return Err(Reason::Transform);
    }
    let known = [
        Phase1Attribute::ENCRYPTION,
        Phase1Attribute::HASH,
        Phase1Attribute::AUTHENTICATION_METHOD,
        Phase1Attribute::GROUP_DESCRIPTION,
        Phase1Attribute::KEY_LENGTH,
    ];
    let attributes = Attributes::collect(
        &transform.attributes,
        Phase1Attribute::LIFE_TYPE.0,
        Phase1Attribute::LIFE_DURATION.0,
        &known.map(|class| class.0),
    )?;
    let method = AuthMethod(attributes.require(Phase1Attribute::AUTHENTICATION_METHOD.0)?);
    let encryption = Encryption(attributes.require(Phase1Attribute::ENCRYPTION.0)?);
    let key_length = attributes.get(Phase1Attribute::KEY_LENGTH.0);
    let cipher = match (encryption, key_length) {
        (Encryption::AES_CBC, Some(128)) => CbcAlg::Aes128,
        (Encryption::AES_CBC, Some(192)) => CbcAlg::Aes192,
        (Encryption::AES_CBC, Some(256)) => CbcAlg::Aes256,
        (Encryption::AES_CBC, Some(_)) => return Err(Reason::KeyLength),
        (Encryption::AES_CBC, None) => return Err(Reason::MissingAttribute(Phase1Attribute::KEY_LENGTH.0)),
        (Encryption::TRIPLE_DES_CBC, None) => CbcAlg::TripleDes,
        // A key length attribute must not stand with a cipher of fixed key length (RFC 2409 appendix A).
        (Encryption::TRIPLE_DES_CBC, Some(_)) => return Err(Reason::KeyLength),
        _ => return Err(Reason::Encryption),
    };
    let hash = match HashNumber(attributes.require(Phase1Attribute::HASH.0)?) {
        HashNumber::SHA1 => HashAlg::Sha1,
        HashNumber::SHA2_256 => HashAlg::Sha256,
        HashNumber::SHA2_384 => HashAlg::Sha384,
        HashNumber::SHA2_512 => HashAlg::Sha512,
        _ => return Err(Reason::Hash),
    };
    let number = GroupNumber(attributes.require(Phase1Attribute::GROUP_DESCRIPTION.0)?);
    let group = group(number).ok_or(Reason::Group)?;
    Ok((Phase1Suite { cipher, hash, group, method }, attributes.life))
}

fn encryption_number(cipher: CbcAlg) -> Encryption {
    match cipher {
        CbcAlg::Aes128 | CbcAlg::Aes192 | CbcAlg::Aes256 => Encryption::AES_CBC,
        CbcAlg::TripleDes => Encryption::TRIPLE_DES_CBC,
    }
}

fn key_bits(cipher: CbcAlg) -> u16 {
    match cipher {
        CbcAlg::Aes128 => 128,
        CbcAlg::Aes192 | CbcAlg::TripleDes => 192,
        CbcAlg::Aes256 => 256,
    }
}

fn hash_number(hash: HashAlg) -> HashNumber {
    match hash {
        HashAlg::Md5 => HashNumber::MD5,
        HashAlg::Sha1 => HashNumber::SHA1,
        HashAlg::Sha256 => HashNumber::SHA2_256,
        HashAlg::Sha384 => HashNumber::SHA2_384,
        HashAlg::Sha512 => HashNumber::SHA2_512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(suites: &[(CbcAlg, HashAlg, Group)]) -> SaPayload {
        let suites = suites.iter().map(|&(cipher, hash, group)| Phase1Suite {
            cipher,
            hash,
            group,
            method: AuthMethod::PRE_SHARED_KEY,
        });
        Phase1Offer { suites: suites.collect(), life_seconds: 28_800 }.to_payload()
    }

    fn windows() -> SaPayload {
        offer(&[
            (CbcAlg::Aes256, HashAlg::Sha1, Group::Ecp384),
            (CbcAlg::Aes128, HashAlg::Sha1, Group::Ecp256),
            (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp2048),
            (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp2048),
            (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024),
        ])
    }

    #[test]
    fn windows_gets_its_first_choice_under_the_standard_policy() {
        let chosen = select(&windows(), &Phase1Policy::standard()).unwrap();
        assert_eq!((chosen.suite.cipher, chosen.suite.group), (CbcAlg::Aes256, Group::Ecp384));
        assert_eq!(chosen.life, Life { seconds: Some(28_800), kilobytes: None });
        assert_eq!(chosen.answer.proposals[0].transforms, windows().proposals[0].transforms[..1]);
    }

    #[test]
    fn aes_is_preferred_to_3des_wherever_it_stands() {
        let order =
            [(CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp2048), (CbcAlg::Aes128, HashAlg::Sha1, Group::Modp1024)];
        assert_eq!(select(&offer(&order), &Phase1Policy::legacy()).unwrap().suite.cipher, CbcAlg::Aes128);
        assert_eq!(select(&offer(&order[..1]), &Phase1Policy::legacy()).unwrap().suite.cipher, CbcAlg::TripleDes);
    }

    #[test]
    fn a_refusal_names_every_transform_and_its_fault() {
        let order = [
            (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp2048),
            (CbcAlg::Aes128, HashAlg::Md5, Group::Modp2048),
            (CbcAlg::Aes128, HashAlg::Sha1, Group::Modp1024),
        ];
        let mismatch = select(&offer(&order), &Phase1Policy::standard()).unwrap_err();
        let reasons: Vec<_> = mismatch.offered.iter().map(|refused| refused.reason).collect();
        assert_eq!(reasons, [Reason::Encryption, Reason::Hash, Reason::Group]);
        assert_eq!(mismatch.offered[2].transform.group, Some(GroupNumber::MODP1024));
        assert_eq!(mismatch.accepted, Phase1Policy::standard());
    }

    #[test]
    fn strange_attributes_make_a_transform_unacceptable() {
        let reason = |change: &dyn Fn(&mut Vec<Attribute>)| {
            let mut offer = offer(&[(CbcAlg::Aes128, HashAlg::Sha1, Group::Modp2048)]);
            change(&mut offer.proposals[0].transforms[0].attributes);
            select(&offer, &Phase1Policy::standard()).unwrap_err().offered[0].reason
        };
        assert_eq!(reason(&|a| a.push(Attribute::short(13, 1))), Reason::UnknownAttribute(13));
        assert_eq!(reason(&|a| a.push(Attribute::short(14, 128))), Reason::RepeatedAttribute(14));
        assert_eq!(reason(&|a| a[1] = Attribute::short(14, 448)), Reason::KeyLength);
        assert_eq!(reason(&|a| a[1] = Attribute::short(14, 0)), Reason::KeyLength);
        assert_eq!(reason(&|a| drop(a.remove(1))), Reason::MissingAttribute(14));
        assert_eq!(reason(&|a| drop(a.pop())), Reason::Life);
        assert_eq!(reason(&|a| a[6] = Attribute::long(12, 0)), Reason::Life);
        for method in [3, 4, 5, 65001] {
            assert_eq!(reason(&|a| a[4] = Attribute::short(3, method)), Reason::Method);
        }
    }

    #[test]
    fn no_group_number_outside_the_policy_is_ever_chosen() {
        let standard = [14, 15, 16, 19, 20];
        for number in 0..=u16::MAX {
            let mut offer = offer(&[(CbcAlg::Aes128, HashAlg::Sha1, Group::Modp2048)]);
            offer.proposals[0].transforms[0].attributes[3] = Attribute::short(4, number);
            assert_eq!(select(&offer, &Phase1Policy::standard()).is_ok(), standard.contains(&number));
        }
    }

    #[test]
    fn an_answer_must_be_what_was_offered() {
        let ours = Phase1Offer::standard();
        let chosen = select(&ours.to_payload(), &Phase1Policy::standard()).unwrap();
        assert_eq!(check(&chosen.answer, &ours), Ok((ours.suites[0], chosen.life)));
        let foreign = offer(&[(CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024)]);
        assert_eq!(check(&foreign, &ours).unwrap_err().reason, Reason::NotOffered);
        assert_eq!(check(&ours.to_payload(), &ours).unwrap_err().reason, Reason::NotOffered);
    }
}
