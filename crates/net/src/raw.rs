//! ESP directly over IP (protocol 50), for peers without a NAT between.
//!
//! The kernel offers neither segmentation nor merging here; batches save system calls only.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::batch::{Dropped, Received, RecvBatch, Train, local_address, source_ancillary};
use crate::sys::{self, SocketName};
use crate::udp::{IcmpError, icmp};

/// A raw socket for ESP packets of one address family, owned by one thread. It sees every ESP packet that reaches the host.
#[derive(Debug)]
pub struct EspSocket(RawSocket);

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Why there is no raw socket. The server goes on without: clients behind a NAT do not need it.
#[derive(Debug)]
pub enum RawError {
    /// The process lacks CAP_NET_RAW.
    NotPermitted,
    /// The kernel has no such address family.
    NoFamily(Family),
    /// Another error.
    Os(io::Error),
}

impl RawError {
    pub(crate) fn of(error: io::Error, family: Family) -> RawError {
        match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => RawError::NotPermitted,
            Some(libc::EAFNOSUPPORT) => RawError::NoFamily(family),
            _ => RawError::Os(error),
        }
    }
}

impl fmt::Display for RawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RawError::NotPermitted => f.write_str("raw sockets need CAP_NET_RAW"),
            RawError::NoFamily(Family::V4) => f.write_str("the kernel has no IPv4"),
            RawError::NoFamily(Family::V6) => f.write_str("the kernel has no IPv6"),
            RawError::Os(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RawError {}

impl EspSocket {
    /// Opens the socket with buffers of `buffers` octets each way (see [`UdpOptions::buffers`](crate::udp::UdpOptions)).
    pub fn open(family: Family, buffers: usize) -> Result<EspSocket, RawError> {
        Ok(EspSocket(RawSocket::open(family, libc::IPPROTO_ESP, buffers)?))
    }

    /// Marks what the socket sends (`SO_MARK`), for rules to choose a way for it; zero for no mark. Needs CAP_NET_ADMIN.
    pub fn set_mark(&self, mark: u32) -> io::Result<()> {
        sys::set_mark(self.0.fd.as_fd(), mark)
    }

    /// The address family.
    pub fn family(&self) -> Family {
        self.0.family
    }

    /// Receives what waits, up to the size of `batch`, without waiting for more, and hands each ESP packet to `each`, without
    /// its IP header. Returns the number of packets; zero when nothing waits.
    pub fn recv_batch(&self, batch: &mut RecvBatch, each: impl FnMut(Received<'_>)) -> io::Result<usize> {
        self.0.recv_batch(batch, each)
    }

    /// Sends `data` to `dst` as ESP packets of `segment` octets, the last of which may be shorter. The source is `src`, or what
    /// the route says when `src` is unspecified.
    ///
    /// # Errors
    /// The packets that the host dropped; all others were sent.
    pub fn send_segments(&self, src: IpAddr, dst: IpAddr, data: &[u8], segment: usize) -> Result<(), Dropped> {
        self.0.send_segments(src, dst, data, segment)
    }
}

impl AsFd for EspSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

impl AsRawFd for EspSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.fd.as_raw_fd()
    }
}

/// A raw socket for GRE packets of one address family, owned by one thread. It sees every GRE packet that reaches the host.
#[derive(Debug)]
pub struct GreSocket(RawSocket);

impl GreSocket {
    /// Opens the socket with buffers of `buffers` octets each way. It collects ICMP errors for [`GreSocket::poll_error`].
    pub fn open(family: Family, buffers: usize) -> Result<GreSocket, RawError> {
        let socket = RawSocket::open(family, libc::IPPROTO_GRE, buffers)?;
        let (level, errors) = match family {
            Family::V4 => (libc::IPPROTO_IP, libc::IP_RECVERR),
            Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
        };
        sys::set_option(socket.fd.as_fd(), level, errors, 1).map_err(RawError::Os)?;
        Ok(GreSocket(socket))
    }

