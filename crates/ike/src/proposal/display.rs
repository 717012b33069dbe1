//! Offers and policies in words, for logs: `aes-256-cbc sha1 modp2048 psk`.

use std::fmt;

use crypto::HashAlg;
use crypto::cbc::CbcAlg;
use crypto::dh::Group;

use super::{ChildCipher, ChildPolicy, OfferedChild, OfferedPhase1, Phase1Policy, Phase1Suite};

impl fmt::Display for Phase1Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", cipher(self.cipher), hash(self.hash), group(self.group))
    }
}

impl fmt::Display for Phase1Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ciphers = join(self.ciphers.iter().map(|&alg| cipher(alg)));
        let hashes = join(self.hashes.iter().map(|&alg| hash(alg)));
        let groups = join(self.groups.iter().map(|&alg| group(alg)));
        write!(f, "{ciphers}; {hashes}; {groups}")
    }
}

impl fmt::Display for ChildPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |cipher: &ChildCipher| match cipher {
            ChildCipher::AesCbc128 => "aes-128-cbc",
            ChildCipher::AesCbc192 => "aes-192-cbc",
            ChildCipher::AesCbc256 => "aes-256-cbc",
            ChildCipher::AesGcm128 => "aes-128-gcm",
            ChildCipher::AesGcm192 => "aes-192-gcm",
            ChildCipher::AesGcm256 => "aes-256-gcm",
            ChildCipher::TripleDes => "3des-cbc",
        };
        let auths = join(self.auths.iter().map(|auth| match auth {
            super::ChildAuth::HmacSha1_96 => "hmac-sha1-96",
            super::ChildAuth::HmacSha256_128 => "hmac-sha2-256-128",
            super::ChildAuth::HmacSha384_192 => "hmac-sha2-384-192",
            super::ChildAuth::HmacSha512_256 => "hmac-sha2-512-256",
        }));
        write!(f, "{}; {auths}", join(self.ciphers.iter().map(name)))
    }
}

impl fmt::Display for OfferedPhase1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            self.encryption.map(|value| value.to_string()),
            self.key_length.map(|bits| bits.to_string()),
            self.hash.map(|value| value.to_string()),
            self.group.map(|value| value.to_string()),
            self.method.map(|value| value.to_string()),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for OfferedChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            Some(self.transform.to_string()),
            self.key_length.map(|bits| bits.to_string()),
            self.auth.map(|value| value.to_string()),
            self.mode.map(|value| value.to_string()),
            self.group.map(|value| value.to_string()),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

const fn cipher(cipher: CbcAlg) -> &'static str {
    match cipher {
        CbcAlg::Aes128 => "aes-128-cbc",
        CbcAlg::Aes192 => "aes-192-cbc",
        CbcAlg::Aes256 => "aes-256-cbc",
        CbcAlg::TripleDes => "3des-cbc",
    }
}

const fn hash(hash: HashAlg) -> &'static str {
    match hash {
        HashAlg::Md5 => "md5",
        HashAlg::Sha1 => "sha1",
        HashAlg::Sha256 => "sha2-256",
        HashAlg::Sha384 => "sha2-384",
        HashAlg::Sha512 => "sha2-512",
    }
}

const fn group(group: Group) -> &'static str {
    match group {
        Group::Modp1024 => "modp1024",
        Group::Modp1536 => "modp1536",
        Group::Modp2048 => "modp2048",
        Group::Modp3072 => "modp3072",
        Group::Modp4096 => "modp4096",
        Group::Ecp256 => "ecp256",
        Group::Ecp384 => "ecp384",
    }
}

fn join(words: impl Iterator<Item = &'static str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
