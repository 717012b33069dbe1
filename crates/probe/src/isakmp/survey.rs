//! Transforms of phase 1 one by one: what the server would take from any client.

use std::collections::VecDeque;
use std::time::Duration;

use clock::Timestamp;
use crypto::HashAlg;
use crypto::cbc::CbcAlg;
use crypto::dh::Group;
use ike::proposal::Phase1Suite;
use wire::isakmp::{AuthMethod, ChainBuilder, Cookies, ExchangeType, PayloadType};

use super::reply::{self, Reply};
use crate::Socket;
use crate::config::Survey as Extent;
use crate::engine::Context;
use crate::step::{Finding, Surveyed};

/// Between two questions.
const PACE: Duration = Duration::from_millis(100);

/// For an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Questions without an answer, one after another, after which no further one is asked.
const SILENT: usize = 8;

pub(crate) struct Survey {
    /// What is still to be asked, with the number of the transmission.
    todo: VecDeque<(Phase1Suite, u8)>,
    open: Vec<Open>,
    found: Surveyed,
    /// Questions since the last answer.
    unanswered: usize,
    /// A suite that was taken: asked once more at the end, when some stayed without an answer.
    known: Option<Phase1Suite>,
    /// Some servers answer only who announces NAT traversal.
    vendor_ids: Vec<Vec<u8>>,
    checking: bool,
    next: Timestamp,
    began: Timestamp,
    settled: bool,
}

struct Open {
    cookies: Cookies,
    suite: Phase1Suite,
    transmission: u8,
    until: Timestamp,
}

impl Survey {
    pub(super) fn begin(
        ctx: &mut Context<'_>,
        extent: Extent,
        known: Option<Phase1Suite>,
        vendor_ids: Vec<Vec<u8>>,
    ) -> Survey {
        let mut survey = Survey {
            todo: suites(extent).into_iter().map(|suite| (suite, 1)).collect(),
            open: Vec::new(),
            found: Surveyed::default(),
            unanswered: 0,
            known,
            vendor_ids,
            checking: false,
            next: ctx.now,
            began: ctx.now,
            settled: false,
        };
        survey.handle_timeout(ctx);
        survey
    }

    pub(super) fn handle(&mut self, ctx: &mut Context<'_>, data: &[u8]) {
        let answered = self.open.iter().enumerate().find_map(|(index, open)| {
            reply::read(data, open.cookies, &reply::one(open.suite)).map(|reply| (index, reply))
        });
        let Some((index, reply)) = answered else { return };
        let open = self.open.swap_remove(index);
        self.unanswered = 0;
        let taken = match reply {
            Reply::Sa { cookies, chosen, .. } => {
                reply::take_back(ctx, Socket::Ike, cookies);
                chosen.suite == Some(open.suite)
            }
            Reply::Notify(_) => false,
        };
        if self.checking {
            self.found.limited = !taken;
            return self.finish(ctx);
        }
        if taken {
            self.known = self.known.or(Some(open.suite));
            self.found.accepted.push(open.suite);
        } else {
            self.found.refused.push(open.suite);
        }
        self.settle(ctx);
    }

    pub(super) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.settled {
            return;
        }
        for open in self.open.extract_if(.., |open| open.until <= ctx.now) {
            if open.transmission == 1 {
                self.todo.push_back((open.suite, 2));
            } else if self.checking {
                self.found.limited = true;
            } else {
                self.found.silent.push(open.suite);
            }
        }
        if ctx.now >= self.next {
            if self.unanswered >= SILENT {
                self.found.untried.extend(self.todo.drain(..).map(|(suite, _)| suite));
            }
            if let Some((suite, transmission)) = self.todo.pop_front() {
                self.ask(ctx, suite, transmission);
            }
        }
        self.settle(ctx);
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        let open = self.open.iter().map(|open| open.until).min();
        let next = (!self.todo.is_empty()).then_some(self.next);
        if self.settled { None } else { open.into_iter().chain(next).min() }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// The first suite that was taken.
    pub(super) fn accepted(&self) -> Option<Phase1Suite> {
        self.found.accepted.first().copied()
    }

