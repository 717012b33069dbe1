//! What server and dialer write down: the lines of the log and the events of `causeway dial --json`.
//!
//! One place, so that what is written can be read back: `ingest` reads these lines, and the scenarios try that the doctor finds
//! in them what the engines knew.

pub mod dial;
mod line;
pub mod server;

pub use line::{Format, Layout, Level};
