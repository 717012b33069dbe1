//! Engines back to back in virtual time, over a network whose faults each test chooses.

mod authentication;
mod capture;
mod faults;
mod hostile;
mod lifecycle;
mod peers;

use std::collections::BTreeMap;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use clock::Timestamp;
use rand_core::{Rng, SeedableRng};
use wire::l2tp::{Control, Message, NoSecret, Sequence, set_sequence};

use crate::{Config, Engine, Event, Failure, SessionId, Stage, TunnelId};

/// The LNS's name for LAC number `n` is `n`; every LAC's name for the LNS is this.
const LNS: u32 = 1000;

const LATENCY: Duration = Duration::from_millis(20);

/// What becomes of the packet with this number: a delay for each copy that arrives.
type Fate = Box<dyn FnMut(usize) -> Vec<Duration>>;

/// One LNS and its LACs.
struct World {
    now: Timestamp,
    rng: ChaCha20Rng,
    lns: Engine<u32>,
    lacs: Vec<Engine<u32>>,
    /// (arrival, number) -> (the LAC at one end, towards the LNS, octets).
    air: BTreeMap<(Timestamp, usize), (u32, bool, Vec<u8>)>,
    fate: Fate,
    packets: usize,
    copies: usize,
    lns_events: Vec<Event<u32>>,
    lac_events: Vec<Vec<Event<u32>>>,
}

impl World {
    fn new(lns: Config, lac: Config, lacs: usize) -> Self {
        let lac = Config { accept_incoming: false, ..lac };
        World {
            now: Timestamp::ZERO,
            rng: ChaCha20Rng::seed_from_u64(7),
            lns: Engine::new(lns),
            lacs: (0..lacs).map(|_| Engine::new(lac.clone())).collect(),
            air: BTreeMap::new(),
            fate: Box::new(|_| vec![LATENCY]),
            packets: 0,
            copies: 0,
            lns_events: Vec::new(),
            lac_events: vec![Vec::new(); lacs],
        }
    }

    fn pair() -> Self {
        World::new(Config::new("lns"), Config::new("lac"), 1)
    }

    fn with_fate(mut self, fate: impl FnMut(usize) -> Vec<Duration> + 'static) -> Self {
        self.fate = Box::new(fate);
        self
    }

    fn connect(&mut self, lac: u32) -> TunnelId {
        let id = self.lacs[lac as usize].connect(self.now, &mut self.rng, LNS).unwrap();
        self.drain();
        id
    }

    /// Lets `span` pass.
    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        self.drain();
        for _ in 0..200_000 {
            let arrival = self.air.keys().next().map(|&(at, _)| at);
            let timeouts = self.lacs.iter_mut().filter_map(Engine::poll_timeout).chain(self.lns.poll_timeout());
            let Some(next) = timeouts.chain(arrival).min().filter(|&next| next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            self.lns.handle_timeout(self.now);
            for lac in &mut self.lacs {
                lac.handle_timeout(self.now);
            }
            while let Some((&key, _)) = self.air.iter().next().filter(|((at, _), _)| *at <= self.now) {
                let (lac, to_lns, bytes) = self.air.remove(&key).unwrap();
                match to_lns {
                    true => self.lns.handle_control(self.now, &mut self.rng, lac, &bytes),
                    false => self.lacs[lac as usize].handle_control(self.now, &mut self.rng, LNS, &bytes),
                }
                self.drain();
            }
            self.drain();
        }
        panic!("the world does not come to rest");
    }

    fn drain(&mut self) {
        while let Some((peer, bytes)) = self.lns.poll_transmit() {
            self.launch(peer, false, bytes);
        }
        self.lns_events.extend(std::iter::from_fn(|| self.lns.poll_event()));
        for lac in 0..self.lacs.len() {
            while let Some((peer, bytes)) = self.lacs[lac].poll_transmit() {
                assert_eq!(peer, LNS);
                self.launch(lac as u32, true, bytes);
            }
            self.lac_events[lac].extend(std::iter::from_fn(|| self.lacs[lac].poll_event()));
        }
    }

    fn launch(&mut self, lac: u32, to_lns: bool, bytes: Vec<u8>) {
        for delay in (self.fate)(self.packets) {
            self.air.insert((self.now + delay, self.copies), (lac, to_lns, bytes.clone()));
            self.copies += 1;
        }
        self.packets += 1;
    }

    /// The session that came up at LAC `lac`, if one did.
    fn lac_session(&self, lac: usize) -> Option<SessionId> {
        session_of(&self.lac_events[lac])
    }
}

fn session_of(events: &[Event<u32>]) -> Option<SessionId> {
    events.iter().find_map(|event| match event {
        Event::CallUp { session, .. } => Some(*session),
        _ => None,
    })
}

fn failure_of(event: &Event<u32>) -> Option<(Stage, &Failure)> {
    match event {
        Event::Failed { stage, failure, .. } => Some((*stage, failure)),
        _ => None,
    }
}

/// A peer of one engine whose messages the test writes itself.
struct Puppet {
    engine: Engine<u32>,
    now: Timestamp,
    rng: ChaCha20Rng,
    peer: u32,
    /// The engine's tunnel id, once it has told it.
    tunnel: u16,
    ns: u16,
    nr: u16,
}

impl Puppet {
    fn new(config: Config) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(11);
        Puppet { engine: Engine::new(config), now: Timestamp::ZERO, rng, peer: 1, tunnel: 0, ns: 0, nr: 0 }
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.engine.poll_timeout().filter(|&next| next <= end) {
            self.now = next;
            self.engine.handle_timeout(next);
        }
        self.now = end;
    }

    /// Sends octets as they are and gives the engine's answers.
    fn raw(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.engine.handle_control(self.now, &mut self.rng, self.peer, bytes);
        self.answers()
    }

    /// Sends octets with the next number and our newest acknowledgement.
    fn numbered(&mut self, mut bytes: Vec<u8>) -> Vec<Vec<u8>> {
        set_sequence(&mut bytes, Sequence { ns: self.ns, nr: self.nr });
        self.ns = self.ns.wrapping_add(1);
        self.raw(&bytes)
    }

    fn send(&mut self, message: &Message, session: u16) -> Vec<Vec<u8>> {
        self.numbered(message.encode(self.tunnel, session))
    }

    /// Acknowledges everything so far.
    fn acknowledge(&mut self) -> Vec<Vec<u8>> {
        let sequence = Sequence { ns: self.ns, nr: self.nr };
        self.raw(&wire::l2tp::zero_length_body(self.tunnel, 0, sequence))
    }

    fn answers(&mut self) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        while let Some((peer, bytes)) = self.engine.poll_transmit() {
            assert_eq!(peer, self.peer);
            let control = Control::parse(&bytes).unwrap();
            if control.kind.is_some() {
                self.nr = control.sequence.ns.wrapping_add(1);
            }
            answers.push(bytes);
        }
        answers
    }

    fn events(&mut self) -> Vec<Event<u32>> {
        std::iter::from_fn(|| self.engine.poll_event()).collect()
    }
}

/// What a message of an engine says; `None` for a bare acknowledgement.
fn read(bytes: &[u8]) -> Option<Message> {
    let control = Control::parse(bytes).unwrap();
    let attributes = control.attributes(&NoSecret);
    assert_eq!(attributes.problem, None);
    control.kind.map(|kind| Message::from_attributes(kind, attributes).unwrap())
}

/// A number below `bound`.
fn below(rng: &mut ChaCha20Rng, bound: u32) -> u32 {
    rng.next_u32() % bound
}
