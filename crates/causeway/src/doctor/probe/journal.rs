//! What was done, step by step: shown as it happens, kept as observations and for the report.

use clock::Timestamp;
use diagnose::Texts;
use observe::{About, Fact, Observation, Place, Side, Source, SourceId, SourceKind, Spot, Time, Timeline};
use serde_json::{Map, Value, json};

/// All steps of a probe.
pub(super) struct Journal {
    pub(super) timeline: Timeline,
    source: SourceId,
    shown: bool,
    begun: Timestamp,
    /// The same by the wall clock.
    begun_at: Time,
    steps: Vec<Told>,
    /// What the steps show, each with the number of its step.
    observed: Vec<(u64, Observation)>,
    warnings: Vec<Warning>,
    /// Further fields of the report.
    pub(super) further: Map<String, Value>,
}

/// A step in words.
pub(super) struct Told {
    /// Its name in JSON.
    step: &'static str,
    sent: String,
    got: String,
    proves: String,
    began: Timestamp,
    ended: Timestamp,
}

/// Something that works, and should not.
pub(super) struct Warning {
    /// Its name in JSON.
    id: &'static str,
    text: String,
}

impl Told {
    /// A step that has just ended. `step` names what was sent (`probe-STEP.sent`), `key` what came back (`probe-KEY`) and what
    /// that proves (`probe-KEY.proves`).
    pub(super) fn new(texts: &Texts, step: &'static str, key: &str, began: Timestamp, values: &[(&str, &str)]) -> Told {
        let now = net::clock::now();
        Told::timed(texts, step, key, began, now, values)
    }

    /// A step with its end.
    pub(super) fn timed(
        texts: &Texts,
        step: &'static str,
        key: &str,
        began: Timestamp,
        ended: Timestamp,
        values: &[(&str, &str)],
    ) -> Told {
        let say = |id: String| texts.with(&id, values).map(clean).unwrap_or_default();
        Told {
            step,
            sent: say(format!("probe-{step}.sent")),
            got: say(format!("probe-{key}")),
            proves: say(format!("probe-{key}.proves")),
            began,
            ended,
        }
    }

    /// Milliseconds that it took.
    fn ms(&self) -> u64 {
        self.ended.since(self.began).as_millis() as u64
    }

    fn to_json(&self) -> Value {
        json!({ "step": self.step, "sent": self.sent, "got": self.got, "proves": self.proves, "ms": self.ms() })
    }
}

impl Warning {
    fn to_json(&self) -> Value {
        json!({ "id": self.id, "text": self.text })
    }
}

impl Journal {
    pub(super) fn new(host: &str, shown: bool, begun: Timestamp) -> Journal {
        let mut timeline = Timeline::new();
        let now = wall_clock();
        let source = timeline.add_source(Source {
            name: host.into(),
            kind: SourceKind::Probe,
            side: Side::Probe,
            product: Some(concat!("Causeway ", env!("CARGO_PKG_VERSION")).to_owned()),
            trouble: Vec::new(),
            span: Some((now, now)),
        });
        Journal {
            timeline,
            source,
            shown,
            begun,
            begun_at: now,
            steps: Vec::new(),
            observed: Vec::new(),
            warnings: Vec::new(),
            further: Map::new(),
        }
    }

    /// Takes a step in, and shows it. Returns its number, from 1.
    pub(super) fn tell(&mut self, told: Told) -> u64 {
        if self.shown {
            let at = told.began.since(self.begun).as_millis();
            let _ = crate::print(&format!("{:>3}.{:03} {:<15} {}\n", at / 1000, at % 1000, told.step, told.sent));
            let _ = crate::print(&format!("{:>3}.{:03}   {}\n", told.ms() / 1000, told.ms() % 1000, told.got));
            if !told.proves.is_empty() {
                let _ = crate::print(&format!("          {}\n", told.proves));
            }
        }
        self.steps.push(told);
        self.steps.len() as u64
    }

    /// Notes what the step with this number shows, whenever that is known.
    pub(super) fn observe(&mut self, step: u64, fact: Fact) {
        let told = usize::try_from(step).ok().and_then(|step| self.steps.get(step.checked_sub(1)?));
        let text = told.map(|told| told.got.clone()).unwrap_or_default();
        let observation = self.observation(step, &text, fact);
        self.observed.push((step, observation));
    }

    /// The same in the fact's own words, where the step's say something else.
    pub(super) fn observe_by_itself(&mut self, step: u64, texts: &Texts, fact: Fact) {
        let mut observation = self.observation(step, "", fact);
        observation.place.text = texts.fact_in_full(&observation).into();
        self.observed.push((step, observation));
    }

    fn observation(&self, step: u64, text: &str, fact: Fact) -> Observation {
        let told = usize::try_from(step).ok().and_then(|step| self.steps.get(step.checked_sub(1)?));
        let place = Place { source: self.source, spot: Spot::Step(step), text: text.into() };
        // From one reading of the wall clock: what belongs to one step has one time, and later steps have later ones.
        let into = told.map_or(self.begun, |told| told.ended).since(self.begun).as_micros() as i64;
        let at = Some(self.begun_at.shifted(into));
        Observation { at, place, side: Side::Probe, about: About::default(), fact }
    }

    /// Puts what was noted in the order of the steps: the end of it.
    pub(super) fn settle(&mut self) {
        self.observed.sort_by_key(|(step, _)| *step);
        self.observed.drain(..).for_each(|(_, observation)| self.timeline.push(observation));
    }

    /// Notes a warning, once; its words are `probe-warning-ID`.
    pub(super) fn warn(&mut self, id: &'static str, texts: &Texts) {
        if self.warnings.iter().any(|known| known.id == id) {
            return;
        }
        let text = texts.get(&format!("probe-warning-{id}")).unwrap_or_default();
        if self.shown {
            let _ = crate::print(&format!("          ! {text}\n"));
        }
        self.warnings.push(Warning { id, text });
    }

    /// How many steps there are; the number of the last.
    pub(super) fn count(&self) -> u64 {
        self.steps.len() as u64
    }

    /// What the report has beside the findings.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let host = self.timeline.source(self.source).map_or("", |source| &*source.name);
        let steps: Vec<_> = self.steps.iter().map(Told::to_json).collect();
        let warnings: Vec<_> = self.warnings.iter().map(Warning::to_json).collect();
        [("host", json!(host)), ("steps", json!(steps)), ("warnings", json!(warnings))]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .chain(self.further.clone())
            .collect()
    }
}

fn wall_clock() -> Time {
    Time(jiff::Timestamp::now().as_microsecond())
}

/// What a server says must not move the cursor of a terminal.
fn clean(text: String) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}
