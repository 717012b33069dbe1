//! What a connection sets up on this host, and removes again: device, address, routes, name servers.

mod ipv6;
mod pushed;

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use autoconf::{Ipv6Host, Learned};
use net::host::{Journal, Need};
use net::netlink::{self, Change, InterfaceAddress, LinkSettings, Netlink, NetlinkError, Prefix, Route, UnmarkedRule};
use net::nft::{Nft, NftError};
use net::raw::Family;
use net::resolved::LinkNames;
use net::tun::TunQueue;
use ppp::Ipv4Settings;
use userspace::proxy::BindError;

pub(crate) use pushed::{Pushed, name_servers};

use super::domain::Domain;
use super::guard::{Guard, Lan};
use super::resolv::Resolv;
use super::resolver::{RESOLV_CONF, Resolver, asks_around};
use super::settings::Settings;
use crate::exit::Failure;

/// Where locks and copies are kept: a directory that does not outlive a boot.
const RUNTIME: &str = "/run/causeway-dial";

/// Packets that the device may hold; its default of 500 is too short for trains.
const QUEUE_PACKETS: u32 = 5000;

/// Mark of our packets to the server: the one thing that passes beside a full tunnel. A mark, and not a route to the server's
/// address: then an attacker who makes a name resolve to that address gains nothing (CVE-2023-36673).
pub(crate) const MARK: u32 = 0x6377;

/// Place of the full tunnel's rule: behind the table of local addresses, before the main table, which DHCP may fill with more
/// specific routes than ours (CVE-2024-3661).
const RULE_PRIORITY: u32 = 6377;

/// The full tunnel's table is this and the number of the device.
const TABLE: u32 = 0x6377_0000;

/// The host's side of the connection. The device is there from the beginning, and stays through reconnections with its routes, so
/// that nothing meant for the tunnel leaves by another way meanwhile. Dropping it removes everything.
pub(crate) struct Host {
    pub(crate) tun: TunQueue,
    netlink: Netlink,
    index: u32,
    address: Option<InterfaceAddress>,
    /// Routes into the tunnel.
    inside: Vec<Route>,
    /// The addresses of IPv6.
    addresses6: Vec<InterfaceAddress>,
    /// The address that packets of IPv6 get.
    source6: Option<Ipv6Addr>,
    /// In a full tunnel, where IPv6 leads while the server takes it.
    default6: Option<Route>,
    /// In a full tunnel, where IPv6 ends otherwise.
    nowhere6: Option<Route>,
    /// What IPCP brought last.
    ipv4: Option<Ipv4Settings>,
    /// What the server said of its network last.
    learned: Learned,
    /// Name servers from router advertisements.
    dns6: Vec<Ipv6Addr>,
    /// Networks that the server named, of those that lead into the tunnel.
    pushed: Vec<Prefix>,
    /// The route that keeps packets to the server outside the tunnel.
    server: Option<Route>,
    resolver: Option<Resolver>,
    /// Routes to name servers.
    asked: Vec<Route>,
    /// Domains that the server named.
    domains: Vec<Domain>,
    /// Rules of a full tunnel.
    rules: Vec<UnmarkedRule>,
    guard: Guard,
    /// Switches that a full tunnel changed.
    switches: Option<Journal>,
    /// Held while we run: what others left is only removed when nobody runs.
    running: Option<File>,
}

/// Why the addresses of a connection cannot be used.
pub(crate) enum Unusable {
    /// The server assigned an address that no host can have, or that is the server's own outside the tunnel.
    Address(Ipv4Addr),
    /// The kernel refuses.
    Kernel(&'static str, NetlinkError),
    /// A proxy or port forward cannot listen.
    Service(BindError),
}

impl Host {
    /// Checks what is needed and makes the device, which passes nothing yet.
    pub(crate) fn create(device: &str) -> Result<Host, Failure> {
        for need in [Need::ConfigureNetwork, Need::Tun] {
            need.check().map_err(|missing| Failure::local(missing.to_string()))?;
        }
        let tun = TunQueue::create(device, false)
            .map_err(|error| Failure::local(format!("cannot make the device {device}: {error}")))?;
        let failed = |error: NetlinkError| Failure::local(format!("cannot configure the device {device}: {error}"));
        let mut netlink = Netlink::open().map_err(failed)?;
        let link = netlink.link(tun.name()).map_err(failed)?;
        let index = link.ok_or_else(|| Failure::local(format!("the device {device} is gone")))?.index;
        quieten(tun.name());
        let running = running_file();
        let guard = Guard::new(index, tun.name());
        let mut host = Host {
            tun,
            netlink,
            index,
            address: None,
            inside: Vec::new(),
            addresses6: Vec::new(),
            source6: None,
            default6: None,
            nowhere6: None,
            ipv4: None,
            learned: Learned::default(),
            dns6: Vec::new(),
            pushed: Vec::new(),
            server: None,
            resolver: None,
            asked: Vec::new(),
            domains: Vec::new(),
            rules: Vec::new(),
            guard,
            switches: None,
            running: None,
        };
        // What is left of it to others that run stays.
        let _ = resolv().restore();
        if let Some(file) = running {
            if file.try_lock().is_ok() {
                host.remove_leftovers();
            }
            // Shared by all that run; it turns the exclusive lock into a shared one.
            host.running = file.lock_shared().is_ok().then_some(file);
        }
        Ok(host)
    }

