//! What the program's own engines saw, as observations: the rules that read logs and captures of others read these, too.

use access::{Failure, Stage};
use observe::{About, Fact, Observation, Party, Place, Role, Side, Source, SourceKind, Spot, Time, Timeline};
use observe::{esp, ike as seen_ike, l2tp as seen_l2tp, ppp as seen_ppp, reported};
use wire::ppp::{Protocol, RasError};

use crate::{Cause, Verdict};

/// One attempt of an engine of ours, with what it ended in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The name under which it is shown: a session, a profile.
    pub name: &'a str,
    /// Which end we are.
    pub role: Role,
    /// When it ended.
    pub at: Option<Time>,
    /// Why.
    pub failure: &'a Failure,
    /// The verdict that was given.
    pub verdict: Verdict,
}

/// The timeline of one attempt.
pub fn timeline(attempt: &Attempt<'_>) -> Timeline {
    let mut timeline = Timeline::new();
    observe(&mut timeline, attempt);
    timeline
}

/// Adds an attempt to a timeline.
pub fn observe(timeline: &mut Timeline, attempt: &Attempt<'_>) {
    let side = match attempt.role {
        Role::Client => Side::Client,
        Role::Server => Side::Server,
    };
    let source = timeline.add_source(Source {
        name: attempt.name.into(),
        kind: SourceKind::Live,
        side,
        product: Some(concat!("Causeway ", env!("CARGO_PKG_VERSION")).to_owned()),
        trouble: Vec::new(),
        span: attempt.at.map(|at| (at, at)),
    });
    for (step, (text, fact)) in (1..).zip(evidence(attempt.failure, attempt.role, attempt.verdict)) {
        let place = Place { source, spot: Spot::Step(step), text: text.into() };
        timeline.push(Observation { at: attempt.at, place, side, about: About::default(), fact });
    }
}

/// What a failure shows to whoever has this role, each fact with words for the report; the verdict comes last.
pub fn evidence(failure: &Failure, role: Role, verdict: Verdict) -> Vec<(String, Fact)> {
    let mut facts = facts(failure, role);
    if failure.stage() == Stage::Up {
        // Who ends what was up refuses nobody.
        facts.insert(0, ("the connection was up".to_owned(), reported::Fact::Connected.into()));
    }
    if verdict.cause != Cause::NoneHealthy {
        let (cause, stage) = (verdict.cause.id().to_owned(), failure.stage().id().to_owned());
        facts.push((format!("{stage}: {cause}"), reported::Fact::Verdict { cause, stage }.into()));
    }
    facts
}

