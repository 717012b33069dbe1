//! Dates, as programs of Windows write them.

use observe::Time;

/// A moment. Texts with `Z` or an offset are what they say; others are local time, `utc_offset` seconds east of UTC.
///
/// The order of day, month and year is told by what is possible: a year of four digits at the front, a number above 12, a mark
/// of the half of the day as in the United States; else the day comes first.
pub(crate) fn parse(text: &str, utc_offset: i32) -> Option<Time> {
    let text: String = text.chars().filter(|char| !matches!(char, '\u{200e}' | '\u{200f}')).collect();
    let mut rest = text.trim();
    let (first, separator) = number(&mut rest)?;
    if !matches!(separator, '-' | '/' | '.' | '年') {
        return None;
    }
    let (second, _) = number(&mut rest)?;
    let (third, _) = number(&mut rest)?;
    let half = half(&text);
    let (year, month, day) = if first >= 1000 {
        (first, second, third)
    } else if second > 12 || (half.is_some() && separator == '/' && first <= 12) {
        (third, first, second)
    } else {
        (third, second, first)
    };
    let year = if year < 100 && separator == '/' { year + 2000 } else { year };
    let (mut hour, minute) = match (number(&mut rest), number(&mut rest)) {
        (Some((hour, ':')), Some((minute, _))) => (hour, minute),
        _ => (0, 0),
    };
    let mut seconds = 0;
    let mut micros = 0;
    if rest.starts_with(':') {
        let behind = number(&mut rest);
        seconds = behind.map_or(0, |(seconds, _)| seconds).min(60);
        if let Some((_, '.')) = behind {
            micros = rest.bytes().skip(1).take_while(u8::is_ascii_digit).take(6).fold((0, 100_000), digit).0;
        }
    }
    match half {
        Some(Half::Afternoon) if hour < 12 => hour += 12,
        Some(Half::Morning) if hour == 12 => hour = 0,
        _ => {}
    }
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 24
        || minute > 59
        || !(1970..3000).contains(&year)
    {
        return None;
    }
    let offset = offset(&text).unwrap_or(i64::from(utc_offset));
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + seconds - offset;
    Some(Time(seconds * 1_000_000 + micros))
}

#[derive(Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Afternoon,
}

fn half(text: &str) -> Option<Half> {
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    if has(&["AM", "am", "a.m.", "上午", "午前"]) {
        Some(Half::Morning)
    } else if has(&["PM", "pm", "p.m.", "下午", "午後"]) {
        Some(Half::Afternoon)
    } else {
        None
    }
}

/// The next number and what stands behind it.
fn number(rest: &mut &str) -> Option<(i64, char)> {
    let start = rest.find(|char: char| char.is_ascii_digit())?;
    let from = rest.get(start..)?;
    let end = from.find(|char: char| !char.is_ascii_digit()).unwrap_or(from.len());
    let value = from.get(..end)?.parse().ok().filter(|value| *value < 100_000)?;
    *rest = from.get(end..)?;
    Some((value, rest.chars().next().unwrap_or(' ')))
}

fn digit((sum, weight): (i64, i64), digit: u8) -> (i64, i64) {
    (sum + i64::from(digit - b'0') * weight, weight / 10)
}

/// Seconds east of UTC, where an ISO 8601 text says so.
fn offset(text: &str) -> Option<i64> {
    let time = text.split_once('T')?.1;
    if time.ends_with(['Z', 'z']) {
        return Some(0);
    }
    let at = time.rfind(['+', '-'])?;
    let sign = if time.as_bytes().get(at) == Some(&b'-') { -1 } else { 1 };
    let mut rest = time.get(at..)?;
    let (hours, _) = number(&mut rest)?;
    let minutes = number(&mut rest).map_or(0, |(minutes, _)| minutes);
    (hours < 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2022-01-12 14:05:06 UTC.
    const MOMENT: i64 = 1_641_996_306_000_000;

    #[test]
    fn the_same_moment_is_read_from_every_form() {
        for text in [
            "2022-01-12T14:05:06Z",
            "2022-01-12T14:05:06.000000000Z",
            "2022-01-12T15:05:06+01:00",
            "2022-01-12T14:05:06",
            "1/12/2022 2:05:06 PM",
            "2022/1/12 14:05:06",
            "2022/01/12 下午 02:05:06",
            "12/01/2022 14:05:06",
            "12.01.2022 14:05:06",
            "2022年1月12日 14:05:06",
            "01/12/2022,14:05:06 PM",
        ] {
            assert_eq!(parse(text, 0), Some(Time(MOMENT)), "{text}");
        }
        assert_eq!(parse("2022-01-12 15:05:06", 3600), Some(Time(MOMENT)));
        assert_eq!(parse("2022-01-12T14:05:06.25Z", 3600), Some(Time(MOMENT + 250_000)));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "12", "RasClient", "14:05:06", "99/99/9999 1:1:1", "1.2.3.4", "20227,None"] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }
}
