//! LCP's list of options (RFC 1661 §6).

use std::collections::VecDeque;

use rand_core::CryptoRng;
use wire::ppp::{AuthProtocol, Code, LcpKind, Opt, Protocol, push_option};

use crate::config::{CloseReason, Method};
use crate::event::Framing;
use crate::failure::{Failure, Incompatible, Local, Misbehaved};
use crate::negotiation::{OptionList, Verdict};

/// Which side of the authentication we are, and with which methods, best first.
#[derive(Clone, Debug)]
pub(crate) enum AuthSide {
    /// We ask the peer to authenticate.
    Authenticator(Vec<Method>),
    /// We authenticate when the peer asks.
    Peer(Vec<Method>),
    /// We only want to know whether the peer would ask for this.
    Inquirer(AuthProtocol),
}

#[derive(Debug)]
pub(crate) struct LcpOptions {
    side: AuthSide,
    configured_mru: u16,
    /// `None` after the peer rejected the option.
    own_mru: Option<u16>,
    /// `None` after the peer rejected the option.
    own_magic: Option<u32>,
    /// What we ask the peer for now, as authenticator.
    demand: Option<Method>,
    refused: Vec<Method>,
    theirs: Vec<AuthProtocol>,
    suggestions: usize,
    /// Inquirer: the demands that got our suggestion for an answer, each as often as it did.
    declined: Vec<Option<AuthProtocol>>,
    /// Inquirer: the demand of the request that is being judged, which has that answer unless another option is worse.
    declines: Option<Option<AuthProtocol>>,
    /// What the peer asks for, where it has changed; told and to be told.
    demanded: Option<Option<AuthProtocol>>,
    demands: VecDeque<Option<AuthProtocol>>,
    peer: PeerOptions,
    suggested_magic: Option<u32>,
    /// Whether the request that is being judged was refused before.
    again: bool,
    /// Whether the request that is being judged bears our own magic number.
    is_echo: bool,
    loops: u32,
    objection: Option<Failure>,
}

/// What the peer's acknowledged request says.
#[derive(Clone, Copy, Debug, Default)]
struct PeerOptions {
    mru: Option<u16>,
    pfc: bool,
    acfc: bool,
    auth: Option<Method>,
}

/// What an absent MRU option means (RFC 1661 §6.1).
const DEFAULT_MRU: u16 = 1500;

/// Below this the peer could not even be told what is wrong.
const MIN_MRU: u16 = 128;

/// How often our magic number may come back before it is no coincidence.
pub(crate) const LOOPS_TOLERATED: u32 = 4;

/// The end of an inquiry: we know what we wanted to know.
const INQUIRED: Failure = Failure::Local(Local::Closed(CloseReason::User));

/// Authentication protocols kept for the report of a disagreement.
const THEIRS_KEPT: usize = 8;

impl LcpOptions {
    pub(crate) fn new(side: AuthSide, mru: u16) -> Self {
        LcpOptions {
            side,
            configured_mru: mru,
            own_mru: None,
            own_magic: None,
            demand: None,
            refused: Vec::new(),
            theirs: Vec::new(),
            suggestions: 0,
            declined: Vec::new(),
            declines: None,
            demanded: None,
            demands: VecDeque::new(),
            peer: PeerOptions::default(),
            suggested_magic: None,
            again: false,
            is_echo: false,
            loops: 0,
            objection: None,
        }
    }

    /// Our magic number; zero when the peer does not want one (RFC 1661 §6.4).
    pub(crate) fn magic(&self) -> u32 {
        self.own_magic.unwrap_or(0)
    }

    pub(crate) fn framing(&self) -> Framing {
        Framing {
            peer_mru: self.peer.mru.unwrap_or(DEFAULT_MRU),
            own_mru: self.own_mru.unwrap_or(DEFAULT_MRU),
            pfc: self.peer.pfc,
            acfc: self.peer.acfc,
        }
    }

    /// How authentication goes on now that LCP is open; `None` when nobody asked for it.
    pub(crate) fn agreed_method(&self) -> Option<Method> {
        match self.side {
            AuthSide::Authenticator(_) => self.demand,
            AuthSide::Peer(_) => self.peer.auth,
            AuthSide::Inquirer(_) => None,
        }
    }

    /// What the peer asks for now, if that was not told yet.
    pub(crate) fn poll_demand(&mut self) -> Option<Option<AuthProtocol>> {
        self.demands.pop_front()
    }

    /// The disagreement about authentication that is open, if there is one: the likely reason when the peer ends LCP now.
    pub(crate) fn disagreement(&self) -> Option<Failure> {
        (!self.theirs.is_empty()).then(|| self.no_common_auth())
    }

    fn no_common_auth(&self) -> Failure {
        let ours = match &self.side {
            AuthSide::Authenticator(methods) | AuthSide::Peer(methods) => {
                methods.iter().map(|method| method.auth_protocol()).collect()
            }
            AuthSide::Inquirer(suggestion) => vec![*suggestion],
        };
        Failure::Incompatible(Incompatible::NoCommonAuth { ours, theirs: self.theirs.clone() })
    }

