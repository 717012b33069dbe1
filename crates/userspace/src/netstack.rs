//! A TCP/IP stack for one address, without IO: IP packets in and out, connections, names and echoes at the other side.

mod device;
mod echo;
mod flow;
mod inspect;
mod joint;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use clock::Timestamp;
use smoltcp::iface::{Interface, SocketHandle, SocketSet};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr, IpEndpoint};
use wire::Malformed;
use wire::virtio::VnetHeader;

use crate::failure::{Denial, Failure, Local, Refusal};
use crate::resolve::{Name, QuestionId, Resolver};
use device::{Link, Outbox};
use echo::Echoes;
pub use echo::PingId;
use flow::{Flow, Seen};
use inspect::{Quoted, Subject};

/// First of the ports that connections come from (RFC 6335 §6).
const FIRST_EPHEMERAL: u16 = 49152;

/// Port of the domain name system.
const DNS_PORT: u16 = 53;

/// Smallest and largest MTU that the stack takes: what every IPv4 host takes (RFC 1122 §3.3.3), and what Ethernet has at most.
const MTU_RANGE: (usize, usize) = (576, 9216);

/// Time until the stack is asked again when it claims to have something due and has nothing: never a busy loop.
const RESPITE: Duration = Duration::from_millis(10);

/// How long a released connection may take to end in order.
const LINGER: Duration = Duration::from_secs(60);

/// What the tunnel gave us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Our address in the tunnel.
    pub address: Ipv4Addr,
    /// Octets of the largest IP packet that the tunnel carries; taken as 576 when below and as 9216 when above.
    pub mtu: usize,
    /// Name servers, the best one first; at most four are used.
    pub name_servers: Vec<Ipv4Addr>,
    /// Bounds of memory.
    pub limits: Limits,
}

/// Bounds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections, with those that have been released and are still ending.
    pub flows: usize,
    /// Octets of each connection's receive buffer, which is also the largest window, and of its send buffer.
    pub buffer: usize,
    /// Open questions to the name servers.
    pub questions: usize,
    /// Packets that wait to be sent.
    pub packets: usize,
}

impl Default for Limits {
    /// 256 connections with buffers of 256 KiB, 64 questions, 512 packets.
    fn default() -> Self {
        Limits { flows: 256, buffer: 256 * 1024, questions: 64, packets: 512 }
    }
}

/// Names a connection through the tunnel; never used twice by one stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(u64);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is established.
    Connected {
        /// Which.
        flow: FlowId,
    },
    /// Something may have come to read, room to write, or the other side has finished. Edge-triggered: read until nothing is
    /// left and write until there is no room.
    Ready {
        /// Which.
        flow: FlowId,
    },
    /// The connection did not come about or has ended; what came before can still be read. Once for each connection that was
    /// not released before. [`Netstack::release`] forgets it.
    Ended {
        /// Which.
        flow: FlowId,
        /// Why; `None` when both sides had finished.
        failure: Option<Failure>,
    },
    /// A name was looked up.
    Resolved {
        /// The question.
        question: QuestionId,
        /// At least one address, in the server's order.
        result: Result<Vec<Ipv4Addr>, Failure>,
    },
    /// An echo came back, or did not.
    Pong {
        /// Which.
        ping: PingId,
        /// The round trip.
        result: Result<Duration, Failure>,
    },
}

/// A TCP/IP stack for one address.
///
/// After any command or `handle_*` method, poll [`Netstack::poll_event`] and react, then [`Netstack::poll_packet`], each until
/// `None`, then [`Netstack::poll_timeout`].
pub struct Netstack {
    address: Ipv4Addr,
    mtu: usize,
    limits: Limits,
    rng: ChaCha20Rng,
    interface: Interface,
    sockets: SocketSet<'static>,
    outbox: Outbox,
    flows: BTreeMap<FlowId, Flow>,
    ports: HashMap<u16, FlowId>,
    next_flow: u64,
    /// Flows with something to report, each once.
    changed: VecDeque<FlowId>,
    resolver: Resolver,
    dns: SocketHandle,
    echoes: Echoes,
    events: VecDeque<Event>,
    /// When the stack last had nothing to send; `None` after anything that may have given it something.
    settled: Option<Timestamp>,
}

