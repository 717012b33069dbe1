//! libreswan's pluto, versions 3 to 5. A line is `"connection"[instance] peer #state: message`, or "packet from peer: message".

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::ike::{CertificateProblem, Exchange, Fact, Message, Phase, Suite};
use observe::{About, Party, Role, SourceKind, host};
use wire::isakmp::NotifyType;

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between, quoted};

/// Reads pluto's log.
#[derive(Default)]
pub(crate) struct Pluto {
    /// By connection and instance: `"l2tp-psk"[2]`.
    peers: HashMap<String, Peer>,
    /// Lines about itself that may still follow: it tests its algorithms when it starts.
    starting: u32,
}

#[derive(Clone, Default)]
struct Peer {
    address: Option<SocketAddr>,
    role: Option<Role>,
    established: bool,
    port_4500: bool,
}

/// Connections that are remembered.
const MOST: usize = 4096;

/// Where a message belongs to.
struct Context {
    key: String,
    about: About,
    role: Option<Role>,
    port_4500: bool,
}

impl Reader for Pluto {
    fn kind(&self) -> SourceKind {
        SourceKind::Pluto
    }

    fn is_program(&self, program: &str) -> bool {
        program == "pluto"
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        if self.peers.len() > MOST {
            self.peers.clear();
        }
        // `ipsec auto --up` puts a code of three digits in front.
        let text = match line.text.split_at_checked(4) {
            Some((code, rest))
                if code.ends_with(' ') && code.trim_end().bytes().all(|octet| octet.is_ascii_digit()) =>
            {
                rest
            }
            _ => line.text,
        };
        // Errors of the kernel stand in front of the connection that they are about.
        let text =
            text.strip_prefix("ERROR: ").filter(|rest| rest.starts_with('"') && rest.contains(" #")).unwrap_or(text);
        if let Some((from, message)) = text.strip_prefix("packet from ").and_then(|rest| rest.split_once(": ")) {
            let peer = words::socket(from);
            let context = Context {
                key: String::new(),
                about: About { peer, ..About::default() },
                role: None,
                port_4500: from.ends_with(":4500"),
            };
            self.say(context, message, out);
            return true;
        }
        if let Some((context, message)) = self.context(text) {
            self.say(context, message, out);
            return true;
        }
        if self.daemon(text, out) || tagged {
            return true;
        }
        let listens = text.starts_with("listening for IKE messages");
        self.starting = self.starting.saturating_sub(1);
        if text.starts_with("Initializing NSS using ") {
            self.starting = Self::START;
        } else if listens || line.program.is_some() {
            self.starting = 0;
        }
        self.starting > 0 || listens || text.starts_with("adding UDP interface ")
    }
}

impl Pluto {
    /// Lines that it writes from its start until it listens, at most.
    const START: u32 = 400;

