//! Tracing files of Windows, which are captures in words: PPP.LOG shows each packet of PPP in hexadecimal, as Ppplog.txt of
//! Windows 95 to ME does; Oakley.log shows what became of a negotiation as a number.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};

use observe::{About, Fact, Role, Side, Spot, Time, reported};

use super::note::Note;
use super::ppp::{Carrier, Key, Links};
use crate::Sink;
use crate::windows::{Chars, time};

/// Packets that are kept until it is known whose trace it is.
const MOST: usize = 50_000;

/// Octets of one packet that are kept.
const LARGEST: usize = 4096;

/// Reads a tracing file.
pub(crate) fn read(input: impl Read, sink: &mut Sink<'_>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
    let mut chars = Chars::new(input)?;
    let mut trace = Trace::default();
    while let Some(line) = chars.line()? {
        let line = line.to_owned();
        let number = chars.number();
        trace.line(number, &line, sink);
        if number.is_multiple_of(4096) {
            progress(chars.octets());
        }
    }
    trace.end(sink);
    Ok(())
}

/// Whether a text begins like a tracing file.
pub(crate) fn recognise(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(40).collect();
    let traced = lines.iter().filter(|line| is_traced(line) || direction(line).is_some()).count();
    traced > 0 && traced * 2 > lines.len()
}

/// What a line of such a file says by itself: the number of an error, which is the only certain thing in its words.
pub(crate) fn said(text: &str) -> Option<Fact> {
    let lower = text.to_lowercase();
    let number = |words: &[&str]| {
        let at = words.iter().find_map(|word| lower.find(word).map(|at| at + word.len()))?;
        lower.get(at..).map(|rest| rest.trim_start_matches([' ', '=', ':', '(']))
    };
    // "isadb_set_status sa:000D24B0 centry:00000000 status 35ed": hexadecimal without a mark.
    let status = || {
        let words = ["status:", "status ", "getpacket failed "];
        let rest = words.iter().find_map(|word| lower.rfind(word).and_then(|at| lower.get(at + word.len()..)))?;
        let end = rest.find(|char: char| !char.is_ascii_hexdigit()).unwrap_or(rest.len());
        let code = u32::from_str_radix(rest.get(..end).filter(|digits| digits.len() == 4)?, 16).ok()?;
        (13_800..=13_999).contains(&code).then_some(code)
    };
    let stated = || {
        let words = ["dwerror", "error code", "errorcode", "error=", "error:", "error ", "failed with "];
        let rest = number(&words)?;
        let (digits, radix) = rest.strip_prefix("0x").map_or((rest, 10), |digits| (digits, 16));
        let end = digits.find(|char: char| !char.is_digit(radix)).unwrap_or(digits.len());
        u32::from_str_radix(digits.get(..end)?, radix).ok()
    };
    match status().or_else(stated)? {
        code @ 600..=999 => Some(reported::Fact::Ras { code }.into()),
        code @ 13_800..=13_999 => Some(reported::Fact::Ike { code }.into()),
        _ => None,
    }
}

/// `[1234] 01-12 08:00:01:123: `, the beginning of the lines in %windir%\tracing; those of Oakley.log begin ` 1-12: 08:00:01:123:`,
/// those of Ppplog.txt `01-12-1999 08:00:01.12 - `.
pub(crate) fn is_traced(text: &str) -> bool {
    let rest = match text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((id, rest)) if id.len() <= 8 && id.bytes().all(|digit| digit.is_ascii_hexdigit()) => rest,
        Some(_) => return false,
        None => text.trim_start(),
    };
    let shape: String = rest.chars().take(20).map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    let shape = shape.replacen("00-", "0-", 1).replacen("-00", "-0", 1);
    shape.starts_with("0-0-0000 00:00:00.") || shape.starts_with("0-0 00:00:00:") || shape.starts_with("0-0: 00:00:00:")
}

/// A tracing file, line by line.
#[derive(Default)]
struct Trace {
    /// The packet whose octets follow.
    open: Option<Packet>,
    packets: Vec<Packet>,
}

struct Packet {
    line: u64,
    at: Option<Time>,
    sent: bool,
    port: u16,
    octets: Vec<u8>,
}

impl Trace {
    fn line(&mut self, number: u64, line: &str, sink: &mut Sink<'_>) {
        let text = line.trim();
        if let Some((sent, at)) = direction(text) {
            self.close();
            self.open = Some(Packet { line: number, at, sent, port: 0, octets: Vec::new() });
            return;
        }
        if let Some(packet) = &mut self.open {
            let told = behind_prefix(text);
            if told.starts_with("Protocol = ") && packet.octets.is_empty() {
                let port = told.rsplit_once("Port").map(|(_, port)| port.trim_start_matches([' ', '=']));
                packet.port = port.and_then(|port| port.trim().parse().ok()).unwrap_or_default();
                return;
            }
            if let Some(octets) = dumped(told) {
                let room = LARGEST.saturating_sub(packet.octets.len());
                packet.octets.extend(octets.into_iter().take(room));
                return;
            }
            self.close();
        }
        if let Some(fact) = said(text) {
            sink.push(None, Spot::Line(number), text, About::default(), fact);
        }
    }

