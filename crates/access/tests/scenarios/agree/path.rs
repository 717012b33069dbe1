//! What becomes of connections that were up: on paths that take large packets away, behind NAT boxes that forget, beside other
//! clients.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use access::server::Event;
use diagnose::{Cause, Context, Obstacle, Verdict, examine};
use observe::{About, Fact, Observation, Place, Side, Source, SourceKind, Spot, Timeline, network};
use record::{Format, Layout};
use sim::{Link, NatConfig, Network, NodeId, Oversize, Packet};
use wire::ip::protocol;
use wire::isakmp::{IdType, Identity, VendorId, VendorKind};
use wire::l2tp::{Control, MessageType};
use wire::virtio::VnetHeader;

use super::{Outcome, assert_names, assert_record_names, assert_server_agrees, logged, read};
use crate::foreign::{FOREIGN, Foreign, Layer, foreign};
use crate::packets::ipv4;
use crate::world::{OFFICE, PATIENCE, SERVER, Sender, World, public};

/// Two clients behind one NAT, and a server that knows its clients by their address.
fn behind_one_nat() -> (World, Foreign) {
    let mut world = World::new(1);
    let node = world.add_stranger(Network::INTERNET, FOREIGN);
    world.net.tap(node);
    world.server_address = FOREIGN;
    let (_, home) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), Link::default());
    for host in [10, 11] {
        world.add_client(home, IpAddr::V4(Ipv4Addr::new(192, 168, 1, host)));
    }
    world.tap_clients();
    (world, Foreign::at(node))
}

#[test]
fn a_second_client_behind_the_nat_takes_the_first_ones_place() {
    let (mut world, mut server) = behind_one_nat();
    server.connect_client(&mut world, 0);
    server.run(&mut world, Duration::from_secs(60), |_| false);
    assert!(world.is_up(0));
    server.connect_client(&mut world, 1);
    let ended = server.run(&mut world, 2 * PATIENCE, |world| world.end_of(0).is_some());
    assert!(ended && world.is_up(1), "the first one is not heard any more, and the second one is");
    // The first one knows only that its link died, and may suppose why: IKE is answered.
    let outcome = Outcome::of_client(&world, 0);
    outcome.assert_agrees(Verdict::of_dial(&outcome.failure));
    let client = &world.clients[0];
    let capture = read("capture", &world.net.capture(client.node).unwrap().to_bytes(), &client.keys);
    let found = examine(&capture, Context::default()).findings;
    assert!(found.iter().any(|finding| finding.cause == Cause::IkeSameNatCollision), "{found:?}");
    // Who sees both knows why, with keys or without.
    let capture = world.net.capture(server.node()).unwrap().to_bytes();
    for keys in ["", &world.clients[0].keys] {
        assert_names(Cause::IkeSameNatCollision, "the capture at the server", &read("capture", &capture, keys));
    }
}

/// A client behind a NAT of its own.
fn behind_a_nat(server: IpAddr, config: NatConfig) -> (World, NodeId) {
    let mut world = World::new(1);
    world.server_address = server;
    let (nat, home) = world.net.add_nat(Network::INTERNET, public(1), config, Link::default());
    world.add_client(home, IpAddr::V4(Ipv4Addr::new(192, 168, 1, 10)));
    world.tap_clients();
    (world, nat)
}

#[test]
fn a_nat_forgets_the_client_and_the_server_does_not_follow_it() {
    let (mut world, nat) = behind_a_nat(FOREIGN, NatConfig::default());
    let node = world.add_stranger(Network::INTERNET, FOREIGN);
    world.net.tap(node);
    let mut server = Foreign::at(node);
    server.connect(&mut world);
    world.net.restart_nat(nat, false);
    // The client knows only that the server is not heard any more.
    let outcome = server.see_the_end(&mut world);
    assert_eq!(Verdict::of_dial(&outcome.failure).cause, Cause::IkePeerDead);
    outcome.assert_agrees(Verdict::of_dial(&outcome.failure));
    let capture = world.net.capture(node).unwrap().to_bytes();
    for keys in ["", &world.clients[0].keys] {
        assert_names(Cause::NetNatMappingLost, "the capture at the server", &read("capture", &capture, keys));
    }
}

#[test]
fn a_nat_that_forgets_sooner_than_the_client_reminds_it_gives_it_port_after_port() {
    let timeout = Duration::from_secs(10);
    let (mut world, _) = behind_a_nat(SERVER, NatConfig { timeout, preserve_ports: false, ..NatConfig::default() });
    world.connect_all();
    world.run_for(Duration::from_secs(600));
    let moved = world.server_events.iter().filter(|event| matches!(event, Event::Moved { .. })).count();
    assert!(moved >= 3 && world.is_up(0), "it moved {moved} times");
    assert_record_names(Cause::NetNatMappingLost, &world);
    // One that remembers for long enough is no trouble.
    let (mut world, nat) = behind_a_nat(SERVER, NatConfig { preserve_ports: false, ..NatConfig::default() });
    world.connect_all();
    world.net.restart_nat(nat, false);
    world.run_for(Duration::from_secs(600));
    assert_record_names(Cause::NoneHealthy, &world);
}

