//! ESP: the sums of each direction, and what the lengths alone say.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use observe::esp::Fact;
use observe::{About, Time};
use wire::esp::EspHeader;

use super::note::{Ends, Note, party};

/// Directions of associations that are followed.
const MOST: usize = 8192;

/// All directions of ESP associations in a capture.
#[derive(Default)]
pub(super) struct Tracker {
    index: HashMap<(IpAddr, u32), usize>,
    flows: Vec<Flow>,
    /// The direction of the packet before, which is mostly that of the next.
    latest: usize,
    too_many: bool,
}

/// One direction.
struct Flow {
    source: SocketAddr,
    destination: SocketAddr,
    spi: u32,
    encapsulated: bool,
    packets: u64,
    octets: u64,
    largest: u32,
    frames: (u64, u64),
    last: Time,
}

impl Tracker {
    /// Takes an ESP packet of so many octets, of which `packet` was captured.
    pub(super) fn packet(
        &mut self,
        at: Time,
        frame: u64,
        source: SocketAddr,
        destination: SocketAddr,
        packet: &[u8],
        octets: usize,
    ) {
        let Ok(EspHeader { spi, .. }) = EspHeader::parse(packet) else { return };
        let known = |flow: &Flow| flow.spi == spi && flow.destination.ip() == destination.ip();
        if !self.flows.get(self.latest).is_some_and(known) {
            let index = match self.index.get(&(destination.ip(), spi)) {
                Some(index) => *index,
                None if self.flows.len() >= MOST => {
                    self.too_many = true;
                    return;
                }
                None => {
                    self.index.insert((destination.ip(), spi), self.flows.len());
                    self.flows.push(Flow {
                        source,
                        destination,
                        spi,
                        encapsulated: source.port() != 0,
                        packets: 0,
                        octets: 0,
                        largest: 0,
                        frames: (frame, frame),
                        last: at,
                    });
                    self.flows.len() - 1
                }
            };
            self.latest = index;
        }
        let Some(flow) = self.flows.get_mut(self.latest) else { return };
        flow.packets += 1;
        flow.octets += octets as u64;
        flow.largest = flow.largest.max(u32::try_from(octets).unwrap_or(u32::MAX));
        flow.frames.1 = frame;
        flow.last = at;
    }

    /// Tells the sums.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>, ends: &mut Ends) {
        if self.too_many {
            note.trouble(&format!("only the first {MOST} ESP associations were counted"));
        }
        for flow in std::mem::take(&mut self.flows) {
            let from = ends.sender(flow.source, flow.destination);
            let about: About = ends.about(flow.source, flow.destination, from);
            let text = format!(
                "{from}: {} packets of ESP with SPI {:#010x}, {} octets, the largest {}; frames {} to {}",
                flow.packets, flow.spi, flow.octets, flow.largest, flow.frames.0, flow.frames.1
            );
            let fact = Fact::Traffic {
                from: party(from),
                spi: flow.spi,
                packets: flow.packets,
                octets: flow.octets,
                largest: flow.largest,
                encapsulated: flow.encapsulated,
            };
            note.push_whole(flow.last, &about, &text, fact);
        }
    }
}
