//! Links, addresses and routes over rtnetlink.
//!
//! A [`Netlink`] speaks to the network namespace of the thread that opened it. Every command says whether it changed anything, so
//! that whoever cleans up removes what it made and leaves what was there.

mod address;
mod channel;
mod link;
mod message;
mod route;
mod rule;

pub use address::InterfaceAddress;
pub use channel::NetlinkError;
pub use link::{Link, LinkSettings};
pub use route::{Path, Route};
pub use rule::UnmarkedRule;

pub(crate) use channel::Channel;
pub(crate) use message::{Batch, Message, attributes};

use std::fmt;
use std::net::IpAddr;

/// A connection to the kernel's network configuration.
#[derive(Debug)]
pub struct Netlink {
    channel: Channel,
}

impl Netlink {
    /// Opens a connection to the network namespace of the calling thread. Reading needs no privilege; changing needs
    /// CAP_NET_ADMIN.
    pub fn open() -> Result<Netlink, NetlinkError> {
        Ok(Netlink { channel: Channel::open(libc::NETLINK_ROUTE)? })
    }
}

/// What a command found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "only what was made may be taken away again"]
pub enum Change {
    /// It was not so, and is now.
    Made,
    /// It was so before.
    AlreadySo,
}

impl Change {
    /// Turns the error that says "it is so already" into an answer.
    fn unless(result: Result<(), NetlinkError>, already: &[i32]) -> Result<Change, NetlinkError> {
        match result {
            Ok(()) => Ok(Change::Made),
            Err(NetlinkError::Refused { errno, .. }) if already.contains(&errno) => Ok(Change::AlreadySo),
            Err(error) => Err(error),
        }
    }
}

/// An address with the number of leading bits that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    address: IpAddr,
    len: u8,
}

impl Prefix {
    /// The prefix of `len` bits that `address` lies in; `None` when the address has fewer bits.
    pub fn new(address: IpAddr, len: u8) -> Option<Prefix> {
        let masked = match address {
            IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & mask(len, 32)? as u32).into()),
            IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & mask(len, 128)?).into()),
        };
        Some(Prefix { address: masked, len })
    }

    /// The prefix that holds this one address.
    pub fn host(address: IpAddr) -> Prefix {
        Prefix { address, len: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// Whether `address` begins with these bits.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Prefix::new(address, self.len) == Some(*self)
    }

    /// The first address; the bits after the prefix are zero.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Leading bits that matter.
    pub fn prefix_len(&self) -> u8 {
        self.len
    }

    /// The mask, as octets of the address' length.
    pub(crate) fn mask_octets(&self) -> Vec<u8> {
        let mask = |bits| mask(self.len, bits).expect("the constructor checks the length");
        match self.address {
            IpAddr::V4(_) => (mask(32) as u32).to_be_bytes().to_vec(),
            IpAddr::V6(_) => mask(128).to_be_bytes().to_vec(),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

/// The address' octets, as netlink carries them.
pub(crate) fn address_octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// The number of an address family.
pub(crate) fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { libc::AF_INET as u8 } else { libc::AF_INET6 as u8 }
}

/// The address in an attribute of four or sixteen octets.
fn read_address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => Some(IpAddr::from(*octets.first_chunk::<4>()?)),
        16 => Some(IpAddr::from(*octets.first_chunk::<16>()?)),
        _ => None,
    }
}

fn read_u32(octets: &[u8]) -> Option<u32> {
    octets.first_chunk().map(|&octets| u32::from_ne_bytes(octets))
}

/// A mask of `len` leading ones in a number of `bits` bits.
fn mask(len: u8, bits: u8) -> Option<u128> {
    let zeroes = u32::from(bits.checked_sub(len)?);
    let ones = u128::MAX >> (128 - u32::from(bits));
    Some(if zeroes == 128 { 0 } else { ones >> zeroes << zeroes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_prefix_forgets_the_bits_behind_it() {
        let prefix = |address: &str, len| Prefix::new(address.parse().unwrap(), len).map(|prefix| prefix.to_string());
        assert_eq!(prefix("192.0.2.77", 24).as_deref(), Some("192.0.2.0/24"));
        assert_eq!(prefix("192.0.2.77", 0).as_deref(), Some("0.0.0.0/0"));
        assert_eq!(prefix("192.0.2.77", 33), None);
        assert_eq!(prefix("2001:db8:ffff::1", 33).as_deref(), Some("2001:db8:8000::/33"));
        assert_eq!(prefix("2001:db8::1", 0).as_deref(), Some("::/0"));
        assert_eq!(prefix("2001:db8::1", 129), None);
        assert_eq!(Prefix::new("10.1.2.3".parse().unwrap(), 20).unwrap().mask_octets(), [255, 255, 240, 0]);
    }

    proptest! {
        #[test]
        fn masking_twice_is_masking_once(octets: [u8; 16], len in 0_u8..=128) {
            let prefix = Prefix::new(IpAddr::from(octets), len).unwrap();
            prop_assert_eq!(Prefix::new(prefix.address(), len), Some(prefix));
        }
    }
}
