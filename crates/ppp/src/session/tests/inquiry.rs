//! Asking a server for ways to authenticate without logging on.

use std::time::Duration;

use wire::ppp::{AuthProtocol, ChapAlgorithm, Code, Mppe, Protocol, RasError};

use super::harness::*;
use crate::{ClientConfig, CloseReason, Event, Failure, Local, Method, Refused, ServerConfig, Silence, Stage, Timing};

const PAP: AuthProtocol = AuthProtocol::Pap;
const MD5: AuthProtocol = AuthProtocol::Chap(ChapAlgorithm::MD5);
const V2: AuthProtocol = AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2);
const EAP: AuthProtocol = AuthProtocol::Eap;

const REQUEST: Code = Code::CONFIGURE_REQUEST;
const DEMAND_V2: &[u8] = &[3, 5, 0xC2, 0x23, 0x81];
const DEMAND_PAP: &[u8] = &[3, 4, 0xC0, 0x23];
const CALLBACK: &[u8] = &[13, 3, 6];

fn inquirer(wanted: AuthProtocol) -> ClientConfig {
    ClientConfig { inquire: Some(wanted), ..client_config() }
}

fn demands(end: &End) -> Vec<Option<AuthProtocol>> {
    let demands = end.events.iter().filter_map(|event| match event {
        Event::Demands(demand) => Some(*demand),
        _ => None,
    });
    demands.collect()
}

/// What our own server with these methods demands of who asks for `wanted`, and that nobody was asked about a user.
fn asked(methods: &[Method], wanted: AuthProtocol) -> (Vec<Option<AuthProtocol>>, Failure) {
    let mut pair = Pair::new(ServerConfig { methods: methods.to_vec(), ..ServerConfig::default() }, inquirer(wanted));
    pair.run(Duration::from_secs(5));
    assert_eq!(pair.server.count(|event| matches!(event, Event::Ask(_) | Event::LcpUp(_))), 0);
    let (stage, failure) = pair.client.closed().unwrap();
    assert_eq!(stage, Stage::Lcp);
    assert!(pair.server.closed().is_some());
    (demands(&pair.client), failure)
}

#[test]
fn a_server_shows_what_it_takes_by_what_it_demands_after_a_suggestion() {
    let done = || Failure::Local(Local::Closed(CloseReason::User));
    let two = [Method::MsChapV2, Method::Pap];
    assert_eq!(asked(&two, PAP), (vec![Some(V2), Some(PAP)], done()));
    assert_eq!(asked(&two, V2), (vec![Some(V2)], done()));
    // It has no CHAP, shows what else it has, and ends the link.
    let ras = Some(RasError::PPP_LCP_TERMINATED);
    let ended = Failure::Refused(Refused::Terminated { ras, message: String::new() });
    assert_eq!(asked(&two, MD5), (vec![Some(V2), Some(PAP)], ended));
    let all = [Method::EapMsChapV2, Method::MsChapV2, Method::ChapMd5, Method::Pap];
    assert_eq!(asked(&all, MD5), (vec![Some(EAP), Some(MD5)], done()));
}

#[test]
fn a_server_that_has_nothing_else_ends_the_link() {
    let (demands, failure) = asked(&[Method::MsChapV2], PAP);
    assert_eq!(demands, [Some(V2)]);
    let ras = Some(RasError::PPP_LCP_TERMINATED);
    assert_eq!(failure, Failure::Refused(Refused::Terminated { ras, message: String::new() }));
}

#[test]
fn options_that_must_go_first_do_not_take_the_place_of_the_suggestion() {
    let mut script = Script::client(inquirer(PAP));
    script.sent();
    let both = [DEMAND_V2, CALLBACK].concat();
    assert_eq!(script.control(Protocol::LCP, REQUEST, 1, &both).one().code(), Code::CONFIGURE_REJECT);
    let nak = script.control(Protocol::LCP, REQUEST, 2, DEMAND_V2).one();
    assert_eq!((nak.code(), &*nak.data), (Code::CONFIGURE_NAK, DEMAND_PAP));
    // The answer was lost, which some repeat with a number of its own: that is no insisting.
    for id in [2, 2, 3, 3] {
        assert_eq!(script.control(Protocol::LCP, REQUEST, id, DEMAND_V2).one().code(), Code::CONFIGURE_NAK);
    }
    let end = script.control(Protocol::LCP, REQUEST, 4, DEMAND_V2).one();
    assert_eq!((end.code(), end.ras()), (Code::TERMINATE_REQUEST, RasError::NONE));
    assert_eq!(demands(&script.end), [Some(V2)]);
}

