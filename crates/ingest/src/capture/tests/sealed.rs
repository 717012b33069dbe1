//! Encrypted captures: with the right keys, with keys of the other truncation, compressed.

use std::io::Write;

use crypto::Secret;
use crypto::cbc::CbcAlg;
use esp::{Mac, OutboundSa, Suite, Train};
use flate2::Compression;
use flate2::write::GzEncoder;
use observe::{Fact, Party, Timeline, Trouble, esp as fact, l2tp};
use rand_core::SeedableRng;
use wire::l2tp::MessageType;

use super::build::{Capture, Format, ipv4, udp};
use super::{CLIENT, SERVER, facts, timeline, trouble};
use crate::{Keys, Settings, read};

const SPI: u32 = 0xc000_0001;

/// A capture of L2TP control messages from the client, sealed with this truncation.
fn capture(mac: Mac) -> Capture {
    let keys = esp::Keys {
        spi: SPI,
        suite: Suite::Cbc(CbcAlg::Aes256, mac),
        encryption: Secret::from(vec![0x44; 32]),
        integrity: Secret::from(vec![0x55; 32]),
        salt: [0; 4],
    };
    let mut sa = OutboundSa::new(&keys, &mut chacha20::ChaCha20Rng::seed_from_u64(1)).unwrap();
    let layout = sa.suite().layout();
    let hello = [0xc8, 2, 0, 20, 0, 5, 0, 0, 0, 3, 0, 2, 0x80, 8, 0, 0, 0, 0, 0, 6];
    let datagram = &udp(CLIENT, SERVER, 1701, 1701, &hello)[20..];
    let mut capture = Capture::default();
    for at in 0..3 {
        let mut packet = vec![0; layout.sealed(datagram.len())];
        packet[layout.lead()..layout.lead() + datagram.len()].copy_from_slice(datagram);
        sa.seal(&mut packet, Train::single(layout, datagram.len()), 17).unwrap();
        capture.at(at, ipv4(CLIENT, SERVER, 50, &packet));
    }
    capture
}

/// The same keys, as `ip xfrm state` shows them.
fn opened(capture: &Capture, bits: u32) -> Timeline {
    let text = format!(
        "src 192.0.2.9 dst 203.0.113.1\n\tproto esp spi {SPI:#x} reqid 1 mode transport\n\tauth-trunc hmac(sha256) \
         0x{} {bits}\n\tenc cbc(aes) 0x{}\n",
        "55".repeat(32),
        "44".repeat(32)
    );
    let settings = Settings { keys: Keys::parse(&text), ..Settings::default() };
    let mut timeline = Timeline::new();
    let file = capture.file(Format::PcapLittle);
    read("capture", file.as_slice(), &settings, &mut timeline, &mut |_| {}).unwrap();
    timeline
}

#[test]
fn with_the_keys_the_messages_inside_are_told() {
    let timeline = opened(&capture(Mac::HmacSha256_128), 128);
    let hello = |repeated| {
        Fact::from(l2tp::Fact::Message { from: Party::Client, kind: MessageType::HELLO, repeated, clear: false })
    };
    let facts: Vec<&Fact> = timeline.observations().iter().map(|observation| &observation.fact).collect();
    assert_eq!(facts[..3], [&hello(false), &hello(true), &hello(true)]);
    assert!(timeline.sources()[0].trouble.is_empty());
}

#[test]
fn a_tag_that_was_cut_the_other_way_is_recognised() {
    for (mac, bits, octets) in [(Mac::HmacSha256_96, 128, 12), (Mac::HmacSha256_128, 96, 16)] {
        let capture = capture(mac);
        let facts: Vec<Fact> = opened(&capture, bits).observations().iter().map(|one| one.fact.clone()).collect();
        let failed = fact::Fact::IntegrityFailed { at: Party::Server, packets: 3, other_truncation: true };
        assert!(facts.contains(&failed.into()), "{facts:?}");
        let tag = fact::Fact::Tag { from: Party::Client, spi: SPI, octets, lengths: 1 };
        assert!(super::facts(&capture.file(Format::PcapBig)).contains(&tag.into()), "it shows without keys, too");
    }
}

#[test]
fn a_compressed_capture_reads_like_the_plain_one_and_a_damaged_one_as_far_as_it_goes() {
    let plain = capture(Mac::HmacSha256_128).file(Format::PcapngLittle);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&plain).unwrap();
    let mut file = encoder.finish().unwrap();
    assert_eq!(timeline(&file).observations(), timeline(&plain).observations());
    file.truncate(file.len() - 30);
    let trouble = trouble(&file);
    assert!(trouble.contains(&Trouble::CompressedDamaged), "{trouble:?}");
    assert!(!facts(&file).is_empty());
}
