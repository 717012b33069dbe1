//! Two sessions on a virtual wire, and one session against a script.

use std::net::Ipv4Addr;
use std::time::Duration;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use clock::Timestamp;
use crypto::mschap::{authenticator_response, nt_password_hash, verify_chap_md5_response, verify_nt_response};
use wire::ppp::{Code, Packet, Protocol, RasError, TerminateReason, frame, full_frame};

use crate::{
    Answer, Ask, ClientConfig, Credential, Credentials, Event, Failure, Ipv4Lease, Question, Reply, ServerConfig,
    Session, Stage,
};

pub(super) const USER: &str = "CORP\\alice";
pub(super) const PASSWORD: &str = "correct horse";
pub(super) const LATENCY: Duration = Duration::from_millis(10);

pub(super) const LEASE: Ipv4Lease = Ipv4Lease {
    client: Ipv4Addr::new(10, 9, 0, 7),
    server: Ipv4Addr::new(10, 9, 0, 1),
    dns: [Some(Ipv4Addr::new(10, 9, 0, 53)), None],
    nbns: [None, None],
};

pub(super) fn credentials(password: &str) -> Credentials {
    Credentials { user: USER.to_owned(), password: password.into() }
}

pub(super) fn client_config() -> ClientConfig {
    ClientConfig::new(credentials(PASSWORD))
}

/// What an account database with one account answers.
pub(super) fn answer(ask: Ask) -> Answer {
    let reply = match ask.question {
        Question::Verify { user_bytes, credential, .. } => verify(&user_bytes, &credential),
        Question::Address { .. } => Reply::Address(LEASE),
        Question::Credentials { .. } => Reply::Credentials(credentials(PASSWORD)),
    };
    Answer { id: ask.id, reply }
}

fn verify(user: &[u8], credential: &Credential) -> Reply {
    let hash = nt_password_hash(PASSWORD);
    let name = Credential::hashed_name(user);
    let (valid, authenticator_response) = match credential {
        Credential::Pap { password } => (password.ct_eq(PASSWORD), None),
        Credential::ChapMd5 { identifier, challenge, response } => {
            (verify_chap_md5_response(*identifier, PASSWORD.as_bytes(), challenge, response), None)
        }
        Credential::MsChapV2 { authenticator_challenge: auth, peer_challenge: peer, nt_response, .. } => (
            verify_nt_response(auth, peer, name, &hash, nt_response),
            Some(authenticator_response(&hash, nt_response, peer, auth, name)),
        ),
    };
    if valid && user == USER.as_bytes() {
        Reply::Accept { authenticator_response, message: "Welcome".into() }
    } else {
        Reply::Reject { ras: RasError::AUTHENTICATION_FAILURE, retry_allowed: true, message: "No".into() }
    }
}

/// A session with what it said so far.
pub(super) struct End {
    pub(super) session: Session,
    pub(super) events: Vec<Event>,
}

impl End {
    fn new(session: Session) -> Self {
        End { session, events: Vec::new() }
    }

    pub(super) fn closed(&self) -> Option<(Stage, Failure)> {
        self.events.iter().find_map(|event| match event {
            Event::Closed { stage, failure } => Some((*stage, failure.clone())),
            _ => None,
        })
    }

    pub(super) fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }
}

/// What the wire does to a frame, in percent.
#[derive(Clone, Copy, Default)]
pub(super) struct Weather {
    pub(super) loss: u32,
    pub(super) duplicates: u32,
    pub(super) reorder: u32,
}

pub(super) struct Pair {
    pub(super) now: Timestamp,
    pub(super) rng: ChaCha8Rng,
    pub(super) server: End,
    pub(super) client: End,
    pub(super) weather: Weather,
    /// Whether questions are answered.
    pub(super) answers: bool,
    /// Frames dropped when they match: sent by the server or not, and the frame.
    pub(super) drop: fn(bool, &[u8]) -> bool,
    wire: Vec<(Timestamp, bool, Vec<u8>)>,
}

impl Pair {
    pub(super) fn new(server: ServerConfig, client: ClientConfig) -> Self {
        Pair::seeded(server, client, 1)
    }

    pub(super) fn seeded(server: ServerConfig, client: ClientConfig, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let now = Timestamp::from_nanos(1 << 40);
        let server = End::new(Session::server(server, now, &mut rng));
        let client = End::new(Session::client(client, now, &mut rng));
        Pair {
            now,
            rng,
            server,
            client,
            weather: Weather::default(),
            answers: true,
            drop: |_, _| false,
            wire: Vec::new(),
        }
    }

