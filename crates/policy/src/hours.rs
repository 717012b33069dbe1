use std::str::FromStr;

/// When a user may be connected: days of the week, and a span of each of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    /// Whether Monday, Tuesday, ... Sunday are among the days.
    days: [bool; 7],
    /// Minutes of the day; an end before the beginning lies in the next day.
    from: u16,
    to: u16,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: u16 = 24 * 60;

impl Hours {
    /// Whether this minute (0 to 1439) of this day (0 is Monday) is permitted.
    pub fn permit(&self, day: usize, minute: u16) -> bool {
        let on = |day: usize| self.days[day % 7];
        if self.from < self.to {
            on(day) && (self.from..self.to).contains(&minute)
        } else {
            on(day) && minute >= self.from || on(day % 7 + 6) && minute < self.to
        }
    }
}

impl FromStr for Hours {
    type Err = &'static str;

    /// `Mon-Fri 07:00-19:00`, `Sat,Sun 22:00-06:00`.
    fn from_str(text: &str) -> Result<Hours, Self::Err> {
        const FORM: &str = "expected days and hours, for example \"Mon-Fri 07:00-19:00\" or \"Sat,Sun 08:00-12:00\"";
        let (names, span) = text.trim().split_once(' ').ok_or(FORM)?;
        let day = |name: &str| DAYS.iter().position(|known| known.eq_ignore_ascii_case(name)).ok_or(FORM);
        let mut days = [false; 7];
        for part in names.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (day(first)?, day(last)?);
            let last = if last < first { last + 7 } else { last };
            (first..=last).for_each(|index| days[index % 7] = true);
        }
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            let minute = (hour <= 24 && minute < 60).then(|| hour * 60 + minute)?;
            (minute <= DAY).then_some(minute)
        };
        let (from, to) = span.trim().split_once('-').ok_or(FORM)?;
        let (from, to) = minute(from).zip(minute(to)).ok_or(FORM)?;
        if from == to || from == DAY { Err(FORM) } else { Ok(Hours { days, from, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Hours {
        text.parse().unwrap()
    }

    #[test]
    fn a_span_of_the_day_counts_on_its_days() {
        let office = hours("Mon-Fri 07:30-19:00");
        assert!(office.permit(0, 450) && office.permit(4, 1139));
        assert!(!office.permit(0, 449) && !office.permit(0, 1140) && !office.permit(5, 600));
        let whole = hours("sat,SUN 00:00-24:00");
        assert!(whole.permit(5, 0) && whole.permit(6, 1439) && !whole.permit(0, 0));
    }

    #[test]
    fn a_span_over_midnight_ends_in_the_next_day() {
        let night = hours("Sun 22:00-06:00");
        assert!(night.permit(6, 1320) && night.permit(0, 359));
        assert!(!night.permit(0, 360) && !night.permit(0, 1320) && !night.permit(6, 100));
        assert!(hours("Sat-Mon 08:00-09:00").permit(6, 480));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in ["", "Mon", "Mon 7-9", "Xyz 07:00-08:00", "Mon 25:00-26:00", "Mon 08:00-08:00", "Mon 07:60-08:00"] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
        assert!("Mon 65535:59-08:00".parse::<Hours>().is_err());
    }
}
