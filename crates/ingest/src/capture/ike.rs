//! IKE: which message of which exchange, what was offered, chosen, notified and announced.

mod nat;
mod opening;
mod payloads;
mod suites;
mod version2;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use observe::ike::{Exchange, Fact, Message, Phase, Sent, Suite};
use observe::{About, Role, Time, Trouble, network};
use wire::Reader;
use wire::isakmp::{
    Cookie, Delete, ExchangeType, Flags, Fragment, HEADER_LEN, Header, Identity, Notify, PayloadType, ProtocolId,
    SaPayload, VendorId,
};

use self::nat::NatDetection;
use self::opening::Opening;
use self::payloads::Payloads;
use super::note::{Ends, Note, digest, likely, party, times};
use crate::Keys;

/// Negotiations that are followed.
const MOST: usize = 4096;
/// Messages of one negotiation that are remembered, to know their repetitions.
const MOST_SEEN: usize = 64;
/// Quick modes of one negotiation that are remembered.
const MOST_QUICK: usize = 64;
/// The same packet within this time was captured twice, at two interfaces of one machine, rather than sent twice; and within
/// the second time when it has other addresses there, in microseconds.
const TWICE: i64 = 2_000;
const ELSEWHERE: i64 = 50_000;
/// Addresses of one client that are remembered.
const MOST_SOURCES: usize = 8;
/// Sets of fragments of one negotiation, and pieces of one of them.
const MOST_FRAGMENTED: usize = 8;
const MOST_PIECES: usize = 32;

/// A datagram that holds an IKE message, behind the non-ESP marker.
#[derive(Clone, Copy)]
pub(super) struct Datagram<'a> {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub message: &'a [u8],
    /// Whether it came with the non-ESP marker.
    pub port_4500: bool,
    /// Whether the capture has only a part of it.
    pub cut: bool,
}

/// All negotiations of a capture.
pub(super) struct Tracker {
    keys: Keys,
    sas: HashMap<Cookie, Sa>,
    too_many: bool,
}

/// One negotiation: what goes by one initiator cookie.
struct Sa {
    number: usize,
    client: SocketAddr,
    server: SocketAddr,
    about: About,
    seen: Vec<Seen>,
    quick: Vec<Quick>,
    fragmented: Vec<Fragmented>,
    nat: NatDetection,
    certificate: Option<bool>,
    /// Where the client's messages came from last, once it had left port 500.
    moved: Option<SocketAddr>,
    /// The addresses from which the client was seen to send.
    sources: Vec<IpAddr>,
    phase1_told: bool,
    last: [Option<(Sent, Time)>; 2],
    unanswered: u32,
    last_sender: Option<Role>,
    opening: Option<Opening>,
    /// The ESP suite and whether it is for transport mode, where quick mode could be opened.
    child: Option<(Suite, Option<bool>)>,
}

struct Seen {
    digest: u64,
    from: Role,
    exchange: Exchange,
    last: Time,
    way: (SocketAddr, SocketAddr),
}

/// A quick mode: who began it, and how far it came.
struct Quick {
    id: u32,
    by: Role,
    reached: u8,
}

/// A message in fragments of the IKE layer.
struct Fragmented {
    from: Role,
    id: u32,
    since: Time,
    /// How many there are, when that was said.
    of: Option<usize>,
    pieces: Vec<(u16, Vec<u8>)>,
    told: bool,
}

impl Tracker {
    pub(super) fn new(keys: &Keys) -> Tracker {
        Tracker { keys: keys.clone(), sas: HashMap::new(), too_many: false }
    }

    /// Takes a message that passed.
    pub(super) fn message(&mut self, note: &mut Note<'_, '_>, ends: &mut Ends, datagram: &Datagram<'_>) {
        let Ok(header) = Header::parse(datagram.message) else {
            if !datagram.cut {
                note.trouble(Trouble::IkeHeaderShort);
            }
            return;
        };
        if !matches!(header.major_version(), 1 | 2) {
            return;
        }
        if self.sas.len() >= MOST && !self.sas.contains_key(&header.cookies.initiator) {
            self.too_many = true;
            return;
        }
        let number = self.sas.len();
        let keys = &self.keys;
        let sa = self.sas.entry(header.cookies.initiator).or_insert_with(|| {
            let key = keys.ike.iter().find(|key| key.cookie == header.cookies.initiator.0);
            let opening = key.map(|key| Opening::new(key.key.clone()));
            Sa { opening, ..Sa::new(number, datagram, &header, ends) }
        });
        let from = sa.sender(ends, datagram, &header);
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        if (length > datagram.message.len() || length < HEADER_LEN) && !datagram.cut {
            note.trouble(Trouble::IkeLength { octets: datagram.message.len(), said: header.length });
        }
        let message = datagram.message.get(..length.max(HEADER_LEN)).unwrap_or(datagram.message);
        sa.take(note, datagram, &header, message, from, false);
    }

