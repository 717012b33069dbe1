//! `causeway dial`: connects to a server, keeps the connection, and says why when it cannot.

mod advice;
pub(crate) mod domain;
mod guard;
mod host;
mod inside;
mod line;
mod name;
mod offers;
mod profile;
mod report;
mod resolv;
mod resolver;
mod settings;
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
use net::terminal::SilentTerminal;
use serde_json::json;

use crate::cli;
use crate::exit::Failure;
use crate::io;
use inside::Inside;
use name::Resolving;
use report::{Ended, Report};
use settings::Settings;
use strategy::{Attempt, Strategy, conclude};

/// How long the resolver of the operating system may take.
const NAME_TIMEOUT: Duration = Duration::from_secs(15);

const SIGNALS: Token = Token(0);
const TUN: Token = Token(1);
const OTHER: Token = Token(2);

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
    let rng = io::seeded()?;
    let failed = |error| Failure::local(format!("cannot wait: {error}"));
    let poller = Poller::new(64).map_err(failed)?;
    poller.add(&signals, SIGNALS, Interest::Read).map_err(failed)?;
    let mut caller = Caller { settings, signals, poller, rng, report, inside: None, addresses: Vec::new() };
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
    /// Made when the first attempt has found its way, and kept until the end.
    inside: Option<Inside>,
    /// What the server's name resolved to last.
    addresses: Vec<IpAddr>,
}

/// How an attempt ended.
enum Outcome {
    /// It failed, or the connection was lost.
    Ended(Ended),
    /// The person at this end hung up.
    HungUp(Traffic),
    /// Authentication was reached without a password.
    PasswordWanted,
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
                Outcome::PasswordWanted => {}
                Outcome::Ended(ended) => {
                    self.report.failed(&ended);
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

    /// Calls, and calls again when a person at the terminal had to be asked for the password.
    fn call_with_password(&mut self, strategy: Strategy) -> Outcome {
        loop {
            match self.find_server().map_or_else(|outcome| outcome, |target| self.call(&target, strategy)) {
                Outcome::PasswordWanted => match self.ask_password() {
                    Ok(Some(password)) => self.settings.password = Some(password),
                    Ok(None) => {
                        let detail = json!({ "user": self.settings.user });
                        let stage = access::Stage::PppAuthentication.id();
                        return Outcome::Ended(report::obstacle(Obstacle::NoPassword, stage, detail));
                    }
                    Err(failure) => return failure.into(),
                },
                other => return other,
            }
        }
    }

    /// Name and route, before anything is sent.
    fn find_server(&mut self) -> Result<Target, Outcome> {
        self.addresses = self.resolve()?;
        for &server in &self.addresses {
            let found = match &mut self.inside {
                Some(inside) => inside.path_to(server),
                None => Netlink::open().and_then(|mut netlink| netlink.marked_path_to(server, self.settings.mark())),
            };
            let found =
                found.map_err(|error| Failure::local(format!("cannot ask for the route to {server}: {error}")))?;
            if let Some(path) = found
                && let Some(local) = path.source
            {
                self.report.progress("net.route", &format!("{server}, from {local}"));
                return Ok(Target { server, path, local });
            }
        }
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        let detail = json!({ "server": self.settings.server, "addresses": addresses });
        Err(Outcome::Ended(report::obstacle(Obstacle::NoRoute, "net.route", detail)))
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

    fn call(&mut self, target: &Target, strategy: Strategy) -> Outcome {
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
            target,
        };
        let (Ok(outcome) | Err(outcome)) = call.run(&mut self.poller);
        inside.disconnect();
        outcome
    }

    /// Asks the person at the terminal; `None` when there is no answer.
    fn ask_password(&mut self) -> Result<Option<Secret>, Failure> {
        let failed = |error: std::io::Error| Failure::local(format!("cannot ask for the password: {error}"));
        let question =
            format!("Password of {} at {}: ", printable(&self.settings.user), printable(&self.settings.server));
        let mut terminal = SilentTerminal::ask(&question).map_err(failed)?;
        let mut poller = Poller::new(4).map_err(failed)?;
        poller.add(&self.signals, SIGNALS, Interest::Read).map_err(failed)?;
        poller.add(&terminal, OTHER, Interest::Read).map_err(failed)?;
        loop {
            let _ = poller.wait(None).map_err(failed)?.count();
            if self.stop_wanted() {
                return Ok(None);
            }
            match terminal.poll_line() {
                Ok(Some(line)) => return Ok(Some(Secret::from(line)).filter(|line| !line.as_bytes().is_empty())),
                Ok(None) => {}
                Err(_) => return Ok(None),
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

fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
