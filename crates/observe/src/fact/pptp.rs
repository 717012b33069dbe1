//! What can be seen of PPTP: its control connection, and GRE.

use crate::Party;

/// A fact of PPTP.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A TCP connection to port 1723 was opened.
    Connected,
    /// It was refused: nothing listens.
    ConnectionRefused,
    /// Nobody answered the attempt to open it.
    ConnectionTimedOut,
    /// It was open, and no control message came back.
    NoReply,
    /// A control message (RFC 2637 §2).
    Message {
        /// Who sent it.
        from: Party,
        /// Its type: 1 SCCRQ, 2 SCCRP, 7 OCRQ, 8 OCRP, 12 CCRQ, 13 CDN, 15 SLI and so on.
        kind: u16,
        /// The result code where the message has one.
        result: Option<u8>,
        /// The error code where the message has one.
        error: Option<u8>,
    },
    /// The control connection is up.
    TunnelUp,
    /// The call is up.
    CallUp,
    /// The control connection or call was refused.
    Refused {
        /// Who refused.
        by: Party,
        /// The result code.
        result: u8,
    },
    /// The sum of GRE in one direction.
    Gre {
        /// Who sent.
        from: Party,
        /// Packets.
        packets: u64,
        /// Octets.
        octets: u64,
    },
    /// Nothing came by GRE while the call was up.
    NoGre {
        /// Who missed it.
        at: Party,
    },
    /// GRE could not be sent, or was refused by an ICMP error.
    GreRefused {
        /// Who was told.
        at: Party,
    },
    /// The call was ended.
    Closed {
        /// Who ended it.
        by: Party,
    },
    /// The service could not take its port.
    PortBusy {
        /// Whose.
        at: Party,
    },
}
