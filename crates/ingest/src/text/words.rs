//! Taking messages apart.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What stands in `text` between `before` and `after`.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

/// What follows `before` in `text`.
pub(crate) fn after<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    text.split_once(before).map(|(_, rest)| rest)
}

/// The number at the beginning of `text`.
pub(crate) fn number(text: &str) -> Option<u64> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..length)?.parse().ok()
}

/// The number behind `before`.
pub(crate) fn number_after(text: &str, before: &str) -> Option<u64> {
    number(after(text, before)?)
}

/// The first word of `text`.
pub(crate) fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// An address without port.
pub(crate) fn ip(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches(['[', ']', '\'', '"', ',', '(', ')', ';']);
    let text = text.split('%').next()?;
    text.parse().ok()
}

/// An address in a socket address with port 0: the source does not say the port.
pub(crate) fn host(text: &str) -> Option<SocketAddr> {
    ip(text).map(|ip| SocketAddr::new(ip, 0))
}

/// "192.0.2.1[500]", "192.0.2.1:500", "192.0.2.1", "[2001:db8::1]:500".
pub(crate) fn socket(text: &str) -> Option<SocketAddr> {
    let text = text.trim_end_matches([',', '.', ';', ')']);
    if let Some((address, port)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('['))
        && let (Some(ip), Ok(port)) = (ip(address), port.parse())
    {
        return Some(SocketAddr::new(ip, port));
    }
    text.parse().ok().or_else(|| host(text))
}

/// An IPv4 address.
pub(crate) fn ipv4(text: &str) -> Option<Ipv4Addr> {
    match ip(text)? {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// What stands in the first pair of `quote`s.
pub(crate) fn quoted(text: &str, quote: char) -> Option<&str> {
    let (_, rest) = text.split_once(quote)?;
    rest.split_once(quote).map(|(inside, _)| inside)
}
