//! `causeway serve`: one worker that waits for sockets, device, signals and questions, and feeds the access layer.

mod banner;
mod bars;
mod history;
mod host;
mod log;
mod questions;
mod quick;
mod scarcity;
mod settings;
mod sockets;

use access::server::{Endpoint, SessionId};
use chacha20::ChaCha20Rng;
use clock::Timestamp;
use diagnose::{Language, Texts};
use net::batch::RecvBatch;
use net::poll::{Interest, Poller, Signal, Signals, Token, Waker};
use net::process::ServiceState;
use serde_json::{Value, json};

use crate::cli;
use crate::config::{self, Config, LoadError};
use crate::control::{Disconnect, Question};
use crate::exit::Failure;
use crate::io::{self, BATCH, NAT_T_PORT, Sockets, Wire};
use crate::keylog::KeyLog;
use bars::Bars;
use history::History;
use host::Host;
use log::{Level, Log};
use questions::{Pending, Questions};
use scarcity::Scarcity;

const SIGNALS: Token = Token(0);
const QUESTIONS: Token = Token(1);
const TUN: Token = Token(2);
const UDP: u64 = 0x100;
const ESP: u64 = 0x200;

/// Runs the server until it is told to stop.
pub(crate) fn run(options: &cli::Serve) -> Result<(), Failure> {
    let log = Log::new(options.log);
    // Before any thread starts, so that every thread leaves the signals to the worker.
    let signals = Signals::new().map_err(|error| Failure::local(format!("cannot take signals: {error}")))?;
    let dumps = net::process::forbid_dumps();
    let mut rng = io::seeded()?;
    Host::check_needs()?;
    let (config, quick) = if options.quick {
        let quick = quick::prepare(options, quick::Environment::read(), &mut rng)?;
        (quick.config.clone(), Some(quick))
    } else {
        (load(&options.config)?, None)
    };
    let keylog = options.keylog.as_deref().map(KeyLog::open).transpose()?;
    // What another server on this host has, it keeps: ports and control socket are taken before anything is changed.
    let (sockets, no_esp) = sockets::bind(&config)?;
    let waker = Waker::new().map_err(|error| Failure::local(format!("cannot make an event: {error}")))?;
    let questions = Questions::listen(&config.socket, waker.clone()).map_err(|error| {
        Failure::local(format!("cannot listen at the control socket {}: {error}", config.socket.display()))
    })?;
    let host = Host::prepare(&config)?;
    let mut warnings = config.warnings.clone();
    warnings.extend(host.warnings.iter().cloned());
    if let Err(error) = dumps {
        warnings.push(format!("core dumps could not be switched off, they would hold keys: {error}"));
    }
    warnings.extend(keylog.as_ref().map(KeyLog::warning));
    if let Some(reason) = &no_esp {
        warnings.push(format!(
            "{reason}: only clients with NAT traversal (UDP 4500) are served; every client is made to use it"
        ));
    }
    let endpoint = Endpoint::new(settings::access(&config, no_esp.is_some()));
    if let Some(quick) = &quick {
        banner::print(quick);
    }
    let mut worker = Worker {
        started: net::clock::now(),
        options: options.clone(),
        config,
        endpoint,
        host,
        sockets,
        no_raw_esp: no_esp.is_some(),
        questions,
        waker,
        signals,
        rng,
        log,
        warnings,
        history: History::default(),
        bars: Bars::default(),
        scarcity: Scarcity::default(),
        keylog,
        unsent: 0,
    };
    worker.announce();
    let result = worker.serve();
    worker.stop();
    result.map_err(|error| Failure::local(format!("the worker cannot wait for its sockets: {error}")))
}

fn load(path: &std::path::Path) -> Result<Config, Failure> {
    config::load(path).map_err(|error| match error {
        LoadError::Mistakes(_) => Failure::configuration(error.to_string()),
        LoadError::Read(..) => Failure::configuration(format!(
            "{error}\n`causeway serve --quick` serves without a configuration; `causeway serve --config FILE` takes another one"
        )),
    })
}

struct Worker {
    started: Timestamp,
    options: cli::Serve,
    config: Config,
    endpoint: Endpoint,
    host: Host,
    sockets: Sockets,
    /// ESP has to travel in UDP.
    no_raw_esp: bool,
    questions: Questions,
    waker: Waker,
    signals: Signals,
    rng: ChaCha20Rng,
    log: Log,
    warnings: Vec<String>,
    history: History,
    bars: Bars,
    scarcity: Scarcity,
    keylog: Option<KeyLog>,
    /// Packets that the host did not take.
    unsent: u64,
}

