//! What can be seen of RADIUS.

use std::net::SocketAddr;

/// A fact of RADIUS.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A request was sent or seen.
    Request {
        /// Its code: 1 Access-Request, 4 Accounting-Request.
        code: u8,
        /// Where to.
        server: Option<SocketAddr>,
        /// Whether it is a repetition.
        repeated: bool,
    },
    /// An answer: 2 accept, 3 reject, 11 challenge, 5 accounting.
    Answer {
        /// Its code.
        code: u8,
        /// Why, in terms of the account, where the server says it.
        reason: Option<super::ppp::Reason>,
        /// The MS-CHAP error number in it.
        error: Option<u32>,
    },
    /// No answer came.
    Unanswered {
        /// From where.
        server: Option<String>,
    },
    /// The address to ask cannot be found, or the asker cannot find its own.
    NotAsked {
        /// What was said.
        said: String,
    },
    /// The server does not know who asks.
    UnknownClient,
    /// Shared secrets differ.
    SecretMismatch,
    /// A Message-Authenticator is required and missing.
    MessageAuthenticatorMissing,
    /// The server is up and listens.
    Listening,
    /// ICMP said that nothing listens there.
    PortClosed,
}

/// A packet by its name (RFC 2865 §3, RFC 2866 §3, RFC 5176 §2.3).
pub const fn packet(code: u8) -> Option<&'static str> {
    Some(match code {
        1 => "Access-Request",
        2 => "Access-Accept",
        3 => "Access-Reject",
        4 => "Accounting-Request",
        5 => "Accounting-Response",
        11 => "Access-Challenge",
        40 => "Disconnect-Request",
        41 => "Disconnect-ACK",
        42 => "Disconnect-NAK",
        43 => "CoA-Request",
        44 => "CoA-ACK",
        45 => "CoA-NAK",
        _ => return None,
    })
}
