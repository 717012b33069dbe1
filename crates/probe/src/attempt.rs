use std::time::Duration;

use clock::Timestamp;

use crate::Socket;
use crate::engine::Context;

/// One message, and how often and how long it is sent for.
pub(crate) struct Attempt {
    socket: Socket,
    message: Vec<u8>,
    /// The wait after each transmission.
    waits: &'static [Duration],
    sent: usize,
    due: Timestamp,
    pub(crate) began: Timestamp,
}

impl Attempt {
    /// Sends the message for the first time. `waits` has one item for each transmission.
    pub(crate) fn begin(
        ctx: &mut Context<'_>,
        socket: Socket,
        message: Vec<u8>,
        waits: &'static [Duration],
    ) -> Attempt {
        let mut attempt = Attempt { socket, message, waits, sent: 0, due: ctx.now, began: ctx.now };
        attempt.on_due(ctx);
        attempt
    }

    pub(crate) fn due(&self) -> Timestamp {
        self.due
    }

    /// Sends again, if something is due. Returns whether patience is over.
    pub(crate) fn on_due(&mut self, ctx: &mut Context<'_>) -> bool {
        if ctx.now < self.due {
            return false;
        }
        let Some(wait) = self.waits.get(self.sent) else { return true };
        self.sent += 1;
        self.due = ctx.now + *wait;
        ctx.send(self.socket, self.message.clone());
        false
    }
}
