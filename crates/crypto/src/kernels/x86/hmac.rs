//! HMAC of many messages, as many at a time as a compression kernel has slots.

use zeroize::Zeroize;

use super::{Compress, sha_ni, sha_wide};
use crate::hash::{Chain, Digest};
use crate::hmac::MacLane;

type Block = [u8; 64];

/// Writes the MACs of the first so many messages at `lanes`, all of which lie in `buf`, to `out`, which has room for as many.
/// Returns how many; for the rest a kernel is not worthwhile. The key is the chaining values behind its inner and its outer
/// block.
pub(crate) fn sign_lanes(inner: &Chain, outer: &Chain, buf: &[u8], lanes: &[MacLane], out: &mut [Digest]) -> usize {
    match (inner, outer) {
        (Chain::Sha1(inner), Chain::Sha1(outer)) => {
            let key = Key { inner, outer, one: sha1::block_api::compress };
            let done = key.sign_first(sha_wide::sha1(), SHA1_WIDE_WORTHWHILE, buf, lanes, out);
            done + key.sign_first(sha_ni::sha1(), 2, buf, &lanes[done..], &mut out[done..])
        }
        (Chain::Sha256(inner), Chain::Sha256(outer)) => {
            let key = Key { inner, outer, one: sha2::block_api::compress256 };
            let done = key.sign_first(sha_wide::sha256(), SHA256_WIDE_WORTHWHILE, buf, lanes, out);
            done + key.sign_first(sha_ni::sha256(), 2, buf, &lanes[done..], &mut out[done..])
        }
        _ => 0,
    }
}

/// Messages from which on the kernel for 16 is faster than the interleaved one.
const SHA1_WIDE_WORTHWHILE: usize = 7;
const SHA256_WIDE_WORTHWHILE: usize = 12;

/// The chaining values behind the inner and the outer key block, and how a single message goes on from them.
struct Key<'a, const WORDS: usize> {
    inner: &'a [u32; WORDS],
    outer: &'a [u32; WORDS],
    one: fn(&mut [u32; WORDS], &[Block]),
}

impl<const WORDS: usize> Key<'_, WORDS> {
    /// Signs as many messages as fill the kernel's slots several times, and those left over if they are at least `worthwhile`.
    /// Returns how many.
    fn sign_first<const SLOTS: usize>(
        &self,
        kernel: Option<Compress<WORDS, SLOTS>>,
        worthwhile: usize,
        buf: &[u8],
        lanes: &[MacLane],
        out: &mut [Digest],
    ) -> usize {
        let Some(kernel) = kernel else { return 0 };
        let left_over = lanes.len() % SLOTS;
        let count = if left_over < worthwhile { lanes.len() - left_over } else { lanes.len() };
        if count > 0 {
            self.sign(kernel, worthwhile, buf, &lanes[..count], out);
        }
        count
    }

    fn sign<const SLOTS: usize>(
        &self,
        kernel: Compress<WORDS, SLOTS>,
        worthwhile: usize,
        buf: &[u8],
        lanes: &[MacLane],
        out: &mut [Digest],
    ) {
        let mut waiting = lanes.iter().zip(out).map(|(lane, out)| (&buf[lane.start..][..lane.len], out));
        let mut slots = [const { None::<Slot<'_>> }; SLOTS];
        let mut chains = [[0; SLOTS]; WORDS];
        loop {
            for (at, slot) in slots.iter_mut().enumerate() {
                if slot.is_none()
                    && let Some((message, out)) = waiting.next()
                {
                    *slot = Some(Slot::new(message, out));
                    put(&mut chains, at, self.inner);
                }
            }
            let busy = slots.iter().flatten().count();
            let Some(shortest) = slots.iter().flatten().map(|slot| slot.blocks().len()).min() else { break };
            if busy < worthwhile {
                for (at, slot) in slots.iter_mut().enumerate() {
                    if let Some(slot) = slot {
                        let mut chain = get(&chains, at);
                        let blocks = slot.blocks();
                        (self.one)(&mut chain, blocks);
                        let run = blocks.len();
                        slot.advance(run);
                        put(&mut chains, at, &chain);
                    }
                }
            } else {
                let idle = slots.iter().flatten().next().map_or(&[][..], Slot::blocks);
                let mut blocks = [idle; SLOTS];
                for (blocks, slot) in blocks.iter_mut().zip(&slots) {
                    *blocks = slot.as_ref().map_or(idle, Slot::blocks);
                }
                kernel(&mut chains, &blocks, shortest);
                slots.iter_mut().flatten().for_each(|slot| slot.advance(shortest));
            }
            for (at, slot) in slots.iter_mut().enumerate() {
                let Some(pass) = slot.as_ref().filter(|slot| slot.blocks().is_empty()).map(|slot| slot.outer) else {
                    continue;
                };
                let result = serialize(&get(&chains, at));
                if pass {
                    if let Some(slot) = slot.take() {
                        slot.out.set(&result[..4 * WORDS]);
                    }
                } else if let Some(slot) = slot {
                    slot.begin_outer(&result[..4 * WORDS]);
                    put(&mut chains, at, self.outer);
                }
            }
        }
        chains.as_flattened_mut().zeroize();
    }
}

/// A message on its way through the kernel: first its whole blocks where they lie, then its end with the padding, then the
/// inner hash with the padding.
struct Slot<'a> {
    body: &'a [Block],
    tail: [Block; 2],
    /// Blocks of `tail` that are done, and where they end.
    tail_done: usize,
    tail_end: usize,
    outer: bool,
    out: &'a mut Digest,
}

