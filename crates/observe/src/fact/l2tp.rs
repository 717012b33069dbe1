//! What can be seen of L2TP.

use wire::l2tp::MessageType;

use crate::Party;

/// A fact of L2TP.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A control message.
    Message {
        /// Who sent it.
        from: Party,
        /// Which.
        kind: MessageType,
        /// Whether it is a repetition.
        repeated: bool,
        /// Whether it was seen outside IPsec.
        clear: bool,
    },
    /// The tunnel is up.
    TunnelUp,
    /// A call is up.
    CallUp,
    /// A tunnel or call was ended by its peer, with the result (RFC 2661 §4.4.2).
    Refused {
        /// Who ended it.
        by: Party,
        /// Whether the tunnel (StopCCN), rather than a call (CDN).
        tunnel: bool,
        /// The result code.
        result: u16,
        /// The error code, 0 when there is none.
        error: u16,
        /// The text that came with it.
        text: String,
    },
    /// Control messages stay unanswered.
    Unanswered {
        /// Who gave up.
        by: Party,
        /// Whether the tunnel had been up before.
        established: bool,
        /// The message that it sent last and how often, where that was counted.
        last: Option<(MessageType, u32)>,
    },
    /// The tunnel's own authentication failed.
    AuthenticationFailed {
        /// Who says so.
        at: Party,
    },
    /// L2TP came without IPsec, and was refused or ignored.
    NotProtected {
        /// Who refused it.
        at: Party,
    },
    /// There is no address or port left for a call.
    Exhausted {
        /// Whose.
        at: Party,
        /// Addresses, rather than ports.
        addresses: bool,
    },
    /// A message breaks the rules, or this implementation thinks so.
    Incompatible {
        /// Who complains.
        at: Party,
        /// What it says.
        said: String,
    },
    /// The program that carries PPP ended, with its status where it is known.
    PppExited {
        /// Whose.
        at: Party,
        /// The status.
        status: Option<u8>,
    },
}
