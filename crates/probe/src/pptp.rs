//! PPTP: the connection, its first message, and where GRE can be sent, a call with PPP in it, as far as the log-on and an
//! address. Further calls ask for ways to authenticate.

use std::net::IpAddr;
use std::time::Duration;

use clock::Timestamp;
use observe::network::Icmp;
use pptp::{Client, Event, Failure, Refused, Stage};
use wire::ppp::AuthProtocol;
use wire::pptp::ControlResult;

use crate::config::{Config, LogOn};
use crate::engine::{Context, Tcp, Transmit};
use crate::link::Link;
use crate::methods::{InquiryEnd, Methods};
use crate::step::{
    AddressAnswer, CallAnswer, ControlAnswer, EncryptionAnswer, Finding, LinkAnswer, LinkEnd, LogOnAnswer, Notices,
    printable,
};

/// How long the connection, the reply and the call may take each.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the server may take to say good-bye.
const LINGER: Duration = Duration::from_secs(1);

/// Between the end of a call and the next: the server has a port to tidy up.
const PACE: Duration = Duration::from_millis(200);

/// How long a call may take that only asks.
const INQUIRY: Duration = Duration::from_secs(8);

pub(crate) struct Pptp {
    state: State,
    began: Timestamp,
    gre: bool,
    log_on: Option<LogOn>,
    /// What the server takes, and what was suggested in the call that only asks.
    methods: Option<Methods>,
    suggested: Option<AuthProtocol>,
    /// Calls that only asked.
    calls: usize,
}

enum State {
    /// TCP connects.
    Connecting {
        due: Timestamp,
    },
    Talking(Box<Talk>),
    /// The next call can wait a little.
    Pausing {
        due: Timestamp,
    },
    Done,
}

/// A control connection, with its call and the link in it.
struct Talk {
    client: Client,
    link: Option<Link>,
    reached: Reached,
    /// What the server demanded, in this order.
    demands: Vec<Option<AuthProtocol>>,
    /// How the link ended.
    end: InquiryEnd,
    /// When it has taken too long.
    deadline: Option<Timestamp>,
    /// The first ICMP error about GRE, and who sent it.
    icmp: Option<(Icmp, Option<IpAddr>)>,
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

/// What a call is for.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    /// The control connection only.
    Control,
    /// A log-on, or to come as far as there.
    LogOn(Option<&'a LogOn>),
    /// To suggest a way to authenticate.
    Inquiry(AuthProtocol),
}

impl Pptp {
    pub(crate) fn begin(ctx: &mut Context<'_>, config: &Config) -> Pptp {
        ctx.transmit(Transmit::Connect);
        Pptp {
            state: State::Connecting { due: ctx.now + PATIENCE },
            began: ctx.now,
            gre: config.gre,
            log_on: config.log_on.clone(),
            methods: (config.gre && config.methods).then(Methods::default),
            suggested: None,
            calls: 0,
        }
    }

    pub(crate) fn handle_tcp(&mut self, ctx: &mut Context<'_>, tcp: Tcp<'_>) {
        match (&mut self.state, tcp) {
            (State::Connecting { .. }, Tcp::Connected) => {
                let deadline = self.suggested.map(|_| ctx.now + INQUIRY);
                self.state = State::Talking(Box::new(Talk::new(ctx.now, deadline)));
            }
            (State::Connecting { .. }, Tcp::Refused) => self.unconnected(ctx, ControlAnswer::Closed),
            (State::Connecting { .. }, Tcp::Unreachable) => self.unconnected(ctx, ControlAnswer::Unreachable),
            (State::Talking(talk), Tcp::Data(data)) => talk.client.handle_stream(ctx.now, data),
            (State::Talking(talk), Tcp::Closed | Tcp::Refused | Tcp::Unreachable) => talk.client.handle_close(),
            (State::Connecting { .. } | State::Talking(_) | State::Pausing { .. } | State::Done, _) => {}
        }
        self.settle(ctx);
    }

    pub(crate) fn handle_gre(&mut self, ctx: &mut Context<'_>, packet: &[u8]) {
        if let State::Talking(talk) = &mut self.state {
            talk.client.handle_gre(ctx.now, packet);
        }
        self.settle(ctx);
    }

