//! The sockets of a call.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use diagnose::Obstacle;
use ike::Path;
use net::poll::Token;
use net::raw::EspSocket;
use net::udp::{UdpOptions, UdpSocket};
use serde_json::json;

use super::report::{self, Report};
use super::settings::Settings;
use super::strategy::Strategy;
use super::{Outcome, Target};
use crate::io::{IKE_PORT, NAT_T_PORT, Sockets, family};

pub(super) const IKE: Token = Token(0x100);
pub(super) const NAT_T: Token = Token(0x101);
pub(super) const ESP: Token = Token(0x102);
pub(super) const L2TP: Token = Token(0x103);

/// What it costs to do without IPsec.
const CLEAR_PRICE: &str = "without IPsec nothing is protected: everybody on the way can read and change everything that goes \
    through the tunnel, can pose as the server, and gets enough of the log-on to find out the password";

/// The sockets of a call: with IPsec first IKE's, second the one for NAT traversal; without, L2TP's.
pub(super) struct Line {
    pub(super) sockets: Sockets,
    pub(super) protection: Protection,
}

/// What the sockets are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    Ipsec {
        /// Raw ESP is not to be had.
        force_udp: bool,
    },
    None,
}

impl Line {
    /// Opens what the strategy needs.
    pub(super) fn open(
        strategy: Strategy,
        settings: &Settings,
        target: &Target,
        report: &Report,
    ) -> Result<Line, Outcome> {
        let opener = Opener { settings, target, report };
        match strategy {
            Strategy::L2tp => opener.ipsec(),
            Strategy::L2tpClear => {
                // Each time, and not only where it was chosen: that may have been long ago, in a profile.
                report.warning(CLEAR_PRICE);
                opener.clear()
            }
        }
    }

    /// The token of each UDP socket.
    pub(super) fn tokens(&self) -> &'static [Token] {
        match self.protection {
            Protection::Ipsec { .. } => &[IKE, NAT_T],
            Protection::None => &[L2TP],
        }
    }

    /// The path from a UDP socket to a port of the server.
    pub(super) fn path(&self, index: usize, server: IpAddr, port: u16) -> Path {
        let local = self.sockets.udp.get(index).map(UdpSocket::local_addr);
        Path { local: local.expect("the sockets are bound"), remote: SocketAddr::new(server, port) }
    }
}

/// What it takes to open sockets.
struct Opener<'a> {
    settings: &'a Settings,
    target: &'a Target,
    report: &'a Report,
}

impl Opener<'_> {
    /// Ports 500 and 4500 if they are free. If another program has them (an IKE service, as a rule), any other: servers answer
    /// to where a message came from, as they must behind a NAT. ESP then travels in UDP, because raw ESP packets would reach
    /// the other service, too.
    fn ipsec(&self) -> Result<Line, Outcome> {
        let mut sockets = Sockets::default();
        let mut force_udp = false;
        let options = self.udp_options();
        for port in [IKE_PORT, NAT_T_PORT] {
            // A server on this host has the usual ports, or nobody has: with them we would talk to ourselves.
            let first = if self.target.path.local { 0 } else { port };
            force_udp |= first != port;
            let usual = UdpSocket::bind(SocketAddr::new(self.target.local, first), &options);
            let socket = match usual {
                Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                    force_udp = true;
                    UdpSocket::bind(SocketAddr::new(self.target.local, 0), &options)
                }
                result => result,
            };
            let socket = socket.map_err(|error| self.no_port(port, &error))?;
            if first == port && socket.local_addr().port() != port {
                let chosen = socket.local_addr().port();
                self.report
                    .progress("net.ports", &format!("UDP {port} is not available here, UDP {chosen} takes its place"));
            }
            sockets.udp.push(socket);
        }
        // It takes privileges to open a raw socket.
        force_udp |= self.settings.services.is_some();
        if !force_udp {
            match EspSocket::open(family(self.target.local), UdpOptions::default().buffers) {
                Ok(socket) if socket.set_mark(self.settings.mark()).is_ok() => sockets.esp.push(socket),
                Ok(_) | Err(_) => force_udp = true,
            }
        }
        Ok(Line { sockets, protection: Protection::Ipsec { force_udp } })
    }

    /// Any port: that of L2TP may belong to a server here, and servers answer to where a message came from.
    fn clear(&self) -> Result<Line, Outcome> {
        let socket = UdpSocket::bind(SocketAddr::new(self.target.local, 0), &self.udp_options());
        let socket = socket.map_err(|error| self.no_port(0, &error))?;
        let sockets = Sockets { udp: vec![socket], ..Sockets::default() };
        Ok(Line { sockets, protection: Protection::None })
    }

    fn udp_options(&self) -> UdpOptions {
        UdpOptions { icmp_errors: true, mark: self.settings.mark(), ..UdpOptions::default() }
    }

    fn no_port(&self, port: u16, error: &std::io::Error) -> Outcome {
        let detail =
            json!({ "address": self.target.local.to_string(), "port": port, "system_says": error.to_string() });
        Outcome::Ended(report::obstacle(Obstacle::PortBusy, "net.ports", detail))
    }
}
