//! Addresses of interfaces (`RTM_NEWADDR`).

use std::net::IpAddr;

use super::{Change, Netlink, NetlinkError, address_octets, attributes, family, read_address, read_u32};

/// An address of this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceAddress {
    /// The interface's number.
    pub interface: u32,
    /// The address.
    pub address: IpAddr,
    /// Leading bits that the interface's neighbours share.
    pub prefix_len: u8,
    /// The other end of a point-to-point link.
    pub peer: Option<IpAddr>,
}

impl Netlink {
    /// All addresses of this host.
    pub fn addresses(&mut self) -> Result<Vec<InterfaceAddress>, NetlinkError> {
        let mut addresses = Vec::new();
        self.channel.dump(
            libc::RTM_GETADDR,
            |message| {
                message.fixed(&[0; 8]);
            },
            |body| {
                let address = read(body);
                if !address.is_some_and(|address| addresses.contains(&address)) {
                    addresses.extend(address);
                }
            },
        )?;
        Ok(addresses)
    }

    /// Adds an address. It is usable at once: a tunnel has nobody else to detect a duplicate on.
    pub fn add_address(&mut self, address: &InterfaceAddress) -> Result<Change, NetlinkError> {
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        Change::unless(self.command_address(libc::RTM_NEWADDR, flags, address), &[libc::EEXIST])
    }

    /// Removes an address.
    pub fn remove_address(&mut self, address: &InterfaceAddress) -> Result<Change, NetlinkError> {
        // ENODEV: the interface is gone, and its addresses with it.
        let gone = [libc::EADDRNOTAVAIL, libc::ENODEV];
        Change::unless(self.command_address(libc::RTM_DELADDR, 0, address), &gone)
    }

    fn command_address(&mut self, kind: u16, flags: i32, address: &InterfaceAddress) -> Result<(), NetlinkError> {
        self.channel.command(kind, flags, |message| {
            let nodad = if address.address.is_ipv6() { libc::IFA_F_NODAD as u8 } else { 0 };
            // A `struct ifaddrmsg`: family, prefix length, flags, scope, index (4).
            let [i0, i1, i2, i3] = address.interface.to_ne_bytes();
            message.fixed(&[family(address.address), address.prefix_len, nodad, 0, i0, i1, i2, i3]);
            message.attribute(libc::IFA_LOCAL, &address_octets(address.address));
            message.attribute(libc::IFA_ADDRESS, &address_octets(address.peer.unwrap_or(address.address)));
        })
    }
}

fn read(body: &[u8]) -> Option<InterfaceAddress> {
    let prefix_len = *body.get(1)?;
    let interface = read_u32(body.get(4..)?)?;
    let mut local = None;
    let mut address = None;
    for (kind, value) in attributes(body.get(8..)?) {
        match kind {
            libc::IFA_LOCAL => local = read_address(value),
            libc::IFA_ADDRESS => address = read_address(value),
            _ => {}
        }
    }
    // IFA_ADDRESS is the other end where both are given and differ; without IFA_LOCAL it is the address itself.
    let own = local.or(address)?;
    Some(InterfaceAddress { interface, address: own, prefix_len, peer: address.filter(|&address| address != own) })
}
