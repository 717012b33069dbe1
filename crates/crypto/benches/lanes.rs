//! How much faster a batch is than its packets one by one, on this processor and in one run.
//!
//! `cargo bench -p causeway-crypto` prints, for batches of several sizes, the rate of both ways and their ratio. The two ways
//! take turns, and the best of several turns counts, so that other load on the machine hits both alike.

use std::time::{Duration, Instant};

use crypto::cbc::{CbcAlg, CbcKey, CbcLane};
use crypto::hmac::{HmacKey, MacLane};
use crypto::{Digest, HashAlg};

/// Payload of a packet of 1400 octets behind padding, in octets.
const LEN: usize = 1408;
/// Room for ESP's header and vector before it, and for the tag behind it.
const STRIDE: usize = 1408 + 24 + 16;
const TURNS: u32 = 7;
const TURN: Duration = Duration::from_millis(30);

fn main() {
    println!("{:<28}{:>8}{:>14}{:>14}{:>8}", "packets of 1408 octets", "batch", "one by one", "batch", "ratio");
    for alg in [CbcAlg::Aes128, CbcAlg::Aes256, CbcAlg::TripleDes] {
        for count in [1, 2, 4, 8, 16, 46, 64] {
            cbc(alg, count);
        }
    }
    for alg in [HashAlg::Sha1, HashAlg::Sha256] {
        for count in [1, 2, 4, 8, 16, 46, 64] {
            hmac(alg, count);
        }
    }
    for (cipher, hash) in
        [(CbcAlg::Aes128, HashAlg::Sha1), (CbcAlg::Aes256, HashAlg::Sha1), (CbcAlg::Aes256, HashAlg::Sha256)]
    {
        for count in [16, 46, 64] {
            seal(cipher, hash, count);
        }
    }
}

fn cbc(alg: CbcAlg, count: usize) {
    let key = CbcKey::new(alg, &[7; 32][..alg.key_len()]).expect("invariant: the key has its length");
    let lanes = cbc_lanes(count);
    let (mut one, mut all) = (vec![1; count * STRIDE], vec![1; count * STRIDE]);
    report(
        &format!("{alg:?} CBC encrypt"),
        count,
        || encrypt_one_by_one(&key, &mut one, &lanes),
        || key.encrypt_lanes(&mut all, &lanes).expect("invariant: the lanes fit"),
    );
}

fn hmac(alg: HashAlg, count: usize) {
    let key = HmacKey::new(alg, &[7; 20]);
    let lanes = mac_lanes(count);
    let buf = vec![1; count * STRIDE];
    let (mut one, mut all) = (vec![Digest::default(); count], Vec::new());
    report(
        &format!("HMAC {alg:?}"),
        count,
        || sign_one_by_one(&key, &buf, &lanes, &mut one),
        || key.sign_lanes(&buf, &lanes, &mut all),
    );
}

fn seal(cipher: CbcAlg, hash: HashAlg, count: usize) {
    let encryption = CbcKey::new(cipher, &[7; 32][..cipher.key_len()]).expect("invariant: the key has its length");
    let integrity = HmacKey::new(hash, &[7; 20]);
    let (texts, messages) = (cbc_lanes(count), mac_lanes(count));
    let (mut one, mut all) = (vec![1; count * STRIDE], vec![1; count * STRIDE]);
    let (mut one_tags, mut all_tags) = (vec![Digest::default(); count], Vec::new());
    report(
        &format!("{cipher:?} + HMAC {hash:?}"),
        count,
        || {
            encrypt_one_by_one(&encryption, &mut one, &texts);
            sign_one_by_one(&integrity, &one, &messages, &mut one_tags);
        },
        || {
            encryption.encrypt_lanes(&mut all, &texts).expect("invariant: the lanes fit");
            integrity.sign_lanes(&all, &messages, &mut all_tags);
        },
    );
}

fn cbc_lanes(count: usize) -> Vec<CbcLane> {
    (0..count).map(|at| CbcLane { iv: [at as u8; 16], start: at * STRIDE + 24, len: LEN }).collect()
}

fn mac_lanes(count: usize) -> Vec<MacLane> {
    (0..count).map(|at| MacLane { start: at * STRIDE, len: 24 + LEN }).collect()
}

fn encrypt_one_by_one(key: &CbcKey, buf: &mut [u8], lanes: &[CbcLane]) {
    for lane in lanes {
        let iv = &lane.iv[..key.alg().block_len()];
        key.encrypt(iv, &mut buf[lane.start..][..lane.len]).expect("invariant: the lane is whole blocks");
    }
}

fn sign_one_by_one(key: &HmacKey, buf: &[u8], lanes: &[MacLane], out: &mut [Digest]) {
    for (lane, out) in lanes.iter().zip(out) {
        *out = key.sign(&[&buf[lane.start..][..lane.len]]);
    }
}

fn report(what: &str, count: usize, mut one_by_one: impl FnMut(), mut batch: impl FnMut()) {
    let (mut serial, mut parallel) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        serial = serial.min(turn(&mut one_by_one));
        parallel = parallel.min(turn(&mut batch));
    }
    let rate = |time: Duration| (count * LEN) as f64 / time.as_secs_f64() / 1e9;
    let (serial, parallel) = (rate(serial), rate(parallel));
    println!("{what:<28}{count:>8}{serial:>9.3} GB/s{parallel:>9.3} GB/s{:>8.2}", parallel / serial);
}

/// The mean time of one call, over about [`TURN`].
#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn turn(work: &mut impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut calls = 0;
    while begin.elapsed() < TURN {
        work();
        calls += 1;
    }
    begin.elapsed() / calls
}
