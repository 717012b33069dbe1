use crypto::Secret;
use crypto::dh::DhSecret;
use wire::isakmp::{
    Chain, ChainBuilder, Cookie, Cookies, ExchangeType, Identity, Notify, NotifyType, PayloadType, SaPayload,
};

use super::auth::{Claim, Exchange, own_identity};
use super::{Authenticated, KeyExchange, NONCE_LEN};
use crate::context::{Context, Incoming};
use crate::envelope::{Envelope, Opened};
use crate::event::Role;
use crate::failure::{Denial, Incompatible, Misbehaviour};
use crate::keymat::{Skeyid, exchange_iv, phase1_iv};
use crate::nat::{self, Nat};
use crate::proposal::{self, Life, Phase1Offer, Phase1Suite};
use crate::quick_mode::hash_is_right;
use crate::vendor::Announced;
use crate::{Failure, Path};

/// What the caller wants of phase 1.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) path: Path,
    pub(crate) nat_t_path: Path,
    pub(crate) key: Secret,
    pub(crate) offer: Phase1Offer,
    pub(crate) local_id: Option<Identity>,
    pub(crate) remote_id: Option<Identity>,
    pub(crate) vendor_ids: Vec<Vec<u8>>,
    pub(crate) initial_contact: bool,
}

/// After message 1.
pub(crate) struct AwaitProposal {
    sa: Vec<u8>,
}

impl AwaitProposal {
    /// Message 1 (HDR, SA, vendor IDs).
    pub(crate) fn start(wanted: &Wanted, cookies: Cookies) -> (Self, Vec<u8>) {
        let sa = wanted.offer.to_payload().emit();
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &sa);
        for id in &wanted.vendor_ids {
            chain.push(PayloadType::VENDOR_ID, id);
        }
        let message = chain.clear(cookies, ExchangeType::MAIN_MODE, 0);
        (AwaitProposal { sa }, message)
    }

    /// Message 2 (HDR, SA, vendor IDs) to message 3. Malformed messages are errors of their own: they may be a stranger's.
    pub(crate) fn next(
        &self,
        ctx: &mut Context<'_>,
        wanted: &Wanted,
        cookies: &Cookies,
        chain: &Chain<'_>,
        announced: &Announced,
    ) -> Result<(AwaitKeys, Vec<u8>), Failure> {
        let answer = chain.exactly_one(PayloadType::SA, "SA").map_err(Failure::Malformed)?;
        let answer = SaPayload::parse(answer.reader()).map_err(Failure::Malformed)?;
        let (suite, life) = proposal::check(&answer, &wanted.offer)
            .map_err(|refused| Failure::Incompatible(Incompatible::Phase1Answer(refused)))?;
        let secret = DhSecret::generate(suite.group, ctx.rng);
        let nonce = ctx.random(NONCE_LEN);
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::KEY_EXCHANGE, secret.public()).push(PayloadType::NONCE, &nonce);
        if let Some(variant) = announced.nat_variant() {
            for body in nat::announce(suite.hash, cookies, &wanted.path, &ctx.config.nat, ctx.rng) {
                chain.push(variant.nat_d(), &body);
            }
        }
        let message = chain.clear(*cookies, ExchangeType::MAIN_MODE, 0);
        Ok((AwaitKeys { sa: self.sa.clone(), suite, life, secret, nonce }, message))
    }
}

/// After message 3.
pub(crate) struct AwaitKeys {
    sa: Vec<u8>,
    suite: Phase1Suite,
    life: Life,
    secret: DhSecret,
    nonce: Vec<u8>,
}