    /// Receives as [`EspSocket::recv_batch`] does.
    pub fn recv_batch(&self, batch: &mut RecvBatch, each: impl FnMut(Received<'_>)) -> io::Result<usize> {
        self.0.recv_batch(batch, each)
    }

    /// The next ICMP error about GRE that this host sent. The socket polls as readable with an error while there are any.
    pub fn poll_error(&self) -> Option<IcmpError> {
        icmp::read(self.0.fd.as_fd())
    }

    /// Sends one packet; `src` as in [`EspSocket::send_segments`].
    ///
    /// # Errors
    /// The host dropped it.
    pub fn send(&self, src: IpAddr, dst: IpAddr, packet: &[u8]) -> Result<(), Dropped> {
        self.0.send_segments(src, dst, packet, packet.len())
    }
}

impl AsFd for GreSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_fd()
    }
}

impl AsRawFd for GreSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.0.fd.as_raw_fd()
    }
}

/// A raw socket of one protocol and one address family.
#[derive(Debug)]
struct RawSocket {
    fd: OwnedFd,
    family: Family,
}

impl RawSocket {
    fn open(family: Family, protocol: i32, buffers: usize) -> Result<RawSocket, RawError> {
        let domain = match family {
            Family::V4 => libc::AF_INET,
            Family::V6 => libc::AF_INET6,
        };
        let fd = sys::socket(domain, libc::SOCK_RAW, protocol).map_err(|error| RawError::of(error, family))?;
        configure(fd.as_fd(), family, buffers).map_err(RawError::Os)?;
        Ok(RawSocket { fd, family })
    }

    fn recv_batch(&self, batch: &mut RecvBatch, mut each: impl FnMut(Received<'_>)) -> io::Result<usize> {
        batch.receive(self.fd.as_fd(), |data, src, slot| {
            let mut messages = sys::ancillary_messages(slot.ancillary.octets());
            let local = messages.find_map(|(level, kind, value)| local_address(level, kind, value));
            // An IPv4 raw socket delivers the IP header, an IPv6 one does not.
            let (payload, dst) = match self.family {
                Family::V4 => (strip_ipv4(data), local.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
                Family::V6 => (Some(data), local.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))),
            };
            let Some(data) = payload else { return };
            let segment = data.len();
            each(Received { data, segment, src, dst });
        })
    }

    fn send_segments(&self, src: IpAddr, dst: IpAddr, data: &[u8], segment: usize) -> Result<(), Dropped> {
        let segment = segment.clamp(1, data.len().max(1));
        let name = SocketName::new(SocketAddr::new(dst, 0));
        let ancillary = source_ancillary(src);
        let train = Train { name: &name, ancillary: &ancillary, data, chunk: segment, segment };
        train.send(self.fd.as_fd(), |_| false).finish()
    }
}

fn configure(fd: BorrowedFd<'_>, family: Family, buffers: usize) -> io::Result<()> {
    let (level, pktinfo, mtu_discover) = match family {
        Family::V4 => (libc::IPPROTO_IP, libc::IP_PKTINFO, libc::IP_MTU_DISCOVER),
        Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, libc::IPV6_MTU_DISCOVER),
    };
    sys::set_option(fd, level, pktinfo, 1)?;
    // The outer packet may be fragmented, as with UDP: it must arrive even where ICMP is filtered.
    sys::set_option(fd, level, mtu_discover, libc::IP_PMTUDISC_DONT)?;
    sys::set_buffers(fd, buffers)
}

/// What follows the IPv4 header, whose length is in its first octet (RFC 791 section 3.1).
fn strip_ipv4(packet: &mut [u8]) -> Option<&mut [u8]> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    packet.get_mut(header.max(20)..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ip_header_with_its_options_is_removed() {
        let mut packet = [0x46; 25];
        packet[24] = 7;
        assert_eq!(strip_ipv4(&mut packet), Some(&mut [7][..]));
        assert_eq!(strip_ipv4(&mut [0x4f; 25]), None);
    }

    proptest! {
        #[test]
        fn no_octets_make_stripping_panic(mut packet in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = strip_ipv4(&mut packet);
        }
    }
}
