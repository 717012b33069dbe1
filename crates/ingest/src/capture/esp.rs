//! ESP: the sums of each direction, what the lengths alone say, and what is inside where that can be read.

mod opened;
mod silence;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use observe::esp::Fact;
use observe::{Role, Time, Trouble, ike, network};
use wire::esp::EspHeader;

use self::opened::{Openers, Outcome, unencrypted};
use self::silence::Silence;
use super::lengths::{LOOKED_AT, Lengths};
use super::note::{Ends, Note, party};
use crate::Keys;

/// Directions of associations that are followed.
const MOST: usize = 8192;
/// Changes of a NAT's mapping that are told of one direction.
const MOST_MOVES: usize = 16;

/// A packet of ESP.
#[derive(Clone, Copy)]
pub(super) struct Packet<'a> {
    pub frame: u64,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    /// What was captured of it.
    pub data: &'a [u8],
    /// Octets that it had.
    pub octets: usize,
}

/// What a packet turned out to hold.
pub(super) enum Inside<'a> {
    /// A packet of this protocol.
    Payload(u8, &'a [u8]),
    /// It cannot be told.
    Unknown,
}

/// All directions of ESP associations in a capture.
pub(super) struct Tracker {
    index: HashMap<(IpAddr, u32), usize>,
    /// The direction that was last used between two hosts.
    newest: HashMap<(IpAddr, IpAddr), usize>,
    flows: Vec<Flow>,
    /// The direction of the packet before, which is mostly that of the next.
    latest: usize,
    too_many: bool,
    silence: Silence,
    openers: Openers,
    has_keys: bool,
    opened: u64,
}

/// One direction.
struct Flow {
    source: SocketAddr,
    destination: SocketAddr,
    spi: u32,
    encapsulated: bool,
    packets: u64,
    octets: u64,
    largest: u32,
    frames: (u64, u64),
    last: Time,
    lengths: Lengths,
    /// When the packets began to come from another address or port behind a NAT.
    moves: Vec<(Time, SocketAddr, SocketAddr)>,
    twofold: bool,
    unencrypted: u64,
    failed: u64,
    other_truncation: bool,
    replayed: u64,
}

impl Tracker {
    pub(super) fn new(keys: &Keys) -> Tracker {
        Tracker {
            index: HashMap::new(),
            newest: HashMap::new(),
            flows: Vec::new(),
            latest: 0,
            too_many: false,
            silence: Silence::default(),
            openers: Openers::new(keys),
            has_keys: !keys.esp.is_empty(),
            opened: 0,
        }
    }

    /// Takes a packet; what is inside, if that can be told.
    pub(super) fn packet<'p>(&'p mut self, at: Time, packet: &Packet<'p>) -> Inside<'p> {
        let Ok(EspHeader { spi, .. }) = EspHeader::parse(packet.data) else { return Inside::Unknown };
        if !self.find(at, packet, spi) {
            return Inside::Unknown;
        }
        self.silence.passed(at, packet.source, packet.destination);
        let (source, destination) = (packet.source.ip(), packet.destination.ip());
        let latest = self.latest;
        let Some(flow) = self.flows.get_mut(latest) else { return Inside::Unknown };
        let octets = u32::try_from(packet.octets).unwrap_or(u32::MAX);
        if flow.source != packet.source && flow.encapsulated {
            // There and back again: it was captured before and behind a NAT at once.
            flow.twofold |= flow.moves.iter().any(|(_, before, _)| *before == packet.source);
            if flow.moves.len() < MOST_MOVES {
                flow.moves.push((at, flow.source, packet.source));
            }
            flow.source = packet.source;
        }
        flow.packets += 1;
        flow.octets += u64::from(octets);
        flow.largest = flow.largest.max(octets);
        flow.frames.1 = packet.frame;
        flow.last = at;
        let whole = packet.data.len() == packet.octets;
        if whole && let Some(datagram) = unencrypted(packet.data) {
            flow.unencrypted += 1;
            return Inside::Payload(wire::ip::protocol::UDP, datagram);
        }
        if flow.packets <= LOOKED_AT {
            flow.lengths.sent(at, octets);
            let back = self.newest.get(&(destination, source)).copied();
            if let Some(back) = back.and_then(|back| self.flows.get_mut(back)) {
                back.lengths.came(at, octets);
            }
        }
        if !self.has_keys || !whole {
            return Inside::Unknown;
        }
        let failed = self.flows.get(latest).map_or(0, |flow| flow.failed);
        let outcome = self.openers.open(spi, destination, packet.data, failed);
        let Some(flow) = self.flows.get_mut(latest) else { return Inside::Unknown };
        match outcome {
            Outcome::Opened(protocol, payload) => {
                self.opened += 1;
                return Inside::Payload(protocol, payload);
            }
            Outcome::Failed { other_truncation } => {
                flow.failed += 1;
                flow.other_truncation |= other_truncation;
            }
            Outcome::Replayed => flow.replayed += 1,
            Outcome::Closed => {}
        }
        Inside::Unknown
    }

