use clock::Timestamp;
use rand_core::CryptoRng;
use wire::Malformed;
use wire::ppp::{
    EapCode, EapMessage, EapMsChapV2Request, EapMsChapV2Response, EapType, MsChapFailure, Packet, RasError,
};

use super::message_frame;
use crate::auth::mschapv2::{CHALLENGE_LEN, CHALLENGES_LIMIT, Expected, NAME_LIMIT, respond};
use crate::auth::{Attempts, Authenticated, Outcome, REFUSED};
use crate::config::{ClientConfig, Credentials, Method};
use crate::event::{Question, Refusal, Reply};
use crate::failure::{Failure, Incompatible, Local, Misbehaved, Refused};
use crate::output::Output;
use crate::text::printable;

/// The side that is asked. It speaks only when spoken to: in EAP all repetition is the authenticator's (RFC 3748 §4.1).
#[derive(Debug)]
pub(crate) struct EapPeer {
    credentials: Credentials,
    ask_again: bool,
    /// Challenges answered since the last proof.
    answered: u32,
    state: State,
    /// The last challenge, and the data of the response to it.
    response: Option<([u8; CHALLENGE_LEN], Vec<u8>)>,
    /// The last request that was answered, and the answer for its repetitions.
    last: Option<Exchange>,
    /// The server asked for a type that we refused.
    naked: bool,
    /// A Success came that had nothing to do with what was going on.
    stray_success: bool,
    attempts: Attempts,
    malformed: Option<Malformed>,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
struct Exchange {
    id: u8,
    request: Vec<u8>,
    answer: Vec<u8>,
}

#[derive(Debug)]
enum State {
    /// No challenge came yet.
    Waiting,
    /// A challenge is answered; the server's proof is due.
    Responded(Expected),
    /// Somebody is asked for another password, to answer the challenge of this Failure request with.
    Asking { id: u8, request: Vec<u8>, ms_id: u8, challenge: [u8; CHALLENGE_LEN], ras: RasError, message: String },
    /// The server has proved itself and was told so; its Success is due.
    Proven(Authenticated),
    /// Authenticated, or failed.
    Decided,
}

impl EapPeer {
    pub(crate) fn new(config: &ClientConfig, now: Timestamp) -> Self {
        let mut attempts = Attempts::new(config.timing, now);
        attempts.wait(now, attempts.patience());
        let fits = config.credentials.user.len() <= NAME_LIMIT;
        EapPeer {
            credentials: config.credentials.clone(),
            ask_again: config.ask_again,
            answered: 0,
            state: State::Waiting,
            response: None,
            last: None,
            naked: false,
            stray_success: false,
            attempts,
            malformed: None,
            outcome: (!fits).then_some(Outcome::Failed(Failure::Local(Local::Configuration))),
        }
    }

    pub(crate) fn handle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, packet: Packet<'_>, out: &mut Output) {
        match EapCode(packet.code) {
            EapCode::REQUEST => self.handle_request(now, rng, packet, out),
            EapCode::SUCCESS => self.handle_success(packet.id),
            EapCode::FAILURE => self.handle_failure(packet.id),
            _ => {}
        }
    }

    fn handle_request(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, packet: Packet<'_>, out: &mut Output) {
        if let Some(last) = &self.last
            && (last.id, &*last.request) == (packet.id, packet.data)
        {
            // The same answer, or the server's proof would no longer be about the answer it saw.
            out.push(last.answer.clone());
            return;
        }
        // Somebody is being asked; the server repeats its Failure meanwhile.
        if matches!(self.state, State::Asking { .. }) {
            return;
        }
        let message = match EapMessage::parse(packet.data) {
            Ok(message) => message,
            Err(malformed) => return self.malformed = Some(malformed),
        };
        match message.kind {
            EapType::IDENTITY => {
                let name = self.credentials.user.clone();
                self.answer(now, packet, EapType::IDENTITY, name.as_bytes(), out);
            }
            // RFC 3748 §5.2: acknowledged in any case.
            EapType::NOTIFICATION => self.answer(now, packet, EapType::NOTIFICATION, &[], out),
            EapType::MS_CHAP_V2 => match EapMsChapV2Request::parse(message.data) {
                Ok(request) => self.handle_mschapv2(now, rng, packet, request, out),
                Err(malformed) => self.malformed = Some(malformed),
            },
            // RFC 3748 §5.3.1: never an answer to a Nak, and only before a method has begun.
            EapType::NAK => {}
            _ if matches!(self.state, State::Waiting) => {
                self.naked = true;
                self.answer(now, packet, EapType::NAK, &[EapType::MS_CHAP_V2.0], out);
            }
            _ => {}
        }
    }

    fn handle_mschapv2(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        request: EapMsChapV2Request<'_>,
        out: &mut Output,
    ) {
        match request {
            EapMsChapV2Request::Challenge { id, challenge, .. } => self.respond(now, rng, packet, id, challenge, out),
            EapMsChapV2Request::Success { message, .. } => self.handle_proof(now, packet, message, out),
            EapMsChapV2Request::Failure { id, message } => self.handle_refusal(now, packet, id, message, out),
            EapMsChapV2Request::Other(_) => {}
        }
    }

