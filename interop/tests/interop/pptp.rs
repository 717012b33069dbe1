//! `causeway doctor probe` against the PPTP server of Linux, whole and broken.

use interop::{Dial, Host, Lab, PptpServer, Probed, Result};

use crate::world::account;

/// A server for these options of pppd, and a client beside it.
fn with_server(check: impl FnOnce(&Lab, &PptpServer, &Host) -> Result<()>) -> Result<()> {
    if !PptpServer::exists()? {
        return Ok(());
    }
    let Some(lab) = Lab::new(1)? else { return Ok(()) };
    let public = lab.net("public", "10.77.0.254/24")?;
    let server = PptpServer::boot(&lab, &public, "10.77.0.1/24", &account())?;
    let client = lab.host("client", &public, "10.77.0.20/24")?;
    check(&lab, &server, &client)
}

fn requiring(options: &[&str]) -> Dial {
    Dial { ppp_options: options.iter().map(|option| (*option).to_owned()).collect(), ..account() }
}

/// Lets the client's kernel drop these packets, and no others, when they come in or go out.
fn drop_at(client: &Host, hook: &str, what: &str) -> Result<()> {
    let rules = format!(
        "flush ruleset; add table inet broken; \
         add chain inet broken there {{ type filter hook {hook} priority 0; }}; \
         add rule inet broken there {what} drop"
    );
    client.run("nft", &[&rules]).map(drop)
}

#[test]
fn a_probe_of_a_linux_server_comes_as_far_as_the_server_lets_it() -> Result<()> {
    with_server(|_, server, client| {
        let probed = Probed::look_at_pptp(client, &account())?;
        assert_eq!((probed.status, probed.cause()), (Some(0), ""), "{:#}", probed.report);
        assert!(probed.got("pptp").contains("vendor linux"), "{:#}", probed.report);
        assert!(probed.got("pptp-link").contains("asks for mschapv2"), "{:#}", probed.report);
        assert!(probed.got("pptp-log-on").contains("wants a password"), "{:#}", probed.report);
        let takes = serde_json::json!(["mschapv2"]);
        assert_eq!(probed.report["authentication"]["offered"], takes, "{:#}", probed.report);
        let logs = server.logs()?;
        assert!(logs.iter().all(|line| !line.contains("CHAP Response")), "nobody is named: {}", logs.join("\n"));

        let probed = Probed::ask_pptp(client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(0), "none.healthy"), "{:#}", probed.report);
        assert!(probed.got("pptp-log-on").contains("by mschapv2"), "{:#}", probed.report);
        assert!(probed.got("pptp-address").contains("address 10.98.0.1"), "{:#}", probed.report);
        let logs = server.logs()?;
        assert!(logs.iter().any(|line| line.contains("LCP terminated by peer")), "{}", logs.join("\n"));

        let other = Dial { password: "not the password".into(), ..account() };
        let probed = Probed::ask_pptp(client, &other, &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(1), "auth.bad_credentials"), "{:#}", probed.report);
        assert!(probed.got("pptp-log-on").contains("691"), "{:#}", probed.report);
        let refused = |logs: Vec<String>| logs.iter().filter(|line| line.contains("failed CHAP")).count();
        assert_eq!(refused(server.logs()?), 1, "it is tried once");

        server.serve(&requiring(&["require-mppe-128"]))?;
        let probed = Probed::ask_pptp(client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(1), "ccp.encryption_required"), "{:#}", probed.report);
        assert!(probed.got("pptp-log-on").contains("the user is accepted"), "{:#}", probed.report);
        let said = "this server requires MPPE (128 bits, stateless); the log-on itself was accepted";
        assert_eq!(probed.got("pptp-encryption"), said, "{:#}", probed.report);

        server.serve(&requiring(&["require-pap"]))?;
        let probed = Probed::ask_pptp(client, &account(), &["--auth", "pap"])?;
        assert_eq!((probed.status, probed.cause()), (Some(0), "none.healthy"), "{:#}", probed.report);
        assert!(probed.got("pptp-methods").contains("takes pap;"), "{:#}", probed.report);
        let warnings = probed.report["warnings"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(warnings.iter().any(|warning| warning["id"] == "pptp-pap"), "{:#}", probed.report);

        server.serve(&requiring(&["require-eap"]))?;
        let probed = Probed::ask_pptp(client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(1), "ppp.no_common_auth"), "{:#}", probed.report);
        assert!(probed.got("pptp-link").contains("asks for eap"), "{:#}", probed.report);

        server.stop()?;
        let probed = Probed::ask_pptp(client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(1), "host.server_not_running"), "{:#}", probed.report);
        Ok(())
    })
}

#[test]
fn a_probe_of_a_linux_server_says_what_is_dropped_on_the_way() -> Result<()> {
    with_server(|_, server, client| {
        for (hook, said) in [("input", "no GRE comes back"), ("output", "none of it answers or acknowledges")] {
            drop_at(client, hook, "meta l4proto 47")?;
            let probed = Probed::ask_pptp(client, &account(), &[])?;
            assert_eq!((probed.status, probed.cause()), (Some(1), "net.gre_blocked"), "{hook} {:#}", probed.report);
            assert!(probed.got("pptp-call").contains(said), "{hook} {:#}", probed.report);
        }
        drop_at(client, "output", "tcp dport 1723")?;
        let probed = Probed::ask_pptp(client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(1), "net.tcp1723_blocked"), "{:#}", probed.report);

        // pppd does not know this option and ends at once.
        drop_at(client, "output", "tcp dport 9")?;
        server.serve(&requiring(&["no-such-option"]))?;
        let probed = Probed::ask_pptp(client, &account(), &[])?;
        assert_eq!(probed.status, Some(1), "{:#}", probed.report);
        assert!(
            probed.got("pptp-call").contains("ends it again"),
            "{:#}\n{}",
            probed.report,
            server.logs()?.join("\n")
        );
        assert_eq!(probed.cause(), "host.configuration_error", "{:#}", probed.report);
        Ok(())
    })
}

#[test]
fn a_probe_names_the_router_that_refuses_gre() -> Result<()> {
    with_server(|lab, server, router| {
        let home = lab.net("home", "10.88.0.254/24")?;
        lab.attach(router, &home, "eth1", "10.88.0.1/24")?;
        let client = lab.host("behind", &home, "10.88.0.2/24")?;
        client.run("ip", &["route", "replace", "default", "via", "10.88.0.1"])?;
        server.guest().shell("ip route add 10.88.0.0/24 via 10.77.0.20")?;
        router.run("sysctl", &["-qw", "net.ipv4.ip_forward=1"])?;
        let probed = Probed::ask_pptp(&client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(0), "none.healthy"), "{:#}", probed.report);

        let rules = "add table ip broken; add chain ip broken through { type filter hook forward priority 0; }; \
                     add rule ip broken through iifname eth1 ip protocol 47 reject with icmp type admin-prohibited";
        router.run("nft", &[rules])?;
        let probed = Probed::ask_pptp(&client, &account(), &[])?;
        assert_eq!((probed.status, probed.cause()), (Some(1), "net.gre_blocked"), "{:#}", probed.report);
        let said = probed.got("pptp-call");
        assert!(said.contains("GRE is answered by ICMP") && said.ends_with("10.88.0.1"), "{:#}", probed.report);
        Ok(())
    })
}