    /// Our magic number came back.
    pub(crate) fn note_loop(&mut self) {
        self.loops += 1;
        if self.loops > LOOPS_TOLERATED {
            self.objection = Some(Failure::Misbehaved(Misbehaved::Loopback { seen: self.loops }));
        }
    }

    fn note_theirs(&mut self, auth: AuthProtocol) {
        if !self.theirs.contains(&auth) && self.theirs.len() < THEIRS_KEPT {
            self.theirs.push(auth);
        }
    }

    fn judge_auth(&mut self, value: &[u8]) -> Verdict {
        let asked = AuthProtocol::parse(value);
        let methods = match &self.side {
            // We are who asks; we have no credentials to show.
            AuthSide::Authenticator(_) => return Verdict::Reject,
            AuthSide::Inquirer(suggestion) => {
                let suggestion = *suggestion;
                return self.judge_demand(asked.ok(), suggestion);
            }
            AuthSide::Peer(methods) => methods,
        };
        if let Ok(auth) = asked
            && Method::of(auth).is_some_and(|method| methods.contains(&method))
        {
            self.theirs.clear();
            return Verdict::Accept;
        }
        // Each of our methods is suggested once, and the last of them a few times more.
        self.suggestions += usize::from(!self.again);
        let suggestion = methods.get(self.suggestions.saturating_sub(1)).or(methods.last());
        let suggestion = suggestion.map(|method| method.auth_protocol().encode());
        let exhausted = self.suggestions > methods.len() + 2;
        if let Ok(auth) = asked {
            self.note_theirs(auth);
        }
        if exhausted {
            self.objection = Some(self.no_common_auth());
        }
        suggestion.map_or(Verdict::Reject, Verdict::Nak)
    }

    /// What the peer demands when it knows our suggestion is its answer to it. Some come to what is suggested step by step, and
    /// have nothing else left when they go on to demand the same: once may be a repetition, our answer being lost.
    fn judge_demand(&mut self, demanded: Option<AuthProtocol>, suggestion: AuthProtocol) -> Verdict {
        if demanded == Some(suggestion) || (self.times_declined(demanded) > 1 && !self.again) {
            self.objection = Some(INQUIRED);
        }
        self.declines = Some(demanded);
        Verdict::Nak(suggestion.encode())
    }

    fn times_declined(&self, demanded: Option<AuthProtocol>) -> usize {
        self.declined.iter().filter(|declined| **declined == demanded).count()
    }

    /// Notes what a request of the peer asks for.
    fn note_demand(&mut self, options: &[Opt<'_>]) {
        let option = options.iter().find(|option| LcpKind(option.kind) == LcpKind::AUTH_PROTOCOL);
        let demand = match option.map(|option| AuthProtocol::parse(option.value)) {
            Some(Ok(demand)) => Some(demand),
            Some(Err(_)) => return,
            None => None,
        };
        if self.demanded != Some(demand) && self.demands.len() < THEIRS_KEPT {
            self.demanded = Some(demand);
            self.demands.push_back(demand);
        }
        if demand.is_none() && matches!(self.side, AuthSide::Inquirer(_)) {
            self.objection = Some(INQUIRED);
        }
    }

    /// The peer wants another method than the one we asked for.
    fn auth_naked(&mut self, value: &[u8]) {
        let AuthSide::Authenticator(methods) = &self.side else { return };
        let wanted = AuthProtocol::parse(value).ok();
        self.refused.extend(self.demand.take());
        let permitted = |method: &Method| !self.refused.contains(method);
        self.demand = wanted
            .and_then(Method::of)
            .filter(|method| methods.contains(method) && permitted(method))
            .or_else(|| methods.iter().copied().find(permitted));
        if let Some(wanted) = wanted {
            self.note_theirs(wanted);
        }
        if self.demand.is_none() {
            self.objection = Some(self.no_common_auth());
        }
    }
}

impl OptionList for LcpOptions {
    const PROTOCOL: Protocol = Protocol::LCP;

    fn reset(&mut self, rng: &mut dyn CryptoRng) {
        self.own_mru = Some(self.configured_mru);
        self.own_magic = Some(random_magic(rng));
        self.demand = match &self.side {
            AuthSide::Authenticator(methods) => methods.first().copied(),
            AuthSide::Peer(_) | AuthSide::Inquirer(_) => None,
        };
        self.refused.clear();
        self.theirs.clear();
        self.suggestions = 0;
        self.peer = PeerOptions::default();
        self.suggested_magic = None;
    }

    fn request(&self, out: &mut Vec<u8>) {
        if let Some(mru) = self.own_mru {
            push_option(out, LcpKind::MRU.0, &mru.to_be_bytes());
        }
        if let Some(method) = self.demand {
            push_option(out, LcpKind::AUTH_PROTOCOL.0, &method.auth_protocol().encode());
        }
        if let Some(magic) = self.own_magic {
            push_option(out, LcpKind::MAGIC_NUMBER.0, &magic.to_be_bytes());
        }
    }

