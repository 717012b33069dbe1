use std::net::SocketAddr;

/// The two ends of the datagrams of one IKE SA, as seen on this host. Answers leave from `local`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Path {
    /// Our address and port.
    pub local: SocketAddr,
    /// The peer's address and port.
    pub remote: SocketAddr,
}

impl Path {
    /// The same addresses with port 4500 at both ends (RFC 3947 §4).
    pub fn floated(mut self) -> Self {
        self.local.set_port(4500);
        self.remote.set_port(4500);
        self
    }
}

/// A message to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transmit {
    /// Where from and where to.
    pub path: Path,
    /// Whether the non-ESP marker (four zero octets, RFC 3948 §2.2) goes in front; the caller puts it there.
    pub encapsulated: bool,
    /// The ISAKMP message.
    pub data: Vec<u8>,
}
