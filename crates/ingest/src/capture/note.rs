//! What the parts of the dissector share: how they speak, and who is who.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use observe::{About, Fact, Party, Role, Spot, Time, Trouble};

use crate::Sink;

/// The place of a packet, from which facts are told.
pub(super) struct Note<'a, 's> {
    sink: &'a mut Sink<'s>,
    /// When the packet was captured.
    pub at: Option<Time>,
    spot: Spot,
}

impl<'a, 's> Note<'a, 's> {
    /// Speaks of a frame.
    pub(super) fn frame(sink: &'a mut Sink<'s>, at: Option<Time>, frame: u64) -> Note<'a, 's> {
        Note { sink, at, spot: Spot::Frame(frame) }
    }

    /// Speaks of a packet that begins in a line of a text.
    pub(super) fn line(sink: &'a mut Sink<'s>, at: Option<Time>, line: u64) -> Note<'a, 's> {
        Note { sink, at, spot: Spot::Line(line) }
    }

    /// Speaks of the capture as a whole.
    pub(super) fn whole(sink: &'a mut Sink<'s>, at: Option<Time>) -> Note<'a, 's> {
        Note { sink, at, spot: Spot::Whole }
    }

    /// The time, where one is needed to compare with; a capture without times has all at once.
    pub(super) fn now(&self) -> Time {
        self.at.unwrap_or(Time(0))
    }

    /// Adds an observation. What single packets say leaves room for the sums at the end.
    pub(super) fn push(&mut self, about: &About, text: &str, fact: impl Into<Fact>) {
        if matches!(self.spot, Spot::Frame(_) | Spot::Line(_)) && self.sink.left() <= RESERVED {
            self.sink.trouble(Trouble::Busy);
            return;
        }
        self.sink.push(self.at, self.spot, text, about.clone(), fact);
    }

    /// Adds an observation of the capture as a whole, of another time.
    pub(super) fn push_whole(&mut self, at: Time, about: &About, text: &str, fact: impl Into<Fact>) {
        self.sink.push(self.at.and(Some(at)), Spot::Whole, text, about.clone(), fact);
    }

    /// Says what could not be read of this packet.
    pub(super) fn trouble(&mut self, what: Trouble) {
        match self.spot {
            Spot::Frame(frame) => self.sink.trouble(Trouble::InFrame(frame, Box::new(what))),
            Spot::Line(line) => self.sink.trouble(Trouble::InLine(line, Box::new(what))),
            _ => self.sink.trouble(what),
        }
    }
}

/// Observations that are kept for the end of the capture.
const RESERVED: usize = Sink::MOST / 4;

/// Pairs of hosts that are remembered.
const MOST_PAIRS: usize = 8192;

/// Who is the client and who is the server, by what the pairs of hosts said so far.
#[derive(Default)]
pub(super) struct Ends {
    pairs: HashMap<(IpAddr, IpAddr), Pair>,
    aliases: HashMap<IpAddr, IpAddr>,
    /// Addresses from which ESP came.
    speakers: HashSet<IpAddr>,
}

struct Pair {
    client: IpAddr,
    /// It began a connection, rather than being the guess of a capture that begins in the middle.
    sure: bool,
    /// The attempt that began last, by the client's address and port.
    attempts: Vec<(SocketAddr, Arc<str>)>,
}

impl Pair {
    /// Clients at one address, which share it by a NAT.
    const MOST_ATTEMPTS: usize = 64;
}

fn key(a: IpAddr, b: IpAddr) -> (IpAddr, IpAddr) {
    if a <= b { (a, b) } else { (b, a) }
}

impl Ends {
    /// The capture was made on a NAT, where what goes out has the public address already and what comes in has the private one
    /// again: packets for `private` are for the host that is known by `public`. Who speaks from an address himself has moved there.
    pub(super) fn alias(&mut self, private: IpAddr, public: IpAddr) {
        if self.aliases.len() < MOST_PAIRS && !self.aliases.contains_key(&public) && !self.speakers.contains(&private) {
            self.aliases.insert(private, public);
        }
    }

    /// ESP came from this address.
    pub(super) fn spoke(&mut self, source: IpAddr) {
        if self.speakers.len() < MOST_PAIRS {
            self.speakers.insert(source);
        }
    }

