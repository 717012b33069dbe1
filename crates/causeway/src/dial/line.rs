//! One call: sockets towards one server, and the dialer between them and the device, until the call is over.

use std::time::Duration;

use access::client::{Connection, Dialer, Event};
use access::{Failure, L2TP_PORT, Stage};
use autoconf::{Ipv6Host, Learned};
use chacha20::ChaCha20Rng;
use clock::Timestamp;
use crypto::Secret;
use diagnose::{Cause, Obstacle, Verdict};
use net::batch::RecvBatch;
use net::poll::{Interest, Poller, Ready, Signals, Token};
use net::process::ServiceState;
use net::udp::{IcmpError, IcmpKind};
use serde_json::json;
use wire::virtio::VnetHeader;

use super::host::Unusable;
use super::inside::{Entrance, Inside, Out};
use super::prompt::{Prompt, Said};
use super::report::{self, Ended, Report};
use super::settings::Settings;
use super::sockets::{ESP, IKE, L2TP, Line, NAT_T, Protection};
use super::strategy::Strategy;
use super::{Outcome, PROMPT, SIGNALS, TUN, Target, no_password, offers, stop_wanted};
use crate::io::{self, BATCH, IKE_PORT, NAT_T_PORT};
use crate::keylog::KeyLog;

/// Silence after which a person is told that it is being waited.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked whether this host is still where it was. A laptop that changes networks would otherwise have to
/// wait for dead peer detection.
const LOOK: Duration = Duration::from_secs(3);

/// Passwords that are asked for in one call: servers lock accounts after not many more.
const TRIES: u32 = 3;

/// Everything that one call needs.
pub(super) struct Call<'a> {
    pub(super) settings: &'a Settings,
    pub(super) strategy: Strategy,
    pub(super) signals: &'a Signals,
    pub(super) rng: &'a mut ChaCha20Rng,
    pub(super) report: &'a Report,
    pub(super) inside: &'a mut Inside,
    pub(super) keylog: Option<&'a mut KeyLog>,
    /// The password, if it is known; one that was typed is kept here when it was right.
    pub(super) password: &'a mut Option<Secret>,
    pub(super) target: &'a Target,
    /// How long anything may take to come back; without it, as long as the protocols try.
    pub(super) first_answer: Option<Duration>,
}

impl Call<'_> {
    /// Calls, and carries packets until the end.
    pub(super) fn run(mut self, poller: &mut Poller) -> Result<Outcome, Outcome> {
        let line = Line::open(self.strategy, self.settings, self.target, self.report)?;
        for (socket, token) in line.sockets.udp.iter().zip(line.tokens()) {
            poller.add(socket, *token, Interest::Read)?;
        }
        for socket in &line.sockets.esp {
            poller.add(socket, ESP, Interest::Read)?;
        }
        let now = net::clock::now();
        let mut unsent = 0;
        let out = &mut Out {
            sockets: &line.sockets,
            entrance: self.inside.entrance(now),
            keylog: self.keylog.as_deref_mut(),
            unsent: &mut unsent,
        };
        let server = self.target.server;
        let password = self.password.as_ref();
        let dialer = match line.protection {
            Protection::Ipsec { force_udp } => {
                let (path, nat_t_path) = (line.path(0, server, IKE_PORT), line.path(1, server, NAT_T_PORT));
                let config = self.settings.with_ipsec(path, nat_t_path, force_udp, password);
                Dialer::dial(now, self.rng, config, out)
            }
            Protection::None => {
                let config = self.settings.without_ipsec(line.path(0, server, L2TP_PORT), password);
                Dialer::dial_unprotected(now, self.rng, config, out)
            }
        };
        let running = Running {
            line,
            dialer,
            unsent,
            connected: false,
            assigned: None,
            heard: false,
            give_up: self.first_answer.map(|patience| now + patience),
            began: now,
            told: now,
            changed: now,
            looked: now,
            question: Question::default(),
            call: self,
        };
        running.carry(poller)
    }
}

