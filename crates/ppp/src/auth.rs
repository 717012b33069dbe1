//! Authentication between LCP and the network protocols: one small machine for each protocol and side.

mod chap;
mod eap;
mod mschapv2;
mod pap;
mod unready;

use std::time::Duration;

use clock::Timestamp;
use rand_core::CryptoRng;
use wire::ppp::{Packet, Protocol, RasError};

use crate::config::{ClientConfig, Method, ServerConfig, Timing};
use crate::event::{Question, Reply};
use crate::failure::{Failure, Silence, Stage};
use crate::output::Output;

use chap::{ChapAuthenticator, ChapPeer};
use eap::{EapAuthenticator, EapPeer};
use pap::{PapAuthenticator, PapPeer};
use unready::Unready;

/// That authentication was done. It cannot be made outside of this module, and the network phase cannot be entered without.
#[derive(Clone, Debug)]
pub(crate) struct Authenticated {
    user: String,
    method: Option<Method>,
}

impl Authenticated {
    /// A client whose configuration does without proof of the server.
    pub(crate) fn not_asked_for(config: &ClientConfig) -> Option<Self> {
        let user = config.credentials.user.clone();
        config.allow_unauthenticated.then_some(Authenticated { user, method: None })
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn method(&self) -> Option<Method> {
        self.method
    }
}

/// What an authentication machine tells its session.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Somebody outside must decide.
    Ask(Question),
    /// The peer was told why it failed and that it may try again, which a person needs time for.
    Retry,
    /// It is done.
    Authenticated(Authenticated),
    /// It failed.
    Failed(Failure),
}

/// The authentication of one session.
///
/// Poll order: [`Authentication::poll_outcome`] until empty after every call that takes an `Output`, then
/// [`Authentication::poll_timeout`].
#[derive(Debug)]
pub(crate) enum Authentication {
    ChapAuthenticator(ChapAuthenticator),
    ChapPeer(ChapPeer),
    EapAuthenticator(EapAuthenticator),
    EapPeer(EapPeer),
    PapAuthenticator(PapAuthenticator),
    PapPeer(PapPeer),
    Unready(Box<Unready>),
}

impl Authentication {
    /// Asks the peer to authenticate. `id` numbers the first challenge; it differs from the last link phase's, whose
    /// responses may still arrive.
    pub(crate) fn authenticator(
        method: Method,
        config: &ServerConfig,
        id: u8,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        out: &mut Output,
    ) -> Self {
        match method {
            Method::Pap => Authentication::PapAuthenticator(PapAuthenticator::new(config, now)),
            Method::ChapMd5 | Method::MsChapV2 => {
                Authentication::ChapAuthenticator(ChapAuthenticator::new(method, config, id, now, rng, out))
            }
            Method::EapMsChapV2 => Authentication::EapAuthenticator(EapAuthenticator::new(config, id, now, out)),
        }
    }

    /// Authenticates us to the peer.
    pub(crate) fn peer(method: Method, config: &ClientConfig, now: Timestamp, out: &mut Output) -> Self {
        match method {
            _ if config.ask_first => Authentication::Unready(Box::new(Unready::new(method, config, now))),
            Method::Pap => Authentication::PapPeer(PapPeer::new(config, now, out)),
            Method::ChapMd5 | Method::MsChapV2 => Authentication::ChapPeer(ChapPeer::new(method, config, now)),
            Method::EapMsChapV2 => Authentication::EapPeer(EapPeer::new(config, now)),
        }
    }

    /// The protocol whose packets [`Authentication::handle`] takes.
    pub(crate) fn protocol(&self) -> Protocol {
        match self {
            Authentication::ChapAuthenticator(_) | Authentication::ChapPeer(_) => Protocol::CHAP,
            Authentication::Unready(machine) => machine.protocol(),
            Authentication::EapAuthenticator(_) | Authentication::EapPeer(_) => Protocol::EAP,
            Authentication::PapAuthenticator(_) | Authentication::PapPeer(_) => Protocol::PAP,
        }
    }

