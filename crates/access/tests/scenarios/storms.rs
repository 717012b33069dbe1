//! Every client loses the server at once and comes back: how long that takes, and what the way back costs the server.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use access::server::Endpoint;
use access::{Redial, Stage};
use clock::Timestamp;
use diagnose::Verdict;
use policy::Account;
use sim::{Link, NatConfig, Network, Rule};
use wire::virtio::VnetHeader;

use crate::world::{OFFICE, PATIENCE, World, public, server_config};

/// Clients in a storm.
const CLIENTS: usize = 200;

/// Clients that are kept connected as `causeway dial` keeps them.
struct Fleet {
    world: World,
    clients: Vec<Caller>,
    /// When each attempt began.
    attempts: Vec<Timestamp>,
    /// How often clients were shown a number.
    shown: BTreeMap<u32, usize>,
}

#[derive(Clone, Default)]
struct Caller {
    redial: Redial,
    /// When it dials again, if it waits.
    due: Option<Timestamp>,
    /// Whether it has lost the connection that it had before the storm.
    lost: bool,
}

impl Fleet {
    /// A fleet that is connected to a server with this many addresses more than clients.
    fn connected(seed: u64, spare: usize) -> Fleet {
        let mut world = World::with(seed, config(spare));
        for number in 0..CLIENTS {
            let address: IpAddr = Ipv4Addr::new(198, 51, 100, number as u8 + 10).into();
            world.add_client(Network::INTERNET, address);
        }
        world.connect_all();
        Fleet { world, clients: vec![Caller::default(); CLIENTS], attempts: Vec::new(), shown: BTreeMap::new() }
    }

    /// Lets time pass until every client has lost its connection and is back; the time it took.
    fn come_back(&mut self, patience: Duration) -> Duration {
        let since = self.world.now;
        while !(0..CLIENTS).all(|index| self.clients[index].lost && self.world.is_up(index)) {
            let missing = (0..CLIENTS).filter(|&index| !self.world.is_up(index)).count();
            assert!(self.world.now.since(since) < patience, "{missing} clients are not back: {:?}", self.shown);
            self.pass(Duration::from_millis(100));
        }
        self.world.now.since(since)
    }

    /// Lets time pass.
    fn pass(&mut self, time: Duration) {
        let end = self.world.now + time;
        while self.world.now < end {
            self.world.run_for(Duration::from_millis(100));
            (0..CLIENTS).for_each(|index| self.look_after(index));
        }
    }

    /// What `causeway dial` does when a connection has ended and when a pause is over.
    fn look_after(&mut self, index: usize) {
        let now = self.world.now;
        let caller = &mut self.clients[index];
        if caller.due.take_if(|due| *due <= now).is_some() {
            self.world.clients[index].events.clear();
            self.attempts.push(now);
            self.world.dial(index);
        } else if caller.due.is_none()
            && let Some((failure, stage)) = self.world.end_of(index)
        {
            let verdict = Verdict::of_dial(failure);
            assert!(verdict.cause.may_pass(), "client {index} would never come back: {verdict:?}");
            *self.shown.entry(verdict.ras.unwrap().0).or_default() += 1;
            caller.lost = true;
            if stage == Stage::Up {
                caller.redial.note_up();
            }
            caller.due = Some(now + caller.redial.next_pause(&mut self.world.rng));
        }
    }

    /// Every client is switched off at once and begins anew after as long as its host takes.
    fn power_cut(&mut self) {
        for (index, caller) in self.clients.iter_mut().enumerate() {
            self.world.switch_off(index);
            *caller = Caller { due: Some(self.world.now + Duration::from_secs(20)), lost: true, ..Caller::default() };
        }
    }

    /// Most attempts in any one second.
    fn peak(&self) -> usize {
        let second = |begin: Timestamp| {
            let after = self.attempts.iter().filter(|at| **at >= begin);
            after.filter(|at| at.since(begin) < Duration::from_secs(1)).count()
        };
        self.attempts.iter().map(|at| second(*at)).max().unwrap_or(0)
    }

    /// Everybody is connected, and after a while nothing is left at the server of whoever they were before.
    #[track_caller]
    fn assert_no_ghosts(&mut self, name: &str, took: Duration) {
        let (attempts, peak) = (self.attempts.len(), self.peak());
        println!("{name}: all back after {took:?}, {attempts} attempts, {peak} in a second, shown {:?}", self.shown);
        self.pass(Duration::from_secs(200));
        let counts = self.world.server.counts();
        assert_eq!(self.attempts.len(), attempts, "somebody was lost again: {:?}", self.shown);
        assert_eq!(self.world.server.sessions().count(), CLIENTS);
        assert_eq!(self.world.server.pool().in_use(), CLIENTS);
        assert_eq!((counts.peers, counts.tunnels, counts.calls, counts.half_open), (CLIENTS, CLIENTS, CLIENTS, 0));
        assert!(counts.ike_sas <= CLIENTS && counts.associations <= 2 * CLIENTS, "{counts:?}");
    }
}

