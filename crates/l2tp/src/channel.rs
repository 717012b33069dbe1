//! Reliable delivery of control messages (RFC 2661 §5.8, appendix A).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use clock::{Backoff, Timestamp};
use wire::l2tp::{Sequence, set_sequence, zero_length_body};

/// Messages that may wait for acknowledgement or for the window; a peer that provokes more is not worth serving.
const BACKLOG: usize = 128;

/// A peer that names no receive window has this one (RFC 2661 §4.4.3).
const DEFAULT_WINDOW: u16 = 4;

/// Both directions of one control connection: numbers, window, repetition, order.
#[derive(Debug)]
pub(crate) struct Channel {
    /// The peer's tunnel id, written into every message when it is sent; zero until it is known.
    remote: u16,

    /// Messages not yet acknowledged, then messages not yet sent.
    queue: VecDeque<Vec<u8>>,
    /// Number of the first message of the queue.
    unacknowledged: u16,
    /// Messages at the head of the queue that are on their way.
    in_flight: u16,
    /// Messages at the head of the queue that were sent at least once: an acknowledgement may cover these.
    sent: u16,
    peer_window: u16,
    congestion_window: u16,
    slow_start_threshold: u16,
    /// Acknowledgements since the congestion window last grew in congestion avoidance.
    credit: u16,
    schedule: Backoff,
    backoff: Backoff,
    attempts: u32,
    first_attempt: Timestamp,
    deadline: Option<Timestamp>,

    /// Number of the next message in order, which is also what we acknowledge.
    expected: u16,
    /// Messages that came before their turn, by number; fewer than the receive window.
    early: BTreeMap<u16, Vec<u8>>,
    receive_window: u16,
    acknowledgement_owed: bool,
}

/// Where a received message stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// It is the next one. Whatever is held comes after it.
    InOrder,
    /// It was received before, and is acknowledged again.
    Duplicate,
    /// It is ahead, and within the window.
    Early,
    /// It is too far ahead.
    OutOfWindow,
}

/// No acknowledgement within the whole schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Exhausted {
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

/// The backlog is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Backlog;

impl Channel {
    pub(crate) fn new(schedule: Backoff, receive_window: u16) -> Self {
        Channel {
            remote: 0,
            queue: VecDeque::new(),
            unacknowledged: 0,
            in_flight: 0,
            sent: 0,
            peer_window: DEFAULT_WINDOW,
            congestion_window: 1,
            slow_start_threshold: DEFAULT_WINDOW,
            credit: 0,
            schedule,
            backoff: schedule,
            attempts: 0,
            first_attempt: Timestamp::ZERO,
            deadline: None,
            expected: 0,
            early: BTreeMap::new(),
            receive_window: receive_window.max(1),
            acknowledgement_owed: false,
        }
    }

    /// The peer's tunnel id.
    pub(crate) fn remote(&self) -> u16 {
        self.remote
    }

    /// Takes what the peer's SCCRQ or SCCRP says: its tunnel id and its receive window.
    pub(crate) fn meet(&mut self, remote: u16, receive_window: Option<u16>) {
        self.remote = remote;
        self.peer_window = receive_window.unwrap_or(DEFAULT_WINDOW).max(1);
        self.slow_start_threshold = self.peer_window;
    }

    /// When [`Channel::handle_timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Whether everything we said is acknowledged.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Queues a message; [`Channel::flush`] sends it when the window allows.
    pub(crate) fn send(&mut self, message: Vec<u8>) -> Result<(), Backlog> {
        if self.queue.len() >= BACKLOG {
            return Err(Backlog);
        }
        self.queue.push_back(message);
        Ok(())
    }

    /// Forgets the messages that were never sent, which have no number yet.
    pub(crate) fn clear_unsent(&mut self) {
        self.queue.truncate(usize::from(self.sent));
    }

