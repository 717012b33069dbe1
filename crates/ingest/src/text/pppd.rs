//! pppd, and the plugins that speak in its name: RADIUS, L2TP.

mod packet;

use std::collections::HashMap;

use observe::ppp::{Fact, Method, Missing, Protocol, Reason};
use observe::{About, Party, Role, SourceKind, host, radius, reported};

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between, quoted};
use packet::Packet;

/// Reads the log of pppd, with or without tags.
#[derive(Default)]
pub(crate) struct Pppd {
    /// By process id; lines without one belong to the run that began last, under 0.
    runs: HashMap<u32, Run>,
    /// How many runs began without a process id.
    untagged: u32,
}

/// One pppd.
#[derive(Clone, Default)]
struct Run {
    about: About,
    role: Option<Role>,
    /// Packets with identifiers that were seen last, to tell repetitions: sender, protocol, code, identifier.
    seen: Vec<(bool, Protocol, u8, u16)>,
    /// What each side demanded: here of there, there of here.
    demanded: [Option<Method>; 2],
    /// The method that was agreed on.
    method: Option<Method>,
    /// Whether the packet of an outcome has said it already.
    outcome: Option<bool>,
    local: Option<std::net::Ipv4Addr>,
    terminated: bool,
    ipcp: bool,
    seconds: Option<u32>,
}

/// The status with which another program saw pppd end: "pppd exited with code 4", a container's name in front or not.
fn exit_status(line: &str) -> Option<u8> {
    let (before, rest) = line.trim().rsplit_once(" exited with ")?;
    let who = before.rsplit(['/', ' ', ':']).next()?;
    if !who.contains("ppp") && !who.contains("pptp") && !who.contains("l2tp") {
        return None;
    }
    let rest = rest.strip_prefix("exit ").unwrap_or(rest);
    let number = rest
        .strip_prefix("code ")
        .or_else(|| rest.strip_prefix("status ").map(|rest| rest.trim_start_matches("= ")))?;
    match number.strip_prefix("0x") {
        Some(hex) => u8::from_str_radix(hex.trim_end_matches('.'), 16).ok(),
        None => number.trim_end_matches('.').parse().ok(),
    }
}

/// Runs that are remembered.
const MOST: usize = 4096;

impl Reader for Pppd {
    fn kind(&self) -> SourceKind {
        SourceKind::Pppd
    }

    fn is_program(&self, program: &str) -> bool {
        program == "pppd"
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        let pid = line.pid.filter(|_| tagged).unwrap_or(0);
        if self.runs.len() > MOST {
            self.runs.clear();
        }
        if let Some(packet) = packet::read(line.text) {
            self.run(pid, out);
            self.packet(pid, &packet, out);
            return true;
        }
        if let Some(rest) = line.text.strip_prefix("pppd ")
            && let Some((version, _)) = rest.split_once(" started by ")
        {
            self.begin(pid, out);
            out.product(&format!("pppd {version}"));
            let about = self.about(pid);
            out.say(about, host::Fact::Started { program: "pppd".to_owned() });
            return true;
        }
        if let Some(status) = exit_status(line.whole) {
            out.say(self.about(pid), Fact::Exited { at: Party::Here, status });
            return true;
        }
        self.message(pid, line.text, out) || tagged
    }
}

impl Pppd {
    /// A new process.
    fn begin(&mut self, pid: u32, out: &mut Out<'_, '_>) {
        self.runs.remove(&pid);
        self.untagged += u32::from(pid == 0);
        self.run(pid, out);
    }

    fn run(&mut self, pid: u32, out: &mut Out<'_, '_>) -> &mut Run {
        let untagged = self.untagged;
        self.runs.entry(pid).or_insert_with(|| {
            let shared = out.shared().pppd.get(&pid).cloned().filter(|_| pid != 0);
            let mut about = shared.unwrap_or_default();
            let own = if pid == 0 { format!("pppd {untagged}") } else { format!("pppd[{pid}]") };
            about.attempt = about.attempt.or(Some(own));
            Run { about, ..Run::default() }
        })
    }

