//! What stands before a message: time, host, program. Syslog, journal, containers and the programs' own files each write it
//! differently.

use observe::Time;

use super::time::{self, Date};
use crate::Settings;

/// A line taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Prefix<'a> {
    /// When.
    pub(crate) at: Option<Time>,
    /// The host that logged it, where a syslog says so.
    pub(crate) host: Option<&'a str>,
    /// The program, as its tag names it.
    pub(crate) program: Option<&'a str>,
    /// Its process id.
    pub(crate) pid: Option<u32>,
    /// The message.
    pub(crate) rest: &'a str,
}

/// Takes the prefix off a line.
pub(crate) fn split<'a>(line: &'a str, settings: &Settings) -> Prefix<'a> {
    let line = line.trim_start_matches(['\t', ' ', '>', '\u{feff}']);
    let line = priority(line);
    if let Some((at, rest)) = timestamp(line, settings) {
        return tagged(at, rest);
    }
    // Compose puts the container in front, and grep the file.
    if let Some((name, rest)) = line.split_once(" | ")
        && name.len() <= 48
        && !name.is_empty()
        && name.trim_end().bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'))
    {
        let inner = split(rest, settings);
        return Prefix { program: inner.program.or(known_program(name)), ..inner };
    }
    if let Some((name, rest)) = line.split_once(':')
        && name.len() <= 64
        && name.starts_with(|first: char| first == '/' || first.is_ascii_alphabetic())
        && (name.contains('/') || name.ends_with("log") || name.ends_with("messages"))
        && let Some((at, rest)) = timestamp(rest, settings)
    {
        return tagged(at, rest);
    }
    match tag(line) {
        Some((program, pid, rest)) if pid.is_some() || known_program(program).is_some() => {
            Prefix { at: None, host: None, program: Some(program), pid, rest }
        }
        _ => Prefix { rest: line, ..Prefix::default() },
    }
}

/// "<30>" and "<30>1 " of a syslog message.
fn priority(line: &str) -> &str {
    let Some(rest) = line.strip_prefix('<') else { return line };
    let Some((number, rest)) = time::digits(rest, 1, 3) else { return line };
    match rest.strip_prefix('>') {
        Some(rest) if number <= 191 => rest.strip_prefix("1 ").unwrap_or(rest),
        _ => line,
    }
}

/// A time in any known form at the beginning of `line`, and what follows without its blanks.
fn timestamp<'a>(line: &'a str, settings: &Settings) -> Option<(Option<Time>, &'a str)> {
    let first = *line.as_bytes().first()?;
    let (at, rest) = match first {
        b'[' => return bracketed(line, settings),
        b'0'..=b'9' => numeric(line, settings)?,
        // Names of months and days begin with a letter, some of them beyond ASCII.
        _ if first.is_ascii_alphabetic() => named(line, settings)?,
        _ => return None,
    };
    Some((Some(at), rest.trim_start_matches(' ')))
}

/// "[    3.700000]" of the kernel, "[2026-11-20 21:08:00]:" of accel-ppp and others.
fn bracketed<'a>(line: &'a str, settings: &Settings) -> Option<(Option<Time>, &'a str)> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start_matches(' ');
    let inside = inside.trim();
    if let Some((seconds, micros)) = inside.split_once('.')
        && (1..=9).contains(&seconds.len())
        && (3..=9).contains(&micros.len())
        && seconds.bytes().chain(micros.bytes()).all(|octet| octet.is_ascii_digit())
    {
        // Seconds since the machine started: when that was the line does not say.
        return Some((None, rest));
    }
    let (at, left) = numeric(inside, settings).or_else(|| named(inside, settings))?;
    left.trim().is_empty().then_some((Some(at), rest))
}

/// Times that begin with a digit.
fn numeric<'a>(line: &'a str, settings: &Settings) -> Option<(Time, &'a str)> {
    if let Some((date, rest)) = time::iso_date(line) {
        let (of_day, rest) = time::clock(rest.strip_prefix(['T', ' '])?)?;
        let (offset, rest) = match time::zone(rest) {
            Some((offset, rest)) => (Some(offset), rest),
            None => (None, rest.strip_prefix(" UTC").unwrap_or(rest)),
        };
        return Some((time::moment(date, of_day, offset, settings), rest));
    }
    if let Some((of_day, rest)) = time::clock(line)
        && rest.starts_with(' ')
    {
        return Some((time::of_today(of_day, settings), rest));
    }
    // The journal's short-unix form.
    let (seconds, rest) = time::digits(line, 10, 10)?;
    let (micros, rest) = time::digits(rest.strip_prefix('.')?, 6, 6)?;
    rest.starts_with(' ').then_some((Time(seconds * 1_000_000 + micros), rest))
}

