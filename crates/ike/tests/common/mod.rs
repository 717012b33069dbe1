//! Two engines back to back in virtual time, with a network between them that a test can bend.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(dead_code, unreachable_pub, reason = "every test file uses another part of it")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use clock::Timestamp;
use ike::config::PreSharedKey;
use ike::{ChildKeys, Config, Engine, Event, Failed, IkeSaId, Initiate, Path, Phase1Summary, Transmit};

pub const KEY: &str = "correct horse battery staple";
const LATENCY: Duration = Duration::from_millis(20);

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Client,
    Server,
}

/// A message on its way, as the receiver will see it.
#[derive(Clone, Debug)]
pub struct Datagram {
    pub to: Side,
    pub path: Path,
    pub encapsulated: bool,
    pub data: Vec<u8>,
}

/// What becomes of a message.
#[derive(Clone, Debug)]
pub enum Fate {
    Deliver,
    Drop,
    Twice,
    /// Deliver it so much later.
    Late(Duration),
    /// Deliver these instead.
    Instead(Vec<Datagram>),
}

type Bend = Box<dyn FnMut(usize, &Datagram) -> Fate>;

pub struct Host {
    pub engine: Engine,
    pub rng: ChaCha20Rng,
    pub events: Vec<Event>,
}

impl Host {
    pub fn new(config: Config, seed: u64) -> Self {
        Host { engine: Engine::new(config), rng: ChaCha20Rng::seed_from_u64(seed), events: Vec::new() }
    }

    fn collect(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
    }

    pub fn phase1<'a>(&'a self) -> Vec<&'a Phase1Summary> {
        let up = |event: &'a Event| if let Event::Phase1Up { summary, .. } = event { Some(&**summary) } else { None };
        self.events.iter().filter_map(up).collect()
    }

    pub fn children<'a>(&'a self) -> Vec<&'a ChildKeys> {
        let up = |event: &'a Event| if let Event::ChildUp { child, .. } = event { Some(&**child) } else { None };
        self.events.iter().filter_map(up).collect()
    }

    pub fn failures<'a>(&'a self) -> Vec<&'a Failed> {
        let failed = |event: &'a Event| if let Event::Failed(failed) = event { Some(&**failed) } else { None };
        self.events.iter().filter_map(failed).collect()
    }

    pub fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(wanted)
    }
}

pub struct Pair {
    pub now: Timestamp,
    pub client: Host,
    pub server: Host,
    /// The client's address as the server sees it, and the server's as the client sees it; the ports follow unless `ports` are
    /// given.
    pub nat: Nat,
    flying: VecDeque<(Timestamp, Datagram)>,
    bend: Bend,
    pub sent: Vec<Datagram>,
}

/// Translations between the two.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nat {
    /// What the server sees instead of the client's address.
    pub client: Option<SocketAddr>,
    /// What the client sees instead of the server's address.
    pub server: Option<std::net::IpAddr>,
}

pub fn server_config() -> Config {
    Config { pre_shared_keys: vec![PreSharedKey::for_any_peer(KEY)], ..Config::default() }
}

pub fn client_config() -> Config {
    Config { respond: false, worker: 3, ..Config::default() }
}

impl Pair {
    pub fn new() -> Self {
        Pair::with(client_config(), server_config())
    }

    pub fn with(client: Config, server: Config) -> Self {
        Pair {
            now: Timestamp::ZERO + Duration::from_secs(1000),
            client: Host::new(client, 1),
            server: Host::new(server, 2),
            nat: Nat::default(),
            flying: VecDeque::new(),
            bend: Box::new(|_, _| Fate::Deliver),
            sent: Vec::new(),
        }
    }

    /// Decides on every message, numbered from 0 in the order of sending.
    pub fn bend(&mut self, bend: impl FnMut(usize, &Datagram) -> Fate + 'static) {
        self.bend = Box::new(bend);
    }

    pub fn initiate(&self) -> Initiate {
        let server = self.nat.server.map_or(address("192.0.2.1:500"), |ip| SocketAddr::new(ip, 500));
        Initiate::l2tp(Path { local: address("10.0.0.5:500"), remote: server }, KEY)
    }

    pub fn connect(&mut self) -> IkeSaId {
        let initiate = self.initiate();
        self.connect_with(initiate)
    }

    pub fn connect_with(&mut self, initiate: Initiate) -> IkeSaId {
        let id = self.client.engine.initiate(self.now, &mut self.client.rng, initiate);
        self.run(Duration::from_millis(500));
        id
    }

