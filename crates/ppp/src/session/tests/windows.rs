//! What Windows clients send, built octet by octet.

use std::time::Duration;

use wire::ppp::{Code, Identification, Protocol, RasError, TerminateReason};

use super::harness::*;
use super::negotiation::authenticated;
use crate::{Event, Failure, Incompatible, Method, ProtocolEnd, Refused, ServerConfig, Stage};

const MAGIC: [u8; 6] = [5, 6, 0x4C, 0x1B, 0x77, 0x21];
const CALLBACK: [u8; 3] = [13, 3, 6];

fn request(options: &[&[u8]]) -> Vec<u8> {
    options.concat()
}

#[test]
fn windows_vista_and_later_drops_callback_and_opens() {
    let mut script = Script::server(ServerConfig::default());
    let ours = script.one();
    let first = request(&[&[1, 4, 0x05, 0x78], &MAGIC, &[7, 2, 8, 2], &CALLBACK]);
    let reject = script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 0, &first).one();
    assert_eq!((reject.code(), reject.id, &*reject.data), (Code::CONFIGURE_REJECT, 0, &CALLBACK[..]));
    let second = request(&[&[1, 4, 0x05, 0x78], &MAGIC, &[7, 2, 8, 2]]);
    let ack = script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &second).one();
    assert_eq!((ack.code(), &*ack.data), (Code::CONFIGURE_ACK, &second[..]));
    script.acknowledge(&ours);
    assert_eq!(script.one().protocol, Protocol::CHAP);
}

#[test]
fn windows_xp_drops_callback_and_multilink_in_one_round() {
    let mut script = Script::server(ServerConfig::default());
    let ours = script.one();
    let endpoint = [&[19, 23, 1][..], &[0xE5; 20]].concat();
    let first = request(&[&MAGIC, &[7, 2, 8, 2], &CALLBACK, &[17, 4, 0x06, 0x4E], &endpoint]);
    let reject = script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 0, &first).one();
    assert_eq!(reject.data, request(&[&CALLBACK, &[17, 4, 0x06, 0x4E], &endpoint]));
    let second = request(&[&MAGIC, &[7, 2, 8, 2]]);
    assert_eq!(script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &second).one().code(), Code::CONFIGURE_ACK);
    script.acknowledge(&ours);
    assert_eq!(script.end.session.framing().unwrap().peer_mru, 1500);
}

#[test]
fn the_three_identifications_are_told_and_not_rejected() {
    let mut script = Script::server(ServerConfig::default());
    script.open_lcp();
    script.sent();
    let guid = [0x9E; 16];
    for (id, message) in [&b"MSRASV5.20"[..], b"MSRAS-0-LAPTOP", &guid].into_iter().enumerate() {
        let data = [&MAGIC[2..], message].concat();
        script.control(Protocol::LCP, Code::IDENTIFICATION, id as u8, &data).silent();
    }
    let told: Vec<_> = script.end.events.iter().filter(|event| matches!(event, Event::PeerInfo(_))).cloned().collect();
    let wanted = [
        Identification::WindowsVersion("MSRASV5.20".into()),
        Identification::ComputerName("LAPTOP".into()),
        Identification::Correlation(guid),
    ];
    assert_eq!(told, wanted.map(Event::PeerInfo));
    // However many follow, what is told stays bounded.
    for id in 0..100 {
        script.control(Protocol::LCP, Code::IDENTIFICATION, id, &MAGIC[2..]).silent();
    }
    assert!(script.end.count(|event| matches!(event, Event::PeerInfo(_))) < 10);
}

#[test]
fn a_server_of_windows_2003_gets_from_eap_to_mschapv2() {
    let mut script = Script::client(client_config());
    let ours = script.one();
    script.acknowledge(&ours);
    let extras = [&CALLBACK[..], &[17, 4, 0x06, 0x4E], &[19, 23, 1], &[0xE5; 20], &[23, 4, 0, 5]].concat();
    let first = request(&[&[1, 4, 0x05, 0x78], &[3, 4, 0xC2, 0x27], &MAGIC, &[7, 2, 8, 2], &extras]);
    let reject = script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 0, &first).one();
    assert_eq!((reject.code(), &*reject.data), (Code::CONFIGURE_REJECT, &*extras));
    let second = request(&[&[1, 4, 0x05, 0x78], &[3, 4, 0xC2, 0x27], &MAGIC, &[7, 2, 8, 2]]);
    let nak = script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &second).one();
    assert_eq!((nak.code(), &*nak.data), (Code::CONFIGURE_NAK, &[3, 5, 0xC2, 0x23, 0x81][..]));
    let third = request(&[&[1, 4, 0x05, 0x78], &[3, 5, 0xC2, 0x23, 0x81], &MAGIC, &[7, 2, 8, 2]]);
    assert_eq!(script.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 2, &third).one().code(), Code::CONFIGURE_ACK);
    assert_eq!(script.end.session.stage(), Stage::Authentication);
}