    /// Tells how each negotiation stands at the end.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>) {
        if self.too_many {
            note.trouble(Trouble::IkeMany { most: MOST });
        }
        let mut sas: Vec<Sa> = std::mem::take(&mut self.sas).into_values().collect();
        sas.sort_by_key(|sa| sa.number);
        for sa in &mut sas {
            sa.finish(note);
        }
    }
}

impl Sa {
    fn new(number: usize, datagram: &Datagram<'_>, header: &Header, ends: &mut Ends) -> Sa {
        let (source, destination) = (datagram.source, datagram.destination);
        let first = header.cookies.responder.is_zero();
        let from = if header.major_version() == 2 {
            if header.flags.0 & version2::INITIATOR != 0 { Role::Client } else { Role::Server }
        } else if header.exchange == ExchangeType::MAIN_MODE && header.next_payload == PayloadType::SA && !first {
            Role::Server
        } else {
            let known = if first { None } else { ends.role(source, destination) };
            known.unwrap_or(if first { Role::Client } else { likely(source, destination) })
        };
        let (client, server) = if from == Role::Client { (source, destination) } else { (destination, source) };
        if first {
            ends.began(client.ip(), server.ip());
        } else {
            ends.guess(client.ip(), server.ip());
        }
        let name = header.cookies.initiator.to_string();
        ends.attempt(client, server, &name);
        let about = About { client: Some(client), server: Some(server), attempt: Some(name), ..About::default() };
        Sa {
            number,
            client,
            server,
            about,
            seen: Vec::new(),
            quick: Vec::new(),
            fragmented: Vec::new(),
            nat: NatDetection::default(),
            certificate: None,
            moved: None,
            sources: Vec::new(),
            phase1_told: false,
            last: [None, None],
            unanswered: 0,
            last_sender: None,
            opening: None,
            child: None,
        }
    }

    /// Who sent a datagram of this negotiation; follows its ends to other ports, and behind a NAT to other addresses.
    fn sender(&mut self, ends: &mut Ends, datagram: &Datagram<'_>, header: &Header) -> Role {
        let (source, destination) = (datagram.source, datagram.destination);
        let from = if header.major_version() == 2 {
            if header.flags.0 & version2::INITIATOR != 0 { Role::Client } else { Role::Server }
        } else if source == self.client {
            Role::Client
        } else if source == self.server
            || (self.client.ip() != self.server.ip() && source.ip() == self.server.ip())
            // A server of several addresses may answer from another one than was asked.
            || (source.ip() != self.client.ip() && destination == self.client)
        {
            Role::Server
        } else {
            Role::Client
        };
        let (client, server) = if from == Role::Client { (source, destination) } else { (destination, source) };
        if from == Role::Client {
            if self.sources.len() < MOST_SOURCES && !self.sources.contains(&client.ip()) {
                self.sources.push(client.ip());
            }
        } else if !self.sources.is_empty() && !self.sources.contains(&client.ip()) {
            ends.alias(client.ip(), self.client.ip());
            return from;
        }
        if (client, server) != (self.client, self.server) {
            ends.began(client.ip(), server.ip());
            ends.attempt(client, server, self.about.attempt.as_deref().unwrap_or_default());
            (self.client, self.server) = (client, server);
            self.about.client = Some(client);
            self.about.server = Some(server);
        }
        from
    }

