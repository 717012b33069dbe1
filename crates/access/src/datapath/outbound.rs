//! From the TUN device, or from the engines, to the socket.

use std::net::IpAddr;

use esp::Train;
use ike::IkeSaId;
use policy::Prefix64;
use wire::ip::{UDP_HEADER_LEN, UdpView, clamp_mss, protocol};
use wire::l2tp::DATA_HEADER_MAX_LEN;
use wire::ppp::Protocol;
use wire::virtio::VnetHeader;

use super::links::{Association, Encapsulation, Protection};
use super::segment::Segments;
use super::{DataPath, Dropped, Link, LinkId, PeerId};
use crate::Output;

/// Packets that one train may hold: what UDP_SEGMENT takes, and what fills the lanes of the ciphers.
const TRAIN_PACKETS: usize = 64;

/// Octets that one train may hold: what one UDP send takes.
const TRAIN_OCTETS: usize = 65_000;

/// Octets of L2TP and PPP headers before an inner packet, at the most.
const PREFIX_MAX: usize = DATA_HEADER_MAX_LEN + 4;

impl DataPath {
    /// Takes what one TUN read gave, for the session of its destination address. [`DataPath::flush`] must follow when the last
    /// packet of a batch is in.
    pub fn transmit(&mut self, offload: VnetHeader, packet: &[u8], out: &mut dyn Output) {
        let destination = wire::ip::IpView::parse(packet).map_err(|_| Dropped::Ip).map(|ip| ip.destination);
        let link = destination.and_then(|address| {
            let link = match address {
                IpAddr::V4(address) => self.by_address.get(&address),
                IpAddr::V6(address) => self.by_prefix.get(&Prefix64::of(address)),
            };
            link.copied().ok_or(Dropped::NoRoute)
        });
        match link {
            Ok(link) => self.transmit_on(link, offload, packet, out),
            Err(reason) => self.drops.count(reason),
        }
    }

    /// Takes what one TUN read gave, for the call `id`: a client sends everything to its server.
    pub fn transmit_on(&mut self, id: LinkId, offload: VnetHeader, packet: &[u8], out: &mut dyn Output) {
        if let Err(reason) = self.cut_and_load(id, offload, packet, out) {
            self.drops.count(reason);
        }
    }

    fn cut_and_load(
        &mut self,
        id: LinkId,
        offload: VnetHeader,
        packet: &[u8],
        out: &mut dyn Output,
    ) -> Result<(), Dropped> {
        let link = self.links.get_mut(&id).ok_or(Dropped::NoRoute)?;
        let mtu = link.mtu;
        let segments = Segments::new(offload, packet).map_err(|_| Dropped::Ip)?;
        let v6 = segments.ip().source.is_ipv6();
        // What has no business on the link stays here; a server without IPv6 would reject each packet.
        if link.dialled && v6 && link.ipv6.and_then(|ipv6| ipv6.prefix).is_none() {
            return Err(Dropped::NotUp);
        }
        if link.dialled && v6 && segments.ip().destination.is_multicast() {
            return Err(Dropped::Destination);
        }
        // Only a packet that is sent whole can be a SYN; it is clamped once its checksum is complete.
        let whole = segments.count() == 1;
        for index in 0..segments.count() {
            let link = self.links.get_mut(&id).ok_or(Dropped::NoRoute)?;
            let len = segments.len(index);
            let way = Way::of(link);
            let mut prefix = [0; PREFIX_MAX];
            let prefix_len = ip_prefix(link, v6, len, &mut prefix);
            self.load(way, prefix_len + len, out, |slot| {
                let (head, body) = slot.split_at_mut(prefix_len);
                head.copy_from_slice(&prefix[..prefix_len]);
                segments.write(index, body);
                if whole {
                    clamp_mss(body, mtu);
                }
            })?;
            if let Some(link) = self.links.get_mut(&id) {
                link.traffic.octets_out += len as u64;
                link.traffic.packets_out += 1;
            }
        }
        Ok(())
    }

