use std::fmt;
use std::ops::Range;

use crypto::hmac::MacLane;
use wire::esp::{EspHeader, HEADER_LEN, TRAILER_LEN};

use crate::replay::ReplayWindow;
use crate::suite::{Keys, Schedule, Suite, UnusableKeys, gcm_nonce};

/// Where the payload of an opened packet lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The payload within the buffer that was given.
    pub payload: Range<usize>,
    /// Protocol of the payload, from the trailer.
    pub next_header: u8,
    /// Sequence number of the packet.
    pub sequence: u32,
}

/// Why a packet was not opened. Anybody can send such packets, so these are counted, not reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Drop {
    /// Shorter than header, IV, one block and tag, or not whole blocks.
    Length,
    /// Seen already, or older than the replay window.
    Replay,
    /// The integrity check value does not match.
    Integrity,
    /// Authentic, but the padding is not what RFC 4303 §2.4 requires.
    Padding,
}

impl fmt::Display for Drop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Drop::Length => "impossible length",
            Drop::Replay => "replayed or too old",
            Drop::Integrity => "integrity check failed",
            Drop::Padding => "bad padding",
        })
    }
}

/// The receiving half of an association.
pub struct InboundSa {
    spi: u32,
    suite: Suite,
    schedule: Schedule,
    window: ReplayWindow,
    bytes: u64,
    packets: u64,
    macs: Vec<MacLane>,
    tags: Vec<crypto::Digest>,
}

impl InboundSa {
    /// An association that has seen nothing.
    ///
    /// # Errors
    /// When the key lengths are not those of the suite.
    pub fn new(keys: &Keys) -> Result<InboundSa, UnusableKeys> {
        Ok(InboundSa {
            spi: keys.spi,
            suite: keys.suite,
            schedule: Schedule::new(keys)?,
            window: ReplayWindow::default(),
            bytes: 0,
            packets: 0,
            macs: Vec::new(),
            tags: Vec::new(),
        })
    }

    /// Our index for this association.
    pub fn spi(&self) -> u32 {
        self.spi
    }

    /// The transforms.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Payload octets opened so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Packets opened so far.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Opens the packets that lie at `packets` in `buffer`, all of this association, and appends one result for each, in their
    /// order. The tags are checked before anything is decrypted, each in constant time.
    ///
    /// # Panics
    /// When a range reaches beyond `buffer`.
    pub fn open(&mut self, buffer: &mut [u8], packets: &[Range<usize>], results: &mut Vec<Result<Opened, Drop>>) {
        if let Schedule::Cbc { mac, .. } = &self.schedule {
            let tag_len = self.suite.layout().tag;
            self.macs.clear();
            for packet in packets {
                let signed = packet.len().saturating_sub(tag_len);
                self.macs.push(MacLane { start: packet.start, len: signed });
            }
            mac.sign_lanes(buffer, &self.macs, &mut self.tags);
        }
        for (index, packet) in packets.iter().enumerate() {
            let result = self.open_one(&mut buffer[packet.clone()], index).map(|mut opened| {
                self.packets += 1;
                self.bytes += opened.payload.len() as u64;
                opened.payload = packet.start + opened.payload.start..packet.start + opened.payload.end;
                opened
            });
            results.push(result);
        }
    }

    /// Opens one packet; its computed tag, where the suite has an HMAC, is `self.tags[index]`.
    fn open_one(&mut self, packet: &mut [u8], index: usize) -> Result<Opened, Drop> {
        let layout = self.suite.layout();
        let encrypted = packet.len().checked_sub(layout.lead() + layout.tag).ok_or(Drop::Length)?;
        if encrypted < layout.align || encrypted % layout.align != 0 {
            return Err(Drop::Length);
        }
        let EspHeader { sequence, .. } = EspHeader::parse(packet).map_err(|_| Drop::Length)?;
        if !self.window.would_accept(sequence) {
            return Err(Drop::Replay);
        }
        let (clear, rest) = packet.split_at_mut(layout.lead());
        let (text, tag) = rest.split_at_mut(encrypted);
        match &self.schedule {
            Schedule::Cbc { cipher, .. } => {
                if !self.tags[index].matches_truncated(tag) {
                    return Err(Drop::Integrity);
                }
                cipher.decrypt(&clear[HEADER_LEN..], text).map_err(|_| Drop::Length)?;
            }
            Schedule::Gcm { key, salt } => {
                let iv = clear[HEADER_LEN..].try_into().map_err(|_| Drop::Length)?;
                let tag = (&*tag).try_into().map_err(|_| Drop::Length)?;
                if !key.open(&gcm_nonce(*salt, iv), &clear[..HEADER_LEN], text, tag) {
                    return Err(Drop::Integrity);
                }
            }
        }
        if !self.window.accept(sequence) {
            return Err(Drop::Replay);
        }
        let (payload, next_header) = strip_padding(text).ok_or(Drop::Padding)?;
        Ok(Opened { payload: layout.lead()..layout.lead() + payload, next_header, sequence })
    }
}

/// Octets of the payload and its protocol, if the padding is well-formed.
///
/// The contents of the padding are not checked: the tag covers them, and some peers fill it with other values.
fn strip_padding(text: &[u8]) -> Option<(usize, u8)> {
    let [.., padding, next_header] = *text else { return None };
    let payload = text.len().checked_sub(usize::from(padding) + TRAILER_LEN)?;
    Some((payload, next_header))
}
