//! A call in words: what each stage proves, and what is noted of it.

use std::net::IpAddr;

use access::client::Connection;
use access::datapath::Encapsulation;
use access::{Failure as Failed, NoTunnel, Stage};
use clock::Timestamp;
use diagnose::{Cause, Texts, Verdict, live};
use observe::{Fact, Party, Role, ike as seen_ike, l2tp as seen_l2tp, network, ppp as seen_ppp, reported};
use ppp::Method;
use userspace::Failure as Broken;
use userspace::failure::Refusal;
use wire::ppp::AuthProtocol;

use super::call::{Call, News};
use super::inner::Found;
use super::journal::{Journal, Told};
use super::{Doctor, Target, protection, words};
use crate::config::KeyTrouble;
use crate::exit::Failure;

/// A name that no name server knows (RFC 6761 §6.4): that it says so is an answer.
const NO_NAME: &str = "probe.invalid";

/// What came of a call.
#[derive(Default)]
struct Came {
    /// L2TP answered through ESP.
    through: bool,
    /// Bare ESP seems to be dropped: nothing of it came back.
    bare: Option<Box<Failed>>,
    /// It failed, and that is noted.
    blamed: bool,
    /// What the server demanded for a log-on, in its order.
    demands: Vec<Option<AuthProtocol>>,
}

impl Doctor<'_> {
    /// Calls with what there is of key, user and password. The password is sent in one call only: the second one follows only
    /// where the first did not come so far.
    pub(super) fn log_on(&mut self, target: Target) -> Result<(), Failure> {
        let Some(settings) = self.settings.take().filter(|_| self.dialable && !self.stopped) else { return Ok(()) };
        for trouble in settings.psk.iter().flat_map(KeyTrouble::of) {
            self.journal.warn(
                match trouble {
                    KeyTrouble::NotAscii => "key-ascii",
                    KeyTrouble::Quotes => "key-quotes",
                },
                &self.texts,
            );
        }
        let mut came = self.call(&settings, target, false)?;
        let mut force_udp = false;
        if let Some(failure) = came.bare.take().filter(|_| !self.stopped) {
            let again = self.call(&settings, target, true)?;
            (force_udp, came.demands) = (true, again.demands);
            if again.through {
                let step = self.journal.count();
                let verdict = reported::Fact::Verdict { cause: Cause::NetEspBlocked.id().into(), stage: "esp".into() };
                self.journal.observe(step, verdict.into());
            } else if !again.blamed {
                let step = self.journal.count();
                blame(&mut self.journal, &self.texts, step, &failure);
            }
        }
        self.ask_methods(&settings, target, force_udp, came.demands)
    }

    fn call(
        &mut self,
        settings: &crate::dial::settings::Settings,
        target: Target,
        force_udp: bool,
    ) -> Result<Came, Failure> {
        let name = if self.options.host.parse::<IpAddr>().is_ok() { NO_NAME } else { &self.options.host };
        let Doctor { options, signals, until, rng, texts, journal, connected, stopped, .. } = self;
        let (reach, until) = (options.reach.as_slice(), *until);
        let call = Call { texts, settings, target, force_udp, inquire: None, name, reach, signals, until };
        let has_password = settings.password.is_some();
        let mut teller = Teller { texts, journal, has_password, connected, came: Came::default() };
        *stopped |= call.run(rng, &mut |news| teller.take(net::clock::now(), news))?;
        Ok(teller.came)
    }
}

/// Says and notes what a call brings, as it comes.
struct Teller<'a> {
    texts: &'a Texts,
    journal: &'a mut Journal,
    has_password: bool,
    connected: &'a mut bool,
    came: Came,
}

