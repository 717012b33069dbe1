use super::{CallResult, ControlResult, DisconnectResult, ErrorCode, MessageType, StopReason};
use crate::{Layer, Malformed, Problem, Reader};

/// The longest message that is defined: Incoming-Call-Request, 220 octets (RFC 2637 §2.9).
pub const MAX_MESSAGE: usize = 220;

const HEADER_LEN: usize = 12;
const CONTROL: u16 = 1;
const MAGIC: u32 = 0x1a2b_3c4d;

/// The control messages of a client that calls and a server that answers. What only a server with modems needs is named and not
/// taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Start-Control-Connection-Request.
    StartRequest(StartRequest),
    /// Start-Control-Connection-Reply.
    StartReply(StartReply),
    /// Stop-Control-Connection-Request.
    StopRequest(StopReason),
    /// Stop-Control-Connection-Reply: the result, 1 for success, and the error.
    StopReply(u8, ErrorCode),
    /// Echo-Request with its identifier.
    EchoRequest(u32),
    /// Echo-Reply with the identifier of the request, the result, 1 for success, and the error.
    EchoReply(u32, u8, ErrorCode),
    /// Outgoing-Call-Request.
    CallRequest(CallRequest),
    /// Outgoing-Call-Reply.
    CallAnswer(CallAnswer),
    /// Call-Clear-Request, with the call id of its sender.
    CallClear(u16),
    /// Call-Disconnect-Notify.
    CallDisconnect(CallDisconnect),
    /// Set-Link-Info.
    LinkInfo(LinkInfo),
    /// Another type, with what follows it.
    Other(MessageType, Vec<u8>),
}

/// Start-Control-Connection-Request (RFC 2637 §2.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartRequest {
    /// Version and revision: 0x0100.
    pub version: u16,
    /// Bit 0: asynchronous framing, bit 1: synchronous framing.
    pub framing: u32,
    /// Bit 0: analog, bit 1: digital.
    pub bearer: u32,
    /// Calls that the sender supports at once; zero in a client.
    pub channels: u16,
    /// The sender's own version number.
    pub firmware: u16,
    /// Name of the sender, at most 64 octets.
    pub host_name: Vec<u8>,
    /// Product of the sender, at most 64 octets.
    pub vendor: Vec<u8>,
}

/// Start-Control-Connection-Reply (RFC 2637 §2.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartReply {
    /// Whether the connection is taken.
    pub result: ControlResult,
    /// More about a general error.
    pub error: ErrorCode,
    /// What the sender is.
    pub sender: StartRequest,
}

/// Outgoing-Call-Request (RFC 2637 §2.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRequest {
    /// The sender's id of the call, which is the key of GRE packets to it.
    pub call: u16,
    /// Number of the call for people.
    pub serial: u16,
    /// Lowest speed in bits per second.
    pub minimum_speed: u32,
    /// Highest speed in bits per second.
    pub maximum_speed: u32,
    /// 1 analog, 2 digital, 3 either.
    pub bearer: u32,
    /// 1 asynchronous, 2 synchronous, 3 either.
    pub framing: u32,
    /// Packets that the sender buffers.
    pub window: u16,
    /// Delay in tenths of a second.
    pub delay: u16,
    /// The number to dial, at most 64 octets; empty over the Internet.
    pub number: Vec<u8>,
    /// Addition to the number, at most 64 octets.
    pub sub_address: Vec<u8>,
}

/// Outgoing-Call-Reply (RFC 2637 §2.8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallAnswer {
    /// The sender's id of the call.
    pub call: u16,
    /// The receiver's id of the call.
    pub peer_call: u16,
    /// Whether the call is taken.
    pub result: CallResult,
    /// More about a general error.
    pub error: ErrorCode,
    /// More about a result, by ITU Q.931.
    pub cause: u16,
    /// Speed in bits per second.
    pub speed: u32,
    /// Packets that the sender buffers.
    pub window: u16,
    /// Delay in tenths of a second.
    pub delay: u16,
    /// The line.
    pub channel: u32,
}

