//! accel-ppp: "[2026-11-20 21:08:00]:  info: ppp0: send [LCP ConfReq ...]".

use std::collections::HashMap;

use observe::ppp::{Fact, Method, Missing, Protocol, Reason};
use observe::{About, Party, Role, SourceKind, host, l2tp, pptp, radius, reported};

use super::reader::{Line, Out, Reader};
use super::words::{self, after, between};

/// Reads the daemon's log.
#[derive(Default)]
pub(crate) struct AccelPpp {
    sessions: HashMap<String, About>,
    /// The line before was one of its: what has no sure sign of its own belongs to it.
    sure: bool,
}

/// Sessions that are remembered.
const MOST: usize = 4096;

impl Reader for AccelPpp {
    fn kind(&self) -> SourceKind {
        SourceKind::AccelPpp
    }

    fn is_program(&self, program: &str) -> bool {
        matches!(program, "accel-ppp" | "accel-pppd")
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        if self.sessions.len() > MOST {
            self.sessions.clear();
        }
        let Some((level, rest)) = line.text.split_once(": ") else { return tagged };
        if !matches!(level.trim(), "info" | "warn" | "error" | "debug" | "msg")
            || !(tagged || line.whole.trim_start().starts_with('['))
        {
            return tagged;
        }
        let rest = rest.trim_start();
        // The interface, empty before there is one, and with it the session's number in newer versions.
        let (session, message) = match rest.split_once(": ") {
            Some((session, message)) if session.len() <= 40 && !session.contains(' ') => {
                (session.split(':').next().unwrap_or(session), message)
            }
            _ => ("", rest.trim_start_matches(": ")),
        };
        let known = self.say(session, message.trim_start_matches(": "), out);
        self.sure |= known;
        if known {
            out.is(Role::Server, 5);
        }
        known || tagged || self.sure
    }
}

impl AccelPpp {
    fn about(&self, session: &str) -> About {
        let mut about = self.sessions.get(session).cloned().unwrap_or_default();
        about.attempt = about.attempt.or_else(|| Some(session.to_owned()).filter(|session| !session.is_empty()));
        about
    }

