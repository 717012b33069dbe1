//! NAT detection, judged from outside: the hashes against the addresses that the capture shows.

use std::net::SocketAddr;

use crypto::HashAlg;
use observe::Role;
use wire::isakmp::Cookies;

use super::Datagram;

/// What the two messages with hashes said so far: whether they fit the addresses in this capture.
///
/// A sender's own hash that does not fit was made before a NAT that the packet has passed. A hash of the destination that
/// does not fit names another address than the packet is going to here: the destination's NAT has translated it already, or
/// the client is asked under another address than it has.
#[derive(Default)]
pub(super) struct NatDetection {
    client_sent: Option<Fits>,
    server_sent: Option<Fits>,
    told: bool,
}

#[derive(Clone, Copy)]
struct Fits {
    destination: bool,
    source: bool,
}

/// Whether the client and whether the server is behind a NAT.
type Verdict = (Option<bool>, Option<bool>);

impl NatDetection {
    /// The NAT-D payloads of an IKEv1 message (RFC 3947 §3.2): the first is the destination's, the others the sender's.
    pub(super) fn version1(
        &mut self,
        cookies: &Cookies,
        datagram: &Datagram<'_>,
        from: Role,
        destination: &[u8],
        sources: &[&[u8]],
    ) -> Option<Verdict> {
        let alg = match destination.len() {
            16 => HashAlg::Md5,
            20 => HashAlg::Sha1,
            32 => HashAlg::Sha256,
            48 => HashAlg::Sha384,
            64 => HashAlg::Sha512,
            _ => return None,
        };
        let fits = |hash: &[u8], address: SocketAddr| alg_fits(alg, cookies, hash, address);
        let fits = Fits {
            destination: fits(destination, datagram.destination),
            source: sources.is_empty() || sources.iter().any(|hash| fits(hash, datagram.source)),
        };
        self.take(from, fits)
    }

    /// The NAT detection notifies of an IKEv2 message (RFC 7296 §2.23).
    pub(super) fn version2(
        &mut self,
        cookies: &Cookies,
        datagram: &Datagram<'_>,
        from: Role,
        destination: &[&[u8]],
        sources: &[&[u8]],
    ) -> Option<Verdict> {
        let any = |hashes: &[&[u8]], address| hashes.iter().any(|hash| alg_fits(HashAlg::Sha1, cookies, hash, address));
        let fits = Fits { destination: any(destination, datagram.destination), source: any(sources, datagram.source) };
        self.take(from, fits)
    }

    fn take(&mut self, from: Role, fits: Fits) -> Option<Verdict> {
        match from {
            Role::Client => self.client_sent = Some(fits),
            Role::Server => self.server_sent = Some(fits),
        }
        (self.client_sent.is_some() && self.server_sent.is_some()).then(|| self.verdict()).flatten()
    }

    /// What one of the two messages alone says, when the other never came.
    pub(super) fn rest(&mut self) -> Option<Verdict> {
        (self.client_sent.is_some() || self.server_sent.is_some()).then(|| self.verdict()).flatten()
    }

    fn verdict(&mut self) -> Option<Verdict> {
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        let either = |one: Option<bool>, other: Option<bool>| match (one, other) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (None, None) => None,
            _ => Some(false),
        };
        let client = either(self.client_sent.map(|fits| !fits.source), self.server_sent.map(|fits| !fits.destination));
        let server = either(self.client_sent.map(|fits| !fits.destination), self.server_sent.map(|fits| !fits.source));
        Some((client, server))
    }
}

fn alg_fits(alg: HashAlg, cookies: &Cookies, hash: &[u8], address: SocketAddr) -> bool {
    let (v4, v6);
    let ip: &[u8] = match address {
        SocketAddr::V4(address) => {
            v4 = address.ip().octets();
            &v4
        }
        SocketAddr::V6(address) => {
            v6 = address.ip().octets();
            &v6
        }
    };
    let port = address.port().to_be_bytes();
    let expected = alg.digest(&[&cookies.initiator.0, &cookies.responder.0, ip, &port]);
    expected.as_bytes() == hash
}
