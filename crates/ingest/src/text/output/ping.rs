//! `ping` of Linux, macOS, busybox and Windows, the last in any language: its numbers stand in the same places.

use std::net::IpAddr;

use observe::network::{Fact, Icmp};
use observe::{About, SourceKind};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{self, after, between};

/// Reads the output of ping.
#[derive(Default)]
pub(crate) struct Ping {
    run: Option<Run>,
}

struct Run {
    to: IpAddr,
    size: u16,
    too_big: bool,
    windows: bool,
}

impl Reader for Ping {
    fn kind(&self) -> SourceKind {
        SourceKind::Ping
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if let Some(run) = unix_heading(text).or_else(|| windows_heading(text)) {
            self.run = Some(run);
            return true;
        }
        if let Some(name) = unknown_name(text) {
            out.say(About::default(), Fact::NameUnknown { name: name.to_owned() });
            return true;
        }
        if text.starts_with("connect: Network is unreachable")
            || text.starts_with("ping: connect: Network is unreachable")
            || text.starts_with("ping: sendto: No route to host")
            || text.starts_with("ping: sendmsg: Network is unreachable")
        {
            out.say(About::default(), Fact::NoRoute { to: self.run.as_ref().map(|run| run.to) });
            return true;
        }
        let Some(run) = &mut self.run else { return false };
        if text.contains("Message too long")
            || text.contains("message too long")
            || text.contains("Frag needed and DF set")
            || text.contains("frag needed and DF set")
            || run.windows && says_df(text)
        {
            run.too_big = true;
            return true;
        }
        let counts = if run.windows { windows_counts(text) } else { unix_counts(text) };
        if let Some((sent, received)) = counts {
            let (to, size, too_big) = (run.to, run.size, run.too_big);
            out.say(About::default(), Fact::Ping { to, size, sent, received, too_big });
            return true;
        }
        if let Some((from, said)) = text.strip_prefix("From ").and_then(|rest| rest.split_once(' ')) {
            let kind = if said.contains("Packet filtered") || said.contains("Prohibited") || said.contains("prohibited")
            {
                Icmp::Prohibited
            } else if said.contains("Unreachable") {
                Icmp::Unreachable
            } else if said.contains("Time to live exceeded") {
                Icmp::TimeExceeded
            } else {
                return true;
            };
            out.say(About::default(), Fact::Icmp { kind, from: words::ip(from), port: None, protocol: 1 });
            return true;
        }
        text.contains(" bytes from ")
            || text.starts_with("--- ")
            || text.starts_with("rtt ")
            || text.starts_with("round-trip ")
            || text.starts_with("Request timeout for ")
            || run.windows
                && (text.contains(run.to.to_string().as_str())
                    || text.contains("ms") && text.contains(" = ")
                    || text.starts_with("Request timed out"))
    }
}

/// "PING name (192.0.2.1) 56(84) bytes of data.", "PING name (192.0.2.1): 56 data bytes".
fn unix_heading(text: &str) -> Option<Run> {
    let rest = text.strip_prefix("PING ").or(text.strip_prefix("PING6("))?;
    let (name, rest) = rest.split_once(' ')?;
    let to = between(rest, "(", ")").and_then(words::ip).or_else(|| words::ip(name))?;
    let sizes = rest.split_once(')').map_or(rest, |(_, sizes)| sizes);
    let sizes = sizes.trim_start_matches([':', ' ']);
    // "from 10.0.0.1 ppp0: 56(84)" where an interface was asked for.
    let sizes = sizes.rsplit_once(": ").map_or(sizes, |(_, sizes)| sizes);
    let size = words::number(sizes).and_then(|size| u16::try_from(size).ok()).filter(|_| rest.contains("bytes"))?;
    Some(Run { to, size, too_big: false, windows: false })
}

/// "Pinging name [192.0.2.1] with 32 bytes of data:" in any language: it ends with a colon and holds an address and a number.
fn windows_heading(text: &str) -> Option<Run> {
    let text = text.strip_suffix([':', '：'])?;
    let lower = text.to_lowercase();
    let verb = ["ping", "disparando", "envoi d", "haciendo ping", "esecuzione di ping"];
    if text.len() > 300 || !verb.iter().any(|verb| lower.contains(verb)) || text.contains(" = ") {
        return None;
    }
    let mut words = text.split([' ', '\u{3000}']).filter(|word| !word.is_empty());
    let to = words.find_map(|word| words::ip(word.trim_matches(['[', ']'])))?;
    let size = words.find_map(|word| word.parse().ok())?;
    Some(Run { to, size, too_big: false, windows: true })
}

/// "4 packets transmitted, 4 received, +1 errors, 0% packet loss", "..., 4 packets received, ...".
fn unix_counts(text: &str) -> Option<(u32, u32)> {
    let rest = after(text, " packets transmitted, ")?;
    let sent = words::number(text)?;
    let received = words::number(rest)?;
    Some((u32::try_from(sent).ok()?, u32::try_from(received).ok()?))
}

/// "Packets: Sent = 4, Received = 4, Lost = 0 (0% loss)," in any language: three numbers, and a share in brackets.
fn windows_counts(text: &str) -> Option<(u32, u32)> {
    if !text.contains('%') {
        return None;
    }
    let mut numbers = text.split("= ").skip(1).filter_map(words::number);
    let (sent, received, lost) = (numbers.next()?, numbers.next()?, numbers.next()?);
    (received.checked_add(lost)? == sent).then_some((u32::try_from(sent).ok()?, u32::try_from(received).ok()?))
}

/// "Packet needs to be fragmented but DF set." in any language: the flag's name is the same everywhere.
fn says_df(text: &str) -> bool {
    let at = text.find("DF");
    at.is_some_and(|at| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + 2..).and_then(|behind| behind.chars().next());
        let apart = |char: Option<char>| char.is_none_or(|char| !char.is_ascii_alphanumeric());
        apart(before) && apart(behind)
    })
}

fn unknown_name(text: &str) -> Option<&str> {
    if let Some(name) = text.strip_prefix("ping: unknown host ").or(text.strip_prefix("ping: cannot resolve ")) {
        return Some(name.split(':').next().unwrap_or(name));
    }
    if let Some(rest) = text.strip_prefix("ping: ").or(text.strip_prefix("curl: (6) Could not resolve host: ")) {
        for said in [
            ": Name or service not known",
            ": Temporary failure in name resolution",
            ": No address associated with hostname",
        ] {
            if let Some(name) = rest.strip_suffix(said) {
                return Some(name);
            }
        }
        if text.starts_with("curl") {
            return Some(rest);
        }
    }
    between(text, "Ping request could not find host ", ". ").or_else(|| unknown_to_server(text))
}

/// What nslookup and host print of a name that a name server does not have. On Windows, only the end is the same in every language.
fn unknown_to_server(text: &str) -> Option<&str> {
    if let Some(name) = text.strip_prefix("Host ").and_then(|rest| rest.strip_suffix(" not found: 3(NXDOMAIN)")) {
        return Some(name);
    }
    let said = text.strip_prefix("** server can't find ").and_then(|rest| rest.strip_suffix(": NXDOMAIN"));
    let said =
        said.or_else(|| text.strip_prefix("*** ").and_then(|rest| rest.strip_suffix(": Non-existent domain")))?;
    // The name server comes first.
    said.split(' ').rev().find(|word| word.contains('.'))
}
