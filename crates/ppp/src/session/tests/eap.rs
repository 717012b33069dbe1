//! EAP-MSCHAPv2: both ends of ours, and each against a script.

use std::time::Duration;

use crypto::mschap::{authenticator_response, nt_password_hash, nt_response};
use proptest::prelude::*;
use wire::ppp::{
    Code, EapCode, EapMessage, EapMsChapV2Request, EapMsChapV2Response, EapType, MsChapFailure, MsChapV2Response,
    Protocol, RasError, frame,
};

use super::harness::*;
use crate::{
    Denied, Event, Failure, Incompatible, Local, Method, Misbehaved, Question, QuestionKind, Refused, Reply,
    ServerConfig, Silence, Stage, Timing,
};

const EAP: Protocol = Protocol::EAP;
const REQUEST: u8 = EapCode::REQUEST.0;
const RESPONSE: u8 = EapCode::RESPONSE.0;
const SUCCESS: u8 = EapCode::SUCCESS.0;
const FAILURE: u8 = EapCode::FAILURE.0;

fn server_config() -> ServerConfig {
    ServerConfig { methods: vec![Method::EapMsChapV2], ..ServerConfig::default() }
}

fn eap_client(password: &str) -> crate::ClientConfig {
    let mut config = client_config();
    config.credentials = credentials(password);
    config.methods = vec![Method::EapMsChapV2];
    config
}

/// Whether a frame is an EAP packet of this code.
fn is_eap(bytes: &[u8], code: u8) -> bool {
    frame(bytes).unwrap().0 == EAP && bytes[4] == code
}

fn failed(script: &mut Script) -> Failure {
    script.pass(Duration::from_secs(6)).sent();
    script.end.closed().expect("the end").1
}

#[test]
fn a_link_comes_up_with_mutual_authentication() {
    let mut pair = Pair::new(server_config(), eap_client(PASSWORD));
    pair.run(Duration::from_secs(1));
    for end in [&pair.server, &pair.client] {
        assert_eq!(end.session.stage(), Stage::Up);
        assert_eq!(end.session.user(), Some(USER));
        assert_eq!(end.session.method(), Some(Method::EapMsChapV2));
        assert_eq!(end.session.discards(), Default::default());
        assert_eq!(end.count(|event| matches!(event, Event::Authenticated { .. })), 1);
    }
}

#[test]
fn lcp_moves_to_eap_and_away_from_it() {
    let both = [Method::EapMsChapV2, Method::MsChapV2];
    for (offered, only) in [(both, Method::MsChapV2), ([both[1], both[0]], Method::EapMsChapV2)] {
        let mut client = client_config();
        client.methods = vec![only];
        let mut pair = Pair::new(ServerConfig { methods: offered.to_vec(), ..ServerConfig::default() }, client);
        pair.run(Duration::from_secs(1));
        assert_eq!(pair.server.session.method(), Some(only));

        let mut client = client_config();
        client.methods = offered.to_vec();
        let mut pair = Pair::new(ServerConfig { methods: vec![only], ..ServerConfig::default() }, client);
        pair.run(Duration::from_secs(1));
        assert_eq!(pair.client.session.method(), Some(only));
    }
}

#[test]
fn a_link_comes_up_in_any_weather() {
    let weathers = [
        Weather { loss: 25, ..Weather::default() },
        Weather { duplicates: 50, ..Weather::default() },
        Weather { reorder: 40, ..Weather::default() },
        Weather { loss: 10, duplicates: 20, reorder: 20 },
    ];
    let timing = Timing { setup: Duration::from_secs(90), network: Duration::from_secs(90), ..Timing::default() };
    for (index, weather) in weathers.into_iter().enumerate() {
        for seed in 0..60 {
            let mut client = eap_client(PASSWORD);
            client.timing = timing;
            let mut pair = Pair::seeded(ServerConfig { timing, ..server_config() }, client, seed);
            pair.weather = weather;
            pair.run(Duration::from_secs(120));
            let stages = (pair.server.session.stage(), pair.client.session.stage());
            assert_eq!(stages, (Stage::Up, Stage::Up), "{index} {seed} {:?}", pair.server.events);
        }
    }
}

