use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::NtHash;
use crate::hash::HashAlg;
use crate::secret::Secret;

/// How many bits of an MPPE key are secret (RFC 3079 §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MppeStrength {
    /// 40 bits in a key of 8 octets.
    Bits40,
    /// 56 bits in a key of 8 octets.
    Bits56,
    /// 128 bits in a key of 16 octets.
    Bits128,
}

impl MppeStrength {
    /// Octets of a key.
    pub const fn key_len(self) -> usize {
        match self {
            MppeStrength::Bits40 | MppeStrength::Bits56 => 8,
            MppeStrength::Bits128 => 16,
        }
    }

    /// The known octets that a weaker key begins with (RFC 3079 §3.2, §3.3).
    const fn known(self) -> &'static [u8] {
        match self {
            MppeStrength::Bits40 => &[0xd1, 0x26, 0x9e],
            MppeStrength::Bits56 => &[0xd1],
            MppeStrength::Bits128 => &[],
        }
    }

    /// Replaces the octets of `key` that this strength does not keep secret. MPPE applies it to every new session key.
    pub fn weaken(self, key: &mut [u8]) {
        for (octet, known) in key.iter_mut().zip(self.known()) {
            *octet = *known;
        }
    }
}

/// The key from which both directions' keys of an MS-CHAPv2 session follow (RFC 3079 §3.4, GetMasterKey).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 16]);

impl MasterKey {
    /// From the password's hash and the NT-Response that was accepted.
    pub fn new(hash: &NtHash, nt_response: &[u8; 24]) -> MasterKey {
        let digest = HashAlg::Sha1.digest(&[&*hash.hashed(), nt_response, b"This is the MPPE Master Key"]);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        MasterKey(key)
    }

    /// The octets, for RADIUS and for an outer authentication that derives from them.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The start key of one direction, 16 octets whatever the strength, as RADIUS carries it (GetAsymmetricStartKey).
    ///
    /// What the server sends the client receives: `is_server` says whose key it is, `is_send` for which direction.
    pub fn start_key(&self, is_send: bool, is_server: bool) -> Secret {
        let magic: &[u8] = if is_send == is_server { SERVER_TO_CLIENT } else { CLIENT_TO_SERVER };
        let digest = HashAlg::Sha1.digest(&[&self.0, &[0; 40], magic, &[0xf2; 40]]);
        Secret::from(&digest[..16])
    }

    /// The first session keys of both directions (RFC 3079 §3.1 to §3.3).
    pub fn session_keys(&self, strength: MppeStrength, is_server: bool) -> SessionKeys {
        let direction = |is_send| {
            let start = Secret::from(&self.start_key(is_send, is_server).as_bytes()[..strength.key_len()]);
            let session = new_key(&start, &start, strength);
            (start, session)
        };
        let ((send_start, send), (receive_start, receive)) = (direction(true), direction(false));
        SessionKeys { strength, send_start, send, receive_start, receive }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

/// The keys that MPPE begins with. It derives each later session key from the start key and the session key before it, and
/// keys RC4 with the result (RFC 3078 §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKeys {
    /// The strength that was negotiated.
    pub strength: MppeStrength,
    /// Start key for what is sent.
    pub send_start: Secret,
    /// First session key for what is sent.
    pub send: Secret,
    /// Start key for what is received.
    pub receive_start: Secret,
    /// First session key for what is received.
    pub receive: Secret,
}

/// GetNewKeyFromSHA (RFC 3079 §3.4), weakened to the strength.
fn new_key(start: &Secret, session: &Secret, strength: MppeStrength) -> Secret {
    let digest = HashAlg::Sha1.digest(&[start.as_bytes(), &[0; 40], session.as_bytes(), &[0xf2; 40]]);
    let mut key = digest[..strength.key_len()].to_vec();
    strength.weaken(&mut key);
    Secret::from(key)
}

const CLIENT_TO_SERVER: &[u8] = b"On the client side, this is the send key; on the server side, it is the receive key.";
const SERVER_TO_CLIENT: &[u8] = b"On the client side, this is the receive key; on the server side, it is the send key.";
