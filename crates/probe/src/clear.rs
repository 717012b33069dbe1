//! L2TP outside IPsec: one question, once. A server that is set up well says nothing.

use std::time::Duration;

use clock::Timestamp;
use observe::network::Icmp;
use wire::l2tp::{
    Control, Message, NoSecret, ResultCode, Sequence, StartControl, StopResult, TunnelConnected, TunnelStopped,
    set_sequence,
};

use crate::Socket;
use crate::attempt::Attempt;
use crate::engine::Context;
use crate::step::{ClearAnswer, Finding, printable};

const WAITS: &[Duration] = &[Duration::from_secs(2)];

pub(crate) struct Clear {
    tunnel: u16,
    attempt: Option<Attempt>,
}

impl Clear {
    pub(crate) fn begin(ctx: &mut Context<'_>) -> Clear {
        let tunnel = (ctx.rng.next_u32() as u16).max(1);
        let start = StartControl {
            protocol_version: 0x0100,
            framing_capabilities: Some(3),
            bearer_capabilities: Some(0),
            tie_breaker: None,
            firmware: None,
            host_name: Some(b"causeway".to_vec()),
            vendor_name: Some(b"Causeway".to_vec()),
            assigned_tunnel: tunnel,
            receive_window: Some(4),
            challenge: None,
            challenge_response: None,
        };
        let message = Message::Sccrq(start).encode(0, 0);
        Clear { tunnel, attempt: Some(Attempt::begin(ctx, Socket::Clear, message, WAITS)) }
    }

    pub(crate) fn handle(&mut self, ctx: &mut Context<'_>, datagram: &[u8]) {
        let Ok(control) = Control::parse(datagram) else { return };
        // A reply without our id is nobody's but ours to read: the socket was used for this alone.
        if control.tunnel != self.tunnel && control.tunnel != 0 {
            return;
        }
        let Some(kind) = control.kind else { return };
        let message = Message::from_attributes(kind, control.attributes(&NoSecret));
        let answer = match message {
            Ok(Message::Sccrp(start)) => {
                self.part(ctx, start.assigned_tunnel, start.challenge.is_none(), control.sequence);
                let text = |octets: Option<Vec<u8>>| octets.map(|octets| printable(&octets)).unwrap_or_default();
                ClearAnswer::Accepted { host: text(start.host_name), vendor: text(start.vendor_name) }
            }
            Ok(Message::StopCcn(stopped)) => {
                ClearAnswer::Refused { result: stopped.result.map_or(0, |result| result.result) }
            }
            _ => ClearAnswer::Other,
        };
        self.finish(ctx, answer);
    }

    pub(crate) fn handle_icmp(&mut self, ctx: &mut Context<'_>, kind: Icmp) {
        self.finish(ctx, ClearAnswer::Icmp(kind));
    }

    pub(crate) fn handle_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.attempt.as_mut().is_some_and(|attempt| attempt.on_due(ctx)) {
            self.finish(ctx, ClearAnswer::Silence);
        }
    }

    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.attempt.as_ref().map(Attempt::due)
    }

    pub(crate) fn finish(&mut self, ctx: &mut Context<'_>, answer: ClearAnswer) {
        if let Some(attempt) = self.attempt.take() {
            ctx.step(attempt.began, Finding::Clear { answer });
        }
    }

    /// Ends the tunnel as it is ended by clients, after it was opened: tunnels that stay half-open, and those that are ended
    /// half-open, too, have brought all of IPsec to a standstill at SoftEther. A server with a challenge is not answered it.
    fn part(&self, ctx: &mut Context<'_>, tunnel: u16, opens: bool, heard: Sequence) {
        let nr = heard.ns.wrapping_add(1);
        if opens {
            let mut message = Message::Scccn(TunnelConnected { challenge_response: None }).encode(tunnel, 0);
            set_sequence(&mut message, Sequence { ns: 1, nr });
            ctx.send(Socket::Clear, message);
        }
        let result = ResultCode { result: StopResult::GENERAL.0, error: None, message: Vec::new() };
        let stopped = TunnelStopped { assigned_tunnel: Some(self.tunnel), result: Some(result) };
        let mut message = Message::StopCcn(stopped).encode(tunnel, 0);
        set_sequence(&mut message, Sequence { ns: 1 + u16::from(opens), nr });
        ctx.send(Socket::Clear, message);
    }
}
