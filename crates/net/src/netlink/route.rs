//! Routes (`RTM_NEWROUTE`), and the question which way a packet would go.

use std::net::IpAddr;

use super::{Change, Netlink, NetlinkError, Prefix, address_octets, attributes, family, read_address, read_u32};

/// A unicast route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Where it leads.
    pub destination: Prefix,
    /// The next hop; none when the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The interface's number; may be left out when there is a gateway.
    pub interface: Option<u32>,
    /// The source address that packets of this host get.
    pub source: Option<IpAddr>,
    /// Preference among routes to one destination; the lowest wins.
    pub metric: Option<u32>,
    /// Packets end here, and whoever sent them is told so.
    pub unreachable: bool,
    /// The routing table; [`Route::MAIN`] unless rules lead elsewhere.
    pub table: u32,
}

impl Route {
    /// The table that hosts use without further rules.
    pub const MAIN: u32 = libc::RT_TABLE_MAIN as u32;

    /// A route to `destination` on the link behind `interface`.
    pub fn on_link(destination: Prefix, interface: u32) -> Route {
        Route {
            destination,
            gateway: None,
            interface: Some(interface),
            source: None,
            metric: None,
            unreachable: false,
            table: Route::MAIN,
        }
    }

    /// A route on which packets to `destination` end, unless a better one leads there. It belongs to no interface.
    pub fn to_nowhere(destination: Prefix) -> Route {
        let metric = Some(u32::MAX);
        Route { interface: None, metric, unreachable: true, ..Route::on_link(destination, 0) }
    }
}

/// Which way a packet would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// The interface it would leave by.
    pub interface: u32,
    /// The source address it would get.
    pub source: Option<IpAddr>,
    /// The next hop; none when the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The destination is an address of this host.
    pub local: bool,
}

impl Netlink {
    /// Adds a route, marked as ours.
    pub fn add_route(&mut self, route: &Route) -> Result<Change, NetlinkError> {
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        Change::unless(self.command_route(libc::RTM_NEWROUTE, flags, route), &[libc::EEXIST])
    }

    /// Removes a route that is marked as ours.
    pub fn remove_route(&mut self, route: &Route) -> Result<Change, NetlinkError> {
        // ENODEV: the interface is gone, and its routes with it.
        Change::unless(self.command_route(libc::RTM_DELROUTE, 0, route), &[libc::ESRCH, libc::ENODEV])
    }

    /// All routes that are marked as ours, such as those that a killed process left.
    pub fn our_routes(&mut self) -> Result<Vec<Route>, NetlinkError> {
        self.routes(|read| read.protocol == PROTOCOL)
    }

    /// The unicast routes of the main table that are not ours.
    pub fn foreign_routes(&mut self) -> Result<Vec<Route>, NetlinkError> {
        self.routes(|read| {
            read.protocol != PROTOCOL && read.kind == libc::RTN_UNICAST && read.route.table == Route::MAIN
        })
    }

    fn routes(&mut self, wanted: impl Fn(&ReadRoute) -> bool) -> Result<Vec<Route>, NetlinkError> {
        let mut routes = Vec::new();
        self.channel.dump(
            libc::RTM_GETROUTE,
            |message| {
                message.fixed(&[0; 12]);
            },
            |body| {
                let route = read(body).filter(&wanted).map(|read| read.route);
                if !route.is_some_and(|route| routes.contains(&route)) {
                    routes.extend(route);
                }
            },
        )?;
        Ok(routes)
    }

    /// Which way a packet to `destination` would go; `None` when there is no way.
    pub fn path_to(&mut self, destination: IpAddr) -> Result<Option<Path>, NetlinkError> {
        self.marked_path_to(destination, 0)
    }

