use clock::Timestamp;
use rand_core::CryptoRng;
use wire::ppp::{AuthCode, Packet, Protocol};

use crate::auth::{Attempts, Authentication, Outcome};
use crate::config::{ClientConfig, CloseReason, Credentials, Method};
use crate::event::Question;
use crate::failure::{Failure, Local};
use crate::output::Output;

/// The side that is asked, while it does not know the password. Nothing is answered before somebody has said it.
#[derive(Debug)]
pub(crate) struct Unready {
    method: Method,
    config: ClientConfig,
    /// Identifier and data of the peer's last challenge or request: the one that it wants answered.
    request: Option<(u8, Vec<u8>)>,
    attempts: Attempts,
    outcome: Option<Outcome>,
}

impl Unready {
    pub(crate) fn new(method: Method, config: &ClientConfig, now: Timestamp) -> Self {
        Unready {
            method,
            config: config.clone(),
            request: None,
            attempts: Attempts::new(config.timing, now),
            outcome: Some(Outcome::Ask(Question::Credentials { refusal: None })),
        }
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self.method {
            Method::Pap => Protocol::PAP,
            Method::ChapMd5 | Method::MsChapV2 => Protocol::CHAP,
            Method::EapMsChapV2 => Protocol::EAP,
        }
    }

    /// CHAP's Challenge and EAP's Request have the same code.
    pub(crate) fn handle(&mut self, packet: Packet<'_>) {
        if AuthCode(packet.code) == AuthCode::CHALLENGE {
            self.request = Some((packet.id, packet.data.to_vec()));
        }
    }

    /// Goes on with these credentials.
    pub(crate) fn proceed(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        credentials: Credentials,
        out: &mut Output,
    ) -> Authentication {
        let config = ClientConfig { credentials, ask_first: false, ..self.config.clone() };
        let mut machine = Authentication::peer(self.method, &config, now, out);
        if let Some((id, data)) = &self.request {
            machine.handle(now, rng, Packet { code: AuthCode::CHALLENGE.0, id: *id, data }, out);
        }
        machine
    }

    /// Nobody says it.
    pub(crate) fn give_up(&mut self) {
        self.outcome = Some(Outcome::Failed(Failure::Local(Local::Closed(CloseReason::User))));
    }

    /// Why it failed, when it has to be done now.
    pub(crate) fn no_answer(&self, now: Timestamp) -> Failure {
        self.attempts.silence(now)
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }
}