    /// Forgets everything we still wanted to say.
    pub(crate) fn clear(&mut self) {
        self.unacknowledged = self.unacknowledged.wrapping_add(self.sent);
        self.queue.clear();
        self.in_flight = 0;
        self.sent = 0;
        self.deadline = None;
    }

    /// Sends what the window allows and, if nothing carried it, the acknowledgement that is owed.
    pub(crate) fn flush(&mut self, now: Timestamp, emit: &mut dyn FnMut(Vec<u8>)) {
        let window = self.congestion_window.min(self.peer_window);
        while self.in_flight < window {
            let Some(message) = self.numbered(self.in_flight) else { break };
            emit(message);
            self.in_flight += 1;
            self.sent = self.sent.max(self.in_flight);
            self.acknowledgement_owed = false;
        }
        if self.in_flight > 0 && self.deadline.is_none() {
            self.first_attempt = now;
            self.attempts = 1;
            self.backoff = self.schedule;
            self.deadline = Some(now + self.backoff.advance().unwrap_or_default());
        }
        if std::mem::take(&mut self.acknowledgement_owed) {
            let ns = self.unacknowledged.wrapping_add(self.sent);
            emit(zero_length_body(self.remote, 0, Sequence { ns, nr: self.expected }));
        }
    }

    /// Repeats the first message without an acknowledgement, as the answer to a repeated question. Counts as no attempt.
    pub(crate) fn repeat(&mut self, emit: &mut dyn FnMut(Vec<u8>)) {
        if self.in_flight > 0
            && let Some(message) = self.numbered(0)
        {
            emit(message);
            self.acknowledgement_owed = false;
        }
    }

    /// Takes a peer's Nr: everything before it has arrived. False if it covers what was never sent.
    pub(crate) fn acknowledge(&mut self, now: Timestamp, nr: u16) -> bool {
        let count = nr.wrapping_sub(self.unacknowledged);
        if count == 0 || count >= 0x8000 {
            return true;
        }
        if count > self.sent {
            return false;
        }
        self.queue.drain(..usize::from(count));
        self.unacknowledged = nr;
        self.sent -= count;
        self.in_flight = self.in_flight.saturating_sub(count);
        for _ in 0..count {
            self.grow();
        }
        // The next message has its own schedule.
        self.deadline = None;
        if self.in_flight > 0 {
            self.first_attempt = now;
            self.attempts = 1;
            self.backoff = self.schedule;
            self.deadline = Some(now + self.backoff.advance().unwrap_or_default());
        }
        true
    }

    /// Takes a peer's Ns. [`Arrival::InOrder`] has moved on to the next number already.
    pub(crate) fn arrive(&mut self, ns: u16) -> Arrival {
        let ahead = ns.wrapping_sub(self.expected);
        if ahead == 0 {
            self.expected = self.expected.wrapping_add(1);
            self.acknowledgement_owed = true;
            Arrival::InOrder
        } else if ahead >= 0x8000 {
            self.acknowledgement_owed = true;
            Arrival::Duplicate
        } else if ahead < self.receive_window {
            Arrival::Early
        } else {
            Arrival::OutOfWindow
        }
    }

    /// Keeps a message that is [`Arrival::Early`].
    pub(crate) fn hold(&mut self, ns: u16, message: &[u8]) {
        self.early.entry(ns).or_insert_with(|| message.to_vec());
    }

    /// The held message whose turn has come.
    pub(crate) fn next_held(&mut self) -> Option<Vec<u8>> {
        let message = self.early.remove(&self.expected)?;
        self.expected = self.expected.wrapping_add(1);
        self.acknowledgement_owed = true;
        Some(message)
    }

