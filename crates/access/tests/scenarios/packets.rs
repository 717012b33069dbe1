//! IP packets made by hand, and looked at.

use std::net::Ipv4Addr;

use wire::ip::{Checksum, IpView, TcpFlags, TcpView, protocol, pseudo_header};
use wire::virtio::{Gso, VnetHeader};

use crate::world::{OFFICE, World};

/// A valid IPv4 packet.
pub(crate) fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, number: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 1, 0x40, 0, 64, number, 0, 0]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    let checksum = Checksum::default().over(&packet).finish();
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(payload);
    packet
}

/// An ICMP echo with `text`; the data path does not look into it.
pub(crate) fn echo(source: Ipv4Addr, destination: Ipv4Addr, text: &str) -> Vec<u8> {
    ipv4(source, destination, protocol::ICMP, &[&[8, 0, 0, 0, 0, 1, 0, 1], text.as_bytes()].concat())
}

/// `payload` octets of TCP as a kernel with segmentation offload hands them over, to be cut to `size`.
pub(crate) fn large_tcp(source: Ipv4Addr, destination: Ipv4Addr, payload: usize, size: u16) -> (VnetHeader, Vec<u8>) {
    let mut segment = vec![0xc0, 1, 0, 80];
    segment.extend(1_u32.to_be_bytes());
    segment.extend([0, 0, 0, 7, 0x50, TcpFlags::ACK, 0x20, 0]);
    let pseudo = pseudo_header(source.into(), destination.into(), protocol::TCP, 20 + payload);
    segment.extend(pseudo.fold().to_be_bytes());
    segment.extend([0, 0]);
    segment.extend((0..payload).map(|index| (index / 7) as u8));
    let offload = VnetHeader {
        gso: Some(Gso::TcpV4),
        hdr_len: 40,
        gso_size: size,
        csum_start: 20,
        csum_offset: TcpView::CHECKSUM as u16,
        needs_csum: true,
    };
    (offload, ipv4(source, destination, protocol::TCP, &segment))
}

/// The TCP payload of a packet, whatever its size.
pub(crate) fn tcp_payload(packet: &[u8]) -> &[u8] {
    let ip = IpView::parse(packet).expect("an IP packet");
    let tcp = TcpView::parse(&packet[ip.header_len..]).expect("a TCP segment");
    &packet[ip.header_len + tcp.header_len..]
}

impl World {
    /// Sends an echo from a client to the office and one back, and sees both arrive unchanged at the right place.
    #[track_caller]
    pub(crate) fn ping(&mut self, index: usize) {
        assert_eq!(self.lost_pings(index), (false, false), "lost to the server, and lost to client {index}");
    }

    /// Whether an echo to the office is lost, and one from there.
    pub(crate) fn lost_pings(&mut self, index: usize) -> (bool, bool) {
        let address = self.address(index);
        let (there, back) = (echo(address, OFFICE, "there"), echo(OFFICE, address, "back"));
        self.server_tun.clear();
        self.clients.iter_mut().for_each(|client| client.tun.clear());
        self.client_sends(index, VnetHeader::default(), &there);
        self.server_sends(VnetHeader::default(), &back);
        self.run_for(std::time::Duration::from_secs(2));
        for (number, client) in self.clients.iter().enumerate() {
            assert!(number == index || client.tun.is_empty(), "client {number} got what was for client {index}");
        }
        let arrived = |tun: &[(VnetHeader, Vec<u8>)], packet: &Vec<u8>| tun.iter().any(|(_, octets)| octets == packet);
        (!arrived(&self.server_tun, &there), !arrived(&self.clients[index].tun, &back))
    }
}
