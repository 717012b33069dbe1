use clock::Timestamp;
use rand_core::CryptoRng;
use wire::ppp::{AuthCode, MsChapFailure, MsChapV2Response, Packet, chap_value, encode_chap_value};
use wire::{Layer, Malformed, Reader};

use super::chap_frame;
use crate::auth::mschapv2::{CHALLENGE_LEN, NAME_LIMIT};
use crate::auth::{Attempts, Authenticated, Outcome};
use crate::config::{Method, ServerConfig};
use crate::event::{Credential, Question, Reply};
use crate::failure::{Denied, Failure};
use crate::output::Output;

/// The side that asks.
#[derive(Debug)]
pub(crate) struct ChapAuthenticator {
    method: Method,
    name: Vec<u8>,
    tries_left: u32,
    id: u8,
    challenge: [u8; CHALLENGE_LEN],
    state: State,
    attempts: Attempts,
    malformed: Option<Malformed>,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
enum State {
    /// A challenge is out.
    Challenged,
    /// A response is being decided.
    Verifying { user: String, response: Vec<u8> },
    /// A Failure permitted another try against the challenge it carries.
    Retrying { response: Vec<u8>, failure: Vec<u8> },
    /// Decided. The answer is repeated for whoever has not seen it (RFC 1994 §4.1).
    Decided { answer: Vec<u8> },
}

impl ChapAuthenticator {
    pub(crate) fn new(
        method: Method,
        config: &ServerConfig,
        id: u8,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        out: &mut Output,
    ) -> Self {
        let name = config.name.as_bytes();
        let mut machine = ChapAuthenticator {
            method,
            name: name[..name.len().min(NAME_LIMIT)].to_vec(),
            tries_left: config.max_tries,
            id,
            challenge: [0; CHALLENGE_LEN],
            state: State::Challenged,
            attempts: Attempts::new(config.timing, now),
            malformed: None,
            outcome: None,
        };
        rng.fill_bytes(&mut machine.challenge);
        machine.attempts.begin(now);
        machine.send_challenge(out);
        machine
    }

    pub(crate) fn handle(&mut self, packet: Packet<'_>, out: &mut Output) {
        if AuthCode(packet.code) != AuthCode::RESPONSE {
            return;
        }
        match &self.state {
            State::Challenged if packet.id == self.id => self.ask(packet),
            State::Challenged | State::Verifying { .. } => {}
            State::Retrying { response, failure } => {
                if packet.id == self.id && packet.data == response {
                    out.push(failure.clone());
                } else if packet.id == self.id || packet.id == self.id.wrapping_add(1) {
                    // RFC 2759 §10.4 counts the identifier up for another try; some peers keep it.
                    self.ask(packet);
                }
            }
            State::Decided { answer } => {
                if packet.id == self.id {
                    out.push(answer.clone());
                }
            }
        }
    }

    fn ask(&mut self, packet: Packet<'_>) {
        let credential =
            chap_value(packet.data).and_then(|chap| Ok((self.credential(packet.id, chap.value)?, chap.name)));
        let (credential, name) = match credential {
            Ok((_, name)) if name.len() > NAME_LIMIT => return,
            Ok(response) => response,
            Err(malformed) => {
                self.malformed = Some(malformed);
                return;
            }
        };
        let user = String::from_utf8_lossy(name).into_owned();
        self.id = packet.id;
        self.state = State::Verifying { user: user.clone(), response: packet.data.to_vec() };
        self.attempts.stop();
        self.outcome = Some(Outcome::Ask(Question::Verify { user, user_bytes: name.to_vec(), credential }));
    }

    fn credential(&self, identifier: u8, value: &[u8]) -> Result<Credential, Malformed> {
        if self.method == Method::MsChapV2 {
            let MsChapV2Response { peer_challenge, nt_response } = MsChapV2Response::parse(value)?;
            let authenticator_challenge = self.challenge;
            return Ok(Credential::MsChapV2 { identifier, authenticator_challenge, peer_challenge, nt_response });
        }
        let mut reader = Reader::new(Layer::PppAuth, value);
        let response = reader.array("value")?;
        reader.finish("value")?;
        Ok(Credential::ChapMd5 { identifier, challenge: self.challenge, response })
    }

    pub(crate) fn handle_reply(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        reply: Reply,
        out: &mut Output,
    ) -> bool {
        let State::Verifying { user, response } = &mut self.state else { return false };
        let (user, response) = (std::mem::take(user), std::mem::take(response));
        match reply {
            Reply::Accept { authenticator_response, message } => {
                let proof = match (self.method, authenticator_response) {
                    (Method::MsChapV2, Some(proof)) => {
                        let separator: &[u8] = if message.is_empty() { b"" } else { b" M=" };
                        [&proof[..], separator, message.as_bytes()].concat()
                    }
                    // A peer that checks it would hang up; a peer that does not must not be led to think we had one.
                    (Method::MsChapV2, None) => return false,
                    (Method::ChapMd5 | Method::Pap | Method::EapMsChapV2, _) => message.into_bytes(),
                };
                self.decide(chap_frame(AuthCode::SUCCESS, self.id, &proof), out);
                self.outcome = Some(Outcome::Authenticated(Authenticated { user, method: Some(self.method) }));
            }
            Reply::Reject { ras, retry_allowed, message } => {
                self.tries_left = self.tries_left.saturating_sub(1);
                let retry = retry_allowed && self.tries_left > 0 && self.method == Method::MsChapV2;
                let mut data = message.clone().into_bytes();
                if self.method == Method::MsChapV2 {
                    rng.fill_bytes(&mut self.challenge);
                    let challenge = Some(self.challenge);
                    data = MsChapFailure { error: ras, retry, challenge, version: 3, message }.encode();
                }
                let failure = chap_frame(AuthCode::FAILURE, self.id, &data);
                if retry {
                    out.push(failure.clone());
                    self.state = State::Retrying { response, failure };
                    self.attempts.wait(now, self.attempts.timing.credentials);
                    self.outcome = Some(Outcome::Retry);
                } else {
                    self.decide(failure, out);
                    self.outcome = Some(Outcome::Failed(Failure::Denied(Denied::Authentication { user, ras })));
                }
            }
            Reply::Address(_) | Reply::NoAddress(_) | Reply::Credentials(_) | Reply::GiveUp => return false,
        }
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, out: &mut Output) {
        if self.attempts.again(now) {
            self.send_challenge(out);
        } else {
            self.outcome = Some(Outcome::Failed(self.give_up(now)));
        }
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

    fn send_challenge(&self, out: &mut Output) {
        out.push(chap_frame(AuthCode::CHALLENGE, self.id, &encode_chap_value(&self.challenge, &self.name)));
    }

    fn decide(&mut self, answer: Vec<u8>, out: &mut Output) {
        out.push(answer.clone());
        self.state = State::Decided { answer };
    }
}