#[test]
fn a_success_that_nobody_repeats_may_be_lost() {
    let mut pair = Pair::new(server_config(), eap_client(PASSWORD));
    pair.drop = |from_server, bytes| from_server && is_eap(bytes, SUCCESS);
    pair.run(Duration::from_secs(2));
    assert_eq!((pair.client.session.stage(), pair.client.session.user()), (Stage::Authentication, None));
    pair.run(Duration::from_secs(5));
    assert_eq!((pair.server.session.stage(), pair.client.session.stage()), (Stage::Up, Stage::Up));
}

#[test]
fn a_wrong_password_ends_with_691_on_both_sides() {
    let mut pair = Pair::new(server_config(), eap_client("guess"));
    pair.run(Duration::from_secs(10));
    let ras = RasError::AUTHENTICATION_FAILURE;
    let refused = Failure::Refused(Refused::Authentication { ras, message: "No".into() });
    assert_eq!(pair.client.closed(), Some((Stage::Authentication, refused)));
    let denied = Failure::Denied(Denied::Authentication { user: USER.into(), ras });
    assert_eq!(pair.server.closed(), Some((Stage::Authentication, denied)));
}

#[test]
fn another_password_is_asked_for_however_slowly_it_is_typed() {
    let mut client = eap_client("guess");
    client.ask_again = true;
    let mut pair = Pair::new(server_config(), client);
    pair.answers = false;
    pair.run(Duration::from_secs(1));
    let verify = pair.server.events.last().cloned();
    let Some(Event::Ask(ask)) = verify else { panic!("{verify:?}") };
    pair.server.session.handle_answer(pair.now, &mut pair.rng, answer(ask));
    pair.run(Duration::from_secs(50));
    let retries = |event: &&Event| matches!(event, Event::Ask(ask) if ask.question.kind() == QuestionKind::Credentials);
    let asks: Vec<_> = pair.client.events.iter().filter(retries).cloned().collect();
    let [Event::Ask(ask)] = &*asks else { panic!("{asks:?}") };
    pair.answers = true;
    pair.client.session.handle_answer(pair.now, &mut pair.rng, answer(ask.clone()));
    pair.run(Duration::from_secs(5));
    assert_eq!((pair.server.session.stage(), pair.client.session.stage()), (Stage::Up, Stage::Up));
}

#[test]
fn tries_are_counted() {
    let mut client = eap_client("guess");
    client.ask_again = true;
    let mut pair = Pair::new(ServerConfig { max_tries: 1, ..server_config() }, client);
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.client.closed().unwrap().1.ras(), RasError::AUTHENTICATION_FAILURE);
    assert!(matches!(pair.server.closed(), Some((_, Failure::Denied(_)))));
    assert_eq!(pair.client.count(|event| matches!(event, Event::Ask(_))), 0);
}

#[test]
fn a_server_that_does_not_know_the_password_is_refused() {
    let mut pair = Pair::new(server_config(), eap_client(PASSWORD));
    pair.answers = false;
    pair.run(Duration::from_secs(1));
    let Some(Event::Ask(ask)) = pair.server.events.last().cloned() else { panic!("no question") };
    let reply = Reply::Accept { authenticator_response: Some([b'0'; 42]), message: String::new() };
    pair.server.session.handle_answer(pair.now, &mut pair.rng, crate::Answer { id: ask.id, reply });
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.client.closed().unwrap().1, Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse));
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.count(|event| matches!(event, Event::Authenticated { .. })), 0);
    }
}

/// A client whose server asked for EAP, with LCP open.
fn client_script() -> Script {
    let mut script = Script::client(eap_client(PASSWORD));
    let request = script.one();
    script.acknowledge(&request).control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &[3, 4, 0xC2, 0x27]);
    assert_eq!(script.one().code(), Code::CONFIGURE_ACK);
    script
}

fn wrapped(request: EapMsChapV2Request<'_>) -> Vec<u8> {
    EapMessage { kind: EapType::MS_CHAP_V2, data: &request.encode() }.encode()
}

fn challenge() -> Vec<u8> {
    wrapped(EapMsChapV2Request::Challenge { id: 8, challenge: [9; 16], name: b"server" })
}

/// The server's proof for a response to [`challenge`].
fn proof_for(sent: &Sent) -> Vec<u8> {
    let data = EapMessage::parse(&sent.data).unwrap().data;
    let Ok(EapMsChapV2Response::Response { id: 8, response, name }) = EapMsChapV2Response::parse(data) else {
        panic!("{sent:02x?}");
    };
    assert_eq!(name, USER.as_bytes());
    let MsChapV2Response { peer_challenge, nt_response } = response;
    let proof = authenticator_response(&nt_password_hash(PASSWORD), &nt_response, &peer_challenge, &[9; 16], "alice");
    wrapped(EapMsChapV2Request::Success { id: 8, message: &proof })
}

