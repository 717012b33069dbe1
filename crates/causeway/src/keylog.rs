//! `--keylog FILE`: the keys of what is agreed, for Wireshark and for `causeway doctor read --keys`.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use access::Keys;

use crate::exit::Failure;

/// The file to which keys are appended.
pub(crate) struct KeyLog {
    file: File,
    path: PathBuf,
    failed: bool,
}

impl KeyLog {
    /// Opens the file, which only its owner may read; makes it if there is none.
    pub(crate) fn open(path: &Path) -> Result<KeyLog, Failure> {
        let failed = |error| Failure::local(format!("cannot open {} for keys: {error}", path.display()));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Failure::local(format!(
                "others than its owner may open {}: keys are not written there; `chmod 600` it or name another file",
                path.display()
            )));
        }
        Ok(KeyLog { file, path: path.to_owned(), failed: false })
    }

    /// What a person is told at every start.
    pub(crate) fn warning(&self) -> String {
        format!(
            "ALL KEYS ARE WRITTEN TO {}: whoever has this file can read everything that passes, passwords' proofs included; \
             delete it when the fault is found",
            self.path.display()
        )
    }

    /// Appends keys. A file that does not take them must not stop the service.
    pub(crate) fn write(&mut self, keys: &Keys<'_>) {
        let written = self.file.write_all(keys.lines().as_bytes());
        if let Err(error) = written
            && !std::mem::replace(&mut self.failed, true)
        {
            anstream::eprintln!("keys are missing from {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_keys_is_its_owners_alone() {
        let directory = std::env::temp_dir().join(format!("causeway-keylog-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let (fresh, open) = (directory.join("fresh"), directory.join("open"));
        let log = KeyLog::open(&fresh).unwrap();
        assert_eq!(std::fs::metadata(&fresh).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(log.warning().contains("fresh"));
        std::fs::write(&open, "").unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(KeyLog::open(&open).is_err());
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
