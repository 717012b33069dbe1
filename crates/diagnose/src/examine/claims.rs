//! Claims about causes, and how they add up.

use std::collections::BTreeMap;

use observe::{Observation, Place, Role};

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
    /// What is left of doubt when all claims are taken together.
    doubt: f32,
    /// Somebody said so in as many words.
    stated: bool,
    at: Option<Role>,
    evidence: Vec<Place>,
    against: Vec<Place>,
    scale: f32,
}

/// Places that are kept for one cause.
const PLACES: usize = 8;

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

    fn claim<'a>(
        &mut self,
        cause: Cause,
        weight: f32,
        stated: bool,
        seen: impl IntoIterator<Item = &'a Observation>,
    ) -> &mut Claims {
        let case = self.causes.entry(cause).or_insert_with(|| Case { doubt: 1.0, scale: 1.0, ..Case::default() });
        // The same line a hundred times is not a hundred witnesses: each source adds half of what it says again.
        let known = case.evidence.len();
        let (mut left, mut heard) = (1.0_f32, true);
        for seen in seen {
            left = left.min(self.overcome.left(seen));
            heard &= case.evidence.contains(&seen.place);
            if case.evidence.len() < PLACES && !case.evidence.contains(&seen.place) {
                case.evidence.push(seen.place.clone());
            }
        }
        if heard && known > 0 {
            // The same words, looked at once more: they say as much as they say most.
            case.doubt = case.doubt.min(1.0 - (weight * left).clamp(0.0, 0.98));
            case.stated |= stated;
            return self;
        }
        let fresh = case.evidence.get(known..).unwrap_or_default();
        let repeated =
            known > 0 && fresh.iter().all(|new| case.evidence[..known].iter().any(|old| old.source == new.source));
        let weight = left * if repeated { weight * 0.3 } else { weight };
        case.doubt *= 1.0 - weight.clamp(0.0, 0.98);
        case.stated |= stated;
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
            findings.push(Finding { cause, confidence, at: case.at, evidence, against });
        }
        findings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.cause.cmp(&b.cause)));
        findings
    }
}

impl Case {
    fn weight(&self) -> f32 {
        ((1.0 - self.doubt) * self.scale).clamp(0.0, 0.99)
    }
}
