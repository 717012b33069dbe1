//! One IKE SA from its first message to its end. A step consumes the state and yields the next one, or nothing when the IKE
//! SA is gone; only main mode's proof of the peer leads to [`IkeSa::Up`].

use clock::Timestamp;
use wire::isakmp::{Chain, ChainBuilder, Cookies, ExchangeType, Notify, NotifyType, PayloadType};

use crate::context::{Context, Incoming, Output};
use crate::established::{Established, Start};
use crate::event::{CloseReason, Event, Failed, IkeSaId, PeerKnown, Role};
use crate::failure::{Drop, LocalFault};
use crate::main_mode::auth::Claim;
use crate::main_mode::{initiator, responder};
use crate::nat::Nat;
use crate::quick_mode::ChildRequest;
use crate::repeat::{Answered, Fingerprint, Request, Suspicion};
use crate::vendor::Announced;
use crate::{Failure, Path, Stage, envelope};

pub(crate) enum IkeSa {
    /// Main mode that we began.
    Initiating(Box<Initiating>),
    /// Main mode that the peer began, from message 3 on.
    Responding(Box<Responding>),
    /// Both sides proved themselves.
    Up(Box<Established>),
}

pub(crate) struct Initiating {
    pub(crate) id: IkeSaId,
    pub(crate) cookies: Cookies,
    path: Path,
    encapsulated: bool,
    announced: Announced,
    wanted: initiator::Wanted,
    child: Option<ChildRequest>,
    stage: InitiatorStage,
    request: Request,
    /// The answer that led to this stage.
    last: Option<Fingerprint>,
    suspicion: Option<Box<Suspicion>>,
    /// A message with our cookies came by port 4500.
    heard_nat_t: bool,
}

enum InitiatorStage {
    Proposal(initiator::AwaitProposal),
    Keys(initiator::AwaitKeys),
    Identity(Box<initiator::AwaitIdentity>),
}

/// What follows from a message of the responder.
struct Step {
    stage: InitiatorStage,
    answer: Vec<u8>,
    announced: Announced,
    float: bool,
}

pub(crate) struct Responding {
    id: IkeSaId,
    pub(crate) cookies: Cookies,
    pub(crate) path: Path,
    encapsulated: bool,
    announced: Announced,
    state: responder::AwaitIdentity,
    began: Timestamp,
    deadline: Timestamp,
    suspicion: Option<Box<Suspicion>>,
}

impl IkeSa {
    /// Begins main mode with message 1.
    pub(crate) fn initiate(
        ctx: &mut Context<'_>,
        id: IkeSaId,
        wanted: initiator::Wanted,
        child: Option<ChildRequest>,
    ) -> Self {
        let cookies = Cookies { initiator: initiator::new_cookie(ctx), ..Cookies::default() };
        let (stage, message) = initiator::AwaitProposal::start(&wanted, cookies);
        let path = wanted.path;
        ctx.out.event(Event::Started { sa: id, role: Role::Initiator, path });
        ctx.out.send(path, false, message.clone());
        IkeSa::Initiating(Box::new(Initiating {
            id,
            cookies,
            path,
            encapsulated: false,
            announced: Announced::default(),
            wanted,
            child,
            stage: InitiatorStage::Proposal(stage),
            request: Request::sent(message, ctx.now, &ctx.config.timing),
            last: None,
            suspicion: None,
            heard_nat_t: false,
        }))
    }

    /// Goes on from a half-open IKE SA after message 3 has been answered.
    pub(crate) fn respond(ctx: &Context<'_>, half_open: &responder::HalfOpen, state: responder::AwaitIdentity) -> Self {
        IkeSa::Responding(Box::new(Responding {
            id: half_open.id,
            cookies: half_open.cookies,
            path: half_open.path,
            encapsulated: half_open.encapsulated,
            announced: half_open.announced,
            state,
            began: ctx.now,
            deadline: ctx.now + ctx.config.timing.exchange_timeout,
            suspicion: None,
        }))
    }

