use std::collections::VecDeque;
use std::time::Duration;

use clock::Timestamp;

/// Numbers our frames, and keeps to the peer's window (RFC 2637 §4.2, §4.4): what is not acknowledged in time counts as lost, is
/// not repeated, and makes the window smaller.
///
/// Many peers acknowledge only with frames of their own, some never: until the first acknowledgement there is no window, and
/// it never gets smaller than half of what the peer announced.
#[derive(Debug)]
pub(crate) struct Sender {
    next: u32,
    /// The lowest number that is neither acknowledged nor given up.
    base: u32,
    /// Whether the peer acknowledges at all.
    heard: bool,
    announced: u32,
    window: u32,
    /// Acknowledged since the window grew last.
    progress: u32,
    waiting: VecDeque<Vec<u8>>,
    /// A packet whose acknowledgement is timed.
    timed: Option<(u32, Timestamp)>,
    round_trip: Option<RoundTrip>,
    /// When what is outstanding is given up.
    due: Option<Timestamp>,
}

/// An acknowledgement of what was never sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NeverSent;

#[derive(Clone, Copy, Debug)]
struct RoundTrip {
    mean: Duration,
    deviation: Duration,
}

/// Frames that wait for the window.
const WAITING: usize = 64;

/// The time-out before the first measurement, and the least and the most.
const FIRST: Duration = Duration::from_secs(1);
const LEAST: Duration = Duration::from_millis(200);
const MOST: Duration = Duration::from_secs(3);

impl Sender {
    pub(crate) fn new(announced: u16) -> Self {
        let announced = u32::from(announced).max(1);
        Sender {
            next: 0,
            base: 0,
            heard: false,
            announced,
            window: announced.div_ceil(2),
            progress: 0,
            waiting: VecDeque::new(),
            timed: None,
            round_trip: None,
            due: None,
        }
    }

    /// Takes a frame; false if there is no room.
    pub(crate) fn push(&mut self, frame: &[u8]) -> bool {
        let fits = self.waiting.len() < WAITING;
        if fits {
            self.waiting.push_back(frame.to_vec());
        }
        fits
    }

    /// The next frame that may go now, with its number.
    pub(crate) fn poll(&mut self, now: Timestamp) -> Option<(u32, Vec<u8>)> {
        if self.heard && self.outstanding() >= self.window {
            return None;
        }
        let frame = self.waiting.pop_front()?;
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.timed.get_or_insert((number, now));
        if self.heard && self.due.is_none() {
            self.due = Some(now + self.time_out());
        }
        Some((number, frame))
    }

    /// Everything up to this number has arrived. Returns how many of those were outstanding.
    ///
    /// # Errors
    /// This number was not sent yet.
    pub(crate) fn acknowledge(&mut self, now: Timestamp, number: u32) -> Result<u32, NeverSent> {
        let after = number.wrapping_add(1);
        if self.next.wrapping_sub(after) > u32::MAX / 2 {
            return Err(NeverSent);
        }
        self.heard = true;
        let count = after.wrapping_sub(self.base);
        if count == 0 || count > self.outstanding() {
            // It says what was known, or comes after the time-out.
            return Ok(0);
        }
        self.base = after;
        if let Some((timed, sent)) = self.timed
            && number.wrapping_sub(timed) <= u32::MAX / 2
        {
            self.measure(now.since(sent));
            self.timed = None;
        }
        self.progress += count;
        if self.progress >= self.window && self.window < self.announced {
            (self.window, self.progress) = (self.window + 1, 0);
        }
        self.due = (self.outstanding() > 0).then(|| now + self.time_out());
        Ok(count)
    }

    /// What is outstanding is lost.
    pub(crate) fn handle_timeout(&mut self) {
        self.base = self.next;
        (self.timed, self.due, self.progress) = (None, None, 0);
        self.window = (self.window / 2).max(self.announced.div_ceil(2));
        if let Some(round_trip) = &mut self.round_trip {
            round_trip.mean = (round_trip.mean * 2).min(MOST);
        }
    }

