use diagnose::{Cause, Finding};
use observe::{About, Party, Place, Source, SourceKind, radius};
use wire::l2tp::MessageType;

use super::*;

/// A log at this side.
pub(in crate::doctor) fn source(timeline: &mut Timeline, name: &str, side: Side) -> SourceId {
    timeline.add_source(Source {
        name: name.into(),
        kind: if side == Side::Wire { SourceKind::Capture } else { SourceKind::Syslog },
        side,
        product: None,
        trouble: Vec::new(),
        span: None,
    })
}

/// Line `line` of a log, `line` seconds after the beginning of time.
pub(in crate::doctor) fn push(timeline: &mut Timeline, source: SourceId, line: u64, text: &str, fact: impl Into<Fact>) {
    let side = timeline.source(source).unwrap().side;
    let place = Place { source, spot: Spot::Line(line), text: text.into() };
    let at = Some(Time(i64::try_from(line).unwrap() * 1_000_000));
    timeline.push(Observation { at, place, side, about: About::default(), fact: fact.into() });
}

pub(in crate::doctor) fn main_mode(from: Party, number: u8) -> ike::Fact {
    ike::Fact::Message(ike::Message {
        from,
        exchange: ike::Exchange::MainMode(number),
        id: 0,
        cookies: None,
        port_4500: false,
        repeated: false,
        octets: None,
    })
}

fn sccrq(from: Party) -> observe::l2tp::Fact {
    observe::l2tp::Fact::Message { from, kind: MessageType::SCCRQ, repeated: false, clear: false }
}

fn told(timeline: &Timeline) -> Vec<String> {
    told_with(timeline, Vec::new())
}

/// The story when this speaks for the first finding.
fn told_with(timeline: &Timeline, evidence: Vec<Place>) -> Vec<String> {
    let finding = Finding {
        cause: Cause::IkeNoProposalPhase1,
        confidence: 0.9,
        at: None,
        evidence,
        against: Vec::new(),
        only_words: false,
    };
    let diagnosis = Diagnosis { findings: vec![finding], stage: None, healthy: false, enough: true };
    let story = Story::of(timeline, &diagnosis);
    let row = |row: &Row<'_>| match row {
        Row::LeftOut(count) => format!("({count} left out)"),
        Row::Event(event) => {
            let way = match event.shape {
                Shape::Arrow { from: Role::Client } => ">",
                Shape::Arrow { from: Role::Server } => "<",
                Shape::Note { .. } => "*",
            };
            let lost = if event.lost { " lost" } else { "" };
            let failed = if event.failed { " here" } else { "" };
            format!("{way} {} ×{}{lost}{failed}", event.label(), event.times)
        }
    };
    story.rows.iter().map(row).collect()
}

#[test]
fn a_message_that_both_ends_saw_is_one_arrow() {
    let mut timeline = Timeline::new();
    let client = source(&mut timeline, "client", Side::Client);
    let server = source(&mut timeline, "server", Side::Server);
    for number in 1..=4 {
        let (mine, its) = if number % 2 == 1 { (Party::Here, Party::There) } else { (Party::There, Party::Here) };
        push(&mut timeline, client, number.into(), "", main_mode(mine, number));
        push(&mut timeline, server, number.into(), "", main_mode(its, number));
    }
    assert_eq!(told(&timeline), ["> main mode 1 ×1", "< main mode 2 ×1", "> main mode 3 ×1", "< main mode 4 ×1"]);
}

#[test]
fn repeated_messages_are_counted_and_lost_when_nothing_comes_back() {
    let mut timeline = Timeline::new();
    let client = source(&mut timeline, "client", Side::Client);
    for line in 1..=5 {
        push(&mut timeline, client, line, "", sccrq(Party::Here));
    }
    assert_eq!(told(&timeline).first().map(String::as_str), Some("> SCCRQ ×5 lost"));
}

#[test]
fn what_arrived_is_not_lost_though_it_has_no_answer() {
    let mut timeline = Timeline::new();
    let client = source(&mut timeline, "client", Side::Client);
    let server = source(&mut timeline, "server", Side::Server);
    for line in 1..=3 {
        push(&mut timeline, client, line, "", sccrq(Party::Here));
        push(&mut timeline, server, line, "", sccrq(Party::There));
    }
    assert_eq!(told(&timeline).first().map(String::as_str), Some("> SCCRQ ×3"));
}

