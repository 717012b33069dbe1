//! RasClient: the dialer of Windows (20220 to 20227).

use std::net::SocketAddr;

use observe::{About, Side, host, network, ppp, reported};

use super::super::{Event, happened};
use super::{Found, address, between, code, guid, last_number, said, setting};

pub(super) fn of(event: &Event) -> Found {
    let words = event.words();
    let values = said(event);
    let all: String = event.data.iter().flat_map(|(_, value)| [value.as_str(), "\n"]).chain([words.as_str()]).collect();
    let profile = profile(event, &values, &words);
    let user = values.first().map(|user| (*user).to_owned()).or_else(|| user(&words));
    let server = address(&profile.server).map(|address| SocketAddr::new(address, 0));
    let about = About { attempt: guid(&all).map(str::to_owned), user, server, ..About::default() };
    let mut facts = vec![happened("RasClient", event.id)];
    match event.id {
        20221 | 20222 if profile != host::Profile { name: profile.name.clone(), ..host::Profile::default() } => {
            facts.push(host::Fact::Profile(profile).into());
        }
        20225 => {
            facts.push(reported::Fact::Connected.into());
            if let Some(address) = setting(&all, "TunnelIpAddress").and_then(address) {
                let interface = profile.name;
                facts.push(network::Fact::Address { interface, tunnel: true, address, peer: None }.into());
            }
        }
        20220 | 20226 | 20227 => match ended(&values, &words) {
            // The code of a person who hung up is no error.
            Some(631) if event.id != 20227 => facts.push(reported::Fact::UserHungUp.into()),
            number => facts.extend(number.and_then(code)),
        },
        _ => {}
    }
    Found { side: Some(Side::Client), about, facts }
}

/// The code at the end: the last datum, or the last number of the sentence in any language.
fn ended(values: &[&str], words: &str) -> Option<u32> {
    values.last().and_then(|value| value.trim().parse().ok()).or_else(|| last_number(words))
}

/// What the event says about the connection's settings.
fn profile(event: &Event, values: &[&str], words: &str) -> host::Profile {
    let sentence = words.split_once("}:").map_or(words, |(_, sentence)| sentence);
    let settings = values.iter().rev().find(|value| value.contains('=')).copied().unwrap_or(sentence);
    let name = match (event.id, values) {
        (20221, [_, _, _, name, ..]) | (20222 | 20225 | 20226 | 20227, [_, name, ..]) => (*name).to_owned(),
        _ => named(words).unwrap_or_default(),
    };
    let tunnel = match setting(settings, "VpnStrategy") {
        Some(strategy) => strategy.to_owned(),
        None => device(settings).unwrap_or_default().to_owned(),
    };
    let server = if matches!(event.id, 20222 | 20223) { server(settings) } else { String::new() };
    let encryption = setting(settings, "DataEncryption").unwrap_or_default().to_owned();
    let shared_key = setting(settings, "IPsec authentication for L2TP").map(|kind| {
        let kind = kind.to_lowercase();
        kind.contains("shared") || kind.contains("psk")
    });
    let methods =
        setting(settings, "Authentication Type").or_else(|| setting(settings, "AuthRestriction")).map(methods);
    host::Profile {
        name,
        server,
        tunnel,
        encryption,
        shared_key,
        methods: methods.unwrap_or_default(),
        split_tunnel: None,
    }
}

/// Methods by name, as far as they are named.
pub(in crate::windows) fn methods(text: &str) -> Vec<ppp::Method> {
    let mut methods = Vec::new();
    for word in text.split(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '-' | ' '))) {
        let word: String = word.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let method = match word.as_str() {
            "pap" | "unencryptedpasswordpap" => ppp::Method::Pap,
            "chap" | "md5chap" => ppp::Method::Chap,
            "mschap" | "mschapv1" => ppp::Method::MsChapV1,
            "mschapv2" | "mschap2" | "microsoftchapversion2" => ppp::Method::MsChapV2,
            word if word.starts_with("eap") => ppp::Method::Eap(None),
            _ => continue,
        };
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods
}

/// The tunnel type of a device ("WAN Miniport (L2TP)"), as the settings of a connection name it.
fn device(text: &str) -> Option<&'static str> {
    let kind = between(&text.to_ascii_uppercase(), "WAN MINIPORT (", ")")?.to_owned();
    match kind.as_str() {
        "L2TP" => Some("L2tp"),
        "PPTP" => Some("Pptp"),
        "SSTP" => Some("Sstp"),
        "IKEV2" => Some("Ikev2"),
        _ => None,
    }
}

/// The server: the value of the first setting that is printed, whatever language its name is in.
fn server(settings: &str) -> String {
    let Some((_, value)) = settings.split_once('=') else { return String::new() };
    value.split_whitespace().next().unwrap_or_default().to_owned()
}

fn user(words: &str) -> Option<String> {
    let rest = between(words, "The user ", " dialed")
        .or_else(|| between(words, "The user ", " has "))
        .or_else(|| between(words, "The user ", " is trying"))
        .or_else(|| between(words, "by user ", "."));
    rest.filter(|user| user.len() < 256).map(str::to_owned)
}

fn named(words: &str) -> Option<String> {
    let rest = words.split_once("connection named ").or_else(|| words.split_once("connection profile named "))?.1;
    let end = [" which ", " that ", " to the ", " using ", ". "].iter().filter_map(|end| rest.find(end)).min()?;
    rest.get(..end).map(str::to_owned)
}
