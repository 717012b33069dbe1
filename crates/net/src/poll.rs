//! Waiting: sockets, queues, a wake-up from another thread, signals.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{SigSet, Signal as NixSignal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Waits for many descriptors at once. Level-triggered: what was not drained is reported again.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    ready: Vec<EpollEvent>,
}

/// The caller's name for a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// Something to read.
    Read,
    /// Room to write.
    Write,
    /// Either.
    Both,
}

/// A descriptor that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Which one.
    pub token: Token,
    /// There is something to read, or the other end closed.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
    /// There is an error to be fetched, such as an ICMP error of a UDP socket.
    pub error: bool,
}

impl Poller {
    /// A poller that reports up to `events` descriptors at a time.
    pub fn new(events: usize) -> io::Result<Poller> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Poller { epoll, ready: vec![EpollEvent::empty(); events.max(1)] })
    }

    /// Begins to watch a descriptor. Closing its last copy ends it.
    pub fn add(&self, fd: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.add(fd, EpollEvent::new(interest.flags(), token.0))?)
    }

    /// Changes what to wait for.
    pub fn modify(&self, fd: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.modify(fd, &mut EpollEvent::new(interest.flags(), token.0))?)
    }

    /// Ends watching a descriptor.
    pub fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(self.epoll.delete(fd)?)
    }

    /// Waits until something is ready or `timeout` is over, for ever without one. A timeout is rounded up to milliseconds, so
    /// that a deadline has passed when the wait for it ends. A signal that is handled elsewhere ends the wait early.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<impl Iterator<Item = Ready>> {
        let timeout = match timeout {
            None => EpollTimeout::NONE,
            Some(timeout) => {
                let millis = i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
                EpollTimeout::try_from(millis).unwrap_or(EpollTimeout::MAX)
            }
        };
        let count = match self.epoll.wait(&mut self.ready, timeout) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(self.ready.iter().take(count).map(|event| {
            let flags = event.events();
            Ready {
                token: Token(event.data()),
                readable: flags.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLRDHUP),
                writable: flags.contains(EpollFlags::EPOLLOUT),
                error: flags.contains(EpollFlags::EPOLLERR),
            }
        }))
    }
}

impl Interest {
    fn flags(self) -> EpollFlags {
        match self {
            Interest::Read => EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP,
            Interest::Write => EpollFlags::EPOLLOUT,
            Interest::Both => EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLOUT,
        }
    }
}

/// Wakes a [`Poller`] of another thread, which watches it for [`Interest::Read`]. Clones wake the same one.
#[derive(Clone, Debug)]
pub struct Waker(Arc<EventFd>);

impl Waker {
    /// A waker that has not been called.
    pub fn new() -> io::Result<Waker> {
        Ok(Waker(Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?)))
    }

    /// Wakes the poller. Many calls before it looks are one.
    pub fn wake(&self) {
        // It fails only when the counter is full, and then the poller is awake already.
        let _ = self.0.write(1);
    }

    /// Takes the call back; for the one who was woken, before it looks for the reason. Returns whether there was one.
    pub fn clear(&self) -> bool {
        self.0.read().is_ok()
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A signal that the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGTERM or SIGINT: stop in order.
    Stop,
    /// SIGHUP: read the configuration again.
    Reload,
}

/// SIGTERM, SIGINT and SIGHUP as something to read.
#[derive(Debug)]
pub struct Signals(SignalFd);

impl Signals {
    /// Blocks the signals for the calling thread and takes them here. Call it before starting other threads, which inherit the
    /// block; a thread without it would still be killed.
    pub fn new() -> io::Result<Signals> {
        let mut set = SigSet::empty();
        for signal in [NixSignal::SIGTERM, NixSignal::SIGINT, NixSignal::SIGHUP] {
            set.add(signal);
        }
        set.thread_block()?;
        Ok(Signals(SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?))
    }

    /// The next signal, if one has come.
    pub fn poll_signal(&self) -> Option<Signal> {
        let received = self.0.read_signal().ok()??;
        Some(if received.ssi_signo == libc::SIGHUP as u32 { Signal::Reload } else { Signal::Stop })
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waker_wakes_the_poller_of_another_thread_once() {
        let mut poller = Poller::new(4).unwrap();
        let waker = Waker::new().unwrap();
        poller.add(&waker, Token(7), Interest::Read).unwrap();
        let other = waker.clone();
        let thread = std::thread::spawn(move || {
            other.wake();
            other.wake();
        });
        let ready: Vec<_> = poller.wait(None).unwrap().collect();
        assert_eq!(ready, [Ready { token: Token(7), readable: true, writable: false, error: false }]);
        thread.join().unwrap();
        assert!(waker.clear());
        assert!(!waker.clear());
        assert_eq!(poller.wait(Some(Duration::ZERO)).unwrap().count(), 0);
    }

    #[test]
    fn signals_are_read_and_do_not_kill() {
        // In a thread of its own: the block must not leak into the test runner's.
        std::thread::spawn(|| {
            let signals = Signals::new().unwrap();
            assert_eq!(signals.poll_signal(), None);
            for (number, signal) in [(NixSignal::SIGHUP, Signal::Reload), (NixSignal::SIGTERM, Signal::Stop)] {
                nix::sys::signal::raise(number).unwrap();
                assert_eq!(signals.poll_signal(), Some(signal));
            }
        })
        .join()
        .unwrap();
    }
}
