//! What a dial tells: lines for people on standard error, or one JSON object for each event on standard output.

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use access::client::Connection;
use access::datapath::{Encapsulation, Traffic};
use autoconf::{Ipv6Host, Learned};
use clock::Timestamp;
use diagnose::{Cause, Context, Layer, Ras, Texts, Verdict, examine};
use observe::Time;
use ppp::Method;
use serde_json::{Value, json};
use userspace::proxy::Service;

use super::advice::advice;
use super::host::Pushed;
use super::settings::Settings;
use super::strategy::{Attempt, Strategy};
use crate::doctor;
use crate::doctor::paper::Paper;
use crate::exit::Failure;

/// The teller.
pub(crate) struct Report {
    json: bool,
    begun: Timestamp,
}

/// A failed attempt or an ended connection, with everything that is known about it.
pub(crate) struct Ended {
    pub(crate) verdict: Verdict,
    /// The stage that failed.
    pub(crate) stage: &'static str,
    pub(crate) detail: Value,
    /// Whether IP passed before.
    pub(crate) was_up: bool,
    /// What each of several strategies failed with.
    pub(crate) attempts: Vec<Attempt>,
    /// The failure itself, where it is one of the protocols.
    pub(crate) failure: Option<Box<access::Failure>>,
}

impl Ended {
    /// The exit status: the layer in which the cause lies.
    pub(crate) fn status(&self) -> u8 {
        match self.verdict.cause.layer() {
            Layer::Reachability => 10,
            Layer::Ipsec => 11,
            Layer::Tunnel => 12,
            Layer::Authentication => 13,
            Layer::Ppp => 14,
            Layer::Policy => 15,
            Layer::Host => 20,
            Layer::None if self.was_up => 0,
            Layer::None => 14,
        }
    }
}

impl Ended {
    /// The number, and what it means.
    fn headline(&self) -> String {
        let text = self.verdict.ras.and_then(|ras| ras.text()).unwrap_or("the connection failed");
        format!("RAS error {}: {text}", self.verdict.ras.map_or(635, |ras| ras.0))
    }

    fn to_json(&self) -> Value {
        record::dial::ended(self.verdict, self.stage, &self.detail)
    }
}

impl Attempt {
    fn to_json(&self) -> Value {
        let mut attempt = self.ended.to_json();
        attempt["strategy"] = self.strategy.id().into();
        attempt
    }
}

impl Report {
    pub(crate) fn new(json: bool) -> Report {
        Report { json, begun: net::clock::now() }
    }

    /// An attempt begins; times count from here.
    pub(crate) fn begin(&mut self) {
        self.begun = net::clock::now();
    }

    /// A stage begins.
    pub(crate) fn progress(&self, stage: &str, what: &str) {
        let ms = self.millis();
        if self.json {
            self.event(&json!({ "event": "progress", "stage": stage, "ms": ms }));
        } else {
            person(&format!("{} {stage:<12} {what}", clock(ms)));
        }
    }

    /// Nothing has happened for a while.
    pub(crate) fn waiting(&self, stage: &str, since: Duration) {
        let ms = self.millis();
        if self.json {
            self.event(&json!({ "event": "waiting", "stage": stage, "ms": ms }));
        } else {
            person(&format!("{} {stage:<12} still no answer after {} s", clock(ms), since.as_secs()));
        }
    }

    /// Something that works, and has a price or may surprise.
    pub(crate) fn warning(&self, text: &str) {
        if self.json {
            self.event(&json!({ "event": "warning", "message": text }));
        } else {
            person(&format!("warning: {text}"));
        }
    }

