use std::net::IpAddr;

use crypto::ct_eq;
use wire::isakmp::{Chain, Cookies, Identity, Notify, NotifyType, PayloadType, RawPayload};

use crate::event::Role;
use crate::failure::Misbehaviour;
use crate::keymat::Skeyid;

/// A phase 1 identity whose owner proved to know the pre-shared key. Made by [`Exchange::verify`] alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProvedIdentity(Identity);

impl ProvedIdentity {
    pub(crate) fn get(&self) -> &Identity {
        &self.0
    }
}

/// What the HASH payloads of phase 1 cover besides the identity: everything both sides said in clear.
pub(crate) struct Exchange<'a> {
    pub(crate) keys: &'a Skeyid,
    pub(crate) cookies: &'a Cookies,
    /// g^xi and g^xr.
    pub(crate) public: [&'a [u8]; 2],
    /// The body of the initiator's SA payload.
    pub(crate) sa: &'a [u8],
}

/// Messages 5 and 6 after decryption, not yet verified.
pub(crate) struct Claim<'a> {
    id: RawPayload<'a>,
    hash: &'a [u8],
    pub(crate) initial_contact: bool,
}

impl<'a> Claim<'a> {
    /// `None` when this is no such message: with different keys decryption yields noise.
    pub(crate) fn of(chain: &Chain<'a>) -> Option<Self> {
        let id = chain.exactly_one(PayloadType::IDENTIFICATION, "identification").ok()?;
        let hash = chain.exactly_one(PayloadType::HASH, "hash").ok()?;
        let initial_contact = chain.of(PayloadType::NOTIFICATION).any(|payload| {
            Notify::parse(payload.reader()).is_ok_and(|notify| notify.kind == NotifyType::INITIAL_CONTACT)
        });
        Some(Claim { id: id.clone(), hash: hash.body, initial_contact })
    }
}

impl Exchange<'_> {
    /// HASH_I or HASH_R (RFC 2409 §5): what `role` proves itself with.
    pub(crate) fn hash(&self, role: Role, id: &[u8]) -> crypto::Digest {
        let [gxi, gxr] = self.public;
        let (i, r) = (&self.cookies.initiator.0[..], &self.cookies.responder.0[..]);
        match role {
            Role::Initiator => self.keys.identity_hash([gxi, gxr], [i, r], self.sa, id),
            Role::Responder => self.keys.identity_hash([gxr, gxi], [r, i], self.sa, id),
        }
    }

    /// Accepts the identity of the peer, which has `role`, if its hash is right.
    pub(crate) fn verify(&self, role: Role, claim: &Claim<'_>) -> Result<ProvedIdentity, crate::Failure> {
        if !ct_eq(self.hash(role, claim.id.body).as_bytes(), claim.hash) {
            return Err(crate::Failure::Misbehaved(Misbehaviour::Hash));
        }
        Identity::parse(claim.id.reader()).map(ProvedIdentity).map_err(crate::Failure::Malformed)
    }
}

/// Our own identity: what is configured, or our address.
pub(crate) fn own_identity(configured: Option<&Identity>, address: IpAddr) -> Identity {
    configured.cloned().unwrap_or_else(|| Identity::address(address.to_canonical(), 0, 0))
}
