//! Recorded traffic, when the environment variable CAUSEWAY_CAPTURES names the directory that holds it.

use std::path::PathBuf;

use crypto::Secret;
use wire::l2tp::MessageType;

use super::*;

/// The UDP payloads of a capture of Ethernet frames, or `None` without captures.
fn payloads(name: &str) -> Option<Vec<Vec<u8>>> {
    let Some(directory) = std::env::var_os("CAUSEWAY_CAPTURES") else {
        println!("skipped: CAUSEWAY_CAPTURES is not set");
        return None;
    };
    let file = std::fs::read(PathBuf::from(directory).join(name)).unwrap();
    let frames = if file.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) { pcapng(&file) } else { pcap(&file) };
    let udp = |frame: &[u8]| {
        let ip = frame.get(14..)?;
        let header = usize::from(ip.first()? & 0x0f) * 4;
        (*ip.get(9)? == 17).then(|| ip.get(header + 8..).map(<[u8]>::to_vec))?
    };
    Some(frames.iter().filter_map(|frame| udp(frame)).collect())
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn pcapng(file: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut rest = file;
    while rest.len() >= 12 {
        let (kind, length) = (word(rest, 0), word(rest, 4));
        if kind == 6 {
            frames.push(rest[28..28 + word(rest, 20)].to_vec());
        }
        rest = &rest[length..];
    }
    frames
}

fn pcap(file: &[u8]) -> Vec<Vec<u8>> {
    let little = file[0] == 0xd4;
    let word = |bytes: &[u8], at: usize| {
        if little { word(bytes, at) } else { u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize }
    };
    let mut frames = Vec::new();
    let mut rest = &file[24..];
    while rest.len() >= 16 {
        let length = word(rest, 8).min(rest.len() - 16);
        frames.push(rest[16..16 + length].to_vec());
        rest = &rest[16 + length..];
    }
    frames
}

#[test]
fn a_recorded_call_of_xl2tpd_comes_up_here_too() {
    let Some(payloads) = payloads("misc/l2tp-xl2tpd.pcapng") else { return };
    let kinds: Vec<_> = payloads.iter().map(|bytes| Control::parse(bytes).unwrap().kind).collect();
    let zlb = None;
    let expected = [
        Some(MessageType::SCCRQ),
        Some(MessageType::SCCRP),
        Some(MessageType::SCCCN),
        zlb,
        Some(MessageType::ICRQ),
        Some(MessageType::ICRP),
        zlb,
        Some(MessageType::ICCN),
        zlb,
        Some(MessageType::CDN),
        zlb,
    ];
    assert_eq!(kinds, expected);

    // The recorded LAC speaks to us: only our ids stand where the recorded LNS's did.
    let mut lac = Puppet::new(Config { secret: Some(Secret::from("sekrit")), ..Config::new("lns") });
    let (mut tunnel, mut session) = (0, 0);
    for at in [0, 2, 4, 7] {
        let mut bytes = payloads[at].clone();
        let recorded = Control::parse(&payloads[at]).unwrap();
        if recorded.tunnel != 0 {
            bytes[4..6].copy_from_slice(&u16::to_be_bytes(tunnel));
        }
        if recorded.session != 0 {
            bytes[6..8].copy_from_slice(&u16::to_be_bytes(session));
        }
        for answer in lac.raw(&bytes) {
            match read(&answer) {
                Some(Message::Sccrp(reply)) => {
                    tunnel = reply.assigned_tunnel;
                    let Some(Message::Sccrp(theirs)) = read(&payloads[1]) else { panic!("no SCCRP is recorded") };
                    assert_eq!(reply.challenge_response, theirs.challenge_response);
                }
                Some(Message::Icrp(reply)) => session = reply.assigned_session,
                other => assert_eq!(other, None),
            }
        }
    }
    let events = lac.events();
    let [Event::TunnelUp { identity, .. }, Event::CallUp { remote_session, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((identity.host_name.as_deref(), *remote_session), (Some(&b"vm"[..]), 0xa684));
}

#[test]
fn recorded_impossible_lengths_are_named_and_answered_by_nothing() {
    let Some(payloads) = payloads("tcpdump/l2tp-avp-overflow.pcap") else { return };
    let mut peer = Puppet::new(Config::new("lns"));
    for bytes in payloads {
        assert!(peer.raw(&bytes).is_empty());
    }
    let refused: u64 = peer.engine.drops().iter().map(|(_, count)| count).sum();
    assert!(refused > 0 && peer.events().is_empty());
}
