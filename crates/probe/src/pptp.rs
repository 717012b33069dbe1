//! PPTP: the connection, its first message, and where GRE can be sent, a call with PPP in it, as far as the log-on and an
//! address.

use std::time::Duration;

use clock::Timestamp;
use pptp::{Client, Event, Failure, Refused, Stage};
use wire::pptp::ControlResult;

use crate::config::LogOn;
use crate::engine::{Context, Tcp, Transmit};
use crate::link::Link;
use crate::step::{
    AddressAnswer, CallAnswer, ControlAnswer, EncryptionAnswer, Finding, LinkAnswer, LinkEnd, LogOnAnswer, Notices,
    printable,
};

/// How long the connection, the reply and the call may take each.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may take to say good-bye.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) struct Pptp {
    state: State,
    began: Timestamp,
    gre: bool,
    log_on: Option<LogOn>,
}

enum State {
    /// TCP connects.
    Connecting {
        due: Timestamp,
    },
    Talking(Box<Talk>),
    Done,
}

/// A control connection, with its call and the link in it.
struct Talk {
    client: Client,
    link: Option<Link>,
    reached: Reached,
}

/// What is told of a call already.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Nothing,
    /// The control connection.
    Control,
    /// That GRE passes in both directions.
    Call,
    Link,
    LogOn,
    /// Everything that there is to tell.
    End,
}

impl Pptp {
    pub(crate) fn begin(ctx: &mut Context<'_>, gre: bool, log_on: Option<LogOn>) -> Pptp {
        ctx.transmit(Transmit::Connect);
        Pptp { state: State::Connecting { due: ctx.now + PATIENCE }, began: ctx.now, gre, log_on }
    }

    pub(crate) fn handle_tcp(&mut self, ctx: &mut Context<'_>, tcp: Tcp<'_>) {
        match (&mut self.state, tcp) {
            (State::Connecting { .. }, Tcp::Connected) => {
                let client = Client::connect(ctx.now, config());
                self.state = State::Talking(Box::new(Talk { client, link: None, reached: Reached::Nothing }));
            }
            (State::Connecting { .. }, Tcp::Refused) => self.end(ctx, ControlAnswer::Closed),
            (State::Connecting { .. }, Tcp::Unreachable) => self.end(ctx, ControlAnswer::Unreachable),
            (State::Talking(talk), Tcp::Data(data)) => talk.client.handle_stream(ctx.now, data),
            (State::Talking(talk), Tcp::Closed | Tcp::Refused | Tcp::Unreachable) => talk.client.handle_close(),
            (State::Connecting { .. } | State::Talking(_) | State::Done, _) => {}
        }
        self.settle(ctx);
    }

    pub(crate) fn handle_gre(&mut self, ctx: &mut Context<'_>, packet: &[u8]) {
        if let State::Talking(talk) = &mut self.state {
            talk.client.handle_gre(ctx.now, packet);
        }
        self.settle(ctx);
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        match &mut self.state {
            State::Connecting { due } if *due <= ctx.now => self.end(ctx, ControlAnswer::Silence),
            State::Talking(talk) => {
                talk.client.handle_timeout(ctx.now);
                talk.link.iter_mut().for_each(|link| link.handle_timeout(ctx.now, ctx.rng));
            }
            State::Connecting { .. } | State::Done => {}
        }
        self.settle(ctx);
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        match &self.state {
            State::Connecting { due } => Some(*due),
            State::Talking(talk) => {
                let link = talk.link.as_ref().and_then(Link::poll_timeout);
                [talk.client.poll_timeout(), link].into_iter().flatten().min()
            }
            State::Done => None,
        }
    }

    pub(crate) fn abandon(&mut self, ctx: &mut Context<'_>) {
        match &mut self.state {
            State::Connecting { .. } => self.end(ctx, ControlAnswer::Silence),
            State::Talking(talk) => talk.client.leave(ctx.now),
            State::Done => {}
        }
        self.settle(ctx);
    }

    fn end(&mut self, ctx: &mut Context<'_>, answer: ControlAnswer) {
        ctx.step(self.began, Finding::Pptp { answer });
        ctx.transmit(Transmit::Close);
        self.state = State::Done;
    }

