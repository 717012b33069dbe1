//! The TUN device, with checksum and segmentation offload.
//!
//! With offload a read yields up to 64 KiB of one flow, to be cut into equal packets, and a write may carry as many that were
//! merged. Each packet is preceded by a `virtio_net_hdr`, which says what is left to do ([`VnetHeader`]).

pub use wire::virtio::{BadVnetHeader, Gso, VnetHeader};

use std::cell::Cell;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

use crate::sys;

/// One queue of a TUN device, owned by one thread. The device disappears when its last queue is dropped.
#[derive(Debug)]
pub struct TunQueue {
    file: File,
    name: String,
    multi_queue: bool,
    vnet_header: bool,
    offload: TunOffload,
    coalescing: Cell<Coalescing>,
}

/// What the kernel leaves to us when we read: we announced that we can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct TunOffload {
    /// Checksums and TCP segmentation.
    pub tcp: bool,
    /// UDP segmentation (Linux 6.2).
    pub udp: bool,
}

/// Which merged packets the device takes from us. Starts as what was negotiated; a refused write turns it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Coalescing {
    /// Merged TCP segments.
    pub tcp: bool,
    /// Merged UDP datagrams.
    pub udp: bool,
}

/// Why there is no TUN device.
#[derive(Debug)]
pub enum TunError {
    /// There is no /dev/net/tun: the module is not loaded or the container was not given the device.
    NoDevice,
    /// The process lacks CAP_NET_ADMIN or may not open the device.
    NotPermitted,
    /// An interface of this name exists and is not ours to attach to.
    NameTaken,
    /// The name is empty, longer than 15 octets, or holds a slash or white space.
    BadName,
    /// Another error.
    Os(io::Error),
}

impl fmt::Display for TunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TunError::NoDevice => f.write_str("/dev/net/tun does not exist"),
            TunError::NotPermitted => f.write_str("TUN devices need CAP_NET_ADMIN"),
            TunError::NameTaken => f.write_str("an interface of this name exists"),
            TunError::BadName => f.write_str("this cannot be the name of an interface"),
            TunError::Os(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TunError {}

/// Why a packet was not written. None of these ends the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunDrop {
    /// The device refuses this kind of merged packet. From now on [`TunQueue::coalescing`] says so; write the packets singly.
    CoalescingRefused,
    /// The interface is down.
    Down,
    /// The kernel has no memory for the packet or the backlog is full.
    Full,
    /// The kernel takes the packet for none: it begins with neither IPv4 nor IPv6, or is empty.
    NotIp,
    /// The packet is in more pieces than one system call takes.
    TooManyPieces,
    /// Another error, with its number.
    Other {
        /// The `errno`.
        errno: i32,
    },
}

impl TunQueue {
    /// Most pieces of one [`TunQueue::write`].
    pub const MAX_PIECES: usize = 255;

    /// Creates a device. A `%d` in `name` is replaced by the first free number. With `multi_queue`, further queues can be had
    /// by [`TunQueue::another`].
    pub fn create(name: &str, multi_queue: bool) -> Result<TunQueue, TunError> {
        // An older kernel knows no header; then every packet is read and written whole.
        match TunQueue::attach(name, multi_queue, true) {
            Err(TunError::Os(error)) if error.raw_os_error() == Some(libc::EINVAL) => {
                TunQueue::attach(name, multi_queue, false)
            }
            result => result,
        }
    }

    /// Another queue of the same device, for another thread.
    ///
    /// # Errors
    /// [`TunError::NameTaken`] when the device was not created with several queues.
    pub fn another(&self) -> Result<TunQueue, TunError> {
        if !self.multi_queue {
            return Err(TunError::NameTaken);
        }
        TunQueue::attach(&self.name, true, self.vnet_header)
    }

    /// The interface's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the kernel leaves to us when we read.
    pub fn offload(&self) -> TunOffload {
        self.offload
    }

    /// Which merged packets may be written.
    pub fn coalescing(&self) -> Coalescing {
        self.coalescing.get()
    }

    /// Reads one packet, without waiting, to the beginning of `buffer`, which needs 65,535 octets of room. Returns how long it
    /// is and what is left to do with it; `None` when nothing waits.
    ///
    /// # Errors
    /// `InvalidData` when the kernel's header makes no sense for the packet, which is then lost; otherwise the device is broken.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<Option<(VnetHeader, usize)>> {
        let mut header = [0; VnetHeader::LEN];
        let prefix = self.header_len();
        let mut pieces = [IoSliceMut::new(&mut header[..prefix]), IoSliceMut::new(buffer)];
        let len = match (&self.file).read_vectored(&mut pieces) {
            Ok(len) => len.saturating_sub(prefix),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let header = VnetHeader::parse(&header, len).map_err(|bad| io::Error::new(io::ErrorKind::InvalidData, bad))?;
        Ok(Some((header, len)))
    }

