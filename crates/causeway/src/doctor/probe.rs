//! `causeway doctor probe`: asks a server what clients ask, and says what that proves.

mod call;
mod inner;
mod journal;
mod line;
mod log_on;
mod methods;
mod protection;
mod words;

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clock::Timestamp;
use diagnose::{Cause, Finding, Prediction, Texts, examine, predict};
use net::netlink::{self, Netlink};
use net::poll::{Interest, Poller, Signal, Signals, Token};
use observe::{Side, network};
use probe::{IkeAnswer, Step};
use serde_json::{Value, json};

use super::mistake;
use super::phrases::say;
use crate::cli::Client;
use crate::cli::doctor::{Probe, Protocols};
use crate::dial::name::Resolving;
use crate::dial::offers::offers;
use crate::dial::settings::{self, Settings};
use crate::exit::Failure;
use crate::io;
use journal::{Journal, Told};

/// How long the resolver of the operating system may take.
const NAME_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn run(options: &Probe) -> Result<(), Failure> {
    let texts = super::texts(&options.common);
    let signals = Signals::new().map_err(|error| mistake::local(&texts, "error-signals", &[], &error))?;
    // Whoever listens to a log-on over PPTP can guess at the password: it takes an explicit word.
    let (settings, pptp_log_on) = match options.protocol {
        Protocols::Pptp => (None, pptp_log_on(options, &texts)?),
        Protocols::Auto | Protocols::L2tp => (for_probe(options, &texts)?, None),
    };
    let begun = net::clock::now();
    let mut doctor = Doctor {
        options,
        settings,
        pptp_log_on,
        dialable: false,
        texts,
        journal: Journal::new(&options.host, !options.common.json, begun),
        signals,
        rng: io::seeded()?,
        until: begun + Duration::from_secs(options.timeout),
        outcome: probe::Outcome::default(),
        steps: Vec::new(),
        connected: false,
        stopped: false,
    };
    doctor.ask()?;
    doctor.journal.settle();
    doctor.read_exports()?;
    doctor.conclude()
}

struct Doctor<'a> {
    options: &'a Probe,
    /// How to log on over L2TP/IPsec, if there is a key.
    settings: Option<Settings>,
    /// Who logs on in PPTP's call, if that was asked for.
    pptp_log_on: Option<probe::LogOn>,
    /// IKE answered with a transform at port 500, where a call begins.
    dialable: bool,
    texts: Texts,
    journal: Journal,
    signals: Signals,
    rng: chacha20::ChaCha20Rng,
    until: Timestamp,
    outcome: probe::Outcome,
    /// What was asked without a key, each with its number in the journal.
    steps: Vec<(u64, Step)>,
    /// A whole connection came up.
    connected: bool,
    /// Somebody wants no more to be asked.
    stopped: bool,
}

/// The server, and the way to it.
#[derive(Clone, Copy)]
struct Target {
    server: IpAddr,
    local: IpAddr,
    path: netlink::Path,
}

