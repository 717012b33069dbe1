use std::time::Duration;

use clock::Timestamp;

use crate::config::Timing;

/// Whether the peer still lives: LCP echoes, sent only when nothing else is heard.
#[derive(Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    max_failures: u32,
    heard: Timestamp,
    unanswered: u32,
}

/// What to do when the interval is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// Something was heard; look again then.
    Later(Timestamp),
    /// Send an Echo-Request and look again then.
    Echo(Timestamp),
    /// The peer is gone.
    Dead {
        /// Echo-Requests that were not answered.
        attempts: u32,
        /// Since the last sign of life.
        elapsed: Duration,
    },
}

impl KeepAlive {
    pub(crate) fn new(timing: &Timing, now: Timestamp) -> Self {
        KeepAlive { interval: timing.echo_interval, max_failures: timing.max_echo_failures, heard: now, unanswered: 0 }
    }

    /// When to look first; `None` when echoes are switched off.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        (!self.interval.is_zero()).then(|| self.heard + self.interval)
    }

    /// A sign of life.
    pub(crate) fn note(&mut self, now: Timestamp) {
        self.heard = now;
        self.unanswered = 0;
    }

    pub(crate) fn due(&mut self, now: Timestamp) -> Due {
        let quiet_until = self.heard + self.interval;
        if quiet_until > now {
            return Due::Later(quiet_until);
        }
        if self.unanswered >= self.max_failures {
            return Due::Dead { attempts: self.unanswered, elapsed: now.since(self.heard) };
        }
        self.unanswered += 1;
        Due::Echo(now + self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_postpones_the_echo_and_silence_ends_in_death() {
        let at = |seconds| Timestamp::ZERO + Duration::from_secs(seconds);
        let timing = Timing { max_echo_failures: 2, ..Timing::default() };
        let mut alive = KeepAlive::new(&timing, at(0));
        assert_eq!(alive.first(), Some(at(30)));
        alive.note(at(20));
        assert_eq!(alive.due(at(30)), Due::Later(at(50)));
        assert_eq!(alive.due(at(50)), Due::Echo(at(80)));
        assert_eq!(alive.due(at(80)), Due::Echo(at(110)));
        assert_eq!(alive.due(at(110)), Due::Dead { attempts: 2, elapsed: Duration::from_secs(90) });
    }

    #[test]
    fn an_interval_of_zero_switches_echoes_off() {
        let timing = Timing { echo_interval: Duration::ZERO, ..Timing::default() };
        assert_eq!(KeepAlive::new(&timing, Timestamp::ZERO).first(), None);
    }
}
