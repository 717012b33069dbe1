//! The client: dials one server and reports how far it comes.
//!
//! The same stack as the server's, with the other role in each engine. A [`Dialer`] is one attempt and the connection that
//! comes of it; dialling again is a new one.

mod learning;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use autoconf::{Ipv6Host, Learned};
use clock::Timestamp;
use ike::{IkeSaId, Path, Phase1Summary};
use rand_core::CryptoRng;
use wire::ppp::AuthProtocol;
use wire::virtio::VnetHeader;

use crate::datapath::{Admission, DataPath, Drops, Encapsulation, Link, LinkId, PeerId, Traffic};
use crate::failure::{NoTunnel, ppp_stage};
use crate::server::Counts;
use crate::stack::{Event as StackEvent, Stack};
use crate::{Failure, Output, Stage};
use learning::Learning;

/// How long the end may take: time for the server to acknowledge it, and no more, for somebody waits.
const LINGER: Duration = Duration::from_secs(1);

/// How to dial.
#[derive(Clone, Debug)]
pub struct Config {
    /// IKE in general; it does not answer strangers, whatever this says.
    pub ike: ike::Config,
    /// The IKE negotiation: where to, key, offers. A child SA for L2TP is asked for.
    pub initiate: ike::Initiate,
    /// L2TP; it does not answer tunnels, whatever this says.
    pub l2tp: l2tp::Config,
    /// PPP: user, password, methods.
    pub ppp: ppp::ClientConfig,
    /// Whether to ask the server for name servers and routes, once it has assigned an address.
    pub inform: bool,
}

/// How to dial without IPsec. Everybody on the path can read and change everything, the user's log-on included; so nobody is asked
/// where the tunnel leads.
#[derive(Clone, Debug)]
pub struct Unprotected {
    /// Our address and any port, and the server's address and its port 1701.
    pub path: Path,
    /// L2TP; it does not answer tunnels, whatever this says.
    pub l2tp: l2tp::Config,
    /// PPP: user, password, methods.
    pub ppp: ppp::ClientConfig,
}

/// The permission to reach a server without IPsec. Nobody but a [`Dialer`] that was told to has one, so that no server can
/// take L2TP from strangers.
#[derive(Debug)]
pub struct Permit(());

/// What a connection got.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Our address in the tunnel, the server's, and name servers.
    pub ipv4: ppp::Ipv4Settings,
    /// What the server gave us of IPv6, as far as it has done so by now; [`Event::Ipv6`] tells of what comes later.
    pub ipv6: Option<Ipv6Host>,
    /// How we proved who we are.
    pub authenticated: Option<ppp::Method>,
    /// What IKE agreed on.
    pub phase1: Option<Box<Phase1Summary>>,
    /// The transforms of ESP, and how it travels.
    pub esp: Option<(esp::Suite, Encapsulation)>,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The next stage has begun.
    Progress {
        /// Which.
        stage: Stage,
    },
    /// The password is wanted, for the first time or because the server permits another try; [`Dialer::answer`] continues.
    Ask(ppp::Ask),
    /// How the server wants us to log on; `None`: not at all. Told again when it changes.
    Demands(Option<AuthProtocol>),
    /// The server wanted PPP to compress or to encrypt, which it is not to do: IPsec encrypts.
    CompressionRejected {
        /// To encrypt.
        encryption: bool,
    },
    /// IP passes.
    Connected(Box<Connection>),
    /// What the server gave us of IPv6 has changed since [`Event::Connected`]; `None` when there is nothing any more.
    Ipv6(Option<Box<Ipv6Host>>),
    /// The server answered what it was asked after [`Event::Connected`]: what of it may be acted on.
    Pushed(Box<Learned>),
    /// The server did not answer that. The connection is as good without.
    Unanswered(autoconf::Failure),
    /// Packets of the server come from another address or port.
    Moved {
        /// Where it is now.
        path: Path,
    },
    /// The attempt failed, or the connection ended: exactly once, and the last event.
    Ended {
        /// Why.
        failure: Failure,
        /// How far it had come.
        stage: Stage,
        /// Inner traffic.
        traffic: Traffic,
    },
}

