//! IPv6CP's list of options (RFC 5072 §4).

use rand_core::CryptoRng;
use wire::ppp::{Ipv6cpKind, Opt, Protocol, interface_id_value, push_option};

use crate::event::Ipv6Settings;
use crate::negotiation::{OptionList, Verdict};

#[derive(Debug, Default)]
pub(crate) struct Ipv6cpOptions {
    own: u64,
    peer: u64,
    /// Whether the peer rejected our identifier option.
    mute: bool,
}

impl Ipv6cpOptions {
    pub(crate) fn settings(&self) -> Ipv6Settings {
        Ipv6Settings { local: self.own, remote: self.peer }
    }
}

impl OptionList for Ipv6cpOptions {
    const PROTOCOL: Protocol = Protocol::IPV6CP;

    fn reset(&mut self, rng: &mut dyn CryptoRng) {
        *self = Ipv6cpOptions { own: random_id(rng, 0), peer: 0, mute: false };
    }

    fn request(&self, out: &mut Vec<u8>) {
        if !self.mute {
            push_option(out, Ipv6cpKind::INTERFACE_ID.0, &self.own.to_be_bytes());
        }
    }

    fn judge(&mut self, option: Opt<'_>, rng: &mut dyn CryptoRng) -> Verdict {
        match (Ipv6cpKind(option.kind), interface_id_value(option.value)) {
            (Ipv6cpKind::INTERFACE_ID, Ok(id)) if id != 0 && id != self.own => Verdict::Accept,
            (Ipv6cpKind::INTERFACE_ID, _) => Verdict::Nak(random_id(rng, self.own).to_be_bytes().to_vec()),
            _ => Verdict::Reject,
        }
    }

    fn adopt(&mut self, options: &[Opt<'_>]) {
        let id = options.iter().find(|option| Ipv6cpKind(option.kind) == Ipv6cpKind::INTERFACE_ID);
        self.peer = id.and_then(|option| interface_id_value(option.value).ok()).unwrap_or(0);
    }

    fn naked(&mut self, option: Opt<'_>, rng: &mut dyn CryptoRng) {
        if Ipv6cpKind(option.kind) == Ipv6cpKind::INTERFACE_ID {
            let suggestion = interface_id_value(option.value).ok();
            let usable = suggestion.filter(|&id| id != 0 && id != self.peer);
            self.own = usable.unwrap_or_else(|| random_id(rng, self.peer));
        }
    }

    fn rejected(&mut self, kind: u8) {
        self.mute |= Ipv6cpKind(kind) == Ipv6cpKind::INTERFACE_ID;
    }
}

/// A random identifier that is neither zero nor `other` and does not claim to be globally unique (RFC 5072 §4.1).
fn random_id(rng: &mut dyn CryptoRng, other: u64) -> u64 {
    const UNIVERSAL: u64 = 0x0200_0000_0000_0000;
    let id = (rng.next_u64() & !UNIVERSAL).max(1);
    if id == other { id ^ 1 | 2 } else { id }
}
