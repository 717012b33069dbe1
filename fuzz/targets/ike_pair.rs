#![no_main]

use std::collections::VecDeque;
use std::time::Duration;

use clock::Timestamp;
use fuzz::{Script, alter, rng};
use ike::config::PreSharedKey;
use ike::{Config, Engine, Event, Initiate, Path, Transmit};
use libfuzzer_sys::fuzz_target;

const KEY: &str = "correct horse battery staple";

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut now = Timestamp::ZERO + Duration::from_secs(1000);
    let mut rng = rng(1);
    let server = Config { pre_shared_keys: vec![PreSharedKey::for_any_peer(KEY)], ..Config::default() };
    let mut engines = [Engine::new(Config { respond: false, ..Config::default() }), Engine::new(server)];
    let [local, remote] = ["10.0.0.5:500", "192.0.2.1:500"].map(|end| end.parse().expect("it is an address"));
    engines[0].initiate(now, &mut rng, Initiate::l2tp(Path { local, remote }, KEY));
    let mut air: VecDeque<(usize, Transmit)> = VecDeque::new();
    let mut keys = [Vec::new(), Vec::new()];
    for _ in 0..40 {
        for side in 0..2 {
            air.extend(std::iter::from_fn(|| engines[side].poll_transmit()).map(|transmit| (1 - side, transmit)));
            while let Some(event) = engines[side].poll_event() {
                if let Event::ChildUp { child, .. } = event {
                    keys[side].push((child.spi_in, child.spi_out, child.inbound.clone(), child.outbound.clone()));
                }
            }
        }
        let Some((to, transmit)) = air.pop_front() else { break };
        let Path { local, remote } = transmit.path;
        let path = Path { local: remote, remote: local };
        let mut message = transmit.data.clone();
        if script.octet() == 1 {
            now = now + Duration::from_millis(script.word().into());
            for engine in &mut engines {
                engine.handle_timeout(now, &mut rng);
            }
        }
        let copies = alter(&mut script, &mut message);
        for _ in 0..copies {
            engines[to].handle_datagram(now, &mut rng, path, transmit.encapsulated, &message);
        }
    }
    // Every pair of child SAs that the client has, the server has the other way round.
    let [client, server] = &keys;
    assert!(!data.is_empty() || client.len() == 1, "nobody altered anything");
    for (spi_in, spi_out, inbound, outbound) in client {
        if let Some(other) = server.iter().find(|(theirs, ..)| theirs == spi_out) {
            assert!(other.1 == *spi_in && other.2 == *outbound && other.3 == *inbound);
        }
    }
});
