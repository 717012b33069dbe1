use std::collections::HashMap;

use clock::{DeadlineQueue, Timestamp};
use crypto::{CryptoRng, Secret};
use wire::isakmp::{Chain, Cookie, Cookies, ExchangeType, Flags, Fragment, Header, Identity, PayloadType, message};

use crate::children::{Children, Due};
use crate::config::Config;
use crate::context::{Context, Incoming, Output};
use crate::event::{ChildId, CloseReason, Event, Failed, IkeSaId, PeerKnown, Role};
use crate::failure::{Drop, Drops, LocalFault};
use crate::ike_sa::{FailedPhase1, IkeSa, clear_notify};
use crate::main_mode::{initiator, responder};
use crate::proposal::Phase1Offer;
use crate::quick_mode::ChildRequest;
use crate::reassembly::Reassembly;
use crate::repeat::{Answered, Fingerprint, Suspicion};
use crate::strangers::{Admission, Attempt, Strangers};
use crate::{Failure, Path, Stage, Transmit, vendor};

/// An IKE SA that we begin.
#[derive(Clone, Debug)]
pub struct Initiate {
    /// Port 500 at both ends, as a rule.
    pub path: Path,
    /// Where messages go once a NAT is found: port 4500 at the peer ([`Path::floated`]).
    pub nat_t_path: Path,
    /// The pre-shared key.
    pub pre_shared_key: Secret,
    /// What we offer.
    pub offer: Phase1Offer,
    /// Our identity; by default our address.
    pub local_id: Option<Identity>,
    /// The identity that the peer must have; by default any that knows the key.
    pub remote_id: Option<Identity>,
    /// The vendor IDs of our first message, by default those of what we support. Another list makes us look like another
    /// client, which some servers treat differently.
    pub vendor_ids: Vec<Vec<u8>>,
    /// Whether to say that we know of no earlier SAs with the peer (RFC 2407 §4.6.3.3), so that it forgets what a crash of
    /// ours has left behind. Some servers then forget everybody with the same identity.
    pub initial_contact: bool,
    /// The child SA to ask for as soon as the IKE SA is up.
    pub child: Option<ChildRequest>,
}

impl Initiate {
    /// L2TP/IPsec to a server with a pre-shared key and standard algorithms.
    pub fn l2tp(path: Path, pre_shared_key: impl Into<Secret>) -> Self {
        Initiate {
            path,
            nat_t_path: path.floated(),
            pre_shared_key: pre_shared_key.into(),
            offer: Phase1Offer::standard(),
            local_id: None,
            remote_id: None,
            vendor_ids: vendor::OURS.iter().map(|kind| kind.octets().to_vec()).collect(),
            initial_contact: false,
            child: Some(ChildRequest::l2tp()),
        }
    }
}

/// All IKE SAs of one worker, initiator's and responder's. They are found by their cookies, never by address: clients behind
/// one NAT share an address and sometimes a port.
///
/// Commands: [`Engine::set_config`], [`Engine::initiate`], [`Engine::request_child`], [`Engine::rekey_child`],
/// [`Engine::close_child`], [`Engine::close`]. Inputs: [`Engine::handle_datagram`], [`Engine::handle_timeout`],
/// [`Engine::handle_child_traffic`], [`Engine::handle_child_moved`].
///
/// After each of them poll until `None`: first [`Engine::poll_transmit`], then [`Engine::poll_event`]; then arm one timer for
/// [`Engine::poll_timeout`].
///
/// A child SA must be ready to receive when its [`Event::ChildUp`] has been polled. Where we respond, the initiator may send
/// from the moment of its message 3, so handle the event before the next packet.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    pub(crate) sas: HashMap<IkeSaId, Slot>,
    by_cookies: HashMap<Cookies, IkeSaId>,
    /// Where first messages came from that have led to an IKE SA: repetitions of them begin nothing.
    by_first_message: HashMap<Attempt, IkeSaId>,
    deadlines: DeadlineQueue<IkeSaId>,
    pub(crate) children: Children,
    strangers: Strangers,
    reassembly: Reassembly,
    out: Output,
    next_id: u64,
}

