use std::time::Duration;

use clock::Backoff;
use rand_core::CryptoRng;

/// Pauses before a lost connection is tried again: from one second to one minute, without end.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), 200, LONGEST, u32::MAX);

const LONGEST: Duration = Duration::from_secs(60);

/// When a client that lost its connection dials again: after pauses that grow while it fails and are never the same for two
/// clients, so that those who lost one server do not come back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redial {
    pauses: Backoff,
}

impl Default for Redial {
    fn default() -> Self {
        Redial { pauses: PAUSES }
    }
}

impl Redial {
    /// The connection was up: the next loss is the first one again.
    pub fn note_up(&mut self) {
        self.pauses = PAUSES;
    }

    /// How long to wait before the next attempt: half of the step to all of it. Each call goes one step further.
    pub fn next_pause(&mut self, rng: &mut dyn CryptoRng) -> Duration {
        let step = self.pauses.advance().unwrap_or(LONGEST);
        let half = step / 2;
        half + half.mul_f64(f64::from(rng.next_u32()) / f64::from(u32::MAX))
    }
}
