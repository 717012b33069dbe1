//! The resolver's configuration, replaced for the time of a connection and put back even after a crash.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The first line of a file that is ours: only such a file is put back, whatever else has happened to it.
const MARK: &str = "# Written by `causeway dial`; the file before it comes back at the end of the connection.\n";

/// A replaced file and the copy of what it was.
#[derive(Debug)]
pub(crate) struct Resolv {
    file: PathBuf,
    saved: PathBuf,
}

/// What stands in the saved copy in front of the place that a symbolic link led to.
const LINK: &[u8] = b"link ";

/// What stands in the saved copy in front of the contents of a file.
const FILE: &[u8] = b"file ";

impl Resolv {
    /// The resolver's `file`, whose former state is kept at `saved`.
    pub(crate) fn new(file: impl Into<PathBuf>, saved: impl Into<PathBuf>) -> Resolv {
        Resolv { file: file.into(), saved: saved.into() }
    }

    /// Lets the resolver ask `servers`, and look for short names in `domains`. What was there is on disk before anything changes.
    pub(crate) fn replace(&self, servers: &[Ipv4Addr], domains: &[String]) -> io::Result<()> {
        if !self.saved.exists() {
            let before = match fs::read_link(&self.file) {
                Ok(target) => [LINK, target.as_os_str().as_encoded_bytes()].concat(),
                Err(_) => [FILE, &*read_if_there(&self.file)?].concat(),
            };
            write_synced(&self.saved.with_extension("new"), &before)?;
            fs::rename(self.saved.with_extension("new"), &self.saved)?;
        }
        let mut text = MARK.to_owned();
        for server in servers {
            text.push_str(&format!("nameserver {server}\n"));
        }
        if !domains.is_empty() {
            text.push_str(&format!("search {}\n", domains.join(" ")));
        }
        put(&self.file, text.as_bytes())
    }

    /// Puts back what was there, if the file is still ours. Does nothing if nothing was replaced.
    pub(crate) fn restore(&self) -> io::Result<()> {
        let before = match fs::read(&self.saved) {
            Ok(before) => before,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let ours = read_if_there(&self.file)?.starts_with(MARK.as_bytes());
        if ours && let Some(target) = before.strip_prefix(LINK) {
            let target = Path::new(OsStr::from_bytes(target));
            let new = beside(&self.file);
            let _ = fs::remove_file(&new);
            std::os::unix::fs::symlink(target, &new)?;
            fs::rename(&new, &self.file)?;
        } else if ours && let Some(contents) = before.strip_prefix(FILE) {
            put(&self.file, contents)?;
        }
        fs::remove_file(&self.saved)
    }
}

/// Replaces a file whole, or writes into it where it cannot be replaced: in a container it is mounted.
fn put(file: &Path, contents: &[u8]) -> io::Result<()> {
    let new = beside(file);
    write_synced(&new, contents)?;
    if fs::rename(&new, file).is_ok() {
        return Ok(());
    }
    let _ = fs::remove_file(&new);
    write_synced(file, contents)
}

fn beside(file: &Path) -> PathBuf {
    file.with_extension("conf.causeway")
}

fn write_synced(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

fn read_if_there(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_directory(name: &str, test: impl FnOnce(&Path)) {
        let directory = std::env::temp_dir().join(format!("causeway-resolv-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        test(&directory);
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_file_comes_back_even_when_another_process_has_to_bring_it() {
        in_directory("file", |directory| {
            let (file, saved) = (directory.join("resolv.conf"), directory.join("saved"));
            fs::write(&file, "nameserver 192.0.2.1\n").unwrap();
            Resolv::new(&file, &saved).replace(&[Ipv4Addr::new(10, 0, 0, 1)], &[]).unwrap();
            assert!(fs::read_to_string(&file).unwrap().ends_with("nameserver 10.0.0.1\n"));
            // A second connection before the first was put back must not save our own file.
            Resolv::new(&file, &saved).replace(&[Ipv4Addr::new(10, 0, 0, 2)], &[]).unwrap();
            Resolv::new(&file, &saved).restore().unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), "nameserver 192.0.2.1\n");
            assert!(!saved.exists());
        });
    }

    #[test]
    fn a_link_comes_back_as_a_link() {
        in_directory("link", |directory| {
            let (file, saved) = (directory.join("resolv.conf"), directory.join("saved"));
            fs::write(directory.join("stub.conf"), "nameserver 127.0.0.53\n").unwrap();
            std::os::unix::fs::symlink("stub.conf", &file).unwrap();
            let resolv = Resolv::new(&file, &saved);
            resolv.replace(&[Ipv4Addr::new(10, 0, 0, 1)], &[]).unwrap();
            assert_eq!(fs::read_to_string(directory.join("stub.conf")).unwrap(), "nameserver 127.0.0.53\n");
            resolv.restore().unwrap();
            assert_eq!(fs::read_link(&file).unwrap(), Path::new("stub.conf"));
        });
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays() {
        in_directory("else", |directory| {
            let (file, saved) = (directory.join("resolv.conf"), directory.join("saved"));
            fs::write(&file, "nameserver 192.0.2.1\n").unwrap();
            let resolv = Resolv::new(&file, &saved);
            resolv.replace(&[Ipv4Addr::new(10, 0, 0, 1)], &[]).unwrap();
            fs::write(&file, "nameserver 198.51.100.1\n").unwrap();
            resolv.restore().unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), "nameserver 198.51.100.1\n");
        });
    }
}
