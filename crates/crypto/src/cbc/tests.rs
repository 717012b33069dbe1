use super::*;
use hex_literal::hex;
use proptest::prelude::*;

fn holds(alg: CbcAlg, key: &[u8], iv: &[u8], clear: &[u8], encrypted: &[u8]) {
    let key = CbcKey::new(alg, key).unwrap();
    let mut data = clear.to_vec();
    key.encrypt(iv, &mut data).unwrap();
    assert_eq!(data, encrypted);
    key.decrypt(iv, &mut data).unwrap();
    assert_eq!(data, clear);
}

/// RFC 3602 §4, case 1.
#[test]
fn one_block_of_aes_holds() {
    holds(
        CbcAlg::Aes128,
        &hex!("06a9214036b8a15b512e03d534120006"),
        &hex!("3dafba429d9eb430b422da802c9fac41"),
        b"Single block msg",
        &hex!("e353779c1079aeb82708942dbe77181a"),
    );
}

/// RFC 3602 §4, case 2.
#[test]
fn two_blocks_of_aes_hold() {
    holds(
        CbcAlg::Aes128,
        &hex!("c286696d887c9aa0611bbb3e2025a45a"),
        &hex!("562e17996d093d28ddb3ba695a2e6f58"),
        &hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        &hex!("d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1"),
    );
}

/// RFC 3602 §4, case 3.
#[test]
fn three_blocks_of_aes_hold() {
    holds(
        CbcAlg::Aes128,
        &hex!("6c3ea0477630ce21a2ce334aa746c2cd"),
        &hex!("c782dc4c098c66cbd9cd27d825682c81"),
        b"This is a 48-byte message (exactly 3 AES blocks)",
        &hex!(
            "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5"
            "021c19216bad525c8579695d83ba2684"
        ),
    );
}

/// RFC 3602 §4, case 4.
#[test]
fn four_blocks_of_aes_hold() {
    holds(
        CbcAlg::Aes128,
        &hex!("56e47a38c5598974bc46903dba290349"),
        &hex!("8ce82eefbea0da3c44699ed7db51b7d9"),
        &hex!(
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
            "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
        ),
        &hex!(
            "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e"
            "35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55"
        ),
    );
}