#[test]
fn ipcp_and_ipv6cp_of_windows_in_their_order() {
    let mut script = authenticated(ServerConfig::default());
    // Windows asks for IPv6, CCP and IPv4 at once.
    let ipv6 = [1, 10, 0xA4, 0xF1, 0x22, 0x01, 0x9D, 0x31, 0x0C, 0x55];
    let reject = script.control(Protocol::IPV6CP, Code::CONFIGURE_REQUEST, 4, &ipv6).one();
    assert_eq!((reject.code(), &reject.data[..2]), (Code::PROTOCOL_REJECT, &[0x80, 0x57][..]));
    let mppe = [18, 6, 0x01, 0, 0, 0];
    let reject = script.control(Protocol::CCP, Code::CONFIGURE_REQUEST, 5, &mppe).one();
    assert_eq!((reject.code(), &reject.data[..2]), (Code::PROTOCOL_REJECT, &[0x80, 0xFD][..]));
    let zero = [0; 4];
    let option = |kind: u8, address: &[u8]| [&[kind, 6], address].concat();
    let all = request(&[3, 129, 130, 131, 132].map(|kind| option(kind, &zero)).each_ref().map(Vec::as_slice));
    script.control(Protocol::IPCP, Code::CONFIGURE_REQUEST, 6, &all).answer();
    let sent = script.sent();
    assert_eq!(sent[1].data, [option(130, &zero), option(131, &zero), option(132, &zero)].concat());
    let rest = [option(3, &zero), option(129, &zero)].concat();
    let nak = script.control(Protocol::IPCP, Code::CONFIGURE_REQUEST, 7, &rest).one();
    assert_eq!(nak.code(), Code::CONFIGURE_NAK);
    script.acknowledge(&sent[0]);
    assert_eq!(script.control(Protocol::IPCP, Code::CONFIGURE_REQUEST, 8, &nak.data).one().code(), Code::CONFIGURE_ACK);
    assert_eq!(script.end.session.stage(), Stage::Up);
}

#[test]
fn windows_says_738_when_it_gets_no_address_and_we_keep_its_word() {
    let mut script = authenticated(ServerConfig::default());
    script.control(Protocol::IPCP, Code::CONFIGURE_REQUEST, 6, &[3, 6, 0, 0, 0, 0]).answer().sent();
    let reason = TerminateReason { magic: 1, ras: RasError::PPP_NO_ADDRESS_ASSIGNED };
    script.control(Protocol::IPCP, Code::TERMINATE_REQUEST, 7, &reason.encode());
    let sent = script.sent();
    assert_eq!((sent[0].protocol, sent[0].code()), (Protocol::IPCP, Code::TERMINATE_ACK));
    assert_eq!(sent[1].ras(), RasError::PPP_NO_PROTOCOLS_CONFIGURED);
    script.pass(Duration::from_secs(6)).sent();
    let end = ProtocolEnd::Terminated { ras: Some(RasError::PPP_NO_ADDRESS_ASSIGNED), message: String::new() };
    let failure = Failure::Incompatible(Incompatible::NoNetworkProtocol { ends: vec![(Protocol::IPCP, end)] });
    assert_eq!(script.end.closed(), Some((Stage::Network, failure)));
}

#[test]
fn the_end_that_windows_announces_carries_its_error() {
    for ras in [RasError::NONE, RasError::AUTHENTICATION_FAILURE] {
        let mut script = authenticated(ServerConfig { methods: vec![Method::Pap], ..ServerConfig::default() });
        let reason = TerminateReason { magic: 1, ras };
        script.control(Protocol::LCP, Code::TERMINATE_REQUEST, 9, &reason.encode());
        assert_eq!(script.one().code(), Code::TERMINATE_ACK);
        script.pass(Duration::from_secs(3)).silent();
        let failure = Failure::Refused(Refused::Terminated { ras: Some(ras), message: String::new() });
        assert_eq!(script.end.closed(), Some((Stage::Network, failure)));
    }
}
