//! What the stack says, turned into records, decisions and verdicts.

use clock::Timestamp;
use policy::{Denied, MsChapV2Response};
use ppp::{Answer, Ask, Credential, Ipv4Lease, NoAddress, Question, Reply};
use rand_core::CryptoRng;
use wire::ppp::RasError;

use super::{End, Endpoint, Event, PeerRecord, Session, SessionId, TUNNEL_PATIENCE};
use crate::datapath::{Encapsulation, Link, LinkId, PeerId};
use crate::failure::{NoTunnel, ppp_stage};
use crate::stack::Event as StackEvent;
use crate::{Failure, Output, Stage};

impl Endpoint {
    /// Reacts to everything that the stack has to say; what that makes the stack say is reacted to as well.
    pub(super) fn react(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        while let Some(event) = self.stack.poll_event() {
            match event {
                StackEvent::IkeStarted { sa, path } => {
                    let id = self.new_session(now, path);
                    self.by_sa.insert(sa, id);
                }
                StackEvent::IkeFailed(failed) => self.on_ike_failed(now, *failed),
                StackEvent::PeerUp { peer, sa, summary, .. } => self.on_peer_up(now, peer, sa, summary),
                StackEvent::ChildUp { peer } => self.on_child_up(now, peer),
                StackEvent::PeerRestarted { peer } => self.on_restarted(now, peer),
                StackEvent::PeerMoved { peer, path } => self.on_moved(peer, path),
                StackEvent::PeerGone { peer, reason, last_heard } => self.on_peer_gone(now, peer, reason, last_heard),
                // Clients delete it when they do not need it, and begin another one when they do.
                StackEvent::IkeEnded { .. } => {}
                StackEvent::TunnelUp { peer, tunnel, identity } => self.on_tunnel_up(peer, tunnel, identity),
                StackEvent::TunnelFailed { peer, tunnel, stage, failure } => {
                    self.on_tunnel_failed(now, peer, tunnel, stage, failure);
                }
                StackEvent::CallUp { peer, link, correlation_id } => {
                    self.on_call_up(now, rng, peer, link, correlation_id, out);
                }
                StackEvent::Ppp { link, event } => self.on_ppp(now, rng, link, *event, out),
                // Only a call that we made brings one.
                StackEvent::RouterAdvertisement { .. } => {}
                StackEvent::Dhcp { link, packet } => self.on_dhcp(link, &packet, out),
                StackEvent::CallDown { link, last, failure } => self.on_call_down(link, &last, failure),
            }
        }
    }

    fn on_ike_failed(&mut self, now: Timestamp, failed: ike::Failed) {
        let attempt = failed.sa.and_then(|sa| self.by_sa.remove(&sa));
        let peer = failed.sa.and_then(|sa| self.stack.peer_of_sa(sa));
        let failure = Failure::Ike { stage: failed.stage, failure: failed.failure, peer: Box::new(failed.peer) };
        if let Some(up) = peer.and_then(|peer| self.session_up_of(peer)) {
            self.events.push_back(Event::RekeyFailed { session: Box::new(up), failure });
            return;
        }
        let id = match (attempt, peer) {
            (Some(id), _) => id,
            // Refused at its very first message.
            (None, None) if failed.sa.is_none() => self.new_session(now, failed.path),
            // One of several quick modes; the attempt goes on with the others, or has its verdict already.
            (None, Some(peer)) => match self.take_pending_if(peer, |session| session.child_up.is_none()) {
                Some(id) => id,
                None => return,
            },
            // What was under way when the peer was given up.
            (None, None) => return,
        };
        self.fail(id, failure);
    }

    fn on_peer_up(&mut self, now: Timestamp, peer: PeerId, sa: ike::IkeSaId, summary: Box<ike::Phase1Summary>) {
        let attempt = self.by_sa.remove(&sa);
        // A client that began anew before anything came of its earlier attempt.
        if let Some(id) = self.take_pending_if(peer, |session| session.stage <= Stage::Esp) {
            let last_heard = self.stack.data().last_heard(peer);
            self.fail_without_tunnel(now, id, Some(ike::CloseReason::Replaced), last_heard);
        }
        if let Some(record) = self.by_peer.get_mut(&peer) {
            // A rekeying of phase 1, or a client that came back before it was missed; which of the two, its first call or
            // INITIAL-CONTACT will tell.
            record.template.phase1 = Some(summary.clone());
            let has_call = self.by_link.values().any(|id| self.sessions.get(id).is_some_and(|s| s.peer == Some(peer)));
            if record.pending.is_some() || has_call {
                attempt.and_then(|id| self.sessions.remove(&id));
                return;
            }
        }
        let id = attempt.unwrap_or_else(|| self.new_session(now, summary.path));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.stage = Stage::IkePhase2;
        session.remote = summary.path.remote;
        session.local = summary.path.local;
        session.phase1 = Some(summary);
        session.peer = Some(peer);
        self.by_peer.insert(peer, PeerRecord { pending: Some(id), tunnel: None, template: session.clone() });
        self.patience.set(peer, Some(now + TUNNEL_PATIENCE));
    }