    fn say(&mut self, session: &str, text: &str, out: &mut Out<'_, '_>) -> bool {
        let at = Party::Here;
        let about = self.about(session);
        if let Some(packet) = text.strip_prefix("send [").or(text.strip_prefix("recv [")) {
            return self.packet(session, text.starts_with("send"), packet, out);
        }
        let fact = if let Some(rest) = text.strip_prefix("connect: ") {
            // "ppp0 <--> l2tp(192.0.2.1:1701 session ...)", "<--> pptp(192.0.2.1)"
            let client = between(rest, "(", ")").map(words::word).and_then(words::socket);
            self.sessions.insert(session.to_owned(), About { client, ..About::default() });
            let about = self.about(session);
            if rest.contains("pptp(") {
                out.say(about, pptp::Fact::CallUp);
            } else if rest.contains("l2tp(") {
                out.say(about, l2tp::Fact::CallUp);
            }
            return true;
        } else if text.contains("authentication failed") {
            let user = text.split(": ").next().filter(|user| *user != text).map(str::to_owned);
            let about = About { user: about.user.clone().or(user), ..about };
            out.say(about, Fact::AuthenticationFailed { at, method: None, code: None, reason: None });
            return true;
        } else if text.ends_with("authentication succeeded") || text.ends_with("authentication succeeded.") {
            let user = text.split(": ").next().filter(|user| *user != text).map(str::to_owned);
            Fact::Authenticated { method: None, user: about.user.clone().or(user) }
        } else if text.contains("cann't negotiate authentication type")
            || text.contains("can't negotiate authentication type")
        {
            Fact::NoCommonAuthentication { at }
        } else if text.contains("second session denied") {
            Fact::AuthenticationFailed { at, method: None, code: None, reason: Some(Reason::Constraint) }
        } else if text.contains("no free IPv4 address") {
            Fact::NoAddress { at, exhausted: true }
        } else if text.contains("requested IP cannot be assigned") || text.contains("iprange module disabled") {
            out.say(about, host::Fact::ConfigurationError { program: "accel-ppp".to_owned(), said: text.to_owned() });
            return true;
        } else if text.contains("open(unit) /dev/ppp")
            || text.contains("open(chan) /dev/ppp")
            || text.contains("open /dev/ppp")
        {
            let what = if text.contains("No such device") {
                Missing::Ppp
            } else if text.contains("ermi") {
                Missing::DevPppForbidden
            } else {
                Missing::DevPpp
            };
            Fact::KernelMissing { at, what }
        } else if text.contains("no servers available") || text.contains("radius") && text.contains("no response") {
            out.say(about, radius::Fact::Unanswered { server: None });
            return true;
        } else if text.contains("radius")
            && (text.contains("invalid authenticator") || text.contains("authenticator mismatch"))
        {
            out.say(about, radius::Fact::SecretMismatch);
            return true;
        } else if text.contains("lcp: no echo reply") || text.contains("no echo reply") {
            Fact::PeerDead { at }
        } else if text.contains("mppe") && text.contains("required") {
            Fact::EncryptionRequired { by: at }
        } else if text == "connected" || text.starts_with("connected") && text.len() < 30 {
            out.say(about, reported::Fact::Connected);
            return true;
        } else if text == "disconnected" || text.ends_with(" disconnected") {
            self.sessions.remove(session);
            out.say(about, reported::Fact::Disconnected);
            return true;
        } else if text.contains("new connection from ") && text.contains("pptp")
            || text.starts_with("new connection from ")
        {
            let client = after(text, "new connection from ").map(words::word).and_then(words::host);
            out.say(About { client, ..About::default() }, pptp::Fact::Connected);
            return true;
        } else {
            return false;
        };
        out.say(about, fact);
        true
    }

    /// "LCP ConfReq id=1 <auth MSCHAP-v2> <mru 1400>]", "MSCHAP-v2 Failure id=1 "E=691 ..."]".
    fn packet(&mut self, session: &str, sent: bool, text: &str, out: &mut Out<'_, '_>) -> bool {
        let from = if sent { Party::Here } else { Party::There };
        let mut words_of = text.split([' ', ']']);
        let (name, kind) = (words_of.next().unwrap_or_default(), words_of.next().unwrap_or_default());
        let protocol = match name {
            "LCP" => Protocol::Lcp,
            "PAP" => Protocol::Pap,
            "CHAP" | "MSCHAP-v1" | "MSCHAP-v2" => Protocol::Chap,
            "EAP" => Protocol::Eap,
            "CCP" => Protocol::Ccp,
            "IPCP" => Protocol::Ipcp,
            "IPV6CP" => Protocol::Ipv6cp,
            "L2TP" | "PPTP" => return self.tunnel(session, name == "L2TP", from, kind, text, out),
            "RADIUS(1)" | "RADIUS" => return true,
            _ => return false,
        };
        let code = match kind {
            "ConfReq" | "Challenge" | "AuthReq" => 1,
            "ConfAck" | "Response" | "AuthAck" => 2,
            "ConfNak" | "Success" | "AuthNak" => 3,
            "ConfRej" | "Failure" => 4,
            "TermReq" => 5,
            "TermAck" => 6,
            "CodeRej" => 7,
            "ProtoRej" | "ProtRej" => 8,
            _ => return true,
        };
        let method = match name {
            "MSCHAP-v2" => Some(Method::MsChapV2),
            "MSCHAP-v1" => Some(Method::MsChapV1),
            "CHAP" => Some(Method::Chap),
            "PAP" => Some(Method::Pap),
            "EAP" => Some(Method::Eap(None)),
            _ => None,
        };
        if let Some(user) = between(text, "name=\"", "\"").filter(|_| !sent && protocol != Protocol::Lcp) {
            let mut about = self.sessions.remove(session).unwrap_or_default();
            about.user = Some(user.to_owned());
            self.sessions.insert(session.to_owned(), about);
        }
        let about = self.about(session);
        if let Some(demanded) = between(text, "<auth ", ">").filter(|_| protocol == Protocol::Lcp) {
            let method = match demanded {
                "PAP" => Method::Pap,
                "MSCHAP-v2" => Method::MsChapV2,
                "MSCHAP-v1" => Method::MsChapV1,
                "CHAP-md5" | "CHAP" => Method::Chap,
                "EAP" => Method::Eap(None),
                _ => Method::Other,
            };
            match code {
                1 => out.say(about.clone(), Fact::AuthenticationDemanded { by: from, method }),
                3 => out.say(
                    about.clone(),
                    Fact::AuthenticationDeclined { by: from, method: Method::Other, instead: Some(method) },
                ),
                4 => out.say(about.clone(), Fact::AuthenticationDeclined { by: from, method, instead: None }),
                _ => {}
            }
        }
        match (protocol, code) {
            (Protocol::Chap, 4) | (Protocol::Pap, 3) => {
                let code = words::number_after(text, "E=").and_then(|code| u32::try_from(code).ok());
                out.say(about.clone(), Fact::AuthenticationFailed { at: from, method, code, reason: None });
            }
            (Protocol::Chap, 3) | (Protocol::Pap, 2) => {
                let user = about.user.clone();
                out.say(about.clone(), Fact::Authenticated { method, user });
            }
            (Protocol::Lcp, 5) => {
                let said = between(text, "\"", "\"").unwrap_or_default().to_owned();
                out.say(about.clone(), Fact::Terminated { by: from, text: said, code: None });
            }
            _ => {}
        }
        out.say(about, Fact::Packet { from, protocol, code, repeated: false });
        true
    }

