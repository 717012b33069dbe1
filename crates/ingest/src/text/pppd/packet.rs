//! Packets as pppd's debug option prints them: `sent [LCP ConfReq id=0x1 <mru 1400> <auth chap MS-v2>]`.

use std::net::Ipv4Addr;

use observe::ppp::{Method, Protocol};

use crate::text::words::{after, between};

/// A packet line taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Packet<'a> {
    pub(super) sent: bool,
    pub(super) protocol: Protocol,
    pub(super) code: u8,
    pub(super) id: u16,
    /// Everything behind the identifier.
    pub(super) body: &'a str,
}

/// Reads a packet line; `None` when it is not one, or not of a control protocol.
pub(super) fn read(text: &str) -> Option<Packet<'_>> {
    let (sent, rest) = match text.strip_prefix("sent [") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("rcvd [")?),
    };
    let (name, rest) = rest.split_once(' ')?;
    let protocol = match name {
        "LCP" => Protocol::Lcp,
        "PAP" => Protocol::Pap,
        "CHAP" => Protocol::Chap,
        "EAP" => Protocol::Eap,
        "CCP" => Protocol::Ccp,
        "IPCP" => Protocol::Ipcp,
        "IPV6CP" => Protocol::Ipv6cp,
        "IPXCP" => Protocol::Other(0x802b),
        "CBCP" => Protocol::Other(0xc029),
        "ECP" => Protocol::Other(0x8053),
        "BACP" => Protocol::Other(0xc02b),
        "MPLSCP" => Protocol::Other(0x8281),
        _ => return None,
    };
    let (code, rest) = rest.split_once([' ', ']']).unwrap_or((rest, ""));
    let code = match (protocol, code.trim_end_matches(']')) {
        (Protocol::Chap, "Challenge") | (Protocol::Pap, "AuthReq") | (Protocol::Eap, "Request") => 1,
        (Protocol::Chap, "Response") | (Protocol::Pap, "AuthAck") | (Protocol::Eap, "Response") => 2,
        (Protocol::Chap | Protocol::Eap, "Success") | (Protocol::Pap, "AuthNak") => 3,
        (Protocol::Chap | Protocol::Eap, "Failure") => 4,
        (_, "ConfReq") => 1,
        (_, "ConfAck") => 2,
        (_, "ConfNak") => 3,
        (_, "ConfRej") => 4,
        (_, "TermReq") => 5,
        (_, "TermAck") => 6,
        (_, "CodeRej") => 7,
        (_, "ProtRej") => 8,
        (_, "EchoReq") => 9,
        (_, "EchoRep") => 10,
        (_, "DiscReq") => 11,
        (_, "Ident") => 12,
        (_, "TimeRem") => 13,
        (_, "ResetReq") => 14,
        (_, "ResetAck") => 15,
        _ => return None,
    };
    let (id, body) = match rest.strip_prefix("id=0x") {
        Some(rest) => {
            let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
            let (id, body) = rest.split_at(length);
            (u16::from_str_radix(id, 16).unwrap_or(0), body.trim_start())
        }
        None => (0, rest),
    };
    Some(Packet { sent, protocol, code, id, body: body.strip_suffix(']').unwrap_or(body) })
}

impl Packet<'_> {
    /// The options or values in angle brackets.
    fn options(&self) -> impl Iterator<Item = &str> {
        self.body.split('<').skip(1).filter_map(|option| option.split_once('>').map(|(option, _)| option))
    }

    /// The authentication option of LCP.
    pub(super) fn authentication(&self) -> Option<Method> {
        self.options().find_map(|option| option.strip_prefix("auth ")).map(method)
    }

    /// The MPPE option of CCP.
    pub(super) fn mppe(&self) -> Option<&str> {
        self.options().find_map(|option| option.strip_prefix("mppe "))
    }

    /// The address option of IPCP.
    pub(super) fn address(&self) -> Option<Ipv4Addr> {
        self.options().find_map(|option| option.strip_prefix("addr ")).and_then(|address| address.parse().ok())
    }

    /// The quoted text in it.
    pub(super) fn text(&self) -> Option<&str> {
        let (_, text) = self.body.split_once('"')?;
        text.rsplit_once('"').map(|(text, _)| text)
    }

    /// The name that a challenge, a response or a PAP request carries.
    pub(super) fn name(&self) -> Option<&str> {
        between(self.body, "name = \"", "\"")
            .or_else(|| between(self.body, "user=\"", "\""))
            .or_else(|| between(self.body, "<Name \"", "\""))
    }

    /// The EAP type in it, where it is told.
    pub(super) fn eap_type(&self) -> Option<u8> {
        let named = self.body.split(' ').next().unwrap_or_default();
        Some(match named {
            "Identity" => 1,
            "Notification" => 2,
            "Nak" => 3,
            "MD5-Challenge" | "MD5" => 4,
            "OTP" => 5,
            "TLS" => 13,
            "MSCHAPv2" | "MSCHAPv2-Challenge" | "MSCHAPv2-Response" => 26,
            "PEAP" => 25,
            _ => return None,
        })
    }

    /// The protocol that a Protocol-Reject names: its number stands in the first two octets.
    pub(super) fn rejected(&self) -> Option<Protocol> {
        let mut octets = self.body.split_whitespace().filter_map(|octet| u16::from_str_radix(octet, 16).ok());
        match (octets.next(), octets.next()) {
            (Some(high @ 0..=0xff), Some(low @ 0..=0xff)) => Some(numbered(high << 8 | low)),
            _ => None,
        }
    }
}

