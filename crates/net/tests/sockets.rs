//! UDP and ESP sockets against the kernel's loopback.

#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use common::{in_namespace, until_some, wait_readable};
use net::batch::{DropCause, RecvBatch};
use net::host::{Capability, Need, Reason};
use net::netlink::{LinkSettings, Netlink};
use net::raw::{EspSocket, Family, RawError};
use net::udp::{IcmpKind, PathMtu, SegmentOffload, UdpOptions, UdpSocket};

const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// One datagram or train as it was received.
#[derive(Debug, PartialEq)]
struct Got {
    data: Vec<u8>,
    segment: usize,
    src: SocketAddr,
    dst: IpAddr,
}

fn bind(address: &str, options: UdpOptions) -> UdpSocket {
    UdpSocket::bind(address.parse().unwrap(), &options).unwrap()
}

/// Receives until `octets` octets of payload have come.
fn receive(socket: &UdpSocket, octets: usize) -> Vec<Got> {
    let mut batch = RecvBatch::new(32);
    let mut got: Vec<Got> = Vec::new();
    while got.iter().map(|got| got.data.len()).sum::<usize>() < octets {
        wait_readable(socket);
        socket
            .recv_batch(&mut batch, |received| {
                got.push(Got {
                    data: received.data.to_vec(),
                    segment: received.segment,
                    src: received.src,
                    dst: received.dst,
                });
            })
            .unwrap();
    }
    got
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index % 251) as u8).collect()
}

#[test]
fn a_train_crosses_loopback_whole() {
    in_namespace(|| {
        let receiver = bind("127.0.0.1:0", UdpOptions::default());
        let sender = bind("127.0.0.1:0", UdpOptions { gso: SegmentOffload::On, ..UdpOptions::default() });
        let data = pattern(40 * 1200 + 100);
        sender.send_segments(ANY, receiver.local_addr(), &data, 1200).unwrap();
        let got = receive(&receiver, data.len());
        assert_eq!(got.len(), 1, "the kernel should have kept the train together");
        assert_eq!((got[0].segment, got[0].src), (1200, sender.local_addr()));
        assert_eq!(got[0].data, data);
    });
}

#[test]
fn more_than_one_train_arrives_complete_and_in_order() {
    in_namespace(|| {
        for gso in [SegmentOffload::On, SegmentOffload::ShorterTail, SegmentOffload::Off] {
            let receiver = bind("127.0.0.1:0", UdpOptions::default());
            let sender = bind("127.0.0.1:0", UdpOptions { gso, ..UdpOptions::default() });
            let data = pattern(200 * 1000 + 1);
            sender.send_segments(ANY, receiver.local_addr(), &data, 1000).unwrap();
            let got = receive(&receiver, data.len());
            assert!(got.iter().all(|got| got.segment == 1000.min(got.data.len())));
            assert_eq!(got.into_iter().flat_map(|got| got.data).collect::<Vec<_>>(), data, "{gso:?}");
        }
    });
}

#[test]
fn a_receiver_without_merging_gets_the_segments_singly() {
    in_namespace(|| {
        let receiver = bind("127.0.0.1:0", UdpOptions { gro: false, ..UdpOptions::default() });
        let sender = bind("127.0.0.1:0", UdpOptions::default());
        let data = pattern(10 * 1200 + 100);
        sender.send_segments(ANY, receiver.local_addr(), &data, 1200).unwrap();
        let got = receive(&receiver, data.len());
        assert_eq!(got.iter().map(|got| got.data.len()).collect::<Vec<_>>(), [[1200; 10].as_slice(), &[100]].concat());
        assert!(got.iter().all(|got| got.segment == got.data.len()));
    });
}

#[test]
fn an_answer_leaves_from_the_address_that_was_asked() {
    in_namespace(|| {
        let server = bind("0.0.0.0:0", UdpOptions::default());
        let client = bind("127.0.0.1:0", UdpOptions::default());
        let asked = SocketAddr::new("127.0.0.77".parse().unwrap(), server.local_addr().port());
        client.send(ANY, asked, b"question").unwrap();
        let question = receive(&server, 8).remove(0);
        assert_eq!(question.dst, asked.ip());
        server.send(question.dst, question.src, b"answer").unwrap();
        assert_eq!(receive(&client, 6)[0].src, asked);
    });
}

