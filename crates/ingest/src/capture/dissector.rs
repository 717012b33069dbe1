//! From a packet of the capture to the parts that follow its protocol.

use std::net::{IpAddr, SocketAddr};

use observe::{Time, Trouble, network};
use wire::esp::Encapsulated;
use wire::ip::{UDP_HEADER_LEN, protocol};

use super::file::Packet;
use super::icmp::Errors;
use super::ip::{self, Fragments, Ip};
use super::link::{self, Frame, Stations};
use super::note::{Ends, Note, party};
use super::ppp::Links;
use super::{esp, ike, inner, l2tp, names, pptp, radius};
use crate::{Settings, Sink};

/// Packets within packets that are opened.
const DEEPEST: u8 = 4;

/// Incomplete datagrams that are told; more say no more.
const MOST_LOST: u32 = 64;

const GRE: u8 = 47;
const AH: u8 = 51;

/// Everything that is followed through a capture.
pub(super) struct Dissector {
    ends: Ends,
    fragments: Fragments,
    ike: ike::Tracker,
    esp: esp::Tracker,
    l2tp: l2tp::Tracker,
    pptp: pptp::Tracker,
    links: Links,
    radius: radius::Tracker,
    inner: inner::Tracker,
    names: names::Tracker,
    errors: Errors,
    first: Option<Time>,
    last: Option<Time>,
    packets: u64,
    cut: u64,
    lost: u32,
}

/// Where a packet was found.
#[derive(Clone, Copy)]
struct Found {
    frame: u64,
    depth: u8,
    stations: Stations,
    /// Inside IPsec or PPP.
    inside: bool,
}

impl Dissector {
    pub(super) fn new(settings: &Settings) -> Dissector {
        Dissector {
            ends: Ends::default(),
            fragments: Fragments::default(),
            ike: ike::Tracker::new(&settings.keys),
            esp: esp::Tracker::new(&settings.keys),
            l2tp: l2tp::Tracker::default(),
            pptp: pptp::Tracker::default(),
            links: Links::default(),
            radius: radius::Tracker::default(),
            inner: inner::Tracker::default(),
            names: names::Tracker::default(),
            errors: Errors::default(),
            first: None,
            last: None,
            packets: 0,
            cut: 0,
            lost: 0,
        }
    }

    /// Takes the next packet of the capture.
    pub(super) fn packet(&mut self, packet: &Packet<'_>, sink: &mut Sink<'_>) {
        self.packets += 1;
        self.cut += u64::from(packet.data.len() < packet.original);
        self.first = self.first.or(packet.at);
        self.last = self.last.max(packet.at);
        if !link::is_known(packet.link) {
            sink.trouble(Trouble::LinkType { number: packet.link });
            return;
        }
        let mut note = Note::frame(sink, packet.at, packet.frame);
        match link::frame(packet.link, packet.data) {
            Frame::Ip(data, stations) => {
                let found = Found { frame: packet.frame, depth: 0, stations, inside: false };
                self.ip(&mut note, data, found);
            }
            Frame::Ppp([0xff, 0x03, 0x00, 0x21 | 0x57, data @ ..] | [0x00, 0x21 | 0x57, data @ ..], _) => {
                let found = Found { frame: packet.frame, depth: 0, stations: Stations::default(), inside: true };
                self.ip(&mut note, data, found);
            }
            Frame::Ppp(..) | Frame::Other => {}
        }
    }

    fn ip(&mut self, note: &mut Note<'_, '_>, data: &[u8], found: Found) {
        let Some(mut packet) = ip::parse(data) else { return };
        packet.destination = self.ends.known_as(packet.destination);
        if let Some(fragment) = packet.fragment {
            let whole = self.fragments.add(&packet, fragment, note.now());
            self.incomplete(note, note.at);
            if let Some(whole) = whole {
                let total = packet.total - packet.payload.len() + whole.len();
                self.protocol(note, &Ip { payload: &whole, fragment: None, total, cut: false, ..packet }, found);
            }
            return;
        }
        self.protocol(note, &packet, found);
    }

