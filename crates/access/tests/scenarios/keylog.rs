//! What is recorded of keys opens the captures: for our own reader, and for Wireshark.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use ike::proposal::{ChildAuth, ChildCipher, ChildSuite};
use observe::{Fact, Timeline, esp, l2tp, ppp};
use sim::{NatConfig, Network};

use crate::world::{World, public, server_config};

/// Suites of associations: each has its own way into the tables.
const SUITES: [(ChildCipher, ChildAuth); 5] = [
    (ChildCipher::AesCbc128, ChildAuth::HmacSha1_96),
    (ChildCipher::AesCbc256, ChildAuth::HmacSha256_128),
    (ChildCipher::AesCbc256, ChildAuth::HmacSha384_192),
    (ChildCipher::AesCbc256, ChildAuth::HmacSha512_256),
    (ChildCipher::AesGcm256, ChildAuth::HmacSha1_96),
];

/// A connection that came up and was hung up.
fn run(cipher: ChildCipher, auth: ChildAuth, nat: bool) -> World {
    let mut config = server_config();
    (config.ike.child.ciphers, config.ike.child.auths) = (vec![cipher], vec![auth]);
    let mut world = World::with(1, config);
    if nat {
        let (_, home) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), sim::Link::default());
        world.add_client(home, [192, 168, 1, 2].into());
    } else {
        world.add_client(Network::INTERNET, public(10));
    }
    let auth = Some(auth).filter(|_| !cipher.is_gcm());
    let child = world.clients[0].config.initiate.child.as_mut().unwrap();
    child.offer.suites = vec![ChildSuite { cipher, auth }];
    let node = world.clients[0].node;
    world.net.tap(node);
    world.connect_all();
    world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
    world.run_for(std::time::Duration::from_secs(2));
    world
}

#[test]
fn the_keys_of_either_end_open_the_capture_of_either_end() {
    for (cipher, auth) in SUITES {
        for nat in [false, true] {
            let world = run(cipher, auth, nat);
            for keys in [&world.keys, &world.clients[0].keys] {
                for node in [world.server_node, world.clients[0].node] {
                    let keys = ingest::Keys::parse(keys);
                    assert!(keys.trouble().is_empty(), "{:?}", keys.trouble());
                    let settings = ingest::Settings { keys, ..ingest::Settings::default() };
                    let mut timeline = Timeline::new();
                    let file = Cursor::new(world.net.capture(node).unwrap().to_bytes());
                    ingest::read("capture", file, &settings, &mut timeline, &mut |_| {}).unwrap();
                    let seen = |wanted: &dyn Fn(&Fact) -> bool| timeline.observations().iter().any(|o| wanted(&o.fact));
                    assert!(seen(&|fact| matches!(fact, Fact::L2tp(l2tp::Fact::Message { clear: false, .. }))));
                    assert!(seen(&|fact| matches!(fact, Fact::Ppp(ppp::Fact::NetworkUp { .. }))));
                    assert!(!seen(&|fact| matches!(fact, Fact::Esp(esp::Fact::IntegrityFailed { .. }))));
                    for source in timeline.sources() {
                        assert!(source.trouble.is_empty(), "{cipher:?} {auth:?}, NAT: {nat}: {:?}", source.trouble);
                    }
                }
            }
        }
    }
}

#[test]
fn wireshark_opens_the_capture_with_the_keys() {
    if Command::new("tshark").arg("--version").output().is_err() {
        eprintln!("there is no tshark here");
        return;
    }
    for (index, (cipher, auth)) in [SUITES[0], SUITES[1], SUITES[4]].into_iter().enumerate() {
        let world = run(cipher, auth, index % 2 == 1);
        let file = temporary(&format!("{cipher:?}-{auth:?}.pcap"));
        std::fs::write(&file, world.net.capture(world.server_node).unwrap().to_bytes()).unwrap();
        let said = tshark(&file, &world.keys);
        std::fs::remove_file(&file).unwrap();
        for protocol in ["isakmp", "l2tp", "chap", "ipcp"] {
            assert!(said.contains(protocol), "{cipher:?} {auth:?}: no {protocol} in {said}");
        }
        assert!(said.contains("user0"), "{cipher:?} {auth:?}");
        let identities = said.lines().filter(|line| line.split('\t').nth(2).is_some_and(|kind| !kind.is_empty()));
        assert_eq!(identities.count(), 2 + 2, "{cipher:?} {auth:?}: those of main mode and of quick mode in {said}");
    }
}

/// Protocols, CHAP names and kinds of IKE identities of each packet of a capture, read with `keys`.
fn tshark(file: &Path, keys: &str) -> String {
    let mut command = Command::new("tshark");
    command.args(["-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"]);
    for line in keys.lines() {
        let table = if line.starts_with('"') { "esp_sa" } else { "ikev1_decryption_table" };
        command.args(["-o", &format!("uat:{table}:{line}")]);
    }
    command.arg("-r").arg(file).args(["-T", "fields", "-e", "frame.protocols", "-e", "chap.name"]);
    let output = command.args(["-e", "isakmp.id.type"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("causeway-{}-{name}", std::process::id()))
}
