//! What happened, as one story: the events of all sources in order, each once, whoever saw it.

mod words;

use std::collections::HashMap;

use diagnose::{Diagnosis, Texts};
use observe::{
    Fact, Observation, Place, Role, Side, SourceId, Spot, Time, Timeline, esp, host, ike, network, ppp, reported,
};

/// Events of one story; what is beyond is left out around the failure.
const MOST: usize = 60;

/// Events of the beginning that stay when something is left out.
const BEGINNING: usize = 6;

/// Events behind the failure that stay when something is left out.
const END: usize = 8;

/// The same event seen by two sources lies within this, in microseconds: the resolution of logs and the way.
const SAME: i64 = 3_000_000;

/// How far back a repetition is looked for.
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
    /// What it is called: several names for several messages in one.
    labels: Vec<Label<'a>>,
    /// What else a remark says.
    aspects: Vec<&'a Observation>,
    /// How often it was seen in a row, by the source that saw it most often.
    pub(super) times: u32,
    /// It stayed without an answer.
    pub(super) lost: bool,
    /// Here it failed.
    pub(super) failed: bool,
    /// Where it stands, in the source that saw it first.
    pub(super) place: &'a Place,
    /// When it was seen last.
    until: Option<Time>,
    fact: &'a Fact,
    seen: Vec<Seen<'a>>,
}

/// A name of an event, by which sources agree on it, and what was seen.
struct Label<'a> {
    name: String,
    seen: &'a Observation,
}

/// By which source, and how often.
struct Seen<'a> {
    source: SourceId,
    side: Side,
    times: u32,
    attempt: Option<&'a str>,
    /// All places in it.
    places: Vec<&'a Place>,
}

impl<'a> Event<'a> {
    fn new(seen: &'a Observation, before: Option<&Event<'a>>) -> Event<'a> {
        let by = Seen {
            source: seen.place.source,
            side: seen.side,
            times: 1,
            attempt: seen.about.attempt.as_deref(),
            places: vec![&seen.place],
        };
        Event {
            at: seen.at,
            until: seen.at,
            band: band(seen, before),
            shape: words::shape(seen),
            labels: vec![Label { name: words::name(seen), seen }],
            aspects: Vec::new(),
            times: 1,
            lost: false,
            failed: false,
            place: &seen.place,
            fact: &seen.fact,
            seen: vec![by],
        }
    }

    /// What it is called, in words for people.
    pub(super) fn words(&self, texts: &Texts) -> String {
        match self.shape {
            Shape::Arrow { .. } => {
                let names: Vec<String> = self.labels.iter().map(|label| words::message(label.seen, texts)).collect();
                texts.list(&names)
            }
            Shape::Note { .. } => {
                let mut sentences: Vec<String> = Vec::new();
                for seen in self.labels.iter().map(|label| label.seen).chain(self.aspects.iter().copied()) {
                    let sentence = words::sentence(&texts.fact_in_full(seen));
                    if !sentences.contains(&sentence) {
                        sentences.push(sentence);
                    }
                }
                texts.sentences(&sentences)
            }
        }
    }

    /// The kinds of facts in it, for programs.
    pub(super) fn facts(&self, texts: &Texts) -> Vec<&'static str> {
        let mut facts = Vec::new();
        for seen in self.labels.iter().map(|label| label.seen).chain(self.aspects.iter().copied()) {
            let fact = texts.fact_id(seen);
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        facts
    }

    /// Its names in one, the same in every language.
    fn label(&self) -> String {
        self.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn is_arrow(&self) -> bool {
        matches!(self.shape, Shape::Arrow { .. })
    }

    /// Whether several sources can have seen it. RADIUS goes beside the way between client and server.
    fn is_message(&self) -> bool {
        self.is_arrow() || words::is_radius_packet(self.fact)
    }

    /// Whether `other` stands at the same place of the same source: another aspect of the same event.
    fn is_one_with(&self, other: &Event<'_>) -> bool {
        let (one, two) = (self.place, other.place);
        one.source == two.source && one.spot == two.spot && one.spot != Spot::Whole
    }

    /// Takes in another aspect. A message says more than a remark about it.
    fn complete(&mut self, other: Event<'a>) {
        if let Some(seen) = self.seen.first_mut() {
            seen.places.push(other.place);
        }
        if other.is_arrow() && !self.is_arrow() {
            (self.band, self.shape, self.labels, self.fact) = (other.band, other.shape, other.labels, other.fact);
        } else if self.shape == other.shape && other.is_arrow() {
            let (own, others) = (self.label(), other.label());
            if others.starts_with(&own) {
                self.labels = other.labels;
            } else if !own.contains(&others) {
                self.labels.extend(other.labels);
            }
        } else if self.shape == other.shape {
            self.aspects.extend(other.labels.iter().map(|label| label.seen));
        }
    }

    /// Takes in the same event, seen again or by another source.
    fn join(&mut self, other: Event<'a>) {
        self.until = self.until.max(other.until);
        // Whoever writes fractions of seconds knows the time better.
        if !is_fine(self.at) && is_fine(other.at) {
            self.at = other.at;
        }
        if other.label().len() > self.label().len() {
            self.labels = other.labels;
        }
        for seen in other.seen {
            match self.seen.iter_mut().find(|by| by.source == seen.source) {
                Some(by) => {
                    by.times += seen.times;
                    by.places.extend(seen.places);
                }
                None => self.seen.push(seen),
            }
        }
        self.times = self.seen.iter().map(|seen| seen.times).max().unwrap_or(1);
    }

    /// Under what other sources have it: without what only some say of it.
    fn names(&self) -> impl Iterator<Item = (Band, Shape, &str)> {
        let names = self.labels.iter().flat_map(|label| label.name.split(", "));
        names.map(|name| (self.band, self.shape, words::bare(name)))
    }

    fn is_near(&self, other: &Event<'_>) -> bool {
        match (self.at, self.until, other.at, other.until) {
            (Some(from), Some(to), Some(begin), Some(end)) => begin.since(to) <= SAME && from.since(end) <= SAME,
            _ => true,
        }
    }

    /// Whether no source counts them to different attempts, and one of them saw both.
    fn is_of_attempt_of(&self, other: &Event<'_>) -> bool {
        let of = |seen: &Seen<'_>| other.seen.iter().find(|by| by.source == seen.source).map(|by| by.attempt);
        let mut shared = self.seen.iter().filter_map(|seen| Some((seen.attempt, of(seen)?))).peekable();
        shared.peek().is_some() && shared.all(|(one, two)| one == two)
    }

    fn holds(&self, place: &Place) -> bool {
        self.seen.iter().any(|seen| seen.places.contains(&place))
    }
}

