//! `ipconfig` and `ipconfig /all`.

use std::net::IpAddr;

use observe::network::Fact;

use super::Said;

#[derive(Default)]
pub(super) struct Addresses {
    adapter: Option<String>,
    tunnel: bool,
    /// Addresses of tunnels.
    pub(super) tunnels: Vec<IpAddr>,
}

impl Addresses {
    pub(super) fn line(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        if !line.starts_with(char::is_whitespace) {
            let heading = line.strip_suffix([':', '：']).filter(|heading| is_adapter(heading));
            if let Some(heading) = heading {
                self.tunnel = heading.split_whitespace().any(|word| word == "PPP");
                self.adapter = Some(heading.to_owned());
            } else if !line.is_empty() {
                self.adapter = None;
            }
            return heading.is_some();
        }
        let Some(adapter) = &self.adapter else { return false };
        // `   IPv4 Address. . . . . . . . . . . : 192.0.2.5(Preferred)`
        let Some((label, value)) = line.split_once(" :").or_else(|| line.split_once('：')) else { return false };
        let own = label.contains("IPv4") || label.contains("IPv6") || label.contains("IP Address");
        let other = ["DNS", "DHCP", "IAID", "Gateway"].iter().any(|word| label.contains(word));
        if own && !other {
            let duplicate =
                ["Duplicate", "重复", "複製", "复制", "重複", "Duplicad"].iter().any(|word| value.contains(word));
            let value = value.trim().split(['(', '%', '（']).next().unwrap_or_default();
            if let Ok(address) = value.parse() {
                if self.tunnel && self.tunnels.len() < 64 {
                    self.tunnels.push(address);
                }
                let fact = Fact::Address { interface: adapter.clone(), tunnel: self.tunnel, address, peer: None };
                let text = format!("{adapter}: {}", line.trim());
                said.push(Said::new(number, &text, fact));
                if duplicate {
                    said.push(Said::new(number, &text, Fact::AddressConflict { address: Some(address) }));
                }
            }
        }
        true
    }
}

/// The words for an adapter in the languages that are known.
fn is_adapter(heading: &str) -> bool {
    let lower = heading.to_lowercase();
    let words = ["adapter ", "adaptador ", "适配器 ", "アダプター ", "アダプタ ", "介面卡 ", "carte "];
    words.iter().any(|word| lower.contains(word)) || lower.starts_with("ppp ")
}
