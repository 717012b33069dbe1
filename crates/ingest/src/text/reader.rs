//! What a reader of one product's lines is given, and what it gives back.

use std::collections::HashMap;

use observe::{About, Fact, Role, Side, SourceKind, Spot, Time, Trouble};

use super::secrets;
use crate::{Settings, Sink};

/// Reads the lines of one product, or of one kind of output.
///
/// The dispatcher hands a line to the reader whose program its tag names; a line without a tag goes to the reader that took the
/// line before, then to every other one until one takes it. So a reader must take only what its product prints, and it may keep
/// state from line to line, in bounded memory. It is a type with [`Default`], listed in `text::readers`.
pub(crate) trait Reader {
    /// The kind of evidence that its lines make.
    fn kind(&self) -> SourceKind;

    /// Whether `program`, a syslog tag, is one of its.
    fn is_program(&self, _program: &str) -> bool {
        false
    }

    /// Reads a line. True when it is one of its, whether or not it says anything worth an observation.
    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool;

    /// The text is over, or another section of it begins: what was pending is said now.
    fn finish(&mut self, _out: &mut Out<'_, '_>) {}
}

/// A line without its prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// When, where the line says so.
    pub(crate) at: Option<Time>,
    /// The program, as its tag names it.
    pub(crate) program: Option<&'a str>,
    /// Its process id.
    pub(crate) pid: Option<u32>,
    /// The message, without blanks at its ends.
    pub(crate) text: &'a str,
    /// The line as it stands there, indentation and prefix included.
    pub(crate) whole: &'a str,
}

/// Where readers say what they understood.
pub(crate) struct Out<'s, 't> {
    sink: &'s mut Sink<'t>,
    settings: &'s Settings,
    line: u64,
    /// The last line that a program wrote.
    logged: u64,
    shown: String,
    at: Option<Time>,
    votes: Votes,
    shared: Shared,
}

/// What points at the side of the source, from weak to strong.
#[derive(Clone, Copy, Debug, Default)]
struct Votes {
    client: u32,
    server: u32,
    authenticator: u32,
}

/// What readers of several products tell one another: in a syslog the lines of one connection come from different programs.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// What is known of the connection that a pppd carries, by the pppd's process id.
    pub(crate) pppd: HashMap<u32, About>,
    /// The same by the local tunnel id of L2TP.
    pub(crate) tunnels: HashMap<u32, About>,
    /// Addresses of this machine.
    pub(crate) addresses: std::collections::HashSet<std::net::IpAddr>,
}

impl Shared {
    /// Connections that are remembered; then the memory begins anew.
    const MOST: usize = 4096;

    /// Remembers whom a pppd is about.
    pub(crate) fn pppd_is(&mut self, pid: u32, about: About) {
        if self.pppd.len() >= Self::MOST {
            self.pppd.clear();
        }
        self.pppd.insert(pid, about);
    }

    /// Remembers whom a tunnel is about.
    pub(crate) fn tunnel_is(&mut self, tunnel: u32, about: About) {
        if self.tunnels.len() >= Self::MOST {
            self.tunnels.clear();
        }
        self.tunnels.insert(tunnel, about);
    }
}

impl<'s, 't> Out<'s, 't> {
    /// What goes to `sink`.
    pub(crate) fn new(sink: &'s mut Sink<'t>, settings: &'s Settings) -> Out<'s, 't> {
        Out {
            sink,
            settings,
            line: 0,
            logged: 0,
            shown: String::new(),
            at: None,
            votes: Votes::default(),
            shared: Shared::default(),
        }
    }

    /// The line that is read from here on.
    pub(super) fn begin(&mut self, number: u64, whole: &str, at: Option<Time>) {
        self.line = number;
        self.shown.clear();
        self.shown.push_str(whole.trim());
        self.at = at;
    }

    /// Says what the line tells about somebody.
    pub(crate) fn say(&mut self, about: About, fact: impl Into<Fact>) {
        let text = secrets::hide(&self.shown);
        self.sink.push(self.at, Spot::Line(self.line), &text, about, fact);
    }

    /// Says something that an earlier line tells. `text` is that line.
    pub(crate) fn say_of(&mut self, at: Option<Time>, line: u64, text: &str, about: About, fact: impl Into<Fact>) {
        let text = secrets::hide(text);
        self.sink.push(at, Spot::Line(line), &text, about, fact);
    }

    /// Says what the text tells as a whole, in words of the reader.
    pub(crate) fn say_whole(&mut self, text: &str, about: About, fact: impl Into<Fact>) {
        self.sink.push(None, Spot::Whole, text, about, fact);
    }

    /// A program wrote this line.
    pub(super) fn logged(&mut self) {
        self.logged = self.line;
    }

    /// Whether a program wrote the line before.
    pub(crate) fn behind_log(&self) -> bool {
        self.line > 1 && self.logged + 1 == self.line
    }

    /// The number of the line.
    pub(crate) fn number(&self) -> u64 {
        self.line
    }

    /// The line as it will be shown, without blanks at its ends.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// When the line was written.
    pub(crate) fn at(&self) -> Option<Time> {
        self.at
    }

    /// The line itself names its time: readers of structured lines say it here.
    pub(crate) fn set_at(&mut self, at: Option<Time>) {
        self.at = at.or(self.at);
    }

    /// What the reader may know beside the text.
    pub(crate) fn settings(&self) -> &Settings {
        self.settings
    }

    /// What readers tell one another.
    pub(crate) fn shared(&mut self) -> &mut Shared {
        &mut self.shared
    }

    /// The line shows that the machine is this end. `weight` is 1 for a habit, 10 for what only that end does.
    pub(crate) fn is(&mut self, role: Role, weight: u32) {
        let votes = match role {
            Role::Client => &mut self.votes.client,
            Role::Server => &mut self.votes.server,
        };
        *votes = votes.saturating_add(weight);
    }

    /// The line shows that the machine is a RADIUS server.
    pub(crate) fn is_authenticator(&mut self) {
        self.votes.authenticator = self.votes.authenticator.saturating_add(10);
    }

    /// Names the product and its version; the first one that is named stays.
    pub(crate) fn product(&mut self, product: &str) {
        let known = &mut self.sink.source().product;
        if known.is_none() {
            *known = Some(product.chars().take(80).collect());
        }
    }

    /// Says what could not be read.
    pub(crate) fn trouble(&mut self, what: Trouble) {
        self.sink.trouble(what);
    }

    /// Whose the text is, by its content and, where that says nothing, by its name.
    pub(super) fn side(&mut self) -> Side {
        let Votes { client, server, authenticator } = self.votes;
        if authenticator > client.max(server) {
            return Side::Authenticator;
        }
        // A machine that is both (a server that also dials) has no side that holds for every line.
        if client > server.saturating_mul(2) {
            return Side::Client;
        }
        if server > client.saturating_mul(2) {
            return Side::Server;
        }
        let name = self.sink.source().name.to_ascii_lowercase();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        match (name.contains("client"), name.contains("server") || name.contains("gateway")) {
            (true, false) => Side::Client,
            (false, true) => Side::Server,
            _ => Side::Unknown,
        }
    }

    /// The sink.
    pub(super) fn sink(&mut self) -> &mut Sink<'t> {
        self.sink
    }
}
