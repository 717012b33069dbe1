use observe::ppp::{Fact, Method, Missing, Reason};

use super::{Teller, Words};

pub(super) fn words<'a>(teller: &Teller<'_>, fact: &'a Fact) -> Words<'a> {
    let who = |id, party| Words::new(id).with("who", teller.who(party));
    match fact {
        Fact::Packet { from, protocol, code, repeated } => {
            let id = if *repeated { "ppp-packet-again" } else { "ppp-packet" };
            who(id, *from).with("packet", protocol.packet(*code))
        }
        Fact::AuthenticationDemanded { by, method } => {
            who("ppp-authentication-demanded", *by).with("method", name(teller, *method))
        }
        Fact::AuthenticationDeclined { by, method, instead: None } => {
            who("ppp-authentication-declined", *by).with("method", name(teller, *method))
        }
        Fact::AuthenticationDeclined { by, method, instead: Some(instead) } => {
            who("ppp-authentication-declined-instead", *by)
                .with("method", name(teller, *method))
                .with("instead", name(teller, *instead))
        }
        Fact::AuthenticationOffered { by, offered, refused } => {
            let names = |methods: &[Method]| {
                let names: Vec<String> = methods.iter().map(|method| name(teller, *method)).collect();
                if names.is_empty() { "-".to_owned() } else { names.join(", ") }
            };
            who("ppp-authentication-offered", *by).with("offered", names(offered)).with("refused", names(refused))
        }
        Fact::NoCommonAuthentication { at } => who("ppp-no-common-authentication", *at),
        Fact::LinkUp => Words::new("ppp-link-up"),
        Fact::Unanswered { at, protocol } => who("ppp-unanswered", *at).with("protocol", protocol.to_string()),
        Fact::NotConverging { protocol } => Words::new("ppp-not-converging").with("protocol", protocol.to_string()),
        Fact::Loopback { at } => who("ppp-loopback", *at),
        Fact::Authenticated { method, user } => match (method, user) {
            (None, None) => Words::new("ppp-authenticated"),
            (None, Some(user)) => Words::new("ppp-authenticated-user").with("user", user.clone()),
            (Some(method), None) => Words::new("ppp-authenticated-by").with("method", name(teller, *method)),
            (Some(method), Some(user)) => {
                Words::new("ppp-authenticated-user-by").with("user", user.clone()).with("method", name(teller, *method))
            }
        },
        Fact::AuthenticationFailed { reason: Some(why), at, .. } => {
            who("ppp-authentication-failed-reason", *at).with("reason", teller.say(reason(*why)))
        }
        Fact::AuthenticationFailed { code: Some(code), at, .. } => {
            who("ppp-authentication-failed-code", *at).with("code", *code)
        }
        Fact::AuthenticationFailed { at, .. } => who("ppp-authentication-failed", *at),
        Fact::ServerNotAuthentic => Words::new("ppp-server-not-authentic"),
        Fact::AuthenticationTimedOut { at } => who("ppp-authentication-timed-out", *at),
        Fact::Encrypted { bits } => Words::new("ppp-encrypted").with("bits", *bits),
        Fact::EncryptionRequired { by } => who("ppp-encryption-required", *by),
        Fact::EncryptionStrength { at } => who("ppp-encryption-strength", *at),
        Fact::NoEncryptionKeys { at } => who("ppp-no-encryption-keys", *at),
        Fact::NetworkUp { protocol, client: Some(client), .. } => Words::new("ppp-network-up-client")
            .with("protocol", protocol.to_string())
            .with("client", client.to_string()),
        Fact::NetworkUp { protocol, client: None, .. } => {
            Words::new("ppp-network-up").with("protocol", protocol.to_string())
        }
        Fact::ProtocolRejected { by, protocol } => {
            who("ppp-protocol-rejected", *by).with("protocol", protocol.to_string())
        }
        Fact::NoNetworkProtocol { at } => who("ppp-no-network-protocol", *at),
        Fact::NoAddress { at, exhausted } => {
            who(if *exhausted { "ppp-no-address-exhausted" } else { "ppp-no-address" }, *at)
        }
        Fact::AddressRefused { by, address: None } => who("ppp-address-refused", *by),
        Fact::AddressRefused { by, address: Some(address) } => {
            who("ppp-address-refused-this", *by).with("address", address.to_string())
        }
        Fact::Terminated { by, text, code } => match code {
            Some(code) => who("ppp-terminated-code", *by).with("code", *code).said(text),
            None => who("ppp-terminated", *by).said(text),
        },
        Fact::PeerDead { at } => who("ppp-peer-dead", *at),
        Fact::HungUp { at } => who("ppp-hung-up", *at),
        Fact::Garbage { at } => who("ppp-garbage", *at),
        Fact::Incompatible { at, said } => who("ppp-incompatible", *at).said(said),
        Fact::KernelMissing { at, what } => who("ppp-kernel-missing", *at).with("what", missing(*what)),
        Fact::Exited { at, status } => who("ppp-exited", *at).with("status", *status),
        Fact::Up { seconds, .. } => Words::new("ppp-up").with("seconds", *seconds),
    }
}

/// The message that says why a user was refused.
pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownUser => "reason-unknown-user",
        Reason::WrongPassword => "reason-wrong-password",
        Reason::UserFormat => "reason-user-format",
        Reason::Locked => "reason-locked",
        Reason::Disabled => "reason-disabled",
        Reason::Expired => "reason-expired",
        Reason::PasswordExpired => "reason-password-expired",
        Reason::LogonHours => "reason-logon-hours",
        Reason::NoDialin => "reason-no-dialin",
        Reason::NoPolicy => "reason-no-policy",
        Reason::Constraint => "reason-constraint",
        Reason::MethodDisabled => "reason-method-disabled",
        Reason::NoUsablePassword => "reason-no-usable-password",
        Reason::Backend => "reason-backend",
        Reason::Address => "reason-address",
        Reason::TlsVersion => "reason-tls-version",
    }
}

fn name(teller: &Teller<'_>, method: Method) -> String {
    match method {
        Method::Pap => "PAP".to_owned(),
        Method::Chap => "CHAP".to_owned(),
        Method::MsChapV1 => "MS-CHAP".to_owned(),
        Method::MsChapV2 => "MS-CHAP v2".to_owned(),
        Method::Eap(None) => "EAP".to_owned(),
        Method::Eap(Some(kind)) => format!("EAP ({kind})"),
        Method::Other => teller.say("method-other"),
    }
}

const fn missing(what: Missing) -> &'static str {
    match what {
        Missing::DevPpp | Missing::DevPppForbidden => "/dev/ppp",
        Missing::Ppp => "PPP",
        Missing::L2tp => "L2TP",
        Missing::Pptp => "PPTP",
        Missing::Mppe => "MPPE",
    }
}
