//! What IKE offers: our own set, or what a client offers that servers are used to.

use crypto::HashAlg;
use crypto::cbc::CbcAlg;
use crypto::dh::Group;
use ike::proposal::{ChildAuth, ChildCipher, ChildOffer, ChildSuite, Phase1Offer, Phase1Suite};
use wire::isakmp::{AuthMethod, VendorKind};

use crate::cli::Client;

/// The offers of phase 1 and phase 2, and the vendor IDs in front; `None` for our own.
#[derive(Debug, Clone)]
pub(crate) struct Offers {
    pub(crate) phase1: Phase1Offer,
    pub(crate) child: ChildOffer,
    pub(crate) vendor_ids: Option<Vec<Vec<u8>>>,
    /// Whether to say that earlier associations are over (RFC 2407 §4.6.3.3). Windows does not.
    pub(crate) initial_contact: bool,
}

/// The offers of `client`, or ours. Transforms with MD5 or DES are left out of every list: a server that wants them gets an
/// error it can be blamed for.
pub(crate) fn offers(client: Option<Client>) -> Offers {
    match client {
        None => ours(),
        Some(Client::Windows11) => windows_11(),
        Some(Client::Macos) => macos(),
        Some(Client::Android11) => android_11(),
        Some(Client::Linux) => linux(),
    }
}

/// What has a price when a server chooses it, in words.
pub(crate) fn price(suite: &Phase1Suite) -> Option<String> {
    let weak_group = matches!(suite.group, Group::Modp1024 | Group::Modp1536);
    let weak_cipher = suite.cipher == CbcAlg::TripleDes;
    (weak_group || weak_cipher).then(|| {
        format!("the server chose {suite}: well-funded attackers can break this; it should learn stronger algorithms")
    })
}

/// Strong ones first, and last what servers from before 2010 are limited to. An attacker cannot make the server choose from
/// the end: the offer is part of what phase 1 authenticates (RFC 2409 §5).
fn ours() -> Offers {
    let mut phase1 = Phase1Offer::standard();
    phase1.suites.extend(suites(&[
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp1024),
        (CbcAlg::Aes128, HashAlg::Sha1, Group::Modp1024),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp2048),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024),
    ]));
    let mut child = ChildOffer::standard();
    child.suites.push(esp(ChildCipher::TripleDes, ChildAuth::HmacSha1_96));
    Offers { phase1, child, vendor_ids: None, initial_contact: true }
}

fn windows_11() -> Offers {
    let phase1 = suites(&[
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Ecp384),
        (CbcAlg::Aes128, HashAlg::Sha1, Group::Ecp256),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp2048),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp2048),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024),
    ]);
    let child = [ChildCipher::AesCbc256, ChildCipher::AesCbc128, ChildCipher::TripleDes];
    let numbered = |kind: VendorKind, number: u32| [kind.octets(), &number.to_be_bytes()].concat();
    let plain = |kind: VendorKind| kind.octets().to_vec();
    Offers {
        phase1: Phase1Offer { suites: phase1, life_seconds: 28_800 },
        child: ChildOffer {
            suites: child.map(|cipher| esp(cipher, ChildAuth::HmacSha1_96)).to_vec(),
            pfs: None,
            life_seconds: 3600,
            life_kilobytes: Some(250_000),
        },
        vendor_ids: Some(vec![
            // 9: Windows 8 and later.
            numbered(VendorKind::MsNt5, 9),
            plain(VendorKind::NatTRfc3947),
            plain(VendorKind::NatTDraft02Newline),
            plain(VendorKind::Fragmentation),
            plain(VendorKind::MsNegotiationDiscoveryCapable),
            plain(VendorKind::VidInitialContact),
            plain(VendorKind::IkeCgaVersion1),
            // 1: AuthIP.
            numbered(VendorKind::KeyMods, 1),
        ]),
        initial_contact: false,
    }
}

