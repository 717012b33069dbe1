//! IPCP's list of options (RFC 1332, RFC 1877).

use std::net::Ipv4Addr;

use rand_core::CryptoRng;
use wire::ppp::{IpcpKind, Opt, Options, Packet, Protocol, address_value, push_option};

use crate::event::{Ipv4Lease, Ipv4Settings};
use crate::failure::{Failure, Refused};
use crate::negotiation::{OptionList, Verdict};

#[derive(Debug)]
pub(crate) struct IpcpOptions {
    side: Side,
    /// Whether the peer rejected our address option.
    mute: bool,
}

#[derive(Debug)]
enum Side {
    /// We assign.
    Server(Ipv4Lease),
    /// We are assigned.
    Client(Client),
}

#[derive(Debug)]
struct Client {
    address: Ipv4Addr,
    /// The peer's own address; unspecified when it does not say.
    remote: Ipv4Addr,
    /// `None` after the peer rejected the option.
    dns: [Option<Ipv4Addr>; 2],
    refused: bool,
}

const DNS: [IpcpKind; 2] = [IpcpKind::PRIMARY_DNS, IpcpKind::SECONDARY_DNS];

impl IpcpOptions {
    pub(crate) fn server(lease: Ipv4Lease) -> Self {
        IpcpOptions { side: Side::Server(lease), mute: false }
    }

    pub(crate) fn client() -> Self {
        IpcpOptions { side: Side::Client(Client::new()), mute: false }
    }

    /// What was negotiated; `None` on a client that was given no address.
    pub(crate) fn settings(&self) -> Option<Ipv4Settings> {
        match &self.side {
            Side::Server(lease) => Some(Ipv4Settings { local: lease.server, remote: lease.client, dns: lease.dns }),
            Side::Client(client) => is_host(client.address).then(|| Ipv4Settings {
                local: client.address,
                remote: client.remote,
                dns: client.dns.map(|dns| dns.filter(|address| is_host(*address))),
            }),
        }
    }
}

impl Client {
    fn new() -> Self {
        Client {
            address: Ipv4Addr::UNSPECIFIED,
            remote: Ipv4Addr::UNSPECIFIED,
            dns: [Some(Ipv4Addr::UNSPECIFIED); 2],
            refused: false,
        }
    }
}

/// The address that a Configure-Request asks for, if it asks for one.
pub(crate) fn requested_address(packet: Packet<'_>) -> Option<Ipv4Addr> {
    let mut options = Options::new(packet.data).flatten();
    let option = options.find(|option| option.kind == IpcpKind::ADDRESS.0)?;
    address_value(option.value).ok().filter(|address| is_host(*address))
}

impl OptionList for IpcpOptions {
    const PROTOCOL: Protocol = Protocol::IPCP;

    fn reset(&mut self, _: &mut dyn CryptoRng) {
        self.mute = false;
        if let Side::Client(client) = &mut self.side {
            *client = Client::new();
        }
    }

    fn request(&self, out: &mut Vec<u8>) {
        let address = match &self.side {
            Side::Server(lease) => lease.server,
            Side::Client(client) => client.address,
        };
        if !self.mute {
            push_option(out, IpcpKind::ADDRESS.0, &address.octets());
        }
        if let Side::Client(client) = &self.side {
            for (kind, dns) in DNS.into_iter().zip(client.dns) {
                if let Some(dns) = dns {
                    push_option(out, kind.0, &dns.octets());
                }
            }
        }
    }

    fn judge(&mut self, option: Opt<'_>, _: &mut dyn CryptoRng) -> Verdict {
        let kind = IpcpKind(option.kind);
        let Side::Server(lease) = &self.side else {
            return match (kind, address_value(option.value)) {
                (IpcpKind::ADDRESS, Ok(address)) if is_host(address) => Verdict::Accept,
                _ => Verdict::Reject,
            };
        };
        let assigned = match kind {
            IpcpKind::ADDRESS => Some(lease.client),
            IpcpKind::PRIMARY_DNS => lease.dns[0],
            IpcpKind::SECONDARY_DNS => lease.dns[1],
            IpcpKind::PRIMARY_NBNS => lease.nbns[0],
            IpcpKind::SECONDARY_NBNS => lease.nbns[1],
            _ => None,
        };
        match assigned {
            Some(assigned) if address_value(option.value) == Ok(assigned) => Verdict::Accept,
            Some(assigned) => Verdict::Nak(assigned.octets().to_vec()),
            None => Verdict::Reject,
        }
    }

    fn adopt(&mut self, options: &[Opt<'_>]) {
        let Side::Client(client) = &mut self.side else { return };
        client.remote = Ipv4Addr::UNSPECIFIED;
        for option in options {
            if let (IpcpKind::ADDRESS, Ok(address)) = (IpcpKind(option.kind), address_value(option.value)) {
                client.remote = address;
            }
        }
    }

    fn naked(&mut self, option: Opt<'_>, _: &mut dyn CryptoRng) {
        let Side::Client(client) = &mut self.side else { return };
        let Ok(address) = address_value(option.value) else { return };
        let slot = match IpcpKind(option.kind) {
            IpcpKind::ADDRESS => Some(&mut client.address),
            IpcpKind::PRIMARY_DNS => client.dns[0].as_mut(),
            IpcpKind::SECONDARY_DNS => client.dns[1].as_mut(),
            _ => None,
        };
        if let Some(slot) = slot
            && is_host(address)
        {
            *slot = address;
        }
    }

    fn rejected(&mut self, kind: u8) {
        let kind = IpcpKind(kind);
        self.mute |= kind == IpcpKind::ADDRESS;
        if let Side::Client(client) = &mut self.side {
            client.refused |= kind == IpcpKind::ADDRESS;
            for (dns_kind, dns) in DNS.into_iter().zip(&mut client.dns) {
                if dns_kind == kind {
                    *dns = None;
                }
            }
        }
    }

    fn objection(&self) -> Option<Failure> {
        match &self.side {
            Side::Client(client) if client.refused => Some(Failure::Refused(Refused::NoAddress)),
            Side::Client(_) | Side::Server(_) => None,
        }
    }
}

/// Whether a host can have the address.
fn is_host(address: Ipv4Addr) -> bool {
    !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() && !address.is_broadcast()
}