    /// Repeats the first message without an acknowledgement, or gives up.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp, emit: &mut dyn FnMut(Vec<u8>)) -> Result<(), Exhausted> {
        let Some(wait) = self.backoff.advance() else {
            return Err(Exhausted { attempts: self.attempts, elapsed: now.since(self.first_attempt) });
        };
        self.attempts += 1;
        self.deadline = Some(now + wait);
        // Slow start begins again with half the window as its goal (RFC 2661 appendix A).
        self.slow_start_threshold = (self.in_flight / 2).max(1);
        self.congestion_window = 1;
        self.credit = 0;
        self.in_flight = 1;
        self.repeat(emit);
        Ok(())
    }

    /// A message of the queue as it is sent now: with the peer's id, its own number and our newest acknowledgement.
    fn numbered(&self, index: u16) -> Option<Vec<u8>> {
        let mut message = self.queue.get(usize::from(index))?.clone();
        if let Some(tunnel) = message.get_mut(4..6) {
            tunnel.copy_from_slice(&self.remote.to_be_bytes());
        }
        let ns = self.unacknowledged.wrapping_add(index);
        set_sequence(&mut message, Sequence { ns, nr: self.expected });
        Some(message)
    }

    fn grow(&mut self) {
        if self.congestion_window < self.slow_start_threshold {
            self.congestion_window += 1;
            return;
        }
        self.credit += 1;
        if self.credit >= self.congestion_window {
            self.credit = 0;
            self.congestion_window = self.congestion_window.saturating_add(1).min(self.peer_window);
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::l2tp::{Control, Message};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO + Duration::from_secs(seconds)
    }

    fn channel(peer_window: Option<u16>) -> Channel {
        let schedule = Backoff::new(Duration::from_secs(1), 200, Duration::from_secs(8), 6);
        let mut channel = Channel::new(schedule, 4);
        channel.meet(7, peer_window);
        channel
    }

    /// The (Ns, Nr) of everything that is sent now; Ns is `None` for a bare acknowledgement.
    fn flush(channel: &mut Channel, now: Timestamp) -> Vec<(Option<u16>, u16)> {
        let mut sent = Vec::new();
        channel.flush(now, &mut |message| sent.push(numbers(&message)));
        sent
    }

    fn numbers(message: &[u8]) -> (Option<u16>, u16) {
        let control = Control::parse(message).unwrap();
        assert_eq!(control.tunnel, 7);
        (control.kind.map(|_| control.sequence.ns), control.sequence.nr)
    }

    fn send(channel: &mut Channel, count: usize) {
        for _ in 0..count {
            channel.send(Message::Hello.encode(0, 0)).unwrap();
        }
    }

    #[test]
    fn the_window_opens_with_each_acknowledgement_up_to_the_peers() {
        let mut channel = channel(Some(3));
        send(&mut channel, 9);
        assert_eq!(flush(&mut channel, at(0)), [(Some(0), 0)]);
        assert!(channel.acknowledge(at(0), 1));
        assert_eq!(flush(&mut channel, at(0)), [(Some(1), 0), (Some(2), 0)]);
        assert!(channel.acknowledge(at(0), 3));
        assert_eq!(flush(&mut channel, at(0)), [(Some(3), 0), (Some(4), 0), (Some(5), 0)]);
        assert!(channel.acknowledge(at(0), 6));
        assert_eq!(flush(&mut channel, at(0)).len(), 3, "never more than the peer's window");
    }

    #[test]
    fn a_peer_with_a_window_of_one_never_has_two_messages_to_hold() {
        for window in [Some(0), Some(1)] {
            let mut channel = channel(window);
            send(&mut channel, 5);
            for ns in 0..5 {
                assert_eq!(flush(&mut channel, at(0)), [(Some(ns), 0)]);
                assert_eq!(flush(&mut channel, at(0)), []);
                assert!(channel.acknowledge(at(0), ns + 1));
            }
            assert!(channel.is_idle());
            assert_eq!(channel.deadline(), None);
        }
    }

    #[test]
    fn a_repetition_carries_the_newest_acknowledgement() {
        let mut channel = channel(None);
        send(&mut channel, 1);
        assert_eq!(flush(&mut channel, at(0)), [(Some(0), 0)]);
        assert_eq!(channel.arrive(0), Arrival::InOrder);
        assert_eq!(flush(&mut channel, at(0)), [(None, 1)]);
        let mut repeated = Vec::new();
        channel.handle_timeout(at(1), &mut |message| repeated.push(numbers(&message))).unwrap();
        assert_eq!(repeated, [(Some(0), 1)]);
    }

    #[test]
    fn repetitions_end_with_the_schedule() {
        let mut channel = channel(None);
        send(&mut channel, 1);
        flush(&mut channel, at(0));
        let mut times = Vec::new();
        let exhausted = loop {
            let due = channel.deadline().unwrap();
            match channel.handle_timeout(due, &mut |_| {}) {
                Ok(()) => times.push(due.since(Timestamp::ZERO).as_secs()),
                Err(exhausted) => break exhausted,
            }
        };
        assert_eq!(times, [1, 3, 7, 15, 23]);
        assert_eq!(exhausted, Exhausted { attempts: 6, elapsed: Duration::from_secs(31) });
    }

    #[test]
    fn after_a_loss_one_message_is_repeated_and_the_rest_follows_its_acknowledgement() {
        let mut channel = channel(Some(8));
        send(&mut channel, 1);
        flush(&mut channel, at(0));
        channel.acknowledge(at(0), 1);
        send(&mut channel, 4);
        assert_eq!(flush(&mut channel, at(0)), [(Some(1), 0), (Some(2), 0)]);
        let mut repeated = Vec::new();
        channel.handle_timeout(at(1), &mut |message| repeated.push(numbers(&message))).unwrap();
        assert_eq!(repeated, [(Some(1), 0)]);
        assert!(channel.acknowledge(at(1), 3), "the peer had held the second one");
        assert_eq!(flush(&mut channel, at(1)), [(Some(3), 0), (Some(4), 0)]);
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_sent_changes_nothing() {
        let mut channel = channel(None);
        send(&mut channel, 2);
        flush(&mut channel, at(0));
        assert!(!channel.acknowledge(at(0), 2));
        assert!(!channel.acknowledge(at(0), 0x7fff));
        assert!(channel.acknowledge(at(0), 0xffff), "an old one is merely late");
        assert!(!channel.is_idle());
    }

    #[test]
    fn messages_are_put_in_order_and_duplicates_acknowledged_again() {
        let mut channel = channel(None);
        assert_eq!(channel.arrive(1), Arrival::Early);
        channel.hold(1, b"second");
        assert_eq!(channel.next_held(), None);
        assert_eq!(flush(&mut channel, at(0)), [], "a gap is not acknowledged");
        assert_eq!(channel.arrive(0), Arrival::InOrder);
        assert_eq!(channel.next_held().as_deref(), Some(&b"second"[..]));
        assert_eq!(flush(&mut channel, at(0)), [(None, 2)]);
        assert_eq!(channel.arrive(1), Arrival::Duplicate);
        assert_eq!(flush(&mut channel, at(0)), [(None, 2)]);
        assert_eq!(channel.arrive(5), Arrival::Early);
        assert_eq!(channel.arrive(6), Arrival::OutOfWindow);
    }

    #[test]
    fn numbers_wrap_around() {
        let mut channel = channel(Some(8));
        for number in 0..=0xffff_u16 {
            assert_eq!(channel.arrive(number), Arrival::InOrder);
            send(&mut channel, 1);
            assert_eq!(flush(&mut channel, at(0)), [(Some(number), number.wrapping_add(1))]);
            assert!(channel.acknowledge(at(0), number.wrapping_add(1)));
        }
        assert_eq!(channel.arrive(0xffff), Arrival::Duplicate);
        assert_eq!(channel.arrive(0), Arrival::InOrder);
    }

    #[test]
    fn a_peer_that_acknowledges_nothing_cannot_fill_the_memory() {
        let mut channel = channel(None);
        send(&mut channel, BACKLOG);
        assert_eq!(channel.send(Message::Hello.encode(0, 0)), Err(Backlog));
        flush(&mut channel, at(0));
        channel.clear_unsent();
        assert_eq!(channel.queue.len(), 1);
    }
}
