//! L2TP without IPsec: at the dialer, where it is asked for, and never at the server.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use access::client::Event;
use access::datapath::Dropped;
use access::{Failure, Stage};
use diagnose::{Cause, Ras, Verdict};
use sim::Network;
use wire::virtio::VnetHeader;

use crate::lns::{ASSIGNED, Lns};
use crate::packets::echo;
use crate::world::{OFFICE, PATIENCE, SERVER, World, public};

const LNS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 80));

/// A client that is connected to an L2TP server which answers from `port`.
fn connected(port: u16) -> (World, Lns) {
    let mut world = World::with_client(1);
    let mut lns = Lns::new(&mut world, LNS, port);
    world.dial_unprotected(0, LNS);
    lns.run_for(&mut world, Duration::from_secs(10));
    assert!(world.is_up(0), "{:?}", world.clients[0].events);
    (world, lns)
}

/// Whether an echo passes to the LNS, and one from there.
fn passes(world: &mut World, lns: &mut Lns) -> (bool, bool) {
    let (there, back) = (echo(ASSIGNED, OFFICE, "there"), echo(OFFICE, ASSIGNED, "back"));
    world.clients[0].tun.clear();
    lns.packets.clear();
    world.client_sends(0, VnetHeader::default(), &there);
    lns.send_ip(world, &back);
    lns.run_for(world, Duration::from_secs(1));
    (lns.packets.contains(&there), world.clients[0].tun.iter().any(|(_, packet)| *packet == back))
}

fn dropped(world: &World) -> u64 {
    world.dialer(0).drops().get(Dropped::Unprotected)
}

#[test]
fn a_server_without_ipsec_is_reached_by_l2tp_alone() {
    let (mut world, mut lns) = connected(1701);
    assert_eq!(world.address(0), ASSIGNED);
    assert_eq!(passes(&mut world, &mut lns), (true, true));
    assert!(lns.heard.iter().all(|(port, _)| *port == 1701), "something else was sent");
    let stages = world.clients[0].events.iter().filter_map(|event| match event {
        Event::Progress { stage } => Some(*stage),
        Event::Connected(connection) => {
            assert!(connection.phase1.is_none() && connection.esp.is_none());
            None
        }
        _ => None,
    });
    let stages: Vec<_> = stages.collect();
    assert_eq!(
        stages,
        [Stage::L2tpTunnel, Stage::L2tpCall, Stage::PppLcp, Stage::PppAuthentication, Stage::PppNetwork]
    );
}

#[test]
fn the_connection_outlives_the_echoes_of_an_hour_and_ends_properly() {
    let (mut world, mut lns) = connected(1701);
    lns.run_for(&mut world, Duration::from_secs(3600));
    assert_eq!(passes(&mut world, &mut lns), (true, true));
    lns.heard.clear();
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    lns.run_for(&mut world, Duration::from_secs(1));
    let said: Vec<_> = lns.heard.iter().filter_map(|(_, message)| wire::l2tp::Control::parse(message).ok()).collect();
    assert!(said.iter().any(|message| message.kind == Some(wire::l2tp::MessageType::STOP_CCN)), "{said:?}");
    assert_eq!(world.end_of(0).unwrap().0, &Failure::HungUp);
}

#[test]
fn the_server_chooses_its_port_with_its_first_answer_and_keeps_it() {
    let (mut world, mut lns) = connected(40_001);
    assert_eq!(passes(&mut world, &mut lns), (true, true));
    assert!(lns.heard.iter().skip(2).all(|(port, _)| *port == 40_001), "the client did not follow");
    let before = dropped(&world);
    lns.local.set_port(1701);
    assert!(!passes(&mut world, &mut lns).1, "a packet from another port was taken");
    assert!(dropped(&world) > before);
    lns.local.set_port(40_001);
    assert_eq!(passes(&mut world, &mut lns), (true, true));
}

#[test]
fn somebody_else_is_not_heard_even_with_the_right_ids() {
    let (mut world, lns) = connected(1701);
    let tunnel = world.dialer(0).link().unwrap().local.0;
    let stop = wire::l2tp::AvpWriter::new(tunnel, 0, wire::l2tp::MessageType::STOP_CCN).finish();
    let mut stranger = Lns::new(&mut world, public(66), 1701);
    stranger.adopt(&lns);
    stranger.send(&mut world, &stop);
    stranger.run_for(&mut world, Duration::from_secs(1));
    assert!(world.is_up(0));
    assert_eq!(dropped(&world), 1);
}

#[test]
fn silence_says_that_the_server_wants_ipsec() {
    let mut world = World::with_client(1);
    // The server has no way in for clear-text L2TP, whatever is sent to it.
    world.dial_unprotected(0, SERVER);
    assert!(world.run_until(PATIENCE, |world| world.end_of(0).is_some()));
    let (failure, stage) = world.end_of(0).unwrap();
    assert_eq!(stage, Stage::L2tpTunnel);
    assert_eq!(Verdict::of_dial(failure), Verdict { cause: Cause::L2tpNotProtected, ras: Some(Ras(809)) });
    assert_eq!(world.server_sent, 0);
    assert!(world.failures().is_empty());
}

#[test]
fn a_wrong_password_is_691_without_ipsec_too() {
    let mut world = World::with_client(1);
    let mut lns = Lns::new(&mut world, LNS, 1701);
    world.clients[0].config.ppp.credentials.password = b"wrong".to_vec().into();
    world.dial_unprotected(0, LNS);
    lns.run_for(&mut world, Duration::from_secs(10));
    let (failure, stage) = world.end_of(0).unwrap();
    assert_eq!(stage, Stage::PppAuthentication);
    assert_eq!(Verdict::of_dial(failure), Verdict { cause: Cause::AuthBadCredentials, ras: Some(Ras(691)) });
}

#[test]
fn a_client_behind_a_nat_is_served_too() {
    let mut world = World::new(1);
    let (_, home) = world.net.add_nat(Network::INTERNET, public(20), sim::NatConfig::default(), sim::Link::default());
    world.add_client(home, Ipv4Addr::new(192, 168, 1, 10).into());
    let mut lns = Lns::new(&mut world, LNS, 1701);
    world.dial_unprotected(0, LNS);
    lns.run_for(&mut world, Duration::from_secs(10));
    assert_eq!(passes(&mut world, &mut lns), (true, true));
}
