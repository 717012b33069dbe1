//! Control protocols against a script: every way to say no, and every way to say it wrongly.

use std::time::Duration;

use wire::ppp::{AuthProtocol, Code, Protocol, RasError};

use super::harness::*;
use crate::{
    ClientConfig, Event, Failure, Incompatible, Ipv4Settings, Method, Misbehaved, ProtocolEnd, Refused, ServerConfig,
    Silence, Stage, Timing,
};

const LCP: Protocol = Protocol::LCP;
const REQUEST: Code = Code::CONFIGURE_REQUEST;

/// A server and its first request.
fn lcp(config: ServerConfig) -> (Script, Sent) {
    let mut script = Script::server(config);
    let request = script.one();
    (script, request)
}

/// A server whose user is authenticated by PAP.
pub(super) fn authenticated(config: ServerConfig) -> Script {
    let mut script = Script::server(ServerConfig { methods: vec![Method::Pap], ..config });
    script.open_lcp();
    log_in(&mut script);
    script
}

fn log_in(script: &mut Script) {
    let data = [&[10][..], USER.as_bytes(), &[13], PASSWORD.as_bytes()].concat();
    script.packet(Protocol::PAP, 1, 1, &data).answer();
    assert_eq!(script.sent()[0].protocol, Protocol::PAP);
}

/// A server with IPv4 up.
pub(super) fn up(config: ServerConfig) -> Script {
    let mut script = authenticated(config);
    script.control(Protocol::IPCP, REQUEST, 1, &[3, 6, 10, 9, 0, 7]).answer();
    let sent = script.sent();
    assert_eq!(sent.iter().map(Sent::code).collect::<Vec<_>>(), [REQUEST, Code::CONFIGURE_ACK]);
    script.acknowledge(&sent[0]).silent();
    assert_eq!(script.end.session.stage(), Stage::Up);
    script
}

/// The client of a dialler, with its first request.
fn early_client() -> (Script, Sent) {
    let timing = Timing {
        early_repeat: Duration::from_millis(250),
        restart: Duration::from_secs(1),
        max_configure: 5,
        ..Timing::default()
    };
    let mut script = Script::client(ClientConfig { timing, ..client_config() });
    let request = script.one();
    (script, request)
}

const MS_CHAP_V2: &[u8] = &[3, 5, 0xC2, 0x23, 0x81];

#[test]
fn the_first_request_is_repeated_early_once_and_is_counted() {
    let (mut script, request) = early_client();
    script.pass(Duration::from_millis(249)).silent();
    assert_eq!(script.pass(Duration::from_millis(1)).one(), request);
    for _ in 0..3 {
        script.pass(Duration::from_millis(999)).silent();
        assert_eq!(script.pass(Duration::from_millis(1)).one(), request);
    }
    script.pass(Duration::from_secs(1)).silent();
    assert!(matches!(script.end.closed(), Some((Stage::Lcp, Failure::Silence(Silence { attempts: 5, .. })))));
}

#[test]
fn the_first_request_is_repeated_at_once_when_the_peer_begins_and_before_our_answer_to_it() {
    let (mut script, request) = early_client();
    let sent = script.pass(Duration::from_millis(90)).control(LCP, REQUEST, 1, MS_CHAP_V2).sent();
    assert_eq!(sent[0], request);
    assert_eq!(sent.iter().map(Sent::code).collect::<Vec<_>>(), [REQUEST, Code::CONFIGURE_ACK]);
    // Once: what follows is a matter of the restart timer.
    script.control(LCP, REQUEST, 2, MS_CHAP_V2);
    assert_eq!(script.one().code(), Code::CONFIGURE_ACK);
    script.pass(Duration::from_millis(999)).silent();
    assert_eq!(script.pass(Duration::from_millis(1)).one(), request);
}

#[test]
fn an_answered_request_is_not_repeated() {
    let (mut script, request) = early_client();
    script.acknowledge(&request).pass(Duration::from_millis(500)).silent();
    assert_eq!(script.control(LCP, REQUEST, 1, MS_CHAP_V2).one().code(), Code::CONFIGURE_ACK);
    let (mut script, request) = early_client();
    script.control(LCP, Code::CONFIGURE_REJECT, request.id, &request.data[..4]);
    assert_eq!(script.one().code(), REQUEST);
    script.pass(Duration::from_millis(500)).silent();
}

