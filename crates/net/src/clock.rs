//! The clocks of the operating system.

use std::time::{SystemTime, UNIX_EPOCH};

use ::clock::Timestamp;

/// The monotonic clock that runs on through suspend (`CLOCK_BOOTTIME`): a laptop that slept an hour finds its deadlines an hour
/// older, as its peer does.
pub fn now() -> Timestamp {
    read(libc::CLOCK_BOOTTIME)
}

/// Seconds since 1970-01-01 UTC by the wall clock, which may step in either direction; zero before 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(crate) fn read(clock: libc::clockid_t) -> Timestamp {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec for the kernel to write to.
    let failed = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(failed, 0, "the clocks that we read exist since Linux 2.6.39");
    Timestamp::from_nanos(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_never_runs_backwards() {
        let first = now();
        assert!(now() >= first);
        assert!(first > Timestamp::ZERO);
    }
}