impl Netstack {
    /// A stack at one end of a tunnel. From `seed` come ports, sequence numbers and question identifiers: it must be secret
    /// and never used twice.
    pub fn new(now: Timestamp, config: &Config, seed: [u8; 32]) -> Netstack {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let mtu = config.mtu.clamp(MTU_RANGE.0, MTU_RANGE.1);
        let mut outbox = Outbox::new(mtu, config.limits.packets.max(1));
        let mut settings = smoltcp::iface::Config::new(HardwareAddress::Ip);
        settings.random_seed = rng.next_u64();
        let mut link = Link { received: None, outbox: &mut outbox };
        let mut interface = Interface::new(settings, &mut link, instant(now));
        // The stack takes nothing but unicast addresses, and a server may have assigned anything: then it has none, and
        // every connection fails.
        if !(config.address.is_unspecified() || config.address.is_multicast() || config.address.is_broadcast()) {
            let own = IpCidr::new(IpAddress::from(config.address), 32);
            interface.update_ip_addrs(|addresses| addresses.extend([own]));
        }
        let mut sockets = SocketSet::new(Vec::new());
        let dns = sockets.add(dns_socket());
        let echoes = Echoes::new(&mut sockets, rng.next_u32() as u16);
        Netstack {
            address: config.address,
            mtu,
            limits: config.limits,
            rng,
            interface,
            sockets,
            outbox,
            flows: BTreeMap::new(),
            ports: HashMap::new(),
            next_flow: 0,
            changed: VecDeque::new(),
            resolver: Resolver::new(&config.name_servers, config.limits.questions),
            dns,
            echoes,
            events: VecDeque::new(),
            settled: None,
        }
    }

    /// Our address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The MTU in use.
    pub fn mtu(&self) -> usize {
        self.mtu
    }

    /// Connections, with those that have been released and are still ending.
    pub fn flows(&self) -> usize {
        self.flows.len()
    }

    /// Takes a packet that came through the tunnel, perhaps a joint one, as the access layer gives it.
    ///
    /// # Errors
    /// [`Malformed`] for what is no IP packet or not what `offload` says. Other packets that are of no use are dropped, as any
    /// host does.
    pub fn handle_packet(&mut self, now: Timestamp, offload: VnetHeader, packet: &[u8]) -> Result<(), Malformed> {
        let packet = &*joint::completed(offload, packet)?;
        let subject = inspect::subject(packet)?;
        self.settled = None;
        if let Subject::Undeliverable { code, what } = subject {
            self.on_undeliverable(now, Refusal::Unreachable(code), what);
            return Ok(());
        }
        let mut link = Link { received: Some(packet), outbox: &mut self.outbox };
        self.interface.poll_ingress_single(instant(now), &mut link, &mut self.sockets);
        match subject {
            Subject::Tcp { port } => {
                if let Some(&flow) = self.ports.get(&port) {
                    self.observe(now, flow, Seen::AfterReceiving);
                }
            }
            Subject::Udp => self.receive_answers(now),
            Subject::Icmp | Subject::Undeliverable { .. } => {
                self.echoes.receive(now, &mut self.sockets, &mut self.events)
            }
            Subject::Other => {
                self.receive_answers(now);
                self.echoes.receive(now, &mut self.sockets, &mut self.events);
                self.observe_all(now, Seen::AfterReceiving);
            }
        }
        Ok(())
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.resolver.handle_timeout(now);
        self.settle_resolver();
        self.echoes.handle_timeout(now, &mut self.events);
        let overdue = |flow: &Flow| flow.released.is_some_and(|until| until <= now);
        let overdue: Vec<_> = self.flows.iter().filter(|(_, flow)| overdue(flow)).map(|(&id, _)| id).collect();
        for id in overdue {
            self.abort(id);
        }
        self.transmit(now);
    }

    /// The next packet for the tunnel.
    pub fn poll_packet(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        if self.outbox.len() == 0 && self.settled != Some(now) {
            self.transmit(now);
        }
        self.outbox.pop()
    }