    pub(crate) fn cookies(&self) -> Cookies {
        match self {
            IkeSa::Initiating(sa) => sa.cookies,
            IkeSa::Responding(sa) => sa.cookies,
            IkeSa::Up(sa) => sa.cookies(),
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        match self {
            IkeSa::Initiating(sa) => Some(sa.request.deadline()),
            IkeSa::Responding(sa) => Some(sa.suspicion.as_ref().map_or(sa.deadline, |s| s.until().min(sa.deadline))),
            IkeSa::Up(sa) => sa.next_deadline(),
        }
    }

    pub(crate) fn handle(self, ctx: &mut Context<'_>, incoming: &Incoming<'_>) -> Option<Self> {
        match self {
            IkeSa::Initiating(sa) => sa.handle(ctx, incoming),
            IkeSa::Responding(sa) => sa.handle(ctx, incoming),
            IkeSa::Up(mut sa) => {
                sa.handle(ctx, incoming);
                (!sa.is_closed()).then_some(IkeSa::Up(sa))
            }
        }
    }

    pub(crate) fn handle_timeout(self, ctx: &mut Context<'_>) -> Option<Self> {
        match self {
            IkeSa::Initiating(sa) => sa.handle_timeout(ctx),
            IkeSa::Responding(sa) => sa.handle_timeout(ctx),
            IkeSa::Up(mut sa) => {
                sa.handle_timeout(ctx);
                (!sa.is_closed()).then_some(IkeSa::Up(sa))
            }
        }
    }

    /// Ends it by command.
    pub(crate) fn close(self, ctx: &mut Context<'_>) {
        match self {
            IkeSa::Initiating(sa) => sa.fail(ctx, Failure::Local(LocalFault::Closed)),
            IkeSa::Responding(sa) => sa.fail(ctx, Failure::Local(LocalFault::Closed)),
            IkeSa::Up(mut sa) => sa.close(ctx, CloseReason::Command),
        }
    }
}

impl Initiating {
    fn handle(mut self: Box<Self>, ctx: &mut Context<'_>, incoming: &Incoming<'_>) -> Option<IkeSa> {
        self.heard_nat_t |= incoming.encapsulated;
        if incoming.header.major_version() != 1 {
            // Whatever it says: RFC 7296 §2.5 has it answer with its own version, and refuse ours.
            let notify = NotifyType::INVALID_MAJOR_VERSION;
            self.fail(ctx, Failure::Refused { notify, data: Vec::new(), authenticated: false });
            return None;
        }
        if incoming.header.exchange == ExchangeType::INFORMATIONAL {
            return self.handle_informational(ctx, incoming);
        }
        let message = Fingerprint::of(incoming.message);
        let encrypted = matches!(self.stage, InitiatorStage::Identity(_));
        let problem = if self.last == Some(message) {
            Some(Drop::Duplicate)
        } else if incoming.header.exchange != ExchangeType::MAIN_MODE
            || incoming.header.message_id != 0
            || incoming.is_encrypted() != encrypted
            || incoming.header.cookies.responder.is_zero()
        {
            Some(Drop::Unexpected)
        } else {
            None
        };
        if let Some(problem) = problem {
            ctx.out.drop(problem);
            return Some(IkeSa::Initiating(self));
        }
        let result = match &self.stage {
            InitiatorStage::Proposal(state) => self.read(incoming).and_then(|(chain, announced)| {
                let cookies = incoming.header.cookies;
                let (state, answer) = state.next(ctx, &self.wanted, &cookies, &chain, &announced)?;
                Ok(Step { stage: InitiatorStage::Keys(state), answer, announced, float: false })
            }),
            InitiatorStage::Keys(state) => self.read(incoming).and_then(|(chain, announced)| {
                let (state, answer) = state.next(ctx, &self.wanted, &self.cookies, &chain, &announced)?;
                let float = state.nat.detected();
                Ok(Step { stage: InitiatorStage::Identity(Box::new(state)), answer, announced, float })
            }),
            InitiatorStage::Identity(state) => match state.open(incoming) {
                Some(opened) => {
                    let chain = Chain::parse(&opened.message).ok();
                    match chain.as_ref().and_then(Claim::of) {
                        Some(claim) => return self.finish(ctx, &opened, &claim),
                        None => Err(Failure::Undecryptable),
                    }
                }
                None => {
                    ctx.out.drop(Drop::NotAuthentic);
                    return Some(IkeSa::Initiating(self));
                }
            },
        };
        match result {
            Ok(Step { stage, answer, announced, float }) => {
                (self.stage, self.announced, self.cookies) = (stage, announced, incoming.header.cookies);
                if float {
                    // The move to port 4500 (RFC 3947 §4).
                    (self.path, self.encapsulated) = (self.wanted.nat_t_path, true);
                }
                ctx.out.send(self.path, self.encapsulated, answer.clone());
                self.request = Request::sent(answer, ctx.now, &ctx.config.timing);
                self.last = Some(message);
                self.suspicion = None;
                Some(IkeSa::Initiating(self))
            }
            Err(failure @ (Failure::Malformed(_) | Failure::Misbehaved(_) | Failure::Undecryptable)) => {
                let until = ctx.now + ctx.config.timing.undecryptable_wait;
                match Suspicion::note(&mut self.suspicion, message, failure, until) {
                    Some(failure) => {
                        self.fail(ctx, failure);
                        None
                    }
                    None => Some(IkeSa::Initiating(self)),
                }
            }
            Err(failure) => {
                self.fail(ctx, failure);
                None
            }
        }
    }

