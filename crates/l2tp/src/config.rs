use std::time::Duration;

use clock::Backoff;
use crypto::Secret;

/// What an [`Engine`](crate::Engine) does and how much of it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our name in SCCRQ and SCCRP.
    pub host_name: String,
    /// Our product in SCCRQ and SCCRP, which is left out where it would make the answer longer than the question.
    pub vendor_name: Option<String>,
    /// Our version in SCCRQ and SCCRP, left out like the vendor name.
    pub firmware: Option<u16>,
    /// Silence of the peer after which a HELLO asks for it (RFC 2661 §6.5).
    pub hello_interval: Duration,
    /// Control messages that we accept ahead of the one we expect; at least 1.
    pub receive_window: u16,
    /// Tunnels at once, with those that are ending.
    pub max_tunnels: usize,
    /// Tunnels of one peer at once, without those that are ending.
    pub max_tunnels_per_peer: usize,
    /// Calls in one tunnel at once.
    pub max_sessions_per_tunnel: usize,
    /// Waiting times between the transmissions of one control message (RFC 2661 §5.8).
    pub retransmission: Backoff,
    /// Time from the first message to the tunnel, and again to the call.
    pub setup_timeout: Duration,
    /// Life of a tunnel of a peer's making in which there is no call.
    pub empty_timeout: Duration,
    /// Time for which an ended tunnel acknowledges what the peer repeats: a whole cycle of retransmissions (RFC 2661 §5.7).
    pub linger: Duration,
    /// Who we are among the workers.
    pub worker: Worker,
    /// The secret of tunnel authentication and hidden AVPs. With it a peer's challenge is answered.
    pub secret: Option<Secret>,
    /// Whether the peer must prove that it knows the secret. Apple's clients cannot.
    pub challenge_peer: bool,
    /// Whether tunnels of peers are answered. A dialer does not.
    pub accept_incoming: bool,
    /// Bits per second that our ICCN names.
    pub tx_connect_speed: u32,
}

impl Config {
    /// The defaults: answers tunnels, HELLO after 60 s, gives a message up after six transmissions in 31 s.
    pub fn new(host_name: impl Into<String>) -> Self {
        Config {
            host_name: host_name.into(),
            vendor_name: None,
            firmware: None,
            hello_interval: Duration::from_secs(60),
            receive_window: 8,
            max_tunnels: 16_384,
            max_tunnels_per_peer: 8,
            max_sessions_per_tunnel: 8,
            retransmission: Backoff::new(Duration::from_secs(1), 200, Duration::from_secs(8), 6),
            setup_timeout: Duration::from_secs(60),
            empty_timeout: Duration::from_secs(60),
            linger: Duration::from_secs(31),
            worker: Worker::ONLY,
            secret: None,
            challenge_peer: false,
            accept_incoming: true,
            tx_connect_speed: 100_000_000,
        }
    }
}

/// A worker's place in the ids that it assigns: its index stands in their top bits, so that a packet finds its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    index: u16,
    bits: u32,
}

impl Worker {
    /// The only worker: every bit of an id is random.
    pub const ONLY: Worker = Worker { index: 0, bits: 0 };

    /// Worker `index`, which stands in the top `bits` bits of its ids: `None` unless it fits and at most 8 bits are taken.
    pub const fn new(index: u16, bits: u32) -> Option<Worker> {
        if bits > 8 || index >> bits != 0 {
            return None;
        }
        Some(Worker { index, bits })
    }

    /// The index of the worker among `1 << bits` that assigned `id`.
    pub const fn of(id: u16, bits: u32) -> u16 {
        if bits == 0 { 0 } else { id >> (16 - bits) }
    }

    /// The id with this worker's index on top of the low bits of `random`.
    pub(crate) const fn id(self, random: u16) -> u16 {
        if self.bits == 0 {
            return random;
        }
        (self.index << (16 - self.bits)) | (random & (u16::MAX >> self.bits))
    }

    /// How many ids this worker can assign, with zero, which none is.
    pub(crate) const fn ids(self) -> u32 {
        1 << (16 - self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_worker() {
        let worker = Worker::new(5, 3).unwrap();
        for random in [0, 1, 0x1fff, 0xffff, 0xabcd] {
            assert_eq!(Worker::of(worker.id(random), 3), 5);
        }
        assert_eq!(Worker::ONLY.id(0xabcd), 0xabcd);
        assert_eq!(Worker::new(8, 3), None);
        assert_eq!(Worker::new(0, 9), None);
    }
}