    fn take(
        &mut self,
        note: &mut Note<'_, '_>,
        datagram: &Datagram<'_>,
        header: &Header,
        message: &[u8],
        from: Role,
        assembled: bool,
    ) {
        let encrypted = header.major_version() == 1 && header.flags.contains(Flags::ENCRYPTION);
        let is_fragment = header.major_version() == 1 && header.next_payload == PayloadType::FRAGMENT;
        let payloads = if encrypted && !is_fragment {
            Payloads::read(message, PayloadType::NONE)
        } else {
            Payloads::read(message, header.next_payload)
        };
        if is_fragment {
            if !assembled {
                self.fragment(note, datagram, header, &payloads, from);
            }
            return;
        }
        if header.major_version() == 2 && self.fragment2(note, header, &payloads, from) {
            return;
        }
        let digest = digest(message);
        let way = (datagram.source, datagram.destination);
        let known = self.seen.iter_mut().find(|seen| seen.digest == digest && seen.from == from);
        let earlier = match known {
            Some(seen) => {
                let since = note.now().since(seen.last);
                // A capture whose times stand still says nothing by them.
                if since > 0 && (since < TWICE || (seen.way != way && since < ELSEWHERE)) {
                    return;
                }
                seen.last = note.now();
                Some(seen.exchange)
            }
            None => None,
        };
        if from == Role::Client {
            self.follow(note, datagram);
        }
        let repeated = earlier.is_some();
        let exchange = match earlier {
            Some(exchange) => exchange,
            None if header.major_version() == 2 => version2::exchange(header),
            None => self.exchange(header, &payloads, from, encrypted),
        };
        if !repeated {
            if self.seen.len() == MOST_SEEN {
                self.seen.remove(0);
            }
            self.seen.push(Seen { digest, from, exchange, last: note.now(), way });
        }
        self.remember(note.now(), from, exchange);
        let mut text = describe(header, exchange, from, datagram.port_4500);
        if repeated {
            text.push_str(", sent again");
        }
        if let Some(problem) = payloads.problem.filter(|_| !datagram.cut) {
            text.push_str(&format!(" ({problem})"));
            note.trouble(Trouble::Malformed(problem));
        }
        let fact = Fact::Message(Message {
            from: party(from),
            exchange,
            id: header.message_id,
            cookies: Some((
                u64::from_be_bytes(header.cookies.initiator.0),
                u64::from_be_bytes(header.cookies.responder.0),
            )),
            port_4500: datagram.port_4500,
            repeated,
            octets: Some(header.length),
        });
        note.push(&self.about, &text, fact);
        if repeated {
            return;
        }
        if header.major_version() == 2 {
            self.content2(note, datagram, header, &payloads, from, exchange);
        } else {
            if !encrypted {
                self.content(note, datagram, header, &payloads, from, exchange, false);
            } else if let Some(clear) = self.opening.as_mut().and_then(|opening| opening.open(header, message)) {
                let opened = Payloads::read(&clear, header.next_payload);
                if opened.problem.is_none() {
                    self.content(note, datagram, header, &opened, from, exchange, true);
                } else {
                    note.trouble(Trouble::IkeKeyWrong);
                }
            }
            self.milestones(note, exchange, datagram.port_4500);
        }
    }

    /// Leaving port 500 is part of the protocol; another address or port after that is a NAT's doing.
    fn follow(&mut self, note: &mut Note<'_, '_>, datagram: &Datagram<'_>) {
        if let Some(before) = self.moved.filter(|before| *before != datagram.source) {
            let text = format!("the client's packets now come from {}", datagram.source);
            let fact = Fact::MappingChanged { from: Some(before), to: Some(datagram.source) };
            note.push(&self.about, &text, fact);
        }
        if datagram.port_4500 {
            self.moved = Some(datagram.source);
        }
    }

    fn remember(&mut self, at: Time, from: Role, exchange: Exchange) {
        if self.last_sender == Some(from) {
            self.unanswered += 1;
        } else {
            self.unanswered = 1;
            self.last_sender = Some(from);
        }
        let last = &mut self.last[usize::from(from == Role::Server)];
        *last = match *last {
            Some((Sent { exchange: before, times }, _)) if before == exchange => {
                Some((Sent { exchange, times: times + 1 }, at))
            }
            _ => Some((Sent { exchange, times: 1 }, at)),
        };
    }

