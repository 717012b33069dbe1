//! What is tried through the tunnel: the server's inner address, which sizes pass, name servers, and whom the person named.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use access::client::Connection;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;
use clock::Timestamp;
use userspace::Failure;
use userspace::failure::{Refusal, Stage};
use userspace::netstack::{self, Event, FlowId, Netstack, PingId};
use userspace::resolve::{Name, QuestionId};
use wire::ip::{Checksum, IPV4_HEADER_LEN, IpView, protocol};
use wire::virtio::VnetHeader;

use crate::cli::doctor::Reach;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Pause before what did not come back is sent once more.
const AGAIN: Duration = Duration::from_secs(1);

/// Sizes of IP packets that are tried, and the tunnel's own MTU.
const SIZES: [u16; 6] = [96, 576, 1000, 1200, 1280, 1360];

/// What was found.
pub(super) enum Found {
    /// Pings of the server's inner address, with DF, by size.
    Sizes { to: Ipv4Addr, passed: Vec<u16>, lost: Vec<u16> },
    /// A name server, and what it says; `Err` when nobody answers.
    Names { server: Ipv4Addr, name: String, answer: Result<Vec<Ipv4Addr>, Failure> },
    /// Somebody inside.
    Reached { whom: Reach, answer: Result<Duration, Failure> },
}

/// Everything that is tried, one after another.
pub(super) struct Inner {
    stack: Netstack,
    local: Ipv4Addr,
    todo: VecDeque<Task>,
    now: Option<Running>,
    found: VecDeque<(Timestamp, Found)>,
    out: VecDeque<Vec<u8>>,
    identifier: u16,
}

enum Task {
    Sizes(Ipv4Addr, Vec<u16>),
    Names(Ipv4Addr, String),
    Reach(Reach),
}

struct Running {
    began: Timestamp,
    until: Timestamp,
    work: Work,
}

enum Work {
    Sizes { to: Ipv4Addr, waiting: Vec<u16>, passed: Vec<u16>, again: Option<Timestamp> },
    Names { server: Ipv4Addr, name: String, question: QuestionId },
    Ping { whom: Reach, ping: PingId },
    Connect { whom: Reach, flow: FlowId },
}

impl Inner {
    pub(super) fn new(
        now: Timestamp,
        rng: &mut ChaCha20Rng,
        connection: &Connection,
        mtu: u16,
        name: &str,
        reach: &[Reach],
    ) -> Inner {
        let ipv4 = &connection.ipv4;
        let name_servers = ipv4.name_servers();
        let config = netstack::Config {
            address: ipv4.local,
            mtu: mtu.into(),
            name_servers: name_servers.clone(),
            limits: netstack::Limits::default(),
        };
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let mut todo = VecDeque::new();
        if !ipv4.remote.is_unspecified() {
            let mut sizes: Vec<u16> = SIZES.into_iter().filter(|&size| size < mtu).collect();
            sizes.push(mtu);
            todo.push_back(Task::Sizes(ipv4.remote, sizes));
        }
        if let Some(&server) = name_servers.first() {
            todo.push_back(Task::Names(server, name.to_owned()));
        }
        todo.extend(reach.iter().map(|&whom| Task::Reach(whom)));
        let mut inner = Inner {
            stack: Netstack::new(now, &config, seed),
            local: ipv4.local,
            todo,
            now: None,
            found: VecDeque::new(),
            out: VecDeque::new(),
            identifier: rng.next_u32() as u16,
        };
        inner.handle_timeout(now);
        inner
    }

    pub(super) fn is_done(&self) -> bool {
        self.todo.is_empty() && self.now.is_none() && self.found.is_empty()
    }

    pub(super) fn poll_found(&mut self) -> Option<(Timestamp, Found)> {
        self.found.pop_front()
    }

    pub(super) fn poll_packet(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        self.out.pop_front().or_else(|| self.stack.poll_packet(now))
    }

    pub(super) fn poll_timeout(&mut self, now: Timestamp) -> Option<Timestamp> {
        let own = self.now.as_ref().map(|running| match running.work {
            Work::Sizes { again: Some(again), .. } => again,
            _ => running.until,
        });
        [own, self.stack.poll_timeout(now)].into_iter().flatten().min()
    }

    pub(super) fn handle_packet(&mut self, now: Timestamp, offload: VnetHeader, packet: &[u8]) {
        if let Some(size) = self.echo_reply(packet) {
            if let Some(Running { began, work: Work::Sizes { to, waiting, passed, .. }, .. }) = &mut self.now
                && let Some(index) = waiting.iter().position(|&waiting| waiting == size)
            {
                passed.push(waiting.swap_remove(index));
                if waiting.is_empty() {
                    let found = Found::Sizes { to: *to, passed: std::mem::take(passed), lost: Vec::new() };
                    self.found.push_back((*began, found));
                    self.now = None;
                }
            }
            return;
        }
        // Garbage of the other side is no reason to stop.
        let _ = self.stack.handle_packet(now, offload, packet);
        self.drain();
    }

    pub(super) fn handle_timeout(&mut self, now: Timestamp) {
        self.stack.handle_timeout(now);
        self.drain();
        if let Some(running) = &mut self.now {
            if let Work::Sizes { to, waiting, again, .. } = &mut running.work
                && again.is_some_and(|again| now >= again)
            {
                *again = None;
                let (to, waiting) = (*to, waiting.clone());
                waiting.into_iter().for_each(|size| self.ping(to, size));
            } else if now >= running.until {
                self.give_up(now);
            }
        }
        while self.now.is_none()
            && let Some(task) = self.todo.pop_front()
        {
            self.begin(now, task);
        }
    }

