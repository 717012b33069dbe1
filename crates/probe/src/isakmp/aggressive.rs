//! Aggressive mode: a server that answers it gives everybody a hash over its key to guess at (RFC 2409 §5.4).

use std::net::IpAddr;
use std::time::Duration;

use clock::Timestamp;
use crypto::dh::DhSecret;
use ike::proposal::{Phase1Offer, Phase1Suite};
use wire::isakmp::{ChainBuilder, Cookies, ExchangeType, Identity, PayloadType};

use super::reply::{self, Reply};
use crate::Socket;
use crate::attempt::Attempt;
use crate::engine::Context;
use crate::step::{AggressiveAnswer, Finding};

const WAITS: &[Duration] = &[Duration::from_secs(1), Duration::from_millis(1500)];

pub(crate) struct Aggressive {
    cookies: Cookies,
    suite: Phase1Suite,
    offer: Phase1Offer,
    attempt: Option<Attempt>,
}

impl Aggressive {
    pub(super) fn begin(ctx: &mut Context<'_>, suite: Phase1Suite, local: IpAddr) -> Aggressive {
        let cookies = reply::cookies(ctx);
        let offer = reply::one(suite);
        let secret = DhSecret::generate(suite.group, ctx.rng);
        let mut nonce = [0; 16];
        ctx.rng.fill_bytes(&mut nonce);
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &offer.to_payload().emit());
        chain.push(PayloadType::KEY_EXCHANGE, secret.public());
        chain.push(PayloadType::NONCE, &nonce);
        chain.push(PayloadType::IDENTIFICATION, &Identity::address(local, 0, 0).emit());
        let message = chain.clear(cookies, ExchangeType::AGGRESSIVE, 0);
        let attempt = Some(Attempt::begin(ctx, Socket::Ike, message, WAITS));
        Aggressive { cookies, suite, offer, attempt }
    }

    pub(super) fn handle(&mut self, ctx: &mut Context<'_>, data: &[u8]) {
        if self.attempt.is_none() {
            return;
        }
        match reply::read(data, self.cookies, &self.offer) {
            Some(Reply::Sa { cookies, exchange: ExchangeType::AGGRESSIVE, hash: true, .. }) => {
                reply::take_back(ctx, Socket::Ike, cookies);
                self.finish(ctx, AggressiveAnswer::Exposed);
            }
            Some(Reply::Notify(notify)) => self.finish(ctx, AggressiveAnswer::Refused(notify)),
            Some(Reply::Sa { .. }) | None => {}
        }
    }

    pub(super) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.attempt.as_mut().is_some_and(|attempt| attempt.on_due(ctx)) {
            self.finish(ctx, AggressiveAnswer::Silence);
        }
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.attempt.as_ref().map(Attempt::due)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.attempt.is_none()
    }

    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        self.finish(ctx, AggressiveAnswer::Silence);
    }

    fn finish(&mut self, ctx: &mut Context<'_>, answer: AggressiveAnswer) {
        if let Some(attempt) = self.attempt.take() {
            ctx.step(attempt.began, Finding::Aggressive { suite: self.suite, answer });
        }
    }
}
