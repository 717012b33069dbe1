//! `causeway dial`: connects to a server, keeps the connection, and says why when it cannot.

mod advice;
pub(crate) mod domain;
mod explain;
mod guard;
mod host;
mod inside;
mod line;
pub(crate) mod name;
pub(crate) mod offers;
mod profile;
mod prompt;
pub(crate) mod report;
mod resolv;
mod resolver;
pub(crate) mod settings;
mod sockets;
mod strategy;

use std::net::IpAddr;
use std::time::Duration;

use access::Redial;
use access::datapath::Traffic;
use chacha20::ChaCha20Rng;
use clock::Timestamp;
use crypto::Secret;
use diagnose::Obstacle;
use net::netlink::{self, Netlink};
use net::poll::{Interest, Poller, Signal, Signals, Token};
use net::process::ServiceState;
use serde_json::json;

use crate::cli;
use crate::exit::Failure;
use crate::io;
use crate::keylog::KeyLog;
use inside::Inside;
use name::Resolving;
use prompt::{Prompt, Said};
use report::{Ended, Report};
use settings::Settings;
use strategy::{Attempt, Strategy, conclude};

/// How long the resolver of the operating system may take.
const NAME_TIMEOUT: Duration = Duration::from_secs(15);

/// Addresses of one name that are tried.
const ADDRESSES: usize = 8;

const SIGNALS: Token = Token(0);
const TUN: Token = Token(1);
const OTHER: Token = Token(2);
const PROMPT: Token = Token(3);

/// Dials until the connection is ended, or can not be had.
pub(crate) fn run(options: &cli::Dial) -> Result<(), Failure> {
    let settings = Settings::gather(options)?;
    // Before any thread starts, so that every thread leaves the signals to this one.
    let signals = Signals::new().map_err(|error| Failure::local(format!("cannot take signals: {error}")))?;
    let report = Report::new(options.json);
    for warning in &settings.warnings {
        report.warning(warning);
    }
    if let Err(error) = net::process::forbid_dumps() {
        report.warning(&format!("core dumps could not be switched off, they would hold keys: {error}"));
    }
    let keylog = options.keylog.as_deref().map(KeyLog::open).transpose()?;
    if let Some(keylog) = &keylog {
        report.warning(&keylog.warning());
    }
    let rng = io::seeded()?;
    let failed = |error| Failure::local(format!("cannot wait: {error}"));
    let poller = Poller::new(64).map_err(failed)?;
    poller.add(&signals, SIGNALS, Interest::Read).map_err(failed)?;
    let password = settings.password.clone();
    let (inside, addresses, reached) = (None, Vec::new(), None);
    let mut caller = Caller { settings, signals, poller, rng, report, keylog, inside, addresses, reached, password };
    let result = caller.run();
    let _ = net::process::notify(ServiceState::Stopping);
    result
}

struct Caller {
    settings: Settings,
    signals: Signals,
    /// Watches the signals, the inner side, and during a call its sockets.
    poller: Poller,
    rng: ChaCha20Rng,
    report: Report,
    keylog: Option<KeyLog>,
    /// Made when the first attempt has found its way, and kept until the end.
    inside: Option<Inside>,
    /// What the server's name resolved to last.
    addresses: Vec<IpAddr>,
    /// Which of them answered last.
    reached: Option<IpAddr>,
    /// The password that was given, or typed and found right.
    password: Option<Secret>,
}

