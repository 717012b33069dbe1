//! L2TP calls and the PPP sessions on them.

use std::net::Ipv6Addr;

use clock::Timestamp;
use l2tp::{CallEnd, SessionId};
use rand_core::CryptoRng;
use wire::l2tp::DataLayout;

use super::{Event, IDLE_GRACE, Stack, Timer};
use crate::Output;
use crate::datapath::{Ipv6Link, Link, LinkId, PeerId, Traffic};

/// One call.
pub(super) struct Call {
    peer: PeerId,
    session: SessionId,
    /// Started by the owner of the stack once it knows of the call.
    pub(super) ppp: Option<ppp::Session>,
}

impl Stack {
    /// Opens a tunnel to `peer` and makes one call in it.
    ///
    /// # Errors
    /// When a limit of ours forbids it; then there is no event.
    pub fn connect(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        peer: PeerId,
        out: &mut dyn Output,
    ) -> Result<(), l2tp::Failure> {
        self.l2tp.connect(now, rng, peer)?;
        self.settle(now, rng, out);
        Ok(())
    }

    /// Starts PPP on a call.
    pub fn start_ppp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        link: LinkId,
        session: ppp::Session,
        out: &mut dyn Output,
    ) {
        if let Some(call) = self.calls.get_mut(&link) {
            call.ppp = Some(session);
            self.touched.insert(link);
        }
        self.settle(now, rng, out);
    }

    /// Answers what PPP asked.
    pub fn answer(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        link: LinkId,
        answer: ppp::Answer,
        out: &mut dyn Output,
    ) {
        if let Some(ppp) = self.calls.get_mut(&link).and_then(|call| call.ppp.as_mut()) {
            ppp.handle_answer(now, rng, answer);
            self.touched.insert(link);
        }
        self.settle(now, rng, out);
    }

    /// Ends a call: PPP says goodbye, then L2TP.
    pub fn hang_up(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        link: LinkId,
        reason: ppp::CloseReason,
        out: &mut dyn Output,
    ) {
        if let Some(ppp) = self.calls.get_mut(&link).and_then(|call| call.ppp.as_mut()) {
            ppp.close(now, rng, reason);
            self.touched.insert(link);
        }
        self.settle(now, rng, out);
    }

    /// Ends everything that `peer` has, without waiting for anybody.
    pub fn close_peer(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: PeerId, out: &mut dyn Output) {
        self.l2tp.close_peer(now, peer, &l2tp::TunnelEnd::SHUTTING_DOWN);
        self.settle(now, rng, out);
        self.forget_peer(now, rng, peer);
        self.settle(now, rng, out);
    }

    /// Ends the tunnels of `peer` and their calls. Its associations stay, for its acknowledgements.
    pub fn close_tunnels(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: PeerId, out: &mut dyn Output) {
        self.l2tp.close_peer(now, peer, &l2tp::TunnelEnd::SHUTTING_DOWN);
        self.settle(now, rng, out);
    }

    /// Whether `peer` has yet to acknowledge the end of a tunnel.
    pub fn is_ending_tunnels(&self, peer: PeerId) -> bool {
        self.l2tp.is_ending_tunnels(peer)
    }

    /// Ends an IKE SA, or the attempt at one.
    pub fn close_ike(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sa: ike::IkeSaId, out: &mut dyn Output) {
        self.ike.close(now, rng, sa);
        self.settle(now, rng, out);
    }

    /// Whether `peer` has a tunnel, or one that is being set up.
    pub fn has_tunnels(&self, peer: PeerId) -> bool {
        self.l2tp.has_tunnels(peer)
    }

    /// The PPP session of a call.
    pub fn ppp(&self, link: LinkId) -> Option<&ppp::Session> {
        self.calls.get(&link)?.ppp.as_ref()
    }

    /// The peer of a call.
    pub fn peer_of(&self, link: LinkId) -> Option<PeerId> {
        Some(self.calls.get(&link)?.peer)
    }

    pub(super) fn on_l2tp(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, event: l2tp::Event<PeerId>) {
        match event {
            l2tp::Event::TunnelUp { peer, tunnel, identity } => {
                self.timers.set(Timer::Idle(peer), None);
                if let Some(unprotected) = &mut self.unprotected {
                    unprotected.settled = true;
                }
                self.events.push_back(Event::TunnelUp { peer, tunnel, identity });
            }
            l2tp::Event::CallUp {
                peer,
                session,
                remote_tunnel,
                remote_session,
                origin,
                sequencing_required,
                correlation_id,
                ..
            } => {
                let layout = DataLayout {
                    tunnel: remote_tunnel,
                    session: remote_session,
                    with_length: false,
                    sequenced: sequencing_required,
                };
                let link = self.data.add_link(Link {
                    peer,
                    dialled: origin == l2tp::Origin::Local,
                    local: (session.tunnel.0, session.session),
                    layout,
                    via: None,
                    next_ns: 0,
                    compress_address: false,
                    compress_protocol: false,
                    mtu: crate::DEFAULT_MTU,
                    ipv4: None,
                    ipv6: None,
                    traffic: Traffic::default(),
                    told_alive: None,
                });
                self.calls.insert(link, Call { peer, session, ppp: None });
                self.by_session.insert(session, link);
                self.events.push_back(Event::CallUp { peer, link, correlation_id });
            }
            l2tp::Event::CallDown { session, failure, .. } => self.end_call(now, rng, session, Some(failure)),
            l2tp::Event::TunnelDown { peer, tunnel, failure } => {
                let tunnel = Some(tunnel);
                self.events.push_back(Event::TunnelFailed { peer, tunnel, stage: l2tp::Stage::Up, failure });
                self.note_idle(now, peer);
            }
            l2tp::Event::Failed { peer, tunnel, stage, failure } => {
                self.events.push_back(Event::TunnelFailed { peer, tunnel, stage, failure });
                self.note_idle(now, peer);
            }
        }
    }

    fn end_call(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        session: SessionId,
        failure: Option<l2tp::Failure>,
    ) {
        let Some(link) = self.by_session.remove(&session) else { return };
        let call = self.calls.remove(&link);
        self.touched.remove(&link);
        self.timers.set(Timer::Ppp(link), None);
        self.timers.set(Timer::Advertise(link), None);
        // Many clients drop the call without waiting for the end of PPP's good-bye. Then PPP knows why it ends, not L2TP.
        if let (Some(mut ppp), Some(_)) = (call.and_then(|call| call.ppp), &failure) {
            ppp.lower_down(now, rng);
            while let Some(event) = ppp.poll_event() {
                let is_news = match &event {
                    ppp::Event::Closed { failure, .. } => *failure != ppp::Failure::Local(ppp::Local::LowerLayerDown),
                    _ => true,
                };
                if is_news {
                    self.events.push_back(Event::Ppp { link, event: Box::new(event) });
                }
            }
        }
        if let Some(last) = self.data.remove_link(link) {
            self.events.push_back(Event::CallDown { link, last: Box::new(last), failure });
        }
    }

    /// Sends what PPP has to send and passes on what it has to say.
    pub(super) fn drain_ppp(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, link: LinkId, out: &mut dyn Output) {
        let Some(call) = self.calls.get_mut(&link) else { return };
        let session = call.session;
        let Some(ppp) = &mut call.ppp else { return };
        while let Some(frame) = ppp.poll_transmit() {
            self.data.send_frame(link, &frame, out);
        }
        let dialled = self.data.link(link).is_some_and(|link| link.dialled);
        let mut closed = None;
        while let Some(event) = ppp.poll_event() {
            match &event {
                ppp::Event::LcpUp(framing) => {
                    let mtu = framing.peer_mru.min(crate::DEFAULT_MTU);
                    self.data.set_framing(link, framing.acfc, framing.pfc, mtu);
                }
                ppp::Event::Ipv4Up(settings) => {
                    let assigned = if dialled { settings.local } else { settings.remote };
                    self.data.set_ipv4(link, Some(assigned));
                }
                ppp::Event::Ipv4Down => self.data.set_ipv4(link, None),
                ppp::Event::Ipv6Up(settings) => {
                    let (local, remote) = (link_local(settings.local), link_local(settings.remote));
                    self.data.set_ipv6(link, Some(Ipv6Link { local, remote, prefix: None }));
                }
                ppp::Event::Ipv6Down => self.data.set_ipv6(link, None),
                ppp::Event::Closed { failure, .. } => closed = Some(call_end(failure)),
                _ => {}
            }
            self.events.push_back(Event::Ppp { link, event: Box::new(event) });
        }
        self.timers.set(Timer::Ppp(link), ppp.poll_timeout());
        if let Some(end) = closed {
            // Removed before L2TP reports it, so that the call is reported once, as ended by PPP.
            self.l2tp.disconnect(now, session, end);
            self.end_call(now, rng, session, None);
        }
    }

    /// Without tunnels a peer's associations are kept for a while only.
    pub(super) fn note_idle(&mut self, now: Timestamp, peer: PeerId) {
        if !self.l2tp.has_tunnels(peer) {
            self.timers.set(Timer::Idle(peer), Some(now + IDLE_GRACE));
        }
    }

    pub(super) fn close_idle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: PeerId) {
        if !self.l2tp.has_tunnels(peer) {
            self.forget_peer(now, rng, peer);
        }
    }
}

/// The link-local address with this interface identifier (RFC 5072 §5).
fn link_local(interface: u64) -> Ipv6Addr {
    Ipv6Addr::from_bits((0xfe80 << 112) | u128::from(interface))
}

/// What L2TP tells the peer when PPP has ended (RFC 2661 §4.4.2, CDN result codes).
fn call_end(failure: &ppp::Failure) -> CallEnd {
    match failure {
        ppp::Failure::Silence(_) => CallEnd::LOST_CARRIER,
        ppp::Failure::Malformed(_)
        | ppp::Failure::Misbehaved(_)
        | ppp::Failure::Incompatible(_)
        | ppp::Failure::Refused(_)
        | ppp::Failure::Denied(_)
        | ppp::Failure::Local(_) => CallEnd::ADMINISTRATIVE,
    }
}
