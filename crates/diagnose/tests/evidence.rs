//! How many real failures are recognised: a directory of evidence with its truth, where one is at hand.
//!
//! `CAUSEWAY_EVIDENCE` names a directory with one folder for each attempt and `truth.tsv`: case, cause, further acceptable
//! causes, RAS codes, the files each of which suffices alone, a note. `CAUSEWAY_CASES` names a directory of public reports, each
//! with an excerpt in a block of its own, and `truth.tsv`: report, cause.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diagnose::{Cause, Context, Diagnosis, examine, recognise};
use ingest::Settings;
use observe::{Time, Timeline};

struct Truth {
    case: String,
    causes: Vec<String>,
    sufficient: Vec<String>,
}

#[test]
fn real_failures_are_recognised_from_all_files_and_from_each_that_suffices() {
    let Some(directory) = std::env::var_os("CAUSEWAY_EVIDENCE").map(PathBuf::from) else {
        println!("skipped: CAUSEWAY_EVIDENCE names no directory of evidence");
        return;
    };
    let (mut whole, mut single, mut false_findings) = (Score::default(), Score::default(), Vec::new());
    for truth in truths(&directory) {
        let folder = directory.join(&truth.case);
        let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let all = diagnose(&files);
        whole.count(&truth, "all files", &all);
        let healthy = truth.causes.first().is_some_and(|cause| cause == Cause::NoneHealthy.id());
        if healthy {
            for file in &files {
                let alone = diagnose(std::slice::from_ref(file));
                let wrong = alone
                    .findings
                    .iter()
                    .find(|finding| finding.cause != Cause::NoneHealthy && finding.confidence > 0.3);
                if let Some(wrong) = wrong {
                    false_findings.push(format!("{} {}: {}", truth.case, name(file), wrong.cause));
                }
            }
            if !all.healthy {
                false_findings.push(format!("{}: not healthy", truth.case));
            }
        }
        for file in &truth.sufficient {
            let alone = diagnose(&[folder.join(file)]);
            single.count(&truth, file, &alone);
        }
    }
    println!(
        "doctor score: attempts by all files {}/{}, by single files {}/{}, false findings on healthy ones {}",
        whole.right,
        whole.all,
        single.right,
        single.all,
        false_findings.len()
    );
    println!("false findings on healthy ones: {false_findings:?}");
    assert!(false_findings.is_empty(), "{false_findings:?}");
    assert!(whole.right * 100 >= whole.all * 90, "all files: {}/{}", whole.right, whole.all);
    assert!(single.right * 100 >= single.all * 75, "single files: {}/{}", single.right, single.all);
}

#[test]
fn excerpts_of_public_reports_are_understood_as_far_as_they_show_anything() {
    let Some(directory) = std::env::var_os("CAUSEWAY_CASES").map(PathBuf::from) else {
        println!("skipped: CAUSEWAY_CASES names no directory of reports");
        return;
    };
    let table = fs::read_to_string(directory.join("truth.tsv")).unwrap();
    let (mut first, mut named, mut all) = (0, 0, 0);
    for row in table.lines().skip(1) {
        let mut fields = row.split('\t');
        let (file, cause) = (fields.next().unwrap(), fields.next().unwrap());
        let report = fs::read_to_string(directory.join(file)).unwrap();
        let found = understood(&excerpt(&report));
        all += 1;
        first += usize::from(found.first().is_some_and(|found| found.id() == cause));
        named += usize::from(found.iter().any(|found| found.id() == cause));
        if found.first().is_none_or(|found| found.id() != cause) {
            let found: Vec<&str> = found.iter().map(|cause| cause.id()).collect();
            println!("{file}: {cause}, not {found:?}");
        }
    }
    println!("doctor score: public reports with the cause first {first}/{all}, named {named}/{all}");
    // Most of the excerpts are a person's words about the repair and show nothing of the failure.
    assert!(first * 100 >= all * 30 && named * 100 >= all * 40, "{first} and {named} of {all}");
}

/// The causes that a pasted text leads to: by what it shows, else by the codes and messages that it quotes.
fn understood(text: &str) -> Vec<Cause> {
    let mut timeline = Timeline::new();
    ingest::read("excerpt", text.as_bytes(), &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
    let found = examine(&timeline, Context::default());
    let mut causes: Vec<Cause> = found.findings.iter().map(|finding| finding.cause).collect();
    if causes.is_empty() {
        causes.extend(recognise(text).first().map(|found| found.subject.causes()).unwrap_or_default());
    }
    causes
}

/// What stands in a report's blocks.
fn excerpt(report: &str) -> String {
    let mut inside = false;
    let mut text = String::new();
    for line in report.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[derive(Default)]
struct Score {
    right: usize,
    all: usize,
}

impl Score {
    fn count(&mut self, truth: &Truth, what: &str, found: &Diagnosis) {
        let first = found.findings.first().map(|finding| finding.cause.id()).unwrap_or("nothing");
        let right = truth.causes.iter().any(|cause| cause == first);
        self.all += 1;
        self.right += usize::from(right);
        if !right {
            let further: Vec<String> =
                found.findings.iter().map(|finding| format!("{} {:.2}", finding.cause, finding.confidence)).collect();
            println!("{} from {what}: {:?}, not {further:?}", truth.case, truth.causes);
        }
    }
}

fn diagnose(files: &[PathBuf]) -> Diagnosis {
    let mut timeline = Timeline::new();
    let settings = Settings { now: Some(Time(1_795_000_000_000_000)), ..Settings::default() };
    for file in files {
        let input = File::open(file).unwrap();
        ingest::read(&name(file), input, &settings, &mut timeline, &mut |_| {}).unwrap();
    }
    examine(&timeline, Context::default())
}

fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

fn truths(directory: &Path) -> Vec<Truth> {
    let table = fs::read_to_string(directory.join("truth.tsv")).unwrap();
    let list = |field: Option<&str>| -> Vec<String> {
        field.unwrap_or("-").split(',').filter(|item| *item != "-").map(String::from).collect()
    };
    let truths = table.lines().skip(1).map(|line| {
        let mut fields = line.split('\t');
        let case = fields.next().unwrap().to_owned();
        let causes = [list(fields.next()), list(fields.next())].concat();
        let _ras = fields.next();
        Truth { case, causes, sufficient: list(fields.next()) }
    });
    truths.collect()
}