/// Times that begin with the name of a month or a day: syslog, ctime, RouterOS.
fn named<'a>(line: &'a str, settings: &Settings) -> Option<(Time, &'a str)> {
    let end = line.find([' ', '/'])?;
    if end > 8 {
        return None;
    }
    let (name, rest) = line.split_at(end);
    if let Some(rest) = rest.strip_prefix('/') {
        // nov/20/2026 21:08:00 or nov/20 21:08:00
        let month = time::month(name)?;
        let (day, rest) = time::digits(rest, 1, 2)?;
        let (year, rest) = match rest.strip_prefix('/') {
            Some(rest) => time::digits(rest, 4, 4).map(|(year, rest)| (Some(year), rest))?,
            None => (None, rest),
        };
        let (of_day, rest) = time::clock(rest.strip_prefix(' ')?)?;
        let date = time::date(year, i64::from(month), day)?;
        return Some((time::moment(date, of_day, None, settings), rest));
    }
    let rest = rest.trim_start_matches(' ');
    match time::month(name.trim_end_matches(',')) {
        Some(month) => {
            let (day, rest) = time::digits(rest, 1, 2)?;
            let rest = rest.trim_start_matches(' ');
            // Cisco and some busybox builds write the year in between.
            let (year, rest) = match time::digits(rest, 4, 4) {
                Some((year, after)) if after.starts_with(' ') => (Some(year), after.trim_start_matches(' ')),
                _ => (None, rest),
            };
            let (of_day, rest) = time::clock(rest)?;
            let date = time::date(year, i64::from(month), day)?;
            Some((time::moment(date, of_day, None, settings), rest.strip_prefix(':').unwrap_or(rest)))
        }
        None => {
            // ctime: Wed Apr 22 21:59:58 2020, then " : " or ": ".
            if !weekday(name) {
                return None;
            }
            if let Some((date, rest)) = time::iso_date(rest) {
                // The journal's short-full form: Wed 2020-04-22 21:59:58 CEST.
                let (of_day, rest) = time::clock(rest.strip_prefix(' ')?)?;
                let (offset, rest) = named_zone(rest);
                return Some((time::moment(date, of_day, offset, settings), rest));
            }
            let (name, rest) = rest.split_once(' ')?;
            let month = time::month(name)?;
            let (day, rest) = time::digits(rest.trim_start_matches(' '), 1, 2)?;
            let (of_day, rest) = time::clock(rest.strip_prefix(' ')?)?;
            let (year, rest) = time::digits(rest.strip_prefix(' ')?, 4, 4)?;
            let date: Date = time::date(Some(year), i64::from(month), day)?;
            let rest = rest.trim_start_matches(' ');
            Some((time::moment(date, of_day, None, settings), rest.strip_prefix(':').unwrap_or(rest)))
        }
    }
}

/// " UTC", " CEST" or " -03", and what follows. Only of UTC and of numbers the offset is known.
fn named_zone(rest: &str) -> (Option<i32>, &str) {
    let Some((zone, behind)) = rest.strip_prefix(' ').and_then(|rest| rest.split_once(' ')) else {
        return (None, rest);
    };
    if let Some((offset, "")) = time::zone(zone) {
        return (Some(offset), behind);
    }
    if (2..=5).contains(&zone.len()) && zone.bytes().all(|octet| octet.is_ascii_uppercase()) {
        return ((zone == "UTC").then_some(0), behind);
    }
    (None, rest)
}

fn weekday(name: &str) -> bool {
    matches!(name.trim_end_matches(','), "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun")
}

/// What stands behind a time: "tag: ", "host tag[pid]: ", RFC 5424's fields, or at once the message.
fn tagged(at: Option<Time>, rest: &str) -> Prefix<'_> {
    let plain = Prefix { at, rest, ..Prefix::default() };
    if let Some((program, pid, rest)) = tag(rest) {
        return Prefix { at, host: None, program: Some(program), pid, rest };
    }
    let Some((host, behind)) = rest.split_once(' ') else { return plain };
    if !host_like(host) {
        return plain;
    }
    // Busybox writes facility and severity between host and tag.
    let behind = behind.split_once(' ').filter(|(word, _)| is_priority(word)).map_or(behind, |(_, rest)| rest);
    if let Some((program, pid, rest)) = tag(behind) {
        return Prefix { at, host: Some(host), program: Some(program), pid, rest };
    }
    if let Some(prefix) = structured(at, host, behind) {
        return prefix;
    }
    plain
}

