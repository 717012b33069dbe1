#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::ppp::{
    AuthProtocol, MsChapFailure, MsChapV2Response, Options, Packet, PapCredentials, Protocol, TerminateReason,
    address_value, chap_value, echo_magic, encode_chap_value, frame, full_frame, identification, interface_id_value,
    pap_message,
};

fuzz_target!(|data: &[u8]| {
    let Ok((protocol, start)) = frame(data) else { return };
    let information = &data[start..];
    if protocol.0 & 0x0101 == 1 {
        assert_eq!(frame(&full_frame(protocol, information)), Ok((protocol, 4)));
    }
    let Ok(packet) = Packet::parse(information) else { return };
    let encoded = packet.encode();
    assert_eq!(Packet::parse(&encoded), Ok(packet));
    for option in Options::new(packet.data).flatten() {
        let _ = (address_value(option.value), interface_id_value(option.value));
        if let Ok(authentication) = AuthProtocol::parse(option.value) {
            assert_eq!(AuthProtocol::parse(&authentication.encode()), Ok(authentication));
        }
    }
    let _ = (echo_magic(packet), identification(packet), TerminateReason::parse(packet.data));
    match protocol {
        Protocol::CHAP => {
            if let Ok(value) = chap_value(packet.data) {
                assert_eq!(chap_value(&encode_chap_value(value.value, value.name)), Ok(value));
                let _ = MsChapV2Response::parse(value.value);
            }
            if let Ok(failure) = MsChapFailure::parse(packet.data) {
                let _ = MsChapFailure::parse(&failure.encode());
            }
        }
        Protocol::PAP => {
            if let Ok(credentials) = PapCredentials::parse(packet.data) {
                let encoded = credentials.encode().expect("a length of one octet was read");
                assert_eq!(PapCredentials::parse(&encoded), Ok(credentials));
            }
            let _ = pap_message(packet.data);
        }
        _ => {}
    }
});
