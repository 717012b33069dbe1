//! The habits of real peers: Windows, Apple, Android, routers.

use hex_literal::hex;
use wire::l2tp::{
    Attribute, AvpWriter, CallConnected, CallEnded, CallRequest, CallResult, ErrorCode, MessageType, ResultCode,
    StartControl, StopResult, TunnelConnected, TunnelStopped,
};

use super::*;
use crate::{CallEnd, Denial, Expected, Gone, Mismatch, Refusal};

/// What Android's mtpd sends: window 1, name "anonymous".
pub(super) fn android(assigned_tunnel: u16) -> StartControl {
    StartControl {
        protocol_version: 0x0100,
        framing_capabilities: Some(3),
        bearer_capabilities: None,
        tie_breaker: None,
        firmware: None,
        host_name: Some(b"anonymous".to_vec()),
        vendor_name: None,
        assigned_tunnel,
        receive_window: Some(1),
        challenge: None,
        challenge_response: None,
    }
}

pub(super) fn call(assigned_session: u16) -> Message {
    Message::Icrq(CallRequest {
        assigned_session,
        call_serial: Some(1),
        bearer_type: None,
        physical_channel: None,
        called_number: None,
        calling_number: None,
        sub_address: None,
        correlation_id: None,
    })
}

pub(super) const SCCCN: Message = Message::Scccn(TunnelConnected { challenge_response: None });

pub(super) const ICCN: Message = Message::Iccn(CallConnected {
    tx_connect_speed: Some(100_000_000),
    framing_type: Some(3),
    rx_connect_speed: None,
    proxy_authen_type: None,
    sequencing_required: false,
});

/// The only message of an answer.
pub(super) fn only(answers: Vec<Vec<u8>>) -> Option<Message> {
    assert_eq!(answers.len(), 1, "{answers:?}");
    read(&answers[0])
}

impl Puppet {
    /// Brings a tunnel up under our id 7.
    pub(super) fn open(&mut self) {
        let Some(Message::Sccrp(reply)) = only(self.send(&Message::Sccrq(android(7)), 0)) else { panic!("no SCCRP") };
        self.tunnel = reply.assigned_tunnel;
        assert_eq!(only(self.send(&SCCCN, 0)), None);
    }

    /// Brings a call up under our id `session` and gives the engine's.
    pub(super) fn call(&mut self, session: u16) -> u16 {
        let Some(Message::Icrp(reply)) = only(self.send(&call(session), 0)) else { panic!("no ICRP") };
        assert_eq!(only(self.send(&ICCN, reply.assigned_session)), None);
        reply.assigned_session
    }
}

#[test]
fn scccn_and_iccn_are_acknowledged_at_once() {
    // Android goes on only after an acknowledgement of its own; `open` and `call` insist on a bare one.
    let mut android = Puppet::new(Config::new("lns"));
    android.open();
    android.call(9);
    assert!(matches!(android.events()[..], [Event::TunnelUp { .. }, Event::CallUp { remote_session: 9, .. }]));
}

#[test]
fn a_peer_with_window_one_gets_one_message_at_a_time() {
    let mut android = Puppet::new(Config::new("lns"));
    android.open();
    let session = android.call(9);
    let session = SessionId { tunnel: TunnelId(android.tunnel), session };
    android.engine.disconnect(android.now, session, CallEnd::ADMINISTRATIVE);
    android.engine.close_peer(android.now, 1, &crate::TunnelEnd::SHUTTING_DOWN);
    assert!(matches!(only(android.answers()), Some(Message::Cdn(_))));
    assert_eq!(android.answers().len(), 0, "StopCCN waits for the acknowledgement of CDN");
    let Some(Message::StopCcn(stop)) = only(android.acknowledge()) else { panic!("no StopCCN") };
    assert_eq!(stop.assigned_tunnel, Some(android.tunnel));
    assert_eq!(stop.result.unwrap().result, StopResult::SHUTTING_DOWN.0);
}

