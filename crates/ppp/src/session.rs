mod extensions;
mod keepalive;
mod network;
mod phases;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use clock::{TimerKind, Timers, Timestamp};
use rand_core::CryptoRng;
use wire::Malformed;
use wire::ppp::{Code, Mppe, Packet, Protocol, frame};

use crate::auth::Authentication;
use crate::automaton::State;
use crate::config::{ClientConfig, CloseReason, Method, ServerConfig, Timing};
use crate::event::{Answer, Ask, AskId, Event, Framing, Ipv4Settings, Ipv6Settings, Question, QuestionKind, Reply};
use crate::failure::{Failure, Local, ProtocolEnd, Silence, Stage};
use crate::lcp::{AuthSide, LcpOptions};
use crate::negotiation::Control;
use crate::output::Output;

use keepalive::{Due, KeepAlive};
use network::Network;

/// One PPP link, either end.
///
/// LCP begins at once. After every command and `handle_*` poll [`Session::poll_event`] and [`Session::poll_transmit`] until
/// they are empty, in any order, then [`Session::poll_timeout`]. After [`Event::Closed`] nothing happens any more.
#[derive(Debug)]
pub struct Session {
    role: Role,
    timing: Timing,
    lcp: Control<LcpOptions>,
    phase: Phase,
    ending: Option<Ending>,
    asked: Option<Asked>,
    next_ask: u64,
    challenge_id: u8,
    renegotiations: u32,
    identifications: u32,
    /// The peer's CCP was rejected, and that was told.
    told_compression: bool,
    keepalive: KeepAlive,
    timers: Timers<Timer, 4>,
    out: Output,
    events: VecDeque<Event>,
    discards: Discards,
}

/// Frames that were discarded without an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Discards {
    /// Frames and packets that are malformed.
    pub malformed: u64,
    /// The last of them.
    pub last_malformed: Option<Malformed>,
    /// Frames of protocols whose phase it is not (RFC 1661 §3.4, §3.5).
    pub out_of_phase: u64,
}

#[derive(Debug)]
enum Role {
    Server(ServerConfig),
    Client(ClientConfig),
}

/// RFC 1661 §3.2.
#[derive(Debug)]
enum Phase {
    Establish,
    Authenticate {
        authentication: Box<Authentication>,
        /// Client: network protocol packets that overtook the Success, the last of each protocol.
        overtook: Vec<(Protocol, Vec<u8>)>,
    },
    Network(Box<Network>),
    /// LCP says good-bye.
    Terminate,
    /// [`Event::Closed`] was given.
    Dead,
}

/// How the session ends: known before it has ended.
#[derive(Debug)]
struct Ending {
    stage: Stage,
    /// `None` while the peer's Terminate-Request is the reason, which LCP keeps.
    failure: Option<Failure>,
}

#[derive(Debug)]
struct Asked {
    id: AskId,
    kind: QuestionKind,
    since: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// Authentication, and after it the first network protocol, must be done.
    Setup,
    /// An answer is due.
    Answer,
    /// Server: time to find an address though the peer does not ask for one.
    Address,
    /// Look whether the peer lives.
    Echo,
}

impl TimerKind for Timer {
    const ALL: &'static [Self] = &[Timer::Setup, Timer::Answer, Timer::Address, Timer::Echo];

    fn index(self) -> usize {
        self as usize
    }
}

/// Max-Failure of a client that only asks: two Naks for each method there is.
const INQUIRER_FAILURES: u32 = 12;

impl Session {
    /// The server's end: it asks the peer to authenticate and assigns the address.
    pub fn server(config: ServerConfig, now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let options = LcpOptions::new(AuthSide::Authenticator(config.methods.clone()), config.mru);
        let (timing, is_usable) = (config.timing, !config.methods.is_empty());
        Session::start(Role::Server(config), options, timing, is_usable, now, rng)
    }

    /// The client's end: it authenticates when asked, with the methods of its configuration only, and asks for an address.
    pub fn client(config: ClientConfig, now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let side = config.inquire.map_or_else(|| AuthSide::Peer(config.methods.clone()), AuthSide::Inquirer);
        let options = LcpOptions::new(side, config.mru);
        let is_usable = config.inquire.is_some() || !config.methods.is_empty() || config.allow_unauthenticated;
        let mut timing = config.timing;
        if config.inquire.is_some() {
            // The suggestion is repeated for whatever the server comes to on its way.
            timing.max_failure = timing.max_failure.max(INQUIRER_FAILURES);
        }
        Session::start(Role::Client(config), options, timing, is_usable, now, rng)
    }