/// What was seen, each with words for the report.
fn facts(failure: &Failure, role: Role) -> Vec<(String, Fact)> {
    match failure {
        Failure::Ike { stage, failure, peer } => {
            let mut facts = peer_facts(peer, role);
            facts.extend(progress(*stage, role).map(|fact| (format!("IKE came as far as {stage:?}"), fact.into())));
            facts.extend(ike(*stage, failure).into_iter().map(|(text, fact)| (text, fact.into())));
            facts
        }
        Failure::NoTunnel(no_tunnel) => {
            let encapsulated = no_tunnel.encapsulation == access::datapath::Encapsulation::Udp;
            let up = seen_ike::Fact::Phase2Up {
                encapsulated: Some(encapsulated),
                transport: Some(true),
                suite: None,
                spis: None,
            };
            let mut facts =
                vec![(format!("IPsec is up, ESP {}", if encapsulated { "in UDP" } else { "raw" }), up.into())];
            if no_tunnel.heard && role == Role::Client {
                let fact = seen_l2tp::Fact::Unanswered { by: Party::Here, established: false, last: None };
                facts.push(("ESP comes back, and L2TP is not answered".to_owned(), fact.into()));
            } else if no_tunnel.heard {
                let said = "authentic packets came, and none was L2TP".to_owned();
                facts.push((said.clone(), esp::Fact::NotMatching { at: Party::There, said }.into()));
            }
            facts
        }
        Failure::L2tp { stage, failure } => {
            let fact = l2tp(*stage, failure);
            vec![(format!("L2TP, {stage:?}: {failure:?}"), fact.into())]
        }
        Failure::Cut { stage, refusal } => {
            let fact = l2tp(l2tp::Stage::Up, &l2tp::Failure::Refused(refusal.clone()));
            vec![(format!("the call was cut, PPP being at {stage:?}: {refusal:?}"), fact.into())]
        }
        Failure::Ppp { stage, failure, denied } => {
            let fact = ppp(*stage, failure, *denied);
            fact.map(|fact| (format!("PPP, {stage:?}: {failure:?}"), Fact::from(fact))).into_iter().collect()
        }
        Failure::PeerGone { reason } => {
            let fact = match reason {
                ike::CloseReason::PeerDead => Some(seen_ike::Fact::PeerDead { at: Party::Here }),
                ike::CloseReason::DeletedByPeer => {
                    Some(seen_ike::Fact::Deleted { by: Party::There, phase: seen_ike::Phase::Two, traffic: None })
                }
                ike::CloseReason::Expired | ike::CloseReason::Replaced => {
                    Some(seen_ike::Fact::RekeyFailed { at: Party::Here })
                }
                ike::CloseReason::Command => None,
            };
            fact.map(|fact| (format!("the association ended: {reason:?}"), fact.into())).into_iter().collect()
        }
        Failure::Unprotected { stage, failure } => {
            let clear = seen_l2tp::Fact::Message {
                from: Party::Here,
                kind: wire::l2tp::MessageType::SCCRQ,
                repeated: false,
                clear: true,
            };
            let end = l2tp(*stage, failure);
            vec![
                ("L2TP goes without IPsec".to_owned(), clear.into()),
                (format!("L2TP, {stage:?}: {failure:?}"), end.into()),
            ]
        }
        Failure::HungUp => Vec::new(),
    }
}

fn peer_facts(peer: &ike::PeerKnown, role: Role) -> Vec<(String, Fact)> {
    let mut facts = Vec::new();
    let software = peer.announced.software();
    if software != ike::Software::Unknown {
        let name = match software {
            ike::Software::Windows { .. } => "Windows".to_owned(),
            other => format!("{other:?}"),
        };
        facts.push((format!("the peer is {name}"), seen_ike::Fact::Vendor { from: Party::There, name }.into()));
    }
    if let Some(nat) = peer.nat {
        let (client, server) = match role {
            Role::Client => (nat.local, nat.remote),
            Role::Server => (nat.remote, nat.local),
        };
        let text = format!("behind a NAT: client {client}, server {server}");
        let fact = seen_ike::Fact::Nat { client: Some(client), server: Some(server), forced: nat.forced };
        facts.push((text, fact.into()));
    }
    if peer.heard_nat_t && role == Role::Client {
        // So no filter is to blame when it falls silent there.
        facts.push(("the server is heard on port 4500".to_owned(), message(Party::There, MAIN_MODE_4, true).into()));
    }
    facts
}

const MAIN_MODE_4: seen_ike::Exchange = seen_ike::Exchange::MainMode(4);

fn message(from: Party, exchange: seen_ike::Exchange, port_4500: bool) -> seen_ike::Fact {
    seen_ike::Fact::Message(seen_ike::Message {
        from,
        exchange,
        id: 0,
        cookies: None,
        port_4500,
        repeated: false,
        octets: None,
    })
}

/// The last message of the stage that we sent, and what was reached before.
fn progress(stage: ike::Stage, role: Role) -> impl Iterator<Item = seen_ike::Fact> {
    use seen_ike::Exchange;
    let exchange = match (stage, role) {
        (ike::Stage::Phase1Proposal, Role::Client) => Exchange::MainMode(1),
        (ike::Stage::Phase1Proposal | ike::Stage::Phase1KeyExchange, Role::Server) => Exchange::MainMode(2),
        (ike::Stage::Phase1KeyExchange, Role::Client) => Exchange::MainMode(3),
        (ike::Stage::Phase1Authentication, Role::Client) => Exchange::MainMode(5),
        (ike::Stage::Phase1Authentication, Role::Server) => Exchange::MainMode(4),
        (ike::Stage::Phase2Proposal | ike::Stage::Phase2Confirmation, Role::Client) => Exchange::QuickMode(1),
        (ike::Stage::Phase2Proposal | ike::Stage::Phase2Confirmation, Role::Server) => Exchange::QuickMode(2),
    };
    let up = (stage >= ike::Stage::Phase2Proposal).then_some(seen_ike::Fact::Phase1Up { certificate: Some(false) });
    up.into_iter().chain([message(Party::Here, exchange, false)])
}

