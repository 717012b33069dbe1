use std::time::Duration;

use wire::Malformed;

/// Why a question was not answered. The connection goes on without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There were answers, and this was wrong with the last of them.
    Malformed(Malformed),
    /// The server said no (DHCPNAK).
    Refused,
    /// Nothing came.
    Silence {
        /// Questions sent.
        attempts: u32,
        /// Time from the first of them.
        elapsed: Duration,
    },
}
