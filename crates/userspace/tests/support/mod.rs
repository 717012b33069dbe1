//! The other side of a tunnel: a host with services and a name server, and the line to it in virtual time.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is part of tests")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use clock::Timestamp;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpCidr};
use userspace::netstack::{self, Event, FlowId, Limits, Netstack};
use wire::virtio::VnetHeader;

pub const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub const OTHER_SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
pub const MTU: usize = 1400;

/// Sends back what comes and finishes when the client has.
pub const ECHO: u16 = 7;
/// Sends a megabyte and finishes.
pub const SOURCE: u16 = 19;
/// Takes everything, then answers with how much it was and finishes.
pub const COUNT: u16 = 9;
/// Finishes at once and goes on reading, then is done.
pub const HALF: u16 = 10;
/// Reads nothing.
pub const STALL: u16 = 11;
/// Resets after the first octets.
pub const RESET: u16 = 12;

pub const SOURCE_LEN: usize = 1 << 20;

pub fn config() -> netstack::Config {
    netstack::Config { address: CLIENT, mtu: MTU, name_servers: vec![SERVER], limits: Limits::default() }
}

pub fn pattern(at: usize) -> u8 {
    (at * 31 + at / 251) as u8
}

/// The host at the other side.
pub struct Peer {
    interface: Interface,
    sockets: SocketSet<'static>,
    link: Link,
    services: Vec<Service>,
    dns: SocketHandle,
    pub names: HashMap<String, Ipv4Addr>,
    /// Questions that were asked.
    pub questions: usize,
}

struct Service {
    port: u16,
    handle: SocketHandle,
    done: usize,
}

#[derive(Default)]
struct Link {
    received: VecDeque<Vec<u8>>,
    sent: VecDeque<Vec<u8>>,
}

impl Peer {
    pub fn new(now: Timestamp) -> Peer {
        Peer::with_backlog(now, 4)
    }

    pub fn with_backlog(now: Timestamp, backlog: usize) -> Peer {
        let mut link = Link::default();
        let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut link, instant(now));
        interface.update_ip_addrs(|addresses| {
            addresses.extend([IpCidr::new(SERVER.into(), 32), IpCidr::new(OTHER_SERVER.into(), 32)]);
        });
        let mut sockets = SocketSet::new(vec![]);
        let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 64], vec![0; 1 << 16]);
        let mut dns = udp::Socket::new(buffer(), buffer());
        dns.bind(53).unwrap();
        let dns = sockets.add(dns);
        let mut services = vec![];
        for port in [ECHO, SOURCE, COUNT, HALF, STALL, RESET] {
            for _ in 0..backlog {
                let buffer = || tcp::SocketBuffer::new(vec![0; 1 << 16]);
                let mut socket = tcp::Socket::new(buffer(), buffer());
                socket.set_congestion_control(tcp::CongestionControl::Cubic);
                socket.listen(port).unwrap();
                services.push(Service { port, handle: sockets.add(socket), done: 0 });
            }
        }
        Peer { interface, sockets, link, services, dns, names: HashMap::new(), questions: 0 }
    }

    pub fn handle_packet(&mut self, packet: Vec<u8>) {
        self.link.received.push_back(packet);
    }

    /// Lets the host work; what it sends is then to be had from `poll_packet`.
    pub fn work(&mut self, now: Timestamp) {
        self.interface.poll(instant(now), &mut self.link, &mut self.sockets);
        for service in &mut self.services {
            service.work(self.sockets.get_mut(service.handle));
        }
        self.answer_questions();
        self.interface.poll(instant(now), &mut self.link, &mut self.sockets);
    }

    pub fn poll_packet(&mut self) -> Option<Vec<u8>> {
        self.link.sent.pop_front()
    }

    pub fn poll_timeout(&mut self, now: Timestamp) -> Option<Timestamp> {
        let delay = self.interface.poll_delay(instant(now), &self.sockets)?;
        Some(now + Duration::from_micros(delay.total_micros()))
    }

    /// Connections that are not over.
    pub fn connections(&self) -> usize {
        let open = |service: &&Service| {
            let state = self.sockets.get::<tcp::Socket<'_>>(service.handle).state();
            !matches!(state, tcp::State::Listen | tcp::State::Closed | tcp::State::TimeWait)
        };
        self.services.iter().filter(open).count()
    }

    fn answer_questions(&mut self) {
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.dns);
        while let Ok((question, from)) = socket.recv() {
            let (question, from) = (question.to_vec(), from.endpoint);
            self.questions += 1;
            let mut name = vec![];
            let mut rest = &question[12..];
            while rest[0] != 0 {
                name.push(String::from_utf8(rest[1..=rest[0].into()].to_vec()).unwrap());
                rest = &rest[1 + usize::from(rest[0])..];
            }
            let address = self.names.get(&name.join("."));
            let mut answer = question.clone();
            answer[2] = 0x81;
            answer[3] = if address.is_some() { 0x80 } else { 0x83 };
            if let Some(address) = address {
                answer[7] = 1;
                answer.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
                answer.extend(address.octets());
            }
            socket.send_slice(&answer, from).unwrap();
        }
    }
}

