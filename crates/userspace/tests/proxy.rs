//! Programs on this host, over real local sockets, to services at the other side of a tunnel.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is a test")]

mod support;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use net::poll::{Interest, Poller, Ready, Token, Waker};
use support::*;
use userspace::Failure;
use userspace::Proxy;
use userspace::failure::{Local as LocalFailure, Refusal};
use userspace::forward::{Forward, Local};
use userspace::netstack;
use userspace::proxy::{Event, Limits, Service};
use wire::virtio::VnetHeader;

const FIRST_TOKEN: u64 = 1000;
const WAKER: Token = Token(1);

fn anywhere() -> Local {
    Local(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0))
}

fn forward(remote: &str) -> Service {
    Service::Forward(Forward { local: anywhere(), remote: userspace::Target::from_text(remote).unwrap() })
}

enum Command {
    Up(netstack::Config),
    Down,
}

/// A proxy and the other side of its tunnel, in a thread that does what a dialer's loop does.
struct World {
    addresses: Vec<SocketAddr>,
    commands: Sender<Command>,
    events: Mutex<Receiver<Event>>,
    waker: Waker,
    stop: Arc<AtomicUsize>,
    rounds: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl World {
    fn new(services: &[Service]) -> World {
        World::with_limits(services, Limits::default())
    }

    fn with_limits(services: &[Service], limits: Limits) -> World {
        let mut proxy = Proxy::bind(services, limits, FIRST_TOKEN).unwrap();
        proxy.tunnel_up(net::clock::now(), &config(), [8; 32]);
        World::start(proxy)
    }

    fn start(proxy: Proxy) -> World {
        let addresses = proxy.services().map(|(_, address)| address).collect();
        let (commands, to_do) = mpsc::channel();
        let (report, events) = mpsc::channel();
        let waker = Waker::new().unwrap();
        let stop = Arc::new(AtomicUsize::new(0));
        let rounds = Arc::new(AtomicUsize::new(0));
        let thread = std::thread::spawn({
            let (waker, stop, rounds) = (waker.clone(), stop.clone(), rounds.clone());
            move || drive(proxy, &waker, &stop, &rounds, &to_do, &report)
        });
        World { addresses, commands, events: Mutex::new(events), waker, stop, rounds, thread: Some(thread) }
    }

    fn command(&self, command: Command) {
        self.commands.send(command).unwrap();
        self.waker.wake();
    }

    fn dial(&self, service: usize) -> TcpStream {
        let stream = TcpStream::connect(self.addresses[service]).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// The failure with which the next connection ends.
    fn closed(&self) -> Option<Failure> {
        loop {
            if let Event::Closed { failure, .. } =
                self.events.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap()
            {
                return failure;
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.store(1, Ordering::Relaxed);
        self.waker.wake();
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

fn drive(
    mut proxy: Proxy,
    waker: &Waker,
    stop: &AtomicUsize,
    rounds: &AtomicUsize,
    commands: &Receiver<Command>,
    report: &Sender<Event>,
) {
    let mut poller = Poller::new(64).unwrap();
    poller.add(waker, WAKER, Interest::Read).unwrap();
    let mut peer = Peer::with_backlog(net::clock::now(), 50);
    peer.names.insert("server.example".to_owned(), OTHER_SERVER);
    while stop.load(Ordering::Relaxed) == 0 {
        let now = net::clock::now();
        proxy.flush(now, &poller);
        loop {
            let mut quiet = true;
            while let Some(packet) = proxy.poll_packet(now) {
                peer.handle_packet(packet);
                quiet = false;
            }
            peer.work(now);
            while let Some(packet) = peer.poll_packet() {
                proxy.handle_packet(now, VnetHeader::default(), &packet);
                quiet = false;
            }
            proxy.flush(now, &poller);
            if quiet {
                break;
            }
        }
        while let Some(event) = proxy.poll_event() {
            let _ = report.send(event);
        }
        let deadline = [proxy.poll_timeout(now), peer.poll_timeout(now)].into_iter().flatten().min();
        let ready: Vec<Ready> = poller.wait(deadline.map(|at| at - now)).unwrap().collect();
        rounds.fetch_add(1, Ordering::Relaxed);
        for ready in ready {
            if ready.token == WAKER {
                waker.clear();
            }
            proxy.handle_ready(ready);
        }
        while let Ok(command) = commands.try_recv() {
            match command {
                Command::Up(config) => proxy.tunnel_up(net::clock::now(), &config, [9; 32]),
                Command::Down => proxy.tunnel_down(),
            }
        }
    }
}

fn socks(world: &World, service: usize, request: &[u8]) -> (TcpStream, [u8; 10]) {
    let mut stream = world.dial(service);
    stream.write_all(&[5, 1, 0]).unwrap();
    let mut method = [0; 2];
    stream.read_exact(&mut method).unwrap();
    assert_eq!(method, [5, 0]);
    stream.write_all(request).unwrap();
    let mut reply = [0; 10];
    stream.read_exact(&mut reply).unwrap();
    (stream, reply)
}

fn socks_address(world: &World, service: usize, address: Ipv4Addr, port: u16) -> (TcpStream, [u8; 10]) {
    let mut request = vec![5, 1, 0, 1];
    request.extend(address.octets());
    request.extend(port.to_be_bytes());
    socks(world, service, &request)
}

fn echoes(stream: &mut TcpStream, octets: &[u8]) {
    stream.write_all(octets).unwrap();
    let mut back = vec![0; octets.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, octets);
}

#[test]
fn socks_connects_by_address_and_by_name() {
    let world = World::new(&[Service::Socks(anywhere())]);
    let (mut stream, reply) = socks_address(&world, 0, SERVER, ECHO);
    assert_eq!(reply[..8], [5, 0, 0, 1, 10, 0, 0, 2]);
    echoes(&mut stream, b"through the tunnel");
    let (mut stream, reply) = socks(&world, 0, b"\x05\x01\x00\x03\x0eserver.example\x00\x07");
    assert_eq!(reply[1], 0);
    echoes(&mut stream, b"by name");
    let target = userspace::Target::from_text("server.example:7").unwrap();
    let opened: Vec<_> = world.events.lock().unwrap().try_iter().collect();
    assert!(
        opened.iter().any(|event| matches!(event, Event::Opened { target: to, .. } if *to == target)),
        "{opened:?}"
    );
}

#[test]
fn socks_tells_why_there_is_no_connection() {
    let world = World::new(&[Service::Socks(anywhere())]);
    let (mut stream, reply) = socks_address(&world, 0, SERVER, 81);
    assert_eq!(reply[1], 5);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    drop(stream);
    assert_eq!(world.closed(), Some(Failure::Refused(Refusal::Reset)));
    let (_, reply) = socks(&world, 0, b"\x05\x01\x00\x03\x0enobody.example\x00\x07");
    assert_eq!(reply[1], 4);
    let (_, reply) = socks(&world, 0, b"\x05\x02\x00\x01\x0a\x00\x00\x01\x00\x07");
    assert_eq!(reply[1], 7);
    let (_, reply) = socks_address(&world, 0, Ipv4Addr::new(224, 0, 0, 1), ECHO);
    assert_eq!(reply[1], 2);
}

#[test]
fn http_connect_connects_and_tells_why_not() {
    let world = World::new(&[Service::HttpConnect(anywhere())]);
    let mut stream = world.dial(0);
    stream.write_all(b"CONNECT server.example:7 HTTP/1.1\r\nHost: server.example:7\r\n\r\nearly").unwrap();
    let expected = b"HTTP/1.1 200 Connection established\r\n\r\nearly";
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, expected);
    echoes(&mut stream, b"through the tunnel");
    for (request, status) in [
        ("CONNECT 10.0.0.1:81 HTTP/1.1\r\n\r\n", "502 Bad Gateway"),
        ("CONNECT nobody.example:7 HTTP/1.1\r\n\r\n", "502 Bad Gateway"),
        ("GET http://server.example/ HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
    ] {
        let mut stream = world.dial(0);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
    }
}

#[test]
fn a_forward_passes_on_both_ends_separately() {
    let world = World::new(&[forward("10.0.0.1:9"), forward("server.example:19"), forward("10.0.0.1:10")]);
    let mut stream = world.dial(0);
    let octets: Vec<u8> = (0..3_000_000).map(pattern).collect();
    stream.write_all(&octets).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "3000000 octets");
    assert_eq!(world.closed(), None);

    let mut got = vec![];
    world.dial(1).read_to_end(&mut got).unwrap();
    assert!(got.len() == SOURCE_LEN && got.iter().enumerate().all(|(at, &octet)| octet == pattern(at)));
    assert_eq!(world.closed(), None);

    let mut stream = world.dial(2);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    stream.write_all(&octets).unwrap();
    drop(stream);
    assert_eq!(world.closed(), None);
}

#[test]
fn a_forward_that_is_refused_is_reset_and_so_is_a_connection_that_breaks() {
    let world = World::new(&[forward("10.0.0.1:81"), forward("10.0.0.1:12")]);
    let reset = |mut stream: TcpStream| stream.read(&mut [0]).unwrap_err().kind() == io::ErrorKind::ConnectionReset;
    assert!(reset(world.dial(0)));
    assert_eq!(world.closed(), Some(Failure::Refused(Refusal::Reset)));
    let mut stream = world.dial(1);
    stream.write_all(b"hello").unwrap();
    assert!(reset(stream));
    assert_eq!(world.closed(), Some(Failure::Refused(Refusal::Broken)));
}

#[test]
fn a_client_that_breaks_off_resets_the_other_side() {
    let world = World::new(&[Service::Socks(anywhere())]);
    let (mut stream, _) = socks_address(&world, 0, SERVER, ECHO);
    stream.write_all(&[1; 100]).unwrap();
    stream.peek(&mut [0; 100]).unwrap();
    // Closing on unread octets is a reset.
    drop(stream);
    assert_eq!(world.closed(), Some(Failure::Local(LocalFailure::Socket { errno: 104 })));
}

#[test]
fn a_side_that_takes_nothing_holds_up_the_other() {
    let world = World::new(&[forward("10.0.0.1:11"), forward("10.0.0.1:19")]);
    let mut stream = world.dial(0);
    stream.set_nonblocking(true).unwrap();
    let mut written = 0;
    let mut refused = 0;
    while refused < 20 {
        match stream.write(&[0; 65536]) {
            Ok(len) => (written, refused) = (written + len, 0),
            Err(_) => {
                refused += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        assert!(written < 64 << 20, "nothing holds up the client");
    }
    // And the other way round: everything arrives, whenever it is read.
    let mut slow = world.dial(1);
    std::thread::sleep(Duration::from_millis(100));
    let mut got = vec![];
    slow.read_to_end(&mut got).unwrap();
    assert_eq!(got.len(), SOURCE_LEN);
    // A loop that waits does not turn: all of this takes some thousand rounds, and a busy loop takes millions.
    let before = world.rounds.load(Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(300));
    assert!(world.rounds.load(Ordering::Relaxed) - before < 60);
}

#[test]
fn many_clients_at_a_time() {
    let world = World::new(&[Service::Socks(anywhere()), forward("server.example:7")]);
    std::thread::scope(|scope| {
        for number in 0..50usize {
            let world = &world;
            scope.spawn(move || {
                let mut stream = match number % 2 {
                    0 => socks_address(world, 0, SERVER, ECHO).0,
                    _ => world.dial(1),
                };
                for round in 0..5 {
                    echoes(&mut stream, &vec![(number + round) as u8; 3000]);
                }
            });
        }
    });
    assert!((0..50).all(|_| world.closed().is_none()));
}

#[test]
fn without_a_tunnel_clients_are_told_so() {
    let services = [Service::Socks(anywhere()), Service::HttpConnect(anywhere()), forward("10.0.0.1:7")];
    let world = World::start(Proxy::bind(&services, Limits::default(), FIRST_TOKEN).unwrap());
    assert_eq!(socks_address(&world, 0, SERVER, ECHO).1[1], 3);
    assert_eq!(world.closed(), Some(Failure::Local(LocalFailure::NoTunnel)));
    let mut stream = world.dial(1);
    stream.write_all(b"CONNECT 10.0.0.1:7 HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "));
    assert!(world.dial(2).read(&mut [0]).is_err());
}

#[test]
fn connections_outlive_a_tunnel_that_returns_as_it_was_and_no_other() {
    let world = World::new(&[forward("10.0.0.1:7")]);
    let mut stream = world.dial(0);
    echoes(&mut stream, b"before");
    world.command(Command::Down);
    stream.write_all(b"meanwhile").unwrap();
    world.command(Command::Up(config()));
    let mut back = [0; 9];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"meanwhile");
    world.command(Command::Up(netstack::Config { mtu: 1300, ..config() }));
    assert!(stream.read(&mut [0]).is_err());
    assert_eq!(world.closed(), Some(Failure::Local(LocalFailure::NoTunnel)));
    echoes(&mut world.dial(0), b"after");
}

#[test]
fn clients_beyond_the_limit_wait_for_their_turn() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let world = World::with_limits(&[forward("10.0.0.1:7")], limits);
    let mut first = world.dial(0);
    let mut second = world.dial(0);
    echoes(&mut first, b"first");
    echoes(&mut second, b"second");
    let mut third = world.dial(0);
    third.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    third.write_all(b"third").unwrap();
    assert!(third.read(&mut [0]).is_err());
    drop(first);
    third.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut back = [0; 5];
    third.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"third");
}

#[test]
fn clients_that_say_nothing_are_seen_off() {
    let short = Duration::from_millis(50);
    let limits = Limits { request: short, idle: short, ..Limits::default() };
    let services = [Service::Socks(anywhere()), Service::HttpConnect(anywhere()), forward("10.0.0.1:7")];
    let world = World::with_limits(&services, limits);
    assert!(world.dial(0).read(&mut [0]).is_err());
    let mut answer = String::new();
    let mut stream = world.dial(1);
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "));
    drop(stream);
    assert!(world.dial(2).read(&mut [0]).is_err());
    let failures = [world.closed(), world.closed(), world.closed()];
    assert!(failures.contains(&Some(Failure::Local(LocalFailure::Idle))), "{failures:?}");
}

#[test]
fn an_address_in_use_is_named() {
    let world = World::new(&[Service::Socks(anywhere())]);
    let service = Service::Socks(Local(world.addresses[0]));
    let error = Proxy::bind(&[service], Limits::default(), 0).unwrap_err();
    let address = world.addresses[0];
    assert!(error.to_string().starts_with(&format!("SOCKS5 proxy on {address}: ")), "{error}");
}
