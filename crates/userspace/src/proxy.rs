//! Local listeners and connections, joined to connections through the tunnel.

mod client;
mod connection;
mod dialogue;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::time::Duration;

use clock::{DeadlineQueue, Timestamp};
use net::poll::{Interest, Poller, Ready, Token};
use wire::virtio::VnetHeader;

use crate::failure::{Failure, Local as LocalFailure};
use crate::forward::{Forward, Local};
use crate::netstack::{self, FlowId, Netstack, PingId};
use crate::resolve::QuestionId;
use crate::target::Target;
use client::Client;
use connection::{Connection, Waiting};
use dialogue::Dialogue;

/// Most listeners.
const MAX_LISTENERS: usize = 64;

/// Connections that one listener accepts before others get their turn.
const ACCEPTS: usize = 32;

/// Time until the next try when the operating system did not let us accept.
const ACCEPT_AGAIN: Duration = Duration::from_millis(500);

/// Events that nobody has fetched; older ones are forgotten.
const MAX_EVENTS: usize = 1024;

/// What is offered to local programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// A SOCKS5 proxy (RFC 1928).
    Socks(Local),
    /// An HTTP proxy for CONNECT.
    HttpConnect(Local),
    /// A port forward.
    Forward(Forward),
}

/// Bounds of number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Local connections. Further ones wait in the listeners' queues.
    pub connections: usize,
    /// How long a client may take for its request.
    pub request: Duration,
    /// How long connecting may take from the client's first octet on: a name may have several addresses, and the tunnel may
    /// come and go meanwhile.
    pub connect: Duration,
    /// How long a connection may be quiet.
    pub idle: Duration,
    /// How long it may be quiet once one side has finished.
    pub half_closed_idle: Duration,
}

impl Default for Limits {
    /// 256 connections; 30 seconds, 90 seconds, 2 hours and 10 minutes.
    fn default() -> Self {
        Limits {
            connections: 256,
            request: Duration::from_secs(30),
            connect: Duration::from_secs(90),
            idle: Duration::from_secs(2 * 3600),
            half_closed_idle: Duration::from_secs(600),
        }
    }
}

/// Why a service is not offered.
#[derive(Debug)]
pub struct BindError {
    /// The service.
    pub service: Service,
    /// Why.
    pub error: io::Error,
}

/// Octets passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Traffic {
    /// From the client into the tunnel.
    pub up: u64,
    /// From the tunnel to the client.
    pub down: u64,
}

/// What happened, for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client is connected to its target.
    Opened {
        /// The client.
        client: SocketAddr,
        /// Where it is connected to.
        target: Target,
    },
    /// A client's connection ended.
    Closed {
        /// The client.
        client: SocketAddr,
        /// Where it was to be connected to, if it said so.
        target: Option<Target>,
        /// What was passed on.
        traffic: Traffic,
        /// How long it lasted.
        elapsed: Duration,
        /// Why; `None` when both sides had finished.
        failure: Option<Failure>,
    },
    /// An echo request that [`Netstack::ping`] sent came back, or did not.
    Pong {
        /// Which.
        ping: PingId,
        /// The round trip.
        result: Result<Duration, Failure>,
    },
    /// The operating system did not let us accept a connection; it is tried again.
    NotAccepted {
        /// The listener's address.
        listener: SocketAddr,
        /// The `errno`.
        errno: i32,
    },
}

/// The listeners, their connections, and the stack that they go through.
///
/// One loop drives it: for each ready descriptor in [`Proxy::tokens`] call [`Proxy::handle_ready`], for each packet of the
/// tunnel [`Proxy::handle_packet`]; then, whenever any of these or a deadline called, [`Proxy::flush`]. After it poll
/// [`Proxy::poll_packet`] and [`Proxy::poll_event`] until `None`, then [`Proxy::poll_timeout`].
///
/// ```no_run
/// # use userspace::{netstack, proxy, Proxy};
/// # fn tunnel_send(_: Vec<u8>) {}
/// # fn example(config: netstack::Config, seed: [u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
/// let mut poller = net::poll::Poller::new(64)?;
/// let services = [proxy::Service::Socks("1080".parse()?), proxy::Service::Forward("13389=10.0.0.5:3389".parse()?)];
/// let mut proxy = Proxy::bind(&services, proxy::Limits::default(), 1 << 32)?;
/// proxy.tunnel_up(net::clock::now(), &config, seed);
/// loop {
///     let now = net::clock::now();
///     proxy.flush(now, &poller);
///     while let Some(packet) = proxy.poll_packet(now) {
///         tunnel_send(packet);
///     }
///     while let Some(event) = proxy.poll_event() {
///         println!("{event:?}");
///     }
///     let timeout = proxy.poll_timeout(now).map(|at| at - now);
///     for ready in poller.wait(timeout)? {
///         proxy.handle_ready(ready);
///     }
/// }
/// # }
/// ```
pub struct Proxy {
    tokens: Range<u64>,
    limits: Limits,
    listeners: Vec<Listener>,
    slots: Vec<Option<Connection>>,
    tunnel: Option<Tunnel>,
    flows: HashMap<FlowId, usize>,
    questions: HashMap<QuestionId, usize>,
    /// Slots where something may be done.
    active: BTreeSet<usize>,
    deadlines: DeadlineQueue<usize>,
    accept_again: Option<Timestamp>,
    events: VecDeque<Event>,
}

