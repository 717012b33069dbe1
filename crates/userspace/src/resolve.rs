//! Names to IPv4 addresses, by the tunnel's own name servers (RFC 1035).
//!
//! A machine of its own rather than the stack's: it tells "no such name" from "no answer", goes on to the next server at once
//! when one is of no use, and keeps answers for their time to live.

mod message;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

use clock::Timestamp;
use rand_core::CryptoRng;

use crate::failure::{Failure, Local, Rcode, Refusal, Stage};
use message::{Answer, Outcome};
pub use message::{BadName, Name};

/// Most servers that are asked; more are ignored.
const MAX_SERVERS: usize = 4;

/// How often every server is asked.
const ROUNDS: u32 = 3;

/// How long the first round waits for each server; each further round waits twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Names whose addresses are remembered.
const MAX_REMEMBERED: usize = 256;

/// Longest time that an address is remembered, whatever its time to live.
const MAX_TTL: Duration = Duration::from_secs(300);

/// Names one question; never used twice by one resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(u64);

/// Asks name servers for addresses.
///
/// After `ask` or any `handle_*`, poll [`Resolver::poll_transmit`], then [`Resolver::poll_answer`], each until `None`, then
/// [`Resolver::poll_timeout`].
#[derive(Debug)]
pub struct Resolver {
    servers: Vec<Ipv4Addr>,
    limit: usize,
    next_id: u64,
    open: BTreeMap<QuestionId, Question>,
    remembered: HashMap<Name, Remembered>,
    transmits: VecDeque<(Ipv4Addr, Vec<u8>)>,
    answers: VecDeque<(QuestionId, Result<Vec<Ipv4Addr>, Failure>)>,
}

#[derive(Debug)]
struct Question {
    name: Name,
    /// The identifier on the wire, unpredictable and unique among open questions.
    wire_id: u16,
    asked_at: Timestamp,
    /// Servers asked so far, counting repetitions.
    tries: u32,
    next_try: Timestamp,
    /// Servers, by index, that are of no use for this question.
    useless: Vec<usize>,
    /// What the last of them said.
    said: Option<Refusal>,
}

#[derive(Debug)]
struct Remembered {
    addresses: Vec<Ipv4Addr>,
    until: Timestamp,
}

impl Resolver {
    /// A resolver that asks `servers` in their order, with at most `limit` open questions.
    pub fn new(servers: &[Ipv4Addr], limit: usize) -> Resolver {
        let usable = servers.iter().filter(|server| !(server.is_unspecified() || server.is_multicast()));
        Resolver {
            servers: usable.copied().take(MAX_SERVERS).collect(),
            limit,
            next_id: 0,
            open: BTreeMap::new(),
            remembered: HashMap::new(),
            transmits: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }

    /// Begins to look up `name`.
    ///
    /// # Errors
    /// [`Local::NoNameServer`] and [`Local::Questions`].
    pub fn ask(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, name: Name) -> Result<QuestionId, Failure> {
        if let Some(remembered) = self.remembered.get(&name).filter(|remembered| remembered.until > now) {
            let addresses = remembered.addresses.clone();
            let id = self.next_id();
            self.answers.push_back((id, Ok(addresses)));
            return Ok(id);
        }
        if self.servers.is_empty() {
            return Err(Failure::Local(Local::NoNameServer));
        }
        if self.open.len() >= self.limit {
            return Err(Failure::Local(Local::Questions));
        }
        let wire_id = loop {
            let candidate = rng.next_u32() as u16;
            if self.open.values().all(|question| question.wire_id != candidate) {
                break candidate;
            }
        };
        let id = self.next_id();
        let question =
            Question { name, wire_id, asked_at: now, tries: 0, next_try: now, useless: Vec::new(), said: None };
        self.open.insert(id, question);
        self.advance(now, id);
        Ok(id)
    }

    /// Forgets a question whose answer is not wanted any more.
    pub fn cancel(&mut self, id: QuestionId) {
        self.open.remove(&id);
        self.answers.retain(|(answered, _)| *answered != id);
    }

    /// Takes a datagram that came from port 53 of `from`. What is not an answer to an open question is ignored.
    pub fn handle_datagram(&mut self, now: Timestamp, from: Ipv4Addr, datagram: &[u8]) {
        let Some(server) = self.servers.iter().position(|&server| server == from) else { return };
        let Ok(answer) = Answer::parse(datagram) else { return };
        let matches = |question: &Question| question.wire_id == answer.id && question.name == answer.name;
        let Some((&id, _)) = self.open.iter().find(|(_, question)| matches(question)) else { return };
        match answer.outcome {
            Outcome::Addresses { addresses, ttl } => {
                self.remember(now, answer.name, &addresses, ttl);
                self.end(id, Ok(addresses));
            }
            Outcome::NoAddress => self.end(id, Err(Failure::Refused(Refusal::NoAddress))),
            Outcome::Code(Rcode::NO_SUCH_NAME) => self.end(id, Err(Failure::Refused(Refusal::NoSuchName))),
            Outcome::Code(code) => self.dismiss(now, id, server, Refusal::NameServer(code)),
        }
    }

    /// Takes the report that port 53 of `server` cannot be reached.
    pub fn handle_unreachable(&mut self, now: Timestamp, server: Ipv4Addr, refusal: Refusal) {
        let Some(server) = self.servers.iter().position(|&known| known == server) else { return };
        let asked: Vec<_> = self.open.keys().copied().collect();
        for id in asked {
            self.dismiss(now, id, server, refusal);
        }
    }

    /// Asks again, or gives up, where that is due.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let due: Vec<_> =
            self.open.iter().filter(|(_, question)| question.next_try <= now).map(|(&id, _)| id).collect();
        for id in due {
            self.advance(now, id);
        }
    }