#[test]
fn ipv6_has_the_same_trains_and_addresses() {
    in_namespace(|| {
        let server = bind("[::]:0", UdpOptions::default());
        let client = bind("[::1]:0", UdpOptions { gso: SegmentOffload::On, ..UdpOptions::default() });
        let data = pattern(20 * 1300);
        let asked = SocketAddr::new("::1".parse().unwrap(), server.local_addr().port());
        client.send_segments("::1".parse().unwrap(), asked, &data, 1300).unwrap();
        let got = receive(&server, data.len());
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].segment, got[0].dst), (1300, asked.ip()));
        assert_eq!(got[0].data, data);
    });
}

#[test]
fn segments_beyond_the_mtu_are_fragmented_instead_of_lost() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        netlink.set_link(1, LinkSettings { mtu: Some(1500), ..LinkSettings::default() }).unwrap();
        let receiver = bind("127.0.0.1:0", UdpOptions::default());
        let sender = bind("127.0.0.1:0", UdpOptions { gso: SegmentOffload::On, ..UdpOptions::default() });
        for _ in 0..2 {
            let data = pattern(5 * 2000);
            sender.send_segments(ANY, receiver.local_addr(), &data, 2000).unwrap();
            let got = receive(&receiver, data.len());
            assert_eq!(got.into_iter().flat_map(|got| got.data).collect::<Vec<_>>(), data);
        }
        // What fits still goes out as a train.
        let data = pattern(5 * 1400);
        sender.send_segments(ANY, receiver.local_addr(), &data, 1400).unwrap();
        assert_eq!(receive(&receiver, data.len()).len(), 1);
    });
}

#[test]
fn a_datagram_too_big_for_a_path_that_may_not_fragment_is_a_typed_drop_with_the_mtu() {
    in_namespace(|| {
        let mut netlink = Netlink::open().unwrap();
        netlink.set_link(1, LinkSettings { mtu: Some(1500), ..LinkSettings::default() }).unwrap();
        let options = UdpOptions { path_mtu: PathMtu::Discover, icmp_errors: true, ..UdpOptions::default() };
        let sender = bind("127.0.0.1:0", options);
        let dst: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let dropped = sender.send(ANY, dst, &pattern(2000)).unwrap_err();
        assert_eq!((dropped.packets, dropped.cause), (1, DropCause::TooBig));
        let error = sender.poll_error().unwrap();
        assert_eq!((error.dst.ip(), error.kind, error.mtu), (dst.ip(), IcmpKind::TooBig, Some(1500)));
    });
}

#[test]
fn a_closed_port_is_reported_and_does_not_disturb_other_traffic() {
    in_namespace(|| {
        let receiver = bind("127.0.0.1:0", UdpOptions::default());
        let sender = bind("127.0.0.1:0", UdpOptions { icmp_errors: true, ..UdpOptions::default() });
        let closed = "127.0.0.3:9".parse().unwrap();
        sender.send(ANY, closed, b"anybody?").unwrap();
        // The error is pending on the socket now, and would fail an innocent send or receive.
        sender.send(ANY, receiver.local_addr(), b"hello").unwrap();
        assert_eq!(receive(&receiver, 5).len(), 1);
        assert_eq!(sender.recv_batch(&mut RecvBatch::new(4), |_| {}).unwrap(), 0);
        let error = until_some(|| sender.poll_error());
        assert_eq!((error.dst, error.kind), (closed, IcmpKind::PortUnreachable));
        assert_eq!(error.reporter, Some(closed.ip()));
        assert_eq!(sender.poll_error(), None);
    });
}

