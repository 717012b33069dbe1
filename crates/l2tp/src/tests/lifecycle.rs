//! How tunnels and calls end when nobody misbehaves.

use wire::l2tp::{DisconnectCode, PppDisconnectCause};

use super::peers::{SCCCN, android, call, only};
use super::*;
use crate::{CallEnd, Closed, Denial, Gone, Origin, Refusal, TunnelEnd};

#[test]
fn both_sides_learn_each_others_ids_and_names() {
    let mut world = World::pair();
    let tunnel = world.connect(0);
    world.run(Duration::from_secs(5));
    let at_lac = world.lacs[0].tunnel(tunnel).unwrap();
    let at_lns = world.lns.tunnels().next().unwrap();
    assert_eq!((at_lac.identity.host_name.as_deref(), at_lac.origin), (Some(&b"lns"[..]), Origin::Local));
    assert_eq!((at_lns.identity.host_name.as_deref(), at_lns.origin), (Some(&b"lac"[..]), Origin::Peer));
    assert_eq!((at_lac.stage, at_lns.stage), (Some(Stage::Up), Some(Stage::Up)));
    assert_eq!((at_lac.remote_tunnel, at_lns.remote_tunnel), (at_lns.tunnel.0, at_lac.tunnel.0));
}

#[test]
fn the_cause_of_a_hang_up_reaches_the_peer() {
    let mut world = World::pair();
    world.connect(0);
    world.run(Duration::from_secs(5));
    let session = session_of(&world.lns_events).unwrap();
    let cause = PppDisconnectCause {
        code: DisconnectCode::AUTHENTICATION_FAILED,
        protocol: 0xc223,
        direction: 1,
        message: b"no".to_vec(),
    };
    let end = CallEnd::ADMINISTRATIVE.with_ppp_cause(cause.clone());
    assert!(world.lns.disconnect(world.now, session, end.clone()));
    assert!(!world.lns.disconnect(world.now, session, end.clone()), "it has ended");
    world.run(Duration::from_secs(5));
    let closed = Failure::Closed(Closed::Call(end));
    assert!(world.lns_events.contains(&Event::CallDown { peer: 0, session, failure: closed }));
    let told = world.lac_events[0].iter().any(|event| {
        matches!(event, Event::CallDown { failure: Failure::Refused(Refusal::Call { ppp_cause, .. }), .. }
            if ppp_cause.as_ref() == Some(&cause))
    });
    assert!(told, "{:?}", world.lac_events[0]);
}

#[test]
fn a_tunnel_opened_for_a_call_ends_with_it() {
    let mut world = World::pair();
    world.connect(0);
    world.run(Duration::from_secs(5));
    let session = session_of(&world.lns_events).unwrap();
    world.lns.disconnect(world.now, session, CallEnd::ADMINISTRATIVE);
    world.run(Duration::from_secs(5));
    let down = |events: &[Event<u32>]| events.iter().any(|event| matches!(event, Event::TunnelDown { .. }));
    assert!(down(&world.lac_events[0]) && down(&world.lns_events));
}

#[test]
fn a_refused_call_is_one_failure_at_each_end() {
    let mut world = World::new(Config { max_sessions_per_tunnel: 0, ..Config::new("lns") }, Config::new("lac"), 1);
    world.connect(0);
    world.run(Duration::from_secs(60));
    for events in [&world.lac_events[0], &world.lns_events] {
        assert!(matches!(
            events[..],
            [Event::TunnelUp { .. }, Event::Failed { stage: Stage::Call, .. }, Event::TunnelDown { .. }]
        ));
    }
}

#[test]
fn a_tunnel_without_a_call_is_closed_after_a_while() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    peer.wait(Duration::from_secs(59));
    assert!(peer.answers().is_empty());
    peer.wait(Duration::from_secs(2));
    assert!(peer.answers().iter().any(|answer| matches!(read(answer), Some(Message::StopCcn(_)))));
    let events = peer.events();
    assert!(matches!(events[1], Event::TunnelDown { failure: Failure::Closed(Closed::Empty), .. }), "{events:?}");
}

#[test]
fn a_peer_that_acknowledges_and_does_not_go_on_is_given_up() {
    let mut peer = Puppet::new(Config::new("lns"));
    let Some(Message::Sccrp(reply)) = only(peer.send(&Message::Sccrq(android(7)), 0)) else { panic!() };
    peer.tunnel = reply.assigned_tunnel;
    peer.acknowledge();
    peer.wait(Duration::from_secs(61));
    let events = peer.events();
    let elapsed = Duration::from_secs(60);
    let silence = Failure::Silence { stage: Stage::Tunnel, attempts: 0, elapsed };
    assert_eq!(events.iter().filter_map(failure_of).collect::<Vec<_>>(), [(Stage::Tunnel, &silence)]);

    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    peer.send(&call(9), 0);
    peer.acknowledge();
    peer.wait(Duration::from_secs(60));
    assert!(peer.answers().iter().any(|answer| matches!(read(answer), Some(Message::Cdn(_)))));
    let silence = Failure::Silence { stage: Stage::Call, attempts: 0, elapsed };
    assert_eq!(peer.events().iter().filter_map(failure_of).collect::<Vec<_>>(), [(Stage::Call, &silence)]);
}