struct Tunnel {
    config: netstack::Config,
    stack: Netstack,
    up: bool,
}

struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    service: Service,
    watched: bool,
    ready: bool,
}

impl Proxy {
    /// Begins to listen. Until [`Proxy::tunnel_up`], clients are told that there is no tunnel. The descriptors are watched
    /// under tokens from `first_token` on.
    ///
    /// # Errors
    /// The first service whose address cannot be listened on.
    pub fn bind(services: &[Service], limits: Limits, first_token: u64) -> Result<Proxy, BindError> {
        let mut listeners = Vec::new();
        for service in services {
            let failed = |error| BindError { service: service.clone(), error };
            if listeners.len() == MAX_LISTENERS {
                return Err(failed(io::ErrorKind::ArgumentListTooLong.into()));
            }
            listeners.push(Listener::bind(service).map_err(failed)?);
        }
        let tokens = first_token..first_token + (MAX_LISTENERS + limits.connections) as u64;
        Ok(Proxy {
            tokens,
            limits,
            listeners,
            slots: Vec::new(),
            tunnel: None,
            flows: HashMap::new(),
            questions: HashMap::new(),
            active: BTreeSet::new(),
            deadlines: DeadlineQueue::default(),
            accept_again: None,
            events: VecDeque::new(),
        })
    }

    /// The tokens of our descriptors.
    pub fn tokens(&self) -> Range<u64> {
        self.tokens.clone()
    }

    /// What is offered where.
    pub fn services(&self) -> impl Iterator<Item = (&Service, SocketAddr)> {
        self.listeners.iter().map(|listener| (&listener.service, listener.address))
    }

    /// Local connections.
    pub fn connections(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// The stack, for echo requests; they are answered by [`Event::Pong`].
    pub fn stack(&mut self) -> Option<&mut Netstack> {
        self.tunnel.as_mut().map(|tunnel| &mut tunnel.stack)
    }

    /// There is a tunnel, perhaps again; [`Proxy::flush`] is to follow. With the same settings as before, connections go on; with others they are broken off.
    /// `seed` is as for [`Netstack::new`].
    pub fn tunnel_up(&mut self, now: Timestamp, config: &netstack::Config, seed: [u8; 32]) {
        if let Some(tunnel) = self.tunnel.as_mut().filter(|tunnel| tunnel.config == *config) {
            tunnel.up = true;
            return;
        }
        let stack = Netstack::new(now, config, seed);
        self.tunnel = Some(Tunnel { config: config.clone(), stack, up: true });
        self.flows.clear();
        self.questions.clear();
        for (slot, connection) in self.slots.iter_mut().enumerate() {
            if let Some(connection) = connection {
                connection.handle_stack_gone(now);
                self.active.insert(slot);
            }
        }
    }

    /// There is no tunnel at the moment. Connections wait for it; new ones are refused.
    pub fn tunnel_down(&mut self) {
        if let Some(tunnel) = &mut self.tunnel {
            tunnel.up = false;
        }
    }

    /// Notes that a descriptor is ready. Tokens that are not ours are ignored.
    pub fn handle_ready(&mut self, ready: Ready) {
        if !self.tokens.contains(&ready.token.0) {
            return;
        }
        let index = (ready.token.0 - self.tokens.start) as usize;
        if let Some(slot) = index.checked_sub(MAX_LISTENERS) {
            if let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) {
                connection.handle_ready(ready);
                self.active.insert(slot);
            }
        } else if let Some(listener) = self.listeners.get_mut(index) {
            listener.ready = true;
        }
    }

