//! What a client may send, and what belongs to others.

use std::net::Ipv4Addr;
use std::time::Duration;

use access::Failure;
use access::datapath::{Dropped, Traffic};
use access::server;
use diagnose::{Cause, Verdict};
use proptest::prelude::*;
use sim::{Network, Packet};
use wire::ip::protocol;
use wire::l2tp::DataLayout;
use wire::virtio::VnetHeader;

use crate::packets::{echo, ipv4};
use crate::rogue::Rogue;
use crate::world::{OFFICE, PATIENCE, SERVER, World, public, server_config};

/// Two clients that are connected.
fn pair() -> World {
    let mut world = World::new(1);
    world.add_client(Network::INTERNET, public(10));
    world.add_client(Network::INTERNET, public(11));
    world.connect_all();
    world
}

/// An L2TP data message with an IP packet in it.
fn data_message(tunnel: u16, session: u16, packet: &[u8]) -> Vec<u8> {
    let frame = [&[0xff, 0x03, 0x00, 0x21], packet].concat();
    let layout = DataLayout { tunnel, session, with_length: true, sequenced: false };
    let mut message = vec![0; layout.len()];
    layout.write(&mut message, frame.len(), 0).unwrap();
    message.extend(frame);
    message
}

#[test]
fn data_with_another_clients_ids_in_ones_own_association_is_dropped() {
    let mut world = World::connected(2);
    let victim = world.address(0);
    // Nobody could know them; this rogue does.
    let layout = world.dialer(0).link().unwrap().layout;
    let mut rogue = Rogue::connect(&mut world, public(66));
    let message = data_message(layout.tunnel, layout.session, &echo(victim, OFFICE, "forged"));
    for _ in 0..100 {
        rogue.send(&mut world, &message);
    }
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.drops().get(Dropped::UnknownCall), 100);
    assert!(world.server_tun.is_empty());
    assert_eq!(world.server.sessions().next().unwrap().traffic, Traffic::default());
    world.ping(0);
}

#[test]
fn control_messages_for_another_clients_tunnel_end_nothing() {
    let mut world = World::connected(3);
    let layout = world.dialer(0).link().unwrap().layout;
    let mut rogue = Rogue::connect(&mut world, public(66));
    for ns in 0..50 {
        let end = wire::l2tp::TunnelStopped { assigned_tunnel: Some(1), result: None };
        let mut stop = wire::l2tp::Message::StopCcn(end).encode(layout.tunnel, 0);
        wire::l2tp::set_sequence(&mut stop, wire::l2tp::Sequence { ns, nr: ns });
        rogue.send(&mut world, &stop);
    }
    world.run_for(Duration::from_secs(1));
    world.ping(0);
    assert!(world.downs().is_empty());
}

#[test]
fn a_client_that_sends_something_else_than_l2tp_is_told_apart_from_one_that_is_blocked() {
    let mut world = World::new(4);
    let mut rogue = Rogue::connect(&mut world, public(66));
    rogue.send(&mut world, b"not L2TP at all");
    world.run_for(PATIENCE);
    assert_eq!(world.server.drops().get(Dropped::L2tp), 1);
    let (verdict, _) = world.only_verdict();
    assert_eq!(verdict.cause, Cause::EspNotMatching);
    let Failure::NoTunnel(no_tunnel) = world.failures()[0].1 else { panic!("{:?}", world.failures()) };
    assert!(no_tunnel.heard);
    world.assert_server_is_empty();
}

#[test]
fn a_client_that_leaves_after_the_associations_has_left() {
    let mut world = World::new(5);
    let mut rogue = Rogue::connect(&mut world, public(66));
    let sa = rogue.sa;
    rogue.ike.close(world.now, &mut world.rng, sa);
    rogue.pump(&mut world);
    world.run_for(Duration::from_secs(30));
    let Failure::NoTunnel(no_tunnel) = world.failures()[0].1 else { panic!("{:?}", world.failures()) };
    assert!(no_tunnel.peer_left);
    world.only_verdict();
    world.assert_server_is_empty();
}

#[test]
fn only_the_assigned_address_may_be_the_source() {
    let mut world = pair();
    let other = world.address(1);
    let (server, pool) = (world.server.pool().server(), Ipv4Addr::new(10, 99, 0, 50));
    let forged = [other, server, pool, OFFICE, Ipv4Addr::UNSPECIFIED, [127, 0, 0, 1].into(), [224, 0, 0, 1].into()];
    for source in forged {
        world.client_sends(0, VnetHeader::default(), &ipv4(source, OFFICE, protocol::UDP, &[0; 8]));
    }
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.drops().get(Dropped::Source), forged.len() as u64);
    assert!(world.server_tun.is_empty());
}

#[test]
fn other_clients_multicast_and_broadcast_are_out_of_reach() {
    let mut world = pair();
    let (own, other) = (world.address(0), world.address(1));
    let broadcast = Ipv4Addr::BROADCAST;
    let forbidden = [other, [10, 99, 0, 50].into(), broadcast, [224, 0, 0, 251].into(), [127, 0, 0, 1].into()];
    for destination in forbidden {
        world.client_sends(0, VnetHeader::default(), &echo(own, destination, "hello"));
    }
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.drops().get(Dropped::Destination), forbidden.len() as u64);
    assert!(world.server_tun.is_empty() && world.clients[1].tun.is_empty());
    let traffic: Vec<_> = world.server.sessions().map(|session| session.traffic).collect();
    assert_eq!(traffic, [Traffic::default(); 2]);
    // The server itself is a destination like the office.
    let server = world.server.pool().server();
    world.client_sends(0, VnetHeader::default(), &echo(own, server, "hello"));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server_tun.len(), 1);
}

