//! Limits that are reached: every client that is refused has its own verdict, not only the first.

use std::time::Duration;

use access::{Failure, Stage};
use diagnose::{Cause, Ras, Verdict};
use policy::Denied;
use sim::{Network, Packet};
use wire::l2tp::{Message, StartControl};

use crate::agree::assert_server_agrees;
use crate::rogue::{Rogue, SUITE};
use crate::world::{PATIENCE, Sender, World, public, server_config};

/// Shorter than the memory of anything, longer than it takes to be refused.
const MOMENT: Duration = Duration::from_secs(5);

/// A world of `clients` clients at a server that is changed before it starts.
fn with_clients(clients: u8, change: impl FnOnce(&mut access::server::Config)) -> World {
    let mut config = server_config();
    change(&mut config);
    let mut world = World::with(1, config);
    for number in 0..clients {
        world.add_client(Network::INTERNET, public(10 + number));
    }
    world
}

fn connect(world: &mut World, index: usize) {
    world.dial(index);
    assert!(world.run_until(PATIENCE, |world| world.is_up(index)), "{:#?}", world.server_events);
    world.run_for(Duration::from_secs(1));
}

/// Lets a client dial, again perhaps, until it has come to its end; which is not success.
fn try_in_vain(world: &mut World, index: usize) {
    world.clients[index].events.clear();
    world.dial(index);
    let ended = world.run_until(PATIENCE, |world| world.end_of(index).is_some());
    assert!(ended, "the client does not come to an end: {:#?}", world.server_events);
    assert!(!world.is_up(index));
}

