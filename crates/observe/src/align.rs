//! Clocks of several sources, compared by what they saw together.
//!
//! Two sources that saw the same exchange give one difference of their clocks for each event. The difference on which most
//! events agree is the offset: a wrong pairing differs each time, a right one always by the same. Half of the events that the
//! smaller source could share have to agree, and no other difference may do as well.

use std::collections::HashMap;

use crate::{Fact, Observation, Role, Side, SourceId, Timeline, ike, l2tp, ppp, radius};

/// How the clock of one source stands to the others'.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alignment {
    /// The source.
    pub source: SourceId,
    /// Its clock, as it was before it was corrected.
    pub clock: Clock,
}

/// What is known of a clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// Others are measured by it, directly or by way of one another.
    Reference,
    /// It was compared.
    Compared {
        /// With whose.
        with: SourceId,
        /// Microseconds that it is ahead of the reference; negative when it is behind.
        ahead: i64,
        /// Events that both saw and that agree on it.
        pairs: usize,
    },
    /// Too few events were seen by this source and another one.
    Unpaired,
}

impl Clock {
    /// Whether the offset is what the resolution of a log explains.
    pub fn agrees(self) -> bool {
        matches!(self, Clock::Compared { ahead, .. } if ahead.abs() < RESOLUTION)
    }

    /// Whether the offset is a whole number of quarters of an hour: a time zone rather than a wrong clock.
    pub fn is_time_zone(self) -> bool {
        let Clock::Compared { ahead, .. } = self else { return false };
        let beside = ahead.rem_euclid(QUARTER);
        ahead.abs() >= QUARTER - 2 * RESOLUTION && beside.min(QUARTER - beside) <= 2 * RESOLUTION
    }
}

/// Two logs that write whole seconds may differ by less than two for the same event.
const RESOLUTION: i64 = 2_000_000;

/// A quarter of an hour: there are time zones that differ by that.
const QUARTER: i64 = 900_000_000;

/// Differences of pairs that belong together lie within this: resolution of logs, and the way from end to end.
const SPREAD: i64 = 3_000_000;

/// Pairable events of a source that are looked at.
const EVENTS: usize = 20_000;

/// Differences between two sources that are looked at.
const DIFFERENCES: usize = 400_000;

/// Differences between all sources that are looked at.
const ALL_DIFFERENCES: usize = 4_000_000;

/// Sources that are compared; with more the rest stays as it is.
const SOURCES: usize = 64;

/// Compares the clocks of the sources and corrects them to one, as far as they can be compared. Nothing is returned for sources
/// without times, and nothing at all where fewer than two have any.
pub(crate) fn align(timeline: &mut Timeline) -> Vec<Alignment> {
    let mut sources = pairable(timeline);
    if sources.len() < 2 {
        return Vec::new();
    }
    // A capture has the time of the packets themselves; else who saw most is the best witness.
    let on_wire = |id| timeline.source(id).is_some_and(|source| source.side == Side::Wire);
    sources.sort_by_key(|source| (!on_wire(source.id), usize::MAX - source.events.len(), source.id));
    sources.truncate(SOURCES);
    let mut open: Vec<Open> = sources.into_iter().map(|source| Open { source, best: None }).collect();
    let mut result = Vec::new();
    let mut budget = ALL_DIFFERENCES;
    // Who has nothing in common with the best witness may have it with one another.
    while !open.is_empty() {
        let first = open.remove(0).source;
        result.extend(measure(first, &mut open, timeline, &mut budget));
    }
    result.sort_by_key(|alignment| alignment.source);
    result
}

/// Takes those out of the `open` ones that can be measured by the first, and corrects them.
fn measure(first: Witness, open: &mut Vec<Open>, timeline: &mut Timeline, budget: &mut usize) -> Vec<Alignment> {
    let mut result = vec![Alignment { source: first.id, clock: Clock::Unpaired }];
    let mut next = Some(first);
    // Who has nothing in common with the reference may have it with one that was measured by it.
    while let Some(measured) = next.take() {
        for Open { source, best } in &mut *open {
            let found = compare(source, &measured, budget);
            if let Some(found) = found.filter(|found| best.as_ref().is_none_or(|(_, best)| best.score < found.score)) {
                *best = Some((measured.id, found));
            }
        }
        let known = open.iter().position(|open| open.best.is_some());
        let Some(Open { mut source, best: Some((with, found)) }) = known.map(|index| open.remove(index)) else { break };
        let (ahead, pairs) = (found.ahead, found.score);
        result.push(Alignment { source: source.id, clock: Clock::Compared { with, ahead, pairs } });
        if source.fine && found.fine || ahead.abs() >= RESOLUTION {
            timeline.shift(source.id, ahead.saturating_neg());
            source.events.iter_mut().for_each(|event| event.at = event.at.saturating_sub(ahead));
        }
        next = Some(source);
    }
    if let [reference, _, ..] = result.as_mut_slice() {
        reference.clock = Clock::Reference;
    }
    result
}

