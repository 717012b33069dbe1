//! The compression functions of SHA-1 and SHA-256 for 16 messages with AVX-512: each lane of a register is a message.
#![allow(unsafe_code)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

type Block = [u8; 64];

/// Messages that a kernel works on at once.
pub(super) const SLOTS: usize = 16;

/// Proof that this processor has `avx512f` and `avx512bw`.
#[derive(Clone, Copy)]
pub(super) struct Wide(());

impl Wide {
    pub(super) fn detect() -> Option<Wide> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")).then_some(Wide(()))
    }
}

/// Takes the first `run` blocks of every message into its SHA-1 chaining value; `chains` holds the first words of all
/// messages, then the second ones, and so on.
pub(super) fn sha1(_: Wide, chains: &mut [[u32; SLOTS]; 5], messages: &[&[Block]; SLOTS], run: usize) {
    let pointers = messages.map(|message| message[..run].as_ptr());
    // SAFETY: `Wide` is proof of the features; every pointer comes from a slice of `run` blocks.
    unsafe { sha1_avx512(chains, &pointers, run) }
}

/// Takes the first `run` blocks of every message into its SHA-256 chaining value; `chains` as for [`sha1`].
pub(super) fn sha256(_: Wide, chains: &mut [[u32; SLOTS]; 8], messages: &[&[Block]; SLOTS], run: usize) {
    let pointers = messages.map(|message| message[..run].as_ptr());
    // SAFETY: `Wide` is proof of the features; every pointer comes from a slice of `run` blocks.
    unsafe { sha256_avx512(chains, &pointers, run) }
}

/// FIPS 180-4 §6.1.2.
///
/// # Safety
/// Every pointer leads to `run` readable blocks.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn sha1_avx512(chains: &mut [[u32; SLOTS]; 5], messages: &[*const Block; SLOTS], run: usize) {
    let mut chain = [_mm512_setzero_si512(); 5];
    for (word, words) in chain.iter_mut().zip(chains.iter()) {
        *word = load(words);
    }
    for block in 0..run {
        // SAFETY: `block` is below `run`.
        let mut schedule = unsafe { words_of(messages, block) };
        let [mut a, mut b, mut c, mut d, mut e] = chain;
        macro_rules! rounds {
            ($range:expr, $function:expr, $constant:expr) => {
                let constant = _mm512_set1_epi32($constant as u32 as i32);
                for round in $range {
                    let word = if round < 16 {
                        schedule[round]
                    } else {
                        let ago = |rounds: usize| schedule[(round - rounds) % 16];
                        let mixed =
                            _mm512_xor_si512(_mm512_ternarylogic_epi32::<XOR3>(ago(3), ago(8), ago(14)), ago(16));
                        schedule[round % 16] = _mm512_rol_epi32::<1>(mixed);
                        schedule[round % 16]
                    };
                    let function = _mm512_ternarylogic_epi32::<{ $function }>(b, c, d);
                    let added = _mm512_add_epi32(_mm512_add_epi32(e, constant), _mm512_add_epi32(function, word));
                    let next = _mm512_add_epi32(_mm512_rol_epi32::<5>(a), added);
                    (a, b, c, d, e) = (next, a, _mm512_rol_epi32::<30>(b), c, d);
                }
            };
        }
        rounds!(0..20, CHOOSE, 0x5a827999u32);
        rounds!(20..40, XOR3, 0x6ed9eba1u32);
        rounds!(40..60, MAJORITY, 0x8f1bbcdcu32);
        rounds!(60..80, XOR3, 0xca62c1d6u32);
        for (word, added) in chain.iter_mut().zip([a, b, c, d, e]) {
            *word = _mm512_add_epi32(*word, added);
        }
    }
    for (words, word) in chains.iter_mut().zip(chain) {
        store(words, word);
    }
}

