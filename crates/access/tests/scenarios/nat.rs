//! NAT at either end, many clients behind one, and mappings that change.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use access::datapath::{Dropped, Encapsulation};
use access::server;
use sim::{Filtering, Link, Mapping, NatConfig, Network, NodeId, Packet};

use crate::agree::assert_record_names;
use crate::packets::{large_tcp, tcp_payload};
use crate::world::{OFFICE, SERVER, Sender, Wire, World, public, server_config};

/// The address that every home router hands out first.
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 100));

/// A client behind a home router of its own; the router.
fn add_home(world: &mut World, number: u8, config: NatConfig) -> (usize, NodeId) {
    let (nat, home) = world.net.add_nat(Network::INTERNET, public(number), config, Link::default());
    (world.add_client(home, HOME), nat)
}

/// `count` clients with the same private address, each behind its own router, all of them behind one carrier's NAT.
fn behind_one_nat(seed: u64, count: usize) -> World {
    let mut world = World::new(seed);
    let (_, carrier) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), Link::default());
    for number in 0..count {
        let router = Ipv4Addr::new(100, 64, 0, 10 + number as u8);
        let (_, home) = world.net.add_nat(carrier, router.into(), NatConfig::default(), Link::default());
        world.add_client(home, HOME);
    }
    world
}

#[test]
fn a_client_behind_a_nat_connects_with_esp_in_udp() {
    let mut world = World::new(1);
    add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    world.ping(0);
    let session = world.server.sessions().next().unwrap();
    assert_eq!(session.esp.map(|(_, encapsulation)| encapsulation), Some(Encapsulation::Udp));
    assert_eq!(session.remote.ip(), public(1));
    assert!(session.phase1.unwrap().nat.remote);
}

#[test]
fn a_client_behind_a_nat_that_maps_by_destination_connects() {
    let mut world = World::new(2);
    let config = NatConfig { mapping: Mapping::AddressAndPortDependent, preserve_ports: false, ..NatConfig::default() };
    add_home(&mut world, 1, config);
    world.connect_all();
    world.ping(0);
}

#[test]
fn a_quiet_client_behind_a_nat_is_still_reachable_after_an_hour() {
    let mut world = World::new(3);
    let config = NatConfig { timeout: Duration::from_secs(30), ..NatConfig::default() };
    add_home(&mut world, 1, config);
    world.connect_all();
    world.run_for(Duration::from_secs(3000));
    world.ping(0);
    assert!(world.downs().is_empty());
}

/// A server at a private address, which its router forwards the two ports to.
pub(crate) fn server_behind_nat(seed: u64) -> World {
    let inside: IpAddr = Ipv4Addr::new(10, 0, 0, 2).into();
    let mut net = Network::new(seed).named("server-behind-nat");
    let config = NatConfig {
        filtering: Filtering::EndpointIndependent,
        timeout: Duration::from_secs(1_000_000),
        ..NatConfig::default()
    };
    let (_, lan) = net.add_nat(Network::INTERNET, SERVER, config, Link::default());
    let node = net.add_host(lan, &[inside], Link::default());
    for port in [500, 4500] {
        // A forwarded port is a mapping that never ends.
        let elsewhere = (public(250), 9).into();
        net.send(clock::Timestamp::ZERO, node, Packet::udp((inside, port).into(), elsewhere, b"open"));
    }
    World::around(seed, server_config(), net, node, SERVER)
}

#[test]
fn a_server_behind_a_nat_is_reached_and_keeps_its_mapping_open() {
    let mut world = server_behind_nat(4);
    world.add_client(Network::INTERNET, public(10));
    world.connect_all();
    world.ping(0);
    let session = world.server.sessions().next().unwrap();
    assert_eq!(session.esp.map(|(_, encapsulation)| encapsulation), Some(Encapsulation::Udp));
    let sent = world.server_sent;
    world.run_for(Duration::from_secs(20));
    assert!(world.server_sent > sent, "a keepalive (RFC 3948 section 4)");
    world.run_for(Duration::from_secs(3000));
    world.ping(0);
}

