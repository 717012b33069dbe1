//! Hundreds of connections that are cut anywhere: nothing may be left of any of them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sim::{Link, NatConfig, Network};

use crate::world::{Sender, World, public};

/// How a client leaves.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Leaves {
    /// As if its power had gone.
    WithoutAWord,
    HangingUp,
    /// The administrator sends it away.
    SentAway,
}

/// Lets clients connect one after the other, each cut at a random packet, and sees that nothing stays.
fn churn(seed: u64, connections: usize, behind_nat: bool) {
    let mut dice = ChaCha20Rng::seed_from_u64(seed);
    let mut world = World::new(seed);
    let segment = match behind_nat {
        true => world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), Link::default()).1,
        false => Network::INTERNET,
    };
    for number in 0..10 {
        let address = if behind_nat { [10, 0, 0, 10 + number].into() } else { public(10 + number) };
        world.add_client(segment, address);
    }
    let packets = Rc::new(Cell::new([0_u32; 10]));
    let counter = packets.clone();
    world.gate = Some(Box::new(move |sender, _| {
        if let Sender::Client(index) = sender {
            let mut counts = counter.get();
            counts[index] += 1;
            counter.set(counts);
        }
        true
    }));
    for connection in 0..connections {
        let index = connection % 10;
        if world.clients[index].dialer.is_some() {
            leave(&mut world, index, dice.next_u32());
        }
        world.clients[index].events.clear();
        let mut counts = packets.get();
        counts[index] = 0;
        packets.set(counts);
        world.dial(index);
        // Set-up takes about twenty packets of the client; some are left to come up while others begin.
        let cut = dice.next_u32() % 26;
        let counted = packets.clone();
        world.run_until(Duration::from_secs(2), |_| counted.get()[index] >= cut);
        if !dice.next_u32().is_multiple_of(4) {
            leave(&mut world, index, dice.next_u32());
        }
    }
    for index in 0..10 {
        leave(&mut world, index, dice.next_u32());
    }
    world.run_for(Duration::from_secs(400));
    assert!(world.ups() > connections / 20, "{} of {connections} came up", world.ups());
    assert_eq!(world.ups(), world.downs().len(), "each connection ends once");
    assert!(world.failures().len() + world.ups() <= connections, "no attempt has two verdicts");
    world.assert_server_is_empty();
}

fn leave(world: &mut World, index: usize, how: u32) {
    let how = [Leaves::WithoutAWord, Leaves::HangingUp, Leaves::SentAway][how as usize % 3];
    if how == Leaves::HangingUp {
        world.at_client(index, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    }
    if how == Leaves::SentAway
        && let Some(session) = world.server.sessions().last()
    {
        world.at_server(|server, now, rng, out| server.disconnect(now, rng, session.id, out));
    }
    world.switch_off(index);
}

#[test]
fn three_hundred_connections_cut_at_random_packets_leave_nothing() {
    churn(1, 300, false);
}

#[test]
fn three_hundred_connections_from_behind_one_nat_cut_at_random_packets_leave_nothing() {
    churn(2, 300, true);
}

#[test]
fn a_day_of_one_client_that_dials_and_hangs_up_leaves_nothing() {
    let mut world = World::with_client(3);
    for _ in 0..200 {
        world.clients[0].events.clear();
        world.connect_all();
        world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
        world.run_for(Duration::from_secs(400));
    }
    assert_eq!((world.ups(), world.downs().len(), world.failures().len()), (200, 200, 0));
    world.assert_server_is_empty();
}
