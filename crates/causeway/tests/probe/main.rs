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

    fn position(&self, name: &str) -> usize {
        let steps = self.report["steps"].as_array().unwrap();
        steps.iter().position(|step| step["step"] == name).unwrap_or_else(|| panic!("no {name} in {:#}", self.report))
    }

    fn got(&self, name: &str) -> &str {
        self.step(name)["got"].as_str().unwrap()
    }

    fn causes(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["cause"].as_str().unwrap()).collect()
    }
}

/// Without secrets.
fn probe(world: &World, words: &[&str]) -> Probed {
    probe_with(world, words, &[])
}

/// With these secrets, and for L2TP only.
fn log_on(world: &World, psk: &str, password: &str, words: &[&str]) -> Probed {
    let words = [&[SERVER, "--protocol", "l2tp", "--user", "anna"], words].concat();
    probe_with(world, &words, &[("CAUSEWAY_PSK", psk), ("CAUSEWAY_PASSWORD", password)])
}

fn probe_with(world: &World, words: &[&str], secrets: &[(&str, &str)]) -> Probed {
    let mut command = world.command(&world.client, &[program(), "doctor", "probe", "--lang", "en", "--json"]);
    command.env_remove("CAUSEWAY_PSK").env_remove("CAUSEWAY_PASSWORD").envs(secrets.iter().copied());
    let output = command.args(words).output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    Probed { status: output.status.code(), report: report.unwrap_or_else(|error| panic!("{error}: {output:?}")) }
}

/// Drops packets at the server: those from outside, and what comes out of the tunnel by its device.
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

#[test]
fn with_credentials_a_whole_connection_is_made_and_ended_without_a_trace() {
    let Some(world) = World::new() else { return };
    let before = world.client_state();
    let mut server = world.serve(&[]);
    let probed = log_on(&world, PSK, "secret", &["--reach", "10.99.0.1", "--reach", "10.99.0.1:9"]);
    assert!(probed.got("address").contains("address 10.99.0.2, the server inside is 10.99.0.1"));
    assert!(probed.got("address").contains("logged on by mschapv2"));
    let methods =
        serde_json::json!({ "offered": ["mschapv2"], "refused": ["chap", "eap", "pap", "mschap"], "unknown": [] });
    assert_eq!(probed.report["authentication"], methods, "{:#}", probed.report);
    let protected = &probed.report["encryption"];
    assert_eq!(
        (protected["ike"].as_str(), &protected["weak"]),
        (Some("aes-256-cbc sha2-256 ecp256"), &serde_json::json!([]))
    );
    assert!(probed.got("encryption").contains("the server wants no encryption of PPP"));
    assert!(probed.got("quick-mode").contains("IP protocol 50"));
    assert!(probed.got("inner-echo").contains("answers all sizes: 96 576 1000 1200 1280 1360 1400"));
    assert_eq!(probed.report["stage"], "up");
    // What servers ignore an address for comes when it has been let in.
    assert!(probed.position("hang-up") < probed.position("ikev2"), "{:#}", probed.report);
    assert!(probed.position("aggressive") < probed.position("transforms"), "{:#}", probed.report);
    assert_eq!(world.client_state(), before);
    server.line_with("session down");
}

#[test]
fn without_a_password_it_ends_at_the_log_on_and_nobody_is_refused() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    let probed = probe_with(&world, &[SERVER, "--protocol", "l2tp"], &[("CAUSEWAY_PSK", PSK)]);
    assert_eq!(probed.status, Some(0), "{:#}", probed.report);
    assert_eq!(probed.got("log-on"), "the server wants a password, and none was given");
    // No name came to the server, and so nothing that could lock an account.
    let log = server.all_lines();
    assert!(log.iter().all(|line| !line.contains("\"user\":\"")), "{log:#?}");
}

#[test]
fn another_key_and_another_password_are_told_apart() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    let probed = log_on(&world, "another-key-than-the-right-one", "secret", &[]);
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"ike.psk_mismatch"), "{:#}", probed.report);
    let probed = log_on(&world, PSK, "another", &[]);
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"auth.bad_credentials"), "{:#}", probed.report);
    assert!(probed.got("log-on").contains("691"));
    // Servers lock accounts: it is sent once.
    let refusals = server.all_lines().iter().filter(|line| line.contains("auth.bad_credentials")).count();
    assert_eq!(refusals, 1);
}