/// A source that was not measured yet, and the best that is known of its clock.
struct Open {
    source: Witness,
    best: Option<(SourceId, Offset)>,
}

/// What one source can say about the time.
struct Witness {
    id: SourceId,
    events: Vec<Event>,
    /// Whether its times are finer than seconds.
    fine: bool,
}

/// An event that another source may have seen as well.
struct Event {
    at: i64,
    keys: [Option<Key>; 2],
}

/// What makes an event the same event in another source.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    /// These happen once: they name what nobody else has.
    Cookie(u64, ike::Exchange, u32),
    MessageId(ike::Exchange, u32),
    Spis(u32, u32),
    LoggedOn(String),
    Refused(String),
    Address(std::net::Ipv4Addr),
    /// These happen in every attempt.
    Ike(ike::Exchange),
    Phase1,
    Phase2,
    L2tp(Option<Role>, u16),
    Tunnel,
    Call,
    Ppp(Role, ppp::Protocol, u8),
    Accepted,
    Denied,
    Network(ppp::Protocol),
    Radius(u8),
}

impl Key {
    /// Once in a source, rather than once in an attempt.
    fn is_strong(&self) -> bool {
        matches!(
            self,
            Key::Cookie(..) | Key::MessageId(..) | Key::Spis(..) | Key::LoggedOn(_) | Key::Refused(_) | Key::Address(_)
        )
    }

    fn weight(&self) -> usize {
        if self.is_strong() { 2 } else { 1 }
    }
}

fn pairable(timeline: &Timeline) -> Vec<Witness> {
    let mut found: HashMap<SourceId, Witness> = HashMap::new();
    for seen in timeline.observations() {
        let (Some(at), keys @ ([Some(_), _] | [_, Some(_)])) = (seen.at, keys(seen)) else { continue };
        let id = seen.place.source;
        let witness = found.entry(id).or_insert_with(|| Witness { id, events: Vec::new(), fine: false });
        witness.fine |= at.0 % 1_000_000 != 0;
        if witness.events.len() < EVENTS {
            witness.events.push(Event { at: at.0, keys });
        }
    }
    found.into_values().collect()
}

/// Under what this is found in another source: the most telling first.
fn keys(seen: &Observation) -> [Option<Key>; 2] {
    let user = |user: &Option<String>| user.as_ref().or(seen.about.user.as_ref()).map(|user| user.to_lowercase());
    match &seen.fact {
        Fact::Ike(ike::Fact::Message(message)) if !message.repeated => {
            let ike::Message { exchange, id, cookies, .. } = message;
            if matches!(exchange, ike::Exchange::Informational | ike::Exchange::Later { .. } | ike::Exchange::Other) {
                return [None, None];
            }
            let by_cookie = cookies.map(|(initiator, _)| Key::Cookie(initiator, *exchange, *id));
            let by_id = (*id != 0).then_some(Key::MessageId(*exchange, *id));
            [by_cookie.or(by_id), Some(Key::Ike(*exchange))]
        }
        Fact::Ike(ike::Fact::Phase1Up { .. }) => [None, Some(Key::Phase1)],
        Fact::Ike(ike::Fact::Phase2Up { spis, .. }) => {
            [spis.map(|(one, other)| Key::Spis(one.min(other), one.max(other))), Some(Key::Phase2)]
        }
        Fact::L2tp(l2tp::Fact::Message { from, kind, repeated: false, .. }) => {
            [None, Some(Key::L2tp(seen.role(*from), kind.0))]
        }
        Fact::L2tp(l2tp::Fact::TunnelUp) => [None, Some(Key::Tunnel)],
        Fact::L2tp(l2tp::Fact::CallUp) => [None, Some(Key::Call)],
        Fact::Ppp(ppp::Fact::Packet { from, protocol, code, repeated: false }) => {
            [None, seen.role(*from).map(|role| Key::Ppp(role, *protocol, *code))]
        }
        Fact::Ppp(ppp::Fact::Authenticated { user: named, .. }) => {
            [user(named).map(Key::LoggedOn), Some(Key::Accepted)]
        }
        Fact::Ppp(ppp::Fact::AuthenticationFailed { .. }) => [user(&None).map(Key::Refused), Some(Key::Denied)],
        Fact::Ppp(ppp::Fact::NetworkUp { protocol, client, .. }) => {
            [client.map(Key::Address), Some(Key::Network(*protocol))]
        }
        Fact::Radius(radius::Fact::Request { code, repeated: false, .. } | radius::Fact::Answer { code, .. }) => {
            [None, Some(Key::Radius(*code))]
        }
        _ => [None, None],
    }
}

/// What two clocks differ by.
struct Offset {
    /// The source's clock ahead of the other's, in microseconds.
    ahead: i64,
    /// Events that agree.
    score: usize,
    /// Whether the other source is finer than seconds.
    fine: bool,
}

