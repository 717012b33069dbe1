//! IKE, one question after another: main mode on port 500, where a NAT is, main mode on port 4500; then, in the second part, IKEv2,
//! aggressive mode, transforms one by one. What leaves most behind at the server comes last.

mod aggressive;
mod main_mode;
mod reply;
mod survey;
mod version2;

use std::net::{IpAddr, SocketAddr};

use clock::Timestamp;
use observe::network::Icmp;

use crate::Socket;
use crate::config::{Config, Survey as Extent};
use crate::engine::Context;
use crate::step::IkeAnswer;
use aggressive::Aggressive;
use main_mode::MainMode;
use survey::Survey;
use version2::Version2;

pub(crate) struct Ike {
    config: Config,
    stage: Stage,
    /// Main mode was answered on port 500 or 4500, by a message of IKEv1.
    answered: bool,
    /// Nothing listens on port 500.
    closed: bool,
    /// A suite that the server takes.
    taken: Option<ike::proposal::Phase1Suite>,
    /// Aggressive mode has been asked for.
    asked_aggressive: bool,
    /// Transforms have been tried one by one.
    surveyed: bool,
}

enum Stage {
    Main(Box<MainMode>),
    NatT(Box<MainMode>),
    /// Between the two parts.
    Between,
    Version2(Version2),
    Survey(Survey),
    Aggressive(Aggressive),
    Done,
}

impl Ike {
    pub(crate) fn begin(ctx: &mut Context<'_>, config: Config) -> Ike {
        let stage = Stage::Main(Box::new(MainMode::begin(ctx, &config, Socket::Ike)));
        let mut ike = Ike {
            config,
            stage,
            answered: false,
            closed: false,
            taken: None,
            asked_aggressive: false,
            surveyed: false,
        };
        ike.settle(ctx);
        ike
    }

    /// Begins the second part.
    pub(crate) fn go_on(&mut self, ctx: &mut Context<'_>, local: SocketAddr) {
        if !matches!(self.stage, Stage::Between) {
            return;
        }
        self.config.local = local;
        self.stage = if self.closed { self.after_version2(ctx) } else { Stage::Version2(Version2::begin(ctx)) };
        self.settle(ctx);
    }

    pub(crate) fn handle(&mut self, ctx: &mut Context<'_>, socket: Socket, data: &[u8]) {
        let message = if socket == Socket::NatT { data.strip_prefix(&[0; 4]).unwrap_or(data) } else { data };
        match &mut self.stage {
            Stage::Main(main) | Stage::NatT(main) if main.socket() == socket => main.handle(ctx, message),
            Stage::Main(_) | Stage::NatT(_) | Stage::Between | Stage::Done => {}
            Stage::Version2(version2) => version2.handle(ctx, message),
            Stage::Survey(survey) => survey.handle(ctx, message),
            Stage::Aggressive(aggressive) => aggressive.handle(ctx, message),
        }
        self.settle(ctx);
    }

    pub(crate) fn handle_icmp(&mut self, ctx: &mut Context<'_>, socket: Socket, kind: Icmp, from: Option<IpAddr>) {
        match &mut self.stage {
            Stage::Main(main) | Stage::NatT(main) if main.socket() == socket => main.handle_icmp(ctx, kind, from),
            Stage::Version2(version2) if socket == Socket::Ike => version2.handle_icmp(ctx, kind),
            // Whoever answered before listens; the error is about something else, or forged.
            Stage::Main(_)
            | Stage::NatT(_)
            | Stage::Between
            | Stage::Version2(_)
            | Stage::Survey(_)
            | Stage::Aggressive(_)
            | Stage::Done => {}
        }
        self.settle(ctx);
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        match &mut self.stage {
            Stage::Main(main) | Stage::NatT(main) => main.handle_timeout(ctx),
            Stage::Version2(version2) => version2.handle_timeout(ctx),
            Stage::Survey(survey) => survey.handle_timeout(ctx),
            Stage::Aggressive(aggressive) => aggressive.handle_timeout(ctx),
            Stage::Between | Stage::Done => {}
        }
        self.settle(ctx);
    }

    pub(crate) fn due(&mut self) -> Option<Timestamp> {
        match &mut self.stage {
            Stage::Main(main) | Stage::NatT(main) => main.due(),
            Stage::Version2(version2) => version2.due(),
            Stage::Survey(survey) => survey.due(),
            Stage::Aggressive(aggressive) => aggressive.due(),
            Stage::Between | Stage::Done => None,
        }
    }

    pub(crate) fn abandon(&mut self, ctx: &mut Context<'_>) {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Main(mut main) | Stage::NatT(mut main) => main.abandon(ctx),
            Stage::Version2(mut version2) => version2.abandon(ctx),
            Stage::Survey(mut survey) => survey.abandon(ctx),
            Stage::Aggressive(mut aggressive) => aggressive.abandon(ctx),
            Stage::Between | Stage::Done => {}
        }
    }

    /// Goes on to the next question while one is settled.
    fn settle(&mut self, ctx: &mut Context<'_>) {
        loop {
            let next = match &mut self.stage {
                Stage::Main(main) => {
                    let Some(answer) = main.take_outcome() else { return };
                    self.note(&answer);
                    Stage::NatT(Box::new(MainMode::begin(ctx, &self.config, Socket::NatT)))
                }
                Stage::NatT(main) => {
                    let Some(answer) = main.take_outcome() else { return };
                    let closed = self.closed;
                    self.note(&answer);
                    self.closed = closed;
                    Stage::Between
                }
                Stage::Version2(version2) if version2.is_settled() => self.after_version2(ctx),
                Stage::Aggressive(aggressive) if aggressive.is_settled() => self.after_aggressive(ctx),
                Stage::Survey(survey) if survey.is_settled() => {
                    // Who has stopped answering says nothing about aggressive mode, either.
                    self.asked_aggressive |= survey.is_limited();
                    self.taken = self.taken.or(survey.accepted());
                    self.surveyed = true;
                    self.after_version2(ctx)
                }
                Stage::Between | Stage::Version2(_) | Stage::Survey(_) | Stage::Aggressive(_) | Stage::Done => return,
            };
            self.stage = next;
        }
    }

    fn note(&mut self, answer: &IkeAnswer) {
        match answer {
            IkeAnswer::Chosen(chosen) => {
                self.answered = true;
                self.taken = self.taken.or(chosen.suite);
            }
            IkeAnswer::Notify(_) | IkeAnswer::Unusable(_) => self.answered = true,
            IkeAnswer::Icmp(..) => self.closed = true,
            IkeAnswer::Version(_) | IkeAnswer::Silence => {}
        }
    }

    /// Aggressive mode, if it can be asked for and was not, and else what follows it.
    fn after_version2(&mut self, ctx: &mut Context<'_>) -> Stage {
        match self.taken {
            Some(suite) if self.answered && !self.asked_aggressive => {
                self.asked_aggressive = true;
                Stage::Aggressive(Aggressive::begin(ctx, suite, self.config.local.ip()))
            }
            _ => self.after_aggressive(ctx),
        }
    }

    fn after_aggressive(&self, ctx: &mut Context<'_>) -> Stage {
        if self.answered && !self.surveyed && self.config.survey != Extent::None {
            Stage::Survey(Survey::begin(ctx, self.config.survey, self.taken, self.config.vendor_ids.clone()))
        } else {
            Stage::Done
        }
    }
}
