//! strongSwan's charon. A line is "NN[GRP] <connection|number> message": a worker thread works on one IKE SA at a time, so what has no
//! number belongs to the SA of the thread's last message.

mod names;
mod sentences;

pub(super) use names::notify;

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::ike::{Exchange, Fact, Message, Phase, Suite};
use observe::{About, Party, Role, SourceKind, Time, host, network};

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between};

/// Reads the log of charon and of its starter.
#[derive(Default)]
pub(crate) struct Charon {
    threads: HashMap<u32, Thread>,
    sas: HashMap<String, Sa>,
    /// How often the daemon started: it numbers its SAs from 1 each time.
    starts: u32,
}

/// What a worker thread is at.
#[derive(Clone, Default)]
struct Thread {
    /// The key of its SA.
    sa: String,
    /// The peer of its last packet, and whether it went to port 4500.
    peer: Option<SocketAddr>,
    port_4500: bool,
    octets: Option<u32>,
    /// A message that was made and is about to be sent.
    pending: Option<Pending>,
    /// Whether the last line said already that a message cannot be decrypted.
    undecryptable: bool,
    /// The notifies of the message that it parsed last.
    notified: Vec<wire::isakmp::NotifyType>,
}

#[derive(Clone)]
struct Pending {
    at: Option<Time>,
    line: u64,
    text: String,
    message: Message,
}

/// What is known of an IKE SA.
#[derive(Clone, Default)]
struct Sa {
    role: Option<Role>,
    peer: Option<SocketAddr>,
    established: bool,
    /// Whether any association for traffic came up.
    carried: bool,
    /// Whether it was said that signatures prove who is who.
    signs: bool,
    certificate: Option<bool>,
    sent: Option<Exchange>,
    received: Option<Exchange>,
    suite: Option<Suite>,
    /// What was chosen for phase 1.
    chosen: Option<Suite>,
    /// The phase whose proposals were talked about last.
    phase: Option<Phase>,
    asked: Option<String>,
    nat_detection: bool,
    nat_here: bool,
    nat_there: bool,
    port_4500: bool,
    delete_received: bool,
    user: Option<String>,
}

/// SAs and threads that are remembered.
const MOST: usize = 4096;

impl Reader for Charon {
    fn kind(&self) -> SourceKind {
        SourceKind::Charon
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(
            program,
            "charon"
                | "charon-systemd"
                | "charon-nm"
                | "charon-cmd"
                | "ipsec_starter"
                | "ipsec"
                | "strongswan"
                | "swanctl"
        )
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let Some((thread, group, rest)) = thread(line.text) else {
            return self.starter(line, out);
        };
        let (name, message) = connection(rest);
        self.message(thread, group, name, message, out);
        true
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        let mut threads: Vec<u32> = self.threads.keys().copied().collect();
        threads.sort_unstable();
        for thread in threads {
            self.flush(thread, None, out);
        }
    }
}

/// Lines of the starter and of the command line that say nothing.
fn is_idle(text: &str) -> bool {
    const STARTS: [&str; 14] = [
        "Stopping strongSwan IPsec",
        "Loading config setup",
        "Loading conn '",
        "scheduling reauthentication in ",
        "scheduling rekeying in ",
        "maximum IKE_SA lifetime ",
        "closing CHILD_SA ",
        "destroying IKE_SA in state ",
        "could not decrypt payloads",
        "message parsing failed",
        "ignore malformed INFORMATIONAL request",
        "INFORMATIONAL_V1 request with message ID ",
        "ID_PROT request with message ID ",
        "initiate completed successfully",
    ];
    STARTS.iter().any(|start| text.starts_with(start))
        || text.starts_with("establishing connection '") && text.ends_with("' failed")
        || text.starts_with("connection '") && text.ends_with("' established successfully")
}

/// "09[IKE] rest".
fn thread(text: &str) -> Option<(u32, &str, &str)> {
    let (number, rest) = text.split_once('[')?;
    let number = Some(number).filter(|number| matches!(number.len(), 1..=3))?.parse().ok()?;
    let (group, rest) = rest.split_once(']')?;
    let known = group.len() <= 4 && group.bytes().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit());
    known.then(|| {
        (number, group.trim_end_matches(|level: char| level.is_ascii_digit()), rest.strip_prefix(' ').unwrap_or(rest))
    })
}

/// "<office|1> message", "<1> message" or the message.
fn connection(text: &str) -> (Option<&str>, &str) {
    let Some((name, rest)) = text.strip_prefix('<').and_then(|rest| rest.split_once("> ")) else { return (None, text) };
    let number = name.rsplit('|').next().unwrap_or(name);
    if !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit()) {
        (Some(number), rest)
    } else {
        (None, text)
    }
}

