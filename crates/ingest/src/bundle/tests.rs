//! Bundles through the front door.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use observe::{Fact, Side, SourceKind, Timeline, Trouble, host, reported};

use crate::Settings;

const REGISTRY: &str = "Windows Registry Editor Version 5.00\r\n\r\n\
    [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters]\r\n\"ProhibitIpSec\"=dword:00000001\r\n";
const DIALLED: &str = "Connecting to x...\r\n\r\nRemote Access error 789 - The L2TP connection attempt failed.\r\n";

fn read(octets: &[u8]) -> Timeline {
    let mut timeline = Timeline::new();
    let input = std::io::Cursor::new(octets.to_vec());
    crate::read("bundle.zip", input, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[derive(Clone, Copy, PartialEq)]
enum Sizes {
    InFront,
    Behind,
}

/// A member as it stands in a zip archive.
fn packed(name: &str, data: &[u8], sizes: Sizes, flags: u16) -> Vec<u8> {
    let body = deflated(data);
    let len = u32::try_from(body.len()).unwrap();
    let full = u32::try_from(data.len()).unwrap();
    let flags = flags | if sizes == Sizes::Behind { 8 } else { 0 };
    let (shown, shown_full) = if sizes == Sizes::Behind { (0, 0) } else { (len, full) };
    let mut member = b"PK\x03\x04\x14\x00".to_vec();
    member.extend(flags.to_le_bytes());
    member.extend(8u16.to_le_bytes());
    member.extend([0; 8]);
    member.extend(shown.to_le_bytes());
    member.extend(shown_full.to_le_bytes());
    member.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    member.extend([0; 2]);
    member.extend(name.as_bytes());
    member.extend(body);
    if sizes == Sizes::Behind {
        member.extend(b"PK\x07\x08");
        member.extend([0; 4]);
        member.extend(len.to_le_bytes());
        member.extend(full.to_le_bytes());
    }
    member
}

const DIRECTORY: &[u8] = b"PK\x01\x02the directory of the archive is not needed";

fn told(timeline: &Timeline) -> Vec<(&str, Fact)> {
    let source = |id| timeline.source(id).map_or("", |source| source.name.as_ref());
    let observations = timeline.observations().iter();
    observations.map(|observation| (source(observation.place.source), observation.fact.clone())).collect()
}

fn prohibited() -> Fact {
    host::Fact::Registry {
        key: "services\\rasman\\parameters".into(),
        name: "prohibitipsec".into(),
        value: Some(1),
        written: None,
    }
    .into()
}

fn refused() -> Fact {
    reported::Fact::Ras { code: 789 }.into()
}

#[test]
fn every_member_is_a_source_and_those_of_one_directory_share_their_side() {
    for sizes in [Sizes::InFront, Sizes::Behind] {
        let archive = [
            packed("pc\\rasman.reg", REGISTRY.as_bytes(), sizes, 0),
            packed("pc/rasdial.txt", DIALLED.as_bytes(), sizes, 0),
            packed("other/rasman.reg", REGISTRY.as_bytes(), sizes, 0),
            DIRECTORY.to_vec(),
        ];
        let timeline = read(&archive.concat());
        assert_eq!(
            told(&timeline),
            [
                ("bundle.zip/pc/rasman.reg", prohibited()),
                ("bundle.zip/pc/rasdial.txt", refused()),
                ("bundle.zip/other/rasman.reg", prohibited()),
            ]
        );
        let sides: Vec<Side> = timeline.sources().iter().map(|source| source.side).collect();
        assert_eq!(sides, [Side::Unknown, Side::Client, Side::Client, Side::Unknown]);
        assert_eq!(timeline.sources()[0].kind, SourceKind::Bundle);
        assert!(timeline.sources()[0].trouble.is_empty());
    }
}

#[test]
fn a_member_that_is_encrypted_or_cut_is_said_and_the_others_are_read() {
    let archive = [
        packed("secret.reg", REGISTRY.as_bytes(), Sizes::InFront, 1),
        packed("rasdial.txt", DIALLED.as_bytes(), Sizes::InFront, 0),
        packed("rasman.reg", REGISTRY.as_bytes(), Sizes::InFront, 0)[..60].to_vec(),
    ];
    let timeline = read(&archive.concat());
    assert_eq!(told(&timeline)[0], ("bundle.zip/rasdial.txt", refused()));
    let trouble = &timeline.sources()[0].trouble;
    assert_eq!(trouble, &[Trouble::MembersEncrypted, Trouble::BundleDamaged]);
}

#[test]
fn a_bundle_that_unfolds_without_end_ends() {
    let zeros = vec![b'\n'; 256 << 10];
    let member = packed("zeros.txt", &zeros, Sizes::Behind, 0);
    let mut archive = Vec::new();
    for _ in 0..40 {
        archive.extend(&member);
    }
    archive.extend(packed("rasman.reg", REGISTRY.as_bytes(), Sizes::Behind, 0));
    let mut timeline = Timeline::new();
    let mut budget = super::Budget { octets: Rc::new(Cell::new(512 << 10)), ..super::Budget::default() };
    let (input, settings) = (&mut archive.as_slice(), Settings::default());
    super::read("bomb.zip", input, crate::Kind::Zip, &settings, &mut timeline, &mut budget, &mut |_| {}).unwrap();
    assert!(timeline.observations().is_empty());
    assert!(timeline.sources().len() < 6);
    assert!(
        timeline.sources()[0].trouble.iter().any(|said| matches!(said, Trouble::BundleFull | Trouble::MemberCut)),
        "{:?}",
        timeline.sources()[0]
    );
    // Bundles in bundles end, too.
    let mut nested = packed("rasman.reg", REGISTRY.as_bytes(), Sizes::InFront, 0);
    for depth in 0..6 {
        nested = packed(&format!("{depth}.zip"), &nested, Sizes::InFront, 0);
    }
    let timeline = read(&nested);
    assert!(timeline.observations().is_empty());
    assert_eq!(timeline.sources().len(), 4);
}

#[test]
fn many_members_are_not_all_opened() {
    let member = packed("rasman.reg", REGISTRY.as_bytes(), Sizes::InFront, 0);
    let timeline = read(&member.repeat(600));
    assert_eq!(timeline.sources().len(), 501);
    assert_eq!(timeline.sources()[0].trouble, [Trouble::BundleFull]);
}

#[test]
fn a_compressed_tar_archive_is_a_bundle_too() {
    let mut archive = Vec::new();
    for (name, text) in [("collected/rasman.reg", REGISTRY), ("collected/rasdial.txt", DIALLED)] {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", text.len()).as_bytes());
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|octet| u32::from(*octet)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend(header);
        archive.extend(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.extend([0; 1024]);
    for octets in [archive.clone(), gzipped(&archive)] {
        let timeline = read(&octets);
        let facts: Vec<Fact> = timeline.observations().iter().map(|observation| observation.fact.clone()).collect();
        assert_eq!(facts, [prohibited(), refused()]);
        assert!(timeline.sources().iter().skip(1).all(|source| source.trouble.is_empty()));
        assert!(timeline.observations().iter().all(|observation| observation.side == Side::Client));
    }
}

#[test]
fn what_was_said_to_the_collector_counts_for_all_that_it_collected() {
    let about = "causeway-collect 1\r\nscope: everyone\r\nside: client\r\nleft out: Security log: no rights\r\n";
    let archive = [
        packed("about.txt", about.as_bytes(), Sizes::InFront, 0),
        packed("rasman.reg", REGISTRY.as_bytes(), Sizes::InFront, 0),
    ];
    let timeline = read(&archive.concat());
    assert_eq!(told(&timeline)[0].1, reported::Fact::Affects(reported::Affected::Everyone).into());
    assert!(timeline.observations().iter().all(|observation| observation.side == Side::Client));
    assert_eq!(timeline.sources()[1].trouble, [Trouble::NotCollected { what: "Security log: no rights".into() }]);
}

#[test]
fn files_that_nothing_is_known_of_are_counted_once() {
    let archive = [
        packed("options", b"mtu 1400\nlock\n", Sizes::InFront, 0),
        packed("os-release", b"colour green\n", Sizes::InFront, 0),
        packed("rasman.reg", REGISTRY.as_bytes(), Sizes::InFront, 0),
        DIRECTORY.to_vec(),
    ];
    let timeline = read(&archive.concat());
    assert_eq!(timeline.sources()[0].trouble, [Trouble::UnknownMembers { count: 2 }]);
    assert!(timeline.sources().iter().skip(1).all(|source| source.trouble.is_empty()));
    assert_eq!(timeline.observations().len(), 1);
}
