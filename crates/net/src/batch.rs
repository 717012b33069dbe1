//! Batches of packets: what UDP and raw sockets have in common.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::BorrowedFd;

use crate::sys::{self, Ancillary, MAX_BATCH, Outgoing, Slot, SocketName};

/// Buffers for one receive call, owned by a worker and reused for ever.
///
/// Pages that no packet reaches are never touched, so the resident size follows the traffic.
pub struct RecvBatch {
    data: Vec<u8>,
    slots: Vec<Slot>,
}

impl RecvBatch {
    /// Largest datagram, or train of datagrams merged by the kernel, in octets.
    pub const ROOM: usize = 1 << 16;

    /// Buffers for `packets` datagrams, at most 64; each may be a train that the kernel merged.
    pub fn new(packets: usize) -> Self {
        let packets = packets.clamp(1, MAX_BATCH);
        RecvBatch { data: vec![0; packets * STRIDE], slots: vec![Slot::empty(); packets] }
    }

    /// Receives what is there, up to the batch's size, and hands each datagram to `each` with its sender and its
    /// control messages. Returns how many there were; zero when nothing waits.
    pub(crate) fn receive(
        &mut self,
        fd: BorrowedFd<'_>,
        mut each: impl FnMut(&mut [u8], SocketAddr, &Slot),
    ) -> io::Result<usize> {
        let mut attempts = 0;
        let count = loop {
            match sys::receive_many(fd, &mut self.data, STRIDE, Self::ROOM, &mut self.slots) {
                Ok(count) => break count,
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                    return Ok(0);
                }
                // An ICMP error that concerns some earlier datagram; it is read from the error queue, and reading it here
                // has cleared it. A storm of them must not hold the worker; the poller brings it back.
                Err(error) if is_asynchronous(&error) => {
                    attempts += 1;
                    if attempts == MAX_ATTEMPTS {
                        return Ok(0);
                    }
                }
                Err(error) => return Err(error),
            }
        };
        for (index, slot) in self.slots.iter().take(count).enumerate() {
            let start = index * STRIDE;
            // A datagram that did not fit is not what its sender wrote.
            let Some(src) = slot.name.address().filter(|_| slot.flags & libc::MSG_TRUNC == 0) else { continue };
            each(&mut self.data[start..start + slot.len], src, slot);
        }
        Ok(count)
    }
}

impl fmt::Debug for RecvBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvBatch").field("packets", &self.slots.len()).finish_non_exhaustive()
    }
}

/// One datagram, or a train of datagrams from one sender that the kernel merged.
#[derive(Debug)]
pub struct Received<'a> {
    /// The payloads one behind the other; may be worked on in place.
    pub data: &'a mut [u8],
    /// Length of each payload but the last, which may be shorter. Equal to the length of `data` when there is only one.
    pub segment: usize,
    /// The sender. The port of a raw packet is zero.
    pub src: SocketAddr,
    /// The local address it was sent to, from which it must be answered.
    pub dst: IpAddr,
}

impl Received<'_> {
    /// The payloads, one after the other. An empty datagram has none.
    pub fn segments(&mut self) -> impl ExactSizeIterator<Item = &mut [u8]> {
        self.data.chunks_mut(self.segment.max(1))
    }
}

/// Packets that were not sent. Never a reason to stop: the network may lose any packet, and so may the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// How many of the packets were dropped.
    pub packets: usize,
    /// Why the first of them was.
    pub cause: DropCause,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets not sent: {}", self.packets, self.cause)
    }
}

impl std::error::Error for Dropped {}

/// Why the host did not take a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropCause {
    /// The socket's buffer or the device's queue is full (EAGAIN, ENOBUFS).
    QueueFull,
    /// A local packet filter refuses it (EPERM, EACCES).
    Filtered,
    /// It is larger than the path or the protocol allows (EMSGSIZE).
    TooBig,
    /// There is no route, no neighbour, or the link is down. Newer kernels also say so when an IPv4 source address is gone.
    Unreachable,
    /// The source address is not, or no longer, an address of this host.
    SourceGone,
    /// Another error, with its number.
    Other {
        /// The `errno`.
        errno: i32,
    },
}

impl DropCause {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.raw_os_error().unwrap_or(0) {
            libc::EAGAIN | libc::ENOBUFS | libc::ENOMEM => DropCause::QueueFull,
            libc::EPERM | libc::EACCES => DropCause::Filtered,
            libc::EMSGSIZE => DropCause::TooBig,
            libc::ENETUNREACH | libc::EHOSTUNREACH | libc::ENETDOWN | libc::EHOSTDOWN | libc::ENODEV => {
                DropCause::Unreachable
            }
            libc::EADDRNOTAVAIL | libc::EINVAL => DropCause::SourceGone,
            errno => DropCause::Other { errno },
        }
    }

    /// Whether the next packet to the same destination may fare better at once.
    fn concerns_one_packet(self) -> bool {
        match self {
            DropCause::Filtered | DropCause::TooBig => true,
            DropCause::QueueFull | DropCause::Unreachable | DropCause::SourceGone | DropCause::Other { .. } => false,
        }
    }
}

