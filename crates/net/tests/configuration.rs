//! Links, addresses, routes, nf_tables and switches, in a namespace of their own.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::net::IpAddr;

use common::{address, in_namespace};
use net::host::Journal;
use net::netlink::{Change, InterfaceAddress, LinkSettings, Netlink, Path, Prefix, Route, UnmarkedRule};
use net::nft::{Masquerade, Neighbours, Nft, NftError, Seal, Shield, TableState};
use net::raw::Family;
use net::tun::{TunError, TunQueue};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn prefix(text: &str, len: u8) -> Prefix {
    Prefix::new(ip(text), len).unwrap()
}

/// A TUN device that is up and has an address.
fn tun(netlink: &mut Netlink, own: &InterfaceAddress) -> (TunQueue, u32) {
    let tun = TunQueue::create("cw%d", false).unwrap();
    let index = netlink.link(tun.name()).unwrap().unwrap().index;
    netlink.set_link(index, LinkSettings { up: Some(true), ..LinkSettings::default() }).unwrap();
    assert_eq!(netlink.add_address(&InterfaceAddress { interface: index, ..*own }).unwrap(), Change::Made);
    (tun, index)
}

#[test]
fn a_link_takes_its_settings_and_goes_with_its_device() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        let tun = TunQueue::create("cw%d", false).unwrap();
        assert_eq!(tun.name(), "cw0");
        let link = netlink.link("cw0").unwrap().unwrap();
        assert!(!link.up);
        let settings = LinkSettings { up: Some(true), mtu: Some(1280), txqueuelen: Some(1000) };
        netlink.set_link(link.index, settings).unwrap();
        let link = netlink.link("cw0").unwrap().unwrap();
        assert_eq!((link.up, link.mtu, link.txqueuelen), (true, 1280, 1000));
        netlink.set_link(link.index, LinkSettings { up: Some(false), ..LinkSettings::default() }).unwrap();
        let link = netlink.link("cw0").unwrap().unwrap();
        assert_eq!((link.up, link.mtu), (false, 1280));
        drop(tun);
        assert_eq!(netlink.link("cw0").unwrap(), None);
    });
}

#[test]
fn a_name_that_cannot_be_had_is_refused_by_its_reason() {
    in_namespace(|| {
        let _tun = TunQueue::create("cw0", false).unwrap();
        assert!(matches!(TunQueue::create("cw0", false), Err(TunError::NameTaken)));
        for name in ["", "a name", "a/b", "0123456789abcdef"] {
            assert!(matches!(TunQueue::create(name, false), Err(TunError::BadName)), "{name}");
        }
    });
}

#[test]
fn addresses_come_and_go_and_say_whether_they_were_there() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        let first = address(1, "192.0.2.1", 24);
        let point_to_point = InterfaceAddress { peer: Some(ip("10.9.0.1")), ..address(1, "10.9.0.2", 32) };
        let sixth = address(1, "2001:db8::1", 64);
        let mut before = netlink.addresses().unwrap();
        for address in [first, point_to_point, sixth] {
            assert_eq!(netlink.add_address(&address).unwrap(), Change::Made);
            assert_eq!(netlink.add_address(&address).unwrap(), Change::AlreadySo);
            assert!(netlink.addresses().unwrap().contains(&address), "{address:?}");
        }
        for address in [first, point_to_point, sixth] {
            assert_eq!(netlink.remove_address(&address).unwrap(), Change::Made);
            assert_eq!(netlink.remove_address(&address).unwrap(), Change::AlreadySo);
        }
        let mut after = netlink.addresses().unwrap();
        before.sort_by_key(|address| address.address);
        after.sort_by_key(|address| address.address);
        assert_eq!(before, after);
        assert_eq!(netlink.remove_address(&address(4711, "192.0.2.1", 24)).unwrap(), Change::AlreadySo);
    });
}

