//! Echo requests from a socket: without privileges where the kernel allows it to the process's group, else by a raw socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::batch::{Dropped, RecvBatch, Train, source_ancillary};
use crate::raw::{Family, RawError};
use crate::sys::{self, SocketName};

/// A socket for echo requests of one address family.
#[derive(Debug)]
pub struct EchoSocket {
    fd: OwnedFd,
    family: Family,
    /// It sees every ICMP packet of the host, over IPv4 with its IP header.
    raw: bool,
    identifier: u16,
}

impl EchoSocket {
    /// Opens a socket. `identifier` tells its requests from those of other programs, where the kernel does not.
    ///
    /// # Errors
    /// The process may neither use the kernel's ping sockets (`net.ipv4.ping_group_range`) nor raw ones (CAP_NET_RAW).
    pub fn open(family: Family, identifier: u16) -> Result<EchoSocket, RawError> {
        let (domain, protocol) = match family {
            Family::V4 => (libc::AF_INET, libc::IPPROTO_ICMP),
            Family::V6 => (libc::AF_INET6, libc::IPPROTO_ICMPV6),
        };
        if let Ok(fd) = sys::socket(domain, libc::SOCK_DGRAM, protocol) {
            return Ok(EchoSocket { fd, family, raw: false, identifier });
        }
        let fd = sys::socket(domain, libc::SOCK_RAW, protocol).map_err(|error| RawError::of(error, family))?;
        Ok(EchoSocket { fd, family, raw: true, identifier })
    }

    /// Sends an echo request of this number with 32 octets of payload; `src` as in
    /// [`UdpSocket::send_segments`](crate::udp::UdpSocket::send_segments).
    ///
    /// # Errors
    /// The host did not take it.
    pub fn send(&self, src: IpAddr, dst: IpAddr, sequence: u16) -> Result<(), Dropped> {
        let kind = match self.family {
            Family::V4 => 8,
            Family::V6 => 128,
        };
        let [a, b] = self.identifier.to_be_bytes();
        let [c, d] = sequence.to_be_bytes();
        let mut request = vec![kind, 0, 0, 0, a, b, c, d];
        request.resize(8 + 32, 0);
        if self.family == Family::V4 {
            // For ICMPv6 it is the kernel's work (RFC 3542 §3.1).
            let sum = internet_checksum(&request).to_be_bytes();
            request[2..4].copy_from_slice(&sum);
        }
        let name = SocketName::new(SocketAddr::new(dst, 0));
        let ancillary = source_ancillary(src);
        let train =
            Train { name: &name, ancillary: &ancillary, data: &request, chunk: request.len(), segment: request.len() };
        train.send(self.fd.as_fd(), |_| false).finish()
    }

    /// Hands the replies that wait to `each`: who sent it, and its number.
    pub fn recv(&self, batch: &mut RecvBatch, mut each: impl FnMut(IpAddr, u16)) -> io::Result<usize> {
        batch.receive(self.fd.as_fd(), |data, src, _| {
            let message = match (self.family, self.raw) {
                (Family::V4, true) => data.get(usize::from(data.first().copied().unwrap_or(0) & 0x0f) * 4..),
                _ => Some(&*data),
            };
            let expected = match self.family {
                Family::V4 => 0,
                Family::V6 => 129,
            };
            let Some(&[kind, 0, _, _, a, b, c, d]) = message.and_then(<[u8]>::first_chunk) else { return };
            // The kernel's own sockets have an identifier of the kernel's choice, and see no other.
            if kind == expected && (!self.raw || u16::from_be_bytes([a, b]) == self.identifier) {
                each(src.ip(), u16::from_be_bytes([c, d]));
            }
        })
    }
}

impl AsFd for EchoSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for EchoSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// RFC 1071 over an even number of octets.
fn internet_checksum(octets: &[u8]) -> u16 {
    let words = octets.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !(((folded & 0xffff) + (folded >> 16)) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{Interest, Poller, Token};
    use std::time::Duration;

    #[test]
    fn the_checksum_of_a_request_that_carries_it_is_zero() {
        let mut request = vec![8, 0, 0, 0, 0x12, 0x34, 0, 7];
        request.extend([0xff; 32]);
        let sum = internet_checksum(&request).to_be_bytes();
        request[2..4].copy_from_slice(&sum);
        assert_eq!(internet_checksum(&request), 0);
    }

    #[test]
    fn this_host_answers_itself() {
        let Ok(socket) = EchoSocket::open(Family::V4, 0x4711) else {
            println!("skipped: neither ping sockets nor raw ones are permitted");
            return;
        };
        let localhost: IpAddr = [127, 0, 0, 1].into();
        socket.send(localhost, localhost, 5).unwrap();
        let mut poller = Poller::new(1).unwrap();
        poller.add(&socket, Token(0), Interest::Read).unwrap();
        let mut batch = RecvBatch::new(4);
        let mut found = None;
        while found.is_none() && poller.wait(Some(Duration::from_secs(5))).unwrap().count() > 0 {
            socket.recv(&mut batch, |from, sequence| found = Some((from, sequence))).unwrap();
        }
        assert_eq!(found, Some((localhost, 5)));
    }
}
