//! An IKE SA that is up: quick modes, informational exchanges, dead peer detection, its end.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clock::Timestamp;
use wire::isakmp::{
    Chain, ChainBuilder, Cookies, Delete, Doi, ExchangeType, Flags, Notify, NotifyType, PayloadType, ProtocolId,
};

use crate::children::Child;
use crate::context::{Context, Incoming};
use crate::dpd::{Dpd, Next};
use crate::envelope::{Envelope, Opened};
use crate::event::{ChildId, CloseReason, Event, Failed, IkeSaId, PeerKnown, Role};
use crate::failure::{Denial, Drop, LocalFault};
use crate::keymat::exchange_iv;
use crate::main_mode::Authenticated;
use crate::quick_mode::{self, Agreed, Asked, ChildRequest, Parent, hash_is_right, with_hash};
use crate::repeat::{Answered, Fingerprint, Request};
use crate::vendor::Announced;
use crate::{Failure, Path, Stage};

/// Message ids that are remembered to recognise replays. Older ones can do no harm: they repeat a request whose subject is
/// gone, or begin a quick mode that the replayer cannot finish.
const REMEMBERED_IDS: usize = 256;
/// RFC 2407 §4.5: the lifetime where none is stated.
const DEFAULT_LIFE: Duration = Duration::from_secs(28_800);
/// Longest time that we keep an SA, whatever was agreed.
const LONGEST_LIFE: Duration = Duration::from_secs(2 * 24 * 3600);
/// How long a finished quick mode answers repetitions.
const FINISHED_STAYS: Duration = Duration::from_secs(60);

/// See the module.
pub(crate) struct Established {
    id: IkeSaId,
    role: Role,
    cookies: Cookies,
    path: Path,
    encapsulated: bool,
    announced: Announced,
    auth: Authenticated,
    /// Message 5 and our message 6, where we responded.
    last_answer: Option<Answered>,
    quick: BTreeMap<u32, Quick>,
    seen: VecDeque<u32>,
    dpd: Dpd,
    expires: Timestamp,
    closed: bool,
}

enum Quick {
    /// We answered; message 3 is missing.
    AwaitConfirmation(Box<AwaitConfirmation>),
    /// We asked; message 2 is missing.
    AwaitAnswer(Box<AwaitAnswer>),
    /// Done or refused; kept for repetitions.
    Finished(Box<Finished>),
}

struct AwaitConfirmation {
    envelope: Envelope,
    agreed: Agreed,
    answered: Answered,
    path: Path,
    encapsulated: bool,
    began: Timestamp,
    deadline: Timestamp,
    repeat: Option<Request>,
}

struct AwaitAnswer {
    envelope: Envelope,
    asked: Asked,
    request: Request,
}

struct Finished {
    answered: Option<Answered>,
    /// Message 3 again and again, until the peer that set the commit bit confirms it.
    confirm: Option<Request>,
    forget: Timestamp,
}

/// What an IKE SA has on entering this state.
pub(crate) struct Start {
    pub(crate) id: IkeSaId,
    pub(crate) role: Role,
    pub(crate) cookies: Cookies,
    pub(crate) path: Path,
    pub(crate) encapsulated: bool,
    pub(crate) announced: Announced,
    pub(crate) auth: Authenticated,
    pub(crate) last_answer: Option<Answered>,
}

impl Established {
    pub(crate) fn new(ctx: &mut Context<'_>, start: Start) -> Self {
        let supported = start.announced.has(wire::isakmp::VendorKind::Dpd);
        let life = start.auth.life.seconds.map_or(DEFAULT_LIFE, Duration::from_secs).min(LONGEST_LIFE);
        Established {
            id: start.id,
            role: start.role,
            cookies: start.cookies,
            path: start.path,
            encapsulated: start.encapsulated,
            announced: start.announced,
            auth: start.auth,
            last_answer: start.last_answer,
            quick: BTreeMap::new(),
            seen: VecDeque::new(),
            dpd: Dpd::new(supported, ctx.now, &ctx.config.timing, ctx.rng),
            expires: ctx.now + life,
            closed: false,
        }
    }