    fn protocol(&mut self, note: &mut Note<'_, '_>, packet: &Ip<'_>, found: Found) {
        let (source, destination) = (packet.source, packet.destination);
        match packet.protocol {
            protocol::ESP => {
                let octets = packet.total - self.header_len(packet);
                let (source, destination) = (SocketAddr::new(source, 0), SocketAddr::new(destination, 0));
                self.esp(note, source, destination, packet.payload, octets, found);
            }
            protocol::UDP => self.udp(note, packet, found),
            protocol::TCP => self.tcp(note, packet, found),
            protocol::ICMP | protocol::ICMPV6 => {
                let error = self.errors.message(note, &self.ends, &mut self.inner, packet);
                if !error {
                    self.inner.echo(note, packet, found.stations);
                }
            }
            GRE => self.gre(note, packet, found),
            4 | 41 if found.depth < DEEPEST => {
                self.ip(
                    note,
                    packet.payload,
                    Found { depth: found.depth + 1, stations: Stations::default(), inside: true, ..found },
                );
            }
            AH => self.authenticated(note, packet, found),
            _ => {}
        }
    }

    /// Octets of the headers before the payload, as far as they were captured.
    fn header_len(&self, packet: &Ip<'_>) -> usize {
        match packet.source {
            IpAddr::V4(_) => packet.total.min(20),
            IpAddr::V6(_) => packet.total.min(40),
        }
    }

    /// What an authentication header protects in clear (RFC 4302 §2).
    fn authenticated(&mut self, note: &mut Note<'_, '_>, packet: &Ip<'_>, found: Found) {
        if let [next, length, ..] = *packet.payload
            && found.depth < DEEPEST
            && let Some(payload) = packet.payload.get((usize::from(length) + 2) * 4..)
        {
            let found = Found { depth: found.depth + 1, ..found };
            self.protocol(note, &Ip { protocol: next, payload, ..*packet }, found);
        }
    }

    fn udp(&mut self, note: &mut Note<'_, '_>, packet: &Ip<'_>, found: Found) {
        let Some((header, rest)) = packet.payload.split_first_chunk::<UDP_HEADER_LEN>() else { return };
        let [a, b, c, d, e, f, _, _] = *header;
        let source = SocketAddr::new(packet.source, u16::from_be_bytes([a, b]));
        let destination = SocketAddr::new(packet.destination, u16::from_be_bytes([c, d]));
        let length = usize::from(u16::from_be_bytes([e, f]));
        let stated = length.saturating_sub(UDP_HEADER_LEN);
        let payload = rest.get(..stated).unwrap_or(rest);
        let cut = packet.cut && stated > rest.len();
        let either = |port: u16| source.port() == port || destination.port() == port;
        if either(4500) {
            match Encapsulated::classify(payload) {
                Encapsulated::Esp => self.esp(note, source, destination, payload, stated, found),
                Encapsulated::Ike { offset } => {
                    let message = payload.get(offset..).unwrap_or_default();
                    let datagram = ike::Datagram { source, destination, message, port_4500: true, cut };
                    self.ike.message(note, &mut self.ends, &datagram);
                }
                Encapsulated::Keepalive | Encapsulated::Runt => {}
            }
        } else if either(500) {
            let datagram = ike::Datagram { source, destination, message: payload, port_4500: false, cut };
            self.ike.message(note, &mut self.ends, &datagram);
        } else if either(1701) {
            self.l2tp(note, source, destination, payload, !found.inside, found);
        } else if radius::is_port(destination.port()) || radius::is_port(source.port()) {
            self.radius.datagram(note, source, destination, payload);
        } else if source.port() == 53 {
            self.names.dns(note, source.ip(), destination, payload);
        } else if destination.port() == 53 && found.inside {
            self.names.asked(note, destination.ip());
        } else if matches!(destination.port(), 67 | 68) {
            self.names.dhcp(note, payload, found.inside);
        }
    }

    fn l2tp(
        &mut self,
        note: &mut Note<'_, '_>,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
        clear: bool,
        found: Found,
    ) {
        let packet = self.l2tp.datagram(note, &mut self.ends, &mut self.links, source, destination, payload, clear);
        if let Some((packet, _)) = packet
            && found.depth < DEEPEST
        {
            let found = Found { depth: found.depth + 1, stations: Stations::default(), inside: true, ..found };
            self.ip(note, packet, found);
        }
    }

    fn tcp(&mut self, note: &mut Note<'_, '_>, packet: &Ip<'_>, found: Found) {
        let [a, b, c, d, ..] = *packet.payload else { return };
        let source = SocketAddr::new(packet.source, u16::from_be_bytes([a, b]));
        let destination = SocketAddr::new(packet.destination, u16::from_be_bytes([c, d]));
        if source.port() == wire::pptp::PORT || destination.port() == wire::pptp::PORT {
            self.pptp.segment(note, &mut self.ends, &mut self.links, source, destination, packet.payload);
        } else {
            self.inner.segment(note, packet, source, destination, found.stations);
        }
    }

