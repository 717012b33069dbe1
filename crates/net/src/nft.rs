//! nf_tables tables of our own: masquerading for clients of a server, and the [`Shield`] of a dialled tunnel.
//!
//! A server has one table `causeway` for each address family, and it carries a mark. What a killed process left is recognised by
//! it and replaced or removed; a table of that name without the mark belongs to somebody else and is never touched.
//!
//! There is no chain that accepts forwarded packets. In nf_tables a packet passes when *every* chain on the hook accepts it, so
//! such a chain could not lift another one's ban; [`Nft::forward_bans`] finds those, for an administrator to see to.

mod shield;

pub use shield::{Neighbours, Seal, Shield};

use std::fmt;
use std::net::IpAddr;

use crate::netlink::{Batch, Channel, Message, NetlinkError, Prefix, address_octets, attributes};
use crate::raw::Family;

/// The name of our tables.
pub const TABLE: &str = "causeway";

/// A connection to nf_tables in the network namespace of the thread that opened it.
#[derive(Debug)]
pub struct Nft {
    channel: Channel,
}

/// Whose packets get the address of the interface that they leave by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masquerade {
    /// The clients' addresses; those of the other family are for the other family's table.
    pub sources: Vec<Prefix>,
    /// The clients' own interface: packets between them keep their addresses.
    pub inside: String,
}

/// What is there under the name of our table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableState {
    /// Nothing.
    Absent,
    /// Our table: of this process, or left by one that was killed.
    Ours,
    /// Somebody else's table.
    Foreign,
}

/// A chain whose policy drops what it does not know, on the hook that clients' packets take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardBan {
    /// The family of the table, as `nft list` names it.
    pub family: &'static str,
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
}

/// Why there is no masquerading.
#[derive(Debug)]
pub enum NftError {
    /// The kernel has no nf_tables, or not the part named.
    Absent(NftPart),
    /// The process lacks CAP_NET_ADMIN in this namespace.
    NotPermitted,
    /// A table of our name exists and is somebody else's.
    NameTaken,
    /// The name of the inside interface is empty or too long.
    BadInterface,
    /// Another refusal or failure.
    Netlink(NetlinkError),
}

/// A part of nf_tables that a kernel may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NftPart {
    /// nf_tables itself.
    Core,
    /// Address translation: chains of type nat, masquerade.
    Nat,
}