    /// When [`Sender::handle_timeout`] is due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    fn outstanding(&self) -> u32 {
        self.next.wrapping_sub(self.base)
    }

    fn time_out(&self) -> Duration {
        self.round_trip.map_or(FIRST, |trip| (trip.mean + trip.deviation * 4).clamp(LEAST, MOST))
    }

    /// RFC 2637 §4.4, with its weights of an eighth and a quarter. A peer that begins to acknowledge late tells nothing of the way.
    fn measure(&mut self, took: Duration) {
        let took = took.min(MOST);
        self.round_trip = Some(match self.round_trip {
            None => RoundTrip { mean: took, deviation: took / 2 },
            Some(RoundTrip { mean, deviation }) => {
                RoundTrip { mean: (mean * 7 + took) / 8, deviation: (deviation * 3 + mean.abs_diff(took)) / 4 }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_millis(millis)
    }

    fn send(sender: &mut Sender, now: Timestamp, count: usize) -> Vec<u32> {
        (0..count).for_each(|_| assert!(sender.push(&[7])));
        std::iter::from_fn(|| sender.poll(now)).map(|(number, _)| number).collect()
    }

    #[test]
    fn a_peer_that_never_acknowledges_is_sent_to_all_the_same() {
        let mut sender = Sender::new(4);
        assert_eq!(send(&mut sender, at(0), 20).len(), 20);
        assert_eq!(sender.due(), None);
    }

    #[test]
    fn one_that_acknowledges_has_a_window_that_grows_up_to_what_it_announced() {
        let mut sender = Sender::new(4);
        assert_eq!(send(&mut sender, at(0), 1), [0]);
        assert_eq!(sender.acknowledge(at(10), 0), Ok(1));
        assert_eq!(send(&mut sender, at(10), 6), [1, 2]);
        assert_eq!(sender.acknowledge(at(20), 2), Ok(2));
        assert_eq!(send(&mut sender, at(20), 0), [3, 4, 5]);
        for number in 3..40 {
            let now = at(30 + u64::from(number));
            assert_eq!(sender.acknowledge(now, number), Ok(1));
            send(&mut sender, now, 2);
            assert!(sender.outstanding() <= 4);
        }
        assert_eq!(sender.window, 4);
    }

    #[test]
    fn what_is_not_acknowledged_in_time_is_lost_and_makes_room() {
        let mut sender = Sender::new(8);
        send(&mut sender, at(0), 1);
        assert_eq!(sender.acknowledge(at(10), 0), Ok(1));
        assert_eq!(send(&mut sender, at(10), 10).len(), 4);
        assert_eq!(sender.due(), Some(at(210)), "ten milliseconds are no reason to be that quick");
        sender.handle_timeout();
        assert_eq!(send(&mut sender, at(210), 0), [5, 6, 7, 8]);
        assert_eq!(sender.acknowledge(at(220), 4), Ok(0), "too late, and no offence");
        assert_eq!(sender.acknowledge(at(220), 6), Ok(2));
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_sent_changes_nothing() {
        let mut sender = Sender::new(8);
        assert_eq!(sender.acknowledge(at(0), 0), Err(NeverSent));
        send(&mut sender, at(0), 2);
        assert_eq!(sender.acknowledge(at(0), 2), Err(NeverSent));
        assert_eq!(sender.acknowledge(at(0), 1), Ok(2));
    }

    #[test]
    fn a_late_first_acknowledgement_makes_nobody_wait_for_long() {
        let mut sender = Sender::new(8);
        send(&mut sender, at(0), 1);
        assert_eq!(sender.acknowledge(at(600_000), 0), Ok(1));
        send(&mut sender, at(600_000), 1);
        assert_eq!(sender.due(), Some(at(603_000)));
        assert_eq!(sender.acknowledge(at(600_010), 1), Ok(1));
        assert!(sender.round_trip.is_some_and(|trip| trip.mean < MOST));
    }

    #[test]
    fn frames_that_the_window_holds_back_are_bounded() {
        let mut sender = Sender::new(1);
        send(&mut sender, at(0), 1);
        sender.acknowledge(at(0), 0).unwrap();
        send(&mut sender, at(0), 1);
        let taken = (0..200).filter(|_| sender.push(&[7])).count();
        assert_eq!(taken, WAITING);
    }
}