#[test]
fn a_windows_request_is_answered_and_its_correlation_id_told() {
    let sccrq = AvpWriter::new(0, 0, MessageType::SCCRQ)
        .mandatory(Attribute::PROTOCOL_VERSION, &[1, 0])
        .mandatory(Attribute::FRAMING_CAPABILITIES, &[0, 0, 0, 1])
        .optional(Attribute::BEARER_CAPABILITIES, &[0, 0, 0, 0])
        .optional(Attribute::FIRMWARE_REVISION, &[0x0a, 0])
        .mandatory(Attribute::HOST_NAME, b"DESKTOP-0123456")
        .optional(Attribute::VENDOR_NAME, b"Microsoft")
        .mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 1])
        .mandatory(Attribute::RECEIVE_WINDOW_SIZE, &[0, 8]);
    let mut windows = Puppet::new(Config { vendor_name: Some("Causeway".into()), ..Config::new("gateway") });
    let Some(Message::Sccrp(reply)) = only(windows.numbered(sccrq.finish())) else { panic!("no SCCRP") };
    assert_eq!(reply.vendor_name.as_deref(), Some(&b"Causeway"[..]));
    windows.tunnel = reply.assigned_tunnel;
    windows.send(&SCCCN, 0);
    let guid = hex!("00112233445566778899aabbccddeeff");
    let Message::Icrq(request) = call(1) else { panic!() };
    let request = Message::Icrq(CallRequest { correlation_id: Some(guid), bearer_type: Some(2), ..request });
    let Some(Message::Icrp(reply)) = only(windows.send(&request, 0)) else { panic!("no ICRP") };
    windows.send(&ICCN, reply.assigned_session);
    let events = windows.events();
    let [Event::TunnelUp { identity, .. }, Event::CallUp { correlation_id, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((identity.firmware, identity.vendor_name.as_deref()), (Some(0x0a00), Some(&b"Microsoft"[..])));
    assert_eq!(*correlation_id, Some(guid));
}

#[test]
fn an_answer_is_never_longer_than_its_question() {
    let config = Config { vendor_name: Some("Causeway".into()), firmware: Some(1), ..Config::new("gateway") };
    for padding in 0..30 {
        let request = StartControl { host_name: Some(vec![b'x'; 7 + padding]), ..android(7) };
        let request = Message::Sccrq(request).encode(0, 0);
        let answers = Puppet::new(config.clone()).raw(&request);
        assert!(answers.iter().map(Vec::len).sum::<usize>() <= request.len(), "{padding}");
        assert!(matches!(only(answers), Some(Message::Sccrp(_))));
    }
}

#[test]
fn a_repeated_request_gets_the_same_answer_and_no_second_tunnel() {
    let mut peer = Puppet::new(Config::new("lns"));
    let request = Message::Sccrq(android(7)).encode(0, 0);
    let first = peer.raw(&request);
    for _ in 0..3 {
        peer.wait(Duration::from_millis(400));
        peer.answers();
        assert_eq!(peer.raw(&request), first);
    }
    assert_eq!(peer.engine.tunnels().count(), 1);
    peer.ns = 1;
    peer.tunnel = peer.engine.tunnels().next().unwrap().tunnel.0;
    assert_eq!(only(peer.send(&SCCCN, 0)), None);
    assert_eq!(only(peer.raw(&request)), None, "a late repetition is only acknowledged");
    assert_eq!(peer.engine.tunnels().count(), 1);
}

#[test]
fn another_request_of_the_same_peer_makes_another_tunnel_up_to_the_limit() {
    let mut peer = Puppet::new(Config { max_tunnels_per_peer: 3, ..Config::new("lns") });
    for id in 1..=3 {
        assert!(matches!(only(peer.raw(&Message::Sccrq(android(id)).encode(0, 0))), Some(Message::Sccrp(_))));
    }
    for _ in 0..5 {
        let request = Message::Sccrq(android(4)).encode(0, 0);
        let answers = peer.raw(&request);
        assert_eq!(Control::parse(&answers[0]).unwrap().tunnel, 4);
        assert!(answers[0].len() <= request.len());
        let Some(Message::StopCcn(stop)) = only(answers) else { panic!("no StopCCN") };
        let result = stop.result.unwrap();
        assert_eq!((result.result, result.error), (2, Some(ErrorCode::NO_RESOURCES)));
    }
    let events = peer.events();
    let denied = Failure::Denied(Denial::TunnelsPerPeer(3));
    assert_eq!(events.len(), 1, "a refusal that repeats is reported once");
    assert_eq!(failure_of(&events[0]), Some((Stage::Tunnel, &denied)));
    assert_eq!(peer.engine.tunnels().count(), 3);
    assert_eq!(peer.engine.drops().get(crate::DropReason::TunnelLimit), 5);
}

#[test]
fn each_attempt_beyond_the_limit_is_reported_whoever_was_refused_before() {
    let (mut engine, mut rng) =
        (Engine::new(Config { max_tunnels: 1, ..Config::new("lns") }), ChaCha20Rng::seed_from_u64(7));
    let mut asked = |engine: &mut Engine<u32>, peer, id| {
        let request = Message::Sccrq(android(id)).encode(0, 0);
        engine.handle_control(Timestamp::ZERO, &mut rng, peer, &request);
        std::iter::from_fn(|| engine.poll_event()).count()
    };
    assert_eq!(asked(&mut engine, 0, 1), 0, "the one tunnel that there may be");
    for peer in 1..100 {
        assert_eq!(asked(&mut engine, peer, 1), 1);
        assert_eq!(asked(&mut engine, peer, 1), 0, "repeated");
        assert_eq!(asked(&mut engine, peer, 2), 1, "another tunnel");
    }
    engine.begin_anew(7);
    assert_eq!((asked(&mut engine, 7, 1), asked(&mut engine, 7, 1), asked(&mut engine, 8, 1)), (1, 0, 0));
    engine.forget_peer(Timestamp::ZERO, 7);
    assert_eq!(asked(&mut engine, 7, 1), 1);
}

#[test]
fn a_peer_that_begins_anew_with_its_old_id_gets_a_new_tunnel() {
    let mut windows = Puppet::new(Config::new("lns"));
    windows.open();
    windows.call(9);
    windows.events();
    windows.wait(Duration::from_secs(45));
    (windows.tunnel, windows.ns, windows.nr) = (0, 0, 0);
    windows.open();
    let events = windows.events();
    let gone = Failure::PeerGone(Gone::Restarted);
    let [Event::CallDown { failure: a, .. }, Event::TunnelDown { failure: b, .. }, Event::TunnelUp { .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((a, b), (&gone, &gone));
    assert_eq!(windows.engine.tunnels().count(), 1);
}

#[test]
fn a_peer_that_hung_up_may_call_again_at_once_with_the_same_id() {
    let mut windows = Puppet::new(Config::new("lns"));
    windows.open();
    let result = ResultCode { result: 1, error: None, message: Vec::new() };
    let stop = Message::StopCcn(TunnelStopped { assigned_tunnel: Some(7), result: Some(result) });
    assert_eq!(only(windows.send(&stop, 0)), None);
    (windows.tunnel, windows.ns, windows.nr) = (0, 0, 0);
    windows.open();
    assert_eq!(windows.events().len(), 3);
}

#[test]
fn a_repeated_stop_is_acknowledged_while_the_tunnel_lingers() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    let stop = Message::StopCcn(TunnelStopped { assigned_tunnel: Some(7), result: None });
    assert_eq!(only(peer.send(&stop, 0)), None);
    peer.wait(Duration::from_secs(20));
    peer.ns -= 1;
    assert_eq!(only(peer.send(&stop, 0)), None);
    let events = peer.events();
    assert!(matches!(
        events[..],
        [Event::TunnelUp { .. }, Event::TunnelDown { failure: Failure::Refused(Refusal::Tunnel { .. }), .. }]
    ));
    peer.wait(Duration::from_secs(20));
    assert_eq!(peer.engine.tunnels().count(), 0);
    peer.ns -= 1;
    assert!(peer.send(&stop, 0).is_empty());
}

#[test]
fn a_caller_that_gives_up_before_our_reply_ends_the_tunnel_by_its_own_id() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.send(&Message::Sccrq(android(7)), 0);
    let stop = Message::StopCcn(TunnelStopped { assigned_tunnel: Some(7), result: None });
    assert_eq!(only(peer.send(&stop, 0)), None);
    let events = peer.events();
    assert!(matches!(failure_of(&events[0]), Some((Stage::Tunnel, Failure::Refused(_)))), "{events:?}");
}

#[test]
fn a_result_code_of_eight_octets_ends_a_call_with_its_reason() {
    let mut router = Puppet::new(Config::new("lns"));
    router.open();
    let session = router.call(9);
    let result = ResultCode { result: 3, error: None, message: Vec::new() };
    let cdn = Message::Cdn(CallEnded { assigned_session: Some(9), result: Some(result), ppp_cause: None });
    assert_eq!(only(router.send(&cdn, session)), None);
    let events = router.events();
    let Event::CallDown { failure: Failure::Refused(Refusal::Call { result, error, .. }), .. } = &events[2] else {
        panic!("{events:?}")
    };
    assert_eq!((*result, *error), (Some(CallResult::ADMINISTRATIVE), None));
}

#[test]
fn an_unknown_mandatory_avp_ends_the_call_or_the_tunnel_it_concerns() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    let icrq = AvpWriter::new(peer.tunnel, 0, MessageType::ICRQ)
        .mandatory(Attribute(999), b"x")
        .mandatory(Attribute::ASSIGNED_SESSION_ID, &[0, 9]);
    let answers = peer.numbered(icrq.finish());
    assert_eq!(Control::parse(&answers[0]).unwrap().session, 9);
    let Some(Message::Cdn(cdn)) = only(answers) else { panic!("no CDN") };
    let result = cdn.result.unwrap();
    assert_eq!((result.result, result.error), (2, Some(ErrorCode::UNKNOWN_MANDATORY_AVP)));
    assert_ne!(cdn.assigned_session, Some(0));
    peer.call(10);

    let hello = AvpWriter::new(peer.tunnel, 0, MessageType::HELLO).mandatory(Attribute(999), b"x").finish();
    let Some(Message::StopCcn(stop)) = only(peer.numbered(hello)) else { panic!("no StopCCN") };
    assert_eq!(stop.result.unwrap().error, Some(ErrorCode::UNKNOWN_MANDATORY_AVP));
    let events = peer.events();
    let unknown = Failure::Incompatible(Mismatch::UnknownAvp { vendor: 0, attribute: 999 });
    assert_eq!(failure_of(&events[1]), Some((Stage::Call, &unknown)));
    assert!(matches!(&events[4], Event::TunnelDown { failure, .. } if *failure == unknown), "{events:?}");
}

