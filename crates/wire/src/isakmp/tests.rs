use proptest::prelude::*;

use super::*;
use crate::{Layer, Malformed, Problem, Reader};

fn header(next_payload: PayloadType) -> Header {
    Header {
        cookies: Cookies { initiator: Cookie(*b"initiato"), responder: Cookie(*b"responde") },
        next_payload,
        version: Header::VERSION_1,
        exchange: ExchangeType::MAIN_MODE,
        flags: Flags::default(),
        message_id: 0,
        length: 0,
    }
}

fn reader(body: &[u8]) -> Reader<'_> {
    Reader::new(Layer::Isakmp, body)
}

fn windows_like_sa() -> SaPayload {
    let transform = |number, key_length: u16, group| Transform {
        number,
        id: TransformId::KEY_IKE,
        attributes: vec![
            Attribute::short(Phase1Attribute::ENCRYPTION.0, Encryption::AES_CBC.0),
            Attribute::short(Phase1Attribute::KEY_LENGTH.0, key_length),
            Attribute::short(Phase1Attribute::HASH.0, HashNumber::SHA1.0),
            Attribute::short(Phase1Attribute::GROUP_DESCRIPTION.0, group),
            Attribute::short(Phase1Attribute::AUTHENTICATION_METHOD.0, AuthMethod::PRE_SHARED_KEY.0),
            Attribute::short(Phase1Attribute::LIFE_TYPE.0, LifeType::SECONDS.0),
            Attribute::long(Phase1Attribute::LIFE_DURATION.0, 28800),
        ],
    };
    SaPayload::ipsec(vec![Proposal {
        number: 1,
        protocol: ProtocolId::ISAKMP,
        spi: Vec::new(),
        transforms: vec![transform(1, 256, 20), transform(2, 128, 19), transform(3, 256, 14)],
    }])
}

#[test]
fn a_chain_comes_back_as_it_was_built() {
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::NONCE, b"nonce").push(PayloadType::VENDOR_ID, b"").prepend(PayloadType::HASH, b"hash");
    chain.push(PayloadType::NAT_D, b"hash of an address");
    let mut message = header(chain.first()).emit(chain.octets());
    message.extend_from_slice(&[0; 5]);
    let parsed = Chain::parse(&message).unwrap();
    let kinds: Vec<_> = parsed.payloads().iter().map(|payload| (payload.kind, payload.body)).collect();
    assert_eq!(
        kinds,
        [
            (PayloadType::HASH, &b"hash"[..]),
            (PayloadType::NONCE, b"nonce"),
            (PayloadType::VENDOR_ID, b""),
            (PayloadType::NAT_D, b"hash of an address"),
        ]
    );
    assert_eq!(parsed.trailing(), [0; 5]);
    assert_eq!(parsed.after_first(), &chain.octets()[8..]);
}

#[test]
fn octets_after_the_stated_length_are_not_part_of_the_message() {
    let mut datagram = header(PayloadType::NONE).emit(b"body");
    datagram.extend_from_slice(b"padding");
    let (header, body) = message(&datagram).unwrap();
    assert_eq!((header.length, body), (32, &b"body"[..]));
    datagram.truncate(30);
    assert_eq!(message(&datagram).unwrap_err().field, "length");
}

#[test]
fn an_error_inside_a_payload_names_its_place_in_the_message() {
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::NONCE, &[0; 16]).push(PayloadType::IDENTIFICATION, &[1, 0, 0, 0, 192, 0, 2]);
    let message = header(chain.first()).emit(chain.octets());
    let parsed = Chain::parse(&message).unwrap();
    let id = parsed.exactly_one(PayloadType::IDENTIFICATION, "IDii").unwrap();
    let error = Identity::parse(id.reader()).unwrap_err();
    let problem = Problem::BadLength { got: 3, min: 4, max: 4 };
    assert_eq!(error, Malformed { layer: Layer::Isakmp, field: "ID data", offset: 28 + 20 + 8, problem });
}

