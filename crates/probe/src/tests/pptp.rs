//! PPTP servers, whole and broken.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use clock::Timestamp;
use observe::network::Icmp;
use ppp::{Answer, Credential, Credentials, Event, Ipv4Lease, Method, Question, Refused, Reply, ServerConfig, Session};
use wire::ppp::{
    AuthProtocol, CcpKind, ChapAlgorithm, Code, Mppe, Packet, Protocol, RasError, TerminateReason, frame, full_frame,
    push_option,
};
use wire::pptp::{
    CallAnswer as Answered, CallDisconnect, CallResult, ControlResult, DisconnectResult, ErrorCode, Gre, Message,
    MessageType, StartReply, StartRequest, frame as message,
};

use super::{Run, Server, config, rng, run};
use crate::{
    AddressAnswer, CallAnswer, Config, ControlAnswer, EncryptionAnswer, Finding, LinkAnswer, LinkEnd, LogOn,
    LogOnAnswer, Notices, Probe, Tcp, Transmit,
};

const SERVER_CALL: u16 = 77;

/// A server with one user, anna, whose password is "secret".
struct Router {
    start: ControlResult,
    call: CallResult,
    methods: Vec<Method>,
    /// What it wants of encryption, and what it does without.
    mppe: Option<(Mppe, Without)>,
    /// Whether GRE passes to it, and from it.
    passes: (bool, bool),
    /// It ends the call right after it has taken it.
    cuts: bool,
    ended: BTreeSet<MessageType>,
    rng: ChaCha20Rng,
    session: Option<Session>,
    client_call: u16,
    sequence: u32,
    heard: Option<u32>,
    frames: Vec<Vec<u8>>,
    /// User names that were tried.
    tried: Vec<String>,
}

/// What a server does with a client that has no encryption.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Without {
    GoesOn,
    /// It ends the link, and says why.
    Says,
    /// As Windows says it.
    Numbers,
    /// And does not say why.
    Ends,
}

impl Router {
    fn new() -> Router {
        Router {
            start: ControlResult::SUCCESS,
            call: CallResult::CONNECTED,
            methods: vec![Method::Pap],
            mppe: None,
            passes: (true, true),
            cuts: false,
            ended: BTreeSet::new(),
            rng: ChaCha20Rng::from_seed([8; 32]),
            session: None,
            client_call: 0,
            sequence: 0,
            heard: None,
            frames: Vec::new(),
            tried: Vec::new(),
        }
    }

    fn answer(&mut self, now: Timestamp, question: Question) -> Reply {
        match question {
            Question::Verify { user, credential, .. } => {
                self.tried.push(user);
                let password = crypto::Secret::from("secret");
                if matches!(credential, Credential::Pap { password: got } if got == password) {
                    return Reply::Accept { authenticator_response: None, message: String::new() };
                }
                let ras = RasError::AUTHENTICATION_FAILURE;
                Reply::Reject { ras, retry_allowed: false, message: String::new() }
            }
            Question::Address { .. } => Reply::Address(Ipv4Lease {
                client: Ipv4Addr::new(10, 98, 0, 2),
                server: Ipv4Addr::new(10, 98, 0, 1),
                dns: [None; 2],
                nbns: [None; 2],
            }),
            Question::Credentials { .. } => panic!("at {now:?} a server is asked for a password"),
        }
    }
}