impl AwaitKeys {
    /// Message 4 (HDR, KE, Nr, NAT-D) to message 5.
    pub(crate) fn next(
        &self,
        ctx: &mut Context<'_>,
        wanted: &Wanted,
        cookies: &Cookies,
        chain: &Chain<'_>,
        announced: &Announced,
    ) -> Result<(AwaitIdentity, Vec<u8>), Failure> {
        let theirs = KeyExchange::of(chain).map_err(Failure::Malformed)?;
        let suite = self.suite;
        let shared = self
            .secret
            .agree(theirs.public)
            .map_err(|_| Failure::Misbehaved(Misbehaviour::KeyExchange { group: suite.group }))?;
        let nonces = [&self.nonce[..], theirs.nonce];
        let keys = Skeyid::with_pre_shared_key(suite.hash, &wanted.key, nonces, &shared, cookies);
        ctx.out.event(keys.event(*cookies, suite.cipher));
        let public = [self.secret.public().to_vec(), theirs.public.to_vec()];
        let variant = announced.nat_variant();
        let nat = variant.and_then(|variant| nat::detect(chain, variant, suite.hash, cookies, &wanted.path));
        let mut nat = nat.unwrap_or_default();
        nat.forced = nat.variant.is_some() && ctx.config.nat.force_encapsulation;

        let iv = phase1_iv(suite.hash, [&public[0], &public[1]], suite.cipher);
        let mut envelope = Envelope::new(keys.cipher_key(suite.cipher), iv);
        let exchange = Exchange { keys: &keys, cookies, public: [&public[0], &public[1]], sa: &self.sa };
        let id = own_identity(wanted.local_id.as_ref(), wanted.path.local.ip()).emit();
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::IDENTIFICATION, &id);
        chain.push(PayloadType::HASH, exchange.hash(Role::Initiator, &id).as_bytes());
        if wanted.initial_contact {
            let spi = [cookies.initiator.0, cookies.responder.0].concat();
            let notify = Notify { spi, ..Notify::isakmp(NotifyType::INITIAL_CONTACT) };
            chain.push(PayloadType::NOTIFICATION, &notify.emit());
        }
        let message = envelope.seal(*cookies, ExchangeType::MAIN_MODE, 0, chain);
        let sa = self.sa.clone();
        Ok((AwaitIdentity { sa, suite, life: self.life, keys, envelope, public, nat }, message))
    }
}

/// After message 5.
pub(crate) struct AwaitIdentity {
    sa: Vec<u8>,
    suite: Phase1Suite,
    life: Life,
    keys: Skeyid,
    envelope: Envelope,
    public: [Vec<u8>; 2],
    pub(crate) nat: Nat,
}

impl AwaitIdentity {
    pub(crate) fn open(&self, incoming: &Incoming<'_>) -> Option<Opened> {
        self.envelope.open(&incoming.header, incoming.body)
    }

    /// The error in an encrypted informational message that came instead of message 6, if our keys can read it: its vector
    /// derives from message 5.
    pub(crate) fn open_error(&self, incoming: &Incoming<'_>) -> Option<Failure> {
        let message_id = incoming.header.message_id;
        let iv = exchange_iv(self.suite.hash, self.envelope.last_block(), message_id, self.suite.cipher);
        let envelope = Envelope::new(self.keys.cipher_key(self.suite.cipher), iv);
        let opened = envelope.open(&incoming.header, incoming.body)?;
        let chain = Chain::parse(&opened.message).ok()?;
        if !hash_is_right(&self.keys, &chain, &[&message_id.to_be_bytes()]) {
            return None;
        }
        let mut notifications = chain.of(PayloadType::NOTIFICATION).filter_map(|p| Notify::parse(p.reader()).ok());
        let error = notifications.find(|notify| notify.kind.is_error())?;
        Some(Failure::Refused { notify: error.kind, data: error.data, authenticated: true })
    }

    /// Message 6 (HDR*, IDir, HASH_R).
    pub(crate) fn finish(
        mut self,
        wanted: &Wanted,
        cookies: &Cookies,
        opened: &Opened,
        claim: &Claim<'_>,
    ) -> Result<Authenticated, Failure> {
        let exchange = Exchange { keys: &self.keys, cookies, public: [&self.public[0], &self.public[1]], sa: &self.sa };
        let peer_id = exchange.verify(Role::Responder, claim)?;
        if let Some(expected) = &wanted.remote_id {
            let got = peer_id.get();
            if (expected.kind, &expected.data) != (got.kind, &got.data) {
                let denial = Denial::PeerIdentity { expected: expected.clone(), got: got.clone() };
                return Err(Failure::Denied(denial));
            }
        }
        self.envelope.accept(opened);
        Ok(Authenticated {
            cipher: self.keys.cipher_key(self.suite.cipher),
            last_block: self.envelope.last_block().to_vec(),
            keys: self.keys,
            suite: self.suite,
            life: self.life,
            peer_id,
            nat: self.nat,
            initial_contact: claim.initial_contact,
        })
    }
}

/// A new initiator cookie: random, never zero.
pub(crate) fn new_cookie(ctx: &mut Context<'_>) -> Cookie {
    let mut cookie = [0; 8];
    ctx.rng.fill_bytes(&mut cookie);
    cookie[0] |= 1;
    Cookie(cookie)
}
