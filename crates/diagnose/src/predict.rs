//! What a Windows client would show at this server, from what was seen of both.

use observe::{Fact, Observation, Place, Role, Timeline, host, ike, ppp};
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
/// A registry value that is not seen has its default, so without an export this is about a machine as it is installed. `ticked` are
/// the ways to authenticate that the connection permits; none for those that it may have without anybody having ticked PAP.
pub fn predict(timeline: &Timeline, ticked: &[ppp::Method]) -> Option<Prediction> {
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
    let behind = all().find_map(|seen| match &seen.fact {
        Fact::Ike(ike::Fact::Nat { client, server: Some(true), .. }) => Some((seen, client.unwrap_or(false))),
        _ => None,
    });
    let permitted = value("assumeudpencapsulationcontextonsendrule", "policyagent")
        .or_else(|| value("assumeudpencapsulationcontextonsendrule", "ipsec"));
    match (behind, permitted.map_or(0, |(value, _)| value)) {
        // 1: servers behind a NAT; 2: also from behind one.
        (None, _) | (Some((_, false)), 1..) | (Some((_, true)), 2..) => {}
        (Some((seen, _)), _) => {
            let set = permitted.map(|(_, seen)| seen);
            let evidence: Vec<_> = [Some(seen), set].into_iter().flatten().collect();
            return shows(Cause::IkeServerBehindNatRefused, 809, &evidence);
        }
    }
    let methods = if ticked.is_empty() { UNTICKED } else { ticked };
    let foreign = all().find(|seen| match &seen.fact {
        Fact::Ppp(ppp::Fact::AuthenticationOffered { by, offered, refused }) => {
            seen.role(*by) == Some(Role::Server)
                && !offered.is_empty()
                && methods.iter().all(|method| refused.contains(method) && !offered.contains(method))
        }
        _ => false,
    })?;
    shows(Cause::PppNoCommonAuth, 919, &[foreign])
}

/// What a connection of Windows may use to log on, by EAP or by the boxes for CHAP and MS-CHAPv2, as it was made.
const UNTICKED: &[ppp::Method] = &[ppp::Method::MsChapV2, ppp::Method::Chap, ppp::Method::Eap(None)];

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
        predict(&timeline(facts), &[]).map(|prediction| prediction.ras.0)
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
        let prediction = predict(&timeline(vec![answer(), prohibited]), &[]);
        assert_eq!(prediction.map(|prediction| prediction.cause), Some(Cause::HostProhibitIpsec));
        assert_eq!(number(vec![answer(), registry("services\\rasman\\parameters", "prohibitipsec", 0)]), None);
    }

    #[test]
    fn a_server_that_takes_nothing_that_is_ticked_gives_919() {
        use observe::ppp::Method::{Chap, Eap, MsChapV1, MsChapV2, Pap};
        let offered = |offered: &[ppp::Method], refused: &[ppp::Method]| {
            let (offered, refused) = (offered.to_vec(), refused.to_vec());
            timeline(vec![ppp::Fact::AuthenticationOffered { by: Party::There, offered, refused }.into()])
        };
        let number = |timeline: &Timeline, ticked: &[ppp::Method]| predict(timeline, ticked).map(|shown| shown.ras.0);
        let pap_only = offered(&[Pap], &[MsChapV2, Chap, Eap(None), MsChapV1]);
        assert_eq!(number(&pap_only, &[]), Some(919));
        assert_eq!(number(&pap_only, &[MsChapV2]), Some(919));
        assert_eq!(number(&pap_only, &[MsChapV2, Pap]), None);
        let chap = offered(&[Pap, Chap], &[MsChapV2, Eap(None)]);
        assert_eq!((number(&chap, &[]), number(&chap, &[MsChapV2])), (None, Some(919)));
        // What was not found out may be there.
        assert_eq!(number(&offered(&[Pap], &[Chap]), &[]), None);
        assert_eq!(number(&offered(&[], &[MsChapV2, Chap, Eap(None)]), &[]), None);
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