    /// What happened, one event at a time.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        while let Some(id) = self.changed.pop_front() {
            let Some(flow) = self.flows.get_mut(&id) else { continue };
            let event = flow.poll_event(id);
            if !flow.has_nothing_to_report() {
                self.changed.push_front(id);
            }
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// When [`Netstack::handle_timeout`] wants to be called; `now` while packets or events wait.
    pub fn poll_timeout(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.outbox.len() > 0 || !self.events.is_empty() || !self.changed.is_empty() {
            return Some(now);
        }
        let stack = self.interface.poll_at(instant(now), &self.sockets).map(timestamp);
        let stack = match (stack, self.settled) {
            (Some(at), Some(settled)) if at <= settled => Some(settled + RESPITE),
            (stack, _) => stack,
        };
        let released = self.flows.values().filter_map(|flow| flow.released).min();
        let deadlines = [stack, released, self.resolver.poll_timeout(), self.echoes.poll_timeout()];
        deadlines.into_iter().flatten().min()
    }

    /// Begins to connect to `remote`.
    ///
    /// # Errors
    /// [`Denial::Destination`] and [`Local::Connections`].
    pub fn connect(&mut self, now: Timestamp, remote: SocketAddrV4) -> Result<FlowId, Failure> {
        if !inspect::is_connectable(remote) || *remote.ip() == self.address {
            return Err(Failure::Denied(Denial::Destination));
        }
        if self.flows.len() >= self.limits.flows && !self.evict() {
            return Err(Failure::Local(Local::Connections));
        }
        let port = self.free_port();
        let mut socket = flow::socket(self.limits.buffer);
        let to = IpEndpoint::new(IpAddress::from(*remote.ip()), remote.port());
        // It fails only without an address of our own: everything else is checked above.
        socket.connect(self.interface.context(), to, port).map_err(|_| Failure::Denied(Denial::Destination))?;
        self.next_flow += 1;
        let id = FlowId(self.next_flow);
        let handle = self.sockets.add(socket);
        self.flows.insert(id, Flow::new(handle, SocketAddrV4::new(self.address, port), remote, now));
        self.ports.insert(port, id);
        self.settled = None;
        Ok(id)
    }

    /// Our end of a connection.
    pub fn local_addr(&self, flow: FlowId) -> Option<SocketAddrV4> {
        self.flows.get(&flow).map(|flow| flow.local)
    }

    /// Octets that can be read.
    pub fn readable(&self, flow: FlowId) -> usize {
        self.socket(flow).map_or(0, tcp::Socket::recv_queue)
    }

    /// Octets that can be written; zero while connecting and after [`Netstack::shutdown`].
    pub fn room(&self, flow: FlowId) -> usize {
        let room = |socket: &tcp::Socket<'_>| socket.send_capacity().saturating_sub(socket.send_queue());
        self.socket(flow).filter(|socket| socket.may_send()).map_or(0, room)
    }

    /// Whether the other side has finished and everything that it sent has been read.
    pub fn is_finished(&self, flow: FlowId) -> bool {
        self.flows.get(&flow).is_some_and(|flow| flow.established) && self.socket(flow).is_some_and(|s| !s.may_recv())
    }

    /// Lets `take` look at octets that have come, which need not be all, and say how many it took. Returns that number; zero
    /// also when there are none.
    pub fn read_with(&mut self, flow: FlowId, take: impl FnOnce(&[u8]) -> usize) -> usize {
        self.settled = None;
        let Some(socket) = self.socket_mut(flow).filter(|socket| socket.can_recv()) else { return 0 };
        let taken = socket.recv(|octets| {
            let taken = take(octets).min(octets.len());
            (taken, taken)
        });
        taken.unwrap_or(0)
    }

    /// Copies octets that have come; returns how many.
    pub fn read(&mut self, flow: FlowId, into: &mut [u8]) -> usize {
        self.settled = None;
        self.socket_mut(flow).and_then(|socket| socket.recv_slice(into).ok()).unwrap_or(0)
    }

    /// Lets `fill` write into room that is free, which need not be all, and say how many octets it wrote. Returns that number;
    /// zero also when there is no room.
    pub fn write_with(&mut self, flow: FlowId, fill: impl FnOnce(&mut [u8]) -> usize) -> usize {
        self.settled = None;
        let Some(socket) = self.socket_mut(flow).filter(|socket| socket.can_send()) else { return 0 };
        let written = socket.send(|room| {
            let written = fill(room).min(room.len());
            (written, written)
        });
        written.unwrap_or(0)
    }

    /// Writes octets as far as there is room; returns how many.
    pub fn write(&mut self, flow: FlowId, octets: &[u8]) -> usize {
        self.settled = None;
        self.socket_mut(flow).and_then(|socket| socket.send_slice(octets).ok()).unwrap_or(0)
    }

