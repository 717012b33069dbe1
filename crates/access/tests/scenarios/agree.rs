//! The doctor has the same eyes everywhere: what live engines, captures and logs show of one run gives one cause.

use std::io::Cursor;

use access::{Failure, Stage};
use diagnose::live::{self, Attempt};
use diagnose::{Cause, Context, Diagnosis, Verdict, examine};
use ingest::{Keys, Settings};
use observe::{Role, Timeline};
use record::{Format, Layout};
use serde_json::json;

use crate::world::World;

mod catalogue;
mod path;
mod server;

pub(crate) use server::assert_record_names;

/// How a dial ended, and what the run left.
pub(crate) struct Outcome {
    pub(crate) failure: Failure,
    pub(crate) stage: Stage,
    run: Run,
}

/// What an end of a run can be examined from.
struct Run {
    role: Role,
    /// Its line, with the keys that it had.
    capture: Vec<u8>,
    keys: String,
    /// What it wrote, in each of the forms in which it writes.
    logs: Vec<String>,
}

impl Outcome {
    /// That of the only client, whose line was recorded.
    pub(crate) fn of(world: &World) -> Outcome {
        Outcome::of_client(world, 0)
    }

    /// That of a client whose line was recorded.
    pub(crate) fn of_client(world: &World, index: usize) -> Outcome {
        let (failure, stage) = world.end_of(index).expect("it has ended");
        let client = &world.clients[index];
        let capture = world.net.capture(client.node).expect("the client's line is recorded").to_bytes();
        let logs = vec![dialled(failure, stage)];
        let run = Run { role: Role::Client, capture, keys: client.keys.clone(), logs };
        Outcome { failure: failure.clone(), stage, run }
    }

    /// Everything that is left of the run names the cause of the verdict.
    pub(crate) fn assert_agrees(&self, verdict: Verdict) {
        self.run.assert_agrees(&self.failure, verdict, verdict.cause);
    }
}

/// Everything that is left of the run at the server names the cause of its verdict about the only attempt there was, or, of the
/// capture, the cause that stands for it in [`SEEN_OTHERWISE`].
pub(crate) fn assert_server_agrees(world: &World) {
    let (verdict, _) = world.only_verdict();
    let (_, failure) = world.failures()[0];
    let capture = world.net.capture(world.server_node).expect("the server's line is recorded").to_bytes();
    let layouts = [(Layout::Text, false), (Layout::Text, true), (Layout::Json, false), (Layout::Json, true)];
    let logs = layouts.map(|(layout, journal)| logged(world, Format { layout, journal })).into();
    let run = Run { role: Role::Server, capture, keys: world.keys.clone(), logs };
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let otherwise = SEEN_OTHERWISE.iter().find(|(test, ..)| name.ends_with(test));
    run.assert_agrees(failure, verdict, otherwise.map_or(verdict.cause, |(_, cause, _)| *cause));
}

/// The server's log.
fn logged(world: &World, format: Format) -> String {
    let lines = world.server_events.iter().map(|event| {
        let (level, message, fields) = record::server::event(event, world.now);
        format.line(1_700_000_000, level, message, &fields)
    });
    lines.collect()
}

/// The events of the dialer.
fn dialled(failure: &Failure, stage: Stage) -> String {
    let ended = record::dial::ended(Verdict::of_dial(failure), stage.id(), &record::dial::detail(failure));
    let connected = (stage == Stage::Up).then(|| json!({ "event": "connected" }).to_string());
    let lines = connected.into_iter().chain([record::dial::failed(ended, 1000).to_string()]);
    lines.map(|line| line + "\n").collect()
}

/// Captures in which a cause looks like another one: the test, what a capture shows, and why it cannot show more.
const SEEN_OTHERWISE: &[(&str, Cause, &str)] = &[
    (
        "a_server_without_a_key_for_the_client_says_so_in_its_verdict",
        Cause::IkeNoProposalPhase1,
        "a server does not tell strangers for whom it has a key: it answers as if no proposal were acceptable",
    ),
    (
        "one_refused_quick_mode_beside_one_that_succeeded_ends_nothing",
        Cause::IkeRekeyFailed,
        "a second quick mode that is refused looks like a renewal; only the server knows that nothing was ever sent",
    ),
    (
        "another_group_of_perfect_forward_secrecy",
        Cause::IkeNoProposalPhase2,
        "the answer is the same whichever part of the proposal is not acceptable",
    ),
    (
        "the_doctor_sees_that_a_server_has_no_room_for_an_ike_sa",
        Cause::IkePeerIncompatible,
        "a server that passes over a key exchange does not say why",
    ),
    (
        "the_doctor_sees_that_a_server_has_no_time_for_a_key_exchange",
        Cause::IkePeerIncompatible,
        "a server that passes over a key exchange does not say why",
    ),
];

/// The confidence from which the report says "probably".
const LIKELY: f32 = 0.5;

impl Run {
    fn assert_agrees(&self, failure: &Failure, verdict: Verdict, captured: Cause) {
        let attempt = Attempt { name: "the attempt", role: self.role, at: None, failure, verdict };
        assert_names(verdict.cause, "the engines", &live::timeline(&attempt));
        for log in &self.logs {
            assert_names(verdict.cause, "the log", &read("causeway.log", log.as_bytes(), ""));
        }
        let opened = read("capture", &self.capture, &self.keys);
        assert_names(captured, "the capture with keys", &opened);
        let sealed = read("capture", &self.capture, "");
        // Who cannot look inside has to say so: what he supposes is no more than possible, and the cause is among it.
        let found = examine(&sealed, Context::default()).findings;
        let supposed = |cause| found.iter().any(|finding| finding.cause == cause);
        let unsure = found.first().is_none_or(|first| first.confidence < LIKELY);
        if !(found.is_empty() || supposed(verdict.cause) && (unsure || found[0].cause == verdict.cause)) {
            assert_names(captured, "the capture without keys", &sealed);
        }
    }
}

/// The first finding has this cause; a connection that somebody simply ended has none that is a problem.
fn assert_names(cause: Cause, eyes: &str, timeline: &Timeline) {
    let Diagnosis { findings, .. } = examine(timeline, Context::default());
    let first = findings.first().map_or(Cause::NoneHealthy, |finding| finding.cause);
    if first == cause {
        return;
    }
    let found: Vec<_> = findings.iter().map(|finding| format!("{} {:.2}", finding.cause, finding.confidence)).collect();
    let seen: Vec<_> =
        timeline.observations().iter().map(|seen| format!("{}\n    {:?}", seen.place.text, seen.fact)).collect();
    panic!("{eyes}: {cause} is expected, {found:?} found in\n{}", seen.join("\n"));
}

fn read(name: &str, file: &[u8], keys: &str) -> Timeline {
    let settings = Settings { keys: Keys::parse(keys), ..Settings::default() };
    let mut timeline = Timeline::new();
    ingest::read(name, Cursor::new(file), &settings, &mut timeline, &mut |_| {}).expect("it is in memory");
    timeline
}
