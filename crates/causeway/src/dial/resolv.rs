//! The resolver's configuration, replaced for the time of a connection and put back even after a crash.
//!
//! Several connections may want it at once. Each lays its wish into a directory that they share, as a file that it holds locked; the
//! last one's is in force. Whoever ends takes his away, whoever finds one that nobody holds does that for him, and with the last one
//! the first file comes back, in whatever order they end.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The first line of a file that is ours: only such a file is put back, whatever else has happened to it.
const MARK: &str = "# Written by `causeway dial`; the file before it comes back at the end of the connection.\n";

/// One connection's part in the replaced file.
#[derive(Debug)]
pub(crate) struct Resolv {
    file: PathBuf,
    /// Where the former state and the wishes lie.
    directory: PathBuf,
    wish: Option<Wish>,
}

/// What one connection wants to stand in the file. It counts as long as it is locked.
#[derive(Debug)]
struct Wish {
    number: u64,
    _held: File,
}

/// What stands in the saved copy in front of the place that a symbolic link led to.
const LINK: &[u8] = b"link ";

/// What stands in the saved copy in front of the contents of a file.
const FILE: &[u8] = b"file ";

/// Name servers that a resolver reads; more are ignored (`resolv.conf(5)`, MAXNS).
const MAX_SERVERS: usize = 3;

