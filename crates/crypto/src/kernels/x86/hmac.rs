//! HMAC of many messages, 16 at a time through a compression kernel.

use zeroize::Zeroize;

use super::sha::{self, Wide};
use crate::hash::{Chain, Digest};
use crate::hmac::MacLane;

type Block = [u8; 64];

/// An HMAC key for which this processor has a kernel.
pub(crate) enum HmacLanes<'a> {
    Sha1(Key<'a, 5>),
    Sha256(Key<'a, 8>),
}

/// The chaining values behind the inner and the outer key block, and how to go on from them.
pub(crate) struct Key<'a, const WORDS: usize> {
    inner: &'a [u32; WORDS],
    outer: &'a [u32; WORDS],
    many: fn(Wide, &mut [[u32; SLOTS]; WORDS], &[&[Block]; SLOTS], usize),
    one: fn(&mut [u32; WORDS], &[Block]),
    wide: Wide,
}

/// Messages that a kernel works on at once.
const SLOTS: usize = sha::SLOTS;

/// With fewer messages than this, one after the other is faster: the processor's own SHA instructions serve a single message
/// at up to a third of the kernel's speed for 16.
const WORTHWHILE: usize = 4;

impl<'a> HmacLanes<'a> {
    /// The key whose chaining values are given, if this processor has a kernel for its hash function.
    pub(crate) fn detect(inner: &'a Chain, outer: &'a Chain) -> Option<Self> {
        let wide = Wide::detect()?;
        match (inner, outer) {
            (Chain::Sha1(inner), Chain::Sha1(outer)) => {
                let one = sha1::block_api::compress;
                Some(HmacLanes::Sha1(Key { inner, outer, many: sha::sha1, one, wide }))
            }
            (Chain::Sha256(inner), Chain::Sha256(outer)) => {
                let one = sha2::block_api::compress256;
                Some(HmacLanes::Sha256(Key { inner, outer, many: sha::sha256, one, wide }))
            }
            _ => None,
        }
    }

    /// Writes the MACs of the messages at `lanes`, all of which lie in `buf`, to `out`, which has room for as many.
    pub(crate) fn sign(&self, buf: &[u8], lanes: &[MacLane], out: &mut [Digest]) {
        match self {
            HmacLanes::Sha1(key) => key.sign(buf, lanes, out),
            HmacLanes::Sha256(key) => key.sign(buf, lanes, out),
        }
    }
}

impl<const WORDS: usize> Key<'_, WORDS> {
    fn sign(&self, buf: &[u8], lanes: &[MacLane], out: &mut [Digest]) {
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
            if busy < WORTHWHILE {
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
                (self.many)(self.wide, &mut chains, &blocks, shortest);
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

fn put<const WORDS: usize>(chains: &mut [[u32; SLOTS]; WORDS], slot: usize, chain: &[u32; WORDS]) {
    for (words, word) in chains.iter_mut().zip(chain) {
        words[slot] = *word;
    }
}

fn get<const WORDS: usize>(chains: &[[u32; SLOTS]; WORDS], slot: usize) -> [u32; WORDS] {
    chains.map(|words| words[slot])
}

fn serialize<const WORDS: usize>(chain: &[u32; WORDS]) -> [u8; 32] {
    let mut octets = [0; 32];
    for (place, word) in octets.as_chunks_mut().0.iter_mut().zip(chain) {
        *place = word.to_be_bytes();
    }
    octets
}
