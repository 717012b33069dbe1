//! Loss, duplication, reordering, silence.

use super::*;

/// A whole life: connect, stay, hang up. Gives the number of packets.
fn live(world: &mut World) -> usize {
    world.connect(0);
    world.run(Duration::from_secs(45));
    let session = world.lac_session(0).expect("the call comes up at the LAC");
    let at_lns = session_of(&world.lns_events).expect("the call comes up at the LNS");
    let end = crate::CallEnd::ADMINISTRATIVE;
    assert!(world.lacs[0].disconnect(world.now, session, end));
    world.run(Duration::from_secs(100));
    let ended = |events: &[Event<u32>], of| {
        events.iter().filter(|event| matches!(event, Event::CallDown { session, .. } if *session == of)).count()
    };
    assert_eq!((ended(&world.lac_events[0], session), ended(&world.lns_events, at_lns)), (1, 1));
    for events in [&world.lac_events[0], &world.lns_events] {
        let tunnels = events.iter().filter(|event| matches!(event, Event::TunnelDown { .. })).count();
        assert_eq!((tunnels, events.len()), (1, 4), "{events:?}");
    }
    assert_eq!(world.lns.tunnels().count() + world.lacs[0].tunnels().count(), 0, "nothing is left over");
    world.packets
}

#[test]
fn a_call_comes_up_and_ends_on_a_good_line() {
    let mut world = World::pair();
    // SCCRQ, SCCRP, SCCCN and ICRQ at once, ZLB, ICRP, ICCN, ZLB; CDN and StopCCN at once, a ZLB for each.
    assert_eq!(live(&mut world), 12);
}

#[test]
fn every_message_may_be_lost_once() {
    for lost in 0..12 {
        live(&mut World::pair().with_fate(move |packet| if packet == lost { vec![] } else { vec![LATENCY] }));
    }
}

#[test]
fn every_message_may_come_twice_or_ten_times() {
    for repeated in 0..12 {
        for copies in [2, 10] {
            live(&mut World::pair().with_fate(move |packet| match packet == repeated {
                true => (1..=copies).map(|copy| LATENCY * copy).collect(),
                false => vec![LATENCY],
            }));
        }
    }
}

#[test]
fn every_message_may_be_overtaken_by_the_next() {
    for late in 0..12 {
        for delay in [LATENCY + LATENCY / 2, LATENCY * 4, Duration::from_secs(5)] {
            let fate = move |packet| vec![if packet == late { delay } else { LATENCY }];
            live(&mut World::pair().with_fate(fate));
        }
    }
}

#[test]
fn a_bad_line_delays_a_call_and_hangs_nothing() {
    let mut up = 0;
    for seed in 0..200 {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut world = World::pair().with_fate(move |_| {
            let copies = match below(&mut rng, 100) {
                0..20 => 0,
                20..25 => 2,
                _ => 1,
            };
            (0..copies).map(|_| LATENCY + Duration::from_millis(u64::from(below(&mut rng, 60)))).collect()
        });
        world.connect(0);
        world.run(Duration::from_secs(60));
        match world.lac_session(0) {
            Some(_) => up += 1,
            None => {
                let failed: Vec<_> = world.lac_events[0].iter().filter_map(failure_of).collect();
                assert!(matches!(failed[..], [(_, Failure::Silence { .. })]), "seed {seed}: {failed:?}");
            }
        }
        let end = crate::TunnelEnd::GENERAL;
        world.lacs[0].close_peer(world.now, LNS, &end);
        world.run(Duration::from_secs(200));
        assert_eq!(world.lns.tunnels().count() + world.lacs[0].tunnels().count(), 0, "seed {seed}");
    }
    assert!(up >= 198, "{up} of 200 came up");
}

#[test]
fn a_dead_line_ends_in_silence_with_the_count_and_the_time() {
    let mut world = World::pair().with_fate(|_| vec![]);
    let tunnel = world.connect(0);
    world.run(Duration::from_secs(120));
    let elapsed = Duration::from_secs(31);
    let failure = Failure::Silence { stage: Stage::Tunnel, attempts: 6, elapsed };
    let failed = Event::Failed { peer: LNS, tunnel: Some(tunnel), stage: Stage::Tunnel, failure };
    assert_eq!(world.lac_events[0], [failed]);
    assert_eq!((world.packets, world.lacs[0].tunnels().count()), (6, 0));
}

#[test]
fn a_line_that_dies_is_noticed_by_a_hello_on_both_sides() {
    let cut = std::rc::Rc::new(std::cell::Cell::new(false));
    let knife = cut.clone();
    let mut world = World::pair().with_fate(move |_| if knife.get() { vec![] } else { vec![LATENCY] });
    world.connect(0);
    world.run(Duration::from_secs(300));
    assert!(world.lac_session(0).is_some());
    assert_eq!((world.lac_events[0].len(), world.lns_events.len()), (2, 2), "HELLOs keep a quiet tunnel");
    cut.set(true);
    world.run(Duration::from_secs(100));
    for events in [&world.lac_events[0], &world.lns_events] {
        let [Event::CallDown { failure, .. }, Event::TunnelDown { failure: of_tunnel, .. }] = &events[2..] else {
            panic!("{events:?}")
        };
        assert!(matches!(failure, Failure::Silence { stage: Stage::Up, attempts: 6, .. }));
        assert_eq!(failure, of_tunnel);
    }
}

#[test]
fn thirty_callers_at_once_do_not_disturb_each_other() {
    let mut rng = ChaCha20Rng::seed_from_u64(30);
    let mut world = World::new(Config::new("lns"), Config::new("lac"), 30).with_fate(move |_| {
        let lost = below(&mut rng, 100) < 10;
        if lost { vec![] } else { vec![LATENCY + Duration::from_millis(u64::from(below(&mut rng, 30)))] }
    });
    for lac in 0..30 {
        world.connect(lac);
    }
    world.run(Duration::from_secs(40));
    let mut sessions = std::collections::HashSet::new();
    for lac in 0..30_u32 {
        let at_lac = world.lacs[lac as usize].sessions().next().expect("a call for each");
        let at_lns = world.lns.sessions().find(|session| session.peer == lac).expect("a call for each");
        assert_eq!((at_lac.remote_tunnel, at_lac.remote_session), (at_lns.session.tunnel.0, at_lns.session.session));
        assert_eq!((at_lns.remote_tunnel, at_lns.remote_session), (at_lac.session.tunnel.0, at_lac.session.session));
        assert!(sessions.insert(at_lns.session));
    }
}