    /// Nothing more will be written: the other side is told after what was written before. It may go on sending.
    pub fn shutdown(&mut self, flow: FlowId) {
        self.settled = None;
        if let Some(socket) = self.socket_mut(flow).filter(|socket| socket.may_send()) {
            socket.close();
        }
    }

    /// Forgets a connection. What was written still goes out, for up to a minute; what still comes is answered with a reset.
    pub fn release(&mut self, now: Timestamp, flow: FlowId) {
        if !self.flows.get(&flow).is_some_and(|flow| flow.established) {
            self.remove(flow);
            return;
        }
        self.shutdown(flow);
        if let Some(flow) = self.flows.get_mut(&flow) {
            flow.released = Some(now + LINGER);
        }
        self.observe(now, flow, Seen::AfterReceiving);
    }

    /// Forgets a connection and tells the other side that it is broken.
    pub fn abort(&mut self, flow: FlowId) {
        self.settled = None;
        if !self.flows.get(&flow).is_some_and(|flow| flow.established) {
            self.remove(flow);
            return;
        }
        if let Some(socket) = self.socket_mut(flow) {
            socket.abort();
        }
        // The socket stays until its reset is on the way.
        if let Some(flow) = self.flows.get_mut(&flow) {
            flow.released = None;
            flow.aborted = true;
        }
    }

    /// Begins to look up `name`; [`Event::Resolved`] follows.
    ///
    /// # Errors
    /// [`Local::NoNameServer`] and [`Local::Questions`].
    pub fn resolve(&mut self, now: Timestamp, name: Name) -> Result<QuestionId, Failure> {
        if self.resolver.is_idle() {
            self.change_dns_port();
        }
        let question = self.resolver.ask(now, &mut self.rng, name)?;
        self.settle_resolver();
        Ok(question)
    }

    /// Forgets a question.
    pub fn cancel(&mut self, question: QuestionId) {
        self.resolver.cancel(question);
        self.events.retain(|event| !matches!(event, Event::Resolved { question: other, .. } if *other == question));
    }

    /// Sends an echo request; [`Event::Pong`] follows.
    ///
    /// # Errors
    /// [`Local::Questions`] when too many are under way, and [`Denial::Destination`].
    pub fn ping(&mut self, now: Timestamp, to: Ipv4Addr) -> Result<PingId, Failure> {
        self.settled = None;
        self.echoes.send(now, &mut self.sockets, to)
    }

    fn socket(&self, flow: FlowId) -> Option<&tcp::Socket<'static>> {
        Some(self.sockets.get::<tcp::Socket<'_>>(self.flows.get(&flow)?.handle))
    }

    fn socket_mut(&mut self, flow: FlowId) -> Option<&mut tcp::Socket<'static>> {
        Some(self.sockets.get_mut::<tcp::Socket<'_>>(self.flows.get(&flow)?.handle))
    }

    /// Lets the sockets send as far as the outbox has room.
    fn transmit(&mut self, now: Timestamp) {
        loop {
            let before = self.outbox.len();
            let mut link = Link { received: None, outbox: &mut self.outbox };
            self.interface.poll_egress(instant(now), &mut link, &mut self.sockets);
            if self.outbox.len() == before || self.outbox.is_full() {
                break;
            }
        }
        self.observe_all(now, Seen::AfterSending);
        self.settled = (self.outbox.len() == 0).then_some(now);
    }

    fn observe_all(&mut self, now: Timestamp, seen: Seen) {
        let all: Vec<_> = self.flows.keys().copied().collect();
        for id in all {
            self.observe(now, id, seen);
        }
    }

    /// Looks at what became of a connection and notes what is to be reported.
    fn observe(&mut self, now: Timestamp, id: FlowId, seen: Seen) {
        let Some(flow) = self.flows.get_mut(&id) else { return };
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(flow.handle);
        if flow.aborted || flow.released.is_some() {
            if flow.is_over(socket) {
                self.remove(id);
            } else if !flow.aborted && socket.can_recv() {
                self.abort(id);
            }
            return;
        }
        if flow.observe(now, socket, seen) {
            self.changed.push_back(id);
        }
    }

