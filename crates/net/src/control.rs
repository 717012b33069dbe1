//! The local control socket: a listener that only owner and group may reach, and who called.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, getsockopt, listen, socket, sockopt::PeerCredentials,
};
use nix::unistd::{Gid, chown};

/// A listening control socket (stream), which takes its file with it when dropped.
#[derive(Debug)]
pub struct ControlListener {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of our file: a successor may have put its own in the same place.
    file: (u64, u64),
}

/// The process at the other end of a control connection, as the kernel saw it when it connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Process.
    pub pid: i32,
}

impl ControlListener {
    /// Listens at `path`, for the owner and the group `gid` (the process' own without one). A socket file that nobody listens
    /// on any more is replaced.
    ///
    /// # Errors
    /// `AddrInUse` when another process listens there or something that is no socket stands there.
    pub fn bind(path: &Path, gid: Option<u32>) -> io::Result<ControlListener> {
        remove_stale(path)?;
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        bind(fd.as_raw_fd(), &UnixAddr::new(path)?)?;
        // Nobody can connect before `listen`, so there is no moment with wider permissions.
        fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
        if let Some(gid) = gid {
            chown(path, None, Some(Gid::from_raw(gid)))?;
        }
        listen(&fd, Backlog::new(16)?)?;
        let metadata = fs::symlink_metadata(path)?;
        let file = (metadata.dev(), metadata.ino());
        Ok(ControlListener { listener: UnixListener::from(fd), path: path.to_owned(), file })
    }

    /// The next connection, non-blocking like the listener, and who it is; `None` when nobody waits.
    pub fn accept(&self) -> io::Result<Option<(UnixStream, Caller)>> {
        let stream = match self.listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        let caller = getsockopt(&stream, PeerCredentials)?;
        Ok(Some((stream, Caller { uid: caller.uid(), gid: caller.gid(), pid: caller.pid() })))
    }
}

impl Drop for ControlListener {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.file);
        if ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl AsFd for ControlListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => return Err(io::ErrorKind::AddrInUse.into()),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    fn place(name: &str) -> PathBuf {
        let usual = std::env::temp_dir();
        // The path of a socket has 107 octets.
        let directory = if usual.as_os_str().len() < 64 { usual } else { "/tmp".into() };
        directory.join(format!("causeway-control-{}-{name}", std::process::id()))
    }

    #[test]
    fn a_caller_is_known_and_the_file_is_closed_to_others() {
        let path = place("caller");
        let listener = ControlListener::bind(&path, None).unwrap();
        assert!(listener.accept().unwrap().is_none());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        let _client = UnixStream::connect(&path).unwrap();
        let (_, caller) = listener.accept().unwrap().unwrap();
        assert_eq!(caller.pid, std::process::id() as i32);
        assert_eq!(caller.uid, nix::unistd::geteuid().as_raw());
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn a_living_listener_is_not_pushed_aside_and_a_dead_one_is() {
        let path = place("stale");
        let living = ControlListener::bind(&path, None).unwrap();
        assert_eq!(ControlListener::bind(&path, None).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(living);
        // A socket whose process was killed leaves its file behind.
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(ControlListener::bind(&path, None).unwrap());
        fs::write(&path, "a file").unwrap();
        assert_eq!(ControlListener::bind(&path, None).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_file_of_a_successor_stays() {
        let path = place("successor");
        let listener = ControlListener::bind(&path, None).unwrap();
        fs::remove_file(&path).unwrap();
        let _successor = UnixDatagram::bind(&path).unwrap();
        drop(listener);
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
    }
}
