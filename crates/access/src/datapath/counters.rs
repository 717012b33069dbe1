use std::fmt;

/// Why the data path dropped a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Dropped {
    /// Shorter than an ESP header.
    Runt,
    /// No association has this SPI.
    UnknownSpi,
    /// Not opened: impossible length.
    EspLength,
    /// Not opened: replayed or too old.
    EspReplay,
    /// Not opened: integrity check failed.
    EspIntegrity,
    /// Not opened: bad padding.
    EspPadding,
    /// The payload is not UDP between the ports of the selectors.
    Selectors,
    /// Not a well-formed L2TP message.
    L2tp,
    /// L2TP data for a call that does not exist, or that belongs to another peer.
    UnknownCall,
    /// Not a well-formed PPP frame.
    Ppp,
    /// IP before the network protocol was up.
    NotUp,
    /// Not a well-formed IP packet.
    Ip,
    /// The inner source address is not the one assigned.
    Source,
    /// The inner destination is not allowed: another client, multicast or broadcast.
    Destination,
    /// From the host, for an address that nobody has.
    NoRoute,
    /// From the host, for a peer without an association to send on.
    NoAssociation,
    /// The association is used up and was not replaced.
    Exhausted,
    /// L2TP without IPsec, and not from where a server is that is reached so.
    Unprotected,
}

impl Dropped {
    /// Every reason, in the order of its index.
    pub const ALL: [Dropped; 18] = [
        Dropped::Runt,
        Dropped::UnknownSpi,
        Dropped::EspLength,
        Dropped::EspReplay,
        Dropped::EspIntegrity,
        Dropped::EspPadding,
        Dropped::Selectors,
        Dropped::L2tp,
        Dropped::UnknownCall,
        Dropped::Ppp,
        Dropped::NotUp,
        Dropped::Ip,
        Dropped::Source,
        Dropped::Destination,
        Dropped::NoRoute,
        Dropped::NoAssociation,
        Dropped::Exhausted,
        Dropped::Unprotected,
    ];

    /// The reason as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Dropped::Runt => "runt",
            Dropped::UnknownSpi => "unknown_spi",
            Dropped::EspLength => "esp_length",
            Dropped::EspReplay => "esp_replay",
            Dropped::EspIntegrity => "esp_integrity",
            Dropped::EspPadding => "esp_padding",
            Dropped::Selectors => "selectors",
            Dropped::L2tp => "l2tp",
            Dropped::UnknownCall => "unknown_call",
            Dropped::Ppp => "ppp",
            Dropped::NotUp => "not_up",
            Dropped::Ip => "ip",
            Dropped::Source => "source",
            Dropped::Destination => "destination",
            Dropped::NoRoute => "no_route",
            Dropped::NoAssociation => "no_association",
            Dropped::Exhausted => "exhausted",
            Dropped::Unprotected => "unprotected",
        }
    }
}

impl From<esp::Drop> for Dropped {
    fn from(drop: esp::Drop) -> Dropped {
        match drop {
            esp::Drop::Length => Dropped::EspLength,
            esp::Drop::Replay => Dropped::EspReplay,
            esp::Drop::Integrity => Dropped::EspIntegrity,
            esp::Drop::Padding => Dropped::EspPadding,
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Numbers of dropped packets by reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Drops([u64; Dropped::ALL.len()]);

impl Drops {
    pub(super) fn count(&mut self, reason: Dropped) {
        self.0[reason as usize] += 1;
    }

    /// Packets dropped for `reason`.
    pub fn get(&self, reason: Dropped) -> u64 {
        self.0[reason as usize]
    }

    /// Every reason with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Dropped, u64)> + '_ {
        Dropped::ALL.into_iter().map(|reason| (reason, self.get(reason)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_counter_and_label() {
        for (index, reason) in Dropped::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
            assert!(Dropped::ALL[..index].iter().all(|other| other.label() != reason.label()));
        }
    }
}