fn macos() -> Offers {
    let phase1 = suites(&[
        (CbcAlg::Aes256, HashAlg::Sha256, Group::Modp2048),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp2048),
        (CbcAlg::Aes256, HashAlg::Sha512, Group::Modp2048),
        (CbcAlg::Aes256, HashAlg::Sha256, Group::Modp1536),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp1536),
        (CbcAlg::Aes256, HashAlg::Sha256, Group::Modp1024),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp1024),
        (CbcAlg::Aes128, HashAlg::Sha1, Group::Modp1024),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024),
    ]);
    let ciphers = [ChildCipher::AesCbc256, ChildCipher::AesCbc128, ChildCipher::TripleDes];
    let vendor_ids = [
        VendorKind::NatTRfc3947,
        VendorKind::NatTApple,
        VendorKind::NatTDraft08,
        VendorKind::NatTDraft07,
        VendorKind::NatTDraft06,
        VendorKind::NatTDraft05,
        VendorKind::NatTDraft04,
        VendorKind::NatTDraft03,
        VendorKind::NatTDraft02,
        VendorKind::NatTDraft02Newline,
    ];
    Offers {
        phase1: Phase1Offer { suites: phase1, life_seconds: 3600 },
        child: ChildOffer {
            suites: product(&ciphers, &[ChildAuth::HmacSha256_128, ChildAuth::HmacSha1_96]),
            pfs: None,
            life_seconds: 3600,
            life_kilobytes: None,
        },
        vendor_ids: Some(racoon_vendor_ids(&vendor_ids)),
        initial_contact: true,
    }
}

fn android_11() -> Offers {
    let aes256 = [HashAlg::Sha384, HashAlg::Sha256, HashAlg::Sha512, HashAlg::Sha1];
    let aes128 = [HashAlg::Sha512, HashAlg::Sha384, HashAlg::Sha256, HashAlg::Sha1];
    let triple_des = [HashAlg::Sha256, HashAlg::Sha1];
    let list = aes256.map(|hash| (CbcAlg::Aes256, hash, Group::Modp1024)).into_iter();
    let list = list.chain(aes128.map(|hash| (CbcAlg::Aes128, hash, Group::Modp1024)));
    let list: Vec<_> = list.chain(triple_des.map(|hash| (CbcAlg::TripleDes, hash, Group::Modp1024))).collect();
    let ciphers = [ChildCipher::AesCbc256, ChildCipher::AesCbc128, ChildCipher::TripleDes];
    let auths =
        [ChildAuth::HmacSha512_256, ChildAuth::HmacSha384_192, ChildAuth::HmacSha1_96, ChildAuth::HmacSha256_128];
    let vendor_ids =
        [VendorKind::NatTRfc3947, VendorKind::NatTDraft02, VendorKind::NatTDraft02Newline, VendorKind::NatTDraft00];
    Offers {
        phase1: Phase1Offer { suites: suites(&list), life_seconds: 28_800 },
        child: ChildOffer { suites: product(&ciphers, &auths), pfs: None, life_seconds: 28_800, life_kilobytes: None },
        vendor_ids: Some(racoon_vendor_ids(&vendor_ids)),
        initial_contact: true,
    }
}

fn linux() -> Offers {
    let phase1 = suites(&[
        (CbcAlg::Aes256, HashAlg::Sha256, Group::Modp2048),
        (CbcAlg::Aes256, HashAlg::Sha256, Group::Modp1536),
        (CbcAlg::Aes256, HashAlg::Sha256, Group::Modp1024),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp2048),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp1536),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Modp1024),
        (CbcAlg::Aes256, HashAlg::Sha1, Group::Ecp384),
        (CbcAlg::Aes128, HashAlg::Sha1, Group::Modp1024),
        (CbcAlg::Aes128, HashAlg::Sha1, Group::Ecp256),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp2048),
        (CbcAlg::TripleDes, HashAlg::Sha1, Group::Modp1024),
    ]);
    let ciphers = [ChildCipher::AesCbc256, ChildCipher::AesCbc128, ChildCipher::TripleDes];
    Offers {
        phase1: Phase1Offer { suites: phase1, life_seconds: 10_800 },
        child: ChildOffer {
            suites: product(&ciphers, &[ChildAuth::HmacSha1_96]),
            pfs: None,
            life_seconds: 3600,
            life_kilobytes: None,
        },
        vendor_ids: None,
        initial_contact: true,
    }
}