    /// From now on nothing leaves this host but through the device, and what carries the mark. IPv6 ends in the device: it must
    /// not pass beside it. Returns what may be wrong although it works.
    pub(crate) fn close(&mut self, settings: &Settings, outside: &netlink::Path) -> Result<Vec<String>, Failure> {
        let failed = |error| Failure::local(format!("cannot lead everything into the tunnel: {error}"));
        if self.another_is_closed().map_err(failed)? {
            return Err(Failure::local("another connection leads everything into its tunnel: end that one first"));
        }
        let mut warnings = Vec::new();
        if let Err(error) = self.accept_answers(outside.interface) {
            warnings
                .push(format!("the kernel may drop the server's answers as coming the wrong way (rp_filter): {error}"));
        }
        self.bring_up(settings.mtu).map_err(failed)?;
        let everything = self.everything(Family::V4);
        let table = everything.table;
        let rule = rule(Family::V4, table);
        let _ = self.netlink.add_route(&everything).and_then(|_| self.netlink.add_rule(&rule)).map_err(failed)?;
        self.rules.push(rule);
        warnings.extend(self.close_ipv6()?);
        if !settings.dns && asks_around() {
            warnings.push(
                "names may not be found: the name servers around are not reached from a full tunnel without --dns"
                    .into(),
            );
        }
        let lan = if settings.allow_lan { Lan::Open { but: settings.routes.clone() } } else { Lan::Closed };
        if let Err(error) = self.guard.seal(&mut self.netlink, table, lan) {
            warnings.push(format!("programs that name the interface themselves get past the tunnel: {error}"));
        }
        if settings.allow_lan {
            let open = self.guard.open_to();
            warnings.push(if open.is_empty() {
                "--allow-lan: this machine is in no private network now; one that it comes into will be reached"
                    .to_owned()
            } else {
                format!(
                    "beside the tunnel: {}; whoever runs that network decides which addresses it has",
                    open.join(", ")
                )
            });
        }
        Ok(warnings)
    }