#[test]
fn a_success_before_the_proof_lets_nobody_in() {
    for answered in 0..=2 {
        let mut script = client_script();
        let requests = [&[1][..], &challenge()];
        for (id, request) in (10..).zip(&requests[..answered]) {
            script.packet(EAP, REQUEST, id, request).one();
        }
        script.packet(EAP, SUCCESS, 9 + answered as u8, &[]);
        // A Success that comes before any answer is about nothing: it is forgotten, until nothing else comes.
        assert_eq!(script.sent().is_empty(), answered == 0);
        assert_eq!(script.end.session.user(), None);
        script.pass(Duration::from_secs(30));
        assert_eq!(failed(&mut script), Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse), "{answered}");
        assert_eq!(script.end.count(|event| matches!(event, Event::Authenticated { .. })), 0);
    }
}

#[test]
fn a_client_repeats_its_answers_and_says_nothing_unasked() {
    let mut script = client_script();
    script.silent();
    let identity = script.packet(EAP, REQUEST, 10, &[1]).one();
    assert_eq!((identity.raw_code, identity.id), (RESPONSE, 10));
    assert_eq!(identity.data, [&[1], USER.as_bytes()].concat());
    let response = script.packet(EAP, REQUEST, 11, &challenge()).one();
    assert_eq!(script.packet(EAP, REQUEST, 11, &challenge()).one(), response);
    script.pass(Duration::from_secs(9)).silent();
    let proof = proof_for(&response);
    let note = script.packet(EAP, REQUEST, 12, &proof).one();
    assert_eq!((note.raw_code, note.id, &*note.data), (RESPONSE, 12, &[26, 3][..]));
    assert_eq!(script.packet(EAP, REQUEST, 12, &proof).one(), note);
    // A copy of the challenge that was overtaken begins nothing anew.
    assert_eq!(script.packet(EAP, REQUEST, 11, &challenge()).one(), response);
    // A Failure after both have said that it went well counts as little as a Success for another answer.
    script.packet(EAP, FAILURE, 12, &[]).packet(EAP, SUCCESS, 10, &[]).silent();
    assert_eq!(script.end.session.stage(), Stage::Authentication);
    script.packet(EAP, SUCCESS, 12, &[]);
    assert_eq!(script.end.session.stage(), Stage::Network);
}

#[test]
fn a_server_that_counts_the_identifier_of_its_success_up_is_understood() {
    let mut script = client_script();
    let response = script.packet(EAP, REQUEST, 255, &challenge()).one();
    script.packet(EAP, REQUEST, 0xFF, &proof_for(&response)).one();
    script.packet(EAP, SUCCESS, 0, &[]);
    assert_eq!(script.end.session.stage(), Stage::Network);
}

#[test]
fn a_client_acknowledges_a_notification_and_asks_for_its_type_instead_of_others() {
    let mut script = client_script();
    assert_eq!(script.packet(EAP, REQUEST, 1, b"\x02hello").one().data, [2]);
    for (id, kind) in (2..).zip([4, 6, 13, 25, 254]) {
        assert_eq!(script.packet(EAP, REQUEST, id, &[kind, 0, 0]).one().data, [3, 26]);
    }
    script.packet(EAP, REQUEST, 7, &[3, 26]).silent();
    script.packet(EAP, FAILURE, 6, &[]);
    let eap = || vec![Method::EapMsChapV2.auth_protocol()];
    let failure = Failure::Incompatible(Incompatible::NoCommonAuth { ours: eap(), theirs: eap() });
    assert_eq!(failed(&mut script), failure);
}

#[test]
fn a_failure_without_a_reason_is_a_refusal() {
    let mut script = client_script();
    script.packet(EAP, REQUEST, 1, &[1]).one();
    script.packet(EAP, FAILURE, 77, &[]).silent();
    script.packet(EAP, FAILURE, 1, &[]);
    let ras = RasError::AUTHENTICATION_FAILURE;
    assert_eq!(failed(&mut script), Failure::Refused(Refused::Authentication { ras, message: String::new() }));
}

