//! PPTP: its control connection on TCP 1723, and the sums of its GRE (RFC 2637).

mod stream;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use observe::pptp::Fact;
use observe::{About, Role, Time, network};
use wire::ip::{TcpFlags, TcpView};
use wire::pptp::{GRE_PROTOCOL, Message, MessageType, PORT};

use self::stream::Stream;
use super::lengths::{LOOKED_AT, Lengths};
use super::note::{Ends, Note, party, times};
use super::ppp::{Carrier, Key, Links};

/// Connections and pairs that are followed.
const MOST: usize = 4096;

/// TCP's reset flag.
const RST: u8 = 0x04;

/// All control connections of a capture, and the GRE between their ends.
#[derive(Default)]
pub(super) struct Tracker {
    connections: HashMap<(SocketAddr, SocketAddr), Connection>,
    gre: HashMap<(IpAddr, IpAddr), Gre>,
    begun: usize,
}

struct Connection {
    number: usize,
    about: About,
    syns: u32,
    opened: bool,
    refused: bool,
    requested: bool,
    answered: bool,
    call: bool,
    closed: bool,
    last: Time,
    streams: [Stream; 2],
}

/// GRE between two hosts, by direction from the client and from the server.
#[derive(Default)]
struct Gre {
    number: usize,
    about: About,
    packets: [u64; 2],
    octets: [u64; 2],
    lengths: [Lengths; 2],
    last: Time,
}

impl Tracker {
    /// Takes a TCP segment to or from port 1723.
    pub(super) fn segment(
        &mut self,
        note: &mut Note<'_, '_>,
        ends: &mut Ends,
        links: &mut Links,
        source: SocketAddr,
        destination: SocketAddr,
        segment: &[u8],
    ) {
        let Ok(tcp) = TcpView::parse(segment) else { return };
        let from = if destination.port() == PORT { Role::Client } else { Role::Server };
        let destination = self.translated(ends, &tcp, source, destination, from).unwrap_or(destination);
        let (client, server) = if from == Role::Client { (source, destination) } else { (destination, source) };
        if self.connections.len() >= MOST && !self.connections.contains_key(&(client, server)) {
            return;
        }
        let begun = &mut self.begun;
        let connection = self.connections.entry((client, server)).or_insert_with(|| {
            *begun += 1;
            ends.began(client.ip(), server.ip());
            let name = format!("pptp {}", client.port());
            ends.attempt(SocketAddr::new(client.ip(), 0), SocketAddr::new(server.ip(), 0), &name);
            let about = About { client: Some(client), server: Some(server), attempt: Some(name), ..About::default() };
            Connection::new(*begun, about)
        });
        connection.segment(note, links, &tcp, segment, from);
    }

    /// Where an answer really goes when the capture was made on a NAT: to the client whose SYN it acknowledges.
    fn translated(
        &self,
        ends: &mut Ends,
        tcp: &TcpView,
        source: SocketAddr,
        destination: SocketAddr,
        from: Role,
    ) -> Option<SocketAddr> {
        if from == Role::Client || self.connections.contains_key(&(destination, source)) {
            return None;
        }
        let asked = self.connections.iter().filter(|((_, server), connection)| {
            *server == source && !connection.opened && connection.streams[0].awaits(tcp.acknowledgement)
        });
        let ((client, _), _) = asked.max_by_key(|(_, connection)| connection.number)?;
        ends.alias(destination.ip(), client.ip());
        Some(*client)
    }