/// "daemon.info" and the like.
fn is_priority(word: &str) -> bool {
    const SEVERITIES: [&str; 11] =
        ["emerg", "panic", "alert", "crit", "err", "error", "warning", "warn", "notice", "info", "debug"];
    word.split_once('.').is_some_and(|(facility, severity)| {
        SEVERITIES.contains(&severity)
            && !facility.is_empty()
            && facility.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
    })
}

/// RFC 5424: HOST APP PID MSGID STRUCTURED-DATA MESSAGE.
fn structured<'a>(at: Option<Time>, host: &'a str, behind: &'a str) -> Option<Prefix<'a>> {
    let mut words = behind.splitn(4, ' ');
    let (program, pid, _id, data) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let pid = if pid == "-" { None } else { Some(pid.parse().ok()?) };
    let rest = match data.strip_prefix("- ") {
        Some(rest) => rest,
        None => data.strip_prefix('[')?.split_once("] ")?.1,
    };
    let rest = rest.trim_start_matches([' ', '\u{feff}']);
    Some(Prefix { at, host: Some(host), program: Some(program), pid, rest })
}

/// "tag[pid]: message" or "tag: message".
fn tag(text: &str) -> Option<(&str, Option<u32>, &str)> {
    let colon = text.bytes().take(64).position(|octet| octet == b':')?;
    let (head, rest) = text.split_at(colon);
    let rest = rest.strip_prefix(':')?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let (name, pid) = match head.strip_suffix(']').and_then(|head| head.split_once('[')) {
        Some((name, pid)) => (name, Some(pid.parse().ok()?)),
        None => (head, None),
    };
    // macOS and others put the whole path there.
    let name = name.rsplit('/').next().unwrap_or(name);
    let fits =
        |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'@' | b'+' | b'(' | b')');
    let starts = name.as_bytes().first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
    if !starts || !name.bytes().all(fits) {
        return None;
    }
    // Without a process id only a name that can be a program's is one: messages, too, begin with a word and a colon.
    if pid.is_none() && !program_like(name) {
        return None;
    }
    Some((name, pid, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// Words before a colon that begin messages, not lines.
fn program_like(name: &str) -> bool {
    let lower = name.bytes().all(|octet| !octet.is_ascii_uppercase());
    (lower || known_program(name).is_some())
        && !matches!(
            name,
            "info"
                | "error"
                | "warning"
                | "warn"
                | "debug"
                | "notice"
                | "fatal"
                | "msg"
                | "err"
                | "net"
                | "default"
                | "inet"
                | "inet6"
        )
        && !name.contains('.')
}

/// A name by which one of the programs that are read here is known.
fn known_program(name: &str) -> Option<&str> {
    let name = name.trim_end();
    let stem = name.strip_prefix('(').unwrap_or(name);
    matches!(
        stem,
        "charon"
            | "charon-systemd"
            | "charon-nm"
            | "charon-cmd"
            | "ipsec_starter"
            | "ipsec"
            | "strongswan"
            | "pluto"
            | "xl2tpd"
            | "l2tpd"
            | "pppd"
            | "pptp"
            | "pptpd"
            | "pptpctrl"
            | "bcrelay"
            | "accel-ppp"
            | "accel-pppd"
            | "radiusd"
            | "freeradius"
            | "racoon"
            | "kernel"
            | "nm-l2tp-service"
            | "nm-pptp-service"
            | "NetworkManager"
            | "causeway"
    )
    .then_some(stem)
}

/// Whether a word can be the name or the address of a host.
fn host_like(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 253
        && !word.ends_with([':', ','])
        && word.bytes().all(|octet| {
            octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b':' | b'(' | b')') || octet >= 0x80
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_219_200_000_000; // 2026-11-21T00:00:00Z

    fn read(line: &str) -> (Option<i64>, Option<&str>, Option<u32>, &str) {
        let settings = Settings { now: Some(Time(NOW)), utc_offset: 0, ..Settings::default() };
        let prefix = split(line, &settings);
        (prefix.at.map(|at| (at.0 - NOW).div_euclid(1_000_000)), prefix.program, prefix.pid, prefix.rest)
    }

    #[test]
    fn syslog_lines_come_apart_with_and_without_host_and_process() {
        let second = Some(-10_320);
        assert_eq!(read("Nov 20 21:08:00 gw pppd[857]: Exit."), (second, Some("pppd"), Some(857), "Exit."));
        assert_eq!(read("Nov 20 21:08:00 gw charon: 05[IKE] x"), (second, Some("charon"), None, "05[IKE] x"));
        assert_eq!(read("Nov 20 21:08:00 pppd[857]: Exit."), (second, Some("pppd"), Some(857), "Exit."));
        assert_eq!(read("Nov 20 21:08:00 05[IKE] <a|1> x: y"), (second, None, None, "05[IKE] <a|1> x: y"));
        assert_eq!(read("<30>Nov 20 21:08:00 gw xl2tpd[1]: x"), (second, Some("xl2tpd"), Some(1), "x"));
        assert_eq!(read("Nov 20 2026 21:08:00 gw xl2tpd[1]: x"), (second, Some("xl2tpd"), Some(1), "x"));
        assert_eq!(read("Dez 08 21:47:58 viki charon[9]: 09[CFG] x").1, Some("charon"));
    }

    #[test]
    fn iso_times_come_with_their_zone() {
        let second = Some(-10_320);
        assert_eq!(read("2026-11-20T22:08:00.123+01:00 gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
        assert_eq!(read("2026-11-20T21:08:00+0000 gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
        assert_eq!(read("2026-11-20 21:08:00.000 IPsec Client 1: x"), (second, None, None, "IPsec Client 1: x"));
        assert_eq!(
            read("<30>1 2026-11-20T21:08:00Z gw pppd 857 - - Exit."),
            (second, Some("pppd"), Some(857), "Exit.")
        );
        assert_eq!(read("[2026-11-20 21:08:00]:  info: ppp0: connect"), (second, None, None, "info: ppp0: connect"));
        assert_eq!(read("1795208880.000000 gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
    }

    #[test]
    fn the_long_form_of_the_journal_and_busybox_with_facility_come_apart() {
        let second = Some(-10_320);
        assert_eq!(read("Fri 2026-11-20 21:08:00 UTC gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
        assert_eq!(read("Fri 2026-11-20 18:08:00 -03 gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
        assert_eq!(read("Fri 2026-11-20 21:08:00 CEST gw charon: x"), (second, Some("charon"), None, "x"));
        assert_eq!(read("Nov 20 21:08:00 gw daemon.info xl2tpd[1]: x"), (second, Some("xl2tpd"), Some(1), "x"));
        assert_eq!(read("Nov 20 21:08:00 gw authpriv.warn pluto[1]: x"), (second, Some("pluto"), Some(1), "x"));
    }

    #[test]
    fn products_with_forms_of_their_own_come_apart() {
        let second = Some(-10_320);
        assert_eq!(read("Fri Nov 20 21:08:00 2026 : L2TP sent SCCRQ"), (second, None, None, "L2TP sent SCCRQ"));
        assert_eq!(read("Fri Nov 20 21:08:00 2026 : Auth: (0) Login"), (second, None, None, "Auth: (0) Login"));
        assert_eq!(read("nov/20/2026 21:08:00 ipsec,error x"), (second, None, None, "ipsec,error x"));
        assert_eq!(read("21:08:00 ipsec,error x"), (second, None, None, "ipsec,error x"));
        assert_eq!(read("[    3.700000] PPP generic driver"), (None, None, None, "PPP generic driver"));
        assert_eq!(read("vpn-1  | Nov 20 21:08:00 gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
        assert_eq!(read("/var/log/syslog:Nov 20 21:08:00 gw pppd[8]: Exit."), (second, Some("pppd"), Some(8), "Exit."));
    }

    #[test]
    fn a_message_without_prefix_stays_whole() {
        for line in
            ["Connect: ppp0 <--> /dev/pts/1", "LCP: timeout sending Config-Requests", "default via 192.0.2.1 dev eth0"]
        {
            assert_eq!(read(line), (None, None, None, line));
        }
        assert_eq!(read("xl2tpd[817]: Using l2tp"), (None, Some("xl2tpd"), Some(817), "Using l2tp"));
    }
}
