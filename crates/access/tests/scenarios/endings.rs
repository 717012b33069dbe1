//! Clients that come back, sessions that are ended here, and what is left then.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::client;
use access::datapath::Dropped;
use access::server::End;
use access::{Failure, Stage};
use policy::Account;
use sim::{Network, Packet, Protocol};

use crate::world::{PATIENCE, Sender, World, public, server_config};

/// Switches the only client off and on again, and connects it anew.
fn come_back(world: &mut World) {
    world.switch_off(0);
    world.clients[0].events.clear();
    world.run_for(Duration::from_secs(1));
    world.connect_all();
}

#[test]
fn a_client_that_comes_back_before_it_was_missed_replaces_its_old_session() {
    let mut world = World::connected(1);
    come_back(&mut world);
    world.ping(0);
    world.run_for(Duration::from_secs(600));
    world.ping(0);
    assert_eq!(world.server.sessions().count(), 1, "the old session has ended");
    assert_eq!(world.ups(), 2);
    assert_eq!(world.downs().len(), 1);
    assert!(world.failures().is_empty(), "{:#?}", world.server_events);
    assert_eq!(world.server.pool().in_use(), 1);
}

#[test]
fn a_client_that_says_that_it_began_anew_ends_its_old_session_at_once() {
    let mut world = World::connected(12);
    let before = world.address(0);
    world.clients[0].config.initiate.initial_contact = true;
    come_back(&mut world);
    assert_eq!(world.server.sessions().count(), 1);
    assert_eq!(world.address(0), before, "it was free again in time");
    let counts = world.server.counts();
    assert_eq!((counts.ike_sas, counts.associations, counts.calls), (1, 1, 1), "{counts:?}");
    world.run_for(Duration::from_secs(600));
    world.ping(0);
    assert_eq!((world.ups(), world.downs().len(), world.failures().len()), (2, 1, 0));
}

#[test]
fn what_is_left_of_a_client_whose_ike_sa_had_ended_before_goes_too() {
    let mut world = World::with_client(13);
    world.clients[0].config.initiate.offer.life_seconds = 300;
    // Nothing is renewed, as Windows does it while there is nothing to do.
    world.connect_all();
    world.gate = Some(Box::new(|_, packet| packet.protocol() == sim::Protocol::Esp));
    world.run_for(Duration::from_secs(310));
    assert_eq!(world.server.counts().ike_sas, 0);
    world.gate = None;
    world.clients[0].config.initiate.initial_contact = true;
    come_back(&mut world);
    assert_eq!(world.server.sessions().count(), 1);
    assert_eq!(world.server.counts().associations, 1);
    world.ping(0);
}

#[test]
fn a_client_that_began_anew_and_does_not_go_on_gets_a_verdict() {
    let mut world = World::connected(14);
    world.clients[0].config.initiate.initial_contact = true;
    world.switch_off(0);
    world.clients[0].events.clear();
    world.gate = Some(Box::new(|_, packet| packet.protocol() != sim::Protocol::Esp));
    world.dial(0);
    world.run_for(PATIENCE);
    assert_eq!((world.ups(), world.downs().len()), (1, 1));
    assert_eq!(world.only_verdict().0.cause, diagnose::Cause::NetEspBlocked);
    world.assert_server_is_empty();
}

#[test]
fn a_client_that_comes_back_again_and_again_leaves_one_session() {
    let mut world = World::connected(2);
    world.clients[0].config.initiate.initial_contact = true;
    for _ in 0..10 {
        come_back(&mut world);
        world.ping(0);
    }
    world.run_for(Duration::from_secs(600));
    world.ping(0);
    assert_eq!(world.server.sessions().count(), 1);
    assert_eq!((world.ups(), world.downs().len(), world.failures().len()), (11, 10, 0));
    world.switch_off(0);
    world.run_for(PATIENCE);
    world.assert_server_is_empty();
}

