//! Dates and times as logs write them.

use observe::Time;

use crate::Settings;

/// A date without a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Date {
    /// The year, where it is written.
    pub(crate) year: Option<i64>,
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 31.
    pub(crate) day: u8,
}

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
const DAY: i64 = 86_400 * SECOND;

/// The moment of a date and a time of day (in microseconds), which is local time of the zone `offset` seconds east of UTC, or of the
/// settings' zone where the log names none. A year that is not written is the last one that makes no future.
pub(crate) fn moment(date: Date, of_day: i64, offset: Option<i32>, settings: &Settings) -> Time {
    let offset = i64::from(offset.unwrap_or(settings.utc_offset)) * SECOND;
    let at = |year: i64| Time(days(year, date.month, date.day) * DAY + of_day - offset);
    match (date.year, settings.now) {
        (Some(year), _) => at(year),
        // Without a present any leap year serves: what counts is the order and the distance of the lines.
        (None, None) => at(1972),
        (None, Some(now)) => {
            let year = year_of(now.0.saturating_add(offset).div_euclid(DAY));
            // Clocks differ, and the person's zone is a guess: a day ahead is still today.
            if at(year).0 <= now.0.saturating_add(DAY) { at(year) } else { at(year - 1) }
        }
    }
}

/// A moment of today or, were that in the future, of the day before: for logs that write no date.
pub(crate) fn of_today(of_day: i64, settings: &Settings) -> Time {
    let offset = i64::from(settings.utc_offset) * SECOND;
    let now = settings.now.map_or(0, |now| now.0);
    let midnight = now.saturating_add(offset).div_euclid(DAY) * DAY - offset;
    let at = midnight + of_day;
    Time(if settings.now.is_some() && at > now.saturating_add(DAY / 24) { at - DAY } else { at })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub(crate) fn days(year: i64, month: u8, day: u8) -> i64 {
    // Years begin in March here, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (i64::from(month) + 9) % 12;
    let of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year of a day counted from 1970-01-01.
fn year_of(day: i64) -> i64 {
    let mut year = 1970 + day.div_euclid(366);
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    year
}

/// The number of a month's short name, in the languages whose syslogs are seen.
pub(crate) fn month(name: &str) -> Option<u8> {
    let name = name.trim_end_matches('.');
    let lower = name.to_lowercase();
    Some(match lower.as_str() {
        "jan" | "janv" | "ene" | "gen" => 1,
        "feb" | "fév" | "févr" | "fev" => 2,
        "mar" | "mär" | "mrz" | "mars" | "märz" => 3,
        "apr" | "avr" | "abr" | "avril" => 4,
        "may" | "mai" | "maj" | "mag" => 5,
        "jun" | "juin" | "giu" => 6,
        "jul" | "juil" | "lug" => 7,
        "aug" | "août" | "ago" => 8,
        "sep" | "sept" | "set" => 9,
        "oct" | "okt" | "out" | "ott" => 10,
        "nov" => 11,
        "dec" | "dez" | "déc" | "dic" => 12,
        _ => return None,
    })
}

/// "21:08:00", "21:08:00.123456" or "21:08:00,123" at the beginning of `text`: microseconds of the day, and what follows.
pub(crate) fn clock(text: &str) -> Option<(i64, &str)> {
    let (hours, rest) = digits(text, 1, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (seconds, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let whole = (hours * 3600 + minutes * 60 + seconds) * SECOND;
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some((whole, rest)) };
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return Some((whole, rest));
    }
    let (fraction, rest) = fraction.split_at(length);
    let mut micros = 0;
    for place in 0..6 {
        micros = micros * 10 + fraction.as_bytes().get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Some((whole + micros, rest))
}

/// "Z", "+02:00", "-0300", " +0200" at the beginning of `text`: seconds east, and what follows.
pub(crate) fn zone(text: &str) -> Option<(i32, &str)> {
    let trimmed = text.strip_prefix(' ').unwrap_or(text);
    if let Some(rest) = trimmed.strip_prefix('Z') {
        return Some((0, rest));
    }
    let (sign, rest) = match trimmed.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, trimmed.strip_prefix('-')?),
    };
    let (hours, rest) = digits(rest, 2, 2)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = digits(rest, 2, 2).unwrap_or((0, rest));
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    Some((sign * seconds, rest))
}

/// A date of the form 2026-11-20 or 2026/11/20 at the beginning of `text`.
pub(crate) fn iso_date(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = digits(text, 4, 4)?;
    let mark = rest.chars().next().filter(|mark| matches!(mark, '-' | '/'))?;
    let (month, rest) = digits(rest.strip_prefix(mark)?, 2, 2)?;
    let (day, rest) = digits(rest.strip_prefix(mark)?, 2, 2)?;
    Some((date(Some(year), month, day)?, rest))
}

/// A date from its numbers, where they are possible.
pub(crate) fn date(year: Option<i64>, month: i64, day: i64) -> Option<Date> {
    let month = u8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let day = u8::try_from(day).ok().filter(|day| (1..=31).contains(day))?;
    Some(Date { year, month, day })
}

/// A number of `least` to `most` digits at the beginning of `text`, and what follows.
pub(crate) fn digits(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let length = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if length < least {
        return None;
    }
    let (number, rest) = text.split_at(length);
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(now: Option<i64>) -> Settings {
        Settings { now: now.map(|now| Time(now * SECOND)), utc_offset: 0, ..Settings::default() }
    }

    #[test]
    fn days_count_from_1970_over_leap_years() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 2, 29), 11_016);
        assert_eq!(days(2000, 3, 1), 11_017);
        assert_eq!(days(2026, 11, 20), 20_777);
        for (year, day) in [(1970, 0), (1970, 364), (1971, 365), (2000, 10_957), (1999, 10_956), (2024, 20_088)] {
            assert_eq!(year_of(day), year, "day {day}");
        }
    }

    #[test]
    fn a_line_without_a_year_is_never_from_the_future() {
        let now = days(2027, 1, 3) * 86_400;
        let december = Date { year: None, month: 12, day: 31 };
        let january = Date { year: None, month: 1, day: 2 };
        assert_eq!(moment(december, 0, None, &settings(Some(now))).0, days(2026, 12, 31) * DAY);
        assert_eq!(moment(january, 0, None, &settings(Some(now))).0, days(2027, 1, 2) * DAY);
    }

    #[test]
    fn a_zone_in_the_log_wins_over_the_settings() {
        let settings = Settings { now: None, utc_offset: 3600, ..Settings::default() };
        let date = Date { year: Some(2026), month: 11, day: 20 };
        let noon = DAY / 2;
        assert_eq!(moment(date, noon, None, &settings).0, days(2026, 11, 20) * DAY + 11 * 3600 * SECOND);
        assert_eq!(moment(date, noon, Some(-7200), &settings).0, days(2026, 11, 20) * DAY + 14 * 3600 * SECOND);
    }

    #[test]
    fn clocks_and_zones_are_read_with_their_fractions() {
        assert_eq!(clock("21:08:00 x"), Some(((21 * 3600 + 8 * 60) * SECOND, " x")));
        assert_eq!(clock("1:02:03.5Z"), Some((3723 * SECOND + 500_000, "Z")));
        assert_eq!(clock("25:00:00"), None);
        assert_eq!(zone("+02:00 host"), Some((7200, " host")));
        assert_eq!(zone("-0330"), Some((-12_600, "")));
        assert_eq!(zone("Z"), Some((0, "")));
        assert_eq!(zone("host"), None);
    }
}