    /// Which message this is, told from direction, order and what is visible (RFC 2409 §5).
    fn exchange(&mut self, header: &Header, payloads: &Payloads<'_>, from: Role, encrypted: bool) -> Exchange {
        let client = from == Role::Client;
        match header.exchange {
            ExchangeType::MAIN_MODE => {
                let step = if encrypted {
                    4
                } else if payloads.has(PayloadType::SA) {
                    0
                } else if payloads.has(PayloadType::KEY_EXCHANGE) {
                    2
                } else {
                    return Exchange::Other;
                };
                Exchange::MainMode(step + if client { 1 } else { 2 })
            }
            ExchangeType::AGGRESSIVE => Exchange::AggressiveMode(match (client, payloads.has(PayloadType::SA)) {
                (true, true) => 1,
                (true, false) => 3,
                (false, _) => 2,
            }),
            ExchangeType::QUICK_MODE => Exchange::QuickMode(self.quick_step(header.message_id, from)),
            ExchangeType::INFORMATIONAL => Exchange::Informational,
            ExchangeType::TRANSACTION => Exchange::Transaction,
            _ => Exchange::Other,
        }
    }

    fn quick_step(&mut self, id: u32, from: Role) -> u8 {
        if let Some(quick) = self.quick.iter_mut().find(|quick| quick.id == id) {
            quick.reached = match (quick.by == from, quick.reached) {
                (true, 1) => 1,
                (true, _) => 3,
                (false, 1 | 2) => 2,
                (false, _) => 4,
            };
            return quick.reached;
        }
        if self.quick.len() == MOST_QUICK {
            self.quick.remove(0);
        }
        self.quick.push(Quick { id, by: from, reached: 1 });
        1
    }

    /// What an encrypted message proves by its mere presence: nobody goes on who does not accept what was before.
    fn milestones(&mut self, note: &mut Note<'_, '_>, exchange: Exchange, port_4500: bool) {
        let begins_phase2 = matches!(exchange, Exchange::QuickMode(_) | Exchange::Transaction);
        if begins_phase2 && !self.phase1_told {
            self.phase1_told = true;
            let fact = Fact::Phase1Up { certificate: self.certificate };
            note.push(&self.about, "phase 1 is complete: what follows it has begun", fact);
        }
        if exchange == Exchange::QuickMode(3) {
            let (suite, transport) = self.child.take().map_or((None, None), |(suite, mode)| (Some(suite), mode));
            let fact = Fact::Phase2Up { encapsulated: Some(port_4500), transport, suite, spis: None };
            note.push(&self.about, "the initiator confirmed quick mode", fact);
        }
    }

    /// What the payloads of an IKEv1 message say.
    #[expect(clippy::too_many_arguments, reason = "a message with its circumstances")]
    fn content(
        &mut self,
        note: &mut Note<'_, '_>,
        datagram: &Datagram<'_>,
        header: &Header,
        payloads: &Payloads<'_>,
        from: Role,
        exchange: Exchange,
        protected: bool,
    ) {
        let phase = if matches!(exchange, Exchange::QuickMode(_)) { Phase::Two } else { Phase::One };
        for (kind, reader) in &payloads.list {
            let reader = reader.clone();
            let result = match *kind {
                PayloadType::SA => SaPayload::parse(reader).map(|sa| self.sa_payload(note, &sa, from, phase, exchange)),
                PayloadType::VENDOR_ID => {
                    self.vendor(note, reader, from);
                    Ok(())
                }
                PayloadType::NOTIFICATION => Notify::parse(reader).map(|notify| {
                    let phase = match notify.protocol {
                        ProtocolId::ESP => Some(Phase::Two),
                        _ if !self.phase1_told => Some(Phase::One),
                        _ => None,
                    };
                    let text = format!("{} notifies {}", from, notify.kind);
                    let fact = Fact::Notify { from: party(from), kind: notify.kind, phase, protected };
                    note.push(&self.about, &text, fact);
                }),
                PayloadType::DELETE => Delete::parse(reader).map(|delete| {
                    let phase = if delete.protocol == ProtocolId::ISAKMP { Phase::One } else { Phase::Two };
                    let text = format!("{from} deletes its {} associations", delete.protocol);
                    note.push(&self.about, &text, Fact::Deleted { by: party(from), phase, traffic: None });
                }),
                PayloadType::IDENTIFICATION if phase == Phase::One => Identity::parse(reader).map(|identity| {
                    let identity = identity.to_string();
                    let text = format!("{from} identifies itself as {identity}");
                    note.push(&self.about, &text, Fact::Identity { of: party(from), identity });
                }),
                PayloadType::KEY_EXCHANGE if phase == Phase::One => {
                    if let Some(opening) = &mut self.opening {
                        opening.key_exchange(from, reader.clone().rest());
                    }
                    Ok(())
                }
                _ => Ok(()),
            };
            if let Err(problem) = result {
                note.trouble(Trouble::Malformed(problem));
            }
        }
        let hashes = payloads.of(PayloadType::NAT_D).chain(payloads.of(PayloadType::NAT_D_DRAFT));
        let hashes: Vec<&[u8]> = hashes.map(|mut reader| reader.rest()).collect();
        if !hashes.is_empty() {
            let (destination, sources) = (hashes[0], &hashes[1..]);
            let result = self.nat.version1(&header.cookies, datagram, from, destination, sources);
            self.tell_nat(note, result);
        }
    }

