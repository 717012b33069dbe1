//! The laboratory itself: a Linux client reaches a Linux server, so what fails elsewhere is not the laboratory's fault.

use std::net::Ipv4Addr;

use interop::{Dial, Lab, LinuxClient, LinuxServer, Result};

#[test]
fn linux_client_reaches_linux_server() -> Result<()> {
    let Some(lab) = Lab::new(2)? else { return Ok(()) };
    let net = lab.net("public", "10.77.0.254/24")?;
    let dial = Dial::to(Ipv4Addr::new(10, 77, 0, 1), "a shared key", "anna", "secret 1");
    let server = LinuxServer::boot(&lab, &net, "10.77.0.1/24", &dial)?;
    let client = LinuxClient::boot(&lab, &net, "10.77.0.10/24")?;

    let attempt = client.connect(&dial)?;
    assert_eq!(attempt.address()?, Ipv4Addr::new(10, 99, 0, 10));
    assert_eq!(client.ping_loss(Ipv4Addr::new(10, 99, 0, 1))?, 0);

    // Linux servers answer a client that comes back without a word into its old tunnel.
    client.disconnect()?;
    let wrong = client.dial(&Dial { password: "wrong".into(), ..dial })?;
    assert_eq!(wrong.status, 13, "{}", wrong.lines.join("\n"));
    assert!(server.logs()?.iter().any(|line| line.contains("CHAP Failure")));
    Ok(())
}
