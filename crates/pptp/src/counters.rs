use std::fmt;

/// Why something that came was passed over without a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// Not GRE as PPTP has it.
    Malformed,
    /// GRE of another call, or of none.
    UnknownCall,
    /// A number that was passed already: late or a duplicate.
    Late,
    /// A number that nothing near it bears out.
    FarAhead,
    /// Acknowledges what was never sent.
    BadAcknowledgement,
    /// There was no room for it.
    Overflow,
    /// A control message that does not concern us.
    UnknownMessage,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [DropReason; 7] = [
        DropReason::Malformed,
        DropReason::UnknownCall,
        DropReason::Late,
        DropReason::FarAhead,
        DropReason::BadAcknowledgement,
        DropReason::Overflow,
        DropReason::UnknownMessage,
    ];

    /// The label of a metric.
    pub const fn label(self) -> &'static str {
        match self {
            DropReason::Malformed => "malformed",
            DropReason::UnknownCall => "unknown_call",
            DropReason::Late => "late",
            DropReason::FarAhead => "far_ahead",
            DropReason::BadAcknowledgement => "bad_acknowledgement",
            DropReason::Overflow => "overflow",
            DropReason::UnknownMessage => "unknown_message",
        }
    }
}

/// What went over a channel, and what was dropped.
#[derive(Clone, Default)]
pub struct Counters {
    /// GRE packets with a frame that were sent.
    pub sent: u64,
    /// GRE packets of the call that came, with a frame or with an acknowledgement only.
    pub received: u64,
    /// Frames that were sent and that the peer has acknowledged: they arrived.
    pub acknowledged: u64,
    /// Frames of the peer that never came.
    pub lost: u64,
    drops: [u64; DropReason::ALL.len()],
}

impl Counters {
    /// How much was dropped for one reason.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.drops[reason as usize]
    }

    pub(crate) fn count(&mut self, reason: DropReason) {
        self.drops[reason as usize] += 1;
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = f.debug_struct("Counters");
        all.field("sent", &self.sent).field("received", &self.received);
        all.field("acknowledged", &self.acknowledged).field("lost", &self.lost);
        for reason in DropReason::ALL {
            all.field(reason.label(), &self.dropped(reason));
        }
        all.finish()
    }
}