#[test]
fn what_must_go_is_rejected_at_once_and_before_anything_is_naked() {
    let (mut script, _) = lcp(ServerConfig::default());
    let unwanted: &[&[u8]] = &[
        &[13, 3, 6],
        &[17, 4, 6, 0x4E],
        &[18, 2],
        &[19, 3, 1],
        &[23, 4, 0, 1],
        &[4, 6, 0xC0, 0x25, 0, 0],
        &[3, 5, 0xC2, 0x23, 0x81],
        &[200, 2],
    ];
    let zero_magic = [5, 6, 0, 0, 0, 0];
    let data = [&[1, 4, 5, 0x78][..], &zero_magic, &unwanted.concat(), &[7, 2, 8, 2]].concat();
    let reject = script.control(LCP, REQUEST, 9, &data).one();
    assert_eq!((reject.code(), reject.id), (Code::CONFIGURE_REJECT, 9));
    assert_eq!(reject.data, unwanted.concat());

    let data = [&[1, 4, 5, 0x78][..], &zero_magic, &[7, 2, 8, 2]].concat();
    let nak = script.control(LCP, REQUEST, 10, &data).one();
    assert_eq!((nak.code(), &nak.data[..2]), (Code::CONFIGURE_NAK, &[5, 6][..]));
    assert_ne!(nak.data[2..], [0; 4]);
}

#[test]
fn what_is_fine_is_acknowledged_unchanged_and_changes_the_framing() {
    let (mut script, request) = lcp(ServerConfig::default());
    let data = [1, 4, 5, 0x78, 2, 6, 0, 0, 0, 0, 5, 6, 1, 2, 3, 4, 7, 2, 8, 2];
    let ack = script.control(LCP, REQUEST, 3, &data).one();
    assert_eq!((ack.code(), &*ack.data), (Code::CONFIGURE_ACK, &data[..]));
    assert_eq!(script.end.session.framing(), None);
    script.acknowledge(&request);
    let framing = script.end.session.framing().unwrap();
    assert_eq!((framing.peer_mru, framing.own_mru, framing.pfc, framing.acfc), (1400, 1400, true, true));
}

#[test]
fn options_of_a_wrong_length_are_naked_with_the_right_one() {
    let (mut script, _) = lcp(ServerConfig::default());
    let nak = script.control(LCP, REQUEST, 1, &[1, 3, 5, 2, 2, 7, 3, 0]).one();
    assert_eq!((nak.code(), &*nak.data), (Code::CONFIGURE_NAK, &[1, 4, 0x05, 0xDC, 2, 6, 0, 0, 0, 0, 7, 2][..]));
    let nak = script.control(LCP, REQUEST, 2, &[1, 4, 0, 4]).one();
    assert_eq!(nak.data, [1, 4, 0, 128]);
}

#[test]
fn an_option_that_stands_twice_is_rejected_the_second_time() {
    let (mut script, _) = lcp(ServerConfig::default());
    let reject = script.control(LCP, REQUEST, 1, &[7, 2, 1, 4, 5, 0, 1, 4, 5, 1]).one();
    assert_eq!((reject.code(), &*reject.data), (Code::CONFIGURE_REJECT, &[1, 4, 5, 1][..]));
}

#[test]
fn a_malformed_request_is_discarded_and_counted() {
    let (mut script, _) = lcp(ServerConfig::default());
    for data in [&[1, 1][..], &[1, 0], &[1, 9, 0], &[1]] {
        script.control(LCP, REQUEST, 1, data).silent();
    }
    let discards = script.end.session.discards();
    assert_eq!((discards.malformed, discards.last_malformed.unwrap().field), (4, "option length"));
}

