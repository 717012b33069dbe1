//! A whole connection, stage by stage, in this process: what each stage proves, and where it ends.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use access::client::{Connection, Dialer, Event};
use access::datapath::Encapsulation;
use access::{Failure as Failed, Output, Stage};
use chacha20::ChaCha20Rng;
use clock::{Backoff, Timestamp};
use diagnose::Texts;
use ike::Path;
use ike::proposal::Phase1Suite;
use net::batch::RecvBatch;
use net::poll::{Interest, Poller, Ready, Signals, Token};
use net::raw::EspSocket;
use net::udp::{UdpOptions, UdpSocket};
use wire::ppp::AuthProtocol;
use wire::virtio::VnetHeader;

use super::super::mistake;
use super::inner::{Found, Inner};
use super::{Target, stop_wanted};
use crate::cli::doctor::Reach;
use crate::dial::settings::Settings;
use crate::exit::Failure;
use crate::io::{self, BATCH, IKE_PORT, NAT_T_PORT, Sockets, family};

const SIGNALS: Token = Token(0);
const IKE: Token = Token(1);
const NAT_T: Token = Token(2);
const ESP: Token = Token(3);

/// What there is to tell of a call, in its order.
pub(super) enum News {
    /// A stage was passed.
    Passed {
        stage: Stage,
        began: Timestamp,
        /// How ESP travels, once it does.
        encapsulation: Option<Encapsulation>,
    },
    /// How the server wants a user to log on; `None`: not at all.
    Demands(Option<AuthProtocol>),
    /// What protects the call, once it is up or has failed.
    Protected(Protected),
    /// The server wants a password, and there is none.
    Unasked { began: Timestamp },
    /// IP passes.
    Connected { began: Timestamp, connection: Box<Connection> },
    /// Something was tried inside.
    Inside { began: Timestamp, found: Found },
    /// It failed.
    Failed { stage: Stage, began: Timestamp, failure: Box<Failed> },
    /// There was no time left.
    OutOfTime { stage: Stage, began: Timestamp },
    /// Everything was taken down.
    Left { began: Timestamp },
}

/// What client and server agreed on for protection.
#[derive(Clone, Copy)]
pub(super) struct Protected {
    pub(super) ike: Phase1Suite,
    /// Once there are associations: their transforms, and how they travel.
    pub(super) esp: Option<(esp::Suite, Encapsulation)>,
    /// The server wanted PPP to compress (false) or to encrypt (true), too.
    pub(super) compression: Option<bool>,
}

/// How a call is made.
pub(super) struct Call<'a> {
    pub(super) texts: &'a Texts,
    pub(super) settings: &'a Settings,
    pub(super) target: Target,
    /// ESP in UDP, whatever the NAT.
    pub(super) force_udp: bool,
    /// Instead of a log-on only a suggestion how it might be done.
    pub(super) inquire: Option<AuthProtocol>,
    /// A name to ask the inner name servers for.
    pub(super) name: &'a str,
    pub(super) reach: &'a [Reach],
    pub(super) signals: &'a Signals,
    pub(super) until: Timestamp,
}

/// The way out of the access layer.
struct Out<'a> {
    sockets: &'a Sockets,
    inside: &'a mut Vec<(VnetHeader, Vec<u8>)>,
}

impl Output for Out<'_> {
    fn udp(&mut self, path: Path, data: &[u8], segment: usize) {
        // What the host does not take is lost, as on any network.
        let _ = self.sockets.send_udp(path, data, segment);
    }

    fn esp(&mut self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize) {
        let _ = self.sockets.send_esp(local, remote, data, segment);
    }

    fn tun(&mut self, offload: VnetHeader, packet: &[u8]) {
        self.inside.push((offload, packet.to_vec()));
    }
}

