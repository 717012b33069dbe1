//! The observations, in the form in which rules ask for them.

use super::attempts;
use observe::{Fact, Observation, Place, Role, Side, SourceKind, Timeline, ike, network, ppp, reported};

/// The observations of an examination, or those about one of its clients.
pub(super) struct Picture<'a> {
    timeline: &'a Timeline,
    seen: Vec<&'a Observation>,
}

impl<'a> Picture<'a> {
    pub(super) fn of(timeline: &'a Timeline) -> Picture<'a> {
        Picture { timeline, seen: timeline.observations().iter().collect() }
    }

    /// A picture of some of the observations.
    pub(super) fn with(timeline: &'a Timeline, seen: Vec<&'a Observation>) -> Picture<'a> {
        Picture { timeline, seen }
    }

    /// Of each source only the last attempt.
    pub(super) fn latest(&self) -> Picture<'a> {
        attempts::latest(self.timeline, self)
    }

    /// Every observation of the examination, whomever it is about.
    pub(super) fn everybody(&self) -> impl Iterator<Item = &'a Observation> + use<'a> {
        self.timeline.observations().iter()
    }

    /// Every observation.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Observation> + use<'a, '_> {
        self.seen.iter().copied()
    }

    pub(super) fn ike(&self) -> impl Iterator<Item = (&'a Observation, &'a ike::Fact)> + use<'a, '_> {
        self.all().filter_map(|seen| if let Fact::Ike(fact) = &seen.fact { Some((seen, fact)) } else { None })
    }

    pub(super) fn ppp(&self) -> impl Iterator<Item = (&'a Observation, &'a ppp::Fact)> + use<'a, '_> {
        self.all().filter_map(|seen| if let Fact::Ppp(fact) = &seen.fact { Some((seen, fact)) } else { None })
    }

    pub(super) fn network(&self) -> impl Iterator<Item = (&'a Observation, &'a network::Fact)> + use<'a, '_> {
        self.all().filter_map(|seen| if let Fact::Network(fact) = &seen.fact { Some((seen, fact)) } else { None })
    }

    /// The first observation that fits.
    pub(super) fn first(&self, fits: impl Fn(&Observation) -> bool) -> Option<&'a Observation> {
        self.all().find(|seen| fits(seen))
    }

    /// Whether there is a source of this kind at this side.
    pub(super) fn has_source(&self, side: Side, kinds: &[SourceKind]) -> bool {
        self.timeline.sources().iter().any(|source| source.side == side && kinds.contains(&source.kind))
    }

    /// Whether the client is a Windows machine, as far as is seen.
    pub(super) fn windows_client(&self) -> bool {
        let windows = |name: &str| name.starts_with("MS") || name.contains("Windows") || name.contains("Microsoft");
        self.all().any(|seen| match &seen.fact {
            Fact::Ike(ike::Fact::Vendor { from, name }) => seen.role(*from) == Some(Role::Client) && windows(name),
            Fact::Host(observe::host::Fact::System { name }) => seen.side == Side::Client && windows(name),
            Fact::Reported(reported::Fact::Event { provider, .. }) => provider.eq_ignore_ascii_case("RasClient"),
            _ => false,
        })
    }

    /// Who is behind a NAT, by whoever found out: client, server.
    pub(super) fn nat(&self) -> (Option<bool>, Option<bool>) {
        let mut result = (None, None);
        for (_, fact) in self.ike() {
            if let ike::Fact::Nat { client, server, .. } = fact {
                result = (result.0.or(*client), result.1.or(*server));
            }
        }
        result
    }

    /// The place that shows a connection which came up.
    pub(super) fn worked(&self) -> Option<Place> {
        self.up().map(|seen| seen.place.clone())
    }

    /// An observation of a connection that came up.
    pub(super) fn up(&self) -> Option<&'a Observation> {
        self.first(|seen| match &seen.fact {
            Fact::Ppp(ppp::Fact::NetworkUp { protocol, .. }) => *protocol == ppp::Protocol::Ipcp,
            Fact::Reported(reported::Fact::Connected) => true,
            _ => false,
        })
    }

    /// Whether the server answers by IKE, on port 4500 where that is asked.
    pub(super) fn answers_ike(&self, port_4500: bool) -> bool {
        self.ike().any(|(seen, fact)| match fact {
            ike::Fact::Message(message) => {
                seen.role(message.from) == Some(Role::Server) && (message.port_4500 || !port_4500)
            }
            _ => false,
        })
    }

    /// Whether somebody at this end was sent, or sent, PPP over this call.
    pub(super) fn any_ppp(&self, from: Role) -> bool {
        self.ppp().any(|(seen, fact)| match fact {
            ppp::Fact::Packet { from: party, .. } => seen.role(*party) == Some(from),
            _ => false,
        })
    }
}
