#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::Reader;
use wire::isakmp::{Chain, Delete, Fragment, Header, Identity, Notify, PayloadType, SaPayload, message};

fuzz_target!(|data: &[u8]| {
    if let Ok((header, body)) = message(data) {
        let again = header.emit(body);
        assert_eq!(
            message(&again).map(|(again, body)| (Header { length: header.length, ..again }, body)),
            Ok((header, body))
        );
    }
    let Ok(chain) = Chain::parse(data) else { return };
    for payload in chain.payloads() {
        let reader = |octets| Reader::new(wire::Layer::Isakmp, octets);
        match payload.kind {
            PayloadType::SA => {
                if let Ok(sa) = SaPayload::parse(payload.reader()) {
                    assert_eq!(SaPayload::parse(reader(&sa.emit())), Ok(sa));
                }
            }
            PayloadType::IDENTIFICATION => {
                if let Ok(id) = Identity::parse(payload.reader()) {
                    assert_eq!(Identity::parse(reader(&id.emit())), Ok(id));
                }
            }
            PayloadType::NOTIFICATION => {
                if let Ok(notify) = Notify::parse(payload.reader()) {
                    assert_eq!(Notify::parse(reader(&notify.emit())), Ok(notify));
                }
            }
            PayloadType::DELETE => {
                if let Ok(delete) = Delete::parse(payload.reader()) {
                    assert_eq!(Delete::parse(reader(&delete.emit())), Ok(delete));
                }
            }
            PayloadType::FRAGMENT => {
                if let Ok(fragment) = Fragment::parse(payload.reader()) {
                    assert_eq!(Fragment::parse(reader(&fragment.emit())), Ok(fragment));
                }
            }
            _ => {}
        }
    }
});
