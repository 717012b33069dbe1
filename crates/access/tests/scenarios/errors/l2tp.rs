//! Failures of the tunnel and of the call.

use std::time::Duration;

use l2tp::CallEnd;
use wire::l2tp::{
    Attribute, AvpWriter, CallEnded, CallResult, Control, ErrorCode, Message, MessageType, ResultCode, StopResult,
    TunnelStopped,
};
use wire::ppp::Protocol;

use super::ike;
use crate::agree::Outcome;
use crate::foreign::{Layer, foreign, in_place_of, instead_of};
use crate::world::{PATIENCE, SERVER, World};

pub(super) fn silent_in_udp() -> Outcome {
    let (mut world, mut server) = ike::behind_nat();
    server.alter = Box::new(|layer, genuine| if layer == Layer::L2tp { Vec::new() } else { vec![genuine.to_vec()] });
    server.refuse(&mut world)
}

pub(super) fn without_ipsec() -> Outcome {
    let mut world = World::with_client(1);
    world.tap_clients();
    world.dial_unprotected(0, SERVER);
    assert!(world.run_until(PATIENCE, |world| world.end_of(0).is_some()));
    Outcome::of(&world)
}

pub(super) fn acknowledges_only() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| match layer {
        Layer::L2tp => {
            let header = Control::parse(genuine).unwrap();
            let mut sequence = header.sequence;
            sequence.ns = 0;
            vec![wire::l2tp::zero_length_body(header.tunnel, 0, sequence)]
        }
        Layer::Ike | Layer::Ppp => vec![genuine.to_vec()],
    });
    server.refuse(&mut world)
}

pub(super) fn stop_general() -> Outcome {
    stop(StopResult::GENERAL, None)
}

pub(super) fn stop_no_resources() -> Outcome {
    stop(StopResult::ERROR, Some(ErrorCode::NO_RESOURCES))
}

pub(super) fn stop_exists() -> Outcome {
    stop(StopResult::EXISTS, None)
}

pub(super) fn stop_not_authorized() -> Outcome {
    stop(StopResult::NOT_AUTHORIZED, None)
}

pub(super) fn stop_bad_version() -> Outcome {
    stop(StopResult::BAD_VERSION, Some(ErrorCode(0x0300)))
}

pub(super) fn stop_shutting_down() -> Outcome {
    stop(StopResult::SHUTTING_DOWN, None)
}

pub(super) fn stop_fsm_error() -> Outcome {
    stop(StopResult::FSM_ERROR, None)
}

pub(super) fn challenge() -> Outcome {
    let (mut world, mut server) = foreign();
    let config = l2tp::Config { secret: Some("a secret".into()), challenge_peer: true, ..l2tp::Config::new("foreign") };
    server.l2tp = l2tp::Engine::new(config);
    server.refuse(&mut world)
}

pub(super) fn other_secret() -> Outcome {
    let (mut world, mut server) = foreign();
    let config = l2tp::Config { secret: Some("a secret".into()), challenge_peer: true, ..l2tp::Config::new("foreign") };
    server.l2tp = l2tp::Engine::new(config);
    world.clients[0].config.l2tp.secret = Some("another secret".into());
    server.refuse(&mut world)
}

pub(super) fn unknown_avp() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| {
        let header = (layer == Layer::L2tp).then(|| Control::parse(genuine).unwrap());
        match header {
            Some(header) if header.kind == Some(MessageType::SCCRP) => {
                let writer = AvpWriter::new(header.tunnel, header.session, MessageType::SCCRP);
                let writer = writer.mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 9]);
                let mut message = writer.mandatory(Attribute(999), b"obey").finish();
                wire::l2tp::set_sequence(&mut message, header.sequence);
                vec![message]
            }
            _ => vec![genuine.to_vec()],
        }
    });
    server.refuse(&mut world)
}

pub(super) fn call_silent() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| {
        let header = (layer == Layer::L2tp).then(|| Control::parse(genuine).unwrap());
        let is_answer = header.is_some_and(|header| header.kind == Some(MessageType::ICRP) || header.sequence.nr > 2);
        if is_answer { Vec::new() } else { vec![genuine.to_vec()] }
    });
    server.refuse(&mut world)
}

pub(super) fn call_lost_carrier() -> Outcome {
    hang_up(CallResult::LOST_CARRIER, None)
}

