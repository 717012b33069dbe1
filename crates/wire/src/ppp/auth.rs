use super::ras::RasError;
use crate::reader::{Layer, Malformed, Problem, Reader};

crate::code_points! {
    /// Codes of CHAP and, with other names for the same numbers, of PAP (RFC 1994 §4, RFC 1334 §2.2, RFC 2759 §7).
    pub struct AuthCode(u8) {
        CHALLENGE = 1 => "Challenge",
        RESPONSE = 2 => "Response",
        SUCCESS = 3 => "Success",
        FAILURE = 4 => "Failure",
        CHANGE_PASSWORD_V1 = 5 => "Change-Password version 1",
        CHANGE_PASSWORD_V2 = 6 => "Change-Password version 2",
        CHANGE_PASSWORD = 7 => "Change-Password",
    }
}

impl AuthCode {
    /// PAP Authenticate-Request.
    pub const PAP_REQUEST: AuthCode = AuthCode(1);
    /// PAP Authenticate-Ack.
    pub const PAP_ACK: AuthCode = AuthCode(2);
    /// PAP Authenticate-Nak.
    pub const PAP_NAK: AuthCode = AuthCode(3);
}

/// The data of a CHAP Challenge or Response: a value of known size and the sender's name (RFC 1994 §4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChapValue<'a> {
    /// Challenge or response value. Value-Size says its length, which some peers' builds get wrong; the caller compares it
    /// with what its algorithm needs.
    pub value: &'a [u8],
    /// The name of the sender, in an encoding the protocol does not say.
    pub name: &'a [u8],
}

/// Reads the data of a CHAP Challenge or Response.
///
/// # Errors
/// Value-Size is zero or reaches beyond the packet.
pub fn chap_value(data: &[u8]) -> Result<ChapValue<'_>, Malformed> {
    let mut reader = Reader::new(Layer::PppAuth, data);
    let size = reader.u8("Value-Size")?;
    let value = reader.bytes("value", usize::from(size))?;
    Ok(ChapValue { value, name: reader.rest() })
}

/// The data of a CHAP Challenge or Response. A value beyond 255 octets cannot be expressed and is cut.
pub fn encode_chap_value(value: &[u8], name: &[u8]) -> Vec<u8> {
    let value = &value[..value.len().min(usize::from(u8::MAX))];
    [&[u8::try_from(value.len()).unwrap_or(u8::MAX)], value, name].concat()
}

/// The value of an MS-CHAPv2 response (RFC 2759 §4): 49 octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MsChapV2Response {
    /// The peer's own challenge.
    pub peer_challenge: [u8; 16],
    /// The proof of the password.
    pub nt_response: [u8; 24],
}

impl MsChapV2Response {
    /// Octets of the value.
    pub const LEN: usize = 49;

    /// Reads the value of a response. The reserved octets and the flags must be zero by the RFC but are not checked: nothing
    /// depends on them.
    ///
    /// # Errors
    /// Not exactly 49 octets.
    pub fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::PppAuth, value);
        let peer_challenge = reader.array("peer challenge")?;
        reader.array::<8>("reserved")?;
        let nt_response = reader.array("NT response")?;
        reader.u8("flags")?;
        reader.finish("value")?;
        Ok(MsChapV2Response { peer_challenge, nt_response })
    }

    /// The value of a response.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut value = [0; Self::LEN];
        value[..16].copy_from_slice(&self.peer_challenge);
        value[24..48].copy_from_slice(&self.nt_response);
        value
    }
}

/// The data of a PAP Authenticate-Request (RFC 1334 §2.2.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PapCredentials<'a> {
    /// The user's name.
    pub peer_id: &'a [u8],
    /// The password, in the clear.
    pub password: &'a [u8],
}

impl std::fmt::Debug for PapCredentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PapCredentials").field("peer_id", &self.peer_id).field("password", &"***").finish()
    }
}

impl<'a> PapCredentials<'a> {
    /// Reads the data of an Authenticate-Request.
    ///
    /// # Errors
    /// A length reaches beyond the packet.
    pub fn parse(data: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::PppAuth, data);
        let len = reader.u8("Peer-ID length")?;
        let peer_id = reader.split("Peer-ID", usize::from(len))?.rest();
        let len = reader.u8("Passwd-Length")?;
        let password = reader.split("password", usize::from(len))?.rest();
        Ok(PapCredentials { peer_id, password })
    }

    /// The data of an Authenticate-Request; `None` when a field is longer than 255 octets.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let peer_id_len = u8::try_from(self.peer_id.len()).ok()?;
        let password_len = u8::try_from(self.password.len()).ok()?;
        Some([&[peer_id_len], self.peer_id, &[password_len], self.password].concat())
    }
}

/// The message of a PAP Authenticate-Ack or -Nak (RFC 1334 §2.2.2). Some peers leave the length octet out; that is no message.
pub fn pap_message(data: &[u8]) -> String {
    let mut reader = Reader::new(Layer::PppAuth, data);
    let message = reader.u8("Msg-Length").and_then(|len| reader.bytes("message", usize::from(len)));
    String::from_utf8_lossy(message.unwrap_or_default()).into_owned()
}

/// The data of a PAP Authenticate-Ack or -Nak; the message is cut to 255 octets.
pub fn encode_auth_message(message: &str) -> Vec<u8> {
    let message = &message.as_bytes()[..message.len().min(usize::from(u8::MAX))];
    [&[u8::try_from(message.len()).unwrap_or(u8::MAX)], message].concat()
}

