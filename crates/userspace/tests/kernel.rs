//! The stack against the TCP of this host's kernel, through a TUN device in a network namespace. Needs root.
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is a test")]

mod support;

use std::io::{IoSlice, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener};
use std::time::Duration;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use net::netlink::{InterfaceAddress, LinkSettings, Netlink};
use net::poll::{Interest, Poller, Token};
use net::tun::TunQueue;
use nix::sched::{CloneFlags, unshare};
use support::{CLIENT, SERVER, config, pattern};
use userspace::netstack::{Event, FlowId};
use userspace::{Failure, Netstack, failure::Refusal};
use wire::virtio::VnetHeader;

/// A stack whose tunnel is a TUN device.
struct Bench {
    stack: Netstack,
    tun: TunQueue,
    poller: Poller,
    /// Lost packets of 1000.
    loss: u32,
    dice: ChaCha8Rng,
    events: Vec<Event>,
    buffer: Vec<u8>,
}

impl Bench {
    /// In a namespace of the calling thread, or `None` without the right to have one.
    fn new() -> Option<Bench> {
        unshare(CloneFlags::CLONE_NEWNET).ok()?;
        let tun = TunQueue::create("usertest%d", false).unwrap();
        let mut netlink = Netlink::open().unwrap();
        let link = netlink.link(tun.name()).unwrap().unwrap();
        let address = SERVER.into();
        let peer = Some(CLIENT.into());
        let _ =
            netlink.add_address(&InterfaceAddress { interface: link.index, address, prefix_len: 32, peer }).unwrap();
        netlink
            .set_link(link.index, LinkSettings { up: Some(true), mtu: Some(1400), ..LinkSettings::default() })
            .unwrap();
        let poller = Poller::new(4).unwrap();
        poller.add(&tun, Token(0), Interest::Read).unwrap();
        let stack = Netstack::new(net::clock::now(), &config(), [3; 32]);
        let dice = ChaCha8Rng::seed_from_u64(5);
        Some(Bench { stack, tun, poller, loss: 0, dice, events: vec![], buffer: vec![0; 65535] })
    }

    fn run_until(&mut self, mut done: impl FnMut(&mut Bench) -> bool) {
        let begun = net::clock::now();
        loop {
            let now = net::clock::now();
            assert!(now - begun < Duration::from_secs(30), "it takes too long");
            self.events.extend(std::iter::from_fn(|| self.stack.poll_event()));
            if done(self) {
                return;
            }
            while let Some(packet) = self.stack.poll_packet(now) {
                if !self.lose() {
                    let _ = self.tun.write(&VnetHeader::default(), &[IoSlice::new(&packet)]);
                }
            }
            let deadline = self.stack.poll_timeout(now).map_or(Duration::from_millis(100), |at| at - now);
            self.poller.wait(Some(deadline)).unwrap().count();
            while let Some((offload, len)) = self.tun.read(&mut self.buffer).unwrap() {
                if !self.lose() {
                    let _ = self.stack.handle_packet(net::clock::now(), offload, &self.buffer[..len]);
                }
            }
            self.stack.handle_timeout(net::clock::now());
        }
    }

    fn lose(&mut self) -> bool {
        self.dice.next_u32() % 1000 < self.loss
    }

    fn connect(&mut self, port: u16) -> FlowId {
        let flow = self.stack.connect(net::clock::now(), SocketAddrV4::new(SERVER, port)).unwrap();
        self.run_until(|bench| bench.events.contains(&Event::Connected { flow }));
        flow
    }

    /// Writes `len` octets and finishes, while it reads to the end what comes back.
    fn echo(&mut self, flow: FlowId, len: usize) -> Vec<u8> {
        let (mut written, mut read) = (0, vec![]);
        self.run_until(|bench| {
            while written < len {
                let more = bench.stack.write_with(flow, |room| {
                    let more = room.len().min(len - written);
                    (0..more).for_each(|at| room[at] = pattern(written + at));
                    more
                });
                if more == 0 {
                    break;
                }
                written += more;
            }
            if written == len {
                bench.stack.shutdown(flow);
            }
            while bench.stack.read_with(flow, |octets| {
                read.extend_from_slice(octets);
                octets.len()
            }) > 0
            {}
            bench.stack.is_finished(flow)
        });
        read
    }
}

/// Runs `test` in a namespace of its own, with a program that echoes at the returned port.
fn with_kernel(test: impl FnOnce(&mut Bench, u16) + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let Some(mut bench) = Bench::new() else {
            println!("skipped: needs root/CAP_NET_ADMIN");
            return;
        };
        // The listener belongs to the namespace of the thread that made it.
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = vec![0; 1 << 16];
                while let Ok(len @ 1..) = stream.read(&mut buffer) {
                    stream.write_all(&buffer[..len]).unwrap();
                }
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        test(&mut bench, port);
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn octets_go_to_a_program_of_the_host_and_back() {
    with_kernel(|bench, port| {
        let flow = bench.connect(port);
        let begun = net::clock::now();
        let len = 20_000_000;
        let back = bench.echo(flow, len);
        let elapsed = net::clock::now() - begun;
        assert!(back.len() == len && back.iter().enumerate().all(|(at, &octet)| octet == pattern(at)));
        println!("{:.0} Mbit/s in each direction", len as f64 * 8e-6 / elapsed.as_secs_f64());
        bench.run_until(|bench| bench.events.contains(&Event::Ended { flow, failure: None }));
    });
}

#[test]
fn losses_in_both_directions_are_made_good() {
    with_kernel(|bench, port| {
        bench.loss = 10;
        let flow = bench.connect(port);
        let len = 500_000;
        let back = bench.echo(flow, len);
        assert!(back.len() == len && back.iter().enumerate().all(|(at, &octet)| octet == pattern(at)));
    });
}

#[test]
fn the_host_refuses_and_answers_echoes() {
    with_kernel(|bench, _| {
        let flow = bench.stack.connect(net::clock::now(), SocketAddrV4::new(SERVER, 1)).unwrap();
        let ping = bench.stack.ping(net::clock::now(), SERVER).unwrap();
        let failure = Some(Failure::Refused(Refusal::Reset));
        bench.run_until(|bench| bench.events.contains(&Event::Ended { flow, failure: failure.clone() }));
        let pong = |event: &Event| matches!(event, Event::Pong { ping: other, result: Ok(_) } if *other == ping);
        bench.run_until(|bench| bench.events.iter().any(pong));
    });
}