    /// What is said of GRE counts only where nothing of it comes back: nobody has proved who says it.
    pub(crate) fn handle_gre_icmp(&mut self, ctx: &mut Context<'_>, kind: Icmp, from: Option<IpAddr>) {
        if let State::Talking(talk) = &mut self.state {
            talk.icmp.get_or_insert((kind, from));
        }
        self.settle(ctx);
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        match &mut self.state {
            State::Connecting { due } if *due <= ctx.now => self.unconnected(ctx, ControlAnswer::Silence),
            State::Pausing { due } if *due <= ctx.now => {
                ctx.transmit(Transmit::Connect);
                self.state = State::Connecting { due: ctx.now + PATIENCE };
            }
            State::Talking(talk) => talk.handle_timeout(ctx),
            State::Connecting { .. } | State::Pausing { .. } | State::Done => {}
        }
        self.settle(ctx);
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        match &self.state {
            State::Connecting { due } | State::Pausing { due } => Some(*due),
            State::Talking(talk) => talk.due(),
            State::Done => None,
        }
    }

    pub(crate) fn abandon(&mut self, ctx: &mut Context<'_>) {
        match &mut self.state {
            State::Connecting { .. } => self.unconnected(ctx, ControlAnswer::Silence),
            State::Talking(talk) => talk.client.leave(ctx.now),
            State::Pausing { .. } | State::Done => {}
        }
        self.settle(ctx);
        self.conclude(ctx);
    }

    /// There is no connection.
    fn unconnected(&mut self, ctx: &mut Context<'_>, answer: ControlAnswer) {
        ctx.transmit(Transmit::Close);
        if self.suggested.is_some() {
            return self.go_on(ctx, Vec::new(), InquiryEnd::Unclear);
        }
        ctx.step(self.began, Finding::Pptp { answer });
        self.state = State::Done;
    }

    /// Moves frames, packets and events until nobody has anything left to say.
    fn settle(&mut self, ctx: &mut Context<'_>) {
        let State::Talking(talk) = &mut self.state else { return };
        let purpose = match self.suggested {
            Some(method) => Purpose::Inquiry(method),
            None if self.gre => Purpose::LogOn(self.log_on.as_ref()),
            None => Purpose::Control,
        };
        talk.settle(ctx, &mut self.began, purpose);
        if talk.client.has_ended() {
            // What was demanded in a call in which nothing passes back leads nowhere.
            let demands = if talk.gre_passes() { std::mem::take(&mut talk.demands) } else { Vec::new() };
            let end = talk.end;
            self.go_on(ctx, demands, end);
        }
    }

    /// A call is over: is there another one to make?
    fn go_on(&mut self, ctx: &mut Context<'_>, demands: Vec<Option<AuthProtocol>>, end: InquiryEnd) {
        let Some(methods) = &mut self.methods else { return self.state = State::Done };
        demands.into_iter().for_each(|demand| methods.note(demand));
        match self.suggested.take() {
            Some(suggested) => methods.handle_end(suggested, end),
            None => methods.begin(),
        }
        self.suggested = methods.poll_next();
        if self.suggested.is_none() {
            return self.conclude(ctx);
        }
        self.calls += 1;
        self.state = State::Pausing { due: ctx.now + PACE };
    }

    /// Tells which ways to authenticate were found.
    fn conclude(&mut self, ctx: &mut Context<'_>) {
        if let Some(methods) = self.methods.take()
            && (!methods.offered().is_empty() || methods.is_unauthenticated())
        {
            ctx.step(self.began, Finding::PptpMethods { calls: self.calls, methods });
        }
        self.state = State::Done;
    }
}

impl Talk {
    fn new(now: Timestamp, deadline: Option<Timestamp>) -> Talk {
        let client = Client::connect(now, config());
        let (demands, end) = (Vec::new(), InquiryEnd::Unclear);
        Talk { client, link: None, reached: Reached::Nothing, demands, end, deadline, icmp: None }
    }

    fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.deadline.take_if(|deadline| *deadline <= ctx.now).is_some() {
            return self.client.leave(ctx.now);
        }
        self.client.handle_timeout(ctx.now);
        self.link.iter_mut().for_each(|link| link.handle_timeout(ctx.now, ctx.rng));
    }

