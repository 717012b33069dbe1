//! Codes with which a product sums an attempt up: worth something where nothing else is said.

use std::collections::HashMap;

use observe::{Fact, Observation, reported};

use super::Context;
use super::claims::Claims;
use super::picture::Picture;
use crate::{Cause, Code, Ras};

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    // The last stage that Windows' dialer has announced, by attempt.
    let mut announced: HashMap<Option<&str>, u32> = HashMap::new();
    for seen in picture.all() {
        let Fact::Reported(fact) = &seen.fact else { continue };
        let attempt = seen.about.attempt.as_deref();
        match fact {
            reported::Fact::Event { provider, id: id @ 20221..=20225 } if provider == "RasClient" => {
                announced.insert(attempt, *id);
            }
            // Anybody's connection makes such an event; with EAP beside it, it is likely the one.
            reported::Fact::Event { provider, .. } if provider == "Schannel" => {
                let eap = picture.first(|other| match &other.fact {
                    Fact::Reported(reported::Fact::Ras { code }) => matches!(code, 691 | 812),
                    Fact::Reported(reported::Fact::NpsReason { code }) => matches!(code, 22 | 23 | 256..=303),
                    _ => false,
                });
                let evidence = [Some(seen), eap].into_iter().flatten();
                claims.inferred(Cause::AuthTlsVersion, if eap.is_some() { 0.75 } else { 0.3 }, evidence);
            }
            reported::Fact::Ras { code } => {
                let stage = announced.get(&attempt).copied();
                for (cause, weight) in causes(Ras(*code)) {
                    claims.inferred(cause, weight * fits(cause, stage), [seen]);
                }
            }
            reported::Fact::Ike { code } => ike(seen, *code, claims),
            reported::Fact::NpsReason { code } => nps(seen, *code, claims),
            reported::Fact::Verdict { cause, .. } => {
                if let Some(cause) =
                    Cause::ALL.iter().find(|known| known.id() == cause && **known != Cause::NoneHealthy)
                {
                    claims.stated(*cause, 0.85, seen);
                }
            }
            _ => {}
        }
    }
}

/// What the client shows, when the person says so, makes causes that it is not shown for less likely.
pub(super) fn shown(context: Context, claims: &mut Claims) {
    if let Some(ras) = context.ras {
        claims.scale(|cause| if cause.ras().is_empty() || cause.ras().contains(&ras) { 1.0 } else { 0.6 });
    }
}

/// The causes of a code, with the weight that the code alone gives them: what it usually means first.
pub(super) fn causes(ras: Ras) -> Vec<(Cause, f32)> {
    let mut causes = ranked(Code::Ras(ras));
    let further = Cause::ALL.iter().filter(|cause| cause.ras().contains(&ras)).copied();
    for cause in further {
        if !causes.iter().any(|(known, _)| *known == cause) {
            causes.push((cause, 0.08));
        }
    }
    causes
}

/// The causes that are published for a code, in their order; the first of few is more likely than the first of many.
fn ranked(code: Code) -> Vec<(Cause, f32)> {
    let causes = code.info().map(|info| info.causes).unwrap_or_default();
    let first = match causes.len() {
        1 => 0.6,
        2 => 0.5,
        3..=5 => 0.42,
        _ => 0.34,
    };
    let weights = std::iter::successors(Some(first), |weight: &f32| Some((weight * 0.72).max(0.08)));
    causes.into_iter().zip(weights).collect()
}

/// Microsoft's stage rule: behind event 20222 it is the tunnel's fault, behind 20223 and 20224 that of PPP.
fn fits(cause: Cause, announced: Option<u32>) -> f32 {
    let layer = cause.id().split('.').next().unwrap_or_default();
    let above = matches!(layer, "ppp" | "auth" | "ccp" | "ncp");
    let below = matches!(layer, "net" | "ike" | "esp" | "l2tp" | "pptp" | "tunnel");
    match announced {
        // GRE and the data path show themselves only when PPP begins.
        Some(20223 | 20224) if below && cause != Cause::NetGreBlocked => 0.4,
        Some(20223 | 20224) if above => 1.25,
        Some(20222) if above => 0.4,
        Some(20222) if below => 1.25,
        _ => 1.0,
    }
}

/// An IPsec code. The audit that holds it says more; alone it is worth what its table says.
fn ike(seen: &Observation, code: u32, claims: &mut Claims) {
    for (cause, weight) in ranked(Code::Ike(code)) {
        claims.inferred(cause, weight, [seen]);
    }
}

/// Reasons of NPS that say nothing of the account; the others come with the refusal itself.
fn nps(seen: &Observation, code: u32, claims: &mut Claims) {
    match code {
        22 | 23 | 256..=260 | 262..=294 | 301..=303 => claims.stated(Cause::AuthEapRefused, 0.75, seen),
        295..=298 => claims.stated(Cause::AuthNtauthMissing, 0.6, seen),
        66 => claims.stated(Cause::AuthMethodNotEnabled, 0.6, seen),
        _ => return,
    };
}
