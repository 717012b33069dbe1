//! Associations that are renewed, that end, and peers that die.

use std::time::Duration;

use access::Failure;
use access::client;
use access::server::{self, End};
use ike::ChildRequest;
use sim::{Link, Network, Rule};

use crate::agree::assert_record_names;
use crate::world::{Sender, World, public, server_config};

const SECOND: Duration = Duration::from_secs(1);

/// A connected client whose associations live for `seconds`.
fn short_lived(seconds: u32, change: impl FnOnce(&mut World)) -> World {
    let mut world = World::with_client(1);
    world.clients[0].config.initiate.child.as_mut().unwrap().offer.life_seconds = seconds;
    change(&mut world);
    world.connect_all();
    world
}

/// Takes the only client off the network without a word; its dialer goes on.
fn cut_off(world: &mut World) {
    let node = world.clients[0].node;
    world.net.link_mut(node).firewall.push(Rule::ALL);
}

/// The server's only end, after everything was given back.
#[track_caller]
fn only_end(world: &World) -> &End {
    let downs = world.downs();
    let [(session, end)] = downs[..] else { panic!("{:#?}", world.server_events) };
    assert!(session.up.is_some() && session.address.is_some());
    assert_eq!(world.server.pool().in_use(), 0);
    assert!(world.failures().is_empty());
    end
}