/// Call-Disconnect-Notify (RFC 2637 §2.13).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallDisconnect {
    /// The sender's id of the call.
    pub call: u16,
    /// Why it ended.
    pub result: DisconnectResult,
    /// More about a general error.
    pub error: ErrorCode,
    /// More about a result, by ITU Q.931.
    pub cause: u16,
    /// What the line counted, as text of at most 128 octets.
    pub statistics: Vec<u8>,
}

/// Set-Link-Info (RFC 2637 §2.15), which has no effect on GRE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkInfo {
    /// The receiver's id of the call.
    pub peer_call: u16,
    /// Characters to be escaped in what is sent.
    pub send_accm: u32,
    /// Characters to be escaped in what is received.
    pub receive_accm: u32,
}

/// The first message of a stream, and how many octets it takes; `None` while it is not complete.
///
/// # Errors
/// What stands there is no control message: the stream cannot be read on.
pub fn frame(stream: &[u8]) -> Result<Option<(&[u8], usize)>, Malformed> {
    let Some(length) = stream.first_chunk().map(|&octets| usize::from(u16::from_be_bytes(octets))) else {
        return Ok(None);
    };
    if !(HEADER_LEN..=MAX_MESSAGE).contains(&length) {
        let problem = Problem::BadLength { got: length, min: HEADER_LEN, max: MAX_MESSAGE };
        return Err(Malformed { layer: Layer::Pptp, field: "length", offset: 0, problem });
    }
    Ok(stream.get(..length).map(|message| (message, length)))
}

impl Message {
    /// Reads one message, which [`frame`] has found. Octets behind what is defined are ignored.
    pub fn parse(message: &[u8]) -> Result<Message, Malformed> {
        let mut reader = Reader::new(Layer::Pptp, message);
        reader.u16("length")?;
        let at_type = reader.clone();
        let kind = reader.u16("PPTP message type")?;
        if kind != CONTROL {
            return Err(at_type.error("PPTP message type", Problem::BadValue { got: kind.into() }));
        }
        let at_magic = reader.clone();
        let magic = reader.u32("magic cookie")?;
        if magic != MAGIC {
            return Err(at_magic.error("magic cookie", Problem::BadValue { got: magic.into() }));
        }
        let kind = MessageType(reader.u16("control message type")?);
        reader.u16("reserved")?;
        let r = &mut reader;
        Ok(match kind {
            MessageType::START_REQUEST => {
                let version = r.u16("protocol version")?;
                r.u16("reserved")?;
                Message::StartRequest(StartRequest::read(r, version)?)
            }
            MessageType::START_REPLY => {
                let version = r.u16("protocol version")?;
                let (result, error) = (ControlResult(r.u8("result code")?), ErrorCode(r.u8("error code")?));
                Message::StartReply(StartReply { result, error, sender: StartRequest::read(r, version)? })
            }
            MessageType::STOP_REQUEST => Message::StopRequest(StopReason(r.u8("reason")?)),
            MessageType::STOP_REPLY => Message::StopReply(r.u8("result code")?, ErrorCode(r.u8("error code")?)),
            MessageType::ECHO_REQUEST => Message::EchoRequest(r.u32("identifier")?),
            MessageType::ECHO_REPLY => {
                Message::EchoReply(r.u32("identifier")?, r.u8("result code")?, ErrorCode(r.u8("error code")?))
            }
            MessageType::OUTGOING_CALL_REQUEST => Message::CallRequest(CallRequest::read(r)?),
            MessageType::OUTGOING_CALL_REPLY => Message::CallAnswer(CallAnswer::read(r)?),
            MessageType::CALL_CLEAR_REQUEST => Message::CallClear(r.u16("call ID")?),
            MessageType::CALL_DISCONNECT_NOTIFY => Message::CallDisconnect(CallDisconnect::read(r)?),
            MessageType::SET_LINK_INFO => {
                let peer_call = r.u16("peer's call ID")?;
                r.u16("reserved")?;
                Message::LinkInfo(LinkInfo {
                    peer_call,
                    send_accm: r.u32("send ACCM")?,
                    receive_accm: r.u32("receive ACCM")?,
                })
            }
            other => Message::Other(other, r.rest().to_vec()),
        })
    }

