//! The GRE channel of one call (RFC 2637 §4), the same at either end.

mod receiver;
mod sender;

use std::collections::VecDeque;

use clock::{TimerKind, Timers, Timestamp};
use wire::pptp::Gre;

use crate::config::ChannelConfig;
use crate::counters::{Counters, DropReason};

use receiver::Receiver;
use sender::Sender;

/// Frames that wait for whoever takes them.
const DELIVERED: usize = 256;

/// Frames in order to and from one peer.
///
/// After every `handle_*` and [`Channel::send`], poll [`Channel::poll_transmit`] and [`Channel::poll_frame`] until they are
/// empty, then [`Channel::poll_timeout`].
#[derive(Debug)]
pub(crate) struct Channel {
    config: ChannelConfig,
    peer_call: u16,
    sender: Sender,
    receiver: Receiver,
    /// Frames of the peer since our last acknowledgement.
    owed: u16,
    timers: Timers<Timer, 3>,
    packets: VecDeque<Vec<u8>>,
    frames: VecDeque<Vec<u8>>,
    pub(crate) counters: Counters,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// An acknowledgement goes alone.
    Acknowledge,
    /// What is missing does not come any more.
    Reorder,
    /// What we sent is not acknowledged in time (RFC 2637 §4.4).
    Window,
}

impl TimerKind for Timer {
    const ALL: &'static [Self] = &[Timer::Acknowledge, Timer::Reorder, Timer::Window];

    fn index(self) -> usize {
        self as usize
    }
}

impl Channel {
    /// A channel to the peer's call with this id, which announced to buffer so many packets.
    pub(crate) fn new(config: ChannelConfig, peer_call: u16, peer_window: u16) -> Self {
        Channel {
            config,
            peer_call,
            sender: Sender::new(peer_window),
            receiver: Receiver::new(config.window),
            owed: 0,
            timers: Timers::default(),
            packets: VecDeque::new(),
            frames: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// Sends a PPP frame, now or when the window is open. One for which there is no room is lost, as on any line.
    pub(crate) fn send(&mut self, now: Timestamp, frame: &[u8]) {
        if !self.sender.push(frame) {
            self.counters.count(DropReason::Overflow);
        }
        self.flush(now);
    }

    /// Takes a packet of our call.
    pub(crate) fn handle(&mut self, now: Timestamp, gre: &Gre<'_>) {
        self.counters.received += 1;
        if let Some(number) = gre.acknowledgement {
            match self.sender.acknowledge(now, number) {
                Ok(count) => self.counters.acknowledged += u64::from(count),
                Err(_) => self.counters.count(DropReason::BadAcknowledgement),
            }
        }
        if let Some(number) = gre.sequence {
            match self.receiver.arrive(number, gre.payload) {
                Ok(()) => self.owed = self.owed.saturating_add(1),
                Err(reason) => self.counters.count(reason),
            }
            self.deliver(now);
        }
        self.flush(now);
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::Acknowledge => self.acknowledge(),
                Timer::Reorder => {
                    self.receiver.skip();
                    self.deliver(now);
                }
                Timer::Window => self.sender.handle_timeout(),
            }
        }
        self.flush(now);
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.packets.pop_front()
    }

    pub(crate) fn poll_frame(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.next().map(|(_, at)| at)
    }

    /// Takes what is in order now.
    fn deliver(&mut self, now: Timestamp) {
        while let Some(frame) = self.receiver.poll() {
            if self.frames.len() >= DELIVERED {
                self.counters.count(DropReason::Overflow);
                continue;
            }
            self.frames.push_back(frame);
        }
        self.counters.lost = self.receiver.lost();
        match (self.receiver.is_waiting(), self.timers.get(Timer::Reorder)) {
            (true, None) => self.timers.set(Timer::Reorder, now + self.config.reorder_for),
            (true, Some(_)) => {}
            (false, _) => self.timers.stop(Timer::Reorder),
        }
    }

    /// Sends what the window lets out, and sees to the acknowledgement that is owed.
    fn flush(&mut self, now: Timestamp) {
        while let Some((number, frame)) = self.sender.poll(now) {
            self.counters.sent += 1;
            self.packet(Some(number), &frame);
        }
        match self.sender.due() {
            Some(at) => self.timers.set(Timer::Window, at),
            None => self.timers.stop(Timer::Window),
        }
        if self.owed > self.config.window / 2 {
            // The peer may be waiting for it.
            self.acknowledge();
        } else if self.owed > 0 && self.timers.get(Timer::Acknowledge).is_none() {
            self.timers.set(Timer::Acknowledge, now + self.config.acknowledge_after);
        }
    }

    fn acknowledge(&mut self) {
        if self.owed > 0 && self.receiver.last().is_some() {
            self.packet(None, &[]);
        }
    }

    /// Every packet carries the newest acknowledgement, if one is owed.
    fn packet(&mut self, sequence: Option<u32>, payload: &[u8]) {
        let acknowledgement = if self.owed > 0 { self.receiver.last() } else { None };
        if acknowledgement.is_some() {
            self.owed = 0;
            self.timers.stop(Timer::Acknowledge);
        }
        self.packets.push_back(Gre { call: self.peer_call, sequence, acknowledgement, payload }.emit());
    }
}
