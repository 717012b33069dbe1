use clock::Timestamp;
use wire::l2tp::CallRequest;

use crate::Stage;

/// One call in a tunnel.
#[derive(Debug)]
pub(crate) struct Call {
    /// The peer's id; zero until its ICRP.
    pub(crate) remote: u16,
    pub(crate) state: CallState,
}

#[derive(Debug)]
pub(crate) enum CallState {
    /// ICRQ is sent, ICRP is awaited.
    AwaitReply {
        since: Timestamp,
    },
    /// ICRP is sent in answer to this request, ICCN is awaited.
    AwaitConnect {
        since: Timestamp,
        request: Box<CallRequest>,
    },
    Up,
}

impl Call {
    pub(crate) fn stage(&self) -> Stage {
        match self.state {
            CallState::AwaitReply { .. } | CallState::AwaitConnect { .. } => Stage::Call,
            CallState::Up => Stage::Up,
        }
    }

    /// When the set-up began, while it goes on.
    pub(crate) fn pending_since(&self) -> Option<Timestamp> {
        match self.state {
            CallState::AwaitReply { since } | CallState::AwaitConnect { since, .. } => Some(since),
            CallState::Up => None,
        }
    }
}
