//! Attempts and clients: who is who, and what an attempt outlived.
//!
//! One log of a server holds many clients, and one client tries more than once. What stands in the way of one client says
//! nothing about another, and what the same client overcame later is no cause.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use observe::{
    Fact, Layer, Observation, Role, Side, SourceId, Spot, Time, Timeline, ike, network, ppp, pptp, radius, reported,
};

use super::picture::Picture;
use super::stage::Stage;

/// Clients that are looked at one by one; of more, the last ones.
const CLIENTS: usize = 48;

/// What is left of a complaint that the same attempt, or a later one of the same client, overcame.
const OVERCOME: f32 = 0.12;

/// What is left of the end of a connection that came up again.
const CAME_BACK: f32 = 0.6;

/// The observations client by client, where a source tells clients apart; what is not about any of them is in every picture.
pub(super) fn parties<'a>(timeline: &'a Timeline, whole: Picture<'a>) -> Vec<Picture<'a>> {
    let clients = Clients::of(&whole);
    if clients.apart.len() < 2 {
        return vec![whole];
    }
    let from = clients.apart.len().saturating_sub(CLIENTS);
    let apart: HashSet<IpAddr> = clients.apart.iter().copied().collect();
    clients
        .apart
        .iter()
        .skip(from)
        .map(|client| {
            let about = |seen: &&Observation| match clients.client(seen) {
                Some(other) => other == *client || !apart.contains(&other),
                None => true,
            };
            Picture::with(timeline, whole.all().filter(about).collect())
        })
        .collect()
}

