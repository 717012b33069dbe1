use super::{
    Attribute, Avp, AvpWriter, Avps, DisconnectCode, ErrorCode, ProxyAuthenType, VENDOR_IETF, VENDOR_MICROSOFT,
};
use crate::{Malformed, Problem, Reader};

/// Number of Microsoft's correlation id among its attributes ([MS-L2TPIE] 2.2.1).
const MICROSOFT_CORRELATION_ID: u16 = 1;

/// Opens hidden AVPs (RFC 2661 §4.3). The formats know where they are; the secret is somebody else's.
pub trait Unhide {
    /// The plain value of a hidden AVP without its inner length and padding, or `None` when it cannot be opened.
    /// `random_vector` is the value of the Random Vector AVP that last preceded it.
    fn unhide(&self, attribute: u16, random_vector: &[u8], value: &[u8]) -> Option<Vec<u8>>;
}

/// The side that has no secret and can open nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoSecret;

impl Unhide for NoSecret {
    fn unhide(&self, _attribute: u16, _random_vector: &[u8], _value: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// Why a message's AVPs end the tunnel or the call (RFC 2661 §4.1, §7.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AvpProblem {
    /// The list or a mandatory AVP is not what it should be.
    Malformed(Malformed),
    /// An AVP with the M bit is unknown, hidden without a way to open it, or has reserved bits.
    UnknownMandatory {
        /// Whose attribute it is.
        vendor: u16,
        /// The attribute.
        attribute: u16,
    },
}

/// Why a tunnel or call ends: the Result Code AVP (RFC 2661 §4.4.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResultCode {
    /// A [`StopResult`](super::StopResult) in a StopCCN, a [`CallResult`](super::CallResult) in a CDN.
    pub result: u16,
    /// The error code, which may be absent.
    pub error: Option<ErrorCode>,
    /// The text after the error code: UTF-8 if the peer keeps to the RFC.
    pub message: Vec<u8>,
}

impl ResultCode {
    fn parse(avp: &Avp<'_>) -> Result<Self, Malformed> {
        let mut reader = Reader::new(crate::Layer::L2tp, avp.value);
        let result = reader.u16("Result Code")?;
        // macOS sends the code in little-endian order; no defined code has only its high octet.
        let result = if result & 0x00ff == 0 { result.swap_bytes() } else { result };
        let error = if reader.is_empty() { None } else { Some(ErrorCode(reader.u16("Error Code")?)) };
        Ok(ResultCode { result, error, message: reader.rest().to_vec() })
    }

    pub(super) fn write(&self, writer: AvpWriter) -> AvpWriter {
        let mut value = self.result.to_be_bytes().to_vec();
        if let Some(error) = self.error {
            value.extend(error.0.to_be_bytes());
            value.extend(&self.message);
        }
        writer.mandatory(Attribute::RESULT_CODE, &value)
    }
}

/// Why PPP ended, beside a CDN's result: AVP 46 (RFC 3145).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PppDisconnectCause {
    /// The cause.
    pub code: DisconnectCode,
    /// The PPP protocol number that was at fault, or zero.
    pub protocol: u16,
    /// 0: global error, 1: at the peer, 2: locally, as the sender of the AVP sees it.
    pub direction: u8,
    /// Text for people: UTF-8 if the peer keeps to the RFC.
    pub message: Vec<u8>,
}

impl PppDisconnectCause {
    fn parse(avp: &Avp<'_>) -> Result<Self, Malformed> {
        let mut reader = Reader::new(crate::Layer::L2tp, avp.value);
        Ok(PppDisconnectCause {
            code: DisconnectCode(reader.u16("Disconnect Code")?),
            protocol: reader.u16("Control Protocol Number")?,
            direction: reader.u8("Direction")?,
            message: reader.rest().to_vec(),
        })
    }

    pub(super) fn write(&self, writer: AvpWriter) -> AvpWriter {
        let mut value = self.code.0.to_be_bytes().to_vec();
        value.extend(self.protocol.to_be_bytes());
        value.push(self.direction);
        value.extend(&self.message);
        writer.optional(Attribute::PPP_DISCONNECT_CAUSE, &value)
    }
}