    /// `"conn"[1] 192.0.2.1 #2: message`, `"conn" #2: message`.
    fn context<'a>(&mut self, text: &'a str) -> Option<(Context, &'a str)> {
        let (name, rest) = text.strip_prefix('"')?.split_once('"')?;
        let (head, message) = rest.split_once(": ")?;
        // A name in quotes also begins lines of others; the number of a state, or an address, does not.
        if !head.contains(" #") && !head.starts_with('[') {
            return None;
        }
        if head.len() > 120 {
            return None;
        }
        let (instance, rest) = match head.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((instance, rest)) => (instance, rest),
            None => ("", head),
        };
        let key = if instance.is_empty() { format!("\"{name}\"") } else { format!("\"{name}\"[{instance}]") };
        let address = rest.split_whitespace().find(|word| !word.starts_with('#')).and_then(words::host);
        let peer = self.peers.entry(key.clone()).or_default();
        peer.address = address.or(peer.address);
        let mut about = About { attempt: Some(key.clone()), ..About::default() };
        match peer.role {
            Some(Role::Client) => about.server = peer.address,
            Some(Role::Server) => about.client = peer.address,
            None => about.peer = peer.address,
        }
        let context = Context { key, about, role: peer.role, port_4500: peer.port_4500 };
        Some((context, message))
    }

    fn is(&mut self, context: &mut Context, role: Role, out: &mut Out<'_, '_>) {
        out.is(role, 10);
        context.role = Some(role);
        if let Some(peer) = self.peers.get_mut(&context.key) {
            peer.role = peer.role.or(Some(role));
        }
        let peer = context.about.peer.take();
        match role {
            Role::Client => context.about.server = context.about.server.or(peer),
            Role::Server => context.about.client = context.about.client.or(peer),
        }
    }

    fn say(&mut self, mut context: Context, text: &str, out: &mut Out<'_, '_>) {
        // "STATE_MAIN_R1: sent MR1, expecting MI2", in older versions also with the state in front of everything else.
        let (state, text) = match text.strip_prefix("STATE_").and_then(|rest| rest.split_once(": ")) {
            Some((state, rest)) => (Some(state), rest),
            None => (None, text),
        };
        if self.progress(&mut context, state, text, out) || self.established(&mut context, text, out) {
            return;
        }
        self.trouble(context, state, text, out);
    }

    fn message(&self, context: &Context, from: Party, exchange: Exchange, out: &mut Out<'_, '_>) {
        let port_4500 = context.port_4500;
        let message = Message { from, exchange, id: 0, cookies: None, port_4500, repeated: false, octets: None };
        out.say(context.about.clone(), Fact::Message(message));
    }

    /// Messages sent and received.
    fn progress(&mut self, context: &mut Context, state: Option<&str>, text: &str, out: &mut Out<'_, '_>) -> bool {
        let (from, exchange) = if text.starts_with("responding to Main Mode") {
            self.is(context, Role::Server, out);
            (Party::There, Exchange::MainMode(1))
        } else if text.starts_with("responding to Aggressive Mode") {
            self.is(context, Role::Server, out);
            (Party::There, Exchange::AggressiveMode(1))
        } else if text.starts_with("responding to Quick Mode proposal") {
            (Party::There, Exchange::QuickMode(1))
        } else if text.starts_with("initiating ") && text.contains("Main Mode")
            || text.starts_with("initiating IKEv1") && text.contains("connection")
        {
            self.is(context, Role::Client, out);
            (Party::Here, Exchange::MainMode(1))
        } else if text.starts_with("initiating ") && text.contains("Aggressive Mode") {
            self.is(context, Role::Client, out);
            (Party::Here, Exchange::AggressiveMode(1))
        } else if text.starts_with("initiating Quick Mode") {
            (Party::Here, Exchange::QuickMode(1))
        } else if text.starts_with("initiating IKEv2 connection") {
            self.is(context, Role::Client, out);
            (Party::Here, Exchange::SaInit { response: false })
        } else if text.starts_with("processing IKE_SA_INIT request")
            || text.starts_with("proposal ") && text.contains("chosen from remote proposals") && !text.contains("ESP")
        {
            self.is(context, Role::Server, out);
            (Party::There, Exchange::SaInit { response: false })
        } else if text.starts_with("processed IKE_SA_INIT response") {
            (Party::There, Exchange::SaInit { response: true })
        } else if text.starts_with("sent MR1") || text.starts_with("sent Main Mode R1") {
            (Party::Here, Exchange::MainMode(2))
        } else if text.starts_with("sent MR2") || text.starts_with("sent Main Mode R2") {
            (Party::Here, Exchange::MainMode(4))
        } else if text.starts_with("sent MI1") || text.starts_with("sent Main Mode request") {
            (Party::Here, Exchange::MainMode(1))
        } else if text.starts_with("sent MI2") || text.starts_with("sent Main Mode I2") {
            (Party::Here, Exchange::MainMode(3))
        } else if text.starts_with("sent MI3") || text.starts_with("sent Main Mode I3") {
            (Party::Here, Exchange::MainMode(5))
        } else if text.starts_with("sent QR1")
            || text.starts_with("sent Quick Mode reply")
            || text.starts_with("sent Quick Mode R1")
        {
            (Party::Here, Exchange::QuickMode(2))
        } else if text.starts_with("sent Quick Mode request") || text.starts_with("sent QI1") {
            (Party::Here, Exchange::QuickMode(1))
        } else if text.starts_with("sent IKE_SA_INIT request") {
            (Party::Here, Exchange::SaInit { response: false })
        } else if text.starts_with("sent IKE_SA_INIT reply") || text.starts_with("sent IKE_SA_INIT response") {
            (Party::Here, Exchange::SaInit { response: true })
        } else if text.starts_with("sent IKE_AUTH request") {
            (Party::Here, Exchange::Auth { response: false })
        } else if text.starts_with("retransmission; will wait") {
            let message = state.map_or(Exchange::Other, own_message);
            out.say(context.about.clone(), Fact::Repeated { by: Party::Here, message });
            return true;
        } else if text.starts_with("retransmitting in response to duplicate packet")
            || text.starts_with("discarding duplicate packet")
        {
            let state = after(text, "already STATE_").map(words::word).unwrap_or_default();
            let message = peer_message(state.trim_end_matches([';', ',']));
            out.say(context.about.clone(), Fact::Repeated { by: Party::There, message });
            return true;
        } else {
            return false;
        };
        self.message(context, from, exchange, out);
        true
    }

    /// What is up, who is there, and what is taken down.
    fn established(&mut self, context: &mut Context, text: &str, out: &mut Out<'_, '_>) -> bool {
        let about = context.about.clone();
        if text.contains("ISAKMP SA established")
            || text.contains("IKE SA established {")
            || text.contains("established IKE SA")
        {
            if text.contains("sent MR3") || text.contains("sent Main Mode R3") {
                self.message(context, Party::Here, Exchange::MainMode(6), out);
            }
            if let Some(peer) = self.peers.get_mut(&context.key) {
                peer.established = true;
            }
            if let Some(suite) = braces(text).map(phase1_suite).filter(|suite| !suite.cipher.is_empty()) {
                out.say(about.clone(), Fact::Chosen { phase: Phase::One, suite });
            }
            let certificate = braces(text)
                .and_then(|inside| between(inside, "auth=", " "))
                .map(|method| !method.contains("PRESHARED") && !method.contains("PSK"));
            out.say(about, Fact::Phase1Up { certificate });
        } else if text.contains("IPsec SA established") || text.contains("established Child SA") {
            let inside = braces(text).unwrap_or_default();
            let encapsulated = Some(inside.starts_with("ESPinUDP") || inside.starts_with("ESP/NAT"));
            let transport = if text.contains("transport mode") {
                Some(true)
            } else if text.contains("tunnel mode") {
                Some(false)
            } else {
                None
            };
            let spi =
                |mark: &str| after(inside, mark).and_then(|rest| u32::from_str_radix(rest.split(' ').next()?, 16).ok());
            let spis = spi(" <0x").zip(spi("=>0x"));
            let suite = between(inside, "xfrm=", " ")
                .or_else(|| after(inside, "xfrm="))
                .map(|name| phase2_suite(name.trim_end_matches('}')));
            out.say(about, Fact::Phase2Up { encapsulated, transport, suite, spis });
        } else if let Some(result) = text.strip_prefix("NAT-Traversal: Result using ") {
            let result = result.rsplit(": ").next().unwrap_or(result).to_ascii_lowercase();
            let here = result.contains("i am behind nat") || result.contains("both are nated");
            let there = result.contains("peer behind nat")
                || result.contains("both are nated")
                || result.contains("peer is nated");
            let Some(role) = context.role else { return true };
            let (client, server) = if role == Role::Client { (here, there) } else { (there, here) };
            out.say(about, Fact::Nat { client: Some(client), server: Some(server), forced: false });
        } else if text.starts_with("Peer ID is ") || text.contains("mode peer ID is ") {
            let identity = quoted(text, '\'').unwrap_or_default().to_owned();
            out.say(about, Fact::Identity { of: Party::There, identity });
        } else if let Some(rest) = text.strip_prefix("ESP traffic information: ") {
            let traffic = after(rest, "in=").and_then(octets).zip(after(rest, "out=").and_then(octets));
            out.say(about, Fact::Deleted { by: Party::Here, phase: Phase::Two, traffic });
        } else if text.starts_with("received Delete SA") {
            let phase = if text.contains("ISAKMP") || text.contains("IKE SA") || text.contains("self-deleting") {
                Phase::One
            } else {
                Phase::Two
            };
            out.say(about, Fact::Deleted { by: Party::There, phase, traffic: None });
        } else if text.starts_with("deleting state (STATE_MAIN_R1")
            || text.starts_with("deleting state (STATE_MAIN_R2")
            || text.starts_with("deleting state (STATE_MAIN_R0")
            || text.starts_with("deleting incomplete state after")
        {
            if context.role == Some(Role::Server) || text.contains("MAIN_R") {
                out.say(about, Fact::HalfOpenExpired { at: Party::Here });
            }
        } else if text.starts_with("deleting state (STATE_MAIN_")
            && text.contains("sending notification")
            && !text.contains("NOT sending")
        {
            out.say(about, Fact::Deleted { by: Party::Here, phase: Phase::One, traffic: None });
        } else {
            return false;
        }
        true
    }

    fn trouble(&mut self, context: Context, state: Option<&str>, text: &str, out: &mut Out<'_, '_>) {
        let at = Party::Here;
        let established = self.peers.get(&context.key).is_some_and(|peer| peer.established);
        let fact = if let Some(name) = between(text, "Oakley Transform [", "]").filter(|_| text.contains("refused")) {
            Fact::Offered { phase: Phase::One, from: Party::There, suites: vec![transform(name)] }
        } else if let Some(name) = between(text, "IPsec Transform [", "]").filter(|_| text.contains("refused")) {
            Fact::Offered { phase: Phase::Two, from: Party::There, suites: vec![transform(name)] }
        } else if text.contains("no acceptable Oakley Transform") {
            Fact::NoCommonSuite { phase: Phase::One, at }
        } else if text.contains("no acceptable Proposal in IPsec SA") || text.starts_with("no proposal chosen from: ") {
            Fact::NoCommonSuite {
                phase: if text.contains("ESP") || text.contains("IPsec") { Phase::Two } else { Phase::One },
                at,
            }
        } else if let Some((kind, protected)) = sent_notification(text) {
            Fact::Notify { from: at, kind, phase: Some(if established { Phase::Two } else { Phase::One }), protected }
        } else if let Some(kind) = received_notification(text) {
            Fact::Notify {
                from: Party::There,
                kind,
                phase: Some(if established { Phase::Two } else { Phase::One }),
                protected: established,
            }
        } else if text.contains("mismatch of preshared secrets") || text.starts_with("too many malformed payloads") {
            Fact::Undecryptable { at }
        } else if text.contains("authentication failed: PSK AUTH mismatch")
            || text.contains("computed hash does not match hash received")
            || text.contains("HASH payload does not match")
            || text.starts_with("received Hash Payload does not match")
        {
            Fact::HashWrong { at }
        } else if let Some((expected, got)) =
            after(text, "peer to have ID ").and_then(|rest| rest.split_once(", but peer declares "))
        {
            let name = |text: &str| Some(text.trim_matches('\'').to_owned());
            Fact::IdentityRefused { at, expected: name(expected), got: name(got) }
        } else if text.starts_with("Peer ID '") && text.contains("mismatched")
            || text.starts_with("no suitable connection for peer ")
            || text.starts_with("switched from ") && text.contains("failed")
        {
            Fact::IdentityRefused { at, expected: None, got: quoted(text, '\'').map(str::to_owned) }
        } else if let Some(asked) =
            after(text, "cannot respond to IPsec SA request because no connection is known for ")
        {
            Fact::SelectorsRefused { at, asked: Some(asked.to_owned()) }
        } else if text.contains("No IKEv2 connection found with compatible Traffic Selectors") {
            Fact::SelectorsRefused { at, asked: None }
        } else if text.starts_with("we require PFS but Quick I1 SA specifies no GROUP_DESCRIPTION")
            || text.contains("not supported for PFS")
        {
            Fact::PfsRefused { at }
        } else if text.contains("no connection has been authorized with")
            || text.contains("no suitable connection found with")
            || text.contains("but no connection has been authorized")
            || text.contains("connection has been configured with")
        {
            let mode = text.split(" message ").next().unwrap_or_default();
            if mode.contains("Aggressive") {
                Fact::ModeRefused { at, mode: "Aggressive Mode".to_owned() }
            } else {
                Fact::NoConnection { at, asked: text.to_owned() }
            }
        } else if text.starts_with("ignoring IKEv1 packet as policy is set to ") {
            Fact::VersionRefused { at, asked: 1 }
        } else if text.contains("no preshared key found for")
            || text.starts_with("authentication failed: no PSK found")
            || text.starts_with("Failed to find our PreShared Key")
        {
            Fact::NoSharedKey { at }
        } else if text.contains("No response (or no acceptable response) to our first IKEv1 message")
            || text.contains("No response (or no acceptable response) to our first IKEv2 message")
        {
            let after =
                if text.contains("IKEv2") { Exchange::SaInit { response: false } } else { Exchange::MainMode(1) };
            Fact::GaveUp { by: at, after: Some(after) }
        } else if text
            .contains("Possible authentication failure: no acceptable response to our first encrypted message")
        {
            Fact::GaveUp { by: at, after: Some(Exchange::MainMode(5)) }
        } else if text.contains("No acceptable response to our first Quick Mode message") {
            Fact::GaveUp { by: at, after: Some(Exchange::QuickMode(1)) }
        } else if text.contains(" second timeout exceeded after ") || text.starts_with("max number of retransmissions")
        {
            Fact::GaveUp { by: at, after: state.map(own_message) }
        } else if text.starts_with("DPD: ") && text.contains("declaring peer dead")
            || text.starts_with("DPD action - ")
            || text.starts_with("IKEv1 DPD action - ")
            || text.starts_with("liveness action - ")
        {
            Fact::PeerDead { at }
        } else if text.contains("asynchronous network error report on ") {
            Fact::NetworkError { at, closed: text.contains("refused") }
        } else if text.contains("cannot install eroute -- it is in use for")
            || text.starts_with("route to peer's client conflicts with")
        {
            Fact::Displaced { at }
        } else if text.contains("uses a previously used Message ID") {
            Fact::MessageIdReused { at }
        } else if text.contains("netlink response for") && text.contains("errno")
            || text.contains("Adding IPsec SA failed")
            || text.contains("ERROR: netlink")
            || text.starts_with("kernel: ") && text.contains("rror")
        {
            Fact::KernelRefused { at, said: text.to_owned() }
        } else if let Some(problem) = certificate(text) {
            let of = Some(if problem == CertificateProblem::Missing { at } else { Party::There });
            Fact::Certificate { at, of, problem }
        } else if (text.contains("algorithm '") || text.contains("OAKLEY_GROUP"))
            && (text.contains("is not supported")
                || text.contains("not supported.")
                || text.contains("is not recognized"))
        {
            Fact::SuiteUnsupported { at, name: quoted(text, '\'').unwrap_or(words::word(text)).to_owned() }
        } else {
            return;
        };
        out.say(context.about, fact);
    }

    /// The daemon, its configuration, and what the command line says.
    fn daemon(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if let Some(version) = text
            .strip_prefix("Starting Pluto (Libreswan Version ")
            .or(text.strip_prefix("Starting Pluto (Openswan Version "))
        {
            out.product(&format!("libreswan {}", words::word(version).trim_end_matches(';')));
            out.say(About::default(), host::Fact::Started { program: "pluto".to_owned() });
        } else if text.starts_with("shutting down") && text.len() < 40 {
            out.say(About::default(), host::Fact::Stopped { program: "pluto".to_owned() });
        } else if text.contains("string error: ") && text.contains("algorithm") {
            let name = quoted(text, '\'').unwrap_or_default().to_owned();
            out.say(About::default(), Fact::SuiteUnsupported { at: Party::Here, name });
        } else if text.contains("global ikev1-policy does not allow IKEv1 connections") {
            // IKEv1 is off unless `ikev1-policy=accept` stands in the configuration.
            out.say(About::default(), Fact::VersionRefused { at: Party::Here, asked: 1 });
        } else if text.starts_with("ERROR: asynchronous network error report on ") {
            out.say(About::default(), Fact::NetworkError { at: Party::Here, closed: text.contains("refused") });
        } else if text.starts_with("ERROR: \"/etc/ipsec")
            || text.contains("/ipsec.secrets\" line ")
            || text.starts_with("bind() failed") && text.contains(":500")
        {
            let fact = host::Fact::ConfigurationError { program: "pluto".to_owned(), said: text.to_owned() };
            out.say(About::default(), fact);
        } else {
            return false;
        }
        true
    }
}

