//! `causeway dial` against `causeway serve` over the kernel's own network: two namespaces and a wire between them.
//!
//! Needs root; without it every test says so and ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

#[path = "dial/names.rs"]
mod names;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

const PSK: &str = "a-pre-shared-key-for-tests";
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_connection_carries_packets_and_leaves_nothing_behind() {
    let Some(world) = World::new() else { return };
    let before = world.client_state();
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--route", "10.0.0.0/8", "--json"]);
    let stages = dial.until("connected");
    let connected = stages.last().unwrap();
    assert_eq!(connected["address"], "10.99.0.2");
    assert_eq!(connected["authentication"], "mschapv2");
    assert_eq!(connected["encapsulation"], "raw");
    let stages: Vec<_> = stages.iter().filter_map(|event| event["stage"].as_str()).collect();
    let expected =
        ["net.route", "ike.phase1", "ike.phase2", "l2tp.tunnel", "l2tp.call", "ppp.lcp", "ppp.auth", "ppp.network"];
    assert_eq!(stages, expected);
    assert!(world.client_reaches("10.99.0.1", 1200));
    assert!(world.client(&["ip", "route", "get", "10.1.2.3"]).contains("causeway0"));
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(world.client_state(), before);
}

#[test]
fn a_full_tunnel_leads_everything_inside_and_stays_closed_while_it_is_down() {
    let Some(world) = World::new() else { return };
    let elsewhere = "198.51.100.7";
    world.server(&["ip", "address", "add", "198.51.100.7/32", "dev", "lo"]);
    let before = world.client_state();
    let server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"]);
    dial.until("connected");
    assert!(world.client_reaches(elsewhere, 56));
    // A DHCP server that names a better route does not lure anything out (CVE-2024-3661). Nor does the server's own address
    // lead outside for anything but our own packets (CVE-2023-36673).
    world.client(&["ip", "route", "add", "198.51.100.0/24", "via", SERVER, "dev", "wire"]);
    for destination in [elsewhere, SERVER] {
        assert!(world.client(&["ip", "route", "get", destination]).contains("causeway0"), "{destination}");
    }
    assert!(world.client_reaches(elsewhere, 56));
    server.stop();
    dial.until("reconnecting");
    assert!(!world.client_reaches(elsewhere, 56), "something left outside the tunnel");
    let _server = world.serve(&[]);
    dial.until("connected");
    assert!(world.client_reaches(elsewhere, 56));
    assert_eq!(dial.interrupt(), Some(0));
    assert!(world.client_reaches(elsewhere, 56), "the way outside is not back");
    world.client(&["ip", "route", "delete", "198.51.100.0/24"]);
    assert_eq!(world.client_state(), before);
}

#[test]
fn nothing_leaves_beside_a_full_tunnel_even_from_a_program_that_names_the_interface() {
    let Some(world) = World::new() else { return };
    let before = world.client_state();
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"]);
    dial.until("connected");
    let socket = within(&world.server, || std::net::UdpSocket::bind("192.0.2.1:5353").unwrap());
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let send = || {
        within(&world.client, || {
            let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
            nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::BindToDevice, &"wire".into()).unwrap();
            let _ = socket.send_to(b"a question that names a secret", "192.0.2.1:5353");
        });
    };
    send();
    assert!(socket.recv_from(&mut [0; 64]).is_err(), "it left beside the tunnel");
    assert!(world.client_reaches("10.99.0.1", 56));
    assert_eq!(dial.interrupt(), Some(0));
    send();
    assert!(socket.recv_from(&mut [0; 64]).is_ok(), "it is still closed");
    assert_eq!(world.client_state(), before);
}

