//! What was seen of a connection attempt, wherever it was seen.
//!
//! Live engines, captures, logs and exports all say what they saw in the words of this crate: an [`Observation`] is one
//! [`Fact`] with its time, its place in the evidence and the side that saw it. The rules of the doctor see nothing else, so the
//! same event has the same meaning whoever reported it.

mod align;
mod fact;
mod observation;
mod place;
mod timeline;
mod trouble;

pub use align::{Alignment, Clock};
pub use fact::{Fact, Layer};
pub use fact::{esp, host, ike, l2tp, network, ppp, pptp, radius, remark, reported};
pub use observation::{About, Observation, Party, Role, Side, Time};
pub use place::{Place, Source, SourceId, SourceKind, Spot};
pub use timeline::Timeline;
pub use trouble::{Broken, Trouble};