    /// The address by which a host is known.
    pub(super) fn known_as(&self, address: IpAddr) -> IpAddr {
        if self.aliases.is_empty() {
            return address;
        }
        self.aliases.get(&address).copied().unwrap_or(address)
    }

    /// Whether no pair spoke any of the protocols of a tunnel.
    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// `client` was seen to begin a connection to `server`.
    pub(super) fn began(&mut self, client: IpAddr, server: IpAddr) {
        self.learn(client, server, true);
    }

    /// `client` is taken for the client, because it spoke first in this capture.
    pub(super) fn guess(&mut self, client: IpAddr, server: IpAddr) {
        self.learn(client, server, false);
    }

    fn learn(&mut self, client: IpAddr, server: IpAddr, sure: bool) {
        let key = key(client, server);
        if let Some(pair) = self.pairs.get_mut(&key) {
            if sure && !pair.sure {
                pair.client = client;
                pair.sure = true;
            }
        } else if self.pairs.len() < MOST_PAIRS {
            self.pairs.insert(key, Pair { client, sure, attempts: Vec::new() });
        }
    }

    /// The end that a sender is; `None` when nothing is known of the pair.
    pub(super) fn role(&self, source: SocketAddr, destination: SocketAddr) -> Option<Role> {
        if source.ip() == destination.ip() {
            let served = |port| matches!(port, 500 | 4500 | 1701 | 1723);
            let to_server = served(destination.port()) || !served(source.port());
            return Some(if to_server { Role::Client } else { Role::Server });
        }
        let pair = self.pairs.get(&key(source.ip(), destination.ip()))?;
        Some(if pair.client == source.ip() { Role::Client } else { Role::Server })
    }

    /// The end that a sender is, by a guess when nothing else is known.
    pub(super) fn sender(&mut self, source: SocketAddr, destination: SocketAddr) -> Role {
        self.role(source, destination).unwrap_or_else(|| {
            let role = likely(source, destination);
            let (client, server) = if role == Role::Client { (source, destination) } else { (destination, source) };
            self.guess(client.ip(), server.ip());
            role
        })
    }

    /// An attempt of this name began.
    pub(super) fn attempt(&mut self, client: SocketAddr, server: SocketAddr, name: &str) {
        if let Some(pair) = self.pairs.get_mut(&key(client.ip(), server.ip())) {
            pair.attempts.retain(|(known, _)| *known != client);
            if pair.attempts.len() >= Pair::MOST_ATTEMPTS {
                pair.attempts.remove(0);
            }
            pair.attempts.push((client, name.into()));
        }
    }

    /// Whom a packet between these two is about: `sender` is what [`Ends::sender`] said.
    pub(super) fn about(&self, source: SocketAddr, destination: SocketAddr, sender: Role) -> About {
        let (client, server) = match sender {
            Role::Client => (source, destination),
            Role::Server => (destination, source),
        };
        let attempts = self.pairs.get(&key(client.ip(), server.ip())).map_or(&[][..], |pair| &pair.attempts);
        let exact = attempts.iter().rev().find(|(known, _)| *known == client);
        let name = exact.or(attempts.last()).map(|(_, name)| name.to_string());
        About { client: Some(client), server: Some(server), attempt: name, ..About::default() }
    }
}

/// The end that a sender probably is, where the beginning was not captured: the server has the port that is known, and a
/// private address is more likely a client's. Else the one who spoke first is taken for the client.
pub(super) fn likely(source: SocketAddr, destination: SocketAddr) -> Role {
    let served = |address: SocketAddr| matches!(address.port(), 500 | 4500 | 1701 | 1723);
    let private = |address: SocketAddr| match address.ip() {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    };
    let server = match (served(source), served(destination)) {
        (true, false) => true,
        (false, true) => false,
        _ => private(destination) && !private(source),
    };
    if server { Role::Server } else { Role::Client }
}

/// A role as the party that facts name.
pub(super) fn party(role: Role) -> Party {
    role.into()
}

/// A digest by which a repeated message is known. It need not withstand anybody: who can forge it can as well repeat.
pub(super) fn digest(octets: &[u8]) -> u64 {
    use std::hash::Hasher;
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(octets);
    hasher.finish()
}

/// Text from the wire in one line, shortened, with what does not print replaced.
pub(super) fn readable(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets.get(..octets.len().min(256)).unwrap_or_default());
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// `3` as `3 times`, `1` as `once`.
pub(super) fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