/// The clients' addresses, as sources tell them apart.
struct Clients<'a> {
    /// In the order of their last appearance.
    apart: Vec<IpAddr>,
    /// The client of an attempt, where only some of its observations name him.
    of_attempt: HashMap<(SourceId, &'a str), IpAddr>,
    /// The client of an L2TP tunnel: xl2tpd and pppd number it alike.
    of_tunnel: HashMap<(Side, &'a str), IpAddr>,
}

impl<'a> Clients<'a> {
    fn of(whole: &Picture<'a>) -> Clients<'a> {
        let (mut of_attempt, mut of_tunnel) = (HashMap::new(), HashMap::new());
        let mut by_source: HashMap<SourceId, Vec<IpAddr>> = HashMap::new();
        for seen in whole.all() {
            let Some(client) = named(seen) else { continue };
            let known = by_source.entry(seen.place.source).or_default();
            if known.last() != Some(&client) {
                known.retain(|other| *other != client);
                known.push(client);
            }
            if let Some(attempt) = &seen.about.attempt {
                of_attempt.entry((seen.place.source, attempt.as_str())).or_insert(client);
                of_tunnel.entry((seen.side, attempt.as_str())).or_insert(client);
            }
        }
        // Sources name the same client differently when there is a NAT between them: only one that names two tells them apart.
        let apart = by_source.into_values().max_by_key(Vec::len).unwrap_or_default();
        Clients { apart, of_attempt, of_tunnel }
    }

    fn client(&self, seen: &Observation) -> Option<IpAddr> {
        named(seen).or_else(|| {
            let attempt = seen.about.attempt.as_deref()?;
            let tunnel = || self.of_tunnel.get(&(seen.side, attempt)).filter(|_| attempt.starts_with("tunnel "));
            self.of_attempt.get(&(seen.place.source, attempt)).or_else(tunnel).copied()
        })
    }
}

fn named(seen: &Observation) -> Option<IpAddr> {
    seen.about.client.or(seen.about.peer.filter(|_| seen.side != Side::Client)).map(|client| client.ip())
}

/// The complaints that were overcome, with the factor that is left of their weight.
#[derive(Default)]
pub(super) struct Overcome {
    left: HashMap<(SourceId, Spot, Layer), f32>,
}

impl Overcome {
    pub(super) fn of(timeline: &Timeline) -> Overcome {
        let mut later = Later::default();
        let mut overcome = Overcome::default();
        let mut users: HashMap<SourceId, HashSet<&str>> = HashMap::new();
        for seen in timeline.observations() {
            if let Some(user) = user(seen) {
                users.entry(seen.place.source).or_default().insert(user);
            }
            later.note_time(seen);
        }
        for seen in timeline.observations().iter().rev() {
            if let Some(stage) = achieved(&seen.fact) {
                later.note(seen, stage);
            }
            let Some(stage) = complaint(&seen.fact) else { continue };
            let alone = users.get(&seen.place.source).is_none_or(|users| users.len() < 2);
            if seen.place.spot != Spot::Whole && later.reached(seen, alone).is_some_and(|reached| reached >= stage) {
                let left = if ended(&seen.fact) { CAME_BACK } else { OVERCOME };
                overcome.left.insert((seen.place.source, seen.place.spot, seen.fact.layer()), left);
            }
        }
        overcome
    }

    /// What is left of the weight of an observation.
    pub(super) fn left(&self, seen: &Observation) -> f32 {
        self.left.get(&(seen.place.source, seen.place.spot, seen.fact.layer())).copied().unwrap_or(1.0)
    }
}

/// The stages that are reached behind a place in the evidence, by whom.
#[derive(Default)]
struct Later<'a> {
    by_user: HashMap<(SourceId, &'a str), Stage>,
    by_client: HashMap<(SourceId, IpAddr), Stage>,
    by_attempt: HashMap<(SourceId, &'a str), Stage>,
    by_source: HashMap<SourceId, Stage>,
    clients: HashMap<SourceId, HashSet<IpAddr>>,
    /// When the client's machine last said that it is connected.
    connected: Option<Time>,
}

impl<'a> Later<'a> {
    fn note_time(&mut self, seen: &Observation) {
        if let Some(client) = named(seen) {
            self.clients.entry(seen.place.source).or_default().insert(client);
        }
        if seen.side == Side::Client && achieved(&seen.fact) == Some(Stage::Up) {
            self.connected = self.connected.max(seen.at);
        }
    }

    fn note(&mut self, seen: &'a Observation, stage: Stage) {
        let source = seen.place.source;
        let raise = |known: &mut Stage| *known = (*known).max(stage);
        if let Some(user) = user(seen) {
            self.by_user.entry((source, user)).and_modify(raise).or_insert(stage);
        }
        if let Some(client) = named(seen) {
            self.by_client.entry((source, client)).and_modify(raise).or_insert(stage);
        }
        if let Some(attempt) = &seen.about.attempt {
            self.by_attempt.entry((source, attempt.as_str())).and_modify(raise).or_insert(stage);
        }
        self.by_source.entry(source).and_modify(raise).or_insert(stage);
    }

    /// How far whoever `seen` is about came later. `alone`: no more than one user is in its source.
    fn reached(&self, seen: &'a Observation, alone: bool) -> Option<Stage> {
        let source = seen.place.source;
        if seen.side.role() == Some(Role::Client) {
            // A client's machine is one client, and its programs share a clock.
            let elsewhere = self.connected.zip(seen.at).filter(|(connected, at)| connected > at).map(|_| Stage::Up);
            return self.by_source.get(&source).copied().max(elsewhere);
        }
        let user = user(seen).map(|user| self.by_user.get(&(source, user)).copied());
        let client = named(seen).map(|client| self.by_client.get(&(source, client)).copied());
        let attempt = seen.about.attempt.as_deref().map(|attempt| self.by_attempt.get(&(source, attempt)).copied());
        let alone = alone && self.clients.get(&source).is_none_or(|clients| clients.len() < 2);
        let any = || self.by_source.get(&source).copied().filter(|_| alone);
        user.or(client).unwrap_or(None).max(attempt.flatten()).max(any())
    }
}

/// The user, where the name is one: programs of IPsec give the peer's address for it.
fn user(seen: &Observation) -> Option<&str> {
    seen.about.user.as_deref().filter(|user| user.parse::<IpAddr>().is_err() && !user.is_empty())
}

/// What is behind whoever comes to this.
fn achieved(fact: &Fact) -> Option<Stage> {
    match fact {
        Fact::Ike(ike::Fact::Phase1Up { .. }) => Some(Stage::IkePhase1),
        Fact::Ike(ike::Fact::Phase2Up { .. }) => Some(Stage::IkePhase2),
        Fact::L2tp(observe::l2tp::Fact::TunnelUp) => Some(Stage::L2tpTunnel),
        Fact::L2tp(observe::l2tp::Fact::CallUp) => Some(Stage::L2tpCall),
        Fact::Pptp(pptp::Fact::TunnelUp) => Some(Stage::PptpControl),
        Fact::Pptp(pptp::Fact::CallUp) => Some(Stage::PptpControl),
        Fact::Ppp(ppp::Fact::LinkUp) => Some(Stage::PppLcp),
        Fact::Ppp(ppp::Fact::Authenticated { .. }) => Some(Stage::PppAuthentication),
        Fact::Radius(radius::Fact::Answer { code: 2, .. }) => Some(Stage::PppAuthentication),
        Fact::Ppp(ppp::Fact::NetworkUp { protocol: ppp::Protocol::Ipcp, .. })
        | Fact::Reported(reported::Fact::Connected) => Some(Stage::Up),
        _ => None,
    }
}

/// At which stage it stands in the way; `None` for what is no complaint.
fn complaint(fact: &Fact) -> Option<Stage> {
    match fact {
        Fact::Ike(fact) => match fact {
            ike::Fact::Message(_)
            | ike::Fact::Offered { .. }
            | ike::Fact::Accepts { .. }
            | ike::Fact::Chosen { .. }
            | ike::Fact::Vendor { .. }
            | ike::Fact::Nat { .. }
            | ike::Fact::Identity { .. }
            | ike::Fact::Phase1Up { .. }
            | ike::Fact::Phase2Up { .. } => None,
            ike::Fact::NoCommonSuite { phase, .. } | ike::Fact::Notify { phase: Some(phase), .. } => {
                Some(match phase {
                    ike::Phase::One => Stage::IkePhase1,
                    ike::Phase::Two => Stage::IkePhase2,
                })
            }
            ike::Fact::SelectorsRefused { .. } | ike::Fact::PfsRefused { .. } | ike::Fact::KernelRefused { .. } => {
                Some(Stage::IkePhase2)
            }
            ike::Fact::PeerDead { .. }
            | ike::Fact::RekeyFailed { .. }
            | ike::Fact::MappingChanged { .. }
            | ike::Fact::Displaced { .. } => Some(Stage::Up),
            _ => Some(Stage::IkePhase1),
        },
        Fact::L2tp(fact) => match fact {
            observe::l2tp::Fact::Message { .. } | observe::l2tp::Fact::TunnelUp | observe::l2tp::Fact::CallUp => None,
            _ => Some(Stage::L2tpCall),
        },
        Fact::Pptp(fact) => match fact {
            pptp::Fact::Message { .. }
            | pptp::Fact::Connected
            | pptp::Fact::TunnelUp
            | pptp::Fact::CallUp
            | pptp::Fact::Gre { .. } => None,
            pptp::Fact::NoGre { .. } | pptp::Fact::GreRefused { .. } => Some(Stage::PppLcp),
            _ => Some(Stage::PptpControl),
        },
        Fact::Ppp(fact) => match fact {
            ppp::Fact::Packet { .. }
            | ppp::Fact::LinkUp
            | ppp::Fact::Authenticated { .. }
            | ppp::Fact::Encrypted { .. }
            | ppp::Fact::AuthenticationOffered { .. }
            | ppp::Fact::NetworkUp { .. }
            | ppp::Fact::Up { .. } => None,
            ppp::Fact::Unanswered { protocol: ppp::Protocol::Lcp, .. }
            | ppp::Fact::NotConverging { protocol: ppp::Protocol::Lcp }
            | ppp::Fact::Loopback { .. } => Some(Stage::PppLcp),
            ppp::Fact::AuthenticationDemanded { .. }
            | ppp::Fact::AuthenticationDeclined { .. }
            | ppp::Fact::NoCommonAuthentication { .. }
            | ppp::Fact::AuthenticationFailed { .. }
            | ppp::Fact::AuthenticationTimedOut { .. }
            | ppp::Fact::ServerNotAuthentic => Some(Stage::PppAuthentication),
            _ => Some(Stage::Up),
        },
        Fact::Radius(fact) => match fact {
            radius::Fact::Request { .. } | radius::Fact::Answer { code: 2 | 5 | 11, .. } | radius::Fact::Listening => {
                None
            }
            _ => Some(Stage::PppAuthentication),
        },
        Fact::Network(network::Fact::Icmp { port: Some(500 | 4500), .. }) => Some(Stage::IkePhase1),
        Fact::Network(network::Fact::Icmp { port: Some(1723), .. }) => Some(Stage::PptpControl),
        Fact::Network(network::Fact::Icmp { port: Some(1701), .. }) => Some(Stage::L2tpTunnel),
        Fact::Network(_) | Fact::Host(_) | Fact::Esp(_) => Some(Stage::Up),
        Fact::Reported(fact) => match fact {
            reported::Fact::Ras { .. } | reported::Fact::Ike { .. } | reported::Fact::Verdict { .. } => Some(Stage::Up),
            reported::Fact::NpsReason { .. } => Some(Stage::PppAuthentication),
            _ => None,
        },
        // What somebody wrote has no time: nothing can be said to have come later.
        Fact::Remark(_) => None,
    }
}

/// Whether it ended a connection, rather than keep one from coming up.
fn ended(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Ike(ike::Fact::PeerDead { .. } | ike::Fact::RekeyFailed { .. } | ike::Fact::MappingChanged { .. })
            | Fact::Ppp(ppp::Fact::PeerDead { .. } | ppp::Fact::HungUp { .. })
    )
}

/// Only the last attempt of each source that shows more than one.
pub(super) fn latest<'a>(timeline: &'a Timeline, picture: &Picture<'a>) -> Picture<'a> {
    let mut begun: HashMap<SourceId, (usize, Option<&str>)> = HashMap::new();
    for (index, seen) in picture.all().enumerate() {
        let begins = match &seen.fact {
            Fact::Ike(ike::Fact::Message(message)) => {
                !message.repeated
                    && matches!(
                        message.exchange,
                        ike::Exchange::MainMode(1)
                            | ike::Exchange::AggressiveMode(1)
                            | ike::Exchange::SaInit { response: false }
                    )
            }
            _ => false,
        };
        let attempt = seen.about.attempt.as_deref();
        let known = begun.get(&seen.place.source);
        if begins && known.is_none_or(|(_, known)| *known != attempt) {
            begun.insert(seen.place.source, (index, attempt));
        }
    }
    let kept = picture.all().enumerate().filter(|(index, seen)| {
        begun.get(&seen.place.source).is_none_or(|(from, _)| index >= from || seen.fact.layer() != Layer::Ike)
    });
    Picture::with(timeline, kept.map(|(_, seen)| seen).collect())
}
