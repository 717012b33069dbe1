//! Codes with which a product sums an attempt up: worth something where nothing else is said.

use observe::{Fact, reported};

use super::Context;
use super::claims::Claims;
use super::picture::Picture;
use crate::{Cause, Code, Ras};

pub(super) fn claim(picture: &Picture<'_>, claims: &mut Claims) {
    for seen in picture.all() {
        let Fact::Reported(fact) = &seen.fact else { continue };
        match fact {
            reported::Fact::Ras { code } => {
                for (cause, weight) in causes(Ras(*code)) {
                    claims.inferred(cause, weight, [seen]);
                }
            }
            reported::Fact::Ike { code } => {
                let causes = Code::Ike(*code).info().map(|info| info.causes).unwrap_or_default();
                for (place, cause) in causes.into_iter().enumerate() {
                    claims.inferred(cause, if place == 0 { 0.4 } else { 0.2 }, [seen]);
                }
            }
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

/// What the client shows, when the person says so.
pub(super) fn shown(context: Context, claims: &mut Claims) {
    // What the client shows makes causes that it is not shown for less likely.
    if let Some(ras) = context.ras {
        claims.scale(|cause| if cause.ras().is_empty() || cause.ras().contains(&ras) { 1.0 } else { 0.6 });
    }
}

/// The causes of a code, with the weight that the code alone gives them: what it usually means first.
pub(super) fn causes(ras: Ras) -> impl Iterator<Item = (Cause, f32)> {
    let usual = Cause::ALL.iter().filter(|cause| cause.ras().first() == Some(&ras)).count().max(1);
    Cause::ALL.iter().filter_map(move |cause| {
        let place = cause.ras().iter().position(|code| *code == ras)?;
        #[expect(clippy::cast_precision_loss, reason = "a handful of causes")]
        let weight = if place == 0 { (0.6 / usual as f32).clamp(0.08, 0.45) } else { 0.08 };
        Some((*cause, weight))
    })
}