    fn due(&self) -> Option<Timestamp> {
        let link = self.link.as_ref().and_then(Link::poll_timeout);
        [self.client.poll_timeout(), link, self.deadline].into_iter().flatten().min()
    }

    fn settle(&mut self, ctx: &mut Context<'_>, began: &mut Timestamp, purpose: Purpose<'_>) {
        loop {
            let mut moved = false;
            while let Some(frame) = self.client.poll_frame() {
                moved = true;
                self.link.iter_mut().for_each(|link| link.handle_frame(ctx.now, ctx.rng, &frame));
            }
            while let Some(frame) = self.link.as_mut().and_then(Link::poll_transmit) {
                moved = true;
                self.client.send_frame(ctx.now, &frame);
            }
            if self.reached == Reached::Control && self.gre_passes() {
                self.tell(ctx, began, Reached::Call, Finding::PptpCall { answer: CallAnswer::Gre });
            }
            while let Some(event) = self.link.as_mut().and_then(Link::poll_event) {
                moved = true;
                self.handle_link(ctx, began, event);
            }
            while let Some(event) = self.client.poll_event() {
                moved = true;
                self.handle_client(ctx, began, purpose, event);
            }
            while let Some(transmit) = self.client.poll_transmit() {
                moved = true;
                ctx.transmit(match transmit {
                    pptp::Transmit::Stream(octets) => Transmit::Tcp(octets),
                    pptp::Transmit::Gre(packet) => Transmit::Gre(packet),
                    pptp::Transmit::Close => Transmit::Close,
                });
            }
            if !moved {
                return;
            }
        }
    }

    fn handle_client(&mut self, ctx: &mut Context<'_>, began: &mut Timestamp, purpose: Purpose<'_>, event: Event) {
        match event {
            Event::Connected(peer) => {
                if let Purpose::Inquiry(_) = purpose {
                    // There is nothing new to be told of it.
                    self.reached = Reached::End;
                } else {
                    let answer = ControlAnswer::Up(notices(&peer));
                    self.tell(ctx, began, Reached::Control, Finding::Pptp { answer });
                }
                if let Purpose::Control = purpose {
                    self.tell(ctx, began, Reached::End, Finding::PptpCall { answer: CallAnswer::NotTried });
                    self.client.hang_up(ctx.now);
                } else {
                    self.client.call(ctx.now, ctx.rng);
                }
            }
            Event::CallUp(_) => {
                // As Windows does it; some servers of old wait for it.
                self.client.set_link_info(u32::MAX, u32::MAX);
                self.link = match purpose {
                    Purpose::Control => None,
                    Purpose::LogOn(log_on) => Some(Link::begin(ctx.now, ctx.rng, log_on)),
                    Purpose::Inquiry(method) => Some(Link::inquire(ctx.now, ctx.rng, method)),
                };
            }
            Event::Ended { .. } if matches!(purpose, Purpose::Inquiry(_)) => {}
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
            ppp::Event::Demands(demand) => self.demands.push(demand),
            ppp::Event::Closed { stage, failure } => {
                self.end = match (stage, &failure) {
                    (_, ppp::Failure::Local(ppp::Local::Closed(_))) => InquiryEnd::Answered,
                    (ppp::Stage::Lcp, ppp::Failure::Refused(_)) => InquiryEnd::Ended,
                    _ => InquiryEnd::Unclear,
                };
                self.link_failed(ctx, began, Some((stage, failure)));
                self.client.hang_up(ctx.now);
            }
            ppp::Event::CompressionRejected { .. }
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
            Reached::Control if received == 0 || is_silence => {
                let answer = match (self.icmp, &end) {
                    (_, LinkEnd::Cut) => CallAnswer::Cut,
                    (Some((kind, from)), _) => CallAnswer::Icmp(kind, from),
                    (None, _) if received == 0 => CallAnswer::NoGre,
                    (None, _) => CallAnswer::OneWay { received },
                };
                Finding::PptpCall { answer }
            }
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
        Failure::Refused(Refused::Call { result, error, .. }) => CallAnswer::Refused(*result, *error),
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
