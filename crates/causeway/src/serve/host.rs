//! What the server sets up on its host, and removes again: device, address, forwarding, translation.

use std::net::IpAddr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;

use net::host::{Journal, Need};
use net::netlink::{InterfaceAddress, LinkSettings, Netlink, Prefix};
use net::nft::{Masquerade, Nft};
use net::raw::Family;
use net::tun::TunQueue;

use crate::config::Config;
use crate::exit::Failure;

/// The host as it was set up. Dropping it removes what [`Host::prepare`] made; what a crash left is removed at the next start.
pub(crate) struct Host {
    pub(crate) tun: TunQueue,
    /// What may keep traffic from passing although everything here is right.
    pub(crate) warnings: Vec<String>,
    journal: Journal,
    masquerades: bool,
    /// Held as long as the tables are ours.
    _lock: Option<UnixListener>,
}

/// Packets that the device may hold; its default of 500 is too short for trains.
const QUEUE_PACKETS: u32 = 5000;

impl Host {
    /// Checks that the process may do what it will have to.
    pub(crate) fn check_needs() -> Result<(), Failure> {
        for need in [Need::ConfigureNetwork, Need::Tun, Need::LowPorts] {
            need.check().map_err(|missing| Failure::local(missing.to_string()))?;
        }
        Ok(())
    }

    /// Sets the host up.
    pub(crate) fn prepare(config: &Config) -> Result<Host, Failure> {
        let lock = if config.nat { Some(lock_tables()?) } else { None };
        let runtime = config.socket.parent().unwrap_or(Path::new("."));
        let mut journal = recover(&runtime.join("host.journal"))?;
        let tun = TunQueue::create(&config.device, false)
            .map_err(|error| Failure::local(format!("cannot make the device {}: {error}", config.device)))?;
        configure_device(&tun, config)
            .map_err(|error| Failure::local(format!("cannot configure the device {}: {error}", config.device)))?;
        journal
            .enable_ipv4_forwarding()
            .map_err(|error| Failure::local(format!("cannot switch on net.ipv4.ip_forward: {error}")))?;
        if config.ipv6.is_some() {
            journal
                .enable_ipv6_forwarding()
                .map_err(|error| Failure::local(format!("cannot switch on net.ipv6.conf.all.forwarding: {error}")))?;
        }
        let mut host = Host { tun, warnings: Vec::new(), journal, masquerades: false, _lock: lock };
        if config.nat {
            host.masquerade(config)?;
        }
        host.look_for_bans();
        Ok(host)
    }

    fn masquerade(&mut self, config: &Config) -> Result<(), Failure> {
        let failed = |error: net::nft::NftError| {
            Failure::local(format!(
                "cannot translate addresses: {error}; with nat = false (or --no-nat) the server runs without, and the \
                 network behind it needs a route to {}",
                config.pool
            ))
        };
        let ipv4 = Prefix::new(IpAddr::V4(config.pool.first()), config.pool.covering_prefix());
        let ipv6 = config.ipv6.and_then(|range| Prefix::new(IpAddr::V6(range.server()), range.prefix_len()));
        let sources = ipv4.into_iter().chain(ipv6).collect();
        let masquerade = Masquerade { sources, inside: self.tun.name().to_owned() };
        self.masquerades = true;
        let mut nft = Nft::open().map_err(failed)?;
        nft.install(Family::V4, &masquerade).map_err(failed)?;
        if ipv6.is_some() {
            nft.install(Family::V6, &masquerade).map_err(failed)?;
        }
        Ok(())
    }

    /// A firewall that drops what it does not know would drop the clients' traffic.
    fn look_for_bans(&mut self) {
        let Ok(bans) = Nft::open().and_then(|mut nft| nft.forward_bans()) else { return };
        for ban in bans.iter().filter(|ban| ban.family != "ip6") {
            self.warnings.push(format!(
                "the firewall chain `{} {} {}` drops forwarded packets by default: clients reach nothing behind the server \
                 unless a rule there accepts interface {}",
                ban.family,
                ban.table,
                ban.chain,
                self.tun.name()
            ));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // At the end there is nobody left to tell; the next start finds and removes what stayed.
        if self.masquerades {
            remove_tables();
        }
        let _ = self.journal.restore();
    }
}

/// Puts back what a killed server left changed. Its device went with it, and its table is replaced when ours is made.
fn recover(path: &Path) -> Result<Journal, Failure> {
    let failed =
        |error| Failure::local(format!("cannot keep a record of changed settings in {}: {error}", path.display()));
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut journal = Journal::open(path).map_err(failed)?;
    if !journal.entries().is_empty() {
        remove_tables();
        journal.restore().map_err(failed)?;
    }
    Ok(journal)
}

/// Makes sure that no other server in this network namespace has tables under our name. The lock is an abstract socket, which
/// belongs to the namespace as the tables do, and which the kernel releases whatever becomes of its holder.
fn lock_tables() -> Result<UnixListener, Failure> {
    let address = SocketAddr::from_abstract_name("causeway-tables");
    address.and_then(|address| UnixListener::bind_addr(&address)).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::local(
            "another causeway server translates addresses on this host; stop it, or run this one with nat = false (--no-nat)",
        ),
        _ => Failure::local(format!("cannot lock the nf_tables table: {error}")),
    })
}

/// Removes our tables; those of others stay.
fn remove_tables() {
    for family in [Family::V4, Family::V6] {
        let _ = Nft::open().and_then(|mut nft| nft.remove(family));
    }
}

fn configure_device(tun: &TunQueue, config: &Config) -> Result<(), net::netlink::NetlinkError> {
    let mut netlink = Netlink::open()?;
    let Some(link) = netlink.link(tun.name())? else { return Ok(()) };
    let mtu = Some(u32::from(config.mtu));
    netlink.set_link(link.index, LinkSettings { up: Some(true), mtu, txqueuelen: Some(QUEUE_PACKETS) })?;
    // The device is new, so the address is not there yet.
    let _ = netlink.add_address(&InterfaceAddress {
        interface: link.index,
        address: IpAddr::V4(config.pool.first()),
        prefix_len: config.pool.covering_prefix(),
        peer: None,
    })?;
    if let Some(range) = config.ipv6 {
        let _ = netlink.add_address(&InterfaceAddress {
            interface: link.index,
            address: IpAddr::V6(range.server()),
            prefix_len: range.prefix_len(),
            peer: None,
        })?;
    }
    Ok(())
}
