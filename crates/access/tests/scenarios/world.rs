//! One server and its clients on a virtual network in virtual time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use access::client::{self, Dialer};
use access::server::{self, Endpoint, Session};
use access::{Failure, Keys, Output};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use clock::Timestamp;
use diagnose::Verdict;
use ike::config::PreSharedKey;
use ike::{Initiate, Path};
use policy::{Account, Accounts};
use sim::{Link, Network, NodeId, Packet, SegmentId, Unreachable};
use wire::virtio::VnetHeader;

/// The server's address on the Internet.
pub(crate) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

/// A host behind the server, outside the pool.
pub(crate) const OFFICE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 80);

/// The pre-shared key.
pub(crate) const KEY: &str = "a key of more than twenty characters";

/// Longest time that any set-up in these scenarios may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(200);

/// What one TUN write contained.
pub(crate) type TunWrite = (VnetHeader, Vec<u8>);

/// Who sent a packet into the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    Server,
    Client(usize),
}

/// Decides whether a packet that an end sends gets into the network.
pub(crate) type Gate = Box<dyn FnMut(Sender, &Packet) -> bool>;

/// Everything: ends, network, time. A failing test leaves the capture at the server's line.
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) net: Network,
    pub(crate) server: Endpoint,
    pub(crate) server_node: NodeId,
    /// Where clients find the server: its address, or that of the NAT in front of it.
    pub(crate) server_address: IpAddr,
    pub(crate) server_events: Vec<server::Event>,
    pub(crate) server_tun: Vec<TunWrite>,
    pub(crate) clients: Vec<Client>,
    /// Arrivals at hosts that are neither the server nor a client.
    pub(crate) strangers: Vec<(NodeId, Packet)>,
    pub(crate) gate: Option<Gate>,
    /// UDP and ESP payload octets that reached the server, and that it sent.
    pub(crate) octets: (u64, u64),
    /// Packets that the server sent.
    pub(crate) server_sent: u64,
    /// Packets that clients sent.
    pub(crate) sent_by_clients: u64,
    /// The server's keys as a file.
    pub(crate) keys: String,
    by_node: HashMap<NodeId, Sender>,
    idle_steps: u32,
}

/// One client host.
pub(crate) struct Client {
    pub(crate) node: NodeId,
    pub(crate) config: client::Config,
    /// `None` before dialling, and when the host is switched off.
    pub(crate) dialer: Option<Dialer>,
    pub(crate) events: Vec<client::Event>,
    pub(crate) tun: Vec<TunWrite>,
    /// Whether it gave up because it was told that nothing gets to the server, as `causeway dial` does.
    pub(crate) is_unreachable: bool,
    /// Its keys as a file.
    pub(crate) keys: String,
    /// When the dialer wants to be called.
    due: Option<Timestamp>,
}

/// Takes what an end sends.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) packets: Vec<Packet>,
    pub(crate) tun: Vec<TunWrite>,
    pub(crate) keys: String,
}

impl Output for Wire {
    fn udp(&mut self, path: Path, data: &[u8], segment: usize) {
        assert!(!data.is_empty() && segment > 0, "an empty send");
        self.packets.extend(data.chunks(segment).map(|payload| Packet::udp(path.local, path.remote, payload)));
    }

    fn esp(&mut self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize) {
        assert!(!data.is_empty() && segment > 0, "an empty send");
        self.packets.extend(data.chunks(segment).map(|payload| Packet::esp(local, remote, payload)));
    }

    fn tun(&mut self, offload: VnetHeader, packet: &[u8]) {
        self.tun.push((offload, packet.to_vec()));
    }

    fn keys(&mut self, keys: &Keys<'_>) {
        self.keys.push_str(std::str::from_utf8(keys.lines().as_bytes()).expect("a line of text"));
    }
}

