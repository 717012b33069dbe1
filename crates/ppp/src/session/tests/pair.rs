//! Both ends of ours, back to back.

use std::net::Ipv4Addr;
use std::time::Duration;

use wire::ppp::{Code, Protocol, RasError, frame};

use super::harness::*;
use crate::{
    CloseReason, Event, Failure, Incompatible, Ipv4Settings, Local, Method, QuestionKind, Refused, ServerConfig,
    Silence, Stage, Timing,
};

#[test]
fn a_link_comes_up_with_mutual_authentication_and_an_assigned_address() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.run(Duration::from_secs(1));
    let server = Ipv4Settings { local: LEASE.server, remote: LEASE.client, dns: LEASE.dns };
    let client = Ipv4Settings { local: LEASE.client, remote: LEASE.server, dns: LEASE.dns };
    assert_eq!(pair.server.session.ipv4(), Some(server));
    assert_eq!(pair.client.session.ipv4(), Some(client));
    for end in [&pair.server, &pair.client] {
        assert_eq!(end.session.stage(), Stage::Up);
        assert_eq!(end.session.user(), Some(USER));
        assert_eq!(end.session.method(), Some(Method::MsChapV2));
        assert_eq!(end.session.framing().unwrap().peer_mru, 1400);
        assert_eq!(end.count(|event| *event == Event::Up), 1);
        assert_eq!(end.session.discards(), Default::default());
    }
}

#[test]
fn each_method_works_when_both_permit_it() {
    for method in [Method::Pap, Method::ChapMd5, Method::MsChapV2, Method::EapMsChapV2] {
        let server = ServerConfig { methods: vec![method], ..ServerConfig::default() };
        let mut client = client_config();
        client.methods = vec![Method::MsChapV2, Method::EapMsChapV2, Method::ChapMd5, Method::Pap];
        let mut pair = Pair::new(server, client);
        pair.run(Duration::from_secs(1));
        assert_eq!(pair.server.session.stage(), Stage::Up, "{method:?}");
        assert_eq!(pair.client.session.method(), Some(method));
    }
}

#[test]
fn the_server_moves_to_the_method_that_the_client_suggests() {
    let methods = vec![Method::MsChapV2, Method::ChapMd5, Method::Pap];
    let mut client = client_config();
    client.methods = vec![Method::Pap];
    let mut pair = Pair::new(ServerConfig { methods, ..ServerConfig::default() }, client);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.server.session.method(), Some(Method::Pap));
}

#[test]
fn without_a_common_method_both_know_what_the_other_wanted() {
    let server = ServerConfig { methods: vec![Method::MsChapV2], ..ServerConfig::default() };
    let mut client = client_config();
    client.methods = vec![Method::ChapMd5];
    let mut pair = Pair::new(server, client);
    pair.run(Duration::from_secs(10));
    let (ours, theirs) = (vec![Method::MsChapV2.auth_protocol()], vec![Method::ChapMd5.auth_protocol()]);
    let failure = |ours, theirs| Failure::Incompatible(Incompatible::NoCommonAuth { ours, theirs });
    assert_eq!(pair.server.closed(), Some((Stage::Lcp, failure(ours.clone(), theirs.clone()))));
    assert_eq!(pair.client.closed(), Some((Stage::Lcp, failure(theirs, ours))));
}

#[test]
fn ipv6_comes_up_beside_ipv4_when_both_want_it() {
    let mut client = client_config();
    client.ipv6 = true;
    let mut pair = Pair::new(ServerConfig { ipv6: true, ..ServerConfig::default() }, client.clone());
    pair.run(Duration::from_secs(1));
    let (server, other) = (pair.server.session.ipv6().unwrap(), pair.client.session.ipv6().unwrap());
    assert_eq!((server.local, server.remote), (other.remote, other.local));
    assert!(server.local != 0 && server.remote != 0 && server.local != server.remote);

    let mut pair = Pair::new(ServerConfig::default(), client);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.client.session.stage(), Stage::Up);
    assert_eq!(pair.client.session.ipv6(), None);
}

#[test]
fn a_link_comes_up_in_any_weather() {
    let weathers = [
        Weather { loss: 25, ..Weather::default() },
        Weather { duplicates: 50, ..Weather::default() },
        Weather { reorder: 40, ..Weather::default() },
        Weather { loss: 10, duplicates: 20, reorder: 20 },
    ];
    for (index, weather) in weathers.into_iter().enumerate() {
        for seed in 0..60 {
            let timing =
                Timing { setup: Duration::from_secs(90), network: Duration::from_secs(90), ..Timing::default() };
            let mut client = client_config();
            client.timing = timing;
            let mut pair = Pair::seeded(ServerConfig { timing, ..ServerConfig::default() }, client, seed);
            pair.weather = weather;
            pair.run(Duration::from_secs(100));
            let stages = (pair.server.session.stage(), pair.client.session.stage());
            assert_eq!(stages, (Stage::Up, Stage::Up), "{index} {seed} {:?}", pair.server.events);
            let ends = [pair.server.session.ipv4().unwrap(), pair.client.session.ipv4().unwrap()];
            assert_eq!((ends[0].local, ends[0].remote), (ends[1].remote, ends[1].local), "{index} {seed}");
        }
    }
}