/// NAT traversal variants, then fragmentation with racoon's capability word, then dead peer detection.
fn racoon_vendor_ids(nat_t: &[VendorKind]) -> Vec<Vec<u8>> {
    let mut ids: Vec<_> = nat_t.iter().map(|kind| kind.octets().to_vec()).collect();
    ids.push([VendorKind::Fragmentation.octets(), &0x8000_0000_u32.to_be_bytes()].concat());
    ids.push(VendorKind::Dpd.octets().to_vec());
    ids
}

fn suites(list: &[(CbcAlg, HashAlg, Group)]) -> Vec<Phase1Suite> {
    let suite = |&(cipher, hash, group)| Phase1Suite { cipher, hash, group, method: AuthMethod::PRE_SHARED_KEY };
    list.iter().map(suite).collect()
}

fn product(ciphers: &[ChildCipher], auths: &[ChildAuth]) -> Vec<ChildSuite> {
    ciphers.iter().flat_map(|&cipher| auths.iter().map(move |&auth| esp(cipher, auth))).collect()
}

fn esp(cipher: ChildCipher, auth: ChildAuth) -> ChildSuite {
    ChildSuite { cipher, auth: Some(auth) }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;
    use clap::ValueEnum;
    use ike::proposal::{Phase1Policy, select};

    use super::*;

    #[test]
    fn a_modern_server_is_offered_its_strongest_first_and_an_old_one_something() {
        let offer = ours().phase1;
        let modern = select(&offer.to_payload(), &Phase1Policy::standard()).unwrap();
        assert_eq!(price(&modern.suite), None);
        let old = Phase1Policy {
            ciphers: vec![CbcAlg::TripleDes],
            hashes: vec![HashAlg::Sha1],
            groups: vec![Group::Modp1024],
            ..Phase1Policy::standard()
        };
        let chosen = select(&offer.to_payload(), &old).unwrap();
        assert!(price(&chosen.suite).is_some());
    }

    #[test]
    fn every_client_is_understood_by_a_server_that_accepts_old_clients() {
        for &client in Client::value_variants() {
            let offer = offers(Some(client)).phase1;
            assert!(select(&offer.to_payload(), &Phase1Policy::legacy()).is_ok(), "{client:?}");
            let standard = select(&offer.to_payload(), &Phase1Policy::standard()).is_ok();
            assert_eq!(standard, client != Client::Android11, "{client:?}");
        }
    }

    #[test]
    fn the_first_message_is_as_long_as_that_of_windows() {
        let Offers { phase1, vendor_ids, .. } = offers(Some(Client::Windows11));
        let local = "192.0.2.2:500".parse().unwrap();
        let path = ike::Path { local, remote: "192.0.2.1:500".parse().unwrap() };
        let initiate = ike::Initiate {
            offer: phase1,
            vendor_ids: vendor_ids.unwrap(),
            ..ike::Initiate::l2tp(path, crypto::Secret::from(b"key".to_vec()))
        };
        let mut engine = ike::Engine::new(ike::Config::default());
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let _ = engine.initiate(clock::Timestamp::ZERO, &mut rng, initiate);
        // What Windows 8 and later send, by captures of others.
        assert_eq!(engine.poll_transmit().unwrap().data.len(), 408);
    }

    #[test]
    fn windows_names_itself_and_announces_no_dead_peer_detection() {
        let ids = offers(Some(Client::Windows11)).vendor_ids.unwrap();
        assert_eq!(ids[0], *b"\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61\0\0\0\x09");
        assert!(ids.iter().all(|id| id != VendorKind::Dpd.octets()));
    }
}
