//! The values of options.

use std::net::Ipv4Addr;

use crate::{Layer, Malformed, Problem, Reader};

/// Names that a search list may hold; more than any resolver uses.
const NAMES_MAX: usize = 32;

/// Octets of a domain name in text (RFC 1035 §2.3.4).
const NAME_MAX: usize = 253;

/// A route as options 121 and 249 carry it (RFC 3442).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ClasslessRoute {
    /// Where it leads; bits behind the prefix are zero.
    pub destination: Ipv4Addr,
    /// Leading bits that count, 0 to 32.
    pub prefix_len: u8,
    /// The next hop; 0.0.0.0 for "on this link".
    pub router: Ipv4Addr,
}

/// Reads the value of option 121 or 249: for each route the prefix length, the octets of the destination that it covers, and the
/// router.
///
/// # Errors
/// A prefix longer than 32 bits, or a route that is cut short.
pub fn routes(value: &[u8]) -> Result<Vec<ClasslessRoute>, Malformed> {
    let mut reader = Reader::new(Layer::Dhcp, value);
    let mut routes = Vec::new();
    while !reader.is_empty() {
        let prefix_len = reader.u8("width of a route")?;
        if prefix_len > 32 {
            return Err(reader.error("width of a route", Problem::BadValue { got: prefix_len.into() }));
        }
        let significant = reader.split("destination of a route", prefix_len.div_ceil(8).into())?.rest();
        let mut octets = [0; 4];
        octets.iter_mut().zip(significant).for_each(|(to, from)| *to = *from);
        let destination = Ipv4Addr::from_bits(u32::from_be_bytes(octets) & mask(prefix_len));
        routes.push(ClasslessRoute { destination, prefix_len, router: reader.u32("router of a route")?.into() });
    }
    Ok(routes)
}

/// Writes the value of option 121 or 249.
pub fn encode_routes(routes: &[ClasslessRoute]) -> Vec<u8> {
    let mut out = Vec::new();
    for route in routes {
        let octets = (route.destination.to_bits() & mask(route.prefix_len)).to_be_bytes();
        out.push(route.prefix_len);
        out.extend(octets.iter().take(route.prefix_len.div_ceil(8).into()));
        out.extend(route.router.octets());
    }
    out
}

/// Reads a list of addresses, such as the value of option 6.
///
/// # Errors
/// Not a whole number of addresses.
pub fn addresses(value: &[u8]) -> Result<Vec<Ipv4Addr>, Malformed> {
    let mut reader = Reader::new(Layer::Dhcp, value);
    let mut addresses = Vec::new();
    while !reader.is_empty() {
        addresses.push(reader.u32("address")?.into());
    }
    Ok(addresses)
}

/// Reads a domain name in text, the value of option 15. Some servers end it with a zero octet. It is a host name by the rules of
/// RFC 1123 §2.1, with underscores, in lower case and without a dot at its end.
///
/// # Errors
/// It is none.
pub fn name(value: &[u8]) -> Result<String, Malformed> {
    let text = value.strip_suffix(&[0]).unwrap_or(value);
    let text = text.strip_suffix(b".").unwrap_or(text);
    let reader = Reader::new(Layer::Dhcp, value);
    if text.is_empty() || text.len() > NAME_MAX {
        return Err(reader.error("domain name", Problem::BadLength { got: text.len(), min: 1, max: NAME_MAX }));
    }
    if !text.split(|&octet| octet == b'.').all(is_label) {
        return Err(reader.error("domain name", Problem::BadValue { got: text.first().copied().unwrap_or(0).into() }));
    }
    Ok(text.iter().map(|octet| char::from(octet.to_ascii_lowercase())).collect())
}

/// Reads a search list, the value of option 119: names as in DNS, which may point back into the list (RFC 3397 §2).
///
/// # Errors
/// A name that is cut short, longer than names are, or not the name of a domain; a pointer that does not point back.
pub fn search_list(value: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut names = Vec::new();
    let mut reader = Reader::new(Layer::Dhcp, value);
    while !reader.is_empty() {
        if names.len() == NAMES_MAX {
            return Err(reader.error("search list", Problem::TooMany { limit: NAMES_MAX }));
        }
        let start = reader.offset();
        let mut text = Vec::new();
        let target = labels(&mut reader, &mut text)?;
        let mut follow = target.map(|target| (target, start));
        while let Some((target, before)) = follow {
            // Each pointer leads to before where its name began, so that there is an end to it.
            if target >= before {
                return Err(reader.error("pointer", Problem::BadValue { got: target as u64 }));
            }
            let mut behind = Reader::new(Layer::Dhcp, value.get(target..).unwrap_or_default());
            follow = labels(&mut behind, &mut text)?.map(|next| (next, target));
        }
        names.push(name(&text)?);
    }
    Ok(names)
}

