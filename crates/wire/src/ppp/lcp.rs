use super::packet::Packet;
use super::{Protocol, RasError};
use crate::reader::{Layer, Malformed, Reader};

crate::code_points! {
    /// LCP options (RFC 1661 §6, RFC 1570 §3, RFC 1990 §5, RFC 2125 §6).
    pub struct LcpKind(u8) {
        MRU = 1 => "maximum receive unit",
        ACCM = 2 => "async control character map",
        AUTH_PROTOCOL = 3 => "authentication protocol",
        QUALITY_PROTOCOL = 4 => "quality protocol",
        MAGIC_NUMBER = 5 => "magic number",
        PROTOCOL_FIELD_COMPRESSION = 7 => "protocol field compression",
        ADDRESS_CONTROL_FIELD_COMPRESSION = 8 => "address and control field compression",
        CALLBACK = 13 => "callback",
        MULTILINK_MRRU = 17 => "multilink maximum received reconstructed unit",
        SHORT_SEQUENCE_NUMBERS = 18 => "multilink short sequence number header",
        ENDPOINT_DISCRIMINATOR = 19 => "endpoint discriminator",
        LINK_DISCRIMINATOR = 23 => "link discriminator for BAP",
    }
}

crate::code_points! {
    /// Algorithms of CHAP (RFC 1994 §3, RFC 2433 §4, RFC 2759 §3).
    pub struct ChapAlgorithm(u8) {
        MD5 = 0x05 => "CHAP-MD5",
        MS_CHAP_V1 = 0x80 => "MS-CHAP",
        MS_CHAP_V2 = 0x81 => "MS-CHAPv2",
    }
}

/// The value of the authentication protocol option (RFC 1661 §6.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AuthProtocol {
    /// PAP (RFC 1334).
    Pap,
    /// CHAP with its algorithm (RFC 1994).
    Chap(ChapAlgorithm),
    /// EAP (RFC 3748).
    Eap,
    /// Anything else. Its data is not kept.
    Other(Protocol),
}

impl AuthProtocol {
    /// Reads the option's data.
    ///
    /// # Errors
    /// Less than a protocol number, CHAP without an algorithm, or octets after those.
    pub fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Layer::Ppp, value);
        let auth = match Protocol(reader.u16("authentication protocol")?) {
            Protocol::PAP => AuthProtocol::Pap,
            Protocol::CHAP => AuthProtocol::Chap(ChapAlgorithm(reader.u8("CHAP algorithm")?)),
            Protocol::EAP => AuthProtocol::Eap,
            other => {
                reader.rest();
                AuthProtocol::Other(other)
            }
        };
        reader.finish("authentication protocol data")?;
        Ok(auth)
    }

    /// The option's data.
    pub fn encode(self) -> Vec<u8> {
        let mut value = self.protocol().0.to_be_bytes().to_vec();
        if let AuthProtocol::Chap(algorithm) = self {
            value.push(algorithm.0);
        }
        value
    }

    /// The protocol that its packets have.
    pub const fn protocol(self) -> Protocol {
        match self {
            AuthProtocol::Pap => Protocol::PAP,
            AuthProtocol::Chap(_) => Protocol::CHAP,
            AuthProtocol::Eap => Protocol::EAP,
            AuthProtocol::Other(protocol) => protocol,
        }
    }
}

/// The magic number at the start of an LCP Echo, Discard, Identification or Time-Remaining packet, and what follows it.
///
/// # Errors
/// Less than four octets.
pub fn echo_magic(packet: Packet<'_>) -> Result<(u32, &[u8]), Malformed> {
    let mut reader = Reader::new(Layer::Ppp, packet.data);
    Ok((reader.u32("magic number")?, reader.rest()))
}

/// What a peer says about itself in an LCP Identification (RFC 1570 §2.1). Windows sends the first three after LCP opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identification {
    /// Windows' remote access version, such as `MSRASV5.20` of Vista to 11.
    WindowsVersion(String),
    /// The name of a Windows computer, from `MSRAS-0-<name>`.
    ComputerName(String),
    /// The GUID that also stands in the tunnel's call request and in the Windows logs.
    Correlation([u8; 16]),
    /// Another text; octets that are not UTF-8 are replaced.
    Text(String),
}

