//! `causeway doctor probe` against servers that nobody here wrote, whole and broken.

use std::fs;
use std::net::Ipv4Addr;

use interop::{Dial, Error, Host, Lab, LinuxServer, Net, Probed, Result, SoftEther};

use serde_json::json;

use crate::world::{SERVER, World, account};

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
    let street = lab.net("street", "10.76.0.254/24")?;
    let home = lab.nat("home", &street, "10.76.0.50/24", "10.77.0.254/24")?;
    lab.forward_ipsec(&home, SERVER)?;
    let server = LinuxServer::boot(&lab, &home, "10.77.0.1/24", &account())?;
    behind_a_nat(&lab, &street)?;
    let client = lab.host("client", &home, "10.77.0.20/24")?;

    let probed = Probed::ask(&client, &account(), &[])?;
    // It names itself as name server, and is none.
    assert_eq!((probed.status, probed.cause()), (Some(1), "route.dns"), "{:#}", probed.report);
    assert!(probed.got("address").contains("10.99.0.10"), "{:#}", probed.report);
    assert!(probed.got("inner-echo").contains("answers all sizes"), "{:#}", probed.report);
    assert_eq!(probed.report["authentication"]["offered"], json!(["mschapv2"]), "{:#}", probed.report);
    assert_eq!(probed.report["authentication"]["unknown"], json!([]), "{:#}", probed.report);
    assert_eq!(probed.report["encryption"]["aging"], json!(["sha1"]), "{:#}", probed.report);
    assert_surveyed_as_by_ike_scan(&client, &probed)?;

    let other_key = Dial { psk: "not-the-key-of-this-server".into(), ..account() };
    let probed = Probed::ask(&client, &other_key, &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "ike.psk_mismatch"), "{:#}", probed.report);

    // It has counted what the probes began, and would ignore this address for half a minute.
    let methods = ["require-eap", "require-chap", "require-pap", "refuse-mschap"].map(str::to_owned);
    server.serve(&Dial { ppp_options: methods.to_vec(), ..account() })?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!(probed.report["authentication"]["offered"], json!(["eap", "chap", "pap"]), "{:#}", probed.report);
    assert_eq!(probed.report["authentication"]["refused"], json!(["mschapv2", "mschap"]), "{:#}", probed.report);
    assert!(probed.got("address").contains("logged on by chap"), "{:#}", probed.report);

    server.serve(&account())?;
    server.guest().shell("kill -9 $(pidof xl2tpd)")?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "l2tp.no_answer"), "{:#}", probed.report);

    server.stop()?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "host.server_not_running"), "{:#}", probed.report);
    Ok(())
}

/// From outside the server is behind a NAT: whoever dials gets through it, and Windows as it is installed does not even try.
fn behind_a_nat(lab: &Lab, street: &Net) -> Result<()> {
    let outside = Dial { server: Ipv4Addr::new(10, 76, 0, 50), ..account() };
    let installed = lab.host("installed", street, "10.76.0.20/24")?;
    let probed = Probed::ask(&installed, &outside, &["--as", "windows"])?;
    let predicted = json!({ "client": "windows", "ras": 809, "cause": "ike.server_behind_nat_refused" });
    assert_eq!(probed.report["predicted"], predicted, "{:#}", probed.report);
    assert_eq!(probed.causes()[0], "ike.server_behind_nat_refused", "{:#}", probed.report);
    assert!(probed.got("nat").contains("the server is behind a NAT"), "{:#}", probed.report);
    assert!(probed.got("address").contains("10.99.0.10"), "{:#}", probed.report);

    let changed = lab.host("changed", street, "10.76.0.21/24")?;
    let export = changed.scratch().join("policyagent.reg");
    let text = "Windows Registry Editor Version 5.00\r\n\r\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent]\r\n\
        \"AssumeUDPEncapsulationContextOnSendRule\"=dword:00000002\r\n";
    fs::write(&export, text).map_err(|error| Error::new(error.to_string()))?;
    let probed = Probed::ask(&changed, &outside, &["--as", "windows", "--reg", &export.display().to_string()])?;
    assert_eq!(probed.report["predicted"], json!(null), "{:#}", probed.report);
    assert_eq!(probed.causes(), ["route.dns"], "{:#}", probed.report);
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

#[test]
fn a_probe_of_softether_names_what_is_broken_in_it() -> Result<()> {
    if !SoftEther::exists()? {
        return Ok(());
    }
    let Some(world) = World::new(0)? else { return Ok(()) };
    let client = world.lab.host("client", &world.public, "10.77.0.20/24")?;
    let _server = SoftEther::serve(&world.server, &account())?;

    let other_key = Dial { psk: "not-the-key".into(), ..account() };
    let probed = Probed::ask(&client, &other_key, &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "ike.psk_mismatch"), "{:#}", probed.report);

    // Again and again: each probe leaves the server as it was.
    let other_password = Dial { password: "another".into(), ..account() };
    let probed = Probed::ask(&client, &other_password, &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "auth.bad_credentials"), "{:#}", probed.report);
    assert_eq!(probed.report["authentication"]["offered"], json!(["eap", "mschapv2", "pap"]), "{:#}", probed.report);
    assert_eq!(probed.report["authentication"]["refused"], json!(["chap", "mschap"]), "{:#}", probed.report);
    assert_eq!(probed.got("l2tp-clear"), "SCCRP from vm (L2TP)");

    // It has one number for every reason.
    SoftEther::deny_access(&world.server, &account())?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "auth.bad_credentials"), "{:#}", probed.report);
    assert!(probed.got("log-on").contains("missing rights"), "{:#}", probed.report);

    SoftEther::disable_l2tp(&world.server)?;
    let probed = Probed::ask(&client, &account(), &[])?;
    assert_eq!((probed.status, probed.cause()), (Some(1), "host.server_not_running"), "{:#}", probed.report);
    Ok(())
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