    fn start(
        role: Role,
        options: LcpOptions,
        timing: Timing,
        is_usable: bool,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let mut session = Session {
            role,
            timing,
            lcp: Control::new(options, timing).with_early_repeat(timing.early_repeat),
            phase: Phase::Establish,
            ending: None,
            asked: None,
            next_ask: 0,
            challenge_id: rng.next_u32().to_be_bytes()[0],
            renegotiations: 0,
            identifications: 0,
            told_compression: false,
            keepalive: KeepAlive::new(&timing, now),
            timers: Timers::default(),
            out: Output::default(),
            events: VecDeque::new(),
            discards: Discards::default(),
        };
        if is_usable {
            session.timers.set(Timer::Setup, now + timing.setup);
            session.lcp.start(now, rng, &mut session.out);
        } else {
            session.ending = Some(Ending { stage: Stage::Lcp, failure: Some(Failure::Local(Local::Configuration)) });
            session.finish(ProtocolEnd::Unfinished);
        }
        session
    }

    /// A frame from the peer, beginning at its address octet or, where that is left out, at its protocol field. Datagrams
    /// are the data plane's and are ignored here.
    pub fn handle_frame(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, bytes: &[u8]) {
        if matches!(self.phase, Phase::Dead) {
            return;
        }
        self.keepalive.note(now);
        if let Err(malformed) = self.dispatch(now, rng, bytes) {
            self.discards.malformed += 1;
            self.discards.last_malformed = Some(malformed);
        }
        self.settle(now, rng);
    }

    /// The answer to an [`Event::Ask`]. An answer to a question that no longer stands is ignored.
    pub fn handle_answer(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, answer: Answer) {
        let Some(asked) = self.asked.take_if(|asked| asked.id == answer.id) else {
            return;
        };
        self.timers.stop(Timer::Answer);
        if let (Role::Client(config), Reply::Credentials(credentials)) = (&mut self.role, &answer.reply) {
            // Should the link begin anew, nobody is asked for what he has said.
            config.credentials = credentials.clone();
            config.ask_first = false;
        }
        let fits = match (&mut self.phase, answer.reply) {
            (Phase::Network(network), Reply::Address(lease)) if asked.kind == QuestionKind::Address => {
                network.start_ipcp_server(now, rng, lease, &mut self.out);
                true
            }
            (Phase::Network(_), Reply::NoAddress(why)) if asked.kind == QuestionKind::Address => {
                self.fail(now, rng, Failure::Local(Local::NoAddress(why)));
                true
            }
            (Phase::Network(network), reply) => network
                .authentication
                .as_mut()
                .is_some_and(|authentication| authentication.handle_reply(now, rng, reply, &mut self.out)),
            (Phase::Authenticate { authentication, .. }, reply) => {
                authentication.handle_reply(now, rng, reply, &mut self.out)
            }
            (Phase::Establish | Phase::Terminate | Phase::Dead, _) => true,
        };
        if !fits {
            self.fail(now, rng, Failure::Local(Local::Misanswered(asked.kind)));
        }
        self.settle(now, rng);
    }