/// A ping of so many octets of payload, or its answer.
fn ping(from: Ipv4Addr, to: Ipv4Addr, answer: bool, octets: usize) -> Vec<u8> {
    let kind = if answer { 0 } else { 8 };
    ipv4(from, to, protocol::ICMP, &[&[kind, 0, 0, 0, 0, 1, 0, 1][..], &vec![0x5a; octets]].concat())
}

/// Pings the office, which answers what gets there; how many answers came back.
fn pings(world: &mut World, octets: usize, count: u32) -> u32 {
    pings_to(world, OFFICE, octets, count)
}

/// Pings a host, which answers what gets there.
fn pings_to(world: &mut World, host: Ipv4Addr, octets: usize, count: u32) -> u32 {
    let address = world.address(0);
    let (there, back) = (ping(address, host, false, octets), ping(host, address, true, octets));
    let mut received = 0;
    for _ in 0..count {
        world.server_tun.clear();
        world.clients[0].tun.clear();
        world.client_sends(0, VnetHeader::default(), &there);
        world.run_for(Duration::from_millis(100));
        if world.server_tun.iter().any(|(_, packet)| *packet == there) {
            world.server_sends(VnetHeader::default(), &back);
        }
        world.run_for(Duration::from_secs(1));
        received += u32::from(world.clients[0].tun.iter().any(|(_, packet)| *packet == back));
    }
    received
}

/// What a probe says that has sent such pings.
fn probed(world: &mut World, sizes: &[u16]) -> Timeline {
    told(sizes.iter().map(|&size| (OFFICE, size, pings(world, size.into(), 3))).collect())
}

/// What a probe says of pings: to whom, how large, and how many of three were answered.
fn told(pings: Vec<(Ipv4Addr, u16, u32)>) -> Timeline {
    let mut timeline = Timeline::new();
    let kind = SourceKind::Probe;
    let (product, trouble, span) = (None, Vec::new(), None);
    let source = timeline.add_source(Source { name: "probe".into(), kind, side: Side::Probe, product, trouble, span });
    for (step, (to, size, received)) in pings.into_iter().enumerate() {
        let text = format!("3 pings of {size} octets to {to}, {received} answers");
        let place = Place { source, spot: Spot::Step(step as u64 + 1), text: text.into() };
        let fact = network::Fact::Ping { to: to.into(), size, sent: 3, received, too_big: false };
        let about = About::default();
        timeline.push(Observation { at: None, place, side: Side::Probe, about, fact: Fact::Network(fact) });
    }
    timeline
}

#[test]
fn a_path_that_takes_large_packets_away() {
    for lost in [false, true] {
        let mut world = World::with_client(1);
        world.tap_clients();
        world.connect_all();
        if lost {
            let link = Link { mtu: 1200, oversize: Oversize::Discard, ..Link::default() };
            let node = world.clients[0].node;
            *world.net.link_mut(node) = link;
        }
        let cause = if lost { Cause::NetMtuBlackhole } else { Cause::NoneHealthy };
        let seen = probed(&mut world, &[64, 512, 1300]);
        let capture = world.net.capture(world.clients[0].node).unwrap().to_bytes();
        for keys in ["", &world.keys] {
            assert_names(cause, "the capture at the client", &read("capture", &capture, keys));
        }
        // What is lost before it comes to the server is not seen there.
        let capture = world.net.capture(world.server_node).unwrap().to_bytes();
        for keys in ["", &world.keys] {
            assert_names(Cause::NoneHealthy, "the capture at the server", &read("capture", &capture, keys));
        }
        assert_names(cause, "the probe", &seen);
        // The ends see no failure: their packets are simply not answered.
        let log = logged(&world, Format { layout: Layout::Json, journal: false });
        assert_names(Cause::NoneHealthy, "the log", &read("causeway.log", log.as_bytes(), ""));
    }
}

/// The first message of L2TP, as a client sends it from another port than the one that its policy protects.
fn outside(world: &mut World, from: IpAddr) {
    let node = world.clients[0].node;
    let mut l2tp = l2tp::Engine::new(l2tp::Config::new("client"));
    l2tp.connect(world.now, &mut world.rng, 0_u32).unwrap();
    for _ in 0..5 {
        while let Some((_, message)) = l2tp.poll_transmit() {
            assert_eq!(Control::parse(&message).unwrap().kind, Some(MessageType::SCCRQ));
            world.net.send(world.now, node, Packet::udp((from, 40_312).into(), (SERVER, 1701).into(), &message));
        }
        world.run_for(Duration::from_secs(2));
        l2tp.handle_timeout(world.now);
    }
}

