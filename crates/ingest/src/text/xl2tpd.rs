//! xl2tpd and its ancestor l2tpd.

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::l2tp::Fact;
use observe::{About, Party, Role, SourceKind, host, network, ppp, reported};
use wire::l2tp::MessageType;

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between};

/// Reads the log of xl2tpd.
#[derive(Default)]
pub(crate) struct Xl2tpd {
    tunnels: HashMap<u32, Tunnel>,
    /// The tunnel of the last line that named one: what names none is most likely about it.
    last: Option<u32>,
    /// Tunnels that came up.
    came_up: u64,
    /// The host that is being dialled.
    dialled: Option<SocketAddr>,
    role: Option<Role>,
    /// The last message type that the peer sent, where debugging says so.
    message: Option<MessageType>,
    /// Control packets that it called bad.
    bad: u32,
}

#[derive(Clone, Default)]
struct Tunnel {
    peer: Option<SocketAddr>,
    up: bool,
    /// How many came up before it.
    age: u64,
}

/// Tunnels that are remembered.
const MOST: usize = 4096;

impl Reader for Xl2tpd {
    fn kind(&self) -> SourceKind {
        SourceKind::Xl2tpd
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "xl2tpd" | "l2tpd")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        if self.tunnels.len() > MOST {
            self.tunnels.clear();
        }
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        // "check_control: Received ..." and "start_pppd: ..." name the function of the source.
        let text = function(line.text);
        self.daemon(text, out) || self.connection(text, out) || self.trouble(text, line.text, out) || tagged
    }
}

/// The message without the name of the function that prints it.
fn function(text: &str) -> &str {
    match text.split_once(':') {
        Some((name, rest))
            if name
                .trim_end()
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet == b'_' || octet.is_ascii_digit()) =>
        {
            rest.trim_start()
        }
        _ => text,
    }
}

/// Whether it says, in its log or to its peer, that the secrets of the tunnel do not fit.
fn secret_trouble(said: &str) -> bool {
    const STARTS: [&str; 7] = [
        "No secret for ",
        "No secret key for authenticating ",
        "no secret found for us=",
        "No secret on our side",
        "Invalid challenge authentication",
        "Invalid authentication for host ",
        "No LNS or LAC to handle challenge",
    ];
    STARTS.iter().any(|start| said.starts_with(start))
}

fn port(number: Option<u64>) -> u16 {
    number.and_then(|number| u16::try_from(number).ok()).unwrap_or(0)
}

impl Xl2tpd {
    fn about(&self, tunnel: Option<u32>) -> About {
        let tunnel = tunnel.or(self.last);
        let peer = tunnel.and_then(|tunnel| self.tunnels.get(&tunnel)).and_then(|tunnel| tunnel.peer).or(self.dialled);
        self.about_peer(peer, tunnel)
    }

    fn about_peer(&self, peer: Option<SocketAddr>, tunnel: Option<u32>) -> About {
        let mut about = About { attempt: tunnel.map(|tunnel| format!("tunnel {tunnel}")), ..About::default() };
        match self.role {
            Some(Role::Client) => about.server = peer,
            Some(Role::Server) => about.client = peer,
            None => about.peer = peer,
        }
        about
    }

    /// The tunnel to a peer, by its address: the one that was just spoken of, or the newest.
    fn tunnel_to(&self, peer: Option<SocketAddr>) -> Option<u32> {
        let peer = peer?.ip();
        let to_peer = self.tunnels.iter().filter(|(_, tunnel)| tunnel.peer.is_some_and(|known| known.ip() == peer));
        to_peer
            .max_by_key(|(number, tunnel)| (self.last == Some(**number), tunnel.age, **number))
            .map(|(number, _)| *number)
    }

