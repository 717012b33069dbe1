//! Which ways to authenticate a server takes: asked for one by one, in calls that end before anybody logs on.

use observe::{Fact, Party, ppp};
use wire::ppp::{AuthProtocol, ChapAlgorithm};

/// Every method that a client of today or yesterday may have, in the order in which they are asked for.
const ASKED: [AuthProtocol; 5] = [
    AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2),
    AuthProtocol::Chap(ChapAlgorithm::MD5),
    AuthProtocol::Eap,
    AuthProtocol::Pap,
    AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V1),
];

/// Methods of other names that are kept.
const OTHERS_KEPT: usize = 4;

/// What is known of a server's methods, and what to ask next.
///
/// What the server demands in any call goes to [`Methods::note`]. Then, while [`Methods::poll_next`] names a method, it is suggested
/// in a call of its own (`ppp::ClientConfig::inquire`), and what came of that goes to [`Methods::handle_end`]. One suggestion in one call is
/// all that can be had from every server: some forget what they would have taken when they are asked for something else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Methods {
    offered: Vec<AuthProtocol>,
    refused: Vec<AuthProtocol>,
    tried: Vec<AuthProtocol>,
    /// What the server demanded in the call that is open.
    call: Vec<Option<AuthProtocol>>,
    /// It asks nobody to authenticate.
    unauthenticated: bool,
    /// A call did not come as far as a demand: it makes no sense to go on.
    stuck: bool,
}

/// How a call ended in which a method was suggested.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InquiryEnd {
    /// The server answered the suggestion: by what it demanded last.
    Answered,
    /// The server ended the link or the call.
    Ended,
    /// It fell silent, or something else went wrong.
    Unclear,
}

impl Methods {
    /// The server demands this in the call that is open; `None` for nothing.
    pub fn note(&mut self, demand: Option<AuthProtocol>) {
        match demand {
            Some(method) if !self.offered.contains(&method) => {
                self.refused.retain(|refused| *refused != method);
                if ASKED.contains(&method) || self.offered.len() < ASKED.len() + OTHERS_KEPT {
                    self.offered.push(method);
                }
            }
            Some(_) => {}
            None => self.unauthenticated |= self.call.is_empty(),
        }
        self.call.push(demand);
        self.call.truncate(ASKED.len() + OTHERS_KEPT);
    }

    /// The call in which the server was to be logged on to is over.
    pub fn begin(&mut self) {
        self.stuck |= !self.call.iter().any(Option::is_some);
        self.call.clear();
    }

    /// What to ask for in the next call; each method once.
    pub fn poll_next(&mut self) -> Option<AuthProtocol> {
        if self.stuck {
            return None;
        }
        let known = |method: &AuthProtocol| self.offered.contains(method) || self.tried.contains(method);
        let next = ASKED.into_iter().find(|method| !known(method))?;
        self.tried.push(next);
        Some(next)
    }

    /// The call in which this was suggested is over.
    pub fn handle_end(&mut self, suggested: AuthProtocol, end: InquiryEnd) {
        let call = std::mem::take(&mut self.call);
        if !call.iter().any(Option::is_some) {
            self.stuck = true;
        } else if !self.offered.contains(&suggested) && end != InquiryEnd::Unclear {
            self.refused.push(suggested);
        }
    }

    /// What it takes.
    pub fn offered(&self) -> &[AuthProtocol] {
        &self.offered
    }

    /// What it does not take.
    pub fn refused(&self) -> &[AuthProtocol] {
        &self.refused
    }

    /// What was not found out.
    pub fn unknown(&self) -> Vec<AuthProtocol> {
        let known = |method: &AuthProtocol| self.offered.contains(method) || self.refused.contains(method);
        ASKED.into_iter().filter(|method| !known(method)).collect()
    }

    /// Whether it asks nobody to authenticate.
    pub fn is_unauthenticated(&self) -> bool {
        self.unauthenticated
    }

    /// The same as an observation.
    pub fn fact(&self) -> Fact {
        let list = |methods: &[AuthProtocol]| methods.iter().copied().map(method).collect();
        let (offered, refused) = (list(&self.offered), list(&self.refused));
        ppp::Fact::AuthenticationOffered { by: Party::There, offered, refused }.into()
    }
}

