//! Time as a value: timestamps, timer tables, deadline queues, back-off.
//!
//! Nothing here reads a clock. The caller reads one and passes a [`Timestamp`] in, which is what lets the same engines run
//! against the operating system and in a simulator's virtual time.

mod backoff;
mod queue;
mod timers;
mod timestamp;

pub use backoff::Backoff;
pub use queue::DeadlineQueue;
pub use timers::{TimerKind, Timers};
pub use timestamp::Timestamp;
