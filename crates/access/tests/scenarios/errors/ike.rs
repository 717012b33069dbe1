//! Failures before the first L2TP message: reachability, keys, proposals, ESP.

use std::net::IpAddr;

use access::{Failure, Stage};
use crypto::cbc::CbcAlg;
use ike::proposal::ChildCipher;
use sim::{NatConfig, Network, Packet, Rule, Unreachable};
use wire::isakmp::{Cookie, ExchangeType, Flags, HEADER_LEN, Header, Notify, NotifyType, PayloadType};

use crate::agree::Outcome;
use crate::foreign::{Alter, FOREIGN, Foreign, Layer, foreign};
use crate::world::{PATIENCE, World, public};

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 2));

pub(super) fn nothing_answers() -> Outcome {
    let (mut world, mut server) = foreign();
    server.vanish();
    server.refuse(&mut world)
}

pub(super) fn silent_after_the_proposal() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = without(Some(ExchangeType::MAIN_MODE), 1);
    server.refuse(&mut world)
}

pub(super) fn port_4500_closed() -> Outcome {
    let (mut world, mut server) = behind_nat();
    let node = world.clients[0].node;
    world.net.link_mut(node).firewall.push(Rule::udp(4500));
    server.refuse(&mut world)
}

pub(super) fn other_key_silently() -> Outcome {
    let (mut world, mut server) = foreign();
    world.clients[0].config.initiate.pre_shared_key = "another key".into();
    server.alter = without(Some(ExchangeType::INFORMATIONAL), 0);
    server.refuse(&mut world)
}

pub(super) fn other_key_at_ours() -> Outcome {
    let mut world = World::with_client(1);
    world.clients[0].config.initiate.pre_shared_key = "another key".into();
    ours(&mut world)
}

pub(super) fn other_key_invalid_payload() -> Outcome {
    let (mut world, mut server) = foreign();
    world.clients[0].config.initiate.pre_shared_key = "another key".into();
    server.alter = notify_instead(ExchangeType::INFORMATIONAL, NotifyType::INVALID_PAYLOAD_TYPE);
    server.refuse(&mut world)
}

/// A server that goes on although it could not read message 5: what it then says cannot be read here.
pub(super) fn other_key_in_message_6() -> Outcome {
    let (mut world, mut server) = foreign();
    world.clients[0].config.initiate.pre_shared_key = "another key".into();
    server.alter = Box::new(|layer, genuine| {
        let header = (layer == Layer::Ike).then(|| Header::parse(genuine).unwrap());
        match header {
            Some(header) if header.exchange == ExchangeType::INFORMATIONAL => {
                let next_payload = PayloadType::IDENTIFICATION;
                let exchange = ExchangeType::MAIN_MODE;
                let header = Header { exchange, flags: Flags::ENCRYPTION, message_id: 0, next_payload, ..header };
                vec![header.emit(&[0x5a; 64])]
            }
            _ => vec![genuine.to_vec()],
        }
    });
    server.refuse(&mut world)
}

pub(super) fn no_key_at_ours() -> Outcome {
    let (mut world, mut server) = foreign();
    server.set_ike(|ike| ike.pre_shared_keys.clear());
    server.refuse(&mut world)
}

pub(super) fn no_proposal_phase1() -> Outcome {
    let (mut world, mut server) = foreign();
    server.set_ike(|ike| ike.phase1.ciphers = vec![CbcAlg::TripleDes]);
    server.refuse(&mut world)
}

pub(super) fn attributes_not_supported() -> Outcome {
    refuse_first_with(NotifyType::ATTRIBUTES_NOT_SUPPORTED)
}

pub(super) fn exchange_refused() -> Outcome {
    refuse_first_with(NotifyType::INVALID_EXCHANGE_TYPE)
}

pub(super) fn version_refused() -> Outcome {
    refuse_first_with(NotifyType::INVALID_MAJOR_VERSION)
}

