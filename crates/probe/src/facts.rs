//! What was found, in the words of observations.

use std::net::IpAddr;

use ike::Software;
use ike::proposal::Phase1Suite;
use observe::ike::{Exchange, Message, Phase, Suite};
use observe::network::Icmp;
use observe::{Fact, Party, ike as seen_ike, network, ppp, pptp};
use wire::pptp::MessageType;

use crate::methods::method;
use crate::step::{
    AddressAnswer, CallAnswer, ControlAnswer, EncryptionAnswer, Finding, IkeAnswer, LinkAnswer, LinkEnd, LogOnAnswer,
    NatAnswer, Outcome, Step,
};

const UDP: u8 = 17;
const TCP: u8 = 6;

/// The observations of a whole probe, each with the index of the step that made it.
///
/// PPTP is another way in, not a further part of the same: it counts where IKE does not answer, or was not asked. What is silent
/// at one port counts as a port's silence only where another one answered.
pub fn observations(steps: &[Step], server: IpAddr) -> Vec<(usize, Fact)> {
    let mut outcome = Outcome::default();
    steps.iter().for_each(|step| outcome.add(&step.finding));
    let heard = steps.iter().any(|step| is_sign_of_life(&step.finding));
    let asked_ike = steps.iter().any(|step| matches!(step.finding, Finding::Main { .. }));
    let mut all = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let facts = match &step.finding {
            Finding::Echo { sent, received, .. } if *received > 0 => {
                vec![
                    network::Fact::Ping { to: server, size: 32, sent: *sent, received: *received, too_big: false }
                        .into(),
                ]
            }
            Finding::Main { nat_t, offered, sent, answer } => main_mode(*nat_t, offered, *sent, answer, outcome, steps),
            Finding::Nat { answer } => nat(*answer),
            Finding::Survey(found) if !found.accepted.is_empty() => {
                let suites = found.accepted.iter().map(suite).collect();
                vec![seen_ike::Fact::Accepts { phase: Phase::One, at: Party::There, suites }.into()]
            }
            Finding::Pptp { answer } if !asked_ike || (!outcome.ike && heard) => control(answer),
            Finding::PptpCall { answer } if !outcome.ike => call(*answer),
            Finding::PptpMethods { methods, .. } if !outcome.ike && !methods.offered().is_empty() => {
                vec![methods.fact()]
            }
            Finding::PptpLink { .. }
            | Finding::PptpLogOn { .. }
            | Finding::PptpEncryption { .. }
            | Finding::PptpAddress { .. }
                if !outcome.ike =>
            {
                link(&step.finding)
            }
            // That nobody answers a ping, IKEv2, L2TP in clear or aggressive mode is no fault.
            Finding::Echo { .. }
            | Finding::Survey(_)
            | Finding::Version2 { .. }
            | Finding::Aggressive { .. }
            | Finding::Clear { .. }
            | Finding::Pptp { .. }
            | Finding::PptpCall { .. }
            | Finding::PptpLink { .. }
            | Finding::PptpLogOn { .. }
            | Finding::PptpEncryption { .. }
            | Finding::PptpAddress { .. }
            | Finding::PptpMethods { .. } => Vec::new(),
        };
        all.extend(facts.into_iter().map(|fact| (index, fact)));
    }
    if !heard && let Some(last) = steps.len().checked_sub(1) {
        all.push((last, network::Fact::Silent { to: server }.into()));
    }
    all
}

/// Whether anything came back.
fn is_sign_of_life(finding: &Finding) -> bool {
    use crate::step::{ClearAnswer, V2Answer};
    match finding {
        Finding::Echo { received, .. } => *received > 0,
        Finding::Main { answer, .. } => *answer != IkeAnswer::Silence,
        Finding::Version2 { answer } => *answer != V2Answer::Silence,
        Finding::Clear { answer } => *answer != ClearAnswer::Silence,
        Finding::Pptp { answer } => *answer != ControlAnswer::Silence,
        Finding::Nat { .. }
        | Finding::Survey(_)
        | Finding::Aggressive { .. }
        | Finding::PptpCall { .. }
        | Finding::PptpLink { .. }
        | Finding::PptpLogOn { .. }
        | Finding::PptpEncryption { .. }
        | Finding::PptpAddress { .. }
        | Finding::PptpMethods { .. } => true,
    }
}

