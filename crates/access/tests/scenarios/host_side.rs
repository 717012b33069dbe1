//! What reaches the host of a client: nothing before the user is logged on and an address is agreed, nothing from anybody else,
//! nothing after the end.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use access::datapath::Dropped;
use sim::{Network, Packet};
use wire::l2tp::DataLayout;
use wire::ppp::{Code, Protocol, full_frame};

use crate::foreign::{FOREIGN, Foreign, LEASE, Layer, foreign};
use crate::packets::echo;
use crate::world::{OFFICE, PATIENCE, World, public};

/// A frame with a packet for the client as it will be, or is.
fn data() -> Vec<u8> {
    full_frame(Protocol::IPV4, &echo(LEASE.server, LEASE.client, "too early"))
}

#[track_caller]
fn assert_nothing_came(world: &World) {
    assert!(world.clients[0].tun.is_empty(), "{:02x?}", world.clients[0].tun);
}

/// Lets the server say `frame`, and sees that it was dropped for this reason.
#[track_caller]
fn assert_dropped(world: &mut World, server: &mut Foreign, frame: &[u8], reason: Dropped) {
    let before = world.dialer(0).drops().get(reason);
    server.send_frame(world, frame);
    server.run(world, Duration::from_millis(500), |_| false);
    assert_nothing_came(world);
    assert_eq!(world.dialer(0).drops().get(reason), before + 1, "{reason:?}");
}

#[test]
fn packets_before_every_message_of_ppp_do_not_reach_the_host() {
    let (mut world, mut server) = foreign();
    let early = Rc::new(Cell::new(0));
    let count = early.clone();
    server.alter = Box::new(move |layer, genuine| match layer {
        Layer::Ppp => {
            count.set(count.get() + 2);
            let ipv6 = full_frame(Protocol::IPV6, &[0x60, 0, 0, 0, 0, 0, 59, 64]);
            vec![data(), ipv6, genuine.to_vec()]
        }
        Layer::Ike | Layer::L2tp => vec![genuine.to_vec()],
    });
    world.dial(0);
    assert!(server.run(&mut world, PATIENCE, |world| world.is_up(0)), "{:?}", world.end_of(0));
    assert_nothing_came(&world);
    assert!(early.get() >= 10);
    assert_eq!(world.dialer(0).drops().get(Dropped::NotUp), early.get());
    server.alter = Box::new(|_, genuine| vec![genuine.to_vec()]);
    server.ping(&mut world);
}

#[test]
fn a_server_that_skips_the_log_on_cannot_reach_the_host() {
    // It goes from LCP to IPCP, as if the user had been accepted.
    let (mut world, mut server) = foreign();
    server.alter = Box::new(|layer, genuine| match wire::ppp::frame(genuine) {
        Ok((Protocol::CHAP, _)) if layer == Layer::Ppp => {
            let request = wire::ppp::Packet { code: 1, id: 1, data: &[3, 6, 10, 88, 0, 1] }.encode();
            let answer = wire::ppp::Packet { code: 2, id: 1, data: &[3, 6, 10, 88, 0, 2] }.encode();
            vec![full_frame(Protocol::IPCP, &request), full_frame(Protocol::IPCP, &answer), data()]
        }
        _ => vec![genuine.to_vec()],
    });
    let stage = server.refuse(&mut world).stage;
    assert_eq!(stage, access::Stage::PppAuthentication);
    assert_nothing_came(&world);
}

#[test]
fn packets_of_another_session_or_tunnel_do_not_reach_the_host() {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let (link, _) = server.call.unwrap();
    let right = server.data.link(link).unwrap().layout;
    for layout in [
        DataLayout { session: right.session.wrapping_add(1), ..right },
        DataLayout { tunnel: right.tunnel.wrapping_add(1), ..right },
        DataLayout { session: 0, ..right },
    ] {
        let mut message = [0; 12];
        let frame = data();
        let len = layout.write(&mut message, frame.len(), 0).unwrap();
        server.send_control(&mut world, &[&message[..len], &frame].concat());
    }
    server.run(&mut world, Duration::from_secs(1), |_| false);
    assert_nothing_came(&world);
    assert_eq!(world.dialer(0).drops().get(Dropped::UnknownCall), 3);
    server.ping(&mut world);
}

#[test]
fn packets_that_are_not_for_the_assigned_address_do_not_reach_the_host() {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    for other in [Ipv4Addr::new(10, 88, 0, 3), Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(192, 168, 1, 1)] {
        let frame = full_frame(Protocol::IPV4, &echo(OFFICE, other, "for another"));
        assert_dropped(&mut world, &mut server, &frame, Dropped::Destination);
    }
    // And what is no packet at all.
    assert_dropped(&mut world, &mut server, &full_frame(Protocol::IPV4, &[0x45, 0, 0]), Dropped::Ip);
    let ipv6 = full_frame(Protocol::IPV6, &[0x60, 0, 0, 0, 0, 0, 59, 64]);
    assert_dropped(&mut world, &mut server, &ipv6, Dropped::NotUp);
}

#[test]
fn a_link_that_begins_anew_carries_nothing_until_the_user_is_logged_on_again() {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let request = wire::ppp::Packet { code: Code::CONFIGURE_REQUEST.0, id: 200, data: &[5, 6, 1, 2, 3, 4] }.encode();
    server.ppp = None;
    server.send_frame(&mut world, &full_frame(Protocol::LCP, &request));
    server.run(&mut world, Duration::from_millis(200), |_| false);
    assert_dropped(&mut world, &mut server, &data(), Dropped::NotUp);
}

#[test]
fn strangers_who_send_what_a_server_sends_do_not_reach_the_host() {
    let (mut world, mut server) = foreign();
    server.connect(&mut world);
    let stranger = world.add_stranger(Network::INTERNET, public(66));
    let client = public(10);
    let (link, _) = server.call.unwrap();
    let layout = server.data.link(link).unwrap().layout;
    let mut message = [0; 12];
    let frame = data();
    let len = layout.write(&mut message, frame.len(), 0).unwrap();
    let clear = [&message[..len], &frame].concat();
    for source in [public(66), FOREIGN] {
        for port in [500, 4500, 1701] {
            let (src, dst) = (SocketAddr::new(source, port), SocketAddr::new(client, port));
            world.net.send(world.now, stranger, Packet::udp(src, dst, &clear));
        }
        // What a server would send, with whatever SPI comes first, and not sealed.
        let esp = [&[0x10, 0, 0, 1, 0, 0, 0, 9][..], &clear].concat();
        world.net.send(world.now, stranger, Packet::esp(source, client, &esp));
    }
    server.run(&mut world, Duration::from_secs(1), |_| false);
    assert_nothing_came(&world);
    server.ping(&mut world);
}

#[test]
fn nothing_reaches_the_host_after_a_hang_up_at_either_end() {
    for by_server in [false, true] {
        let (mut world, mut server) = foreign();
        server.connect(&mut world);
        if by_server {
            let request = wire::ppp::Packet { code: Code::TERMINATE_REQUEST.0, id: 9, data: &[] }.encode();
            server.send_frame(&mut world, &full_frame(Protocol::LCP, &request));
        } else {
            world.at_client(0, |dialer, now, rng, out| dialer.hang_up(now, rng, out));
        }
        for _ in 0..50 {
            server.send_frame(&mut world, &data());
            let sent = world.clients[0].tun.len();
            server.run(&mut world, Duration::from_millis(100), |_| false);
            assert_eq!(world.clients[0].tun.len(), sent);
        }
        assert_nothing_came(&world);
        assert!(world.end_of(0).is_some(), "by server: {by_server}");
    }
}
