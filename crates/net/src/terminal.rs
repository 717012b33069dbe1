//! The terminal of the person who started the program: asking for a secret without showing it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// The controlling terminal with its echo off. Dropping it puts the echo back as it was.
#[derive(Debug)]
pub struct SilentTerminal {
    file: File,
    before: Termios,
}

impl SilentTerminal {
    /// Longest line that is read, in octets: what the kernel keeps of one.
    const LINE: usize = 4096;

    /// Writes `question` to the terminal and stops showing what is typed.
    ///
    /// # Errors
    /// When the process has no terminal, as a service.
    pub fn ask(question: &str) -> io::Result<SilentTerminal> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open("/dev/tty")?;
        let before = tcgetattr(&file)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHOE | LocalFlags::ECHOK | LocalFlags::ECHONL);
        // What was typed ahead was typed for somebody else, and shown.
        tcsetattr(&file, SetArg::TCSAFLUSH, &silent)?;
        file.write_all(question.as_bytes())?;
        Ok(SilentTerminal { file, before })
    }

    /// Whether there is a terminal to ask at.
    pub fn exists() -> bool {
        OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open("/dev/tty").is_ok()
    }

    /// The line that was typed, without its end, once it is complete; wait for it with a [`Poller`](crate::poll::Poller).
    ///
    /// # Errors
    /// `UnexpectedEof` when the person refused (Ctrl-D) or the terminal went away.
    pub fn poll_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = vec![0; Self::LINE];
        match self.file.read(&mut line) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(len) => {
                line.truncate(len);
                while matches!(line.last(), Some(b'\n' | b'\r')) {
                    line.pop();
                }
                Ok(Some(line))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for SilentTerminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for SilentTerminal {
    fn drop(&mut self) {
        // The terminal may be gone; then there is no echo to put back.
        let _ = tcsetattr(&self.file, SetArg::TCSANOW, &self.before);
        let _ = self.file.write_all(b"\n");
    }
}
