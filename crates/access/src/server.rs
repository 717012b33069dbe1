//! The server: who may connect, with which address, and what is told about it.

mod events;
mod session;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

use autoconf::{Ipv4Net, Offer};
use clock::{DeadlineQueue, Timestamp};
use ike::{IkeSaId, Path};
use policy::{Accounts, Denied, Ipv6Range, Pool, PoolRange, Prefixes};
use rand_core::CryptoRng;
use wire::virtio::VnetHeader;

use crate::datapath::{Admission, DataPath, Drops, Encapsulation, LinkId, PeerId};
use crate::stack::Stack;
use crate::{Failure, Output};

pub use ppp::Method as AuthMethod;
pub use session::{Session, SessionId};

/// How long a client may take from phase 1 to its associations, and again from these to its tunnel. Linux clients start
/// IPsec and L2TP by hand, one after the other.
const TUNNEL_PATIENCE: Duration = Duration::from_secs(60);

/// How often quick mode message 2 is repeated unasked, at least. A client whose message 3 is lost believes that all is well
/// and sends ESP; no message of its own would ever mend that.
const QUICK_MODE_REPEATS: u32 = 2;

/// What a server does.
#[derive(Clone, Debug)]
pub struct Config {
    /// IKE: keys, proposals, limits.
    pub ike: ike::Config,
    /// L2TP: names, limits, timers.
    pub l2tp: l2tp::Config,
    /// PPP: authentication methods, timers.
    pub ppp: ppp::ServerConfig,
    /// Addresses for clients.
    pub pool: PoolRange,
    /// Prefixes for clients; without it there is no IPv6.
    pub ipv6: Option<Ipv6Range>,
    /// Name servers for clients.
    pub dns: Vec<Ipv4Addr>,
    /// The domain of the network behind the server, for clients that ask for it.
    pub domain: Option<String>,
    /// Networks behind the server, for clients that ask where the tunnel leads.
    pub routes: Vec<Ipv4Net>,
    /// Whether clients may reach one another.
    pub client_to_client: bool,
    /// The users.
    pub accounts: Accounts,
}

/// What is worth telling.
#[derive(Debug)]
pub enum Event {
    /// An attempt failed: the one verdict about it.
    Failed {
        /// Everything known about the attempt.
        session: Box<Session>,
        /// Why.
        failure: Failure,
    },
    /// A client is connected.
    Up {
        /// Its record.
        session: Box<Session>,
    },
    /// A client that was connected is not any more.
    Down {
        /// Its record, with the final counters.
        session: Box<Session>,
        /// Why.
        end: End,
    },
    /// A connected client's address or port changed.
    Moved {
        /// Its record.
        session: Box<Session>,
    },
    /// Renewing the associations of a connected client failed; it may try again.
    RekeyFailed {
        /// Its record.
        session: Box<Session>,
        /// Why.
        failure: Failure,
    },
}

/// Why a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// PPP ended: the client hung up, or did not answer any more, or we closed it.
    Ppp {
        /// Why.
        failure: ppp::Failure,
    },
    /// L2TP ended under PPP.
    L2tp {
        /// Why.
        failure: l2tp::Failure,
    },
}

/// How much there is, for status and for tests that nothing is forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// IKE SAs that are up or beyond their third message.
    pub ike_sas: usize,
    /// Half-open IKE SAs.
    pub half_open: usize,
    /// Pairs of ESP associations.
    pub associations: usize,
    /// Client hosts that have proved the key.
    pub peers: usize,
    /// L2TP tunnels, those that are ending included.
    pub tunnels: usize,
    /// L2TP calls that are up.
    pub calls: usize,
}

/// A whole remote access server, without IO.
///
/// Feed it with the `handle_*` methods, end every batch with [`Endpoint::flush`], then poll [`Endpoint::poll_event`] until it
/// returns `None`, then [`Endpoint::poll_timeout`].
pub struct Endpoint {
    stack: Stack,
    pool: Pool,
    prefixes: Option<Prefixes>,
    accounts: Accounts,
    /// What clients are told that ask; its name servers also go with the address.
    offer: Offer,
    ppp: ppp::ServerConfig,
    sessions: BTreeMap<SessionId, Session>,
    by_sa: HashMap<IkeSaId, SessionId>,
    /// The session that stands for a peer until its first call, and the template for further ones.
    by_peer: HashMap<PeerId, PeerRecord>,
    by_link: HashMap<LinkId, SessionId>,
    patience: DeadlineQueue<PeerId>,
    next: u64,
    events: VecDeque<Event>,
}

/// What is kept of a peer beside its sessions.
struct PeerRecord {
    /// The attempt that has not come to a call yet.
    pending: Option<SessionId>,
    /// The tunnel that it has come to.
    tunnel: Option<l2tp::TunnelId>,
    /// What is known of the peer, for the records of its calls.
    template: Session,
}

