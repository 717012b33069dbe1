//! `causeway dial` against servers that nobody here wrote.

use std::net::Ipv4Addr;

use interop::{Dial, Dialer, Ended, Failed, Host, Lab, LinuxServer, Native, Net, Result, SoftEther};

use crate::world::{INSIDE, SOON, TUNNEL, World, account, text};

/// A host that answers nothing.
const MUTE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 9);

#[test]
fn a_dialer_reaches_a_linux_server_with_and_without_nat_and_hangs_up() -> Result<()> {
    let Some(lab) = Lab::new(1)? else { return Ok(()) };
    let public = lab.net("public", "10.77.0.254/24")?;
    let server = LinuxServer::boot(&lab, &public, "10.77.0.1/24", &account())?;
    let home = lab.nat("home", &public, "10.77.0.50/24", "192.168.1.1/24")?;
    let (direct, behind) =
        (lab.host("client", &public, "10.77.0.20/24")?, lab.host("behind", &home, "192.168.1.20/24")?);
    let capture = direct.scratch().join("capture.pcap").display().to_string();
    let tcpdump = Native::start(&direct, "tcpdump", &["-i", "eth0", "-U", "-Z", "root", "-w", &capture], &[])?;
    tcpdump.expect_line("listening on", SOON)?;

    for (client, encapsulation, required, method) in [
        (&direct, "raw", "require-mschap-v2", "mschapv2"),
        (&behind, "udp", "require-mschap-v2", "mschapv2"),
        (&behind, "udp", "require-chap", "chap"),
        (&direct, "raw", "require-pap", "pap"),
    ] {
        server.serve(&Dial { ppp_options: vec![required.into()], ..account() })?;
        let untouched = traces(client)?;
        let dialer = Dialer::dial(client, &account(), &["--auth", method, "--full-tunnel"])?;
        let connected = dialer.connected()?;
        assert_eq!(text(&connected, "address"), "10.99.0.10", "{connected}");
        assert_eq!(text(&connected, "peer"), TUNNEL.to_string(), "{connected}");
        assert_eq!(text(&connected, "authentication"), method, "{connected}");
        assert_eq!(text(&connected, "encapsulation"), encapsulation, "{connected}");
        assert_eq!(connected["dns"][0], TUNNEL.to_string(), "{connected}");
        assert_reaches(client, TUNNEL)?;
        let way = client.run("ip", &["route", "get", "172.20.0.10"])?;
        assert!(way.contains(&format!("dev {} ", text(&connected, "device"))), "{way}");
        assert_eq!(dialer.hang_up()?, Ended::Exited(0), "{}", dialer.log());
        assert_eq!(traces(client)?, untouched);
        assert_was_told(&server)?;
    }

    tcpdump.terminate(SOON)?;
    let frames = |filter: &str| -> Result<usize> {
        Ok(direct.run("tshark", &["-n", "-r", &capture, "-Y", filter])?.lines().count())
    };
    assert!(frames("ip.src == 10.77.0.20 && esp")? >= 20);
    assert_eq!(frames("ip.src == 10.77.0.20 && (_ws.malformed || _ws.expert.severity == \"Error\")")?, 0);
    Ok(())
}