    /// The type.
    pub const fn kind(&self) -> MessageType {
        match self {
            Message::StartRequest(_) => MessageType::START_REQUEST,
            Message::StartReply(_) => MessageType::START_REPLY,
            Message::StopRequest(_) => MessageType::STOP_REQUEST,
            Message::StopReply(..) => MessageType::STOP_REPLY,
            Message::EchoRequest(_) => MessageType::ECHO_REQUEST,
            Message::EchoReply(..) => MessageType::ECHO_REPLY,
            Message::CallRequest(_) => MessageType::OUTGOING_CALL_REQUEST,
            Message::CallAnswer(_) => MessageType::OUTGOING_CALL_REPLY,
            Message::CallClear(_) => MessageType::CALL_CLEAR_REQUEST,
            Message::CallDisconnect(_) => MessageType::CALL_DISCONNECT_NOTIFY,
            Message::LinkInfo(_) => MessageType::SET_LINK_INFO,
            Message::Other(kind, _) => *kind,
        }
    }

    /// The result that it carries, and the error where it has a place for one. A Stop-Control-Connection-Request has a reason in
    /// the place of a result.
    pub const fn result(&self) -> Option<(u8, Option<ErrorCode>)> {
        match self {
            Message::StartReply(reply) => Some((reply.result.0, Some(reply.error))),
            Message::StopRequest(reason) => Some((reason.0, None)),
            Message::StopReply(result, error) | Message::EchoReply(_, result, error) => Some((*result, Some(*error))),
            Message::CallAnswer(answer) => Some((answer.result.0, Some(answer.error))),
            Message::CallDisconnect(end) => Some((end.result.0, Some(end.error))),
            Message::StartRequest(_)
            | Message::EchoRequest(_)
            | Message::CallRequest(_)
            | Message::CallClear(_)
            | Message::LinkInfo(_)
            | Message::Other(..) => None,
        }
    }

    /// The message.
    pub fn emit(&self) -> Vec<u8> {
        let mut out = Writer::new(self.kind());
        match self {
            Message::StartRequest(start) => {
                out.u16(start.version).u16(0);
                start.write(&mut out);
            }
            Message::StartReply(reply) => {
                out.u16(reply.sender.version).octets(&[reply.result.0, reply.error.0]);
                reply.sender.write(&mut out);
            }
            Message::StopRequest(reason) => {
                out.octets(&[reason.0, 0, 0, 0]);
            }
            Message::StopReply(result, error) => {
                out.octets(&[*result, error.0, 0, 0]);
            }
            Message::EchoRequest(identifier) => {
                out.u32(*identifier);
            }
            Message::EchoReply(identifier, result, error) => {
                out.u32(*identifier).octets(&[*result, error.0, 0, 0]);
            }
            Message::CallRequest(request) => request.write(&mut out),
            Message::CallAnswer(answer) => answer.write(&mut out),
            Message::CallClear(call) => {
                out.u16(*call).u16(0);
            }
            Message::CallDisconnect(ended) => ended.write(&mut out),
            Message::LinkInfo(info) => {
                out.u16(info.peer_call).u16(0).u32(info.send_accm).u32(info.receive_accm);
            }
            Message::Other(_, rest) => {
                out.octets(rest);
            }
        }
        out.finish()
    }
}

impl StartRequest {
    fn read(r: &mut Reader<'_>, version: u16) -> Result<StartRequest, Malformed> {
        Ok(StartRequest {
            version,
            framing: r.u32("framing capabilities")?,
            bearer: r.u32("bearer capabilities")?,
            channels: r.u16("maximum channels")?,
            firmware: r.u16("firmware revision")?,
            host_name: text(r.bytes("host name", 64)?),
            vendor: text(r.bytes("vendor string", 64)?),
        })
    }

