//! The client against a server in virtual time, and against everything else.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use clock::Timestamp;
use proptest::prelude::*;
use rand_core::SeedableRng;
use wire::pptp::{
    CallAnswer, CallDisconnect, CallResult, ControlResult, DisconnectResult, ErrorCode, Gre, Message, MessageType,
    StartReply, StartRequest, StopReason, frame,
};

use crate::channel::Channel;
use crate::{
    ChannelConfig, Client, Config, DropReason, Event, Failure, Local, Misbehaved, Refused, Silence, Stage, Transmit,
};

const SERVER_CALL: u16 = 0;

/// A server that takes one call, with its end of the GRE channel.
struct Server {
    start: ControlResult,
    call: CallResult,
    version: u16,
    /// Types of messages that stay unanswered.
    mute: Vec<MessageType>,
    channel: Option<Channel>,
    client_call: u16,
    heard: Vec<MessageType>,
    /// What it says next in the control connection.
    says: Vec<Message>,
}

impl Server {
    fn new() -> Server {
        Server {
            start: ControlResult::SUCCESS,
            call: CallResult::CONNECTED,
            version: 0x0100,
            mute: Vec::new(),
            channel: None,
            client_call: 0,
            heard: Vec::new(),
            says: Vec::new(),
        }
    }

    fn take(&mut self, mut octets: &[u8]) {
        while let Some((message, taken)) = frame(octets).unwrap() {
            octets = &octets[taken..];
            let message = Message::parse(message).unwrap();
            self.heard.push(message.kind());
            if self.mute.contains(&message.kind()) {
                continue;
            }
            let answer = match message {
                Message::StartRequest(request) => Message::StartReply(StartReply {
                    result: self.start,
                    error: ErrorCode::NONE,
                    sender: StartRequest { vendor: b"box".to_vec(), version: self.version, ..request },
                }),
                Message::CallRequest(request) => {
                    self.client_call = request.call;
                    self.channel = Some(Channel::new(ChannelConfig::default(), request.call, request.window));
                    Message::CallAnswer(CallAnswer {
                        call: SERVER_CALL,
                        peer_call: request.call,
                        result: self.call,
                        error: ErrorCode::NONE,
                        cause: 0,
                        speed: 64_000,
                        window: 16,
                        delay: 0,
                        channel: 0,
                    })
                }
                Message::CallClear(_) => Message::CallDisconnect(CallDisconnect {
                    call: SERVER_CALL,
                    result: DisconnectResult::REQUEST,
                    error: ErrorCode::NONE,
                    cause: 0,
                    statistics: Vec::new(),
                }),
                Message::StopRequest(_) => Message::StopReply(1, ErrorCode::NONE),
                Message::EchoRequest(identifier) => Message::EchoReply(identifier, 1, ErrorCode::NONE),
                _ => continue,
            };
            self.says.push(answer);
        }
    }
}

/// A client and a server, and the network between.
struct Pair {
    now: Timestamp,
    client: Client,
    server: Server,
    events: Vec<Event>,
    closed: bool,
    /// Frames that arrived at the client, and at the server.
    frames: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    /// Whether GRE reaches the client, and the server.
    passes: (bool, bool),
}

impl Pair {
    fn new(server: Server) -> Pair {
        let config = Config::new("host");
        let mut pair = Pair {
            now: Timestamp::ZERO,
            client: Client::connect(Timestamp::ZERO, config),
            server,
            events: Vec::new(),
            closed: false,
            frames: (Vec::new(), Vec::new()),
            passes: (true, true),
        };
        pair.exchange();
        pair
    }

    /// With a call.
    fn up() -> Pair {
        let mut pair = Pair::new(Server::new());
        pair.call();
        assert!(matches!(pair.events[..], [Event::Connected(_), Event::CallUp(_)]), "{:?}", pair.events);
        pair
    }

