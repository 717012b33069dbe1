//! Probes of servers in virtual time. The IKE server is the engine of our own.

use std::net::SocketAddr;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use clock::Timestamp;
use ike::config::PreSharedKey;
use ike::proposal::{Phase1Offer, Phase1Policy};
use ike::{Engine, Path};
use observe::Fact;
use observe::network::Icmp;
use proptest::prelude::*;
use wire::isakmp::{Chain, ChainBuilder, Cookie, ExchangeType, Flags, Header, PayloadType, SaPayload};

use crate::{
    AggressiveAnswer, ClearAnswer, Config, ControlAnswer, Finding, IkeAnswer, NatAnswer, Probe, Socket, Step, Survey,
    Surveyed, Tcp, Transmit, observations,
};

mod pptp;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn config() -> Config {
    Config {
        local: address("192.0.2.2:500"),
        local_nat_t: address("192.0.2.2:4500"),
        server: address("192.0.2.1:500"),
        offer: Phase1Offer::standard(),
        vendor_ids: ike::Initiate::l2tp(path("192.0.2.2:500"), crypto::Secret::from(Vec::new())).vendor_ids,
        echo: false,
        l2tp: true,
        pptp: false,
        gre: false,
        log_on: None,
        methods: false,
        survey: Survey::Short,
    }
}

fn path(local: &str) -> Path {
    Path { local: address(local), remote: address("192.0.2.1:500") }
}

/// A server: what it answers to a packet.
trait Server {
    fn udp(&mut self, _now: Timestamp, _socket: Socket, _data: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }
    fn icmp(&self, _socket: Socket) -> Option<Icmp> {
        None
    }
    fn tcp(&mut self, _data: &[u8]) -> Vec<u8> {
        Vec::new()
    }
    fn gre(&mut self, _now: Timestamp, _packet: &[u8]) {}
    /// GRE packets that it sends.
    fn poll_gre(&mut self, _now: Timestamp) -> Vec<Vec<u8>> {
        Vec::new()
    }
    /// What becomes of the connection.
    fn connect(&self) -> Option<Tcp<'static>> {
        None
    }
}

struct Nobody;

impl Server for Nobody {}

struct Run {
    steps: Vec<Step>,
    sent: Vec<(Timestamp, Transmit)>,
    took: Duration,
}

impl Run {
    fn facts(&self) -> Vec<Fact> {
        observations(&self.steps, address("192.0.2.1:500").ip()).into_iter().map(|(_, fact)| fact).collect()
    }

    fn finding(&self, fits: impl Fn(&Finding) -> bool) -> &Finding {
        let found = self.steps.iter().map(|step| &step.finding).find(|finding| fits(finding));
        found.unwrap_or_else(|| panic!("not in {:#?}", self.steps))
    }

    fn surveyed(&self) -> &Surveyed {
        match self.finding(|finding| matches!(finding, Finding::Survey(_))) {
            Finding::Survey(found) => found,
            _ => unreachable!("that is what was looked for"),
        }
    }
}

