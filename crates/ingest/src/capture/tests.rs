//! Captures made by hand, and the facts that come out of them.

mod build;
mod links;
mod sealed;

use observe::{Broken, Fact, Party, Timeline, Trouble, ike, l2tp, network, ppp, pptp, radius};
use proptest::prelude::*;
use wire::isakmp::NotifyType;

use self::build::{Acknowledge, Capture, Format, ike_header, ipv4, tcp, udp};
use crate::{Settings, read};

const CLIENT: [u8; 4] = [192, 0, 2, 9];
const SERVER: [u8; 4] = [203, 0, 113, 1];

fn timeline(file: &[u8]) -> Timeline {
    let mut timeline = Timeline::new();
    read("capture", file, &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    timeline
}

fn facts(file: &[u8]) -> Vec<Fact> {
    timeline(file).observations().iter().map(|observation| observation.fact.clone()).collect()
}

fn trouble(file: &[u8]) -> Vec<Trouble> {
    timeline(file).sources()[0].trouble.clone()
}

#[test]
fn every_form_of_file_gives_the_same_facts_and_times() {
    let mut capture = Capture::default();
    capture.at(1_700_000_000_123_456, tcp(CLIENT, SERVER, 40_000, 1723, 1, 0x02, &[]));
    capture.at(1_700_000_000_223_456, tcp(SERVER, CLIENT, 1723, 40_000, 1, 0x14, &[]));
    let expected = timeline(&capture.file(Format::PcapBig));
    assert_eq!(expected.observations().len(), 1);
    assert_eq!(expected.observations()[0].fact, pptp::Fact::ConnectionRefused.into());
    assert_eq!(expected.observations()[0].at.unwrap().0, 1_700_000_000_223_456);
    for format in Format::ALL {
        let timeline = timeline(&capture.file(format));
        assert!(timeline.sources()[0].trouble.is_empty(), "{format:?}");
        assert_eq!(timeline.observations(), expected.observations(), "{format:?}");
    }
}

#[test]
fn a_file_that_is_cut_short_gives_what_is_whole_and_says_so() {
    let mut capture = Capture::default();
    capture.at(0, tcp(CLIENT, SERVER, 40_000, 1723, 1, 0x02, &[]));
    capture.at(1, tcp(SERVER, CLIENT, 1723, 40_000, 1, 0x12, &[]));
    capture.at(2, tcp(CLIENT, SERVER, 40_000, 1723, 2, 0x10, &[]));
    for format in Format::ALL {
        let mut file = capture.file(format);
        file.truncate(file.len() - 9);
        assert_eq!(facts(&file), [pptp::Fact::Connected.into()], "{format:?}");
        assert_eq!(trouble(&file), [Trouble::CaptureBroken { why: Broken::Cut, after: 2 }], "{format:?}");
    }
}

#[test]
fn a_capture_without_packets_is_said_plainly() {
    assert_eq!(trouble(&Capture::default().file(Format::PcapLittle)), [Trouble::NoPackets]);
}

#[test]
fn a_message_repeated_octet_for_octet_is_a_repetition_and_its_silence_is_told() {
    let mut capture = Capture::default();
    let message = ike_header([7; 8], [0; 8], 1, 2, 0, 0, &[]);
    for second in 0..4 {
        capture.at(second * 1_000_000, udp(CLIENT, SERVER, 500, 500, &message));
    }
    capture.at(9_000_000, udp(CLIENT, SERVER, 1, 2, &[]));
    let facts = facts(&capture.file(Format::PcapBig));
    let repeated: Vec<bool> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Ike(ike::Fact::Message(message)) => Some(message.repeated),
            _ => None,
        })
        .collect();
    assert_eq!(repeated, [false, true, true, true]);
    let sent = ike::Sent { exchange: ike::Exchange::Other, times: 4 };
    let stood = ike::Fact::Stood { client: Some(sent), server: None, unanswered: 4, seconds: 6 };
    assert_eq!(facts.last(), Some(&stood.into()));
}