#[test]
fn a_retransmission_keeps_its_identifier_and_a_changed_request_does_not() {
    let (mut script, first) = lcp(ServerConfig::default());
    assert_eq!(script.pass(Duration::from_secs(3)).one(), first);
    script.control(LCP, Code::CONFIGURE_NAK, first.id, &[1, 4, 0x05, 0xDC]);
    let second = script.one();
    assert_ne!(second.id, first.id);
    assert_eq!(second.data[..4], [1, 4, 0x05, 0xDC]);
    script.control(LCP, Code::CONFIGURE_REJECT, second.id, &second.data[..4]);
    let third = script.one();
    assert_eq!(third.data, second.data[4..]);
    // A default receives 1500 octets.
    script.acknowledge(&third).control(LCP, REQUEST, 1, &[]);
    assert_eq!(script.end.session.framing().unwrap().own_mru, 1500);
}

#[test]
fn answers_to_another_request_or_with_other_options_do_not_count() {
    let (mut script, request) = lcp(ServerConfig::default());
    script.control(LCP, REQUEST, 1, &[]).one();
    let other = request.id.wrapping_add(1);
    script.control(LCP, Code::CONFIGURE_ACK, other, &request.data).silent();
    script.control(LCP, Code::CONFIGURE_ACK, request.id, &request.data[4..]).silent();
    script.control(LCP, Code::CONFIGURE_NAK, other, &[1, 4, 5, 0]).silent();
    script.control(LCP, Code::CONFIGURE_REJECT, request.id, &[1, 4, 9, 9]).silent();
    script.control(LCP, Code::CONFIGURE_REJECT, request.id, &[]).silent();
    assert_eq!(script.end.session.framing(), None);
    script.acknowledge(&request);
    assert!(script.end.session.framing().is_some());
}

#[test]
fn a_second_answer_to_one_request_does_not_bring_the_layer_down() {
    let (mut script, request) = lcp(ServerConfig::default());
    script.control(LCP, REQUEST, 1, &[]).acknowledge(&request).sent();
    script.acknowledge(&request).silent();
    script.control(LCP, Code::TERMINATE_ACK, 77, &[]).silent();
    assert_eq!(script.end.session.stage(), Stage::Authentication);
}

#[test]
fn a_peer_that_rejects_authentication_has_nothing_in_common_with_us() {
    let (mut script, request) = lcp(ServerConfig::default());
    script.control(LCP, Code::CONFIGURE_REJECT, request.id, &request.data[4..9]);
    assert_eq!(script.one().ras(), RasError::PPP_LCP_TERMINATED);
    script.pass(Duration::from_secs(6)).sent();
    let ours = vec![Method::MsChapV2.auth_protocol()];
    let failure = Incompatible::NoCommonAuth { ours, theirs: Vec::new() };
    assert_eq!(script.end.closed(), Some((Stage::Lcp, Failure::Incompatible(failure))));
}

#[test]
fn the_preference_is_followed_when_the_peer_suggests_what_is_not_permitted() {
    let methods = vec![Method::MsChapV2, Method::ChapMd5];
    let (mut script, request) = lcp(ServerConfig { methods, ..ServerConfig::default() });
    assert_eq!(request.data[4..9], [3, 5, 0xC2, 0x23, 0x81]);
    script.control(LCP, Code::CONFIGURE_NAK, request.id, &[3, 4, 0xC0, 0x23]);
    let request = script.one();
    assert_eq!(request.data[4..9], [3, 5, 0xC2, 0x23, 0x05]);
    script.control(LCP, Code::CONFIGURE_NAK, request.id, &[3, 4, 0xC2, 0x27]);
    script.one();
    script.pass(Duration::from_secs(6)).sent();
    let Some((_, Failure::Incompatible(Incompatible::NoCommonAuth { theirs, .. }))) = script.end.closed() else {
        panic!("{:?}", script.end.events);
    };
    assert_eq!(theirs, [AuthProtocol::Pap, AuthProtocol::Eap]);
}

#[test]
fn a_loop_is_noticed_by_the_magic_number() {
    let mut script = Script::server(ServerConfig::default());
    for _ in 0..20 {
        for sent in script.sent() {
            script.packet(sent.protocol, sent.raw_code, sent.id, &sent.data);
        }
        script.pass(Duration::from_secs(3));
    }
    script.sent();
    let (stage, failure) = script.end.closed().unwrap();
    assert_eq!(stage, Stage::Lcp);
    assert!(matches!(failure, Failure::Misbehaved(Misbehaved::Loopback { .. })), "{failure:?}");
}