    pub(crate) fn handle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, packet: Packet<'_>, out: &mut Output) {
        match self {
            Authentication::ChapAuthenticator(machine) => machine.handle(packet, out),
            Authentication::ChapPeer(machine) => machine.handle(now, rng, packet, out),
            Authentication::EapAuthenticator(machine) => machine.handle(now, rng, packet, out),
            Authentication::EapPeer(machine) => machine.handle(now, rng, packet, out),
            Authentication::PapAuthenticator(machine) => machine.handle(packet, out),
            Authentication::PapPeer(machine) => machine.handle(packet),
            Authentication::Unready(machine) => machine.handle(packet),
        }
    }

    /// The answer to the question that was the last outcome. False when it does not fit.
    #[must_use]
    pub(crate) fn handle_reply(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        reply: Reply,
        out: &mut Output,
    ) -> bool {
        match self {
            Authentication::ChapAuthenticator(machine) => machine.handle_reply(now, rng, reply, out),
            Authentication::ChapPeer(machine) => machine.handle_reply(now, rng, reply, out),
            Authentication::EapAuthenticator(machine) => machine.handle_reply(now, rng, reply, out),
            Authentication::EapPeer(machine) => machine.handle_reply(now, rng, reply, out),
            Authentication::PapAuthenticator(machine) => machine.handle_reply(reply, out),
            Authentication::PapPeer(_) => false,
            Authentication::Unready(machine) => match reply {
                Reply::Credentials(credentials) => {
                    *self = machine.proceed(now, rng, credentials, out);
                    true
                }
                Reply::GiveUp => {
                    machine.give_up();
                    true
                }
                Reply::Accept { .. } | Reply::Reject { .. } | Reply::Address(_) | Reply::NoAddress(_) => false,
            },
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, out: &mut Output) {
        if self.poll_timeout().is_none_or(|deadline| deadline > now) {
            return;
        }
        match self {
            Authentication::ChapAuthenticator(machine) => machine.handle_timeout(now, out),
            Authentication::ChapPeer(machine) => machine.handle_timeout(now, out),
            Authentication::EapAuthenticator(machine) => machine.handle_timeout(now, out),
            Authentication::EapPeer(machine) => machine.handle_timeout(now),
            Authentication::PapAuthenticator(machine) => machine.handle_timeout(now),
            Authentication::PapPeer(machine) => machine.handle_timeout(now, out),
            // Whoever is asked has a time limit of the session's.
            Authentication::Unready(_) => {}
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        match self {
            Authentication::ChapAuthenticator(machine) => machine.poll_timeout(),
            Authentication::ChapPeer(machine) => machine.poll_timeout(),
            Authentication::EapAuthenticator(machine) => machine.poll_timeout(),
            Authentication::EapPeer(machine) => machine.poll_timeout(),
            Authentication::PapAuthenticator(machine) => machine.poll_timeout(),
            Authentication::PapPeer(machine) => machine.poll_timeout(),
            Authentication::Unready(_) => None,
        }
    }

    /// Why it failed, when it has to be done now and is not.
    pub(crate) fn give_up(&self, now: Timestamp) -> Failure {
        match self {
            Authentication::ChapAuthenticator(machine) => machine.give_up(now),
            Authentication::ChapPeer(machine) => machine.give_up(now),
            Authentication::EapAuthenticator(machine) => machine.give_up(now),
            Authentication::EapPeer(machine) => machine.give_up(now),
            Authentication::PapAuthenticator(machine) => machine.give_up(now),
            Authentication::PapPeer(machine) => machine.give_up(now),
            Authentication::Unready(machine) => machine.no_answer(now),
        }
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Outcome> {
        match self {
            Authentication::ChapAuthenticator(machine) => machine.poll_outcome(),
            Authentication::ChapPeer(machine) => machine.poll_outcome(),
            Authentication::EapAuthenticator(machine) => machine.poll_outcome(),
            Authentication::EapPeer(machine) => machine.poll_outcome(),
            Authentication::PapAuthenticator(machine) => machine.poll_outcome(),
            Authentication::PapPeer(machine) => machine.poll_outcome(),
            Authentication::Unready(machine) => machine.poll_outcome(),
        }
    }
}

/// The attempts of one request: sent, repeated after each restart period, given up.
#[derive(Debug)]
struct Attempts {
    timing: Timing,
    /// How often it is sent at most.
    limit: u32,
    sent: u32,
    since: Timestamp,
    deadline: Option<Timestamp>,
}

impl Attempts {
    fn new(timing: Timing, now: Timestamp) -> Self {
        Attempts { timing, limit: timing.max_configure, sent: 0, since: now, deadline: None }
    }

    /// A request is sent for the first time.
    fn begin(&mut self, now: Timestamp) {
        *self = Attempts { sent: 1, deadline: Some(now + self.timing.restart), ..Attempts::new(self.timing, now) };
    }

    /// A request is sent for the first time, and repeated for `patience` or as long as any other.
    fn begin_for(&mut self, now: Timestamp, patience: Duration) {
        self.begin(now);
        let repeats = patience.as_nanos().checked_div(self.timing.restart.as_nanos()).unwrap_or(0);
        self.limit = self.limit.max(u32::try_from(repeats).unwrap_or(u32::MAX));
    }

    /// Only waits, for `patience`.
    fn wait(&mut self, now: Timestamp, patience: Duration) {
        *self = Attempts { deadline: Some(now + patience), ..Attempts::new(self.timing, now) };
    }

    /// For how long a request is repeated.
    fn patience(&self) -> Duration {
        self.timing.restart.saturating_mul(self.timing.max_configure)
    }

    /// Whether the deadline that passed is followed by another attempt.
    fn again(&mut self, now: Timestamp) -> bool {
        self.deadline = None;
        let again = (1..self.limit).contains(&self.sent);
        if again {
            self.sent += 1;
            self.deadline = Some(now + self.timing.restart);
        }
        again
    }

    fn stop(&mut self) {
        self.deadline = None;
    }

    fn silence(&self, now: Timestamp) -> Failure {
        let elapsed = now.since(self.since);
        Failure::Silence(Silence { stage: Stage::Authentication, attempts: self.sent, elapsed })
    }
}

/// Methods without reasons of their own have this one.
const REFUSED: RasError = RasError::AUTHENTICATION_FAILURE;