    /// Lets `time` pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.drain();
            let frame = self.wire.iter().map(|(at, ..)| *at).min();
            let timeouts = [self.server.session.poll_timeout(), self.client.session.poll_timeout()];
            let Some(next) = timeouts.into_iter().flatten().chain(frame).min().filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            if frame == Some(next) {
                let index = self.wire.iter().position(|(at, ..)| *at == next).unwrap();
                let (_, to_server, frame) = self.wire.remove(index);
                let to = if to_server { &mut self.server } else { &mut self.client };
                to.session.handle_frame(self.now, &mut self.rng, &frame);
            } else {
                self.server.session.handle_timeout(self.now, &mut self.rng);
                self.client.session.handle_timeout(self.now, &mut self.rng);
            }
        }
        self.now = end;
    }

    fn drain(&mut self) {
        for from_server in [true, false] {
            let end = if from_server { &mut self.server } else { &mut self.client };
            loop {
                while let Some(event) = end.session.poll_event() {
                    assert!(end.closed().is_none(), "{event:?} after the last event");
                    end.events.push(event.clone());
                    if let (Event::Ask(ask), true) = (event, self.answers) {
                        end.session.handle_answer(self.now, &mut self.rng, answer(ask));
                    }
                }
                let Some(bytes) = end.session.poll_transmit() else { break };
                if (self.drop)(from_server, &bytes) || percent(&mut self.rng, self.weather.loss) {
                    continue;
                }
                let copies = 1 + usize::from(percent(&mut self.rng, self.weather.duplicates));
                for _ in 0..copies {
                    let late = if percent(&mut self.rng, self.weather.reorder) { 4 } else { 1 };
                    self.wire.push((self.now + LATENCY * late, !from_server, bytes.clone()));
                }
            }
        }
    }
}

fn percent(rng: &mut ChaCha8Rng, chance: u32) -> bool {
    rng.next_u32() % 100 < chance
}

/// One session against frames that the test writes.
pub(super) struct Script {
    pub(super) now: Timestamp,
    pub(super) rng: ChaCha8Rng,
    pub(super) end: End,
}

impl Script {
    pub(super) fn server(config: ServerConfig) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let now = Timestamp::from_nanos(1 << 40);
        let end = End::new(Session::server(config, now, &mut rng));
        Script { now, rng, end }
    }

    pub(super) fn client(config: ClientConfig) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let now = Timestamp::from_nanos(1 << 40);
        let end = End::new(Session::client(config, now, &mut rng));
        Script { now, rng, end }
    }

    /// Everything the session sends now. Events are kept.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        while let Some(event) = self.end.session.poll_event() {
            self.end.events.push(event);
        }
        std::iter::from_fn(|| self.end.session.poll_transmit()).map(|frame| Sent::parse(&frame)).collect()
    }

    /// The only frame the session sends now.
    pub(super) fn one(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:02x?}");
        sent.remove(0)
    }

    pub(super) fn silent(&mut self) {
        let sent = self.sent();
        assert!(sent.is_empty(), "{sent:02x?}");
    }

    pub(super) fn frame(&mut self, bytes: &[u8]) -> &mut Self {
        self.end.session.handle_frame(self.now, &mut self.rng, bytes);
        self
    }

    pub(super) fn packet(&mut self, protocol: Protocol, code: u8, id: u8, data: &[u8]) -> &mut Self {
        self.frame(&full_frame(protocol, &Packet { code, id, data }.encode()))
    }

    pub(super) fn control(&mut self, protocol: Protocol, code: Code, id: u8, data: &[u8]) -> &mut Self {
        self.packet(protocol, code.0, id, data)
    }

    /// Acknowledges a Configure-Request of the session.
    pub(super) fn acknowledge(&mut self, request: &Sent) -> &mut Self {
        assert_eq!(request.code(), Code::CONFIGURE_REQUEST, "{request:02x?}");
        self.control(request.protocol, Code::CONFIGURE_ACK, request.id, &request.data)
    }

    pub(super) fn pass(&mut self, time: Duration) -> &mut Self {
        let end = self.now + time;
        while let Some(at) = self.end.session.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.end.session.handle_timeout(self.now, &mut self.rng);
        }
        self.now = end;
        self
    }

    /// Answers the last question as [`answer`] does.
    pub(super) fn answer(&mut self) -> &mut Self {
        let ask = self.asked();
        self.reply(answer(ask).reply)
    }

    pub(super) fn reply(&mut self, reply: Reply) -> &mut Self {
        let answer = Answer { id: self.asked().id, reply };
        self.end.session.handle_answer(self.now, &mut self.rng, answer);
        self
    }

    pub(super) fn asked(&mut self) -> Ask {
        while let Some(event) = self.end.session.poll_event() {
            self.end.events.push(event);
        }
        let asks = self.end.events.iter().rev().filter_map(|event| match event {
            Event::Ask(ask) => Some(ask.clone()),
            _ => None,
        });
        asks.take(1).next().expect("a question")
    }

    /// Opens LCP with an empty request of ours.
    pub(super) fn open_lcp(&mut self) -> &mut Self {
        let request = self.one();
        self.acknowledge(&request);
        self.control(Protocol::LCP, Code::CONFIGURE_REQUEST, 1, &[]);
        let ack = self.end.session.poll_transmit().expect("an Ack");
        assert_eq!(Sent::parse(&ack).code(), Code::CONFIGURE_ACK);
        self
    }
}

/// A frame that a session sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sent {
    pub(super) protocol: Protocol,
    pub(super) raw_code: u8,
    pub(super) id: u8,
    pub(super) data: Vec<u8>,
}

impl Sent {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        assert_eq!(bytes[..2], [0xFF, 0x03]);
        let (protocol, offset) = frame(bytes).unwrap();
        let packet = Packet::parse(&bytes[offset..]).unwrap();
        Sent { protocol, raw_code: packet.code, id: packet.id, data: packet.data.to_vec() }
    }

    pub(super) fn code(&self) -> Code {
        Code(self.raw_code)
    }

    /// The error of a Terminate-Request.
    pub(super) fn ras(&self) -> RasError {
        assert_eq!(self.code(), Code::TERMINATE_REQUEST, "{self:02x?}");
        TerminateReason::parse(&self.data).expect("the Windows form").ras
    }
}