/// How an attempt ended.
enum Outcome {
    /// It failed, or the connection was lost.
    Ended(Ended),
    /// The person at this end hung up.
    HungUp(Traffic),
    /// It failed before anything came from the server's address: another address may do.
    Unreached(Ended),
    /// It was over before the person had typed the password.
    PasswordWanted(Box<Prompt>),
    /// This machine does not play along.
    Broken(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Outcome {
        Outcome::Broken(failure)
    }
}

impl From<std::io::Error> for Outcome {
    fn from(error: std::io::Error) -> Outcome {
        Outcome::Broken(Failure::local(format!("cannot wait for sockets: {error}")))
    }
}

/// A server with the way to it.
struct Target {
    server: IpAddr,
    path: netlink::Path,
    /// Our address on that way.
    local: IpAddr,
}

impl Caller {
    fn run(&mut self) -> Result<(), Failure> {
        let mut was_connected = false;
        let mut explained = None;
        let mut redial = Redial::default();
        loop {
            self.report.begin();
            match self.try_in_order() {
                Outcome::HungUp(traffic) => {
                    self.report.disconnected(traffic);
                    return Ok(());
                }
                Outcome::Broken(failure) => {
                    self.report.broken(&failure);
                    return Err(failure);
                }
                // It is asked for before a strategy counts as tried.
                Outcome::PasswordWanted(_) => {}
                Outcome::Ended(ended) | Outcome::Unreached(ended) => {
                    self.report.failed(&ended);
                    // What keeps failing in the same way is explained once.
                    if self.settings.explain && ended.status() != 0 && explained != Some(ended.verdict.cause) {
                        explained = Some(ended.verdict.cause);
                        self.report.explained(&ended, &self.settings.server);
                    }
                    if ended.was_up {
                        was_connected = true;
                        redial.note_up();
                    }
                    if self.settings.once || !was_connected || !ended.verdict.cause.may_pass() {
                        return if ended.status() == 0 { Ok(()) } else { Err(Failure::explained(ended.status())) };
                    }
                    let pause = redial.next_pause(&mut self.rng);
                    self.report.reconnecting(pause);
                    if self.pause(pause).map_err(|error| Failure::local(format!("cannot wait: {error}")))? {
                        self.report.disconnected(Traffic::default());
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Calls by one strategy after another until one connects, or meets what no other could change.
    fn try_in_order(&mut self) -> Outcome {
        let mut attempts = Vec::new();
        let mut order = self.settings.order.clone().into_iter().peekable();
        while let Some(strategy) = order.next() {
            let ended = match self.call_with_password(strategy) {
                Outcome::Ended(ended) if !ended.was_up => ended,
                other => return other,
            };
            let decides = ended.verdict.cause.defeats_every_strategy();
            let attempt = Attempt { strategy, ended };
            let next = order.peek().filter(|_| !decides);
            if let Some(&next) = next {
                self.report.strategy_failed(&attempt, next);
            }
            attempts.push(attempt);
            if decides {
                break;
            }
        }
        Outcome::Ended(conclude(attempts).expect("an order is never empty, and whatever does not return failed"))
    }

    /// Calls, and calls again when the call was over before the person had typed the password.
    fn call_with_password(&mut self, strategy: Strategy) -> Outcome {
        loop {
            match self.call_in_turn(strategy) {
                Outcome::PasswordWanted(prompt) => match self.wait_for(*prompt) {
                    Ok(Some(password)) => self.password = Some(password),
                    Ok(None) => return Outcome::Ended(no_password(&self.settings)),
                    Err(failure) => return failure.into(),
                },
                other => return other,
            }
        }
    }

    /// Tries the addresses of the server in turn, until one of them answers.
    fn call_in_turn(&mut self, strategy: Strategy) -> Outcome {
        let addresses = match self.resolve() {
            Ok(addresses) => addresses,
            Err(outcome) => return outcome,
        };
        self.addresses.clone_from(&addresses);
        let (routed, unrouted) = match self.with_route(addresses) {
            Ok(sorted) => sorted,
            Err(outcome) => return outcome,
        };
        let mut failed = Vec::new();
        for (index, &server) in routed.iter().enumerate() {
            let target = match self.target(server) {
                Ok(target) => target,
                Err(outcome) => return outcome,
            };
            let Some(target) = target else { continue };
            let is_last = index + 1 == routed.len();
            match self.call(&target, strategy, !is_last) {
                Outcome::Unreached(ended) => {
                    if !is_last {
                        self.report.address_failed(server, &ended);
                    }
                    failed.push((server, ended));
                }
                outcome => {
                    self.reached = Some(server);
                    return outcome;
                }
            }
        }
        let tried: Vec<_> = failed
            .iter()
            .map(|(address, ended)| {
                let (cause, detail) = (ended.verdict.cause.id(), &ended.detail);
                json!({ "address": address.to_string(), "cause": cause, "detail": detail })
            })
            .collect();
        let unrouted: Vec<_> = unrouted.iter().map(ToString::to_string).collect();
        // The first address is the one that others would have dialled.
        match failed.into_iter().next() {
            Some((_, mut first)) => {
                if tried.len() > 1 {
                    first.detail["tried"] = tried.into();
                }
                if !unrouted.is_empty() {
                    first.detail["without_route"] = unrouted.into();
                }
                Outcome::Ended(first)
            }
            None => {
                let detail = json!({ "server": self.settings.server, "addresses": unrouted });
                Outcome::Ended(report::obstacle(Obstacle::NoRoute, "net.route", detail))
            }
        }
    }

    /// The addresses that there is a way to, the one that answered last in front, and those without.
    fn with_route(&self, addresses: Vec<IpAddr>) -> Result<(Vec<IpAddr>, Vec<IpAddr>), Outcome> {
        let unknown = |error| Failure::local(format!("cannot ask for routes: {error}"));
        let mut netlink = Netlink::open().map_err(unknown)?;
        let (mut routed, mut unrouted) = (Vec::new(), Vec::new());
        for server in addresses {
            let found = netlink.marked_path_to(server, self.settings.mark()).map_err(unknown)?;
            match found.and_then(|path| path.source) {
                Some(_) => routed.push(server),
                None => unrouted.push(server),
            }
        }
        routed.sort_by_key(|&server| Some(server) != self.reached);
        routed.truncate(ADDRESSES);
        Ok((routed, unrouted))
    }

    /// The way to one address, before anything is sent.
    fn target(&mut self, server: IpAddr) -> Result<Option<Target>, Outcome> {
        let found = match &mut self.inside {
            Some(inside) => inside.path_to(server),
            None => Netlink::open().and_then(|mut netlink| netlink.marked_path_to(server, self.settings.mark())),
        };
        let found = found.map_err(|error| Failure::local(format!("cannot ask for the route to {server}: {error}")))?;
        let target = found.and_then(|path| Some(Target { server, local: path.source?, path }));
        if let Some(Target { local, .. }) = &target {
            self.report.progress("net.route", &format!("{server}, from {local}"));
        }
        Ok(target)
    }

    fn resolve(&mut self) -> Result<Vec<IpAddr>, Outcome> {
        if let Ok(address) = self.settings.server.parse() {
            return Ok(vec![address]);
        }
        // With the name servers inside a tunnel that is down there is nobody to ask.
        if !self.addresses.is_empty() && (self.settings.full_tunnel || self.settings.dns) {
            return Ok(self.addresses.clone());
        }
        self.report.progress("net.name", &self.settings.server);
        match self.resolve_by_system()? {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            _ if !self.addresses.is_empty() => Ok(self.addresses.clone()),
            result => {
                let reason = result.err().unwrap_or_else(|| "the name has no address".to_owned());
                let detail = json!({ "name": self.settings.server, "resolver_says": reason });
                Err(Outcome::Ended(report::obstacle(Obstacle::NameUnknown, "net.name", detail)))
            }
        }
    }

    fn resolve_by_system(&mut self) -> Result<Result<Vec<IpAddr>, String>, Outcome> {
        let resolving = Resolving::begin(&self.settings.server)?;
        let mut poller = Poller::new(4)?;
        poller.add(&self.signals, SIGNALS, Interest::Read)?;
        poller.add(resolving.waker(), OTHER, Interest::Read)?;
        let deadline = net::clock::now() + NAME_TIMEOUT;
        loop {
            if let Some(answer) = resolving.poll() {
                return Ok(answer);
            }
            let left = deadline.since(net::clock::now());
            if left.is_zero() {
                return Ok(Err(format!("no answer within {} s", NAME_TIMEOUT.as_secs())));
            }
            let _ = poller.wait(Some(left))?.count();
            if self.stop_wanted() {
                return Err(Outcome::HungUp(Traffic::default()));
            }
        }
    }

    /// Calls one address. With `others` to try it has less time for its first answer.
    fn call(&mut self, target: &Target, strategy: Strategy, others: bool) -> Outcome {
        let inside = match &mut self.inside {
            Some(inside) => inside,
            slot => match Inside::prepare(&self.settings, &self.report, target, &self.poller) {
                Ok(inside) => slot.insert(inside),
                Err(failure) => return Outcome::Broken(failure),
            },
        };
        let call = line::Call {
            settings: &self.settings,
            strategy,
            signals: &self.signals,
            rng: &mut self.rng,
            report: &self.report,
            inside: &mut *inside,
            keylog: self.keylog.as_mut(),
            password: &mut self.password,
            target,
            first_answer: others.then(|| self.settings.first_answer()),
        };
        let (Ok(outcome) | Err(outcome)) = call.run(&mut self.poller);
        inside.disconnect();
        outcome
    }

    /// Waits for what is being typed; `None` when nothing is.
    fn wait_for(&mut self, mut prompt: Prompt) -> Result<Option<Secret>, Failure> {
        let failed = |error: std::io::Error| Failure::local(format!("cannot ask for the password: {error}"));
        let mut poller = Poller::new(4).map_err(failed)?;
        poller.add(&self.signals, SIGNALS, Interest::Read).map_err(failed)?;
        prompt.watch(&poller, PROMPT).map_err(failed)?;
        loop {
            match prompt.poll() {
                Said::Password(password) => return Ok(Some(password)),
                Said::Refused => return Ok(None),
                Said::Nothing => {}
            }
            let _ = poller.wait(None).map_err(failed)?.count();
            if self.stop_wanted() {
                return Ok(None);
            }
        }
    }

    /// Waits, and drops what goes into the tunnel meanwhile. Returns whether to stop.
    fn pause(&mut self, pause: Duration) -> std::io::Result<bool> {
        let mut packet = vec![0; 1 << 16];
        let end: Timestamp = net::clock::now() + pause;
        loop {
            let now = net::clock::now();
            if now >= end {
                return Ok(false);
            }
            let due = self.inside.as_mut().and_then(|inside| {
                inside.flush(now, &self.poller, &self.report);
                inside.poll_timeout(now)
            });
            let ready = self.poller.wait(Some(due.map_or(end, |due| due.min(end)).since(now)))?;
            for ready in ready {
                self.inside.iter_mut().for_each(|inside| inside.handle_ready(ready));
            }
            if self.stop_wanted() {
                return Ok(true);
            }
            if let Some(Inside::Device(host)) = &self.inside {
                io::read_tun(&host.tun, &mut packet, |_, _| {})?;
            }
        }
    }

    fn stop_wanted(&self) -> bool {
        stop_wanted(&self.signals)
    }
}

/// Whether somebody wants the end. There is nothing to reload: SIGHUP is a terminal that was closed.
fn stop_wanted(signals: &Signals) -> bool {
    std::iter::from_fn(|| signals.poll_signal()).any(|signal| matches!(signal, Signal::Stop | Signal::Reload))
}

/// Authentication was reached, and there is no password.
fn no_password(settings: &Settings) -> Ended {
    let detail = json!({ "user": settings.user });
    report::obstacle(Obstacle::NoPassword, access::Stage::PppAuthentication.id(), detail)
}
