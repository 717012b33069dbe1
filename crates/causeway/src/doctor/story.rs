//! What happened, as one story: the events of all sources in order, each once, whoever saw it.

mod words;

use diagnose::Diagnosis;
use observe::{
    Fact, Observation, Place, Role, Side, SourceId, Spot, Time, Timeline, host, ike, network, ppp, reported,
};

/// Events of one story; what is beyond is left out around the failure.
const MOST: usize = 60;

/// Events of the beginning that stay when something is left out.
const BEGINNING: usize = 6;

/// Events behind the failure that stay when something is left out.
const END: usize = 8;

/// The same event seen by two sources lies within this, in microseconds: the resolution of logs and the way.
const SAME: i64 = 3_000_000;

/// How far back the same event is looked for.
const BACK: usize = 48;

/// The story of an examination.
pub(super) struct Story<'a> {
    pub(super) rows: Vec<Row<'a>>,
}

/// One line of it.
pub(super) enum Row<'a> {
    Event(Event<'a>),
    /// So many events are not shown here.
    LeftOut(usize),
}

/// Something that happened.
pub(super) struct Event<'a> {
    pub(super) at: Option<Time>,
    pub(super) band: Band,
    pub(super) shape: Shape,
    pub(super) label: String,
    /// How often it was seen in a row, by the source that saw it most often.
    pub(super) times: u32,
    /// It stayed without an answer.
    pub(super) lost: bool,
    /// Here it failed.
    pub(super) failed: bool,
    /// Where it stands, in the source that saw it first.
    pub(super) place: &'a Place,
    fact: &'a Fact,
    seen: Vec<Seen<'a>>,
}

impl Event<'_> {
    /// Whether what stands at `place` is the same message, seen under another aspect.
    fn is_one_with(&self, shape: Shape, place: &Place) -> bool {
        let same = self.place.source == place.source && self.place.spot == place.spot;
        same && place.spot != Spot::Whole && self.shape == shape && matches!(shape, Shape::Arrow { .. })
    }

    /// Adds what another aspect of the same message is called.
    fn complete(&mut self, label: &str) {
        if label.starts_with(self.label.as_str()) {
            label.clone_into(&mut self.label);
        } else if !self.label.contains(label) {
            self.label.push_str(", ");
            self.label.push_str(label);
        }
    }
}

/// By which source, and how often.
struct Seen<'a> {
    source: SourceId,
    side: Side,
    times: u32,
    attempt: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A message on its way.
    Arrow { from: Role },
    /// Something that somebody noticed.
    Note { lane: Lane },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lane {
    Client,
    Path,
    Server,
}

/// A stretch of the story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Band {
    Host,
    Network,
    Ike1,
    Ike2,
    Esp,
    Pptp,
    L2tp,
    Ppp,
    Radius,
    Up,
    Reported,
}

impl Band {
    /// The message with its name.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Band::Host => "band-host",
            Band::Network => "band-network",
            Band::Ike1 => "band-ike-1",
            Band::Ike2 => "band-ike-2",
            Band::Esp => "band-esp",
            Band::Pptp => "band-pptp",
            Band::L2tp => "band-l2tp",
            Band::Ppp => "band-ppp",
            Band::Radius => "band-radius",
            Band::Up => "band-up",
            Band::Reported => "band-reported",
        }
    }
}

