//! PPTP: the connection, its first message, and where GRE can be sent, a call that ends before anybody logs on.

use std::time::Duration;

use clock::Timestamp;
use wire::pptp::{self, CallRequest, Gre, Message, StartRequest, StopReason};

use crate::engine::{Context, Tcp, Transmit};
use crate::step::{CallAnswer, ControlAnswer, Finding, Notices, printable};

/// How long the connection, the reply and the call may take each.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pause between Configure-Requests.
const PAUSE: Duration = Duration::from_secs(1);

/// Configure-Requests.
const REQUESTS: u32 = 4;

/// How long the server may take to say good-bye.
const LINGER: Duration = Duration::from_secs(1);

/// Octets of the stream that are kept for a message that is not complete.
const MOST: usize = 4096;

pub(crate) struct Pptp {
    stage: Stage,
    began: Timestamp,
    due: Timestamp,
    gre: bool,
    call: u16,
    stream: Vec<u8>,
}

enum Stage {
    Connecting,
    /// The request is sent.
    Starting,
    /// The call is requested.
    Calling,
    /// The call is up: frames go out to the server's id of the call.
    Link {
        peer_call: u16,
        sent: u32,
    },
    /// The good-bye is sent.
    Stopping,
    Done,
}

impl Pptp {
    pub(crate) fn begin(ctx: &mut Context<'_>, gre: bool) -> Pptp {
        ctx.transmit(Transmit::Connect);
        let call = (ctx.rng.next_u32() as u16).max(1);
        Pptp { stage: Stage::Connecting, began: ctx.now, due: ctx.now + PATIENCE, gre, call, stream: Vec::new() }
    }

    pub(crate) fn handle_tcp(&mut self, ctx: &mut Context<'_>, tcp: Tcp<'_>) {
        match (&self.stage, tcp) {
            (Stage::Done, _) => {}
            (Stage::Connecting, Tcp::Connected) => {
                self.enter(ctx, Stage::Starting, PATIENCE);
                ctx.transmit(Transmit::Tcp(Message::StartRequest(start()).emit()));
            }
            (Stage::Connecting, Tcp::Refused) => self.end(ctx, Some(ControlAnswer::Closed), None),
            (Stage::Connecting, Tcp::Unreachable) => self.end(ctx, Some(ControlAnswer::Unreachable), None),
            (Stage::Starting, Tcp::Closed | Tcp::Refused | Tcp::Unreachable) => {
                self.end(ctx, Some(ControlAnswer::Mute), None);
            }
            (Stage::Calling, Tcp::Closed) => self.end(ctx, None, Some(CallAnswer::Silence)),
            (Stage::Link { .. }, Tcp::Closed) => self.end(ctx, None, Some(CallAnswer::NoGre)),
            (Stage::Stopping, Tcp::Closed) => self.end(ctx, None, None),
            (_, Tcp::Data(data)) => self.read(ctx, data),
            (_, Tcp::Connected | Tcp::Refused | Tcp::Unreachable | Tcp::Closed) => {}
        }
    }

    pub(crate) fn handle_gre(&mut self, ctx: &mut Context<'_>, packet: &[u8]) {
        let Stage::Link { .. } = self.stage else { return };
        if Gre::parse(packet).is_ok_and(|gre| gre.call == self.call) {
            ctx.step(self.began, Finding::PptpCall { answer: CallAnswer::Gre });
            self.stop(ctx, true);
        }
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if ctx.now < self.due {
            return;
        }
        match self.stage {
            Stage::Done => {}
            Stage::Connecting => self.end(ctx, Some(ControlAnswer::Silence), None),
            Stage::Starting => self.end(ctx, Some(ControlAnswer::Mute), None),
            Stage::Calling => {
                ctx.step(self.began, Finding::PptpCall { answer: CallAnswer::Silence });
                self.stop(ctx, true);
            }
            Stage::Link { peer_call, sent } if sent < REQUESTS => self.request(ctx, peer_call, sent),
            Stage::Link { .. } => {
                ctx.step(self.began, Finding::PptpCall { answer: CallAnswer::NoGre });
                self.stop(ctx, true);
            }
            Stage::Stopping => self.end(ctx, None, None),
        }
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        (!matches!(self.stage, Stage::Done)).then_some(self.due)
    }

    pub(crate) fn abandon(&mut self, ctx: &mut Context<'_>) {
        match self.stage {
            Stage::Done => {}
            Stage::Connecting => self.end(ctx, Some(ControlAnswer::Silence), None),
            Stage::Starting => self.end(ctx, Some(ControlAnswer::Mute), None),
            Stage::Calling | Stage::Link { .. } | Stage::Stopping => {
                ctx.transmit(Transmit::Tcp(Message::StopRequest(StopReason::NONE).emit()));
                self.end(ctx, None, None);
            }
        }
    }

