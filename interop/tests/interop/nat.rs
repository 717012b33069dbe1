//! Clients behind address translators: IKE and ESP in UDP 4500.

use std::thread;

use interop::{LinuxClient, Native, Result};
use serde_json::Value;

use crate::world::{INSIDE, SERVER, SOON, TUNNEL, World, account, text};

#[test]
fn a_client_behind_a_nat_reaches_the_network_behind_the_server() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve()?;
    let home = world.lab.nat("home", &world.public, "10.77.0.50/24", "192.168.1.1/24")?;
    let client = LinuxClient::boot(&world.lab, &home, "192.168.1.10/24")?;
    let capture = world.server.scratch().join("capture.pcap").display().to_string();
    let tcpdump = Native::start(&world.server, "tcpdump", &["-i", "eth0", "-U", "-Z", "root", "-w", &capture], &[])?;
    tcpdump.expect_line("listening on", SOON)?;

    let attempt = client.connect(&account())?;
    assert_eq!(attempt.stage("ipsec").and_then(|report| report.field("port")), Some("4500"));
    assert_eq!(client.ping_loss(TUNNEL)?, 0);
    assert_eq!(client.ping_loss(INSIDE)?, 0);
    let sessions = server.sessions(&world.server)?;
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(text(&sessions[0], "encapsulation"), "udp");
    assert!(text(&sessions[0], "peer").starts_with("10.77.0.50:"), "{}", sessions[0]);

    tcpdump.terminate(SOON)?;
    let frames = |filter: &str| -> Result<usize> {
        Ok(world.server.run("tshark", &["-n", "-r", &capture, "-Y", filter])?.lines().count())
    };
    assert!(frames(&format!("ip.src == {SERVER} && udpencap && esp"))? >= 10);
    assert_eq!(frames(&format!("ip.src == {SERVER} && (_ws.malformed || _ws.expert.severity == \"Error\")"))?, 0);
    assert_eq!(server.verdicts(), [] as [Value; 0], "{}", server.log());
    Ok(())
}

/// Both clients are 192.168.1.10, send L2TP from port 1701 and appear to the server as 10.77.0.50: only IPsec tells them apart.
#[test]
fn two_clients_with_the_same_addresses_connect_at_the_same_time() -> Result<()> {
    let Some(world) = World::new(2)? else { return Ok(()) };
    let server = world.serve()?;
    let street = world.lab.nat("street", &world.public, "10.77.0.50/24", "100.64.0.1/24")?;
    let left = world.lab.nat("left", &street, "100.64.0.11/24", "192.168.1.1/24")?;
    let right = world.lab.nat("right", &street, "100.64.0.12/24", "192.168.1.1/24")?;
    let boot = |net| LinuxClient::boot(&world.lab, net, "192.168.1.10/24");
    let (left, right) = (boot(&left)?, boot(&right)?);

    let (first, second) = at_once(|| left.connect(&account()), || right.connect(&account()));
    let (first, second) = (first?.address()?, second?.address()?);
    assert_ne!(first, second);
    let (losses_left, losses_right) = at_once(|| left.ping_loss(INSIDE), || right.ping_loss(INSIDE));
    assert_eq!((losses_left?, losses_right?), (0, 0));

    // Only the first one sends: only its counters grow, and nothing of it reaches the second.
    let counters = || -> Result<(Value, Value)> {
        let sessions = server.sessions(&world.server)?;
        let of = |address: String| sessions.iter().find(|session| text(session, "address") == address).cloned();
        Ok((of(first.to_string()).unwrap_or_default(), of(second.to_string()).unwrap_or_default()))
    };
    let before = counters()?;
    assert_eq!(left.ping_loss(TUNNEL)?, 0);
    assert_eq!(left.ping_loss(second)?, 100);
    let after = counters()?;
    assert!(after.0["octets_in"].as_u64() >= before.0["octets_in"].as_u64().map(|octets| octets + 420), "{after:?}");
    assert_eq!(before.1["packets_out"], after.1["packets_out"], "{after:?}");
    assert_ne!(text(&after.0, "peer"), text(&after.1, "peer"));

    // One leaves, the other stays.
    left.disconnect()?;
    server.expect_event("session down", SOON)?;
    assert_eq!(right.ping_loss(INSIDE)?, 0);
    assert_eq!(server.verdicts(), [] as [Value; 0], "{}", server.log());
    Ok(())
}

fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}