fn ike(stage: ike::Stage, failure: &ike::Failure) -> Vec<(String, seen_ike::Fact)> {
    let phase = if stage >= ike::Stage::Phase2Proposal { seen_ike::Phase::Two } else { seen_ike::Phase::One };
    let here = Party::Here;
    match failure {
        // Blame and detail are in the verdict; there is no common word for them.
        ike::Failure::Malformed(_) | ike::Failure::Misbehaved(_) => Vec::new(),
        ike::Failure::Undecryptable => {
            vec![("message 5 cannot be decrypted".to_owned(), seen_ike::Fact::Undecryptable { at: here })]
        }
        ike::Failure::Incompatible(incompatible) => match incompatible {
            ike::Incompatible::Phase1(mismatch) => {
                let offered = mismatch.offered.iter().map(|refused| refused.transform.to_string());
                no_common(phase, here, offered, &mismatch.accepted.to_string())
            }
            ike::Incompatible::Child(mismatch) => {
                let group = |refused: &ike::proposal::Refused<_>| refused.reason == ike::proposal::Reason::Group;
                if !mismatch.offered.is_empty() && mismatch.offered.iter().all(group) {
                    return vec![(
                        "the groups of perfect forward secrecy differ".to_owned(),
                        seen_ike::Fact::PfsRefused { at: here },
                    )];
                }
                let offered = mismatch.offered.iter().map(|refused| refused.transform.to_string());
                no_common(phase, here, offered, &mismatch.accepted.to_string())
            }
            ike::Incompatible::Phase1Answer(refused) => {
                no_common(phase, here, [refused.transform.to_string()].into_iter(), "")
            }
            ike::Incompatible::ChildAnswer(refused) => {
                no_common(phase, here, [refused.transform.to_string()].into_iter(), "")
            }
            ike::Incompatible::Selectors(selectors) => {
                let asked = format!("{:?} to {:?}", selectors.initiator, selectors.responder);
                vec![(format!("selectors {asked}"), seen_ike::Fact::SelectorsRefused { at: here, asked: Some(asked) })]
            }
        },
        ike::Failure::Refused { notify, authenticated, .. } => {
            let fact = seen_ike::Fact::Notify {
                from: Party::There,
                kind: *notify,
                phase: Some(phase),
                protected: *authenticated,
            };
            vec![(format!("the peer says {notify}"), fact)]
        }
        ike::Failure::Silence { attempts, elapsed, .. } => {
            let text = format!("{attempts} messages in {} s stay unanswered", elapsed.as_secs());
            vec![(text, seen_ike::Fact::GaveUp { by: here, after: None })]
        }
        ike::Failure::Denied(denial) => match denial {
            ike::Denial::NoPreSharedKey => {
                vec![("there is no key for this peer".to_owned(), seen_ike::Fact::NoSharedKey { at: here })]
            }
            ike::Denial::PeerIdentity { expected, got } => {
                let (expected, got) = (format!("{expected:?}"), format!("{got:?}"));
                let text = format!("the peer is {got}, not {expected}");
                let fact = seen_ike::Fact::IdentityRefused { at: here, expected: Some(expected), got: Some(got) };
                vec![(text, fact)]
            }
            ike::Denial::TooManyChildren { limit } => {
                vec![(format!("more than {limit} quick modes"), seen_ike::Fact::Limited { at: here })]
            }
        },
        ike::Failure::Local(fault) => match fault {
            ike::LocalFault::Evicted => {
                vec![("made room for newer negotiations".to_owned(), seen_ike::Fact::Limited { at: here })]
            }
            ike::LocalFault::Full => {
                vec![("as many IKE SAs as there may be".to_owned(), seen_ike::Fact::Limited { at: here })]
            }
            ike::LocalFault::Overloaded => {
                vec![("more key exchanges than the budget allows".to_owned(), seen_ike::Fact::Limited { at: here })]
            }
            ike::LocalFault::Closed => Vec::new(),
            ike::LocalFault::IkeSaGone => {
                let fact = seen_ike::Fact::Deleted { by: Party::There, phase: seen_ike::Phase::One, traffic: None };
                vec![("the IKE SA ended under quick mode".to_owned(), fact)]
            }
        },
    }
}