    fn about(&self, pid: u32) -> About {
        self.runs.get(&pid).map(|run| run.about.clone()).unwrap_or_default()
    }

    fn packet(&mut self, pid: u32, packet: &Packet<'_>, out: &mut Out<'_, '_>) {
        let Some(run) = self.runs.get_mut(&pid) else { return };
        let from = if packet.sent { Party::Here } else { Party::There };
        let key = (packet.sent, packet.protocol, packet.code, packet.id);
        let repeated = run.seen.contains(&key)
            && matches!(
                (packet.protocol, packet.code),
                (Protocol::Lcp, 1 | 5) | (Protocol::Chap | Protocol::Pap | Protocol::Eap, 1 | 2) | (_, 1)
            );
        if !repeated {
            if run.seen.len() >= 64 {
                run.seen.remove(0);
            }
            run.seen.push(key);
        }
        // Echoes would fill the memory of observations and say nothing.
        if packet.protocol == Protocol::Lcp && matches!(packet.code, 9 | 10) {
            return;
        }
        let (protocol, code) = (packet.protocol, packet.code);
        let fact = Fact::Packet { from, protocol, code, repeated };
        match (protocol, code) {
            (Protocol::Lcp, _) => self.lcp(pid, packet, from, out),
            (Protocol::Pap, 1) | (Protocol::Chap, 2) => {
                if let Some(name) = packet.name().filter(|name| !name.is_empty()) {
                    run.about.user = Some(name.to_owned());
                }
                run.outcome = None;
                let role = if packet.sent { Role::Client } else { Role::Server };
                run.role = Some(role);
                out.is(role, 10);
            }
            (Protocol::Chap, 1) => {
                let role = if packet.sent { Role::Server } else { Role::Client };
                run.role = Some(role);
                out.is(role, 10);
            }
            (Protocol::Chap, 3 | 4) | (Protocol::Pap, 2 | 3) | (Protocol::Eap, 3 | 4) => {
                let success = matches!((protocol, code), (Protocol::Chap | Protocol::Eap, 3) | (Protocol::Pap, 2));
                let role = if packet.sent { Role::Server } else { Role::Client };
                out.is(role, 10);
                run.role = Some(role);
                run.outcome = Some(success);
                let method = run.method.or(match protocol {
                    Protocol::Pap => Some(Method::Pap),
                    Protocol::Eap => Some(Method::Eap(None)),
                    _ => None,
                });
                let about = run.about.clone();
                if success {
                    out.say(about.clone(), Fact::Authenticated { method, user: about.user });
                } else {
                    let code = packet.text().and_then(mschap_error);
                    out.say(about, Fact::AuthenticationFailed { at: from, method, code, reason: None });
                }
            }
            (Protocol::Eap, 1 | 2) => {
                if let Some(kind) = packet.eap_type().filter(|kind| *kind > 3) {
                    run.method = Some(Method::Eap(Some(kind)));
                }
                let role = if packet.sent == (code == 1) { Role::Server } else { Role::Client };
                run.role = Some(role);
                out.is(role, 5);
                if code == 2
                    && let Some(name) = packet.name().filter(|name| !name.is_empty())
                {
                    run.about.user = Some(name.to_owned());
                }
            }
            (Protocol::Ccp, 4) if packet.mppe().is_some() => {
                let about = run.about.clone();
                out.say(about, Fact::ProtocolRejected { by: from, protocol: Protocol::Ccp });
            }
            // Who asks for 0.0.0.0 wants an address.
            (Protocol::Ipcp, 1) if packet.sent && packet.address().is_some_and(|address| address.is_unspecified()) => {
                out.is(Role::Client, 3);
            }
            (_, 5) => {
                let text = packet.text().unwrap_or_default().to_owned();
                let code = packet::windows_code(&text);
                if code.is_some() {
                    let about = run.about.clone();
                    out.say(about, Fact::Terminated { by: from, text, code });
                }
            }
            _ => {}
        }
        out.say(self.about(pid), fact);
    }