    /// The payloads of a message in clear, and what the peer has announced with it.
    fn read<'a>(&self, incoming: &Incoming<'a>) -> Result<(Chain<'a>, Announced), Failure> {
        let chain = Chain::parse(incoming.message).map_err(Failure::Malformed)?;
        let mut announced = self.announced;
        announced.collect(&chain);
        Ok((chain, announced))
    }

    /// An informational message before the peer has proved itself: an error ends the attempt. One that is encrypted and
    /// cannot be read, where the keys should be the same, speaks for keys that are not.
    fn handle_informational(mut self: Box<Self>, ctx: &mut Context<'_>, incoming: &Incoming<'_>) -> Option<IkeSa> {
        let failure = match &self.stage {
            InitiatorStage::Identity(state) if incoming.is_encrypted() => match state.open_error(incoming) {
                Some(failure) => Some(failure),
                None => {
                    // strongSwan sends one for each message 5 that it cannot read, under a new message id every time: they count
                    // as the same message.
                    let unreadable = Fingerprint::of(&[]);
                    let until = ctx.now + ctx.config.timing.undecryptable_wait;
                    Suspicion::note(&mut self.suspicion, unreadable, Failure::Undecryptable, until)
                }
            },
            _ => clear_error(ctx.out, incoming),
        };
        match failure {
            Some(failure) => {
                self.fail(ctx, failure);
                None
            }
            None => Some(IkeSa::Initiating(self)),
        }
    }

    fn finish(
        mut self: Box<Self>,
        ctx: &mut Context<'_>,
        opened: &envelope::Opened,
        claim: &Claim<'_>,
    ) -> Option<IkeSa> {
        let InitiatorStage::Identity(state) = self.stage else { return None };
        let nat = state.nat;
        match state.finish(&self.wanted, &self.cookies, opened, claim) {
            Ok(auth) => {
                let start = Start {
                    id: self.id,
                    role: Role::Initiator,
                    cookies: self.cookies,
                    path: self.path,
                    encapsulated: self.encapsulated,
                    announced: self.announced,
                    auth,
                    last_answer: None,
                };
                let mut up = enter(ctx, start);
                if let Some(child) = self.child.take() {
                    up.request_child(ctx, child, None);
                }
                Some(IkeSa::Up(Box::new(up)))
            }
            Err(failure) => {
                let attempt = FailedPhase1 {
                    sa: self.id,
                    role: Role::Initiator,
                    cookies: self.cookies,
                    path: self.path,
                    encapsulated: self.encapsulated,
                    stage: Stage::Phase1Authentication,
                    announced: self.announced,
                    nat: Some(nat),
                    heard_nat_t: self.heard_nat_t,
                };
                attempt.report(ctx, failure, usize::MAX);
                None
            }
        }
    }

