//! The inner side of a connection: a device with routes, or a TCP/IP stack in this process with local proxies before it.

use std::net::{IpAddr, Ipv4Addr};

use access::client::Connection;
use access::{Keys, Output};
use autoconf::{Ipv6Host, Learned};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;
use clock::Timestamp;
use ike::Path;
use net::netlink::{self, Netlink, NetlinkError};
use net::poll::{Interest, Poller, Ready};
use net::tun::TunQueue;
use ppp::Ipv4Settings;
use userspace::proxy::{BindError, Event, Limits, Service, Traffic};
use userspace::{Failure as Broken, Proxy, netstack};
use wire::virtio::VnetHeader;

use super::host::{Host, Pushed, Unusable, assignable, name_servers};
use super::report::Report;
use super::settings::Settings;
use super::{TUN, Target};
use crate::exit::Failure;
use crate::io::{self, Sockets};
use crate::keylog::KeyLog;

/// Tokens of the proxies' descriptors begin here.
const PROXIES: u64 = 1 << 32;

/// Where packets go that came through the tunnel, and where those come from that go into it. It stays through reconnections.
pub(super) enum Inside {
    /// A device; everything on this host can use it.
    Device(Box<Host>),
    /// A stack in this process; who uses the proxies can use it.
    Stack(Box<Stack>),
}

/// The stack and the proxies before it.
pub(super) struct Stack {
    services: Vec<Service>,
    /// They listen from the first connection on.
    proxy: Option<Proxy>,
    netlink: Netlink,
    /// What the server said about name servers after it had assigned an address without any.
    learned: Learned,
}

impl Inside {
    /// Makes the inner side ready, before anything is sent. A full tunnel is closed from here on: what belongs into it does not
    /// leave before it is there.
    pub(super) fn prepare(
        settings: &Settings,
        report: &Report,
        target: &Target,
        poller: &Poller,
    ) -> Result<Inside, Failure> {
        if let Some(services) = &settings.services {
            let netlink = Netlink::open();
            let netlink = netlink.map_err(|error| Failure::local(format!("cannot ask for routes: {error}")))?;
            return Ok(Inside::Stack(Box::new(Stack {
                services: services.clone(),
                proxy: None,
                netlink,
                learned: Learned::default(),
            })));
        }
        let mut host = Host::create(&settings.device)?;
        if settings.full_tunnel {
            let warnings = host.close(settings, &target.path)?;
            for warning in warnings {
                report.warning(&warning);
            }
        }
        let watched = poller.add(&host.tun, TUN, Interest::Read);
        watched.map_err(|error| Failure::local(format!("cannot wait for the device: {error}")))?;
        Ok(Inside::Device(Box::new(host)))
    }

    /// The way to the server outside the tunnel, as it is now.
    pub(super) fn path_to(&mut self, server: IpAddr) -> Result<Option<netlink::Path>, NetlinkError> {
        match self {
            Inside::Device(host) => host.path_to(server),
            Inside::Stack(stack) => stack.netlink.path_to(server),
        }
    }

    /// The address that packets to the server have now; `None` when there is no way to it, for the moment or for good.
    pub(super) fn source_towards(&mut self, server: IpAddr) -> Option<IpAddr> {
        match self {
            Inside::Device(host) => host.source_towards(server),
            Inside::Stack(stack) => stack.netlink.path_to(server).ok()??.source,
        }
    }

    /// Sets up what the server assigned. Returns what may be wrong although it works.
    pub(super) fn configure(
        &mut self,
        now: Timestamp,
        rng: &mut ChaCha20Rng,
        settings: &Settings,
        target: &Target,
        connection: &Connection,
    ) -> Result<Vec<String>, Unusable> {
        match self {
            Inside::Device(host) => {
                let (ipv4, ipv6) = (&connection.ipv4, connection.ipv6.as_ref());
                host.configure(settings, target.server, &target.path, ipv4, ipv6)
            }
            Inside::Stack(stack) => stack.connect(now, rng, settings.mtu, connection),
        }
    }

    /// Sets up what the server said of its network.
    pub(super) fn push(
        &mut self,
        now: Timestamp,
        rng: &mut ChaCha20Rng,
        settings: &Settings,
        target: &Target,
        ipv4: &Ipv4Settings,
        learned: &Learned,
    ) -> Result<Pushed, Unusable> {
        match self {
            Inside::Device(host) => host.push(settings, target.server, &target.path, learned),
            Inside::Stack(stack) => {
                stack.push(now, rng, settings.mtu, ipv4, learned);
                Ok(Pushed::default())
            }
        }
    }

    /// Sets up what the server gives of IPv6 now. Returns what may be wrong although it works.
    pub(super) fn set_ipv6(
        &mut self,
        settings: &Settings,
        target: &Target,
        host: Option<&Ipv6Host>,
    ) -> Result<Vec<String>, Unusable> {
        match self {
            Inside::Device(device) => device.set_ipv6(settings, target.server, host),
            // It asks for none.
            Inside::Stack(_) => Ok(Vec::new()),
        }
    }

    /// There is no connection any more, for the moment.
    pub(super) fn disconnect(&mut self) {
        match self {
            Inside::Device(_) => {}
            Inside::Stack(stack) => stack.proxy.iter_mut().for_each(Proxy::tunnel_down),
        }
    }

    /// The device's name.
    pub(super) fn device(&self) -> Option<&str> {
        match self {
            Inside::Device(host) => Some(host.tun.name()),
            Inside::Stack(_) => None,
        }
    }