    /// Moves frames, packets and events until nobody has anything left to say.
    fn settle(&mut self, ctx: &mut Context<'_>) {
        let State::Talking(talk) = &mut self.state else { return };
        loop {
            let mut moved = false;
            while let Some(frame) = talk.client.poll_frame() {
                moved = true;
                talk.link.iter_mut().for_each(|link| link.handle_frame(ctx.now, ctx.rng, &frame));
            }
            while let Some(frame) = talk.link.as_mut().and_then(Link::poll_transmit) {
                moved = true;
                talk.client.send_frame(ctx.now, &frame);
            }
            if talk.reached == Reached::Control && talk.gre_passes() {
                talk.tell(ctx, &mut self.began, Reached::Call, Finding::PptpCall { answer: CallAnswer::Gre });
            }
            while let Some(event) = talk.link.as_mut().and_then(Link::poll_event) {
                moved = true;
                talk.handle_link(ctx, &mut self.began, event);
            }
            while let Some(event) = talk.client.poll_event() {
                moved = true;
                talk.handle_client(ctx, &mut self.began, self.gre, self.log_on.as_ref(), event);
            }
            while let Some(transmit) = talk.client.poll_transmit() {
                moved = true;
                ctx.transmit(match transmit {
                    pptp::Transmit::Stream(octets) => Transmit::Tcp(octets),
                    pptp::Transmit::Gre(packet) => Transmit::Gre(packet),
                    pptp::Transmit::Close => Transmit::Close,
                });
            }
            if !moved {
                break;
            }
        }
        if talk.client.has_ended() {
            self.state = State::Done;
        }
    }
}

impl Talk {
    fn handle_client(
        &mut self,
        ctx: &mut Context<'_>,
        began: &mut Timestamp,
        gre: bool,
        log_on: Option<&LogOn>,
        event: Event,
    ) {
        match event {
            Event::Connected(peer) => {
                let answer = ControlAnswer::Up(notices(&peer));
                self.tell(ctx, began, Reached::Control, Finding::Pptp { answer });
                if gre {
                    self.client.call(ctx.now, ctx.rng);
                } else {
                    self.tell(ctx, began, Reached::End, Finding::PptpCall { answer: CallAnswer::NotTried });
                    self.client.hang_up(ctx.now);
                }
            }
            Event::CallUp(_) => {
                // As Windows does it; some servers of old wait for it.
                self.client.set_link_info(u32::MAX, u32::MAX);
                self.link = Some(Link::begin(ctx.now, ctx.rng, log_on));
            }
            Event::Ended { stage, failure } => self.ended(ctx, began, stage, failure),
        }
    }

    fn handle_link(&mut self, ctx: &mut Context<'_>, began: &mut Timestamp, event: ppp::Event) {
        let Some(link) = &mut self.link else { return };
        match event {
            // It comes again when the server begins anew.
            ppp::Event::LcpUp(_) if self.reached < Reached::Link => {
                let demanded = link.demanded.clone();
                self.tell(ctx, began, Reached::Link, Finding::PptpLink { demanded, answer: LinkAnswer::Up });
            }
            ppp::Event::Ask(_) => {
                self.tell(ctx, began, Reached::End, Finding::PptpLogOn { answer: LogOnAnswer::Unasked });
                self.close_link(ctx);
            }
            ppp::Event::Authenticated { method, .. } if self.reached < Reached::LogOn => {
                let answer = LogOnAnswer::Accepted(method);
                self.tell(ctx, began, Reached::LogOn, Finding::PptpLogOn { answer });
            }
            ppp::Event::Ipv4Up(settings) => {
                let answer = EncryptionAnswer::NotRequired;
                let encryption = Finding::PptpEncryption { mppe: link.mppe, answer };
                self.tell(ctx, began, Reached::LogOn, encryption);
                let answer = AddressAnswer::Up(settings);
                self.tell(ctx, began, Reached::End, Finding::PptpAddress { answer });
                self.close_link(ctx);
            }
            ppp::Event::Closed { stage, failure } => {
                self.link_failed(ctx, began, Some((stage, failure)));
                self.client.hang_up(ctx.now);
            }
            ppp::Event::Demands(_)
            | ppp::Event::CompressionRejected { .. }
            | ppp::Event::LcpUp(_)
            | ppp::Event::Authenticated { .. }
            | ppp::Event::Ipv4Down
            | ppp::Event::Ipv6Up(_)
            | ppp::Event::Ipv6Down
            | ppp::Event::Up
            | ppp::Event::PeerInfo(_)
            | ppp::Event::TimeRemaining { .. } => {}
        }
    }

