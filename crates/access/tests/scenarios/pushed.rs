//! What the server tells its clients of the network behind it, once they have their addresses.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use access::client::Event;
use access::datapath::Dropped;
use access::server::Endpoint;
use autoconf::Learned;
use clock::Timestamp;
use sim::Network;
use wire::dhcp::{Message, MessageType, Op, OptionCode};
use wire::ip::Datagram;
use wire::virtio::VnetHeader;

use crate::world::{Sender, World, public, server_config};

const SERVER_INSIDE: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

fn pushing() -> World {
    let config = access::server::Config {
        domain: Some("corp.example".to_owned()),
        routes: vec!["10.1.0.0/16".parse().unwrap(), "192.168.7.0/24".parse().unwrap()],
        ..server_config()
    };
    let mut world = World::with(1, config);
    world.add_client(Network::INTERNET, public(10));
    world
}

fn learned(world: &World, index: usize) -> Vec<&Learned> {
    let pushed = world.clients[index].events.iter().filter_map(|event| match event {
        Event::Pushed(learned) => Some(&**learned),
        _ => None,
    });
    pushed.collect()
}

/// A question as Windows sends it: Ethernet, a broadcast, and not a word about sizes.
fn question(client: Ipv4Addr, source: Ipv4Addr, destination: Ipv4Addr) -> Vec<u8> {
    let message = Message {
        op: Op::REQUEST,
        htype: 8,
        hlen: 6,
        xid: 0x5eed,
        secs: 0,
        flags: 0,
        ciaddr: client,
        yiaddr: Ipv4Addr::UNSPECIFIED,
        giaddr: Ipv4Addr::UNSPECIFIED,
        chaddr: [0x53; 16],
        options: vec![
            (OptionCode::MESSAGE_TYPE, vec![MessageType::INFORM.0]),
            (OptionCode::VENDOR_CLASS, b"MSFT 5.0".to_vec()),
            (OptionCode::PARAMETERS, vec![6, 44, 43, 1, 249, 15]),
        ],
    };
    let (source, destination) = (std::net::SocketAddrV4::new(source, 68), std::net::SocketAddrV4::new(destination, 67));
    Datagram { source, destination, payload: &message.encode() }.to_packet()
}

#[test]
fn a_client_learns_routes_and_names_when_it_is_connected() {
    let mut world = pushing();
    world.connect_all();
    let [learned] = learned(&world, 0)[..] else { panic!("not one answer") };
    assert_eq!(learned.dns, [Ipv4Addr::new(192, 0, 2, 53)]);
    assert_eq!(learned.domain.as_deref(), Some("corp.example"));
    let routes: Vec<_> = learned.routes.iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["10.1.0.0/16", "192.168.7.0/24"]);
    assert!(world.clients[0].tun.is_empty() && world.server_tun.is_empty(), "it is no business of the hosts");
    world.ping(0);
}

#[test]
fn a_lost_question_is_repeated_and_a_server_that_does_not_answer_costs_nothing() {
    let mut world = pushing();
    world.dial(0);
    assert!(world.run_until(Duration::from_secs(30), |world| world.is_up(0)));
    assert!(learned(&world, 0).is_empty(), "connected is not delayed");
    // The first answers are lost.
    world.gate = Some(Box::new(|sender, _| sender != Sender::Server));
    world.run_for(Duration::from_secs(2));
    world.gate = None;
    world.run_for(Duration::from_secs(20));
    assert_eq!(learned(&world, 0).len(), 1);
    world.ping(0);
    let mut world = World::with(2, access::server::Config { dns: Vec::new(), ..server_config() });
    world.add_client(Network::INTERNET, public(10));
    world.connect_all();
    world.run_for(Duration::from_secs(20));
    assert!(learned(&world, 0).is_empty());
    world.ping(0);
}

#[test]
fn a_question_as_windows_sends_it_is_answered() {
    for destination in [Ipv4Addr::BROADCAST, SERVER_INSIDE] {
        let mut world = pushing();
        world.connect_all();
        let client = world.address(0);
        let sent = world.server_sent;
        world.client_sends(0, VnetHeader::default(), &question(client, client, destination));
        world.run_for(Duration::from_secs(1));
        assert_eq!(world.server_sent, sent + 1, "{destination}");
        assert!(world.server_tun.is_empty(), "it is no business of the host");
    }
}

