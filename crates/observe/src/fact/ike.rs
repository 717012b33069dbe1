//! What can be seen of IKE.

use std::net::SocketAddr;

use wire::isakmp::NotifyType;

use crate::Party;

/// A fact of IKE. `at` is who says so about himself; `from` and `by` are who did it.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// A message was sent, arrived, or passed: at the sender's side it was sent, at the other it arrived, on the wire it passed.
    Message(Message),
    /// Someone offered these suites, in order of preference.
    Offered {
        /// Of which phase.
        phase: Phase,
        /// Who.
        from: Party,
        /// The suites.
        suites: Vec<Suite>,
    },
    /// Someone's configuration accepts these suites only.
    Accepts {
        /// Of which phase.
        phase: Phase,
        /// Who.
        at: Party,
        /// The suites.
        suites: Vec<Suite>,
    },
    /// A suite was agreed on.
    Chosen {
        /// Of which phase.
        phase: Phase,
        /// It.
        suite: Suite,
    },
    /// Someone found no suite in the other's offer that he accepts.
    NoCommonSuite {
        /// Of which phase.
        phase: Phase,
        /// Who refused.
        at: Party,
    },
    /// Someone needs, or offers, a suite that his own software cannot do.
    SuiteUnsupported {
        /// Who.
        at: Party,
        /// Which algorithm, as he names it.
        name: String,
    },
    /// A notify payload.
    Notify {
        /// Who sent it.
        from: Party,
        /// Its type.
        kind: NotifyType,
        /// The phase it answers, where the source says.
        phase: Option<Phase>,
        /// Whether it was protected by the IKE SA.
        protected: bool,
    },
    /// A vendor ID.
    Vendor {
        /// Whose.
        from: Party,
        /// The name of what it announces, as far as it is known ("NAT-T RFC 3947", "strongSwan").
        name: String,
    },
    /// NAT detection's result. `None`: not known from this source.
    Nat {
        /// Whether the client is behind a NAT.
        client: Option<bool>,
        /// Whether the server is.
        server: Option<bool>,
        /// Whether one of them only pretends, to force encapsulation.
        forced: bool,
    },
    /// Someone sent a message again because nothing came.
    Repeated {
        /// Who.
        by: Party,
        /// The message.
        message: Exchange,
    },
    /// Someone stopped waiting for an answer.
    GaveUp {
        /// Who.
        by: Party,
        /// What it had sent last, when known.
        after: Option<Exchange>,
    },
    /// How a negotiation stood when the observation ended: what each end had sent last.
    Stood {
        /// The client's last message.
        client: Option<Sent>,
        /// The server's last message.
        server: Option<Sent>,
        /// Messages that the end which spoke last sent since the other one's last: 1 is no repetition.
        unanswered: u32,
        /// Seconds from the last message of either to the end of the observation.
        seconds: u32,
    },
    /// A responder dropped a negotiation that the other end never finished.
    HalfOpenExpired {
        /// Who.
        at: Party,
    },
    /// Someone could not decrypt, or not make sense of, a message that was encrypted with keys that depend on the shared key.
    Undecryptable {
        /// Who.
        at: Party,
    },
    /// The hash that proves the other end's key or identity is wrong.
    HashWrong {
        /// Who found it.
        at: Party,
    },
    /// Someone has no key for this peer.
    NoSharedKey {
        /// Who.
        at: Party,
    },
    /// Someone's key holds characters that clients encode in different ways, or blanks at an end.
    KeyCharacters {
        /// Whose key.
        at: Party,
        /// What is unusual about it.
        flaw: KeyFlaw,
    },
    /// No configured connection matches what came: address, version, kind of authentication.
    NoConnection {
        /// Who has none.
        at: Party,
        /// What was asked for, as the source says it.
        asked: String,
    },
    /// The mode that was asked for (aggressive, main) is not accepted.
    ModeRefused {
        /// Who refuses.
        at: Party,
        /// The mode.
        mode: String,
    },
    /// The major version that was asked for is not accepted.
    VersionRefused {
        /// Who refuses.
        at: Party,
        /// The version that the other one speaks: 1 or 2.
        asked: u8,
    },
    /// An identity was declared; in main mode that needs the right keys.
    Identity {
        /// Whose.
        of: Party,
        /// It.
        identity: String,
    },
    /// An identity is not the expected one.
    IdentityRefused {
        /// Who refuses.
        at: Party,
        /// What it wants.
        expected: Option<String>,
        /// What it got.
        got: Option<String>,
    },
    /// Phase 1 is complete.
    Phase1Up {
        /// By a certificate, or by a shared key.
        certificate: Option<bool>,
    },
    /// Quick-mode identities or traffic selectors are not acceptable.
    SelectorsRefused {
        /// Who refuses.
        at: Party,
        /// What was asked for.
        asked: Option<String>,
    },
    /// Perfect forward secrecy does not meet: one side demands a group.
    PfsRefused {
        /// Who refuses.
        at: Party,
    },
    /// IPsec associations are installed.
    Phase2Up {
        /// Whether ESP goes in UDP.
        encapsulated: Option<bool>,
        /// Whether it is transport mode.
        transport: Option<bool>,
        /// The suite of ESP.
        suite: Option<Suite>,
        /// The SPIs that the observer receives and sends with, where they are told.
        spis: Option<(u32, u32)>,
    },
    /// Something is wrong with a certificate.
    Certificate {
        /// Who says so.
        at: Party,
        /// Whose certificate it is, when known.
        of: Option<Party>,
        /// What is wrong.
        problem: CertificateProblem,
    },
    /// An association was deleted.
    Deleted {
        /// Who said so.
        by: Party,
        /// Which.
        phase: Phase,
        /// Octets that ESP had carried in and out at the observer, where it says so.
        traffic: Option<(u64, u64)>,
    },
    /// An established peer does not answer any more.
    PeerDead {
        /// Who found it.
        at: Party,
    },
    /// Another association of the same identity or address was replaced or refused.
    Displaced {
        /// Who did so.
        at: Party,
    },
    /// A quick mode came with a message ID that another negotiation had already used.
    MessageIdReused {
        /// Who found it.
        at: Party,
    },
    /// The peer's address or port behind a NAT changed.
    MappingChanged {
        /// Before.
        from: Option<SocketAddr>,
        /// After.
        to: Option<SocketAddr>,
    },
    /// A renewal of keys failed.
    RekeyFailed {
        /// Who says so.
        at: Party,
    },
    /// Too many negotiations at once; new ones are ignored.
    Limited {
        /// Who limits.
        at: Party,
    },
    /// The operating system refused the associations.
    KernelRefused {
        /// Whose.
        at: Party,
        /// What it said.
        said: String,
    },
    /// An error came back from the network for an IKE packet.
    NetworkError {
        /// Who was told.
        at: Party,
        /// Connection refused (the port is closed), rather than unreachable or filtered.
        closed: bool,
    },
    /// The IKE service is not running, so there is nobody to negotiate.
    ServiceStopped {
        /// Whose.
        at: Party,
    },
}