/// A server for the users `user0` to `user99`, whose passwords are `password0` and so on, with ninety-nine addresses.
pub(crate) fn server_config() -> server::Config {
    let mut accounts = Accounts::default();
    for number in 0..100 {
        let password = format!("password{number}").into_bytes().into();
        accounts.insert(Account { name: format!("user{number}"), password, address: None, disabled: false });
    }
    let psk = PreSharedKey::for_any_peer(KEY);
    server::Config {
        ike: ike::Config { pre_shared_keys: vec![psk], ..ike::Config::default() },
        l2tp: l2tp::Config::new("server"),
        ppp: ppp::ServerConfig::default(),
        ipv6: None,
        pool: "10.99.0.1-10.99.0.100".parse().expect("a range"),
        dns: vec![Ipv4Addr::new(192, 0, 2, 53)],
        domain: None,
        routes: Vec::new(),
        client_to_client: false,
        accounts,
    }
}

/// A client at `address` for the user of this number.
pub(crate) fn client_config(address: IpAddr, server: IpAddr, user: usize) -> client::Config {
    let path = Path { local: SocketAddr::new(address, 500), remote: SocketAddr::new(server, 500) };
    let password = format!("password{user}").into_bytes().into();
    client::Config {
        ike: ike::Config::default(),
        initiate: Initiate::l2tp(path, KEY),
        l2tp: l2tp::Config::new("client"),
        ppp: ppp::ClientConfig::new(ppp::Credentials { user: format!("user{user}"), password }),
        inform: true,
    }
}

/// An address of the Internet that belongs to client `number`.
pub(crate) fn public(number: u8) -> IpAddr {
    Ipv4Addr::new(198, 51, 100, number).into()
}

impl Drop for World {
    /// A failing test leaves keys beside the captures, and says how to have both explained.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let keys: String = self.clients.iter().map(|client| &client.keys[..]).chain([&self.keys[..]]).collect();
        let directory = std::env::temp_dir().join("causeway-sim");
        let file = directory.join(test_name()).with_extension("keys");
        let captures = file.with_extension("").display().to_string();
        match std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(&file, keys)) {
            Ok(()) => eprintln!("explained by: causeway doctor read {captures}-node-*.pcap --keys {}", file.display()),
            Err(error) => eprintln!("the keys for {} are lost: {error}", file.display()),
        }
    }
}

/// The name of the running test, for the capture file.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("scenario").replace("::", "-")
}

impl World {
    /// A server on the Internet, on good lines.
    pub(crate) fn new(seed: u64) -> World {
        World::with(seed, server_config())
    }

    /// The same with another configuration.
    pub(crate) fn with(seed: u64, config: server::Config) -> World {
        let mut net = Network::new(seed);
        let server_node = net.add_host(Network::INTERNET, &[SERVER], Link::default());
        World::around(seed, config, net, server_node, SERVER)
    }

    /// A server that is already somewhere in a network.
    pub(crate) fn around(
        seed: u64,
        config: server::Config,
        mut net: Network,
        server_node: NodeId,
        server_address: IpAddr,
    ) -> World {
        // Captures and keys of one run go by one name.
        net = net.named(&test_name());
        net.tap(server_node);
        World {
            // Not zero: nothing may depend on where time begins.
            now: Timestamp::ZERO + Duration::from_secs(1000),
            rng: ChaCha20Rng::seed_from_u64(seed),
            net,
            server: Endpoint::new(config),
            server_node,
            server_address,
            server_events: Vec::new(),
            server_tun: Vec::new(),
            clients: Vec::new(),
            strangers: Vec::new(),
            gate: None,
            octets: (0, 0),
            server_sent: 0,
            sent_by_clients: 0,
            keys: String::new(),
            by_node: HashMap::from([(server_node, Sender::Server)]),
            idle_steps: 0,
        }
    }

    /// A world with one client on the Internet, not yet dialling.
    pub(crate) fn with_client(seed: u64) -> World {
        let mut world = World::new(seed);
        world.add_client(Network::INTERNET, public(10));
        world
    }

    /// A world with one client that is connected.
    pub(crate) fn connected(seed: u64) -> World {
        let mut world = World::with_client(seed);
        world.connect_all();
        world
    }