/// A method in the words of observations.
pub fn method(protocol: AuthProtocol) -> ppp::Method {
    match protocol {
        AuthProtocol::Pap => ppp::Method::Pap,
        AuthProtocol::Chap(ChapAlgorithm::MD5) => ppp::Method::Chap,
        AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V1) => ppp::Method::MsChapV1,
        AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2) => ppp::Method::MsChapV2,
        AuthProtocol::Eap => ppp::Method::Eap(None),
        AuthProtocol::Chap(_) | AuthProtocol::Other(_) => ppp::Method::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::ppp::{ClientConfig, Credentials, Event, Failure, Local, Refused, ServerConfig, Session};
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;
    use clock::Timestamp;

    use super::*;

    const V2: AuthProtocol = AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2);
    const V1: AuthProtocol = AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V1);
    const MD5: AuthProtocol = AuthProtocol::Chap(ChapAlgorithm::MD5);
    const PAP: AuthProtocol = AuthProtocol::Pap;
    const EAP: AuthProtocol = AuthProtocol::Eap;

    /// Calls a server of our own with these methods; what it demanded goes to `methods`. Nobody logs on: the password is asked for.
    fn call(server: &[::ppp::Method], inquire: Option<AuthProtocol>, methods: &mut Methods) -> InquiryEnd {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut now = Timestamp::ZERO;
        let config = ServerConfig { methods: server.to_vec(), ..ServerConfig::default() };
        let mut far = Session::server(config, now, &mut rng);
        let credentials = Credentials { user: "anna".into(), password: "secret".into() };
        let config = ClientConfig { inquire, ask_first: true, ..ClientConfig::new(credentials) };
        let mut near = Session::client(config, now, &mut rng);
        for _ in 0..100 {
            while let Some(frame) = near.poll_transmit() {
                far.handle_frame(now, &mut rng, &frame);
            }
            while let Some(frame) = far.poll_transmit() {
                near.handle_frame(now, &mut rng, &frame);
            }
            while let Some(event) = near.poll_event() {
                match event {
                    Event::Demands(demand) => methods.note(demand),
                    Event::Closed { failure: Failure::Local(Local::Closed(_)), .. } => return InquiryEnd::Answered,
                    Event::Closed { failure: Failure::Refused(Refused::Terminated { .. }), .. } => {
                        return InquiryEnd::Ended;
                    }
                    Event::Closed { .. } => return InquiryEnd::Unclear,
                    Event::Ask(_) => return InquiryEnd::Answered,
                    _ => {}
                }
            }
            while let Some(event) = far.poll_event() {
                assert!(!matches!(event, Event::Ask(_)), "somebody logged on");
            }
            now = now + Duration::from_millis(200);
            near.handle_timeout(now, &mut rng);
            far.handle_timeout(now, &mut rng);
        }
        InquiryEnd::Unclear
    }

    fn survey(server: &[::ppp::Method]) -> (Methods, usize) {
        let mut methods = Methods::default();
        call(server, None, &mut methods);
        methods.begin();
        let mut calls = 0;
        while let Some(next) = methods.poll_next() {
            calls += 1;
            let end = call(server, Some(next), &mut methods);
            methods.handle_end(next, end);
        }
        (methods, calls)
    }

    #[test]
    fn every_set_of_methods_of_a_server_is_found_in_four_calls_at_most() {
        let all = [::ppp::Method::EapMsChapV2, ::ppp::Method::MsChapV2, ::ppp::Method::ChapMd5, ::ppp::Method::Pap];
        for set in 1..16_usize {
            let server: Vec<_> = (0..4).filter(|bit| set >> bit & 1 == 1).map(|bit| all[bit]).collect();
            let (methods, calls) = survey(&server);
            let takes = |protocol: &AuthProtocol| server.iter().any(|method| method.auth_protocol() == *protocol);
            assert!(calls <= 4, "{calls}");
            assert!(methods.offered().iter().all(takes), "{server:?}: {methods:?}");
            assert_eq!(methods.offered().len(), server.len(), "{server:?}: {methods:?}");
            assert_eq!(methods.refused().len(), 5 - server.len(), "{server:?}: {methods:?}");
            assert_eq!(methods.unknown(), []);
        }
    }

    #[test]
    fn a_server_that_falls_silent_is_not_said_to_refuse() {
        let mut methods = Methods::default();
        methods.note(Some(V2));
        methods.begin();
        assert_eq!(methods.poll_next(), Some(MD5));
        methods.note(Some(V2));
        methods.handle_end(MD5, InquiryEnd::Unclear);
        assert_eq!((methods.refused(), methods.unknown()), (&[][..], vec![MD5, EAP, PAP, V1]));
        // The next call does not even come to a demand: that was the last one.
        assert_eq!(methods.poll_next(), Some(EAP));
        methods.handle_end(EAP, InquiryEnd::Unclear);
        assert_eq!(methods.poll_next(), None);
        assert_eq!(methods.offered(), [V2]);
    }

    #[test]
    fn without_a_demand_there_is_nothing_to_ask() {
        let mut methods = Methods::default();
        methods.begin();
        assert_eq!((methods.poll_next(), methods.is_unauthenticated()), (None, false));
        let mut methods = Methods::default();
        methods.note(None);
        methods.begin();
        assert_eq!((methods.poll_next(), methods.is_unauthenticated()), (None, true));
    }

    #[test]
    fn what_is_demanded_later_is_no_longer_refused() {
        let mut methods = Methods::default();
        methods.note(Some(PAP));
        methods.begin();
        let next = methods.poll_next().unwrap();
        methods.note(Some(PAP));
        methods.handle_end(next, InquiryEnd::Ended);
        assert_eq!(methods.refused(), [V2]);
        methods.note(Some(V2));
        assert_eq!((methods.refused(), methods.offered()), (&[][..], &[PAP, V2][..]));
    }
}
