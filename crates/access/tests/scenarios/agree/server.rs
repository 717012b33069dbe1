//! Failures that the tables do not have: our server's own, and servers whose fault only their side shows.

use access::Keys;
use access::server::Event;
use crypto::dh::Group;
use diagnose::{Cause, Context, Verdict, examine};
use ike::proposal::{ChildAuth, ChildCipher, ChildSuite};
use record::{Format, Layout};
use sim::Network;
use wire::isakmp::VendorKind;

use super::{LIKELY, assert_names, assert_server_agrees, logged, read};
use crate::foreign::foreign;
use crate::nat::server_behind_nat;
use crate::world::{PATIENCE, Sender, World, public, server_config};

#[test]
fn another_group_of_perfect_forward_secrecy() {
    let mut config = server_config();
    config.ike.child.pfs_groups = vec![Group::Modp2048];
    let mut world = World::with(1, config);
    world.add_client(Network::INTERNET, public(10));
    world.clients[0].config.initiate.child.as_mut().unwrap().offer.pfs = Some(Group::Ecp384);
    world.dial(0);
    world.run_for(PATIENCE);
    assert_eq!(world.only_verdict().0.cause, Cause::IkePfsMismatch);
    assert_server_agrees(&world);
}

#[test]
fn a_windows_client_refuses_a_server_behind_a_nat() {
    let mut world = server_behind_nat(1);
    let mut config = server_config();
    config.ike.nat.parrot_windows = false;
    world.server.reconfigure(config);
    world.add_client(Network::INTERNET, public(10));
    let windows = [VendorKind::MsNt5.octets(), &[0, 0, 0, 9]].concat();
    world.clients[0].config.initiate.vendor_ids.insert(0, windows);
    // It learns where the server is from message 4, and says no more.
    world.gate = Some(Box::new(|sender, packet| {
        sender == Sender::Server || packet.ports().is_none_or(|(_, port)| port != 4500)
    }));
    world.dial(0);
    world.run_for(PATIENCE);
    assert_eq!(world.only_verdict().0.cause, Cause::IkeServerBehindNatRefused);
    assert_server_agrees(&world);
}

#[test]
fn a_client_that_is_not_there_any_more() {
    let mut world = World::connected(1);
    world.switch_off(0);
    assert!(world.run_until(PATIENCE, |world| !world.downs().is_empty()));
    let verdict = Verdict::of_end(world.downs()[0].1).expect("nobody hung up");
    assert_record_names(verdict.cause, &world);
}

#[test]
fn a_renewal_that_the_server_refuses() {
    let mut world = World::with_client(1);
    world.clients[0].config.initiate.child.as_mut().unwrap().offer.life_seconds = 120;
    world.connect_all();
    let mut config = server_config();
    config.ike.child.ciphers = vec![ChildCipher::TripleDes];
    world.server.reconfigure(config);
    let failed = |world: &World| world.server_events.iter().any(|event| matches!(event, Event::RekeyFailed { .. }));
    assert!(world.run_until(PATIENCE, failed));
    assert_record_names(Cause::IkeRekeyFailed, &world);
}

/// The server's log, and its line with its keys, name this cause of what befell a connection that was up.
pub(crate) fn assert_record_names(cause: Cause, world: &World) {
    for layout in [Layout::Text, Layout::Json] {
        let log = logged(world, Format { layout, journal: false });
        assert_names(cause, "the log", &read("causeway.log", log.as_bytes(), ""));
    }
    let capture = world.net.capture(world.server_node).unwrap().to_bytes();
    assert_names(cause, "the capture with keys", &read("capture", &capture, &world.keys));
    if cause == Cause::NoneHealthy {
        let found = examine(&read("capture", &capture, ""), Context::default()).findings;
        assert!(found.first().is_none_or(|first| first.confidence < LIKELY), "without keys: {found:?}");
    }
}

/// A server that cuts the tags of HMAC-SHA2-256 to 96 bits, as old kernels do, drops what the client sends and says nothing: the
/// client cannot tell this from a server without L2TP, the server's keys can.
#[test]
fn tags_that_the_server_cuts_otherwise_show_with_its_keys() {
    let (mut world, mut server) = foreign();
    world.net.tap(server.node());
    server.set_ike(|ike| ike.child.auths = vec![ChildAuth::HmacSha256_128]);
    server.cuts_tags = true;
    let suite = ChildSuite { cipher: ChildCipher::AesCbc128, auth: Some(ChildAuth::HmacSha256_128) };
    world.clients[0].config.initiate.child.as_mut().unwrap().offer.suites = vec![suite];
    server.refuse(&mut world);
    let child = server.child.as_ref().expect("phase 2 is complete");
    let keys = Keys::Esp(child).lines();
    let keys = std::str::from_utf8(keys.as_bytes()).unwrap().replace("HMAC-SHA-256-128", "HMAC-SHA-256-96");
    let capture = world.net.capture(server.node()).unwrap().to_bytes();
    assert_names(Cause::EspSha2Truncation, "the capture with keys", &read("capture", &capture, &keys));
}
