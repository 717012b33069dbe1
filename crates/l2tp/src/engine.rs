use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

use clock::{DeadlineQueue, Timestamp};
use rand_core::CryptoRng;
use wire::l2tp::{Attributes, Control, Message, MessageType, Sequence, TunnelStopped, set_sequence};

use crate::authentication::Opener;
use crate::refusals::Refusals;
use crate::tunnel::{Context, Output, Tunnel};
use crate::{
    CallEnd, Config, Denial, DropReason, Drops, Event, Failure, Gone, LocalFault, Origin, SessionId, SessionInfo,
    Stage, TunnelEnd, TunnelId, TunnelInfo, ids,
};

/// All tunnels of one worker, as LNS and as LAC.
///
/// `P` identifies a peer by its IPsec association, never by its address, and is the proof of the association that a message
/// came in on: a tunnel answers only to the peer that it was made with.
///
/// Every public method is a getter, a command, [`Engine::handle_control`], [`Engine::handle_timeout`] or a poll. After any
/// command or `handle_` method call [`Engine::poll_transmit`] until it gives `None`, then [`Engine::poll_event`] until it gives
/// `None`, then [`Engine::poll_timeout`] for the time at which [`Engine::handle_timeout`] is due.
#[derive(Debug)]
pub struct Engine<P>
where
    P: Copy + Eq + Hash + Ord + Debug,
{
    config: Config,
    tunnels: HashMap<TunnelId, Tunnel<P>>,
    peers: HashMap<P, Peer>,
    deadlines: DeadlineQueue<TunnelId>,
    refusals: Refusals<P>,
    out: Output<P>,
}

/// What is known of one peer; exists while it has tunnels, ending ones included.
#[derive(Debug, Default)]
struct Peer {
    /// In the order of their beginning.
    tunnels: Vec<TunnelId>,
}

