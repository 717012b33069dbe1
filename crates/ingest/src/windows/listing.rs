//! What programs of Windows print about a machine: services, sockets, addresses, routes, connections, updates, pings.
//!
//! The outputs may follow one another in one text. Their labels are in the machine's language, so each is known by its
//! structure, its numbers and the words that no translation touches.

mod addresses;
mod objects;
mod ping;
mod ports;
mod profiles;
mod routes;
mod services;
mod sockets;
mod system;

use std::io::{self, Read};

use observe::{About, Fact, Side, SourceKind, Spot, Time, Trouble};

pub(super) use objects::{json, recognise as is_json};

use super::chars::Chars;
use crate::{Settings, Sink};

/// Reads such outputs.
pub(super) fn read(
    input: impl Read,
    settings: &Settings,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut chars = Chars::new(input)?;
    let mut listing = Listing::new(settings.utc_offset);
    let mut said = Vec::new();
    while let Some(line) = chars.line()? {
        let line = line.to_owned();
        let number = chars.number();
        listing.line(number, &line, &mut said);
        tell(&mut said, sink);
        if number.is_multiple_of(4096) {
            progress(chars.octets());
        }
    }
    listing.end(&mut said);
    tell(&mut said, sink);
    if let Some(kind) = listing.kind() {
        sink.source().kind = kind;
    }
    if let Some(side) = listing.side {
        sink.set_side(side);
    }
    if listing.trace {
        sink.trouble(Trouble::TraceNumbersOnly);
    }
    Ok(())
}

/// Whether a text begins like one of them.
pub(super) fn recognise(text: &str) -> bool {
    let mut listing = Listing::new(0);
    let mut said = Vec::new();
    for (line, number) in text.lines().zip(1..).take(400) {
        listing.line(number, line, &mut said);
    }
    listing.end(&mut said);
    !said.is_empty() || listing.trace || listing.kind() == Some(SourceKind::Ping)
}

/// Something that a line says.
pub(crate) struct Said {
    pub(crate) line: u64,
    pub(crate) at: Option<Time>,
    pub(crate) text: String,
    pub(crate) about: About,
    pub(crate) fact: Fact,
}

impl Said {
    fn new(line: u64, text: &str, fact: impl Into<Fact>) -> Said {
        Said { line, at: None, text: text.trim().to_owned(), about: About::default(), fact: fact.into() }
    }
}

/// Puts what was said into its place.
fn tell(said: &mut Vec<Said>, sink: &mut Sink<'_>) {
    for Said { line, at, text, about, fact } in said.drain(..) {
        sink.push(at, Spot::Line(line), &text, about, fact);
    }
}

/// All outputs that are known, each with what it keeps from line to line. Offer [`Listing::line`] every line, then call
/// [`Listing::end`].
pub(crate) struct Listing {
    utc_offset: i32,
    services: services::Services,
    sockets: sockets::Sockets,
    addresses: addresses::Addresses,
    routes: routes::Routes,
    profiles: profiles::Profiles,
    objects: objects::Objects,
    ping: ping::Ping,
    system: system::System,
    /// Lines of each kind.
    counts: Vec<(SourceKind, u64)>,
    side: Option<Side>,
    trace: bool,
}

impl Listing {
    /// Of a machine whose clock is so many seconds east of UTC.
    pub(crate) fn new(utc_offset: i32) -> Listing {
        Listing {
            utc_offset,
            services: services::Services::default(),
            sockets: sockets::Sockets::default(),
            addresses: addresses::Addresses::default(),
            routes: routes::Routes::default(),
            profiles: profiles::Profiles::default(),
            objects: objects::Objects::default(),
            ping: ping::Ping::default(),
            system: system::System::default(),
            counts: Vec::new(),
            side: None,
            trace: false,
        }
    }

    /// Takes a line. Whether it is of an output that is known.
    pub(crate) fn line(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        let line = line.trim_end();
        let before = said.len();
        let kind = if self.sockets.line(number, line, said) {
            SourceKind::Sockets
        } else if self.routes.line(number, line) {
            SourceKind::Routes
        } else if self.services.line(number, line, said) {
            SourceKind::Services
        } else if self.profiles.line(number, line, said) {
            SourceKind::Profile
        } else if self.ping.line(number, line, said) || ports::portqry(number, line, said) {
            SourceKind::Ping
        } else if self.addresses.line(number, line, said) {
            SourceKind::Addresses
        } else if let Some(kind) = self.objects.line(number, line, self.utc_offset, said) {
            kind
        } else if let Some((kind, side)) = self.system.line(number, line, self.utc_offset, said) {
            self.side = self.side.or(side);
            self.trace |= kind == SourceKind::WindowsTrace;
            kind
        } else {
            return false;
        };
        if said
            .get(before..)
            .unwrap_or_default()
            .iter()
            .any(|said| matches!(said.fact, Fact::Host(observe::host::Fact::Profile(_))))
        {
            self.side = self.side.or(Some(Side::Client));
        }
        match self.counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, lines)) => *lines += 1,
            None => self.counts.push((kind, 1)),
        }
        true
    }

    /// Ends every output.
    pub(crate) fn end(&mut self, said: &mut Vec<Said>) {
        self.sockets.end(said);
        self.routes.end(&self.addresses, said);
        self.profiles.end(said);
        self.objects.end(self.utc_offset, said);
    }

    /// The kind of which most lines are.
    pub(crate) fn kind(&self) -> Option<SourceKind> {
        self.counts.iter().max_by_key(|(_, lines)| *lines).map(|(kind, _)| *kind)
    }
}

#[cfg(test)]
mod tests;
