//! L2TP: control messages, in clear or opened, and the frames of its calls.

use std::collections::HashMap;
use std::net::SocketAddr;

use observe::l2tp::Fact;
use observe::{About, Role, Time, Trouble};
use wire::l2tp::{self, CallResult, Control, MessageType, NoSecret, StopResult};

use super::note::{Ends, Note, digest, party, readable, times};
use super::ppp::{Carrier, Key, Links};

/// Pairs of ends that are followed.
const MOST: usize = 4096;
/// Control messages of one pair that are remembered, to know their repetitions.
const MOST_SEEN: usize = 64;
/// Copies of one message without an answer that make a silence.
const SILENCE: u32 = 3;

/// All tunnels of a capture.
#[derive(Default)]
pub(super) struct Tracker {
    tunnels: HashMap<(SocketAddr, SocketAddr, bool), Tunnel>,
    begun: usize,
}

/// What goes between two ends, in clear or in IPsec.
struct Tunnel {
    number: usize,
    about: About,
    seen: Vec<(u64, Role)>,
    established: bool,
    /// The last new message, who sent it, how often, and whether the other end has spoken since.
    last: Option<(MessageType, Role, u32)>,
    last_at: Time,
}

impl Tracker {
    /// Takes the payload of a UDP datagram on port 1701; the IP packet in it, if it carries one.
    #[expect(clippy::too_many_arguments, reason = "a datagram with its circumstances")]
    pub(super) fn datagram<'p>(
        &mut self,
        note: &mut Note<'_, '_>,
        ends: &mut Ends,
        links: &mut Links,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &'p [u8],
        clear: bool,
    ) -> Option<(&'p [u8], Role)> {
        if !l2tp::is_control(payload) {
            let header = l2tp::data_header(payload).ok()?;
            let frame = payload.get(header.payload_offset..header.payload_end)?;
            let from = ends.sender(source, destination);
            let about = ends.about(source, destination, from);
            let key = key(&about)?;
            return links.frame(note, key, &about, from, frame).map(|packet| (packet, from));
        }
        let control = match Control::parse(payload) {
            Ok(control) => control,
            Err(problem) => {
                note.trouble(Trouble::Malformed(problem));
                return None;
            }
        };
        if clear && control.kind == Some(MessageType::SCCRQ) {
            ends.began(source.ip(), destination.ip());
        }
        let from = ends.sender(source, destination);
        let about = ends.about(source, destination, from);
        let (client, server) = (about.client?, about.server?);
        let name = (client, server, clear);
        if self.tunnels.len() >= MOST && !self.tunnels.contains_key(&name) {
            return None;
        }
        let begun = &mut self.begun;
        let tunnel = self.tunnels.entry(name).or_insert_with(|| {
            *begun += 1;
            Tunnel {
                number: *begun,
                about: about.clone(),
                seen: Vec::new(),
                established: false,
                last: None,
                last_at: Time(0),
            }
        });
        tunnel.about = about;
        let Some(kind) = control.kind else {
            tunnel.answered(from);
            return None;
        };
        if matches!(kind, MessageType::ICRQ | MessageType::OCRQ)
            && let Some(key) = key(&tunnel.about)
        {
            links.begin(note, key);
        }
        tunnel.message(note, &control, kind, payload, from, clear);
        None
    }

    /// Tells what stayed unanswered.
    pub(super) fn finish(&mut self, note: &mut Note<'_, '_>) {
        let mut tunnels: Vec<Tunnel> = std::mem::take(&mut self.tunnels).into_values().collect();
        tunnels.sort_by_key(|tunnel| tunnel.number);
        for tunnel in tunnels {
            if let Some((kind, by, copies)) = tunnel.last
                && copies >= SILENCE
            {
                let text = format!("{by} sent {kind} {}, and nothing came back", times(copies));
                let fact =
                    Fact::Unanswered { by: party(by), established: tunnel.established, last: Some((kind, copies)) };
                note.push_whole(tunnel.last_at, &tunnel.about, &text, fact);
            }
        }
    }
}

fn key(about: &About) -> Option<Key> {
    Some(Key { carrier: Carrier::L2tp, client: about.client?, server: about.server? })
}

impl Tunnel {
    fn answered(&mut self, from: Role) {
        if self.last.is_some_and(|(_, by, _)| by != from) {
            self.last = None;
        }
    }

    fn message(
        &mut self,
        note: &mut Note<'_, '_>,
        control: &Control<'_>,
        kind: MessageType,
        payload: &[u8],
        from: Role,
        clear: bool,
    ) {
        self.answered(from);
        // Nr is that of the latest transmission, so a repetition differs there (RFC 2661 §5.8).
        let (head, tail) = (payload.get(..10).unwrap_or_default(), payload.get(12..).unwrap_or_default());
        let digest = digest(&[head, tail].concat());
        let repeated = self.seen.contains(&(digest, from));
        if !repeated {
            if self.seen.len() == MOST_SEEN {
                self.seen.remove(0);
            }
            self.seen.push((digest, from));
        }
        self.last = Some(match self.last {
            Some((before, by, copies)) if before == kind && by == from && repeated => (kind, from, copies + 1),
            _ => (kind, from, 1),
        });
        self.last_at = note.now();
        // Only an established tunnel says HELLO.
        self.established |= kind == MessageType::HELLO;
        let attributes = control.attributes(&NoSecret);
        let mut text = format!("{from}: L2TP {kind}");
        if let Some(host) = &attributes.host_name {
            text.push_str(&format!(" from {}", readable(host)));
        }
        if let Some(vendor) = &attributes.vendor_name {
            text.push_str(&format!(" ({})", readable(vendor)));
        }
        if repeated {
            text.push_str(", sent again");
        }
        note.push(&self.about, &text, Fact::Message { from: party(from), kind, repeated, clear });
        if repeated {
            return;
        }
        match kind {
            MessageType::SCCCN => {
                self.established = true;
                note.push(&self.about, "the tunnel is up", Fact::TunnelUp);
            }
            MessageType::ICCN | MessageType::OCCN => note.push(&self.about, "the call is up", Fact::CallUp),
            MessageType::STOP_CCN | MessageType::CDN => {
                let tunnel = kind == MessageType::STOP_CCN;
                let result = attributes.result.as_ref().map_or(0, |result| result.result);
                let error = attributes.result.as_ref().and_then(|result| result.error).map_or(0, |error| error.0);
                let mut said = attributes.result.as_ref().map(|result| readable(&result.message)).unwrap_or_default();
                if let Some(cause) = &attributes.ppp_disconnect_cause {
                    let separator = if said.is_empty() { "" } else { "; " };
                    said.push_str(&format!("{separator}{}", cause.code));
                }
                let name = if tunnel { StopResult(result).to_string() } else { CallResult(result).to_string() };
                let text = format!("{from} ends the {}: {name} {said}", if tunnel { "tunnel" } else { "call" });
                let fact = Fact::Refused { by: party(from), tunnel, result, error, text: said };
                note.push(&self.about, text.trim_end(), fact);
                if tunnel {
                    self.established = false;
                }
            }
            _ => {}
        }
    }
}
