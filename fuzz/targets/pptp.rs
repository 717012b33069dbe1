#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::pptp::{Gre, Message, frame};

fuzz_target!(|data: &[u8]| {
    let mut stream = data;
    while let Ok(Some((octets, taken))) = frame(stream) {
        if let Ok(message) = Message::parse(octets) {
            assert_eq!(Message::parse(&message.emit()), Ok(message));
        }
        stream = &stream[taken..];
    }
    if let Ok(gre) = Gre::parse(data) {
        let again = gre.emit();
        assert_eq!(Gre::parse(&again), Ok(gre));
    }
});