/// A call that is under way.
struct Running<'a> {
    call: Call<'a>,
    line: Line,
    dialer: Dialer,
    /// Packets that the host did not take.
    unsent: u64,
    connected: bool,
    /// What IPCP brought, once it did.
    assigned: Option<ppp::Ipv4Settings>,
    /// Something came from the server's address.
    heard: bool,
    /// When to give up if nothing did.
    give_up: Option<Timestamp>,
    began: Timestamp,
    /// When somebody was last told anything.
    told: Timestamp,
    /// When the last stage began.
    changed: Timestamp,
    /// When it was last looked where this host is.
    looked: Timestamp,
    question: Question,
}

/// What a person is asked during the call.
#[derive(Default)]
struct Question {
    /// Who is asked, and types.
    prompt: Option<Prompt>,
    /// What the server waits for an answer to.
    open: Option<ppp::AskId>,
    asked: u32,
    /// What was typed last.
    typed: Option<Secret>,
}

/// The access layer with its way out; a macro because it borrows fields side by side.
macro_rules! wire {
    ($running:ident, $now:expr) => {
        Out {
            sockets: &$running.line.sockets,
            entrance: $running.call.inside.entrance($now),
            keylog: $running.call.keylog.as_deref_mut(),
            unsent: &mut $running.unsent,
        }
    };
}

