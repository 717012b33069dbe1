//! Packet filters: `iptables -S`, `iptables -L -v`, `nft list ruleset`. What is of interest are rules and policies that drop what a
//! VPN needs: its protocols, and what comes out of it.

use observe::host::Fact;
use observe::{About, SourceKind, Time};

use crate::text::reader::{Line, Out, Reader};
use crate::text::words::{self, after, between};

/// Reads packet filters.
#[derive(Default)]
pub(crate) struct Filter {
    chain: Option<Chain>,
    /// A policy that drops, to be told when nothing in the chain accepts.
    policies: Vec<Policy>,
    /// Chains that accept something, by name.
    accepting: Vec<String>,
}

#[derive(Clone)]
struct Chain {
    name: String,
    nft: bool,
    forward: bool,
}

struct Policy {
    chain: String,
    at: Option<Time>,
    line: u64,
    text: String,
}

/// Chains that are remembered.
const MOST: usize = 256;

impl Reader for Filter {
    fn kind(&self) -> SourceKind {
        SourceKind::PacketFilter
    }

    fn read(&mut self, line: &Line<'_>, out: &mut Out<'_, '_>) -> bool {
        let text = line.whole.trim();
        self.rules(text, out) || self.listing(text, out) || self.nft(text, out)
    }

    fn finish(&mut self, out: &mut Out<'_, '_>) {
        for Policy { chain, at, line, text } in std::mem::take(&mut self.policies) {
            if !self.accepting.contains(&chain) {
                let rule = text.clone();
                out.say_of(at, line, &text, About::default(), Fact::FilterDrops { rule });
            }
        }
    }
}

impl Filter {
    /// "-P FORWARD DROP", "-A FORWARD -i ppp+ -j DROP".
    fn rules(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if let Some((chain, policy)) = text.strip_prefix("-P ").and_then(|rest| rest.split_once(' ')) {
            if chain == "FORWARD" && words::word(policy) == "DROP" {
                self.policy(chain, out);
            }
            return matches!(words::word(policy), "ACCEPT" | "DROP");
        }
        let Some(rest) = text.strip_prefix("-A ") else { return false };
        let Some((chain, rule)) = rest.split_once(' ') else { return false };
        let Some(target) = after(rule, "-j ").map(words::word) else { return false };
        self.rule(chain, chain == "FORWARD", target, rule, None, out);
        true
    }

    /// "Chain FORWARD (policy DROP 12 packets, 1008 bytes)" and the rules below it.
    fn listing(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if let Some(rest) = text.strip_prefix("Chain ")
            && let Some((name, inside)) = rest.split_once(" (")
        {
            self.chain = Some(Chain { name: name.to_owned(), nft: false, forward: name == "FORWARD" });
            if name == "FORWARD" && inside.starts_with("policy DROP") {
                match words::number_after(inside, "policy DROP ") {
                    Some(0) => {}
                    Some(_) => drops(text, out),
                    None => self.policy(name, out),
                }
            }
            return true;
        }
        let Some(chain) = self.chain.clone().filter(|chain| !chain.nft) else { return false };
        if text.starts_with("pkts ") || text.starts_with("target ") || text.starts_with("num ") {
            return true;
        }
        let columns: Vec<&str> = text.split_whitespace().take(4).collect();
        // With -v two counters stand before the target.
        let counted = columns.first().is_some_and(|first| first.starts_with(|digit: char| digit.is_ascii_digit()));
        let Some(target) = columns
            .get(if counted { 2 } else { 0 })
            .filter(|target| target.bytes().all(|octet| octet.is_ascii_uppercase() || octet == b'-'))
        else {
            self.chain = None;
            return false;
        };
        let packets = columns.first().filter(|_| counted).map(|count| *count != "0");
        self.rule(&chain.name, chain.forward, target, text, packets, out);
        true
    }

    /// "chain forward {", "type filter hook forward priority filter; policy drop;", "udp dport 1701 drop".
    fn nft(&mut self, text: &str, out: &mut Out<'_, '_>) -> bool {
        if text.starts_with("table ") && text.ends_with('{') {
            return true;
        }
        if let Some(name) = text.strip_prefix("chain ").and_then(|rest| rest.strip_suffix('{')) {
            self.chain = Some(Chain { name: format!("nft {}", name.trim()), nft: true, forward: false });
            return true;
        }
        let Some(chain) = self.chain.as_mut().filter(|chain| chain.nft) else { return false };
        if text == "}" {
            self.chain = None;
            return true;
        }
        if text.starts_with("type ") && text.contains(" hook ") {
            chain.forward = text.contains("hook forward");
            if chain.forward && text.contains("policy drop") {
                let name = chain.name.clone();
                self.policy(&name, out);
            }
            return true;
        }
        let chain = chain.clone();
        let target = text
            .split(" comment ")
            .next()
            .unwrap_or(text)
            .split_whitespace()
            .rfind(|word| matches!(*word, "drop" | "reject" | "accept"));
        let packets = between(text, "counter packets ", " ").map(|count| count != "0");
        if let Some(target) = target {
            self.rule(&chain.name, chain.forward, target, text, packets, out);
        }
        true
    }

    /// A rule; `hit` says whether its counter is above zero, where it has one.
    fn rule(&mut self, chain: &str, forward: bool, target: &str, rule: &str, hit: Option<bool>, out: &mut Out<'_, '_>) {
        match target {
            "ACCEPT" | "accept"
                if self.accepting.len() < MOST && !self.accepting.iter().any(|known| known == chain) =>
            {
                self.accepting.push(chain.to_owned());
            }
            "DROP" | "REJECT" | "drop" | "reject" if hit != Some(false) && matters(rule, forward, hit) => {
                drops(rule, out)
            }
            _ => {}
        }
    }

    fn policy(&mut self, chain: &str, out: &mut Out<'_, '_>) {
        if self.policies.len() < MOST {
            let policy =
                Policy { chain: chain.to_owned(), at: out.at(), line: out.number(), text: out.shown().to_owned() };
            self.policies.push(policy);
        }
    }
}

fn drops(rule: &str, out: &mut Out<'_, '_>) {
    out.say(About::default(), Fact::FilterDrops { rule: rule.to_owned() });
}

/// Whether a rule that drops takes something that a VPN needs.
fn matters(rule: &str, forward: bool, hit: Option<bool>) -> bool {
    // L2TP that came without IPsec is to be dropped, and what belongs to no connection.
    if rule.contains("pol none")
        || rule.contains("ipsec missing")
        || rule.contains("secpath missing")
        || rule.contains("INVALID")
        || rule.contains("invalid")
    {
        return false;
    }
    let ports = ["1701", "4500", "500", "1723"];
    let port = rule
        .split([' ', ':', ',', '{', '}'])
        .any(|word| ports.contains(&word) || matches!(word, "l2f" | "l2tp" | "pptp" | "isakmp" | "ipsec-nat-t"));
    let protocol = rule.split([' ', ',', '{', '}']).any(|word| matches!(word, "esp" | "gre" | "50" | "47"))
        && (rule.contains("-p ")
            || rule.contains("protocol ")
            || rule.contains(" esp ")
            || rule.contains(" gre ")
            || rule.starts_with("meta l4proto"));
    let tunnel = rule.contains("ppp");
    port || protocol || tunnel || forward && hit == Some(true)
}