    /// IP passes.
    pub(crate) fn connected(
        &self,
        strategy: Strategy,
        connection: &Connection,
        server: &str,
        device: Option<&str>,
        settings: &Settings,
    ) {
        let routes = settings.destinations();
        let services = settings.services.as_deref().unwrap_or_default();
        let ms = self.millis();
        let ipv4 = &connection.ipv4;
        let dns6 = connection.ipv6.iter().flat_map(|host| &host.dns).map(ToString::to_string);
        let dns: Vec<_> = ipv4.name_servers().iter().map(ToString::to_string).chain(dns6).collect();
        let method = connection.authenticated.map(method_name);
        let ike = connection.phase1.as_ref().map(|phase1| phase1.suite.to_string());
        let esp = connection.esp.map(|(suite, _)| suite.to_string());
        let encapsulation = connection.esp.map(|(_, encapsulation)| match encapsulation {
            Encapsulation::Raw => "raw",
            Encapsulation::Udp => "udp",
        });
        if self.json {
            self.event(&json!({
                "event": "connected",
                "ms": ms,
                "address": ipv4.local.to_string(),
                "address6": connection.ipv6.as_ref().map(|host| host.address.to_string()),
                "peer": ipv4.remote.to_string(),
                "dns": dns,
                "device": device,
                "services": services.iter().map(service).collect::<Vec<_>>(),
                "routes": routes,
                "server": server,
                "strategy": strategy.id(),
                "authentication": method,
                "ike": ike,
                "esp": esp,
                "encapsulation": encapsulation,
            }));
            return;
        }
        let word = |text: Option<String>| text.unwrap_or_else(|| "none".into());
        let dns = if dns.is_empty() { String::new() } else { format!(", name servers {}", dns.join(" ")) };
        let routes = if routes.is_empty() { String::new() } else { format!(", routes {}", routes.join(" ")) };
        let address6 = connection.ipv6.as_ref().map(|host| format!(" and {}", host.address)).unwrap_or_default();
        let device = device.map(|device| format!(", device {device}")).unwrap_or_default();
        let services: String = services.iter().map(|service| format!(", {service}")).collect();
        say(&format!(
            "connected: address {}{address6}, server {} inside{device}{services}{routes}{dns}",
            ipv4.local, ipv4.remote
        ));
        let method = method.unwrap_or("no authentication");
        let protection = match strategy {
            Strategy::L2tp => {
                let around = if encapsulation == Some("udp") { "UDP 4500" } else { "IP" };
                format!("through ESP {} in {around}, IKE {}", word(esp), word(ike))
            }
            Strategy::L2tpClear => "without IPsec, UNPROTECTED".to_owned(),
        };
        person(&format!("{} {:<12} {method} {protection}", clock(ms), "up"));
    }

    /// What the server gives of IPv6 has changed since the connection began.
    pub(crate) fn ipv6(&self, host: Option<&Ipv6Host>) {
        let address = host.map(|host| host.address.to_string());
        if self.json {
            let dns: Vec<_> = host.iter().flat_map(|host| &host.dns).map(ToString::to_string).collect();
            self.event(&json!({ "event": "ipv6", "ms": self.millis(), "address6": address, "dns": dns }));
        } else {
            let address = address.as_deref().unwrap_or("no address any more");
            person(&format!("{} {:<12} {address}", clock(self.millis()), "ipv6"));
        }
    }

    /// The server said what is behind it.
    pub(crate) fn pushed(&self, learned: &Learned, pushed: &Pushed) {
        let words = |items: &[String], what: &str| {
            if items.is_empty() { None } else { Some(format!("{what} {}", items.join(" "))) }
        };
        let routes: Vec<_> = pushed.routes.iter().map(ToString::to_string).collect();
        let dns: Vec<_> = learned.dns.iter().map(ToString::to_string).collect();
        if self.json {
            let refused = pushed.refused.iter().map(|(route, reason)| json!({ "route": route, "reason": reason }));
            self.event(&json!({
                "event": "pushed",
                "ms": self.millis(),
                "dns": dns,
                "domain": learned.domain,
                "search": learned.search,
                "routes": routes,
                "refused": refused.collect::<Vec<_>>(),
            }));
            return;
        }
        let domains: Vec<_> = learned.domain.iter().chain(&learned.search).cloned().collect();
        let told = [words(&routes, "routes"), words(&dns, "name servers"), words(&domains, "domain")];
        let told: Vec<_> = told.into_iter().flatten().collect();
        if !told.is_empty() {
            person(&format!("{} {:<12} {}", clock(self.millis()), "pushed", told.join(", ")));
        }
        for (route, reason) in &pushed.refused {
            person(&format!("the server's route {route} is not taken: {reason}"));
        }
    }

