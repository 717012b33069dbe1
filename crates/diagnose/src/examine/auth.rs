//! Who the user is: the server's answer, and RADIUS behind it.

use std::collections::HashSet;

use observe::{Fact, Observation, SourceId, Spot, ppp, radius, reported};
use wire::ppp::RasError;

use super::claims::Claims;
use super::picture::Picture;
use crate::Cause;
use crate::dial::named_cause;

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    let reasons = reasons(picture);
    let explained = |seen: &Observation| reasons.contains(&(seen.place.source, seen.place.spot));
    for (seen, fact) in picture.ppp() {
        match fact {
            ppp::Fact::AuthenticationFailed { code, reason: None, .. } if explained(seen) => {
                refused_for(seen, *code, 0.3, claims);
            }
            ppp::Fact::AuthenticationFailed { code, reason, .. } => refused(seen, *code, *reason, claims),
            ppp::Fact::ServerNotAuthentic => {
                claims.stated(Cause::AuthBadCredentials, 0.6, seen);
            }
            ppp::Fact::AuthenticationTimedOut { .. } => {
                claims.inferred(Cause::AuthRadiusNoAnswer, 0.3, [seen]);
                claims.inferred(Cause::PppLcpTimeout, 0.2, [seen]);
            }
            _ => {}
        }
    }
    for seen in picture.all() {
        match &seen.fact {
            Fact::Radius(radius::Fact::Answer { code: 3, reason: None, error }) if explained(seen) => {
                refused_for(seen, *error, 0.3, claims);
            }
            Fact::Radius(fact) => asked(seen, fact, claims),
            _ => {}
        }
    }
    unanswered(picture, claims);
}

fn refused(seen: &Observation, code: Option<u32>, reason: Option<ppp::Reason>, claims: &mut Claims) {
    if let Some(reason) = reason {
        let (cause, weight) = cause_of(reason);
        claims.stated(cause, weight, seen);
        return;
    }
    refused_for(seen, code, 0.65, claims);
}

/// A refusal with no more than a number. Servers say 691 for whatever they do not want to tell, so that nearly any reason may
/// stand behind none.
fn refused_for(seen: &Observation, code: Option<u32>, bad_credentials: f32, claims: &mut Claims) {
    let named = code.and_then(|code| named_cause(RasError(code)));
    let cause = named.filter(|cause| *cause != Cause::NoneHealthy).unwrap_or(Cause::AuthBadCredentials);
    claims.stated(cause, if cause == Cause::AuthBadCredentials { bad_credentials } else { 0.85 }, seen);
}

/// Where a server gives a reason beside its refusal, and that reason is another one than the password.
fn reasons(picture: &Picture<'_>) -> HashSet<(SourceId, Spot)> {
    let given = picture
        .all()
        .filter(|seen| matches!(seen.fact, Fact::Reported(reported::Fact::NpsReason { code }) if code != 16));
    given.map(|seen| (seen.place.source, seen.place.spot)).collect()
}

fn cause_of(reason: ppp::Reason) -> (Cause, f32) {
    match reason {
        ppp::Reason::UnknownUser | ppp::Reason::WrongPassword => (Cause::AuthBadCredentials, 0.85),
        ppp::Reason::UserFormat => (Cause::AuthUserFormat, 0.8),
        ppp::Reason::Locked => (Cause::AuthAccountLocked, 0.88),
        ppp::Reason::Disabled => (Cause::AuthAccountDisabled, 0.88),
        ppp::Reason::Expired => (Cause::AuthAccountExpired, 0.88),
        ppp::Reason::PasswordExpired => (Cause::AuthPasswordExpired, 0.88),
        ppp::Reason::LogonHours => (Cause::AuthLogonHours, 0.88),
        ppp::Reason::NoDialin => (Cause::AuthNoDialinPermission, 0.85),
        ppp::Reason::NoPolicy => (Cause::AuthNoPolicyMatch, 0.85),
        ppp::Reason::Constraint => (Cause::AuthPolicyConstraint, 0.8),
        ppp::Reason::MethodDisabled => (Cause::AuthMethodNotEnabled, 0.8),
        ppp::Reason::NoUsablePassword => (Cause::HostConfigurationError, 0.75),
        ppp::Reason::Backend => (Cause::AuthRadiusNoAnswer, 0.6),
        ppp::Reason::Address => (Cause::HostConfigurationError, 0.7),
        ppp::Reason::TlsVersion => (Cause::AuthTlsVersion, 0.85),
    }
}

fn asked(seen: &Observation, fact: &radius::Fact, claims: &mut Claims) {
    match fact {
        radius::Fact::Answer { code: 3, reason, error } => refused(seen, *error, *reason, claims),
        radius::Fact::Unanswered { .. } => {
            claims.stated(Cause::AuthRadiusNoAnswer, 0.85, seen);
        }
        radius::Fact::NotAsked { .. } => {
            claims.stated(Cause::HostConfigurationError, 0.8, seen);
        }
        radius::Fact::UnknownClient => {
            claims.stated(Cause::AuthRadiusUnknownClient, 0.88, seen);
        }
        radius::Fact::SecretMismatch => {
            claims.stated(Cause::AuthRadiusSecretMismatch, 0.88, seen);
        }
        radius::Fact::MessageAuthenticatorMissing => {
            claims.stated(Cause::AuthRadiusMessageAuthenticator, 0.88, seen);
        }
        radius::Fact::PortClosed => {
            claims.stated(Cause::AuthRadiusNoAnswer, 0.8, seen);
        }
        _ => {}
    }
}

/// Requests that are repeated and never answered, as a capture shows them.
fn unanswered(picture: &Picture<'_>, claims: &mut Claims) {
    let mut asked: Option<&Observation> = None;
    let mut repeated = false;
    for seen in picture.all() {
        match &seen.fact {
            Fact::Radius(radius::Fact::Request { code: 1, repeated: again, .. }) => {
                asked = Some(seen);
                repeated |= *again;
            }
            Fact::Radius(radius::Fact::Answer { code: 2 | 3 | 11, .. }) => return,
            _ => {}
        }
    }
    if let Some(asked) = asked {
        claims.inferred(Cause::AuthRadiusNoAnswer, if repeated { 0.75 } else { 0.45 }, [asked]);
    }
}
