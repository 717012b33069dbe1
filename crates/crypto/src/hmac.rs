//! HMAC (RFC 2104) with its key prepared once.

use std::fmt;

use zeroize::Zeroize;

use crate::hash::{Chain, Digest, HashAlg, Hasher};
use crate::kernels;

/// An HMAC key: the chaining values behind the inner and the outer key block, so that a message costs no key blocks.
#[derive(Clone)]
pub struct HmacKey {
    alg: HashAlg,
    inner: Chain,
    outer: Chain,
}

impl HmacKey {
    /// Prepares `key`, of any length.
    pub fn new(alg: HashAlg, key: &[u8]) -> Self {
        let block_len = alg.block_len();
        let mut block = [0; 128];
        if key.len() > block_len {
            let digest = alg.digest(&[key]);
            block[..digest.len()].copy_from_slice(&digest);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let (mut inner, mut outer) = (Chain::new(alg), Chain::new(alg));
        block.iter_mut().for_each(|octet| *octet ^= 0x36);
        inner.compress(&block[..block_len]);
        block.iter_mut().for_each(|octet| *octet ^= 0x36 ^ 0x5c);
        outer.compress(&block[..block_len]);
        block.zeroize();
        HmacKey { alg, inner, outer }
    }

    /// The hash function.
    pub fn alg(&self) -> HashAlg {
        self.alg
    }

    /// The MAC of `parts`, read as one message.
    pub fn sign(&self, parts: &[&[u8]]) -> Digest {
        let block_len = self.alg.block_len() as u64;
        let mut inner = Hasher::new(self.inner.clone(), block_len);
        parts.iter().for_each(|part| inner.update(part));
        let mut outer = Hasher::new(self.outer.clone(), block_len);
        outer.update(&inner.finish(self.alg));
        outer.finish(self.alg)
    }

    /// Whether `tag` is the MAC of `parts` or its beginning, in constant time. A tag of fewer than 12 octets is refused.
    pub fn verify_truncated(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.sign(parts).matches_truncated(tag)
    }
}

/// The MAC of `parts` with a key that is used only here.
pub fn hmac(alg: HashAlg, key: &[u8], parts: &[&[u8]]) -> Digest {
    HmacKey::new(alg, key).sign(parts)
}

/// One message of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacLane {
    /// Offset of the message in the batch's buffer, in octets.
    pub start: usize,
    /// Length of the message, in octets.
    pub len: usize,
}

impl HmacKey {
    /// Replaces `out` by the MACs of the messages that lie at `lanes` in `buf`, in their order. The messages may overlap and
    /// may differ in length; equal lengths are fastest.
    ///
    /// # Panics
    /// When a lane reaches beyond `buf`.
    pub fn sign_lanes(&self, buf: &[u8], lanes: &[MacLane], out: &mut Vec<Digest>) {
        out.resize(lanes.len(), Digest::default());
        let done = kernels::sign_lanes(&self.inner, &self.outer, buf, lanes, out);
        for (lane, digest) in lanes.iter().zip(out).skip(done) {
            digest.set(&self.sign(&[&buf[lane.start..][..lane.len]]));
        }
    }

    /// The chaining values behind the inner and the outer key block.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(crate) fn chains(&self) -> (&Chain, &Chain) {
        (&self.inner, &self.outer)
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({:?}, ***)", self.alg)
    }
}

#[cfg(test)]
mod tests;