#[test]
fn a_peer_whose_association_is_gone_is_forgotten_without_a_word() {
    let mut world = World::new(Config::new("lns"), Config::new("lac"), 2);
    world.connect(0);
    world.connect(1);
    world.run(Duration::from_secs(5));
    let (before, packets) = (world.lns_events.len(), world.packets);
    world.lns.forget_peer(world.now, 0);
    world.drain();
    let ended = &world.lns_events[before..];
    let gone = Failure::PeerGone(Gone::Association);
    assert!(
        matches!(ended, [Event::CallDown { peer: 0, failure: a, .. }, Event::TunnelDown { peer: 0, failure: b, .. }]
        if *a == gone && *b == gone)
    );
    assert_eq!(world.packets, packets);
    assert_eq!(world.lns.sessions().map(|session| session.peer).collect::<Vec<_>>(), [1]);
}

#[test]
fn closing_a_peer_ends_all_its_tunnels() {
    let mut world = World::pair();
    world.connect(0);
    world.connect(0);
    world.run(Duration::from_secs(5));
    assert_eq!(world.lns.sessions().count(), 2);
    assert!(world.lns.has_tunnels(0) && !world.lns.has_tunnels(1));
    world.lns.close_peer(world.now, 0, &TunnelEnd::SHUTTING_DOWN);
    assert!(!world.lns.has_tunnels(0), "a tunnel that is ending does not count");
    world.run(Duration::from_secs(60));
    assert_eq!(world.lns.tunnels().count() + world.lacs[0].tunnels().count(), 0);
    let told = world.lac_events[0].iter().filter(|event| {
        matches!(event, Event::CallDown { failure: Failure::Refused(Refusal::Tunnel { result, .. }), .. }
            if *result == Some(wire::l2tp::StopResult::SHUTTING_DOWN))
    });
    assert_eq!(told.count(), 2);
}

#[test]
fn a_connection_that_is_cancelled_early_leaves_nothing() {
    for after in [0, 10, 25, 45, 65] {
        let mut world = World::pair();
        let tunnel = world.connect(0);
        world.run(Duration::from_millis(after));
        world.lacs[0].close_tunnel(world.now, tunnel, TunnelEnd::GENERAL);
        world.run(Duration::from_secs(100));
        assert_eq!(world.lns.tunnels().count() + world.lacs[0].tunnels().count(), 0, "after {after} ms");
        let ends = |events: &[Event<u32>]| {
            events.iter().filter(|e| matches!(e, Event::Failed { .. } | Event::CallDown { .. })).count()
        };
        assert_eq!(ends(&world.lac_events[0]), 1, "after {after} ms: {:?}", world.lac_events[0]);
    }
}

#[test]
fn a_dialer_opens_no_more_tunnels_than_its_limit() {
    let mut engine = Engine::new(Config { max_tunnels_per_peer: 2, ..Config::new("lac") });
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut connect = |engine: &mut Engine<u32>| engine.connect(Timestamp::ZERO, &mut rng, LNS);
    assert!(connect(&mut engine).is_ok() && connect(&mut engine).is_ok());
    assert_eq!(connect(&mut engine), Err(Failure::Denied(Denial::TunnelsPerPeer(2))));
}

#[test]
fn of_two_requests_that_cross_the_one_with_the_tie_breaker_wins() {
    let mut peer = Puppet::new(Config::new("both"));
    let ours = peer.engine.connect(peer.now, &mut peer.rng, 1).unwrap();
    peer.answers();
    peer.nr = 0;
    let request = wire::l2tp::StartControl { tie_breaker: Some(5), ..android(7) };
    let Some(Message::Sccrp(reply)) = only(peer.send(&Message::Sccrq(request), 0)) else { panic!("no SCCRP") };
    let lost = Event::Failed { peer: 1, tunnel: Some(ours), stage: Stage::Tunnel, failure: Failure::TieLost };
    assert_eq!(peer.events(), [lost]);
    peer.tunnel = reply.assigned_tunnel;
    assert_eq!(only(peer.send(&SCCCN, 0)), None);
    assert_eq!(peer.engine.tunnels().count(), 1);
}