#[test]
fn a_question_under_another_address_is_dropped() {
    let mut world = pushing();
    world.connect_all();
    let (client, other) = (world.address(0), Ipv4Addr::new(10, 99, 0, 77));
    let sent = world.server_sent;
    world.client_sends(0, VnetHeader::default(), &question(other, other, Ipv4Addr::BROADCAST));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server.drops().get(Dropped::Source), 1);
    world.client_sends(0, VnetHeader::default(), &question(other, client, Ipv4Addr::BROADCAST));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.server_sent, sent, "a question for somebody else was answered");
}

#[test]
fn a_reload_changes_what_is_told() {
    let mut world = pushing();
    world.at_server(|server, _, _, _| {
        server.reconfigure(access::server::Config { domain: Some("new.example".to_owned()), ..server_config() });
    });
    world.connect_all();
    let [learned] = learned(&world, 0)[..] else { panic!("not one answer") };
    assert_eq!((learned.domain.as_deref(), learned.routes.len()), (Some("new.example"), 0));
}

/// A server with IPv6 in the tunnel, and a client that wants it.
fn with_ipv6(offered: bool) -> World {
    let mut config = server_config();
    config.ipv6 = offered.then(|| "fd00:99::/48".parse().unwrap());
    config.ppp.ipv6 = offered;
    let mut world = World::with(3, config);
    let client = world.add_client(Network::INTERNET, public(10));
    (world.clients[client].config.ppp.ipv6, world.clients[client].config.ppp.requires_ipv4) = (true, true);
    world
}

fn ipv6_at_connection(world: &World) -> Option<Option<Ipv6Addr>> {
    world.clients[0].events.iter().find_map(|event| match event {
        Event::Connected(connection) => Some(connection.ipv6.as_ref().map(|host| host.address)),
        _ => None,
    })
}

fn ipv6(source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
    let payload = [128, 0, 0, 0, 0, 1, 0, 1];
    let mut packet = vec![0x60, 0, 0, 0, 0, payload.len() as u8, 58, 64];
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(payload);
    packet
}

#[test]
fn a_client_has_an_ipv6_address_when_it_is_connected() {
    let mut world = with_ipv6(true);
    world.connect_all();
    let address = ipv6_at_connection(&world).expect("connected").expect("an address");
    assert_eq!(address.segments()[..4], [0xfd00, 0x99, 0, 1]);
    assert!(world.clients[0].tun.is_empty(), "the advertisement is no business of the host");
    let office: Ipv6Addr = "2001:db8::80".parse().unwrap();
    let (there, back) = (ipv6(address, office), ipv6(office, address));
    world.client_sends(0, VnetHeader::default(), &there);
    world.server_sends(VnetHeader::default(), &back);
    world.run_for(Duration::from_secs(1));
    assert!(world.server_tun.iter().any(|(_, packet)| *packet == there));
    assert!(world.clients[0].tun.iter().any(|(_, packet)| *packet == back));
    // The prefix lives on through many of its lifetimes.
    world.run_for(Duration::from_secs(4 * 7200));
    assert!(!world.clients[0].events.iter().any(|event| matches!(event, Event::Ipv6(_))));
    world.ping(0);
}

#[test]
fn a_server_without_ipv6_does_not_delay_the_connection_and_gets_none() {
    let mut world = with_ipv6(false);
    world.dial(0);
    let connected = |world: &World| ipv6_at_connection(world).is_some();
    assert!(world.run_until(Duration::from_secs(30), connected));
    assert_eq!(ipv6_at_connection(&world), Some(None));
    assert!(world.now.since(Timestamp::ZERO + Duration::from_secs(1000)) < Duration::from_secs(1));
    world.run_for(Duration::from_secs(3));
    let sent = world.server_sent;
    world.client_sends(0, VnetHeader::default(), &ipv6("fd00::1".parse().unwrap(), "2001:db8::80".parse().unwrap()));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.dialer(0).drops().get(Dropped::NotUp), 1);
    assert_eq!(world.server_sent, sent, "the server had to reject it");
    world.ping(0);
}

#[test]
fn a_server_that_negotiates_ipv6_and_advertises_nothing_costs_a_second() {
    let mut world = with_ipv6(true);
    let mut config = server_config();
    config.ppp.ipv6 = true;
    world.server = Endpoint::new(config);
    world.dial(0);
    assert!(world.run_until(Duration::from_secs(30), |world| world.is_up(0)));
    assert_eq!(ipv6_at_connection(&world), None, "it is waited for");
    world.run_for(Duration::from_secs(1));
    assert_eq!(ipv6_at_connection(&world), Some(None));
    world.ping(0);
}
