//! Codes and texts with which a product sums an attempt up.

/// A report.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A client reported a RAS error (600 to 999).
    Ras {
        /// The code.
        code: u32,
    },
    /// Windows reported an IPsec error (13800 to 13999).
    Ike {
        /// The code.
        code: u32,
    },
    /// An informational event of RasClient (20220 to 20227), RemoteAccess or the like: how far it came.
    Event {
        /// Its source ("RasClient", "RemoteAccess", "Security").
        provider: String,
        /// Its number.
        id: u32,
    },
    /// An NPS or IAS reason code.
    NpsReason {
        /// The code.
        code: u32,
    },
    /// The verdict of a Causeway log.
    Verdict {
        /// The cause's id.
        cause: String,
        /// The stage's id.
        stage: String,
    },
    /// Somebody at this end ended it by command.
    UserHungUp,
    /// The product says that the connection is up.
    Connected,
    /// The product says that it ended in order.
    Disconnected,
    /// Who is affected, as the person said who collected the evidence.
    Affects(Affected),
}

/// Who is affected by a failure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Affected {
    /// One user or one machine; others connect.
    OneUser,
    /// Everybody at one place, behind one router.
    OneSite,
    /// Everybody.
    Everyone,
}