/// It answers in the only version that it speaks.
pub(super) fn version_2_answers() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| {
        if layer != Layer::Ike {
            return vec![genuine.to_vec()];
        }
        let header = Header::parse(genuine).unwrap();
        let (version, exchange) = (0x20, ExchangeType::IKEV2_INFORMATIONAL);
        vec![Header { version, exchange, next_payload: PayloadType(41), ..header }.emit(&[0, 0, 0, 8, 0, 0, 0, 5])]
    });
    let begun = world.now;
    let end = server.refuse(&mut world);
    assert!(world.now.since(begun) < std::time::Duration::from_secs(1), "it did not listen");
    end
}

pub(super) fn authentication_refused_early() -> Outcome {
    refuse_first_with(NotifyType::AUTHENTICATION_FAILED)
}

/// The lifetime's last octet is no part of the suite; the hash attribute of the answer is.
pub(super) fn answer_not_offered() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| {
        let mut message = genuine.to_vec();
        // Encryption algorithm, basic attribute 1 (RFC 2409 appendix A): IDEA, which nobody offers.
        if layer == Layer::Ike
            && Header::parse(genuine).unwrap().exchange == ExchangeType::MAIN_MODE
            && let Some(at) = message.windows(2).position(|octets| octets == [0x80, 1])
        {
            message[at + 3] = 2;
        }
        vec![message]
    });
    server.refuse(&mut world)
}

/// The SA payload is longer than the message.
pub(super) fn answer_malformed() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| {
        let mut message = genuine.to_vec();
        if layer == Layer::Ike {
            message[HEADER_LEN + 2] = 0xff;
        }
        vec![message]
    });
    server.refuse(&mut world)
}

pub(super) fn other_server() -> Outcome {
    let (mut world, mut server) = foreign();
    let other = wire::isakmp::Identity::address([192, 0, 2, 99].into(), 0, 0);
    world.clients[0].config.initiate.remote_id = Some(other);
    server.refuse(&mut world)
}

pub(super) fn no_proposal_phase2() -> Outcome {
    let (mut world, mut server) = foreign();
    server.set_ike(|ike| ike.child.ciphers = vec![ChildCipher::TripleDes]);
    server.refuse(&mut world)
}

pub(super) fn selectors_refused() -> Outcome {
    let (mut world, mut server) = foreign();
    server.set_ike(|ike| ike.local_ports = vec![1702]);
    server.refuse(&mut world)
}

pub(super) fn quick_mode_silent() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = without(Some(ExchangeType::QUICK_MODE), 0);
    server.refuse(&mut world)
}

pub(super) fn deleted_in_quick_mode() -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = without(Some(ExchangeType::QUICK_MODE), 0);
    world.dial(0);
    let in_quick_mode = |world: &World| world.dialer(0).stage() == Stage::IkePhase2;
    assert!(server.run(&mut world, PATIENCE, in_quick_mode));
    server.close_ike(&mut world);
    server.see_the_end(&mut world)
}

pub(super) fn esp_dropped() -> Outcome {
    let (mut world, mut server) = foreign();
    let node = world.clients[0].node;
    world.net.link_mut(node).firewall.push(Rule::ESP);
    server.refuse(&mut world)
}

/// The host of the server says that nothing listens on this port.
fn say_unreachable(world: &mut World, node: sim::NodeId, port: u16) {
    let (client, ports) = (public(10), |address| std::net::SocketAddr::new(address, port));
    let original = Packet::udp(ports(client), ports(FOREIGN), b"what arrived");
    let reason = Unreachable::Port;
    let packet = Packet::Unreachable { src: FOREIGN, dst: client, reason, original: Box::new(original) };
    world.net.send(world.now, node, packet);
}

