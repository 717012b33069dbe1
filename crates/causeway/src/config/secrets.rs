//! Secrets in files, and what is wrong with some pre-shared keys.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crypto::Secret;

use super::FileProblem;

/// A shorter pre-shared key can be guessed by whoever records one connection attempt (CVE-2018-5389).
pub(crate) const MIN_PSK_CHARACTERS: usize = 20;

/// Why a secret cannot be had.
#[derive(Debug)]
pub(crate) enum SecretFault {
    /// The operating system does not let its file be read.
    Unreadable { path: PathBuf, error: io::Error },
    /// Others can read its file, which has this mode.
    Exposed { path: PathBuf, mode: u32 },
    /// The one of this name is empty.
    Empty { name: String },
}

impl From<SecretFault> for FileProblem {
    fn from(fault: SecretFault) -> FileProblem {
        match fault {
            SecretFault::Unreadable { path, error } => {
                FileProblem { message: format!("cannot read {}: {error}", path.display()), help: None }
            }
            SecretFault::Exposed { path, mode } => FileProblem {
                message: format!("{} can be read by others (mode {mode:03o})", path.display()),
                help: Some(format!("chmod 600 {}", path.display())),
            },
            SecretFault::Empty { name } => FileProblem { message: format!("the {name} is empty"), help: None },
        }
    }
}

/// Reads a file that holds one secret. A final line end does not belong to it.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, SecretFault> {
    let failed = |error| SecretFault::Unreadable { path: path.to_owned(), error };
    let mode = std::fs::metadata(path).map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretFault::Exposed { path: path.to_owned(), mode });
    }
    let mut bytes = std::fs::read(path).map_err(failed)?;
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(bytes)
}

/// A warning if everybody can read the file at `path`.
pub(crate) fn exposed(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.mode() & 0o777;
    let warning = || {
        format!("{0} can be read by everybody (mode {mode:03o}); if it holds secrets: chmod 600 {0}", path.display())
    };
    (mode & 0o004 != 0).then(warning)
}

/// What clients are known to get wrong about a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeyTrouble {
    /// They encode its characters in different ways.
    NotAscii,
    /// They cut or change it at one of its characters.
    Quotes,
}

impl KeyTrouble {
    /// What this key suffers from.
    pub(crate) fn of(psk: &Secret) -> Vec<KeyTrouble> {
        let text = String::from_utf8_lossy(psk.as_bytes());
        let quotes = text.contains(['"', '\'', '\\', ' ', '#']);
        let all = [(!text.is_ascii(), KeyTrouble::NotAscii), (quotes, KeyTrouble::Quotes)];
        all.into_iter().filter(|(is, _)| *is).map(|(_, trouble)| trouble).collect()
    }
}

/// What clients are known to get wrong about this key, for a log.
pub(crate) fn psk_warnings(psk: &Secret) -> Vec<String> {
    let say = |trouble| match trouble {
        KeyTrouble::NotAscii => {
            "the pre-shared key holds characters outside ASCII: clients encode them differently, and the keys will not match"
        }
        KeyTrouble::Quotes => {
            "the pre-shared key holds quotes, a backslash, a blank or #: some clients cut or change it there"
        }
    };
    KeyTrouble::of(psk).into_iter().map(say).map(str::to_owned).collect()
}