/// Probes a server to the end.
fn run(config: Config, server: &mut dyn Server) -> Run {
    let mut rng = rng();
    let begun = Timestamp::ZERO + Duration::from_secs(10);
    let mut now = begun;
    let mut probe = Probe::begin(now, &mut rng, config);
    let (mut steps, mut sent, mut second) = (Vec::new(), Vec::new(), false);
    loop {
        while let Some(transmit) = probe.poll_transmit() {
            sent.push((now, transmit.clone()));
            match transmit {
                Transmit::Udp { socket, data } => {
                    if let Some(kind) = server.icmp(socket) {
                        probe.handle_icmp(now, &mut rng, socket, kind, None);
                    }
                    for answer in server.udp(now, socket, &data) {
                        probe.handle_udp(now, &mut rng, socket, &answer);
                    }
                }
                Transmit::Connect => {
                    if let Some(tcp) = server.connect() {
                        probe.handle_tcp(now, &mut rng, tcp);
                    }
                }
                Transmit::Tcp(data) => {
                    let answer = server.tcp(&data);
                    if !answer.is_empty() {
                        probe.handle_tcp(now, &mut rng, Tcp::Data(&answer));
                    }
                }
                Transmit::Gre(packet) => server.gre(now, &packet),
                Transmit::Echo { .. } | Transmit::Close => {}
            }
            for packet in server.poll_gre(now) {
                probe.handle_gre(now, &mut rng, &packet);
            }
        }
        steps.extend(std::iter::from_fn(|| probe.poll_step()));
        let Some(due) = probe.poll_timeout() else {
            if std::mem::replace(&mut second, true) {
                break;
            }
            probe.go_on(now, &mut rng, address("192.0.2.2:500"));
            continue;
        };
        now = now.max(due);
        probe.handle_timeout(now, &mut rng);
    }
    Run { steps, sent, took: now.since(begun) }
}

/// Our own engine, reached by way of translations of addresses.
struct Own {
    engine: Engine,
    rng: ChaCha20Rng,
    /// Its own address.
    address: SocketAddr,
    /// It falls silent after so many first messages.
    patience: usize,
}

impl Own {
    fn new(policy: Phase1Policy) -> Own {
        let config = ike::Config {
            phase1: policy,
            pre_shared_keys: vec![PreSharedKey::for_any_peer(b"key".to_vec())],
            nat: ike::config::NatConfig { parrot_windows: false, ..Default::default() },
            ..ike::Config::default()
        };
        let address = address("192.0.2.1:500");
        Own { engine: Engine::new(config), rng: ChaCha20Rng::from_seed([9; 32]), address, patience: usize::MAX }
    }
}

impl Server for Own {
    fn udp(&mut self, now: Timestamp, socket: Socket, data: &[u8]) -> Vec<Vec<u8>> {
        if socket == Socket::Clear {
            return Vec::new();
        }
        let nat_t = socket == Socket::NatT;
        let message = if nat_t { data.strip_prefix(&[0; 4]).unwrap() } else { data };
        let header = Header::parse(message).unwrap();
        if header.cookies.responder.is_zero() && header.major_version() == 1 {
            let Some(left) = self.patience.checked_sub(1) else { return Vec::new() };
            self.patience = left;
        }
        let local = SocketAddr::new(self.address.ip(), socket.port());
        let path = Path { local, remote: SocketAddr::new(address("192.0.2.2:0").ip(), socket.port()) };
        self.engine.handle_datagram(now, &mut self.rng, path, nat_t, message);
        let marked = |data: Vec<u8>| if nat_t { [&[0; 4], data.as_slice()].concat() } else { data };
        std::iter::from_fn(|| self.engine.poll_transmit()).map(|transmit| marked(transmit.data)).collect()
    }
}

#[test]
fn a_silent_host_is_given_up_soon_and_after_few_packets() {
    let mut config = config();
    (config.pptp, config.echo) = (true, true);
    let run = run(config, &mut Nobody);
    assert!(run.took <= Duration::from_secs(12), "{:?}", run.took);
    assert!(run.sent.len() <= 14, "{:#?}", run.sent.len());
    assert!(run.facts().contains(&observe::network::Fact::Silent { to: address("192.0.2.1:0").ip() }.into()));
    run.finding(|finding| matches!(finding, Finding::Main { nat_t: false, answer: IkeAnswer::Silence, sent: 3, .. }));
    run.finding(|finding| matches!(finding, Finding::Pptp { answer: ControlAnswer::Silence }));
}