/// What the AVPs of one control message say, whatever its type.
///
/// Reading does not stop at a problem: a refusal must be addressed, and the peer's ids may stand behind what is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "each field is the AVP of its name")]
pub struct Attributes {
    /// The first thing that ends the tunnel or the call.
    pub problem: Option<AvpProblem>,
    /// AVPs that were passed over: unknown, malformed or repeated, without the M bit.
    pub ignored: usize,
    pub result: Option<ResultCode>,
    pub protocol_version: Option<u16>,
    pub framing_capabilities: Option<u32>,
    pub bearer_capabilities: Option<u32>,
    pub tie_breaker: Option<u64>,
    pub firmware: Option<u16>,
    pub host_name: Option<Vec<u8>>,
    pub vendor_name: Option<Vec<u8>>,
    pub assigned_tunnel: Option<u16>,
    pub receive_window: Option<u16>,
    pub challenge: Option<Vec<u8>>,
    pub challenge_response: Option<[u8; 16]>,
    /// Zero is kept: a call with it is refused, not malformed.
    pub assigned_session: Option<u16>,
    pub call_serial: Option<u32>,
    pub bearer_type: Option<u32>,
    pub framing_type: Option<u32>,
    pub called_number: Option<Vec<u8>>,
    pub calling_number: Option<Vec<u8>>,
    pub sub_address: Option<Vec<u8>>,
    pub tx_connect_speed: Option<u32>,
    pub rx_connect_speed: Option<u32>,
    pub physical_channel: Option<u32>,
    pub proxy_authen_type: Option<ProxyAuthenType>,
    pub sequencing_required: bool,
    pub ppp_disconnect_cause: Option<PppDisconnectCause>,
    /// The GUID by which Windows ties the call to its own log.
    pub correlation_id: Option<[u8; 16]>,
}

impl Attributes {
    pub(super) fn read(avps: Avps<'_>, unhide: &dyn Unhide) -> Self {
        let mut attributes = Attributes::default();
        let mut random_vector: &[u8] = &[];
        for avp in avps {
            let avp = match avp {
                Ok(avp) => avp,
                Err(malformed) => {
                    attributes.fail(AvpProblem::Malformed(malformed));
                    break;
                }
            };
            let unknown = AvpProblem::UnknownMandatory { vendor: avp.vendor, attribute: avp.attribute };
            let is_vector = avp.vendor == VENDOR_IETF && avp.attribute == Attribute::RANDOM_VECTOR.0;
            let outcome = if avp.reserved != 0 {
                Err(unknown)
            } else if is_vector && !avp.hidden {
                random_vector = avp.value;
                Ok(())
            } else if avp.hidden {
                match unhide.unhide(avp.attribute, random_vector, avp.value) {
                    Some(value) => attributes.set(&Avp { value: &value, ..avp.clone() }),
                    None => Err(unknown),
                }
            } else {
                attributes.set(&avp)
            };
            match outcome {
                Ok(()) => {}
                Err(problem) if avp.mandatory => attributes.fail(problem),
                // A malformed AVP counts as an unknown one when it can be passed over (RFC 2661 §7.1).
                Err(_) => attributes.ignored += 1,
            }
        }
        attributes
    }

    fn fail(&mut self, problem: AvpProblem) {
        self.problem.get_or_insert(problem);
    }

    fn set(&mut self, avp: &Avp<'_>) -> Result<(), AvpProblem> {
        let unknown = AvpProblem::UnknownMandatory { vendor: avp.vendor, attribute: avp.attribute };
        match (avp.vendor, avp.attribute) {
            (VENDOR_IETF, attribute) => self.set_ietf(avp, Attribute(attribute), unknown),
            (VENDOR_MICROSOFT, MICROSOFT_CORRELATION_ID) => once(&mut self.correlation_id, avp, avp.fixed()),
            _ => Err(unknown),
        }
    }

