//! Bad lines: whatever is lost, repeated or overtaken, there is a connection or one verdict, and never a hanging.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use access::Failure;
use sim::{Link, Network};

use crate::world::{PATIENCE, Sender, World, public};

/// Dials once over this line; whether it came to a connection. Both ends agree on it in the end, and nothing is left.
fn attempt(seed: u64, line: Link) -> bool {
    let mut world = World::with_client(seed);
    let node = world.clients[0].node;
    *world.net.link_mut(node) = line;
    world.dial(0);
    let decided = world.run_until(PATIENCE, |world| world.is_up(0) || world.end_of(0).is_some());
    assert!(decided, "seed {seed}: the client hangs at {}", world.dialer(0).stage());
    let connected = world.is_up(0);
    world.run_for(Duration::from_secs(60));
    if connected && world.end_of(0).is_none() {
        *world.net.link_mut(node) = Link::default();
        world.run_for(Duration::from_secs(40));
        world.ping(0);
        world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    }
    world.run_for(PATIENCE);
    assert!(world.failures().len() + world.downs().len() <= 1, "seed {seed}: {:#?}", world.server_events);
    assert_eq!(world.ups(), world.downs().len(), "seed {seed}: every connection ends");
    if connected {
        assert_eq!(world.ups(), 1, "seed {seed}: the server knows of it too");
    }
    world.assert_server_is_empty();
    connected
}

#[test]
fn five_percent_of_loss_with_repetition_and_overtaking_do_not_prevent_a_connection() {
    let line = Link { jitter: Duration::from_millis(40), ..Link::lossy(0.05, 0.05, 0.05) };
    let connected = (0..40).filter(|&seed| attempt(seed, line.clone())).count();
    assert!(connected >= 39, "only {connected} of 40");
}

#[test]
fn twenty_percent_of_loss_leave_most_attempts_a_chance_and_none_without_an_end() {
    let line = Link { jitter: Duration::from_millis(40), ..Link::lossy(0.2, 0.1, 0.1) };
    let connected = (0..40).filter(|&seed| attempt(seed, line.clone())).count();
    assert!(connected >= 25, "only {connected} of 40");
}

#[test]
fn packets_that_arrive_twice_change_nothing() {
    for seed in 0..10 {
        assert!(attempt(seed, Link::lossy(0.0, 1.0, 0.0)));
    }
}

#[test]
fn packets_that_overtake_one_another_are_no_obstacle() {
    let line = Link { jitter: Duration::from_millis(80), ..Link::lossy(0.0, 0.0, 0.3) };
    for seed in 0..20 {
        assert!(attempt(seed, line.clone()), "seed {seed}");
    }
}

#[test]
fn damaged_packets_are_like_lost_ones() {
    let line = Link { corruption: 0.05, ..Link::default() };
    let connected = (0..30).filter(|&seed| attempt(seed, line.clone())).count();
    assert!(connected >= 27, "only {connected} of 30");
}

#[test]
fn each_packet_of_the_set_up_may_be_lost_once() {
    // How many there are on a good line.
    let mut whole = World::with_client(1);
    let count = Rc::new(Cell::new(0));
    let counted = count.clone();
    whole.gate = Some(Box::new(move |_, _| {
        counted.set(counted.get() + 1);
        true
    }));
    whole.connect_all();
    let total = count.get();
    assert!((20..60).contains(&total), "{total} packets");
    for lost in 0..total {
        let mut world = World::with_client(1);
        let mut number = 0;
        let who = Rc::new(Cell::new(None));
        let whose = who.clone();
        world.gate = Some(Box::new(move |sender, _| {
            number += 1;
            if number - 1 == lost {
                whose.set(Some(sender));
            }
            number - 1 != lost
        }));
        world.dial(0);
        let up = world.run_until(PATIENCE, |world| world.is_up(0) && world.ups() == 1);
        assert!(up, "without packet {lost} of {:?}: {:#?} {:?}", who.get(), world.server_events, world.end_of(0));
        world.run_for(Duration::from_secs(5));
        world.ping(0);
        assert!(world.failures().is_empty());
    }
}

#[test]
fn a_client_that_vanishes_after_any_of_its_packets_gets_one_verdict_or_one_end() {
    let mut seen = std::collections::BTreeSet::new();
    for last in 1..40 {
        let mut world = World::with_client(1);
        let mut number = 0;
        let sent = Rc::new(Cell::new(0));
        let counter = sent.clone();
        world.gate = Some(Box::new(move |sender, _| {
            if sender == Sender::Client(0) {
                number += 1;
                counter.set(number);
            }
            sender != Sender::Client(0) || number <= last
        }));
        world.dial(0);
        world.run_until(Duration::from_secs(30), |_| sent.get() > last);
        world.switch_off(0);
        world.run_for(Duration::from_secs(400));
        let verdicts: Vec<_> = world.failures().iter().map(|(session, _)| session.stage).collect();
        assert_eq!(verdicts.len() + world.downs().len(), 1, "after {last} packets: {:#?}", world.server_events);
        seen.extend(verdicts);
        world.assert_server_is_empty();
        if world.ups() == 1 {
            break;
        }
    }
    assert!(seen.len() >= 7, "the scenarios do not reach every stage: {seen:?}");
}

#[test]
fn the_verdict_about_a_client_that_vanishes_names_its_silence_or_its_death() {
    for last in [1, 2, 3, 4, 6, 8, 10, 12] {
        let mut world = World::with_client(1);
        let mut number = 0;
        world.gate = Some(Box::new(move |sender, _| {
            number += usize::from(sender == Sender::Client(0));
            sender != Sender::Client(0) || number <= last
        }));
        world.dial(0);
        world.run_for(Duration::from_millis(900));
        world.switch_off(0);
        world.run_for(Duration::from_secs(400));
        let failures = world.failures();
        for (session, failure) in failures {
            let silent = matches!(
                failure,
                Failure::Ike { failure: ike::Failure::Silence { .. }, .. }
                    | Failure::NoTunnel(_)
                    | Failure::L2tp { failure: l2tp::Failure::Silence { .. } | l2tp::Failure::PeerGone(_), .. }
                    | Failure::Ppp { failure: ppp::Failure::Silence(_), .. }
            );
            assert!(silent, "after {last} packets at {}: {failure:?}", session.stage);
        }
    }
}

#[test]
fn ten_clients_on_bad_lines_do_not_disturb_one_another() {
    let mut world = World::new(9);
    for number in 0..10 {
        let client = world.add_client(Network::INTERNET, public(10 + number));
        let node = world.clients[client].node;
        *world.net.link_mut(node) = Link::lossy(0.1, 0.1, 0.1);
    }
    (0..10).for_each(|index| world.dial(index));
    world.run_for(PATIENCE);
    for index in 0..10 {
        assert!(world.is_up(index) || world.end_of(index).is_some(), "client {index} hangs");
        let node = world.clients[index].node;
        *world.net.link_mut(node) = Link::default();
    }
    world.run_for(Duration::from_secs(60));
    let up: Vec<_> = (0..10).filter(|&index| world.is_up(index)).collect();
    assert!(up.len() >= 9);
    up.into_iter().for_each(|index| world.ping(index));
}
