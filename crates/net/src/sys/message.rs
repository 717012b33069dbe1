//! Receiving and sending many datagrams in one system call.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{Ancillary, SocketName};

/// Most datagrams that one system call receives or sends.
pub(crate) const MAX_BATCH: usize = 64;

/// What the kernel says about one received datagram.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) name: SocketName,
    pub(crate) ancillary: Ancillary,
    /// Octets of the datagram that were stored.
    pub(crate) len: usize,
    /// `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_ERRQUEUE`.
    pub(crate) flags: i32,
}

impl Slot {
    pub(crate) const fn empty() -> Self {
        Slot { name: SocketName::empty(), ancillary: Ancillary::empty(), len: 0, flags: 0 }
    }
}

/// A datagram to send.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) name: &'a SocketName,
    pub(crate) ancillary: &'a Ancillary,
    pub(crate) data: &'a [u8],
}

/// Receives up to one datagram for each slot without waiting; the data of slot `i` begins at `i * stride` and is at most `room`
/// octets long. Returns how many slots were filled.
///
/// # Panics
/// When `data` is too short for the slots, or `room` exceeds `stride`: the caller sizes both together.
pub(crate) fn receive_many(
    fd: BorrowedFd<'_>,
    data: &mut [u8],
    stride: usize,
    room: usize,
    slots: &mut [Slot],
) -> io::Result<usize> {
    let count = slots.len().min(MAX_BATCH);
    assert!(room <= stride && count.checked_mul(stride).is_some_and(|need| need <= data.len()));
    // SAFETY: both are C structures for which all zeroes are valid (null pointers, zero lengths).
    let mut vectors: [libc::iovec; MAX_BATCH] = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let mut headers: [libc::mmsghdr; MAX_BATCH] = unsafe { std::mem::zeroed() };
    let base = data.as_mut_ptr();
    for (index, slot) in slots.iter_mut().take(count).enumerate() {
        // SAFETY: `index * stride + room <= count * stride <= data.len()`, asserted above.
        vectors[index] = libc::iovec { iov_base: unsafe { base.add(index * stride) }.cast(), iov_len: room };
        let header = &mut headers[index].msg_hdr;
        header.msg_name = slot.name.as_mut_ptr().cast();
        header.msg_namelen = SocketName::CAPACITY;
        header.msg_iov = &raw mut vectors[index];
        header.msg_iovlen = 1;
        header.msg_control = slot.ancillary.as_mut_ptr();
        header.msg_controllen = Ancillary::CAPACITY as _;
    }
    // SAFETY: the first `count` headers point into `vectors`, `slots` and `data`, which are borrowed for the whole call, and the
    // lengths beside the pointers are those of that memory. A null timeout is allowed.
    let received = unsafe {
        libc::recvmmsg(
            fd.as_raw_fd(),
            headers.as_mut_ptr(),
            count as libc::c_uint,
            libc::MSG_DONTWAIT as _,
            std::ptr::null_mut(),
        )
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for (slot, header) in slots.iter_mut().zip(&headers[..received.min(count)]) {
        slot.len = (header.msg_len as usize).min(room);
        slot.flags = header.msg_hdr.msg_flags;
        slot.name.set_len(header.msg_hdr.msg_namelen);
        slot.ancillary.set_len(header.msg_hdr.msg_controllen as _);
    }
    Ok(received.min(count))
}

/// Receives one datagram without waiting, with extra `flags` such as `MSG_ERRQUEUE`.
pub(crate) fn receive(fd: BorrowedFd<'_>, data: &mut [u8], slot: &mut Slot, flags: i32) -> io::Result<()> {
    let mut vector = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
    // SAFETY: a C structure for which all zeroes are valid.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = slot.name.as_mut_ptr().cast();
    header.msg_namelen = SocketName::CAPACITY;
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    header.msg_control = slot.ancillary.as_mut_ptr();
    header.msg_controllen = Ancillary::CAPACITY as _;
    // SAFETY: the header points to `vector`, `slot` and, through `vector`, to `data`; all are borrowed for the whole call.
    let received = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut header, libc::MSG_DONTWAIT | flags) };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    slot.len = received.min(data.len());
    slot.flags = header.msg_flags;
    slot.name.set_len(header.msg_namelen);
    slot.ancillary.set_len(header.msg_controllen as _);
    Ok(())
}

/// Sends up to [`MAX_BATCH`] datagrams without waiting. Returns how many the kernel took; the error is that of the first.
pub(crate) fn send_many<'a>(
    fd: BorrowedFd<'_>,
    datagrams: impl IntoIterator<Item = Outgoing<'a>>,
) -> io::Result<usize> {
    // SAFETY: both are C structures for which all zeroes are valid.
    let mut vectors: [libc::iovec; MAX_BATCH] = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let mut headers: [libc::mmsghdr; MAX_BATCH] = unsafe { std::mem::zeroed() };
    let mut count = 0;
    for (index, datagram) in datagrams.into_iter().take(MAX_BATCH).enumerate() {
        // The kernel only reads through these pointers; the structures are shared with receiving and hence mutable in C.
        vectors[index] =
            libc::iovec { iov_base: datagram.data.as_ptr().cast_mut().cast(), iov_len: datagram.data.len() };
        let header = &mut headers[index].msg_hdr;
        header.msg_name = datagram.name.as_ptr().cast_mut().cast();
        header.msg_namelen = datagram.name.len();
        header.msg_iov = &raw mut vectors[index];
        header.msg_iovlen = 1;
        if datagram.ancillary.len() > 0 {
            header.msg_control = datagram.ancillary.as_ptr().cast_mut();
            header.msg_controllen = datagram.ancillary.len() as _;
        }
        count = index + 1;
    }
    // SAFETY: the first `count` headers point into `vectors` and to memory that the datagrams borrow for 'a, which outlives the
    // call; the lengths beside the pointers are those of that memory.
    let sent = unsafe {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        libc::sendmmsg(fd.as_raw_fd(), headers.as_mut_ptr(), count as libc::c_uint, flags as _)
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}