#[test]
fn a_server_is_asked_up_to_the_message_that_needs_a_key_and_nothing_is_left_open_there() {
    let mut server = Own::new(Phase1Policy::standard());
    let run = run(config(), &mut server);
    run.finding(|finding| matches!(finding, Finding::Main { nat_t: false, answer: IkeAnswer::Chosen(_), .. }));
    run.finding(|finding| matches!(finding, Finding::Main { nat_t: true, answer: IkeAnswer::Chosen(_), .. }));
    let nat = NatAnswer::Found { here: false, there: false };
    run.finding(|finding| *finding == Finding::Nat { answer: nat });
    assert_eq!((server.engine.counts().ike_sas, server.engine.counts().half_open), (0, 0));
    let encrypted = run.sent.iter().any(|(_, transmit)| match transmit {
        Transmit::Udp { socket: Socket::Ike, data } => Header::parse(data).unwrap().flags.contains(Flags::ENCRYPTION),
        _ => false,
    });
    assert!(!encrypted, "a message under a key left");
}

#[test]
fn before_the_log_on_no_more_is_begun_than_a_client_would() {
    let mut rng = rng();
    let mut server = Own::new(Phase1Policy::legacy());
    let now = Timestamp::ZERO;
    let mut probe = Probe::begin(now, &mut rng, config());
    let mut begun = 0;
    while let Some(transmit) = probe.poll_transmit() {
        let Transmit::Udp { socket, data } = transmit else { panic!("{transmit:?}") };
        let message = data.strip_prefix(&[0; 4]).unwrap_or(&data);
        begun += usize::from(Header::parse(message).unwrap().cookies.responder.is_zero());
        for answer in server.udp(now, socket, &data) {
            probe.handle_udp(now, &mut rng, socket, &answer);
        }
    }
    assert!(probe.is_finished());
    assert_eq!(begun, 2, "main mode on either port");
    probe.go_on(now, &mut rng, address("192.0.2.2:61000"));
    assert!(!probe.is_finished());
}

#[test]
fn a_nat_before_the_server_and_one_before_us_are_told_apart() {
    let mut server = Own::new(Phase1Policy::standard());
    server.address = address("10.0.0.5:500");
    let there = NatAnswer::Found { here: false, there: true };
    run(config(), &mut server).finding(|finding| *finding == Finding::Nat { answer: there });

    let mut server = Own::new(Phase1Policy::standard());
    let private = Config { local: address("10.1.1.7:500"), ..config() };
    let here = NatAnswer::Found { here: true, there: false };
    run(private, &mut server).finding(|finding| *finding == Finding::Nat { answer: here });
}

#[test]
fn the_survey_finds_what_the_policy_accepts_at_a_polite_pace() {
    for policy in [Phase1Policy::standard(), Phase1Policy::legacy()] {
        let run = run(Config { survey: Survey::Full, ..config() }, &mut Own::new(policy.clone()));
        let found = run.surveyed();
        let accepts = |suite: &ike::proposal::Phase1Suite| {
            policy.ciphers.contains(&suite.cipher)
                && policy.hashes.contains(&suite.hash)
                && policy.groups.contains(&suite.group)
        };
        assert_eq!(found.accepted.len() + found.refused.len(), 48);
        assert!(found.accepted.iter().all(accepts) && !found.refused.iter().any(accepts), "{found:#?}");
        assert!(!found.limited && found.silent.is_empty() && found.untried.is_empty());
        let mut last = None;
        for (at, transmit) in &run.sent {
            let Transmit::Udp { socket: Socket::Ike, data } = transmit else { continue };
            let header = Header::parse(data).unwrap();
            let first = header.exchange == ExchangeType::MAIN_MODE && header.cookies.responder.is_zero();
            let chain = Chain::parse(data).unwrap();
            let offer = chain.of(PayloadType::SA).next().map(|sa| SaPayload::parse(sa.reader()).unwrap());
            if first && offer.is_some_and(|offer| offer.proposals[0].transforms.len() == 1) {
                assert!(last.is_none_or(|last| at.since(last) >= Duration::from_millis(100)));
                last = Some(*at);
            }
        }
    }
}

