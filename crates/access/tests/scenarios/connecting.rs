//! Clients that connect, and what passes through.

use access::Stage;
use access::client;
use access::datapath::{Dropped, Encapsulation, Traffic};
use access::server;
use ike::proposal::{ChildPolicy, ChildSuite};
use sim::Network;
use wire::virtio::VnetHeader;

use crate::packets::{echo, large_tcp, tcp_payload};
use crate::world::{OFFICE, PATIENCE, World, public, server_config};

#[test]
fn a_client_connects_by_bare_esp_and_both_ends_agree_on_what_they_got() {
    let mut world = World::connected(1);
    world.ping(0);
    let address = world.address(0);
    let [server::Event::Up { session }] = &world.server_events[..] else { panic!("{:?}", world.server_events) };
    assert_eq!(session.address, Some(address));
    assert_eq!(session.user.as_deref(), Some("user0"));
    assert_eq!(session.authenticated, Some(ppp::Method::MsChapV2));
    assert_eq!(session.remote.ip(), public(10));
    assert_eq!(session.stage, Stage::Up);
    let connection = world.clients[0].events.iter().find_map(|event| match event {
        client::Event::Connected(connection) => Some(connection),
        _ => None,
    });
    let connection = connection.expect("the client says so");
    assert_eq!(connection.ipv4.dns[0], Some([192, 0, 2, 53].into()));
    assert_eq!(connection.ipv4.remote, world.server.pool().server());
    let (suite, encapsulation) = connection.esp.expect("there is an association");
    assert_eq!(encapsulation, Encapsulation::Raw);
    assert_eq!(session.esp.map(|(suite, _)| suite), Some(suite));
}

#[test]
fn a_client_tells_each_stage_once_and_in_order() {
    let world = World::connected(2);
    let stages: Vec<_> = world.clients[0]
        .events
        .iter()
        .filter_map(|event| match event {
            client::Event::Progress { stage } => Some(*stage),
            _ => None,
        })
        .collect();
    assert!(stages.is_sorted(), "{stages:?}");
    for stage in [Stage::IkePhase1, Stage::IkePhase2, Stage::L2tpTunnel, Stage::PppLcp, Stage::PppAuthentication] {
        assert_eq!(stages.iter().filter(|&&told| told == stage).count(), 1, "{stage}");
    }
}

#[test]
fn a_large_read_of_the_clients_kernel_arrives_as_one_large_write_and_is_counted_exactly() {
    let mut world = World::connected(3);
    let address = world.address(0);
    let (offload, packet) = large_tcp(address, OFFICE, 60_000, 1300);
    world.client_sends(0, offload, &packet);
    // The packets of one batch arrive together, as one receive call gives them.
    world.run_for(std::time::Duration::from_secs(1));
    let received: Vec<u8> = world.server_tun.iter().flat_map(|(_, octets)| tcp_payload(octets).to_vec()).collect();
    assert_eq!(received, tcp_payload(&packet));
    let segments = 60_000_u64.div_ceil(1300);
    let expected = Traffic { octets_in: 60_000 + 40 * segments, packets_in: segments, octets_out: 0, packets_out: 0 };
    assert_eq!(world.server.sessions().next().unwrap().traffic, expected);
    let sent = world.dialer(0).traffic();
    assert_eq!((sent.octets_out, sent.packets_out), (expected.octets_in, expected.packets_in));
}

#[test]
fn the_segments_of_one_receive_are_joined_again() {
    let mut world = World::connected(4);
    let address = world.address(0);
    let (offload, packet) = large_tcp(OFFICE, address, 60_000, 1300);
    // Straight from one end to the other, as one datagram train that the network card received at once.
    let mut sent = crate::world::Wire::default();
    world.server.handle_tun(offload, &packet, &mut sent);
    world.server.flush(&mut sent);
    assert_eq!(sent.packets.len(), 60_000_usize.div_ceil(1300));
    let mut wire = crate::world::Wire::default();
    let client = world.clients[0].dialer.as_mut().unwrap();
    for packet in sent.packets {
        let sim::Packet::Esp { src, dst, mut payload } = packet else { panic!("not ESP") };
        let path = ike::Path { local: (dst, 0).into(), remote: (src, 0).into() };
        client.handle_esp(world.now, &mut world.rng, path, &mut payload, &mut wire);
    }
    client.flush(&mut wire);
    // The first packet after a silence is also a sign of life, and ends its batch.
    assert!(wire.tun.len() <= 2, "{} writes", wire.tun.len());
    let (offload, large) = wire.tun.last().unwrap();
    assert_eq!(offload.gso_size, 1300);
    assert!(large.len() > 58_000);
    let received: Vec<u8> = wire.tun.iter().flat_map(|(_, octets)| tcp_payload(octets).to_vec()).collect();
    assert_eq!(received, tcp_payload(&packet));
}

#[test]
fn the_record_of_an_ended_session_has_its_final_counters() {
    let mut world = World::connected(5);
    world.ping(0);
    world.ping(0);
    let len = echo(OFFICE, OFFICE, "there").len() as u64;
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(std::time::Duration::from_secs(10));
    let downs = world.downs();
    let [(session, _)] = downs[..] else { panic!("{downs:?}") };
    let expected = Traffic { octets_in: 2 * len, packets_in: 2, octets_out: 2 * (len - 1), packets_out: 2 };
    assert_eq!(session.traffic, expected);
}

