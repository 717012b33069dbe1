//! What becomes of connections that were up: on paths that take large packets away, behind NAT boxes that forget, beside other
//! clients.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use diagnose::{Cause, Verdict};
use sim::{Link, NatConfig, Network};

use super::{Outcome, assert_names, read};
use crate::foreign::{FOREIGN, Foreign};
use crate::world::{PATIENCE, World, public};

/// Two clients behind one NAT, and a server that knows its clients by their address.
fn behind_one_nat() -> (World, Foreign) {
    let mut world = World::new(1);
    let node = world.add_stranger(Network::INTERNET, FOREIGN);
    world.net.tap(node);
    world.server_address = FOREIGN;
    let (_, home) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), Link::default());
    for host in [10, 11] {
        world.add_client(home, IpAddr::V4(Ipv4Addr::new(192, 168, 1, host)));
    }
    world.tap_clients();
    (world, Foreign::at(node))
}

#[test]
fn a_second_client_behind_the_nat_takes_the_first_ones_place() {
    let (mut world, mut server) = behind_one_nat();
    server.connect_client(&mut world, 0);
    server.run(&mut world, Duration::from_secs(60), |_| false);
    assert!(world.is_up(0));
    server.connect_client(&mut world, 1);
    let ended = server.run(&mut world, 2 * PATIENCE, |world| world.end_of(0).is_some());
    assert!(ended && world.is_up(1), "the first one is not heard any more, and the second one is");
    // The first one knows only that its link died.
    let outcome = Outcome::of_client(&world, 0);
    outcome.assert_agrees(Verdict::of_dial(&outcome.failure));
    // Who sees both knows why, with keys or without.
    let capture = world.net.capture(server.node()).unwrap().to_bytes();
    for keys in ["", &world.clients[0].keys] {
        assert_names(Cause::IkeSameNatCollision, "the capture at the server", &read("capture", &capture, keys));
    }
}