    fn close(&mut self) {
        if let Some(packet) = self.open.take()
            && !packet.octets.is_empty()
            && self.packets.len() < MOST
        {
            self.packets.push(packet);
        }
    }

    fn end(mut self, sink: &mut Sink<'_>) {
        self.close();
        if self.packets.is_empty() {
            sink.trouble(observe::Trouble::TracePackets);
            return;
        }
        let here = here(&self.packets);
        let mut links = Links::default();
        for packet in &self.packets {
            let address = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
            let key = Key { carrier: Carrier::L2tp, client: address(packet.port), server: address(0) };
            let from = if packet.sent { here } else { here.other() };
            let mut note = Note::line(sink, packet.at, packet.line);
            links.frame(&mut note, key, &About::default(), from, &packet.octets);
        }
        links.finish(&mut Note::whole(sink, self.packets.last().and_then(|packet| packet.at)));
        sink.set_side(if here == Role::Client { Side::Client } else { Side::Server });
    }
}

/// Which end wrote the trace: the one that demands authentication is the server, and who asks for any address the client.
fn here(packets: &[Packet]) -> Role {
    for packet in packets {
        let demands = match packet.octets.as_slice() {
            // An LCP Configure-Request with the option Authentication-Protocol (RFC 1661 §6.2).
            [0xc0, 0x21, 1, _, _, _, options @ ..] => has(options, 3, |_| true),
            // An IPCP Configure-Request for the address 0.0.0.0 (RFC 1332 §3.3).
            [0x80, 0x21, 1, _, _, _, options @ ..] if has(options, 3, |value| value == [0; 4]) => {
                return if packet.sent { Role::Client } else { Role::Server };
            }
            _ => false,
        };
        if demands {
            return if packet.sent { Role::Server } else { Role::Client };
        }
    }
    Role::Client
}

fn has(mut options: &[u8], wanted: u8, fits: impl Fn(&[u8]) -> bool) -> bool {
    while let [kind, length, rest @ ..] = options {
        let Some(value) = usize::from(*length).checked_sub(2).and_then(|length| rest.get(..length)) else {
            return false;
        };
        if *kind == wanted && fits(value) {
            return true;
        }
        options = rest.get(value.len()..).unwrap_or_default();
    }
    false
}

/// `<PPP packet sent at 01/12/2026 07:00:01:130` and `PPP : Transmitting Control Packet of length: 25`: whether it was sent.
fn direction(text: &str) -> Option<(bool, Option<Time>)> {
    for (words, sent) in [("PPP packet sent at ", true), ("PPP packet received at ", false)] {
        if let Some((_, date)) = text.split_once(words) {
            return Some((sent, moment(date)));
        }
    }
    for (words, sent) in [("PPP : Transmitting Control Packet", true), ("PPP : Received Control Packet", false)] {
        if let Some((before, _)) = text.split_once(words) {
            return Some((sent, moment(before)));
        }
    }
    None
}

/// Month, day, year and time of day, separated by a stroke or a hyphen.
fn moment(text: &str) -> Option<Time> {
    let mut words = text.split_whitespace();
    let (day, clock) = (words.next()?, words.next()?);
    let parts: Vec<&str> = day.split(['/', '-']).collect();
    let [month, day, year] = parts.as_slice() else { return None };
    // The thousandths stand behind a colon.
    let clock: Vec<&str> = clock.splitn(4, ':').collect();
    let (seconds, rest) = clock.split_at(clock.len().min(3));
    let fraction = rest.first().map_or(String::new(), |thousandths| format!(".{thousandths}"));
    time(&format!("{year}-{month}-{day} {}{fraction}", seconds.join(":")))
}

/// What stands behind process, time and the mark of the direction.
fn behind_prefix(text: &str) -> &str {
    let rest = match text.split_once(" - ") {
        Some((_, rest)) => rest,
        None if is_traced(text) => text.split_once(": ").map_or("", |(_, rest)| rest),
        None => text,
    };
    rest.trim_start_matches(['<', '>']).trim()
}

/// The octets of `C0 21 01 00 |.!..|`, or of `Data 0000: c0 21 01 00 | .!..`.
fn dumped(text: &str) -> Option<Vec<u8>> {
    let (octets, _) = text.split_once('|')?;
    let octets = match octets.strip_prefix("Data ") {
        Some(rest) => rest.split_once(": ")?.1,
        None => octets,
    };
    let octets: Option<Vec<u8>> = octets
        .split_whitespace()
        .map(|octet| if octet.len() == 2 { u8::from_str_radix(octet, 16).ok() } else { None })
        .collect();
    octets.filter(|octets| (1..=16).contains(&octets.len()))
}

#[cfg(test)]
mod tests {
    use observe::{Timeline, ppp};

    use super::*;
    use crate::Settings;

    fn read(text: &str) -> Timeline {
        let mut timeline = Timeline::new();
        crate::read("PPP.LOG", text.as_bytes(), &Settings::default(), &mut timeline, &mut |_| {}).unwrap();
        timeline
    }