/// A server with accounts for the fleet and this many addresses more than that.
fn config(spare: usize) -> access::server::Config {
    let mut config = server_config();
    for number in 0..CLIENTS {
        let password = format!("password{number}").into_bytes().into();
        config.accounts.insert(Account { name: format!("user{number}"), password, address: None, disabled: false });
    }
    // The server's own address is one of them.
    config.pool = format!("10.99.0.1-10.99.0.{}", CLIENTS + spare + 1).parse().unwrap();
    config
}

#[test]
fn a_server_that_restarts_without_a_word_has_everybody_back_soon_after_they_notice() {
    let mut fleet = Fleet::connected(1, 0);
    fleet.world.server = Endpoint::new(config(0));
    let took = fleet.come_back(Duration::from_secs(150));
    fleet.assert_no_ghosts("restart", took);
}

#[test]
fn a_server_that_says_good_bye_and_is_away_for_a_minute_has_everybody_back_within_two() {
    let mut fleet = Fleet::connected(2, 0);
    fleet.world.at_server(|server, now, rng, out| server.shut_down(now, rng, out));
    fleet.pass(Duration::from_millis(200));
    let node = fleet.world.server_node;
    fleet.world.net.link_mut(node).firewall.push(Rule::ALL);
    fleet.pass(Duration::from_secs(60));
    fleet.world.net.link_mut(node).firewall.clear();
    fleet.world.server = Endpoint::new(config(0));
    let took = fleet.come_back(Duration::from_secs(120));
    fleet.assert_no_ghosts("shutdown", took);
}

#[test]
fn a_line_that_was_cut_for_minutes_has_everybody_back_soon_after_it_is_mended() {
    let mut fleet = Fleet::connected(3, 0);
    let node = fleet.world.server_node;
    fleet.world.net.link_mut(node).firewall.push(Rule::ALL);
    fleet.pass(Duration::from_secs(150));
    assert!(fleet.clients.iter().all(|caller| caller.lost), "somebody has not noticed");
    fleet.world.net.link_mut(node).firewall.clear();
    let took = fleet.come_back(Duration::from_secs(120));
    fleet.assert_no_ghosts("cut line", took);
}

#[test]
fn clients_that_come_back_before_they_were_missed_do_not_wait_for_their_own_ghosts_addresses() {
    // Nobody has said good-bye, and there is no address to spare.
    let mut fleet = Fleet::connected(4, 0);
    fleet.power_cut();
    let took = fleet.come_back(Duration::from_secs(240));
    fleet.assert_no_ghosts("power cut", took);
}

/// Two hosts with the same private address behind one carrier, both of the same user, and one address for both.
fn two_hosts_of_one_user() -> World {
    let mut config = server_config();
    config.pool = "10.99.0.1-10.99.0.2".parse().unwrap();
    let mut world = World::with(6, config);
    let link = Link::default();
    let (_, carrier) = world.net.add_nat(Network::INTERNET, public(1), NatConfig::default(), link.clone());
    for number in 0..2 {
        let router = [100, 64, 0, 10 + number].into();
        let (_, home) = world.net.add_nat(carrier, router, NatConfig::default(), link.clone());
        world.add_client(home, [192, 168, 1, 100].into());
    }
    world.clients[1].config.ppp = world.clients[0].config.ppp.clone();
    world.dial(0);
    assert!(world.run_until(PATIENCE, |world| world.is_up(0)));
    world
}

#[test]
fn a_host_that_is_alive_keeps_its_address_when_another_of_the_same_user_wants_one() {
    let mut world = two_hosts_of_one_user();
    let hello = crate::packets::echo(world.address(0), OFFICE, "still here");
    world.dial(1);
    while world.end_of(1).is_none() {
        world.client_sends(0, VnetHeader::default(), &hello);
        world.run_for(Duration::from_millis(20));
    }
    assert_eq!(Verdict::of_dial(world.end_of(1).unwrap().0).ras.unwrap().0, 738);
    world.ping(0);
}

#[test]
fn a_host_that_vanished_behind_a_nat_leaves_its_address_to_the_same_user() {
    let mut world = two_hosts_of_one_user();
    let address = world.address(0);
    world.switch_off(0);
    world.run_for(Duration::from_secs(1));
    world.dial(1);
    assert!(world.run_until(PATIENCE, |world| world.is_up(1)), "{:?}", world.end_of(1));
    assert_eq!(world.address(1), address);
    world.run_for(Duration::from_secs(10));
    world.ping(1);
    assert_eq!((world.ups(), world.downs().len()), (2, 1));
}

#[test]
fn two_clients_do_not_wait_equally_long_and_the_pauses_grow_to_a_minute() {
    let mut world = World::new(5);
    let mut pauses = |count: usize| {
        let mut redial = Redial::default();
        (0..count).map(|_| redial.next_pause(&mut world.rng)).collect::<Vec<_>>()
    };
    let (one, other) = (pauses(10), pauses(10));
    assert_ne!(one, other);
    for (step, pause) in one.iter().enumerate() {
        let longest = Duration::from_secs(1 << step).min(Duration::from_secs(60));
        assert!((longest / 2..=longest).contains(pause), "step {step}: {pause:?}");
    }
    let mut redial = Redial::default();
    for _ in 0..5 {
        redial.next_pause(&mut world.rng);
    }
    redial.note_up();
    assert!(redial.next_pause(&mut world.rng) <= Duration::from_secs(1));
}