impl fmt::Display for NftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NftError::Absent(NftPart::Core) => f.write_str("this kernel has no nf_tables"),
            NftError::Absent(NftPart::Nat) => f.write_str("this kernel's nf_tables has no address translation"),
            NftError::NotPermitted => f.write_str("nf_tables needs CAP_NET_ADMIN"),
            NftError::NameTaken => write!(f, "a table `{TABLE}` exists that is not ours"),
            NftError::BadInterface => f.write_str("this cannot be the name of an interface"),
            NftError::Netlink(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NftError {}

impl Nft {
    /// Opens a connection.
    pub fn open() -> Result<Nft, NftError> {
        Ok(Nft { channel: Channel::open(libc::NETLINK_NETFILTER).map_err(NftError::from_open)? })
    }

    /// What is there under the name of our table.
    pub fn state(&mut self, family: Family) -> Result<TableState, NftError> {
        let mut state = TableState::Absent;
        let kind = message_kind(libc::NFT_MSG_GETTABLE);
        let body = |message: &mut Message<'_>| {
            message.fixed(&header(number(family), 0));
        };
        self.channel.dump(kind, body, |body| {
            let table = |kind| find(body, kind);
            if body.first() == Some(&number(family)) && table(TABLE_NAME) == Some(zero_ended(TABLE).as_slice()) {
                let ours = table(TABLE_USERDATA).is_some_and(|data| data == mark().as_slice());
                state = if ours { TableState::Ours } else { TableState::Foreign };
            }
        })?;
        Ok(state)
    }

    /// Makes the table, in place of an earlier one of ours, in one step: there is no moment without it.
    pub fn install(&mut self, family: Family, masquerade: &Masquerade) -> Result<(), NftError> {
        let replaced = match self.state(family)? {
            TableState::Absent => false,
            TableState::Ours => true,
            TableState::Foreign => return Err(NftError::NameTaken),
        };
        let inside = interface_octets(&masquerade.inside).ok_or(NftError::BadInterface)?;
        self.transaction(number(family), |transaction| {
            if replaced {
                transaction.delete_table(TABLE);
            }
            transaction.new_table(TABLE, 0);
            transaction.new_postrouting_chain();
            for source in masquerade.sources.iter().filter(|source| family_of(source) == family) {
                transaction.new_masquerade_rule(source, &inside);
            }
        })
    }

    /// Removes our table. Somebody else's stays, and none is as good as one removed.
    pub fn remove(&mut self, family: Family) -> Result<(), NftError> {
        match self.state(family)? {
            TableState::Absent | TableState::Foreign => Ok(()),
            TableState::Ours => self.transaction(number(family), |transaction| transaction.delete_table(TABLE)),
        }
    }

    /// Chains that drop forwarded packets which none of their rules lets through; they may ban what clients send and get.
    /// A firewall in `ip` and `inet` concerns IPv4, one in `ip6` and `inet` IPv6.
    pub fn forward_bans(&mut self) -> Result<Vec<ForwardBan>, NftError> {
        let mut bans = Vec::new();
        let kind = message_kind(libc::NFT_MSG_GETCHAIN);
        let body = |message: &mut Message<'_>| {
            message.fixed(&header(libc::AF_UNSPEC as u8, 0));
        };
        self.channel.dump(kind, body, |body| {
            let ban = read_forward_ban(body).filter(|ban| !bans.contains(ban));
            bans.extend(ban);
        })?;
        Ok(bans)
    }

    /// Sends what `write` puts into one transaction: all of it is done, or nothing.
    fn transaction(&mut self, family: u8, write: impl FnOnce(&mut Transaction<'_>)) -> Result<(), NftError> {
        let mut transaction =
            Transaction { batch: Batch::default(), channel: &mut self.channel, family, first: 0, last: 0 };
        transaction.first = transaction.bracket(libc::NFNL_MSG_BATCH_BEGIN);
        write(&mut transaction);
        transaction.bracket(libc::NFNL_MSG_BATCH_END);
        let Transaction { batch, first, last, .. } = transaction;
        // The batch succeeds as a whole, and every message in it is confirmed, in order: the last one's is the last answer.
        self.channel.exchange(&batch, first..=last, |_| {}).map(drop).map_err(NftError::from)
    }
}

/// Messages that take effect together.
struct Transaction<'a> {
    batch: Batch,
    channel: &'a mut Channel,
    family: u8,
    first: u32,
    last: u32,
}

