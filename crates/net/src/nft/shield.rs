//! What a dialled tunnel needs of the packet filter: that nobody reaches into it from outside, and nothing leaves beside it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Nft, NftError, TABLE_NAME, TABLE_USERDATA, Transaction, compare, expression, find, header, interface_octets, mark,
    message_kind, meta, payload, within,
};
use crate::netlink::{Message, Prefix};

/// The packet filter around one tunnel's device.
///
/// The table belongs to the connection that made it: the kernel removes it when that is closed, even by a crash, and nobody
/// else's `flush ruleset` does. Kernels before 5.12 do not know this, and the table stays until [`Nft::remove_shields`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shield {
    /// The tunnel's device.
    pub device: String,
    /// This host's addresses inside the tunnel. Packets to them that did not come by the device are dropped: with an answer to
    /// one, somebody in the network outside finds out the address, and then what goes on in the tunnel (CVE-2019-14899).
    pub addresses: Vec<IpAddr>,
    /// For a tunnel that is to carry everything.
    pub seal: Option<Seal>,
}

/// What may leave this host beside the tunnel. Routing alone does not do: a program that binds its socket to an interface is asked
/// for no route, and resolvers do so.
///
/// Besides what is named here, that is what keeps the interface alive: DHCP (RFC 2131 §4.1, RFC 8415 §7.2), and neighbour
/// discovery and listener reports of IPv6 (RFC 4861 §4, RFC 3810 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The mark (`SO_MARK`) of the tunnel's own packets.
    pub unless_mark: u32,
    /// Who is reached beside the tunnel all the same; if it is anybody, link-local addresses and groups are, too.
    pub neighbours: Vec<Neighbours>,
}

/// A network that this host is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbours {
    /// Their addresses.
    pub network: Prefix,
    /// The interface they are behind.
    pub interface: String,
}

impl Nft {
    /// Makes the table of this shield, in place of an earlier one for the same device, in one step.
    pub fn shield(&mut self, shield: &Shield) -> Result<(), NftError> {
        let device = interface_octets(&shield.device).ok_or(NftError::BadInterface)?;
        let table = table(&shield.device);
        let replaced = self.shield_tables()?.contains(&table);
        let mut install = |flags| {
            self.transaction(INET, |transaction| {
                if replaced {
                    transaction.delete_table(&table);
                }
                transaction.new_table(&table, flags);
                transaction.new_inbound_chain(&table, &device, &shield.addresses);
                if let Some(seal) = &shield.seal {
                    transaction.new_outbound_chain(&table, &device, seal);
                }
            })
        };
        match install(TABLE_OWNER) {
            // A kernel that does not know the flag.
            Err(NftError::Absent(_)) => install(0),
            Err(NftError::Netlink(error)) if error.errno() == Some(libc::EINVAL) => install(0),
            result => result,
        }
    }

    /// Removes the table of this device's shield; none is as good as one removed.
    pub fn remove_shield(&mut self, device: &str) -> Result<(), NftError> {
        let table = table(device);
        if !self.shield_tables()?.contains(&table) {
            return Ok(());
        }
        self.transaction(INET, |transaction| transaction.delete_table(&table))
    }