    fn set_ietf(&mut self, avp: &Avp<'_>, attribute: Attribute, unknown: AvpProblem) -> Result<(), AvpProblem> {
        match attribute {
            Attribute::RESULT_CODE => once(&mut self.result, avp, ResultCode::parse(avp).map_err(|e| shifted(e, avp))),
            Attribute::PROTOCOL_VERSION => once(&mut self.protocol_version, avp, avp.u16()),
            Attribute::FRAMING_CAPABILITIES => once(&mut self.framing_capabilities, avp, avp.u32()),
            Attribute::BEARER_CAPABILITIES => once(&mut self.bearer_capabilities, avp, avp.u32()),
            Attribute::TIE_BREAKER => once(&mut self.tie_breaker, avp, avp.fixed().map(u64::from_be_bytes)),
            Attribute::FIRMWARE_REVISION => once(&mut self.firmware, avp, avp.u16()),
            Attribute::HOST_NAME => once(&mut self.host_name, avp, avp.text()),
            Attribute::VENDOR_NAME => once(&mut self.vendor_name, avp, avp.text()),
            Attribute::ASSIGNED_TUNNEL_ID => once(&mut self.assigned_tunnel, avp, nonzero(avp)),
            Attribute::RECEIVE_WINDOW_SIZE => once(&mut self.receive_window, avp, avp.u16()),
            Attribute::CHALLENGE => once(&mut self.challenge, avp, avp.text()),
            Attribute::CHALLENGE_RESPONSE => once(&mut self.challenge_response, avp, avp.fixed()),
            Attribute::ASSIGNED_SESSION_ID => once(&mut self.assigned_session, avp, avp.u16()),
            Attribute::CALL_SERIAL_NUMBER => once(&mut self.call_serial, avp, avp.u32()),
            Attribute::BEARER_TYPE => once(&mut self.bearer_type, avp, avp.u32()),
            Attribute::FRAMING_TYPE => once(&mut self.framing_type, avp, avp.u32()),
            Attribute::CALLED_NUMBER => once(&mut self.called_number, avp, Ok(avp.value.to_vec())),
            Attribute::CALLING_NUMBER => once(&mut self.calling_number, avp, Ok(avp.value.to_vec())),
            Attribute::SUB_ADDRESS => once(&mut self.sub_address, avp, Ok(avp.value.to_vec())),
            Attribute::TX_CONNECT_SPEED => once(&mut self.tx_connect_speed, avp, avp.u32()),
            Attribute::RX_CONNECT_SPEED => once(&mut self.rx_connect_speed, avp, avp.u32()),
            Attribute::PHYSICAL_CHANNEL_ID => once(&mut self.physical_channel, avp, avp.u32()),
            Attribute::PROXY_AUTHEN_TYPE => once(&mut self.proxy_authen_type, avp, avp.u16().map(ProxyAuthenType)),
            Attribute::PPP_DISCONNECT_CAUSE => {
                let cause = PppDisconnectCause::parse(avp).map_err(|e| shifted(e, avp));
                once(&mut self.ppp_disconnect_cause, avp, cause)
            }
            Attribute::SEQUENCING_REQUIRED => {
                self.sequencing_required = true;
                Ok(())
            }
            // Known, and of no consequence to a call that carries PPP over IP: what the LAC negotiated or measured before.
            Attribute::MESSAGE_TYPE
            | Attribute::Q931_CAUSE
            | Attribute::MINIMUM_BPS
            | Attribute::MAXIMUM_BPS
            | Attribute::INITIAL_LCP_CONFREQ
            | Attribute::LAST_SENT_LCP_CONFREQ
            | Attribute::LAST_RECEIVED_LCP_CONFREQ
            | Attribute::PROXY_AUTHEN_NAME
            | Attribute::PROXY_AUTHEN_CHALLENGE
            | Attribute::PROXY_AUTHEN_ID
            | Attribute::PROXY_AUTHEN_RESPONSE
            | Attribute::CALL_ERRORS
            | Attribute::ACCM
            | Attribute::RANDOM_VECTOR
            | Attribute::PRIVATE_GROUP_ID
            | Attribute::RX_MINIMUM_BPS
            | Attribute::RX_MAXIMUM_BPS => Ok(()),
            _ => Err(unknown),
        }
    }
}

/// Puts a value into its field; an AVP that stands twice is ambiguous, and an id must not be.
fn once<T>(field: &mut Option<T>, avp: &Avp<'_>, value: Result<T, Malformed>) -> Result<(), AvpProblem> {
    let value = value.map_err(AvpProblem::Malformed)?;
    if field.is_some() {
        return Err(AvpProblem::Malformed(avp.error(avp.field(), Problem::Repeated)));
    }
    *field = Some(value);
    Ok(())
}