#[test]
fn what_is_not_sent_is_not_counted() {
    let mut world = World::connected(6);
    world.server_sends(VnetHeader::default(), &echo(OFFICE, [10, 99, 0, 77].into(), "nobody"));
    world.client_sends(0, VnetHeader::default(), &echo(world.address(0), [224, 0, 0, 1].into(), "all"));
    world.run_for(std::time::Duration::from_secs(1));
    assert_eq!(world.server.drops().get(Dropped::NoRoute), 1);
    assert_eq!(world.server.drops().get(Dropped::Destination), 1);
    assert!(world.server_tun.is_empty());
    assert_eq!(world.server.sessions().next().unwrap().traffic, Traffic::default());
}

#[test]
fn ten_clients_connect_at_once_and_each_gets_its_own_packets() {
    let mut world = World::new(7);
    for number in 0..10 {
        world.add_client(Network::INTERNET, public(10 + number));
    }
    world.connect_all();
    (0..10).for_each(|index| world.ping(index));
    assert_eq!((world.ups(), world.failures().len()), (10, 0));
}

#[test]
fn every_suite_of_phase_2_carries_traffic_both_ways() {
    let policy = ChildPolicy::legacy();
    let (gcm, cbc): (Vec<_>, Vec<_>) = policy.ciphers.iter().partition(|cipher| cipher.is_gcm());
    let with_auth = cbc.iter().flat_map(|&&cipher| policy.auths.iter().map(move |&auth| (cipher, Some(auth))));
    let suites: Vec<_> = with_auth.chain(gcm.iter().map(|&&cipher| (cipher, None))).collect();
    assert!(suites.len() > 10);
    for (cipher, auth) in suites {
        let mut config = server_config();
        config.ike.child = policy.clone();
        let mut world = World::with(8, config);
        world.add_client(Network::INTERNET, public(10));
        let offer = &mut world.clients[0].config.initiate.child.as_mut().unwrap().offer;
        offer.suites = vec![ChildSuite { cipher, auth }];
        world.connect_all();
        world.ping(0);
    }
}

#[test]
fn every_way_to_authenticate_that_both_want_lets_the_user_in() {
    for method in [ppp::Method::Pap, ppp::Method::ChapMd5, ppp::Method::MsChapV2] {
        let mut config = server_config();
        config.ppp.methods = vec![ppp::Method::MsChapV2, ppp::Method::ChapMd5, ppp::Method::Pap];
        let mut world = World::with(9, config);
        world.add_client(Network::INTERNET, public(10));
        world.clients[0].config.ppp.methods = vec![method];
        world.connect_all();
        world.ping(0);
        assert_eq!(world.server.sessions().next().unwrap().authenticated, Some(method));
    }
}

#[test]
fn a_host_that_cannot_use_bare_esp_gets_it_in_udp_without_any_nat() {
    for force_at_server in [false, true] {
        let mut config = server_config();
        config.ike.nat.force_encapsulation = force_at_server;
        let mut world = World::with(10, config);
        world.add_client(Network::INTERNET, public(10));
        world.clients[0].config.ike.nat.force_encapsulation = !force_at_server;
        world.connect_all();
        world.ping(0);
        let session = world.server.sessions().next().unwrap();
        assert_eq!(session.esp.map(|(_, encapsulation)| encapsulation), Some(Encapsulation::Udp));
    }
}

#[test]
fn a_wrong_password_may_be_corrected_in_the_same_attempt() {
    let mut world = World::with_client(11);
    let right = world.clients[0].config.ppp.credentials.clone();
    world.clients[0].config.ppp.credentials.password = "mistyped".into();
    world.clients[0].config.ppp.ask_again = true;
    world.dial(0);
    let asks = |world: &World| world.clients[0].events.iter().any(|event| matches!(event, client::Event::Ask(_)));
    assert!(world.run_until(PATIENCE, asks));
    let Some(client::Event::Ask(ask)) = world.clients[0].events.pop() else { panic!("{:?}", world.clients[0].events) };
    world.run_for(std::time::Duration::from_secs(20));
    let answer = ppp::Answer { id: ask.id, reply: ppp::Reply::Credentials(right) };
    world.at_client(0, |dialer, now, rng, out| dialer.answer(now, rng, answer, out));
    assert!(world.run_until(PATIENCE, |world| world.is_up(0)));
    world.run_for(std::time::Duration::from_secs(1));
    world.ping(0);
    assert_eq!((world.ups(), world.failures().len()), (1, 0));
}

#[test]
fn a_password_is_typed_within_the_attempt_and_the_server_sees_no_failed_one() {
    let mut world = World::with_client(12);
    let right = world.clients[0].config.ppp.credentials.clone();
    world.clients[0].config.ppp.credentials.password = "".into();
    world.clients[0].config.ppp.ask_first = true;
    world.dial(0);
    let asks = |world: &World| world.clients[0].events.iter().any(|event| matches!(event, client::Event::Ask(_)));
    assert!(world.run_until(PATIENCE, asks));
    assert_eq!(world.dialer(0).stage(), Stage::PppLcp);
    let Some(client::Event::Ask(ask)) = world.clients[0].events.pop() else { panic!("{:?}", world.clients[0].events) };
    assert_eq!(ask.question, ppp::Question::Credentials { refusal: None });
    world.run_for(std::time::Duration::from_secs(25));
    let answer = ppp::Answer { id: ask.id, reply: ppp::Reply::Credentials(right) };
    world.at_client(0, |dialer, now, rng, out| dialer.answer(now, rng, answer, out));
    assert!(world.run_until(PATIENCE, |world| world.is_up(0)));
    world.run_for(std::time::Duration::from_secs(1));
    world.ping(0);
    assert_eq!((world.ups(), world.failures().len()), (1, 0), "{:#?}", world.server_events);
    assert_eq!(world.server.sessions().count(), 1);
}