impl Service {
    fn work(&mut self, socket: &mut tcp::Socket<'_>) {
        if socket.state() == tcp::State::Closed {
            socket.listen(self.port).unwrap();
            self.done = 0;
        }
        let finished = matches!(socket.state(), tcp::State::CloseWait) && !socket.can_recv();
        match self.port {
            ECHO => {
                while socket.can_recv() && socket.can_send() {
                    let room = socket.send_capacity() - socket.send_queue();
                    let octets =
                        socket.recv(|octets| (octets.len().min(room), octets[..octets.len().min(room)].to_vec()));
                    socket.send_slice(&octets.unwrap()).unwrap();
                }
                if finished && socket.may_send() {
                    socket.close();
                }
            }
            SOURCE => {
                while socket.can_send() && self.done < SOURCE_LEN {
                    let done = self.done;
                    self.done += socket
                        .send(|room| {
                            let len = room.len().min(SOURCE_LEN - done);
                            (0..len).for_each(|at| room[at] = pattern(done + at));
                            (len, len)
                        })
                        .unwrap();
                }
                if self.done == SOURCE_LEN {
                    socket.close();
                }
            }
            COUNT => {
                while socket.can_recv() {
                    let done = self.done;
                    self.done += socket
                        .recv(|octets| {
                            assert!(octets.iter().enumerate().all(|(at, &octet)| octet == pattern(done + at)));
                            (octets.len(), octets.len())
                        })
                        .unwrap();
                }
                if finished {
                    socket.send_slice(format!("{} octets", self.done).as_bytes()).unwrap();
                    socket.close();
                }
            }
            HALF => {
                if socket.may_send() {
                    socket.close();
                }
                while socket.can_recv() {
                    socket.recv(|octets| (octets.len(), ())).unwrap();
                }
            }
            RESET if socket.can_recv() => socket.abort(),
            _ => {}
        }
    }
}