/// FIPS 180-4 §6.2.2.
///
/// # Safety
/// Every pointer leads to `run` readable blocks.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn sha256_avx512(chains: &mut [[u32; SLOTS]; 8], messages: &[*const Block; SLOTS], run: usize) {
    let mut chain = [_mm512_setzero_si512(); 8];
    for (word, words) in chain.iter_mut().zip(chains.iter()) {
        *word = load(words);
    }
    for block in 0..run {
        // SAFETY: `block` is below `run`.
        let mut schedule = unsafe { words_of(messages, block) };
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = chain;
        for sixteen in 0..4 {
            for step in 0..16 {
                if sixteen > 0 {
                    let (w2, w15) = (schedule[(step + 14) % 16], schedule[(step + 1) % 16]);
                    let sigma0 = _mm512_ternarylogic_epi32::<XOR3>(
                        _mm512_ror_epi32::<7>(w15),
                        _mm512_ror_epi32::<18>(w15),
                        _mm512_srli_epi32::<3>(w15),
                    );
                    let sigma1 = _mm512_ternarylogic_epi32::<XOR3>(
                        _mm512_ror_epi32::<17>(w2),
                        _mm512_ror_epi32::<19>(w2),
                        _mm512_srli_epi32::<10>(w2),
                    );
                    let earlier = _mm512_add_epi32(schedule[step], schedule[(step + 9) % 16]);
                    schedule[step] = _mm512_add_epi32(earlier, _mm512_add_epi32(sigma0, sigma1));
                }
                let constant = _mm512_set1_epi32(SHA256_CONSTANTS[16 * sixteen + step] as i32);
                let sum1 = _mm512_ternarylogic_epi32::<XOR3>(
                    _mm512_ror_epi32::<6>(e),
                    _mm512_ror_epi32::<11>(e),
                    _mm512_ror_epi32::<25>(e),
                );
                let sum0 = _mm512_ternarylogic_epi32::<XOR3>(
                    _mm512_ror_epi32::<2>(a),
                    _mm512_ror_epi32::<13>(a),
                    _mm512_ror_epi32::<22>(a),
                );
                let choice = _mm512_ternarylogic_epi32::<CHOOSE>(e, f, g);
                let majority = _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c);
                let early = _mm512_add_epi32(_mm512_add_epi32(h, constant), schedule[step]);
                let first = _mm512_add_epi32(early, _mm512_add_epi32(sum1, choice));
                let second = _mm512_add_epi32(sum0, majority);
                (h, g, f, e) = (g, f, e, _mm512_add_epi32(d, first));
                (d, c, b, a) = (c, b, a, _mm512_add_epi32(first, second));
            }
        }
        for (word, added) in chain.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = _mm512_add_epi32(*word, added);
        }
    }
    for (words, word) in chains.iter_mut().zip(chain) {
        store(words, word);
    }
}

/// The 16 words of block `block` of every message: first words of all messages, second words of all messages, and so on.
///
/// # Safety
/// Every pointer leads to more than `block` readable blocks.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn words_of(messages: &[*const Block; SLOTS], block: usize) -> [__m512i; 16] {
    // Reverses the octets of every word, the same way in each 16 octets.
    let big_endian = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203));
    let mut rows = [_mm512_setzero_si512(); 16];
    for (row, message) in rows.iter_mut().zip(messages) {
        // SAFETY: the block is readable and has 64 octets.
        *row = _mm512_shuffle_epi8(unsafe { _mm512_loadu_si512(message.add(block).cast()) }, big_endian);
    }
    transpose(rows)
}

/// Exchanges rows and columns of a square of words.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(rows: [__m512i; 16]) -> [__m512i; 16] {
    let zero = _mm512_setzero_si512();
    // Within each 16 octets: pairs of rows are interleaved by word, then pairs of pairs by two words.
    let mut fours = [zero; 16];
    for at in (0..16).step_by(4) {
        let [first, second, third, fourth] = [rows[at], rows[at + 1], rows[at + 2], rows[at + 3]];
        let (low, high) = (_mm512_unpacklo_epi32(first, second), _mm512_unpackhi_epi32(first, second));
        let (next_low, next_high) = (_mm512_unpacklo_epi32(third, fourth), _mm512_unpackhi_epi32(third, fourth));
        fours[at] = _mm512_unpacklo_epi64(low, next_low);
        fours[at + 1] = _mm512_unpackhi_epi64(low, next_low);
        fours[at + 2] = _mm512_unpacklo_epi64(high, next_high);
        fours[at + 3] = _mm512_unpackhi_epi64(high, next_high);
    }
    // Now the 16 octets number q of `fours[4 * g + k]` are column 4q + k of rows 4g to 4g + 3: exchange q and g.
    let mut columns = [zero; 16];
    for k in 0..4 {
        let [first, second, third, fourth] = [fours[k], fours[4 + k], fours[8 + k], fours[12 + k]];
        let (even, odd) = (_mm512_shuffle_i32x4::<EVEN>(first, second), _mm512_shuffle_i32x4::<ODD>(first, second));
        let (next_even, next_odd) =
            (_mm512_shuffle_i32x4::<EVEN>(third, fourth), _mm512_shuffle_i32x4::<ODD>(third, fourth));
        columns[k] = _mm512_shuffle_i32x4::<EVEN>(even, next_even);
        columns[4 + k] = _mm512_shuffle_i32x4::<EVEN>(odd, next_odd);
        columns[8 + k] = _mm512_shuffle_i32x4::<ODD>(even, next_even);
        columns[12 + k] = _mm512_shuffle_i32x4::<ODD>(odd, next_odd);
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(words: &[u32; SLOTS]) -> __m512i {
    // SAFETY: 16 words are 64 octets.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(words: &mut [u32; SLOTS], value: __m512i) {
    // SAFETY: 16 words are 64 octets.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
}

/// Truth tables of functions of three words.
const XOR3: i32 = 0x96;
const CHOOSE: i32 = 0xca;
const MAJORITY: i32 = 0xe8;

/// The 16 octets number 0 and 2 of both operands, or number 1 and 3.
const EVEN: i32 = 0x88;
const ODD: i32 = 0xdd;

/// FIPS 180-4 §4.2.2.
const SHA256_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
];
