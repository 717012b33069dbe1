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

/// What clients are known to get wrong about this key.
pub(crate) fn psk_warnings(psk: &Secret) -> Vec<String> {
    let text = String::from_utf8_lossy(psk.as_bytes());
    let mut warnings = Vec::new();
    if !text.is_ascii() {
        warnings.push("the pre-shared key holds characters outside ASCII: clients encode them differently, and the keys will not match".to_owned());
    }
    if text.contains(['"', '\'', '\\', ' ', '#']) {
        warnings.push(
            "the pre-shared key holds quotes, a backslash, a blank or #: some clients cut or change it there"
                .to_owned(),
        );
    }
    warnings
}
