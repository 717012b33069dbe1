//! Which inner packets may pass from a client to the host, and from a server to us.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use policy::{Ipv6Range, PoolRange, Prefix64};
use wire::ip::IpView;

use super::{Dropped, Link};

/// The addresses of clients, and whether clients may reach one another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Admission {
    /// Where the IPv4 addresses of clients lie; the first is the server's.
    pub ipv4: Option<PoolRange>,
    /// Where the IPv6 prefixes of clients lie; the first is the server's.
    pub ipv6: Option<Ipv6Range>,
    /// Whether clients may reach one another.
    pub client_to_client: bool,
}

impl Admission {
    /// Checks a packet that came in on `link`. A client's source must be what it was assigned, or it could pose as another; a
    /// server that we dialled may send from everywhere, but only to us.
    pub(super) fn check(&self, link: &Link, ip: &IpView) -> Result<(), Dropped> {
        if link.dialled {
            return if belongs(link, ip.destination) { Ok(()) } else { Err(Dropped::Destination) };
        }
        if !belongs(link, ip.source) {
            return Err(Dropped::Source);
        }
        let allowed = match ip.destination {
            IpAddr::V4(destination) => self.allows_ipv4(destination),
            IpAddr::V6(destination) => self.allows_ipv6(destination),
        };
        if allowed { Ok(()) } else { Err(Dropped::Destination) }
    }

    /// Whether a client's packet has the source it was assigned and goes where only the server listens: to its inner address, or
    /// to everybody on the link.
    pub(super) fn is_question(&self, link: &Link, ip: &IpView) -> bool {
        let IpAddr::V4(destination) = ip.destination else { return false };
        let server = self.ipv4.is_some_and(|range| range.first() == destination);
        belongs(link, ip.source) && (server || destination.is_broadcast())
    }

    fn allows_ipv4(&self, address: Ipv4Addr) -> bool {
        let other_client = self.ipv4.is_some_and(|range| range.contains(address) && address != range.first());
        let nobody =
            address.is_multicast() || address.is_broadcast() || address.is_unspecified() || address.is_loopback();
        !nobody && (self.client_to_client || !other_client)
    }

    fn allows_ipv6(&self, address: Ipv6Addr) -> bool {
        let other_client = self.ipv6.is_some_and(|range| range.contains(address) && !range.is_server(address));
        let nobody = address.is_multicast()
            || address.is_unspecified()
            || address.is_loopback()
            || address.is_unicast_link_local();
        !nobody && (self.client_to_client || !other_client)
    }
}

/// Whether `address` is one that was assigned on `link`.
fn belongs(link: &Link, address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => link.ipv4 == Some(address),
        IpAddr::V6(address) => link.ipv6.is_some_and(|ipv6| {
            let own = if link.dialled { ipv6.local } else { ipv6.remote };
            address == own || ipv6.prefix == Some(Prefix64::of(address))
        }),
    }
}