    /// Whether the server has stopped answering what it had answered before.
    pub(super) fn is_limited(&self) -> bool {
        self.found.limited
    }

    pub(super) fn abandon(&mut self, ctx: &mut Context<'_>) {
        self.found.untried.extend(self.todo.drain(..).map(|(suite, _)| suite));
        if !self.checking {
            self.found.untried.extend(self.open.drain(..).map(|open| open.suite));
        }
        self.finish(ctx);
    }

    fn ask(&mut self, ctx: &mut Context<'_>, suite: Phase1Suite, transmission: u8) {
        let cookies = reply::cookies(ctx);
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &reply::one(suite).to_payload().emit());
        for id in &self.vendor_ids {
            chain.push(PayloadType::VENDOR_ID, id);
        }
        ctx.send(Socket::Ike, chain.clear(cookies, ExchangeType::MAIN_MODE, 0));
        self.open.push(Open { cookies, suite, transmission, until: ctx.now + PATIENCE });
        self.next = ctx.now + PACE;
        self.unanswered += 1;
    }

    fn settle(&mut self, ctx: &mut Context<'_>) {
        if self.settled || !self.todo.is_empty() || !self.open.is_empty() {
            return;
        }
        let doubtful = !self.found.silent.is_empty() || !self.found.untried.is_empty();
        match self.known {
            Some(known) if doubtful && !self.checking => {
                self.checking = true;
                self.unanswered = 0;
                self.todo.push_back((known, 1));
            }
            _ => self.finish(ctx),
        }
    }

    fn finish(&mut self, ctx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.settled, true) {
            self.open.clear();
            self.todo.clear();
            let mut found = self.found.clone();
            let order = suites(Extent::Full);
            for list in [&mut found.accepted, &mut found.refused, &mut found.silent, &mut found.untried] {
                list.sort_by_key(|suite| order.iter().position(|known| known == suite));
            }
            ctx.step(self.began, Finding::Survey(found));
        }
    }
}

fn suites(extent: Extent) -> Vec<Phase1Suite> {
    use CbcAlg::{Aes128, Aes256, TripleDes};
    use HashAlg::{Md5, Sha1, Sha256, Sha384, Sha512};
    let suite = |(cipher, hash, group)| Phase1Suite { cipher, hash, group, method: AuthMethod::PRE_SHARED_KEY };
    match extent {
        Extent::None => Vec::new(),
        Extent::Short => [
            (Aes256, Sha256, Group::Modp2048),
            (Aes256, Sha256, Group::Ecp256),
            (Aes256, Sha1, Group::Ecp384),
            (Aes256, Sha1, Group::Modp2048),
            (Aes128, Sha1, Group::Ecp256),
            (Aes256, Sha1, Group::Modp1024),
            (TripleDes, Sha1, Group::Modp2048),
            (TripleDes, Sha1, Group::Modp1024),
        ]
        .map(suite)
        .to_vec(),
        Extent::Full => {
            let groups = [
                Group::Ecp384,
                Group::Ecp256,
                Group::Modp4096,
                Group::Modp3072,
                Group::Modp2048,
                Group::Modp1536,
                Group::Modp1024,
            ];
            let mut list = vec![
                (Aes256, Sha512, Group::Modp2048),
                (Aes256, Sha384, Group::Ecp384),
                (Aes256, Sha384, Group::Modp1024),
                (Aes256, Sha512, Group::Modp1024),
            ];
            for cipher in [Aes256, Aes128, TripleDes] {
                for hash in [Sha256, Sha1] {
                    list.extend(groups.map(|group| (cipher, hash, group)));
                }
            }
            list.extend([(Aes128, Md5, Group::Modp1024), (TripleDes, Md5, Group::Modp1024)]);
            list.into_iter().map(suite).collect()
        }
    }
}