#[test]
fn where_it_is_allowed_clients_reach_one_another() {
    let mut world = World::with(6, server::Config { client_to_client: true, ..server_config() });
    world.add_client(Network::INTERNET, public(10));
    world.add_client(Network::INTERNET, public(11));
    world.connect_all();
    let (one, other) = (world.address(0), world.address(1));
    world.client_sends(0, VnetHeader::default(), &echo(one, other, "hello"));
    world.run_for(Duration::from_secs(1));
    // The host's own routing sends it back into the device.
    let (offload, packet) = world.server_tun.pop().unwrap();
    world.server_sends(offload, &packet);
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.clients[1].tun.len(), 1);
    assert!(world.clients[0].tun.is_empty());
}

#[test]
fn a_server_cannot_send_a_client_what_is_for_somebody_else() {
    let mut world = World::connected(7);
    let layout = world.dialer(0).link().unwrap().local;
    let mut rogue = Rogue::connect(&mut world, public(66));
    let address = world.address(0);
    // Not through an association of its own, for that leads to the server; so this is dropped there.
    rogue.send(&mut world, &data_message(layout.0, layout.1, &echo(OFFICE, address, "forged")));
    world.server_sends(VnetHeader::default(), &echo(OFFICE, [10, 99, 0, 77].into(), "misrouted"));
    world.run_for(Duration::from_secs(1));
    assert!(world.clients[0].tun.is_empty());
}

#[test]
fn a_clear_text_l2tp_request_reaches_nobody() {
    // There is no method of the server that takes it: L2TP comes out of an association or not at all.
    let mut world = World::connected(8);
    let stranger = world.add_stranger(Network::INTERNET, public(66));
    let request = wire::l2tp::Message::StopCcn(wire::l2tp::TunnelStopped { assigned_tunnel: Some(1), result: None });
    for port in [1701, 500, 4500] {
        let packet = Packet::udp((public(66), 1701).into(), (SERVER, port).into(), &request.encode(0, 0));
        world.net.send(world.now, stranger, packet);
    }
    let sent = world.server_sent;
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.server_sent, sent);
    assert!(world.strangers.is_empty());
}

#[test]
fn an_unknown_spi_gets_no_answer() {
    let mut world = World::new(9);
    let stranger = world.add_stranger(Network::INTERNET, public(66));
    for spi in 1..100_u32 {
        let payload = [&spi.to_be_bytes()[..], &[0; 60]].concat();
        world.net.send(world.now, stranger, Packet::esp(public(66), SERVER, &payload));
        let packet = Packet::udp((public(66), 4500).into(), (SERVER, 4500).into(), &payload);
        world.net.send(world.now, stranger, packet);
    }
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.server.drops().get(Dropped::UnknownSpi), 2 * 99);
    assert_eq!(world.server_sent, 0);
}

#[test]
fn what_an_authentic_client_may_put_into_its_association_harms_nobody() {
    let world = std::cell::RefCell::new(World::connected(10));
    let rogue = std::cell::RefCell::new(Rogue::connect(&mut world.borrow_mut(), public(66)));
    let ids = world.borrow().dialer(0).link().unwrap().layout;
    proptest!(ProptestConfig::with_cases(500), |(mut message in prop::collection::vec(any::<u8>(), 0..200), aim in 0..4)| {
        let mut world = world.borrow_mut();
        // Aimed at the other client's tunnel, as a data message or a control message, or at random.
        if message.len() > 8 && aim > 0 {
            let flags: u16 = if aim == 1 { 0x0002 } else { 0xc802 };
            let at = if aim == 1 { 2 } else { 4 };
            message[..2].copy_from_slice(&flags.to_be_bytes());
            message[at..at + 2].copy_from_slice(&ids.tunnel.to_be_bytes());
            message[at + 2..at + 4].copy_from_slice(&ids.session.to_be_bytes());
        }
        rogue.borrow_mut().send(&mut world, &message);
        world.run_for(Duration::from_millis(50));
    });
    let mut world = world.into_inner();
    world.ping(0);
    let verdicts: Vec<_> = world.failures().iter().map(|(_, failure)| Verdict::of(failure)).collect();
    assert!(verdicts.len() <= 1, "{verdicts:?}");
}

#[test]
fn who_takes_over_a_sleeping_clients_address_and_identity_does_not_get_its_traffic() {
    // With a key that many share, the identity is a claim; and a NAT hands out a port anew when its mapping has expired.
    let mut world = World::connected(11);
    let address = world.address(0);
    world.ping(0);
    let node = world.clients[0].node;
    world.net.readdress(node, &[public(200)]);
    let mut rogue = Rogue::connect(&mut world, public(10));
    for _ in 0..20 {
        world.server_sends(VnetHeader::default(), &echo(OFFICE, address, "secret"));
        rogue.pump(&mut world);
    }
    assert!(!rogue.has_read());
    assert_eq!(world.server.sessions().find(|session| session.up.is_some()).unwrap().traffic.packets_out, 21);
}
