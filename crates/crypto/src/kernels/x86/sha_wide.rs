//! The compression functions of SHA-1 and SHA-256 for 16 messages with AVX-512: each lane of a register is a message.
#![allow(unsafe_code)]

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::*;

use super::Compress;

type Block = [u8; 64];

/// Messages that a kernel works on at once.
const SLOTS: usize = 16;

/// SHA-1, if this processor has the instructions.
pub(super) fn sha1() -> Option<Compress<5, SLOTS>> {
    detected().then_some(|chains, messages, run| {
        let pointers = messages.map(|message| message[..run].as_ptr());
        // SAFETY: the features were detected; every pointer comes from a slice of `run` blocks.
        unsafe { sha1_avx512(chains, &pointers, run) }
    })
}

/// SHA-256, if this processor has the instructions.
pub(super) fn sha256() -> Option<Compress<8, SLOTS>> {
    detected().then_some(|chains, messages, run| {
        let pointers = messages.map(|message| message[..run].as_ptr());
        // SAFETY: the features were detected; every pointer comes from a slice of `run` blocks.
        unsafe { sha256_avx512(chains, &pointers, run) }
    })
}

fn detected() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
}

/// Writes a macro out once for every number: the compiler keeps the schedule in registers only when no index is a variable.
macro_rules! unroll {
    ($step:ident: $($number:literal)*) => { $($step!($number);)* };
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
        macro_rules! round {
            ($round:literal) => {
                if $round >= 16 {
                    let mixed = _mm512_ternarylogic_epi32::<XOR3>(
                        schedule[($round + 13) % 16],
                        schedule[($round + 8) % 16],
                        schedule[($round + 2) % 16],
                    );
                    schedule[$round % 16] = _mm512_rol_epi32::<1>(_mm512_xor_si512(mixed, schedule[$round % 16]));
                }
                let function = _mm512_ternarylogic_epi32::<{ SHA1_FUNCTIONS[$round / 20] }>(b, c, d);
                let constant = _mm512_set1_epi32(SHA1_CONSTANTS[$round / 20] as i32);
                let early = _mm512_add_epi32(_mm512_add_epi32(e, constant), schedule[$round % 16]);
                let sum = _mm512_add_epi32(_mm512_add_epi32(early, function), _mm512_rol_epi32::<5>(a));
                (a, b, c, d, e) = (sum, a, _mm512_rol_epi32::<30>(b), c, d);
            };
        }
        unroll!(round: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        unroll!(round: 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);
        unroll!(round: 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59);
        unroll!(round: 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79);
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
        macro_rules! expand {
            ($step:literal) => {
                let (w2, w15) = (schedule[($step + 14) % 16], schedule[($step + 1) % 16]);
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
                let earlier = _mm512_add_epi32(schedule[$step], schedule[($step + 9) % 16]);
                schedule[$step] = _mm512_add_epi32(earlier, _mm512_add_epi32(sigma0, sigma1));
            };
        }
        for constants in super::SHA256_CONSTANTS.as_chunks::<16>().0 {
            macro_rules! round {
                ($step:literal) => {
                    let constant = _mm512_set1_epi32(constants[$step] as i32);
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
                    let early = _mm512_add_epi32(_mm512_add_epi32(h, constant), schedule[$step]);
                    let first = _mm512_add_epi32(early, _mm512_add_epi32(sum1, choice));
                    let second = _mm512_add_epi32(sum0, majority);
                    (h, g, f, e) = (g, f, e, _mm512_add_epi32(d, first));
                    (d, c, b, a) = (c, b, a, _mm512_add_epi32(first, second));
                };
            }
            unroll!(round: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
            // Behind the last sixteen rounds this is idle work; a branch to avoid it costs as much.
            unroll!(expand: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
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

/// FIPS 180-4 §4.1.1 and §4.2.1, for every twenty rounds.
const SHA1_FUNCTIONS: [i32; 4] = [CHOOSE, XOR3, MAJORITY, XOR3];
const SHA1_CONSTANTS: [u32; 4] = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
