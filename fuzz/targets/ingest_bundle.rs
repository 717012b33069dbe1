#![no_main]

use fuzz::Script;
use ingest::Settings;
use libfuzzer_sys::fuzz_target;
use observe::Timeline;

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut file = Vec::new();
    // Local headers of zip around the script's octets: stored or deflated, sizes in front or behind.
    while !script.is_empty() {
        let head = script.octet();
        let len = script.word() % 1024;
        let body = script.bytes(len.into());
        file.extend(b"PK\x03\x04\x14\0");
        file.extend([if head & 1 == 1 { 8 } else { 0 }, 0, if head & 2 == 2 { 8 } else { 0 }, 0]);
        file.extend([0; 8]);
        let len = u32::try_from(body.len()).unwrap_or_default();
        file.extend(len.to_le_bytes());
        file.extend(len.to_le_bytes());
        file.extend([1, 0, 0, 0, b'a']);
        file.extend(body);
    }
    for file in [file.as_slice(), data] {
        let mut timeline = Timeline::new();
        ingest::read("bundle.zip", file, &Settings::default(), &mut timeline, &mut |_| {}).expect("memory can be read");
        assert!(timeline.sources().len() <= 501);
    }
});
