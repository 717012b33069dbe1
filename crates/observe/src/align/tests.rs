use wire::l2tp::MessageType;

use super::*;
use crate::{About, Party, Place, Source, SourceKind, Spot, Time};

/// Noon of some day, in seconds.
const NOON: i64 = 1_700_049_600;

fn source(timeline: &mut Timeline, name: &str, side: Side) -> SourceId {
    let kind = if side == Side::Wire { SourceKind::Capture } else { SourceKind::Charon };
    timeline.add_source(Source { name: name.into(), kind, side, product: None, trouble: Vec::new(), span: None })
}

fn push(timeline: &mut Timeline, source: SourceId, at: i64, about: About, fact: impl Into<Fact>) {
    let place = Place { source, spot: Spot::Whole, text: "".into() };
    let side = timeline.source(source).unwrap().side;
    timeline.push(Observation { at: Some(Time(at)), place, side, about, fact: fact.into() });
}

fn message(from: Party, exchange: ike::Exchange, cookies: Option<(u64, u64)>) -> ike::Fact {
    let message = ike::Message { from, exchange, id: 0, cookies, port_4500: false, repeated: false, octets: None };
    ike::Fact::Message(message)
}

/// An attempt at `start` microseconds as a log shows it that writes whole seconds and is `ahead` microseconds ahead.
fn log(timeline: &mut Timeline, source: SourceId, start: i64, ahead: i64) {
    let client = timeline.source(source).unwrap().side == Side::Client;
    let (initiator, responder) = if client { (Party::Here, Party::There) } else { (Party::There, Party::Here) };
    let mut at = start;
    let mut next = |timeline: &mut Timeline, fact: Fact| {
        at += 700_000;
        push(timeline, source, (at + ahead).div_euclid(1_000_000) * 1_000_000, About::default(), fact);
    };
    for number in 1..=6 {
        let from = if number % 2 == 1 { initiator } else { responder };
        next(timeline, message(from, ike::Exchange::MainMode(number), None).into());
    }
    next(timeline, ike::Fact::Phase1Up { certificate: None }.into());
    for (from, kind) in [
        (initiator, MessageType::SCCRQ),
        (responder, MessageType::SCCRP),
        (initiator, MessageType::SCCCN),
        (initiator, MessageType::ICRQ),
    ] {
        next(timeline, l2tp::Fact::Message { from, kind, repeated: false, clear: false }.into());
    }
}

fn two(ahead: i64, starts: (&[i64], &[i64])) -> (Timeline, Vec<Alignment>) {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server.log", Side::Server);
    let client = source(&mut timeline, "client.log", Side::Client);
    for start in starts.0 {
        log(&mut timeline, server, NOON * 1_000_000 + start * 1_000_000, 0);
    }
    for start in starts.1 {
        log(&mut timeline, client, NOON * 1_000_000 + start * 1_000_000, ahead);
    }
    let found = align(&mut timeline);
    (timeline, found)
}

fn ahead(found: &[Alignment], source: u32) -> Option<i64> {
    match found.iter().find(|alignment| alignment.source == SourceId(source))?.clock {
        Clock::Compared { ahead, .. } => Some(ahead),
        _ => None,
    }
}

#[test]
fn a_clock_that_is_ahead_is_corrected_by_what_both_saw() {
    let (timeline, found) = two(33_000_000, (&[0], &[0]));
    assert_eq!(found[0].clock, Clock::Reference);
    assert_eq!(ahead(&found, 1), Some(33_000_000));
    let times = |id| -> Vec<_> {
        timeline.observations().iter().filter(|seen| seen.place.source == SourceId(id)).map(|seen| seen.at).collect()
    };
    assert_eq!(times(0), times(1));
}

#[test]
fn an_offset_of_whole_hours_is_called_a_time_zone() {
    for hours in [-8, -3, 1, 2, 9] {
        let (_, found) = two(hours * 3_600_000_000, (&[0], &[0]));
        assert_eq!(ahead(&found, 1), Some(hours * 3_600_000_000));
        assert!(found[1].clock.is_time_zone() && !found[1].clock.agrees());
    }
    let (_, found) = two(33_000_000, (&[0], &[0]));
    assert!(!found[1].clock.is_time_zone());
}

#[test]
fn a_log_whose_year_was_guessed_wrongly_comes_to_its_place() {
    let year = 365 * 86_400_000_000;
    let (_, found) = two(-year, (&[0], &[0]));
    assert_eq!(ahead(&found, 1), Some(-year));
}

#[test]
fn clocks_that_agree_are_left_alone() {
    let (_, found) = two(400_000, (&[0, 30, 90], &[0, 30, 90]));
    assert!(found[1].clock.agrees(), "{found:?}");
}

#[test]
fn attempts_that_repeat_are_told_apart_by_their_rhythm() {
    let (_, found) = two(5_000_000, (&[0, 20, 55, 140], &[0, 20, 55, 140]));
    assert_eq!(ahead(&found, 1), Some(5_000_000));
}