    /// Runs until `limit` has passed.
    pub fn run(&mut self, limit: Duration) {
        let end = self.now + limit;
        loop {
            self.collect();
            let flight = self.flying.iter().map(|(at, _)| *at).min();
            let timers = [self.client.engine.poll_timeout(), self.server.engine.poll_timeout()];
            let next = timers.into_iter().flatten().chain(flight).min().filter(|&next| next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            while let Some(position) = self.flying.iter().position(|(at, _)| *at <= self.now) {
                let (_, datagram) = self.flying.remove(position).unwrap();
                self.deliver(&datagram);
                self.collect();
            }
            self.client.engine.handle_timeout(self.now, &mut self.client.rng);
            self.server.engine.handle_timeout(self.now, &mut self.server.rng);
        }
        self.now = end;
    }

    pub fn deliver(&mut self, datagram: &Datagram) {
        let host = match datagram.to {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        let (path, encapsulated) = (datagram.path, datagram.encapsulated);
        host.engine.handle_datagram(self.now, &mut host.rng, path, encapsulated, &datagram.data);
    }

    /// Takes what the engines have to say.
    pub fn collect(&mut self) {
        for side in [Side::Client, Side::Server] {
            let host = if side == Side::Client { &mut self.client } else { &mut self.server };
            let mut transmits = Vec::new();
            while let Some(transmit) = host.engine.poll_transmit() {
                transmits.push(transmit);
            }
            host.collect();
            for transmit in transmits {
                let datagram = self.translate(side, transmit);
                let number = self.sent.len();
                self.sent.push(datagram.clone());
                let at = self.now + LATENCY;
                match (self.bend)(number, &datagram) {
                    Fate::Deliver => self.flying.push_back((at, datagram)),
                    Fate::Drop => {}
                    Fate::Twice => self.flying.extend([(at, datagram.clone()), (at, datagram)]),
                    Fate::Late(delay) => self.flying.push_back((at + delay, datagram)),
                    Fate::Instead(datagrams) => self.flying.extend(datagrams.into_iter().map(|other| (at, other))),
                }
            }
        }
    }

    fn translate(&self, from: Side, transmit: Transmit) -> Datagram {
        let Transmit { path, encapsulated, data } = transmit;
        let port = path.local.port();
        let (to, path) = match from {
            Side::Client => {
                let seen = self.nat.client.map_or(path.local, |nat| {
                    if port == 500 { nat } else { SocketAddr::new(nat.ip(), nat.port() + 1) }
                });
                (Side::Server, Path { local: SocketAddr::new(self.server_ip(), path.remote.port()), remote: seen })
            }
            Side::Server => {
                let seen = SocketAddr::new(self.nat.server.unwrap_or(path.local.ip()), port);
                let local_port = match self.nat.client {
                    Some(nat) if path.remote == nat => 500,
                    Some(nat) if path.remote == SocketAddr::new(nat.ip(), nat.port() + 1) => 4500,
                    // A mapping that no longer exists.
                    Some(_) => 9,
                    None => path.remote.port(),
                };
                (Side::Client, Path { local: SocketAddr::new(address("10.0.0.5:0").ip(), local_port), remote: seen })
            }
        };
        Datagram { to, path, encapsulated, data }
    }

    pub fn server_ip(&self) -> std::net::IpAddr {
        address("192.0.2.1:0").ip()
    }

    pub fn close(&mut self, id: IkeSaId) {
        self.client.engine.close(self.now, &mut self.client.rng, id);
        self.run(Duration::from_millis(500));
    }
}

/// The keys of both ends fit together.
pub fn assert_matching(client: &ChildKeys, server: &ChildKeys) {
    assert_eq!((client.spi_in, client.spi_out), (server.spi_out, server.spi_in));
    assert_eq!((&client.inbound, &client.outbound), (&server.outbound, &server.inbound));
    assert_ne!(client.inbound, client.outbound);
    assert_eq!((client.suite, client.mode), (server.suite, server.mode));
    assert_eq!(client.inbound.encryption.len(), client.suite.cipher.key_len());
    assert_eq!(client.inbound.salt.len(), client.suite.cipher.salt_len());
    assert_eq!(client.inbound.integrity.len(), client.suite.auth.map_or(0, |auth| auth.key_len()));
    assert_eq!(client.selectors.remote_port, server.selectors.local_port);
    assert_eq!(client.selectors.local_port, server.selectors.remote_port);
}
