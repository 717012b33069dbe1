//! Every refusal is typed, is reported exactly once on each side, and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::*;
use crypto::dh::Group;
use ike::config::PreSharedKey;
use ike::proposal::{ChildCipher, Reason};
use ike::{Config, Denial, Event, Failure, Incompatible, KeySuspicion, NatVariant, Software, Stage};
use wire::isakmp::{AuthMethod, IdType, Identity, NotifyType, VendorKind};

/// The one failure of a host.
fn only_failure(host: &Host) -> (Stage, &Failure) {
    let failures = host.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    (failures[0].stage, &failures[0].failure)
}

fn refused(kind: NotifyType, authenticated: bool) -> Failure {
    let data = Vec::new();
    Failure::Refused { notify: kind, data, authenticated }
}

fn assert_empty(pair: &Pair) {
    assert_eq!(pair.server.engine.counts().ike_sas, 0);
    assert_eq!(pair.server.engine.counts().half_open, 0);
}

#[test]
fn different_keys_are_certain_for_the_server_and_likely_for_the_client() {
    for nat in [None, Some(address("198.51.100.9:1024"))] {
        let mut pair = Pair::new();
        pair.nat.client = nat;
        let mut initiate = pair.initiate();
        initiate.pre_shared_key = "wrong".into();
        pair.connect_with(initiate);
        pair.run(Duration::from_secs(60));
        assert!(pair.server.phase1().is_empty() && pair.client.phase1().is_empty());
        let (stage, failure) = only_failure(&pair.server);
        assert_eq!((stage, failure), (Stage::Phase1Authentication, &Failure::Undecryptable));
        assert_eq!(failure.key_suspicion(stage), KeySuspicion::Certain);
        let (stage, failure) = only_failure(&pair.client);
        assert_eq!(failure, &refused(NotifyType::PAYLOAD_MALFORMED, false));
        assert_eq!(failure.key_suspicion(stage), KeySuspicion::Likely);
        assert_empty(&pair);
    }
}

#[test]
fn complaints_that_cannot_be_read_are_certain_for_the_client_too() {
    // strongSwan answers a message 5 that it cannot read with an encrypted notification, whose key is as wrong as the message's.
    let mut pair = Pair::new();
    let mut count = 0u8;
    pair.bend(move |_, datagram| {
        if datagram.data[18] != 2 || datagram.data[19] & 1 == 0 {
            return Fate::Deliver;
        }
        count += 1;
        let mut header = wire::isakmp::Header::parse(&datagram.data).unwrap();
        header.exchange = wire::isakmp::ExchangeType::INFORMATIONAL;
        header.message_id = u32::from(count);
        let data = header.emit(&[count; 64]);
        let path = ike::Path { local: datagram.path.remote, remote: datagram.path.local };
        Fate::Instead(vec![Datagram { to: Side::Client, path, data, ..datagram.clone() }])
    });
    pair.connect();
    pair.run(Duration::from_secs(5));
    assert_eq!(only_failure(&pair.client), (Stage::Phase1Authentication, &Failure::Undecryptable));
}

#[test]
fn a_client_that_hears_nothing_after_its_first_encrypted_message_suspects_the_key() {
    let mut pair = Pair::new();
    pair.bend(|number, _| if number >= 4 { Fate::Drop } else { Fate::Deliver });
    pair.connect();
    pair.run(Duration::from_secs(100));
    let (stage, failure) = only_failure(&pair.client);
    assert_eq!(failure.key_suspicion(stage), KeySuspicion::Possible);
}

#[test]
fn no_common_phase_1_proposal_names_both_sides() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.offer.suites.truncate(1);
    initiate.offer.suites[0].group = Group::Modp1024;
    pair.connect_with(initiate);
    let (stage, failure) = only_failure(&pair.server);
    assert_eq!(stage, Stage::Phase1Proposal);
    let Failure::Incompatible(Incompatible::Phase1(mismatch)) = failure else { panic!("{failure:?}") };
    assert_eq!(mismatch.offered[0].reason, Reason::Group);
    assert_eq!(pair.server.failures()[0].sa, None);
    let (stage, failure) = only_failure(&pair.client);
    assert_eq!((stage, failure), (Stage::Phase1Proposal, &refused(NotifyType::NO_PROPOSAL_CHOSEN, false)));
    assert_empty(&pair);
}

