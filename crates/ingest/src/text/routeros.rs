//! MikroTik RouterOS: "l2tp,ppp,info l2tp-out1: connecting...". The topics stand in front, separated by commas.

use observe::l2tp::Fact;
use observe::ppp::{self, Protocol};
use observe::{About, Party, Role, SourceKind, host, pptp, reported};
use wire::l2tp::MessageType;

use super::racoon::Racoon;
use super::reader::{Line, Out, Reader};
use super::words::{self, after, between};

/// Reads RouterOS's log, and its export of settings.
#[derive(Default)]
pub(crate) struct RouterOs {
    racoon: Racoon,
    /// The interface or user whose link the lines are about.
    link: Option<String>,
}

const TOPICS: [&str; 18] = [
    "l2tp",
    "ipsec",
    "ppp",
    "pptp",
    "info",
    "error",
    "debug",
    "packet",
    "account",
    "warning",
    "system",
    "critical",
    "radius",
    "interface",
    "firewall",
    "async",
    "sstp",
    "event",
];

impl Reader for RouterOs {
    fn kind(&self) -> SourceKind {
        SourceKind::RouterOs
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let Some((topics, message)) = topics(line.text) else { return false };
        let has = |topic: &str| topics.split(',').any(|here| here.trim_start_matches('!') == topic);
        out.product("RouterOS");
        if has("ipsec") {
            self.racoon.read(message.trim_start_matches("ipsec: "), out);
        } else if has("l2tp") || has("pptp") || has("ppp") || has("sstp") {
            self.ppp(has("pptp"), message, out);
        } else if has("firewall") && message.contains("proto ") && message.contains("drop") {
            out.say(About::default(), host::Fact::FilterDrops { rule: message.to_owned() });
        }
        true
    }
}

/// The topics and the message behind them.
fn topics(text: &str) -> Option<(&str, &str)> {
    let known =
        |word: &str| word.contains(',') && word.split(',').all(|topic| TOPICS.contains(&topic.trim_start_matches('!')));
    let (first, rest) = text.split_once(' ')?;
    if known(first)
        || matches!(first, "ipsec")
            && (rest.starts_with("sent ")
                || rest.starts_with("received ")
                || rest.starts_with("acquire ")
                || rest.starts_with("suitable ")
                || rest.starts_with("peer ")
                || rest.starts_with("IPsec-SA "))
    {
        return Some((first, rest.trim_start()));
    }
    // A remote syslog keeps the router's name or address in front.
    let (second, rest) = rest.split_once(' ')?;
    known(second).then(|| (second, rest.trim_start()))
}

impl RouterOs {
    fn about(&self) -> About {
        let mut about = self.racoon.about();
        about.attempt = self.link.clone().or(about.attempt);
        about
    }

    fn ppp(&mut self, is_pptp: bool, text: &str, out: &mut Out<'_, '_>) {
        let at = Party::Here;
        // "l2tp-out1: connecting..." is the client, "<l2tp-anna>: authenticated" the server.
        let message = match text.split_once(": ") {
            Some((link, message)) if !link.contains(' ') => {
                let role = if link.starts_with('<') { Role::Server } else { Role::Client };
                if link.starts_with('<')
                    || link.contains("-out")
                    || message.starts_with("initializing")
                    || message.starts_with("connecting")
                {
                    out.is(role, 5);
                }
                self.link = Some(link.to_owned());
                message
            }
            _ => text,
        };
        let about = self.about();
        let failed = |reason| ppp::Fact::AuthenticationFailed { at, method: None, code: None, reason };
        if message.starts_with("first L2TP UDP packet received from ") {
            out.is(Role::Server, 10);
            let client = after(message, "received from ").map(words::word).and_then(words::host);
            let about = About { client, ..About::default() };
            out.say(
                about,
                Fact::Message { from: Party::There, kind: MessageType::SCCRQ, repeated: false, clear: false },
            );
        } else if message.starts_with("TCP connection established from ") {
            out.is(Role::Server, 10);
            let client = after(message, "established from ").map(words::word).and_then(words::host);
            out.say(About { client, ..About::default() }, pptp::Fact::Connected);
        } else if message.starts_with("connecting") {
            if is_pptp {
                return;
            }
            out.say(about, Fact::Message { from: at, kind: MessageType::SCCRQ, repeated: false, clear: false });
        } else if message.starts_with("authenticated") {
            out.say(about, ppp::Fact::Authenticated { method: None, user: None });
        } else if message == "connected" || message.starts_with("connected ") {
            out.say(about, reported::Fact::Connected);
        } else if message.contains(" logged in, ") {
            out.is(Role::Server, 10);
            let user = Some(words::word(message).to_owned());
            let client = after(message, " from ").map(words::word).and_then(words::host);
            let inner = between(message, "logged in, ", " ").and_then(words::ipv4);
            let about = About { user, client, ..about };
            out.say(about, ppp::Fact::NetworkUp { protocol: Protocol::Ipcp, client: inner, server: None });
        } else if message.contains("authentication failed") {
            // "user anna authentication failed" on the server, "terminating... - authentication failed" on the client.
            let user = between(message, "user ", " authentication").map(str::to_owned);
            let about = About { user, ..about };
            out.say(about, failed(None));
        } else if let Some(reason) = after(message, "terminating... - ") {
            let fact = if reason.contains("peer is not responding") {
                ppp::Fact::PeerDead { at }
            } else if reason.contains("could not determine") && reason.contains("address")
                || reason.contains("no address")
                || reason.contains("pool")
            {
                ppp::Fact::NoAddress { at, exhausted: reason.contains("pool") }
            } else if reason.contains("encryption") {
                ppp::Fact::EncryptionRequired { by: at }
            } else if reason.contains("hungup") || reason.contains("hung up") {
                ppp::Fact::HungUp { at }
            } else if reason.contains("no more sessions")
                || reason.contains("only one")
                || reason.contains("not allowed")
            {
                failed(Some(ppp::Reason::Constraint))
            } else if reason.contains("old tunnel is not closed") {
                out.say(about, Fact::Incompatible { at: Party::There, said: reason.to_owned() });
                return;
            } else if reason.contains("session closed")
                || reason.contains("could not connect")
                || reason.contains("connect timed out")
            {
                out.say(
                    about,
                    if is_pptp {
                        observe::Fact::from(pptp::Fact::ConnectionTimedOut)
                    } else {
                        Fact::Unanswered { by: at, established: false, last: None }.into()
                    },
                );
                return;
            } else {
                ppp::Fact::Terminated { by: Party::There, text: reason.to_owned(), code: None }
            };
            out.say(about, fact);
        } else if message.contains("received no replies, disconnecting") {
            out.say(about, Fact::Unanswered { by: at, established: false, last: None });
        } else if message.starts_with("disconnected") {
            out.say(about, reported::Fact::Disconnected);
        }
    }
}
