#![no_main]

use std::time::Duration;

use clock::Timestamp;
use fuzz::{Script, rng};
use libfuzzer_sys::fuzz_target;
use pptp::{Client, Config, Event, Transmit};
use wire::pptp::{Gre, Message, MessageType};

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut now = Timestamp::ZERO;
    let mut rng = rng(5);
    let mut client = Client::connect(now, Config::new("host"));
    let mut call = 0;
    let mut ends = 0;
    while !script.is_empty() {
        let before = client.counters().received;
        match script.octet() % 9 {
            0 => client.handle_stream(now, script.piece()),
            1 => {
                let until = now + Duration::from_millis(500) * u32::from(script.octet());
                while let Some(next) = client.poll_timeout().filter(|&next| next <= until) {
                    now = next;
                    client.handle_timeout(now);
                }
                now = until;
            }
            2 => client.handle_gre(now, script.piece()),
            3 => {
                client.call(now, &mut rng);
            }
            4 => client.send_frame(now, script.piece()),
            5 if script.octet() == 0 => client.hang_up(now),
            6 => {
                let (flags, sequence, acknowledgement) = (script.octet(), script.word(), script.word());
                let sequence = (flags & 1 != 0).then_some(u32::from(sequence) << (flags >> 4));
                let acknowledgement = (flags & 2 != 0).then_some(acknowledgement.into());
                let packet = Gre { call, sequence, acknowledgement, payload: script.piece() };
                client.handle_gre(now, &packet.emit());
            }
            _ => {
                // A sound head, results of success and our own id in the right place make most messages complete.
                let kind = MessageType(u16::from(script.octet() % 16));
                let mut body = match kind {
                    MessageType::START_REPLY => vec![1, 0, 1, 0],
                    MessageType::OUTGOING_CALL_REPLY => {
                        [&[0, 7][..], &call.to_be_bytes(), &[script.octet() % 3, 0]].concat()
                    }
                    _ => Vec::new(),
                };
                body.extend(script.piece());
                body.resize(body.len().max(200), 0);
                body.truncate(208);
                client.handle_stream(now, &Message::Other(kind, body).emit());
            }
        }
        assert!(client.counters().received <= before + 5, "one packet, and those that overtook the call");
        while let Some(transmit) = client.poll_transmit() {
            assert_eq!(ends, 0, "after its end it says nothing");
            match transmit {
                Transmit::Stream(octets) => match Message::parse(&octets).expect("we write what we read") {
                    Message::CallRequest(request) => call = request.call,
                    _ => {}
                },
                Transmit::Gre(packet) => drop(Gre::parse(&packet).expect("we write what we read")),
                Transmit::Close => {}
            }
        }
        while client.poll_frame().is_some() {}
        while let Some(event) = client.poll_event() {
            assert_eq!(ends, 0, "its end is the last event");
            ends += usize::from(matches!(event, Event::Ended { .. }));
        }
        assert_eq!(ends == 1, client.has_ended());
    }
    // Whatever happened, silence ends it.
    for _ in 0..10_000 {
        let Some(next) = client.poll_timeout() else { break };
        now = next;
        client.handle_timeout(now);
        while client.poll_transmit().is_some() {}
    }
    assert!(client.has_ended() || client.poll_timeout().is_none());
});
