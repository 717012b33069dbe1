//! What the engine accepts and how patient it is.

use std::net::IpAddr;
use std::time::Duration;

use crypto::Secret;
use wire::isakmp::Identity;

use crate::proposal::{ChildPolicy, Phase1Policy};

/// What the engine accepts and how patient it is. Cheap to replace while it runs: existing SAs keep what they agreed on.
#[derive(Clone, Debug)]
pub struct Config {
    /// Index of the worker this engine belongs to, 0 to 15: the top four bits of every SPI it allocates. The data plane
    /// finds the worker of an incoming ESP packet by `spi >> 28`.
    pub worker: u8,
    /// Whether strangers may start an IKE SA with us. Off in a dialer.
    pub respond: bool,
    /// Pre-shared keys for peers that call us. The most specific entry that contains the peer's transport address counts.
    pub pre_shared_keys: Vec<PreSharedKey>,
    /// Our phase 1 identity; by default our address as the peer knows it.
    pub local_id: Option<Identity>,
    /// What is acceptable in phase 1.
    pub phase1: Phase1Policy,
    /// What is acceptable in phase 2.
    pub child: ChildPolicy,
    /// Local UDP ports that a peer's phase 2 selector may name; 0 in the selector (any port) is always acceptable.
    pub local_ports: Vec<u16>,
    /// NAT traversal.
    pub nat: NatConfig,
    /// Waiting times.
    pub timing: Timing,
    /// What strangers may use up.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            worker: 0,
            respond: true,
            pre_shared_keys: Vec::new(),
            local_id: None,
            phase1: Phase1Policy::standard(),
            child: ChildPolicy::standard(),
            local_ports: vec![1701],
            nat: NatConfig::default(),
            timing: Timing::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// The key for a peer at `address`: that of the entry with the longest prefix. Never chosen by the phase 1 identity,
    /// which in main mode is known only after the key has been used (RFC 2409 §5.4).
    pub fn pre_shared_key(&self, address: IpAddr) -> Option<&Secret> {
        let fitting = self.pre_shared_keys.iter().filter(|entry| entry.contains(address));
        fitting
            .max_by_key(|entry| entry.network.map_or(0, |(_, prefix)| u16::from(prefix) + 1))
            .map(|entry| &entry.secret)
    }
}

/// A pre-shared key and the peers it is for.
#[derive(Clone, Debug)]
pub struct PreSharedKey {
    /// Network address and prefix length; `None` means every peer.
    pub network: Option<(IpAddr, u8)>,
    /// The key.
    pub secret: Secret,
}

impl PreSharedKey {
    /// A key for every peer.
    pub fn for_any_peer(secret: impl Into<Secret>) -> Self {
        PreSharedKey { network: None, secret: secret.into() }
    }