/// One attempt to connect, and the connection.
///
/// Feed it with the `handle_*` methods, end every batch with [`Dialer::flush`], then poll [`Dialer::poll_event`] until it
/// returns `None`, then [`Dialer::poll_timeout`]. After [`Event::Ended`] go on until [`Dialer::has_left`]: the server is told in
/// order, each layer when the one above has been acknowledged.
pub struct Dialer {
    stack: Stack,
    /// How IPsec is begun, and begun anew; `None` without IPsec.
    initiate: Option<Box<ike::Initiate>>,
    /// The newest IKE SA that we began.
    sa: Option<IkeSaId>,
    ppp: ppp::ClientConfig,
    inform: bool,
    learning: Learning,
    peer: Option<PeerId>,
    link: Option<LinkId>,
    stage: Stage,
    phase1: Option<Box<Phase1Summary>>,
    authenticated: Option<ppp::Method>,
    ipv4: Option<ppp::Ipv4Settings>,
    /// Why PPP ended, until the call has ended too.
    closing: Option<ppp::Failure>,
    /// What L2TP lost with its association, until it is known why that ended.
    bereft: Option<Failure>,
    ended: bool,
    /// When the end is no longer waited for; set after the end.
    leaving: Option<Timestamp>,
    left: bool,
    /// Something came from the server's address to our port for NAT traversal.
    heard_nat_t: bool,
    events: VecDeque<Event>,
}

impl Dialer {
    /// Begins to dial.
    pub fn dial(now: Timestamp, rng: &mut dyn CryptoRng, config: Config, out: &mut dyn Output) -> Dialer {
        let ike = ike::Config { respond: false, ..config.ike };
        let mut dialer = Dialer::new(Stage::IkePhase1, ike, config.l2tp, config.ppp);
        dialer.sa = Some(dialer.stack.initiate(now, rng, config.initiate.clone(), out));
        dialer.initiate = Some(Box::new(config.initiate));
        dialer.inform = config.inform;
        dialer.react(now, rng, out);
        dialer
    }

    /// Begins to dial without IPsec.
    pub fn dial_unprotected(
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        config: Unprotected,
        out: &mut dyn Output,
    ) -> Dialer {
        let ike = ike::Config { respond: false, ..ike::Config::default() };
        let mut dialer = Dialer::new(Stage::L2tpTunnel, ike, config.l2tp, config.ppp);
        let peer = dialer.stack.reach_unprotected(Permit(()), config.path);
        dialer.peer = Some(peer);
        dialer.open_tunnel(now, rng, peer, out);
        dialer.react(now, rng, out);
        dialer
    }

    fn new(stage: Stage, ike: ike::Config, l2tp: l2tp::Config, ppp: ppp::ClientConfig) -> Dialer {
        let l2tp = l2tp::Config { accept_incoming: false, ..l2tp };
        Dialer {
            stack: Stack::new(ike, l2tp, DataPath::new(Admission::default())),
            initiate: None,
            sa: None,
            ppp,
            inform: false,
            learning: Learning::default(),
            peer: None,
            link: None,
            stage,
            phase1: None,
            authenticated: None,
            ipv4: None,
            closing: None,
            bereft: None,
            ended: false,
            leaving: None,
            left: false,
            heard_nat_t: false,
            events: VecDeque::from([Event::Progress { stage }]),
        }
    }

    /// Takes datagrams that came to our end of the path on port 500.
    pub fn handle_udp_500(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &[u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        self.stack.handle_udp_500(now, rng, path, data, segment, out);
        self.react(now, rng, out);
    }

    /// Takes datagrams that came from the server's port 4500.
    pub fn handle_udp_4500(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        let server = self.initiate.as_ref().map(|initiate| initiate.path.remote.ip());
        self.heard_nat_t |= server == Some(path.remote.ip());
        self.stack.handle_udp_4500(now, rng, path, data, segment, out);
        self.react(now, rng, out);
    }

    /// Takes a raw ESP packet, without its IP header. The ports of `path` are zero.
    pub fn handle_esp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &mut [u8],
        out: &mut dyn Output,
    ) {
        let len = data.len();
        self.stack.handle_esp(now, rng, path, Encapsulation::Raw, data, len, out);
        self.react(now, rng, out);
    }

