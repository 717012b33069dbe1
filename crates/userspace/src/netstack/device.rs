//! The stack's link: packets in by reference, packets out into a bounded queue.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::Ipv4Packet;

/// Packets that wait to be sent.
#[derive(Debug)]
pub(super) struct Outbox {
    packets: VecDeque<Vec<u8>>,
    limit: usize,
    mtu: usize,
    identification: u16,
}

impl Outbox {
    pub(super) fn new(mtu: usize, limit: usize) -> Outbox {
        Outbox { packets: VecDeque::new(), limit, mtu, identification: 0 }
    }

    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.packets.pop_front()
    }

    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= self.limit
    }

    fn push(&mut self, mut packet: Vec<u8>) {
        // Answers to what comes in may go over the limit, which sockets respect, but not without end.
        if self.packets.len() < 2 * self.limit {
            self.permit_fragmentation(&mut packet);
            self.packets.push_back(packet);
        }
    }

    /// The stack does not discover path MTUs, and one that does not must leave routers free to fragment (RFC 1191 §3): a path
    /// behind the server that is narrower than the tunnel would swallow full segments. It also needs identifications then
    /// (RFC 6864 §4.2).
    fn permit_fragmentation(&mut self, packet: &mut [u8]) {
        let Ok(mut header) = Ipv4Packet::new_checked(packet) else { return };
        if header.dont_frag() && !header.more_frags() && header.frag_offset() == 0 {
            self.identification = self.identification.wrapping_add(1);
            header.set_dont_frag(false);
            header.set_ident(self.identification);
            header.fill_checksum();
        }
    }
}

/// The outbox, with the one packet that has come in.
pub(super) struct Link<'a> {
    pub(super) received: Option<&'a [u8]>,
    pub(super) outbox: &'a mut Outbox,
}

impl Device for Link<'_> {
    type RxToken<'b>
        = Received<'b>
    where
        Self: 'b;
    type TxToken<'b>
        = Slot<'b>
    where
        Self: 'b;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Slot<'_>)> {
        let packet = self.received.take()?;
        Some((Received(packet), Slot(self.outbox)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Slot<'_>> {
        (!self.outbox.is_full()).then_some(Slot(self.outbox))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.outbox.mtu;
        capabilities
    }
}

pub(super) struct Received<'a>(&'a [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

pub(super) struct Slot<'a>(&'a mut Outbox);

impl TxToken for Slot<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        self.0.push(packet);
        result
    }
}