/// A method as pppd names it in the LCP option.
pub(super) fn method(name: &str) -> Method {
    match name.trim() {
        "pap" => Method::Pap,
        "eap" => Method::Eap(None),
        "chap MS-v2" | "chap m$oft-v2" | "chap MS-CHAPv2" => Method::MsChapV2,
        "chap MS" | "chap m$oft" | "chap MS-v1" => Method::MsChapV1,
        "chap MD5" | "chap md5" => Method::Chap,
        _ => Method::Other,
    }
}

/// A protocol by its number; a network protocol stands for its control protocol.
pub(super) fn numbered(number: u16) -> Protocol {
    match number {
        0xc021 => Protocol::Lcp,
        0xc023 => Protocol::Pap,
        0xc223 => Protocol::Chap,
        0xc227 => Protocol::Eap,
        0x80fd => Protocol::Ccp,
        0x8021 | 0x0021 => Protocol::Ipcp,
        0x8057 | 0x0057 => Protocol::Ipv6cp,
        other => Protocol::Other(other),
    }
}

/// The Windows error number in a Terminate-Request: magic number, 00 3C CD 74, the number (big-endian). pppd prints the octets as
/// `\000<\315t` in packets and as `^@<M-Mt` in messages.
pub(super) fn windows_code(text: &str) -> Option<u32> {
    let mark = ["\\000<\\315t", "^@<M-Mt", "^@<\u{cd}t"].iter().find_map(|mark| after(text, mark))?;
    let octets = octets(mark);
    let [a, b, c, d] = *octets.first_chunk::<4>()?;
    Some(u32::from_be_bytes([a, b, c, d]))
}

/// What pppd's escapes stand for.
fn octets(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if octets.len() >= 64 {
            break;
        }
        let octet = match char {
            '\\' => {
                let digits: String =
                    rest.as_str().chars().take(3).take_while(|digit| ('0'..='7').contains(digit)).collect();
                if digits.is_empty() {
                    match rest.next() {
                        Some('n') => 10,
                        Some('r') => 13,
                        Some('t') => 9,
                        Some(other) => u8::try_from(other).unwrap_or(b'?'),
                        None => break,
                    }
                } else {
                    for _ in 0..digits.len() {
                        rest.next();
                    }
                    u8::from_str_radix(&digits, 8).unwrap_or(b'?')
                }
            }
            '^' => rest.next().and_then(|next| u8::try_from(next).ok()).unwrap_or(b'@') ^ 0x40,
            'M' if rest.as_str().starts_with('-') => {
                rest.next();
                let low = match rest.next() {
                    Some('^') => rest.next().and_then(|next| u8::try_from(next).ok()).unwrap_or(b'@') ^ 0x40,
                    Some(next) => u8::try_from(next).unwrap_or(0),
                    None => break,
                };
                low | 0x80
            }
            other => u8::try_from(other).unwrap_or(b'?'),
        };
        octets.push(octet);
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_apart() {
        let packet =
            read("rcvd [LCP ConfReq id=0x1 <mru 1400> <asyncmap 0x0> <auth chap MS-v2> <magic 0xabab09f0>]").unwrap();
        assert_eq!((packet.sent, packet.protocol, packet.code, packet.id), (false, Protocol::Lcp, 1, 1));
        assert_eq!(packet.authentication(), Some(Method::MsChapV2));
        let packet = read(r#"sent [CHAP Response id=0x51 <aa>, name = "anna"]"#).unwrap();
        assert_eq!((packet.sent, packet.protocol, packet.code, packet.name()), (true, Protocol::Chap, 2, Some("anna")));
        let packet = read("sent [IPCP TermAck id=0x2]").unwrap();
        assert_eq!((packet.protocol, packet.code, packet.body), (Protocol::Ipcp, 6, ""));
        let packet = read("rcvd [LCP ProtRej id=0x3 80 fd 01 01 00 0a]").unwrap();
        assert_eq!(packet.rejected(), Some(Protocol::Ccp));
        let packet = read("sent [CCP ConfReq id=0x1 <mppe +H -M +S -L -D -C>]").unwrap();
        assert_eq!(packet.mppe(), Some("+H -M +S -L -D -C"));
    }

    #[test]
    fn the_windows_error_number_is_found_in_either_way_of_printing_it() {
        assert_eq!(windows_code(r"R\026wl\000<\315t\000\000\002\263"), Some(691));
        assert_eq!(windows_code("R^Vwl^@<M-Mt^@^@^BM-3"), Some(691));
        assert_eq!(windows_code("peer refused to authenticate"), None);
    }
}