/// What stands in the last braces.
fn braces(text: &str) -> Option<&str> {
    text.rsplit_once('{').map(|(_, inside)| inside.trim_end_matches('}'))
}

/// "auth=PRESHARED_KEY cipher=AES_CBC_256 integ=HMAC_SHA1 group=MODP2048", in older versions "oakley_sha" and "aes_256".
fn phase1_suite(inside: &str) -> Suite {
    let field = |name: &str| inside.split(' ').find_map(|field| field.strip_prefix(name)).unwrap_or_default();
    let mut integrity = field("integ=");
    if integrity.is_empty() || integrity.starts_with('n') {
        integrity = field("prf=");
    }
    let group = field("group=").to_lowercase();
    let authentication =
        if field("auth=").contains("PRESHARED") || field("auth=").contains("SECRET") { "psk" } else { "rsa" };
    let authentication = if field("auth=").is_empty() { "" } else { authentication };
    Suite {
        cipher: cipher(field("cipher=")),
        integrity: hash(integrity),
        group,
        authentication: authentication.to_owned(),
    }
}

/// "AES_CBC_256-HMAC_SHA1_96".
fn phase2_suite(name: &str) -> Suite {
    let mut parts = name.split('-');
    let cipher = cipher(parts.next().unwrap_or_default());
    let integrity = parts.next().map(hash).filter(|hash| hash != "none").unwrap_or_default();
    let group = parts.next().unwrap_or_default().to_lowercase();
    Suite { cipher, integrity, group, authentication: String::new() }
}

