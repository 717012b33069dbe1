use super::{
    Attribute, Attributes, AvpWriter, MessageType, PppDisconnectCause, ProxyAuthenType, ResultCode, VENDOR_MICROSOFT,
};
use crate::{Layer, Malformed, Problem};

/// The control messages by meaning, with the AVPs that this system uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Start-Control-Connection-Request.
    Sccrq(StartControl),
    /// Start-Control-Connection-Reply.
    Sccrp(StartControl),
    /// Start-Control-Connection-Connected.
    Scccn(TunnelConnected),
    /// Stop-Control-Connection-Notification.
    StopCcn(TunnelStopped),
    /// Keepalive.
    Hello,
    /// Outgoing-Call-Request: the LNS asks the LAC to dial, which is only ever refused; carries the peer's session id.
    Ocrq(u16),
    /// Outgoing-Call-Reply.
    Ocrp,
    /// Outgoing-Call-Connected.
    Occn,
    /// Incoming-Call-Request.
    Icrq(CallRequest),
    /// Incoming-Call-Reply.
    Icrp(CallAnswered),
    /// Incoming-Call-Connected.
    Iccn(CallConnected),
    /// Call-Disconnect-Notify.
    Cdn(CallEnded),
    /// WAN-Error-Notify, of which nothing is used.
    Wen,
    /// Set-Link-Info, of which nothing is used.
    Sli,
    /// A type that RFC 2661 does not define.
    Unknown(MessageType),
}

/// SCCRQ and SCCRP (RFC 2661 §6.1, §6.2), which differ only in the Challenge Response and the Tie Breaker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartControl {
    /// Version and revision; 0x0100 is L2TPv2.
    pub protocol_version: u16,
    /// Bit 0: synchronous framing, bit 1: asynchronous framing. Required by the RFC, not by us.
    pub framing_capabilities: Option<u32>,
    /// Bit 0: digital, bit 1: analog.
    pub bearer_capabilities: Option<u32>,
    /// The sender wants one tunnel only; the lower value wins.
    pub tie_breaker: Option<u64>,
    /// The vendor's own version number.
    pub firmware: Option<u16>,
    /// Name of the sender. Required by the RFC, not by Windows.
    pub host_name: Option<Vec<u8>>,
    /// Product of the sender.
    pub vendor_name: Option<Vec<u8>>,
    /// The sender's id for the tunnel; not zero.
    pub assigned_tunnel: u16,
    /// Control messages that the sender accepts before it has acknowledged them; absent means 4.
    pub receive_window: Option<u16>,
    /// Demands proof of the tunnel secret.
    pub challenge: Option<Vec<u8>>,
    /// Proof of the tunnel secret, in SCCRP only.
    pub challenge_response: Option<[u8; 16]>,
}

/// SCCCN (RFC 2661 §6.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TunnelConnected {
    /// Proof of the tunnel secret.
    pub challenge_response: Option<[u8; 16]>,
}

/// StopCCN (RFC 2661 §6.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TunnelStopped {
    /// The sender's id for the tunnel, by which a receiver finds it that never learnt it.
    pub assigned_tunnel: Option<u16>,
    /// Why.
    pub result: Option<ResultCode>,
}

/// ICRQ (RFC 2661 §6.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRequest {
    /// The sender's id for the session. Zero is not valid, and is refused rather than malformed.
    pub assigned_session: u16,
    /// Number of the call for people. Required by the RFC, not by us.
    pub call_serial: Option<u32>,
    /// Bit 0: digital, bit 1: analog.
    pub bearer_type: Option<u32>,
    /// Port of the sender.
    pub physical_channel: Option<u32>,
    /// Whom the caller called.
    pub called_number: Option<Vec<u8>>,
    /// Who called.
    pub calling_number: Option<Vec<u8>>,
    /// Addition to the called number.
    pub sub_address: Option<Vec<u8>>,
    /// The GUID by which Windows ties the call to its own log.
    pub correlation_id: Option<[u8; 16]>,
}

/// ICRP (RFC 2661 §6.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallAnswered {
    /// The sender's id for the session. Zero is not valid.
    pub assigned_session: u16,
}

/// ICCN (RFC 2661 §6.8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallConnected {
    /// Bits per second towards the caller. Required by the RFC, not by us.
    pub tx_connect_speed: Option<u32>,
    /// Bit 0: synchronous framing, bit 1: asynchronous framing. Required by the RFC, not by us.
    pub framing_type: Option<u32>,
    /// Bits per second from the caller, if different.
    pub rx_connect_speed: Option<u32>,
    /// How the LAC authenticated the caller.
    pub proxy_authen_type: Option<ProxyAuthenType>,
    /// The sender demands numbered data messages.
    pub sequencing_required: bool,
}

/// CDN (RFC 2661 §6.12).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallEnded {
    /// The sender's id for the session, by which a receiver finds it that never learnt it.
    pub assigned_session: Option<u16>,
    /// Why.
    pub result: Option<ResultCode>,
    /// Why PPP ended.
    pub ppp_cause: Option<PppDisconnectCause>,
}

