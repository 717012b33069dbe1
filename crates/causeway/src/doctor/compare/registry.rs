//! Two exports of the same registry keys: what changed from one to the other, and what of it is a cause of failures.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;

use diagnose::{Cause, Context, Texts, examine};
use ingest::{RegistryData, RegistryValue, Settings, registry_values};
use observe::{Fact, Spot, Timeline, host};
use serde_json::{Value, json};

use crate::cli::doctor::Side;
use crate::doctor::paper::{Paper, cut};
use crate::doctor::phrases::say;

/// Changes that are listed; an export of everything has thousands.
const MOST_SHOWN: usize = 200;

/// Columns of a value that are shown.
const WIDTH: usize = 80;

/// Words in names of values that are not shown.
const SECRET: [&str; 4] = ["password", "secret", "sharedkey", "presharedkey"];

/// What changed between two exports.
pub(super) struct Changes {
    changes: Vec<Change>,
    /// How many more there are.
    left_out: usize,
}

/// A value that is not the same in both, and what it speaks for.
struct Change {
    key: String,
    name: String,
    before: Option<RegistryData>,
    after: Option<RegistryData>,
    /// Causes that the later state speaks for.
    causes: Vec<Cause>,
    /// Causes that only the earlier state spoke for.
    no_longer: Vec<Cause>,
}

/// One export, as the doctor reads it.
struct Export {
    values: BTreeMap<(String, String), RegistryValue>,
    /// What a line speaks for.
    of_lines: BTreeMap<u64, BTreeSet<Cause>>,
    /// What the lack of a value speaks for, by key and name.
    of_absence: BTreeMap<(String, String), BTreeSet<Cause>>,
}

impl Changes {
    /// Compares two files, of a machine of this side if it is known.
    pub(super) fn between(before: &Path, after: &Path, side: Option<Side>) -> Result<Changes, (usize, io::Error)> {
        let before = Export::read(before, side).map_err(|error| (0, error))?;
        let after = Export::read(after, side).map_err(|error| (1, error))?;
        let ids: BTreeSet<&(String, String)> = before.values.keys().chain(after.values.keys()).collect();
        let mut changes = Vec::new();
        for id in ids {
            let (old, new) = (before.values.get(id), after.values.get(id));
            if old.map(|value| &value.data) == new.map(|value| &value.data) {
                continue;
            }
            let Some(shown) = new.or(old) else { continue };
            let (spoke, speaks) = (before.causes(id), after.causes(id));
            changes.push(Change {
                key: shown.key.clone(),
                name: shown.name.clone(),
                before: old.map(|value| value.data.clone()),
                after: new.map(|value| value.data.clone()),
                no_longer: spoke.difference(&speaks).copied().collect(),
                causes: speaks.into_iter().collect(),
            });
        }
        // What is known to matter comes first.
        changes.sort_by_key(|change| (change.causes.is_empty(), change.no_longer.is_empty()));
        let left_out = changes.len().saturating_sub(MOST_SHOWN);
        changes.truncate(MOST_SHOWN);
        Ok(Changes { changes, left_out })
    }