#[test]
fn a_user_who_hung_up_properly_gets_the_same_address_again() {
    let mut world = World::new(3);
    world.add_client(Network::INTERNET, public(10));
    world.add_client(Network::INTERNET, public(11));
    world.connect_all();
    let before = world.address(0);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(Duration::from_secs(5));
    world.clients[0].events.clear();
    world.dial(0);
    assert!(world.run_until(PATIENCE, |world| world.is_up(0)));
    assert_eq!(world.address(0), before);
    world.run_for(Duration::from_secs(1));
    (0..2).for_each(|index| world.ping(index));
}

#[test]
fn an_attempt_that_begins_anew_before_it_came_to_anything_gets_its_own_verdict() {
    let mut world = World::with_client(4);
    world.gate = Some(Box::new(|_, packet| packet.protocol() != sim::Protocol::Esp));
    world.dial(0);
    world.run_for(Duration::from_secs(50));
    world.switch_off(0);
    world.gate = None;
    world.clients[0].events.clear();
    world.connect_all();
    world.run_for(Duration::from_secs(300));
    world.ping(0);
    assert_eq!((world.ups(), world.downs().len(), world.failures().len()), (1, 0, 1), "{:#?}", world.server_events);
}

#[test]
fn an_administrator_ends_a_session_and_the_client_is_told() {
    let mut world = World::connected(5);
    let id = world.server.sessions().next().unwrap().id;
    assert!(world.at_server(|server, now, rng, out| server.disconnect(now, rng, id, out)));
    world.run_for(Duration::from_secs(10));
    let (failure, stage) = world.end_of(0).expect("the client knows");
    assert_eq!(stage, Stage::Up);
    assert!(
        matches!(failure, Failure::Ppp { failure: ppp::Failure::Refused(ppp::Refused::Terminated { .. }), .. }),
        "{failure:?}"
    );
    let downs = world.downs();
    let [(_, end)] = downs[..] else { panic!("{downs:?}") };
    let by_administrator = ppp::Failure::Local(ppp::Local::Closed(ppp::CloseReason::Administrator));
    assert_eq!(end, &End::Ppp { failure: by_administrator });
    assert!(!world.at_server(|server, now, rng, out| server.disconnect(now, rng, id, out)), "there is none any more");
    world.assert_server_is_empty();
}

#[test]
fn an_administrator_ends_an_attempt_and_nobody_blames_the_network() {
    let mut world = World::with_client(6);
    world.gate = Some(Box::new(|_, packet| packet.protocol() != sim::Protocol::Esp));
    world.dial(0);
    assert!(world.run_until(PATIENCE, |world| world.server.sessions().any(|s| s.stage == Stage::Esp)));
    let id = world.server.sessions().next().unwrap().id;
    assert!(world.at_server(|server, now, rng, out| server.disconnect(now, rng, id, out)));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.failures().iter().map(|(_, failure)| (*failure).clone()).collect::<Vec<_>>(), [Failure::HungUp]);
    world.assert_server_is_empty();
}

#[test]
fn a_server_that_stops_tells_every_client_and_forgets_everything() {
    let mut world = World::new(7);
    for number in 0..5 {
        world.add_client(Network::INTERNET, public(10 + number));
    }
    world.connect_all();
    world.at_server(|server, now, rng, out| server.shut_down(now, rng, out));
    assert_eq!(world.downs().len(), 5, "at once, for the process is about to end");
    assert_eq!(world.server.pool().in_use(), 0);
    world.run_for(Duration::from_secs(30));
    for index in 0..5 {
        let (failure, _) = world.end_of(index).expect("every client knows");
        assert!(!matches!(failure, Failure::PeerGone { reason: ike::CloseReason::PeerDead }), "{failure:?}");
    }
    assert!(world.failures().is_empty(), "{:#?}", world.server_events);
    world.assert_server_is_empty();
}

