use hex_literal::hex;
use proptest::prelude::*;

use super::*;
use crate::l2tp::{Control, DisconnectCode, ErrorCode, NoSecret, Sequence, set_sequence};

fn decode(message: &[u8]) -> (Control<'_>, Message) {
    let control = Control::parse(message).unwrap();
    let attributes = control.attributes(&NoSecret);
    assert_eq!((attributes.problem, attributes.ignored), (None, 0));
    let decoded = Message::from_attributes(control.kind.unwrap(), attributes).unwrap();
    (control, decoded)
}

#[test]
fn a_request_of_xl2tpd_is_read_and_written_octet_for_octet() {
    let captured = hex!(
        "c802 0079 0000 0000 0000 0000 8008 0000 0000 0001 8008 0000 0002 0100 800a 0000 0003 00000003"
        "800a 0000 0004 00000000 0008 0000 0006 0690 8008 0000 0007 766d 0013 0000 0008 78656c6572616e63652e636f6d"
        "8008 0000 0009 6cac 8008 0000 000a 0004 8016 0000 000b fdd387b47fd9aa3ea0d3f91709b719ee"
    );
    let (control, message) = decode(&captured);
    assert_eq!((control.tunnel, control.session, control.sequence), (0, 0, Sequence { ns: 0, nr: 0 }));
    let Message::Sccrq(start) = &message else { panic!("{message:?}") };
    assert_eq!(start.host_name.as_deref(), Some(&b"vm"[..]));
    assert_eq!((start.assigned_tunnel, start.receive_window, start.firmware), (0x6cac, Some(4), Some(0x0690)));
    // We never set M on bearer capabilities; everything else is the same.
    let mut written = message.encode(0, 0);
    written[12 + 8 + 8 + 10] |= 0x80;
    assert_eq!(written, captured);
}

#[test]
fn a_disconnect_of_xl2tpd_is_read() {
    let captured =
        hex!("c802 0026 6cac a684 0002 0004 8008 0000 0000 000e 800a 0000 0001 0001 0000 8008 0000 000e ebd8");
    let (control, message) = decode(&captured);
    assert_eq!((control.tunnel, control.session), (0x6cac, 0xa684));
    let result = ResultCode { result: 1, error: Some(ErrorCode::NONE), message: Vec::new() };
    assert_eq!(
        message,
        Message::Cdn(CallEnded { assigned_session: Some(0xebd8), result: Some(result), ppp_cause: None })
    );
}

#[test]
fn a_host_name_may_be_missing_and_an_assigned_tunnel_may_not() {
    let nameless = AvpWriter::new(0, 0, MessageType::SCCRQ)
        .mandatory(Attribute::PROTOCOL_VERSION, &[1, 0])
        .mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 7]);
    assert!(matches!(decode(&nameless.finish()).1, Message::Sccrq(StartControl { host_name: None, .. })));

    let bare = AvpWriter::new(0, 0, MessageType::SCCRQ).mandatory(Attribute::PROTOCOL_VERSION, &[1, 0]).finish();
    let control = Control::parse(&bare).unwrap();
    let missing = Message::from_attributes(MessageType::SCCRQ, control.attributes(&NoSecret)).unwrap_err();
    assert_eq!((missing.field, missing.problem), ("Assigned Tunnel ID", Problem::Missing));
}

#[test]
fn the_message_type_must_come_first() {
    let mut message = AvpWriter::new(0, 0, MessageType::SCCRQ).mandatory(Attribute::PROTOCOL_VERSION, &[1, 0]).finish();
    let avps = message.split_off(12);
    message.extend([&avps[8..], &avps[..8]].concat());
    assert_eq!(Control::parse(&message).unwrap_err().field, "Message Type");
}

#[test]
fn every_attribute_with_every_length_and_flag_is_read_without_harm() {
    let mut judged = 0_u32;
    for attribute in (0..64).chain([999, 0x7fff, 0xffff]) {
        for vendor in [0_u16, 9, 311] {
            for flags in [0_u16, 0x8000, 0x4000, 0xc000, 0x2000, 0xbc00] {
                for length in (0..48_u16).chain([100, 1017, 1023]) {
                    // One AVP whose length field says `length`, with up to forty octets behind it.
                    let mut message = AvpWriter::new(1, 1, MessageType::ICRQ).finish();
                    message.extend((flags | length).to_be_bytes());
                    message.extend(vendor.to_be_bytes());
                    message.extend(u16::to_be_bytes(attribute));
                    message.extend([0x5a; 40]);
                    let total = u16::try_from(message.len()).unwrap();
                    message[2..4].copy_from_slice(&total.to_be_bytes());
                    let attributes = Control::parse(&message).unwrap().attributes(&NoSecret);
                    assert!(length >= 6 || attributes.problem.is_some(), "length {length} is shorter than its header");
                    judged += u32::from(attributes.problem.is_some());
                }
            }
        }
    }
    assert!(judged > 0);
}