impl Device for Link {
    type RxToken<'a> = Packet;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Packet, Sender<'_>)> {
        Some((Packet(self.received.pop_front()?), Sender(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sender<'_>> {
        Some(Sender(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

struct Packet(Vec<u8>);

impl RxToken for Packet {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

struct Sender<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        self.0.push_back(packet);
        result
    }
}

fn instant(at: Timestamp) -> Instant {
    Instant::from_micros((at.as_nanos() / 1000) as i64)
}

type Flying = (Timestamp, u64, bool, Vec<u8>);

/// A stack and a peer, joined by a line in virtual time.
pub struct Pair {
    pub now: Timestamp,
    pub stack: Netstack,
    pub peer: Peer,
    pub delay: Duration,
    /// Lost packets of 1000.
    pub loss: u32,
    /// Damaged packets of 1000: any octet becomes any other, and checksums are made right again.
    pub damage: u32,
    /// Whether the peer gets anything.
    pub cut: bool,
    pub dice: ChaCha8Rng,
    pub events: VecDeque<Event>,
    /// When they arrive, their number, whether at the peer, and what.
    flying: BinaryHeap<Reverse<Flying>>,
    sent: u64,
}

impl Pair {
    pub fn new() -> Pair {
        Pair::with(&config())
    }

    pub fn with(config: &netstack::Config) -> Pair {
        let now = Timestamp::ZERO + Duration::from_secs(1000);
        Pair {
            now,
            stack: Netstack::new(now, config, [7; 32]),
            peer: Peer::new(now),
            delay: Duration::from_millis(10),
            loss: 0,
            damage: 0,
            cut: false,
            dice: ChaCha8Rng::seed_from_u64(1),
            events: VecDeque::new(),
            flying: BinaryHeap::new(),
            sent: 0,
        }
    }

    pub fn connect(&mut self, port: u16) -> FlowId {
        self.stack.connect(self.now, SocketAddrV4::new(SERVER, port)).unwrap()
    }

    /// Connects and sees it through.
    pub fn connected(&mut self, port: u16) -> FlowId {
        let flow = self.connect(port);
        self.run_until(|pair| pair.events.contains(&Event::Connected { flow }));
        flow
    }

    /// Lets time pass until `done`, which is asked after every step.
    ///
    /// # Panics
    /// When an hour passes first, or when it takes so many steps that one of them must be waiting busily.
    pub fn run_until(&mut self, mut done: impl FnMut(&mut Pair) -> bool) {
        let begun = self.now;
        for _ in 0..200_000 {
            self.exchange();
            if done(self) {
                return;
            }
            self.exchange();
            let next_packet = self.flying.peek().map(|Reverse((at, ..))| *at);
            let deadlines = [next_packet, self.stack.poll_timeout(self.now), self.peer.poll_timeout(self.now)];
            let next = deadlines.into_iter().flatten().min().expect("nothing will ever happen");
            self.now = self.now.max(next);
            assert!(self.now - begun < Duration::from_secs(3600), "an hour passed");
            if next_packet.is_some_and(|at| at <= self.now) {
                let Reverse((_, _, to_peer, packet)) = self.flying.pop().unwrap();
                if to_peer {
                    self.peer.handle_packet(packet);
                } else {
                    let _ = self.stack.handle_packet(self.now, VnetHeader::default(), &packet);
                }
            } else {
                self.stack.handle_timeout(self.now);
            }
        }
        panic!("too many steps");
    }

    /// Sends a packet to the stack as the peer or a router would.
    pub fn inject(&mut self, packet: &[u8]) {
        let _ = self.stack.handle_packet(self.now, VnetHeader::default(), packet);
    }

    pub fn ended(&mut self, flow: FlowId) -> Option<Option<userspace::Failure>> {
        self.events.iter().find_map(|event| match event {
            Event::Ended { flow: other, failure } if *other == flow => Some(failure.clone()),
            _ => None,
        })
    }

    fn exchange(&mut self) {
        self.events.extend(std::iter::from_fn(|| self.stack.poll_event()));
        while let Some(packet) = self.stack.poll_packet(self.now) {
            assert!(packet.len() <= MTU);
            if !self.cut {
                self.fly(true, packet);
            }
        }
        self.peer.work(self.now);
        while let Some(packet) = self.peer.poll_packet() {
            self.fly(false, packet);
        }
    }

    fn fly(&mut self, to_peer: bool, mut packet: Vec<u8>) {
        if self.dice.next_u32() % 1000 < self.loss {
            return;
        }
        if !to_peer && self.dice.next_u32() % 1000 < self.damage {
            damage(&mut packet, &mut self.dice);
        }
        self.sent += 1;
        self.flying.push(Reverse((self.now + self.delay, self.sent, to_peer, packet)));
    }
}

/// Changes an octet of the headers or of the first data and makes the checksums right.
fn damage(packet: &mut [u8], dice: &mut ChaCha8Rng) {
    let at = dice.next_u32() as usize % packet.len().min(48);
    packet[at] = dice.next_u32() as u8;
    make_checksums_right(packet);
}

/// Makes the checksums of a packet right as far as its headers can be made out.
pub fn make_checksums_right(packet: &mut [u8]) {
    use smoltcp::wire::{Icmpv4Packet, IpAddress, IpProtocol, Ipv4Packet, TcpPacket, UdpPacket};
    let Ok(mut header) = Ipv4Packet::new_checked(packet) else { return };
    header.fill_checksum();
    let (from, to) = (IpAddress::from(header.src_addr()), IpAddress::from(header.dst_addr()));
    let protocol = header.next_header();
    let payload = header.payload_mut();
    match protocol {
        IpProtocol::Tcp if payload.len() >= 20 => TcpPacket::new_unchecked(payload).fill_checksum(&from, &to),
        IpProtocol::Udp if UdpPacket::new_checked(&*payload).is_ok() => {
            UdpPacket::new_unchecked(payload).fill_checksum(&from, &to);
        }
        IpProtocol::Icmp if payload.len() >= 8 => Icmpv4Packet::new_unchecked(payload).fill_checksum(),
        _ => {}
    }
}
