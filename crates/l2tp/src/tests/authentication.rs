//! Tunnel authentication and hidden AVPs.

use crypto::Secret;
use wire::l2tp::{Attribute, AvpWriter, MessageType, StopResult};

use super::peers::only;
use super::*;
use crate::authentication::tests::hide;
use crate::{AuthenticationFault, Refusal};

fn with_secret(name: &str, secret: Option<&str>, challenge_peer: bool) -> Config {
    Config { secret: secret.map(Secret::from), challenge_peer, ..Config::new(name) }
}

/// The first failure at each end, LAC first.
fn failures(lns: Config, lac: Config) -> [Option<Failure>; 2] {
    let mut world = World::new(lns, lac, 1);
    world.connect(0);
    world.run(Duration::from_secs(20));
    [&world.lac_events[0], &world.lns_events].map(|events| {
        let failure = events.iter().find_map(failure_of).map(|(_, failure)| failure.clone());
        assert_eq!(session_of(events).is_none(), failure.is_some(), "{events:?}");
        failure
    })
}

fn not_authorized(failure: Option<&Failure>) -> bool {
    matches!(failure, Some(Failure::Refused(Refusal::Tunnel { result: Some(StopResult::NOT_AUTHORIZED), .. })))
}

#[test]
fn the_same_secret_proves_each_side_to_the_other() {
    for (lns, lac) in [(true, true), (true, false), (false, true)] {
        let both = (with_secret("lns", Some("sekrit"), lns), with_secret("lac", Some("sekrit"), lac));
        assert_eq!(failures(both.0, both.1), [None, None]);
    }
}

#[test]
fn a_wrong_secret_is_refused_by_whoever_asks() {
    let [lac, lns] = failures(with_secret("lns", Some("sekrit"), true), with_secret("lac", Some("other"), false));
    assert_eq!(lns, Some(Failure::TunnelAuthentication(AuthenticationFault::Wrong)));
    // The LAC thought the tunnel up and its call pending.
    assert!(not_authorized(lac.as_ref()), "{lac:?}");

    let [lac, lns] = failures(with_secret("lns", Some("sekrit"), false), with_secret("lac", Some("other"), true));
    assert_eq!(lac, Some(Failure::TunnelAuthentication(AuthenticationFault::Wrong)));
    assert!(not_authorized(lns.as_ref()), "{lns:?}");
}

#[test]
fn a_side_without_a_secret_says_so_when_it_is_challenged() {
    let [lac, lns] = failures(with_secret("lns", Some("sekrit"), true), with_secret("lac", None, false));
    assert_eq!(lac, Some(Failure::TunnelAuthentication(AuthenticationFault::NoSecret)));
    assert!(not_authorized(lns.as_ref()), "{lns:?}");

    let [lac, lns] = failures(with_secret("lns", None, false), with_secret("lac", Some("sekrit"), true));
    assert_eq!(lns, Some(Failure::TunnelAuthentication(AuthenticationFault::NoSecret)));
    assert!(not_authorized(lac.as_ref()), "{lac:?}");
}

#[test]
fn a_peer_that_ignores_our_challenge_is_refused() {
    let mut apple = Puppet::new(with_secret("lns", Some("sekrit"), true));
    let Some(Message::Sccrp(reply)) = only(apple.send(&Message::Sccrq(super::peers::android(7)), 0)) else { panic!() };
    assert!(reply.challenge.is_some());
    apple.tunnel = reply.assigned_tunnel;
    assert!(matches!(only(apple.send(&super::peers::SCCCN, 0)), Some(Message::StopCcn(_))));
    let events = apple.events();
    let missing = Failure::TunnelAuthentication(AuthenticationFault::Missing);
    assert_eq!(failure_of(&events[0]), Some((Stage::Tunnel, &missing)));
}

#[test]
fn hidden_avps_open_with_the_secret_and_are_unknown_without() {
    let hidden = hide(b"sekrit", Attribute::ASSIGNED_TUNNEL_ID.0, b"vector", &[0, 7], 20);
    let request = AvpWriter::new(0, 0, MessageType::SCCRQ)
        .mandatory(Attribute::PROTOCOL_VERSION, &[1, 0])
        .mandatory(Attribute::RANDOM_VECTOR, b"vector")
        .hidden(Attribute::ASSIGNED_TUNNEL_ID, &hidden)
        .finish();
    let answers = Puppet::new(with_secret("lns", Some("sekrit"), false)).raw(&request);
    assert_eq!(Control::parse(&answers[0]).unwrap().tunnel, 7);
    assert!(matches!(only(answers), Some(Message::Sccrp(_))));

    let mut without = Puppet::new(with_secret("lns", None, false));
    assert!(without.raw(&request).is_empty(), "a refusal has no address");
    assert_eq!(without.engine.drops().get(crate::DropReason::Malformed), 1);
}