/// "AES_CBC (256), HMAC_SHA1, DH20".
fn transform(text: &str) -> Suite {
    let mut parts = text.split(", ");
    let cipher = cipher(&parts.next().unwrap_or_default().replace(" (", "_").replace(')', ""));
    let integrity = parts.next().map(hash).unwrap_or_default();
    let group = match parts.next().unwrap_or_default() {
        "DH2" => "modp1024".to_owned(),
        "DH5" => "modp1536".to_owned(),
        "DH14" => "modp2048".to_owned(),
        "DH15" => "modp3072".to_owned(),
        "DH16" => "modp4096".to_owned(),
        "DH19" => "ecp256".to_owned(),
        "DH20" => "ecp384".to_owned(),
        "DH21" => "ecp521".to_owned(),
        "DH31" => "curve25519".to_owned(),
        other => other.to_lowercase(),
    };
    Suite { cipher, integrity, group, authentication: String::new() }
}

fn cipher(name: &str) -> String {
    let name = name.trim_start_matches("OAKLEY_").to_lowercase().replace('_', "-");
    match name.as_str() {
        "3des-cbc" | "3des-cbc-192" | "3des-192" => "3des".to_owned(),
        "des-cbc" | "des-cbc-56" => "des".to_owned(),
        other => match other.strip_prefix("aes-").filter(|bits| bits.bytes().all(|octet| octet.is_ascii_digit())) {
            Some(bits) => format!("aes-cbc-{bits}"),
            None => other.replace("gcm-c-", "gcm-16-"),
        },
    }
}