impl Endpoint {
    /// A server without clients.
    pub fn new(config: Config) -> Endpoint {
        let mut pool = Pool::new(config.pool);
        pool.reserve(config.accounts.iter().filter_map(|account| account.address));
        let data = DataPath::new(Admission {
            ipv4: Some(config.pool),
            ipv6: config.ipv6,
            client_to_client: config.client_to_client,
        });
        let offer = Offer { dns: config.dns, domain: config.domain, routes: config.routes };
        let mut stack = Stack::new(patient(config.ike), config.l2tp, data);
        stack.set_informs(!offer.is_empty());
        Endpoint {
            stack,
            pool,
            prefixes: config.ipv6.map(Prefixes::new),
            accounts: config.accounts,
            offer,
            ppp: config.ppp,
            sessions: BTreeMap::new(),
            by_sa: HashMap::new(),
            by_peer: HashMap::new(),
            by_link: HashMap::new(),
            patience: DeadlineQueue::default(),
            next: 1,
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
        self.stack.handle_udp_500(now, rng, path, data, segment, out);
        self.react(now, rng, out);
    }

    /// Takes datagrams that came to UDP port 4500: ESP, IKE behind its marker, keepalives.
    pub fn handle_udp_4500(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        path: Path,
        data: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        self.stack.handle_udp_4500(now, rng, path, data, segment, out);
        self.react(now, rng, out);
    }

    /// Takes a raw ESP packet (IP protocol 50), without its IP header. The ports of `path` are zero.
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

    /// Takes what one TUN read gave.
    pub fn handle_tun(&mut self, offload: VnetHeader, packet: &[u8], out: &mut dyn Output) {
        self.stack.handle_tun(offload, packet, out);
    }

    /// Ends a batch of packets.
    pub fn flush(&mut self, out: &mut dyn Output) {
        self.stack.flush(out);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        self.stack.handle_timeout(now, rng, out);
        self.react(now, rng, out);
        while let Some(peer) = self.patience.expire(now) {
            self.give_up_on_tunnel(now, rng, peer, out);
        }
    }

    /// When [`Endpoint::handle_timeout`] wants to be called.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        [self.stack.poll_timeout(), self.patience.peek()].into_iter().flatten().min()
    }

    /// What is worth telling, one event at a time.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Ends a session; returns whether there was one of that name.
    pub fn disconnect(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, id: SessionId, out: &mut dyn Output) -> bool {
        let Some(session) = self.sessions.get(&id) else { return false };
        match (session.link, session.peer) {
            (Some(link), _) => self.stack.hang_up(now, rng, link, ppp::CloseReason::Administrator, out),
            (None, Some(peer)) => self.stack.close_peer(now, rng, peer, out),
            (None, None) => return false,
        }
        self.react(now, rng, out);
        true
    }

    /// Ends everything, telling every client.
    pub fn shut_down(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut dyn Output) {
        let links: Vec<_> = self.by_link.keys().copied().collect();
        for link in links {
            self.stack.hang_up(now, rng, link, ppp::CloseReason::Shutdown, out);
        }
        self.react(now, rng, out);
        let peers: Vec<_> = self.by_peer.keys().copied().collect();
        for peer in peers {
            self.stack.close_peer(now, rng, peer, out);
        }
        self.react(now, rng, out);
    }

    /// Replaces what is accepted from now on. Sessions that are up stay as they are.
    pub fn reconfigure(&mut self, config: Config) {
        self.stack.set_ike_config(patient(config.ike));
        self.pool.reserve(config.accounts.iter().filter_map(|account| account.address));
        self.accounts = config.accounts;
        self.offer = Offer { dns: config.dns, domain: config.domain, routes: config.routes };
        self.stack.set_informs(!self.offer.is_empty());
        self.ppp = config.ppp;
    }

    /// Says which accounts may not log on for now ([`Accounts::bar`]). Sessions that are up stay as they are.
    pub fn bar(&mut self, barred: BTreeMap<String, Denied>) {
        self.accounts.bar(barred);
    }

    /// Every session and every attempt, in the order of their beginning.
    pub fn sessions(&self) -> impl Iterator<Item = Session> + '_ {
        self.sessions.values().map(|session| self.current(session))
    }

    /// The address pool.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How much there is of everything.
    pub fn counts(&self) -> Counts {
        let stack = self.stack.counts();
        let calls = stack.calls.max(self.by_link.len());
        Counts { peers: stack.peers.max(self.by_peer.len()), calls, ..stack }
    }

    /// Packets that the data path dropped.
    pub fn drops(&self) -> &Drops {
        self.stack.data().drops()
    }

    /// Messages that IKE dropped.
    pub fn ike_drops(&self) -> &ike::Drops {
        self.stack.ike_drops()
    }

    /// A session's record with its current counters.
    fn current(&self, session: &Session) -> Session {
        let mut session = session.clone();
        if let Some(link) = session.link.and_then(|link| self.stack.data().link(link)) {
            session.traffic = link.traffic;
        }
        if let Some(peer) = session.peer {
            session.esp = self.stack.data().suite(peer).or(session.esp);
        }
        session
    }

    fn new_session(&mut self, now: Timestamp, path: Path) -> SessionId {
        let id = SessionId(self.next);
        self.next += 1;
        self.sessions.insert(id, Session::new(id, now, path));
        id
    }
}

/// The configuration with the patience of somebody who wants the client to succeed.
fn patient(mut ike: ike::Config) -> ike::Config {
    ike.timing.quick_mode_repeats = ike.timing.quick_mode_repeats.max(QUICK_MODE_REPEATS);
    ike
}
