//! The stack against another one, in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "it is a test")]

mod support;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proptest::prelude::*;
use support::*;
use userspace::Failure;
use userspace::failure::{Denial, Local, Refusal, Stage, Unreachable};
use userspace::netstack::{Event, FlowId, Limits};
use userspace::resolve::Name;

/// Writes `len` octets and finishes, reads what comes, until the other side has finished; returns what came.
fn transfer(pair: &mut Pair, flow: FlowId, len: usize) -> Vec<u8> {
    let (mut written, mut read) = (0, vec![]);
    pair.run_until(|pair| {
        let filled = pair.stack.write_with(flow, |room| {
            let len = room.len().min(len - written);
            (0..len).for_each(|at| room[at] = pattern(written + at));
            len
        });
        written += filled;
        if written == len {
            pair.stack.shutdown(flow);
        }
        pair.stack.read_with(flow, |octets| {
            read.extend_from_slice(octets);
            octets.len()
        });
        pair.stack.is_finished(flow)
    });
    read
}

fn is_pattern(octets: &[u8], len: usize) -> bool {
    octets.len() == len && octets.iter().enumerate().all(|(at, &octet)| octet == pattern(at))
}

#[test]
fn what_is_sent_comes_back() {
    let mut pair = Pair::new();
    let flow = pair.connected(ECHO);
    assert_eq!(*pair.stack.local_addr(flow).unwrap().ip(), CLIENT);
    assert!(is_pattern(&transfer(&mut pair, flow, 1_000_000), 1_000_000));
    pair.run_until(|pair| pair.ended(flow) == Some(None));
}

#[test]
fn lost_packets_are_made_good_in_either_direction() {
    for seed in 0..3 {
        let mut pair = Pair::new();
        pair.dice = chacha20::rand_core::SeedableRng::seed_from_u64(seed);
        pair.loss = 20;
        let flow = pair.connected(COUNT);
        assert_eq!(transfer(&mut pair, flow, 1_000_000), b"1000000 octets");
        let flow = pair.connected(SOURCE);
        assert!(is_pattern(&transfer(&mut pair, flow, 0), SOURCE_LEN));
    }
}

#[test]
fn a_window_is_large_enough_for_a_long_path() {
    let mut pair = Pair::new();
    pair.delay = Duration::from_millis(50);
    let flow = pair.connected(COUNT);
    let begun = pair.now;
    assert_eq!(transfer(&mut pair, flow, 4 << 20), b"4194304 octets");
    // The other side's window is 64 KiB: 4 MiB take 64 round trips of 100 ms, and slow start a few more.
    assert!(pair.now - begun < Duration::from_secs(9), "{:?}", pair.now - begun);
}

#[test]
fn one_side_may_finish_before_the_other() {
    let mut pair = Pair::new();
    let flow = pair.connected(HALF);
    pair.run_until(|pair| pair.stack.is_finished(flow));
    assert_eq!(pair.ended(flow), None);
    assert_eq!(pair.stack.write(flow, b"still here"), 10);
    pair.stack.shutdown(flow);
    assert_eq!(pair.stack.write(flow, b"no more"), 0);
    pair.run_until(|pair| pair.ended(flow) == Some(None));
    pair.stack.release(pair.now, flow);
    pair.run_until(|pair| pair.stack.flows() == 0 && pair.peer.connections() == 0);
}

#[test]
fn a_port_where_nothing_listens_refuses() {
    let mut pair = Pair::new();
    let flow = pair.connect(81);
    pair.run_until(|pair| pair.ended(flow) == Some(Some(Failure::Refused(Refusal::Reset))));
    pair.stack.release(pair.now, flow);
    assert_eq!(pair.stack.flows(), 0);
}

#[test]
fn a_reset_ends_a_connection_and_is_not_taken_for_its_end() {
    let mut pair = Pair::new();
    let flow = pair.connected(RESET);
    pair.stack.write(flow, b"hello");
    pair.run_until(|pair| pair.ended(flow) == Some(Some(Failure::Refused(Refusal::Broken))));
}

#[test]
fn silence_ends_an_attempt_after_a_while() {
    let mut pair = Pair::new();
    pair.cut = true;
    let flow = pair.connect(ECHO);
    pair.run_until(|pair| pair.ended(flow).is_some());
    let Some(Some(Failure::Silence { stage: Stage::Connect, elapsed })) = pair.ended(flow) else { panic!() };
    assert_eq!(elapsed, Duration::from_secs(20));
}

