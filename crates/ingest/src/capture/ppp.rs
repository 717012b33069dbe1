//! PPP: what both ends of a link negotiate in clear.

mod auth;
mod network;

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::ppp::{Fact, Method, Protocol};
use observe::{About, Party, Role, Time, Trouble};
use wire::ppp::{
    self, AuthCode, AuthProtocol, ChapAlgorithm, Code, EapCode, LcpKind, Options, Packet, TerminateReason,
};

use self::auth::Authentication;
use self::network::Network;
use super::note::{Note, digest, party, readable};

/// Links that are followed.
const MOST: usize = 4096;
/// Packets of one link that are remembered, to know their repetitions.
const MOST_SEEN: usize = 64;
/// Requests without an answer that make a silence.
const SILENCE: u32 = 3;
/// Refusals of one protocol's options that make a negotiation without end.
const ENDLESS: u32 = 10;

/// What a link runs over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Carrier {
    /// L2TP, in clear or opened.
    L2tp,
    /// GRE of PPTP.
    Gre,
}

/// The name of a link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    pub carrier: Carrier,
    pub client: SocketAddr,
    pub server: SocketAddr,
}

/// All links of a capture.
#[derive(Default)]
pub(super) struct Links {
    links: HashMap<Key, Link>,
    begun: usize,
}

/// One link.
struct Link {
    number: usize,
    about: About,
    last: Time,
    seen: Vec<(u64, Role)>,
    control: HashMap<u16, Control>,
    echo: [u32; 2],
    demanded: [Option<Method>; 2],
    up: bool,
    authentication: Authentication,
    network: Network,
}

/// A control protocol: what each end asked for.
#[derive(Default)]
struct Control {
    sides: [Side; 2],
    refusals: u32,
    up: bool,
    last: Option<Time>,
}

/// What one end asked for.
#[derive(Default)]
struct Side {
    /// Its latest Configure-Request's options.
    asked: Vec<u8>,
    accepted: bool,
    /// Its requests since the other end last spoke this protocol.
    unanswered: u32,
    spoke: bool,
}

impl Links {
    /// A new call begins: what was known of an earlier one is over.
    pub(super) fn begin(&mut self, note: &mut Note<'_, '_>, key: Key) {
        if let Some(link) = self.links.remove(&key) {
            link.finish(note);
        }
    }

    /// Takes a frame; the IP packet in it, if it carries one.
    pub(super) fn frame<'p>(
        &mut self,
        note: &mut Note<'_, '_>,
        key: Key,
        about: &About,
        from: Role,
        frame: &'p [u8],
    ) -> Option<&'p [u8]> {
        let Ok((protocol, offset)) = ppp::frame(frame) else {
            note.trouble(Trouble::PppShort);
            return None;
        };
        let information = frame.get(offset..)?;
        if matches!(protocol, ppp::Protocol::IPV4 | ppp::Protocol::IPV6) {
            return Some(information);
        }
        let control = matches!(
            protocol,
            ppp::Protocol::LCP
                | ppp::Protocol::PAP
                | ppp::Protocol::CHAP
                | ppp::Protocol::EAP
                | ppp::Protocol::CCP
                | ppp::Protocol::IPCP
                | ppp::Protocol::IPV6CP
                | ppp::Protocol::CBCP
                | ppp::Protocol::ACSP
        );
        if !control || (self.links.len() >= MOST && !self.links.contains_key(&key)) {
            return None;
        }
        let begun = &mut self.begun;
        let link = self.links.entry(key).or_insert_with(|| {
            *begun += 1;
            Link::new(*begun, about.clone())
        });
        link.about.attempt.clone_from(&about.attempt);
        match Packet::parse(information) {
            Ok(packet) => link.packet(note, protocol, packet, from),
            Err(problem) => note.trouble(Trouble::Malformed(problem)),
        }
        None
    }

    /// Tells what stayed unanswered.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>) {
        let mut links: Vec<Link> = std::mem::take(&mut self.links).into_values().collect();
        links.sort_by_key(|link| link.number);
        for link in links {
            link.finish(note);
        }
    }
}