/// Reads an LCP Identification.
///
/// # Errors
/// Less than a magic number.
pub fn identification(packet: Packet<'_>) -> Result<Identification, Malformed> {
    let (_, message) = echo_magic(packet)?;
    let text = String::from_utf8_lossy(message);
    if let Some(name) = text.strip_prefix("MSRAS-0-") {
        return Ok(Identification::ComputerName(name.to_owned()));
    }
    if text.starts_with("MSRASV") {
        return Ok(Identification::WindowsVersion(text.into_owned()));
    }
    Ok(match <[u8; 16]>::try_from(message) {
        // A GUID is all but certain to hold an octet that no text has.
        Ok(guid) if guid.iter().any(|octet| !(0x20..0x7F).contains(octet)) => Identification::Correlation(guid),
        _ => Identification::Text(text.into_owned()),
    })
}

/// The data by which Windows says in a Terminate-Request why it ends: `magic ‖ 00 3C CD 74 ‖ remote access error`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TerminateReason {
    /// The sender's LCP magic number.
    pub magic: u32,
    /// Why it ends; [`RasError::NONE`] for a normal end.
    pub ras: RasError,
}

impl TerminateReason {
    /// Marks the form; a constant of Windows.
    const MARK: u32 = 0x003C_CD74;

    /// Reads the data of a Terminate-Request; `None` when it has another form, which any peer but Windows is free to use.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(Layer::Ppp, data);
        let magic = reader.u32("magic number").ok()?;
        let mark = reader.u32("mark").ok()?;
        let ras = RasError(reader.u32("remote access error").ok()?);
        (mark == Self::MARK && reader.is_empty()).then_some(TerminateReason { magic, ras })
    }

    /// The data of a Terminate-Request.
    pub fn encode(self) -> Vec<u8> {
        [self.magic, Self::MARK, self.ras.0].map(u32::to_be_bytes).concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authentication_protocols_read_back() {
        let chap = AuthProtocol::Chap(ChapAlgorithm::MS_CHAP_V2);
        assert_eq!(chap.encode(), [0xC2, 0x23, 0x81]);
        for auth in [chap, AuthProtocol::Pap, AuthProtocol::Eap, AuthProtocol::Other(Protocol(0xC027))] {
            assert_eq!(AuthProtocol::parse(&auth.encode()), Ok(auth));
        }
    }

    #[test]
    fn chap_needs_an_algorithm_and_pap_has_none() {
        assert_eq!(AuthProtocol::parse(&[0xC2, 0x23]).unwrap_err().field, "CHAP algorithm");
        assert_eq!(AuthProtocol::parse(&[0xC0, 0x23, 5]).unwrap_err().field, "authentication protocol data");
    }

    #[test]
    fn windows_terminates_with_its_error_code() {
        let data = [0x12, 0x34, 0x56, 0x78, 0x00, 0x3C, 0xCD, 0x74, 0x00, 0x00, 0x02, 0xB3];
        let reason = TerminateReason::parse(&data).unwrap();
        assert_eq!(reason, TerminateReason { magic: 0x1234_5678, ras: RasError::AUTHENTICATION_FAILURE });
        assert_eq!(reason.encode(), data);
        assert_eq!(TerminateReason::parse(b"User request"), None);
        assert_eq!(TerminateReason::parse(&data[..11]), None);
    }

    #[test]
    fn the_three_identifications_of_windows_are_told_apart() {
        let parse = |message: &[u8]| {
            let data = [&[1, 2, 3, 4], message].concat();
            identification(Packet { code: 12, id: 0, data: &data }).unwrap()
        };
        assert_eq!(parse(b"MSRASV5.20"), Identification::WindowsVersion("MSRASV5.20".into()));
        assert_eq!(parse(b"MSRAS-0-LAPTOP"), Identification::ComputerName("LAPTOP".into()));
        assert_eq!(parse(&[0xA7; 16]), Identification::Correlation([0xA7; 16]));
        assert_eq!(parse(b"sixteen letters."), Identification::Text("sixteen letters.".into()));
        assert!(identification(Packet { code: 12, id: 0, data: &[1, 2, 3] }).is_err());
    }
}
