use std::net::{IpAddr, SocketAddr};

use crypto::{CryptoRng, Digest, HashAlg};
use wire::isakmp::{Chain, Cookies, PayloadType};

use crate::Path;
use crate::config::NatConfig;
use crate::proposal::Encapsulation;

/// How NAT traversal is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NatVariant {
    /// RFC 3947.
    Rfc3947,
    /// draft-ietf-ipsec-nat-t-ike-02 and -03: the same with private numbers.
    Draft,
}

impl NatVariant {
    pub(crate) const fn nat_d(self) -> PayloadType {
        match self {
            NatVariant::Rfc3947 => PayloadType::NAT_D,
            NatVariant::Draft => PayloadType::NAT_D_DRAFT,
        }
    }

    pub(crate) const fn nat_oa(self) -> PayloadType {
        match self {
            NatVariant::Rfc3947 => PayloadType::NAT_OA,
            NatVariant::Draft => PayloadType::NAT_OA_DRAFT,
        }
    }
}

/// Where a NAT stands between us and a peer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Nat {
    /// The variant in use; `None` when one side does not know NAT traversal, and then nothing was detected.
    pub variant: Option<NatVariant>,
    /// We are behind one: keepalives are ours to send (RFC 3948 §4).
    pub local: bool,
    /// The peer is behind one.
    pub remote: bool,
    /// We pretended to the peer that it is behind a NAT, to have ESP in UDP.
    pub forced: bool,
    /// We pretended to the peer that we are not behind a NAT.
    pub hidden: bool,
}

impl Nat {
    /// Whether the exchange moves to port 4500 and ESP travels in UDP.
    pub fn detected(&self) -> bool {
        self.local || self.remote || self.forced
    }

    pub(crate) fn encapsulation(&self) -> Encapsulation {
        match self.variant {
            Some(variant) if self.detected() => Encapsulation::Udp { draft: variant == NatVariant::Draft },
            _ => Encapsulation::None,
        }
    }
}

/// HASH(CKY-I | CKY-R | IP | Port) (RFC 3947 §3.2).
pub(crate) fn address_hash(hash: HashAlg, cookies: &Cookies, address: SocketAddr) -> Digest {
    let port = address.port().to_be_bytes();
    let cookies = [&cookies.initiator.0[..], &cookies.responder.0];
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => hash.digest(&[cookies[0], cookies[1], &ip.octets(), &port]),
        IpAddr::V6(ip) => hash.digest(&[cookies[0], cookies[1], &ip.octets(), &port]),
    }
}

/// What a peer's NAT-D payloads say about the path: the first is its view of our address, the others are its own addresses.
/// Without them nothing is known.
pub(crate) fn detect(
    chain: &Chain<'_>,
    variant: NatVariant,
    hash: HashAlg,
    cookies: &Cookies,
    path: &Path,
) -> Option<Nat> {
    let mut hashes = chain.of(variant.nat_d()).map(|payload| payload.body);
    let ours = hashes.next()?;
    let theirs = address_hash(hash, cookies, path.remote);
    let local = address_hash(hash, cookies, path.local).as_bytes() != ours;
    let remote = !hashes.any(|own| own == theirs.as_bytes());
    Some(Nat { variant: Some(variant), local, remote, forced: false, hidden: false })
}

/// The two NAT-D payloads of a responder's message 4, and the NAT as the exchange is to treat it from now on.
pub(crate) struct Answer {
    pub(crate) nat: Nat,
    pub(crate) remote: Vec<u8>,
    pub(crate) local: Vec<u8>,
    /// Our address as this peer knows it, where that is known to differ from the path's.
    pub(crate) public: Option<IpAddr>,
}

/// Answers the NAT-D payloads of message 3.
pub(crate) fn answer(
    chain: &Chain<'_>,
    mut nat: Nat,
    (hash, cookies, path): (HashAlg, &Cookies, &Path),
    (config, microsoft): (&NatConfig, bool),
    rng: &mut dyn CryptoRng,
) -> Answer {
    let variant = nat.variant.unwrap_or(NatVariant::Rfc3947);
    let their_view = chain.of(variant.nat_d()).next().map_or(&[][..], |payload| payload.body);
    let port = path.local.port();
    let public = config.own_public_addresses.iter().copied().find(|&address| {
        nat.local && address_hash(hash, cookies, SocketAddr::new(address, port)).as_bytes() == their_view
    });
    nat.hidden = nat.local && (public.is_some() || (config.parrot_windows && microsoft));
    // A peer that must not see our NAT has to encapsulate all the same, so it is made to see one of its own.
    nat.forced = nat.hidden || config.force_encapsulation;
    let remote = if nat.forced { random_hash(hash, rng) } else { of(address_hash(hash, cookies, path.remote)) };
    let local = if nat.hidden { their_view.to_vec() } else { of(address_hash(hash, cookies, path.local)) };
    Answer { nat, remote, local, public }
}

/// The two NAT-D payloads of an initiator's message 3: the peer's address, then ours.
pub(crate) fn announce(
    hash: HashAlg,
    cookies: &Cookies,
    path: &Path,
    config: &NatConfig,
    rng: &mut dyn CryptoRng,
) -> [Vec<u8>; 2] {
    let local =
        if config.force_encapsulation { random_hash(hash, rng) } else { of(address_hash(hash, cookies, path.local)) };
    [of(address_hash(hash, cookies, path.remote)), local]
}

fn of(digest: Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}

fn random_hash(hash: HashAlg, rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut octets = vec![0; hash.output_len()];
    rng.fill_bytes(&mut octets);
    octets
}
