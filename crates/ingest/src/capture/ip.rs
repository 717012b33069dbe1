//! IP headers of packets that may be cut by the snap length, and the fragments of a datagram.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use observe::Time;

/// An IP packet, or what was captured of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ip<'a> {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// Protocol of the payload, behind all extension headers.
    pub protocol: u8,
    /// Time to live, or hop limit.
    pub ttl: u8,
    pub payload: &'a [u8],
    /// Octets of the whole packet, by its header.
    pub total: usize,
    /// Whether the capture has less of it than the header says.
    pub cut: bool,
    pub fragment: Option<Fragment>,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    id: u32,
    offset: usize,
    more: bool,
}

/// Reads the header. `None` when it is no IP packet or its header is cut.
pub(super) fn parse(data: &[u8]) -> Option<Ip<'_>> {
    match data.first()? >> 4 {
        4 => parse_v4(data),
        6 => parse_v6(data),
        _ => None,
    }
}

fn parse_v4(data: &[u8]) -> Option<Ip<'_>> {
    let header: &[u8; 20] = data.first_chunk()?;
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let total = match usize::from(u16::from_be_bytes([header[2], header[3]])) {
        // Segmentation by the network card: what was captured is all there is.
        0 => data.len(),
        total => total,
    };
    if header_len < 20 || total < header_len {
        return None;
    }
    let payload = data.get(header_len..total.min(data.len()))?;
    let id = u32::from(u16::from_be_bytes([header[4], header[5]]));
    let position = u16::from_be_bytes([header[6], header[7]]);
    let (offset, more) = (usize::from(position & 0x1fff) * 8, position & 0x2000 != 0);
    Some(Ip {
        source: Ipv4Addr::new(header[12], header[13], header[14], header[15]).into(),
        destination: Ipv4Addr::new(header[16], header[17], header[18], header[19]).into(),
        protocol: header[9],
        ttl: header[8],
        payload,
        total,
        cut: total > data.len(),
        fragment: (offset != 0 || more).then_some(Fragment { id, offset, more }),
    })
}

fn parse_v6(data: &[u8]) -> Option<Ip<'_>> {
    let header: &[u8; 40] = data.first_chunk()?;
    let total = match usize::from(u16::from_be_bytes([header[4], header[5]])) {
        0 => data.len(),
        length => length + 40,
    };
    let source: [u8; 16] = header[8..24].try_into().ok()?;
    let destination: [u8; 16] = header[24..40].try_into().ok()?;
    let mut payload = data.get(40..total.min(data.len()))?;
    let mut protocol = header[6];
    let mut fragment = None;
    // The extension headers of RFC 8200 §4; a packet with more than these is not one of ours.
    for _ in 0..8 {
        let length = match (protocol, payload) {
            (0 | 43 | 60 | 135, [_, units, ..]) => (usize::from(*units) + 1) * 8,
            (44, [_, _, a, b, c, d, e, f, ..]) => {
                let position = u16::from_be_bytes([*a, *b]);
                let id = u32::from_be_bytes([*c, *d, *e, *f]);
                fragment = Some(Fragment { id, offset: usize::from(position & 0xfff8), more: position & 1 != 0 });
                8
            }
            _ => break,
        };
        protocol = *payload.first()?;
        payload = payload.get(length..)?;
        if fragment.is_some_and(|fragment: Fragment| fragment.offset != 0) {
            break;
        }
    }
    Some(Ip {
        source: Ipv6Addr::from(source).into(),
        destination: Ipv6Addr::from(destination).into(),
        protocol,
        ttl: header[7],
        payload,
        total,
        cut: total > data.len(),
        fragment,
    })
}

/// Datagrams that are put together at the same time.
const MOST_DATAGRAMS: usize = 256;
/// Fragments of one datagram; IKE with certificates has a handful.
const MOST_PIECES: usize = 64;
/// Octets of one datagram.
const MOST_OCTETS: usize = 65_535;
/// A datagram whose fragments do not come within this time is incomplete (RFC 8200 §4.5), in microseconds.
const PATIENCE: i64 = 60_000_000;

/// Fragments that wait for the rest of their datagram.
#[derive(Default)]
pub(super) struct Fragments {
    waiting: HashMap<Key, Datagram>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    id: u32,
}

struct Datagram {
    since: Time,
    pieces: Vec<(usize, Vec<u8>)>,
    end: Option<usize>,
    octets: usize,
    /// The capture does not have all of a piece, so that nothing can be said about what is missing.
    cut: bool,
}

/// A datagram whose fragments did not all come.
#[derive(Clone, Debug)]
pub(super) struct Incomplete {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub since: Time,
    /// Its beginning, if that came.
    pub head: Option<Vec<u8>>,
}

impl Fragments {
    /// Takes a fragment; the payload of the whole datagram when it is the last that was missing.
    pub(super) fn add(&mut self, ip: &Ip<'_>, fragment: Fragment, at: Time) -> Option<Vec<u8>> {
        let key = Key { source: ip.source, destination: ip.destination, protocol: ip.protocol, id: fragment.id };
        if self.waiting.len() >= MOST_DATAGRAMS && !self.waiting.contains_key(&key) {
            return None;
        }
        let datagram = self.waiting.entry(key).or_insert_with(|| Datagram {
            since: at,
            pieces: Vec::new(),
            end: None,
            octets: 0,
            cut: false,
        });
        let end = fragment.offset + ip.payload.len();
        let repeated = datagram.pieces.iter().any(|(offset, _)| *offset == fragment.offset);
        if repeated || datagram.pieces.len() >= MOST_PIECES || end > MOST_OCTETS {
            return None;
        }
        datagram.cut |= ip.cut;
        datagram.octets += ip.payload.len();
        if !fragment.more {
            datagram.end = Some(end);
        }
        datagram.pieces.push((fragment.offset, ip.payload.to_vec()));
        if datagram.cut || datagram.end.is_none_or(|end| datagram.octets < end) {
            return None;
        }
        let mut datagram = self.waiting.remove(&key)?;
        datagram.pieces.sort_by_key(|(offset, _)| *offset);
        let mut whole = Vec::with_capacity(datagram.octets);
        for (offset, piece) in &datagram.pieces {
            // Pieces that overlap or leave a hole are somebody's attack, and no datagram.
            if *offset != whole.len() {
                return None;
            }
            whole.extend_from_slice(piece);
        }
        Some(whole)
    }

    /// Takes out what will not be completed any more: what is older than the patience of a receiver, or everything at the end.
    pub(super) fn incomplete(&mut self, now: Option<Time>) -> Vec<Incomplete> {
        let over = |datagram: &Datagram| now.is_none_or(|now| now.since(datagram.since) > PATIENCE);
        if !self.waiting.values().any(over) {
            return Vec::new();
        }
        let mut incomplete: Vec<_> = self
            .waiting
            .extract_if(|_, datagram| over(datagram))
            .filter(|(_, datagram)| !datagram.cut)
            .map(|(key, datagram)| Incomplete {
                source: key.source,
                destination: key.destination,
                protocol: key.protocol,
                since: datagram.since,
                head: datagram.pieces.into_iter().find(|(offset, _)| *offset == 0).map(|(_, piece)| piece),
            })
            .collect();
        incomplete.sort_by_key(|datagram| (datagram.since, datagram.source, datagram.destination, datagram.protocol));
        incomplete
    }

    /// Whether anything waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
