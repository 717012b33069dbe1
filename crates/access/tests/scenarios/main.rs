//! Scenarios: the server and its clients over a virtual network, one behaviour in each test.
//!
//! A test that fails leaves the capture at the server's line as a file and names it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that does not get what it expects has failed")]

mod agree;
mod chaos;
mod churn;
mod connecting;
mod endings;
mod errors;
mod faults;
mod foreign;
mod full;
mod host_side;
mod hostile_server;
mod isolation;
mod keylog;
mod lifetimes;
mod lns;
mod nat;
mod packets;
mod pushed;
mod refusals;
mod rogue;

mod storms;
mod strangers;
mod unprotected;
mod world;