/// The number in "IKE_SA office[1] ...".
fn sa_number(text: &str) -> Option<&str> {
    let number = between(text, "[", "]")?;
    (!number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit())).then_some(number)
}

impl Charon {
    fn message(&mut self, number: u32, group: &str, name: Option<&str>, text: &str, out: &mut Out<'_, '_>) {
        if self.threads.len() > MOST || self.sas.len() > MOST {
            self.threads.clear();
            self.sas.clear();
        }
        match group {
            "NET" => return self.net(number, name, text, out),
            "ENC" => return self.enc(number, name, text, out),
            "DMN" | "LIB" | "JOB" | "MGR" | "CFG" | "IKE" | "KNL" | "CHD" | "TLS" | "TNC" | "ASN" | "ESP" | "APP"
            | "IMC" | "IMV" | "PTS" => {}
            _ => return,
        }
        self.flush(number, None, out);
        match name {
            Some(name) => self.enter(number, name),
            // A timer begins new work in a thread that may have been at another SA.
            None if group == "JOB" || text.starts_with("sending DPD request") => self.enter_only(number),
            None => {}
        }
        self.say(number, text.trim_start(), out);
    }

    /// The SA that this thread works on is the one of this number.
    fn enter(&mut self, thread: u32, number: &str) {
        let key = if self.starts > 1 {
            format!("IKE_SA {number} of start {}", self.starts)
        } else {
            format!("IKE_SA {number}")
        };
        let state = self.threads.entry(thread).or_default();
        if state.sa == key {
            return;
        }
        // What was known under the peer's address is of this SA.
        let old = std::mem::replace(&mut state.sa, key.clone());
        let peer = state.peer;
        if old.starts_with("from ") && !self.sas.contains_key(&key) {
            if let Some(sa) = self.sas.remove(&old) {
                self.sas.insert(key.clone(), sa);
            }
            for other in self.threads.values_mut().filter(|other| other.sa == old) {
                other.sa.clone_from(&key);
            }
        }
        let sa = self.sas.entry(key).or_default();
        sa.peer = sa.peer.or(peer);
    }

    /// The SA that a thread works on is the only one there is; with several it is not known.
    fn enter_only(&mut self, thread: u32) {
        let mut known = self.sas.keys().filter(|key| !key.is_empty());
        let only = known.next().filter(|_| known.next().is_none()).cloned();
        let state = self.threads.entry(thread).or_default();
        state.sa = only.unwrap_or_default();
        state.peer = None;
    }

    fn sa(&mut self, thread: u32) -> &mut Sa {
        let state = self.threads.entry(thread).or_default();
        self.sas.entry(state.sa.clone()).or_default()
    }

    fn about(&self, thread: u32) -> About {
        let Some(state) = self.threads.get(&thread) else { return About::default() };
        let sa = self.sas.get(&state.sa);
        let peer = state.peer.or(sa.and_then(|sa| sa.peer));
        let mut about = About::default();
        match sa.and_then(|sa| sa.role) {
            Some(Role::Client) => about.server = peer,
            Some(Role::Server) => about.client = peer,
            None => about.peer = peer,
        }
        about.user = sa.and_then(|sa| sa.user.clone());
        about.attempt = Some(state.sa.clone()).filter(|sa| !sa.is_empty());
        about
    }

    /// Packets: "sending packet: from A[500] to B[500] (180 bytes)".
    fn net(&mut self, thread: u32, name: Option<&str>, text: &str, out: &mut Out<'_, '_>) {
        let sent = text.strip_prefix("sending packet: from ");
        if let Some((from, rest)) =
            sent.or(text.strip_prefix("received packet: from ")).and_then(|rest| rest.split_once(" to "))
        {
            let octets = between(rest, "(", " bytes").and_then(|octets| octets.parse().ok());
            let to = words::word(rest);
            let peer = words::socket(if sent.is_some() { to } else { from });
            let port_4500 = words::socket(from).is_some_and(|from| from.port() == 4500)
                || words::socket(to).is_some_and(|to| to.port() == 4500);
            if sent.is_none() {
                self.flush(thread, None, out);
            }
            let state = self.threads.entry(thread).or_default();
            state.peer = peer;
            state.octets = octets;
            state.port_4500 = port_4500;
            match name {
                Some(name) => self.enter(thread, name),
                None => self.enter_by_peer(thread, peer),
            }
            let sa = self.sa(thread);
            sa.peer = peer.or(sa.peer);
            sa.port_4500 |= port_4500;
            self.flush(thread, octets.filter(|_| sent.is_some()).map(|octets| (octets, port_4500)), out);
            return;
        }
        self.flush(thread, None, out);
        if let Some(said) = text.strip_prefix("error writing to socket: ") {
            let about = self.about(thread);
            if said.contains("unreachable") {
                out.say(about, network::Fact::NoRoute { to: None });
            } else {
                out.say(about, Fact::NetworkError { at: Party::Here, closed: said.contains("refused") });
            }
        } else if text.starts_with("unable to bind socket: ") || text.starts_with("could not open ") {
            if text.contains("already in use") {
                let program = "charon".to_owned();
                out.say(About::default(), host::Fact::PortBusy { port: None, tcp: false, program });
            } else {
                complain(text, out);
            }
        } else if text.starts_with("received unsupported IKE version ") {
            let asked = after(text, "version ").and_then(words::number).unwrap_or(0);
            let asked = u8::try_from(asked).unwrap_or(0);
            out.say(about_peer(between(text, " from ", ",")), Fact::VersionRefused { at: Party::Here, asked });
        } else if text.starts_with("ignoring IKE_SA setup from ") || text.contains("hitting IKE_SA limit") {
            out.say(about_peer(between(text, "from ", ",")), Fact::Limited { at: Party::Here });
        }
    }

