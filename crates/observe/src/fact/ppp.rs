//! What can be seen of PPP.

use std::fmt;
use std::net::Ipv4Addr;

use crate::Party;

/// A fact of PPP.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A packet of a control protocol.
    Packet {
        /// Who sent it.
        from: Party,
        /// Its protocol.
        protocol: Protocol,
        /// Its code: 1 Configure-Request to 11 Discard-Request.
        code: u8,
        /// Whether it is a repetition.
        repeated: bool,
    },
    /// Someone wants the other one to authenticate so.
    AuthenticationDemanded {
        /// Who wants it.
        by: Party,
        /// How.
        method: Method,
    },
    /// Someone refuses to authenticate so, or proposes another method.
    AuthenticationDeclined {
        /// Who declines.
        by: Party,
        /// What was demanded.
        method: Method,
        /// What it proposes instead.
        instead: Option<Method>,
    },
    /// Which methods a server would take, asked for one by one. What is in neither list is not known.
    AuthenticationOffered {
        /// Who offers.
        by: Party,
        /// Those it demanded, by itself or when it was suggested to.
        offered: Vec<Method>,
        /// Those it did not take up.
        refused: Vec<Method>,
    },
    /// No method is acceptable to both.
    NoCommonAuthentication {
        /// Who ended it.
        at: Party,
    },
    /// The link is up.
    LinkUp,
    /// Nobody answers Configure-Requests.
    Unanswered {
        /// Who gave up.
        at: Party,
        /// Of which protocol.
        protocol: Protocol,
    },
    /// The same options were refused again and again.
    NotConverging {
        /// Of which protocol.
        protocol: Protocol,
    },
    /// Our own packets came back.
    Loopback {
        /// Who saw it.
        at: Party,
    },
    /// The user was accepted.
    Authenticated {
        /// How.
        method: Option<Method>,
        /// The user.
        user: Option<String>,
    },
    /// The user was refused.
    AuthenticationFailed {
        /// Who says so: the server refuses, the client is told, or the client does not believe the server.
        at: Party,
        /// How it was tried.
        method: Option<Method>,
        /// The error number that came with it (E= of MS-CHAP).
        code: Option<u32>,
        /// The reason in the server's own words, where it is more than "failed".
        reason: Option<Reason>,
    },
    /// The server could not prove that it knows the password.
    ServerNotAuthentic,
    /// The authentication took too long.
    AuthenticationTimedOut {
        /// Who waited.
        at: Party,
    },
    /// Encryption (MPPE) was agreed on, with so many bits of key.
    Encrypted {
        /// Bits: 40, 56 or 128.
        bits: u16,
    },
    /// Encryption is required by one end and not to be had.
    EncryptionRequired {
        /// Who requires it.
        by: Party,
    },
    /// Strengths or modes of encryption do not meet.
    EncryptionStrength {
        /// Who refuses.
        at: Party,
    },
    /// Authentication gave no keys for encryption.
    NoEncryptionKeys {
        /// Who misses them.
        at: Party,
    },
    /// A protocol is up.
    NetworkUp {
        /// Which.
        protocol: Protocol,
        /// The client's address.
        client: Option<Ipv4Addr>,
        /// The server's address.
        server: Option<Ipv4Addr>,
    },
    /// A protocol was rejected by the other end (Protocol-Reject).
    ProtocolRejected {
        /// Who rejected it.
        by: Party,
        /// Which.
        protocol: Protocol,
    },
    /// No network protocol came up.
    NoNetworkProtocol {
        /// Who says so.
        at: Party,
    },
    /// No address can be given.
    NoAddress {
        /// Who has none.
        at: Party,
        /// The pool is used up.
        exhausted: bool,
    },
    /// An address that was proposed is not acceptable.
    AddressRefused {
        /// Who refuses.
        by: Party,
        /// The address.
        address: Option<Ipv4Addr>,
    },
    /// The link was ended by Terminate-Request.
    Terminated {
        /// Who ended it.
        by: Party,
        /// The text in it, as far as it is one.
        text: String,
        /// The Windows error number in it, where it has one.
        code: Option<u32>,
    },
    /// Echo requests stay unanswered.
    PeerDead {
        /// Who missed the replies.
        at: Party,
    },
    /// The transport under the link went away.
    HungUp {
        /// Who saw it.
        at: Party,
    },
    /// Packets of no known protocol: what was decrypted or decompressed is garbage.
    Garbage {
        /// Who received it.
        at: Party,
    },
    /// PPP over a broken rule of the other end.
    Incompatible {
        /// Who complains.
        at: Party,
        /// What it says.
        said: String,
    },
    /// The kernel has no PPP, or no encryption for it.
    KernelMissing {
        /// Whose.
        at: Party,
        /// What is missing.
        what: Missing,
    },
    /// The program ended with this status.
    Exited {
        /// Whose.
        at: Party,
        /// The status, as pppd numbers them.
        status: u8,
    },
    /// The connection was up for so long.
    Up {
        /// Seconds.
        seconds: u32,
        /// Octets received and sent by the observer.
        traffic: Option<(u64, u64)>,
    },
}

