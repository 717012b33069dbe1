//! An IKE SA that is up: quick modes, informational exchanges, dead peer detection, its end.

mod quick;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clock::Timestamp;
use quick::Quick;
use wire::isakmp::{
    Chain, ChainBuilder, Cookies, Delete, Doi, ExchangeType, Notify, NotifyType, PayloadType, ProtocolId,
};

use crate::context::{Context, Incoming};
use crate::dpd::{Dpd, Next};
use crate::envelope::{Envelope, Opened};
use crate::event::{ChildId, CloseReason, Event, Failed, IkeSaId, PeerKnown, Role};
use crate::failure::{Drop, LocalFault};
use crate::keymat::exchange_iv;
use crate::main_mode::Authenticated;
use crate::quick_mode::{Parent, hash_is_right, with_hash};
use crate::repeat::{Answered, Fingerprint};
use crate::vendor::Announced;
use crate::{Failure, Path, Stage};

/// Message ids that are remembered to recognise replays. Older ones can do no harm: they repeat a request whose subject is
/// gone, or begin a quick mode that the replayer cannot finish.
const REMEMBERED_IDS: usize = 256;
/// RFC 2407 §4.5: the lifetime where none is stated.
const DEFAULT_LIFE: Duration = Duration::from_secs(28_800);
/// Longest time that we keep an SA, whatever was agreed.
const LONGEST_LIFE: Duration = Duration::from_secs(2 * 24 * 3600);
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

    fn end(&mut self, ctx: &mut Context<'_>, reason: CloseReason) {
        let fault = if reason == CloseReason::Command { LocalFault::Closed } else { LocalFault::IkeSaGone };
        self.end_quick_modes(ctx, fault);
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
            heard_nat_t: self.encapsulated,
        };
        let failed = Failed { sa: Some(self.id), role, path: self.path, stage, failure, peer, replaces };
        ctx.out.event(Event::Failed(Box::new(failed)));
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

    /// Sends an authentic message with these payloads, whatever they are.
    #[cfg(test)]
    pub(crate) fn craft(&mut self, ctx: &mut Context<'_>, exchange: ExchangeType, chain: ChainBuilder) {
        let message_id = self.new_message_id(ctx);
        let chain = with_hash(&self.auth.keys, chain, &[&message_id.to_be_bytes()]);
        let message = self.envelope(message_id).seal(self.cookies, exchange, message_id, chain);
        ctx.out.send(self.path, self.encapsulated, message);
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
