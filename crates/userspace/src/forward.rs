//! What people write to say where to listen and where to connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use crate::failure::{Failure, Malformed};
use crate::target::{Target, port_from_text};

/// A local address to listen on: `[ADDRESS:]PORT`. Without an address it is 127.0.0.1, which only this host's programs reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Local(pub SocketAddr);

/// A port forward: `LOCAL=REMOTE`, such as `13389=10.0.0.5:3389` or `127.0.0.1:8080=intranet.example:80`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Forward {
    /// Where to listen.
    pub local: Local,
    /// Where connections go.
    pub remote: Target,
}

/// Why a specification cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// The specification.
    pub spec: String,
    /// The part that is wrong, and what was expected there.
    pub malformed: Malformed,
}

impl Local {
    /// Whether other hosts can reach it too. Nothing here asks for a password.
    pub fn is_exposed(self) -> bool {
        !self.0.ip().is_loopback()
    }
}

impl FromStr for Local {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Local, SpecError> {
        local(spec).map_err(|malformed| SpecError { spec: spec.to_owned(), malformed })
    }
}

impl FromStr for Forward {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Forward, SpecError> {
        let wrong = |malformed| SpecError { spec: spec.to_owned(), malformed };
        let (before, after) =
            spec.split_once('=').ok_or_else(|| wrong(Malformed { field: "forward", expected: "LOCAL=REMOTE" }))?;
        let local = local(before).map_err(wrong)?;
        let remote = Target::from_text(after).map_err(|failure| wrong(remote_malformed(&failure)))?;
        Ok(Forward { local, remote })
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.local, self.remote)
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SpecError { spec, malformed: Malformed { field, expected } } = self;
        write!(f, "{spec:?}: {field}: expected {expected}")
    }
}

impl std::error::Error for SpecError {}

fn local(text: &str) -> Result<Local, Malformed> {
    let port = |text: &str| {
        port_from_text(text).map_err(|_| Malformed { field: "local port", expected: "a number from 1 to 65535" })
    };
    let Some((address, number)) = text.rsplit_once(':') else {
        return Ok(Local(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port(text)?)));
    };
    let number = port(number)?;
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']'));
    let expected = "an IPv4 address, an IPv6 address in brackets, or nothing but a port";
    let address = match (bare, address) {
        (Some(address), _) => address.parse().ok().filter(IpAddr::is_ipv6),
        (None, "localhost") => Some(Ipv4Addr::LOCALHOST.into()),
        (None, address) => address.parse().ok().filter(IpAddr::is_ipv4),
    };
    let address = address.ok_or(Malformed { field: "local address", expected })?;
    Ok(Local(SocketAddr::new(address, number)))
}

fn remote_malformed(failure: &Failure) -> Malformed {
    match failure {
        Failure::Malformed(Malformed { field: "port", expected }) => Malformed { field: "remote port", expected },
        Failure::Malformed(Malformed { field: "host", expected }) => Malformed { field: "remote host", expected },
        Failure::Malformed(_) => Malformed { field: "remote", expected: "HOST:PORT" },
        Failure::Denied(_) | Failure::Refused(_) | Failure::Silence { .. } | Failure::Local(_) => {
            Malformed { field: "remote host", expected: "an IPv4 address or a name: the tunnel carries IPv4" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_forward_is_read_and_printed() {
        let forward: Forward = "127.0.0.1:13389=10.0.0.5:3389".parse().unwrap();
        assert_eq!(forward.to_string(), "127.0.0.1:13389=10.0.0.5:3389");
        let forward: Forward = "8080=intranet.example:80".parse().unwrap();
        assert_eq!(forward.to_string(), "127.0.0.1:8080=intranet.example:80");
        assert!(!forward.local.is_exposed());
        let forward: Forward = "[::1]:22=10.0.0.5:22".parse().unwrap();
        assert!(!forward.local.is_exposed());
        let forward: Forward = "0.0.0.0:22=10.0.0.5:22".parse().unwrap();
        assert!(forward.local.is_exposed());
    }

    #[test]
    fn an_error_names_the_part_and_what_was_expected() {
        let field = |spec: &str| spec.parse::<Forward>().unwrap_err().malformed.field;
        assert_eq!(field("13389"), "forward");
        assert_eq!(field("x=10.0.0.5:3389"), "local port");
        assert_eq!(field("example:1=10.0.0.5:3389"), "local address");
        assert_eq!(field("::1:1=10.0.0.5:3389"), "local address");
        assert_eq!(field("1=10.0.0.5"), "remote");
        assert_eq!(field("1=10.0.0.5:rdp"), "remote port");
        assert_eq!(field("1=10.0.0.555:3389"), "remote host");
        assert_eq!(field("1=[2001:db8::1]:3389"), "remote host");
        let error = "1=10.0.0.5:rdp".parse::<Forward>().unwrap_err();
        assert_eq!(error.to_string(), r#""1=10.0.0.5:rdp": remote port: expected a number from 1 to 65535"#);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9a-z.:=\\[\\]]{0,40}|.{0,40}") {
            let _ = text.parse::<Forward>();
            let _ = text.parse::<Local>();
        }
    }
}