impl Server for Router {
    fn connect(&self) -> Option<Tcp<'static>> {
        Some(Tcp::Connected)
    }

    fn tcp(&mut self, mut stream: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        while let Ok(Some((octets, taken))) = message(stream) {
            stream = &stream[taken..];
            match Message::parse(octets).unwrap() {
                Message::StartRequest(request) => {
                    let sender = StartRequest { vendor: b"Router\x1b[2J".to_vec(), firmware: 3, ..request };
                    let reply = StartReply { result: self.start, error: ErrorCode::NONE, sender };
                    out.extend(Message::StartReply(reply).emit());
                }
                Message::CallRequest(request) => {
                    self.client_call = request.call;
                    (self.sequence, self.heard) = (0, None);
                    self.frames.clear();
                    let methods = self.methods.clone();
                    let server = ServerConfig { methods, ..ServerConfig::default() };
                    self.session = Some(Session::server(server, Timestamp::ZERO, &mut self.rng));
                    let answer = Answered {
                        call: SERVER_CALL,
                        peer_call: request.call,
                        result: self.call,
                        error: ErrorCode::NONE,
                        cause: 0,
                        speed: 0,
                        window: 16,
                        delay: 0,
                        channel: 0,
                    };
                    out.extend(Message::CallAnswer(answer).emit());
                    if self.cuts {
                        self.session = None;
                        out.extend(disconnect(DisconnectResult::LOST_CARRIER));
                    }
                }
                Message::CallClear(call) => {
                    assert_eq!(call, self.client_call);
                    self.ended.insert(MessageType::CALL_CLEAR_REQUEST);
                    out.extend(disconnect(DisconnectResult::REQUEST));
                }
                Message::StopRequest(_) => {
                    self.ended.insert(MessageType::STOP_REQUEST);
                    out.extend(Message::StopReply(1, ErrorCode::NONE).emit());
                }
                _ => {}
            }
        }
        out
    }

    fn gre(&mut self, now: Timestamp, packet: &[u8]) {
        let gre = Gre::parse(packet).unwrap();
        assert_eq!(gre.call, SERVER_CALL);
        let Some(session) = self.session.as_mut().filter(|_| self.passes.0 && gre.sequence.is_some()) else { return };
        self.heard = gre.sequence;
        let (protocol, offset) = frame(gre.payload).unwrap();
        let packet = Packet::parse(&gre.payload[offset..]).unwrap();
        let rejected = (protocol, Code(packet.code)) == (Protocol::LCP, Code::PROTOCOL_REJECT);
        if let Some((_, without)) = self.mppe.filter(|_| rejected) {
            let data = match without {
                Without::GoesOn => None,
                Without::Says => Some(b"MPPE required but peer negotiation failed".to_vec()),
                Without::Numbers => Some(TerminateReason { magic: 7, ras: RasError::NO_REMOTE_ENCRYPTION }.encode()),
                Without::Ends => Some(Vec::new()),
            };
            if let Some(data) = data {
                let end = Packet { code: Code::TERMINATE_REQUEST.0, id: 200, data: &data }.encode();
                self.frames.push(full_frame(Protocol::LCP, &end));
                self.session = None;
                return;
            }
        }
        session.handle_frame(now, &mut self.rng, gre.payload);
    }

    fn poll_gre(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        while let Some(session) = &mut self.session {
            self.frames.extend(std::iter::from_fn(|| session.poll_transmit()));
            let Some(event) = session.poll_event() else { break };
            if let Event::Ask(ask) = event {
                let reply = self.answer(now, ask.question);
                let Some(session) = &mut self.session else { break };
                let accepted = matches!(reply, Reply::Accept { .. });
                session.handle_answer(now, &mut self.rng, Answer { id: ask.id, reply });
                self.frames.extend(std::iter::from_fn(|| session.poll_transmit()));
                if let Some((mppe, _)) = self.mppe.filter(|_| accepted) {
                    let mut options = Vec::new();
                    push_option(&mut options, CcpKind::MPPC.0, &mppe.0.to_be_bytes());
                    let request = Packet { code: Code::CONFIGURE_REQUEST.0, id: 1, data: &options }.encode();
                    self.frames.push(full_frame(Protocol::CCP, &request));
                }
            }
        }
        let frames = std::mem::take(&mut self.frames);
        let packets = frames.into_iter().map(|frame| {
            let (call, acknowledgement) = (self.client_call, self.heard.take());
            let packet = Gre { call, sequence: Some(self.sequence), acknowledgement, payload: &frame }.emit();
            self.sequence += 1;
            packet
        });
        let packets: Vec<_> = packets.collect();
        if self.passes.1 { packets } else { Vec::new() }
    }
}

fn disconnect(result: DisconnectResult) -> Vec<u8> {
    let (error, statistics) = (ErrorCode::NONE, Vec::new());
    Message::CallDisconnect(CallDisconnect { call: SERVER_CALL, result, error, cause: 0, statistics }).emit()
}