impl Resolv {
    /// The resolver's `file`, whose former state is kept in `directory`.
    pub(crate) fn new(file: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> Resolv {
        Resolv { file: file.into(), directory: directory.into(), wish: None }
    }

    /// Lets the resolver ask `servers`, and complete names by `domains`. What was there is on disk before anything changes.
    pub(crate) fn replace(&mut self, servers: &[IpAddr], domains: &[String]) -> io::Result<()> {
        let mut text = MARK.to_owned();
        for server in servers.iter().take(MAX_SERVERS) {
            text.push_str(&format!("nameserver {server}\n"));
        }
        if !domains.is_empty() {
            text.push_str(&format!("search {}\n", domains.join(" ")));
        }
        let _lock = self.lock()?;
        let newest = self.wishes()?.last().copied();
        if !self.is_ours()? {
            // Ours is not in force: what is there now is what comes back.
            self.save()?;
        } else if !self.saved().exists() {
            let reason = "another connection has replaced it, from a place that shares the file but not /run";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, reason));
        }
        let number = match &self.wish {
            Some(wish) => wish.number,
            None => {
                let number = newest.unwrap_or(0) + 1;
                let held = File::create(self.path(number))?;
                held.lock()?;
                self.wish = Some(Wish { number, _held: held });
                number
            }
        };
        fs::write(self.path(number), &text)?;
        self.enforce(newest.unwrap_or(number).max(number))
    }

    /// Takes our part away, and that of connections that were killed. Puts back what was there before all of them if none is left
    /// and the file is still ours. Does nothing if nothing was replaced.
    pub(crate) fn restore(&mut self) -> io::Result<()> {
        if !self.directory.exists() {
            return Ok(());
        }
        let _lock = self.lock()?;
        if let Some(wish) = self.wish.take() {
            fs::remove_file(self.path(wish.number))?;
        }
        let newest = self.wishes()?.last().copied();
        match newest {
            Some(newest) if self.is_ours()? => self.enforce(newest),
            Some(_) => Ok(()),
            None => self.put_back(),
        }
    }

    /// Puts a connection's wish in force. The same again changes nothing: each change is something that programs can meet half-way.
    fn enforce(&self, number: u64) -> io::Result<()> {
        let wish = fs::read(self.path(number))?;
        if read_if_there(&self.file)? == wish { Ok(()) } else { put(&self.file, &wish) }
    }

    fn put_back(&self) -> io::Result<()> {
        let before = match fs::read(self.saved()) {
            Ok(before) => before,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let ours = self.is_ours()?;
        if ours && let Some(target) = before.strip_prefix(LINK) {
            let target = Path::new(OsStr::from_bytes(target));
            let new = beside(&self.file);
            let _ = fs::remove_file(&new);
            std::os::unix::fs::symlink(target, &new)?;
            fs::rename(&new, &self.file)?;
        } else if ours && let Some(contents) = before.strip_prefix(FILE) {
            put(&self.file, contents)?;
        }
        fs::remove_file(self.saved())
    }

    fn save(&self) -> io::Result<()> {
        let before = match fs::read_link(&self.file) {
            Ok(target) => [LINK, target.as_os_str().as_encoded_bytes()].concat(),
            Err(_) => [FILE, &*read_if_there(&self.file)?].concat(),
        };
        let new = self.directory.join("before.new");
        write_synced(&new, &before)?;
        fs::rename(new, self.saved())
    }

    fn is_ours(&self) -> io::Result<bool> {
        Ok(read_if_there(&self.file)?.starts_with(MARK.as_bytes()))
    }

    /// The wishes in force, oldest first. Those that nobody holds any more are removed.
    fn wishes(&self) -> io::Result<Vec<u64>> {
        let mut wishes = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let Some(number) = path.file_name().and_then(OsStr::to_str).and_then(|name| name.parse().ok()) else {
                continue;
            };
            match File::open(&path)?.try_lock() {
                Err(TryLockError::WouldBlock) => wishes.push(number),
                Ok(()) => fs::remove_file(&path)?,
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        wishes.sort_unstable();
        Ok(wishes)
    }

    /// Nobody else changes anything while this is held.
    fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.directory)?;
        let lock = File::create(self.directory.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    fn saved(&self) -> PathBuf {
        self.directory.join("before")
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(number.to_string())
    }
}

/// Replaces a file whole, or writes into it where it cannot be replaced: in a container it is mounted.
fn put(file: &Path, contents: &[u8]) -> io::Result<()> {
    let new = beside(file);
    // Everybody reads it, whatever the mask of this process says.
    write_synced(&new, contents)?.set_permissions(fs::Permissions::from_mode(0o644))?;
    if fs::rename(&new, file).is_ok() {
        return Ok(());
    }
    let _ = fs::remove_file(&new);
    overwrite(file, contents)
}

/// Writes over what is there. Programs read the file meanwhile: at no time is it empty, which would mean to them that the name server
/// is on this host.
fn overwrite(file: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(false).open(file)?;
    file.write_all(contents)?;
    file.set_len(contents.len() as u64)?;
    file.sync_all()
}

fn beside(file: &Path) -> PathBuf {
    file.with_extension("conf.causeway")
}

fn write_synced(path: &Path, contents: &[u8]) -> io::Result<File> {
    let mut file = File::create(path)?;
    file.write_all(contents)?;
    file.sync_all()?;
    Ok(file)
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

    /// A resolver's file in a directory of its own.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Place {
            let directory = std::env::temp_dir().join(format!("causeway-resolv-{name}-{}", std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            Place(directory)
        }

        fn file(&self) -> PathBuf {
            self.0.join("resolv.conf")
        }

        fn text(&self) -> String {
            fs::read_to_string(self.file()).unwrap()
        }

        fn resolv(&self) -> Resolv {
            Resolv::new(self.file(), self.0.join("run"))
        }

        /// Who asks the server 10.0.0.`last` now.
        fn replaced(&self, last: u8) -> Resolv {
            let mut resolv = self.resolv();
            resolv.replace(&[IpAddr::from([10, 0, 0, last])], &[]).unwrap();
            resolv
        }

        fn asks(&self, last: u8) -> bool {
            self.text().ends_with(&format!("nameserver 10.0.0.{last}\n"))
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const BEFORE: &str = "nameserver 192.0.2.1\n";

    #[test]
    fn a_file_comes_back_even_when_another_process_has_to_bring_it() {
        let place = Place::new("file");
        fs::write(place.file(), BEFORE).unwrap();
        // Dropped without being restored, as by a crash.
        drop(place.replaced(1));
        assert!(place.asks(1));
        let mut next = place.replaced(2);
        assert!(place.asks(2));
        next.restore().unwrap();
        assert_eq!(place.text(), BEFORE);
        drop(place.replaced(3));
        place.resolv().restore().unwrap();
        assert_eq!(place.text(), BEFORE);
        place.resolv().restore().unwrap();
        assert_eq!(place.text(), BEFORE);
    }

    #[test]
    fn several_connections_end_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let place = Place::new("order");
            fs::write(place.file(), BEFORE).unwrap();
            let mut connections = [1, 2, 3].map(|last| (last, Some(place.replaced(last))));
            for ends in order {
                let (last, connection) = &mut connections[ends];
                // Every second one crashes, and the next cleans up after it.
                match connection.take() {
                    Some(mut connection) if *last != 2 => connection.restore().unwrap(),
                    crashed => {
                        drop(crashed);
                        place.resolv().restore().unwrap();
                    }
                }
                let left = connections.iter().filter(|(_, connection)| connection.is_some());
                match left.map(|(last, _)| *last).max() {
                    Some(newest) => assert!(place.asks(newest), "{order:?}: {}", place.text()),
                    None => assert_eq!(place.text(), BEFORE),
                }
            }
        }
    }

    #[test]
    fn an_older_connection_that_is_made_again_does_not_push_itself_forward() {
        let place = Place::new("again");
        fs::write(place.file(), BEFORE).unwrap();
        let (mut first, mut second) = (place.replaced(1), place.replaced(2));
        first.replace(&[IpAddr::from([10, 0, 0, 9])], &["corp.example".to_owned()]).unwrap();
        assert!(place.asks(2));
        second.restore().unwrap();
        assert!(place.text().ends_with("nameserver 10.0.0.9\nsearch corp.example\n"), "{}", place.text());
        first.restore().unwrap();
        assert_eq!(place.text(), BEFORE);
    }

    #[test]
    fn who_reads_a_file_that_cannot_be_replaced_whole_never_finds_it_empty() {
        let place = Place::new("overwritten");
        fs::write(place.file(), BEFORE).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for round in 0..200 {
                    let text = if round % 2 == 0 { MARK } else { BEFORE };
                    overwrite(&place.file(), text.as_bytes()).unwrap();
                }
            });
            while !writer.is_finished() {
                assert!(!place.text().is_empty());
            }
        });
        assert_eq!(place.text(), BEFORE);
    }

    #[test]
    fn a_file_that_was_replaced_from_elsewhere_is_not_taken_for_the_first() {
        let place = Place::new("elsewhere");
        fs::write(place.file(), BEFORE).unwrap();
        let mut first = place.replaced(1);
        let mut elsewhere = Resolv::new(place.file(), place.0.join("run2"));
        let refused = elsewhere.replace(&[IpAddr::from([10, 0, 0, 2])], &[]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ResourceBusy);
        elsewhere.restore().unwrap();
        assert!(place.asks(1));
        first.restore().unwrap();
        assert_eq!(place.text(), BEFORE);
    }

    #[test]
    fn a_link_comes_back_as_a_link() {
        let place = Place::new("link");
        fs::write(place.0.join("stub.conf"), "nameserver 127.0.0.53\n").unwrap();
        std::os::unix::fs::symlink("stub.conf", place.file()).unwrap();
        let mut resolv = place.replaced(1);
        assert_eq!(fs::read_to_string(place.0.join("stub.conf")).unwrap(), "nameserver 127.0.0.53\n");
        resolv.restore().unwrap();
        assert_eq!(fs::read_link(place.file()).unwrap(), Path::new("stub.conf"));
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays() {
        let place = Place::new("else");
        fs::write(place.file(), BEFORE).unwrap();
        let mut first = place.replaced(1);
        fs::write(place.file(), "nameserver 198.51.100.1\n").unwrap();
        // It is also what comes back after a connection that began later.
        let mut second = place.replaced(2);
        first.restore().unwrap();
        assert!(place.asks(2));
        second.restore().unwrap();
        assert_eq!(place.text(), "nameserver 198.51.100.1\n");
        let mut third = place.replaced(3);
        fs::write(place.file(), BEFORE).unwrap();
        third.restore().unwrap();
        assert_eq!(place.text(), BEFORE);
    }
}