#[test]
fn a_request_that_cannot_be_met_is_refused_reliably_and_reported_once() {
    let version = Message::Sccrq(StartControl { protocol_version: 0x0200, ..android(7) }).encode(0, 0);
    let avp = AvpWriter::new(0, 0, MessageType::SCCRQ)
        .mandatory(Attribute::PROTOCOL_VERSION, &[1, 0])
        .mandatory(Attribute(999), b"")
        .mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 7])
        .finish();
    for (request, result) in [(version, StopResult::BAD_VERSION), (avp, StopResult::ERROR)] {
        let mut peer = Puppet::new(Config::new("lns"));
        for _ in 0..3 {
            let Some(Message::StopCcn(stop)) = only(peer.raw(&request)) else { panic!("no StopCCN") };
            assert_eq!(stop.result.unwrap().result, result.0);
        }
        let events = peer.events();
        assert!(matches!(events[..], [Event::Failed { failure: Failure::Incompatible(_), .. }]), "{events:?}");
        peer.wait(Duration::from_secs(1));
        assert_eq!(peer.answers().len(), 1, "the refusal is repeated until it is acknowledged");
    }
}

#[test]
fn an_unknown_message_type_matters_only_with_the_mandatory_bit() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    let mut unknown = Message::Unknown(MessageType(99)).encode(peer.tunnel, 0);
    unknown[12] &= 0x7f;
    assert_eq!(only(peer.numbered(unknown)), None);
    let Some(Message::StopCcn(_)) = only(peer.send(&Message::Unknown(MessageType(99)), 0)) else { panic!() };
}

