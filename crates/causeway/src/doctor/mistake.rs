//! How a command ends that cannot do what it was asked to, in the person's language.

use std::io;

use diagnose::Texts;

use super::phrases::say;
use crate::config::SecretFault;
use crate::exit::Failure;

/// Wrong usage, or nothing that can be read.
pub(super) fn usage(texts: &Texts, id: &str, values: &[(&str, &str)]) -> Failure {
    Failure::configuration(say(texts, id, values))
}

/// Something on this machine failed with this error of the operating system.
pub(super) fn local(texts: &Texts, id: &str, values: &[(&str, &str)], error: &io::Error) -> Failure {
    let error = system(texts, error);
    let values: Vec<(&str, &str)> = values.iter().copied().chain([("error", error.as_str())]).collect();
    Failure::local(say(texts, id, &values))
}

/// A file cannot be read.
pub(super) fn unreadable(texts: &Texts, file: &str, error: &io::Error) -> Failure {
    usage(texts, "error-cannot-read", &[("file", file), ("error", &system(texts, error))])
}

/// A secret cannot be had.
pub(super) fn secret(texts: &Texts, fault: SecretFault) -> Failure {
    match fault {
        SecretFault::Unreadable { path, error } => unreadable(texts, &path.display().to_string(), &error),
        SecretFault::Exposed { path, mode } => {
            let values = [("file", path.display().to_string()), ("mode", format!("{mode:03o}"))];
            usage(texts, "error-secret-exposed", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
        }
        SecretFault::Empty { name } => usage(texts, "error-secret-empty", &[("name", &name)]),
    }
}

/// What the operating system says; in its own words where they are rare.
pub(super) fn system(texts: &Texts, error: &io::Error) -> String {
    let id = match error.kind() {
        io::ErrorKind::NotFound => "io-not-found",
        io::ErrorKind::PermissionDenied => "io-permission",
        io::ErrorKind::IsADirectory => "io-directory",
        io::ErrorKind::AddrInUse => "io-in-use",
        _ => return error.to_string(),
    };
    say(texts, id, &[])
}
