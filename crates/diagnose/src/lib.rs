//! Cause catalogue and RAS codes: what a failure means to people.

mod cause;
mod dial;
mod ras;
mod verdict;

pub use cause::{Cause, FixAt};
pub use dial::{Layer, Obstacle};
pub use ras::Ras;
pub use verdict::Verdict;
