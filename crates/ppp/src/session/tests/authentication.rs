//! Authentication against a script, in and out of its phase.

use std::time::Duration;

use crypto::mschap::{authenticator_response, chap_md5_response, nt_password_hash, nt_response};
use wire::ppp::{AuthCode, Code, MsChapFailure, MsChapV2Response, Protocol, RasError, chap_value, encode_chap_value};

use super::harness::*;
use crate::{
    Answer, ClientConfig, CloseReason, Denied, Event, Failure, Local, Method, Question, Refusal, Refused, Reply,
    ServerConfig, Session, Silence, Stage, Timing,
};

const CHAP: Protocol = Protocol::CHAP;
const RESPONSE: u8 = AuthCode::RESPONSE.0;

/// A server that sent its challenge.
fn challenged(config: ServerConfig) -> (Script, Sent) {
    let mut script = Script::server(config);
    script.open_lcp();
    let challenge = script.one();
    assert_eq!((challenge.protocol, challenge.raw_code), (CHAP, AuthCode::CHALLENGE.0));
    (script, challenge)
}

fn challenge_of(sent: &Sent) -> [u8; 16] {
    chap_value(&sent.data).unwrap().value.try_into().unwrap()
}

/// The data of an MS-CHAPv2 Response.
fn response(challenge: &[u8; 16], password: &str) -> Vec<u8> {
    let peer_challenge = [0x5A; 16];
    let nt_response = nt_response(challenge, &peer_challenge, "alice", &nt_password_hash(password));
    encode_chap_value(&MsChapV2Response { peer_challenge, nt_response }.encode(), USER.as_bytes())
}

fn failure_of(sent: &Sent) -> MsChapFailure {
    assert_eq!((sent.protocol, sent.raw_code), (CHAP, AuthCode::FAILURE.0));
    MsChapFailure::parse(&sent.data).unwrap()
}

#[test]
fn the_success_proves_the_password_and_is_repeated_for_whoever_missed_it() {
    let (mut script, challenge) = challenged(ServerConfig::default());
    let data = response(&challenge_of(&challenge), PASSWORD);
    let success = script.packet(CHAP, RESPONSE, challenge.id, &data).answer().one();
    assert_eq!((success.raw_code, success.id), (AuthCode::SUCCESS.0, challenge.id));
    assert!(success.data.starts_with(b"S=") && success.data.ends_with(b" M=Welcome"));
    for _ in 0..3 {
        assert_eq!(script.packet(CHAP, RESPONSE, challenge.id, &data).one(), success);
    }
    assert_eq!(script.end.count(|event| matches!(event, Event::Authenticated { .. })), 1);
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 1);
}

#[test]
fn a_challenge_is_repeated_and_silence_ends_it() {
    let timing = Timing { setup: Duration::from_secs(120), ..Timing::default() };
    let (mut script, challenge) = challenged(ServerConfig { timing, ..ServerConfig::default() });
    for _ in 0..9 {
        assert_eq!(script.pass(Duration::from_secs(3)).one(), challenge);
    }
    assert_eq!(script.pass(Duration::from_secs(3)).one().ras(), RasError::PPP_TIMEOUT);
    let silence = Silence { stage: Stage::Authentication, attempts: 10, elapsed: Duration::from_secs(30) };
    assert_eq!(script.end.closed(), Some((Stage::Authentication, Failure::Silence(silence))));
}

/// A server that was given a wrong password, and its failure.
fn failed_once() -> (Script, Sent, MsChapFailure) {
    let (mut script, challenge) = challenged(ServerConfig::default());
    let wrong = response(&challenge_of(&challenge), "guess");
    let sent = script.packet(CHAP, RESPONSE, challenge.id, &wrong).answer().one();
    let failure = failure_of(&sent);
    assert_eq!((failure.error.0, failure.retry, failure.version), (691, true, 3));
    // The failure was lost: the same response brings the same failure, and no question.
    assert_eq!(script.packet(CHAP, RESPONSE, challenge.id, &wrong).one(), sent);
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 1);
    (script, challenge, failure)
}

#[test]
fn a_wrong_password_may_be_corrected_against_the_challenge_of_the_failure() {
    // RFC 2759 counts the identifier up; some peers keep it.
    for increment in [0, 1] {
        let (mut script, challenge, failure) = failed_once();
        let id = challenge.id.wrapping_add(increment);
        let right = response(&failure.challenge.unwrap(), PASSWORD);
        let success = script.packet(CHAP, RESPONSE, id, &right).answer().one();
        assert_eq!((success.raw_code, success.id), (AuthCode::SUCCESS.0, id));
    }
}