impl Link {
    fn new(number: usize, about: About) -> Link {
        Link {
            number,
            about,
            last: Time(0),
            seen: Vec::new(),
            control: HashMap::new(),
            echo: [0; 2],
            demanded: [None; 2],
            up: false,
            authentication: Authentication::default(),
            network: Network::default(),
        }
    }

    fn packet(&mut self, note: &mut Note<'_, '_>, protocol: ppp::Protocol, packet: Packet<'_>, from: Role) {
        self.last = note.now();
        let named = named(protocol);
        if protocol == ppp::Protocol::LCP && matches!(Code(packet.code), Code::ECHO_REQUEST | Code::ECHO_REPLY) {
            self.echo(note, packet, from);
            return;
        }
        let repeated = self.is_repeated(protocol, packet, from);
        let negotiates = matches!(packet.code, 1..=4) && is_negotiated(protocol);
        let name = match protocol {
            ppp::Protocol::PAP => ["Authenticate-Request", "Authenticate-Ack", "Authenticate-Nak"]
                .get(usize::from(packet.code).wrapping_sub(1))
                .map_or_else(|| packet.code.to_string(), |name| (*name).to_owned()),
            ppp::Protocol::CHAP => AuthCode(packet.code).to_string(),
            ppp::Protocol::EAP => EapCode(packet.code).to_string(),
            _ => Code(packet.code).to_string(),
        };
        let text = format!("{from}: {protocol} {name}{}", if repeated { ", sent again" } else { "" });
        let fact = Fact::Packet { from: party(from), protocol: named, code: packet.code, repeated };
        note.push(&self.about, &text, fact);
        self.count(note, protocol, packet, from);
        if repeated {
            return;
        }
        match protocol {
            ppp::Protocol::LCP => self.lcp(note, packet, from),
            ppp::Protocol::PAP | ppp::Protocol::CHAP | ppp::Protocol::EAP => {
                let method = self.demanded[usize::from(from.other() == Role::Server)]
                    .or(self.demanded[usize::from(from == Role::Server)]);
                self.authentication.packet(note, &mut self.about, protocol, packet, from, method);
            }
            _ => {}
        }
        if negotiates {
            self.negotiation(note, protocol, packet, from);
        }
    }

    /// Whether the same was sent before. A request under a new identifier is the same if nothing else has changed.
    fn is_repeated(&mut self, protocol: ppp::Protocol, packet: Packet<'_>, from: Role) -> bool {
        let request = packet.code == 1 && is_negotiated(protocol);
        let id = if request { 0 } else { packet.id };
        let head = [protocol.0.to_be_bytes()[0], protocol.0.to_be_bytes()[1], packet.code, id];
        let digest = digest(&[&head[..], packet.data].concat());
        if self.seen.contains(&(digest, from)) {
            return true;
        }
        if self.seen.len() == MOST_SEEN {
            self.seen.remove(0);
        }
        self.seen.push((digest, from));
        false
    }

    fn echo(&mut self, note: &mut Note<'_, '_>, packet: Packet<'_>, from: Role) {
        let request = Code(packet.code) == Code::ECHO_REQUEST;
        let missing = &mut self.echo[usize::from((from == Role::Server) == request)];
        if !request {
            *missing = 0;
            return;
        }
        *missing += 1;
        // A link that lives sends these for hours; only those that may mean something are told.
        if *missing >= 2 {
            let fact = Fact::Packet { from: party(from), protocol: Protocol::Lcp, code: packet.code, repeated: true };
            note.push(&self.about, &format!("{from}: LCP Echo-Request, the one before is unanswered"), fact);
        }
    }

    /// Counts what is unanswered.
    fn count(&mut self, note: &Note<'_, '_>, protocol: ppp::Protocol, packet: Packet<'_>, from: Role) {
        let control = self.control.entry(protocol.0).or_default();
        control.last = Some(note.now());
        let mine = &mut control.sides[usize::from(from == Role::Server)];
        mine.spoke = true;
        if packet.code == 1 {
            mine.unanswered += 1;
        }
        control.sides[usize::from(from != Role::Server)].unanswered = 0;
    }