    fn lcp(&mut self, pid: u32, packet: &Packet<'_>, from: Party, out: &mut Out<'_, '_>) {
        let Some(run) = self.runs.get_mut(&pid) else { return };
        let about = run.about.clone();
        // The slot of what `from` demands, and of what the other demands.
        let (own, other) = if packet.sent { (0, 1) } else { (1, 0) };
        match packet.code {
            1 => {
                let method = packet.authentication();
                if let Some(method) = method
                    && run.demanded.get(own).copied().flatten() != Some(method)
                {
                    out.is(if packet.sent { Role::Server } else { Role::Client }, 3);
                    out.say(about, Fact::AuthenticationDemanded { by: from, method });
                }
                if let Some(slot) = run.demanded.get_mut(own) {
                    *slot = method.or(*slot);
                }
            }
            2 => run.method = packet.authentication().or(run.method),
            3 | 4 => {
                let Some(named) = packet.authentication() else { return };
                let demanded = run.demanded.get(other).copied().flatten();
                let method = demanded.unwrap_or(if packet.code == 4 { named } else { Method::Other });
                let instead = (packet.code == 3).then_some(named);
                out.say(about, Fact::AuthenticationDeclined { by: from, method, instead });
            }
            5 => {
                run.terminated = true;
                let text = packet.text().unwrap_or_default().to_owned();
                let code = packet::windows_code(&text);
                if packet.id == 0
                    || run
                        .seen
                        .iter()
                        .filter(|seen| seen.0 == packet.sent && seen.1 == Protocol::Lcp && seen.2 == 5)
                        .count()
                        <= 1
                {
                    ended(from, &text, about.clone(), out);
                }
                out.say(about, Fact::Terminated { by: from, text, code });
            }
            7 => out.say(about, Fact::Incompatible { at: from, said: "Code-Reject".to_owned() }),
            8 => {
                if let Some(protocol) = packet.rejected() {
                    out.say(about, Fact::ProtocolRejected { by: from, protocol });
                }
            }
            _ => {}
        }
    }

    /// Messages.
    fn message(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let first = text.as_bytes().first().copied().unwrap_or(0);
        if !(first.is_ascii_alphabetic() || matches!(first, b'(' | b'/')) {
            return false;
        }
        self.link(pid, text, out)
            || self.authentication(pid, text, out)
            || self.network(pid, text, out)
            || self.encryption(pid, text, out)
            || self.kernel(pid, text, out)
            || self.plugins(pid, text, out)
            || self.options(pid, text, out)
            || is_idle(text)
    }

