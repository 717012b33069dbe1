//! Main mode with pre-shared keys (RFC 2409 §5.4), both roles: pure steps from one message to the next. What is sent, when it
//! is repeated and what becomes of a failure is decided by [`crate::sa::IkeSa`] and the engine.

pub(crate) mod auth;
pub(crate) mod initiator;
pub(crate) mod responder;

use crypto::cbc::CbcKey;
use wire::Malformed;
use wire::isakmp::{Chain, PayloadType};

use crate::keymat::Skeyid;
use crate::nat::Nat;
use crate::proposal::{Life, Phase1Suite};
use auth::ProvedIdentity;

/// The outcome of main mode: everything that an IKE SA needs that is up. There is none without the peer's proof.
pub(crate) struct Authenticated {
    pub(crate) keys: Skeyid,
    pub(crate) cipher: CbcKey,
    /// The last cipher block of phase 1, from which later exchanges derive their vectors.
    pub(crate) last_block: Vec<u8>,
    pub(crate) suite: Phase1Suite,
    pub(crate) life: Life,
    pub(crate) peer_id: ProvedIdentity,
    pub(crate) nat: Nat,
    /// The peer's last message also said INITIAL-CONTACT.
    pub(crate) initial_contact: bool,
}

/// The key exchange and nonce payloads of messages 3 and 4.
pub(crate) struct KeyExchange<'a> {
    pub(crate) public: &'a [u8],
    pub(crate) nonce: &'a [u8],
}

impl<'a> KeyExchange<'a> {
    pub(crate) fn of(chain: &Chain<'a>) -> Result<Self, Malformed> {
        let public = chain.exactly_one(PayloadType::KEY_EXCHANGE, "key exchange")?.body;
        Ok(KeyExchange { public, nonce: nonce(chain)? })
    }
}

/// The nonce payload: 8 to 256 octets (RFC 2409 §5).
pub(crate) fn nonce<'a>(chain: &Chain<'a>) -> Result<&'a [u8], Malformed> {
    let payload = chain.exactly_one(PayloadType::NONCE, "nonce")?;
    let problem = wire::Problem::BadLength { got: payload.body.len(), min: 8, max: 256 };
    if (8..=256).contains(&payload.body.len()) {
        Ok(payload.body)
    } else {
        Err(payload.reader().error("nonce", problem))
    }
}

/// Length of our nonces in octets.
pub(crate) const NONCE_LEN: usize = 32;