    /// The way inside for what comes through the tunnel.
    pub(super) fn entrance(&mut self, now: Timestamp) -> Entrance<'_> {
        match self {
            Inside::Device(host) => Entrance::Device(&host.tun),
            Inside::Stack(stack) => Entrance::Stack(stack.proxy.as_mut(), now),
        }
    }

    /// Notes that a descriptor is ready which belongs to a proxy.
    pub(super) fn handle_ready(&mut self, ready: Ready) {
        match self {
            Inside::Device(_) => {}
            Inside::Stack(stack) => stack.proxy.iter_mut().for_each(|proxy| proxy.handle_ready(ready)),
        }
    }

    /// Does what the proxies can do now; always with the same poller. [`Inside::poll_packet`] may have something after it.
    pub(super) fn flush(&mut self, now: Timestamp, poller: &Poller, report: &Report) {
        let Inside::Stack(stack) = self else { return };
        let Some(proxy) = &mut stack.proxy else { return };
        proxy.flush(now, poller);
        while let Some(event) = proxy.poll_event() {
            if let Some(warning) = warning(&event) {
                report.warning(&warning);
            }
        }
    }

    /// The next packet that the stack has for the tunnel. A device is read where there is a buffer for it.
    pub(super) fn poll_packet(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        match self {
            Inside::Device(_) => None,
            Inside::Stack(stack) => stack.proxy.as_mut()?.poll_packet(now),
        }
    }

    /// When [`Inside::flush`] wants to be called.
    pub(super) fn poll_timeout(&mut self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Inside::Device(_) => None,
            Inside::Stack(stack) => stack.proxy.as_mut()?.poll_timeout(now),
        }
    }
}

impl Stack {
    fn connect(
        &mut self,
        now: Timestamp,
        rng: &mut ChaCha20Rng,
        mtu: u16,
        connection: &Connection,
    ) -> Result<Vec<String>, Unusable> {
        let ipv4 = &connection.ipv4;
        if !assignable(ipv4.local) {
            return Err(Unusable::Address(ipv4.local));
        }
        if self.proxy.is_none() {
            self.proxy = Some(Proxy::bind(&self.services, Limits::default(), PROXIES).map_err(Unusable::from)?);
        }
        let name_servers = name_servers(ipv4, &self.learned);
        let nameless = name_servers.is_empty();
        self.up(now, rng, mtu, ipv4.local, name_servers);
        let warning = "the server named no name servers: only addresses are reached through the proxies, no names";
        Ok(nameless.then(|| warning.to_owned()).into_iter().collect())
    }

    /// Other name servers make another stack, and connections through the old one end: those of the address assignment are as good.
    fn push(&mut self, now: Timestamp, rng: &mut ChaCha20Rng, mtu: u16, ipv4: &Ipv4Settings, learned: &Learned) {
        if ipv4.dns.iter().all(Option::is_none) {
            self.learned.dns.clone_from(&learned.dns);
            self.up(now, rng, mtu, ipv4.local, name_servers(ipv4, &self.learned));
        }
    }

    fn up(&mut self, now: Timestamp, rng: &mut ChaCha20Rng, mtu: u16, address: Ipv4Addr, name_servers: Vec<Ipv4Addr>) {
        let Some(proxy) = &mut self.proxy else { return };
        let config = netstack::Config { address, mtu: mtu.into(), name_servers, limits: netstack::Limits::default() };
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        proxy.tunnel_up(now, &config, seed);
    }
}

impl From<BindError> for Unusable {
    fn from(error: BindError) -> Unusable {
        Unusable::Service(error)
    }
}

/// What a person should know of an event: clients are told themselves, but one of a port forward only sees that it was hung up on.
fn warning(event: &Event) -> Option<String> {
    match event {
        Event::NotAccepted { listener, errno } => {
            let error = std::io::Error::from_raw_os_error(*errno);
            Some(format!("cannot accept a connection at {listener}, and tries again: {error}"))
        }
        Event::Closed { target: Some(target), traffic: Traffic { down: 0, .. }, failure: Some(failure), .. } => {
            match failure {
                Broken::Refused(_) | Broken::Silence { .. } | Broken::Denied(_) => Some(format!("{target}: {failure}")),
                Broken::Malformed(_) | Broken::Local(_) => None,
            }
        }
        Event::Opened { .. } | Event::Closed { .. } | Event::Pong { .. } => None,
    }
}

/// The way inside: a device, or the stack, if it is there yet, with the time.
pub(super) enum Entrance<'a> {
    Device(&'a TunQueue),
    Stack(Option<&'a mut Proxy>, Timestamp),
}

/// Sends for the access layer, outwards and inwards. What is not taken is dropped, as any network may.
pub(super) struct Out<'a> {
    pub(super) sockets: &'a Sockets,
    pub(super) entrance: Entrance<'a>,
    pub(super) keylog: Option<&'a mut KeyLog>,
    pub(super) unsent: &'a mut u64,
}

impl Output for Out<'_> {
    fn udp(&mut self, path: Path, data: &[u8], segment: usize) {
        *self.unsent += self.sockets.send_udp(path, data, segment);
    }

    fn esp(&mut self, local: IpAddr, remote: IpAddr, data: &[u8], segment: usize) {
        *self.unsent += self.sockets.send_esp(local, remote, data, segment);
    }

    fn tun(&mut self, offload: VnetHeader, packet: &[u8]) {
        match &mut self.entrance {
            Entrance::Device(tun) => *self.unsent += io::write_tun(tun, offload, packet),
            Entrance::Stack(Some(proxy), now) => proxy.handle_packet(*now, offload, packet),
            Entrance::Stack(None, _) => {}
        }
    }

    fn keys(&mut self, keys: &Keys<'_>) {
        if let Some(log) = &mut self.keylog {
            log.write(keys);
        }
    }
}
