//! Sentences that stand in the report whatever its form.

use diagnose::{Diagnosis, Finding, Texts};
use jiff::tz::TimeZone;
use observe::{
    Alignment, Clock, Fact, Observation, Place, Side, Source, SourceId, SourceKind, Spot, Time, Timeline, host, ike,
    l2tp, ppp, pptp,
};

/// From here on a finding is called almost certain.
const SURE: f32 = 85.0;

/// From here on a finding is called probable.
const LIKELY: f32 = 50.0;

/// Connections of which the strategy is told.
const MOST_CONNECTIONS: usize = 8;

/// A message with values in it; its name if there is none, which a test does not let pass.
pub(super) fn say(texts: &Texts, id: &str, values: &[(&str, &str)]) -> String {
    texts.with(id, values).unwrap_or_else(|| id.to_owned())
}

/// The whole report in a sentence.
pub(super) fn verdict(diagnosis: &Diagnosis, texts: &Texts) -> String {
    let Some(first) = diagnosis.findings.first().filter(|_| diagnosis.enough) else {
        // A probe that met nothing wrong has seen no connection, either.
        let id = if diagnosis.healthy { "probe-no-problem-so-far" } else { "report-not-enough" };
        return say(texts, id, &[]);
    };
    let summary = texts.advice(first.cause).summary;
    if diagnosis.healthy {
        return say(texts, "report-verdict-healthy", &[("cause", &summary)]);
    }
    // What is written decides, not what was rounded away.
    let id = match (first.confidence * 100.0).round() {
        confidence if confidence >= SURE => "report-verdict-sure",
        confidence if confidence >= LIKELY => "report-verdict-likely",
        _ => "report-verdict-possible",
    };
    say(texts, id, &[("cause", &summary), ("percent", &percent(first.confidence))])
}

/// Whether the verdict rests on words alone, which the reader has to know first.
pub(super) fn rests_on_words(diagnosis: &Diagnosis) -> bool {
    diagnosis.findings.first().is_some_and(|first| first.only_words)
}

/// The title of what speaks for a finding.
pub(super) fn evidence(finding: &Finding) -> &'static str {
    if finding.only_words { "report-written" } else { "report-evidence" }
}

pub(super) fn percent(confidence: f32) -> String {
    format!("{:.0}", confidence * 100.0)
}

/// A source's name without the directories that all have in common.
pub(super) fn name(timeline: &Timeline, id: SourceId) -> &str {
    let names = || timeline.sources().iter().map(|source| &*source.name);
    let Some(own) = timeline.source(id).map(|source| &*source.name) else { return "" };
    let directories = own.rmatch_indices('/').map(|(at, _)| at + 1);
    let mut shared =
        directories.filter(|end| names().all(|other| own.get(..*end).is_some_and(|it| other.starts_with(it))));
    match shared.next() {
        Some(end) if timeline.sources().len() > 1 => own.get(end..).unwrap_or(own),
        _ => own,
    }
}

/// Where something stands: `charon.log:12`, `ike.pcap #7`.
pub(super) fn spot(timeline: &Timeline, place: &Place) -> String {
    let source = name(timeline, place.source);
    match place.spot {
        Spot::Line(line) => format!("{source}:{line}"),
        Spot::Frame(number) | Spot::Record(number) => format!("{source} #{number}"),
        Spot::Step(step) => format!("{source} ({step})"),
        Spot::Whole => source.to_owned(),
    }
}

/// What stands at a place, and what it means.
pub(super) struct Said<'a> {
    /// The words of the source, where it has any.
    pub(super) quote: Option<&'a str>,
    /// What was seen there, in the reader's language.
    pub(super) meaning: Option<String>,
    /// The kinds of facts, for programs.
    pub(super) facts: Vec<&'static str>,
}

