//! Attempts that must fail: what the server says about each, once, and what the client is told.

use interop::{Attempt, Causeway, Dial, LinuxClient, Result};
use serde_json::Value;

use crate::world::{SOON, World, account, text};

#[test]
fn each_refused_attempt_gets_one_verdict_and_tells_the_client_why() -> Result<()> {
    let Some(world) = World::new(1)? else { return Ok(()) };
    let server = world.serve()?;
    let client = LinuxClient::boot(&world.lab, &world.public, "10.77.0.10/24")?;

    let attempt = client.dial(&account().proposing("3des-md5-modp1024", "aes256-sha1"))?;
    assert_eq!(attempt.status, 11, "{attempt:?}");
    assert!(attempt.says("NO_PROPOSAL_CHOSEN"), "{attempt:?}");
    let verdict = only_new_verdict(&server, 1, &attempt)?;
    assert_eq!(text(&verdict, "cause"), "ike.no_proposal_phase1", "{verdict}");
    assert_eq!(verdict["ras"], 789);

    let attempt = client.dial(&account().proposing("aes256-sha1-modp2048", "3des-md5"))?;
    assert_eq!(attempt.status, 11, "{attempt:?}");
    assert!(attempt.says("NO_PROPOSAL_CHOSEN"), "{attempt:?}");
    let verdict = only_new_verdict(&server, 2, &attempt)?;
    assert_eq!(text(&verdict, "cause"), "ike.no_proposal_phase2", "{verdict}");

    let attempt = client.dial(&Dial { psk: "not-the-key-of-this-server".into(), ..account() })?;
    assert_eq!(attempt.status, 11, "{attempt:?}");
    let verdict = only_new_verdict(&server, 3, &attempt)?;
    assert_eq!(text(&verdict, "cause"), "ike.psk_mismatch", "{verdict}");
    assert_eq!(verdict["ras"], 789);

    let attempt = client.dial(&Dial { password: "wrong".into(), ..account() })?;
    assert_eq!(attempt.status, 13, "{attempt:?}");
    assert_eq!(attempt.stage("ppp").and_then(|report| report.field("code")), Some("19"), "{attempt:?}");
    assert!(attempt.says("E=691"), "{attempt:?}");
    let verdict = only_new_verdict(&server, 4, &attempt)?;
    assert_eq!(text(&verdict, "cause"), "auth.bad_credentials", "{verdict}");
    assert_eq!(verdict["ras"], 691);
    assert_eq!(text(&verdict, "user"), "anna");

    let attempt = client.dial(&Dial { ppp_options: vec!["refuse-mschap-v2".into()], ..account() })?;
    assert_ne!(attempt.status, 0, "{attempt:?}");
    let verdict = only_new_verdict(&server, 5, &attempt)?;
    assert_eq!(text(&verdict, "cause"), "ppp.no_common_auth", "{verdict}");

    // After all that, who belongs here comes in.
    client.connect(&account())?;
    assert_eq!(server.verdicts().len(), 5, "{}", server.log());
    Ok(())
}

/// The verdict about the attempt just made: there must be `total` now, and none may follow.
fn only_new_verdict(server: &Causeway, total: usize, attempt: &Attempt) -> Result<Value> {
    let verdicts = server.expect_verdicts(total, SOON)?;
    assert_eq!(server.verdicts().len(), total, "{}\n{}", server.log(), attempt.lines.join("\n"));
    let verdict = verdicts.into_iter().next_back().unwrap_or_default();
    for field in ["session", "peer", "user", "stage", "cause", "ras", "detail"] {
        assert!(verdict.get(field).is_some(), "no {field} in {verdict}");
    }
    assert!(text(&verdict, "peer").starts_with("10.77.0.10:"), "{verdict}");
    Ok(verdict)
}
