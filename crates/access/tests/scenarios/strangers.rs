//! Those who do not know the key: they get no more than they give, and leave nothing.

use std::net::SocketAddr;
use std::time::Duration;

use access::Stage;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use ike::{Initiate, Path};
use sim::{Network, NodeId, Packet};

use crate::world::{SERVER, World, public};

/// Message 1 of main mode as a client at `address` sends it.
fn first_message(world: &mut World, address: std::net::IpAddr) -> Packet {
    let path = Path { local: SocketAddr::new(address, 500), remote: SocketAddr::new(SERVER, 500) };
    let mut engine = ike::Engine::new(ike::Config::default());
    engine.initiate(world.now, &mut world.rng, Initiate::l2tp(path, "some key of a stranger"));
    let transmit = engine.poll_transmit().unwrap();
    Packet::udp(path.local, path.remote, &transmit.data)
}

fn stranger(world: &mut World) -> NodeId {
    world.add_stranger(Network::INTERNET, public(66))
}

#[test]
fn one_first_message_yields_one_datagram_and_one_verdict() {
    let mut world = World::new(1);
    let node = stranger(&mut world);
    let message = first_message(&mut world, public(66));
    world.net.send(world.now, node, message);
    world.run_for(Duration::from_secs(120));
    assert_eq!((world.server_sent, world.strangers.len()), (1, 1));
    let (verdict, session) = world.only_verdict();
    assert_eq!((verdict.cause, session.stage), (diagnose::Cause::NetUdp500Blocked, Stage::IkePhase1));
    world.assert_server_is_empty();
}

#[test]
fn ten_thousand_random_datagrams_get_less_than_they_are_and_leave_no_record() {
    let mut world = World::new(2);
    let node = stranger(&mut world);
    let mut dice = ChaCha20Rng::seed_from_u64(3);
    for number in 0..10_000_u32 {
        let mut payload = vec![0; 1 + dice.next_u32() as usize % 600];
        dice.fill_bytes(&mut payload);
        // Half of them look as if they were something.
        if number % 2 == 0 && payload.len() > 32 {
            // No responder cookie, version 1.0, main mode, no flags, message id 0, the right length.
            payload[8..16].fill(0);
            payload[16..20].copy_from_slice(&[1, 0x10, 2, 0]);
            payload[20..24].fill(0);
            let len = payload.len() as u32;
            payload[24..28].copy_from_slice(&len.to_be_bytes());
        }
        let source = SocketAddr::new(public(66), dice.next_u32() as u16);
        let packet = match number % 3 {
            0 => Packet::udp(source, (SERVER, 500).into(), &payload),
            1 => Packet::udp(source, (SERVER, 4500).into(), &payload),
            _ => Packet::esp(public(66), SERVER, &payload),
        };
        world.net.send(world.now, node, packet);
        world.run_for(Duration::from_millis(5));
    }
    let (received, sent) = world.octets;
    assert!(sent <= received, "{sent} octets out for {received} in");
    assert!(sent * 100 <= received, "random octets are not worth an answer: {sent} out for {received} in");
    world.run_for(Duration::from_secs(120));
    assert_eq!(world.server.sessions().count(), 0);
    assert!(world.server_events.is_empty(), "{:?}", world.server_events);
    world.assert_server_is_empty();
}

#[test]
fn a_flood_of_first_messages_from_one_address_does_not_keep_others_out() {
    let mut world = World::with_client(4);
    let node = stranger(&mut world);
    for port in 0..2000_u16 {
        let Packet::Udp { dst, payload, .. } = first_message(&mut world, public(66)) else { unreachable!() };
        let source = SocketAddr::new(public(66), 10_000 + port);
        world.net.send(world.now, node, Packet::Udp { src: source, dst, payload });
    }
    world.connect_all();
    world.ping(0);
    let (received, sent) = world.octets;
    assert!(sent <= received, "{sent} octets out for {received} in");
    assert!(world.server.counts().half_open <= 64);
    world.run_for(Duration::from_secs(200));
    let verdicts = world.failures().len();
    assert!(verdicts <= 64, "{verdicts} verdicts about one address");
    world.switch_off(0);
    world.assert_server_is_empty();
}

#[test]
fn copies_of_a_clients_packets_from_elsewhere_do_no_harm() {
    let mut world = World::with_client(5);
    let node = stranger(&mut world);
    let heard = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let listener = heard.clone();
    world.gate = Some(Box::new(move |_, packet| {
        listener.borrow_mut().push(packet.clone());
        true
    }));
    world.connect_all();
    world.gate = None;
    let octets = world.octets;
    for packet in heard.borrow().iter() {
        let copy = match packet {
            Packet::Udp { dst, payload, .. } => Packet::udp((public(66), 500).into(), *dst, payload),
            Packet::Esp { dst, payload, .. } => Packet::esp(public(66), *dst, payload),
            Packet::Unreachable { .. } => continue,
        };
        world.net.send(world.now, node, copy);
        world.run_for(Duration::from_millis(50));
    }
    let (received, sent) = (world.octets.0 - octets.0, world.octets.1 - octets.1);
    assert!(sent <= received, "{sent} octets out for {received} in");
    world.ping(0);
    world.run_for(Duration::from_secs(600));
    world.ping(0);
    assert_eq!((world.ups(), world.downs().len()), (1, 0));
}
