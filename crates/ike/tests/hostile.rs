//! Strangers: whatever they send, they prove nothing, cost little and get back less than they sent.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::VecDeque;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use clock::Timestamp;
use common::*;
use ike::config::Limits;
use ike::{Config, Drop, Engine, Event, Failure, LocalFault, Path, Stage};
use proptest::prelude::*;
use wire::isakmp::{ChainBuilder, Fragment, PayloadType};

/// The messages of a handshake of a client that does not know the key, and of one that does, as the server received them.
fn recorded(key: &str) -> Vec<Datagram> {
    let mut pair = Pair::new();
    let mut initiate = pair.initiate();
    initiate.pre_shared_key = key.into();
    pair.connect_with(initiate);
    pair.sent.iter().filter(|datagram| datagram.to == Side::Server).cloned().collect()
}

/// A first message with its own cookie.
fn first_message(rng: &mut ChaCha20Rng) -> Vec<u8> {
    static RECORDED: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let mut message = RECORDED.get_or_init(|| recorded(KEY)[0].data.clone()).clone();
    rng.fill_bytes(&mut message[1..8]);
    message
}

struct Server {
    engine: Engine,
    rng: ChaCha20Rng,
    now: Timestamp,
}

impl Server {
    fn new(config: Config) -> Self {
        let now = Timestamp::ZERO + Duration::from_secs(1);
        Server { engine: Engine::new(config), rng: ChaCha20Rng::seed_from_u64(5), now }
    }

    /// Octets that went out in answer.
    fn receive(&mut self, remote: &str, data: &[u8]) -> usize {
        let path = Path { local: address("192.0.2.1:500"), remote: address(remote) };
        self.engine.handle_datagram(self.now, &mut self.rng, path, false, data);
        self.drain()
    }

    fn drain(&mut self) -> usize {
        std::iter::from_fn(|| self.engine.poll_transmit()).map(|transmit| transmit.data.len()).sum()
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.engine.poll_event()).collect()
    }
}

#[test]
fn no_order_of_messages_without_the_key_leads_to_an_ike_sa() {
    // Depth 6 over the messages of a stranger's own handshake, somebody else's recorded one, and the live answers turned round.
    let (own, foreign) = (recorded("wrong"), recorded(KEY));
    for seed in 0..400 {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut pair = Pair::new();
        // With the randomness of the recording its messages would be right again.
        pair.server = Host::new(server_config(), 1000 + seed);
        let mut initiate = pair.initiate();
        initiate.pre_shared_key = "wrong".into();
        pair.client.engine.initiate(pair.now, &mut pair.client.rng, initiate);
        let mut pool: VecDeque<Datagram> = own.iter().chain(&foreign).cloned().collect();
        for _ in 0..24 {
            pair.collect();
            pool.extend(pair.sent.drain(..));
            let pick = pool[rng.next_u32() as usize % pool.len()].clone();
            let mut turned = pick.clone();
            if rng.next_u32() % 4 == 0 {
                turned.to = if pick.to == Side::Server { Side::Client } else { Side::Server };
            }
            if rng.next_u32() % 4 == 0 {
                turned.data[16 + (rng.next_u32() % 4) as usize] ^= 1 << (rng.next_u32() % 8);
            }
            pair.deliver(&turned);
        }
        pair.run(Duration::from_secs(60));
        assert!(pair.server.phase1().is_empty(), "seed {seed}");
        assert!(pair.server.children().is_empty() && pair.client.children().is_empty());
        assert_eq!(pair.server.engine.counts().ike_sas, 0);
    }
}

#[test]
fn strangers_get_back_at_most_what_they_sent() {
    let mut server = Server::new(server_config());
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for round in 0..4000u32 {
        let mut message = first_message(&mut rng);
        // Cut, padded or damaged, as well as whole.
        match round % 4 {
            0 => message.truncate(28 + (rng.next_u32() as usize % (message.len() - 28))),
            1 => message.resize(1500, 0),
            2 => {
                let at = 28 + rng.next_u32() as usize % (message.len() - 28);
                message[at] ^= 1 << (rng.next_u32() % 8);
            }
            _ => {}
        }
        let sent = server.receive(&format!("10.1.{}.{}:500", round / 250, round % 250), &message);
        assert!(sent <= message.len(), "{sent} for {}", message.len());
        server.events();
    }
}

