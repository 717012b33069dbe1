//! The story as a picture: a sequence diagram between client and server, in SVG.

use std::fmt::Write;

use diagnose::Texts;
use observe::{Role, Side, Timeline};
use unicode_width::UnicodeWidthStr;

use super::html::escape;
use super::paper;
use super::phrases::{self, Clockwork, say};
use super::story::{Band, Event, Lane, Row, Shape, Story};

const WIDTH: u32 = 720;
const CLIENT: u32 = 130;
const PATH: u32 = 415;
const SERVER: u32 = 700;
/// Columns of text that fit between client and server.
const COLUMNS: usize = 72;

/// Draws the story.
pub(super) fn draw(story: &Story<'_>, timeline: &Timeline, clock: &Clockwork, texts: &Texts) -> String {
    let mut canvas = Canvas { timeline, clock, texts, y: 34, marks: String::new() };
    let mut band = None;
    for row in &story.rows {
        match row {
            Row::LeftOut(count) => canvas.left_out(*count),
            Row::Event(event) => {
                if band != Some(event.band) {
                    band = Some(event.band);
                    canvas.band(event.band);
                }
                canvas.event(event);
            }
        }
    }
    canvas.finish()
}

struct Canvas<'a> {
    timeline: &'a Timeline,
    clock: &'a Clockwork,
    texts: &'a Texts,
    /// The upper edge of the next row.
    y: u32,
    marks: String,
}

