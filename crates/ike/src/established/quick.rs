//! The quick modes under an IKE SA: which message means what, repetitions, timeouts, and what becomes of a failure.

use std::time::Duration;

use clock::Timestamp;
use wire::isakmp::{Chain, ChainBuilder, ExchangeType, Flags, Notify, PayloadType};

use super::{DEFAULT_LIFE, Established, LONGEST_LIFE};
use crate::children::Child;
use crate::context::{Context, Incoming};
use crate::envelope::Envelope;
use crate::event::{ChildId, Event, Role};
use crate::failure::{Denial, Drop, LocalFault};
use crate::quick_mode::{self, Agreed, Asked, ChildRequest, with_hash};
use crate::repeat::{Answered, Fingerprint, Request};
use crate::{Failure, Path, Stage};

/// How long a finished quick mode answers repetitions.
const FINISHED_STAYS: Duration = Duration::from_secs(60);

pub(super) enum Quick {
    /// We answered; message 3 is missing.
    AwaitConfirmation(Box<AwaitConfirmation>),
    /// We asked; message 2 is missing.
    AwaitAnswer(Box<AwaitAnswer>),
    /// Done or refused; kept for repetitions.
    Finished(Box<Finished>),
}

pub(super) struct AwaitConfirmation {
    envelope: Envelope,
    agreed: Agreed,
    answered: Answered,
    path: Path,
    encapsulated: bool,
    began: Timestamp,
    deadline: Timestamp,
    repeat: Option<Request>,
}

pub(super) struct AwaitAnswer {
    envelope: Envelope,
    asked: Asked,
    request: Request,
}

pub(super) struct Finished {
    answered: Option<Answered>,
    /// Message 3 again and again, until the peer that set the commit bit confirms it.
    confirm: Option<Request>,
    forget: Timestamp,
}

impl Established {
    /// Begins a quick mode.
    pub(crate) fn request_child(&mut self, ctx: &mut Context<'_>, request: ChildRequest, replaces: Option<ChildId>) {
        let limit = ctx.config.limits.quick_modes;
        if self.quick.values().filter(|quick| quick.waits().is_some()).count() >= limit {
            let failure = Failure::Denied(Denial::TooManyChildren { limit });
            return self.fail(ctx, Role::Initiator, Stage::Phase2Proposal, failure, replaces);
        }
        let (asked, chain) = Asked::start(ctx, &self.parent(), request, replaces);
        let message_id = self.new_message_id(ctx);
        let mut envelope = self.envelope(message_id);
        let chain = with_hash(&self.auth.keys, chain, &[&message_id.to_be_bytes()]);
        let message = envelope.seal(self.cookies, ExchangeType::QUICK_MODE, message_id, chain);
        ctx.out.send(self.path, self.encapsulated, message.clone());
        let request = Request::sent(message, ctx.now, &ctx.config.timing);
        self.quick.insert(message_id, Quick::AwaitAnswer(Box::new(AwaitAnswer { envelope, asked, request })));
    }

    pub(super) fn handle_quick_mode(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) {
        let message_id = incoming.header.message_id;
        match self.quick.remove(&message_id) {
            None if self.seen.contains(&message_id) => ctx.out.drop(Drop::Duplicate),
            None => self.handle_first(ctx, incoming),
            Some(Quick::AwaitConfirmation(state)) => self.handle_third(ctx, incoming, state),
            Some(Quick::AwaitAnswer(state)) => self.handle_second(ctx, incoming, state),
            Some(Quick::Finished(mut state)) => {
                self.handle_after(ctx, incoming, &mut state);
                self.quick.insert(message_id, Quick::Finished(state));
            }
        }
    }

