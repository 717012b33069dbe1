use std::collections::VecDeque;
use std::time::Duration;

use clock::{TimerKind, Timers, Timestamp};
use rand_core::CryptoRng;
use wire::pptp::{
    CallAnswer, CallRequest, CallResult, ControlResult, ErrorCode, Gre, LinkInfo, Message, MessageType, StartReply,
    StartRequest, StopReason,
};

use crate::channel::Channel;
use crate::config::Config;
use crate::counters::{Counters, DropReason};
use crate::event::{CallInfo, Event, Peer, Transmit};
use crate::failure::{Failure, Local, Misbehaved, Refused, Silence, Stage};
use crate::stream::Stream;

/// The version that we speak: 1.0 (RFC 2637 §2.1).
const VERSION: u16 = 0x0100;

/// The result of an acknowledgement that is one (RFC 2637 §2.4, §2.6).
const SUCCESS: u8 = 1;

/// GRE packets that are kept while the answer to the call is still on its way in TCP.
const EARLY: usize = 4;

/// The calling end of one control connection with one call.
///
/// Make one when TCP is connected. Give it the octets of the connection and the GRE packets that come from the same address.
/// When [`Event::Connected`] has come, [`Client::call`] places the call; when the call ends, so does the connection. After
/// every command and `handle_*` poll [`Client::poll_transmit`], [`Client::poll_frame`] and [`Client::poll_event`] until they
/// are empty, in any order, then [`Client::poll_timeout`]. After [`Event::Ended`] nothing happens any more.
#[derive(Debug)]
pub struct Client {
    config: Config,
    state: State,
    stream: Stream,
    /// Why it ends: known before it has ended.
    ending: Option<(Stage, Failure)>,
    /// When what is awaited was asked for.
    asked: Timestamp,
    /// The identifier of the last Echo-Request.
    echo: u32,
    /// Whether it is unanswered.
    unanswered: bool,
    timers: Timers<Timer, 2>,
    out: VecDeque<Transmit>,
    events: VecDeque<Event>,
    /// What was counted outside of a call.
    counters: Counters,
}

#[derive(Debug)]
enum State {
    /// Start-Control-Connection-Request is sent.
    Starting,
    /// The control connection is up.
    Connected,
    /// Outgoing-Call-Request is sent.
    Calling { own_call: u16, early: Vec<Vec<u8>> },
    /// The call is up.
    Up { info: CallInfo, channel: Box<Channel> },
    /// Call-Clear-Request is sent.
    Clearing,
    /// Stop-Control-Connection-Request is sent.
    Stopping,
    /// [`Event::Ended`] was given.
    Dead,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// The peer's answer is due.
    Answer,
    /// Ask whether the peer lives, or give it up.
    Echo,
}

impl TimerKind for Timer {
    const ALL: &'static [Self] = &[Timer::Answer, Timer::Echo];

    fn index(self) -> usize {
        self as usize
    }
}

impl Client {
    /// TCP is connected: the first message is to be polled.
    pub fn connect(now: Timestamp, config: Config) -> Self {
        let mut client = Client {
            state: State::Starting,
            stream: Stream::default(),
            ending: None,
            asked: now,
            echo: 0,
            unanswered: false,
            timers: Timers::default(),
            out: VecDeque::new(),
            events: VecDeque::new(),
            counters: Counters::default(),
            config,
        };
        client.write(&Message::StartRequest(client.start_request()));
        client.timers.set(Timer::Answer, now + client.config.start_timeout);
        client
    }