impl Doctor<'_> {
    fn ask(&mut self) -> Result<(), Failure> {
        let Some(server) = self.resolve()? else { return Ok(()) };
        let Some(target) = self.route(server)? else { return Ok(()) };
        let mut probe = self.before_log_on(target)?;
        // Servers count who leaves negotiations open, and then ignore him: whoever wants to log on comes before that.
        self.log_on(target)?;
        self.after_log_on(target, &mut probe)?;
        let (numbers, steps): (Vec<u64>, Vec<Step>) = std::mem::take(&mut self.steps).into_iter().unzip();
        for (index, fact) in probe::observations(&steps, target.server) {
            if let Some(&number) = numbers.get(index) {
                self.journal.observe(number, fact);
            }
        }
        for step in &steps {
            if let probe::Finding::PptpMethods { methods, .. } = &step.finding {
                self.journal.further.insert("authentication".into(), methods::report(methods));
            }
        }
        // Where IPsec answers, PPTP is another way in, and how it fails is no fault.
        for (number, step) in numbers.iter().zip(&steps).filter(|_| !self.outcome.ike) {
            if let Some(probe::LinkEnd::Ppp { stage, failure }) = step.finding.link_end() {
                let failure = access::Failure::Ppp { stage: *stage, failure: failure.clone(), denied: None };
                log_on::blame(&mut self.journal, &self.texts, *number, &failure);
            }
        }
        Ok(())
    }

    /// The address of the name; the first one, which is what clients dial.
    fn resolve(&mut self) -> Result<Option<IpAddr>, Failure> {
        if let Ok(address) = self.options.host.parse() {
            return Ok(Some(address));
        }
        let began = net::clock::now();
        let name = self.options.host.as_str();
        let answer = self.resolve_by_system(name)?;
        let (key, answer, fact) = match answer {
            Ok(addresses) if !addresses.is_empty() => {
                let list = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let name = name.to_owned();
                ("name-found", list, network::Fact::NameResolved { name, addresses })
            }
            Ok(_) => ("name-unknown", String::new(), network::Fact::NameUnknown { name: name.to_owned() }),
            Err(reason) => (
                "name-unknown",
                words::resolver(&self.texts, &reason),
                network::Fact::NameUnknown { name: name.to_owned() },
            ),
        };
        let told = Told::new(&self.texts, "name", key, began, &[("name", name), ("answer", &answer)]);
        let found = match &fact {
            network::Fact::NameResolved { addresses, .. } => addresses.first().copied(),
            _ => None,
        };
        let step = self.journal.tell(told);
        self.journal.observe(step, fact.into());
        Ok(found)
    }

    fn resolve_by_system(&mut self, name: &str) -> Result<Result<Vec<IpAddr>, String>, Failure> {
        let failed = |error: std::io::Error| mistake::local(&self.texts, "error-names", &[], &error);
        let resolving = Resolving::begin(name).map_err(failed)?;
        let mut poller = Poller::new(4).map_err(failed)?;
        poller.add(resolving.waker(), Token(0), Interest::Read).map_err(failed)?;
        poller.add(&self.signals, Token(1), Interest::Read).map_err(failed)?;
        let deadline = (net::clock::now() + NAME_TIMEOUT).min(self.until);
        loop {
            if let Some(answer) = resolving.poll() {
                return Ok(answer);
            }
            let left = deadline.since(net::clock::now());
            if left.is_zero() {
                return Ok(Err(format!("{} s", NAME_TIMEOUT.as_secs())));
            }
            let _ = poller.wait(Some(left)).map_err(failed)?.count();
            if stop_wanted(&self.signals) {
                return Err(Failure::local(say(&self.texts, "error-interrupted", &[])));
            }
        }
    }

    fn route(&mut self, server: IpAddr) -> Result<Option<Target>, Failure> {
        let began = net::clock::now();
        let named = server.to_string();
        let failed = |error: netlink::NetlinkError| {
            let values = [("server", named.as_str()), ("error", &error.to_string())];
            Failure::local(say(&self.texts, "error-route", &values))
        };
        let mut netlink = Netlink::open().map_err(failed)?;
        let found = netlink.path_to(server).map_err(failed)?;
        let target = found.and_then(|path| Some(Target { server, local: path.source?, path }));
        let address = server.to_string();
        let Some(target) = target else {
            let told = Told::new(&self.texts, "route", "route-none", began, &[("address", &address)]);
            let step = self.journal.tell(told);
            self.journal.observe(step, network::Fact::NoRoute { to: Some(server) }.into());
            return Ok(None);
        };
        let links = netlink.links().unwrap_or_default();
        let interface = links.into_iter().find(|link| link.index == target.path.interface).map(|link| link.name);
        let interface = interface.unwrap_or_else(|| target.path.interface.to_string());
        let gateway = target.path.gateway.map(|gateway| gateway.to_string());
        let key = if gateway.is_some() { "route-gateway" } else { "route-link" };
        let values = [
            ("address", address.as_str()),
            ("local", &target.local.to_string()),
            ("gateway", gateway.as_deref().unwrap_or_default()),
            ("interface", &interface),
        ];
        self.journal.tell(Told::new(&self.texts, "route", key, began, &values));
        Ok(Some(target))
    }

    /// What every client asks before there is need of a key.
    fn before_log_on(&mut self, target: Target) -> Result<probe::Probe, Failure> {
        let offers = offers(self.options.client);
        let l2tp = self.options.protocol != Protocols::Pptp;
        let pptp = self.options.protocol != Protocols::L2tp;
        let line = line::Line::open(&self.texts, target, pptp)?;
        let config = probe::Config {
            local: line.local(probe::Socket::Ike),
            local_nat_t: line.local(probe::Socket::NatT),
            server: SocketAddr::new(target.server, probe::Socket::Ike.port()),
            offer: offers.phase1,
            vendor_ids: offers.vendor_ids.unwrap_or_else(ours),
            echo: line.can_echo(),
            l2tp,
            pptp,
            gre: line.can_gre(),
            log_on: self.pptp_log_on.take(),
            methods: self.options.protocol == Protocols::Pptp,
            survey: if self.options.enumerate { probe::Survey::Full } else { probe::Survey::Short },
        };
        let mut probe = probe::Probe::begin(net::clock::now(), &mut self.rng, config);
        self.carry(line, &mut probe)?;
        for (_, step) in &self.steps {
            self.outcome.add(&step.finding);
            self.dialable |=
                matches!(step.finding, probe::Finding::Main { nat_t: false, answer: IkeAnswer::Chosen(_), .. });
        }
        Ok(probe)
    }

    /// What servers take for the work of a scanner.
    fn after_log_on(&mut self, target: Target, probe: &mut probe::Probe) -> Result<(), Failure> {
        if self.stopped || net::clock::now() >= self.until {
            return Ok(());
        }
        let line = line::Line::open(&self.texts, target, false)?;
        probe.go_on(net::clock::now(), &mut self.rng, line.local(probe::Socket::Ike));
        self.carry(line, probe)
    }

    /// Carries packets for a part of the probe.
    fn carry(&mut self, line: line::Line, probe: &mut probe::Probe) -> Result<(), Failure> {
        let Doctor { texts, journal, signals, rng, until, steps, .. } = self;
        self.stopped |= line.run(texts, probe, signals, rng, *until, |step| {
            let number = journal.tell(words::told(texts, &step));
            for warning in words::warnings(&step.finding) {
                journal.warn(warning, texts);
            }
            steps.push((number, step));
        })?;
        Ok(())
    }

    /// What the person's Windows machine is set to.
    fn read_exports(&mut self) -> Result<(), Failure> {
        for path in &self.options.reg {
            let (name, settings) = (path.to_string_lossy(), ingest::Settings::default());
            let failed = |error| mistake::unreadable(&self.texts, &name, &error);
            let file = File::open(path).map_err(failed)?;
            let source = ingest::read(&name, file, &settings, &mut self.journal.timeline, &mut |_| {});
            self.journal.timeline.set_side(source.map_err(failed)?, Side::Client);
        }
        Ok(())
    }

    /// What Windows would show; for others than Windows nothing is foretold.
    fn predict(&self) -> Option<Prediction> {
        let windows = matches!(self.options.client, None | Some(Client::Windows11));
        let ticked = self.options.auth.iter().map(|ticked| probe::method(settings::method(*ticked).auth_protocol()));
        let ticked: Vec<_> = ticked.collect();
        (windows && self.options.protocol != Protocols::Pptp)
            .then(|| predict(&self.journal.timeline, &ticked))
            .flatten()
    }

    fn conclude(self) -> Result<(), Failure> {
        let common = &self.options.common;
        let mut diagnosis = examine(&self.journal.timeline, super::context(common, &self.journal.timeline)?);
        let answered = match self.options.protocol {
            Protocols::Auto => self.outcome.agreed || self.outcome.pptp,
            Protocols::L2tp => self.outcome.agreed,
            Protocols::Pptp => self.outcome.pptp,
        };
        let predicted = self.predict();
        // Who asks for this client, or for this machine, asks whether it would connect.
        let concerned = self.options.client.is_some() || !self.options.reg.is_empty();
        // Nothing was found wrong as far as the questions went.
        let all_is_well = diagnosis.findings.is_empty() && answered;
        if all_is_well {
            (diagnosis.healthy, diagnosis.enough) = (true, true);
        }
        if let Some(Prediction { cause, evidence, .. }) = predicted.clone().filter(|_| concerned)
            && diagnosis.findings.iter().all(|finding| finding.cause != cause)
        {
            (diagnosis.healthy, diagnosis.enough) = (false, true);
            diagnosis.findings.retain(|finding| finding.cause != Cause::NoneHealthy);
            let (confidence, against) = (0.8, Vec::new());
            let foretold = Finding { cause, confidence, at: None, evidence, against, only_words: false };
            let behind = diagnosis.findings.partition_point(|finding| finding.confidence >= foretold.confidence);
            diagnosis.findings.insert(behind, foretold);
        }
        if !common.json {
            crate::print("\n")?;
        }
        let mut further = self.journal.to_json();
        let foretold = predicted
            .as_ref()
            .map(|predicted| json!({ "client": "windows", "ras": predicted.ras.0, "cause": predicted.cause.id() }));
        further.insert("predicted".into(), foretold.unwrap_or(Value::Null));
        super::publish(&self.journal.timeline, &diagnosis, common, further)?;
        if let Some(predicted) = predicted.filter(|_| !common.json) {
            let (ras, summary) = (predicted.ras.to_string(), self.texts.advice(predicted.cause).summary);
            let values = [("ras", ras.as_str()), ("summary", &summary)];
            crate::print(&format!("\n{}\n", self.texts.with("probe-predicted", &values).unwrap_or_default()))?;
        }
        if diagnosis.healthy { Ok(()) } else { Err(Failure::explained(1)) }
    }
}

