//! Attempts that fail: one verdict each at the server, the right failure at the client, and nothing left behind.

use std::time::Duration;

use access::datapath::Encapsulation;
use access::{Failure, Stage};
use crypto::cbc::CbcAlg;
use diagnose::{Cause, Ras, Verdict};
use ike::proposal::{ChildAuth, ChildCipher, ChildSuite};
use policy::Account;
use sim::{Direction, NatConfig, Network, Rule};

use crate::agree::assert_server_agrees;
use crate::rogue::{Rogue, SUITE};
use crate::world::{PATIENCE, Sender, World, public, server_config};

/// Lets the only client dial and gives both ends time to come to their conclusions.
fn try_to_connect(world: &mut World) {
    world.dial(0);
    let ended = world.run_until(PATIENCE, |world| world.end_of(0).is_some());
    assert!(ended, "the client does not come to an end");
    world.run_for(PATIENCE);
}

/// A world in which nobody has an address but whose client may be changed before it dials.
fn with_client(change: impl FnOnce(&mut access::client::Config)) -> World {
    let mut world = World::with_client(1);
    change(&mut world.clients[0].config);
    world
}

/// A client that knows another server configuration than the usual one.
fn with_server(change: impl FnOnce(&mut access::server::Config)) -> World {
    let mut config = server_config();
    change(&mut config);
    let mut world = World::with(1, config);
    world.add_client(Network::INTERNET, public(10));
    world
}

#[track_caller]
fn expect(mut world: World, cause: Cause, ras: u32, stage: Stage) -> World {
    let (verdict, session) = world.only_verdict();
    assert_eq!(verdict, Verdict { cause, ras: Some(Ras(ras)) });
    assert_eq!(session.stage, stage);
    assert_eq!((world.ups(), world.downs().len()), (0, 0));
    assert_server_agrees(&world);
    world.assert_server_is_empty();
    world
}

#[track_caller]
fn client_failure(world: &World) -> &Failure {
    world.end_of(0).expect("the client has ended").0
}

#[test]
fn different_keys_are_told_apart_from_silence() {
    let mut world = with_client(|config| config.initiate.pre_shared_key = "another key".into());
    try_to_connect(&mut world);
    let (failure, stage) = world.end_of(0).unwrap();
    assert_eq!(stage, Stage::IkePhase1);
    assert_eq!(Verdict::of(failure).cause, Cause::IkePskMismatch, "{failure:?}");
    expect(world, Cause::IkePskMismatch, 789, Stage::IkePhase1);
}

#[test]
fn a_server_without_a_key_for_the_client_says_so_in_its_verdict() {
    let mut world = with_server(|config| config.ike.pre_shared_keys.clear());
    try_to_connect(&mut world);
    assert!(matches!(
        client_failure(&world),
        Failure::Ike { failure: ike::Failure::Refused { notify, .. }, .. }
            if *notify == wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN
    ));
    expect(world, Cause::IkePskMissing, 791, Stage::IkePhase1);
}

#[test]
fn without_a_common_proposal_of_phase_1_both_know_it() {
    let mut world = with_server(|config| config.ike.phase1.ciphers = vec![CbcAlg::TripleDes]);
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).cause, Cause::IkeNoProposalPhase1);
    expect(world, Cause::IkeNoProposalPhase1, 789, Stage::IkePhase1);
}

#[test]
fn without_a_common_proposal_of_phase_2_both_know_it() {
    let mut world = with_server(|config| {
        config.ike.child.ciphers = vec![ChildCipher::TripleDes];
        config.ike.child.auths = vec![ChildAuth::HmacSha1_96];
    });
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).cause, Cause::IkeNoProposalPhase2);
    expect(world, Cause::IkeNoProposalPhase2, 789, Stage::IkePhase2);
}

#[test]
fn a_wrong_password_is_the_users_fault() {
    let mut world = with_client(|config| config.ppp.credentials.password = "not it".into());
    try_to_connect(&mut world);
    let verdict = Verdict::of(client_failure(&world));
    assert_eq!(verdict, Verdict { cause: Cause::AuthBadCredentials, ras: Some(Ras(691)) });
    let world = expect(world, Cause::AuthBadCredentials, 691, Stage::PppAuthentication);
    let session = world.failures()[0].0;
    assert_eq!((session.user.as_deref(), session.authenticated), (Some("user0"), None));
}