    fn lcp(&mut self, note: &mut Note<'_, '_>, packet: Packet<'_>, from: Role) {
        match Code(packet.code) {
            Code::CONFIGURE_REQUEST => {
                if let Some(method) = authentication_option(packet.data) {
                    let demanded = &mut self.demanded[usize::from(from == Role::Server)];
                    if demanded.replace(method) != Some(method) {
                        let text = format!("{from} demands authentication: {}", name(method));
                        note.push(&self.about, &text, Fact::AuthenticationDemanded { by: party(from), method });
                    }
                }
            }
            Code::CONFIGURE_NAK | Code::CONFIGURE_REJECT => {
                let demanded = self.demanded[usize::from(from != Role::Server)];
                if let (Some(method), Some(asked)) = (demanded, authentication_option(packet.data)) {
                    let instead = (Code(packet.code) == Code::CONFIGURE_NAK).then_some(asked);
                    let wish = instead.map_or("nothing".to_owned(), name);
                    let text = format!("{from} declines {} and proposes {wish}", name(method));
                    let fact = Fact::AuthenticationDeclined { by: party(from), method, instead };
                    note.push(&self.about, &text, fact);
                }
            }
            Code::TERMINATE_REQUEST => {
                let code = TerminateReason::parse(packet.data).map(|reason| reason.ras.0);
                let text = if code.is_some() { String::new() } else { readable(packet.data) };
                let shown = code.map_or_else(|| text.clone(), |code| format!("error {code}"));
                if text.contains("MPPE required") {
                    let fact = Fact::EncryptionRequired { by: party(from) };
                    note.push(&self.about, &format!("{from}: {text}"), fact);
                }
                let fact = Fact::Terminated { by: party(from), text, code };
                note.push(&self.about, &format!("{from} ends the link: {shown}"), fact);
            }
            Code::PROTOCOL_REJECT => {
                if let [high, low, ..] = *packet.data {
                    let rejected = ppp::Protocol(u16::from_be_bytes([high, low]));
                    let fact = Fact::ProtocolRejected { by: party(from), protocol: named(rejected) };
                    note.push(&self.about, &format!("{from} rejects {rejected}"), fact);
                }
            }
            _ => {}
        }
    }

    /// The option negotiation that LCP, CCP, IPCP and IPv6CP share (RFC 1661 §4).
    fn negotiation(&mut self, note: &mut Note<'_, '_>, protocol: ppp::Protocol, packet: Packet<'_>, from: Role) {
        let Some(control) = self.control.get_mut(&protocol.0) else { return };
        let (mine, other) = (usize::from(from == Role::Server), usize::from(from != Role::Server));
        match Code(packet.code) {
            Code::CONFIGURE_REQUEST => {
                if control.sides[other].asked == packet.data && !packet.data.is_empty() && has_magic(protocol, packet) {
                    note.push(&self.about, "its own request came back", Fact::Loopback { at: party(from.other()) });
                }
                control.sides[mine].asked = packet.data.to_vec();
                control.sides[mine].accepted = false;
                control.up = false;
            }
            Code::CONFIGURE_ACK => control.sides[other].accepted = true,
            Code::CONFIGURE_NAK | Code::CONFIGURE_REJECT => {
                control.refusals += 1;
                if control.refusals == ENDLESS {
                    let text = format!("{protocol} does not come to an agreement");
                    note.push(&self.about, &text, Fact::NotConverging { protocol: named(protocol) });
                }
                let asked = &control.sides[other].asked;
                self.network.refused(note, &self.about, protocol, packet, from, asked);
            }
            _ => {}
        }
        if control.up || !control.sides.iter().all(|side| side.accepted) {
            return;
        }
        control.up = true;
        let [client, server] = &control.sides;
        match protocol {
            ppp::Protocol::LCP if !self.up => {
                self.up = true;
                note.push(&self.about, "LCP is up", Fact::LinkUp);
            }
            ppp::Protocol::CCP => network::encryption(note, &self.about, &client.asked, &server.asked),
            ppp::Protocol::IPCP | ppp::Protocol::IPV6CP => {
                network::up(note, &self.about, protocol, &client.asked, &server.asked);
            }
            _ => {}
        }
    }