fn main_mode(
    nat_t: bool,
    offered: &[Phase1Suite],
    sent: u32,
    answer: &IkeAnswer,
    outcome: Outcome,
    steps: &[Step],
) -> Vec<Fact> {
    let port = if nat_t { 4500 } else { 500 };
    let other_answers = steps.iter().any(|step| match &step.finding {
        Finding::Main { nat_t: other, answer, .. } => {
            *other != nat_t && !matches!(answer, IkeAnswer::Silence | IkeAnswer::Icmp(..))
        }
        _ => false,
    });
    let offer = || seen_ike::Fact::Offered {
        phase: Phase::One,
        from: Party::Here,
        suites: offered.iter().map(suite).collect(),
    };
    match answer {
        // Where the other port answers, what it says counts.
        IkeAnswer::Silence if other_answers => vec![network::Fact::PortSilent { port }.into()],
        IkeAnswer::Icmp(kind, from) if !nat_t || outcome.ike => {
            vec![network::Fact::Icmp { kind: *kind, from: *from, port: Some(port), protocol: UDP }.into()]
        }
        // Whoever falls silent there later has another reason than a filter.
        IkeAnswer::Chosen(_) | IkeAnswer::Notify(_) if nat_t && other_answers => {
            vec![message(Party::There, 2, true, false).into()]
        }
        _ if nat_t && (other_answers || !outcome.ike) => Vec::new(),
        IkeAnswer::Icmp(..) => Vec::new(),
        IkeAnswer::Silence => {
            let gave_up = seen_ike::Fact::GaveUp { by: Party::Here, after: Some(Exchange::MainMode(1)) };
            vec![message(Party::Here, 1, nat_t, sent > 1).into(), gave_up.into()]
        }
        IkeAnswer::Chosen(chosen) => {
            let mut facts: Vec<Fact> =
                vec![message(Party::Here, 1, nat_t, false).into(), message(Party::There, 2, nat_t, false).into()];
            if let Some(taken) = &chosen.suite {
                facts.push(seen_ike::Fact::Chosen { phase: Phase::One, suite: suite(taken) }.into());
            }
            let vendor = software(&chosen.software).map(|name| seen_ike::Fact::Vendor { from: Party::There, name });
            facts.extend(vendor.map(Fact::from));
            facts
        }
        IkeAnswer::Notify(kind) => {
            let notify =
                seen_ike::Fact::Notify { from: Party::There, kind: *kind, phase: Some(Phase::One), protected: false };
            vec![offer().into(), notify.into()]
        }
        IkeAnswer::Version(_) => vec![seen_ike::Fact::VersionRefused { at: Party::There, asked: 1 }.into()],
        IkeAnswer::Unusable(_) => {
            vec![offer().into(), seen_ike::Fact::NoCommonSuite { phase: Phase::One, at: Party::Here }.into()]
        }
    }
}

fn nat(answer: NatAnswer) -> Vec<Fact> {
    let mode = |from, number| message(from, number, false, false);
    match answer {
        NatAnswer::Found { here, there } => {
            let found = seen_ike::Fact::Nat { client: Some(here), server: Some(there), forced: false };
            vec![mode(Party::Here, 3).into(), mode(Party::There, 4).into(), found.into()]
        }
        NatAnswer::Unsupported => vec![mode(Party::Here, 3).into(), mode(Party::There, 4).into()],
        NatAnswer::Notify(kind) => {
            vec![seen_ike::Fact::Notify { from: Party::There, kind, phase: Some(Phase::One), protected: false }.into()]
        }
        NatAnswer::Silence => {
            let gave_up = seen_ike::Fact::GaveUp { by: Party::Here, after: Some(Exchange::MainMode(3)) };
            vec![mode(Party::Here, 3).into(), gave_up.into()]
        }
    }
}

fn control(answer: &ControlAnswer) -> Vec<Fact> {
    let reply = |result: u8| pptp::Fact::Message {
        from: Party::There,
        kind: MessageType::START_REPLY.0,
        result: Some(result),
        error: None,
    };
    match answer {
        ControlAnswer::Up(_) => vec![pptp::Fact::Connected.into(), reply(1).into(), pptp::Fact::TunnelUp.into()],
        ControlAnswer::Refused { result, .. } => {
            let refused = pptp::Fact::Refused { by: Party::There, result: result.0 };
            vec![pptp::Fact::Connected.into(), reply(result.0).into(), refused.into()]
        }
        ControlAnswer::NotPptp | ControlAnswer::Mute => {
            vec![pptp::Fact::Connected.into(), pptp::Fact::NoReply.into()]
        }
        ControlAnswer::Closed => vec![pptp::Fact::ConnectionRefused.into()],
        ControlAnswer::Unreachable => {
            vec![network::Fact::Icmp { kind: Icmp::Unreachable, from: None, port: Some(1723), protocol: TCP }.into()]
        }
        ControlAnswer::Silence => vec![pptp::Fact::ConnectionTimedOut.into()],
    }
}