    fn link(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let fact = if text.starts_with("Connect: ") && text.contains(" <--> ") {
            if pid == 0 && self.runs.get(&0).is_none_or(|run| run.terminated) {
                self.begin(0, out);
            }
            self.run(pid, out);
            return true;
        } else if text.starts_with("using channel ") || text.starts_with("Using interface ") {
            // A pppd that persists, or a file without times, begins a connection here.
            if pid == 0 && self.runs.get(&0).is_some_and(|run| run.terminated) {
                self.begin(0, out);
            }
            self.run(pid, out);
            return true;
        } else if let Some(protocol) = text.strip_suffix(": timeout sending Config-Requests") {
            let Some(protocol) = protocol_named(protocol) else { return false };
            Fact::Unanswered { at, protocol }
        } else if text.starts_with("Serial line is looped back")
            || text.starts_with("appear to have received our own echo-reply")
        {
            Fact::Loopback { at }
        } else if text.starts_with("No response to ") && text.contains("echo-requests")
            || text.starts_with("Peer not responding")
        {
            Fact::PeerDead { at }
        } else if text.starts_with("Modem hangup") || text.starts_with("Hangup (SIGHUP)") {
            Fact::HungUp { at }
        } else if let Some((protocol, rest)) = text.split_once(" terminated by peer") {
            let said = rest.trim().trim_start_matches('(').trim_end_matches(')').to_owned();
            let Some(protocol) = protocol_named(protocol) else { return false };
            let run = self.run(pid, out);
            // With debugging on, the packet said so already.
            if std::mem::replace(&mut run.terminated, true) || protocol != Protocol::Lcp && said.is_empty() {
                return true;
            }
            let about = self.about(pid);
            ended(Party::There, &said, about, out);
            let code = packet::windows_code(&said);
            Fact::Terminated { by: Party::There, text: said, code }
        } else if text.starts_with("Connection terminated") {
            self.run(pid, out).terminated = true;
            return true;
        } else if text == "Exit." {
            return true;
        } else if let Some(rest) = text.strip_prefix("Script pptp ").or(text.strip_prefix("script pptp ")) {
            // The program that carries the link: pptp with the server's name.
            out.is(Role::Client, 10);
            let server = words::host(words::word(rest));
            let run = self.run(pid, out);
            run.role = Some(Role::Client);
            run.about.server = server.or(run.about.server);
            return true;
        } else if text.starts_with("Terminating on signal ")
            || text.starts_with("Terminating connection due to lack of activity")
            || text.starts_with("Connect time expired")
        {
            self.run(pid, out);
            out.say(self.about(pid), reported::Fact::UserHungUp);
            return true;
        } else if let Some(rest) = text.strip_prefix("Connect time ") {
            let tenths = words::number(rest)
                .unwrap_or(0)
                .saturating_mul(10)
                .saturating_add(after(rest, ".").and_then(words::number).unwrap_or(0));
            self.run(pid, out).seconds = u32::try_from(tenths.saturating_mul(6)).ok();
            return true;
        } else if let Some(rest) = text.strip_prefix("Sent ")
            && rest.contains(" bytes, received ")
        {
            let sent = words::number(rest).unwrap_or(0);
            let received = words::number_after(rest, "received ").unwrap_or(0);
            let seconds = self.run(pid, out).seconds.take().unwrap_or(0);
            Fact::Up { seconds, traffic: Some((received, sent)) }
        } else if text.starts_with("Unsupported protocol ") && text.ends_with(" received") {
            Fact::Garbage { at }
        } else if let Some(rest) = text.strip_prefix("Protocol-Reject for ") {
            let number = between(rest, "(0x", ")").or_else(|| between(rest, "0x", " "));
            let Some(number) = number.and_then(|number| u16::from_str_radix(number, 16).ok()) else { return true };
            Fact::ProtocolRejected { by: Party::There, protocol: packet::numbered(number) }
        } else if text.contains(": Rcvd Code-Reject for code ") {
            Fact::Incompatible { at: Party::There, said: text.to_owned() }
        } else if text.starts_with("Received bad configure-") {
            Fact::Incompatible { at, said: text.to_owned() }
        } else {
            return false;
        };
        self.run(pid, out);
        out.say(self.about(pid), fact);
        true
    }