impl Call<'_> {
    /// Calls, looks around inside, and hangs up. `tell` is told what happens. Returns whether somebody wants it to end.
    pub(super) fn run(&self, rng: &mut ChaCha20Rng, tell: &mut dyn FnMut(News)) -> Result<bool, Failure> {
        let failed = |error: std::io::Error| mistake::local(self.texts, "error-wait", &[], &error);
        let (sockets, force_udp) = self.open()?;
        let poller = Poller::new(8).map_err(failed)?;
        poller.add(self.signals, SIGNALS, Interest::Read).map_err(failed)?;
        for (socket, token) in sockets.udp.iter().zip([IKE, NAT_T]) {
            poller.add(socket, token, Interest::Read).map_err(failed)?;
        }
        for socket in &sockets.esp {
            poller.add(socket, ESP, Interest::Read).map_err(failed)?;
        }
        let path = |index: usize, port| {
            let local = sockets.udp.get(index).map(UdpSocket::local_addr).expect("both are bound");
            Path { local, remote: SocketAddr::new(self.target.server, port) }
        };
        let password = self.settings.password.as_ref();
        let mut config = self.settings.with_ipsec(path(0, IKE_PORT), path(1, NAT_T_PORT), force_udp, password);
        config.inform = false;
        config.ppp.ask_again = false;
        config.ppp.inquire = self.inquire;
        config.ppp.timing.max_configure = 10;
        config.l2tp.retransmission = Backoff::new(Duration::from_millis(500), 200, Duration::from_secs(3), 6);
        let now = net::clock::now();
        let mut inside = Vec::new();
        let dialer = Dialer::dial(now, rng, config, &mut Out { sockets: &sockets, inside: &mut inside });
        let running = Running {
            call: self,
            sockets,
            dialer,
            inside,
            inner: None,
            stage: Stage::IkePhase1,
            began: now,
            esp: None,
            compression: None,
        };
        running.carry(poller, rng, tell).map_err(failed)
    }

    /// Ports 500 and 4500 if they are free, and raw ESP where it is permitted: as the clients in people's machines do.
    fn open(&self) -> Result<(Sockets, bool), Failure> {
        let mut sockets = Sockets::default();
        let mut force_udp = self.force_udp;
        let options = UdpOptions { buffers: 1 << 20, ..UdpOptions::default() };
        for port in [IKE_PORT, NAT_T_PORT] {
            let first = if self.target.path.local { 0 } else { port };
            force_udp |= first != port;
            let socket = match UdpSocket::bind(SocketAddr::new(self.target.local, first), &options) {
                Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                    force_udp = true;
                    UdpSocket::bind(SocketAddr::new(self.target.local, 0), &options)
                }
                result => result,
            };
            let at = self.target.local.to_string();
            let failed = |error| mistake::local(self.texts, "error-socket", &[("address", &at)], &error);
            sockets.udp.push(socket.map_err(failed)?);
        }
        if !force_udp {
            match EspSocket::open(family(self.target.local), 1 << 20) {
                Ok(socket) => sockets.esp.push(socket),
                Err(_) => force_udp = true,
            }
        }
        Ok((sockets, force_udp))
    }
}

struct Running<'a> {
    call: &'a Call<'a>,
    sockets: Sockets,
    dialer: Dialer,
    /// Packets that came through the tunnel.
    inside: Vec<(VnetHeader, Vec<u8>)>,
    inner: Option<Inner>,
    stage: Stage,
    began: Timestamp,
    esp: Option<(esp::Suite, Encapsulation)>,
    compression: Option<bool>,
}

macro_rules! out {
    ($running:ident) => {
        &mut Out { sockets: &$running.sockets, inside: &mut $running.inside }
    };
}