    /// Makes the packet's direction the latest; `false` when there are too many.
    fn find(&mut self, at: Time, packet: &Packet<'_>, spi: u32) -> bool {
        let destination = packet.destination.ip();
        let known = |flow: &Flow| flow.spi == spi && flow.destination.ip() == destination;
        if self.flows.get(self.latest).is_some_and(known) {
            return true;
        }
        self.latest = match self.index.get(&(destination, spi)) {
            Some(index) => *index,
            None if self.flows.len() >= MOST => {
                self.too_many = true;
                return false;
            }
            None => {
                let index = self.flows.len();
                self.index.insert((destination, spi), index);
                self.newest.insert((packet.source.ip(), destination), index);
                self.flows.push(Flow::new(at, packet, spi));
                index
            }
        };
        true
    }

    /// Tells the sums, and what follows from the lengths.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>, ends: &mut Ends) {
        if self.too_many {
            note.trouble(Trouble::EspMany { most: MOST });
        }
        if self.has_keys && self.opened == 0 && !self.flows.is_empty() {
            note.trouble(Trouble::EspKeysWrong);
        }
        for flow in std::mem::take(&mut self.flows) {
            flow.finish(note, ends);
        }
        for unheard in self.silence.unheard() {
            let from = ends.sender(unheard.source, unheard.destination);
            let about = ends.about(unheard.source, unheard.destination, from);
            let seconds = unheard.last.since(unheard.since) / 1_000_000;
            let text = format!(
                "{from} at {}: {} packets of ESP in {seconds} s after the last that came back",
                unheard.source, unheard.packets
            );
            let fact = Fact::Unheard { from: party(from), since: unheard.since, packets: unheard.packets };
            note.push_whole(unheard.since, &about, &text, fact);
        }
    }
}

impl Flow {
    fn new(at: Time, packet: &Packet<'_>, spi: u32) -> Flow {
        Flow {
            source: packet.source,
            destination: packet.destination,
            spi,
            encapsulated: packet.source.port() != 0,
            packets: 0,
            octets: 0,
            largest: 0,
            frames: (packet.frame, packet.frame),
            last: at,
            lengths: Lengths::default(),
            moves: Vec::new(),
            twofold: false,
            unencrypted: 0,
            failed: 0,
            other_truncation: false,
            replayed: 0,
        }
    }

    fn finish(&self, note: &mut Note<'_, '_>, ends: &mut Ends) {
        let from = ends.sender(self.source, self.destination);
        let at = party(from.other());
        let about = ends.about(self.source, self.destination, from);
        let Flow { spi, packets, octets, largest, encapsulated, frames: (first, last), .. } = *self;
        let mut text = format!(
            "{from}: {packets} packets of ESP with SPI {spi:#010x}, {octets} octets, the largest {largest}; \
             frames {first} to {last}"
        );
        if self.unencrypted > 0 {
            text.push_str("; not encrypted");
        }
        let fact = Fact::Traffic { from: party(from), spi, packets, octets, largest, encapsulated };
        note.push_whole(self.last, &about, &text, fact);
        for (when, before, after) in self.moves.iter().filter(|_| from == Role::Client && !self.twofold) {
            let text = format!("{from}: packets with SPI {spi:#010x} came from {before} and now come from {after}");
            let fact = ike::Fact::MappingChanged { from: Some(*before), to: Some(*after) };
            note.push_whole(*when, &about, &text, fact);
        }
        if let Some((tag, lengths)) = self.lengths.tag().filter(|_| self.unencrypted == 0) {
            let text =
                format!("{from}: all packets with SPI {spi:#010x} have the length of an integrity tag of {tag} octets");
            note.push_whole(self.last, &about, &text, Fact::Tag { from: party(from), spi, octets: tag, lengths });
        }
        if let Some((passed, vanished)) = self.lengths.vanished() {
            let text = format!(
                "{from}: packets of ESP with {vanished} octets and more are never answered, those with {passed} are"
            );
            note.push_whole(self.last, &about, &text, network::Fact::LargeVanish { passed, vanished });
        }
        if self.failed > 0 {
            let (packets, other_truncation) = (self.failed, self.other_truncation);
            let why = if other_truncation { "; with the other truncation it is right" } else { "" };
            let text = format!("{packets} packets with SPI {spi:#010x} fail their integrity check{why}");
            note.push_whole(self.last, &about, &text, Fact::IntegrityFailed { at, packets, other_truncation });
        }
        if self.replayed > 0 {
            let text = format!("{} packets with SPI {spi:#010x} came again", self.replayed);
            note.push_whole(self.last, &about, &text, Fact::Replayed { at, packets: self.replayed });
        }
    }
}