#[test]
fn foreign_exchanges_and_versions_leave_no_state() {
    let mut server = Server::new(server_config());
    let message = recorded(KEY)[0].data.clone();
    for exchange in (0..=255u8).filter(|&exchange| exchange != 2) {
        let mut message = message.clone();
        message[18] = exchange;
        assert_eq!(server.receive("10.0.0.1:500", &message), 0);
    }
    for version in [0x00, 0x20, 0x21, 0x30, 0xf0] {
        let mut message = message.clone();
        message[17] = version;
        assert_eq!(server.receive("10.0.0.1:500", &message), 0);
    }
    assert!(server.events().is_empty());
    let counts = server.engine.counts();
    assert_eq!((counts.ike_sas, counts.half_open), (0, 0));
    let drops = server.engine.drops();
    assert_eq!(drops.count(Drop::AggressiveMode), 1);
    assert_eq!(drops.count(Drop::Version2), 2);
    assert_eq!(drops.count(Drop::AuthIp), 5);
    assert_eq!(drops.count(Drop::Transaction), 1);
}

#[test]
fn one_address_can_hold_only_so_many_attempts() {
    let limits = Limits { half_open_per_address: 5, ..Limits::default() };
    let mut server = Server::new(Config { limits, ..server_config() });
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let answered = (0..50).filter(|_| server.receive("10.0.0.1:500", &first_message(&mut rng)) > 0).count();
    assert_eq!(answered, 5);
    assert_eq!(server.engine.drops().count(Drop::AddressLimit), 45);
    assert!(server.receive("10.0.0.2:500", &first_message(&mut rng)) > 0, "others are not concerned");
    server.now = server.now + Duration::from_secs(31);
    server.engine.handle_timeout(server.now, &mut server.rng);
    assert_eq!(server.engine.counts().half_open, 0);
    server.now = server.now + Duration::from_secs(61);
    assert!(server.receive("10.0.0.1:500", &first_message(&mut rng)) > 0);
}

#[test]
fn a_full_table_lets_go_of_the_oldest_and_says_so() {
    let limits = Limits { half_open: 10, ..Limits::default() };
    let mut server = Server::new(Config { limits, ..server_config() });
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for number in 0..30 {
        assert!(server.receive(&format!("10.0.0.{number}:500"), &first_message(&mut rng)) > 0);
    }
    assert_eq!(server.engine.counts().half_open, 10);
    let events = server.events();
    let evicted = events.iter().filter(|event| {
        let Event::Failed(failed) = event else { return false };
        failed.failure == Failure::Local(LocalFault::Evicted) && failed.stage == Stage::Phase1KeyExchange
    });
    assert_eq!(evicted.count(), 20);
}

#[test]
fn key_exchanges_for_strangers_are_rationed() {
    let limits = Limits { dh_per_second: 2, ..Limits::default() };
    let mut pair = Pair::with(client_config(), Config { limits, ..server_config() });
    for client in 0..5 {
        pair.client = Host::new(client_config(), 100 + client);
        let initiate = pair.initiate();
        pair.client.engine.initiate(pair.now, &mut pair.client.rng, initiate);
        pair.collect();
        let first = pair.sent.last().unwrap().clone();
        pair.deliver(&first);
        pair.collect();
        let second = pair.sent.last().unwrap().clone();
        pair.deliver(&second);
        pair.collect();
        let third = pair.sent.last().unwrap().clone();
        pair.deliver(&third);
        pair.collect();
    }
    assert_eq!(pair.server.engine.drops().count(Drop::DhBudget), 3);
    assert_eq!(pair.server.engine.counts().ike_sas, 2);
}

#[test]
fn public_values_outside_the_group_are_refused_once() {
    for kind in 0..4 {
        let mut pair = Pair::new();
        let mut initiate = pair.initiate();
        initiate.offer.suites = vec![initiate.offer.suites[1]];
        pair.bend(move |number, datagram| {
            let mut changed = datagram.clone();
            if number == 2 {
                let (from, to) = (32, 32 + 256);
                match kind {
                    0 => changed.data[from..to].fill(0),
                    1 => {
                        changed.data[from..to].fill(0);
                        changed.data[to - 1] = 1;
                    }
                    2 => changed.data[from..to].fill(0xff),
                    _ => {
                        // One octet less.
                        changed.data.remove(from);
                        changed.data[31] -= 1;
                        changed.data[27] = changed.data[27].wrapping_sub(1);
                        changed.data[26] -= u8::from(changed.data[27] == 255);
                    }
                }
            }
            Fate::Instead(if number == 2 { vec![changed.clone(), changed] } else { vec![changed] })
        });
        pair.connect_with(initiate);
        let failures = pair.server.failures();
        assert_eq!(failures.len(), 1);
        assert!(matches!(failures[0].failure, Failure::Misbehaved(ike::Misbehaviour::KeyExchange { .. })));
        assert_eq!(pair.server.engine.counts().ike_sas, 0);
    }
}

