//! What one half seals the other opens, for every suite, and nothing else is opened.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, reason = "test code: a panic is the report")]

use std::ops::Range;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use crypto::Secret;
use crypto::cbc::CbcAlg;
use esp::{Drop, InboundSa, Keys, Mac, OutboundSa, Suite, Train};
use proptest::prelude::*;

const SUITES: [Suite; 9] = [
    Suite::Cbc(CbcAlg::Aes128, Mac::HmacSha1_96),
    Suite::Cbc(CbcAlg::Aes192, Mac::HmacSha256_128),
    Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha1_96),
    Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha256_96),
    Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha384_192),
    Suite::Cbc(CbcAlg::Aes256, Mac::HmacSha512_256),
    Suite::Cbc(CbcAlg::TripleDes, Mac::HmacSha1_96),
    Suite::Gcm { key_len: 16 },
    Suite::Gcm { key_len: 32 },
];

const SPI: u32 = 0x1020_3040;

fn keys(suite: Suite) -> Keys {
    let (encryption, integrity) = match suite {
        Suite::Cbc(cipher, mac) => (cipher.key_len(), mac.key_len()),
        Suite::Gcm { key_len } => (key_len, 0),
    };
    let secret = |len: usize, salt: u8| Secret::from((0..len).map(|i| i as u8 * 3 + salt).collect::<Vec<_>>());
    Keys { spi: SPI, suite, encryption: secret(encryption, 1), integrity: secret(integrity, 9), salt: [4; 4] }
}

fn pair(suite: Suite) -> (OutboundSa, InboundSa) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    (OutboundSa::new(&keys(suite), &mut rng).unwrap(), InboundSa::new(&keys(suite)).unwrap())
}

/// Seals `count` payloads of `len` octets, the last of `last`; returns the buffer and where each packet lies.
fn seal(outbound: &mut OutboundSa, count: usize, len: usize, last: usize) -> (Vec<u8>, Vec<Range<usize>>) {
    let layout = outbound.suite().layout();
    let train = Train { count, stride: layout.sealed(len), payload: len, last_payload: last };
    let mut buffer = vec![0; train.sealed_len(layout)];
    let mut packets = Vec::new();
    for index in 0..count {
        let start = index * train.stride;
        let payload = if index + 1 == count { last } else { len };
        for (at, octet) in buffer[start + layout.lead()..][..payload].iter_mut().enumerate() {
            *octet = (at + index) as u8;
        }
        packets.push(start..start + layout.sealed(payload));
    }
    outbound.seal(&mut buffer, train, 17).unwrap();
    (buffer, packets)
}

fn open(inbound: &mut InboundSa, buffer: &mut [u8], packets: &[Range<usize>]) -> Vec<Result<Vec<u8>, Drop>> {
    let mut results = Vec::new();
    inbound.open(buffer, packets, &mut results);
    let payload = |opened: esp::Opened| {
        assert_eq!(opened.next_header, 17);
        buffer[opened.payload].to_vec()
    };
    results.into_iter().map(|result| result.map(payload)).collect()
}

#[test]
fn a_train_arrives_as_it_was_sent_for_every_suite() {
    for suite in SUITES {
        let (mut outbound, mut inbound) = pair(suite);
        for (count, len, last) in [(1, 0, 0), (2, 5, 1), (17, 1400, 1400), (64, 900, 33)] {
            let (mut buffer, packets) = seal(&mut outbound, count, len, last);
            let opened = open(&mut inbound, &mut buffer, &packets);
            for (index, payload) in opened.into_iter().enumerate() {
                let expected = if index + 1 == count { last } else { len };
                let payload = payload.unwrap();
                assert_eq!(payload, (0..expected).map(|at| (at + index) as u8).collect::<Vec<_>>(), "{suite}");
            }
        }
    }
}

#[test]
fn a_packet_is_opened_once() {
    for suite in SUITES {
        let (mut outbound, mut inbound) = pair(suite);
        let (buffer, packets) = seal(&mut outbound, 3, 100, 100);
        assert!(open(&mut inbound, &mut buffer.clone(), &packets).iter().all(Result::is_ok));
        assert!(open(&mut inbound, &mut buffer.clone(), &packets).iter().all(|result| *result == Err(Drop::Replay)));
        let twice = [packets[0].clone(), packets[0].clone()];
        let (buffer, _) = seal(&mut outbound, 1, 100, 100);
        let both = [buffer.clone(), buffer].concat();
        let at = [twice[0].clone(), twice[0].len()..2 * twice[0].len()];
        let results = open(&mut inbound, &mut both.clone(), &at);
        assert!(results[0].is_ok() && results[1] == Err(Drop::Replay), "a duplicate within one batch: {results:?}");
    }
}

#[test]
fn a_change_anywhere_is_found_before_anything_is_decrypted() {
    for suite in SUITES {
        let (mut outbound, mut inbound) = pair(suite);
        let (buffer, packets) = seal(&mut outbound, 1, 40, 40);
        // The sequence number is left out here: a changed one may already be outside the window.
        for at in (0..4).chain(8..buffer.len()) {
            let mut damaged = buffer.clone();
            damaged[at] ^= 0x10;
            let before = damaged.clone();
            assert_eq!(open(&mut inbound, &mut damaged, &packets), [Err(Drop::Integrity)], "{suite}, octet {at}");
            if let Suite::Cbc(..) = suite {
                assert_eq!(damaged, before, "{suite}: nothing was decrypted");
            }
        }
        let forged = {
            let mut forged = buffer.clone();
            forged[7] = 200;
            forged
        };
        assert_eq!(open(&mut inbound, &mut forged.clone(), &packets), [Err(Drop::Integrity)]);
        assert!(open(&mut inbound, &mut buffer.clone(), &packets)[0].is_ok(), "the forgery did not move the window");
    }
}

#[test]
fn the_initialisation_vectors_of_two_equal_payloads_differ() {
    for suite in SUITES {
        let (mut outbound, _) = pair(suite);
        let (buffer, packets) = seal(&mut outbound, 2, 64, 64);
        assert_ne!(buffer[packets[0].clone()][8..40], buffer[packets[1].clone()][8..40], "{suite}");
    }
}

#[test]
fn a_64_bit_block_cipher_asks_for_new_keys_before_the_birthday_bound() {
    let (mut outbound, _) = pair(Suite::Cbc(CbcAlg::TripleDes, Mac::HmacSha1_96));
    assert!(!outbound.wants_rekey());
    assert_eq!(outbound.suite().byte_limits(), Some((1 << 30, 1 << 32)));
    let (mut other, _) = pair(Suite::Gcm { key_len: 16 });
    seal(&mut outbound, 1, 10, 10);
    seal(&mut other, 1, 10, 10);
    assert_eq!((outbound.bytes(), outbound.packets(), other.packets()), (10, 1, 1));
}

#[test]
fn keys_of_the_wrong_length_are_refused() {
    for suite in SUITES {
        let mut short = keys(suite);
        short.encryption = Secret::from(vec![1; 7]);
        assert!(InboundSa::new(&short).is_err(), "{suite}");
    }
}

proptest! {
    #[test]
    fn no_packet_panics(data in proptest::collection::vec(any::<u8>(), 0..200), suite in 0..SUITES.len()) {
        let (_, mut inbound) = pair(SUITES[suite]);
        let len = data.len();
        let mut results = Vec::new();
        inbound.open(&mut data.clone(), &[0..len], &mut results);
        prop_assert!(results[0].is_err());
    }
}