/// A control protocol of PPP.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Protocol {
    /// Link control.
    Lcp,
    /// PAP.
    Pap,
    /// CHAP in any form.
    Chap,
    /// EAP.
    Eap,
    /// Compression and encryption control.
    Ccp,
    /// IPv4.
    Ipcp,
    /// IPv6.
    Ipv6cp,
    /// Any other, by its number.
    Other(u16),
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Lcp => "LCP",
            Protocol::Pap => "PAP",
            Protocol::Chap => "CHAP",
            Protocol::Eap => "EAP",
            Protocol::Ccp => "CCP",
            Protocol::Ipcp => "IPCP",
            Protocol::Ipv6cp => "IPv6CP",
            Protocol::Other(number) => return write!(f, "PPP {number:#06x}"),
        })
    }
}

impl Protocol {
    /// A packet of it by its name: `LCP Configure-Request`.
    pub fn packet(self, code: u8) -> String {
        let name = match (self, code) {
            (Protocol::Other(_), _) => return format!("{self} {code}"),
            (Protocol::Pap, 1) => "Authenticate-Request",
            (Protocol::Pap, 2) => "Authenticate-Ack",
            (Protocol::Pap, 3) => "Authenticate-Nak",
            (Protocol::Chap, 1) => "Challenge",
            (Protocol::Eap, 1) => "Request",
            (Protocol::Chap | Protocol::Eap, 2) => "Response",
            (Protocol::Chap | Protocol::Eap, 3) => "Success",
            (Protocol::Chap | Protocol::Eap, 4) => "Failure",
            (_, 1) => "Configure-Request",
            (_, 2) => "Configure-Ack",
            (_, 3) => "Configure-Nak",
            (_, 4) => "Configure-Reject",
            (_, 5) => "Terminate-Request",
            (_, 6) => "Terminate-Ack",
            (_, 7) => "Code-Reject",
            (_, 8) => "Protocol-Reject",
            (_, 9) => "Echo-Request",
            (_, 10) => "Echo-Reply",
            (_, 11) => "Discard-Request",
            (_, other) => return format!("{self} {other}"),
        };
        format!("{self} {name}")
    }
}

/// How a user proves who he is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method {
    /// PAP.
    Pap,
    /// CHAP with MD5.
    Chap,
    /// MS-CHAP version 1.
    MsChapV1,
    /// MS-CHAP version 2.
    MsChapV2,
    /// EAP, of a type where it is known.
    Eap(Option<u8>),
    /// Anything else.
    Other,
}

/// Why a user was refused, in terms that a server tells nobody but its own log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// There is no such user.
    UnknownUser,
    /// The password is wrong.
    WrongPassword,
    /// The name is written in a form that the server does not know: domain, realm.
    UserFormat,
    /// The account is locked.
    Locked,
    /// The account is disabled.
    Disabled,
    /// The account has expired.
    Expired,
    /// The password has expired.
    PasswordExpired,
    /// Not at this time.
    LogonHours,
    /// May not dial in.
    NoDialin,
    /// No policy matches.
    NoPolicy,
    /// A condition of a policy refuses: second session, port type, method.
    Constraint,
    /// The method is switched off.
    MethodDisabled,
    /// The password is stored in a form that does not fit the method.
    NoUsablePassword,
    /// The server could not ask who decides.
    Backend,
    /// The user may not have this address.
    Address,
    /// The TLS of an EAP method found no version that both ends have.
    TlsVersion,
}

/// What a kernel does not have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Missing {
    /// /dev/ppp is not there.
    DevPpp,
    /// /dev/ppp may not be opened.
    DevPppForbidden,
    /// The PPP driver.
    Ppp,
    /// PPP over L2TP.
    L2tp,
    /// PPTP.
    Pptp,
    /// MPPE.
    Mppe,
}
