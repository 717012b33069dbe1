//! IPsec in the Linux kernel: `ip -s xfrm state`.

use std::net::IpAddr;

use observe::esp::Fact;
use observe::{About, Party, SourceKind};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{self, after, between};

/// Reads the kernel's associations and their counters.
#[derive(Default)]
pub(crate) struct Xfrm {
    state: Option<State>,
}

/// The association whose lines are being read.
#[derive(Clone)]
struct State {
    source: IpAddr,
    destination: IpAddr,
    spi: u32,
    encapsulated: bool,
    current: bool,
}

impl Reader for Xfrm {
    fn kind(&self) -> SourceKind {
        SourceKind::Sysctl
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if let Some((source, rest)) = text.strip_prefix("src ").and_then(|rest| rest.split_once(" dst ")) {
            // A policy has selectors here, an association has addresses.
            self.state = words::ip(source).zip(words::ip(words::word(rest))).map(|(source, destination)| State {
                source,
                destination,
                spi: 0,
                encapsulated: false,
                current: false,
            });
            return self.state.is_some() || source.contains('/');
        }
        let Some(state) = &mut self.state else { return false };
        if let Some(spi) = text.strip_prefix("proto esp spi 0x") {
            let digits = spi.split(['(', ' ']).next().unwrap_or_default();
            state.spi = u32::from_str_radix(digits, 16).unwrap_or(0);
        } else if text.starts_with("encap type espinudp") {
            state.encapsulated = true;
        } else if text.starts_with("lifetime current") {
            state.current = true;
        } else if state.current && text.ends_with("(packets)") {
            let octets = words::number(text).unwrap_or(0);
            let packets = after(text, ", ").and_then(words::number).unwrap_or(0);
            let State { source, destination, spi, encapsulated, .. } = state.clone();
            state.current = false;
            let addresses = &out.shared().addresses;
            let from = match (addresses.contains(&source), addresses.contains(&destination)) {
                (true, false) => Party::Here,
                (false, true) => Party::There,
                _ => return true,
            };
            out.say(About::default(), Fact::Traffic { from, spi, packets, octets, largest: 0, encapsulated });
        } else {
            let known = [
                "replay-window ",
                "auth",
                "enc ",
                "aead ",
                "anti-replay",
                "sel ",
                "lifetime config",
                "limit: ",
                "expire add",
                "add ",
                "stats:",
                "dir ",
                "if_id ",
                "mark ",
            ];
            return known.iter().any(|start| text.starts_with(start)) || between(text, "seq ", ",").is_some();
        }
        true
    }
}
