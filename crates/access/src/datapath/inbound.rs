//! From the socket to the TUN device.

use std::ops::Range;

use clock::Timestamp;
use ike::{IkeSaId, Path};
use wire::esp::EspHeader;
use wire::ip::{IpView, UDP_HEADER_LEN, UdpView, clamp_mss, is_router_advertisement, is_router_solicitation, protocol};
use wire::ppp::Protocol;

use super::links::{Encapsulation, Protection};
use super::{ALIVE_EVERY, Alive, DataPath, Dropped, Moved, PeerId, Punt};
use crate::Output;

impl DataPath {
    /// Takes ESP packets of `segment` octets (the last may be shorter) from `path`, as one receive gave them.
    pub fn receive(
        &mut self,
        now: Timestamp,
        path: Path,
        encapsulation: Encapsulation,
        buffer: &mut [u8],
        segment: usize,
        out: &mut dyn Output,
    ) {
        let end = buffer.len();
        let mut packets = std::mem::take(&mut self.packets);
        let mut run: Option<u32> = None;
        let mut start = 0;
        while start < end {
            let packet = start..(start + segment.max(1)).min(end);
            start = packet.end;
            let Ok(header) = EspHeader::parse(&buffer[packet.clone()]) else {
                self.drops.count(Dropped::Runt);
                continue;
            };
            // One SPI after another: packets that were received together are nearly always of one association.
            if run != Some(header.spi) {
                self.open_run(now, path, encapsulation, run, buffer, &packets, out);
                packets.clear();
                run = Some(header.spi);
            }
            packets.push(packet);
        }
        self.open_run(now, path, encapsulation, run, buffer, &packets, out);
        packets.clear();
        self.packets = packets;
    }

    /// Takes an L2TP message that came from `peer` without IPsec. Whether it may is for the caller to know.
    pub(crate) fn receive_unprotected(
        &mut self,
        now: Timestamp,
        peer: PeerId,
        message: &mut [u8],
        out: &mut dyn Output,
    ) {
        if let Some(entry) = self.peers.get_mut(&peer) {
            entry.last_heard = Some(now);
        }
        if let Err(reason) = self.deliver_message(now, peer, None, message, out) {
            self.drops.count(reason);
        }
    }

    /// Opens packets of one SPI and delivers their payloads.
    #[expect(clippy::too_many_arguments, reason = "one step of `receive`, split out so that it reads in order")]
    fn open_run(
        &mut self,
        now: Timestamp,
        path: Path,
        encapsulation: Encapsulation,
        spi: Option<u32>,
        buffer: &mut [u8],
        packets: &[Range<usize>],
        out: &mut dyn Output,
    ) {
        let Some(spi) = spi else { return };
        let Some(inbound) = self.inbound.get_mut(&spi) else {
            packets.iter().for_each(|_| self.drops.count(Dropped::UnknownSpi));
            return;
        };
        let mut opened = std::mem::take(&mut self.opened);
        opened.clear();
        inbound.sa.open(buffer, packets, &mut opened);
        let (peer, ike_sa) = (inbound.peer, inbound.ike_sa);
        let ports = (inbound.local_port, inbound.remote_port);
        let newest = opened.iter().flatten().map(|opened| opened.sequence).max();
        if let Some(sequence) = newest {
            // What was overtaken on its way, perhaps by the move itself, says nothing about where the peer is now.
            let is_newest = sequence > inbound.newest;
            inbound.newest = inbound.newest.max(sequence);
            let follows = is_newest && inbound.encapsulation == encapsulation && encapsulation == Encapsulation::Udp;
            self.note_heard(now, peer, spi, follows.then_some(path));
        }
        for result in opened.drain(..) {
            let outcome = match result {
                Err(drop) => Err(drop.into()),
                Ok(opened) if opened.next_header != protocol::UDP => Err(Dropped::Selectors),
                Ok(opened) => self.deliver(now, (peer, ike_sa), ports, &mut buffer[opened.payload], out),
            };
            if let Err(reason) = outcome {
                self.drops.count(reason);
            }
        }
        self.opened = opened;
    }