#[test]
fn a_flood_leaves_room_for_the_sums() {
    let mut capture = Capture::default();
    for number in 0..160_000_u32 {
        let [a, b, c, d] = number.to_be_bytes();
        let request = [&[1, d, 0, 20][..], &[7; 12], &[a, b, c, d]].concat();
        capture.at(number.into(), udp(CLIENT, SERVER, 1000, 1812, &request));
    }
    capture.at(200_000, ipv4(CLIENT, SERVER, 50, &[&[0xc0, 0, 0, 1][..], &[7; 64]].concat()));
    let timeline = timeline(&capture.file(Format::PcapLittle));
    assert_eq!(timeline.sources()[0].trouble, [Trouble::Busy]);
    let last = &timeline.observations().iter().rev().find(|one| matches!(one.fact, Fact::Esp(_)));
    assert!(last.is_some(), "the sum of ESP is there");
}

#[test]
fn a_mapping_that_changes_under_a_living_tunnel_is_told() {
    let mut capture = Capture::default();
    let esp = [&[0xc0, 0, 0, 1, 0, 0, 0, 1][..], &[7; 64]].concat();
    capture.at(1, udp(CLIENT, SERVER, 4500, 4500, &esp));
    capture.at(2, udp(CLIENT, SERVER, 61_000, 4500, &esp));
    let expected = ike::Fact::MappingChanged { from: Some((CLIENT, 4500).into()), to: Some((CLIENT, 61_000).into()) };
    let timeline = timeline(&capture.file(Format::PcapBig));
    assert!(timeline.observations().iter().any(|one| one.fact == expected.clone().into() && one.at.unwrap().0 == 2));
}

#[test]
fn an_answer_from_another_address_is_still_the_servers() {
    let mut capture = Capture::default();
    capture.at(0, udp(CLIENT, SERVER, 500, 500, &ike_header([7; 8], [0; 8], 1, 2, 0, 0, &[0, 0, 0, 4])));
    capture.at(9, udp([203, 0, 113, 2], CLIENT, 500, 500, &ike_header([7; 8], [8; 8], 1, 2, 0, 0, &[0, 0, 0, 4])));
    let facts = facts(&capture.file(Format::PcapBig));
    let answered = |fact: &Fact| {
        matches!(fact, Fact::Ike(ike::Fact::Message(message))
            if message.from == Party::Server && message.exchange == ike::Exchange::MainMode(2))
    };
    assert!(facts.iter().any(answered), "{facts:?}");
}

/// An IPv4 packet in two fragments.
fn fragments(packet: &[u8], at: usize) -> [Vec<u8>; 2] {
    let (header, payload) = packet.split_at(20);
    let piece = |part: &[u8], position: u16| {
        let mut piece = [header, part].concat();
        piece[2..4].copy_from_slice(&((20 + part.len()) as u16).to_be_bytes());
        piece[6..8].copy_from_slice(&position.to_be_bytes());
        piece
    };
    [piece(&payload[..at], 0x2000), piece(&payload[at..], (at / 8) as u16)]
}

#[test]
fn fragments_in_any_order_are_one_message_and_a_lost_one_is_told() {
    let message = ike_header([7; 8], [8; 8], 5, 2, 1, 0, &[1; 800]);
    let [first, second] = fragments(&udp(CLIENT, SERVER, 500, 500, &message), 400);
    let mut capture = Capture::default();
    capture.at(0, second);
    capture.at(1, first.clone());
    let told = facts(&capture.file(Format::PcapBig));
    assert!(
        matches!(&told[0], Fact::Ike(ike::Fact::Message(message)) if message.exchange == ike::Exchange::MainMode(5)),
        "{told:?}"
    );
    let mut capture = Capture::default();
    capture.at(0, first);
    let lost = network::Fact::FragmentsLost { from: Party::Client };
    assert_eq!(facts(&capture.file(Format::PcapBig)), [lost.into()]);
}

#[test]
fn what_a_capture_shows_twice_was_sent_once() {
    let mut capture = Capture::default();
    let message = ike_header([7; 8], [0; 8], 1, 2, 0, 0, &[]);
    capture.at(1_000_000, udp([10, 0, 0, 5], SERVER, 500, 500, &message));
    capture.at(1_010_000, udp(CLIENT, SERVER, 500, 500, &message));
    let facts = facts(&capture.file(Format::PcapBig));
    let messages = facts.iter().filter(|fact| matches!(fact, Fact::Ike(ike::Fact::Message(_)))).count();
    assert_eq!(messages, 1, "the second is the first behind the NAT");
}