    /// Requests the call. False unless the control connection is up and has none.
    pub fn call(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> bool {
        if !matches!(self.state, State::Connected) {
            return false;
        }
        // Zero is legal, and what broken peers and address translators have in mind for "none".
        let own_call = (rng.next_u32() as u16).max(1);
        self.write(&Message::CallRequest(CallRequest {
            call: own_call,
            serial: 1,
            // What Windows asks for.
            minimum_speed: 300,
            maximum_speed: 100_000_000,
            bearer: 3,
            framing: 3,
            window: self.config.channel.window,
            delay: 0,
            number: Vec::new(),
            sub_address: Vec::new(),
        }));
        self.state = State::Calling { own_call, early: Vec::new() };
        self.asked = now;
        self.timers.set(Timer::Answer, now + self.config.call_timeout);
        true
    }

    /// Sends a PPP frame in the call. Without a call it is lost.
    pub fn send_frame(&mut self, now: Timestamp, frame: &[u8]) {
        if let State::Up { channel, .. } = &mut self.state {
            channel.send(now, frame);
        }
        self.collect();
    }

    /// Tells the server which characters to escape (RFC 2637 §2.15). It has no effect on GRE, and Windows does it.
    pub fn set_link_info(&mut self, send_accm: u32, receive_accm: u32) {
        if let State::Up { info: CallInfo { peer_call, .. }, .. } = self.state {
            self.write(&Message::LinkInfo(LinkInfo { peer_call, send_accm, receive_accm }));
        }
    }

    /// Ends the call and the connection in order: [`Event::Ended`] follows when the server has acknowledged it, or did not in
    /// time.
    pub fn hang_up(&mut self, now: Timestamp) {
        self.end(now, Failure::Local(Local::Closed));
    }

    /// Says good-bye and ends at once.
    pub fn leave(&mut self, now: Timestamp) {
        self.hang_up(now);
        if matches!(self.state, State::Clearing) {
            self.write(&Message::StopRequest(StopReason::NONE));
        }
        self.finish();
    }

    /// Takes octets of the control connection.
    pub fn handle_stream(&mut self, now: Timestamp, octets: &[u8]) {
        if self.has_ended() {
            return;
        }
        let mut stream = std::mem::take(&mut self.stream);
        let read = stream.take(octets, |message| {
            self.handle_message(now, message);
            !matches!(self.state, State::Dead)
        });
        self.stream = stream;
        if let Err(malformed) = read {
            // Nothing more can be read, not even an answer to a good-bye.
            self.note(Failure::Malformed(malformed));
            self.write(&Message::StopRequest(StopReason::NONE));
            self.finish();
        }
        self.collect();
    }

    /// The peer closed the control connection, or TCP gave it up.
    pub fn handle_close(&mut self) {
        self.note(Failure::PeerGone);
        self.finish();
    }

    /// Takes a GRE packet of the server, without its IP header.
    pub fn handle_gre(&mut self, now: Timestamp, packet: &[u8]) {
        let Ok(gre) = Gre::parse(packet) else { return self.count(DropReason::Malformed) };
        match &mut self.state {
            State::Up { info, channel } if info.own_call == gre.call => channel.handle(now, &gre),
            // GRE overtakes TCP.
            State::Calling { own_call, early } if *own_call == gre.call && early.len() < EARLY => {
                early.push(packet.to_vec());
            }
            _ => self.count(DropReason::UnknownCall),
        }
        self.collect();
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(timer) = self.timers.expire(now) {
            match (timer, &self.state) {
                (Timer::Answer, State::Clearing) => self.stop(now),
                (Timer::Answer, State::Stopping) => self.finish(),
                (Timer::Answer, _) => self.fall_silent(now),
                (Timer::Echo, _) if self.unanswered => self.fall_silent(now),
                (Timer::Echo, _) => {
                    (self.unanswered, self.asked) = (true, now);
                    self.echo = self.echo.wrapping_add(1);
                    self.write(&Message::EchoRequest(self.echo));
                    self.timers.set(Timer::Echo, now + self.config.echo_timeout);
                }
            }
        }
        if let State::Up { channel, .. } = &mut self.state {
            channel.handle_timeout(now);
        }
        self.collect();
    }

    /// The next thing to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.out.pop_front()
    }