#[test]
fn a_client_without_a_common_transform_learns_what_the_server_takes() {
    let mut config = config();
    config.offer.suites.retain(|suite| suite.group == crypto::dh::Group::Ecp384);
    let policy = Phase1Policy { groups: vec![crypto::dh::Group::Modp2048], ..Phase1Policy::standard() };
    let run = run(config, &mut Own::new(policy));
    run.finding(|finding| matches!(finding, Finding::Main { nat_t: false, answer: IkeAnswer::Notify(_), .. }));
    assert!(run.surveyed().accepted.iter().all(|suite| suite.group == crypto::dh::Group::Modp2048));
    assert!(!run.surveyed().accepted.is_empty());
    assert!(run.facts().iter().any(|fact| matches!(fact, Fact::Ike(observe::ike::Fact::Offered { .. }))));
}

#[test]
fn a_server_that_stops_answering_is_not_said_to_refuse() {
    let mut server = Own::new(Phase1Policy::legacy());
    // Main mode on both ports, aggressive mode twice, and four transforms.
    server.patience = 8;
    let run = run(Config { survey: Survey::Full, ..config() }, &mut server);
    let found = run.surveyed();
    assert_eq!(found.accepted.len() + found.refused.len(), 4);
    assert!(found.limited && !found.untried.is_empty());
    assert!(run.sent.len() < 60, "{}", run.sent.len());
}

struct Closed;

impl Server for Closed {
    fn icmp(&self, _: Socket) -> Option<Icmp> {
        Some(Icmp::PortUnreachable)
    }
    fn connect(&self) -> Option<Tcp<'static>> {
        Some(Tcp::Refused)
    }
}

#[test]
fn closed_ports_are_told_at_once() {
    let run = run(Config { pptp: true, ..config() }, &mut Closed);
    assert_eq!(run.took, Duration::ZERO);
    run.finding(|finding| *finding == Finding::Clear { answer: ClearAnswer::Icmp(Icmp::PortUnreachable) });
    run.finding(|finding| *finding == Finding::Pptp { answer: ControlAnswer::Closed });
    let closed = |fact: &Fact| {
        matches!(fact, Fact::Network(observe::network::Fact::Icmp { kind: Icmp::PortUnreachable, port: Some(500), .. }))
    };
    assert!(run.facts().iter().any(closed));
}

/// Takes L2TP outside IPsec, with a challenge or without.
struct Unprotected {
    challenge: Option<Vec<u8>>,
    heard: Vec<(wire::l2tp::MessageType, u16, u16)>,
}

impl Server for Unprotected {
    fn udp(&mut self, _: Timestamp, socket: Socket, data: &[u8]) -> Vec<Vec<u8>> {
        use wire::l2tp::{Control, Message, NoSecret, Sequence, set_sequence};
        if socket != Socket::Clear {
            return Vec::new();
        }
        let control = Control::parse(data).unwrap();
        let kind = control.kind.unwrap();
        self.heard.push((kind, control.sequence.ns, control.sequence.nr));
        let Ok(Message::Sccrq(mut start)) = Message::from_attributes(kind, control.attributes(&NoSecret)) else {
            return Vec::new();
        };
        let tunnel = std::mem::replace(&mut start.assigned_tunnel, 9);
        start.challenge = self.challenge.clone();
        let mut reply = Message::Sccrp(start).encode(tunnel, 0);
        set_sequence(&mut reply, Sequence { ns: 0, nr: 1 });
        vec![reply]
    }
}

#[test]
fn a_tunnel_that_a_server_opens_without_ipsec_is_opened_and_closed_in_order() {
    use wire::l2tp::MessageType;
    for challenge in [None, Some(vec![7; 16])] {
        let mut server = Unprotected { challenge: challenge.clone(), heard: Vec::new() };
        run(Config { survey: Survey::None, ..config() }, &mut server)
            .finding(|finding| matches!(finding, Finding::Clear { answer: ClearAnswer::Accepted { .. } }));
        let opened = [(MessageType::SCCRQ, 0, 0), (MessageType::SCCCN, 1, 1), (MessageType::STOP_CCN, 2, 1)];
        let refused = [(MessageType::SCCRQ, 0, 0), (MessageType::STOP_CCN, 1, 1)];
        assert_eq!(server.heard, if challenge.is_none() { &opened[..] } else { &refused[..] });
    }
}