#[test]
fn a_challenge_is_good_for_one_try() {
    let (mut script, challenge, failure) = failed_once();
    let stale = response(&challenge_of(&challenge), PASSWORD);
    let again = failure_of(&script.packet(CHAP, RESPONSE, challenge.id.wrapping_add(1), &stale).answer().one());
    assert!(again.retry);
    assert_ne!(again.challenge, failure.challenge);
}

#[test]
fn tries_are_counted_and_the_last_failure_permits_no_more() {
    let (mut script, challenge) = challenged(ServerConfig::default());
    let mut against = challenge_of(&challenge);
    for left in (0..3).rev() {
        let id = challenge.id.wrapping_add(2 - left);
        script.packet(CHAP, RESPONSE, id, &response(&against, "guess")).answer();
        let sent = script.sent();
        let failure = failure_of(&sent[0]);
        assert_eq!((failure.error, failure.retry), (RasError::AUTHENTICATION_FAILURE, left > 0));
        against = failure.challenge.unwrap();
        if left == 0 {
            assert_eq!(sent[1].ras(), RasError::AUTHENTICATION_FAILURE);
        }
    }
    script.pass(Duration::from_secs(6)).sent();
    let denied = Denied::Authentication { user: USER.into(), ras: RasError::AUTHENTICATION_FAILURE };
    assert_eq!(script.end.closed(), Some((Stage::Authentication, Failure::Denied(denied))));
}

#[test]
fn a_reason_other_than_the_password_reaches_the_peer_by_its_number() {
    for number in [646, 647, 648, 649, 709] {
        let (mut script, challenge) = challenged(ServerConfig::default());
        script.packet(CHAP, RESPONSE, challenge.id, &response(&challenge_of(&challenge), PASSWORD));
        let reject = Reply::Reject { ras: RasError(number), retry_allowed: false, message: String::new() };
        let sent = script.reply(reject).sent();
        assert_eq!(failure_of(&sent[0]).error.0, number);
        assert_eq!(sent[1].ras().0, number);
    }
}

#[test]
fn a_response_of_a_wrong_size_is_named_as_the_reason() {
    let (mut script, challenge) =
        challenged(ServerConfig { methods: vec![Method::ChapMd5], ..ServerConfig::default() });
    for _ in 0..20 {
        script.packet(CHAP, RESPONSE, challenge.id, &encode_chap_value(&[1; 24], b"alice"));
        script.pass(Duration::from_secs(3));
    }
    script.sent();
    let Some((Stage::Authentication, Failure::Malformed(malformed))) = script.end.closed() else {
        panic!("{:?}", script.end.events);
    };
    assert_eq!(malformed.field, "value");
}

#[test]
fn an_accept_without_the_proof_that_the_method_needs_is_our_own_failure() {
    let (mut script, challenge) = challenged(ServerConfig::default());
    script.packet(CHAP, RESPONSE, challenge.id, &response(&challenge_of(&challenge), PASSWORD));
    script.reply(Reply::Accept { authenticator_response: None, message: String::new() });
    script.one().ras();
    assert_eq!(script.end.session.user(), None);
}

#[test]
fn an_answer_about_somebody_before_the_link_began_anew_does_not_let_anybody_in() {
    let (mut script, first) = challenged(ServerConfig::default());
    script.packet(CHAP, RESPONSE, first.id, &response(&challenge_of(&first), PASSWORD));
    let stale = answer(script.asked());
    script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 9, &[1, 4, 5, 5]);
    let request = script.sent()[0].clone();
    script.acknowledge(&request);
    let challenge = script.one();
    script.packet(CHAP, RESPONSE, challenge.id, &response(&challenge_of(&challenge), "guess"));
    let current = script.asked();
    assert_ne!(stale.id, current.id);
    assert_ne!(first.id, challenge.id, "a response to the first challenge could count for the second");
    let Answer { id, reply } = stale;
    script.end.session.handle_answer(script.now, &mut script.rng, Answer { id, reply });
    script.silent();
    assert_eq!(script.end.session.stage(), Stage::Authentication);
    script.end.session.handle_answer(script.now, &mut script.rng, answer(current));
    assert!(failure_of(&script.one()).retry);
}