    /// Takes datagrams that came to our end of the path of [`Unprotected`].
    pub fn handle_unprotected(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        self.stack.handle_unprotected(now, rng, path, data, segment, out);
        self.react(now, rng, out);
    }

    /// Takes what one TUN read gave, for whatever destination: everything goes to the server.
    pub fn handle_tun(&mut self, offload: VnetHeader, packet: &[u8], out: &mut dyn Output) {
        if let Some(link) = self.link.filter(|_| !self.ended) {
            self.stack.handle_tun_for(link, offload, packet, out);
        }
    }

    /// Ends a batch of packets.
    pub fn flush(&mut self, out: &mut dyn Output) {
        self.stack.flush(out);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        self.stack.handle_timeout(now, rng, out);
        self.react(now, rng, out);
    }

    /// When [`Dialer::handle_timeout`] wants to be called.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        let leaving = self.leaving.filter(|_| !self.left);
        [self.stack.poll_timeout(), self.learning.poll_timeout(), leaving].into_iter().flatten().min()
    }

    /// What happened, one event at a time.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Answers an [`Event::Ask`].
    pub fn answer(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, answer: ppp::Answer, out: &mut dyn Output) {
        if let Some(link) = self.link {
            if matches!(answer.reply, ppp::Reply::Credentials(_)) {
                self.enter(Stage::PppAuthentication);
            }
            self.stack.answer(now, rng, link, answer, out);
            self.react(now, rng, out);
        }
    }

    /// Ends the connection or the attempt. The server is told, which takes until [`Dialer::has_left`].
    pub fn hang_up(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        self.end(Failure::HungUp);
        if let Some(link) = self.link {
            self.stack.hang_up(now, rng, link, ppp::CloseReason::User, out);
        }
        self.react(now, rng, out);
    }

    /// Ends everything at once: what is left to say is said without waiting for an answer.
    pub fn leave(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        self.end(Failure::HungUp);
        self.release(now, rng, out);
    }

    /// Whether the server knows of the end, or has had its time to acknowledge it.
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether everything is over.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Our address in the tunnel, once there is one.
    pub fn address(&self) -> Option<Ipv4Addr> {
        self.ipv4.map(|settings| settings.local)
    }

    /// The call as the data path knows it, while there is one: ids, framing, counters.
    pub fn link(&self) -> Option<&Link> {
        self.stack.data().link(self.link?)
    }

    /// How ESP travels, once there are associations.
    pub fn encapsulation(&self) -> Option<Encapsulation> {
        let (_, encapsulation) = self.stack.data().suite(self.peer?)?;
        Some(encapsulation)
    }

    /// What IKE agreed on, from when it did.
    pub fn phase1(&self) -> Option<&Phase1Summary> {
        self.phase1.as_deref()
    }

    /// The transforms of ESP, while there are associations.
    pub fn suite(&self) -> Option<esp::Suite> {
        let (suite, _) = self.stack.data().suite(self.peer?)?;
        Some(suite)
    }

    /// Inner traffic so far.
    pub fn traffic(&self) -> Traffic {
        self.link().map(|link| link.traffic).unwrap_or_default()
    }

    /// Packets that the data path dropped.
    pub fn drops(&self) -> &Drops {
        self.stack.data().drops()
    }

    /// Whether an ICMP error about a packet to `destination` ends the attempt. Before the server has proved anything it is the
    /// best word there is. Later it could be forged to cut a connection, and says nothing that dead peer detection does not
    /// find out.
    pub fn believes_unreachable(&self, destination: IpAddr) -> bool {
        match (&self.initiate, self.peer) {
            (Some(initiate), _) => self.stage == Stage::IkePhase1 && initiate.path.remote.ip() == destination,
            (None, Some(peer)) => {
                let server = self.stack.data().path(peer).map(|path| path.remote.ip());
                self.stage == Stage::L2tpTunnel && server == Some(destination)
            }
            (None, None) => false,
        }
    }

    /// How much there is of everything.
    pub fn counts(&self) -> Counts {
        self.stack.counts()
    }

    fn react(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        while let Some(event) = self.stack.poll_event().filter(|_| !self.ended) {
            match event {
                StackEvent::IkeStarted { .. } | StackEvent::PeerRestarted { .. } => {}
                StackEvent::TunnelUp { .. } => self.enter(Stage::L2tpCall),
                StackEvent::IkeFailed(failed) => {
                    let is_silence = matches!(failed.failure, ike::Failure::Silence { .. });
                    let is_renewal = !self.on_ike_failed(*failed);
                    if is_renewal && is_silence && self.peer.is_some_and(|peer| !self.stack.has_ike(peer)) {
                        self.renew(now, rng, out);
                    }
                }
                StackEvent::IkeEnded { .. } => self.renew(now, rng, out),
                StackEvent::PeerUp { peer, summary, .. } => {
                    self.peer = Some(peer);
                    self.phase1 = Some(summary);
                    self.enter(Stage::IkePhase2);
                }
                StackEvent::ChildUp { peer } if self.stage < Stage::L2tpTunnel => {
                    self.enter(Stage::L2tpTunnel);
                    self.open_tunnel(now, rng, peer, out);
                }
                StackEvent::ChildUp { .. } => {}
                StackEvent::PeerMoved { path, .. } => self.events.push_back(Event::Moved { path }),
                StackEvent::PeerGone { reason, .. } => self.end(Failure::PeerGone { reason }),
                StackEvent::TunnelFailed { stage, failure, .. } => self.on_l2tp_failed(stage, failure),
                StackEvent::CallUp { link, .. } => {
                    self.link = Some(link);
                    self.enter(Stage::PppLcp);
                    let session = ppp::Session::client(self.ppp.clone(), now, rng);
                    self.stack.start_ppp(now, rng, link, session, out);
                }
                StackEvent::RouterAdvertisement { packet, .. } => self.on_advertisement(now, &packet),
                StackEvent::Dhcp { packet, .. } => self.on_dhcp(&packet),
                StackEvent::Ppp { event, .. } => self.on_ppp(now, *event),
                StackEvent::CallDown { failure, .. } => {
                    let closing = self.closing.take();
                    match (closing, failure) {
                        (Some(failure), _) => {
                            self.end(Failure::Ppp { stage: ppp::Stage::Up, failure, denied: None });
                        }
                        (None, Some(failure)) => self.on_l2tp_failed(l2tp::Stage::Up, failure),
                        (None, None) => {}
                    }
                }
            }
        }
        if let Some(failure) = self.bereft.take() {
            self.end(failure);
        }
        if self.ended {
            self.learning = Learning::default();
            self.part(now, rng, out);
        }
        self.learn(now, rng, out);
    }

    fn open_tunnel(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, peer: PeerId, out: &mut dyn Output) {
        if let Err(failure) = self.stack.connect(now, rng, peer, out) {
            self.on_l2tp_failed(l2tp::Stage::Tunnel, failure);
        }
    }

    /// The end in order: PPP's good-bye, that of call and tunnel, and then the associations under them, whose deletion nobody
    /// acknowledges.
    fn part(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        while self.stack.poll_event().is_some() {}
        let until = *self.leaving.get_or_insert(now + LINGER);
        if let Some(peer) = self.peer.filter(|_| now < until) {
            if self.link.is_some_and(|link| self.stack.ppp(link).is_some()) {
                return;
            }
            if self.stack.has_tunnels(peer) {
                self.stack.close_tunnels(now, rng, peer, out);
            }
            if self.stack.is_ending_tunnels(peer) {
                while self.stack.poll_event().is_some() {}
                return;
            }
        }
        self.release(now, rng, out);
    }

    /// Whether it was the attempt to connect that failed. A rekeying that fails leaves the connection as it is: the engine
    /// tries again, or the associations end with their lifetime.
    fn on_ike_failed(&mut self, mut failed: ike::Failed) -> bool {
        if failed.replaces.is_some() || self.stage > Stage::IkePhase2 {
            return false;
        }
        failed.peer.heard_nat_t |= self.heard_nat_t;
        let peer = Box::new(failed.peer);
        self.end(Failure::Ike { stage: failed.stage, failure: failed.failure, peer });
        true
    }

    fn on_l2tp_failed(&mut self, stage: l2tp::Stage, failure: l2tp::Failure) {
        let link = match self.stage {
            Stage::PppLcp => Some(ppp::Stage::Lcp),
            Stage::PppAuthentication => Some(ppp::Stage::Authentication),
            Stage::PppNetwork => Some(ppp::Stage::Network),
            Stage::IkePhase1 | Stage::IkePhase2 | Stage::Esp | Stage::L2tpTunnel | Stage::L2tpCall | Stage::Up => None,
        };
        // A call that L2TP has put through is up when IP passes: before that, who ends it refuses it.
        let stage = if self.stage == Stage::Up { l2tp::Stage::Up } else { stage.min(l2tp::Stage::Call) };
        match failure {
            l2tp::Failure::Refused(refusal) if let Some(stage) = link => self.end(Failure::Cut { stage, refusal }),
            failure if self.initiate.is_none() => self.end(Failure::Unprotected { stage, failure }),
            // IKE says next why the associations have ended.
            l2tp::Failure::PeerGone(l2tp::Gone::Association) => self.bereft = Some(Failure::L2tp { stage, failure }),
            // Nothing at all came through IPsec, or something did: that is the difference between the path and the server.
            l2tp::Failure::Silence { stage: l2tp::Stage::Tunnel, elapsed, .. } => {
                let data = self.stack.data();
                let esp = self.peer.and_then(|peer| data.suite(peer));
                self.end(Failure::NoTunnel(NoTunnel {
                    encapsulation: esp.map_or(Encapsulation::Raw, |(_, encapsulation)| encapsulation),
                    heard: self.peer.is_some_and(|peer| data.last_heard(peer).is_some()),
                    peer_left: false,
                    waited: elapsed,
                }));
            }
            failure => self.end(Failure::L2tp { stage, failure }),
        }
    }

    /// Another IKE SA in the place of one that has ended, with associations in the place of those that were made under it.
    fn renew(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        if !self.ended
            && self.stage > Stage::IkePhase2
            && let Some(initiate) = &self.initiate
        {
            // What we have with the server is to stay.
            let initiate = ike::Initiate { initial_contact: false, ..(**initiate).clone() };
            self.sa = Some(self.stack.initiate(now, rng, initiate, out));
        }
    }

    fn on_ppp(&mut self, now: Timestamp, event: ppp::Event) {
        match event {
            ppp::Event::Ask(ask) => self.events.push_back(Event::Ask(ask)),
            // Without a password it begins when there is one.
            ppp::Event::LcpUp(_) if self.ppp.ask_first => {}
            ppp::Event::LcpUp(_) => self.enter(Stage::PppAuthentication),
            ppp::Event::Authenticated { method, .. } => {
                self.authenticated = method;
                self.enter(Stage::PppNetwork);
            }
            ppp::Event::Ipv4Up(settings) => {
                self.ipv4 = Some(settings);
                self.stage = Stage::Up;
                self.await_ipv6(now);
            }
            ppp::Event::Closed { stage, failure } => {
                if self.stage == Stage::Up {
                    self.closing = Some(failure);
                } else {
                    self.stage = ppp_stage(stage);
                    self.end(Failure::Ppp { stage, failure, denied: None });
                }
            }
            ppp::Event::Demands(demand) => self.events.push_back(Event::Demands(demand)),
            ppp::Event::CompressionRejected { encryption } => {
                self.events.push_back(Event::CompressionRejected { encryption: encryption.is_some() });
            }
            ppp::Event::Ipv6Up(settings) => self.solicit(now, settings.local),
            ppp::Event::Ipv6Down => self.forget_ipv6(),
            ppp::Event::Ipv4Down | ppp::Event::Up | ppp::Event::PeerInfo(_) | ppp::Event::TimeRemaining { .. } => {}
        }
    }

    fn enter(&mut self, stage: Stage) {
        if self.stage < stage {
            self.stage = stage;
            self.events.push_back(Event::Progress { stage });
        }
    }

    /// The one end. What comes after it says nothing.
    fn end(&mut self, failure: Failure) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let traffic = self.traffic();
        self.events.push_back(Event::Ended { failure, stage: self.stage, traffic });
    }

    /// After this nothing is left open at the server.
    fn release(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        if let Some(peer) = self.peer.take() {
            self.stack.close_peer(now, rng, peer, out);
        }
        if let Some(sa) = self.sa.take() {
            self.stack.close_ike(now, rng, sa, out);
        }
        while self.stack.poll_event().is_some() {}
        self.left = true;
    }
}
