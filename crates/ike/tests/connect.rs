//! Both engines come to the same SAs, with and without NAT, and end them together.

mod common;

use std::time::Duration;

use common::*;
use crypto::dh::Group;
use ike::config::PreSharedKey;
use ike::proposal::{ChildAuth, ChildCipher, ChildPolicy, ChildSuite, Mode, Phase1Policy};
use ike::{CloseReason, Config, Event, NatVariant, Role};

#[test]
fn six_and_three_messages_make_a_pair_of_child_sas() {
    let mut pair = Pair::new();
    pair.connect();
    assert_eq!(pair.sent.len(), 9);
    let (client, server) = (pair.client.children(), pair.server.children());
    assert_eq!((client.len(), server.len()), (1, 1));
    assert_matching(client[0], server[0]);
    assert_eq!(client[0].mode, Mode::Transport);
    assert_eq!((client[0].spi_in >> 28, server[0].spi_in >> 28), (3, 0));
    assert_eq!((client[0].role, server[0].role), (Role::Initiator, Role::Responder));
    let summary = pair.server.phase1()[0];
    assert!(!summary.nat.detected() && summary.dpd && !summary.encapsulated);
    assert_eq!(summary.peer_id.ip(), Some(address("10.0.0.5:0").ip()));
    assert!(pair.client.failures().is_empty() && pair.server.failures().is_empty());
}

#[test]
fn initial_contact_is_said_when_it_is_wanted_and_only_then() {
    for initial_contact in [false, true] {
        let mut pair = Pair::new();
        pair.connect_with(ike::Initiate { initial_contact, ..pair.initiate() });
        assert_eq!(pair.server.has(|event| matches!(event, Event::InitialContact { .. })), initial_contact);
        assert_eq!(pair.server.children().len(), 1);
    }
}

#[test]
fn every_phase_2_suite_gives_both_sides_the_same_keys() {
    let auths =
        [ChildAuth::HmacSha1_96, ChildAuth::HmacSha256_128, ChildAuth::HmacSha384_192, ChildAuth::HmacSha512_256];
    let cbc = [ChildCipher::AesCbc128, ChildCipher::AesCbc192, ChildCipher::AesCbc256, ChildCipher::TripleDes];
    let gcm = [ChildCipher::AesGcm128, ChildCipher::AesGcm192, ChildCipher::AesGcm256];
    let with_auth = cbc.iter().flat_map(|&cipher| auths.map(|auth| ChildSuite { cipher, auth: Some(auth) }));
    let suites = with_auth.chain(gcm.map(|cipher| ChildSuite { cipher, auth: None }));
    for suite in suites {
        let server = Config { child: ChildPolicy::legacy(), ..server_config() };
        let mut pair = Pair::with(client_config(), server);
        let mut initiate = pair.initiate();
        initiate.child.as_mut().unwrap().offer.suites = vec![suite];
        pair.connect_with(initiate);
        assert_eq!(pair.client.children()[0].suite, suite);
        assert_matching(pair.client.children()[0], pair.server.children()[0]);
    }
}

#[test]
fn every_phase_1_suite_works() {
    let legacy = Phase1Policy::legacy();
    // Each cipher and each hash with one group, then each group: 3DES and AES-256 with SHA-1 need an expanded key.
    let group = Group::Ecp256;
    let with = |cipher, hash, group| (cipher, hash, group);
    let ciphers = legacy.ciphers.iter().flat_map(|&c| legacy.hashes.iter().map(move |&h| with(c, h, group)));
    let groups = legacy.groups.iter().map(|&g| with(legacy.ciphers[0], legacy.hashes[0], g));
    for (cipher, hash, group) in ciphers.chain(groups) {
        let server = Config { phase1: Phase1Policy::legacy(), ..server_config() };
        let mut pair = Pair::with(client_config(), server);
        let mut initiate = pair.initiate();
        let suite = &mut initiate.offer.suites[0];
        (suite.cipher, suite.hash, suite.group) = (cipher, hash, group);
        initiate.offer.suites.truncate(1);
        pair.connect_with(initiate);
        assert_eq!(pair.server.children().len(), 1, "{cipher:?} {hash:?} {group:?}");
    }
}

#[test]
fn perfect_forward_secrecy_is_given_when_asked_for() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.child.as_mut().unwrap().offer.pfs = Some(Group::Ecp256);
    pair.connect_with(initiate);
    assert_matching(pair.client.children()[0], pair.server.children()[0]);
}

#[test]
fn a_client_behind_nat_moves_to_port_4500() {
    let mut pair = Pair::new();
    pair.nat.client = Some(address("198.51.100.9:1024"));
    pair.connect();
    let (client, server) = (pair.client.phase1()[0], pair.server.phase1()[0]);
    assert!(client.nat.local && !client.nat.remote && client.encapsulated);
    assert!(server.nat.remote && !server.nat.local && server.encapsulated);
    assert_eq!(server.nat.variant, Some(NatVariant::Rfc3947));
    assert_eq!(server.path.remote, address("198.51.100.9:1025"));
    assert_eq!(server.path.local, address("192.0.2.1:4500"));
    let child = pair.server.children()[0];
    assert_matching(pair.client.children()[0], child);
    assert_eq!(child.mode, Mode::UdpTransport);
    assert_eq!(child.path, server.path);
    assert_eq!(child.nat_oa.remote, Some(address("10.0.0.5:0").ip()));
    assert_eq!(child.nat_oa.local, Some(address("192.0.2.1:0").ip()));
    assert_eq!(child.selectors.remote, Some(address("10.0.0.5:0").ip()));
    assert!(pair.sent[4..].iter().all(|datagram| datagram.encapsulated));
}

