use clock::Timestamp;
use rand_core::CryptoRng;
use wire::Malformed;
use wire::ppp::{Code, Packet, Protocol, TerminateReason};

use crate::auth::{Authenticated, Authentication};
use crate::config::Timing;
use crate::event::{Event, Ipv4Lease, Ipv4Settings, Ipv6Settings, Question};
use crate::failure::{Failure, Incompatible, ProtocolEnd, Refused, Silence, Stage};
use crate::ipcp::{IpcpOptions, requested_address};
use crate::ipv6cp::Ipv6cpOptions;
use crate::negotiation::{Control, Signal};
use crate::output::Output;

/// The network phase: who the peer is, and the network protocols.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) authenticated: Authenticated,
    /// Kept for repeated responses and for challenges that the server repeats.
    pub(crate) authentication: Option<Box<Authentication>>,
    timing: Timing,
    ipcp: Ipcp,
    ipv6cp: Option<Control<Ipv6cpOptions>>,
    pub(crate) ipv4: Option<Ipv4Settings>,
    pub(crate) ipv6: Option<Ipv6Settings>,
    ends: Vec<(Protocol, ProtocolEnd)>,
    was_up: bool,
    /// Whether the session ends with IPCP.
    pub(crate) requires_ipv4: bool,
}

#[derive(Debug)]
enum Ipcp {
    /// Server: nobody asked for an address yet.
    Unasked,
    /// Server: somebody outside finds an address; the peer's last request waits for it.
    Asked { held: Option<Vec<u8>> },
    /// It is negotiated, or was.
    Control(Box<Control<IpcpOptions>>),
}

impl Network {
    pub(crate) fn new(
        authenticated: Authenticated,
        authentication: Option<Box<Authentication>>,
        timing: Timing,
    ) -> Self {
        Network {
            authenticated,
            authentication,
            timing,
            ipcp: Ipcp::Unasked,
            ipv6cp: None,
            ipv4: None,
            ipv6: None,
            ends: Vec::new(),
            was_up: false,
            requires_ipv4: false,
        }
    }

    /// Whether IPv6CP is being negotiated: it is neither up nor at an end.
    pub(crate) fn awaits_ipv6(&self) -> bool {
        let ended = self.ends.iter().any(|(ended, _)| *ended == Protocol::IPV6CP);
        self.ipv6cp.is_some() && self.ipv6.is_none() && !ended
    }

    /// Client: asks for an address.
    pub(crate) fn start_ipcp_client(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        let mut ipcp = Control::new(IpcpOptions::client(), self.timing);
        ipcp.start(now, rng, out);
        self.ipcp = Ipcp::Control(Box::new(ipcp));
    }

    pub(crate) fn start_ipv6cp(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        let mut ipv6cp = Control::new(Ipv6cpOptions::default(), self.timing);
        ipv6cp.start(now, rng, out);
        self.ipv6cp = Some(ipv6cp);
    }

    /// Server: an address was found.
    pub(crate) fn start_ipcp_server(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        lease: Ipv4Lease,
        out: &mut Output,
    ) {
        let mut ipcp = Control::new(IpcpOptions::server(lease), self.timing);
        ipcp.start(now, rng, out);
        if let Ipcp::Asked { held: Some(held) } = std::mem::replace(&mut self.ipcp, Ipcp::Unasked)
            && let Ok(packet) = Packet::parse(&held)
        {
            // Only requests that parsed are held.
            let _ = ipcp.handle(now, rng, packet, out);
        }
        self.ipcp = Ipcp::Control(Box::new(ipcp));
    }

    /// Server: the question for an address, unless it was asked. `packet` is the peer's request, if that is the occasion.
    pub(crate) fn address_question(&mut self, packet: Option<Packet<'_>>) -> Option<Question> {
        let Ipcp::Unasked = self.ipcp else { return None };
        self.ipcp = Ipcp::Asked { held: packet.map(|packet| packet.encode()) };
        let requested = packet.and_then(requested_address);
        Some(Question::Address { user: self.authenticated.user().to_owned(), requested })
    }

    /// # Errors
    /// The packet is malformed and was discarded.
    pub(crate) fn handle_ipcp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<Option<Question>, Malformed> {
        let is_request = Code(packet.code) == Code::CONFIGURE_REQUEST;
        match &mut self.ipcp {
            Ipcp::Unasked if is_request => return Ok(self.address_question(Some(packet))),
            Ipcp::Asked { held } if is_request => *held = Some(packet.encode()),
            Ipcp::Unasked | Ipcp::Asked { .. } => {}
            Ipcp::Control(ipcp) => ipcp.handle(now, rng, packet, out)?,
        }
        Ok(None)
    }

    /// False when IPv6CP is not offered.
    ///
    /// # Errors
    /// The packet is malformed and was discarded.
    pub(crate) fn handle_ipv6cp(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        packet: Packet<'_>,
        out: &mut Output,
    ) -> Result<bool, Malformed> {
        let Some(ipv6cp) = &mut self.ipv6cp else { return Ok(false) };
        ipv6cp.handle(now, rng, packet, out)?;
        Ok(true)
    }

