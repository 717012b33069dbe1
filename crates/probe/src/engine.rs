use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use clock::Timestamp;
use observe::network::Icmp;
use rand_core::CryptoRng;

use crate::Socket;
use crate::clear::Clear;
use crate::config::Config;
use crate::echo::Echo;
use crate::isakmp::Ike;
use crate::pptp::Pptp;
use crate::step::{ClearAnswer, Finding, Step};

/// Something to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transmit {
    /// A datagram to one of the server's UDP ports.
    Udp {
        /// Which.
        socket: Socket,
        /// The payload, with the non-ESP marker where it belongs.
        data: Vec<u8>,
    },
    /// An echo request with this sequence number.
    Echo {
        /// It.
        sequence: u16,
    },
    /// Connect to TCP port 1723.
    Connect,
    /// Send this over the connection.
    Tcp(Vec<u8>),
    /// Close the connection.
    Close,
    /// A GRE packet, without its IP header.
    Gre(Vec<u8>),
}

/// What becomes of the TCP connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tcp<'a> {
    /// It is open.
    Connected,
    /// It was refused by the host.
    Refused,
    /// A router or a filter says that there is no way.
    Unreachable,
    /// This came.
    Data(&'a [u8]),
    /// The server closed it.
    Closed,
}

/// Probes of one server, in two parts: what every client asks, and then, with [`Probe::go_on`], what strains the patience of
/// servers that count who leaves negotiations open. Whoever wants to log on does it between them.
///
/// Feed it with the `handle_*` methods. After each of them, and after [`Probe::begin`], poll [`Probe::poll_transmit`] and
/// [`Probe::poll_step`] until they return `None`; then arm one timer for [`Probe::poll_timeout`]. A part is over when
/// [`Probe::is_finished`] says so.
pub struct Probe {
    echo: Option<Echo>,
    ike: Option<Ike>,
    /// Begins with the second part.
    clear: Option<Clear>,
    pptp: Option<Pptp>,
    /// Whether there is still a second part.
    more: bool,
    out: Out,
}

#[derive(Default)]
pub(crate) struct Out {
    transmits: VecDeque<Transmit>,
    steps: VecDeque<Step>,
}

/// What a lane works with.
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    out: &'a mut Out,
}

impl Context<'_> {
    pub(crate) fn transmit(&mut self, transmit: Transmit) {
        self.out.transmits.push_back(transmit);
    }

    /// Sends a message; what goes to port 4500 gets the non-ESP marker (RFC 3948 §2.2).
    pub(crate) fn send(&mut self, socket: Socket, message: Vec<u8>) {
        let data = if socket == Socket::NatT { [&[0; 4], message.as_slice()].concat() } else { message };
        self.transmit(Transmit::Udp { socket, data });
    }

    pub(crate) fn step(&mut self, began: Timestamp, finding: Finding) {
        self.out.steps.push_back(Step { began, ended: self.now, finding });
    }
}

impl Probe {
    /// Begins; the first packets are to be polled.
    pub fn begin(now: Timestamp, rng: &mut dyn CryptoRng, config: Config) -> Probe {
        let mut out = Out::default();
        let ctx = &mut Context { now, rng, out: &mut out };
        let echo = config.echo.then(|| Echo::begin(ctx));
        let pptp = config.pptp.then(|| Pptp::begin(ctx, &config));
        let more = config.l2tp;
        let ike = config.l2tp.then(|| Ike::begin(ctx, config));
        Probe { echo, ike, clear: None, pptp, more, out }
    }

    /// Begins the second part, once the first is finished: IKEv2, aggressive mode, transforms one by one, L2TP in clear. The
    /// sockets may be others than before; `local` is our address and port towards the server's port 500.
    pub fn go_on(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, local: SocketAddr) {
        if !std::mem::take(&mut self.more) {
            return;
        }
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.clear = Some(Clear::begin(ctx));
        self.ike.iter_mut().for_each(|ike| ike.go_on(ctx, local));
    }

