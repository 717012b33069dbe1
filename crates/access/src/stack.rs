//! The engines joined to one stack, for either role.
//!
//! [`Stack`] moves messages between IKE, the data path, L2TP and PPP, and says what happened in terms of peers and calls. It
//! decides nothing: who may log on and which address they get is the business of [`crate::server`] and [`crate::client`].
//!
//! Every public method that changes something settles everything below it before it returns. Poll [`Stack::poll_event`] until
//! it returns `None`, then [`Stack::poll_timeout`].

mod advertise;
mod calls;
mod children;
mod peers;
mod unprotected;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use clock::{DeadlineQueue, Timestamp};
use ike::{ChildId, IkeSaId, Path, Phase1Summary};
use rand_core::CryptoRng;
use wire::esp::Encapsulated;
use wire::ppp::{Protocol, full_frame};
use wire::virtio::VnetHeader;

use crate::datapath::{DataPath, Encapsulation, LinkId, PeerId, Punt};
use crate::server::Counts;
use crate::{Keys, Output};
use calls::Call;
use children::Child;
use peers::Peers;
use unprotected::Unprotected;

/// How long a peer without any association is kept: between the end of one and the beginning of the next there may be a
/// moment (Windows deletes before it rekeys).
const PEER_GRACE: Duration = Duration::from_secs(15);

/// How long associations without a tunnel are kept after the last tunnel ended.
const IDLE_GRACE: Duration = Duration::from_secs(120);

/// How often a NAT in front of us is reminded of the mapping (RFC 3948 §4).
const NAT_KEEPALIVE: Duration = Duration::from_secs(20);

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// An IKE negotiation began.
    IkeStarted {
        /// The IKE SA to be.
        sa: IkeSaId,
        /// Where the messages go.
        path: Path,
    },
    /// An IKE negotiation, or a quick mode under it, failed.
    IkeFailed(Box<ike::Failed>),
    /// A peer proved the key. `known` says that it has been here before and that this is a rekeying.
    PeerUp {
        /// Who.
        peer: PeerId,
        /// The IKE SA.
        sa: IkeSaId,
        /// Whether this only renews what was there.
        known: bool,
        /// What was agreed.
        summary: Box<Phase1Summary>,
    },
    /// ESP can pass between us and the peer.
    ChildUp {
        /// Who.
        peer: PeerId,
    },
    /// The peer says that it began anew; what it had before is gone and has been reported.
    PeerRestarted {
        /// Who.
        peer: PeerId,
    },
    /// The peer is now somewhere else.
    PeerMoved {
        /// Who.
        peer: PeerId,
        /// Where.
        path: Path,
    },
    /// The peer has no associations any more; its calls have been reported before.
    PeerGone {
        /// Who.
        peer: PeerId,
        /// Why the last of them ended.
        reason: ike::CloseReason,
        /// When the last authentic ESP packet came.
        last_heard: Option<Timestamp>,
    },
    /// The peer's last IKE SA has ended; its ESP associations go on, as long as they live.
    IkeEnded {
        /// Who.
        peer: PeerId,
    },
    /// A tunnel is up.
    TunnelUp {
        /// Who.
        peer: PeerId,
        /// Which.
        tunnel: l2tp::TunnelId,
        /// What the peer says about itself.
        identity: l2tp::PeerIdentity,
    },
    /// A tunnel or a call did not come up, or a tunnel without calls ended.
    TunnelFailed {
        /// Who.
        peer: PeerId,
        /// Which, if it got as far as an id.
        tunnel: Option<l2tp::TunnelId>,
        /// How far it came.
        stage: l2tp::Stage,
        /// Why.
        failure: l2tp::Failure,
    },
    /// A call is up: the owner starts PPP on it.
    CallUp {
        /// Who.
        peer: PeerId,
        /// The call.
        link: LinkId,
        /// The GUID by which Windows ties the call to its own log.
        correlation_id: Option<[u8; 16]>,
    },
    /// PPP says something, or wants to know something.
    Ppp {
        /// The call.
        link: LinkId,
        /// What.
        event: Box<ppp::Event>,
    },
    /// The server of a call that we made advertises itself as a router.
    RouterAdvertisement {
        /// The call.
        link: LinkId,
        /// The IPv6 packet.
        packet: Vec<u8>,
    },
    /// An IP packet of DHCP came in on a call.
    Dhcp {
        /// The call.
        link: LinkId,
        /// The packet.
        packet: Vec<u8>,
    },
    /// A call has ended: either PPP ended it, or was about to, and said why before; or L2TP did.
    CallDown {
        /// The call, which does not exist any more.
        link: LinkId,
        /// The last state of the link, with its counters.
        last: Box<crate::datapath::Link>,
        /// Why L2TP ended it; `None` when PPP did.
        failure: Option<l2tp::Failure>,
    },
}

