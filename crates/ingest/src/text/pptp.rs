//! PPTP's two programs on Linux: the client pptp, and the server pptpd with its pptpctrl.

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::pptp::Fact;
use observe::{About, Party, Role, SourceKind, Time, host, network};

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between, quoted};

/// Reads the log of the client: "anon log[ctrlp_rep:pptp_ctrl.c:259]: message".
#[derive(Default)]
pub(crate) struct PptpClient {
    attempts: u32,
    server: Option<SocketAddr>,
    /// The request that nothing has answered yet.
    unanswered: Option<Said>,
    /// The line with which a program began that has not said anything else yet.
    begun: Option<Said>,
    /// Whether the server closed the connection instead of an answer.
    closed: bool,
}

/// A line that was said before.
struct Said {
    at: Option<Time>,
    line: u64,
    text: String,
}

impl Reader for PptpClient {
    fn kind(&self) -> SourceKind {
        SourceKind::PptpClient
    }

    fn is_program(&self, program: &str) -> bool {
        program == "pptp"
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        let Some((place, message)) = located(line.text) else { return tagged };
        if !place.contains("pptp") {
            return tagged;
        }
        out.is(Role::Client, 5);
        self.message(message, out);
        true
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        self.connecting(out);
        let Some(Said { at, line, text }) = self.unanswered.take() else { return };
        let about = self.about();
        out.say_of(at, line, &text, about, Fact::NoReply);
    }
}

/// "anon log[function:file:line]: message": the place and the message.
fn located(text: &str) -> Option<(&str, &str)> {
    let (head, rest) = text.split_once('[')?;
    let level = head.rsplit(' ').next()?;
    if !matches!(level, "log" | "warn" | "fatal" | "info") {
        return None;
    }
    rest.split_once("]: ")
}

impl PptpClient {
    /// Microseconds in which a connection is made, or refused, where anybody is there.
    const PATIENCE: i64 = 20_000_000;

    fn about(&self) -> About {
        About { server: self.server, attempt: Some(format!("pptp {}", self.attempts)), ..About::default() }
    }

    /// A program that said that it began, and nothing more as long as a connection may take.
    fn connecting(&mut self, out: &mut Out<'_, '_>) {
        let Some(Said { at, line, text }) = self.begun.take() else { return };
        let waited = out.at().zip(at).is_some_and(|(now, begun)| now.since(begun) >= Self::PATIENCE);
        if waited {
            self.attempts += 1;
            out.say_of(at, line, &text, self.about(), Fact::ConnectionTimedOut);
        }
    }

    fn message(&mut self, text: &str, out: &mut Out<'_, '_>) {
        self.connecting_ended(text, out);
        let message = |from, kind, result, error| Fact::Message { from, kind, result, error };
        if let Some(rest) = text.strip_prefix("Sent control packet type is ") {
            let Some(kind) = words::number(rest).and_then(|kind| u16::try_from(kind).ok()) else { return };
            if kind == 1 {
                self.attempts += 1;
                self.unanswered = Some(Said { at: out.at(), line: out.number(), text: out.shown().to_owned() });
                out.say(self.about(), Fact::Connected);
            }
            out.say(self.about(), message(Party::Here, kind, None, None));
            return;
        }
        if text.starts_with("The synchronous pptp option") {
            return;
        }
        if text.starts_with("read returned zero") && self.unanswered.take().is_some() {
            self.closed = true;
            out.say(self.about(), Fact::Refused { by: Party::There, result: 0 });
            return;
        }
        if text.starts_with("Received ") || text.starts_with("read returned zero") {
            // Whoever closes the connection at once does not answer either, but is there.
            self.unanswered = None;
        }
        let fact = if text.starts_with("Received Start Control Connection Reply") {
            message(Party::There, 2, None, None)
        } else if text.starts_with("Client connection established") {
            Fact::TunnelUp
        } else if text.starts_with("Received Outgoing Call Reply") {
            message(Party::There, 8, None, None)
        } else if text.starts_with("Outgoing call established") {
            Fact::CallUp
        } else if text.starts_with("Reply result code is ")
            || text.starts_with("Result code is ") && text.contains("Error code is")
        {
            let result =
                words::number_after(text, "esult code is ").and_then(|code| u8::try_from(code).ok()).unwrap_or(0);
            if result == 1 {
                return;
            }
            Fact::Refused { by: Party::There, result }
        } else if text.starts_with("Call disconnect notification received") || text.starts_with("Call closed (RQST)") {
            message(Party::There, 13, None, None)
        } else if text.starts_with("read returned zero, peer has closed") {
            Fact::Closed { by: Party::There }
        } else if text.starts_with("Closing connection (call state)")
            || text.starts_with("Closing connection (unhandled)")
        {
            // Its own pppd is gone, or it was told to; who began it the other lines tell.
            return;
        } else if let Some(error) = text.strip_prefix("connect: ") {
            self.attempts += 1;
            self.connect_failed(error, out);
            return;
        } else if text.contains("missing echo reply") {
            out.say(self.about(), Fact::Closed { by: Party::Here });
            return;
        } else if text.starts_with("Could not open control connection to ") {
            self.server = after(text, "connection to ").and_then(words::host);
            return;
        } else if text.starts_with("gethostbyname")
            || text.starts_with("Host '")
            || text.contains("HOST NOT FOUND")
            || text.contains("name resolution")
        {
            let name = quoted(text, '\'').or_else(|| quoted(text, '"')).unwrap_or_default().to_owned();
            out.say(self.about(), network::Fact::NameUnknown { name });
            return;
        } else if (text.starts_with("short read")
            || text.starts_with("read error")
            || text.starts_with("read: ")
            || text.starts_with("write"))
            && text.contains("Protocol not available")
        {
            // An ICMP error for GRE comes back as this.
            Fact::GreRefused { at: Party::Here }
        } else if text.contains("Cannot bind GRE socket")
            || text.starts_with("write failure") && text.contains("not permitted")
        {
            Fact::GreRefused { at: Party::Here }
        } else if text.starts_with("Could not launch ") && self.closed {
            // That is how often it has tried.
            return;
        } else if text.starts_with("Call manager for ") && text.ends_with("is already running.")
            || text.starts_with("Could not launch ")
            || text.starts_with("Call manager for this IP is already running")
        {
            out.say(self.about(), host::Fact::ConfigurationError { program: "pptp".to_owned(), said: text.to_owned() });
            return;
        } else {
            return;
        };
        out.say(self.about(), fact);
    }