    /// Adds a client host at `address` of `segment`; its user has the number that is returned.
    pub(crate) fn add_client(&mut self, segment: SegmentId, address: IpAddr) -> usize {
        let index = self.clients.len();
        let node = self.net.add_host(segment, &[address], Link::default());
        let config = client_config(address, self.server_address, index);
        let (events, tun) = (Vec::new(), Vec::new());
        let keys = String::new();
        self.clients.push(Client { node, config, dialer: None, events, tun, is_unreachable: false, keys, due: None });
        self.by_node.insert(node, Sender::Client(index));
        index
    }

    /// Records what passes on the clients' lines.
    pub(crate) fn tap_clients(&mut self) {
        self.clients.iter().for_each(|client| self.net.tap(client.node));
    }

    /// Adds a host whose packets the test makes itself.
    pub(crate) fn add_stranger(&mut self, segment: SegmentId, address: IpAddr) -> NodeId {
        self.net.add_host(segment, &[address], Link::default())
    }

    /// Lets a client dial with its configuration.
    pub(crate) fn dial(&mut self, index: usize) {
        let mut wire = Wire::default();
        let config = self.clients[index].config.clone();
        let dialer = Dialer::dial(self.now, &mut self.rng, config, &mut wire);
        self.clients[index].dialer = Some(dialer);
        self.settle_client(index, wire);
    }

    /// Lets a client dial `server` without IPsec, with what else its configuration says.
    pub(crate) fn dial_unprotected(&mut self, index: usize, server: IpAddr) {
        let mut wire = Wire::default();
        let client::Config { initiate, l2tp, mut ppp, .. } = self.clients[index].config.clone();
        ppp.methods = vec![ppp::Method::MsChapV2, ppp::Method::ChapMd5];
        let local = SocketAddr::new(initiate.path.local.ip(), 50_000);
        let config = client::Unprotected { path: Path { local, remote: SocketAddr::new(server, 1701) }, l2tp, ppp };
        let dialer = Dialer::dial_unprotected(self.now, &mut self.rng, config, &mut wire);
        self.clients[index].dialer = Some(dialer);
        self.settle_client(index, wire);
    }

    /// Lets every client dial and waits until all are up.
    pub(crate) fn connect_all(&mut self) {
        (0..self.clients.len()).for_each(|index| self.dial(index));
        let all_up = |world: &World| (0..world.clients.len()).all(|index| world.is_up(index));
        if !self.run_until(PATIENCE, all_up) {
            panic!("not all clients are up: {:#?}", self.server_events);
        }
        // The server hears last that all is well.
        self.run_for(Duration::from_secs(1));
    }

    /// Switches a client host off: it says and answers nothing any more.
    pub(crate) fn switch_off(&mut self, index: usize) {
        (self.clients[index].dialer, self.clients[index].due) = (None, None);
    }

    /// Switches all client hosts off.
    pub(crate) fn switch_all_off(&mut self) {
        (0..self.clients.len()).for_each(|index| self.switch_off(index));
    }

    /// Whether a client has its address.
    pub(crate) fn is_up(&self, index: usize) -> bool {
        self.clients[index].dialer.as_ref().is_some_and(|dialer| !dialer.has_ended() && dialer.address().is_some())
    }

    /// A client's address in the tunnel.
    pub(crate) fn address(&self, index: usize) -> Ipv4Addr {
        let address = self.clients[index].dialer.as_ref().and_then(Dialer::address);
        address.expect("the client is connected")
    }

    /// The dialer of a client that is switched on.
    pub(crate) fn dialer(&self, index: usize) -> &Dialer {
        self.clients[index].dialer.as_ref().expect("the client dials")
    }

    /// Why and at which stage a client's attempt or connection ended.
    pub(crate) fn end_of(&self, index: usize) -> Option<(&Failure, access::Stage)> {
        let mut ends = self.clients[index].events.iter().filter_map(|event| match event {
            client::Event::Ended { failure, stage, .. } => Some((failure, *stage)),
            _ => None,
        });
        let first = ends.next();
        assert!(ends.next().is_none(), "a client ended twice");
        first
    }

