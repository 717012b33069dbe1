//! Cause catalogue and RAS codes: what a failure means to people.

mod cause;
mod code;
mod dial;
mod examine;
mod finding;
pub mod live;
mod predict;
mod ras;
mod recognise;
mod remedy;
mod texts;
mod verdict;

pub use cause::{Cause, FixAt};
pub use code::{Code, CodeInfo};
pub use dial::{Layer, Obstacle};
pub use examine::{Context, Scope, examine};
pub use finding::{Diagnosis, Finding};
pub use predict::{Prediction, predict};
pub use ras::Ras;
pub use recognise::{ClientMessage, Message, Recognised, Subject, named, recognise};
pub use remedy::Remedy;
pub use texts::{Advice, Fix, Language, Texts};
pub use verdict::Verdict;
