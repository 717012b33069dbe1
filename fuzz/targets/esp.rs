#![no_main]

use crypto::Secret;
use crypto::cbc::CbcAlg;
use esp::{InboundSa, Keys, Mac, Suite};
use libfuzzer_sys::fuzz_target;
use wire::esp::Encapsulated;

fuzz_target!(|data: &[u8]| {
    let _ = Encapsulated::classify(data);
    let suites = [(Suite::Cbc(CbcAlg::Aes128, Mac::HmacSha1_96), 16, 20), (Suite::Gcm { key_len: 16 }, 16, 0)];
    for (suite, encryption, integrity) in suites {
        let secret = |len| Secret::from(vec![0x5a; len]);
        let keys = Keys {
            spi: 0x1234_5678,
            suite,
            encryption: secret(encryption),
            integrity: secret(integrity),
            salt: [1; 4],
        };
        let mut sa = InboundSa::new(&keys).expect("the key lengths are those of the suite");
        let mut packet = data.to_vec();
        let mut results = Vec::new();
        sa.open(&mut packet, &[0..data.len()], &mut results);
        assert!(matches!(results[..], [Err(_)]), "sealed by nobody");
    }
});
