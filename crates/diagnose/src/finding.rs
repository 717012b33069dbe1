use observe::{Place, Role};

use crate::{Cause, Ras};

/// What an examination found.
#[derive(Clone, PartialEq, Debug)]
pub struct Diagnosis {
    /// The findings, the most likely first. Never empty: without any there is [`Cause::NoneHealthy`], or the evidence does not
    /// suffice and [`Diagnosis::enough`] is false.
    pub findings: Vec<Finding>,
    /// How far the attempt came: `ike.phase1`, `ppp.auth`, `up` and the like; `None` when nothing of an attempt is seen.
    pub stage: Option<&'static str>,
    /// Whether the evidence shows a connection that works.
    pub healthy: bool,
    /// Whether the evidence suffices for an answer.
    pub enough: bool,
}

/// One cause that explains the evidence.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The cause.
    pub cause: Cause,
    /// How sure it is, above 0 and below 1.
    pub confidence: f32,
    /// The side that has to change something, where the catalogue leaves it open and the evidence tells.
    pub at: Option<Role>,
    /// What speaks for it.
    pub evidence: Vec<Place>,
    /// What speaks against it.
    pub against: Vec<Place>,
    /// Nothing speaks for it but what somebody wrote.
    pub only_words: bool,
}

impl Finding {
    /// The error numbers that a Windows client shows for it.
    pub fn ras(&self) -> &'static [Ras] {
        self.cause.ras()
    }
}