/// The message of an MS-CHAP failure: `E=691 R=1 C=<32 hex digits> V=3 M=<text>` (RFC 2759 §6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MsChapFailure {
    /// The reason.
    pub error: RasError,
    /// Whether the peer may try again.
    pub retry: bool,
    /// The challenge for the next try, in MS-CHAPv2.
    pub challenge: Option<[u8; 16]>,
    /// The version of password changing that the authenticator supports; 3 for MS-CHAPv2.
    pub version: u32,
    /// Text for the user; empty when there is none.
    pub message: String,
}

impl MsChapFailure {
    /// Reads a failure's message.
    ///
    /// # Errors
    /// There is no `E=`, which alone is what a failure must say. Fields that are absent or unreadable count as not given.
    pub fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let text = String::from_utf8_lossy(data);
        let mut failure =
            MsChapFailure { error: RasError::NONE, retry: false, challenge: None, version: 0, message: String::new() };
        let mut error = None;
        // The text of M= may hold anything, also something like another field.
        let (fields, message) = match text.split_once("M=") {
            Some((fields, message)) => (fields, message),
            None => (&*text, ""),
        };
        message.trim_end_matches('\0').clone_into(&mut failure.message);
        for field in fields.split_ascii_whitespace() {
            match field.split_once('=') {
                Some(("E", number)) => error = number.parse().ok(),
                Some(("R", retry)) => failure.retry = retry == "1",
                Some(("C", digits)) => failure.challenge = parse_hex(digits),
                Some(("V", number)) => failure.version = number.parse().unwrap_or(0),
                _ => {}
            }
        }
        let missing = Malformed { layer: Layer::PppAuth, field: "E=", offset: 0, problem: Problem::Missing };
        failure.error = RasError(error.ok_or(missing)?);
        Ok(failure)
    }

    /// The failure's message.
    pub fn encode(&self) -> Vec<u8> {
        let challenge = self.challenge.iter().map(|challenge| format!(" C={}", hex(challenge))).collect::<String>();
        let message = if self.message.is_empty() { String::new() } else { format!(" M={}", self.message) };
        let (error, retry) = (self.error.0, u8::from(self.retry));
        format!("E={error} R={retry}{challenge} V={}{message}", self.version).into_bytes()
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

fn parse_hex(digits: &str) -> Option<[u8; 16]> {
    let mut octets = [0; 16];
    if digits.len() != 2 * octets.len() {
        return None;
    }
    for (octet, pair) in octets.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *octet = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_response_has_49_octets() {
        let response = MsChapV2Response { peer_challenge: [1; 16], nt_response: [2; 24] };
        assert_eq!(MsChapV2Response::parse(&response.encode()), Ok(response));
        assert!(MsChapV2Response::parse(&[0; 48]).is_err());
        assert!(MsChapV2Response::parse(&[0; 50]).is_err());
    }

    #[test]
    fn a_value_of_an_odd_size_is_readable_and_one_beyond_the_packet_is_not() {
        let odd = encode_chap_value(&[7; 24], b"user");
        assert_eq!(chap_value(&odd), Ok(ChapValue { value: &[7; 24], name: b"user" }));
        assert!(chap_value(&[4, 1, 2, 3]).is_err());
        assert!(chap_value(&[0, b'u']).is_err());
        assert!(chap_value(&[]).is_err());
    }

    #[test]
    fn pap_credentials_read_back_and_do_not_print_the_password() {
        let credentials = PapCredentials { peer_id: b"alice", password: b"wonderland" };
        let data = credentials.encode().unwrap();
        assert_eq!(PapCredentials::parse(&data), Ok(credentials));
        assert!(PapCredentials::parse(&data[..data.len() - 1]).is_err());
        assert!(PapCredentials { peer_id: &[0; 256], password: b"" }.encode().is_none());
        let printed = format!("{credentials:?}");
        assert!(printed.contains("***") && !printed.contains("119"), "{printed}");
    }

    #[test]
    fn pap_messages_read_back_and_a_bare_packet_is_an_empty_message() {
        assert_eq!(pap_message(&encode_auth_message("welcome")), "welcome");
        assert_eq!(pap_message(&[]), "");
        assert_eq!(pap_message(&[200, b'x']), "");
    }

    #[test]
    fn failures_are_read_in_every_form_that_servers_send() {
        let text = b"E=691 R=1 C=000102030405060708090A0B0C0D0E0F V=3 M=Wrong E=1 password";
        let failure = MsChapFailure::parse(text).unwrap();
        assert_eq!(failure.error, RasError::AUTHENTICATION_FAILURE);
        assert_eq!(failure.challenge.unwrap()[15], 0x0F);
        assert_eq!((failure.retry, failure.version, &*failure.message), (true, 3, "Wrong E=1 password"));
        assert_eq!(failure.encode(), text);

        let bare = MsChapFailure::parse(b"E=649 R=0").unwrap();
        assert_eq!((bare.error, bare.retry, bare.challenge), (RasError::NO_DIALIN_PERMISSION, false, None));
        assert!(MsChapFailure::parse(b"Authentication failed").is_err());
        assert_eq!(MsChapFailure::parse(b"E=691 C=+1020304050607080910111213141516").unwrap().challenge, None);
    }

    proptest! {
        #[test]
        fn no_octets_break_a_parser(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = chap_value(&data);
            let _ = PapCredentials::parse(&data);
            let _ = MsChapV2Response::parse(&data);
            let _ = MsChapFailure::parse(&data);
            let _ = pap_message(&data);
        }

        #[test]
        fn failures_read_back(error in any::<u32>(), retry in any::<bool>(), challenge in any::<Option<[u8; 16]>>(), version in any::<u32>()) {
            let failure = MsChapFailure { error: RasError(error), retry, challenge, version, message: "text".into() };
            prop_assert_eq!(MsChapFailure::parse(&failure.encode()), Ok(failure));
        }
    }
}