fn call(answer: CallAnswer) -> Vec<Fact> {
    match answer {
        CallAnswer::Gre => {
            vec![
                pptp::Fact::CallUp.into(),
                pptp::Fact::Gre { from: Party::Here, packets: 1, octets: 20 }.into(),
                pptp::Fact::Gre { from: Party::There, packets: 1, octets: 20 }.into(),
            ]
        }
        CallAnswer::OneWay { received } => vec![
            pptp::Fact::CallUp.into(),
            pptp::Fact::Gre { from: Party::There, packets: received, octets: 20 * received }.into(),
            pptp::Fact::NoGre { at: Party::There }.into(),
        ],
        CallAnswer::Icmp(..) => {
            vec![pptp::Fact::CallUp.into(), pptp::Fact::GreRefused { at: Party::Here }.into()]
        }
        CallAnswer::Cut => vec![pptp::Fact::CallUp.into(), pptp::Fact::Closed { by: Party::There }.into()],
        CallAnswer::NoGre => vec![pptp::Fact::CallUp.into(), pptp::Fact::NoGre { at: Party::Here }.into()],
        CallAnswer::Refused(result, error) => {
            let (kind, error) = (MessageType::OUTGOING_CALL_REPLY.0, Some(error.0));
            let reply = pptp::Fact::Message { from: Party::There, kind, result: Some(result.0), error };
            vec![reply.into(), pptp::Fact::Refused { by: Party::There, result: result.0 }.into()]
        }
        // No result is zero: there was none.
        CallAnswer::Silence => vec![pptp::Fact::Refused { by: Party::There, result: 0 }.into()],
        CallAnswer::NotTried => Vec::new(),
    }
}

/// PPP in the call. How it failed is PPP's own to say, but for what PPP cannot know: that encryption is missed, and that the
/// call was ended under it.
fn link(finding: &Finding) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    match finding {
        Finding::PptpLink { demanded, answer } => {
            let demanded = demanded
                .iter()
                .map(|auth| ppp::Fact::AuthenticationDemanded { by: Party::There, method: method(*auth) }.into());
            facts.extend(demanded);
            facts.extend((*answer == LinkAnswer::Up).then_some(ppp::Fact::LinkUp.into()));
        }
        Finding::PptpLogOn { answer: LogOnAnswer::Accepted(accepted) } => {
            let method = accepted.map(|accepted| method(accepted.auth_protocol()));
            facts.push(ppp::Fact::Authenticated { method, user: None }.into());
        }
        Finding::PptpEncryption { answer: EncryptionAnswer::Required, .. } => {
            facts.push(ppp::Fact::EncryptionRequired { by: Party::There }.into());
        }
        Finding::PptpAddress { answer: AddressAnswer::Up(ipv4) } => {
            let (client, server) = (Some(ipv4.local), Some(ipv4.remote));
            facts.push(ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp, client, server }.into());
        }
        _ => {}
    }
    if finding.link_end() == Some(&LinkEnd::Cut) {
        facts.push(pptp::Fact::Closed { by: Party::There }.into());
    }
    facts
}

fn message(from: Party, number: u8, port_4500: bool, repeated: bool) -> seen_ike::Fact {
    let exchange = Exchange::MainMode(number);
    seen_ike::Fact::Message(Message { from, exchange, id: 0, cookies: None, port_4500, repeated, octets: None })
}

fn suite(suite: &Phase1Suite) -> Suite {
    let text = suite.to_string();
    let mut words = text.split(' ').map(str::to_owned);
    let mut next = || words.next().unwrap_or_default();
    Suite { cipher: next(), integrity: next(), group: next(), authentication: "psk".into() }
}

/// The name of a product, if it is known.
pub fn software(software: &Software) -> Option<String> {
    Some(match software {
        Software::Windows { .. } => "Windows".to_owned(),
        Software::Apple => "Apple".to_owned(),
        Software::Android => "Android".to_owned(),
        Software::Racoon => "racoon".to_owned(),
        Software::StrongSwan => "strongSwan".to_owned(),
        Software::Gateway(kind) => kind.name().to_owned(),
        Software::Unknown => return None,
    })
}