/// Both positions, and that they do not meet.
fn no_common(
    phase: seen_ike::Phase,
    at: Party,
    offered: impl Iterator<Item = String>,
    accepted: &str,
) -> Vec<(String, seen_ike::Fact)> {
    let suite = |name: String| seen_ike::Suite { cipher: name, ..seen_ike::Suite::default() };
    let offered: Vec<String> = offered.collect();
    let text = offered.join(", ");
    let offer = seen_ike::Fact::Offered { phase, from: Party::There, suites: offered.into_iter().map(suite).collect() };
    let mut facts = vec![(format!("offered: {text}"), offer)];
    if !accepted.is_empty() {
        let accepts = seen_ike::Fact::Accepts { phase, at, suites: vec![suite(accepted.to_owned())] };
        facts.push((format!("accepted here: {accepted}"), accepts));
    }
    facts.push(("nothing in common".to_owned(), seen_ike::Fact::NoCommonSuite { phase, at }));
    facts
}

fn l2tp(stage: l2tp::Stage, failure: &l2tp::Failure) -> seen_l2tp::Fact {
    let here = Party::Here;
    match failure {
        l2tp::Failure::Malformed(_)
        | l2tp::Failure::Misbehaved { .. }
        | l2tp::Failure::Incompatible(_)
        | l2tp::Failure::TieLost => seen_l2tp::Fact::Incompatible { at: here, said: format!("{failure:?}") },
        l2tp::Failure::Refused(refusal) => {
            let (tunnel, result, error, text) = match refusal {
                l2tp::Refusal::Tunnel { result, error, message } => (true, result.map(|code| code.0), error, message),
                l2tp::Refusal::Call { result, error, message, .. } => {
                    (false, result.map(|code| code.0), error, message)
                }
            };
            let (result, error) = (result.unwrap_or(0), error.map_or(0, |code| code.0));
            seen_l2tp::Fact::Refused { by: Party::There, tunnel, result, error, text: text.clone() }
        }
        l2tp::Failure::Silence { .. } | l2tp::Failure::PeerGone(_) => {
            seen_l2tp::Fact::Unanswered { by: here, established: stage == l2tp::Stage::Up, last: None }
        }
        l2tp::Failure::Denied(l2tp::Denial::TunnelsPerPeer(_) | l2tp::Denial::SessionsPerTunnel(_)) => {
            seen_l2tp::Fact::Exhausted { at: here, addresses: false }
        }
        // What the peer was told says it all.
        l2tp::Failure::Denied(l2tp::Denial::Tunnels(_)) | l2tp::Failure::Local(_) => {
            let end = failure.tunnel_end().unwrap_or(l2tp::TunnelEnd::GENERAL);
            refused_here(true, end.result.0, end.error.0, &end.message)
        }
        l2tp::Failure::Denied(l2tp::Denial::IncomingCall | l2tp::Denial::OutgoingCall) => {
            let end = failure.call_end().unwrap_or(l2tp::CallEnd::ADMINISTRATIVE);
            refused_here(false, end.result.0, end.error.0, &end.message)
        }
        l2tp::Failure::TunnelAuthentication(_) => seen_l2tp::Fact::AuthenticationFailed { at: here },
        l2tp::Failure::Closed(_) => seen_l2tp::Fact::PppExited { at: here, status: None },
    }
}

fn refused_here(tunnel: bool, result: u16, error: u16, text: &str) -> seen_l2tp::Fact {
    seen_l2tp::Fact::Refused { by: Party::Here, tunnel, result, error, text: text.to_owned() }
}

