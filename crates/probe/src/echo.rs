//! Pings. An answer proves that the host is there; that none comes proves nothing (many filters drop them).

use std::time::Duration;

use clock::Timestamp;

use crate::engine::{Context, Transmit};
use crate::step::Finding;

/// Requests.
const COUNT: u16 = 3;
const PAUSE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_millis(1500);

pub(crate) struct Echo {
    began: Timestamp,
    sent: Vec<Timestamp>,
    answered: Vec<u16>,
    fastest: Option<Duration>,
    due: Timestamp,
    done: bool,
}

impl Echo {
    pub(crate) fn begin(ctx: &mut Context<'_>) -> Echo {
        let mut echo =
            Echo { began: ctx.now, sent: Vec::new(), answered: Vec::new(), fastest: None, due: ctx.now, done: false };
        echo.handle_timeout(ctx);
        echo
    }

    pub(crate) fn handle_echo(&mut self, ctx: &mut Context<'_>, sequence: u16) {
        let Some(&sent) = self.sent.get(usize::from(sequence)) else { return };
        if self.done || self.answered.contains(&sequence) {
            return;
        }
        self.answered.push(sequence);
        let took = ctx.now.since(sent);
        self.fastest = Some(self.fastest.map_or(took, |fastest| fastest.min(took)));
        if self.answered.len() == usize::from(COUNT) {
            self.finish(ctx);
        }
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.done || ctx.now < self.due {
            return;
        }
        let next = u16::try_from(self.sent.len()).unwrap_or(COUNT);
        if next == COUNT {
            return self.finish(ctx);
        }
        self.sent.push(ctx.now);
        self.due = ctx.now + if next + 1 == COUNT { PATIENCE } else { PAUSE };
        ctx.transmit(Transmit::Echo { sequence: next });
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        (!self.done).then_some(self.due)
    }

    pub(crate) fn finish(&mut self, ctx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.done, true) {
            let (sent, received) = (self.sent.len() as u32, self.answered.len() as u32);
            ctx.step(self.began, Finding::Echo { sent, received, fastest: self.fastest });
        }
    }
}