    /// Quick mode message 1: nothing happens before its HASH is right.
    fn handle_first(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) {
        let message_id = incoming.header.message_id;
        let mut envelope = self.envelope(message_id);
        let before = message_id.to_be_bytes();
        let Some(opened) = self.open(&envelope, incoming, &[&before]) else {
            return ctx.out.drop(Drop::NotAuthentic);
        };
        let Ok(chain) = Chain::parse(&opened.message) else { return ctx.out.drop(Drop::NotAuthentic) };
        self.remember(message_id);
        self.dpd.alive(ctx.now);
        envelope.accept(&opened);
        let request = Fingerprint::of(incoming.message);
        let limit = ctx.config.limits.quick_modes;
        let running = self.quick.values().filter(|quick| quick.waits().is_some()).count();
        let result = if running < limit {
            quick_mode::respond(ctx, &self.parent(), &chain)
        } else {
            Err(Failure::Denied(Denial::TooManyChildren { limit }))
        };
        let (path, encapsulated) = (incoming.path, incoming.encapsulated);
        self.note_notifications(ctx, &chain);
        match result {
            Ok((agreed, answer)) => {
                let answer = with_hash(&self.auth.keys, answer, &[&before, &agreed.nonces[0]]);
                let message = envelope.seal(self.cookies, ExchangeType::QUICK_MODE, message_id, answer);
                ctx.out.send(path, encapsulated, message.clone());
                let timing = &ctx.config.timing;
                // Only towards the place that main mode proved; see `Timing::quick_mode_repeats`.
                let repeats = timing.quick_mode_repeats;
                let repeat = (repeats > 0 && path == self.path)
                    .then(|| Request::sent_with(message.clone(), ctx.now, timing, repeats + 1));
                let state = AwaitConfirmation {
                    envelope,
                    agreed,
                    answered: Answered::new(request, message, timing),
                    path,
                    encapsulated,
                    began: ctx.now,
                    deadline: ctx.now + timing.exchange_timeout,
                    repeat,
                };
                self.quick.insert(message_id, Quick::AwaitConfirmation(Box::new(state)));
            }
            Err(failure) => {
                let answered = failure.notify().map(|kind| {
                    let notify = quick_mode::refusal(&chain, kind);
                    let message = self.sealed_notify(ctx, &notify);
                    ctx.out.send(path, encapsulated, message.clone());
                    Answered::new(request, message, &ctx.config.timing)
                });
                let forget = ctx.now + FINISHED_STAYS;
                self.finish(message_id, Finished { answered, confirm: None, forget });
                self.fail(ctx, Role::Responder, Stage::Phase2Proposal, failure, None);
            }
        }
    }

    /// Quick mode message 3, or message 1 again.
    fn handle_third(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>, mut state: Box<AwaitConfirmation>) {
        let message_id = incoming.header.message_id;
        if state.answered.is(Fingerprint::of(incoming.message)) {
            match state.answered.again() {
                Some(answer) => ctx.out.send(state.path, state.encapsulated, answer),
                None => ctx.out.drop(Drop::Duplicate),
            }
            self.quick.insert(message_id, Quick::AwaitConfirmation(state));
            return;
        }
        let [ni, nr] = &state.agreed.nonces;
        // HASH(3) covers a zero octet, the message id and both nonces, and no payloads.
        let expected = self.auth.keys.message_hash(&[&[0], &message_id.to_be_bytes(), ni, nr]);
        let authentic = state.envelope.open(&incoming.header, incoming.body).filter(|opened| {
            let chain = Chain::parse(&opened.message);
            let hash = chain.as_ref().ok().and_then(|chain| chain.payloads().first());
            hash.is_some_and(|hash| hash.kind == PayloadType::HASH && crypto::ct_eq(hash.body, expected.as_bytes()))
        });
        if authentic.is_none() {
            ctx.out.drop(Drop::NotAuthentic);
            self.quick.insert(message_id, Quick::AwaitConfirmation(state));
            return;
        }
        self.dpd.alive(ctx.now);
        // Our nonce is in the hash: this is no replay, the peer is where the message comes from.
        self.handle_moved(ctx, incoming.path, incoming.encapsulated);
        self.install(ctx, state.agreed, None);
        self.finish(message_id, Finished { answered: None, confirm: None, forget: ctx.now + FINISHED_STAYS });
    }

    /// Quick mode message 2.
    fn handle_second(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>, mut state: Box<AwaitAnswer>) {
        let message_id = incoming.header.message_id;
        let before = message_id.to_be_bytes();
        let opened = self.open(&state.envelope, incoming, &[&before, state.asked.nonce()]);
        let Some(opened) = opened else {
            ctx.out.drop(Drop::NotAuthentic);
            self.quick.insert(message_id, Quick::AwaitAnswer(state));
            return;
        };
        let Ok(chain) = Chain::parse(&opened.message) else { return };
        self.dpd.alive(ctx.now);
        // Our nonce is in the hash: this is no replay.
        self.handle_moved(ctx, incoming.path, incoming.encapsulated);
        state.envelope.accept(&opened);
        let forget = ctx.now + FINISHED_STAYS;
        match state.asked.answered(&self.parent(), &chain) {
            Ok(agreed) => {
                let [ni, nr] = &agreed.nonces;
                let hash = self.auth.keys.message_hash(&[&[0], &before, ni, nr]);
                let mut third = ChainBuilder::new();
                third.push(PayloadType::HASH, hash.as_bytes());
                let message = state.envelope.seal(self.cookies, ExchangeType::QUICK_MODE, message_id, third);
                ctx.out.send(self.path, self.encapsulated, message.clone());
                // With the commit bit the peer will say that it is ready (RFC 2408 §3.1), so message 3 can be made sure.
                let timing = &ctx.config.timing;
                let confirm = incoming.header.flags.contains(Flags::COMMIT);
                let confirm = confirm.then(|| Request::sent(message.clone(), ctx.now, timing));
                let answered = Some(Answered::new(Fingerprint::of(incoming.message), message, timing));
                self.install(ctx, agreed, Some(state.asked.request));
                self.finish(message_id, Finished { answered, confirm, forget });
            }
            Err(failure) => {
                if let Some(kind) = failure.notify() {
                    let message = self.sealed_notify(ctx, &quick_mode::refusal(&chain, kind));
                    ctx.out.send(self.path, self.encapsulated, message);
                }
                quick_mode::abandon(ctx.children, state.asked.spi_in);
                self.finish(message_id, Finished { answered: None, confirm: None, forget });
                self.fail(ctx, Role::Initiator, Stage::Phase2Proposal, failure, state.asked.replaces);
            }
        }
    }

