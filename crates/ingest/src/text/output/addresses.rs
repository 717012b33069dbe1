//! Addresses: `ip addr`, `ifconfig`.

use observe::network::Fact;
use observe::{About, SourceKind};

use super::is_tunnel;
use crate::text::reader::{Line, Out, Reader};
use crate::text::words;

/// Reads the addresses of interfaces.
#[derive(Default)]
pub(crate) struct Addresses {
    interface: Option<String>,
}

impl Reader for Addresses {
    fn kind(&self) -> SourceKind {
        SourceKind::Addresses
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim_end();
        if let Some(interface) = heading(text) {
            self.interface = Some(interface.to_owned());
            return true;
        }
        let Some(interface) = &self.interface else { return false };
        if !text.starts_with([' ', '\t']) {
            self.interface = None;
            return false;
        }
        let mut words = text.split_whitespace();
        let family = words.next().unwrap_or_default();
        if !matches!(family, "inet" | "inet6") {
            return matches!(
                family,
                "link/ether"
                    | "link/loopback"
                    | "link/ppp"
                    | "link/none"
                    | "valid_lft"
                    | "RX"
                    | "TX"
                    | "ether"
                    | "options="
                    | "status:"
                    | "media:"
                    | "loop"
                    | "txqueuelen"
                    | "RX:"
                    | "TX:"
            ) || family.starts_with("link/")
                || family.starts_with("options=");
        }
        let Some(address) = words
            .next()
            .and_then(|word| words::ip(word.trim_start_matches("addr:").split('/').next().unwrap_or_default()))
        else {
            return false;
        };
        let mut peer = None;
        while let Some(word) = words.next() {
            if matches!(word, "peer" | "-->" | "destination") {
                peer = words.next().and_then(|word| words::ip(word.split('/').next().unwrap_or_default()));
            }
        }
        let interface = interface.clone();
        out.shared().addresses.insert(address);
        let tunnel = is_tunnel(&interface);
        out.say(About::default(), Fact::Address { interface, tunnel, address, peer });
        true
    }
}

/// The interface in "3: ppp0: <POINTOPOINT,UP> mtu 1400", "3: eth0@if4: <...>", "ppp0: flags=4305<UP,...>  mtu 1400".
fn heading(text: &str) -> Option<&str> {
    if text.starts_with([' ', '\t']) {
        return None;
    }
    if let Some((name, rest)) = text.split_once(": flags=")
        && rest.contains('<')
        && !name.contains(' ')
    {
        return Some(name);
    }
    let (number, rest) = text.split_once(": ")?;
    if number.is_empty() || !number.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let (name, rest) = rest.split_once(": <")?;
    rest.contains("> mtu ").then(|| name.split('@').next().unwrap_or(name))
}
