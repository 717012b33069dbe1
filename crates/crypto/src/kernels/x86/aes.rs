//! AES-CBC encryption of 16 packets with VAES on AVX-512, or of 8 with AES-NI.
#![allow(unsafe_code)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::cbc::CbcLane;

type Block = [u8; 16];

/// The rounds' keys for the kernels, and which kernel this processor runs.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct AesLanes {
    #[zeroize(skip)]
    kernel: Kernel,
    #[zeroize(skip)]
    rounds: Rounds,
    keys: [Block; 15],
}

/// Each value is proof that the features of its name were detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    /// `aes`.
    AesNi,
    /// `aes`, `vaes`, `avx512f`.
    Vaes,
}

#[derive(Clone, Copy)]
enum Rounds {
    Ten,
    Twelve,
    Fourteen,
}

impl AesLanes {
    /// The schedule of an AES key, if this processor has a kernel.
    pub(crate) fn detect(key: &[u8]) -> Option<Self> {
        Self::new(key, Kernel::detect()?)
    }

    fn new(key: &[u8], kernel: Kernel) -> Option<Self> {
        let rounds = match key.len() {
            16 => Rounds::Ten,
            24 => Rounds::Twelve,
            32 => Rounds::Fourteen,
            _ => return None,
        };
        // SAFETY: a `Kernel` is proof of `aes`.
        let keys = unsafe { expand(key) };
        Some(AesLanes { kernel, rounds, keys })
    }

    /// Encrypts the packets at `lanes`, which lie in `buf` in ascending order without overlap and are whole blocks. `one`
    /// encrypts what is left of the last packet, from the given vector on, when it has no company any more.
    pub(crate) fn encrypt(&self, buf: &mut [u8], lanes: &[CbcLane], one: impl FnMut(&Block, &mut [u8])) {
        match self.kernel {
            Kernel::Vaes => self.drive::<16>(buf, lanes, one),
            Kernel::AesNi => self.drive::<8>(buf, lanes, one),
        }
    }

    fn drive<const N: usize>(&self, buf: &mut [u8], lanes: &[CbcLane], mut one: impl FnMut(&Block, &mut [u8])) {
        let mut waiting = Waiting { lanes: lanes.iter(), at: 0, buf };
        let mut slots: [Option<&mut [Block]>; N] = [const { None }; N];
        let mut chains = [[0; 16]; N];
        loop {
            for (slot, chain) in slots.iter_mut().zip(&mut chains) {
                if slot.is_none()
                    && let Some((iv, blocks)) = waiting.next()
                {
                    (*slot, *chain) = (Some(blocks), iv);
                }
            }
            let busy = slots.iter().flatten().count();
            let Some(shortest) = slots.iter().flatten().map(|blocks| blocks.len()).min() else { return };
            let run = if busy == 1 { shortest } else { shortest.min(RUN) };
            if busy == 1 {
                for (slot, chain) in slots.iter_mut().zip(&chains) {
                    slot.iter_mut().for_each(|blocks| one(chain, blocks.as_flattened_mut()));
                }
            } else {
                self.run(&mut chains, &mut slots, run);
            }
            for slot in &mut slots {
                *slot = slot.take().and_then(|blocks| blocks.get_mut(run..)).filter(|blocks| !blocks.is_empty());
            }
        }
    }

    /// Encrypts the first `run` blocks of every slot that has a packet.
    fn run<const N: usize>(&self, chains: &mut [Block; N], slots: &mut [Option<&mut [Block]>; N], run: usize) {
        // Slots without a packet all work on this, to no purpose: leaving them out costs more.
        let mut idle = [[0; 16]; RUN];
        assert!(run <= RUN);
        let idle = idle.as_mut_ptr();
        let mut pointers = [idle; N];
        for (pointer, blocks) in pointers.iter_mut().zip(slots.iter_mut()) {
            if let Some(blocks) = blocks {
                *pointer = blocks[..run].as_mut_ptr();
            }
        }
        // SAFETY: the features are those that the `Kernel` is proof of, and the number of slots is the kernel's. Every
        // pointer comes from a slice of at least `run` blocks that is borrowed exclusively for this call.
        unsafe {
            match (self.kernel, self.rounds) {
                (Kernel::Vaes, Rounds::Ten) => vaes::<10>(&self.keys, chains.as_flattened_mut(), &pointers, run),
                (Kernel::Vaes, Rounds::Twelve) => vaes::<12>(&self.keys, chains.as_flattened_mut(), &pointers, run),
                (Kernel::Vaes, Rounds::Fourteen) => vaes::<14>(&self.keys, chains.as_flattened_mut(), &pointers, run),
                (Kernel::AesNi, Rounds::Ten) => aes_ni::<10>(&self.keys, chains.as_flattened_mut(), &pointers, run),
                (Kernel::AesNi, Rounds::Twelve) => aes_ni::<12>(&self.keys, chains.as_flattened_mut(), &pointers, run),
                (Kernel::AesNi, Rounds::Fourteen) => {
                    aes_ni::<14>(&self.keys, chains.as_flattened_mut(), &pointers, run);
                }
            }
        }
    }
}

