use crate::Timestamp;

/// The kinds of timer one machine has: a plain enum whose discriminants are 0 to `COUNT - 1`.
pub trait TimerKind: Copy + 'static {
    /// Every kind, in the order of its index.
    const ALL: &'static [Self];

    /// Position of this kind in [`TimerKind::ALL`].
    fn index(self) -> usize;
}

/// The timers of one machine: at most one deadline for each kind.
///
/// `N` is `K::ALL.len()`. A machine has one such table, and one `match` over the kinds that [`Timers::expire`] yields.
#[derive(Debug, Clone)]
pub struct Timers<K, const N: usize> {
    deadlines: [Option<Timestamp>; N],
    kinds: std::marker::PhantomData<K>,
}

impl<K: TimerKind, const N: usize> Default for Timers<K, N> {
    fn default() -> Self {
        const { assert!(K::ALL.len() == N) };
        Timers { deadlines: [None; N], kinds: std::marker::PhantomData }
    }
}

impl<K: TimerKind, const N: usize> Timers<K, N> {
    /// Arms `kind` for `at`, replacing its earlier deadline.
    pub fn set(&mut self, kind: K, at: Timestamp) {
        self.deadlines[kind.index()] = Some(at);
    }

    /// Disarms `kind`.
    pub fn stop(&mut self, kind: K) {
        self.deadlines[kind.index()] = None;
    }

    /// Disarms every kind.
    pub fn stop_all(&mut self) {
        self.deadlines = [None; N];
    }

    /// The deadline of `kind`, if it is armed.
    pub fn get(&self, kind: K) -> Option<Timestamp> {
        self.deadlines[kind.index()]
    }

    /// The next deadline and the kind it belongs to.
    pub fn next(&self) -> Option<(K, Timestamp)> {
        let armed = K::ALL.iter().filter_map(|&kind| Some((kind, self.deadlines[kind.index()]?)));
        armed.min_by_key(|&(_, at)| at)
    }

    /// Disarms and returns the earliest kind whose deadline is not after `now`. Call until it returns `None`.
    pub fn expire(&mut self, now: Timestamp) -> Option<K> {
        let (kind, at) = self.next()?;
        if at > now {
            return None;
        }
        self.stop(kind);
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Kind {
        Retransmit,
        Hello,
    }

    impl TimerKind for Kind {
        const ALL: &'static [Self] = &[Kind::Retransmit, Kind::Hello];

        fn index(self) -> usize {
            self as usize
        }
    }

    #[test]
    fn timers_expire_in_order_and_only_once() {
        let mut timers = Timers::<Kind, 2>::default();
        let at = |seconds| Timestamp::ZERO + Duration::from_secs(seconds);
        timers.set(Kind::Hello, at(2));
        timers.set(Kind::Retransmit, at(3));
        timers.set(Kind::Retransmit, at(1));
        assert_eq!(timers.next(), Some((Kind::Retransmit, at(1))));
        assert_eq!(timers.expire(Timestamp::ZERO), None);
        assert_eq!(timers.expire(at(5)), Some(Kind::Retransmit));
        assert_eq!(timers.expire(at(5)), Some(Kind::Hello));
        assert_eq!(timers.expire(at(5)), None);
    }
}