    /// A client came back before it was missed: an attempt like any other.
    fn on_restarted(&mut self, now: Timestamp, peer: PeerId) {
        if self.by_peer.get(&peer).is_none_or(|record| record.pending.is_some()) {
            return;
        }
        let id = self.another_session(now, peer);
        if let Some(session) = self.sessions.get_mut(&id) {
            (session.stage, session.esp, session.l2tp) = (Stage::IkePhase2, None, None);
        }
        if let Some(record) = self.by_peer.get_mut(&peer) {
            (record.pending, record.tunnel) = (Some(id), None);
        }
        self.patience.set(peer, Some(now + TUNNEL_PATIENCE));
    }

    fn on_child_up(&mut self, now: Timestamp, peer: PeerId) {
        let suite = self.stack.data().suite(peer);
        let Some(record) = self.by_peer.get_mut(&peer) else { return };
        record.template.esp = suite;
        if let Some(session) = record.pending.and_then(|id| self.sessions.get_mut(&id)) {
            session.esp = suite;
            session.stage = session.stage.max(Stage::Esp);
            if session.child_up.is_none() {
                session.child_up = Some(now);
                self.patience.set(peer, Some(now + TUNNEL_PATIENCE));
            }
        }
    }

    fn on_moved(&mut self, peer: PeerId, path: ike::Path) {
        if let Some(record) = self.by_peer.get_mut(&peer) {
            record.template.remote = path.remote;
        }
        for session in self.sessions.values_mut().filter(|session| session.peer == Some(peer)) {
            session.remote = path.remote;
        }
        let up = self.sessions.values().filter(|session| session.peer == Some(peer) && session.up.is_some());
        let moved: Vec<_> = up.map(|session| Event::Moved { session: Box::new(self.current(session)) }).collect();
        self.events.extend(moved);
    }

    /// The client has left, or is believed dead. Its calls have ended before this.
    fn on_peer_gone(&mut self, now: Timestamp, peer: PeerId, reason: ike::CloseReason, last_heard: Option<Timestamp>) {
        self.patience.set(peer, None);
        let Some(record) = self.by_peer.remove(&peer) else { return };
        if let Some(id) = record.pending {
            self.fail_without_tunnel(now, id, Some(reason), last_heard);
        }
    }

    /// IPsec has been up for long enough and nothing came through it.
    pub(super) fn give_up_on_tunnel(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: PeerId,
        out: &mut dyn Output,
    ) {
        if self.stack.has_tunnels(peer) {
            // It has begun, and L2TP has a patience of its own; or an earlier tunnel is about to end.
            return self.patience.set(peer, Some(now + TUNNEL_PATIENCE));
        }
        let Some(id) = self.by_peer.get_mut(&peer).and_then(|record| record.pending.take()) else { return };
        let last_heard = self.stack.data().last_heard(peer);
        self.fail_without_tunnel(now, id, None, last_heard);
        self.stack.close_peer(now, rng, peer, out);
        self.react(now, rng, out);
    }

    /// An attempt ends before its first L2TP message: the associations ended for this reason, or our patience did.
    fn fail_without_tunnel(
        &mut self,
        now: Timestamp,
        id: SessionId,
        reason: Option<ike::CloseReason>,
        last_heard: Option<Timestamp>,
    ) {
        let Some(session) = self.sessions.get(&id) else { return };
        let failure = match (reason, session.child_up) {
            (Some(ike::CloseReason::Command), _) => Failure::HungUp,
            (_, Some(since)) => Failure::NoTunnel(NoTunnel {
                encapsulation: session.esp.map_or(Encapsulation::Raw, |(_, encapsulation)| encapsulation),
                heard: last_heard.is_some_and(|at| at >= since),
                peer_left: reason.is_some(),
                waited: now.since(since),
            }),
            (_, None) => self.phase2_silence(now, session),
        };
        self.fail(id, failure);
    }