#[test]
fn suggestions_that_are_not_followed_end_in_a_reject_and_then_the_link() {
    let timing = Timing { max_rounds: 8, ..Timing::default() };
    let (mut script, _) = lcp(ServerConfig { timing, ..ServerConfig::default() });
    let codes: Vec<_> = (0..9).map(|id| script.control(LCP, REQUEST, id, &[1, 4, 0, 1]).one().code()).collect();
    assert_eq!(codes[..5], [Code::CONFIGURE_NAK; 5]);
    assert_eq!(codes[5..8], [Code::CONFIGURE_REJECT; 3]);
    assert_eq!(codes[8], Code::TERMINATE_REQUEST);
    script.pass(Duration::from_secs(6)).sent();
    let failure = Incompatible::NotConverged { protocol: LCP, rounds: 8 };
    assert_eq!(script.end.closed(), Some((Stage::Lcp, Failure::Incompatible(failure))));
}

#[test]
fn an_unknown_code_is_rejected_and_codes_without_which_nothing_works_may_not_be() {
    let (mut script, request) = lcp(ServerConfig::default());
    let reject = script.packet(LCP, 99, 5, &[1, 2]).one();
    assert_eq!((reject.code(), &*reject.data), (Code::CODE_REJECT, &[99, 5, 0, 6, 1, 2][..]));
    script.control(LCP, Code::CODE_REJECT, 1, &[12, 1, 0, 4]).silent();
    assert_eq!(script.end.closed(), None);
    script.control(LCP, Code::CODE_REJECT, 1, &[1, request.id, 0, 4]).silent();
    let failure = Failure::Refused(Refused::Unsupported { protocol: LCP });
    assert_eq!(script.end.closed(), Some((Stage::Lcp, failure)));
}

#[test]
fn a_peer_that_ends_lcp_before_it_is_open_is_believed_at_once() {
    let (mut script, _) = lcp(ServerConfig::default());
    script.control(LCP, Code::TERMINATE_REQUEST, 4, b"no thanks\n");
    assert_eq!((script.one().code(), script.end.session.is_closed()), (Code::TERMINATE_ACK, true));
    let failure = Failure::Refused(Refused::Terminated { ras: None, message: "no thanks".into() });
    assert_eq!(script.end.closed(), Some((Stage::Lcp, failure)));
}

#[test]
fn lcp_that_begins_anew_takes_everything_back() {
    let mut script = up(ServerConfig::default());
    let sent = script.control(LCP, REQUEST, 40, &[5, 6, 9, 9, 9, 9]).sent();
    assert_eq!(sent.iter().map(Sent::code).collect::<Vec<_>>(), [REQUEST, Code::CONFIGURE_ACK]);
    assert_eq!(script.end.events.last(), Some(&Event::Ipv4Down));
    assert_eq!((script.end.session.stage(), script.end.session.user()), (Stage::Lcp, None));
    // Datagrams of the network protocols mean nothing before the user proved himself again.
    script.control(Protocol::IPCP, REQUEST, 2, &[3, 6, 10, 9, 0, 7]).silent();
    script.acknowledge(&sent[0]).silent();
    script.control(Protocol::IPCP, REQUEST, 3, &[3, 6, 10, 9, 0, 7]).silent();
    assert_eq!(script.end.session.stage(), Stage::Authentication);
    log_in(&mut script);
    assert_eq!(script.end.session.stage(), Stage::Network);
    assert_eq!(script.end.count(|event| matches!(event, Event::LcpUp(_))), 2);
}

#[test]
fn the_acknowledged_request_again_is_only_acknowledged_again() {
    let mut script = up(ServerConfig::default());
    for _ in 0..3 {
        assert_eq!(script.control(LCP, REQUEST, 1, &[]).one().code(), Code::CONFIGURE_ACK);
    }
    assert_eq!(script.end.session.stage(), Stage::Up);
    assert_eq!(script.control(LCP, REQUEST, 1, &[]).sent().len(), 2);
    assert_eq!(script.end.session.stage(), Stage::Lcp);
}

