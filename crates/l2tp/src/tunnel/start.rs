//! SCCRQ, SCCRP, SCCCN: how a control connection comes up (RFC 2661 §5.1).

use std::fmt::Debug;

use rand_core::CryptoRng;
use wire::l2tp::{Attributes, Message, MessageType, StartControl, TunnelConnected};

use super::{Context, State, Timer, Tunnel};
use crate::authentication::{challenge, response, verify};
use crate::{AuthenticationFault, Event, Failure, Mismatch, Origin, PeerIdentity, TunnelId};

const PROTOCOL_VERSION: u16 = 0x0100;

/// Synchronous and asynchronous: PPP over IP is neither, and peers differ in which they insist on.
const FRAMING_CAPABILITIES: u32 = 3;

impl<P: Copy + Debug> Tunnel<P> {
    /// Opens a tunnel to `peer`: we are the LAC.
    pub(crate) fn request(context: &mut Context<'_, P>, rng: &mut dyn CryptoRng, peer: P, id: TunnelId) -> Self {
        let challenge = own_challenge(context, rng);
        let mut tunnel = Tunnel::new(peer, id, Origin::Local, State::AwaitReply { challenge }, context);
        let request = tunnel.start_control(context, challenge, None);
        tunnel.send(context, &Message::Sccrq(request), 0);
        tunnel.settle(context);
        tunnel
    }

    /// Answers an SCCRQ of `length` octets with SCCRP, or with StopCCN: we are the LNS.
    pub(crate) fn answer(
        context: &mut Context<'_, P>,
        rng: &mut dyn CryptoRng,
        peer: P,
        id: TunnelId,
        attributes: Attributes,
        length: usize,
    ) -> Self {
        let own = own_challenge(context, rng);
        let mut tunnel = Tunnel::new(peer, id, Origin::Peer, State::AwaitConnect { challenge: own }, context);
        tunnel.channel.meet(attributes.assigned_tunnel.unwrap_or(0), attributes.receive_window);
        tunnel.channel.arrive(0);
        match tunnel.judge_request(context, attributes) {
            Ok(answer) => tunnel.send_reply(context, own, answer, length),
            Err(failure) => tunnel.fail(context, failure),
        }
        tunnel.settle(context);
        tunnel
    }

    /// Takes the peer's description from SCCRQ and gives the answer to its challenge.
    fn judge_request(&mut self, context: &Context<'_, P>, attributes: Attributes) -> Result<Option<[u8; 16]>, Failure> {
        if let Some(problem) = attributes.problem {
            return Err(problem.into());
        }
        let request = match Message::from_attributes(MessageType::SCCRQ, attributes) {
            Ok(Message::Sccrq(request)) => request,
            Ok(other) => return Err(Failure::Misbehaved { expected: self.expected(), got: other.kind() }),
            Err(malformed) => return Err(Failure::Malformed(malformed)),
        };
        self.identify(&request)?;
        answer_to(context, MessageType::SCCRP, request.challenge.as_deref())
    }

    /// Sends SCCRP. What is optional in it is left out if the answer would be longer than the question, so that nobody can
    /// multiply traffic with us.
    fn send_reply(
        &mut self,
        context: &mut Context<'_, P>,
        challenge: Option<[u8; 16]>,
        answer: Option<[u8; 16]>,
        length: usize,
    ) {
        let mut reply = self.start_control(context, challenge, answer);
        if Message::Sccrp(reply.clone()).encode(0, 0).len() > length {
            (reply.vendor_name, reply.firmware) = (None, None);
        }
        self.send(context, &Message::Sccrp(reply), 0);
    }

    /// Takes SCCRP: the tunnel is up, SCCCN says so, and the call follows.
    pub(super) fn replied(
        &mut self,
        context: &mut Context<'_, P>,
        rng: &mut dyn CryptoRng,
        challenge: Option<[u8; 16]>,
        reply: &StartControl,
    ) {
        let proof = self.identify(reply).and_then(|()| {
            let secret = context.config.secret.as_ref();
            verify(MessageType::SCCRP, secret, challenge.as_ref(), reply.challenge_response.as_ref())
                .map_err(Failure::TunnelAuthentication)?;
            answer_to(context, MessageType::SCCCN, reply.challenge.as_deref())
        });
        match proof {
            Ok(challenge_response) => {
                self.send(context, &Message::Scccn(TunnelConnected { challenge_response }), 0);
                self.come_up(context);
                self.place_call(context, rng);
            }
            Err(failure) => self.fail(context, failure),
        }
    }

    /// Takes SCCCN: the tunnel is up.
    pub(super) fn connected(
        &mut self,
        context: &mut Context<'_, P>,
        challenge: Option<[u8; 16]>,
        connected: &TunnelConnected,
    ) {
        let secret = context.config.secret.as_ref();
        match verify(MessageType::SCCCN, secret, challenge.as_ref(), connected.challenge_response.as_ref()) {
            Ok(()) => {
                self.come_up(context);
                self.timers.set(Timer::Empty, context.now + context.config.empty_timeout);
            }
            Err(fault) => self.fail(context, Failure::TunnelAuthentication(fault)),
        }
    }

    fn come_up(&mut self, context: &mut Context<'_, P>) {
        self.state = State::Up;
        self.timers.stop(Timer::Setup);
        self.timers.set(Timer::Hello, context.now + context.config.hello_interval);
        let identity = self.identity.clone();
        context.out.events.push_back(Event::TunnelUp { peer: self.peer, tunnel: self.id, identity });
    }

    /// Takes who the peer is, unless it speaks another version.
    fn identify(&mut self, start: &StartControl) -> Result<(), Failure> {
        self.identity = PeerIdentity {
            host_name: start.host_name.clone(),
            vendor_name: start.vendor_name.clone(),
            firmware: start.firmware,
        };
        // The revision may differ (RFC 2661 §4.4.3).
        if start.protocol_version >> 8 != PROTOCOL_VERSION >> 8 {
            let (theirs, ours) = (start.protocol_version, PROTOCOL_VERSION);
            return Err(Failure::Incompatible(Mismatch::ProtocolVersion { theirs, ours }));
        }
        Ok(())
    }

    fn start_control(
        &self,
        context: &Context<'_, P>,
        challenge: Option<[u8; 16]>,
        challenge_response: Option<[u8; 16]>,
    ) -> StartControl {
        let config = context.config;
        StartControl {
            protocol_version: PROTOCOL_VERSION,
            framing_capabilities: Some(FRAMING_CAPABILITIES),
            bearer_capabilities: None,
            tie_breaker: None,
            firmware: config.firmware,
            host_name: Some(config.host_name.clone().into_bytes()),
            vendor_name: config.vendor_name.clone().map(String::into_bytes),
            assigned_tunnel: self.id.0,
            receive_window: Some(config.receive_window.max(1)),
            challenge: challenge.map(Vec::from),
            challenge_response,
        }
    }
}

fn own_challenge<P>(context: &Context<'_, P>, rng: &mut dyn CryptoRng) -> Option<[u8; 16]> {
    (context.config.challenge_peer && context.config.secret.is_some()).then(|| challenge(rng))
}

fn answer_to<P>(
    context: &Context<'_, P>,
    kind: MessageType,
    challenge: Option<&[u8]>,
) -> Result<Option<[u8; 16]>, Failure> {
    let Some(challenge) = challenge else { return Ok(None) };
    let no_secret = Failure::TunnelAuthentication(AuthenticationFault::NoSecret);
    let secret = context.config.secret.as_ref().ok_or(no_secret)?;
    Ok(Some(response(kind, secret, challenge)))
}