    /// The client proved the key and did not ask for an association.
    fn phase2_silence(&self, now: Timestamp, session: &Session) -> Failure {
        let summary = session.phase1.as_deref();
        let peer = summary.map_or_else(ike::PeerKnown::default, |summary| ike::PeerKnown {
            announced: summary.peer,
            id: Some(summary.peer_id.clone()),
            nat: Some(summary.nat),
            heard_nat_t: summary.encapsulated,
        });
        Failure::Ike {
            stage: ike::Stage::Phase2Proposal,
            failure: ike::Failure::Silence {
                attempts: 0,
                elapsed: now.since(session.started),
                encapsulated: summary.is_some_and(|summary| summary.encapsulated),
            },
            peer: Box::new(peer),
        }
    }

    /// Takes a peer's attempt if it is one of these.
    fn take_pending_if(&mut self, peer: PeerId, is_one: impl FnOnce(&Session) -> bool) -> Option<SessionId> {
        let record = self.by_peer.get_mut(&peer)?;
        record.pending.take_if(|id| self.sessions.get(id).is_some_and(is_one))
    }

    fn on_tunnel_up(&mut self, peer: PeerId, tunnel: l2tp::TunnelId, identity: l2tp::PeerIdentity) {
        self.patience.set(peer, None);
        let Some(record) = self.by_peer.get_mut(&peer) else { return };
        record.template.l2tp = Some(identity.clone());
        if let Some(session) = record.pending.and_then(|id| self.sessions.get_mut(&id)) {
            record.tunnel = Some(tunnel);
            session.stage = session.stage.max(Stage::L2tpCall);
            session.l2tp = Some(identity);
        }
    }

    fn on_tunnel_failed(
        &mut self,
        now: Timestamp,
        peer: PeerId,
        tunnel: Option<l2tp::TunnelId>,
        stage: l2tp::Stage,
        failure: l2tp::Failure,
    ) {
        let Some(record) = self.by_peer.get_mut(&peer) else { return };
        let id = match stage {
            // The end of a tunnel that served its purpose, unless it is the one that was opened for a call to come.
            l2tp::Stage::Up if record.tunnel.is_none() || record.tunnel != tunnel => return,
            l2tp::Stage::Up => match record.pending.take() {
                Some(id) => id,
                None => return,
            },
            // An attempt that has its tunnel does not end with another one.
            l2tp::Stage::Tunnel | l2tp::Stage::Call => {
                match record.pending.take_if(|_| record.tunnel.is_none() || record.tunnel == tunnel) {
                    Some(id) => id,
                    None => self.another_session(now, peer),
                }
            }
        };
        self.patience.set(peer, None);
        // Whoever is still pending was not up, whatever his tunnel was.
        self.fail(id, Failure::L2tp { stage: stage.min(l2tp::Stage::Call), failure });
    }

    fn on_call_up(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: PeerId,
        link: LinkId,
        correlation_id: Option<[u8; 16]>,
        out: &mut dyn Output,
    ) {
        self.patience.set(peer, None);
        let pending = self.take_pending_if(peer, |_| true);
        let id = pending.unwrap_or_else(|| self.another_session(now, peer));
        if let Some(session) = self.sessions.get_mut(&id) {
            session.link = Some(link);
            session.stage = Stage::PppLcp;
            session.correlation_id = correlation_id;
        }
        self.by_link.insert(link, id);
        let ppp = ppp::Session::server(self.ppp.clone(), now, rng);
        self.stack.start_ppp(now, rng, link, ppp, out);
    }