#[test]
fn both_ends_may_be_behind_a_nat() {
    let mut world = server_behind_nat(5);
    add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    world.ping(0);
}

#[test]
fn two_clients_with_the_same_private_address_behind_one_nat_connect_both() {
    let mut world = behind_one_nat(6, 2);
    world.connect_all();
    assert_ne!(world.address(0), world.address(1));
    (0..2).for_each(|index| world.ping(index));
}

#[test]
fn thirty_clients_with_the_same_private_address_behind_one_nat_connect_all_at_once_without_cross_talk() {
    let mut world = behind_one_nat(7, 30);
    world.connect_all();
    assert_eq!((world.ups(), world.failures().len()), (30, 0));
    (0..30).for_each(|index| world.ping(index));
    assert_eq!(world.server.pool().in_use(), 30);
    // One leaves; nobody else notices.
    world.at_client(7, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(Duration::from_secs(150));
    assert_eq!(world.downs().len(), 1);
    (0..30).filter(|&index| index != 7).for_each(|index| world.ping(index));
    // Nor is there anything wrong with any of them in the doctor's eyes.
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn traffic_goes_on_after_the_nat_has_chosen_another_port() {
    let mut world = World::new(8);
    let (client, nat) = add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    world.net.restart_nat(nat, false);
    // The way back opens with the client's next packet.
    world.lost_pings(client);
    world.ping(client);
    let moves = world.server_events.iter().filter(|event| matches!(event, server::Event::Moved { .. })).count();
    assert_eq!(moves, 1);
    let session = world.server.sessions().next().unwrap();
    assert_ne!(session.remote.port(), 4500);
    assert_eq!(session.remote.ip(), public(1));
    world.run_for(Duration::from_secs(3000));
    world.ping(client);
    assert!(world.downs().is_empty(), "dead peer detection follows the client");
}

#[test]
fn traffic_goes_on_after_the_provider_has_changed_address_and_port() {
    let mut world = World::new(9);
    let (client, nat) = add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    world.net.readdress(nat, &[public(99)]);
    world.lost_pings(client);
    world.ping(client);
    assert_eq!(world.server.sessions().next().unwrap().remote.ip(), public(99));
    world.run_for(Duration::from_secs(3000));
    world.ping(client);
    assert_record_names(diagnose::Cause::NoneHealthy, &world);
}

#[test]
fn a_packet_that_the_move_overtook_does_not_move_the_client_back() {
    let mut world = World::new(10);
    let (client, nat) = add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    // A packet that leaves by the old address is held back on its way.
    let late = std::rc::Rc::new(std::cell::RefCell::new(None));
    let keep = late.clone();
    world.gate = Some(Box::new(move |sender, packet| {
        if sender == Sender::Client(0) {
            *keep.borrow_mut() = Some(packet.clone());
        }
        sender != Sender::Client(0)
    }));
    world.lost_pings(client);
    world.gate = None;
    let Some(Packet::Udp { payload, .. }) = late.borrow_mut().take() else { panic!("nothing was sent") };
    world.net.readdress(nat, &[public(99)]);
    world.lost_pings(client);
    let old = world.add_stranger(Network::INTERNET, public(1));
    let packet = Packet::udp((public(1), 4500).into(), (SERVER, 4500).into(), &payload);
    world.net.send(world.now, old, packet);
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.sessions().next().unwrap().remote.ip(), public(99));
}

#[test]
fn ten_thousand_spoofed_packets_do_not_move_a_client() {
    let mut world = World::new(11);
    let (client, _) = add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    let genuine = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let keep = genuine.clone();
    world.gate = Some(Box::new(move |sender, packet| {
        if let (Sender::Client(0), Packet::Udp { payload, .. }) = (sender, packet) {
            *keep.borrow_mut() = payload.clone();
        }
        true
    }));
    world.ping(client);
    world.gate = None;
    let before = world.server.sessions().next().unwrap().remote;
    let attacker = world.add_stranger(Network::INTERNET, public(66));
    let genuine = genuine.borrow().clone();
    for number in 0..10_000_u32 {
        let mut forged = genuine.clone();
        // A sequence number that is new, and so an integrity check that is wrong; every other one is a plain replay.
        if number % 2 == 0 {
            forged[4..8].copy_from_slice(&(1000 + number).to_be_bytes());
        }
        let packet = Packet::udp((public(66), 4500).into(), (SERVER, 4500).into(), &forged);
        world.net.send(world.now, attacker, packet);
    }
    let sent = world.server_sent;
    world.run_for(Duration::from_millis(500));
    assert_eq!(world.server_sent, sent, "nobody is answered");
    assert_eq!(world.server.drops().get(Dropped::EspIntegrity), 5000);
    assert_eq!(world.server.drops().get(Dropped::EspReplay), 5000);
    assert_eq!(world.server.sessions().next().unwrap().remote, before);
    world.ping(client);
}

#[test]
fn a_train_of_datagrams_that_one_receive_call_joined_is_taken_apart_again() {
    let mut world = World::new(12);
    let (client, _) = add_home(&mut world, 1, NatConfig::default());
    world.connect_all();
    let (offload, packet) = large_tcp(world.address(client), OFFICE, 39_000, 1300);
    let mut sent = Wire::default();
    let dialer = world.clients[client].dialer.as_mut().unwrap();
    dialer.handle_tun(offload, &packet, &mut sent);
    dialer.flush(&mut sent);
    let mut payloads = sent.packets.iter().map(|packet| match packet {
        Packet::Udp { payload, .. } => payload.clone(),
        other => panic!("{other:?}"),
    });
    let mut train: Vec<u8> = payloads.next().unwrap();
    let segment = train.len();
    train.extend(payloads.flatten());
    assert_eq!(train.len(), 30 * segment);
    // Among them, of the same length as the kernel joins them: one that is no ESP, and one of nobody's.
    let mut keepalive = vec![0; segment];
    keepalive[8..].fill(7);
    train.splice(10 * segment..10 * segment, keepalive);
    train.splice(20 * segment..20 * segment, vec![9; segment]);
    train.push(0xff);
    let remote = world.server.sessions().next().unwrap().remote;
    let path = ike::Path { local: (SERVER, 4500).into(), remote };
    world.server_tun.clear();
    world.at_server(|server, now, rng, out| server.handle_udp_4500(now, rng, path, &mut train, segment, out));
    let received: Vec<u8> = world.server_tun.iter().flat_map(|(_, octets)| tcp_payload(octets).to_vec()).collect();
    assert_eq!(received, tcp_payload(&packet));
    assert_eq!(world.server.drops().get(Dropped::UnknownSpi), 1);
    assert_eq!(world.server.sessions().next().unwrap().remote, remote);
}

#[test]
fn whether_anything_came_by_port_4500_decides_between_the_port_and_the_key() {
    for heard in [false, true] {
        let mut world = World::new(20);
        add_home(&mut world, 1, NatConfig::default());
        world.gate = Some(Box::new(|sender, packet| match packet {
            Packet::Udp { src, .. } => sender != Sender::Server || src.port() == 500,
            Packet::Esp { .. } | Packet::Unreachable { .. } => true,
        }));
        world.dial(0);
        world.run_for(Duration::from_secs(2));
        if heard {
            // Nothing that anybody understands, but it came through.
            let path = ike::Path { local: SocketAddr::new(HOME, 4500), remote: SocketAddr::new(SERVER, 4500) };
            world.at_client(0, |dialer, now, rng, out| {
                dialer.handle_udp_4500(now, rng, path, &mut [0x5a; 20], 20, out);
            });
        }
        world.run_for(crate::world::PATIENCE);
        let (failure, _) = world.end_of(0).expect("it gives up");
        let cause = diagnose::Verdict::of_dial(failure).cause;
        let expected = if heard { diagnose::Cause::IkePskMismatch } else { diagnose::Cause::NetUdp4500Blocked };
        assert_eq!(cause, expected, "{failure:?}");
    }
}
