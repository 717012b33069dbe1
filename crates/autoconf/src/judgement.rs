//! What of a server's answer may be acted on.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use wire::Malformed;
use wire::dhcp::{self, Message, OptionCode};

/// Routes that are taken from one answer.
pub const MAX_ROUTES: usize = 256;

/// Name servers and search domains that are taken from one answer; resolvers use fewer.
const MAX_NAMES: usize = 6;

/// Leading bits that a route must have: with fewer, two or four of them would be a default route in pieces.
const MIN_LEN: u8 = 8;

/// An IPv4 network: an address whose bits behind the prefix are zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ipv4Net {
    network: Ipv4Addr,
    len: u8,
}

impl Ipv4Net {
    /// The network of `len` leading bits that `address` lies in; `None` for more than 32.
    pub fn new(address: Ipv4Addr, len: u8) -> Option<Ipv4Net> {
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(len.into())?).unwrap_or(0);
        Some(Ipv4Net { network: Ipv4Addr::from_bits(address.to_bits() & mask), len })
    }

    /// Its first address.
    pub fn network(&self) -> Ipv4Addr {
        self.network
    }

    /// Leading bits that count.
    pub fn prefix_len(&self) -> u8 {
        self.len
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        Ipv4Net::new(address, self.len) == Some(*self)
    }

    /// Whether any address lies in both.
    pub fn overlaps(&self, other: Ipv4Net) -> bool {
        self.contains(other.network) || other.contains(self.network)
    }
}

impl fmt::Display for Ipv4Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.len)
    }
}

impl FromStr for Ipv4Net {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Ipv4Net, Self::Err> {
        const FORM: &str = "expected ADDRESS/LENGTH, for example 10.0.0.0/8";
        let (address, len) = text.split_once('/').ok_or(FORM)?;
        let address = address.parse().map_err(|_| FORM)?;
        let net = Ipv4Net::new(address, len.parse().map_err(|_| FORM)?).ok_or(FORM)?;
        if net.network == address { Ok(net) } else { Err("the address has bits behind the prefix") }
    }
}

/// Why something that a server named is not used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// A default route: where everything goes is not the server's to decide.
    Default,
    /// Shorter than /8, a default route in pieces.
    Wide,
    /// Loopback, multicast, link-local, or addresses that no host has.
    Kind,
    /// More than are taken.
    TooMany,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Default => "a default route is not taken from a server",
            Reason::Wide => "wider than /8",
            Reason::Kind => "no addresses of other hosts",
            Reason::TooMany => "more than are taken",
        })
    }
}

/// What a server told, as far as anybody may act on it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Learned {
    /// Name servers.
    pub dns: Vec<Ipv4Addr>,
    /// The domain that names without a dot are looked for in.
    pub domain: Option<String>,
    /// Further domains for that.
    pub search: Vec<String>,
    /// Where the tunnel leads.
    pub routes: Vec<Ipv4Net>,
    /// Routes that are not used.
    pub refused: Vec<(Ipv4Net, Reason)>,
}

impl Learned {
    /// Judges the options of an answer. Classless routes count before Microsoft's, and the routers named in either do not count:
    /// there is nobody but the server on the link.
    ///
    /// # Errors
    /// An option that was asked for is malformed. A name that is none is no error; it is left out.
    pub(crate) fn read(answer: &Message) -> Result<Learned, Malformed> {
        let option = |code| answer.option(code).unwrap_or_default();
        let named = dhcp::addresses(option(OptionCode::NAME_SERVERS))?;
        let codes = [OptionCode::CLASSLESS_ROUTES, OptionCode::MICROSOFT_ROUTES];
        let routes = codes.into_iter().find_map(|code| answer.option(code)).unwrap_or_default();
        let mut learned = Learned {
            dns: Vec::new(),
            domain: dhcp::name(option(OptionCode::DOMAIN)).ok(),
            search: dhcp::search_list(option(OptionCode::SEARCH_LIST)).unwrap_or_default(),
            ..Learned::default()
        };
        learned.search.truncate(MAX_NAMES);
        for address in named {
            if is_host(address) && !learned.dns.contains(&address) && learned.dns.len() < MAX_NAMES {
                learned.dns.push(address);
            }
        }
        for route in dhcp::routes(routes)? {
            let Some(net) = Ipv4Net::new(route.destination, route.prefix_len) else { continue };
            learned.judge(net);
        }
        Ok(learned)
    }

    fn judge(&mut self, net: Ipv4Net) {
        if self.routes.contains(&net) {
            return;
        }
        let reason = match fault(net) {
            Some(reason) => reason,
            None if self.routes.len() == MAX_ROUTES => Reason::TooMany,
            None => return self.routes.push(net),
        };
        // Whoever floods us is not remembered in full.
        if self.refused.len() < MAX_ROUTES {
            self.refused.push((net, reason));
        }
    }
}

