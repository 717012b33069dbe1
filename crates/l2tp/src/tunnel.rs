//! One control connection: its states, its calls, its timers.

mod calls;
mod start;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;

use clock::{TimerKind, Timers, Timestamp};
use rand_core::CryptoRng;
use wire::l2tp::{Attributes, Control, Message, MessageType, ResultCode, StopResult, TunnelStopped};

use crate::authentication::Opener;
use crate::call::Call;
use crate::channel::{Arrival, Backlog, Channel};
use crate::{
    Closed, Config, DropReason, Drops, Event, Expected, Failure, Gone, LocalFault, Mismatch, Origin, PeerIdentity,
    Refusal, SessionId, SessionInfo, Stage, TunnelEnd, TunnelId, TunnelInfo,
};

/// What tunnels put out, for the engine's polls.
#[derive(Debug)]
pub(crate) struct Output<P> {
    pub(crate) transmits: VecDeque<(P, Vec<u8>)>,
    pub(crate) events: VecDeque<Event<P>>,
    pub(crate) drops: Drops,
}

/// What a tunnel needs from its engine at each call.
pub(crate) struct Context<'a, P> {
    pub(crate) now: Timestamp,
    pub(crate) config: &'a Config,
    pub(crate) out: &'a mut Output<P>,
}

#[derive(Debug)]
pub(crate) struct Tunnel<P> {
    peer: P,
    id: TunnelId,
    origin: Origin,
    state: State,
    channel: Channel,
    timers: Timers<Timer, { Timer::ALL.len() }>,
    /// By our session id.
    calls: BTreeMap<u16, Call>,
    identity: PeerIdentity,
    since: Timestamp,
}

#[derive(Debug)]
enum State {
    /// SCCRQ is sent, SCCRP is awaited, with the proof if there is a challenge.
    AwaitReply { challenge: Option<[u8; 16]> },
    /// SCCRP is sent, SCCCN is awaited, with the proof if there is a challenge.
    AwaitConnect { challenge: Option<[u8; 16]> },
    /// Calls may be made.
    Up,
    /// StopCCN is on its way.
    Closing,
    /// Over. What the peer repeats is acknowledged for a while (RFC 2661 §5.7).
    Lingering,
    /// To be removed.
    Dead,
}

/// What a tunnel waits for.
#[derive(Clone, Copy, Debug)]
enum Timer {
    /// The next repetition of an unacknowledged message.
    Retransmit,
    /// The end of the patience with a peer that acknowledges and does not go on.
    Setup,
    /// The same for the calls in set-up: the earliest.
    CallSetup,
    /// The end of a tunnel without calls.
    Empty,
    /// A HELLO to a peer that has been silent.
    Hello,
    /// The end of acknowledging after the end.
    Linger,
}

impl TimerKind for Timer {
    const ALL: &'static [Self] =
        &[Timer::Retransmit, Timer::Setup, Timer::CallSetup, Timer::Empty, Timer::Hello, Timer::Linger];

    fn index(self) -> usize {
        self as usize
    }
}

impl<P: Copy + Debug> Tunnel<P> {
    fn new(peer: P, id: TunnelId, origin: Origin, state: State, context: &Context<'_, P>) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::Setup, context.now + context.config.setup_timeout);
        Tunnel {
            peer,
            id,
            origin,
            state,
            channel: Channel::new(context.config.retransmission, context.config.receive_window),
            timers,
            calls: BTreeMap::new(),
            identity: PeerIdentity::default(),
            since: context.now,
        }
    }

    pub(crate) fn peer(&self) -> P {
        self.peer
    }

    /// The peer's id and who began the tunnel: what makes a repeated SCCRQ the same one.
    pub(crate) fn remote(&self) -> (u16, Origin) {
        (self.channel.remote(), self.origin)
    }

    /// Whether the tunnel counts against the peer's limit: not once it is ending.
    pub(crate) fn is_live(&self) -> bool {
        self.stage().is_some()
    }

