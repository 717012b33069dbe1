//! How the program ends: exit status and what is said on the way out.

use std::fmt;
use std::process::ExitCode;

/// A command that did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    /// Wrong usage or configuration: 2.
    pub(crate) fn configuration(message: impl Into<String>) -> Failure {
        Failure { status: 2, message: message.into() }
    }

    /// Something on this machine: permission, device, port in use: 20.
    pub(crate) fn local(message: impl Into<String>) -> Failure {
        Failure { status: 20, message: message.into() }
    }

    /// A failure that has been explained already; only the status is left to give.
    pub(crate) fn explained(status: u8) -> Failure {
        Failure { status, message: String::new() }
    }

    /// The exit status.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.status)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.trim_end())
    }
}