#[test]
fn a_peer_that_vanishes_is_noticed_on_a_quiet_connection() {
    let mut pair = Pair::new();
    let flow = pair.connected(ECHO);
    let hour = pair.now + Duration::from_secs(1800);
    pair.run_until(|pair| pair.now >= hour);
    assert_eq!(pair.ended(flow), None);
    pair.cut = true;
    pair.run_until(|pair| pair.ended(flow).is_some());
    let Some(Some(Failure::Silence { stage: Stage::Transfer, .. })) = pair.ended(flow) else { panic!() };
}

#[test]
fn a_router_that_cannot_deliver_ends_an_attempt_at_once_and_no_connection() {
    let mut pair = Pair::new();
    let open = pair.connected(ECHO);
    pair.cut = true;
    let flow = pair.connect(ECHO);
    let remote = SocketAddrV4::new(SERVER, ECHO);
    for flow in [open, flow] {
        let local = pair.stack.local_addr(flow).unwrap();
        pair.inject(&unreachable(6, 10, local, remote));
    }
    let refusal = Refusal::Unreachable(Unreachable::HOST_PROHIBITED);
    pair.run_until(|pair| pair.ended(flow) == Some(Some(Failure::Refused(refusal))));
    assert_eq!(pair.ended(open), None);
}

#[test]
fn an_aborted_connection_is_reset_at_the_other_side() {
    let mut pair = Pair::new();
    let flow = pair.connected(ECHO);
    assert_eq!(pair.peer.connections(), 1);
    pair.stack.abort(flow);
    pair.run_until(|pair| pair.peer.connections() == 0 && pair.stack.flows() == 0);
    assert_eq!(pair.ended(flow), None);
}

#[test]
fn what_was_written_before_a_release_still_arrives() {
    let mut pair = Pair::new();
    let flow = pair.connected(HALF);
    pair.run_until(|pair| pair.stack.is_finished(flow));
    assert_eq!(pair.stack.write(flow, &[1; 100_000]), 100_000);
    pair.stack.release(pair.now, flow);
    pair.run_until(|pair| pair.peer.connections() == 0 && pair.stack.flows() == 0);
}

#[test]
fn a_released_connection_whose_peer_reads_nothing_does_not_stay_for_ever() {
    let mut pair = Pair::new();
    let flow = pair.connected(STALL);
    assert_eq!(pair.stack.write(flow, &[1; 200_000]), 200_000);
    let begun = pair.now;
    pair.stack.release(pair.now, flow);
    pair.run_until(|pair| pair.stack.flows() == 0);
    assert!(pair.now - begun <= Duration::from_secs(61));
}

#[test]
fn a_peer_that_reads_nothing_holds_up_the_writer() {
    let mut pair = Pair::new();
    let flow = pair.connected(STALL);
    let mut written = 0;
    for _ in 0..3 {
        let until = pair.now + Duration::from_secs(30);
        pair.run_until(|pair| {
            written += pair.stack.write(flow, &[1; 8192]);
            pair.now >= until
        });
    }
    // Our buffer and the peer's.
    assert!((256 * 1024..=(256 + 64) * 1024).contains(&written), "{written}");
    assert_eq!(pair.stack.room(flow), 0);
    assert_eq!(pair.ended(flow), None);
}

#[test]
fn a_reader_that_reads_nothing_holds_up_the_peer_and_then_gets_everything() {
    let mut pair = Pair::new();
    let flow = pair.connected(SOURCE);
    let until = pair.now + Duration::from_secs(60);
    pair.run_until(|pair| pair.now >= until);
    assert!(pair.stack.readable(flow) <= 256 * 1024);
    assert!(is_pattern(&transfer(&mut pair, flow, 0), SOURCE_LEN));
}

#[test]
fn connections_are_limited_and_those_that_are_ending_give_way() {
    let limits = Limits { flows: 3, ..Limits::default() };
    let mut pair = Pair::with(&userspace::netstack::Config { limits, ..config() });
    let flows: Vec<_> = (0..3).map(|_| pair.connected(ECHO)).collect();
    let remote = SocketAddrV4::new(SERVER, ECHO);
    assert_eq!(pair.stack.connect(pair.now, remote), Err(Failure::Local(Local::Connections)));
    pair.stack.release(pair.now, flows[1]);
    assert!(pair.stack.connect(pair.now, remote).is_ok());
    assert_eq!(pair.stack.connect(pair.now, remote), Err(Failure::Local(Local::Connections)));
}

