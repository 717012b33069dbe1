#![no_main]

use std::time::Duration;

use clock::Timestamp;
use fuzz::{Script, alter, rng};
use ike::config::PreSharedKey;
use ike::{Config, Engine, Event, Initiate, Path};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut now = Timestamp::ZERO + Duration::from_secs(1000);
    let mut rng = rng(2);
    let key = PreSharedKey::for_any_peer("a key that the fuzzer does not know");
    let mut server = Engine::new(Config { pre_shared_keys: vec![key], ..Config::default() });
    // The stranger knows the protocol, and another key.
    let mut stranger = Engine::new(Config { respond: false, ..Config::default() });
    let [at_server, at_stranger] = ["192.0.2.1:500", "10.0.0.5:500"].map(|end| end.parse().expect("it is an address"));
    let to_server = Path { local: at_server, remote: at_stranger };
    let to_stranger = Path { local: at_stranger, remote: at_server };
    stranger.initiate(now, &mut rng, Initiate::l2tp(to_stranger, "a key that the server does not know"));
    let mut cookies = [0; 16];
    for _ in 0..64 {
        let mut messages = Vec::new();
        while let Some(transmit) = stranger.poll_transmit() {
            let mut message = transmit.data;
            let copies = alter(&mut script, &mut message);
            messages.extend(std::iter::repeat_n((transmit.encapsulated, message), copies));
        }
        let step = script.octet();
        let mut message = script.bytes(usize::from(step & 0x1f) * 14).to_vec();
        if step & 0x20 != 0
            && let Some(field) = message.get_mut(..16)
        {
            field.copy_from_slice(&cookies);
        }
        let length = message.len() as u32;
        if step & 0x40 == 0
            && let Some(field) = message.get_mut(24..28)
        {
            field.copy_from_slice(&length.to_be_bytes());
        }
        messages.push((step & 0x80 != 0, message));
        for (encapsulated, message) in messages {
            server.handle_datagram(now, &mut rng, to_server, encapsulated, &message);
        }
        while let Some(answer) = server.poll_transmit() {
            if let Some(field) = answer.data.get(..16) {
                cookies.copy_from_slice(field);
            }
            let mut message = answer.data;
            for _ in 0..alter(&mut script, &mut message) {
                stranger.handle_datagram(now, &mut rng, to_stranger, answer.encapsulated, &message);
            }
        }
        now = now + Duration::from_millis(100);
        for engine in [&mut server, &mut stranger] {
            engine.handle_timeout(now, &mut rng);
            while let Some(event) = engine.poll_event() {
                assert!(!matches!(event, Event::Phase1Up { .. } | Event::ChildUp { .. }), "{event:?}");
            }
        }
        assert!(server.counts().half_open <= 64);
        if script.is_empty() {
            break;
        }
    }
});
