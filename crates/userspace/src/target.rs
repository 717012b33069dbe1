//! Where a client wants to be connected to.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::failure::{Denial, Failure, Malformed};
use crate::resolve::Name;

/// A destination at the other side of the tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The TCP port, not zero.
    pub port: u16,
}

/// A host at the other side of the tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address.
    Address(Ipv4Addr),
    /// A name, for the tunnel's name servers.
    Name(Name),
}

impl Host {
    /// Reads an IPv4 address or a name.
    ///
    /// # Errors
    /// [`Denial::AddressFamily`] for an IPv6 address, with or without brackets; [`Malformed`] for what is neither.
    pub fn from_text(text: &str) -> Result<Host, Failure> {
        if let Ok(address) = text.parse() {
            return Ok(Host::Address(address));
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<Ipv6Addr>() {
            return Host::from_ipv6(address);
        }
        let malformed = Failure::Malformed(Malformed { field: "host", expected: "an IPv4 address or a name" });
        // What ends in a number is an address that somebody mistyped: no top-level domain is one.
        let last = text.strip_suffix('.').unwrap_or(text).rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(malformed);
        }
        Name::from_text(text).map(Host::Name).map_err(|_| malformed)
    }

    /// An IPv6 address, which is of use when it holds an IPv4 address (RFC 4291 §2.5.5.2).
    pub(crate) fn from_ipv6(address: Ipv6Addr) -> Result<Host, Failure> {
        address.to_ipv4_mapped().map(Host::Address).ok_or(Failure::Denied(Denial::AddressFamily))
    }
}

impl Target {
    /// Reads `HOST:PORT`.
    ///
    /// # Errors
    /// As [`Host::from_text`], and [`Malformed`] for the port.
    pub fn from_text(text: &str) -> Result<Target, Failure> {
        let (host, port) = text
            .rsplit_once(':')
            .filter(|(_, port)| !port.ends_with(']'))
            .ok_or(Failure::Malformed(Malformed { field: "destination", expected: "HOST:PORT" }))?;
        let host = Host::from_text(host)?;
        Ok(Target { host, port: port_from_text(port)? })
    }

    /// A target on port `port`.
    pub(crate) fn new(host: Host, port: u16) -> Result<Target, Failure> {
        if port == 0 { Err(Failure::Denied(Denial::Destination)) } else { Ok(Target { host, port }) }
    }
}

/// Reads a port from 1 to 65535.
pub(crate) fn port_from_text(text: &str) -> Result<u16, Failure> {
    let expected = "a number from 1 to 65535";
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let port = text.parse().ok().filter(|&port| digits && port != 0);
    port.ok_or(Failure::Malformed(Malformed { field: "port", expected }))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Address(address) => address.fmt(f),
            Host::Name(name) => f.write_str(name.to_string().trim_end_matches('.')),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        let text = |text| Target::from_text(text).map(|target| target.to_string());
        assert_eq!(text("10.0.0.5:3389").unwrap(), "10.0.0.5:3389");
        assert_eq!(text("Files.corp.example.:445").unwrap(), "files.corp.example:445");
        assert_eq!(text("[::ffff:10.0.0.5]:22").unwrap(), "10.0.0.5:22");
        assert_eq!(text("[2001:db8::1]:22"), Err(Failure::Denied(Denial::AddressFamily)));
        assert_eq!(text("2001:db8::1:22"), Err(Failure::Denied(Denial::AddressFamily)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let field = |text| match Target::from_text(text) {
            Err(Failure::Malformed(malformed)) => malformed.field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field("host"), "destination");
        assert_eq!(field("[::1]"), "destination");
        assert_eq!(field("host:"), "port");
        assert_eq!(field("host:0"), "port");
        assert_eq!(field("host:+5"), "port");
        assert_eq!(field("host:65536"), "port");
        assert_eq!(field(":80"), "host");
        assert_eq!(field("10.0.0.256:80"), "host");
        assert_eq!(field("10.0.0:80"), "host");
    }
}