    /// Every other line shows that the one which began came further, or tells why not.
    fn connecting_ended(&mut self, text: &str, out: &mut Out<'_, '_>) {
        let begins = text.starts_with("The synchronous pptp option");
        if begins {
            self.connecting(out);
            self.begun = Some(Said { at: out.at(), line: out.number(), text: out.shown().to_owned() });
        } else {
            self.begun = None;
        }
    }

    fn connect_failed(&mut self, error: &str, out: &mut Out<'_, '_>) {
        let about = self.about();
        if error.contains("refused") {
            out.say(about, Fact::ConnectionRefused);
        } else if error.contains("timed out") {
            out.say(about, Fact::ConnectionTimedOut);
        } else if error.contains("Network is unreachable") {
            out.say(about, network::Fact::NoRoute { to: None });
        } else if error.contains("No route to host") {
            // A neighbour that does not answer, or an ICMP error from further away.
            let (kind, from) = (network::Icmp::Unreachable, None);
            out.say(about, network::Fact::Icmp { kind, from, port: Some(1723), protocol: 6 });
        }
    }
}

/// Reads the log of the server: "CTRL: message", "MGR: message", "GRE: message".
#[derive(Default)]
pub(crate) struct Pptpd {
    /// Connections by the process id of their pptpctrl.
    connections: HashMap<u32, Connection>,
    /// The connection that started its call last: the pppd that is launched next is its.
    launching: Option<u32>,
}

#[derive(Clone, Default)]
struct Connection {
    client: Option<SocketAddr>,
    /// Whether debugging prints every packet.
    debug: bool,
    call: bool,
    packets: u64,
}

/// Connections that are remembered.
const MOST: usize = 4096;

impl Reader for Pptpd {
    fn kind(&self) -> SourceKind {
        SourceKind::Pptpd
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "pptpd" | "pptpctrl")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        let pid = line.pid.unwrap_or(0);
        if self.connections.len() > MOST {
            self.connections.clear();
        }
        let text = line.text;
        let known = if let Some(rest) = text.strip_prefix("CTRL: ") {
            self.control(pid, rest, out);
            true
        } else if text.starts_with("CTRL (PPPD Launcher): ") {
            if let Some(launching) = self.launching.filter(|_| pid != 0) {
                let about = self.about(launching);
                out.shared().pppd_is(pid, about);
            }
            if let Some(said) = after(text, "Failed to launch PPP daemon. ") {
                out.say(self.about(pid), complaint(said));
            }
            true
        } else if let Some(rest) = text.strip_prefix("MGR: ") {
            manager(rest, out);
            true
        } else if let Some(rest) = text.strip_prefix("GRE: ") {
            self.gre(pid, rest, out);
            true
        } else if text.starts_with("createHostSocket: ") {
            if text.contains("already in use") {
                out.say(About::default(), Fact::PortBusy { at: Party::Here });
            } else {
                out.say(About::default(), complaint(text));
            }
            true
        } else {
            tagged
        };
        if known {
            out.is(Role::Server, 5);
        }
        known
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        let mut pids: Vec<u32> = self.connections.keys().copied().collect();
        pids.sort_unstable();
        for pid in pids {
            self.sum(pid, out);
        }
    }
}