    fn authentication(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let failed = |at, method, code, reason| Fact::AuthenticationFailed { at, method, code, reason };
        let fact = if let Some((method, rest)) = text.split_once(" peer authentication succeeded for ") {
            out.is(Role::Server, 10);
            let user = unquote(rest);
            let run = self.run(pid, out);
            run.about.user = Some(user.clone());
            if run.outcome == Some(true) {
                return true;
            }
            run.outcome = Some(true);
            Fact::Authenticated { method: method_named(method).or(run.method), user: Some(user) }
        } else if let Some((method, rest)) = text.split_once(" peer authentication failed for ") {
            out.is(Role::Server, 10);
            let run = self.run(pid, out);
            run.about.user = Some(unquote(rest));
            if run.outcome == Some(false) {
                return true;
            }
            failed(at, method_named(method).or(run.method), None, None)
        } else if let Some((user, rest)) = text.strip_prefix("Peer ").and_then(|rest| rest.split_once(" failed ")) {
            out.is(Role::Server, 10);
            let run = self.run(pid, out);
            run.about.user = Some(unquote(user));
            // The packet that tells the peer follows: it has the code.
            run.outcome = Some(false);
            failed(at, method_named(rest).filter(|_| run.method.is_none()).or(run.method), None, None)
        } else if text.starts_with("CHAP authentication succeeded")
            || text.starts_with("PAP authentication succeeded")
            || text.starts_with("EAP authentication succeeded")
        {
            out.is(Role::Client, 10);
            let run = self.run(pid, out);
            if run.outcome == Some(true) {
                return true;
            }
            run.outcome = Some(true);
            Fact::Authenticated { method: run.method.or(method_named(text)), user: run.about.user.clone() }
        } else if let Some(rest) = text
            .strip_prefix("MS-CHAP authentication failed:")
            .or(text.strip_prefix("Unknown MS-CHAP authentication failure:"))
        {
            out.is(Role::Client, 10);
            let run = self.run(pid, out);
            let code = mschap_error(rest);
            if run.outcome == Some(false) {
                return true;
            }
            run.outcome = Some(false);
            failed(Party::There, run.method, code, None)
        } else if text.starts_with("CHAP authentication failed due to protocol-reject")
            || text.starts_with("PAP authentication failed due to protocol-reject")
        {
            Fact::NoCommonAuthentication { at: Party::There }
        } else if text.starts_with("CHAP authentication failed")
            || text.starts_with("PAP authentication failed")
            || text.starts_with("EAP: peer reports authentication failure")
            || text.starts_with("EAP authentication failed")
        {
            out.is(Role::Client, 10);
            let run = self.run(pid, out);
            if run.outcome == Some(false) {
                return true;
            }
            run.outcome = Some(false);
            failed(Party::There, run.method.or(method_named(text)), None, None)
        } else if text.starts_with("MS-CHAPv2 mutual authentication failed")
            || text.starts_with("MS-CHAPv2 Success packet is badly formed")
        {
            out.is(Role::Client, 10);
            self.run(pid, out).outcome = Some(false);
            Fact::ServerNotAuthentic
        } else if text.starts_with("peer refused to authenticate")
            || text.starts_with("No auth is possible")
            || text.starts_with("EAP: no acceptable")
            || text.contains(" authentication of peer failed ")
            || text.starts_with("couldn't negotiate eap")
            || text.starts_with("peer doesn't want to authenticate us with eap")
        {
            Fact::NoCommonAuthentication { at }
        } else if text.starts_with("No CHAP secret found for authenticating us to ")
            || text.starts_with("No secret found for PAP login")
            || text.starts_with("EAP: no CHAP secret for auth to")
        {
            failed(at, method_named(text), None, Some(Reason::NoUsablePassword))
        } else if let Some(user) = text
            .strip_prefix("No CHAP secret found for authenticating ")
            .or(text.strip_prefix("no PAP secret found for "))
        {
            out.is(Role::Server, 10);
            let run = self.run(pid, out);
            run.about.user = Some(unquote(user));
            failed(at, run.method.or(method_named(text)), None, Some(Reason::UnknownUser))
        } else if text.starts_with("CHAP authentication timed out")
            || text.starts_with("No response to PAP authenticate-requests")
            || text.starts_with("EAP: timeout waiting for Request")
            || text.starts_with("EAP: no response to Requests")
        {
            Fact::AuthenticationTimedOut { at }
        } else if text.starts_with("PAM Authentication failed: ") || text.starts_with("PAM Account checks failed: ") {
            failed(at, Some(Method::Pap), None, None)
        } else if text.starts_with("The remote system ") && text.contains("is required to authenticate itself") {
            // The option `auth` without a secret that could serve: pppd ends at once.
            self.run(pid, out);
            out.say(self.about(pid), complaint(text));
            return true;
        } else if text.starts_with("Peer is not authorized to use remote address ") {
            failed(at, None, None, Some(Reason::Address))
        } else if text.starts_with("calling number ") && text.ends_with(" is not authorized") {
            failed(at, None, None, Some(Reason::Constraint))
        } else if let Some(rest) = text.strip_prefix("peer from calling number ") {
            out.is(Role::Server, 10);
            if let Some(address) = words::host(words::word(rest)) {
                self.run(pid, out).about.client = Some(address);
            }
            return true;
        } else if text.starts_with("EAP: unknown authentication type")
            || text.starts_with("EAP: peer requesting unknown Type")
        {
            failed(at, Some(Method::Eap(None)), None, Some(Reason::MethodDisabled))
        } else if text.starts_with("EAP: no MD5 secret for auth of ") {
            failed(at, Some(Method::Eap(Some(4))), None, Some(Reason::UnknownUser))
        } else if text.starts_with("EAP: MSCHAPv2 failure") {
            let run = self.run(pid, out);
            if run.outcome == Some(false) {
                return true;
            }
            run.outcome = Some(false);
            failed(at, Some(Method::Eap(Some(26))), None, None)
        } else {
            return false;
        };
        self.run(pid, out);
        out.say(self.about(pid), fact);
        true
    }

