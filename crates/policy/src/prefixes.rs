use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A prefix out of which every session gets a /64 of its own, written `fd00:99::/48`. The first /64 is the server's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ipv6Range {
    network: u128,
    len: u8,
}

/// A prefix that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ipv6RangeError {
    /// Not `ADDRESS/LENGTH`.
    Form,
    /// Longer than /60 or shorter than /32.
    Length,
    /// Not an address that a host can have: link-local, multicast or loopback.
    Kind,
}

impl fmt::Display for Ipv6RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ipv6RangeError::Form => "expected PREFIX/LENGTH, for example fd00:99::/48",
            Ipv6RangeError::Length => {
                "the prefix length has to lie between 32 and 60: every client gets a /64 of its own"
            }
            Ipv6RangeError::Kind => {
                "hosts cannot have addresses of this prefix; take one that starts with fd, or one of your own"
            }
        })
    }
}

impl std::error::Error for Ipv6RangeError {}

impl FromStr for Ipv6Range {
    type Err = Ipv6RangeError;

    fn from_str(text: &str) -> Result<Ipv6Range, Ipv6RangeError> {
        let (address, len) = text.split_once('/').ok_or(Ipv6RangeError::Form)?;
        let address: Ipv6Addr = address.trim().parse().map_err(|_| Ipv6RangeError::Form)?;
        let len: u8 = len.trim().parse().map_err(|_| Ipv6RangeError::Form)?;
        if !(32..=60).contains(&len) {
            return Err(Ipv6RangeError::Length);
        }
        if address.is_multicast() || address.is_unicast_link_local() || address.to_bits() >> 64 == 0 {
            return Err(Ipv6RangeError::Kind);
        }
        Ok(Ipv6Range { network: address.to_bits() & (u128::MAX << (128 - len)), len })
    }
}

impl fmt::Display for Ipv6Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv6Addr::from_bits(self.network), self.len)
    }
}

impl Ipv6Range {
    /// The server's own address: the first of the first /64.
    pub fn server(&self) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.network | 1)
    }

    /// Bits that all addresses share.
    pub fn prefix_len(&self) -> u8 {
        self.len
    }

    /// Whether `address` lies in the range.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        address.to_bits() & (u128::MAX << (128 - self.len)) == self.network
    }

    /// Whether `address` lies in the server's own /64, the first of the range.
    pub fn is_server(&self, address: Ipv6Addr) -> bool {
        Prefix64::of(address) == self.prefix(0)
    }

    /// Prefixes that can be handed out.
    pub fn size(&self) -> u64 {
        (1 << (64 - self.len)) - 1
    }

    fn prefix(&self, index: u64) -> Prefix64 {
        Prefix64((self.network >> 64) as u64 | index)
    }
}

/// A /64: the upper half of the addresses in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Prefix64(pub u64);

impl Prefix64 {
    /// The prefix that `address` lies in.
    pub fn of(address: Ipv6Addr) -> Prefix64 {
        Prefix64((address.to_bits() >> 64) as u64)
    }

    /// The first address, with zeros behind the prefix.
    pub fn network(self) -> Ipv6Addr {
        Ipv6Addr::from_bits(u128::from(self.0) << 64)
    }
}

impl fmt::Display for Prefix64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/64", self.network())
    }
}

/// The /64 prefixes of a range, each handed out to one session at a time.
#[derive(Clone, Debug)]
pub struct Prefixes {
    range: Ipv6Range,
    taken: HashMap<Prefix64, u64>,
    next: u64,
}

impl Prefixes {
    /// All of `range` but the server's /64.
    pub fn new(range: Ipv6Range) -> Prefixes {
        Prefixes { range, taken: HashMap::new(), next: 1 }
    }

    /// The range.
    pub fn range(&self) -> Ipv6Range {
        self.range
    }

    /// Prefixes that are handed out now.
    pub fn in_use(&self) -> usize {
        self.taken.len()
    }

    /// Hands out a prefix to `holder`, the one that was free for longest; `None` when every one is taken.
    pub fn allocate(&mut self, holder: u64) -> Option<Prefix64> {
        if self.taken.len() as u64 >= self.range.size() {
            return None;
        }
        loop {
            let candidate = self.range.prefix(self.next);
            self.next = if self.next >= self.range.size() { 1 } else { self.next + 1 };
            if let Entry::Vacant(free) = self.taken.entry(candidate) {
                free.insert(holder);
                return Some(candidate);
            }
        }
    }

    /// Gives `prefix` back if `holder` holds it.
    pub fn release(&mut self, holder: u64, prefix: Prefix64) {
        if self.taken.get(&prefix) == Some(&holder) {
            self.taken.remove(&prefix);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_and_nonsense_is_named() {
        let range: Ipv6Range = "fd00:99:0:7::5/48".parse().unwrap();
        assert_eq!(range.to_string(), "fd00:99::/48");
        assert_eq!(range.server(), "fd00:99::1".parse::<Ipv6Addr>().unwrap());
        assert_eq!("fd00:99::/64".parse::<Ipv6Range>(), Err(Ipv6RangeError::Length));
        assert_eq!("fe80::/48".parse::<Ipv6Range>(), Err(Ipv6RangeError::Kind));
        assert_eq!("fd00:99::".parse::<Ipv6Range>(), Err(Ipv6RangeError::Form));
    }

    #[test]
    fn every_session_has_a_prefix_of_its_own_until_none_is_left() {
        let mut prefixes = Prefixes::new("fd00:99::/60".parse().unwrap());
        let mut seen: Vec<_> = (0..15).map(|holder| prefixes.allocate(holder).unwrap()).collect();
        assert_eq!(prefixes.allocate(99), None);
        assert_eq!(seen[0].to_string(), "fd00:99:0:1::/64");
        seen.dedup();
        assert_eq!(seen.len(), 15);
        prefixes.release(7, seen[3]);
        assert_eq!(prefixes.in_use(), 15, "only the holder can give a prefix back");
        prefixes.release(3, seen[3]);
        assert_eq!(prefixes.allocate(100), Some(seen[3]));
        assert_eq!(Prefix64::of("fd00:99:0:1::abcd".parse().unwrap()), seen[0]);
    }
}
