//! Socket addresses as the kernel reads and writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Room for an IPv4 or IPv6 `sockaddr`, with the length in use.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(crate) struct SocketName {
    octets: [u8; Self::CAPACITY as usize],
    len: libc::socklen_t,
}

impl SocketName {
    /// Octets of room; a `sockaddr_in6` has 28.
    pub(crate) const CAPACITY: libc::socklen_t = 32;

    pub(crate) const fn empty() -> Self {
        SocketName { octets: [0; Self::CAPACITY as usize], len: 0 }
    }

    pub(crate) fn new(address: SocketAddr) -> Self {
        let mut name = SocketName::empty();
        name.octets[2..4].copy_from_slice(&address.port().to_be_bytes());
        match address {
            SocketAddr::V4(v4) => {
                name.octets[..2].copy_from_slice(&(libc::AF_INET as libc::sa_family_t).to_ne_bytes());
                name.octets[4..8].copy_from_slice(&v4.ip().octets());
                name.len = size_of::<libc::sockaddr_in>() as libc::socklen_t;
            }
            SocketAddr::V6(v6) => {
                name.octets[..2].copy_from_slice(&(libc::AF_INET6 as libc::sa_family_t).to_ne_bytes());
                name.octets[4..8].copy_from_slice(&v6.flowinfo().to_be_bytes());
                name.octets[8..24].copy_from_slice(&v6.ip().octets());
                name.octets[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
                name.len = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
            }
        }
        name
    }

    /// The address, unless it is of another family or cut short.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        decode(self.octets.get(..self.len as usize)?)
    }

    pub(crate) const fn len(&self) -> libc::socklen_t {
        self.len
    }

    pub(crate) fn set_len(&mut self, len: libc::socklen_t) {
        self.len = len.min(Self::CAPACITY);
    }

    pub(crate) const fn as_ptr(&self) -> *const libc::sockaddr {
        self.octets.as_ptr().cast()
    }

    pub(crate) const fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        self.octets.as_mut_ptr().cast()
    }
}

/// Reads a `sockaddr_in` or `sockaddr_in6`.
pub(crate) fn decode(octets: &[u8]) -> Option<SocketAddr> {
    let family = i32::from(u16::from_ne_bytes(*octets.first_chunk()?));
    let port = u16::from_be_bytes(*octets.get(2..)?.first_chunk()?);
    match family {
        libc::AF_INET => {
            let ip = Ipv4Addr::from(*octets.get(4..)?.first_chunk::<4>()?);
            Some(SocketAddr::new(IpAddr::V4(ip), port))
        }
        libc::AF_INET6 => {
            let flow = u32::from_be_bytes(*octets.get(4..)?.first_chunk()?);
            let ip = Ipv6Addr::from(*octets.get(8..)?.first_chunk::<16>()?);
            let scope = u32::from_ne_bytes(*octets.get(24..)?.first_chunk()?);
            Some(SocketAddr::V6(SocketAddrV6::new(ip, port, flow, scope)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_survive_the_way_to_the_kernel_and_back() {
        for text in ["192.0.2.7:4500", "[2001:db8::1]:500", "[fe80::1%3]:500"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(SocketName::new(address).address(), Some(address));
        }
    }

    #[test]
    fn the_layout_is_that_of_the_c_structures() {
        let name = SocketName::new("192.0.2.7:4500".parse().unwrap());
        // SAFETY: `name` is aligned to 8 and longer than a sockaddr_in, of which every bit pattern is valid.
        let read = unsafe { name.as_ptr().cast::<libc::sockaddr_in>().read() };
        assert_eq!(i32::from(read.sin_family), libc::AF_INET);
        assert_eq!(u16::from_be(read.sin_port), 4500);
        assert_eq!(u32::from_be(read.sin_addr.s_addr), 0xc000_0207);
    }

    proptest! {
        #[test]
        fn no_octets_make_decoding_panic(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode(&octets);
        }
    }
}