    pub(crate) fn handle_protocol_reject(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        protocol: Protocol,
        out: &mut Output,
    ) {
        match (protocol, &mut self.ipcp, &mut self.ipv6cp) {
            (Protocol::IPCP, Ipcp::Control(ipcp), _) => ipcp.handle_protocol_reject(now, rng, out),
            (Protocol::IPV6CP, _, Some(ipv6cp)) => ipv6cp.handle_protocol_reject(now, rng, out),
            _ => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, out: &mut Output) {
        if let Some(authentication) = &mut self.authentication {
            authentication.handle_timeout(now, out);
        }
        if let Ipcp::Control(ipcp) = &mut self.ipcp {
            ipcp.handle_timeout(now, rng, out);
        }
        if let Some(ipv6cp) = &mut self.ipv6cp {
            ipv6cp.handle_timeout(now, rng, out);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        let ipcp = match &self.ipcp {
            Ipcp::Control(ipcp) => ipcp.poll_timeout(),
            Ipcp::Unasked | Ipcp::Asked { .. } => None,
        };
        let ipv6cp = self.ipv6cp.as_ref().and_then(Control::poll_timeout);
        let authentication = self.authentication.as_ref().and_then(|authentication| authentication.poll_timeout());
        [ipcp, ipv6cp, authentication].into_iter().flatten().min()
    }

    /// Takes what the network protocols have to say.
    ///
    /// # Errors
    /// The session is to end for this reason.
    pub(crate) fn settle(
        &mut self,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        out: &mut Output,
        mut event: impl FnMut(Event),
    ) -> Result<(), Failure> {
        while let Ipcp::Control(ipcp) = &mut self.ipcp
            && let Some(signal) = ipcp.poll_signal()
        {
            match signal {
                Signal::Up => {
                    let settings = ipcp.options.settings().ok_or(Failure::Refused(Refused::NoAddress))?;
                    self.ipv4 = Some(settings);
                    event(Event::Ipv4Up(settings));
                    self.note_up(Protocol::IPCP, &mut event);
                }
                Signal::Down => {
                    if self.ipv4.take().is_some() {
                        event(Event::Ipv4Down);
                    }
                }
                Signal::Finished(end) | Signal::TerminatedEarly(end) => note_end(&mut self.ends, Protocol::IPCP, end),
                Signal::Objection(failure) => abandon(ipcp, failure, now, rng, out)?,
            }
        }
        while let Some(ipv6cp) = &mut self.ipv6cp
            && let Some(signal) = ipv6cp.poll_signal()
        {
            match signal {
                Signal::Up => {
                    let settings = ipv6cp.options.settings();
                    self.ipv6 = Some(settings);
                    event(Event::Ipv6Up(settings));
                    self.note_up(Protocol::IPV6CP, &mut event);
                }
                Signal::Down => {
                    if self.ipv6.take().is_some() {
                        event(Event::Ipv6Down);
                    }
                }
                Signal::Finished(end) | Signal::TerminatedEarly(end) => note_end(&mut self.ends, Protocol::IPV6CP, end),
                Signal::Objection(failure) => abandon(ipv6cp, failure, now, rng, out)?,
            }
        }
        let ended = |protocol| self.ends.iter().any(|(ended, _)| *ended == protocol);
        let alone = self.requires_ipv4 || self.ipv6cp.is_none() || ended(Protocol::IPV6CP);
        if ended(Protocol::IPCP) && alone {
            return Err(self.failure());
        }
        Ok(())
    }

    /// Why there is no network protocol: silence when nothing else happened.
    fn failure(&self) -> Failure {
        let silences = self.ends.iter().map(|(_, end)| match end {
            ProtocolEnd::Silent { attempts, elapsed } => Some((*attempts, *elapsed)),
            _ => None,
        });
        match silences.collect::<Option<Vec<_>>>().and_then(|silences| silences.into_iter().max()) {
            Some((attempts, elapsed)) => Failure::Silence(Silence { stage: Stage::Network, attempts, elapsed }),
            None => self.no_network_protocol(),
        }
    }

    /// How every network protocol stands, as a failure.
    pub(crate) fn no_network_protocol(&self) -> Failure {
        let mut ends = self.ends.clone();
        let offered = [Some(Protocol::IPCP), self.ipv6cp.as_ref().map(|_| Protocol::IPV6CP)];
        for protocol in offered.into_iter().flatten() {
            if !ends.iter().any(|(ended, _)| *ended == protocol) {
                ends.push((protocol, ProtocolEnd::Unfinished));
            }
        }
        Failure::Incompatible(Incompatible::NoNetworkProtocol { ends })
    }

    fn note_up(&mut self, protocol: Protocol, event: &mut impl FnMut(Event)) {
        self.ends.retain(|(ended, _)| *ended != protocol);
        if !std::mem::replace(&mut self.was_up, true) {
            event(Event::Up);
        }
    }
}

/// Notes how a protocol ended; its first end counts.
fn note_end(ends: &mut Vec<(Protocol, ProtocolEnd)>, protocol: Protocol, end: ProtocolEnd) {
    if !ends.iter().any(|(ended, _)| *ended == protocol) {
        ends.push((protocol, end));
    }
}

/// Ends a network protocol whose options cannot be agreed on; another one may still come up.
fn abandon<O: crate::negotiation::OptionList>(
    control: &mut Control<O>,
    failure: Failure,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
    out: &mut Output,
) -> Result<(), Failure> {
    let Failure::Incompatible(Incompatible::NotConverged { rounds, .. }) = failure else {
        return Err(failure);
    };
    let data = TerminateReason { magic: 0, ras: failure.ras() }.encode();
    control.close(now, rng, ProtocolEnd::NotConverged { rounds }, data, out);
    Ok(())
}