impl Running<'_> {
    fn carry(mut self, poller: &mut Poller) -> Result<Outcome, Outcome> {
        let mut batch = RecvBatch::new(BATCH);
        let mut packet = vec![0; 1 << 16];
        let outcome = self.converse(poller, &mut batch, &mut packet)?;
        if let Some(prompt) = &self.question.prompt {
            prompt.unwatch(poller);
        }
        // Whoever cannot be told is not waited for.
        let _ = self.part(poller, &mut batch, &mut packet);
        Ok(match (outcome, self.question.prompt.take()) {
            // Who had not yet typed is not told that it was too late: the next call has the password from the beginning.
            (Outcome::Ended(_), Some(prompt)) if self.question.typed.is_none() => {
                Outcome::PasswordWanted(Box::new(prompt))
            }
            (Outcome::Ended(ended), _) if !self.heard && is_unreached(&ended) => Outcome::Unreached(ended),
            (outcome, _) => outcome,
        })
    }

    /// The call until its end.
    fn converse(&mut self, poller: &mut Poller, batch: &mut RecvBatch, packet: &mut [u8]) -> Result<Outcome, Outcome> {
        let mut ready: Vec<Ready> = Vec::new();
        loop {
            if let Some(outcome) = self.react(poller)? {
                return Ok(outcome);
            }
            let now = net::clock::now();
            let sent = self.send_inner(now, poller);
            let tick = match (self.connected, &self.question.prompt) {
                (true, _) => Some(self.looked + LOOK),
                (false, None) => Some(self.told + PATIENCE),
                (false, Some(_)) => None,
            };
            // What the stack sent may have made room for more.
            let inside = if sent { Some(now) } else { self.call.inside.poll_timeout(now) };
            let give_up = self.give_up.filter(|_| !self.heard);
            let due = [self.dialer.poll_timeout(), inside, tick, give_up].into_iter().flatten().min();
            ready.clear();
            ready.extend(poller.wait(due.map(|due| due.since(now)))?);
            let now = net::clock::now();
            for event in &ready {
                match event.token {
                    SIGNALS if stop_wanted(self.call.signals) => return Ok(self.hang_up()),
                    SIGNALS => {}
                    TUN => self.read_tun(packet)?,
                    ESP => self.read_esp(now, batch)?,
                    PROMPT => {
                        if let Some(outcome) = self.read_answer(now) {
                            return Ok(outcome);
                        }
                    }
                    token @ (IKE | NAT_T | L2TP) => {
                        if event.error
                            && let Some(outcome) = self.read_errors(token)
                        {
                            return Ok(outcome);
                        }
                        self.read_udp(now, token, batch)?;
                    }
                    _ => self.call.inside.handle_ready(*event),
                }
            }
            let out = &mut wire!(self, now);
            self.dialer.flush(out);
            self.dialer.handle_timeout(now, self.call.rng, out);
            if self.connected && now >= self.looked + LOOK {
                self.looked = now;
                if let Some(outcome) = self.look() {
                    return Ok(outcome);
                }
            }
            if !self.heard && self.give_up.is_some_and(|give_up| now >= give_up) {
                return Ok(Outcome::Ended(self.unanswered(now)));
            }
            if !self.connected && self.question.prompt.is_none() && now >= self.told + PATIENCE {
                self.told = now;
                self.call.report.waiting(self.dialer.stage().id(), now.since(self.changed));
            }
        }
    }

    /// Waits until the server knows of the end, not long, and not at all for somebody who presses Ctrl-C once more.
    fn part(&mut self, poller: &mut Poller, batch: &mut RecvBatch, packet: &mut [u8]) -> std::io::Result<()> {
        self.call.inside.disconnect();
        if !self.dialer.has_ended() {
            let now = net::clock::now();
            self.dialer.leave(now, self.call.rng, &mut wire!(self, now));
        }
        let mut ready: Vec<Ready> = Vec::new();
        while !self.dialer.has_left() {
            let now = net::clock::now();
            self.call.inside.flush(now, poller, self.call.report);
            let due = [self.dialer.poll_timeout(), self.call.inside.poll_timeout(now)].into_iter().flatten().min();
            ready.clear();
            ready.extend(poller.wait(due.map(|due| due.since(now)))?);
            let now = net::clock::now();
            for event in &ready {
                match event.token {
                    SIGNALS if stop_wanted(self.call.signals) => {
                        self.dialer.leave(now, self.call.rng, &mut wire!(self, now));
                    }
                    SIGNALS => {}
                    TUN => {
                        if let Inside::Device(host) = &*self.call.inside {
                            io::read_tun(&host.tun, packet, |_, _| {})?;
                        }
                    }
                    ESP => self.read_esp(now, batch)?,
                    token @ (IKE | NAT_T | L2TP) => {
                        if event.error {
                            let _ = self.read_errors(token);
                        }
                        self.read_udp(now, token, batch)?;
                    }
                    _ => self.call.inside.handle_ready(*event),
                }
            }
            let out = &mut wire!(self, now);
            self.dialer.flush(out);
            self.dialer.handle_timeout(now, self.call.rng, out);
        }
        self.dialer.flush(&mut wire!(self, net::clock::now()));
        Ok(())
    }

    fn read_udp(&mut self, now: Timestamp, token: Token, batch: &mut RecvBatch) -> std::io::Result<()> {
        let Some(socket) = self.line.sockets.udp.get(usize::from(token == NAT_T)) else { return Ok(()) };
        let out = &mut wire!(self, now);
        let server = self.call.target.server;
        io::read_udp(socket, batch, |path, received| {
            self.heard |= path.remote.ip() == server;
            let (data, segment) = (received.data, received.segment);
            match token {
                NAT_T => self.dialer.handle_udp_4500(now, self.call.rng, path, data, segment, out),
                L2TP => self.dialer.handle_unprotected(now, self.call.rng, path, data, segment, out),
                _ => self.dialer.handle_udp_500(now, self.call.rng, path, data, segment, out),
            }
        })
    }

    fn read_esp(&mut self, now: Timestamp, batch: &mut RecvBatch) -> std::io::Result<()> {
        let Some(socket) = self.line.sockets.esp.first() else { return Ok(()) };
        let out = &mut wire!(self, now);
        let server = self.call.target.server;
        io::read_esp(socket, batch, |path, received| {
            if path.remote.ip() == server {
                self.heard = true;
                self.dialer.handle_esp(now, self.call.rng, path, received.data, out);
            }
        })
    }

    /// Lets the stack work, if there is one, and sends what it has. Returns whether it had anything.
    fn send_inner(&mut self, now: Timestamp, poller: &Poller) -> bool {
        self.call.inside.flush(now, poller, self.call.report);
        let mut sent = false;
        while let Some(packet) = self.call.inside.poll_packet(now) {
            self.dialer.handle_tun(VnetHeader::default(), &packet, &mut wire!(self, now));
            sent = true;
        }
        if sent {
            self.dialer.flush(&mut wire!(self, now));
        }
        sent
    }

    fn read_tun(&mut self, packet: &mut [u8]) -> std::io::Result<()> {
        let Inside::Device(host) = &*self.call.inside else { return Ok(()) };
        let entrance = Entrance::Device(&host.tun);
        let out = &mut Out { sockets: &self.line.sockets, entrance, keylog: None, unsent: &mut self.unsent };
        let lost = io::read_tun(&host.tun, packet, |offload, packet| {
            self.dialer.handle_tun(offload, packet, out);
        })?;
        self.unsent += lost;
        Ok(())
    }

    /// The server would not find us at another address, nor take our packets from there: the connection is made anew.
    fn look(&mut self) -> Option<Outcome> {
        let was = self.call.target.local;
        let source = self.call.inside.source_towards(self.call.target.server)?;
        if source == was {
            return None;
        }
        // From here nobody hears us any more.
        let now = net::clock::now();
        self.dialer.leave(now, self.call.rng, &mut wire!(self, now));
        let detail = json!({ "address_was": was.to_string(), "address_is": source.to_string() });
        let ended = report::obstacle(Obstacle::Moved, Stage::Up.id(), detail);
        Some(Outcome::Ended(Ended { was_up: true, ..ended }))
    }

    /// Ends the wait for a server that does not get our packets, if the dialer believes it.
    fn read_errors(&mut self, token: Token) -> Option<Outcome> {
        let socket = self.line.sockets.udp.get(usize::from(token == NAT_T))?;
        let fatal = |error: &IcmpError| self.dialer.believes_unreachable(error.dst.ip()) && closes(error.kind);
        let error = std::iter::from_fn(|| socket.poll_error()).filter(fatal).last()?;
        let detail = json!({
            "icmp": format!("{:?}", error.kind),
            "said_by": error.reporter.map(|reporter| reporter.to_string()),
            "port": error.dst.port(),
        });
        let stage = self.dialer.stage().id();
        Some(Outcome::Ended(report::obstacle(Obstacle::Unreachable, stage, detail)))
    }

    /// Nothing came from this address, and there are others.
    fn unanswered(&mut self, now: Timestamp) -> Ended {
        let elapsed = now.since(self.began);
        self.dialer.leave(now, self.call.rng, &mut wire!(self, now));
        let (failure, port) = match self.line.protection {
            Protection::Ipsec { .. } => {
                let stage = ike::Stage::Phase1Proposal;
                let failure = ike::Failure::Silence { attempts: 0, elapsed, encapsulated: false };
                (Failure::Ike { stage, failure, peer: Box::default() }, IKE_PORT)
            }
            Protection::None => {
                let stage = l2tp::Stage::Tunnel;
                let failure = l2tp::Failure::Silence { stage, attempts: 0, elapsed };
                (Failure::Unprotected { stage, failure }, L2TP_PORT)
            }
        };
        let detail = json!({ "elapsed_seconds": elapsed.as_secs(), "port": port });
        Ended {
            verdict: Verdict::of_dial(&failure),
            stage: failure.stage().id(),
            detail,
            was_up: false,
            attempts: Vec::new(),
            failure: Some(Box::new(failure)),
        }
    }

    /// Handles what the dialer has to say; returns the outcome when the call is over.
    fn react(&mut self, poller: &Poller) -> Result<Option<Outcome>, Outcome> {
        while let Some(event) = self.dialer.poll_event() {
            match event {
                Event::Progress { stage } => {
                    self.told = net::clock::now();
                    self.changed = self.told;
                    self.call.report.progress(stage.id(), report::stage_text(self.call.strategy, stage));
                }
                Event::Ask(ask) => self.ask(poller, ask)?,
                Event::Connected(connection) => {
                    if let Some(password) = self.question.typed.take() {
                        *self.call.password = Some(password);
                    }
                    if let Some(outcome) = self.connect(&connection) {
                        return Ok(Some(outcome));
                    }
                }
                Event::Pushed(learned) => {
                    if let Some(outcome) = self.push(&learned) {
                        return Ok(Some(outcome));
                    }
                }
                Event::Ipv6(host) => {
                    if let Some(outcome) = self.set_ipv6(host.as_deref()) {
                        return Ok(Some(outcome));
                    }
                }
                Event::Unanswered(_) => self.warn_if_nowhere(0),
                Event::Demands(_) | Event::CompressionRejected { .. } => {}
                Event::Moved { path } => self.call.report.moved(path),
                Event::Ended { failure, stage, .. } => {
                    self.dialer.flush(&mut wire!(self, net::clock::now()));
                    return Ok(Some(Outcome::Ended(self.ended(&failure, stage))));
                }
            }
        }
        Ok(None)
    }

    /// The server wants a password that is not known, or another one.
    fn ask(&mut self, poller: &Poller, ask: ppp::Ask) -> Result<(), Outcome> {
        let refusal = match ask.question {
            ppp::Question::Credentials { refusal } => refusal,
            ppp::Question::Verify { .. } | ppp::Question::Address { .. } => return Ok(()),
        };
        self.question.open = Some(ask.id);
        if self.question.prompt.is_some() {
            // The link began anew while somebody types.
            return Ok(());
        }
        if self.question.asked >= TRIES {
            self.answer(net::clock::now(), ppp::Reply::GiveUp);
            return Ok(());
        }
        if let Some(refusal) = &refusal {
            self.call.report.refused(refusal);
        }
        self.question.asked += 1;
        let prompt = Prompt::open(self.call.settings)?;
        prompt.watch(poller, PROMPT)?;
        self.question.prompt = Some(prompt);
        Ok(())
    }

    fn read_answer(&mut self, now: Timestamp) -> Option<Outcome> {
        let said = self.question.prompt.as_mut()?.poll();
        let reply = match said {
            Said::Nothing => return None,
            Said::Password(password) => {
                self.question.typed = Some(password.clone());
                ppp::Reply::Credentials(ppp::Credentials { user: self.call.settings.user.clone(), password })
            }
            Said::Refused => ppp::Reply::GiveUp,
        };
        self.question.prompt = None;
        self.told = now;
        if reply == ppp::Reply::GiveUp && self.question.asked == 1 && self.call.password.is_none() {
            self.hang_up();
            return Some(Outcome::Ended(no_password(self.call.settings)));
        }
        self.answer(now, reply);
        None
    }

    /// The server said what is behind it.
    fn push(&mut self, learned: &Learned) -> Option<Outcome> {
        let Call { settings, target, .. } = self.call;
        let ipv4 = self.assigned?;
        let now = net::clock::now();
        match self.call.inside.push(now, self.call.rng, settings, target, &ipv4, learned) {
            Ok(pushed) => {
                self.call.report.pushed(learned, &pushed);
                pushed.warnings.iter().for_each(|warning| self.call.report.warning(warning));
                self.warn_if_nowhere(pushed.routes.len());
                None
            }
            Err(unusable) => Some(self.unusable(unusable)),
        }
    }

    /// What the server gives of IPv6 has changed.
    fn set_ipv6(&mut self, host: Option<&Ipv6Host>) -> Option<Outcome> {
        let Call { settings, target, .. } = self.call;
        match self.call.inside.set_ipv6(settings, target, host) {
            Ok(warnings) => {
                self.call.report.ipv6(host);
                warnings.iter().for_each(|warning| self.call.report.warning(warning));
                None
            }
            Err(unusable) => Some(self.unusable(unusable)),
        }
    }

    /// Nobody asked for a route, and the server named `pushed`.
    fn warn_if_nowhere(&self, pushed: usize) {
        if pushed == 0 && self.call.settings.leads_nowhere() {
            self.call.report.warning(
                "nothing but the server itself is reached through the tunnel: add --route CIDR or --full-tunnel",
            );
        }
    }

    /// What the server assigned cannot be set up here.
    fn unusable(&mut self, unusable: Unusable) -> Outcome {
        self.hang_up();
        match unusable {
            Unusable::Address(address) => {
                let detail = json!({ "address": address.to_string() });
                Outcome::Ended(report::obstacle(Obstacle::UnusableAddress, Stage::PppNetwork.id(), detail))
            }
            Unusable::Kernel(what, error) => {
                Outcome::Broken(crate::exit::Failure::local(format!("cannot {what}: {error}")))
            }
            Unusable::Service(error) => {
                Outcome::Broken(crate::exit::Failure::local(format!("cannot offer the {error}")))
            }
        }
    }

    fn answer(&mut self, now: Timestamp, reply: ppp::Reply) {
        if let Some(id) = self.question.open.take() {
            self.dialer.answer(now, self.call.rng, ppp::Answer { id, reply }, &mut wire!(self, now));
        }
    }

    fn connect(&mut self, connection: &Connection) -> Option<Outcome> {
        let Call { settings, strategy, target, .. } = self.call;
        let now = net::clock::now();
        let configured = self.call.inside.configure(now, self.call.rng, settings, target, connection);
        let warnings = match configured {
            Ok(warnings) => warnings,
            Err(unusable) => return Some(self.unusable(unusable)),
        };
        self.connected = true;
        let report = self.call.report;
        report.connected(strategy, connection, &target.server.to_string(), self.call.inside.device(), settings);
        let weak = connection.phase1.as_ref().and_then(|phase1| offers::price(&phase1.suite));
        for warning in weak.iter().chain(&warnings) {
            report.warning(warning);
        }
        if connection.ipv4.local.is_link_local() {
            report.warning(
                "the address is of 169.254.0.0/16: the server has none from its DHCP, and nothing behind it will be reached",
            );
        }
        self.assigned = Some(connection.ipv4);
        if !settings.inform() || matches!(self.line.protection, Protection::None) {
            self.warn_if_nowhere(0);
        }
        let _ = net::process::notify(ServiceState::Ready);
        None
    }

    fn hang_up(&mut self) -> Outcome {
        let traffic = self.dialer.traffic();
        let now = net::clock::now();
        let out = &mut wire!(self, now);
        self.dialer.hang_up(now, self.call.rng, out);
        self.dialer.flush(out);
        Outcome::HungUp(traffic)
    }

    fn ended(&self, failure: &Failure, stage: Stage) -> Ended {
        Ended {
            verdict: Verdict::of_dial(failure),
            stage: stage.id(),
            detail: record::dial::detail(failure),
            was_up: self.connected,
            attempts: Vec::new(),
            failure: Some(Box::new(failure.clone())),
        }
    }
}

/// Whether another address of the server might do better.
fn is_unreached(ended: &Ended) -> bool {
    matches!(ended.verdict.cause, Cause::NetUdp500Blocked | Cause::NetServerUnreachable | Cause::L2tpNotProtected)
}

/// Whether an ICMP error says that nothing gets through.
fn closes(kind: IcmpKind) -> bool {
    match kind {
        IcmpKind::PortUnreachable
        | IcmpKind::HostUnreachable
        | IcmpKind::NetUnreachable
        | IcmpKind::ProtocolUnreachable
        | IcmpKind::Prohibited => true,
        IcmpKind::TooBig | IcmpKind::TimeExceeded | IcmpKind::Other { .. } => false,
    }
}
