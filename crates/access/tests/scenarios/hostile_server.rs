//! A server that answers with garbage: whatever it says at whatever stage, the client ends with a failure of that stage or goes
//! on, says little, and keeps little. Before it is connected nothing reaches the host.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use access::Stage;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use wire::isakmp::{ExchangeType, Flags, Header};
use wire::l2tp::{Attribute, AvpWriter, Control, MessageType};
use wire::ppp::{Packet, Protocol, full_frame};

use crate::foreign::{Alter, Foreign, Layer, foreign};
use crate::world::{PATIENCE, World};

/// What is done to a genuine message.
type Spoil = fn(&mut ChaCha20Rng, Layer, &[u8]) -> Vec<Vec<u8>>;

/// A genuine message: which layer says it, and how far the client was when it was said.
type Said = (Layer, Stage);

#[test]
fn truncated_messages() {
    spoil_everything(1, 3, |rng, _, genuine| vec![genuine[..below(rng, genuine.len())].to_vec()]);
}

#[test]
fn messages_with_flipped_bits() {
    spoil_everything(2, 4, |rng, _, genuine| {
        let mut message = genuine.to_vec();
        for _ in 0..1 + below(rng, 4) {
            let bit = below(rng, message.len() * 8);
            message[bit / 8] ^= 1 << (bit % 8);
        }
        vec![message]
    });
}

#[test]
fn random_octets_instead_of_messages() {
    spoil_everything(3, 2, |rng, _, _| {
        let mut message = vec![0; below(rng, 1400)];
        rng.fill_bytes(&mut message);
        vec![message]
    });
}

#[test]
fn messages_with_other_lengths_inside() {
    // Each 16-bit field that may be a length says something else, one in each message.
    spoil_everything(4, 4, |rng, _, genuine| {
        let mut message = genuine.to_vec();
        let at = below(rng, message.len().saturating_sub(1).max(1));
        let value = [0_u16, 1, 3, 0x7fff, 0xffff][below(rng, 5)].to_be_bytes();
        message.iter_mut().skip(at).zip(value).for_each(|(octet, value)| *octet = value);
        vec![message]
    });
}

#[test]
fn messages_with_something_behind_them() {
    spoil_everything(5, 1, |rng, _, genuine| {
        let mut message = genuine.to_vec();
        let mut more = vec![0; 1 + below(rng, 100)];
        rng.fill_bytes(&mut more);
        message.extend(more);
        vec![message]
    });
}

#[test]
fn a_thousand_copies_of_a_message_change_nothing() {
    for (index, (layer, stage)) in genuine_messages().into_iter().enumerate() {
        let (mut world, mut server) = foreign();
        server.alter = only(index, |genuine| vec![genuine.to_vec(); 1000]);
        world.dial(0);
        let up = server.run(&mut world, PATIENCE, |world| world.is_up(0) || world.end_of(0).is_some());
        assert!(up && world.is_up(0), "copies of message {index} of {layer:?} at {stage}: {:?}", world.end_of(0));
        // A copy is acknowledged at most once each.
        let sent = world.sent_by_clients;
        assert!(sent < 1100, "{sent} packets for copies of message {index} of {layer:?} at {stage}");
        assert_small(&world, index);
        server.ping(&mut world);
    }
}

#[test]
fn every_type_of_message_at_every_stage() {
    for (index, (layer, stage)) in genuine_messages().into_iter().enumerate() {
        let (mut world, mut server) = foreign();
        server.alter = only_of(index, move |layer, genuine| {
            let mut messages = others(layer, genuine);
            messages.push(genuine.to_vec());
            messages
        });
        conclude(&mut world, &mut server, &format!("all types before message {index} of {layer:?} at {stage}"), index);
        let end = world.end_of(0).map_or(Stage::Up, |(_, stage)| stage);
        assert!(end >= least(stage), "all types before message {index} of {layer:?} at {stage}: ended at {end}");
    }
}

