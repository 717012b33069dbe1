//! IPsec in the Linux kernel: `ip xfrm state` and `ip xfrm policy`, with `-s` or without, and `/proc/net/xfrm_stat`.

use std::net::IpAddr;

use observe::esp::{Association, Carried, Direction, Fact, Policy};
use observe::{About, Party, SourceKind, Time};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{self, after, number, number_after};

/// Reads the kernel's associations, their counters, and its policies.
#[derive(Default)]
pub(crate) struct Xfrm {
    /// What is being read: it begins with "src" and ends where the next one does.
    entry: Option<Entry>,
    /// The command that lists policies, which has printed nothing yet.
    asked: Option<Words>,
}

/// A line to be shown for what it began.
struct Words {
    at: Option<Time>,
    line: u64,
    text: String,
}

impl Words {
    fn of(out: &Out<'_, '_>) -> Words {
        Words { at: out.at(), line: out.number(), text: out.shown().to_owned() }
    }
}

/// An association or a policy.
struct Entry {
    words: Words,
    body: Body,
}

struct State {
    association: Association,
    /// The counters stand in the next line.
    current: bool,
    failed: u64,
    replayed: u64,
}

enum Body {
    /// Two addresses: an association.
    State(State),
    /// Two networks: a policy. That of a socket has no direction, and tells nothing.
    Policy { policy: Policy, direction: Option<Direction>, blocks: bool },
}

impl Reader for Xfrm {
    fn kind(&self) -> SourceKind {
        SourceKind::Sysctl
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        if let Some(policies) = command(text) {
            self.finish(out);
            self.asked = policies.then(|| Words::of(out));
            return true;
        }
        if let Some((name, count)) = text.split_once(char::is_whitespace).filter(|(name, _)| name.starts_with("Xfrm")) {
            let packets = number(count.trim()).filter(|packets| *packets > 0);
            if let Some(packets) = packets.filter(|_| name == "XfrmInTmplMismatch") {
                out.say(About::default(), Fact::CameUnprotected { packets });
            }
            return true;
        }
        if let Some(body) = begun(text) {
            if matches!(body, Body::Policy { .. }) {
                self.asked = None;
            }
            self.end(out);
            self.entry = Some(Entry { words: Words::of(out), body });
            return true;
        }
        if !text.is_empty() && !is_prompt(text) {
            // It printed something after all: that it may not, or cannot.
            self.asked = None;
        }
        let Some(Entry { words, body }) = &mut self.entry else { return false };
        let taken = match body {
            Body::State(state) => state.line(text),
            Body::Policy { policy, direction, blocks } => policy_line(text, policy, direction, blocks),
        };
        if taken && words.text.len() < SHOWN && is_shown(text) {
            words.text.push_str("; ");
            words.text.push_str(text);
        }
        taken
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.end(out);
        if let Some(Words { at, line, text }) = self.asked.take() {
            out.say_of(at, line, &text, About::default(), Fact::NoPolicies);
        }
    }
}

impl Xfrm {
    /// Tells the entry that has come to its end.
    fn end(&mut self, out: &mut Out<'_, '_>) {
        let Some(Entry { words: Words { at, line, text }, body }) = self.entry.take() else { return };
        let mut say = |fact| out.say_of(at, line, &text, About::default(), fact);
        match body {
            Body::Policy { policy, direction: Some(direction), blocks } => {
                say(Fact::Policy(Policy { direction, protects: policy.protects && !blocks, ..policy }));
            }
            // What waits for its keys has no SPI yet.
            Body::State(State { association: Association { spi: 0, .. }, .. }) | Body::Policy { .. } => {}
            Body::State(State { association, failed, replayed, .. }) => {
                say(Fact::Association(association));
                if failed > 0 {
                    say(Fact::IntegrityFailed { at: Party::Here, packets: failed, other_truncation: false });
                }
                if replayed > 0 {
                    say(Fact::Replayed { at: Party::Here, packets: replayed });
                }
            }
        }
    }
}

impl State {
    /// A line of an association; whether it is one.
    fn line(&mut self, text: &str) -> bool {
        let State { association, current, failed, replayed } = self;
        if let Some(spi) = text.strip_prefix("proto esp spi 0x") {
            association.spi = hexadecimal(spi).unwrap_or(0);
        } else if let Some(rest) = text.strip_prefix("encap type espinudp ") {
            let port = |name| number_after(rest, name).and_then(|port| u16::try_from(port).ok());
            association.ports = port("sport ").zip(port("dport "));
        } else if let Some(mark) = text.strip_prefix("mark 0x") {
            association.mark = hexadecimal(mark);
        } else if let Some((came, sent)) = text.split_once("oseq 0x").filter(|_| text.contains("seq 0x")) {
            let came = came.rsplit_once("seq 0x").and_then(|(_, came)| hexadecimal(came)).unwrap_or(0);
            let sent = hexadecimal(sent).unwrap_or(0);
            association.from = match (sent > 0, came > 0) {
                (true, false) => Some(Party::Here),
                (false, true) => Some(Party::There),
                _ => association.from,
            };
        } else if let Some(direction) = text.strip_prefix("dir ") {
            association.from = match words::word(direction) {
                "out" => Some(Party::Here),
                "in" => Some(Party::There),
                _ => association.from,
            };
        } else if text.starts_with("lifetime current") {
            *current = true;
        } else if *current && text.ends_with("(packets)") {
            *current = false;
            let packets = after(text, ", ").and_then(number).unwrap_or(0);
            association.carried = Some(Carried { packets, octets: number(text).unwrap_or(0) });
        } else if let Some(rest) = text.strip_prefix("replay-window ").filter(|rest| rest.contains(" failed ")) {
            *replayed = number_after(rest, "replay ").unwrap_or(0);
            *failed = number_after(rest, "failed ").unwrap_or(0);
        } else {
            let rest = [
                "auth",
                "enc ",
                "aead ",
                "comp ",
                "anti-replay",
                "sel ",
                "coa ",
                "crypto offload",
                "seq-hi ",
                "replay",
            ];
            return is_lifetime(text) || rest.iter().any(|start| text.starts_with(start));
        }
        true
    }
}