#[test]
fn a_server_that_stops_in_the_middle_of_attempts_leaves_nothing_either() {
    // At every packet of a set-up.
    for milliseconds in (20..900).step_by(40) {
        let mut world = World::with_client(8);
        world.dial(0);
        world.run_for(Duration::from_millis(milliseconds));
        world.at_server(|server, now, rng, out| server.shut_down(now, rng, out));
        world.switch_off(0);
        world.run_for(PATIENCE);
        assert!(world.failures().len() + world.downs().len() <= 1, "{:#?}", world.server_events);
        world.assert_server_is_empty();
    }
}

#[test]
fn an_ended_client_says_nothing_more() {
    let mut world = World::connected(9);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    let told = world.clients[0].events.len();
    world.run_for(Duration::from_secs(600));
    let after: Vec<&client::Event> = world.clients[0].events[told..].iter().collect();
    assert!(after.is_empty(), "{after:?}");
    let dialer = world.clients[0].dialer.as_mut().unwrap();
    assert_eq!(dialer.poll_timeout(), None, "a dialer that has ended waits for nothing");
}

/// Who sent what, from now on.
fn watch(world: &mut World, lost: fn(Sender, &Packet) -> bool) -> Arc<Mutex<Vec<(Sender, Protocol)>>> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    world.gate = Some(Box::new(move |sender, packet| {
        noted.lock().unwrap().push((sender, packet.protocol()));
        !lost(sender, packet)
    }));
    sent
}

#[test]
fn who_hangs_up_waits_until_the_server_has_acknowledged_each_layers_end() {
    let mut world = World::connected(30);
    let sent = watch(&mut world, |_, _| false);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    assert!(!world.dialer(0).has_left(), "nothing is acknowledged yet");
    let began = world.now;
    assert!(world.run_until(PATIENCE, |world| world.dialer(0).has_left()));
    assert!(world.now.since(began) < Duration::from_millis(500), "{:?}", world.now.since(began));
    let sent = sent.lock().unwrap();
    // LCP's end, the call's and the tunnel's each have their answer; the associations go last.
    let deletes = sent.iter().position(|&one| one == (Sender::Client(0), Protocol::Udp)).expect("IKE deletes");
    let answers = sent[..deletes].iter().filter(|&&one| one == (Sender::Server, Protocol::Esp)).count();
    assert!(answers >= 3, "{sent:?}");
    assert!(sent[deletes..].iter().all(|&one| one != (Sender::Client(0), Protocol::Esp)), "{sent:?}");
    drop(sent);
    world.run_for(Duration::from_secs(1));
    let downs = world.downs();
    let [(_, End::Ppp { failure })] = downs[..] else { panic!("{downs:?}") };
    assert!(matches!(failure, ppp::Failure::Refused(ppp::Refused::Terminated { .. })), "{failure:?}");
    let counts = world.server.counts();
    assert_eq!((counts.ike_sas, counts.associations, counts.calls), (0, 0, 0), "{counts:?}");
}

#[test]
fn nobody_waits_longer_than_a_second_for_a_server_that_does_not_acknowledge() {
    let mut world = World::connected(31);
    let sent = watch(&mut world, |sender, _| sender == Sender::Server);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(Duration::from_millis(999));
    assert!(!world.dialer(0).has_left());
    world.run_for(Duration::from_millis(1));
    assert!(world.dialer(0).has_left());
    let told = sent.lock().unwrap().last().copied();
    assert_eq!(told, Some((Sender::Client(0), Protocol::Udp)), "the associations are deleted all the same");
}

#[test]
fn who_has_no_patience_leaves_at_once() {
    let mut world = World::connected(32);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.at_client(0, |dialer, now, rng, out| dialer.leave(now, rng, out));
    assert!(world.dialer(0).has_left());
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.counts().associations, 0);
    world.assert_server_is_empty();
}