    fn handle_timeout(mut self: Box<Self>, ctx: &mut Context<'_>) -> Option<IkeSa> {
        match self.request.expire(ctx.now) {
            Some(message) => {
                ctx.out.send(self.path, self.encapsulated, message);
                Some(IkeSa::Initiating(self))
            }
            None => {
                let silence = self.request.silence(ctx.now, self.encapsulated);
                let failure = self.suspicion.take().map_or(silence, |suspicion| suspicion.into_failure());
                self.fail(ctx, failure);
                None
            }
        }
    }

    fn fail(self: Box<Self>, ctx: &mut Context<'_>, failure: Failure) {
        let (stage, nat) = match &self.stage {
            InitiatorStage::Proposal(_) => (Stage::Phase1Proposal, None),
            InitiatorStage::Keys(_) => (Stage::Phase1KeyExchange, None),
            InitiatorStage::Identity(state) => (Stage::Phase1Authentication, Some(state.nat)),
        };
        let attempt = FailedPhase1 {
            sa: self.id,
            role: Role::Initiator,
            cookies: self.cookies,
            path: self.path,
            encapsulated: self.encapsulated,
            stage,
            announced: self.announced,
            nat,
            heard_nat_t: self.heard_nat_t,
        };
        attempt.report(ctx, failure, usize::MAX);
    }
}

impl Responding {
    fn handle(mut self: Box<Self>, ctx: &mut Context<'_>, incoming: &Incoming<'_>) -> Option<IkeSa> {
        if incoming.header.exchange == ExchangeType::INFORMATIONAL {
            return match clear_error(ctx.out, incoming) {
                Some(failure) => {
                    self.fail(ctx, failure);
                    None
                }
                None => Some(IkeSa::Responding(self)),
            };
        }
        let message = Fingerprint::of(incoming.message);
        if self.state.answered.is(message) {
            match self.state.answered.again() {
                Some(answer) => ctx.out.send(self.path, self.encapsulated, answer),
                None => ctx.out.drop(Drop::Duplicate),
            }
            return Some(IkeSa::Responding(self));
        }
        let expected = incoming.header.exchange == ExchangeType::MAIN_MODE
            && incoming.header.message_id == 0
            && incoming.is_encrypted();
        let Some(opened) = self.state.open(incoming).filter(|_| expected) else {
            ctx.out.drop(Drop::Unexpected);
            return Some(IkeSa::Responding(self));
        };
        let chain = Chain::parse(&opened.message).ok();
        let Some(claim) = chain.as_ref().and_then(Claim::of) else {
            let until = ctx.now + ctx.config.timing.undecryptable_wait;
            return match Suspicion::note(&mut self.suspicion, message, Failure::Undecryptable, until) {
                Some(failure) => {
                    self.fail(ctx, failure);
                    None
                }
                None => Some(IkeSa::Responding(self)),
            };
        };
        let (nat, path, encapsulated) = (self.state.nat, incoming.path, incoming.encapsulated);
        match self.state.finish(ctx.config, &self.cookies, &opened, &claim) {
            Ok((auth, answer)) => {
                // The message proves the peer; where it came from is where the peer is now (RFC 3947 §4).
                ctx.out.send(path, encapsulated, answer.clone());
                let start = Start {
                    id: self.id,
                    role: Role::Responder,
                    cookies: self.cookies,
                    path,
                    encapsulated,
                    announced: self.announced,
                    auth,
                    last_answer: Some(Answered::new(message, answer, &ctx.config.timing)),
                };
                Some(IkeSa::Up(Box::new(enter(ctx, start))))
            }
            Err(failure) => {
                let attempt = FailedPhase1 {
                    sa: self.id,
                    role: Role::Responder,
                    cookies: self.cookies,
                    path,
                    encapsulated,
                    stage: Stage::Phase1Authentication,
                    announced: self.announced,
                    nat: Some(nat),
                    heard_nat_t: encapsulated,
                };
                attempt.report(ctx, failure, incoming.message.len());
                None
            }
        }
    }

