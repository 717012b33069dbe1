//! Reading answers to a first message, and taking back what was begun.

use ike::Announced;
use ike::proposal::{Phase1Offer, Phase1Suite, check};
use wire::isakmp::{
    Chain, ChainBuilder, Cookies, ExchangeType, Flags, Notify, NotifyType, PayloadType, SaPayload, VendorId, message,
};

use crate::Socket;
use crate::engine::Context;
use crate::step::Chosen;

/// What a message says, as far as a first answer can.
pub(super) enum Reply {
    /// An SA payload: something was chosen.
    Sa { cookies: Cookies, chosen: Chosen, exchange: ExchangeType, hash: bool },
    /// A notification in clear.
    Notify(NotifyType),
}

/// Reads an answer of IKEv1 to a message with this initiator's cookie.
pub(super) fn read(data: &[u8], cookies: Cookies, offer: &Phase1Offer) -> Option<Reply> {
    let (header, _) = message(data).ok()?;
    if header.cookies.initiator != cookies.initiator
        || header.major_version() != 1
        || header.flags.contains(Flags::ENCRYPTION)
    {
        return None;
    }
    let chain = Chain::parse(data).ok()?;
    if let Some(sa) = chain.of(PayloadType::SA).next() {
        let suite = SaPayload::parse(sa.reader()).ok().and_then(|sa| check(&sa, offer).ok()).map(|chosen| chosen.0);
        let vendors = chain.of(PayloadType::VENDOR_ID).map(|payload| VendorId(payload.body).to_string());
        let chosen = Chosen { suite, vendors: vendors.collect(), software: Announced::of(&chain).software() };
        let hash = chain.of(PayloadType::HASH).next().is_some();
        return Some(Reply::Sa { cookies: header.cookies, chosen, exchange: header.exchange, hash });
    }
    let notify = chain.of(PayloadType::NOTIFICATION).find_map(|payload| Notify::parse(payload.reader()).ok())?;
    Some(Reply::Notify(notify.kind))
}

/// The offer of one suite.
pub(super) fn one(suite: Phase1Suite) -> Phase1Offer {
    Phase1Offer { suites: vec![suite], life_seconds: 28_800 }
}

/// Says that nothing comes of it, so that the server need not wait: many count who leaves negotiations open.
pub(super) fn take_back(ctx: &mut Context<'_>, socket: Socket, cookies: Cookies) {
    let notify = Notify::isakmp(NotifyType::NO_PROPOSAL_CHOSEN);
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::NOTIFICATION, &notify.emit());
    // A message id is asked for (RFC 2408 §4.8), and needs to be different each time only.
    let id = ctx.rng.next_u32().max(1);
    ctx.send(socket, chain.clear(cookies, ExchangeType::INFORMATIONAL, id));
}

/// A new cookie of ours.
pub(super) fn cookies(ctx: &mut Context<'_>) -> Cookies {
    let mut cookies = Cookies::default();
    ctx.rng.fill_bytes(&mut cookies.initiator.0);
    cookies.initiator.0[0] |= 1;
    cookies
}
