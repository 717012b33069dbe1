use std::time::Duration;

use clock::Timestamp;
use crypto::CryptoRng;

use crate::config::Timing;

/// Dead peer detection (RFC 3706) of one IKE SA: our questions, and the numbers of the peer's.
#[derive(Debug)]
pub(crate) struct Dpd {
    /// Only where the peer announced it and we want it.
    idle: Option<Duration>,
    sequence: u32,
    unanswered: u32,
    deadline: Option<Timestamp>,
    peer_sequence: Option<u32>,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Send R-U-THERE with this number.
    Ask(u32),
    /// The peer is dead.
    Dead,
}

impl Dpd {
    pub(crate) fn new(supported: bool, now: Timestamp, timing: &Timing, rng: &mut dyn CryptoRng) -> Self {
        let idle = timing.dpd_idle.filter(|_| supported);
        // A random start with room to count up (RFC 3706 §6.2).
        let sequence = rng.next_u32() >> 1;
        Dpd { idle, sequence, unanswered: 0, deadline: idle.map(|idle| now + idle), peer_sequence: None }
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// The peer is alive: an authentic message of any kind came.
    pub(crate) fn alive(&mut self, now: Timestamp) {
        self.unanswered = 0;
        self.deadline = self.idle.map(|idle| now + idle);
    }

    pub(crate) fn expire(&mut self, now: Timestamp, timing: &Timing) -> Option<Next> {
        if self.deadline? > now {
            return None;
        }
        if self.unanswered >= timing.dpd_attempts {
            self.deadline = None;
            return Some(Next::Dead);
        }
        if self.unanswered == 0 {
            self.sequence = self.sequence.wrapping_add(1);
        }
        self.unanswered += 1;
        self.deadline = Some(now + timing.dpd_retry);
        Some(Next::Ask(self.sequence))
    }

    /// Whether R-U-THERE-ACK with this number answers our question.
    pub(crate) fn answered(&self, sequence: u32) -> bool {
        self.unanswered > 0 && sequence == self.sequence
    }

    /// How R-U-THERE with this number stands to the ones before it: greater, equal (a repetition) or less (stale).
    pub(crate) fn asked(&mut self, sequence: u32) -> std::cmp::Ordering {
        let order = self.peer_sequence.map_or(std::cmp::Ordering::Greater, |last| sequence.cmp(&last));
        if order.is_gt() {
            self.peer_sequence = Some(sequence);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn a_silent_peer_is_asked_with_one_number_and_then_dead() {
        let timing = Timing { dpd_attempts: 3, ..Timing::default() };
        let mut dpd = Dpd::new(true, Timestamp::ZERO, &timing, &mut ChaCha20Rng::seed_from_u64(1));
        let mut asked = Vec::new();
        while let Some(at) = dpd.deadline() {
            asked.push(dpd.expire(at, &timing).unwrap());
        }
        let first = asked[0];
        assert!(matches!(first, Next::Ask(_)));
        assert_eq!(asked, [first, first, first, Next::Dead]);
    }

    #[test]
    fn an_answer_counts_only_with_the_number_asked() {
        let timing = Timing::default();
        let mut dpd = Dpd::new(true, Timestamp::ZERO, &timing, &mut ChaCha20Rng::seed_from_u64(1));
        let at = dpd.deadline().unwrap();
        let Some(Next::Ask(sequence)) = dpd.expire(at, &timing) else { panic!("not asked") };
        assert!(!dpd.answered(sequence + 1));
        assert!(dpd.answered(sequence));
        dpd.alive(at);
        assert!(!dpd.answered(sequence));
    }

    #[test]
    fn the_peers_numbers_must_grow() {
        let mut dpd = Dpd::new(false, Timestamp::ZERO, &Timing::default(), &mut ChaCha20Rng::seed_from_u64(1));
        assert_eq!(dpd.deadline(), None);
        let orders: Vec<_> = [5, 5, 6, 4, 7].into_iter().map(|sequence| dpd.asked(sequence)).collect();
        assert_eq!(orders, [Ordering::Greater, Ordering::Equal, Ordering::Greater, Ordering::Less, Ordering::Greater]);
    }
}
