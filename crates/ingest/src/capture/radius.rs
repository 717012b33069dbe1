//! RADIUS between a server and its authenticator: requests, answers and their lack (RFC 2865, RFC 2866, RFC 2548).

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::ppp::Reason;
use observe::radius::{Fact, packet};
use observe::{About, Time, Trouble};
use wire::ppp::{MsChapFailure, RasError};
use wire::{Layer, Malformed, Reader};

use super::note::{Note, readable, times};

/// Requests that are followed at the same time.
const MOST: usize = 4096;

/// Requests without an answer that are told while others follow, and at the end.
const MOST_SILENCES: u32 = 256;
const MOST_TOLD: usize = 256;

/// How long an answer may take, in microseconds.
const PATIENCE: i64 = 2_000_000;

const ACCESS_REQUEST: u8 = 1;
const ACCESS_REJECT: u8 = 3;
const ACCOUNTING_REQUEST: u8 = 4;
const DISCONNECT_REQUEST: u8 = 40;
const COA_REQUEST: u8 = 43;

const USER_NAME: u8 = 1;
const REPLY_MESSAGE: u8 = 18;
const VENDOR_SPECIFIC: u8 = 26;
const CALLING_STATION_ID: u8 = 31;
const MICROSOFT: u32 = 311;
const MS_CHAP_ERROR: u8 = 2;

/// Whether a port is one on which RADIUS is served.
pub(super) fn is_port(port: u16) -> bool {
    matches!(port, 1812 | 1813 | 1645 | 1646 | 3799 | 1700)
}

/// All requests of a capture that wait for an answer.
#[derive(Default)]
pub(super) struct Tracker {
    waiting: HashMap<(SocketAddr, SocketAddr, u8), Request>,
    begun: u64,
    silences: u32,
}

struct Request {
    number: u64,
    about: About,
    authenticator: [u8; 16],
    code: u8,
    copies: u32,
    at: Time,
}

/// What is read of a packet.
#[derive(Default)]
struct Attributes {
    user: Option<String>,
    caller: Option<SocketAddr>,
    message: String,
    error: Option<u32>,
}

impl Tracker {
    /// Takes a datagram from or to a port of RADIUS.
    pub(super) fn datagram(
        &mut self,
        note: &mut Note<'_, '_>,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
    ) {
        let [code, id, high, low, rest @ ..] = payload else { return };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((authenticator, _)) = rest.split_first_chunk::<16>() else { return };
        let attributes = match attributes(payload.get(..length).unwrap_or(payload)) {
            Ok(attributes) => attributes,
            Err(problem) => {
                note.trouble(Trouble::RadiusMalformed(problem));
                return;
            }
        };
        match *code {
            ACCESS_REQUEST | ACCOUNTING_REQUEST | DISCONNECT_REQUEST | COA_REQUEST => {
                self.request(note, (source, destination, *id), *code, *authenticator, attributes);
            }
            2 | ACCESS_REJECT | 5 | 11 | 41 | 42 | 44 | 45 => {
                self.answer(note, (destination, source, *id), *code, &attributes);
            }
            _ => {}
        }
    }

    fn request(
        &mut self,
        note: &mut Note<'_, '_>,
        key: (SocketAddr, SocketAddr, u8),
        code: u8,
        authenticator: [u8; 16],
        attributes: Attributes,
    ) {
        if self.waiting.len() >= MOST && !self.waiting.contains_key(&key) {
            return;
        }
        let known = self.waiting.get_mut(&key).filter(|known| known.authenticator == authenticator);
        let repeated = known.is_some();
        let about = About { user: attributes.user, client: attributes.caller, ..About::default() };
        if let Some(known) = known {
            known.copies += 1;
            known.at = note.now();
        } else {
            if let Some(before) = self.waiting.remove(&key) {
                self.silences += 1;
                if self.silences <= MOST_SILENCES {
                    before.silence(note, key.1);
                }
            }
            self.begun += 1;
            let request =
                Request { number: self.begun, about: about.clone(), authenticator, code, copies: 1, at: note.now() };
            self.waiting.insert(key, request);
        }
        let text = format!("{} to {}{}", name(code), key.1, if repeated { ", sent again" } else { "" });
        note.push(&about, &text, Fact::Request { code, server: Some(key.1), repeated });
    }