#[test]
fn a_server_may_come_to_what_is_suggested_step_by_step() {
    let mut script = Script::client(inquirer(PAP));
    script.sent();
    let demand_eap: &[u8] = &[3, 4, 0xC2, 0x27];
    for (id, demand) in [(1, demand_eap), (2, DEMAND_V2), (2, DEMAND_V2)] {
        let nak = script.control(Protocol::LCP, REQUEST, id, demand).one();
        assert_eq!((nak.code(), &*nak.data), (Code::CONFIGURE_NAK, DEMAND_PAP));
    }
    assert_eq!(script.control(Protocol::LCP, REQUEST, 3, DEMAND_PAP).one().code(), Code::TERMINATE_REQUEST);
    assert_eq!(demands(&script.end), [Some(EAP), Some(V2), Some(PAP)]);
}

#[test]
fn a_server_that_then_does_without_is_not_let_go_on() {
    let mut script = Script::client(inquirer(PAP));
    let request = script.one();
    script.acknowledge(&request);
    assert_eq!(script.control(Protocol::LCP, REQUEST, 1, DEMAND_V2).one().code(), Code::CONFIGURE_NAK);
    assert_eq!(script.control(Protocol::LCP, REQUEST, 2, &[]).one().code(), Code::TERMINATE_REQUEST);
    assert_eq!(demands(&script.end), [Some(V2), None]);
    assert_eq!(script.end.count(|event| matches!(event, Event::LcpUp(_))), 0);
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    let timing = Timing { restart: Duration::from_secs(1), max_configure: 4, ..Timing::default() };
    let mut script = Script::client(ClientConfig { timing, ..inquirer(PAP) });
    script.sent();
    script.control(Protocol::LCP, REQUEST, 1, DEMAND_V2).sent();
    script.pass(Duration::from_secs(30)).sent();
    assert_eq!(demands(&script.end), [Some(V2)]);
    let (_, failure) = script.end.closed().unwrap();
    assert!(matches!(failure, Failure::Silence(Silence { stage: Stage::Lcp, .. })), "{failure:?}");
}

#[test]
fn who_logs_on_is_told_what_the_server_demands() {
    let methods = vec![Method::EapMsChapV2, Method::MsChapV2];
    let mut pair = Pair::new(ServerConfig { methods, ..ServerConfig::default() }, client_config());
    pair.run(Duration::from_secs(5));
    assert_eq!(demands(&pair.client), [Some(EAP), Some(V2)]);
    assert_eq!(demands(&pair.server), []);
    assert_eq!(pair.client.count(|event| matches!(event, Event::Up)), 1);
}

#[test]
fn encryption_by_ppp_is_told_from_compression_and_told_once() {
    let mppe = Some(Mppe::STATELESS.or(Mppe::BITS_128));
    for (options, wanted) in [(&[18, 6, 1, 0, 0, 0x40][..], mppe), (&[18, 6, 0, 0, 0, 1][..], None), (&[], None)] {
        let mut pair = Pair::new(ServerConfig::default(), client_config());
        pair.run(Duration::from_secs(5));
        let rejected = pair.client.count(|event| matches!(event, Event::CompressionRejected { .. }));
        assert_eq!(rejected, 0);
        let ccp = [&[0xFF, 0x03, 0x80, 0xFD, 1, 1, 0, 4 + options.len() as u8][..], options].concat();
        for _ in 0..3 {
            pair.client.session.handle_frame(pair.now, &mut pair.rng, &ccp);
        }
        let told: Vec<_> = std::iter::from_fn(|| pair.client.session.poll_event()).collect();
        assert_eq!(told, [Event::CompressionRejected { encryption: wanted }]);
    }
}