    /// Writes one packet, or several that were merged into one as `header` says, given in pieces.
    pub fn write(&self, header: &VnetHeader, pieces: &[IoSlice<'_>]) -> Result<(), TunDrop> {
        if pieces.len() > Self::MAX_PIECES {
            return Err(TunDrop::TooManyPieces);
        }
        let encoded = header.encode();
        // Writing merged packets to a device without the header would deliver one monstrous packet.
        if !self.vnet_header && header.gso.is_some() {
            return Err(self.refuse(header));
        }
        let mut all = [IoSlice::new(&[]); Self::MAX_PIECES + 1];
        all[0] = IoSlice::new(&encoded[..self.header_len()]);
        all[1..=pieces.len()].copy_from_slice(pieces);
        loop {
            match (&self.file).write_vectored(&all[..=pieces.len()]) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.classify(header, &error)),
            }
        }
    }

    fn attach(name: &str, multi_queue: bool, vnet_header: bool) -> Result<TunQueue, TunError> {
        let request = InterfaceRequest::new(name).ok_or(TunError::BadName)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
        let file = options.open("/dev/net/tun").map_err(TunError::from_os)?;
        let mut flags = libc::IFF_TUN | libc::IFF_NO_PI;
        if multi_queue {
            flags |= libc::IFF_MULTI_QUEUE;
        }
        if vnet_header {
            flags |= libc::IFF_VNET_HDR;
        }
        let name = request.attach(&file, flags).map_err(TunError::from_os)?;
        let offload = if vnet_header { announce_offload(file.as_fd()) } else { TunOffload::default() };
        let coalescing = Cell::new(Coalescing { tcp: offload.tcp, udp: offload.udp });
        Ok(TunQueue { file, name, multi_queue, vnet_header, offload, coalescing })
    }

    fn classify(&self, header: &VnetHeader, error: &io::Error) -> TunDrop {
        match error.raw_os_error().unwrap_or(0) {
            libc::EINVAL if header.gso.is_some() => self.refuse(header),
            libc::EINVAL => TunDrop::NotIp,
            libc::EIO | libc::EBADFD => TunDrop::Down,
            libc::EAGAIN | libc::ENOMEM | libc::ENOBUFS => TunDrop::Full,
            errno => TunDrop::Other { errno },
        }
    }

    /// Some kernels announce an offload and then refuse it.
    fn refuse(&self, header: &VnetHeader) -> TunDrop {
        let mut coalescing = self.coalescing.get();
        match header.gso {
            Some(Gso::TcpV4 | Gso::TcpV6) => coalescing.tcp = false,
            Some(Gso::Udp) => coalescing.udp = false,
            None => {}
        }
        self.coalescing.set(coalescing);
        TunDrop::CoalescingRefused
    }

    fn header_len(&self) -> usize {
        if self.vnet_header { VnetHeader::LEN } else { 0 }
    }
}

impl AsFd for TunQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl AsRawFd for TunQueue {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl TunError {
    fn from_os(error: io::Error) -> TunError {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => TunError::NoDevice,
            Some(libc::EPERM | libc::EACCES) => TunError::NotPermitted,
            Some(libc::EBUSY | libc::EEXIST) => TunError::NameTaken,
            _ => TunError::Os(error),
        }
    }
}

/// Announces what we can do with packets that we read, from most to least.
fn announce_offload(fd: BorrowedFd<'_>) -> TunOffload {
    let tcp = libc::TUN_F_CSUM | libc::TUN_F_TSO4 | libc::TUN_F_TSO6;
    let udp = libc::TUN_F_USO4 | libc::TUN_F_USO6;
    let announce = |bits: libc::c_uint| {
        // SAFETY: this request takes its argument by value.
        sys::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TUNSETOFFLOAD, libc::c_ulong::from(bits)) }).is_ok()
    };
    if announce(tcp | udp) {
        TunOffload { tcp: true, udp: true }
    } else {
        TunOffload { tcp: announce(tcp), udp: false }
    }
}

/// A `struct ifreq` of which only name and flags are used.
struct InterfaceRequest(libc::ifreq);

impl InterfaceRequest {
    fn new(name: &str) -> Option<Self> {
        let octets = name.as_bytes();
        let unusable = |octet: &u8| *octet == b'/' || *octet == 0 || octet.is_ascii_whitespace();
        if octets.is_empty() || octets.len() >= libc::IFNAMSIZ || octets.iter().any(unusable) {
            return None;
        }
        // SAFETY: a C structure for which all zeroes are valid.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (to, from) in request.ifr_name.iter_mut().zip(octets) {
            *to = *from as libc::c_char;
        }
        Some(InterfaceRequest(request))
    }

    /// Makes `file` a queue of the named interface and returns the name that the kernel gave it.
    fn attach(mut self, file: &File, flags: i32) -> io::Result<String> {
        self.0.ifr_ifru.ifru_flags = flags as libc::c_short;
        // SAFETY: this request reads and writes a `struct ifreq`, which is what the pointer points to.
        sys::check(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut self.0) })?;
        let name = self.0.ifr_name.iter().map(|&octet| octet as u8).take_while(|&octet| octet != 0).collect();
        String::from_utf8(name).map_err(|_| io::ErrorKind::InvalidData.into())
    }
}
