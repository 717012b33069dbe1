use clock::{Backoff, Timestamp};
use crypto::HashAlg;

use crate::Failure;
use crate::config::Timing;

/// The fingerprint by which a repeated message is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(crate) fn of(message: &[u8]) -> Self {
        let digest = HashAlg::Sha256.digest(&[message]);
        let mut fingerprint = [0; 16];
        fingerprint.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Fingerprint(fingerprint)
    }
}

/// A request of the peer with our answer. It is answered again only when exactly the same request comes again, and only a few
/// times: nobody can make us send more than was sent to us.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    request: Fingerprint,
    answer: Box<[u8]>,
    left: u8,
    sent: u32,
}

impl Answered {
    pub(crate) fn new(request: Fingerprint, answer: Vec<u8>, timing: &Timing) -> Self {
        Answered { request, answer: answer.into_boxed_slice(), left: timing.repeated_answers, sent: 1 }
    }

    /// Whether this is the request that was answered.
    pub(crate) fn is(&self, request: Fingerprint) -> bool {
        self.request == request
    }

    /// The answer once more, unless it has been repeated often enough.
    pub(crate) fn again(&mut self) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(1)?;
        self.sent += 1;
        Some(self.answer.to_vec())
    }

    /// How often the answer has been sent.
    pub(crate) fn sent(&self) -> u32 {
        self.sent
    }
}

/// A request of ours that is repeated until it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    message: Vec<u8>,
    backoff: Backoff,
    first_sent: Timestamp,
    attempts: u32,
    deadline: Timestamp,
}

impl Request {
    /// The request has just been sent for the first time.
    pub(crate) fn sent(message: Vec<u8>, now: Timestamp, timing: &Timing) -> Self {
        Request::sent_with(message, now, timing, timing.transmissions)
    }

    /// The same with another number of transmissions.
    pub(crate) fn sent_with(message: Vec<u8>, now: Timestamp, timing: &Timing, transmissions: u32) -> Self {
        let mut backoff = Backoff::new(timing.retransmit_after, 200, timing.retransmit_cap, transmissions.max(1));
        let wait = backoff.advance().unwrap_or(timing.retransmit_after);
        Request { message, backoff, first_sent: now, attempts: 1, deadline: now + wait }
    }

    /// When to call [`Request::expire`].
    pub(crate) fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// The wait is over: the message again, or `None` when it has been sent often enough.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        let wait = self.backoff.advance()?;
        self.attempts += 1;
        self.deadline = now + wait;
        Some(self.message.clone())
    }

    /// The failure when no answer came.
    pub(crate) fn silence(&self, now: Timestamp, encapsulated: bool) -> Failure {
        Failure::Silence { attempts: self.attempts, elapsed: now.since(self.first_sent), encapsulated }
    }
}

/// A message that cannot be right, before the peer has proved anything. It may be damaged or a stranger's, so one is not
/// enough to end an attempt: the same message a second time is, or the end of the wait for a better one.
#[derive(Debug)]
pub(crate) struct Suspicion {
    message: Fingerprint,
    failure: Failure,
    until: Timestamp,
}

impl Suspicion {
    /// Notes a wrong message in `slot`; the failure if it is the one that was noted before.
    pub(crate) fn note(
        slot: &mut Option<Box<Suspicion>>,
        message: Fingerprint,
        failure: Failure,
        until: Timestamp,
    ) -> Option<Failure> {
        match slot {
            Some(noted) if noted.message == message => Some(failure),
            Some(noted) => {
                let until = noted.until.min(until);
                **noted = Suspicion { message, failure, until };
                None
            }
            None => {
                *slot = Some(Box::new(Suspicion { message, failure, until }));
                None
            }
        }
    }

    /// When the wait for a better message ends.
    pub(crate) fn until(&self) -> Timestamp {
        self.until
    }

    /// The failure that was noted.
    pub(crate) fn into_failure(self) -> Failure {
        self.failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_repeated_only_so_often_and_only_for_its_request() {
        let timing = Timing { repeated_answers: 3, ..Timing::default() };
        let request = Fingerprint::of(b"request");
        let mut answered = Answered::new(request, b"answer".to_vec(), &timing);
        assert!(answered.is(request) && !answered.is(Fingerprint::of(b"another")));
        let repeated = std::iter::from_fn(|| answered.again()).count();
        assert_eq!((repeated, answered.sent()), (3, 4));
    }

    #[test]
    fn a_wrong_message_counts_when_it_comes_again() {
        let mut slot = None;
        let until = |seconds| Timestamp::ZERO + std::time::Duration::from_secs(seconds);
        let (one, two) = (Fingerprint::of(b"one"), Fingerprint::of(b"two"));
        assert_eq!(Suspicion::note(&mut slot, one, Failure::Undecryptable, until(5)), None);
        assert_eq!(Suspicion::note(&mut slot, two, Failure::Undecryptable, until(9)), None);
        assert_eq!(slot.as_ref().map(|suspicion| suspicion.until()), Some(until(5)), "the wait does not grow");
        assert_eq!(Suspicion::note(&mut slot, two, Failure::Undecryptable, until(9)), Some(Failure::Undecryptable));
    }
}