impl fmt::Display for DropCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DropCause::QueueFull => f.write_str("queue full"),
            DropCause::Filtered => f.write_str("refused by a local packet filter"),
            DropCause::TooBig => f.write_str("too big"),
            DropCause::Unreachable => f.write_str("unreachable"),
            DropCause::SourceGone => f.write_str("source address is not local"),
            DropCause::Other { errno } => write!(f, "{}", io::Error::from_raw_os_error(*errno)),
        }
    }
}

/// How far a train of segments got.
pub(crate) struct Progress {
    /// Octets that were sent or dropped for good.
    pub(crate) octets: usize,
    /// What was dropped among them.
    pub(crate) dropped: Option<Dropped>,
    /// The error at `octets`, when the caller chose to look at it.
    pub(crate) stopped: Option<io::Error>,
}

/// A train of segments to one destination, sent from one address.
pub(crate) struct Train<'a> {
    pub(crate) name: &'a SocketName,
    pub(crate) ancillary: &'a Ancillary,
    pub(crate) data: &'a [u8],
    /// Octets that go into one datagram given to the kernel.
    pub(crate) chunk: usize,
    /// Octets of one datagram on the wire.
    pub(crate) segment: usize,
}

impl Train<'_> {
    /// Sends the train, as many chunks in one system call as it takes. An error for which `stop` holds ends it; any other drops
    /// packets.
    pub(crate) fn send(&self, fd: BorrowedFd<'_>, stop: impl Fn(&io::Error) -> bool) -> Progress {
        let mut progress = Progress::nothing();
        let mut retried = false;
        while let Some(rest) = self.data.get(progress.octets..).filter(|rest| !rest.is_empty()) {
            let chunks = rest.chunks(self.chunk.max(1));
            let datagrams = chunks.map(|data| Outgoing { name: self.name, ancillary: self.ancillary, data });
            match sys::send_many(fd, datagrams) {
                Ok(sent) => {
                    progress.octets += (sent * self.chunk).min(rest.len());
                    retried = false;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The error may be an ICMP message about another destination, which this call has cleared. If it is about
                // this datagram, it comes again.
                Err(error) if !retried && is_asynchronous(&error) => retried = true,
                Err(error) if stop(&error) => {
                    progress.stopped = Some(error);
                    break;
                }
                Err(error) => {
                    let cause = DropCause::of(&error);
                    let lost = if cause.concerns_one_packet() { self.chunk.min(rest.len()) } else { rest.len() };
                    progress.drop(lost.div_ceil(self.segment.max(1)), cause);
                    progress.octets += lost;
                    retried = false;
                }
            }
        }
        progress
    }
}

impl Progress {
    pub(crate) const fn nothing() -> Self {
        Progress { octets: 0, dropped: None, stopped: None }
    }

    pub(crate) fn drop(&mut self, packets: usize, cause: DropCause) {
        self.dropped.get_or_insert(Dropped { packets: 0, cause }).packets += packets;
    }

    pub(crate) fn finish(self) -> Result<(), Dropped> {
        self.dropped.map_or(Ok(()), Err)
    }
}

/// The control message that sends a datagram from `src`; none for an unspecified address, where the route decides.
pub(crate) fn source_ancillary(src: IpAddr) -> Ancillary {
    let mut ancillary = Ancillary::empty();
    match src {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) | IpAddr::V6(Ipv6Addr::UNSPECIFIED) => {}
        IpAddr::V4(v4) => {
            // in_pktinfo: interface index (any), local address, header destination (unused when sending).
            let mut info = [0; 12];
            info[4..8].copy_from_slice(&v4.octets());
            ancillary.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
        }
        IpAddr::V6(v6) => {
            // in6_pktinfo: address, interface index (any).
            let mut info = [0; 20];
            info[..16].copy_from_slice(&v6.octets());
            ancillary.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
        }
    }
    ancillary
}

/// The local address in a packet-information control message, if this is one.
pub(crate) fn local_address(level: i32, kind: i32, data: &[u8]) -> Option<IpAddr> {
    match (level, kind) {
        // ipi_spec_dst, not ipi_addr: for a broadcast it is the address to answer from.
        (libc::IPPROTO_IP, libc::IP_PKTINFO) => Some(IpAddr::from(*data.get(4..)?.first_chunk::<4>()?)),
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => Some(IpAddr::from(*data.first_chunk::<16>()?)),
        _ => None,
    }
}

/// Whether the kernel may be reporting an earlier datagram's fate through this call.
fn is_asynchronous(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNREFUSED
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::EMSGSIZE
                | libc::EPROTO
                | libc::EACCES
                | libc::ENOPROTOOPT
                | libc::EOPNOTSUPP
                | libc::EHOSTDOWN
                | libc::ENONET
        )
    )
}

const MAX_ATTEMPTS: usize = 16;
/// Distance of two buffers. Not a power of two: packets that begin 64 KiB apart would all fall on the same cache sets.
const STRIDE: usize = RecvBatch::ROOM + 26 * 64;
