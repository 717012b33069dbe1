//! One connection: what the stack's socket says, turned into events that happen once.

use std::net::SocketAddrV4;
use std::time::Duration;

use clock::Timestamp;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer, State};

use super::{Event, FlowId};
use crate::failure::{Failure, Refusal, Stage};

/// How long we wait for the answer to a connection request.
const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// How often the other side of a quiet connection is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// How long it may leave data and such questions unanswered.
const PATIENCE: Duration = Duration::from_secs(180);

/// A connection.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) handle: SocketHandle,
    pub(super) local: SocketAddrV4,
    pub(super) remote: SocketAddrV4,
    begun: Timestamp,
    phase: Phase,
    /// Whether the connection came about.
    pub(super) established: bool,
    /// The socket's state when it was last looked at.
    last: State,
    report: Report,
    /// Nobody wants it any more, and it ends in order until then.
    pub(super) released: Option<Timestamp>,
    /// Nobody wants it any more, and only its reset is to be sent.
    pub(super) aborted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connecting,
    Established,
    Ended,
}

/// What is to be reported.
#[derive(Debug, Default)]
struct Report {
    connected: bool,
    ready: bool,
    ended: Option<Option<Failure>>,
}

/// On which occasion a socket is looked at, which tells why it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A packet came: the other side did it.
    AfterReceiving,
    /// Timers ran: nobody did anything.
    AfterSending,
}

/// A socket with our settings.
pub(super) fn socket(buffer: usize) -> Socket<'static> {
    let buffer = || SocketBuffer::new(vec![0; buffer.clamp(4096, 1 << 24)]);
    let mut socket = Socket::new(buffer(), buffer());
    socket.set_congestion_control(CongestionControl::Cubic);
    // What is passed on was collected by the program that wrote it.
    socket.set_nagle_enabled(false);
    // Segments are sent after a batch of packets has been taken, so that there is one acknowledgement for all of them anyway.
    socket.set_ack_delay(None);
    socket.set_timeout(Some(CONNECT_PATIENCE.into()));
    socket
}

impl Flow {
    pub(super) fn new(handle: SocketHandle, local: SocketAddrV4, remote: SocketAddrV4, begun: Timestamp) -> Flow {
        Flow {
            handle,
            local,
            remote,
            begun,
            phase: Phase::Connecting,
            established: false,
            last: State::SynSent,
            report: Report::default(),
            released: None,
            aborted: false,
        }
    }

    /// Whether the socket has nothing left to do.
    pub(super) fn is_over(&self, socket: &Socket<'_>) -> bool {
        socket.state() == State::Closed && socket.remote_endpoint().is_none()
    }

    /// Notes what became of the socket. Returns whether there is something to report that was not to be reported before.
    pub(super) fn observe(&mut self, now: Timestamp, socket: &mut Socket<'_>, seen: Seen) -> bool {
        let quiet = self.has_nothing_to_report();
        let state = socket.state();
        match state {
            State::Listen | State::SynSent | State::SynReceived => {}
            State::Closed => self.on_closed(now, socket, seen),
            State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait
            | State::Closing
            | State::LastAck
            | State::TimeWait => {
                if self.phase == Phase::Connecting {
                    self.phase = Phase::Established;
                    self.established = true;
                    self.report.connected = true;
                    socket.set_timeout(Some(PATIENCE.into()));
                    socket.set_keep_alive(Some(KEEPALIVE.into()));
                }
                self.report.ready |= seen == Seen::AfterReceiving && self.phase == Phase::Established;
                if state == State::TimeWait && self.phase == Phase::Established {
                    self.phase = Phase::Ended;
                    self.report.ended = Some(None);
                }
            }
        }
        self.last = state;
        quiet && !self.has_nothing_to_report()
    }

    /// Ends an attempt to connect. Returns whether that is to be reported now.
    pub(super) fn fail_connecting(&mut self, failure: Failure) -> bool {
        if self.phase != Phase::Connecting {
            return false;
        }
        let quiet = self.has_nothing_to_report();
        self.phase = Phase::Ended;
        self.report.ended = Some(Some(failure));
        quiet
    }

    pub(super) fn poll_event(&mut self, flow: FlowId) -> Option<Event> {
        if std::mem::take(&mut self.report.connected) {
            return Some(Event::Connected { flow });
        }
        if std::mem::take(&mut self.report.ready) {
            return Some(Event::Ready { flow });
        }
        let failure = self.report.ended.take()?;
        Some(Event::Ended { flow, failure })
    }

    fn on_closed(&mut self, now: Timestamp, socket: &Socket<'_>, seen: Seen) {
        let failure = match (self.phase, seen) {
            (Phase::Ended, _) => return,
            (Phase::Connecting, Seen::AfterReceiving) => Some(Failure::Refused(Refusal::Reset)),
            (Phase::Connecting, Seen::AfterSending) => {
                Some(Failure::Silence { stage: Stage::Connect, elapsed: now - self.begun })
            }
            // Our last word was acknowledged after the other side had finished.
            (Phase::Established, Seen::AfterReceiving) if self.last == State::LastAck && socket.send_queue() == 0 => {
                None
            }
            (Phase::Established, Seen::AfterReceiving) => Some(Failure::Refused(Refusal::Broken)),
            (Phase::Established, Seen::AfterSending) => {
                Some(Failure::Silence { stage: Stage::Transfer, elapsed: PATIENCE })
            }
        };
        self.phase = Phase::Ended;
        self.report.ready = true;
        self.report.ended = Some(failure);
    }

    pub(super) fn has_nothing_to_report(&self) -> bool {
        !self.report.connected && !self.report.ready && self.report.ended.is_none()
    }
}