#[test]
fn a_link_that_begins_anew_without_end_is_ended() {
    let mut script = Script::server(ServerConfig::default());
    script.open_lcp();
    for id in 0..10 {
        script.control(LCP, REQUEST, 50 + id, &[1, 4, 5, id]);
        let requests: Vec<_> = script.sent().into_iter().filter(|sent| sent.code() == REQUEST).collect();
        for request in requests.into_iter().filter(|request| request.protocol == LCP) {
            script.acknowledge(&request);
        }
    }
    script.pass(Duration::from_secs(6)).sent();
    let failure = Failure::Misbehaved(Misbehaved::Renegotiates { times: 6 });
    assert_eq!(script.end.closed(), Some((Stage::Lcp, failure)));
}

#[test]
fn ipcp_assigns_address_and_name_servers_and_rejects_the_rest() {
    let mut script = authenticated(ServerConfig::default());
    let zero = [0, 0, 0, 0];
    let request = |kinds: &[u8]| kinds.iter().flat_map(|&kind| [&[kind, 6][..], &zero].concat()).collect::<Vec<_>>();
    let vj = [2, 6, 0, 0x2D, 15, 1];
    let data = [&request(&[3]), &vj[..], &request(&[129, 130, 131, 132])].concat();
    script.control(Protocol::IPCP, REQUEST, 1, &data).silent();
    let sent = script.answer().sent();
    assert_eq!((sent[0].code(), &*sent[0].data), (REQUEST, &[3, 6, 10, 9, 0, 1][..]));
    assert_eq!(sent[1].code(), Code::CONFIGURE_REJECT);
    assert_eq!(sent[1].data, [&vj[..], &request(&[130, 131, 132])].concat());
    let nak = script.control(Protocol::IPCP, REQUEST, 2, &request(&[3, 129])).one();
    let assigned = [3, 6, 10, 9, 0, 7, 129, 6, 10, 9, 0, 53];
    assert_eq!((nak.code(), &*nak.data), (Code::CONFIGURE_NAK, &assigned[..]));
    script.acknowledge(&sent[0]);
    let ack = script.control(Protocol::IPCP, REQUEST, 3, &assigned).one();
    assert_eq!((ack.code(), &*ack.data), (Code::CONFIGURE_ACK, &assigned[..]));
    let settings = Ipv4Settings { local: LEASE.server, remote: LEASE.client, dns: LEASE.dns };
    assert_eq!(script.end.events[script.end.events.len() - 2..], [Event::Ipv4Up(settings), Event::Up]);
}

#[test]
fn an_address_of_the_peers_own_choice_is_not_accepted() {
    let mut script = authenticated(ServerConfig::default());
    script.control(Protocol::IPCP, REQUEST, 1, &[3, 6, 192, 168, 1, 1]);
    let crate::Question::Address { requested, user } = script.asked().question else { panic!("no address asked") };
    assert_eq!((requested, &*user), (Some([192, 168, 1, 1].into()), USER));
    let sent = script.answer().sent();
    assert_eq!((sent[1].code(), &*sent[1].data), (Code::CONFIGURE_NAK, &[3, 6, 10, 9, 0, 7][..]));
    // Not even when it insists: then it goes without the option, and with our address.
    for id in 2..6 {
        assert_eq!(
            script.control(Protocol::IPCP, REQUEST, id, &[3, 6, 192, 168, 1, 1]).one().code(),
            Code::CONFIGURE_NAK
        );
    }
    let reject = script.control(Protocol::IPCP, REQUEST, 6, &[3, 6, 192, 168, 1, 1]).one();
    assert_eq!(reject.code(), Code::CONFIGURE_REJECT);
    script.acknowledge(&sent[0]);
    assert_eq!(script.control(Protocol::IPCP, REQUEST, 7, &[]).one().code(), Code::CONFIGURE_ACK);
    assert_eq!(script.end.session.ipv4().unwrap().remote, LEASE.client);
}

#[test]
fn the_address_is_found_for_a_peer_that_waits_for_us_to_begin() {
    let mut script = authenticated(ServerConfig::default());
    script.pass(Duration::from_secs(3));
    let crate::Question::Address { requested, .. } = script.asked().question else { panic!("no address asked") };
    assert_eq!(requested, None);
    assert_eq!(script.answer().one().code(), REQUEST);
}

