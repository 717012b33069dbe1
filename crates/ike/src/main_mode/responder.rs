use std::net::IpAddr;

use crypto::dh::DhSecret;
use wire::isakmp::{Chain, ChainBuilder, Cookies, ExchangeType, PayloadType, SaPayload};

use super::auth::{Claim, Exchange, own_identity};
use super::{Authenticated, KeyExchange, NONCE_LEN};
use crate::config::Config;
use crate::context::{Context, Incoming};
use crate::envelope::{Envelope, Opened};
use crate::event::{IkeSaId, Role};
use crate::failure::{Denial, Incompatible, LocalFault, Misbehaviour};
use crate::keymat::{Skeyid, phase1_iv};
use crate::nat::{self, Nat};
use crate::proposal::{self, Life, Phase1Suite};
use crate::repeat::{Answered, Fingerprint, Suspicion};
use crate::vendor::{self, Announced};
use crate::{Failure, Path};

/// After message 2: as little as possible, because strangers fill the table. Nothing costly has been computed.
#[derive(Debug)]
pub(crate) struct HalfOpen {
    pub(crate) id: IkeSaId,
    pub(crate) cookies: Cookies,
    pub(crate) path: Path,
    pub(crate) encapsulated: bool,
    pub(crate) suite: Phase1Suite,
    pub(crate) life: Life,
    pub(crate) announced: Announced,
    /// The body of the initiator's SA payload, which both hashes cover.
    sa: Box<[u8]>,
    pub(crate) answered: Answered,
    /// A message 3 that cannot be right.
    pub(crate) suspicion: Option<Box<Suspicion>>,
    /// Why the last message 3 was passed over: the attempt fails for this unless a repetition is let in.
    pub(crate) turned_away: Option<LocalFault>,
    pub(crate) started: clock::Timestamp,
}

/// What message 1 came to.
pub(crate) enum First {
    /// Accepted, with message 2.
    Accepted(Box<HalfOpen>, Vec<u8>),
    /// Refused; the failure says what to answer.
    Refused(Announced, Box<Failure>),
}

/// Message 1 (HDR, SA, vendor IDs in any order) to message 2.
pub(crate) fn first(
    ctx: &mut Context<'_>,
    incoming: &Incoming<'_>,
    id: IkeSaId,
    cookies: Cookies,
) -> Result<First, wire::Malformed> {
    let chain = Chain::parse(incoming.message)?;
    let payload = chain.exactly_one(PayloadType::SA, "SA")?;
    let offer = SaPayload::parse(payload.reader())?;
    let mut announced = Announced::default();
    announced.collect(&chain);
    let chosen = match proposal::select(&offer, &ctx.config.phase1) {
        Ok(chosen) => chosen,
        Err(mismatch) => {
            let failure = Failure::Incompatible(Incompatible::Phase1(mismatch));
            return Ok(First::Refused(announced, Box::new(failure)));
        }
    };
    if ctx.config.pre_shared_key(incoming.path.remote.ip()).is_none() {
        return Ok(First::Refused(announced, Box::new(Failure::Denied(Denial::NoPreSharedKey))));
    }
    let mut answer = ChainBuilder::new();
    answer.push(PayloadType::SA, &chosen.answer.emit());
    for body in vendor::echo(&chain, &announced) {
        answer.push(PayloadType::VENDOR_ID, body);
    }
    let message = answer.clear(cookies, ExchangeType::MAIN_MODE, 0);
    let request = Fingerprint::of(incoming.message);
    let half_open = HalfOpen {
        id,
        cookies,
        path: incoming.path,
        encapsulated: incoming.encapsulated,
        suite: chosen.suite,
        life: chosen.life,
        announced,
        sa: payload.body.into(),
        answered: Answered::new(request, message.clone(), &ctx.config.timing),
        suspicion: None,
        turned_away: None,
        started: ctx.now,
    };
    Ok(First::Accepted(Box::new(half_open), message))
}

/// After message 4.
pub(crate) struct AwaitIdentity {
    suite: Phase1Suite,
    life: Life,
    sa: Box<[u8]>,
    keys: Skeyid,
    envelope: Envelope,
    /// g^xi and g^xr.
    public: [Vec<u8>; 2],
    pub(crate) nat: Nat,
    address: IpAddr,
    /// Message 3 and message 4.
    pub(crate) answered: Answered,
}