#[test]
fn a_server_without_the_service_is_believed_before_anything_is_proved() {
    let (mut world, mut server) = foreign();
    server.vanish();
    let node = server.node();
    world.dial(0);
    let begun = world.now;
    say_unreachable(&mut world, node, 500);
    let Outcome { failure, stage, .. } = server.see_the_end(&mut world);
    assert!(world.clients[0].is_unreachable, "{failure:?}");
    assert!(world.now.since(begun) < std::time::Duration::from_secs(1));
    assert_eq!((failure, stage), (Failure::HungUp, Stage::IkePhase1));
}

#[test]
fn whoever_says_later_that_the_server_is_gone_cuts_nothing() {
    let (mut world, mut server) = foreign();
    let node = server.node();
    world.dial(0);
    assert!(server.run(&mut world, PATIENCE, |world| world.dialer(0).stage() == Stage::IkePhase2));
    for _ in 0..20 {
        for port in [500, 4500, 1701] {
            say_unreachable(&mut world, node, port);
        }
        server.run(&mut world, std::time::Duration::from_millis(100), |_| false);
    }
    assert!(!world.clients[0].is_unreachable);
    assert!(server.run(&mut world, PATIENCE, |world| world.is_up(0)), "{:?}", world.end_of(0));
    server.ping(&mut world);
}

/// A client behind a home router.
pub(super) fn behind_nat() -> (World, Foreign) {
    let (mut world, server) = foreign();
    let (_, home) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), sim::Link::default());
    let mut config = world.clients[0].config.clone();
    let node = world.clients[0].node;
    world.net.roam(node, home, &[HOME]);
    config.initiate.path.local.set_ip(HOME);
    config.initiate.nat_t_path.local.set_ip(HOME);
    world.clients[0].config = config;
    (world, server)
}

/// Dials our own server and sees how that ends.
pub(super) fn ours(world: &mut World) -> Outcome {
    world.tap_clients();
    world.dial(0);
    assert!(world.run_until(PATIENCE, |world| world.end_of(0).is_some()), "the client does not come to an end");
    Outcome::of(world)
}

fn refuse_first_with(kind: NotifyType) -> Outcome {
    let (mut world, mut server) = foreign();
    server.alter = notify_instead(ExchangeType::MAIN_MODE, kind);
    server.refuse(&mut world)
}

/// Passes the first `pass` ISAKMP messages of an exchange, or of any, and drops the rest of that exchange.
fn without(exchange: Option<ExchangeType>, mut pass: usize) -> Alter {
    Box::new(move |layer, genuine| {
        let is_it =
            layer == Layer::Ike && exchange.is_none_or(|exchange| Header::parse(genuine).unwrap().exchange == exchange);
        if is_it && pass == 0 {
            return Vec::new();
        }
        pass -= usize::from(is_it);
        vec![genuine.to_vec()]
    })
}

/// Says `kind` in clear where a message of this exchange was to come.
fn notify_instead(exchange: ExchangeType, kind: NotifyType) -> Alter {
    Box::new(move |layer, genuine| {
        if layer != Layer::Ike {
            return vec![genuine.to_vec()];
        }
        let header = Header::parse(genuine).unwrap();
        if header.exchange != exchange {
            return vec![genuine.to_vec()];
        }
        vec![notify(&header, kind)]
    })
}

/// A notification in clear about the IKE SA of `header`.
pub(super) fn notify(header: &Header, kind: NotifyType) -> Vec<u8> {
    let body = Notify::isakmp(kind).emit();
    let length = u16::try_from(body.len() + 4).unwrap();
    let payload = [&[0, 0][..], &length.to_be_bytes(), &body].concat();
    assert_ne!(header.cookies.initiator, Cookie::ZERO);
    let header = Header {
        next_payload: PayloadType::NOTIFICATION,
        exchange: ExchangeType::INFORMATIONAL,
        flags: Flags(0),
        message_id: 0x1234_5678,
        ..*header
    };
    let message = header.emit(&payload);
    assert_eq!(message.len(), HEADER_LEN + payload.len());
    message
}
