//! A Linux client on the same network as the server: IKE on port 500, ESP as an IP protocol of its own.

use interop::{LinuxClient, Native, Result};

use crate::world::{INSIDE, SERVER, SOON, TUNNEL, World, account, text};

#[test]
fn a_client_without_nat_reaches_the_server_and_the_network_behind_it() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve()?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;
    let capture = world.server.scratch().join("capture.pcap").display().to_string();
    let tcpdump = Native::start(&world.server, "tcpdump", &["-i", "eth0", "-U", "-Z", "root", "-w", &capture], &[])?;
    tcpdump.expect_line("listening on", SOON)?;

    let attempt = client.connect(&account())?;
    assert_eq!(attempt.stage("ipsec").and_then(|report| report.field("port")), Some("500"));
    assert_eq!(attempt.stage("ppp").and_then(|report| report.field("remote")), Some(&*TUNNEL.to_string()));
    assert_eq!(client.ping_loss(TUNNEL)?, 0);
    assert_eq!(client.ping_loss(INSIDE)?, 0);

    let sessions = server.sessions(&world.server)?;
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(text(&sessions[0], "user"), "anna");
    assert_eq!(text(&sessions[0], "address"), attempt.address()?.to_string());
    assert_eq!(text(&sessions[0], "encapsulation"), "raw");
    // Ten echoes of 84 octets in each direction.
    for counter in ["octets_in", "octets_out"] {
        assert!(sessions[0][counter].as_u64() >= Some(840), "{counter}: {}", sessions[0]);
    }

    let listener = Native::start(&world.inside, "iperf3", &["-s", "-1", "--forceflush"], &[])?;
    listener.expect_line("listening on", SOON)?;
    let megabits = client.iperf(INSIDE)?;
    println!("{megabits} Mbit/s over TCP from a client in User-Mode Linux");
    assert!(megabits > 1.0, "{megabits} Mbit/s");

    client.disconnect()?;
    let down = server.expect_event("session down", SOON)?;
    assert_eq!(text(&down, "user"), "anna");
    assert!(server.sessions(&world.server)?.is_empty());
    assert_eq!(server.verdicts(), [] as [serde_json::Value; 0], "{}", server.log());

    tcpdump.terminate(SOON)?;
    let frames = |filter: &str| -> Result<usize> {
        Ok(world.server.run("tshark", &["-n", "-r", &capture, "-Y", filter])?.lines().count())
    };
    let sent = format!("ip.src == {SERVER}");
    assert!(frames(&format!("{sent} && isakmp"))? >= 4);
    assert!(frames(&format!("{sent} && esp"))? >= 20);
    assert_eq!(frames(&format!("{sent} && (_ws.malformed || _ws.expert.severity == \"Error\")"))?, 0);
    Ok(())
}

#[test]
fn a_client_that_lost_its_memory_connects_again_at_once() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve()?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;
    client.connect(&account())?;
    // The client's programs are killed without a word, as by a crash: the server still has the first session.
    client.connect(&account())?;
    assert_eq!(client.ping_loss(INSIDE)?, 0);
    assert_eq!(server.events("session up").len(), 2, "{}", server.log());
    Ok(())
}
