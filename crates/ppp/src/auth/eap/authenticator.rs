use clock::Timestamp;
use rand_core::CryptoRng;
use wire::Malformed;
use wire::ppp::{
    EapCode, EapMessage, EapMsChapV2Request, EapMsChapV2Response, EapType, MsChapFailure, MsChapV2Response, Packet,
    RasError,
};

use super::{message_frame, verdict_frame};
use crate::auth::mschapv2::{CHALLENGE_LEN, NAME_LIMIT};
use crate::auth::{Attempts, Authenticated, Outcome, REFUSED};
use crate::config::{Method, ServerConfig};
use crate::event::{Credential, Question, Reply};
use crate::failure::{Denied, Failure, Incompatible, Refused};
use crate::output::Output;

/// The side that asks. One request is out at a time and is repeated with its identifier until it is answered
/// (RFC 3748 §4.1).
#[derive(Debug)]
pub(crate) struct EapAuthenticator {
    name: Vec<u8>,
    tries_left: u32,
    /// The identifier of the last request.
    id: u8,
    challenge: [u8; CHALLENGE_LEN],
    state: State,
    /// What we sent last: a request, or the verdict.
    frame: Vec<u8>,
    /// The response that brought the state about.
    last: Option<(u8, Vec<u8>)>,
    attempts: Attempts,
    malformed: Option<Malformed>,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
enum State {
    /// The Identity is asked for.
    Identifying,
    /// A challenge is out.
    Challenged,
    /// A response is being decided. `ms_id` is its MS-CHAPv2-ID.
    Verifying { user: String, ms_id: u8 },
    /// A Failure request that permits another try is out.
    Retrying { user: String, ras: RasError },
    /// Our proof is out; the peer has to acknowledge it.
    Proving { user: String },
    /// The last Failure request is out.
    Refusing { user: String, ras: RasError },
    /// The Success or Failure is sent. It is repeated for whoever has not seen it.
    Decided,
}

impl EapAuthenticator {
    pub(crate) fn new(config: &ServerConfig, id: u8, now: Timestamp, out: &mut Output) -> Self {
        let name = config.name.as_bytes();
        let mut machine = EapAuthenticator {
            name: name[..name.len().min(NAME_LIMIT)].to_vec(),
            tries_left: config.max_tries,
            id,
            challenge: [0; CHALLENGE_LEN],
            state: State::Identifying,
            frame: message_frame(EapCode::REQUEST, id, EapType::IDENTITY, &[]),
            last: None,
            attempts: Attempts::new(config.timing, now),
            malformed: None,
            outcome: None,
        };
        machine.attempts.begin(now);
        out.push(machine.frame.clone());
        machine
    }

    pub(crate) fn handle(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, packet: Packet<'_>, out: &mut Output) {
        if EapCode(packet.code) != EapCode::RESPONSE || matches!(self.state, State::Verifying { .. }) {
            return;
        }
        if let Some((id, data)) = &self.last
            && (*id, &**data) == (packet.id, packet.data)
        {
            out.push(self.frame.clone());
            return;
        }
        if packet.id != self.id || matches!(self.state, State::Decided) {
            return;
        }
        if let Err(malformed) = self.handle_response(now, rng, packet, out) {
            self.malformed = Some(malformed);
        }
    }

    fn handle_response(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let message = EapMessage::parse(packet.data)?;
        match (&self.state, message.kind) {
            // Who it is comes again with the proof, and only that name counts.
            (State::Identifying, EapType::IDENTITY) => {
                rng.fill_bytes(&mut self.challenge);
                self.last = Some((packet.id, packet.data.to_vec()));
                let (id, name) = (self.id.wrapping_add(1), self.name.clone());
                let request = EapMsChapV2Request::Challenge { id, challenge: self.challenge, name: &name };
                self.request(now, request, State::Challenged, out);
            }
            (State::Challenged, EapType::NAK) => {
                self.last = Some((packet.id, packet.data.to_vec()));
                let (ours, theirs) = (vec![Method::EapMsChapV2.auth_protocol()], Vec::new());
                let failure = Failure::Incompatible(Incompatible::NoCommonAuth { ours, theirs });
                self.decide(EapCode::FAILURE, Outcome::Failed(failure), out);
            }
            (_, EapType::MS_CHAP_V2) => {
                let response = EapMsChapV2Response::parse(message.data)?;
                self.handle_mschapv2(packet, response, out);
            }
            _ => {}
        }
        Ok(())
    }

