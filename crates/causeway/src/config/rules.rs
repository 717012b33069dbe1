//! When users may log on: dates, hours, and how many wrong passwords lock an account.

use jiff::civil::Date;
use policy::Hours;

use super::Reading;
use super::table::Table;

/// What bars accounts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// Users with a date or hours.
    pub(crate) users: Vec<Rule>,
    /// When wrong passwords lock an account.
    pub(crate) lockout: Option<Lockout>,
}

/// When one user may log on.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) user: String,
    /// The last day on which the user may log on.
    pub(crate) expires: Option<Date>,
    /// Empty: at every hour.
    pub(crate) hours: Vec<Hours>,
}

/// So many wrong passwords in a row lock an account for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lockout {
    pub(crate) attempts: u32,
    pub(crate) minutes: u64,
}

impl Reading<'_> {
    /// The part of a `[[user]]` that says when.
    pub(super) fn rule(&mut self, table: &mut Table<'_, '_>) -> (Option<Date>, Vec<Hours>) {
        let expires = table.parsed::<Date>("expires", self.mistakes).map(|date| date.value);
        let hours = table.list::<Hours>("hours", self.mistakes).unwrap_or_default();
        (expires, hours.into_iter().map(|hours| hours.value).collect())
    }

    pub(super) fn lockout(&mut self, root: &mut Table<'_, '_>) -> Option<Lockout> {
        let mut table = root.table("lockout", self.mistakes);
        let attempts = table.number("attempts", 0..=1000, self.mistakes);
        let minutes = table.number("minutes", 1..=525_600, self.mistakes).unwrap_or(15);
        table.finish(self.mistakes);
        let attempts = u32::try_from(attempts?).ok().filter(|attempts| *attempts > 0)?;
        Some(Lockout { attempts, minutes })
    }
}