fn is_fine(at: Option<Time>) -> bool {
    at.is_some_and(|at| at.0 % 1_000_000 != 0)
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Shape {
    /// A message on its way.
    Arrow { from: Role },
    /// Something that somebody noticed.
    Note { lane: Lane },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Lane {
    Client,
    Path,
    Server,
}

/// A stretch of the story.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
        let mut accounts = accounts(timeline);
        // Who knows the time best tells the story, the others add to it.
        accounts.sort_by_key(|account| {
            let fine = account.iter().any(|event| is_fine(event.at));
            let timed = account.iter().any(|event| event.at.is_some());
            // Without times a layer is told before what it carries.
            let carried = !timed && account.iter().any(|event| event.band == Band::Ppp);
            (!fine, !timed, carried, usize::MAX - account.len())
        });
        let mut events = counted(accounts.into_iter().fold(Vec::new(), merged));
        let failed = failing(&events, diagnosis);
        if let Some(event) = failed.and_then(|index| events.get_mut(index)) {
            event.failed = true;
        }
        lose(&mut events);
        let left_out = left_out(&events, failed);
        Story { rows: rows(events, &left_out) }
    }
}

/// The events of each source by itself, in its order.
fn accounts(timeline: &Timeline) -> Vec<Vec<Event<'_>>> {
    let mut observations: Vec<Vec<&Observation>> = timeline.sources().iter().map(|_| Vec::new()).collect();
    for seen in timeline.observations().iter().filter(|seen| is_event(&seen.fact)) {
        let index = usize::try_from(seen.place.source.0).ok();
        if let Some(source) = index.and_then(|index| observations.get_mut(index)) {
            source.push(seen);
        }
    }
    observations.retain(|source| !source.is_empty());
    observations.into_iter().map(account).collect()
}

fn account(mut observations: Vec<&Observation>) -> Vec<Event<'_>> {
    // A reader may know later what a line was; and there are logs with the newest line on top.
    observations.sort_by_key(|seen| seen.place.spot);
    let mut last = None;
    let mut dated: Vec<(Option<Time>, &Observation)> = Vec::with_capacity(observations.len());
    for seen in observations {
        last = seen.at.or(last);
        dated.push((last, seen));
    }
    dated.sort_by_key(|(at, _)| *at);
    let mut account: Vec<Event<'_>> = Vec::new();
    for (_, seen) in dated {
        let event = Event::new(seen, account.last());
        match account.last_mut() {
            Some(last) if last.is_one_with(&event) => last.complete(event),
            _ => account.push(event),
        }
    }
    account
}

/// Repetitions as one event: of a message to which nothing came, of a remark.
fn counted(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut counted: Vec<Event<'_>> = Vec::new();
    for event in events {
        let mut answered = false;
        let same = counted.iter_mut().rev().take(BACK).find(|before| {
            let alike = (before.band, before.shape) == (event.band, event.shape) && before.label() == event.label();
            let repeated = alike && before.is_of_attempt_of(&event) && !(event.is_arrow() && answered);
            answered |= before.is_arrow() && before.band == event.band && before.shape != event.shape;
            repeated
        });
        match same {
            Some(before) => before.join(event),
            None => counted.push(event),
        }
    }
    counted
}

