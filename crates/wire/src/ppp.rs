//! PPP: framing, the control packets that all its protocols share, and the formats of LCP, IPCP, IPv6CP, CCP, PAP and CHAP.
//!
//! A frame begins with the optional address and control octets (RFC 1662 §3.1) and the protocol field (RFC 1661 §2). There is
//! no flag sequence and no frame check sequence here: L2TP, PPTP and SSTP carry neither.

mod auth;
mod ccp;
mod eap;
mod lcp;
mod ncp;
mod options;
mod packet;
mod ras;

pub use auth::{
    AuthCode, ChapValue, MsChapFailure, MsChapV2Response, PapCredentials, chap_value, encode_auth_message,
    encode_chap_value, pap_message,
};
pub use ccp::Mppe;
pub use eap::{EapCode, EapMessage, EapMsChapV2Request, EapMsChapV2Response, EapType, MsChapOpCode};
pub use lcp::{AuthProtocol, ChapAlgorithm, Identification, LcpKind, TerminateReason, echo_magic, identification};
pub use ncp::{CcpKind, IpcpKind, Ipv6cpKind, address_value, interface_id_value};
pub use options::{Opt, Options, push_option};
pub use packet::{Code, Packet};
pub use ras::RasError;

use crate::reader::{Layer, Malformed, Problem};

crate::code_points! {
    /// PPP protocol numbers (RFC 1661 §2 and the IANA registry).
    pub struct Protocol(u16) {
        IPV4 = 0x0021 => "IPv4",
        VJ_COMPRESSED = 0x002D => "Van Jacobson compressed TCP/IP",
        VJ_UNCOMPRESSED = 0x002F => "Van Jacobson uncompressed TCP/IP",
        MULTILINK = 0x003D => "multilink",
        IPV6 = 0x0057 => "IPv6",
        COMPRESSED = 0x00FD => "compressed datagram",
        IPCP = 0x8021 => "IPCP",
        IPV6CP = 0x8057 => "IPv6CP",
        CCP = 0x80FD => "CCP",
        ACSP = 0x8235 => "ACSP",
        LCP = 0xC021 => "LCP",
        PAP = 0xC023 => "PAP",
        LQR = 0xC025 => "link quality report",
        CBCP = 0xC029 => "CBCP",
        BACP = 0xC02B => "BACP",
        CHAP = 0xC223 => "CHAP",
        EAP = 0xC227 => "EAP",
    }
}

/// Address and control octets: all stations, unnumbered information (RFC 1662 §3.1).
pub const ADDRESS_CONTROL: [u8; 2] = [0xFF, 0x03];

/// The protocol of a frame and the offset of its information field.
///
/// Address and control octets may be present or absent and the protocol field may have one octet or two, whatever was
/// negotiated (RFC 1661 §6.5, §6.6 ask a receiver for exactly that). A protocol number that breaks the numbering rules of
/// RFC 1661 §2 is returned like any other unknown one, so that it can be rejected.
///
/// # Errors
/// The frame ends inside the header, or 0xFF is not followed by 0x03.
#[inline]
pub fn frame(bytes: &[u8]) -> Result<(Protocol, usize), Malformed> {
    let start = match *bytes {
        [0xFF, 0x03, ..] => 2,
        // The protocol number 0x00FF is reserved, so that 0xFF here can only be an address (RFC 1661 §6.6).
        [0xFF] => return Err(malformed("control", 1, Problem::Truncated { need: 1, have: 0 })),
        [0xFF, control, ..] => return Err(malformed("control", 1, Problem::BadValue { got: u64::from(control) })),
        _ => 0,
    };
    match *bytes.get(start..).unwrap_or_default() {
        [short, ..] if short & 1 == 1 => Ok((Protocol(u16::from(short)), start + 1)),
        [high, low, ..] => Ok((Protocol(u16::from_be_bytes([high, low])), start + 2)),
        ref short => Err(malformed("protocol", start, Problem::Truncated { need: 2, have: short.len() })),
    }
}

/// A whole frame with address and control octets and a two-octet protocol field: the form that every peer understands at any
/// time, and the one LCP requires (RFC 1661 §5).
pub fn full_frame(protocol: Protocol, information: &[u8]) -> Vec<u8> {
    [&ADDRESS_CONTROL[..], &protocol.0.to_be_bytes(), information].concat()
}

const fn malformed(field: &'static str, offset: usize, problem: Problem) -> Malformed {
    Malformed { layer: Layer::Ppp, field, offset, problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_the_header_names_the_same_protocol() {
        assert_eq!(frame(&[0xFF, 0x03, 0x00, 0x21, 0x45]), Ok((Protocol::IPV4, 4)));
        assert_eq!(frame(&[0xFF, 0x03, 0x21, 0x45]), Ok((Protocol::IPV4, 3)));
        assert_eq!(frame(&[0x00, 0x21, 0x45]), Ok((Protocol::IPV4, 2)));
        assert_eq!(frame(&[0x21, 0x45]), Ok((Protocol::IPV4, 1)));
        assert_eq!(frame(&[0xC0, 0x21]), Ok((Protocol::LCP, 2)));
    }

    #[test]
    fn a_header_cut_short_is_malformed() {
        for short in [&[][..], &[0x00], &[0xC0], &[0xFF], &[0xFF, 0x03], &[0xFF, 0x03, 0x80]] {
            assert!(frame(short).is_err(), "{short:02x?}");
        }
        assert_eq!(frame(&[0xFF, 0x02, 0x00, 0x21]).unwrap_err().field, "control");
    }

    #[test]
    fn an_even_protocol_number_is_unknown_and_not_malformed() {
        let (protocol, offset) = frame(&[0xFF, 0x03, 0x40, 0x22]).unwrap();
        assert_eq!((protocol.name(), offset), (None, 4));
    }

    proptest! {
        #[test]
        fn the_information_field_lies_inside_any_frame(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok((_, offset)) = frame(&bytes) {
                prop_assert!(offset <= bytes.len());
            }
        }

        #[test]
        fn a_full_frame_reads_back(
            // The protocol of two octets that no shorter one is taken for.
            number in any::<u16>().prop_map(|number| number & !0x0100),
            information in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let bytes = full_frame(Protocol(number), &information);
            prop_assert_eq!(frame(&bytes), Ok((Protocol(number), 4)));
            prop_assert_eq!(&bytes[4..], &information[..]);
        }
    }
}