/// What clients get wrong about a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyFlaw {
    /// Typographic quotation marks.
    QuotationMarks,
    /// Characters beyond ASCII.
    NotAscii,
    /// Blanks at an end.
    Blanks,
    /// Quotation marks or backslashes in it.
    Marks,
}

/// A phase of IKEv1, or its counterpart in IKEv2 (IKE SA, child SA).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Main or aggressive mode; IKE_SA_INIT and IKE_AUTH.
    One,
    /// Quick mode; the child SA.
    Two,
}

/// One IKE message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who sent it.
    pub from: Party,
    /// What it is.
    pub exchange: Exchange,
    /// The message ID; zero in phase 1.
    pub id: u32,
    /// The cookies, initiator's first, where they are seen.
    pub cookies: Option<(u64, u64)>,
    /// Whether it went to port 4500.
    pub port_4500: bool,
    /// Whether it is the repetition of an earlier one.
    pub repeated: bool,
    /// Length of the IKE message in octets, where it is said.
    pub octets: Option<u32>,
}

/// A message that was sent, and how often in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Which.
    pub exchange: Exchange,
    /// How often since this end last sent another one.
    pub times: u32,
}

/// Which message of which exchange.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Exchange {
    /// Main mode, message 1 to 6.
    MainMode(u8),
    /// Aggressive mode, message 1 to 3.
    AggressiveMode(u8),
    /// Quick mode, message 1 to 4; 0 when it is encrypted and cannot be told.
    QuickMode(u8),
    /// Informational.
    Informational,
    /// Configuration: XAuth, mode config.
    Transaction,
    /// IKEv2, IKE_SA_INIT: request or response.
    SaInit {
        /// Whether it is the response.
        response: bool,
    },
    /// IKEv2, IKE_AUTH.
    Auth {
        /// Whether it is the response.
        response: bool,
    },
    /// IKEv2, CREATE_CHILD_SA or INFORMATIONAL.
    Later {
        /// Whether it is the response.
        response: bool,
    },
    /// A fragment, or anything else.
    Other,
}

/// A suite in lower-case names of the field: cipher with key bits, integrity or hash, group. An empty part is not in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Suite {
    /// Such as `aes-cbc-256`, `3des`, `aes-gcm-16-128`.
    pub cipher: String,
    /// Such as `sha1`, `sha2-256`, `md5`.
    pub integrity: String,
    /// Such as `modp2048`, `ecp256`; empty without key exchange.
    pub group: String,
    /// Such as `psk`, `rsa`; empty where it is not told.
    pub authentication: String,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CertificateProblem {
    /// There is none, or its key is missing.
    Missing,
    /// Its issuer is not trusted.
    Untrusted,
    /// It does not carry the expected name.
    Name,
    /// Its key usage or extended key usage does not permit this.
    Usage,
    /// It is outside its validity.
    Expired,
    /// It is revoked, or its revocation cannot be checked.
    Revoked,
    /// Its signature does not verify.
    Signature,
}