impl Canvas<'_> {
    fn band(&mut self, band: Band) {
        let name = escape(&say(self.texts, band.id(), &[]));
        let _ = writeln!(
            self.marks,
            "<g class=\"band\"><rect x=\"0\" y=\"{}\" width=\"{WIDTH}\" height=\"20\"/><text x=\"8\" y=\"{}\">{name}</text></g>",
            self.y + 4,
            self.y + 18
        );
        self.y += 28;
    }

    fn left_out(&mut self, count: usize) {
        let text = escape(&say(self.texts, "report-left-out", &[("count", &count.to_string())]));
        let _ = writeln!(
            self.marks,
            "<text class=\"left-out\" x=\"{PATH}\" y=\"{}\" text-anchor=\"middle\">⋮ {text}</text>",
            self.y + 16
        );
        self.y += 26;
    }

    fn event(&mut self, event: &Event<'_>) {
        let height = if event.failed { 52 } else { 34 };
        let class = if event.failed { "event failed" } else { "event" };
        let _ = write!(self.marks, "<g class=\"{class}\"><title>{}</title>", self.tip(event));
        if event.failed {
            let _ = write!(
                self.marks,
                "<rect class=\"mark\" x=\"0\" y=\"{}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"4\"/>",
                self.y
            );
        }
        if let Some(at) = event.at {
            let time = escape(&self.clock.time(at));
            // On one line with the arrow, or with the words of the note.
            let line = if matches!(event.shape, Shape::Arrow { .. }) { 28 } else { 20 };
            let _ = write!(self.marks, "<text class=\"time\" x=\"4\" y=\"{}\">{time}</text>", self.y + line);
        }
        match event.shape {
            Shape::Arrow { from } => self.arrow(event, from),
            Shape::Note { lane } => self.note(event, lane),
        }
        if event.failed {
            let text = escape(&say(self.texts, "report-failed-here", &[]));
            let _ = write!(
                self.marks,
                "<text class=\"here\" x=\"{PATH}\" y=\"{}\" text-anchor=\"middle\">✖ {text}</text>",
                self.y + 46
            );
        }
        self.marks.push_str("</g>\n");
        self.y += height;
    }

    fn arrow(&mut self, event: &Event<'_>, from: Role) {
        let (start, end, back) = match from {
            Role::Client => (CLIENT, if event.lost { PATH } else { SERVER }, -9),
            Role::Server => (SERVER, if event.lost { PATH } else { CLIENT }, 9),
        };
        let line = self.y + 24;
        let _ = write!(self.marks, "<path class=\"line\" d=\"M{start} {line}H{end}\"/>");
        if event.lost {
            let _ = write!(self.marks, "<path class=\"lost\" d=\"M{} {}l10 10m0 -10l-10 10\"/>", end - 5, line - 5);
        } else {
            let _ = write!(self.marks, "<path class=\"head\" d=\"M{end} {line}l{back} -5v10z\"/>");
        }
        let times = if event.times > 1 { format!(" ×{}", event.times) } else { String::new() };
        let lost = match event.lost {
            true => format!(" – {}", say(self.texts, "report-no-answer", &[])),
            false => String::new(),
        };
        let room = COLUMNS.saturating_sub(times.width() + lost.width());
        let label = escape(&paper::cut(&event.words(self.texts), room));
        let _ = write!(
            self.marks,
            "<text x=\"{PATH}\" y=\"{}\" text-anchor=\"middle\">{label}<tspan class=\"times\">{times}</tspan>\
             <tspan class=\"no-answer\">{}</tspan></text>",
            line - 7,
            escape(&lost)
        );
    }

    fn note(&mut self, event: &Event<'_>, lane: Lane) {
        let (x, at, anchor) = match lane {
            Lane::Client => (CLIENT, CLIENT + 10, "start"),
            Lane::Path => (PATH, PATH, "middle"),
            Lane::Server => (SERVER, SERVER - 10, "end"),
        };
        let y = self.y + 20;
        let times = if event.times > 1 { format!(" ×{}", event.times) } else { String::new() };
        let label = escape(&paper::cut(&event.words(self.texts), COLUMNS.saturating_sub(times.width())));
        if lane == Lane::Path {
            let _ = write!(self.marks, "<path class=\"dot\" d=\"M{x} {}l4 4l-4 4l-4 -4z\"/>", self.y + 22);
        } else {
            let _ = write!(self.marks, "<circle class=\"dot\" cx=\"{x}\" cy=\"{}\" r=\"4\"/>", y - 4);
        }
        let y = if lane == Lane::Path { self.y + 18 } else { y };
        let _ = write!(
            self.marks,
            "<text class=\"note\" x=\"{at}\" y=\"{y}\" text-anchor=\"{anchor}\">{label}<tspan class=\"times\">{times}</tspan></text>"
        );
    }

    /// Where it stands and what stands there.
    fn tip(&self, event: &Event<'_>) -> String {
        let said = phrases::said(self.timeline, event.place, self.texts);
        let words = said.quote.map(str::to_owned).or(said.meaning).unwrap_or_default();
        escape(&format!("{}  {words}", phrases::spot(self.timeline, event.place)))
    }

    fn finish(self) -> String {
        let height = self.y + 10;
        let mut picture = String::new();
        let title = escape(&say(self.texts, "report-story", &[]));
        let _ = writeln!(
            picture,
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" xmlns=\"http://www.w3.org/2000/svg\">"
        );
        // Who asked on somebody's behalf is not that client.
        let probed = self.timeline.sources().iter().any(|source| source.side == Side::Probe);
        let client = if probed { "side-probe" } else { "side-client" };
        for (x, id, anchor) in
            [(CLIENT, client, "middle"), (PATH, "lane-path", "middle"), (SERVER, "side-server", "end")]
        {
            let name = escape(&say(self.texts, id, &[]));
            let at = if anchor == "end" { WIDTH - 4 } else { x };
            let _ = writeln!(
                picture,
                "<text class=\"lane\" x=\"{at}\" y=\"18\" text-anchor=\"{anchor}\">{name}</text>\
                 <path class=\"life{}\" d=\"M{x} 26V{height}\"/>",
                if x == PATH { " path" } else { "" }
            );
        }
        picture.push_str(&self.marks);
        picture.push_str("</svg>\n");
        picture
    }
}
