//! Sessions, events and counters as JSON: the fields of the log line and of the answers to questions.

use access::Failure;
use access::datapath::Encapsulation;
use access::server::{AuthMethod, End, Endpoint, Event, Session};
use clock::Timestamp;
use diagnose::Verdict;
use serde_json::{Map, Value, json};
use wire::ppp::Identification;

use crate::Level;

/// Level, sentence and fields of an event.
pub fn event(event: &Event, now: Timestamp) -> (Level, &'static str, Value) {
    match event {
        Event::Up { session } => (Level::Info, "session up", up(session)),
        Event::Moved { session } => (Level::Info, "session moved", brief(session)),
        Event::Failed { session, failure } => {
            let mut fields = brief(session);
            add_verdict(&mut fields, Some(Verdict::of(failure)));
            fields["detail"] = detail(failure);
            fields["seconds"] = now.since(session.started).as_secs().into();
            (Level::Warning, "connection failed", fields)
        }
        Event::RekeyFailed { session, failure } => {
            let mut fields = brief(session);
            fields["cause"] = diagnose::Cause::IkeRekeyFailed.id().into();
            fields["detail"] = detail(failure);
            (Level::Warning, "rekeying failed", fields)
        }
        Event::Down { session, end } => {
            let mut fields = brief(session);
            add_verdict(&mut fields, Verdict::of_end(end));
            fields["detail"] = end_detail(end);
            fields["seconds"] = session.up.map_or(0, |up| now.since(up).as_secs()).into();
            fields["octets_in"] = session.traffic.octets_in.into();
            fields["octets_out"] = session.traffic.octets_out.into();
            (Level::Info, "session down", fields)
        }
    }
}

/// Everything about a session.
pub fn session(session: &Session, now: Timestamp) -> Value {
    let mut fields = up(session);
    fields["prefix"] = session.prefix.map(|prefix| prefix.to_string()).into();
    fields["local"] = session.local.to_string().into();
    fields["seconds"] = now.since(session.up.unwrap_or(session.started)).as_secs().into();
    fields["octets_in"] = session.traffic.octets_in.into();
    fields["octets_out"] = session.traffic.octets_out.into();
    fields["packets_in"] = session.traffic.packets_in.into();
    fields["packets_out"] = session.traffic.packets_out.into();
    fields["authentication"] = session.authenticated.map(method_name).into();
    if let Some(phase1) = &session.phase1 {
        fields["ike_identity"] = phase1.peer_id.to_string().into();
        fields["client_behind_nat"] = phase1.nat.remote.into();
        fields["server_behind_nat"] = phase1.nat.local.into();
    }
    if let Some(identity) = &session.l2tp {
        fields["l2tp_host_name"] = octets(identity.host_name.as_deref());
        fields["l2tp_vendor"] = octets(identity.vendor_name.as_deref());
    }
    if !session.identification.is_empty() {
        fields["identification"] = session.identification.iter().map(identification).collect();
    }
    if let Some(id) = session.correlation_id {
        fields["correlation_id"] = guid(id).into();
    }
    fields
}

/// The address pool.
pub fn pool(endpoint: &Endpoint) -> Value {
    let pool = endpoint.pool();
    let user =
        |holder: u64| endpoint.sessions().find(|session| session.id.0 == holder).and_then(|session| session.user);
    let leases = pool.leases().into_iter().map(|(address, holder)| {
        json!({ "address": address.to_string(), "session": format!("s{holder}"), "user": user(holder) })
    });
    json!({
        "range": pool.range().to_string(),
        "server": pool.server().to_string(),
        "size": pool.size(),
        "in_use": pool.in_use(),
        "leases": leases.collect::<Vec<_>>(),
    })
}

/// What was dropped, by reason.
pub fn drops(endpoint: &Endpoint) -> Value {
    let mut drops = Map::new();
    for (reason, count) in endpoint.drops().iter().filter(|(_, count)| *count > 0) {
        drops.insert(reason.label().to_owned(), count.into());
    }
    for (reason, count) in endpoint.ike_drops().iter() {
        drops.insert(format!("ike_{}", snake_case(&format!("{reason:?}"))), count.into());
    }
    drops.into()
}

/// The name of an authentication method in logs and JSON.
pub const fn method_name(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::MsChapV2 => "mschapv2",
        AuthMethod::EapMsChapV2 => "eap-mschapv2",
        AuthMethod::ChapMd5 => "chap",
        AuthMethod::Pap => "pap",
    }
}

/// The fields that every line about a session has.
fn brief(session: &Session) -> Value {
    json!({
        "session": session.id.to_string(),
        "peer": session.remote.to_string(),
        "user": session.user,
        "stage": session.stage.id(),
    })
}

fn up(session: &Session) -> Value {
    let mut fields = brief(session);
    fields["address"] = session.address.map(|address| address.to_string()).into();
    fields["ike"] = session.phase1.as_ref().map(|phase1| phase1.suite.to_string()).into();
    fields["esp"] = session.esp.map(|(suite, _)| suite.to_string()).into();
    let encapsulation = session.esp.map(|(_, encapsulation)| match encapsulation {
        Encapsulation::Raw => "raw",
        Encapsulation::Udp => "udp",
    });
    fields["encapsulation"] = encapsulation.into();
    fields["client"] = session.phase1.as_ref().map(|phase1| format!("{:?}", phase1.peer.software())).into();
    fields
}

