use std::net::IpAddr;

use crypto::Secret;
use wire::isakmp::{Cookies, Identity};

use crate::nat::Nat;
use crate::proposal::{ChildSuite, Life, Mode, Phase1Suite};
use crate::vendor::Announced;
use crate::{Failure, Path, Stage};

/// An IKE SA of this engine, from its first message on. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IkeSaId(pub u64);

/// A pair of child SAs of this engine. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChildId(pub u64);

/// Who began.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// We did.
    Initiator,
    /// The peer did.
    Responder,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// An attempt began: our first message is under way, or a peer's was accepted. Ends in `Phase1Up` or `Failed`.
    Started {
        /// The IKE SA to be.
        sa: IkeSaId,
        /// Who began.
        role: Role,
        /// Where the messages go.
        path: Path,
    },
    /// The key of the messages that follow, before either peer has proved anything: for whoever records keys.
    Phase1Keys(Box<Phase1Keys>),
    /// The peers have proved to each other that they know the pre-shared key.
    Phase1Up {
        /// The IKE SA.
        sa: IkeSaId,
        /// What was agreed.
        summary: Box<Phase1Summary>,
    },
    /// A pair of child SAs is to be installed.
    ChildUp {
        /// The IKE SA.
        sa: IkeSaId,
        /// Keys and everything else.
        child: Box<ChildKeys>,
    },
    /// A pair of child SAs is to be removed.
    ChildDown {
        /// Which.
        child: ChildId,
        /// Why.
        reason: CloseReason,
    },
    /// A message that only the peer could make, and only now, came from another address or port.
    PathChanged {
        /// The IKE SA.
        sa: IkeSaId,
        /// Where it is now.
        path: Path,
        /// Whether IKE messages carry the non-ESP marker.
        encapsulated: bool,
    },
    /// The peer has no other SAs with us: earlier ones of the same peer are left-overs. Never a reason to end SAs of another
    /// client behind the same address.
    InitialContact {
        /// The IKE SA over which it was said.
        sa: IkeSaId,
    },
    /// An IKE SA that was up has ended. Its child SAs live on unless `ChildDown` says otherwise.
    Closed {
        /// The IKE SA.
        sa: IkeSaId,
        /// Why.
        reason: CloseReason,
    },
    /// An attempt failed, in phase 1 or in one quick mode: exactly once for each.
    Failed(Box<Failed>),
}

/// A failed attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// The IKE SA; `None` when the very first message was refused.
    pub sa: Option<IkeSaId>,
    /// Who began the exchange that failed.
    pub role: Role,
    /// Where the messages went.
    pub path: Path,
    /// How far it came.
    pub stage: Stage,
    /// Why it failed.
    pub failure: Failure,
    /// What is known of the peer.
    pub peer: PeerKnown,
    /// The child SA that was to be replaced, when a rekey failed.
    pub replaces: Option<ChildId>,
}

/// What is known of a peer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerKnown {
    /// What it announced.
    pub announced: Announced,
    /// Its phase 1 identity, once proved.
    pub id: Option<Identity>,
    /// Where a NAT is, once detected.
    pub nat: Option<Nat>,
    /// Whether anything of it came by port 4500, readable or not: then the way for NAT traversal is open.
    pub heard_nat_t: bool,
}

/// What opens the encrypted messages of an IKE SA, as this end derived it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phase1Keys {
    /// The name of the IKE SA on the wire.
    pub cookies: Cookies,
    /// SKEYID_e as the cipher takes it (RFC 2409 appendix B).
    pub encryption: Secret,
}

/// What phase 1 agreed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phase1Summary {
    /// Who began.
    pub role: Role,
    /// The name of the IKE SA on the wire.
    pub cookies: Cookies,
    /// Algorithms.
    pub suite: Phase1Suite,
    /// Lifetime.
    pub life: Life,
    /// The peer's proved identity.
    pub peer_id: Identity,
    /// What the peer announced; [`Announced::software`] guesses what it is.
    pub peer: Announced,
    /// Where a NAT is. Behind one of our own, keepalives are ours to send.
    pub nat: Nat,
    /// Whether the peer answers dead-peer-detection.
    pub dpd: bool,
    /// Where the messages go.
    pub path: Path,
    /// Whether IKE messages carry the non-ESP marker: true on port 4500.
    pub encapsulated: bool,
}

/// A pair of child SAs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildKeys {
    /// The engine's name for the pair.
    pub id: ChildId,
    /// The IKE SA under which it was made.
    pub sa: IkeSaId,
    /// Who began the quick mode.
    pub role: Role,
    /// The SPI of packets to us. Its top four bits are the worker's index.
    pub spi_in: u32,
    /// The SPI of packets to the peer.
    pub spi_out: u32,
    /// Algorithms.
    pub suite: ChildSuite,
    /// Plain or in UDP.
    pub mode: Mode,
    /// Keys for packets to us.
    pub inbound: DirectionKeys,
    /// Keys for packets to the peer.
    pub outbound: DirectionKeys,
    /// What may travel inside.
    pub selectors: Selectors,
    /// What the peers said their addresses are, where a NAT is (RFC 3947 §5.2).
    pub nat_oa: NatOa,
    /// Agreed lifetime.
    pub life: Life,
    /// The pair that this one replaces; it stays usable until it is deleted.
    pub replaces: Option<ChildId>,
    /// Where the packets go.
    pub path: Path,
}

/// The keys of one direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectionKeys {
    /// Encryption key.
    pub encryption: Secret,
    /// AES-GCM salt of four octets; otherwise empty.
    pub salt: Secret,
    /// Key of the integrity algorithm; empty with AES-GCM.
    pub integrity: Secret,
}

/// What may travel in a child SA, from our point of view. Zero stands for any.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Selectors {
    /// IP protocol.
    pub protocol: u8,
    /// Port on our side.
    pub local_port: u16,
    /// Port on the peer's side.
    pub remote_port: u16,
    /// Our address in the selector, if it was one; with a NAT it is the peer's view.
    pub local: Option<IpAddr>,
    /// The peer's address in the selector, if it was one; behind a NAT its private address.
    pub remote: Option<IpAddr>,
}

/// NAT original addresses as the peer sent them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct NatOa {
    /// The peer's own address.
    pub remote: Option<IpAddr>,
    /// Our address as the peer sees it.
    pub local: Option<IpAddr>,
}

/// Why something that was up has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CloseReason {
    /// We were told to end it.
    Command,
    /// The peer deleted it.
    DeletedByPeer,
    /// Its lifetime is over.
    Expired,
    /// A newer one took its place.
    Replaced,
    /// The peer does not answer dead-peer-detection.
    PeerDead,
}