    /// PPP ended, or the call under it, where `why` is `None`: the step that it stood at has failed.
    fn link_failed(&mut self, ctx: &mut Context<'_>, began: &mut Timestamp, why: Option<(ppp::Stage, ppp::Failure)>) {
        let Some(link) = &self.link else { return };
        let received = self.client.counters().received;
        let (demanded, mppe) = (link.demanded.clone(), link.mppe);
        let lacks_encryption = link.lacks_encryption(why.as_ref().map(|(_, failure)| failure));
        let is_silence = matches!(why, Some((_, ppp::Failure::Silence(_))));
        let end = why.map_or(LinkEnd::Cut, |(stage, failure)| LinkEnd::Ppp { stage, failure });
        let finding = match self.reached {
            Reached::Nothing | Reached::End => return,
            Reached::Control if received == 0 => {
                let answer = if end == LinkEnd::Cut { CallAnswer::Cut } else { CallAnswer::NoGre };
                Finding::PptpCall { answer }
            }
            Reached::Control if is_silence => Finding::PptpCall { answer: CallAnswer::OneWay { received } },
            Reached::Control | Reached::Call => Finding::PptpLink { demanded, answer: LinkAnswer::Failed(end) },
            Reached::Link => Finding::PptpLogOn { answer: LogOnAnswer::Failed(end) },
            Reached::LogOn if lacks_encryption => Finding::PptpEncryption { mppe, answer: EncryptionAnswer::Required },
            Reached::LogOn => Finding::PptpAddress { answer: AddressAnswer::Failed(end) },
        };
        self.tell(ctx, began, Reached::End, finding);
    }

    /// The control connection is over.
    fn ended(&mut self, ctx: &mut Context<'_>, began: &mut Timestamp, stage: Stage, failure: Failure) {
        let by_us = matches!(failure, Failure::Local(_));
        let finding = match (self.reached, stage) {
            (Reached::End, _) => return,
            (Reached::Nothing, _) => Finding::Pptp { answer: control(failure) },
            (_, Stage::Up) if by_us => return,
            (_, Stage::Up) => return self.link_failed(ctx, began, None),
            (_, _) if by_us => return,
            (_, Stage::Start | Stage::Connected | Stage::Call) => Finding::PptpCall { answer: call(&failure) },
        };
        self.tell(ctx, began, Reached::End, finding);
    }

    /// Whether frames pass in both directions: something came that answers or acknowledges ours.
    fn gre_passes(&self) -> bool {
        self.client.counters().acknowledged > 0 || self.link.as_ref().is_some_and(|link| link.answered)
    }

    fn close_link(&mut self, ctx: &mut Context<'_>) {
        if let Some(link) = &mut self.link {
            link.close(ctx.now, ctx.rng);
        }
    }

    fn tell(&mut self, ctx: &mut Context<'_>, began: &mut Timestamp, reached: Reached, finding: Finding) {
        ctx.step(*began, finding);
        (self.reached, *began) = (reached, ctx.now);
    }
}

fn config() -> pptp::Config {
    pptp::Config { start_timeout: PATIENCE, call_timeout: PATIENCE, linger: LINGER, ..pptp::Config::new("") }
}

fn notices(peer: &pptp::Peer) -> Notices {
    Notices {
        host: printable(peer.host_name.as_bytes()),
        vendor: printable(peer.vendor.as_bytes()),
        firmware: peer.firmware,
    }
}

/// What it means that the control connection did not come up.
fn control(failure: Failure) -> ControlAnswer {
    match failure {
        Failure::Refused(Refused::Start { result, peer, .. }) => {
            ControlAnswer::Refused { result, notices: notices(&peer) }
        }
        Failure::Incompatible { .. } => {
            ControlAnswer::Refused { result: ControlResult::VERSION, notices: Notices::default() }
        }
        Failure::Malformed(_) | Failure::Misbehaved(_) => ControlAnswer::NotPptp,
        Failure::Refused(Refused::Call { .. } | Refused::Disconnected { .. } | Refused::Stopped { .. })
        | Failure::Silence(_)
        | Failure::PeerGone
        | Failure::Local(_) => ControlAnswer::Mute,
    }
}

/// What it means that the call did not come up.
fn call(failure: &Failure) -> CallAnswer {
    match failure {
        Failure::Refused(Refused::Call { result, .. }) => CallAnswer::Refused(*result),
        Failure::Refused(Refused::Disconnected { .. }) => CallAnswer::Cut,
        Failure::Refused(Refused::Start { .. } | Refused::Stopped { .. })
        | Failure::Malformed(_)
        | Failure::Misbehaved(_)
        | Failure::Incompatible { .. }
        | Failure::Silence(_)
        | Failure::PeerGone
        | Failure::Local(_) => CallAnswer::Silence,
    }
}