impl Transaction<'_> {
    /// A table that carries our mark.
    fn new_table(&mut self, name: &str, flags: u32) {
        self.message(libc::NFT_MSG_NEWTABLE, libc::NLM_F_CREATE | libc::NLM_F_EXCL, |message| {
            message.string(TABLE_NAME, name);
            message.number_be(TABLE_FLAGS, flags);
            message.attribute(TABLE_USERDATA, &mark());
        });
    }

    fn delete_table(&mut self, name: &str) {
        self.message(libc::NFT_MSG_DELTABLE, 0, |message| {
            message.string(TABLE_NAME, name);
        });
    }

    /// A chain that lets pass what none of its rules drops.
    fn new_chain(&mut self, table: &str, name: &str, kind: &str, hook: i32, priority: i32) {
        self.message(libc::NFT_MSG_NEWCHAIN, libc::NLM_F_CREATE, |message| {
            message.string(CHAIN_TABLE, table);
            message.string(CHAIN_NAME, name);
            message.nested(CHAIN_HOOK, |nested| {
                nested.number_be(HOOK_NUMBER, hook as u32);
                nested.number_be(HOOK_PRIORITY, priority as u32);
            });
            message.string(CHAIN_TYPE, kind);
            message.number_be(CHAIN_POLICY, libc::NF_ACCEPT as u32);
        });
    }

    /// A rule behind the others of its chain.
    fn new_rule(&mut self, table: &str, chain: &str, expressions: impl FnOnce(&mut Message<'_>)) {
        self.message(libc::NFT_MSG_NEWRULE, libc::NLM_F_CREATE | libc::NLM_F_APPEND, |message| {
            message.string(RULE_TABLE, table);
            message.string(RULE_CHAIN, chain);
            message.nested(RULE_EXPRESSIONS, expressions);
        });
    }

    fn new_postrouting_chain(&mut self) {
        self.new_chain(TABLE, CHAIN, "nat", libc::NF_INET_POST_ROUTING, libc::NF_IP_PRI_NAT_SRC);
    }

    /// `ip saddr SOURCE oifname != INSIDE masquerade`.
    fn new_masquerade_rule(&mut self, source: &Prefix, inside: &[u8; libc::IFNAMSIZ]) {
        self.new_rule(TABLE, CHAIN, |list| {
            // Offset of the source address in the IPv4 (RFC 791) and the IPv6 header (RFC 8200).
            within(list, source, if source.address().is_ipv4() { 12 } else { 8 });
            meta(list, libc::NFT_META_OIFNAME);
            compare(list, libc::NFT_CMP_NEQ, inside);
            expression(list, "masq", |_| {});
        });
    }

    fn message(&mut self, kind: i32, flags: i32, body: impl FnOnce(&mut Message<'_>)) {
        let family = self.family;
        self.last = self.channel.next_sequence();
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags;
        self.batch.message(message_kind(kind), flags, self.last, |message| {
            message.fixed(&header(family, 0));
            body(message);
        });
    }

    /// The message that begins or ends the batch. It is not confirmed, but a batch that cannot begin is refused in its name.
    fn bracket(&mut self, kind: i32) -> u32 {
        let sequence = self.channel.next_sequence();
        self.batch.message(kind as u16, libc::NLM_F_REQUEST, sequence, |message| {
            message.fixed(&header(libc::AF_UNSPEC as u8, libc::NFNL_SUBSYS_NFTABLES as u16));
        });
        sequence
    }
}

impl From<NetlinkError> for NftError {
    fn from(error: NetlinkError) -> Self {
        match error.errno() {
            Some(libc::EPERM | libc::EACCES) => NftError::NotPermitted,
            // The subsystem or the family is not there.
            Some(libc::EOPNOTSUPP | libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT) => NftError::Absent(NftPart::Core),
            // Nothing that we name is missing but the type of the chain and of the last expression.
            Some(libc::ENOENT) => NftError::Absent(NftPart::Nat),
            _ => NftError::Netlink(error),
        }
    }
}

impl NftError {
    fn from_open(error: NetlinkError) -> NftError {
        match error.errno() {
            Some(libc::EPROTONOSUPPORT | libc::EAFNOSUPPORT | libc::EINVAL) => NftError::Absent(NftPart::Core),
            _ => NftError::from(error),
        }
    }
}

fn expression(list: &mut Message<'_>, name: &str, data: impl FnOnce(&mut Message<'_>)) {
    list.nested(LIST_ELEM, |element| {
        element.string(EXPR_NAME, name);
        element.nested(EXPR_DATA, data);
    });
}

/// Goes on with packets whose address at this offset of the network header lies in `prefix`.
fn within(list: &mut Message<'_>, prefix: &Prefix, offset: u32) {
    let address = address_octets(prefix.address());
    let len = address.len() as u32;
    payload(list, libc::NFT_PAYLOAD_NETWORK_HEADER, offset, len);
    expression(list, "bitwise", |data| {
        data.number_be(BITWISE_SREG, REGISTER);
        data.number_be(BITWISE_DREG, REGISTER);
        data.number_be(BITWISE_LEN, len);
        value(data, BITWISE_MASK, &prefix.mask_octets());
        value(data, BITWISE_XOR, &vec![0; address.len()]);
    });
    compare(list, libc::NFT_CMP_EQ, &address);
}

/// Loads octets of a packet's header.
fn payload(list: &mut Message<'_>, base: i32, offset: u32, len: u32) {
    expression(list, "payload", |data| {
        data.number_be(PAYLOAD_DREG, REGISTER);
        data.number_be(PAYLOAD_BASE, base as u32);
        data.number_be(PAYLOAD_OFFSET, offset);
        data.number_be(PAYLOAD_LEN, len);
    });
}

/// Loads what the kernel knows about a packet.
fn meta(list: &mut Message<'_>, key: i32) {
    expression(list, "meta", |data| {
        data.number_be(META_DREG, REGISTER);
        data.number_be(META_KEY, key as u32);
    });
}

fn compare(list: &mut Message<'_>, operator: i32, with: &[u8]) {
    expression(list, "cmp", |data| {
        data.number_be(CMP_SREG, REGISTER);
        data.number_be(CMP_OP, operator as u32);
        value(data, CMP_DATA, with);
    });
}

fn value(data: &mut Message<'_>, kind: u16, octets: &[u8]) {
    data.nested(kind, |nested| {
        nested.attribute(DATA_VALUE, octets);
    });
}

