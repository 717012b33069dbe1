//! The report as text for a terminal.

use anstyle::{AnsiColor, Style};
use diagnose::{Cause, Diagnosis, Finding, Fix, Texts};
use observe::{Place, Timeline};

use super::paper::Paper;
use super::phrases::{self, say};

/// What the eye should find first.
pub(super) const HEAD: Style = Style::new().bold();
/// What went wrong.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What works.
const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What is only for looking up.
pub(super) const DIM: Style = Style::new().dimmed();

/// Indentation under a finding.
const INDENT: usize = 3;

/// The whole report.
pub(crate) fn render(timeline: &Timeline, diagnosis: &Diagnosis, texts: &Texts, paper: Paper) -> String {
    let mut text = String::new();
    let style = if diagnosis.healthy { GOOD } else { BAD };
    block(paper, style, 0, 0, &phrases::verdict(diagnosis, texts), &mut text);
    if let Some(stage) = diagnosis.stage {
        paper.write("", 0, &say(texts, "report-stage", &[("stage", &texts.stage(stage))]), &mut text);
    }
    let only_words = phrases::rests_on_words(diagnosis);
    if only_words {
        paper.write("", 0, &say(texts, "report-only-words", &[]), &mut text);
    }
    if !diagnosis.enough || only_words {
        paper.write("", 0, &say(texts, "report-collect", &[]), &mut text);
    }
    for sentence in phrases::strategies(timeline, texts) {
        paper.write("", 2, &sentence, &mut text);
    }
    for source in timeline.sources() {
        for trouble in &source.trouble {
            let said = texts.labelled_name(&source.name, &texts.trouble(trouble));
            paper.write("", 2, &said, &mut text);
        }
    }
    for sentence in phrases::clocks(timeline, texts) {
        paper.write("", 2, &sentence, &mut text);
    }
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        text.push('\n');
        one(timeline, index, finding, texts, paper, &mut text);
    }
    text
}

fn one(timeline: &Timeline, index: usize, finding: &Finding, texts: &Texts, paper: Paper, text: &mut String) {
    let evidence = |text: &mut String| {
        list(timeline, phrases::evidence(finding), &finding.evidence, texts, paper, text);
        list(timeline, "report-against", &finding.against, texts, paper, text);
    };
    advice(index, finding.cause, Some(finding), Some(&evidence), texts, paper, text);
}

/// What is to be known about a cause; with its finding, how sure it is and what speaks for it.
pub(super) fn advice(
    index: usize,
    cause: Cause,
    finding: Option<&Finding>,
    evidence: Option<&dyn Fn(&mut String)>,
    texts: &Texts,
    paper: Paper,
    text: &mut String,
) {
    let advice = texts.advice(cause);
    let sure = finding.map_or_else(String::new, |finding| format!(", {} %", phrases::percent(finding.confidence)));
    let summary = format!("{}. {} [{cause}{sure}]", index + 1, advice.summary);
    block(paper, HEAD, 0, INDENT, &summary, text);
    let paragraph = |said: &str, text: &mut String| paper.write("   ", INDENT, said, text);
    paragraph(&advice.meaning, text);
    let codes: Vec<String> = cause.ras().iter().map(ToString::to_string).collect();
    if !codes.is_empty() {
        paragraph(&say(texts, "report-codes", &[("codes", &texts.list(&codes))]), text);
    }
    if let Some(evidence) = evidence {
        evidence(text);
    }
    if cause == Cause::NoneHealthy {
        return;
    }
    if let Some(settle) = &advice.settle {
        paragraph(&texts.labelled(&say(texts, "report-settle", &[]), settle), text);
    }
    let role = finding.and_then(|finding| finding.at);
    let at = role.and_then(|role| texts.get(&format!("at-{role}"))).unwrap_or_else(|| texts.fix_at(cause.fix_at()));
    paragraph(&say(texts, "report-fix-at", &[("where", &at)]), text);
    for fix in &advice.fixes {
        remedy(fix, texts, paper, text);
    }
}

fn remedy(fix: &Fix, texts: &Texts, paper: Paper, text: &mut String) {
    paper.write("   - ", 5, &fix.what, text);
    let (keep, change) = phrases::backup_first(fix.commands);
    let mut commands = |title: Option<&str>, commands: &[&str]| {
        if let Some(title) = title.filter(|_| !commands.is_empty()) {
            paper.write("     ", 5, &say(texts, title, &[]), text);
        }
        // A command is copied: it stays one line.
        for command in commands {
            text.push_str("       ");
            text.push_str(command);
            text.push('\n');
        }
    };
    commands(Some("report-backup"), keep);
    commands(Some("report-do").filter(|_| !keep.is_empty()), change);
    commands(Some("report-undo"), fix.undo);
    if let Some(price) = &fix.price {
        paper.write("     ", 5, &texts.labelled(&say(texts, "report-price", &[]), price), text);
    }
}

fn list(timeline: &Timeline, title: &str, places: &[Place], texts: &Texts, paper: Paper, text: &mut String) {
    if places.is_empty() {
        return;
    }
    paper.write("   ", INDENT, &say(texts, title, &[]), text);
    let mut before = String::new();
    for place in places {
        let said = phrases::said(timeline, place, texts);
        let meaning = said.meaning.unwrap_or_default();
        let spot = phrases::spot(timeline, place);
        paper.write("     ", 7, &format!("{spot}  {}", said.quote.unwrap_or(&meaning)), text);
        // Of lines that mean the same the first one says it.
        if said.quote.is_some() && !meaning.is_empty() && meaning != before {
            paper.write("       → ", 9, &meaning, text);
        }
        before = meaning;
    }
}

/// A paragraph in a style.
fn block(paper: Paper, style: Style, indent: usize, hanging: usize, said: &str, text: &mut String) {
    let mut plain = String::new();
    paper.write(&" ".repeat(indent), hanging, said, &mut plain);
    styled(paper, style, plain.trim_end_matches('\n'), text);
    text.push('\n');
}

/// Appends `said` in a style, where there are any.
pub(super) fn styled(paper: Paper, style: Style, said: &str, text: &mut String) {
    if paper.has_colours() {
        text.push_str(&format!("{style}{said}{style:#}"));
    } else {
        text.push_str(said);
    }
}
