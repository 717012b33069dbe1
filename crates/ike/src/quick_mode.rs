//! Quick mode (RFC 2409 §5.5), both roles: pure steps from one message to the next.

use std::net::IpAddr;

use crypto::dh::{DhSecret, Group};
use crypto::{Secret, ct_eq};
use wire::isakmp::{Chain, ChainBuilder, Identity, Notify, NotifyType, PayloadType, ProtocolId, SaPayload};

use crate::children::Children;
use crate::context::Context;
use crate::event::{ChildId, ChildKeys, DirectionKeys, IkeSaId, NatOa, Role, Selectors};
use crate::failure::{Denial, Incompatible, Misbehaviour, SelectorMismatch};
use crate::keymat::Skeyid;
use crate::main_mode::{NONCE_LEN, nonce};
use crate::nat::Nat;
use crate::proposal::{ChildChoice, ChildOffer, ChildSuite, Encapsulation, Life, Mode, check_child, select_child};
use crate::{Failure, Path, selector};

/// A child SA that we ask for. It carries UDP between the two addresses of the IKE SA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildRequest {
    /// Algorithms and lifetime.
    pub offer: ChildOffer,
    /// Our UDP port.
    pub local_port: u16,
    /// The peer's UDP port.
    pub remote_port: u16,
}

impl ChildRequest {
    /// L2TP from and to port 1701 with the standard algorithms.
    pub fn l2tp() -> Self {
        ChildRequest { offer: ChildOffer::standard(), local_port: 1701, remote_port: 1701 }
    }
}

/// What quick mode needs of its IKE SA.
#[derive(Clone, Copy)]
pub(crate) struct Parent<'a> {
    pub(crate) id: IkeSaId,
    pub(crate) keys: &'a Skeyid,
    pub(crate) nat: &'a Nat,
    pub(crate) path: Path,
}

/// Whether the first payload is HASH and equals prf(SKEYID_a, `before` | what follows it).
pub(crate) fn hash_is_right(keys: &Skeyid, chain: &Chain<'_>, before: &[&[u8]]) -> bool {
    let Some(hash) = chain.payloads().first().filter(|payload| payload.kind == PayloadType::HASH) else { return false };
    let mut parts = before.to_vec();
    parts.push(chain.after_first());
    ct_eq(keys.message_hash(&parts).as_bytes(), hash.body)
}

/// Puts the HASH payload in front: prf(SKEYID_a, `before` | the chain).
pub(crate) fn with_hash(keys: &Skeyid, mut chain: ChainBuilder, before: &[&[u8]]) -> ChainBuilder {
    let mut parts = before.to_vec();
    parts.push(chain.octets());
    let hash = keys.message_hash(&parts);
    chain.prepend(PayloadType::HASH, hash.as_bytes());
    chain
}

/// What both sides agreed on, as far as it goes without the last message.
pub(crate) struct Agreed {
    role: Role,
    suite: ChildSuite,
    mode: Mode,
    pub(crate) life: Life,
    pub(crate) spi_in: u32,
    pub(crate) spi_out: u32,
    pub(crate) selectors: Selectors,
    nat_oa: NatOa,
    shared: Option<Secret>,
    /// Ni_b and Nr_b.
    pub(crate) nonces: [Vec<u8>; 2],
    pub(crate) replaces: Option<ChildId>,
}

impl Agreed {
    /// Derives the keys (RFC 2409 §5.5).
    pub(crate) fn keys(self, id: ChildId, parent: &Parent<'_>, path: Path) -> ChildKeys {
        let nonces = [&self.nonces[0][..], &self.nonces[1][..]];
        let direction = |spi| {
            let (key, salt) = (self.suite.cipher.key_len(), self.suite.cipher.salt_len());
            let auth = self.suite.auth.map_or(0, |auth| auth.key_len());
            let len = key + salt + auth;
            let material = parent.keys.child_material(self.shared.as_ref(), ProtocolId::ESP, spi, nonces, len);
            let part =
                |from: usize, len: usize| Secret::from(material.as_bytes().get(from..from + len).unwrap_or_default());
            DirectionKeys { encryption: part(0, key), salt: part(key, salt), integrity: part(key + salt, auth) }
        };
        ChildKeys {
            id,
            sa: parent.id,
            role: self.role,
            spi_in: self.spi_in,
            spi_out: self.spi_out,
            suite: self.suite,
            mode: self.mode,
            inbound: direction(self.spi_in),
            outbound: direction(self.spi_out),
            selectors: self.selectors,
            nat_oa: self.nat_oa,
            life: self.life,
            replaces: self.replaces,
            path,
        }
    }
}