    fn finish(self, note: &mut Note<'_, '_>) {
        let encrypted = self.control.get(&ppp::Protocol::CCP.0).is_some_and(|control| control.up);
        let mut control: Vec<_> =
            self.control.into_iter().filter(|(number, _)| is_negotiated(ppp::Protocol(*number))).collect();
        control.sort_by_key(|(number, control)| (control.last, *number));
        for (number, control) in control {
            let protocol = ppp::Protocol(number);
            for (index, role) in [Role::Client, Role::Server].into_iter().enumerate() {
                let (side, other) = (&control.sides[index], &control.sides[1 - index]);
                if side.unanswered >= SILENCE && !other.spoke {
                    let text =
                        format!("{role}: {} {protocol} requests, and no word of {protocol} came back", side.unanswered);
                    let fact = Fact::Unanswered { at: party(role), protocol: named(protocol) };
                    note.push_whole(control.last.unwrap_or(self.last), &self.about, &text, fact);
                }
            }
        }
        if let Some(role) = self.network.apart().filter(|_| !encrypted) {
            let text = format!("{role}: the strengths of MPPE that the other end asks for are refused");
            note.push_whole(self.last, &self.about, &text, Fact::EncryptionStrength { at: party(role) });
        }
        for (missing, role) in self.echo.into_iter().zip([Role::Client, Role::Server]) {
            if missing >= SILENCE {
                let text = format!("{role}: the last {missing} LCP Echo-Requests are unanswered");
                note.push_whole(self.last, &self.about, &text, Fact::PeerDead { at: party(role) });
            }
        }
    }
}

fn is_negotiated(protocol: ppp::Protocol) -> bool {
    !matches!(protocol, ppp::Protocol::PAP | ppp::Protocol::CHAP | ppp::Protocol::EAP | ppp::Protocol::CBCP)
}

fn has_magic(protocol: ppp::Protocol, packet: Packet<'_>) -> bool {
    protocol == ppp::Protocol::LCP
        && Options::new(packet.data).flatten().any(|option| LcpKind(option.kind) == LcpKind::MAGIC_NUMBER)
}

fn authentication_option(data: &[u8]) -> Option<Method> {
    let option = Options::new(data).flatten().find(|option| LcpKind(option.kind) == LcpKind::AUTH_PROTOCOL)?;
    Some(match AuthProtocol::parse(option.value) {
        Ok(AuthProtocol::Pap) => Method::Pap,
        Ok(AuthProtocol::Eap) => Method::Eap(None),
        Ok(AuthProtocol::Chap(ChapAlgorithm::MD5)) => Method::Chap,
        Ok(AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V1)) => Method::MsChapV1,
        Ok(AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2)) => Method::MsChapV2,
        _ => Method::Other,
    })
}

fn name(method: Method) -> String {
    match method {
        Method::Pap => "PAP".to_owned(),
        Method::Chap => "CHAP-MD5".to_owned(),
        Method::MsChapV1 => "MS-CHAP".to_owned(),
        Method::MsChapV2 => "MS-CHAPv2".to_owned(),
        Method::Eap(None) => "EAP".to_owned(),
        Method::Eap(Some(kind)) => ppp::EapType(kind).to_string(),
        Method::Other => "another method".to_owned(),
    }
}

fn named(protocol: ppp::Protocol) -> Protocol {
    match protocol {
        ppp::Protocol::LCP => Protocol::Lcp,
        ppp::Protocol::PAP => Protocol::Pap,
        ppp::Protocol::CHAP => Protocol::Chap,
        ppp::Protocol::EAP => Protocol::Eap,
        ppp::Protocol::CCP => Protocol::Ccp,
        ppp::Protocol::IPCP => Protocol::Ipcp,
        ppp::Protocol::IPV6CP => Protocol::Ipv6cp,
        other => Protocol::Other(other.0),
    }
}

/// Who a party of an authentication is.
fn who(role: Role) -> Party {
    party(role)
}
