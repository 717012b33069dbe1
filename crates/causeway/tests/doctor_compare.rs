//! `causeway doctor compare` as a person runs it.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Two files in a directory that no other test and no other run has. It goes with them.
struct Files {
    directory: PathBuf,
    paths: [PathBuf; 2],
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Two files with this content.
fn files(test: &str, one: &[u8], other: &[u8]) -> Files {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let paths = ["one", "other"].map(|name| directory.join(name));
    fs::write(&paths[0], one).unwrap();
    fs::write(&paths[1], other).unwrap();
    Files { directory, paths }
}

fn compare(files: &Files, further: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.args(["doctor", "compare"]).args(&files.paths).args(further).env_clear().env("LC_ALL", "C");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (said, output.status.code())
}

#[test]
fn keys_are_compared_in_every_language_and_never_shown() {
    let (one, other) = ("zebra-Quartz", "\u{201c}zebra-quartz\u{201d}\n");
    let files = files("never-shown", one.as_bytes(), other.as_bytes());
    let mut told = Vec::new();
    for language in ["en", "zh", "ja", "pt"] {
        let (said, status) = compare(&files, &["--lang", language]);
        assert_eq!(status, Some(1), "{said}");
        assert!(!said.to_lowercase().contains("zebra") && !said.to_lowercase().contains("quartz"), "{said}");
        assert!(!said.contains("compare-"), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("- ")).count(), 3, "{said}");
        assert!(!told.contains(&said));
        told.push(said);
    }
    let (json, _) = compare(&files, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let ids: Vec<&str> = json["differences"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["line-break", "quoted", "case"]);
    assert!(!json.to_string().to_lowercase().contains("zebra"));
}

#[test]
fn equal_keys_end_with_0_and_what_is_no_key_with_2() {
    let (said, status) = compare(&files("equal", b"correct-horse", b"correct-horse"), &[]);
    assert_eq!((status, said.contains("octet for octet")), (Some(0), true), "{said}");
    let (said, status) = compare(&files("empty", b"correct-horse", b"\n"), &[]);
    assert_eq!((status, said.contains("is empty")), (Some(2), true), "{said}");
    let (said, status) = compare(&files("large", b"correct-horse", &[b'x'; 5000]), &[]);
    assert_eq!((status, said.contains("too large")), (Some(2), true), "{said}");
}

/// An export of PolicyAgent as a whole, and of RasMan's parameters, with these values in them.
fn export(policy_agent: &str, rasman: &str) -> Vec<u8> {
    let services = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services";
    format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{services}\\PolicyAgent]\r\n\"ImagePath\"=\"svchost.exe\"\r\n\
         {policy_agent}\r\n[{services}\\RasMan\\Parameters]\r\n\"Medias\"=hex(7):72,00\r\n{rasman}\r\n"
    )
    .into_bytes()
}

#[test]
fn of_two_exports_is_told_what_changed_and_what_that_speaks_for() {
    let before =
        export("\"AssumeUDPEncapsulationContextOnSendRule\"=dword:00000002\r\n", "\"ProhibitIpSec\"=dword:00000001");
    let after = export("", "\"Other\"=\"x\"");
    let files = files("exports", &before, &after);
    for language in ["en", "zh", "ja", "pt"] {
        let (said, status) = compare(&files, &["--lang", language]);
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("[ike.server_behind_nat_refused]"), "{said}");
        assert!(!said.contains("compare-") && !said.contains("Medias"), "{said}");
    }
    let (json, _) = compare(&files, &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let change = |name: &str| json["changes"].as_array().unwrap().iter().find(|change| change["name"] == name).unwrap();
    let assume = change("AssumeUDPEncapsulationContextOnSendRule");
    assert_eq!((&assume["before"], &assume["after"]), (&serde_json::json!(2), &serde_json::Value::Null));
    assert_eq!(assume["causes"], serde_json::json!(["ike.server_behind_nat_refused"]));
    assert_eq!(change("ProhibitIpSec")["no_longer"], serde_json::json!(["host.prohibit_ipsec"]));
    assert_eq!(change("Other")["causes"], serde_json::json!([]));
    assert_eq!(json["changes"].as_array().unwrap().len(), 3);
}

#[test]
fn equal_exports_end_with_0_and_an_export_beside_a_key_with_2() {
    let one = export("", "");
    let (said, status) = compare(&files("equal-exports", &one, &one), &[]);
    assert_eq!((status, said.contains("Nothing changed")), (Some(0), true), "{said}");
    let (said, status) = compare(&files("two-kinds", &one, b"correct-horse"), &[]);
    assert_eq!((status, said.contains("two exports")), (Some(2), true), "{said}");
}
