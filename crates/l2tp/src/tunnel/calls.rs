//! ICRQ, ICRP, ICCN, CDN: the calls of a control connection (RFC 2661 §5.2, §7.4, §7.5).

use std::fmt::Debug;

use rand_core::CryptoRng;
use wire::l2tp::{CallAnswered, CallConnected, CallEnded, CallRequest, CallResult, Message, MessageType};
use wire::{Layer, Malformed, Problem};

use super::{Context, Timer, Tunnel, read_result};
use crate::call::{Call, CallState};
use crate::{
    CallEnd, Closed, Denial, DropReason, Event, Expected, Failure, LocalFault, Origin, Refusal, SessionId, Stage, ids,
};

/// Synchronous framing, the only one that Windows accepts as LNS.
const FRAMING_TYPE: u32 = 1;

impl<P: Copy + Debug> Tunnel<P> {
    /// Ends a call of ours with `end` for the peer. False if there is no such call.
    pub(crate) fn disconnect(&mut self, context: &mut Context<'_, P>, session: u16, end: CallEnd) -> bool {
        let known = self.calls.contains_key(&session);
        self.fail_call(context, session, Failure::Closed(Closed::Call(end)));
        self.settle(context);
        known
    }

    /// Sends ICRQ for the call that the tunnel was opened for.
    pub(super) fn place_call(&mut self, context: &mut Context<'_, P>, rng: &mut dyn CryptoRng) {
        let Some(session) = self.free_session(context, rng) else {
            return self.fail(context, Failure::Local(LocalFault::SessionIds));
        };
        self.calls.insert(session, Call { remote: 0, state: CallState::AwaitReply { since: context.now } });
        let request = CallRequest {
            assigned_session: session,
            call_serial: Some(1),
            bearer_type: None,
            physical_channel: None,
            called_number: None,
            calling_number: None,
            sub_address: None,
            correlation_id: None,
        };
        self.send(context, &Message::Icrq(request), 0);
    }

    /// Takes a message about a call; `session` is our id from its header.
    pub(super) fn handle_call_message(
        &mut self,
        context: &mut Context<'_, P>,
        rng: &mut dyn CryptoRng,
        session: u16,
        message: Message,
    ) {
        match message {
            Message::Icrq(request) => self.requested(context, rng, request),
            Message::Ocrq(remote) => {
                self.refuse_call(context, rng, remote, Failure::Denied(Denial::OutgoingCall));
            }
            Message::Cdn(ended) => self.ended(context, session, ended),
            message => {
                let Some(call) = self.calls.get_mut(&session) else {
                    context.out.drops.count(DropReason::UnknownSession);
                    return;
                };
                match (message, &call.state) {
                    (Message::Wen | Message::Sli, _) => {}
                    (Message::Icrp(answer), CallState::AwaitReply { .. }) => self.answered(context, session, &answer),
                    (Message::Iccn(connected), CallState::AwaitConnect { .. }) => {
                        self.call_connected(context, session, &connected);
                    }
                    (message, state) => {
                        let expected = match state {
                            CallState::AwaitReply { .. } => Expected::CallReply,
                            CallState::AwaitConnect { .. } => Expected::CallConnected,
                            CallState::Up => Expected::CallUp,
                        };
                        let failure = Failure::Misbehaved { expected, got: message.kind() };
                        self.fail_call(context, session, failure);
                    }
                }
            }
        }
    }

    /// Ends the call that a message is about which cannot be understood; `ids` are ours from its header and the peer's from
    /// its AVPs.
    pub(super) fn fail_addressed_call(
        &mut self,
        context: &mut Context<'_, P>,
        rng: &mut dyn CryptoRng,
        ids: (u16, u16),
        kind: MessageType,
        failure: Failure,
    ) {
        let (session, remote) = ids;
        if matches!(kind, MessageType::ICRQ | MessageType::OCRQ) {
            return self.refuse_call(context, rng, remote, failure);
        }
        let Some(call) = self.calls.get_mut(&session) else {
            context.out.drops.count(DropReason::UnknownSession);
            return;
        };
        // A reply that was not understood may still have told where the refusal goes.
        if call.remote == 0 {
            call.remote = remote;
        }
        self.fail_call(context, session, failure);
    }

