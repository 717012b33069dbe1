//! The client's side of DHCPINFORM.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use clock::{Backoff, Timestamp};
use rand_core::CryptoRng;
use wire::Malformed;
use wire::dhcp::{self, CLIENT_PORT, Message, MessageType, Op, OptionCode, SERVER_PORT};
use wire::ip::Datagram;

use crate::{Failure, Learned};

/// Waits for an answer: after one second, two and four the question is repeated, and four seconds later given up.
const WAITS: Backoff = Backoff::new(Duration::from_secs(1), 200, Duration::from_secs(4), 4);

/// What is asked for, in the order in which Windows prefers it: RFC 3442 has a client that understands classless routes name them
/// before everything else that routes.
const PARAMETERS: [OptionCode; 5] = [
    OptionCode::CLASSLESS_ROUTES,
    OptionCode::MICROSOFT_ROUTES,
    OptionCode::NAME_SERVERS,
    OptionCode::DOMAIN,
    OptionCode::SEARCH_LIST,
];

/// The largest message that we take, in octets: what fits into a packet of the usual tunnel.
const MAX_SIZE: u16 = 1372;

/// What came of an inquiry; exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InquiryEvent {
    /// The server's answer, judged.
    Answered(Box<Learned>),
    /// No answer.
    Failed(Failure),
}

/// One question to the server of a link, and the wait for its answer.
///
/// Feed it with [`Inquiry::handle_packet`] and [`Inquiry::handle_timeout`], then poll [`Inquiry::poll_transmit`] and
/// [`Inquiry::poll_event`] until they return `None`, then [`Inquiry::poll_timeout`].
#[derive(Debug)]
pub struct Inquiry {
    address: Ipv4Addr,
    xid: u32,
    begun: Timestamp,
    waits: Backoff,
    attempts: u32,
    /// When the next question is due, or the wait over; none after the end.
    due: Option<Timestamp>,
    malformed: Option<Malformed>,
    transmits: VecDeque<Vec<u8>>,
    events: VecDeque<InquiryEvent>,
}

impl Inquiry {
    /// Asks, for the host that has `address` on the link.
    pub fn begin(now: Timestamp, rng: &mut dyn CryptoRng, address: Ipv4Addr) -> Inquiry {
        let mut inquiry = Inquiry {
            address,
            xid: rng.next_u32(),
            begun: now,
            waits: WAITS,
            attempts: 0,
            due: Some(now),
            malformed: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        };
        inquiry.handle_timeout(now);
        inquiry
    }

    /// Takes an IP packet that came out of the link. What is no answer to our question counts for nothing.
    pub fn handle_packet(&mut self, packet: &[u8]) {
        let Some(datagram) = Datagram::parse(packet).filter(|_| self.due.is_some()) else { return };
        let to_us = *datagram.destination.ip() == self.address || datagram.destination.ip().is_broadcast();
        if !is_reply(packet) || !to_us {
            return;
        }
        let answer = match Message::parse(datagram.payload) {
            Ok(answer) => answer,
            Err(malformed) => {
                self.malformed = Some(malformed);
                return;
            }
        };
        let for_us = answer.ciaddr == self.address || answer.ciaddr.is_unspecified();
        if answer.op != Op::REPLY || answer.xid != self.xid || answer.chaddr != hardware(self.address) || !for_us {
            return;
        }
        let event = match answer.kind() {
            Some(MessageType::ACK) => match Learned::read(&answer) {
                Ok(learned) => InquiryEvent::Answered(Box::new(learned)),
                Err(malformed) => {
                    self.malformed = Some(malformed);
                    return;
                }
            },
            Some(MessageType::NAK) => InquiryEvent::Failed(Failure::Refused),
            _ => return,
        };
        self.due = None;
        self.transmits.clear();
        self.events.push_back(event);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        match self.waits.advance() {
            Some(wait) => {
                self.attempts += 1;
                self.due = Some(now + wait);
                self.transmits.push_back(self.question(now));
            }
            None => {
                self.due = None;
                let silence = Failure::Silence { attempts: self.attempts, elapsed: now.since(self.begun) };
                let failure = self.malformed.map_or(silence, Failure::Malformed);
                self.events.push_back(InquiryEvent::Failed(failure));
            }
        }
    }

    /// The next IP packet for the link.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmits.pop_front()
    }

    /// What came of it.
    pub fn poll_event(&mut self) -> Option<InquiryEvent> {
        self.events.pop_front()
    }

    /// When [`Inquiry::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.due
    }

    fn question(&self, now: Timestamp) -> Vec<u8> {
        let mut client_id = vec![1];
        client_id.extend(&hardware(self.address)[..6]);
        let message = Message {
            op: Op::REQUEST,
            htype: 1,
            hlen: 6,
            xid: self.xid,
            secs: u16::try_from(now.since(self.begun).as_secs()).unwrap_or(u16::MAX),
            flags: 0,
            ciaddr: self.address,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            chaddr: hardware(self.address),
            options: vec![
                (OptionCode::MESSAGE_TYPE, vec![MessageType::INFORM.0]),
                (OptionCode::CLIENT_ID, client_id),
                (OptionCode::MAX_SIZE, MAX_SIZE.to_be_bytes().to_vec()),
                (OptionCode::PARAMETERS, PARAMETERS.map(|code| code.0).to_vec()),
            ],
        };
        Datagram {
            source: SocketAddrV4::new(self.address, dhcp::CLIENT_PORT),
            destination: SocketAddrV4::new(Ipv4Addr::BROADCAST, dhcp::SERVER_PORT),
            payload: &message.encode(),
        }
        .to_packet()
    }
}