/// Message 3 (HDR, KE, Ni, NAT-D) to message 4. The costly step: the caller has checked the cookies and the budget.
pub(crate) fn second(
    ctx: &mut Context<'_>,
    half_open: &HalfOpen,
    chain: &Chain<'_>,
    incoming: &Incoming<'_>,
) -> Result<(AwaitIdentity, Vec<u8>), Failure> {
    let suite = half_open.suite;
    let cookies = &half_open.cookies;
    let theirs = KeyExchange::of(chain).map_err(Failure::Malformed)?;
    let key = ctx.config.pre_shared_key(incoming.path.remote.ip());
    let key = key.ok_or(Failure::Denied(Denial::NoPreSharedKey))?.clone();
    // A public value of the wrong length or outside the group must not cost a computation of our own.
    if theirs.public.len() != suite.group.public_len() {
        return Err(Failure::Misbehaved(Misbehaviour::KeyExchange { group: suite.group }));
    }
    let secret = DhSecret::generate(suite.group, ctx.rng);
    let shared = secret
        .agree(theirs.public)
        .map_err(|_| Failure::Misbehaved(Misbehaviour::KeyExchange { group: suite.group }))?;
    let nonce = ctx.random(NONCE_LEN);
    let mut answer = ChainBuilder::new();
    answer.push(PayloadType::KEY_EXCHANGE, secret.public()).push(PayloadType::NONCE, &nonce);

    let variant = half_open.announced.nat_variant();
    let nat = variant.and_then(|variant| nat::detect(chain, variant, suite.hash, cookies, &incoming.path));
    let mut address = incoming.path.local.ip();
    let nat = match nat {
        Some(nat) => {
            let about_us = (suite.hash, cookies, &incoming.path);
            let microsoft = half_open.announced.is_microsoft();
            let answered = nat::answer(chain, nat, about_us, (&ctx.config.nat, microsoft), ctx.rng);
            let kind = answered.nat.variant.map_or(PayloadType::NAT_D, |variant| variant.nat_d());
            answer.push(kind, &answered.remote).push(kind, &answered.local);
            address = answered.public.unwrap_or(address);
            answered.nat
        }
        None => Nat::default(),
    };

    let keys = Skeyid::with_pre_shared_key(suite.hash, &key, [theirs.nonce, &nonce], &shared, cookies);
    ctx.out.event(keys.event(*cookies, suite.cipher));
    let public = [theirs.public.to_vec(), secret.public().to_vec()];
    let iv = phase1_iv(suite.hash, [&public[0], &public[1]], suite.cipher);
    let envelope = Envelope::new(keys.cipher_key(suite.cipher), iv);
    let message = answer.clear(*cookies, ExchangeType::MAIN_MODE, 0);
    let answered = Answered::new(Fingerprint::of(incoming.message), message.clone(), &ctx.config.timing);
    let state = AwaitIdentity {
        suite,
        life: half_open.life,
        sa: half_open.sa.clone(),
        keys,
        envelope,
        public,
        nat,
        address,
        answered,
    };
    Ok((state, message))
}

impl AwaitIdentity {
    pub(crate) fn open(&self, incoming: &Incoming<'_>) -> Option<Opened> {
        self.envelope.open(&incoming.header, incoming.body)
    }

    /// Message 5 (HDR*, IDii, HASH_I) to message 6.
    pub(crate) fn finish(
        mut self,
        config: &Config,
        cookies: &Cookies,
        opened: &Opened,
        claim: &Claim<'_>,
    ) -> Result<(Authenticated, Vec<u8>), Failure> {
        let exchange = Exchange { keys: &self.keys, cookies, public: [&self.public[0], &self.public[1]], sa: &self.sa };
        let peer_id = exchange.verify(Role::Initiator, claim)?;
        self.envelope.accept(opened);
        let id = own_identity(config.local_id.as_ref(), self.address).emit();
        let mut answer = ChainBuilder::new();
        answer.push(PayloadType::IDENTIFICATION, &id);
        answer.push(PayloadType::HASH, exchange.hash(Role::Responder, &id).as_bytes());
        let message = self.envelope.seal(*cookies, ExchangeType::MAIN_MODE, 0, answer);
        let authenticated = Authenticated {
            cipher: self.keys.cipher_key(self.suite.cipher),
            last_block: self.envelope.last_block().to_vec(),
            keys: self.keys,
            suite: self.suite,
            life: self.life,
            peer_id,
            nat: self.nat,
            initial_contact: claim.initial_contact,
        };
        Ok((authenticated, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_open_ike_sa_of_a_windows_client_stays_small() {
        // Five transforms in the SA payload of Windows; our answer has one of them and three vendor IDs.
        let offered = 8 + 8 + 3 * 36 + 2 * 32;
        let answered = 28 + 4 + 8 + 8 + 36 + 3 * 20;
        assert!(std::mem::size_of::<HalfOpen>() + offered + answered <= 640);
    }
}