#[test]
fn packets_of_the_wrong_side_method_or_phase_lead_nowhere() {
    let success = [&b"S="[..], &[b'0'; 40]].concat();
    let (mut script, challenge) = challenged(ServerConfig::default());
    script.packet(CHAP, AuthCode::SUCCESS.0, challenge.id, &success).silent();
    script.packet(CHAP, AuthCode::FAILURE.0, challenge.id, b"E=691").silent();
    script.packet(CHAP, AuthCode::CHALLENGE.0, challenge.id, &encode_chap_value(&[1; 16], b"x")).silent();
    script
        .packet(CHAP, RESPONSE, challenge.id.wrapping_add(1), &response(&challenge_of(&challenge), PASSWORD))
        .silent();
    script.packet(CHAP, AuthCode::CHANGE_PASSWORD.0, challenge.id, &[0; 582]).silent();
    for protocol in [Protocol::PAP, Protocol::EAP] {
        let reject = script.packet(protocol, 1, 1, &[0, 0]).one();
        assert_eq!((reject.protocol, reject.code()), (Protocol::LCP, Code::PROTOCOL_REJECT));
    }
    script.control(Protocol::IPCP, Code::CONFIGURE_REQUEST, 1, &[]).silent();
    assert_eq!(script.end.session.stage(), Stage::Authentication);
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 0);

    // Before LCP is open, nothing of this is answered.
    let mut script = Script::server(ServerConfig::default());
    script.one();
    for protocol in [Protocol::PAP, Protocol::CHAP, Protocol::EAP, Protocol::IPCP] {
        script.packet(protocol, RESPONSE, 1, &response(&[0; 16], PASSWORD)).silent();
    }
    assert_eq!(script.end.session.discards().out_of_phase, 4);
}

#[test]
fn a_peer_that_does_not_know_the_negotiated_protocol_says_so() {
    let (mut script, _) = challenged(ServerConfig::default());
    script.control(Protocol::LCP, Code::PROTOCOL_REJECT, 1, &[0xC2, 0x23, 1, 1]);
    script.one();
    script.pass(Duration::from_secs(6)).sent();
    let failure = Failure::Refused(Refused::Unsupported { protocol: CHAP });
    assert_eq!(script.end.closed(), Some((Stage::Authentication, failure)));
}

#[test]
fn pap_repeats_its_answer_to_a_request_numbered_anew() {
    let mut script = Script::server(ServerConfig { methods: vec![Method::Pap], ..ServerConfig::default() });
    script.open_lcp();
    script.silent();
    let data = [&[10][..], USER.as_bytes(), &[5], b"wrong"].concat();
    script.packet(Protocol::PAP, 1, 1, &data).silent();
    script.packet(Protocol::PAP, 1, 2, &data).answer();
    let sent = script.sent();
    assert_eq!((sent[0].raw_code, sent[0].id), (AuthCode::PAP_NAK.0, 2));
    assert_eq!(sent[1].ras(), RasError::AUTHENTICATION_FAILURE);
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 1);
}

/// A client whose server asked for `auth`, with LCP open.
fn asked_for(auth: &[u8]) -> Script {
    let mut config = client_config();
    config.methods = vec![Method::MsChapV2, Method::ChapMd5];
    let mut script = Script::client(config);
    let request = script.one();
    script.acknowledge(&request).control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, auth);
    script
}

#[test]
fn a_client_uses_no_method_that_is_not_on_its_list() {
    let mut script = asked_for(&[3, 4, 0xC0, 0x23]);
    let nak = script.one();
    assert_eq!((nak.code(), &*nak.data), (Code::CONFIGURE_NAK, &[3, 5, 0xC2, 0x23, 0x81][..]));
    let nak = script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 2, &[3, 5, 0xC2, 0x23, 0x80]).one();
    assert_eq!(nak.data, [3, 5, 0xC2, 0x23, 0x05]);
    script.packet(Protocol::PAP, 2, 1, &[]).silent();
    for id in 3..6 {
        script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, id, &[3, 4, 0xC0, 0x23]);
    }
    assert_eq!(script.sent().last().unwrap().ras(), RasError::PPP_LCP_TERMINATED);
}