#[test]
fn a_client_that_sends_past_its_association() {
    let (mut world, _) = behind_a_nat(SERVER, NatConfig::default());
    // Of what the client says by UDP 4500, only IKE leaves: what L2TP says does not match its policy.
    world.gate = Some(Box::new(|sender, packet| match packet {
        Packet::Udp { dst, payload, .. } if sender == Sender::Client(0) => {
            dst.port() != 4500 || payload.starts_with(&wire::esp::NON_ESP_MARKER)
        }
        _ => true,
    }));
    world.dial(0);
    world.run_for(Duration::from_secs(2));
    outside(&mut world, IpAddr::V4(Ipv4Addr::new(192, 168, 1, 10)));
    world.switch_off(0);
    world.run_for(PATIENCE);
    assert_eq!(world.only_verdict().0.cause, Cause::EspNotMatching);
    assert_server_agrees(&world);
}

#[test]
fn a_server_that_has_no_address_but_the_one_that_nobody_assigns() {
    let (mut world, mut server) = foreign();
    let none = ppp::Ipv4Lease { client: Ipv4Addr::new(169, 254, 7, 7), ..crate::foreign::LEASE };
    server.decide = Box::new(move |question| match question {
        ppp::Question::Address { .. } => Some(ppp::Reply::Address(none)),
        ppp::Question::Verify { .. } | ppp::Question::Credentials { .. } => None,
    });
    server.connect(&mut world);
    let client = &world.clients[0];
    let capture = world.net.capture(client.node).unwrap().to_bytes();
    assert_names(Cause::NcpApipa, "the capture with keys", &read("capture", &capture, &client.keys));
}

/// The client proves itself with more than fits into a packet, as with a certificate, and a filter takes the fragments that have no
/// ports.
#[test]
fn a_filter_takes_the_fragments_of_a_large_message() {
    for lost in [true, false] {
        let mut world = World::with_client(1);
        world.tap_clients();
        let initiate = &mut world.clients[0].config.initiate;
        let data = vec![b'x'; 1800];
        initiate.local_id = Some(Identity { kind: IdType::FQDN, protocol: 17, port: 500, data });
        // Nor can it cut its messages itself.
        initiate.vendor_ids.retain(|id| VendorId(id).kind() != Some(VendorKind::Fragmentation));
        if lost {
            let node = world.clients[0].node;
            world.net.link_mut(node).oversize = Oversize::LoseRest;
            world.dial(0);
            world.run_for(PATIENCE);
        } else {
            world.connect_all();
        }
        let cause = if lost { Cause::NetFragmentsDropped } else { Cause::NoneHealthy };
        for node in [world.server_node, world.clients[0].node] {
            let capture = world.net.capture(node).unwrap().to_bytes();
            assert_names(cause, "the capture with keys", &read("capture", &capture, &world.keys));
            assert_names(cause, "the capture without keys", &read("capture", &capture, ""));
        }
        if lost {
            // To the server's engines it is as if the client had no more to say.
            assert_eq!(world.only_verdict().0.cause, Cause::IkePskMismatch);
        }
    }
}