    /// Packets of the server come from elsewhere.
    pub(crate) fn moved(&self, path: ike::Path) {
        if self.json {
            self.event(&json!({ "event": "moved", "server": path.remote.to_string(), "ms": self.millis() }));
        } else {
            person(&format!("the server is now heard from {}", path.remote));
        }
    }

    /// An attempt failed, or the connection ended.
    pub(crate) fn failed(&self, ended: &Ended) {
        if self.json {
            let mut event = record::dial::failed(ended.to_json(), self.millis());
            if !ended.attempts.is_empty() {
                event["attempts"] = ended.attempts.iter().map(Attempt::to_json).collect();
            }
            self.event(&event);
        }
        person(&ended.headline());
        // Each of the attempts has explained itself.
        let explained: Vec<_> = ended.attempts.iter().map(|attempt| (Some(attempt.strategy), &attempt.ended)).collect();
        let all = if explained.is_empty() { vec![(None, ended)] } else { explained };
        for (strategy, ended) in all {
            self.explain(strategy, ended);
        }
    }

    /// What the doctor makes of it.
    pub(crate) fn explained(&self, ended: &Ended, server: &str) {
        let texts = Texts::new(doctor::locale());
        let timeline = super::explain::timeline(ended, server, Time(jiff::Timestamp::now().as_microsecond()));
        let diagnosis = examine(&timeline, Context::default());
        if self.json {
            let report = doctor::report::json(&timeline, &diagnosis, &texts);
            self.event(&json!({ "event": "explained", "ms": self.millis(), "report": report }));
        } else {
            anstream::eprint!("\n{}", doctor::text::render(&timeline, &diagnosis, &texts, Paper::of_errors()));
        }
    }

    /// One strategy failed, and the next is tried.
    pub(crate) fn strategy_failed(&self, attempt: &Attempt, next: Strategy) {
        if self.json {
            let mut event = attempt.to_json();
            event["event"] = "strategy_failed".into();
            event["next"] = next.id().into();
            event["ms"] = self.millis().into();
            self.event(&event);
        } else {
            let Attempt { strategy, ended } = attempt;
            person(&format!("{strategy} failed, {next} is next: {}", ended.headline()));
        }
    }

    fn explain(&self, strategy: Option<Strategy>, ended: &Ended) {
        let Ended { verdict, stage, detail, .. } = ended;
        let indent = if strategy.is_some() { "    " } else { "  " };
        if let Some(strategy) = strategy {
            person(&format!("  {strategy}: {}", ended.headline()));
        }
        if !self.json {
            person(&format!("{indent}cause {}, at stage {stage}", verdict.cause));
            person(&format!("{indent}{detail}"));
        }
        if let Some(advice) = advice(verdict.cause) {
            person(&format!("{indent}{advice}"));
        }
    }

    /// One address of the server did not answer, and there are others.
    pub(crate) fn address_failed(&self, address: IpAddr, ended: &Ended) {
        let cause = ended.verdict.cause;
        if self.json {
            self.event(&json!({
                "event": "address_failed",
                "address": address.to_string(),
                "cause": cause.id(),
                "detail": ended.detail,
                "ms": self.millis(),
            }));
        } else {
            person(&format!("{address}: {cause}; trying the next address of the name"));
        }
    }

    /// The server did not take the password, and another one may be typed.
    pub(crate) fn refused(&self, refusal: &ppp::Refusal) {
        let ppp::Refusal { ras, message } = refusal;
        if self.json {
            self.event(&json!({ "event": "refused", "ras": ras.0, "server_says": message }));
            return;
        }
        let text = Ras(ras.0).text().unwrap_or("the server does not accept the password");
        person(&format!("RAS error {}: {text}", ras.0));
        if !message.is_empty() {
            person(&format!("  the server says: {message}"));
        }
    }

    /// This machine does not play along. People are told by the program's last line.
    pub(crate) fn broken(&self, failure: &Failure) {
        if self.json {
            self.event(&json!({
                "event": "failed",
                "ras": null,
                "cause": Cause::HostConfigurationError.id(),
                "stage": "host",
                "detail": { "message": failure.to_string() },
                "ms": self.millis(),
            }));
        }
    }