    fn network(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let fact =
            if let Some(address) = text.strip_prefix("local  IP address ").or(text.strip_prefix("local IP address ")) {
                self.run(pid, out).local = words::ipv4(words::word(address));
                return true;
            } else if let Some(address) = text.strip_prefix("remote IP address ") {
                let remote = words::ipv4(words::word(address));
                let run = self.run(pid, out);
                run.ipcp = true;
                let local = run.local;
                let (client, server) = match run.role {
                    Some(Role::Server) => (remote, local),
                    Some(Role::Client) => (local, remote),
                    None => (None, None),
                };
                Fact::NetworkUp { protocol: Protocol::Ipcp, client, server }
            } else if text.starts_with("remote LL address ") {
                Fact::NetworkUp { protocol: Protocol::Ipv6cp, client: None, server: None }
            } else if text.starts_with("Could not determine local IP address")
                || text.starts_with("Could not determine remote IP address")
            {
                Fact::NoAddress { at, exhausted: false }
            } else if text.starts_with("Peer refused to agree to our IP address")
                || text.starts_with("Refused our IP address")
            {
                Fact::AddressRefused { by: Party::There, address: None }
            } else if text.starts_with("Peer refused to agree to his IP address")
                || text.starts_with("Unauthorized remote IP address")
            {
                Fact::AddressRefused { by: at, address: None }
            } else if text.starts_with("No network protocols running") {
                Fact::NoNetworkProtocol { at }
            } else {
                return false;
            };
        self.run(pid, out);
        out.say(self.about(pid), fact);
        true
    }

    fn encryption(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let fact = if let Some(rest) = text.strip_prefix("MPPE ") {
            if let Some((bits, _)) = rest.split_once("-bit ") {
                if !text.contains("enabled") {
                    return true;
                }
                let Ok(bits) = bits.parse() else { return false };
                Fact::Encrypted { bits }
            } else if rest.contains("kernel has no support") || rest.starts_with("required but not available in kernel")
            {
                Fact::KernelMissing { at, what: Missing::Mppe }
            } else if rest.contains("auth not performed")
                || rest.contains("auth are performed")
                || rest.contains("keys are not available")
                || rest.contains("auth done in both directions")
            {
                Fact::NoEncryptionKeys { at }
            } else if rest.contains("both 40-bit and 128-bit disabled") {
                Fact::EncryptionStrength { at }
            } else if rest.starts_with("required") {
                Fact::EncryptionRequired { by: at }
            } else if rest.starts_with("disabled") {
                // Said of a link that ends because of it; the Terminate-Request tells whose it was.
                return true;
            } else {
                return false;
            }
        } else if text.starts_with("Refusing MPPE stateful mode")
            || text.contains("-bit MPPE; MS-CHAP LM not supported")
        {
            Fact::EncryptionStrength { at }
        } else if text.starts_with("Too many MPPE errors") || text.starts_with("Lost compression sync") {
            Fact::Garbage { at }
        } else if text.starts_with("CHAP digest ") && text.ends_with("requested but not available") {
            Fact::Incompatible { at, said: text.to_owned() }
        } else {
            return false;
        };
        self.run(pid, out);
        out.say(self.about(pid), fact);
        true
    }

