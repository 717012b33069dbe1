//! A netlink socket, and one exchange over it: requests out, their answers in.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};

use super::message::{Batch, Message, Reply, attributes, replies};
use crate::sys;

/// Why the kernel did not do, or not tell.
#[derive(Debug)]
pub enum NetlinkError {
    /// The kernel refused the request.
    Refused {
        /// The `errno`.
        errno: i32,
        /// The kernel's own words, where it has some.
        reason: Option<String>,
    },
    /// The kernel's answer is incomplete or is none to our question.
    BadAnswer,
    /// The socket failed.
    Os(io::Error),
}

impl NetlinkError {
    /// The `errno`, where there is one.
    pub fn errno(&self) -> Option<i32> {
        match self {
            NetlinkError::Refused { errno, .. } => Some(*errno),
            NetlinkError::BadAnswer => None,
            NetlinkError::Os(error) => error.raw_os_error(),
        }
    }
}

impl fmt::Display for NetlinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetlinkError::Refused { errno, reason } => {
                let error = io::Error::from_raw_os_error(*errno);
                match reason {
                    Some(reason) => write!(f, "{error}: {reason}"),
                    None => error.fmt(f),
                }
            }
            NetlinkError::BadAnswer => f.write_str("incomplete answer from the kernel"),
            NetlinkError::Os(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NetlinkError {}

impl From<Errno> for NetlinkError {
    fn from(errno: Errno) -> Self {
        NetlinkError::Os(errno.into())
    }
}

/// A netlink socket for one subsystem.
#[derive(Debug)]
pub(crate) struct Channel {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Channel {
    pub(crate) fn open(protocol: i32) -> Result<Channel, NetlinkError> {
        let fd = sys::socket(libc::AF_NETLINK, libc::SOCK_RAW, protocol).map_err(NetlinkError::Os)?;
        // Words with an error, and not our own request back. Kernels before 4.12 give neither.
        for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
            let _ = sys::set_option(fd.as_fd(), libc::SOL_NETLINK, option, 1);
        }
        Ok(Channel { fd, sequence: 0, buffer: vec![0; 1 << 16] })
    }

    /// Sends one command and waits until it is done.
    pub(crate) fn command(
        &mut self,
        kind: u16,
        flags: i32,
        body: impl FnOnce(&mut Message<'_>),
    ) -> Result<(), NetlinkError> {
        self.query(kind, flags, body, |_| {})
    }

    /// Sends one question about a single thing and hands the answer's body to `each`.
    pub(crate) fn query(
        &mut self,
        kind: u16,
        flags: i32,
        body: impl FnOnce(&mut Message<'_>),
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), NetlinkError> {
        let sequence = self.next_sequence();
        let mut batch = Batch::default();
        batch.message(kind, libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags, sequence, body);
        self.exchange(&batch, sequence..=sequence, |reply| each(reply.body)).map(drop)
    }

    /// Asks for a list and hands each item's body to `each`. A list that changed while it was read is read again, so `each` may
    /// see an item twice.
    pub(crate) fn dump(
        &mut self,
        kind: u16,
        body: impl Fn(&mut Message<'_>),
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), NetlinkError> {
        for _ in 0..MAX_DUMPS {
            let sequence = self.next_sequence();
            let mut batch = Batch::default();
            batch.message(kind, libc::NLM_F_REQUEST | libc::NLM_F_DUMP, sequence, &body);
            if !self.exchange(&batch, sequence..=sequence, |reply| each(reply.body))? {
                return Ok(());
            }
        }
        Err(NetlinkError::BadAnswer)
    }

    /// A number for the next message.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Sends `batch` and reads answers until the message with the last of `sequences` has been answered or one was refused.
    /// Returns whether a list changed while it was read.
    pub(crate) fn exchange(
        &mut self,
        batch: &Batch,
        sequences: std::ops::RangeInclusive<u32>,
        mut each: impl FnMut(&Reply<'_>),
    ) -> Result<bool, NetlinkError> {
        send(self.fd.as_raw_fd(), batch.octets(), MsgFlags::MSG_NOSIGNAL)?;
        let mut interrupted = false;
        loop {
            let len = self.receive()?;
            let octets = self.buffer.get(..len).ok_or(NetlinkError::BadAnswer)?;
            for reply in replies(octets).filter(|reply| sequences.contains(&reply.sequence)) {
                interrupted |= reply.flags & libc::NLM_F_DUMP_INTR != 0;
                match i32::from(reply.kind) {
                    libc::NLMSG_ERROR | libc::NLMSG_DONE => {
                        status(&reply)?;
                        if reply.sequence == *sequences.end() {
                            return Ok(interrupted);
                        }
                    }
                    libc::NLMSG_NOOP => {}
                    _ => each(&reply),
                }
            }
        }
    }

    /// The next datagram's length; its octets are in the buffer.
    fn receive(&mut self) -> Result<usize, NetlinkError> {
        // The kernel answers within the call that asked; the limit is for the case that it does not.
        let mut waiting = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        loop {
            match poll(&mut waiting, PollTimeout::from(ANSWER_MS)) {
                Ok(0) => return Err(NetlinkError::BadAnswer),
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // With MSG_TRUNC the length is that of the whole datagram, even if it did not fit.
        Ok(recv(self.fd.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_TRUNC)?)
    }
}

/// The outcome in an NLMSG_ERROR (zero for success) or at the end of a list.
fn status(reply: &Reply<'_>) -> Result<(), NetlinkError> {
    let errno = reply.body.first_chunk().map(|&octets| i32::from_ne_bytes(octets));
    match errno {
        // The end of a list may come without a number.
        None | Some(0) => Ok(()),
        Some(errno) => {
            // The code (4), the header of our request (16), then the kernel's words.
            let words = reply.body.get(20..).filter(|_| reply.flags & libc::NLM_F_ACK_TLVS != 0).unwrap_or_default();
            let reason = attributes(words)
                .find(|&(kind, _)| kind == NLMSGERR_ATTR_MSG)
                .map(|(_, text)| String::from_utf8_lossy(text).trim_end_matches('\0').to_owned());
            Err(NetlinkError::Refused { errno: errno.saturating_neg(), reason })
        }
    }
}

const NLMSGERR_ATTR_MSG: u16 = 1;
const ANSWER_MS: u16 = 5000;
const MAX_DUMPS: usize = 16;
