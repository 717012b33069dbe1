//! Echo requests, by which one sees that the tunnel carries packets.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::time::Duration;

use clock::Timestamp;
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::socket::icmp::{Endpoint, PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::{Icmpv4Packet, Icmpv4Repr, IpAddress};

use super::{Event, inspect};
use crate::failure::{Denial, Failure, Local, Refusal, Stage};

/// Echo requests under way at a time.
const LIMIT: usize = 16;

/// How long an echo may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an echo request carries.
const PAYLOAD: [u8; 32] = *b"is anybody there? is anybody the";

/// Names an echo request; never used twice by one stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PingId(u64);

pub(super) struct Echoes {
    socket: SocketHandle,
    identifier: u16,
    next: u64,
    /// By sequence number.
    under_way: BTreeMap<u16, Ping>,
}

struct Ping {
    id: PingId,
    to: Ipv4Addr,
    sent_at: Timestamp,
}

impl Echoes {
    pub(super) fn new(sockets: &mut SocketSet<'static>, identifier: u16) -> Echoes {
        let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; LIMIT], vec![0; LIMIT * 128]);
        let mut socket = Socket::new(buffer(), buffer());
        // It fails only for a socket that is bound already.
        let _ = socket.bind(Endpoint::Ident(identifier));
        Echoes { socket: sockets.add(socket), identifier, next: 0, under_way: BTreeMap::new() }
    }

    pub(super) fn send(
        &mut self,
        now: Timestamp,
        sockets: &mut SocketSet<'static>,
        to: Ipv4Addr,
    ) -> Result<PingId, Failure> {
        if to.is_unspecified() || to.is_multicast() || to.is_broadcast() {
            return Err(Failure::Denied(Denial::Destination));
        }
        if self.under_way.len() >= LIMIT {
            return Err(Failure::Local(Local::Questions));
        }
        self.next += 1;
        let sequence = self.next as u16;
        let request = Icmpv4Repr::EchoRequest { ident: self.identifier, seq_no: sequence, data: &PAYLOAD };
        let socket = sockets.get_mut::<Socket<'_>>(self.socket);
        let room = socket.send(request.buffer_len(), IpAddress::from(to));
        let room = room.map_err(|_| Failure::Local(Local::Questions))?;
        request.emit(&mut Icmpv4Packet::new_unchecked(room), &ChecksumCapabilities::default());
        let id = PingId(self.next);
        self.under_way.insert(sequence, Ping { id, to, sent_at: now });
        Ok(id)
    }

    pub(super) fn receive(&mut self, now: Timestamp, sockets: &mut SocketSet<'static>, events: &mut VecDeque<Event>) {
        let socket = sockets.get_mut::<Socket<'_>>(self.socket);
        while socket.can_recv() {
            let Ok((message, from)) = socket.recv() else { continue };
            let Ok(packet) = Icmpv4Packet::new_checked(message) else { continue };
            let Ok(Icmpv4Repr::EchoReply { seq_no, .. }) = Icmpv4Repr::parse(&packet, &ChecksumCapabilities::default())
            else {
                continue;
            };
            let from = inspect::ipv4(from);
            if self.under_way.get(&seq_no).is_some_and(|ping| Some(ping.to) == from)
                && let Some(ping) = self.under_way.remove(&seq_no)
            {
                events.push_back(Event::Pong { ping: ping.id, result: Ok(now - ping.sent_at) });
            }
        }
    }

    pub(super) fn handle_unreachable(
        &mut self,
        identifier: u16,
        sequence: u16,
        refusal: Refusal,
        events: &mut VecDeque<Event>,
    ) {
        if identifier == self.identifier
            && let Some(ping) = self.under_way.remove(&sequence)
        {
            events.push_back(Event::Pong { ping: ping.id, result: Err(Failure::Refused(refusal)) });
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Timestamp, events: &mut VecDeque<Event>) {
        let overdue = |_: &u16, ping: &mut Ping| ping.sent_at + PATIENCE <= now;
        for (_, ping) in self.under_way.extract_if(.., overdue) {
            let failure = Failure::Silence { stage: Stage::Transfer, elapsed: now - ping.sent_at };
            events.push_back(Event::Pong { ping: ping.id, result: Err(failure) });
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.under_way.values().map(|ping| ping.sent_at + PATIENCE).min()
    }
}
