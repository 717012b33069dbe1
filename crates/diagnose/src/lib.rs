//! Cause catalogue and RAS codes: what a failure means to people.

mod cause;
mod ras;
mod verdict;

pub use cause::{Cause, FixAt};
pub use ras::Ras;
pub use verdict::Verdict;
