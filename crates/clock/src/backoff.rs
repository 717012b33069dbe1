use std::time::Duration;

/// Waiting times between attempts: each a fixed percentage of the one before, up to a cap, for a number of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    next: Duration,
    factor_percent: u32,
    cap: Duration,
    left: u32,
}

impl Backoff {
    /// `attempts` waits that start at `initial`, grow by `factor_percent` / 100 and never exceed `cap`.
    pub const fn new(initial: Duration, factor_percent: u32, cap: Duration, attempts: u32) -> Self {
        Backoff { next: initial, factor_percent, cap, left: attempts }
    }

    /// The next wait, or `None` when the attempts are used up.
    pub fn advance(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let wait = self.next.min(self.cap);
        self.next = wait.saturating_mul(self.factor_percent) / 100;
        Some(wait)
    }

    /// Attempts that are left.
    pub const fn left(&self) -> u32 {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_end() {
        let mut backoff = Backoff::new(Duration::from_secs(1), 200, Duration::from_secs(4), 4);
        let waits: Vec<_> = std::iter::from_fn(|| backoff.advance()).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 4]);
        assert_eq!(backoff.left(), 0);
    }
}
