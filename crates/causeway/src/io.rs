//! What server and dialer have in common of IO: sockets, the way out for what the access layer sends, batches in, randomness.

use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};

use access::datapath::Segments;
use access::{Keys, Output};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use ike::Path;
use net::batch::{Received, RecvBatch};
use net::raw::{EspSocket, Family};
use net::tun::{TunDrop, TunQueue};
use net::udp::UdpSocket;
use wire::virtio::VnetHeader;

use crate::exit::Failure;
use crate::keylog::KeyLog;

/// Datagrams that one receive call takes.
pub(crate) const BATCH: usize = 32;

/// Receive calls for one socket before the others get their turn.
const ROUNDS: usize = 8;

/// Packets read from the device before the sockets get their turn.
const TUN_READS: usize = 64;

/// UDP port of IKE.
pub(crate) const IKE_PORT: u16 = 500;

/// UDP port of IKE and ESP with NAT traversal.
pub(crate) const NAT_T_PORT: u16 = 4500;

/// All sockets of a worker.
#[derive(Default)]
pub(crate) struct Sockets {
    pub(crate) udp: Vec<UdpSocket>,
    pub(crate) esp: Vec<EspSocket>,
}

impl Sockets {
    /// Sends datagrams of `segment` octets, the last one perhaps shorter; returns how many the host did not take.
    pub(crate) fn send_udp(&self, path: Path, data: &[u8], segment: usize) -> u64 {
        let Some(socket) = self.udp_for(path.local) else { return 0 };
        let sent = socket.send_segments(path.local.ip(), path.remote, data, segment);
        sent.map_or_else(|dropped| dropped.packets as u64, |()| 0)
    }

    /// Sends ESP packets of `segment` octets, the last one perhaps shorter; returns how many the host did not take.
    pub(crate) fn send_esp(&self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize) -> u64 {
        let Some(socket) = self.esp.iter().find(|socket| socket.family() == family(remote)) else { return 0 };
        let sent = socket.send_segments(local, remote, data, segment);
        sent.map_or_else(|dropped| dropped.packets as u64, |()| 0)
    }

    /// The socket that a datagram from `local` leaves by.
    fn udp_for(&self, local: SocketAddr) -> Option<&UdpSocket> {
        self.udp.iter().find(|socket| {
            let bound = socket.local_addr();
            let same_family = bound.is_ipv4() == local.is_ipv4();
            bound.port() == local.port() && same_family && (bound.ip() == local.ip() || bound.ip().is_unspecified())
        })
    }
}

/// The address family of raw sockets for `address`.
pub(crate) fn family(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::V4 } else { Family::V6 }
}

/// Hands what waits at `socket` to `each` with its path, as long as it is fair to the other sockets.
pub(crate) fn read_udp(
    socket: &UdpSocket,
    batch: &mut RecvBatch,
    mut each: impl FnMut(Path, Received<'_>),
) -> std::io::Result<()> {
    let port = socket.local_addr().port();
    for _ in 0..ROUNDS {
        let count = socket.recv_batch(batch, |received| {
            let path = Path { local: SocketAddr::new(received.dst, port), remote: received.src };
            if answerable(path) {
                each(path, received);
            }
        })?;
        if count < BATCH {
            break;
        }
    }
    Ok(())
}

/// Hands the ESP packets that wait at `socket` to `each` with their path, whose ports are zero.
pub(crate) fn read_esp(
    socket: &EspSocket,
    batch: &mut RecvBatch,
    mut each: impl FnMut(Path, Received<'_>),
) -> std::io::Result<()> {
    for _ in 0..ROUNDS {
        let count = socket.recv_batch(batch, |received| {
            let path = Path { local: SocketAddr::new(received.dst, 0), remote: received.src };
            each(path, received);
        })?;
        if count < BATCH {
            break;
        }
    }
    Ok(())
}

/// Hands the packets that wait in the device to `each`; returns how many the kernel described wrongly, which are lost.
pub(crate) fn read_tun(
    tun: &TunQueue,
    buffer: &mut [u8],
    mut each: impl FnMut(VnetHeader, &[u8]),
) -> std::io::Result<u64> {
    let mut lost = 0;
    for _ in 0..TUN_READS {
        match tun.read(buffer) {
            Ok(Some((offload, len))) => each(offload, &buffer[..len]),
            Ok(None) => break,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => lost += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(lost)
}

/// Writes a packet, perhaps a joint one, into the device; returns how many the kernel did not take.
pub(crate) fn write_tun(tun: &TunQueue, offload: VnetHeader, packet: &[u8]) -> u64 {
    match tun.write(&offload, &[IoSlice::new(packet)]) {
        Ok(()) => 0,
        Err(TunDrop::CoalescingRefused) => write_singly(tun, offload, packet),
        Err(_) => 1,
    }
}

/// This kernel does not take joint packets: what was joined is cut again.
fn write_singly(tun: &TunQueue, offload: VnetHeader, packet: &[u8]) -> u64 {
    let Ok(segments) = Segments::new(offload, packet) else { return 0 };
    let mut lost = 0;
    for index in 0..segments.count() {
        let mut one = vec![0; segments.len(index)];
        segments.write(index, &mut one);
        lost += u64::from(tun.write(&VnetHeader::default(), &[IoSlice::new(&one)]).is_err());
    }
    lost
}

/// Whether a datagram came to an address of ours and from one that can be answered. An answer to a broadcast or from a forged
/// multicast source would make us an amplifier.
fn answerable(path: Path) -> bool {
    let usable = |address: IpAddr| match address {
        IpAddr::V4(v4) => !(v4.is_multicast() || v4.is_broadcast() || v4.is_unspecified()),
        IpAddr::V6(v6) => !(v6.is_multicast() || v6.is_unspecified()),
    };
    usable(path.local.ip()) && usable(path.remote.ip()) && path.remote.port() != 0
}

/// A random source seeded by the kernel.
pub(crate) fn seeded() -> Result<ChaCha20Rng, Failure> {
    let mut seed = [0; 32];
    #[expect(clippy::disallowed_methods, reason = "the one place where randomness enters")]
    getrandom::fill(&mut seed).map_err(|error| Failure::local(format!("no randomness from the kernel: {error}")))?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// Sends for the access layer. What the host does not take is dropped, as any network may.
pub(crate) struct Wire<'a> {
    pub(crate) sockets: &'a Sockets,
    pub(crate) tun: &'a TunQueue,
    pub(crate) keylog: Option<&'a mut KeyLog>,
    pub(crate) unsent: &'a mut u64,
}

impl Output for Wire<'_> {
    fn udp(&mut self, path: Path, data: &[u8], segment: usize) {
        *self.unsent += self.sockets.send_udp(path, data, segment);
    }

    fn esp(&mut self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize) {
        *self.unsent += self.sockets.send_esp(local, remote, data, segment);
    }

    fn tun(&mut self, offload: VnetHeader, packet: &[u8]) {
        *self.unsent += write_tun(self.tun, offload, packet);
    }

    fn keys(&mut self, keys: &Keys<'_>) {
        if let Some(log) = &mut self.keylog {
            log.write(keys);
        }
    }
}
