//! ICMP errors about datagrams that a socket sent, from its error queue (`struct sock_extended_err`).

use std::net::{IpAddr, SocketAddr};
use std::os::fd::BorrowedFd;

use crate::sys::{self, Slot};

/// An ICMP error, or a local one of the same meaning, about a datagram that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Where the datagram was going. The port is zero when this host itself reports: the kernel leaves it out.
    pub dst: SocketAddr,
    /// What was wrong.
    pub kind: IcmpKind,
    /// Largest packet that passes, IP header included, for [`IcmpKind::TooBig`] when the router says so.
    pub mtu: Option<u32>,
    /// Who says so: a router, the destination, or nobody when this host does.
    pub reporter: Option<IpAddr>,
}

/// The kind of an [`IcmpError`] (RFC 792, RFC 1812 section 5.2.7, RFC 4443).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IcmpKind {
    /// The destination is up; nothing listens on the port.
    PortUnreachable,
    /// The host does not answer its neighbour.
    HostUnreachable,
    /// No route.
    NetUnreachable,
    /// The destination does not know the protocol.
    ProtocolUnreachable,
    /// A firewall says no.
    Prohibited,
    /// The packet is too big and may not be fragmented.
    TooBig,
    /// Too many hops, or a fragment was lost.
    TimeExceeded,
    /// Another error.
    Other {
        /// ICMP type, zero for a local error.
        kind: u8,
        /// ICMP code, zero for a local error.
        code: u8,
        /// What the kernel makes of it.
        errno: i32,
    },
}

pub(crate) fn read(fd: BorrowedFd<'_>) -> Option<IcmpError> {
    let mut slot = Slot::empty();
    // The queue returns the beginning of the datagram itself, which is of no interest.
    let mut data = [0; 64];
    // A message of another kind (a timestamp, say) is passed over; each turn takes one message off the queue.
    loop {
        sys::receive(fd, &mut data, &mut slot, libc::MSG_ERRQUEUE).ok()?;
        let found = sys::ancillary_messages(slot.ancillary.octets()).find_map(|(level, kind, value)| {
            let expected = [(libc::IPPROTO_IP, libc::IP_RECVERR), (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)];
            expected.contains(&(level, kind)).then(|| decode(slot.name.address()?, value)).flatten()
        });
        if found.is_some() {
            return found;
        }
    }
}

/// Reads a `sock_extended_err`: errno (4), origin, type, code, padding, info (4), data (4); the reporter's address follows.
fn decode(dst: SocketAddr, value: &[u8]) -> Option<IcmpError> {
    let errno = i32::from_ne_bytes(*value.first_chunk()?);
    let &[origin, kind, code, _] = value.get(4..)?.first_chunk()?;
    let info = u32::from_ne_bytes(*value.get(8..)?.first_chunk()?);
    let meaning = match (origin, kind, code) {
        (libc::SO_EE_ORIGIN_ICMP, 3, 0 | 6 | 11) => IcmpKind::NetUnreachable,
        (libc::SO_EE_ORIGIN_ICMP, 3, 1 | 7 | 8 | 12) => IcmpKind::HostUnreachable,
        (libc::SO_EE_ORIGIN_ICMP, 3, 2) => IcmpKind::ProtocolUnreachable,
        (libc::SO_EE_ORIGIN_ICMP, 3, 3) => IcmpKind::PortUnreachable,
        (libc::SO_EE_ORIGIN_ICMP, 3, 4) => IcmpKind::TooBig,
        (libc::SO_EE_ORIGIN_ICMP, 3, 9 | 10 | 13..=15) => IcmpKind::Prohibited,
        (libc::SO_EE_ORIGIN_ICMP, 11, _) => IcmpKind::TimeExceeded,
        (libc::SO_EE_ORIGIN_ICMP6, 1, 0) => IcmpKind::NetUnreachable,
        (libc::SO_EE_ORIGIN_ICMP6, 1, 1 | 5 | 6) => IcmpKind::Prohibited,
        (libc::SO_EE_ORIGIN_ICMP6, 1, 2 | 3) => IcmpKind::HostUnreachable,
        (libc::SO_EE_ORIGIN_ICMP6, 1, 4) => IcmpKind::PortUnreachable,
        (libc::SO_EE_ORIGIN_ICMP6, 2, _) => IcmpKind::TooBig,
        (libc::SO_EE_ORIGIN_ICMP6, 3, _) => IcmpKind::TimeExceeded,
        (libc::SO_EE_ORIGIN_ICMP6, 4, 1) => IcmpKind::ProtocolUnreachable,
        (libc::SO_EE_ORIGIN_LOCAL, ..) if errno == libc::EMSGSIZE => IcmpKind::TooBig,
        (libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6 | libc::SO_EE_ORIGIN_LOCAL, ..) => {
            IcmpKind::Other { kind, code, errno }
        }
        // Timestamps and zero-copy completions share the queue.
        _ => return None,
    };
    let mtu = (meaning == IcmpKind::TooBig && info > 0).then_some(info);
    let reporter = value.get(16..).and_then(sys::decode_address).map(|address| address.ip());
    Some(IcmpError { dst, kind: meaning, mtu, reporter: reporter.filter(|ip| !ip.is_unspecified()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_router_that_needs_fragmentation_names_its_mtu() {
        let dst = "198.51.100.9:4500".parse().unwrap();
        let mut value = Vec::new();
        value.extend(libc::EMSGSIZE.to_ne_bytes());
        value.extend([libc::SO_EE_ORIGIN_ICMP, 3, 4, 0]);
        value.extend(1400_u32.to_ne_bytes());
        value.extend([0; 4]);
        value.extend((libc::AF_INET as u16).to_ne_bytes());
        value.extend([0, 0, 203, 0, 113, 1]);
        let reporter = Some("203.0.113.1".parse().unwrap());
        assert_eq!(decode(dst, &value), Some(IcmpError { dst, kind: IcmpKind::TooBig, mtu: Some(1400), reporter }));
    }

    proptest! {
        #[test]
        fn no_octets_make_decoding_panic(value in proptest::collection::vec(any::<u8>(), 0..48)) {
            let _ = decode("198.51.100.9:4500".parse().unwrap(), &value);
        }
    }
}
