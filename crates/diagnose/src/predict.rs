//! What a Windows client would show at this server, from what was seen of both.

use observe::{Fact, Observation, Place, Role, Timeline, host, ike};
use wire::isakmp::NotifyType;

use crate::{Cause, Ras};

/// What a client would show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prediction {
    /// Why.
    pub cause: Cause,
    /// The usual number.
    pub ras: Ras,
    /// What speaks for it.
    pub evidence: Vec<Place>,
}

/// What Windows would show, the first obstacle that it meets; `None` when nothing speaks against it.
///
/// A registry value that is not seen has its default, so without an export this is about a machine as it is installed.
pub fn predict(timeline: &Timeline) -> Option<Prediction> {
    let all = || timeline.observations().iter();
    let value = |wanted: &str, end: &str| {
        all().find_map(|seen| match &seen.fact {
            Fact::Host(host::Fact::Registry { key, name, value, .. }) if name == wanted && key.ends_with(end) => {
                Some((value.unwrap_or(0), seen))
            }
            _ => None,
        })
    };
    let shows = |cause: Cause, ras: u32, evidence: &[&Observation]| {
        let evidence = evidence.iter().map(|seen| seen.place.clone()).collect();
        Some(Prediction { cause, ras: Ras(ras), evidence })
    };
    let answer = all().find(|seen| match &seen.fact {
        Fact::Ike(ike::Fact::Message(message)) => seen.role(message.from) == Some(Role::Server),
        Fact::Ike(ike::Fact::Notify { from, .. }) => seen.role(*from) == Some(Role::Server),
        _ => false,
    });
    // Then it does not even try IPsec, and a server that demands it stays silent.
    if let (Some(answer), Some((1, prohibited))) = (answer, value("prohibitipsec", "rasman\\parameters")) {
        return shows(Cause::HostProhibitIpsec, 809, &[prohibited, answer]);
    }
    let weak_only = all().find(|seen| match &seen.fact {
        Fact::Ike(ike::Fact::Accepts { phase: ike::Phase::One, suites, .. }) => {
            !suites.is_empty() && suites.iter().all(|suite| suite.integrity == "md5" || suite.cipher == "des-cbc")
        }
        _ => false,
    });
    let permits_weak = value("allowl2tpweakcrypto", "rasman\\parameters").is_some_and(|(value, _)| value != 0);
    if let Some(weak) = weak_only.filter(|_| !permits_weak) {
        return shows(Cause::HostWeakCryptoOnly, 789, &[weak]);
    }
    let refused = all().find(|seen| match &seen.fact {
        Fact::Ike(ike::Fact::Notify { kind: NotifyType::NO_PROPOSAL_CHOSEN, phase, .. }) => {
            *phase == Some(ike::Phase::One)
        }
        _ => false,
    });
    if let Some(refused) = refused {
        return shows(Cause::IkeNoProposalPhase1, 789, &[refused]);
    }
    let (behind, client) = all().find_map(|seen| match &seen.fact {
        Fact::Ike(ike::Fact::Nat { client, server: Some(true), .. }) => Some((seen, client.unwrap_or(false))),
        _ => None,
    })?;
    let permitted = value("assumeudpencapsulationcontextonsendrule", "policyagent")
        .or_else(|| value("assumeudpencapsulationcontextonsendrule", "ipsec"));
    match (client, permitted.map_or(0, |(value, _)| value)) {
        // 1: servers behind a NAT; 2: also from behind one.
        (false, 1..) | (true, 2..) => None,
        _ => shows(Cause::IkeServerBehindNatRefused, 809, &[behind]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use observe::{About, Party, Side, Source, SourceKind, Spot};

    fn timeline(facts: Vec<Fact>) -> Timeline {
        let mut timeline = Timeline::new();
        let source = timeline.add_source(Source {
            name: "test".into(),
            kind: SourceKind::Probe,
            side: Side::Probe,
            product: None,
            trouble: Vec::new(),
            span: None,
        });
        for fact in facts {
            let place = Place { source, spot: Spot::Whole, text: "".into() };
            timeline.push(Observation { at: None, place, side: Side::Probe, about: About::default(), fact });
        }
        timeline
    }

    fn registry(key: &str, name: &str, value: u32) -> Fact {
        host::Fact::Registry { key: key.into(), name: name.into(), value: Some(value), written: None }.into()
    }

    fn nat(client: bool, server: bool) -> Fact {
        ike::Fact::Nat { client: Some(client), server: Some(server), forced: false }.into()
    }

    fn answer() -> Fact {
        ike::Fact::Notify {
            from: Party::There,
            kind: NotifyType::INVALID_COOKIE,
            phase: Some(ike::Phase::One),
            protected: false,
        }
        .into()
    }

    fn number(facts: Vec<Fact>) -> Option<u32> {
        predict(&timeline(facts)).map(|prediction| prediction.ras.0)
    }

    #[test]
    fn a_server_behind_a_nat_is_refused_unless_the_value_permits_it() {
        let value = |value| registry("services\\policyagent", "assumeudpencapsulationcontextonsendrule", value);
        assert_eq!(number(vec![nat(false, false)]), None);
        assert_eq!(number(vec![nat(false, true)]), Some(809));
        assert_eq!(number(vec![nat(false, true), value(0)]), Some(809));
        assert_eq!(number(vec![nat(false, true), value(1)]), None);
        assert_eq!(number(vec![nat(true, true), value(1)]), Some(809));
        assert_eq!(number(vec![nat(true, true), value(2)]), None);
    }

    #[test]
    fn without_ipsec_a_server_that_speaks_it_is_not_reached() {
        let prohibited = registry("services\\rasman\\parameters", "prohibitipsec", 1);
        assert_eq!(number(vec![prohibited.clone()]), None);
        let prediction = predict(&timeline(vec![answer(), prohibited]));
        assert_eq!(prediction.map(|prediction| prediction.cause), Some(Cause::HostProhibitIpsec));
        assert_eq!(number(vec![answer(), registry("services\\rasman\\parameters", "prohibitipsec", 0)]), None);
    }

    #[test]
    fn a_server_without_a_common_transform_gives_789() {
        let refusal = ike::Fact::Notify {
            from: Party::There,
            kind: NotifyType::NO_PROPOSAL_CHOSEN,
            phase: Some(ike::Phase::One),
            protected: false,
        };
        assert_eq!(number(vec![refusal.into()]), Some(789));
    }
}
