//! Whatever arrives in whatever phase: no panic, no flood, no way in.

use std::time::Duration;

use proptest::prelude::*;
use wire::ppp::{Packet, Protocol, full_frame};

use super::harness::*;
use super::negotiation::{authenticated, up};
use crate::{Event, Method, ServerConfig};

const PROTOCOLS: [Protocol; 8] = [
    Protocol::LCP,
    Protocol::PAP,
    Protocol::CHAP,
    Protocol::EAP,
    Protocol::IPCP,
    Protocol::IPV6CP,
    Protocol::CCP,
    Protocol(0x4021),
];

fn config() -> ServerConfig {
    ServerConfig { ipv6: false, ..ServerConfig::default() }
}

/// A session in each phase.
fn scripts() -> Vec<Script> {
    let mut authenticating = Script::server(config());
    authenticating.open_lcp();
    let mut pap = Script::server(ServerConfig { methods: vec![Method::Pap], ..config() });
    pap.open_lcp();
    let mut eap = Script::server(ServerConfig { methods: vec![Method::EapMsChapV2], ..config() });
    eap.open_lcp();
    let mut client = Script::client(client_config());
    let request = client.one();
    client.acknowledge(&request).frame(&full_frame(Protocol::LCP, &[1, 1, 0, 9, 3, 5, 0xC2, 0x23, 0x81]));
    let mut eap_config = client_config();
    eap_config.methods = vec![Method::EapMsChapV2];
    let mut eap_client = Script::client(eap_config);
    let request = eap_client.one();
    eap_client.acknowledge(&request).frame(&full_frame(Protocol::LCP, &[1, 1, 0, 8, 3, 4, 0xC2, 0x27]));
    let mut ending = up(config());
    ending.end.session.close(ending.now, &mut ending.rng, crate::CloseReason::Administrator);
    vec![
        Script::server(config()),
        authenticating,
        pap,
        eap,
        authenticated(config()),
        up(config()),
        ending,
        Script::client(client_config()),
        client,
        eap_client,
    ]
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let options =
        proptest::collection::vec((0..=25u8, proptest::collection::vec(any::<u8>(), 0..6)), 0..5).prop_map(|options| {
            let mut data = Vec::new();
            for (kind, value) in options {
                wire::ppp::push_option(&mut data, kind, &value);
            }
            data
        });
    let data = prop_oneof![options, proptest::collection::vec(any::<u8>(), 0..80)];
    let packet = (0..PROTOCOLS.len(), 0..=16u8, 0..=4u8, data).prop_map(|(protocol, code, id, data)| {
        full_frame(PROTOCOLS[protocol], &Packet { code, id, data: &data }.encode())
    });
    prop_oneof![9 => packet, 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_frames_break_or_flood_a_session_in_any_phase(
        frames in proptest::collection::vec((frames(), any::<bool>()), 1..40),
    ) {
        for mut script in scripts() {
            script.sent();
            for (frame, wait) in &frames {
                script.frame(frame);
                let sent = script.sent().len();
                prop_assert!(sent <= 3, "{sent} frames for one");
                if *wait {
                    script.pass(Duration::from_secs(1)).sent();
                }
            }
            // Whatever happened, it ends when nothing more comes.
            script.pass(Duration::from_secs(600)).sent();
            prop_assert!(script.end.closed().is_some());
            let is_last = matches!(script.end.events.last(), Some(Event::Closed { .. }));
            prop_assert!(is_last, "something follows the last event");
            prop_assert_eq!(script.end.session.poll_timeout(), None);
        }
    }

    #[test]
    fn nobody_gets_in_without_an_accept(frames in proptest::collection::vec(frames(), 1..60)) {
        let mut fresh = Script::server(config());
        fresh.sent();
        let mut challenged = Script::server(config());
        challenged.open_lcp();
        let mut eap = Script::server(ServerConfig { methods: vec![Method::EapMsChapV2], ..config() });
        eap.open_lcp();
        for mut script in [fresh, challenged, eap] {
            for frame in &frames {
                script.frame(frame).sent();
            }
            prop_assert_eq!(script.end.session.user(), None);
            let let_in = script.end.count(|event| matches!(event, Event::Authenticated { .. } | Event::Ipv4Up(_)));
            prop_assert_eq!(let_in, 0);
        }
    }
}