#[test]
fn an_unknown_user_gets_the_same_answer_as_a_wrong_password() {
    let mut world = with_client(|config| config.ppp.credentials.user = "nobody".into());
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).ras, Some(Ras(691)));
    expect(world, Cause::AuthBadCredentials, 691, Stage::PppAuthentication);
}

#[test]
fn a_disabled_account_is_told_to_be_disabled() {
    let mut world = with_server(|config| {
        let password = "password0".into();
        config.accounts.insert(Account { name: "user0".into(), password, address: None, disabled: true });
    });
    try_to_connect(&mut world);
    let verdict = Verdict::of(client_failure(&world));
    assert_eq!(verdict, Verdict { cause: Cause::AuthAccountDisabled, ras: Some(Ras(647)) });
    expect(world, Cause::AuthAccountDisabled, 647, Stage::PppAuthentication);
}

#[test]
fn a_client_that_finds_the_pool_exhausted_is_the_only_one_to_suffer() {
    let mut world = with_server(|config| config.pool = "10.99.0.1-10.99.0.2".parse().unwrap());
    world.add_client(Network::INTERNET, public(11));
    world.dial(1);
    assert!(world.run_until(PATIENCE, |world| world.is_up(1)));
    try_to_connect(&mut world);
    assert_eq!(world.end_of(0).unwrap().1, Stage::PppNetwork);
    let (verdict, session) = world.only_verdict();
    assert_eq!(verdict, Verdict { cause: Cause::NcpAddressPoolExhausted, ras: Some(Ras(738)) });
    assert_eq!(session.stage, Stage::PppNetwork);
    world.ping(1);
}

#[test]
fn without_a_common_way_to_authenticate_no_password_is_sent() {
    let mut world = with_server(|config| config.ppp.methods = vec![ppp::Method::Pap]);
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).cause, Cause::PppNoCommonAuth);
    let world = expect(world, Cause::PppNoCommonAuth, 734, Stage::PppLcp);
    assert_eq!(world.failures()[0].0.user, None);
}

#[test]
fn bare_esp_that_a_firewall_discards_is_named_by_both() {
    let mut world = World::with_client(1);
    let node = world.clients[0].node;
    world.net.link_mut(node).firewall.push(Rule::ESP);
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).cause, Cause::NetEspBlocked);
    assert!(matches!(
        world.failures()[0].1,
        Failure::NoTunnel(access::NoTunnel { encapsulation: Encapsulation::Raw, heard: false, .. })
    ));
    expect(world, Cause::NetEspBlocked, 809, Stage::Esp);
}

#[test]
fn esp_that_is_discarded_on_the_way_back_only_is_named_by_both() {
    let mut world = World::with_client(1);
    let node = world.clients[0].node;
    world.net.link_mut(node).firewall.push(Rule::ESP.only(Direction::In));
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).cause, Cause::NetEspBlocked);
    expect(world, Cause::NetEspBlocked, 809, Stage::L2tpTunnel);
}

#[test]
fn port_4500_that_a_firewall_discards_is_named_by_both() {
    let mut world = World::new(1);
    let (nat, home) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), sim::Link::default());
    world.add_client(home, [192, 168, 1, 2].into());
    world.net.link_mut(nat).firewall.push(Rule::udp(4500));
    try_to_connect(&mut world);
    assert_eq!(Verdict::of(client_failure(&world)).cause, Cause::NetUdp4500Blocked);
    expect(world, Cause::NetUdp4500Blocked, 809, Stage::IkePhase1);
}

#[test]
fn port_500_that_a_firewall_discards_is_named_by_the_client_and_unknown_to_the_server() {
    let mut world = World::with_client(1);
    let node = world.clients[0].node;
    world.net.link_mut(node).firewall.push(Rule::udp(500));
    try_to_connect(&mut world);
    let (failure, stage) = world.end_of(0).unwrap();
    assert_eq!((Verdict::of(failure).cause, stage), (Cause::NetUdp500Blocked, Stage::IkePhase1));
    assert!(world.server_events.is_empty());
    world.assert_server_is_empty();
}

#[test]
fn a_server_that_the_answers_do_not_leave_gives_one_verdict() {
    let mut world = World::with_client(1);
    let node = world.server_node;
    world.net.link_mut(node).firewall.push(Rule::udp(500).only(Direction::Out));
    try_to_connect(&mut world);
    expect(world, Cause::NetUdp500Blocked, 809, Stage::IkePhase1);
}

