//! Rules that choose a routing table (`RTM_NEWRULE`, `ip-rule(8)`).

use super::route::PROTOCOL;
use super::{Change, Netlink, NetlinkError, attributes, read_u32};
use crate::raw::Family;

/// A rule that looks packets up in another table, unless they carry a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnmarkedRule {
    /// The address family.
    pub family: Family,
    /// Its place among the rules; the lowest comes first. The kernel's own are 0 (local), 32766 (main) and 32767 (default).
    pub priority: u32,
    /// The mark (`SO_MARK`) that keeps packets out of the table; not zero.
    pub unless_mark: u32,
    /// The table for everything else. A packet for which it has no route goes on to the next rule.
    pub table: u32,
}

impl Netlink {
    /// Adds a rule, marked as ours.
    pub fn add_rule(&mut self, rule: &UnmarkedRule) -> Result<Change, NetlinkError> {
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        Change::unless(self.command_rule(libc::RTM_NEWRULE, flags, rule), &[libc::EEXIST])
    }

    /// Removes a rule that is marked as ours.
    pub fn remove_rule(&mut self, rule: &UnmarkedRule) -> Result<Change, NetlinkError> {
        Change::unless(self.command_rule(libc::RTM_DELRULE, 0, rule), &[libc::ENOENT, libc::EAFNOSUPPORT])
    }

    /// All rules that are marked as ours, such as those that a killed process left: they outlive its device.
    pub fn our_rules(&mut self) -> Result<Vec<UnmarkedRule>, NetlinkError> {
        let mut rules = Vec::new();
        let request = |message: &mut super::Message<'_>| {
            message.fixed(&[0; 12]);
        };
        self.channel.dump(libc::RTM_GETRULE, request, |body| {
            let rule = read(body);
            if !rule.is_some_and(|rule| rules.contains(&rule)) {
                rules.extend(rule);
            }
        })?;
        Ok(rules)
    }

    fn command_rule(&mut self, kind: u16, flags: i32, rule: &UnmarkedRule) -> Result<(), NetlinkError> {
        self.channel.command(kind, flags, |message| {
            // A `struct fib_rule_hdr`: family, destination length, source length, type of service, table, two reserved octets,
            // action, flags (4).
            let mut header = [0; 12];
            header[0] = number(rule.family);
            header[7] = TO_TABLE;
            header[8..].copy_from_slice(&INVERT.to_ne_bytes());
            message.fixed(&header);
            message.number(FRA_PRIORITY, rule.priority);
            message.number(FRA_FWMARK, rule.unless_mark);
            message.number(FRA_FWMASK, u32::MAX);
            message.number(FRA_TABLE, rule.table);
            message.attribute(FRA_PROTOCOL, &[PROTOCOL]);
        })
    }
}

fn read(body: &[u8]) -> Option<UnmarkedRule> {
    let &[family, ..] = body.first_chunk::<12>()?;
    let family = [Family::V4, Family::V6].into_iter().find(|&known| number(known) == family)?;
    let inverted = read_u32(body.get(8..)?)? & INVERT != 0;
    let (mut priority, mut mark, mut table, mut protocol) = (0, 0, 0, 0);
    for (kind, value) in attributes(body.get(12..)?) {
        match kind {
            FRA_PRIORITY => priority = read_u32(value)?,
            FRA_FWMARK => mark = read_u32(value)?,
            FRA_TABLE => table = read_u32(value)?,
            FRA_PROTOCOL => protocol = *value.first()?,
            _ => {}
        }
    }
    (inverted && protocol == PROTOCOL).then_some(UnmarkedRule { family, priority, unless_mark: mark, table })
}

fn number(family: Family) -> u8 {
    match family {
        Family::V4 => libc::AF_INET as u8,
        Family::V6 => libc::AF_INET6 as u8,
    }
}

/// FR_ACT_TO_TBL.
const TO_TABLE: u8 = 1;
/// FIB_RULE_INVERT: the rule is for packets that do not match.
const INVERT: u32 = 2;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_PROTOCOL: u16 = 21;
