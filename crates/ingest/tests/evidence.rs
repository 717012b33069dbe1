//! Recorded attempts, when the environment variable CAUSEWAY_EVIDENCE names the directory that holds them: one directory each, with
//! the logs and the outputs of both ends, named after the end and the program.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::path::{Path, PathBuf};

use ingest::Settings;
use observe::{Side, SourceKind, Time, Timeline};

/// Texts of all attempts.
fn texts() -> Vec<PathBuf> {
    let Some(directory) = std::env::var_os("CAUSEWAY_EVIDENCE") else {
        println!("skipped: CAUSEWAY_EVIDENCE is not set");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let text = |extension: &std::ffi::OsStr| extension == "log" || extension == "txt";
            if path.extension().is_some_and(text) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path, name: &str) -> Timeline {
    let mut timeline = Timeline::new();
    // 2027-01-01T00:00:00Z
    let settings = Settings { now: Some(Time(1_798_761_600_000_000)), ..Settings::default() };
    ingest::read(name, fs::File::open(path).unwrap(), &settings, &mut timeline, &mut |_| {}).unwrap();
    timeline
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_text_is_recognised_by_what_it_holds() {
    for path in texts() {
        // The name says nothing here, and must not be needed for the kind.
        let timeline = read(&path, "text");
        let source = &timeline.sources()[0];
        let stem = stem(&path);
        let kinds: &[SourceKind] = match stem.rsplit('-').next().unwrap() {
            "charon" => &[SourceKind::Charon],
            "pluto" => &[SourceKind::Pluto],
            "pppd" => &[SourceKind::Pppd],
            "xl2tpd" => &[SourceKind::Xl2tpd],
            "pptp" => &[SourceKind::PptpClient],
            "pptpd" => &[SourceKind::Pptpd],
            "softether" => &[SourceKind::SoftEther],
            "freeradius" => &[SourceKind::FreeRadius],
            "kernel" => &[SourceKind::KernelLog],
            "ip" => &[SourceKind::Addresses, SourceKind::Routes],
            "ping" => &[SourceKind::Ping],
            "sysctl" => &[SourceKind::Sysctl],
            _ => continue,
        };
        assert!(kinds.contains(&source.kind), "{}: {:?}", path.display(), source.kind);
        assert!(source.trouble.is_empty(), "{}: {:?}", path.display(), source.trouble);
    }
}

#[test]
fn every_text_is_of_the_side_whose_it_is() {
    for path in texts() {
        let stem = stem(&path);
        let name = path.file_name().unwrap().to_string_lossy();
        let timeline = read(&path, &name);
        let side = match stem.split('-').next().unwrap() {
            client if client.starts_with("client") => Side::Client,
            server if server.starts_with("server") => Side::Server,
            "freeradius" => Side::Authenticator,
            _ => continue,
        };
        assert_eq!(timeline.sources()[0].side, side, "{}", path.display());
        // A log in which anything happened tells it, unless it is of a machine's start only.
        let quiet = stem.ends_with("kernel") || fs::metadata(&path).unwrap().len() < 1024;
        assert!(quiet || !timeline.observations().is_empty(), "{}", path.display());
    }
}

#[test]
fn logs_of_programs_that_act_tell_their_side_without_a_name() {
    for path in texts() {
        let stem = stem(&path);
        let side = match stem.as_str() {
            "client-pptp" => Side::Client,
            "server-pptpd" | "server-softether" => Side::Server,
            "freeradius" => Side::Authenticator,
            _ => continue,
        };
        assert_eq!(read(&path, "text").sources()[0].side, side, "{}", path.display());
    }
}
