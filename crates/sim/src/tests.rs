use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clock::Timestamp;

use super::*;

const SERVER: &str = "203.0.113.1";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn end(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::ZERO + Duration::from_millis(millis)
}

/// Everything that arrives within `span` after `now`, with its time.
fn arrivals(network: &mut Network, now: Timestamp, span: Duration) -> Vec<(Timestamp, NodeId, Packet)> {
    let mut arrived = Vec::new();
    while let Some(next) = network.next_event().filter(|&next| next <= now + span) {
        arrived.extend(std::iter::from_fn(|| network.poll(next)).map(|(node, packet)| (next, node, packet)));
    }
    arrived
}

/// What arrives in the next minute; times left out.
fn deliver(network: &mut Network, now: Timestamp) -> Vec<(NodeId, Packet)> {
    let arrived = arrivals(network, now, Duration::from_secs(60));
    arrived.into_iter().map(|(_, node, packet)| (node, packet)).collect()
}

/// Two hosts on the Internet, the first with `link`.
fn pair(seed: u64, link: Link) -> (Network, NodeId, NodeId) {
    let mut network = Network::new(seed);
    let client = network.add_host(Network::INTERNET, &[ip("198.51.100.7")], link);
    let server = network.add_host(Network::INTERNET, &[ip(SERVER)], Link::default());
    (network, client, server)
}

fn greeting(length: usize) -> Packet {
    Packet::udp(end("198.51.100.7:500"), end("203.0.113.1:500"), &vec![0x55; length])
}

/// Two hosts behind one NAT box, a server outside.
struct Home {
    network: Network,
    nat: NodeId,
    inner: [NodeId; 2],
    server: NodeId,
}

impl Home {
    fn new(config: NatConfig) -> Self {
        let mut network = Network::new(1);
        let server = network.add_host(Network::INTERNET, &[ip(SERVER), ip("203.0.113.2")], Link::default());
        let (nat, inside) = network.add_nat(Network::INTERNET, ip("192.0.2.9"), config, Link::default());
        let inner = ["10.0.0.1", "10.0.0.2"].map(|address| network.add_host(inside, &[ip(address)], Link::default()));
        Home { network, nat, inner, server }
    }

    /// Sends from an inner end to a server's and gives the source that the server sees.
    fn call(&mut self, now: Timestamp, host: usize, src: &str, dst: &str) -> Option<SocketAddr> {
        self.network.send(now, self.inner[host], Packet::udp(end(src), end(dst), b"call"));
        match deliver(&mut self.network, now).as_slice() {
            [(node, Packet::Udp { src, .. })] if *node == self.server => Some(*src),
            [] => None,
            other => panic!("{other:?}"),
        }
    }

