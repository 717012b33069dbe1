#![no_main]

use std::time::Duration;

use clock::Timestamp;
use fuzz::{Script, rng};
use l2tp::{CallEnd, Config, Engine, Event, TunnelEnd};
use libfuzzer_sys::fuzz_target;
use wire::l2tp::{Attribute, AvpWriter, Control, MessageType, Sequence, set_sequence};

const PEER: u32 = 1;

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut now = Timestamp::ZERO;
    let mut rng = rng(3);
    let secret = (script.octet() & 1 != 0).then(|| "sekrit".into());
    let mut engine = Engine::new(Config { secret, ..Config::new("lns") });
    // The peer's own numbers, so that most messages are in order.
    let (mut ns, mut nr) = (0_u16, 0_u16);
    let mut events = Vec::new();
    while !script.is_empty() {
        match script.octet() {
            0 => {
                engine.handle_control(now, &mut rng, PEER, script.piece());
            }
            1 => {
                let until = now + Duration::from_secs(script.octet().into());
                while let Some(next) = engine.poll_timeout().filter(|&next| next <= until) {
                    now = next;
                    engine.handle_timeout(now);
                }
                now = until;
            }
            2 => {
                let _ = engine.connect(now, &mut rng, PEER);
                (ns, nr) = (0, 0);
            }
            3 => engine.forget_peer(now, PEER),
            4 => engine.close_peer(now, PEER, &TunnelEnd::GENERAL),
            5 => {
                let session = engine.sessions().next().map(|session| session.session);
                if let Some(session) = session {
                    engine.disconnect(now, session, CallEnd::ADMINISTRATIVE);
                }
            }
            kind => {
                let kind = MessageType(u16::from(kind % 18));
                let live = engine.tunnels().filter(|tunnel| tunnel.stage.is_some());
                let tunnel = live.map(|tunnel| tunnel.tunnel.0).max().unwrap_or(0);
                let session = engine.sessions().map(|session| session.session.session).max().unwrap_or(0);
                let to = if kind == MessageType::SCCRQ { 0 } else { tunnel };
                let mut writer = AvpWriter::new(to, session, kind);
                // Our id makes most messages complete, and what follows makes them strange.
                let id = [0, script.octet()];
                match kind {
                    _ if id == [0, 0] => {}
                    MessageType::SCCRQ | MessageType::SCCRP => {
                        (ns, nr) = (0, u16::from(kind == MessageType::SCCRP));
                        writer = writer
                            .mandatory(Attribute::PROTOCOL_VERSION, &[1, 0])
                            .mandatory(Attribute::ASSIGNED_TUNNEL_ID, &id);
                    }
                    MessageType::ICRQ | MessageType::ICRP | MessageType::OCRQ | MessageType::CDN => {
                        writer = writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &id);
                    }
                    _ => {}
                }
                for _ in 0..script.octet() % 8 {
                    let (attribute, flags) = (Attribute(u16::from(script.octet() % 50)), script.octet());
                    let value = script.piece();
                    writer = match flags % 4 {
                        0 => writer.mandatory(attribute, value),
                        1 => writer.optional(attribute, value),
                        2 => writer.hidden(attribute, value),
                        _ => writer.vendor(311, attribute.0, value),
                    };
                }
                let mut message = writer.finish();
                set_sequence(&mut message, Sequence { ns, nr });
                ns = ns.wrapping_add(1);
                engine.handle_control(now, &mut rng, PEER, &message);
            }
        }
        while let Some((peer, message)) = engine.poll_transmit() {
            assert_eq!(peer, PEER);
            let control = Control::parse(&message).expect("we write what we read");
            if control.kind.is_some() {
                nr = control.sequence.ns.wrapping_add(1);
            }
        }
        events.extend(std::iter::from_fn(|| engine.poll_event()));
        assert!(engine.tunnels().count() <= 16);
    }
    // Whatever happened, silence clears it all away.
    for _ in 0..10_000 {
        let Some(next) = engine.poll_timeout() else { break };
        now = next;
        engine.handle_timeout(now);
        while engine.poll_transmit().is_some() {}
    }
    assert_eq!((engine.tunnels().count(), engine.poll_timeout()), (0, None));
    events.extend(std::iter::from_fn(|| engine.poll_event()));
    let count = |pick: fn(&Event<u32>) -> bool| events.iter().filter(|event| pick(event)).count();
    assert_eq!(count(|e| matches!(e, Event::CallUp { .. })), count(|e| matches!(e, Event::CallDown { .. })));
    assert_eq!(count(|e| matches!(e, Event::TunnelUp { .. })), count(|e| matches!(e, Event::TunnelDown { .. })));
});