#[test]
fn an_authenticator_without_times_speaks_when_it_is_asked() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "pppd", Side::Server);
    let radius = source(&mut timeline, "freeradius", Side::Authenticator);
    let response = |from, code| ppp::Fact::Packet { from, protocol: ppp::Protocol::Chap, code, repeated: false };
    push(&mut timeline, server, 1, "", main_mode(Party::There, 1));
    push(&mut timeline, server, 2, "", response(Party::There, 2));
    push(&mut timeline, server, 3, "", response(Party::Here, 4));
    for (line, fact) in [
        (1, radius::Fact::Request { code: 1, server: None, repeated: false }),
        (2, radius::Fact::Answer { code: 3, reason: None, error: None }),
    ] {
        let place = Place { source: radius, spot: Spot::Line(line), text: "".into() };
        let (side, about) = (Side::Authenticator, About::default());
        timeline.push(Observation { at: None, place, side, about, fact: fact.into() });
    }
    let story =
        ["> main mode 1", "> CHAP Response", "* RADIUS Access-Request", "* RADIUS Access-Reject", "< CHAP Failure"];
    assert_eq!(told(&timeline), story.map(|row| format!("{row} ×1")));
}

#[test]
fn a_radius_packet_that_two_sources_saw_is_told_once() {
    let mut timeline = Timeline::new();
    let wire = source(&mut timeline, "radius.pcap", Side::Wire);
    let server = source(&mut timeline, "freeradius", Side::Authenticator);
    for source in [wire, server] {
        push(&mut timeline, source, 1, "", radius::Fact::Request { code: 1, server: None, repeated: false });
        push(&mut timeline, source, 2, "", radius::Fact::Answer { code: 2, reason: None, error: None });
    }
    assert_eq!(told(&timeline), ["* RADIUS Access-Request ×1", "* RADIUS Access-Accept ×1"]);
}

#[test]
fn the_same_message_of_a_later_attempt_is_another_event() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server", Side::Server);
    for (line, number) in [(1, 1), (2, 2), (30, 1), (31, 2)] {
        let from = if number == 1 { Party::There } else { Party::Here };
        push(&mut timeline, server, line, "", main_mode(from, number));
    }
    assert_eq!(told(&timeline).len(), 4);
}

#[test]
fn the_failing_event_is_marked_and_state_is_no_event() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server", Side::Server);
    push(&mut timeline, server, 1, "", main_mode(Party::There, 1));
    push(&mut timeline, server, 2, "Linux", host::Fact::System { name: "Linux".into() });
    let refused = ike::Fact::NoCommonSuite { phase: ike::Phase::One, at: Party::Here };
    push(&mut timeline, server, 3, "May 12 13:22:05 vpn charon: 05[IKE] no proposal found", refused);
    let evidence = timeline.observations().last().unwrap().place.clone();
    let told = told_with(&timeline, vec![evidence]);
    assert_eq!(told, ["> main mode 1 ×1", "* charon: 05[IKE] no proposal found ×1 here"]);
}

#[test]
fn aspects_of_one_line_are_one_arrow() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server", Side::Server);
    let kind = wire::isakmp::NotifyType::NO_PROPOSAL_CHOSEN;
    let notify = ike::Fact::Notify { from: Party::Here, kind, phase: None, protected: false };
    push(&mut timeline, server, 1, "", notify);
    let ike::Fact::Message(message) = main_mode(Party::Here, 1) else { unreachable!() };
    let message = ike::Message { exchange: ike::Exchange::Informational, ..message };
    push(&mut timeline, server, 1, "", ike::Fact::Message(message));
    let told = told(&timeline);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(", informational"), "{told:?}");
}

