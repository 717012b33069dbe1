//! Switches under /proc/sys/net, changed with a record of what they were.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The record of changed switches, in a file, so that they can be put back even after the process was killed.
///
/// Each change is on disk before it is made. [`Journal::restore`] puts back only what is still as we set it: what somebody else
/// has changed since then is theirs.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    entries: Vec<JournalEntry>,
}

/// One changed switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its name with slashes, from /proc/sys/net on: `ipv4/ip_forward`.
    pub key: String,
    /// What it was before we first touched it.
    pub before: String,
    /// What we set it to.
    pub after: String,
}

impl Journal {
    /// Opens the record at `path` (a file that does not outlive a boot, such as one under /run). Entries that are there
    /// already were left by a process that was killed; [`Journal::entries`] shows them.
    pub fn open(path: &Path) -> io::Result<Journal> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        Ok(Journal { path: path.to_owned(), entries: text.lines().filter_map(JournalEntry::parse).collect() })
    }

    /// What is changed now.
    pub fn entries(&self) -> &[JournalEntry] {
        &self.entries
    }

    /// Lets the host forward IPv4.
    pub fn enable_ipv4_forwarding(&mut self) -> io::Result<()> {
        self.set("ipv4/ip_forward", "1")
    }

    /// Lets the host forward IPv6.
    ///
    /// A host that forwards stops learning its own default route from router advertisements where `accept_ra` is 1, and would
    /// lose the network minutes later; 2 keeps it learning.
    pub fn enable_ipv6_forwarding(&mut self) -> io::Result<()> {
        if read("ipv6/conf/all/forwarding")? == "1" {
            return Ok(());
        }
        for interface in fs::read_dir(Path::new(ROOT).join("ipv6/conf"))? {
            let Ok(name) = interface?.file_name().into_string() else { continue };
            let key = format!("ipv6/conf/{name}/accept_ra");
            if name != "all" && name != "lo" && read(&key).is_ok_and(|value| value == "1") {
                self.set(&key, "2")?;
            }
        }
        self.set("ipv6/conf/all/forwarding", "1")
    }

    /// Sets a switch and records what it was. One that has the value already is left alone and not recorded.
    pub fn set(&mut self, key: &str, value: &str) -> io::Result<()> {
        let unusable = |part: &str| part.is_empty() || part.starts_with('.') || part.contains(char::is_whitespace);
        if key.split('/').any(unusable) || value.contains(char::is_whitespace) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let before = read(key)?;
        if before == value {
            return Ok(());
        }
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.after = value.to_owned(),
            None => self.entries.push(JournalEntry { key: key.to_owned(), before, after: value.to_owned() }),
        }
        self.save()?;
        fs::write(Path::new(ROOT).join(key), value)
    }

    /// Puts everything back, last change first, and removes the record. Goes on after a failure and returns the first; what
    /// failed stays recorded.
    pub fn restore(&mut self) -> io::Result<()> {
        let mut first_failure = Ok(());
        let mut failed = Vec::new();
        while let Some(entry) = self.entries.pop() {
            if let Err(error) = entry.restore() {
                first_failure = first_failure.and(Err(error));
                failed.push(entry);
            }
        }
        failed.reverse();
        self.entries = failed;
        first_failure.and(self.save())
    }

    fn save(&self) -> io::Result<()> {
        if self.entries.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                result => result,
            };
        }
        // Whole or not at all: a half-written record would lose what the switches were.
        let new = self.path.with_extension("new");
        let mut file = fs::File::create(&new)?;
        for JournalEntry { key, before, after } in &self.entries {
            writeln!(file, "{key} {before} {after}")?;
        }
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

impl JournalEntry {
    fn parse(line: &str) -> Option<JournalEntry> {
        let mut words = line.split(' ').map(str::to_owned);
        let entry = JournalEntry { key: words.next()?, before: words.next()?, after: words.next()? };
        let climbs = entry.key.split('/').any(|part| part.is_empty() || part.starts_with('.'));
        (words.next().is_none() && !climbs).then_some(entry)
    }

    fn restore(&self) -> io::Result<()> {
        match read(&self.key) {
            // The interface it belongs to is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(now) if now != self.after => Ok(()),
            Ok(_) => fs::write(Path::new(ROOT).join(&self.key), &self.before),
        }
    }
}

fn read(key: &str) -> io::Result<String> {
    Ok(fs::read_to_string(Path::new(ROOT).join(key))?.trim().to_owned())
}

const ROOT: &str = "/proc/sys/net";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cannot_lead_out_of_its_directory() {
        assert_eq!(JournalEntry::parse("../kernel/core_pattern |x y"), None);
        assert_eq!(JournalEntry::parse("ipv4//ip_forward 0 1"), None);
        assert_eq!(JournalEntry::parse("ipv4/ip_forward 0"), None);
        let entry = JournalEntry::parse("ipv4/ip_forward 0 1").unwrap();
        assert_eq!((entry.key.as_str(), entry.before.as_str(), entry.after.as_str()), ("ipv4/ip_forward", "0", "1"));
    }
}
