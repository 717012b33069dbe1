//! `traceroute` and `tracert`: where packets to a private address come out. The hops of Windows look alike in every language.

use std::net::{IpAddr, Ipv4Addr};

use observe::network::Fact;
use observe::{About, SourceKind};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{self, between};

/// Reads the output of traceroute.
#[derive(Default)]
pub(crate) struct Trace {
    run: Option<Run>,
}

struct Run {
    to: IpAddr,
    /// Hops so far.
    hops: u8,
    /// Whether it was said that packets go astray.
    told: bool,
}

impl Reader for Trace {
    fn kind(&self) -> SourceKind {
        SourceKind::Ping
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if let Some(to) = heading(text) {
            self.run = Some(Run { to, hops: 0, told: false });
            return true;
        }
        let Some(run) = &mut self.run else { return false };
        let Some((number, rest)) = text.split_once(' ') else { return false };
        let next = run.hops.saturating_add(1);
        let hop = rest.contains(" ms") || rest.contains('*');
        if number.parse() != Ok(next) || !hop {
            return false;
        }
        run.hops = next;
        let by = rest.split_whitespace().find_map(|word| words::ip(word.trim_matches(['(', ')', '[', ']'])));
        if let (IpAddr::V4(to), Some(IpAddr::V4(by)), false) = (run.to, by, run.told)
            && to.is_private()
            && is_public(by)
        {
            run.told = true;
            out.say(About::default(), Fact::Astray { to: to.into(), by: by.into() });
        }
        true
    }
}

/// "traceroute to name (10.0.0.5), 30 hops max", and what Windows says in the languages of its messages.
fn heading(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix("traceroute to ") {
        return rest.contains(" hops max").then(|| between(rest, "(", ")").and_then(words::ip)).flatten();
    }
    let known = text.starts_with("Tracing route to ")
        || text.starts_with("Rastreando a rota para ")
        || text.starts_with("通过最多 ") && text.contains("跟踪")
        || text.starts_with('到') && text.contains("的路由")
        || text.contains(" へのルートをトレースしています");
    let addresses = text.split_whitespace().map(|word| word.trim_matches(['[', ']']));
    known.then(|| addresses.filter_map(words::ip).next()).flatten()
}

/// Whether an address belongs to the Internet (RFC 6890).
fn is_public(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || matches!((first, second), (100, 64..=127) | (0 | 240..=255, _) | (198, 18 | 19))
        || (first, second, third) == (192, 0, 0);
    !special
}