fn pptp(gre: bool, log_on: Option<(&str, &[Method])>) -> Config {
    let log_on = log_on.map(|(password, methods)| LogOn {
        credentials: Credentials { user: "anna".into(), password: password.into() },
        methods: methods.to_vec(),
    });
    Config { l2tp: false, pptp: true, gre, log_on, ..config() }
}

/// As anna.
fn log_on(server: &mut Router, password: &str) -> Run {
    run(pptp(true, Some((password, &[Method::Pap, Method::MsChapV2]))), server)
}

fn call(run: &Run, answer: CallAnswer) {
    run.finding(|finding| *finding == Finding::PptpCall { answer });
}

fn left_in_order(server: &Router) {
    let ended = [MessageType::CALL_CLEAR_REQUEST, MessageType::STOP_REQUEST];
    assert_eq!(server.ended, BTreeSet::from(ended));
}

#[test]
fn without_a_user_a_call_comes_to_the_log_on_and_nobody_is_named() {
    let mut server = Router::new();
    let run = run(pptp(true, None), &mut server);
    let notices = Notices { host: String::new(), vendor: "Router\u{fffd}[2J".into(), firmware: 3 };
    run.finding(|finding| *finding == Finding::Pptp { answer: ControlAnswer::Up(notices.clone()) });
    call(&run, CallAnswer::Gre);
    let demanded = vec![AuthProtocol::Pap];
    run.finding(|finding| *finding == Finding::PptpLink { demanded: demanded.clone(), answer: LinkAnswer::Up });
    run.finding(|finding| *finding == Finding::PptpLogOn { answer: LogOnAnswer::Unasked });
    assert_eq!(run.steps.len(), 4, "{:#?}", run.steps);
    assert!(server.tried.is_empty());
    left_in_order(&server);
}

#[test]
fn a_user_comes_to_an_address_and_leaves_in_order() {
    let mut server = Router::new();
    let run = log_on(&mut server, "secret");
    run.finding(|finding| *finding == Finding::PptpLogOn { answer: LogOnAnswer::Accepted(Some(Method::Pap)) });
    let answer = EncryptionAnswer::NotRequired;
    run.finding(|finding| *finding == Finding::PptpEncryption { mppe: None, answer });
    let found = run.finding(|finding| matches!(finding, Finding::PptpAddress { answer: AddressAnswer::Up(_) }));
    let Finding::PptpAddress { answer: AddressAnswer::Up(ipv4) } = found else { panic!("it was looked for") };
    assert_eq!((ipv4.local, ipv4.remote), (Ipv4Addr::new(10, 98, 0, 2), Ipv4Addr::new(10, 98, 0, 1)));
    assert_eq!(server.tried, ["anna"]);
    left_in_order(&server);
}

#[test]
fn a_wrong_password_is_tried_once_and_is_no_fault_of_the_link() {
    let mut server = Router::new();
    let run = log_on(&mut server, "not it");
    let refused = |finding: &Finding| match finding {
        Finding::PptpLogOn { answer: LogOnAnswer::Failed(LinkEnd::Ppp { failure, .. }) } => {
            matches!(failure, ppp::Failure::Refused(Refused::Authentication { ras, .. }) if *ras == RasError::AUTHENTICATION_FAILURE)
        }
        _ => false,
    };
    assert!(run.finding(refused).link_end().is_some());
    assert_eq!(server.tried, ["anna"]);
    left_in_order(&server);
}

#[test]
fn a_server_that_requires_encryption_is_told_from_one_that_only_offers_it() {
    let mppe = Mppe::BITS_128.or(Mppe::STATELESS);
    for without in [Without::GoesOn, Without::Says, Without::Numbers, Without::Ends] {
        let insists = without != Without::GoesOn;
        let answer = if insists { EncryptionAnswer::Required } else { EncryptionAnswer::NotRequired };
        let mut server = Router { mppe: Some((mppe, without)), ..Router::new() };
        let run = log_on(&mut server, "secret");
        run.finding(|finding| *finding == Finding::PptpLogOn { answer: LogOnAnswer::Accepted(Some(Method::Pap)) });
        run.finding(|finding| *finding == Finding::PptpEncryption { mppe: Some(mppe), answer });
        let required = observe::ppp::Fact::EncryptionRequired { by: observe::Party::There };
        assert_eq!(run.facts().contains(&required.into()), insists);
        assert!(run.steps.iter().all(|step| step.finding.link_end().is_none()), "{:#?}", run.steps);
        left_in_order(&server);
    }
}