/// The story so far with what one more source has to say. The order of either stays; times decide where they say something.
fn merged<'a>(story: Vec<Event<'a>>, account: Vec<Event<'a>>) -> Vec<Event<'a>> {
    let mut by_name: HashMap<(Band, Shape, String), Vec<usize>> = HashMap::new();
    for (index, event) in story.iter().enumerate().filter(|(_, event)| event.is_message()) {
        for (band, shape, name) in event.names() {
            by_name.entry((band, shape, name.to_owned())).or_default().push(index);
        }
    }
    let mut latest = Vec::with_capacity(story.len());
    for event in &story {
        latest.push(event.at.max(latest.last().copied().flatten()));
    }
    let mut joined: Vec<Option<Event<'a>>> = story.iter().map(|_| None).collect();
    let mut inserted: Vec<Vec<Event<'a>>> = (0..=story.len()).map(|_| Vec::new()).collect();
    // A log without times begins where the layer under it was ready.
    let mut cursor = 0;
    let timeless = account.iter().all(|event| event.at.is_none());
    let after = |index: Option<usize>| index.map_or(0, |index| index + 1);
    let ready = after(story.iter().rposition(|event| words::carries(event.fact)));
    let asked = after(story.iter().position(|event| words::has_credentials(event.fact)));
    for event in account {
        if timeless {
            match event.band {
                Band::L2tp | Band::Ppp | Band::Up => cursor = cursor.max(ready),
                Band::Radius if event.is_message() => cursor = cursor.max(asked),
                // Pings are for what does not work.
                Band::Network => cursor = story.len(),
                _ => {}
            }
        }
        let same = event.is_message().then(|| {
            event.names().find_map(|(band, shape, name)| {
                let indices = by_name.get(&(band, shape, name.to_owned()))?;
                let from = if timeless { 0 } else { cursor };
                let first = indices.partition_point(|index| *index < from);
                let free = |index: &&usize| {
                    joined.get(**index).is_some_and(Option::is_none)
                        && story.get(**index).is_some_and(|other| other.is_near(&event))
                };
                indices.get(first..)?.iter().take(BACK).find(free).copied()
            })
        });
        if let Some(index) = same.flatten() {
            if let Some(slot) = joined.get_mut(index) {
                *slot = Some(event);
            }
            cursor = cursor.max(index + 1);
            continue;
        }
        if let Some(at) = event.at {
            cursor = cursor.max(latest.partition_point(|time| *time < Some(at)));
        }
        if let Some(slot) = inserted.get_mut(cursor) {
            slot.push(event);
        }
    }
    let mut result = Vec::new();
    let mut inserted = inserted.into_iter();
    for (mut event, other) in story.into_iter().zip(joined) {
        result.extend(inserted.next().into_iter().flatten());
        if let Some(other) = other {
            event.join(other);
        }
        result.push(event);
    }
    result.extend(inserted.flatten());
    result
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
                | host::Fact::RegistryMisplaced { .. }
                | host::Fact::SettingWrong { .. }
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
        Fact::Esp(fact) => !matches!(
            fact,
            esp::Fact::Tag { .. }
                | esp::Fact::Association(_)
                | esp::Fact::Policy(_)
                | esp::Fact::NoPolicies
                | esp::Fact::Unheard { .. }
                | esp::Fact::CameUnprotected { .. }
        ),
        Fact::Reported(fact) => !matches!(fact, reported::Fact::Affects(_)),
        // Words about a failure are no events of it.
        Fact::Remark(_) => false,
        Fact::L2tp(_) | Fact::Pptp(_) | Fact::Ppp(_) | Fact::Radius(_) => true,
    }
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
        Fact::Reported(_) | Fact::Remark(_) => Band::Reported,
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
    let shown = evidence.iter().find_map(|place| events.iter().position(|event| event.holds(place)));
    shown.or_else(|| {
        let first = evidence.first()?;
        events.iter().rposition(|event| event.seen.iter().any(|seen| seen.source == first.source))
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

/// What is left out when there is too much: other attempts first, then what is far from the failure, or from the end.
fn left_out(events: &[Event<'_>], failed: Option<usize>) -> Vec<bool> {
    let mut out = vec![false; events.len()];
    if events.len() <= MOST {
        return out;
    }
    for index in failed.map(|failed| of_other_attempts(events, failed)).unwrap_or_default() {
        if let Some(slot) = out.get_mut(index) {
            *slot = true;
        }
    }
    let shown: Vec<usize> = (0..out.len()).filter(|index| out.get(*index) == Some(&false)).collect();
    if shown.len() <= MOST {
        return out;
    }
    let focus = failed.and_then(|failed| shown.iter().position(|index| *index == failed)).unwrap_or(shown.len() - 1);
    let end = (focus + 1 + END).min(shown.len());
    let start = end.saturating_sub(MOST - BEGINNING);
    for (position, index) in shown.iter().enumerate() {
        let kept = position < BEGINNING.min(start) || (start..end).contains(&position);
        if let Some(slot) = out.get_mut(*index) {
            *slot = !kept;
        }
    }
    out
}

fn rows<'a>(events: Vec<Event<'a>>, left_out: &[bool]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (event, out) in events.into_iter().zip(left_out) {
        if !*out {
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
