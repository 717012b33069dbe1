#![no_main]

use ingest::{Settings, Sink};
use libfuzzer_sys::fuzz_target;
use observe::{Spot, Timeline};

/// Lines that make one reader or another look closer; the fuzzer's text stands between them.
const FRAMES: [&str; 8] = [
    "Nov 20 21:00:00 gw pppd[7]: ",
    "09[IKE] <a|1> ",
    "Nov 20 21:00:00 gw pluto[9]: \"a\"[1] 192.0.2.1 #1: ",
    "Nov 20 21:00:00 gw xl2tpd[1]: ",
    "(0) ",
    "2026-11-20 21:00:00.000 IPsec Client 1 (192.0.2.1:500 -> 0.0.0.0:500): ",
    "[2026-11-20 21:00:00]:  info: ppp0: ",
    "ipsec,error ",
];

fuzz_target!(|data: &[u8]| {
    let mut framed = Vec::new();
    for (line, frame) in data.split(|octet| *octet == b'\n').zip(FRAMES.iter().cycle()) {
        framed.extend_from_slice(frame.as_bytes());
        framed.extend_from_slice(line);
        framed.push(b'\n');
    }
    for text in [data, framed.as_slice()] {
        let read = || {
            let mut timeline = Timeline::new();
            ingest::read("text", text, &Settings::default(), &mut timeline, &mut |_| {}).expect("octets in memory can be read");
            timeline
        };
        let timeline = read();
        assert!(timeline.observations().len() <= Sink::MOST);
        let lines = text.iter().filter(|octet| **octet == b'\n').count() as u64 + 1;
        for observation in timeline.observations() {
            if let Spot::Line(line) = observation.place.spot {
                assert!((1..=lines).contains(&line));
            }
            assert!(observation.place.text.chars().count() <= Sink::WIDTH + 1);
        }
        assert_eq!(read().observations(), timeline.observations());
    }
});
