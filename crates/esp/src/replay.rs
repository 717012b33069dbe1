/// The anti-replay window of an inbound association (RFC 4303 §3.4.3), 2048 packets wide, as a ring of words (RFC 6479).
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    highest: u32,
    words: [u64; WORDS],
}

const WORDS: usize = 33;

impl Default for ReplayWindow {
    fn default() -> Self {
        ReplayWindow { highest: 0, words: [0; WORDS] }
    }
}

impl ReplayWindow {
    /// Packets behind the highest one that can still be accepted. One word of the ring is always being cleared.
    pub const SIZE: u32 = ((WORDS - 1) * 64) as u32;

    /// Whether `sequence` could be accepted. Zero never is: the first packet has number one.
    pub fn would_accept(&self, sequence: u32) -> bool {
        if sequence == 0 {
            return false;
        }
        if sequence > self.highest {
            return true;
        }
        if self.highest - sequence >= Self::SIZE {
            return false;
        }
        let (word, bit) = Self::position(sequence);
        self.words[word] & bit == 0
    }

    /// Marks `sequence` as seen; returns whether it was acceptable. To be called once the packet has proved authentic.
    pub fn accept(&mut self, sequence: u32) -> bool {
        if !self.would_accept(sequence) {
            return false;
        }
        if sequence > self.highest {
            let from = self.highest / 64;
            let steps = (sequence / 64 - from).min(WORDS as u32);
            for step in 1..=steps {
                self.words[(from + step) as usize % WORDS] = 0;
            }
            self.highest = sequence;
        }
        let (word, bit) = Self::position(sequence);
        self.words[word] |= bit;
        true
    }

    /// The highest sequence number accepted so far.
    pub fn highest(&self) -> u32 {
        self.highest
    }

    fn position(sequence: u32) -> (usize, u64) {
        ((sequence / 64) as usize % WORDS, 1 << (sequence % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn a_packet_is_accepted_once_and_not_when_it_is_too_old() {
        let mut window = ReplayWindow::default();
        assert!(!window.accept(0));
        assert!(window.accept(1));
        assert!(!window.accept(1));
        assert!(window.accept(5000));
        assert!(window.accept(5000 - ReplayWindow::SIZE + 1));
        assert!(!window.accept(5000 - ReplayWindow::SIZE));
        assert!(window.accept(u32::MAX));
        assert!(!window.accept(5001));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_plain_set(steps in proptest::collection::vec(-3000i64..3000, 1..400)) {
            let mut window = ReplayWindow::default();
            let (mut seen, mut highest) = (HashSet::new(), 1i64);
            for step in steps {
                let sequence = (highest + step).max(0);
                let fresh = sequence > 0 && sequence > highest_of(&seen) - i64::from(ReplayWindow::SIZE) && !seen.contains(&sequence);
                prop_assert_eq!(window.accept(sequence as u32), fresh);
                if fresh {
                    seen.insert(sequence);
                }
                highest = highest.max(sequence);
            }
        }
    }

    fn highest_of(seen: &HashSet<i64>) -> i64 {
        seen.iter().copied().max().unwrap_or(0)
    }
}