impl<P> Engine<P>
where
    P: Copy + Eq + Hash + Ord + Debug,
{
    /// An engine without tunnels.
    pub fn new(config: Config) -> Self {
        Engine {
            config,
            tunnels: HashMap::new(),
            peers: HashMap::new(),
            deadlines: DeadlineQueue::default(),
            refusals: Refusals::new(),
            out: Output { transmits: VecDeque::new(), events: VecDeque::new(), drops: Drops::default() },
        }
    }

    /// Opens a tunnel to `peer` and, once it is up, one call in it. What becomes of it is told by [`Event::CallUp`] or one
    /// [`Event::Failed`]. The tunnel ends with its call.
    ///
    /// # Errors
    /// [`Failure::Denied`] or [`Failure::Local`] when a limit is reached; then there is no event.
    pub fn connect(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: P) -> Result<TunnelId, Failure> {
        let id = self.admit(now, rng, peer)?;
        let tunnel = Tunnel::request(&mut context(now, &self.config, &mut self.out), rng, peer, id);
        self.insert(peer, id, tunnel);
        Ok(id)
    }

    /// Ends a call with `end` for the peer. False if there is no such call, for instance because it has just ended.
    pub fn disconnect(&mut self, now: Timestamp, session: SessionId, end: CallEnd) -> bool {
        self.with(now, session.tunnel, |tunnel, context| tunnel.disconnect(context, session.session, end))
            .unwrap_or(false)
    }

    /// Ends a tunnel and its calls with `end` for the peer.
    pub fn close_tunnel(&mut self, now: Timestamp, tunnel: TunnelId, end: TunnelEnd) {
        self.with(now, tunnel, |tunnel, context| tunnel.close(context, end));
    }

    /// Ends all tunnels of `peer` and their calls with `end` for the peer.
    pub fn close_peer(&mut self, now: Timestamp, peer: P, end: &TunnelEnd) {
        for id in self.tunnels_of(peer) {
            self.with(now, id, |tunnel, context| tunnel.close(context, end.clone()));
        }
    }

    /// Forgets `peer`, whose IPsec association is gone: nothing is sent, what ended is told by events.
    pub fn forget_peer(&mut self, now: Timestamp, peer: P) {
        for id in self.tunnels_of(peer) {
            self.with(now, id, |tunnel, context| tunnel.abandon(context, Failure::PeerGone(Gone::Association)));
        }
        self.refusals.forget(peer);
        self.out.transmits.retain(|(to, _)| *to != peer);
    }

    /// Says that `peer` has made new associations: if it asks for a tunnel that it was refused before, even by the same id, it
    /// asks anew.
    pub fn begin_anew(&mut self, peer: P) {
        self.refusals.forget(peer);
    }

    /// Takes a whole UDP payload with the T bit that came in on `peer`'s association.
    ///
    /// What belongs to no tunnel of this peer gets no answer and is counted in [`Engine::drops`], except a sound SCCRQ.
    pub fn handle_control(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: P, message: &[u8]) {
        let Ok(control) = Control::parse(message) else {
            return self.out.drops.count(DropReason::Malformed);
        };
        match (control.tunnel, control.kind) {
            (0, Some(MessageType::SCCRQ)) => self.handle_request(now, rng, peer, &control, message.len()),
            (0, Some(MessageType::STOP_CCN)) => {
                // A LAC that gives up before our SCCRP knows only its own id (RFC 2661 §6.4).
                let assigned = self.attributes(&control).assigned_tunnel;
                match assigned.and_then(|assigned| self.find_requested(peer, assigned)) {
                    Some(id) => self.receive(now, rng, id, &control, message),
                    None => self.out.drops.count(DropReason::UnknownTunnel),
                }
            }
            (0, _) => self.out.drops.count(DropReason::UnknownTunnel),
            (id, _) => match self.tunnels.get(&TunnelId(id)).map(Tunnel::peer) {
                Some(owner) if owner == peer => self.receive(now, rng, TunnelId(id), &control, message),
                Some(_) => self.out.drops.count(DropReason::WrongPeer),
                None => self.out.drops.count(DropReason::UnknownTunnel),
            },
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(id) = self.deadlines.expire(now) {
            self.with(now, id, Tunnel::handle_timeout);
        }
    }

    /// The next UDP payload to send, and the peer on whose association.
    pub fn poll_transmit(&mut self) -> Option<(P, Vec<u8>)> {
        self.out.transmits.pop_front()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event<P>> {
        self.out.events.pop_front()
    }

    /// When [`Engine::handle_timeout`] is due.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.deadlines.peek()
    }

    /// Every tunnel, ending ones included, in no order.
    pub fn tunnels(&self) -> impl Iterator<Item = TunnelInfo<P>> + '_ {
        self.tunnels.values().map(Tunnel::info)
    }

    /// Whether `peer` has a tunnel that is not ending.
    pub fn has_tunnels(&self, peer: P) -> bool {
        let is_live = |id: &TunnelId| self.tunnels.get(id).is_some_and(Tunnel::is_live);
        self.peers.get(&peer).is_some_and(|known| known.tunnels.iter().any(is_live))
    }

    /// Whether `peer` has yet to acknowledge the end of a tunnel.
    pub fn is_ending_tunnels(&self, peer: P) -> bool {
        let is_ending = |id: &TunnelId| self.tunnels.get(id).is_some_and(Tunnel::is_ending);
        self.peers.get(&peer).is_some_and(|known| known.tunnels.iter().any(is_ending))
    }

    /// One tunnel.
    pub fn tunnel(&self, id: TunnelId) -> Option<TunnelInfo<P>> {
        self.tunnels.get(&id).map(Tunnel::info)
    }

    /// Every call, also those in set-up, in no order.
    pub fn sessions(&self) -> impl Iterator<Item = SessionInfo<P>> + '_ {
        self.tunnels.values().flat_map(Tunnel::sessions)
    }

    /// Messages that got no answer, by reason.
    pub fn drops(&self) -> &Drops {
        &self.out.drops
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes SCCRQ: repeats the answer, makes a tunnel, or refuses.
    fn handle_request(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: P,
        control: &Control<'_>,
        length: usize,
    ) {
        if !self.config.accept_incoming {
            return self.out.drops.count(DropReason::NotAccepting);
        }
        let attributes = self.attributes(control);
        let Some(assigned) = attributes.assigned_tunnel.filter(|_| control.sequence.ns == 0) else {
            return self.out.drops.count(DropReason::Malformed);
        };
        if let Some(id) = self.find_requested(peer, assigned) {
            let repeated = self.tunnels.get(&id).is_some_and(|tunnel| tunnel.is_repeated(now, &self.config));
            if repeated {
                self.with(now, id, Tunnel::repeat_answer);
                return;
            }
            self.with(now, id, Tunnel::replace);
        }
        if attributes.tie_breaker.is_some() {
            // We never send one, so the peer's request wins over ours (RFC 2661 §4.4.3).
            for id in self.tunnels_of(peer) {
                if self.tunnels.get(&id).is_some_and(Tunnel::awaits_reply) {
                    self.with(now, id, |tunnel, context| tunnel.abandon(context, Failure::TieLost));
                }
            }
        }
        match self.admit(now, rng, peer) {
            Ok(id) => {
                let context = &mut context(now, &self.config, &mut self.out);
                let tunnel = Tunnel::answer(context, rng, peer, id, attributes, length);
                self.insert(peer, id, tunnel);
            }
            Err(failure) => self.refuse(now, rng, peer, assigned, failure),
        }
    }

    /// Refuses a tunnel beyond the limits, keeping no more than its id: each repetition is refused anew and reported no more.
    fn refuse(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: P, assigned: u16, failure: Failure) {
        self.out.drops.count(DropReason::TunnelLimit);
        let end = failure.tunnel_end().unwrap_or(TunnelEnd::GENERAL);
        let assigned_tunnel = ids::draw(rng, self.config.worker, |id| self.tunnels.contains_key(&TunnelId(id)));
        let stop = TunnelStopped { assigned_tunnel, result: Some(end.result_code()) };
        let mut message = Message::StopCcn(stop).encode(assigned, 0);
        set_sequence(&mut message, Sequence { ns: 0, nr: 1 });
        self.out.transmits.push_back((peer, message));
        if self.refusals.note(now, peer, assigned, self.config.linger) {
            self.out.events.push_back(Event::Failed { peer, tunnel: None, stage: Stage::Tunnel, failure });
        }
    }

    /// An id for a new tunnel of `peer`, if the limits allow one. Ending tunnels give way.
    fn admit(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: P) -> Result<TunnelId, Failure> {
        let limit = self.config.max_tunnels_per_peer;
        let of_peer = self.tunnels_of(peer);
        let is_live = |id: &TunnelId| self.tunnels.get(id).is_some_and(Tunnel::is_live);
        let (live, ending): (Vec<_>, Vec<_>) = of_peer.into_iter().partition(is_live);
        if live.len() >= limit {
            return Err(Failure::Denied(Denial::TunnelsPerPeer(limit)));
        }
        if ending.len() >= limit
            && let Some(&oldest) = ending.first()
        {
            self.with(now, oldest, |tunnel, context| tunnel.abandon(context, Failure::PeerGone(Gone::Restarted)));
        }
        if self.tunnels.len() >= self.config.max_tunnels {
            return Err(Failure::Denied(Denial::Tunnels(self.config.max_tunnels)));
        }
        let id = ids::draw(rng, self.config.worker, |id| self.tunnels.contains_key(&TunnelId(id)));
        id.map(TunnelId).ok_or(Failure::Local(LocalFault::TunnelIds))
    }

    fn insert(&mut self, peer: P, id: TunnelId, tunnel: Tunnel<P>) {
        let known = self.peers.entry(peer).or_default();
        known.tunnels.push(id);
        self.refusals.forget(peer);
        self.tunnels.insert(id, tunnel);
        self.settle(id);
    }

    fn receive(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        id: TunnelId,
        control: &Control<'_>,
        message: &[u8],
    ) {
        self.with(now, id, |tunnel, context| tunnel.receive(context, rng, control, message));
    }

    /// Runs `action` on a tunnel and settles what it changed for the engine.
    fn with<R>(
        &mut self,
        now: Timestamp,
        id: TunnelId,
        action: impl FnOnce(&mut Tunnel<P>, &mut Context<'_, P>) -> R,
    ) -> Option<R> {
        let tunnel = self.tunnels.get_mut(&id)?;
        let result = action(tunnel, &mut context(now, &self.config, &mut self.out));
        self.settle(id);
        Some(result)
    }

    /// Removes a dead tunnel, or notes when a living one wakes.
    fn settle(&mut self, id: TunnelId) {
        let Some(tunnel) = self.tunnels.get(&id) else { return };
        if !tunnel.is_dead() {
            return self.deadlines.set(id, tunnel.next_timeout());
        }
        let peer = tunnel.peer();
        self.deadlines.set(id, None);
        self.tunnels.remove(&id);
        if let Some(known) = self.peers.get_mut(&peer) {
            known.tunnels.retain(|&other| other != id);
            if known.tunnels.is_empty() {
                self.peers.remove(&peer);
            }
        }
    }

    fn tunnels_of(&self, peer: P) -> Vec<TunnelId> {
        self.peers.get(&peer).map(|known| known.tunnels.clone()).unwrap_or_default()
    }

    /// The tunnel that `peer` requested under its own id.
    fn find_requested(&self, peer: P, assigned: u16) -> Option<TunnelId> {
        let known = self.peers.get(&peer)?;
        let is_it = |id: &&TunnelId| self.tunnels.get(id).is_some_and(|t| t.remote() == (assigned, Origin::Peer));
        // The newest, if an ended one still lingers under the same id.
        known.tunnels.iter().rev().find(is_it).copied()
    }

    fn attributes(&self, control: &Control<'_>) -> Attributes {
        control.attributes(&Opener(self.config.secret.as_ref()))
    }
}

fn context<'a, P>(now: Timestamp, config: &'a Config, out: &'a mut Output<P>) -> Context<'a, P> {
    Context { now, config, out }
}