    fn handle_timeout(mut self: Box<Self>, ctx: &mut Context<'_>) -> Option<IkeSa> {
        let suspicion = self.suspicion.take();
        let failure = match suspicion {
            Some(suspicion) if suspicion.until() <= ctx.now || self.deadline <= ctx.now => suspicion.into_failure(),
            suspicion if ctx.now < self.deadline => {
                self.suspicion = suspicion;
                return Some(IkeSa::Responding(self));
            }
            _ => Failure::Silence {
                attempts: self.state.answered.sent(),
                elapsed: ctx.now.since(self.began),
                encapsulated: self.encapsulated,
            },
        };
        self.fail(ctx, failure);
        None
    }

    fn fail(self: Box<Self>, ctx: &mut Context<'_>, failure: Failure) {
        let attempt = FailedPhase1 {
            sa: self.id,
            role: Role::Responder,
            cookies: self.cookies,
            path: self.path,
            encapsulated: self.encapsulated,
            stage: Stage::Phase1Authentication,
            announced: self.announced,
            nat: Some(self.state.nat),
            heard_nat_t: self.encapsulated,
        };
        // The shortest message that leads here is one cipher block behind the header; ours may not be longer than the
        // request, and message 5 never is shorter than this notification.
        attempt.report(ctx, failure, usize::MAX);
    }
}

fn enter(ctx: &mut Context<'_>, start: Start) -> Established {
    let (sa, initial_contact) = (start.id, start.auth.initial_contact);
    let up = Established::new(ctx, start);
    ctx.out.event(Event::Phase1Up { sa, summary: Box::new(up.summary()) });
    if initial_contact {
        ctx.out.event(Event::InitialContact { sa });
    }
    up
}

/// A failed main mode.
pub(crate) struct FailedPhase1 {
    pub(crate) sa: IkeSaId,
    pub(crate) role: Role,
    pub(crate) cookies: Cookies,
    pub(crate) path: Path,
    pub(crate) encapsulated: bool,
    pub(crate) stage: Stage,
    pub(crate) announced: Announced,
    pub(crate) nat: Option<Nat>,
    pub(crate) heard_nat_t: bool,
}

impl FailedPhase1 {
    /// Tells the peer, with a message of at most `request_len` octets, and the caller.
    pub(crate) fn report(self, ctx: &mut Context<'_>, failure: Failure, request_len: usize) {
        if let Some(kind) = failure.notify() {
            let message_id = ctx.message_id();
            let message = clear_notify(self.cookies, message_id, kind);
            if message.len() <= request_len {
                ctx.out.send(self.path, self.encapsulated, message);
            }
        }
        let peer = PeerKnown { announced: self.announced, id: None, nat: self.nat, heard_nat_t: self.heard_nat_t };
        ctx.out.event(Event::Failed(Box::new(Failed {
            sa: Some(self.sa),
            role: self.role,
            path: self.path,
            stage: self.stage,
            failure,
            peer,
            replaces: None,
        })));
    }
}

/// An informational message in clear, for phase 1 (RFC 2409 §5.7).
pub(crate) fn clear_notify(cookies: Cookies, message_id: u32, kind: NotifyType) -> Vec<u8> {
    let mut chain = ChainBuilder::new();
    chain.push(PayloadType::NOTIFICATION, &Notify::isakmp(kind).emit());
    chain.clear(cookies, ExchangeType::INFORMATIONAL, message_id)
}

/// The error in an informational message that came during main mode. It cannot be authenticated, but only who saw our cookies
/// can send it, and what he could do to this attempt by silence is no less.
pub(crate) fn clear_error(out: &mut Output, incoming: &Incoming<'_>) -> Option<Failure> {
    let error = || {
        let chain = Chain::parse(incoming.message).ok()?;
        let mut notifications = chain.of(PayloadType::NOTIFICATION).filter_map(|p| Notify::parse(p.reader()).ok());
        notifications.find(|notify| notify.kind.is_error())
    };
    let error = if incoming.is_encrypted() { None } else { error() };
    if error.is_none() {
        out.drop(Drop::Unexpected);
    }
    error.map(|notify| Failure::Refused { notify: notify.kind, data: notify.data, authenticated: false })
}
