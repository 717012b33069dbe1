//! Accounts and address pools: decisions, no IO.

mod accounts;
mod pool;

pub use accounts::{Account, Accounts, Denied, MsChapV2Proof, MsChapV2Response};
pub use pool::{Lease, Pool, PoolExhausted, PoolRange, RangeError};