#[test]
fn what_the_host_cannot_send_is_a_typed_drop() {
    in_namespace(|| {
        let sender = bind("0.0.0.0:0", UdpOptions::default());
        let nowhere = "192.0.2.1:4500".parse().unwrap();
        let dropped = sender.send_segments(ANY, nowhere, &pattern(3000), 1000).unwrap_err();
        assert_eq!((dropped.packets, dropped.cause), (3, DropCause::Unreachable));
        let here = "127.0.0.1:4500".parse().unwrap();
        let sender6 = bind("[::]:0", UdpOptions::default());
        let gone = "2001:db8::1".parse().unwrap();
        let dropped = sender6.send_segments(gone, "[::1]:4500".parse().unwrap(), &pattern(3000), 1000).unwrap_err();
        assert_eq!((dropped.packets, dropped.cause), (3, DropCause::SourceGone));
        let dropped = sender.send(ANY, here, &pattern(65_530)).unwrap_err();
        assert_eq!((dropped.packets, dropped.cause), (1, DropCause::TooBig));
    });
}

#[test]
fn sockets_share_a_port_and_a_peer_stays_with_one() {
    in_namespace(|| {
        let options = UdpOptions { reuse_port: true, ..UdpOptions::default() };
        let first = bind("127.0.0.1:4500", options);
        let second = bind("127.0.0.1:4500", options);
        let mut served = [0, 0];
        for _ in 0..32 {
            let client = bind("127.0.0.1:0", UdpOptions::default());
            for _ in 0..3 {
                client.send(ANY, first.local_addr(), b"x").unwrap();
            }
            let mut counts = [0, 0];
            until_some(|| {
                for (count, socket) in counts.iter_mut().zip([&first, &second]) {
                    *count += socket.recv_batch(&mut RecvBatch::new(8), |_| {}).unwrap();
                }
                (counts.iter().sum::<usize>() >= 3).then_some(())
            });
            assert!(counts == [3, 0] || counts == [0, 3], "{counts:?}");
            served[usize::from(counts[0] == 0)] += 1;
        }
        assert!(served[0] > 0 && served[1] > 0, "{served:?}");
    });
}

#[test]
fn the_buffers_exceed_what_an_ordinary_process_gets() {
    in_namespace(|| {
        let (receive, send) = bind("127.0.0.1:0", UdpOptions::default()).buffers().unwrap();
        assert!(receive >= 8 << 20 && send >= 8 << 20, "{receive} {send}");
    });
}

#[test]
fn esp_packets_cross_without_their_ip_header() {
    in_namespace(|| {
        let here: [(Family, IpAddr, IpAddr); 2] = [
            (Family::V4, "127.0.0.1".parse().unwrap(), "127.0.0.9".parse().unwrap()),
            (Family::V6, "::1".parse().unwrap(), "::1".parse().unwrap()),
        ];
        for (family, src, dst) in here {
            let socket = EspSocket::open(family, 1 << 20).unwrap();
            let data = pattern(100 * 200 + 40);
            socket.send_segments(src, dst, &data, 200).unwrap();
            let mut batch = RecvBatch::new(64);
            let mut got = Vec::new();
            while got.len() < data.len() {
                wait_readable(&socket);
                socket
                    .recv_batch(&mut batch, |received| {
                        assert_eq!((received.src.ip(), received.dst), (src, dst));
                        assert_eq!(received.segment, received.data.len());
                        got.extend_from_slice(received.data);
                    })
                    .unwrap();
            }
            assert_eq!(got, data);
        }
    });
}

#[test]
fn a_process_without_the_capability_is_told_so() {
    in_namespace(|| {
        // Capabilities belong to the thread: the raw system call changes the user of this one alone.
        // SAFETY: no memory is passed.
        assert_eq!(unsafe { libc::syscall(libc::SYS_setresuid, 65534, 65534, 65534) }, 0);
        let raw = EspSocket::open(Family::V4, 1 << 16);
        let need = Need::RawSockets.check();
        assert!(matches!(raw, Err(RawError::NotPermitted)), "{raw:?}");
        assert_eq!(need.unwrap_err().why, Reason::NoCapability(Capability::NetRaw));
    });
}