#[test]
fn routes_lead_where_they_should_and_are_known_as_ours() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        let (tun, index) = tun(&mut netlink, &address(0, "10.9.0.1", 24));
        assert_eq!(netlink.path_to(ip("198.51.100.7")).unwrap(), None);
        let through_gateway = Route {
            gateway: Some(ip("10.9.0.254")),
            metric: Some(50),
            ..Route::on_link(prefix("198.51.100.0", 24), index)
        };
        let on_link = Route::on_link(prefix("203.0.113.0", 25), index);
        for route in [through_gateway, on_link] {
            assert_eq!(netlink.add_route(&route).unwrap(), Change::Made);
            assert_eq!(netlink.add_route(&route).unwrap(), Change::AlreadySo);
        }
        let gateway = Some(ip("10.9.0.254"));
        let path = Path { interface: index, source: Some(ip("10.9.0.1")), gateway, local: false };
        assert_eq!(netlink.path_to(ip("198.51.100.7")).unwrap(), Some(path));
        assert_eq!(netlink.path_to(ip("203.0.113.7")).unwrap(), Some(Path { gateway: None, ..path }));
        assert!(netlink.path_to(ip("127.0.0.1")).unwrap().unwrap().local);

        // What a killed process left is found by its mark; what the kernel made with the address is not among it.
        assert_eq!(Netlink::open().unwrap().our_routes().unwrap(), [through_gateway, on_link]);
        assert_eq!(netlink.remove_route(&through_gateway).unwrap(), Change::Made);
        assert_eq!(netlink.remove_route(&through_gateway).unwrap(), Change::AlreadySo);
        assert_eq!(netlink.path_to(ip("198.51.100.7")).unwrap(), None);
        drop(tun);
        assert_eq!(netlink.our_routes().unwrap(), []);
        assert_eq!(netlink.remove_route(&on_link).unwrap(), Change::AlreadySo);
    });
}

#[test]
fn ipv6_routes_and_tables_of_high_numbers_work_alike() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        let (_tun, index) = tun(&mut netlink, &address(0, "2001:db8::1", 64));
        let route = Route { metric: Some(77), ..Route::on_link(prefix("2001:db8:1::", 48), index) };
        let elsewhere = Route { table: 51_820, ..Route::on_link(prefix("0.0.0.0", 0), index) };
        for route in [route, elsewhere] {
            assert_eq!(netlink.add_route(&route).unwrap(), Change::Made);
        }
        assert_eq!(netlink.path_to(ip("2001:db8:1::5")).unwrap().unwrap().source, Some(ip("2001:db8::1")));
        let ours = netlink.our_routes().unwrap();
        assert!(ours.len() == 2 && ours.contains(&route) && ours.contains(&elsewhere), "{ours:?}");
        for route in ours {
            assert_eq!(netlink.remove_route(&route).unwrap(), Change::Made);
        }
    });
}

#[test]
fn a_rule_sends_everything_but_what_is_marked_to_its_table() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        let (_outside, out) = tun(&mut netlink, &address(0, "192.0.2.2", 24));
        let (_inside, inside) = tun(&mut netlink, &address(0, "10.9.0.2", 24));
        let outside_route = Route::on_link(prefix("0.0.0.0", 0), out);
        let inside_route = Route { table: 51_821, ..Route::on_link(prefix("0.0.0.0", 0), inside) };
        for route in [outside_route, inside_route] {
            assert_eq!(netlink.add_route(&route).unwrap(), Change::Made);
        }
        let rule = UnmarkedRule { family: Family::V4, priority: 1000, unless_mark: 0x6377, table: 51_821 };
        let interface = |netlink: &mut Netlink, mark| {
            netlink.marked_path_to(ip("198.51.100.7"), mark).unwrap().map(|path| path.interface)
        };
        assert_eq!(interface(&mut netlink, 0), Some(out));
        assert_eq!(netlink.add_rule(&rule).unwrap(), Change::Made);
        assert_eq!(netlink.add_rule(&rule).unwrap(), Change::AlreadySo);
        assert_eq!(interface(&mut netlink, 0), Some(inside));
        assert_eq!(interface(&mut netlink, 0x6377), Some(out));
        // A more specific route outside changes nothing for what is not marked.
        let lure = Route::on_link(prefix("198.51.100.0", 24), out);
        assert_eq!(netlink.add_route(&lure).unwrap(), Change::Made);
        assert_eq!(interface(&mut netlink, 0), Some(inside));
        assert_eq!(Netlink::open().unwrap().our_rules().unwrap(), [rule]);
        assert_eq!(netlink.remove_rule(&rule).unwrap(), Change::Made);
        assert_eq!(netlink.remove_rule(&rule).unwrap(), Change::AlreadySo);
        assert_eq!(netlink.our_rules().unwrap(), []);
    });
}

#[test]
fn a_refused_command_carries_the_reason() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        let error = netlink.set_link(1, LinkSettings { mtu: Some(10), ..LinkSettings::default() }).map(drop);
        let error = error.and_then(|()| netlink.set_link(4711, LinkSettings::default())).unwrap_err();
        assert_eq!(error.errno(), Some(libc::ENODEV), "{error}");
    });
}