#[test]
fn a_client_that_never_starts_l2tp_gets_a_verdict_and_is_forgotten() {
    let mut world = World::with_client(1);
    world.gate = Some(Box::new(|_, packet| packet.protocol() != sim::Protocol::Esp));
    world.dial(0);
    assert!(world.run_until(PATIENCE, |world| world.server.sessions().any(|s| s.stage == Stage::Esp)));
    world.switch_off(0);
    world.run_for(PATIENCE);
    expect(world, Cause::NetEspBlocked, 809, Stage::Esp);
}

#[test]
fn a_client_that_never_asks_for_an_association_gets_a_verdict_and_is_forgotten() {
    let mut world = with_client(|config| config.initiate.child = None);
    world.dial(0);
    world.run_for(PATIENCE);
    let (failure, stage) = {
        let failures = world.failures();
        let [(session, failure)] = failures[..] else { panic!("{failures:?}") };
        (failure.clone(), session.stage)
    };
    assert!(matches!(
        failure,
        Failure::Ike { stage: ike::Stage::Phase2Proposal, failure: ike::Failure::Silence { .. }, .. }
    ));
    assert_eq!(stage, Stage::IkePhase2);
    world.assert_server_is_empty();
}

#[test]
fn a_client_that_gives_up_before_anything_is_answered_for_by_one_verdict() {
    // The user cancels as soon as the call is there.
    let mut world = World::with_client(1);
    world.dial(0);
    assert!(world.run_until(PATIENCE, |world| world.dialer(0).stage() >= Stage::PppLcp));
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(Duration::from_secs(60));
    assert_eq!(world.end_of(0).unwrap().0, &Failure::HungUp);
    assert_eq!(world.failures().len(), 1);
    world.assert_server_is_empty();
}

#[test]
fn a_tunnel_that_begins_late_is_not_cut_short_by_the_patience_with_it() {
    // IPsec by hand, and L2TP just before the server would have given up.
    let mut world = World::with_client(1);
    let since = world.now;
    let late = Duration::from_secs(59);
    let clock = std::rc::Rc::new(std::cell::Cell::new(since));
    let time = clock.clone();
    world.clients[0].config.l2tp.setup_timeout = 2 * late;
    world.clients[0].config.l2tp.retransmission = clock::Backoff::new(Duration::from_secs(1), 100, late, 100);
    world.gate = Some(Box::new(move |sender, packet| {
        let esp = packet.protocol() == sim::Protocol::Esp;
        let minute = time.get().since(since) < late;
        // Its SCCRQ comes late, and the server's first answers are lost.
        !esp || !(minute || sender == Sender::Server && time.get().since(since) < late + late / 10)
    }));
    world.dial(0);
    while !world.is_up(0) && world.now.since(since) < PATIENCE {
        world.run_for(Duration::from_millis(100));
        clock.set(world.now);
    }
    assert!(world.is_up(0), "{:?} {:#?}", world.end_of(0), world.server_events);
    world.run_for(Duration::from_secs(1));
    assert_eq!((world.ups(), world.failures().len()), (1, 0));
}

#[test]
fn a_client_that_asks_again_and_again_for_what_is_not_to_be_had_gets_one_verdict_and_is_forgotten() {
    let mut world = with_server(|config| config.ike.child.ciphers = vec![ChildCipher::AesCbc256]);
    let mut rogue = Rogue::begin(&mut world, public(66));
    rogue.pump_for(&mut world, Duration::from_secs(1));
    for _ in 0..5 {
        rogue.ask_for(&mut world, SUITE);
        rogue.pump_for(&mut world, Duration::from_secs(1));
    }
    // It goes on answering whether it is there.
    rogue.pump_for(&mut world, Duration::from_secs(130));
    assert_eq!(world.server.counts(), access::server::Counts::default());
    expect(world, Cause::IkeNoProposalPhase2, 789, Stage::IkePhase2);
}

#[test]
fn one_refused_quick_mode_beside_one_that_succeeded_ends_nothing() {
    let mut world = World::new(1);
    let mut rogue = Rogue::connect(&mut world, public(66));
    rogue.ask_for(&mut world, ChildSuite { cipher: ChildCipher::TripleDes, ..SUITE });
    rogue.pump_for(&mut world, Duration::from_secs(2));
    assert!(world.server_events.is_empty(), "{:?}", world.server_events);
    rogue.pump_for(&mut world, Duration::from_secs(70));
    expect(world, Cause::NetEspBlocked, 809, Stage::Esp);
}