/// What stands at a place, and what it means.
pub(super) fn said<'a>(timeline: &Timeline, place: &'a Place, texts: &Texts) -> Said<'a> {
    let kind = timeline.source(place.source).map_or(SourceKind::Unknown, |source| source.kind);
    let mut seen: Vec<&Observation> = timeline.observations().iter().filter(|seen| seen.place == *place).collect();
    // What a message says is more than that it came.
    if seen.iter().any(|seen| !is_plain_message(&seen.fact)) {
        seen.retain(|seen| !is_plain_message(&seen.fact));
    }
    let facts = seen.iter().map(|seen| texts.fact_id(seen)).collect();
    let quote = Some(&*place.text).filter(|_| kind.is_quoted() || seen.is_empty());
    // Of a sentence that touches several subjects no one of them is its meaning; it stands there to be read.
    let remarks = seen.iter().filter(|seen| is_pointed_remark(&seen.fact)).count();
    let mut sentences: Vec<String> = Vec::new();
    for seen in seen {
        if matches!(seen.fact, Fact::Remark(_)) && (remarks > 1 || !is_pointed_remark(&seen.fact)) {
            continue;
        }
        let sentence = match kind {
            // A probe has told it in the reader's language, with more than the fact holds.
            SourceKind::Probe => place.text.to_string(),
            kind if kind.is_quoted() => texts.fact(seen),
            _ => texts.fact_in_full(seen),
        };
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    let meaning = (!sentences.is_empty()).then(|| texts.sentences(&sentences));
    Said { quote, meaning, facts }
}

/// Whether somebody said something that points to a cause.
fn is_pointed_remark(fact: &Fact) -> bool {
    matches!(fact, Fact::Remark(remark) if !remark.topic.is_context())
}

const fn is_plain_message(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Ike(ike::Fact::Message(_))
            | Fact::L2tp(l2tp::Fact::Message { .. })
            | Fact::Ppp(ppp::Fact::Packet { .. })
            | Fact::Pptp(pptp::Fact::Message { .. })
    )
}

