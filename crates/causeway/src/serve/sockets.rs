//! The sockets of the server, and the way out for what the access layer sends.

use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};

use access::Output;
use access::datapath::Segments;
use ike::Path;
use net::raw::{EspSocket, Family};
use net::tun::{TunDrop, TunQueue};
use net::udp::{UdpOptions, UdpSocket};
use wire::virtio::VnetHeader;

use crate::config::Config;
use crate::exit::Failure;

/// UDP port of IKE.
pub(crate) const IKE_PORT: u16 = 500;

/// UDP port of IKE and ESP with NAT traversal.
pub(crate) const NAT_T_PORT: u16 = 4500;

/// All sockets.
pub(crate) struct Sockets {
    pub(crate) udp: Vec<UdpSocket>,
    pub(crate) esp: Vec<EspSocket>,
    /// Why raw ESP is not served, if it is not.
    pub(crate) no_esp: Option<String>,
}

impl Sockets {
    /// Binds the ports on every address to listen on. Without CAP_NET_RAW there are no raw sockets, and only clients with NAT
    /// traversal are served.
    pub(crate) fn bind(config: &Config) -> Result<Sockets, Failure> {
        let mut sockets = Sockets { udp: Vec::new(), esp: Vec::new(), no_esp: None };
        for &address in &config.listen {
            for port in [IKE_PORT, NAT_T_PORT] {
                sockets.udp.push(bind_udp(SocketAddr::new(address, port))?);
            }
        }
        let mut families: Vec<_> = config.listen.iter().map(|&address| family(address)).collect();
        families.dedup();
        for family in families {
            match EspSocket::open(family, UdpOptions::default().buffers) {
                Ok(socket) => sockets.esp.push(socket),
                Err(error) => sockets.no_esp = Some(error.to_string()),
            }
        }
        Ok(sockets)
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

fn bind_udp(address: SocketAddr) -> Result<UdpSocket, Failure> {
    UdpSocket::bind(address, &UdpOptions::default()).map_err(|error| {
        let next = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "; another IKE service has it: find it with `ss -ulpn` (often strongSwan, libreswan or racoon) and stop it"
            }
            std::io::ErrorKind::AddrNotAvailable => "; this host does not have that address",
            _ => "",
        };
        Failure::local(format!("cannot listen on UDP {address}: {error}{next}"))
    })
}

fn family(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::V4 } else { Family::V6 }
}

/// Sends for the access layer. What the host does not take is dropped, as any network may.
pub(crate) struct Wire<'a> {
    pub(crate) sockets: &'a Sockets,
    pub(crate) tun: &'a TunQueue,
    pub(crate) unsent: &'a mut u64,
}

impl Output for Wire<'_> {
    fn udp(&mut self, path: Path, data: &[u8], segment: usize) {
        let Some(socket) = self.sockets.udp_for(path.local) else { return };
        if let Err(dropped) = socket.send_segments(path.local.ip(), path.remote, data, segment) {
            *self.unsent += dropped.packets as u64;
        }
    }

    fn esp(&mut self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize) {
        let Some(socket) = self.sockets.esp.iter().find(|socket| socket.family() == family(remote)) else { return };
        if let Err(dropped) = socket.send_segments(local, remote, data, segment) {
            *self.unsent += dropped.packets as u64;
        }
    }

    fn tun(&mut self, offload: VnetHeader, packet: &[u8]) {
        match self.tun.write(&offload, &[IoSlice::new(packet)]) {
            Ok(()) => {}
            Err(TunDrop::CoalescingRefused) => self.write_singly(offload, packet),
            Err(_) => *self.unsent += 1,
        }
    }
}

impl Wire<'_> {
    /// This kernel does not take joint packets: what was joined is cut again.
    fn write_singly(&mut self, offload: VnetHeader, packet: &[u8]) {
        let Ok(segments) = Segments::new(offload, packet) else { return };
        for index in 0..segments.count() {
            let mut one = vec![0; segments.len(index)];
            segments.write(index, &mut one);
            if self.tun.write(&VnetHeader::default(), &[IoSlice::new(&one)]).is_err() {
                *self.unsent += 1;
            }
        }
    }
}