/// Blocks that a kernel encrypts at most in one call.
const RUN: usize = 128;

/// The packets that have no slot yet.
struct Waiting<'a, 'b> {
    lanes: std::slice::Iter<'b, CbcLane>,
    /// Offset of `buf` in the batch's buffer.
    at: usize,
    buf: &'a mut [u8],
}

impl<'a> Iterator for Waiting<'a, '_> {
    type Item = (Block, &'a mut [Block]);

    /// The next packet that has any blocks.
    fn next(&mut self) -> Option<Self::Item> {
        let lane = self.lanes.by_ref().find(|lane| lane.len > 0)?;
        let (_, from_lane) = std::mem::take(&mut self.buf).split_at_mut(lane.start - self.at);
        let (packet, behind) = from_lane.split_at_mut(lane.len);
        (self.at, self.buf) = (lane.start + lane.len, behind);
        Some((lane.iv, packet.as_chunks_mut().0))
    }
}

impl Kernel {
    fn detect() -> Option<Kernel> {
        if !is_x86_feature_detected!("aes") {
            return None;
        }
        let wide = is_x86_feature_detected!("vaes") && is_x86_feature_detected!("avx512f");
        Some(if wide { Kernel::Vaes } else { Kernel::AesNi })
    }
}

/// The key expansion of FIPS 197 §5.2, whose table look-ups the processor does in constant time. Words are little-endian.
#[target_feature(enable = "aes")]
fn expand(key: &[u8]) -> [Block; 15] {
    let mut words = [0; 60];
    let (key_words, _) = key.as_chunks();
    let key_len = key_words.len();
    for (word, octets) in words.iter_mut().zip(key_words) {
        *word = u32::from_le_bytes(*octets);
    }
    let mut round_constant = 1u32;
    for at in key_len..4 * (key_len + 7) {
        let mut word = words[at - 1];
        if at % key_len == 0 {
            word = sub_word(word).rotate_right(8) ^ round_constant;
            // Doubling in GF(2^8).
            round_constant = (round_constant << 1) ^ ((round_constant >> 7) * 0x11b);
        } else if key_len > 6 && at % key_len == 4 {
            word = sub_word(word);
        }
        words[at] = words[at - key_len] ^ word;
    }
    let mut keys = [[0; 16]; 15];
    for (octets, word) in keys.as_flattened_mut().as_chunks_mut().0.iter_mut().zip(&words) {
        *octets = word.to_le_bytes();
    }
    words.zeroize();
    keys
}

#[target_feature(enable = "aes")]
fn sub_word(word: u32) -> u32 {
    // The instruction substitutes the second of the four words into the first.
    _mm_cvtsi128_si32(_mm_aeskeygenassist_si128::<0>(_mm_set1_epi32(word as i32))) as u32
}

/// Encrypts `run` blocks of each of 16 packets.
///
/// # Safety
/// `chains` has 256 octets and `packets` 16 pointers, each to `run` blocks that may be read and written. Those of packets
/// whose result matters overlap with no other.
#[target_feature(enable = "vaes,avx512f")]
unsafe fn vaes<const ROUNDS: usize>(keys: &[Block; 15], chains: &mut [u8], packets: &[*mut Block], run: usize) {
    let mut round_keys = [_mm512_setzero_si512(); 15];
    for (wide, key) in round_keys.iter_mut().zip(keys) {
        // SAFETY: a block has 16 octets.
        *wide = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(key.as_ptr().cast()) });
    }
    let mut states = [_mm512_setzero_si512(); 4];
    for (state, chains) in states.iter_mut().zip(chains.chunks_exact(64)) {
        // SAFETY: the chunk has 64 octets.
        *state = unsafe { _mm512_loadu_si512(chains.as_ptr().cast()) };
    }
    for block in 0..run {
        for quad in 0..4 {
            // SAFETY: there are 16 pointers, and `block` is below `run`.
            let clear = unsafe {
                let load = |packet: usize| _mm_loadu_si128(packets[4 * quad + packet].add(block).cast());
                let clear = _mm512_castsi128_si512(load(0));
                let clear = _mm512_inserti32x4::<1>(clear, load(1));
                let clear = _mm512_inserti32x4::<2>(clear, load(2));
                _mm512_inserti32x4::<3>(clear, load(3))
            };
            states[quad] = _mm512_ternarylogic_epi32::<XOR3>(states[quad], clear, round_keys[0]);
        }
        for round_key in &round_keys[1..ROUNDS] {
            for state in &mut states {
                *state = _mm512_aesenc_epi128(*state, *round_key);
            }
        }
        for (quad, state) in states.iter_mut().enumerate() {
            *state = _mm512_aesenclast_epi128(*state, round_keys[ROUNDS]);
            // SAFETY: there are 16 pointers, and `block` is below `run`.
            unsafe {
                let store =
                    |packet: usize, value| _mm_storeu_si128(packets[4 * quad + packet].add(block).cast(), value);
                store(0, _mm512_castsi512_si128(*state));
                store(1, _mm512_extracti32x4_epi32::<1>(*state));
                store(2, _mm512_extracti32x4_epi32::<2>(*state));
                store(3, _mm512_extracti32x4_epi32::<3>(*state));
            }
        }
    }
    for (state, chains) in states.iter().zip(chains.chunks_exact_mut(64)) {
        // SAFETY: the chunk has 64 octets.
        unsafe { _mm512_storeu_si512(chains.as_mut_ptr().cast(), *state) };
    }
}

