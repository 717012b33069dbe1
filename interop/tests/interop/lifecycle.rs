//! The server stops, is killed, loses a client.

use std::time::Duration;

use interop::{Ended, Host, LinuxClient, Result};

use crate::world::{INSIDE, SOON, World, account, text};

#[test]
fn a_stopping_server_says_goodbye_and_leaves_nothing_behind() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let untouched = traces(&world.server)?;
    let server = world.serve()?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;
    client.connect(&account())?;
    assert_ne!(traces(&world.server)?, untouched);

    assert_eq!(server.terminate()?, Ended::Exited(0), "{}", server.log());
    assert_eq!(traces(&world.server)?, untouched);
    client.guest().shell("for i in $(seq 50); do [ -e /sys/class/net/ppp0 ] || exit 0; sleep 0.2; done; exit 1")?;
    let heard = client.logs()?;
    for words in ["received DELETE for IKE_SA", "rcvd [LCP TermReq"] {
        assert!(heard.iter().any(|line| line.contains(words)), "{words:?}:\n{}", heard.join("\n"));
    }

    // Killed, it cannot clean up. The next start does, and serves.
    let server = world.serve()?;
    client.connect(&account())?;
    server.native().kill()?;
    let server = world.serve()?;
    client.connect(&account())?;
    assert_eq!(client.ping_loss(INSIDE)?, 0, "{}", server.log());
    client.disconnect()?;
    server.expect_event("session down", SOON)?;
    assert_eq!(server.terminate()?, Ended::Exited(0), "{}", server.log());
    assert_eq!(traces(&world.server)?, untouched);
    Ok(())
}

#[test]
fn a_client_that_vanished_is_missed() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve_with("dpd_interval = 5", "echo_interval = 2\nhello_interval = 5")?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;
    client.connect(&account())?;
    assert_eq!(server.sessions(&world.server)?.len(), 1);
    drop(client);
    let down = server.expect_event("session down", Duration::from_secs(120))?;
    assert!(["ppp.peer_dead", "ike.peer_dead"].contains(&text(&down, "cause")), "{down}");
    assert!(server.sessions(&world.server)?.is_empty());
    assert_eq!(server.verdicts().len(), 1, "{}", server.log());
    Ok(())
}

/// What a server changes on its host: devices, addresses, translation, forwarding.
fn traces(host: &Host) -> Result<[String; 4]> {
    Ok([
        host.run("ls", &["/sys/class/net"])?,
        host.run("ip", &["-oneline", "-4", "address"])?,
        host.run("nft", &["list", "ruleset"])?,
        host.run("sysctl", &["net.ipv4.ip_forward"])?,
    ])
}
