//! Hash functions over messages in parts, and their results.

use std::{fmt, ops};

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A hash function. MD5 and SHA-1 are here for old peers; see [`crate::legacy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlg {
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-1 (FIPS 180-4).
    Sha1,
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl HashAlg {
    /// Octets of a result.
    pub const fn output_len(self) -> usize {
        match self {
            HashAlg::Md5 => 16,
            HashAlg::Sha1 => 20,
            HashAlg::Sha256 => 32,
            HashAlg::Sha384 => 48,
            HashAlg::Sha512 => 64,
        }
    }

    /// Octets that one call of the compression function takes, which is the length to which HMAC pads a key.
    pub const fn block_len(self) -> usize {
        match self {
            HashAlg::Md5 | HashAlg::Sha1 | HashAlg::Sha256 => 64,
            HashAlg::Sha384 | HashAlg::Sha512 => 128,
        }
    }

    /// The hash of `parts`, read as one message.
    pub fn digest(self, parts: &[&[u8]]) -> Digest {
        let mut hasher = Hasher::new(Chain::new(self), 0);
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finish(self)
    }
}

/// The result of a hash function or a MAC: up to 64 octets, erased when dropped.
#[derive(Clone)]
pub struct Digest {
    octets: [u8; 64],
    len: u8,
}

impl Digest {
    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }

    /// Whether `tag` is the beginning of this MAC, in constant time. Fewer than 12 octets, the shortest truncation of any
    /// suite (RFC 2404), never match.
    pub fn matches_truncated(&self, tag: &[u8]) -> bool {
        tag.len() >= 12 && self.as_bytes().get(..tag.len()).is_some_and(|head| crate::ct_eq(head, tag))
    }

    /// Replaces the octets in place; `octets` has at most 64.
    pub(crate) fn set(&mut self, octets: &[u8]) {
        self.octets[..octets.len()].copy_from_slice(octets);
        self.len = octets.len() as u8;
    }
}

/// No octets.
impl Default for Digest {
    fn default() -> Self {
        Digest { octets: [0; 64], len: 0 }
    }
}

impl ops::Deref for Digest {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        crate::ct_eq(self, other)
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        self.octets[..usize::from(self.len)].zeroize();
    }
}

/// The chaining value between two blocks. Plain words, so that it can be kept small, handed to the kernels and erased.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) enum Chain {
    Md5([u32; 4]),
    Sha1([u32; 5]),
    Sha256([u32; 8]),
    /// SHA-384 as well: it differs in its first value and in what is cut off at the end.
    Sha512([u64; 8]),
}

impl Chain {
    pub(crate) const fn new(alg: HashAlg) -> Chain {
        match alg {
            HashAlg::Md5 => Chain::Md5([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]),
            HashAlg::Sha1 => Chain::Sha1([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]),
            HashAlg::Sha256 => Chain::Sha256([
                0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
            ]),
            HashAlg::Sha384 => Chain::Sha512([
                0xcbbb9d5dc1059ed8,
                0x629a292a367cd507,
                0x9159015a3070dd17,
                0x152fecd8f70e5939,
                0x67332667ffc00b31,
                0x8eb44a8768581511,
                0xdb0c2e0d64f98fa7,
                0x47b5481dbefa4fa4,
            ]),
            HashAlg::Sha512 => Chain::Sha512([
                0x6a09e667f3bcc908,
                0xbb67ae8584caa73b,
                0x3c6ef372fe94f82b,
                0xa54ff53a5f1d36f1,
                0x510e527fade682d1,
                0x9b05688c2b3e6c1f,
                0x1f83d9abfb41bd6b,
                0x5be0cd19137e2179,
            ]),
        }
    }

    const fn block_len(&self) -> usize {
        match self {
            Chain::Md5(_) | Chain::Sha1(_) | Chain::Sha256(_) => 64,
            Chain::Sha512(_) => 128,
        }
    }

    /// Takes in the whole blocks of `data` and returns what is left behind them.
    pub(crate) fn compress<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        match self {
            Chain::Md5(words) => {
                let (blocks, rest) = data.as_chunks();
                md5::block_api::compress(words, blocks);
                rest
            }
            Chain::Sha1(words) => {
                let (blocks, rest) = data.as_chunks();
                sha1::block_api::compress(words, blocks);
                rest
            }
            Chain::Sha256(words) => {
                let (blocks, rest) = data.as_chunks();
                sha2::block_api::compress256(words, blocks);
                rest
            }
            Chain::Sha512(words) => {
                let (blocks, rest) = data.as_chunks();
                sha2::block_api::compress512(words, blocks);
                rest
            }
        }
    }

    fn serialize(&self, octets: &mut [u8; 64]) {
        match self {
            Chain::Md5(words) => put(octets, words.iter().map(|word| word.to_le_bytes())),
            Chain::Sha1(words) => put(octets, words.iter().map(|word| word.to_be_bytes())),
            Chain::Sha256(words) => put(octets, words.iter().map(|word| word.to_be_bytes())),
            Chain::Sha512(words) => put(octets, words.iter().map(|word| word.to_be_bytes())),
        }
    }
}

fn put<const N: usize>(octets: &mut [u8; 64], words: impl Iterator<Item = [u8; N]>) {
    for (place, word) in octets.as_chunks_mut().0.iter_mut().zip(words) {
        *place = word;
    }
}

/// A message on its way through a compression function.
pub(crate) struct Hasher {
    chain: Chain,
    /// Octets before the buffer.
    absorbed: u64,
    buffer: [u8; 128],
    fill: usize,
}

impl Hasher {
    /// Continues from `chain`, into which `absorbed` octets (whole blocks) have gone.
    pub(crate) fn new(chain: Chain, absorbed: u64) -> Hasher {
        Hasher { chain, absorbed, buffer: [0; 128], fill: 0 }
    }

    pub(crate) fn update(&mut self, mut data: &[u8]) {
        let block_len = self.chain.block_len();
        if self.fill > 0 {
            let (head, tail) = data.split_at(data.len().min(block_len - self.fill));
            self.buffer[self.fill..self.fill + head.len()].copy_from_slice(head);
            self.fill += head.len();
            data = tail;
            if self.fill < block_len {
                return;
            }
            self.chain.compress(&self.buffer[..block_len]);
            self.absorbed += block_len as u64;
            self.fill = 0;
        }
        let rest = self.chain.compress(data);
        self.absorbed += (data.len() - rest.len()) as u64;
        self.buffer[..rest.len()].copy_from_slice(rest);
        self.fill = rest.len();
    }

    /// Pads (RFC 1321 §3.1; FIPS 180-4 §5.1), takes in the last blocks and yields the result.
    pub(crate) fn finish(mut self, alg: HashAlg) -> Digest {
        let block_len = self.chain.block_len();
        let bits = (self.absorbed + self.fill as u64) * 8;
        self.buffer[self.fill] = 0x80;
        self.buffer[self.fill + 1..block_len].fill(0);
        if self.fill >= block_len - block_len / 8 {
            self.chain.compress(&self.buffer[..block_len]);
            self.buffer.fill(0);
        }
        let length = if matches!(self.chain, Chain::Md5(_)) { bits.to_le_bytes() } else { bits.to_be_bytes() };
        self.buffer[block_len - 8..block_len].copy_from_slice(&length);
        self.chain.compress(&self.buffer[..block_len]);
        let mut digest = Digest { octets: [0; 64], len: alg.output_len() as u8 };
        self.chain.serialize(&mut digest.octets);
        digest.octets[alg.output_len()..].fill(0);
        digest
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.buffer[..self.chain.block_len()].zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    /// The example of RFC 1321 §A.5 and FIPS 180-4.
    #[test]
    fn abc_hashes_to_the_published_values() {
        let abc = |alg: HashAlg| alg.digest(&[b"a", b"", b"bc"]).to_vec();
        assert_eq!(abc(HashAlg::Md5), hex!("900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!(abc(HashAlg::Sha1), hex!("a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert_eq!(abc(HashAlg::Sha256), hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert_eq!(
            abc(HashAlg::Sha384),
            hex!("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")
        );
        assert_eq!(
            abc(HashAlg::Sha512),
            hex!(
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            )
        );
    }

    /// RFC 1321 §A.5.
    #[test]
    fn the_md5_test_suite_holds() {
        let md5 = |text: &str| HashAlg::Md5.digest(&[text.as_bytes()]).to_vec();
        assert_eq!(md5(""), hex!("d41d8cd98f00b204e9800998ecf8427e"));
        assert_eq!(md5("message digest"), hex!("f96b697d7cb7938d525a2f31aaf161d0"));
        assert_eq!(
            md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            hex!("57edf4a22be3c955ac49da2e2107b67a")
        );
    }

    #[test]
    fn a_digest_does_not_print() {
        assert_eq!(format!("{:?}", HashAlg::Sha1.digest(&[])), "***");
    }

    #[test]
    fn a_truncated_mac_of_fewer_than_12_octets_never_matches() {
        let digest = HashAlg::Sha1.digest(&[]);
        assert!(digest.matches_truncated(&digest[..12]));
        assert!(digest.matches_truncated(&digest));
        assert!(!digest.matches_truncated(&digest[..11]));
        assert!(!digest.matches_truncated(&[]));
        assert!(!digest.matches_truncated(&[&digest[..], &[0]].concat()));
    }

    proptest! {
        #[test]
        fn any_message_in_any_parts_hashes_as_the_library_does(
            message in proptest::collection::vec(any::<u8>(), 0..600),
            cuts in (0usize..600, 0usize..600),
        ) {
            use md5::Digest as _;
            let (first, second) = (cuts.0.min(message.len()), cuts.1.min(message.len()));
            let (first, second) = (first.min(second), first.max(second));
            let parts = [&message[..first], &message[first..second], &message[second..]];
            let ours = |alg: HashAlg| alg.digest(&parts).to_vec();
            prop_assert_eq!(ours(HashAlg::Md5), md5::Md5::digest(&message).to_vec());
            prop_assert_eq!(ours(HashAlg::Sha1), sha1::Sha1::digest(&message).to_vec());
            prop_assert_eq!(ours(HashAlg::Sha256), sha2::Sha256::digest(&message).to_vec());
            prop_assert_eq!(ours(HashAlg::Sha384), sha2::Sha384::digest(&message).to_vec());
            prop_assert_eq!(ours(HashAlg::Sha512), sha2::Sha512::digest(&message).to_vec());
        }
    }
}