#[test]
fn the_methods_of_a_server_are_found_without_a_log_on_and_say_what_windows_would_show() {
    let Some(world) = World::new() else { return };
    let server = world.serve_with("[network]\npool = \"10.99.0.0/24\"\n[ppp]\nauthentication = [\"pap\"]");
    let windows = [SERVER, "--protocol", "l2tp", "--as", "windows"];
    let psk = [("CAUSEWAY_PSK", PSK)];
    let probed = probe_with(&world, &[&windows[..], &["--html", "page.html"]].concat(), &psk);
    let page = std::fs::read_to_string(world.scratch.join("page.html")).unwrap();
    assert!(page.contains(">probe</text>") && !page.contains(">client</text>"), "{page}");
    let predicted = serde_json::json!({ "client": "windows", "ras": 919, "cause": "ppp.no_common_auth" });
    assert_eq!(probed.report["predicted"], predicted, "{:#}", probed.report);
    assert_eq!((probed.status, probed.causes().first()), (Some(1), Some(&"ppp.no_common_auth")));
    let refused = ["mschapv2", "chap", "eap", "mschap"];
    let methods = serde_json::json!({ "offered": ["pap"], "refused": refused, "unknown": [] });
    assert_eq!(probed.report["authentication"], methods, "{:#}", probed.report);
    let source = probed.report["sources"].as_array().unwrap();
    assert!(source.iter().all(|source| source["side"] == "probe"), "{:#}", probed.report);

    let probed = probe_with(&world, &[&windows[..], &["--auth", "pap"]].concat(), &psk);
    assert_eq!((probed.status, &probed.report["predicted"]), (Some(0), &Value::Null), "{:#}", probed.report);
    assert!(probed.got("methods").starts_with("the server takes pap;"), "{:#}", probed.report);
    // No name came to the server in any of the calls.
    let log = server.all_lines();
    assert!(log.iter().all(|line| !line.contains("\"user\":\"")), "{log:#?}");
}

#[test]
fn dropped_esp_is_found_by_calling_once_more_in_udp() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    drop_at_server(&world, &["ip", "protocol", "esp"]);
    let probed = log_on(&world, PSK, "secret", &[]);
    assert_eq!(probed.status, Some(1));
    assert_eq!(probed.causes().first(), Some(&"net.esp_blocked"), "{:#}", probed.report);
    assert!(probed.got("address").contains("10.99.0.2"));
}

#[test]
fn large_packets_that_vanish_inside_are_found() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    drop_at_server(&world, &["ip", "daddr", "10.99.0.1", "ip", "length", ">", "1250"]);
    let probed = log_on(&world, PSK, "secret", &[]);
    assert_eq!(probed.causes().first(), Some(&"net.mtu_blackhole"), "{:#}", probed.report);
    assert!(probed.got("inner-echo").contains("answers 96 576 1000 1200 octets, and not 1280 1360 1400"));
}

#[test]
fn a_registry_export_says_what_that_windows_machine_would_show() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let export = "Windows Registry Editor Version 5.00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters]\r\n\
        \"ProhibitIpSec\"=dword:00000001\r\n";
    std::fs::write(world.scratch.join("client.reg"), export).unwrap();
    let probed = probe(&world, &[SERVER, "--protocol", "l2tp", "--as", "windows", "--reg", "client.reg"]);
    assert_eq!(probed.status, Some(1));
    let predicted = serde_json::json!({ "client": "windows", "ras": 809, "cause": "host.prohibit_ipsec" });
    assert_eq!(probed.report["predicted"], predicted);
    assert_eq!(probed.causes().first(), Some(&"host.prohibit_ipsec"));
    let probed = probe(&world, &[SERVER, "--protocol", "l2tp", "--as", "windows"]);
    assert_eq!((probed.status, &probed.report["predicted"]), (Some(0), &Value::Null));
}