#[test]
fn both_sides_behind_nat() {
    let mut pair = Pair::new();
    pair.nat.client = Some(address("198.51.100.9:1024"));
    pair.nat.server = Some(address("203.0.113.1:0").ip());
    pair.connect();
    let nat = pair.server.phase1()[0].nat;
    assert!(nat.local && nat.remote && !nat.hidden);
    assert!(pair.client.phase1()[0].nat.remote);
    assert_matching(pair.client.children()[0], pair.server.children()[0]);
}

#[test]
fn a_server_that_knows_its_public_address_hides_the_nat_and_uses_the_address() {
    let mut server = server_config();
    server.nat.own_public_addresses = vec![address("203.0.113.7:0").ip(), address("203.0.113.1:0").ip()];
    let mut pair = Pair::with(client_config(), server);
    pair.nat.server = Some(address("203.0.113.1:0").ip());
    pair.connect();
    let (client, server) = (pair.client.phase1()[0], pair.server.phase1()[0]);
    // The client sees a server without NAT, and believes itself behind one: so ESP travels in UDP.
    assert!(!client.nat.remote && client.nat.local);
    assert!(server.nat.local && server.nat.hidden && server.nat.forced);
    assert_eq!(client.peer_id.ip(), Some(address("203.0.113.1:0").ip()));
    assert_eq!(pair.client.children()[0].mode, Mode::UdpTransport);
    assert_matching(pair.client.children()[0], pair.server.children()[0]);
}

#[test]
fn encapsulation_can_be_forced_without_nat_from_either_side() {
    for by_server in [false, true] {
        let (mut client, mut server) = (client_config(), server_config());
        if by_server { &mut server } else { &mut client }.nat.force_encapsulation = true;
        let mut pair = Pair::with(client, server);
        pair.connect();
        assert_eq!(pair.server.children()[0].mode, Mode::UdpTransport);
        assert_matching(pair.client.children()[0], pair.server.children()[0]);
    }
}

#[test]
fn two_clients_behind_one_address_are_two_peers() {
    let mut server = Pair::new();
    server.nat.client = Some(address("198.51.100.9:1024"));
    server.connect();
    let first = server.server.children()[0].clone();
    // A second client with the same private address and ports takes over the network; the NAT gives it other ports.
    server.client = Host::new(client_config(), 99);
    server.nat.client = Some(address("198.51.100.9:2048"));
    server.connect();
    let children = server.server.children();
    assert_eq!(children.len(), 2);
    assert_matching(server.client.children()[0], children[1]);
    assert_ne!(first.sa, children[1].sa);
    assert_eq!(children[1].replaces, None);
    assert_eq!(server.server.engine.counts().children, 2);
}

#[test]
fn closing_an_ike_sa_ends_everything_on_both_sides() {
    let mut pair = Pair::new();
    let id = pair.connect();
    pair.close(id);
    let down = |reason| move |event: &Event| matches!(event, Event::ChildDown { reason: r, .. } if *r == reason);
    let closed = |reason| move |event: &Event| matches!(event, Event::Closed { reason: r, .. } if *r == reason);
    assert!(pair.client.has(down(CloseReason::Command)) && pair.client.has(closed(CloseReason::Command)));
    assert!(pair.server.has(down(CloseReason::DeletedByPeer)) && pair.server.has(closed(CloseReason::DeletedByPeer)));
    for host in [&pair.client, &pair.server] {
        let counts = host.engine.counts();
        assert_eq!((counts.ike_sas, counts.children), (0, 0));
    }
}

#[test]
fn a_child_sa_outlives_its_ike_sa_and_ends_at_its_lifetime() {
    let mut pair = Pair::new();
    pair.client.engine.set_config(Config { timing: no_dpd(), ..client_config() });
    pair.server.engine.set_config(Config { timing: no_dpd(), ..server_config() });
    let mut initiate = pair.initiate();
    initiate.offer.life_seconds = 600;
    pair.connect_with(initiate);
    pair.run(Duration::from_secs(610));
    assert!(pair.server.has(|event| matches!(event, Event::Closed { .. })));
    assert_eq!(pair.server.engine.counts().children, 1);
    pair.run(Duration::from_secs(3100));
    assert_eq!(pair.server.engine.counts().children, 0);
    assert!(pair.server.has(|event| matches!(event, Event::ChildDown { reason: CloseReason::Expired, .. })));
}

#[test]
fn the_initiator_replaces_a_child_sa_before_it_expires() {
    let mut pair = Pair::new();
    pair.connect();
    let first = (pair.client.children()[0].id, pair.server.children()[0].id);
    pair.run(Duration::from_secs(3600));
    let (client, server) = (pair.client.children(), pair.server.children());
    assert_eq!((client.len(), server.len()), (2, 2));
    assert_eq!((client[1].replaces, server[1].replaces), (Some(first.0), Some(first.1)));
    assert_matching(client[1], server[1]);
    let down = |id, reason| move |event: &Event| matches!(event, Event::ChildDown { child, reason: r } if (*child, *r) == (id, reason));
    assert!(pair.client.has(down(first.0, CloseReason::Replaced)));
    assert!(pair.server.has(down(first.1, CloseReason::DeletedByPeer)));
    assert_eq!(pair.server.engine.counts().children, 1);
}

#[test]
fn a_key_for_the_peers_address_is_preferred() {
    let mut server = server_config();
    let network = Some((address("10.0.0.0:0").ip(), 8));
    server.pre_shared_keys =
        vec![PreSharedKey::for_any_peer("another key for all others"), PreSharedKey { network, secret: KEY.into() }];
    let mut pair = Pair::with(client_config(), server);
    pair.connect();
    assert_eq!(pair.server.children().len(), 1);
}

fn no_dpd() -> ike::config::Timing {
    ike::config::Timing { dpd_idle: None, ..Default::default() }
}
