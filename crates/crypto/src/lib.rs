//! Ciphers, MACs, Diffie-Hellman groups and the MS-CHAP hashes; multi-buffer kernels.
//!
//! RustCrypto computes one message at a time and runs everywhere. CBC encryption and the SHA family are serial chains, so one
//! packet cannot fill a wide processor; [`cbc::CbcKey::encrypt_lanes`] and [`hmac::HmacKey::sign_lanes`] work on a batch of
//! packets in lockstep where the processor has the instructions, and one after the other where it does not, with the same
//! result.
//!
//! What only old peers still need is gathered in [`legacy`]. Randomness is an argument everywhere. `unsafe` exists in the
//! kernels alone.

pub mod cbc;
pub mod dh;
pub mod gcm;
pub mod hash;
pub mod hmac;
mod kernels;
pub mod legacy;
pub mod mschap;
pub mod secret;

pub use hash::{Digest, HashAlg};
pub use rand_core::CryptoRng;
pub use secret::{Secret, ct_eq};

use std::fmt;

/// A key whose length the algorithm does not take. Lengths in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLength {
    /// The length the algorithm takes, where there is only one.
    pub expected: Option<usize>,
    /// The length that was given.
    pub got: usize,
}

impl fmt::Display for KeyLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expected {
            Some(expected) => write!(f, "the key has {} octets instead of {expected}", self.got),
            None => write!(f, "no key of this algorithm has {} octets", self.got),
        }
    }
}

impl std::error::Error for KeyLength {}