    fn tell_nat(&self, note: &mut Note<'_, '_>, result: Option<(Option<bool>, Option<bool>)>) {
        if let Some((client, server)) = result {
            let text = match (client, server) {
                (Some(true), Some(true)) => "both ends are behind a NAT, or say so",
                (Some(true), _) => "the client is behind a NAT, or says so",
                (_, Some(true)) => "the server is behind a NAT, or says so",
                _ => "no NAT between client and server",
            };
            note.push(&self.about, text, Fact::Nat { client, server, forced: false });
        }
    }

    fn sa_payload(&mut self, note: &mut Note<'_, '_>, sa: &SaPayload, from: Role, phase: Phase, exchange: Exchange) {
        let suites = if phase == Phase::One { suites::phase1(sa) } else { suites::phase2(sa) };
        let offers = matches!(exchange, Exchange::MainMode(1) | Exchange::AggressiveMode(1) | Exchange::QuickMode(1));
        if phase == Phase::Two
            && !offers
            && let Some(suite) = suites.first()
        {
            self.child = Some((suite.clone(), suites::transport(sa)));
        }
        self.tell_suites(note, suites, from, phase, offers);
    }

    fn tell_suites(&mut self, note: &mut Note<'_, '_>, suites: Vec<Suite>, from: Role, phase: Phase, offers: bool) {
        let names: Vec<String> = suites.iter().map(suites::name).collect();
        if offers {
            let text = format!("{from} offers {}", names.join(", "));
            note.push(&self.about, &text, Fact::Offered { phase, from: party(from), suites });
        } else if let Some(suite) = suites.into_iter().next() {
            if phase == Phase::One {
                self.certificate = suites::by_certificate(&suite);
                if let Some(opening) = &mut self.opening {
                    opening.chosen(&suite);
                }
            }
            let text = format!("{from} chooses {}", names.first().map_or("", |name| name));
            note.push(&self.about, &text, Fact::Chosen { phase, suite });
        }
    }

    fn vendor(&self, note: &mut Note<'_, '_>, mut reader: Reader<'_>, from: Role) {
        let name = VendorId(reader.rest()).to_string();
        note.push(&self.about, &format!("{from}: {name}"), Fact::Vendor { from: party(from), name });
    }

    /// A fragment of an IKEv1 message; the whole message is taken when it is complete ([MS-IKEE] §2.2.3).
    fn fragment(
        &mut self,
        note: &mut Note<'_, '_>,
        datagram: &Datagram<'_>,
        header: &Header,
        payloads: &Payloads<'_>,
        from: Role,
    ) {
        let Some(fragment) = payloads.first(PayloadType::FRAGMENT).and_then(|reader| Fragment::parse(reader).ok())
        else {
            note.trouble(Trouble::IkeFragmentShort);
            return;
        };
        let of = fragment.last.then_some(usize::from(fragment.number));
        let id = u32::from(fragment.id);
        let set = self.fragmented(from, id, note.now());
        let Some(set) = set else { return };
        set.add(u16::from(fragment.number), fragment.data.to_vec(), of);
        let Some(whole) = set.whole() else { return };
        self.fragmented.retain(|set| set.from != from || set.id != id);
        if let Ok(inner) = Header::parse(&whole)
            && inner.cookies == header.cookies
        {
            self.take(note, datagram, &inner, &whole, from, true);
        }
    }