#[test]
fn a_fragmented_message_5_is_put_together() {
    for order in [[0, 1, 2], [2, 0, 1]] {
        let mut pair = Pair::new();
        pair.bend(move |number, datagram| {
            if number != 4 {
                return Fate::Deliver;
            }
            let size = datagram.data.len().div_ceil(3);
            let pieces: Vec<_> = datagram.data.chunks(size).collect();
            let datagrams = order.map(|index| {
                let number = u8::try_from(index + 1).unwrap();
                let fragment = Fragment { id: 1, number, last: index == 2, data: pieces[index] };
                let mut chain = ChainBuilder::new();
                chain.push(PayloadType::FRAGMENT, &fragment.emit());
                let mut header = wire::isakmp::Header::parse(&datagram.data).unwrap();
                header.next_payload = PayloadType::FRAGMENT;
                Datagram { data: header.emit(chain.octets()), ..datagram.clone() }
            });
            Fate::Instead(datagrams.to_vec())
        });
        pair.connect();
        assert_eq!(pair.server.children().len(), 1);
    }
}

#[test]
fn a_second_marker_in_front_is_tolerated() {
    let mut pair = Pair::new();
    pair.nat.client = Some(address("198.51.100.9:1024"));
    pair.bend(|_, datagram| {
        let mut doubled = datagram.clone();
        if datagram.encapsulated && datagram.to == Side::Server {
            doubled.data.splice(0..0, [0; 4]);
        }
        Fate::Instead(vec![doubled])
    });
    pair.connect();
    assert_eq!(pair.server.children().len(), 1);
}

/// Published packets that crashed other daemons, in every state of a server. `CAUSEWAY_CAPTURES` is the directory of captures.
#[test]
fn published_crash_packets_do_no_harm_in_any_state() {
    let Some(directory) = std::env::var_os("CAUSEWAY_CAPTURES") else {
        eprintln!("skipped: CAUSEWAY_CAPTURES is not set");
        return;
    };
    let file = std::path::Path::new(&directory).join("libreswan/published-crash-packets.tsv");
    let text = std::fs::read_to_string(file).unwrap();
    let packets: Vec<Vec<u8>> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| hex(line.split('\t').nth(1).unwrap())).collect();
    assert!(packets.len() >= 16);
    for state in 0..=9 {
        let packets = packets.clone();
        let mut pair = Pair::new();
        pair.bend(move |number, datagram| {
            if number != state {
                return Fate::Deliver;
            }
            let from_peer = |data: &Vec<u8>| {
                let mut of_this_sa = data.clone();
                let cookies = of_this_sa.len().min(16);
                of_this_sa[..cookies].copy_from_slice(&datagram.data[..cookies]);
                let stranger = Datagram { data: data.clone(), ..datagram.clone() };
                [stranger, Datagram { data: of_this_sa, ..datagram.clone() }]
            };
            Fate::Instead(packets.iter().flat_map(from_peer).chain([datagram.clone()]).collect())
        });
        let id = pair.connect();
        pair.run(Duration::from_secs(60));
        pair.close(id);
        pair.run(Duration::from_secs(120));
        let counts = pair.server.engine.counts();
        assert_eq!((counts.ike_sas, counts.half_open, counts.children), (0, 0, 0), "state {state}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damaged_and_invented_messages_never_harm(
        damage in proptest::collection::vec((0..9usize, 0..400usize, any::<u8>()), 1..4),
        invented in proptest::collection::vec((0..9usize, any::<u8>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..80)), 0..4),
    ) {
        let mut pair = Pair::new();
        pair.bend(move |number, datagram| {
            let mut damaged = datagram.clone();
            for &(hit, at, mask) in &damage {
                let len = damaged.data.len();
                if hit == number {
                    damaged.data[at % len] ^= mask;
                }
            }
            let mut all = vec![damaged];
            for (hit, exchange, flags, body) in &invented {
                if *hit == number {
                    let mut header = wire::isakmp::Header::parse(&datagram.data).unwrap();
                    header.exchange = wire::isakmp::ExchangeType(*exchange);
                    header.flags = wire::isakmp::Flags(*flags);
                    all.push(Datagram { data: header.emit(body), ..datagram.clone() });
                }
            }
            Fate::Instead(all)
        });
        let id = pair.connect();
        pair.run(Duration::from_secs(100));
        pair.close(id);
        pair.run(Duration::from_secs(60));
        prop_assert!(pair.server.failures().len() <= 2);
        prop_assert_eq!(pair.server.engine.counts().half_open, 0);
    }
}
