//! macOS and iOS: the stages in /var/log/ppp.log, and racoon.

use std::net::SocketAddr;

use observe::ike::{self, Exchange, Message};
use observe::{About, Party, Role, SourceKind, l2tp, pptp};
use wire::l2tp::MessageType;

use super::racoon::Racoon;
use super::reader::{Line, Out, Reader};
use super::words::{self, between};

/// Reads ppp.log's lines about IPsec, L2TP and PPTP, and racoon's; those of its pppd another reader takes.
#[derive(Default)]
pub(crate) struct Apple {
    racoon: Racoon,
    server: Option<SocketAddr>,
    attempts: u32,
    /// Messages of L2TP that were sent, to tell repetitions.
    sent: Vec<MessageType>,
    up: bool,
}

impl Reader for Apple {
    fn kind(&self) -> SourceKind {
        SourceKind::Apple
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "racoon" | "nesessionmanager" | "configd")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        let text = line.text;
        let known = if text.starts_with("L2TP ") {
            self.l2tp(text, out)
        } else if text.starts_with("PPTP ") {
            self.pptp(text, out)
        } else if text.starts_with("IPSec ") || text.starts_with("IPsec ") && line.at.is_some() {
            self.ipsec(text, out)
        } else {
            false
        };
        if known {
            out.is(Role::Client, 3);
        }
        known
            || (tagged || text.starts_with("IKE Packet: ") || text.starts_with("racoon")) && self.racoon.read(text, out)
            || tagged
    }
}

impl Apple {
    fn about(&self) -> About {
        About { server: self.server, attempt: Some(format!("connection {}", self.attempts)), ..About::default() }
    }

    /// "L2TP connecting to server 'vpn.example' (192.0.2.1)..."
    fn begins(&mut self, text: &str) {
        self.attempts += 1;
        self.sent.clear();
        self.up = false;
        self.server = between(text, " (", ")").and_then(words::host);
    }

    fn l2tp(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let named = |text: &str| {
            Some(match words::word(text) {
                "SCCRQ" => MessageType::SCCRQ,
                "SCCRP" => MessageType::SCCRP,
                "SCCCN" => MessageType::SCCCN,
                "ICRQ" => MessageType::ICRQ,
                "ICRP" => MessageType::ICRP,
                "ICCN" => MessageType::ICCN,
                "CDN" => MessageType::CDN,
                "StopCCN" | "STOPCCN" => MessageType::STOP_CCN,
                _ => return None,
            })
        };
        if text.starts_with("L2TP connecting to server") {
            self.begins(text);
        } else if let Some(kind) = text.strip_prefix("L2TP sent ").and_then(named) {
            let repeated = self.sent.contains(&kind);
            if !repeated {
                self.sent.push(kind);
            }
            out.say(self.about(), l2tp::Fact::Message { from: Party::Here, kind, repeated, clear: false });
        } else if let Some(kind) = text.strip_prefix("L2TP received ").and_then(named) {
            out.say(self.about(), l2tp::Fact::Message { from: Party::There, kind, repeated: false, clear: false });
        } else if text.starts_with("L2TP connection established") {
            self.up = true;
            out.say(self.about(), l2tp::Fact::TunnelUp);
            out.say(self.about(), l2tp::Fact::CallUp);
        } else if text.starts_with("L2TP cannot connect to the server") {
            // Without an SCCRQ it was IPsec that did not come up.
            if self.sent.contains(&MessageType::SCCRQ) {
                out.say(self.about(), l2tp::Fact::Unanswered { by: Party::Here, established: self.up, last: None });
            }
        } else if text.starts_with("L2TP hangup")
            || text.starts_with("L2TP disconnecting")
            || text.starts_with("L2TP disconnected")
        {
            out.say(self.about(), observe::reported::Fact::Disconnected);
        } else {
            return false;
        }
        true
    }

    fn pptp(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if text.starts_with("PPTP connecting to server") {
            self.begins(text);
        } else if text.starts_with("PPTP connection established") {
            out.say(self.about(), pptp::Fact::TunnelUp);
            out.say(self.about(), pptp::Fact::CallUp);
        } else if text.starts_with("PPTP error when reading")
            || text.starts_with("PPTP cannot connect")
            || text.starts_with("PPTP connect failed")
        {
            let fact =
                if text.contains("refused") { pptp::Fact::ConnectionRefused } else { pptp::Fact::ConnectionTimedOut };
            out.say(self.about(), fact);
        } else {
            return text.starts_with("PPTP hangup") || text.starts_with("PPTP disconnect");
        }
        true
    }

    fn ipsec(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        let lower = text.to_ascii_lowercase();
        let message = |from, exchange| {
            let message =
                Message { from, exchange, id: 0, cookies: None, port_4500: false, repeated: false, octets: None };
            ike::Fact::Message(message)
        };
        let fact = if lower.starts_with("ipsec phase 1 client started") {
            message(Party::Here, Exchange::MainMode(1))
        } else if lower.starts_with("ipsec phase 1 server replied") {
            message(Party::There, Exchange::MainMode(2))
        } else if lower.starts_with("ipsec phase 2 started") {
            out.say(self.about(), ike::Fact::Phase1Up { certificate: None });
            message(Party::Here, Exchange::QuickMode(1))
        } else if lower.starts_with("ipsec phase 2 established") || lower.starts_with("ipsec connection established") {
            if lower.contains("connection") {
                return true;
            }
            ike::Fact::Phase2Up { encapsulated: None, transport: None, suite: None, spis: None }
        } else if lower.starts_with("ipsec connection failed") {
            ike::Fact::GaveUp { by: Party::Here, after: None }
        } else {
            return lower.starts_with("ipsec connection started") || self.racoon.read(text, out);
        };
        out.say(self.about(), fact);
        true
    }
}
