use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A range of IPv4 addresses, both ends included, written `10.0.0.10-10.0.0.99` or `10.0.0.0/24`.
///
/// A prefix stands for its usable addresses: network and broadcast address are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolRange {
    first: u32,
    last: u32,
}

/// A range that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RangeError {
    /// Neither `FIRST-LAST` nor `ADDRESS/LENGTH`.
    Form,
    /// The last address lies before the first.
    Reversed,
    /// Fewer than two addresses: one is the server's own.
    TooSmall,
    /// More than 2^20 addresses.
    TooLarge,
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RangeError::Form => "expected FIRST-LAST or ADDRESS/LENGTH, for example 10.99.0.0/24",
            RangeError::Reversed => "the last address lies before the first",
            RangeError::TooSmall => "a pool needs two addresses at least: one is the server's own",
            RangeError::TooLarge => "a pool holds at most 1048576 addresses (a /12)",
        })
    }
}

impl std::error::Error for RangeError {}

impl FromStr for PoolRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let (first, last) = if let Some((first, last)) = text.split_once('-') {
            let parse = |part: &str| part.trim().parse::<Ipv4Addr>().map(u32::from).map_err(|_| RangeError::Form);
            (parse(first)?, parse(last)?)
        } else {
            let (address, length) = text.split_once('/').ok_or(RangeError::Form)?;
            let address: Ipv4Addr = address.trim().parse().map_err(|_| RangeError::Form)?;
            let length: u32 = length.trim().parse().map_err(|_| RangeError::Form)?;
            let host_bits = 32u32.checked_sub(length).ok_or(RangeError::Form)?;
            if host_bits < 2 {
                return Err(RangeError::TooSmall);
            }
            if host_bits > 20 {
                return Err(RangeError::TooLarge);
            }
            let mask = (1u32 << host_bits) - 1;
            let network = u32::from(address) & !mask;
            (network + 1, (network | mask) - 1)
        };
        match last.checked_sub(first) {
            None => Err(RangeError::Reversed),
            Some(0) => Err(RangeError::TooSmall),
            Some(1_048_576..) => Err(RangeError::TooLarge),
            Some(_) => Ok(PoolRange { first, last }),
        }
    }
}

impl fmt::Display for PoolRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Ipv4Addr::from(self.first), Ipv4Addr::from(self.last))
    }
}

impl PoolRange {
    /// The first address, which the server takes for itself.
    pub fn first(&self) -> Ipv4Addr {
        self.first.into()
    }

    /// The last address.
    pub fn last(&self) -> Ipv4Addr {
        self.last.into()
    }

    /// Number of addresses.
    pub fn len(&self) -> usize {
        (self.last - self.first) as usize + 1
    }

    /// A range is never empty.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether `address` lies in the range.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&u32::from(address))
    }

    /// Length of the shortest prefix mask that covers the whole range.
    pub fn covering_prefix(&self) -> u8 {
        (self.first ^ self.last).leading_zeros() as u8
    }
}

/// No address of the pool is free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolExhausted {
    /// Addresses that can be handed out.
    pub size: usize,
}

/// An address that is handed out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The client's address.
    pub client: Ipv4Addr,
    /// The server's address, the same for everybody.
    pub server: Ipv4Addr,
}

/// Addresses for clients, each handed out to one session at a time.
///
/// A user gets the same address again as long as nobody else needed it: filters and shares of small networks depend on it.
#[derive(Clone, Debug)]
pub struct Pool {
    range: PoolRange,
    taken: HashMap<Ipv4Addr, u64>,
    last_of_user: HashMap<String, Ipv4Addr>,
    /// Addresses that belong to accounts, and are handed out to these only.
    reserved: BTreeSet<Ipv4Addr>,
    next: u32,
}

impl Pool {
    /// A pool whose first address is the server's.
    pub fn new(range: PoolRange) -> Pool {
        Pool {
            range,
            taken: HashMap::new(),
            last_of_user: HashMap::new(),
            reserved: BTreeSet::new(),
            next: range.first + 1,
        }
    }

    /// Keeps `addresses` for the accounts that they belong to.
    pub fn reserve(&mut self, addresses: impl IntoIterator<Item = Ipv4Addr>) {
        self.reserved = addresses.into_iter().collect();
    }

    /// The range that the pool covers.
    pub fn range(&self) -> PoolRange {
        self.range
    }

    /// The server's own address.
    pub fn server(&self) -> Ipv4Addr {
        self.range.first()
    }

    /// Addresses that can be handed out altogether.
    pub fn size(&self) -> usize {
        self.range.len() - 1
    }

    /// Addresses that are handed out now.
    pub fn in_use(&self) -> usize {
        self.taken.len()
    }

    /// Whether no address is left for a user without one of his own.
    pub fn is_exhausted(&self) -> bool {
        // The first condition is cheap, and false as long as there are plenty.
        self.taken.len() + self.reserved.len() >= self.size()
            && (self.range.first + 1..=self.range.last).all(|address| !self.is_free(address.into()))
    }

