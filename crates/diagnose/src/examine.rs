//! From observations to findings.
//!
//! Rules are functions of the observations alone. Each says what a fact, or the lack of one, claims about a cause and how
//! strongly. Claims about one cause add up, and what a nearer cause explains loses its weight ([`claims`]).

mod associations;
mod attempts;
mod auth;
mod claims;
mod esp;
mod exchange;
mod host;
mod ike;
mod nat;
mod network;
mod picture;
mod ppp;
mod relations;
mod remarks;
mod reported;
mod stage;
mod tunnel;

use observe::{Fact, Timeline, reported as said};

pub(crate) use remarks::spoken_of;
#[cfg(test)]
pub(crate) use stage::Stage;

use crate::finding::{Diagnosis, Finding};
use crate::{Cause, Ras};
use claims::Claims;
use picture::Picture;

/// What is known beside the evidence: the first question of every helpdesk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Context {
    /// Who is affected.
    pub scope: Option<Scope>,
    /// The error that the client shows, when the person says so.
    pub ras: Option<Ras>,
}

/// Who is affected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// One user or one machine; others connect.
    OneUser,
    /// Everybody at one place, behind one router.
    OneSite,
    /// Everybody.
    Everyone,
}

/// Below this, a claim is not worth a person's time.
const WORTH: f32 = 0.15;

/// The same where a connection came up: a hint is not worth doubting that.
const WORTH_OF_WORKING: f32 = 0.3;

/// Most findings of one examination.
const MOST: usize = 6;

/// Examines what was observed.
pub fn examine(timeline: &Timeline, context: Context) -> Diagnosis {
    let picture = Picture::of(timeline);
    let mut claims = Claims::new(attempts::Overcome::of(timeline));
    for client in attempts::parties(timeline, Picture::of(timeline)) {
        network::claim(&client, &mut claims);
        ike::claim(&client, &mut claims);
        nat::claim(&client, &mut claims);
        associations::claim(&client, &mut claims);
        esp::claim(&client, &mut claims);
        tunnel::claim(&client, &mut claims);
        ppp::claim(&client, &mut claims);
        exchange::claim(&client, &mut claims);
        auth::claim(&client, &mut claims);
        host::claim(&client, &mut claims);
    }
    let shown = claims.weights();
    remarks::claim(&picture, &shown, &mut claims);
    for client in attempts::parties(timeline, Picture::of(timeline)) {
        reported::claim(&client, &mut claims);
    }
    remarks::against(&picture, &shown, &mut claims);
    reported::shown(context, &mut claims);
    scope(context.scope.or_else(|| collected(timeline)), &mut claims);
    let mut findings = claims.into_findings();
    for finding in &mut findings {
        finding.only_words = remarks::only_words(&picture, &finding.evidence);
    }
    let worked = picture.worked();
    let worth = if worked.is_some() { WORTH_OF_WORKING } else { WORTH };
    findings.retain(|finding| finding.confidence >= worth);
    findings.truncate(MOST);
    let stage = stage::reached(&picture);
    let healthy = findings.is_empty() && worked.is_some();
    let enough = healthy || !findings.is_empty();
    if let (true, Some(place)) = (healthy, worked) {
        let evidence = vec![place];
        findings.push(Finding {
            cause: Cause::NoneHealthy,
            confidence: 0.9,
            at: None,
            evidence,
            against: Vec::new(),
            only_words: false,
        });
    }
    Diagnosis { findings, stage: stage.map(stage::Stage::id), healthy, enough }
}

/// Who is affected, as it was said when the evidence was collected.
fn collected(timeline: &Timeline) -> Option<Scope> {
    timeline.observations().iter().find_map(|seen| match seen.fact {
        Fact::Reported(said::Fact::Affects(affected)) => Some(match affected {
            said::Affected::OneUser => Scope::OneUser,
            said::Affected::OneSite => Scope::OneSite,
            said::Affected::Everyone => Scope::Everyone,
        }),
        _ => None,
    })
}

/// What the answer to the helpdesk's question does to the claims.
fn scope(scope: Option<Scope>, claims: &mut Claims) {
    use crate::FixAt;
    let Some(scope) = scope else { return };
    claims.scale(|cause| match (scope, cause.fix_at()) {
        // 720 of one machine alone is its miniport's.
        (Scope::OneUser, _) if cause == Cause::HostWanMiniportBroken => 1.5,
        (Scope::OneUser, _) if cause == Cause::NcpNoneAgreed => 0.6,
        // What is wrong at the server is wrong for everybody.
        (Scope::OneUser, FixAt::Server) => 0.5,
        (Scope::OneSite, FixAt::User | FixAt::Client) => 0.5,
        (Scope::OneSite, FixAt::Path) => 1.2,
        (Scope::Everyone, FixAt::User | FixAt::Client) => 0.5,
        (Scope::Everyone, FixAt::Server) => 1.2,
        _ => 1.0,
    });
}