/// Message 1 of a peer, verified and read, to the payloads of message 2 without their HASH. The SPI that it reserves is the
/// caller's to release should the exchange fail later.
pub(crate) fn respond(
    ctx: &mut Context<'_>,
    parent: &Parent<'_>,
    chain: &Chain<'_>,
) -> Result<(Agreed, ChainBuilder), Failure> {
    let malformed = Failure::Malformed;
    let offer = chain.exactly_one(PayloadType::SA, "SA").map_err(malformed)?;
    let offer = SaPayload::parse(offer.reader()).map_err(malformed)?;
    let their_nonce = nonce(chain).map_err(malformed)?.to_vec();
    let ids = identities(chain).map_err(malformed)?;
    let key_exchange = chain.at_most_one(PayloadType::KEY_EXCHANGE, "key exchange").map_err(malformed)?;

    let selectors = selector::accept(ids[0].as_ref(), ids[1].as_ref(), &ctx.config.local_ports)
        .map_err(|mismatch| Failure::Incompatible(Incompatible::Selectors(*mismatch)))?;
    let encapsulation = parent.nat.encapsulation();
    let choice = select_child(&offer, &ctx.config.child, encapsulation, key_exchange.is_some())
        .map_err(|mismatch| Failure::Incompatible(Incompatible::Child(mismatch)))?;
    let limit = ctx.config.limits.children;
    if ctx.children.of(parent.id).len() >= limit {
        return Err(Failure::Denied(Denial::TooManyChildren { limit }));
    }
    let (public, shared) = match (choice.group, key_exchange) {
        (Some(group), Some(theirs)) => {
            let (public, shared) = exchange_keys(ctx, group, theirs.body)?;
            (Some(public), Some(shared))
        }
        _ => (None, None),
    };

    let spi_in = ctx.children.reserve_spi(ctx.config.worker, ctx.rng);
    let our_nonce = ctx.random(NONCE_LEN);
    let ChildChoice { suite, mode, life, spi: spi_out, mut proposal, .. } = choice;
    proposal.spi = spi_in.to_be_bytes().to_vec();
    let mut answer = ChainBuilder::new();
    answer.push(PayloadType::SA, &SaPayload::ipsec(vec![proposal]).emit());
    answer.push(PayloadType::NONCE, &our_nonce);
    if let Some(public) = public {
        answer.push(PayloadType::KEY_EXCHANGE, &public);
    }
    for id in ids.iter().flatten() {
        answer.push(PayloadType::IDENTIFICATION, &id.emit());
    }
    let nat_oa = read_nat_oa(chain, parent.nat, Role::Responder);
    if mode == Mode::UdpTransport && nat_oa != NatOa::default() {
        push_nat_oa(&mut answer, parent, Role::Responder);
    }
    let agreed = Agreed {
        role: Role::Responder,
        suite,
        mode,
        life,
        spi_in,
        spi_out,
        selectors,
        nat_oa,
        shared,
        nonces: [their_nonce, our_nonce],
        replaces: ctx.children.replaced_by(parent.id, &selectors),
    };
    Ok((agreed, answer))
}

/// Our quick mode after message 1.
pub(crate) struct Asked {
    pub(crate) request: ChildRequest,
    pub(crate) spi_in: u32,
    pub(crate) replaces: Option<ChildId>,
    nonce: Vec<u8>,
    secret: Option<DhSecret>,
    ids: [Identity; 2],
}

impl Asked {
    /// The payloads of message 1 without their HASH.
    pub(crate) fn start(
        ctx: &mut Context<'_>,
        parent: &Parent<'_>,
        request: ChildRequest,
        replaces: Option<ChildId>,
    ) -> (Self, ChainBuilder) {
        const UDP: u8 = 17;
        let spi_in = ctx.children.reserve_spi(ctx.config.worker, ctx.rng);
        let nonce = ctx.random(NONCE_LEN);
        let encapsulation = parent.nat.encapsulation();
        let secret = request.offer.pfs.map(|group| DhSecret::generate(group, ctx.rng));
        let ids = [
            Identity::address(parent.path.local.ip().to_canonical(), UDP, request.local_port),
            Identity::address(parent.path.remote.ip().to_canonical(), UDP, request.remote_port),
        ];
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &request.offer.to_payload(spi_in, encapsulation).emit());
        chain.push(PayloadType::NONCE, &nonce);
        if let Some(secret) = &secret {
            chain.push(PayloadType::KEY_EXCHANGE, secret.public());
        }
        for id in &ids {
            chain.push(PayloadType::IDENTIFICATION, &id.emit());
        }
        if encapsulation != Encapsulation::None {
            push_nat_oa(&mut chain, parent, Role::Initiator);
        }
        (Asked { request, spi_in, replaces, nonce, secret, ids }, chain)
    }

    /// Ni_b.
    pub(crate) fn nonce(&self) -> &[u8] {
        &self.nonce
    }

    /// Message 2, verified, to what was agreed.
    pub(crate) fn answered(&self, parent: &Parent<'_>, chain: &Chain<'_>) -> Result<Agreed, Failure> {
        let malformed = Failure::Malformed;
        let answer = chain.exactly_one(PayloadType::SA, "SA").map_err(malformed)?;
        let answer = SaPayload::parse(answer.reader()).map_err(malformed)?;
        let their_nonce = nonce(chain).map_err(malformed)?.to_vec();
        let ids = identities(chain).map_err(malformed)?;
        let choice = check_child(&answer, &self.request.offer, parent.nat.encapsulation())
            .map_err(|refused| Failure::Incompatible(Incompatible::ChildAnswer(refused)))?;
        let shared = match &self.secret {
            Some(secret) => {
                let theirs = chain.exactly_one(PayloadType::KEY_EXCHANGE, "key exchange").map_err(malformed)?;
                let wrong = Failure::Misbehaved(Misbehaviour::KeyExchange { group: secret.group() });
                Some(secret.agree(theirs.body).map_err(|_| wrong)?)
            }
            None => None,
        };
        self.check_identities(&ids)?;
        Ok(Agreed {
            role: Role::Initiator,
            suite: choice.suite,
            mode: choice.mode,
            life: choice.life,
            spi_in: self.spi_in,
            spi_out: choice.spi,
            selectors: selector::selectors(&self.ids[0], &self.ids[1], Role::Initiator),
            nat_oa: read_nat_oa(chain, parent.nat, Role::Initiator),
            shared,
            nonces: [self.nonce.clone(), their_nonce],
            replaces: self.replaces,
        })
    }

    /// The answer repeats the identities. Servers behind a NAT put in the addresses as they know them; what must not differ
    /// is protocol and ports.
    fn check_identities(&self, ids: &[Option<Identity>; 2]) -> Result<(), Failure> {
        let same = ids.iter().zip(&self.ids).all(|(theirs, ours)| {
            theirs.as_ref().is_none_or(|theirs| (theirs.protocol, theirs.port) == (ours.protocol, ours.port))
        });
        if same {
            return Ok(());
        }
        let [initiator, responder] = ids.clone();
        let local_ports = vec![self.request.local_port];
        let mismatch = SelectorMismatch { initiator, responder, local_ports };
        Err(Failure::Incompatible(Incompatible::Selectors(mismatch)))
    }
}

