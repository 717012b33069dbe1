//! Strategies: the ways to make a call, and the order in which they are tried.

use std::fmt;

use diagnose::Verdict;

use super::profile::Profile;
use super::report::Ended;
use crate::cli::{self, Protocol, Tunnel};
use crate::exit::Failure;

/// A way to make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// L2TP over IPsec with a pre-shared key.
    L2tp,
}

impl Strategy {
    /// The name on the command line, in profiles and in JSON.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Strategy::L2tp => "l2tp",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl TryFrom<Tunnel> for Strategy {
    type Error = Failure;

    fn try_from(tunnel: Tunnel) -> Result<Strategy, Failure> {
        match tunnel {
            Tunnel::L2tp => Ok(Strategy::L2tp),
            Tunnel::Pptp => Err(Failure::configuration(
                "pptp: this version of causeway does not speak PPTP yet; --protocol l2tp is what it speaks",
            )),
        }
    }
}

/// What is tried, first to last. The command line's word counts before the profile's; there is always one.
pub(crate) fn order(options: &cli::Dial, profile: &Profile) -> Result<Vec<Strategy>, Failure> {
    let order = match (options.protocol, options.order.as_slice()) {
        (Some(Protocol::Only(_)), [_, ..]) => {
            return Err(Failure::configuration(
                "--order is for --protocol auto: name one protocol, or an order of several",
            ));
        }
        (Some(Protocol::Only(tunnel)), []) => vec![tunnel],
        (_, order @ [_, ..]) => order.to_vec(),
        (Some(Protocol::Auto), []) => profile.order.clone(),
        (None, []) => match profile.protocol {
            Some(Protocol::Only(tunnel)) => vec![tunnel],
            Some(Protocol::Auto) | None => profile.order.clone(),
        },
    };
    if order.is_empty() {
        return Ok(vec![Strategy::L2tp]);
    }
    let mut strategies = Vec::new();
    for tunnel in order {
        let strategy = Strategy::try_from(tunnel)?;
        if strategies.contains(&strategy) {
            return Err(Failure::configuration(format!("the order names {strategy} twice")));
        }
        strategies.push(strategy);
    }
    Ok(strategies)
}

/// A strategy that failed.
pub(crate) struct Attempt {
    pub(crate) strategy: Strategy,
    pub(crate) ended: Ended,
}

/// How a dial failed of which every strategy failed, or whose last one met what no other could change.
pub(crate) fn conclude(mut attempts: Vec<Attempt>) -> Option<Ended> {
    if attempts.len() == 1 {
        return attempts.pop().map(|attempt| attempt.ended);
    }
    let verdicts: Vec<_> = attempts.iter().map(|attempt| attempt.ended.verdict).collect();
    let (telling, verdict) = Verdict::of_order(&verdicts)?;
    let Ended { stage, detail, .. } = &attempts.get(telling)?.ended;
    Some(Ended { verdict, stage, detail: detail.clone(), was_up: false, attempts })
}
