use super::*;
use hex_literal::hex;
use proptest::prelude::*;

/// RFC 2202 §2.
#[test]
fn the_vectors_for_md5_hold() {
    let check = |key: &[u8], data: &[u8], expected: [u8; 16]| {
        assert_eq!(hmac(HashAlg::Md5, key, &[data]).to_vec(), expected);
    };
    check(&[0x0b; 16], b"Hi There", hex!("9294727a3638bb1c13f48ef8158bfc9d"));
    check(b"Jefe", b"what do ya want for nothing?", hex!("750c783e6ab0b503eaa86e310a5db738"));
    check(&[0xaa; 16], &[0xdd; 50], hex!("56be34521d144c88dbb8c733f0e8b3f6"));
    check(&counting(25), &[0xcd; 50], hex!("697eaf0aca3a3aea3a75164746ffaa79"));
    check(&[0x0c; 16], b"Test With Truncation", hex!("56461ef2342edc00f9bab995690efd4c"));
    check(&[0xaa; 80], LONG_KEY, hex!("6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"));
    check(&[0xaa; 80], LONG_KEY_AND_DATA, hex!("6f630fad67cda0ee1fb1f562db3aa53e"));
}

/// RFC 2202 §3.
#[test]
fn the_vectors_for_sha1_hold() {
    let check = |key: &[u8], data: &[u8], expected: [u8; 20]| {
        assert_eq!(hmac(HashAlg::Sha1, key, &[data]).to_vec(), expected);
    };
    check(&[0x0b; 20], b"Hi There", hex!("b617318655057264e28bc0b6fb378c8ef146be00"));
    check(b"Jefe", b"what do ya want for nothing?", hex!("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    check(&[0xaa; 20], &[0xdd; 50], hex!("125d7342b9ac11cd91a39af48aa17b4f63f175d3"));
    check(&counting(25), &[0xcd; 50], hex!("4c9007f4026250c6bc8414f9bf50c86c2d7235da"));
    check(&[0x0c; 20], b"Test With Truncation", hex!("4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"));
    check(&[0xaa; 80], LONG_KEY, hex!("aa4ae5e15272d00e95705637ce8a3b55ed402112"));
    check(&[0xaa; 80], LONG_KEY_AND_DATA, hex!("e8e99d0f45237d786d6bbaa7965c7808bbff1a91"));
}

/// RFC 4231 §4.2, §4.3 and §4.7.
#[test]
fn the_vectors_for_sha2_hold() {
    let check = |key: &[u8], data: &[u8], sha256: [u8; 32], sha384: [u8; 48], sha512: [u8; 64]| {
        assert_eq!(hmac(HashAlg::Sha256, key, &[data]).to_vec(), sha256);
        assert_eq!(hmac(HashAlg::Sha384, key, &[data]).to_vec(), sha384);
        assert_eq!(hmac(HashAlg::Sha512, key, &[data]).to_vec(), sha512);
    };
    check(
        &[0x0b; 20],
        b"Hi There",
        hex!("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        hex!("afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"),
        hex!(
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        ),
    );
    check(
        b"Jefe",
        b"what do ya want for nothing?",
        hex!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        hex!("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
        hex!(
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ),
    );
    check(
        &[0xaa; 131],
        LONG_KEY,
        hex!("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        hex!("4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"),
        hex!(
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
            "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
        ),
    );
}

#[test]
fn a_tag_matches_whole_or_truncated_to_12_octets_or_more() {
    let key = HmacKey::new(HashAlg::Sha1, b"key");
    let (parts, changed): ([&[u8]; 2], [&[u8]; 2]) = ([b"a mess", b"age"], [b"a mess", b"agf"]);
    let tag = key.sign(&parts);
    for len in 12..=20 {
        assert!(key.verify_truncated(&parts, &tag[..len]));
        assert!(!key.verify_truncated(&changed, &tag[..len]));
        let mut wrong = tag[..len].to_vec();
        wrong[len - 1] ^= 1;
        assert!(!key.verify_truncated(&parts, &wrong));
    }
    assert!(!key.verify_truncated(&parts, &tag[..11]));
    assert!(!key.verify_truncated(&parts, &[]));
    assert!(!key.verify_truncated(&parts, &[&tag[..], &[0]].concat()));
}

#[test]
fn a_key_does_not_print() {
    assert_eq!(format!("{:?}", HmacKey::new(HashAlg::Sha1, b"key")), "HmacKey(Sha1, ***)");
}

fn by_library(alg: HashAlg, key: &[u8], message: &[u8]) -> Vec<u8> {
    use ::hmac::{Hmac, KeyInit, Mac};
    macro_rules! sign {
        ($hash:ty) => {
            Hmac::<$hash>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().to_vec()
        };
    }
    match alg {
        HashAlg::Md5 => sign!(md5::Md5),
        HashAlg::Sha1 => sign!(sha1::Sha1),
        HashAlg::Sha256 => sign!(sha2::Sha256),
        HashAlg::Sha384 => sign!(sha2::Sha384),
        HashAlg::Sha512 => sign!(sha2::Sha512),
    }
}

fn any_alg() -> impl Strategy<Value = HashAlg> {
    prop::sample::select(vec![HashAlg::Md5, HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512])
}

fn octets(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), len)
}

proptest! {
    #[test]
    fn any_message_is_signed_as_the_library_does(alg in any_alg(), key in octets(0..300), message in octets(0..600)) {
        prop_assert_eq!(hmac(alg, &key, &[&message]).to_vec(), by_library(alg, &key, &message));
    }

    #[test]
    fn any_batch_is_signed_as_the_library_does(
        alg in any_alg(),
        key in octets(0..100),
        buf in octets(2000..2001),
        lanes in proptest::collection::vec((0usize..1000, 0usize..1000), 0..40),
    ) {
        let lanes: Vec<MacLane> = lanes.into_iter().map(|(start, len)| MacLane { start, len }).collect();
        let mut tags = Vec::new();
        HmacKey::new(alg, &key).sign_lanes(&buf, &lanes, &mut tags);
        prop_assert_eq!(tags.len(), lanes.len());
        for (lane, tag) in lanes.iter().zip(&tags) {
            prop_assert_eq!(tag.to_vec(), by_library(alg, &key, &buf[lane.start..][..lane.len]));
        }
    }

    #[test]
    fn any_batch_of_equal_lengths_is_signed_as_the_library_does(
        alg in any_alg(),
        key in octets(0..100),
        buf in octets(8192..8193),
        len in 0usize..120,
        count in 0usize..65,
    ) {
        let lanes: Vec<MacLane> = (0..count).map(|at| MacLane { start: at * len, len }).collect();
        let mut tags = vec![Digest::default(); 7];
        HmacKey::new(alg, &key).sign_lanes(&buf, &lanes, &mut tags);
        prop_assert_eq!(tags.len(), lanes.len());
        for (lane, tag) in lanes.iter().zip(&tags) {
            prop_assert_eq!(tag.to_vec(), by_library(alg, &key, &buf[lane.start..][..lane.len]));
        }
    }
}

fn counting(len: u8) -> Vec<u8> {
    (1..=len).collect()
}

const LONG_KEY: &[u8] = b"Test Using Larger Than Block-Size Key - Hash Key First";
const LONG_KEY_AND_DATA: &[u8] = b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
