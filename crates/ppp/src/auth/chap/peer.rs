use clock::Timestamp;
use crypto::mschap::chap_md5_response;
use rand_core::CryptoRng;
use wire::Malformed;
use wire::ppp::{AuthCode, MsChapFailure, Packet, RasError, chap_value, encode_chap_value};

use super::chap_frame;
use crate::auth::mschapv2::{CHALLENGE_LEN, CHALLENGES_LIMIT, Expected, respond};
use crate::auth::{Attempts, Authenticated, Outcome, REFUSED};
use crate::config::{ClientConfig, Credentials, Method};
use crate::event::{Question, Refusal, Reply};
use crate::failure::{Failure, Local, Misbehaved, Refused};
use crate::output::Output;
use crate::text::printable;

/// The side that is asked.
#[derive(Debug)]
pub(crate) struct ChapPeer {
    method: Method,
    credentials: Credentials,
    ask_again: bool,
    /// Challenges answered since the last Success: each answer is food for a password search.
    answered: u32,
    response: Option<Response>,
    /// Why the last response was refused.
    refusal: Option<Refusal>,
    attempts: Attempts,
    malformed: Option<Malformed>,
    outcome: Option<Outcome>,
}

/// Our answer to a challenge.
#[derive(Debug)]
struct Response {
    id: u8,
    challenge: Vec<u8>,
    frame: Vec<u8>,
    expected: Option<Expected>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Progress {
    /// Success or Failure is due.
    Pending,
    /// Refused, with leave to answer this challenge instead.
    Retry([u8; CHALLENGE_LEN]),
    /// Decided.
    Decided,
}

impl ChapPeer {
    pub(crate) fn new(method: Method, config: &ClientConfig, now: Timestamp) -> Self {
        let mut attempts = Attempts::new(config.timing, now);
        attempts.wait(now, attempts.patience());
        ChapPeer {
            method,
            credentials: config.credentials.clone(),
            ask_again: config.ask_again,
            answered: 0,
            response: None,
            refusal: None,
            attempts,
            malformed: None,
            outcome: None,
        }
    }

    pub(crate) fn handle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, packet: Packet<'_>, out: &mut Output) {
        match AuthCode(packet.code) {
            AuthCode::CHALLENGE => match chap_value(packet.data) {
                Ok(chap) => self.handle_challenge(now, rng, packet.id, chap.value, out),
                Err(malformed) => self.malformed = Some(malformed),
            },
            AuthCode::SUCCESS => self.handle_success(packet),
            AuthCode::FAILURE => self.handle_failure(packet),
            _ => {}
        }
    }

    fn handle_challenge(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        id: u8,
        challenge: &[u8],
        out: &mut Output,
    ) {
        if let Some(response) = &self.response
            && (response.id, &*response.challenge) == (id, challenge)
        {
            // The same answer, or the server's proof would no longer be about the answer it saw.
            out.push(response.frame.clone());
            return;
        }
        // A person is being asked; what the server sends meanwhile is of the try that failed.
        let asking = self.response.as_ref().is_some_and(|response| matches!(response.progress, Progress::Retry(_)));
        if !asking && self.answered < CHALLENGES_LIMIT {
            self.respond(now, rng, id, challenge, out);
        }
    }

    fn respond(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, id: u8, challenge: &[u8], out: &mut Output) {
        let Some((value, expected)) = self.value(rng, id, challenge) else { return };
        self.answered += 1;
        let data = encode_chap_value(&value, self.credentials.user.as_bytes());
        let frame = chap_frame(AuthCode::RESPONSE, id, &data);
        out.push(frame.clone());
        let challenge = challenge.to_vec();
        self.response = Some(Response { id, challenge, frame, expected, progress: Progress::Pending });
        self.attempts.begin(now);
    }

    /// The response value to a challenge; `None` when the challenge cannot be answered.
    fn value(&mut self, rng: &mut dyn CryptoRng, id: u8, challenge: &[u8]) -> Option<(Vec<u8>, Option<Expected>)> {
        let password = self.credentials.password.as_bytes();
        if self.method == Method::ChapMd5 {
            return Some((chap_md5_response(id, password, challenge).to_vec(), None));
        }
        let auth_challenge = challenge.try_into().ok()?;
        let Some((response, expected)) = respond(&self.credentials, auth_challenge, rng) else {
            self.outcome = Some(Outcome::Failed(Failure::Local(Local::Configuration)));
            return None;
        };
        Some((response.encode().to_vec(), Some(expected)))
    }

