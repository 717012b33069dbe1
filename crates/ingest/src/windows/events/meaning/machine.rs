//! Services, updates and starts of the machine.

use observe::{Fact, host};

use super::super::Event;
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
        _ => None,
    };
    Found { facts: fact.into_iter().collect(), ..Found::default() }
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