/// Answers aggressive mode with everything that is needed to guess at the key.
struct Exposed(Own);

impl Server for Exposed {
    fn udp(&mut self, now: Timestamp, socket: Socket, data: &[u8]) -> Vec<Vec<u8>> {
        let header = Header::parse(data).unwrap();
        if socket != Socket::Ike || header.exchange != ExchangeType::AGGRESSIVE {
            return self.0.udp(now, socket, data);
        }
        let request = Chain::parse(data).unwrap();
        let mut chain = ChainBuilder::new();
        for kind in [PayloadType::SA, PayloadType::KEY_EXCHANGE, PayloadType::NONCE, PayloadType::IDENTIFICATION] {
            chain.push(kind, request.of(kind).next().unwrap().body);
        }
        chain.push(PayloadType::HASH, &[7; 20]);
        let mut cookies = header.cookies;
        cookies.responder = Cookie([3; 8]);
        vec![Header { cookies, next_payload: chain.first(), ..header }.emit(chain.octets())]
    }
}

#[test]
fn a_server_that_answers_aggressive_mode_is_exposed() {
    let run = run(config(), &mut Exposed(Own::new(Phase1Policy::standard())));
    run.finding(|finding| matches!(finding, Finding::Aggressive { answer: AggressiveAnswer::Exposed, .. }));
}

#[test]
fn what_is_abandoned_is_settled_at_once() {
    let mut rng = rng();
    let mut config = config();
    (config.pptp, config.echo, config.gre) = (true, true, true);
    let mut probe = Probe::begin(Timestamp::ZERO, &mut rng, config);
    probe.abandon(Timestamp::ZERO, &mut rng);
    while probe.poll_transmit().is_some() {}
    assert_eq!(std::iter::from_fn(|| probe.poll_step()).count(), 3);
    // Nor is there a second part.
    probe.go_on(Timestamp::ZERO, &mut rng, address("192.0.2.2:500"));
    assert!(probe.is_finished());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_comes_back_the_probe_ends(
        seed in proptest::collection::vec((0_u8..4, proptest::collection::vec(any::<u8>(), 0..120)), 1..24),
        reflect in any::<bool>(),
    ) {
        struct Noise(Vec<(u8, Vec<u8>)>, usize, bool);
        impl Server for Noise {
            fn udp(&mut self, _: Timestamp, _: Socket, data: &[u8]) -> Vec<Vec<u8>> {
                self.1 += 1;
                let Some((kind, noise)) = self.0.get(self.1 % self.0.len()) else { return Vec::new() };
                let mut own = data.to_vec();
                for (at, octet) in noise.iter().enumerate() {
                    if let Some(slot) = own.get_mut(at * 7 % data.len().max(1)) {
                        *slot ^= octet;
                    }
                }
                match (kind, self.2) {
                    (0, _) => vec![noise.clone()],
                    (1, true) => vec![data.to_vec()],
                    (2, _) => vec![own],
                    _ => Vec::new(),
                }
            }
            fn connect(&self) -> Option<Tcp<'static>> {
                Some(Tcp::Connected)
            }
            fn tcp(&mut self, _: &[u8]) -> Vec<u8> {
                self.1 += 1;
                self.0.get(self.1 % self.0.len()).map(|(_, noise)| noise.clone()).unwrap_or_default()
            }
        }
        let config = Config { pptp: true, gre: true, ..config() };
        let run = run(config, &mut Noise(seed, 0, reflect));
        prop_assert!(run.took < Duration::from_secs(60));
        prop_assert!(run.sent.len() < 400);
    }
}