    fn on_ppp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        link: LinkId,
        event: ppp::Event,
        out: &mut dyn Output,
    ) {
        let Some(&id) = self.by_link.get(&link) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match event {
            ppp::Event::Ask(ask) => {
                if let Question::Address { user, .. } = &ask.question {
                    self.free_address_of(now, rng, id, user, out);
                }
                if let Some(answer) = self.decide(id, ask) {
                    self.stack.answer(now, rng, link, answer, out);
                }
            }
            ppp::Event::LcpUp(_) => session.stage = Stage::PppAuthentication,
            ppp::Event::Authenticated { user, method } => {
                session.stage = Stage::PppNetwork;
                (session.user, session.authenticated) = (Some(user), method);
            }
            ppp::Event::Up if session.up.is_some() => session.stage = Stage::Up,
            ppp::Event::Up => {
                session.stage = Stage::Up;
                session.up = Some(now);
                let record = self.sessions.get(&id).map(|session| self.current(session));
                self.events.extend(record.map(|session| Event::Up { session: Box::new(session) }));
            }
            ppp::Event::PeerInfo(identification) => {
                // Windows sends three; more would be somebody filling our memory.
                if session.identification.len() < 4 {
                    session.identification.push(identification);
                }
            }
            ppp::Event::Closed { stage, failure } => self.on_ppp_closed(id, stage, failure),
            ppp::Event::Ipv6Up(_) => {
                // A renewed IPv6CP keeps the prefix that the client has made addresses from.
                let prefix = session.prefix.or_else(|| self.prefixes.as_mut()?.allocate(id.0));
                session.prefix = prefix;
                if let Some(prefix) = prefix {
                    self.stack.set_prefix(now, link, prefix, out);
                }
            }
            ppp::Event::Ipv4Up(_)
            | ppp::Event::Ipv4Down
            | ppp::Event::Ipv6Down
            | ppp::Event::Demands(_)
            | ppp::Event::CompressionRejected { .. }
            | ppp::Event::TimeRemaining { .. } => {}
        }
    }

    /// A client asks what is behind the server (RFC 2131 §3.4).
    fn on_dhcp(&mut self, link: LinkId, packet: &[u8], out: &mut dyn Output) {
        let server = self.pool.range().first();
        let client = self.stack.data().link(link).and_then(|link| link.ipv4);
        if let Some(answer) = client.and_then(|client| self.offer.answer(server, client, packet)) {
            self.stack.send_ip(link, &answer, out);
        }
    }

    fn on_ppp_closed(&mut self, id: SessionId, stage: ppp::Stage, failure: ppp::Failure) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.up.is_some() {
            // Told when the call has ended, with the final counters.
            if let Some(session) = self.sessions.get_mut(&id) {
                session.closing = Some(failure);
            }
        } else {
            let denied = session.denied;
            if let Some(session) = self.sessions.get_mut(&id) {
                session.stage = ppp_stage(stage);
            }
            self.fail(id, Failure::Ppp { stage, failure, denied });
        }
    }

    fn on_call_down(&mut self, link: LinkId, last: &Link, failure: Option<l2tp::Failure>) {
        let Some(id) = self.by_link.remove(&link) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.traffic = last.traffic;
        let closing = session.closing.take();
        match (session.up.is_some(), closing, failure) {
            (true, Some(failure), _) => self.end(id, End::Ppp { failure }),
            (true, None, Some(failure)) => self.end(id, End::L2tp { failure }),
            (false, _, Some(failure)) => {
                let failure = refusal(session).unwrap_or(Failure::L2tp { stage: l2tp::Stage::Call, failure });
                self.fail(id, failure);
            }
            // PPP ended a call before it was up, and has said so.
            (_, None, None) | (false, Some(_), None) => {}
        }
    }

    /// A user who comes back before his old session was missed takes its place, where there is only one place: his own address,
    /// or the last of a pool that is used up.
    fn free_address_of(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        id: SessionId,
        user: &str,
        out: &mut dyn Output,
    ) {
        let (Some(account), Some(session)) = (self.accounts.find(user), self.sessions.get(&id)) else { return };
        if account.address.is_none() && !self.pool.is_exhausted() {
            return;
        }
        let in_the_way = |other: &&Session| {
            let owner = other.user.as_deref().and_then(|user| self.accounts.find(user));
            let is_his = other.id != id && owner.is_some_and(|owner| owner.name == account.name);
            is_his
                && match account.address {
                    Some(fixed) => other.address == Some(fixed),
                    None => other.address.is_some() && self.is_ghost(other, session),
                }
        };
        let Some(old) = self.sessions.values().find(in_the_way).map(|session| session.id) else { return };
        let Some(session) = self.sessions.get_mut(&old) else { return };
        if let Some(address) = session.address.take() {
            self.pool.release(old.0, address);
        }
        if let Some(link) = session.link {
            self.stack.hang_up(now, rng, link, ppp::CloseReason::Error(RasError::REMOTE_DISCONNECTION), out);
        }
    }

    /// Whether `old` is what the host of `session` has left behind: the same host by address and identity, and not heard since
    /// the new attempt began, unless the two are one to IPsec.
    fn is_ghost(&self, old: &Session, session: &Session) -> bool {
        let identity = |session: &Session| session.phase1.as_ref().map(|phase1| phase1.peer_id.clone());
        let last_heard = old.peer.and_then(|peer| self.stack.data().last_heard(peer));
        let is_same_host = old.remote.ip() == session.remote.ip() && identity(old) == identity(session);
        is_same_host && (old.peer == session.peer || last_heard.is_none_or(|at| at < session.started))
    }

    /// Answers what PPP asks, from the accounts and the pool.
    fn decide(&mut self, id: SessionId, Ask { id: ask, question }: Ask) -> Option<Answer> {
        let reply = match question {
            Question::Verify { user, user_bytes, credential } => self.verify(id, user, &user_bytes, &credential),
            Question::Address { user, .. } => self.assign(id, &user),
            Question::Credentials { .. } => return None,
        };
        Some(Answer { id: ask, reply })
    }

    fn verify(&mut self, id: SessionId, user: String, user_bytes: &[u8], credential: &Credential) -> Reply {
        let accounts = &self.accounts;
        let verdict = match credential {
            Credential::Pap { password } => accounts.verify_password(&user, password).map(|_| None),
            Credential::ChapMd5 { identifier, challenge, response } => {
                accounts.verify_chap_md5(&user, *identifier, challenge, response).map(|_| None)
            }
            Credential::MsChapV2 { authenticator_challenge, peer_challenge, nt_response, .. } => {
                let name = Credential::hashed_name(user_bytes);
                let response = MsChapV2Response { authenticator_challenge, peer_challenge, nt_response, user: name };
                accounts.verify_mschapv2(&user, response).map(|(_, proof)| Some(proof))
            }
        };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.user = Some(user);
            session.denied = verdict.as_ref().err().copied();
        }
        match verdict {
            Ok(authenticator_response) => Reply::Accept { authenticator_response, message: String::new() },
            Err(denied) => Reply::Reject {
                ras: RasError(denied.ras().into()),
                // A disabled account stays disabled, however often the password is typed. A locked one looks like a wrong password.
                retry_allowed: matches!(denied, Denied::UnknownUser | Denied::WrongPassword | Denied::Locked),
                message: String::new(),
            },
        }
    }

    fn assign(&mut self, id: SessionId, user: &str) -> Reply {
        let fixed = self.accounts.find(user).and_then(|account| account.address);
        let Some(session) = self.sessions.get_mut(&id) else { return Reply::NoAddress(NoAddress::Other) };
        if let Some(old) = session.address.take() {
            self.pool.release(id.0, old);
        }
        match self.pool.allocate(id.0, user, fixed) {
            Ok(lease) => {
                session.address = Some(lease.client);
                let dns = [self.offer.dns.first().copied(), self.offer.dns.get(1).copied()];
                Reply::Address(Ipv4Lease { client: lease.client, server: lease.server, dns, nbns: [None; 2] })
            }
            Err(_) => Reply::NoAddress(NoAddress::Exhausted),
        }
    }

    /// The one verdict about an attempt. A second failure of the same attempt finds no record and says nothing.
    fn fail(&mut self, id: SessionId, failure: Failure) {
        let Some(mut session) = self.take_session(id) else { return };
        // What ends below a layer does not undo how far that layer had come.
        session.stage = match failure {
            Failure::Ppp { .. } => failure.stage(),
            Failure::HungUp => session.stage,
            _ => session.stage.max(failure.stage()),
        };
        self.events.push_back(Event::Failed { session: Box::new(session), failure });
    }

    fn end(&mut self, id: SessionId, end: End) {
        let Some(session) = self.take_session(id) else { return };
        self.events.push_back(Event::Down { session: Box::new(session), end });
    }

    /// Removes a record and gives back what it holds.
    fn take_session(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.remove(&id)?;
        if let Some(address) = session.address {
            self.pool.release(id.0, address);
        }
        if let (Some(prefixes), Some(prefix)) = (&mut self.prefixes, session.prefix) {
            prefixes.release(id.0, prefix);
        }
        Some(self.current(&session))
    }

    /// A record for a further tunnel or call of `peer`.
    fn another_session(&mut self, now: Timestamp, peer: PeerId) -> SessionId {
        let id = SessionId(self.next);
        self.next += 1;
        if let Some(record) = self.by_peer.get(&peer) {
            self.sessions.insert(id, record.template.another(id, now));
        }
        id
    }

    fn session_up_of(&self, peer: PeerId) -> Option<Session> {
        let up = self.sessions.values().find(|session| session.peer == Some(peer) && session.up.is_some());
        up.map(|session| self.current(session))
    }
}

/// What the user was told last, if it was no: a client that leaves without a word then leaves because of it.
fn refusal(session: &Session) -> Option<Failure> {
    let denied = session.denied?;
    let user = session.user.clone().unwrap_or_default();
    let failure = ppp::Failure::Denied(ppp::Denied::Authentication { user, ras: RasError(denied.ras().into()) });
    Some(Failure::Ppp { stage: ppp::Stage::Authentication, failure, denied: Some(denied) })
}