    /// Takes a GRE packet of version 1 (RFC 2637 §4.1); the IP packet in it, if it carries one in clear.
    pub(super) fn gre<'p>(
        &mut self,
        note: &mut Note<'_, '_>,
        ends: &mut Ends,
        links: &mut Links,
        source: IpAddr,
        destination: IpAddr,
        packet: &'p [u8],
    ) -> Option<(&'p [u8], Role)> {
        let [flags, more, high, low, a, b, _, _, rest @ ..] = packet else { return None };
        if more & 0x07 != 1 || u16::from_be_bytes([*high, *low]) != GRE_PROTOCOL {
            return None;
        }
        let (source, destination) = (SocketAddr::new(source, 0), SocketAddr::new(destination, 0));
        let from = ends.sender(source, destination);
        let (client, server) = if from == Role::Client { (source, destination) } else { (destination, source) };
        if self.gre.len() >= MOST && !self.gre.contains_key(&(client.ip(), server.ip())) {
            return None;
        }
        let begun = &mut self.begun;
        let gre = self.gre.entry((client.ip(), server.ip())).or_insert_with(|| {
            *begun += 1;
            Gre { number: *begun, about: ends.about(source, destination, from), ..Gre::default() }
        });
        gre.packets[usize::from(from == Role::Server)] += 1;
        gre.octets[usize::from(from == Role::Server)] += packet.len() as u64;
        gre.last = note.now();
        let sequence = if flags & 0x10 != 0 { 4 } else { 0 };
        let acknowledgement = if more & 0x80 != 0 { 4 } else { 0 };
        let length = usize::from(u16::from_be_bytes([*a, *b]));
        if sequence == 0 || length == 0 {
            return None;
        }
        let (mine, other) = if from == Role::Client { (0, 1) } else { (1, 0) };
        if gre.packets[mine] <= LOOKED_AT {
            let octets = u32::try_from(length).unwrap_or(u32::MAX);
            gre.lengths[mine].sent(note.now(), octets);
            gre.lengths[other].came(note.now(), octets);
        }
        let frame = rest.get(sequence + acknowledgement..)?;
        let frame = frame.get(..length).unwrap_or(frame);
        // Bulk data: compressed or encrypted frames are only counted.
        if matches!(frame, [0xff, 0x03, 0x00, 0xfd, ..] | [0x00, 0xfd, ..] | [0xfd, ..]) {
            return None;
        }
        let key = Key { carrier: Carrier::Gre, client, server };
        let about = ends.about(source, destination, from);
        links.frame(note, key, &about, from, frame).map(|packet| (packet, from))
    }

    /// Tells the sums and the silences.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>) {
        let end = note.now();
        let mut connections: Vec<_> = std::mem::take(&mut self.connections).into_values().collect();
        connections.sort_by_key(|connection| connection.number);
        let mut sums: Vec<_> = std::mem::take(&mut self.gre).into_iter().collect();
        sums.sort_by_key(|(_, gre)| gre.number);
        for connection in &connections {
            connection.finish(note, end);
            let (Some(client), Some(server)) = (connection.about.client, connection.about.server) else { continue };
            let gre = sums.iter().find(|((of, to), _)| (*of, *to) == (client.ip(), server.ip()));
            let packets = gre.map_or([0, 0], |(_, gre)| gre.packets);
            for (index, at) in [Role::Server, Role::Client].into_iter().enumerate() {
                if connection.call && packets[index] == 0 {
                    let text = format!("the call is up, and no GRE from the {} passed", at.other());
                    note.push_whole(connection.last, &connection.about, &text, Fact::NoGre { at: party(at) });
                }
            }
        }
        for (_, gre) in &sums {
            for (index, from) in [Role::Client, Role::Server].into_iter().enumerate() {
                let (packets, octets) = (gre.packets[index], gre.octets[index]);
                if packets > 0 {
                    let text = format!("{from}: {packets} packets of GRE, {octets} octets");
                    let fact = Fact::Gre { from: party(from), packets, octets };
                    note.push_whole(gre.last, &gre.about, &text, fact);
                }
                if let Some((passed, vanished)) = gre.lengths[index].vanished() {
                    let text = format!(
                        "{from}: packets of GRE with {vanished} octets and more are never answered, those with {passed} are"
                    );
                    note.push_whole(gre.last, &gre.about, &text, network::Fact::LargeVanish { passed, vanished });
                }
            }
        }
    }
}

impl Connection {
    fn new(number: usize, about: About) -> Connection {
        Connection {
            number,
            about,
            syns: 0,
            opened: false,
            refused: false,
            requested: false,
            answered: false,
            call: false,
            closed: false,
            last: Time(0),
            streams: Default::default(),
        }
    }