#[test]
fn the_ways_to_authenticate_are_found_in_calls_that_name_nobody() {
    let mut server = Router { methods: vec![Method::MsChapV2, Method::Pap], ..Router::new() };
    let run = run(Config { methods: true, ..pptp(true, None) }, &mut server);
    let found = run.finding(|finding| matches!(finding, Finding::PptpMethods { .. }));
    let Finding::PptpMethods { calls, methods } = found else { panic!("it was looked for") };
    let takes = [AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2), AuthProtocol::Pap];
    assert_eq!((methods.offered(), methods.refused().len(), methods.unknown()), (&takes[..], 3, Vec::new()));
    assert_eq!(*calls, 3);
    assert!(run.facts().contains(&methods.fact()));
    let connects = run.sent.iter().filter(|(_, transmit)| *transmit == Transmit::Connect).count();
    let closes = run.sent.iter().filter(|(_, transmit)| *transmit == Transmit::Close).count();
    assert_eq!((connects, closes, run.steps.len()), (4, 4, 5), "{:#?}", run.steps);
    assert!(server.tried.is_empty());
    assert!(run.took < Duration::from_secs(3), "{:?}", run.took);
    left_in_order(&server);
}

#[test]
fn a_server_that_cannot_be_talked_to_is_not_asked_on() {
    for passes in [(true, false), (false, true)] {
        let mut server = Router { passes, ..Router::new() };
        let run = run(Config { methods: true, ..pptp(true, None) }, &mut server);
        assert_eq!(run.steps.len(), 2, "{:#?}", run.steps);
        assert_eq!(run.sent.iter().filter(|(_, transmit)| *transmit == Transmit::Connect).count(), 1);
    }
}

#[test]
fn methods_that_do_not_meet_are_both_named() {
    let mut server = Router { methods: vec![Method::ChapMd5], ..Router::new() };
    let run = log_on(&mut server, "secret");
    let found = run.finding(|finding| matches!(finding, Finding::PptpLink { answer: LinkAnswer::Failed(_), .. }));
    let Finding::PptpLink { demanded, answer: LinkAnswer::Failed(LinkEnd::Ppp { failure, .. }) } = found else {
        panic!("it was looked for")
    };
    assert_eq!(demanded[..], [AuthProtocol::Chap(ChapAlgorithm::MD5)]);
    assert!(matches!(failure, ppp::Failure::Incompatible(ppp::Incompatible::NoCommonAuth { .. })), "{failure:?}");
    assert!(server.tried.is_empty());
}

#[test]
fn gre_that_is_dropped_is_told_by_its_direction() {
    let no_gre = |at| Into::<observe::Fact>::into(observe::pptp::Fact::NoGre { at });
    for passes in [(true, false), (false, false)] {
        let mut server = Router { passes, ..Router::new() };
        let run = log_on(&mut server, "secret");
        call(&run, CallAnswer::NoGre);
        assert!(run.facts().contains(&no_gre(observe::Party::Here)), "{:?}", run.facts());
        left_in_order(&server);
    }
    let mut server = Router { passes: (false, true), ..Router::new() };
    let run = log_on(&mut server, "secret");
    run.finding(
        |finding| matches!(finding, Finding::PptpCall { answer: CallAnswer::OneWay { received } } if *received > 0),
    );
    assert!(run.facts().contains(&no_gre(observe::Party::There)), "{:?}", run.facts());
    assert_eq!(run.steps.len(), 2, "what follows from it is not told: {:#?}", run.steps);
}