    fn contains(&self, address: IpAddr) -> bool {
        let Some((network, prefix)) = self.network else { return true };
        let equal_bits = |left: u128, right: u128, bits: u32| {
            let differing = (left ^ right).checked_shr(bits - u32::from(prefix).min(bits));
            differing.unwrap_or(0) == 0
        };
        match (network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                equal_bits(network.to_bits().into(), address.to_bits().into(), 32)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => equal_bits(network.to_bits(), address.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// NAT traversal (RFC 3947).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NatConfig {
    /// Hide from Windows that we are behind a NAT: its clients refuse such servers unless a registry value allows them. We
    /// then return the client's own hash of our address and make it encapsulate by a false hash of its address.
    pub parrot_windows: bool,
    /// Addresses under which peers reach us although a NAT stands in front. A peer that knows us by one of them is told
    /// that address instead of the one behind the NAT.
    pub own_public_addresses: Vec<IpAddr>,
    /// Announce a NAT although there is none, so that ESP always travels in UDP: for hosts that cannot use raw ESP.
    pub force_encapsulation: bool,
}

impl Default for NatConfig {
    fn default() -> Self {
        NatConfig { parrot_windows: true, own_public_addresses: Vec::new(), force_encapsulation: false }
    }
}

/// Waiting times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// First wait for the answer to a request of ours; each further one is twice as long.
    pub retransmit_after: Duration,
    /// Longest wait between two transmissions.
    pub retransmit_cap: Duration,
    /// Transmissions of a request, the first included.
    pub transmissions: u32,
    /// How often a repeated request is answered again.
    pub repeated_answers: u8,
    /// How often quick mode message 2 is repeated by itself when message 3 does not come. Only ever towards the path that
    /// main mode proved. 0: a responder speaks only when spoken to, and a lost message 3 ends the quick mode.
    pub quick_mode_repeats: u32,
    /// How long a responder waits for the next message of an exchange.
    pub exchange_timeout: Duration,
    /// How long a responder waits for a repetition before it believes that a message cannot be decrypted.
    pub undecryptable_wait: Duration,
    /// After this time without a sign of life a peer that supports it is asked for one (RFC 3706); `None`: never.
    pub dpd_idle: Option<Duration>,
    /// Wait for the answer to such a question.
    pub dpd_retry: Duration,
    /// Questions before a peer is declared dead.
    pub dpd_attempts: u32,
    /// How long a child SA outlives its agreed lifetime, to let the peer's rekey settle.
    pub child_margin: Duration,
    /// How long an initiator keeps a replaced child SA.
    pub replaced_child_stays: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            retransmit_after: Duration::from_secs(2),
            retransmit_cap: Duration::from_secs(16),
            transmissions: 5,
            repeated_answers: 5,
            quick_mode_repeats: 0,
            exchange_timeout: Duration::from_secs(30),
            undecryptable_wait: Duration::from_secs(5),
            dpd_idle: Some(Duration::from_secs(30)),
            dpd_retry: Duration::from_secs(5),
            dpd_attempts: 5,
            child_margin: Duration::from_secs(60),
            replaced_child_stays: Duration::from_secs(10),
        }
    }
}

/// What strangers may use up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Half-open IKE SAs and recent failures of one IPv4 address or IPv6 /64. Generous, because carriers put many
    /// subscribers behind one address.
    pub half_open_per_address: usize,
    /// Half-open IKE SAs in all; beyond it the oldest makes room.
    pub half_open: usize,
    /// IKE SAs in all that are past the half-open stage.
    pub ike_sas: usize,
    /// Diffie-Hellman exchanges (two computations each) for strangers, per second.
    pub dh_per_second: u32,
    /// Quick modes that may run at once under one IKE SA.
    pub quick_modes: usize,
    /// Child SAs of one IKE SA.
    pub children: usize,
    /// Failed attempts that are remembered, so that each is reported once.
    pub remembered_failures: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            half_open_per_address: 64,
            half_open: 65_536,
            ike_sas: 65_536,
            dh_per_second: 2000,
            quick_modes: 8,
            children: 16,
            remembered_failures: 4096,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_key_wins() {
        let entry = |network: Option<(&str, u8)>, secret: &str| PreSharedKey {
            network: network.map(|(address, prefix)| (address.parse().unwrap(), prefix)),
            secret: secret.into(),
        };
        let config = Config {
            pre_shared_keys: vec![
                entry(None, "everybody"),
                entry(Some(("192.0.2.7", 32)), "one"),
                entry(Some(("192.0.2.0", 24)), "net"),
                entry(Some(("0.0.0.0", 0)), "v4"),
                entry(Some(("2001:db8::", 32)), "six"),
            ],
            ..Config::default()
        };
        let key = |address: &str| config.pre_shared_key(address.parse().unwrap()).unwrap().as_bytes();
        assert_eq!(key("192.0.2.7"), b"one");
        assert_eq!(key("192.0.2.8"), b"net");
        assert_eq!(key("::ffff:192.0.2.8"), b"net");
        assert_eq!(key("198.51.100.1"), b"v4");
        assert_eq!(key("2001:db8:1::1"), b"six");
        assert_eq!(key("2001:db9::1"), b"everybody");
    }
}
