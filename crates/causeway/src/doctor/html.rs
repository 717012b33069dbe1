//! The report as one HTML page: nothing is loaded, nothing runs, everything that came from evidence is escaped.

use std::fmt::Write;

use diagnose::{Cause, Diagnosis, Finding, Fix, Texts};
use jiff::tz::TimeZone;
use observe::{Place, Source, Time, Timeline};

use super::phrases::{self, Clockwork, say};
use super::picture;
use super::story::{Row, Story};

/// The page's own look; it follows the reader's choice of light or dark.
const STYLE: &str = include_str!("page.css");

/// Styles of the page itself and nothing else: no script, no picture, no font, no connection, no form.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page, made at `now`.
pub(super) fn page(timeline: &Timeline, diagnosis: &Diagnosis, texts: &Texts, now: Time, zone: TimeZone) -> String {
    let mut page = Page { timeline, texts, clock: Clockwork::new(timeline, zone), out: String::new() };
    page.head(diagnosis);
    page.verdict(diagnosis);
    page.findings(diagnosis);
    page.story(diagnosis);
    page.sources();
    page.foot(now);
    page.out
}

struct Page<'a> {
    timeline: &'a Timeline,
    texts: &'a Texts,
    clock: Clockwork,
    out: String,
}

impl Page<'_> {
    fn head(&mut self, diagnosis: &Diagnosis) {
        let verdict = phrases::verdict(diagnosis, self.texts);
        let title =
            escape(&if diagnosis.healthy { verdict } else { format!("{}: {verdict}", self.say("report-title")) });
        let _ = write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
            self.texts.language().tag()
        );
    }

    fn verdict(&mut self, diagnosis: &Diagnosis) {
        let class = if diagnosis.healthy {
            "good"
        } else if diagnosis.enough {
            "bad"
        } else {
            "open"
        };
        let verdict = phrases::verdict(diagnosis, self.texts);
        if diagnosis.healthy {
            self.element("h1", &format!("verdict {class}"), &verdict);
        } else {
            self.element("h1", "", &self.say("report-title"));
            self.element("p", &format!("verdict {class}"), &verdict);
        }
        if let Some(stage) = diagnosis.stage {
            self.element("p", "", &say(self.texts, "report-stage", &[("stage", &self.texts.stage(stage))]));
        }
        for sentence in phrases::strategies(self.timeline, self.texts) {
            self.element("p", "", &sentence);
        }
        let only_words = phrases::rests_on_words(diagnosis);
        if only_words {
            self.element("p", "", &self.say("report-only-words"));
        }
        if !diagnosis.enough || only_words {
            self.element("p", "", &self.say("report-collect"));
        }
    }

    fn findings(&mut self, diagnosis: &Diagnosis) {
        if diagnosis.findings.is_empty() {
            return;
        }
        self.out.push_str("<section>\n");
        self.element("h2", "", &self.say("report-findings"));
        for (index, finding) in diagnosis.findings.iter().enumerate() {
            self.finding(index, finding);
        }
        self.out.push_str("</section>\n");
    }

    fn finding(&mut self, index: usize, finding: &Finding) {
        let advice = self.texts.advice(finding.cause);
        self.out.push_str("<article class=\"finding\">\n");
        self.element("h3", "", &format!("{}. {}", index + 1, advice.summary));
        let percent = phrases::percent(finding.confidence);
        let sure = say(self.texts, "report-confidence", &[("percent", &percent)]);
        let _ = writeln!(
            self.out,
            "<p class=\"sure\"><span class=\"gauge\"><span style=\"width:{percent}%\"></span></span> {} <code>{}</code></p>",
            escape(&sure),
            escape(finding.cause.id())
        );
        self.element("p", "", &advice.meaning);
        let codes: Vec<String> = finding.ras().iter().map(ToString::to_string).collect();
        if !codes.is_empty() {
            self.element("p", "", &say(self.texts, "report-codes", &[("codes", &self.texts.list(&codes))]));
        }
        self.evidence(phrases::evidence(finding), &finding.evidence);
        self.evidence("report-against", &finding.against);
        if finding.cause != Cause::NoneHealthy {
            if let Some(settle) = &advice.settle {
                self.element("h4", "", &self.say("report-settle"));
                self.element("p", "", settle);
            }
            let at = finding.at.and_then(|role| self.texts.get(&format!("at-{role}")));
            let at = at.unwrap_or_else(|| self.texts.fix_at(finding.cause.fix_at()));
            self.fixes(&advice.fixes, &at);
        }
        self.out.push_str("</article>\n");
    }

    fn evidence(&mut self, title: &str, places: &[Place]) {
        if places.is_empty() {
            return;
        }
        self.element("h4", "", &self.say(title));
        self.out.push_str("<ul class=\"evidence\">\n");
        let mut before = String::new();
        for place in places {
            let said = phrases::said(self.timeline, place, self.texts);
            let _ =
                write!(self.out, "<li><span class=\"where\">{}</span>", escape(&phrases::spot(self.timeline, place)));
            if let Some(quote) = said.quote {
                let _ = write!(self.out, " <code>{}</code>", escape(quote));
            }
            // Of lines that mean the same the first one says it.
            let meaning = said.meaning.unwrap_or_default();
            if !meaning.is_empty() && (said.quote.is_none() || meaning != before) {
                let _ = write!(self.out, " <span class=\"said\">{}</span>", escape(&meaning));
            }
            self.out.push_str("</li>\n");
            before = meaning;
        }
        self.out.push_str("</ul>\n");
    }

    fn fixes(&mut self, fixes: &[Fix], at: &str) {
        self.element("h4", "", &self.say("report-fixes"));
        self.element("p", "", &say(self.texts, "report-fix-at", &[("where", at)]));
        if fixes.is_empty() {
            return;
        }
        self.out.push_str("<ol class=\"fixes\">\n");
        for fix in fixes {
            self.out.push_str("<li>\n");
            self.element("p", "", &fix.what);
            let (keep, change) = phrases::backup_first(fix.commands);
            self.commands("report-backup", keep);
            self.commands("report-do", change);
            self.commands("report-undo", fix.undo);
            if let Some(price) = &fix.price {
                self.element("p", "price", &format!("{} {price}", self.say("report-price")));
            }
            self.out.push_str("</li>\n");
        }
        self.out.push_str("</ol>\n");
    }

    fn commands(&mut self, title: &str, commands: &[&str]) {
        if !commands.is_empty() {
            self.element("p", "label", &self.say(title));
            self.element("pre", "", &commands.join("\n"));
        }
    }

    fn story(&mut self, diagnosis: &Diagnosis) {
        let story = Story::of(self.timeline, diagnosis);
        self.out.push_str("<section>\n");
        self.element("h2", "", &self.say("report-story"));
        if story.rows.iter().any(|row| matches!(row, Row::Event(_))) {
            self.element("p", "small", &self.say("report-story-explained"));
            for sentence in self.clocks() {
                self.element("p", "small", &sentence);
            }
            self.out.push_str("<div class=\"picture\">\n");
            self.out.push_str(&picture::draw(&story, self.timeline, &self.clock, self.texts));
            self.out.push_str("</div>\n");
        } else {
            self.element("p", "", &self.say("report-story-empty"));
        }
        self.out.push_str("</section>\n");
    }

    fn clocks(&self) -> Vec<String> {
        phrases::clocks(self.timeline, self.texts)
    }

    fn sources(&mut self) {
        self.out.push_str("<section>\n");
        self.element("h2", "", &self.say("report-sources"));
        self.out.push_str("<div class=\"wide\"><table>\n<thead><tr>");
        let heads = ["name", "kind", "side", "span", "trouble"];
        for head in heads {
            let name = escape(&self.say(&format!("report-source-{head}")));
            let _ = write!(self.out, "<th>{name}</th>");
        }
        self.out.push_str("</tr></thead>\n<tbody>\n");
        for source in self.timeline.sources() {
            self.source(source);
        }
        self.out.push_str("</tbody>\n</table></div>\n</section>\n");
    }

    fn source(&mut self, source: &Source) {
        let span = source.span.map_or_else(String::new, |(first, last)| {
            format!("{} – {}", self.clock.moment(first), self.clock.moment(last))
        });
        let kind = source.product.clone().unwrap_or_else(|| phrases::kind(source, self.texts));
        let side = phrases::side(source.side, self.texts);
        let _ = writeln!(
            self.out,
            "<tr><td class=\"where\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&source.name),
            escape(&kind),
            escape(&side),
            escape(&span),
            escape(&self.trouble(source))
        );
    }

    fn trouble(&self, source: &Source) -> String {
        let said: Vec<String> = source.trouble.iter().map(|trouble| self.texts.trouble(trouble)).collect();
        self.texts.sentences(&said)
    }

    fn foot(&mut self, now: Time) {
        let (version, time) = (env!("CARGO_PKG_VERSION"), self.clock.moment(now));
        let made = say(self.texts, "report-made", &[("version", version), ("time", &time)]);
        let private = self.say("report-private");
        self.out.push_str("<footer>\n");
        self.element("p", "small", &format!("{made}. {private}"));
        self.out.push_str("</footer>\n</main>\n</body>\n</html>\n");
    }

    /// An element with text in it; all but the name is escaped.
    fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{}\"", escape(class)) };
        let _ = writeln!(self.out, "<{name}{class}>{}</{name}>", escape(text));
    }

    fn say(&self, id: &str) -> String {
        say(self.texts, id, &[])
    }
}

/// Text as it may stand in an element or an attribute. What would change the direction of the text around it, or is not for
/// reading at all, shows as a mark.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(char),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            char if char.is_control() => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests;