fn read_forward_ban(body: &[u8]) -> Option<ForwardBan> {
    let family = match i32::from(*body.first()?) {
        libc::NFPROTO_INET => "inet",
        libc::NFPROTO_IPV4 => "ip",
        libc::NFPROTO_IPV6 => "ip6",
        _ => return None,
    };
    let hook = find(body, CHAIN_HOOK)?;
    let read = |octets: &[u8]| octets.first_chunk().map(|&octets| u32::from_be_bytes(octets));
    let number = attributes(hook).find(|&(kind, _)| kind == HOOK_NUMBER).and_then(|(_, value)| read(value))?;
    let policy = find(body, CHAIN_POLICY).and_then(read)?;
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).trim_end_matches('\0').to_owned();
    (number == libc::NF_INET_FORWARD as u32 && policy == libc::NF_DROP as u32).then_some(ForwardBan {
        family,
        table: text(find(body, CHAIN_TABLE)?),
        chain: text(find(body, CHAIN_NAME)?),
    })
}

/// The attribute of this kind behind the `struct nfgenmsg`.
fn find(body: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(body.get(4..)?).find(|&(found, _)| found == kind).map(|(_, value)| value)
}

/// A `struct nfgenmsg`: family, version, resource (2, network byte order).
fn header(family: u8, resource: u16) -> [u8; 4] {
    let [r0, r1] = resource.to_be_bytes();
    [family, 0, r0, r1]
}

fn message_kind(kind: i32) -> u16 {
    (libc::NFNL_SUBSYS_NFTABLES as u16) << 8 | kind as u16
}

fn number(family: Family) -> u8 {
    match family {
        Family::V4 => libc::NFPROTO_IPV4 as u8,
        Family::V6 => libc::NFPROTO_IPV6 as u8,
    }
}