impl Message {
    /// Asks `attributes` for what a message of type `kind` must have. [`Attributes::problem`] is the caller's to judge.
    pub fn from_attributes(kind: MessageType, attributes: Attributes) -> Result<Self, Malformed> {
        let a = attributes;
        Ok(match kind {
            MessageType::SCCRQ => Message::Sccrq(StartControl::from_attributes(a)?),
            MessageType::SCCRP => Message::Sccrp(StartControl::from_attributes(a)?),
            MessageType::SCCCN => Message::Scccn(TunnelConnected { challenge_response: a.challenge_response }),
            MessageType::STOP_CCN => {
                Message::StopCcn(TunnelStopped { assigned_tunnel: a.assigned_tunnel, result: a.result })
            }
            MessageType::HELLO => Message::Hello,
            MessageType::OCRQ => Message::Ocrq(required(a.assigned_session, "Assigned Session ID")?),
            MessageType::OCRP => Message::Ocrp,
            MessageType::OCCN => Message::Occn,
            MessageType::ICRQ => Message::Icrq(CallRequest {
                assigned_session: required(a.assigned_session, "Assigned Session ID")?,
                call_serial: a.call_serial,
                bearer_type: a.bearer_type,
                physical_channel: a.physical_channel,
                called_number: a.called_number,
                calling_number: a.calling_number,
                sub_address: a.sub_address,
                correlation_id: a.correlation_id,
            }),
            MessageType::ICRP => {
                let assigned_session = required(a.assigned_session, "Assigned Session ID")?;
                Message::Icrp(CallAnswered { assigned_session })
            }
            MessageType::ICCN => Message::Iccn(CallConnected {
                tx_connect_speed: a.tx_connect_speed,
                framing_type: a.framing_type,
                rx_connect_speed: a.rx_connect_speed,
                proxy_authen_type: a.proxy_authen_type,
                sequencing_required: a.sequencing_required,
            }),
            MessageType::CDN => Message::Cdn(CallEnded {
                assigned_session: a.assigned_session,
                result: a.result,
                ppp_cause: a.ppp_disconnect_cause,
            }),
            MessageType::WEN => Message::Wen,
            MessageType::SLI => Message::Sli,
            other => Message::Unknown(other),
        })
    }

    /// The type.
    pub const fn kind(&self) -> MessageType {
        match self {
            Message::Sccrq(_) => MessageType::SCCRQ,
            Message::Sccrp(_) => MessageType::SCCRP,
            Message::Scccn(_) => MessageType::SCCCN,
            Message::StopCcn(_) => MessageType::STOP_CCN,
            Message::Hello => MessageType::HELLO,
            Message::Ocrq(_) => MessageType::OCRQ,
            Message::Ocrp => MessageType::OCRP,
            Message::Occn => MessageType::OCCN,
            Message::Icrq(_) => MessageType::ICRQ,
            Message::Icrp(_) => MessageType::ICRP,
            Message::Iccn(_) => MessageType::ICCN,
            Message::Cdn(_) => MessageType::CDN,
            Message::Wen => MessageType::WEN,
            Message::Sli => MessageType::SLI,
            Message::Unknown(kind) => *kind,
        }
    }

    /// The message for the peer's `tunnel` and `session`, with both sequence numbers zero.
    ///
    /// Bearer, firmware, vendor, cause and correlation never have the M bit: some routers refuse them with it.
    pub fn encode(&self, tunnel: u16, session: u16) -> Vec<u8> {
        let writer = AvpWriter::new(tunnel, session, self.kind());
        match self {
            Message::Sccrq(start) | Message::Sccrp(start) => start.write(writer),
            Message::Scccn(connected) => match &connected.challenge_response {
                Some(response) => writer.mandatory(Attribute::CHALLENGE_RESPONSE, response),
                None => writer,
            },
            Message::StopCcn(stopped) => {
                let writer = match stopped.assigned_tunnel {
                    Some(tunnel) => writer.mandatory(Attribute::ASSIGNED_TUNNEL_ID, &tunnel.to_be_bytes()),
                    None => writer,
                };
                match &stopped.result {
                    Some(result) => result.write(writer),
                    None => writer,
                }
            }
            Message::Ocrq(session) => writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &session.to_be_bytes()),
            Message::Icrq(request) => request.write(writer),
            Message::Icrp(answer) => {
                writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &answer.assigned_session.to_be_bytes())
            }
            Message::Iccn(connected) => connected.write(writer),
            Message::Cdn(ended) => ended.write(writer),
            Message::Hello | Message::Ocrp | Message::Occn | Message::Wen | Message::Sli | Message::Unknown(_) => {
                writer
            }
        }
        .finish()
    }
}