#[test]
fn a_long_story_keeps_its_beginning_and_the_failure() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server", Side::Server);
    for line in 1..=2_000 {
        let from = if line % 2 == 1 { Party::There } else { Party::Here };
        push(&mut timeline, server, line, "", main_mode(from, if line % 2 == 1 { 1 } else { 2 }));
        if line == 1_000 {
            push(&mut timeline, server, line, "no key", ike::Fact::NoSharedKey { at: Party::Here });
        }
    }
    let of_key = |seen: &&Observation| matches!(seen.fact, Fact::Ike(ike::Fact::NoSharedKey { .. }));
    let evidence = timeline.observations().iter().find(of_key).unwrap().place.clone();
    let told = told_with(&timeline, vec![evidence]);
    assert!(told.len() <= MOST + 2, "{}", told.len());
    assert!(told.iter().any(|row| row.ends_with(" here")), "{told:?}");
    assert_eq!(told.iter().filter(|row| row.contains("left out")).count(), 2, "{told:?}");
    assert!(!told[0].contains("left out"));
}

fn seen_at(timeline: &mut Timeline, source: SourceId, spot: Spot, at: Option<i64>, text: &str, fact: impl Into<Fact>) {
    let side = timeline.source(source).unwrap().side;
    let place = Place { source, spot, text: text.into() };
    timeline.push(Observation { at: at.map(Time), place, side, about: About::default(), fact: fact.into() });
}

#[test]
fn a_log_in_whole_seconds_follows_the_messages_of_a_capture() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server", Side::Server);
    let wire = source(&mut timeline, "wire", Side::Wire);
    for (index, number) in (1..=4).enumerate() {
        let index = u64::try_from(index).unwrap();
        let (here, there) = if number % 2 == 1 { (Party::There, Party::Client) } else { (Party::Here, Party::Server) };
        let at = 5_100_000 + i64::from(number) * 100_000;
        seen_at(&mut timeline, wire, Spot::Frame(index + 1), Some(at), "", main_mode(there, number));
        seen_at(&mut timeline, server, Spot::Line(2 * index + 1), Some(5_000_000), "", main_mode(here, number));
        let key = ike::Fact::Displaced { at: Party::Here };
        seen_at(&mut timeline, server, Spot::Line(2 * index + 2), Some(5_000_000), &format!("said {number}"), key);
    }
    let rows = told(&timeline);
    let notes: Vec<_> = rows.iter().map(|row| row.split(" ×").next().unwrap()).collect();
    assert_eq!(
        notes,
        [
            "> main mode 1",
            "* said 1",
            "< main mode 2",
            "* said 2",
            "> main mode 3",
            "* said 3",
            "< main mode 4",
            "* said 4"
        ]
    );
}

#[test]
fn a_log_without_times_begins_where_the_layer_under_it_is_ready() {
    let mut timeline = Timeline::new();
    let ppp = source(&mut timeline, "pppd", Side::Client);
    let l2tp = source(&mut timeline, "xl2tpd", Side::Client);
    let charon = source(&mut timeline, "charon", Side::Client);
    let packet =
        observe::ppp::Fact::Packet { from: Party::Here, protocol: ppp::Protocol::Lcp, code: 1, repeated: false };
    seen_at(&mut timeline, ppp, Spot::Line(1), None, "", packet);
    seen_at(&mut timeline, l2tp, Spot::Line(1), None, "", sccrq(Party::Here));
    seen_at(&mut timeline, l2tp, Spot::Line(2), None, "call up", observe::l2tp::Fact::CallUp);
    seen_at(&mut timeline, charon, Spot::Line(1), Some(1_000_000), "", main_mode(Party::Here, 1));
    let up = ike::Fact::Phase2Up { encapsulated: None, transport: None, suite: None, spis: None };
    seen_at(&mut timeline, charon, Spot::Line(2), Some(2_000_000), "up", up);
    let rows = told(&timeline);
    let names: Vec<_> = rows.iter().map(|row| row.split(" ×").next().unwrap()).collect();
    assert_eq!(names, ["> main mode 1", "* up", "> SCCRQ", "* call up", "> LCP Configure-Request"]);
}

#[test]
fn a_log_with_the_newest_line_on_top_is_told_from_the_beginning() {
    let mut timeline = Timeline::new();
    let server = source(&mut timeline, "server", Side::Server);
    for (line, number) in [(1, 2), (2, 1)] {
        let from = if number == 1 { Party::There } else { Party::Here };
        let at = Some(i64::from(number) * 1_000_000);
        seen_at(&mut timeline, server, Spot::Line(line), at, "", main_mode(from, number));
    }
    assert_eq!(told(&timeline), ["> main mode 1 ×1", "< main mode 2 ×1"]);
}
