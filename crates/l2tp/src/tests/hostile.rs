//! Strangers, thieves of ids, and impossible messages.

use proptest::prelude::*;
use wire::l2tp::{Attribute, AvpWriter, MessageType};

use super::peers::{android, call, only};
use super::*;
use crate::DropReason;

#[test]
fn random_datagrams_get_no_answer() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    peer.events();
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut datagram = [0; 200];
    for round in 0..100_000_u32 {
        rng.fill_bytes(&mut datagram);
        let length = below(&mut rng, 200) as usize;
        if round % 2 == 0 {
            // Half of them get past the first check.
            datagram[..2].copy_from_slice(&[0xc8, 0x02]);
            datagram[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        }
        // The live tunnel is hit only by chance, and then only by a message that is sound.
        assert!(peer.raw(&datagram[..length]).is_empty());
    }
    assert!(peer.events().is_empty());
    assert!(peer.engine.drops().get(DropReason::UnknownTunnel) > 0);
    assert!(peer.engine.drops().get(DropReason::Malformed) > 50_000);
}

#[test]
fn a_peer_with_its_own_association_cannot_use_anothers_tunnel() {
    let mut victim = Puppet::new(Config::new("lns"));
    victim.open();
    victim.call(9);
    victim.events();
    let stop = Message::StopCcn(wire::l2tp::TunnelStopped { assigned_tunnel: Some(7), result: None });
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    for guess in 0..=u16::MAX {
        for (tunnel, message) in [(guess, &stop), (0, &stop), (guess, &call(1)), (guess, &Message::Hello)] {
            let mut bytes = message.encode(tunnel, 0);
            set_sequence(&mut bytes, Sequence { ns: victim.ns, nr: victim.nr });
            victim.engine.handle_control(victim.now, &mut rng, 2, &bytes);
        }
    }
    assert!(victim.answers().is_empty() && victim.events().is_empty());
    assert_eq!(victim.engine.drops().get(DropReason::WrongPeer), 3);
    assert_eq!(victim.engine.sessions().count(), 1);
    victim.call(10);
}

#[test]
fn a_dialer_answers_no_request() {
    let mut dialer = Puppet::new(Config { accept_incoming: false, ..Config::new("lac") });
    assert!(dialer.send(&Message::Sccrq(android(7)), 0).is_empty());
    assert_eq!(dialer.engine.drops().get(DropReason::NotAccepting), 1);
}

#[test]
fn a_flood_of_requests_in_one_association_stays_within_its_limit() {
    let mut peer = Puppet::new(Config::new("lns"));
    for id in 1..=10_000 {
        peer.raw(&Message::Sccrq(android(id)).encode(0, 0));
    }
    assert_eq!(peer.engine.tunnels().count(), 8);
    assert_eq!(peer.events().len(), 8, "not every one of ten thousand refusals is worth telling");
    // Refused ones that must be told reliably are bounded too.
    let mut peer = Puppet::new(Config::new("lns"));
    for id in 1..=10_000 {
        let request = wire::l2tp::StartControl { protocol_version: 0x0300, ..android(id) };
        peer.raw(&Message::Sccrq(request).encode(0, 0));
    }
    assert!(peer.engine.tunnels().count() <= 8);
}

#[test]
fn a_peer_that_never_acknowledges_cannot_fill_the_memory() {
    let mut peer = Puppet::new(Config { max_sessions_per_tunnel: 4, ..Config::new("lns") });
    peer.open();
    for session in 1..=10_000 {
        let mut icrq = call(session).encode(peer.tunnel, 0);
        set_sequence(&mut icrq, Sequence { ns: peer.ns, nr: 1 });
        peer.ns = peer.ns.wrapping_add(1);
        peer.raw(&icrq);
    }
    let events = peer.events();
    let last = events.last().unwrap();
    let backlog = Failure::Local(crate::LocalFault::Backlog);
    assert!(matches!(last, Event::TunnelDown { failure, .. } if *failure == backlog), "{last:?}");
    assert!(events.len() < 200);
}