    /// Who holds which address, in the order of addresses.
    pub fn leases(&self) -> Vec<(Ipv4Addr, u64)> {
        let mut leases: Vec<_> = self.taken.iter().map(|(&address, &holder)| (address, holder)).collect();
        leases.sort_unstable();
        leases
    }

    /// Hands out an address to `holder` for `user`: `fixed` where the account has one of its own, else the user's last one,
    /// else the next free one.
    ///
    /// # Errors
    /// When every address is taken, or the fixed one is.
    pub fn allocate(&mut self, holder: u64, user: &str, fixed: Option<Ipv4Addr>) -> Result<Lease, PoolExhausted> {
        let client = match fixed {
            Some(address) => (!self.taken.contains_key(&address)).then_some(address),
            None => self.remembered(user).or_else(|| self.next_free()),
        };
        let client = client.ok_or(PoolExhausted { size: self.size() })?;
        self.taken.insert(client, holder);
        // Bounded: names come from accounts that exist, but a shared RADIUS realm may have more than there are addresses.
        if self.last_of_user.len() >= self.range.len() {
            self.last_of_user.clear();
        }
        self.last_of_user.insert(user.to_owned(), client);
        Ok(Lease { client, server: self.server() })
    }

    /// Gives `address` back if `holder` holds it.
    pub fn release(&mut self, holder: u64, address: Ipv4Addr) {
        if self.taken.get(&address) == Some(&holder) {
            self.taken.remove(&address);
        }
    }

    fn remembered(&self, user: &str) -> Option<Ipv4Addr> {
        let address = *self.last_of_user.get(user)?;
        (self.range.contains(address) && self.is_free(address)).then_some(address)
    }

    fn next_free(&mut self) -> Option<Ipv4Addr> {
        for _ in 0..self.size() {
            let candidate = Ipv4Addr::from(self.next);
            self.next = if self.next >= self.range.last { self.range.first + 1 } else { self.next + 1 };
            if self.is_free(candidate) {
                return Some(candidate);
            }
        }
        None
    }

    fn is_free(&self, address: Ipv4Addr) -> bool {
        !self.taken.contains_key(&address) && !self.reserved.contains(&address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_prefixes_are_read_and_nonsense_is_named() {
        let range: PoolRange = "10.99.0.0/24".parse().unwrap();
        assert_eq!(range.to_string(), "10.99.0.1-10.99.0.254");
        assert_eq!(range.covering_prefix(), 24);
        assert_eq!("10.0.0.9-10.0.0.2".parse::<PoolRange>(), Err(RangeError::Reversed));
        assert_eq!("10.0.0.9".parse::<PoolRange>(), Err(RangeError::Form));
        assert_eq!("10.0.0.9-10.0.0.9".parse::<PoolRange>(), Err(RangeError::TooSmall));
        assert_eq!("10.0.0.0/33".parse::<PoolRange>(), Err(RangeError::Form));
        assert_eq!("0.0.0.0-255.255.255.255".parse::<PoolRange>(), Err(RangeError::TooLarge));
    }

    #[test]
    fn an_address_is_held_by_one_session_and_comes_back_to_its_user() {
        let mut pool = Pool::new("10.0.0.1-10.0.0.4".parse().unwrap());
        let anna = pool.allocate(1, "anna", None).unwrap().client;
        let ben = pool.allocate(2, "ben", None).unwrap().client;
        assert_ne!(anna, ben);
        pool.release(2, anna);
        assert_eq!(pool.in_use(), 2, "only the holder can give an address back");
        pool.release(1, anna);
        let carl = pool.allocate(3, "carl", None).unwrap().client;
        assert_ne!(carl, anna, "a fresh address is preferred to one that somebody may come back for");
        assert!(!pool.is_exhausted());
        assert_eq!(pool.allocate(4, "anna", None).unwrap().client, anna);
        assert!(pool.is_exhausted());
        assert_eq!(pool.allocate(5, "dora", None), Err(PoolExhausted { size: 3 }));
        pool.release(4, anna);
        pool.reserve([anna]);
        assert!(pool.is_exhausted(), "what belongs to an account is not free for others");
    }

    #[test]
    fn a_fixed_address_is_given_or_refused_but_never_doubled() {
        let mut pool = Pool::new("10.0.0.0/29".parse().unwrap());
        let fixed = Ipv4Addr::new(10, 0, 0, 5);
        assert_eq!(pool.allocate(1, "anna", Some(fixed)).unwrap().client, fixed);
        assert!(pool.allocate(2, "anna", Some(fixed)).is_err());
    }

    #[test]
    fn the_address_of_an_account_is_kept_for_it() {
        let mut pool = Pool::new("10.0.0.1-10.0.0.3".parse().unwrap());
        let fixed = Ipv4Addr::new(10, 0, 0, 2);
        pool.reserve([fixed]);
        assert_eq!(pool.allocate(1, "ben", None).unwrap().client, Ipv4Addr::new(10, 0, 0, 3));
        assert!(pool.allocate(2, "carl", None).is_err());
        assert_eq!(pool.allocate(3, "anna", Some(fixed)).unwrap().client, fixed);
    }
}