#[test]
fn one_attempt_in_a_log_of_several_alike_is_not_placed_by_guessing() {
    let (timeline, found) = two(3_600_000_000, (&[0, 20, 55], &[20]));
    assert_eq!(found[1].clock, Clock::Unpaired);
    let last = timeline.observations().last().unwrap().at.unwrap();
    assert!(last.0 > (NOON + 3600) * 1_000_000, "it stays as it is");
    let (_, found) = two(0, (&[0, 20, 55], &[20]));
    assert!(found[1].clock.agrees(), "but where the clocks agree, they do");
}

#[test]
fn two_events_with_names_suffice_and_one_does_not() {
    for (number, wanted) in [(1_u32, None), (2, Some(-61_250_000))] {
        let mut timeline = Timeline::new();
        let wire = source(&mut timeline, "ike.pcap", Side::Wire);
        let server = source(&mut timeline, "charon.log", Side::Server);
        for index in 0..number {
            let cookies = Some((0x1122_3344 + u64::from(index), 0));
            let at = NOON * 1_000_000 + i64::from(index) * 10_000_001;
            let about = About::default();
            push(&mut timeline, wire, at, about.clone(), message(Party::Client, ike::Exchange::MainMode(1), cookies));
            let there = message(Party::There, ike::Exchange::MainMode(1), cookies);
            push(&mut timeline, server, at - 61_250_000, about, there);
        }
        assert_eq!(ahead(&align(&mut timeline), 1), wanted);
    }
}

#[test]
fn who_shares_nothing_with_the_reference_is_measured_by_one_that_does() {
    let mut timeline = Timeline::new();
    let wire = source(&mut timeline, "ike.pcap", Side::Wire);
    let server = source(&mut timeline, "server.log", Side::Server);
    let radius = source(&mut timeline, "radius.log", Side::Authenticator);
    let start = NOON * 1_000_000;
    for number in 1..=6 {
        let at = start + i64::from(number) * 100_000;
        let exchange = ike::Exchange::MainMode(number);
        push(&mut timeline, wire, at, About::default(), message(Party::Client, exchange, Some((7, 0))));
        push(&mut timeline, server, at + 10_000_000, About::default(), message(Party::There, exchange, Some((7, 0))));
    }
    for (second, user) in [(2, "anna"), (5, "bert")] {
        let accepted = ppp::Fact::Authenticated { method: None, user: Some(user.into()) };
        let at = start + second * 1_000_000;
        push(&mut timeline, server, at + 10_000_000, About::default(), accepted.clone());
        push(&mut timeline, radius, at + 7_200_000_000, About::default(), accepted);
    }
    let found = align(&mut timeline);
    assert_eq!(ahead(&found, 1), Some(10_000_000));
    assert_eq!(ahead(&found, 2), Some(7_200_000_000));
    assert_eq!(found[2].clock, Clock::Compared { with: server, ahead: 7_200_000_000, pairs: 2 });
}

#[test]
fn those_who_share_nothing_with_the_reference_are_measured_by_one_another() {
    let mut timeline = Timeline::new();
    let wire = source(&mut timeline, "radius.pcap", Side::Wire);
    let server = source(&mut timeline, "server.log", Side::Server);
    let client = source(&mut timeline, "client.log", Side::Client);
    let request = radius::Fact::Request { code: 1, server: None, repeated: false };
    push(&mut timeline, wire, NOON * 1_000_000, About::default(), request);
    log(&mut timeline, server, NOON, 0);
    log(&mut timeline, client, NOON, 30_000_000);
    let found = align(&mut timeline);
    assert_eq!(found[0].clock, Clock::Unpaired);
    assert_eq!(found[1].clock, Clock::Reference);
    assert_eq!(ahead(&found, 2), Some(30_000_000));
}

#[test]
fn one_source_is_not_compared() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server.log", Side::Server);
    log(&mut timeline, server, 0, 0);
    assert!(align(&mut timeline).is_empty());
}

#[test]
fn logs_without_anything_in_common_stay_as_they_are() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server.log", Side::Server);
    let client = source(&mut timeline, "client.log", Side::Client);
    log(&mut timeline, server, NOON * 1_000_000, 0);
    push(&mut timeline, client, 0, About::default(), ppp::Fact::Authenticated { method: None, user: None });
    let before = timeline.observations().to_vec();
    let found = align(&mut timeline);
    assert_eq!(found[1].clock, Clock::Unpaired);
    assert_eq!(before, timeline.observations());
}

#[test]
fn many_events_end_in_bounded_time() {
    let mut timeline = Timeline::new();
    for name in ["a", "b", "c"] {
        let id = source(&mut timeline, name, Side::Server);
        for index in 0..20_000 {
            push(&mut timeline, id, index * 977_000, About::default(), ike::Fact::Phase1Up { certificate: None });
        }
    }
    assert_eq!(align(&mut timeline).len(), 3);
}