#[test]
fn a_call_that_l2tp_ends_was_up_when_ip_passed_and_only_then() {
    for is_up in [true, false] {
        let mut world = World::with_client(33);
        if is_up {
            world.connect_all();
        } else {
            world.clients[0].config.ppp.ask_first = true;
            world.dial(0);
            let asked =
                |world: &World| world.clients[0].events.iter().any(|event| matches!(event, client::Event::Ask(_)));
            assert!(world.run_until(PATIENCE, asked));
        }
        // PPP's good-bye, which is the first, is lost; the end of the tunnel arrives.
        let mut first = true;
        world.gate = Some(Box::new(move |sender, _| sender != Sender::Server || !std::mem::take(&mut first)));
        world.at_server(|server, now, rng, out| server.shut_down(now, rng, out));
        world.run_for(Duration::from_secs(5));
        let (failure, _) = world.end_of(0).expect("it has ended");
        if is_up {
            assert!(matches!(failure, Failure::L2tp { stage: l2tp::Stage::Up, .. }), "{failure:?}");
            assert_eq!(failure.stage(), Stage::Up);
        } else {
            assert!(matches!(failure, Failure::Cut { stage: ppp::Stage::Lcp, .. }), "{failure:?}");
        }
    }
}

#[test]
fn packets_for_an_ended_session_have_nowhere_to_go() {
    let mut world = World::connected(10);
    let address = world.address(0);
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(Duration::from_secs(10));
    let packet = crate::packets::echo(crate::world::OFFICE, address, "late");
    world.server_sends(wire::virtio::VnetHeader::default(), &packet);
    assert_eq!(world.server.drops().get(Dropped::NoRoute), 1);
}

#[test]
fn a_dialer_that_is_ended_at_any_moment_ends_once_and_falls_silent() {
    for milliseconds in (0..700).step_by(20) {
        let mut world = World::with_client(15);
        world.dial(0);
        world.run_for(Duration::from_millis(milliseconds));
        world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
        assert_eq!(world.end_of(0).unwrap().0, &Failure::HungUp);
        let last = world.clients[0].events.last();
        assert!(matches!(last, Some(client::Event::Ended { .. })), "after {milliseconds} ms: {last:?}");
        world.run_for(Duration::from_secs(100));
        let last = world.clients[0].events.last();
        assert!(matches!(last, Some(client::Event::Ended { .. })), "after {milliseconds} ms: {last:?}");
        let dialer = world.clients[0].dialer.as_mut().unwrap();
        assert_eq!(dialer.poll_timeout(), None, "after {milliseconds} ms it goes on waiting");
        world.assert_server_is_empty();
    }
}

#[test]
fn a_user_with_an_address_of_his_own_can_come_back_before_he_was_missed() {
    let mut config = server_config();
    let address = [10, 99, 0, 50].into();
    let password = "password0".into();
    config.accounts.insert(Account { name: "user0".into(), password, address: Some(address), disabled: false });
    let mut world = World::with(16, config);
    world.add_client(Network::INTERNET, public(10));
    world.connect_all();
    assert_eq!(world.address(0), address);
    come_back(&mut world);
    assert_eq!(world.address(0), address);
    world.ping(0);
    assert!(world.failures().is_empty(), "{:#?}", world.server_events);
    world.run_for(Duration::from_secs(300));
    world.ping(0);
    assert_eq!((world.ups(), world.downs().len(), world.server.pool().in_use()), (2, 1, 1));
}

#[test]
fn initial_contact_of_one_client_does_not_end_another_with_the_same_identity_behind_the_same_nat() {
    let mut world = World::new(17);
    let link = sim::Link::default();
    let (_, carrier) = world.net.add_nat(Network::INTERNET, public(1), sim::NatConfig::default(), link.clone());
    for number in 0..2 {
        let router = [100, 64, 0, 10 + number].into();
        let (_, home) = world.net.add_nat(carrier, router, sim::NatConfig::default(), link.clone());
        let client = world.add_client(home, [192, 168, 1, 100].into());
        world.clients[client].config.initiate.initial_contact = true;
    }
    world.connect_all();
    (0..2).for_each(|index| world.ping(index));
    assert_eq!((world.ups(), world.downs().len()), (2, 0));
}