    /// Start, stop, sockets.
    fn daemon(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let program = || "xl2tpd".to_owned();
        if let Some(rest) = text.strip_prefix("xl2tpd version ") {
            let version = words::word(rest);
            out.product(&format!("xl2tpd {}", version.strip_prefix("xl2tpd-").unwrap_or(version)));
            out.say(About::default(), host::Fact::Started { program: program() });
            *self = Xl2tpd::default();
        } else if text.starts_with("L2TP kernel support not detected") {
            out.say(About::default(), ppp::Fact::KernelMissing { at: Party::Here, what: ppp::Missing::L2tp });
        } else if text.starts_with("There's already a xl2tpd server running")
            || text.starts_with("Unable to bind") && text.contains("already in use")
        {
            out.say(About::default(), host::Fact::PortBusy { port: Some(1701), tcp: false, program: program() });
        } else if text.starts_with("Unable to bind")
            || text.starts_with("Unable to load config file")
            || text.starts_with("Unable to open config file")
            || text.starts_with("Unable to open '") && text.ends_with("for authentication")
            || text.starts_with("parse_config: ")
            || text.starts_with("line ") && text.contains("Unknown field")
        {
            out.say(About::default(), complaint(text));
        } else if text.starts_with("Fatal signal ") || text.starts_with("death_handler: Fatal signal") {
            out.say(About::default(), host::Fact::Stopped { program: program() });
        } else if let Some(rest) = text.strip_prefix("Listening on IP address ") {
            let address = words::ip(rest.split(',').next().unwrap_or_default());
            if let Some(address) = address {
                let address = SocketAddr::new(address, port(words::number_after(rest, "port ")));
                out.say(About::default(), host::Fact::Listening { tcp: false, address, owner: Some(program()) });
            }
        } else {
            return text.starts_with("Not looking for kernel")
                || text.starts_with("Using l2tp kernel support")
                || text.starts_with("Forked ")
                || text.starts_with("Inherited by Jeff")
                || text.starts_with("Written by Mark Spencer")
                || text.starts_with("setsockopt recvref");
        }
        true
    }

    /// Tunnels and calls, from the first message to the last.
    fn connection(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if let Some(rest) = text.strip_prefix("Connecting to host ") {
            self.role = Some(Role::Client);
            out.is(Role::Client, 10);
            let port = port(words::number_after(rest, "port "));
            self.dialled = words::host(rest.split(',').next().unwrap_or_default())
                .map(|address| SocketAddr::new(address.ip(), port));
            self.last = None;
            let about = self.about_peer(self.dialled, None);
            out.say(
                about,
                Fact::Message { from: Party::Here, kind: MessageType::SCCRQ, repeated: false, clear: false },
            );
        } else if let Some(rest) = text.strip_prefix("Connection established to ") {
            let server = text.contains("LNS session is");
            if server {
                out.is(Role::Server, 10);
                self.role = Some(Role::Server);
            }
            let peer = words::host(rest.split(',').next().unwrap_or_default());
            let peer =
                peer.map(|address| SocketAddr::new(address.ip(), port(after(rest, ", ").and_then(words::number))));
            let Some(local) = words::number_after(rest, "Local: ").and_then(|local| u32::try_from(local).ok()) else {
                return true;
            };
            self.came_up += 1;
            self.tunnels.insert(local, Tunnel { peer, up: true, age: self.came_up });
            self.last = Some(local);
            let about = self.about(Some(local));
            out.shared().tunnel_is(local, about.clone());
            out.say(about, Fact::TunnelUp);
        } else if let Some(rest) = text.strip_prefix("Call established with ") {
            let peer = words::host(rest.split(',').next().unwrap_or_default());
            let tunnel = self.tunnel_to(peer);
            self.last = tunnel.or(self.last);
            let about = self.about(tunnel);
            if let Some(pid) = words::number_after(rest, "PID: ").and_then(|pid| u32::try_from(pid).ok()) {
                out.shared().pppd_is(pid, about.clone());
                if !rest.contains("(ref=") {
                    out.is(Role::Server, 3);
                }
            }
            out.say(about, Fact::CallUp);
        } else if text.starts_with("Calling on tunnel ") {
            self.last = words::number_after(text, "tunnel ").and_then(|tunnel| u32::try_from(tunnel).ok());
            let about = self.about(self.last);
            out.say(about, Fact::Message { from: Party::Here, kind: MessageType::ICRQ, repeated: false, clear: false });
        } else if text.starts_with("Maximum retries exceeded for tunnel ")
            || text.starts_with("select timeout with max retries")
        {
            let tunnel = words::number_after(text, "for tunnel ").or_else(|| words::number_after(text, "for tunnel: "));
            let tunnel = tunnel.and_then(|tunnel| u32::try_from(tunnel).ok());
            let established = tunnel.and_then(|tunnel| self.tunnels.get(&tunnel)).is_some_and(|tunnel| tunnel.up);
            let about = self.about(tunnel);
            out.say(about, Fact::Unanswered { by: Party::Here, established, last: None });
        } else if text.starts_with("Connection closed to ") {
            // The peer's StopCCN or CDN, with its text in brackets.
            self.closed_by_peer(text, out);
        } else if text.starts_with("Connection ") && text.contains(" closed to ") {
            let reason = text.rsplit_once('(').map(|(_, reason)| reason.trim_end_matches(')')).unwrap_or_default();
            if let Some(tunnel) = self.last {
                self.tunnels.entry(tunnel).or_default().up = false;
            }
            let peer = between(text, " closed to ", ",").and_then(words::host);
            let about = self.about_peer(peer.or(self.dialled), self.tunnel_to(peer));
            if reason == "Goodbye!" {
                out.say(about, reported::Fact::Disconnected);
            } else if reason != "Timeout" {
                let (tunnel, text) = (true, reason.to_owned());
                out.say(about, Fact::Refused { by: Party::Here, tunnel, result: 0, error: 0, text });
            }
        } else if text.starts_with("Disconnecting from ") {
            let peer = between(text, "from ", ",").and_then(words::host);
            let tunnel = words::number_after(text, "Local: ").and_then(|tunnel| u32::try_from(tunnel).ok());
            let about = self.about_peer(peer, tunnel);
            out.say(about, reported::Fact::UserHungUp);
        } else if text.starts_with("pppd exited for call ") || text.starts_with("pppd terminated for call ") {
            let status = words::number_after(text, "with code ").and_then(|code| u8::try_from(code).ok());
            out.say(self.about(None), Fact::PppExited { at: Party::Here, status });
        } else if text.starts_with("Call ") && text.ends_with(" disconnected")
            || text.starts_with("Terminating pppd: ")
            || text.starts_with("start_pppd: ")
            || text.starts_with("I'm running:")
        {
            return true;
        } else if let Some(rest) = text.strip_prefix("message type ") {
            // Debugging prints each message of the peer.
            let Some(kind) = words::number(rest).and_then(|kind| u16::try_from(kind).ok()) else { return true };
            self.message = Some(MessageType(kind));
            out.say(
                self.about(None),
                Fact::Message { from: Party::There, kind: MessageType(kind), repeated: false, clear: false },
            );
        } else if let Some(kind) =
            text.strip_prefix("sending ").or(text.strip_prefix("Sending ")).and_then(named_message)
        {
            if kind == MessageType::SCCRP || kind == MessageType::ICRP {
                out.is(Role::Server, 5);
            }
            out.say(self.about(None), Fact::Message { from: Party::Here, kind, repeated: false, clear: false });
        } else if let Some(rest) = text.strip_prefix("peer closing for reason ") {
            let result = words::number(rest).and_then(|result| u16::try_from(result).ok()).unwrap_or(0);
            let error = words::number_after(rest, "error = ").and_then(|error| u16::try_from(error).ok()).unwrap_or(0);
            let said = rest.rsplit_once('(').map(|(_, said)| said.trim_end_matches(')')).unwrap_or_default().to_owned();
            let tunnel = self.message == Some(MessageType::STOP_CCN);
            out.say(self.about(None), Fact::Refused { by: Party::There, tunnel, result, error, text: said });
        } else {
            return false;
        }
        true
    }