fn ppp(stage: ppp::Stage, failure: &ppp::Failure, denied: Option<policy::Denied>) -> Option<seen_ppp::Fact> {
    let here = Party::Here;
    let fact = match failure {
        ppp::Failure::Malformed(_) => seen_ppp::Fact::Incompatible { at: here, said: format!("{failure:?}") },
        ppp::Failure::Misbehaved(misbehaved) => match misbehaved {
            ppp::Misbehaved::Loopback { .. } => seen_ppp::Fact::Loopback { at: here },
            ppp::Misbehaved::WrongAuthenticatorResponse => seen_ppp::Fact::ServerNotAuthentic,
            ppp::Misbehaved::Renegotiates { .. } => seen_ppp::Fact::NotConverging { protocol: seen_ppp::Protocol::Lcp },
        },
        ppp::Failure::Incompatible(incompatible) => match incompatible {
            ppp::Incompatible::NoCommonAuth { .. } => seen_ppp::Fact::NoCommonAuthentication { at: here },
            ppp::Incompatible::NotConverged { protocol: name, .. } => {
                seen_ppp::Fact::NotConverging { protocol: protocol(*name) }
            }
            ppp::Incompatible::NoNetworkProtocol { .. } => seen_ppp::Fact::NoNetworkProtocol { at: here },
        },
        // A client that may try again and leaves instead leaves because of what it was told.
        ppp::Failure::Refused(_) | ppp::Failure::Silence(_)
            if stage == ppp::Stage::Authentication && denied.is_some() =>
        {
            let code = denied.map_or(RasError::NONE, |denied| RasError(denied.ras().into()));
            failed(code, denied.map(reason))
        }
        ppp::Failure::Refused(refused) => match refused {
            ppp::Refused::Authentication { ras, .. } => failed(*ras, None),
            ppp::Refused::Terminated { ras, message } => seen_ppp::Fact::Terminated {
                by: Party::There,
                text: message.clone(),
                code: ras.filter(|ras| *ras != RasError::NONE).map(|ras| ras.0),
            },
            ppp::Refused::Unsupported { protocol: name } => {
                seen_ppp::Fact::ProtocolRejected { by: Party::There, protocol: protocol(*name) }
            }
            ppp::Refused::NoAddress => seen_ppp::Fact::NoAddress { at: Party::There, exhausted: false },
        },
        ppp::Failure::Silence(silence) => match silence.stage {
            ppp::Stage::Lcp => seen_ppp::Fact::Unanswered { at: here, protocol: seen_ppp::Protocol::Lcp },
            ppp::Stage::Authentication => seen_ppp::Fact::AuthenticationTimedOut { at: here },
            ppp::Stage::Network => seen_ppp::Fact::Unanswered { at: here, protocol: seen_ppp::Protocol::Ipcp },
            ppp::Stage::Up => seen_ppp::Fact::PeerDead { at: here },
        },
        ppp::Failure::Denied(ppp::Denied::Authentication { ras, .. }) => failed(*ras, denied.map(reason)),
        ppp::Failure::Denied(ppp::Denied::UnauthenticatedServer) => seen_ppp::Fact::NoCommonAuthentication { at: here },
        ppp::Failure::Local(local) => match local {
            ppp::Local::LowerLayerDown if stage == ppp::Stage::Up => seen_ppp::Fact::HungUp { at: here },
            ppp::Local::NoAddress(none) => {
                seen_ppp::Fact::NoAddress { at: here, exhausted: *none == ppp::NoAddress::Exhausted }
            }
            ppp::Local::Closed(_)
            | ppp::Local::LowerLayerDown
            | ppp::Local::NoAnswer { .. }
            | ppp::Local::Misanswered(_)
            | ppp::Local::Configuration => return None,
        },
    };
    Some(fact)
}

fn failed(ras: RasError, reason: Option<seen_ppp::Reason>) -> seen_ppp::Fact {
    let code = (ras != RasError::NONE).then_some(ras.0);
    seen_ppp::Fact::AuthenticationFailed { at: Party::Server, method: None, code, reason }
}