/// How to log on over L2TP/IPsec; a user alone is not enough.
fn for_probe(options: &Probe, texts: &Texts) -> Result<Option<Settings>, Failure> {
    let settings = Settings::for_probe(options).map_err(|fault| mistake::secret(texts, fault))?;
    if settings.is_none() && options.user.is_some() {
        return Err(mistake::usage(texts, "error-no-key-for-user", &[]));
    }
    Ok(settings)
}

/// Who logs on over PPTP; nobody without a user and a password.
fn pptp_log_on(options: &Probe, texts: &Texts) -> Result<Option<probe::LogOn>, Failure> {
    if !options.reach.is_empty() {
        return Err(Failure::configuration(
            "--reach is for L2TP/IPsec: over PPTP the probe has no encryption, which servers require before anything passes",
        ));
    }
    let Some(user) = options.user.clone() else { return Ok(None) };
    let password = settings::password(options).map_err(|fault| mistake::secret(texts, fault))?;
    let methods = settings::probe_methods(options);
    Ok(password.map(|password| probe::LogOn { credentials: ppp::Credentials { user, password }, methods }))
}

/// The vendor IDs that our own dialer sends.
fn ours() -> Vec<Vec<u8>> {
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let path = ike::Path { local: nowhere, remote: nowhere };
    ike::Initiate::l2tp(path, crypto::Secret::from(Vec::new())).vendor_ids
}

/// Whether somebody wants it to end.
fn stop_wanted(signals: &Signals) -> bool {
    std::iter::from_fn(|| signals.poll_signal()).any(|signal| signal == Signal::Stop)
}