#[test]
fn each_refused_dial_ends_with_the_number_and_the_cause_of_what_is_wrong() -> Result<()> {
    let Some(lab) = Lab::new(1)? else { return Ok(()) };
    let public = lab.net("public", "10.77.0.254/24")?;
    let server = LinuxServer::boot(&lab, &public, "10.77.0.1/24", &account())?;
    let client = lab.host("client", &public, "10.77.0.20/24")?;
    let home = lab.nat("home", &public, "10.77.0.50/24", "192.168.1.1/24")?;
    let behind_nat = lab.host("behind", &home, "192.168.1.20/24")?;
    let untouched = traces(&client)?;
    let fail = |dial: &Dial, arguments: &[&str]| Dialer::dial(&client, dial, arguments)?.failed();

    let other_key = Dial { psk: "not-the-key-of-this-server".into(), ..account() };
    let dialers = [Dialer::dial(&client, &other_key, &[])?, Dialer::dial(&behind_nat, &other_key, &[])?];
    for dialer in dialers {
        assert_failed(&dialer.failed()?, 11, &[789], "ike.psk_mismatch");
    }
    let wrong_password = Dial { password: "wrong".into(), ..account() };
    assert_failed(&fail(&wrong_password, &[])?, 13, &[691], "auth.bad_credentials");
    assert_failed(&fail(&Dial { user: "berta".into(), ..account() }, &[])?, 13, &[691], "auth.bad_credentials");

    server.serve(&Dial { ppp_options: vec!["require-pap".into()], ..account() })?;
    assert_failed(&fail(&account(), &[])?, 13, &[919], "ppp.no_common_auth");
    server.serve(&account().proposing("aes256-sha512-modp8192", "aes256-sha1"))?;
    assert_failed(&fail(&account(), &[])?, 11, &[788, 789], "ike.no_proposal_phase1");
    server.serve(&account().proposing("aes256-sha1-modp2048", "camellia256-sha1"))?;
    assert_failed(&fail(&account(), &[])?, 11, &[788, 789], "ike.no_proposal_phase2");
    assert_eq!(traces(&client)?, untouched);

    // After all that, who belongs here comes in.
    server.serve(&account())?;
    let dialer = Dialer::dial(&client, &account(), &[])?;
    dialer.connected()?;
    assert_reaches(&client, TUNNEL)?;
    assert_eq!(dialer.hang_up()?, Ended::Exited(0), "{}", dialer.log());

    // A host where nobody serves says so; one behind a firewall says nothing.
    server.stop()?;
    assert_failed(&fail(&account(), &["--timeout", "20"])?, 10, &[809], "net.server_unreachable");
    let _mute = mute(&lab, &public)?;
    assert_failed(&fail(&Dial { server: MUTE, ..account() }, &["--timeout", "3"])?, 10, &[809], "net.udp500_blocked");
    assert_eq!(traces(&client)?, untouched);
    Ok(())
}

/// The server's address is the router's; itself it has a private one, which the ids of IKE and the selectors show.
#[test]
fn a_dialer_reaches_a_linux_server_behind_a_nat_and_is_told_when_it_is_full() -> Result<()> {
    let Some(lab) = Lab::new(1)? else { return Ok(()) };
    let public = lab.net("public", "10.77.0.254/24")?;
    let office = lab.nat("office", &public, "10.77.0.60/24", "192.168.7.1/24")?;
    lab.forward_ipsec(&office, Ipv4Addr::new(192, 168, 7, 2))?;
    let server = LinuxServer::boot(&lab, &office, "192.168.7.2/24", &account())?;
    server.serve_from(&account(), "10.99.0.10-10.99.0.10")?;
    let home = lab.nat("home", &public, "10.77.0.50/24", "192.168.1.1/24")?;
    let (direct, behind) =
        (lab.host("client", &public, "10.77.0.20/24")?, lab.host("behind", &home, "192.168.1.20/24")?);
    let dial = Dial { server: Ipv4Addr::new(10, 77, 0, 60), ..account() };

    let reach = |client: &Host| {
        let dialer = Dialer::dial(client, &dial, &[])?;
        assert_eq!(text(&dialer.connected()?, "encapsulation"), "udp", "{}", dialer.log());
        assert_reaches(client, TUNNEL)?;
        Ok(dialer)
    };
    let first = reach(&direct)?;
    assert_eq!(first.hang_up()?, Ended::Exited(0), "{}", first.log());
    let second = reach(&behind)?;
    // There is one address, and somebody has it.
    let full = Dialer::dial(&direct, &dial, &[])?.failed()?;
    assert_failed(&full, 14, &[717], "ncp.address_pool_exhausted");
    assert_eq!(second.hang_up()?, Ended::Exited(0), "{}", second.log());
    Ok(())
}