    fn examine(&mut self, options: &[Opt<'_>], again: bool) {
        self.again = again;
        let own = self.own_magic.map(u32::to_be_bytes);
        self.is_echo = options
            .iter()
            .any(|option| LcpKind(option.kind) == LcpKind::MAGIC_NUMBER && own.is_some_and(|own| option.value == own));
        self.declines = None;
        if !self.is_echo && !matches!(self.side, AuthSide::Authenticator(_)) {
            self.note_demand(options);
        }
    }

    fn answered(&mut self, code: Code) {
        if let Some(demand) = self.declines.filter(|_| code == Code::CONFIGURE_NAK && !self.again) {
            self.declined.push(demand);
        }
    }

    fn judge(&mut self, option: Opt<'_>, rng: &mut dyn CryptoRng) -> Verdict {
        match (LcpKind(option.kind), option.value) {
            // What looks like our own request must first be told apart from it: nothing else of it counts.
            (kind, _) if self.is_echo && kind != LcpKind::MAGIC_NUMBER => Verdict::Accept,
            (LcpKind::MRU, &[high, low]) => match u16::from_be_bytes([high, low]) {
                mru if mru < MIN_MRU => Verdict::Nak(MIN_MRU.to_be_bytes().to_vec()),
                _ => Verdict::Accept,
            },
            (LcpKind::MRU, _) => Verdict::Nak(DEFAULT_MRU.to_be_bytes().to_vec()),
            // There are no control characters to escape in a datagram; any map will do.
            (LcpKind::ACCM, value) => {
                if value.len() == 4 {
                    Verdict::Accept
                } else {
                    Verdict::Nak(vec![0; 4])
                }
            }
            (LcpKind::AUTH_PROTOCOL, value) => self.judge_auth(value),
            (LcpKind::MAGIC_NUMBER, value) => match <[u8; 4]>::try_from(value).map(u32::from_be_bytes) {
                Ok(magic) if magic != 0 && Some(magic) != self.own_magic => Verdict::Accept,
                other => {
                    // RFC 1661 §6.4: our own number may be chance once, and is a loop when it goes on.
                    if other.is_ok_and(|magic| magic != 0) {
                        self.note_loop();
                    }
                    let suggestion = random_magic(rng);
                    self.suggested_magic = Some(suggestion);
                    Verdict::Nak(suggestion.to_be_bytes().to_vec())
                }
            },
            (LcpKind::PROTOCOL_FIELD_COMPRESSION | LcpKind::ADDRESS_CONTROL_FIELD_COMPRESSION, value) => {
                if value.is_empty() { Verdict::Accept } else { Verdict::Nak(Vec::new()) }
            }
            _ => Verdict::Reject,
        }
    }

    fn adopt(&mut self, options: &[Opt<'_>]) {
        self.peer = PeerOptions::default();
        self.loops = 0;
        for option in options {
            match (LcpKind(option.kind), option.value) {
                (LcpKind::MRU, &[high, low]) => self.peer.mru = Some(u16::from_be_bytes([high, low])),
                (LcpKind::PROTOCOL_FIELD_COMPRESSION, _) => self.peer.pfc = true,
                (LcpKind::ADDRESS_CONTROL_FIELD_COMPRESSION, _) => self.peer.acfc = true,
                (LcpKind::AUTH_PROTOCOL, value) => {
                    self.peer.auth = AuthProtocol::parse(value).ok().and_then(Method::of);
                }
                _ => {}
            }
        }
    }

    fn naked(&mut self, option: Opt<'_>, rng: &mut dyn CryptoRng) {
        match (LcpKind(option.kind), option.value) {
            (LcpKind::MRU, &[high, low]) => {
                let mru = u16::from_be_bytes([high, low]);
                // Nothing stops us from receiving more than we asked for, up to what everybody must be able to.
                if self.own_mru.is_some() && (MIN_MRU..=DEFAULT_MRU).contains(&mru) {
                    self.own_mru = Some(mru);
                }
            }
            (LcpKind::AUTH_PROTOCOL, value) => self.auth_naked(value),
            (LcpKind::MAGIC_NUMBER, value) => {
                let suggestion = <[u8; 4]>::try_from(value).map(u32::from_be_bytes).ok();
                if suggestion.is_some() && suggestion == self.suggested_magic {
                    self.note_loop();
                }
                if self.own_magic.is_some() {
                    self.own_magic = Some(random_magic(rng));
                }
            }
            _ => {}
        }
    }

    fn rejected(&mut self, kind: u8) {
        match LcpKind(kind) {
            LcpKind::MRU => self.own_mru = None,
            LcpKind::MAGIC_NUMBER => self.own_magic = None,
            LcpKind::AUTH_PROTOCOL => self.objection = Some(self.no_common_auth()),
            _ => {}
        }
    }

    fn objection(&self) -> Option<Failure> {
        self.objection.clone()
    }
}

/// A magic number that is not zero (RFC 1661 §6.4).
fn random_magic(rng: &mut dyn CryptoRng) -> u32 {
    rng.next_u32().max(1)
}
