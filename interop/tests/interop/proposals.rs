//! Cryptographic proposals of other implementations.

use interop::{LinuxClient, Result};

use crate::world::{INSIDE, World, account, text};

#[test]
fn each_usual_proposal_carries_traffic() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve()?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;
    for (ike, esp) in [
        ("aes128-sha256-modp2048", "aes128-sha1"),
        ("aes256-sha384-ecp384", "aes256-sha256"),
        ("aes256-sha1-ecp256", "aes128gcm16"),
        ("aes256-sha256-modp4096", "aes256gcm16"),
    ] {
        let dial = account().proposing(ike, esp);
        client.connect(&dial)?;
        assert_eq!(client.ping_loss(INSIDE)?, 0, "{ike} {esp}: {}", server.log());
        client.disconnect()?;
    }
    let forced = interop::Dial { force_nat_t: true, ..account() };
    client.connect(&forced)?;
    assert_eq!(client.ping_loss(INSIDE)?, 0);
    let sessions = server.sessions(&world.server)?;
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(text(&sessions[0], "encapsulation"), "udp");
    assert_eq!(server.events("session up").len(), 5);
    assert_eq!(server.verdicts(), [] as [serde_json::Value; 0], "{}", server.log());
    Ok(())
}