impl StartControl {
    fn from_attributes(a: Attributes) -> Result<Self, Malformed> {
        Ok(StartControl {
            protocol_version: required(a.protocol_version, "Protocol Version")?,
            framing_capabilities: a.framing_capabilities,
            bearer_capabilities: a.bearer_capabilities,
            tie_breaker: a.tie_breaker,
            firmware: a.firmware,
            host_name: a.host_name,
            vendor_name: a.vendor_name,
            assigned_tunnel: required(a.assigned_tunnel, "Assigned Tunnel ID")?,
            receive_window: a.receive_window,
            challenge: a.challenge,
            challenge_response: a.challenge_response,
        })
    }

    fn write(&self, mut writer: AvpWriter) -> AvpWriter {
        writer = writer.mandatory(Attribute::PROTOCOL_VERSION, &self.protocol_version.to_be_bytes());
        if let Some(framing) = self.framing_capabilities {
            writer = writer.mandatory(Attribute::FRAMING_CAPABILITIES, &framing.to_be_bytes());
        }
        if let Some(bearer) = self.bearer_capabilities {
            writer = writer.optional(Attribute::BEARER_CAPABILITIES, &bearer.to_be_bytes());
        }
        if let Some(tie_breaker) = self.tie_breaker {
            writer = writer.optional(Attribute::TIE_BREAKER, &tie_breaker.to_be_bytes());
        }
        if let Some(firmware) = self.firmware {
            writer = writer.optional(Attribute::FIRMWARE_REVISION, &firmware.to_be_bytes());
        }
        if let Some(name) = &self.host_name {
            writer = writer.mandatory(Attribute::HOST_NAME, name);
        }
        if let Some(name) = &self.vendor_name {
            writer = writer.optional(Attribute::VENDOR_NAME, name);
        }
        writer = writer.mandatory(Attribute::ASSIGNED_TUNNEL_ID, &self.assigned_tunnel.to_be_bytes());
        if let Some(window) = self.receive_window {
            writer = writer.mandatory(Attribute::RECEIVE_WINDOW_SIZE, &window.to_be_bytes());
        }
        if let Some(challenge) = &self.challenge {
            writer = writer.mandatory(Attribute::CHALLENGE, challenge);
        }
        if let Some(response) = &self.challenge_response {
            writer = writer.mandatory(Attribute::CHALLENGE_RESPONSE, response);
        }
        writer
    }
}

impl CallRequest {
    fn write(&self, mut writer: AvpWriter) -> AvpWriter {
        writer = writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &self.assigned_session.to_be_bytes());
        if let Some(serial) = self.call_serial {
            writer = writer.mandatory(Attribute::CALL_SERIAL_NUMBER, &serial.to_be_bytes());
        }
        if let Some(bearer) = self.bearer_type {
            writer = writer.optional(Attribute::BEARER_TYPE, &bearer.to_be_bytes());
        }
        if let Some(channel) = self.physical_channel {
            writer = writer.optional(Attribute::PHYSICAL_CHANNEL_ID, &channel.to_be_bytes());
        }
        let texts = [
            (Attribute::CALLED_NUMBER, &self.called_number),
            (Attribute::CALLING_NUMBER, &self.calling_number),
            (Attribute::SUB_ADDRESS, &self.sub_address),
        ];
        for (attribute, text) in texts {
            if let Some(text) = text {
                writer = writer.mandatory(attribute, text);
            }
        }
        if let Some(id) = &self.correlation_id {
            writer = writer.vendor(VENDOR_MICROSOFT, 1, id);
        }
        writer
    }
}

impl CallConnected {
    fn write(&self, mut writer: AvpWriter) -> AvpWriter {
        if let Some(speed) = self.tx_connect_speed {
            writer = writer.mandatory(Attribute::TX_CONNECT_SPEED, &speed.to_be_bytes());
        }
        if let Some(framing) = self.framing_type {
            writer = writer.mandatory(Attribute::FRAMING_TYPE, &framing.to_be_bytes());
        }
        if let Some(speed) = self.rx_connect_speed {
            writer = writer.optional(Attribute::RX_CONNECT_SPEED, &speed.to_be_bytes());
        }
        if let Some(kind) = self.proxy_authen_type {
            writer = writer.optional(Attribute::PROXY_AUTHEN_TYPE, &kind.0.to_be_bytes());
        }
        if self.sequencing_required {
            writer = writer.mandatory(Attribute::SEQUENCING_REQUIRED, &[]);
        }
        writer
    }
}

impl CallEnded {
    fn write(&self, mut writer: AvpWriter) -> AvpWriter {
        if let Some(session) = self.assigned_session {
            writer = writer.mandatory(Attribute::ASSIGNED_SESSION_ID, &session.to_be_bytes());
        }
        if let Some(result) = &self.result {
            writer = result.write(writer);
        }
        if let Some(cause) = &self.ppp_cause {
            writer = cause.write(writer);
        }
        writer
    }
}

fn required<T>(value: Option<T>, field: &'static str) -> Result<T, Malformed> {
    value.ok_or(Malformed { layer: Layer::L2tp, field, offset: super::CONTROL_HEADER_LEN, problem: Problem::Missing })
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