    /// Takes a packet that came through the tunnel, perhaps a joint one, as the access layer gives it.
    pub fn handle_packet(&mut self, now: Timestamp, offload: VnetHeader, packet: &[u8]) {
        if let Some(tunnel) = self.tunnel.as_mut().filter(|tunnel| tunnel.up) {
            // What is no packet is nothing that could be answered.
            let _ = tunnel.stack.handle_packet(now, offload, packet);
        }
    }

    /// Does everything that can be done at `now`: accepts, passes on, ends what is due, and tells `poller` what to wait for.
    /// Always with the same poller.
    pub fn flush(&mut self, now: Timestamp, poller: &Poller) {
        self.accept(now);
        self.expire(now);
        let mut touched = BTreeSet::new();
        loop {
            self.take_stack_events(now);
            let Some(slot) = self.active.pop_first() else { break };
            self.pump(now, slot);
            touched.insert(slot);
        }
        for slot in touched {
            self.watch_connection(now, poller, slot);
        }
        self.watch_listeners(now, poller);
    }

    /// The next packet for the tunnel.
    pub fn poll_packet(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        self.tunnel.as_mut().filter(|tunnel| tunnel.up)?.stack.poll_packet(now)
    }

    /// What happened, one event at a time.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Proxy::flush`] wants to be called.
    pub fn poll_timeout(&mut self, now: Timestamp) -> Option<Timestamp> {
        let tunnel = self.tunnel.as_mut().filter(|tunnel| tunnel.up);
        let stack = tunnel.and_then(|tunnel| tunnel.stack.poll_timeout(now));
        [stack, self.deadlines.peek(), self.accept_again].into_iter().flatten().min()
    }

    fn accept(&mut self, now: Timestamp) {
        if self.accept_again.is_some_and(|at| at > now) {
            return;
        }
        self.accept_again = None;
        for index in 0..self.listeners.len() {
            for _ in 0..ACCEPTS {
                let Some(slot) = self.free_slot() else { return };
                let Some(listener) = self.listeners.get_mut(index).filter(|listener| listener.ready) else { break };
                match listener.accept() {
                    Ok(Some((client, dialogue))) => {
                        self.slots[slot] = Some(Connection::new(now, client, dialogue));
                        self.active.insert(slot);
                    }
                    Ok(None) => break,
                    Err(errno) => {
                        let listener = listener.address;
                        self.accept_again = Some(now + ACCEPT_AGAIN);
                        self.report(Event::NotAccepted { listener, errno });
                        return;
                    }
                }
            }
        }
    }

