use std::collections::VecDeque;

use clock::Timestamp;
use crypto::CryptoRng;

use crate::children::Children;
use crate::failure::{Drop, Drops};
use crate::{Config, Event, Path, Transmit};

/// What the engine lends to its parts for one call.
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    pub(crate) config: &'a Config,
    pub(crate) out: &'a mut Output,
    pub(crate) children: &'a mut Children,
}

impl Context<'_> {
    /// `len` random octets.
    pub(crate) fn random(&mut self, len: usize) -> Vec<u8> {
        let mut octets = vec![0; len];
        self.rng.fill_bytes(&mut octets);
        octets
    }

    /// A random message id, never zero, which is phase 1's.
    pub(crate) fn message_id(&mut self) -> u32 {
        self.rng.next_u32().max(1)
    }
}

/// What the engine has for its caller.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) transmits: VecDeque<Transmit>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) drops: Drops,
}

impl Output {
    pub(crate) fn send(&mut self, path: Path, encapsulated: bool, data: Vec<u8>) {
        self.transmits.push_back(Transmit { path, encapsulated, data });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(crate) fn drop(&mut self, reason: Drop) {
        self.drops.add(reason);
    }
}

/// One message as it came in.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) path: Path,
    pub(crate) encapsulated: bool,
    pub(crate) header: wire::isakmp::Header,
    /// What follows the header, without what follows the message.
    pub(crate) body: &'a [u8],
    /// Header and body.
    pub(crate) message: &'a [u8],
}

impl Incoming<'_> {
    pub(crate) fn is_encrypted(&self) -> bool {
        self.header.flags.contains(wire::isakmp::Flags::ENCRYPTION)
    }
}
