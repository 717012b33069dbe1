//! The report as JSON: an interface for programs.

use diagnose::{Cause, Diagnosis, Finding, Fix, Texts};
use observe::{Clock, Fact, Place, SourceId, Spot, Timeline, host};
use serde_json::{Value, json};

use super::phrases;

/// Connections of the dialer that are listed.
const MOST_CONNECTIONS: usize = 100;

/// The whole report.
pub(crate) fn json(timeline: &Timeline, diagnosis: &Diagnosis, texts: &Texts) -> Value {
    let findings: Vec<Value> = diagnosis.findings.iter().map(|found| finding(timeline, found, texts)).collect();
    let sources: Vec<Value> = timeline
        .sources()
        .iter()
        .zip(0..)
        .map(|(source, id)| {
            json!({
                "name": &*source.name,
                "kind": format!("{:?}", source.kind),
                "side": format!("{:?}", source.side).to_lowercase(),
                "product": source.product,
                "trouble": source.trouble.iter().map(|trouble| texts.trouble(trouble)).collect::<Vec<_>>(),
                "clock": clock(timeline, SourceId(id)),
            })
        })
        .collect();
    let connections: Vec<Value> = timeline
        .observations()
        .iter()
        .filter_map(|seen| match &seen.fact {
            Fact::Host(host::Fact::Profile(profile)) if !profile.tunnel.is_empty() => Some(json!({
                "name": profile.name,
                "server": profile.server,
                "tunnel": profile.tunnel,
                "source": timeline.source(seen.place.source).map(|source| &*source.name),
            })),
            _ => None,
        })
        .take(MOST_CONNECTIONS)
        .collect();
    json!({
        "findings": findings,
        "stage": diagnosis.stage,
        "healthy": diagnosis.healthy,
        "enough": diagnosis.enough,
        "connections": connections,
        "sources": sources,
    })
}

/// How a source's clock stood to the others'; null where there was nothing to compare.
fn clock(timeline: &Timeline, id: SourceId) -> Option<Value> {
    let alignment = timeline.clocks().iter().find(|alignment| alignment.source == id)?;
    Some(match alignment.clock {
        Clock::Reference => json!({ "reference": true }),
        Clock::Unpaired => json!({ "compared": false }),
        Clock::Compared { with, ahead, pairs } => json!({
            "compared": true,
            "with": timeline.source(with).map(|source| &*source.name),
            "ahead_seconds": (ahead as f64 / 1e3).round() / 1e3,
            "pairs": pairs,
        }),
    })
}

fn finding(timeline: &Timeline, finding: &Finding, texts: &Texts) -> Value {
    let places = |places: &[Place]| -> Vec<Value> { places.iter().map(|seen| place(timeline, seen, texts)).collect() };
    let mut value = advice(finding.cause, texts);
    value["confidence"] = json!((f64::from(finding.confidence) * 100.0).round() / 100.0);
    value["side"] = json!(finding.at.map(|role| role.to_string()));
    value["evidence"] = json!(places(&finding.evidence));
    value["only_words"] = json!(finding.only_words);
    value["against"] = json!(places(&finding.against));
    value
}

/// What is to be known about a cause.
pub(super) fn advice(cause: Cause, texts: &Texts) -> Value {
    let advice = texts.advice(cause);
    json!({
        "cause": cause.id(),
        "ras": cause.ras().iter().map(|ras| ras.0).collect::<Vec<_>>(),
        "fix_at": cause.fix_at().id(),
        "summary": advice.summary,
        "meaning": advice.meaning,
        "settle": advice.settle,
        "fix": advice.fixes.iter().map(one_line).collect::<Vec<_>>(),
        "remedies": advice.fixes.iter().map(remedy).collect::<Vec<_>>(),
    })
}

fn remedy(fix: &Fix) -> Value {
    json!({ "what": fix.what, "commands": fix.commands, "undo": fix.undo, "price": fix.price })
}

/// A fix with its commands in one string.
fn one_line(fix: &Fix) -> String {
    let mut line = fix.what.clone();
    if !fix.commands.is_empty() {
        line.push_str(" > ");
        line.push_str(&fix.commands.join(" && "));
    }
    if let Some(price) = &fix.price {
        line.push_str(&format!(" ({price})"));
    }
    line
}

/// A place in the evidence. `text` is what stands there, or where nothing is written, as in a capture, what was seen; `meaning` and
/// `facts` say what it stands for, to people and to programs.
pub(super) fn place(timeline: &Timeline, place: &Place, texts: &Texts) -> Value {
    let source = timeline.source(place.source).map_or("", |source| &*source.name);
    let said = phrases::said(timeline, place, texts);
    let text = said.quote.map(str::to_owned).or_else(|| said.meaning.clone());
    let mut value = json!({ "source": source, "text": text, "meaning": said.meaning, "facts": said.facts });
    let spot = match place.spot {
        Spot::Line(line) => Some(("line", line)),
        Spot::Frame(frame) => Some(("frame", frame)),
        Spot::Record(record) => Some(("record", record)),
        Spot::Step(step) => Some(("step", step)),
        Spot::Whole => None,
    };
    if let Some((name, number)) = spot {
        value[name] = number.into();
    }
    value
}