    fn write(&self, out: &mut Writer) {
        out.u32(self.framing).u32(self.bearer).u16(self.channels).u16(self.firmware);
        out.padded(&self.host_name, 64).padded(&self.vendor, 64);
    }
}

impl CallRequest {
    fn read(r: &mut Reader<'_>) -> Result<CallRequest, Malformed> {
        let (call, serial) = (r.u16("call ID")?, r.u16("call serial number")?);
        let (minimum_speed, maximum_speed) = (r.u32("minimum BPS")?, r.u32("maximum BPS")?);
        let (bearer, framing) = (r.u32("bearer type")?, r.u32("framing type")?);
        let (window, delay) = (r.u16("packet window")?, r.u16("processing delay")?);
        let number_len = usize::from(r.u16("phone number length")?);
        r.u16("reserved")?;
        let mut number = r.bytes("phone number", 64)?.to_vec();
        number.truncate(number_len);
        let sub_address = text(r.bytes("subaddress", 64)?);
        let request = CallRequest {
            call,
            serial,
            minimum_speed,
            maximum_speed,
            bearer,
            framing,
            window,
            delay,
            number,
            sub_address,
        };
        Ok(request)
    }

    fn write(&self, out: &mut Writer) {
        out.u16(self.call).u16(self.serial).u32(self.minimum_speed).u32(self.maximum_speed);
        out.u32(self.bearer).u32(self.framing).u16(self.window).u16(self.delay);
        let number = self.number.get(..64).unwrap_or(&self.number);
        out.u16(u16::try_from(number.len()).unwrap_or(64)).u16(0).padded(number, 64).padded(&self.sub_address, 64);
    }
}

impl CallAnswer {
    fn read(r: &mut Reader<'_>) -> Result<CallAnswer, Malformed> {
        Ok(CallAnswer {
            call: r.u16("call ID")?,
            peer_call: r.u16("peer's call ID")?,
            result: CallResult(r.u8("result code")?),
            error: ErrorCode(r.u8("error code")?),
            cause: r.u16("cause code")?,
            speed: r.u32("connect speed")?,
            window: r.u16("packet window")?,
            delay: r.u16("processing delay")?,
            channel: r.u32("physical channel")?,
        })
    }

    fn write(&self, out: &mut Writer) {
        out.u16(self.call).u16(self.peer_call).octets(&[self.result.0, self.error.0]).u16(self.cause);
        out.u32(self.speed).u16(self.window).u16(self.delay).u32(self.channel);
    }
}

impl CallDisconnect {
    fn read(r: &mut Reader<'_>) -> Result<CallDisconnect, Malformed> {
        let call = r.u16("call ID")?;
        let (result, error) = (DisconnectResult(r.u8("result code")?), ErrorCode(r.u8("error code")?));
        let cause = r.u16("cause code")?;
        r.u16("reserved")?;
        Ok(CallDisconnect { call, result, error, cause, statistics: text(r.bytes("call statistics", 128)?) })
    }

    fn write(&self, out: &mut Writer) {
        out.u16(self.call).octets(&[self.result.0, self.error.0]).u16(self.cause).u16(0).padded(&self.statistics, 128);
    }
}

/// A text field up to its first zero.
fn text(field: &[u8]) -> Vec<u8> {
    field.iter().copied().take_while(|&octet| octet != 0).collect()
}

struct Writer(Vec<u8>);

impl Writer {
    fn new(kind: MessageType) -> Writer {
        let mut out = Writer(Vec::with_capacity(MAX_MESSAGE));
        out.u16(0).u16(CONTROL).u32(MAGIC).u16(kind.0).u16(0);
        out
    }