    /// A datagram for port 53 of a server.
    pub fn poll_transmit(&mut self) -> Option<(Ipv4Addr, Vec<u8>)> {
        self.transmits.pop_front()
    }

    /// The end of a question: one or more addresses, or why there are none.
    pub fn poll_answer(&mut self) -> Option<(QuestionId, Result<Vec<Ipv4Addr>, Failure>)> {
        self.answers.pop_front()
    }

    /// When [`Resolver::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.open.values().map(|question| question.next_try).min()
    }

    /// Whether no question is open.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    fn next_id(&mut self) -> QuestionId {
        self.next_id += 1;
        QuestionId(self.next_id)
    }

    /// Asks the next server that may be of use, or ends the question.
    fn advance(&mut self, now: Timestamp, id: QuestionId) {
        let servers = self.servers.len();
        let Some(question) = self.open.get_mut(&id) else { return };
        let all = ROUNDS * servers as u32;
        while question.tries < all && question.useless.contains(&(question.tries as usize % servers)) {
            question.tries += 1;
        }
        if question.tries >= all {
            let failure = match question.said.filter(|_| question.useless.len() == servers) {
                Some(refusal) => Failure::Refused(refusal),
                None => Failure::Silence { stage: Stage::Resolve, elapsed: now - question.asked_at },
            };
            self.end(id, Err(failure));
            return;
        }
        let server = self.servers[question.tries as usize % servers];
        question.next_try = now + FIRST_WAIT * 2u32.pow(question.tries / servers as u32);
        question.tries += 1;
        self.transmits.push_back((server, message::question(question.wire_id, &question.name)));
    }

    /// A server is of no use for a question: on to the next one, at once if it is this server that we are waiting for.
    fn dismiss(&mut self, now: Timestamp, id: QuestionId, server: usize, said: Refusal) {
        let servers = self.servers.len();
        let Some(question) = self.open.get_mut(&id) else { return };
        if question.useless.contains(&server) {
            return;
        }
        question.useless.push(server);
        question.said = Some(said);
        let waiting_for = (question.tries as usize).checked_sub(1).map(|asked| asked % servers);
        if waiting_for == Some(server) || question.useless.len() == servers {
            self.advance(now, id);
        }
    }

    fn end(&mut self, id: QuestionId, answer: Result<Vec<Ipv4Addr>, Failure>) {
        if self.open.remove(&id).is_some() {
            self.answers.push_back((id, answer));
        }
    }

    fn remember(&mut self, now: Timestamp, name: Name, addresses: &[Ipv4Addr], ttl: Duration) {
        if self.remembered.len() >= MAX_REMEMBERED {
            self.remembered.retain(|_, remembered| remembered.until > now);
        }
        if self.remembered.len() < MAX_REMEMBERED && !ttl.is_zero() {
            let until = now + ttl.min(MAX_TTL);
            self.remembered.insert(name, Remembered { addresses: addresses.to_vec(), until });
        }
    }
}

#[cfg(test)]
mod tests;