    /// Ends the calls whose set-up has taken too long.
    pub(super) fn expire_calls(&mut self, context: &mut Context<'_, P>) {
        let timeout = context.config.setup_timeout;
        let late = |call: &Call| call.pending_since().is_some_and(|since| since + timeout <= context.now);
        let late: Vec<_> = self.calls.iter().filter(|(_, call)| late(call)).map(|(&session, _)| session).collect();
        for session in late {
            let failure = Failure::Silence { stage: Stage::Call, attempts: 0, elapsed: timeout };
            self.fail_call(context, session, failure);
        }
    }

    pub(super) fn rearm_calls(&mut self, context: &Context<'_, P>) {
        let earliest = self.calls.values().filter_map(Call::pending_since).min();
        match earliest {
            Some(since) => self.timers.set(Timer::CallSetup, since + context.config.setup_timeout),
            None => self.timers.stop(Timer::CallSetup),
        }
    }

    pub(super) fn report_call_end(
        &mut self,
        context: &mut Context<'_, P>,
        session: u16,
        stage: Stage,
        failure: Failure,
    ) {
        let (peer, tunnel) = (self.peer, self.id);
        context.out.events.push_back(match stage {
            Stage::Up => Event::CallDown { peer, session: SessionId { tunnel, session }, failure },
            Stage::Tunnel | Stage::Call => Event::Failed { peer, tunnel: Some(tunnel), stage: Stage::Call, failure },
        });
    }

    /// Takes ICRQ: the peer calls us.
    fn requested(&mut self, context: &mut Context<'_, P>, rng: &mut dyn CryptoRng, request: CallRequest) {
        let remote = request.assigned_session;
        if self.calls.values().any(|call| call.remote == remote && remote != 0) {
            // A CDN would end the wrong call at the peer.
            let failure = Failure::Misbehaved { expected: Expected::UnusedSessionId, got: MessageType::ICRQ };
            return self.fail(context, failure);
        }
        let limit = context.config.max_sessions_per_tunnel;
        let refusal = if self.origin == Origin::Local {
            Failure::Denied(Denial::IncomingCall)
        } else if remote == 0 {
            Failure::Malformed(zero_session())
        } else if self.calls.len() >= limit {
            Failure::Denied(Denial::SessionsPerTunnel(limit))
        } else if let Some(session) = self.free_session(context, rng) {
            let state = CallState::AwaitConnect { since: context.now, request: Box::new(request) };
            self.calls.insert(session, Call { remote, state });
            self.timers.stop(Timer::Empty);
            let answer = CallAnswered { assigned_session: session };
            return self.send(context, &Message::Icrp(answer), remote);
        } else {
            Failure::Local(LocalFault::SessionIds)
        };
        self.refuse_call(context, rng, remote, refusal);
    }

    /// Takes ICRP: the call is up, and ICCN says so.
    fn answered(&mut self, context: &mut Context<'_, P>, session: u16, answer: &CallAnswered) {
        let Some(call) = self.calls.get_mut(&session) else { return };
        let remote = answer.assigned_session;
        if remote == 0 {
            return self.fail_call(context, session, Failure::Malformed(zero_session()));
        }
        *call = Call { remote, state: CallState::Up };
        let connected = CallConnected {
            tx_connect_speed: Some(context.config.tx_connect_speed),
            framing_type: Some(FRAMING_TYPE),
            rx_connect_speed: None,
            proxy_authen_type: None,
            sequencing_required: false,
        };
        context.out.events.push_back(Event::CallUp {
            peer: self.peer,
            session: SessionId { tunnel: self.id, session },
            remote_tunnel: self.channel.remote(),
            remote_session: remote,
            origin: self.origin,
            sequencing_required: false,
            tx_connect_speed: Some(context.config.tx_connect_speed),
            called_number: None,
            calling_number: None,
            correlation_id: None,
        });
        self.send(context, &Message::Iccn(connected), remote);
    }