#[test]
fn the_private_network_around_is_reached_beside_a_full_tunnel_only_if_it_is_allowed() {
    let Some(world) = World::new() else { return };
    // A printer, in a network that is also inside; and a public network that an access point calls its own (CVE-2023-36672).
    let own = ["192.168.77.2/24", "fd00:77::2/64", "198.51.100.2/16"];
    let others = ["192.168.77.1/24", "fd00:77::1/64", "198.51.100.7/16"];
    for address in own {
        world.client(&["ip", "address", "add", address, "dev", "wire", "nodad"]);
    }
    for address in others {
        world.server(&["ip", "address", "add", address, "dev", "wire", "nodad"]);
    }
    let before = world.client_state();
    let _server = world.serve(&[]);
    let leads = |to: &str| world.client(&["ip", "route", "get", to]);
    let closed = ["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"];
    let mut dial = world.dial(&closed);
    dial.until("connected");
    for neighbour in ["192.168.77.1", "fd00:77::1", "198.51.100.7"] {
        assert!(leads(neighbour).contains("causeway0"), "{neighbour}: {}", leads(neighbour));
    }
    assert_eq!(dial.interrupt(), Some(0));

    let mut dial = world.dial(&[&closed[..], &["--allow-lan"]].concat());
    let events = dial.until("connected");
    let said =
        |part: &str| events.iter().any(|event| event["message"].as_str().is_some_and(|text| text.contains(part)));
    assert!(said("192.168.77.0/24 (wire)") && !said("198.51.100"), "{events:#?}");
    for neighbour in ["192.168.77.1", "fd00:77::1"] {
        assert!(leads(neighbour).contains("dev wire"), "{neighbour}: {}", leads(neighbour));
        assert!(world.client_reaches(neighbour, 56), "{neighbour}");
    }
    assert!(leads("198.51.100.7").contains("causeway0"));
    // The machine comes into another network.
    world.client(&["ip", "address", "add", "192.168.78.2/24", "dev", "wire"]);
    world.client(&["ip", "address", "delete", "192.168.77.2/24", "dev", "wire"]);
    eventually("the new network is reached", || leads("192.168.78.1").contains("dev wire"));
    assert!(leads("192.168.77.1").contains("causeway0"));
    world.client(&["ip", "address", "delete", "192.168.78.2/24", "dev", "wire"]);
    world.client(&["ip", "address", "add", "192.168.77.2/24", "dev", "wire"]);
    eventually("the old one is", || leads("192.168.77.1").contains("dev wire"));
    // Routes to the neighbours outlive the device.
    drop(dial);
    let mut dial = world.dial(&[&closed[..], &["--allow-lan", "--route", "192.168.0.0/16"]].concat());
    dial.until("connected");
    assert!(leads("192.168.77.1").contains("causeway0"), "what was named as inside is inside");
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(world.client(&["ip", "route", "show", "table", "all", "proto", "121"]), "");
    assert_eq!(world.client_state(), before);
}

#[test]
fn a_second_full_tunnel_is_refused() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"]);
    dial.until("connected");
    let failed = world.fail(&["--server", SERVER, "--user", "anna", "--full-tunnel"], &[]);
    assert_eq!(failed.output.status.code(), Some(20));
    assert!(String::from_utf8_lossy(&failed.output.stderr).contains("another connection"), "{:?}", failed.output);
    assert!(world.client_reaches("10.99.0.1", 56), "the first suffered");
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn the_network_outside_gets_no_answer_from_the_address_inside() {
    let Some(world) = World::new() else { return };
    // CVE-2019-14899: somebody in the same network sends to the tunnel's address, and sees by the answers whether he guessed it.
    let attacker = Neighbour::new(&world);
    let before = world.client_state();
    assert!(!attacker.reaches("10.99.0.2"));
    let server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    dial.until("connected");
    assert!(attacker.reaches("192.0.2.2"), "the attacker is not attached");
    assert!(!attacker.reaches("10.99.0.2"), "the address inside answers outside");
    assert!(world.client_reaches("10.99.0.2", 56), "this host does not reach its own address");
    assert!(world.client_reaches("10.99.0.1", 56));
    drop(dial);
    server.stop();
    // Nothing of it outlives a crash.
    let rules = world.command(&world.client, &["nft", "list", "ruleset"]).output();
    assert!(rules.is_err() || rules.is_ok_and(|rules| rules.stdout.is_empty()));
    assert_eq!(world.client_state(), before);
}

#[test]
fn a_full_tunnel_works_where_the_kernel_insists_on_the_way_back() {
    let Some(world) = World::new() else { return };
    world.client(&["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1"]);
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"]);
    dial.until("connected");
    assert!(world.client_reaches("10.99.0.1", 56));
    assert_eq!(world.client(&["sysctl", "-n", "net.ipv4.conf.wire.rp_filter"]).trim(), "2");
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(world.client(&["sysctl", "-n", "net.ipv4.conf.wire.rp_filter"]).trim(), "0");
}

#[test]
fn what_a_killed_dialer_left_is_gone_after_the_next() {
    let Some(world) = World::new() else { return };
    let before = world.client_state();
    let server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"]);
    dial.until("connected");
    assert_ne!(world.client(&["ip", "rule"]), before.2);
    drop(dial);
    server.stop();
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    dial.until("connected");
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(world.client_state(), before);
}

#[test]
fn name_servers_are_used_for_the_time_of_the_connection() {
    let Some(world) = World::new() else { return };
    let resolv = world.own_resolver("nameserver 192.0.2.53\n");
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--dns", "--json"]);
    let connected = dial.until("connected").pop().unwrap();
    let first = connected["dns"][0].as_str().unwrap();
    assert!(std::fs::read_to_string(&resolv).unwrap().contains(&format!("nameserver {first}\n")));
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(std::fs::read_to_string(&resolv).unwrap(), "nameserver 192.0.2.53\n");
}