impl Pptpd {
    fn about(&self, pid: u32) -> About {
        let client = self.connections.get(&pid).and_then(|connection| connection.client);
        About { client, attempt: Some(format!("pptpd[{pid}]")), ..About::default() }
    }

    fn control(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) {
        let connection = self.connections.entry(pid).or_default();
        let message = |from, kind| Fact::Message { from, kind, result: None, error: None };
        let fact = if text.starts_with("Client ") && text.ends_with("control connection started") {
            *connection =
                Connection { client: between(text, "Client ", " ").and_then(words::host), ..Connection::default() };
            Fact::Connected
        } else if let Some(rest) = text.strip_prefix("Received PPTP Control Message (type: ") {
            connection.debug = true;
            let Some(kind) = words::number(rest).and_then(|kind| u16::try_from(kind).ok()) else { return };
            message(Party::There, kind)
        } else if text.starts_with("Made a START CTRL CONN RPLY") {
            message(Party::Here, 2)
        } else if text.starts_with("Made a STOP CTRL REQ") {
            message(Party::Here, 3)
        } else if text.starts_with("Made a OUT CALL RPLY") {
            message(Party::Here, 8)
        } else if text.starts_with("Made a CALL DISCONNECT RPLY") {
            message(Party::Here, 13)
        } else if text.starts_with("Starting call ") {
            connection.call = true;
            self.launching = Some(pid);
            out.say(self.about(pid), Fact::TunnelUp);
            Fact::CallUp
        } else if text.starts_with("Reaping child PPP[") {
            if let Some(child) = words::number_after(text, "PPP[").and_then(|child| u32::try_from(child).ok()) {
                let about = self.about(pid);
                out.shared().pppd_is(child, about);
            }
            return;
        } else if text.starts_with("Client ") && text.ends_with("control connection finished") {
            self.sum(pid, out);
            let about = self.about(pid);
            self.connections.remove(&pid);
            out.say(about, observe::reported::Fact::Disconnected);
            return;
        } else if text.starts_with("Received CALL CLR request")
            || text.starts_with("EOF or bad error reading ctrl packet")
        {
            Fact::Closed { by: Party::There }
        } else if text.starts_with("PTY read or GRE write failed") {
            // Its pppd is gone, or GRE cannot be sent.
            Fact::Closed { by: Party::Here }
        } else if text.contains("GRE read or PTY write failed") {
            Fact::GreRefused { at: Party::Here }
        } else if text.starts_with("Session timed out, ending call") {
            Fact::Closed { by: Party::Here }
        } else if text.starts_with("No free Call IDs") {
            Fact::Refused { by: Party::Here, result: 4 }
        } else if text.contains("Bad magic cookie")
            || text.contains("launch_pppd did not fork")
            || text.starts_with("Error forking to exec")
        {
            out.say(self.about(pid), complaint(text));
            return;
        } else {
            return;
        };
        out.say(self.about(pid), fact);
    }

    fn gre(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) {
        if text.starts_with("accepting ") || text.starts_with("buffering ") {
            self.connections.entry(pid).or_default().packets += 1;
        } else if text.starts_with("xmit failed")
            || text.starts_with("re-xmit failed")
            || text.contains("from network failed")
            || text.starts_with("connect() failed")
            || text.starts_with("bind() failed")
        {
            out.say(self.about(pid), Fact::GreRefused { at: Party::Here });
        }
    }

    /// What came by GRE while the call was up.
    fn sum(&mut self, pid: u32, out: &mut Out<'_, '_>) {
        let Some(connection) = self.connections.get_mut(&pid) else { return };
        if !std::mem::take(&mut connection.call) {
            return;
        }
        let (packets, debug) = (connection.packets, connection.debug);
        if packets > 0 {
            out.say(self.about(pid), Fact::Gre { from: Party::There, packets, octets: 0 });
        } else if debug {
            out.say(self.about(pid), Fact::NoGre { at: Party::Here });
        }
    }
}

fn manager(text: &str, out: &mut Out<'_, '_>) {
    if text.starts_with("Manager process started") {
        out.product("pptpd");
        out.say(About::default(), host::Fact::Started { program: "pptpd".to_owned() });
    } else if text.starts_with("No free connection slots or IPs") {
        out.say(About::default(), Fact::Refused { by: Party::Here, result: 4 });
    } else if text.starts_with("dropped slow initial connection") {
        out.say(About::default(), Fact::Closed { by: Party::Here });
    } else if text.starts_with("Bad ")
        || text.starts_with("Config file not found")
        || text.starts_with("Confused in IP parse")
        || text.starts_with("Invalid listening address")
        || text.starts_with("PPP binary ") && text.ends_with("not executable")
        || text.starts_with("PPP options file ") && text.ends_with("not readable")
        || text.starts_with("Failed to exec ")
    {
        out.say(About::default(), complaint(text));
    }
}

fn complaint(said: &str) -> host::Fact {
    host::Fact::ConfigurationError { program: "pptpd".to_owned(), said: said.to_owned() }
}
