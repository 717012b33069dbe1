use std::fmt;

use crypto::cbc::{CbcAlg, CbcKey};
use crypto::gcm::GcmKey;
use crypto::hmac::HmacKey;
use crypto::{HashAlg, Secret};

/// Integrity algorithms of ESP, with the length of the tag that travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Mac {
    /// HMAC-SHA1-96 (RFC 2404).
    HmacSha1_96,
    /// HMAC-SHA2-256-128 (RFC 4868).
    HmacSha256_128,
    /// HMAC-SHA2-256 truncated to 96 bits, as Android 6 and Linux before 2.6.33 have it.
    HmacSha256_96,
    /// HMAC-SHA2-384-192 (RFC 4868).
    HmacSha384_192,
    /// HMAC-SHA2-512-256 (RFC 4868).
    HmacSha512_256,
}

impl Mac {
    /// Octets of the tag in a packet.
    pub const fn tag_len(self) -> usize {
        match self {
            Mac::HmacSha1_96 | Mac::HmacSha256_96 => 12,
            Mac::HmacSha256_128 => 16,
            Mac::HmacSha384_192 => 24,
            Mac::HmacSha512_256 => 32,
        }
    }

    /// Octets of the key: the length of the hash (RFC 4868 §2.1.1).
    pub const fn key_len(self) -> usize {
        self.hash().output_len()
    }

    const fn hash(self) -> HashAlg {
        match self {
            Mac::HmacSha1_96 => HashAlg::Sha1,
            Mac::HmacSha256_128 | Mac::HmacSha256_96 => HashAlg::Sha256,
            Mac::HmacSha384_192 => HashAlg::Sha384,
            Mac::HmacSha512_256 => HashAlg::Sha512,
        }
    }
}

/// The transforms of one association.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Suite {
    /// A block cipher in CBC mode (RFC 2451, RFC 3602) and an HMAC.
    Cbc(CbcAlg, Mac),
    /// AES-GCM with a 16-octet tag (RFC 4106); `key_len` is 16, 24 or 32 octets without the salt.
    Gcm {
        /// Octets of the AES key.
        key_len: usize,
    },
}

impl Suite {
    /// How a packet of this suite is laid out.
    pub const fn layout(self) -> Layout {
        match self {
            Suite::Cbc(cipher, mac) => Layout { iv: cipher.block_len(), align: cipher.block_len(), tag: mac.tag_len() },
            Suite::Gcm { .. } => Layout { iv: 8, align: 4, tag: 16 },
        }
    }

    /// Payload octets after which the keys should have been replaced, and after which sealing stops.
    ///
    /// Only ciphers with 64-bit blocks have such a limit below the sequence number's (SWEET32, CVE-2016-2183).
    pub const fn byte_limits(self) -> Option<(u64, u64)> {
        match self {
            Suite::Cbc(CbcAlg::TripleDes, _) => Some((1 << 30, 1 << 32)),
            Suite::Cbc(..) | Suite::Gcm { .. } => None,
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Suite::Gcm { key_len } => write!(f, "aes-{}-gcm", key_len * 8),
            Suite::Cbc(cipher, mac) => {
                let cipher = match cipher {
                    CbcAlg::Aes128 => "aes-128-cbc",
                    CbcAlg::Aes192 => "aes-192-cbc",
                    CbcAlg::Aes256 => "aes-256-cbc",
                    CbcAlg::TripleDes => "3des-cbc",
                };
                let mac = match mac {
                    Mac::HmacSha1_96 => "hmac-sha1-96",
                    Mac::HmacSha256_128 => "hmac-sha2-256-128",
                    Mac::HmacSha256_96 => "hmac-sha2-256-96",
                    Mac::HmacSha384_192 => "hmac-sha2-384-192",
                    Mac::HmacSha512_256 => "hmac-sha2-512-256",
                };
                write!(f, "{cipher} {mac}")
            }
        }
    }
}

/// Where the parts of an ESP packet lie: header, IV, payload, padding, trailer, tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Octets of the initialisation vector.
    pub iv: usize,
    /// Payload and trailer together fill a multiple of this many octets.
    pub align: usize,
    /// Octets of the integrity tag.
    pub tag: usize,
}

impl Layout {
    /// Octets before the payload.
    pub const fn lead(self) -> usize {
        wire::esp::HEADER_LEN + self.iv
    }

    /// Octets of the encrypted part for a payload of `payload` octets.
    pub const fn encrypted(self, payload: usize) -> usize {
        (payload + wire::esp::TRAILER_LEN).next_multiple_of(self.align)
    }

    /// Octets of the whole packet for a payload of `payload` octets.
    pub const fn sealed(self, payload: usize) -> usize {
        self.lead() + self.encrypted(payload) + self.tag
    }

    /// The largest payload whose packet has at most `packet` octets.
    pub const fn payload_within(self, packet: usize) -> usize {
        let encrypted = packet.saturating_sub(self.lead() + self.tag);
        (encrypted - encrypted % self.align).saturating_sub(wire::esp::TRAILER_LEN)
    }
}

/// The keys of one association, as quick mode derived them.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Security parameters index, chosen by the receiving side; never 0 to 255.
    pub spi: u32,
    /// The transforms.
    pub suite: Suite,
    /// Encryption key, without salt.
    pub encryption: Secret,
    /// Integrity key; empty for GCM.
    pub integrity: Secret,
    /// GCM's salt (RFC 4106 §4); unused otherwise.
    pub salt: [u8; 4],
}

/// Keys whose lengths are not those of their suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnusableKeys;

impl fmt::Display for UnusableKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key lengths are not those of the ESP suite")
    }
}

impl std::error::Error for UnusableKeys {}

/// The key schedules of one association.
pub(crate) enum Schedule {
    Cbc { cipher: Box<CbcKey>, mac: Box<HmacKey> },
    Gcm { key: Box<GcmKey>, salt: [u8; 4] },
}

impl Schedule {
    pub(crate) fn new(keys: &Keys) -> Result<Schedule, UnusableKeys> {
        match keys.suite {
            Suite::Cbc(cipher, mac) => {
                if keys.integrity.as_bytes().len() != mac.key_len() {
                    return Err(UnusableKeys);
                }
                let cipher = CbcKey::new(cipher, keys.encryption.as_bytes()).map_err(|_| UnusableKeys)?;
                let mac = HmacKey::new(mac.hash(), keys.integrity.as_bytes());
                Ok(Schedule::Cbc { cipher: Box::new(cipher), mac: Box::new(mac) })
            }
            Suite::Gcm { key_len } => {
                if keys.encryption.as_bytes().len() != key_len {
                    return Err(UnusableKeys);
                }
                let key = GcmKey::new(keys.encryption.as_bytes()).map_err(|_| UnusableKeys)?;
                Ok(Schedule::Gcm { key: Box::new(key), salt: keys.salt })
            }
        }
    }
}

/// GCM's nonce: the salt and the packet's explicit IV (RFC 4106 §4).
pub(crate) fn gcm_nonce(salt: [u8; 4], iv: [u8; 8]) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&salt);
    nonce[4..].copy_from_slice(&iv);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_payload_fits_and_one_octet_more_does_not() {
        for suite in [
            Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha1_96),
            Suite::Cbc(CbcAlg::TripleDes, Mac::HmacSha256_128),
            Suite::Gcm { key_len: 16 },
        ] {
            let layout = suite.layout();
            for packet in 1300..1400 {
                let payload = layout.payload_within(packet);
                assert!(layout.sealed(payload) <= packet);
                assert!(layout.sealed(payload + 1) > packet);
            }
        }
    }
}