/// Whether an IP packet goes from a server's port to a client's, as answers do.
pub fn is_reply(packet: &[u8]) -> bool {
    let ports = Datagram::parse(packet).map(|datagram| (datagram.source.port(), datagram.destination.port()));
    ports == Some((SERVER_PORT, CLIENT_PORT))
}

/// A hardware address for a link that has none: locally administered, and nothing that tells of this host.
fn hardware(address: Ipv4Addr) -> [u8; 16] {
    let [a, b, c, d] = address.octets();
    let mut hardware = [0; 16];
    hardware[..6].copy_from_slice(&[0x02, 0x00, a, b, c, d]);
    hardware
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;

    use super::*;
    use crate::Offer;

    const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);
    const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

    fn offer() -> Offer {
        Offer {
            dns: vec![Ipv4Addr::new(10, 0, 0, 53)],
            domain: Some("corp.example".to_owned()),
            routes: vec!["10.0.0.0/8".parse().unwrap(), "192.168.7.0/24".parse().unwrap()],
        }
    }

    fn begin() -> Inquiry {
        Inquiry::begin(Timestamp::ZERO, &mut ChaCha20Rng::seed_from_u64(1), CLIENT)
    }

    /// The answer as another message, otherwise as it was.
    fn altered(answer: &[u8], alter: impl FnOnce(&mut Message)) -> Vec<u8> {
        let datagram = Datagram::parse(answer).unwrap();
        let mut message = Message::parse(datagram.payload).unwrap();
        alter(&mut message);
        Datagram { payload: &message.encode(), ..datagram }.to_packet()
    }

    #[test]
    fn a_client_learns_what_the_server_offers() {
        let mut inquiry = begin();
        let question = inquiry.poll_transmit().unwrap();
        let answer = offer().answer(SERVER, CLIENT, &question).unwrap();
        inquiry.handle_packet(&answer);
        let Some(InquiryEvent::Answered(learned)) = inquiry.poll_event() else { panic!("no answer") };
        assert_eq!(learned.dns, offer().dns);
        assert_eq!(learned.domain.as_deref(), Some("corp.example"));
        assert_eq!(learned.routes, offer().routes);
        assert_eq!((inquiry.poll_timeout(), inquiry.poll_event()), (None, None));
    }

    #[test]
    fn an_answer_to_somebody_else_is_none() {
        let mut inquiry = begin();
        let question = inquiry.poll_transmit().unwrap();
        let answer = offer().answer(SERVER, CLIENT, &question).unwrap();
        let other = Ipv4Addr::new(10, 99, 0, 3);
        let datagram = Datagram::parse(&answer).unwrap();
        let elsewhere = Datagram { destination: SocketAddrV4::new(other, 68), ..datagram }.to_packet();
        let from_elsewhere = Datagram { source: SocketAddrV4::new(SERVER, 6767), ..datagram }.to_packet();
        for wrong in [
            altered(&answer, |message| message.xid ^= 1),
            altered(&answer, |message| message.op = Op::REQUEST),
            altered(&answer, |message| message.ciaddr = other),
            altered(&answer, |message| message.chaddr[5] ^= 1),
            altered(&answer, |message| message.options.retain(|(code, _)| *code != OptionCode::MESSAGE_TYPE)),
            altered(&answer, |message| message.options[0].1 = vec![MessageType::OFFER.0]),
            elsewhere,
            from_elsewhere,
        ] {
            inquiry.handle_packet(&wrong);
            assert_eq!(inquiry.poll_event(), None);
        }
        inquiry.handle_packet(&answer);
        assert!(matches!(inquiry.poll_event(), Some(InquiryEvent::Answered(_))));
        inquiry.handle_packet(&answer);
        assert_eq!(inquiry.poll_event(), None, "there is one answer to a question");
    }

    #[test]
    fn silence_is_noticed_after_four_questions_in_eleven_seconds() {
        let mut inquiry = begin();
        let mut questions = 0;
        while let Some(due) = inquiry.poll_timeout() {
            questions += usize::from(inquiry.poll_transmit().is_some());
            inquiry.handle_timeout(due);
        }
        assert_eq!(questions, 4);
        let silence = Failure::Silence { attempts: 4, elapsed: Duration::from_secs(11) };
        assert_eq!(inquiry.poll_event(), Some(InquiryEvent::Failed(silence)));
    }

    #[test]
    fn a_malformed_answer_is_remembered_and_does_not_end_the_wait() {
        let mut inquiry = begin();
        let question = inquiry.poll_transmit().unwrap();
        let answer = offer().answer(SERVER, CLIENT, &question).unwrap();
        let cut = |message: &mut Message| {
            message.options.retain(|(code, _)| *code != OptionCode::CLASSLESS_ROUTES);
            message.options.push((OptionCode::CLASSLESS_ROUTES, vec![24, 10]));
        };
        inquiry.handle_packet(&altered(&answer, cut));
        assert_eq!(inquiry.poll_event(), None);
        while let Some(due) = inquiry.poll_timeout() {
            inquiry.handle_timeout(due);
        }
        assert!(matches!(inquiry.poll_event(), Some(InquiryEvent::Failed(Failure::Malformed(_)))));
    }
}