    fn segment(&mut self, note: &mut Note<'_, '_>, links: &mut Links, tcp: &TcpView, segment: &[u8], from: Role) {
        self.last = note.now();
        let flags = tcp.flags;
        if flags.any(TcpFlags::SYN) {
            if from == Role::Client {
                self.syns += 1;
                self.streams[0].begin(tcp.sequence);
            } else {
                self.streams[1].begin(tcp.sequence);
                if !self.opened {
                    self.opened = true;
                    note.push(&self.about, "TCP 1723 is open", Fact::Connected);
                }
            }
            return;
        }
        if flags.any(RST) && from == Role::Server && !self.opened && !self.refused {
            self.refused = true;
            note.push(&self.about, "TCP 1723 is refused", Fact::ConnectionRefused);
        }
        let data = segment.get(tcp.header_len..).unwrap_or_default();
        // A capture may begin in the middle of a connection.
        self.opened |= !data.is_empty();
        let index = usize::from(from == Role::Server);
        self.streams[index].add(tcp.sequence, data);
        while let Some(message) = self.streams[index].message() {
            self.message(note, links, &message, from);
        }
        if flags.any(RST | TcpFlags::FIN) && self.opened && !self.closed {
            self.closed = true;
            note.push(&self.about, &format!("{from} closes the connection"), Fact::Closed { by: party(from) });
        }
    }

    fn message(&mut self, note: &mut Note<'_, '_>, links: &mut Links, message: &Message, from: Role) {
        let kind = message.kind();
        let (result, error) = message.result().map_or((None, None), |(result, error)| (Some(result), error));
        match from {
            Role::Client => self.requested |= kind == MessageType::START_REQUEST,
            Role::Server => self.answered = true,
        }
        // A living connection asks so every minute.
        if matches!(kind, MessageType::ECHO_REQUEST | MessageType::ECHO_REPLY) {
            return;
        }
        let mut text = format!("{from}: PPTP {kind}");
        if let Some(result) = result {
            text.push_str(&format!(", result {result}"));
        }
        note.push(
            &self.about,
            &text,
            Fact::Message { from: party(from), kind: kind.0, result, error: error.map(|error| error.0) },
        );
        match (kind, result) {
            (MessageType::START_REPLY, Some(1)) => {
                note.push(&self.about, "the control connection is up", Fact::TunnelUp)
            }
            (MessageType::OUTGOING_CALL_REPLY, Some(1)) => {
                self.call = true;
                if let (Some(client), Some(server)) = (self.about.client, self.about.server) {
                    let (client, server) = (SocketAddr::new(client.ip(), 0), SocketAddr::new(server.ip(), 0));
                    links.begin(note, Key { carrier: Carrier::Gre, client, server });
                }
                note.push(&self.about, "the call is up", Fact::CallUp);
            }
            (MessageType::START_REPLY | MessageType::OUTGOING_CALL_REPLY, Some(result)) => {
                let text = format!("{from} refuses with result {result}");
                note.push(&self.about, &text, Fact::Refused { by: party(from), result });
            }
            (MessageType::STOP_REQUEST | MessageType::CALL_CLEAR_REQUEST | MessageType::CALL_DISCONNECT_NOTIFY, _)
                if !self.closed =>
            {
                self.closed = true;
                note.push(&self.about, &format!("{from} ends the call"), Fact::Closed { by: party(from) });
            }
            _ => {}
        }
    }

    fn finish(&self, note: &mut Note<'_, '_>, end: Time) {
        let silent = end.since(self.last) > 3_000_000;
        if !self.opened && !self.refused && self.syns > 0 && (self.syns > 1 || silent) {
            let text = format!("the client tried to open TCP 1723 {}, without an answer", times(self.syns));
            note.push_whole(self.last, &self.about, &text, Fact::ConnectionTimedOut);
        }
        if self.opened && self.requested && !self.answered {
            note.push_whole(self.last, &self.about, "no control message came from the server", Fact::NoReply);
        }
    }
}