    fn handle_success(&mut self, packet: Packet<'_>) {
        let Some(response) = pending(&mut self.response, packet) else { return };
        let user = &self.credentials.user;
        let proven = response.expected.as_ref().is_none_or(|expected| expected.is_proven_by(user, packet.data));
        response.progress = Progress::Decided;
        self.attempts.stop();
        self.answered = 0;
        self.outcome = Some(if proven {
            let user = self.credentials.user.clone();
            Outcome::Authenticated(Authenticated { user, method: Some(self.method) })
        } else {
            Outcome::Failed(Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse))
        });
    }

    fn handle_failure(&mut self, packet: Packet<'_>) {
        let Some(response) = pending(&mut self.response, packet) else { return };
        self.attempts.stop();
        let failure = match self.method {
            Method::MsChapV2 => MsChapFailure::parse(packet.data).ok(),
            Method::ChapMd5 | Method::Pap | Method::EapMsChapV2 => None,
        };
        let (ras, message) = match &failure {
            Some(failure) => (failure.error, printable(failure.message.as_bytes())),
            None => (REFUSED, printable(packet.data)),
        };
        let next = failure.filter(|failure| failure.retry && self.ask_again).and_then(|failure| failure.challenge);
        // An expired password is not cured by another one, only by changing it.
        self.outcome = Some(match next.filter(|_| ras != RasError::PASSWORD_EXPIRED) {
            Some(challenge) => {
                response.progress = Progress::Retry(challenge);
                self.refusal = Some(Refusal { ras, message });
                Outcome::Ask(Question::Credentials { refusal: self.refusal.clone() })
            }
            None => {
                response.progress = Progress::Decided;
                Outcome::Failed(Failure::Refused(Refused::Authentication { ras, message }))
            }
        });
    }

    pub(crate) fn handle_reply(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        reply: Reply,
        out: &mut Output,
    ) -> bool {
        let Some(&Response { id, progress: Progress::Retry(challenge), .. }) = self.response.as_ref() else {
            return false;
        };
        match reply {
            Reply::Credentials(credentials) => {
                self.credentials = credentials;
                // RFC 2759 §10.4: the next identifier, and the challenge of the Failure.
                self.respond(now, rng, id.wrapping_add(1), &challenge, out);
            }
            Reply::GiveUp => {
                let (ras, message) =
                    self.refusal.take().map_or((REFUSED, String::new()), |refusal| (refusal.ras, refusal.message));
                let refused = Refused::Authentication { ras, message };
                self.outcome = Some(Outcome::Failed(Failure::Refused(refused)));
            }
            Reply::Accept { .. } | Reply::Reject { .. } | Reply::Address(_) | Reply::NoAddress(_) => return false,
        }
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, out: &mut Output) {
        // The authenticator answers a repeated response once more, should its Success have been lost (RFC 1994 §4.1).
        if self.attempts.again(now) {
            if let Some(response) = &self.response {
                out.push(response.frame.clone());
            }
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
}

/// The response that the packet decides.
fn pending<'a>(response: &'a mut Option<Response>, packet: Packet<'_>) -> Option<&'a mut Response> {
    response.as_mut().filter(|response| response.id == packet.id && response.progress == Progress::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::mschapv2::vectors::*;

    #[test]
    fn the_exchange_of_rfc_2759_section_9_2_is_reproduced() {
        let mut peer = ChapPeer::new(Method::MsChapV2, &config(), Timestamp::ZERO);
        let mut out = Output::default();
        let data = encode_chap_value(&AUTH_CHALLENGE, b"server");
        peer.handle(Timestamp::ZERO, &mut Fixed, Packet { code: 1, id: 7, data: &data }, &mut out);
        let response = out.pop().expect("a Response");
        assert_eq!(response[9..25], PEER_CHALLENGE);
        assert_eq!(response[33..57], NT_RESPONSE);
        peer.handle(Timestamp::ZERO, &mut Fixed, Packet { code: 3, id: 7, data: SUCCESS }, &mut out);
        assert!(matches!(peer.poll_outcome(), Some(Outcome::Authenticated(_))));
    }
}