    /// Takes a datagram from the server.
    pub fn handle_udp(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, socket: Socket, data: &[u8]) {
        let ctx = &mut Context { now, rng, out: &mut self.out };
        match socket {
            Socket::Clear => self.clear.iter_mut().for_each(|clear| clear.handle(ctx, data)),
            Socket::Ike | Socket::NatT => self.ike.iter_mut().for_each(|ike| ike.handle(ctx, socket, data)),
        }
    }

    /// Takes an ICMP error about what was sent to one of the ports.
    pub fn handle_icmp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        socket: Socket,
        kind: Icmp,
        from: Option<IpAddr>,
    ) {
        // These say nothing about who listens.
        if matches!(kind, Icmp::TooBig(_) | Icmp::TimeExceeded) {
            return;
        }
        let ctx = &mut Context { now, rng, out: &mut self.out };
        match socket {
            Socket::Clear => self.clear.iter_mut().for_each(|clear| clear.handle_icmp(ctx, kind)),
            Socket::Ike | Socket::NatT => {
                self.ike.iter_mut().for_each(|ike| ike.handle_icmp(ctx, socket, kind, from));
            }
        }
    }

    /// Takes an echo reply.
    pub fn handle_echo(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, sequence: u16) {
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.echo.iter_mut().for_each(|echo| echo.handle_echo(ctx, sequence));
    }

    /// Takes what becomes of the TCP connection.
    pub fn handle_tcp(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, tcp: Tcp<'_>) {
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.pptp.iter_mut().for_each(|pptp| pptp.handle_tcp(ctx, tcp));
    }

    /// Takes a GRE packet of the server, without its IP header.
    pub fn handle_gre(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, packet: &[u8]) {
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.pptp.iter_mut().for_each(|pptp| pptp.handle_gre(ctx, packet));
    }

    /// Takes an ICMP error about GRE that was sent to the server.
    pub fn handle_gre_icmp(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, kind: Icmp, from: Option<IpAddr>) {
        if matches!(kind, Icmp::TooBig(_) | Icmp::TimeExceeded) {
            return;
        }
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.pptp.iter_mut().for_each(|pptp| pptp.handle_gre_icmp(ctx, kind, from));
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.echo.iter_mut().for_each(|echo| echo.handle_timeout(ctx));
        self.clear.iter_mut().for_each(|clear| clear.handle_timeout(ctx));
        self.ike.iter_mut().for_each(|ike| ike.handle_timeout(ctx));
        self.pptp.iter_mut().for_each(|pptp| pptp.handle_timeout(ctx));
    }

    /// Ends at once: what has no answer yet counts as silent, and what was not asked yet is not asked.
    pub fn abandon(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        self.more = false;
        let ctx = &mut Context { now, rng, out: &mut self.out };
        self.echo.iter_mut().for_each(|echo| echo.finish(ctx));
        self.clear.iter_mut().for_each(|clear| clear.finish(ctx, ClearAnswer::Silence));
        self.ike.iter_mut().for_each(|ike| ike.abandon(ctx));
        self.pptp.iter_mut().for_each(|pptp| pptp.abandon(ctx));
    }

    /// The next packet to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.out.transmits.pop_front()
    }

    /// The next step that is settled.
    pub fn poll_step(&mut self) -> Option<Step> {
        self.out.steps.pop_front()
    }

    /// When to call [`Probe::handle_timeout`]; `None` when the part that was begun is over.
    pub fn poll_timeout(&mut self) -> Option<Timestamp> {
        let due = [
            self.echo.as_ref().and_then(Echo::due),
            self.clear.as_ref().and_then(Clear::due),
            self.ike.as_mut().and_then(Ike::due),
            self.pptp.as_ref().and_then(Pptp::due),
        ];
        due.into_iter().flatten().min()
    }

    /// Whether everything of the part that was begun is settled and sent.
    pub fn is_finished(&mut self) -> bool {
        self.poll_timeout().is_none() && self.out.transmits.is_empty()
    }
}
