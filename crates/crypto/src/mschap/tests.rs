use super::*;
use crate::secret::Secret;
use hex_literal::hex;

const USER: &[u8] = b"User";
const AUTH_CHALLENGE: [u8; 16] = hex!("5b5d7c7d7b3f2f3e3c2c602132262628");
const PEER_CHALLENGE: [u8; 16] = hex!("21402324255e262a28295f2b3a337c7e");
const NT_RESPONSE: [u8; 24] = hex!("82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");

fn hash() -> NtHash {
    nt_password_hash("clientPass")
}

/// RFC 2759 §9.2.
#[test]
fn the_example_of_mschapv2_holds() {
    assert_eq!(hash().as_bytes(), &hex!("44ebba8d5312b8d611474411f56989ae"));
    assert_eq!(*hash().hashed(), hex!("41c00c584bd2d91c4017a2a12fa59f3f"));
    assert_eq!(challenge_hash(&PEER_CHALLENGE, &AUTH_CHALLENGE, USER), hex!("d02e4386bce91226"));
    assert_eq!(nt_response(&AUTH_CHALLENGE, &PEER_CHALLENGE, USER, &hash()), NT_RESPONSE);
    assert_eq!(
        &authenticator_response(&hash(), &NT_RESPONSE, &PEER_CHALLENGE, &AUTH_CHALLENGE, USER),
        b"S=407A5589115FD0D6209F510FE9C04566932CDA56"
    );
}

#[test]
fn a_response_verifies_only_with_the_same_password_user_and_challenges() {
    let verify = |auth: &[u8; 16], peer: &[u8; 16], user: &[u8], hash: &NtHash, response: &[u8; 24]| {
        verify_nt_response(auth, peer, user, hash, response)
    };
    assert!(verify(&AUTH_CHALLENGE, &PEER_CHALLENGE, USER, &hash(), &NT_RESPONSE));
    assert!(!verify(&PEER_CHALLENGE, &AUTH_CHALLENGE, USER, &hash(), &NT_RESPONSE));
    assert!(!verify(&AUTH_CHALLENGE, &PEER_CHALLENGE, b"user", &hash(), &NT_RESPONSE));
    let other = nt_password_hash("clientpass");
    assert!(!verify(&AUTH_CHALLENGE, &PEER_CHALLENGE, USER, &other, &NT_RESPONSE));
    for at in 0..24 {
        let mut response = NT_RESPONSE;
        response[at] ^= 1;
        assert!(!verify(&AUTH_CHALLENGE, &PEER_CHALLENGE, USER, &hash(), &response));
    }
}

#[test]
fn the_servers_proof_verifies_only_whole_and_unchanged() {
    let verify = |received: &[u8]| {
        verify_authenticator_response(&hash(), &NT_RESPONSE, &PEER_CHALLENGE, &AUTH_CHALLENGE, USER, received)
    };
    assert!(verify(b"S=407A5589115FD0D6209F510FE9C04566932CDA56"));
    assert!(!verify(b"S=407A5589115FD0D6209F510FE9C04566932CDA57"));
    assert!(!verify(b"S=407A5589115FD0D6209F510FE9C04566932CDA5"));
    assert!(!verify(b""));
}

/// RFC 2433 §B.2.
#[test]
fn the_example_of_mschap_version_1_holds() {
    let hash = nt_password_hash("MyPw");
    assert_eq!(hash.as_bytes(), &hex!("fc156af7edcd6c0eddE3337d427f4eac"));
    let challenge = hex!("102db5df085d3041");
    let response = hex!("4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61");
    assert_eq!(nt_response_v1(&challenge, &hash), response);
    assert!(verify_nt_response_v1(&challenge, &hash, &response));
    assert!(!verify_nt_response_v1(&[0; 8], &hash, &response));
}

#[test]
fn a_password_is_hashed_in_utf_16() {
    assert_eq!(nt_password_hash("\u{fc}\u{1f600}").as_bytes(), &md4(&[&hex!("fc003dd800de")]));
}

#[test]
fn chap_with_md5_hashes_identifier_secret_and_challenge() {
    let response = chap_md5_response(7, b"secret", b"challenge");
    let expected = HashAlg::Md5.digest(&[b"\x07secretchallenge"]);
    assert_eq!(response, *expected);
    assert!(verify_chap_md5_response(7, b"secret", b"challenge", &response));
    assert!(!verify_chap_md5_response(8, b"secret", b"challenge", &response));
    assert!(!verify_chap_md5_response(7, b"secret", b"challenge", &response[..15]));
}

fn master() -> MasterKey {
    MasterKey::new(&hash(), &NT_RESPONSE)
}

/// RFC 3079 §3.5.1: the keys of 40 bits.
#[test]
fn the_mppe_keys_of_40_bits_hold() {
    assert_eq!(master().as_bytes(), &hex!("fdece3717a8c838cb388e527ae3cdd31"));
    let keys = master().session_keys(MppeStrength::Bits40, true);
    assert_eq!(keys.send_start, Secret::from(&hex!("8b7cdc149b993a1b")));
    assert_eq!(keys.send, Secret::from(&hex!("d1269ec49fa62e3e")));
}

/// RFC 3079 §3.5.2: the keys of 56 bits.
#[test]
fn the_mppe_keys_of_56_bits_hold() {
    let keys = master().session_keys(MppeStrength::Bits56, true);
    assert_eq!(keys.send_start, Secret::from(&hex!("8b7cdc149b993a1b")));
    assert_eq!(keys.send, Secret::from(&hex!("d15c00c49fa62e3e")));
}

/// RFC 3079 §3.5.3: the keys of 128 bits.
#[test]
fn the_mppe_keys_of_128_bits_hold() {
    let keys = master().session_keys(MppeStrength::Bits128, true);
    assert_eq!(keys.send_start, Secret::from(&hex!("8b7cdc149b993a1ba118cb153f56dccb")));
    assert_eq!(keys.send, Secret::from(&hex!("405cb2247a7956e6e211007ae27b22d4")));
}

#[test]
fn what_one_side_sends_the_other_receives() {
    for strength in [MppeStrength::Bits40, MppeStrength::Bits56, MppeStrength::Bits128] {
        let (server, client) = (master().session_keys(strength, true), master().session_keys(strength, false));
        assert_eq!(server.send, client.receive);
        assert_eq!(server.receive, client.send);
        assert_eq!(server.send_start, client.receive_start);
        assert_ne!(server.send, server.receive);
    }
    assert_eq!(master().start_key(true, true), master().start_key(false, false));
    assert_eq!(master().start_key(true, false), master().start_key(false, true));
}

#[test]
fn hashes_and_keys_do_not_print() {
    assert_eq!(format!("{:?} {:?}", hash(), master()), "NtHash(***) MasterKey(***)");
    assert!(!format!("{:?}", master().session_keys(MppeStrength::Bits40, true)).contains('8'));
}