#[test]
fn a_server_tells_where_the_tunnel_leads_and_a_host_takes_what_it_may() {
    let Some(world) = World::new() else { return };
    let resolv = world.own_resolver("nameserver 192.0.2.53\n");
    // What the host has a route to stays outside, and so does the server, which one of the networks covers.
    world.client(&["ip", "route", "add", "10.66.0.0/16", "via", SERVER]);
    let before = world.client_state();
    let server = world.serve_with(
        "[network]\nnat = false\ndns = [\"10.1.0.53\"]\ndomain = \"corp.example\"\n\
         routes = [\"10.1.0.0/16\", \"10.66.7.0/24\", \"192.0.0.0/16\", \"192.0.2.0/24\"]\n",
    );
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--dns", "--json"]);
    let pushed = dial.until("pushed").pop().unwrap();
    assert_eq!(pushed["routes"], serde_json::json!(["10.1.0.0/16", "192.0.0.0/16"]));
    assert_eq!(pushed["domain"], "corp.example");
    let refused = pushed["refused"].as_array().unwrap();
    let refused: Vec<_> = refused.iter().filter_map(|refused| refused["route"].as_str()).collect();
    assert_eq!(refused, ["10.66.7.0/24", "192.0.2.0/24"]);
    assert!(world.client(&["ip", "route", "get", "10.1.2.3"]).contains("causeway0"));
    assert!(world.client(&["ip", "route", "get", "192.0.7.7"]).contains("causeway0"));
    assert!(world.client(&["ip", "route", "get", "10.66.7.7"]).contains("wire"));
    assert!(world.client(&["ip", "route", "get", SERVER]).contains("dev wire"));
    assert!(world.client_reaches("10.99.0.1", 1200));
    let resolver = std::fs::read_to_string(&resolv).unwrap();
    assert!(resolver.contains("nameserver 10.1.0.53\n") && resolver.contains("search corp.example\n"), "{resolver}");
    // They stay through a reconnection, and what the server does not name any more is gone after it.
    server.stop();
    dial.until("reconnecting");
    assert!(world.client(&["ip", "route", "get", "10.1.2.3"]).contains("causeway0"));
    let _server = world.serve_with("[network]\nnat = false\nroutes = [\"10.2.0.0/16\"]\n");
    let pushed = dial.until("pushed").pop().unwrap();
    assert_eq!(pushed["routes"], serde_json::json!(["10.2.0.0/16"]));
    assert!(!world.client(&["ip", "route"]).contains("10.1.0.0/16"));
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(world.client_state(), before);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--no-pushed-routes", "--json"]);
    dial.until("warning");
    assert!(!world.client(&["ip", "route"]).contains("10.2.0.0/16"));
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn another_key_is_789() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let failed =
        world.fail(&["--server", SERVER, "--user", "anna"], &[("CAUSEWAY_PSK", "quite-another-key-than-that")]);
    failed.is(11, 789, "ike.psk_mismatch");
}

#[test]
fn another_password_is_691() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let failed = world.fail(&["--server", SERVER, "--user", "anna"], &[("CAUSEWAY_PASSWORD", "wrong")]);
    failed.is(13, 691, "auth.bad_credentials");
    assert_eq!(failed.event["stage"], "ppp.auth");
}

#[test]
fn a_user_that_nobody_knows_is_691() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    world.fail(&["--server", SERVER, "--user", "berta"], &[]).is(13, 691, "auth.bad_credentials");
}

#[test]
fn no_common_authentication_is_919() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let failed = world.fail(&["--server", SERVER, "--user", "anna", "--auth", "chap"], &[]);
    failed.is(13, 919, "ppp.no_common_auth");
}

#[test]
fn no_common_algorithms_is_788() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let failed = world.fail(&["--server", SERVER, "--user", "anna", "--as", "android-11"], &[]);
    failed.is(11, 788, "ike.no_proposal_phase1");
}

