use std::fmt;

/// Why a message was passed over without a reply. What strangers send is counted, not answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// Not a control message of L2TPv2, or one whose sender cannot be told.
    Malformed,
    /// No tunnel has this id.
    UnknownTunnel,
    /// The tunnel belongs to another peer.
    WrongPeer,
    /// A request for a tunnel, and we answer none.
    NotAccepting,
    /// A request for a tunnel beyond the limits. It is answered, and reported once for each attempt.
    TunnelLimit,
    /// Received before.
    Duplicate,
    /// Ahead of the receive window.
    OutOfWindow,
    /// Acknowledges what was never sent.
    BadAcknowledgement,
    /// Names a call that does not exist, or no longer.
    UnknownSession,
    /// A type that is not known and may be ignored.
    UnknownMessage,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [DropReason; 10] = [
        DropReason::Malformed,
        DropReason::UnknownTunnel,
        DropReason::WrongPeer,
        DropReason::NotAccepting,
        DropReason::TunnelLimit,
        DropReason::Duplicate,
        DropReason::OutOfWindow,
        DropReason::BadAcknowledgement,
        DropReason::UnknownSession,
        DropReason::UnknownMessage,
    ];

    /// The label of a metric.
    pub const fn label(self) -> &'static str {
        match self {
            DropReason::Malformed => "malformed",
            DropReason::UnknownTunnel => "unknown_tunnel",
            DropReason::WrongPeer => "wrong_peer",
            DropReason::NotAccepting => "not_accepting",
            DropReason::TunnelLimit => "tunnel_limit",
            DropReason::Duplicate => "duplicate",
            DropReason::OutOfWindow => "out_of_window",
            DropReason::BadAcknowledgement => "bad_acknowledgement",
            DropReason::UnknownSession => "unknown_session",
            DropReason::UnknownMessage => "unknown_message",
        }
    }
}

/// How many messages were dropped, by reason, since the engine began.
#[derive(Clone, Default)]
pub struct Drops {
    counts: [u64; DropReason::ALL.len()],
}

impl Drops {
    /// The number for one reason.
    pub fn get(&self, reason: DropReason) -> u64 {
        self.counts[reason as usize]
    }

    /// Every reason with its number.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL.into_iter().map(|reason| (reason, self.get(reason)))
    }

    pub(crate) fn count(&mut self, reason: DropReason) {
        self.counts[reason as usize] += 1;
    }
}

impl fmt::Debug for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(reason, count)| (reason.label(), count))).finish()
    }
}