impl<'a> Story<'a> {
    pub(super) fn of(timeline: &'a Timeline, diagnosis: &Diagnosis) -> Story<'a> {
        let mut events = merged(ordered(timeline));
        let failed = failing(&events, diagnosis);
        let mut left_out = vec![0; events.len()];
        if let Some(failed) = failed {
            for index in of_other_attempts(&events, failed) {
                left_out[index] = 1;
            }
        }
        if let Some(event) = failed.and_then(|index| events.get_mut(index)) {
            event.failed = true;
        }
        lose(&mut events);
        shorten(&mut left_out, failed);
        Story { rows: rows(events, &left_out) }
    }
}

/// The observations that belong into a story, in order of time. What has no time stands behind what its source said before.
fn ordered(timeline: &Timeline) -> Vec<&Observation> {
    let mut last: Vec<Option<Time>> = vec![None; timeline.sources().len()];
    let mut ordered: Vec<(Option<Time>, &Observation)> = Vec::new();
    for seen in timeline.observations() {
        let slot = usize::try_from(seen.place.source.0).ok().and_then(|index| last.get_mut(index));
        let Some(slot) = slot else { continue };
        *slot = seen.at.or(*slot);
        if is_event(&seen.fact) {
            ordered.push((*slot, seen));
        }
    }
    ordered.sort_by_key(|(at, _)| *at);
    ordered.into_iter().map(|(_, seen)| seen).collect()
}

/// Whether it happened, rather than being so.
fn is_event(fact: &Fact) -> bool {
    match fact {
        Fact::Host(fact) => !matches!(
            fact,
            host::Fact::System { .. }
                | host::Fact::Booted { .. }
                | host::Fact::Update { .. }
                | host::Fact::Service { .. }
                | host::Fact::Registry { .. }
                | host::Fact::Listening { .. }
                | host::Fact::ListeningComplete
                | host::Fact::Forwarding { .. }
                | host::Fact::Profile(_)
                | host::Fact::OtherVpn { .. }
        ),
        Fact::Network(fact) => !matches!(
            fact,
            network::Fact::Route { .. }
                | network::Fact::RouteTo { .. }
                | network::Fact::Address { .. }
                | network::Fact::NameResolved { .. }
        ),
        Fact::Ike(fact) => !matches!(
            fact,
            ike::Fact::Vendor { .. }
                | ike::Fact::Offered { .. }
                | ike::Fact::Accepts { .. }
                | ike::Fact::Identity { .. }
                | ike::Fact::KeyCharacters { .. }
                | ike::Fact::Stood { .. }
        ),
        Fact::Esp(fact) => !matches!(fact, observe::esp::Fact::Tag { .. }),
        Fact::Reported(fact) => !matches!(fact, reported::Fact::Affects(_)),
        Fact::L2tp(_) | Fact::Pptp(_) | Fact::Ppp(_) | Fact::Radius(_) => true,
    }
}

/// Each event once, with those who saw it.
fn merged(ordered: Vec<&Observation>) -> Vec<Event<'_>> {
    let mut events: Vec<Event<'_>> = Vec::new();
    for seen in ordered {
        let (band, shape, label) = (band(seen, events.last()), words::shape(seen), words::label(seen));
        let source = seen.place.source;
        if let Some(event) = events.last_mut().filter(|event| event.is_one_with(shape, &seen.place)) {
            event.complete(&label);
            continue;
        }
        let same = recent(&mut events, band, shape, &label, seen);
        if let Some(event) = same {
            match event.seen.iter_mut().find(|other| other.source == source) {
                Some(other) => other.times += 1,
                None => {
                    event.seen.push(Seen { source, side: seen.side, times: 1, attempt: seen.about.attempt.as_deref() })
                }
            }
            event.times = event.seen.iter().map(|seen| seen.times).max().unwrap_or(1);
            continue;
        }
        let by = Seen { source, side: seen.side, times: 1, attempt: seen.about.attempt.as_deref() };
        events.push(Event {
            at: seen.at,
            band,
            shape,
            label,
            times: 1,
            lost: false,
            failed: false,
            place: &seen.place,
            fact: &seen.fact,
            seen: vec![by],
        });
    }
    events
}

/// The event that this observation sees again: the other end of the same message, or a repetition to which nothing came.
fn recent<'e, 'a>(
    events: &'e mut [Event<'a>],
    band: Band,
    shape: Shape,
    label: &str,
    seen: &Observation,
) -> Option<&'e mut Event<'a>> {
    let source = seen.place.source;
    let mut answered = false;
    for event in events.iter_mut().rev().take(BACK) {
        let alike = event.band == band && event.shape == shape && event.label == label;
        let near = match (event.at, seen.at) {
            (Some(one), Some(other)) => other.since(one).abs() <= SAME,
            _ => true,
        };
        let by_it = event.seen.iter().any(|other| other.source == source);
        let same_attempt =
            event.seen.iter().all(|other| other.source != source || other.attempt == seen.about.attempt.as_deref());
        if alike && same_attempt && (if by_it { !answered } else { near && matches!(shape, Shape::Arrow { .. }) }) {
            return Some(event);
        }
        // Whatever the same source saw in between is news; only messages the same way may repeat around each other.
        answered |= by_it && !alike;
    }
    None
}