#[test]
fn an_old_client_is_served_by_a_server_that_allows_it() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&["--legacy"]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--as", "android-11", "--json"]);
    dial.until("connected");
    assert!(dial.until("warning").last().unwrap()["message"].as_str().unwrap().contains("modp1024"));
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn silence_is_809_after_the_time_that_was_given() {
    let Some(world) = World::new() else { return };
    // The server's host forwards into nothing.
    world.server(&["ip", "route", "add", "blackhole", "203.0.113.9"]);
    world.server(&["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    world.client(&["ip", "route", "add", "203.0.113.9", "via", SERVER]);
    let failed = world.fail(&["--server", "203.0.113.9", "--user", "anna", "--timeout", "1"], &[]);
    failed.is(10, 809, "net.udp500_blocked");
    assert_eq!(failed.event["detail"]["port"], 500);
}

#[test]
fn a_host_without_the_service_is_told_from_silence_at_once() {
    let Some(world) = World::new() else { return };
    let failed = world.fail(&["--server", SERVER, "--user", "anna", "--timeout", "120"], &[]);
    failed.is(10, 809, "net.server_unreachable");
    assert_eq!(failed.event["detail"]["icmp"], "PortUnreachable");
}

#[test]
fn when_every_strategy_has_failed_the_number_is_800_with_each_ones_own_under_it() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let words = ["--server", SERVER, "--user", "anna", "--order", "l2tp,l2tp-clear", "--without-ipsec"];
    let failed = world.fail(&words, &[("CAUSEWAY_PSK", "quite-another-key-than-that")]);
    failed.is(11, 800, "ike.psk_mismatch");
    assert_eq!(failed.event["stage"], "ike.phase1");
    let attempts = failed.event["attempts"].as_array().unwrap();
    let shown = |attempt: &Value| {
        let word = |key: &str| attempt[key].as_str().unwrap().to_owned();
        (word("strategy"), attempt["ras"].as_u64().unwrap(), word("cause"), word("stage"))
    };
    let expected = |strategy: &str, ras, cause: &str, stage: &str| (strategy.into(), ras, cause.into(), stage.into());
    assert_eq!(
        attempts.iter().map(shown).collect::<Vec<_>>(),
        [
            expected("l2tp", 789, "ike.psk_mismatch", "ike.phase1"),
            // The server has no socket for L2TP, and its kernel says so.
            expected("l2tp-clear", 809, "net.server_unreachable", "l2tp.tunnel"),
        ]
    );
    for line in ["RAS error 800", "  l2tp: RAS error 789", "  l2tp-clear: RAS error 809"] {
        let said = String::from_utf8_lossy(&failed.output.stderr);
        assert!(said.contains(line), "{line} is not in {said}");
    }
}

#[test]
fn a_wrong_password_is_not_tried_by_another_strategy() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let words = ["--server", SERVER, "--user", "anna", "--order", "l2tp,l2tp-clear", "--without-ipsec"];
    let failed = world.fail(&words, &[("CAUSEWAY_PASSWORD", "wrong")]);
    failed.is(13, 691, "auth.bad_credentials");
    assert_eq!(failed.event["attempts"], Value::Null);
}

#[test]
fn a_server_that_demands_ipsec_is_silent_without() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    world.server(&["nft", "add", "table", "inet", "quiet"]);
    world.server(&["nft", "add", "chain", "inet", "quiet", "in", "{ type filter hook input priority 0; }"]);
    world.server(&["nft", "add", "rule", "inet", "quiet", "in", "udp", "dport", "1701", "drop"]);
    let words = ["--server", SERVER, "--user", "anna", "--protocol", "l2tp", "--without-ipsec", "--timeout", "1"];
    let failed = world.fail(&words, &[]);
    failed.is(12, 809, "l2tp.not_protected");
    let events = String::from_utf8_lossy(&failed.output.stdout);
    assert!(
        events.lines().any(|event| event.contains("warning") && event.contains("nothing is protected")),
        "{events}"
    );
}