#[test]
fn a_wrong_password_ends_with_691_on_both_sides() {
    let mut client = client_config();
    client.credentials = credentials("guess");
    let mut pair = Pair::new(ServerConfig::default(), client);
    pair.run(Duration::from_secs(10));
    let (stage, failure) = pair.client.closed().unwrap();
    let refused = Refused::Authentication { ras: RasError::AUTHENTICATION_FAILURE, message: "No".into() };
    assert_eq!((stage, failure), (Stage::Authentication, Failure::Refused(refused)));
    // The client gave up although another try was permitted, and said so.
    let (stage, failure) = pair.server.closed().unwrap();
    assert_eq!((stage, failure.ras()), (Stage::Authentication, RasError::AUTHENTICATION_FAILURE));
    assert_eq!(pair.server.session.user(), None);
}

#[test]
fn another_password_is_asked_for_and_tried_on_the_same_link() {
    let mut client = client_config();
    client.credentials = credentials("guess");
    client.ask_again = true;
    let mut pair = Pair::new(ServerConfig::default(), client);
    pair.run(Duration::from_secs(2));
    assert_eq!(pair.client.session.stage(), Stage::Up);
    assert_eq!(pair.server.session.stage(), Stage::Up);
    let retries =
        pair.client.count(|event| matches!(event, Event::Ask(ask) if ask.question.kind() == QuestionKind::Credentials));
    assert_eq!(retries, 1);
}

#[test]
fn a_lost_success_is_repeated() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.drop = |from_server, bytes| {
        let is_chap = frame(bytes).unwrap().0 == Protocol::CHAP;
        from_server && is_chap && bytes[4] == 3
    };
    pair.run(Duration::from_secs(2));
    assert_eq!(pair.client.session.stage(), Stage::Authentication);
    pair.drop = |_, _| false;
    pair.run(Duration::from_secs(5));
    assert_eq!(pair.client.session.stage(), Stage::Up);
    assert_eq!(pair.server.count(|event| matches!(event, Event::Authenticated { .. })), 1);
}

#[test]
fn a_server_that_does_not_know_the_password_is_refused() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.answers = false;
    pair.run(Duration::from_secs(1));
    let Some(Event::Ask(ask)) = pair.server.events.last().cloned() else { panic!("no question") };
    let reply = crate::Reply::Accept { authenticator_response: Some([b'0'; 42]), message: String::new() };
    pair.server.session.handle_answer(pair.now, &mut pair.rng, crate::Answer { id: ask.id, reply });
    pair.run(Duration::from_secs(10));
    let (_, failure) = pair.client.closed().unwrap();
    assert_eq!(failure, Failure::Misbehaved(crate::Misbehaved::WrongAuthenticatorResponse));
    assert_eq!(pair.client.count(|event| matches!(event, Event::Authenticated { .. } | Event::Ipv4Up(_))), 0);
}

#[test]
fn a_question_that_nobody_answers_is_a_local_failure() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.answers = false;
    pair.run(Duration::from_secs(60));
    let (stage, failure) = pair.server.closed().unwrap();
    let waited = Timing::default().answer;
    assert_eq!(stage, Stage::Authentication);
    assert_eq!(failure, Failure::Local(Local::NoAnswer { question: QuestionKind::Verify, waited }));
    let (_, failure) = pair.client.closed().unwrap();
    let terminated = Refused::Terminated { ras: Some(RasError::PPP_TIMEOUT), message: String::new() };
    assert_eq!(failure, Failure::Refused(terminated));
}

#[test]
fn closing_tells_the_peer_the_windows_error_and_ends_both() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.run(Duration::from_secs(1));
    pair.server.session.close(pair.now, &mut pair.rng, CloseReason::Idle);
    pair.run(Duration::from_secs(10));
    let failure = Failure::Local(Local::Closed(CloseReason::Idle));
    assert_eq!(pair.server.closed(), Some((Stage::Up, failure)));
    let terminated = Refused::Terminated { ras: Some(RasError::IDLE_TIMEOUT), message: String::new() };
    assert_eq!(pair.client.closed(), Some((Stage::Up, Failure::Refused(terminated))));
    for end in [&pair.server, &pair.client] {
        assert_eq!(end.count(|event| *event == Event::Ipv4Down), 1);
        assert_eq!(end.session.poll_timeout(), None);
    }
}

