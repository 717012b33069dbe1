use std::collections::HashMap;
use std::time::Duration;

use clock::Timestamp;
use wire::isakmp::Fragment;

use crate::event::IkeSaId;

/// Fragments of one message.
const MAX_FRAGMENTS: usize = 64;
/// Octets of one message.
const MAX_OCTETS: usize = 32 * 1024;
/// Messages that may be in pieces at once, over all IKE SAs.
const MAX_MESSAGES: usize = 1024;
/// Windows waits this long for the missing pieces ([MS-IKEE] §2.2.3).
const LIFETIME: Duration = Duration::from_secs(70);

/// Puts fragmented messages together again ([MS-IKEE] §2.2.3). Only for IKE SAs whose cookies the sender knows, one message
/// at a time for each: a fragment with another id begins anew.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    messages: HashMap<IkeSaId, Pieces>,
}

#[derive(Debug)]
struct Pieces {
    id: u16,
    began: Timestamp,
    pieces: Vec<Option<Box<[u8]>>>,
    have: usize,
    octets: usize,
    total: Option<usize>,
}

impl Reassembly {
    /// Takes a fragment; the whole message when it was the last missing one. `Err` when it does not fit.
    pub(crate) fn add(&mut self, sa: IkeSaId, fragment: &Fragment<'_>, now: Timestamp) -> Result<Option<Vec<u8>>, ()> {
        let stale = |pieces: &Pieces| pieces.id != fragment.id || now.since(pieces.began) > LIFETIME;
        if self.messages.get(&sa).is_some_and(stale) {
            self.messages.remove(&sa);
        }
        if self.messages.len() >= MAX_MESSAGES && !self.messages.contains_key(&sa) {
            self.messages.retain(|_, pieces| now.since(pieces.began) <= LIFETIME);
            if self.messages.len() >= MAX_MESSAGES {
                return Err(());
            }
        }
        let pieces = self.messages.entry(sa).or_insert_with(|| Pieces {
            id: fragment.id,
            began: now,
            pieces: Vec::new(),
            have: 0,
            octets: 0,
            total: None,
        });
        pieces.add(fragment)?;
        if pieces.total != Some(pieces.have) {
            return Ok(None);
        }
        let whole =
            self.messages.remove(&sa).map(|pieces| pieces.pieces.into_iter().flatten().collect::<Vec<_>>().concat());
        Ok(whole)
    }

    /// The IKE SA is gone.
    pub(crate) fn forget(&mut self, sa: IkeSaId) {
        self.messages.remove(&sa);
    }
}

impl Pieces {
    fn add(&mut self, fragment: &Fragment<'_>) -> Result<(), ()> {
        let index = usize::from(fragment.number).checked_sub(1).ok_or(())?;
        if index >= MAX_FRAGMENTS || self.total.is_some_and(|total| index >= total) {
            return Err(());
        }
        if fragment.last {
            // Another end than the one known, or one before pieces that are there already.
            if self.total.is_some_and(|total| total != index + 1) || self.pieces.len() > index + 1 {
                return Err(());
            }
            self.total = Some(index + 1);
        }
        if self.pieces.len() <= index {
            self.pieces.resize(index + 1, None);
        }
        let slot = self.pieces.get_mut(index).ok_or(())?;
        if slot.is_none() {
            if self.octets + fragment.data.len() > MAX_OCTETS {
                return Err(());
            }
            self.octets += fragment.data.len();
            self.have += 1;
            *slot = Some(fragment.data.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SA: IkeSaId = IkeSaId(1);

    fn fragment(id: u16, number: u8, last: bool, data: &[u8]) -> Fragment<'_> {
        Fragment { id, number, last, data }
    }

    #[test]
    fn pieces_in_any_order_and_twice_make_the_message_once() {
        let mut reassembly = Reassembly::default();
        let mut add = |number, last, data| reassembly.add(SA, &fragment(7, number, last, data), Timestamp::ZERO);
        assert_eq!(add(3, true, b"c"), Ok(None));
        assert_eq!(add(1, false, b"a"), Ok(None));
        assert_eq!(add(3, true, b"x"), Ok(None));
        assert_eq!(add(2, false, b"b"), Ok(Some(b"abc".to_vec())));
        assert_eq!(add(3, true, b"c"), Ok(None));
    }

    #[test]
    fn pieces_beyond_the_end_and_the_limits_are_refused() {
        let mut reassembly = Reassembly::default();
        let now = Timestamp::ZERO;
        assert_eq!(reassembly.add(SA, &fragment(1, 2, true, b"b"), now), Ok(None));
        assert_eq!(reassembly.add(SA, &fragment(1, 3, false, b"c"), now), Err(()));
        assert_eq!(reassembly.add(SA, &fragment(1, 1, true, b"a"), now), Err(()));
        for number in 1..=64 {
            assert_eq!(reassembly.add(SA, &fragment(2, number, false, b"x"), now), Ok(None));
        }
        assert_eq!(reassembly.add(SA, &fragment(2, 65, true, b"x"), now), Err(()));
        let big = vec![0; 20_000];
        assert_eq!(reassembly.add(SA, &fragment(3, 1, false, &big), now), Ok(None));
        assert_eq!(reassembly.add(SA, &fragment(3, 2, true, &big), now), Err(()));
    }

    #[test]
    fn memory_is_one_message_for_each_of_a_bounded_number_of_peers() {
        let mut reassembly = Reassembly::default();
        let now = Timestamp::ZERO;
        for id in 0..=u16::MAX {
            assert_eq!(reassembly.add(SA, &fragment(id, 1, false, b"x"), now), Ok(None));
        }
        assert_eq!(reassembly.messages.len(), 1);
        for sa in 2..=MAX_MESSAGES as u64 {
            assert_eq!(reassembly.add(IkeSaId(sa), &fragment(1, 1, false, b"x"), now), Ok(None));
        }
        assert_eq!(reassembly.add(IkeSaId(99_999), &fragment(1, 1, false, b"x"), now), Err(()));
        let later = now + Duration::from_secs(71);
        assert_eq!(reassembly.add(IkeSaId(99_999), &fragment(1, 1, false, b"x"), later), Ok(None));
        assert_eq!(reassembly.messages.len(), 1);
    }
}
