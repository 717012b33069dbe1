//! What can be seen of ESP.

use crate::Party;

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
}