    fn closed_by_peer(&mut self, text: &str, out: &mut Out<'_, '_>) {
        let peer = between(text, "closed to ", ",").and_then(words::host);
        let said =
            text.split_once(" (").and_then(|(_, rest)| rest.split_once(')')).map(|(said, _)| said).unwrap_or_default();
        let tunnel = text.contains(", port ");
        let local = words::number_after(text, "Local: ").and_then(|local| u32::try_from(local).ok());
        let about = self.about_peer(peer, local.or_else(|| self.tunnel_to(peer)));
        if tunnel && let Some(local) = local {
            self.tunnels.entry(local).or_default().up = false;
        }
        if said == "Goodbye!" || said.is_empty() {
            // An end in order; whether it was early the lines before tell.
            let kind = if tunnel { MessageType::STOP_CCN } else { MessageType::CDN };
            out.say(about, Fact::Message { from: Party::There, kind, repeated: false, clear: false });
            return;
        }
        if said.contains("No available IP address") {
            out.say(about.clone(), Fact::Exhausted { at: Party::There, addresses: true });
        }
        if secret_trouble(said) {
            out.say(about, Fact::AuthenticationFailed { at: Party::There });
            return;
        }
        out.say(about, Fact::Refused { by: Party::There, tunnel, result: 0, error: 0, text: said.to_owned() });
    }

    /// One packet out of order is loss on the way; again and again it is the peer.
    fn bad_again(&mut self) -> bool {
        self.bad = self.bad.saturating_add(1);
        self.bad >= 3
    }

