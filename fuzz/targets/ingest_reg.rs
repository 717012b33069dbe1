#![no_main]

use ingest::{Settings, Sink};
use libfuzzer_sys::fuzz_target;
use observe::Timeline;

fuzz_target!(|data: &[u8]| {
    // Half of the files are UTF-16, as regedit writes them.
    let (wide, text) = data.split_first().map_or((false, data), |(first, rest)| (first & 1 == 1, rest));
    let mut file = if wide { vec![0xff, 0xfe] } else { Vec::new() };
    for octet in b"REGEDIT4\n".iter().chain(text) {
        file.push(*octet);
        if wide {
            file.push(0);
        }
    }
    let mut timeline = Timeline::new();
    ingest::read("export.reg", file.as_slice(), &Settings::default(), &mut timeline, &mut |_| {})
        .expect("memory can be read");
    assert!(timeline.observations().len() <= Sink::MOST);
});