    /// This end hung up.
    pub(crate) fn disconnected(&self, traffic: Traffic) {
        let (received, sent) = (traffic.octets_in, traffic.octets_out);
        if self.json {
            self.event(&json!({ "event": "disconnected", "octets_in": received, "octets_out": sent }));
        } else {
            person(&format!("disconnected: {received} octets received, {sent} sent"));
        }
    }

    /// The connection is made again after a pause.
    pub(crate) fn reconnecting(&self, pause: Duration) {
        let millis = pause.as_millis() as u64;
        if self.json {
            self.event(&json!({ "event": "reconnecting", "pause_ms": millis }));
        } else {
            person(&format!("connecting again in {:.1} s", pause.as_secs_f64()));
        }
    }

    fn millis(&self) -> u64 {
        net::clock::now().since(self.begun).as_millis() as u64
    }

    fn event(&self, event: &Value) {
        say(&event.to_string());
    }
}

/// The name of an authentication method in JSON.
fn service(service: &Service) -> Value {
    let listen = service.local().to_string();
    match service {
        Service::Socks(_) => json!({ "kind": "socks", "listen": listen }),
        Service::HttpConnect(_) => json!({ "kind": "http", "listen": listen }),
        Service::Forward(forward) => {
            json!({ "kind": "forward", "listen": listen, "to": forward.remote.to_string() })
        }
    }
}

const fn method_name(method: Method) -> &'static str {
    match method {
        Method::Pap => "pap",
        Method::ChapMd5 => "chap",
        Method::MsChapV2 => "mschapv2",
        Method::EapMsChapV2 => "eap-mschapv2",
    }
}

/// What a stage does, for people.
pub(crate) const fn stage_text(strategy: Strategy, stage: access::Stage) -> &'static str {
    match stage {
        access::Stage::L2tpTunnel if matches!(strategy, Strategy::L2tpClear) => "opening the tunnel, unprotected",
        access::Stage::IkePhase1 => "agreeing on keys",
        access::Stage::IkePhase2 => "the pre-shared key is right; agreeing on encryption",
        access::Stage::Esp | access::Stage::L2tpTunnel => "encrypted; opening the tunnel",
        access::Stage::L2tpCall => "calling",
        access::Stage::PppLcp => "the call is taken; negotiating the link",
        access::Stage::PppAuthentication => "proving who the user is",
        access::Stage::PppNetwork => "logged on; asking for an address",
        access::Stage::Up => "up",
    }
}

fn clock(millis: u64) -> String {
    format!("{:>3}.{:03}", millis / 1000, millis % 1000)
}

/// What a peer says reaches a terminal only without control characters.
fn person(text: &str) {
    // A reader that went away must not end the connection.
    let _ = writeln!(anstream::stderr().lock(), "{}", clean(text));
}

fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A failure that is no failure of the protocols.
pub(crate) fn obstacle(obstacle: diagnose::Obstacle, stage: &'static str, detail: Value) -> Ended {
    let verdict = Verdict::of_obstacle(obstacle);
    Ended { verdict, stage, detail, was_up: false, attempts: Vec::new(), failure: None }
}

#[cfg(test)]
mod tests {
    use diagnose::Obstacle;

    use super::*;

    #[test]
    fn the_exit_status_is_the_layer_of_the_cause() {
        let status = |kind| obstacle(kind, "", json!({})).status();
        assert_eq!(status(Obstacle::NameUnknown), 10);
        assert_eq!(status(Obstacle::PortBusy), 20);
        assert_eq!(status(Obstacle::UnusableAddress), 14);
        let hung_up = |was_up| {
            let verdict = Verdict::of_dial(&access::Failure::HungUp);
            let (detail, attempts) = (json!({}), Vec::new());
            Ended { verdict, stage: "", detail, was_up, attempts, failure: None }.status()
        };
        assert_eq!((hung_up(true), hung_up(false)), (0, 14));
    }

    #[test]
    fn what_a_server_says_cannot_move_the_cursor_of_a_terminal() {
        assert_eq!(clean("no\u{1b}[2J\r\nRAS error 0"), "no\u{fffd}[2J\u{fffd}\u{fffd}RAS error 0");
    }
}