/// The access layer with its way out; a macro because it borrows fields side by side.
macro_rules! wire {
    ($worker:ident) => {
        Wire {
            sockets: &$worker.sockets,
            tun: &$worker.host.tun,
            keylog: $worker.keylog.as_mut(),
            unsent: &mut $worker.unsent,
        }
    };
}

impl Worker {
    /// Says what is listened on and what has a price, then that the server is ready.
    fn announce(&self) {
        let now = net::clock::unix_seconds();
        for warning in &self.warnings {
            self.log.write(now, Level::Warning, warning, &json!({}));
        }
        let fields =
            json!({ "listen": self.listeners(), "pool": self.config.pool.to_string(), "device": self.host.tun.name() });
        self.log.write(now, Level::Info, "ready", &fields);
        let _ = net::process::notify(ServiceState::Ready);
    }

    fn serve(&mut self) -> std::io::Result<()> {
        let mut poller = Poller::new(16)?;
        poller.add(&self.signals, SIGNALS, Interest::Read)?;
        poller.add(&self.waker, QUESTIONS, Interest::Read)?;
        poller.add(&self.host.tun, TUN, Interest::Read)?;
        for (index, socket) in self.sockets.udp.iter().enumerate() {
            poller.add(socket, Token(UDP + index as u64), Interest::Read)?;
        }
        for (index, socket) in self.sockets.esp.iter().enumerate() {
            poller.add(socket, Token(ESP + index as u64), Interest::Read)?;
        }
        let mut batch = RecvBatch::new(BATCH);
        let mut packet = vec![0; 1 << 16];
        let mut ready = Vec::new();
        loop {
            let timeout = self.endpoint.poll_timeout().map(|at| at.since(net::clock::now()));
            ready.clear();
            ready.extend(poller.wait(timeout)?.map(|ready| ready.token));
            let now = net::clock::now();
            self.judge(now);
            for &token in &ready {
                match token {
                    SIGNALS => {
                        if self.take_signals() {
                            return Ok(());
                        }
                    }
                    QUESTIONS => self.answer_questions(now),
                    TUN => self.read_tun(&mut packet)?,
                    Token(udp) if udp < ESP => self.read_udp(now, (udp - UDP) as usize, &mut batch)?,
                    Token(esp) => self.read_esp(now, (esp - ESP) as usize, &mut batch)?,
                }
            }
            let out = &mut wire!(self);
            self.endpoint.flush(out);
            self.endpoint.handle_timeout(now, &mut self.rng, out);
            self.tell();
        }
    }

    fn read_udp(&mut self, now: Timestamp, index: usize, batch: &mut RecvBatch) -> std::io::Result<()> {
        let Some(socket) = self.sockets.udp.get(index) else { return Ok(()) };
        let floated = socket.local_addr().port() == NAT_T_PORT;
        let out = &mut wire!(self);
        io::read_udp(socket, batch, |path, received| {
            let (data, segment) = (received.data, received.segment);
            if floated {
                self.endpoint.handle_udp_4500(now, &mut self.rng, path, data, segment, out);
            } else {
                self.endpoint.handle_udp_500(now, &mut self.rng, path, data, segment, out);
            }
        })
    }

    fn read_esp(&mut self, now: Timestamp, index: usize, batch: &mut RecvBatch) -> std::io::Result<()> {
        let Some(socket) = self.sockets.esp.get(index) else { return Ok(()) };
        let out = &mut wire!(self);
        io::read_esp(socket, batch, |path, received| {
            self.endpoint.handle_esp(now, &mut self.rng, path, received.data, out);
        })
    }

    fn read_tun(&mut self, packet: &mut [u8]) -> std::io::Result<()> {
        let out = &mut wire!(self);
        let handle = |offload, packet: &[u8]| self.endpoint.handle_tun(offload, packet, out);
        let lost = io::read_tun(&self.host.tun, packet, handle)?;
        self.unsent += lost;
        Ok(())
    }