fn text() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 1..40))
}

fn start() -> impl Strategy<Value = StartControl> {
    let numbers = (any::<u16>(), any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u64>>(), 1..=u16::MAX);
    let names = (any::<Option<u16>>(), text(), text(), any::<Option<u16>>(), text(), any::<Option<[u8; 16]>>());
    (numbers, names).prop_map(|(numbers, names)| {
        let (protocol_version, framing_capabilities, bearer_capabilities, tie_breaker, assigned_tunnel) = numbers;
        let (firmware, host_name, vendor_name, receive_window, challenge, challenge_response) = names;
        StartControl {
            protocol_version,
            framing_capabilities,
            bearer_capabilities,
            tie_breaker,
            firmware,
            host_name,
            vendor_name,
            assigned_tunnel,
            receive_window,
            challenge,
            challenge_response,
        }
    })
}

fn result() -> impl Strategy<Value = Option<ResultCode>> {
    let result = (1_u16..=255, proptest::option::of((any::<u16>(), proptest::collection::vec(any::<u8>(), 0..40))));
    proptest::option::of(result.prop_map(|(result, error)| match error {
        Some((error, message)) => ResultCode { result, error: Some(ErrorCode(error)), message },
        None => ResultCode { result, error: None, message: Vec::new() },
    }))
}

fn message() -> impl Strategy<Value = Message> {
    let request = (any::<u16>(), any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u32>>(), text(), text());
    let icrq = (request, text(), any::<Option<[u8; 16]>>()).prop_map(|(request, sub_address, correlation_id)| {
        let (assigned_session, call_serial, bearer_type, physical_channel, called_number, calling_number) = request;
        Message::Icrq(CallRequest {
            assigned_session,
            call_serial,
            bearer_type,
            physical_channel,
            called_number,
            calling_number,
            sub_address,
            correlation_id,
        })
    });
    let iccn =
        (any::<[Option<u32>; 3]>(), any::<Option<u16>>(), any::<bool>()).prop_map(|(numbers, proxy, sequenced)| {
            Message::Iccn(CallConnected {
                tx_connect_speed: numbers[0],
                framing_type: numbers[1],
                rx_connect_speed: numbers[2],
                proxy_authen_type: proxy.map(ProxyAuthenType),
                sequencing_required: sequenced,
            })
        });
    let cause = (any::<u16>(), any::<u16>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40));
    let cause = cause.prop_map(|(code, protocol, direction, message)| PppDisconnectCause {
        code: DisconnectCode(code),
        protocol,
        direction,
        message,
    });
    let cdn = (any::<Option<u16>>(), result(), proptest::option::of(cause)).prop_map(
        |(assigned_session, result, ppp_cause)| Message::Cdn(CallEnded { assigned_session, result, ppp_cause }),
    );
    prop_oneof![
        start().prop_map(Message::Sccrq),
        start().prop_map(Message::Sccrp),
        any::<Option<[u8; 16]>>().prop_map(|challenge_response| Message::Scccn(TunnelConnected { challenge_response })),
        (proptest::option::of(1..=u16::MAX), result())
            .prop_map(|(assigned_tunnel, result)| Message::StopCcn(TunnelStopped { assigned_tunnel, result })),
        any::<u16>().prop_map(Message::Ocrq),
        any::<u16>().prop_map(|assigned_session| Message::Icrp(CallAnswered { assigned_session })),
        icrq,
        iccn,
        cdn,
        Just(Message::Hello),
        Just(Message::Unknown(MessageType(77))),
    ]
}

proptest! {
    #[test]
    fn a_written_message_reads_back(message in message(), tunnel: u16, session: u16, ns: u16, nr: u16) {
        let mut bytes = message.encode(tunnel, session);
        set_sequence(&mut bytes, Sequence { ns, nr });
        let (control, decoded) = decode(&bytes);
        prop_assert_eq!((control.tunnel, control.session, control.sequence), (tunnel, session, Sequence { ns, nr }));
        prop_assert_eq!(decoded, message);
    }

    #[test]
    fn no_avp_list_makes_the_parser_panic(kind in 0_u16..20, avps in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = AvpWriter::new(1, 0, MessageType(kind)).finish();
        bytes.extend(avps);
        let total = u16::try_from(bytes.len()).unwrap();
        bytes[2..4].copy_from_slice(&total.to_be_bytes());
        let control = Control::parse(&bytes).unwrap();
        let _ = Message::from_attributes(MessageType(kind), control.attributes(&NoSecret));
    }
}