#[test]
fn many_connections_at_a_time() {
    let mut pair = Pair::new();
    pair.peer = Peer::with_backlog(pair.now, 50);
    let flows: Vec<_> = (0..50).map(|_| pair.connect(ECHO)).collect();
    let mut read = vec![vec![]; 50];
    let mut written = [false; 50];
    pair.run_until(|pair| {
        for (at, &flow) in flows.iter().enumerate() {
            if !written[at] && pair.stack.room(flow) > 0 {
                pair.stack.write(flow, &[at as u8; 5000]);
                pair.stack.shutdown(flow);
                written[at] = true;
            }
            pair.stack.read_with(flow, |octets| {
                read[at].extend_from_slice(octets);
                octets.len()
            });
        }
        flows.iter().all(|&flow| pair.stack.is_finished(flow))
    });
    for (at, read) in read.iter().enumerate() {
        assert_eq!(read, &[at as u8; 5000]);
    }
}

#[test]
fn names_are_resolved_by_the_servers_of_the_tunnel() {
    let mut pair = Pair::new();
    pair.peer.names.insert("host.example".to_owned(), OTHER_SERVER);
    let found = pair.stack.resolve(pair.now, Name::from_text("host.example").unwrap()).unwrap();
    let missing = pair.stack.resolve(pair.now, Name::from_text("nobody.example").unwrap()).unwrap();
    let event = |question, result| Event::Resolved { question, result };
    pair.run_until(|pair| {
        pair.events.contains(&event(found, Ok(vec![OTHER_SERVER])))
            && pair.events.contains(&event(missing, Err(Failure::Refused(Refusal::NoSuchName))))
    });
}

#[test]
fn a_name_server_that_does_not_exist_is_noticed_at_once() {
    let mut pair = Pair::new();
    pair.cut = true;
    let question = pair.stack.resolve(pair.now, Name::from_text("host.example").unwrap()).unwrap();
    let packet = pair.stack.poll_packet(pair.now).unwrap();
    let port = u16::from_be_bytes([packet[20], packet[21]]);
    let (from, to) = (SocketAddrV4::new(CLIENT, port), SocketAddrV4::new(SERVER, 53));
    pair.inject(&unreachable(17, 3, from, to));
    let failure = Failure::Refused(Refusal::Unreachable(Unreachable::PORT));
    pair.run_until(|pair| pair.events.contains(&Event::Resolved { question, result: Err(failure.clone()) }));
}

#[test]
fn an_echo_returns_or_is_given_up() {
    let mut pair = Pair::new();
    let ping = pair.stack.ping(pair.now, SERVER).unwrap();
    let result = Ok(Duration::from_millis(20));
    pair.run_until(|pair| pair.events.contains(&Event::Pong { ping, result: result.clone() }));
    let ping = pair.stack.ping(pair.now, Ipv4Addr::new(10, 9, 9, 9)).unwrap();
    let result = Err(Failure::Silence { stage: Stage::Transfer, elapsed: Duration::from_secs(5) });
    pair.run_until(|pair| pair.events.contains(&Event::Pong { ping, result: result.clone() }));
}

#[test]
fn destinations_that_are_none_are_refused() {
    let mut pair = Pair::new();
    for remote in ["0.0.0.0:1", "255.255.255.255:1", "224.0.0.1:1", "127.0.0.1:1", "10.0.0.2:1", "10.0.0.1:0"] {
        let result = pair.stack.connect(pair.now, remote.parse().unwrap());
        assert_eq!(result, Err(Failure::Denied(Denial::Destination)), "{remote}");
    }
}

#[test]
fn routers_may_fragment_what_is_sent() {
    let mut pair = Pair::new();
    pair.connect(ECHO);
    let packet = pair.stack.poll_packet(pair.now).unwrap();
    assert_eq!(packet[6] & 0x40, 0);
    assert_ne!(packet[4..6], [0, 0]);
}