/// The engines and the data path of one worker.
pub struct Stack {
    ike: ike::Engine,
    l2tp: l2tp::Engine<PeerId>,
    data: DataPath,
    peers: Peers,
    /// The server that is reached without IPsec.
    unprotected: Option<Unprotected>,
    by_child: HashMap<ChildId, Child>,
    by_spi: HashMap<u32, ChildId>,
    calls: HashMap<LinkId, Call>,
    by_session: HashMap<l2tp::SessionId, LinkId>,
    /// Why the last association of a peer ended, until the peer is forgotten.
    last_close: HashMap<PeerId, ike::CloseReason>,
    /// Calls whose PPP may have something to say.
    touched: BTreeSet<LinkId>,
    timers: DeadlineQueue<Timer>,
    events: VecDeque<Event>,
}

/// The timers that are the stack's own; the engines keep theirs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Timer {
    /// The next timer of a call's PPP.
    Ppp(LinkId),
    /// A peer has been without associations for long enough.
    Gone(PeerId),
    /// A peer has been without tunnels for long enough.
    Idle(PeerId),
    /// A NAT in front of us wants to be reminded.
    Keepalive(PeerId),
    /// A client's IPv6 prefix wants to be told again.
    Advertise(LinkId),
}

impl Stack {
    /// A stack without peers.
    pub fn new(ike: ike::Config, l2tp: l2tp::Config, data: DataPath) -> Stack {
        Stack {
            ike: ike::Engine::new(ike),
            l2tp: l2tp::Engine::new(l2tp),
            data,
            peers: Peers::default(),
            unprotected: None,
            by_child: HashMap::new(),
            by_spi: HashMap::new(),
            calls: HashMap::new(),
            by_session: HashMap::new(),
            last_close: HashMap::new(),
            touched: BTreeSet::new(),
            timers: DeadlineQueue::default(),
            events: VecDeque::new(),
        }
    }

    /// Takes datagrams that came to UDP port 500: `segment` octets each, the last perhaps shorter.
    pub fn handle_udp_500(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &[u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        for message in data.chunks(segment.max(1)) {
            self.handle_ike(now, rng, path, false, message, out);
        }
    }

    /// Takes datagrams that came to UDP port 4500: ESP, IKE behind its marker, keepalives (RFC 3948 §2).
    pub fn handle_udp_4500(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        let segment = segment.max(1);
        let mut start = 0;
        while start < data.len() {
            let len = |at: usize| segment.min(data.len() - at);
            match Encapsulated::classify(&data[start..start + len(start)]) {
                Encapsulated::Esp => {
                    // A run of ESP is one batch; the kernel merges by size and sender, not by content.
                    let mut end = start + len(start);
                    while end < data.len() && Encapsulated::classify(&data[end..end + len(end)]) == Encapsulated::Esp {
                        end += len(end);
                    }
                    let run = &mut data[start..end];
                    self.handle_esp(now, rng, path, Encapsulation::Udp, run, segment, out);
                    start = end;
                }
                Encapsulated::Ike { offset } => {
                    let end = start + len(start);
                    self.handle_ike(now, rng, path, true, &data[start + offset..end], out);
                    start = end;
                }
                Encapsulated::Keepalive | Encapsulated::Runt => start += len(start),
            }
        }
    }

    /// Takes an IKE message. `encapsulated` says that it came on port 4500; its non-ESP marker is already gone.
    fn handle_ike(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        encapsulated: bool,
        message: &[u8],
        out: &mut dyn Output,
    ) {
        self.data.flush(out);
        self.ike.handle_datagram(now, rng, path, encapsulated, message);
        self.settle(now, rng, out);
    }

    /// Takes ESP packets as one receive gave them; see [`DataPath::receive`]. [`Stack::flush`] ends the batch.
    #[expect(clippy::too_many_arguments, reason = "what a receive call gives, and where the result goes")]
    pub fn handle_esp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        encapsulation: Encapsulation,
        buffer: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        self.data.receive(now, path, encapsulation, buffer, segment, out);
        if self.data.has_news() {
            self.data.flush(out);
            self.settle(now, rng, out);
        }
    }

    /// Takes what one TUN read gave. [`Stack::flush`] ends the batch.
    pub fn handle_tun(&mut self, offload: VnetHeader, packet: &[u8], out: &mut dyn Output) {
        self.data.transmit(offload, packet, out);
    }

    /// Takes what one TUN read gave, for one call whatever its destination is.
    pub fn handle_tun_for(&mut self, link: LinkId, offload: VnetHeader, packet: &[u8], out: &mut dyn Output) {
        self.data.transmit_on(link, offload, packet, out);
    }

    /// Begins an IKE negotiation with a server.
    pub fn initiate(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        initiate: ike::Initiate,
        out: &mut dyn Output,
    ) -> IkeSaId {
        let sa = self.ike.initiate(now, rng, initiate);
        self.settle(now, rng, out);
        sa
    }

