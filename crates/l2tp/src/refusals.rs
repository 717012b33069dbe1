//! Requests for tunnels that were refused: which of them is news.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use clock::Timestamp;

/// Attempts of one peer that are told apart at the same time. Somebody who makes more of them asks without end.
const ATTEMPTS: usize = 8;

/// What was refused lately. Nothing else is kept of a refused request, so that its repetitions, which come when the refusal is
/// lost, look like the request itself.
#[derive(Debug)]
pub(crate) struct Refusals<P> {
    by_peer: HashMap<P, VecDeque<Refused>>,
}

#[derive(Debug)]
struct Refused {
    /// The peer's id of the tunnel.
    assigned: u16,
    /// When it was asked for last.
    last: Timestamp,
}

impl<P: Copy + Eq + Hash> Refusals<P> {
    pub(crate) fn new() -> Self {
        Refusals { by_peer: HashMap::new() }
    }

    /// Notes that a request of `peer` is refused, which may be repeated within `patience` of the last time. Returns whether it
    /// is an attempt that is to be reported.
    pub(crate) fn note(&mut self, now: Timestamp, peer: P, assigned: u16, patience: Duration) -> bool {
        let refused = self.by_peer.entry(peer).or_default();
        refused.retain(|refused| now.since(refused.last) < patience);
        if let Some(again) = refused.iter_mut().find(|refused| refused.assigned == assigned) {
            again.last = now;
            return false;
        }
        if refused.len() >= ATTEMPTS {
            return false;
        }
        refused.push_back(Refused { assigned, last: now });
        true
    }

    /// Whatever `peer` asks for from now on is another attempt.
    pub(crate) fn forget(&mut self, peer: P) {
        self.by_peer.remove(&peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_repetition_is_no_news_however_long_it_goes_on() {
        let mut refusals = Refusals::new();
        let news: Vec<_> = (0..100).step_by(10).map(|second| refusals.note(at(second), 'a', 7, PATIENCE)).collect();
        assert_eq!(news.iter().filter(|&&is_news| is_news).count(), 1);
        assert!(news[0]);
        assert!(refusals.note(at(200), 'a', 7, PATIENCE), "after a pause it is another attempt");
    }

    #[test]
    fn other_ids_and_other_peers_are_other_attempts() {
        let mut refusals = Refusals::new();
        for (peer, assigned) in [('a', 7), ('a', 8), ('b', 7), ('b', 8)] {
            assert!(refusals.note(at(0), peer, assigned, PATIENCE));
            assert!(!refusals.note(at(1), peer, assigned, PATIENCE));
        }
        refusals.forget('a');
        assert!(refusals.note(at(2), 'a', 7, PATIENCE));
        assert!(!refusals.note(at(2), 'b', 7, PATIENCE));
    }

    #[test]
    fn a_flood_of_one_peer_is_a_few_attempts_and_nothing_to_others() {
        let mut refusals = Refusals::new();
        let news = (0..=u16::MAX).filter(|&assigned| refusals.note(at(0), 'a', assigned, PATIENCE)).count();
        assert_eq!(news, ATTEMPTS);
        assert_eq!(refusals.by_peer[&'a'].len(), ATTEMPTS);
        assert!(refusals.note(at(0), 'b', 1, PATIENCE));
        assert!(refusals.note(at(60), 'a', 9999, PATIENCE));
    }
}