    /// Time has passed; call at [`Session::poll_timeout`] or later.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::Setup => self.handle_setup_timeout(now, rng),
                Timer::Answer => self.handle_answer_timeout(now, rng),
                Timer::Address => self.ask_for_address(now),
                Timer::Echo => self.handle_echo_timeout(now, rng),
            }
        }
        self.lcp.handle_timeout(now, rng, &mut self.out);
        match &mut self.phase {
            Phase::Authenticate { authentication, .. } => authentication.handle_timeout(now, &mut self.out),
            Phase::Network(network) => network.handle_timeout(now, rng, &mut self.out),
            Phase::Establish | Phase::Terminate | Phase::Dead => {}
        }
        self.settle(now, rng);
    }

    /// Ends the session with a Terminate-Request that carries the Windows error for `reason`. [`Event::Closed`] follows when
    /// the peer has answered, or did not in time.
    pub fn close(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, reason: CloseReason) {
        self.fail(now, rng, Failure::Local(Local::Closed(reason)));
        self.settle(now, rng);
    }

    /// The lower layer is gone: [`Event::Closed`] follows at once, with the reason that was already known if there is one.
    pub fn lower_down(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        if matches!(self.phase, Phase::Dead) {
            return;
        }
        self.lcp.lower_down(now, rng, &mut self.out);
        let stage = self.stage();
        self.leave_network();
        let ending = self.ending.get_or_insert(Ending { stage, failure: None });
        let pending = self.lcp.pending_end();
        if ending.failure.is_none() && pending == ProtocolEnd::Unfinished {
            ending.failure = Some(Failure::Local(Local::LowerLayerDown));
        }
        self.finish(pending);
    }

    /// Datagrams arrived from the peer: it lives, and need not be asked.
    pub fn note_traffic(&mut self, now: Timestamp) {
        self.keepalive.note(now);
    }

    /// The next whole frame to send, with address and control octets.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Session::handle_timeout`]; changes with every call.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let own = self.timers.next().map(|(_, at)| at);
        let phase = match &self.phase {
            Phase::Authenticate { authentication, .. } => authentication.poll_timeout(),
            Phase::Network(network) => network.poll_timeout(),
            Phase::Dead => return None,
            Phase::Establish | Phase::Terminate => None,
        };
        [own, phase, self.lcp.poll_timeout()].into_iter().flatten().min()
    }

    /// How far the session is, or was when it began to end.
    pub fn stage(&self) -> Stage {
        if let Some(ending) = &self.ending {
            return ending.stage;
        }
        match &self.phase {
            Phase::Network(network) if network.ipv4.is_some() || network.ipv6.is_some() => Stage::Up,
            Phase::Network(_) => Stage::Network,
            Phase::Authenticate { .. } => Stage::Authentication,
            Phase::Establish | Phase::Terminate | Phase::Dead => Stage::Lcp,
        }
    }

    /// Whether [`Event::Closed`] was given.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Dead)
    }

    /// The authenticated user; `None` before authentication and again while the link starts anew.
    pub fn user(&self) -> Option<&str> {
        self.network().map(|network| network.authenticated.user())
    }

    /// How the user was authenticated.
    pub fn method(&self) -> Option<Method> {
        self.network().and_then(|network| network.authenticated.method())
    }

    /// How frames to the peer may look; `None` while LCP is not open.
    pub fn framing(&self) -> Option<Framing> {
        (self.lcp.state() == State::Opened).then(|| self.lcp.options.framing())
    }

    /// What IPCP negotiated, while IPv4 is up.
    pub fn ipv4(&self) -> Option<Ipv4Settings> {
        self.network().and_then(|network| network.ipv4)
    }

    /// What IPv6CP negotiated, while IPv6 is up.
    pub fn ipv6(&self) -> Option<Ipv6Settings> {
        self.network().and_then(|network| network.ipv6)
    }

    /// Whether IPv6CP is being negotiated: it is neither up nor at an end.
    pub fn awaits_ipv6(&self) -> bool {
        self.network().is_some_and(Network::awaits_ipv6)
    }

    /// Frames that were discarded.
    pub fn discards(&self) -> Discards {
        self.discards
    }

    fn network(&self) -> Option<&Network> {
        match &self.phase {
            Phase::Network(network) => Some(network),
            Phase::Establish | Phase::Authenticate { .. } | Phase::Terminate | Phase::Dead => None,
        }
    }

    fn dispatch(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, bytes: &[u8]) -> Result<(), Malformed> {
        let (protocol, offset) = frame(bytes)?;
        let information = bytes.get(offset..).unwrap_or_default();
        if protocol == Protocol::LCP {
            return self.handle_lcp(now, rng, Packet::parse(information)?);
        }
        match (&mut self.phase, protocol) {
            (_, Protocol::IPV4 | Protocol::IPV6) => {}
            (Phase::Authenticate { authentication, .. }, _) if protocol == authentication.protocol() => {
                authentication.handle(now, rng, Packet::parse(information)?, &mut self.out);
            }
            (Phase::Authenticate { overtook, .. }, Protocol::IPCP | Protocol::IPV6CP) => {
                // RFC 1661 §3.5: what comes from somebody who has not proved himself is discarded. Only a client holds
                // what overtook the server's Success, and looks at it after that.
                match self.role {
                    Role::Server(_) => self.discards.out_of_phase += 1,
                    Role::Client(_) => {
                        let packet = Packet::parse(information)?.encode();
                        overtook.retain(|(held, _)| *held != protocol);
                        overtook.push((protocol, packet));
                    }
                }
            }
            // An authentication protocol that was not negotiated (RFC 1661 §5.7: an unknown protocol of this phase).
            (Phase::Authenticate { .. }, Protocol::PAP | Protocol::CHAP | Protocol::EAP) => {
                self.reject_protocol(protocol, information);
            }
            (Phase::Network(network), _) => {
                if let Some(authentication) = &mut network.authentication
                    && protocol == authentication.protocol()
                {
                    authentication.handle(now, rng, Packet::parse(information)?, &mut self.out);
                } else {
                    self.handle_network(now, rng, protocol, information)?;
                }
            }
            (Phase::Establish | Phase::Authenticate { .. } | Phase::Terminate | Phase::Dead, _) => {
                self.discards.out_of_phase += 1;
            }
        }
        Ok(())
    }

    fn handle_network(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        protocol: Protocol,
        information: &[u8],
    ) -> Result<(), Malformed> {
        let Phase::Network(network) = &mut self.phase else { return Ok(()) };
        match protocol {
            Protocol::IPCP => {
                let question = network.handle_ipcp(now, rng, Packet::parse(information)?, &mut self.out)?;
                if let Some(question) = question {
                    self.ask(now, question);
                }
            }
            Protocol::IPV6CP if network.handle_ipv6cp(now, rng, Packet::parse(information)?, &mut self.out)? => {}
            _ => {
                if protocol == Protocol::CCP {
                    self.note_compression(information);
                }
                self.reject_protocol(protocol, information);
            }
        }
        Ok(())
    }

    /// Says what the peer would like to do to the datagrams, once.
    fn note_compression(&mut self, information: &[u8]) {
        let Some(packet) = Packet::parse(information).ok().filter(|packet| packet.code == Code::CONFIGURE_REQUEST.0)
        else {
            return;
        };
        let encryption = Mppe::among(packet.data).filter(|mppe| mppe.bits().is_some());
        if !std::mem::replace(&mut self.told_compression, true) {
            self.events.push_back(Event::CompressionRejected { encryption });
        }
    }

    fn handle_setup_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        let failure = match (&self.asked, &self.phase) {
            (Some(asked), _) => no_answer(asked, now),
            (None, Phase::Network(network)) => network.no_network_protocol(),
            (None, Phase::Authenticate { authentication, .. }) => authentication.give_up(now),
            (None, _) => Failure::Silence(Silence {
                stage: self.stage(),
                attempts: self.lcp.attempts(),
                elapsed: self.lcp.waited(now),
            }),
        };
        self.fail(now, rng, failure);
    }

    fn handle_answer_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        if let Some(asked) = self.asked.take() {
            self.fail(now, rng, no_answer(&asked, now));
        }
    }

    fn handle_echo_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        match self.keepalive.due(now) {
            Due::Later(at) => self.timers.set(Timer::Echo, at),
            Due::Echo(next) => {
                let id = self.lcp.fresh_id();
                let magic = self.lcp.options.magic();
                self.send_lcp(Code::ECHO_REQUEST, id, &magic.to_be_bytes());
                self.timers.set(Timer::Echo, next);
            }
            Due::Dead { attempts, elapsed } => {
                let stage = self.stage();
                self.fail(now, rng, Failure::Silence(Silence { stage, attempts, elapsed }));
            }
        }
    }

    fn ask(&mut self, now: Timestamp, question: Question) {
        let kind = question.kind();
        let id = AskId(self.next_ask);
        self.next_ask += 1;
        let patience = match kind {
            QuestionKind::Verify | QuestionKind::Address => self.timing.answer,
            QuestionKind::Credentials => self.timing.credentials,
        };
        self.asked = Some(Asked { id, kind, since: now });
        self.timers.set(Timer::Answer, now + patience);
        if kind == QuestionKind::Credentials {
            self.grant_time_for_a_person(now);
        }
        self.events.push_back(Event::Ask(Ask { id, question }));
    }

    /// A password is typed by somebody; set-up takes that much longer. The number of tries bounds how often.
    fn grant_time_for_a_person(&mut self, now: Timestamp) {
        self.timers.set(Timer::Setup, now + self.timing.credentials + self.timing.setup);
    }

    fn ask_for_address(&mut self, now: Timestamp) {
        if let Phase::Network(network) = &mut self.phase
            && let Some(question) = network.address_question(None)
        {
            self.ask(now, question);
        }
    }
}

fn no_answer(asked: &Asked, now: Timestamp) -> Failure {
    Failure::Local(Local::NoAnswer { question: asked.kind, waited: now.since(asked.since) })
}