#[test]
fn the_masquerade_table_is_made_replaced_and_removed() {
    in_namespace(|| {
        let mut nft = Nft::open().unwrap();
        let masquerade =
            Masquerade { sources: vec![prefix("10.9.0.0", 20), prefix("2001:db8:9::", 56)], inside: "cw0".to_owned() };
        for family in [Family::V4, Family::V6] {
            assert_eq!(nft.state(family).unwrap(), TableState::Absent);
            nft.remove(family).unwrap();
            nft.install(family, &masquerade).unwrap();
            assert_eq!(nft.state(family).unwrap(), TableState::Ours);
        }
        // Another process, after the first was killed.
        let mut successor = Nft::open().unwrap();
        assert_eq!(successor.state(Family::V4).unwrap(), TableState::Ours);
        successor.install(Family::V4, &Masquerade { sources: vec![prefix("10.8.0.0", 16)], ..masquerade }).unwrap();
        successor.remove(Family::V4).unwrap();
        assert_eq!(nft.state(Family::V4).unwrap(), TableState::Absent);
        assert_eq!(nft.state(Family::V6).unwrap(), TableState::Ours);
        nft.remove(Family::V6).unwrap();
        assert_eq!(nft.state(Family::V6).unwrap(), TableState::Absent);
    });
}

#[test]
fn a_shield_is_replaced_and_goes_with_the_connection_that_made_it() {
    in_namespace(|| {
        let rules = || {
            let output = std::process::Command::new("nft").args(["list", "ruleset"]).output();
            output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let mut nft = Nft::open().unwrap();
        let neighbours = vec![Neighbours { network: prefix("192.168.7.0", 24), interface: "wlan0".to_owned() }];
        let shield = Shield {
            device: "tunnel0".to_owned(),
            addresses: vec![ip("10.99.0.2"), ip("2001:db8::2")],
            seal: Some(Seal { unless_mark: 0x6377, neighbours }),
        };
        nft.shield(&shield).unwrap();
        nft.shield(&Shield { addresses: vec![ip("10.99.0.3")], ..shield.clone() }).unwrap();
        let mut other = Nft::open().unwrap();
        other.shield(&Shield { device: "tunnel1".to_owned(), seal: None, ..shield.clone() }).unwrap();
        // Tables that belong to another connection stay.
        other.remove_shields().unwrap();
        if let Some(rules) = rules() {
            assert!(rules.contains("ip daddr 10.99.0.3 iifname != \"tunnel0\" iifname != \"lo\" drop"), "{rules}");
            assert!(rules.contains("ip daddr 192.168.7.0/24 oifname \"wlan0\" accept"), "{rules}");
            assert!(rules.contains("meta mark 0x00006377 accept"), "{rules}");
            assert!(!rules.contains("10.99.0.2") && !rules.contains("tunnel1"), "{rules}");
        } else {
            println!("skipped: what the rules say needs nft(8)");
        }
        assert!(matches!(
            nft.shield(&Shield { device: "a-name-that-is-too-long".to_owned(), ..shield }),
            Err(NftError::BadInterface)
        ));
        drop(nft);
        assert!(rules().is_none_or(|rules| !rules.contains("tunnel0")));
    });
}

#[test]
fn a_refused_table_leaves_nothing_behind() {
    in_namespace(|| {
        let mut nft = Nft::open().unwrap();
        let masquerade = Masquerade { sources: vec![], inside: "a-name-that-is-too-long".to_owned() };
        assert!(matches!(nft.install(Family::V4, &masquerade), Err(NftError::BadInterface)));
        assert_eq!(nft.state(Family::V4).unwrap(), TableState::Absent);
        assert_eq!(nft.forward_bans().unwrap(), []);
    });
}

#[test]
fn switches_are_put_back_even_by_a_successor() {
    in_namespace(|| {
        let path = std::env::temp_dir().join(format!("causeway-journal-{}", std::process::id()));
        let read = |key: &str| std::fs::read_to_string(format!("/proc/sys/net/{key}")).unwrap().trim().to_owned();
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
        std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "0").unwrap();
        std::fs::write("/proc/sys/net/ipv6/conf/default/accept_ra", "1").unwrap();

        let mut journal = Journal::open(&path).unwrap();
        journal.enable_ipv4_forwarding().unwrap();
        journal.enable_ipv6_forwarding().unwrap();
        assert_eq!((read("ipv4/ip_forward"), read("ipv6/conf/all/forwarding")), ("1".into(), "1".into()));
        assert_eq!(read("ipv6/conf/default/accept_ra"), "2");
        drop(journal);

        let mut successor = Journal::open(&path).unwrap();
        assert_eq!(successor.entries().len(), 3);
        // Doing it again must not record our own setting as the original one.
        successor.enable_ipv4_forwarding().unwrap();
        // The administrator steps in.
        std::fs::write("/proc/sys/net/ipv6/conf/default/accept_ra", "0").unwrap();
        successor.restore().unwrap();
        assert_eq!((read("ipv4/ip_forward"), read("ipv6/conf/all/forwarding")), ("0".into(), "0".into()));
        assert_eq!(read("ipv6/conf/default/accept_ra"), "0");
        assert!(!path.exists());
        assert!(Journal::open(&path).unwrap().entries().is_empty());
    });
}