fn reason(denied: policy::Denied) -> seen_ppp::Reason {
    match denied {
        policy::Denied::UnknownUser => seen_ppp::Reason::UnknownUser,
        policy::Denied::WrongPassword => seen_ppp::Reason::WrongPassword,
        policy::Denied::Disabled => seen_ppp::Reason::Disabled,
        policy::Denied::Expired => seen_ppp::Reason::Expired,
        policy::Denied::LogonHours => seen_ppp::Reason::LogonHours,
        policy::Denied::Locked => seen_ppp::Reason::Locked,
    }
}

fn protocol(protocol: Protocol) -> seen_ppp::Protocol {
    match protocol {
        Protocol::LCP => seen_ppp::Protocol::Lcp,
        Protocol::PAP => seen_ppp::Protocol::Pap,
        Protocol::CHAP => seen_ppp::Protocol::Chap,
        Protocol::EAP => seen_ppp::Protocol::Eap,
        Protocol::CCP => seen_ppp::Protocol::Ccp,
        Protocol::IPCP => seen_ppp::Protocol::Ipcp,
        Protocol::IPV6CP => seen_ppp::Protocol::Ipv6cp,
        other => seen_ppp::Protocol::Other(other.0),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Context, examine};

    fn ike(stage: ike::Stage, failure: ike::Failure) -> Failure {
        Failure::Ike { stage, failure, peer: Box::default() }
    }

    fn silence() -> ike::Failure {
        ike::Failure::Silence { attempts: 4, elapsed: Duration::from_secs(20), encapsulated: false }
    }

    fn refused(notify: wire::isakmp::NotifyType, authenticated: bool) -> ike::Failure {
        ike::Failure::Refused { notify, data: Vec::new(), authenticated }
    }

    fn failures() -> Vec<Failure> {
        use wire::isakmp::NotifyType;
        let mut failures = vec![
            ike(ike::Stage::Phase1Proposal, silence()),
            ike(ike::Stage::Phase1Authentication, silence()),
            ike(ike::Stage::Phase2Proposal, silence()),
            ike(ike::Stage::Phase1Authentication, ike::Failure::Undecryptable),
            ike(ike::Stage::Phase1Proposal, ike::Failure::Denied(ike::Denial::NoPreSharedKey)),
            ike(ike::Stage::Phase1Proposal, refused(NotifyType::NO_PROPOSAL_CHOSEN, false)),
            ike(ike::Stage::Phase2Proposal, refused(NotifyType::NO_PROPOSAL_CHOSEN, true)),
            ike(ike::Stage::Phase2Proposal, refused(NotifyType::INVALID_ID_INFORMATION, true)),
            Failure::PeerGone { reason: ike::CloseReason::PeerDead },
        ];
        let encapsulation = access::datapath::Encapsulation::Raw;
        let waited = Duration::from_secs(30);
        failures.push(Failure::NoTunnel(access::NoTunnel { encapsulation, heard: false, peer_left: false, waited }));
        let l2tp = [
            l2tp::Failure::Silence { stage: l2tp::Stage::Tunnel, attempts: 5, elapsed: waited },
            l2tp::Failure::TunnelAuthentication(l2tp::AuthenticationFault::Wrong),
        ];
        failures.extend(l2tp.into_iter().map(|failure| Failure::L2tp { stage: l2tp::Stage::Tunnel, failure }));
        let silent = |stage| ppp::Failure::Silence(ppp::Silence { stage, attempts: 10, elapsed: waited });
        let denied = ppp::Denied::Authentication { user: "anna".into(), ras: RasError::AUTHENTICATION_FAILURE };
        let rejected = |ras| ppp::Failure::Refused(ppp::Refused::Authentication { ras, message: String::new() });
        let ppp = [
            (ppp::Stage::Lcp, silent(ppp::Stage::Lcp)),
            (ppp::Stage::Up, silent(ppp::Stage::Up)),
            (ppp::Stage::Authentication, ppp::Failure::Denied(denied)),
            (ppp::Stage::Authentication, rejected(RasError::AUTHENTICATION_FAILURE)),
            (ppp::Stage::Authentication, rejected(RasError::ACCOUNT_DISABLED)),
            (ppp::Stage::Authentication, rejected(RasError::RESTRICTED_LOGON_HOURS)),
            (ppp::Stage::Network, ppp::Failure::Local(ppp::Local::NoAddress(ppp::NoAddress::Exhausted))),
            (ppp::Stage::Network, ppp::Failure::Refused(ppp::Refused::NoAddress)),
            (ppp::Stage::Lcp, ppp::Failure::Misbehaved(ppp::Misbehaved::Loopback { seen: 3 })),
        ];
        failures.extend(ppp.into_iter().map(|(stage, failure)| Failure::Ppp { stage, failure, denied: None }));
        failures
    }

    #[test]
    fn the_rules_name_the_cause_of_the_verdict_at_either_end() {
        for failure in failures() {
            for (role, verdict) in [(Role::Server, Verdict::of(&failure)), (Role::Client, Verdict::of_dial(&failure))] {
                // Only a server has addresses to hand out.
                let pool = matches!(&failure, Failure::Ppp { failure: ppp::Failure::Local(_), .. });
                if pool && role == Role::Client {
                    continue;
                }
                let attempt = Attempt { name: "test", role, at: None, failure: &failure, verdict };
                let found = examine(&timeline(&attempt), Context::default());
                let causes: Vec<_> = found.findings.iter().map(|finding| (finding.cause, finding.confidence)).collect();
                assert_eq!(causes.first().map(|cause| cause.0), Some(verdict.cause), "{role} {failure:?}: {causes:?}");
            }
        }
    }

    #[test]
    fn the_rules_name_the_cause_of_whatever_a_server_refuses_for_its_limits() {
        use l2tp::{Denial, LocalFault};
        let denied = l2tp::Failure::Denied;
        let tunnel = [
            denied(Denial::Tunnels(1)),
            denied(Denial::TunnelsPerPeer(1)),
            l2tp::Failure::Local(LocalFault::TunnelIds),
        ];
        let call = [
            denied(Denial::SessionsPerTunnel(1)),
            denied(Denial::IncomingCall),
            denied(Denial::OutgoingCall),
            l2tp::Failure::Local(LocalFault::SessionIds),
            l2tp::Failure::Local(LocalFault::Backlog),
        ];
        let at = |stage| move |failure: l2tp::Failure| Failure::L2tp { stage, failure };
        let of_l2tp = tunnel.map(at(l2tp::Stage::Tunnel)).into_iter().chain(call.map(at(l2tp::Stage::Call)));
        let children = ike::Failure::Denied(ike::Denial::TooManyChildren { limit: 8 });
        let of_ike = [ike::LocalFault::Evicted, ike::LocalFault::Full, ike::LocalFault::Overloaded]
            .map(|fault| ike(ike::Stage::Phase1KeyExchange, ike::Failure::Local(fault)))
            .into_iter()
            .chain([ike(ike::Stage::Phase2Proposal, children)]);
        for failure in of_l2tp.chain(of_ike) {
            let verdict = Verdict::of(&failure);
            let attempt = Attempt { name: "s1", role: Role::Server, at: None, failure: &failure, verdict };
            let found = examine(&timeline(&attempt), Context::default()).findings;
            let causes: Vec<_> = found.iter().map(|finding| (finding.cause, finding.confidence)).collect();
            assert_eq!(causes.first().map(|cause| cause.0), Some(verdict.cause), "{failure:?}: {causes:?}");
        }
    }

    #[test]
    fn the_evidence_says_what_was_seen() {
        let failure = ike(ike::Stage::Phase1Proposal, ike::Failure::Denied(ike::Denial::NoPreSharedKey));
        let attempt =
            Attempt { name: "s1", role: Role::Server, at: None, failure: &failure, verdict: Verdict::of(&failure) };
        let found = examine(&timeline(&attempt), Context::default());
        let evidence = &found.findings.first().unwrap().evidence;
        assert!(evidence.iter().any(|place| place.text.contains("no key")), "{evidence:?}");
    }
}