    /// A message of a quick mode that is over: message 2 again is answered again; message 4, with which Windows responders and
    /// responders that set the commit bit confirm, needs no answer.
    fn handle_after(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>, state: &mut Finished) {
        let request = Fingerprint::of(incoming.message);
        match state.answered.as_mut().filter(|answered| answered.is(request)) {
            Some(answered) => match answered.again() {
                Some(answer) => ctx.out.send(self.path, self.encapsulated, answer),
                None => ctx.out.drop(Drop::Duplicate),
            },
            None => {
                // Whatever else comes under this message id can only be the confirmation.
                state.confirm = None;
                ctx.out.drop(Drop::Duplicate);
            }
        }
    }

    /// An authentic error of the peer: about the quick mode that its SPI or message id names, or the only one there is.
    pub(super) fn handle_error(&mut self, ctx: &mut Context<'_>, notify: Notify) {
        let spi = <[u8; 4]>::try_from(notify.spi.as_slice()).ok().map(u32::from_be_bytes);
        // Microsoft puts the message id in front of the data ([MS-IKEE] §2.2.6).
        let id = notify.data.first_chunk().map(|id| u32::from_be_bytes(*id));
        let open = |quick: &Quick| quick.waits().is_some();
        let by_spi = self.quick.iter().find(|(_, quick)| open(quick) && spi.is_some() && quick.spi_in() == spi);
        let by_id = || self.quick.iter().find(|(key, quick)| open(quick) && id == Some(**key));
        let only = || self.quick.iter().find(|(_, quick)| open(quick));
        let Some((&message_id, _)) = by_spi.or_else(by_id).or_else(only) else { return };
        let failure = Failure::Refused { notify: notify.kind, data: notify.data, authenticated: true };
        let Some(quick) = self.quick.remove(&message_id) else { return };
        let Some((role, stage)) = quick.waits() else { return };
        let replaces = self.abandon(ctx, quick);
        let forget = ctx.now + FINISHED_STAYS;
        self.finish(message_id, Finished { answered: None, confirm: None, forget });
        self.fail(ctx, role, stage, failure, replaces);
    }

    pub(super) fn handle_quick_timeout(&mut self, ctx: &mut Context<'_>, message_id: u32) {
        let Some(mut quick) = self.quick.remove(&message_id) else { return };
        let silence = match &mut quick {
            Quick::AwaitConfirmation(state) if ctx.now < state.deadline => {
                let again = state.repeat.as_mut().and_then(|repeat| repeat.expire(ctx.now));
                match again {
                    Some(message) => ctx.out.send(state.path, state.encapsulated, message),
                    None => state.repeat = None,
                }
                None
            }
            Quick::AwaitConfirmation(state) => {
                let elapsed = ctx.now.since(state.began);
                let failure =
                    Failure::Silence { attempts: state.answered.sent(), elapsed, encapsulated: state.encapsulated };
                Some((Role::Responder, Stage::Phase2Confirmation, failure))
            }
            Quick::AwaitAnswer(state) => match state.request.expire(ctx.now) {
                Some(message) => {
                    ctx.out.send(self.path, self.encapsulated, message);
                    None
                }
                None => {
                    let failure = state.request.silence(ctx.now, self.encapsulated);
                    Some((Role::Initiator, Stage::Phase2Proposal, failure))
                }
            },
            Quick::Finished(state) if ctx.now < state.forget => {
                match state.confirm.as_mut().and_then(|confirm| confirm.expire(ctx.now)) {
                    Some(message) => ctx.out.send(self.path, self.encapsulated, message),
                    None => state.confirm = None,
                }
                None
            }
            Quick::Finished(_) => return,
        };
        match silence {
            None => drop(self.quick.insert(message_id, quick)),
            Some((role, stage, failure)) => {
                let replaces = self.abandon(ctx, quick);
                self.fail(ctx, role, stage, failure, replaces);
            }
        }
    }