    /// Whether the peer has not acknowledged its end.
    pub(crate) fn is_ending(&self) -> bool {
        matches!(self.state, State::Closing)
    }

    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, State::Dead)
    }

    /// Whether an SCCRQ is of ours and unanswered, so that a Tie Breaker decides.
    pub(crate) fn awaits_reply(&self) -> bool {
        matches!(self.state, State::AwaitReply { .. })
    }

    pub(crate) fn info(&self) -> TunnelInfo<P> {
        TunnelInfo {
            peer: self.peer,
            tunnel: self.id,
            remote_tunnel: self.channel.remote(),
            origin: self.origin,
            stage: self.stage(),
            identity: self.identity.clone(),
            sessions: self.calls.len(),
        }
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = SessionInfo<P>> + '_ {
        self.calls.iter().map(|(&session, call)| SessionInfo {
            peer: self.peer,
            session: SessionId { tunnel: self.id, session },
            remote_tunnel: self.channel.remote(),
            remote_session: call.remote,
            stage: call.stage(),
        })
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        self.timers.next().map(|(_, at)| at)
    }

    /// Takes a control message that is for this tunnel and came from its peer.
    pub(crate) fn receive(
        &mut self,
        context: &mut Context<'_, P>,
        rng: &mut dyn CryptoRng,
        control: &Control<'_>,
        bytes: &[u8],
    ) {
        if !self.channel.acknowledge(context.now, control.sequence.nr) {
            context.out.drops.count(DropReason::BadAcknowledgement);
            return;
        }
        if matches!(self.state, State::Up) {
            self.timers.set(Timer::Hello, context.now + context.config.hello_interval);
        }
        if control.kind.is_some() {
            match self.channel.arrive(control.sequence.ns) {
                Arrival::InOrder => {
                    self.deliver(context, rng, control);
                    while let Some(held) = self.channel.next_held() {
                        if let Ok(control) = Control::parse(&held) {
                            self.deliver(context, rng, &control);
                        }
                    }
                }
                Arrival::Early => self.channel.hold(control.sequence.ns, bytes),
                Arrival::Duplicate => context.out.drops.count(DropReason::Duplicate),
                Arrival::OutOfWindow => context.out.drops.count(DropReason::OutOfWindow),
            }
        }
        self.settle(context);
    }

    /// Does what time demands.
    pub(crate) fn handle_timeout(&mut self, context: &mut Context<'_, P>) {
        while let Some(timer) = self.timers.expire(context.now) {
            match timer {
                Timer::Retransmit => {
                    let peer = self.peer;
                    let transmits = &mut context.out.transmits;
                    let result =
                        self.channel.handle_timeout(context.now, &mut |bytes| transmits.push_back((peer, bytes)));
                    match result {
                        Ok(()) => self.rearm_retransmission(),
                        Err(exhausted) => {
                            let stage = self.waiting_stage();
                            let (attempts, elapsed) = (exhausted.attempts, exhausted.elapsed);
                            self.abandon(context, Failure::Silence { stage, attempts, elapsed });
                        }
                    }
                }
                Timer::Setup => {
                    let elapsed = context.now.since(self.since);
                    self.fail(context, Failure::Silence { stage: Stage::Tunnel, attempts: 0, elapsed });
                }
                Timer::CallSetup => self.expire_calls(context),
                Timer::Hello => {
                    if self.channel.is_idle() {
                        self.send(context, &Message::Hello, 0);
                    }
                    self.timers.set(Timer::Hello, context.now + context.config.hello_interval);
                }
                Timer::Empty => self.fail(context, Failure::Closed(Closed::Empty)),
                Timer::Linger => self.state = State::Dead,
            }
        }
        self.settle(context);
    }

    /// Ends the tunnel with `end` for the peer.
    pub(crate) fn close(&mut self, context: &mut Context<'_, P>, end: TunnelEnd) {
        self.fail(context, Failure::Closed(Closed::Tunnel(end)));
        self.settle(context);
    }

    /// Ends the tunnel without a word to the peer.
    pub(crate) fn abandon(&mut self, context: &mut Context<'_, P>, failure: Failure) {
        self.report_end(context, &failure);
        self.channel.clear();
        self.finish(State::Dead);
    }

    /// Sends what is due and arms the timers. Everything public ends with this.
    fn settle(&mut self, context: &mut Context<'_, P>) {
        if self.is_dead() {
            return;
        }
        let (peer, transmits) = (self.peer, &mut context.out.transmits);
        self.channel.flush(context.now, &mut |bytes| transmits.push_back((peer, bytes)));
        if matches!(self.state, State::Closing) && self.channel.is_idle() {
            self.linger(context);
        }
        self.rearm_retransmission();
        self.rearm_calls(context);
    }

    fn rearm_retransmission(&mut self) {
        match self.channel.deadline() {
            Some(at) => self.timers.set(Timer::Retransmit, at),
            None => self.timers.stop(Timer::Retransmit),
        }
    }

    /// Takes the next message in order.
    fn deliver(&mut self, context: &mut Context<'_, P>, rng: &mut dyn CryptoRng, control: &Control<'_>) {
        let Some(kind) = control.kind else { return };
        let attributes = control.attributes(&Opener(context.config.secret.as_ref()));
        match self.state {
            State::AwaitReply { .. } | State::AwaitConnect { .. } | State::Up => {}
            State::Closing => {
                // Our StopCCN needs an address, which only this message has.
                if kind == MessageType::SCCRP && self.channel.remote() == 0 {
                    self.channel.meet(attributes.assigned_tunnel.unwrap_or(0), attributes.receive_window);
                }
                if kind == MessageType::STOP_CCN {
                    self.linger(context);
                }
                return;
            }
            State::Lingering | State::Dead => return,
        }
        if kind.name().is_none() {
            // RFC 2661 §4.4.1: an unknown type matters only if it has the M bit.
            match control.kind_is_mandatory {
                true => self.fail(context, Failure::Incompatible(Mismatch::UnknownMessage(kind))),
                false => context.out.drops.count(DropReason::UnknownMessage),
            }
            return;
        }
        match self.understand(kind, attributes) {
            Ok(message) => self.handle(context, rng, control, message),
            Err((failure, assigned_session)) if is_about_a_call(kind) => {
                self.fail_addressed_call(context, rng, (control.session, assigned_session), kind, failure);
            }
            Err((failure, _)) => self.fail(context, failure),
        }
    }

    /// The message of these AVPs, or what is wrong with them and the session id that the peer assigned.
    fn understand(&mut self, kind: MessageType, attributes: Attributes) -> Result<Message, (Failure, u16)> {
        let session = attributes.assigned_session.unwrap_or(0);
        // A refusal needs an address, whatever is wrong with the rest.
        if self.awaits_reply() && kind == MessageType::SCCRP {
            self.channel.meet(attributes.assigned_tunnel.unwrap_or(0), attributes.receive_window);
        }
        // An end is an end, however badly it is worded.
        if let Some(problem) = attributes.problem
            && !matches!(kind, MessageType::STOP_CCN | MessageType::CDN)
        {
            return Err((problem.into(), session));
        }
        Message::from_attributes(kind, attributes).map_err(|malformed| (Failure::Malformed(malformed), session))
    }

    fn handle(
        &mut self,
        context: &mut Context<'_, P>,
        rng: &mut dyn CryptoRng,
        control: &Control<'_>,
        message: Message,
    ) {
        match (message, &self.state) {
            (Message::Hello, _) => {}
            (Message::StopCcn(stopped), _) => self.stopped(context, stopped),
            (Message::Sccrp(reply), &State::AwaitReply { challenge }) => {
                self.replied(context, rng, challenge, &reply);
            }
            (Message::Scccn(connected), &State::AwaitConnect { challenge }) => {
                self.connected(context, challenge, &connected);
            }
            (message, State::Up) if is_about_a_call(message.kind()) => {
                self.handle_call_message(context, rng, control.session, message);
            }
            (message, _) => {
                let expected = self.expected();
                self.fail(context, Failure::Misbehaved { expected, got: message.kind() });
            }
        }
    }

    fn stopped(&mut self, context: &mut Context<'_, P>, stopped: TunnelStopped) {
        let (result, error, message) = read_result(stopped.result);
        let refusal = Refusal::Tunnel { result: result.map(StopResult), error, message };
        self.report_end(context, &Failure::Refused(refusal));
        self.linger(context);
    }

    /// Ends the tunnel, telling the peer what the failure has for it.
    fn fail(&mut self, context: &mut Context<'_, P>, failure: Failure) {
        if !self.is_live() {
            return;
        }
        let Some(end) = failure.tunnel_end() else {
            return self.abandon(context, failure);
        };
        self.report_end(context, &failure);
        self.finish(State::Closing);
        let stop = TunnelStopped { assigned_tunnel: Some(self.id.0), result: Some(end.result_code()) };
        let stop = Message::StopCcn(stop).encode(0, 0);
        if let Err(Backlog) = self.channel.send(stop.clone()) {
            self.channel.clear_unsent();
            // Never refused: what was sent is less than the backlog, by the window.
            let _ = self.channel.send(stop);
        }
    }

    /// Tells of the end of the calls, then of the tunnel.
    fn report_end(&mut self, context: &mut Context<'_, P>, failure: &Failure) {
        let was_up = match self.stage() {
            Some(stage) => stage != Stage::Tunnel,
            None => return,
        };
        for (session, call) in std::mem::take(&mut self.calls) {
            self.report_call_end(context, session, call.stage(), failure.clone());
        }
        let (peer, tunnel, failure) = (self.peer, self.id, failure.clone());
        context.out.events.push_back(match was_up {
            true => Event::TunnelDown { peer, tunnel, failure },
            false => Event::Failed { peer, tunnel: Some(tunnel), stage: Stage::Tunnel, failure },
        });
    }

    fn finish(&mut self, state: State) {
        self.state = state;
        self.timers.stop_all();
        self.rearm_retransmission();
    }

    fn linger(&mut self, context: &Context<'_, P>) {
        self.channel.clear();
        self.finish(State::Lingering);
        self.timers.set(Timer::Linger, context.now + context.config.linger);
    }

    /// Queues a message for the peer's `session`.
    fn send(&mut self, context: &mut Context<'_, P>, message: &Message, session: u16) {
        if let Err(Backlog) = self.channel.send(message.encode(0, session)) {
            self.fail(context, Failure::Local(LocalFault::Backlog));
        }
    }

    /// How far the tunnel is; `None` once it is ending.
    fn stage(&self) -> Option<Stage> {
        match self.state {
            State::AwaitReply { .. } | State::AwaitConnect { .. } => Some(Stage::Tunnel),
            State::Up if self.calls.values().any(|call| call.stage() == Stage::Up) => Some(Stage::Up),
            State::Up => Some(Stage::Call),
            State::Closing | State::Lingering | State::Dead => None,
        }
    }

    /// The stage that silence interrupts: an idle tunnel was up.
    fn waiting_stage(&self) -> Stage {
        match self.stage() {
            Some(Stage::Call) if self.calls.is_empty() => Stage::Up,
            Some(stage) => stage,
            None => Stage::Up,
        }
    }

    fn expected(&self) -> Expected {
        match self.state {
            State::AwaitReply { .. } => Expected::TunnelReply,
            State::AwaitConnect { .. } => Expected::TunnelConnected,
            State::Up | State::Closing | State::Lingering | State::Dead => Expected::CallMessage,
        }
    }
}