/// A line of a policy; whether it is one.
fn policy_line(text: &str, policy: &mut Policy, direction: &mut Option<Direction>, blocks: &mut bool) -> bool {
    if let Some(rest) = text.strip_prefix("dir ") {
        *direction = match words::word(rest) {
            "in" => Some(Direction::In),
            "out" => Some(Direction::Out),
            "fwd" => Some(Direction::Forward),
            _ => None,
        };
        *blocks = rest.contains("action block");
    } else if let Some((source, destination)) = text.strip_prefix("tmpl src ").and_then(|rest| rest.split_once(" dst "))
    {
        let ends = words::ip(source).zip(words::ip(words::word(destination)));
        policy.ends = ends.filter(|(source, destination)| !source.is_unspecified() && !destination.is_unspecified());
    } else if text.starts_with("proto esp ") {
        policy.protects = true;
    } else if let Some(mark) = text.strip_prefix("mark 0x") {
        policy.mark = hexadecimal(mark);
    } else {
        let rest = ["proto ", "level ", "enc-mask ", "socket ", "security context"];
        return is_lifetime(text) || rest.iter().any(|start| text.starts_with(start));
    }
    true
}

/// What associations and policies have in common.
fn is_lifetime(text: &str) -> bool {
    let lines = ["lifetime ", "limit: ", "expire ", "add ", "stats:", "if_id ", "mark "];
    lines.iter().any(|start| text.starts_with(start)) || text.ends_with("(packets)")
}

/// What an entry begins with: an association has addresses, a policy has networks.
fn begun(text: &str) -> Option<Body> {
    let (source, rest) = text.strip_prefix("src ")?.split_once(" dst ")?;
    let destination = words::word(rest);
    if let (Some(source), Some(destination)) = (words::ip(source), words::ip(destination)) {
        let association =
            Association { source, destination, spi: 0, ports: None, mark: None, from: None, carried: None };
        return Some(Body::State(State { association, current: false, failed: 0, replayed: 0 }));
    }
    let port = |name| number_after(rest, name).and_then(|port| u16::try_from(port).ok());
    let policy = Policy {
        direction: Direction::Out,
        source: network(source)?,
        destination: network(destination)?,
        protocol: after(rest, " proto ").map(|protocol| words::word(protocol).to_owned()),
        source_port: port(" sport "),
        destination_port: port(" dport "),
        mark: None,
        protects: false,
        ends: None,
    };
    Some(Body::Policy { policy, direction: None, blocks: false })
}

/// Whether this is the command that lists policies, rather than associations.
fn command(text: &str) -> Option<bool> {
    let mut words = text.trim_start_matches(['$', '#', '%', '>', ' ']).split_whitespace();
    // Before it stand the prompt and whatever becomes root.
    words.find(|word| *word == "ip").filter(|_| is_prompt(text))?;
    let mut words = words.filter(|word| !word.starts_with('-'));
    match (words.next()?, words.next()?) {
        ("xfrm" | "x", "policy" | "p") => Some(true),
        ("xfrm" | "x", "state" | "s") => Some(false),
        _ => None,
    }
}

/// Whether a line begins as a shell's prompt with a command does.
fn is_prompt(text: &str) -> bool {
    text.split(' ').next().is_some_and(|first| first.ends_with(['$', '#', '%', '>']))
}

/// Whether a line is shown with the first one of its entry.
fn is_shown(text: &str) -> bool {
    ["proto esp", "dir ", "encap ", "mark 0x"].iter().any(|start| text.starts_with(start))
        || text.ends_with("(packets)") && !text.starts_with("limit: ")
}

/// A network as "192.0.2.0/24".
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    Some((words::ip(address)?, length.parse().ok()?))
}

/// The hexadecimal number at the beginning.
fn hexadecimal(text: &str) -> Option<u32> {
    let end = text.find(|char: char| !char.is_ascii_hexdigit()).unwrap_or(text.len());
    u32::from_str_radix(text.get(..end)?, 16).ok()
}

/// Octets of an entry after which nothing is added to what is shown of it.
const SHOWN: usize = 300;
