use std::time::Duration;

use clock::Timestamp;

use crate::dice::Dice;
use crate::{DropReason, Packet, Rule};

/// The line that joins a node to its segment: what it does to packets, the same both ways. Probabilities are 0.0 to 1.0.
#[derive(Clone, Debug)]
pub struct Link {
    /// Time that every packet takes.
    pub latency: Duration,
    /// Up to this much more, evenly spread. Packets overtake each other by it.
    pub jitter: Duration,
    /// Probability that a packet is lost.
    pub loss: f64,
    /// Probability that a packet arrives twice.
    pub duplication: f64,
    /// Probability that a packet is held back by [`Link::hold_back`].
    pub reordering: f64,
    /// How long a reordered packet is held back.
    pub hold_back: Duration,
    /// Probability that one bit of the payload is flipped. Checksums of IP and UDP are not checked by the network.
    pub corruption: f64,
    /// Bits per second, if there is a limit.
    pub bandwidth: Option<u64>,
    /// Longest wait for the bandwidth; a packet that would wait longer is lost.
    pub queue: Duration,
    /// Longest packet, in octets with the IP header.
    pub mtu: u16,
    /// What becomes of longer ones.
    pub oversize: Oversize,
    /// What is discarded at the node's end.
    pub firewall: Vec<Rule>,
}

/// What a link does with a packet longer than its MTU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Oversize {
    /// It is fragmented and arrives whole, if no fragment is lost.
    Fragment,
    /// It is fragmented, and only the first fragment gets on, as where a filter lets pass what has ports.
    LoseRest,
    /// It is lost without a word.
    Discard,
    /// It is lost, and its sender is told.
    Report,
}

/// A good line of 10 ms.
impl Default for Link {
    fn default() -> Self {
        Link {
            latency: Duration::from_millis(10),
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            hold_back: Duration::from_millis(30),
            corruption: 0.0,
            bandwidth: None,
            queue: Duration::from_millis(200),
            mtu: 1500,
            oversize: Oversize::Fragment,
            firewall: Vec::new(),
        }
    }
}

impl Link {
    /// A good line with this latency.
    pub fn with_latency(latency: Duration) -> Self {
        Link { latency, ..Link::default() }
    }

    /// A line of 10 ms that loses, repeats and reorders with these probabilities.
    pub fn lossy(loss: f64, duplication: f64, reordering: f64) -> Self {
        Link { loss, duplication, reordering, ..Link::default() }
    }
}

impl Link {
    /// The length beyond which packets pass in fragments.
    pub(crate) fn fragments_beyond(&self) -> u16 {
        match self.oversize {
            Oversize::Fragment | Oversize::LoseRest => self.mtu,
            Oversize::Discard | Oversize::Report => u16::MAX,
        }
    }
}

/// The state of one direction of a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    /// When the last packet of a limited bandwidth will have left.
    busy_until: Timestamp,
}

/// What a link makes of a packet.
#[derive(Debug, PartialEq)]
pub(crate) enum Passage {
    /// A copy for each arrival; the first is the packet itself.
    Arrives(Vec<(Timestamp, Packet)>),
    Dropped(DropReason),
}

impl Lane {
    /// Sends a packet into the lane. Takes the same number of rolls whatever becomes of it, duplicates apart.
    pub(crate) fn pass(&mut self, now: Timestamp, link: &Link, dice: &mut Dice, packet: Packet) -> Passage {
        let mtu = usize::from(link.mtu.max(1));
        let fragments = packet.ip_len().div_ceil(mtu);
        if fragments > 1 && matches!(link.oversize, Oversize::Discard | Oversize::Report) {
            return Passage::Dropped(DropReason::TooBig);
        }
        let departure = match link.bandwidth {
            None => now,
            Some(bandwidth) => {
                let start = self.busy_until.max(now);
                if start.since(now) > link.queue {
                    return Passage::Dropped(DropReason::QueueFull);
                }
                let nanos = (packet.ip_len() as u64 * 8).saturating_mul(1_000_000_000) / bandwidth.max(1);
                self.busy_until = start + Duration::from_nanos(nanos);
                self.busy_until
            }
        };
        let survival = (1.0 - link.loss).powi(fragments.try_into().unwrap_or(i32::MAX));
        if dice.chance(1.0 - survival) {
            return Passage::Dropped(DropReason::Lost);
        }
        let copies = if dice.chance(link.duplication) { 2 } else { 1 };
        let arrive = |_| {
            let mut at = departure + link.latency + Duration::from_nanos(dice.below(link.jitter.as_nanos() as u64));
            if dice.chance(link.reordering) {
                at = at + link.hold_back;
            }
            let mut copy = packet.clone();
            if dice.chance(link.corruption) {
                corrupt(&mut copy, dice);
            }
            (at, copy)
        };
        Passage::Arrives((0..copies).map(arrive).collect())
    }
}

fn corrupt(packet: &mut Packet, dice: &mut Dice) {
    let Some(payload) = packet.payload_mut() else { return };
    let bit = dice.below(payload.len() as u64 * 8) as usize;
    if let Some(octet) = payload.get_mut(bit / 8) {
        *octet ^= 1 << (bit % 8);
    }
}
