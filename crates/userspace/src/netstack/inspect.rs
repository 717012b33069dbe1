//! What a packet from the tunnel is about, before the stack takes it.

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use wire::ip::{Checksum, IpView, protocol};
use wire::{Layer, Malformed, Reader};

use crate::failure::Unreachable;

/// ICMP "destination unreachable" (RFC 792).
const DESTINATION_UNREACHABLE: u8 = 3;

/// Its code for a packet that was too large, which concerns the sending of data and no connection request.
const FRAGMENTATION_NEEDED: u8 = 4;

/// What a packet is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A TCP segment for this port of ours.
    Tcp { port: u16 },
    /// A UDP datagram.
    Udp,
    /// A router or host could not deliver a packet of ours.
    Undeliverable { code: Unreachable, what: Quoted },
    /// Other ICMP.
    Icmp,
    /// Something else, or a fragment, which may complete anything.
    Other,
}

/// A packet of ours, as an error message quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    /// A TCP segment.
    Tcp { from: SocketAddrV4, to: SocketAddrV4 },
    /// A UDP datagram.
    Udp { from: SocketAddrV4, to: SocketAddrV4 },
    /// An echo request.
    Echo { from: Ipv4Addr, identifier: u16, sequence: u16 },
}

/// Looks at an IPv4 packet. What it says of checksums and lengths is for the stack to judge.
pub(super) fn subject(packet: &[u8]) -> Result<Subject, Malformed> {
    let view = IpView::parse(packet)?;
    if view.fragment || view.source.is_ipv6() {
        return Ok(Subject::Other);
    }
    let payload = packet.get(view.header_len..view.total_len).unwrap_or_default();
    let mut reader = Reader::new(Layer::Ip, payload);
    match view.protocol {
        protocol::TCP => {
            reader.u16("source port")?;
            Ok(Subject::Tcp { port: reader.u16("destination port")? })
        }
        protocol::UDP => Ok(Subject::Udp),
        protocol::ICMP => {
            let kind = reader.u8("ICMP type")?;
            let code = reader.u8("ICMP code")?;
            if kind != DESTINATION_UNREACHABLE || code == FRAGMENTATION_NEEDED {
                return Ok(Subject::Icmp);
            }
            reader.bytes("checksum and unused", 6)?;
            let valid = Checksum::default().over(payload).is_valid();
            let quoted = quoted(&mut reader)?.filter(|_| valid);
            Ok(quoted.map_or(Subject::Icmp, |what| Subject::Undeliverable { code: Unreachable(code), what }))
        }
        _ => Ok(Subject::Other),
    }
}

/// Reads the quoted packet, of which little more than the header need be there (RFC 792: 64 bits).
fn quoted(reader: &mut Reader<'_>) -> Result<Option<Quoted>, Malformed> {
    let version_and_length = reader.u8("quoted header length")?;
    reader.bytes("quoted header", 5)?;
    let fragment = reader.u16("quoted fragment offset")? & 0x1fff;
    reader.u8("quoted time to live")?;
    let carried = reader.u8("quoted protocol")?;
    reader.u16("quoted checksum")?;
    let from = Ipv4Addr::from(reader.u32("quoted source")?);
    let to = Ipv4Addr::from(reader.u32("quoted destination")?);
    let options = (usize::from(version_and_length & 0x0f) * 4).saturating_sub(20);
    if version_and_length >> 4 != 4 || fragment != 0 {
        return Ok(None);
    }
    reader.split("quoted options", options)?;
    let first = reader.u16("quoted source port")?;
    let second = reader.u16("quoted destination port")?;
    let ends = (SocketAddrV4::new(from, first), SocketAddrV4::new(to, second));
    Ok(match carried {
        protocol::TCP => Some(Quoted::Tcp { from: ends.0, to: ends.1 }),
        protocol::UDP => Some(Quoted::Udp { from: ends.0, to: ends.1 }),
        protocol::ICMP => {
            let identifier = reader.u16("quoted identifier")?;
            Some(Quoted::Echo { from, identifier, sequence: reader.u16("quoted sequence number")? })
        }
        _ => None,
    })
}

/// Whether a connection can be made to `address` at all.
pub(super) fn is_connectable(address: SocketAddrV4) -> bool {
    let ip = *address.ip();
    address.port() != 0 && !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || ip.is_broadcast())
}

/// The IPv4 address in `address`, if it is one.
pub(super) fn ipv4(address: smoltcp::wire::IpAddress) -> Option<Ipv4Addr> {
    match IpAddr::from(address) {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// "Host unreachable" from 10.0.0.1 to 10.0.0.2, quoting the first 8 octets of a segment to 10.9.9.9:80 from port 50000.
    const UNREACHABLE: &[u8] = &[
        0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0x66, 0xc3, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
        3, 1, 0x1f, 0x53, 0, 0, 0, 0, // ICMP
        0x45, 0, 0, 44, 0, 1, 0, 0, 63, 6, 0x5d, 0xb9, 10, 0, 0, 2, 10, 9, 9,
        9, // quoted IPv4, longer than what is quoted
        0xc3, 0x50, 0, 80, 1, 2, 3, 4, // quoted TCP
    ];

    #[test]
    fn an_error_names_the_segment_that_was_not_delivered() {
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 50000);
        let to = SocketAddrV4::new(Ipv4Addr::new(10, 9, 9, 9), 80);
        let what = Quoted::Tcp { from, to };
        let mut packet = UNREACHABLE.to_vec();
        let right = Checksum::default().over(&packet[20..22]).over(&packet[24..]).finish();
        packet[22..24].copy_from_slice(&right.to_be_bytes());
        assert_eq!(subject(&packet), Ok(Subject::Undeliverable { code: Unreachable::HOST, what }));
        packet[30] ^= 1;
        assert_eq!(subject(&packet), Ok(Subject::Icmp));
    }

    #[test]
    fn a_report_of_a_packet_too_large_ends_nothing() {
        let mut packet = UNREACHABLE.to_vec();
        packet[21] = FRAGMENTATION_NEEDED;
        assert_eq!(subject(&packet), Ok(Subject::Icmp));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(data in proptest::collection::vec(any::<u8>(), 0..100), at in 0..UNREACHABLE.len(), octet: u8) {
            let _ = subject(&data);
            let mut packet = UNREACHABLE.to_vec();
            packet[at] = octet;
            let _ = subject(&packet);
        }
    }
}