#[test]
fn every_type_of_message_in_the_place_of_the_right_one() {
    for (index, (layer, stage)) in genuine_messages().into_iter().enumerate().filter(|(_, said)| said.0 != Layer::Ike) {
        for kind in 0..20 {
            let (mut world, mut server) = foreign();
            server.alter = only(index, move |genuine| {
                let mut message = genuine.to_vec();
                // The value of the Message Type AVP, which is the first; the code of a PPP packet in a full frame.
                let at = if layer == Layer::L2tp { wire::l2tp::CONTROL_HEADER_LEN + 7 } else { 4 };
                message.iter_mut().skip(at).take(1).for_each(|octet| *octet = kind);
                vec![message]
            });
            let name = format!("type {kind} as message {index} of {layer:?} at {stage}");
            conclude(&mut world, &mut server, &name, index);
            let end = world.end_of(0).map_or(Stage::Up, |(_, stage)| stage);
            assert!(end >= least(stage), "{name}: ended at {end}");
        }
    }
}

#[test]
fn hundreds_of_variants_in_the_place_of_a_message() {
    for (index, (layer, stage)) in genuine_messages().into_iter().enumerate() {
        let (mut world, mut server) = foreign();
        let mut rng = ChaCha20Rng::seed_from_u64(index as u64);
        server.alter = only(index, move |genuine| {
            let spoilt = |_| {
                let mut message = genuine.to_vec();
                let bit = below(&mut rng, message.len() * 8);
                message[bit / 8] ^= 1 << (bit % 8);
                message
            };
            (0..300).map(spoilt).collect()
        });
        let name = format!("three hundred variants of message {index} of {layer:?} at {stage}");
        conclude(&mut world, &mut server, &name, index);
        assert!(world.sent_by_clients < 1000, "{name}: {} packets", world.sent_by_clients);
    }
}

/// Spoils each message of a set-up, once and from then on, with several seeds.
fn spoil_everything(seed: u64, rounds: u64, spoil: Spoil) {
    let genuine = genuine_messages();
    assert!(genuine.len() >= 12, "{genuine:?}");
    for (index, &(layer, stage)) in genuine.iter().enumerate() {
        for round in 0..rounds {
            for forever in [false, true] {
                let name = format!("message {index} of {layer:?} at {stage}, round {round}, forever {forever}");
                let mut rng = ChaCha20Rng::seed_from_u64(seed << 32 | (index as u64) << 8 | round);
                let (mut world, mut server) = foreign();
                let mut number = 0;
                server.alter = Box::new(move |layer, genuine| {
                    number += 1;
                    let spoilt = number - 1 == index || forever && number > index;
                    if spoilt { spoil(&mut rng, layer, genuine) } else { vec![genuine.to_vec()] }
                });
                conclude(&mut world, &mut server, &name, index);
                let end = world.end_of(0).map_or(Stage::Up, |(_, stage)| stage);
                assert!(end >= least(stage), "{name}: ended at {end}: {:?}", world.end_of(0));
            }
        }
    }
}

/// The earliest stage at which the client may fail over a message said at `stage`: PPP may begin anew at any time (RFC 1661 §4).
fn least(stage: Stage) -> Stage {
    stage.min(Stage::PppLcp)
}

/// Waits until the client is connected or has failed, and sees that it keeps little.
fn conclude(world: &mut World, server: &mut Foreign, name: &str, index: usize) {
    world.dial(0);
    let done = server.run(world, 2 * PATIENCE, |world| world.is_up(0) || world.end_of(0).is_some());
    assert!(done, "{name}: the client does not come to an end, at {}", world.dialer(0).stage());
    assert_small(world, index);
}

#[track_caller]
fn assert_small(world: &World, index: usize) {
    let counts = world.dialer(0).counts();
    let most = [counts.ike_sas, counts.associations, counts.peers, counts.tunnels, counts.calls];
    assert!(most.iter().all(|&count| count <= 2), "message {index}: {counts:?}");
    assert!(world.clients[0].events.len() < 20, "message {index}: {:?}", world.clients[0].events);
    assert!(world.clients[0].tun.is_empty(), "message {index}: something reached the host");
}