fn hang_up(world: &mut World, index: usize) {
    world.at_client(index, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(Duration::from_secs(60));
}

/// Every attempt that failed: who, and what the log says of it.
fn verdicts(world: &World) -> Vec<(std::net::IpAddr, Verdict, Stage)> {
    let verdict = |(session, failure): &(&access::server::Session, &Failure)| {
        (session.remote.ip(), Verdict::of(failure), session.stage)
    };
    world.failures().iter().map(verdict).collect()
}

/// The same verdict about the clients of these addresses, in this order, and about nobody else.
#[track_caller]
fn expect(mut world: World, hosts: &[u8], cause: Cause, ras: u32, stage: Stage) {
    world.run_for(PATIENCE);
    let expected: Vec<_> =
        hosts.iter().map(|&host| (public(host), Verdict { cause, ras: Some(Ras(ras)) }, stage)).collect();
    assert_eq!(verdicts(&world), expected);
    world.assert_server_is_empty();
}

#[test]
fn every_client_beyond_the_tunnel_limit_is_told_to_have_found_the_server_full() {
    let mut world = with_clients(4, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    for index in 1..4 {
        try_in_vain(&mut world, index);
        let (failure, _) = world.end_of(index).unwrap();
        assert_eq!(Verdict::of_dial(failure), Verdict { cause: Cause::TunnelServerFull, ras: Some(Ras(678)) });
    }
    world.ping(0);
    expect(world, &[11, 12, 13], Cause::TunnelServerFull, 678, Stage::L2tpTunnel);
}

/// What is left of an attempt at a server that is full from the start names that.
fn assert_doctor_agrees(change: impl FnOnce(&mut access::server::Config)) {
    let mut world = with_clients(1, change);
    try_in_vain(&mut world, 0);
    world.run_for(PATIENCE);
    assert_eq!(world.only_verdict().0.cause, Cause::TunnelServerFull);
    assert_server_agrees(&world);
}

#[test]
fn the_doctor_sees_that_a_server_has_no_room_for_a_tunnel() {
    assert_doctor_agrees(|config| config.l2tp.max_tunnels = 0);
}

#[test]
fn the_doctor_sees_that_a_server_has_no_room_for_an_ike_sa() {
    assert_doctor_agrees(|config| config.ike.limits.ike_sas = 0);
}

#[test]
fn the_doctor_sees_that_a_server_has_no_time_for_a_key_exchange() {
    assert_doctor_agrees(|config| config.ike.limits.dh_per_second = 0);
}

#[test]
fn clients_that_find_the_server_full_at_once_have_a_verdict_each() {
    let mut world = with_clients(6, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    (1..6).for_each(|index| world.dial(index));
    world.run_for(PATIENCE);
    let mut refused: Vec<_> = verdicts(&world).into_iter().map(|(_, verdict, _)| verdict.cause).collect();
    assert_eq!(refused.len(), 5, "{:#?}", world.server_events);
    refused.dedup();
    assert_eq!(refused, [Cause::TunnelServerFull]);
}

#[test]
fn a_client_that_finds_the_server_full_again_and_again_has_a_verdict_each_time() {
    let mut world = with_clients(2, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    for pause in [Duration::ZERO, MOMENT, Duration::from_secs(300), Duration::ZERO] {
        try_in_vain(&mut world, 1);
        world.run_for(pause);
    }
    expect(world, &[11, 11, 11, 11], Cause::TunnelServerFull, 678, Stage::L2tpTunnel);
}

#[test]
fn a_server_that_is_full_again_after_somebody_left_says_so_again() {
    let mut world = with_clients(3, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    try_in_vain(&mut world, 1);
    hang_up(&mut world, 0);
    connect(&mut world, 2);
    try_in_vain(&mut world, 1);
    try_in_vain(&mut world, 0);
    hang_up(&mut world, 2);
    world.clients[1].events.clear();
    connect(&mut world, 1);
    world.ping(1);
    expect(world, &[11, 11, 10], Cause::TunnelServerFull, 678, Stage::L2tpTunnel);
}

#[test]
fn a_request_that_is_repeated_because_its_refusal_is_lost_is_one_attempt() {
    let mut world = with_clients(2, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    let refused = public(11);
    world.gate = Some(Box::new(move |sender, packet| {
        sender != Sender::Server || !matches!(packet, Packet::Esp { dst, .. } if *dst == refused)
    }));
    try_in_vain(&mut world, 1);
    world.gate = None;
    expect(world, &[11], Cause::TunnelServerFull, 678, Stage::L2tpTunnel);
}

/// SCCRQ under the sender's tunnel id `id`.
fn request(id: u16) -> Vec<u8> {
    let request = StartControl {
        protocol_version: 0x0100,
        framing_capabilities: Some(3),
        bearer_capabilities: None,
        tie_breaker: None,
        firmware: None,
        host_name: Some(b"rogue".to_vec()),
        vendor_name: None,
        assigned_tunnel: id,
        receive_window: None,
        challenge: None,
        challenge_response: None,
    };
    Message::Sccrq(request).encode(0, 0)
}

#[test]
fn the_same_request_through_new_associations_is_another_attempt() {
    // Windows counts its tunnels from one, so that the next attempt may well have the id of the last one.
    let mut world = with_clients(1, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    let mut rogue = Rogue::connect(&mut world, public(66));
    for refusals in 1..=3 {
        for _ in 0..3 {
            rogue.send(&mut world, &request(7));
            rogue.pump_for(&mut world, MOMENT / 5);
        }
        assert_eq!(world.failures().len(), refusals, "{:#?}", world.server_events);
        rogue.ask_for(&mut world, SUITE);
        rogue.pump_for(&mut world, MOMENT / 5);
    }
    expect(world, &[66, 66, 66], Cause::TunnelServerFull, 678, Stage::L2tpTunnel);
}

#[test]
fn a_client_that_asks_without_end_does_not_fill_the_log() {
    let mut world = with_clients(1, |config| config.l2tp.max_tunnels = 1);
    connect(&mut world, 0);
    let mut rogue = Rogue::connect(&mut world, public(66));
    for id in 1..=1000 {
        rogue.send(&mut world, &request(id));
        world.run_for(Duration::from_millis(1));
    }
    let verdicts = verdicts(&world);
    assert!((2..=10).contains(&verdicts.len()), "{} verdicts", verdicts.len());
    let full = Verdict { cause: Cause::TunnelServerFull, ras: Some(Ras(678)) };
    assert!(verdicts.iter().all(|verdict| *verdict == (public(66), full, Stage::L2tpTunnel)), "{verdicts:#?}");
    // Somebody else is not concerned, nor is its own next attempt.
    world.add_client(Network::INTERNET, public(67));
    let before = verdicts.len();
    try_in_vain(&mut world, 1);
    assert_eq!(world.failures().len(), before + 1);
    world.assert_server_is_empty();
}

#[test]
fn a_client_with_too_many_tunnels_has_a_verdict_for_each_that_is_one_too_many() {
    let mut world = with_clients(0, |config| config.l2tp.max_tunnels_per_peer = 1);
    let mut rogue = Rogue::connect(&mut world, public(66));
    rogue.open_tunnel(&mut world);
    for id in [101, 102, 102, 103] {
        rogue.send(&mut world, &request(id));
        rogue.pump_for(&mut world, MOMENT / 5);
    }
    let refused = verdicts(&world);
    let exhausted =
        (public(66), Verdict { cause: Cause::TunnelPortsExhausted, ras: Some(Ras(678)) }, Stage::L2tpTunnel);
    assert_eq!(refused, [exhausted; 3], "{:#?}", world.server_events);
    // The tunnel that it has is not concerned; that no call is made in it is another matter.
    assert_eq!(world.server.counts().tunnels, 1);
    rogue.pump_for(&mut world, Duration::from_secs(70));
    assert_eq!(world.failures().len(), 4);
}

#[test]
fn every_client_beyond_the_limit_of_ike_sas_is_told_to_have_found_the_server_full() {
    let mut world = with_clients(4, |config| config.ike.limits.ike_sas = 1);
    connect(&mut world, 0);
    for index in [1, 2, 2, 3] {
        try_in_vain(&mut world, index);
    }
    world.ping(0);
    expect(world, &[11, 12, 12, 13], Cause::TunnelServerFull, 678, Stage::IkePhase1);
}

#[test]
fn every_client_beyond_the_budget_of_key_exchanges_is_told_to_have_found_the_server_full() {
    let mut world = with_clients(3, |config| config.ike.limits.dh_per_second = 0);
    for index in [0, 1, 1, 2] {
        try_in_vain(&mut world, index);
    }
    expect(world, &[10, 11, 11, 12], Cause::TunnelServerFull, 678, Stage::IkePhase1);
}

#[test]
fn a_client_that_the_budget_of_key_exchanges_only_delays_has_no_verdict() {
    let mut world = with_clients(3, |config| config.ike.limits.dh_per_second = 1);
    world.connect_all();
    assert!(world.server.ike_drops().count(ike::Drop::DhBudget) > 0);
    world.run_for(PATIENCE);
    assert_eq!((world.ups(), world.failures().len()), (3, 0), "{:#?}", world.server_events);
}

#[test]
fn a_client_that_falls_silent_at_a_full_server_fell_silent() {
    let mut world = with_clients(1, |config| config.ike.limits.dh_per_second = 0);
    // Its key exchange never came, so that nothing was refused.
    world.gate = Some(Box::new({
        let mut sent = 0;
        move |sender, _| {
            sent += i32::from(sender == Sender::Client(0));
            sender == Sender::Server || sent <= 1
        }
    }));
    try_in_vain(&mut world, 0);
    expect(world, &[10], Cause::NetUdp500Blocked, 809, Stage::IkePhase1);
}

#[test]
fn every_half_open_attempt_that_makes_room_is_told_to_have_found_the_server_full() {
    let mut world = with_clients(5, |config| config.ike.limits.half_open = 2);
    // Nobody hears the server, so that nobody goes on.
    world.gate = Some(Box::new(|sender, _| sender != Sender::Server));
    for index in 0..5 {
        world.dial(index);
        world.run_for(Duration::from_millis(500));
    }
    world.switch_all_off();
    world.run_for(PATIENCE);
    let causes: Vec<_> = verdicts(&world).iter().map(|(host, verdict, _)| (*host, verdict.cause)).collect();
    let (full, silent) = (Cause::TunnelServerFull, Cause::NetUdp500Blocked);
    let expected = [(10, full), (11, full), (12, full), (13, silent), (14, silent)];
    assert_eq!(causes, expected.map(|(host, cause)| (public(host), cause)));
    world.assert_server_is_empty();
}

#[test]
fn every_client_that_finds_no_address_is_told_so() {
    let mut world = with_clients(3, |config| config.pool = "10.99.0.1-10.99.0.2".parse().unwrap());
    connect(&mut world, 0);
    for index in [1, 2, 2, 1] {
        try_in_vain(&mut world, index);
    }
    world.ping(0);
    expect(world, &[11, 12, 12, 11], Cause::NcpAddressPoolExhausted, 738, Stage::PppNetwork);
}

#[test]
fn every_attempt_at_a_locked_account_is_told_to_be_one() {
    let mut world = with_clients(2, |_| {});
    world.server.bar([("user0".to_owned(), Denied::Locked), ("user1".to_owned(), Denied::Locked)].into());
    for index in [0, 1, 1, 0] {
        try_in_vain(&mut world, index);
    }
    expect(world, &[10, 11, 11, 10], Cause::AuthAccountLocked, 691, Stage::PppAuthentication);
}