    /// A packet without a number belongs to the SA that this peer has, as far as one is known.
    fn enter_by_peer(&mut self, thread: u32, peer: Option<SocketAddr>) {
        let Some(peer) = peer else { return };
        let known =
            self.sas.iter().filter(|(key, sa)| !key.is_empty() && sa.peer.is_some_and(|known| known.ip() == peer.ip()));
        // Numbers grow: the newest SA of the peer is the one that talks.
        let known =
            known.map(|(key, _)| key).max_by_key(|key| words::number_after(key, "IKE_SA ").unwrap_or(0)).cloned();
        let state = self.threads.entry(thread).or_default();
        state.sa = known.unwrap_or_else(|| format!("from {}", peer.ip()));
        let sa = self.sas.entry(state.sa.clone()).or_default();
        sa.peer = Some(peer);
    }

    /// Says the message that was made before, now that it is sent.
    fn flush(&mut self, thread: u32, sent: Option<(u32, bool)>, out: &mut Out<'_, '_>) {
        let Some(pending) = self.threads.get_mut(&thread).and_then(|state| state.pending.take()) else { return };
        let Pending { at, line, text, mut message } = pending;
        if let Some((octets, port_4500)) = sent {
            message.octets = Some(octets);
            message.port_4500 = port_4500;
        }
        let about = self.about(thread);
        out.say_of(at, line, &text, about, Fact::Message(message));
    }

    /// Messages: "generating ID_PROT request 0 [ SA V ]", "parsed ...", and what cannot be parsed.
    fn enc(&mut self, thread: u32, name: Option<&str>, text: &str, out: &mut Out<'_, '_>) {
        self.flush(thread, None, out);
        if let Some(name) = name {
            self.enter(thread, name);
        }
        let made = text.strip_prefix("generating ");
        if let Some(parsed) = made.or(text.strip_prefix("parsed ")).and_then(names::message) {
            let from = if made.is_some() { Party::Here } else { Party::There };
            let sa = self.sa(thread);
            if let Some(by_initiator) = parsed.by_initiator() {
                let role = if by_initiator == made.is_some() { Role::Client } else { Role::Server };
                sa.role = sa.role.or(Some(role));
                out.is(role, 3);
            }
            if parsed.has("CERT") || parsed.has("SIG") {
                sa.certificate = Some(true);
            } else if parsed.has("ID") && parsed.has("HASH") && matches!(parsed.exchange, Exchange::MainMode(_)) {
                sa.certificate = sa.certificate.or(Some(false));
            }
            let signed = parsed.has("SIG") && !std::mem::replace(&mut sa.signs, parsed.has("SIG"));
            let suite = sa.chosen.clone().filter(|_| signed);
            sa.nat_detection |= parsed.has("NAT-D") || parsed.payloads.contains("NATD");
            if made.is_some() {
                sa.sent = Some(parsed.exchange);
            } else {
                sa.received = Some(parsed.exchange);
            }
            let phase = match parsed.exchange {
                Exchange::MainMode(_) | Exchange::AggressiveMode(_) | Exchange::SaInit { .. } => Some(Phase::One),
                Exchange::QuickMode(_) => Some(Phase::Two),
                _ if sa.established => Some(Phase::Two),
                _ => None,
            };
            let port_4500 = sa.port_4500;
            let about = self.about(thread);
            if let Some(suite) = suite {
                let suite = Suite { authentication: "rsa".to_owned(), ..suite };
                out.say(about.clone(), Fact::Chosen { phase: Phase::One, suite });
            }
            let notifies: Vec<_> = parsed.notifies().collect();
            for kind in &notifies {
                let (kind, protected) = (*kind, parsed.protected());
                out.say(about.clone(), Fact::Notify { from, kind, phase, protected });
            }
            let state = self.threads.entry(thread).or_default();
            state.undecryptable = false;
            let octets = state.octets.filter(|_| made.is_none());
            let port_4500 = if made.is_some() { port_4500 } else { state.port_4500 };
            let message = Message {
                from,
                exchange: parsed.exchange,
                id: parsed.id,
                cookies: None,
                port_4500,
                repeated: false,
                octets,
            };
            if made.is_some() {
                let pending = Pending { at: out.at(), line: out.number(), text: out.shown().to_owned(), message };
                state.pending = Some(pending);
            } else {
                state.notified = notifies;
                out.say(about, Fact::Message(message));
            }
            return;
        }
        let undecryptable = text.ends_with("decryption failed?")
            || text.starts_with("could not decrypt payloads")
            || text.starts_with("verifying encrypted payload integrity failed")
            || text.starts_with("invalid next payload")
            || text.starts_with("unknown attribute type")
                && self.sas.get(&self.threads.entry(thread).or_default().sa).is_some_and(|sa| !sa.established);
        if undecryptable {
            let state = self.threads.entry(thread).or_default();
            if !std::mem::replace(&mut state.undecryptable, true) {
                let about = self.about(thread);
                out.say(about, Fact::Undecryptable { at: Party::Here });
            }
        }
    }