    fn handle_mschapv2(&mut self, packet: Packet<'_>, response: EapMsChapV2Response<'_>, out: &mut Output) {
        let last = Some((packet.id, packet.data.to_vec()));
        match (&mut self.state, response) {
            (
                State::Challenged | State::Retrying { .. },
                EapMsChapV2Response::Response { id: ms_id, response, name },
            ) if name.len() <= NAME_LIMIT => {
                self.last = last;
                self.ask(ms_id, response, name);
            }
            (State::Proving { user }, EapMsChapV2Response::Success) => {
                let proof = Authenticated { user: std::mem::take(user), method: Some(Method::EapMsChapV2) };
                self.last = last;
                self.decide(EapCode::SUCCESS, Outcome::Authenticated(proof), out);
            }
            // The peer does not accept our proof.
            (State::Proving { .. }, EapMsChapV2Response::Failure) => {
                self.last = last;
                let refused = Refused::Authentication { ras: REFUSED, message: String::new() };
                self.decide(EapCode::FAILURE, Outcome::Failed(Failure::Refused(refused)), out);
            }
            (State::Retrying { user, ras } | State::Refusing { user, ras }, EapMsChapV2Response::Failure) => {
                let denied = Denied::Authentication { user: std::mem::take(user), ras: *ras };
                self.last = last;
                self.decide(EapCode::FAILURE, Outcome::Failed(Failure::Denied(denied)), out);
            }
            _ => {}
        }
    }

    /// MS-CHAPv2-ID is not compared: EAP's identifier already ties the response to the request, and no proof covers it.
    fn ask(&mut self, ms_id: u8, response: MsChapV2Response, name: &[u8]) {
        let user = String::from_utf8_lossy(name).into_owned();
        let MsChapV2Response { peer_challenge, nt_response } = response;
        let authenticator_challenge = self.challenge;
        let credential =
            Credential::MsChapV2 { identifier: ms_id, authenticator_challenge, peer_challenge, nt_response };
        self.state = State::Verifying { user: user.clone(), ms_id };
        self.attempts.stop();
        self.outcome = Some(Outcome::Ask(Question::Verify { user, user_bytes: name.to_vec(), credential }));
    }

    pub(crate) fn handle_reply(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        reply: Reply,
        out: &mut Output,
    ) -> bool {
        let State::Verifying { user, ms_id } = &mut self.state else { return false };
        let (user, id) = (std::mem::take(user), *ms_id);
        match reply {
            Reply::Accept { authenticator_response: Some(proof), message } => {
                let separator: &[u8] = if message.is_empty() { b"" } else { b" M=" };
                let message = [&proof[..], separator, message.as_bytes()].concat();
                let request = EapMsChapV2Request::Success { id, message: &message };
                self.request(now, request, State::Proving { user }, out);
            }
            Reply::Reject { ras, retry_allowed, message } => {
                self.tries_left = self.tries_left.saturating_sub(1);
                let retry = retry_allowed && self.tries_left > 0;
                rng.fill_bytes(&mut self.challenge);
                let challenge = Some(self.challenge);
                let message = MsChapFailure { error: ras, retry, challenge, version: 3, message }.encode();
                let request = EapMsChapV2Request::Failure { id, message: &message };
                if retry {
                    self.request(now, request, State::Retrying { user, ras }, out);
                    // The peer, which cannot say that it has the request, waits for a person.
                    self.attempts.begin_for(now, self.attempts.timing.credentials);
                    self.outcome = Some(Outcome::Retry);
                } else {
                    self.request(now, request, State::Refusing { user, ras }, out);
                }
            }
            // A peer that checks the proof would hang up; a peer that does not must not be led to think we had one.
            Reply::Accept { authenticator_response: None, .. }
            | Reply::Address(_)
            | Reply::NoAddress(_)
            | Reply::Credentials(_)
            | Reply::GiveUp => return false,
        }
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, out: &mut Output) {
        if self.attempts.again(now) {
            out.push(self.frame.clone());
        } else {
            self.outcome = Some(Outcome::Failed(self.give_up(now)));
        }
    }

    /// Whoever was refused and went away without a word was still refused; a peer whose packets cannot be read is not
    /// silent.
    pub(crate) fn give_up(&self, now: Timestamp) -> Failure {
        match (&self.state, self.malformed) {
            (State::Refusing { user, ras }, _) => {
                Failure::Denied(Denied::Authentication { user: user.clone(), ras: *ras })
            }
            (_, Some(malformed)) => Failure::Malformed(malformed),
            (_, None) => self.attempts.silence(now),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.attempts.deadline
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    fn request(&mut self, now: Timestamp, request: EapMsChapV2Request<'_>, state: State, out: &mut Output) {
        self.id = self.id.wrapping_add(1);
        self.frame = message_frame(EapCode::REQUEST, self.id, EapType::MS_CHAP_V2, &request.encode());
        self.state = state;
        self.attempts.begin(now);
        out.push(self.frame.clone());
    }

    fn decide(&mut self, code: EapCode, outcome: Outcome, out: &mut Output) {
        self.frame = verdict_frame(code, self.id);
        self.state = State::Decided;
        self.attempts.stop();
        self.outcome = Some(outcome);
        out.push(self.frame.clone());
    }
}
