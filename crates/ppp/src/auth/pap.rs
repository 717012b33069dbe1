//! PAP (RFC 1334 §2).

use clock::Timestamp;
use crypto::Secret;
use wire::Malformed;
use wire::ppp::{AuthCode, Packet, PapCredentials, Protocol, encode_auth_message, full_frame, pap_message};

use crate::auth::{Attempts, Authenticated, Outcome, REFUSED};
use crate::config::{ClientConfig, Method, ServerConfig};
use crate::event::{Credential, Question, Reply};
use crate::failure::{Denied, Failure, Local, Refused};
use crate::output::Output;
use crate::text::printable;

/// The side that asks. PAP has no way to say it begins: it waits for the peer's request.
#[derive(Debug)]
pub(crate) struct PapAuthenticator {
    state: State,
    attempts: Attempts,
    malformed: Option<Malformed>,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
enum State {
    Waiting,
    /// A request is being decided; what it says, to know it again.
    Verifying {
        id: u8,
        user: String,
        data: Secret,
    },
    /// Decided; the answer, for the request's repetition.
    Decided {
        data: Secret,
        code: AuthCode,
        answer: Vec<u8>,
    },
}

impl PapAuthenticator {
    pub(crate) fn new(config: &ServerConfig, now: Timestamp) -> Self {
        let mut attempts = Attempts::new(config.timing, now);
        attempts.wait(now, attempts.patience());
        PapAuthenticator { state: State::Waiting, attempts, malformed: None, outcome: None }
    }

    pub(crate) fn handle(&mut self, packet: Packet<'_>, out: &mut Output) {
        if AuthCode(packet.code) != AuthCode::PAP_REQUEST {
            return;
        }
        match &mut self.state {
            State::Waiting => match PapCredentials::parse(packet.data) {
                Ok(credentials) => self.ask(packet, credentials),
                Err(malformed) => self.malformed = Some(malformed),
            },
            // Peers number a repetition anew and want the answer to bear the last number.
            State::Verifying { id, data, .. } => {
                if data.ct_eq(packet.data) {
                    *id = packet.id;
                }
            }
            State::Decided { data, code, answer } => {
                if data.ct_eq(packet.data) {
                    send(out, *code, packet.id, answer);
                }
            }
        }
    }

    fn ask(&mut self, packet: Packet<'_>, credentials: PapCredentials<'_>) {
        let user = String::from_utf8_lossy(credentials.peer_id).into_owned();
        self.outcome = Some(Outcome::Ask(Question::Verify {
            user: user.clone(),
            user_bytes: credentials.peer_id.to_vec(),
            credential: Credential::Pap { password: Secret::from(credentials.password) },
        }));
        self.state = State::Verifying { id: packet.id, user, data: Secret::from(packet.data) };
        self.attempts.stop();
    }

    pub(crate) fn handle_reply(&mut self, reply: Reply, out: &mut Output) -> bool {
        let State::Verifying { id, user, data } = &mut self.state else { return false };
        let (id, user, data) = (*id, std::mem::take(user), std::mem::take(data));
        let (outcome, code, message) = match reply {
            Reply::Accept { message, .. } => {
                let proof = Authenticated { user, method: Some(Method::Pap) };
                (Outcome::Authenticated(proof), AuthCode::PAP_ACK, message)
            }
            Reply::Reject { ras, message, .. } => {
                let failure = Failure::Denied(Denied::Authentication { user, ras });
                (Outcome::Failed(failure), AuthCode::PAP_NAK, message)
            }
            Reply::Address(_) | Reply::NoAddress(_) | Reply::Credentials(_) | Reply::GiveUp => return false,
        };
        let answer = encode_auth_message(&message);
        send(out, code, id, &answer);
        self.outcome = Some(outcome);
        self.state = State::Decided { data, code, answer };
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        self.attempts.stop();
        self.outcome = Some(Outcome::Failed(self.give_up(now)));
    }

    /// A peer whose packets cannot be read is not silent.
    pub(crate) fn give_up(&self, now: Timestamp) -> Failure {
        self.malformed.map_or_else(|| self.attempts.silence(now), Failure::Malformed)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.attempts.deadline
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }
}

/// The side that is asked.
#[derive(Debug)]
pub(crate) struct PapPeer {
    user: String,
    request: Secret,
    attempts: Attempts,
    outcome: Option<Outcome>,
}

/// The identifier of our only request, which repetitions keep.
const REQUEST_ID: u8 = 1;

impl PapPeer {
    pub(crate) fn new(config: &ClientConfig, now: Timestamp, out: &mut Output) -> Self {
        let credentials = &config.credentials;
        let (peer_id, password) = (credentials.user.as_bytes(), credentials.password.as_bytes());
        let request = PapCredentials { peer_id, password }.encode();
        let mut peer = PapPeer {
            user: credentials.user.clone(),
            request: Secret::default(),
            attempts: Attempts::new(config.timing, now),
            outcome: None,
        };
        match request {
            Some(request) => {
                peer.request = Secret::from(request);
                peer.attempts.begin(now);
                send(out, AuthCode::PAP_REQUEST, REQUEST_ID, peer.request.as_bytes());
            }
            None => peer.outcome = Some(Outcome::Failed(Failure::Local(Local::Configuration))),
        }
        peer
    }

    pub(crate) fn handle(&mut self, packet: Packet<'_>) {
        if packet.id != REQUEST_ID || self.attempts.deadline.is_none() {
            return;
        }
        self.outcome = match AuthCode(packet.code) {
            AuthCode::PAP_ACK => {
                let proof = Authenticated { user: self.user.clone(), method: Some(Method::Pap) };
                Some(Outcome::Authenticated(proof))
            }
            AuthCode::PAP_NAK => {
                let message = printable(pap_message(packet.data).as_bytes());
                let refused = Refused::Authentication { ras: REFUSED, message };
                Some(Outcome::Failed(Failure::Refused(refused)))
            }
            _ => return,
        };
        self.attempts.stop();
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, out: &mut Output) {
        if self.attempts.again(now) {
            send(out, AuthCode::PAP_REQUEST, REQUEST_ID, self.request.as_bytes());
        } else {
            self.outcome = Some(Outcome::Failed(self.give_up(now)));
        }
    }

    pub(crate) fn give_up(&self, now: Timestamp) -> Failure {
        self.attempts.silence(now)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.attempts.deadline
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }
}

fn send(out: &mut Output, code: AuthCode, id: u8, data: &[u8]) {
    out.push(full_frame(Protocol::PAP, &Packet { code: code.0, id, data }.encode()));
}
