//! A recorded main mode, mode config and quick mode of others, decrypted with its published key: the vectors of every exchange
//! and the framing of messages are right when the hashes come out that the recording is known for.

use std::path::PathBuf;

use crypto::HashAlg;
use crypto::cbc::{CbcAlg, CbcKey};
use hex_literal::hex;
use wire::isakmp::{Chain, PayloadType, message};

use crate::envelope::Envelope;
use crate::keymat::{exchange_iv, phase1_iv};

const KEY: [u8; 32] = hex!("928392441e00ece5e8af3bc545416e86afa1291e7c013271514738b70ef25d22");

/// UDP payloads of an uncompressed pcapng file of Ethernet, IPv4 without options.
fn udp_payloads(mut file: &[u8]) -> Vec<Vec<u8>> {
    const ENHANCED_PACKET: u32 = 6;
    let word = |octets: &[u8], at: usize| u32::from_le_bytes(octets[at..at + 4].try_into().unwrap());
    let mut payloads = Vec::new();
    while file.len() >= 12 {
        let (block, rest) = file.split_at(word(file, 4) as usize);
        if word(block, 0) == ENHANCED_PACKET {
            let captured = word(block, 20) as usize;
            payloads.push(block[28 + 14 + 20 + 8..28 + captured].to_vec());
        }
        file = rest;
    }
    payloads
}

fn recorded() -> Option<Vec<Vec<u8>>> {
    let directory = PathBuf::from(std::env::var_os("CAUSEWAY_CAPTURES")?);
    let file = directory.join("wireshark/ikev1-bug-12610.pcapng.gz");
    let unpacked = std::process::Command::new("gzip").arg("-dc").arg(file).output().ok()?;
    unpacked.status.success().then(|| udp_payloads(&unpacked.stdout))
}

#[test]
fn a_recorded_negotiation_decrypts_to_its_known_hashes() {
    let Some(frames) = recorded() else {
        eprintln!("skipped: CAUSEWAY_CAPTURES is not set or gzip is missing");
        return;
    };
    assert_eq!(frames.len(), 16);
    let key = || CbcKey::new(CbcAlg::Aes256, &KEY).unwrap();
    let public = |frame: usize| {
        let chain = Chain::parse(&frames[frame - 1]).unwrap();
        chain.exactly_one(PayloadType::KEY_EXCHANGE, "KE").unwrap().body
    };
    let open = |envelope: &mut Envelope, frame: usize| {
        let (header, body) = message(&frames[frame - 1]).unwrap();
        let opened = envelope.open(&header, body).unwrap();
        envelope.accept(&opened);
        let chain = Chain::parse(&opened.message).unwrap();
        chain.of(PayloadType::HASH).next().unwrap().body.to_vec()
    };
    let mut main = Envelope::new(key(), phase1_iv(HashAlg::Sha256, [public(3), public(4)], CbcAlg::Aes256));
    let hash = open(&mut main, 5);
    assert_eq!(hash, hex!("1101366621ad9c4507cae666deac7b1c1bc0dc4761a06a41a9168c4d9c8a0f83"));
    open(&mut main, 6);
    let exchange = |frame: usize| {
        let message_id = message(&frames[frame - 1]).unwrap().0.message_id;
        Envelope::new(key(), exchange_iv(HashAlg::Sha256, main.last_block(), message_id, CbcAlg::Aes256))
    };
    // Exchanges overlap; each has a vector of its own.
    let mut config = exchange(7);
    open(&mut config, 7);
    open(&mut exchange(8), 8);
    let hash = open(&mut config, 9);
    assert_eq!(hash, hex!("b52521f774967402c9f6cee95fd17e5bccec230b5731fc530e1a8ab33a69f440"));
    let mut quick = exchange(14);
    open(&mut quick, 14);
    open(&mut quick, 15);
    let hash = open(&mut quick, 16);
    assert_eq!(hash, hex!("14d276be17c6d97f7484d887380f7fef872a42465e20046e4a2be906def88673"));
}
