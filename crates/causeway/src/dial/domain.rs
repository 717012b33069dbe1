//! Domains whose names are looked up inside the tunnel.

use std::fmt;
use std::str::FromStr;

/// A domain name in small letters, without the dot at its end. The root, which all names are in, is the dot alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain(String);

impl Domain {
    /// Whether all names are in it.
    pub(crate) fn is_root(&self) -> bool {
        self.0 == "."
    }
}

impl FromStr for Domain {
    type Err = &'static str;

    /// Only what a resolver's configuration can hold: RFC 1035 §2.3.4, with the underscore that Windows domains have.
    fn from_str(text: &str) -> Result<Domain, Self::Err> {
        if text == "." {
            return Ok(Domain(text.to_owned()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let fits = |label: &str| {
            let octets = label.as_bytes();
            let known = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_".contains(octet);
            (1..=63).contains(&octets.len()) && octets.iter().all(known) && !label.starts_with('-')
        };
        if name.len() <= 253 && name.split('.').all(fits) {
            Ok(Domain(name))
        } else {
            Err("expected a domain, for example corp.example")
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_cannot_smuggle_anything_into_a_configuration() {
        assert_eq!("Corp.Example.".parse::<Domain>().unwrap().to_string(), "corp.example");
        assert_eq!("_msdcs.corp-2.example".parse::<Domain>().unwrap().to_string(), "_msdcs.corp-2.example");
        let long = "a.".repeat(128);
        assert!(".".parse::<Domain>().unwrap().is_root());
        for text in ["", "..", "a..b", "a b", "a\nnameserver 192.0.2.1", "~.", "-a.example", "caf\u{e9}.example", &long]
        {
            assert!(text.parse::<Domain>().is_err(), "{text:?}");
        }
    }
}