#[test]
fn a_client_answers_a_repeated_challenge_with_the_same_response() {
    let mut script = asked_for(&[3, 5, 0xC2, 0x23, 0x81]);
    script.one();
    let challenge = encode_chap_value(&[9; 16], b"server");
    let first = script.packet(CHAP, 1, 5, &challenge).one();
    let value = MsChapV2Response::parse(chap_value(&first.data).unwrap().value).unwrap();
    let hash = nt_password_hash(PASSWORD);
    assert_eq!(value.nt_response, nt_response(&[9; 16], &value.peer_challenge, "alice", &hash));
    assert_eq!(script.packet(CHAP, 1, 5, &challenge).one(), first);
    assert_eq!(script.pass(Duration::from_secs(3)).one(), first);
    let proof = authenticator_response(&hash, &value.nt_response, &value.peer_challenge, &[9; 16], "alice");
    // For another identifier the proof is about nothing.
    script.packet(CHAP, 3, 6, &proof).silent();
    assert_eq!(script.end.session.stage(), Stage::Authentication);
    // Some servers write the digits in lower case.
    script.packet(CHAP, 3, 5, &[b"S", &proof.to_ascii_lowercase()[1..]].concat());
    assert_eq!(script.end.session.stage(), Stage::Network);
}

#[test]
fn a_client_does_not_answer_challenges_without_end_or_of_a_wrong_size() {
    let mut script = asked_for(&[3, 5, 0xC2, 0x23, 0x81]);
    script.one();
    script.packet(CHAP, 1, 1, &encode_chap_value(&[1; 8], b"server")).silent();
    script.packet(CHAP, 1, 1, &[0]).silent();
    let answers: usize =
        (0..200u8).map(|id| script.packet(CHAP, 1, id, &encode_chap_value(&[id; 16], b"server")).sent().len()).sum();
    assert_eq!(answers, 32);
}

#[test]
fn a_client_learns_why_it_was_refused() {
    let mut script = asked_for(&[3, 5, 0xC2, 0x23, 0x81]);
    script.one();
    script.packet(CHAP, 1, 5, &encode_chap_value(&[9; 16], b"server")).one();
    let text = b"E=647 R=0 C=00000000000000000000000000000000 V=3 M=Account\ndisabled";
    script.packet(CHAP, 4, 5, text).one();
    script.pass(Duration::from_secs(6)).sent();
    let refused = Refused::Authentication { ras: RasError::ACCOUNT_DISABLED, message: "Accountdisabled".into() };
    assert_eq!(script.end.closed(), Some((Stage::Authentication, Failure::Refused(refused))));
}

#[test]
fn a_client_gives_up_when_the_person_does() {
    let mut config = client_config();
    config.ask_again = true;
    let mut script = Script::client(config);
    let request = script.one();
    script.acknowledge(&request).control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &[3, 5, 0xC2, 0x23, 0x81]);
    script.packet(CHAP, 1, 5, &encode_chap_value(&[9; 16], b"server"));
    script.packet(CHAP, 4, 5, b"E=691 R=1 C=00000000000000000000000000000001 V=3 M=No");
    let refusal = Some(Refusal { ras: RasError(691), message: "No".into() });
    assert_eq!(script.asked().question, Question::Credentials { refusal });
    script.reply(Reply::GiveUp).pass(Duration::from_secs(6)).sent();
    let refused = Refused::Authentication { ras: RasError(691), message: "No".into() };
    assert_eq!(script.end.closed(), Some((Stage::Authentication, Failure::Refused(refused))));
}

/// A client without a password that was asked to authenticate in this way, and asks for one.
fn without_password(option: &[u8]) -> Script {
    let config = ClientConfig {
        ask_first: true,
        methods: vec![Method::MsChapV2, Method::ChapMd5, Method::Pap],
        ..client_config()
    };
    let mut script = Script::client(config);
    let request = script.one();
    script.acknowledge(&request).control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, option);
    assert_eq!(script.one().code(), Code::CONFIGURE_ACK);
    assert_eq!(script.asked().question, Question::Credentials { refusal: None });
    script
}

#[test]
fn a_client_without_a_password_keeps_the_link_alive_while_somebody_types() {
    let mut script = without_password(&[3, 5, 0xC2, 0x23, 0x81]);
    for round in 0..5 {
        script.packet(CHAP, 1, round, &encode_chap_value(&[round; 16], b"server")).silent();
        script.control(Protocol::LCP, Code::ECHO_REQUEST, round, &[0, 0, 0, 0]);
        assert_eq!(script.one().code(), Code::ECHO_REPLY);
        script.pass(Duration::from_secs(9)).silent();
    }
    let response = script.answer().one();
    assert_eq!((response.protocol, response.raw_code, response.id), (CHAP, RESPONSE, 4), "to the last challenge");
    let value = MsChapV2Response::parse(chap_value(&response.data).unwrap().value).unwrap();
    let expected = nt_response(&[4; 16], &value.peer_challenge, "alice", &nt_password_hash(PASSWORD));
    assert_eq!(value.nt_response, expected);
}

