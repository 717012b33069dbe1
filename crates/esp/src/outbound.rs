use std::fmt;

use crypto::cbc::{CbcAlg, CbcKey, CbcLane};
use crypto::hmac::MacLane;
use rand_core::CryptoRng;
use wire::esp::EspHeader;

use crate::suite::{Keys, Layout, Schedule, Suite, UnusableKeys, gcm_nonce};

/// Payloads of one association in a transmit buffer: `count` slots that are `stride` octets apart, all but the last of which
/// hold payloads of the same length.
///
/// The payload of slot `i` starts at `i * stride + layout.lead()`. With a stride of `layout.sealed(payload)` the sealed packets
/// are adjacent, which is what a segmented send takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Train {
    /// Number of packets.
    pub count: usize,
    /// Octets from the start of one slot to the next.
    pub stride: usize,
    /// Payload octets of every packet but the last.
    pub payload: usize,
    /// Payload octets of the last packet; not more than `payload`.
    pub last_payload: usize,
}

impl Train {
    /// A train of one packet.
    pub const fn single(layout: Layout, payload: usize) -> Train {
        Train { count: 1, stride: layout.sealed(payload), payload, last_payload: payload }
    }

    /// Octets of all sealed packets together.
    pub const fn sealed_len(&self, layout: Layout) -> usize {
        match self.count.checked_sub(1) {
            Some(full) => full * self.stride + layout.sealed(self.last_payload),
            None => 0,
        }
    }

    fn payload_of(&self, index: usize) -> usize {
        if index + 1 == self.count { self.last_payload } else { self.payload }
    }

    /// Start of the slot and payload octets of every packet.
    fn slots(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.count).map(move |index| (index * self.stride, self.payload_of(index)))
    }
}

/// The association cannot seal any more: a new one has to be negotiated (RFC 4303 §3.3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ESP association has used up its sequence numbers or its cipher's byte limit")
    }
}

impl std::error::Error for Exhausted {}

/// The sending half of an association.
pub struct OutboundSa {
    spi: u32,
    suite: Suite,
    schedule: Schedule,
    iv: IvSource,
    sequence: u32,
    bytes: u64,
    lanes: Vec<CbcLane>,
    macs: Vec<MacLane>,
    tags: Vec<crypto::Digest>,
}

impl OutboundSa {
    /// An association that starts with sequence number one. `rng` seeds the initialisation vectors.
    ///
    /// # Errors
    /// When the key lengths are not those of the suite.
    pub fn new(keys: &Keys, rng: &mut dyn CryptoRng) -> Result<OutboundSa, UnusableKeys> {
        Ok(OutboundSa {
            spi: keys.spi,
            suite: keys.suite,
            schedule: Schedule::new(keys)?,
            iv: IvSource::new(rng)?,
            sequence: 0,
            bytes: 0,
            lanes: Vec::new(),
            macs: Vec::new(),
            tags: Vec::new(),
        })
    }

    /// The peer's index for this association.
    pub fn spi(&self) -> u32 {
        self.spi
    }

    /// The transforms.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Payload octets sealed so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Packets sealed so far.
    pub fn packets(&self) -> u32 {
        self.sequence
    }

    /// Whether the association should be replaced soon: three quarters of the sequence numbers, or the byte limit of a 64-bit
    /// block cipher.
    pub fn wants_rekey(&self) -> bool {
        self.sequence > u32::MAX / 4 * 3 || self.suite.byte_limits().is_some_and(|(soft, _)| self.bytes >= soft)
    }

