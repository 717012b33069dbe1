//! ESP packets whose keys are known, and those that need none.

use std::collections::HashMap;
use std::net::IpAddr;
use std::slice;

use esp::{Drop, InboundSa, Mac, Suite};
use wire::ip::protocol;

use crate::Keys;
use crate::keys::EspKey;

/// Packets that fail and are tried with the other truncation of HMAC-SHA2-256.
const TRIES: u64 = 16;

/// The associations that can be opened.
pub(super) struct Openers {
    by_spi: HashMap<u32, Vec<Opener>>,
    buffer: Vec<u8>,
    results: Vec<Result<esp::Opened, Drop>>,
}

struct Opener {
    destination: Option<IpAddr>,
    sa: InboundSa,
    /// The same keys with the other truncation.
    other: Option<InboundSa>,
}

/// What became of a packet.
pub(super) enum Outcome<'a> {
    /// There is no key for it.
    Closed,
    /// What is inside, by protocol number.
    Opened(u8, &'a [u8]),
    /// The integrity check failed; the other truncation would have fitted.
    Failed { other_truncation: bool },
    /// It came again.
    Replayed,
}

impl Openers {
    pub(super) fn new(keys: &Keys) -> Openers {
        let mut by_spi: HashMap<u32, Vec<Opener>> = HashMap::new();
        for EspKey { destination, keys } in &keys.esp {
            let Ok(sa) = InboundSa::new(keys) else { continue };
            let other = match keys.suite {
                Suite::Cbc(cipher, Mac::HmacSha256_128) => Some(Suite::Cbc(cipher, Mac::HmacSha256_96)),
                Suite::Cbc(cipher, Mac::HmacSha256_96) => Some(Suite::Cbc(cipher, Mac::HmacSha256_128)),
                _ => None,
            };
            let other = other.and_then(|suite| InboundSa::new(&esp::Keys { suite, ..keys.clone() }).ok());
            by_spi.entry(keys.spi).or_default().push(Opener { destination: *destination, sa, other });
        }
        Openers { by_spi, buffer: Vec::new(), results: Vec::new() }
    }

    /// Opens a packet that was captured whole. `failed` is how many of its association failed before.
    pub(super) fn open(&mut self, spi: u32, destination: IpAddr, packet: &[u8], failed: u64) -> Outcome<'_> {
        let openers = self.by_spi.get_mut(&spi).map_or(&mut [][..], Vec::as_mut_slice);
        let fits = |opener: &&mut Opener| opener.destination.is_none_or(|address| address == destination);
        let Some(opener) = openers.iter_mut().find(fits) else { return Outcome::Closed };
        for (sa, is_other) in [(Some(&mut opener.sa), false), (opener.other.as_mut(), true)] {
            let Some(sa) = sa else { continue };
            if is_other && failed >= TRIES {
                continue;
            }
            self.buffer.clear();
            self.buffer.extend_from_slice(packet);
            self.results.clear();
            sa.open(&mut self.buffer, slice::from_ref(&(0..packet.len())), &mut self.results);
            match self.results.pop() {
                Some(Ok(_)) if is_other => return Outcome::Failed { other_truncation: true },
                Some(Ok(opened)) => {
                    let payload = self.buffer.get(opened.payload).unwrap_or_default();
                    return Outcome::Opened(opened.next_header, payload);
                }
                Some(Err(Drop::Replay)) => return Outcome::Replayed,
                _ => {}
            }
        }
        Outcome::Failed { other_truncation: false }
    }
}

/// The UDP datagram of L2TP in a packet that is not encrypted at all (RFC 2410): its header stands where a cipher's noise
/// would be, and the trailer fits.
pub(super) fn unencrypted(packet: &[u8]) -> Option<&[u8]> {
    let text = packet.get(wire::esp::HEADER_LEN..)?;
    let [a, b, c, d, e, f, _, _, ..] = *text else { return None };
    let port = |high, low| u16::from_be_bytes([high, low]) == 1701;
    if !port(a, b) && !port(c, d) {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([e, f]));
    let rest = text.get(length.max(8)..)?;
    // Padding of any length that fills four octets, then the trailer, then a tag of a usual length.
    let tag = [12, 16, 24, 32, 0].into_iter().find(|tag| {
        let Some(trailer) = rest.len().checked_sub(*tag).and_then(|end| rest.get(..end)) else { return false };
        let [.., padding, next] = *trailer else { return false };
        next == protocol::UDP && usize::from(padding) + wire::esp::TRAILER_LEN == trailer.len()
    });
    tag.and_then(|_| text.get(..length.max(8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l2tp_without_encryption_is_recognised_by_its_trailer() {
        let mut packet = vec![0, 0, 1, 0, 0, 0, 0, 1];
        packet.extend([6, 165, 6, 165, 0, 10, 0, 0, 0xc8, 2]);
        packet.extend([1, 2, 3, 4, 4, 17]);
        packet.extend([0x77; 12]);
        assert_eq!(unencrypted(&packet).map(<[u8]>::len), Some(10));
        packet[9] = 0;
        assert_eq!(unencrypted(&packet).map(<[u8]>::len), Some(10), "the other port is still L2TP's");
        packet[23] = 6;
        assert_eq!(unencrypted(&packet), None, "TCP is not what L2TP lies in");
    }
}
