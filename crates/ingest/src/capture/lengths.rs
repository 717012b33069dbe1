//! What the lengths of encrypted packets say.

use observe::Time;

/// Packets of one direction whose lengths are looked at: what they say, they say early.
pub(super) const LOOKED_AT: u64 = 20_000;
/// Lengths of one direction that are told apart.
const MOST: usize = 32;
/// A packet that is large enough to be stopped by a path's MTU.
const LARGE: u32 = 576;
/// A packet that nothing follows from the other end within this time is without an answer, in microseconds.
const ANSWER: i64 = 200_000;
/// Packets that say something by their number.
const ENOUGH: u32 = 2;

/// Lengths of one direction.
#[derive(Default)]
pub(super) struct Lengths {
    sizes: Vec<Size>,
    /// Packets by their length modulo 16: 0, 4, 8, 12, anything else.
    residues: [u64; 5],
    /// The packet that waits for anything from the other end: its length's index.
    waiting: Option<(Time, usize)>,
    /// When a packet of this length last came from the other end.
    came: Option<(Time, u32)>,
}

struct Size {
    octets: u32,
    sent: u32,
    /// Something came from the other end soon after.
    followed: u32,
    /// The other end soon sent a packet of the same length, as pings are answered.
    echoed: u32,
    last: Time,
}

impl Lengths {
    /// A packet of this direction.
    pub(super) fn sent(&mut self, at: Time, octets: u32) {
        let residue = if octets.is_multiple_of(4) { octets % 16 / 4 } else { 4 };
        if let Some(count) = usize::try_from(residue).ok().and_then(|residue| self.residues.get_mut(residue)) {
            *count += 1;
        }
        // What answers a large packet is itself large, and answered by nothing.
        let answers = |(came, asked): (Time, u32)| asked >= LARGE && at.since(came) <= ANSWER;
        if octets >= LARGE && self.came.take().is_some_and(answers) {
            return;
        }
        let index = match self.sizes.iter().position(|size| size.octets == octets) {
            Some(index) => index,
            None if self.sizes.len() < MOST => {
                self.sizes.push(Size { octets, sent: 0, followed: 0, echoed: 0, last: at });
                self.sizes.len() - 1
            }
            None => return,
        };
        if let Some(size) = self.sizes.get_mut(index) {
            size.sent += 1;
            size.last = at;
        }
        self.waiting = Some((at, index));
    }

    /// A packet of the other direction.
    pub(super) fn came(&mut self, at: Time, octets: u32) {
        self.came = Some((at, octets));
        if let Some((since, index)) = self.waiting.take()
            && at.since(since) <= ANSWER
            && let Some(size) = self.sizes.get_mut(index)
        {
            size.followed += 1;
        }
        let echo = self.sizes.iter_mut().find(|size| size.octets == octets && at.since(size.last) <= ANSWER);
        if let Some(size) = echo {
            size.echoed += 1;
        }
    }

    /// The largest length that was answered and the least one above it that never was, while smaller ones always were: what
    /// a path looks like on which large packets vanish.
    pub(super) fn vanished(&self) -> Option<(u32, u32)> {
        let passed = self.sizes.iter().filter(|size| size.echoed >= ENOUGH).map(|size| size.octets).max()?;
        let answered = self.sizes.iter().filter(|size| size.followed > 0).map(|size| size.octets).max()?;
        let vanished = self.sizes.iter().filter(|size| {
            size.octets > answered.max(passed) && size.octets >= LARGE && size.sent >= ENOUGH && size.echoed == 0
        });
        Some((passed, vanished.map(|size| size.octets).min()?))
    }

    /// Octets of the integrity tag, if all packets have a length that a cipher with blocks of 16 octets and an HMAC gives: 16
    /// stands for 32, too. With it the number of lengths that were seen.
    pub(super) fn tag(&self) -> Option<(u8, u32)> {
        // SPI, sequence number and IV are 24 octets, and the text is whole blocks.
        let [none, four, eight, twelve, other] = self.residues;
        let tag = match (none, four, eight, twelve, other) {
            (0, 3.., 0, 0, 0) => 12,
            (0, 0, 3.., 0, 0) => 16,
            (3.., 0, 0, 0, 0) => 24,
            _ => return None,
        };
        Some((tag, u32::try_from(self.sizes.len()).unwrap_or(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Time {
        Time(second * 1_000_000)
    }

    #[test]
    fn pings_of_which_only_the_large_ones_are_lost_are_seen_through_the_encryption() {
        let mut lengths = Lengths::default();
        for at in 0..3 {
            lengths.sent(second(at), 148);
            lengths.came(second(at), 148);
            lengths.sent(second(10 + at), 1460);
        }
        assert_eq!(lengths.vanished(), Some((148, 1460)));
    }

    #[test]
    fn an_upload_whose_large_packets_are_acknowledged_by_small_ones_is_no_loss() {
        let mut lengths = Lengths::default();
        for at in 0..3 {
            lengths.sent(second(at), 148);
            lengths.came(second(at), 148);
            lengths.sent(second(10 + at), 1460);
            lengths.came(second(10 + at), 100);
        }
        assert_eq!(lengths.vanished(), None);
    }

    #[test]
    fn large_answers_to_large_pings_want_no_answer() {
        let mut lengths = Lengths::default();
        for at in 0..3 {
            lengths.sent(second(at), 148);
            lengths.came(second(at), 148);
            lengths.came(second(10 + at), 1460);
            lengths.sent(second(10 + at), 1444);
        }
        assert_eq!(lengths.vanished(), None);
    }

    #[test]
    fn the_tag_shows_in_the_lengths() {
        for (tag, expected) in [(12, 12), (16, 16), (24, 24), (32, 16)] {
            let mut lengths = Lengths::default();
            for blocks in 4..8 {
                lengths.sent(second(0), 24 + 16 * blocks + tag);
            }
            assert_eq!(lengths.tag(), Some((expected, 4)));
        }
        let mut lengths = Lengths::default();
        for words in 20..30 {
            lengths.sent(second(0), 32 + 4 * words);
        }
        assert_eq!(lengths.tag(), None, "GCM fills words, not blocks");
    }
}