    /// The next PPP frame of the server, in its order.
    pub fn poll_frame(&mut self) -> Option<Vec<u8>> {
        match &mut self.state {
            State::Up { channel, .. } => channel.poll_frame(),
            _ => None,
        }
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Client::handle_timeout`]; changes with every call.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let channel = match &self.state {
            State::Up { channel, .. } => channel.poll_timeout(),
            _ => None,
        };
        [self.timers.next().map(|(_, at)| at), channel].into_iter().flatten().min()
    }

    /// How far it is, or was when it began to end.
    pub fn stage(&self) -> Stage {
        match (&self.ending, &self.state) {
            (Some((stage, _)), _) => *stage,
            (None, State::Starting) => Stage::Start,
            (None, State::Calling { .. }) => Stage::Call,
            (None, State::Up { .. }) => Stage::Up,
            (None, State::Connected | State::Clearing | State::Stopping | State::Dead) => Stage::Connected,
        }
    }

    /// Whether [`Event::Ended`] was given.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Dead)
    }

    /// What went through GRE, and what was dropped.
    pub fn counters(&self) -> &Counters {
        match &self.state {
            State::Up { channel, .. } => &channel.counters,
            _ => &self.counters,
        }
    }

    fn handle_message(&mut self, now: Timestamp, message: Message) {
        if self.timers.get(Timer::Echo).is_some() {
            // Whatever comes shows that it lives.
            self.unanswered = false;
            self.timers.set(Timer::Echo, now + self.config.echo_interval);
        }
        match message {
            Message::StartReply(reply) => self.handle_start_reply(now, reply),
            Message::CallAnswer(answer) => self.handle_call_answer(now, &answer),
            Message::EchoRequest(identifier) => {
                self.write(&Message::EchoReply(identifier, SUCCESS, ErrorCode::NONE));
            }
            Message::StopRequest(reason) => {
                self.write(&Message::StopReply(SUCCESS, ErrorCode::NONE));
                self.note(Failure::Refused(Refused::Stopped { reason }));
                self.finish();
            }
            Message::StopReply(..) => match self.state {
                State::Stopping => self.finish(),
                _ => self.misbehave(now, MessageType::STOP_REPLY),
            },
            // Whichever of the ids it names, there is only this call.
            Message::CallDisconnect(end) => match self.state {
                State::Calling { .. } | State::Up { .. } => {
                    let (result, error, cause) = (end.result, end.error, end.cause);
                    self.note(Failure::Refused(Refused::Disconnected { result, error, cause }));
                    self.stop(now);
                }
                State::Clearing => self.stop(now),
                _ => self.count(DropReason::UnknownMessage),
            },
            Message::EchoReply(..) | Message::LinkInfo(_) => {}
            // What only a server answers, and what is for modems.
            Message::StartRequest(_) | Message::CallRequest(_) | Message::CallClear(_) | Message::Other(..) => {
                self.count(DropReason::UnknownMessage);
            }
        }
    }

    fn handle_start_reply(&mut self, now: Timestamp, reply: StartReply) {
        if !matches!(self.state, State::Starting) {
            return self.misbehave(now, MessageType::START_REPLY);
        }
        let peer = Peer {
            host_name: String::from_utf8_lossy(&reply.sender.host_name).into_owned(),
            vendor: String::from_utf8_lossy(&reply.sender.vendor).into_owned(),
            firmware: reply.sender.firmware,
        };
        if reply.result != ControlResult::SUCCESS {
            let (result, error) = (reply.result, reply.error);
            let failure = match result {
                ControlResult::VERSION => Failure::Incompatible { ours: VERSION, theirs: reply.sender.version },
                _ => Failure::Refused(Refused::Start { result, error, peer }),
            };
            self.note(failure);
            return self.finish();
        }
        if reply.sender.version >> 8 != VERSION >> 8 {
            self.end(now, Failure::Incompatible { ours: VERSION, theirs: reply.sender.version });
            return;
        }
        self.timers.stop(Timer::Answer);
        self.timers.set(Timer::Echo, now + self.config.echo_interval);
        self.state = State::Connected;
        self.events.push_back(Event::Connected(peer));
    }

    fn handle_call_answer(&mut self, now: Timestamp, answer: &CallAnswer) {
        let State::Calling { own_call, early } = &mut self.state else {
            // An answer that crosses our good-bye is no offence.
            return match self.state {
                State::Clearing | State::Stopping => self.count(DropReason::UnknownMessage),
                _ => self.misbehave(now, MessageType::OUTGOING_CALL_REPLY),
            };
        };
        let (own_call, early) = (*own_call, std::mem::take(early));
        if answer.result != CallResult::CONNECTED {
            let (result, error, cause) = (answer.result, answer.error, answer.cause);
            self.note(Failure::Refused(Refused::Call { result, error, cause }));
            return self.stop(now);
        }
        if answer.peer_call != own_call {
            let failure = Misbehaved::OtherCall { expected: own_call, got: answer.peer_call };
            return self.end(now, Failure::Misbehaved(failure));
        }
        self.timers.stop(Timer::Answer);
        let info = CallInfo { own_call, peer_call: answer.call, speed: answer.speed, window: answer.window };
        let mut channel = Channel::new(self.config.channel, info.peer_call, info.window);
        channel.counters = std::mem::take(&mut self.counters);
        self.state = State::Up { info, channel: Box::new(channel) };
        self.events.push_back(Event::CallUp(info));
        for packet in early {
            self.handle_gre(now, &packet);
        }
    }

    fn misbehave(&mut self, now: Timestamp, got: MessageType) {
        let expected = match self.state {
            State::Starting => Some(MessageType::START_REPLY),
            State::Calling { .. } => Some(MessageType::OUTGOING_CALL_REPLY),
            State::Clearing => Some(MessageType::CALL_DISCONNECT_NOTIFY),
            State::Stopping => Some(MessageType::STOP_REPLY),
            State::Connected | State::Up { .. } | State::Dead => None,
        };
        self.end(now, Failure::Misbehaved(Misbehaved::Unexpected { expected, got }));
    }

    fn fall_silent(&mut self, now: Timestamp) {
        let stage = self.stage();
        let elapsed: Duration = now.since(self.asked);
        self.note(Failure::Silence(Silence { stage, attempts: 1, elapsed }));
        // It would not answer a good-bye either.
        self.leave(now);
    }

    /// Begins to end, in order.
    fn end(&mut self, now: Timestamp, failure: Failure) {
        self.note(failure);
        match self.state {
            // A peer that has not answered has nothing to be told.
            State::Starting => self.finish(),
            State::Connected => self.stop(now),
            State::Calling { own_call, .. } => self.clear(now, own_call),
            State::Up { info: CallInfo { own_call, .. }, .. } => self.clear(now, own_call),
            State::Clearing | State::Stopping | State::Dead => {}
        }
        self.collect();
    }

    /// The first reason stays.
    fn note(&mut self, failure: Failure) {
        let stage = self.stage();
        self.ending.get_or_insert((stage, failure));
    }

    fn clear(&mut self, now: Timestamp, own_call: u16) {
        self.leave_call(State::Clearing);
        self.write(&Message::CallClear(own_call));
        self.await_good_bye(now);
    }

    fn stop(&mut self, now: Timestamp) {
        self.leave_call(State::Stopping);
        self.write(&Message::StopRequest(StopReason::NONE));
        self.await_good_bye(now);
    }

    fn await_good_bye(&mut self, now: Timestamp) {
        self.timers.stop(Timer::Echo);
        self.timers.set(Timer::Answer, now + self.config.linger);
    }

    /// The last event.
    fn finish(&mut self) {
        if matches!(self.state, State::Dead) {
            return;
        }
        self.leave_call(State::Dead);
        self.timers.stop_all();
        self.out.push_back(Transmit::Close);
        let (stage, failure) = self.ending.clone().unwrap_or((Stage::Connected, Failure::Local(Local::Closed)));
        self.events.push_back(Event::Ended { stage, failure });
    }

    /// Goes on without a call, with what was counted in it.
    fn leave_call(&mut self, next: State) {
        self.collect();
        if let State::Up { channel, .. } = std::mem::replace(&mut self.state, next) {
            self.counters = channel.counters;
        }
    }

    /// Takes what the channel has to send.
    fn collect(&mut self) {
        if let State::Up { channel, .. } = &mut self.state {
            self.out.extend(std::iter::from_fn(|| channel.poll_transmit()).map(Transmit::Gre));
        }
    }

    fn count(&mut self, reason: DropReason) {
        match &mut self.state {
            State::Up { channel, .. } => channel.counters.count(reason),
            _ => self.counters.count(reason),
        }
    }

    fn write(&mut self, message: &Message) {
        if !matches!(self.state, State::Dead) {
            self.out.push_back(Transmit::Stream(message.emit()));
        }
    }

    /// What a client is (RFC 2637 §2.1): it has no channels, and either framing is the same to it.
    fn start_request(&self) -> StartRequest {
        StartRequest {
            version: VERSION,
            framing: 1,
            bearer: 1,
            channels: 0,
            firmware: self.config.firmware,
            host_name: self.config.host_name.clone().into_bytes(),
            vendor: self.config.vendor.clone().into_bytes(),
        }
    }
}
