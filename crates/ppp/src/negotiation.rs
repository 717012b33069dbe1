//! A control protocol: the automaton with its timer and counters, and the negotiation of one list of options.

use std::collections::VecDeque;
use std::time::Duration;

use clock::Timestamp;
use rand_core::CryptoRng;
use wire::Malformed;
use wire::ppp::{Code, Opt, Options, Packet, Protocol, full_frame, push_option};

use crate::automaton::{Action, Event, State, transition};
use crate::config::Timing;
use crate::failure::{Failure, Incompatible, ProtocolEnd};
use crate::output::Output;

/// What a protocol is, beyond the automaton: its list of options.
pub(crate) trait OptionList {
    /// The protocol's number.
    const PROTOCOL: Protocol;

    /// Forgets what was negotiated: everything begins anew.
    fn reset(&mut self, rng: &mut dyn CryptoRng);

    /// Appends the options of our Configure-Request.
    fn request(&self, out: &mut Vec<u8>);

    /// A Configure-Request of the peer is about to be judged. `again` says that it is the one that was refused last, which
    /// tells nothing new: our answer was lost.
    fn examine(&mut self, _options: &[Opt<'_>], _again: bool) {}

    /// What we think of an option of the peer's Configure-Request.
    fn judge(&mut self, option: Opt<'_>, rng: &mut dyn CryptoRng) -> Verdict;

    /// The request that was judged is answered so: Ack, Nak or Reject.
    fn answered(&mut self, _code: Code) {}

    /// We acknowledge a request with these options: they hold from now on, and what it leaves out has its default.
    fn adopt(&mut self, options: &[Opt<'_>]);

    /// The peer suggests another value for an option of ours, or that we ask for an option.
    fn naked(&mut self, option: Opt<'_>, rng: &mut dyn CryptoRng);

    /// The peer does not want this option of ours.
    fn rejected(&mut self, kind: u8);

    /// A reason to give up that the options themselves are.
    fn objection(&self) -> Option<Failure> {
        None
    }
}

/// What we think of an option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It is fine.
    Accept,
    /// It would be fine with this data.
    Nak(Vec<u8>),
    /// It is unknown or unwanted.
    Reject,
}

/// What a control protocol tells its session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Signal {
    /// tlu.
    Up,
    /// tld.
    Down,
    /// tlf.
    Finished(ProtocolEnd),
    /// The peer wants to end before the layer was up; it has its Terminate-Ack.
    TerminatedEarly(ProtocolEnd),
    /// The options cannot be agreed on.
    Objection(Failure),
}

/// Identical Configure-Requests that are answered in Opened without starting anew: as many as are likely when our
/// Configure-Ack got lost or the network duplicates.
const REPEATS_TOLERATED: u32 = 3;

/// A control protocol of one session.
///
/// Poll order: [`Control::poll_signal`] until empty after every call that takes an `Output`, then [`Control::poll_timeout`].
#[derive(Debug)]
pub(crate) struct Control<O> {
    pub(crate) options: O,
    timing: Timing,
    state: State,
    restart_count: u32,
    deadline: Option<Timestamp>,
    /// The pause before the first request's early repetition, until that is done.
    early_repeat: Option<Duration>,
    request: Request,
    next_id: u8,
    terminate_data: Vec<u8>,
    acknowledged: Vec<u8>,
    /// Identifier and data of the peer's last request that was refused.
    refused: Option<(u8, Vec<u8>)>,
    repeats: u32,
    naks_sent: u32,
    rounds: u32,
    attempts: u32,
    since: Timestamp,
    end: ProtocolEnd,
    signals: VecDeque<Signal>,
}

/// Our outstanding Configure-Request.
#[derive(Debug, Default)]
struct Request {
    id: u8,
    options: Vec<u8>,
    /// The peer replied, or the options changed: the next one is a new request (RFC 1661 §5.1).
    settled: bool,
}

impl<O: OptionList> Control<O> {
    pub(crate) fn new(options: O, timing: Timing) -> Self {
        Control {
            options,
            timing,
            state: State::Initial,
            restart_count: 0,
            deadline: None,
            early_repeat: None,
            request: Request { id: 0, options: Vec::new(), settled: true },
            next_id: 1,
            terminate_data: Vec::new(),
            acknowledged: Vec::new(),
            refused: None,
            repeats: 0,
            naks_sent: 0,
            rounds: 0,
            attempts: 0,
            since: Timestamp::ZERO,
            end: ProtocolEnd::Unfinished,
            signals: VecDeque::new(),
        }
    }

    /// Repeats the very first request early, once.
    pub(crate) fn with_early_repeat(self, pause: Duration) -> Self {
        Control { early_repeat: Some(pause).filter(|pause| !pause.is_zero()), ..self }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// A reason to give up that its options are.
    pub(crate) fn objection(&self) -> Option<Failure> {
        self.options.objection()
    }

    /// Whether packets with codes beyond those of the automaton are to be looked at (RFC 1661 §5.7, §5.8).
    pub(crate) fn takes_extensions(&self) -> bool {
        matches!(transition(self.state, Event::Extension), Some(([Action::SendEchoReply], _)))
    }

    /// How the protocol is about to end, if that is known already.
    pub(crate) fn pending_end(&self) -> ProtocolEnd {
        self.end.clone()
    }

    /// Configure-Requests sent since the negotiation last made progress.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the negotiation has made no progress.
    pub(crate) fn waited(&self, now: Timestamp) -> Duration {
        now.since(self.since)
    }

    /// Begins to negotiate: Open, then Up.
    pub(crate) fn start(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        self.options.reset(rng);
        self.event(now, rng, Event::Open, None, out);
        self.event(now, rng, Event::Up, None, out);
    }

    /// Ends it with a Terminate-Request that carries `data`.
    pub(crate) fn close(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        end: ProtocolEnd,
        data: Vec<u8>,
        out: &mut Output,
    ) {
        self.terminate_data = data;
        self.end_as(end);
        self.event(now, rng, Event::Close, None, out);
    }

    /// The layer below is gone: nothing is sent any more.
    pub(crate) fn lower_down(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        self.event(now, rng, Event::Down, None, out);
    }

    /// The peer does not know the protocol (RFC 1661 §5.7).
    pub(crate) fn handle_protocol_reject(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        self.end_as(ProtocolEnd::Rejected);
        self.event(now, rng, Event::RejectFatal, None, out);
    }

    /// A packet of this protocol. Extensions are the session's: it must have taken the codes it knows.
    ///
    /// # Errors
    /// The packet is malformed and was discarded.
    pub(crate) fn handle(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        match Code(packet.code) {
            Code::CONFIGURE_REQUEST => self.handle_request(now, rng, packet, out)?,
            Code::CONFIGURE_ACK => {
                // RFC 1661 §5.2: an Ack with other options than the request is invalid.
                if self.answers_request(packet) && packet.data == self.request.options {
                    self.request.settled = true;
                    self.forgo_early_repeat(now);
                    self.event(now, rng, Event::Ack, None, out);
                }
            }
            Code::CONFIGURE_NAK => self.handle_nak(now, rng, packet, out)?,
            Code::CONFIGURE_REJECT => self.handle_reject(now, rng, packet, out)?,
            Code::TERMINATE_REQUEST => {
                let early = matches!(self.state, State::RequestSent | State::AckReceived | State::AckSent);
                let end = ProtocolEnd::terminated(packet.data);
                self.end_as(end.clone());
                self.event(now, rng, Event::TerminateRequest, Some(Reply::to(packet)), out);
                if early {
                    self.signals.push_back(Signal::TerminatedEarly(end));
                }
            }
            Code::TERMINATE_ACK => {
                // Only what we asked for is an answer; a stray one must not bring an open layer down.
                if self.state != State::Opened {
                    self.event(now, rng, Event::TerminateAck, None, out);
                }
            }
            Code::CODE_REJECT => {
                let Ok(rejected) = Packet::parse(packet.data) else { return Ok(()) };
                // Without codes 1 to 7 there is no protocol; a longer packet's end may be cut off (RFC 1661 §5.6).
                if (Code::CONFIGURE_REQUEST..=Code::CODE_REJECT).contains(&Code(rejected.code)) {
                    self.end_as(ProtocolEnd::Rejected);
                    self.event(now, rng, Event::RejectFatal, None, out);
                } else {
                    self.event(now, rng, Event::RejectTolerable, None, out);
                }
            }
            _ => self.event(now, rng, Event::UnknownCode, Some(Reply::to(packet)), out),
        }
        Ok(())
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        self.deadline = None;
        if self.restart_count > 0 {
            self.event(now, rng, Event::TimeoutRetry, None, out);
        } else {
            self.end_as(ProtocolEnd::Silent { attempts: self.attempts, elapsed: self.waited(now) });
            self.event(now, rng, Event::TimeoutExhausted, None, out);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub(crate) fn poll_signal(&mut self) -> Option<Signal> {
        self.signals.pop_front()
    }

    /// Identifier for a packet of ours that is no Configure-Request.
    pub(crate) fn fresh_id(&mut self) -> u8 {
        let id = self.next_id;
        self.next_id = self.next_id.wrapping_add(1);
        id
    }

    fn handle_request(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        if matches!(self.state, State::Closed | State::Closing | State::Stopping) {
            self.event(now, rng, Event::RequestBad, Some(Reply::to(packet)), out);
            return Ok(());
        }
        let options = Options::new(packet.data).collect::<Result<Vec<_>, _>>()?;
        if self.state == State::Opened && self.is_repeat(packet) {
            send::<O>(out, Code::CONFIGURE_ACK, packet.id, packet.data);
            return Ok(());
        }
        let again = self.refused.as_ref().is_some_and(|(id, data)| *id == packet.id && data == packet.data);
        let naks_sent = self.naks_sent;
        let (event, reply) = self.judge(&options, packet, again, rng);
        self.options.answered(reply.code);
        if let Some(failure) = self.options.objection() {
            self.signals.push_back(Signal::Objection(failure));
            return Ok(());
        }
        if event == Event::RequestBad && !again && !self.count_round() {
            return Ok(());
        }
        if self.early_repeat.is_some() && self.state == State::RequestSent && self.restart_count > 0 {
            // The peer has just begun, and may have missed our request. Before our Ack, which could open its layer: there a
            // request would mean that all begins anew.
            self.event(now, rng, Event::TimeoutRetry, None, out);
        }
        // An Ack is about the layer that begins: what goes down for it must be forgotten before.
        self.event(now, rng, event, Some(reply), out);
        if event == Event::RequestBad {
            if again {
                self.naks_sent = naks_sent;
            }
            self.refused = Some((packet.id, packet.data.to_vec()));
        }
        if event == Event::RequestGood && matches!(self.state, State::AckSent | State::Opened) {
            self.acknowledged = packet.data.to_vec();
            self.acknowledged.insert(0, packet.id);
        }
        Ok(())
    }

    /// Whether this is the request that the open layer acknowledged: the peer has not seen the answer, or the network
    /// duplicates. It is no wish to start anew, which RFC 1661 §4.1 would make of it.
    fn is_repeat(&mut self, packet: Packet<'_>) -> bool {
        let same = self.acknowledged.split_first() == Some((&packet.id, packet.data));
        self.repeats += u32::from(same);
        same && self.repeats <= REPEATS_TOLERATED
    }

    fn judge(
        &mut self,
        options: &[Opt<'_>],
        packet: Packet<'_>,
        again: bool,
        rng: &mut dyn CryptoRng,
    ) -> (Event, Reply) {
        let (mut naks, mut rejects) = (Vec::new(), Vec::new());
        let mut seen = [false; 256];
        self.options.examine(options, again);
        for &option in options {
            let verdict = match std::mem::replace(&mut seen[usize::from(option.kind)], true) {
                // RFC 1661 §6: no option may be listed more than once.
                true => Verdict::Reject,
                false => self.options.judge(option, rng),
            };
            match verdict {
                Verdict::Accept => {}
                // RFC 1661 §4.6: a peer that does not follow our suggestions is told to do without the option.
                Verdict::Nak(value) if self.naks_sent < self.timing.max_failure => {
                    push_option(&mut naks, option.kind, &value);
                }
                Verdict::Nak(_) | Verdict::Reject => push_option(&mut rejects, option.kind, option.value),
            }
        }
        // RFC 1661 §5.4: what must go comes first; the rest is judged again when it is repeated without that.
        let (event, code, data) = match (rejects.is_empty(), naks.is_empty()) {
            (false, _) => (Event::RequestBad, Code::CONFIGURE_REJECT, rejects),
            (true, false) => (Event::RequestBad, Code::CONFIGURE_NAK, naks),
            (true, true) => (Event::RequestGood, Code::CONFIGURE_ACK, packet.data.to_vec()),
        };
        (event, Reply { code, id: packet.id, data })
    }

    /// Whether the packet answers our outstanding request (RFC 1661 §5.2 to §5.4). A second answer to one request is a
    /// duplicate: the automaton's x transitions are for those who cannot tell.
    fn answers_request(&self, packet: Packet<'_>) -> bool {
        !self.request.settled && packet.id == self.request.id
    }

    fn handle_nak(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let options = Options::new(packet.data).collect::<Result<Vec<_>, _>>()?;
        if !self.answers_request(packet) || !self.count_round() {
            return Ok(());
        }
        for option in options {
            self.options.naked(option, rng);
        }
        self.retry(now, rng, out);
        Ok(())
    }

    fn handle_reject(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let rejected = Options::new(packet.data).collect::<Result<Vec<_>, _>>()?;
        // RFC 1661 §5.4: the rejected options are a part of ours, unchanged and in order.
        let mut ours = Options::new(&self.request.options).flatten();
        let is_part = rejected.iter().all(|rejected| ours.any(|option| option == *rejected));
        if !self.answers_request(packet) || !is_part || rejected.is_empty() || !self.count_round() {
            return Ok(());
        }
        for option in rejected {
            self.options.rejected(option.kind);
        }
        self.retry(now, rng, out);
        Ok(())
    }

    fn retry(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        self.request.settled = true;
        self.forgo_early_repeat(now);
        match self.options.objection() {
            Some(failure) => self.signals.push_back(Signal::Objection(failure)),
            None => self.event(now, rng, Event::Nak, None, out),
        }
    }

    /// The peer has seen our request.
    fn forgo_early_repeat(&mut self, now: Timestamp) {
        if self.early_repeat.take().is_some() {
            self.deadline = Some(now + self.timing.restart);
        }
    }

    /// Counts a round of Nak or Reject in either direction; false when that was one too many.
    fn count_round(&mut self) -> bool {
        self.rounds += 1;
        let converges = self.rounds <= self.timing.max_rounds;
        if !converges {
            let failure = Incompatible::NotConverged { protocol: O::PROTOCOL, rounds: self.timing.max_rounds };
            self.signals.push_back(Signal::Objection(Failure::Incompatible(failure)));
        }
        converges
    }

    /// The first reason stays: what follows it is only how the end proceeds.
    fn end_as(&mut self, end: ProtocolEnd) {
        if self.end == ProtocolEnd::Unfinished {
            self.end = end;
        }
    }

    /// One step of the automaton. `reply` is what the actions that answer a packet send.
    fn event(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, event: Event, reply: Option<Reply>, out: &mut Output) {
        let Some((actions, next)) = transition(self.state, event) else {
            return;
        };
        let before = std::mem::replace(&mut self.state, next);
        for &action in actions {
            self.act(now, rng, action, before, reply.as_ref(), out);
        }
        if !self.state.is_timed() {
            self.deadline = None;
        }
    }

    fn act(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        action: Action,
        before: State,
        reply: Option<&Reply>,
        out: &mut Output,
    ) {
        match action {
            Action::ThisLayerUp => {
                (self.naks_sent, self.rounds, self.repeats, self.attempts) = (0, 0, 0, 0);
                self.signals.push_back(Signal::Up);
            }
            Action::ThisLayerDown => {
                self.options.reset(rng);
                self.request.settled = true;
                self.acknowledged.clear();
                self.refused = None;
                self.since = now;
                self.signals.push_back(Signal::Down);
            }
            Action::ThisLayerStarted => {}
            Action::ThisLayerFinished => {
                self.signals.push_back(Signal::Finished(std::mem::replace(&mut self.end, ProtocolEnd::Unfinished)));
            }
            Action::InitializeRestartCount => {
                let terminating = matches!(self.state, State::Closing | State::Stopping);
                self.restart_count = if terminating { self.timing.max_terminate } else { self.timing.max_configure };
                self.attempts = 0;
                self.since = now;
            }
            Action::ZeroRestartCount => {
                self.restart_count = 0;
                self.deadline = Some(now + self.timing.restart);
            }
            Action::SendConfigureRequest => self.send_request(now, out),
            Action::SendConfigureAck => {
                if let Some(reply) = reply {
                    let options: Vec<_> = Options::new(&reply.data).flatten().collect();
                    self.options.adopt(&options);
                    self.naks_sent = 0;
                    send::<O>(out, reply.code, reply.id, &reply.data);
                }
            }
            Action::SendConfigureNak => {
                if let Some(reply) = reply {
                    self.naks_sent += u32::from(reply.code == Code::CONFIGURE_NAK);
                    send::<O>(out, reply.code, reply.id, &reply.data);
                }
            }
            Action::SendTerminateRequest => {
                self.count_down(now);
                if !matches!(before, State::Closing | State::Stopping) {
                    self.request.id = self.fresh_id();
                    self.request.settled = true;
                }
                send::<O>(out, Code::TERMINATE_REQUEST, self.request.id, &self.terminate_data);
            }
            Action::SendTerminateAck => {
                // As an answer to a Configure packet it is no answer to a Terminate-Request, but bears its identifier.
                let id = reply.map_or(0, |reply| reply.id);
                send::<O>(out, Code::TERMINATE_ACK, id, &[]);
            }
            Action::SendCodeReject => {
                if let Some(reply) = reply {
                    let id = self.fresh_id();
                    send::<O>(out, Code::CODE_REJECT, id, &reply.data);
                }
            }
            // Which extension wants which answer is the session's.
            Action::SendEchoReply => {}
        }
    }

    fn send_request(&mut self, now: Timestamp, out: &mut Output) {
        self.count_down(now);
        if self.attempts == 0
            && let Some(pause) = self.early_repeat
        {
            self.deadline = Some(now + pause.min(self.timing.restart));
        } else {
            self.early_repeat = None;
        }
        let mut options = Vec::new();
        self.options.request(&mut options);
        // RFC 1661 §5.1: a retransmission may keep its identifier, so that a late answer still counts.
        let is_new = self.request.settled || options != self.request.options;
        if is_new {
            self.request = Request { id: self.fresh_id(), options, settled: false };
        }
        self.attempts += 1;
        send::<O>(out, Code::CONFIGURE_REQUEST, self.request.id, &self.request.options);
    }

    /// RFC 1661 §4.4: sending a request decrements the counter and starts the timer.
    fn count_down(&mut self, now: Timestamp) {
        self.restart_count = self.restart_count.saturating_sub(1);
        self.deadline = Some(now + self.timing.restart);
    }
}

/// The answer to a packet.
#[derive(Debug)]
struct Reply {
    code: Code,
    id: u8,
    data: Vec<u8>,
}

impl Reply {
    /// What a Terminate-Ack or Code-Reject needs of the packet.
    fn to(packet: Packet<'_>) -> Self {
        /// A rejected packet's copy is cut to what any receiver takes.
        const LIMIT: usize = 64;
        let mut data = packet.encode();
        data.truncate(LIMIT);
        Reply { code: Code(packet.code), id: packet.id, data }
    }
}

fn send<O: OptionList>(out: &mut Output, code: Code, id: u8, data: &[u8]) {
    out.push(full_frame(O::PROTOCOL, &Packet { code: code.0, id, data }.encode()));
}