#[test]
fn a_capture_on_both_sides_of_a_nat_shows_no_change_of_mapping() {
    let mut capture = Capture::default();
    let marked = |id| [&[0; 4][..], &ike_header([7; 8], [8; 8], 8, 5, 1, id, &[9; 32])].concat();
    let esp = |number| [&[0xc0, 0, 0, 1, 0, 0, 0, number][..], &[7; 64]].concat();
    for number in 0..4_u8 {
        let at = u64::from(number) * 1_000_000 + 1;
        for (later, source) in [(0, [10, 0, 0, 5]), (10, CLIENT)] {
            capture.at(at + later, udp(source, SERVER, 4500, 4500, &marked(number.into())));
            capture.at(at + later + 100, udp(source, SERVER, 4500, 4500, &esp(number)));
        }
    }
    let facts = facts(&capture.file(Format::PcapngBig));
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Ike(ike::Fact::MappingChanged { .. }))), "{facts:?}");
}

#[test]
fn on_a_nat_both_addresses_of_the_client_are_one_client() {
    let inside = [10, 0, 0, 5];
    let mut capture = Capture::default();
    let message = |responder, next, id| ike_header([7; 8], [responder; 8], next, 5, 0, id, &[0, 0, 0, 4]);
    let marked = |message: Vec<u8>| [&[0; 4][..], &message].concat();
    for at in 0..3 {
        let id = at as u32 + 1;
        capture.at(at * 1_000_000, udp(CLIENT, SERVER, 4500, 4500, &marked(message(8, 13, id))));
        capture.at(at * 1_000_000 + 9, udp(SERVER, inside, 4500, 4500, &marked(message(8, 13, id + 100))));
    }
    let esp = [&[0xc0, 0, 0, 1, 0, 0, 0, 1][..], &[7; 64]].concat();
    capture.at(4_000_000, udp(CLIENT, SERVER, 4500, 4500, &esp));
    capture.at(4_000_001, udp(SERVER, inside, 4500, 4500, &esp));
    let timeline = timeline(&capture.file(Format::PcapLittle));
    for observation in timeline.observations() {
        assert!(!matches!(observation.fact, Fact::Ike(ike::Fact::MappingChanged { .. })), "{observation:?}");
        assert_eq!(observation.about.client.map(|client| client.ip()), Some(CLIENT.into()), "{observation:?}");
    }
}

#[test]
fn pptp_captured_on_a_nat_is_one_connection() {
    let inside = [10, 0, 0, 5];
    let mut capture = Capture::default();
    capture.at(0, tcp(CLIENT, SERVER, 40_000, 1723, 1, 0x02, &[]));
    capture.at(1, tcp(SERVER, inside, 1723, 40_000, 70, 0x12, &[]).with_acknowledgement(2));
    capture.at(2, tcp(CLIENT, SERVER, 40_000, 1723, 2, 0x10, &[]).with_acknowledgement(71));
    let answer = [&[0, 32, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 8, 0, 0, 0, 1, 0, 1, 1, 0][..], &[0; 14]].concat();
    capture.at(3, tcp(SERVER, inside, 1723, 40_000, 71, 0x18, &answer));
    let lcp = [0x30, 1, 0x88, 0x0b, 0, 8, 0, 1, 0, 0, 0, 0, 0xff, 3, 0xc0, 0x21, 1, 1, 0, 4];
    capture.at(4, ipv4(CLIENT, SERVER, 47, &lcp));
    capture.at(5, ipv4(SERVER, inside, 47, &lcp));
    let facts = facts(&capture.file(Format::PcapBig));
    assert!(facts.contains(&pptp::Fact::Connected.into()) && facts.contains(&pptp::Fact::CallUp.into()), "{facts:?}");
    let silent = |fact: &Fact| matches!(fact, Fact::Pptp(pptp::Fact::NoGre { .. } | pptp::Fact::ConnectionTimedOut));
    assert!(!facts.iter().any(silent), "{facts:?}");
}