/// Encrypts `run` blocks of each of 8 packets.
///
/// # Safety
/// `chains` has 128 octets and `packets` 8 pointers, each to `run` blocks that may be read and written. Those of packets
/// whose result matters overlap with no other.
#[target_feature(enable = "aes")]
unsafe fn aes_ni<const ROUNDS: usize>(keys: &[Block; 15], chains: &mut [u8], packets: &[*mut Block], run: usize) {
    let mut round_keys = [_mm_setzero_si128(); 15];
    for (round_key, key) in round_keys.iter_mut().zip(keys) {
        // SAFETY: a block has 16 octets.
        *round_key = unsafe { _mm_loadu_si128(key.as_ptr().cast()) };
    }
    let mut states = [_mm_setzero_si128(); 8];
    for (state, chain) in states.iter_mut().zip(chains.chunks_exact(16)) {
        // SAFETY: the chunk has 16 octets.
        *state = unsafe { _mm_loadu_si128(chain.as_ptr().cast()) };
    }
    for block in 0..run {
        for (state, packet) in states.iter_mut().zip(packets) {
            // SAFETY: `block` is below `run`.
            let clear = unsafe { _mm_loadu_si128(packet.add(block).cast()) };
            *state = _mm_xor_si128(_mm_xor_si128(clear, round_keys[0]), *state);
        }
        for round_key in &round_keys[1..ROUNDS] {
            for state in &mut states {
                *state = _mm_aesenc_si128(*state, *round_key);
            }
        }
        for (state, packet) in states.iter_mut().zip(packets) {
            *state = _mm_aesenclast_si128(*state, round_keys[ROUNDS]);
            // SAFETY: `block` is below `run`.
            unsafe { _mm_storeu_si128(packet.add(block).cast(), *state) };
        }
    }
    for (state, chain) in states.iter().zip(chains.chunks_exact_mut(16)) {
        // SAFETY: the chunk has 16 octets.
        unsafe { _mm_storeu_si128(chain.as_mut_ptr().cast(), *state) };
    }
}

/// The truth table of a three-way exclusive or.
const XOR3: i32 = 0x96;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbc::{CbcAlg, CbcKey};
    use hex_literal::hex;
    use proptest::prelude::*;

    /// FIPS 197 §A.1 to §A.3: the last round's key.
    #[test]
    fn the_key_expansions_of_the_standard_hold() {
        let Some(kernel) = Kernel::detect() else { return };
        let last = |key: &[u8], round: usize| AesLanes::new(key, kernel).unwrap().keys[round];
        assert_eq!(last(&hex!("2b7e151628aed2a6abf7158809cf4f3c"), 10), hex!("d014f9a8c9ee2589e13f0cc8b6630ca6"));
        assert_eq!(
            last(&hex!("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"), 12),
            hex!("e98ba06f448c773c8ecc720401002202")
        );
        assert_eq!(
            last(&hex!("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"), 14),
            hex!("fe4890d1e6188d0b046df344706c631e")
        );
    }

    proptest! {
        #[test]
        fn every_kernel_encrypts_any_batch_as_the_library_does(
            alg in prop::sample::select(vec![CbcAlg::Aes128, CbcAlg::Aes192, CbcAlg::Aes256]),
            key in any::<[u8; 32]>(),
            shapes in proptest::collection::vec((0usize..20, 0usize..140, any::<[u8; 16]>()), 0..36),
            fill in any::<u8>(),
        ) {
            let key = &key[..alg.key_len()];
            let by_library = CbcKey::new(alg, key).unwrap();
            let mut end = 0;
            let lanes: Vec<CbcLane> = shapes.into_iter().map(|(gap, blocks, iv)| {
                let (start, len) = (end + gap, blocks * 16);
                end = start + len;
                CbcLane { iv, start, len }
            }).collect();
            let clear: Vec<u8> = (0..end + 3).map(|at| (at as u8).wrapping_mul(fill)).collect();
            let mut expected = clear.clone();
            for lane in &lanes {
                by_library.encrypt(&lane.iv, &mut expected[lane.start..][..lane.len]).unwrap();
            }
            let best = Kernel::detect();
            for kernel in [Kernel::AesNi, Kernel::Vaes] {
                if best.is_none() || best == Some(Kernel::AesNi) && kernel == Kernel::Vaes {
                    continue;
                }
                let mut encrypted = clear.clone();
                AesLanes::new(key, kernel).unwrap().encrypt(&mut encrypted, &lanes, |iv, rest| {
                    by_library.encrypt(iv, rest).unwrap();
                });
                prop_assert!(encrypted == expected, "{kernel:?}");
            }
        }
    }
}
