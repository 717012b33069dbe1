#![no_main]

use fuzz::Script;
use ingest::{Settings, Sink};
use libfuzzer_sys::fuzz_target;
use observe::Timeline;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;
const RECORDS: usize = 512;

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let mut file = b"ElfFile\0".to_vec();
    file.resize(HEADER, 0);
    file[40..42].copy_from_slice(&4096_u16.to_le_bytes());
    let mut chunk = b"ElfChnk\0".to_vec();
    chunk.resize(RECORDS, 0);
    // Sound records around octets of binary XML, whose offsets count from the beginning of the chunk.
    while !script.is_empty() && chunk.len() < CHUNK - 4096 {
        let len = script.word() % 2048;
        let body = script.bytes(len.into());
        let size = u32::try_from(28 + body.len()).unwrap_or_default();
        chunk.extend([0x2a, 0x2a, 0, 0]);
        chunk.extend(size.to_le_bytes());
        chunk.extend([0; 16]);
        chunk.extend(body);
        chunk.extend(size.to_le_bytes());
    }
    chunk.resize(CHUNK, 0);
    file.extend(chunk);
    let mut timeline = Timeline::new();
    ingest::read("log.evtx", file.as_slice(), &Settings::default(), &mut timeline, &mut |_| {})
        .expect("memory can be read");
    assert!(timeline.observations().len() <= Sink::MOST);
});