    /// Takes ICCN: the call is up.
    fn call_connected(&mut self, context: &mut Context<'_, P>, session: u16, connected: &CallConnected) {
        let Some(call) = self.calls.get_mut(&session) else { return };
        let CallState::AwaitConnect { request, .. } = std::mem::replace(&mut call.state, CallState::Up) else { return };
        context.out.events.push_back(Event::CallUp {
            peer: self.peer,
            session: SessionId { tunnel: self.id, session },
            remote_tunnel: self.channel.remote(),
            remote_session: call.remote,
            origin: self.origin,
            sequencing_required: connected.sequencing_required,
            tx_connect_speed: connected.tx_connect_speed,
            called_number: request.called_number,
            calling_number: request.calling_number,
            correlation_id: request.correlation_id,
        });
    }

    /// Takes CDN. A peer that never learnt our id names its own.
    fn ended(&mut self, context: &mut Context<'_, P>, session: u16, ended: CallEnded) {
        let by_remote = || {
            let assigned = ended.assigned_session.filter(|&id| session == 0 && id != 0)?;
            self.calls.iter().find(|(_, call)| call.remote == assigned).map(|(&session, _)| session)
        };
        let known = self.calls.contains_key(&session).then_some(session).or_else(by_remote);
        let Some(session) = known else {
            context.out.drops.count(DropReason::UnknownSession);
            return;
        };
        let (result, error, message) = read_result(ended.result);
        let refusal = Refusal::Call { result: result.map(CallResult), error, message, ppp_cause: ended.ppp_cause };
        self.fail_call(context, session, Failure::Refused(refusal));
    }

    /// Ends a call, telling the peer what the failure has for it. A tunnel without calls has little time left, and one that
    /// we opened for its call has none.
    fn fail_call(&mut self, context: &mut Context<'_, P>, session: u16, failure: Failure) {
        let Some(call) = self.calls.remove(&session) else { return };
        self.send_call_end(context, session, call.remote, &failure);
        self.report_call_end(context, session, call.stage(), failure);
        if self.calls.is_empty() && self.is_live() {
            match self.origin {
                Origin::Local => self.fail(context, Failure::Closed(Closed::Empty)),
                Origin::Peer => self.timers.set(Timer::Empty, context.now + context.config.empty_timeout),
            }
        }
    }

    /// Refuses a call that never had an id of ours; the refusal must name one all the same.
    fn refuse_call(&mut self, context: &mut Context<'_, P>, rng: &mut dyn CryptoRng, remote: u16, failure: Failure) {
        let session = self.free_session(context, rng).unwrap_or(0);
        self.report_call_end(context, session, Stage::Call, failure.clone());
        self.send_call_end(context, session, remote, &failure);
    }

    fn send_call_end(&mut self, context: &mut Context<'_, P>, session: u16, remote: u16, failure: &Failure) {
        if let Some(end) = failure.call_end() {
            self.send(context, &Message::Cdn(end.message(session)), remote);
        }
    }

    fn free_session(&self, context: &Context<'_, P>, rng: &mut dyn CryptoRng) -> Option<u16> {
        ids::draw(rng, context.config.worker, |id| self.calls.contains_key(&id))
    }
}

/// The error of a session id of zero, which no call can have (RFC 2661 §4.4.4).
fn zero_session() -> Malformed {
    let problem = Problem::BadValue { got: 0 };
    Malformed { layer: Layer::L2tp, field: "Assigned Session ID", offset: wire::l2tp::CONTROL_HEADER_LEN, problem }
}