#[test]
fn ten_rekeys_under_traffic_lose_nothing() {
    let mut world = short_lived(120, |_| {});
    let first = world.server.counts();
    for _ in 0..300 {
        world.run_for(2 * SECOND);
        world.ping(0);
    }
    assert_eq!((world.ups(), world.server_events.len()), (1, 1), "{:#?}", world.server_events);
    let last = world.server.counts();
    assert!(last.associations <= first.associations + 1, "old associations are removed: {last:?}");
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_rekey_in_udp_loses_nothing_either() {
    let mut world = World::new(2);
    let nat = sim::NatConfig::default();
    let (_, home) = world.net.add_nat(Network::INTERNET, public(1), nat, sim::Link::default());
    world.add_client(home, [192, 168, 1, 2].into());
    world.clients[0].config.initiate.child.as_mut().unwrap().offer.life_seconds = 120;
    world.connect_all();
    for _ in 0..100 {
        world.run_for(3 * SECOND);
        world.ping(0);
    }
    assert_eq!(world.server_events.len(), 1);
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_client_that_leaves_its_port_open_is_answered_there_after_a_rekey_too() {
    // As Apple's clients do it: the selectors say any port.
    let mut world = short_lived(120, |world| {
        let request = ChildRequest { local_port: 0, ..ChildRequest::l2tp() };
        world.clients[0].config.initiate.child = Some(request);
        world.clients[0].config.initiate.child.as_mut().unwrap().offer.life_seconds = 120;
    });
    for _ in 0..100 {
        world.run_for(3 * SECOND);
        // The server speaks first after each rekey.
        let address = world.address(0);
        world.clients[0].tun.clear();
        let packet = crate::packets::echo(crate::world::OFFICE, address, "first");
        world.server_sends(wire::virtio::VnetHeader::default(), &packet);
        world.run_for(SECOND / 10);
        assert_eq!(world.clients[0].tun.len(), 1);
    }
}

#[test]
fn traffic_goes_on_under_a_deleted_ike_sa() {
    // Windows and macOS delete it when it is not needed.
    let mut world = World::with_client(3);
    world.clients[0].config.initiate.offer.life_seconds = 300;
    world.connect_all();
    // Nor is it begun anew.
    world.gate = Some(Box::new(|_, packet| packet.protocol() == sim::Protocol::Esp));
    world.run_for(400 * SECOND);
    assert_eq!(world.server.counts().ike_sas, 0, "{:?}", world.server.counts());
    world.ping(0);
    world.run_for(1000 * SECOND);
    world.ping(0);
    assert_eq!(world.server_events.len(), 1);
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_connection_outlives_its_ike_sa_and_its_associations() {
    let mut world = World::with_client(4);
    world.clients[0].config.initiate.offer.life_seconds = 300;
    world.clients[0].config.initiate.child.as_mut().unwrap().offer.life_seconds = 200;
    world.connect_all();
    for _ in 0..20 {
        world.run_for(100 * SECOND);
        world.ping(0);
    }
    assert_eq!((world.ups(), world.downs().len(), world.failures().len()), (1, 0, 0), "{:#?}", world.server_events);
    let counts = world.server.counts();
    assert!(counts.ike_sas <= 2 && counts.associations <= 2, "{counts:?}");
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_vanished_client_is_missed_by_dead_peer_detection() {
    let mut world = World::connected(5);
    cut_off(&mut world);
    world.run_for(90 * SECOND);
    let End::L2tp { failure: l2tp::Failure::PeerGone(_) } = only_end(&world) else { panic!("{:?}", world.downs()) };
    world.assert_server_is_empty();
}

#[test]
fn a_vanished_server_is_missed_by_the_client() {
    let mut world = World::connected(6);
    cut_off(&mut world);
    assert!(world.run_until(90 * SECOND, |world| world.end_of(0).is_some()));
    let (failure, stage) = world.end_of(0).unwrap();
    assert_eq!(stage, access::Stage::Up);
    assert_eq!(diagnose::Verdict::of(failure).cause, diagnose::Cause::IkePeerDead, "{failure:?}");
}

/// A connected client with which IKE never asks whether anybody is there.
fn without_dpd(change: impl FnOnce(&mut server::Config)) -> World {
    let mut config = server_config();
    config.ike.timing.dpd_idle = None;
    change(&mut config);
    let mut world = World::with(7, config);
    world.add_client(Network::INTERNET, public(10));
    world.clients[0].config.ike.timing.dpd_idle = None;
    world.connect_all();
    world
}

#[test]
fn a_vanished_client_is_missed_by_lcp_echo() {
    let mut world = without_dpd(|config| {
        config.l2tp.hello_interval = 10_000 * SECOND;
        config.ppp.timing.echo_interval = 10 * SECOND;
    });
    cut_off(&mut world);
    world.run_for(60 * SECOND);
    let End::Ppp { failure: ppp::Failure::Silence(silence) } = only_end(&world) else { panic!("{:?}", world.downs()) };
    assert_eq!(silence.stage, ppp::Stage::Up);
    world.assert_server_is_empty();
}

#[test]
fn a_vanished_client_is_missed_by_the_hello_of_l2tp() {
    let mut world = without_dpd(|config| config.ppp.timing.echo_interval = Duration::ZERO);
    cut_off(&mut world);
    world.run_for(120 * SECOND);
    let End::L2tp { failure: l2tp::Failure::Silence { .. } } = only_end(&world) else { panic!("{:?}", world.downs()) };
    world.assert_server_is_empty();
}

#[test]
fn one_way_traffic_proves_that_the_client_lives() {
    // The client sends; whatever the server asks is lost. L2TP is the only one that asks nevertheless.
    let mut config = server_config();
    config.l2tp.hello_interval = 10_000 * SECOND;
    let mut world = World::with(8, config);
    world.add_client(Network::INTERNET, public(10));
    // The client itself asks nothing.
    let client = &mut world.clients[0].config;
    client.ike.timing.dpd_idle = None;
    client.l2tp.hello_interval = 10_000 * SECOND;
    client.ppp.timing.echo_interval = Duration::ZERO;
    world.connect_all();
    let address = world.address(0);
    world.gate = Some(Box::new(|sender, _| sender != Sender::Server));
    let packet = crate::packets::echo(address, crate::world::OFFICE, "alive");
    for _ in 0..80 {
        world.client_sends(0, wire::virtio::VnetHeader::default(), &packet);
        world.run_for(5 * SECOND);
    }
    assert!(world.downs().is_empty());
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_quiet_hour_ends_nothing() {
    let mut world = World::connected(9);
    world.run_for(3600 * SECOND);
    world.ping(0);
    assert_eq!(world.server_events.len(), 1);
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_client_that_hangs_up_has_hung_up() {
    let mut world = World::connected(10);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(5 * SECOND);
    assert_eq!(world.end_of(0).unwrap().0, &Failure::HungUp);
    let end = only_end(&world);
    assert!(matches!(end, End::Ppp { failure: ppp::Failure::Refused(ppp::Refused::Terminated { .. }) }), "{end:?}");
    assert_eq!(diagnose::Verdict::of_end(end), None);
    world.assert_server_is_empty();
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_rekey_that_fails_is_told_and_leaves_the_connection_alone() {
    let mut world = short_lived(120, |_| {});
    let mut config = server_config();
    config.ike.child.ciphers = vec![ike::proposal::ChildCipher::TripleDes];
    world.server.reconfigure(config);
    world.run_for(130 * SECOND);
    let failed = world.server_events.iter().filter(|event| matches!(event, server::Event::RekeyFailed { .. })).count();
    assert!(failed >= 1, "{:#?}", world.server_events);
    world.ping(0);
    assert!(world.failures().is_empty() && world.downs().is_empty());
    assert!(!world.clients[0].events.iter().any(|event| matches!(event, client::Event::Ended { .. })));
    // The next try succeeds.
    world.server.reconfigure(server_config());
    for _ in 0..20 {
        world.run_for(20 * SECOND);
        world.ping(0);
    }
}

#[test]
fn a_bad_line_does_not_end_a_connection_that_renews_itself() {
    for seed in 0..8 {
        let mut world = World::with_client(seed);
        let initiate = &mut world.clients[0].config.initiate;
        initiate.child.as_mut().unwrap().offer.life_seconds = 120;
        initiate.offer.life_seconds = 500;
        world.connect_all();
        let node = world.clients[0].node;
        *world.net.link_mut(node) = Link { jitter: SECOND / 20, ..Link::lossy(0.05, 0.05, 0.05) };
        let arrived = (0..360).filter(|_| {
            world.run_for(8 * SECOND);
            world.lost_pings(0) == (false, false)
        });
        assert!(arrived.count() > 250, "seed {seed}");
        *world.net.link_mut(node) = Link::default();
        world.run_for(30 * SECOND);
        world.ping(0);
        assert_eq!((world.ups(), world.downs().len()), (1, 0), "seed {seed}: {:#?}", world.downs());
        let counts = world.server.counts();
        assert!(counts.ike_sas <= 2 && counts.associations <= 4, "{counts:?}");
    }
}