    /// Sends an L2TP control message to `peer`.
    pub fn send_control(&mut self, peer: PeerId, message: &[u8], out: &mut dyn Output) {
        let way = Way { peer, via: None };
        let loaded = self.load(way, message.len(), out, |slot| slot.copy_from_slice(message));
        if let Err(reason) = loaded {
            self.drops.count(reason);
        }
        self.flush_train(out);
    }

    /// Sends a complete PPP frame on a call.
    pub fn send_frame(&mut self, id: LinkId, frame: &[u8], out: &mut dyn Output) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let way = Way::of(link);
        let mut header = [0; DATA_HEADER_MAX_LEN];
        let header_len = l2tp_header(link, frame.len(), &mut header);
        let loaded = self.load(way, header_len + frame.len(), out, |slot| {
            let (head, body) = slot.split_at_mut(header_len);
            head.copy_from_slice(&header[..header_len]);
            body.copy_from_slice(frame);
        });
        if let Err(reason) = loaded {
            self.drops.count(reason);
        }
        self.flush_train(out);
    }

    /// Ends a batch: seals and sends the open train and writes what the coalescer holds.
    pub fn flush(&mut self, out: &mut dyn Output) {
        self.flush_train(out);
        self.coalescer.flush(&mut |offload, packet| out.tun(offload, packet));
    }

    /// Reserves a slot for an L2TP message of `len` octets in a train that goes this way and has it written.
    fn load(
        &mut self,
        Way { peer, via }: Way,
        len: usize,
        out: &mut dyn Output,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(), Dropped> {
        let way = self.peers.get(&peer).and_then(|entry| entry.way(via)).ok_or(Dropped::NoAssociation)?;
        let (pair, frame) = (way.pair, Frame::of(&way.protection));
        let header = way.association().map(|association| udp_header(association, UDP_HEADER_LEN + len));
        let header = header.as_ref().map_or(&[][..], |header| header);
        let payload = header.len() + len;
        if !self.trainer.takes((peer, pair), payload) {
            self.flush_train(out);
        }
        let (head, message) = self.trainer.reserve((peer, pair), frame, payload).split_at_mut(header.len());
        head.copy_from_slice(header);
        write(message);
        Ok(())
    }

    fn flush_train(&mut self, out: &mut dyn Output) {
        let Some(OpenTrain { way: (peer, pair), train, .. }) = self.trainer.open.take() else { return };
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        let Some(way) = entry.outbound.iter_mut().find(|outbound| outbound.pair == pair) else { return };
        let buffer = &mut self.trainer.buffer;
        let association = match &mut way.protection {
            Protection::Esp(association) => association,
            Protection::None => {
                let octets = (train.count - 1) * train.stride + train.last_payload;
                return out.udp(entry.path, &buffer[..octets], train.stride);
            }
        };
        if association.sa.seal(buffer, train, protocol::UDP).is_err() {
            (0..train.count).for_each(|_| self.drops.count(Dropped::Exhausted));
            return;
        }
        let sealed = &buffer[..train.sealed_len(association.sa.suite().layout())];
        match association.encapsulation {
            Encapsulation::Udp => out.udp(entry.path, sealed, train.stride),
            Encapsulation::Raw => out.esp(entry.path.local.ip(), entry.path.remote.ip(), sealed, train.stride),
        }
    }
}

/// What surrounds a payload on the wire.
#[derive(Clone, Copy)]
enum Frame {
    Esp(esp::Layout),
    Bare,
}

impl Frame {
    fn of(protection: &Protection) -> Frame {
        match protection {
            Protection::Esp(association) => Frame::Esp(association.sa.suite().layout()),
            Protection::None => Frame::Bare,
        }
    }

    /// Octets before the payload.
    const fn lead(self) -> usize {
        match self {
            Frame::Esp(layout) => layout.lead(),
            Frame::Bare => 0,
        }
    }