#[test]
fn without_ipsec_is_never_meant_by_accident() {
    for words in [
        &["--protocol", "l2tp-clear"][..],
        &["--without-ipsec"],
        &["--order", "l2tp,l2tp-clear"],
        &["--clear-password"],
        &["--protocol", "l2tp", "--without-ipsec", "--auth", "pap"],
    ] {
        let words = [&["dial", "--server", SERVER, "--user", "anna"], words].concat();
        let mut program = Command::new(program());
        let output = program.args(&words).env("CAUSEWAY_PSK", PSK).env("CAUSEWAY_PASSWORD", "word").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn pptp_is_named_and_not_there_yet() {
    for protocol in [&["--protocol", "pptp"][..], &["--order", "l2tp,pptp"]] {
        let words = [&["dial", "--server", SERVER, "--user", "anna"], protocol].concat();
        let output = Command::new(program()).args(&words).env("CAUSEWAY_PSK", PSK).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{protocol:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("does not speak PPTP yet"));
    }
}

#[test]
fn a_name_that_does_not_resolve_is_868() {
    let Some(world) = World::new() else { return };
    world.fail(&["--server", "nowhere.invalid", "--user", "anna"], &[]).is(10, 868, "net.dns_failure");
}

#[test]
fn a_missing_route_is_said_before_anything_is_sent() {
    let Some(world) = World::new() else { return };
    let failed = world.fail(&["--server", "203.0.113.9", "--user", "anna"], &[]);
    failed.is(10, 769, "net.no_internet");
    assert_eq!(failed.event["stage"], "net.route");
}

#[test]
fn with_the_ports_taken_by_another_ike_service_others_serve() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let ports = ["0.0.0.0:500", "0.0.0.0:4500"];
    let _other = world.take_udp_ports(&ports);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    let connected = dial.until("connected").pop().unwrap();
    assert_eq!(connected["encapsulation"], "udp");
    assert!(world.client_reaches("10.99.0.1", 1300));
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn a_lost_connection_is_made_again_unless_once_is_enough() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    let mut once = world.dial(&["--server", SERVER, "--user", "anna", "--json", "--once"]);
    once.until("connected");
    server.stop();
    assert_eq!(once.until("failed").pop().unwrap()["ras"], 629);
    assert_eq!(once.wait(), Some(0));

    let server = world.serve(&[]);
    // The route covers the server, so the way to it has to be found again without going through the tunnel.
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--route", "192.0.0.0/8", "--json"]);
    dial.until("connected");
    server.stop();
    let _server = world.serve(&[]);
    dial.until("reconnecting");
    dial.until("connected");
    assert!(world.client_reaches("10.99.0.1", 56));
    assert!(world.client(&["ip", "route", "get", "192.7.7.7"]).contains("causeway0"));
    assert!(world.client(&["ip", "route", "get", SERVER]).contains("dev wire"));
    dial.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(!dial.until("disconnected").iter().any(|event| event["event"] == "warning"), "{:#?}", dial.seen);
    assert_eq!(dial.wait(), Some(0));
}

#[test]
fn a_host_that_moves_to_another_address_is_connected_again() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    dial.until("connected");
    world.client(&["ip", "address", "delete", "192.0.2.2/24", "dev", "wire"]);
    world.client(&["ip", "address", "add", "192.0.2.3/24", "dev", "wire"]);
    let failed = dial.until("failed").pop().unwrap();
    assert_eq!((failed["ras"].as_u64(), failed["detail"]["address_is"].as_str()), (Some(829), Some("192.0.2.3")));
    dial.until("connected");
    assert!(world.client_reaches("10.99.0.1", 56));
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn a_server_on_the_same_host_is_not_mistaken_for_ourselves() {
    let Some(world) = World::new() else { return };
    let failed = world.fail(&["--server", "127.0.0.1", "--user", "anna", "--timeout", "120"], &[]);
    failed.is(10, 809, "net.server_unreachable");
}

#[test]
fn without_privileges_the_tunnel_is_used_through_a_proxy_and_a_forward() {
    let Some(world) = World::new() else { return };
    if Command::new("setpriv").arg("--version").output().is_err() {
        println!("skipped: needs setpriv(1)");
        return;
    }
    let before = world.client_state();
    let server = world.serve(&[]);
    world.echo("0.0.0.0:7");
    let mut dial = world.dial_as_nobody(&["--socks", "1080", "--forward", "2007=10.99.0.1:7"]);
    let mut events = dial.until("connected");
    assert!(events.iter().any(|event| event["stage"] == "net.ports"), "port 500 was to be had: {events:#?}");
    let connected = events.pop().unwrap();
    assert_eq!((connected["encapsulation"].as_str(), connected["device"].as_str()), (Some("udp"), None));
    assert_eq!(connected["services"][0], serde_json::json!({ "kind": "socks", "listen": "127.0.0.1:1080" }));
    assert_eq!(connected["services"][1]["to"], "10.99.0.1:7");
    assert_eq!(world.client_state(), before);
    assert!(echoes(world.socks("127.0.0.1:1080", [10, 99, 0, 1], 7).unwrap()));
    assert!(echoes(world.connect("127.0.0.1:2007")));
    // Nothing listens there, and the proxy says so: connection refused (RFC 1928 §6).
    assert_eq!(world.socks("127.0.0.1:1080", [10, 99, 0, 1], 9).unwrap_err(), 5);

    let held = world.socks("127.0.0.1:1080", [10, 99, 0, 1], 7).unwrap();
    server.stop();
    dial.until("reconnecting");
    assert_ne!(world.socks("127.0.0.1:1080", [10, 99, 0, 1], 7).unwrap_err(), 0);
    let _server = world.serve(&[]);
    dial.until("connected");
    assert!(echoes(held), "the server assigned the same address again, and the connection was cut");
    assert!(echoes(world.connect("127.0.0.1:2007")));
    assert!(echoes(world.socks("127.0.0.1:1080", [10, 99, 0, 1], 7).unwrap()));
    dial.signal(nix::sys::signal::Signal::SIGINT);
    assert_eq!(dial.wait(), Some(0));
}

#[test]
fn a_proxy_whose_port_is_taken_ends_the_dial() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let _other = within(&world.client, || TcpListener::bind("127.0.0.1:1080").unwrap());
    let failed = world.fail(&["--server", SERVER, "--user", "anna", "--userspace"], &[]);
    assert_eq!(failed.output.status.code(), Some(20));
    let said = String::from_utf8_lossy(&failed.output.stderr);
    assert!(said.contains("cannot offer the SOCKS5 proxy on 127.0.0.1:1080"), "{said}");
}

