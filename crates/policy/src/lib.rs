//! Accounts and address pools: decisions, no IO.