impl<'a> Slot<'a> {
    fn new(message: &'a [u8], out: &'a mut Digest) -> Self {
        let (body, end) = message.as_chunks();
        let mut slot = Slot { body, tail: [[0; 64]; 2], tail_done: 0, tail_end: 0, outer: false, out };
        slot.pad(end, message.len());
        slot
    }

    fn begin_outer(&mut self, inner_hash: &[u8]) {
        self.outer = true;
        self.pad(inner_hash, inner_hash.len());
    }

    /// Lays out the end of a message of `len` octets behind a key block (FIPS 180-4 §5.1.1).
    fn pad(&mut self, end: &[u8], len: usize) {
        self.tail = [[0; 64]; 2];
        let octets = self.tail.as_flattened_mut();
        octets[..end.len()].copy_from_slice(end);
        octets[end.len()] = 0x80;
        self.tail_done = 0;
        self.tail_end = if end.len() < 56 { 1 } else { 2 };
        let bits = (64 + len as u64) * 8;
        self.tail[self.tail_end - 1][56..].copy_from_slice(&bits.to_be_bytes());
    }

    /// What comes next and lies together; nothing at the end of a pass.
    fn blocks(&self) -> &[Block] {
        if self.body.is_empty() { &self.tail[self.tail_done..self.tail_end] } else { self.body }
    }

    /// `run` blocks of [`Slot::blocks`] are done.
    fn advance(&mut self, run: usize) {
        if self.body.is_empty() {
            self.tail_done += run;
        } else {
            self.body = &self.body[run..];
        }
    }
}

fn put<const WORDS: usize, const SLOTS: usize>(chains: &mut [[u32; SLOTS]; WORDS], slot: usize, chain: &[u32; WORDS]) {
    for (words, word) in chains.iter_mut().zip(chain) {
        words[slot] = *word;
    }
}

fn get<const WORDS: usize, const SLOTS: usize>(chains: &[[u32; SLOTS]; WORDS], slot: usize) -> [u32; WORDS] {
    chains.map(|words| words[slot])
}

fn serialize<const WORDS: usize>(chain: &[u32; WORDS]) -> [u8; 32] {
    let mut octets = [0; 32];
    for (place, word) in octets.as_chunks_mut().0.iter_mut().zip(chain) {
        *place = word.to_be_bytes();
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HashAlg;
    use proptest::prelude::*;

    /// The results of one kernel, whether or not it would be chosen.
    fn agrees<const WORDS: usize, const SLOTS: usize>(
        kernel: Option<Compress<WORDS, SLOTS>>,
        key: &Key<'_, WORDS>,
        messages: &[Vec<u8>],
        expected: &[Digest],
    ) -> bool {
        let Some(kernel) = kernel else { return true };
        let mut start = 0;
        let lanes: Vec<MacLane> = messages
            .iter()
            .map(|message| {
                let lane = MacLane { start, len: message.len() };
                start += message.len();
                lane
            })
            .collect();
        let mut out = vec![Digest::default(); messages.len()];
        key.sign(kernel, 1, &messages.concat(), &lanes, &mut out);
        out == expected
    }

    proptest! {
        #[test]
        fn every_kernel_signs_any_batch_as_the_single_message_code_does(
            key in any::<[u8; 20]>(),
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 0..36),
        ) {
            for alg in [HashAlg::Sha1, HashAlg::Sha256] {
                let whole = crate::hmac::HmacKey::new(alg, &key);
                let expected: Vec<Digest> = messages.iter().map(|message| whole.sign(&[message])).collect();
                match whole.chains() {
                    (Chain::Sha1(inner), Chain::Sha1(outer)) => {
                        let key = Key { inner, outer, one: sha1::block_api::compress };
                        prop_assert!(agrees(sha_wide::sha1(), &key, &messages, &expected), "wide {alg:?}");
                        prop_assert!(agrees(sha_ni::sha1(), &key, &messages, &expected), "interleaved {alg:?}");
                    }
                    (Chain::Sha256(inner), Chain::Sha256(outer)) => {
                        let key = Key { inner, outer, one: sha2::block_api::compress256 };
                        prop_assert!(agrees(sha_wide::sha256(), &key, &messages, &expected), "wide {alg:?}");
                        prop_assert!(agrees(sha_ni::sha256(), &key, &messages, &expected), "interleaved {alg:?}");
                    }
                    _ => prop_assert!(false, "the key is of another hash function"),
                }
            }
        }
    }
}
