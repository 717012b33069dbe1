//! Links: find, bring up, set MTU and queue length (`RTM_NEWLINK`).

use super::{Netlink, NetlinkError, attributes, read_u32};

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The interface's number.
    pub index: u32,
    /// The interface's name.
    pub name: String,
    /// Whether the administrator has it up.
    pub up: bool,
    /// Largest packet, IP header included, in octets.
    pub mtu: u32,
    /// Packets that the transmit queue holds.
    pub txqueuelen: u32,
}

/// Settings of an interface; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LinkSettings {
    /// Bring it up or down.
    pub up: Option<bool>,
    /// Largest packet, IP header included, in octets.
    pub mtu: Option<u32>,
    /// Packets that the transmit queue holds. The default of a TUN device, 500, is too short for trains.
    pub txqueuelen: Option<u32>,
}

impl Netlink {
    /// All links.
    pub fn links(&mut self) -> Result<Vec<Link>, NetlinkError> {
        let mut links = Vec::new();
        self.channel.dump(
            libc::RTM_GETLINK,
            |message| {
                message.fixed(&header(0, 0, 0));
            },
            |body| {
                links.extend(read(body));
            },
        )?;
        links.sort_by_key(|link: &Link| link.index);
        links.dedup_by_key(|link| link.index);
        Ok(links)
    }

    /// The link of this name.
    pub fn link(&mut self, name: &str) -> Result<Option<Link>, NetlinkError> {
        Ok(self.links()?.into_iter().find(|link| link.name == name))
    }

    /// Changes settings of the link with this index.
    pub fn set_link(&mut self, index: u32, settings: LinkSettings) -> Result<(), NetlinkError> {
        let (flags, change) = match settings.up {
            Some(true) => (libc::IFF_UP as u32, libc::IFF_UP as u32),
            Some(false) => (0, libc::IFF_UP as u32),
            None => (0, 0),
        };
        self.channel.command(libc::RTM_NEWLINK, 0, |message| {
            message.fixed(&header(index, flags, change));
            for (kind, value) in [(libc::IFLA_MTU, settings.mtu), (libc::IFLA_TXQLEN, settings.txqueuelen)] {
                if let Some(value) = value {
                    message.number(kind, value);
                }
            }
        })
    }
}

/// A `struct ifinfomsg`: family, padding, type (2), index (4), flags (4), mask of flags to change (4).
fn header(index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut octets = [0; 16];
    octets[4..8].copy_from_slice(&index.to_ne_bytes());
    octets[8..12].copy_from_slice(&flags.to_ne_bytes());
    octets[12..].copy_from_slice(&change.to_ne_bytes());
    octets
}

fn read(body: &[u8]) -> Option<Link> {
    let index = read_u32(body.get(4..)?)?;
    let up = read_u32(body.get(8..)?)? & libc::IFF_UP as u32 != 0;
    let mut link = Link { index, name: String::new(), up, mtu: 0, txqueuelen: 0 };
    for (kind, value) in attributes(body.get(16..)?) {
        match kind {
            libc::IFLA_IFNAME => link.name = String::from_utf8_lossy(value).trim_end_matches('\0').to_owned(),
            libc::IFLA_MTU => link.mtu = read_u32(value)?,
            libc::IFLA_TXQLEN => link.txqueuelen = read_u32(value)?,
            _ => {}
        }
    }
    Some(link)
}
