//! Everything at once: clients, NAT boxes, lines and the administrator do what they like, and the server stays in order.

use std::collections::BTreeSet;
use std::time::Duration;

use access::server;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sim::{Link, NatConfig, Network, NodeId};

use crate::world::{World, public};

const CLIENTS: usize = 6;

struct Chaos {
    world: World,
    dice: ChaCha20Rng,
    nats: Vec<NodeId>,
    dialled: usize,
}

impl Chaos {
    fn new(seed: u64) -> Chaos {
        let mut world = World::new(seed);
        let mut nats = Vec::new();
        for number in 0..CLIENTS {
            // Two without NAT, two behind a NAT each, two behind one carrier's with the same private address.
            let (segment, address) = match number {
                0 | 1 => (Network::INTERNET, public(10 + number as u8)),
                _ => {
                    let outer = [public(2), public(3), public(4), public(4)][number - 2];
                    let segment = match number {
                        5 => add_router(&mut world, nats[2], 11),
                        _ => {
                            let (nat, inside) =
                                world.net.add_nat(Network::INTERNET, outer, NatConfig::default(), Link::default());
                            nats.push((nat, inside));
                            if number == 4 { add_router(&mut world, nats[2], 10) } else { inside }
                        }
                    };
                    (segment, [192, 168, 1, 100].into())
                }
            };
            let client = world.add_client(segment, address);
            let config = &mut world.clients[client].config;
            config.initiate.child.as_mut().unwrap().offer.life_seconds = 100 + 30 * number as u32;
            config.initiate.offer.life_seconds = 300 + 100 * number as u32;
            config.initiate.initial_contact = number % 2 == 0;
        }
        let nats = nats.into_iter().map(|(nat, _)| nat).collect();
        Chaos { world, dice: ChaCha20Rng::seed_from_u64(seed), nats, dialled: 0 }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.dice.next_u32() as usize % bound
    }

    fn act(&mut self) {
        let index = self.below(CLIENTS);
        match self.below(10) {
            0..=3 => {
                self.world.clients[index].events.clear();
                self.world.dial(index);
                self.dialled += 1;
            }
            4 => drop(self.world.at_client(index, |dialer, now, rng, out| dialer.hang_up(now, rng, out))),
            5 => self.world.switch_off(index),
            6 => {
                let sessions: Vec<_> = self.world.server.sessions().map(|session| session.id).collect();
                if !sessions.is_empty() {
                    let id = sessions[self.below(sessions.len())];
                    self.world.at_server(|server, now, rng, out| server.disconnect(now, rng, id, out));
                }
            }
            7 => {
                let which = self.below(self.nats.len());
                let nat = self.nats[which];
                let preserve = self.below(2) == 0;
                self.world.net.restart_nat(nat, preserve);
            }
            8 => {
                let node = self.world.clients[index].node;
                let loss = [0.0, 0.0, 0.1, 0.4][self.below(4)];
                *self.world.net.link_mut(node) = Link::lossy(loss, 0.05, 0.05);
            }
            _ => {
                if self.world.is_up(index) {
                    // Whatever becomes of it: nobody else may get it, which the ping itself checks.
                    self.world.lost_pings(index);
                }
            }
        }
        let pause = [20, 150, 700, 3_000, 20_000, 70_000][self.below(6)];
        self.world.run_for(Duration::from_millis(pause));
        self.check();
    }

    /// What holds at any time.
    fn check(&mut self) {
        let world = &mut self.world;
        let mut addresses: Vec<_> = world.server.sessions().filter_map(|session| session.address).collect();
        assert_eq!(world.server.pool().in_use(), addresses.len(), "a lease is a session's");
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(world.server.pool().in_use(), addresses.len(), "nobody shares an address");
        let up = world.server.sessions().filter(|session| session.up.is_some()).count();
        assert_eq!(world.ups() - world.downs().len(), up);
        for index in 0..CLIENTS {
            // Asserts that there is at most one end.
            let _ = world.end_of(index);
        }
        for (session, failure) in world.failures() {
            assert!(session.up.is_none(), "{failure:?} of a session that was up");
        }
    }
}

fn add_router(world: &mut World, (_, carrier): (NodeId, sim::SegmentId), number: u8) -> sim::SegmentId {
    world.net.add_nat(carrier, [100, 64, 0, number].into(), NatConfig::default(), Link::default()).1
}

#[test]
fn the_server_stays_in_order_whatever_everybody_does() {
    for seed in 0..10 {
        let mut chaos = Chaos::new(seed);
        (0..120).for_each(|_| chaos.act());
        let Chaos { mut world, dialled, .. } = chaos;
        assert!(world.ups() > 5, "seed {seed}: only {} of {dialled} came up", world.ups());
        assert_verdicts(&world);
        // Those that are there at the end can still talk once the lines are good.
        for index in 0..CLIENTS {
            let node = world.clients[index].node;
            *world.net.link_mut(node) = Link::default();
        }
        world.run_for(Duration::from_secs(200));
        for index in 0..CLIENTS {
            if world.is_up(index) {
                world.lost_pings(index);
                assert_eq!(world.lost_pings(index), (false, false), "seed {seed}, client {index}");
            }
        }
        world.switch_all_off();
        world.run_for(Duration::from_secs(600));
        assert_eq!(world.ups(), world.downs().len(), "seed {seed}");
        world.assert_server_is_empty();
    }
}

/// Each record has one verdict: it failed, or it came up and went down again.
fn assert_verdicts(world: &World) {
    let (mut failed, mut up, mut down) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for event in &world.server_events {
        let is_first = match event {
            server::Event::Failed { session, .. } => failed.insert(session.id),
            server::Event::Up { session } => up.insert(session.id),
            server::Event::Down { session, .. } => down.insert(session.id),
            server::Event::Moved { .. } | server::Event::RekeyFailed { .. } => true,
        };
        assert!(is_first, "told twice: {event:?}");
    }
    assert!(down.is_subset(&up) && failed.is_disjoint(&up));
}
