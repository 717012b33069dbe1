//! A failed dial as the doctor sees it: each strategy's attempt is a source of its own.

use diagnose::live::{self, Attempt};
use observe::{About, Observation, Place, Role, Side, Source, SourceKind, Spot, Time, Timeline, reported};

use super::report::Ended;

/// What was seen of a dial to `server` that ended at `at`.
pub(super) fn timeline(ended: &Ended, server: &str, at: Time) -> Timeline {
    let mut timeline = Timeline::new();
    if ended.attempts.is_empty() {
        observe(&mut timeline, ended, server, at);
    }
    for attempt in &ended.attempts {
        observe(&mut timeline, &attempt.ended, &format!("{server}, {}", attempt.strategy), at);
    }
    timeline
}

fn observe(timeline: &mut Timeline, ended: &Ended, name: &str, at: Time) {
    let Ended { verdict, stage, detail, failure, .. } = ended;
    if let Some(failure) = failure {
        live::observe(timeline, &Attempt { name, role: Role::Client, at: Some(at), failure, verdict: *verdict });
        return;
    }
    // No protocol had begun, or none was to blame; what is known is the verdict.
    let source = timeline.add_source(Source {
        name: name.into(),
        kind: SourceKind::Live,
        side: Side::Client,
        product: Some(concat!("Causeway ", env!("CARGO_PKG_VERSION")).to_owned()),
        trouble: Vec::new(),
        span: Some((at, at)),
    });
    let fact = reported::Fact::Verdict { cause: verdict.cause.id().to_owned(), stage: (*stage).to_owned() };
    let text = format!("{stage}: {detail}");
    let place = Place { source, spot: Spot::Step(1), text: text.into() };
    timeline.push(Observation { at: Some(at), place, side: Side::Client, about: About::default(), fact: fact.into() });
}

#[cfg(test)]
mod tests {
    use diagnose::{Cause, Context, Obstacle, Verdict, examine};
    use serde_json::json;

    use super::super::report;
    use super::super::strategy::{Attempt, Strategy, conclude};
    use super::*;

    fn found(ended: &Ended) -> Vec<Cause> {
        let diagnosis = examine(&timeline(ended, "vpn.example.com", Time(0)), Context::default());
        diagnosis.findings.iter().map(|finding| finding.cause).collect()
    }

    fn undecryptable() -> Ended {
        let stage = ike::Stage::Phase1Authentication;
        let failure = access::Failure::Ike { stage, failure: ike::Failure::Undecryptable, peer: Box::default() };
        let verdict = Verdict::of_dial(&failure);
        let (stage, detail) = (failure.stage().id(), json!({}));
        Ended { verdict, stage, detail, was_up: false, attempts: Vec::new(), failure: Some(Box::new(failure)) }
    }

    #[test]
    fn the_doctor_names_what_the_dialer_named() {
        assert_eq!(found(&undecryptable()).first(), Some(&Cause::IkePskMismatch));
        for obstacle in [Obstacle::NameUnknown, Obstacle::NoRoute, Obstacle::PortBusy] {
            let ended = report::obstacle(obstacle, "net.name", json!({ "name": "vpn.example.com" }));
            assert_eq!(found(&ended).first(), Some(&ended.verdict.cause), "{obstacle:?}");
        }
    }

    #[test]
    fn each_attempt_is_a_source() {
        let clear = report::obstacle(Obstacle::NoRoute, "net.route", json!({}));
        let attempts = vec![
            Attempt { strategy: Strategy::L2tp, ended: undecryptable() },
            Attempt { strategy: Strategy::L2tpClear, ended: clear },
        ];
        let ended = conclude(attempts).unwrap();
        let timeline = timeline(&ended, "vpn.example.com", Time(0));
        assert_eq!(timeline.sources().len(), 2);
        assert!(timeline.sources()[0].name.starts_with("vpn.example.com, "));
        assert!(found(&ended).contains(&Cause::IkePskMismatch));
    }
}