/// The notification that refuses the quick mode whose message 1 is `chain`.
pub(crate) fn refusal(chain: &Chain<'_>, kind: NotifyType) -> Notify {
    let offer = chain.of(PayloadType::SA).next().and_then(|payload| SaPayload::parse(payload.reader()).ok());
    let spi = offer.and_then(|offer| offer.proposals.into_iter().next()).map(|proposal| proposal.spi);
    Notify {
        protocol: ProtocolId::ESP,
        spi: spi.filter(|spi| spi.len() == 4).unwrap_or_default(),
        ..Notify::isakmp(kind)
    }
}

/// Gives back what a quick mode reserved.
pub(crate) fn abandon(children: &mut Children, spi_in: u32) {
    children.release_spi(spi_in);
}

fn exchange_keys(ctx: &mut Context<'_>, group: Group, theirs: &[u8]) -> Result<(Vec<u8>, Secret), Failure> {
    let wrong = || Failure::Misbehaved(Misbehaviour::KeyExchange { group });
    if theirs.len() != group.public_len() {
        return Err(wrong());
    }
    let secret = DhSecret::generate(group, ctx.rng);
    let shared = secret.agree(theirs).map_err(|_| wrong())?;
    Ok((secret.public().to_vec(), shared))
}

/// IDci and IDcr.
fn identities(chain: &Chain<'_>) -> Result<[Option<Identity>; 2], wire::Malformed> {
    let mut payloads = chain.of(PayloadType::IDENTIFICATION);
    let mut next = || payloads.next().map(|payload| Identity::parse(payload.reader())).transpose();
    let ids = [next()?, next()?];
    match payloads.next() {
        None => Ok(ids),
        Some(third) => Err(third.reader().error("identification", wire::Problem::Repeated)),
    }
}

/// The peer's NAT original addresses (RFC 3947 §5.2): two payloads, initiator's address first; the drafts have one, the
/// sender's own.
fn read_nat_oa(chain: &Chain<'_>, nat: &Nat, our_role: Role) -> NatOa {
    let Some(variant) = nat.variant else { return NatOa::default() };
    let mut addresses =
        chain.of(variant.nat_oa()).map(|payload| Identity::parse(payload.reader()).ok().and_then(|id| id.ip()));
    let (first, second) = (addresses.next().flatten(), addresses.next().flatten());
    match (second, our_role) {
        (None, _) => NatOa { remote: first, local: None },
        (Some(_), Role::Responder) => NatOa { remote: first, local: second },
        (Some(_), Role::Initiator) => NatOa { remote: second, local: first },
    }
}

fn push_nat_oa(chain: &mut ChainBuilder, parent: &Parent<'_>, our_role: Role) {
    let Some(variant) = parent.nat.variant else { return };
    let kind = variant.nat_oa();
    let body = |address: IpAddr| Identity::address(address.to_canonical(), 0, 0).emit();
    let (local, remote) = (body(parent.path.local.ip()), body(parent.path.remote.ip()));
    match (variant, our_role) {
        (crate::nat::NatVariant::Draft, _) => chain.push(kind, &local),
        (crate::nat::NatVariant::Rfc3947, Role::Initiator) => chain.push(kind, &local).push(kind, &remote),
        (crate::nat::NatVariant::Rfc3947, Role::Responder) => chain.push(kind, &remote).push(kind, &local),
    };
}