#[test]
fn a_password_that_is_typed_before_the_challenge_waits_for_it() {
    let mut script = without_password(&[3, 5, 0xC2, 0x23, 0x05]);
    script.answer().silent();
    let response = script.packet(CHAP, 1, 7, &encode_chap_value(&[1; 16], b"server")).one();
    assert_eq!(chap_value(&response.data).unwrap().value, chap_md5_response(7, PASSWORD.as_bytes(), &[1; 16]));
}

#[test]
fn pap_says_nothing_before_there_is_a_password() {
    let mut script = without_password(&[3, 4, 0xC0, 0x23]);
    script.pass(Duration::from_secs(20)).silent();
    assert_eq!(script.answer().one().protocol, Protocol::PAP);
}

#[test]
fn nobody_is_asked_again_for_what_was_typed_when_the_link_begins_anew() {
    let mut script = without_password(&[3, 5, 0xC2, 0x23, 0x05]);
    script.answer().silent();
    script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 2, &[3, 5, 0xC2, 0x23, 0x05]);
    let request = script.sent().into_iter().find(|sent| sent.code() == Code::CONFIGURE_REQUEST).unwrap();
    script.acknowledge(&request).silent();
    script.packet(CHAP, 1, 8, &encode_chap_value(&[2; 16], b"server")).one();
    assert_eq!(script.end.count(|event| matches!(event, Event::Ask(_))), 1);
}

#[test]
fn a_client_whose_person_types_nothing_hangs_up_properly() {
    let mut script = without_password(&[3, 5, 0xC2, 0x23, 0x81]);
    assert_eq!(script.reply(Reply::GiveUp).one().ras(), RasError::NONE);
    script.pass(Duration::from_secs(6)).sent();
    let failure = Failure::Local(Local::Closed(CloseReason::User));
    assert_eq!(script.end.closed(), Some((Stage::Authentication, failure)));
    let mut script = without_password(&[3, 5, 0xC2, 0x23, 0x81]);
    script.pass(Duration::from_secs(60));
    assert_eq!(script.one().ras(), RasError::PPP_TIMEOUT);
}

#[test]
fn a_client_answers_a_challenge_that_comes_while_the_link_is_in_use() {
    let mut script = asked_for(&[3, 5, 0xC2, 0x23, 0x05]);
    script.one();
    for id in [1, 2] {
        let sent = script.packet(CHAP, 1, id, &encode_chap_value(&[id; 20], b"server")).sent();
        let value = chap_md5_response(id, PASSWORD.as_bytes(), &[id; 20]);
        assert_eq!(chap_value(&sent[0].data).unwrap().value, value);
        script.packet(CHAP, 3, id, b"ok").sent();
        assert_eq!(script.end.session.stage(), Stage::Network);
    }
    assert_eq!(script.end.count(|event| matches!(event, Event::Authenticated { .. })), 1);
}

#[test]
fn what_overtakes_the_success_is_taken_up_after_it() {
    let mut script = asked_for(&[3, 5, 0xC2, 0x23, 0x05]);
    script.one();
    script.packet(CHAP, 1, 1, &encode_chap_value(&[1; 16], b"server")).one();
    script.control(Protocol::IPCP, Code::CONFIGURE_REQUEST, 1, &[3, 6, 10, 0, 0, 1]).silent();
    let sent = script.packet(CHAP, 3, 1, b"ok").sent();
    let codes: Vec<_> = sent.iter().map(|sent| (sent.protocol, sent.code())).collect();
    assert_eq!(codes, [(Protocol::IPCP, Code::CONFIGURE_REQUEST), (Protocol::IPCP, Code::CONFIGURE_ACK)]);
}

#[test]
fn a_server_without_methods_does_not_begin() {
    let config = ServerConfig { methods: Vec::new(), ..ServerConfig::default() };
    let mut script = Script::server(config);
    script.silent();
    assert_eq!(script.end.closed(), Some((Stage::Lcp, Failure::Local(crate::Local::Configuration))));
    assert!(script.end.session.is_closed());
    assert_eq!(Session::poll_timeout(&script.end.session), None);
}
