//! EAP (RFC 3748) with its type MS-CHAPv2 (draft-kamath-pppext-eap-mschapv2-02).

use super::auth::{MsChapV2Response, chap_value, encode_chap_value};
use crate::reader::{Layer, Malformed, Problem, Reader};

crate::code_points! {
    /// Codes of EAP (RFC 3748 §4).
    pub struct EapCode(u8) {
        REQUEST = 1 => "Request",
        RESPONSE = 2 => "Response",
        SUCCESS = 3 => "Success",
        FAILURE = 4 => "Failure",
    }
}

crate::code_points! {
    /// Types of EAP requests and responses (RFC 3748 §5 and the IANA registry).
    pub struct EapType(u8) {
        IDENTITY = 1 => "Identity",
        NOTIFICATION = 2 => "Notification",
        NAK = 3 => "Nak",
        MD5_CHALLENGE = 4 => "MD5-Challenge",
        ONE_TIME_PASSWORD = 5 => "One-Time Password",
        TOKEN_CARD = 6 => "Generic Token Card",
        TLS = 13 => "EAP-TLS",
        PEAP = 25 => "PEAP",
        MS_CHAP_V2 = 26 => "EAP-MSCHAPv2",
        EXPANDED = 254 => "expanded type",
    }
}

crate::code_points! {
    /// What a packet of EAP-MSCHAPv2 is (draft-kamath-pppext-eap-mschapv2-02 §2).
    pub struct MsChapOpCode(u8) {
        CHALLENGE = 1 => "Challenge",
        RESPONSE = 2 => "Response",
        SUCCESS = 3 => "Success",
        FAILURE = 4 => "Failure",
        CHANGE_PASSWORD = 7 => "Change-Password",
    }
}

/// The data of an EAP Request or Response (RFC 3748 §4.1). A Success or Failure has none.
///
/// Code, identifier, length and the padding behind it are [`Packet`](super::Packet)'s, whose form EAP shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EapMessage<'a> {
    /// What is asked for or answered.
    pub kind: EapType,
    /// The type's data: a name for an Identity, text for a Notification, the wanted types for a Nak.
    pub data: &'a [u8],
}

impl<'a> EapMessage<'a> {
    /// Reads the data of a Request or Response.
    ///
    /// # Errors
    /// There is no type.
    pub fn parse(data: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::PppAuth, data);
        let kind = EapType(reader.u8("EAP type")?);
        Ok(EapMessage { kind, data: reader.rest() })
    }

    /// The data of a Request or Response.
    pub fn encode(&self) -> Vec<u8> {
        [&[self.kind.0], self.data].concat()
    }
}

/// What the authenticator sends in EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02 §2).
///
/// The identifier is MS-CHAPv2's own, beside that of EAP. No proof covers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EapMsChapV2Request<'a> {
    /// Prove that you know the password.
    Challenge {
        /// MS-CHAPv2-ID.
        id: u8,
        /// The authenticator's challenge.
        challenge: [u8; 16],
        /// The authenticator's name; may be empty.
        name: &'a [u8],
    },
    /// You do, and so do I.
    Success {
        /// MS-CHAPv2-ID.
        id: u8,
        /// `S=<40 hex digits> M=<text>` (RFC 2759 §5).
        message: &'a [u8],
    },
    /// You do not.
    Failure {
        /// MS-CHAPv2-ID.
        id: u8,
        /// What [`MsChapFailure`](super::MsChapFailure) reads.
        message: &'a [u8],
    },
    /// Anything else.
    Other(MsChapOpCode),
}

impl<'a> EapMsChapV2Request<'a> {
    /// Reads the type's data of a Request. Octets beyond MS-Length are padding.
    ///
    /// # Errors
    /// MS-Length is smaller than the header or larger than what is there, or a challenge has not 16 octets.
    pub fn parse(data: &'a [u8]) -> Result<Self, Malformed> {
        let op_code = op_code(data)?;
        Ok(match op_code {
            MsChapOpCode::CHALLENGE => {
                let (id, body) = split_header(data)?;
                let value = chap_value(body)?;
                let challenge = exactly_16(value.value)?;
                EapMsChapV2Request::Challenge { id, challenge, name: value.name }
            }
            MsChapOpCode::SUCCESS => {
                let (id, message) = split_header(data)?;
                EapMsChapV2Request::Success { id, message }
            }
            MsChapOpCode::FAILURE => {
                let (id, message) = split_header(data)?;
                EapMsChapV2Request::Failure { id, message }
            }
            other => EapMsChapV2Request::Other(other),
        })
    }