    /// The route of everything into the tunnel, in the table of a full one.
    fn everything(&self, family: Family) -> Route {
        let any = match family {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let everything = Prefix::new(any, 0).expect("every address has a prefix of no bits");
        Route { table: TABLE + self.index, ..Route::on_link(everything, self.index) }
    }

    /// Whether there is a full tunnel with a device. The rules of one that was killed while others ran are removed.
    fn another_is_closed(&mut self) -> Result<bool, NetlinkError> {
        let links = self.netlink.links()?;
        let mut closed = false;
        for rule in self.netlink.our_rules()? {
            if links.iter().any(|link| TABLE.checked_add(link.index) == Some(rule.table)) {
                closed = true;
            } else {
                let _ = self.netlink.remove_rule(&rule)?;
            }
        }
        Ok(closed)
    }

    /// The server's packets come in where, by the full tunnel's rule, none would go out to it. Where the kernel insists on that
    /// (RFC 3704 §2.2), it is told to insist only on a known source (§2.4).
    fn accept_answers(&mut self, interface: u32) -> std::io::Result<()> {
        let links = self.netlink.links().map_err(std::io::Error::other)?;
        let Some(link) = links.into_iter().find(|link| link.index == interface) else { return Ok(()) };
        let mode = |name: &str| {
            let text = fs::read_to_string(format!("/proc/sys/net/ipv4/conf/{name}/rp_filter")).unwrap_or_default();
            text.trim().parse::<u8>().unwrap_or(0)
        };
        if mode("all").max(mode(&link.name)) != 1 {
            return Ok(());
        }
        fs::create_dir_all(RUNTIME)?;
        let mut switches = Journal::open(&switches_path())?;
        let changed = switches.set(&format!("ipv4/conf/{}/rp_filter", link.name), "2");
        self.switches = Some(switches);
        changed
    }

    fn bring_up(&mut self, mtu: u16) -> Result<(), NetlinkError> {
        let settings = LinkSettings { up: Some(true), mtu: Some(mtu.into()), txqueuelen: Some(QUEUE_PACKETS) };
        self.netlink.set_link(self.index, settings)
    }

    /// The way to the server outside the tunnel, as it is now: the network may have changed since the last connection.
    pub(crate) fn path_to(&mut self, server: IpAddr) -> Result<Option<netlink::Path>, NetlinkError> {
        self.stand_fast();
        let mark = if self.rules.is_empty() { 0 } else { MARK };
        let found = self.netlink.marked_path_to(server, mark)?;
        if self.inside.is_empty() && self.server.is_none() {
            return Ok(found);
        }
        // Our own routes hide the answer. For the question they are withdrawn, and stand again before anything else happens.
        let inside = std::mem::take(&mut self.inside);
        if let Some(route) = self.server.take() {
            let _ = self.netlink.remove_route(&route);
        }
        for route in &inside {
            let _ = self.netlink.remove_route(route);
        }
        let found = self.netlink.path_to(server);
        if let Ok(Some(path)) = &found {
            self.keep_outside(server, path)?;
        }
        for route in inside {
            let _ = self.add_inside(route)?;
        }
        found
    }

    /// The network changes, and who manages it removes rules that it does not know (systemd-networkd does, when it starts). Meanwhile
    /// the packet filter holds.
    fn stand_fast(&mut self) {
        for rule in &self.rules {
            let _ = self.netlink.add_rule(rule);
        }
        self.guard.follow(&mut self.netlink);
    }

    /// The address that packets to the server have now; `None` when there is no way to it, for the moment or for good.
    pub(crate) fn source_towards(&mut self, server: IpAddr) -> Option<IpAddr> {
        self.stand_fast();
        let mark = if self.rules.is_empty() { 0 } else { MARK };
        let path = self.netlink.marked_path_to(server, mark).ok()??;
        path.source.filter(|_| path.interface != self.index)
    }

    /// Sets up what the server assigned: address, routes, name servers. Returns what may be wrong although it works.
    pub(crate) fn configure(
        &mut self,
        settings: &Settings,
        server: IpAddr,
        outside: &netlink::Path,
        ipv4: &Ipv4Settings,
        ipv6: Option<&Ipv6Host>,
    ) -> Result<Vec<String>, Unusable> {
        let local = ipv4.local;
        if !assignable(local) || IpAddr::V4(local) == server || outside.source == Some(IpAddr::V4(local)) {
            return Err(Unusable::Address(local));
        }
        self.bring_up(settings.mtu).map_err(kernel("bring up the device"))?;
        let mut warnings = Vec::new();
        // Some servers name as their inner address the one they are reached at: a route to it would lead the tunnel into itself.
        let remote = Some(IpAddr::V4(ipv4.remote)).filter(|_| assignable(ipv4.remote) && ipv4.remote != local);
        let peer = remote.filter(|&remote| remote != server);
        if peer != remote {
            warnings.push(format!("the server calls itself {server} inside the tunnel, too; it gets no route there"));
        }
        let address = InterfaceAddress { interface: self.index, address: local.into(), prefix_len: 32, peer };
        if let Some(old) = self.address.take_if(|old| *old != address) {
            let _ = self.netlink.remove_address(&old);
        }
        if self.address.is_none() {
            let _ = self.netlink.add_address(&address).map_err(kernel("add the address"))?;
            self.address = Some(address);
        }
        self.ipv4 = Some(*ipv4);
        if settings.full_tunnel {
            let servers = name_servers(ipv4, &Learned::default()).into_iter().map(IpAddr::V4);
            self.hold_inside(server, peer.into_iter().chain(servers))?;
        }
        if settings.covers(server) {
            self.keep_outside(server, outside).map_err(kernel("keep the way to the server outside the tunnel"))?;
        }
        // What the server named in an earlier connection stays until it says something else: nothing leaves outside meanwhile.
        let wanted = settings.routes.iter().chain(&self.pushed).copied();
        for destination in wanted.filter(|_| !settings.full_tunnel).collect::<Vec<_>>() {
            if self.lead_inside(destination)? == Change::AlreadySo {
                warnings.push(format!("there is a route to {destination} already, which may lead elsewhere"));
            }
        }
        warnings.extend(self.set_ipv6(settings, server, ipv6)?);
        if settings.dns && self.resolver.is_none() {
            warnings.push("the server named no name servers".into());
        }
        Ok(warnings)
    }

    /// Leads a network into the tunnel; `AlreadySo` when somebody else leads it elsewhere.
    fn lead_inside(&mut self, destination: Prefix) -> Result<Change, Unusable> {
        let source = match destination.address() {
            IpAddr::V4(_) => self.ipv4.map(|ipv4| ipv4.local.into()),
            IpAddr::V6(_) => self.source6.map(IpAddr::V6),
        };
        let route = Route { source, ..Route::on_link(destination, self.index) };
        if self.inside.contains(&route) {
            return Ok(Change::Made);
        }
        for old in self.inside.extract_if(.., |old| old.destination == destination) {
            let _ = self.netlink.remove_route(&old);
        }
        self.add_inside(route).map_err(kernel("add a route into the tunnel"))
    }

    /// In a full tunnel: a neighbouring network of the same addresses must not take these hosts over.
    fn hold_inside(&mut self, server: IpAddr, hosts: impl Iterator<Item = IpAddr>) -> Result<(), Unusable> {
        for host in hosts.filter(|&host| host != server) {
            let route = Route { table: TABLE + self.index, ..Route::on_link(Prefix::host(host), self.index) };
            let _ = self.netlink.add_route(&route).map_err(kernel("add a route into the tunnel"))?;
        }
        Ok(())
    }

    /// Asks the name servers that are known now, for what was asked for on this host and by the server: those of the address assignment, then what the server said besides, then of IPv6.
    fn update_name_servers(
        &mut self,
        settings: &Settings,
        server: IpAddr,
        warnings: &mut Vec<String>,
    ) -> Result<(), Unusable> {
        let Some(ipv4) = self.ipv4.filter(|_| settings.dns) else { return Ok(()) };
        let own = ipv4.local;
        let servers = name_servers(&ipv4, &self.learned).into_iter().filter(|&server| server != own).map(IpAddr::V4);
        let servers: Vec<_> = servers.chain(self.dns6.iter().copied().map(IpAddr::V6)).collect();
        // Packets to the server stay outside, in clear: in a full tunnel only our own do.
        let (outside, servers): (Vec<_>, Vec<_>) =
            servers.into_iter().partition(|&address| address == server && !settings.full_tunnel);
        if !outside.is_empty() {
            warnings.push(format!("the server names {server} as name server, which is not reached through the tunnel"));
        }
        if servers.is_empty() {
            return Ok(());
        }
        if settings.full_tunnel {
            self.hold_inside(server, servers.iter().copied())?;
        } else {
            self.lead_to_name_servers(settings, &servers)?;
        }
        let mut domains: Vec<&Domain> = Vec::new();
        for domain in settings.dns_domains.iter().chain(&self.domains) {
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        let all = domains.is_empty() || domains.iter().any(|domain| domain.is_root());
        domains.retain(|domain| !domain.is_root());
        let names = LinkNames {
            servers,
            everything: settings.full_tunnel || all,
            domains: domains.iter().map(ToString::to_string).collect(),
        };
        match Resolver::set(&mut self.resolver, self.index, &names, resolv) {
            Ok(more) => warnings.extend(more),
            Err(error) => warnings.push(error),
        }
        if !names.everything
            && !settings.dns_domains.is_empty()
            && !self.resolver.as_ref().is_some_and(Resolver::splits)
        {
            let domains = names.domains.join(", ");
            warnings.push(format!(
                "all names are looked up inside the tunnel, not only those in {domains}: only systemd-resolved can tell them apart"
            ));
        }
        Ok(())
    }

    /// Name servers are meant to be reached through the tunnel, also where no route was asked for.
    fn lead_to_name_servers(&mut self, settings: &Settings, servers: &[IpAddr]) -> Result<(), Unusable> {
        let hosts = servers.iter().filter(|&&server| !settings.routes.iter().any(|route| route.contains(server)));
        // By the metric they go beside those of another connection to a name server of the same address.
        let metric = Some(self.index);
        let routes = hosts.map(|&host| Route { metric, ..Route::on_link(Prefix::host(host), self.index) });
        let routes: Vec<_> = routes.collect();
        for old in self.asked.extract_if(.., |old| !routes.contains(old)) {
            let _ = self.netlink.remove_route(&old);
        }
        for route in routes {
            if !self.asked.contains(&route) {
                let _ = self.netlink.add_route(&route).map_err(kernel("add a route into the tunnel"))?;
                self.asked.push(route);
            }
        }
        Ok(())
    }

    /// The tunnel's addresses are reached through it only.
    fn protect(&mut self) -> Result<(), NftError> {
        let ipv4 = self.ipv4.map(|ipv4| ipv4.local.into());
        self.guard.protect(ipv4.into_iter().chain(self.source6.map(IpAddr::V6)).collect())
    }

    fn keep_outside(&mut self, server: IpAddr, outside: &netlink::Path) -> Result<(), NetlinkError> {
        if outside.local {
            return Ok(());
        }
        let mut route = Route::on_link(Prefix::host(server), outside.interface);
        route.gateway = outside.gateway;
        if let Some(old) = self.server.take_if(|old| *old != route) {
            let _ = self.netlink.remove_route(&old)?;
        }
        if self.server.is_none() && self.netlink.add_route(&route)? == Change::Made {
            self.server = Some(route);
        }
        Ok(())
    }

    fn add_inside(&mut self, route: Route) -> Result<Change, NetlinkError> {
        let change = self.netlink.add_route(&route)?;
        if change == Change::Made {
            self.inside.push(route);
        }
        Ok(change)
    }

    /// Removes what a killed dialer left. Its device took its routes along; the route to its server and others beside the tunnel
    /// stayed.
    fn remove_leftovers(&mut self) {
        for route in self.netlink.our_routes().unwrap_or_default() {
            let host_route = route.destination == Prefix::host(route.destination.address());
            let beside = route.table & TABLE == TABLE;
            if (host_route && route.table == Route::MAIN || beside) && route.interface != Some(self.index) {
                let _ = self.netlink.remove_route(&route);
            }
        }
        for rule in self.netlink.our_rules().unwrap_or_default() {
            let _ = self.netlink.remove_rule(&rule);
        }
        let _ = Nft::open().and_then(|mut nft| nft.remove_shields());
        if let Ok(mut switches) = Journal::open(&switches_path()) {
            let _ = switches.restore();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // At the end there is nobody left to tell; the next start finds and removes what stayed. The device takes its address
        // and its routes along.
        if let Some(route) = self.server.take() {
            let _ = self.netlink.remove_route(&route);
        }
        for rule in self.rules.drain(..) {
            let _ = self.netlink.remove_rule(&rule);
        }
        if let Some(route) = self.nowhere6.take() {
            let _ = self.netlink.remove_route(&route);
        }
        self.guard.release(&mut self.netlink);
        if let Some(mut switches) = self.switches.take() {
            let _ = switches.restore();
        }
        if let Some(resolver) = self.resolver.take() {
            resolver.release();
        }
        if let Some(file) = self.running.take()
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(running_path());
        }
    }
}

/// The device's IPv6 addresses and routes come from the server through this process, and the kernel finds none of its own.
fn quieten(device: &str) {
    for (switch, value) in [("addr_gen_mode", "1"), ("accept_ra", "0")] {
        // Without IPv6 on this host there is nothing to switch.
        let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{device}/{switch}"), value);
    }
}

fn rule(family: Family, table: u32) -> UnmarkedRule {
    UnmarkedRule { family, priority: RULE_PRIORITY, unless_mark: MARK, table }
}

fn kernel(what: &'static str) -> impl FnOnce(NetlinkError) -> Unusable {
    move |error| Unusable::Kernel(what, error)
}

/// Whether a host can have this address.
pub(crate) fn assignable(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    first != 0 && first < 224 && !address.is_loopback()
}

fn resolv() -> Resolv {
    Resolv::new(RESOLV_CONF, Path::new(RUNTIME).join(format!("resolv.{}", namespace())))
}

/// The file that all dialers of this host lock; `None` where there is no place for it.
fn running_file() -> Option<File> {
    fs::create_dir_all(RUNTIME).ok()?;
    File::create(running_path()).ok()
}

fn running_path() -> PathBuf {
    Path::new(RUNTIME).join(format!("dial.{}.lock", namespace()))
}

fn switches_path() -> PathBuf {
    Path::new(RUNTIME).join(format!("dial.{}.switches", namespace()))
}

/// A name for the network namespace: dialers in different ones may share /run, and have nothing else in common.
fn namespace() -> u64 {
    fs::metadata("/proc/thread-self/ns/net").map_or(0, |namespace| namespace.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_no_host_can_have_is_not_taken_from_a_server() {
        for address in ["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"] {
            assert!(!assignable(address.parse().unwrap()), "{address}");
        }
        for address in ["10.99.0.2", "192.168.1.1", "100.64.0.1", "169.254.7.7"] {
            assert!(assignable(address.parse().unwrap()), "{address}");
        }
    }
}