#[test]
fn a_client_takes_note_of_the_reason_it_is_refused_for() {
    let mut script = client_script();
    script.packet(EAP, REQUEST, 1, &challenge()).one();
    let message = b"E=647 R=0 C=00000000000000000000000000000000 V=3 M=Account\ndisabled";
    let sent = script.packet(EAP, REQUEST, 2, &wrapped(EapMsChapV2Request::Failure { id: 8, message })).sent();
    assert_eq!((sent[0].protocol, &*sent[0].data), (EAP, &[26, 4][..]));
    let ras = RasError::ACCOUNT_DISABLED;
    assert_eq!(
        failed(&mut script),
        Failure::Refused(Refused::Authentication { ras, message: "Accountdisabled".into() })
    );
}

#[test]
fn a_client_does_not_answer_challenges_without_end_or_of_a_wrong_size() {
    let mut script = client_script();
    script.packet(EAP, REQUEST, 1, &[26, 1, 8, 0, 13, 8, 1, 2, 3, 4, 5, 6, 7, 8]).silent();
    let answers: usize = (0..200u8)
        .map(|id| {
            let challenge = EapMsChapV2Request::Challenge { id, challenge: [id; 16], name: b"" };
            script.packet(EAP, REQUEST, id, &wrapped(challenge)).sent().len()
        })
        .sum();
    assert_eq!(answers, 32);
}

#[test]
fn a_client_that_gives_up_says_so() {
    let mut config = eap_client(PASSWORD);
    config.ask_again = true;
    let mut script = Script::client(config);
    let request = script.one();
    script.acknowledge(&request).control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &[3, 4, 0xC2, 0x27]).sent();
    script.packet(EAP, REQUEST, 1, &challenge()).one();
    let message = b"E=691 R=1 C=00000000000000000000000000000001 V=3 M=No";
    script.packet(EAP, REQUEST, 2, &wrapped(EapMsChapV2Request::Failure { id: 8, message })).silent();
    let Question::Credentials { refusal: Some(refusal) } = script.asked().question else { panic!("no refusal") };
    assert_eq!(refusal.ras, RasError(691));
    let sent = script.reply(Reply::GiveUp).sent();
    assert_eq!((sent[0].id, &*sent[0].data), (2, &[26, 4][..]));
    assert!(matches!(failed(&mut script), Failure::Refused(Refused::Authentication { .. })));
}

#[test]
fn another_password_makes_another_response_even_to_the_same_challenge() {
    let mut config = eap_client("guess");
    config.ask_again = true;
    let mut script = Script::client(config);
    let request = script.one();
    script.acknowledge(&request).control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &[3, 4, 0xC2, 0x27]).sent();
    script.packet(EAP, REQUEST, 1, &challenge()).one();
    let message = b"E=691 R=1 C=09090909090909090909090909090909 V=3 M=No";
    let failure = wrapped(EapMsChapV2Request::Failure { id: 7, message });
    script.packet(EAP, REQUEST, 2, &failure).packet(EAP, REQUEST, 2, &failure).silent();
    let response = script.answer().one();
    assert_eq!(response.id, 2);
    script.packet(EAP, REQUEST, 3, &proof_for(&response)).one();
    script.packet(EAP, SUCCESS, 3, &[]);
    assert_eq!(script.end.session.stage(), Stage::Network);
}

/// A server that was told an identity and sent its challenge.
fn challenged(config: ServerConfig) -> (Script, Sent) {
    let mut script = Script::server(config);
    script.open_lcp();
    let identity = script.one();
    assert_eq!((identity.protocol, identity.raw_code, &*identity.data), (EAP, REQUEST, &[1][..]));
    let challenge = script.packet(EAP, RESPONSE, identity.id, b"\x01somebody").one();
    assert_eq!((challenge.raw_code, challenge.id), (REQUEST, identity.id.wrapping_add(1)));
    (script, challenge)
}

/// What a server's EAP-MSCHAPv2 request says.
fn request_of(sent: &Sent) -> EapMsChapV2Request<'_> {
    assert_eq!((sent.protocol, sent.raw_code), (EAP, REQUEST), "{sent:02x?}");
    EapMsChapV2Request::parse(EapMessage::parse(&sent.data).unwrap().data).unwrap()
}