    fn octets(&mut self, octets: &[u8]) -> &mut Writer {
        self.0.extend_from_slice(octets);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Writer {
        self.octets(&value.to_be_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Writer {
        self.octets(&value.to_be_bytes())
    }

    /// A text field of `size` octets: what is longer is cut, and what is shorter is filled with zeros.
    fn padded(&mut self, text: &[u8], size: usize) -> &mut Writer {
        let end = self.0.len() + size;
        self.octets(text.get(..size).unwrap_or(text));
        self.0.resize(end, 0);
        self
    }

    fn finish(mut self) -> Vec<u8> {
        let length = u16::try_from(self.0.len()).expect("messages are short");
        self.0[..2].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn start() -> StartRequest {
        StartRequest {
            version: 0x0100,
            framing: 1,
            bearer: 1,
            channels: 0,
            firmware: 0x0893,
            host_name: Vec::new(),
            vendor: b"Microsoft".to_vec(),
        }
    }

    #[test]
    fn messages_have_the_lengths_of_the_rfc() {
        let call = CallRequest {
            call: 1,
            serial: 2,
            minimum_speed: 300,
            maximum_speed: 100_000_000,
            bearer: 3,
            framing: 3,
            window: 64,
            delay: 0,
            number: b"12".to_vec(),
            sub_address: Vec::new(),
        };
        let ended = CallDisconnect {
            call: 1,
            result: DisconnectResult::REQUEST,
            error: ErrorCode::NONE,
            cause: 0,
            statistics: b"none".to_vec(),
        };
        let messages = [
            (Message::StartRequest(start()), 156),
            (Message::StopRequest(StopReason::NONE), 16),
            (Message::StopReply(1, ErrorCode::NONE), 16),
            (Message::EchoRequest(7), 16),
            (Message::EchoReply(7, 1, ErrorCode::NONE), 20),
            (Message::CallRequest(call), 168),
            (Message::CallClear(1), 16),
            (Message::CallDisconnect(ended), 148),
            (Message::LinkInfo(LinkInfo { peer_call: 1, send_accm: u32::MAX, receive_accm: u32::MAX }), 24),
        ];
        for (message, length) in messages {
            let octets = message.emit();
            assert_eq!(octets.len(), length, "{message:?}");
            assert_eq!(frame(&octets), Ok(Some((&octets[..], length))));
            assert_eq!(Message::parse(&octets), Ok(message));
        }
    }

    #[test]
    fn a_reply_carries_result_error_vendor_and_firmware() {
        let reply = StartReply { result: ControlResult::SUCCESS, error: ErrorCode::NONE, sender: start() };
        let octets = Message::StartReply(reply.clone()).emit();
        assert_eq!((octets.len(), &octets[..16]), (156, &b"\0\x9c\0\x01\x1a\x2b\x3c\x4d\0\x02\0\0\x01\0\x01\0"[..]));
        assert_eq!(Message::parse(&octets), Ok(Message::StartReply(reply)));
    }

    #[test]
    fn a_stream_is_cut_into_messages_and_garbage_ends_it() {
        let mut stream = Message::EchoRequest(1).emit();
        stream.extend(Message::CallClear(2).emit());
        let (first, taken) = frame(&stream).unwrap().unwrap();
        assert_eq!(Message::parse(first), Ok(Message::EchoRequest(1)));
        let rest = &stream[taken..];
        assert_eq!(frame(&rest[..10]), Ok(None));
        assert_eq!(Message::parse(frame(rest).unwrap().unwrap().0), Ok(Message::CallClear(2)));
        assert!(frame(b"SSH-2.0-OpenSSH").is_err());
        assert!(Message::parse(b"\0\x10\0\x01SSH-2.0-OpenS").is_err());
    }

    proptest! {
        #[test]
        fn no_octets_make_reading_panic_and_what_is_read_comes_back(
            kind in 0_u16..20,
            body in proptest::collection::vec(any::<u8>(), 0..208),
            garbage in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = frame(&garbage).map(|found| found.map(|(message, _)| Message::parse(message)));
            if let Ok(message) = Message::parse(&Message::Other(MessageType(kind), body).emit()) {
                prop_assert_eq!(Message::parse(&message.emit()), Ok(message));
            }
        }
    }
}
