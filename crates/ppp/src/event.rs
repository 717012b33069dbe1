use std::net::Ipv4Addr;
use std::time::Duration;

use crypto::Secret;
use wire::ppp::{AuthProtocol, Identification, Mppe, RasError};

use crate::config::{Credentials, Method};
use crate::failure::{Failure, Stage};

/// What a session tells its owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Somebody outside must decide; give the answer to [`Session::handle_answer`](crate::Session::handle_answer).
    Ask(Ask),
    /// Client: how the server wants us to authenticate, whether we can or not; `None` when it does not want it. Told again when
    /// it changes.
    Demands(Option<AuthProtocol>),
    /// LCP opened, which happens again when a side starts anew.
    LcpUp(Framing),
    /// The user is who he says. On the client: the server accepted us and, with MS-CHAPv2, proved itself.
    Authenticated {
        /// The name as it was sent; octets that are not UTF-8 are replaced.
        user: String,
        /// How; `None` when a client's server asked for no authentication and the configuration allows that.
        method: Option<Method>,
    },
    /// IPv4 datagrams may flow.
    Ipv4Up(Ipv4Settings),
    /// IPv4 datagrams must no longer flow.
    Ipv4Down,
    /// IPv6 datagrams may flow.
    Ipv6Up(Ipv6Settings),
    /// IPv6 datagrams must no longer flow.
    Ipv6Down,
    /// The first network protocol after authentication is up.
    Up,
    /// The peer said something about itself.
    PeerInfo(Identification),
    /// The peer began CCP (RFC 1962), which we do not have, and it was told so. Told once.
    CompressionRejected {
        /// What it asked for, if that is encryption by PPP itself and not only compression.
        encryption: Option<Mppe>,
    },
    /// The peer announced how long the session may still last (RFC 1570 §2.2).
    TimeRemaining {
        /// How long.
        left: Duration,
        /// Text for the user; may be empty.
        message: String,
    },
    /// The session is over: exactly once, and the last event.
    Closed {
        /// How far it had come when it failed.
        stage: Stage,
        /// Why.
        failure: Failure,
    },
}

/// How frames to the peer may look, which LCP negotiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Framing {
    /// The largest information field that the peer receives, in octets.
    pub peer_mru: u16,
    /// The largest information field that we announced, in octets.
    pub own_mru: u16,
    /// Whether data frames may have a one-octet protocol field.
    pub pfc: bool,
    /// Whether data frames may do without address and control octets.
    pub acfc: bool,
}

/// What IPCP negotiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ipv4Settings {
    /// Our address.
    pub local: Ipv4Addr,
    /// The peer's address, on a server the only permitted source; unspecified when a client's server did not say.
    pub remote: Ipv4Addr,
    /// Name servers for the client's side, in order.
    pub dns: [Option<Ipv4Addr>; 2],
}

impl Ipv4Settings {
    /// The name servers, each once: some servers say the same address twice.
    pub fn name_servers(&self) -> Vec<Ipv4Addr> {
        let mut servers: Vec<_> = self.dns.into_iter().flatten().collect();
        servers.dedup();
        servers
    }
}

/// What IPv6CP negotiated. The link-local addresses are `fe80::` and these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ipv6Settings {
    /// Our interface identifier.
    pub local: u64,
    /// The peer's interface identifier; zero when it did not say.
    pub remote: u64,
}

/// A question to somebody outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Stands again in the answer.
    pub id: AskId,
    /// The question.
    pub question: Question,
}

/// Ties an answer to its question: an answer that comes after the peer started anew must not count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AskId(pub(crate) u64);

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// Server: are these the user's credentials, and may he come in? Answer with [`Reply::Accept`] or [`Reply::Reject`].
    Verify {
        /// The name; octets that are not UTF-8 are replaced.
        user: String,
        /// The name as it was sent, with its domain.
        user_bytes: Vec<u8>,
        /// What the peer proves itself with.
        credential: Credential,
    },
    /// Server: which address? Asked again when the link began anew; the earlier address is then out of use. Answer with [`Reply::Address`] or [`Reply::NoAddress`].
    Address {
        /// The authenticated user's name.
        user: String,
        /// The address that the peer would like.
        requested: Option<Ipv4Addr>,
    },
    /// Client: there is no password yet, or the server permits another try. Answer with [`Reply::Credentials`] or
    /// [`Reply::GiveUp`].
    Credentials {
        /// Why the last ones did not do; `None` when there were none.
        refusal: Option<Refusal>,
    },
}