#[test]
fn a_message_with_too_many_payloads_is_malformed() {
    let mut chain = ChainBuilder::new();
    for _ in 0..MAX_PAYLOADS {
        chain.push(PayloadType::VENDOR_ID, b"x");
    }
    assert!(Chain::parse(&header(chain.first()).emit(chain.octets())).is_ok());
    chain.push(PayloadType::VENDOR_ID, b"x");
    let error = Chain::parse(&header(chain.first()).emit(chain.octets())).unwrap_err();
    assert_eq!(error.problem, Problem::TooMany { limit: MAX_PAYLOADS });
}

#[test]
fn a_payload_that_may_stand_once_is_refused_twice() {
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::NONCE, &[1; 16]).push(PayloadType::NONCE, &[2; 16]);
    let message = header(chain.first()).emit(chain.octets());
    let parsed = Chain::parse(&message).unwrap();
    assert_eq!(parsed.exactly_one(PayloadType::NONCE, "Ni").unwrap_err().problem, Problem::Repeated);
    assert_eq!(parsed.exactly_one(PayloadType::KEY_EXCHANGE, "KE").unwrap_err().problem, Problem::Missing);
}

#[test]
fn the_windows_7_offer_has_the_size_seen_on_the_wire() {
    // MM1 of 384 octets: header, five transforms of which two 3DES ones have no key length, seven vendor IDs.
    let mut sa = windows_like_sa();
    let transforms = &mut sa.proposals[0].transforms;
    transforms.extend([transforms[2].clone(), transforms[2].clone()]);
    for transform in &mut transforms[3..] {
        transform.attributes.remove(1);
    }
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::SA, &sa.emit());
    for (len, version) in [(16, true), (16, false), (16, false), (16, false), (16, false), (16, false), (16, false)] {
        chain.push(PayloadType::VENDOR_ID, &vec![0; len + if version { 4 } else { 0 }]);
    }
    assert_eq!(header(chain.first()).emit(chain.octets()).len(), 384);
}

#[test]
fn a_wrong_transform_count_and_a_foreign_doi_are_named() {
    let mut body = windows_like_sa().emit();
    body[15] = 2;
    assert_eq!(SaPayload::parse(reader(&body)).unwrap_err().field, "number of transforms");
    body[3] = 2;
    assert_eq!(SaPayload::parse(reader(&body)).unwrap_err().field, "DOI");
}

#[test]
fn proposals_and_transforms_are_bounded() {
    let mut sa = windows_like_sa();
    let transform = sa.proposals[0].transforms[0].clone();
    sa.proposals[0].transforms = vec![transform; MAX_TRANSFORMS + 1];
    assert_eq!(SaPayload::parse(reader(&sa.emit())).unwrap_err().problem, Problem::TooMany { limit: MAX_TRANSFORMS });
    let mut sa = windows_like_sa();
    sa.proposals[0].transforms.truncate(1);
    let proposal = sa.proposals[0].clone();
    sa.proposals = vec![proposal; MAX_PROPOSALS + 1];
    assert_eq!(SaPayload::parse(reader(&sa.emit())).unwrap_err().problem, Problem::TooMany { limit: MAX_PROPOSALS });
}

#[test]
fn vendor_ids_are_known_with_their_version() {
    let mut windows_7 = VendorKind::MsNt5.octets().to_vec();
    windows_7.extend([0, 0, 0, 8]);
    assert_eq!(VendorId(&windows_7).kind(), Some(VendorKind::MsNt5));
    assert_eq!(VendorId(&windows_7).to_string(), "MS NT5 ISAKMPOAKLEY 0x8");
    let fragmentation = VendorKind::Fragmentation.octets();
    assert_eq!(VendorId(fragmentation).version(), None);
    assert_eq!(VendorId(&[fragmentation, &[0x80, 0, 0, 0]].concat()).version(), Some(0x8000_0000));
    assert_eq!(VendorId(&[fragmentation, &[0; 5]].concat()).kind(), None);
    assert_eq!(VendorId(b"\x01\xff").to_string(), "01ff");
}

#[test]
fn a_name_from_the_network_is_printed_escaped() {
    let id = Identity { kind: IdType::FQDN, protocol: 17, port: 1701, data: b"a\n\x1b;$(x)\"".to_vec() };
    assert_eq!(id.to_string(), "ID_FQDN \"a\\n\\x1b;$(x)\\\"\"[17/1701]");
}

