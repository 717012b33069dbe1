//! From phase to phase (RFC 1661 §3.2), and to the end.

use clock::Timestamp;
use rand_core::CryptoRng;
use wire::ppp::{Protocol, TerminateReason};

use super::keepalive::KeepAlive;
use super::network::Network;
use super::{Ending, Phase, Role, Session, Timer};
use crate::auth::{Authenticated, Authentication, Outcome};
use crate::automaton::State;
use crate::event::Event;
use crate::failure::{Denied, Failure, Incompatible, Local, Misbehaved, ProtocolEnd, Refused, Silence, Stage};
use crate::negotiation::Signal;

/// From the first challenge of one authentication to that of the next: room for the tries between, and no divisor of 256.
const CHALLENGE_ID_STEP: u8 = 37;

impl Session {
    /// Takes what the machines below have to say, until they are silent.
    pub(super) fn settle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        loop {
            self.events.extend(std::iter::from_fn(|| self.lcp.options.poll_demand()).map(Event::Demands));
            if let Some(signal) = self.lcp.poll_signal() {
                self.handle_lcp_signal(now, rng, signal);
                continue;
            }
            let outcome = match &mut self.phase {
                Phase::Authenticate { authentication, .. } => authentication.poll_outcome(),
                Phase::Network(network) => network.authentication.as_mut().and_then(|machine| machine.poll_outcome()),
                Phase::Establish | Phase::Terminate | Phase::Dead => None,
            };
            match outcome {
                Some(outcome) => self.handle_outcome(now, rng, outcome),
                None => break,
            }
        }
        if let Phase::Network(network) = &mut self.phase {
            let events = &mut self.events;
            let settled = network.settle(now, rng, &mut self.out, |event| events.push_back(event));
            if network.ipv4.is_some() || network.ipv6.is_some() {
                self.timers.stop(Timer::Setup);
                self.renegotiations = 0;
            } else if self.timers.get(Timer::Setup).is_none() {
                // A network protocol that begins anew has as much time as the first time.
                self.timers.set(Timer::Setup, now + self.timing.network);
            }
            if let Err(failure) = settled {
                self.fail(now, rng, failure);
                self.settle(now, rng);
            }
        }
    }

    fn handle_lcp_signal(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, signal: Signal) {
        match signal {
            Signal::Up => self.handle_lcp_up(now, rng),
            Signal::Down => self.handle_lcp_down(now, rng),
            Signal::Finished(end) => self.finish(end),
            Signal::TerminatedEarly(end) => {
                let failure = self.lcp.options.disagreement().unwrap_or_else(|| failure_of(end));
                self.ending.get_or_insert(Ending { stage: Stage::Lcp, failure: Some(failure) });
                self.finish(ProtocolEnd::Unfinished);
            }
            Signal::Objection(failure) => self.fail(now, rng, failure),
        }
    }

    fn handle_lcp_up(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        if !matches!(self.phase, Phase::Establish) {
            return;
        }
        self.identifications = 0;
        self.events.push_back(Event::LcpUp(self.lcp.options.framing()));
        let method = self.lcp.options.agreed_method();
        self.challenge_id = self.challenge_id.wrapping_add(CHALLENGE_ID_STEP);
        let authentication = match (&self.role, method) {
            (Role::Server(config), Some(method)) => {
                Authentication::authenticator(method, config, self.challenge_id, now, rng, &mut self.out)
            }
            (Role::Client(config), Some(method)) => Authentication::peer(method, config, now, &mut self.out),
            (Role::Client(config), None) => match Authenticated::not_asked_for(config) {
                Some(proof) => return self.enter_network(now, rng, proof),
                None => return self.fail(now, rng, Failure::Denied(Denied::UnauthenticatedServer)),
            },
            (Role::Server(_), None) => return self.fail(now, rng, Failure::Local(Local::Configuration)),
        };
        self.phase = Phase::Authenticate { authentication: Box::new(authentication), overtook: Vec::new() };
    }

    /// Whatever brought LCP down, nobody is authenticated any more.
    fn handle_lcp_down(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        let stage = self.stage();
        let was_authenticated = self.network().is_some();
        self.leave_network();
        if self.ending.is_some() {
            return;
        }
        if matches!(self.lcp.state(), State::Closing | State::Stopping) {
            self.ending = Some(Ending { stage, failure: None });
            return;
        }
        self.phase = Phase::Establish;
        if was_authenticated {
            self.timers.set(Timer::Setup, now + self.timing.setup);
        }
        self.renegotiations += 1;
        if self.renegotiations > self.timing.max_renegotiations {
            let times = self.renegotiations;
            self.fail(now, rng, Failure::Misbehaved(Misbehaved::Renegotiates { times }));
        }
    }

    fn handle_outcome(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, outcome: Outcome) {
        match outcome {
            Outcome::Ask(question) => self.ask(now, question),
            Outcome::Retry => self.grant_time_for_a_person(now),
            // A later challenge that went well changes nothing.
            Outcome::Authenticated(_) if self.network().is_some() => {}
            Outcome::Authenticated(proof) => self.enter_network(now, rng, proof),
            Outcome::Failed(failure) => self.fail(now, rng, failure),
        }
    }

    fn enter_network(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, proof: Authenticated) {
        let (authentication, overtook) = match std::mem::replace(&mut self.phase, Phase::Establish) {
            Phase::Authenticate { authentication, overtook } => (Some(authentication), overtook),
            Phase::Establish | Phase::Network(_) | Phase::Terminate | Phase::Dead => (None, Vec::new()),
        };
        self.events.push_back(Event::Authenticated { user: proof.user().to_owned(), method: proof.method() });
        let mut network = Box::new(Network::new(proof, authentication, self.timing));
        self.timers.set(Timer::Setup, now + self.timing.network);
        self.keepalive = KeepAlive::new(&self.timing, now);
        if let Some(first) = self.keepalive.first() {
            self.timers.set(Timer::Echo, first);
        }
        let ipv6 = match &self.role {
            Role::Server(config) => {
                self.timers.set(Timer::Address, now + self.timing.restart);
                config.ipv6
            }
            Role::Client(config) => {
                network.requires_ipv4 = config.requires_ipv4;
                network.start_ipcp_client(now, rng, &mut self.out);
                config.ipv6
            }
        };
        if ipv6 {
            network.start_ipv6cp(now, rng, &mut self.out);
        }
        self.phase = Phase::Network(network);
        for (protocol, packet) in overtook {
            // It was parsed when it was held; its options count as lost if they are malformed.
            let _ = self.handle_network(now, rng, protocol, &packet);
        }
    }

    /// Tells that the network protocols are down, and forgets who the peer is.
    pub(super) fn leave_network(&mut self) {
        if let Some(network) = self.network() {
            let (ipv4, ipv6) = (network.ipv4.is_some(), network.ipv6.is_some());
            self.events.extend(ipv4.then_some(Event::Ipv4Down));
            self.events.extend(ipv6.then_some(Event::Ipv6Down));
        }
        if !matches!(self.phase, Phase::Dead) {
            self.phase = Phase::Terminate;
        }
        self.asked = None;
        for timer in [Timer::Answer, Timer::Address, Timer::Echo] {
            self.timers.stop(timer);
        }
    }

    /// Begins to end. The first reason stays.
    pub(super) fn fail(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, failure: Failure) {
        if self.ending.is_some() || matches!(self.phase, Phase::Dead) {
            return;
        }
        let stage = self.stage();
        self.leave_network();
        self.timers.stop(Timer::Setup);
        let data = TerminateReason { magic: self.lcp.options.magic(), ras: failure.ras() }.encode();
        // Nobody who is silent will acknowledge the end.
        let is_silence = matches!(failure, Failure::Silence(_));
        self.ending = Some(Ending { stage, failure: Some(failure) });
        self.lcp.close(now, rng, ProtocolEnd::Closed, data, &mut self.out);
        if is_silence || !self.lcp.state().is_timed() {
            self.finish(ProtocolEnd::Closed);
        }
    }

    /// LCP is done: the last event.
    pub(super) fn finish(&mut self, end: ProtocolEnd) {
        if matches!(self.phase, Phase::Dead) {
            return;
        }
        self.leave_network();
        self.phase = Phase::Dead;
        self.timers.stop_all();
        let ending = self.ending.get_or_insert(Ending { stage: Stage::Lcp, failure: None });
        let failure = ending.failure.get_or_insert_with(|| failure_of(end)).clone();
        self.events.push_back(Event::Closed { stage: ending.stage, failure });
    }
}

/// The failure that the end of LCP is.
fn failure_of(end: ProtocolEnd) -> Failure {
    match end {
        ProtocolEnd::Silent { attempts, elapsed } => Failure::Silence(Silence { stage: Stage::Lcp, attempts, elapsed }),
        ProtocolEnd::Terminated { ras, message } => Failure::Refused(Refused::Terminated { ras, message }),
        ProtocolEnd::Rejected => Failure::Refused(Refused::Unsupported { protocol: Protocol::LCP }),
        ProtocolEnd::NotConverged { rounds } => {
            Failure::Incompatible(Incompatible::NotConverged { protocol: Protocol::LCP, rounds })
        }
        ProtocolEnd::Closed | ProtocolEnd::Unfinished => Failure::Local(Local::LowerLayerDown),
    }
}
