//! Why a connection through the tunnel did not come about or ended early.

use std::fmt;
use std::time::Duration;

wire::code_points! {
    /// Codes of ICMP "destination unreachable" (RFC 792, RFC 1812 §5.2.7.1).
    pub struct Unreachable(u8) {
        NETWORK = 0 => "network unreachable",
        HOST = 1 => "host unreachable",
        PROTOCOL = 2 => "protocol unreachable",
        PORT = 3 => "port unreachable",
        NETWORK_UNKNOWN = 6 => "network unknown",
        HOST_UNKNOWN = 7 => "host unknown",
        NETWORK_PROHIBITED = 9 => "network administratively prohibited",
        HOST_PROHIBITED = 10 => "host administratively prohibited",
        PROHIBITED = 13 => "communication administratively prohibited",
    }
}

wire::code_points! {
    /// Response codes of the domain name system (RFC 1035 §4.1.1).
    pub struct Rcode(u8) {
        NO_ERROR = 0 => "no error",
        FORMAT_ERROR = 1 => "format error",
        SERVER_FAILURE = 2 => "server failure",
        NO_SUCH_NAME = 3 => "no such name",
        NOT_IMPLEMENTED = 4 => "not implemented",
        REFUSED = 5 => "refused",
    }
}

/// Why a connection through the tunnel did not come about or ended early, by who is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The client of a proxy does not speak the proxy's protocol.
    Malformed(Malformed),
    /// The other side of the tunnel said no.
    Refused(Refusal),
    /// The other side of the tunnel did not answer.
    Silence {
        /// What it did not answer.
        stage: Stage,
        /// How long we waited.
        elapsed: Duration,
    },
    /// We do not do what the client asks for.
    Denied(Denial),
    /// Something here is used up or missing.
    Local(Local),
}

/// What the bytes of a client should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Malformed {
    /// The part of the request, in the words of its specification.
    pub field: &'static str,
    /// What was expected there.
    pub expected: &'static str,
}

/// How the other side of the tunnel said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It answered the connection request with a reset: nothing listens there.
    Reset,
    /// It reset a connection that was established.
    Broken,
    /// A router or the host itself reported that the destination cannot be reached.
    Unreachable(Unreachable),
    /// The name does not exist.
    NoSuchName,
    /// The name exists and has no IPv4 address.
    NoAddress,
    /// The name servers do not answer the question; this is the code of the last one.
    NameServer(Rcode),
}

/// What was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A proxy's client did not finish its request.
    Request,
    /// The question to the name servers.
    Resolve,
    /// The connection request.
    Connect,
    /// Data, or the question whether the other side is still there.
    Transfer,
}

/// What we do not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denial {
    /// The tunnel carries IPv4 and the client asks for an IPv6 address.
    AddressFamily,
    /// A command other than CONNECT.
    Command,
    /// None of the authentication methods that the client offers is ours, which is: none needed.
    Authentication,
    /// The destination is not an address to which one can connect: port zero, multicast, broadcast or unspecified.
    Destination,
}

/// What is used up or missing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Local {
    /// There is no tunnel at the moment.
    NoTunnel,
    /// As many connections as are allowed exist.
    Connections,
    /// As many questions to the name servers as are allowed are open.
    Questions,
    /// The tunnel came without name servers.
    NoNameServer,
    /// The local socket failed, with its error number; zero when there is none.
    Socket {
        /// The `errno`.
        errno: i32,
    },
    /// Nothing was transferred for so long that the connection was given up.
    Idle,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Malformed(Malformed { field, expected }) => write!(f, "{field}: expected {expected}"),
            Failure::Refused(refusal) => refusal.fmt(f),
            Failure::Silence { stage, elapsed } => write!(f, "{stage} for {:.1} s", elapsed.as_secs_f32()),
            Failure::Denied(denial) => denial.fmt(f),
            Failure::Local(local) => local.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Reset => f.write_str("connection refused"),
            Refusal::Broken => f.write_str("connection reset"),
            Refusal::Unreachable(code) => code.fmt(f),
            Refusal::NoSuchName => f.write_str("no such name"),
            Refusal::NoAddress => f.write_str("the name has no IPv4 address"),
            Refusal::NameServer(code) => write!(f, "name server: {code}"),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Request => "no complete request from the client",
            Stage::Resolve => "no answer from the name servers",
            Stage::Connect => "no answer to the connection request",
            Stage::Transfer => "no answer from the other side",
        })
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Denial::AddressFamily => "the tunnel carries IPv4 only",
            Denial::Command => "only CONNECT is offered",
            Denial::Authentication => "the client does not offer to go without authentication",
            Denial::Destination => "not a destination to connect to",
        })
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Local::NoTunnel => f.write_str("there is no tunnel at the moment"),
            Local::Connections => f.write_str("too many connections"),
            Local::Questions => f.write_str("too many open questions to the name servers"),
            Local::NoNameServer => f.write_str("the tunnel came without name servers"),
            Local::Socket { errno } => write!(f, "local socket: {}", std::io::Error::from_raw_os_error(*errno)),
            Local::Idle => f.write_str("idle for too long"),
        }
    }
}
