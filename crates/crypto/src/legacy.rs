//! What only old peers and MS-CHAP still need. New uses are mistakes.
//!
//! | algorithm | where it is | who needs it |
//! |---|---|---|
//! | MD4 | [`md4()`] | the NT hash of a password (RFC 2433 §A.5) |
//! | DES, one block | [`des_encrypt`] | MS-CHAP responses (RFC 2433 §A.6) |
//! | MD5 | [`HashAlg::Md5`](crate::HashAlg::Md5) | CHAP (RFC 1994), L2TP authentication and hiding (RFC 2661), XP's IKE |
//! | SHA-1 | [`HashAlg::Sha1`](crate::HashAlg::Sha1) | IKEv1 and ESP up to Windows 8, MS-CHAPv2, MPPE; sound within HMAC |
//! | 3DES | [`CbcAlg::TripleDes`](crate::cbc::CbcAlg::TripleDes) | XP; after 2^32 blocks of 8 octets a key leaks (SWEET32) |
//! | MODP1024, MODP1536 | [`Group`](crate::dh::Group) | XP and Windows 7, old phones; within reach of a state (Logjam) |
//!
//! Whether a peer may have them is the policy's decision, not this crate's.

use cipher::{BlockCipherEncrypt, KeyInit};
use des::Des;
use md4::{Digest as _, Md4};

/// MD4 of `parts`, read as one message (RFC 1320).
pub fn md4(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Md4::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// DES of one block with a key of 56 bits, between which the parity bits are inserted (RFC 2433 §A.7).
pub fn des_encrypt(key: &[u8; 7], block: &[u8; 8]) -> [u8; 8] {
    let mut block = (*block).into();
    Des::new(&spread(key).into()).encrypt_block(&mut block);
    block.into()
}

/// Every 7 bits of the key in the upper bits of an octet. DES ignores the lowest bit of each octet, the parity.
fn spread(key: &[u8; 7]) -> [u8; 8] {
    let bits = key.iter().fold(0, |bits, &octet| bits << 8 | u64::from(octet));
    std::array::from_fn(|at| ((bits >> (49 - 7 * at)) << 1) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// RFC 1320 §A.5.
    #[test]
    fn the_md4_test_suite_holds() {
        assert_eq!(md4(&[]), hex!("31d6cfe0d16ae931b73c59d7e0c089c0"));
        assert_eq!(md4(&[b"a", b"bc"]), hex!("a448017aaf21d8525fc10ae87aa6729d"));
        assert_eq!(md4(&[b"message digest"]), hex!("d9130a8164549fe818874806e1c7014b"));
        assert_eq!(md4(&[b"abcdefghijklmnopqrstuvwxyz"]), hex!("d79e1c308aa5bbcdeea8ed63df412da9"));
    }

    /// The keys of RFC 2759 §9.3, without their parity bits.
    #[test]
    fn a_key_of_56_bits_spreads_over_8_octets() {
        let without_parity = |key: [u8; 8]| key.map(|octet| octet & 0xfe);
        assert_eq!(spread(&hex!("fc156af7edcd6c")), without_parity(hex!("fd0b5b5e7f6e34d9")));
        assert_eq!(spread(&hex!("0eddE3337d427f")), without_parity(hex!("0e6e796737ea08fe")));
    }

    /// The classic example of FIPS 46: key 133457799BBCDFF1.
    #[test]
    fn one_block_of_des_holds() {
        let key = hex!("133457799bbcdff1");
        let bits = key.iter().fold(0u64, |bits, octet| bits << 7 | u64::from(octet >> 1));
        let mut packed = [0; 7];
        packed.copy_from_slice(&bits.to_be_bytes()[1..]);
        assert_eq!(des_encrypt(&packed, &hex!("0123456789abcdef")), hex!("85e813540f0ab405"));
    }
}