#[test]
fn a_notify_in_clear_is_told_with_its_sender() {
    let mut capture = Capture::default();
    capture.at(0, udp(CLIENT, SERVER, 500, 500, &ike_header([7; 8], [0; 8], 1, 2, 0, 0, &[])));
    let notify = [0, 0, 0, 12, 0, 0, 0, 1, 1, 0, 0, 14];
    capture.at(1, udp(SERVER, CLIENT, 500, 500, &ike_header([7; 8], [8; 8], 11, 5, 0, 77, &notify)));
    let expected = ike::Fact::Notify {
        from: Party::Server,
        kind: NotifyType::NO_PROPOSAL_CHOSEN,
        phase: Some(ike::Phase::One),
        protected: false,
    };
    assert!(facts(&capture.file(Format::PcapngLittle)).contains(&expected.into()));
}

#[test]
fn hello_in_clear_without_an_answer_is_told() {
    let mut capture = Capture::default();
    let hello = [0xc8, 2, 0, 20, 0, 5, 0, 0, 0, 3, 0, 2, 0x80, 8, 0, 0, 0, 0, 0, 6];
    for second in 0..3 {
        capture.at(second, udp(SERVER, CLIENT, 1701, 1701, &hello));
    }
    let facts = facts(&capture.file(Format::PcapBig));
    assert!(
        matches!(facts.last(), Some(Fact::L2tp(l2tp::Fact::Unanswered { established: true, .. }))),
        "{:?}",
        facts.last()
    );
}

#[test]
fn an_icmp_error_names_the_port_that_was_refused() {
    let mut capture = Capture::default();
    let refused = udp(CLIENT, SERVER, 1701, 1701, &[0; 8]);
    let quoted = [&[3, 3, 0, 0, 0, 0, 0, 0][..], &refused[..28]].concat();
    capture.at(0, ipv4(SERVER, CLIENT, 1, &quoted));
    let expected = network::Fact::Icmp {
        kind: network::Icmp::PortUnreachable,
        from: Some(SERVER.into()),
        port: Some(1701),
        protocol: 17,
    };
    assert_eq!(facts(&capture.file(Format::PcapBig)), [expected.into()]);
}

/// A RADIUS packet with an attribute.
fn radius_packet(code: u8, attribute: &[u8]) -> Vec<u8> {
    [&[code, 5, 0, 20 + attribute.len() as u8][..], &[7; 16], attribute].concat()
}

