use std::collections::VecDeque;

use crate::counters::DropReason;

/// Puts the peer's frames in order (RFC 2637 §4.1): holds what overtook another one, and drops what comes too late, because PPP
/// demands an order (RFC 1661 §1).
#[derive(Debug)]
pub(crate) struct Receiver {
    /// The number that is awaited.
    next: u32,
    /// What was in order and is not taken yet.
    ready: VecDeque<Vec<u8>>,
    /// What overtook: at index 0 the one after the awaited one.
    held: VecDeque<Option<Vec<u8>>>,
    /// How far ahead of the awaited one a number may be.
    reach: u32,
    /// The last number that was out of reach: if the next one follows it, the peer is there.
    astray: Option<u32>,
    any: bool,
    lost: u64,
}

/// Frames that wait for a missing one, at least and at most, whatever window is announced.
const REACH: std::ops::RangeInclusive<u16> = 8..=128;

impl Receiver {
    pub(crate) fn new(window: u16) -> Self {
        Receiver {
            next: 0,
            ready: VecDeque::new(),
            held: VecDeque::new(),
            reach: window.clamp(*REACH.start(), *REACH.end()).into(),
            astray: None,
            any: false,
            lost: 0,
        }
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// It is dropped.
    pub(crate) fn arrive(&mut self, number: u32, frame: &[u8]) -> Result<(), DropReason> {
        let ahead = number.wrapping_sub(self.next);
        if ahead > u32::MAX / 2 {
            return Err(DropReason::Late);
        }
        if ahead >= self.reach {
            // One packet alone, perhaps not even the peer's, must not make everything that follows late.
            if self.astray.replace(number).is_none_or(|before| before.wrapping_add(1) != number) {
                return Err(DropReason::FarAhead);
            }
            while self.is_waiting() {
                self.skip();
            }
            self.lost += u64::from(number.wrapping_sub(self.next));
            self.next = number;
        }
        self.astray = None;
        let ahead = number.wrapping_sub(self.next);
        let Some(index) = ahead.checked_sub(1) else {
            self.pass(frame.to_vec());
            self.pass_held();
            return Ok(());
        };
        // Below `reach`, which is small.
        let index = index as usize;
        if self.held.len() <= index {
            self.held.resize(index + 1, None);
        }
        match self.held.get_mut(index) {
            Some(slot @ None) => *slot = Some(frame.to_vec()),
            Some(Some(_)) | None => return Err(DropReason::Late),
        }
        Ok(())
    }

    /// What is missing is given up: what waits for it goes on.
    pub(crate) fn skip(&mut self) {
        if !self.is_waiting() {
            return;
        }
        loop {
            self.lost += 1;
            self.next = self.next.wrapping_add(1);
            match self.held.pop_front() {
                Some(Some(frame)) => break self.pass(frame),
                Some(None) => {}
                None => break,
            }
        }
        self.pass_held();
    }

    /// The next frame in order.
    pub(crate) fn poll(&mut self) -> Option<Vec<u8>> {
        self.ready.pop_front()
    }

    /// Whether frames wait for one that is missing.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    /// The highest number up to which everything came or was given up; `None` before the first.
    pub(crate) fn last(&self) -> Option<u32> {
        self.any.then(|| self.next.wrapping_sub(1))
    }

    /// Frames that never came.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    fn pass_held(&mut self) {
        while let Some(slot) = self.held.pop_front() {
            match slot {
                Some(frame) => self.pass(frame),
                // This slot was the awaited one's, which is missing as well.
                None => break,
            }
        }
    }

    fn pass(&mut self, frame: Vec<u8>) {
        self.any = true;
        self.next = self.next.wrapping_add(1);
        self.ready.push_back(frame);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arrive(receiver: &mut Receiver, number: u32) -> Result<Vec<u32>, DropReason> {
        receiver.arrive(number, &number.to_be_bytes())?;
        Ok(taken(receiver))
    }

    fn taken(receiver: &mut Receiver) -> Vec<u32> {
        std::iter::from_fn(|| receiver.poll()).map(|frame| u32::from_be_bytes(frame.try_into().unwrap())).collect()
    }

    #[test]
    fn what_overtook_waits_for_what_is_missing() {
        let mut receiver = Receiver::new(64);
        assert_eq!(arrive(&mut receiver, 0), Ok(vec![0]));
        assert_eq!(arrive(&mut receiver, 3), Ok(vec![]));
        assert_eq!(arrive(&mut receiver, 2), Ok(vec![]));
        assert_eq!(arrive(&mut receiver, 3), Err(DropReason::Late), "a duplicate");
        assert_eq!(receiver.last(), Some(0), "a gap is not acknowledged");
        assert_eq!(arrive(&mut receiver, 1), Ok(vec![1, 2, 3]));
        assert_eq!(arrive(&mut receiver, 2), Err(DropReason::Late));
        assert_eq!((receiver.last(), receiver.lost(), receiver.is_waiting()), (Some(3), 0, false));
    }

    #[test]
    fn what_does_not_come_is_given_up_gap_by_gap() {
        let mut receiver = Receiver::new(64);
        for number in [0, 3, 4, 7] {
            arrive(&mut receiver, number).unwrap();
        }
        receiver.skip();
        assert_eq!((taken(&mut receiver), receiver.lost(), receiver.last()), (vec![3, 4], 2, Some(4)));
        receiver.skip();
        assert_eq!((taken(&mut receiver), receiver.lost(), receiver.last()), (vec![7], 4, Some(7)));
        receiver.skip();
        assert_eq!((receiver.lost(), receiver.is_waiting()), (4, false));
    }

    #[test]
    fn one_packet_far_ahead_does_not_end_the_channel_and_two_in_a_row_move_it() {
        let mut receiver = Receiver::new(64);
        assert_eq!(arrive(&mut receiver, 0), Ok(vec![0]));
        assert_eq!(arrive(&mut receiver, 1 << 30), Err(DropReason::FarAhead));
        assert_eq!(arrive(&mut receiver, 1), Ok(vec![1]));
        assert_eq!(arrive(&mut receiver, 1000), Err(DropReason::FarAhead));
        assert_eq!(arrive(&mut receiver, 1001), Ok(vec![1001]));
        assert_eq!((receiver.last(), receiver.lost()), (Some(1001), 999));
    }

    #[test]
    fn a_server_that_begins_with_any_number_is_understood() {
        let mut receiver = Receiver::new(64);
        assert_eq!(arrive(&mut receiver, 1), Ok(vec![]), "it may have overtaken number 0");
        receiver.skip();
        assert_eq!(taken(&mut receiver), [1]);
        let mut receiver = Receiver::new(64);
        assert_eq!(arrive(&mut receiver, u32::MAX), Err(DropReason::Late));
        assert_eq!(arrive(&mut receiver, 0x7000_0000), Err(DropReason::FarAhead));
        assert_eq!(arrive(&mut receiver, 0x7000_0001), Ok(vec![0x7000_0001]));
    }

    proptest! {
        #[test]
        fn frames_come_out_in_order_once_each_and_few_are_held(
            moves in proptest::collection::vec((0_u32..200, any::<bool>()), 0..300),
        ) {
            let mut receiver = Receiver::new(16);
            let mut last = None;
            for (number, skip) in moves {
                let _ = receiver.arrive(number, &number.to_be_bytes());
                if skip {
                    receiver.skip();
                }
                prop_assert!(receiver.held.len() < 16);
                for number in taken(&mut receiver) {
                    prop_assert!(last.is_none_or(|last| last < number));
                    last = Some(number);
                }
                prop_assert!(receiver.held.back().is_none_or(Option::is_some));
            }
        }
    }
}
