#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = wire::l2tp::data_header(data) {
        assert!(data.get(header.payload_offset..header.payload_end).is_some());
    }
});