#[test]
fn ipv6cp_suggests_an_identifier_that_is_neither_zero_nor_ours() {
    let mut script = authenticated(ServerConfig { ipv6: true, ..ServerConfig::default() });
    let sent = script.pass(Duration::from_secs(3)).sent();
    let own = sent.iter().find(|sent| sent.protocol == Protocol::IPV6CP).unwrap().clone();
    for id in [&[0; 8][..], &own.data[2..]] {
        let nak = script.control(Protocol::IPV6CP, REQUEST, 1, &[&[1, 10], id].concat()).one();
        assert_eq!((nak.code(), nak.data.len()), (Code::CONFIGURE_NAK, 10));
        assert!(nak.data[2..] != [0; 8] && nak.data[2..] != own.data[2..]);
    }
    let reject = script.control(Protocol::IPV6CP, REQUEST, 1, &[2, 4, 0, 0x4F]).one();
    assert_eq!(reject.code(), Code::CONFIGURE_REJECT);
}

#[test]
fn unknown_protocols_are_rejected_when_the_link_is_up_and_ignored_before() {
    let (mut script, request) = lcp(ServerConfig::default());
    script.packet(Protocol::CCP, 1, 1, &[]).silent();
    script.control(LCP, REQUEST, 1, &[]).acknowledge(&request).sent();
    script.packet(Protocol::CCP, 1, 1, &[]).silent();
    assert_eq!(script.end.session.discards().out_of_phase, 2);

    let mut script = up(ServerConfig::default());
    for protocol in [Protocol::CCP, Protocol::IPV6CP, Protocol::ACSP, Protocol::CBCP, Protocol::EAP, Protocol::CHAP] {
        let reject = script.packet(protocol, 1, 7, &[0; 200]).one();
        assert_eq!((reject.protocol, reject.code()), (LCP, Code::PROTOCOL_REJECT));
        assert_eq!(reject.data[..6], [&protocol.0.to_be_bytes()[..], &[1, 7, 0, 204]].concat());
        assert!(reject.data.len() < 100);
    }
    // Datagrams are none of our business, in whatever form.
    script.frame(&[0x21, 0x45, 0, 0]).frame(&[0xFF, 0x03, 0x00, 0x57, 0x60]).silent();
}

#[test]
fn a_protocol_reject_ends_the_protocol_and_with_the_last_one_the_link() {
    let mut script = up(ServerConfig::default());
    script.control(LCP, Code::PROTOCOL_REJECT, 1, &[0x80, 0x57, 1, 1, 0, 4]).silent();
    assert_eq!(script.end.session.stage(), Stage::Up);
    let terminate = script.control(LCP, Code::PROTOCOL_REJECT, 2, &[0x80, 0x21, 1, 1, 0, 4]).sent();
    assert_eq!(terminate[0].protocol, Protocol::IPCP);
    script.control(Protocol::IPCP, Code::TERMINATE_ACK, terminate[0].id, &[]);
    assert_eq!(script.one().ras(), RasError::PPP_NO_PROTOCOLS_CONFIGURED);
    script.pass(Duration::from_secs(6)).sent();
    let ends = vec![(Protocol::IPCP, ProtocolEnd::Rejected)];
    let failure = Failure::Incompatible(Incompatible::NoNetworkProtocol { ends });
    assert_eq!(script.end.closed().unwrap().1, failure);
}

#[test]
fn an_echo_is_answered_within_the_peers_mru() {
    let mut script = Script::server(ServerConfig::default());
    let request = script.one();
    script.acknowledge(&request).control(LCP, REQUEST, 1, &[1, 4, 0, 200]).sent();
    let magic = &request.data[request.data.len() - 4..];
    let echo = [&[1, 2, 3, 4][..], &[7; 300]].concat();
    let reply = script.control(LCP, Code::ECHO_REQUEST, 5, &echo).one();
    assert_eq!((reply.code(), reply.id, &reply.data[..4]), (Code::ECHO_REPLY, 5, magic));
    assert_eq!(reply.data.len(), 196);
    let reply = script.control(LCP, Code::ECHO_REQUEST, 6, &[0; 4]).one();
    assert_eq!(reply.data, magic);
    script.control(LCP, Code::DISCARD_REQUEST, 7, &echo).silent();
    script.control(LCP, Code::ECHO_REPLY, 8, &echo).silent();
    // Our own number comes back: no answer, or two such ends would never stop.
    script.control(LCP, Code::ECHO_REQUEST, 9, magic).silent();
}