fn nonzero(avp: &Avp<'_>) -> Result<u16, Malformed> {
    match avp.u16()? {
        0 => Err(avp.error(avp.field(), Problem::BadValue { got: 0 })),
        id => Ok(id),
    }
}

/// An error inside the value, told by its offset in the message.
fn shifted(error: Malformed, avp: &Avp<'_>) -> Malformed {
    Malformed { offset: error.offset + avp.offset, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::l2tp::{Control, MessageType};

    fn read(writer: AvpWriter) -> Attributes {
        Control::parse(&writer.finish()).unwrap().attributes(&NoSecret)
    }

    fn cdn() -> AvpWriter {
        AvpWriter::new(1, 2, MessageType::CDN)
    }

    #[test]
    fn a_result_code_without_error_code_is_accepted() {
        let attributes = read(cdn().mandatory(Attribute::RESULT_CODE, &[0, 3]));
        assert_eq!(attributes.problem, None);
        assert_eq!(attributes.result, Some(ResultCode { result: 3, error: None, message: Vec::new() }));
    }

    #[test]
    fn a_result_code_keeps_error_and_text() {
        let attributes = read(cdn().mandatory(Attribute::RESULT_CODE, b"\0\x02\0\x04full"));
        let result = ResultCode { result: 2, error: Some(ErrorCode::NO_RESOURCES), message: b"full".to_vec() };
        assert_eq!(attributes.result, Some(result));
    }

    #[test]
    fn a_swapped_result_code_is_put_right() {
        assert_eq!(read(cdn().mandatory(Attribute::RESULT_CODE, &[1, 0, 0, 0])).result.unwrap().result, 1);
    }

    #[test]
    fn a_result_code_of_a_half_error_code_names_its_place() {
        let attributes = read(cdn().mandatory(Attribute::RESULT_CODE, &[0, 1, 0]));
        let Some(AvpProblem::Malformed(malformed)) = attributes.problem else { panic!("{attributes:?}") };
        assert_eq!((malformed.field, malformed.offset), ("Error Code", 12 + 8 + 6 + 2));
    }

    #[test]
    fn unknown_attributes_matter_only_with_the_mandatory_bit() {
        let attributes = read(cdn().optional(Attribute(999), b"x").vendor(9, 1, b"y"));
        assert_eq!((attributes.problem, attributes.ignored), (None, 2));
        let attributes = read(cdn().mandatory(Attribute(999), b"x").mandatory(Attribute::ASSIGNED_SESSION_ID, &[0, 7]));
        assert_eq!(attributes.problem, Some(AvpProblem::UnknownMandatory { vendor: 0, attribute: 999 }));
        assert_eq!(attributes.assigned_session, Some(7), "reading goes on behind the problem");
    }

    #[test]
    fn reserved_bits_make_an_attribute_unknown() {
        let mut message = cdn().mandatory(Attribute::ASSIGNED_SESSION_ID, &[0, 7]).finish();
        message[20] |= 0x04;
        let attributes = Control::parse(&message).unwrap().attributes(&NoSecret);
        assert_eq!(attributes.problem, Some(AvpProblem::UnknownMandatory { vendor: 0, attribute: 14 }));
        assert_eq!(attributes.assigned_session, None);
    }

    #[test]
    fn a_hidden_attribute_without_a_secret_is_unknown() {
        let attributes = read(cdn().hidden(Attribute::ASSIGNED_SESSION_ID, &[0; 16]));
        assert_eq!(attributes.problem, Some(AvpProblem::UnknownMandatory { vendor: 0, attribute: 14 }));
    }

    #[test]
    fn an_id_that_stands_twice_is_refused() {
        let twice =
            cdn().mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 7]).mandatory(Attribute::ASSIGNED_TUNNEL_ID, &[0, 8]);
        let attributes = read(twice);
        assert_eq!(attributes.assigned_tunnel, Some(7));
        assert!(matches!(
            attributes.problem,
            Some(AvpProblem::Malformed(Malformed { problem: Problem::Repeated, .. }))
        ));
    }
}