    fn expire(&mut self, now: Timestamp) {
        if let Some(tunnel) = self.tunnel.as_mut().filter(|tunnel| tunnel.up)
            && tunnel.stack.poll_timeout(now).is_some_and(|at| at <= now)
        {
            tunnel.stack.handle_timeout(now);
        }
        while let Some(slot) = self.deadlines.expire(now) {
            if let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) {
                let stack = self.tunnel.as_mut().map(|tunnel| &mut tunnel.stack);
                connection.handle_timeout(now, stack, &self.limits);
                self.active.insert(slot);
            }
        }
    }

    /// Hands what the stack reports to the connections that it concerns.
    fn take_stack_events(&mut self, now: Timestamp) {
        while let Some(event) = self.tunnel.as_mut().and_then(|tunnel| tunnel.stack.poll_event()) {
            let slot = match &event {
                netstack::Event::Connected { flow }
                | netstack::Event::Ready { flow }
                | netstack::Event::Ended { flow, .. } => self.flows.get(flow),
                netstack::Event::Resolved { question, .. } => self.questions.get(question),
                &netstack::Event::Pong { ping, ref result } => {
                    let result = result.clone();
                    self.report(Event::Pong { ping, result });
                    continue;
                }
            };
            if let Some(&slot) = slot {
                self.with_connection(slot, |connection, stack, _| connection.handle_stack_event(now, stack, event));
                self.active.insert(slot);
            }
        }
    }

    /// Passes on what can be passed on, and clears away what is over.
    fn pump(&mut self, now: Timestamp, slot: usize) {
        self.with_connection(slot, |connection, stack, up| connection.pump(now, stack, up));
        let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) else { return };
        if let Some(opened) = connection.poll_opened() {
            self.report(opened);
        }
        if let Some(closed) = self.slots.get(slot).and_then(Option::as_ref).and_then(|c| c.closed(now)) {
            self.slots[slot] = None;
            self.deadlines.set(slot, None);
            self.report(closed);
        }
    }

    /// Lets `work` change a connection, and keeps the index of who waits for what.
    fn with_connection(&mut self, slot: usize, work: impl FnOnce(&mut Connection, Option<&mut Netstack>, bool)) {
        let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) else { return };
        let before = connection.waiting();
        let up = self.tunnel.as_ref().is_some_and(|tunnel| tunnel.up);
        work(connection, self.tunnel.as_mut().map(|tunnel| &mut tunnel.stack), up);
        let after = connection.waiting();
        if before == after {
            return;
        }
        match before {
            Waiting::Nothing => {}
            Waiting::Answer(question) => drop(self.questions.remove(&question)),
            Waiting::Flow(flow) => drop(self.flows.remove(&flow)),
        }
        match after {
            Waiting::Nothing => {}
            Waiting::Answer(question) => drop(self.questions.insert(question, slot)),
            Waiting::Flow(flow) => drop(self.flows.insert(flow, slot)),
        }
    }

    fn watch_connection(&mut self, now: Timestamp, poller: &Poller, slot: usize) {
        let stack = self.tunnel.as_ref().map(|tunnel| &tunnel.stack);
        let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) else { return };
        let token = Token(self.tokens.start + (MAX_LISTENERS + slot) as u64);
        if let Err(error) = connection.watch(stack, poller, token) {
            let errno = error.raw_os_error().unwrap_or(0);
            connection
                .give_up(self.tunnel.as_mut().map(|t| &mut t.stack), Failure::Local(LocalFailure::Socket { errno }));
            self.pump(now, slot);
            return;
        }
        self.deadlines.set(slot, connection.deadline(&self.limits));
    }

    fn watch_listeners(&mut self, now: Timestamp, poller: &Poller) {
        let wanted = self.accept_again.is_none() && self.free_slot().is_some();
        for index in 0..self.listeners.len() {
            let listener = &mut self.listeners[index];
            if listener.watched == wanted {
                continue;
            }
            let token = Token(self.tokens.start + index as u64);
            let changed = match wanted {
                true => poller.add(&listener.socket, token, Interest::Read),
                false => poller.remove(&listener.socket),
            };
            match changed {
                Ok(()) => listener.watched = wanted,
                Err(error) => {
                    let (listener, errno) = (listener.address, error.raw_os_error().unwrap_or(0));
                    self.accept_again = Some(now + ACCEPT_AGAIN);
                    self.report(Event::NotAccepted { listener, errno });
                }
            }
        }
    }

    /// A slot without a connection, if there may be another one.
    fn free_slot(&mut self) -> Option<usize> {
        if let Some(free) = self.slots.iter().position(Option::is_none) {
            return Some(free);
        }
        (self.slots.len() < self.limits.connections).then(|| {
            self.slots.push(None);
            self.slots.len() - 1
        })
    }

    fn report(&mut self, event: Event) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

impl Listener {
    fn bind(service: &Service) -> io::Result<Listener> {
        let socket = TcpListener::bind(service.local().0)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address, service: service.clone(), watched: false, ready: true })
    }

    /// The next client, with the dialogue that it is led through; the error is the `errno`.
    fn accept(&mut self) -> Result<Option<(Client, Dialogue)>, i32> {
        let (stream, address) = match self.socket.accept() {
            Ok(accepted) => accepted,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => {
                    self.ready = false;
                    return Ok(None);
                }
                // The next one may be there yet: the listener stays ready.
                io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => return Ok(None),
                _ => return Err(error.raw_os_error().unwrap_or(0)),
            },
        };
        let client = Client::new(stream, address).map_err(|error| error.raw_os_error().unwrap_or(0))?;
        let dialogue = match &self.service {
            Service::Socks(_) => Dialogue::socks(),
            Service::HttpConnect(_) => Dialogue::http_connect(),
            Service::Forward(forward) => Dialogue::forward(forward.remote.clone()),
        };
        Ok(Some((client, dialogue)))
    }
}

impl Service {
    /// Where it listens.
    pub fn local(&self) -> Local {
        match self {
            Service::Socks(local) | Service::HttpConnect(local) => *local,
            Service::Forward(forward) => forward.local,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Service::Socks(local) => write!(f, "SOCKS5 proxy on {local}"),
            Service::HttpConnect(local) => write!(f, "HTTP CONNECT proxy on {local}"),
            Service::Forward(forward) => write!(f, "port forward from {} to {}", forward.local, forward.remote),
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.service, self.error)
    }
}

impl std::error::Error for BindError {}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services().collect();
        f.debug_struct("Proxy")
            .field("services", &services)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
