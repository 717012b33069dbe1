//! Accounts and address pools: decisions, no IO.

mod accounts;
mod hours;
mod pool;
mod prefixes;

pub use accounts::{Account, Accounts, Denied, MsChapV2Proof, MsChapV2Response};
pub use hours::Hours;
pub use pool::{Lease, Pool, PoolExhausted, PoolRange, RangeError};
pub use prefixes::{Ipv6Range, Ipv6RangeError, Prefix64, Prefixes};
