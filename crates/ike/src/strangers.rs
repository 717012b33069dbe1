use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clock::Timestamp;
use crypto::CryptoRng;
use crypto::HashAlg;
use crypto::hmac::HmacKey;
use wire::isakmp::Cookie;

use crate::config::{Limits, Timing};
use crate::failure::Drop;
use crate::main_mode::responder::HalfOpen;
use crate::repeat::{Answered, Fingerprint};

/// How long a failed attempt is remembered: longer than the repetitions of any client.
const FAILURE_REMEMBERED: Duration = Duration::from_secs(60);
/// How long responder cookies are made with the same secret.
const EPOCH: Duration = Duration::from_secs(3600);

/// An attempt of a stranger: its cookie and where it comes from.
pub(crate) type Attempt = (Cookie, SocketAddr);

/// Peers that have not proved anything: half-open IKE SAs and failed attempts, each in bounded number.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    half_open: HashMap<Attempt, HalfOpen>,
    /// Half-open attempts by age, the ones that are gone included.
    by_age: VecDeque<(Timestamp, Attempt)>,
    failures: HashMap<Attempt, Option<Answered>>,
    failures_by_age: VecDeque<(Timestamp, Attempt)>,
    per_address: HashMap<IpAddr, usize>,
    cookies: CookieMaker,
    dh: Budget,
}

/// Whether a first message may become an attempt.
pub(crate) enum Admission {
    /// Yes.
    New,
    /// It is a repetition; here is the answer again, as far as it may be repeated.
    Repeated(Option<Vec<u8>>),
    /// No.
    Dropped(Drop),
}

impl Strangers {
    pub(crate) fn admit(
        &mut self,
        now: Timestamp,
        attempt: &Attempt,
        request: Fingerprint,
        limits: &Limits,
    ) -> Admission {
        self.forget_failures(now, limits.remembered_failures);
        let earlier = match self.half_open.get_mut(attempt) {
            Some(half_open) => Some(Some(&mut half_open.answered)),
            None => self.failures.get_mut(attempt).map(Option::as_mut),
        };
        if let Some(answered) = earlier {
            let again = answered.filter(|answered| answered.is(request)).and_then(Answered::again);
            return Admission::Repeated(again);
        }
        let used = self.per_address.get(&block(attempt.1)).copied().unwrap_or_default();
        if used >= limits.half_open_per_address { Admission::Dropped(Drop::AddressLimit) } else { Admission::New }
    }

    /// Adds a half-open IKE SA. Returns the oldest ones, which had to make room: more than one where the limit was lowered.
    pub(crate) fn insert(
        &mut self,
        now: Timestamp,
        attempt: Attempt,
        half_open: HalfOpen,
        limits: &Limits,
    ) -> Vec<HalfOpen> {
        let mut evicted = Vec::new();
        while self.half_open.len() >= limits.half_open.max(1) {
            let Some((_, oldest)) = self.by_age.pop_front() else { break };
            evicted.extend(self.take(&oldest));
        }
        self.by_age.push_back((now, attempt));
        *self.per_address.entry(block(attempt.1)).or_default() += 1;
        self.half_open.insert(attempt, half_open);
        // Attempts that went on leave their entry behind; without this a steady stream of successes would pile them up.
        if self.by_age.len() > 2 * self.half_open.len() + 64 {
            let half_open = &self.half_open;
            self.by_age
                .retain(|(began, attempt)| half_open.get(attempt).is_some_and(|half_open| half_open.started == *began));
        }
        evicted
    }

    pub(crate) fn get_mut(&mut self, attempt: &Attempt) -> Option<&mut HalfOpen> {
        self.half_open.get_mut(attempt)
    }

    /// Removes a half-open IKE SA: it has gone on, failed or expired.
    pub(crate) fn take(&mut self, attempt: &Attempt) -> Option<HalfOpen> {
        let half_open = self.half_open.remove(attempt)?;
        self.release(attempt.1);
        Some(half_open)
    }

    /// Remembers a failed attempt, with the answer that repetitions of its request get.
    pub(crate) fn remember_failure(&mut self, now: Timestamp, attempt: Attempt, answered: Option<Answered>) {
        if self.failures.insert(attempt, answered).is_none() {
            self.failures_by_age.push_back((now, attempt));
            *self.per_address.entry(block(attempt.1)).or_default() += 1;
        }
    }

    /// When the oldest half-open IKE SA has waited long enough.
    pub(crate) fn next_deadline(&mut self, timing: &Timing) -> Option<Timestamp> {
        while let Some((began, attempt)) = self.by_age.front() {
            match self.half_open.get(attempt) {
                Some(half_open) if half_open.started == *began => return Some(*began + timing.exchange_timeout),
                _ => drop(self.by_age.pop_front()),
            }
        }
        None
    }

