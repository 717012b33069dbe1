//! What can be seen of ESP.

use std::net::IpAddr;

use crate::{Party, Time};

/// A fact of ESP.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// The sum of one direction of one association, as a capture or a counter has it.
    Traffic {
        /// Who sent.
        from: Party,
        /// The SPI.
        spi: u32,
        /// Packets.
        packets: u64,
        /// Octets of ESP.
        octets: u64,
        /// The largest packet, in octets of ESP; 0 when it is not known.
        largest: u32,
        /// Whether in UDP.
        encapsulated: bool,
    },
    /// The integrity tag of one direction, as the lengths of its packets tell where the cipher has blocks of 16 octets.
    Tag {
        /// Who sent.
        from: Party,
        /// The SPI.
        spi: u32,
        /// Octets of the tag: 12, 16 (or 32, which looks the same) or 24. HMAC-SHA2-256 has 16, truncated wrongly 12.
        octets: u8,
        /// Different lengths that fit: with one only, any cipher may give it by chance.
        lengths: u32,
    },
    /// What an end sent into its association after it last heard anything of the other, which had answered before.
    Unheard {
        /// Who sent.
        from: Party,
        /// When it sent the first of them.
        since: Time,
        /// Packets.
        packets: u64,
    },
    /// Packets that carry an SPI of no known association.
    UnknownSpi {
        /// Who received them.
        at: Party,
        /// The SPI.
        spi: u32,
    },
    /// Packets fail their integrity check.
    IntegrityFailed {
        /// Who received them.
        at: Party,
        /// Packets.
        packets: u64,
        /// The other truncation of HMAC-SHA2-256 (96 against 128 bits) would have fitted.
        other_truncation: bool,
    },
    /// Packets were repeated or too old.
    Replayed {
        /// Who received them.
        at: Party,
        /// Packets.
        packets: u64,
    },
    /// Clear packets left, or wanted to leave, that the policy was to protect, or did not match any association.
    NotMatching {
        /// Whose.
        at: Party,
        /// What the source says.
        said: String,
    },
    /// An association of a machine's kernel, as it lists them.
    Association(Association),
    /// A policy of a machine's kernel, as it lists them.
    Policy(Policy),
    /// A machine's kernel was asked for its policies, and has none.
    NoPolicies,
    /// A machine's kernel dropped packets since it was started, because they came without the protection that its policies demand.
    CameUnprotected {
        /// Packets.
        packets: u64,
    },
}

/// One direction of an association, in a kernel's own words: it does not say which of the two addresses is its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Association {
    /// Who sends.
    pub source: IpAddr,
    /// Who receives.
    pub destination: IpAddr,
    /// The SPI.
    pub spi: u32,
    /// UDP ports of the encapsulation, the sender's first; `None` for ESP right above IP.
    pub ports: Option<(u16, u16)>,
    /// The mark that packets need to be taken for it.
    pub mark: Option<u32>,
    /// Who sends, where the listing tells it: only who sends counts his own numbers, only who receives checks them.
    pub from: Option<Party>,
    /// What it carried, where counters are shown.
    pub carried: Option<Carried>,
}

/// Counters of an association.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Carried {
    /// Packets.
    pub packets: u64,
    /// Octets of what was inside.
    pub octets: u64,
}

/// What packets a kernel protects, or lets pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Which packets it is about.
    pub direction: Direction,
    /// Their source: a network and the length of its prefix.
    pub source: (IpAddr, u8),
    /// Their destination.
    pub destination: (IpAddr, u8),
    /// Their protocol, by its name or number; `None` for all.
    pub protocol: Option<String>,
    /// Their source port; `None` for all.
    pub source_port: Option<u16>,
    /// Their destination port; `None` for all.
    pub destination_port: Option<u16>,
    /// The mark that they need.
    pub mark: Option<u32>,
    /// Whether ESP is demanded for them; else they pass, or are dropped.
    pub protects: bool,
    /// The ends of the association that is demanded, where it names them.
    pub ends: Option<(IpAddr, IpAddr)>,
}

/// Which packets a policy is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// Those to the machine.
    In,
    /// Those from the machine.
    Out,
    /// Those through it.
    Forward,
}