#[test]
fn a_profile_says_what_the_command_line_leaves_out() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let profile = world.scratch.join("office.toml");
    let text = format!("server = \"{SERVER}\"\nuser = \"anna\"\nroutes = [\"10.7.0.0/16\"]\ndevice = \"office0\"\n");
    std::fs::write(&profile, text).unwrap();
    let mut dial = world.dial(&[profile.to_str().unwrap(), "--json"]);
    let connected = dial.until("connected").pop().unwrap();
    assert_eq!((connected["device"].as_str(), connected["routes"][0].as_str()), (Some("office0"), Some("10.7.0.0/16")));
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn without_password_and_terminal_the_ways_to_give_one_are_named() {
    let Some(world) = World::new() else { return };
    let mut command = world.command(&world.client, &["setsid", "--wait", program()]);
    command.args(["dial", "--server", SERVER, "--user", "anna"]);
    let output = command.env_remove("CAUSEWAY_PASSWORD").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    for way in ["CAUSEWAY_PASSWORD", "--password-file", "profile", "credential"] {
        assert!(text.contains(way), "{way} is missing in {text}");
    }
}

#[test]
fn the_password_is_asked_for_when_authentication_is_reached_and_not_shown() {
    let Some(world) = World::new() else { return };
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: needs script(1) for a terminal");
        return;
    }
    let _server = world.serve(&[]);
    // A shell that stays would be interrupted, too, and its status told instead of the program's.
    let line = format!("exec {} dial --server {SERVER} --user anna", program());
    let mut command = world.command(&world.client, &["script", "-qec", &line, "/dev/null"]);
    command.env_remove("CAUSEWAY_PASSWORD").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = String::new();
    let mut show_until = |word: &str| {
        let mut octets = [0; 512];
        while !shown.contains(word) {
            let len = screen.read(&mut octets).unwrap();
            assert_ne!(len, 0, "{shown}");
            shown.push_str(&String::from_utf8_lossy(&octets[..len]));
        }
        shown.clone()
    };
    let before = show_until("Password of anna at 192.0.2.1: ");
    assert!(before.contains("ppp.lcp") && !before.contains("ppp.auth"), "{before}");
    keyboard.write_all(b"secret\n").unwrap();
    let after = show_until("connected: address 10.99.0.2");
    assert!(!after.contains("secret"), "{after}");
    // Ctrl-C.
    keyboard.write_all(b"\x03").unwrap();
    show_until("disconnected");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Waits until something is so.
fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let (sender, receiver) = mpsc::channel::<()>();
    for _ in 0..100 {
        if so() {
            return;
        }
        let _ = receiver.recv_timeout(PATIENCE / 100);
    }
    drop(sender);
    panic!("it never came so far: {what}");
}

const SERVER: &str = "192.0.2.1";

/// Runs `work` in a thread of its own: only that thread enters the namespace, and the sockets stay in it.
fn within<T: Send>(namespace: &str, work: impl FnOnce() -> T + Send) -> T {
    let namespace = std::fs::File::open(Path::new("/run/netns").join(namespace)).unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

/// Whether more comes back than any buffer on the way holds, unchanged.
fn echoes(mut stream: TcpStream) -> bool {
    let sent: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_be_bytes).collect();
    let mut writer = stream.try_clone().unwrap();
    let mut received = vec![0; sent.len()];
    std::thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&sent).unwrap());
        stream.read_exact(&mut received).unwrap();
    });
    received == sent
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_causeway")
}

/// Two namespaces with a wire between them, 192.0.2.1 at the server's end and 192.0.2.2 at the client's.
struct World {
    server: String,
    client: String,
    scratch: PathBuf,
}

impl World {
    fn new() -> Option<World> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cwd{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let scratch = std::env::temp_dir().join(&name);
        let world = World { server: format!("{name}-s"), client: format!("{name}-c"), scratch };
        for namespace in [&world.server, &world.client] {
            let made = Command::new("ip").args(["netns", "add", namespace]).stderr(Stdio::null()).status();
            if !made.is_ok_and(|status| status.success()) || !Path::new("/dev/net/tun").exists() {
                println!("skipped: needs root, iproute2 and /dev/net/tun");
                return None;
            }
        }
        std::fs::create_dir_all(&world.scratch).unwrap();
        let ends =
            ["link", "add", "wire", "netns", &world.server, "type", "veth", "peer", "wire", "netns", &world.client];
        assert!(Command::new("ip").args(ends).status().unwrap().success());
        for (namespace, address) in [(&world.server, "192.0.2.1/24"), (&world.client, "192.0.2.2/24")] {
            world.run(namespace, &["ip", "address", "add", address, "dev", "wire"]);
            world.run(namespace, &["ip", "link", "set", "lo", "up"]);
            world.run(namespace, &["ip", "link", "set", "wire", "up"]);
        }
        Some(world)
    }