pub(crate) struct Slot {
    pub(crate) sa: IkeSa,
    /// Where message 1 came from, if the peer began.
    first_message: Option<Attempt>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IkeSa").field("cookies", &self.sa.cookies()).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine without IKE SAs.
    pub fn new(config: Config) -> Self {
        Engine {
            config,
            sas: HashMap::new(),
            by_cookies: HashMap::new(),
            by_first_message: HashMap::new(),
            deadlines: DeadlineQueue::default(),
            children: Children::default(),
            strangers: Strangers::default(),
            reassembly: Reassembly::default(),
            out: Output::default(),
            next_id: 0,
        }
    }

    /// Replaces the configuration. What exists keeps what it agreed on.
    pub fn set_config(&mut self, config: Config) {
        self.config = config;
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Messages that were dropped, by reason.
    pub fn drops(&self) -> &Drops {
        &self.out.drops
    }

    /// IKE SAs past message 2, half-open ones, pairs of child SAs.
    pub fn counts(&self) -> Counts {
        Counts { ike_sas: self.sas.len(), half_open: self.strangers.len(), children: self.children.len() }
    }

    /// Begins an IKE SA.
    pub fn initiate(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, initiate: Initiate) -> IkeSaId {
        let id = self.new_id();
        let wanted = initiator::Wanted {
            path: initiate.path,
            nat_t_path: initiate.nat_t_path,
            key: initiate.pre_shared_key,
            offer: initiate.offer,
            local_id: initiate.local_id,
            remote_id: initiate.remote_id,
            vendor_ids: initiate.vendor_ids,
            initial_contact: initiate.initial_contact,
        };
        let (mut ctx, _) = self.split(now, rng);
        let sa = IkeSa::initiate(&mut ctx, id, wanted, initiate.child);
        self.put(id, Slot { sa, first_message: None });
        id
    }

    /// Begins a quick mode under an IKE SA that is up; nothing happens if it is not.
    pub fn request_child(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sa: IkeSaId, request: ChildRequest) {
        self.with_established(now, rng, sa, |sa, ctx| sa.request_child(ctx, request, None));
    }

    /// Begins the replacement of a child SA that we asked for; nothing happens if its IKE SA is gone.
    pub fn rekey_child(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, child: ChildId) {
        let Some(known) = self.children.get(child) else { return };
        let Some(request) = known.request.clone() else { return };
        let sa = known.sa;
        self.with_established(now, rng, sa, |sa, ctx| sa.request_child(ctx, request, Some(child)));
    }

    /// Ends a pair of child SAs and tells the peer.
    pub fn close_child(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, child: ChildId) {
        self.end_child(now, rng, child, CloseReason::Command);
    }

    /// Ends an IKE SA with its child SAs and tells the peer; an attempt that is under way fails as closed.
    pub fn close(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sa: IkeSaId) {
        for child in self.children.of(sa).to_vec() {
            self.end_child(now, rng, child, CloseReason::Command);
        }
        if let Some(slot) = self.take(sa) {
            let (mut ctx, _) = self.split(now, rng);
            slot.sa.close(&mut ctx);
            self.gone(now, sa, &slot.first_message);
        }
    }

    /// A message. `encapsulated` says that it came behind a non-ESP marker, which is not part of `data`.
    pub fn handle_datagram(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        encapsulated: bool,
        data: &[u8],
    ) {
        // Some iOS releases put a second marker in front; no cookie of ours or theirs begins with four zeros.
        let data = data.strip_prefix(&[0; 4]).filter(|_| encapsulated).unwrap_or(data);
        let Ok((header, body)) = message(data) else { return self.out.drop(Drop::Malformed) };
        let whole = data.get(..body.len() + wire::isakmp::HEADER_LEN).unwrap_or(data);
        let incoming = Incoming { path, encapsulated, header, body, message: whole };
        if let Some(reason) = foreign(&header) {
            let unanswered = Cookies { initiator: header.cookies.initiator, responder: Cookie::ZERO };
            return match self.by_cookies.get(&unanswered) {
                // The answer to our first message, from a peer that speaks only another version.
                Some(&id) if header.major_version() != 1 => self.handle_known(now, rng, &incoming, id),
                _ => self.out.drop(reason),
            };
        }
        if header.next_payload == PayloadType::FRAGMENT {
            return self.handle_fragment(now, rng, &incoming);
        }
        self.handle_message(now, rng, &incoming);
    }

    /// Packets of a child SA arrived, verified: the peer lives. Saves dead-peer-detection its questions.
    pub fn handle_child_traffic(&mut self, now: Timestamp, child: ChildId) {
        let Some(sa) = self.children.get(child).map(|child| child.sa) else { return };
        if let Some(IkeSa::Up(up)) = self.sas.get_mut(&sa).map(|slot| &mut slot.sa) {
            up.handle_traffic(now);
            let deadline = up.next_deadline();
            self.deadlines.set(sa, deadline);
        }
    }

    /// Verified packets of a UDP-encapsulated child SA come from another address or port: our messages go there too. Answers
    /// with [`Event::PathChanged`].
    pub fn handle_child_moved(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, child: ChildId, path: Path) {
        let Some(sa) = self.children.get(child).map(|child| child.sa) else { return };
        self.with_established(now, rng, sa, |sa, ctx| sa.handle_moved(ctx, path, true));
    }

    /// Something is due: see [`Engine::poll_timeout`].
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        while let Some(half_open) = self.strangers.expire(now, &self.config.timing) {
            self.fail_half_open(now, rng, half_open, None);
        }
        while let Some(id) = self.deadlines.expire(now) {
            let Some(slot) = self.take(id) else { continue };
            let (mut ctx, _) = self.split(now, rng);
            let first_message = slot.first_message;
            match slot.sa.handle_timeout(&mut ctx) {
                Some(sa) => self.put(id, Slot { sa, first_message }),
                None => self.gone(now, id, &first_message),
            }
        }
        while let Some((child, due)) = self.children.expire(now) {
            match due {
                Due::Rekey => self.rekey_child(now, rng, child),
                Due::End => {
                    let replaced = self.children.get(child).is_some_and(|child| child.replaced);
                    let reason = if replaced { CloseReason::Replaced } else { CloseReason::Expired };
                    self.end_child(now, rng, child, reason);
                }
            }
        }
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.out.transmits.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.events.pop_front()
    }