    /// Whether this is a fragment of an IKEv2 message (RFC 7383 §2.5) that is not the first: only that one is told.
    fn fragment2(&mut self, note: &mut Note<'_, '_>, header: &Header, payloads: &Payloads<'_>, from: Role) -> bool {
        let Some(mut reader) = payloads.first(PayloadType(53)) else { return false };
        let (Ok(number), Ok(total)) = (reader.u16("fragment number"), reader.u16("total fragments")) else {
            return false;
        };
        // A message ID counts requests and responses of both sides apart.
        let id = header.message_id ^ u32::from(header.flags.0 & version2::RESPONSE) << 26;
        let Some(set) = self.fragmented(from, id, note.now()) else { return number != 1 };
        set.add(number, Vec::new(), Some(usize::from(total)));
        set.told = set.pieces.len() >= usize::from(total);
        number != 1
    }

    fn fragmented(&mut self, from: Role, id: u32, since: Time) -> Option<&mut Fragmented> {
        let known = self.fragmented.iter().position(|set| set.from == from && set.id == id);
        let index = match known {
            Some(index) => index,
            None => {
                if self.fragmented.len() >= MOST_FRAGMENTED {
                    let done = self.fragmented.iter().position(|set| set.told).unwrap_or(0);
                    self.fragmented.remove(done);
                }
                self.fragmented.push(Fragmented { from, id, since, of: None, pieces: Vec::new(), told: false });
                self.fragmented.len() - 1
            }
        };
        self.fragmented.get_mut(index)
    }

    fn finish(&mut self, note: &mut Note<'_, '_>) {
        for set in self.fragmented.iter().filter(|set| !set.told) {
            let text = format!("{} sent an IKE message in fragments, of which {} came", set.from, set.pieces.len());
            note.push_whole(set.since, &self.about, &text, network::Fact::FragmentsLost { from: party(set.from) });
        }
        let rest = self.nat.rest();
        self.tell_nat(note, rest);
        let end = note.now();
        let [client, server] = self.last;
        let Some(last) = client.into_iter().chain(server).map(|(_, at)| at).max() else { return };
        let seconds = u32::try_from(end.since(last) / 1_000_000).unwrap_or(0);
        let (client, server) = (client.map(|(sent, _)| sent), server.map(|(sent, _)| sent));
        let tell = |sent: Option<Sent>| {
            sent.map_or("nothing".to_owned(), |sent| format!("{:?} {}", sent.exchange, times(sent.times)))
        };
        let text = format!(
            "last from the client: {}; last from the server: {}; then nothing for {seconds} s",
            tell(client),
            tell(server)
        );
        let fact = Fact::Stood { client, server, unanswered: self.unanswered, seconds };
        note.push_whole(last, &self.about, &text, fact);
    }
}

impl Fragmented {
    fn add(&mut self, number: u16, data: Vec<u8>, of: Option<usize>) {
        let known = self.pieces.iter().any(|(piece, _)| *piece == number);
        if !known && self.pieces.len() < MOST_PIECES {
            self.pieces.push((number, data));
        }
        self.of = of.or(self.of);
    }

    fn whole(&mut self) -> Option<Vec<u8>> {
        if self.pieces.len() != self.of? {
            return None;
        }
        self.pieces.sort_by_key(|(number, _)| *number);
        let in_order = self.pieces.iter().zip(1u16..).all(|((number, _), expected)| *number == expected);
        in_order.then(|| self.pieces.iter().flat_map(|(_, data)| data).copied().collect())
    }
}

fn describe(header: &Header, exchange: Exchange, from: Role, port_4500: bool) -> String {
    let name = match exchange {
        Exchange::MainMode(step) => format!("main mode message {step}"),
        Exchange::AggressiveMode(step) => format!("aggressive mode message {step}"),
        Exchange::QuickMode(step) => format!("quick mode message {step}"),
        _ => header.exchange.to_string(),
    };
    let port = if port_4500 { 4500 } else { 500 };
    format!("{from}: IKEv{} {name}, {} octets, port {port}", header.major_version(), header.length)
}