    fn command(&self, namespace: &str, words: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).args(words);
        command.env("CAUSEWAY_PSK", PSK).env("CAUSEWAY_USER", "anna").env("CAUSEWAY_PASSWORD", "secret");
        command.current_dir(&self.scratch);
        command
    }

    fn run(&self, namespace: &str, words: &[&str]) -> String {
        let output = self.command(namespace, words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn server(&self, words: &[&str]) -> String {
        self.run(&self.server, words)
    }

    fn client(&self, words: &[&str]) -> String {
        self.run(&self.client, words)
    }

    /// Links, routes and rules of the client: what a dial must leave as it was.
    fn client_state(&self) -> (Vec<String>, String, String) {
        let links = self.client(&["ip", "-br", "link"]);
        let names = links.lines().filter_map(|line| line.split_whitespace().next()).map(String::from).collect();
        (names, self.client(&["ip", "-4", "route", "show", "table", "main"]), self.client(&["ip", "rule"]))
    }

    /// Gives the client a resolver configuration of its own, which stands in place of the host's in its namespace.
    fn own_resolver(&self, text: &str) -> PathBuf {
        let directory = Path::new("/etc/netns").join(&self.client);
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("resolv.conf");
        std::fs::write(&file, text).unwrap();
        file
    }

    fn client_reaches(&self, address: &str, octets: u32) -> bool {
        let octets = octets.to_string();
        let words = ["ping", "-c", "2", "-i", "0.1", "-W", "1", "-s", &octets, address];
        self.command(&self.client, &words).stdout(Stdio::null()).status().unwrap().success()
    }

    fn serve(&self, further: &[&str]) -> Running {
        let mut command = self.command(&self.server, &[program(), "serve", "--quick", "--pool", "10.99.0.0/24"]);
        let child =
            command.args(["--state", "state"]).args(further).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let lines = lines(child.stderr.take().unwrap());
        let mut server = Running { child, lines, seen: Vec::new() };
        server.line_with(" ready ");
        server
    }

    /// A server of a configuration file with these tables.
    fn serve_with(&self, tables: &str) -> Running {
        let file = self.scratch.join("server.toml");
        let text = format!(
            "[server]\nlisten = [\"192.0.2.1\"]\nsocket = \"control.sock\"\nstate = \"state\"\n[ipsec]\npsk = \"{PSK}\"\n\
             {tables}\n[[user]]\nname = \"anna\"\npassword = \"secret\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let mut command = self.command(&self.server, &[program(), "serve", "--config", file]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines(child.stderr.take().unwrap());
        let mut server = Running { child, lines, seen: Vec::new() };
        server.line_with(" ready ");
        server
    }

    fn dial(&self, further: &[&str]) -> Running {
        let mut command = self.command(&self.client, &[program(), "dial"]);
        let child = command.args(further).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Running { child, lines, seen: Vec::new() }
    }

    /// Dials to the end, which has to be a failure.
    fn fail(&self, further: &[&str], environment: &[(&str, &str)]) -> Failed {
        let mut command = self.command(&self.client, &[program(), "dial", "--json"]);
        let output = command.args(further).envs(environment.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let event = text.lines().last().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        Failed { output, event }
    }

    /// Something else in the client's namespace that listens on these ports.
    fn take_udp_ports(&self, addresses: &[&str]) -> Vec<std::net::UdpSocket> {
        within(&self.client, || addresses.iter().map(|address| std::net::UdpSocket::bind(address).unwrap()).collect())
    }

    /// A service at the server's side that sends back what it gets.
    fn echo(&self, address: &str) {
        let listener = within(&self.server, || TcpListener::bind(address).unwrap());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || std::io::copy(&mut &client, &mut &client));
            }
        });
    }

    /// Dials with a stack in the process, as a user who may nothing.
    fn dial_as_nobody(&self, further: &[&str]) -> Running {
        // Where the program stands, others may not look.
        let copy = self.scratch.join("causeway");
        std::fs::copy(program(), &copy).unwrap();
        let words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", copy.to_str().unwrap()];
        let mut command = self.command(&self.client, &words);
        command.args(["dial", "--server", SERVER, "--user", "anna", "--json", "--userspace"]);
        let child = command.args(further).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap();
        let lines = lines(child.stdout.take().unwrap());
        Running { child, lines, seen: Vec::new() }
    }

    /// A connection of a program at the client's side.
    fn connect(&self, address: &str) -> TcpStream {
        let stream = within(&self.client, || TcpStream::connect(address).unwrap());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A connection through a SOCKS5 proxy, or the proxy's reason against it (RFC 1928 §4, §6).
    fn socks(&self, proxy: &str, [a, b, c, d]: [u8; 4], port: u8) -> Result<TcpStream, u8> {
        let mut stream = self.connect(proxy);
        stream.write_all(&[5, 1, 0]).unwrap();
        let mut method = [0; 2];
        stream.read_exact(&mut method).unwrap();
        assert_eq!(method, [5, 0]);
        stream.write_all(&[5, 1, 0, 1, a, b, c, d, 0, port]).unwrap();
        let mut reply = [0; 10];
        stream.read_exact(&mut reply).unwrap();
        if reply[1] == 0 { Ok(stream) } else { Err(reply[1]) }
    }
}