fn hash(name: &str) -> String {
    let name = name.trim_start_matches("OAKLEY_").trim_start_matches("HMAC_").to_lowercase();
    match name.as_str() {
        "sha1" | "sha" | "sha1_96" | "oakley_sha" => "sha1",
        "md5" | "md5_96" => "md5",
        "sha2_256" | "sha2_256_128" => "sha2-256",
        "sha2_384" | "sha2_384_192" => "sha2-384",
        "sha2_512" | "sha2_512_256" => "sha2-512",
        other => return other.replace('_', "-"),
    }
    .to_owned()
}

/// What the owner of a state sent last.
fn own_message(state: &str) -> Exchange {
    match state {
        "MAIN_I1" => Exchange::MainMode(1),
        "MAIN_R1" => Exchange::MainMode(2),
        "MAIN_I2" => Exchange::MainMode(3),
        "MAIN_R2" => Exchange::MainMode(4),
        "MAIN_I3" => Exchange::MainMode(5),
        "MAIN_R3" => Exchange::MainMode(6),
        "QUICK_I1" => Exchange::QuickMode(1),
        "QUICK_R1" => Exchange::QuickMode(2),
        "AGGR_I1" => Exchange::AggressiveMode(1),
        "AGGR_R1" => Exchange::AggressiveMode(2),
        "PARENT_I1" | "V2_PARENT_I1" => Exchange::SaInit { response: false },
        "PARENT_R1" | "V2_PARENT_R1" => Exchange::SaInit { response: true },
        "PARENT_I2" | "V2_PARENT_I2" => Exchange::Auth { response: false },
        _ => Exchange::Other,
    }
}

