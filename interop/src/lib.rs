//! Causeway against programs nobody here wrote: a laboratory on one machine.
//!
//! * [`Lab`] is a network of Linux namespaces: segments ([`Net`]), address translators and hosts ([`Host`]). Its addresses exist
//!   nowhere else, and nothing sent in it can leave it.
//! * [`Guest`] is a whole Linux with its own kernel (User-Mode Linux), for peers which need kernel ESP, L2TP and PPP.
//!   It runs on this machine's root file system, read-only.
//! * [`Native`] is a program that runs in a [`Host`], such as the server under test.
//!
//! Everything ends when its value is dropped, also while a test panics; what a killed test left behind, the next one removes.

mod accounts;
mod causeway;
mod dialer;
mod error;
mod guest;
mod l2tpns;
mod lab;
mod lines;
mod linux;
mod pptp;
mod prerequisites;
mod probed;
mod process;
mod report;
mod softether;

pub use causeway::{Causeway, Start};
pub use dialer::{Dialer, Failed};
pub use error::{Error, Result};
pub use guest::{Guest, Job, Outcome, Task};
pub use l2tpns::L2tpNs;
pub use lab::{Host, Lab, Net};
pub use lines::Lines;
pub use linux::{Attempt, Dial, LinuxClient, LinuxServer};
pub use pptp::PptpServer;
pub use probed::Probed;
pub use process::{Ended, Native};
pub use report::Report;
pub use softether::SoftEther;