#[test]
fn the_reason_is_known_at_once_when_the_lower_layer_goes_after_the_terminate_request() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.run(Duration::from_secs(1));
    pair.client.session.close(pair.now, &mut pair.rng, CloseReason::User);
    pair.run(LATENCY * 3);
    assert_eq!(pair.server.closed(), None);
    pair.server.session.lower_down(pair.now, &mut pair.rng);
    pair.run(Duration::ZERO);
    let terminated = Refused::Terminated { ras: Some(RasError::NONE), message: String::new() };
    assert_eq!(pair.server.closed(), Some((Stage::Up, Failure::Refused(terminated))));
}

#[test]
fn a_lower_layer_that_goes_without_a_word_is_a_failure_of_its_own() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.run(Duration::from_secs(1));
    pair.server.session.lower_down(pair.now, &mut pair.rng);
    pair.run(Duration::ZERO);
    assert_eq!(pair.server.closed(), Some((Stage::Up, Failure::Local(Local::LowerLayerDown))));
    assert_eq!(pair.server.session.poll_timeout(), None);
}

#[test]
fn a_peer_that_never_speaks_is_silent_in_lcp() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.drop = |from_server, _| !from_server;
    pair.run(Duration::from_secs(40));
    let Some((Stage::Lcp, Failure::Silence(silence))) = pair.server.closed() else {
        panic!("{:?}", pair.server.events)
    };
    assert_eq!((silence.stage, silence.attempts, silence.elapsed), (Stage::Lcp, 10, Duration::from_secs(30)));
}

#[test]
fn a_dead_peer_is_noticed_and_traffic_spares_the_echo() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.run(Duration::from_secs(1));
    pair.drop = |_, _| true;
    for _ in 0..20 {
        pair.run(Duration::from_secs(20));
        pair.server.session.note_traffic(pair.now);
    }
    assert_eq!(pair.server.closed(), None);
    assert_eq!(pair.client.closed().unwrap().0, Stage::Up);
    pair.run(Duration::from_secs(200));
    let (stage, failure) = pair.server.closed().unwrap();
    let silence = Silence { stage: Stage::Up, attempts: 4, elapsed: Duration::from_secs(150) };
    assert_eq!((stage, failure), (Stage::Up, Failure::Silence(silence)));
}

#[test]
fn echoes_keep_a_quiet_link_alive() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.run(Duration::from_secs(3600));
    assert_eq!((pair.server.session.stage(), pair.client.session.stage()), (Stage::Up, Stage::Up));
}

#[test]
fn a_server_without_an_address_says_738() {
    let mut pair = Pair::new(ServerConfig::default(), client_config());
    pair.answers = false;
    pair.run(Duration::from_secs(1));
    let Some(Event::Ask(ask)) = pair.server.events.last().cloned() else { panic!("no question") };
    pair.server.session.handle_answer(pair.now, &mut pair.rng, answer(ask));
    pair.run(Duration::from_secs(1));
    let Some(Event::Ask(ask)) = pair.server.events.last().cloned() else { panic!("no question") };
    let reply = crate::Reply::NoAddress(crate::NoAddress::Exhausted);
    pair.server.session.handle_answer(pair.now, &mut pair.rng, crate::Answer { id: ask.id, reply });
    pair.run(Duration::from_secs(10));
    let failure = Failure::Local(Local::NoAddress(crate::NoAddress::Exhausted));
    assert_eq!(pair.server.closed(), Some((Stage::Network, failure)));
    assert_eq!(pair.client.closed().unwrap().1.ras(), RasError::PPP_NO_ADDRESS_ASSIGNED);
}

#[test]
fn a_client_refuses_a_server_that_asks_for_no_authentication() {
    let mut script = Script::client(client_config());
    script.open_lcp();
    let end = script.one();
    assert_eq!(end.ras(), RasError::PPP_LCP_TERMINATED);
    script.control(Protocol::LCP, Code::TERMINATE_ACK, end.id, &[]);
    script.silent();
    let failure = Failure::Denied(crate::Denied::UnauthenticatedServer);
    assert_eq!(script.end.closed(), Some((Stage::Lcp, failure)));

    let mut config = client_config();
    config.allow_unauthenticated = true;
    let mut script = Script::client(config);
    script.open_lcp();
    let request = script.one();
    assert_eq!(request.protocol, Protocol::IPCP);
    let zero = Ipv4Addr::UNSPECIFIED.octets();
    assert_eq!(request.data, [&[3, 6], &zero[..], &[129, 6], &zero, &[131, 6], &zero].concat());
}