impl Running<'_> {
    fn carry(mut self, mut poller: Poller, rng: &mut ChaCha20Rng, tell: &mut dyn FnMut(News)) -> std::io::Result<bool> {
        let mut batch = RecvBatch::new(BATCH);
        let mut stopped = false;
        while !self.react(rng, tell) {
            let now = net::clock::now();
            self.look_inside(now, tell);
            if self.inner.as_ref().is_some_and(Inner::is_done) {
                break;
            }
            let inner = self.inner.as_mut().and_then(|inner| inner.poll_timeout(now));
            let due = [self.dialer.poll_timeout(), inner, Some(self.call.until)].into_iter().flatten().min();
            stopped = self.wait(&mut poller, due, rng, &mut batch)?;
            if stopped || net::clock::now() >= self.call.until {
                tell(News::OutOfTime { stage: self.stage, began: self.began });
                break;
            }
        }
        self.tell_protection(tell);
        let began = net::clock::now();
        if !self.dialer.has_ended() {
            self.dialer.hang_up(began, rng, out!(self));
        }
        // The server acknowledges, or has had its time to.
        while !self.dialer.has_left() {
            self.dialer.flush(out!(self));
            let due = self.dialer.poll_timeout();
            if self.wait(&mut poller, due, rng, &mut batch)? {
                stopped = true;
                self.dialer.leave(net::clock::now(), rng, out!(self));
            }
        }
        self.dialer.flush(out!(self));
        tell(News::Left { began });
        Ok(stopped)
    }

    /// Waits for packets and times, and lets the access layer have them. Returns whether somebody wants it to end.
    fn wait(
        &mut self,
        poller: &mut Poller,
        due: Option<Timestamp>,
        rng: &mut ChaCha20Rng,
        batch: &mut RecvBatch,
    ) -> std::io::Result<bool> {
        let ready: Vec<Ready> = poller.wait(due.map(|due| due.since(net::clock::now())))?.collect();
        let now = net::clock::now();
        let server = self.call.target.server;
        let mut interrupted = false;
        for event in &ready {
            match event.token {
                SIGNALS => interrupted |= stop_wanted(self.call.signals),
                ESP => {
                    let Some(socket) = self.sockets.esp.first() else { continue };
                    let (dialer, out) = (&mut self.dialer, out!(self));
                    io::read_esp(socket, batch, |path, received| {
                        if path.remote.ip() == server {
                            dialer.handle_esp(now, rng, path, received.data, out);
                        }
                    })?;
                }
                token => {
                    let Some(socket) = self.sockets.udp.get(usize::from(token == NAT_T)) else { continue };
                    let (dialer, out) = (&mut self.dialer, out!(self));
                    io::read_udp(socket, batch, |path, received| {
                        let (data, segment) = (received.data, received.segment);
                        match token {
                            NAT_T => dialer.handle_udp_4500(now, rng, path, data, segment, out),
                            _ => dialer.handle_udp_500(now, rng, path, data, segment, out),
                        }
                    })?;
                }
            }
        }
        self.dialer.flush(out!(self));
        self.dialer.handle_timeout(now, rng, out!(self));
        Ok(interrupted)
    }

    /// Takes in what the dialer has to say. Returns whether the call is over.
    fn react(&mut self, rng: &mut ChaCha20Rng, tell: &mut dyn FnMut(News)) -> bool {
        self.esp = self.dialer.suite().zip(self.dialer.encapsulation()).or(self.esp);
        while let Some(event) = self.dialer.poll_event() {
            let now = net::clock::now();
            match event {
                Event::Progress { stage } if stage > self.stage => {
                    let encapsulation = self.dialer.encapsulation();
                    tell(News::Passed { stage: self.stage, began: self.began, encapsulation });
                    (self.stage, self.began) = (stage, now);
                }
                Event::Progress { .. } => {}
                Event::Demands(demand) => tell(News::Demands(demand)),
                Event::CompressionRejected { encryption } => self.compression = Some(encryption),
                Event::Ask(_) => {
                    tell(News::Unasked { began: self.began });
                    return true;
                }
                Event::Connected(connection) => {
                    let name = self.call.name;
                    let mtu = self.dialer.link().map_or(self.call.settings.mtu, |link| link.mtu);
                    self.inner = Some(Inner::new(now, rng, &connection, mtu, name, self.call.reach));
                    tell(News::Connected { began: self.began, connection });
                    (self.stage, self.began) = (Stage::Up, now);
                }
                Event::Ended { failure, stage, .. } => {
                    tell(News::Failed { stage, began: self.began, failure: Box::new(failure) });
                    return true;
                }
                Event::Ipv6(_) | Event::Pushed(_) | Event::Unanswered(_) | Event::Moved { .. } => {}
            }
        }
        false
    }

    /// Says what protects the call, when PPP has had its time to ask for more.
    fn tell_protection(&mut self, tell: &mut dyn FnMut(News)) {
        if let Some(phase1) = self.dialer.phase1() {
            tell(News::Protected(Protected { ike: phase1.suite, esp: self.esp, compression: self.compression }));
        }
    }

    fn look_inside(&mut self, now: Timestamp, tell: &mut dyn FnMut(News)) {
        let packets = std::mem::take(&mut self.inside);
        let Some(inner) = &mut self.inner else { return };
        for (offload, packet) in &packets {
            inner.handle_packet(now, *offload, packet);
        }
        inner.handle_timeout(now);
        let mut sent = false;
        while let Some(packet) = inner.poll_packet(now) {
            sent = true;
            self.dialer.handle_tun(VnetHeader::default(), &packet, out!(self));
        }
        if sent {
            self.dialer.flush(out!(self));
        }
        while let Some((began, found)) = inner.poll_found() {
            tell(News::Inside { began, found });
        }
    }
}
