//! `causeway doctor probe` against `causeway serve` and against what is broken, over the kernel's own network.
//!
//! Needs root; without it every test says so and ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "../dial/world.rs"]
#[allow(dead_code, unreachable_pub, reason = "other tests use the rest")]
mod world;

use serde_json::Value;
use world::*;

/// A probe that has ended.
struct Probed {
    status: Option<i32>,
    report: Value,
}

impl Probed {
    fn step(&self, name: &str) -> &Value {
        let steps = self.report["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("no {name} in {:#}", self.report))
    }

    fn got(&self, name: &str) -> &str {
        self.step(name)["got"].as_str().unwrap()
    }

    fn causes(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["cause"].as_str().unwrap()).collect()
    }
}

fn probe(world: &World, words: &[&str]) -> Probed {
    let mut command = world.command(&world.client, &[program(), "doctor", "probe", "--lang", "en", "--json"]);
    let output = command.args(words).output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    Probed { status: output.status.code(), report: report.unwrap_or_else(|error| panic!("{error}: {output:?}")) }
}

/// Drops packets at the server.
fn drop_at_server(world: &World, what: &[&str]) {
    world.server(&["nft", "add", "table", "inet", "broken"]);
    world.server(&["nft", "add", "chain", "inet", "broken", "in", "{ type filter hook input priority 0; }"]);
    world.server(&[&["nft", "add", "rule", "inet", "broken", "in"], what, &["drop"]].concat());
}

#[test]
fn a_server_that_works_is_found_without_a_problem_and_without_credentials() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let probed = probe(&world, &[SERVER]);
    assert_eq!(probed.status, Some(0), "{:#}", probed.report);
    assert_eq!(probed.report["healthy"], true);
    assert!(probed.got("ike-500").contains("the server chose aes-256-cbc sha2-256 ecp256"));
    assert!(probed.got("ike-4500").contains("the server chose"));
    assert_eq!(probed.got("nat"), "neither end is behind a NAT");
    assert!(probed.got("transforms").contains("refused: 3"));
    assert!(probed.got("echo").starts_with("3 of 3"));
    assert_eq!(probed.got("pptp"), "the connection is refused");
    assert_eq!(probed.report["warnings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_server_that_is_not_running_is_told_by_its_closed_port() {
    let Some(world) = World::new() else { return };
    let probed = probe(&world, &[SERVER]);
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"host.server_not_running"), "{:#}", probed.report);
}

#[test]
fn a_dropped_port_500_is_told_from_a_host_that_is_silent() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    drop_at_server(&world, &["udp", "dport", "500"]);
    let probed = probe(&world, &[SERVER, "--protocol", "l2tp"]);
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"net.udp500_blocked"), "{:#}", probed.report);
    assert!(probed.got("ike-4500").contains("the server chose"));

    let rest = ["ip", "saddr", "192.0.2.2"];
    world.server(&[&["nft", "add", "rule", "inet", "broken", "in"], &rest[..], &["drop"]].concat());
    let probed = probe(&world, &[SERVER]);
    let ms: u64 = probed.report["steps"].as_array().unwrap().iter().filter_map(|step| step["ms"].as_u64()).sum();
    assert!(ms < 30_000, "{ms} ms for a silent host");
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"net.server_unreachable"), "{:#}", probed.report);
}

#[test]
fn an_android_before_12_has_nothing_in_common_with_a_server_of_today() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let probed = probe(&world, &[SERVER, "--as", "android", "--protocol", "l2tp"]);
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"ike.no_proposal_phase1"), "{:#}", probed.report);
    assert!(probed.got("transforms").contains("aes-256-cbc sha1 modp2048"));
}
