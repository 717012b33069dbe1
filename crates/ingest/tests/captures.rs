//! Recorded captures, when the environment variable CAUSEWAY_CAPTURES names the directory that holds them. `tshark` judges them,
//! too, where it is installed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ingest::{Kind, Settings};
use observe::{Fact, Spot, Timeline, ike};

/// Octets of a capture that is also tried damaged.
const SMALL: usize = 64 << 10;

fn captures() -> Vec<PathBuf> {
    let Some(directory) = std::env::var_os("CAUSEWAY_CAPTURES") else {
        println!("skipped: CAUSEWAY_CAPTURES is not set");
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(directory)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let beginning = fs::read(&path).unwrap();
            let compressed = beginning.starts_with(&[0x1f, 0x8b]);
            if compressed || matches!(Kind::of(&beginning), Kind::Pcap | Kind::Pcapng) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(octets: &[u8]) -> Timeline {
    let mut timeline = Timeline::new();
    ingest::read("capture", octets, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

#[test]
fn recorded_captures_are_read_whole_cut_and_damaged() {
    for path in captures() {
        let octets = fs::read(&path).unwrap();
        read(&octets);
        if octets.len() > SMALL {
            continue;
        }
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
        let mut roll = |below: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % below.max(1)
        };
        for _ in 0..20 {
            let mut damaged = octets.clone();
            for _ in 0..1 + roll(20) {
                let at = roll(damaged.len());
                damaged[at] = roll(256) as u8;
            }
            damaged.truncate(octets.len() - roll(octets.len() / 4));
            read(&damaged);
        }
    }
}

/// Frames of IKE that tshark sees, with the exchange type of each.
fn dissected(path: &Path) -> Option<BTreeSet<(u64, u8)>> {
    let output = Command::new("tshark")
        .args(["-n", "-Y", "isakmp.exchangetype && !icmp", "-T", "fields", "-e", "frame.number"])
        .args(["-e", "isakmp.exchangetype", "-r"])
        .arg(path)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let frame = |line: &str| {
        let (frame, kind) = line.split_once('\t')?;
        Some((frame.parse().ok()?, kind.split(',').next()?.parse().ok()?))
    };
    Some(text.lines().filter_map(frame).collect())
}

/// Whether a message of this exchange type may be told so.
fn fits(kind: u8, exchange: ike::Exchange) -> bool {
    use ike::Exchange;
    match exchange {
        Exchange::MainMode(_) => kind == 2,
        Exchange::AggressiveMode(_) => kind == 4,
        Exchange::Informational => kind == 5,
        Exchange::Transaction => kind == 6,
        Exchange::QuickMode(_) => kind == 32,
        Exchange::SaInit { .. } => kind == 34,
        Exchange::Auth { .. } => kind == 35,
        Exchange::Later { .. } => matches!(kind, 36 | 37),
        Exchange::Other => true,
    }
}

#[test]
fn the_ike_messages_are_those_that_tshark_sees() {
    let mut compared = 0;
    for path in captures() {
        let Some(expected) = dissected(&path) else {
            println!("skipped: there is no tshark");
            return;
        };
        let timeline = read(&fs::read(&path).unwrap());
        // Packets that were captured in part are a matter of taste.
        if !timeline.sources()[0].trouble.is_empty() {
            continue;
        }
        let mut seen = BTreeSet::new();
        for observation in timeline.observations() {
            if let (Fact::Ike(ike::Fact::Message(message)), Spot::Frame(frame)) =
                (&observation.fact, observation.place.spot)
            {
                let kind = expected.iter().find(|(number, _)| *number == frame).map(|(_, kind)| *kind);
                assert!(kind.is_some_and(|kind| fits(kind, message.exchange)), "{path:?} frame {frame}: {message:?}");
                seen.insert(frame);
            }
        }
        // Of a message in fragments only the last one is told.
        let missed: Vec<u64> = expected.iter().map(|(frame, _)| *frame).filter(|frame| !seen.contains(frame)).collect();
        assert!(missed.len() * 4 <= expected.len(), "{path:?}: {missed:?}");
        compared += seen.len();
    }
    println!("{compared} messages compared");
}
