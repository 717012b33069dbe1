//! Octets that must not leak: not printed, compared in constant time, erased when dropped.

use std::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Key material, a password or a shared secret.
#[derive(Clone, Default)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// `len` octets from `rng`.
    pub fn random(len: usize, rng: &mut dyn CryptoRng) -> Secret {
        let mut secret = Secret(vec![0; len]);
        secret.fill(rng);
        secret
    }

    /// Replaces every octet by one from `rng`; the length stays.
    pub fn fill(&mut self, rng: &mut dyn CryptoRng) {
        rng.fill_bytes(&mut self.0);
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Number of octets, which is not secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no octets.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in a time that depends on the lengths alone.
    pub fn ct_eq(&self, other: impl AsRef<[u8]>) -> bool {
        ct_eq(&self.0, other.as_ref())
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
pub fn ct_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

impl From<Vec<u8>> for Secret {
    fn from(octets: Vec<u8>) -> Self {
        Secret(octets)
    }
}

impl From<&[u8]> for Secret {
    fn from(octets: &[u8]) -> Self {
        Secret(octets.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Secret {
    fn from(octets: &[u8; N]) -> Self {
        Secret(octets.to_vec())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(text.into_bytes())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret(text.as_bytes().to_vec())
    }
}

impl AsRef<[u8]> for Secret {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::from("swordfish")), "***");
    }

    #[test]
    fn secrets_are_equal_only_with_the_same_octets_and_length() {
        let secret = Secret::from(&[1, 2, 3]);
        assert_eq!(secret, Secret::from(vec![1, 2, 3]));
        assert_ne!(secret, Secret::from(&[1, 2, 4]));
        assert_ne!(secret, Secret::from(&[1, 2]));
        assert!(secret.ct_eq([1, 2, 3]));
    }
}