    /// Octets of the whole packet for a payload of `payload` octets.
    const fn whole(self, payload: usize) -> usize {
        match self {
            Frame::Esp(layout) => layout.sealed(payload),
            Frame::Bare => payload,
        }
    }
}

/// Where to send.
#[derive(Clone, Copy)]
struct Way {
    peer: PeerId,
    /// Through the associations under this IKE SA, as long as there are any; else through the newest.
    via: Option<IkeSaId>,
}

impl Way {
    fn of(link: &Link) -> Way {
        // There is only one server, and it has proved itself; its clients tell each other apart by the calls' ids only.
        Way { peer: link.peer, via: link.via.filter(|_| !link.dialled) }
    }
}

/// Gathers payloads of one association and of equal size in the transmit buffer until something ends the train.
#[derive(Default)]
pub(super) struct Trainer {
    buffer: Vec<u8>,
    open: Option<OpenTrain>,
}

struct OpenTrain {
    /// Whose it is, and the pair of associations that will seal it.
    way: (PeerId, u32),
    train: Train,
    /// A shorter packet has been added: it is the last.
    full: bool,
}

impl Trainer {
    /// Whether no train is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none()
    }

    /// Whether the open train, if there is one, can take another payload.
    fn takes(&self, way: (PeerId, u32), payload: usize) -> bool {
        self.open.as_ref().is_none_or(|open| {
            let Train { count, stride, payload: size, .. } = open.train;
            open.way == way
                && !open.full
                && payload <= size
                && count < TRAIN_PACKETS
                && (count + 1) * stride <= TRAIN_OCTETS
        })
    }

    /// The slot for the next payload. The caller has asked [`Trainer::takes`].
    fn reserve(&mut self, way: (PeerId, u32), frame: Frame, payload: usize) -> &mut [u8] {
        let train = match &mut self.open {
            Some(open) => {
                open.train.count += 1;
                open.train.last_payload = payload;
                open.full = payload < open.train.payload;
                open.train
            }
            None => {
                let train = Train { count: 1, stride: frame.whole(payload), payload, last_payload: payload };
                self.open.insert(OpenTrain { way, train, full: false }).train
            }
        };
        let start = (train.count - 1) * train.stride;
        let end = start + frame.whole(payload);
        if self.buffer.len() < end {
            self.buffer.resize(end.max(TRAIN_OCTETS), 0);
        }
        &mut self.buffer[start + frame.lead()..start + frame.lead() + payload]
    }
}

/// The inner UDP header of a datagram of `len` octets, header included. Its checksum is left out, as RFC 3948 §3.1.2 allows:
/// the ESP tag covers the datagram, and behind a NAT no value would be right.
fn udp_header(association: &Association, len: usize) -> [u8; UDP_HEADER_LEN] {
    let (source, destination) = (association.local_port, association.remote_port);
    UdpView { source, destination, payload_len: len - UDP_HEADER_LEN }.to_bytes()
}

/// Writes the L2TP data header of the next message of `payload` octets; returns its octets.
fn l2tp_header(link: &mut Link, payload: usize, out: &mut [u8]) -> usize {
    let ns = link.next_ns;
    link.next_ns = ns.wrapping_add(link.layout.sequenced.into());
    link.layout.write(out, payload, ns).unwrap_or_default()
}

/// Writes L2TP and PPP header of an IP packet of `packet` octets; returns their octets.
fn ip_prefix(link: &mut Link, v6: bool, packet: usize, out: &mut [u8]) -> usize {
    let protocol = if v6 { Protocol::IPV6 } else { Protocol::IPV4 }.0.to_be_bytes();
    let address: &[u8] = if link.compress_address { &[] } else { &wire::ppp::ADDRESS_CONTROL };
    let protocol = if link.compress_protocol { &protocol[1..] } else { &protocol[..] };
    let ppp = address.len() + protocol.len();
    let at = l2tp_header(link, ppp + packet, out);
    let (first, second) = out[at..at + ppp].split_at_mut(address.len());
    first.copy_from_slice(address);
    second.copy_from_slice(protocol);
    at + ppp
}
