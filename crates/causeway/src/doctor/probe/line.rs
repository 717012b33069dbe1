//! The sockets between the probe and the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use chacha20::ChaCha20Rng;
use clock::Timestamp;
use diagnose::Texts;
use net::batch::RecvBatch;
use net::ping::EchoSocket;
use net::poll::{Interest, Poller, Ready, Signals, Token, Waker};
use net::raw::GreSocket;
use net::udp::{IcmpKind, UdpOptions, UdpSocket};
use observe::network::Icmp;
use probe::{Probe, Socket, Step, Tcp, Transmit};
use wire::pptp::PORT as PPTP_PORT;

use super::super::mistake;
use super::{Target, stop_wanted};
use crate::exit::Failure;
use crate::io::{self, BATCH, family};

const SIGNALS: Token = Token(0);
const ECHO: Token = Token(1);
const GRE: Token = Token(2);
const CONNECTED: Token = Token(3);
const TCP: Token = Token(4);
/// Tokens of the UDP sockets begin here.
const UDP: u64 = 16;

/// Longer than the probe waits.
const TCP_PATIENCE: Duration = Duration::from_secs(8);

const SOCKETS: [Socket; 3] = [Socket::Ike, Socket::NatT, Socket::Clear];

/// All sockets of a probe.
pub(super) struct Line {
    target: Target,
    udp: [UdpSocket; 3],
    echo: Option<EchoSocket>,
    gre: Option<GreSocket>,
}

/// The connection to PPTP's port.
enum Connection {
    None,
    /// A thread waits for it.
    Opening(Receiver<std::io::Result<TcpStream>>, Waker),
    Open(TcpStream),
}

impl Line {
    /// Opens the sockets. IKE's own ports are taken if they are free, because some filters want them at both ends.
    pub(super) fn open(texts: &Texts, target: Target, pptp: bool) -> Result<Line, Failure> {
        let options = UdpOptions { icmp_errors: true, gro: false, buffers: 1 << 18, ..UdpOptions::default() };
        let bind = |socket: Socket| {
            // A server on this host has them.
            let usual = if target.path.local || socket == Socket::Clear { 0 } else { socket.port() };
            let bound = UdpSocket::bind(SocketAddr::new(target.local, usual), &options);
            let bound = match bound {
                Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                    UdpSocket::bind(SocketAddr::new(target.local, 0), &options)
                }
                result => result,
            };
            bound.map_err(|error| {
                mistake::local(texts, "error-socket", &[("address", &target.local.to_string())], &error)
            })
        };
        let udp = [bind(Socket::Ike)?, bind(Socket::NatT)?, bind(Socket::Clear)?];
        let family = family(target.server);
        let identifier = std::process::id() as u16;
        let gre = if pptp { GreSocket::open(family, 1 << 18).ok() } else { None };
        Ok(Line { target, udp, echo: EchoSocket::open(family, identifier).ok(), gre })
    }

    pub(super) fn local(&self, socket: Socket) -> SocketAddr {
        self.udp(socket).local_addr()
    }

    pub(super) fn can_echo(&self) -> bool {
        self.echo.is_some()
    }

    pub(super) fn can_gre(&self) -> bool {
        self.gre.is_some()
    }

    /// Asks what is to be asked, and hands over each step when it is settled. Returns whether somebody wants it to end.
    pub(super) fn run(
        self,
        texts: &Texts,
        probe: &mut Probe,
        signals: &Signals,
        rng: &mut ChaCha20Rng,
        until: Timestamp,
        mut settled: impl FnMut(Step),
    ) -> Result<bool, Failure> {
        let failed = |error: std::io::Error| mistake::local(texts, "error-wait", &[], &error);
        let poller = Poller::new(16).map_err(failed)?;
        poller.add(signals, SIGNALS, Interest::Read).map_err(failed)?;
        for (index, socket) in self.udp.iter().enumerate() {
            poller.add(socket, Token(UDP + index as u64), Interest::Read).map_err(failed)?;
        }
        if let Some(echo) = &self.echo {
            poller.add(echo, ECHO, Interest::Read).map_err(failed)?;
        }
        if let Some(gre) = &self.gre {
            poller.add(gre, GRE, Interest::Read).map_err(failed)?;
        }
        let mut running = Running { line: &self, poller, probe, rng, connection: Connection::None };
        let mut batch = RecvBatch::new(BATCH);
        let mut ready: Vec<Ready> = Vec::new();
        loop {
            running.send().map_err(failed)?;
            while let Some(step) = running.probe.poll_step() {
                settled(step);
            }
            if running.probe.is_finished() {
                return Ok(false);
            }
            let now = net::clock::now();
            let due = running.probe.poll_timeout().map_or(until, |due| due.min(until));
            ready.clear();
            ready.extend(running.poller.wait(Some(due.since(now))).map_err(failed)?);
            for event in &ready {
                running.handle(*event, &mut batch).map_err(failed)?;
            }
            let now = net::clock::now();
            let interrupted = ready.iter().any(|event| event.token == SIGNALS) && stop_wanted(signals);
            if now >= until || interrupted {
                running.probe.abandon(now, running.rng);
                running.send().map_err(failed)?;
                while let Some(step) = running.probe.poll_step() {
                    settled(step);
                }
                return Ok(interrupted);
            }
            running.probe.handle_timeout(now, running.rng);
        }
    }

    fn udp(&self, socket: Socket) -> &UdpSocket {
        let [ike, nat_t, clear] = &self.udp;
        match socket {
            Socket::Ike => ike,
            Socket::NatT => nat_t,
            Socket::Clear => clear,
        }
    }
}

