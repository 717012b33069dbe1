//! The report as text for a terminal.

use std::fmt::Write;

use diagnose::{Cause, Diagnosis, Finding, Texts};
use observe::{Place, Spot, Timeline};

/// The whole report.
pub(crate) fn render(timeline: &Timeline, diagnosis: &Diagnosis, texts: &Texts) -> String {
    let mut text = String::new();
    for source in timeline.sources() {
        for trouble in &source.trouble {
            let _ = writeln!(text, "{}: {trouble}", source.name);
        }
    }
    if let Some(stage) = diagnosis.stage {
        let _ = writeln!(text, "{}", say(texts, "report-stage", &[("stage", &texts.stage(stage))]));
    }
    if !diagnosis.enough {
        let _ = writeln!(text, "{}", say(texts, "report-not-enough", &[]));
        let _ = writeln!(text, "{}", say(texts, "report-collect", &[]));
    }
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        text.push('\n');
        one(timeline, index, finding, texts, &mut text);
    }
    text
}

fn one(timeline: &Timeline, index: usize, finding: &Finding, texts: &Texts, text: &mut String) {
    let evidence = |text: &mut String| {
        list(timeline, &say(texts, "report-evidence", &[]), &finding.evidence, text);
        list(timeline, &say(texts, "report-against", &[]), &finding.against, text);
    };
    advice(index, finding.cause, Some(finding), Some(&evidence), texts, text);
}

/// What is to be known about a cause; with its finding, how sure it is and what speaks for it.
pub(super) fn advice(
    index: usize,
    cause: Cause,
    finding: Option<&Finding>,
    evidence: Option<&dyn Fn(&mut String)>,
    texts: &Texts,
    text: &mut String,
) {
    let advice = texts.advice(cause);
    let sure = finding.map_or_else(String::new, |finding| format!(", {:.0} %", finding.confidence * 100.0));
    let _ = writeln!(text, "{}. {} [{cause}{sure}]", index + 1, advice.summary);
    let _ = writeln!(text, "   {}", advice.meaning);
    let codes: Vec<String> = cause.ras().iter().map(ToString::to_string).collect();
    if !codes.is_empty() {
        let _ = writeln!(text, "   {}", say(texts, "report-codes", &[("codes", &codes.join(", "))]));
    }
    if let Some(evidence) = evidence {
        evidence(text);
    }
    if cause == Cause::NoneHealthy {
        return;
    }
    if let Some(settle) = &advice.settle {
        let _ = writeln!(text, "   {} {settle}", say(texts, "report-settle", &[]));
    }
    let role = finding.and_then(|finding| finding.at);
    let at = role.and_then(|role| texts.get(&format!("at-{role}"))).unwrap_or_else(|| texts.fix_at(cause.fix_at()));
    let _ = writeln!(text, "   {}", say(texts, "report-fix-at", &[("where", &at)]));
    for fix in &advice.fixes {
        let _ = writeln!(text, "   - {}", fix.what);
        for command in fix.commands {
            let _ = writeln!(text, "       {command}");
        }
        if !fix.undo.is_empty() {
            let _ = writeln!(text, "     {}", say(texts, "report-undo", &[]));
            for command in fix.undo {
                let _ = writeln!(text, "       {command}");
            }
        }
        if let Some(price) = &fix.price {
            let _ = writeln!(text, "     {} {price}", say(texts, "report-price", &[]));
        }
    }
}

fn list(timeline: &Timeline, title: &str, places: &[Place], text: &mut String) {
    if places.is_empty() {
        return;
    }
    let _ = writeln!(text, "   {title}");
    for place in places {
        let source = timeline.source(place.source).map_or("", |source| &*source.name);
        let spot = match place.spot {
            Spot::Line(line) => format!(":{line}"),
            Spot::Frame(frame) => format!(" #{frame}"),
            Spot::Record(record) => format!(" #{record}"),
            Spot::Step(step) => format!(" ({step})"),
            Spot::Whole => String::new(),
        };
        let _ = writeln!(text, "     {source}{spot}  {}", place.text);
    }
}

fn say(texts: &Texts, id: &str, values: &[(&str, &str)]) -> String {
    texts.with(id, values).unwrap_or_else(|| id.to_owned())
}
