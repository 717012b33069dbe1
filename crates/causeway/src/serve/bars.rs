//! Who may not log on now: the clock and failed attempts decide, the access layer is only told.

use std::collections::BTreeMap;
use std::time::Duration;

use access::Failure;
use access::server::Event;
use clock::Timestamp;
use jiff::Zoned;
use policy::{Accounts, Denied};

use crate::config::{Lockout, Rules};

/// Users whose wrong passwords are counted; strangers' names are not.
#[derive(Default)]
pub(super) struct Bars {
    /// By the name of the account.
    wrong: BTreeMap<String, Wrong>,
    /// The minute of the last judgement, in the local time of this machine.
    judged: Option<i64>,
}

/// Wrong passwords in a row.
#[derive(Clone, Copy)]
struct Wrong {
    times: u32,
    last: Timestamp,
    /// Until when the account is locked.
    until: Option<Timestamp>,
}

impl Bars {
    /// Who may not log on in this minute. `None` when nothing can have changed since this was asked last.
    pub(super) fn judge(&mut self, rules: &Rules, now: Timestamp, local: &Zoned) -> Option<BTreeMap<String, Denied>> {
        let minute = local.timestamp().as_second().div_euclid(60);
        // A lock ends within a minute.
        let ended = self.wrong.values().any(|wrong| wrong.until.is_some_and(|until| until <= now));
        if self.judged.replace(minute) == Some(minute) && !ended {
            return None;
        }
        self.wrong.retain(|_, wrong| wrong.until.is_none_or(|until| until > now));
        let mut bars = BTreeMap::new();
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
        let of_day = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default();
        for rule in &rules.users {
            if rule.expires.is_some_and(|last| local.date() > last) {
                bars.insert(rule.user.to_lowercase(), Denied::Expired);
            } else if !rule.hours.is_empty() && !rule.hours.iter().any(|hours| hours.permit(day, of_day)) {
                bars.insert(rule.user.to_lowercase(), Denied::LogonHours);
            }
        }
        let locked = self.wrong.iter().filter(|(_, wrong)| wrong.until.is_some());
        bars.extend(locked.map(|(user, _)| (user.clone(), Denied::Locked)));
        Some(bars)
    }

    /// Has the next judgement made anew, because rules or counts have changed.
    pub(super) fn unsettle(&mut self) {
        self.judged = None;
    }

    /// Counts what an attempt says of passwords. Returns the user whom it locks out.
    pub(super) fn count(
        &mut self,
        event: &Event,
        accounts: &Accounts,
        lockout: Option<Lockout>,
        now: Timestamp,
    ) -> Option<String> {
        let lockout = lockout?;
        let account = |user: &Option<String>| Some(accounts.find(user.as_deref()?)?.name.to_lowercase());
        match event {
            Event::Up { session } => {
                self.wrong.remove(&account(&session.user)?);
                None
            }
            Event::Failed { session, failure: Failure::Ppp { denied: Some(Denied::WrongPassword), .. } } => {
                let period = Duration::from_secs(lockout.minutes * 60);
                let user = account(&session.user)?;
                let wrong = self.wrong.entry(user.clone()).or_insert(Wrong { times: 0, last: now, until: None });
                // What is as long ago as a lock lasts does not count any more.
                wrong.times = if now.since(wrong.last) > period { 1 } else { wrong.times + 1 };
                wrong.last = now;
                if wrong.times < lockout.attempts {
                    return None;
                }
                wrong.until = Some(now + period);
                self.unsettle();
                Some(user)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rule;

    fn local(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    fn rules() -> Rules {
        let rule = |user: &str, expires: Option<&str>, hours: &[&str]| Rule {
            user: user.into(),
            expires: expires.map(|date| date.parse().unwrap()),
            hours: hours.iter().map(|hours| hours.parse().unwrap()).collect(),
        };
        Rules {
            users: vec![rule("Anna", Some("2026-11-20"), &[]), rule("ben", None, &["Mon-Fri 07:00-19:00"])],
            lockout: None,
        }
    }

    fn barred(at: &str) -> Vec<(String, Denied)> {
        let bars = Bars::default().judge(&rules(), Timestamp::default(), &local(at)).unwrap();
        bars.into_iter().collect()
    }

    #[test]
    fn an_account_expires_at_the_end_of_its_last_day() {
        assert_eq!(barred("2026-11-20T12:00:00+00:00[+00:00]"), []);
        assert_eq!(barred("2026-11-23T12:00:00+00:00[+00:00]"), [("anna".to_owned(), Denied::Expired)]);
    }

    #[test]
    fn hours_count_in_local_time() {
        // A Friday, 23:30 by one clock and 18:30 by another.
        assert_eq!(barred("2026-11-20T23:30:00+00:00[+00:00]"), [("ben".to_owned(), Denied::LogonHours)]);
        assert_eq!(barred("2026-11-20T18:30:00-05:00[-05:00]"), []);
    }

    #[test]
    fn a_lock_ends_when_its_time_is_over_and_not_with_the_minute() {
        let (mut bars, now) = (Bars::default(), Timestamp::default());
        let until = Some(now + Duration::from_secs(10));
        bars.wrong.insert("ben".into(), Wrong { times: 2, last: now, until });
        let rules = Rules::default();
        let judged = |bars: &mut Bars, seconds| {
            bars.judge(&rules, now + Duration::from_secs(seconds), &local("2026-11-20T12:00:00+00:00[+00:00]"))
        };
        assert_eq!(judged(&mut bars, 0).unwrap().get("ben"), Some(&Denied::Locked));
        assert_eq!(judged(&mut bars, 9), None);
        assert_eq!(judged(&mut bars, 10).map(|bars| bars.len()), Some(0));
        assert_eq!(judged(&mut bars, 11), None);
    }

    #[test]
    fn it_is_judged_once_in_a_minute_unless_something_changes() {
        let (mut bars, now) = (Bars::default(), Timestamp::default());
        assert!(bars.judge(&rules(), now, &local("2026-11-20T12:00:00+00:00[+00:00]")).is_some());
        assert!(bars.judge(&rules(), now, &local("2026-11-20T12:00:59+00:00[+00:00]")).is_none());
        assert!(bars.judge(&rules(), now, &local("2026-11-20T12:01:00+00:00[+00:00]")).is_some());
        bars.unsettle();
        assert!(bars.judge(&rules(), now, &local("2026-11-20T12:01:00+00:00[+00:00]")).is_some());
    }
}
