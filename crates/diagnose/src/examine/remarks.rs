//! What somebody wrote: the weakest evidence there is.
//!
//! One remark is worth less than a half, several about one cause together less than a log that says it in as many words. What was
//! said to have mended the failure counts most, what was said to be right or in vain speaks against its cause. Logs and captures
//! are not outweighed: where they show a cause, words may only add to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use observe::remark::{self, Stance, Topic};
use observe::{Fact, Observation, SourceId, Spot, reported};

use super::claims::Claims;
use super::picture::Picture;
use crate::{Cause, Code, Ras};

/// Most that one remark is worth: less than what is called probable.
const ONE: f32 = 0.49;

/// Most that all remarks about one cause are worth.
const ALL: f32 = 0.7;

/// Words of one text that are weighed: of a text in which everything is spoken of, nothing follows.
const SUBJECTS: usize = 40;

const TABLE: &str = include_str!("../../data/remarks.tsv");

/// The causes of a topic, with what a plain statement is worth.
static WEIGHTS: LazyLock<HashMap<Topic, Vec<(Cause, f32)>>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let (topic, causes) = line.split_once('\t')?;
        let causes = causes.split(',').filter_map(|one| {
            let (cause, weight) = one.split_once(' ')?;
            Some((Cause::of_id(cause)?, weight.parse::<f32>().ok()? / 100.0))
        });
        Some((Topic::of_id(topic)?, causes.collect()))
    };
    lines.filter_map(row).collect()
});

/// What speaks for one cause, topic by topic.
#[derive(Default)]
struct Case<'a> {
    topics: Vec<(Topic, f32)>,
    places: Vec<&'a Observation>,
    against: Vec<&'a Observation>,
}

/// The cause that a topic speaks for most.
pub(crate) fn spoken_of(topic: Topic) -> Option<Cause> {
    WEIGHTS.get(&topic)?.iter().max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(cause, _)| *cause)
}

/// Weighs what was written, after what was `shown`.
pub(super) fn claim(picture: &Picture<'_>, shown: &BTreeMap<Cause, f32>, claims: &mut Claims) {
    let said = all(picture);
    if said.is_empty() {
        return;
    }
    let subject = About::of(&said);
    let shown = shown.iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
    let working = picture.up().is_some();
    let codes: Vec<Code> = picture
        .all()
        .filter_map(|seen| match seen.fact {
            Fact::Reported(reported::Fact::Ras { code }) => Some(Code::Ras(Ras(code))),
            Fact::Reported(reported::Fact::Ike { code }) => Some(Code::Ike(code)),
            _ => None,
        })
        .collect();
    for (cause, case) in cases(&said) {
        let mut weight = case.weight() * subject.fits(cause);
        if !case.against.is_empty() {
            weight *= 0.6;
        }
        if codes.iter().any(|code| is_code_of(*code, cause)) {
            weight = (1.0 - (1.0 - weight) * 0.82).min(ALL);
        }
        if working && !after_connecting(cause) {
            continue;
        }
        if let Some((known, strongest)) = shown
            && *strongest >= ONE
            && *known != cause
        {
            weight = weight.min(strongest * 0.4);
        }
        if weight > 0.0 && !case.places.is_empty() {
            claims.remarked(cause, weight, case.places.iter().copied());
        }
    }
}

/// Whether a client shows this code for a cause.
fn is_code_of(code: Code, cause: Cause) -> bool {
    let shown = matches!(code, Code::Ras(ras) if cause.ras().contains(&ras));
    shown || code.info().is_some_and(|info| info.causes.contains(&cause))
}

/// What is said not to be so, after everything else was claimed: that takes little from what was `shown`.
pub(super) fn against(picture: &Picture<'_>, shown: &BTreeMap<Cause, f32>, claims: &mut Claims) {
    for (cause, case) in cases(&all(picture)) {
        let factor = if shown.get(&cause).is_some_and(|weight| *weight >= 0.3) { 0.95 } else { 0.5 };
        for seen in &case.against {
            claims.against(cause, factor, seen);
        }
    }
}

fn all<'a>(picture: &Picture<'a>) -> Vec<(&'a Observation, remark::Fact)> {
    picture
        .all()
        .filter_map(|seen| if let Fact::Remark(fact) = &seen.fact { Some((seen, *fact)) } else { None })
        .collect()
}