    fn begin(&mut self, now: Timestamp, task: Task) {
        let work = match task {
            Task::Sizes(to, sizes) => {
                sizes.iter().for_each(|&size| self.ping(to, size));
                Ok(Work::Sizes { to, waiting: sizes, passed: Vec::new(), again: Some(now + AGAIN) })
            }
            Task::Names(server, name) => {
                match Name::from_text(&name).ok().map(|asked| self.stack.resolve(now, asked)) {
                    Some(Ok(question)) => Ok(Work::Names { server, name, question }),
                    Some(Err(failure)) => Err(Found::Names { server, name, answer: Err(failure) }),
                    None => return,
                }
            }
            Task::Reach(whom) => {
                let begun = match whom.port {
                    None => self.stack.ping(now, whom.address).map(|ping| Work::Ping { whom, ping }),
                    Some(port) => {
                        let to = SocketAddrV4::new(whom.address, port);
                        self.stack.connect(now, to).map(|flow| Work::Connect { whom, flow })
                    }
                };
                begun.map_err(|failure| Found::Reached { whom, answer: Err(failure) })
            }
        };
        match work {
            Ok(work) => self.now = Some(Running { began: now, until: now + PATIENCE, work }),
            Err(found) => self.found.push_back((now, found)),
        }
    }

    fn give_up(&mut self, now: Timestamp) {
        let Some(Running { began, work, .. }) = self.now.take() else { return };
        let silence = |stage| Failure::Silence { stage, elapsed: now.since(began) };
        let found = match work {
            Work::Sizes { to, waiting, passed, .. } => Found::Sizes { to, passed, lost: waiting },
            Work::Names { server, name, question } => {
                self.stack.cancel(question);
                Found::Names { server, name, answer: Err(silence(Stage::Resolve)) }
            }
            Work::Ping { whom, .. } => Found::Reached { whom, answer: Err(silence(Stage::Transfer)) },
            Work::Connect { whom, flow } => {
                self.stack.abort(flow);
                Found::Reached { whom, answer: Err(silence(Stage::Connect)) }
            }
        };
        self.found.push_back((began, found));
    }

    /// What the stack has to say about what is being tried.
    fn drain(&mut self) {
        while let Some(event) = self.stack.poll_event() {
            let Some(Running { began, work, until }) = self.now.take() else { continue };
            let found = match (&work, event) {
                (Work::Names { server, name, question }, Event::Resolved { question: answered, result })
                    if *question == answered =>
                {
                    Found::Names { server: *server, name: name.clone(), answer: result }
                }
                (Work::Ping { whom, ping }, Event::Pong { ping: answered, result }) if *ping == answered => {
                    Found::Reached { whom: *whom, answer: result }
                }
                (Work::Connect { whom, flow }, Event::Connected { flow: connected }) if *flow == connected => {
                    self.stack.abort(*flow);
                    Found::Reached { whom: *whom, answer: Ok(Duration::ZERO) }
                }
                (Work::Connect { whom, flow }, Event::Ended { flow: ended, failure }) if *flow == ended => {
                    let failure = failure.unwrap_or(Failure::Refused(Refusal::Broken));
                    Found::Reached { whom: *whom, answer: Err(failure) }
                }
                _ => {
                    self.now = Some(Running { began, until, work });
                    continue;
                }
            };
            self.found.push_back((began, found));
        }
    }

    /// Sends an echo request in an IP packet of `size` octets that may not be fragmented (RFC 791 §3.1, RFC 792).
    fn ping(&mut self, to: Ipv4Addr, size: u16) {
        let [high, low] = size.to_be_bytes();
        let mut packet = vec![0; usize::from(size)];
        let Some((header, message)) = packet.split_first_chunk_mut::<IPV4_HEADER_LEN>() else { return };
        *header = [0x45, 0, high, low, 0, 0, 0x40, 0, 64, protocol::ICMP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header[12..16].copy_from_slice(&self.local.octets());
        header[16..20].copy_from_slice(&to.octets());
        let sum = Checksum::default().over(header).finish().to_be_bytes();
        header[10..12].copy_from_slice(&sum);
        let Some(echo) = message.first_chunk_mut::<8>() else { return };
        let [a, b] = self.identifier.to_be_bytes();
        *echo = [8, 0, 0, 0, a, b, high, low];
        let [a, b] = Checksum::default().over(message).finish().to_be_bytes();
        if let Some(sum) = message.get_mut(2..4) {
            sum.copy_from_slice(&[a, b]);
        }
        self.out.push_back(packet);
    }

    /// The size that a reply to one of our requests answers.
    fn echo_reply(&self, packet: &[u8]) -> Option<u16> {
        let ip = IpView::parse(packet).ok()?;
        let message = packet.get(ip.header_len..)?;
        let &[kind, _, _, _, a, b, high, low] = message.first_chunk()?;
        let ours = ip.protocol == protocol::ICMP && kind == 0 && u16::from_be_bytes([a, b]) == self.identifier;
        ours.then(|| u16::from_be_bytes([high, low]))
    }
}