#[test]
fn repetitions_of_a_refused_first_message_are_one_attempt() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.offer.suites.iter_mut().for_each(|suite| suite.group = Group::Modp1024);
    // The refusals are lost.
    pair.bend(|_, datagram| if datagram.to == Side::Client { Fate::Drop } else { Fate::Deliver });
    pair.connect_with(initiate);
    pair.run(Duration::from_secs(60));
    only_failure(&pair.server);
    let answers = pair.sent.iter().filter(|datagram| datagram.to == Side::Client).count();
    assert_eq!((pair.sent.len(), answers), (10, 5), "every repetition is answered alike");
    assert!(matches!(only_failure(&pair.client).1, Failure::Silence { attempts: 5, .. }));
}

#[test]
fn methods_other_than_pre_shared_keys_are_refused_alike() {
    let mut answers = Vec::new();
    for method in [3, 4, 5, 65001] {
        let mut pair = Pair::new();
        let mut initiate = pair.initiate();
        initiate.offer.suites.iter_mut().for_each(|suite| suite.method = AuthMethod(method));
        pair.connect_with(initiate);
        let Failure::Incompatible(Incompatible::Phase1(mismatch)) = only_failure(&pair.server).1 else { panic!() };
        assert!(mismatch.offered.iter().all(|refused| refused.reason == Reason::Method));
        answers.push(pair.sent[1].data.len());
    }
    answers.dedup();
    assert_eq!(answers, [40]);
}

#[test]
fn a_server_without_a_key_for_the_peer_says_so_to_its_operator_only() {
    let network = Some((address("172.16.0.0:0").ip(), 12));
    let pre_shared_keys = vec![PreSharedKey { network, secret: KEY.into() }];
    let mut pair = Pair::with(client_config(), Config { pre_shared_keys, ..Config::default() });
    pair.connect();
    assert_eq!(only_failure(&pair.server).1, &Failure::Denied(Denial::NoPreSharedKey));
    assert_eq!(only_failure(&pair.client).1, &refused(NotifyType::NO_PROPOSAL_CHOSEN, false));
}

#[test]
fn no_common_phase_2_proposal_leaves_the_ike_sa_up() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    let suites = &mut initiate.child.as_mut().unwrap().offer.suites;
    suites.iter_mut().for_each(|suite| suite.cipher = ChildCipher::TripleDes);
    pair.connect_with(initiate);
    let (stage, failure) = only_failure(&pair.server);
    assert_eq!(stage, Stage::Phase2Proposal);
    let Failure::Incompatible(Incompatible::Child(mismatch)) = failure else { panic!("{failure:?}") };
    assert!(mismatch.offered.iter().all(|refused| refused.reason == Reason::Encryption));
    assert_eq!(only_failure(&pair.client).1, &refused(NotifyType::NO_PROPOSAL_CHOSEN, true));
    assert_eq!(pair.server.engine.counts().ike_sas, 1);
    assert_eq!(pair.server.failures()[0].peer.id.as_ref().unwrap().ip(), Some(address("10.0.0.5:0").ip()));
}

#[test]
fn forward_secrecy_with_a_group_that_is_not_allowed_is_a_matter_of_the_group() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.child.as_mut().unwrap().offer.pfs = Some(Group::Modp1024);
    pair.connect_with(initiate);
    let Failure::Incompatible(Incompatible::Child(mismatch)) = only_failure(&pair.server).1 else { panic!() };
    assert!(mismatch.offered.iter().all(|refused| refused.reason == Reason::Group));
}

#[test]
fn selectors_for_another_port_are_refused() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.child.as_mut().unwrap().remote_port = 53;
    pair.connect_with(initiate);
    let Failure::Incompatible(Incompatible::Selectors(mismatch)) = only_failure(&pair.server).1 else { panic!() };
    assert_eq!(mismatch.responder.as_ref().unwrap().port, 53);
    assert_eq!(only_failure(&pair.client).1, &refused(NotifyType::INVALID_ID_INFORMATION, true));
}

#[test]
fn apples_ephemeral_port_is_accepted() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.child.as_mut().unwrap().local_port = 53211;
    pair.connect_with(initiate);
    assert_eq!(pair.server.children()[0].selectors.remote_port, 53211);
}

#[test]
fn a_server_with_another_identity_is_refused_by_the_client() {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    let expected = Identity { kind: IdType::FQDN, protocol: 0, port: 0, data: b"vpn.example".to_vec() };
    initiate.remote_id = Some(expected.clone());
    pair.connect_with(initiate);
    let Failure::Denied(Denial::PeerIdentity { expected: named, got }) = only_failure(&pair.client).1 else { panic!() };
    assert_eq!((named, got.ip()), (&expected, Some(address("192.0.2.1:0").ip())));
    assert!(pair.client.phase1().is_empty());
}

