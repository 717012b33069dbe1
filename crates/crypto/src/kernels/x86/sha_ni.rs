//! The compression functions of SHA-1 and SHA-256 with the processor's SHA instructions, several messages interleaved: one
//! message alone waits for the result of every instruction before the next.
#![allow(unsafe_code)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

use super::Compress;

type Block = [u8; 64];

/// Messages that the kernels work on at once. With more, the registers do not suffice.
const SLOTS: usize = 2;

/// SHA-1, if this processor has the instructions.
pub(super) fn sha1() -> Option<Compress<5, SLOTS>> {
    detected().then_some(|chains, messages, run| {
        let messages = messages.map(|message| &message[..run]);
        // SAFETY: the features were detected.
        unsafe { sha1_interleaved(chains, messages, run) }
    })
}

/// SHA-256, if this processor has the instructions.
pub(super) fn sha256() -> Option<Compress<8, SLOTS>> {
    detected().then_some(|chains, messages, run| {
        let messages = messages.map(|message| &message[..run]);
        // SAFETY: the features were detected.
        unsafe { sha256_interleaved(chains, messages, run) }
    })
}

fn detected() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1")
}

/// Writes a macro out once for every number, which must be constants to become operands of instructions.
macro_rules! unroll {
    ($step:ident: $($number:literal)*) => { $($step!($number);)* };
}

/// FIPS 180-4 §6.1.2, four rounds at a time. The first word of a register is its highest.
#[allow(clippy::needless_range_loop, reason = "blocks and slots are walked through side by side")]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn sha1_interleaved(chains: &mut [[u32; SLOTS]; 5], messages: [&[Block]; SLOTS], run: usize) {
    let [mut abcd, mut e] = [[_mm_setzero_si128(); SLOTS]; 2];
    for slot in 0..SLOTS {
        let [a, b, c, d, e_word] = chains.map(|words| words[slot] as i32);
        abcd[slot] = _mm_set_epi32(a, b, c, d);
        e[slot] = _mm_set_epi32(e_word, 0, 0, 0);
    }
    let big_endian = _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    for block in 0..run {
        let mut schedule = [[_mm_setzero_si128(); 4]; SLOTS];
        for slot in 0..SLOTS {
            schedule[slot] = words_of(&messages[slot][block], big_endian);
        }
        let (abcd_before, e_before) = (abcd, e);
        // The chaining value four rounds ago, whose first word is, rotated, what these rounds take for the fifth.
        let mut earlier = [_mm_setzero_si128(); SLOTS];
        macro_rules! four_rounds {
            ($four:literal) => {
                for slot in 0..SLOTS {
                    let words = &mut schedule[slot];
                    let fifth = if $four == 0 {
                        _mm_add_epi32(e[slot], words[0])
                    } else {
                        _mm_sha1nexte_epu32(earlier[slot], words[$four % 4])
                    };
                    earlier[slot] = abcd[slot];
                    abcd[slot] = _mm_sha1rnds4_epu32::<{ $four / 5 }>(abcd[slot], fifth);
                    if $four < 16 {
                        let mixed = _mm_sha1msg1_epu32(words[$four % 4], words[($four + 1) % 4]);
                        let mixed = _mm_xor_si128(mixed, words[($four + 2) % 4]);
                        words[$four % 4] = _mm_sha1msg2_epu32(mixed, words[($four + 3) % 4]);
                    }
                }
            };
        }
        unroll!(four_rounds: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        for slot in 0..SLOTS {
            e[slot] = _mm_sha1nexte_epu32(earlier[slot], e_before[slot]);
            abcd[slot] = _mm_add_epi32(abcd[slot], abcd_before[slot]);
        }
    }
    for slot in 0..SLOTS {
        chains[0][slot] = _mm_extract_epi32::<3>(abcd[slot]) as u32;
        chains[1][slot] = _mm_extract_epi32::<2>(abcd[slot]) as u32;
        chains[2][slot] = _mm_extract_epi32::<1>(abcd[slot]) as u32;
        chains[3][slot] = _mm_extract_epi32::<0>(abcd[slot]) as u32;
        chains[4][slot] = _mm_extract_epi32::<3>(e[slot]) as u32;
    }
}

