use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The lines a program has printed so far, for threads that wait for one of them.
#[derive(Default)]
pub struct Lines {
    printed: Mutex<Printed>,
    changed: Condvar,
}

#[derive(Default)]
struct Printed {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Every line printed so far.
    pub fn all(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    /// The first line for which `wanted` is true, printed already or within this time. `None` when the time is over or the
    /// program has ended.
    pub fn wait_for(&self, within: Duration, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.wait_for_count(within, 1, wanted).into_iter().next()
    }

    /// The lines for which `wanted` is true, as soon as there are `count` of them: fewer when the time is over or the program
    /// has ended.
    pub fn wait_for_count(&self, within: Duration, count: usize, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let select = |printed: &Printed| -> Vec<String> {
            printed.lines.iter().filter(|line| wanted(line)).take(count).cloned().collect()
        };
        let printed = self
            .changed
            .wait_timeout_while(self.lock(), within, |printed| !printed.ended && select(printed).len() < count)
            .map_or_else(|poisoned| poisoned.into_inner().0, |(printed, _)| printed);
        select(&printed)
    }

    /// True when no further line can come; waits this long for it.
    pub fn wait_for_end(&self, within: Duration) -> bool {
        self.changed
            .wait_timeout_while(self.lock(), within, |printed| !printed.ended)
            .map_or_else(|poisoned| poisoned.into_inner().0, |(printed, _)| printed)
            .ended
    }

    pub(crate) fn push(&self, line: String) {
        self.lock().lines.push(line);
        self.changed.notify_all();
    }

    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    // A test that panics in another thread must not hide what a program printed.
    fn lock(&self) -> MutexGuard<'_, Printed> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_waiting_thread_gets_a_line_that_comes_later() {
        let lines = Arc::new(Lines::default());
        let waiting = Arc::clone(&lines);
        let found =
            std::thread::spawn(move || waiting.wait_for(Duration::from_secs(10), |line| line.contains("ready")));
        lines.push("starting".into());
        lines.push("ready on 10.77.0.1".into());
        assert_eq!(found.join().unwrap().as_deref(), Some("ready on 10.77.0.1"));
    }

    #[test]
    fn waiting_ends_with_the_program() {
        let lines = Lines::default();
        lines.push("one".into());
        lines.end();
        assert_eq!(lines.wait_for(Duration::from_secs(600), |line| line == "two"), None);
        assert_eq!(lines.wait_for_count(Duration::from_secs(600), 2, |_| true), ["one"]);
        assert!(lines.wait_for_end(Duration::ZERO));
    }
}