/// A response to a challenge, or to a failure.
fn response(sent: &Sent, password: &str) -> Vec<u8> {
    let challenge = match request_of(sent) {
        EapMsChapV2Request::Challenge { challenge, .. } => challenge,
        EapMsChapV2Request::Failure { message, .. } => MsChapFailure::parse(message).unwrap().challenge.unwrap(),
        other => panic!("{other:?}"),
    };
    let peer_challenge = [0x5A; 16];
    let nt_response = nt_response(&challenge, &peer_challenge, "alice", &nt_password_hash(password));
    let response = MsChapV2Response { peer_challenge, nt_response };
    let data = EapMsChapV2Response::Response { id: 77, response, name: USER.as_bytes() }.encode();
    EapMessage { kind: EapType::MS_CHAP_V2, data: &data }.encode()
}

#[test]
fn a_server_repeats_its_answers_and_asks_once() {
    let (mut script, challenge) = challenged(server_config());
    assert_eq!(script.packet(EAP, RESPONSE, challenge.id.wrapping_sub(1), b"\x01somebody").one(), challenge);
    let data = response(&challenge, PASSWORD);
    script.packet(EAP, RESPONSE, challenge.id, &data).packet(EAP, RESPONSE, challenge.id, &data).silent();
    let success = script.answer().one();
    assert!(matches!(request_of(&success), EapMsChapV2Request::Success { id: 77, .. }));
    assert_eq!(script.packet(EAP, RESPONSE, challenge.id, &data).one(), success);
    assert_eq!(script.end.session.user(), None, "let in before the peer agreed");
    let end = script.packet(EAP, RESPONSE, success.id, &[26, 3]).one();
    assert_eq!((end.raw_code, end.id, &*end.data), (SUCCESS, success.id, &[][..]));
    assert_eq!(script.end.session.user(), Some(USER));
    assert_eq!(script.packet(EAP, RESPONSE, success.id, &[26, 3]).one(), end);
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 1);
}

#[test]
fn a_request_is_repeated_with_its_identifier_and_silence_ends_it() {
    let timing = Timing { setup: Duration::from_secs(120), ..Timing::default() };
    let (mut script, challenge) = challenged(ServerConfig { timing, ..server_config() });
    for _ in 0..9 {
        assert_eq!(script.pass(Duration::from_secs(3)).one(), challenge);
    }
    assert_eq!(script.pass(Duration::from_secs(3)).one().ras(), RasError::PPP_TIMEOUT);
    let silence = Silence { stage: Stage::Authentication, attempts: 10, elapsed: Duration::from_secs(30) };
    assert_eq!(script.end.closed(), Some((Stage::Authentication, Failure::Silence(silence))));
}

#[test]
fn a_wrong_password_may_be_corrected_against_the_challenge_of_the_failure() {
    let (mut script, challenge) = challenged(server_config());
    let failure = script.packet(EAP, RESPONSE, challenge.id, &response(&challenge, "guess")).answer().one();
    // The challenge is good for one try.
    let stale = response(&challenge, PASSWORD);
    let again = script.packet(EAP, RESPONSE, failure.id, &stale).answer().one();
    assert_ne!(failure.data, again.data);
    let success = script.packet(EAP, RESPONSE, again.id, &response(&again, PASSWORD)).answer().one();
    assert!(matches!(request_of(&success), EapMsChapV2Request::Success { .. }));
}

#[test]
fn a_refused_peer_gets_the_failure_after_it_has_taken_note() {
    let (mut script, challenge) = challenged(server_config());
    script.packet(EAP, RESPONSE, challenge.id, &response(&challenge, PASSWORD));
    let ras = RasError::NO_DIALIN_PERMISSION;
    let last = script.reply(Reply::Reject { ras, retry_allowed: false, message: String::new() }).one();
    let EapMsChapV2Request::Failure { message, .. } = request_of(&last) else { panic!("{last:02x?}") };
    let failure = MsChapFailure::parse(message).unwrap();
    assert_eq!((failure.error, failure.retry), (ras, false));
    // A right password comes too late.
    script.packet(EAP, RESPONSE, last.id, &response(&last, PASSWORD)).silent();
    let sent = script.packet(EAP, RESPONSE, last.id, &[26, 4]).sent();
    assert_eq!((sent[0].raw_code, sent[0].id), (FAILURE, last.id));
    assert_eq!(sent[1].ras(), ras);
    assert_eq!(failed(&mut script), Failure::Denied(Denied::Authentication { user: USER.into(), ras }));

    let (mut script, challenge) = challenged(server_config());
    script.packet(EAP, RESPONSE, challenge.id, &response(&challenge, PASSWORD));
    script.reply(Reply::Reject { ras, retry_allowed: false, message: String::new() });
    script.pass(Duration::from_secs(60));
    assert_eq!(failed(&mut script), Failure::Denied(Denied::Authentication { user: USER.into(), ras }));
}

