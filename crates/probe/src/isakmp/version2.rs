//! Whether the server speaks IKEv2: one well-formed IKE_SA_INIT (RFC 7296 §1.2), and no more than the answer's first words.

use std::time::Duration;

use clock::Timestamp;
use crypto::dh::{DhSecret, Group};
use observe::network::Icmp;
use wire::isakmp::{Chain, ChainBuilder, Cookies, ExchangeType, Flags, Header, PayloadType, message};

use super::reply;
use crate::Socket;
use crate::attempt::Attempt;
use crate::engine::Context;
use crate::step::{Finding, V2Answer};

const WAITS: &[Duration] = &[Duration::from_secs(1), Duration::from_secs(2)];

/// Payload types and notifications of IKEv2 (RFC 7296 §3.2, §3.10.1).
const SA: PayloadType = PayloadType(33);
const KEY_EXCHANGE: PayloadType = PayloadType(34);
const NONCE: PayloadType = PayloadType(40);
const NOTIFY: PayloadType = PayloadType(41);
const IKE_SA_INIT: ExchangeType = ExchangeType(34);
const INITIATOR: Flags = Flags(0x08);
const RESPONSE: Flags = Flags(0x20);
const VERSION_2: u8 = 0x20;
const INVALID_MAJOR_VERSION: u16 = 5;
const NO_PROPOSAL_CHOSEN: u16 = 14;
const INVALID_KE_PAYLOAD: u16 = 17;
const COOKIE: u16 = 16390;

/// Group 14, the one that nearly everybody takes.
const GROUP: u16 = 14;

pub(crate) struct Version2 {
    cookies: Cookies,
    attempt: Option<Attempt>,
}

impl Version2 {
    pub(super) fn begin(ctx: &mut Context<'_>) -> Version2 {
        let cookies = reply::cookies(ctx);
        let public = DhSecret::generate(Group::Modp2048, ctx.rng);
        let mut nonce = [0; 32];
        ctx.rng.fill_bytes(&mut nonce);
        let mut chain = ChainBuilder::new();
        chain.push(SA, &proposal());
        chain.push(KEY_EXCHANGE, &[&GROUP.to_be_bytes(), &[0, 0], public.public()].concat());
        chain.push(NONCE, &nonce);
        let header = Header {
            cookies,
            next_payload: chain.first(),
            version: VERSION_2,
            exchange: IKE_SA_INIT,
            flags: INITIATOR,
            message_id: 0,
            length: 0,
        };
        let request = header.emit(chain.octets());
        Version2 { cookies, attempt: Some(Attempt::begin(ctx, Socket::Ike, request, WAITS)) }
    }

    pub(super) fn handle(&mut self, ctx: &mut Context<'_>, data: &[u8]) {
        let Ok((header, _)) = message(data) else { return };
        if header.cookies.initiator != self.cookies.initiator {
            return;
        }
        let answer = if header.major_version() == 1 {
            V2Answer::Refused
        } else if header.flags.contains(RESPONSE) && header.exchange == IKE_SA_INIT {
            let Ok(chain) = Chain::parse(data) else { return };
            // Protocol and SPI size, then the type.
            let notify = chain.of(NOTIFY).find_map(|payload| {
                payload.body.get(2..4).and_then(<[u8]>::first_chunk).map(|&kind| u16::from_be_bytes(kind))
            });
            match notify {
                _ if chain.of(SA).next().is_some() => V2Answer::Speaks,
                Some(INVALID_KE_PAYLOAD | COOKIE) => V2Answer::Speaks,
                Some(NO_PROPOSAL_CHOSEN) => V2Answer::NoProposal,
                Some(INVALID_MAJOR_VERSION) => V2Answer::Refused,
                Some(other) => V2Answer::Notify(other),
                None => return,
            }
        } else {
            return;
        };
        self.finish(ctx, answer);
    }

    pub(super) fn handle_icmp(&mut self, ctx: &mut Context<'_>, kind: Icmp) {
        self.finish(ctx, V2Answer::Icmp(kind));
    }

    pub(super) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.attempt.as_mut().is_some_and(|attempt| attempt.on_due(ctx)) {
            self.finish(ctx, V2Answer::Silence);
        }
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.attempt.as_ref().map(Attempt::due)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.attempt.is_none()
    }

    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        self.finish(ctx, V2Answer::Silence);
    }

    fn finish(&mut self, ctx: &mut Context<'_>, answer: V2Answer) {
        if let Some(attempt) = self.attempt.take() {
            ctx.step(attempt.began, Finding::Version2 { answer });
        }
    }
}

/// One proposal of transforms in common use (RFC 7296 §3.3): AES-CBC, SHA-2 and SHA-1, groups 14, 19 and 2.
fn proposal() -> Vec<u8> {
    const KEY_LENGTH: u16 = 0x8000 | 14;
    let (cipher, prf, integrity, group) = (1_u8, 2_u8, 3_u8, 4_u8);
    let transforms: [(u8, u16, Option<u16>); 9] = [
        (cipher, 12, Some(256)),
        (cipher, 12, Some(128)),
        (prf, 5, None),
        (prf, 2, None),
        (integrity, 12, None),
        (integrity, 2, None),
        (group, GROUP, None),
        (group, 19, None),
        (group, 2, None),
    ];
    let mut list = Vec::new();
    for (index, (kind, id, bits)) in transforms.iter().enumerate() {
        let more = if index + 1 < transforms.len() { 3 } else { 0 };
        let length = if bits.is_some() { 12 } else { 8 };
        list.extend_from_slice(&[more, 0, 0, length, *kind, 0]);
        list.extend_from_slice(&id.to_be_bytes());
        if let Some(bits) = bits {
            list.extend_from_slice(&KEY_LENGTH.to_be_bytes());
            list.extend_from_slice(&bits.to_be_bytes());
        }
    }
    let length = u16::try_from(8 + list.len()).expect("the list is short");
    let mut out = vec![0, 0];
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&[1, 1, 0, transforms.len() as u8]);
    out.extend_from_slice(&list);
    out
}