#[test]
fn a_tunnel_without_a_call_is_ended_with_one_verdict() {
    let mut world = World::new(1);
    let mut rogue = Rogue::connect(&mut world, public(66));
    rogue.open_tunnel(&mut world);
    assert_eq!(world.server.sessions().next().unwrap().stage, Stage::L2tpCall);
    rogue.pump_for(&mut world, Duration::from_secs(70));
    let failures = world.failures();
    let [(session, Failure::L2tp { failure: l2tp::Failure::Closed(l2tp::Closed::Empty), .. })] = failures[..] else {
        panic!("{failures:?}")
    };
    assert_eq!(session.stage, Stage::L2tpCall);
    world.assert_server_is_empty();
}

/// Lets the only client's wrong password arrive, and nothing of what it says afterwards.
fn vanish_after_a_wrong_password(world: &mut World) {
    world.clients[0].config.ppp.credentials.password = "not it".into();
    world.dial(0);
    let authenticating = |world: &World| world.server.sessions().any(|s| s.stage == Stage::PppAuthentication);
    assert!(world.run_until(PATIENCE, authenticating));
    let mut left = 1;
    world.gate = Some(Box::new(move |sender, _| {
        left -= i32::from(sender == Sender::Client(0));
        sender == Sender::Server || left >= 0
    }));
    assert!(world.run_until(PATIENCE, |world| world.failures().len() == 1));
}

#[test]
fn a_client_that_vanishes_after_a_wrong_password_had_a_wrong_password() {
    let mut world = World::with_client(1);
    vanish_after_a_wrong_password(&mut world);
    expect(world, Cause::AuthBadCredentials, 691, Stage::PppAuthentication);
}

#[test]
fn the_end_of_an_earlier_attempts_tunnel_is_not_the_end_of_the_next_attempt() {
    let mut world = with_server(|config| config.ppp.max_tries = 1);
    vanish_after_a_wrong_password(&mut world);
    // The server keeps the tunnel for a while.
    world.gate = Some(Box::new(|_, packet| packet.protocol() != sim::Protocol::Esp));
    assert_eq!(world.server.counts().tunnels, 1);
    world.switch_off(0);
    world.clients[0].events.clear();
    world.dial(0);
    world.run_for(PATIENCE);
    let causes: Vec<_> = world.failures().iter().map(|(_, failure)| Verdict::of(failure).cause).collect();
    assert_eq!(causes, [Cause::AuthBadCredentials, Cause::NetEspBlocked], "{:#?}", world.failures());
    world.assert_server_is_empty();
}

/// What a server with two methods demands of a client that only asks for one of them, and how that ends at either end.
#[test]
fn a_client_that_only_asks_for_a_method_learns_it_and_names_no_user() {
    use wire::ppp::{AuthProtocol, ChapAlgorithm};
    let v2 = Some(AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2));
    for (asked, demands) in
        [(AuthProtocol::Pap, vec![v2, Some(AuthProtocol::Pap)]), (AuthProtocol::Eap, vec![v2, Some(AuthProtocol::Pap)])]
    {
        let mut world = with_server(|config| config.ppp.methods = vec![ppp::Method::MsChapV2, ppp::Method::Pap]);
        world.clients[0].config.ppp.inquire = Some(asked);
        try_to_connect(&mut world);
        let heard = world.clients[0].events.iter().filter_map(|event| match event {
            access::client::Event::Demands(demand) => Some(*demand),
            _ => None,
        });
        assert_eq!(heard.collect::<Vec<_>>(), demands);
        let (failure, stage) = world.end_of(0).unwrap();
        let learned = matches!(failure, Failure::Ppp { failure: ppp::Failure::Local(ppp::Local::Closed(_)), .. });
        let ended = matches!(failure, Failure::Ppp { failure: ppp::Failure::Refused(_), .. });
        assert_eq!((learned, ended, stage), (asked == AuthProtocol::Pap, asked == AuthProtocol::Eap, Stage::PppLcp));
        assert!(world.failures().iter().all(|(session, _)| session.user.is_none()), "{:#?}", world.failures());
        assert_eq!(world.ups(), 0);
        world.assert_server_is_empty();
    }
}