    /// A half-open IKE SA that has waited long enough. Call until `None`.
    pub(crate) fn expire(&mut self, now: Timestamp, timing: &Timing) -> Option<HalfOpen> {
        if self.next_deadline(timing)? > now {
            return None;
        }
        let (_, attempt) = self.by_age.pop_front()?;
        self.take(&attempt)
    }

    pub(crate) fn len(&self) -> usize {
        self.half_open.len()
    }

    /// Our cookie for an attempt.
    pub(crate) fn cookie(&mut self, now: Timestamp, attempt: &Attempt, rng: &mut dyn CryptoRng) -> Cookie {
        self.cookies.make(now, attempt, rng)
    }

    /// Whether one more Diffie-Hellman exchange for a stranger is in the budget.
    pub(crate) fn may_exchange_keys(&mut self, now: Timestamp, limits: &Limits) -> bool {
        self.dh.take(now, limits.dh_per_second)
    }

    fn forget_failures(&mut self, now: Timestamp, limit: usize) {
        while let Some(&(since, attempt)) = self.failures_by_age.front() {
            if now.since(since) < FAILURE_REMEMBERED && self.failures_by_age.len() <= limit {
                break;
            }
            self.failures_by_age.pop_front();
            self.failures.remove(&attempt);
            self.release(attempt.1);
        }
    }

    fn release(&mut self, address: SocketAddr) {
        if let Some(used) = self.per_address.get_mut(&block(address)) {
            *used = used.saturating_sub(1);
            if *used == 0 {
                self.per_address.remove(&block(address));
            }
        }
    }
}

/// What limits count by: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has for himself.
fn block(address: SocketAddr) -> IpAddr {
    match address.ip().to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// Responder cookies (RFC 2408 §2.5.3): a keyed hash of what the attempt is, so that they cannot be foreseen.
#[derive(Default)]
struct CookieMaker {
    secret: Option<(Timestamp, HmacKey)>,
}

impl CookieMaker {
    fn make(&mut self, now: Timestamp, (initiator, remote): &Attempt, rng: &mut dyn CryptoRng) -> Cookie {
        if self.secret.as_ref().is_some_and(|(since, _)| now.since(*since) > EPOCH) {
            self.secret = None;
        }
        let (_, key) = self.secret.get_or_insert_with(|| {
            let mut secret = [0; 32];
            rng.fill_bytes(&mut secret);
            (now, HmacKey::new(HashAlg::Sha256, &secret))
        });
        let port = remote.port().to_be_bytes();
        let tag = match remote.ip() {
            IpAddr::V4(ip) => key.sign(&[&ip.octets(), &port, &initiator.0]),
            IpAddr::V6(ip) => key.sign(&[&ip.octets(), &port, &initiator.0]),
        };
        let mut cookie = [0; 8];
        cookie.iter_mut().zip(tag.as_bytes()).for_each(|(to, from)| *to = *from);
        // Zero means "no cookie yet".
        cookie[0] |= 1;
        Cookie(cookie)
    }
}

impl std::fmt::Debug for CookieMaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieMaker(***)")
    }
}

/// A token bucket of one second's content.
#[derive(Debug, Default)]
struct Budget {
    since: Option<Timestamp>,
    spent: Duration,
}

impl Budget {
    /// Each computation costs 1 / `per_second` of a second; a second may be owed.
    fn take(&mut self, now: Timestamp, per_second: u32) -> bool {
        let Some(price) = Duration::from_secs(1).checked_div(per_second) else { return false };
        let since = self.since.replace(now).unwrap_or(now);
        self.spent = self.spent.saturating_sub(now.since(since));
        if self.spent + price > Duration::from_secs(1) {
            return false;
        }
        self.spent += price;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_refills_with_time() {
        let mut budget = Budget::default();
        let at = |millis| Timestamp::ZERO + Duration::from_millis(millis);
        let taken = |budget: &mut Budget, now| (0..1000).filter(|_| budget.take(now, 100)).count();
        assert_eq!(taken(&mut budget, at(0)), 100);
        assert_eq!(taken(&mut budget, at(500)), 50);
        assert_eq!(taken(&mut budget, at(10_000)), 100);
        assert!(!Budget::default().take(at(0), 0));
    }

    #[test]
    fn ipv6_subscribers_count_by_their_64_bit_prefix() {
        let address = |text: &str| block(SocketAddr::new(text.parse().unwrap(), 500));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