    /// Makes room for a connection by forgetting one that only waits for its end.
    fn evict(&mut self) -> bool {
        let ending = |flow: &Flow| flow.aborted || flow.released.is_some();
        let waiting = |flow: &Flow| self.sockets.get::<tcp::Socket<'_>>(flow.handle).state() == tcp::State::TimeWait;
        let ending: Vec<_> = self.flows.iter().filter(|(_, flow)| ending(flow)).collect();
        let victim = ending.iter().find(|(_, flow)| waiting(flow)).or(ending.first()).map(|(id, _)| **id);
        victim.inspect(|&id| self.remove(id)).is_some()
    }

    fn remove(&mut self, id: FlowId) {
        if let Some(flow) = self.flows.remove(&id) {
            self.sockets.remove(flow.handle);
            self.ports.remove(&flow.local.port());
            self.changed.retain(|changed| *changed != id);
        }
    }

    /// A random port that no connection comes from. There are fewer connections than ports.
    fn free_port(&mut self) -> u16 {
        loop {
            let port = FIRST_EPHEMERAL | self.rng.next_u32() as u16;
            if !self.ports.contains_key(&port) {
                return port;
            }
        }
    }

    /// A new random port for questions: who forges an answer has to guess it (RFC 5452 §9.2).
    fn change_dns_port(&mut self) {
        let port = FIRST_EPHEMERAL | self.rng.next_u32() as u16;
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.dns);
        socket.close();
        // It fails only for an open socket or port zero.
        let _ = socket.bind(port);
    }

    fn receive_answers(&mut self, now: Timestamp) {
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.dns);
        while socket.can_recv() {
            if let Ok((datagram, from)) = socket.recv()
                && from.endpoint.port == DNS_PORT
                && let Some(server) = inspect::ipv4(from.endpoint.addr)
            {
                self.resolver.handle_datagram(now, server, datagram);
            }
        }
        self.settle_resolver();
    }

    fn settle_resolver(&mut self) {
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.dns);
        while let Some((server, message)) = self.resolver.poll_transmit() {
            self.settled = None;
            // Without room it is lost as on any network, and asked again.
            let _ = socket.send_slice(&message, IpEndpoint::new(IpAddress::from(server), DNS_PORT));
        }
        while let Some((question, result)) = self.resolver.poll_answer() {
            self.events.push_back(Event::Resolved { question, result });
        }
    }

    fn on_undeliverable(&mut self, now: Timestamp, refusal: Refusal, what: Quoted) {
        match what {
            Quoted::Tcp { from, to } => {
                let Some(&id) = self.ports.get(&from.port()) else { return };
                let Some(flow) = self.flows.get_mut(&id) else { return };
                // A connection that is established outlives such reports (RFC 1122 §4.2.3.9, RFC 5927 §6).
                if flow.local == from && flow.remote == to && flow.fail_connecting(Failure::Refused(refusal)) {
                    self.changed.push_back(id);
                }
            }
            Quoted::Udp { from, to } => {
                let port = self.sockets.get::<udp::Socket<'_>>(self.dns).endpoint().port;
                if *from.ip() == self.address && from.port() == port && to.port() == DNS_PORT {
                    self.resolver.handle_unreachable(now, *to.ip(), refusal);
                    self.settle_resolver();
                }
            }
            Quoted::Echo { from, identifier, sequence } if from == self.address => {
                self.echoes.handle_unreachable(identifier, sequence, refusal, &mut self.events);
            }
            Quoted::Echo { .. } => {}
        }
    }
}

impl std::fmt::Debug for Netstack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Netstack { address, mtu, flows, .. } = self;
        f.debug_struct("Netstack")
            .field("address", address)
            .field("mtu", mtu)
            .field("flows", flows)
            .finish_non_exhaustive()
    }
}

fn dns_socket() -> udp::Socket<'static> {
    let buffer = |packets, octets| udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; packets], vec![0; octets]);
    udp::Socket::new(buffer(32, 32 * 1024), buffer(64, 32 * 1024))
}

fn instant(at: Timestamp) -> Instant {
    Instant::from_micros(i64::try_from(at.as_nanos() / 1000).unwrap_or(i64::MAX))
}

fn timestamp(at: Instant) -> Timestamp {
    Timestamp::from_nanos(u64::try_from(at.total_micros()).unwrap_or(0).saturating_mul(1000))
}
