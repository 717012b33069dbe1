//! Main mode as a client begins it, up to the message in which the key would be needed.

use std::net::IpAddr;
use std::time::Duration;

use clock::Timestamp;
use ike::{Engine, Event, Failure, IkeSaId, Initiate, Path};
use observe::network::Icmp;
use wire::isakmp::{Cookies, Flags, Header, NotifyType};

use super::reply::{self, Reply};
use crate::Socket;
use crate::config::Config;
use crate::engine::Context;
use crate::step::{Finding, IkeAnswer, NatAnswer};

/// The engine of the dialer, which is stopped before its fifth message.
pub(crate) struct MainMode {
    engine: Engine,
    sa: IkeSaId,
    path: Path,
    socket: Socket,
    offer: ike::proposal::Phase1Offer,
    cookies: Cookies,
    began: Timestamp,
    sent: u32,
    /// The second message came.
    chosen: bool,
    outcome: Option<IkeAnswer>,
    settled: bool,
}

impl MainMode {
    pub(super) fn begin(ctx: &mut Context<'_>, config: &Config, socket: Socket) -> MainMode {
        let nat_t = socket == Socket::NatT;
        let path = if nat_t {
            Path { local: config.local_nat_t, remote: (config.server.ip(), socket.port()).into() }
        } else {
            Path { local: config.local, remote: config.server }
        };
        let mut engine_config = ike::Config { respond: false, ..ike::Config::default() };
        let timing = &mut engine_config.timing;
        timing.retransmit_after = Duration::from_millis(1000);
        timing.retransmit_cap = Duration::from_secs(2);
        timing.transmissions = if nat_t { 2 } else { 3 };
        let mut engine = Engine::new(engine_config);
        // No message that depends on it leaves.
        let key = b"none".to_vec();
        let initiate = Initiate {
            offer: config.offer.clone(),
            vendor_ids: config.vendor_ids.clone(),
            initial_contact: false,
            child: None,
            ..Initiate::l2tp(path, key)
        };
        let sa = engine.initiate(ctx.now, ctx.rng, initiate);
        let mut main = MainMode {
            engine,
            sa,
            path,
            socket,
            offer: config.offer.clone(),
            cookies: Cookies::default(),
            began: ctx.now,
            sent: 0,
            chosen: false,
            outcome: None,
            settled: false,
        };
        main.drain(ctx);
        main
    }

    pub(super) fn socket(&self) -> Socket {
        self.socket
    }

    pub(super) fn handle(&mut self, ctx: &mut Context<'_>, message: &[u8]) {
        if self.settled {
            return;
        }
        if !self.chosen
            && let Some(Reply::Sa { cookies, chosen, .. }) = reply::read(message, self.cookies, &self.offer)
        {
            self.cookies = cookies;
            if chosen.suite.is_some() {
                self.chosen = true;
                self.report(ctx, IkeAnswer::Chosen(chosen));
                if self.socket == Socket::NatT {
                    // Where the NAT is has been asked already.
                    reply::take_back(ctx, self.socket, self.cookies);
                    self.settled = true;
                    return;
                }
            }
        }
        self.engine.handle_datagram(ctx.now, ctx.rng, self.path, false, message);
        self.drain(ctx);
    }

    pub(super) fn handle_icmp(&mut self, ctx: &mut Context<'_>, kind: Icmp, from: Option<IpAddr>) {
        if !self.settled && !self.chosen {
            self.report(ctx, IkeAnswer::Icmp(kind, from));
            self.settled = true;
        }
    }

    pub(super) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if !self.settled {
            self.engine.handle_timeout(ctx.now, ctx.rng);
            self.drain(ctx);
        }
    }

    pub(super) fn due(&mut self) -> Option<Timestamp> {
        if self.settled { None } else { self.engine.poll_timeout() }
    }

    /// What came of the first message, once everything is over.
    pub(super) fn take_outcome(&mut self) -> Option<IkeAnswer> {
        if self.settled { self.outcome.take() } else { None }
    }

    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        if self.settled {
            return;
        }
        self.settled = true;
        if self.chosen {
            reply::take_back(ctx, self.socket, self.cookies);
            ctx.step(self.began, Finding::Nat { answer: NatAnswer::Silence });
        } else {
            self.report(ctx, IkeAnswer::Silence);
        }
    }

    /// Sends what the engine sends in clear. When it has something encrypted, it knows what we wanted to know.
    fn drain(&mut self, ctx: &mut Context<'_>) {
        let mut complete = false;
        while let Some(transmit) = self.engine.poll_transmit() {
            let Ok(header) = Header::parse(&transmit.data) else { continue };
            if header.flags.contains(Flags::ENCRYPTION) {
                complete = true;
                continue;
            }
            if header.cookies.responder.is_zero() {
                self.cookies = header.cookies;
                self.sent += 1;
            }
            ctx.send(self.socket, transmit.data);
        }
        if complete {
            self.engine.close(ctx.now, ctx.rng, self.sa);
        }
        while let Some(event) = self.engine.poll_event() {
            if let Event::Failed(failed) = event {
                self.failed(ctx, &failed.failure, failed.peer.nat);
            }
        }
    }

    fn failed(&mut self, ctx: &mut Context<'_>, failure: &Failure, nat: Option<ike::Nat>) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        if self.chosen {
            reply::take_back(ctx, self.socket, self.cookies);
            let answer = match (failure, nat) {
                (Failure::Refused { notify, .. }, _) => NatAnswer::Notify(*notify),
                (Failure::Local(_), Some(nat)) if nat.variant.is_some() => {
                    NatAnswer::Found { here: nat.local, there: nat.remote }
                }
                (Failure::Local(_), _) => NatAnswer::Unsupported,
                _ => NatAnswer::Silence,
            };
            return ctx.step(self.began, Finding::Nat { answer });
        }
        let answer = match failure {
            Failure::Refused { notify: NotifyType::INVALID_MAJOR_VERSION, .. } => IkeAnswer::Version(2),
            Failure::Refused { notify, .. } => IkeAnswer::Notify(*notify),
            Failure::Silence { .. } => IkeAnswer::Silence,
            other => IkeAnswer::Unusable(format!("{other:?}")),
        };
        self.report(ctx, answer);
    }

    fn report(&mut self, ctx: &mut Context<'_>, answer: IkeAnswer) {
        let nat_t = self.socket == Socket::NatT;
        let offered = self.offer.suites.clone();
        ctx.step(self.began, Finding::Main { nat_t, offered, sent: self.sent, answer: answer.clone() });
        self.outcome = Some(answer);
        self.began = ctx.now;
    }
}