pub(super) fn call_no_resources() -> Outcome {
    hang_up(CallResult::ERROR, Some(ErrorCode::NO_RESOURCES))
}

pub(super) fn call_no_address() -> Outcome {
    hang_up_saying(CallResult::ERROR, Some(ErrorCode::NO_RESOURCES), "No available IP address")
}

pub(super) fn call_administrative() -> Outcome {
    hang_up(CallResult::ADMINISTRATIVE, None)
}

pub(super) fn call_temporary() -> Outcome {
    hang_up(CallResult::TEMPORARY_LACK, None)
}

pub(super) fn call_permanent() -> Outcome {
    hang_up(CallResult::PERMANENT_LACK, None)
}

pub(super) fn call_destination() -> Outcome {
    hang_up(CallResult::INVALID_DESTINATION, None)
}

pub(super) fn call_busy() -> Outcome {
    hang_up(CallResult::BUSY, None)
}

pub(super) fn stop_while_calling() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = instead_of(MessageType::ICRP, stopped(StopResult::SHUTTING_DOWN, None));
    server.refuse(&mut world)
}

pub(super) fn deleted_while_calling() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| {
        let header = (layer == Layer::L2tp).then(|| Control::parse(genuine).unwrap());
        let is_answer = header.is_some_and(|header| header.kind == Some(MessageType::ICRP));
        if is_answer { Vec::new() } else { vec![genuine.to_vec()] }
    });
    world.dial(0);
    let calling = |world: &World| world.dialer(0).stage() == access::Stage::L2tpCall;
    assert!(server.run(&mut world, PATIENCE, calling));
    server.close_ike(&mut world);
    server.see_the_end(&mut world)
}

pub(super) fn cut_in_lcp() -> Outcome {
    cut(Protocol::LCP, CallEnd::ADMINISTRATIVE)
}

pub(super) fn cut_over_the_password() -> Outcome {
    cut(Protocol::CHAP, CallEnd::ADMINISTRATIVE)
}

pub(super) fn carrier_lost_over_the_password() -> Outcome {
    cut(Protocol::CHAP, CallEnd::LOST_CARRIER)
}

pub(super) fn cut_over_addresses() -> Outcome {
    cut(Protocol::IPCP, CallEnd::ADMINISTRATIVE)
}

pub(super) fn no_resources_for_an_address() -> Outcome {
    cut(Protocol::IPCP, CallEnd::new(CallResult::TEMPORARY_LACK, ErrorCode::NONE, ""))
}

/// The server says nothing in a protocol of PPP, and ends the call instead.
fn cut(protocol: Protocol, end: CallEnd) -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = in_place_of(protocol, |_| Vec::new());
    let stage = match protocol {
        Protocol::LCP => access::Stage::PppLcp,
        Protocol::CHAP => access::Stage::PppAuthentication,
        _ => access::Stage::PppNetwork,
    };
    world.dial(0);
    assert!(server.run(&mut world, PATIENCE, |world| world.dialer(0).stage() == stage));
    // The client's last message of the call is on its way.
    server.run(&mut world, Duration::from_millis(500), |_| false);
    let (_, session) = server.call.unwrap();
    server.l2tp.disconnect(world.now, session, end);
    server.see_the_end(&mut world)
}

/// The server answers SCCRQ with StopCCN.
fn stop(result: StopResult, error: Option<ErrorCode>) -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = instead_of(MessageType::SCCRP, stopped(result, error));
    server.refuse(&mut world)
}

/// The server answers ICRQ with CDN.
fn hang_up(result: CallResult, error: Option<ErrorCode>) -> Outcome {
    hang_up_saying(result, error, "")
}

fn hang_up_saying(result: CallResult, error: Option<ErrorCode>, message: &str) -> Outcome {
    let (mut world, mut server) = foreign();
    let result = Some(ResultCode { result: result.0, error, message: message.into() });
    let message = Message::Cdn(CallEnded { assigned_session: Some(7), result, ppp_cause: None });
    server.alter = instead_of(MessageType::ICRP, message);
    server.refuse(&mut world)
}

fn stopped(result: StopResult, error: Option<ErrorCode>) -> Message {
    let result = Some(ResultCode { result: result.0, error, message: Vec::new() });
    Message::StopCcn(TunnelStopped { assigned_tunnel: Some(7), result })
}
