//! Attempts that failed and sessions that were lost, kept for `session failed` and `session explain`.

use std::collections::VecDeque;

use access::Failure;
use access::server::{End, Event, Session, SessionId};
use diagnose::live::{self, Attempt};
use diagnose::{Context, Texts, Verdict, examine};
use observe::{Role, Time};
use serde_json::{Value, json};

use crate::doctor::{self, paper::Paper};

/// Attempts that are kept; a log has the older ones.
const KEPT: usize = 1000;

/// The newest failures.
#[derive(Default)]
pub(super) struct History {
    past: VecDeque<Past>,
}

struct Past {
    id: SessionId,
    /// Seconds since 1970.
    at: u64,
    peer: String,
    user: Option<String>,
    failure: Failure,
    verdict: Verdict,
}

impl History {
    /// Keeps what is a failure; `at` is the time in seconds since 1970.
    pub(super) fn record(&mut self, event: &Event, at: u64) {
        match event {
            Event::Failed { session, failure } => self.keep(session, at, failure.clone(), Verdict::of(failure)),
            Event::Down { session, end } => {
                let Some(verdict) = Verdict::of_end(end) else { return };
                let failure = match end.clone() {
                    End::Ppp { failure } => Failure::Ppp { stage: ppp::Stage::Up, failure, denied: None },
                    End::L2tp { failure } => Failure::L2tp { stage: l2tp::Stage::Up, failure },
                };
                self.keep(session, at, failure, verdict);
            }
            Event::Up { .. } | Event::Moved { .. } | Event::RekeyFailed { .. } => {}
        }
    }

    fn keep(&mut self, session: &Session, at: u64, failure: Failure, verdict: Verdict) {
        if self.past.len() >= KEPT {
            self.past.pop_front();
        }
        let (id, peer, user) = (session.id, session.remote.to_string(), session.user.clone());
        self.past.push_back(Past { id, at, peer, user, failure, verdict });
    }

    /// All that are kept, the newest first.
    pub(super) fn list(&self) -> Value {
        let list = self.past.iter().rev().map(|past| {
            json!({
                "session": past.id.to_string(),
                "unix_seconds": past.at,
                "peer": past.peer,
                "user": past.user,
                "stage": past.failure.stage().id(),
                "cause": past.verdict.cause.id(),
                "ras": past.verdict.ras.map(|ras| ras.0),
            })
        });
        json!({ "failed": list.collect::<Vec<_>>() })
    }

    /// What the doctor says of one; `None` when it is not kept.
    pub(super) fn explain(&self, id: SessionId, texts: &Texts) -> Option<Value> {
        let past = self.past.iter().rev().find(|past| past.id == id)?;
        let attempt = Attempt {
            name: &past.id.to_string(),
            role: Role::Server,
            at: i64::try_from(past.at).ok().map(|seconds| Time(seconds.saturating_mul(1_000_000))),
            failure: &past.failure,
            verdict: past.verdict,
        };
        let timeline = live::timeline(&attempt);
        let diagnosis = examine(&timeline, Context::default());
        Some(json!({
            "peer": past.peer,
            "user": past.user,
            "report": doctor::report::json(&timeline, &diagnosis, texts),
            "text": doctor::text::render(&timeline, &diagnosis, texts, Paper::default()),
        }))
    }
}