fn family_of(prefix: &Prefix) -> Family {
    match prefix.address() {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

/// The mark of our table, in the form of a comment that `nft list` shows: type, length, text ended by zero.
fn mark() -> Vec<u8> {
    let text = zero_ended("made by causeway, removed when it stops");
    let mut mark = vec![UDATA_TABLE_COMMENT, text.len() as u8];
    mark.extend(text);
    mark
}

fn zero_ended(text: &str) -> Vec<u8> {
    let mut octets = text.as_bytes().to_vec();
    octets.push(0);
    octets
}

/// An interface's name as the kernel compares it: filled up with zeroes.
fn interface_octets(name: &str) -> Option<[u8; libc::IFNAMSIZ]> {
    let mut octets = [0; libc::IFNAMSIZ];
    let fits = !name.is_empty() && name.len() < libc::IFNAMSIZ;
    octets.get_mut(..name.len()).filter(|_| fits)?.copy_from_slice(name.as_bytes());
    Some(octets)
}

const CHAIN: &str = "postrouting";
/// The first register of sixteen octets.
const REGISTER: u32 = libc::NFT_REG_1 as u32;
const UDATA_TABLE_COMMENT: u8 = 0;

// Attribute numbers of linux/netfilter/nf_tables.h.
const LIST_ELEM: u16 = 1;
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;
const TABLE_NAME: u16 = 1;
const TABLE_FLAGS: u16 = 2;
const TABLE_USERDATA: u16 = 6;
const CHAIN_TABLE: u16 = 1;
const CHAIN_NAME: u16 = 3;
const CHAIN_HOOK: u16 = 4;
const CHAIN_POLICY: u16 = 5;
const CHAIN_TYPE: u16 = 7;
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;
const EXPR_NAME: u16 = 1;
const EXPR_DATA: u16 = 2;
const DATA_VALUE: u16 = 1;
const PAYLOAD_DREG: u16 = 1;
const PAYLOAD_BASE: u16 = 2;
const PAYLOAD_OFFSET: u16 = 3;
const PAYLOAD_LEN: u16 = 4;
const BITWISE_SREG: u16 = 1;
const BITWISE_DREG: u16 = 2;
const BITWISE_LEN: u16 = 3;
const BITWISE_MASK: u16 = 4;
const BITWISE_XOR: u16 = 5;
const CMP_SREG: u16 = 1;
const CMP_OP: u16 = 2;
const CMP_DATA: u16 = 3;
const META_DREG: u16 = 1;
const META_KEY: u16 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sched::{CloneFlags, unshare};

    /// Runs `test` in a network namespace of its own, or says that it could not.
    fn in_namespace(test: impl FnOnce() + Send + 'static) {
        let thread = std::thread::spawn(|| match unshare(CloneFlags::CLONE_NEWNET) {
            Ok(()) => test(),
            Err(_) => println!("skipped: needs root/CAP_NET_ADMIN"),
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }

    #[test]
    fn a_table_without_our_mark_is_left_alone() {
        in_namespace(|| {
            let mut nft = Nft::open().unwrap();
            nft.transaction(number(Family::V4), |transaction| {
                transaction.message(libc::NFT_MSG_NEWTABLE, libc::NLM_F_CREATE, |message| {
                    message.string(TABLE_NAME, TABLE);
                });
            })
            .unwrap();
            assert_eq!(nft.state(Family::V4).unwrap(), TableState::Foreign);
            assert_eq!(nft.state(Family::V6).unwrap(), TableState::Absent);
            let masquerade = Masquerade { sources: vec![], inside: "cw0".to_owned() };
            assert!(matches!(nft.install(Family::V4, &masquerade), Err(NftError::NameTaken)));
            nft.remove(Family::V4).unwrap();
            assert_eq!(nft.state(Family::V4).unwrap(), TableState::Foreign);
        });
    }

    #[test]
    fn a_firewall_that_drops_forwarded_packets_is_found() {
        in_namespace(|| {
            let mut nft = Nft::open().unwrap();
            nft.transaction(number(Family::V4), |transaction| {
                transaction.message(libc::NFT_MSG_NEWTABLE, libc::NLM_F_CREATE, |message| {
                    message.string(TABLE_NAME, "filter");
                });
                let chains = [
                    ("FORWARD", libc::NF_INET_FORWARD, libc::NF_DROP),
                    ("INPUT", libc::NF_INET_LOCAL_IN, libc::NF_DROP),
                ];
                for (name, hook, policy) in chains {
                    transaction.message(libc::NFT_MSG_NEWCHAIN, libc::NLM_F_CREATE, |message| {
                        message.string(CHAIN_TABLE, "filter");
                        message.string(CHAIN_NAME, name);
                        message.nested(CHAIN_HOOK, |nested| {
                            nested.number_be(HOOK_NUMBER, hook as u32);
                            nested.number_be(HOOK_PRIORITY, 0);
                        });
                        message.string(CHAIN_TYPE, "filter");
                        message.number_be(CHAIN_POLICY, policy as u32);
                    });
                }
            })
            .unwrap();
            let ban = ForwardBan { family: "ip", table: "filter".to_owned(), chain: "FORWARD".to_owned() };
            assert_eq!(nft.forward_bans().unwrap(), [ban]);
        });
    }

    #[test]
    fn a_transaction_with_one_refused_message_does_nothing() {
        in_namespace(|| {
            let mut nft = Nft::open().unwrap();
            let refused = nft.transaction(number(Family::V4), |transaction| {
                transaction.new_table(TABLE, 0);
                transaction.message(libc::NFT_MSG_NEWCHAIN, libc::NLM_F_CREATE, |message| {
                    message.string(CHAIN_TABLE, TABLE);
                    message.string(CHAIN_NAME, CHAIN);
                    message.nested(CHAIN_HOOK, |hook| {
                        hook.number_be(HOOK_NUMBER, libc::NF_INET_POST_ROUTING as u32);
                        hook.number_be(HOOK_PRIORITY, 0);
                    });
                    message.string(CHAIN_TYPE, "no such type");
                });
            });
            assert!(matches!(refused, Err(NftError::Absent(NftPart::Nat))), "{refused:?}");
            assert_eq!(nft.state(Family::V4).unwrap(), TableState::Absent);
            // The connection is in step again after the refusal.
            nft.install(Family::V4, &Masquerade { sources: vec![], inside: "cw0".to_owned() }).unwrap();
            assert_eq!(nft.state(Family::V4).unwrap(), TableState::Ours);
        });
    }

    #[test]
    fn a_process_without_the_privilege_is_told_so() {
        in_namespace(|| {
            // The raw system call changes the user of this thread alone.
            // SAFETY: no memory is passed.
            assert_eq!(unsafe { libc::syscall(libc::SYS_setresuid, 65534, 65534, 65534) }, 0);
            let refused =
                Nft::open().unwrap().install(Family::V4, &Masquerade { sources: vec![], inside: "cw0".to_owned() });
            assert!(matches!(refused, Err(NftError::NotPermitted)), "{refused:?}");
        });
    }
}