    /// Ends a batch of packets.
    pub fn flush(&mut self, out: &mut dyn Output) {
        self.data.flush(out);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        // A packet train is laid out for the association that it will be sealed by.
        self.data.flush(out);
        self.ike.handle_timeout(now, rng);
        self.l2tp.handle_timeout(now);
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::Ppp(link) => {
                    if let Some(ppp) = self.calls.get_mut(&link).and_then(|call| call.ppp.as_mut()) {
                        ppp.handle_timeout(now, rng);
                        self.touched.insert(link);
                    }
                }
                Timer::Gone(peer) => self.forget_peer(now, rng, peer),
                Timer::Idle(peer) => self.close_idle(now, rng, peer),
                Timer::Keepalive(peer) => self.send_keepalive(now, peer, out),
                Timer::Advertise(link) => self.advertise(now, link, out),
            }
        }
        self.settle(now, rng, out);
    }

    /// When [`Stack::handle_timeout`] wants to be called.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        [self.ike.poll_timeout(), self.l2tp.poll_timeout(), self.timers.peek()].into_iter().flatten().min()
    }

    /// What happened since the last call, one event at a time.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Sends an IP packet of our own on a call.
    pub fn send_ip(&mut self, link: LinkId, packet: &[u8], out: &mut dyn Output) {
        let protocol =
            if packet.first().is_some_and(|first| first >> 4 == 6) { Protocol::IPV6 } else { Protocol::IPV4 };
        self.data.send_frame(link, &full_frame(protocol, packet), out);
    }

    /// Whether clients' questions by DHCP become events; see [`DataPath::set_informs`].
    pub fn set_informs(&mut self, informs: bool) {
        self.data.set_informs(informs);
    }

    /// The data path, for counters and addresses.
    pub fn data(&self) -> &DataPath {
        &self.data
    }

    /// How much there is of everything. Where two tables hold the same thing, the larger counts: none may be forgotten.
    pub fn counts(&self) -> Counts {
        let ike = self.ike.counts();
        let (inbound, ways_out, links) = self.data.counts();
        Counts {
            ike_sas: ike.ike_sas,
            half_open: ike.half_open,
            associations: ike.children.max(inbound).max(self.by_child.len()).max(self.by_spi.len()),
            peers: self.peers.len().max(ways_out).max(self.last_close.len()),
            tunnels: self.l2tp.tunnels().count(),
            calls: links.max(self.calls.len()).max(self.by_session.len()),
        }
    }

    /// Messages that IKE dropped.
    pub fn ike_drops(&self) -> &ike::Drops {
        self.ike.drops()
    }

    /// Replaces what IKE accepts; associations that are up keep what they agreed on.
    pub fn set_ike_config(&mut self, config: ike::Config) {
        self.ike.set_config(config);
    }

    /// Moves messages and events between the engines until none of them has anything left to say.
    fn settle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        loop {
            let mut busy = false;
            for alive in self.data.take_alive() {
                busy = true;
                self.note_alive(now, alive);
            }
            for moved in self.data.take_moved() {
                busy = true;
                self.on_moved(now, rng, moved);
            }
            for punt in self.data.take_punts() {
                busy = true;
                self.on_punt(now, rng, punt, out);
            }
            while let Some(transmit) = self.ike.poll_transmit() {
                busy = true;
                send_ike(&transmit, out);
            }
            while let Some(event) = self.ike.poll_event() {
                busy = true;
                if let Some(keys) = Keys::of(&event) {
                    out.keys(&keys);
                }
                self.on_ike(now, rng, event);
            }
            while let Some((peer, message)) = self.l2tp.poll_transmit() {
                busy = true;
                self.data.send_control(peer, &message, out);
            }
            while let Some(event) = self.l2tp.poll_event() {
                busy = true;
                self.on_l2tp(now, rng, event);
            }
            while let Some(link) = self.touched.pop_first() {
                busy = true;
                self.drain_ppp(now, rng, link, out);
            }
            if !busy {
                return;
            }
        }
    }

    fn on_punt(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, punt: Punt, out: &mut dyn Output) {
        match punt {
            Punt::L2tp { peer, message } => self.l2tp.handle_control(now, rng, peer, &message),
            Punt::RouterSolicitation { link } => self.advertise(now, link, out),
            Punt::RouterAdvertisement { link, packet } => {
                self.events.push_back(Event::RouterAdvertisement { link, packet });
            }
            Punt::Dhcp { link, packet } => self.events.push_back(Event::Dhcp { link, packet }),
            Punt::Ppp { link, frame } => {
                if let Some(ppp) = self.calls.get_mut(&link).and_then(|call| call.ppp.as_mut()) {
                    ppp.handle_frame(now, rng, &frame);
                    self.touched.insert(link);
                }
            }
        }
    }
}

fn send_ike(transmit: &ike::Transmit, out: &mut dyn Output) {
    if transmit.encapsulated {
        let datagram = [&wire::esp::NON_ESP_MARKER[..], &transmit.data].concat();
        out.udp(transmit.path, &datagram, datagram.len());
    } else {
        out.udp(transmit.path, &transmit.data, transmit.data.len());
    }
}