    pub(crate) fn cookies(&self) -> Cookies {
        self.cookies
    }

    /// Whether the IKE SA has ended and is to be removed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let quick = self.quick.values().map(Quick::deadline);
        quick.chain(self.dpd.deadline()).chain([self.expires]).min()
    }

    /// A message under this IKE SA.
    pub(crate) fn handle(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) {
        match incoming.header.exchange {
            ExchangeType::MAIN_MODE => self.handle_main_mode(ctx, incoming),
            _ if !incoming.is_encrypted() => ctx.out.drop(Drop::Unprotected),
            _ if incoming.header.message_id == 0 => ctx.out.drop(Drop::Unexpected),
            ExchangeType::QUICK_MODE => self.handle_quick_mode(ctx, incoming),
            ExchangeType::INFORMATIONAL => self.handle_informational(ctx, incoming),
            exchange => ctx.out.drop(Drop::Exchange(exchange)),
        }
    }

    /// Begins a quick mode.
    pub(crate) fn request_child(&mut self, ctx: &mut Context<'_>, request: ChildRequest, replaces: Option<ChildId>) {
        let limit = ctx.config.limits.quick_modes;
        if self.quick.values().filter(|quick| !matches!(quick, Quick::Finished(_))).count() >= limit {
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

    /// Ends a child SA of ours and tells the peer.
    pub(crate) fn delete_child(&mut self, ctx: &mut Context<'_>, spi_in: u32) {
        self.send_delete(ctx, ProtocolId::ESP, vec![spi_in.to_be_bytes().to_vec()]);
    }

    /// Ends the IKE SA and tells the peer. Its child SAs stay unless the caller ends them first.
    pub(crate) fn close(&mut self, ctx: &mut Context<'_>, reason: CloseReason) {
        let cookies = [self.cookies.initiator.0, self.cookies.responder.0].concat();
        self.send_delete(ctx, ProtocolId::ISAKMP, vec![cookies]);
        self.end(ctx, reason);
    }

    /// Packets of a child SA prove that the peer lives.
    pub(crate) fn handle_traffic(&mut self, now: Timestamp) {
        self.dpd.alive(now);
    }

    /// The peer is at another place, as it proved.
    pub(crate) fn handle_moved(&mut self, ctx: &mut Context<'_>, path: Path, encapsulated: bool) {
        if (self.path, self.encapsulated) != (path, encapsulated) {
            (self.path, self.encapsulated) = (path, encapsulated);
            ctx.children.moved(self.id, path);
            ctx.out.event(Event::PathChanged { sa: self.id, path, encapsulated });
        }
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.expires <= ctx.now {
            return self.close(ctx, CloseReason::Expired);
        }
        let due: Vec<u32> =
            self.quick.iter().filter(|(_, quick)| quick.deadline() <= ctx.now).map(|(&id, _)| id).collect();
        for message_id in due {
            self.handle_quick_timeout(ctx, message_id);
        }
        match self.dpd.expire(ctx.now, &ctx.config.timing) {
            Some(Next::Ask(sequence)) => {
                self.send_dpd(ctx, NotifyType::R_U_THERE, sequence, self.path, self.encapsulated)
            }
            Some(Next::Dead) => {
                for child in ctx.children.of(self.id).to_vec() {
                    ctx.children.remove(child);
                    ctx.out.event(Event::ChildDown { child, reason: CloseReason::PeerDead });
                }
                self.end(ctx, CloseReason::PeerDead);
            }
            None => {}
        }
    }

    fn handle_main_mode(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) {
        let request = Fingerprint::of(incoming.message);
        let again = self.last_answer.as_mut().filter(|answered| answered.is(request)).and_then(Answered::again);
        match again {
            Some(answer) => ctx.out.send(self.path, self.encapsulated, answer),
            None => ctx.out.drop(Drop::Duplicate),
        }
    }

    fn handle_quick_mode(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) {
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
        let running = self.quick.values().filter(|quick| !matches!(quick, Quick::Finished(_))).count();
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

    fn handle_informational(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) {
        let message_id = incoming.header.message_id;
        if self.seen.contains(&message_id) {
            return ctx.out.drop(Drop::Duplicate);
        }
        // Encrypted is not authenticated in IKEv1: HASH(1) comes before any effect (RFC 2409 §5.7).
        let envelope = self.envelope(message_id);
        let Some(opened) = self.open(&envelope, incoming, &[&message_id.to_be_bytes()]) else {
            return ctx.out.drop(Drop::NotAuthentic);
        };
        let Ok(chain) = Chain::parse(&opened.message) else { return ctx.out.drop(Drop::NotAuthentic) };
        self.remember(message_id);
        self.note_notifications(ctx, &chain);
        for payload in chain.of(PayloadType::NOTIFICATION) {
            let Ok(notify) = Notify::parse(payload.reader()) else { continue };
            match notify.kind {
                NotifyType::R_U_THERE => self.handle_dpd(ctx, incoming, &notify),
                NotifyType::R_U_THERE_ACK => self.handle_dpd_answer(ctx, incoming, &notify),
                kind if kind.is_error() => self.handle_error(ctx, notify),
                _ => self.dpd.alive(ctx.now),
            }
        }
        for payload in chain.of(PayloadType::DELETE) {
            let Ok(delete) = Delete::parse(payload.reader()) else { continue };
            self.handle_delete(ctx, &delete);
        }
    }

    fn handle_delete(&mut self, ctx: &mut Context<'_>, delete: &Delete) {
        if delete.protocol == ProtocolId::ESP {
            for spi in &delete.spis {
                let Ok(spi) = <[u8; 4]>::try_from(spi.as_slice()) else { continue };
                let remote = self.path.remote;
                let peer_id = self.auth.peer_id.get();
                let child = ctx.children.of_peer(self.id, remote, peer_id, u32::from_be_bytes(spi));
                if let Some(child) = child {
                    ctx.children.remove(child);
                    ctx.out.event(Event::ChildDown { child, reason: CloseReason::DeletedByPeer });
                }
            }
        }
        let cookies = [self.cookies.initiator.0, self.cookies.responder.0].concat();
        if delete.protocol == ProtocolId::ISAKMP && delete.spis.contains(&cookies) && !self.closed {
            self.end(ctx, CloseReason::DeletedByPeer);
        }
    }

    /// An authentic error of the peer: about the quick mode that its SPI or message id names, or the only one there is.
    fn handle_error(&mut self, ctx: &mut Context<'_>, notify: Notify) {
        let spi = <[u8; 4]>::try_from(notify.spi.as_slice()).ok().map(u32::from_be_bytes);
        // Microsoft puts the message id in front of the data ([MS-IKEE] §2.2.6).
        let id = notify.data.first_chunk().map(|id| u32::from_be_bytes(*id));
        let open = |quick: &Quick| !matches!(quick, Quick::Finished(_));
        let by_spi = self.quick.iter().find(|(_, quick)| open(quick) && spi.is_some() && quick.spi_in() == spi);
        let by_id = || self.quick.iter().find(|(key, quick)| open(quick) && id == Some(**key));
        let only = || self.quick.iter().find(|(_, quick)| open(quick));
        let Some((&message_id, _)) = by_spi.or_else(by_id).or_else(only) else { return };
        let failure = Failure::Refused { notify: notify.kind, data: notify.data, authenticated: true };
        let role_and_stage = |quick: &Quick| match quick {
            Quick::AwaitConfirmation(_) => (Role::Responder, Stage::Phase2Confirmation),
            Quick::AwaitAnswer(_) | Quick::Finished(_) => (Role::Initiator, Stage::Phase2Proposal),
        };
        let Some(quick) = self.quick.remove(&message_id) else { return };
        let (role, stage) = role_and_stage(&quick);
        let replaces = self.abandon(ctx, quick);
        let forget = ctx.now + FINISHED_STAYS;
        self.finish(message_id, Finished { answered: None, confirm: None, forget });
        self.fail(ctx, role, stage, failure, replaces);
    }

    fn handle_dpd(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>, notify: &Notify) {
        let Ok(sequence) = <[u8; 4]>::try_from(notify.data.as_slice()).map(u32::from_be_bytes) else { return };
        let order = self.dpd.asked(sequence);
        if order.is_lt() {
            return ctx.out.drop(Drop::StaleSequence);
        }
        self.dpd.alive(ctx.now);
        if order.is_gt() {
            // A number never seen before: this is no replay.
            self.handle_moved(ctx, incoming.path, incoming.encapsulated);
        }
        let (path, encapsulated) = (self.path, self.encapsulated);
        self.send_dpd(ctx, NotifyType::R_U_THERE_ACK, sequence, path, encapsulated);
    }

    fn handle_dpd_answer(&mut self, ctx: &mut Context<'_>, incoming: &Incoming<'_>, notify: &Notify) {
        let sequence = <[u8; 4]>::try_from(notify.data.as_slice()).map(u32::from_be_bytes);
        if !sequence.is_ok_and(|sequence| self.dpd.answered(sequence)) {
            return ctx.out.drop(Drop::StaleSequence);
        }
        self.dpd.alive(ctx.now);
        self.handle_moved(ctx, incoming.path, incoming.encapsulated);
    }

    fn note_notifications(&mut self, ctx: &mut Context<'_>, chain: &Chain<'_>) {
        let initial_contact = chain.of(PayloadType::NOTIFICATION).any(|payload| {
            Notify::parse(payload.reader()).is_ok_and(|notify| notify.kind == NotifyType::INITIAL_CONTACT)
        });
        if initial_contact {
            ctx.out.event(Event::InitialContact { sa: self.id });
        }
    }

    fn handle_quick_timeout(&mut self, ctx: &mut Context<'_>, message_id: u32) {
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

    fn end(&mut self, ctx: &mut Context<'_>, reason: CloseReason) {
        for quick in std::mem::take(&mut self.quick).into_values() {
            let (role, stage) = match &quick {
                Quick::AwaitConfirmation(_) => (Role::Responder, Stage::Phase2Confirmation),
                Quick::AwaitAnswer(_) => (Role::Initiator, Stage::Phase2Proposal),
                Quick::Finished(_) => continue,
            };
            let fault = if reason == CloseReason::Command { LocalFault::Closed } else { LocalFault::IkeSaGone };
            let replaces = self.abandon(ctx, quick);
            self.fail(ctx, role, stage, Failure::Local(fault), replaces);
        }
        self.closed = true;
        ctx.out.event(Event::Closed { sa: self.id, reason });
    }

    fn fail(&self, ctx: &mut Context<'_>, role: Role, stage: Stage, failure: Failure, replaces: Option<ChildId>) {
        if let Some(child) = replaces {
            ctx.children.retry_rekey(child, ctx.now + ctx.config.timing.exchange_timeout);
        }
        let peer = PeerKnown {
            announced: self.announced,
            id: Some(self.auth.peer_id.get().clone()),
            nat: Some(self.auth.nat),
        };
        let failed = Failed { sa: Some(self.id), role, path: self.path, stage, failure, peer, replaces };
        ctx.out.event(Event::Failed(Box::new(failed)));
    }

    fn finish(&mut self, message_id: u32, finished: Finished) {
        self.quick.insert(message_id, Quick::Finished(Box::new(finished)));
        // Finished exchanges only serve repetitions; the oldest deadlines go when there are many.
        let done = self.quick.iter().filter(|(_, quick)| matches!(quick, Quick::Finished(_)));
        if done.clone().count() > 32 {
            let oldest = done.min_by_key(|(_, quick)| quick.deadline_of_memory()).map(|(&id, _)| id);
            if let Some(oldest) = oldest {
                self.quick.remove(&oldest);
            }
        }
    }

    fn send_delete(&mut self, ctx: &mut Context<'_>, protocol: ProtocolId, spis: Vec<Vec<u8>>) {
        let delete = Delete { doi: Doi::IPSEC, protocol, spis };
        let message = self.sealed(ctx, PayloadType::DELETE, &delete.emit());
        ctx.out.send(self.path, self.encapsulated, message);
    }

    fn send_dpd(&mut self, ctx: &mut Context<'_>, kind: NotifyType, sequence: u32, path: Path, encapsulated: bool) {
        let spi = [self.cookies.initiator.0, self.cookies.responder.0].concat();
        let notify = Notify { spi, data: sequence.to_be_bytes().to_vec(), ..Notify::isakmp(kind) };
        let message = self.sealed_notify(ctx, &notify);
        ctx.out.send(path, encapsulated, message);
    }

    fn sealed_notify(&mut self, ctx: &mut Context<'_>, notify: &Notify) -> Vec<u8> {
        self.sealed(ctx, PayloadType::NOTIFICATION, &notify.emit())
    }

    /// An informational message (RFC 2409 §5.7).
    fn sealed(&mut self, ctx: &mut Context<'_>, kind: PayloadType, body: &[u8]) -> Vec<u8> {
        let message_id = self.new_message_id(ctx);
        let mut chain = ChainBuilder::new();
        chain.push(kind, body);
        let chain = with_hash(&self.auth.keys, chain, &[&message_id.to_be_bytes()]);
        self.envelope(message_id).seal(self.cookies, ExchangeType::INFORMATIONAL, message_id, chain)
    }

    /// Decrypts a message whose HASH covers `before` and its payloads; `None` when it is not authentic.
    fn open(&self, envelope: &Envelope, incoming: &Incoming<'_>, before: &[&[u8]]) -> Option<Opened> {
        let opened = envelope.open(&incoming.header, incoming.body)?;
        let chain = Chain::parse(&opened.message).ok()?;
        hash_is_right(&self.auth.keys, &chain, before).then_some(opened)
    }

    fn envelope(&self, message_id: u32) -> Envelope {
        let suite = &self.auth.suite;
        let iv = exchange_iv(self.auth.keys.prf(), &self.auth.last_block, message_id, suite.cipher);
        Envelope::new(self.auth.cipher.clone(), iv)
    }

    fn parent(&self) -> Parent<'_> {
        Parent { id: self.id, keys: &self.auth.keys, nat: &self.auth.nat, path: self.path }
    }

    fn new_message_id(&mut self, ctx: &mut Context<'_>) -> u32 {
        loop {
            let message_id = ctx.message_id();
            if !self.seen.contains(&message_id) && !self.quick.contains_key(&message_id) {
                // Our own messages reflected to us must not pass for the peer's.
                self.remember(message_id);
                return message_id;
            }
        }
    }

    fn remember(&mut self, message_id: u32) {
        if self.seen.len() == REMEMBERED_IDS {
            self.seen.pop_front();
        }
        self.seen.push_back(message_id);
    }

    /// What the caller is told about the IKE SA.
    pub(crate) fn summary(&self) -> crate::event::Phase1Summary {
        crate::event::Phase1Summary {
            role: self.role,
            cookies: self.cookies,
            suite: self.auth.suite,
            life: self.auth.life,
            peer_id: self.auth.peer_id.get().clone(),
            peer: self.announced,
            nat: self.auth.nat,
            dpd: self.announced.has(wire::isakmp::VendorKind::Dpd),
            path: self.path,
            encapsulated: self.encapsulated,
        }
    }
}

impl Quick {
    fn deadline(&self) -> Timestamp {
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