    /// The type's data of a Request. What MS-Length cannot express is cut.
    pub fn encode(&self) -> Vec<u8> {
        match *self {
            EapMsChapV2Request::Challenge { id, challenge, name } => {
                with_header(MsChapOpCode::CHALLENGE, id, &encode_chap_value(&challenge, name))
            }
            EapMsChapV2Request::Success { id, message } => with_header(MsChapOpCode::SUCCESS, id, message),
            EapMsChapV2Request::Failure { id, message } => with_header(MsChapOpCode::FAILURE, id, message),
            EapMsChapV2Request::Other(op_code) => vec![op_code.0],
        }
    }
}

/// What the peer sends in EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02 §2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EapMsChapV2Response<'a> {
    /// The proof of the password: for a Challenge, or for a Failure that permits another try.
    Response {
        /// MS-CHAPv2-ID.
        id: u8,
        /// The proof.
        response: MsChapV2Response,
        /// The user's name.
        name: &'a [u8],
    },
    /// The authenticator's proof is accepted.
    Success,
    /// The failure is taken note of.
    Failure,
    /// Anything else, Change-Password among it.
    Other(MsChapOpCode),
}

impl<'a> EapMsChapV2Response<'a> {
    /// Reads the type's data of a Response. Success and Failure are one octet; what follows it is not looked at.
    ///
    /// # Errors
    /// MS-Length is smaller than the header or larger than what is there, or a response value has not 49 octets.
    pub fn parse(data: &'a [u8]) -> Result<Self, Malformed> {
        Ok(match op_code(data)? {
            MsChapOpCode::RESPONSE => {
                let (id, body) = split_header(data)?;
                let value = chap_value(body)?;
                let response = MsChapV2Response::parse(value.value)?;
                EapMsChapV2Response::Response { id, response, name: value.name }
            }
            MsChapOpCode::SUCCESS => EapMsChapV2Response::Success,
            MsChapOpCode::FAILURE => EapMsChapV2Response::Failure,
            other => EapMsChapV2Response::Other(other),
        })
    }

    /// The type's data of a Response. What MS-Length cannot express is cut.
    pub fn encode(&self) -> Vec<u8> {
        match *self {
            EapMsChapV2Response::Response { id, response, name } => {
                with_header(MsChapOpCode::RESPONSE, id, &encode_chap_value(&response.encode(), name))
            }
            EapMsChapV2Response::Success => vec![MsChapOpCode::SUCCESS.0],
            EapMsChapV2Response::Failure => vec![MsChapOpCode::FAILURE.0],
            EapMsChapV2Response::Other(op_code) => vec![op_code.0],
        }
    }
}

/// Octets of OpCode, MS-CHAPv2-ID and MS-Length, which MS-Length counts.
const HEADER_LEN: usize = 4;

fn op_code(data: &[u8]) -> Result<MsChapOpCode, Malformed> {
    Reader::new(Layer::PppAuth, data).u8("OpCode").map(MsChapOpCode)
}

/// MS-CHAPv2-ID, and what follows the header up to MS-Length.
fn split_header(data: &[u8]) -> Result<(u8, &[u8]), Malformed> {
    let mut reader = Reader::new(Layer::PppAuth, data);
    reader.u8("OpCode")?;
    let id = reader.u8("MS-CHAPv2-ID")?;
    let at_length = reader.clone();
    let length = usize::from(reader.u16("MS-Length")?);
    let body = length.checked_sub(HEADER_LEN).and_then(|len| reader.rest().get(..len));
    let bad_length = Problem::BadLength { got: length, min: HEADER_LEN, max: data.len() };
    Ok((id, body.ok_or_else(|| at_length.error("MS-Length", bad_length))?))
}

fn with_header(op_code: MsChapOpCode, id: u8, body: &[u8]) -> Vec<u8> {
    let body = &body[..body.len().min(usize::from(u16::MAX) - HEADER_LEN)];
    let length = u16::try_from(body.len() + HEADER_LEN).unwrap_or(u16::MAX);
    [&[op_code.0, id][..], &length.to_be_bytes(), body].concat()
}

