//! `ping` and `nslookup`.

use std::net::IpAddr;

use observe::network::Fact;

use super::Said;
use crate::text::unknown_name;

#[derive(Default)]
pub(super) struct Ping {
    to: Option<(IpAddr, u16)>,
    too_big: bool,
}

impl Ping {
    pub(super) fn line(&mut self, number: u64, line: &str, said: &mut Vec<Said>) -> bool {
        let text = line.trim();
        let lower = text.to_lowercase();
        let octets = ["bytes", "字节", "バイト", "位元組", "octets"].iter().any(|word| lower.contains(word));
        if octets
            && text.ends_with([':', '：'])
            && !text.contains('=')
            && let (Some(to), Some(size)) = (address(text), size(text))
        {
            self.to = Some((to, size));
            self.too_big = false;
            return true;
        }
        // The machine has no way out at all.
        let failed = ["General failure", "一般故障", "常见故障", "一般エラー", "Falha geral"];
        if text.starts_with("PING") && failed.iter().any(|words| text.contains(words)) {
            said.push(Said::new(number, text, Fact::NoRoute { to: None }));
            return true;
        }
        if let Some(name) = unknown_name(text) {
            said.push(Said::new(number, text, Fact::NameUnknown { name: name.to_owned() }));
            return true;
        }
        let Some((to, size)) = self.to else { return false };
        if text.contains("DF") {
            self.too_big = true;
            return true;
        }
        // Sent = 4, Received = 3, Lost = 1 (25% loss)
        let numbers: Vec<u32> = text.split('=').skip(1).filter_map(|part| leading(part.trim_start())).collect();
        if let ([sent, received, lost], true) = (numbers.as_slice(), text.contains('%'))
            && received.checked_add(*lost) == Some(*sent)
        {
            let fact = Fact::Ping { to, size, sent: *sent, received: *received, too_big: self.too_big };
            said.push(Said::new(number, &format!("{to}, {size} octets: {text}"), fact));
            self.to = None;
            return true;
        }
        false
    }
}

fn leading(text: &str) -> Option<u32> {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

fn address(text: &str) -> Option<IpAddr> {
    text.split(|char: char| char.is_whitespace() || matches!(char, '[' | ']' | '：')).find_map(|word| word.parse().ok())
}

/// The last number that is no part of an address.
fn size(text: &str) -> Option<u16> {
    text.split(|char: char| !(char.is_ascii_digit() || char == '.')).filter_map(|word| word.parse().ok()).next_back()
}
