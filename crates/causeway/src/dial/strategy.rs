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
    /// L2TP without IPsec, which protects nothing: never without being named and permitted.
    L2tpClear,
}

impl Strategy {
    /// The name on the command line, in profiles and in JSON.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Strategy::L2tp => "l2tp",
            Strategy::L2tpClear => "l2tp-clear",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What is tried, first to last. The command line's word counts before the profile's; there is always one.
///
/// L2TP without IPsec needs two words: its name, and the permission to do without.
pub(crate) fn order(options: &cli::Dial, profile: &Profile) -> Result<Vec<Strategy>, Failure> {
    let may_be_clear = options.without_ipsec || profile.without_ipsec;
    let names = match (options.protocol, options.order.as_slice()) {
        (Some(Protocol::Only(_)), [_, ..]) => {
            return Err(Failure::configuration(
                "--order is for --protocol auto: name one protocol, or an order of several",
            ));
        }
        (Some(Protocol::Only(tunnel)), []) => Names::One { tunnel, clear: options.without_ipsec },
        (_, order @ [_, ..]) => Names::Order(order),
        (Some(Protocol::Auto), []) => Names::Order(&profile.order),
        (None, []) => match profile.protocol {
            Some(Protocol::Only(tunnel)) => Names::One { tunnel, clear: may_be_clear },
            Some(Protocol::Auto) | None => Names::Order(&profile.order),
        },
    };
    let mut strategies = Vec::new();
    let tunnels: &[Tunnel] = match &names {
        Names::One { tunnel, .. } => std::slice::from_ref(tunnel),
        Names::Order([]) => &[Tunnel::L2tp],
        Names::Order(order) => order,
    };
    for tunnel in tunnels {
        let strategy = match tunnel {
            Tunnel::L2tp if matches!(names, Names::One { clear: true, .. }) => Strategy::L2tpClear,
            Tunnel::L2tp => Strategy::L2tp,
            Tunnel::L2tpClear if may_be_clear => Strategy::L2tpClear,
            Tunnel::L2tpClear => {
                return Err(Failure::configuration(
                    "l2tp-clear protects nothing: everybody on the way can read and change everything, passwords included; \
                     if that is what you want, add --without-ipsec (in a profile: without_ipsec = true)",
                ));
            }
            Tunnel::Pptp => {
                return Err(Failure::configuration(
                    "pptp: this version of causeway does not speak PPTP yet; --protocol l2tp is what it speaks",
                ));
            }
        };
        if strategies.contains(&strategy) {
            return Err(Failure::configuration(format!("the order names {strategy} twice")));
        }
        strategies.push(strategy);
    }
    if options.without_ipsec && !strategies.contains(&Strategy::L2tpClear) {
        return Err(Failure::configuration(
            "--without-ipsec permits what nothing names: say --protocol l2tp, or name l2tp-clear in --order",
        ));
    }
    Ok(strategies)
}

/// What was named.
enum Names<'a> {
    /// One protocol; `clear` when it was said beside it that L2TP is to do without IPsec.
    One { tunnel: Tunnel, clear: bool },
    /// Several, or none: then it is for us to choose.
    Order(&'a [Tunnel]),
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
    Some(Ended { verdict, stage, detail: detail.clone(), was_up: false, attempts, failure: None })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use diagnose::{Cause, Ras};

    use super::*;
    use crate::cli::{Cli, Command};

    fn chosen(words: &str, profile: &Profile) -> Result<Vec<Strategy>, String> {
        let words = ["causeway", "dial", "--server", "a"].into_iter().chain(words.split_whitespace());
        let Command::Dial(options) = Cli::try_parse_from(words).unwrap().command else { panic!("not a dial") };
        order(&options, profile).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_default_is_l2tp_with_ipsec() {
        for words in ["", "--protocol auto", "--protocol l2tp", "--order l2tp"] {
            assert_eq!(chosen(words, &Profile::default()), Ok(vec![Strategy::L2tp]), "{words}");
        }
    }

    #[test]
    fn nothing_goes_without_ipsec_unless_it_is_named_and_permitted() {
        let clear = || Ok(vec![Strategy::L2tpClear]);
        let none = Profile::default();
        assert_eq!(chosen("--protocol l2tp --without-ipsec", &none), clear());
        assert_eq!(chosen("--protocol l2tp-clear --without-ipsec", &none), clear());
        let both = chosen("--order l2tp,l2tp-clear --without-ipsec", &none);
        assert_eq!(both, Ok(vec![Strategy::L2tp, Strategy::L2tpClear]));
        for words in
            ["--protocol l2tp-clear", "--order l2tp,l2tp-clear", "--without-ipsec", "--order l2tp --without-ipsec"]
        {
            assert!(chosen(words, &none).unwrap_err().contains("--without-ipsec"), "{words}");
        }
        // A profile's permission is none for what nobody named.
        let permitted = Profile { without_ipsec: true, ..Profile::default() };
        assert_eq!(chosen("", &permitted), Ok(vec![Strategy::L2tp]));
        let named = Profile { protocol: Some(Protocol::Only(Tunnel::L2tp)), ..permitted };
        assert_eq!(chosen("", &named), clear());
        assert_eq!(chosen("--protocol l2tp", &named), Ok(vec![Strategy::L2tp]));
        assert_eq!(chosen("--protocol l2tp-clear", &named), clear());
    }

    #[test]
    fn the_command_line_counts_before_the_profile() {
        let order = vec![Tunnel::L2tpClear, Tunnel::L2tp];
        let profile = Profile { order, without_ipsec: true, ..Profile::default() };
        assert_eq!(chosen("", &profile), Ok(vec![Strategy::L2tpClear, Strategy::L2tp]));
        assert_eq!(chosen("--protocol auto", &profile), chosen("", &profile));
        assert_eq!(chosen("--order l2tp", &profile), Ok(vec![Strategy::L2tp]));
        assert!(chosen("--protocol l2tp --order l2tp", &profile).unwrap_err().contains("--protocol auto"));
        assert!(chosen("--order l2tp,l2tp", &profile).unwrap_err().contains("l2tp twice"));
        assert!(chosen("--order l2tp,pptp", &profile).unwrap_err().contains("does not speak PPTP yet"));
    }

    #[test]
    fn one_failure_is_itself_and_several_are_800_with_each_of_them() {
        let attempt = |strategy, cause, ras| {
            let verdict = Verdict { cause, ras: Some(Ras(ras)) };
            let stage = "somewhere";
            let (detail, attempts) = (json!({ "ras": ras }), Vec::new());
            let ended = Ended { verdict, stage, detail, was_up: false, attempts, failure: None };
            Attempt { strategy, ended }
        };
        let first = || attempt(Strategy::L2tp, Cause::IkePskMismatch, 789);
        let one = conclude(vec![first()]).unwrap();
        assert_eq!((one.verdict.ras, one.attempts.len()), (Some(Ras(789)), 0));
        let silent = attempt(Strategy::L2tpClear, Cause::NetServerUnreachable, 809);
        let all = conclude(vec![first(), silent]).unwrap();
        assert_eq!((all.verdict.ras, all.verdict.cause), (Some(Ras(800)), Cause::IkePskMismatch));
        assert_eq!((all.attempts.len(), all.status(), &all.detail), (2, 11, &json!({ "ras": 789 })));
        let wrong = attempt(Strategy::L2tpClear, Cause::AuthBadCredentials, 691);
        let decided = conclude(vec![first(), wrong]).unwrap();
        assert_eq!((decided.verdict.ras, decided.attempts.len()), (Some(Ras(691)), 2));
        assert!(conclude(Vec::new()).is_none());
    }
}
