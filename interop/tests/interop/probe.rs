//! `causeway doctor probe` against servers that nobody here wrote, whole and broken.

use interop::{Dial, Host, Lab, LinuxServer, Probed, Result, SoftEther};

use crate::world::{World, account};

/// What the short survey asks for, as ike-scan wants it: cipher, hash, authentication, group.
const SHORT: [(&str, &str); 8] = [
    ("aes-256-cbc sha2-256 modp2048", "7/256,4,1,14"),
    ("aes-256-cbc sha2-256 ecp256", "7/256,4,1,19"),
    ("aes-256-cbc sha1 ecp384", "7/256,2,1,20"),
    ("aes-256-cbc sha1 modp2048", "7/256,2,1,14"),
    ("aes-128-cbc sha1 ecp256", "7/128,2,1,19"),
    ("aes-256-cbc sha1 modp1024", "7/256,2,1,2"),
    ("3des-cbc sha1 modp2048", "5,2,1,14"),
    ("3des-cbc sha1 modp1024", "5,2,1,2"),
];

/// The vendor ID of RFC 3947, without which SoftEther answers nobody.
const NAT_T: &str = "--vendor=4a131c81070358455c5728f20e95452f";

#[test]
fn a_probe_of_a_linux_server_names_what_is_broken_in_it() -> Result<()> {
    let Some(lab) = Lab::new(1)? else { return Ok(()) };
    let public = lab.net("public", "10.77.0.254/24")?;
    let server = LinuxServer::boot(&lab, &public, "10.77.0.1/24", &account())?;
    let client = lab.host("client", &public, "10.77.0.20/24")?;

    let probed = Probed::ask(&client, &account(), &[])?;
    // It names itself as name server, and is none.
    assert_eq!((probed.status, probed.cause()), (Some(1), "route.dns"), "{:#}", probed.report);
    assert!(probed.got("address").contains("10.99.0.10"), "{:#}", probed.report);
    assert!(probed.got("inner-echo").contains("answers all sizes"), "{:#}", probed.report);
    assert_surveyed_as_by_ike_scan(&client, &probed)?;

    let other_key = Dial { psk: "not-the-key-of-this-server".into(), ..account() };
    let probed = Probed::ask(&client, &other_key, &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "ike.psk_mismatch"), "{:#}", probed.report);

    // It has counted what the probes began, and would ignore this address for half a minute.
    server.serve(&account())?;
    server.guest().shell("kill -9 $(pidof xl2tpd)")?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "l2tp.no_answer"), "{:#}", probed.report);

    server.stop()?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "host.server_not_running"), "{:#}", probed.report);
    Ok(())
}

#[test]
fn a_probe_of_softether_comes_to_an_address() -> Result<()> {
    if !SoftEther::exists()? {
        return Ok(());
    }
    let Some(world) = World::new(0)? else { return Ok(()) };
    let client = world.lab.host("client", &world.public, "10.77.0.20/24")?;
    let _server = SoftEther::serve(&world.server, &account())?;
    let probed = Probed::ask(&client, &account(), &[])?;
    // Its name server has nobody to ask.
    assert_eq!((probed.status, probed.cause()), (Some(1), "route.dns"), "{:#}", probed.report);
    assert!(probed.got("address").contains("192.168.30."), "{:#}", probed.report);
    assert_surveyed_as_by_ike_scan(&client, &probed)
}

/// Another program, asking the same, must find the same.
fn assert_surveyed_as_by_ike_scan(client: &Host, probed: &Probed) -> Result<()> {
    let found = probed.got("transforms");
    let accepted = found.strip_prefix("accepted: ").and_then(|rest| rest.split(';').next()).unwrap_or_default();
    for (suite, transform) in SHORT {
        let transform = format!("--trans={transform}");
        let said =
            client.run("ike-scan", &["--sport=0", "--retry=2", "--timeout=1000", NAT_T, &transform, "10.77.0.1"])?;
        let takes = said.contains("Handshake returned");
        assert_eq!(accepted.split(", ").any(|taken| taken == suite), takes, "{suite}: {said}\n{found}");
    }
    Ok(())
}