    fn respond(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        ms_id: u8,
        challenge: [u8; CHALLENGE_LEN],
        out: &mut Output,
    ) {
        // A copy that was overtaken, or an authenticator that numbers its repetitions anew: no new challenge.
        if let Some((_, data)) = self.response.as_ref().filter(|(answered, _)| *answered == challenge) {
            return out.push(message_frame(EapCode::RESPONSE, packet.id, EapType::MS_CHAP_V2, data));
        }
        if self.answered >= CHALLENGES_LIMIT {
            return;
        }
        let Some((response, expected)) = respond(&self.credentials, challenge, rng) else {
            return self.decide(Outcome::Failed(Failure::Local(Local::Configuration)));
        };
        self.answered += 1;
        self.state = State::Responded(expected);
        let name = self.credentials.user.as_bytes();
        let data = EapMsChapV2Response::Response { id: ms_id, response, name }.encode();
        self.answer(now, packet, EapType::MS_CHAP_V2, &data, out);
        self.response = Some((challenge, data));
    }

    fn handle_proof(&mut self, now: Timestamp, packet: Packet<'_>, message: &[u8], out: &mut Output) {
        let State::Responded(expected) = &self.state else { return };
        if !expected.is_proven_by(&self.credentials.user, message) {
            return self.decide(Outcome::Failed(Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse)));
        }
        self.answered = 0;
        let user = self.credentials.user.clone();
        self.state = State::Proven(Authenticated { user, method: Some(Method::EapMsChapV2) });
        self.answer(now, packet, EapType::MS_CHAP_V2, &EapMsChapV2Response::Success.encode(), out);
        self.attempts.wait(now, self.attempts.timing.restart);
    }

    fn handle_refusal(&mut self, now: Timestamp, packet: Packet<'_>, ms_id: u8, message: &[u8], out: &mut Output) {
        if !matches!(self.state, State::Responded(_)) {
            return;
        }
        let failure = MsChapFailure::parse(message).ok();
        let (ras, message) = match &failure {
            Some(failure) => (failure.error, printable(failure.message.as_bytes())),
            None => (REFUSED, printable(message)),
        };
        let next = failure.filter(|failure| failure.retry && self.ask_again).and_then(|failure| failure.challenge);
        // An expired password is not cured by another one, only by changing it.
        match next.filter(|_| ras != RasError::PASSWORD_EXPIRED) {
            Some(challenge) => {
                let refusal = Some(Refusal { ras, message: message.clone() });
                self.outcome = Some(Outcome::Ask(Question::Credentials { refusal }));
                let (id, request) = (packet.id, packet.data.to_vec());
                self.state = State::Asking { id, request, ms_id, challenge, ras, message };
                self.attempts.stop();
            }
            None => {
                self.take_note(now, packet, out);
                self.decide(Outcome::Failed(Failure::Refused(Refused::Authentication { ras, message })));
            }
        }
    }

    fn take_note(&mut self, now: Timestamp, packet: Packet<'_>, out: &mut Output) {
        self.answer(now, packet, EapType::MS_CHAP_V2, &EapMsChapV2Response::Failure.encode(), out);
    }

    fn handle_success(&mut self, id: u8) {
        match std::mem::replace(&mut self.state, State::Decided) {
            State::Proven(proof) if self.is_about_last(id) => self.decide(Outcome::Authenticated(proof)),
            // Whoever believes a Success without the proof believes anybody.
            State::Waiting | State::Responded(_) if self.is_about_last(id) => {
                self.decide(Outcome::Failed(Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse)));
            }
            other => {
                self.stray_success |= matches!(other, State::Waiting | State::Responded(_));
                self.state = other;
            }
        }
    }

    fn handle_failure(&mut self, id: u8) {
        match &self.state {
            State::Asking { id: asked, ras, message, .. } if is_id_or_next(*asked, id) => {
                let (ras, message) = (*ras, message.clone());
                self.decide(Outcome::Failed(Failure::Refused(Refused::Authentication { ras, message })));
            }
            State::Waiting | State::Responded(_) if self.is_about_last(id) => {
                let eap = || vec![Method::EapMsChapV2.auth_protocol()];
                self.decide(Outcome::Failed(match self.naked && matches!(self.state, State::Waiting) {
                    true => Failure::Incompatible(Incompatible::NoCommonAuth { ours: eap(), theirs: eap() }),
                    false => {
                        let message = String::new();
                        Failure::Refused(Refused::Authentication { ras: REFUSED, message })
                    }
                }));
            }
            // RFC 3748 §4.2: after both have said that it went well, a Failure is discarded.
            State::Asking { .. } | State::Waiting | State::Responded(_) | State::Proven(_) | State::Decided => {}
        }
    }

    /// Whether a Success or Failure is about our last answer.
    fn is_about_last(&self, id: u8) -> bool {
        self.last.as_ref().is_some_and(|last| is_id_or_next(last.id, id))
    }

    pub(crate) fn handle_reply(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        reply: Reply,
        out: &mut Output,
    ) -> bool {
        let State::Asking { id, request, ms_id, challenge, ras, message } = &self.state else { return false };
        let (id, request, ms_id, challenge) = (*id, request.clone(), *ms_id, *challenge);
        let (ras, message) = (*ras, message.clone());
        let packet = Packet { code: EapCode::REQUEST.0, id, data: &request };
        match reply {
            Reply::Credentials(credentials) => {
                self.credentials = credentials;
                // Should the Failure carry the challenge once more, the new password still makes another response.
                self.response = None;
                // RFC 2759 §10.4: the next identifier, and the challenge of the Failure.
                self.respond(now, rng, packet, ms_id.wrapping_add(1), challenge, out);
            }
            Reply::GiveUp => {
                self.take_note(now, packet, out);
                let refused = Refused::Authentication { ras, message };
                self.decide(Outcome::Failed(Failure::Refused(refused)));
            }
            Reply::Accept { .. } | Reply::Reject { .. } | Reply::Address(_) | Reply::NoAddress(_) => return false,
        }
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        self.attempts.stop();
        self.outcome = Some(match std::mem::replace(&mut self.state, State::Decided) {
            // RFC 3748 §4.2: nobody repeats a lost Success. Both have said that it went well, and the proof is there.
            State::Proven(proof) => Outcome::Authenticated(proof),
            State::Waiting | State::Responded(_) | State::Asking { .. } | State::Decided => {
                Outcome::Failed(self.give_up(now))
            }
        });
    }

    /// A peer whose packets cannot be read is not silent, nor is one that says Success to nobody's answer.
    pub(crate) fn give_up(&self, now: Timestamp) -> Failure {
        match self.malformed {
            Some(malformed) => Failure::Malformed(malformed),
            None if self.stray_success => Failure::Misbehaved(Misbehaved::WrongAuthenticatorResponse),
            None => self.attempts.silence(now),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.attempts.deadline
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    fn answer(&mut self, now: Timestamp, packet: Packet<'_>, kind: EapType, data: &[u8], out: &mut Output) {
        let answer = message_frame(EapCode::RESPONSE, packet.id, kind, data);
        out.push(answer.clone());
        self.last = Some(Exchange { id: packet.id, request: packet.data.to_vec(), answer });
        if matches!(self.state, State::Waiting | State::Responded(_)) {
            self.attempts.wait(now, self.attempts.patience());
        }
    }

    fn decide(&mut self, outcome: Outcome) {
        self.attempts.stop();
        self.state = State::Decided;
        self.outcome = Some(outcome);
    }
}

/// RFC 3748 §4.2 gives a Success or Failure the identifier of the answer it is about; some authenticators count it up.
fn is_id_or_next(answered: u8, id: u8) -> bool {
    id == answered || id == answered.wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::mschapv2::vectors::*;

    #[test]
    fn the_exchange_of_rfc_2759_section_9_2_is_reproduced_inside_eap() {
        let mut peer = EapPeer::new(&config(), Timestamp::ZERO);
        let mut out = Output::default();
        let mut exchange = |code: EapCode, id, data: &[u8]| {
            peer.handle(Timestamp::ZERO, &mut Fixed, Packet { code: code.0, id, data }, &mut out);
            (out.pop(), peer.poll_outcome())
        };
        let wrapped = |request: EapMsChapV2Request<'_>| [&[26], &*request.encode()].concat();

        let (identity, _) = exchange(EapCode::REQUEST, 8, &[1]);
        assert_eq!(identity.expect("an Identity")[4..], [&[2, 8, 0, 15, 1], &b"BIGCO\\User"[..]].concat());
        let challenge = EapMsChapV2Request::Challenge { id: 3, challenge: AUTH_CHALLENGE, name: b"server" };
        let (response, _) = exchange(EapCode::REQUEST, 9, &wrapped(challenge));
        let response = response.expect("a Response");
        assert_eq!(response[4..14], [2, 9, 0, 5 + 54 + 10, 26, 2, 3, 0, 54 + 10, 49]);
        assert_eq!(response[14..30], PEER_CHALLENGE);
        assert_eq!(response[38..62], NT_RESPONSE);
        assert_eq!(response[63..], *b"BIGCO\\User");
        let success = EapMsChapV2Request::Success { id: 3, message: SUCCESS };
        let (note, outcome) = exchange(EapCode::REQUEST, 10, &wrapped(success));
        assert_eq!(note.expect("a Success response")[4..], [2, 10, 0, 6, 26, 3]);
        assert!(outcome.is_none(), "authenticated before the Success: {outcome:?}");
        let (_, outcome) = exchange(EapCode::SUCCESS, 10, &[]);
        assert!(matches!(outcome, Some(Outcome::Authenticated(_))));
    }
}
