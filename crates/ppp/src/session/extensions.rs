//! LCP's packets beyond the automaton (RFC 1661 §5.7 to §5.9, RFC 1570 §2).

use std::time::Duration;

use clock::Timestamp;
use rand_core::CryptoRng;
use wire::ppp::{Code, Identification, Packet, Protocol, echo_magic, frame, full_frame, identification};
use wire::{Layer, Malformed, Reader};

use super::{Phase, Session};
use crate::event::Event;
use crate::failure::{Failure, Refused};
use crate::text::printable;

/// Events about what the peer says, for one opening of LCP; Windows sends three Identifications.
const IDENTIFICATIONS_LIMIT: u32 = 8;

impl Session {
    pub(super) fn handle_lcp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
    ) -> Result<(), Malformed> {
        let code = Code(packet.code);
        if !(Code::PROTOCOL_REJECT..=Code::TIME_REMAINING).contains(&code) {
            return self.lcp.handle(now, rng, packet, &mut self.out);
        }
        if !self.lcp.takes_extensions() {
            self.discards.out_of_phase += 1;
            return Ok(());
        }
        match code {
            Code::PROTOCOL_REJECT => {
                let (rejected, _) = frame(packet.data)?;
                self.handle_protocol_reject(now, rng, rejected);
            }
            Code::ECHO_REQUEST => {
                let (magic, data) = echo_magic(packet)?;
                if !self.is_looped(now, rng, magic) {
                    self.send_echo_reply(packet.id, data);
                }
            }
            Code::ECHO_REPLY | Code::DISCARD_REQUEST => {
                let (magic, _) = echo_magic(packet)?;
                self.is_looped(now, rng, magic);
            }
            Code::IDENTIFICATION => {
                let said = match identification(packet)? {
                    Identification::WindowsVersion(text) => Identification::WindowsVersion(printable(text.as_bytes())),
                    Identification::ComputerName(name) => Identification::ComputerName(printable(name.as_bytes())),
                    Identification::Text(text) => Identification::Text(printable(text.as_bytes())),
                    guid @ Identification::Correlation(_) => guid,
                };
                self.tell(Event::PeerInfo(said));
            }
            _ => self.note_time_remaining(packet)?,
        }
        Ok(())
    }

    fn handle_protocol_reject(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, rejected: Protocol) {
        match &mut self.phase {
            _ if rejected == Protocol::LCP => self.lcp.handle_protocol_reject(now, rng, &mut self.out),
            Phase::Authenticate { authentication, .. } if rejected == authentication.protocol() => {
                self.fail(now, rng, Failure::Refused(Refused::Unsupported { protocol: rejected }));
            }
            Phase::Network(network) => network.handle_protocol_reject(now, rng, rejected, &mut self.out),
            Phase::Establish | Phase::Authenticate { .. } | Phase::Terminate | Phase::Dead => {}
        }
    }

    /// RFC 1661 §5.8: our own magic number in a packet of the peer is a loop.
    fn is_looped(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, magic: u32) -> bool {
        let looped = magic != 0 && magic == self.lcp.options.magic();
        if looped {
            self.lcp.options.note_loop();
            if let Some(failure) = self.lcp.objection() {
                self.fail(now, rng, failure);
            }
        }
        looped
    }

    fn send_echo_reply(&mut self, id: u8, data: &[u8]) {
        let magic = self.lcp.options.magic().to_be_bytes();
        // Peers drop a reply that is larger than what they said they receive.
        let room = usize::from(self.lcp.options.framing().peer_mru).saturating_sub(Packet::HEADER_LEN + magic.len());
        let data = [&magic, &data[..data.len().min(room)]].concat();
        self.send_lcp(Code::ECHO_REPLY, id, &data);
    }

    pub(super) fn reject_protocol(&mut self, protocol: Protocol, information: &[u8]) {
        /// Enough for the peer to know its packet; any receiver takes it.
        const COPY: usize = 64;
        let copy = &information[..information.len().min(COPY)];
        let id = self.lcp.fresh_id();
        self.send_lcp(Code::PROTOCOL_REJECT, id, &[&protocol.0.to_be_bytes(), copy].concat());
    }

    pub(super) fn send_lcp(&mut self, code: Code, id: u8, data: &[u8]) {
        self.out.push(full_frame(Protocol::LCP, &Packet { code: code.0, id, data }.encode()));
    }

    /// Tells what the peer says, unless it says too much.
    fn tell(&mut self, said: Event) {
        self.identifications += 1;
        if self.identifications <= IDENTIFICATIONS_LIMIT {
            self.events.push_back(said);
        }
    }

    fn note_time_remaining(&mut self, packet: Packet<'_>) -> Result<(), Malformed> {
        let (_, rest) = echo_magic(packet)?;
        let mut reader = Reader::new(Layer::Ppp, rest);
        let left = Duration::from_secs(u64::from(reader.u32("seconds remaining")?));
        let message = printable(reader.rest());
        self.tell(Event::TimeRemaining { left, message });
        Ok(())
    }
}