    fn kernel(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let what = if text.starts_with("Couldn't open the /dev/ppp device")
            || text.starts_with("Couldn't open /dev/ppp")
            || text.starts_with("Couldn't reopen /dev/ppp")
        {
            if text.contains("No such file") {
                Missing::DevPpp
            } else if text.contains("No such device") {
                Missing::Ppp
            } else if text.contains("not permitted") || text.contains("ermission denied") {
                Missing::DevPppForbidden
            } else {
                Missing::DevPpp
            }
        } else if text.starts_with("You need to create the /dev/ppp device node") || text.starts_with("mknod /dev/ppp")
        {
            Missing::DevPpp
        } else if text.starts_with("Please load the ppp_generic kernel module")
            || text.contains("this system lacks PPP kernel support")
            || text.starts_with("This system lacks kernel support for PPP")
            || text.starts_with("Couldn't set tty to PPP discipline")
            || text.starts_with("Couldn't create new ppp unit") && text.contains("No such device")
        {
            Missing::Ppp
        } else if text.starts_with("Given FD for PPPoL2TP socket invalid") {
            Missing::L2tp
        } else {
            return false;
        };
        self.run(pid, out);
        out.say(self.about(pid), Fact::KernelMissing { at, what });
        true
    }

    fn plugins(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        if let Some(options) = text.strip_prefix("PPPoL2TP options: ") {
            if options.contains("lnsmode") {
                out.is(Role::Server, 10);
                self.run(pid, out).role = Some(Role::Server);
            }
            if let Some(tunnel) = words::number_after(options, " tid ").and_then(|tunnel| u32::try_from(tunnel).ok()) {
                let known = out.shared().tunnels.get(&tunnel).cloned();
                let run = self.run(pid, out);
                if let Some(known) = known {
                    let user = run.about.user.take();
                    run.about = known;
                    run.about.user = user;
                }
                run.about.attempt = Some(format!("tunnel {tunnel}"));
            }
            return true;
        }
        let fact = if let Some(rest) = text.strip_prefix("rc_send_server: no reply from RADIUS server ") {
            radius::Fact::Unanswered { server: Some(words::word(rest).to_owned()) }
        } else if text.starts_with("rc_ip_hostname: couldn't look up host by addr") {
            // It only wants a name for its own message.
            return true;
        } else if text.starts_with("rc_get_ipaddr: couldn't resolve hostname")
            || text.starts_with("rc_find_server: couldn't find RADIUS server")
            || text.starts_with("rc_send_server: bind:")
            || text.starts_with("rc_send_server: socket:")
            || text.starts_with("rc_own_ipaddress")
        {
            radius::Fact::NotAsked { said: text.to_owned() }
        } else if text.starts_with("rc_send_server: recvfrom:") {
            if text.contains("refused") { radius::Fact::PortClosed } else { radius::Fact::Unanswered { server: None } }
        } else if text.starts_with("rc_check_reply: received invalid reply digest")
            || text.starts_with("rc_check_reply: received non-matching id")
            || text.starts_with("RADIUS: Incorrect attribute length")
            || text.starts_with("RADIUS: Illegal salt")
            || text.starts_with("RADIUS: Incorrect key length")
            || text.starts_with("RADIUS: bad MS-MPPE")
        {
            radius::Fact::SecretMismatch
        } else if text.starts_with("RADIUS: Can't read ")
            || text.starts_with("rc_read_config: ")
            || text.starts_with("rc_read_dictionary: ")
            || text.starts_with("rc_read_mapfile: ")
            || text.starts_with("RADIUS: Can't")
        {
            self.run(pid, out);
            out.say(self.about(pid), complaint(text));
            return true;
        } else {
            return ["rc_", "RADIUS: ", "RADIUS plugin ", "RADATTR plugin "]
                .iter()
                .any(|start| text.starts_with(start));
        };
        out.is(Role::Server, 5);
        self.run(pid, out);
        out.say(self.about(pid), fact);
        true
    }