#[test]
fn a_reject_is_told_with_its_reason_and_a_lost_request_with_its_server() {
    let mut capture = Capture::default();
    let request = radius_packet(1, b"\x01\x06anna");
    capture.at(0, udp(CLIENT, SERVER, 1000, 1812, &request));
    capture.at(1, udp(CLIENT, SERVER, 1000, 1812, &request));
    let error = b"\x1a\x13\0\0\x01\x37\x02\x0d\0E=648 R=0 ";
    capture.at(2, udp(SERVER, CLIENT, 1812, 1000, &radius_packet(3, &error[..19])));
    capture.at(3, udp(CLIENT, SERVER, 1001, 1813, &radius_packet(4, &[])));
    // What was sent just before the end may be answered just after it.
    capture.at(5_000_000, udp(CLIENT, SERVER, 1002, 1812, &request));
    // A request of the RADIUS server's own keeps nobody waiting.
    capture.at(5_000_001, udp(SERVER, CLIENT, 1003, 3799, &radius_packet(43, &[])));
    let server = Some((SERVER, 1812).into());
    let expected: [Fact; 7] = [
        radius::Fact::Request { code: 1, server, repeated: false }.into(),
        radius::Fact::Request { code: 1, server, repeated: true }.into(),
        radius::Fact::Answer { code: 3, reason: Some(ppp::Reason::PasswordExpired), error: Some(648) }.into(),
        radius::Fact::Request { code: 4, server: Some((SERVER, 1813).into()), repeated: false }.into(),
        radius::Fact::Request { code: 1, server, repeated: false }.into(),
        radius::Fact::Request { code: 43, server: Some((CLIENT, 3799).into()), repeated: false }.into(),
        radius::Fact::Unanswered { server: Some("203.0.113.1:1813".into()) }.into(),
    ];
    let timeline = timeline(&capture.file(Format::PcapBig));
    assert_eq!(timeline.observations().iter().map(|one| one.fact.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(timeline.observations()[2].about.user.as_deref(), Some("anna"));
}

#[test]
fn pings_that_are_not_answered_are_counted_by_size() {
    let mut capture = Capture::default();
    for (size, answered) in [(100, true), (1400, false), (100, true), (1400, false)] {
        let message = |kind: u8| [&[kind, 0, 0, 0, 0, 0, 0, 0][..], &vec![0; size]].concat();
        capture.at(0, ipv4(CLIENT, SERVER, 1, &message(8)));
        if answered {
            capture.at(0, ipv4(SERVER, CLIENT, 1, &message(0)));
        }
    }
    let ping = |size, received| network::Fact::Ping { to: SERVER.into(), size, sent: 2, received, too_big: false };
    assert_eq!(facts(&capture.file(Format::PcapBig)), [ping(100, 2).into(), ping(1400, 0).into()]);
}

#[test]
fn a_large_segment_that_is_sent_in_vain_is_told_with_what_passed() {
    let mut capture = Capture::default();
    let (from, to) = (50_000, 443);
    capture.at(0, tcp(CLIENT, SERVER, from, to, 1, 0x02, &[]));
    capture.at(1, tcp(SERVER, CLIENT, to, from, 1, 0x12, &[]).with_acknowledgement(2));
    capture.at(2, tcp(CLIENT, SERVER, from, to, 2, 0x18, &[1; 100]));
    capture.at(3, tcp(SERVER, CLIENT, to, from, 2, 0x10, &[]).with_acknowledgement(102));
    for again in 0..4 {
        capture.at(4 + again, tcp(CLIENT, SERVER, from, to, 102, 0x18, &[1; 1400]));
    }
    let vanished = network::Fact::LargeVanish { passed: 140, vanished: 1440 };
    assert_eq!(facts(&capture.file(Format::PcapBig)), [vanished.clone().into()]);
    capture.at(9, tcp(SERVER, CLIENT, to, from, 2, 0x10, &[]).with_acknowledgement(1502));
    assert!(!facts(&capture.file(Format::PcapBig)).contains(&vanished.into()), "it came through in the end");
}

/// A datagram on a port that is followed, or a packet of a protocol that is.
fn any_packet() -> impl Strategy<Value = Vec<u8>> {
    let ports = prop::sample::select(vec![500, 4500, 1701, 1812, 53, 67]);
    let protocols = prop::sample::select(vec![0, 1, 4, 6, 17, 41, 44, 47, 50, 51, 58]);
    // What messages begin with, so that many get further than their first field.
    let heads = prop::sample::select(vec![
        vec![],
        [&[7; 16][..], &[1, 0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 90]].concat(),
        [&[0, 0, 0, 0][..], &[7; 16], &[33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 90]].concat(),
        vec![0xc8, 2, 0, 40, 0, 1, 0, 1, 0, 0, 0, 0, 0x80, 8, 0, 0, 0, 0, 0, 4],
        vec![0, 2, 0, 1, 0, 1, 0xff, 3, 0xc0, 0x21, 1, 1, 0, 20],
        vec![0x30, 0x81, 0x88, 0x0b, 0, 30, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xc2, 0x27, 1, 1, 0, 20],
        vec![3, 4, 0, 0, 0, 0, 5, 0, 0x45, 0, 0, 90],
        vec![9, 9, 6, 0xbb, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0, 0, 0, 0, 0, 0, 0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d],
    ]);
    let tail = prop::collection::vec(any::<u8>(), 0..120);
    (any::<bool>(), any::<bool>(), ports, protocols, heads, tail).prop_map(
        |(back, is_udp, port, protocol, head, tail)| {
            let (from, to) = if back { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
            let payload = [head, tail].concat();
            if is_udp { udp(from, to, port, port, &payload) } else { ipv4(from, to, protocol, &payload) }
        },
    )
}

proptest! {
    #[test]
    fn no_packet_stops_the_reader_and_the_same_file_tells_the_same(packets in prop::collection::vec(any_packet(), 0..12)) {
        let mut capture = Capture::default();
        for (at, packet) in (0..).zip(packets) {
            capture.at(at, packet);
        }
        let file = capture.file(Format::PcapLittle);
        prop_assert_eq!(facts(&file), facts(&file));
    }

    #[test]
    fn no_octets_behind_a_header_stop_the_reader(
        octets in proptest::collection::vec(any::<u8>(), 0..600),
        format in 0..Format::ALL.len(),
    ) {
        let mut file = Capture::default().file(Format::ALL[format]);
        file.extend(octets);
        timeline(&file);
    }
}