    /// Bars whom dates, hours and wrong passwords bar in this minute, and ends what is up of them.
    fn judge(&mut self, now: Timestamp) {
        let Some(bars) = self.bars.judge(&self.config.rules, now, &jiff::Zoned::now()) else { return };
        let over: Vec<SessionId> = self
            .endpoint
            .sessions()
            .filter(|session| session.up.is_some())
            .filter(|session| {
                let account = session.user.as_deref().and_then(|user| self.config.accounts.find(user));
                let bar = account.and_then(|account| bars.get(&account.name.to_lowercase()));
                // Somebody else's guesses are no reason to end the connection of who is in.
                matches!(bar, Some(policy::Denied::Expired | policy::Denied::LogonHours))
            })
            .map(|session| session.id)
            .collect();
        self.endpoint.bar(bars);
        for id in over {
            let fields = json!({ "session": id.to_string() });
            self.log.write(net::clock::unix_seconds(), Level::Info, "the user's time is over", &fields);
            let out = &mut wire!(self);
            self.endpoint.disconnect(now, &mut self.rng, id, out);
        }
    }

    /// Says when the pool is nearly used up.
    fn warn_of_pool(&mut self) {
        let pool = self.endpoint.pool();
        let (used, size) = (pool.in_use(), pool.size());
        if self.scarcity.begins(used, size) {
            let fields = json!({ "in_use": used, "size": size, "range": pool.range().to_string() });
            self.log.write(
                net::clock::unix_seconds(),
                Level::Warning,
                "nine tenths of the addresses are in use",
                &fields,
            );
        }
    }

    /// Logs what happened.
    fn tell(&mut self) {
        while let Some(event) = self.endpoint.poll_event() {
            self.warn_of_pool();
            let now = net::clock::now();
            let locked = self.bars.count(&event, &self.config.accounts, self.config.rules.lockout, now);
            if let Some(user) = locked {
                let fields = json!({ "user": user });
                self.log.write(
                    net::clock::unix_seconds(),
                    Level::Warning,
                    "account locked after wrong passwords",
                    &fields,
                );
            }
            let (level, message, fields) = record::server::event(&event, net::clock::now());
            let at = net::clock::unix_seconds();
            self.log.write(at, level, message, &fields);
            self.history.record(&event, at);
        }
    }

    /// Returns whether to stop.
    fn take_signals(&mut self) -> bool {
        while let Some(signal) = self.signals.poll_signal() {
            match signal {
                Signal::Stop => return true,
                Signal::Reload => self.reload(),
            }
        }
        false
    }

    /// The configuration as it is now, with what command line and environment override.
    fn read_configuration(&mut self) -> Result<Config, Failure> {
        if self.options.quick {
            return Ok(quick::prepare(&self.options, quick::Environment::read(), &mut self.rng)?.config);
        }
        load(&self.options.config)
    }

    /// Reads the configuration again. A bad one leaves the old one in force.
    fn reload(&mut self) {
        let _ = net::process::notify(ServiceState::Reloading);
        let now = net::clock::unix_seconds();
        match self.read_configuration() {
            Ok(new) => {
                for (what, changed) in needs_restart(&self.config, &new) {
                    if changed {
                        let message = format!("{what} changed: the new value counts from the next start on");
                        self.log.write(now, Level::Warning, &message, &json!({}));
                    }
                }
                let kept = Config { pool: self.config.pool, client_to_client: self.config.client_to_client, ..new };
                self.endpoint.reconfigure(settings::access(&kept, self.no_raw_esp));
                self.config = Config {
                    listen: self.config.listen.clone(),
                    socket: self.config.socket.clone(),
                    device: self.config.device.clone(),
                    nat: self.config.nat,
                    ..kept
                };
                self.bars.unsettle();
                self.log.write(now, Level::Info, "configuration reloaded", &json!({}));
            }
            Err(error) => {
                let fields = json!({ "error": error.to_string() });
                self.log.write(now, Level::Error, "configuration not reloaded, the old one stays in force", &fields);
            }
        }
        let _ = net::process::notify(ServiceState::Ready);
    }

    fn answer_questions(&mut self, now: Timestamp) {
        self.waker.clear();
        while let Some(Pending { question, answer }) = self.questions.next() {
            let reply = self.answer(now, &question);
            // The caller may have gone.
            let _ = answer.try_send(reply);
        }
    }