/// Appends labels up to the end of a name or to a pointer, whose target is returned.
fn labels(reader: &mut Reader<'_>, text: &mut Vec<u8>) -> Result<Option<usize>, Malformed> {
    loop {
        let len = reader.u8("label")?;
        match len {
            0 => return Ok(None),
            1..=63 => {
                let label = reader.bytes("label", len.into())?;
                if text.len() + label.len() + 1 > NAME_MAX + 1 {
                    return Err(reader.error("name", Problem::BadLength { got: text.len(), min: 1, max: NAME_MAX }));
                }
                // A dot inside a label is not the one between labels.
                if !is_label(label) {
                    return Err(reader.error("label", Problem::BadValue { got: label[0].into() }));
                }
                text.extend(label);
                text.push(b'.');
            }
            0xc0.. => return Ok(Some(usize::from(len & 0x3f) << 8 | usize::from(reader.u8("pointer")?))),
            _ => return Err(reader.error("label", Problem::BadValue { got: len.into() })),
        }
    }
}

fn is_label(label: &[u8]) -> bool {
    let inner = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    (1..=63).contains(&label.len())
        && label.iter().all(inner)
        && label.first() != Some(&b'-')
        && label.last() != Some(&b'-')
}

fn mask(prefix_len: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix_len.min(32))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn route(destination: [u8; 4], prefix_len: u8) -> ClasslessRoute {
        ClasslessRoute { destination: destination.into(), prefix_len, router: [10, 0, 0, 1].into() }
    }

    #[test]
    fn destinations_are_written_as_the_table_of_rfc_3442_does() {
        let table: [([u8; 4], u8, &[u8]); 9] = [
            ([0, 0, 0, 0], 0, &[0]),
            ([10, 0, 0, 0], 8, &[8, 10]),
            ([10, 0, 0, 0], 24, &[24, 10, 0, 0]),
            ([10, 17, 0, 0], 16, &[16, 10, 17]),
            ([10, 27, 129, 0], 24, &[24, 10, 27, 129]),
            ([10, 229, 0, 128], 25, &[25, 10, 229, 0, 128]),
            ([10, 198, 122, 47], 32, &[32, 10, 198, 122, 47]),
            ([172, 16, 0, 0], 12, &[12, 172, 16]),
            ([128, 0, 0, 0], 1, &[1, 128]),
        ];
        for (destination, prefix_len, descriptor) in table {
            let route = route(destination, prefix_len);
            let octets = [descriptor, &[10, 0, 0, 1]].concat();
            assert_eq!(encode_routes(&[route]), octets);
            assert_eq!(routes(&octets), Ok(vec![route]));
        }
    }

    #[test]
    fn bits_behind_the_prefix_do_not_count() {
        assert_eq!(routes(&[12, 172, 31, 10, 0, 0, 1]), Ok(vec![route([172, 16, 0, 0], 12)]));
    }

    #[test]
    fn a_route_that_is_cut_or_too_wide_is_refused() {
        assert_eq!(routes(&[24, 10, 0, 0, 10, 0, 0]).unwrap_err().field, "router of a route");
        assert_eq!(routes(&[33, 10, 0, 0, 0, 0, 10, 0, 0, 1]).unwrap_err().field, "width of a route");
    }

    #[test]
    fn a_name_is_one_that_a_resolver_can_be_given() {
        assert_eq!(name(b"Corp.Example.\0"), Ok("corp.example".to_owned()));
        for bad in [&b""[..], b"a b", b"a\nnameserver 6.6.6.6", b"-a", b"a..b", b".", &[b'a'; 64]] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_search_list_of_rfc_3397_is_read_with_its_pointer() {
        let list = b"\x03eng\x05apple\x03com\x00\x09marketing\xc0\x04";
        assert_eq!(search_list(list), Ok(vec!["eng.apple.com".to_owned(), "marketing.apple.com".to_owned()]));
        assert!(search_list(b"\x01a\xc0\x00").is_err(), "a name that contains itself");
        assert!(search_list(b"\xc0\x02\x01b\x00").is_err(), "forwards");
        assert!(search_list(b"\x03a.b\x00").is_err(), "a dot in a label");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_values(value in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = (addresses(&value), name(&value), search_list(&value));
            if let Ok(read) = routes(&value) {
                prop_assert_eq!(routes(&encode_routes(&read)), Ok(read));
            }
        }
    }
}
