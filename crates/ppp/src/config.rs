use std::time::Duration;

use crypto::Secret;
use wire::ppp::{AuthProtocol, ChapAlgorithm, RasError};

/// How the user is authenticated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method {
    /// The password in the clear (RFC 1334). Fit only inside IPsec or TLS.
    Pap,
    /// CHAP with MD5 (RFC 1994): whoever verifies must know the password in the clear.
    ChapMd5,
    /// MS-CHAPv2 (RFC 2759): both sides prove that they know the password.
    MsChapV2,
    /// MS-CHAPv2 inside EAP (RFC 3748, draft-kamath-pppext-eap-mschapv2).
    EapMsChapV2,
}

impl Method {
    /// The LCP option's value for it.
    pub const fn auth_protocol(self) -> AuthProtocol {
        match self {
            Method::Pap => AuthProtocol::Pap,
            Method::ChapMd5 => AuthProtocol::Chap(ChapAlgorithm::MD5),
            Method::MsChapV2 => AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2),
            Method::EapMsChapV2 => AuthProtocol::Eap,
        }
    }

    /// The method for an LCP option's value, if it is one of ours.
    pub(crate) fn of(protocol: AuthProtocol) -> Option<Self> {
        let all = [Method::Pap, Method::ChapMd5, Method::MsChapV2, Method::EapMsChapV2];
        all.into_iter().find(|method| method.auth_protocol() == protocol)
    }
}

/// Timers and limits of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// Restart timer (RFC 1661 §4.6) of every control protocol, and the pause between two challenges.
    pub restart: Duration,
    /// The first Configure-Request of LCP is repeated after this pause, or when the peer's own arrives unanswered, whichever
    /// is sooner; zero for neither. A server that starts PPP when the call is up misses what comes before.
    pub early_repeat: Duration,
    /// Max-Configure: Configure-Requests, challenges or PAP requests sent before giving up; at least 1.
    pub max_configure: u32,
    /// Max-Terminate: Terminate-Requests sent before giving up; at least 1.
    pub max_terminate: u32,
    /// Max-Failure: Configure-Naks sent before an option is rejected instead.
    pub max_failure: u32,
    /// Rounds of Nak and Reject in either direction before a protocol is given up.
    pub max_rounds: u32,
    /// How often LCP may begin anew before a network protocol is up.
    pub max_renegotiations: u32,
    /// From the first LCP packet to authentication.
    pub setup: Duration,
    /// From authentication to the first network protocol.
    pub network: Duration,
    /// For the answer to an [`Ask`](crate::Ask), except for [`Question::Credentials`](crate::Question).
    pub answer: Duration,
    /// For a person to type a password: how long the client asks for it and the server waits for it.
    pub credentials: Duration,
    /// Silence after which an LCP Echo-Request is sent; zero for none.
    pub echo_interval: Duration,
    /// Echo-Requests without a sign of life, one after each interval, before the peer counts as dead.
    pub max_echo_failures: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            restart: Duration::from_secs(3),
            early_repeat: Duration::ZERO,
            max_configure: 10,
            max_terminate: 2,
            max_failure: 5,
            max_rounds: 30,
            max_renegotiations: 5,
            setup: Duration::from_secs(30),
            network: Duration::from_secs(40),
            answer: Duration::from_secs(15),
            credentials: Duration::from_secs(60),
            echo_interval: Duration::from_secs(30),
            max_echo_failures: 4,
        }
    }
}

/// What a server's end of a session needs to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerConfig {
    /// The name in our challenges; at most 255 octets are sent.
    pub name: String,
    /// The methods that we offer, best first. The peer's Nak may move us to another of the list.
    pub methods: Vec<Method>,
    /// Wrong passwords after which the session ends; only MS-CHAPv2, with or without EAP, allows more than one.
    pub max_tries: u32,
    /// The largest information field that we receive, in octets.
    pub mru: u16,
    /// Whether IPv6CP is offered; without it, it is answered with a Protocol-Reject.
    pub ipv6: bool,
    /// Timers and limits.
    pub timing: Timing,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            name: "causeway".to_owned(),
            methods: vec![Method::MsChapV2],
            max_tries: 3,
            mru: DEFAULT_MRU,
            ipv6: false,
            timing: Timing::default(),
        }
    }
}

/// What a client's end of a session needs to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientConfig {
    /// User and password.
    pub credentials: Credentials,
    /// The methods that we accept, best first. Whatever the server asks for, no other is used.
    pub methods: Vec<Method>,
    /// Instead of logging on, only asks for this way to authenticate: it is suggested in the place of each that the server demands
    /// (RFC 1661 §6.2), until the server demands it or has no other. What the server demands comes as [`Event::Demands`](crate::Event). The session ends by
    /// itself, before LCP is open; nothing of the credentials is sent.
    pub inquire: Option<AuthProtocol>,
    /// Whether a server that asks for no authentication is acceptable: it proves nothing about itself.
    pub allow_unauthenticated: bool,
    /// Whether the password is not known yet, whatever `credentials` says: it is asked for when LCP has agreed on how to
    /// authenticate, and the link is kept alive meanwhile.
    pub ask_first: bool,
    /// Whether to ask for another password when the server permits another try.
    pub ask_again: bool,
    /// The largest information field that we receive, in octets.
    pub mru: u16,
    /// Whether IPv6CP is offered.
    pub ipv6: bool,
    /// Whether the session ends when IPCP does not come up, although IPv6CP has.
    pub requires_ipv4: bool,
    /// Timers and limits.
    pub timing: Timing,
}

impl ClientConfig {
    /// The defaults for these credentials: MS-CHAPv2 only.
    pub fn new(credentials: Credentials) -> Self {
        ClientConfig {
            credentials,
            methods: vec![Method::MsChapV2],
            inquire: None,
            allow_unauthenticated: false,
            ask_first: false,
            ask_again: false,
            mru: DEFAULT_MRU,
            ipv6: false,
            requires_ipv4: false,
            timing: Timing::default(),
        }
    }
}

/// Room for the headers of L2TP, UDP and ESP with NAT traversal below a path MTU of 1500; what Windows asks for, too.
const DEFAULT_MRU: u16 = 1400;

/// A user and a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The name as it goes to the server, with `DOMAIN\` in front if the server wants one; 1 to 255 octets.
    pub user: String,
    /// The password in UTF-8; at most 255 octets.
    pub password: Secret,
}

/// Why a session is ended by command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CloseReason {
    /// The user wants it so.
    User,
    /// An administrator wants it so.
    Administrator,
    /// The service stops.
    Shutdown,
    /// No traffic for too long.
    Idle,
    /// The session lasted as long as it may.
    SessionTimeout,
    /// A decision with a Windows error of its own.
    Error(RasError),
}

impl CloseReason {
    /// What the Terminate-Request says.
    pub fn ras(self) -> RasError {
        match self {
            CloseReason::User => RasError::NONE,
            CloseReason::Administrator | CloseReason::Shutdown | CloseReason::SessionTimeout => {
                RasError::REMOTE_DISCONNECTION
            }
            CloseReason::Idle => RasError::IDLE_TIMEOUT,
            CloseReason::Error(ras) => ras,
        }
    }
}
