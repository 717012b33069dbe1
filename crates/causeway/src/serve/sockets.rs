//! The ports that the server listens on.

use std::net::SocketAddr;

use net::raw::EspSocket;
use net::udp::{UdpOptions, UdpSocket};

use crate::config::Config;
use crate::exit::Failure;
use crate::io::{IKE_PORT, NAT_T_PORT, Sockets, family};

/// Binds the ports on every address to listen on. Without CAP_NET_RAW there are no raw sockets, and only clients with NAT
/// traversal are served: then the reason stands beside the sockets.
pub(crate) fn bind(config: &Config) -> Result<(Sockets, Option<String>), Failure> {
    let mut sockets = Sockets::default();
    let mut no_esp = None;
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
            Err(error) => no_esp = Some(error.to_string()),
        }
    }
    Ok((sockets, no_esp))
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