    /// Whether nothing changed.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn verdict(&self) -> &'static str {
        if self.is_empty() {
            "compare-registry-same"
        } else if self.changes.iter().all(|change| change.causes.is_empty() && change.no_longer.is_empty()) {
            "compare-registry-unknown"
        } else {
            "compare-registry-different"
        }
    }

    pub(super) fn text(&self, texts: &Texts, paper: Paper) -> String {
        let mut out = String::new();
        paper.write("", 0, &say(texts, self.verdict(), &[]), &mut out);
        let mut key = "";
        for change in &self.changes {
            if change.key != key {
                key = &change.key;
                out.push('\n');
                paper.write("", 2, &format!("[{key}]"), &mut out);
            }
            let (before, after) = (change.shown(&change.before, texts), change.shown(&change.after, texts));
            paper.write("  ", 4, &format!("{}: {before} → {after}", change.shown_name()), &mut out);
            for (id, causes) in [("compare-speaks", &change.causes), ("compare-spoke", &change.no_longer)] {
                for cause in causes {
                    let summary = texts.advice(*cause).summary;
                    let said = say(texts, id, &[("cause", &summary), ("id", cause.id())]);
                    paper.write("    ", 6, &said, &mut out);
                }
            }
        }
        if self.left_out > 0 {
            out.push('\n');
            paper.write("", 0, &say(texts, "compare-left-out", &[("count", &self.left_out.to_string())]), &mut out);
        }
        out
    }

    pub(super) fn json(&self, texts: &Texts) -> String {
        let ids = |causes: &[Cause]| causes.iter().map(|cause| cause.id()).collect::<Vec<_>>();
        let changes: Vec<Value> = self
            .changes
            .iter()
            .map(|change| {
                json!({ "key": change.key, "name": change.name, "before": change.value(&change.before),
                        "after": change.value(&change.after), "causes": ids(&change.causes),
                        "no_longer": ids(&change.no_longer) })
            })
            .collect();
        let report = json!({ "compared": "registry", "same": self.is_empty(),
                             "summary": say(texts, self.verdict(), &[]), "changes": changes, "left_out": self.left_out });
        format!("{report:#}\n")
    }
}

impl Change {
    fn shown_name(&self) -> &str {
        if self.name.is_empty() { "@" } else { &self.name }
    }

    /// Whether the name says that the value is nobody's business.
    fn is_secret(&self) -> bool {
        let name = self.name.to_lowercase();
        SECRET.iter().any(|word| name.contains(word))
    }

    fn shown(&self, data: &Option<RegistryData>, texts: &Texts) -> String {
        match data {
            None => say(texts, "compare-absent", &[]),
            Some(_) if self.is_secret() => "***".to_owned(),
            Some(RegistryData::Number(number)) => number.to_string(),
            Some(RegistryData::Text(text)) => format!("\"{}\"", cut(text, WIDTH)),
            Some(RegistryData::Other(_)) => say(texts, "compare-octets", &[]),
        }
    }

    fn value(&self, data: &Option<RegistryData>) -> Value {
        match data {
            None => Value::Null,
            Some(RegistryData::Number(number)) if !self.is_secret() => json!(number),
            Some(RegistryData::Text(text)) if !self.is_secret() => json!(cut(text, WIDTH)),
            Some(_) => json!("***"),
        }
    }
}

impl Export {
    fn read(path: &Path, side: Option<Side>) -> io::Result<Export> {
        let values = registry_values(File::open(path)?)?;
        let mut timeline = Timeline::new();
        ingest::read("export", File::open(path)?, &Settings::default(), &mut timeline, &mut |_| {})?;
        if let Some(side) = side {
            crate::doctor::read::take_for(side, &mut timeline);
        }
        let mut export = Export { values, of_lines: BTreeMap::new(), of_absence: BTreeMap::new() };
        for finding in examine(&timeline, Context::default()).findings {
            if finding.cause == Cause::NoneHealthy {
                continue;
            }
            for place in &finding.evidence {
                let Spot::Line(line) = place.spot else { continue };
                let said = timeline.observations().iter().filter(|seen| seen.place == *place);
                for seen in said {
                    if let Fact::Host(host::Fact::Registry { key, name, value: None, .. }) = &seen.fact {
                        let absent = export.of_absence.entry((key.clone(), name.clone())).or_default();
                        absent.insert(finding.cause);
                    } else {
                        export.of_lines.entry(line).or_default().insert(finding.cause);
                    }
                }
            }
        }
        Ok(export)
    }

    /// What a value speaks for, or its lack.
    fn causes(&self, id: &(String, String)) -> BTreeSet<Cause> {
        let known = match self.values.get(id) {
            Some(value) => self.of_lines.get(&value.line),
            // The doctor knows keys without their hive.
            None => self
                .of_absence
                .iter()
                .find(|((key, name), _)| *name == id.1 && id.0.ends_with(&format!("\\{key}")))
                .map(|(_, causes)| causes),
        };
        known.cloned().unwrap_or_default()
    }
}