#[test]
fn who_refuses_gre_is_named_where_nothing_of_it_comes_back() {
    let from = Some("192.0.2.254".parse().unwrap());
    for (passes, refused) in [((false, false), true), ((false, true), true), ((true, true), false)] {
        let (mut server, mut random) = (Router { passes, ..Router::new() }, rng());
        let mut now = Timestamp::ZERO + Duration::from_secs(10);
        let mut probe = Probe::begin(now, &mut random, pptp(true, None));
        let mut steps = Vec::new();
        loop {
            while let Some(transmit) = probe.poll_transmit() {
                match transmit {
                    Transmit::Connect => probe.handle_tcp(now, &mut random, Tcp::Connected),
                    Transmit::Tcp(data) => {
                        let answer = server.tcp(&data);
                        probe.handle_tcp(now, &mut random, Tcp::Data(&answer));
                    }
                    Transmit::Gre(packet) => {
                        server.gre(now, &packet);
                        probe.handle_gre_icmp(now, &mut random, Icmp::Prohibited, from);
                    }
                    _ => {}
                }
                for packet in server.poll_gre(now) {
                    probe.handle_gre(now, &mut random, &packet);
                }
            }
            steps.extend(std::iter::from_fn(|| probe.poll_step()).map(|step| step.finding));
            let Some(due) = probe.poll_timeout() else { break };
            now = now.max(due);
            probe.handle_timeout(now, &mut random);
        }
        let said = Finding::PptpCall { answer: CallAnswer::Icmp(Icmp::Prohibited, from) };
        assert_eq!(steps.contains(&said), refused, "{steps:#?}");
    }
}

#[test]
fn gre_for_another_call_is_no_answer() {
    struct Other(Router);
    impl Server for Other {
        fn connect(&self) -> Option<Tcp<'static>> {
            self.0.connect()
        }
        fn tcp(&mut self, data: &[u8]) -> Vec<u8> {
            self.0.tcp(data)
        }
        fn gre(&mut self, now: Timestamp, packet: &[u8]) {
            self.0.gre(now, packet);
        }
        fn poll_gre(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
            self.0.client_call = self.0.client_call.wrapping_add(1);
            let packets = self.0.poll_gre(now);
            self.0.client_call = self.0.client_call.wrapping_sub(1);
            packets
        }
    }
    call(&run(pptp(true, None), &mut Other(Router::new())), CallAnswer::NoGre);
}

#[test]
fn a_call_that_is_refused_or_cut_is_told_from_lost_gre() {
    let run = log_on(&mut Router { call: CallResult::BUSY, ..Router::new() }, "secret");
    call(&run, CallAnswer::Refused(CallResult::BUSY, ErrorCode::NONE));
    let refused = observe::pptp::Fact::Refused { by: observe::Party::There, result: CallResult::BUSY.0 };
    assert!(run.facts().contains(&refused.into()));
    let run = log_on(&mut Router { cuts: true, ..Router::new() }, "secret");
    call(&run, CallAnswer::Cut);
    let closed = observe::pptp::Fact::Closed { by: observe::Party::There };
    assert!(run.facts().contains(&closed.into()));
}

#[test]
fn without_raw_sockets_the_control_connection_is_all() {
    let mut server = Router::new();
    let run = run(pptp(false, None), &mut server);
    call(&run, CallAnswer::NotTried);
    assert!(!run.sent.iter().any(|(_, transmit)| matches!(transmit, Transmit::Gre(_))));
    assert_eq!(server.ended, BTreeSet::from([MessageType::STOP_REQUEST]));
}

#[test]
fn a_refusal_and_another_service_are_told_apart() {
    let refused = run(pptp(false, None), &mut Router { start: ControlResult::NOT_AUTHORIZED, ..Router::new() });
    refused.finding(|finding| matches!(finding, Finding::Pptp { answer: ControlAnswer::Refused { .. } }));
    struct Ssh;
    impl Server for Ssh {
        fn connect(&self) -> Option<Tcp<'static>> {
            Some(Tcp::Connected)
        }
        fn tcp(&mut self, _: &[u8]) -> Vec<u8> {
            b"SSH-2.0-OpenSSH_9\r\n".to_vec()
        }
    }
    let other = run(pptp(false, None), &mut Ssh);
    other.finding(|finding| *finding == Finding::Pptp { answer: ControlAnswer::NotPptp });
}
