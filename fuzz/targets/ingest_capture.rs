#![no_main]

use fuzz::Script;
use ingest::{Keys, Settings, Sink};
use libfuzzer_sys::fuzz_target;
use observe::Timeline;

/// What lies at the ports and under the protocol numbers that are followed.
const UDP_PORTS: [u16; 8] = [500, 4500, 1701, 1812, 1813, 53, 67, 68];

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let file = if script.octet() & 1 == 0 { data.get(1..).unwrap_or_default().to_vec() } else { packets(&mut script) };
    let keys = "0102030405060708,000102030405060708090a0b0c0d0e0f";
    let settings = Settings { keys: Keys::parse(keys), ..Settings::default() };
    let mut timeline = Timeline::new();
    ingest::read("capture", file.as_slice(), &settings, &mut timeline, &mut |_| {}).expect("memory can be read");
    assert!(timeline.observations().len() <= Sink::MOST);
    let mut again = Timeline::new();
    ingest::read("capture", file.as_slice(), &settings, &mut again, &mut |_| {}).expect("memory can be read");
    assert_eq!(timeline.observations(), again.observations(), "the same file tells the same");
});

/// A capture of sound IP packets with the script's payloads.
fn packets(script: &mut Script<'_>) -> Vec<u8> {
    let mut file = [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 0xffff, 101].map(u32::to_be_bytes).concat();
    let mut seconds = 0_u32;
    while !script.is_empty() {
        let head = script.octet();
        let port = UDP_PORTS[usize::from(head >> 4) % UDP_PORTS.len()];
        let (source, destination) = if head & 1 == 0 { (1, 2) } else { (2, 1) };
        let len = script.word() % 600;
        let payload = script.bytes(len.into());
        let (protocol, body) = match head & 0x0e {
            0 => (50, payload.to_vec()),
            2 => (47, [&[0x30, 0x81, 0x88, 0x0b][..], payload].concat()),
            4 => (6, [&(if head & 1 == 0 { [9, 9, 6, 0xbb] } else { [6, 0xbb, 9, 9] })[..], payload].concat()),
            6 => (1, payload.to_vec()),
            8 => (44, payload.to_vec()),
            _ => {
                let length = u16::try_from(8 + payload.len()).unwrap_or(u16::MAX);
                (17, [&[port, port, length, 0].map(u16::to_be_bytes).concat(), payload].concat())
            }
        };
        let total = u16::try_from(20 + body.len()).unwrap_or(u16::MAX);
        let fragment = if protocol == 44 { 0x2000_u16 | u16::from(script.octet()) } else { 0 };
        let mut packet = [0x4500, total, 7, fragment].map(u16::to_be_bytes).concat();
        packet.extend([64, if protocol == 44 { 17 } else { protocol }, 0, 0, 10, 0, 0, source, 10, 0, 0, destination]);
        packet.extend(body);
        seconds = seconds.wrapping_add(u32::from(script.octet()));
        let length = u32::try_from(packet.len()).unwrap_or(0);
        file.extend([seconds, 0, length, length].map(u32::to_be_bytes).concat());
        file.extend(packet);
    }
    file
}