/// What is wrong with a route that a server names, whatever host it is for.
pub fn fault(net: Ipv4Net) -> Option<Reason> {
    const NOT_HOSTS: [([u8; 4], u8); 5] =
        [([0, 0, 0, 0], 8), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16), ([224, 0, 0, 0], 4), ([240, 0, 0, 0], 4)];
    let not_hosts = || NOT_HOSTS.iter().filter_map(|&(network, len)| Ipv4Net::new(network.into(), len));
    match net.len {
        0 => Some(Reason::Default),
        1..MIN_LEN => Some(Reason::Wide),
        _ => not_hosts().any(|other| other.overlaps(net)).then_some(Reason::Kind),
    }
}

/// Whether another host can have this address.
fn is_host(address: Ipv4Addr) -> bool {
    Ipv4Net::new(address, 32).is_some_and(|net| fault(net).is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::dhcp::{ClasslessRoute, Op, encode_routes};

    use super::*;

    fn read(options: Vec<(OptionCode, Vec<u8>)>) -> Result<Learned, Malformed> {
        let nobody = Ipv4Addr::UNSPECIFIED;
        let (op, chaddr) = (Op::REPLY, [0; 16]);
        let fixed = Message {
            op,
            htype: 1,
            hlen: 6,
            xid: 0,
            secs: 0,
            flags: 0,
            ciaddr: nobody,
            yiaddr: nobody,
            giaddr: nobody,
            chaddr,
            options,
        };
        Learned::read(&fixed)
    }

    fn encoded(routes: &[&str]) -> Vec<u8> {
        let route = |text: &&str| {
            let (address, len) = text.split_once('/').unwrap();
            ClasslessRoute {
                destination: address.parse().unwrap(),
                prefix_len: len.parse().unwrap(),
                router: Ipv4Addr::UNSPECIFIED,
            }
        };
        encode_routes(&routes.iter().map(route).collect::<Vec<_>>())
    }

    #[test]
    fn a_route_that_takes_more_than_a_network_is_not_taken() {
        let named = [
            "0.0.0.0/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "10.0.0.0/8",
            "127.0.0.1/32",
            "224.0.0.0/4",
            "224.0.0.251/32",
            "169.254.0.0/16",
            "0.0.0.0/8",
            "255.255.255.255/32",
            "192.168.1.0/24",
        ];
        let learned = read(vec![(OptionCode::CLASSLESS_ROUTES, encoded(&named))]).unwrap();
        assert_eq!(learned.routes, ["10.0.0.0/8".parse().unwrap(), "192.168.1.0/24".parse().unwrap()]);
        let reasons: Vec<_> = learned.refused.iter().map(|(_, reason)| *reason).collect();
        use Reason::{Default, Kind, Wide};
        assert_eq!(reasons, [Default, Wide, Wide, Kind, Wide, Kind, Kind, Kind, Kind]);
    }

    #[test]
    fn the_routes_of_rfc_3442_count_before_microsofts() {
        let both = vec![
            (OptionCode::MICROSOFT_ROUTES, encoded(&["10.2.0.0/16"])),
            (OptionCode::CLASSLESS_ROUTES, encoded(&["10.1.0.0/16"])),
        ];
        assert_eq!(read(both.clone()).unwrap().routes, ["10.1.0.0/16".parse().unwrap()]);
        assert_eq!(read(both[..1].to_vec()).unwrap().routes, ["10.2.0.0/16".parse().unwrap()]);
    }

    #[test]
    fn not_more_routes_are_taken_than_a_host_should_have() {
        let many: Vec<_> = (0..300).map(|number| format!("10.{}.{}.0/24", number / 256, number % 256)).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let learned = read(vec![(OptionCode::CLASSLESS_ROUTES, encoded(&many))]).unwrap();
        assert_eq!((learned.routes.len(), learned.refused.len()), (MAX_ROUTES, 300 - MAX_ROUTES));
    }

    #[test]
    fn names_and_name_servers_that_are_none_are_left_out() {
        let learned = read(vec![
            (OptionCode::NAME_SERVERS, vec![127, 0, 0, 1, 10, 0, 0, 53, 10, 0, 0, 53, 224, 0, 0, 1]),
            (OptionCode::DOMAIN, b"a\noptions rotate".to_vec()),
            (OptionCode::SEARCH_LIST, b"\x04corp\x07example\0".to_vec()),
        ])
        .unwrap();
        assert_eq!(learned.dns, [Ipv4Addr::new(10, 0, 0, 53)]);
        assert_eq!((learned.domain, learned.search), (None, vec!["corp.example".to_owned()]));
    }

    proptest! {
        #[test]
        fn what_is_taken_is_within_bounds(value in proptest::collection::vec(any::<u8>(), 0..2000)) {
            if let Ok(learned) = read(vec![(OptionCode::CLASSLESS_ROUTES, value)]) {
                prop_assert!(learned.routes.len() <= MAX_ROUTES && learned.refused.len() <= MAX_ROUTES);
                prop_assert!(learned.routes.iter().all(|net| net.prefix_len() >= MIN_LEN && fault(*net).is_none()));
            }
        }
    }
}
