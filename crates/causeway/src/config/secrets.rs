//! Secrets in files, and what is wrong with some pre-shared keys.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crypto::Secret;

use super::FileProblem;

/// A shorter pre-shared key can be guessed by whoever records one connection attempt (CVE-2018-5389).
pub(crate) const MIN_PSK_CHARACTERS: usize = 20;

/// Reads a file that holds one secret. A final line end does not belong to it.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, FileProblem> {
    let failed = |what: &str, error: std::io::Error| FileProblem {
        message: format!("cannot {what} {}: {error}", path.display()),
        help: None,
    };
    let metadata = std::fs::metadata(path).map_err(|error| failed("look at", error))?;
    if metadata.mode() & 0o077 != 0 {
        return Err(FileProblem {
            message: format!("{} can be read by others (mode {:03o})", path.display(), metadata.mode() & 0o777),
            help: Some(format!("chmod 600 {}", path.display())),
        });
    }
    let mut bytes = std::fs::read(path).map_err(|error| failed("read", error))?;
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