/// FIPS 180-4 §6.2.2, four rounds at a time. The first word of a register of the chaining value is its highest, that of a
/// register of the message its lowest.
#[allow(clippy::needless_range_loop, reason = "blocks and slots are walked through side by side")]
#[target_feature(enable = "sha,ssse3,sse4.1")]
fn sha256_interleaved(chains: &mut [[u32; SLOTS]; 8], messages: [&[Block]; SLOTS], run: usize) {
    let [mut abef, mut cdgh] = [[_mm_setzero_si128(); SLOTS]; 2];
    for slot in 0..SLOTS {
        let [a, b, c, d, e, f, g, h] = chains.map(|words| words[slot] as i32);
        abef[slot] = _mm_set_epi32(a, b, e, f);
        cdgh[slot] = _mm_set_epi32(c, d, g, h);
    }
    let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    for block in 0..run {
        let mut schedule = [[_mm_setzero_si128(); 4]; SLOTS];
        for slot in 0..SLOTS {
            schedule[slot] = words_of(&messages[slot][block], big_endian);
        }
        let (abef_before, cdgh_before) = (abef, cdgh);
        macro_rules! four_rounds {
            ($four:literal) => {
                let [k0, k1, k2, k3] = [0, 1, 2, 3].map(|at| super::SHA256_CONSTANTS[4 * $four + at] as i32);
                let constants = _mm_set_epi32(k3, k2, k1, k0);
                for slot in 0..SLOTS {
                    let words = &mut schedule[slot];
                    let added = _mm_add_epi32(words[$four % 4], constants);
                    cdgh[slot] = _mm_sha256rnds2_epu32(cdgh[slot], abef[slot], added);
                    abef[slot] = _mm_sha256rnds2_epu32(abef[slot], cdgh[slot], _mm_shuffle_epi32::<0x0e>(added));
                    if $four < 12 {
                        let last = words[($four + 3) % 4];
                        let seven_ago = _mm_alignr_epi8::<4>(last, words[($four + 2) % 4]);
                        let mixed = _mm_sha256msg1_epu32(words[$four % 4], words[($four + 1) % 4]);
                        words[$four % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(mixed, seven_ago), last);
                    }
                }
            };
        }
        unroll!(four_rounds: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        for slot in 0..SLOTS {
            abef[slot] = _mm_add_epi32(abef[slot], abef_before[slot]);
            cdgh[slot] = _mm_add_epi32(cdgh[slot], cdgh_before[slot]);
        }
    }
    for slot in 0..SLOTS {
        chains[0][slot] = _mm_extract_epi32::<3>(abef[slot]) as u32;
        chains[1][slot] = _mm_extract_epi32::<2>(abef[slot]) as u32;
        chains[2][slot] = _mm_extract_epi32::<3>(cdgh[slot]) as u32;
        chains[3][slot] = _mm_extract_epi32::<2>(cdgh[slot]) as u32;
        chains[4][slot] = _mm_extract_epi32::<1>(abef[slot]) as u32;
        chains[5][slot] = _mm_extract_epi32::<0>(abef[slot]) as u32;
        chains[6][slot] = _mm_extract_epi32::<1>(cdgh[slot]) as u32;
        chains[7][slot] = _mm_extract_epi32::<0>(cdgh[slot]) as u32;
    }
}

/// The 16 words of a block, their octets in the order that `order` says.
#[inline]
#[target_feature(enable = "ssse3")]
fn words_of(block: &Block, order: __m128i) -> [__m128i; 4] {
    let mut words = [_mm_setzero_si128(); 4];
    for (four, octets) in words.iter_mut().zip(block.as_chunks::<16>().0) {
        // SAFETY: there are 16 octets.
        *four = _mm_shuffle_epi8(unsafe { _mm_loadu_si128(octets.as_ptr().cast()) }, order);
    }
    words
}