/// NIST SP 800-38A §F.2.3 and §F.2.5.
#[test]
fn aes_with_192_and_256_bits_holds() {
    let iv = hex!("000102030405060708090a0b0c0d0e0f");
    let clear = hex!("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    holds(
        CbcAlg::Aes192,
        &hex!("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"),
        &iv,
        &clear,
        &hex!("4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"),
    );
    holds(
        CbcAlg::Aes256,
        &hex!("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
        &iv,
        &clear,
        &hex!("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"),
    );
}

/// NIST SP 800-67 §B.1 in single blocks: a zero initialization vector makes the first block that of ECB.
#[test]
fn a_block_of_triple_des_holds() {
    let key = hex!("0123456789abcdef23456789abcdef01456789abcdef0123");
    let blocks: [(&[u8; 8], [u8; 8]); 3] = [
        (b"The qufc", hex!("a826fd8ce53b855f")),
        (b"k brown ", hex!("cce21c8112256fe6")),
        (b"fox jump", hex!("68d5c05dd9b6b900")),
    ];
    for (clear, encrypted) in blocks {
        holds(CbcAlg::TripleDes, &key, &[0; 8], clear, &encrypted);
    }
}

#[test]
fn a_chain_of_triple_des_is_that_of_its_blocks() {
    let key = CbcKey::new(CbcAlg::TripleDes, &hex!("0123456789abcdef23456789abcdef01456789abcdef0123")).unwrap();
    let iv = hex!("f69f2445df4f9b17");
    let clear = hex!("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c");
    let mut chained = clear;
    key.encrypt(&iv, &mut chained).unwrap();
    let mut previous = iv;
    for (clear, chained) in clear.as_chunks::<8>().0.iter().zip(chained.as_chunks::<8>().0) {
        let mut block: [u8; 8] = std::array::from_fn(|at| clear[at] ^ previous[at]);
        key.encrypt(&[0; 8], &mut block).unwrap();
        assert_eq!(&block, chained);
        previous = block;
    }
}

#[test]
fn keys_vectors_and_data_of_other_lengths_are_refused() {
    assert_eq!(CbcKey::new(CbcAlg::Aes256, &[0; 16]).unwrap_err(), KeyLength { expected: Some(32), got: 16 });
    let key = CbcKey::new(CbcAlg::Aes128, &[0; 16]).unwrap();
    assert_eq!(key.encrypt(&[0; 8], &mut [0; 16]), Err(Unaligned::Iv { block_len: 16, got: 8 }));
    assert_eq!(key.decrypt(&[0; 16], &mut [0; 17]), Err(Unaligned::Data { block_len: 16, got: 17 }));
    assert_eq!(key.encrypt(&[0; 16], &mut []), Ok(()));
}

#[test]
fn lanes_that_do_not_fit_are_refused_before_anything_changes() {
    let key = CbcKey::new(CbcAlg::Aes128, &[0; 16]).unwrap();
    let lane = |start, len| CbcLane { iv: [0; 16], start, len };
    let mut buf = [7; 64];
    let mut refuse = |lanes: &[CbcLane], error| {
        assert_eq!(key.encrypt_lanes(&mut buf, lanes), Err(error));
        assert_eq!(buf, [7; 64]);
    };
    refuse(&[lane(0, 16), lane(16, 15)], Unaligned::Data { block_len: 16, got: 15 });
    refuse(&[lane(0, 32), lane(16, 16)], Unaligned::Lane { index: 1 });
    refuse(&[lane(16, 16), lane(0, 16)], Unaligned::Lane { index: 1 });
    refuse(&[lane(49, 16)], Unaligned::Lane { index: 0 });
    refuse(&[lane(usize::MAX - 7, 16)], Unaligned::Lane { index: 0 });
    assert_eq!(key.encrypt_lanes(&mut buf, &[lane(0, 32), lane(32, 0), lane(48, 16)]), Ok(()));
}

#[test]
fn a_key_does_not_print() {
    assert_eq!(format!("{:?}", CbcKey::new(CbcAlg::Aes128, &[0; 16]).unwrap()), "CbcKey(Aes128, ***)");
}

fn any_alg() -> impl Strategy<Value = CbcAlg> {
    prop::sample::select(vec![CbcAlg::Aes128, CbcAlg::Aes192, CbcAlg::Aes256, CbcAlg::TripleDes])
}

/// Each packet of a batch as the single-packet code encrypts it.
fn serially(key: &CbcKey, buf: &[u8], lanes: &[CbcLane]) -> Vec<u8> {
    let mut expected = buf.to_vec();
    for lane in lanes {
        key.encrypt(&lane.iv[..key.alg().block_len()], &mut expected[lane.start..][..lane.len]).unwrap();
    }
    expected
}

proptest! {
    #[test]
    fn any_batch_is_encrypted_as_its_packets_one_by_one(
        alg in any_alg(),
        key in any::<[u8; 32]>(),
        seed in any::<u64>(),
        shapes in proptest::collection::vec((0usize..40, 0usize..30, any::<[u8; 16]>()), 0..40),
    ) {
        let key = CbcKey::new(alg, &key[..alg.key_len()]).unwrap();
        let mut end = 0;
        let lanes: Vec<CbcLane> = shapes.into_iter().map(|(gap, blocks, iv)| {
            let (start, len) = (end + gap, blocks * alg.block_len());
            end = start + len;
            CbcLane { iv, start, len }
        }).collect();
        let mut buf = noise(end + 5, seed);
        let expected = serially(&key, &buf, &lanes);
        key.encrypt_lanes(&mut buf, &lanes).unwrap();
        prop_assert!(buf == expected);
    }

    #[test]
    fn any_batch_of_equal_lengths_is_encrypted_as_its_packets_one_by_one(
        alg in any_alg(),
        key in any::<[u8; 32]>(),
        iv in any::<[u8; 16]>(),
        seed in any::<u64>(),
        blocks in 0usize..150,
        count in 0usize..65,
    ) {
        let key = CbcKey::new(alg, &key[..alg.key_len()]).unwrap();
        let len = blocks * alg.block_len();
        let lanes: Vec<CbcLane> = (0..count).map(|at| CbcLane { iv, start: 3 + at * (len + 1), len }).collect();
        let mut buf = noise(3 + count * (len + 1), seed);
        let expected = serially(&key, &buf, &lanes);
        key.encrypt_lanes(&mut buf, &lanes).unwrap();
        prop_assert!(buf == expected);
    }
}

fn noise(len: usize, seed: u64) -> Vec<u8> {
    use chacha20::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};
    let mut octets = vec![0; len];
    ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut octets);
    octets
}