    fn facts(timeline: &Timeline) -> Vec<Fact> {
        timeline.observations().iter().map(|seen| seen.fact.clone()).collect()
    }

    /// A packet as PPP.LOG shows it.
    fn packet(sent: bool, octets: &[u8]) -> String {
        let (mark, verb) = if sent { ('<', "sent") } else { ('>', "received") };
        let mut text = format!(
            "[3216] 01-12 08:00:01:130: {mark}PPP packet {verb} at 01/12/2026 07:00:01:130\r\n\
             [3216] 01-12 08:00:01:130: {mark}Protocol = X, Type = Y, Length = 0x1, Id = 0x0, Port = 4\r\n"
        );
        for row in octets.chunks(16) {
            let hex: Vec<String> = row.iter().map(|octet| format!("{octet:02X}")).collect();
            text.push_str(&format!(
                "[3216] 01-12 08:00:01:130: {mark}{} |{}|\r\n",
                hex.join(" "),
                ".".repeat(row.len())
            ));
        }
        text.push_str("[3216] 01-12 08:00:01:130: \r\n");
        text
    }

    const REQUEST: [u8; 12] = [0xc0, 0x21, 1, 0, 0, 10, 5, 6, 1, 2, 3, 4];
    const DEMAND: [u8; 11] = [0xc0, 0x21, 1, 1, 0, 9, 3, 5, 0xc2, 0x23, 0x81];

    #[test]
    fn packets_in_a_trace_are_read_like_captured_ones() {
        let refused = [&[0xc2, 0x23, 4, 1, 0, 13][..], b"E=647 R=0"].concat();
        let text = [packet(true, &REQUEST), packet(false, &DEMAND), packet(false, &refused)].concat();
        let timeline = read(&text);
        assert_eq!(timeline.sources()[0].side, Side::Client);
        assert_eq!(timeline.observations()[0].at, Some(Time(1_768_201_201_130_000)));
        let refusal = facts(&timeline).into_iter().find_map(|fact| match fact {
            Fact::Ppp(ppp::Fact::AuthenticationFailed { method, code, .. }) => Some((method, code)),
            _ => None,
        });
        assert_eq!(refusal, Some((Some(ppp::Method::MsChapV2), Some(647))));
        // The same trace of the other end.
        let text = [packet(false, &REQUEST), packet(true, &DEMAND), packet(true, &refused)].concat();
        assert_eq!(read(&text).sources()[0].side, Side::Server);
    }

    #[test]
    fn requests_that_nobody_answers_are_told_once() {
        let mut text = String::new();
        for id in 0..4 {
            let mut request = REQUEST;
            request[3] = id;
            text.push_str(&packet(true, &request));
        }
        let unanswered =
            |fact: &Fact| matches!(fact, Fact::Ppp(ppp::Fact::Unanswered { protocol: ppp::Protocol::Lcp, .. }));
        assert_eq!(facts(&read(&text)).iter().filter(|fact| unanswered(fact)).count(), 1);
    }

    #[test]
    fn the_log_of_old_windows_has_the_same_packets() {
        let text = "01-12-1999 08:00:01.13 - Remote access driver log opened.\r\n\
            01-12-1999 08:00:01.14 - PPP : Received Control Packet of length: 11\r\n\
            01-12-1999 08:00:01.14 - Data 0000: c0 21 01 01 00 09 03 05 | .!......\r\n\
            01-12-1999 08:00:01.14 - Data 0008: c2 23 81                | .#.\r\n\
            01-12-1999 08:00:01.15 - LCP : Received configure request.\r\n";
        let timeline = read(text);
        let demanded = ppp::Fact::AuthenticationDemanded { by: observe::Party::Server, method: ppp::Method::MsChapV2 };
        assert!(facts(&timeline).contains(&demanded.into()), "{:?}", facts(&timeline));
        assert_eq!(timeline.observations()[0].at, Some(Time(916_128_001_140_000)));
    }

    #[test]
    fn a_status_of_oakley_log_is_hexadecimal() {
        let text = " 1-12: 08:00:01:123:4c0 Receive: (get) SA = 0x00000000 from 203.0.113.5.500\r\n \
            1-12: 08:00:01:433:4c0 isadb_set_status sa:000D24B0 centry:00000000 status 3613\r\n \
            1-12: 08:00:01:443:4c0 ProcessFailure: sa:000D24B0 centry:00000000 status:35ed\r\n \
            1-12: 08:00:01:443:4c0 status 0000\r\n";
        let timeline = read(text);
        let codes = [13_843, 13_805].map(|code| Fact::from(reported::Fact::Ike { code }));
        assert_eq!(facts(&timeline), codes);
        assert_eq!(timeline.sources()[0].trouble.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_dump_makes_it_panic(lines in proptest::collection::vec("(<PPP packet sent at|[0-9A-F ]{0,50}\\||.{0,40})", 0..40)) {
            let text = format!("{}{}", packet(true, &REQUEST), lines.join("\n"));
            read(&text);
        }
    }
}