/// Why a server did not take a user's credentials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The reason.
    pub ras: RasError,
    /// Text for the user; may be empty.
    pub message: String,
}

impl Question {
    /// Which question it is.
    pub fn kind(&self) -> QuestionKind {
        match self {
            Question::Verify { .. } => QuestionKind::Verify,
            Question::Address { .. } => QuestionKind::Address,
            Question::Credentials { .. } => QuestionKind::Credentials,
        }
    }
}

/// The kinds of [`Question`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QuestionKind {
    /// [`Question::Verify`].
    Verify,
    /// [`Question::Address`].
    Address,
    /// [`Question::Credentials`].
    Credentials,
}

/// What a peer proves itself with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// PAP.
    Pap {
        /// The password as it was sent.
        password: Secret,
    },
    /// CHAP with MD5 (RFC 1994 §4.1).
    ChapMd5 {
        /// The identifier, which is part of what is hashed.
        identifier: u8,
        /// Our challenge.
        challenge: [u8; 16],
        /// MD5 over identifier, password and challenge.
        response: [u8; 16],
    },
    /// MS-CHAPv2 (RFC 2759), alone or inside EAP. The hash is over the name without its domain, see [`Credential::hashed_name`].
    MsChapV2 {
        /// The identifier; RADIUS wants it.
        identifier: u8,
        /// Our challenge.
        authenticator_challenge: [u8; 16],
        /// The peer's challenge.
        peer_challenge: [u8; 16],
        /// The peer's proof.
        nt_response: [u8; 24],
    },
}

impl Credential {
    /// How the peer authenticates. Inside EAP an MS-CHAPv2 credential is the same one.
    pub fn method(&self) -> Method {
        match self {
            Credential::Pap { .. } => Method::Pap,
            Credential::ChapMd5 { .. } => Method::ChapMd5,
            Credential::MsChapV2 { .. } => Method::MsChapV2,
        }
    }

    /// The part of a user name that MS-CHAPv2 hashes: what follows `DOMAIN\` (RFC 2759 §4).
    pub fn hashed_name(user: &[u8]) -> &[u8] {
        user.rsplit(|&octet| octet == b'\\').next().unwrap_or(user)
    }
}

/// An answer to an [`Ask`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The question's.
    pub id: AskId,
    /// What was decided.
    pub reply: Reply,
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The user may come in.
    Accept {
        /// MS-CHAPv2 only, and required there: `S=` and 40 hexadecimal digits (RFC 2759 §8.7).
        authenticator_response: Option<[u8; 42]>,
        /// Text for the user; may be empty.
        message: String,
    },
    /// The user may not come in.
    Reject {
        /// Why: one of 646 to 649, 691, 709 where MS-CHAPv2 shall show it (RFC 2759 §6).
        ras: RasError,
        /// Whether another try is permitted. The session has a limit of its own.
        retry_allowed: bool,
        /// Text for the user; may be empty.
        message: String,
    },
    /// The addresses of the link.
    Address(Ipv4Lease),
    /// There is no address.
    NoAddress(NoAddress),
    /// Credentials, or other ones.
    Credentials(Credentials),
    /// No credentials, or no other ones.
    GiveUp,
}

/// What a client is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ipv4Lease {
    /// The client's address.
    pub client: Ipv4Addr,
    /// Our address on the link.
    pub server: Ipv4Addr,
    /// Name servers, in order.
    pub dns: [Option<Ipv4Addr>; 2],
    /// NetBIOS name servers, in order.
    pub nbns: [Option<Ipv4Addr>; 2],
}

/// Why there is no address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NoAddress {
    /// The pool has none left.
    Exhausted,
    /// Another reason, which whoever answered knows.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_that_is_named_twice_is_one() {
        let servers = |dns| {
            let address = Ipv4Addr::new(10, 0, 0, 2);
            Ipv4Settings { local: address, remote: address, dns }.name_servers()
        };
        let (first, second) = (Ipv4Addr::new(10, 0, 0, 53), Ipv4Addr::new(10, 0, 0, 54));
        assert_eq!(servers([Some(first), Some(first)]), [first]);
        assert_eq!(servers([Some(first), Some(second)]), [first, second]);
        assert_eq!(servers([None, Some(second)]), [second]);
    }

    #[test]
    fn the_domain_is_no_part_of_what_is_hashed() {
        assert_eq!(Credential::hashed_name(b"CORP\\alice"), b"alice");
        assert_eq!(Credential::hashed_name(b"alice@corp"), b"alice@corp");
        assert_eq!(Credential::hashed_name(b""), b"");
    }
}