    fn tunnel(&self, session: &str, is_l2tp: bool, from: Party, kind: &str, text: &str, out: &mut Out<'_, '_>) -> bool {
        let about = self.about(session);
        if is_l2tp {
            let name = between(text, "<Message-Type ", ">").unwrap_or(kind);
            let kind = match name {
                "Start-Ctrl-Conn-Request" | "SCCRQ" => l2tp_type(1),
                "Start-Ctrl-Conn-Reply" | "SCCRP" => l2tp_type(2),
                "Start-Ctrl-Conn-Connected" | "SCCCN" => l2tp_type(3),
                "Stop-Ctrl-Conn-Notify" | "StopCCN" => l2tp_type(4),
                "Incoming-Call-Request" | "ICRQ" => l2tp_type(10),
                "Incoming-Call-Reply" | "ICRP" => l2tp_type(11),
                "Incoming-Call-Connected" | "ICCN" => l2tp_type(12),
                "Call-Disconnect-Notify" | "CDN" => l2tp_type(14),
                _ => return true,
            };
            out.say(about, l2tp::Fact::Message { from, kind, repeated: false, clear: false });
            return true;
        }
        let kind = match kind {
            "Start-Ctrl-Conn-Request" => 1,
            "Start-Ctrl-Conn-Reply" => 2,
            "Stop-Ctrl-Conn-Request" => 3,
            "Outgoing-Call-Request" => 7,
            "Outgoing-Call-Reply" => 8,
            "Call-Clear-Request" => 12,
            "Call-Disconnect-Notify" => 13,
            _ => return true,
        };
        let result = words::number_after(text, "<Result ").and_then(|result| u8::try_from(result).ok());
        let error = words::number_after(text, "<Error ").and_then(|error| u8::try_from(error).ok());
        out.say(about, pptp::Fact::Message { from, kind, result, error });
        true
    }
}

fn l2tp_type(number: u16) -> wire::l2tp::MessageType {
    wire::l2tp::MessageType(number)
}
