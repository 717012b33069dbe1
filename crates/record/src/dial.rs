//! What `causeway dial --json` says about a dial that failed.

use diagnose::Verdict;
use serde_json::{Value, json};

/// An attempt that has ended: why, where, and what stands behind it.
pub fn ended(verdict: Verdict, stage: &str, detail: &Value) -> Value {
    json!({
        "ras": verdict.ras.map(|ras| ras.0),
        "cause": verdict.cause.id(),
        "stage": stage,
        "detail": detail,
    })
}

/// The event about an attempt that has [`ended`], so many milliseconds after it began.
pub fn failed(mut ended: Value, ms: u64) -> Value {
    ended["event"] = "failed".into();
    ended["ms"] = ms.into();
    ended
}

/// What stands behind a failure of the stack, in the failure's own terms.
pub fn detail(failure: &access::Failure) -> Value {
    match failure {
        access::Failure::Ike { failure, peer, .. } => {
            let mut detail = match failure {
                ike::Failure::Silence { attempts, elapsed, encapsulated } => json!({
                    "unanswered": attempts,
                    "elapsed_seconds": elapsed.as_secs(),
                    "port": if *encapsulated { 4500 } else { 500 },
                    "heard_on_port_4500": peer.heard_nat_t,
                }),
                ike::Failure::Refused { notify, authenticated, .. } => {
                    json!({ "server_says": notify.to_string(), "authenticated": authenticated })
                }
                ike::Failure::Undecryptable => {
                    json!({ "got": "a message that makes no sense under keys from our pre-shared key" })
                }
                other => json!({ "ike": format!("{other:?}") }),
            };
            detail["server"] = format!("{:?}", peer.announced.software()).into();
            detail
        }
        access::Failure::NoTunnel(no_tunnel) => {
            json!({ "waited_seconds": no_tunnel.waited.as_secs(), "heard_anything": no_tunnel.heard })
        }
        access::Failure::L2tp { failure, .. } | access::Failure::Unprotected { failure, .. } => {
            json!({ "l2tp": format!("{failure:?}") })
        }
        access::Failure::Cut { refusal, .. } => json!({ "server_says": format!("{refusal:?}") }),
        access::Failure::Ppp { failure, .. } => match failure {
            ppp::Failure::Refused(ppp::Refused::Authentication { ras, message }) => {
                json!({ "server_says": message, "code": ras.0 })
            }
            ppp::Failure::Refused(ppp::Refused::Terminated { ras, message }) => {
                json!({ "server_says": message, "code": ras.map(|ras| ras.0) })
            }
            ppp::Failure::Incompatible(ppp::Incompatible::NoCommonAuth { ours, theirs }) => json!({
                "allowed_here": ours.iter().map(|protocol| format!("{protocol:?}")).collect::<Vec<_>>(),
                "server_wants": theirs.iter().map(|protocol| format!("{protocol:?}")).collect::<Vec<_>>(),
            }),
            other => json!({ "ppp": format!("{other:?}") }),
        },
        access::Failure::PeerGone { reason } => json!({ "ike": format!("{reason:?}") }),
        access::Failure::HungUp => json!({}),
    }
}