/// A capture of these IP packets, one each second.
fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [&0xa1b2_c3d4_u32.to_be_bytes()[..], &[0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    file.extend([65_535_u32, 101].map(u32::to_be_bytes).concat());
    for (second, packet) in packets.iter().enumerate() {
        let length = packet.len() as u32;
        file.extend([1000 + second as u32, 0, length, length].map(u32::to_be_bytes).concat());
        file.extend(packet);
    }
    file
}

#[test]
fn a_host_behind_the_server_that_has_no_way_back() {
    let mut world = World::connected(1);
    let gateway = Ipv4Addr::new(10, 99, 0, 1);
    let near = pings_to(&mut world, gateway, 64, 3);
    world.server_tun.clear();
    let asked = ping(world.address(0), OFFICE, false, 64);
    for _ in 0..3 {
        world.client_sends(0, VnetHeader::default(), &asked);
        world.run_for(Duration::from_secs(1));
    }
    assert_names(Cause::RouteNoReturnRoute, "the probe", &told(vec![(gateway, 64, near), (OFFICE, 64, 0)]));
    let capture = world.net.capture(world.server_node).unwrap().to_bytes();
    assert_names(Cause::RouteNoReturnRoute, "the capture with keys", &read("capture", &capture, &world.keys));
    // The server has forwarded them, and so one hop is behind them.
    let behind: Vec<Vec<u8>> = world.server_tun.iter().map(|(_, packet)| packet.clone()).collect();
    assert_eq!(behind, [&asked[..]; 3]);
    let forwarded = behind.into_iter().map(|mut packet| {
        packet[8] -= 1;
        packet
    });
    let capture = pcap(&forwarded.collect::<Vec<_>>());
    assert_names(Cause::RouteNoReturnRoute, "the capture behind the server", &read("lan", &capture, ""));
}

/// A question for a name, which is always the same.
fn question(from: Ipv4Addr, to: Ipv4Addr) -> Vec<u8> {
    let message = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x04wiki\0\0\x01\0\x01";
    let udp = wire::ip::UdpView { source: 40_000, destination: 53, payload_len: message.len() }.to_bytes();
    ipv4(from, to, protocol::UDP, &[&udp[..], message].concat())
}

#[test]
fn a_name_server_that_does_not_answer_through_the_tunnel() {
    let mut world = World::connected(1);
    let server = Ipv4Addr::new(192, 0, 2, 53);
    let asked = question(world.address(0), server);
    for _ in 0..4 {
        world.client_sends(0, VnetHeader::default(), &asked);
        world.run_for(Duration::from_secs(5));
    }
    // Nothing but names is lost.
    assert_eq!(pings(&mut world, 64, 3), 3);
    let capture = world.net.capture(world.server_node).unwrap().to_bytes();
    assert_names(Cause::RouteDns, "the capture with keys", &read("capture", &capture, &world.keys));
    assert_names(Cause::NoneHealthy, "the capture without keys", &read("capture", &capture, ""));
}

#[test]
fn a_router_says_that_nothing_gets_to_the_server() {
    let mut world = World::with_client(1);
    world.tap_clients();
    let router = world.add_stranger(Network::INTERNET, public(254));
    world.dial(0);
    let (client, port) = (public(10), 500);
    let original = Packet::udp((client, port).into(), (SERVER, port).into(), &[0; 8]);
    let reason = sim::Unreachable::Host;
    let report = Packet::Unreachable { src: public(254), dst: client, reason, original: Box::new(original) };
    world.net.send(world.now, router, report);
    world.gate = Some(Box::new(|sender, _| sender != Sender::Client(0)));
    assert!(world.run_until(PATIENCE, |world| world.clients[0].is_unreachable));
    let verdict = Verdict::of_obstacle(Obstacle::Unreachable);
    let ended = record::dial::ended(verdict, "ike.phase1", &serde_json::Value::Null);
    let log = record::dial::failed(ended, 1000).to_string();
    assert_names(verdict.cause, "the log", &read("causeway.log", log.as_bytes(), ""));
    let capture = world.net.capture(world.clients[0].node).unwrap().to_bytes();
    assert_names(verdict.cause, "the capture at the client", &read("capture", &capture, ""));
}

/// A client behind a NAT, and a server that does not know how to pass one.
#[test]
fn a_server_that_cannot_pass_a_nat() {
    let (mut world, _) = behind_a_nat(FOREIGN, NatConfig::default());
    let node = world.add_stranger(Network::INTERNET, FOREIGN);
    let mut server = Foreign::at(node);
    server.alter = Box::new(|layer, genuine| {
        let mut message = genuine.to_vec();
        for kind in
            [VendorKind::NatTRfc3947, VendorKind::NatTDraft02, VendorKind::NatTDraft02Newline, VendorKind::NatTDraft03]
        {
            let known = kind.octets();
            let at = message.windows(known.len()).position(|octets| octets == known);
            // It announces something else, of the same length.
            if let (Layer::Ike, Some(at)) = (layer, at) {
                message[at..at + known.len()].fill(0x2a);
            }
        }
        vec![message]
    });
    let outcome = server.refuse(&mut world);
    // What the dialer knows is that ESP brings nothing back.
    let verdict = Verdict::of_dial(&outcome.failure);
    assert_eq!(verdict.cause, Cause::NetEspBlocked);
    let capture = world.net.capture(world.clients[0].node).unwrap().to_bytes();
    for keys in ["", &world.clients[0].keys] {
        assert_names(Cause::IkeNatTUnsupported, "the capture at the client", &read("capture", &capture, keys));
    }
}

#[test]
fn two_clients_behind_one_nat_are_no_trouble_to_a_server_that_tells_them_apart() {
    let mut world = World::new(1);
    let (_, home) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), Link::default());
    for host in [10, 11] {
        world.add_client(home, IpAddr::V4(Ipv4Addr::new(192, 168, 1, host)));
    }
    world.connect_all();
    world.run_for(Duration::from_secs(300));
    (0..2).for_each(|index| world.ping(index));
    assert_record_names(Cause::NoneHealthy, &world);
}