/// What the peer of the owner of a state sent last.
fn peer_message(state: &str) -> Exchange {
    match state {
        "MAIN_R1" => Exchange::MainMode(1),
        "MAIN_I2" => Exchange::MainMode(2),
        "MAIN_R2" => Exchange::MainMode(3),
        "MAIN_I3" => Exchange::MainMode(4),
        "MAIN_R3" => Exchange::MainMode(5),
        "QUICK_R1" => Exchange::QuickMode(1),
        "AGGR_R1" => Exchange::AggressiveMode(1),
        "PARENT_R1" | "V2_PARENT_R1" => Exchange::SaInit { response: false },
        _ => Exchange::Other,
    }
}

/// "sending notification NO_PROPOSAL_CHOSEN to 192.0.2.1:500", "sending encrypted notification ...".
fn sent_notification(text: &str) -> Option<(NotifyType, bool)> {
    let (rest, protected) = match after(text, "sending encrypted notification ") {
        Some(rest) => (rest, true),
        None => (
            after(text, "sending notification ")
                .or_else(|| after(text, "responding to message with unencrypted notification "))?,
            false,
        ),
    };
    let name = words::word(rest).trim_start_matches("v2N_");
    Some((notification(name)?, protected))
}

/// "ignoring informational payload NO_PROPOSAL_CHOSEN, msgid=00000000", "... informational payload, type NO_PROPOSAL_CHOSEN ...".
fn received_notification(text: &str) -> Option<NotifyType> {
    let rest = after(text, "informational payload, type ")
        .or_else(|| after(text, "ignoring informational payload "))
        .or_else(|| after(text, "received unauthenticated v2N_"))
        .or_else(|| after(text, "request rejected by peer: "))
        .or_else(|| after(text, "failed with error notification "))?;
    notification(words::word(rest).trim_end_matches([',', ';', '.']).trim_start_matches("v2N_"))
}