    /// When to call [`Engine::handle_timeout`] next.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        let half_open = self.strangers.next_deadline(&self.config.timing);
        [half_open, self.deadlines.peek(), self.children.next_deadline()].into_iter().flatten().min()
    }

    fn handle_fragment(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, incoming: &Incoming<'_>) {
        // Only for those who know both cookies: strangers cannot make us keep pieces.
        let cookies = incoming.header.cookies;
        let attempt = (cookies.initiator, incoming.path.remote);
        let half_open = self.strangers.get_mut(&attempt).filter(|known| known.cookies == cookies).map(|known| known.id);
        let Some(id) = self.by_cookies.get(&cookies).copied().or(half_open) else {
            return self.out.drop(Drop::UnknownCookies);
        };
        // Some peers set the encryption flag on fragments; the pieces themselves are never encrypted.
        let chain = Chain::parse(incoming.message);
        let payload = chain.as_ref().ok().and_then(|chain| chain.payloads().first());
        let Some(Ok(fragment)) = payload.map(|payload| Fragment::parse(payload.reader())) else {
            return self.out.drop(Drop::Fragment);
        };
        match self.reassembly.add(id, &fragment, now) {
            Ok(None) => {}
            Err(()) => self.out.drop(Drop::Fragment),
            Ok(Some(whole)) => {
                let Ok((header, body)) = message(&whole) else { return self.out.drop(Drop::Fragment) };
                if header.cookies != cookies
                    || header.next_payload == PayloadType::FRAGMENT
                    || foreign(&header).is_some()
                {
                    return self.out.drop(Drop::Fragment);
                }
                let inner = Incoming { header, body, message: &whole, ..*incoming };
                self.handle_message(now, rng, &inner);
            }
        }
    }

    fn handle_message(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, incoming: &Incoming<'_>) {
        let cookies = incoming.header.cookies;
        if let Some(&id) = self.by_cookies.get(&cookies) {
            return self.handle_known(now, rng, incoming, id);
        }
        // The first answer to our message 1 tells the responder's cookie.
        let unanswered = Cookies { initiator: cookies.initiator, responder: Cookie::ZERO };
        if let Some(&id) = self.by_cookies.get(&unanswered) {
            return self.handle_known(now, rng, incoming, id);
        }
        let attempt = (cookies.initiator, incoming.path.remote);
        let first = cookies.responder.is_zero() && incoming.header.exchange == ExchangeType::MAIN_MODE;
        if first && !incoming.is_encrypted() && incoming.header.message_id == 0 && !cookies.initiator.is_zero() {
            return self.handle_first(now, rng, incoming, attempt);
        }
        if self.strangers.get_mut(&attempt).is_some_and(|half_open| half_open.cookies == cookies) {
            return self.handle_third(now, rng, incoming, attempt);
        }
        self.out.drop(Drop::UnknownCookies);
    }

    fn handle_known(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, incoming: &Incoming<'_>, id: IkeSaId) {
        let Some(slot) = self.take(id) else { return };
        let (mut ctx, _) = self.split(now, rng);
        let first_message = slot.first_message;
        match slot.sa.handle(&mut ctx, incoming) {
            Some(sa) => self.put(id, Slot { sa, first_message }),
            None => self.gone(now, id, &first_message),
        }
    }

    /// Main mode message 1 of a stranger.
    fn handle_first(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, incoming: &Incoming<'_>, attempt: Attempt) {
        if !self.config.respond {
            return self.out.drop(Drop::NotResponder);
        }
        if self.by_first_message.contains_key(&attempt) {
            return self.out.drop(Drop::Duplicate);
        }
        let request = Fingerprint::of(incoming.message);
        match self.strangers.admit(now, &attempt, request, &self.config.limits) {
            Admission::New => {}
            Admission::Repeated(Some(answer)) => {
                return self.out.send(incoming.path, incoming.encapsulated, answer);
            }
            Admission::Repeated(None) => return self.out.drop(Drop::Duplicate),
            Admission::Dropped(reason) => return self.out.drop(reason),
        }
        let id = self.new_id();
        let responder = self.strangers.cookie(now, &attempt, rng);
        let cookies = Cookies { initiator: attempt.0, responder };
        let (mut ctx, _) = self.split(now, rng);
        match responder::first(&mut ctx, incoming, id, cookies) {
            Err(_) => self.out.drop(Drop::Malformed),
            Ok(responder::First::Accepted(half_open, answer)) => {
                self.out.event(Event::Started { sa: id, role: Role::Responder, path: incoming.path });
                self.out.send(incoming.path, incoming.encapsulated, answer);
                for evicted in self.strangers.insert(now, attempt, *half_open, &self.config.limits) {
                    self.fail_half_open(now, rng, evicted, Some(Failure::Local(LocalFault::Evicted)));
                }
            }
            Ok(responder::First::Refused(announced, failure)) => {
                let answer = failure.notify().map(|kind| clear_notify(cookies, ctx.message_id(), kind));
                let answer = answer.filter(|answer| answer.len() <= incoming.message.len());
                let answered = answer.map(|answer| {
                    self.out.send(incoming.path, incoming.encapsulated, answer.clone());
                    Answered::new(request, answer, &self.config.timing)
                });
                self.strangers.remember_failure(now, attempt, answered);
                let peer = PeerKnown { announced, ..PeerKnown::default() };
                self.out.event(Event::Failed(Box::new(Failed {
                    sa: None,
                    role: Role::Responder,
                    path: incoming.path,
                    stage: Stage::Phase1Proposal,
                    failure: *failure,
                    peer,
                    replaces: None,
                })));
            }
        }
    }

    /// Main mode message 3: the sender knows our cookie, so it received message 2 where it says it is.
    fn handle_third(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, incoming: &Incoming<'_>, attempt: Attempt) {
        let expected = incoming.header.exchange == ExchangeType::MAIN_MODE
            && incoming.header.message_id == 0
            && !incoming.is_encrypted();
        if !expected {
            return self.handle_other_of_half_open(now, rng, incoming, attempt);
        }
        if self.sas.len() >= self.config.limits.ike_sas {
            return self.turn_away(&attempt, Drop::SaLimit, LocalFault::Full);
        }
        if !self.strangers.may_exchange_keys(now, &self.config.limits) {
            return self.turn_away(&attempt, Drop::DhBudget, LocalFault::Overloaded);
        }
        let Engine { config, out, children, strangers, .. } = self;
        let Some(half_open) = strangers.get_mut(&attempt) else { return };
        let mut ctx = Context { now, rng, config, out, children };
        let result = match Chain::parse(incoming.message) {
            Ok(chain) => {
                half_open.announced.collect(&chain);
                responder::second(&mut ctx, half_open, &chain, incoming)
            }
            Err(malformed) => Err(Failure::Malformed(malformed)),
        };
        match result {
            Ok((state, answer)) => {
                let sa = IkeSa::respond(&ctx, half_open, state);
                let id = half_open.id;
                ctx.out.send(incoming.path, incoming.encapsulated, answer);
                self.strangers.take(&attempt);
                self.by_first_message.insert(attempt, id);
                self.put(id, Slot { sa, first_message: Some(attempt) });
            }
            Err(failure) => {
                let until = now + config.timing.exchange_timeout;
                let message = Fingerprint::of(incoming.message);
                if let Some(failure) = Suspicion::note(&mut half_open.suspicion, message, failure, until)
                    && let Some(half_open) = self.strangers.take(&attempt)
                {
                    self.fail_half_open(now, rng, half_open, Some(failure));
                }
            }
        }
    }

    /// Passes over message 3 for want of resources. The initiator repeats it; if none of them is let in, this was why.
    fn turn_away(&mut self, attempt: &Attempt, reason: Drop, fault: LocalFault) {
        self.out.drop(reason);
        if let Some(half_open) = self.strangers.get_mut(attempt) {
            half_open.turned_away = Some(fault);
        }
    }

    /// Anything else under the cookies of a half-open IKE SA: the initiator may say in clear that it gives up.
    fn handle_other_of_half_open(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        incoming: &Incoming<'_>,
        attempt: Attempt,
    ) {
        if incoming.header.exchange != ExchangeType::INFORMATIONAL {
            return self.out.drop(Drop::Unexpected);
        }
        let Some(failure) = crate::ike_sa::clear_error(&mut self.out, incoming) else { return };
        if let Some(half_open) = self.strangers.take(&attempt) {
            self.fail_half_open(now, rng, half_open, Some(failure));
        }
    }

    /// Reports the end of a half-open IKE SA; without a failure it is what was wrong with message 3, or the silence of the peer.
    fn fail_half_open(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        half_open: responder::HalfOpen,
        failure: Option<Failure>,
    ) {
        let suspicion = half_open.suspicion.map(|suspicion| suspicion.into_failure());
        let turned_away = half_open.turned_away.map(Failure::Local);
        let failure = failure.or(suspicion).or(turned_away).unwrap_or(Failure::Silence {
            attempts: half_open.answered.sent(),
            elapsed: now.since(half_open.started),
            encapsulated: half_open.encapsulated,
        });
        let attempt = (half_open.cookies.initiator, half_open.path.remote);
        self.reassembly.forget(half_open.id);
        self.strangers.remember_failure(now, attempt, None);
        let failed = FailedPhase1 {
            sa: half_open.id,
            role: Role::Responder,
            cookies: half_open.cookies,
            path: half_open.path,
            encapsulated: half_open.encapsulated,
            stage: Stage::Phase1KeyExchange,
            announced: half_open.announced,
            nat: None,
            heard_nat_t: half_open.encapsulated,
        };
        let (mut ctx, _) = self.split(now, rng);
        failed.report(&mut ctx, failure, usize::MAX);
    }

    fn end_child(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, child: ChildId, reason: CloseReason) {
        let Some(ended) = self.children.remove(child) else { return };
        self.out.event(Event::ChildDown { child, reason });
        self.with_established(now, rng, ended.sa, |sa, ctx| sa.delete_child(ctx, ended.spi_in));
    }

    pub(crate) fn with_established(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        id: IkeSaId,
        act: impl FnOnce(&mut crate::established::Established, &mut Context<'_>),
    ) {
        let (mut ctx, sas) = self.split(now, rng);
        let Some(IkeSa::Up(up)) = sas.get_mut(&id).map(|slot| &mut slot.sa) else { return };
        act(up, &mut ctx);
        let deadline = up.next_deadline();
        self.deadlines.set(id, deadline);
    }

    fn new_id(&mut self) -> IkeSaId {
        self.next_id += 1;
        IkeSaId(self.next_id)
    }

    fn put(&mut self, id: IkeSaId, slot: Slot) {
        self.deadlines.set(id, slot.sa.next_deadline());
        self.by_cookies.insert(slot.sa.cookies(), id);
        self.sas.insert(id, slot);
    }

    /// Takes an IKE SA out for a step that may end it or change its cookies; [`Engine::put`] or [`Engine::gone`] follows.
    fn take(&mut self, id: IkeSaId) -> Option<Slot> {
        let slot = self.sas.remove(&id)?;
        self.by_cookies.remove(&slot.sa.cookies());
        self.deadlines.set(id, None);
        Some(slot)
    }

    fn gone(&mut self, now: Timestamp, id: IkeSaId, first_message: &Option<Attempt>) {
        self.reassembly.forget(id);
        if let Some(attempt) = first_message {
            self.by_first_message.remove(attempt);
            // Late repetitions of its first message must not begin anew.
            self.strangers.remember_failure(now, *attempt, None);
        }
    }

    fn split<'a>(
        &'a mut self,
        now: Timestamp,
        rng: &'a mut dyn CryptoRng,
    ) -> (Context<'a>, &'a mut HashMap<IkeSaId, Slot>) {
        let Engine { config, out, children, sas, .. } = self;
        (Context { now, rng, config, out, children }, sas)
    }
}