    fn gre(&mut self, note: &mut Note<'_, '_>, packet: &Ip<'_>, found: Found) {
        let (source, destination) = (packet.source, packet.destination);
        let inner = match packet.payload {
            [_, version, ..] if version & 0x07 == 1 => self
                .pptp
                .gre(note, &mut self.ends, &mut self.links, source, destination, packet.payload)
                .map(|(inner, _)| inner),
            [flags, _, 0x08, 0x00, ..] => {
                // Checksum, key and sequence number are there or not (RFC 2784, RFC 2890).
                let options = [0x80, 0x20, 0x10].iter().filter(|flag| *flags & **flag != 0).count();
                packet.payload.get(4 + 4 * options..)
            }
            _ => None,
        };
        if let Some(inner) = inner
            && found.depth < DEEPEST
        {
            self.ip(
                note,
                inner,
                Found { depth: found.depth + 1, stations: Stations::default(), inside: true, ..found },
            );
        }
    }

    fn esp(
        &mut self,
        note: &mut Note<'_, '_>,
        source: SocketAddr,
        destination: SocketAddr,
        packet: &[u8],
        octets: usize,
        found: Found,
    ) {
        self.ends.spoke(source.ip());
        let packet = esp::Packet { frame: found.frame, source, destination, data: packet, octets };
        let inside = self.esp.packet(note.now(), &packet);
        let esp::Inside::Payload(number, payload) = inside else { return };
        if found.depth >= DEEPEST {
            return;
        }
        let found = Found { depth: found.depth + 1, stations: Stations::default(), inside: true, ..found };
        let payload = payload.to_vec();
        match number {
            4 | 41 => self.ip(note, &payload, found),
            // Transport mode: the ends are those of the packet itself, by whatever addresses they know each other.
            protocol::UDP => {
                if let [a, b, c, d, _, _, _, _, datagram @ ..] = payload.as_slice()
                    && [[*a, *b], [*c, *d]].map(u16::from_be_bytes).contains(&1701)
                {
                    self.l2tp(note, source, destination, datagram, false, found);
                }
            }
            _ => {}
        }
    }

    /// Tells which datagrams of IKE did not come whole.
    fn incomplete(&mut self, note: &mut Note<'_, '_>, now: Option<Time>) {
        if self.fragments.is_empty() {
            return;
        }
        for datagram in self.fragments.incomplete(now) {
            let Some([a, b, c, d, ..]) = datagram.head.as_deref() else { continue };
            let source = SocketAddr::new(datagram.source, u16::from_be_bytes([*a, *b]));
            let destination = SocketAddr::new(datagram.destination, u16::from_be_bytes([*c, *d]));
            let of_tunnel = matches!(source.port(), 500 | 4500) || matches!(destination.port(), 500 | 4500);
            if datagram.protocol != protocol::UDP || !of_tunnel || self.lost >= MOST_LOST {
                continue;
            }
            self.lost += 1;
            let from = self.ends.sender(source, destination);
            let about = self.ends.about(source, destination, from);
            let text = format!("{from}: the fragments of a datagram to port {} did not all come", destination.port());
            let fact = network::Fact::FragmentsLost { from: party(from) };
            note.push_whole(datagram.since, &about, &text, fact);
        }
    }

    /// Tells the sums and the silences.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        if self.packets == 0 {
            sink.trouble(Trouble::NoPackets);
        }
        if self.cut > 0 {
            sink.trouble(Trouble::Snapped { cut: self.cut, packets: self.packets });
        }
        // Also where nothing happens, something is known: that it did not happen.
        sink.source().span = self.first.zip(self.last);
        let mut note = Note::whole(sink, self.last);
        let behind = self.ends.is_empty();
        self.incomplete(&mut note, None);
        self.ike.finish(&mut note);
        self.l2tp.finish(&mut note);
        self.links.finish(&mut note);
        self.pptp.finish(&mut note);
        self.esp.finish(&mut note, &mut self.ends);
        self.radius.finish(&mut note);
        self.inner.finish(&mut note);
        self.names.finish(&mut note, behind);
    }
}
