//! Real peers against Causeway, in a laboratory of namespaces and guests.
//!
//! Where a machine cannot have the laboratory, each test says `skipped: <why>` and passes; with `CAUSEWAY_INTEROP=require` in the
//! environment it fails.

mod baseline;
mod clear;
mod connection;
mod dial;
mod ipv6;
mod lifecycle;
mod nat;
mod pptp;
mod probe;
mod proposals;
mod refusals;
mod strangers;
mod world;
