use super::*;
use chacha20::ChaCha20Rng;
use hex_literal::hex;
use rand_core::SeedableRng;

const MODP: [Group; 5] = [Group::Modp1024, Group::Modp1536, Group::Modp2048, Group::Modp3072, Group::Modp4096];

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

#[test]
fn both_sides_share_the_same_secret_in_every_group() {
    let mut rng = rng(1);
    for group in Group::ALL {
        let (initiator, responder) = (DhSecret::generate(group, &mut rng), DhSecret::generate(group, &mut rng));
        assert_eq!(initiator.public().len(), group.public_len());
        assert_ne!(initiator.public(), responder.public());
        let secret = initiator.agree(responder.public()).unwrap();
        assert_eq!(secret, responder.agree(initiator.public()).unwrap());
        assert_eq!(secret.len(), group.shared_len(), "{group:?}");
        let third = DhSecret::generate(group, &mut rng);
        assert_ne!(secret, initiator.agree(third.public()).unwrap());
    }
}

#[test]
fn a_public_value_of_another_length_is_refused() {
    for group in Group::ALL {
        let secret = DhSecret::generate(group, &mut rng(2));
        for got in [0, 1, group.public_len() - 1, group.public_len() + 1] {
            let mut peer = secret.public().to_vec();
            peer.resize(got, 0);
            let expected = group.public_len();
            assert_eq!(secret.agree(&peer), Err(DhError::Length { expected, got }));
        }
    }
}

/// The secret of every one of these would be known to whoever saw them (CVE-2015-3240).
#[test]
fn public_values_at_the_edges_of_a_modp_group_are_refused() {
    for group in MODP {
        let secret = DhSecret::generate(group, &mut rng(3));
        let len = group.public_len();
        let number = |low: u8| [&vec![0; len - 1][..], &[low]].concat();
        let near_prime = |offset| modp::near_prime(len, offset);
        for refused in [number(0), number(1), near_prime(-1), near_prime(0), near_prime(1), vec![0xff; len]] {
            assert_eq!(secret.agree(&refused), Err(DhError::OutOfRange), "{group:?}");
        }
        assert!(secret.agree(&number(2)).is_ok());
        assert!(secret.agree(&near_prime(-2)).is_ok());
    }
}

#[test]
fn the_number_two_as_public_value_yields_our_own() {
    for group in MODP {
        let secret = DhSecret::generate(group, &mut rng(4));
        let mut two = vec![0; group.public_len()];
        two[group.public_len() - 1] = 2;
        assert!(secret.agree(&two).unwrap().ct_eq(secret.public()));
    }
}

#[test]
fn what_is_no_point_of_the_curve_is_refused() {
    for group in [Group::Ecp256, Group::Ecp384] {
        let secret = DhSecret::generate(group, &mut rng(5));
        let mut off_curve = secret.public().to_vec();
        off_curve[group.public_len() - 1] ^= 1;
        for peer in [off_curve, vec![0; group.public_len()], vec![0xff; group.public_len()]] {
            assert_eq!(secret.agree(&peer), Err(DhError::NotOnCurve));
        }
    }
}

/// RFC 5903 §8.1.
#[test]
fn the_vector_of_the_256_bit_curve_holds() {
    let initiator = hex!("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    let responder = hex!("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53");
    let key = |octets: &[u8]| {
        DhSecret::from_private(Group::Ecp256, Private::Ecp256(p256::SecretKey::from_slice(octets).unwrap()))
    };
    let (initiator, responder) = (key(&initiator), key(&responder));
    let public_i = hex!(
        "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
        "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"
    );
    let public_r = hex!(
        "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
        "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"
    );
    assert_eq!(initiator.public(), public_i);
    assert_eq!(responder.public(), public_r);
    let shared = hex!("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
    assert_eq!(initiator.agree(&public_r).unwrap().as_bytes(), shared);
    assert_eq!(responder.agree(&public_i).unwrap().as_bytes(), shared);
}

/// RFC 5903 §8.2.
#[test]
fn the_vector_of_the_384_bit_curve_holds() {
    let initiator =
        hex!("099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194");
    let responder =
        hex!("41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc");
    let key = |octets: &[u8]| {
        DhSecret::from_private(Group::Ecp384, Private::Ecp384(p384::SecretKey::from_slice(octets).unwrap()))
    };
    let (initiator, responder) = (key(&initiator), key(&responder));
    let public_i = hex!(
        "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa"
        "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c"
    );
    let public_r = hex!(
        "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571"
        "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c"
    );
    assert_eq!(initiator.public(), public_i);
    assert_eq!(responder.public(), public_r);
    let shared =
        hex!("11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746");
    assert_eq!(initiator.agree(&public_r).unwrap().as_bytes(), shared);
    assert_eq!(responder.agree(&public_i).unwrap().as_bytes(), shared);
}

#[test]
fn a_private_value_does_not_print() {
    assert_eq!(format!("{:?}", DhSecret::generate(Group::Ecp256, &mut rng(6))), "DhSecret(Ecp256, ***)");
}