    /// Which way a packet to `destination` that carries this mark (`SO_MARK`) would go.
    pub fn marked_path_to(&mut self, destination: IpAddr, mark: u32) -> Result<Option<Path>, NetlinkError> {
        let mut path = None;
        let body = |message: &mut super::Message<'_>| {
            let prefix = Prefix::host(destination);
            message.fixed(&header(&prefix, 0, 0, 0, 0));
            message.attribute(libc::RTA_DST, &address_octets(destination));
            message.number(libc::RTA_MARK, mark);
        };
        let result = self.channel.query(libc::RTM_GETROUTE, 0, body, |body| {
            path = read(body).and_then(|read| {
                let Route { interface, source, gateway, .. } = read.route;
                Some(Path { interface: interface?, source, gateway, local: read.kind == libc::RTN_LOCAL })
            });
        });
        match result {
            Ok(()) => Ok(path),
            Err(NetlinkError::Refused { errno, .. }) if NO_WAY.contains(&errno) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn command_route(&mut self, kind: u16, flags: i32, route: &Route) -> Result<(), NetlinkError> {
        self.channel.command(kind, flags, |message| {
            let scope = if route.gateway.is_some() { libc::RT_SCOPE_UNIVERSE } else { libc::RT_SCOPE_LINK };
            let table = u8::try_from(route.table).unwrap_or(libc::RT_TABLE_UNSPEC);
            let kind = if route.unreachable { libc::RTN_UNREACHABLE } else { libc::RTN_UNICAST };
            message.fixed(&header(&route.destination, table, PROTOCOL, scope, kind));
            message.attribute(libc::RTA_DST, &address_octets(route.destination.address()));
            message.number(libc::RTA_TABLE, route.table);
            if let Some(gateway) = route.gateway {
                message.attribute(libc::RTA_GATEWAY, &address_octets(gateway));
            }
            if let Some(source) = route.source {
                message.attribute(libc::RTA_PREFSRC, &address_octets(source));
            }
            if let Some(interface) = route.interface {
                message.number(libc::RTA_OIF, interface);
            }
            if let Some(metric) = route.metric {
                message.number(libc::RTA_PRIORITY, metric);
            }
        })
    }
}

struct ReadRoute {
    route: Route,
    protocol: u8,
    kind: u8,
}

/// A `struct rtmsg`: family, destination length, source length, type of service, table, protocol, scope, type, flags (4).
fn header(destination: &Prefix, table: u8, protocol: u8, scope: u8, kind: u8) -> [u8; 12] {
    let mut octets = [0; 12];
    octets[0] = family(destination.address());
    octets[1] = destination.prefix_len();
    octets[4..8].copy_from_slice(&[table, protocol, scope, kind]);
    octets
}

fn read(body: &[u8]) -> Option<ReadRoute> {
    let &[family, len, _, _, table, protocol, _, kind] = body.first_chunk()?;
    let any = match i32::from(family) {
        libc::AF_INET => IpAddr::from([0; 4]),
        libc::AF_INET6 => IpAddr::from([0; 16]),
        _ => return None,
    };
    let mut route = Route::on_link(Prefix::new(any, len)?, 0);
    route.interface = None;
    route.table = table.into();
    route.unreachable = kind == libc::RTN_UNREACHABLE;
    for (attribute, value) in attributes(body.get(12..)?) {
        match attribute {
            libc::RTA_DST => route.destination = Prefix::new(read_address(value)?, len)?,
            libc::RTA_GATEWAY => route.gateway = read_address(value),
            libc::RTA_PREFSRC => route.source = read_address(value),
            libc::RTA_OIF => route.interface = read_u32(value),
            libc::RTA_PRIORITY => route.metric = read_u32(value),
            libc::RTA_TABLE => route.table = read_u32(value)?,
            _ => {}
        }
    }
    Some(ReadRoute { route, protocol, kind })
}

/// Who made a route, in the numbers of `rtm_protocol`: one that nobody has registered, so that what a crash left is known as ours.
pub(super) const PROTOCOL: u8 = 121;
const NO_WAY: [i32; 4] = [libc::ENETUNREACH, libc::EHOSTUNREACH, libc::ESRCH, libc::EACCES];