#[test]
fn calls_that_cannot_be_are_refused_with_their_reason() {
    let mut peer = Puppet::new(Config { max_sessions_per_tunnel: 1, ..Config::new("lns") });
    peer.open();
    peer.call(9);
    let refused = [
        (call(10), ErrorCode::NO_RESOURCES, 10),
        (call(0), ErrorCode::BAD_VALUE, 0),
        (Message::Ocrq(11), ErrorCode::VENDOR, 11),
    ];
    for (request, error, to) in refused {
        let answers = peer.send(&request, 0);
        assert_eq!(Control::parse(&answers[0]).unwrap().session, to);
        let Some(Message::Cdn(cdn)) = only(answers) else { panic!("no CDN") };
        let result = cdn.result.unwrap();
        assert_eq!((result.result, result.error), (2, Some(error)));
    }
    assert_eq!(peer.events().iter().filter_map(failure_of).count(), 3);
    assert_eq!(peer.engine.sessions().count(), 1);
}

#[test]
fn a_message_out_of_turn_ends_the_tunnel_and_names_what_was_due() {
    let mut peer = Puppet::new(Config::new("lns"));
    let Some(Message::Sccrp(reply)) = only(peer.send(&Message::Sccrq(android(7)), 0)) else { panic!() };
    peer.tunnel = reply.assigned_tunnel;
    let Some(Message::StopCcn(stop)) = only(peer.send(&call(9), 0)) else { panic!("no StopCCN") };
    assert_eq!(stop.result.unwrap().result, StopResult::FSM_ERROR.0);
    let events = peer.events();
    let expected = Failure::Misbehaved { expected: Expected::TunnelConnected, got: MessageType::ICRQ };
    assert_eq!(failure_of(&events[0]), Some((Stage::Tunnel, &expected)));
}
