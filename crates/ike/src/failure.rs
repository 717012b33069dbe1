use std::time::Duration;

use crypto::dh::Group;
use wire::Malformed;
use wire::isakmp::{ExchangeType, Identity, NotifyType, PayloadType};

use crate::proposal::{ChildPolicy, Mismatch, OfferedChild, OfferedPhase1, Phase1Policy, Reason, Refused};

/// How far an attempt had come when it failed. For a silence it names the messages that were waited for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Main mode messages 1 and 2: the proposals.
    Phase1Proposal,
    /// Main mode messages 3 and 4: keys, nonces, NAT detection.
    Phase1KeyExchange,
    /// Main mode messages 5 and 6, the first encrypted ones and, with a NAT, the first on port 4500.
    Phase1Authentication,
    /// Quick mode messages 1 and 2.
    Phase2Proposal,
    /// Quick mode message 3.
    Phase2Confirmation,
}

/// Why an attempt failed, by who is to blame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The peer's octets are not what the documents describe.
    Malformed(Malformed),
    /// The peer's message is well-formed and not allowed here.
    Misbehaved(Misbehaviour),
    /// The two sides have nothing in common.
    Incompatible(Incompatible),
    /// The peer's encrypted message makes no sense after decryption: the pre-shared keys differ.
    Undecryptable,
    /// The peer said no, with this notification. `authenticated` is false for a notification in clear, which anybody who
    /// saw the exchange could have sent.
    Refused {
        /// The notification.
        notify: NotifyType,
        /// Its data; Microsoft's status carries a Windows error number here.
        data: Vec<u8>,
        /// Whether it was protected by the IKE SA.
        authenticated: bool,
    },
    /// The peer does not answer.
    Silence {
        /// Messages of ours that stayed unanswered, repetitions included.
        attempts: u32,
        /// Time since the first of them.
        elapsed: Duration,
        /// Whether they went to port 4500.
        encapsulated: bool,
    },
    /// Our policy forbids it.
    Denied(Denial),
    /// Something on our side.
    Local(LocalFault),
}

/// A well-formed message that is not allowed where it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Misbehaviour {
    /// The public value is no element of the group (RFC 2412 §E, RFC 5903 §7).
    KeyExchange {
        /// The group.
        group: Group,
    },
    /// The HASH payload of phase 1 does not verify although the message decrypts: something on the way changed the
    /// proposals or identities (RFC 2409 §5), or the peer computes it wrongly.
    Hash,
    /// An answer that does not follow from what we asked.
    Answer {
        /// The payload that is wrong.
        payload: PayloadType,
        /// What is wrong with the transform, if it is one.
        reason: Option<Reason>,
    },
}

/// No common ground, with both sides' positions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incompatible {
    /// No transform of phase 1 is acceptable.
    Phase1(Mismatch<OfferedPhase1, Phase1Policy>),
    /// The answer to our phase 1 offer is not one of its transforms.
    Phase1Answer(Refused<OfferedPhase1>),
    /// No transform of phase 2 is acceptable.
    Child(Mismatch<OfferedChild, ChildPolicy>),
    /// The answer to our phase 2 offer is not one of its transforms.
    ChildAnswer(Refused<OfferedChild>),
    /// The traffic selectors are not UDP with a port of ours.
    Selectors(SelectorMismatch),
}

/// Traffic selectors that are not acceptable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelectorMismatch {
    /// IDci.
    pub initiator: Option<Identity>,
    /// IDcr.
    pub responder: Option<Identity>,
    /// The ports that our side of the selector may have.
    pub local_ports: Vec<u16>,
}

/// Our policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Denial {
    /// There is no pre-shared key for this peer.
    NoPreSharedKey,
    /// The peer proved the key and has another identity than we want.
    PeerIdentity {
        /// Who we want.
        expected: Identity,
        /// Who it is.
        got: Identity,
    },
    /// As many quick modes or child SAs as one IKE SA may have.
    TooManyChildren {
        /// The limit.
        limit: usize,
    },
}

/// Something on our side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LocalFault {
    /// Too many negotiations: this one made room for newer ones.
    Evicted,
    /// There were as many IKE SAs as there may be, whenever the peer wanted to go on.
    Full,
    /// More key exchanges were asked for than the budget allows, whenever the peer wanted to go on.
    Overloaded,
    /// Ended by a command.
    Closed,
    /// The IKE SA ended under a quick mode.
    IkeSaGone,
}

/// How much a failure speaks for different pre-shared keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeySuspicion {
    /// Not at all.
    None,
    /// It may be the keys or the path: the peer went silent at its first encrypted message.
    Possible,
    /// The peer complains about our first encrypted message.
    Likely,
    /// The peer's first encrypted message cannot be decrypted.
    Certain,
}