    /// Lines without a thread: the starter, ipsec.conf, `ipsec up` and `swanctl --initiate` on a terminal.
    fn starter(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.text;
        let ours = line.program.is_some_and(|program| self.is_program(program));
        if let Some(rest) = text.strip_prefix("Starting strongSwan ") {
            out.product(&format!("strongSwan {}", words::word(rest)));
            return true;
        }
        // The command line prints messages of one SA without threads, `swanctl` with "[IKE] " in front.
        let (group, message) = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((group @ ("IKE" | "NET" | "ENC" | "CFG" | "KNL" | "CHD" | "LIB"), message)) => (Some(group), message),
            _ => (None, text),
        };
        let group = group.or_else(|| {
            if message.starts_with("sending packet: from ") || message.starts_with("received packet: from ") {
                Some("NET")
            } else if (message.starts_with("generating ") || message.starts_with("parsed "))
                && names::message(after(message, " ")?).is_some()
                || message.ends_with("decryption failed?") && message.starts_with("invalid ")
            {
                Some("ENC")
            } else if message.starts_with("initiating ") && message.contains(" IKE_SA ")
                || message.starts_with("IKE_SA ") && message.contains(" established between ")
                || message.starts_with("CHILD_SA ") && message.contains(" established with SPIs ")
                || message.starts_with("sending retransmit ")
                || message.starts_with("giving up after ") && message.ends_with(" retransmits")
                || message.starts_with("received ")
                    && (message.ends_with(" error notify") || message.ends_with(" vendor ID"))
                || message.starts_with("IDir '") && message.contains(" does not match to ")
                || message.starts_with("no matching CHILD_SA config found")
                || message.starts_with("no IKE config found for ")
                || message.starts_with("unable to resolve ") && message.ends_with(", initiate aborted")
                || message.starts_with("no shared key found for ")
                || message.starts_with("calculated HASH does not match")
                || message.starts_with("trap not found, unable to acquire reqid")
                || message.starts_with("local host is behind NAT")
                || message.starts_with("remote host is behind NAT")
                || message.starts_with("selected proposal: ")
                || message.starts_with("received proposals: ")
                || message.starts_with("configured proposals: ")
                || message.starts_with("deleting half open IKE_SA with ")
                || message.starts_with("no trusted ") && message.contains(" public key found for ")
            {
                Some("IKE")
            } else {
                None
            }
        });
        if let Some(group) = group {
            self.message(u32::MAX, group, None, message, out);
            return true;
        }
        if is_idle(text) {
            return true;
        }
        if text.contains("is already running") && text.contains("charon") {
            return true;
        }
        if ours
            && (text.starts_with("# ")
                || text.contains("unknown keyword")
                || text.starts_with("bad ")
                || text.contains("parsing error")
                || text.contains("failed to start"))
        {
            complain(text, out);
        }
        ours
    }
}

fn about_peer(address: Option<&str>) -> About {
    About { client: address.and_then(words::host), ..About::default() }
}

fn complain(said: &str, out: &mut Out<'_, '_>) {
    let fact = host::Fact::ConfigurationError { program: "charon".to_owned(), said: said.to_owned() };
    out.say(About::default(), fact);
}
