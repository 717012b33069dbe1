//! A published capture with published keys decrypts to what its publisher says it holds.
//!
//! The capture is not part of this repository: `CAUSEWAY_CAPTURES` names the directory that holds it.

#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init, reason = "test code: a panic is the report")]

use std::path::PathBuf;
use std::process::Command;

use crypto::Secret;
use crypto::cbc::CbcAlg;
use esp::{InboundSa, Keys, Mac, Suite};
use hex_literal::hex;
use wire::esp::EspHeader;
use wire::ip::IpView;

/// Frames of the enhanced packet blocks of a little-endian pcapng file.
fn frames(file: &[u8]) -> Vec<&[u8]> {
    let word = |at: usize| file.get(at..at + 4).map(|word| u32::from_le_bytes(word.try_into().unwrap()) as usize);
    let (mut frames, mut at) = (Vec::new(), 0);
    while let (Some(kind), Some(length)) = (word(at), word(at + 4)) {
        if kind == 6 {
            let captured = word(at + 20).unwrap();
            frames.push(&file[at + 28..at + 28 + captured]);
        }
        at += length.max(12);
    }
    frames
}

fn inbound(spi: u32, encryption: [u8; 16], integrity: [u8; 20]) -> InboundSa {
    InboundSa::new(&Keys {
        spi,
        suite: Suite::Cbc(CbcAlg::Aes128, Mac::HmacSha1_96),
        encryption: Secret::from(encryption.to_vec()),
        integrity: Secret::from(integrity.to_vec()),
        salt: [0; 4],
    })
    .unwrap()
}

#[test]
fn a_published_capture_opens_to_three_pings_and_their_answers() {
    let Some(directory) = std::env::var_os("CAUSEWAY_CAPTURES") else {
        println!("skipped: CAUSEWAY_CAPTURES is not set");
        return;
    };
    let path = PathBuf::from(directory).join("wireshark/esp-bug-12671.pcapng.gz");
    let file = Command::new("gzip").arg("-dc").arg(&path).output().unwrap().stdout;
    let mut associations = [
        inbound(
            0x0708_83c2,
            hex!("5de1a4c2c72662c9fda7a7c78cd25623"),
            hex!("51c9213c18232f8f26c70c4dee6e0e6d56e31e8a"),
        ),
        inbound(
            0xc254_fe64,
            hex!("88e1dad7140af03b8d4f3d734d21be4b"),
            hex!("3e00d517c1220d4b7d2950fcc02edd4b6023d278"),
        ),
    ];
    let mut seen = Vec::new();
    for frame in frames(&file) {
        let outer = IpView::parse(&frame[14..]).unwrap();
        let mut packet = frame[14 + outer.header_len..14 + outer.total_len].to_vec();
        let spi = EspHeader::parse(&packet).unwrap().spi;
        let sa = associations.iter_mut().find(|sa| sa.spi() == spi).unwrap();
        let (length, mut results) = (packet.len(), Vec::new());
        sa.open(&mut packet, &[0..length], &mut results);
        let opened = results.remove(0).unwrap();
        assert_eq!(opened.next_header, 4, "tunnel mode: IPv4 in ESP");
        let inner = IpView::parse(&packet[opened.payload.clone()]).unwrap();
        let kind = packet[opened.payload.start + inner.header_len];
        seen.push((inner.source.to_string(), inner.destination.to_string(), kind));
    }
    let (client, server) = ("10.1.1.1".to_owned(), "10.1.0.10".to_owned());
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push((client.clone(), server.clone(), 8));
        expected.push((server.clone(), client.clone(), 0));
    }
    // The publisher does not say which of the two began.
    let swapped: Vec<_> = expected.iter().map(|(from, to, kind)| (to.clone(), from.clone(), *kind)).collect();
    assert!(seen == expected || seen == swapped, "{seen:?}");
}
