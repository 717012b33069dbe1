//! Causeway's own log, as text and as JSON, the events of `causeway dial --json`, and what the dialer prints without it.

mod terminal;

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::{About, Party, Role, SourceKind, host, ike, ppp, reported};
use serde_json::Value;

use super::prefix;
use super::reader::{Line, Out, Reader};
use super::words;
use terminal::Terminal;

/// Reads the server's log lines and the dialer's events.
#[derive(Default)]
pub(crate) struct Causeway {
    /// How many times the dialer began anew.
    dials: u32,
    /// Where the client of a session was last.
    clients: HashMap<String, SocketAddr>,
    terminal: Terminal,
}

/// Sessions whose clients are followed.
const MOST: usize = 4096;

impl Reader for Causeway {
    fn kind(&self) -> SourceKind {
        SourceKind::Causeway
    }

    fn is_program(&self, program: &str) -> bool {
        program == "causeway"
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let tagged = line.program.is_some_and(|program| self.is_program(program));
        let text = line.text;
        if line.at.is_none() && self.terminal.line(text, self.dials, out) {
            return true;
        }
        if text.starts_with('{') {
            let Ok(Value::Object(object)) = serde_json::from_str(text) else { return tagged };
            let fields = Value::Object(object);
            if let Some(time) = string(&fields, "time") {
                let at = prefix::split(time, out.settings()).at;
                out.set_at(at);
            }
            if let Some(event) = string(&fields, "event") {
                return self.dialled(event, &fields, out);
            }
            if let (Some(message), Some(_)) = (string(&fields, "message"), string(&fields, "level")) {
                self.logged(message, &fields, out);
                return true;
            }
            return tagged;
        }
        // "info session up {...}" behind a time, "session up {...}" in the journal.
        let Some((head, _)) = text.split_once(" {") else {
            if tagged && text.contains("ready") {
                out.say(About::default(), host::Fact::Started { program: "causeway".to_owned() });
            }
            return tagged;
        };
        let level = ["info ", "warning ", "error "].iter().find_map(|level| head.strip_prefix(level));
        let message = level.unwrap_or(head);
        if level.is_none()
            && !tagged
            && !matches!(
                message,
                "session up" | "session down" | "session moved" | "connection failed" | "rekeying failed"
            )
        {
            return false;
        }
        let Some(Ok(fields)) = text.get(head.len()..).map(|json| serde_json::from_str::<Value>(json.trim())) else {
            return tagged;
        };
        self.logged(message, &fields, out);
        true
    }
}

fn string<'a>(fields: &'a Value, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}

fn number(fields: &Value, name: &str) -> Option<u64> {
    fields.get(name)?.as_u64()
}

impl Causeway {
    fn logged(&mut self, message: &str, fields: &Value, out: &mut Out<'_, '_>) {
        let Some(session) = string(fields, "session") else {
            if message.contains("ready") {
                out.say(About::default(), host::Fact::Started { program: "causeway".to_owned() });
            }
            return;
        };
        out.is(Role::Server, 5);
        out.product("Causeway");
        let client = string(fields, "peer").and_then(words::socket);
        let user = string(fields, "user").map(str::to_owned);
        let about =
            About { client, user: user.clone(), attempt: Some(format!("session {session}")), ..About::default() };
        let before = self.clients.get(session).copied();
        if let Some(client) = client.filter(|_| before.is_some() || self.clients.len() < MOST) {
            self.clients.insert(session.to_owned(), client);
        }
        match message {
            "session up" => {
                if let Some(behind) = string(fields, "encapsulation") {
                    let encapsulated = Some(behind == "udp");
                    out.say(
                        about.clone(),
                        ike::Fact::Phase2Up { encapsulated, transport: Some(true), suite: None, spis: None },
                    );
                }
                if user.is_some() {
                    out.say(about.clone(), ppp::Fact::Authenticated { method: None, user });
                }
                let address = string(fields, "address").and_then(words::ipv4);
                out.say(
                    about.clone(),
                    ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp, client: address, server: None },
                );
                out.say(about, reported::Fact::Connected);
            }
            "session moved" => {
                out.say(about.clone(), ike::Fact::MappingChanged { from: before, to: client });
            }
            "rekeying failed" => {
                verdict(fields, &about, out);
                out.say(about, ike::Fact::RekeyFailed { at: Party::Server });
            }
            "session down" => {
                let seconds = number(fields, "seconds").and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0);
                let traffic = number(fields, "octets_in").zip(number(fields, "octets_out"));
                out.say(about.clone(), ppp::Fact::Up { seconds, traffic });
                verdict(fields, &about, out);
                out.say(about, reported::Fact::Disconnected);
            }
            _ => verdict(fields, &about, out),
        }
    }

    /// An event of the dialer.
    fn dialled(&mut self, event: &str, fields: &Value, out: &mut Out<'_, '_>) -> bool {
        let known = matches!(
            event,
            "progress"
                | "waiting"
                | "warning"
                | "connected"
                | "pushed"
                | "moved"
                | "failed"
                | "strategy_failed"
                | "disconnected"
                | "reconnecting"
        );
        if !known {
            return false;
        }
        out.is(Role::Client, 5);
        out.product("Causeway");
        let server = string(fields, "server").and_then(words::socket);
        let about = About { server, attempt: Some(format!("dial {}", self.dials)), ..About::default() };
        match event {
            "connected" => {
                let (client, server) = (string(fields, "address"), string(fields, "peer"));
                if let Some(client) = client.and_then(words::ipv4) {
                    let server = server.and_then(words::ipv4);
                    let protocol = ppp::Protocol::Ipcp;
                    out.say(about.clone(), ppp::Fact::NetworkUp { protocol, client: Some(client), server });
                }
                out.say(about, reported::Fact::Connected);
            }
            "disconnected" => out.say(about, reported::Fact::Disconnected),
            "failed" | "strategy_failed" => verdict(fields, &about, out),
            "reconnecting" => self.dials += 1,
            _ => {}
        }
        true
    }
}

/// The cause, the stage and the code that a line names.
fn verdict(fields: &Value, about: &About, out: &mut Out<'_, '_>) {
    if let Some(cause) = string(fields, "cause") {
        let stage = string(fields, "stage").unwrap_or_default().to_owned();
        out.say(about.clone(), reported::Fact::Verdict { cause: cause.to_owned(), stage });
    }
    // The number of a connection that somebody simply ended stands for no failure.
    let ended = string(fields, "cause") == Some("none.healthy");
    if let Some(code) = number(fields, "ras").filter(|_| !ended).and_then(|code| u32::try_from(code).ok()) {
        out.say(about.clone(), reported::Fact::Ras { code });
    }
}