    fn read(&mut self, ctx: &mut Context<'_>, data: &[u8]) {
        self.stream.extend_from_slice(data.get(..MOST).unwrap_or(data));
        loop {
            let (message, taken) = match pptp::frame(&self.stream) {
                Ok(None) => return,
                Ok(Some((octets, taken))) => (Message::parse(octets), taken),
                Err(_) => return self.garbage(ctx),
            };
            self.stream.drain(..taken);
            match message {
                Ok(message) => self.message(ctx, message),
                Err(_) => return self.garbage(ctx),
            }
            if matches!(self.stage, Stage::Done) {
                return;
            }
        }
    }

    fn garbage(&mut self, ctx: &mut Context<'_>) {
        match self.stage {
            Stage::Starting => self.end(ctx, Some(ControlAnswer::NotPptp), None),
            Stage::Calling => self.end(ctx, None, Some(CallAnswer::Silence)),
            Stage::Link { .. } => self.end(ctx, None, Some(CallAnswer::NoGre)),
            Stage::Connecting | Stage::Stopping | Stage::Done => self.end(ctx, None, None),
        }
    }

    fn message(&mut self, ctx: &mut Context<'_>, message: Message) {
        match (&self.stage, message) {
            (Stage::Starting, Message::StartReply(reply)) => {
                let notices = Notices {
                    host: printable(&reply.sender.host_name),
                    vendor: printable(&reply.sender.vendor),
                    firmware: reply.sender.firmware,
                };
                if reply.result != pptp::ControlResult::SUCCESS {
                    let answer = ControlAnswer::Refused { result: reply.result, notices };
                    return self.end(ctx, Some(answer), None);
                }
                ctx.step(self.began, Finding::Pptp { answer: ControlAnswer::Up(notices) });
                self.began = ctx.now;
                if self.gre {
                    self.enter(ctx, Stage::Calling, PATIENCE);
                    ctx.transmit(Transmit::Tcp(Message::CallRequest(self.call_request()).emit()));
                } else {
                    ctx.step(self.began, Finding::PptpCall { answer: CallAnswer::NotTried });
                    self.stop(ctx, false);
                }
            }
            (Stage::Calling, Message::CallAnswer(answer)) if answer.result == pptp::CallResult::CONNECTED => {
                self.request(ctx, answer.call, 0);
            }
            (Stage::Calling, Message::CallAnswer(answer)) => {
                ctx.step(self.began, Finding::PptpCall { answer: CallAnswer::Refused(answer.result) });
                self.stop(ctx, false);
            }
            (Stage::Stopping, Message::StopReply(..)) => self.end(ctx, None, None),
            (_, Message::EchoRequest(identifier)) => {
                let reply = Message::EchoReply(identifier, 1, pptp::ErrorCode::NONE);
                ctx.transmit(Transmit::Tcp(reply.emit()));
            }
            _ => {}
        }
    }

    /// Sends one more Configure-Request (RFC 1661 §5.1) without options, which any server understands.
    fn request(&mut self, ctx: &mut Context<'_>, peer_call: u16, sent: u32) {
        let frame = [0xff, 0x03, 0xc0, 0x21, 1, sent as u8 + 1, 0, 4];
        let packet = Gre { call: peer_call, sequence: Some(sent), acknowledgement: None, payload: &frame };
        ctx.transmit(Transmit::Gre(packet.emit()));
        self.enter(ctx, Stage::Link { peer_call, sent: sent + 1 }, PAUSE);
    }

    fn stop(&mut self, ctx: &mut Context<'_>, call: bool) {
        if call {
            ctx.transmit(Transmit::Tcp(Message::CallClear(self.call).emit()));
        }
        ctx.transmit(Transmit::Tcp(Message::StopRequest(StopReason::NONE).emit()));
        self.enter(ctx, Stage::Stopping, LINGER);
    }

    fn enter(&mut self, ctx: &Context<'_>, stage: Stage, patience: Duration) {
        (self.stage, self.due) = (stage, ctx.now + patience);
    }

    fn end(&mut self, ctx: &mut Context<'_>, control: Option<ControlAnswer>, call: Option<CallAnswer>) {
        if let Some(answer) = control {
            ctx.step(self.began, Finding::Pptp { answer });
        }
        if let Some(answer) = call {
            ctx.step(self.began, Finding::PptpCall { answer });
        }
        ctx.transmit(Transmit::Close);
        self.stage = Stage::Done;
    }

    /// What Windows asks for.
    fn call_request(&self) -> CallRequest {
        CallRequest {
            call: self.call,
            serial: 1,
            minimum_speed: 300,
            maximum_speed: 100_000_000,
            bearer: 3,
            framing: 3,
            window: 64,
            delay: 0,
            number: Vec::new(),
            sub_address: Vec::new(),
        }
    }
}

fn start() -> StartRequest {
    StartRequest {
        version: 0x0100,
        framing: 1,
        bearer: 1,
        channels: 0,
        firmware: 1,
        host_name: Vec::new(),
        vendor: b"Causeway".to_vec(),
    }
}
