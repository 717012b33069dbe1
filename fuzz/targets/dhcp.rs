#![no_main]

use std::net::{Ipv4Addr, SocketAddrV4};

use autoconf::{Inquiry, InquiryEvent, MAX_ROUTES, Offer};
use clock::Timestamp;
use fuzz::Script;
use libfuzzer_sys::fuzz_target;
use wire::dhcp::{Message, MessageType, Op, OptionCode};
use wire::ip::Datagram;

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

fn packet(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    Datagram { source: from, destination: to, payload }.to_packet()
}

fuzz_target!(|data: &[u8]| {
    let _ =
        (wire::dhcp::search_list(data), wire::dhcp::name(data), wire::dhcp::addresses(data), wire::dhcp::routes(data));
    let (client, server) = (SocketAddrV4::new(CLIENT, 68), SocketAddrV4::new(SERVER, 67));
    let offer = Offer {
        dns: vec![SERVER],
        domain: Some("corp.example".to_owned()),
        routes: (0..64).filter_map(|number| format!("10.{number}.0.0/16").parse().ok()).collect(),
    };
    // As they are, on both sides.
    if let Some(answer) = offer.answer(SERVER, CLIENT, &packet(client, server, data)) {
        assert!(answer.len() <= 1400);
    }
    let mut inquiry = Inquiry::begin(Timestamp::ZERO, &mut fuzz::rng(7), CLIENT);
    let question = inquiry.poll_transmit().expect("a question");
    inquiry.handle_packet(&packet(server, client, data));
    // As options of an answer to the question that was asked.
    let mut message = Message::parse(Datagram::parse(&question).expect("our own").payload).expect("our own");
    message.op = Op::REPLY;
    message.options = vec![(OptionCode::MESSAGE_TYPE, vec![MessageType::ACK.0])];
    let mut script = Script::new(data);
    while !script.is_empty() {
        message.options.push((OptionCode(script.octet()), script.piece().to_vec()));
    }
    inquiry.handle_packet(&packet(server, client, &message.encode()));
    if let Some(InquiryEvent::Answered(learned)) = inquiry.poll_event() {
        assert!(learned.routes.len() <= MAX_ROUTES && learned.refused.len() <= MAX_ROUTES);
        assert!(learned.routes.iter().all(|&net| autoconf::fault(net).is_none()));
        let texts = learned.domain.iter().chain(&learned.search);
        assert!(texts.flat_map(|text| text.chars()).all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)));
    }
});
