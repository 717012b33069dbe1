//! Which ways to authenticate the server takes: short calls, each with one suggestion, that end before anybody logs on.

use std::time::Duration;

use access::{Failure as Failed, Stage};
use clock::Timestamp;
use probe::{InquiryEnd, Methods};
use serde_json::{Value, json};
use wire::ppp::{AuthProtocol, ChapAlgorithm};

use super::call::{Call, News};
use super::journal::Told;
use super::{Doctor, Target};
use crate::dial::settings::Settings;
use crate::exit::Failure;

/// For one call: a server that takes longer to make an offer has shown before that it is slow, or counts calls.
const PATIENCE: Duration = Duration::from_secs(8);

/// Between the end of a call and the next: the server has a port to tidy up.
const PACE: Duration = Duration::from_millis(200);

impl Doctor<'_> {
    /// Asks for what the server has not shown by itself when it was to be logged on to; `demands` is what it has.
    pub(super) fn ask_methods(
        &mut self,
        settings: &Settings,
        target: Target,
        force_udp: bool,
        demands: Vec<Option<AuthProtocol>>,
    ) -> Result<(), Failure> {
        if demands.is_empty() {
            return Ok(());
        }
        let began = net::clock::now();
        let mut methods = Methods::default();
        demands.into_iter().for_each(|demand| methods.note(demand));
        methods.begin();
        let mut calls = 0;
        while let Some(method) = methods.poll_next() {
            if self.stopped || net::clock::now() + PATIENCE > self.until {
                break;
            }
            calls += 1;
            std::thread::sleep(PACE);
            let end = self.inquire(settings, target, force_udp, method, &mut methods)?;
            methods.handle_end(method, end);
        }
        self.tell_methods(began, calls, &methods);
        Ok(())
    }

    fn inquire(
        &mut self,
        settings: &Settings,
        target: Target,
        force_udp: bool,
        method: AuthProtocol,
        methods: &mut Methods,
    ) -> Result<InquiryEnd, Failure> {
        let Doctor { signals, rng, stopped, texts, .. } = self;
        let until = net::clock::now() + PATIENCE;
        let inquire = Some(method);
        let call = Call { texts, settings, target, force_udp, inquire, name: "", reach: &[], signals, until };
        let mut end = InquiryEnd::Unclear;
        *stopped |= call.run(rng, &mut |news| match news {
            News::Demands(demand) => methods.note(demand),
            News::Failed { stage, failure, .. } => end = ended(stage, &failure),
            _ => {}
        })?;
        Ok(end)
    }

    fn tell_methods(&mut self, began: Timestamp, calls: usize, methods: &Methods) {
        let values = values(calls, methods);
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let key = format!("methods-{}", key(methods));
        let step = self.journal.tell(Told::new(&self.texts, "methods", &key, began, &values));
        if !methods.offered().is_empty() {
            self.journal.observe(step, methods.fact());
        }
        self.journal.further.insert("authentication".into(), report(methods));
    }
}

/// What was found, for the texts.
pub(super) fn values(calls: usize, methods: &Methods) -> Vec<(&'static str, String)> {
    let list = |methods: &[AuthProtocol]| match methods {
        [] => "-".to_owned(),
        methods => methods.iter().map(|method| name(*method)).collect::<Vec<_>>().join(", "),
    };
    vec![
        ("calls", calls.to_string()),
        ("offered", list(methods.offered())),
        ("refused", list(methods.refused())),
        ("unknown", list(&methods.unknown())),
    ]
}

/// Which of the texts fits.
pub(super) fn key(methods: &Methods) -> &'static str {
    let (offered, all_known) = (methods.offered(), methods.unknown().is_empty());
    if offered.is_empty() && methods.is_unauthenticated() {
        "none"
    } else if !all_known {
        "partly"
    } else if !offered.is_empty() && offered.iter().all(|method| *method == AuthProtocol::Pap) {
        "pap"
    } else {
        "found"
    }
}

/// The same for programs.
pub(super) fn report(methods: &Methods) -> Value {
    let names = |methods: &[AuthProtocol]| methods.iter().map(|method| name(*method)).collect::<Vec<_>>();
    let (offered, refused, unknown) = (methods.offered(), methods.refused(), methods.unknown());
    json!({ "offered": names(offered), "refused": names(refused), "unknown": names(&unknown) })
}

/// What the end of an inquiring call means. Nothing that comes before PPP says anything about the suggestion, and there silence
/// says nothing, either.
fn ended(stage: Stage, failure: &Failed) -> InquiryEnd {
    match failure {
        Failed::Ppp { failure: ppp::Failure::Local(ppp::Local::Closed(_)), .. } => InquiryEnd::Answered,
        Failed::Ppp { failure: ppp::Failure::Refused(_), .. } | Failed::Cut { .. } if stage == Stage::PppLcp => {
            InquiryEnd::Ended
        }
        _ => InquiryEnd::Unclear,
    }
}

/// The name of a method, as `--auth` has it where it has one.
pub(super) fn name(method: AuthProtocol) -> String {
    match method {
        AuthProtocol::Pap => "pap".to_owned(),
        AuthProtocol::Chap(ChapAlgorithm::MD5) => "chap".to_owned(),
        AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V1) => "mschap".to_owned(),
        AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2) => "mschapv2".to_owned(),
        AuthProtocol::Eap => "eap".to_owned(),
        AuthProtocol::Chap(algorithm) => format!("chap-{}", algorithm.0),
        AuthProtocol::Other(protocol) => format!("{:#06x}", protocol.0),
    }
}
