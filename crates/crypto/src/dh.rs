//! Diffie-Hellman in the groups that IKE peers offer.
//!
//! A peer's public value is checked before any exponentiation, so garbage costs next to nothing.

mod ecp;
mod modp;

use std::fmt;

use rand_core::CryptoRng;

use crate::secret::Secret;
use modp::{Exponent, Modulus};

/// A Diffie-Hellman group. Which number it has belongs to the protocol. The two smallest are for old peers; see
/// [`crate::legacy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Exponentiation modulo the prime of 1024 bits (RFC 2409 §6.2).
    Modp1024,
    /// Exponentiation modulo the prime of 1536 bits (RFC 3526 §2).
    Modp1536,
    /// Exponentiation modulo the prime of 2048 bits (RFC 3526 §3).
    Modp2048,
    /// Exponentiation modulo the prime of 3072 bits (RFC 3526 §4).
    Modp3072,
    /// Exponentiation modulo the prime of 4096 bits (RFC 3526 §5).
    Modp4096,
    /// The curve P-256 (RFC 5903 §3.1).
    Ecp256,
    /// The curve P-384 (RFC 5903 §3.2).
    Ecp384,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 7] = [
        Group::Modp1024,
        Group::Modp1536,
        Group::Modp2048,
        Group::Modp3072,
        Group::Modp4096,
        Group::Ecp256,
        Group::Ecp384,
    ];

    /// Octets of a public value: the modulus' length, or two coordinates (RFC 2409 §5; RFC 5903 §7).
    pub const fn public_len(self) -> usize {
        match self {
            Group::Modp1024 => 128,
            Group::Modp1536 => 192,
            Group::Modp2048 => 256,
            Group::Modp3072 => 384,
            Group::Modp4096 => 512,
            Group::Ecp256 => 64,
            Group::Ecp384 => 96,
        }
    }

    /// Octets of the shared secret: the modulus' length, or one coordinate (RFC 5903 §7).
    pub const fn shared_len(self) -> usize {
        match self {
            Group::Modp1024 | Group::Modp1536 | Group::Modp2048 | Group::Modp3072 | Group::Modp4096 => {
                self.public_len()
            }
            Group::Ecp256 | Group::Ecp384 => self.public_len() / 2,
        }
    }
}

/// Why a peer's public value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhError {
    /// It has another length than the group's public values.
    Length {
        /// Octets of a public value.
        expected: usize,
        /// Octets of the peer's.
        got: usize,
    },
    /// It is 0, 1, the prime less one, or not below the prime: the shared secret would be known to everybody.
    OutOfRange,
    /// It is no point of the curve.
    NotOnCurve,
}

impl fmt::Display for DhError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DhError::Length { expected, got } => write!(f, "public value of {got} octets instead of {expected}"),
            DhError::OutOfRange => f.write_str("public value outside 2 to p-2"),
            DhError::NotOnCurve => f.write_str("public value not on the curve"),
        }
    }
}

impl std::error::Error for DhError {}

/// Our half of an exchange.
pub struct DhSecret {
    group: Group,
    private: Private,
    public: Vec<u8>,
}

enum Private {
    Modp(Exponent),
    Ecp256(p256::SecretKey),
    Ecp384(p384::SecretKey),
}

impl DhSecret {
    /// A new private value and its public one.
    pub fn generate(group: Group, rng: &mut dyn CryptoRng) -> Self {
        let private = match group {
            Group::Modp1024 => Private::Modp(Exponent::generate(Modulus::Bits1024, rng)),
            Group::Modp1536 => Private::Modp(Exponent::generate(Modulus::Bits1536, rng)),
            Group::Modp2048 => Private::Modp(Exponent::generate(Modulus::Bits2048, rng)),
            Group::Modp3072 => Private::Modp(Exponent::generate(Modulus::Bits3072, rng)),
            Group::Modp4096 => Private::Modp(Exponent::generate(Modulus::Bits4096, rng)),
            Group::Ecp256 => Private::Ecp256(ecp::generate(rng)),
            Group::Ecp384 => Private::Ecp384(ecp::generate(rng)),
        };
        DhSecret::from_private(group, private)
    }

    fn from_private(group: Group, private: Private) -> Self {
        let public = match &private {
            Private::Modp(exponent) => exponent.public(),
            Private::Ecp256(key) => ecp::public(key),
            Private::Ecp384(key) => ecp::public(key),
        };
        DhSecret { group, private, public }
    }

    /// The group.
    pub fn group(&self) -> Group {
        self.group
    }

    /// The public value, [`Group::public_len`] octets: a big-endian number, or the coordinates x and y.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The secret that is shared with the peer whose public value is `peer`, [`Group::shared_len`] octets.
    ///
    /// # Errors
    /// `peer` cannot be a public value of the group. That is found before the costly part.
    pub fn agree(&self, peer: &[u8]) -> Result<Secret, DhError> {
        let expected = self.group.public_len();
        if peer.len() != expected {
            return Err(DhError::Length { expected, got: peer.len() });
        }
        match &self.private {
            Private::Modp(exponent) => exponent.agree(peer),
            Private::Ecp256(key) => ecp::agree(key, peer),
            Private::Ecp384(key) => ecp::agree(key, peer),
        }
    }
}

impl fmt::Debug for DhSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DhSecret({:?}, ***)", self.group)
    }
}

#[cfg(test)]
mod tests;