#[test]
fn a_peer_that_refuses_the_type_has_nothing_in_common_with_us() {
    let (mut script, challenge) = challenged(server_config());
    let sent = script.packet(EAP, RESPONSE, challenge.id, &[3, 13, 25]).sent();
    assert_eq!((sent[0].raw_code, sent[0].id), (FAILURE, challenge.id));
    let (ours, theirs) = (vec![Method::EapMsChapV2.auth_protocol()], Vec::new());
    assert_eq!(failed(&mut script), Failure::Incompatible(Incompatible::NoCommonAuth { ours, theirs }));
}

#[test]
fn a_peer_that_does_not_accept_our_proof_is_not_let_in() {
    let (mut script, challenge) = challenged(server_config());
    let success = script.packet(EAP, RESPONSE, challenge.id, &response(&challenge, PASSWORD)).answer().one();
    script.packet(EAP, RESPONSE, success.id, &[26, 4]);
    assert!(matches!(failed(&mut script), Failure::Refused(Refused::Authentication { .. })));
    assert_eq!(script.end.count(|event| matches!(event, Event::Authenticated { .. })), 0);
}

#[test]
fn an_accept_without_the_proof_is_our_own_failure() {
    let (mut script, challenge) = challenged(server_config());
    script.packet(EAP, RESPONSE, challenge.id, &response(&challenge, PASSWORD));
    script.reply(Reply::Accept { authenticator_response: None, message: String::new() });
    assert_eq!(failed(&mut script), Failure::Local(Local::Misanswered(QuestionKind::Verify)));
}

#[test]
fn what_is_not_an_answer_to_the_request_leads_nowhere() {
    let (mut script, challenge) = challenged(server_config());
    let right = response(&challenge, PASSWORD);
    script.packet(EAP, RESPONSE, challenge.id.wrapping_add(1), &right).silent();
    script.packet(EAP, REQUEST, challenge.id, &right).silent();
    script.packet(EAP, SUCCESS, challenge.id, &[]).packet(EAP, FAILURE, challenge.id, &[]).silent();
    for data in [&[26, 3][..], &[26, 4], &[26, 7], &[26], &[], &[1, b'x'], &[2], &right[..20]] {
        script.packet(EAP, RESPONSE, challenge.id, data).silent();
    }
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 0);
    for protocol in [Protocol::PAP, Protocol::CHAP] {
        let reject = script.packet(protocol, RESPONSE, challenge.id, &right).one();
        assert_eq!((reject.protocol, reject.code()), (Protocol::LCP, Code::PROTOCOL_REJECT));
    }
    // Octets behind the packet's length are padding.
    let mut frame =
        wire::ppp::full_frame(EAP, &wire::ppp::Packet { code: RESPONSE, id: challenge.id, data: &right }.encode());
    frame.extend([0; 7]);
    script.frame(&frame);
    assert!(matches!(script.asked().question, Question::Verify { .. }));
}

proptest! {
    #[test]
    fn no_server_gets_a_client_through_without_the_proof(
        packets in proptest::collection::vec((1..=5u8, 0..=4u8, 0..=6usize), 1..60),
    ) {
        let failure = EapMsChapV2Request::Failure { id: 8, message: b"E=691 R=1 C=00000000000000000000000000000001" };
        let forged = EapMsChapV2Request::Success { id: 8, message: &[b"S="[..].to_vec(), vec![b'0'; 40]].concat() };
        let bodies =
            [vec![1], vec![2], vec![4, 0], challenge(), wrapped(failure), wrapped(forged), Vec::new()];
        let mut script = client_script();
        for (code, id, body) in packets {
            script.packet(EAP, code, id, &bodies[body]).sent();
        }
        script.pass(Duration::from_secs(60)).sent();
        prop_assert_eq!(script.end.count(|event| matches!(event, Event::Authenticated { .. })), 0);
    }
}