struct Running<'a> {
    line: &'a Line,
    poller: Poller,
    probe: &'a mut Probe,
    rng: &'a mut ChaCha20Rng,
    connection: Connection,
}

impl Running<'_> {
    /// Sends what is to be sent. What the host does not take is lost, as on any network.
    fn send(&mut self) -> std::io::Result<()> {
        let Target { server, local, .. } = self.line.target;
        while let Some(transmit) = self.probe.poll_transmit() {
            match transmit {
                Transmit::Udp { socket, data } => {
                    let _ = self.line.udp(socket).send(local, SocketAddr::new(server, socket.port()), &data);
                }
                Transmit::Echo { sequence } => {
                    let _ = self.line.echo.as_ref().map(|echo| echo.send(local, server, sequence));
                }
                Transmit::Gre(packet) => {
                    let _ = self.line.gre.as_ref().map(|gre| gre.send(local, server, &packet));
                }
                Transmit::Connect => self.connect(server)?,
                Transmit::Tcp(data) => {
                    if let Connection::Open(stream) = &mut self.connection {
                        // A few hundred octets fit into any buffer.
                        let _ = stream.write_all(&data);
                    }
                }
                Transmit::Close => self.connection = Connection::None,
            }
        }
        Ok(())
    }

    /// Opens the connection in a thread of its own: the system's way to do it waits.
    fn connect(&mut self, server: IpAddr) -> std::io::Result<()> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let waker = Waker::new()?;
        let done = waker.clone();
        std::thread::Builder::new().name("connect".into()).spawn(move || {
            let stream = TcpStream::connect_timeout(&SocketAddr::new(server, PPTP_PORT), TCP_PATIENCE);
            let _ = sender.send(stream);
            done.wake();
        })?;
        self.poller.add(&waker, CONNECTED, Interest::Read)?;
        self.connection = Connection::Opening(receiver, waker);
        Ok(())
    }

    fn handle(&mut self, event: Ready, batch: &mut RecvBatch) -> std::io::Result<()> {
        let now = net::clock::now();
        let server = self.line.target.server;
        match event.token {
            ECHO => {
                let Some(echo) = &self.line.echo else { return Ok(()) };
                let mut numbers = Vec::new();
                echo.recv(batch, |from, number| numbers.extend((from == server).then_some(number)))?;
                numbers.into_iter().for_each(|number| self.probe.handle_echo(now, self.rng, number));
            }
            GRE => {
                let Some(gre) = &self.line.gre else { return Ok(()) };
                for error in std::iter::from_fn(|| gre.poll_error()) {
                    if error.dst.ip() == server
                        && let Some(kind) = icmp(error.kind, error.mtu)
                    {
                        self.probe.handle_gre_icmp(now, self.rng, kind, error.reporter);
                    }
                }
                let mut packets = Vec::new();
                gre.recv_batch(batch, |received| {
                    packets.extend((received.src.ip() == server).then(|| received.data.to_vec()));
                })?;
                packets.iter().for_each(|packet| self.probe.handle_gre(now, self.rng, packet));
            }
            CONNECTED => self.connected(now)?,
            TCP => self.read_tcp(now),
            Token(token) => {
                let index = token.checked_sub(UDP).and_then(|index| usize::try_from(index).ok());
                if let Some(&socket) = index.and_then(|index| SOCKETS.get(index)) {
                    self.read_udp(now, socket, event.error, batch)?;
                }
            }
        }
        Ok(())
    }

    fn read_udp(&mut self, now: Timestamp, socket: Socket, error: bool, batch: &mut RecvBatch) -> std::io::Result<()> {
        let udp = self.line.udp(socket);
        let server = self.line.target.server;
        if error {
            for error in std::iter::from_fn(|| udp.poll_error()) {
                if error.dst.ip() == server
                    && let Some(kind) = icmp(error.kind, error.mtu)
                {
                    self.probe.handle_icmp(now, self.rng, socket, kind, error.reporter);
                }
            }
        }
        let (probe, rng) = (&mut *self.probe, &mut *self.rng);
        io::read_udp(udp, batch, |path, mut received| {
            if path.remote.ip() == server {
                received.segments().for_each(|datagram| probe.handle_udp(now, rng, socket, datagram));
            }
        })
    }

    fn connected(&mut self, now: Timestamp) -> std::io::Result<()> {
        let Connection::Opening(receiver, waker) = &self.connection else { return Ok(()) };
        let Ok(result) = receiver.try_recv() else { return Ok(()) };
        self.poller.remove(waker)?;
        let opened = result.and_then(|stream| {
            stream.set_nonblocking(true)?;
            self.poller.add(&stream, TCP, Interest::Read)?;
            Ok(stream)
        });
        match opened {
            Ok(stream) => {
                self.connection = Connection::Open(stream);
                self.probe.handle_tcp(now, self.rng, Tcp::Connected);
            }
            Err(error) => {
                self.connection = Connection::None;
                match error.kind() {
                    ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => {
                        self.probe.handle_tcp(now, self.rng, Tcp::Refused);
                    }
                    // Silence is for the probe to find.
                    ErrorKind::TimedOut => {}
                    _ => self.probe.handle_tcp(now, self.rng, Tcp::Unreachable),
                }
            }
        }
        Ok(())
    }

    fn read_tcp(&mut self, now: Timestamp) {
        let Connection::Open(stream) = &mut self.connection else { return };
        let mut data = [0; 2048];
        match stream.read(&mut data) {
            Ok(0) => {
                let _ = self.poller.remove(&*stream);
                self.probe.handle_tcp(now, self.rng, Tcp::Closed);
            }
            Ok(len) => self.probe.handle_tcp(now, self.rng, Tcp::Data(&data[..len])),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => {
                let _ = self.poller.remove(&*stream);
                self.probe.handle_tcp(now, self.rng, Tcp::Closed);
            }
        }
    }
}

fn icmp(kind: IcmpKind, mtu: Option<u32>) -> Option<Icmp> {
    Some(match kind {
        IcmpKind::PortUnreachable => Icmp::PortUnreachable,
        IcmpKind::HostUnreachable | IcmpKind::NetUnreachable => Icmp::Unreachable,
        IcmpKind::ProtocolUnreachable => Icmp::ProtocolUnreachable,
        IcmpKind::Prohibited => Icmp::Prohibited,
        IcmpKind::TooBig => Icmp::TooBig(mtu.and_then(|mtu| u16::try_from(mtu).ok()).unwrap_or(0)),
        IcmpKind::TimeExceeded => Icmp::TimeExceeded,
        IcmpKind::Other { .. } => return None,
    })
}