fn notification(name: &str) -> Option<NotifyType> {
    super::charon::notify(name)
}

fn certificate(text: &str) -> Option<CertificateProblem> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if !has(&["ertificate", "NSS", "X509", "cert ", "private key", "SAN"]) {
        return None;
    }
    Some(if has(&["has expired", "EXPIRED_CERTIFICATE", "is expired or not yet valid", "certificate is expired"]) {
        CertificateProblem::Expired
    } else if has(&[
        "issuer is not recognized",
        "UNKNOWN_ISSUER",
        "UNTRUSTED_ISSUER",
        "UNTRUSTED_CERT",
        "not trusted",
        "ertificate rejected",
    ]) {
        CertificateProblem::Untrusted
    } else if has(&["REVOKED_CERTIFICATE", "was revoked", "has been revoked"]) {
        CertificateProblem::Revoked
    } else if has(&["INADEQUATE_KEY_USAGE", "INADEQUATE_CERT_TYPE", "ot approved for the attempted application"]) {
        CertificateProblem::Usage
    } else if has(&["does not match", "does not contain", "subjectAltName"])
        && has(&["SAN", "subjectAltName", "certificate"])
    {
        CertificateProblem::Name
    } else if has(&[
        "private key found",
        "No RSA private key",
        "unable to locate my private key",
        "an't find the private key",
        "I did not send a certificate because I do not have one",
    ]) {
        CertificateProblem::Missing
    } else {
        return None;
    })
}

/// "0B", "12KB", "3MB".
fn octets(text: &str) -> Option<u64> {
    let number = words::number(text)?;
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let factor = if unit.starts_with("KB") {
        1 << 10
    } else if unit.starts_with("MB") {
        1 << 20
    } else if unit.starts_with("GB") {
        1 << 30
    } else {
        1
    };
    Some(number.saturating_mul(factor))
}