impl<P: Copy + Debug> Tunnel<P> {
    /// Whether an SCCRQ with our peer's id repeats the one that made this tunnel. Once the peer has gone on, a repetition is
    /// one that the network delayed; later than a whole cycle of them it is a peer that has begun anew, which Windows does
    /// with the same small id.
    pub(crate) fn is_repeated(&self, now: Timestamp, config: &Config) -> bool {
        match self.state {
            State::AwaitConnect { .. } => true,
            State::Up | State::Closing => now.since(self.since) < config.linger,
            State::AwaitReply { .. } | State::Lingering | State::Dead => false,
        }
    }

    /// Answers a repeated SCCRQ with what it has not acknowledged, or with an acknowledgement.
    pub(crate) fn repeat_answer(&mut self, context: &mut Context<'_, P>) {
        context.out.drops.count(DropReason::Duplicate);
        self.channel.arrive(0);
        let (peer, transmits) = (self.peer, &mut context.out.transmits);
        self.channel.repeat(&mut |bytes| transmits.push_back((peer, bytes)));
        self.settle(context);
    }

    /// The peer has begun anew.
    pub(crate) fn replace(&mut self, context: &mut Context<'_, P>) {
        self.abandon(context, Failure::PeerGone(Gone::Restarted));
    }
}

/// The types that concern one call, where a fault ends the call and not the tunnel (RFC 2661 §4.1).
fn is_about_a_call(kind: MessageType) -> bool {
    matches!(
        kind,
        MessageType::OCRQ
            | MessageType::OCRP
            | MessageType::OCCN
            | MessageType::ICRQ
            | MessageType::ICRP
            | MessageType::ICCN
            | MessageType::CDN
            | MessageType::WEN
            | MessageType::SLI
    )
}

fn read_result(result: Option<ResultCode>) -> (Option<u16>, Option<wire::l2tp::ErrorCode>, String) {
    match result {
        Some(code) => (Some(code.result), code.error, String::from_utf8_lossy(&code.message).into_owned()),
        None => (None, None, String::new()),
    }
}
