//! What the tunnel carries, seen where it is in clear: pings, and TCP whose full-size segments vanish.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use observe::network::Fact;
use observe::{About, Time};
use wire::ip::{TcpFlags, TcpView};

use super::ip::Ip;
use super::link::Stations;
use super::note::{Note, times};

/// Pairs of hosts, and TCP connections, that are followed.
const MOST: usize = 4096;
/// Sizes of pings between two hosts that are told apart.
const MOST_SIZES: usize = 16;
/// Segments of one direction that wait for their acknowledgement in our books.
const MOST_WAITING: usize = 8;
/// Copies of one segment that are not the loss of every day.
const STUCK: u32 = 3;
/// A segment that is large enough to be stopped by a path's MTU (the least one of IPv4 that is met).
const LARGE: u32 = 576;

/// All payload of a capture.
#[derive(Default)]
pub(super) struct Tracker {
    pairs: HashMap<(IpAddr, IpAddr), Pair>,
    flows: HashMap<(SocketAddr, SocketAddr), Direction>,
    begun: usize,
}

/// What one host asked another.
#[derive(Default)]
struct Pair {
    number: usize,
    requests: u64,
    replies: u64,
    /// A router was on the way to here.
    routed: bool,
    station: Option<[u8; 6]>,
    elsewhere: bool,
    sizes: Vec<Size>,
    last: Time,
}

struct Size {
    octets: u16,
    sent: u32,
    received: u32,
    too_big: bool,
}

/// One direction of a TCP connection.
#[derive(Default)]
struct Direction {
    number: usize,
    started: bool,
    /// The sequence number behind the last octet that was sent.
    end: u32,
    waiting: Vec<(u32, u32)>,
    passed: u32,
    stuck: Option<Stuck>,
    last: Time,
}

#[derive(Clone, Copy)]
struct Stuck {
    sequence: u32,
    octets: u32,
    copies: u32,
}

impl Tracker {
    /// Takes an echo request or reply; the caller knows that it is no error.
    pub(super) fn echo(&mut self, note: &Note<'_, '_>, packet: &Ip<'_>, stations: Stations) {
        let request = match (packet.source.is_ipv4(), packet.payload.first()) {
            (true, Some(8)) | (false, Some(128)) => true,
            (true, Some(0)) | (false, Some(129)) => false,
            _ => return,
        };
        let (from, to) =
            if request { (packet.source, packet.destination) } else { (packet.destination, packet.source) };
        let header = if packet.source.is_ipv4() { 20 } else { 40 };
        let octets = u16::try_from(packet.total.saturating_sub(header + 8)).unwrap_or(u16::MAX);
        let Some(pair) = self.pair(from, to, request) else { return };
        pair.last = note.now();
        if pair.sizes.len() < MOST_SIZES && request && !pair.sizes.iter().any(|size| size.octets == octets) {
            pair.sizes.push(Size { octets, sent: 0, received: 0, too_big: false });
        }
        if let Some(size) = pair.sizes.iter_mut().find(|size| size.octets == octets) {
            if request { size.sent += 1 } else { size.received += 1 }
        }
        pair.passed(packet, request, stations);
    }

    /// A router said that an echo request is too big.
    pub(super) fn too_big(&mut self, inner: &Ip<'_>) {
        let Some(pair) = self.pairs.get_mut(&(inner.source, inner.destination)) else { return };
        let header = if inner.source.is_ipv4() { 20 } else { 40 };
        let octets = u16::try_from(inner.total.saturating_sub(header + 8)).unwrap_or(u16::MAX);
        if let Some(size) = pair.sizes.iter_mut().find(|size| size.octets == octets) {
            size.too_big = true;
        }
    }

    /// Takes a TCP segment of a connection that is not the tunnel's own.
    pub(super) fn segment(
        &mut self,
        note: &Note<'_, '_>,
        packet: &Ip<'_>,
        source: SocketAddr,
        destination: SocketAddr,
        stations: Stations,
    ) {
        let Ok(tcp) = TcpView::parse(packet.payload) else { return };
        let opens = tcp.flags.any(TcpFlags::SYN);
        let request = opens && !tcp.flags.any(TcpFlags::ACK);
        if opens {
            let (from, to) = if request { (source, destination) } else { (destination, source) };
            if let Some(pair) = self.pair(from.ip(), to.ip(), request) {
                pair.last = note.now();
                pair.passed(packet, request, stations);
            }
        }
        let header = if packet.source.is_ipv4() { 20 } else { 40 };
        let length = packet.total.saturating_sub(header + tcp.header_len);
        let length = u32::try_from(length).unwrap_or(0) + u32::from(opens);
        if let Some(reverse) = self.flows.get_mut(&(destination, source))
            && tcp.flags.any(TcpFlags::ACK)
        {
            reverse.acknowledged(tcp.acknowledgement);
        }
        if length == 0 || (self.flows.len() >= MOST && !self.flows.contains_key(&(source, destination))) {
            return;
        }
        let begun = &mut self.begun;
        let flow = self.flows.entry((source, destination)).or_insert_with(|| {
            *begun += 1;
            Direction { number: *begun, ..Direction::default() }
        });
        flow.last = note.now();
        flow.sent(tcp.sequence, length, u32::try_from(packet.total).unwrap_or(u32::MAX));
    }

