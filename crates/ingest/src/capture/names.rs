//! Names and addresses that a client asks for: DNS (RFC 1035) and DHCP (RFC 2131).

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use observe::network::Fact;
use observe::{About, Time};
use wire::{Layer, Malformed, Reader};

use super::note::{Note, times};

/// Names, and clients of DHCP, that are remembered.
const MOST: usize = 256;
/// Requests without an answer that make a silence.
const SILENCE: u32 = 3;

const NAME_ERROR: u16 = 3;
const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;
const DHCP_COOKIE: [u8; 4] = [99, 130, 83, 99];
const BOOTREQUEST: u8 = 1;

/// What was asked for and told.
#[derive(Default)]
pub(super) struct Tracker {
    told: HashSet<(String, bool)>,
    asking: HashMap<[u8; 6], Asking>,
    /// What was asked of name servers through the tunnel.
    servers: HashMap<IpAddr, Questions>,
}

/// What one name server was asked, and whether it ever said anything.
#[derive(Default)]
struct Questions {
    count: u32,
    answered: bool,
    last: Time,
}

impl Tracker {
    /// Takes a datagram to a name server inside the tunnel.
    pub(super) fn asked(&mut self, note: &Note<'_, '_>, server: IpAddr) {
        if self.servers.len() < MOST || self.servers.contains_key(&server) {
            let questions = self.servers.entry(server).or_default();
            questions.count += 1;
            questions.last = note.now();
        }
    }

    /// Takes a datagram from a name server.
    pub(super) fn dns(&mut self, note: &mut Note<'_, '_>, server: IpAddr, client: SocketAddr, payload: &[u8]) {
        if let Some(questions) = self.servers.get_mut(&server) {
            questions.answered = true;
        }
        let Ok(Some(answer)) = answer(payload) else { return };
        let unknown = match answer.code {
            0 if !answer.addresses.is_empty() => false,
            NAME_ERROR => true,
            _ => return,
        };
        if self.told.len() >= MOST || !self.told.insert((answer.name.clone(), unknown)) {
            return;
        }
        let about = About { client: Some(SocketAddr::new(client.ip(), 0)), ..About::default() };
        if unknown {
            let text = format!("{} does not exist", answer.name);
            note.push(&about, &text, Fact::NameUnknown { name: answer.name });
        } else {
            let text = format!("{} is {:?}", answer.name, answer.addresses);
            note.push(&about, &text, Fact::NameResolved { name: answer.name, addresses: answer.addresses });
        }
    }

    /// Takes a datagram of DHCP, inside the tunnel or beside it.
    pub(super) fn dhcp(&mut self, note: &Note<'_, '_>, payload: &[u8], inside: bool) {
        let Some(station) = payload.get(28..34).and_then(|octets| <[u8; 6]>::try_from(octets).ok()) else { return };
        if payload.get(236..240) != Some(&DHCP_COOKIE[..]) {
            return;
        }
        if payload.first() != Some(&BOOTREQUEST) {
            self.asking.remove(&station);
        } else if self.asking.len() < MOST || self.asking.contains_key(&station) {
            let asking = self.asking.entry(station).or_default();
            asking.count += 1;
            asking.inside |= inside;
            asking.last = note.now();
        }
    }

    /// Tells what stayed unanswered. Where the tunnel itself was captured, what its neighbours ask for is their affair.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>, behind: bool) {
        let mut asking: Vec<Asking> = std::mem::take(&mut self.asking).into_values().collect();
        asking.sort_by_key(|asking| asking.last);
        for asking in asking.into_iter().filter(|asking| asking.count >= SILENCE && (asking.inside || behind)) {
            let text = format!("DHCP was asked {}, without an answer", times(asking.count));
            note.push_whole(asking.last, &About::default(), &text, Fact::DhcpUnanswered);
        }
        let mut servers: Vec<_> = std::mem::take(&mut self.servers).into_iter().collect();
        servers.sort_by_key(|(server, _)| *server);
        for (server, Questions { count, last, .. }) in servers.into_iter().filter(|(_, questions)| !questions.answered)
        {
            let IpAddr::V4(address) = server else { continue };
            if count >= SILENCE {
                let text =
                    format!("{server} was asked for names through the tunnel {}, without an answer", times(count));
                let fact = Fact::TunnelDnsFailed { server: Some(address) };
                note.push_whole(last, &About::default(), &text, fact);
            }
        }
    }
}

/// One station that asks for an address.
#[derive(Default)]
struct Asking {
    count: u32,
    inside: bool,
    last: Time,
}

struct Answer {
    name: String,
    code: u16,
    addresses: Vec<IpAddr>,
}

fn answer(payload: &[u8]) -> Result<Option<Answer>, Malformed> {
    let mut reader = Reader::new(Layer::Udp, payload);
    reader.u16("id")?;
    let flags = reader.u16("flags")?;
    let questions = reader.u16("questions")?;
    let answers = reader.u16("answers")?;
    reader.u32("other counts")?;
    if flags & 0x8000 == 0 || questions != 1 {
        return Ok(None);
    }
    let name = name(&mut reader)?;
    reader.u32("question")?;
    let mut addresses = Vec::new();
    for _ in 0..answers.min(32) {
        self::name(&mut reader)?;
        let kind = reader.u16("type")?;
        reader.u16("class")?;
        reader.u32("time to live")?;
        let length = usize::from(reader.u16("length")?);
        let data = reader.split("data", length)?.rest();
        match kind {
            TYPE_A => addresses.extend(<[u8; 4]>::try_from(data).map(|octets| IpAddr::from(Ipv4Addr::from(octets)))),
            TYPE_AAAA => {
                addresses.extend(<[u8; 16]>::try_from(data).map(|octets| IpAddr::from(Ipv6Addr::from(octets))));
            }
            _ => {}
        }
    }
    Ok(Some(Answer { name, code: flags & 0x0f, addresses }))
}

/// A name. Where it continues elsewhere in the message, which only those in answers do, the rest is not followed.
fn name(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    let mut name = String::new();
    loop {
        match reader.u8("label")? {
            0 => return Ok(name),
            0xc0.. => {
                reader.u8("pointer")?;
                return Ok(name);
            }
            length => {
                let label = reader.bytes("label", usize::from(length & 0x3f))?;
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&label.escape_ascii().to_string());
            }
        }
    }
}
