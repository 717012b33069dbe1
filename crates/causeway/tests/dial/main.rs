//! `causeway dial` against `causeway serve` over the kernel's own network: two namespaces and a wire between them.
//!
//! Needs root; without it every test says so and ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

mod manners;
mod names;
mod unit;
mod world;

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use world::*;

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
    assert!(world.client_is_cut_off_from(elsewhere), "something left outside the tunnel");
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
    // Something that manages the network removes rules that it does not know.
    world.client(&["ip", "rule", "delete", "priority", "6377"]);
    eventually("the rule is back", || world.client(&["ip", "rule"]).contains("6377:"));
    assert!(world.client_reaches("10.99.0.1", 56));
    assert_eq!(dial.interrupt(), Some(0));
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
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
    for neighbour in ["192.168.77.1", "198.51.100.7"] {
        assert!(leads(neighbour).contains("causeway0"), "{neighbour}: {}", leads(neighbour));
    }
    // This server has no IPv6.
    assert!(world.client_is_cut_off_from("fd00:77::1"));
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
    assert!(attacker.is_cut_off_from("10.99.0.2"));
    let server = world.serve(&[]);
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    dial.until("connected");
    assert!(attacker.reaches("192.0.2.2"), "the attacker is not attached");
    assert!(attacker.is_cut_off_from("10.99.0.2"), "the address inside answers outside");
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
fn ipv6_passes_where_the_server_offers_it() {
    let Some(world) = World::new() else { return };
    let before = (world.client_state(), world.client_ipv6());
    let _server = world.serve_with("[network]\nnat = false\nipv6 = \"fd00:99::/48\"\n");
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--route", "fd00:99::/48", "--json"]);
    let connected = dial.until("connected").pop().unwrap();
    let address = connected["address6"].as_str().unwrap().to_owned();
    assert!(address.starts_with("fd00:99:0:1:"), "{address}");
    assert!(world.client(&["ip", "-6", "route", "get", "fd00:99::1"]).contains(&format!("src {address}")));
    assert!(world.client_reaches("fd00:99::1", 1200));
    let addresses = world.client(&["ip", "-6", "-o", "address", "show", "dev", "causeway0"]);
    assert_eq!(addresses.lines().count(), 2, "{addresses}");
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!((world.client_state(), world.client_ipv6()), before);
}

#[test]
fn a_full_tunnel_carries_ipv6_or_closes_it() {
    let Some(world) = World::new() else { return };
    let elsewhere = "2001:db8:7::7";
    world.server(&["ip", "address", "add", "2001:db8:7::7/128", "dev", "lo"]);
    world.server(&["ip", "address", "add", "2001:db8::1/64", "dev", "wire", "nodad"]);
    world.client(&["ip", "address", "add", "2001:db8::2/64", "dev", "wire", "nodad"]);
    world.client(&["ip", "route", "add", "default", "via", "2001:db8::1"]);
    assert!(world.client_reaches(elsewhere, 56), "the test's own network does not work");
    let before = (world.client_state(), world.client_ipv6());
    let server = world.serve_with("[network]\nnat = false\n");
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--full-tunnel", "--json"]);
    assert!(dial.until("connected").pop().unwrap()["address6"].is_null());
    assert!(world.client_is_cut_off_from(elsewhere), "IPv6 passed beside the tunnel");
    assert!(world.client_is_cut_off_from("2001:db8::1"), "IPv6 passed beside the tunnel");
    // The same server with IPv6: it is carried, and closed again while the tunnel is down.
    server.stop();
    dial.until("reconnecting");
    let server = world.serve_with("[network]\nnat = false\nipv6 = \"fd00:99::/48\"\n");
    assert!(dial.until("connected").pop().unwrap()["address6"].is_string());
    assert!(world.client(&["ip", "-6", "route", "get", elsewhere]).contains("causeway0"));
    assert!(world.client_reaches(elsewhere, 1200));
    server.stop();
    dial.until("reconnecting");
    assert!(world.client_is_cut_off_from(elsewhere), "IPv6 passed beside the tunnel");
    assert_eq!(dial.interrupt(), Some(0));
    assert!(world.client_reaches(elsewhere, 56), "the way outside is not back");
    assert_eq!((world.client_state(), world.client_ipv6()), before);
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
    // The server knows more, and says it to those who may ask it.
    let socket = ["--socket", "state/control.sock", "--json"];
    let list: serde_json::Value =
        serde_json::from_str(&world.server(&[&[program(), "session", "failed"], &socket[..]].concat())).unwrap();
    let id = list["failed"][0]["session"].as_str().unwrap();
    assert_eq!(list["failed"][0]["cause"], "auth.bad_credentials");
    let explained: serde_json::Value =
        serde_json::from_str(&world.server(&[&[program(), "session", "explain", id], &socket[..]].concat())).unwrap();
    assert_eq!(explained["findings"][0]["cause"], "auth.bad_credentials");
    assert!(!explained["findings"][0]["fix"].as_array().unwrap().is_empty(), "{explained}");
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
