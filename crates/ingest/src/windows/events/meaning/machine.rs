//! Services, updates and starts of the machine.

use observe::{Fact, host, network};

use super::super::{Event, happened};
use super::Found;
use crate::windows::service;

pub(super) fn of(event: &Event, provider: &str) -> Found {
    let first = event.data.first().map_or("", |(_, value)| value.as_str());
    let fact: Option<Fact> = match (provider, event.id) {
        ("service control manager" | "microsoft-windows-service control manager", 7036) => changed(event, first),
        (
            "service control manager" | "microsoft-windows-service control manager",
            7000 | 7001 | 7023 | 7024 | 7031 | 7034,
        ) => {
            let name = if first.is_empty() { named_in(&event.message) } else { service::name(first) };
            name.map(|name| host::Fact::Service { name, running: Some(false), start: None }.into())
        }
        ("eventlog", 6005) | ("microsoft-windows-kernel-general", 12) => {
            event.at.map(|at| host::Fact::Booted { at }.into())
        }
        ("microsoft-windows-windowsupdateclient" | "windows update agent", 19) => {
            let words = event.words();
            service::update(&words).map(|name| host::Fact::Update { name }.into())
        }
        // Another machine has the address (4198), or had it first (4199).
        ("tcpip" | "microsoft-windows-tcpip", 4198 | 4199) => {
            let words = event.words();
            Some(network::Fact::AddressConflict { address: super::address(&words) }.into())
        }
        // No common version of TLS; 36887 and 36888 tell the alert, of which 70 is "protocol version" (RFC 5246 §7.2.2).
        ("schannel", 36874) => Some(happened("Schannel", 36874)),
        ("schannel", 36887 | 36888) if alert(event) == Some(70) => Some(happened("Schannel", event.id)),
        _ => None,
    };
    Found { facts: fact.into_iter().collect(), ..Found::default() }
}

/// The first number of the data, or of the sentence.
fn alert(event: &Event) -> Option<u32> {
    let words = event.words();
    let number = |text: &str| text.split(|char: char| !char.is_ascii_digit()).find_map(|digits| digits.parse().ok());
    event.data.iter().find_map(|(_, value)| value.parse().ok()).or_else(|| number(&words))
}

/// 7036: the octets hold the short name and the state as a number; what is printed is in the machine's language.
fn changed(event: &Event, first: &str) -> Option<Fact> {
    let units: Vec<u16> = event.binary.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let told = String::from_utf16_lossy(&units);
    let told = told.trim_matches('\0');
    if let Some((name, state)) = told.rsplit_once('/') {
        let running = match state.trim() {
            "4" => Some(true),
            "1" => Some(false),
            _ => return None,
        };
        let name = service::short(name)?;
        return Some(host::Fact::Service { name, running, start: None }.into());
    }
    let (name, state) = match event.data.as_slice() {
        [_, (_, state), ..] => (service::name(first), state.as_str()),
        _ => (named_in(&event.message), event.message.as_str()),
    };
    let running = service::state(state)?;
    Some(host::Fact::Service { name: name?, running: Some(running), start: None }.into())
}

/// The first service of interest that a sentence names.
fn named_in(sentence: &str) -> Option<String> {
    service::NAMES.iter().find(|(_, shown)| sentence.contains(shown)).map(|(name, _)| (*name).to_owned())
}