fn add_verdict(fields: &mut Value, verdict: Option<Verdict>) {
    fields["cause"] = verdict.map(|verdict| verdict.cause.id()).into();
    fields["ras"] = verdict.and_then(|verdict| verdict.ras).map(|ras| ras.0).into();
}

/// The data of a failure: what was expected and what came, in the failure's own terms.
fn detail(failure: &Failure) -> Value {
    match failure {
        Failure::Ike { failure, peer, .. } => {
            let mut detail = ike_detail(failure);
            detail["client"] = format!("{:?}", peer.announced.software()).into();
            detail
        }
        Failure::NoTunnel(no_tunnel) => json!({
            "expected": "an L2TP message through the association",
            "esp_heard": no_tunnel.heard,
            "encapsulation": format!("{:?}", no_tunnel.encapsulation).to_lowercase(),
            "client_left": no_tunnel.peer_left,
            "waited_seconds": no_tunnel.waited.as_secs(),
        }),
        Failure::L2tp { failure, .. } | Failure::Unprotected { failure, .. } => {
            json!({ "l2tp": format!("{failure:?}") })
        }
        Failure::PeerGone { reason } => json!({ "ike": format!("{reason:?}") }),
        Failure::Cut { refusal, .. } => json!({ "l2tp": format!("{refusal:?}") }),
        Failure::HungUp => json!({}),
        Failure::Ppp { failure, denied, .. } => {
            let mut detail = json!({ "ppp": format!("{failure:?}") });
            if let Some(denied) = denied {
                let reason = match denied {
                    policy::Denied::UnknownUser => "no account has this name",
                    policy::Denied::WrongPassword => "wrong password",
                    policy::Denied::Disabled => "the account is disabled",
                    policy::Denied::Expired => "the account has expired",
                    policy::Denied::LogonHours => "the user may not log on at this hour",
                    policy::Denied::Locked => "the account is locked after wrong passwords",
                };
                detail = json!({ "reason": reason });
            }
            detail
        }
    }
}

fn ike_detail(failure: &ike::Failure) -> Value {
    match failure {
        ike::Failure::Incompatible(ike::Incompatible::Phase1(mismatch)) => {
            let offered = mismatch.offered.iter().map(|refused| format!("{}: {:?}", refused.transform, refused.reason));
            json!({ "offered": offered.collect::<Vec<_>>(), "accepted": mismatch.accepted.to_string() })
        }
        ike::Failure::Incompatible(ike::Incompatible::Child(mismatch)) => {
            let offered = mismatch.offered.iter().map(|refused| format!("{}: {:?}", refused.transform, refused.reason));
            json!({ "offered": offered.collect::<Vec<_>>(), "accepted": mismatch.accepted.to_string() })
        }
        ike::Failure::Undecryptable => json!({
            "expected": "an identity and a hash, encrypted under keys from our pre-shared key",
            "got": "octets that make no sense after decryption: the client has another pre-shared key",
        }),
        ike::Failure::Silence { attempts, elapsed, encapsulated } => json!({
            "unanswered": attempts, "elapsed_seconds": elapsed.as_secs(), "port": if *encapsulated { 4500 } else { 500 },
        }),
        other => json!({ "ike": format!("{other:?}") }),
    }
}

fn end_detail(end: &End) -> Value {
    match end {
        End::Ppp { failure } => json!({ "ppp": format!("{failure:?}") }),
        End::L2tp { failure } => json!({ "l2tp": format!("{failure:?}") }),
    }
}

fn octets(octets: Option<&[u8]>) -> Value {
    octets.map(|octets| String::from_utf8_lossy(octets).into_owned()).into()
}

/// What a client said about itself in LCP.
fn identification(said: &Identification) -> String {
    match said {
        Identification::WindowsVersion(text) | Identification::Text(text) => text.clone(),
        Identification::ComputerName(name) => format!("computer {name}"),
        Identification::Correlation(id) => format!("correlation {}", guid(*id)),
    }
}

/// A GUID as Windows prints it: the first three fields are little-endian.
fn guid(id: [u8; 16]) -> String {
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    let reversed = |octets: &[u8]| hex(&octets.iter().rev().copied().collect::<Vec<_>>());
    let (first, second, third) = (reversed(&id[..4]), reversed(&id[4..6]), reversed(&id[6..8]));
    format!("{{{first}-{second}-{third}-{}-{}}}", hex(&id[8..10]), hex(&id[10..]))
}

/// `AddressLimit` as `address_limit`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars().take_while(|character| character.is_ascii_alphanumeric()) {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_prints_as_windows_shows_it() {
        let id = [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
        assert_eq!(guid(id), "{00112233-4455-6677-8899-AABBCCDDEEFF}");
    }

    #[test]
    fn a_reason_becomes_a_label() {
        assert_eq!(snake_case("AddressLimit"), "address_limit");
        assert_eq!(snake_case("Exchange(ExchangeType(243))"), "exchange");
    }
}