#[test]
fn a_quiet_stack_wants_no_attention() {
    let mut pair = Pair::new();
    assert_eq!(pair.stack.poll_packet(pair.now), None);
    assert_eq!(pair.stack.poll_timeout(pair.now), None);
    let flow = pair.connected(ECHO);
    pair.run_until(|pair| pair.stack.poll_timeout(pair.now).is_some_and(|at| at > pair.now + Duration::from_secs(10)));
    pair.stack.abort(flow);
    pair.run_until(|pair| pair.stack.flows() == 0);
    assert_eq!(pair.stack.poll_packet(pair.now), None);
    assert_eq!(pair.stack.poll_timeout(pair.now), None);
}

/// What a hostile server can do to packets must not stop the program.
#[test]
fn damaged_segments_do_no_harm() {
    for seed in 0..10 {
        let mut pair = Pair::new();
        pair.dice = chacha20::rand_core::SeedableRng::seed_from_u64(seed);
        pair.damage = 200;
        pair.loss = 10;
        for round in 0..4 {
            let flows: Vec<_> = [ECHO, SOURCE, STALL, HALF].map(|port| pair.connect(port)).into();
            let until = pair.now + Duration::from_secs(20);
            pair.run_until(|pair| {
                for &flow in &flows {
                    pair.stack.write(flow, &[round; 3000]);
                    pair.stack.read_with(flow, |octets| octets.len());
                    if pair.stack.is_finished(flow) {
                        pair.stack.shutdown(flow);
                    }
                }
                pair.now >= until || flows.iter().all(|&flow| pair.ended(flow).is_some())
            });
            flows.iter().for_each(|&flow| pair.stack.release(pair.now, flow));
        }
    }
}

proptest! {
    /// Whatever comes, whole or in fragments, with correct checksums so that it is looked at.
    #[test]
    fn no_packets_panic_the_stack(packets in proptest::collection::vec(
        (
            prop_oneof![Just(1u8), Just(6), Just(17), any::<u8>()],
            prop_oneof![Just(0u16), 0x2000u16..0x2010, 0u16..0x10, any::<u16>()],
            0u16..4,
            proptest::collection::vec(any::<u8>(), 0..80),
            0u8..3,
        ),
        0..40,
    )) {
        let mut pair = Pair::new();
        let flow = pair.connected(ECHO);
        let _ = pair.stack.ping(pair.now, SERVER);
        let _ = pair.stack.resolve(pair.now, Name::from_text("host.example").unwrap());
        let port = pair.stack.local_addr(flow).unwrap().port();
        for (protocol, fragment, identification, mut payload, ports) in packets {
            if ports > 0 && payload.len() >= 4 {
                payload[..2].copy_from_slice(&if ports == 1 { ECHO } else { 53 }.to_be_bytes());
                payload[2..4].copy_from_slice(&port.to_be_bytes());
            }
            let mut packet = vec![0x45, 0, 0, 20 + payload.len() as u8];
            packet.extend(identification.to_be_bytes());
            packet.extend(fragment.to_be_bytes());
            packet.extend([64, protocol, 0, 0]);
            packet.extend(SERVER.octets());
            packet.extend(CLIENT.octets());
            packet.extend(payload);
            make_checksums_right(&mut packet);
            pair.inject(&packet);
            while pair.stack.poll_packet(pair.now).is_some() {}
        }
    }
}

/// A report that a packet from `from` to `to` was not delivered.
fn unreachable(protocol: u8, code: u8, from: SocketAddrV4, to: SocketAddrV4) -> Vec<u8> {
    let mut quoted = vec![0x45, 0, 0, 60, 0, 1, 0, 0, 63, protocol, 0, 0];
    quoted.extend(from.ip().octets());
    quoted.extend(to.ip().octets());
    quoted.extend(from.port().to_be_bytes());
    quoted.extend(to.port().to_be_bytes());
    quoted.extend([0; 4]);
    let mut message = vec![3, code, 0, 0, 0, 0, 0, 0];
    message.extend(&quoted);
    let sum = checksum(&message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0];
    packet.extend(SERVER.octets());
    packet.extend(CLIENT.octets());
    packet.extend(message);
    packet[3] = packet.len() as u8;
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

fn checksum(data: &[u8]) -> u16 {
    let sum: u32 = data.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
    !((sum & 0xffff) + (sum >> 16)) as u16
}