    /// Calls the server and sends what it puts out.
    pub(crate) fn at_server<R>(
        &mut self,
        act: impl FnOnce(&mut Endpoint, Timestamp, &mut ChaCha20Rng, &mut Wire) -> R,
    ) -> R {
        let mut wire = Wire::default();
        let result = act(&mut self.server, self.now, &mut self.rng, &mut wire);
        self.server.flush(&mut wire);
        self.settle_server(wire);
        result
    }

    /// Calls a client, if it is switched on, and sends what it puts out.
    pub(crate) fn at_client<R>(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Dialer, Timestamp, &mut ChaCha20Rng, &mut Wire) -> R,
    ) -> Option<R> {
        let mut wire = Wire::default();
        let dialer = self.clients[index].dialer.as_mut()?;
        let result = act(dialer, self.now, &mut self.rng, &mut wire);
        dialer.flush(&mut wire);
        self.settle_client(index, wire);
        Some(result)
    }

    /// Hands an IP packet to a client's TUN device.
    pub(crate) fn client_sends(&mut self, index: usize, offload: VnetHeader, packet: &[u8]) {
        self.at_client(index, |dialer, _, _, out| dialer.handle_tun(offload, packet, out));
    }

    /// Hands an IP packet to the server's TUN device.
    pub(crate) fn server_sends(&mut self, offload: VnetHeader, packet: &[u8]) {
        self.at_server(|server, _, _, out| server.handle_tun(offload, packet, out));
    }

    /// Lets time pass.
    pub(crate) fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.step(end) {}
    }

    /// Lets time pass until `done` or for as long as `patience`; whether it came to be done.
    pub(crate) fn run_until(&mut self, patience: Duration, done: impl Fn(&World) -> bool) -> bool {
        let end = self.now + patience;
        loop {
            if done(self) {
                return true;
            }
            if !self.step(end) {
                return done(self);
            }
        }
    }

    /// Every verdict of the server so far.
    pub(crate) fn failures(&self) -> Vec<(&Session, &Failure)> {
        let failed = self.server_events.iter().filter_map(|event| match event {
            server::Event::Failed { session, failure } => Some((&**session, failure)),
            _ => None,
        });
        failed.collect()
    }

    /// The one verdict of the server about the one attempt there was.
    pub(crate) fn only_verdict(&self) -> (Verdict, &Session) {
        let failures = self.failures();
        let [(session, failure)] = failures[..] else { panic!("not one verdict: {failures:#?}") };
        (Verdict::of(failure), session)
    }

    /// Connections that came up at the server so far.
    pub(crate) fn ups(&self) -> usize {
        self.server_events.iter().filter(|event| matches!(event, server::Event::Up { .. })).count()
    }

    /// Connections that went down at the server so far, and why.
    pub(crate) fn downs(&self) -> Vec<(&Session, &server::End)> {
        let down = self.server_events.iter().filter_map(|event| match event {
            server::Event::Down { session, end } => Some((&**session, end)),
            _ => None,
        });
        down.collect()
    }

    /// Nothing is left at the server of whoever was there, once its last timers have run out.
    pub(crate) fn assert_server_is_empty(&mut self) {
        self.switch_all_off();
        self.run_for(Duration::from_secs(600));
        assert_eq!(self.server.sessions().count(), 0, "records are left: {:#?}", self.server.sessions().next());
        assert_eq!(self.server.pool().in_use(), 0, "addresses are left");
        assert_eq!(self.server.counts(), access::server::Counts::default(), "something is left");
        assert_eq!(self.server.poll_timeout(), None, "a timer is left");
    }

    /// Goes on to the next thing that happens; false when nothing happens until `end`, which is then now.
    fn step(&mut self, end: Timestamp) -> bool {
        let timers = self.clients.iter().filter_map(|client| client.due);
        let due = timers.chain(self.server.poll_timeout()).chain(self.net.next_event()).min();
        let Some(due) = due.filter(|&due| due <= end) else {
            self.now = self.now.max(end);
            return false;
        };
        self.idle_steps = if due <= self.now { self.idle_steps + 1 } else { 0 };
        assert!(self.idle_steps < 100_000, "time does not go on: somebody is always due");
        self.now = self.now.max(due);
        while let Some((node, packet)) = self.net.poll(self.now) {
            self.deliver(node, packet);
        }
        if self.server.poll_timeout().is_some_and(|at| at <= self.now) {
            self.at_server(|server, now, rng, out| server.handle_timeout(now, rng, out));
        }
        for index in 0..self.clients.len() {
            if self.clients[index].due.is_some_and(|at| at <= self.now) {
                self.at_client(index, |dialer, now, rng, out| dialer.handle_timeout(now, rng, out));
            }
        }
        true
    }

    fn deliver(&mut self, node: NodeId, packet: Packet) {
        let Some(&receiver) = self.by_node.get(&node) else {
            return self.strangers.push((node, packet));
        };
        let (path, mut data, port) = match packet {
            Packet::Udp { src, dst, payload } => (Path { local: dst, remote: src }, payload, Some(dst.port())),
            Packet::Esp { src, dst, payload } => {
                let path = Path { local: SocketAddr::new(dst, 0), remote: SocketAddr::new(src, 0) };
                (path, payload, None)
            }
            Packet::Unreachable { reason, original, .. } => return self.note_unreachable(receiver, reason, &original),
        };
        let len = data.len();
        match receiver {
            Sender::Server => {
                self.octets.0 += len as u64;
                self.at_server(|server, now, rng, out| match port {
                    None => server.handle_esp(now, rng, path, &mut data, out),
                    Some(4500) => server.handle_udp_4500(now, rng, path, &mut data, len, out),
                    Some(500) => server.handle_udp_500(now, rng, path, &data, len, out),
                    // Nothing else is open: the server has no way in for clear-text L2TP.
                    Some(_) => {}
                });
            }
            Sender::Client(index) => {
                self.at_client(index, |dialer, now, rng, out| match port {
                    None => dialer.handle_esp(now, rng, path, &mut data, out),
                    Some(4500) => dialer.handle_udp_4500(now, rng, path, &mut data, len, out),
                    Some(500) => dialer.handle_udp_500(now, rng, path, &data, len, out),
                    Some(_) => dialer.handle_unprotected(now, rng, path, &mut data, len, out),
                });
            }
        }
    }

    fn note_unreachable(&mut self, receiver: Sender, reason: Unreachable, original: &Packet) {
        let (Sender::Client(index), Unreachable::Host | Unreachable::Port) = (receiver, reason) else { return };
        let told = self.at_client(index, |dialer, now, rng, out| {
            let believed = dialer.believes_unreachable(original.destination());
            if believed {
                dialer.hang_up(now, rng, out);
            }
            believed
        });
        self.clients[index].is_unreachable |= told == Some(true);
    }

    fn settle_server(&mut self, wire: Wire) {
        while let Some(event) = self.server.poll_event() {
            self.server_events.push(event);
        }
        self.server_tun.extend(wire.tun);
        self.keys.push_str(&wire.keys);
        for packet in wire.packets {
            self.octets.1 += payload_len(&packet) as u64;
            self.server_sent += 1;
            self.send(Sender::Server, self.server_node, packet);
        }
    }

    fn settle_client(&mut self, index: usize, wire: Wire) {
        let client = &mut self.clients[index];
        while let Some(event) = client.dialer.as_mut().and_then(Dialer::poll_event) {
            client.events.push(event);
        }
        client.due = client.dialer.as_mut().and_then(Dialer::poll_timeout);
        client.tun.extend(wire.tun);
        client.keys.push_str(&wire.keys);
        let node = client.node;
        self.sent_by_clients += wire.packets.len() as u64;
        wire.packets.into_iter().for_each(|packet| self.send(Sender::Client(index), node, packet));
    }

    fn send(&mut self, sender: Sender, node: NodeId, packet: Packet) {
        if self.gate.as_mut().is_none_or(|gate| gate(sender, &packet)) {
            self.net.send(self.now, node, packet);
        }
    }
}

fn payload_len(packet: &Packet) -> usize {
    match packet {
        Packet::Udp { payload, .. } | Packet::Esp { payload, .. } => payload.len(),
        Packet::Unreachable { .. } => 0,
    }
}
