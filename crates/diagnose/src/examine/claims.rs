//! Claims about causes, and how they add up.

use std::collections::BTreeMap;

use observe::{Observation, Place, Role, SourceId, Spot};

use super::attempts::Overcome;
use super::relations;
use crate::Cause;
use crate::finding::Finding;

/// What the rules claim.
#[derive(Default)]
pub(super) struct Claims {
    overcome: Overcome,
    causes: BTreeMap<Cause, Case>,
}

/// The case for one cause.
#[derive(Default)]
struct Case {
    /// What was said, each claim by itself.
    said: Vec<Said>,
    /// What people's words are worth, all together.
    words: f32,
    /// Somebody said so in as many words.
    stated: bool,
    at: Option<Role>,
    evidence: Vec<Place>,
    against: Vec<Place>,
    scale: f32,
}

/// One claim.
struct Said {
    weight: f32,
    /// What it follows from.
    spots: Vec<(SourceId, Spot)>,
}

/// Places that are kept for one cause.
const PLACES: usize = 8;

/// Claims that are kept for one cause; of more, the strongest.
const CLAIMS: usize = 32;

/// What a source adds that says again, elsewhere, what it has said more strongly.
const AGAIN: f32 = 0.3;

impl Claims {
    /// No claims yet. What is said in a place that was overcome will count for little.
    pub(super) fn new(overcome: Overcome) -> Claims {
        Claims { overcome, causes: BTreeMap::new() }
    }

    /// Somebody says in as many words that this is the cause, as strongly as `weight`.
    pub(super) fn stated(&mut self, cause: Cause, weight: f32, seen: &Observation) -> &mut Claims {
        self.claim(cause, weight, true, [seen])
    }

    /// It follows from what was seen, as strongly as `weight`.
    pub(super) fn inferred<'a>(
        &mut self,
        cause: Cause,
        weight: f32,
        seen: impl IntoIterator<Item = &'a Observation>,
    ) -> &mut Claims {
        self.claim(cause, weight, false, seen)
    }

    /// People say so. Their words are weighed together before: they are no more witnesses for being several lines.
    pub(super) fn remarked<'a>(&mut self, cause: Cause, weight: f32, seen: impl IntoIterator<Item = &'a Observation>) {
        let case = self.causes.entry(cause).or_insert_with(|| Case { scale: 1.0, ..Case::default() });
        case.words = weight.clamp(0.0, 0.98);
        for seen in seen {
            if case.evidence.len() < PLACES && !case.evidence.contains(&seen.place) {
                case.evidence.push(seen.place.clone());
            }
        }
    }

    /// What speaks for each cause until now.
    pub(super) fn weights(&self) -> BTreeMap<Cause, f32> {
        self.causes.iter().map(|(cause, case)| (*cause, case.weight())).collect()
    }

    fn claim<'a>(
        &mut self,
        cause: Cause,
        weight: f32,
        stated: bool,
        seen: impl IntoIterator<Item = &'a Observation>,
    ) -> &mut Claims {
        let case = self.causes.entry(cause).or_insert_with(|| Case { scale: 1.0, ..Case::default() });
        let mut said = Said { weight: 1.0, spots: Vec::new() };
        for seen in seen {
            said.weight = said.weight.min(self.overcome.left(seen));
            said.spots.push((seen.place.source, seen.place.spot));
            if case.evidence.len() < PLACES && !case.evidence.contains(&seen.place) {
                case.evidence.push(seen.place.clone());
            }
        }
        said.weight = (said.weight * weight).clamp(0.0, 0.98);
        case.stated |= stated;
        case.say(said);
        self
    }

    /// Says which side has to change something.
    pub(super) fn at(&mut self, cause: Cause, role: Option<Role>) -> &mut Claims {
        if let (Some(case), Some(role)) = (self.causes.get_mut(&cause), role) {
            case.at.get_or_insert(role);
        }
        self
    }

    /// Something speaks against a cause: what is claimed for it counts for `factor` of it.
    pub(super) fn against(&mut self, cause: Cause, factor: f32, seen: &Observation) {
        if let Some(case) = self.causes.get_mut(&cause) {
            if case.against.contains(&seen.place) {
                return;
            }
            case.scale *= factor;
            if case.against.len() < PLACES {
                case.against.push(seen.place.clone());
            }
        }
    }

    /// Weighs every cause with a factor.
    pub(super) fn scale(&mut self, factor: impl Fn(Cause) -> f32) {
        for (cause, case) in &mut self.causes {
            case.scale *= factor(*cause);
        }
    }

    /// The findings, the most likely first.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let weights: Vec<(Cause, f32, bool)> =
            self.causes.iter().map(|(cause, case)| (*cause, case.weight(), case.stated)).collect();
        let mut findings: Vec<Finding> = Vec::new();
        for (cause, case) in self.causes {
            let explained = weights
                .iter()
                .filter(|(other, weight, _)| *weight >= 0.5 && relations::explains(*other, cause))
                .map(|(_, weight, stated)| if *stated || !case.stated { *weight } else { weight * 0.5 })
                .fold(0.0, f32::max);
            let confidence = (case.weight() * (1.0 - 0.8 * explained)).min(0.99);
            let (evidence, against) = (case.evidence, case.against);
            findings.push(Finding { cause, confidence, at: case.at, evidence, against, only_words: false });
        }
        findings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.cause.cmp(&b.cause)));
        findings
    }
}

impl Case {
    fn say(&mut self, said: Said) {
        if self.said.len() < CLAIMS {
            self.said.push(said);
        } else if let Some(weakest) = self.said.iter_mut().min_by(|a, b| a.weight.total_cmp(&b.weight))
            && weakest.weight < said.weight
        {
            *weakest = said;
        }
    }

    /// All claims together, the strongest first: the same line a hundred times is not a hundred witnesses, and it makes no
    /// difference which of a source's lines was looked at first.
    fn weight(&self) -> f32 {
        let mut claims: Vec<&Said> = self.said.iter().collect();
        claims.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let mut known: Vec<(SourceId, Spot)> = Vec::new();
        let mut doubt = 1.0 - self.words;
        for said in claims {
            let heard = |spot: &(SourceId, Spot)| known.contains(spot);
            let source = |spot: &(SourceId, Spot)| known.iter().any(|known| known.0 == spot.0);
            if !known.is_empty() && said.spots.iter().all(heard) {
                // The same words, looked at once more.
                continue;
            }
            let again = !known.is_empty() && said.spots.iter().all(source);
            doubt *= 1.0 - if again { said.weight * AGAIN } else { said.weight };
            known.extend(&said.spots);
        }
        ((1.0 - doubt) * self.scale).clamp(0.0, 0.99)
    }
}