    /// An authentic packet came from `peer`: it is alive, and it is where the packet came from.
    fn note_heard(&mut self, now: Timestamp, peer: PeerId, spi: u32, path: Option<Path>) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        entry.last_heard = Some(now);
        if entry.told_alive.is_none_or(|told| now.since(told) >= ALIVE_EVERY) {
            entry.told_alive = Some(now);
            self.alive.push(Alive::Association(spi));
        }
        if let Some(path) = path
            && path != entry.path
        {
            entry.path = path;
            self.moved.push(Moved { peer, spi, path });
        }
    }

    /// Takes the inner UDP datagram of an authentic packet.
    fn deliver(
        &mut self,
        now: Timestamp,
        (peer, ike_sa): (PeerId, IkeSaId),
        (local_port, remote_port): (u16, u16),
        datagram: &mut [u8],
        out: &mut dyn Output,
    ) -> Result<(), Dropped> {
        let udp = UdpView::parse(datagram).map_err(|_| Dropped::Selectors)?;
        let from_allowed = remote_port == 0 || udp.source == remote_port;
        if udp.destination != local_port || !from_allowed {
            return Err(Dropped::Selectors);
        }
        if remote_port == 0 {
            self.learn_port(peer, ike_sa, udp.source);
        }
        let message = &mut datagram[UDP_HEADER_LEN..UDP_HEADER_LEN + udp.payload_len];
        self.deliver_message(now, peer, Some(ike_sa), message, out)
    }

    /// Takes an L2TP message of `peer`, which came under the IKE SA `via`.
    fn deliver_message(
        &mut self,
        now: Timestamp,
        peer: PeerId,
        via: Option<IkeSaId>,
        message: &mut [u8],
        out: &mut dyn Output,
    ) -> Result<(), Dropped> {
        if wire::l2tp::is_control(message) {
            self.punts.push(Punt::L2tp { peer, message: message.to_vec() });
            return Ok(());
        }
        let header = wire::l2tp::data_header(message).map_err(|_| Dropped::L2tp)?;
        let id = *self.calls.get(&(header.tunnel, header.session)).ok_or(Dropped::UnknownCall)?;
        let link = self.links.get_mut(&id).ok_or(Dropped::UnknownCall)?;
        if link.peer != peer {
            return Err(Dropped::UnknownCall);
        }
        // The ids are known to this client alone: it is the one that made the IKE SA.
        link.via = via;
        let frame = &mut message[header.payload_offset..header.payload_end];
        let (ppp, offset) = wire::ppp::frame(frame).map_err(|_| Dropped::Ppp)?;
        match ppp {
            Protocol::IPV4 if link.ipv4.is_some() => {}
            Protocol::IPV6 if link.ipv6.is_some() => {}
            Protocol::IPV4 | Protocol::IPV6 => return Err(Dropped::NotUp),
            _ => {
                self.punts.push(Punt::Ppp { link: id, frame: frame.to_vec() });
                return Ok(());
            }
        }
        let packet = &mut frame[offset..];
        let ip = IpView::parse(packet).map_err(|_| Dropped::Ip)?;
        if !link.dialled && is_router_solicitation(packet) {
            self.punts.push(Punt::RouterSolicitation { link: id });
            return Ok(());
        }
        let packet = &mut packet[..ip.total_len];
        if link.dialled && is_router_advertisement(packet) {
            self.punts.push(Punt::RouterAdvertisement { link: id, packet: packet.to_vec() });
            return Ok(());
        }
        if link.dialled && autoconf::is_reply(packet) {
            self.punts.push(Punt::Dhcp { link: id, packet: packet.to_vec() });
            return Ok(());
        }
        if !link.dialled && self.informs && self.admission.is_question(link, &ip) && autoconf::is_request(packet) {
            self.punts.push(Punt::Dhcp { link: id, packet: packet.to_vec() });
            return Ok(());
        }
        self.admission.check(link, &ip)?;
        if link.told_alive.is_none_or(|told| now.since(told) >= ALIVE_EVERY) {
            link.told_alive = Some(now);
            self.alive.push(Alive::Call(id));
        }
        link.traffic.octets_in += packet.len() as u64;
        link.traffic.packets_in += 1;
        let mtu = link.mtu;
        clamp_mss(packet, mtu);
        self.coalescer.push(packet, &mut |offload, packet| out.tun(offload, packet));
        Ok(())
    }

    /// Where the selectors leave the peer's port open, answers go to the port that it uses.
    fn learn_port(&mut self, peer: PeerId, ike_sa: IkeSaId, port: u16) {
        let Some(entry) = self.peers.get_mut(&peer) else { return };
        for outbound in &mut entry.outbound {
            if let Protection::Esp(association) = &mut outbound.protection
                && association.ike_sa == ike_sa
            {
                association.remote_port = port;
            }
        }
    }
}
