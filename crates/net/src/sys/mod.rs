//! System calls on sockets, with arguments that cannot be wrong.
//!
//! All memory that the kernel reads or writes is described here and nowhere else; the encoding of addresses and control messages
//! is ordinary safe code over octets.

mod address;
mod ancillary;
mod message;

pub(crate) use address::{SocketName, decode as decode_address};
pub(crate) use ancillary::{Ancillary, ancillary_messages};
pub(crate) use message::{MAX_BATCH, Outgoing, Slot, receive, receive_many, send_many};

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Opens a non-blocking socket that is closed on exec.
pub(crate) fn socket(domain: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: no memory is passed.
    let fd = unsafe { libc::socket(domain, kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, protocol) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just given us this descriptor and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets an option whose value is an `int`.
pub(crate) fn set_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: i32) -> io::Result<()> {
    let size = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointer and the size describe `value`, which outlives the call.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, (&raw const value).cast(), size) })
}

/// Reads an option whose value is an `int`.
pub(crate) fn get_option(fd: BorrowedFd<'_>, level: i32, name: i32) -> io::Result<i32> {
    let mut value = 0_i32;
    let mut size = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointer and the size describe `value`, which outlives the call.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, (&raw mut value).cast(), &mut size) })?;
    Ok(value)
}

/// Marks what a socket sends. Zero is no mark, and needs no privilege.
pub(crate) fn set_mark(fd: BorrowedFd<'_>, mark: u32) -> io::Result<()> {
    if mark == 0 && get_option(fd, libc::SOL_SOCKET, libc::SO_MARK)? == 0 {
        return Ok(());
    }
    set_option(fd, libc::SOL_SOCKET, libc::SO_MARK, mark.cast_signed())
}

/// Binds to a local address.
pub(crate) fn bind(fd: BorrowedFd<'_>, name: &SocketName) -> io::Result<()> {
    // SAFETY: the pointer and the length describe `name`, which outlives the call.
    check(unsafe { libc::bind(fd.as_raw_fd(), name.as_ptr(), name.len()) })
}

/// The local address that a socket is bound to.
pub(crate) fn local_name(fd: BorrowedFd<'_>) -> io::Result<SocketName> {
    let mut name = SocketName::empty();
    let mut len = SocketName::CAPACITY;
    // SAFETY: the pointer and the length describe `name`, which outlives the call.
    check(unsafe { libc::getsockname(fd.as_raw_fd(), name.as_mut_ptr(), &mut len) })?;
    name.set_len(len);
    Ok(name)
}

/// The error of a system call that returned a negative value.
pub(crate) fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Asks for socket buffers of `octets` each way, beyond the administrator's limit where the process may (CAP_NET_ADMIN).
pub(crate) fn set_buffers(fd: BorrowedFd<'_>, octets: usize) -> io::Result<()> {
    let octets = i32::try_from(octets).unwrap_or(i32::MAX);
    let pairs = [(libc::SO_RCVBUFFORCE, libc::SO_RCVBUF), (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)];
    for (forced, limited) in pairs {
        if set_option(fd, libc::SOL_SOCKET, forced, octets).is_err() {
            set_option(fd, libc::SOL_SOCKET, limited, octets)?;
        }
    }
    Ok(())
}