/// SoftEther has another opinion about almost everything: it always puts ESP into UDP, starts a quick mode of its own when a client
/// comes back, says nothing when keys differ, and gives out addresses when its virtual DHCP server has answered.
#[test]
fn a_dialer_reaches_a_softether_server_and_learns_what_is_wrong() -> Result<()> {
    if !SoftEther::exists()? {
        return Ok(());
    }
    let Some(world) = World::new(0)? else { return Ok(()) };
    let server = SoftEther::serve(&world.server, &account())?;
    let home = world.lab.nat("home", &world.public, "10.77.0.50/24", "192.168.1.1/24")?;
    let clients = [
        world.lab.host("client", &world.public, "10.77.0.20/24")?,
        world.lab.host("behind", &home, "192.168.1.20/24")?,
    ];
    for (number, client) in (1..).zip(&clients) {
        let untouched = traces(client)?;
        let dialer = Dialer::dial(client, &account(), &["--full-tunnel"])?;
        let connected = dialer.connected()?;
        assert!(text(&connected, "address").starts_with("192.168.30."), "{connected}");
        assert_eq!(text(&connected, "authentication"), "mschapv2", "{connected}");
        assert_eq!(text(&connected, "encapsulation"), "udp", "{connected}");
        assert_reaches(client, SoftEther::TUNNEL)?;
        assert_reaches(client, INSIDE)?;
        assert_eq!(dialer.hang_up()?, Ended::Exited(0), "{}", dialer.log());
        assert_eq!(traces(client)?, untouched);
        for words in ["The PPP session is disconnected.", "This IKE SA is deleted."] {
            server.expect_log(words, number, SOON)?;
        }
    }

    // Silent for ten seconds, then the server denies that it ever heard of this client.
    let other_key = Dial { psk: "not-the-key-of-this-server".into(), ..account() };
    let other_key = Dialer::dial(&clients[1], &other_key, &[])?;
    let fail = |dial: &Dial, arguments: &[&str]| Dialer::dial(&clients[0], dial, arguments)?.failed();
    let wrong_password = Dial { password: "wrong".into(), ..account() };
    assert_failed(&fail(&wrong_password, &[])?, 13, &[691], "auth.bad_credentials");
    assert_failed(&fail(&account(), &["--auth", "chap"])?, 13, &[919], "ppp.no_common_auth");
    assert_failed(&other_key.failed()?, 11, &[789], "ike.psk_mismatch");
    Ok(())
}

/// A host behind a firewall that drops everything.
fn mute(lab: &Lab, net: &Net) -> Result<Host> {
    let host = lab.host("mute", net, &format!("{MUTE}/24"))?;
    let rules = "add table ip wall; add chain ip wall in { type filter hook input priority filter; policy drop; };";
    host.run("nft", &[rules])?;
    Ok(host)
}

fn assert_failed(failed: &Failed, status: i32, ras: &[u64], cause: &str) {
    let Failed { ended, event, log } = failed;
    assert_eq!((*ended, text(event, "cause")), (Ended::Exited(status), cause), "{log}");
    let number = event["ras"].as_u64().unwrap_or_default();
    assert!(ras.contains(&number), "{log}");
    assert!(log.lines().any(|line| line.starts_with(&format!("RAS error {number}: "))), "{log}");
}

/// Echoes come back once the server passes packets: the client's last message of the set-up is still on its way when the client is
/// connected, and pppd drops what comes before it has dealt with it.
fn assert_reaches(client: &Host, to: Ipv4Addr) -> Result<()> {
    client.run("ping", &["-n", "-c", "1", "-w", "10", "-i", "0.2", &to.to_string()])?;
    assert_echoes(client, to)
}

/// Five echoes of a usual and five of a large size come back. One that comes late, because the machine was busy, has not been lost.
pub(crate) fn assert_echoes(client: &Host, to: Ipv4Addr) -> Result<()> {
    for size in ["56", "1300"] {
        let echoes = ["-n", "-c", "5", "-i", "0.05", "-w", "10", "-s", size, &to.to_string()];
        let printed = client.run("ping", &echoes)?;
        assert!(printed.contains(" 5 received"), "{printed}");
    }
    Ok(())
}

/// Every layer of a Linux server was told that the client leaves.
fn assert_was_told(server: &LinuxServer) -> Result<()> {
    let logs = server.logs()?;
    for words in ["rcvd [LCP TermReq", "Connection closed to", "received DELETE for IKE_SA"] {
        assert!(logs.iter().any(|line| line.contains(words)), "{words:?}:\n{}", logs.join("\n"));
    }
    Ok(())
}

/// What a dialer changes on its host: devices, addresses, routes, rules.
fn traces(host: &Host) -> Result<[String; 4]> {
    Ok([
        host.run("ls", &["/sys/class/net"])?,
        host.run("ip", &["-oneline", "address", "show", "scope", "global"])?,
        host.run("ip", &["-4", "route", "show", "table", "all"])?,
        host.run("ip", &["rule"])?,
    ])
}