    /// Removes all tables of shields but those that belong to another connection.
    pub fn remove_shields(&mut self) -> Result<(), NftError> {
        for table in self.shield_tables()? {
            match self.transaction(INET, |transaction| transaction.delete_table(&table)) {
                Ok(()) | Err(NftError::NotPermitted) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn shield_tables(&mut self) -> Result<Vec<String>, NftError> {
        let mut tables = Vec::new();
        let body = |message: &mut Message<'_>| {
            message.fixed(&header(INET, 0));
        };
        self.channel.dump(message_kind(libc::NFT_MSG_GETTABLE), body, |body| {
            let ours = body.first() == Some(&INET) && find(body, TABLE_USERDATA) == Some(mark().as_slice());
            let name = find(body, TABLE_NAME).filter(|_| ours);
            let name = name.map(|name| String::from_utf8_lossy(name).trim_end_matches('\0').to_owned());
            tables.extend(name.filter(|name| name.starts_with(PREFIX) && !tables.contains(name)));
        })?;
        Ok(tables)
    }
}

impl Transaction<'_> {
    fn new_inbound_chain(&mut self, table: &str, device: &[u8; libc::IFNAMSIZ], addresses: &[IpAddr]) {
        // Before connection tracking: what is dropped leaves no trace in it.
        self.new_chain(table, INBOUND, "filter", libc::NF_INET_PRE_ROUTING, libc::NF_IP_PRI_RAW);
        for &address in addresses {
            self.new_rule(table, INBOUND, |list| {
                to(list, &Prefix::host(address));
                for from in [device, &loopback()] {
                    meta(list, libc::NFT_META_IIFNAME);
                    compare(list, libc::NFT_CMP_NEQ, from);
                }
                verdict(list, libc::NF_DROP);
            });
        }
    }

    fn new_outbound_chain(&mut self, table: &str, device: &[u8; libc::IFNAMSIZ], seal: &Seal) {
        self.new_chain(table, OUTBOUND, "filter", libc::NF_INET_LOCAL_OUT, 0);
        for by in [device, &loopback()] {
            self.accept(table, |list| leaves_by(list, by));
        }
        self.accept(table, |list| {
            meta(list, libc::NFT_META_MARK);
            compare(list, libc::NFT_CMP_EQ, &seal.unless_mark.to_ne_bytes());
        });
        for [from, to] in DHCP {
            self.accept(table, |list| {
                protocol(list, libc::IPPROTO_UDP);
                payload(list, libc::NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
                compare(list, libc::NFT_CMP_EQ, &[from.to_be_bytes(), to.to_be_bytes()].concat());
            });
        }
        for kind in NEIGHBOUR_DISCOVERY {
            self.accept(table, |list| {
                protocol(list, libc::IPPROTO_ICMPV6);
                payload(list, libc::NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
                compare(list, libc::NFT_CMP_EQ, &[kind]);
            });
        }
        for Neighbours { network, interface } in &seal.neighbours {
            let Some(interface) = interface_octets(interface) else { continue };
            self.accept(table, |list| {
                to(list, network);
                leaves_by(list, &interface);
            });
        }
        for group in link_local().iter().filter(|_| !seal.neighbours.is_empty()) {
            self.accept(table, |list| to(list, group));
        }
        self.new_rule(table, OUTBOUND, |list| verdict(list, libc::NF_DROP));
    }

    fn accept(&mut self, table: &str, what: impl FnOnce(&mut Message<'_>)) {
        self.new_rule(table, OUTBOUND, |list| {
            what(list);
            verdict(list, libc::NF_ACCEPT);
        });
    }
}

/// Goes on with packets to `network`.
fn to(list: &mut Message<'_>, network: &Prefix) {
    // Offset of the destination in the IPv4 (RFC 791) and the IPv6 header (RFC 8200).
    let (family, offset) =
        if network.address().is_ipv4() { (libc::NFPROTO_IPV4, 16) } else { (libc::NFPROTO_IPV6, 24) };
    meta(list, libc::NFT_META_NFPROTO);
    compare(list, libc::NFT_CMP_EQ, &[family as u8]);
    within(list, network, offset);
}

fn leaves_by(list: &mut Message<'_>, interface: &[u8; libc::IFNAMSIZ]) {
    meta(list, libc::NFT_META_OIFNAME);
    compare(list, libc::NFT_CMP_EQ, interface);
}

fn protocol(list: &mut Message<'_>, number: i32) {
    meta(list, libc::NFT_META_L4PROTO);
    compare(list, libc::NFT_CMP_EQ, &[number as u8]);
}

/// Ends the rule: the packet passes this chain, or nothing.
fn verdict(list: &mut Message<'_>, verdict: i32) {
    expression(list, "immediate", |data| {
        data.number_be(IMMEDIATE_DREG, libc::NFT_REG_VERDICT as u32);
        data.nested(IMMEDIATE_DATA, |nested| {
            nested.nested(DATA_VERDICT, |nested| {
                nested.number_be(VERDICT_CODE, verdict as u32);
            });
        });
    });
}

fn loopback() -> [u8; libc::IFNAMSIZ] {
    interface_octets("lo").expect("the name fits")
}

/// Groups and addresses that mean nothing beyond one link: RFC 5771 §4, RFC 2365 §6.1, RFC 919 §7, RFC 4291 §2.5.6 and §2.7.
fn link_local() -> [Prefix; 5] {
    let v4 = |a, b, c, d, len| Prefix::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), len);
    let v6 = |first, len| Prefix::new(IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0)), len);
    let all =
        [v4(224, 0, 0, 0, 24), v4(239, 255, 0, 0, 16), v4(255, 255, 255, 255, 32), v6(0xfe80, 10), v6(0xff02, 16)];
    all.map(|prefix| prefix.expect("the length fits the address"))
}

fn table(device: &str) -> String {
    format!("{PREFIX}{device}")
}

const PREFIX: &str = "causeway-dial-";
const INBOUND: &str = "inbound";
const OUTBOUND: &str = "outbound";
const INET: u8 = libc::NFPROTO_INET as u8;

/// Ports of DHCP clients and servers.
const DHCP: [[u16; 2]; 2] = [[68, 67], [546, 547]];
/// ICMPv6 types: listener reports and dones, router and neighbour solicitations, neighbour advertisements, listener reports of
/// version 2.
const NEIGHBOUR_DISCOVERY: [u8; 6] = [131, 132, 133, 135, 136, 143];

// Numbers of linux/netfilter/nf_tables.h.
/// NFT_TABLE_F_OWNER.
const TABLE_OWNER: u32 = 2;
const IMMEDIATE_DREG: u16 = 1;
const IMMEDIATE_DATA: u16 = 2;
const DATA_VERDICT: u16 = 2;
const VERDICT_CODE: u16 = 1;