fn parse_everything(message: &[u8]) {
    let Ok(chain) = Chain::parse(message) else { return };
    for payload in chain.payloads() {
        let _ = SaPayload::parse(payload.reader());
        let _ = Identity::parse(payload.reader());
        let _ = Notify::parse(payload.reader());
        let _ = Delete::parse(payload.reader());
        let _ = Fragment::parse(payload.reader());
        let _ = VendorId(payload.body).to_string();
    }
    assert!(chain.payloads().len() <= MAX_PAYLOADS);
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let value = prop_oneof![
        any::<u16>().prop_map(AttributeValue::Short),
        proptest::collection::vec(any::<u8>(), 0..12).prop_map(AttributeValue::Long),
    ];
    (0..0x8000u16, value).prop_map(|(class, value)| Attribute { class, value })
}

fn proposal() -> impl Strategy<Value = Proposal> {
    let transform = (any::<u8>(), any::<u8>(), proptest::collection::vec(attribute(), 0..8))
        .prop_map(|(number, id, attributes)| Transform { number, id: TransformId(id), attributes });
    let spi = proptest::collection::vec(any::<u8>(), 0..9);
    (any::<u8>(), any::<u8>(), spi, proptest::collection::vec(transform, 0..6)).prop_map(
        |(number, protocol, spi, transforms)| Proposal { number, protocol: ProtocolId(protocol), spi, transforms },
    )
}

proptest! {
    #[test]
    fn no_octets_make_a_parser_fail_otherwise_than_by_an_error(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        parse_everything(&octets);
        let _ = message(&octets);
    }

    #[test]
    fn a_damaged_message_never_harms(seed in proptest::collection::vec((0..400usize, any::<u8>()), 1..6), cut in 0..400usize) {
        let mut chain = ChainBuilder::new();
        chain.push(PayloadType::SA, &windows_like_sa().emit());
        chain.push(PayloadType::IDENTIFICATION, &[1, 17, 6, 165, 192, 0, 2, 1]);
        chain.push(PayloadType::NOTIFICATION, &Notify::isakmp(NotifyType::INITIAL_CONTACT).emit());
        let mut message = header(chain.first()).emit(chain.octets());
        for (at, octet) in seed {
            let len = message.len();
            message[at % len] = octet;
        }
        message.truncate(cut.max(1));
        parse_everything(&message);
    }

    #[test]
    fn an_sa_payload_comes_back(proposals in proptest::collection::vec(proposal(), 1..6)) {
        let sa = SaPayload::ipsec(proposals);
        prop_assert_eq!(SaPayload::parse(reader(&sa.emit())), Ok(sa));
    }

    #[test]
    fn notify_and_delete_come_back(spi in proptest::collection::vec(any::<u8>(), 1..17), kind: u16, count in 0..5usize) {
        let notify = Notify { spi: spi.clone(), data: spi.clone(), ..Notify::isakmp(NotifyType(kind)) };
        prop_assert_eq!(Notify::parse(reader(&notify.emit())), Ok(notify));
        let delete = Delete { doi: Doi::IPSEC, protocol: ProtocolId::ESP, spis: vec![spi; count] };
        let parsed = Delete::parse(reader(&delete.emit())).unwrap();
        prop_assert_eq!(parsed.spis, delete.spis);
    }
}

/// Every file of the fuzzing corpus, as it stands and with a plausible header. `CAUSEWAY_CORPUS` is the directory of the
/// unpacked corpus.
#[test]
fn the_public_fuzzing_corpus_does_no_harm() {
    let Some(directory) = std::env::var_os("CAUSEWAY_CORPUS") else {
        eprintln!("skipped: CAUSEWAY_CORPUS is not set");
        return;
    };
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let octets = std::fs::read(entry.unwrap().path()).unwrap();
        parse_everything(&octets);
        let _ = message(&octets);
        files += 1;
    }
    assert!(files > 1000, "the corpus directory holds {files} files");
}