impl Teller<'_> {
    fn take(&mut self, at: Timestamp, news: News) {
        match news {
            News::Passed { stage, began, encapsulation } => self.passed(at, stage, began, encapsulation),
            News::Demands(demand) => self.came.demands.push(demand),
            News::Protected(protected) => protection::tell(self.texts, self.journal, at, protected),
            News::Unasked { began } => {
                self.tell(at, began, "log-on", "log-on-unasked", &[]);
            }
            News::Connected { began, connection } => {
                // Authentication and addresses have passed as stages; this is what they gave.
                *self.connected = true;
                self.address(at, began, &connection);
            }
            News::Inside { began, found } => self.inside(at, began, found),
            News::Failed { stage, began, failure } => self.failed(at, stage, began, failure),
            News::OutOfTime { stage, began } => {
                self.tell(at, began, step_of(stage), "call-out-of-time", &[]);
            }
            News::Left { began } => {
                self.tell(at, began, "hang-up", "hang-up-done", &[]);
            }
        }
    }

    fn passed(&mut self, at: Timestamp, stage: Stage, began: Timestamp, encapsulation: Option<Encapsulation>) {
        let server = Party::There;
        let (key, facts): (&str, Vec<Fact>) = match stage {
            Stage::IkePhase1 => ("phase1-up", vec![seen_ike::Fact::Phase1Up { certificate: Some(false) }.into()]),
            Stage::IkePhase2 | Stage::Esp => {
                let udp = encapsulation == Some(Encapsulation::Udp);
                let (encapsulated, transport) = (Some(udp), Some(true));
                let up = seen_ike::Fact::Phase2Up { encapsulated, transport, suite: None, spis: None };
                (if udp { "quick-mode-udp" } else { "quick-mode-raw" }, vec![up.into()])
            }
            Stage::L2tpTunnel => {
                self.came.through = true;
                let reply = seen_l2tp::Fact::Message {
                    from: server,
                    kind: wire::l2tp::MessageType::SCCRP,
                    repeated: false,
                    clear: false,
                };
                ("l2tp-up", vec![reply.into(), seen_l2tp::Fact::TunnelUp.into()])
            }
            Stage::L2tpCall => ("l2tp-call-up", vec![seen_l2tp::Fact::CallUp.into()]),
            Stage::PppLcp => ("link-up", vec![seen_ppp::Fact::LinkUp.into()]),
            Stage::PppAuthentication => {
                ("log-on-up", vec![seen_ppp::Fact::Authenticated { method: None, user: None }.into()])
            }
            Stage::PppNetwork | Stage::Up => return,
        };
        let step = self.tell(at, began, step_of(stage), key, &[]);
        facts.into_iter().for_each(|fact| self.journal.observe(step, fact));
    }

    fn address(&mut self, at: Timestamp, began: Timestamp, connection: &Connection) {
        let ipv4 = &connection.ipv4;
        let dns: Vec<_> = ipv4.name_servers().iter().map(ToString::to_string).collect();
        let method = connection.authenticated.map_or("none", method);
        let (address, peer, dns) = (ipv4.local.to_string(), ipv4.remote.to_string(), dns.join(" "));
        let values = [
            ("address", address.as_str()),
            ("peer", &peer),
            ("dns", if dns.is_empty() { "-" } else { &dns }),
            ("method", method),
        ];
        let step = self.tell(at, began, "address", "address-up", &values);
        let (client, server) = (Some(ipv4.local), Some(ipv4.remote));
        let up = seen_ppp::Fact::NetworkUp { protocol: seen_ppp::Protocol::Ipcp, client, server };
        self.journal.observe(step, up.into());
        let peer = Some(ipv4.remote).filter(|remote| !remote.is_unspecified()).map(Into::into);
        let address =
            network::Fact::Address { interface: "probe".into(), tunnel: true, address: ipv4.local.into(), peer };
        self.journal.observe(step, address.into());
    }

    fn inside(&mut self, at: Timestamp, began: Timestamp, found: Found) {
        match found {
            Found::Sizes { to, mut passed, mut lost } => {
                passed.sort_unstable();
                lost.sort_unstable();
                let list = |sizes: &[u16]| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let (key, whom) = match (passed.is_empty(), lost.is_empty()) {
                    (true, _) => ("inner-echo-none", to.to_string()),
                    (false, true) => ("inner-echo-all", to.to_string()),
                    (false, false) => ("inner-echo-some", to.to_string()),
                };
                let (passed_text, lost_text) = (list(&passed), list(&lost));
                let values = [("to", whom.as_str()), ("passed", &passed_text), ("lost", &lost_text)];
                let step = self.tell(at, began, "inner-echo", key, &values);
                if passed.is_empty() {
                    // The server itself may drop pings.
                    return;
                }
                let ping = |size: u16, received| network::Fact::Ping {
                    to: to.into(),
                    // The fact counts the payload: without the headers of IP and ICMP.
                    size: size.saturating_sub(28),
                    sent: if received > 0 { 1 } else { 2 },
                    received,
                    too_big: false,
                };
                let passed = passed.into_iter().map(|size| ping(size, 1));
                let lost = lost.into_iter().map(|size| ping(size, 0));
                passed.chain(lost).for_each(|fact| self.journal.observe(step, fact.into()));
            }
            Found::Names { server, name, answer } => {
                let (key, said, failed) = match answer {
                    Ok(addresses) => {
                        let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                        ("inner-dns-answered", list.join(" "), false)
                    }
                    // It answers, and that is what was asked.
                    Err(
                        failure @ Broken::Refused(Refusal::NoSuchName | Refusal::NoAddress | Refusal::NameServer(_)),
                    ) => ("inner-dns-answered", words::broken(self.texts, &failure), false),
                    Err(failure) => ("inner-dns-silence", words::broken(self.texts, &failure), true),
                };
                let whom = server.to_string();
                let values = [("server", whom.as_str()), ("name", &name), ("answer", &said)];
                let step = self.tell(at, began, "inner-dns", key, &values);
                if failed {
                    self.journal.observe(step, network::Fact::TunnelDnsFailed { server: Some(server) }.into());
                }
            }
            Found::Reached { whom, answer } => {
                let (key, said, failed) = match answer {
                    Ok(took) if whom.port.is_none() => {
                        ("reach-ping", format!("{:.1}", took.as_secs_f64() * 1000.0), false)
                    }
                    Ok(_) => ("reach-open", String::new(), false),
                    // It says no, so it was reached, and its answer came back.
                    Err(Broken::Refused(Refusal::Reset)) => ("reach-refused", String::new(), false),
                    Err(failure) => ("reach-failed", words::broken(self.texts, &failure), true),
                };
                let to = whom.to_string();
                let step = self.tell(at, began, "reach", key, &[("to", to.as_str()), ("answer", &said)]);
                if failed {
                    self.journal.observe(step, network::Fact::Unreached { to: whom.address.into() }.into());
                }
            }
        }
    }

    fn failed(&mut self, at: Timestamp, stage: Stage, began: Timestamp, failure: Box<Failed>) {
        let verdict = Verdict::of_dial(&failure);
        let ras = verdict.ras.map(|ras| ras.to_string()).unwrap_or_default();
        let text = verdict.ras.and_then(|ras| self.texts.ras(ras)).unwrap_or_default();
        let detail = record::dial::detail(&failure).to_string();
        let values = [("ras", ras.as_str()), ("text", &text), ("cause", verdict.cause.id()), ("detail", &detail)];
        let tried = self.has_password && stage == Stage::PppAuthentication;
        let key = if tried { "log-on-failed" } else { "call-failed" };
        let step = self.tell(at, began, step_of(stage), key, &values);
        match &*failure {
            Failed::NoTunnel(NoTunnel { encapsulation: Encapsulation::Raw, heard: false, .. }) => {
                self.came.bare = Some(failure);
            }
            _ => {
                self.came.blamed = true;
                blame(self.journal, self.texts, step, &failure);
            }
        }
    }

    fn tell(&mut self, at: Timestamp, began: Timestamp, step: &'static str, key: &str, values: &[(&str, &str)]) -> u64 {
        self.journal.tell(Told::timed(self.texts, step, key, began, at, values))
    }
}

/// Notes what a failure in this step shows. The probe saw it: nothing is said of the client on whose behalf it asks.
pub(super) fn blame(journal: &mut Journal, texts: &Texts, step: u64, failure: &Failed) {
    for (_, fact) in live::evidence(failure, Role::Client, Verdict::of_dial(failure)) {
        journal.observe_by_itself(step, texts, fact);
    }
}

/// The name of the step in which a stage is passed.
const fn step_of(stage: Stage) -> &'static str {
    match stage {
        Stage::IkePhase1 => "phase1",
        Stage::IkePhase2 => "quick-mode",
        Stage::Esp | Stage::L2tpTunnel => "l2tp",
        Stage::L2tpCall => "l2tp-call",
        Stage::PppLcp => "link",
        Stage::PppAuthentication => "log-on",
        Stage::PppNetwork => "address",
        Stage::Up => "up",
    }
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Pap => "pap",
        Method::ChapMd5 => "chap",
        Method::MsChapV2 => "mschapv2",
        Method::EapMsChapV2 => "eap-mschapv2",
    }
}