    fn pair(&mut self, from: IpAddr, to: IpAddr, request: bool) -> Option<&mut Pair> {
        if !self.pairs.contains_key(&(from, to)) {
            if !request || self.pairs.len() >= MOST {
                return None;
            }
            self.begun += 1;
            self.pairs.insert((from, to), Pair { number: self.begun, ..Pair::default() });
        }
        self.pairs.get_mut(&(from, to))
    }

    /// Tells the sums.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>) {
        let mut pairs: Vec<_> = std::mem::take(&mut self.pairs).into_iter().collect();
        pairs.sort_by_key(|(_, pair)| pair.number);
        let about = About::default();
        for ((from, to), pair) in pairs {
            for size in &pair.sizes {
                let text = format!(
                    "{from} pinged {to} with {} octets {}, {} came back",
                    size.octets,
                    times(size.sent),
                    size.received
                );
                let fact = Fact::Ping {
                    to,
                    size: size.octets,
                    sent: size.sent,
                    received: size.received.min(size.sent),
                    too_big: size.too_big,
                };
                note.push_whole(pair.last, &about, &text, fact);
            }
            if pair.routed || pair.elsewhere {
                let where_to = if pair.elsewhere { ", to another station than the requests came from" } else { "" };
                let text = format!(
                    "{from} asked {to} {} and was answered {}{where_to}",
                    times(u32::try_from(pair.requests).unwrap_or(u32::MAX)),
                    times(u32::try_from(pair.replies).unwrap_or(u32::MAX))
                );
                let fact = Fact::Inner {
                    client: from,
                    host: to,
                    requests: pair.requests,
                    replies: pair.replies,
                    elsewhere: pair.elsewhere,
                };
                note.push_whole(pair.last, &about, &text, fact);
            }
        }
        let mut flows: Vec<_> = std::mem::take(&mut self.flows).into_iter().collect();
        flows.sort_by_key(|(_, flow)| flow.number);
        for ((source, destination), flow) in flows {
            if let Some(stuck) = flow.stuck
                && stuck.copies >= STUCK
                && stuck.octets >= LARGE
                && (1..stuck.octets).contains(&flow.passed)
            {
                let text = format!(
                    "{source} sent {destination} a packet of {} octets {} without an acknowledgement; {} octets passed",
                    stuck.octets,
                    times(stuck.copies),
                    flow.passed
                );
                let fact = Fact::LargeVanish { passed: flow.passed, vanished: stuck.octets };
                note.push_whole(flow.last, &about, &text, fact);
            }
        }
    }
}

impl Pair {
    fn passed(&mut self, packet: &Ip<'_>, request: bool, stations: Stations) {
        if request {
            self.requests += 1;
            self.station = stations.source.or(self.station);
            // What systems start with; anything else has been through a router.
            self.routed |= !matches!(packet.ttl, 32 | 64 | 128 | 255);
        } else {
            self.replies += 1;
            let other = self.station.zip(stations.destination).is_some_and(|(asked, told)| asked != told);
            self.elsewhere |= other;
        }
    }
}

impl Direction {
    fn sent(&mut self, sequence: u32, length: u32, octets: u32) {
        let end = sequence.wrapping_add(length);
        if !self.started || end.wrapping_sub(self.end).cast_signed() > 0 {
            self.started = true;
            self.end = end;
            if self.waiting.len() == MOST_WAITING {
                self.waiting.remove(0);
            }
            self.waiting.push((end, octets));
            return;
        }
        self.stuck = Some(match self.stuck {
            Some(stuck) if stuck.sequence == sequence => {
                Stuck { octets: stuck.octets.max(octets), copies: stuck.copies + 1, ..stuck }
            }
            // A keepalive repeats one octet that was acknowledged long ago.
            other if length <= 1 => match other {
                Some(stuck) => stuck,
                None => return,
            },
            _ => Stuck { sequence, octets, copies: 2 },
        });
    }

    fn acknowledged(&mut self, number: u32) {
        let reached = |end: u32| number.wrapping_sub(end).cast_signed() >= 0;
        while let Some(&(_, octets)) = self.waiting.first().filter(|(end, _)| reached(*end)) {
            self.passed = self.passed.max(octets);
            self.waiting.remove(0);
        }
        if self.stuck.is_some_and(|stuck| reached(stuck.sequence.wrapping_add(1))) {
            self.stuck = None;
        }
    }
}