/// One event of a source and one of the other that may be the same.
struct Difference {
    ahead: i64,
    here: usize,
    there: usize,
    weight: usize,
}

fn compare(source: &Witness, other: &Witness, budget: &mut usize) -> Option<Offset> {
    let differences = differences(source, other, DIFFERENCES.min(*budget));
    *budget = budget.saturating_sub(differences.len());
    let shared = |event: fn(&Difference) -> usize| {
        let mut weights: HashMap<usize, usize> = HashMap::new();
        for difference in &differences {
            let weight = weights.entry(event(difference)).or_default();
            *weight = difference.weight.max(*weight);
        }
        weights.values().sum::<usize>()
    };
    let wanted = shared(|difference| difference.here).min(shared(|difference| difference.there)).div_ceil(2).max(3);
    let windows = windows(&differences);
    let best = windows.iter().filter(|window| window.is_enough(wanted)).max_by_key(|window| {
        let nearest = differences.get(window.first).map_or(u64::MAX, |difference| difference.ahead.unsigned_abs());
        (window.weight, u64::MAX - nearest)
    })?;
    let median = |window: &Window| differences.get(usize::midpoint(window.first, window.last)).map(|it| it.ahead);
    let ahead = median(best)?;
    let as_good = windows
        .iter()
        .any(|window| window.weight >= best.weight && median(window).is_some_and(|it| (it - ahead).abs() > 2 * SPREAD));
    // Of several that are as good only the one by which the clocks agree can be believed.
    if as_good && ahead.abs() > SPREAD {
        return None;
    }
    Some(Offset { ahead, score: best.events, fine: other.fine })
}

/// The differences of events that may be the same, in order, so many at most.
fn differences(source: &Witness, other: &Witness, most: usize) -> Vec<Difference> {
    let mut there: HashMap<&Key, Vec<(usize, i64)>> = HashMap::new();
    for (index, event) in other.events.iter().enumerate() {
        for key in event.keys.iter().flatten() {
            there.entry(key).or_default().push((index, event.at));
        }
    }
    let mut differences = Vec::new();
    for (here, event) in source.events.iter().enumerate() {
        // What names the event is not asked how it looks.
        let named = event.keys.iter().flatten().find(|key| key.is_strong() && there.contains_key(*key));
        let keys: Vec<&Key> = named.map_or_else(|| event.keys.iter().flatten().collect(), |key| vec![key]);
        for key in keys {
            for &(index, at) in there.get(key).into_iter().flatten() {
                if differences.len() >= most {
                    break;
                }
                let (ahead, weight) = (event.at.saturating_sub(at), key.weight());
                differences.push(Difference { ahead, here, there: index, weight });
            }
        }
    }
    differences.sort_by_key(|difference| difference.ahead);
    differences
}

/// Differences that lie together.
struct Window {
    first: usize,
    last: usize,
    /// What speaks for it: events, where those that name themselves count double.
    weight: usize,
    /// Events.
    events: usize,
}

impl Window {
    fn is_enough(&self, wanted: usize) -> bool {
        self.weight >= wanted && self.events >= 2
    }
}

/// For each difference the ones that follow within the spread.
fn windows(differences: &[Difference]) -> Vec<Window> {
    let (mut here, mut there) = (Tally::default(), Tally::default());
    let mut windows = Vec::new();
    let mut first = 0;
    for (last, difference) in differences.iter().enumerate() {
        here.add(difference.here, difference.weight);
        there.add(difference.there, difference.weight);
        while let Some(left) = differences.get(first)
            && difference.ahead.saturating_sub(left.ahead) > SPREAD
        {
            here.remove(left.here, left.weight);
            there.remove(left.there, left.weight);
            first += 1;
        }
        let (weight, events) = (here.weight.min(there.weight), here.events.min(there.events));
        windows.push(Window { first, last, weight, events });
    }
    windows
}

/// Events of one source in a window, each counted once.
#[derive(Default)]
struct Tally {
    /// Differences of an event: weak ones, strong ones.
    of: HashMap<usize, [usize; 2]>,
    weight: usize,
    events: usize,
}

impl Tally {
    fn add(&mut self, event: usize, weight: usize) {
        self.change(event, |counts| {
            if let Some(count) = counts.get_mut(weight - 1) {
                *count += 1
            }
        });
    }

    fn remove(&mut self, event: usize, weight: usize) {
        self.change(event, |counts| {
            if let Some(count) = counts.get_mut(weight - 1) {
                *count -= 1
            }
        });
    }

    fn change(&mut self, event: usize, change: impl FnOnce(&mut [usize; 2])) {
        let worth = |[weak, strong]: [usize; 2]| if strong > 0 { 2 } else { usize::from(weak > 0) };
        let counts = self.of.entry(event).or_default();
        let before = worth(*counts);
        change(counts);
        let after = worth(*counts);
        self.weight = self.weight + after - before;
        self.events = self.events + usize::from(after > 0) - usize::from(before > 0);
    }
}

#[cfg(test)]
mod tests;