/// What a server says until the client is connected, in order.
fn genuine_messages() -> Vec<Said> {
    let (mut world, mut server) = foreign();
    let said = Rc::new(RefCell::new(Vec::new()));
    let log = said.clone();
    server.alter = Box::new(move |layer, genuine| {
        log.borrow_mut().push(layer);
        vec![genuine.to_vec()]
    });
    world.dial(0);
    let mut stages = Vec::new();
    while !world.is_up(0) {
        server.run(&mut world, Duration::from_millis(1), |_| false);
        let stage = world.dialer(0).stage();
        let said = said.borrow().len();
        // What was said since is heard at this stage or later.
        stages.resize(said, stage);
    }
    let layers = said.borrow().clone();
    stages.resize(layers.len(), Stage::PppNetwork);
    layers.into_iter().zip(stages).collect()
}

/// Replaces one message, by its number.
fn only(index: usize, mut replace: impl FnMut(&[u8]) -> Vec<Vec<u8>> + 'static) -> Alter {
    only_of(index, move |_, genuine| replace(genuine))
}

fn only_of(index: usize, mut replace: impl FnMut(Layer, &[u8]) -> Vec<Vec<u8>> + 'static) -> Alter {
    let mut number = 0;
    Box::new(move |layer, genuine| {
        number += 1;
        if number - 1 == index { replace(layer, genuine) } else { vec![genuine.to_vec()] }
    })
}

/// Every other type of message that could stand where `genuine` stands.
fn others(layer: Layer, genuine: &[u8]) -> Vec<Vec<u8>> {
    match layer {
        Layer::Ike => {
            let header = Header::parse(genuine).unwrap();
            let body = &genuine[wire::isakmp::HEADER_LEN..];
            let exchange = |exchange| Header { exchange: ExchangeType(exchange), ..header }.emit(body);
            let clear = |next: u8| {
                Header { flags: Flags(0), next_payload: wire::isakmp::PayloadType(next), ..header }.emit(body)
            };
            let exchanges = (0..=255).filter(|&kind| kind != header.exchange.0).map(exchange);
            exchanges.chain((0..=40).filter(|&next| next != header.next_payload.0).map(clear)).collect()
        }
        Layer::L2tp => {
            let header = Control::parse(genuine).unwrap();
            let message = |kind, ns_ahead: u16| {
                let writer = AvpWriter::new(header.tunnel, header.session, MessageType(kind));
                let writer = writer.mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 5]);
                let mut octets = writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &[0, 6]).finish();
                let mut sequence = header.sequence;
                sequence.ns = sequence.ns.wrapping_add(ns_ahead);
                wire::l2tp::set_sequence(&mut octets, sequence);
                octets
            };
            // Under numbers that are still to come: they wait for the genuine one.
            let ends = [MessageType::STOP_CCN.0, MessageType::CDN.0];
            (0..20).filter(|kind| !ends.contains(kind)).map(|kind| message(kind, 1 + kind)).collect()
        }
        Layer::Ppp => {
            let protocols = [
                Protocol::LCP,
                Protocol::PAP,
                Protocol::CHAP,
                Protocol::EAP,
                Protocol::IPCP,
                Protocol::IPV6CP,
                Protocol::CCP,
                Protocol::CBCP,
                Protocol::LQR,
                Protocol::IPV4,
                Protocol::IPV6,
                Protocol(0x4021),
            ];
            let packets = |protocol| {
                (0..=16_u8).map(move |code| full_frame(protocol, &Packet { code, id: 1, data: &[1, 4, 5, 6] }.encode()))
            };
            protocols.into_iter().flat_map(packets).collect()
        }
    }
}

/// A number from 0, less than `bound`; 0 if that is 0.
fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    (rng.next_u64() % bound.max(1) as u64) as usize
}
