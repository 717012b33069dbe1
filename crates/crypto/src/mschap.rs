//! CHAP responses: MD5 (RFC 1994), MS-CHAP (RFC 2433), MS-CHAPv2 (RFC 2759), and the MPPE keys that follow (RFC 3079).
//!
//! A user name enters without its `DOMAIN\` part; the caller cuts it off.

mod mppe;

pub use mppe::{MasterKey, MppeStrength, SessionKeys};

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hash::HashAlg;
use crate::legacy::{des_encrypt, md4};

/// MD4 of a password in UTF-16. As good as the password itself to whoever has it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NtHash([u8; 16]);

impl NtHash {
    /// The hash as stored in an account database.
    pub fn from_bytes(hash: [u8; 16]) -> Self {
        NtHash(hash)
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// MD4 of the hash, to which the server's proof and the MPPE keys are tied (RFC 2759 §8.4).
    fn hashed(&self) -> Zeroizing<[u8; 16]> {
        Zeroizing::new(md4(&[&self.0]))
    }
}

impl PartialEq for NtHash {
    fn eq(&self, other: &Self) -> bool {
        crate::ct_eq(&self.0, &other.0)
    }
}

impl Eq for NtHash {}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(***)")
    }
}

/// NtPasswordHash (RFC 2759 §8.3).
pub fn nt_password_hash(password: &str) -> NtHash {
    let utf16: Zeroizing<Vec<u8>> = Zeroizing::new(password.encode_utf16().flat_map(u16::to_le_bytes).collect());
    NtHash(md4(&[&utf16]))
}

/// ChallengeHash (RFC 2759 §8.2).
pub fn challenge_hash(peer_challenge: &[u8; 16], auth_challenge: &[u8; 16], user: impl AsRef<[u8]>) -> [u8; 8] {
    let digest = HashAlg::Sha1.digest(&[peer_challenge, auth_challenge, user.as_ref()]);
    let mut hash = [0; 8];
    hash.copy_from_slice(&digest[..8]);
    hash
}

/// The NT-Response of MS-CHAPv2 (RFC 2759 §8.1).
pub fn nt_response(
    auth_challenge: &[u8; 16],
    peer_challenge: &[u8; 16],
    user: impl AsRef<[u8]>,
    hash: &NtHash,
) -> [u8; 24] {
    nt_response_v1(&challenge_hash(peer_challenge, auth_challenge, user), hash)
}

/// Whether `response` is the NT-Response of MS-CHAPv2, in constant time.
#[must_use]
pub fn verify_nt_response(
    auth_challenge: &[u8; 16],
    peer_challenge: &[u8; 16],
    user: impl AsRef<[u8]>,
    hash: &NtHash,
    response: &[u8; 24],
) -> bool {
    crate::ct_eq(&nt_response(auth_challenge, peer_challenge, user, hash), response)
}

/// What the server proves with in its Success packet: `S=` and 40 hexadecimal digits (RFC 2759 §8.7).
pub fn authenticator_response(
    hash: &NtHash,
    nt_response: &[u8; 24],
    peer_challenge: &[u8; 16],
    auth_challenge: &[u8; 16],
    user: impl AsRef<[u8]>,
) -> [u8; 42] {
    let digest = HashAlg::Sha1.digest(&[&*hash.hashed(), nt_response, b"Magic server to client signing constant"]);
    let challenge = challenge_hash(peer_challenge, auth_challenge, user);
    let digest = HashAlg::Sha1.digest(&[&digest, &challenge, b"Pad to make it do more than one iteration"]);
    let mut response = [0; 42];
    let (prefix, digits) = response.split_at_mut(2);
    prefix.copy_from_slice(b"S=");
    let nibbles = digest.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    for (digit, nibble) in digits.iter_mut().zip(nibbles) {
        *digit = b"0123456789ABCDEF"[usize::from(nibble)];
    }
    response
}

/// Whether the server's `S=...` proves that it knows the password, in constant time (RFC 2759 §8.8).
#[must_use]
pub fn verify_authenticator_response(
    hash: &NtHash,
    nt_response: &[u8; 24],
    peer_challenge: &[u8; 16],
    auth_challenge: &[u8; 16],
    user: impl AsRef<[u8]>,
    received: &[u8],
) -> bool {
    let expected = authenticator_response(hash, nt_response, peer_challenge, auth_challenge, user);
    crate::ct_eq(&expected, received)
}

/// The NT response of MS-CHAP version 1, and ChallengeResponse of version 2 (RFC 2433 §A.5; RFC 2759 §8.5).
pub fn nt_response_v1(challenge: &[u8; 8], hash: &NtHash) -> [u8; 24] {
    let mut keys = Zeroizing::new([[0; 7]; 3]);
    keys.as_flattened_mut()[..16].copy_from_slice(&hash.0);
    let mut response = [0; 24];
    for (part, key) in response.as_chunks_mut().0.iter_mut().zip(keys.iter()) {
        *part = des_encrypt(key, challenge);
    }
    response
}

/// Whether `response` is the NT response of MS-CHAP version 1, in constant time.
#[must_use]
pub fn verify_nt_response_v1(challenge: &[u8; 8], hash: &NtHash, response: &[u8; 24]) -> bool {
    crate::ct_eq(&nt_response_v1(challenge, hash), response)
}

/// The response value of CHAP with MD5 (RFC 1994 §4.1).
pub fn chap_md5_response(identifier: u8, secret: &[u8], challenge: &[u8]) -> [u8; 16] {
    let digest = HashAlg::Md5.digest(&[&[identifier], secret, challenge]);
    let mut response = [0; 16];
    response.copy_from_slice(&digest);
    response
}

/// Whether `response` is that of CHAP with MD5, in constant time.
#[must_use]
pub fn verify_chap_md5_response(identifier: u8, secret: &[u8], challenge: &[u8], response: &[u8]) -> bool {
    crate::ct_eq(&chap_md5_response(identifier, secret, challenge), response)
}

#[cfg(test)]
mod tests;