    /// What goes wrong.
    fn trouble(&mut self, text: &str, whole: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let tunnel = words::number_after(text, "tunnel ").and_then(|tunnel| u32::try_from(tunnel).ok());
        let fact = if text.starts_with("Out of IP addresses on tunnel ")
            || text.starts_with("Out of local IP addresses on tunnel ")
        {
            out.is(Role::Server, 10);
            Fact::Exhausted { at, addresses: true }
        } else if text.starts_with("No more free pseudo-tty") {
            Fact::Exhausted { at, addresses: false }
        } else if text.starts_with("Peer requested tunnel ") && text.contains(" twice") {
            out.is(Role::Server, 10);
            Fact::Message { from: Party::There, kind: MessageType::SCCRQ, repeated: true, clear: false }
        } else if text.starts_with("Peer requested call ") && text.contains(" twice") {
            out.is(Role::Server, 10);
            Fact::Message { from: Party::There, kind: MessageType::ICRQ, repeated: true, clear: false }
        } else if secret_trouble(text) {
            Fact::AuthenticationFailed { at }
        } else if text.starts_with("Denied connection to unauthorized peer ") {
            // To the peer it says "not authorized", as it does of wrong secrets; but this is its list of addresses.
            Fact::Refused { by: at, tunnel: true, result: 0, error: 0, text: text.to_owned() }
        } else if text.starts_with("avp is incorrect size")
            || text.starts_with("avp is wrong size")
            || text.starts_with("bad control packet") && self.bad_again()
            || text.starts_with("Peer did not specify ") && text.ends_with("Closing.")
            || text.contains("No handler for mandatory attribute")
            || text.contains("don't know how to handle mandatory attribute")
            || text.starts_with("Bad exit status handling attribute ") && text.contains("on mandatory packet")
        {
            Fact::Incompatible { at, said: whole.to_owned() }
        } else if text.starts_with("attempting to negotiate ") {
            Fact::Incompatible { at: Party::There, said: whole.to_owned() }
        } else if text.starts_with("Unable to connect PPPoL2TP socket")
            || text.starts_with("Unable to allocate PPPoL2TP socket")
        {
            out.say(self.about(None), ppp::Fact::KernelMissing { at, what: ppp::Missing::L2tp });
            return true;
        } else if text.starts_with("Host name lookup failed for ")
            || text.starts_with("host '") && text.ends_with("' not found")
        {
            let name =
                words::quoted(text, '\'').or(text.strip_prefix("Host name lookup failed for ")).unwrap_or_default();
            out.say(About::default(), network::Fact::NameUnknown { name: name.trim_end_matches('.').to_owned() });
            return true;
        } else if text.starts_with("udp_xmit failed to ") || whole.starts_with("udp_xmit failed to ") {
            let said = whole.to_owned();
            if said.contains("No such device") {
                let what = "xl2tpd before 1.3.12 with IP_PKTINFO on newer kernels: udp_xmit fails with No such device"
                    .to_owned();
                out.say(self.about(None), host::Fact::KnownBug { what });
            } else if said.contains("unreachable") {
                out.say(self.about(None), network::Fact::NoRoute { to: None });
            } else {
                out.say(self.about(None), Fact::Incompatible { at, said });
            }
            return true;
        } else if text.starts_with("recvfrom returned error") && text.contains("refused")
            || text.starts_with("network_thread: recvfrom returned error")
        {
            let (kind, from) = (network::Icmp::PortUnreachable, None);
            out.say(self.about(None), network::Fact::Icmp { kind, from, port: Some(1701), protocol: 17 });
            return true;
        } else {
            return text.starts_with("Can not find tunnel ")
                || text.starts_with("unable to find call or tunnel to handle packet")
                || text.starts_with("Received out of order control packet")
                || text.starts_with("Warning: Peer did not specify ")
                || text.starts_with("can't find call ")
                || text.starts_with("result code ")
                || whole.starts_with("write_packet: ");
        };
        out.say(self.about(tunnel.filter(|tunnel| self.tunnels.contains_key(tunnel))), fact);
        true
    }
}

fn named_message(name: &str) -> Option<MessageType> {
    Some(match name.trim() {
        "SCCRQ" => MessageType::SCCRQ,
        "SCCRP" => MessageType::SCCRP,
        "SCCCN" => MessageType::SCCCN,
        "ICRQ" => MessageType::ICRQ,
        "ICRP" => MessageType::ICRP,
        "ICCN" => MessageType::ICCN,
        _ => return None,
    })
}

fn complaint(said: &str) -> host::Fact {
    host::Fact::ConfigurationError { program: "xl2tpd".to_owned(), said: said.to_owned() }
}