    fn answer(&mut self, now: Timestamp, question: &Question) -> Value {
        match question {
            Question::Status => self.status(now),
            Question::Sessions => {
                let sessions: Vec<_> =
                    self.endpoint.sessions().map(|session| record::server::session(&session, now)).collect();
                json!({ "sessions": sessions })
            }
            Question::Session(id) => {
                let id = id.parse::<SessionId>().ok();
                match self.endpoint.sessions().find(|session| Some(session.id) == id) {
                    Some(session) => json!({ "session": record::server::session(&session, now) }),
                    None => json!({ "error": "there is no session of that name; `causeway session list` shows them" }),
                }
            }
            Question::Disconnect(which) => self.disconnect(now, which),
            Question::Pool => record::server::pool(&self.endpoint),
            Question::Failed => self.history.list(),
            Question::Explain(id, language) => self.explain(id, *language),
        }
    }

    fn explain(&self, name: &str, language: Language) -> Value {
        let texts = Texts::new(language);
        let explained = name.parse().ok().and_then(|id: SessionId| {
            if self.endpoint.sessions().any(|session| session.id == id) {
                return Some(json!({ "error": texts.get("error-session-alive") }));
            }
            self.history.explain(id, &texts)
        });
        explained.unwrap_or_else(|| json!({ "error": texts.get("error-session-unknown") }))
    }

    fn disconnect(&mut self, now: Timestamp, which: &Disconnect) -> Value {
        let ids: Vec<SessionId> = match which {
            Disconnect::All => self.endpoint.sessions().map(|session| session.id).collect(),
            Disconnect::Named(names) => {
                let Some(ids) = names.iter().map(|name| name.parse().ok()).collect::<Option<_>>() else {
                    return json!({ "error": "a session's name is an s and a number; `causeway session list` shows them" });
                };
                ids
            }
        };
        let out = &mut wire!(self);
        let ended: Vec<_> =
            ids.into_iter().filter(|&id| self.endpoint.disconnect(now, &mut self.rng, id, out)).collect();
        if ended.is_empty() && *which != Disconnect::All {
            return json!({ "error": "there is no session of that name; `causeway session list` shows them" });
        }
        json!({ "ended": ended.iter().map(ToString::to_string).collect::<Vec<_>>() })
    }

    fn status(&self, now: Timestamp) -> Value {
        let (mut up, mut connecting) = (0, 0);
        for session in self.endpoint.sessions() {
            *if session.up.is_some() { &mut up } else { &mut connecting } += 1;
        }
        let pool = self.endpoint.pool();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_seconds": now.since(self.started).as_secs(),
            "listen": self.listeners(),
            "sessions": up,
            "connecting": connecting,
            "pool": { "range": pool.range().to_string(), "size": pool.size(), "in_use": pool.in_use() },
            "accepts": settings::accepts(&self.config),
            "offload": settings::offload(&self.sockets, &self.host.tun),
            "nat": self.config.nat,
            "warnings": self.warnings,
            "unsent": self.unsent,
            "dropped": record::server::drops(&self.endpoint),
        })
    }

    fn listeners(&self) -> Vec<String> {
        let udp = self.sockets.udp.iter().map(|socket| format!("udp {}", socket.local_addr()));
        let esp = self.sockets.esp.iter().map(|socket| format!("esp {:?}", socket.family()).to_lowercase());
        udp.chain(esp).collect()
    }

    /// Says goodbye to every client. What was set up on the host is removed when the worker is dropped.
    fn stop(&mut self) {
        let _ = net::process::notify(ServiceState::Stopping);
        let out = &mut wire!(self);
        self.endpoint.shut_down(net::clock::now(), &mut self.rng, out);
        self.endpoint.flush(out);
        self.tell();
        self.log.write(net::clock::unix_seconds(), Level::Info, "stopped", &json!({}));
    }
}

/// Settings that a running server cannot change.
fn needs_restart(old: &Config, new: &Config) -> [(&'static str, bool); 10] {
    [
        ("server.name", old.host_name != new.host_name),
        ("network.ipv6", old.ipv6 != new.ipv6),
        ("network.mtu", old.mtu != new.mtu),
        ("ppp.hello_interval", old.hello_interval != new.hello_interval),
        ("server.listen", old.listen != new.listen),
        ("server.socket", old.socket != new.socket),
        ("network.pool", old.pool != new.pool),
        ("network.nat", old.nat != new.nat),
        ("network.device", old.device != new.device),
        ("network.client_to_client", old.client_to_client != new.client_to_client),
    ]
}