#[test]
fn packets_of_lcp_that_need_an_open_link_are_ignored_before() {
    let (mut script, _) = lcp(ServerConfig::default());
    for code in [Code::ECHO_REQUEST, Code::PROTOCOL_REJECT, Code::IDENTIFICATION, Code::DISCARD_REQUEST] {
        script.control(LCP, code, 1, &[0xC0, 0x21, 0, 0, 0]).silent();
    }
    assert_eq!(script.end.closed(), None);
    assert_eq!(script.end.session.discards().out_of_phase, 4);
}

#[test]
fn no_network_protocol_in_time_is_reported_with_how_each_stands() {
    let mut script = authenticated(ServerConfig::default());
    script.pass(Duration::from_secs(3)).answer();
    // It acknowledges ours for ever and never asks for itself.
    for _ in 0..12 {
        let request = script.one();
        script.acknowledge(&request).pass(Duration::from_secs(3));
    }
    script.pass(Duration::from_secs(10)).sent();
    let ends = vec![(Protocol::IPCP, ProtocolEnd::Unfinished)];
    let failure = Failure::Incompatible(Incompatible::NoNetworkProtocol { ends });
    assert_eq!(script.end.closed(), Some((Stage::Network, failure)));
}

#[test]
fn a_client_takes_no_address_that_a_host_cannot_have() {
    let mut config = client_config();
    config.allow_unauthenticated = true;
    let mut script = Script::client(config);
    script.open_lcp();
    let request = script.one();
    for address in [[0, 0, 0, 0], [127, 0, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255]] {
        let id = script.end.session.framing().map_or(0, |_| request.id);
        script.control(Protocol::IPCP, Code::CONFIGURE_NAK, id, &[&[3, 6], &address[..]].concat());
    }
    for sent in script.sent() {
        assert_eq!(sent.data[..6], [3, 6, 0, 0, 0, 0]);
    }
    let request = script.pass(Duration::from_secs(3)).one();
    script.control(Protocol::IPCP, REQUEST, 1, &[3, 6, 10, 0, 0, 1]);
    script.acknowledge(&request).pass(Duration::from_secs(9)).sent();
    assert_eq!(script.end.closed().unwrap().1, Failure::Refused(Refused::NoAddress));
}

#[test]
fn a_network_protocol_that_begins_anew_has_no_more_time_than_the_first_time() {
    let mut script = up(ServerConfig::default());
    script.pass(Duration::from_secs(5)).control(Protocol::IPCP, REQUEST, 2, &[]);
    assert_eq!(script.sent().len(), 2);
    assert_eq!((script.end.session.stage(), script.end.session.user()), (Stage::Network, Some(USER)));
    script.pass(Duration::from_secs(60)).sent();
    let (stage, failure) = script.end.closed().unwrap();
    assert_eq!((stage, failure.ras()), (Stage::Network, RasError::PPP_TIMEOUT));
}

#[test]
fn the_time_that_remains_is_told_without_control_characters() {
    let mut script = up(ServerConfig::default());
    script.control(LCP, Code::TIME_REMAINING, 1, b"\0\0\0\0\0\0\x02\x58ten\nminutes").silent();
    let told = Event::TimeRemaining { left: Duration::from_secs(600), message: "tenminutes".into() };
    assert_eq!(script.end.events.last(), Some(&told));
    script.control(LCP, Code::TIME_REMAINING, 2, b"\0\0\0\0\0").silent();
    assert_eq!(script.end.session.discards().last_malformed.unwrap().field, "seconds remaining");
}

#[test]
fn a_retransmitted_request_gets_the_same_answer_and_is_no_lack_of_convergence() {
    let (mut script, _) = lcp(ServerConfig::default());
    for _ in 0..60 {
        let nak = script.control(LCP, REQUEST, 1, &[1, 4, 0, 1]).one();
        assert_eq!(nak.code(), Code::CONFIGURE_NAK);
    }
}