fn cases<'a>(said: &[(&'a Observation, remark::Fact)]) -> BTreeMap<Cause, Case<'a>> {
    let mut cases: BTreeMap<Cause, Case<'a>> = BTreeMap::new();
    let mut heard: HashMap<(SourceId, Topic), usize> = HashMap::new();
    for (seen, fact) in said {
        let topics = heard.len();
        if *heard.entry((seen.place.source, fact.topic)).and_modify(|count| *count += 1).or_insert(1) > 4
            || topics > SUBJECTS
        {
            continue;
        }
        for (cause, weight) in WEIGHTS.get(&fact.topic).into_iter().flatten() {
            let case = cases.entry(*cause).or_default();
            let weight = match fact.stance {
                // What only hints at a cause is not taken back by being denied.
                Stance::Denied if *weight < 0.12 => continue,
                Stance::Denied => {
                    case.against.push(seen);
                    continue;
                }
                Stance::Supposed => weight * 0.65,
                Stance::Stated => weight * 0.85,
                Stance::Mended => weight * 1.04,
            };
            let weight = weight.min(ONE);
            match case.topics.iter_mut().find(|(topic, _)| *topic == fact.topic) {
                Some((_, known)) => *known = known.max(weight),
                None => case.topics.push((fact.topic, weight)),
            }
            case.places.push(seen);
        }
    }
    // What is said to be the repair at one place and in vain at another was in vain at first.
    for (cause, case) in &mut cases {
        let mended = said.iter().any(|(_, fact)| {
            fact.stance == Stance::Mended
                && WEIGHTS
                    .get(&fact.topic)
                    .is_some_and(|causes| causes.iter().any(|(known, weight)| known == cause && *weight > 0.3))
        });
        if mended {
            case.against.clear();
        }
    }
    cases
}

impl Case<'_> {
    /// What all topics together are worth.
    fn weight(&self) -> f32 {
        let doubt = self.topics.iter().fold(1.0, |doubt, (_, weight)| doubt * (1.0 - weight));
        (1.0_f32 - doubt).min(if self.topics.len() > 1 { ALL } else { ONE })
    }
}

/// What the report is about.
struct About {
    pptp: bool,
    l2tp: bool,
}

impl About {
    fn of(said: &[(&Observation, remark::Fact)]) -> About {
        let any = |topic: Topic| said.iter().any(|(_, fact)| fact.topic == topic);
        About { pptp: any(Topic::AboutPptp), l2tp: any(Topic::AboutL2tp) || any(Topic::AboutIkev2) }
    }

    /// How well a cause fits the protocol that is spoken of.
    fn fits(&self, cause: Cause) -> f32 {
        let of_pptp = matches!(cause, Cause::NetGreBlocked | Cause::NetTcp1723Blocked | Cause::PptpRefused);
        let of_ipsec = cause.id().starts_with("ike.")
            || cause.id().starts_with("esp.")
            || cause.id().starts_with("l2tp.")
            || matches!(cause, Cause::NetUdp500Blocked | Cause::NetUdp4500Blocked | Cause::NetEspBlocked);
        match (self.pptp, self.l2tp) {
            (true, false) if of_ipsec => 0.3,
            (false, true) if of_pptp => 0.6,
            _ => 1.0,
        }
    }
}

/// Whether a cause shows itself only when the connection is up.
fn after_connecting(cause: Cause) -> bool {
    let layer = cause.id().split('.').next().unwrap_or_default();
    layer == "route"
        || matches!(
            cause,
            Cause::NetMtuBlackhole
                | Cause::NetNatMappingLost
                | Cause::EspSha2Truncation
                | Cause::IkeRekeyFailed
                | Cause::IkePeerDead
                | Cause::IkeSameNatCollision
                | Cause::PppPeerDead
                | Cause::NcpApipa
                | Cause::NcpAddressConflict
        )
}

/// Whether a finding rests on words alone: nothing but sentences speaks for it.
pub(super) fn only_words(picture: &Picture<'_>, places: &[observe::Place]) -> bool {
    let mut by_place: HashMap<(SourceId, Spot), (bool, bool)> = HashMap::new();
    for seen in picture.all() {
        let (words, other) = by_place.entry((seen.place.source, seen.place.spot)).or_default();
        match seen.fact {
            Fact::Remark(_) => *words = true,
            // A number that somebody names is no more than words.
            Fact::Reported(reported::Fact::Ras { .. } | reported::Fact::Ike { .. }) => {}
            _ => *other = true,
        }
    }
    let known = |place: &observe::Place| by_place.get(&(place.source, place.spot)).copied().unwrap_or_default();
    places.iter().any(|place| known(place).0) && places.iter().all(|place| !known(place).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_but_those_of_context_speaks_for_a_cause_and_no_row_is_in_vain() {
        for topic in Topic::ALL.iter().filter(|topic| !topic.id().starts_with("about-")) {
            assert!(WEIGHTS.get(topic).is_some_and(|causes| !causes.is_empty()), "{topic}");
        }
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (topic, causes) = line.split_once('\t').unwrap();
            let known = Topic::of_id(topic).and_then(|topic| WEIGHTS.get(&topic)).unwrap_or_else(|| panic!("{topic}"));
            assert_eq!(known.len(), causes.split(',').count(), "{line}");
            assert!(known.iter().all(|(_, weight)| *weight <= ONE), "{line}");
        }
    }
}