/// How much there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// IKE SAs: up, or beyond their third message, or begun by us.
    pub ike_sas: usize,
    /// Half-open IKE SAs.
    pub half_open: usize,
    /// Pairs of child SAs.
    pub children: usize,
}

/// Why a message is none of ours: other versions and the exchanges that are not spoken here.
fn foreign(header: &Header) -> Option<Drop> {
    match header.major_version() {
        1 => {}
        2 => return Some(Drop::Version2),
        _ => return Some(Drop::Version),
    }
    if header.flags.contains(Flags::AUTHENTICATION_ONLY) {
        return Some(Drop::Unprotected);
    }
    match header.exchange {
        ExchangeType::MAIN_MODE | ExchangeType::QUICK_MODE | ExchangeType::INFORMATIONAL => None,
        ExchangeType::AGGRESSIVE => Some(Drop::AggressiveMode),
        ExchangeType::TRANSACTION => Some(Drop::Transaction),
        ExchangeType::AUTHIP_MAIN_MODE
        | ExchangeType::AUTHIP_QUICK_MODE
        | ExchangeType::AUTHIP_EXTENDED_MODE
        | ExchangeType::AUTHIP_NOTIFY
        | ExchangeType::AUTHIP_GSS_API => Some(Drop::AuthIp),
        exchange => Some(Drop::Exchange(exchange)),
    }
}
