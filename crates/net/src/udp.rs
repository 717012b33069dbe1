//! UDP with segmentation offload in both directions.
//!
//! One send may hand the kernel a train of up to 64 equal segments (`UDP_SEGMENT`), one receive may yield such a train
//! (`UDP_GRO`). Checksums are always on: without them the kernel neither segments nor merges, and RFC 3948 section 2.1 lets a
//! sender have them.

pub(crate) mod icmp;
mod offload;

pub use icmp::{IcmpError, IcmpKind};
pub use offload::SegmentOffload;

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::batch::{Dropped, Progress, Received, RecvBatch, Train, local_address, source_ancillary};
use crate::sys::{self, Ancillary, SocketName};
use offload::Refusals;

/// How a socket is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpOptions {
    /// Several sockets on one port; the kernel spreads peers over them by address and port, so each peer keeps its worker.
    pub reuse_port: bool,
    /// Take trains of datagrams that the kernel merged.
    pub gro: bool,
    /// When to hand trains to the kernel.
    pub gso: SegmentOffload,
    /// What becomes of a datagram larger than the path.
    pub path_mtu: PathMtu,
    /// Collect ICMP errors for [`UdpSocket::poll_error`]. A server has no use for them; who dials or diagnoses has.
    pub icmp_errors: bool,
    /// Mark of what the socket sends (`SO_MARK`), by which rules choose a way for it; zero for none. Needs CAP_NET_ADMIN.
    pub mark: u32,
    /// Size of the socket's buffers each way, in octets. More than `net.core.rmem_max` needs CAP_NET_ADMIN; without it, the limit.
    pub buffers: usize,
}

impl Default for UdpOptions {
    fn default() -> Self {
        UdpOptions {
            reuse_port: false,
            gro: true,
            gso: SegmentOffload::for_this_kernel(),
            path_mtu: PathMtu::Fragment,
            icmp_errors: false,
            mark: 0,
            buffers: 8 << 20,
        }
    }
}

/// What becomes of a datagram that is larger than the path allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathMtu {
    /// It may be fragmented, here and by routers: DF is clear. A tunnel's outer packets must arrive even where ICMP is filtered.
    Fragment,
    /// DF is set and the kernel learns the path's MTU; larger datagrams are [`TooBig`](crate::batch::DropCause::TooBig).
    Discover,
}

/// A UDP socket of one address family, owned by one thread.
///
/// Edge cases of sending end as typed drops, never as a failed socket. An IPv6 socket carries no IPv4.
#[derive(Debug)]
pub struct UdpSocket {
    fd: OwnedFd,
    local: SocketAddr,
    gso: SegmentOffload,
    refusals: RefCell<Refusals>,
}

