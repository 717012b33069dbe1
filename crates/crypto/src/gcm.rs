//! AES in Galois/Counter Mode with a tag of 16 octets, for ESP (RFC 4106).

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::{AeadInOut, KeyInit, consts::U12};

use crate::KeyLength;

/// An AES-GCM key of 16, 24 or 32 octets.
#[derive(Clone)]
pub struct GcmKey(Cipher);

#[derive(Clone)]
enum Cipher {
    Aes128(AesGcm<Aes128, U12>),
    Aes192(AesGcm<Aes192, U12>),
    Aes256(AesGcm<Aes256, U12>),
}

impl GcmKey {
    /// Prepares `key`, without the salt that RFC 4106 §8.1 appends.
    ///
    /// # Errors
    /// The key has not 16, 24 or 32 octets.
    pub fn new(key: &[u8]) -> Result<Self, KeyLength> {
        let wrong = KeyLength { expected: None, got: key.len() };
        Ok(GcmKey(match key.len() {
            16 => Cipher::Aes128(AesGcm::new_from_slice(key).map_err(|_| wrong)?),
            24 => Cipher::Aes192(AesGcm::new_from_slice(key).map_err(|_| wrong)?),
            32 => Cipher::Aes256(AesGcm::new_from_slice(key).map_err(|_| wrong)?),
            _ => return Err(wrong),
        }))
    }

    /// Encrypts `data` in place and returns the tag over it and `aad`. A nonce must never serve twice under one key.
    pub fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> [u8; 16] {
        let nonce = nonce.into();
        let sealed = match &self.0 {
            Cipher::Aes128(cipher) => cipher.encrypt_inout_detached(nonce, aad, data.into()),
            Cipher::Aes192(cipher) => cipher.encrypt_inout_detached(nonce, aad, data.into()),
            Cipher::Aes256(cipher) => cipher.encrypt_inout_detached(nonce, aad, data.into()),
        };
        sealed.expect("invariant: a packet is shorter than 2^36 octets").into()
    }

    /// Checks the tag in constant time and only then decrypts `data` in place. `false`: the tag is wrong, `data` unchanged.
    #[must_use]
    pub fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        let (nonce, tag) = (nonce.into(), tag.into());
        match &self.0 {
            Cipher::Aes128(cipher) => cipher.decrypt_inout_detached(nonce, aad, data.into(), tag),
            Cipher::Aes192(cipher) => cipher.decrypt_inout_detached(nonce, aad, data.into(), tag),
            Cipher::Aes256(cipher) => cipher.decrypt_inout_detached(nonce, aad, data.into(), tag),
        }
        .is_ok()
    }
}

impl fmt::Debug for GcmKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GcmKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    /// The GCM specification (McGrew, Viega), appendix B.
    fn holds(key: &[u8], nonce: [u8; 12], aad: &[u8], clear: &[u8], sealed: &[u8], tag: [u8; 16]) {
        let key = GcmKey::new(key).unwrap();
        let mut data = clear.to_vec();
        assert_eq!(key.seal(&nonce, aad, &mut data), tag);
        assert_eq!(data, sealed);
        assert!(key.open(&nonce, aad, &mut data, &tag));
        assert_eq!(data, clear);
    }

    const CLEAR: [u8; 60] = hex!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    );
    const AAD: [u8; 20] = hex!("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const NONCE: [u8; 12] = hex!("cafebabefacedbaddecaf888");
    const KEY: [u8; 32] = hex!("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");

    #[test]
    fn test_cases_1_and_2_hold() {
        holds(&[0; 16], [0; 12], &[], &[], &[], hex!("58e2fccefa7e3061367f1d57a4e7455a"));
        let sealed = hex!("0388dace60b6a392f328c2b971b2fe78");
        holds(&[0; 16], [0; 12], &[], &[0; 16], &sealed, hex!("ab6e47d42cec13bdf53a67b21257bddf"));
    }

    #[test]
    fn test_case_4_with_128_bits_holds() {
        let sealed = hex!(
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
            "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
        );
        holds(&KEY[..16], NONCE, &AAD, &CLEAR, &sealed, hex!("5bc94fbc3221a5db94fae95ae7121a47"));
    }

    #[test]
    fn test_case_10_with_192_bits_holds() {
        let sealed = hex!(
            "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
            "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710"
        );
        holds(&KEY[..24], NONCE, &AAD, &CLEAR, &sealed, hex!("2519498e80f1478f37ba55bd6d27618c"));
    }

    #[test]
    fn test_case_16_with_256_bits_holds() {
        let sealed = hex!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        );
        holds(&KEY, NONCE, &AAD, &CLEAR, &sealed, hex!("76fc6ece0f4e1768cddf8853bb2d551b"));
    }

    #[test]
    fn one_changed_bit_anywhere_is_refused_and_leaves_the_data_alone() {
        let key = GcmKey::new(&KEY).unwrap();
        let mut sealed = CLEAR;
        let tag = key.seal(&NONCE, &AAD, &mut sealed);
        for at in 0..sealed.len() {
            let mut data = sealed;
            data[at] ^= 1;
            let before = data;
            assert!(!key.open(&NONCE, &AAD, &mut data, &tag));
            assert_eq!(data, before);
        }
        assert!(!key.open(&NONCE, &AAD[1..], &mut sealed.clone(), &tag));
        for at in 0..16 {
            let mut tag = tag;
            tag[at] ^= 0x80;
            assert!(!key.open(&NONCE, &AAD, &mut sealed.clone(), &tag));
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(GcmKey::new(&[0; 20]).unwrap_err(), KeyLength { expected: None, got: 20 });
    }
}