fn band(seen: &Observation, before: Option<&Event<'_>>) -> Band {
    match &seen.fact {
        Fact::Host(_) => Band::Host,
        Fact::Network(_) => Band::Network,
        Fact::Ike(fact) => match fact {
            ike::Fact::Message(message) => match message.exchange {
                ike::Exchange::QuickMode(_) => Band::Ike2,
                ike::Exchange::Informational | ike::Exchange::Later { .. } | ike::Exchange::Other => same_phase(before),
                _ => Band::Ike1,
            },
            ike::Fact::Chosen { phase, .. }
            | ike::Fact::NoCommonSuite { phase, .. }
            | ike::Fact::Deleted { phase, .. }
            | ike::Fact::Notify { phase: Some(phase), .. } => match phase {
                ike::Phase::One => Band::Ike1,
                ike::Phase::Two => Band::Ike2,
            },
            ike::Fact::Phase2Up { .. } | ike::Fact::SelectorsRefused { .. } | ike::Fact::PfsRefused { .. } => {
                Band::Ike2
            }
            ike::Fact::Phase1Up { .. } => Band::Ike1,
            _ => same_phase(before),
        },
        Fact::Esp(_) => Band::Esp,
        Fact::L2tp(_) => Band::L2tp,
        Fact::Pptp(_) => Band::Pptp,
        Fact::Ppp(ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp | ppp::Protocol::Ipv6cp, .. })
        | Fact::Ppp(ppp::Fact::Up { .. })
        | Fact::Reported(reported::Fact::Connected) => Band::Up,
        Fact::Ppp(_) => Band::Ppp,
        Fact::Radius(_) => Band::Radius,
        Fact::Reported(_) => Band::Reported,
    }
}

/// What says nothing of its phase belongs to the one that is going on.
fn same_phase(before: Option<&Event<'_>>) -> Band {
    match before.map(|event| event.band) {
        Some(Band::Ike2 | Band::Esp | Band::L2tp | Band::Ppp | Band::Up) => Band::Ike2,
        _ => Band::Ike1,
    }
}

/// The event that speaks most for the first finding; else the last one of the source that does.
fn failing(events: &[Event<'_>], diagnosis: &Diagnosis) -> Option<usize> {
    if diagnosis.healthy {
        return None;
    }
    let evidence = &diagnosis.findings.first()?.evidence;
    let shown = evidence.iter().find_map(|place| events.iter().position(|event| event.place == place));
    shown.or_else(|| {
        let first = evidence.first()?;
        events.iter().rposition(|event| event.place.source == first.source)
    })
}

/// Events of the same layer that the source counts to another attempt than the one that failed.
fn of_other_attempts(events: &[Event<'_>], failed: usize) -> Vec<usize> {
    let Some(event) = events.get(failed) else { return Vec::new() };
    let other = |candidate: &Event<'_>| {
        candidate.band == event.band
            && candidate.seen.iter().all(|seen| {
                let of = event.seen.iter().find(|by| by.source == seen.source).and_then(|by| by.attempt);
                of.is_some() && seen.attempt.is_some() && of != seen.attempt
            })
    };
    events.iter().enumerate().filter(|(_, candidate)| other(candidate)).map(|(index, _)| index).collect()
}

/// Marks messages that wait for an answer and have none: nothing of the other end follows in their protocol, they were repeated
/// or given up, and they were not seen where they were to arrive.
fn lose(events: &mut [Event<'_>]) {
    let mut later: Vec<(Band, Role)> = Vec::new();
    let mut silent: Vec<Band> = Vec::new();
    for event in events.iter_mut().rev() {
        let Shape::Arrow { from } = event.shape else {
            if words::is_silence(event.fact) {
                silent.push(event.band);
            }
            continue;
        };
        let arrived = event.seen.iter().any(|seen| seen.side.role() == Some(from.other()));
        let answered = later.iter().any(|(band, role)| *band == event.band && *role != from);
        let given_up = event.times > 1 || event.failed || silent.contains(&event.band);
        event.lost = words::wants_answer(event.fact) && !answered && !arrived && given_up;
        later.push((event.band, from));
    }
}

/// Decides what is left out when there is too much: what is far from the failure, or from the end.
fn shorten(left_out: &mut [usize], failed: Option<usize>) {
    let shown: Vec<usize> = (0..left_out.len()).filter(|index| left_out.get(*index) == Some(&0)).collect();
    if shown.len() <= MOST {
        return;
    }
    let focus = failed.and_then(|failed| shown.iter().position(|index| *index == failed)).unwrap_or(shown.len() - 1);
    let end = (focus + 1 + END).min(shown.len());
    let start = end.saturating_sub(MOST - BEGINNING);
    for (position, index) in shown.iter().enumerate() {
        let kept = position < BEGINNING.min(start) || (start..end).contains(&position);
        if let Some(slot) = left_out.get_mut(*index)
            && !kept
        {
            *slot = 1;
        }
    }
}

fn rows<'a>(events: Vec<Event<'a>>, left_out: &[usize]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (event, out) in events.into_iter().zip(left_out) {
        if *out == 0 {
            rows.push(Row::Event(event));
        } else if let Some(Row::LeftOut(count)) = rows.last_mut() {
            *count += 1;
        } else {
            rows.push(Row::LeftOut(1));
        }
    }
    rows
}

#[cfg(test)]
pub(super) mod tests;