    /// Seals every packet of `train` in place, with `next_header` in the trailer. The payloads must already lie in `buffer`.
    ///
    /// # Errors
    /// When the association is used up; nothing is sealed then.
    ///
    /// # Panics
    /// When the train reaches beyond `buffer`: the caller laid it out.
    pub fn seal(&mut self, buffer: &mut [u8], train: Train, next_header: u8) -> Result<(), Exhausted> {
        let layout = self.suite.layout();
        assert!(train.sealed_len(layout) <= buffer.len(), "invariant: the caller reserved the whole train");
        let count = u32::try_from(train.count).map_err(|_| Exhausted)?;
        let last = self.sequence.checked_add(count).ok_or(Exhausted)?;
        if self.suite.byte_limits().is_some_and(|(_, hard)| self.bytes >= hard) {
            return Err(Exhausted);
        }
        let first = self.sequence + 1;
        self.sequence = last;
        for ((start, payload), sequence) in train.slots().zip(first..) {
            self.bytes += payload as u64;
            let slot = &mut buffer[start..start + layout.sealed(payload)];
            slot[..wire::esp::HEADER_LEN].copy_from_slice(&EspHeader { spi: self.spi, sequence }.to_bytes());
            pad(&mut slot[layout.lead() + payload..layout.lead() + layout.encrypted(payload)], next_header);
        }
        match &self.schedule {
            Schedule::Cbc { cipher, mac } => {
                self.lanes.clear();
                self.macs.clear();
                for ((start, payload), sequence) in train.slots().zip(first..) {
                    let iv = self.iv.cbc(sequence);
                    let (at, encrypted) = (start + layout.lead(), layout.encrypted(payload));
                    buffer[start + wire::esp::HEADER_LEN..at].copy_from_slice(&iv[..layout.iv]);
                    self.lanes.push(CbcLane { iv, start: at, len: encrypted });
                    self.macs.push(MacLane { start, len: layout.lead() + encrypted });
                }
                cipher.encrypt_lanes(buffer, &self.lanes).expect("invariant: padding fills whole blocks");
                mac.sign_lanes(buffer, &self.macs, &mut self.tags);
                for (lane, tag) in self.macs.iter().zip(&self.tags) {
                    let at = lane.start + lane.len;
                    buffer[at..at + layout.tag].copy_from_slice(&tag.as_bytes()[..layout.tag]);
                }
            }
            Schedule::Gcm { key, salt } => {
                for ((start, payload), sequence) in train.slots().zip(first..) {
                    let iv = self.iv.gcm(sequence);
                    let slot = &mut buffer[start..start + layout.sealed(payload)];
                    let (clear, rest) = slot.split_at_mut(layout.lead());
                    clear[wire::esp::HEADER_LEN..].copy_from_slice(&iv);
                    let (text, tag) = rest.split_at_mut(layout.encrypted(payload));
                    let sealed = key.seal(&gcm_nonce(*salt, iv), &clear[..wire::esp::HEADER_LEN], text);
                    tag.copy_from_slice(&sealed);
                }
            }
        }
        Ok(())
    }
}

/// Fills the padding with 1, 2, 3 … and sets the trailer (RFC 4303 §2.4).
fn pad(tail: &mut [u8], next_header: u8) {
    if let [padding @ .., length, next] = tail {
        for (octet, value) in padding.iter_mut().zip(1..) {
            *octet = value;
        }
        *length = padding.len() as u8;
        *next = next_header;
    }
}

/// Initialisation vectors without a random number for each packet.
///
/// CBC's must be unpredictable (RFC 3602 §3): the sequence number, encrypted under a key that nobody else has. GCM's must only
/// never repeat under one key (RFC 4106 §3.1): a secret offset plus the sequence number.
struct IvSource {
    key: CbcKey,
    offset: u64,
}

impl IvSource {
    fn new(rng: &mut dyn CryptoRng) -> Result<IvSource, UnusableKeys> {
        let mut key = crypto::Secret::from(vec![0; 16]);
        key.fill(rng);
        let key = CbcKey::new(CbcAlg::Aes128, key.as_bytes()).map_err(|_| UnusableKeys)?;
        Ok(IvSource { key, offset: rng.next_u64() })
    }

    fn cbc(&self, sequence: u32) -> [u8; 16] {
        let mut block = [0; 16];
        block[..4].copy_from_slice(&sequence.to_be_bytes());
        self.key.encrypt(&[0; 16], &mut block).expect("invariant: one block is aligned");
        block
    }

    fn gcm(&self, sequence: u32) -> [u8; 8] {
        self.offset.wrapping_add(sequence.into()).to_be_bytes()
    }
}