fn exactly_16(value: &[u8]) -> Result<[u8; 16], Malformed> {
    let mut reader = Reader::new(Layer::PppAuth, value);
    let challenge = reader.array("challenge")?;
    reader.finish("challenge")?;
    Ok(challenge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_has_a_type_and_may_have_nothing_else() {
        assert_eq!(EapMessage::parse(&[3, 26]), Ok(EapMessage { kind: EapType::NAK, data: &[26] }));
        assert_eq!(EapMessage::parse(&[1]), Ok(EapMessage { kind: EapType::IDENTITY, data: &[] }));
        assert_eq!(EapMessage::parse(&[]).unwrap_err().field, "EAP type");
        assert_eq!(EapMessage { kind: EapType::IDENTITY, data: b"alice" }.encode(), b"\x01alice");
    }

    #[test]
    fn a_challenge_looks_as_the_draft_draws_it() {
        let challenge = EapMsChapV2Request::Challenge { id: 9, challenge: [0xAB; 16], name: b"srv" };
        let data = challenge.encode();
        assert_eq!(data[..5], [1, 9, 0, 24, 16]);
        assert_eq!(data[5..], [&[0xAB; 16][..], b"srv"].concat());
        assert_eq!(EapMsChapV2Request::parse(&data), Ok(challenge));
    }

    #[test]
    fn a_response_looks_as_the_draft_draws_it() {
        let response = MsChapV2Response { peer_challenge: [1; 16], nt_response: [2; 24] };
        let response = EapMsChapV2Response::Response { id: 9, response, name: b"alice" };
        let data = response.encode();
        assert_eq!(data[..5], [2, 9, 0, 59, 49]);
        assert_eq!(EapMsChapV2Response::parse(&data), Ok(response));
    }

    #[test]
    fn the_peer_takes_note_with_one_octet_and_more_is_tolerated() {
        assert_eq!(EapMsChapV2Response::Success.encode(), [3]);
        assert_eq!(EapMsChapV2Response::Failure.encode(), [4]);
        assert_eq!(EapMsChapV2Response::parse(&[3, 9, 0, 4]), Ok(EapMsChapV2Response::Success));
        let change = MsChapOpCode::CHANGE_PASSWORD;
        assert_eq!(EapMsChapV2Response::parse(&[7, 1, 2]), Ok(EapMsChapV2Response::Other(change)));
    }

    #[test]
    fn octets_beyond_ms_length_are_padding_and_a_length_beyond_the_packet_is_malformed() {
        let success = EapMsChapV2Request::Success { id: 9, message: b"S=1" };
        let mut data = success.encode();
        data.extend([0, 0]);
        assert_eq!(EapMsChapV2Request::parse(&data), Ok(success));
        for length in [0, 3, 10, 0xFF] {
            data[3] = length;
            let error = EapMsChapV2Request::parse(&data).unwrap_err();
            assert_eq!((error.field, error.offset), ("MS-Length", 2), "{length}");
        }
    }

    #[test]
    fn a_challenge_of_another_size_is_malformed() {
        for size in [0, 8, 15, 17] {
            let data = with_header(MsChapOpCode::CHALLENGE, 1, &encode_chap_value(&[7; 32][..size], b""));
            assert!(EapMsChapV2Request::parse(&data).is_err(), "{size}");
        }
        let data = with_header(MsChapOpCode::RESPONSE, 1, &encode_chap_value(&[7; 50], b"alice"));
        assert!(EapMsChapV2Response::parse(&data).is_err());
        assert!(EapMsChapV2Response::parse(&[]).is_err());
    }

    proptest! {
        #[test]
        fn no_octets_break_a_parser(op in 0..=8u8, rest in proptest::collection::vec(any::<u8>(), 0..100)) {
            let data = [&[op][..], &rest].concat();
            let _ = EapMessage::parse(&rest);
            let _ = EapMsChapV2Request::parse(&data);
            let _ = EapMsChapV2Response::parse(&data);
        }

        #[test]
        fn what_is_written_reads_back(
            id in any::<u8>(),
            challenge in any::<[u8; 16]>(),
            nt_response in any::<[u8; 24]>(),
            text in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let requests = [
                EapMsChapV2Request::Challenge { id, challenge, name: &text },
                EapMsChapV2Request::Success { id, message: &text },
                EapMsChapV2Request::Failure { id, message: &text },
            ];
            for request in requests {
                let data = request.encode();
                prop_assert_eq!(EapMsChapV2Request::parse(&data), Ok(request));
            }
            let response = MsChapV2Response { peer_challenge: challenge, nt_response };
            let response = EapMsChapV2Response::Response { id, response, name: &text };
            let data = response.encode();
            prop_assert_eq!(EapMsChapV2Response::parse(&data), Ok(response));
        }
    }
}
