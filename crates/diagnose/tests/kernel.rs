//! What a Linux kernel says of IPsec is enough for a cause. The files are what `ip`, `ss` and xl2tpd printed on kernel 6.1.

use diagnose::{Cause, Context, Diagnosis, examine};
use ingest::Settings;
use observe::Timeline;

fn diagnose(files: &[(&str, &str)]) -> Diagnosis {
    let mut timeline = Timeline::new();
    for (name, text) in files {
        let read = ingest::read(name, text.as_bytes(), &Settings::default(), &mut timeline, &mut |_| {});
        read.expect("text in memory can be read");
    }
    examine(&timeline, Context::default())
}

fn cause(files: &[(&str, &str)]) -> Option<Cause> {
    diagnose(files).findings.first().map(|finding| finding.cause)
}

/// The part of a transcript that a command printed.
fn part(transcript: &'static str, command: &str) -> &'static str {
    let (_, rest) = transcript.split_once(&format!("# {command}\n")).expect("the command is there");
    rest.split_once("\n# ").map_or(rest, |(part, _)| part)
}

const OTHER_PORT: [&str; 2] =
    [include_str!("kernel/other-port-client.txt"), include_str!("kernel/other-port-server.txt")];
const NO_POLICIES: [&str; 2] =
    [include_str!("kernel/no-policies-client.txt"), include_str!("kernel/no-policies-server.txt")];
const NOTHING_BEHIND: [&str; 2] =
    [include_str!("kernel/nothing-behind-client.txt"), include_str!("kernel/nothing-behind-server.txt")];
const HEALTHY: [&str; 2] = [include_str!("kernel/healthy-client.txt"), include_str!("kernel/healthy-server.txt")];
const SHARED: &str = include_str!("kernel/shared-address-server.txt");

#[test]
fn a_policy_for_port_1701_does_not_protect_what_leaves_from_another_port() {
    let [client, server] = OTHER_PORT;
    let found = diagnose(&[("client.txt", client)]);
    let first = found.findings.first().expect("there is a cause");
    assert_eq!((first.cause, first.at), (Cause::EspNotMatching, Some(observe::Role::Client)));
    assert!(first.evidence.iter().any(|place| place.text.contains("sport 1701")), "{first:?}");
    assert_eq!(cause(&[("client.txt", client), ("server.txt", server)]), Some(Cause::EspNotMatching));
    // Policies and sockets alone tell it before anybody has dialled.
    let policies = part(client, "ip -s xfrm policy");
    let sockets = part(client, "ss -lntup");
    assert_eq!(cause(&[("client-policy.txt", policies), ("client-ss.txt", sockets)]), Some(Cause::EspNotMatching));
}

#[test]
fn a_server_without_policies_answers_in_clear() {
    let [client, server] = NO_POLICIES;
    let found = diagnose(&[("server.txt", server)]);
    let first = found.findings.first().expect("there is a cause");
    assert_eq!((first.cause, first.at), (Cause::EspNotMatching, Some(observe::Role::Server)));
    assert_eq!(cause(&[("client.txt", client), ("server.txt", server)]), Some(Cause::EspNotMatching));
}

#[test]
fn counters_that_grow_one_way_say_that_nothing_answers() {
    let [client, server] = NOTHING_BEHIND;
    assert_eq!(cause(&[("client.txt", client), ("server.txt", server)]), Some(Cause::L2tpNoAnswer));
    // At the client alone it may as well be the path.
    let found = diagnose(&[("client.txt", client)]);
    let causes: Vec<_> = found.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes.first(), Some(&Cause::NetEspBlocked));
    assert!(causes.contains(&Cause::L2tpNoAnswer) && !causes.contains(&Cause::EspNotMatching), "{causes:?}");
}

#[test]
fn associations_with_two_ports_of_one_address_under_one_policy_collide() {
    let found = diagnose(&[("server.txt", SHARED)]);
    let first = found.findings.first().expect("there is a cause");
    assert_eq!((first.cause, first.at), (Cause::IkeSameNatCollision, Some(observe::Role::Server)));
    // Marks tell the two apart, and so does one association for each of two addresses.
    let marked = SHARED.replace("\tproto esp spi", "\tmark 0x1/0xffffffff\n\tproto esp spi");
    assert!(diagnose(&[("server.txt", &marked)]).findings.is_empty());
    let one_port = SHARED.replace("31211", "4500");
    assert!(diagnose(&[("server.txt", &one_port)]).findings.is_empty());
}

#[test]
fn a_connection_that_works_has_nothing_wrong_in_its_kernels() {
    for files in [&[("client.txt", HEALTHY[0])][..], &[("server.txt", HEALTHY[1])]] {
        assert!(diagnose(files).findings.is_empty(), "{:?}", diagnose(files).findings);
    }
}
