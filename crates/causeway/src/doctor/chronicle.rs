//! The story as lines: `--timeline`.

use diagnose::{Diagnosis, Texts};
use observe::{Role, Timeline};
use serde_json::{Value, json};

use super::paper::Paper;
use super::phrases::{self, Clockwork, say};
use super::story::{Event, Lane, Row, Shape, Story};
use super::text::{BAD, DIM, HEAD, styled};

/// The events in order, with their times.
pub(super) fn render(
    timeline: &Timeline,
    diagnosis: &Diagnosis,
    texts: &Texts,
    clock: &Clockwork,
    paper: Paper,
) -> String {
    let story = Story::of(timeline, diagnosis);
    let mut out = String::new();
    styled(paper, HEAD, &say(texts, "report-story", &[]), &mut out);
    out.push('\n');
    let (mut date, mut band) = (None, None);
    for row in &story.rows {
        let event = match row {
            Row::Event(event) => event,
            Row::LeftOut(count) => {
                let left_out = say(texts, "report-left-out", &[("count", &count.to_string())]);
                paper.write("  ⋮ ", 4, &left_out, &mut out);
                continue;
            }
        };
        let today = event.at.map(|at| clock.date(at));
        if today.is_some() && today != date {
            date = today;
            paper.write("  ", 2, date.as_deref().unwrap_or_default(), &mut out);
        }
        if band != Some(event.band) {
            band = Some(event.band);
            let mut name = String::from("  ");
            styled(paper, DIM, &say(texts, event.band.id(), &[]), &mut name);
            out.push_str(&name);
            out.push('\n');
        }
        line(event, timeline, texts, clock, paper, &mut out);
    }
    if story.rows.is_empty() {
        paper.write("  ", 2, &say(texts, "report-story-empty", &[]), &mut out);
    }
    out
}

fn line(event: &Event<'_>, timeline: &Timeline, texts: &Texts, clock: &Clockwork, paper: Paper, out: &mut String) {
    let time = event.at.map_or_else(String::new, |at| clock.time(at));
    // Client on the left, server on the right, as in the picture.
    let way = match (event.shape, event.lost) {
        (Shape::Arrow { from: Role::Client }, false) => "──────▶",
        (Shape::Arrow { from: Role::Client }, true) => "───✖   ",
        (Shape::Arrow { from: Role::Server }, false) => "◀──────",
        (Shape::Arrow { from: Role::Server }, true) => "   ✖───",
        (Shape::Note { lane: Lane::Client }, _) => "●      ",
        (Shape::Note { lane: Lane::Path }, _) => "   ●   ",
        (Shape::Note { lane: Lane::Server }, _) => "      ●",
    };
    let mut text = event.words(texts);
    if event.times > 1 {
        text.push_str(&format!(" ×{}", event.times));
    }
    if event.lost {
        text.push_str(&format!(" – {}", say(texts, "report-no-answer", &[])));
    }
    text.push_str(&format!("  [{}]", phrases::spot(timeline, event.place)));
    let columns = clock.columns();
    let first = format!("  {time:columns$}  {way}  ");
    let hanging = first.chars().count();
    if event.failed {
        let here = format!("{text}  ✖ {}", say(texts, "report-failed-here", &[]));
        let mut marked = String::new();
        paper.write(&first, hanging, &here, &mut marked);
        styled(paper, BAD, marked.trim_end_matches('\n'), out);
        out.push('\n');
    } else {
        paper.write(&first, hanging, &text, out);
    }
}

/// The same for programs.
pub(super) fn json(timeline: &Timeline, diagnosis: &Diagnosis, texts: &Texts) -> Value {
    let story = Story::of(timeline, diagnosis);
    let rows = story.rows.iter().map(|row| match row {
        Row::LeftOut(count) => json!({ "left_out": count }),
        Row::Event(event) => {
            let from = match event.shape {
                Shape::Arrow { from } => Some(from.to_string()),
                Shape::Note { .. } => None,
            };
            json!({
                "unix_microseconds": event.at.map(|at| at.0),
                "layer": event.band.id().trim_start_matches("band-"),
                "from": from,
                "event": event.words(texts),
                "facts": event.facts(texts),
                "times": event.times,
                "unanswered": event.lost,
                "failed_here": event.failed,
                "place": super::report::place(timeline, event.place, texts),
            })
        }
    });
    rows.collect()
}
