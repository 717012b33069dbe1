//! When a train of segments may be handed to the kernel whole.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

/// Use of segmentation offload when sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SegmentOffload {
    /// Whenever there is more than one segment.
    On,
    /// Only for trains whose last segment is shorter. Linux 7.0 to 7.1.4 mangles the last segment of a train when it is as long
    /// as the others.
    ShorterTail,
    /// Never.
    Off,
}

impl SegmentOffload {
    /// The best use that the running kernel allows.
    pub fn for_this_kernel() -> SegmentOffload {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        SegmentOffload::for_release(&release)
    }

    fn for_release(release: &str) -> SegmentOffload {
        match version(release) {
            (7, 0, _) | (7, 1, 0..=4) => SegmentOffload::ShorterTail,
            _ => SegmentOffload::On,
        }
    }

    pub(super) fn allows(self, octets: usize, segment: usize) -> bool {
        match self {
            SegmentOffload::On => octets > segment,
            SegmentOffload::ShorterTail => {
                // A longer one is split into several trains, of which all but the last would end in a segment of full length.
                octets > segment
                    && !octets.is_multiple_of(segment)
                    && octets <= super::MAX_TRAIN
                    && octets / segment < super::MAX_SEGMENTS
            }
            SegmentOffload::Off => false,
        }
    }
}

/// Destinations whose path does not take trains.
#[derive(Debug, Default)]
pub(super) struct Refusals(HashMap<IpAddr, Refusal>);

#[derive(Debug)]
struct Refusal {
    /// Segments of this length and longer were refused.
    segment: usize,
    /// Trains that were not tried since.
    spared: u32,
}

impl Refusals {
    /// Whether a train for `destination` is worth trying. Now and then one is, in case the route has changed.
    pub(super) fn allow(&mut self, destination: IpAddr, segment: usize) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(refusal) = self.0.get_mut(&destination).filter(|refusal| segment >= refusal.segment) else {
            return true;
        };
        refusal.spared += 1;
        if refusal.spared < TRY_AGAIN {
            return false;
        }
        self.0.remove(&destination);
        true
    }

    /// Remembers that `destination` refused a train of `segment` octets each.
    pub(super) fn note(&mut self, destination: IpAddr, segment: usize, error: &io::Error) {
        // A full table is forgotten whole: learning again costs one refused call for each destination.
        if self.0.len() >= MAX_REMEMBERED {
            self.0.clear();
        }
        // Segments beyond the MTU are refused by length, shorter ones may pass. A device without transmit checksums (EIO)
        // refuses them all.
        let segment = match error.raw_os_error() {
            Some(libc::EINVAL | libc::EMSGSIZE) => segment,
            _ => 0,
        };
        let refusal = self.0.entry(destination).or_insert(Refusal { segment, spared: 0 });
        refusal.segment = refusal.segment.min(segment);
    }
}

/// Whether the error says that the kernel or the device does not take this as a train, rather than that it cannot be sent.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    // EINVAL and EMSGSIZE: the segments exceed the MTU and would need fragmentation, which trains do not get.
    matches!(
        error.raw_os_error(),
        Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE | libc::EOPNOTSUPP | libc::ENOPROTOOPT)
    )
}

/// Major, minor and patch number at the beginning of a kernel release; zero for what is missing.
fn version(release: &str) -> (u32, u32, u32) {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

const MAX_REMEMBERED: usize = 4096;
/// A refused call costs about as much as one datagram: one in so many trains is nothing.
const TRY_AGAIN: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_that_mangle_equal_tails_get_only_shorter_ones() {
        for release in ["7.0.0", "7.0.12-1-generic", "7.1.0-rc3", "7.1.4"] {
            assert_eq!(SegmentOffload::for_release(release), SegmentOffload::ShorterTail, "{release}");
        }
        for release in ["6.18.44", "7.1.5", "7.2", "8.0.1", ""] {
            assert_eq!(SegmentOffload::for_release(release), SegmentOffload::On, "{release}");
        }
        assert!(SegmentOffload::ShorterTail.allows(1400 * 2 + 1, 1400));
        assert!(!SegmentOffload::ShorterTail.allows(1400 * 3, 1400));
        assert!(!SegmentOffload::ShorterTail.allows(100 * 64 + 1, 100));
    }

    #[test]
    fn a_destination_that_refuses_long_segments_still_gets_trains_of_short_ones() {
        let destination = "192.0.2.1".parse().unwrap();
        let other = "192.0.2.2".parse().unwrap();
        let mut refusals = Refusals::default();
        refusals.note(destination, 1500, &io::Error::from_raw_os_error(libc::EINVAL));
        assert!(!refusals.allow(destination, 1500));
        assert!(refusals.allow(destination, 1400));
        assert!(refusals.allow(other, 1500));
        refusals.note(destination, 1400, &io::Error::from_raw_os_error(libc::EIO));
        assert!(!refusals.allow(destination, 1));
    }

    #[test]
    fn a_refusal_is_put_to_the_test_again_after_a_while() {
        let destination = "192.0.2.1".parse().unwrap();
        let mut refusals = Refusals::default();
        refusals.note(destination, 1500, &io::Error::from_raw_os_error(libc::EIO));
        let spared = (0..2 * TRY_AGAIN).take_while(|_| !refusals.allow(destination, 1400)).count();
        assert_eq!(spared, TRY_AGAIN as usize - 1);
        refusals.note(destination, 1500, &io::Error::from_raw_os_error(libc::EIO));
        assert!(!refusals.allow(destination, 1400));
    }

    #[test]
    fn the_table_of_refusals_stays_bounded() {
        let mut refusals = Refusals::default();
        for number in 0..3 * MAX_REMEMBERED as u32 {
            refusals.note(IpAddr::V4(number.into()), 1, &io::Error::from_raw_os_error(libc::EIO));
        }
        assert!(refusals.0.len() <= MAX_REMEMBERED);
    }
}
