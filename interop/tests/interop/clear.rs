//! `causeway dial` without IPsec against servers that nobody here wrote.

use interop::{Dial, Dialer, Ended, Failed, L2tpNs, Result, SoftEther};

use crate::dial::assert_echoes;
use crate::world::{World, account, text};

/// What it takes to do without IPsec.
const CLEAR: [&str; 3] = ["--protocol", "l2tp", "--without-ipsec"];

#[test]
fn a_dialer_reaches_a_server_without_ipsec_and_learns_what_is_wrong() -> Result<()> {
    if !L2tpNs::exists()? {
        return Ok(());
    }
    let Some(world) = World::new(0)? else { return Ok(()) };
    let server = L2tpNs::serve(&world.server, &account(), "chap,pap")?;
    let home = world.lab.nat("home", &world.public, "10.77.0.50/24", "192.168.1.1/24")?;
    let clients = [
        world.lab.host("client", &world.public, "10.77.0.20/24")?,
        world.lab.host("behind", &home, "192.168.1.20/24")?,
    ];
    for client in &clients {
        for arguments in [["--auth", "chap", "--full-tunnel"], ["--auth", "pap", "--clear-password"]] {
            let dialer = Dialer::dial(client, &account(), &[CLEAR, arguments].concat())?;
            let connected = dialer.connected()?;
            assert!(text(&connected, "address").starts_with("10.97.0."), "{connected}");
            assert_eq!(text(&connected, "strategy"), "l2tp-clear", "{connected}");
            assert!(connected["esp"].is_null() && connected["ike"].is_null(), "{connected}");
            assert!(dialer.log().contains("nothing is protected"), "{}", dialer.log());
            assert_echoes(client, L2tpNs::TUNNEL)?;
            assert_eq!(dialer.hang_up()?, Ended::Exited(0), "{}", dialer.log());
        }
    }

    let fail = |dial: &Dial, arguments: &[&str]| Dialer::dial(&clients[0], dial, arguments)?.failed();
    let wrong_password = Dial { password: "wrong".into(), ..account() };
    assert_failed(
        &fail(&wrong_password, &[&CLEAR[..], &["--auth", "chap"]].concat())?,
        13,
        691,
        "auth.bad_credentials",
    );
    // The usual way to log on is none of this server's; and IPsec is none of it at all.
    assert_failed(&fail(&account(), &CLEAR)?, 13, 919, "ppp.no_common_auth");
    let both = fail(&account(), &["--order", "l2tp,l2tp-clear", "--without-ipsec"])?;
    assert_failed(&both, 13, 800, "ppp.no_common_auth");
    let attempts: Vec<_> = both.event["attempts"].as_array().into_iter().flatten().collect();
    let shown: Vec<_> = attempts.iter().map(|attempt| (text(attempt, "strategy"), attempt["ras"].as_u64())).collect();
    assert_eq!(shown, [("l2tp", Some(809)), ("l2tp-clear", Some(919))], "{}", both.log);
    // In an order the connection is made by what works.
    let order = ["--order", "l2tp,l2tp-clear", "--without-ipsec", "--auth", "mschapv2,chap"];
    let dialer = Dialer::dial(&clients[0], &account(), &order)?;
    assert_eq!(text(&dialer.connected()?, "strategy"), "l2tp-clear");
    assert_echoes(&clients[0], L2tpNs::TUNNEL)?;
    assert_eq!(dialer.hang_up()?, Ended::Exited(0), "{}", dialer.log());
    drop(server);
    Ok(())
}

/// With MS-CHAPv2, which l2tpns does not know.
#[test]
fn a_dialer_reaches_softether_without_ipsec() -> Result<()> {
    if !SoftEther::exists()? {
        return Ok(());
    }
    let Some(world) = World::new(0)? else { return Ok(()) };
    let _server = SoftEther::serve(&world.server, &account())?;
    let home = world.lab.nat("home", &world.public, "10.77.0.50/24", "192.168.1.1/24")?;
    let clients = [
        world.lab.host("client", &world.public, "10.77.0.20/24")?,
        world.lab.host("behind", &home, "192.168.1.20/24")?,
    ];
    for client in &clients {
        let dialer = Dialer::dial(client, &account(), &CLEAR)?;
        let connected = dialer.connected()?;
        assert_eq!(text(&connected, "authentication"), "mschapv2", "{connected}");
        assert_eq!(text(&connected, "strategy"), "l2tp-clear", "{connected}");
        assert_echoes(client, SoftEther::TUNNEL)?;
        assert_eq!(dialer.hang_up()?, Ended::Exited(0), "{}", dialer.log());
    }
    let wrong_password = Dial { password: "wrong".into(), ..account() };
    let failed = Dialer::dial(&clients[0], &wrong_password, &CLEAR)?.failed()?;
    assert_failed(&failed, 13, 691, "auth.bad_credentials");
    Ok(())
}

fn assert_failed(failed: &Failed, status: i32, ras: u64, cause: &str) {
    let Failed { ended, event, log } = failed;
    assert_eq!((*ended, text(event, "cause")), (Ended::Exited(status), cause), "{log}");
    assert_eq!(event["ras"].as_u64(), Some(ras), "{log}");
}