/// Which protocols the connections of the dialer are set to try, in which order.
pub(super) fn strategies(timeline: &Timeline, texts: &Texts) -> Vec<String> {
    let mut sentences = Vec::new();
    for seen in timeline.observations() {
        let Fact::Host(host::Fact::Profile(profile)) = &seen.fact else { continue };
        if profile.tunnel.is_empty() || sentences.len() == MOST_CONNECTIONS {
            continue;
        }
        let name = if profile.name.is_empty() { &profile.server } else { &profile.name };
        let automatic = ["automatic", "default"].iter().any(|word| profile.tunnel.eq_ignore_ascii_case(word));
        let id = if automatic { "report-strategy-automatic" } else { "report-strategy" };
        let sentence = say(texts, id, &[("name", name), ("tunnel", &profile.tunnel)]);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// What was found out about the clocks of the sources.
pub(super) fn clocks(timeline: &Timeline, texts: &Texts) -> Vec<String> {
    let name = |id| name(timeline, id);
    let sentence = |alignment: &Alignment| {
        let named = ("name", name(alignment.source));
        match alignment.clock {
            Clock::Reference | Clock::Unpaired => None,
            Clock::Compared { with, ahead, pairs } => {
                let id = match ahead {
                    _ if alignment.clock.agrees() => "clock-same",
                    0.. => "clock-ahead",
                    _ => "clock-behind",
                };
                let (offset, pairs) = (offset(ahead), pairs.to_string());
                let mut text = say(texts, id, &[named, ("other", name(with)), ("offset", &offset), ("pairs", &pairs)]);
                if alignment.clock.is_time_zone() {
                    text.push(' ');
                    text.push_str(&say(texts, "clock-zone", &[]));
                }
                Some(text)
            }
        }
    };
    let mut sentences: Vec<String> = timeline.clocks().iter().filter_map(sentence).collect();
    let alone = timeline.clocks().iter().filter(|alignment| alignment.clock == Clock::Unpaired);
    let names: Vec<String> = alone.map(|alignment| name(alignment.source).to_owned()).collect();
    if !names.is_empty() {
        sentences.push(say(texts, "clock-unpaired", &[("names", &texts.list(&names))]));
    }
    sentences
}

/// A difference of clocks: `33 s`, `2 h 5 s`, `365 d`.
fn offset(micros: i64) -> String {
    let mut left = (micros.unsigned_abs() + 500_000) / 1_000_000;
    let mut parts = Vec::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        let count = left / seconds;
        left %= seconds;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if parts.is_empty() { format!("{} ms", micros.unsigned_abs() / 1_000) } else { parts.join(" ") }
}

/// What a source is, in words: a product's name, or what kind of evidence it is.
pub(super) fn kind(source: &Source, texts: &Texts) -> String {
    let id = match source.kind {
        SourceKind::Charon => return "strongSwan".to_owned(),
        SourceKind::Pluto => return "libreswan".to_owned(),
        SourceKind::Xl2tpd => return "xl2tpd".to_owned(),
        SourceKind::Pppd => return "pppd".to_owned(),
        SourceKind::PptpClient => return "pptp".to_owned(),
        SourceKind::Pptpd => return "pptpd".to_owned(),
        SourceKind::AccelPpp => return "accel-ppp".to_owned(),
        SourceKind::SoftEther => return "SoftEther".to_owned(),
        SourceKind::FreeRadius => return "FreeRADIUS".to_owned(),
        SourceKind::RouterOs => return "RouterOS".to_owned(),
        SourceKind::Apple => return "macOS, iOS".to_owned(),
        SourceKind::Causeway => return "Causeway".to_owned(),
        SourceKind::Capture => "kind-capture",
        SourceKind::Syslog => "kind-syslog",
        SourceKind::KernelLog => "kind-kernel-log",
        SourceKind::WindowsEvents => "kind-windows-events",
        SourceKind::Registry => "kind-registry",
        SourceKind::Services => "kind-services",
        SourceKind::Addresses => "kind-addresses",
        SourceKind::Routes => "kind-routes",
        SourceKind::Sockets => "kind-sockets",
        SourceKind::Ping => "kind-ping",
        SourceKind::Sysctl => "kind-sysctl",
        SourceKind::PacketFilter => "kind-packet-filter",
        SourceKind::Profile => "kind-profile",
        SourceKind::WindowsTrace => "kind-windows-trace",
        SourceKind::Bundle => "kind-bundle",
        SourceKind::Probe => "kind-probe",
        SourceKind::Live => "kind-live",
        SourceKind::Words => "kind-words",
        SourceKind::Unknown => "kind-unknown",
    };
    say(texts, id, &[])
}

/// Whose something is.
pub(super) fn side(side: Side, texts: &Texts) -> String {
    let id = match side {
        Side::Client => "side-client",
        Side::Server => "side-server",
        Side::Wire => "side-wire",
        Side::Probe => "side-probe",
        Side::Authenticator => "side-authenticator",
        Side::Unknown => "side-unknown",
    };
    say(texts, id, &[])
}

/// Commands that keep the present state, and those that change it.
pub(super) fn backup_first<'a>(commands: &'a [&'a str]) -> (&'a [&'a str], &'a [&'a str]) {
    let keeps = commands.iter().take_while(|command| command.contains("-before")).count();
    commands.split_at(keeps)
}

/// How times are written: in the person's zone, to the millisecond where the evidence has it.
pub(super) struct Clockwork {
    zone: TimeZone,
    fine: bool,
}

impl Clockwork {
    pub(super) fn new(timeline: &Timeline, zone: TimeZone) -> Clockwork {
        let fine = timeline.observations().iter().filter_map(|seen| seen.at).any(|at| at.0 % 1_000_000 != 0);
        Clockwork { zone, fine }
    }

    /// The time of day.
    pub(super) fn time(&self, at: Time) -> String {
        let fine = self.fine && at.0 % 1_000_000 != 0;
        self.format(at, if fine { "%H:%M:%S%.3f" } else { "%H:%M:%S" })
    }

    /// Columns of the longest time of day.
    pub(super) const fn columns(&self) -> usize {
        if self.fine { 12 } else { 8 }
    }

    pub(super) fn date(&self, at: Time) -> String {
        self.format(at, "%Y-%m-%d")
    }

    pub(super) fn moment(&self, at: Time) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S")
    }

    fn format(&self, at: Time, form: &str) -> String {
        // Beyond the years that a calendar has there is no time to show.
        jiff::Timestamp::from_microsecond(at.0)
            .map_or_else(|_| String::new(), |at| at.to_zoned(self.zone.clone()).strftime(form).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_said_in_units_that_a_person_reads() {
        for (micros, said) in [
            (33_000_000, "33 s"),
            (-7_205_000_000, "2 h 5 s"),
            (365 * 86_400_000_000, "365 d"),
            (250_000, "250 ms"),
            (89_700_000, "1 min 30 s"),
        ] {
            assert_eq!(offset(micros), said);
        }
    }

    #[test]
    fn what_keeps_the_state_is_told_apart_from_what_changes_it() {
        let commands = ["reg export KEY key-before.reg", "reg add KEY", "shutdown /r"];
        let (keep, change) = backup_first(&commands);
        assert_eq!((keep.len(), change.len()), (1, 2));
        assert_eq!(backup_first(&["net start RasMan"]).0.len(), 0);
    }

    #[test]
    fn a_time_beyond_the_calendar_is_not_shown() {
        let clock = Clockwork { zone: TimeZone::UTC, fine: true };
        assert_eq!(clock.time(Time(i64::MAX)), "");
        assert_eq!(clock.time(Time(1_500)), "00:00:00.001");
    }
}
