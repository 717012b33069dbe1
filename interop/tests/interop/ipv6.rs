//! IPv6 in the tunnel: IPv6CP, then an address from a router advertisement.

use interop::{Dial, LinuxClient, Result};

use crate::world::{World, account, text};

#[test]
fn a_client_gets_an_ipv6_prefix_and_reaches_the_server_by_it() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve_configured("", "ipv6 = \"fd00:99::/48\"", "")?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;
    let dial = Dial { ppp_options: vec!["+ipv6".to_owned()], ..account() };
    client.connect(&dial)?;
    let addressed =
        "for i in $(seq 100); do ip -6 -o addr show dev ppp0 scope global | grep -q fd00 && break; sleep 0.1; done";
    client.guest().shell(addressed)?;
    let address = client.guest().shell("ip -6 -o addr show dev ppp0 scope global")?;
    assert!(address.contains("fd00:99:0:1:"), "{address}");
    let pings = client.guest().shell("ping -6 -n -c 3 -i 0.2 -W 5 fd00:99::1")?;
    assert!(pings.contains(" 0% packet loss"), "{pings}");
    let sessions = server.sessions(&world.server)?;
    assert_eq!(text(&sessions[0], "prefix"), "fd00:99:0:1::/64", "{sessions:?}");
    Ok(())
}