    /// Sends from a server's end to an outer end and gives the inner end that it reaches.
    fn answer(&mut self, now: Timestamp, src: &str, dst: SocketAddr) -> Option<SocketAddr> {
        self.network.send(now, self.server, Packet::udp(end(src), dst, b"answer"));
        match deliver(&mut self.network, now).as_slice() {
            [(_, Packet::Udp { dst, .. })] => Some(*dst),
            [] => None,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_packet_takes_the_latency_of_both_lines() {
    let (mut network, client, server) = pair(1, Link::with_latency(Duration::from_millis(40)));
    network.send(at(5), client, greeting(10));
    assert_eq!(arrivals(&mut network, at(0), Duration::from_secs(1)), [(at(55), server, greeting(10))]);
    assert_eq!(network.next_event(), None);
}

#[test]
fn a_packet_to_nobody_is_dropped_and_counted() {
    let (mut network, client, _) = pair(1, Link::default());
    network.send(at(0), client, Packet::esp(ip("198.51.100.7"), ip("203.0.113.200"), b"?"));
    assert!(deliver(&mut network, at(0)).is_empty());
    assert_eq!(network.drops(DropReason::NoRoute), 1);
}

#[test]
fn the_same_seed_is_the_same_run_and_another_is_not() {
    let link = || Link { jitter: Duration::from_millis(20), corruption: 0.1, ..Link::lossy(0.2, 0.1, 0.1) };
    let run = |seed| {
        let (mut network, client, _) = pair(seed, link());
        (0..500).for_each(|packet| network.send(at(packet), client, greeting(100)));
        arrivals(&mut network, at(0), Duration::from_secs(10))
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn faults_occur_as_often_as_asked() {
    let run = |link: Link| {
        let (mut network, client, _) = pair(9, link);
        for packet in 0..10_000_u64 {
            let payload = packet.to_be_bytes();
            let packet = Packet::udp(end("198.51.100.7:500"), end("203.0.113.1:500"), &payload);
            network.send(Timestamp::ZERO + Duration::from_millis(5) * payload[7].into(), client, packet);
        }
        deliver(&mut network, at(0))
    };
    assert_eq!(run(Link::default()).len(), 10_000);
    let lost = run(Link { loss: 0.2, ..Link::default() }).len();
    assert!((7800..8200).contains(&lost), "{lost}");
    let twice = run(Link { duplication: 0.1, ..Link::default() }).len();
    assert!((10_800..11_200).contains(&twice), "{twice}");
    let corrupted = run(Link { corruption: 0.1, ..Link::default() });
    let broken = corrupted.iter().filter(|(_, packet)| {
        let Packet::Udp { payload, .. } = packet else { panic!() };
        u64::from_be_bytes(payload.as_slice().try_into().unwrap()) >= 10_000
    });
    // A flip of one of the low bits gives another valid number.
    assert!((650..950).contains(&broken.count()));
}

#[test]
fn reordering_lets_the_next_packet_overtake() {
    let (mut network, client, _) = pair(5, Link { reordering: 0.3, ..Link::default() });
    let number = |packet: &Packet| match packet {
        Packet::Udp { payload, .. } => payload[0],
        other => panic!("{other:?}"),
    };
    for packet in 0..100_u8 {
        let datagram = Packet::udp(end("198.51.100.7:500"), end("203.0.113.1:500"), &[packet]);
        network.send(at(10 * u64::from(packet)), client, datagram);
    }
    let order: Vec<_> = deliver(&mut network, at(0)).iter().map(|(_, packet)| number(packet)).collect();
    assert_eq!(order.len(), 100);
    assert!((10..60).contains(&order.windows(2).filter(|pair| pair[0] > pair[1]).count()));
}

#[test]
fn bandwidth_spreads_packets_and_its_queue_overflows() {
    let link = Link { bandwidth: Some(1_028_000), queue: Duration::from_millis(95), ..Link::default() };
    let (mut network, client, _) = pair(1, link);
    // 1,285 octets with headers: 10 ms each.
    (0..20).for_each(|_| network.send(at(0), client, greeting(1257)));
    let times: Vec<_> = arrivals(&mut network, at(0), Duration::from_secs(1)).iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, (1..=10).map(|packet| at(20 + 10 * packet)).collect::<Vec<_>>());
    assert_eq!(network.drops(DropReason::QueueFull), 10);
}

#[test]
fn a_packet_beyond_the_mtu_is_fragmented_discarded_or_reported() {
    for oversize in [Oversize::Fragment, Oversize::LoseRest, Oversize::Discard, Oversize::Report] {
        let (mut network, client, server) = pair(1, Link { mtu: 1400, oversize, ..Link::default() });
        network.send(at(0), client, greeting(1372));
        assert_eq!(deliver(&mut network, at(0)), [(server, greeting(1372))], "it just fits");
        network.send(at(0), client, greeting(1373));
        let arrived = deliver(&mut network, at(0));
        match oversize {
            Oversize::Fragment => assert_eq!(arrived, [(server, greeting(1373))]),
            Oversize::Discard | Oversize::LoseRest => assert!(arrived.is_empty()),
            Oversize::Report => {
                let [(node, Packet::Unreachable { reason, original, .. })] = &arrived[..] else {
                    panic!("{arrived:?}")
                };
                assert_eq!((*node, *reason), (client, Unreachable::TooBig { mtu: 1400 }));
                assert_eq!(**original, greeting(1373));
            }
        }
        assert_eq!(network.drops(DropReason::TooBig), u64::from(oversize != Oversize::Fragment));
    }
}

#[test]
fn a_report_speaks_the_protocol_of_what_it_reports() {
    let mut network = Network::new(1);
    let both = [ip("198.51.100.7"), ip("2001:db8::7")];
    let client = network.add_host(Network::INTERNET, &both, Link { oversize: Oversize::Report, ..Link::default() });
    network.tap(client);
    network.send(at(0), client, Packet::udp(end("[2001:db8::7]:500"), end("[2001:db8::1]:500"), &[0; 1500]));
    let arrived = deliver(&mut network, at(0));
    assert!(matches!(&arrived[..], [(_, Packet::Unreachable { src, dst, .. })] if [*src, *dst] == [both[1]; 2]));
    let file = network.capture(client).unwrap().to_bytes();
    let message = &file[24 + 16 + 1548 + 16 + 40..];
    let sum = wire::ip::pseudo_header(both[1], both[1], wire::ip::protocol::ICMPV6, message.len());
    assert!(sum.over(message).is_valid());
}

#[test]
fn a_firewall_discards_by_protocol_port_and_direction() {
    let (mut network, client, server) = pair(1, Link::default());
    let esp = Packet::esp(ip("198.51.100.7"), ip(SERVER), b"esp");
    let back = Packet::udp(end("203.0.113.1:500"), end("198.51.100.7:500"), b"back");
    let mut count = |rules: &[Rule]| {
        network.link_mut(client).firewall = rules.to_vec();
        network.send(at(0), client, greeting(1));
        network.send(at(0), client, esp.clone());
        network.send(at(0), server, back.clone());
        deliver(&mut network, at(0)).len()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&[Rule::ESP]), 2);
    assert_eq!(count(&[Rule::udp(500)]), 1);
    assert_eq!(count(&[Rule::udp(500).only(Direction::In)]), 2);
    assert_eq!(count(&[Rule::udp(4500)]), 3);
    assert_eq!(count(&[Rule::ALL.only(Direction::Out)]), 1);
    assert_eq!(network.drops(DropReason::Firewall), 1 + 2 + 1 + 2);
}

#[test]
fn a_nat_box_preserves_the_port_until_two_hosts_want_the_same() {
    let mut home = Home::new(NatConfig::default());
    let first = home.call(at(0), 0, "10.0.0.1:500", "203.0.113.1:500").unwrap();
    let second = home.call(at(0), 1, "10.0.0.2:500", "203.0.113.1:500").unwrap();
    assert_eq!(first, end("192.0.2.9:500"));
    assert_eq!(second.ip(), first.ip());
    assert!(second.port() >= 1024, "{second}");
    assert_eq!(home.answer(at(100), "203.0.113.1:500", first), Some(end("10.0.0.1:500")));
    assert_eq!(home.answer(at(100), "203.0.113.1:500", second), Some(end("10.0.0.2:500")));
    assert_eq!(home.network.outer_port(at(100), home.nat, end("10.0.0.2:500")), Some(second.port()));
}

#[test]
fn the_mapping_is_the_same_for_all_destinations_or_not() {
    for (mapping, same) in [(Mapping::EndpointIndependent, true), (Mapping::AddressAndPortDependent, false)] {
        let mut home = Home::new(NatConfig { mapping, ..NatConfig::default() });
        let to_500 = home.call(at(0), 0, "10.0.0.1:4500", "203.0.113.1:500");
        let to_4500 = home.call(at(0), 0, "10.0.0.1:4500", "203.0.113.1:4500");
        assert!(to_500.is_some() && to_4500.is_some());
        assert_eq!(to_500 == to_4500, same);
        assert_eq!(home.call(at(9), 0, "10.0.0.1:4500", "203.0.113.1:4500"), to_4500);
    }
}

#[test]
fn only_those_whom_the_filter_allows_may_answer() {
    let cases = [
        (Filtering::EndpointIndependent, [true, true, true]),
        (Filtering::AddressDependent, [true, true, false]),
        (Filtering::AddressAndPortDependent, [true, false, false]),
    ];
    for (filtering, allowed) in cases {
        let mut home = Home::new(NatConfig { filtering, ..NatConfig::default() });
        let outer = home.call(at(0), 0, "10.0.0.1:500", "203.0.113.1:500").unwrap();
        let answers = ["203.0.113.1:500", "203.0.113.1:4500", "203.0.113.2:500"]
            .map(|src| home.answer(at(100), src, outer).is_some());
        assert_eq!(answers, allowed, "{filtering:?}");
    }
}

#[test]
fn a_mapping_lives_by_packets_from_inside() {
    let timeout = Duration::from_secs(30);
    let mut home = Home::new(NatConfig { timeout, preserve_ports: false, ..NatConfig::default() });
    let outer = home.call(at(0), 0, "10.0.0.1:500", "203.0.113.1:500").unwrap();
    assert_eq!(home.call(at(20_000), 0, "10.0.0.1:500", "203.0.113.1:500"), Some(outer));
    assert!(home.answer(at(49_000), "203.0.113.1:500", outer).is_some());
    assert_eq!(home.answer(at(51_000), "203.0.113.1:500", outer), None, "packets from outside keep nothing alive");
    let again = home.call(at(52_000), 0, "10.0.0.1:500", "203.0.113.1:500");
    assert!(again.is_some_and(|again| again != outer));
}

#[test]
fn a_restarted_nat_box_gives_other_ports() {
    let mut home = Home::new(NatConfig::default());
    let outer = home.call(at(0), 0, "10.0.0.1:500", "203.0.113.1:500").unwrap();
    home.network.restart_nat(home.nat, false);
    assert_eq!(home.answer(at(100), "203.0.113.1:500", outer), None);
    assert_ne!(home.call(at(200), 0, "10.0.0.1:500", "203.0.113.1:500"), Some(outer));
}

#[test]
fn esp_is_dropped_or_follows_whoever_sent_last() {
    let esp = |network: &mut Network, from, src: &str, dst: &str| {
        network.send(at(0), from, Packet::esp(ip(src), ip(dst), b"esp"));
        deliver(network, at(0))
    };
    let mut home = Home::new(NatConfig::default());
    assert!(esp(&mut home.network, home.inner[0], "10.0.0.1", SERVER).is_empty());
    assert_eq!(home.network.drops(DropReason::Nat), 1);

    let mut home = Home::new(NatConfig { esp: EspHandling::Passthrough, ..NatConfig::default() });
    assert!(esp(&mut home.network, home.server, SERVER, "192.0.2.9").is_empty(), "nobody has asked for it");
    for host in [0, 1] {
        let src = ["10.0.0.1", "10.0.0.2"][host];
        let expected = Packet::esp(ip("192.0.2.9"), ip(SERVER), b"esp");
        assert_eq!(esp(&mut home.network, home.inner[host], src, SERVER), [(home.server, expected)]);
        let expected = Packet::esp(ip(SERVER), ip(src), b"esp");
        assert_eq!(esp(&mut home.network, home.server, SERVER, "192.0.2.9"), [(home.inner[host], expected)]);
    }
}

#[test]
fn a_report_finds_its_way_through_the_nat_box() {
    let mut home = Home::new(NatConfig::default());
    let outer = home.call(at(0), 0, "10.0.0.1:500", "203.0.113.1:500").unwrap();
    let original = Packet::Udp { src: outer, dst: end("203.0.113.1:500"), payload: b"call".to_vec() };
    let report = Packet::Unreachable {
        src: ip(SERVER),
        dst: outer.ip(),
        reason: Unreachable::Port,
        original: Box::new(original),
    };
    home.network.send(at(100), home.server, report);
    let inner = Packet::udp(end("10.0.0.1:500"), end("203.0.113.1:500"), b"call");
    let expected = Packet::Unreachable {
        src: ip(SERVER),
        dst: ip("10.0.0.1"),
        reason: Unreachable::Port,
        original: Box::new(inner),
    };
    assert_eq!(deliver(&mut home.network, at(100)), [(home.inner[0], expected)]);
}

#[test]
fn nat_boxes_nest() {
    let mut network = Network::new(1);
    let server = network.add_host(Network::INTERNET, &[ip(SERVER)], Link::default());
    let nat = NatConfig::default();
    let (_, carrier) = network.add_nat(Network::INTERNET, ip("192.0.2.9"), nat, Link::default());
    let (_, house) = network.add_nat(carrier, ip("100.64.0.5"), nat, Link::default());
    let phone = network.add_host(house, &[ip("10.0.0.1")], Link::default());
    network.send(at(0), phone, Packet::udp(end("10.0.0.1:500"), end("203.0.113.1:500"), b"call"));
    let seen = Packet::udp(end("192.0.2.9:500"), end("203.0.113.1:500"), b"call");
    assert_eq!(deliver(&mut network, at(0)), [(server, seen)]);
    network.send(at(100), server, Packet::udp(end("203.0.113.1:500"), end("192.0.2.9:500"), b"answer"));
    let seen = Packet::udp(end("203.0.113.1:500"), end("10.0.0.1:500"), b"answer");
    assert_eq!(deliver(&mut network, at(100)), [(phone, seen)]);
}

#[test]
fn a_host_may_roam() {
    let mut home = Home::new(NatConfig::default());
    let phone = home.inner[0];
    home.network.roam(phone, Network::INTERNET, &[ip("198.51.100.99")]);
    let call = Packet::udp(end("198.51.100.99:500"), end("203.0.113.1:500"), b"call");
    home.network.send(at(0), phone, call.clone());
    assert_eq!(deliver(&mut home.network, at(0)), [(home.server, call)]);
    home.network.send(at(0), home.server, Packet::udp(end("203.0.113.1:500"), end("198.51.100.99:500"), b"back"));
    assert_eq!(deliver(&mut home.network, at(0))[0].0, phone);
}

#[test]
fn a_capture_holds_every_packet_with_sound_headers() {
    let (mut network, client, server) = pair(1, Link { mtu: 1400, oversize: Oversize::Report, ..Link::default() });
    network.tap(client);
    network.send(at(0), client, greeting(10));
    network.send(at(1500), client, Packet::esp(ip("198.51.100.7"), ip(SERVER), &[7; 64]));
    network.send(at(1600), client, greeting(1390));
    network.send(at(1700), server, Packet::udp(end("203.0.113.1:500"), end("198.51.100.7:500"), b"odd"));
    deliver(&mut network, at(0));
    let capture = network.capture(client).unwrap();
    assert_eq!((capture.len(), capture.omitted()), (5, 0));
    assert!(network.capture(server).is_none());

    let file = capture.to_bytes();
    assert_eq!(file[..4], [0xa1, 0xb2, 0x3c, 0x4d]);
    let mut rest = &file[24..];
    let mut lengths = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_be_bytes(rest[at..at + 4].try_into().unwrap()) as usize;
        let (header, packet) = (wire::ip::IpView::parse(&rest[16..16 + word(8)]).unwrap(), &rest[16..16 + word(8)]);
        assert!(wire::ip::Checksum::default().over(&packet[..header.header_len]).is_valid());
        if header.protocol == wire::ip::protocol::UDP {
            let body = &packet[header.header_len..];
            let sum = wire::ip::pseudo_header(header.source, header.destination, header.protocol, body.len());
            assert!(sum.over(body).is_valid());
        }
        lengths.push(word(8));
        rest = &rest[16 + word(8)..];
    }
    assert_eq!(lengths, [38, 84, 1418, 56, 31]);
}

#[test]
fn a_capture_shows_the_fragments_of_a_long_packet_as_far_as_they_came() {
    for (oversize, at_client, at_server) in [
        (Oversize::Fragment, &[1396, 52][..], &[1396, 52][..]),
        (Oversize::LoseRest, &[1396, 52], &[1396]),
        (Oversize::Discard, &[1428], &[]),
    ] {
        let link = || Link { mtu: 1400, oversize, ..Link::default() };
        let (mut network, client, server) = pair(1, link());
        network.link_mut(server).mtu = 1400;
        network.tap(client);
        network.tap(server);
        network.send(at(0), client, greeting(1400));
        deliver(&mut network, at(0));
        for (node, expected) in [(client, at_client), (server, at_server)] {
            let file = network.capture(node).unwrap().to_bytes();
            let mut rest = &file[24..];
            let mut lengths = Vec::new();
            while let Some(length) = rest.get(8..12) {
                let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
                let packet = &rest[16..16 + length];
                assert!(wire::ip::Checksum::default().over(&packet[..20]).is_valid());
                let position = u16::from_be_bytes([packet[6], packet[7]]);
                assert_eq!(position & 0x1fff, (lengths.iter().map(|length| length - 20).sum::<usize>() / 8) as u16);
                assert_eq!(position & 0x2000 != 0, length == 1396, "there is more behind the first one only");
                lengths.push(length);
                rest = &rest[16 + length..];
            }
            assert_eq!(lengths, expected, "{oversize:?}");
        }
    }
}

#[test]
fn a_failing_run_leaves_its_capture() {
    let name = format!("left-behind-{}", std::process::id());
    let path = std::env::temp_dir().join("causeway-sim").join(format!("{name}-node-0.pcap"));
    let _ = std::fs::remove_file(&path);
    let failed = std::panic::catch_unwind(|| {
        let (network, client, _) = pair(1, Link::default());
        let mut network = network.named(&name);
        network.tap(client);
        network.send(at(0), client, greeting(10));
        panic!("expected by this test");
    });
    assert!(failed.is_err());
    assert_eq!(std::fs::read(&path).unwrap().len(), 24 + 16 + 38);
    std::fs::remove_file(&path).unwrap();
}
