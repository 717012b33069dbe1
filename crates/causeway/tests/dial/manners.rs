//! The manners of one call: what it asks, whom it tries, and how it says good-bye.

use crate::world::*;

const QUESTION: &str = "Password of anna at 192.0.2.1: ";
const CTRL_C: &[u8] = b"\x03";
const CTRL_D: &[u8] = b"\x04";

/// How often each of these is in a server's log.
fn count<const N: usize>(server: Running, words: [&str; N]) -> [usize; N] {
    let lines = server.all_lines();
    words.map(|word| lines.iter().filter(|line| line.contains(word)).count())
}

#[test]
fn the_password_is_asked_for_when_authentication_is_reached_and_not_shown() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    let Some(mut terminal) = world.dial_at_terminal() else { return };
    let before = terminal.answer(QUESTION, b"secret\n");
    assert!(before.contains("ppp.lcp") && !before.contains("ppp.auth"), "{before}");
    let after = terminal.answer("connected: address 10.99.0.2", CTRL_C);
    assert!(!after.contains("secret"), "{after}");
    terminal.shows("disconnected");
    assert_eq!(terminal.wait(), Some(0));
    // One call, in which the server waited: nobody is said to have failed.
    let counts = count(server, ["session up", "session down", "connection failed"]);
    assert_eq!(counts, [1, 1, 0]);
}

#[test]
fn a_wrong_password_is_corrected_in_the_same_call() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    let Some(mut terminal) = world.dial_at_terminal() else { return };
    terminal.answer(QUESTION, b"mistyped\n");
    let between = terminal.answer(QUESTION, b"secret\n");
    assert!(between.contains("RAS error 691"), "{between}");
    terminal.answer("connected: address 10.99.0.2", CTRL_C);
    terminal.shows("disconnected");
    assert_eq!(terminal.wait(), Some(0));
    assert_eq!(count(server, ["session up", "connection failed"]), [1, 0]);
}

#[test]
fn three_wrong_passwords_are_691() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let Some(mut terminal) = world.dial_at_terminal() else { return };
    for _ in 0..3 {
        terminal.answer(QUESTION, b"mistyped\n");
    }
    terminal.shows("cause auth.bad_credentials, at stage ppp.auth");
    assert_eq!(terminal.wait(), Some(13));
}

#[test]
fn no_password_is_an_answer_too() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    for nothing in [CTRL_D, b"\n"] {
        let Some(mut terminal) = world.dial_at_terminal() else { return };
        terminal.answer(QUESTION, nothing);
        terminal.shows("RAS error 631");
        assert_eq!(terminal.wait(), Some(13));
    }
}

#[test]
fn who_hung_up_can_call_again_at_once_and_the_server_knows_who_ended_it() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    for _ in 0..3 {
        let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
        assert_eq!(dial.until("connected").last().unwrap()["address"], "10.99.0.2");
        assert_eq!(dial.interrupt(), Some(0));
    }
    assert_eq!(count(server, ["session up", "session down", "connection failed"]), [3, 3, 0]);
}

#[test]
fn the_next_address_is_tried_when_one_is_silent() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    // The first is nearer, so that the resolver leaves it in front. Its frames go to nobody.
    world.name("vpn.test", &["192.0.2.3", SERVER]);
    world.client(&["ip", "neigh", "add", "192.0.2.3", "lladdr", "02:00:00:00:00:01", "dev", "wire"]);
    let mut dial = world.dial(&["--server", "vpn.test", "--user", "anna", "--json", "--timeout", "4"]);
    let events = dial.until("connected");
    let failed = events.iter().find(|event| event["event"] == "address_failed").unwrap();
    assert_eq!((failed["address"].as_str(), failed["cause"].as_str()), (Some("192.0.2.3"), Some("net.udp500_blocked")));
    assert_eq!(events.last().unwrap()["server"], SERVER);
    assert_eq!(dial.interrupt(), Some(0));
}

#[test]
fn when_no_address_answers_each_ones_failure_is_told() {
    let Some(world) = World::new() else { return };
    world.name("vpn.test", &["192.0.2.3", SERVER, "2001:db8::1"]);
    world.client(&["ip", "neigh", "add", "192.0.2.3", "lladdr", "02:00:00:00:00:01", "dev", "wire"]);
    let failed = world.fail(&["--server", "vpn.test", "--user", "anna", "--timeout", "2"], &[]);
    failed.is(10, 809, "net.udp500_blocked");
    let detail = &failed.event["detail"];
    let tried: Vec<_> =
        detail["tried"].as_array().unwrap().iter().map(|tried| tried["cause"].as_str().unwrap()).collect();
    assert_eq!(tried, ["net.udp500_blocked", "net.server_unreachable"]);
    assert_eq!(detail["without_route"][0], "2001:db8::1");
}

#[test]
fn a_profile_offers_proxies_instead_of_a_device() {
    let Some(world) = World::new() else { return };
    let _server = world.serve(&[]);
    let profile = world.scratch.join("proxies.toml");
    let text = format!("server = \"{SERVER}\"\nuser = \"anna\"\nuserspace = true\nforward = [\"2007=10.99.0.1:7\"]\n");
    std::fs::write(&profile, text).unwrap();
    world.echo("0.0.0.0:7");
    let profile = profile.to_str().unwrap();
    let mut dial = world.dial(&[profile, "--json"]);
    let connected = dial.until("connected").pop().unwrap();
    assert_eq!((connected["device"].as_str(), connected["services"].as_array().unwrap().len()), (None, 1));
    assert!(echoes(world.connect("127.0.0.1:2007")));
    assert_eq!(dial.interrupt(), Some(0));
    let failed = world.fail(&[profile, "--route", "10.0.0.0/8"], &[]);
    assert_eq!(failed.output.status.code(), Some(2));
}

#[test]
fn the_ghost_of_a_killed_dialer_does_not_stand_in_the_way_of_the_next() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    for _ in 0..3 {
        let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
        assert_eq!(dial.until("connected").last().unwrap()["address"], "10.99.0.2");
        drop(dial);
    }
    let mut dial = world.dial(&["--server", SERVER, "--user", "anna", "--json"]);
    assert_eq!(dial.until("connected").last().unwrap()["address"], "10.99.0.2");
    let sessions = world.server(&[program(), "session", "list", "--json", "--socket", "state/control.sock"]);
    assert_eq!(sessions.matches("10.99.0.").count(), 1, "{sessions}");
    assert_eq!(dial.interrupt(), Some(0));
    assert_eq!(count(server, ["session up", "session down", "connection failed"]), [4, 4, 0]);
}

#[test]
fn who_types_longer_than_the_server_waits_is_connected_by_a_second_call() {
    let Some(world) = World::new() else { return };
    let server = world.serve(&[]);
    let Some(mut terminal) = world.dial_at_terminal() else { return };
    terminal.shows(QUESTION);
    server.stop();
    let _server = world.serve(&[]);
    let meanwhile = terminal.answer("", b"secret\n");
    assert!(!meanwhile.contains("RAS error"), "{meanwhile}");
    let after = terminal.answer("connected: address 10.99.0.2", CTRL_C);
    assert!(!after.contains("Password of"), "asked twice: {after}");
    terminal.shows("disconnected");
    assert_eq!(terminal.wait(), Some(0));
}