/// Somebody in the client's own network, who takes what is inside the tunnel for being behind the client.
struct Neighbour<'a> {
    world: &'a World,
    namespace: String,
}

impl<'a> Neighbour<'a> {
    fn new(world: &'a World) -> Neighbour<'a> {
        let neighbour = Neighbour { world, namespace: format!("{}-n", world.client) };
        let namespace = neighbour.namespace.as_str();
        assert!(Command::new("ip").args(["netns", "add", namespace]).status().unwrap().success());
        let ends = ["link", "add", "cafe", "netns", namespace, "type", "veth", "peer", "cafe", "netns", &world.client];
        assert!(Command::new("ip").args(ends).status().unwrap().success());
        for (end, address) in [(namespace, "203.0.113.3/24"), (&world.client, "203.0.113.2/24")] {
            world.run(end, &["ip", "address", "add", address, "dev", "cafe"]);
            world.run(end, &["ip", "link", "set", "cafe", "up"]);
        }
        for inside in ["10.99.0.0/24", "192.0.2.0/24"] {
            world.run(namespace, &["ip", "route", "add", inside, "via", "203.0.113.2"]);
        }
        neighbour
    }

    fn reaches(&self, address: &str) -> bool {
        let words = ["ping", "-c", "2", "-i", "0.1", "-W", "1", address];
        self.world.command(&self.namespace, &words).stdout(Stdio::null()).status().unwrap().success()
    }
}

impl Drop for Neighbour<'_> {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.namespace]).stderr(Stdio::null()).status();
        let _ =
            self.world.command(&self.world.client, &["ip", "link", "delete", "cafe"]).stderr(Stdio::null()).status();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for namespace in [&self.server, &self.client] {
            let _ = Command::new("ip").args(["netns", "delete", namespace]).stderr(Stdio::null()).status();
        }
        let _ = std::fs::remove_dir_all(&self.scratch);
        let _ = std::fs::remove_dir_all(Path::new("/etc/netns").join(&self.client));
    }
}

/// A program under test and the lines it prints. Dropping it ends it.
struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    fn line(&mut self) -> Option<String> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        self.seen.push(line.clone());
        Some(line)
    }

    fn line_with(&mut self, word: &str) {
        while let Some(line) = self.line() {
            if line.contains(word) {
                return;
            }
        }
        panic!("no line with `{word}` in {:#?}", self.seen);
    }

    /// The events up to the first of this kind.
    fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(line) = self.line() {
            let event: Value = serde_json::from_str(&line).unwrap();
            let found = event["event"] == kind;
            events.push(event);
            if found {
                return events;
            }
        }
        panic!("no event `{kind}` in {:#?}", self.seen);
    }

    fn interrupt(mut self) -> Option<i32> {
        self.signal(nix::sys::signal::Signal::SIGINT);
        self.wait_status()
    }

    fn stop(mut self) {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.wait_status();
    }

    fn wait(mut self) -> Option<i32> {
        self.wait_status()
    }

    fn wait_status(&mut self) -> Option<i32> {
        // The lines end when the program does.
        while self.line().is_some() {}
        self.child.wait().unwrap().code()
    }

    fn signal(&self, signal: nix::sys::signal::Signal) {
        let id = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(id, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Failed {
    output: Output,
    event: Value,
}

impl Failed {
    fn is(&self, status: i32, ras: u32, cause: &str) {
        let Failed { output, event } = self;
        assert_eq!((event["event"].as_str(), event["ras"].as_u64()), (Some("failed"), Some(ras.into())), "{output:?}");
        assert_eq!(event["cause"], cause, "{event}");
        assert_eq!(output.status.code(), Some(status));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.lines().any(|line| line.starts_with(&format!("RAS error {ras}: "))), "{said}");
    }
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