impl Failure {
    /// The notification that tells the peer; `None` where there is nothing to say or nobody to hear it.
    pub fn notify(&self) -> Option<NotifyType> {
        match self {
            Failure::Malformed(_) => Some(NotifyType::PAYLOAD_MALFORMED),
            Failure::Misbehaved(misbehaviour) => Some(match misbehaviour {
                Misbehaviour::KeyExchange { .. } => NotifyType::INVALID_KEY_INFORMATION,
                Misbehaviour::Hash => NotifyType::AUTHENTICATION_FAILED,
                Misbehaviour::Answer { .. } => NotifyType::BAD_PROPOSAL_SYNTAX,
            }),
            Failure::Incompatible(incompatible) => Some(match incompatible {
                Incompatible::Phase1(_)
                | Incompatible::Phase1Answer(_)
                | Incompatible::Child(_)
                | Incompatible::ChildAnswer(_) => NotifyType::NO_PROPOSAL_CHOSEN,
                Incompatible::Selectors(_) => NotifyType::INVALID_ID_INFORMATION,
            }),
            // Not an error about a key, which only the right key could make readable: in clear it ends the attempt of a
            // client that listens, and it tells an attacker nothing that silence would not.
            Failure::Undecryptable => Some(NotifyType::PAYLOAD_MALFORMED),
            Failure::Refused { .. } | Failure::Silence { .. } => None,
            Failure::Denied(denial) => Some(match denial {
                // Without a key the method itself is not acceptable; the peer cannot tell which.
                Denial::NoPreSharedKey => NotifyType::NO_PROPOSAL_CHOSEN,
                Denial::PeerIdentity { .. } => NotifyType::INVALID_ID_INFORMATION,
                Denial::TooManyChildren { .. } => NotifyType::NO_PROPOSAL_CHOSEN,
            }),
            Failure::Local(fault) => match fault {
                LocalFault::Evicted
                | LocalFault::Full
                | LocalFault::Overloaded
                | LocalFault::Closed
                | LocalFault::IkeSaGone => None,
            },
        }
    }

    /// How much this failure at `stage` speaks for different pre-shared keys.
    pub fn key_suspicion(&self, stage: Stage) -> KeySuspicion {
        match self {
            Failure::Undecryptable => KeySuspicion::Certain,
            // What the peer encrypted and proved with the same key is no complaint about the key.
            Failure::Refused { authenticated: true, .. } => KeySuspicion::None,
            Failure::Refused { notify, .. } if stage == Stage::Phase1Authentication => match *notify {
                NotifyType::PAYLOAD_MALFORMED
                | NotifyType::INVALID_PAYLOAD_TYPE
                | NotifyType::INVALID_ID_INFORMATION
                | NotifyType::INVALID_HASH_INFORMATION
                | NotifyType::AUTHENTICATION_FAILED
                // SoftEther gives the IKE SA up in silence when it cannot read message 5, and then knows its cookie no more.
                | NotifyType::INVALID_COOKIE => KeySuspicion::Likely,
                _ => KeySuspicion::None,
            },
            Failure::Silence { .. } if stage == Stage::Phase1Authentication => KeySuspicion::Possible,
            Failure::Malformed(_)
            | Failure::Misbehaved(_)
            | Failure::Incompatible(_)
            | Failure::Refused { .. }
            | Failure::Silence { .. }
            | Failure::Denied(_)
            | Failure::Local(_) => KeySuspicion::None,
        }
    }
}

/// Messages that were dropped without an answer and without becoming an attempt, by reason.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Drop {
    /// Not an ISAKMP message, or malformed before anything of the sender was known.
    Malformed,
    /// An IKEv2 message: the peer speaks only version 2, or tries it first.
    Version2,
    /// Another major version.
    Version,
    /// Aggressive mode, which hands out a hash that the pre-shared key can be searched with.
    AggressiveMode,
    /// Windows AuthIP.
    AuthIp,
    /// XAUTH or mode config.
    Transaction,
    /// An exchange type that is not in use here.
    Exchange(ExchangeType),
    /// No IKE SA has these cookies.
    UnknownCookies,
    /// Already received; the answer has been repeated as often as it may be, or there is none.
    Duplicate,
    /// Not decryptable, or its HASH does not verify.
    NotAuthentic,
    /// In clear where only protected messages count.
    Unprotected,
    /// Not expected in this state.
    Unexpected,
    /// The address has too many half-open IKE SAs.
    AddressLimit,
    /// More Diffie-Hellman computations were asked for than the budget allows.
    DhBudget,
    /// No more IKE SAs.
    SaLimit,
    /// We do not respond to strangers.
    NotResponder,
    /// A dead-peer-detection number that is not new.
    StaleSequence,
    /// Fragments that do not fit together or are too many.
    Fragment,
}

/// Counts of dropped messages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Drops {
    counts: Vec<(Drop, u64)>,
}

impl Drops {
    /// How many were dropped for this reason.
    pub fn count(&self, reason: Drop) -> u64 {
        self.counts.iter().find(|(known, _)| *known == reason).map_or(0, |&(_, count)| count)
    }

    /// Every reason that occurred, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Drop, u64)> {
        self.counts.iter().copied()
    }

    pub(crate) fn add(&mut self, reason: Drop) {
        // At most one entry for each reason; the 256 exchange types are the largest part.
        match self.counts.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((reason, 1)),
        }
    }
}