impl UdpSocket {
    /// Opens a socket on `address`; port 0 lets the kernel choose.
    pub fn bind(address: SocketAddr, options: &UdpOptions) -> io::Result<UdpSocket> {
        let domain = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let socket = sys::socket(domain, libc::SOCK_DGRAM, libc::IPPROTO_UDP)?;
        let fd = socket.as_fd();
        sys::set_option(fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, options.reuse_port.into())?;
        sys::set_buffers(fd, options.buffers)?;
        sys::set_mark(fd, options.mark)?;
        configure_ip(fd, address.is_ipv6(), options)?;
        // Both came with Linux 4.18 and 5.0; an older kernel sends and receives singly.
        let gso_known = sys::set_option(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok();
        if options.gro {
            let _ = sys::set_option(fd, libc::SOL_UDP, libc::UDP_GRO, 1);
        }
        sys::bind(fd, &SocketName::new(address))?;
        let local = sys::local_name(fd)?.address().ok_or(io::ErrorKind::InvalidData)?;
        let gso = if gso_known { options.gso } else { SegmentOffload::Off };
        Ok(UdpSocket { fd: socket, local, gso, refusals: RefCell::default() })
    }

    /// A second handle on the same socket, for another thread. What it learns of offload stays its own.
    pub fn try_clone(&self) -> io::Result<UdpSocket> {
        Ok(UdpSocket { fd: self.fd.try_clone()?, local: self.local, gso: self.gso, refusals: RefCell::default() })
    }

    /// The address the socket is bound to.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Sizes of the receive and the send buffer that the kernel granted, in octets of its own accounting.
    pub fn buffers(&self) -> io::Result<(usize, usize)> {
        let read = |name| sys::get_option(self.fd.as_fd(), libc::SOL_SOCKET, name).map(|size| size.max(0) as usize);
        Ok((read(libc::SO_RCVBUF)?, read(libc::SO_SNDBUF)?))
    }

    /// When trains are handed to the kernel.
    pub fn gso(&self) -> SegmentOffload {
        self.gso
    }

    /// Turns segmentation offload on or off, and forgets which destinations refused it.
    pub fn set_gso(&mut self, gso: SegmentOffload) {
        self.gso = gso;
        self.refusals = RefCell::default();
    }

    /// Receives what waits, up to the size of `batch`, without waiting for more, and hands it to `each` in order of arrival.
    /// Returns the number of datagrams and trains; zero when nothing waits.
    pub fn recv_batch(&self, batch: &mut RecvBatch, mut each: impl FnMut(Received<'_>)) -> io::Result<usize> {
        batch.receive(self.fd.as_fd(), |data, src, slot| {
            let mut dst = self.local.ip();
            let mut segment = data.len();
            for (level, kind, value) in sys::ancillary_messages(slot.ancillary.octets()) {
                if let Some(local) = local_address(level, kind, value) {
                    dst = local;
                } else if (level, kind) == (libc::SOL_UDP, libc::UDP_GRO) {
                    let size = value.first_chunk().map_or(0, |&size| i32::from_ne_bytes(size));
                    segment =
                        usize::try_from(size).ok().filter(|&size| size > 0).map_or(segment, |size| size.min(segment));
                }
            }
            each(Received { data, segment, src, dst });
        })
    }

    /// Sends `data` to `dst` as datagrams of `segment` octets, the last of which may be shorter. The source is `src`, or what
    /// the route says when `src` is unspecified.
    ///
    /// Trains go out in as few system calls as the kernel allows. A device that cannot take them is remembered and served singly.
    ///
    /// # Errors
    /// The packets that the host dropped; all others were sent.
    pub fn send_segments(&self, src: IpAddr, dst: SocketAddr, data: &[u8], segment: usize) -> Result<(), Dropped> {
        let segment = segment.clamp(1, data.len().max(1));
        let name = SocketName::new(dst);
        let ancillary = source_ancillary(src);
        let mut trains = Progress::nothing();
        if self.gso.allows(data.len(), segment) && self.refusals.borrow_mut().allow(dst.ip(), segment) {
            trains = self.send_trains(&name, ancillary, data, segment);
        }
        let rest = data.get(trains.octets..).unwrap_or_default();
        let singles = Train { name: &name, ancillary: &ancillary, data: rest, chunk: segment, segment };
        let mut progress = singles.send(self.fd.as_fd(), |_| false);
        // A train may also fail for a reason of its own, such as a source address that is gone. Only where single datagrams
        // pass was it the offload.
        if let Some(error) = trains.stopped.filter(|_| progress.dropped.is_none()) {
            self.refusals.borrow_mut().note(dst.ip(), segment, &error);
        }
        if let Some(earlier) = trains.dropped {
            progress.drop(earlier.packets, earlier.cause);
        }
        progress.finish()
    }

    /// Sends one datagram; `src` as in [`UdpSocket::send_segments`].
    pub fn send(&self, src: IpAddr, dst: SocketAddr, data: &[u8]) -> Result<(), Dropped> {
        self.send_segments(src, dst, data, data.len())
    }

    /// The next ICMP error about something this socket sent. The socket polls as readable with an error while there are any.
    pub fn poll_error(&self) -> Option<IcmpError> {
        icmp::read(self.fd.as_fd())
    }

    fn send_trains(&self, name: &SocketName, mut ancillary: Ancillary, data: &[u8], segment: usize) -> Progress {
        // The kernel takes the length of a segment as an unsigned 16-bit number.
        let size = u16::try_from(segment).unwrap_or(u16::MAX);
        ancillary.push(libc::SOL_UDP, libc::UDP_SEGMENT, &size.to_ne_bytes());
        let chunk = segment * (MAX_TRAIN / segment).clamp(1, MAX_SEGMENTS);
        let train = Train { name, ancillary: &ancillary, data, chunk, segment };
        train.send(self.fd.as_fd(), offload::is_refusal)
    }
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for UdpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

fn configure_ip(fd: BorrowedFd<'_>, v6: bool, options: &UdpOptions) -> io::Result<()> {
    let (level, pktinfo, mtu_discover, errors) = if v6 {
        sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, libc::IPV6_MTU_DISCOVER, libc::IPV6_RECVERR)
    } else {
        (libc::IPPROTO_IP, libc::IP_PKTINFO, libc::IP_MTU_DISCOVER, libc::IP_RECVERR)
    };
    // The values have the same numbers for both families.
    let discover = match options.path_mtu {
        PathMtu::Fragment => libc::IP_PMTUDISC_DONT,
        PathMtu::Discover => libc::IP_PMTUDISC_DO,
    };
    sys::set_option(fd, level, pktinfo, 1)?;
    sys::set_option(fd, level, mtu_discover, discover)?;
    sys::set_option(fd, level, errors, options.icmp_errors.into())
}

/// Most segments of one train: what every kernel with UDP_SEGMENT takes.
const MAX_SEGMENTS: usize = 64;
/// Most octets of one train: an IPv4 packet's limit less the longest header and some room.
const MAX_TRAIN: usize = 65_000;