#[test]
fn removing_strong_proposals_on_the_way_is_found_out() {
    // An interceptor leaves only the last transform of message 1; the hashes cover what was sent.
    let mut pair = Pair::new();
    pair.bend(|number, datagram| {
        let mut changed = datagram.clone();
        let lifetime = changed.data.windows(4).position(|octets| octets == [0, 0, 0x70, 0x80]);
        if let (0, Some(at)) = (number, lifetime) {
            changed.data[at + 3] = 0x81;
        }
        Fate::Instead(vec![changed])
    });
    pair.connect();
    pair.run(Duration::from_secs(60));
    assert!(pair.server.phase1().is_empty() && pair.client.phase1().is_empty());
    assert!(matches!(only_failure(&pair.server).1, Failure::Misbehaved(ike::Misbehaviour::Hash)));
}

#[test]
fn a_server_that_does_not_respond_keeps_quiet() {
    let mut pair = Pair::with(client_config(), Config { respond: false, ..server_config() });
    pair.connect();
    pair.run(Duration::from_secs(60));
    assert!(pair.sent.iter().all(|datagram| datagram.to == Side::Server));
    assert!(pair.server.events.is_empty());
}

fn windows_vendor_ids() -> Vec<Vec<u8>> {
    let version = |kind: VendorKind, version: u32| [kind.octets(), &version.to_be_bytes()].concat();
    let plain = |kind: VendorKind| kind.octets().to_vec();
    vec![
        version(VendorKind::KeyMods, 1),
        version(VendorKind::MsNt5, 9),
        plain(VendorKind::NatTRfc3947),
        plain(VendorKind::NatTDraft02Newline),
        plain(VendorKind::Fragmentation),
        plain(VendorKind::MsNegotiationDiscoveryCapable),
        plain(VendorKind::VidInitialContact),
        plain(VendorKind::IkeCgaVersion1),
    ]
}

#[test]
fn windows_does_not_see_the_nat_in_front_of_the_server() {
    for parrot in [true, false] {
        let mut server = server_config();
        server.nat.parrot_windows = parrot;
        let mut pair = Pair::with(client_config(), server);
        pair.nat.server = Some(address("203.0.113.1:0").ip());
        let mut initiate = pair.initiate();
        initiate.vendor_ids = windows_vendor_ids();
        pair.connect_with(initiate);
        let (client, server) = (pair.client.phase1()[0], pair.server.phase1()[0]);
        assert_eq!(client.nat.remote, !parrot);
        assert_eq!(server.nat.hidden, parrot);
        assert!(server.encapsulated && !server.dpd);
        assert_eq!(server.peer.software(), Software::Windows { version: Some(9) });
        assert_matching(pair.client.children()[0], pair.server.children()[0]);
        // Nothing that Windows did not send itself.
        let answer = &pair.sent[1].data;
        let has = |kind: VendorKind| answer.windows(kind.octets().len()).any(|octets| octets == kind.octets());
        assert!(has(VendorKind::NatTRfc3947) && has(VendorKind::Fragmentation));
        assert!(!has(VendorKind::Dpd) && !has(VendorKind::NatTDraft02Newline) && !has(VendorKind::MsNt5));
    }
}

#[test]
fn windows_xp_gets_the_numbers_of_the_draft() {
    let mut pair = Pair::new();
    pair.nat.client = Some(address("198.51.100.9:1024"));
    let mut initiate = pair.initiate();
    initiate.vendor_ids = vec![VendorKind::NatTDraft02Newline.octets().to_vec()];
    pair.connect_with(initiate);
    assert_eq!(pair.server.phase1()[0].nat.variant, Some(NatVariant::Draft));
    assert_matching(pair.client.children()[0], pair.server.children()[0]);
    assert_eq!(pair.server.children()[0].nat_oa.remote, Some(address("10.0.0.5:0").ip()));
}

#[test]
fn without_nat_traversal_nothing_is_detected() {
    let mut pair = Pair::new();
    pair.nat.client = Some(address("198.51.100.9:1024"));
    let mut initiate = pair.initiate();
    initiate.vendor_ids.clear();
    pair.connect_with(initiate);
    let summary = pair.server.phase1()[0];
    assert_eq!((summary.nat.variant, summary.nat.detected(), summary.encapsulated), (None, false, false));
    assert!(pair.sent.iter().all(|datagram| !datagram.encapsulated));
    assert!(!pair.server.has(|event| matches!(event, Event::Failed(_))));
}
