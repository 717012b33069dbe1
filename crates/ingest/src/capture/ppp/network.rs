//! What CCP and the network protocols agree on.

use std::net::Ipv4Addr;

use observe::ppp::Fact;
use observe::{About, Role};
use wire::ppp::{self, Code, IpcpKind, Mppe, Options, Packet, address_value};

use super::{named, who};
use crate::capture::note::Note;

/// What was refused so far.
#[derive(Default)]
pub(super) struct Network {
    address_told: bool,
    /// Who last proposed strengths of MPPE that the other end had not asked for.
    apart: Option<Role>,
}

impl Network {
    /// Who refused the other's strengths of MPPE, when they never met.
    pub(super) fn apart(&self) -> Option<Role> {
        self.apart
    }

    /// Takes a Configure-Nak or -Reject of what was `asked`.
    pub(super) fn refused(
        &mut self,
        note: &mut Note<'_, '_>,
        about: &About,
        protocol: ppp::Protocol,
        packet: Packet<'_>,
        from: Role,
        asked: &[u8],
    ) {
        let rejects = Code(packet.code) == Code::CONFIGURE_REJECT;
        if protocol == ppp::Protocol::CCP && !rejects {
            let [asked, wanted] = [asked, packet.data].map(|options| mppe(options).strengths().0);
            self.apart = (asked != 0 && wanted != 0 && asked & wanted == 0).then_some(from);
        }
        if protocol == ppp::Protocol::IPCP
            && rejects
            && !self.address_told
            && let Some(address) = address(packet.data)
        {
            self.address_told = true;
            let fact = Fact::AddressRefused { by: who(from), address: Some(address) };
            note.push(about, &format!("{from} rejects the address option ({address})"), fact);
        }
    }
}

/// CCP is up with these options.
pub(super) fn encryption(note: &mut Note<'_, '_>, about: &About, client: &[u8], server: &[u8]) {
    let Some(bits) = mppe(client).or(mppe(server)).bits() else { return };
    note.push(about, &format!("MPPE with {bits} bits is agreed on"), Fact::Encrypted { bits });
}

/// A network protocol is up with these options.
pub(super) fn up(note: &mut Note<'_, '_>, about: &About, protocol: ppp::Protocol, client: &[u8], server: &[u8]) {
    let (client, server) = match protocol {
        ppp::Protocol::IPCP => (address(client), address(server)),
        _ => (None, None),
    };
    let text = match client {
        Some(client) => format!("{protocol} is up, the client has {client}"),
        None => format!("{protocol} is up"),
    };
    note.push(about, &text, Fact::NetworkUp { protocol: named(protocol), client, server });
}

fn mppe(options: &[u8]) -> Mppe {
    Mppe::among(options).unwrap_or_default()
}

fn address(options: &[u8]) -> Option<Ipv4Addr> {
    let option = Options::new(options).flatten().find(|option| IpcpKind(option.kind) == IpcpKind::ADDRESS)?;
    address_value(option.value).ok()
}