    fn answer(
        &mut self,
        note: &mut Note<'_, '_>,
        key: (SocketAddr, SocketAddr, u8),
        code: u8,
        attributes: &Attributes,
    ) {
        let about = self.waiting.remove(&key).map(|request| request.about).unwrap_or_default();
        let reason = if code == ACCESS_REJECT { reason(attributes) } else { None };
        let mut text = format!("{} from {}", name(code), key.1);
        if !attributes.message.is_empty() {
            text.push_str(&format!(": {}", attributes.message));
        }
        if let Some(error) = attributes.error {
            text.push_str(&format!(", MS-CHAP error {error}"));
        }
        note.push(&about, &text, Fact::Answer { code, reason, error: attributes.error });
    }

    /// Tells what stayed unanswered.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>) {
        let mut waiting: Vec<_> = std::mem::take(&mut self.waiting).into_iter().collect();
        waiting.sort_by_key(|(_, request)| request.number);
        // An answer may have come just after the capture ended.
        let ended = note.now();
        let over = |request: &Request| request.copies > 1 || ended.since(request.at) >= PATIENCE;
        for ((_, server, _), request) in waiting.into_iter().filter(|(_, request)| over(request)).take(MOST_TOLD) {
            request.silence(note, server);
        }
    }
}

impl Request {
    fn silence(&self, note: &mut Note<'_, '_>, server: SocketAddr) {
        // Nobody waits for the answer to a request of the RADIUS server's own (RFC 5176).
        if matches!(self.code, DISCONNECT_REQUEST | COA_REQUEST) {
            return;
        }
        let text = format!("{} to {server} was sent {} and not answered", name(self.code), times(self.copies));
        let fact = Fact::Unanswered { server: Some(server.to_string()) };
        note.push_whole(self.at, &self.about, &text, fact);
    }
}

fn attributes(packet: &[u8]) -> Result<Attributes, Malformed> {
    let mut reader = Reader::new(Layer::Udp, packet);
    reader.bytes("header", 20)?;
    let mut attributes = Attributes::default();
    while !reader.is_empty() {
        let kind = reader.u8("attribute")?;
        let length = usize::from(reader.u8("attribute length")?);
        let value = reader.split("attribute value", length.saturating_sub(2))?.rest();
        match kind {
            USER_NAME => attributes.user = Some(readable(value)),
            REPLY_MESSAGE => attributes.message = readable(value),
            CALLING_STATION_ID => {
                let address = String::from_utf8_lossy(value).parse().ok();
                attributes.caller = address.map(|address| SocketAddr::new(address, 0));
            }
            VENDOR_SPECIFIC => {
                if let [a, b, c, d, MS_CHAP_ERROR, _, _, message @ ..] = value
                    && u32::from_be_bytes([*a, *b, *c, *d]) == MICROSOFT
                {
                    attributes.error = MsChapFailure::parse(message).ok().map(|failure| failure.error.0);
                }
            }
            _ => {}
        }
    }
    Ok(attributes)
}

/// Why the user was refused, where the answer is that clear: by the number of MS-CHAP, or in FreeRADIUS' own words.
fn reason(attributes: &Attributes) -> Option<Reason> {
    match attributes.error.map(RasError) {
        Some(RasError::RESTRICTED_LOGON_HOURS) => return Some(Reason::LogonHours),
        Some(RasError::ACCOUNT_DISABLED) => return Some(Reason::Disabled),
        Some(RasError::PASSWORD_EXPIRED) => return Some(Reason::PasswordExpired),
        Some(RasError::NO_DIALIN_PERMISSION) => return Some(Reason::NoDialin),
        _ => {}
    }
    let said = attributes.message.to_ascii_lowercase();
    let known = [
        // What the module that checks the attribute Expiration says, which is the account's.
        ("password has expired", Reason::Expired),
        ("account has expired", Reason::Expired),
        ("account is disabled", Reason::Disabled),
        ("account disabled", Reason::Disabled),
        ("account locked", Reason::Locked),
        ("outside your allowed timespan", Reason::LogonHours),
        ("already logged in", Reason::Constraint),
    ];
    known.iter().find(|(words, _)| said.contains(words)).map(|(_, reason)| *reason)
}

fn name(code: u8) -> String {
    packet(code).map_or_else(|| format!("RADIUS code {code}"), str::to_owned)
}