    /// Reports the pair of child SAs and remembers it.
    fn install(&mut self, ctx: &mut Context<'_>, agreed: Agreed, request: Option<ChildRequest>) {
        let id = ctx.children.new_id();
        let (spi_in, spi_out, selectors, life) = (agreed.spi_in, agreed.spi_out, agreed.selectors, agreed.life);
        let replaces = agreed.replaces.filter(|&replaced| ctx.children.get(replaced).is_some());
        let mut keys = agreed.keys(id, &self.parent(), self.path);
        keys.replaces = replaces;
        let life = life.seconds.map_or(DEFAULT_LIFE, Duration::from_secs).min(LONGEST_LIFE);
        // Between 85 and 95 % of the lifetime, so that peers that began together do not rekey together.
        let percent = 85 + ctx.rng.next_u32() % 11;
        let rekey_at = request.is_some().then(|| ctx.now + life * percent / 100);
        let timing = &ctx.config.timing;
        if let (Some(replaced), true) = (replaces, request.is_some()) {
            ctx.children.replace(replaced, ctx.now, timing.replaced_child_stays);
        }
        let child = Child {
            sa: self.id,
            path: self.path,
            peer_id: self.auth.peer_id.get().clone(),
            spi_in,
            spi_out,
            selectors,
            request,
            rekey_at,
            ends: ctx.now + life + timing.child_margin,
            replaced: false,
        };
        ctx.children.insert(id, child);
        ctx.out.event(Event::ChildUp { sa: self.id, child: Box::new(keys) });
    }

    /// Gives back what an unfinished quick mode holds; the child SA it was to replace.
    fn abandon(&self, ctx: &mut Context<'_>, quick: Quick) -> Option<ChildId> {
        match quick {
            Quick::AwaitConfirmation(state) => {
                quick_mode::abandon(ctx.children, state.agreed.spi_in);
                None
            }
            Quick::AwaitAnswer(state) => {
                quick_mode::abandon(ctx.children, state.asked.spi_in);
                state.asked.replaces
            }
            Quick::Finished(_) => None,
        }
    }

    fn finish(&mut self, message_id: u32, finished: Finished) {
        self.quick.insert(message_id, Quick::Finished(Box::new(finished)));
        // Finished exchanges only serve repetitions; the oldest deadlines go when there are many.
        let done = self.quick.iter().filter(|(_, quick)| quick.waits().is_none());
        if done.clone().count() > 32 {
            let oldest = done.min_by_key(|(_, quick)| quick.deadline_of_memory()).map(|(&id, _)| id);
            if let Some(oldest) = oldest {
                self.quick.remove(&oldest);
            }
        }
    }

    /// The IKE SA ends under its quick modes.
    pub(super) fn end_quick_modes(&mut self, ctx: &mut Context<'_>, fault: LocalFault) {
        for quick in std::mem::take(&mut self.quick).into_values() {
            if let Some((role, stage)) = quick.waits() {
                let replaces = self.abandon(ctx, quick);
                self.fail(ctx, role, stage, Failure::Local(fault), replaces);
            }
        }
    }
}

impl Quick {
    /// Whose quick mode this is and what it waits for; `None` when it is over.
    fn waits(&self) -> Option<(Role, Stage)> {
        match self {
            Quick::AwaitConfirmation(_) => Some((Role::Responder, Stage::Phase2Confirmation)),
            Quick::AwaitAnswer(_) => Some((Role::Initiator, Stage::Phase2Proposal)),
            Quick::Finished(_) => None,
        }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        match self {
            Quick::AwaitConfirmation(state) => {
                state.repeat.as_ref().map_or(state.deadline, |repeat| repeat.deadline().min(state.deadline))
            }
            Quick::AwaitAnswer(state) => state.request.deadline(),
            Quick::Finished(state) => {
                state.confirm.as_ref().map_or(state.forget, |confirm| confirm.deadline().min(state.forget))
            }
        }
    }

    fn deadline_of_memory(&self) -> Option<Timestamp> {
        match self {
            Quick::Finished(state) => Some(state.forget),
            Quick::AwaitConfirmation(_) | Quick::AwaitAnswer(_) => None,
        }
    }

    fn spi_in(&self) -> Option<u32> {
        match self {
            Quick::AwaitConfirmation(state) => Some(state.agreed.spi_in),
            Quick::AwaitAnswer(state) => Some(state.asked.spi_in),
            Quick::Finished(_) => None,
        }
    }
}