#[test]
fn every_avp_of_every_length_gets_at_most_one_answer_and_leaves_the_engine_sound() {
    for kind in [MessageType::SCCRQ, MessageType::ICRQ, MessageType::CDN, MessageType::STOP_CCN, MessageType::HELLO] {
        for attribute in (0..50).chain([999]) {
            for flags in [0_u16, 0x8000, 0xc000, 0x4000, 0x8400] {
                for length in (0..24_u16).chain([64, 1023]) {
                    let mut peer = Puppet::new(Config::new("lns"));
                    let session = if kind == MessageType::SCCRQ {
                        0
                    } else {
                        peer.open();
                        peer.call(9)
                    };
                    let writer = AvpWriter::new(peer.tunnel, session, kind)
                        .mandatory(Attribute::PROTOCOL_VERSION, &[1, 0])
                        .mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 7])
                        .mandatory(Attribute::ASSIGNED_SESSION_ID, &[0, 20]);
                    let mut bytes = writer.finish();
                    bytes.extend((flags | length).to_be_bytes());
                    bytes.extend([0, 0]);
                    bytes.extend(u16::to_be_bytes(attribute));
                    bytes.extend([0x11; 40]);
                    let total = u16::try_from(bytes.len()).unwrap();
                    bytes[2..4].copy_from_slice(&total.to_be_bytes());
                    assert_eq!(peer.numbered(bytes).len(), 1, "{kind} {attribute} {flags:#x} {length}");
                }
            }
        }
    }
}

/// One step of a peer that keeps to nothing.
#[derive(Debug, Clone)]
enum Step {
    Message { kind: u16, session: u16, ahead: u16, acknowledge: u16, avps: Vec<(u16, u8, Vec<u8>)> },
    Wait(u64),
    Connect,
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    let avp = (0_u16..48, any::<u8>(), proptest::collection::vec(any::<u8>(), 0..8));
    let message = (0_u16..18, 0_u16..3, 0_u16..3, 0_u16..3, proptest::collection::vec(avp, 0..5));
    prop_oneof![
        12 => message.prop_map(|(kind, session, ahead, acknowledge, avps)| Step::Message {
            kind, session, ahead, acknowledge, avps
        }),
        2 => (0_u64..70).prop_map(Step::Wait),
        1 => Just(Step::Connect),
        1 => Just(Step::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_messages_breaks_the_engine(opened: bool, steps in proptest::collection::vec(step(), 1..40)) {
        let mut peer = Puppet::new(Config::new("lns"));
        if opened {
            peer.open();
        }
        for step in steps {
            match step {
                Step::Message { kind, session, ahead, acknowledge, avps } => {
                    let tunnels: Vec<_> = peer.engine.tunnels().map(|tunnel| tunnel.tunnel.0).collect();
                    let tunnel = if kind == 1 { 0 } else { tunnels.first().copied().unwrap_or(0) };
                    let session = peer.engine.sessions().nth(session.into()).map_or(0, |s| s.session.session);
                    let mut writer = AvpWriter::new(tunnel, session, MessageType(kind));
                    for (attribute, flags, value) in avps {
                        writer = match flags % 3 {
                            0 => writer.mandatory(Attribute(attribute), &value),
                            1 => writer.optional(Attribute(attribute), &value),
                            _ => writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &[0, flags]),
                        };
                    }
                    let mut bytes = writer.finish();
                    let ns = if kind == 1 { 0 } else { peer.ns.wrapping_add(ahead) };
                    let nr = peer.nr.wrapping_sub(acknowledge);
                    set_sequence(&mut bytes, Sequence { ns, nr });
                    if ahead == 0 && kind != 1 {
                        peer.ns = peer.ns.wrapping_add(1);
                    }
                    let answers = peer.raw(&bytes);
                    prop_assert!(answers.len() <= 12);
                }
                Step::Wait(seconds) => peer.wait(Duration::from_secs(seconds)),
                Step::Connect => {
                    let _ = peer.engine.connect(peer.now, &mut peer.rng, 1);
                }
                Step::Forget => peer.engine.forget_peer(peer.now, 1),
            }
            peer.answers();
            prop_assert!(peer.engine.tunnels().count() <= 16);
        }
        // Whatever happened, silence clears it all away.
        peer.wait(Duration::from_secs(600));
        prop_assert_eq!(peer.engine.tunnels().count(), 0);
        prop_assert_eq!(peer.engine.poll_timeout(), None);
        let events = peer.events();
        let count = |pick: fn(&Event<u32>) -> bool| events.iter().filter(|event| pick(event)).count();
        prop_assert_eq!(count(|e| matches!(e, Event::CallUp { .. })), count(|e| matches!(e, Event::CallDown { .. })));
        let (up, down) = (
            count(|e| matches!(e, Event::TunnelUp { .. })),
            count(|e| matches!(e, Event::TunnelDown { .. })),
        );
        prop_assert_eq!(up, down);
    }
}

#[test]
fn an_empty_answer_is_not_mistaken_for_a_message() {
    let mut peer = Puppet::new(Config::new("lns"));
    peer.open();
    for _ in 0..100 {
        assert!(peer.acknowledge().is_empty(), "an acknowledgement is not acknowledged");
    }
    assert_eq!(only(peer.send(&Message::Hello, 0)), None);
}