    /// Options that pppd does not understand, devices and programs that are not there.
    fn options(&mut self, pid: u32, text: &str, out: &mut Out<'_, '_>) -> bool {
        let refused = text.contains("unrecognized option '")
            || text.starts_with("In file /") && text.contains("option")
            || text.starts_with("too few parameters for option ")
            || text.contains(": too few parameters for option '")
            || text.starts_with("Can't open options file ")
            || text.starts_with("Couldn't load plugin ")
            || text.starts_with("Plugin ") && text.ends_with(" not found")
            || text.starts_with("invalid numeric parameter '")
            || text.starts_with("invalid address parameter '")
            || text.starts_with("Plugin ") && text.contains(" is for pppd version ")
            || text.contains(" may not be changed in ")
            || text.contains(" requires root privilege")
            || text.starts_with("Can't open chap secret file ")
            || text.starts_with("Can't open PAP password file ")
            || text.starts_with("bad local IP address ")
            || text.starts_with("bad remote IP address ")
            || text.starts_with("must be root to run ")
            || text.starts_with("Can't execute ")
            || text.starts_with("Device ") && text.contains(" is locked by pid ")
            || text.starts_with("Couldn't allocate PPP unit ")
            || text.starts_with("Connect script failed");
        if refused {
            self.run(pid, out);
            out.say(self.about(pid), complaint(text));
        }
        refused
    }
}

/// What the text of a Terminate-Request gives as the reason, beside the end itself.
fn ended(by: Party, text: &str, about: About, out: &mut Out<'_, '_>) {
    if text.starts_with("MPPE required") {
        out.say(about, Fact::EncryptionRequired { by });
    } else if text.starts_with("peer refused to authenticate") {
        out.say(about, Fact::NoCommonAuthentication { at: by });
    } else if text.starts_with("No network protocols running") {
        out.say(about, Fact::NoNetworkProtocol { at: by });
    } else if text.starts_with("Peer not responding") {
        out.say(about, Fact::PeerDead { at: by });
    } else if text.starts_with("Loopback detected") {
        out.say(about, Fact::Loopback { at: by });
    } else if text.starts_with("Could not determine ") && text.ends_with(" IP address") {
        out.say(about, Fact::NoAddress { at: by, exhausted: false });
    } else if text.starts_with("Unauthorized remote IP address") {
        out.say(about, Fact::AddressRefused { by, address: None });
    }
}

fn complaint(said: &str) -> host::Fact {
    host::Fact::ConfigurationError { program: "pppd".to_owned(), said: said.to_owned() }
}

/// "E=691 R=1 C=... V=3 M=text": the number behind E.
fn mschap_error(text: &str) -> Option<u32> {
    let number = if text.starts_with("E=") { text.strip_prefix("E=") } else { after(text, " E=") };
    u32::try_from(words::number(number?)?).ok()
}

/// A name as pppd prints it, with or without quotes.
fn unquote(text: &str) -> String {
    quoted(text, '"').unwrap_or(text.trim()).to_owned()
}

/// The method in "CHAP", "PAP authentication", ...
fn method_named(text: &str) -> Option<Method> {
    if text.contains("PAP") {
        Some(Method::Pap)
    } else if text.contains("EAP") {
        Some(Method::Eap(None))
    } else {
        None
    }
}

fn protocol_named(name: &str) -> Option<Protocol> {
    Some(match name {
        "LCP" => Protocol::Lcp,
        "CCP" => Protocol::Ccp,
        "IPCP" => Protocol::Ipcp,
        "IPV6CP" => Protocol::Ipv6cp,
        "ECP" => Protocol::Other(0x8053),
        "IPXCP" => Protocol::Other(0x802b),
        _ => return None,
    })
}

/// Lines that are pppd's and say nothing.
fn is_idle(text: &str) -> bool {
    const IDLE: [&str; 24] = [
        "Plugin ",
        "Overriding mtu ",
        "Overriding mru ",
        "sent [",
        "rcvd [",
        "Script /etc/ppp/",
        "Script pptp ",
        "script /etc/ppp/",
        "script pptp ",
        "added response cache entry",
        "response found in cache",
        "primary   DNS address",
        "secondary DNS address",
        "local  LL address",
        "Discarded non-LCP packet when LCP not open",
        "Waiting for ",
        "Serial connection established",
        "Starting negotiation on",
        "not replacing ",
        "Cannot determine ethernet address for proxy ARP",
        "found interface ",
        "replacing old default route",
        "Connect script",
        "Child process ",
    ];
    IDLE.iter().any(|start| text.starts_with(start))
        && (!text.starts_with("Waiting for ") || text.contains("child process"))
}