    fn call(&mut self) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        assert!(self.client.call(self.now, &mut rng));
        self.exchange();
    }

    fn exchange(&mut self) {
        loop {
            let mut moved = false;
            while let Some(transmit) = self.client.poll_transmit() {
                moved = true;
                assert!(!self.closed, "after its end the client says nothing");
                match transmit {
                    Transmit::Stream(octets) => self.server.take(&octets),
                    Transmit::Gre(packet) => {
                        let gre = Gre::parse(&packet).unwrap();
                        assert_eq!(gre.call, SERVER_CALL);
                        if let Some(channel) = self.server.channel.as_mut().filter(|_| self.passes.1) {
                            channel.handle(self.now, &gre);
                        }
                    }
                    Transmit::Close => self.closed = true,
                }
            }
            for message in std::mem::take(&mut self.server.says) {
                moved = true;
                if !self.closed {
                    self.client.handle_stream(self.now, &message.emit());
                }
            }
            if let Some(channel) = &mut self.server.channel {
                while let Some(packet) = channel.poll_transmit() {
                    moved = true;
                    if self.passes.0 {
                        self.client.handle_gre(self.now, &packet);
                    }
                }
                self.frames.1.extend(std::iter::from_fn(|| channel.poll_frame()));
            }
            self.frames.0.extend(std::iter::from_fn(|| self.client.poll_frame()));
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            if !moved {
                return;
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            let server = self.server.channel.as_ref().and_then(Channel::poll_timeout);
            let due = [self.client.poll_timeout(), server].into_iter().flatten().min();
            let Some(due) = due.filter(|&due| due <= until) else { break };
            self.now = due;
            self.client.handle_timeout(due);
            if let Some(channel) = &mut self.server.channel {
                channel.handle_timeout(due);
            }
            self.exchange();
        }
        self.now = until;
    }

    fn say(&mut self, message: Message) {
        self.server.says.push(message);
        self.exchange();
    }

    fn end(&self) -> (Stage, Failure) {
        let ended = |event: &Event| match event {
            Event::Ended { stage, failure } => Some((*stage, failure.clone())),
            _ => None,
        };
        let ends: Vec<_> = self.events.iter().filter_map(ended).collect();
        assert_eq!((ends.len(), self.closed, self.client.has_ended()), (1, true, true), "{:?}", self.events);
        assert_eq!(self.client.poll_timeout(), None);
        ends[0].clone()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_call_is_made_carries_frames_both_ways_and_is_ended_in_order() {
    let mut pair = Pair::up();
    for number in 0..100_u8 {
        pair.client.send_frame(pair.now, &[number]);
        pair.server.channel.as_mut().unwrap().send(pair.now, &[number, 1]);
        pair.exchange();
    }
    assert_eq!(pair.frames.1, (0..100).map(|number| vec![number]).collect::<Vec<_>>());
    assert_eq!(pair.frames.0, (0..100).map(|number| vec![number, 1]).collect::<Vec<_>>());
    pair.pass(SECOND);
    assert_eq!((pair.client.counters().sent, pair.client.counters().acknowledged), (100, 100));
    pair.client.hang_up(pair.now);
    pair.exchange();
    assert_eq!(pair.end(), (Stage::Up, Failure::Local(Local::Closed)));
    let good_bye = [MessageType::CALL_CLEAR_REQUEST, MessageType::STOP_REQUEST];
    assert_eq!(pair.server.heard[2..], good_bye);
    assert_eq!(pair.client.counters().sent, 100, "what was counted survives the call");
}

#[test]
fn what_has_no_frame_to_ride_on_is_acknowledged_alone_and_soon() {
    let mut pair = Pair::up();
    pair.server.channel.as_mut().unwrap().send(pair.now, &[1]);
    pair.exchange();
    assert_eq!(pair.server.channel.as_ref().unwrap().counters.acknowledged, 0);
    pair.pass(Duration::from_millis(100));
    assert_eq!(pair.server.channel.as_ref().unwrap().counters.acknowledged, 1);
    assert_eq!(pair.server.channel.as_ref().unwrap().counters.received, 1);
    pair.server.channel.as_mut().unwrap().send(pair.now, &[2]);
    pair.exchange();
    pair.client.send_frame(pair.now, &[3]);
    pair.exchange();
    pair.pass(SECOND);
    assert_eq!(pair.server.channel.as_ref().unwrap().counters.received, 2, "the frame carried it");
    assert_eq!(pair.server.channel.as_ref().unwrap().counters.acknowledged, 2);
}

#[test]
fn the_counters_tell_in_which_direction_gre_is_lost() {
    for (passes, received, acknowledged) in
        [((true, true), true, true), ((true, false), true, false), ((false, true), false, false)]
    {
        let mut pair = Pair::up();
        pair.passes = passes;
        pair.client.send_frame(pair.now, &[1]);
        pair.server.channel.as_mut().unwrap().send(pair.now, &[2]);
        pair.exchange();
        pair.pass(SECOND);
        let counters = pair.client.counters();
        assert_eq!((counters.received > 0, counters.acknowledged > 0), (received, acknowledged), "{passes:?}");
    }
}

#[test]
fn gre_that_overtakes_the_answer_to_the_call_is_not_lost() {
    let mut server = Server::new();
    server.mute.push(MessageType::OUTGOING_CALL_REQUEST);
    let mut pair = Pair::new(server);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    pair.client.call(pair.now, &mut rng);
    let Some(Transmit::Stream(octets)) = pair.client.poll_transmit() else { panic!("no request") };
    let early = |call| Gre { call, sequence: Some(0), acknowledgement: None, payload: &[7] }.emit();
    let Ok(Message::CallRequest(request)) = Message::parse(&octets) else { panic!("no request") };
    pair.client.handle_gre(pair.now, &early(request.call));
    pair.client.handle_gre(pair.now, &early(request.call.wrapping_add(1)));
    pair.server.mute.clear();
    pair.server.take(&octets);
    pair.exchange();
    assert_eq!(pair.frames.0, [vec![7]]);
    assert_eq!(pair.client.counters().dropped(DropReason::UnknownCall), 1);
}

#[test]
fn a_refusal_says_what_the_server_said() {
    let mut server = Server::new();
    server.start = ControlResult::NOT_AUTHORIZED;
    let pair = Pair::new(server);
    let refused = |failure| matches!(failure, Failure::Refused(Refused::Start { result, .. }) if result == ControlResult::NOT_AUTHORIZED);
    assert!(refused(pair.end().1));

    let mut server = Server::new();
    server.call = CallResult::BUSY;
    let mut pair = Pair::new(server);
    pair.call();
    let busy = Refused::Call { result: CallResult::BUSY, error: ErrorCode::NONE, cause: 0 };
    assert_eq!(pair.end(), (Stage::Call, Failure::Refused(busy)));
    assert_eq!(pair.server.heard.last(), Some(&MessageType::STOP_REQUEST));
}

#[test]
fn another_version_is_no_common_ground() {
    let mut server = Server::new();
    server.version = 0x0200;
    let pair = Pair::new(server);
    assert_eq!(pair.end().1, Failure::Incompatible { ours: 0x0100, theirs: 0x0200 });
}

#[test]
fn a_server_that_ends_the_call_or_the_connection_is_answered() {
    let cut = CallDisconnect {
        call: SERVER_CALL,
        result: DisconnectResult::ADMIN_SHUTDOWN,
        error: ErrorCode::NONE,
        cause: 0,
        statistics: Vec::new(),
    };
    let mut pair = Pair::up();
    pair.say(Message::CallDisconnect(cut));
    let ended = Refused::Disconnected { result: DisconnectResult::ADMIN_SHUTDOWN, error: ErrorCode::NONE, cause: 0 };
    assert_eq!(pair.end(), (Stage::Up, Failure::Refused(ended)));

    let mut pair = Pair::up();
    pair.say(Message::StopRequest(StopReason::LOCAL_SHUTDOWN));
    let stopped = Refused::Stopped { reason: StopReason::LOCAL_SHUTDOWN };
    assert_eq!(pair.end(), (Stage::Up, Failure::Refused(stopped)));
    assert_eq!(pair.server.heard.last(), Some(&MessageType::STOP_REPLY));

    let mut pair = Pair::up();
    pair.client.handle_close();
    pair.exchange();
    assert_eq!(pair.end(), (Stage::Up, Failure::PeerGone));
}

#[test]
fn a_silent_server_is_given_up_at_each_stage() {
    for (kind, stage) in [(MessageType::START_REQUEST, Stage::Start), (MessageType::OUTGOING_CALL_REQUEST, Stage::Call)]
    {
        let mut server = Server::new();
        server.mute = vec![kind];
        let mut pair = Pair::new(server);
        if stage == Stage::Call {
            pair.call();
        }
        pair.pass(SECOND * 59);
        assert!(!pair.client.has_ended());
        pair.pass(SECOND);
        let silence = Silence { stage, attempts: 1, elapsed: SECOND * 60 };
        assert_eq!(pair.end(), (stage, Failure::Silence(silence)));
    }
}

#[test]
fn a_quiet_server_is_asked_each_minute_and_a_dead_one_given_up() {
    let mut pair = Pair::up();
    pair.pass(SECOND * 300);
    let echoes = |pair: &Pair| pair.server.heard.iter().filter(|&&kind| kind == MessageType::ECHO_REQUEST).count();
    assert_eq!((echoes(&pair), pair.client.has_ended()), (5, false));
    pair.server.mute = vec![MessageType::ECHO_REQUEST];
    pair.pass(SECOND * 119);
    assert!(!pair.client.has_ended());
    pair.pass(SECOND);
    let silence = Silence { stage: Stage::Up, attempts: 1, elapsed: SECOND * 60 };
    assert_eq!(pair.end(), (Stage::Up, Failure::Silence(silence)));
}

#[test]
fn a_server_that_acknowledges_no_good_bye_is_left_soon() {
    let mut pair = Pair::up();
    pair.server.mute = vec![MessageType::CALL_CLEAR_REQUEST, MessageType::STOP_REQUEST];
    pair.client.hang_up(pair.now);
    pair.pass(SECOND * 6);
    assert_eq!(pair.end(), (Stage::Up, Failure::Local(Local::Closed)));

    let mut pair = Pair::up();
    pair.server.mute = vec![MessageType::CALL_CLEAR_REQUEST, MessageType::STOP_REQUEST];
    pair.client.leave(pair.now);
    pair.exchange();
    assert_eq!(pair.end(), (Stage::Up, Failure::Local(Local::Closed)));
    assert_eq!(pair.server.heard[2..], [MessageType::CALL_CLEAR_REQUEST, MessageType::STOP_REQUEST]);
}

#[test]
fn an_answer_that_fits_no_question_ends_the_connection() {
    let mut pair = Pair::up();
    pair.server.take(&Message::CallRequest(wire_call_request()).emit());
    pair.exchange();
    let got = MessageType::OUTGOING_CALL_REPLY;
    assert_eq!(pair.end(), (Stage::Up, Failure::Misbehaved(Misbehaved::Unexpected { expected: None, got })));

    let mut pair = Pair::new(Server::new());
    pair.client.handle_stream(pair.now, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    pair.exchange();
    assert!(matches!(pair.end(), (Stage::Connected, Failure::Malformed(_))));
}

fn wire_call_request() -> wire::pptp::CallRequest {
    wire::pptp::CallRequest {
        call: 1,
        serial: 1,
        minimum_speed: 0,
        maximum_speed: 0,
        bearer: 3,
        framing: 3,
        window: 1,
        delay: 0,
        number: Vec::new(),
        sub_address: Vec::new(),
    }
}

#[test]
fn link_info_names_the_servers_call() {
    let mut pair = Pair::up();
    pair.client.set_link_info(u32::MAX, u32::MAX);
    pair.exchange();
    assert_eq!(pair.server.heard.last(), Some(&MessageType::SET_LINK_INFO));
    pair.say(Message::EchoRequest(9));
    assert_eq!(pair.server.heard.last(), Some(&MessageType::ECHO_REPLY));
}

/// What somebody does to a client.
#[derive(Clone, Debug)]
enum Blow {
    Octets(Vec<u8>),
    Message(u16, Vec<u8>),
    Gre { own: bool, sequence: Option<u32>, acknowledgement: Option<u32>, payload: Vec<u8> },
    Raw(Vec<u8>),
    Time(u64),
    Frame,
    Call,
    HangUp,
}

fn blow() -> impl Strategy<Value = Blow> {
    let octets = || proptest::collection::vec(any::<u8>(), 0..64);
    let number = || proptest::option::of(prop_oneof![0_u32..300, any::<u32>()]);
    prop_oneof![
        octets().prop_map(Blow::Octets),
        (0_u16..17, proptest::collection::vec(any::<u8>(), 0..208)).prop_map(|(kind, body)| Blow::Message(kind, body)),
        (any::<bool>(), number(), number(), octets()).prop_map(|(own, sequence, acknowledgement, payload)| {
            Blow::Gre { own, sequence, acknowledgement, payload }
        }),
        octets().prop_map(Blow::Raw),
        (0_u64..90_000).prop_map(Blow::Time),
        Just(Blow::Frame),
        Just(Blow::Call),
        Just(Blow::HangUp),
    ]
}

proptest! {
    #[test]
    fn nothing_makes_a_client_panic_loop_or_end_twice(
        up in any::<bool>(),
        blows in proptest::collection::vec(blow(), 0..60),
    ) {
        let mut pair = if up { Pair::up() } else { Pair::new(Server::new()) };
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        for blow in blows {
            match blow {
                Blow::Octets(octets) => pair.client.handle_stream(pair.now, &octets),
                Blow::Message(kind, body) => {
                    pair.client.handle_stream(pair.now, &Message::Other(MessageType(kind), body).emit());
                }
                Blow::Gre { own, sequence, acknowledgement, payload } => {
                    let call = if own { pair.server.client_call } else { 9 };
                    let gre = Gre { call, sequence, acknowledgement, payload: &payload };
                    pair.client.handle_gre(pair.now, &gre.emit());
                }
                Blow::Raw(packet) => pair.client.handle_gre(pair.now, &packet),
                Blow::Time(millis) => {
                    let until = pair.now + Duration::from_millis(millis);
                    let mut turns = 0;
                    while let Some(due) = pair.client.poll_timeout().filter(|&due| due <= until) {
                        turns += 1;
                        prop_assert!(turns < 1000, "time stands still");
                        pair.now = due;
                        pair.client.handle_timeout(due);
                    }
                    pair.now = until;
                }
                Blow::Frame => pair.client.send_frame(pair.now, &[7; 40]),
                Blow::Call => {
                    pair.client.call(pair.now, &mut rng);
                }
                Blow::HangUp => pair.client.hang_up(pair.now),
            }
            while pair.client.poll_frame().is_some() {}
            while pair.client.poll_transmit().is_some() {}
            pair.events.extend(std::iter::from_fn(|| pair.client.poll_event()));
        }
        let ends = pair.events.iter().filter(|event| matches!(event, Event::Ended { .. })).count();
        prop_assert_eq!(ends, usize::from(pair.client.has_ended()));
        let last = pair.events.last().is_some_and(|event| matches!(event, Event::Ended { .. }));
        prop_assert_eq!(last, ends == 1);
    }
}
